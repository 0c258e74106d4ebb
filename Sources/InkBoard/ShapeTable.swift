import InkPrimitives

/// The shapes of a picture: a record each, their order, their labels, and the marks that are taken back.
struct ShapeTable: Sendable {
    private var records: [ShapeRecord] = []
    private var rows: [ShapeID: Int] = [:]
    /// Rows of the shapes that stand, lowest first.
    private var order: [Int] = []
    private var rowsByLabel: [String: Set<Int>] = [:]
    /// How many transactions retract a mark.
    private var retractions: [Retraction: Int] = [:]
    /// What commenters wrote to shapes of their own, by row: it has effect while the shape is a note (BD-95).
    private var commented: [Int: Set<Slot>] = [:]
    /// What owners locked, and what has no effect since.
    private var locks = ShapeLocks()

    private struct Retraction: Hashable, Sendable {
        let shape: ShapeID
        let mark: TransactionName
        /// Who takes it back: of another's mark that means nothing (BD-129). Nil for an owner, who takes back everybody's (BD-96).
        let author: AuthorID?
    }

    // MARK: - What stands

    /// How many shapes stand.
    var count: Int { order.count }
    /// The shapes that stand, lowest first.
    var standing: [Shape] { order.map { records[$0].shape } }
    /// The lowest shape that stands.
    var lowest: Shape? { order.first.map { records[$0].shape } }
    /// The highest shape that stands.
    var highest: Shape? { order.last.map { records[$0].shape } }
    /// The shape, if it stands.
    func shape(_ id: ShapeID) -> Shape? { rows[id].flatMap { records[$0].stands ? records[$0].shape : nil } }
    /// The standing lines, not among these shapes, of which an end is bound to one of them, lowest first; at most `limit`. Looks at all shapes.
    func lines(boundTo targets: Set<ShapeID>, limit: Int) -> [Shape] {
        var lines: [Shape] = []
        for row in order where records[row].shape.content.isBound {
            let shape = records[row].shape
            let bindings = [shape.content.startBinding, shape.content.endBinding]
            guard !targets.contains(shape.id), bindings.contains(where: { $0.map { targets.contains($0.shape) } ?? false }) else {
                continue
            }
            lines.append(shape)
            if lines.count == limit { break }
        }
        return lines
    }

    // MARK: - What was written, of shapes that stand and of others

    /// True if anything was ever written to the shape, taken out since or not.
    func wasWritten(_ id: ShapeID) -> Bool { rows[id] != nil }
    /// The shape as its registers show it; nil where nothing was written.
    func written(_ id: ShapeID) -> Shape? { rows[id].flatMap { records[$0].transactionCount > 0 ? records[$0].shape : nil } }
    /// Shapes of this label, ascending.
    func ids(labelled label: String) -> [ShapeID] { (rowsByLabel[label] ?? []).map { records[$0].shape.id }.sorted() }
    /// Every label that this author has used, ascending.
    func labels(of author: AuthorID) -> [String] {
        rowsByLabel.filter { $0.value.contains { row in records[row].shape.id.author == author } }.keys.sorted()
    }
    /// The transaction whose word on the shape's kind takes effect; nil for none.
    func kindWriter(of id: ShapeID, in log: Log) -> Transaction? { rows[id].flatMap { records[$0].kindSlot }.map { log[$0] } }
    /// The transaction whose write to a register stands; nil for none.
    func standingWriter(of property: Property, of id: ShapeID, in log: Log) -> Transaction? {
        rows[id].flatMap { records[$0].winner(property) }.map { log[$0] }
    }
    /// All transactions that wrote a register, in no order.
    func writers(of property: Property, of id: ShapeID, in log: Log) -> [Transaction] {
        rows[id].map { records[$0].writers(property).map { log[$0] } } ?? []
    }
    /// How many those are.
    func writerCount(of property: Property, of id: ShapeID) -> Int { rows[id].map { records[$0].writerCount(property) } ?? 0 }
    /// The transactions whose marks on the shape are not taken back, in no order.
    func liveMarks(on id: ShapeID, in log: Log) -> [Transaction] {
        guard let row = rows[id] else { return [] }
        return records[row].marks.map { log[$0] }.filter { !isRetracted($0, on: id) }
    }

    private func isRetracted(_ mark: Transaction, on id: ShapeID) -> Bool {
        retractions[Retraction(shape: id, mark: mark.name, author: mark.author)] != nil
            || retractions[Retraction(shape: id, mark: mark.name, author: nil)] != nil
    }

    // MARK: - Putting in

    /// Takes in what a transaction wrote to one shape; what that changed, if that is asked and it is anything.
    mutating func insert(
        _ writes: ArraySlice<Write>, of id: ShapeID, at slot: Slot, of log: Log, isReported: Bool
    ) -> ShapeDelta? {
        let row = row(of: id)
        let (stood, before) = (records[row].stands, records[row].shape)
        apply(writes, to: row, at: slot, of: log)
        let (stands, after) = (records[row].stands, records[row].shape)
        if before.content.label != after.content.label { relabel(row, from: before.content.label) }
        reorder(row, from: stood ? before : nil, to: stands ? after : nil)
        guard isReported, stood != stands || stands && before != after else { return nil }
        return ShapeDelta(id: id, before: stood ? before : nil, after: stands ? after : nil, by: log[slot].author)
    }

    private mutating func apply(_ writes: ArraySlice<Write>, to row: Int, at slot: Slot, of log: Log) {
        guard !locks.takesIn(slot, of: row, of: log) else { return }
        let (wasNote, isNote) = records[row].begin(writes, at: slot, log: log)
        if isNote != wasNote { regard(row, of: log) }
        if log.role(of: slot) == .commenter {
            commented[row, default: []].insert(slot)
            guard isNote else { return }
        }
        applyOthers(writes, to: row, at: slot, of: log)
    }

    /// Takes in all but what kind of shape it is.
    private mutating func applyOthers(_ writes: ArraySlice<Write>, to row: Int, at slot: Slot, of log: Log) {
        let (id, transaction) = (records[row].shape.id, log[slot])
        for write in writes {
            switch write.property {
            case .kind: break
            case .deletion: records[row].mark(at: slot, isRetracted: isRetracted(transaction, on: id))
            case .retraction:
                guard case .names(let marks) = write.value else { break }
                for name in marks {
                    let mark = log.slot(of: name)
                    let wasRetracted = mark.map { isRetracted(log[$0], on: id) } ?? true
                    retractions[retraction(of: name, on: id, at: slot, of: log), default: 0] += 1
                    if let mark, !wasRetracted, isRetracted(log[mark], on: id) { records[row].unmark(mark) }
                }
            case .lock:
                // Another's word about it means nothing (BD-123).
                guard log.role(of: slot) == .owner else { break }
                locks.insert(write.value, of: row, at: slot)
                records[row].apply(write, at: slot, log: log)
            default: records[row].apply(write, at: slot, log: log)
            }
        }
    }

    /// A shape became a note or is none any more: what commenters wrote to it has effect now, or has none.
    private mutating func regard(_ row: Int, of log: Log) {
        guard let slots = commented[row] else { return }
        let id = records[row].shape.id
        // In an order that is the same everywhere, though none matters.
        let runs = slots.sorted().map { slot in (slot: slot, writes: log[slot].writes.filter { $0.target == id }[...]) }
        if records[row].isNote {
            for run in runs { applyOthers(run.writes, to: row, at: run.slot, of: log) }
        } else {
            for run in runs { unretract(run.writes, on: id, at: run.slot, of: log) }
            var reader = WriteReader()
            records[row].remove(slots, count: 0, of: log, reader: &reader)
            for run in runs {
                for write in run.writes where write.property == .kind { records[row].apply(write, at: run.slot, log: log) }
            }
        }
        let liveMarks = records[row].marks.count { !isRetracted(log[$0], on: id) }
        records[row].setLiveMarks(liveMarks)
    }

    /// Takes out the retractions among these writes.
    private mutating func unretract(_ writes: ArraySlice<Write>, on id: ShapeID, at slot: Slot, of log: Log) {
        for case (.retraction, .names(let marks)) in writes.lazy.map({ ($0.property, $0.value) }) {
            for mark in marks {
                let retraction = retraction(of: mark, on: id, at: slot, of: log)
                guard let count = retractions[retraction] else { continue }
                retractions[retraction] = count > 1 ? count - 1 : nil
            }
        }
    }

    private func retraction(of mark: TransactionName, on id: ShapeID, at slot: Slot, of log: Log) -> Retraction {
        Retraction(shape: id, mark: mark, author: log.role(of: slot) == .owner ? nil : log[slot].author)
    }

    /// The row of a shape, made if need be.
    private mutating func row(of id: ShapeID) -> Int {
        if let known = rows[id] { return known }
        records.append(ShapeRecord(id: id))
        rows[id] = records.count - 1
        return records.count - 1
    }

    private mutating func relabel(_ row: Int, from label: String) {
        if !label.isEmpty { rowsByLabel[label]?.remove(row) }
        let label = records[row].shape.content.label
        if !label.isEmpty { rowsByLabel[label, default: []].insert(row) }
    }

    /// Moves the shape to its place in the depth order. Nearly always it is new and goes on top.
    private mutating func reorder(_ row: Int, from before: Shape?, to after: Shape?) {
        if let before, let after, before.depth == after.depth { return }
        if let before {
            // The record already has its new depth, but the shape is still where the old one put it.
            let index = order.partitioningIndex { $0 == row || before.isBelow(records[$0].shape) }
            if index < order.count, order[index] == row { order.remove(at: index) }
        }
        if let after { order.insert(row, at: order.partitioningIndex { after.isBelow(records[$0].shape) }) }
    }

    // MARK: - Taking out, and putting in many

    /// What is taken out and put in at once: records are read again, and what stands is ordered, once for all.
    struct Change {
        /// What is taken out.
        let removed: Set<Slot>
        /// How many of those wrote to a shape, by its row.
        fileprivate var removedCounts: [Int: Int] = [:]
        /// The label that each changed shape had, by its row.
        fileprivate var labels: [Int: String] = [:]

        init(removing removed: Set<Slot>) { self.removed = removed }
    }

    /// A transaction that is taken out wrote this to a shape.
    mutating func takeOut(_ writes: ArraySlice<Write>, of id: ShapeID, at slot: Slot, of log: Log, _ change: inout Change) {
        guard let row = rows[id] else { return }
        note(row, &change)
        guard !locks.takesOut(slot, of: row) else { return }
        change.removedCounts[row, default: 0] += 1
        if log.role(of: slot) == .commenter {
            let hadEffect = records[row].isNote
            commented[row]?.remove(slot)
            if commented[row]?.isEmpty == true { commented[row] = nil }
            guard hadEffect else { return }
        }
        unretract(writes, on: id, at: slot, of: log)
    }

    /// All that is taken out was named.
    mutating func rewrite(_ change: Change, of log: Log) {
        var reader = WriteReader()
        for (row, count) in change.removedCounts {
            let wasNote = records[row].isNote
            records[row].remove(change.removed, count: count, of: log, reader: &reader)
            if records[row].isNote != wasNote { regard(row, of: log) }
        }
    }

    /// A transaction that is put in wrote this to a shape.
    mutating func putIn(_ writes: ArraySlice<Write>, of id: ShapeID, at slot: Slot, of log: Log, _ change: inout Change) {
        let row = row(of: id)
        note(row, &change)
        apply(writes, to: row, at: slot, of: log)
    }

    /// All that is put in was. Returns the shapes that were written to, in no order.
    mutating func finish(_ change: Change, of log: Log) -> [ShapeID] {
        guard !change.labels.isEmpty else { return [] }
        var isChanged = [Bool](repeating: false, count: records.count)
        for (row, label) in change.labels {
            isChanged[row] = true
            let id = records[row].shape.id
            let liveMarks = records[row].marks.count { !isRetracted(log[$0], on: id) }
            records[row].setLiveMarks(liveMarks)
            if records[row].shape.content.label != label { relabel(row, from: label) }
        }
        let moved = change.labels.keys.filter { records[$0].stands }.sorted { records[$0].shape.isBelow(records[$1].shape) }
        order = order.filter { !isChanged[$0] }.merged(with: moved) { records[$0].shape.isBelow(records[$1].shape) }
        return change.labels.keys.map { records[$0].shape.id }
    }

    /// How a shape stands otherwise than in `other`; nil for no difference.
    func change(of id: ShapeID, since other: ShapeTable, by author: AuthorID) -> ShapeDelta? {
        let (before, after) = (other.shape(id), shape(id))
        return before == after ? nil : ShapeDelta(id: id, before: before, after: after, by: author)
    }

    private func note(_ row: Int, _ change: inout Change) {
        if change.labels[row] == nil { change.labels[row] = records[row].shape.content.label }
    }
}
