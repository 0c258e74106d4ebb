import InkPrimitives

/// Collects the writes of one undo or redo. Remembers what it read, so that a gesture of 4096 writes is read once, not 4096 times.
struct UndoPlanner {
    private struct Key: Hashable {
        let target: ShapeID
        let property: Property
    }

    /// The transactions of the gesture, the one that began it first.
    private let gesture: [Transaction]
    private let board: Board
    private let author: AuthorID
    private var writes: [Write] = []
    /// What has no place in the transactions of those, since one takes back so many marks of a shape at most: of each round its own.
    private var further: [[Write]] = []
    private var skipped: Set<ShapeID> = []
    /// Shapes that the step deletes.
    private var gone: Set<ShapeID> = []
    private var read: [TransactionName: [Key: Write]] = [:]
    private var takenBack: [AuthorID: UndoHistories.TakenBack] = [:]
    /// What owners took back, but for what the gesture itself did.
    private let spans: TakeBacks.InEffect

    init(_ board: Board, author: AuthorID, gesture: [Transaction]) {
        (self.board, self.author, self.gesture) = (board, author, gesture)
        spans = board.picture.takeBacks.inEffect(butFor: Set(gesture.map(\.name)), undo: board.picture.undo, of: board.log)
    }

    /// The shapes that the gesture wrote, ascending, and what of them.
    var targets: [(ShapeID, [Property])] { Self.targets(of: gesture) }

    /// The shapes that these wrote, ascending, and what of them.
    static func targets(of transactions: [Transaction]) -> [(ShapeID, [Property])] {
        var properties: [ShapeID: Set<Property>] = [:]
        for transaction in transactions {
            for write in transaction.writes where write.target.number > 0 {
                properties[write.target, default: []].insert(write.property)
            }
        }
        return properties.keys.sorted().map { ($0, properties[$0, default: []].sorted()) }
    }

    /// True if this transaction is one of the gesture's.
    func isOfGesture(_ transaction: Transaction) -> Bool { gesture.contains { $0.name == transaction.name } }

    /// True if the gesture took back what another deleted (BD-120): without it that stands again.
    func tookBackDeletion(of id: ShapeID) -> Bool {
        gesture.contains { transaction in
            guard board.log.slot(of: transaction.name).map({ board.log.role(of: $0) }) == .owner else { return false }
            return transaction.writes.contains { write in
                guard write.target == id, case .names(let marks) = write.value else { return false }
                return marks.contains { board.transaction($0).map { $0.author != author } ?? false }
            }
        }
    }

    /// The transaction whose write to a register stands; nil for none.
    func standingWriter(of property: Property, of id: ShapeID) -> Transaction? {
        board.picture.shapes.standingWriter(of: property, of: id, in: board.log)
    }

    /// True if one of these wrote a register.
    func isWritten(_ property: Property, of id: ShapeID, by these: (Transaction) -> Bool) -> Bool {
        board.picture.shapes.writers(of: property, of: id, in: board.log).contains(where: these)
    }

    mutating func add(_ write: Write) { writes.append(write) }

    /// Marks a shape as deleted.
    mutating func delete(_ id: ShapeID) {
        writes.append(Write(id, .deletion, .mark))
        gone.insert(id)
    }

    /// Lines that are bound to what goes stay where they are seen, unless the step itself puts them elsewhere (BD-152).
    mutating func keepLines() {
        for (line, points) in board.linesKept(without: gone) where points != line.content.points && !places(line.id) {
            writes.append(Write(line.id, .points, .points(points)))
        }
    }

    /// True if the step puts a line elsewhere.
    func places(_ line: ShapeID) -> Bool {
        let placing: [Property] = [.position, .points, .startBinding, .endBinding, .route]
        return writes.contains { $0.target == line && placing.contains($0.property) }
    }

    /// Takes back those marks on the shape that are live and among these.
    mutating func retract(_ names: Set<TransactionName>, on id: ShapeID) {
        var marks = board.picture.shapes.liveMarks(on: id, in: board.log).map(\.name).filter(names.contains).sorted()[...]
        guard !marks.isEmpty else { return }
        writes.append(Write(id, .retraction, .names(Array(marks.prefix(Limits.retractionsPerWrite)))))
        marks = marks.dropFirst(Limits.retractionsPerWrite)
        var round = 0
        while !marks.isEmpty {
            if further.count == round { further.append([]) }
            further[round].append(Write(id, .retraction, .names(Array(marks.prefix(Limits.retractionsPerWrite)))))
            (marks, round) = (marks.dropFirst(Limits.retractionsPerWrite), round + 1)
        }
    }

    /// Leaves something of a shape alone, which is said (BD-133).
    mutating func skip(_ id: ShapeID) { skipped.insert(id) }

    /// Says that the shape stays gone where somebody else deleted it (BD-20).
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
        guard these.contains(where: { origin($0) == standing }) || restored(property, of: id, by: these) == standing else {
            if isSaid { skipped.insert(id) }
            return
        }
        let restored = greatest(property, of: id) { other in these.contains { $0.name == other.name } }
        writes.append(Write(id, property, restored.value, restores: restored.origin))
    }

    /// What stands in a register where these are not, nor what is taken back: the greatest other write, which is no undo's.
    mutating func greatest(_ property: Property, of id: ShapeID, without these: (Transaction) -> Bool) -> (value: Value, origin: Origin) {
        var greatest: (transaction: Transaction, write: Write)?
        for other in board.picture.shapes.writers(of: property, of: id, in: board.log) where !these(other) {
            guard let write = write(property, of: id, by: other), write.restores == nil, !isTakenBack(other) else { continue }
            if greatest.map({ $0.transaction.stamp < other.stamp }) ?? true { greatest = (other, write) }
        }
        let value = greatest?.write.value ?? property.wireRow?.form.unwritten ?? .bytes([])
        return (value, greatest.map { origin($0.transaction) } ?? .unwritten)
    }

    /// What these put back in a register, as a step does that takes another's work back (BD-187); nil where they wrote it themselves.
    private mutating func restored(_ property: Property, of id: ShapeID, by these: [Transaction]) -> Origin? {
        for transaction in these.reversed() {
            if let write = write(property, of: id, by: transaction) { return write.restores }
        }
        return nil
    }

    /// Puts the gesture's last write back in the place of `undo`'s, if that or what restores the same stands (BD-12).
    ///
    /// - Parameter value: what is written, where the gesture's own value is of another time. One that it put back itself is of none.
    mutating func redo(_ undo: Write, as value: Value? = nil) {
        guard let restored = undo.restores, let (transaction, write) = lastWrite(undo.property, of: undo.target) else { return }
        let value = write.restores == nil ? value : nil
        guard origin(undo.property, of: undo.target) == restored else {
            if value == nil { skipped.insert(undo.target) }
            return
        }
        writes.append(Write(undo.target, undo.property, value ?? write.value, restores: write.restores ?? origin(transaction)))
        noteIfGone(undo.target, butFor: [])
    }

    /// All that was added, and the write that names the step (BD-134).
    func plan(_ property: Property) -> UndoPlan {
        let name = gesture[0].name
        let step = Write(ShapeID(author: author, number: 0), property, .name(name))
        let (parts, skipped) = parts(beside: [step])
        return UndoPlan(parts: parts.isEmpty ? [[step]] : parts.map { $0 + [step] }, skipped: skipped, target: name)
    }

    /// All that was added, in as many transactions as it needs, and the shapes that are left alone (BD-142).
    ///
    /// - Parameter step: what each of them holds, too.
    func parts(beside step: [Write]) -> (parts: [[Write]], skipped: [ShapeID]) {
        var (parts, left) = parts(of: writes, beside: step)
        for round in further {
            let more = self.parts(of: round, beside: step)
            parts += more.parts
            left.formUnion(more.skipped)
        }
        return (parts, left.sorted())
    }

    private func parts(of writes: [Write], beside step: [Write]) -> (parts: [[Write]], skipped: Set<ShapeID>) {
        let ordered = writes.sorted { ($0.target, $0.property) < ($1.target, $1.property) }
        // Nearly always it is one transaction.
        if board.fits(ordered + step, by: author) { return (ordered.isEmpty ? [] : [ordered], skipped) }
        // What is restored can be longer than what replaced it. What of one shape does not fit a transaction is left alone and said.
        let (fitting, left) = ordered[...].runs { $0.target == $1.target }.reduce(into: ([Write](), skipped)) { sorted, run in
            if board.fits(run + step, by: author) {
                sorted.0 += run
            } else if let run = run.first {
                sorted.1.insert(run.target)
            }
        }
        return ((try? board.parts(of: fitting, by: author, beside: step)) ?? [], left)
    }

    private func origin(_ transaction: Transaction) -> Origin {
        .transaction(author: transaction.author, sequence: transaction.sequence)
    }

    /// Where the standing value of a register came from first.
    private mutating func origin(_ property: Property, of id: ShapeID) -> Origin {
        guard let winner = standingWriter(of: property, of: id) else { return .unwritten }
        return write(property, of: id, by: winner)?.restores ?? origin(winner)
    }

    /// The gesture's last write to a register, and which transaction made it.
    private mutating func lastWrite(_ property: Property, of target: ShapeID) -> (Transaction, Write)? {
        for transaction in gesture.reversed() {
            if let write = write(property, of: target, by: transaction) { return (transaction, write) }
        }
        return nil
    }

    /// What a transaction wrote to a register; nil for nothing.
    mutating func write(_ property: Property, of target: ShapeID, by transaction: Transaction) -> Write? {
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
        return known.contains(transaction, in: board.log) || spans.contains(transaction)
    }
}
