import InkPrimitives

/// What people said, in the order of its stamps.
struct Messages: Sendable {
    /// Ascending by stamp.
    private var slots: [Slot] = []

    /// All messages, ascending by stamp.
    func entries(of log: Log) -> [ChatEntry] { slots.compactMap { Self.entry(of: log[$0], log[$0].writes[...]) } }

    /// Those before a stamp, or the newest: at most `count`, ascending by stamp.
    func entries(before stamp: Stamp?, count: Int, of log: Log) -> [ChatEntry] {
        let end = stamp.map { stamp in slots.partitioningIndex { !(log[$0].stamp < stamp) } } ?? slots.count
        return slots[max(0, end - count)..<end].compactMap { Self.entry(of: log[$0], log[$0].writes[...]) }
    }

    /// Takes in a transaction that says something.
    mutating func insert(_ slot: Slot, of log: Log) {
        let stamp = log[slot].stamp
        slots.insert(slot, at: slots.partitioningIndex { stamp < log[$0].stamp })
    }

    /// Takes out what these said, and takes in what those say.
    mutating func change(removing removed: Set<Slot>, inserting inserted: [Slot], of log: Log) {
        slots = slots.filter { !removed.contains($0) }
            .merged(with: inserted.sorted { log[$0].stamp < log[$1].stamp }) { log[$0].stamp < log[$1].stamp }
    }

    /// What a transaction says; nil for nothing.
    static func entry(of transaction: Transaction, _ writes: ArraySlice<Write>) -> ChatEntry? {
        guard case .text(let text)? = writes.first(where: { $0.property == .chat })?.value else { return nil }
        return ChatEntry(
            name: transaction.name, author: transaction.author, text: text, claimedWallTime: transaction.claimedWallTime)
    }
}
