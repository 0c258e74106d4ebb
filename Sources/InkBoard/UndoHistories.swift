import InkPrimitives

/// The histories of undo of everybody on a board, one for each program that took part under an author's key.
struct UndoHistories: Sendable {
    /// A gesture that can be taken back, or done again.
    struct Offer: Sendable {
        /// Its transactions, the one that began it first.
        var gesture: [Transaction]
        /// Those that did it again, of one that can be taken back; of the other, those that took it back last.
        var steps: [Transaction]
    }

    /// The transactions of one author's gestures that are taken back, and of steps after which the same gesture was taken back or done again.
    struct TakenBack: Sendable {
        /// Of each history.
        fileprivate var slots: [Set<Slot>]

        func contains(_ transaction: Transaction, in log: Log) -> Bool {
            log.slot(of: transaction.name).map { slot in slots.contains { $0.contains(slot) } } ?? false
        }
    }

    /// Whose history.
    private struct Hand: Hashable, Sendable {
        let author: AuthorID
        let strand: Strand
    }

    private var lines: [Hand: UndoLine] = [:]
    /// Transactions that a program of their author claimed as its own.
    private var strands: [TransactionName: Strand] = [:]

    /// Says which of its author's programs made a transaction, which is not in yet.
    mutating func claim(_ name: TransactionName, by strand: Strand) { if strand != .common { strands[name] = strand } }

    /// Which of its author's programs made a transaction, as far as anybody said.
    func strand(of transaction: Transaction) -> Strand { strands[transaction.name] ?? .common }

    /// True if there is a gesture to take back.
    func canUndo(_ author: AuthorID, in strand: Strand, of log: Log) -> Bool {
        history(of: author, in: strand, of: log)?.done.isEmpty == false
    }

    /// True if there is a gesture to do again.
    func canRedo(_ author: AuthorID, in strand: Strand, of log: Log) -> Bool {
        history(of: author, in: strand, of: log)?.redoable.isEmpty == false
    }

    /// The last gesture in effect; nil for none.
    func lastDone(of author: AuthorID, in strand: Strand, of log: Log) -> Offer? {
        guard let history = history(of: author, in: strand, of: log), let first = history.done.last else { return nil }
        return Offer(gesture: history.gesture(first).map { log[$0] }, steps: (history.redos[first] ?? []).map { log[$0] })
    }

    /// The gesture that was taken back last, if nothing was done since; nil for none.
    func lastUndone(of author: AuthorID, in strand: Strand, of log: Log) -> Offer? {
        guard let history = history(of: author, in: strand, of: log), let undone = history.redoable.last else { return nil }
        return Offer(gesture: history.gesture(undone.gesture).map { log[$0] }, steps: undone.by.map { log[$0] })
    }

    /// What of this author is taken back, in whichever of its histories.
    func takenBack(of author: AuthorID, of log: Log) -> TakenBack {
        TakenBack(slots: lines.compactMap { $0.author == author ? $1.history(of: log).undone : nil })
    }

    /// Takes in a transaction, and what it wrote.
    mutating func insert(_ slot: Slot, writes: [Write], of log: Log) {
        let step = UndoHistory.step(of: writes, by: log[slot].author, in: log)
        guard step != .other else { return }
        lines[hand(of: slot, in: log), default: UndoLine()].append(step, at: slot, of: log)
    }

    /// Takes out some transactions.
    mutating func remove(_ slots: Set<Slot>, of log: Log) {
        for hand in Set(slots.map { hand(of: $0, in: log) }) {
            guard var line = lines.removeValue(forKey: hand) else { continue }
            line.remove(slots, of: log)
            if !line.isEmpty { lines[hand] = line }
        }
    }

    /// Brings the histories of these transactions' authors into order, so that nobody need do it who asks.
    mutating func settle(_ slots: [Slot], of log: Log) {
        for hand in Set(slots.map { hand(of: $0, in: log) }) { lines[hand]?.settle(of: log) }
    }

    /// Says of all transactions what `other` does about who made them.
    mutating func takeClaims(of other: UndoHistories) { strands = other.strands }

    private func hand(of slot: Slot, in log: Log) -> Hand { Hand(author: log[slot].author, strand: strand(of: log[slot])) }

    private func history(of author: AuthorID, in strand: Strand, of log: Log) -> UndoHistory? {
        lines[Hand(author: author, strand: strand)]?.history(of: log)
    }
}
