import InkCrypto
import InkPrimitives

/// What is left of a connection that we closed: says goodbye twice more unasked, since the first may be lost and the process may end, and
/// to whoever still sends authentic packets, for a while (RFC 9000 §10.2).
struct ClosingConnection: Sendable {
    static let lifetime: Duration = .seconds(3)
    static let repetitionsMax = 8
    /// After the closing, in order.
    static let unasked: [Duration] = [.milliseconds(30), .milliseconds(100)]

    private let remoteIndex: UInt32
    private let keys: TransportKeys
    private let route: Route
    private let code: CloseCode
    private var window: SlidingWindow
    private var next: UInt64
    private var repetitions = 0
    private var unaskedCount = 0
    private let began: Instant
    /// Nothing is opened or sealed from then on.
    let until: Instant
    /// When the next goodbye that nobody asked for is due; nil when all are said.
    var repeatAt: Instant? {
        guard unaskedCount < Self.unasked.count else { return nil }
        let at = began + Self.unasked[unaskedCount]
        return at < until ? at : nil
    }

    /// - Parameters:
    ///   - next: first packet number that was never used under `keys`.
    ///   - expiresAt: `keys` are not used from then on (TR-106).
    init(
        remoteIndex: UInt32, keys: TransportKeys, route: Route, code: CloseCode, window: SlidingWindow, next: UInt64, expiresAt: Instant,
        now: Instant
    ) {
        (self.remoteIndex, self.keys, self.route) = (remoteIndex, keys, route)
        (self.code, self.window, self.next, began, until) = (code, window, next, now, min(now + Self.lifetime, expiresAt))
    }

    /// One goodbye.
    mutating func makePacket() -> ([UInt8], over: Route) {
        var packet: [UInt8] = []
        let headerCount = DataHeader.write(next, receiverIndex: remoteIndex, largestAcknowledged: nil, to: &packet)
        packet += [Frame.closeType, code.rawValue]
        keys.seal(&packet, headerCount: headerCount, counter: next)
        next += 1
        return (packet, route)
    }

    /// The goodbye that is due unasked, if one is.
    mutating func repeated(now: Instant) -> ([UInt8], over: Route)? {
        guard let repeatAt, now >= repeatAt else { return nil }
        guard now < until else {
            // Who slept so long says no more, and must not wait for it.
            unaskedCount = Self.unasked.count
            return nil
        }
        // What a late clock made due at once is said once.
        while let due = self.repeatAt, now >= due { unaskedCount += 1 }
        return makePacket()
    }

    /// Takes a packet; the answer, if it is authentic, new, long enough, and the peer was not told too often.
    mutating func receive(_ datagram: Span<UInt8>, now: Instant) -> ([UInt8], over: Route)? {
        guard now < until, let header = DataHeader(datagram), repetitions < Self.repetitionsMax else { return nil }
        let number = header.number(expected: window.newest.map { $0 + 1 } ?? 0)
        guard window.accepts(number) else { return nil }
        var text: [UInt8] = []
        guard keys.open(datagram, headerCount: header.byteCount, counter: number, into: &text) != nil else { return nil }
        window.commit(number)
        repetitions += 1
        let answer = makePacket()
        return answer.0.count <= datagram.count ? answer : nil
    }
}
