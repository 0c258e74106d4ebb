import InkPrimitives

/// Which packets arrived, and when to say so (RFC 9000 §13.2).
///
/// At once when a packet is out of order, or on the sixteenth; else after min(rtt/4, 20 ms); with whatever leaves earlier.
struct AckTracker: Sendable {
    static let delayMax: Duration = .milliseconds(20)
    static let packetsMax = 16
    /// Runs kept; older ones are forgotten, and what was in them is repeated in vain at worst.
    static let rangesMax = 64

    private(set) var received = RangeSet()
    private var newestAt: Instant = .distantPast
    /// Packets that want an acknowledgement and have none.
    private var owed = 0
    /// When the acknowledgement must leave; nil if none is owed.
    private(set) var dueAt: Instant?

    /// True if packets arrived that no acknowledgement named.
    private(set) var hasNews = false

    mutating func receive(_ number: UInt64, isAckEliciting: Bool, roundTrip: Duration, now: Instant) {
        let newest = received.ranges.last.map { $0.upperBound - 1 }
        let isInOrder = newest.map { number == $0 + 1 } ?? (number == 0)
        received.insert(number..<number + 1)
        received.keepLast(Self.rangesMax)
        if newest.map({ number > $0 }) ?? true { newestAt = now }
        guard isAckEliciting else { return }
        hasNews = true
        owed += 1
        let delay = min(roundTrip / 4, Self.delayMax)
        dueAt = isInOrder && owed < Self.packetsMax ? min(dueAt ?? now + delay, now + delay) : now
    }

    /// How long the newest packet has waited.
    func delay(now: Instant) -> Duration { max(.zero, now - newestAt) }

    /// An acknowledgement left.
    mutating func sent() { (owed, dueAt, hasNews) = (0, nil, false) }

    /// The peer knows that we acknowledged `largest`: nothing below need be named again.
    mutating func forget(below largest: UInt64) {
        guard let newest = received.ranges.last, largest < newest.upperBound else { return }
        received.remove(0..<largest)
    }
}
