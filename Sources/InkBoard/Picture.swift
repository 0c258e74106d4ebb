import InkPrimitives

/// What is seen of a board: a fold over those transactions of a log that count (BD-100).
///
/// The order in which they are put in and taken out leaves no trace: only which are in does (BD-1). Whoever asks gives the log, and is answered in
/// shapes and transactions; how they are held is nobody else's business.
struct Picture: Sendable {
    private(set) var shapes = ShapeTable()
    private(set) var names = PersonNames()
    private(set) var messages = Messages()
    private(set) var undo = UndoHistories()
    private(set) var takeBacks = TakeBacks()
    private(set) var paceWords = PaceWords()

    /// The picture of nothing.
    init() {}

    /// The picture of those transactions of a log that count.
    ///
    /// - Parameter claims: whoever said which programs made them.
    init(_ log: Log, claims: UndoHistories = UndoHistories(), counting counts: (Slot) -> Bool) {
        undo.takeClaims(of: claims)
        _ = change(inserting: (0..<log.end).filter(counts), of: log)
    }

    /// Says which of its author's programs made a transaction, which may be about to be put in.
    mutating func claim(_ name: TransactionName, by strand: Strand) { undo.claim(name, by: strand) }

    /// Says of all transactions what `other` does about who made them.
    mutating func takeClaims(of other: Picture) { undo.takeClaims(of: other.undo) }

    /// Puts one in that is not in, and adds to `outcome` what that changed.
    ///
    /// - Parameter isReported: false where nobody asks which shapes it changed.
    mutating func insert(_ slot: Slot, of log: Log, isReported: Bool, outcome: inout InsertOutcome) {
        let transaction = log[slot]
        let writes = transaction.writes
        for run in writes[...].runs({ $0.target == $1.target }) {
            guard let target = run.first?.target else { continue }
            if target.number == 0 {
                insert(person: run, of: transaction, at: slot, of: log, outcome: &outcome)
            } else {
                let change = shapes.insert(run, of: target, at: slot, of: log, isReported: isReported)
                if let change { outcome.changes.append(change) }
            }
        }
        undo.insert(slot, writes: writes, of: log)
    }

    /// Takes one out that is in: what wrote before it, or beside it, stands again (BD-172).
    mutating func remove(_ slot: Slot, of log: Log) { _ = change(removing: [slot], of: log) }

    /// Takes some out that are in, and puts others in that are not: for thousands at once.
    ///
    /// - Returns: the shapes to which any of them wrote, in no order.
    mutating func change(removing removed: Set<Slot> = [], inserting inserted: [Slot] = [], of log: Log) -> [ShapeID] {
        var change = ShapeTable.Change(removing: removed)
        var (said, unsaid, renamed): ([Slot], Set<Slot>, Set<AuthorID>) = ([], [], [])
        for slot in removed {
            for run in log[slot].writes[...].runs({ $0.target == $1.target }) {
                guard let target = run.first?.target else { continue }
                guard target.number == 0 else {
                    shapes.takeOut(run, of: target, at: slot, of: log, &change)
                    continue
                }
                if run.contains(where: { $0.property == .displayName }) { renamed.insert(log[slot].author) }
                if run.contains(where: { $0.property == .chat }) { unsaid.insert(slot) }
            }
        }
        takeBacks.remove(removed)
        paceWords.remove(removed, of: log)
        for author in renamed { names.remove(removed, of: author, of: log) }
        shapes.rewrite(change, of: log)
        undo.remove(removed, of: log)
        for slot in inserted {
            let writes = log[slot].writes
            for run in writes[...].runs({ $0.target == $1.target }) {
                guard let target = run.first?.target else { continue }
                guard target.number == 0 else {
                    shapes.putIn(run, of: target, at: slot, of: log, &change)
                    continue
                }
                for case (.displayName, .text(let name)) in run.lazy.map({ ($0.property, $0.value) }) {
                    _ = names.insert(name, at: slot, of: log)
                }
                if run.contains(where: { $0.property == .chat }) { said.append(slot) }
                _ = takeBacks.insert(run, at: slot, of: log)
                paceWords.insert(run, at: slot, of: log)
            }
            undo.insert(slot, writes: writes, of: log)
        }
        undo.settle(inserted, of: log)
        if !unsaid.isEmpty || !said.isEmpty { messages.change(removing: unsaid, inserting: said, of: log) }
        return shapes.finish(change, of: log)
    }

    private mutating func insert(
        person writes: ArraySlice<Write>, of transaction: Transaction, at slot: Slot, of log: Log, outcome: inout InsertOutcome
    ) {
        for write in writes {
            switch (write.property, write.value) {
            case (.displayName, .text(let text)):
                if names.insert(text, at: slot, of: log) { outcome.renames.append(transaction.author) }
            case (.chat, _):
                messages.insert(slot, of: log)
                if let entry = Messages.entry(of: transaction, writes) { outcome.chats.append(entry) }
            case (.pace, _): paceWords.insert(writes, at: slot, of: log)
            case (.takeBack, _):
                // Of several transactions of one step the first tells.
                if let span = takeBacks.insert(writes, at: slot, of: log), !writes.contains(where: { $0.property == .continuation }) {
                    outcome.takeBacks.append(TakeBack(span: span, by: transaction.author))
                }
            default: break
            }
        }
    }
}
