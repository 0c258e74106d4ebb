import InkPrimitives

/// Devices that brought orphans and have no session any more: what they brought is forgotten a while later, as nobody will bring its parents.
struct GoneSuppliers: Sendable {
    private var goneAt: [AuthorID: Instant] = [:]

    /// When to call `due(now:)` next.
    private(set) var deadline: Instant?

    /// The last session of `supplier` ended, or it had none when its orphan was taken in.
    mutating func left(_ supplier: AuthorID, now: Instant) {
        guard goneAt[supplier] == nil else { return }
        goneAt[supplier] = now
        deadline = earliest(deadline, now + SessionTiming.orphanGrace)
    }

    mutating func returned(_ supplier: AuthorID) { goneAt[supplier] = nil }

    /// Those whose orphans are to be forgotten now, in a fixed order.
    mutating func due(now: Instant) -> [AuthorID] {
        guard let deadline, now >= deadline else { return [] }
        let due = goneAt.filter { now >= $0.value + SessionTiming.orphanGrace }.keys.sorted()
        for supplier in due { goneAt[supplier] = nil }
        self.deadline = goneAt.values.min().map { $0 + SessionTiming.orphanGrace }
        return due
    }
}
