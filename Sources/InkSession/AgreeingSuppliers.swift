import InkPrimitives

/// Devices whose sets are ours, though something that they brought waits for its parents here: they do not have it either, or it does not count for
/// them, so nobody will bring the parents (SE-98).
struct AgreeingSuppliers: Sendable {
    private var since: [AuthorID: Instant] = [:]

    /// When to call `due(now:)` next.
    private(set) var deadline: Instant?

    /// The set of `supplier` is ours.
    mutating func agrees(_ supplier: AuthorID, now: Instant) {
        guard since[supplier] == nil else { return }
        since[supplier] = now
        deadline = earliest(deadline, now + SessionTiming.agreedOrphanGrace)
    }

    /// It is not, or there is no session.
    mutating func differs(_ supplier: AuthorID) { since[supplier] = nil }

    /// Those whose sets have been ours for long enough, in a fixed order.
    mutating func due(now: Instant) -> [AuthorID] {
        guard let deadline, now >= deadline else { return [] }
        let due = since.filter { now >= $0.value + SessionTiming.agreedOrphanGrace }.keys.sorted()
        for supplier in due { since[supplier] = nil }
        self.deadline = since.values.min().map { $0 + SessionTiming.agreedOrphanGrace }
        return due
    }
}
