/// The steps of one history of undo, and what they come to in the order of their stamps.
///
/// Nearly always they come in that order. Where they do not, as those of forks and what counts again, whoever asks has them sorted.
struct UndoLine: Sendable {
    private struct Entry: Sendable {
        let slot: Slot
        let step: UndoHistory.Step
    }

    private var entries: [Entry] = []
    private var isOrdered = true
    /// What the entries come to; of no use while they are not in order.
    private var folded = UndoHistory()

    var isEmpty: Bool { entries.isEmpty }

    /// Takes in a step.
    mutating func append(_ step: UndoHistory.Step, at slot: Slot, of log: Log) {
        if isOrdered, let last = entries.last, log[slot].stamp < log[last.slot].stamp { (isOrdered, folded) = (false, UndoHistory()) }
        entries.append(Entry(slot: slot, step: step))
        if isOrdered { folded.apply(step, at: slot) }
    }

    /// Takes out the steps of these transactions.
    mutating func remove(_ slots: Set<Slot>, of log: Log) {
        entries.removeAll { slots.contains($0.slot) }
        (isOrdered, folded) = (false, UndoHistory())
        settle(of: log)
    }

    /// Puts the steps in order.
    mutating func settle(of log: Log) {
        guard !isOrdered else { return }
        (entries, isOrdered) = (sorted(in: log), true)
        folded = Self.fold(entries, of: log)
    }

    /// What the steps come to.
    func history(of log: Log) -> UndoHistory { isOrdered ? folded : Self.fold(sorted(in: log), of: log) }

    private func sorted(in log: Log) -> [Entry] { entries.sorted { log[$0.slot].stamp < log[$1.slot].stamp } }

    private static func fold(_ entries: [Entry], of log: Log) -> UndoHistory {
        var history = UndoHistory()
        for entry in entries {
            switch entry.step {
            case .continuation(nil), .undo(nil), .redo(nil):
                // What it names may have come since.
                let transaction = log[entry.slot]
                history.apply(UndoHistory.step(of: transaction.writes, by: transaction.author, in: log), at: entry.slot)
            case .continuation, .undo, .redo, .gesture, .other: history.apply(entry.step, at: entry.slot)
            }
        }
        return history
    }
}
