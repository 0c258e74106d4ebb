import InkPrimitives

/// Bounds what is done for those who speak on a link, for each and for all together (CN-22).
///
/// On a link any address can be forged, so what is done for each alone would be bounded by nothing.
public struct SenderLimiter: Sendable {
    /// Things a second, and at once.
    public struct Pace: Hashable, Sendable {
        public var rate: Double
        public var burst: Double

        public init(rate: Double, burst: Double) { (self.rate, self.burst) = (rate, burst) }
    }

    /// Senders remembered; when all are busy, new ones get nothing.
    package static let sendersMax = 256

    private let each: Pace
    private var all: TokenBucket
    private var senders: [IPAddress: TokenBucket] = [:]

    public init(each: Pace, all: Pace) {
        self.each = each
        self.all = TokenBucket(rate: all.rate, burst: all.burst, now: .distantPast)
    }

    /// Whether one thing more may be done for this sender now.
    public mutating func allows(_ sender: IPAddress, now: Instant) -> Bool {
        if senders[sender] == nil {
            if senders.count >= Self.sendersMax { forgetIdle(now: now) }
            guard senders.count < Self.sendersMax else { return false }
            senders[sender] = TokenBucket(rate: each.rate, burst: each.burst, now: now)
        }
        return senders[sender]?.take(now: now) == true && all.take(now: now)
    }

    private mutating func forgetIdle(now: Instant) {
        senders = senders.filter { entry in
            var bucket = entry.value
            return !bucket.isFull(now: now)
        }
    }
}
