/// Presence both ways: of ours the newest value waits until it leaves, and replaces the one before; of the peer's none is news that is older than one
/// that came (TR-15).
struct PresenceExchange: Sendable {
    /// One value, bytes: fits a packet with an acknowledgement beside it.
    static let valueMax = 1000
    /// Type of a presence frame, bytes.
    static let headerCount = 1

    /// A value and the token by which its acknowledgement names it.
    struct Value: Sendable {
        let token: UInt64
        let bytes: [UInt8]
        /// Of its frame.
        var frameCount: Int { PresenceExchange.headerCount + bytes.count }
    }

    /// Token last given out.
    private var token: UInt64 = 0
    private var waiting: [UInt8]?
    /// The newest token that the peer has acknowledged.
    private var acknowledged: UInt64 = 0
    /// The packet that brought the peer's newest value.
    private var newest: (renewal: UInt64, number: UInt64)?

    /// Length of the frame that waits to leave, bytes; nil if none does.
    var waitingCount: Int? { @inline(__always) get { waiting.map { Self.headerCount + $0.count } } }

    /// Takes a value that is to leave.
    ///
    /// - Parameter bytes: 1...`valueMax`.
    /// - Returns: its token, greater than all before.
    mutating func send(_ bytes: [UInt8]) -> UInt64 {
        precondition(bytes.count <= Self.valueMax, "presence has at most \(Self.valueMax) bytes, not \(bytes.count)")
        precondition(!bytes.isEmpty, "presence says something")
        token += 1
        waiting = bytes
        return token
    }

    /// The value leaves, if one waits and its frame has room.
    ///
    /// - Parameter room: bytes.
    mutating func take(room: Int = .max) -> Value? {
        guard let bytes = waiting, Self.headerCount + bytes.count <= room else { return nil }
        waiting = nil
        return Value(token: token, bytes: bytes)
    }

    /// Takes back what has not left; false if all has.
    mutating func takeBack() -> Bool {
        defer { waiting = nil }
        return waiting != nil
    }

    /// The peer has the value of this token. True if it is the newest that it has.
    mutating func acknowledge(_ token: UInt64) -> Bool {
        guard token > acknowledged else { return false }
        acknowledged = token
        return true
    }

    /// A value came in the packet of this number, under the keys after so many renewals. True if none that is newer did.
    mutating func receive(renewal: UInt64, number: UInt64) -> Bool {
        guard newest.map({ (renewal, number) > $0 }) ?? true else { return false }
        newest = (renewal, number)
        return true
    }
}
