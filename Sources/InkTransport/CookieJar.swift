import InkCrypto
import InkPrimitives

/// Makes and checks cookies without remembering to whom they were given (WireGuard §5.4.7).
///
/// A cookie is BLAKE2b-128 of the source address under a secret of our own that turns every 120 s; one of the last secret still counts,
/// so a cookie is good for 120 to 240 s.
struct CookieJar: Sendable {
    // TR-155
    static let turnEvery: Duration = .seconds(120)

    private struct Turn: Sendable {
        let secret: Secret32
        /// End of the span in which cookies are made from it; they count for one span more.
        let until: Instant
    }
    private var current: Turn?
    private var previous: Turn?

    mutating func cookie(for address: SocketAddress, now: Instant, using generator: inout SecretGenerator) -> [UInt8] {
        if let ended = current, now >= ended.until { (previous, current) = (ended, nil) }
        let turn = current ?? Turn(secret: generator.secret(), until: now + Self.turnEvery)
        current = turn
        return Self.make(for: address, secret: turn.secret)
    }

    func isRight(_ cookie: [UInt8], for address: SocketAddress, now: Instant) -> Bool {
        // Both are compared whatever the first says, so that time tells nothing.
        let verdicts = [current, previous].map { turn in
            guard let turn, now < turn.until + Self.turnEvery else { return false }
            return constantTimeEqual(Self.make(for: address, secret: turn.secret), cookie)
        }
        return verdicts.contains(true)
    }

    private static func make(for address: SocketAddress, secret: Secret32) -> [UInt8] {
        var writer = ByteWriter(capacity: 19)
        address.write(to: &writer)
        return Blake2b.authenticate(writer.bytes, key: secret, count: StartPacket.cookieCount)
    }
}

/// A token bucket per host, so that none of the room can spend all our curve operations (threat T24).
struct HandshakeLimiter: Sendable {
    /// Handshakes a second from one host (wireguard-go's ratelimiter); the burst is ours, so that a whole room behind one NAT gets in (TR-164).
    static let rate = 20.0
    static let burst = 32.0
    private static let hostsMax = 1024

    private struct Bucket { var tokens: Double; var at: Instant }
    private var buckets: [Host: Bucket] = [:]

    /// True if a host may begin one more now. Full buckets are the same as no bucket; if none is full, whoever comes new waits.
    func hasRoom(for host: Host, now: Instant) -> Bool {
        if let bucket = buckets[host] { return Self.refilled(bucket, now: now) >= 1 }
        return buckets.count < Self.hostsMax || buckets.values.contains { Self.refilled($0, now: now) >= Self.burst }
    }

    /// A host begins one, for which there is room.
    mutating func charge(_ host: Host, now: Instant) {
        if buckets.count >= Self.hostsMax, buckets[host] == nil {
            buckets = buckets.filter { Self.refilled($0.value, now: now) < Self.burst }
        }
        let tokens = buckets[host].map { Self.refilled($0, now: now) } ?? Self.burst
        buckets[host] = Bucket(tokens: tokens - 1, at: now)
    }

    /// Charges a host if there is room.
    mutating func allows(_ host: Host, now: Instant) -> Bool {
        guard hasRoom(for: host, now: now) else { return false }
        charge(host, now: now)
        return true
    }

    private static func refilled(_ bucket: Bucket, now: Instant) -> Double {
        min(burst, bucket.tokens + max(0, (now - bucket.at).milliseconds) / 1000 * rate)
    }
}
