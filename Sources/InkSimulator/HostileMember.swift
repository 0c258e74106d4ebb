import InkBoard
import InkCrypto
import InkPrimitives
import InkSession
import InkTransport

/// A member of the room with keys and a device of its own, who keeps to the protocol as far as that serves and does harm beyond.
///
/// It is near everybody: nothing that it sends is lost or late, so that it comes first where coming first counts. It has no board: it says
/// what it likes of one.
struct HostileMember {
    let kind: Adversity
    let address = SocketAddress(ip: .v4(0x0B02_0001), port: 5000)
    var author: AuthorID { device.author }

    private let device: SigningKey
    private let keys: RoomKeys
    private let genesis: Transaction
    private var endpoint: Endpoint
    private var random: SplitMix64
    private var sessions: [Session] = []
    private var datagrams = Outputs<Datagram>()
    /// What came and is not looked at yet: whoever answers late seems far away.
    private var held = Queue<Held>()
    /// Orphans made so far.
    private var orphans: UInt64 = 0
    /// Packets sent that ask for an acknowledgement each.
    private var pings = 0
    /// The salt of somebody else that it says; nil: one of its own.
    private(set) var squatted: PeerSalt?
    private var identities: UInt8 = 0
    private var hasLeft = false

    struct Datagram {
        var bytes: [UInt8]
        var to: SocketAddress
    }

    private struct Held {
        var bytes: [UInt8]
        var from: SocketAddress
        var until: Instant
    }

    private struct Session {
        var id: ConnectionID
        var author: AuthorID
        var address: SocketAddress
        var since: Instant
        /// The newest own sequence that its person showed us.
        var newest: UInt64 = 0
        var dropped = 0
    }

    init(_ kind: Adversity, room: Secret32, genesis: Transaction, random: SplitMix64) {
        self.kind = kind
        self.genesis = genesis
        self.random = random
        keys = RoomKeys(roomSecret: room)
        device = SigningKey(seed: random.secret("device"))
        endpoint = Self.endpoint(device: device, keys: keys, as: nil, random: random, number: 0)
    }

    private static func endpoint(device: SigningKey, keys: RoomKeys, as salt: PeerSalt?, random: SplitMix64, number: UInt8) -> Endpoint {
        let staticKey = StaticKey(secret: random.secret("static"))
        var generator = SecretGenerator(seed: random.seed("peer \(number)"))
        return Endpoint(
            Endpoint.Configuration(
                salt: salt ?? PeerSalt(using: &generator), keys: keys, staticKey: staticKey,
                certificate: .make(signing: device, staticKey: staticKey), seed: random.secret("endpoint \(number)")))
    }

    /// Says the salt of somebody else from now on, which with his device would make his peer id.
    mutating func squat(_ salt: PeerSalt) {
        guard squatted != salt else { return }
        squatted = salt
        identities += 1
        sessions = []
        endpoint = Self.endpoint(device: device, keys: keys, as: salt, random: random, number: identities)
    }

    /// The next datagram that leaves.
    mutating func nextDatagram() -> Datagram? { datagrams.next() }

    mutating func receive(_ bytes: [UInt8], from: SocketAddress, now: Instant) {
        guard !hasLeft else { return }
        guard kind == .acknowledgementBomb, let index = sessions.firstIndex(where: { $0.address == from }) else {
            endpoint.receive(bytes, from: from, now: now)
            return drain(now: now)
        }
        // One of them is lost for good, so that all behind it is remembered.
        if now - sessions[index].since > Self.lateness, sessions[index].dropped < 3 {
            sessions[index].dropped += 1
            return
        }
        held.append(Held(bytes: bytes, from: from, until: now + Self.lateness))
    }

    /// Every `interval`: meets who is not met yet, and does what it is there for.
    mutating func act(dialling addresses: [SocketAddress], now: Instant) {
        guard !hasLeft else { return }
        while let first = held.first, first.until <= now, let late = held.popFirst() {
            endpoint.receive(late.bytes, from: late.from, now: now)
        }
        for address in addresses where !sessions.contains(where: { $0.address == address }) {
            let attempt = random.seed("attempt \(now.nanoseconds) \(address)").prefix(Endpoint.attemptCount)
            endpoint.dial(attempt: Array(attempt), remote: nil, addresses: [address], now: now)
        }
        if let deadline = endpoint.deadline, deadline <= now { endpoint.handleTimeout(now: now) }
        drain(now: now)
        for session in sessions { harm(session, now: now) }
        drain(now: now)
    }

    /// Ends its sessions in good order.
    mutating func leave(now: Instant) {
        for session in sessions { endpoint.close(session.id, now: now) }
        drain(now: now)
        hasLeft = true
    }

    private mutating func harm(_ session: Session, now: Instant) {
        func say(_ message: SessionMessage) { endpoint.send(message.encode(), lane: .control, on: session.id, now: now) }
        switch kind {
        case .lyingReceipts: say(.receipt(sequence: session.newest == 0 ? 1_000_000 : session.newest + 1))
        case .orphanBomb:
            guard orphans < Self.orphansMax else { return }
            for _ in 0..<8 { if let orphan = orphan() { endpoint.send(orphan.encoded, lane: .ops, on: session.id, now: now) } }
        case .reconcileBomb:
            var message = ReconcileMessage(
                isFromInitiator: true, root: NodeHash(Fingerprint(genesis.name.bytes) ?? .zero), transactionCount: 1)
            message.items = [.list(.from(0), [])]
            for _ in 0..<20 { say(.reconcile(message.bytes)) }
        case .acknowledgementBomb:
            guard now - session.since > Self.lateness + Self.lateness / 2, pings < Self.pingsMax else { return }
            for _ in 0..<200 {
                pings += 1
                endpoint.transmit(frames: [0x01], on: session.id, now: now)
                // Every second number is never sent: what comes after a gap is acknowledged at once.
                drain(now: now)
                endpoint.transmit(frames: [0x01], on: session.id, now: now)
                drain(isSending: false, now: now)
            }
        case .presenceFlood:
            for number in 0..<50 {
                let position = Point(x: Int32(number), y: Int32(truncatingIfNeeded: now.nanoseconds / 1_000_000 % 4096))
                var hand = HandValue(frontEnd: .holder)
                let at = now.nanoseconds / 1_000_000 % 65_536
                hand.cursor = .samples(SampleRun([HandSample(at: at, point: position)], after: SampleRun.History(), sentAt: at))
                var packet = PresencePacket(own: PresenceValue())
                (packet.own.sentAt, packet.own.hands) = (UInt16(at), [hand])
                endpoint.transmit(frames: [0x03] + packet.bytes, on: session.id, now: now)
            }
        case .squattedID, .restoredBackup, .twin, .slowLine: break
        }
    }

    /// A transaction in good form whose parents are nobody's.
    private mutating func orphan() -> Transaction? {
        orphans += 1
        let parents = (0..<Limits.parents).map { _ in TransactionName(using: &random) }.sorted()
        let header = TransactionHeader(
            board: BoardID(genesis.name.bytes) ?? .zero, author: device.author, sequence: orphans + 1, previous: parents[0],
            grant: genesis.name, parents: parents, lamport: 2 + UInt64(random.below(1000)), claimedWallTime: 0)
        let writes = [Write(ShapeID(author: device.author, number: orphans), .kind, .kind(0))]
        do throws(RuleViolation) {
            return try Transaction.sign(header, writes: writes, key: device)
        } catch { preconditionFailure("an orphan has the form of any transaction: \(error)") }
    }

    private mutating func drain(isSending: Bool = true, now: Instant) {
        while let output = endpoint.nextOutput() {
            switch output {
            case .transmit(let bytes, .direct(let to), _): if isSending { datagrams.append(Datagram(bytes: bytes, to: to)) }
            case .established(let id, let remote):
                guard let address = remote.address else { continue }
                sessions.append(Session(id: id, author: remote.author, address: address, since: now))
                for message in [SessionMessage.hello(hasGenesis: true), .adjacent([]), .receipt(sequence: 0)] {
                    endpoint.send(message.encode(), lane: .control, on: id, now: now)
                }
            case .closed(let id, _): sessions.removeAll { $0.id == id }
            case .message(let bytes, let lane, _, let id): take(bytes, lane: lane, on: id, now: now)
            case .transmit(_, .relay, _), .rerouted, .presence, .presenceAcknowledged, .degraded, .recovered, .attemptFailed,
                .duplicateDevice,
                .versionMismatch, .keys:
                break
            }
        }
    }

    private mutating func take(_ bytes: [UInt8], lane: Lane, on id: ConnectionID, now: Instant) {
        guard let index = sessions.firstIndex(where: { $0.id == id }) else { return }
        if lane == .control {
            if case .hello(hasGenesis: false, _)? = try? SessionMessage(decoding: bytes) {
                endpoint.send(SessionMessage.genesis(genesis.encoded).encode(), lane: .control, on: id, now: now)
            }
        } else if let transaction = try? Transaction(decoding: bytes), transaction.author == sessions[index].author {
            sessions[index].newest = max(sessions[index].newest, transaction.sequence)
        }
    }

    static let interval: Duration = .milliseconds(50)
    /// How late it acknowledges.
    private static let lateness: Duration = .seconds(1)
    /// In one world; what one of them costs is known from hundreds.
    private static let orphansMax: UInt64 = 400
    private static let pingsMax = 4000
}
