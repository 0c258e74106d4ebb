import InkPrimitives

/// The part of a log on which neighbours agree: the transactions that count, and all that those come after (BD-101). Its root is the fingerprint,
/// and reconciliation speaks of nothing else.
struct Coverage: Sendable {
    private(set) var tree = MerkleTree()
    /// What has no covered children, ascending by stamp: a member can make them by the thousand (BD-46).
    private var headSlots: [Slot] = []

    /// The root. `refresh` must have run since the last change.
    var fingerprint: Fingerprint { tree.root }

    /// Covers one that no covered one comes after.
    mutating func insert(_ slot: Slot, of log: Log) {
        let transaction = log[slot]
        for parent in transaction.parents {
            guard let parent = log.slot(of: parent) else { continue }
            let index = headIndex(of: log[parent].stamp, in: log)
            if index < headSlots.count, headSlots[index] == parent { headSlots.remove(at: index) }
        }
        headSlots.insert(slot, at: headIndex(of: transaction.stamp, in: log))
        tree.insert(MerkleTree.Entry(lamport: transaction.lamport, name: transaction.name))
    }

    mutating func refresh() { tree.refresh() }

    /// What has no covered children, ascending.
    func heads(in log: Log) -> [TransactionName] { headSlots.map { log[$0].name }.sorted() }

    /// Parents for a new transaction: `previous`, then the heads with the greatest stamps, at most `Limits.parents`; ascending.
    func parents(after previous: TransactionName?, in log: Log) -> [TransactionName] {
        let limit = previous == nil ? Limits.parents : Limits.parents - 1
        let greatest = headSlots.reversed().lazy.map { log[$0].name }.filter { $0 != previous }.prefix(limit)
        return (Array(greatest) + (previous.map { [$0] } ?? [])).sorted()
    }

    /// Where a head of this stamp is among them, or would be.
    private func headIndex(of stamp: Stamp, in log: Log) -> Int { headSlots.partitioningIndex { !(log[$0].stamp < stamp) } }
}
