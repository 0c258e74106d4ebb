import InkPrimitives

/// How many datagrams leave for addresses that have proved nothing, over all attempts and connections: whatever members name, we are no flood
/// (TR-22, TR-178, TR-33).
struct UnprovenLimiter: Sendable {
    /// In a second, and at once.
    static let rate = 200.0
    static let burst = 400.0

    private var bucket = TokenBucket(rate: rate, burst: burst, now: .distantPast)
    private var hosts = HostLimiter()
    /// Not sent for that.
    private(set) var refused: UInt64 = 0

    /// What is over the rate counts as lost: it is repeated anyway.
    mutating func allows(_ address: SocketAddress, now: Instant) -> Bool {
        guard hosts.allows(Host(address.ip), now: now), bucket.take(now: now) else {
            refused += 1
            return false
        }
        return true
    }

    /// An authentic answer came from there.
    mutating func answered(_ address: SocketAddress) { hosts.answered(Host(address.ip)) }
}
