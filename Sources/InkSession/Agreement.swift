import InkPrimitives

/// How the set comes to be the same everywhere, beside what each neighbour has for itself (`Transfer`): what waits to be checked, what is asked for
/// and of whom, and who has what of ours.
struct Agreement: Sendable {
    /// Transactions of others on their way into the set.
    var verification = Verification()
    /// Parents that are unknown.
    var asks = Asks()
    /// Whom we ask for history.
    var givers = Givers()
    /// What waits for its parents, and came as new.
    var lateNews = LateNews()
    /// Who brought orphans, and is gone.
    var goneSuppliers = GoneSuppliers()
    /// Who brought orphans, and does not have them.
    var agreeingSuppliers = AgreeingSuppliers()
    /// What others have of ours.
    var receipts: PeerReceipts

    init(receipts: [AuthorID: UInt64]) { self.receipts = PeerReceipts(receipts) }

    var deadline: Instant? {
        var soonest = earliest(asks.deadline, verification.deadline)
        soonest = earliest(soonest, goneSuppliers.deadline)
        soonest = earliest(soonest, agreeingSuppliers.deadline)
        soonest = earliest(soonest, givers.deadline)
        return earliest(soonest, receipts.deadline)
    }
}
