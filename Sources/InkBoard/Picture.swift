import InkPrimitives

/// What is seen of a board: a fold over those transactions of a log that count (BD-100).
///
/// The order in which they are put in and taken out leaves no trace: only which are in does. Whoever asks gives the log, and is answered in
/// shapes and transactions; how they are held is nobody else's business.
struct Picture: Sendable {
    private(set) var shapes = ShapeTable()
    private(set) var names = PersonNames()
    private(set) var messages = Messages()
    private(set) var undo = UndoHistories()

    /// The picture of nothing.
    init() {}

    /// Says which of its author's programs made a transaction, which may be about to be put in.
    mutating func claim(_ name: TransactionName, by strand: Strand) { undo.claim(name, by: strand) }

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
            default: break
            }
        }
    }
}
