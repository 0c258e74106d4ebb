import InkPrimitives

/// What an undo or redo is about to do. It is one transaction at least, also where all was changed by others since and nothing is left to write
/// but the step itself: every step is accounted for. A gesture in several takes several, each of which names it.
public struct UndoPlan: Hashable, Sendable {
    /// For `Board.author`, one after the other.
    public var parts: [[Write]]
    /// Shapes of which something was left alone because somebody changed or deleted it since; ascending.
    public var skipped: [ShapeID]
    /// The gesture that is taken back or done again.
    public var target: TransactionName
}

extension Board {
    /// True if this author has a gesture to take back.
    public func canUndo(_ author: AuthorID, in strand: Strand = .common) -> Bool { picture.undo.canUndo(author, in: strand, of: log) }
    /// True if this author has a gesture to do again.
    public func canRedo(_ author: AuthorID, in strand: Strand = .common) -> Bool {
        picture.undo.canRedo(author, in: strand, of: log)
    }

    /// How to take back this author's last gesture that is in effect; nil for none.
    ///
    /// For each register in which the gesture's write stands, the greatest other write stands again; shapes that the gesture made are
    /// deleted; the gesture's own deletions are retracted. What others wrote or deleted since is left alone.
    public func undoWrites(of author: AuthorID, in strand: Strand = .common) -> UndoPlan? {
        guard let offer = picture.undo.lastDone(of: author, in: strand, of: log) else { return nil }
        var planner = UndoPlanner(self, author: author, gesture: offer.gesture)
        let marks = Set((offer.steps + offer.gesture).lazy.map(\.name))
        var gone: Set<ShapeID> = []
        for (target, properties) in planner.targets {
            guard let shape = picture.shapes.written(target) else { continue }
            if let kind = picture.shapes.kindWriter(of: target, in: log), planner.isOfGesture(kind) {
                planner.add(Write(target, .deletion, .mark))
                gone.insert(target)
                continue
            }
            for property in properties {
                switch property.row?.law {
                case .mark: planner.retract(marks, on: target)
                case .register: planner.restoreOther(property, of: target)
                // The samples of a stroke never change.
                case .samples: if shape.content.kind != .freehand { planner.restoreOther(property, of: target) }
                case .maker, .remark, .retraction, .person, .step, .rights, .genesis, nil: break
                }
            }
            planner.noteIfGone(target, butFor: marks)
        }
        // Lines that are bound to what goes stay where they are seen, unless the step itself puts them elsewhere (BD-63).
        for (line, points) in linesKept(without: gone) where points != line.content.points && !planner.places(line.id) {
            planner.add(Write(line.id, .points, .points(points)))
        }
        return planner.plan(.undo)
    }

    /// How to do again what this author took back last; nil for none, or when the author has done something else since.
    public func redoWrites(of author: AuthorID, in strand: Strand = .common) -> UndoPlan? {
        guard let offer = picture.undo.lastUndone(of: author, in: strand, of: log) else { return nil }
        var planner = UndoPlanner(self, author: author, gesture: offer.gesture)
        let marks = Set(offer.steps.lazy.map(\.name))
        let writes = offer.steps.flatMap(\.writes).filter { $0.target.number > 0 }
        // Where lines are seen now, which is not where they were when the gesture deleted what they are bound to.
        let gone = Set(writes.lazy.filter { $0.property == .retraction }.map(\.target))
        let kept = Dictionary(uniqueKeysWithValues: linesKept(without: gone).map { ($0.line.id, $0.points) })
        for write in writes {
            switch write.property.row?.law {
            case .mark:
                planner.retract(marks, on: write.target)
                planner.noteIfGone(write.target, butFor: marks)
            case .retraction: planner.add(Write(write.target, .deletion, .mark))
            // Points that the undo stored of a line, since a shape went to which it is bound.
            case .samples where write.restores == nil:
                planner.restoreOther(write.property, of: write.target, than: offer.steps, isSaid: false)
            case .samples: planner.redo(write, as: kept[write.target].map { .points($0) })
            case .register, .remark, .maker, .person, .step, .rights, .genesis, nil: planner.redo(write)
            }
        }
        for (line, points) in kept.sorted(by: { $0.key < $1.key }) where points != shape(line)?.content.points && !planner.places(line) {
            planner.add(Write(line, .points, .points(points)))
        }
        return planner.plan(.redo)
    }
}

/// Collects the writes of one undo or redo. Remembers what it read, so that a gesture of 4096 writes is read once, not 4096 times.
private struct UndoPlanner {
    private struct Key: Hashable {
        let target: ShapeID
        let property: Property
    }

    /// The transactions of the gesture, the one that began it first.
    private let gesture: [Transaction]
    private let board: Board
    private let author: AuthorID
    private var writes: [Write] = []
    private var skipped: Set<ShapeID> = []
    private var read: [TransactionName: [Key: Write]] = [:]
    private var takenBack: [AuthorID: UndoHistories.TakenBack] = [:]

    init(_ board: Board, author: AuthorID, gesture: [Transaction]) { (self.board, self.author, self.gesture) = (board, author, gesture) }

    /// The shapes that the gesture wrote, ascending, and what of them.
    var targets: [(ShapeID, [Property])] {
        var properties: [ShapeID: Set<Property>] = [:]
        for transaction in gesture {
            for write in transaction.writes where write.target.number > 0 {
                properties[write.target, default: []].insert(write.property)
            }
        }
        return properties.keys.sorted().map { ($0, properties[$0, default: []].sorted()) }
    }

    /// True if this transaction is one of the gesture's.
    func isOfGesture(_ transaction: Transaction) -> Bool { gesture.contains { $0.name == transaction.name } }

    mutating func add(_ write: Write) { writes.append(write) }

    /// True if the step puts a line elsewhere.
    func places(_ line: ShapeID) -> Bool {
        let placing: [Property] = [.position, .points, .startBinding, .endBinding, .route]
        return writes.contains { $0.target == line && placing.contains($0.property) }
    }

    /// Takes back those marks on the shape that are live and among these.
    mutating func retract(_ names: Set<TransactionName>, on id: ShapeID) {
        let marks = board.picture.shapes.liveMarks(on: id, in: board.log).map(\.name).filter(names.contains).sorted()
        guard !marks.isEmpty else { return }
        writes.append(Write(id, .retraction, .names(Array(marks.prefix(Limits.retractionsPerWrite)))))
    }

    /// Says that the shape stays gone where somebody else deleted it.
    mutating func noteIfGone(_ id: ShapeID, butFor names: Set<TransactionName>) {
        let isGone = board.picture.shapes.liveMarks(on: id, in: board.log).contains { !names.contains($0.name) }
        if isGone { skipped.insert(id) }
    }

    /// Puts the greatest other write in the place of the gesture's, if that stands.
    mutating func restoreOther(_ property: Property, of id: ShapeID) { restoreOther(property, of: id, than: gesture, isSaid: true) }

    /// Puts the greatest other write in the place of that of these transactions, if it stands.
    ///
    /// - Parameter isSaid: true where it is said that it does not.
    mutating func restoreOther(_ property: Property, of id: ShapeID, than these: [Transaction], isSaid: Bool) {
        let standing = origin(property, of: id)
        guard these.contains(where: { origin($0) == standing }) else {
            if isSaid { skipped.insert(id) }
            return
        }
        var greatest: (transaction: Transaction, write: Write)?
        for other in board.picture.shapes.writers(of: property, of: id, in: board.log)
        where !these.contains(where: { $0.name == other.name }) {
            guard let write = write(property, of: id, by: other), write.restores == nil, !isTakenBack(other) else { continue }
            if greatest.map({ $0.transaction.stamp < other.stamp }) ?? true { greatest = (other, write) }
        }
        let value = greatest?.write.value ?? property.wireRow?.form.unwritten ?? .bytes([])
        writes.append(Write(id, property, value, restores: greatest.map { origin($0.transaction) } ?? .unwritten))
    }

    /// Puts the gesture's last write back in the place of `undo`'s, if that or what restores the same stands.
    ///
    /// - Parameter value: what is written, where the gesture's own value is of another time.
    mutating func redo(_ undo: Write, as value: Value? = nil) {
        guard let restored = undo.restores, let (transaction, write) = lastWrite(undo.property, of: undo.target) else { return }
        guard origin(undo.property, of: undo.target) == restored else {
            if value == nil { skipped.insert(undo.target) }
            return
        }
        writes.append(Write(undo.target, undo.property, value ?? write.value, restores: origin(transaction)))
        noteIfGone(undo.target, butFor: [])
    }

    /// All that was added, and the write that names the step.
    func plan(_ property: Property) -> UndoPlan {
        let name = gesture[0].name
        let step = Write(ShapeID(author: author, number: 0), property, .name(name))
        let ordered = writes.sorted { ($0.target, $0.property) < ($1.target, $1.property) }
        // Nearly always it is one transaction.
        if board.fits(ordered + [step], by: author) { return UndoPlan(parts: [ordered + [step]], skipped: skipped.sorted(), target: name) }
        // What is restored can be longer than what replaced it. What of one shape does not fit a transaction is left alone and said.
        let (fitting, left) = ordered[...].runs { $0.target == $1.target }.reduce(into: ([Write](), skipped)) { sorted, run in
            if board.fits(run + [step], by: author) {
                sorted.0 += run
            } else if let run = run.first {
                sorted.1.insert(run.target)
            }
        }
        let parts = (try? board.parts(of: fitting, by: author)) ?? []
        return UndoPlan(parts: parts.isEmpty ? [[step]] : parts.map { $0 + [step] }, skipped: left.sorted(), target: name)
    }

    private func origin(_ transaction: Transaction) -> Origin {
        .transaction(author: transaction.author, sequence: transaction.sequence)
    }

    /// Where the standing value of a register came from first.
    private mutating func origin(_ property: Property, of id: ShapeID) -> Origin {
        guard let winner = board.picture.shapes.standingWriter(of: property, of: id, in: board.log) else { return .unwritten }
        return write(property, of: id, by: winner)?.restores ?? origin(winner)
    }

    /// The gesture's last write to a register, and which transaction made it.
    private mutating func lastWrite(_ property: Property, of target: ShapeID) -> (Transaction, Write)? {
        for transaction in gesture.reversed() {
            if let write = write(property, of: target, by: transaction) { return (transaction, write) }
        }
        return nil
    }

    private mutating func write(_ property: Property, of target: ShapeID, by transaction: Transaction) -> Write? {
        // In place: whether it was read or not, its name is looked up once.
        Self.write(property, of: target, in: &read[transaction.name, default: Self.writes(of: transaction)])
    }

    private static func write(_ property: Property, of target: ShapeID, in writes: inout [Key: Write]) -> Write? {
        writes[Key(target: target, property: property)]
    }

    private static func writes(of transaction: Transaction) -> [Key: Write] {
        var writes: [Key: Write] = [:]
        for write in transaction.writes { writes[Key(target: write.target, property: write.property)] = write }
        return writes
    }

    private mutating func isTakenBack(_ transaction: Transaction) -> Bool {
        let known = takenBack[transaction.author] ?? board.picture.undo.takenBack(of: transaction.author, of: board.log)
        takenBack[transaction.author] = known
        return known.contains(transaction, in: board.log)
    }
}
