import InkPrimitives

@testable import InkBoard

/// What is seen where these transactions count, worked out anew for each question from the rules alone: slow, and with nothing to keep in step.
struct NaivePicture {
    /// Ascending by stamp, with what they wrote.
    private let all: [(transaction: Transaction, writes: [Write])]
    /// Which program made a transaction.
    let strand: (TransactionName) -> Strand
    /// Of the right under which a transaction was written.
    private let role: (TransactionName) -> Role
    /// What a transaction wrote to a shape over an owner's lock.
    private let isVoid: (Transaction, ShapeID) -> Bool

    init(
        _ transactions: [Transaction], strand: @escaping (TransactionName) -> Strand = { _ in .common },
        role: @escaping (TransactionName) -> Role = { _ in .editor }, isVoid: @escaping (Transaction, ShapeID) -> Bool = { _, _ in false }
    ) {
        all = transactions.sorted { $0.stamp < $1.stamp }.map { ($0, $0.writes) }
        (self.role, self.strand, self.isVoid) = (role, strand, isVoid)
    }

    private typealias Written = (by: Transaction, value: Value)

    /// All writes to a property of a shape, ascending by stamp.
    private func writes(_ property: Property, of id: ShapeID) -> [Written] {
        // BD-95: a commenter's have effect on notes.
        let isNote = property == .kind || kind(of: id) == .note
        return all.filter { isNote || role($0.transaction.name) != .commenter }.flatMap { entry -> [Written] in
            // BD-123.
            if isVoid(entry.transaction, id) || property == .lock && role(entry.transaction.name) != .owner { return [] }
            return entry.writes.filter { $0.target == id && $0.property == property }.map { (entry.transaction, $0.value) }
        }
    }

    /// Every shape to which anything was written.
    var ids: Set<ShapeID> { Set(all.flatMap { $0.writes.map(\.target) }.filter { $0.number > 0 }) }

    // BD-5: the write of the greatest stamp stands.
    func standingWriter(of property: Property, of id: ShapeID) -> Transaction? { writes(property, of: id).last?.by }
    func writers(of property: Property, of id: ShapeID) -> Set<Transaction> { Set(writes(property, of: id).map(\.by)) }

    // BD-7: the maker's of the smallest stamp takes effect.
    private func makers(_ property: Property, of id: ShapeID) -> Written? { writes(property, of: id).first { $0.by.author == id.author } }
    func kindWriter(of id: ShapeID) -> Transaction? { makers(.kind, of: id)?.by }

    /// The kind that takes effect, of those that are known.
    private func kind(of id: ShapeID) -> ShapeKind? {
        guard case .kind(let raw)? = makers(.kind, of: id)?.value else { return nil }
        return ShapeKind(rawValue: raw)
    }

    // BD-6: of its marks those that nobody retracted who made them.
    func liveMarks(on id: ShapeID) -> Set<Transaction> {
        Set(
            writes(.deletion, of: id).map(\.by).filter { mark in
                !writes(.retraction, of: id).contains { retraction in
                    guard case .names(let names) = retraction.value else { return false }
                    // BD-96: or by an owner.
                    let mayRetract = retraction.by.author == mark.author || role(retraction.by.name) == .owner
                    return names.contains(mark.name) && mayRetract
                }
            })
    }

    /// The shape as its registers show it.
    func written(_ id: ShapeID) -> Shape? {
        guard ids.contains(id) else { return nil }
        var shape = Shape(id: id, content: ShapeDraft(kind: kind(of: id) ?? .rectangle, position: .zero), depth: .first)
        if case .text(let label)? = makers(.label, of: id)?.value { shape.content.label = label }
        let points = kind(of: id) == .freehand ? makers(.points, of: id) : writes(.points, of: id).last
        if case .points(let points)? = points?.value { shape.content.points = points }
        for property in Set(all.flatMap { $0.writes.filter { $0.target == id }.map(\.property) }).sorted() {
            guard let value = writes(property, of: id).last?.value else { continue }
            switch property.known {
            case .kind, .label, .points, .deletion, .retraction: continue
            case .depth: if case .depth(let depth) = value { shape.depth = depth }
            case .lock: shape.isLocked = value == .bytes([1])
            // BD-48: bytes to all, and read by the form.
            case let known?: shape.content.set(known.meaning(of: value), of: known)
            // BD-49.
            case nil: if case .bytes(let bytes) = value { shape.show(bytes, of: property) }
            }
        }
        return shape
    }

    func stands(_ id: ShapeID) -> Bool { kind(of: id) != nil && liveMarks(on: id).isEmpty }

    /// Lowest first.
    var standing: [Shape] { ids.filter(stands).compactMap(written).sorted { $0.isBelow($1) } }

    func ids(labelled label: String) -> [ShapeID] { ids.filter { written($0)?.content.label == label }.sorted() }

    func name(of author: AuthorID) -> String? {
        let own = all.filter { $0.transaction.author == author }.flatMap(\.writes)
        guard case .text(let name)? = own.last(where: { $0.property == .displayName })?.value else { return nil }
        return name
    }

    /// Names of the transactions that say something, ascending by stamp.
    var messages: [TransactionName] {
        all.filter { $0.writes.contains { $0.property == .chat } }.map(\.transaction.name)
    }

    /// A gesture and what became of it.
    struct Gesture: Equatable {
        var parts: [TransactionName]
        var isDone = true
        /// What it was taken back by last, and done again by.
        var undos: [TransactionName] = []
        var redos: [TransactionName] = []
        /// All steps but the last, if that went the other way.
        var passed: [TransactionName] = []
        /// The place of the step that took it back or did it last.
        var moment: Int
    }

    // BD-11 BD-22 BD-34
    /// All gestures of one program under an author's key, and how many of the last can be done again.
    func gestures(of author: AuthorID, in strand: Strand) -> (all: [Gesture], redoable: Int) {
        var (made, redoable): ([Gesture], [Int]) = ([], [])
        let own = all.filter { $0.transaction.author == author && self.strand($0.transaction.name) == strand }
        for (moment, (transaction, writes)) in own.enumerated() {
            func named(_ property: Property) -> TransactionName? {
                writes.lazy.compactMap { if case .name(let name) = $0.value, $0.property == property { name } else { nil } }
                    .first
            }
            func gesture(_ name: TransactionName) -> Int? { made.firstIndex { $0.parts[0] == name } }
            if let name = named(.undo) {
                guard let index = gesture(name) else { continue }
                if made[index].isDone {
                    made[index].passed += made[index].redos
                    (made[index].isDone, made[index].undos, made[index].moment) = (false, [transaction.name], moment)
                    redoable.append(index)
                } else if redoable.last == index {
                    made[index].undos.append(transaction.name)
                }
            } else if let name = named(.redo) {
                guard let index = gesture(name) else { continue }
                let last = made.indices.filter { made[$0].isDone }.max { made[$0].moment < made[$1].moment }
                if let place = redoable.firstIndex(of: index) {
                    redoable.remove(at: place)
                    made[index].passed += made[index].undos
                    (made[index].isDone, made[index].moment) = (true, moment)
                    made[index].redos.append(transaction.name)
                } else if last == index, !made[index].redos.isEmpty {
                    made[index].redos.append(transaction.name)
                }
            } else if writes.contains(where: { $0.target.number > 0 }) {
                redoable = []
                let last = made.indices.filter { made[$0].isDone }.max { made[$0].moment < made[$1].moment }
                if let name = named(.continuation), let last, made[last].parts[0] == name {
                    made[last].parts.append(transaction.name)
                } else {
                    made.append(Gesture(parts: [transaction.name], moment: moment))
                }
            }
        }
        return (made, redoable.count)
    }

    func lastDone(of author: AuthorID, in strand: Strand) -> Gesture? {
        gestures(of: author, in: strand).all.filter(\.isDone).max { $0.moment < $1.moment }
    }

    func lastUndone(of author: AuthorID, in strand: Strand) -> Gesture? {
        let (all, redoable) = gestures(of: author, in: strand)
        return redoable == 0 ? nil : all.filter { !$0.isDone }.max { $0.moment < $1.moment }
    }
}
