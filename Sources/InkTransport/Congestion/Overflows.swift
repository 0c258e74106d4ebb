import InkPrimitives

/// Losses beside a queue that we left: somebody fills it, also where nobody ever saw it empty; or it is too short for a packet.
///
/// Which of the two shows when we fill it too: if that brings no more, nobody is there, and it is not tried again soon.
struct Overflows: Sendable {
    private var count = 0
    private var lastAt: Instant = .distantPast
    /// Filling it has begun, where so many bytes a second came without.
    private var attempt: (rate: Double, until: Instant)?
    private var restsUntil: Instant = .distantPast
    private var rest = restMin

    // TR-206
    private static let enough = 3
    private static let span: Duration = .seconds(15)
    private static let restMin: Duration = .seconds(60)
    private static let restMax: Duration = .seconds(480)

    /// A packet was lost there; true if that is no chance any more.
    mutating func add(rate: Double, roundTrip: Duration, now: Instant) -> Bool {
        guard now >= restsUntil, now - lastAt >= max(.milliseconds(500), roundTrip * 4) else { return false }
        count = now - lastAt > Self.span ? 1 : count + 1
        lastAt = now
        guard count >= Self.enough else { return false }
        count = 0
        attempt = (rate, now + max(.seconds(2), roundTrip * 10))
        return true
    }

    /// A round of filling it is over; true if it was in vain.
    mutating func isInVain(rate: Double, now: Instant) -> Bool {
        guard let tried = attempt, now >= tried.until else { return false }
        attempt = nil
        guard rate < tried.rate * 1.2 else {
            rest = Self.restMin
            return false
        }
        (restsUntil, rest) = (now + rest, min(rest * 2, Self.restMax))
        return true
    }

    /// The queue shows otherwise whose it is.
    mutating func clear() { attempt = nil }
}
