import InkPrimitives

/// Connections that were closed and still say so (TR-21).
struct Goodbyes: Sendable {
    /// Those that are kept; of what is closed beyond them one goodbye leaves.
    private static let closingMax = 256

    /// By the receiver index under which their peer still sends.
    private var closing: [UInt32: ClosingConnection] = [:]

    typealias Packet = (bytes: [UInt8], over: Route)

    var isEmpty: Bool { closing.isEmpty }

    /// Packets with this index are for one of them.
    func owns(_ index: UInt32) -> Bool { closing[index] != nil }

    /// When the next one is due that nobody asked for; nil when all are said.
    var repeatAt: Instant? { closing.values.lazy.compactMap(\.repeatAt).min() }

    /// When to call `handleTimeout` next.
    var deadline: Instant? { closing.values.lazy.map { $0.repeatAt ?? $0.until }.min() }

    /// The first goodbye of a connection that was closed.
    ///
    /// - Parameter index: under which its peer sends.
    mutating func add(_ connection: ClosingConnection, index: UInt32) -> Packet {
        var connection = connection
        let packet = connection.makePacket()
        if closing.count < Self.closingMax { closing[index] = connection }
        return packet
    }

    /// Those that are due unasked.
    mutating func takeRepeated(now: Instant) -> [Packet] { closing.keys.sorted().compactMap { closing[$0]?.repeated(now: now) } }

    /// The answer to a packet with this index, if one is due.
    mutating func answer(_ datagram: Span<UInt8>, to index: UInt32, now: Instant) -> Packet? {
        closing[index]?.receive(datagram, now: now)
    }

    /// Forgets those that have said it long enough.
    mutating func forget(now: Instant) { closing = closing.filter { now < $0.value.until } }
}
