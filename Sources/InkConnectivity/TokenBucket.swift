import InkPrimitives

/// Allows `burst` things at once and `rate` a second in the long run.
public struct TokenBucket: Hashable, Sendable {
    /// Tokens a second.
    private let rate: Double
    /// Tokens in a full bucket.
    private let burst: Double
    private var tokens: Double
    private var filledAt: Instant

    /// A full bucket. Both figures must be positive.
    public init(rate: Double, burst: Double, now: Instant) {
        precondition(rate > 0 && burst > 0, "a bucket needs a rate and a burst, not \(rate) and \(burst)")
        (self.rate, self.burst, tokens, filledAt) = (rate, burst, burst, now)
    }

    /// Takes `cost` tokens; false, and takes none, when there are fewer.
    public mutating func take(_ cost: Double = 1, now: Instant) -> Bool {
        fill(now: now)
        guard tokens >= cost else { return false }
        tokens -= cost
        return true
    }

    /// True when nothing was taken for so long that the bucket is as new.
    public mutating func isFull(now: Instant) -> Bool {
        fill(now: now)
        return tokens >= burst
    }

    private mutating func fill(now: Instant) {
        let elapsed = max(0, now - filledAt > .zero ? Double((now - filledAt).nanoseconds) / 1e9 : 0)
        tokens = min(burst, tokens + elapsed * rate)
        filledAt = max(filledAt, now)
    }
}

/// Bounds how often each network (/24 or /64) is answered, so that a forged source makes nobody the target of a flood from us (CN-9).
public struct SourceLimiter: Sendable {
    /// Answers a second and network (the figures of WireGuard's rate limiter).
    package static let rate = 20.0
    /// Answers at once.
    package static let burst = 5.0
    /// Networks remembered; when all are busy, new ones get silence.
    package static let networksMax = 4096

    private var buckets: [IPAddress: TokenBucket] = [:]

    public init() {}

    /// Whether one more datagram from `source` may be answered now.
    public mutating func allows(_ source: SocketAddress, now: Instant) -> Bool {
        let network = Self.network(of: source.ip)
        if buckets[network] == nil {
            if buckets.count >= Self.networksMax { forgetIdle(now: now) }
            guard buckets.count < Self.networksMax else { return false }
            buckets[network] = TokenBucket(rate: Self.rate, burst: Self.burst, now: now)
        }
        return buckets[network]?.take(now: now) ?? false
    }

    private mutating func forgetIdle(now: Instant) {
        buckets = buckets.filter { entry in
            var bucket = entry.value
            return !bucket.isFull(now: now)
        }
    }

    /// The address with its last 8 (IPv4) or 64 (IPv6) bits cleared.
    private static func network(of ip: IPAddress) -> IPAddress {
        switch ip {
        case .v4(let word): .v4(word & 0xFFFF_FF00)
        case .v6(let high, _): .v6(high: high, low: 0)
        }
    }
}
