import InkPrimitives

/// The part of a log on which neighbours agree: the transactions that count, and all that those come after (BD-101). Its root is the fingerprint,
/// and reconciliation speaks of nothing else.
struct Coverage: Sendable {
    private(set) var tree = MerkleTree()
    /// What has no covered children, ascending by stamp: a member can make them by the thousand (BD-144).
    private var headSlots: [Slot] = []
    /// What is in the log and neither counts nor has a descendant that does (BD-173).
    private var uncovered: Set<Slot> = []

    /// True if anything of the log is not covered.
    var leavesOut: Bool { !uncovered.isEmpty }

    /// How many of the log are not.
    var leftOutCount: Int { uncovered.count }

    /// True if a transaction of the log is covered.
    func contains(_ slot: Slot) -> Bool { !uncovered.contains(slot) }

    /// The root. `refresh` must have run since the last change.
    var fingerprint: Fingerprint { tree.root }

    /// Covers the newest of the log, and of what it comes after all that is not covered.
    mutating func insert(_ slot: Slot, of log: Log) {
        var again: [Slot] = []
        add(slot, of: log, uncovered: &again)
        headSlots.insert(slot, at: headIndex(of: log[slot].stamp, in: log))
        while let next = again.popLast() { add(next, of: log, uncovered: &again) }
    }

    /// The newest of the log does not count.
    mutating func leaveOut(_ slot: Slot) { uncovered.insert(slot) }

    /// Covers what counts, and all that comes before it: everything, but for what of `hidden` has no descendant that counts.
    mutating func hide(_ hidden: Set<Slot>, of log: Log) {
        let covered = CoveredPlaces(counting: (0..<Int(log.end)).map { !hidden.contains(Slot($0)) }) {
            log.parents(of: Slot($0)).lazy.map(Int.init)
        }
        let now = hidden.filter { !covered.contains(Int($0)) }
        for slot in now.subtracting(uncovered) { tree.remove(entry(slot, log)) }
        for slot in uncovered.subtracting(now) { tree.insert(entry(slot, log)) }
        uncovered = now
        headSlots = covered.heads.map(Slot.init).sorted { log[$0].stamp < log[$1].stamp }
    }

    private mutating func add(_ slot: Slot, of log: Log, uncovered again: inout [Slot]) {
        for parent in log.parents(of: slot) {
            let index = headIndex(of: log[parent].stamp, in: log)
            if index < headSlots.count, headSlots[index] == parent { headSlots.remove(at: index) }
            if !uncovered.isEmpty, uncovered.remove(parent) != nil { again.append(parent) }
        }
        tree.insert(entry(slot, log))
    }

    private func entry(_ slot: Slot, _ log: Log) -> MerkleTree.Entry {
        MerkleTree.Entry(lamport: log[slot].lamport, name: log[slot].name)
    }

    mutating func refresh() { tree.refresh() }

    /// What has no covered children, ascending.
    func heads(in log: Log) -> [TransactionName] { headSlots.map { log[$0].name }.sorted() }

    /// Parents for a new transaction: `previous`, then the heads with the greatest stamps, at most `Limits.parents`; ascending.
    func parents(after previous: TransactionName?, in log: Log) -> [TransactionName] {
        var parents = previous.map { [$0] } ?? []
        // No lazy sequence, whose closures would hold a copy of the log.
        for slot in headSlots.reversed() {
            let name = log[slot].name
            if name != previous { parents.append(name) }
            if parents.count == Limits.parents { break }
        }
        return parents.sorted()
    }

    /// Where a head of this stamp is among them, or would be.
    private func headIndex(of stamp: Stamp, in log: Log) -> Int { headSlots.partitioningIndex { !(log[$0].stamp < stamp) } }
}
