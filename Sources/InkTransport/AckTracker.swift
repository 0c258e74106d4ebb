import InkPrimitives

/// Which packets arrived, and when to say so (RFC 9000 §13.2).
///
/// At once when a packet is out of order; with whatever leaves earlier; else it depends on what the packet is.
///
/// - A short one, live: on the fourth, or after min(rtt/2, 20 ms). Sixty operations a second come 17 ms apart, and an acknowledgement of each would
///   cost a third of them.
/// - A full one, of which more will come: on the last of an eighth of those that a round trip brings, since a sender whose window is full waits for it;
///   or when none came for min(rtt/4, 20 ms), for that was the last of the train; after rtt/4 at the latest. With two a round trip, as QUIC may do, bulk
///   came in pushes that doubled its queue.
/// - One with nothing but presence is not worth that: a hand that moves sends thirty a second. For them alone one leaves at most each `lazyPause`.
struct AckTracker: Sendable {
    static let delayMax: Duration = .milliseconds(20)
    /// A datagram of so many bytes is as good as full.
    static let fullBytes = 900
    /// Short packets that are acknowledged at once (TR-95).
    static let shortMax = 4
    /// Full ones: of those that came in the last round trip one in so many parts; at least and at most so many (TR-214).
    static let parts = 8
    static let fullMin = 2
    static let fullMax = 64
    /// Shortest time between an acknowledgement that left and one that presence alone asks for. What a
    /// shorter pause would bring nobody sees; each ten acknowledgements a second cost 310 bytes, two and a half for each point of a stroke.
    static let lazyPause: Duration = .milliseconds(150)
    /// From so long after the last one an acknowledgement for presence alone rides with what leaves anyway: before, it says too little for its
    /// eight bytes, and later a packet of its own would be due in the midst of packets that could have carried it.
    static let ridePause: Duration = .milliseconds(100)
    /// The newest packet of presence may have waited so long when its acknowledgement leaves (TR-181).
    static let lazyDelayMax = lazyPause + delayMax
    /// Runs kept; older ones are forgotten, and what was in them is repeated in vain at worst.
    static let rangesMax = 64

    private(set) var received = RangeSet()
    private var newestAt: Instant = .distantPast
    /// Packets that want an acknowledgement soon and have none, and those of them that are short.
    private var owed = 0
    private var owedShort = 0
    /// Since when one is owed.
    private var owedSince: Instant = .distantPast
    /// Full packets of the round trip at hand and of the last one.
    private var train = Train()
    /// When the acknowledgement must leave; nil if none is owed.
    private(set) var dueAt: Instant?

    /// True if packets arrived that no acknowledgement named.
    private(set) var hasNews = false
    /// When an acknowledgement left last.
    private var sentAt: Instant = .distantPast
    /// The first acknowledgement of a span, and how many followed it.
    private var span: (largest: UInt64, since: Instant, repeats: Int)?

    /// - Parameter byteCount: of the datagram.
    mutating func receive(_ number: UInt64, claim: AckClaim, byteCount: Int, roundTrip: Duration, now: Instant) {
        let newest = received.ranges.last.map { $0.upperBound - 1 }
        let isInOrder = newest.map { number == $0 + 1 } ?? (number == 0)
        received.insert(number..<number + 1)
        received.keepLast(Self.rangesMax)
        if newest.map({ number > $0 }) ?? true { newestAt = now }
        guard claim != .none else { return }
        hasNews = true
        guard claim == .prompt else {
            let soon = now + min(roundTrip / 4, Self.delayMax)
            let due = max(soon, sentAt + Self.lazyPause)
            dueAt = min(dueAt ?? due, due)
            return
        }
        if owed == 0 { owedSince = now }
        owed += 1
        guard isInOrder else { return dueAt = now }
        guard byteCount >= Self.fullBytes else {
            owedShort += 1
            let due = now + min(roundTrip / 2, Self.delayMax)
            return dueAt = owedShort < Self.shortMax ? min(dueAt ?? due, due) : now
        }
        train.took(roundTrip: roundTrip, now: now)
        // What is owed at once stays so, also for what comes in the same moment.
        if let dueAt, dueAt <= now { return }
        guard owed < min(max(Self.fullMin, train.last / Self.parts), Self.fullMax) else { return dueAt = now }
        // The newest moves it; the first that waits is not to wait for ever.
        let due = min(now + min(roundTrip / 4, Self.delayMax), owedSince + roundTrip / 4)
        dueAt = owedShort > 0 ? min(dueAt ?? due, due) : due
    }

    /// How many full packets a round trip brings.
    private struct Train: Sendable {
        private var count = 0
        private var since: Instant = .distantPast
        private(set) var last = 0

        mutating func took(roundTrip: Duration, now: Instant) {
            let span = now - since
            if span >= roundTrip {
                // After a pause the round before was empty.
                last = span >= roundTrip * 2 ? 0 : count
                (count, since) = (0, now)
            }
            count += 1
        }
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
        (owed, owedShort, dueAt, hasNews, sentAt) = (0, 0, nil, false, now)
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

    // TR-24
    private static let namedFor: Duration = .seconds(1)
    private static let namedTimes = 4

    /// The peer knows that we acknowledged `largest`: nothing below need be named again.
    mutating func forget(below largest: UInt64) {
        guard let newest = received.ranges.last, largest < newest.upperBound else { return }
        received.remove(0..<largest)
    }
}
