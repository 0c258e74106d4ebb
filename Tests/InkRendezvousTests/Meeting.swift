import InkConnectivity
import InkCrypto
import InkPrimitives
import InkRendezvous

/// A rendezvous and some peers in virtual time. What passes between them may be dropped, repeated, redirected or altered by `meddle`.
struct Meeting {
    struct Peer {
        var client: RendezvousClient
        let id: PeerID
        let token: RendezvousServer.ConnectionToken
        var dials: [(attempt: [UInt8], remote: PeerID, addresses: [SocketAddress], at: Instant)] = []
        var expects: [(attempt: [UInt8], remote: PeerID, addresses: [SocketAddress])] = []
        var abandoned: [PeerID] = []
        var appeared: [PeerID] = []
        var left: [PeerID] = []
        var sent: [ClientMessage] = []
        var received: [ServerMessage] = []
        var stunPort: UInt16?
        var connects: [Instant] = []
        /// Why it closed its connection itself.
        var refusals: [String] = []
        var versions: [UInt8] = []
        var isConnected = false
        /// What its endpoint would do: message 1 of an attempt is what was made first, whatever is asked later.
        var opens: [(attempt: [UInt8], remote: PeerID)] = []
        var answers: [(attempt: [UInt8], remote: PeerID, opening: [UInt8], via: RelayPoint)] = []
        var completes: [(attempt: [UInt8], remote: PeerID, reply: [UInt8], via: RelayPoint)] = []
        /// Addresses that came with messages of handshakes that were relayed.
        var relayedAddresses: [SocketAddress] = []
        var reach: [PeerID: [Int: UInt32]] = [:]
        var relayed: [(datagram: [UInt8], from: RelayPoint)] = []
        /// Addresses of peers with sessions, as they told them.
        var told: [(remote: PeerID, addresses: [SocketAddress], at: Instant)] = []
        var declines = false
        /// How often the rendezvous is to be asked whether it lives, as told, and when it is to be asked out of turn.
        var watches: [Duration] = []
        var probes: [Instant] = []
    }

    enum Verdict { case pass, drop, deliver([ServerMessage]) }

    var server: RendezvousServer
    var peers: [Peer] = []
    var now = Instant.zero
    var closed: [RendezvousServer.CloseReason] = []
    /// Every message in either direction, as it passes.
    var wire: [ServerMessage] = []
    /// What the rendezvous does instead of delivering `message` to the peer with this index.
    var meddle: ((_ message: ServerMessage, _ to: Int) -> Verdict)?
    /// Sessions come about as soon as one side dials, or has message 2.
    var dialsSucceed = true
    /// The rendezvous carries so many bytes a second for a room; nil where it relays nothing.
    var relayRate: Int?

    static let rendezvous = SocketAddress(ip: .v4(0xC633_6401), port: 8080)

    init(_ configuration: RendezvousServer.Configuration = .init()) {
        server = RendezvousServer(configuration, seed: [UInt8](repeating: 9, count: 32))
    }

    static func keys(room: UInt8 = 1) -> RoomKeys {
        guard let secret = Secret32([UInt8](repeating: room, count: 32)) else { preconditionFailure("32 bytes") }
        return RoomKeys(roomSecret: secret)
    }

    static func device(_ number: UInt8) -> SigningKey {
        guard let seed = Secret32([UInt8](repeating: number, count: 32)) else { preconditionFailure("32 bytes") }
        return SigningKey(seed: seed)
    }

    /// A peer whose id sorts by `number`.
    static func peerID(_ number: UInt8) -> PeerID { salt(number).peer(of: device(number).author) }

    /// One that gives a device, its own if none is named, a peer id which begins with `number`.
    static func salt(_ number: UInt8, of device: AuthorID? = nil) -> PeerSalt {
        let device = device ?? Self.device(number).author
        for tries in UInt64(0)... {
            guard let salt = PeerSalt((0..<16).map { $0 < 8 ? 0 : UInt8(truncatingIfNeeded: tries >> (8 * (15 - $0))) }) else { break }
            if salt.peer(of: device).bytes[0] == number { return salt }
        }
        preconditionFailure("a number in 256 gives the byte \(number)")
    }

    @discardableResult
    mutating func addPeer(
        _ number: UInt8, room: UInt8 = 1, policy: RelayPolicy = .any, audience: Audience = .room, connect: Bool = true
    ) -> Int {
        let id = Self.peerID(number)
        var client = RendezvousClient(
            keys: Self.keys(room: room), device: Self.device(number), salt: Self.salt(number),
            seed: Secret32([UInt8](repeating: number, count: 32))!, policy: policy, audience: audience)
        client.setCandidates(
            [Candidate(address: SocketAddress(ip: .v4(0xCB00_7100 | UInt32(number)), port: 40_000 + UInt16(number)), kind: .host)], now: now
        )
        peers.append(Peer(client: client, id: id, token: .init(UInt64(peers.count))))
        if connect { self.connect(peers.count - 1) }
        return peers.count - 1
    }

    mutating func connect(_ index: Int, to address: SocketAddress = Self.rendezvous, from local: IPAddress? = nil) {
        peers[index].isConnected = true
        peers[index].client.connected(to: address, from: local, now: now)
        server.opened(peers[index].token, now: now)
        settle()
    }

    mutating func disconnect(_ index: Int) {
        peers[index].isConnected = false
        server.closed(peers[index].token, now: now)
        peers[index].client.disconnected(now: now)
        settle()
    }

    /// Delivers until nobody has anything to say.
    mutating func settle() {
        var isBusy = true
        while isBusy {
            isBusy = false
            for index in peers.indices {
                while let output = peers[index].client.nextOutput() {
                    isBusy = true
                    take(output, from: index)
                }
            }
            while let output = server.nextOutput() {
                isBusy = true
                switch output {
                case .send(let message, let token):
                    guard let index = peers.firstIndex(where: { $0.token == token }) else { continue }
                    wire.append(message)
                    switch meddle?(message, index) ?? .pass {
                    case .pass: deliver(message, to: index)
                    case .drop: break
                    case .deliver(let messages): for other in messages { deliver(other, to: index) }
                    }
                case .relay(let bytes, let token):
                    guard let index = peers.firstIndex(where: { $0.token == token }), peers[index].isConnected else { continue }
                    peers[index].client.receivedFrame(bytes, now: now)
                case .close(let token, let reason):
                    closed.append(reason)
                    if let index = peers.firstIndex(where: { $0.token == token }), peers[index].isConnected {
                        peers[index].isConnected = false
                        peers[index].client.disconnected(now: now)
                    }
                }
            }
        }
    }

    mutating func deliver(_ message: ServerMessage, to index: Int) {
        guard peers[index].isConnected else { return }
        peers[index].received.append(message)
        peers[index].client.received(message, now: now)
        if case .welcome = message { peers[index].client.setRelayRate(relayRate) }
    }

    /// By which number the rendezvous calls a peer now.
    func member(_ index: Int) -> UInt32? {
        peers[index].received.compactMap { if case .joined(_, let member, _) = $0 { member } else { nil } }.last
    }

    /// What an endpoint makes of an attempt: always the same bytes for it, as many as the codec takes.
    static func opening(_ attempt: [UInt8]) -> [UInt8] { attempt + [UInt8](repeating: 1, count: Envelope.openingBytes - attempt.count) }
    static func reply(_ attempt: [UInt8]) -> [UInt8] { attempt + [UInt8](repeating: 2, count: Envelope.replyBytes - attempt.count) }

    /// What was said from a peer, in order.
    func said(by index: Int) throws -> [Envelope] {
        try peers[index].sent.compactMap { message in
            guard case .send(let topic, _, let box) = message else { return nil }
            return try Envelope(opening: box, topic: topic, envelopeKey: Self.keys().envelope)
        }
    }

    /// Whose what was delivered, in order: the sender's number and the kind.
    func course() throws -> [String] {
        try wire.compactMap { message in
            guard case .envelope(let topic, _, let box) = message else { return nil }
            let envelope = try Envelope(opening: box, topic: topic, envelopeKey: Self.keys().envelope)
            let word =
                switch envelope.content {
                case .hello: "hello"
                case .helloAnswer: "hello answer"
                case .offer(_, _, _, let opening, let candidates): "offer\(opening == nil ? "" : "+1")\(candidates.isEmpty ? "" : "+at")"
                case .answer(_, let reply, let candidates): "answer\(reply == nil ? "" : "+2")\(candidates.isEmpty ? "" : "+at")"
                case .bye: "bye"
                case .candidates(_, _, _, _, let isAnswer): isAnswer ? "candidates answer" : "candidates"
                }
            return "\(envelope.sender.bytes[0]) \(word)"
        }
    }

    private mutating func take(_ output: RendezvousClient.Output, from index: Int) {
        switch output {
        case .connect: peers[index].connects.append(now)
        case .disconnect(_, let reason):
            peers[index].refusals.append(reason)
            disconnect(index)
        case .send(let message, _):
            peers[index].sent.append(message)
            if peers[index].isConnected { server.received(message, from: peers[index].token, now: now) }
        case .joined: break
        case .peerAppeared(let id, _): peers[index].appeared.append(id)
        case .peerLeft(let id): peers[index].left.append(id)
        case .dial(let attempt, let remote, let addresses):
            peers[index].dials.append((attempt, remote, addresses, now))
            guard dialsSucceed, let other = peers.firstIndex(where: { $0.id == remote }) else { return }
            guard peers[other].expects.contains(where: { $0.attempt == attempt }) else { return }
            setSession(index, other, true)
        case .expect(let attempt, let remote, let addresses): peers[index].expects.append((attempt, remote, addresses))
        case .abandon(let remote): peers[index].abandoned.append(remote)
        case .open(let attempt, let remote):
            peers[index].opens.append((attempt, remote))
            // Another call makes another message: whoever needs the same twice must keep it.
            let number = UInt8(peers[index].opens.count)
            let opening = peers[index].declines ? nil : Array(Self.opening(attempt).dropLast()) + [number]
            peers[index].client.opened(attempt: attempt, remote: remote, opening: opening, now: now)
        case .answer(let attempt, let remote, let opening, let via, let addresses):
            peers[index].answers.append((attempt, remote, opening, via))
            peers[index].relayedAddresses += addresses
            let reply = peers[index].declines ? nil : Self.reply(attempt)
            peers[index].client.answered(attempt: attempt, remote: remote, reply: reply, at: via.place, now: now)
        case .complete(let attempt, let remote, let reply, let via, let addresses):
            peers[index].completes.append((attempt, remote, reply, via))
            peers[index].relayedAddresses += addresses
            guard dialsSucceed, let other = peers.firstIndex(where: { $0.id == remote }) else { return }
            setSession(index, other, true)
        case .reachable(let id, let point): peers[index].reach[id, default: [:]][point.place] = point.member
        case .unreachable(let id, let place): peers[index].reach[id]?[place] = nil
        case .candidates(let id, let addresses): peers[index].told.append((id, addresses, now))
        case .liveness(let interval, let patience, _):
            precondition(patience == .seconds(2), "the patience is the same always")
            peers[index].watches.append(interval)
        case .probe: peers[index].probes.append(now)
        case .sendFrame(let bytes, _, _): if peers[index].isConnected { server.relayed(bytes, from: peers[index].token, now: now) }
        case .relayed(let datagram, let point): peers[index].relayed.append((datagram, point))
        case .stunServer(let port, _): peers[index].stunPort = port
        case .versionMismatch(let theirs): peers[index].versions.append(theirs)
        }
    }

    mutating func setSession(_ left: Int, _ right: Int, _ lives: Bool) {
        peers[left].client.sessionLives(with: peers[right].id, lives, now: now)
        peers[right].client.sessionLives(with: peers[left].id, lives, now: now)
    }

    /// The newest nonce that a peer greeted with.
    func nonce(of index: Int) throws -> [UInt8] {
        var newest: [UInt8]?
        for case .send(let topic, _, let box) in peers[index].sent {
            let envelope = try Envelope(opening: box, topic: topic, envelopeKey: Self.keys().envelope)
            if case .hello(let nonce) = envelope.content { newest = nonce }
        }
        guard let newest else { throw WireError.unexpected }
        return newest
    }

    /// An envelope made by hand, in room 1.
    static func box(
        _ content: Envelope.Content, from sender: UInt8, to recipient: PeerID = .zero, device: SigningKey, relays: Bool = false
    ) -> [UInt8] {
        box(content, from: .salt(salt(sender, of: device.author)), to: recipient, device: device, relays: relays)
    }

    static func box(
        _ content: Envelope.Content, from speaker: Envelope.Speaker, to recipient: PeerID = .zero, device: SigningKey, relays: Bool = false
    ) -> [UInt8] {
        guard let topic = Topic(keys().topic) else { preconditionFailure("32 bytes") }
        var generator = SecretGenerator(seed: Blake2b.hash256(speaker.peer(of: device.author).bytes))
        return Envelope(speaker: speaker, recipient: recipient, device: device.author, content: content, takesRelay: relays)
            .sealed(for: topic, device: device, envelopeKey: keys().envelope, using: &generator)
    }

    /// What a member says in the form of another version: this byte, then what we cannot know.
    static func box(of version: UInt8, count: Int = 512) -> [UInt8] {
        var generator = SecretGenerator(seed: [UInt8](repeating: version, count: 32))
        let plain = [version] + generator.bytes(count - 1)
        return SealedBox.seal(
            plain, key: keys().envelope, context: Array("inkwire/1 envelope".utf8) + keys().topic, using: &generator)
    }

    /// A socket of a member that says only what the test says.
    mutating func openHostile(_ number: UInt64) throws -> RendezvousServer.ConnectionToken {
        let token = RendezvousServer.ConnectionToken(number)
        let keys = Self.keys()
        server.opened(token, now: now)
        guard case .send(.welcome(let nonce, _, _, _, _), _)? = server.nextOutput(), let topic = Topic(keys.topic) else {
            throw WireError.unexpected
        }
        let proof = keys.topicKey.sign(Signalling.joinProof(topic: topic, nonce: nonce))
        server.received(.join(topic: topic, key: keys.topicKey.author, signature: proof), from: token, now: now)
        settle()
        return token
    }

    /// Runs timers until `end`.
    mutating func run(until end: Instant) {
        settle()
        while let next = peers.map(\.client.deadline).reduce(server.deadline, earliest), next <= end {
            now = max(now, next)
            for index in peers.indices { peers[index].client.handleTimeout(now: now) }
            server.handleTimeout(now: now)
            settle()
        }
        now = end
    }

    mutating func run(for span: Duration) { run(until: now + span) }
}
