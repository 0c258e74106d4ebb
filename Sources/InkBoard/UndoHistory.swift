import InkPrimitives

/// Tells apart the histories of one author's undo: each program that takes part under one key has its own, while it runs.
///
/// Known on the author's machine alone and part of no transaction: where nobody says otherwise, all of an author's work is one history.
public struct Strand: Hashable, Sendable {
    public let token: UInt64

    /// What no program claims.
    public static let common = Strand(token: 0)

    public init(token: UInt64) { self.token = token }
}

/// What one author can undo and redo: a fold over its own transactions in the order of their sequence (BD-13), and so the same after a restart.
struct UndoHistory: Sendable {
    /// What one transaction means for undo.
    enum Step: Hashable, Sendable {
        /// Changes shapes on its own account.
        case gesture
        /// Goes on with the gesture that this transaction began; nil for one that is not here.
        case continuation(Slot?)
        /// Takes back this transaction, or does it again.
        case undo(Slot?)
        case redo(Slot?)
        /// Changes no shape.
        case other
    }

    /// A gesture taken back, and the transactions that did it last: one, or several where it was too large for one.
    struct Undone: Hashable, Sendable {
        /// The transaction that began it.
        var gesture: Slot
        var by: [Slot]
    }

    /// Gestures in effect, oldest first; each by the transaction that began it.
    private(set) var done: [Slot] = []
    /// Gestures that can be done again, the next one last.
    private(set) var redoable: [Undone] = []
    /// All transactions of gestures that are taken back, also of those that can no longer be done again; and of all steps but a gesture's last.
    private(set) var undone: Set<Slot> = []
    /// The transactions that did a gesture again: their deletion marks are the gesture's.
    private(set) var redos: [Slot: [Slot]] = [:]
    /// What went on with a gesture, by the transaction that began it.
    private var continuations: [Slot: [Slot]] = [:]

    /// All transactions of the gesture that the one at `first` began.
    func gesture(_ first: Slot) -> [Slot] { [first] + (continuations[first] ?? []) }

    /// Takes in the author's next transaction (BD-135).
    mutating func apply(_ step: Step, at slot: Slot) {
        switch step {
        case .gesture:
            done.append(slot)
            redoable.removeAll()
        case .continuation(let gesture):
            // Only the last gesture can be gone on with; of another, this is a gesture of its own.
            if let gesture, done.last == gesture {
                continuations[gesture, default: []].append(slot)
            } else {
                done.append(slot)
            }
            redoable.removeAll()
        case .undo(let gesture):
            // What names nothing that is in effect takes nothing back, but for the rest of what was taken back last. Nearly always it is the last.
            guard let gesture else { return }
            guard let index = done.lastIndex(of: gesture) else {
                if redoable.last?.gesture == gesture { redoable[redoable.count - 1].by.append(slot) }
                return
            }
            done.remove(at: index)
            redoable.append(Undone(gesture: gesture, by: [slot]))
            undone.formUnion(self.gesture(gesture) + (redos[gesture] ?? []))
        case .redo(let gesture):
            guard let gesture else { return }
            guard let index = redoable.lastIndex(where: { $0.gesture == gesture }) else {
                // The rest of what was done again last.
                if done.last == gesture, redos[gesture] != nil { redos[gesture]?.append(slot) }
                return
            }
            undone.formUnion(redoable.remove(at: index).by)
            done.append(gesture)
            undone.subtract(self.gesture(gesture))
            redos[gesture, default: []].append(slot)
        case .other: break
        }
    }

    /// What the writes of a transaction of `author` mean.
    static func step(of writes: [Write], by author: AuthorID, in log: Log) -> Step {
        func find(_ name: TransactionName) -> Slot? { log.slot(of: name).flatMap { log[$0].author == author ? $0 : nil } }
        var begun: TransactionName?
        var changesShapes = false
        for write in writes {
            switch (write.property, write.value) {
            case (.undo, .name(let name)): return .undo(find(name))
            case (.redo, .name(let name)): return .redo(find(name))
            case (.continuation, .name(let name)): begun = name
            default: if write.target.number > 0 { changesShapes = true }
            }
        }
        guard changesShapes else { return .other }
        return begun.map { .continuation(find($0)) } ?? .gesture
    }
}
