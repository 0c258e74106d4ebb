import InkCrypto
import InkPrimitives
import InkTransport

/// The sessions of a device that keeps no rule, each by the address of the other. The link itself is true: nothing that it sends is lost.
struct RogueLink {
    let address: SocketAddress
    let author: AuthorID
    private var endpoint: Endpoint
    private var random: SplitMix64
    private var sessions: [ConnectionID: SocketAddress] = [:]
    private var dialledAt: [SocketAddress: Instant] = [:]
    private var datagrams = Queue<Datagram>()
    private var news = Queue<News>()

    struct Datagram {
        var bytes: [UInt8]
        var to: SocketAddress
    }

    /// What came of it.
    enum News {
        case established(ConnectionID, Remote)
        case message([UInt8], Lane, ConnectionID)
        /// What a hand does came.
        case presence(ConnectionID)
        case closed(ConnectionID)
    }

    init(_ device: SigningKey, at address: SocketAddress, keys: RoomKeys, random: SplitMix64) {
        (self.address, author, self.random) = (address, device.author, random)
        let staticKey = StaticKey(secret: random.secret("static"))
        var generator = SecretGenerator(seed: random.seed("peer"))
        endpoint = Endpoint(
            Endpoint.Configuration(
                salt: PeerSalt(using: &generator), keys: keys, staticKey: staticKey,
                certificate: .make(signing: device, staticKey: staticKey), seed: random.secret("endpoint")))
    }

    mutating func nextDatagram() -> Datagram? { datagrams.popFirst() }

    mutating func nextNews() -> News? { news.popFirst() }

    mutating func receive(_ bytes: [UInt8], from: SocketAddress, now: Instant) {
        endpoint.receive(bytes, from: from, now: now)
        drain()
    }

    /// Meets whoever is not met, each at most twice a second, and takes what is due.
    mutating func dial(_ addresses: [SocketAddress], now: Instant) {
        let met = Set(sessions.values)
        for address in addresses where !met.contains(address) && now - dialledAt[address, default: .distantPast] >= Self.redialAfter {
            dialledAt[address] = now
            let attempt = random.seed("attempt \(now.nanoseconds) \(address)").prefix(Endpoint.attemptCount)
            endpoint.dial(attempt: Array(attempt), remote: nil, addresses: [address], now: now)
        }
        if let deadline = endpoint.deadline, deadline <= now { endpoint.handleTimeout(now: now) }
        drain()
    }

    mutating func send(_ bytes: [UInt8], lane: Lane, stream: UInt64 = 0, on id: ConnectionID, now: Instant) {
        // Whoever does not take it must not make this one remember it without end.
        guard endpoint.pendingBytes(on: id) < Self.pendingMax else { return }
        endpoint.send(bytes, lane: lane, stream: stream, on: id, now: now)
        drain()
    }

    mutating func transmit(frames: [UInt8], on id: ConnectionID, now: Instant) {
        endpoint.transmit(frames: frames, on: id, now: now)
        drain()
    }

    /// Ends all sessions in good order.
    mutating func leave(now: Instant) {
        for id in sessions.keys.sorted() { endpoint.close(id, now: now) }
        sessions = [:]
        drain()
    }

    private mutating func drain() {
        while let output = endpoint.nextOutput() {
            switch output {
            case .transmit(let bytes, .direct(let to), _): datagrams.append(Datagram(bytes: bytes, to: to))
            case .established(let id, let remote):
                guard let address = remote.address else { continue }
                sessions[id] = address
                news.append(.established(id, remote))
            case .closed(let id, _):
                sessions[id] = nil
                news.append(.closed(id))
            case .message(let bytes, let lane, _, let id): news.append(.message(bytes, lane, id))
            case .presence(_, let id): news.append(.presence(id))
            default: break
            }
        }
    }

    private static let redialAfter: Duration = .milliseconds(500)
    private static let pendingMax = 1 << 20
}

/// Somebody hostile, as the world sees it: a device at an address that takes datagrams and makes some.
protocol LinkHolder {
    var link: RogueLink { get set }

    /// Looks what came of the last step of the link.
    mutating func listen(now: Instant)
}

extension LinkHolder {
    var address: SocketAddress { link.address }

    mutating func nextDatagram() -> RogueLink.Datagram? { link.nextDatagram() }

    mutating func receive(_ bytes: [UInt8], from: SocketAddress, now: Instant) {
        link.receive(bytes, from: from, now: now)
        listen(now: now)
    }

    mutating func dial(_ addresses: [SocketAddress], now: Instant) {
        link.dial(addresses, now: now)
        listen(now: now)
    }
}
