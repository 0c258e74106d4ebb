import InkBoard
import InkPrimitives

/// Own work that others have and we do not: our files are older than what we did with them (a restored backup, a torn disk).
///
///     unaware ──a signed transaction of ours that we lack──▶ returning ──all of it here, or 10 s without any──▶ unaware
///
/// Only such a transaction is believed: it cannot be made but with our key (SE-18). What others merely say to have of ours keeps the first change of
/// a process waiting for a moment, in which they are asked to show it, and never again. Until all is back, whatever we wrote would contradict
/// it: what a hand has finished waits.
struct Adoption: Sendable {
    /// How long we wait while nothing of it comes.
    static let patience: Duration = .seconds(10)

    /// What others say to have of ours; only counts while something was proved.
    private var claimed: UInt64 = 0
    /// When some of it came last; nil while nothing is on its way.
    private var cameAt: Instant?
    /// What is missing was waited for in vain, and nothing of it came since.
    private var gaveUp = false

    /// Somebody says to have our transactions 1...`sequence`.
    mutating func take(claim sequence: UInt64) { claimed = max(claimed, sequence) }

    /// Names of what came. They need our key, so there are no more than we once wrote.
    private var shown: Set<TransactionName> = []

    /// A signed transaction of ours came that we did not have. The same again proves nothing new: who sends one each few seconds must not keep us
    /// from writing.
    mutating func came(_ name: TransactionName, now: Instant) {
        if shown.insert(name).inserted || (cameAt == nil && !gaveUp) { came(now: now) }
    }

    /// As `came(_:now:)`, for what our own disk shows.
    mutating func came(now: Instant) { (cameAt, gaveUp) = (now, false) }

    /// True once what is missing was waited for in vain (SE-302): then it keeps us from writing no more, and a fork is seen (BD-21).
    func isGivenUp(now: Instant) -> Bool { cameAt.map { now - $0 >= Self.patience } ?? gaveUp }

    /// When waiting ends if nothing more comes; nil while nothing is waited for.
    var deadline: Instant? { cameAt.map { $0 + Self.patience } }

    /// True while it is worth waiting for more.
    ///
    /// - Parameters:
    ///   - own: we have 1...`own`.
    ///   - isWaiting: some that came waits for its parents.
    func isUnderWay(own: UInt64, isWaiting: Bool, now: Instant) -> Bool {
        guard let cameAt, now - cameAt < Self.patience else { return false }
        return isWaiting || claimed > own
    }

    /// All is back, or what is not does not come: what was said of it proves nothing any more.
    mutating func settle(own: UInt64, isWaiting: Bool, now: Instant) {
        guard cameAt != nil, !isUnderWay(own: own, isWaiting: isWaiting, now: now) else { return }
        gaveUp = isGivenUp(now: now)
        (cameAt, claimed) = (nil, 0)
    }

    /// Waits no longer.
    mutating func giveUp() { (cameAt, claimed, gaveUp) = (nil, 0, true) }
}
