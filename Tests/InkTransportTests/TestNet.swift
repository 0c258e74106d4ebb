import InkCrypto
import InkPrimitives

@testable import InkTransport

/// What a link does to datagrams; each is a probability or a span.
struct Faults {
    /// Lost.
    var loss = 0.0
    /// One way, without jitter.
    var delay: Duration = .milliseconds(50)
    /// Uniform addition to the delay.
    var jitter: Duration = .zero
    /// Held back by a further `reorderDelay`.
    var reorder = 0.0
    var reorderDelay: Duration = .milliseconds(30)
    /// Delivered twice.
    var duplicate = 0.0
    /// Delivered with one bit flipped.
    var flip = 0.0
}

/// Endpoints on a lossy pipe in virtual time, all from one seed.
struct TestNet {
    struct Node {
        var endpoint: Endpoint
        var address: SocketAddress
        let peer: PeerID
        var established: [(id: ConnectionID, remote: Remote, at: Instant)] = []
        var messages: [(bytes: [UInt8], lane: Lane, stream: UInt64, on: ConnectionID, at: Instant)] = []
        var presence: [[UInt8]] = []
        var presenceTokens: [UInt64] = []
        var closed: [(id: ConnectionID, reason: CloseReason, at: Instant)] = []
        var degraded: [Instant] = []
        var recovered: [Instant] = []
        var failed: [(attempt: [UInt8], remote: PeerID?, at: Instant)] = []
        var versions: [UInt8] = []
        /// Devices that were told to be open twice; nil for our own.
        var duplicates: [AuthorID?] = []
        /// Keys that were told.
        var keys: [KeyDisclosure] = []
        /// Ways that sessions took, after the first.
        var routes: [(route: Route, at: Instant)] = []
        /// What the rendezvous calls its socket; nil while there is none.
        var member: UInt32?
        /// What stands between it and the others.
        var nat: TestNAT?

        var id: ConnectionID? { established.last?.id }
    }

    struct Datagram { let bytes: [UInt8]; let from: SocketAddress; let to: SocketAddress; let sentAt: Instant }
    private enum Carried { case datagram(Datagram), frame([UInt8], from: UInt32, to: UInt32) }
    private struct Arrival { let at: Instant; let order: Int; let carried: Carried }

    var nodes: [Node] = []
    var now = Instant(nanoseconds: 1_000_000_000)
    var faults: Faults
    var random: SplitMix64
    /// Everything that was sent, before faults.
    var sent: [Datagram] = []
    var records = true
    /// Longer datagrams vanish without a word, bytes of UDP payload.
    var carries = Int.max
    /// Datagrams to or from these addresses vanish.
    var cut: Set<SocketAddress> = []
    /// Other pairs of addresses have another delay.
    var delays: [Set<SocketAddress>: Duration] = [:]
    /// Further addresses of nodes. What a node answers goes out from there.
    var aliases: [SocketAddress: Int] = [:]
    private var spokenTo: [Int: [SocketAddress: SocketAddress]] = [:]
    /// One way through the rendezvous, which loses nothing unless it carries only so much; and what went that way.
    var relayDelay: Duration = .milliseconds(50)
    var relayRate: RelayRate?
    var relayed: [(bytes: [UInt8], at: Instant)] = []
    /// How many of these were said to be nothing but presence.
    var presenceRelayed = 0
    private var arrivals: [Arrival] = []
    private var order = 0

    init(seed: UInt64 = 1, faults: Faults = Faults()) {
        self.faults = faults
        random = SplitMix64(seed: seed)
    }

    static let room = RoomKeys(roomSecret: secret(7))
    static func secret(_ byte: UInt8) -> Secret32 { Secret32([UInt8](repeating: byte, count: 32))! }
    static func epoch(_ byte: UInt8) -> EpochID { EpochID([UInt8](repeating: byte, count: 32))! }
    static func address(_ index: Int) -> SocketAddress { SocketAddress("10.0.0.\(index + 1):4000")! }

    /// A node whose peer id begins with `index`, so that smaller indices have smaller ids.
    static func configuration(
        _ index: Int, keys: RoomKeys = room, device: Int? = nil, payload: [UInt8] = [], rekeying: RekeySchedule = .standard
    ) -> Endpoint.Configuration {
        let signing = SigningKey(seed: secret(UInt8(100 + (device ?? index))))
        let staticKey = StaticKey(secret: secret(UInt8(50 + index)))
        var configuration = Endpoint.Configuration(
            salt: .leading(to: UInt8(index + 1), of: signing.author), keys: keys, staticKey: staticKey,
            certificate: .make(signing: signing, staticKey: staticKey), initiatorPayload: payload,
            seed: secret(UInt8(index + 1)))
        configuration.rekeying = rekeying
        return configuration
    }

    @discardableResult
    mutating func add(_ configuration: Endpoint.Configuration, at address: SocketAddress? = nil) -> Int {
        nodes.append(
            Node(endpoint: Endpoint(configuration), address: address ?? Self.address(nodes.count), peer: configuration.peerID))
        return nodes.count - 1
    }

    /// Two nodes with a session; 0 dialled 1.
    static func pair(
        seed: UInt64 = 1, faults: Faults = Faults(), announced: Bool = true,
        rekeying: (RekeySchedule, RekeySchedule) = (.standard, .standard)
    ) -> TestNet {
        var net = TestNet(seed: seed, faults: faults)
        net.add(configuration(0, payload: [1, 2, 3], rekeying: rekeying.0))
        net.add(configuration(1, rekeying: rekeying.1))
        net.connect(0, 1, announced: announced)
        net.run { $0.nodes[0].id != nil && $0.nodes[1].id != nil }
        return net
    }

    mutating func connect(_ left: Int, _ right: Int, announced: Bool = true, nonce: UInt8 = 5) {
        let attempt = [UInt8](repeating: nonce, count: 16)
        if announced {
            nodes[right].endpoint.expect(attempt: attempt, remote: nodes[left].peer, addresses: [nodes[left].address], now: now)
            drain(right)
        }
        let remote = announced ? nodes[right].peer : nil
        nodes[left].endpoint.dial(attempt: attempt, remote: remote, addresses: [nodes[right].address], now: now)
        drain(left)
    }

    mutating func send(_ bytes: [UInt8], from index: Int, lane: Lane = .ops, stream: UInt64 = 0) {
        guard let id = nodes[index].id else { return }
        nodes[index].endpoint.send(bytes, lane: lane, stream: stream, on: id, now: now)
    }

    /// Takes all outputs of one node.
    mutating func drain(_ index: Int) {
        while let output = nodes[index].endpoint.nextOutput() {
            switch output {
            case .transmit(let bytes, .direct(let to), _): transmit(bytes, from: nodes[index].address, to: to)
            case .transmit(let bytes, .relay(let point), let isPresence):
                relay(bytes, from: index, to: point)
                if isPresence { presenceRelayed += 1 }
            case .rerouted(_, let route): nodes[index].routes.append((route, now))
            case .established(let id, let remote): nodes[index].established.append((id, remote, now))
            case .message(let bytes, let lane, let stream, let id): nodes[index].messages.append((bytes, lane, stream, id, now))
            case .presence(let bytes, _): nodes[index].presence.append(bytes)
            case .presenceAcknowledged(let token, _): nodes[index].presenceTokens.append(token)
            case .degraded: nodes[index].degraded.append(now)
            case .recovered: nodes[index].recovered.append(now)
            case .closed(let id, let reason): nodes[index].closed.append((id, reason, now))
            case .attemptFailed(let attempt, let remote): nodes[index].failed.append((attempt, remote, now))
            case .versionMismatch(let theirs, _, _): nodes[index].versions.append(theirs)
            case .duplicateDevice(let device, _): nodes[index].duplicates.append(device)
            case .keys(let disclosure): nodes[index].keys.append(disclosure)
            }
        }
    }

    mutating func transmit(_ bytes: [UInt8], from: SocketAddress, to: SocketAddress) {
        var from = from
        // One with two addresses answers from where it was asked last.
        if let index = nodes.firstIndex(where: { $0.address == from }), let alias = spokenTo[index]?[to] { from = alias }
        if let index = nodes.firstIndex(where: { $0.address == from }), let mapped = nodes[index].nat?.leave(from, to: to) { from = mapped }
        let datagram = Datagram(bytes: bytes, from: from, to: to, sentAt: now)
        if records { sent.append(datagram) }
        guard !cut.contains(from), !cut.contains(to), bytes.count <= carries else { return }
        for _ in 0..<(random.chance(faults.duplicate) ? 2 : 1) where !random.chance(faults.loss) {
            var delay = (delays[[from, to]] ?? faults.delay) + random.jitter(faults.jitter)
            if random.chance(faults.reorder) { delay += random.jitter(faults.reorderDelay) }
            var bytes = bytes
            if random.chance(faults.flip) { bytes[random.below(bytes.count)] ^= 1 << UInt8(random.below(8)) }
            schedule(.datagram(Datagram(bytes: bytes, from: from, to: to, sentAt: now)), at: now + delay)
        }
    }

    /// Through the rendezvous, from a socket that is there to one that is.
    mutating func relay(_ bytes: [UInt8], from index: Int, to point: RelayPoint) {
        guard let member = nodes[index].member else { return }
        relayed.append((bytes, now))
        let half = relayDelay / 2
        var leaves = now + half
        if relayRate != nil {
            guard let at = relayRate?.take(bytes.count, at: leaves) else { return }
            leaves = at
        }
        schedule(.frame(bytes, from: member, to: point.member), at: leaves + half)
    }

    private mutating func schedule(_ carried: Carried, at: Instant) {
        order += 1
        let arrival = Arrival(at: at, order: order, carried: carried)
        // Newest last is the common case; kept sorted with the next arrival at the end of the reversed array.
        let position = arrivals.lastIndex { ($0.at, $0.order) > (arrival.at, arrival.order) }.map { $0 + 1 } ?? 0
        arrivals.insert(arrival, at: position)
    }

    private mutating func arrive(_ carried: Carried) {
        switch carried {
        case .datagram(let datagram):
            for index in nodes.indices {
                let isHere =
                    aliases[datagram.to] == index
                    || nodes[index].nat?.admits(datagram.from, to: datagram.to) ?? (nodes[index].address == datagram.to)
                guard isHere else { continue }
                if aliases.values.contains(index) { spokenTo[index, default: [:]][datagram.from] = datagram.to }
                nodes[index].endpoint.receive(datagram.bytes, from: datagram.from, now: now)
                drain(index)
                return
            }
        case .frame(let bytes, let from, let to):
            guard let index = nodes.firstIndex(where: { $0.member == to }) else { return }
            nodes[index].endpoint.receive(bytes, over: .relay(RelayPoint(place: 0, member: from)), now: now)
            drain(index)
        }
    }

    /// Moves to the next event; false if there is none before `limit`.
    private mutating func step(limit: Instant) -> Bool {
        var next = arrivals.last?.at
        for node in nodes { next = earliest(next, node.endpoint.deadline) }
        guard let next, next <= limit else { return false }
        now = max(now, next)
        for index in nodes.indices {
            if let deadline = nodes[index].endpoint.deadline, deadline <= now {
                nodes[index].endpoint.handleTimeout(now: now)
                drain(index)
            }
        }
        while let arrival = arrivals.last, arrival.at <= now {
            arrivals.removeLast()
            arrive(arrival.carried)
        }
        return true
    }

    /// Runs until the condition holds or `span` has passed; true if it holds.
    @discardableResult
    mutating func run(for span: Duration = .seconds(60), until isDone: (TestNet) -> Bool = { _ in false }) -> Bool {
        for index in nodes.indices { drain(index) }
        let limit = now + span
        while !isDone(self) {
            guard step(limit: limit) else {
                now = limit
                return isDone(self)
            }
        }
        return true
    }
}

/// What a rendezvous carries of one room (RV-51, RV-52): a tenth of a second of it at once, and what would wait longer than that not at all.
struct RelayRate {
    /// Bytes a second.
    let rate: Double
    private var clock: Instant = .distantPast
    private static let waitMax = Duration.milliseconds(100)
    /// Headers that count beside each datagram, with one receiver.
    private static let overhead = 54

    init(rate: Double) { self.rate = rate }

    /// When it leaves; nil if it is dropped.
    mutating func take(_ byteCount: Int, at now: Instant) -> Instant? {
        let next = max(clock, now - Self.waitMax) + .seconds(1).scaled(by: Double(byteCount + Self.overhead) / rate)
        guard next - now <= Self.waitMax else { return nil }
        clock = next
        return max(next, now)
    }
}

/// A NAT by its mapping and filtering (RFC 4787 §4.1, §5).
struct TestNAT {
    enum Kind { case fullCone, addressRestricted, portRestricted, symmetric }
    let kind: Kind
    let ip: IPAddress
    private var mappings: [SocketAddress?: SocketAddress] = [:]
    private var contacted: [SocketAddress: Set<SocketAddress>] = [:]
    private var nextPort: UInt16 = 50_000

    init(_ kind: Kind, _ ip: String) { (self.kind, self.ip) = (kind, SocketAddress("\(ip):1")!.ip) }

    mutating func leave(_ from: SocketAddress, to: SocketAddress) -> SocketAddress {
        let key = kind == .symmetric ? to : nil
        let mapped = mappings[key] ?? SocketAddress(ip: ip, port: nextPort)
        if mappings.updateValue(mapped, forKey: key) == nil { nextPort += 7 }
        contacted[mapped, default: []].insert(to)
        return mapped
    }

    func admits(_ from: SocketAddress, to: SocketAddress) -> Bool {
        guard let known = contacted[to] else { return false }
        return switch kind {
        case .fullCone: true
        case .addressRestricted: known.contains { $0.ip == from.ip }
        case .portRestricted, .symmetric: known.contains(from)
        }
    }

    /// All mappings are gone, as after its power failed.
    mutating func forget() { (mappings, contacted) = ([:], [:]) }
}

extension Route {
    static func == (left: Route, right: SocketAddress) -> Bool { left == .direct(right) }
}

/// A member that speaks the packets by hand, to say what an honest endpoint never says.
struct RawPeer {
    let keys: TransportKeys
    let rekeySecret: Secret32
    let remoteIndex: UInt32
    let localIndex: UInt32
    let address: SocketAddress
    var next: UInt64 = 0

    /// Dials `endpoint` by address and completes the handshake; nil if the endpoint refuses.
    ///
    /// - Parameter claimed: the ids that message 1 says, zero for a bare address.
    init?(
        dialling endpoint: inout Endpoint, configuration: Endpoint.Configuration, from address: SocketAddress, now: Instant,
        ephemeral: Secret32 = TestNet.secret(0x77), claimed: (initiator: PeerID, responder: PeerID)? = nil
    ) {
        self.address = address
        localIndex = 0xABCD_EF01
        let attempt = [UInt8](repeating: 0x33, count: 16)
        var noise = NoiseHandshake(
            role: .initiator, staticKey: configuration.staticKey, psk: configuration.epochs.inForce.psk,
            prologue: StartPacket.prologue(
                keys: configuration.epochs.inForce, initiator: claimed?.initiator ?? .zero, responder: claimed?.responder ?? .zero,
                attempt: attempt),
            ephemeral: ephemeral)
        guard let message = try? noise.writeMessage([]) else { return nil }
        func start(_ cookie: [UInt8]?) -> [UInt8] {
            StartPacket.encode(
                senderIndex: 0xABCD_EF01, attempt: attempt, initiator: claimed?.initiator ?? .zero, responder: claimed?.responder ?? .zero,
                noise: message, cookie: cookie, key: configuration.epochs.inForce.mac)
        }
        endpoint.receive(start(nil), from: address, now: now)
        guard let reply = Self.transmitted(&endpoint).first, let cookie = try? CookiePacket(decoding: reply),
            let plain = cookie.open(start: start(nil), keys: configuration.epochs.inForce)
        else { return nil }
        endpoint.receive(start(plain), from: address, now: now)
        guard let reply = Self.transmitted(&endpoint).first, let answer = try? AnswerPacket(decoding: reply),
            let inside = try? noise.readMessage(answer.noise), let identity = try? HandshakeIdentity(decodingAnswer: inside),
            let last = try? noise.writeMessage(
                HandshakeIdentity.encodeFinish(
                    configuration.certificate, salt: configuration.salt, remote: claimed?.responder ?? identity.peer, payload: []))
        else { return nil }
        remoteIndex = answer.senderIndex
        endpoint.receive(
            FinishPacket.encode(receiverIndex: answer.senderIndex, noise: last, key: configuration.epochs.inForce.mac), from: address,
            now: now)
        rekeySecret = noise.exportSecret(Rekey.label)
        keys = noise.finish()
    }

    /// A packet with these frame bytes and the next number.
    mutating func packet(_ frames: [UInt8]) -> [UInt8] {
        var packet: [UInt8] = []
        let headerCount = DataHeader.write(next, receiverIndex: remoteIndex, largestAcknowledged: nil, to: &packet)
        packet += frames
        keys.seal(&packet, headerCount: headerCount, counter: next)
        next += 1
        return packet
    }

    static func transmitted(_ endpoint: inout Endpoint) -> [[UInt8]] {
        outputs(&endpoint).compactMap { if case .transmit(let bytes, _, _) = $0 { bytes } else { nil } }
    }

    static func outputs(_ endpoint: inout Endpoint) -> [Endpoint.Output] {
        var outputs: [Endpoint.Output] = []
        while let output = endpoint.nextOutput() { outputs.append(output) }
        return outputs
    }

    /// Frame bytes of one piece of a stream.
    static func stream(_ lane: Lane = .ops, slot: UInt64 = 0, offset: UInt64, _ data: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = [Frame.streamType + lane.rawValue]
        bytes.appendVarint(slot)
        bytes.appendVarint(offset)
        bytes.appendVarint(UInt64(data.count))
        return bytes + data
    }
}

extension PeerSalt {
    /// One that gives a device a peer id with this first byte: tests need to know whose id is smaller.
    static func leading(to first: UInt8, of device: AuthorID) -> PeerSalt {
        for number in UInt64(0)... {
            guard let salt = PeerSalt((0..<16).map { $0 < 8 ? 0 : UInt8(truncatingIfNeeded: number >> (8 * (15 - $0))) }) else { break }
            if salt.peer(of: device).bytes[0] == first { return salt }
        }
        preconditionFailure("a number in 256 gives the byte \(first)")
    }
}
