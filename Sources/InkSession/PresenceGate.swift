import InkPrimitives

/// Which of a peer's packets of presence are read: `rate` a second, `burst` at once. Of what comes faster the newest waits until it may be, and
/// replaces what waited before it (SE-86).
///
/// Nobody who keeps the rules sends as many: 60 a second, and a line that stood still for four seconds brings 240 together. A member can send
/// twenty thousand, each with as many samples as fit. That must cost us no more than it costs to look at a seal, for there is no way to make
/// a member stop; and the one after which it falls silent must be read all the same, since it was acknowledged below us and nobody says
/// it again. Samples of a stroke that only the others held are asked for, as those that a line lost.
struct PresenceGate: Sendable {
    static let rate = 120.0
    static let burst = 240.0

    private var bucket: TokenBucket
    private var waiting: [UInt8]?
    /// When to call `release` next; nil while nothing waits.
    private(set) var deadline: Instant?

    init(now: Instant) { bucket = TokenBucket(rate: Self.rate, burst: Self.burst, now: now) }

    /// True if the packet is to be read now; else it waits here.
    mutating func admits(_ packet: [UInt8], now: Instant) -> Bool {
        guard bucket.take(now: now) else {
            waiting = packet
            deadline = deadline ?? now + bucket.wait(for: 1, now: now)
            return false
        }
        (waiting, deadline) = (nil, nil)
        return true
    }

    /// The packet that waited, when its time has come.
    mutating func release(now: Instant) -> [UInt8]? {
        guard let deadline, now >= deadline else { return nil }
        guard bucket.take(now: now) else {
            // A token is there a little later than it was promised: a sum of times is rounded.
            self.deadline = now + max(.milliseconds(1), bucket.wait(for: 1, now: now))
            return nil
        }
        defer { (waiting, self.deadline) = (nil, nil) }
        return waiting
    }
}
