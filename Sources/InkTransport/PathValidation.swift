import InkPrimitives

/// Checks that the peer is where its newest packet came from, before anything else goes there (RFC 9000 §8.2, §9.3).
///
/// A copy of a packet, sent on by somebody in the middle, can get a challenge, never our traffic. To that address go no more bytes than
/// came from it. An address that our packets go to and that was not proved when the connection began is asked in the same way, for as
/// long as the connection's allowance pays for it.
struct PathValidation: Sendable {
    static let triesMax = 3

    let address: SocketAddress
    /// Eight random bytes.
    let challenge: [UInt8]
    private(set) var tries = 0
    /// When to try again, or to give up after the last try.
    private(set) var nextAt: Instant
    /// Bytes that came from the address less those sent there.
    private var budget = 0

    init(address: SocketAddress, challenge: [UInt8], now: Instant) { (self.address, self.challenge, nextAt) = (address, challenge, now) }

    mutating func received(byteCount: Int) { budget += byteCount }

    /// True if the challenge may go out now.
    ///
    /// - Parameter allowance: what pays for it where our packets go there already; nil where only what came from there does.
    mutating func takeTry(byteCount: Int, pause: Duration, allowance: Int?, now: Instant) -> Bool {
        guard now >= nextAt, allowance != nil || tries < Self.triesMax else { return false }
        tries += 1
        nextAt = now + pause
        if let allowance { return allowance >= byteCount }
        guard budget >= byteCount else { return false }
        budget -= byteCount
        return true
    }

    /// True if nobody answered.
    func isOver(now: Instant) -> Bool { tries >= Self.triesMax && now >= nextAt }
}
