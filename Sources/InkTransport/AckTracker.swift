import InkPrimitives

/// Which packets arrived, and when to say so (RFC 9000 §13.2).
///
/// At once when a packet is out of order, or on the sixteenth; else after min(rtt/4, 20 ms); with whatever leaves earlier. Packets that have
/// nothing but presence are not worth that: a hand that moves sends thirty a second, and an acknowledgement of each would cost as much as
/// the motion. For them alone one leaves at most each `lazyPause`.
struct AckTracker: Sendable {
    static let delayMax: Duration = .milliseconds(20)
    static let packetsMax = 16
    /// Shortest time between an acknowledgement that left and one that presence alone asks for. What a
    /// shorter pause would bring nobody sees; each ten acknowledgements a second cost 310 bytes, two and a half for each point of a stroke.
    static let lazyPause: Duration = .milliseconds(150)
    /// From so long after the last one an acknowledgement for presence alone rides with what leaves anyway: before, it says too little for its
    /// eight bytes, and later a packet of its own would be due in the midst of packets that could have carried it.
    static let ridePause: Duration = .milliseconds(100)
    /// The newest packet of presence may have waited so long when its acknowledgement leaves.
    static let lazyDelayMax = lazyPause + delayMax
    /// Runs kept; older ones are forgotten, and what was in them is repeated in vain at worst.
    static let rangesMax = 64

    private(set) var received = RangeSet()
    private var newestAt: Instant = .distantPast
    /// Packets that want an acknowledgement soon and have none.
    private var owed = 0
    /// When the acknowledgement must leave; nil if none is owed.
    private(set) var dueAt: Instant?

    /// True if packets arrived that no acknowledgement named.
    private(set) var hasNews = false
    /// When an acknowledgement left last.
    private var sentAt: Instant = .distantPast
    /// The first acknowledgement of a span, and how many followed it.
    private var span: (largest: UInt64, since: Instant, repeats: Int)?

    mutating func receive(_ number: UInt64, claim: AckClaim, roundTrip: Duration, now: Instant) {
        let newest = received.ranges.last.map { $0.upperBound - 1 }
        let isInOrder = newest.map { number == $0 + 1 } ?? (number == 0)
        received.insert(number..<number + 1)
        received.keepLast(Self.rangesMax)
        if newest.map({ number > $0 }) ?? true { newestAt = now }
        guard claim != .none else { return }
        hasNews = true
        let soon = now + min(roundTrip / 4, Self.delayMax)
        guard claim == .prompt else {
            let due = max(soon, sentAt + Self.lazyPause)
            dueAt = min(dueAt ?? due, due)
            return
        }
        owed += 1
        dueAt = isInOrder && owed < Self.packetsMax ? min(dueAt ?? soon, soon) : now
    }

    /// True if a packet that leaves now shall carry an acknowledgement.
    func rides(now: Instant) -> Bool { hasNews && (owed > 0 || now >= sentAt + Self.ridePause) }

    /// How long the newest packet has waited.
    func delay(now: Instant) -> Duration { max(.zero, now - newestAt) }

    /// An acknowledgement of all that is `received` left.
    ///
    /// A peer that only moves acknowledges none of ours, and so never says what need not be named again: each gap would stay. What was named
    /// for a second, by several acknowledgements, is forgotten; if all of them were lost, it is sent again in vain.
    mutating func sent(now: Instant) {
        (owed, dueAt, hasNews, sentAt) = (0, nil, false, now)
        guard let newest = received.ranges.last else { return }
        guard let first = span else {
            span = (newest.upperBound - 1, now, 0)
            return
        }
        guard now - first.since >= Self.namedFor, first.repeats + 1 >= Self.namedTimes else {
            span?.repeats += 1
            return
        }
        forget(below: first.largest)
        span = (newest.upperBound - 1, now, 0)
    }

    private static let namedFor: Duration = .seconds(1)
    private static let namedTimes = 4

    /// The peer knows that we acknowledged `largest`: nothing below need be named again.
    mutating func forget(below largest: UInt64) {
        guard let newest = received.ranges.last, largest < newest.upperBound else { return }
        received.remove(0..<largest)
    }
}
