import InkPrimitives

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
