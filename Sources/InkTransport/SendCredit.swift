import InkPrimitives

/// What the peer lets us send: bytes of new messages that it has room for, and since when it denies those that it owes.
struct SendCredit: Sendable {
    /// Bytes that bulk leaves to the lanes above it.
    private static let reserve: UInt64 = 256 << 10
    /// With this many bytes, any message may go (TR-172).
    private static let enough = reserve + UInt64(Connection.messageMax)
    /// What was begun has arrived but for so many bytes: then an honest peer has consumed it, and grants half a window beyond at least, so
    /// that whoever has no credit for a message is denied it. Not zero, since a few live bytes are always on the way; and little, so that
    /// a slow link passes it in time.
    private static let arrivedButFor = 16 << 10

    /// Bytes that are not spent, and the sum that the peer told us last.
    private var left = ReceiveLanes.window
    private var limit = ReceiveLanes.window
    /// Since when the peer denies what it owes.
    private(set) var deniedSince: Instant?

    /// What messages of a lane may still take, bytes.
    @inline(__always) func available(to lane: Lane) -> UInt64 { lane == .bulk ? left - min(left, Self.reserve) : left }

    /// Messages of a lane took some of what is available to it.
    mutating func spend(_ byteCount: UInt64) { left -= byteCount }

    /// The peer has room for so many bytes since the beginning. What says less than an earlier word is late.
    mutating func raise(to limit: UInt64) {
        guard limit > self.limit else { return }
        left += limit - self.limit
        self.limit = limit
    }

    /// True if the peer owes more, given how many bytes of messages were begun and are not acknowledged.
    @inline(__always) func isOwed(underway: Int) -> Bool { left < Self.enough && underway < Self.arrivedButFor }

    /// - Parameter isDenied: more is owed, and a message lacks it.
    mutating func note(isDenied: Bool, now: Instant) { deniedSince = isDenied ? deniedSince ?? now : nil }
}
