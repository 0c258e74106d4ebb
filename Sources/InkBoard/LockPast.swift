/// Which of an owner's locks each transaction comes after, so that nobody walks a graph to ask (BD-124).
///
/// As with rights (`RightsSets`), a transaction has the set of what comes before it as a number; most have that of their parents. Until somebody sets
/// a lock nothing is held, and nothing is asked.
struct LockPast: Sendable {
    private var sets = RightsSets()
    /// Transactions of owners that lock or unlock, each by a number.
    private var numbers: [Slot: Int] = [:]
    /// From the first of those on, by slot: the set that its children have.
    private var including: [RightsSet] = []
    private var first: Slot = 0

    /// True until an owner locks something.
    var isEmpty: Bool { including.isEmpty }

    /// How many sets are held, for tests.
    var setCount: Int { sets.count }

    /// The next transaction of the log.
    mutating func append(_ slot: Slot, after parents: [Slot], setsLock: Bool) {
        guard setsLock || !isEmpty else { return }
        if isEmpty { first = slot }
        let before = parents.map(set(of:))
        let union = sets.union(before)
        guard setsLock else { return including.append(sets.hold(union, of: before)) }
        including.append(sets.inserting(numbers.count, into: union))
        numbers[slot] = numbers.count
    }

    /// True for a transaction of an owner that locks or unlocks.
    func isLock(_ slot: Slot) -> Bool { numbers[slot] != nil }

    /// Whether a transaction comes after a lock.
    func holds(_ lock: Slot, before slot: Slot) -> Bool { numbers[lock].map { sets[set(of: slot)].contains($0) } ?? false }

    private func set(of slot: Slot) -> RightsSet { isEmpty || slot < first ? .empty : including[Int(slot - first)] }
}
