import InkPrimitives

/// Own work that others say they have and we do not: our files are older than what we did with them (a restored backup, a torn disk).
///
/// Until it is back, whatever we wrote would contradict it. Whoever says so falsely delays us once by the patience: while a claim stands
/// that nothing came of, no other counts.
struct Adoption: Sendable {
    /// How long we wait while nothing of it comes.
    static let patience: Duration = .seconds(10)

    private var claimed: UInt64 = 0
    /// When it was claimed, or when last some of it came.
    private var movedAt: Instant = .distantPast

    /// Somebody says to have our transactions 1...`sequence`, of which we have `own`.
    mutating func take(claim sequence: UInt64, own: UInt64, now: Instant) {
        guard sequence > own, claimed <= own || isUnderWay(own: own, now: now) else { return }
        if claimed <= own { movedAt = now }
        claimed = max(claimed, sequence)
    }

    /// Some of our own work came back from somebody.
    mutating func moved(now: Instant) { movedAt = now }

    /// When waiting ends if nothing comes; nil while nothing is waited for.
    func deadline(own: UInt64) -> Instant? { claimed > own ? movedAt + Self.patience : nil }

    /// True while it is worth waiting.
    func isUnderWay(own: UInt64, now: Instant) -> Bool { claimed > own && now - movedAt < Self.patience }
}
