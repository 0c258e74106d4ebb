import InkCrypto
import InkPrimitives

/// What is left of a connection that we closed: says goodbye again to whoever still sends authentic packets, for a while (RFC 9000 §10.2).
struct ClosingConnection: Sendable {
    static let lifetime: Duration = .seconds(3)
    static let repetitionsMax = 8

    private let localIndex: UInt32
    private let remoteIndex: UInt32
    private let keys: TransportKeys
    private let address: SocketAddress
    private let code: CloseCode
    private var window: SlidingWindow
    private var next: UInt64
    private var repetitions = 0
    let until: Instant

    /// - Parameter next: first packet number that was never used under `keys`.
    init(
        localIndex: UInt32, remoteIndex: UInt32, keys: TransportKeys, address: SocketAddress, code: CloseCode, window: SlidingWindow,
        next: UInt64, now: Instant
    ) {
        (self.localIndex, self.remoteIndex, self.keys, self.address) = (localIndex, remoteIndex, keys, address)
        (self.code, self.window, self.next, until) = (code, window, next, now + Self.lifetime)
    }

    /// One goodbye.
    mutating func makePacket() -> ([UInt8], to: SocketAddress) {
        var packet: [UInt8] = []
        let headerCount = DataHeader.write(next, receiverIndex: remoteIndex, largestAcknowledged: nil, to: &packet)
        packet += [Frame.closeType, code.rawValue]
        keys.seal(&packet, headerCount: headerCount, counter: next)
        next += 1
        return (packet, address)
    }

    /// Takes a packet; the answer, if it is authentic, new, long enough, and the peer was not told too often.
    mutating func receive(_ datagram: [UInt8]) -> ([UInt8], to: SocketAddress)? {
        guard let header = DataHeader(datagram), repetitions < Self.repetitionsMax else { return nil }
        let number = header.number(expected: window.newest.map { $0 + 1 } ?? 0)
        guard window.accepts(number) else { return nil }
        var packet = datagram
        guard keys.open(&packet, headerCount: header.byteCount, counter: number) else { return nil }
        window.commit(number)
        repetitions += 1
        let answer = makePacket()
        return answer.0.count <= datagram.count ? answer : nil
    }
}
