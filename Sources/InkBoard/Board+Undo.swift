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
    public func canUndo(_ author: AuthorID, in strand: Strand = .common) -> Bool { history(of: author, in: strand)?.done.isEmpty == false }
    /// True if this author has a gesture to do again.
    public func canRedo(_ author: AuthorID, in strand: Strand = .common) -> Bool {
        history(of: author, in: strand)?.redoable.isEmpty == false
    }

    /// How to take back this author's last gesture that is in effect; nil for none.
    ///
    /// For each register in which the gesture's write stands, the greatest other write stands again; shapes that the gesture made are
    /// deleted; the gesture's own deletions are retracted. What others wrote or deleted since is left alone.
    public func undoWrites(of author: AuthorID, in strand: Strand = .common) -> UndoPlan? {
        guard let history = history(of: author, in: strand), let first = history.done.last else { return nil }
        var planner = UndoPlanner(self, author: author, gesture: history.gesture(first))
        let marks = Set(history.redos[first] ?? []).union(planner.gesture)
        var gone: Set<ShapeID> = []
        for (target, properties) in planner.targets {
            guard let row = row(of: target) else { continue }
            let record = records[row]
            if let kind = record.kindSlot, planner.gesture.contains(kind) {
                planner.add(Write(target, .deletion, .mark))
                gone.insert(target)
                continue
            }
            for property in properties {
                switch property.row?.law {
                case .mark: planner.retract(marks, on: record)
                case .register: planner.restoreOther(property, of: record)
                // The samples of a stroke never change.
                case .samples: if record.shape.content.kind != .freehand { planner.restoreOther(property, of: record) }
                case .maker, .remark, .retraction, .person, .step, .genesis, nil: break
                }
            }
            planner.noteIfGone(record, butFor: marks)
        }
        // Lines that are bound to what goes stay where they are seen, unless the step itself puts them elsewhere (BD-63).
        for (line, points) in linesKept(without: gone) where points != line.content.points && !planner.places(line.id) {
            planner.add(Write(line.id, .points, .points(points)))
        }
        return planner.plan(.undo)
    }

    /// How to do again what this author took back last; nil for none, or when the author has done something else since.
    public func redoWrites(of author: AuthorID, in strand: Strand = .common) -> UndoPlan? {
        guard let history = history(of: author, in: strand), let undone = history.redoable.last else { return nil }
        var planner = UndoPlanner(self, author: author, gesture: history.gesture(undone.gesture))
        let marks = Set(undone.by)
        let writes = undone.by.flatMap { log[$0].writes }.filter { $0.target.number > 0 }
        // Where lines are seen now, which is not where they were when the gesture deleted what they are bound to.
        let gone = Set(writes.lazy.filter { $0.property == .retraction }.map(\.target))
        let kept = Dictionary(uniqueKeysWithValues: linesKept(without: gone).map { ($0.line.id, $0.points) })
        for write in writes {
            guard let row = row(of: write.target) else { continue }
            let record = records[row]
            switch write.property.row?.law {
            case .mark:
                planner.retract(marks, on: record)
                planner.noteIfGone(record, butFor: marks)
            case .retraction: planner.add(Write(write.target, .deletion, .mark))
            // Points that the undo stored of a line, since a shape went to which it is bound.
            case .samples where write.restores == nil: planner.restoreOther(write.property, of: record, than: undone.by, isSaid: false)
            case .samples: planner.redo(write, of: record, as: kept[write.target].map { .points($0) })
            case .register, .remark, .maker, .person, .step, .genesis, nil: planner.redo(write, of: record)
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
    let gesture: [Slot]
    private let board: Board
    private let author: AuthorID
    private var writes: [Write] = []
    private var skipped: Set<ShapeID> = []
    private var read: [Slot: [Key: Write]] = [:]
    private var undone: [AuthorID: Set<Slot>] = [:]

    init(_ board: Board, author: AuthorID, gesture: [Slot]) { (self.board, self.author, self.gesture) = (board, author, gesture) }

    /// The shapes that the gesture wrote, ascending, and what of them.
    var targets: [(ShapeID, [Property])] {
        var properties: [ShapeID: Set<Property>] = [:]
        for slot in gesture {
            for write in board.log[slot].writes where write.target.number > 0 {
                properties[write.target, default: []].insert(write.property)
            }
        }
        return properties.keys.sorted().map { ($0, properties[$0, default: []].sorted()) }
    }

    mutating func add(_ write: Write) { writes.append(write) }

    /// True if the step puts a line elsewhere.
    func places(_ line: ShapeID) -> Bool {
        let placing: [Property] = [.position, .points, .startBinding, .endBinding, .route]
        return writes.contains { $0.target == line && placing.contains($0.property) }
    }

    /// Takes back those of `slots` whose marks on the shape are live.
    mutating func retract(_ slots: Set<Slot>, on record: ShapeRecord) {
        let names = record.marks.filter { slots.contains($0) && board.isLive(mark: $0, on: record.shape.id) }
            .map { board.log[$0].name }.sorted()
        guard !names.isEmpty else { return }
        writes.append(Write(record.shape.id, .retraction, .names(Array(names.prefix(Limits.retractionsPerWrite)))))
    }

    /// Says that the shape stays gone where somebody else deleted it.
    mutating func noteIfGone(_ record: ShapeRecord, butFor slots: Set<Slot>) {
        let isGone = record.marks.contains { !slots.contains($0) && board.isLive(mark: $0, on: record.shape.id) }
        if isGone { skipped.insert(record.shape.id) }
    }

    /// Puts the greatest other write in the place of the gesture's, if that stands.
    mutating func restoreOther(_ property: Property, of record: ShapeRecord) {
        restoreOther(property, of: record, than: gesture, isSaid: true)
    }

    /// Puts the greatest other write in the place of that of these transactions, if it stands.
    ///
    /// - Parameter isSaid: true where it is said that it does not.
    mutating func restoreOther(_ property: Property, of record: ShapeRecord, than slots: [Slot], isSaid: Bool) {
        let id = record.shape.id
        let standing = origin(property, of: record)
        guard slots.contains(where: { origin($0) == standing }) else {
            if isSaid { skipped.insert(id) }
            return
        }
        var greatest: Slot?
        for slot in record.writers(property) where !slots.contains(slot) {
            guard let write = write(property, of: id, at: slot), write.restores == nil, !isUndone(slot) else { continue }
            if greatest.map({ board.log[$0].stamp < board.log[slot].stamp }) ?? true { greatest = slot }
        }
        let value = greatest.flatMap { write(property, of: id, at: $0)?.value } ?? property.wireRow?.form.unwritten ?? .bytes([])
        writes.append(Write(id, property, value, restores: greatest.map(origin) ?? .unwritten))
    }

    /// Puts the gesture's last write back in the place of `undo`'s, if that or what restores the same stands.
    ///
    /// - Parameter value: what is written, where the gesture's own value is of another time.
    mutating func redo(_ undo: Write, of record: ShapeRecord, as value: Value? = nil) {
        guard let restored = undo.restores,
            let slot = gesture.last(where: { write(undo.property, of: undo.target, at: $0) != nil }),
            let write = write(undo.property, of: undo.target, at: slot)
        else { return }
        guard origin(undo.property, of: record) == restored else {
            if value == nil { skipped.insert(undo.target) }
            return
        }
        writes.append(Write(undo.target, undo.property, value ?? write.value, restores: origin(slot)))
        noteIfGone(record, butFor: [])
    }

    /// All that was added, and the write that names the step.
    func plan(_ property: Property) -> UndoPlan {
        let name = board.log[gesture[0]].name
        let step = Write(ShapeID(author: author, number: 0), property, .name(name))
        // What is restored can be longer than what replaced it. What of one shape does not fit a transaction is left alone and said.
        let ordered = writes.sorted { ($0.target, $0.property) < ($1.target, $1.property) }
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

    private func origin(_ slot: Slot) -> Origin {
        let transaction = board.log[slot]
        return .transaction(author: transaction.author, sequence: transaction.sequence)
    }

    /// Where the standing value of a register came from first.
    private mutating func origin(_ property: Property, of record: ShapeRecord) -> Origin {
        guard let winner = record.winner(property) else { return .unwritten }
        return write(property, of: record.shape.id, at: winner)?.restores ?? origin(winner)
    }

    private mutating func write(_ property: Property, of target: ShapeID, at slot: Slot) -> Write? {
        if read[slot] == nil {
            var writes: [Key: Write] = [:]
            for write in board.log[slot].writes { writes[Key(target: write.target, property: write.property)] = write }
            read[slot] = writes
        }
        return read[slot]?[Key(target: target, property: property)]
    }

    private mutating func isUndone(_ slot: Slot) -> Bool {
        let author = board.log[slot].author
        if let known = undone[author] { return known.contains(slot) }
        let found = board.undone(of: author)
        undone[author] = found
        return found.contains(slot)
    }
}
