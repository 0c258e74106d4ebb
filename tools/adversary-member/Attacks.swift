import Foundation
import InkBoard
import InkConnectivity
import InkCrypto
import InkPrimitives
import InkRendezvous
import InkSession
import InkTransport
import StandSockets

/// What somebody may do to others.
enum Attack: String, CaseIterable {
    /// A member says to have one more of everybody's work than there is.
    case lyingReceipt = "lying-receipt"
    /// A stranger takes the topics of a rendezvous.
    case topics
    /// A member says the peer id of each newcomer to the one it comes to, before it is through.
    case squattedID = "squatted-id"
    /// A member comes with 256 devices from 256 addresses.
    case house
    /// As many, each of a network of its own.
    case houseNetworks = "house-networks"
    /// As many, each of which writes a line.
    case houseWriters = "house-writers"
    /// A member sends transactions whose parents nobody has.
    case orphans
    /// A member sends transactions in others' names that these never signed.
    case forged
    /// A member sends transactions of 4000 shapes each as history.
    case history
    /// A member forks its own log by the thousand, and wants to see it.
    case forks
    /// A member asks for everything, 800 times a second.
    case reconcile
    /// A member acknowledges late, makes us acknowledge much, then acknowledges the same again and again.
    case acknowledgements
    /// A member's presence comes 19 000 times a second.
    case presence
    /// It comes 2540 times a second, each time with 440 samples of another stroke.
    case presenceStrokes = "presence-strokes"
    /// A member invents newcomers who all are to be met at one address.
    case thirdParty = "third-party"
    /// A member has the rendezvous carry whatever it likes, to whom it likes.
    case relayMember = "relay-member"
    /// Somebody who is in another room, or in none, does.
    case relayStranger = "relay-stranger"
    /// A member offers a thousand addresses where nobody may be sent to.
    case candidates
    /// Who may not tries every kind of write, by every route.
    case roleWrites = "role-writes"

    func run(_ arguments: Arguments, _ invite: Invite?) throws -> [(String, Int)] {
        if self == .topics { return try Self.takeTopics(arguments) }
        if self == .roleWrites { return try RoleWrites.run() }
        guard let invite else { throw Trouble("INKWIRE_CODE holds no link") }
        switch self {
        case .topics, .roleWrites: return []
        case .squattedID: return try Self.squat(arguments, invite)
        case .house, .houseNetworks, .houseWriters: return try fillHouse(arguments, invite)
        case .thirdParty: return try Self.floodThirdParty(arguments, invite)
        case .relayMember, .relayStranger: return try RelayFlood.run(arguments, invite, isMember: self == .relayMember)
        case .candidates: return try ForbiddenTargets.offer(arguments, invite)
        case .lyingReceipt, .orphans, .forged, .history, .forks, .reconcile, .acknowledgements, .presence, .presenceStrokes:
            return try attackSessions(arguments, invite)
        }
    }

    // MARK: Members with sessions

    private static func loopback(_ third: UInt32 = 0, _ fourth: UInt32 = 1) -> SocketAddress {
        SocketAddress(ip: .v4(0x7F00_0000 | third << 8 | fourth), port: 0)
    }

    private func attackSessions(_ arguments: Arguments, _ invite: Invite) throws -> [(String, Int)] {
        let member = try Member(invite, host: Self.loopback())
        for target in arguments.targets { try member.dial(target) }
        let patience = currentTime() + .seconds(10)
        while member.sessions.count < arguments.targets.count || member.admission == nil {
            guard currentTime() < patience else {
                let admitted = member.admission == nil ? "not admitted" : "admitted"
                throw Trouble("\(member.sessions.count) of \(arguments.targets.count) sessions after 10 s, \(admitted)")
            }
            try member.pump()
            usleep(500)
        }
        say("ready")
        let end = currentTime() + .milliseconds(Int64(arguments.seconds * 1000))
        let usual: Double =
            switch self {
            case .lyingReceipt: 10
            case .orphans: 3400
            // Each makes one for each session, which goes to all.
            case .forged: 400
            // 70 kB a second.
            case .history: 1.4
            case .forks: 1000
            case .reconcile: 800
            case .presence: 19_000
            case .presenceStrokes: 2540
            default: 20
            }
        if self == .acknowledgements { return try acknowledge(member, until: end) }
        var bucket = TokenBucket(rate: arguments.rate ?? usual, burst: 100, now: currentTime())
        var sent = 0
        while currentTime() < end, !member.sessions.isEmpty {
            try member.pump()
            var batch = 0
            while batch < 200, bucket.take(now: currentTime()) {
                batch += 1
                for session in member.sessions.values where try act(member, session, sent) { sent += 1 }
                try member.drain()
            }
            if batch == 0 { usleep(200) }
        }
        return [("sent", sent), ("sessions", member.sessions.count)]
    }

    /// One step against one session; false where there is no room on the way.
    private func act(_ member: Member, _ session: Member.Session, _ number: Int) throws -> Bool {
        switch self {
        case .lyingReceipt: member.say(.receipt(sequence: session.newest + 1), to: session)
        case .orphans:
            guard member.pending(session) < 1 << 20 else { return false }
            var random = SystemRandomNumberGenerator()
            let parents = (0..<Limits.parents).map { _ in TransactionName(using: &random) }.sorted()
            let writes = [Write(ShapeID(author: member.device.author, number: UInt64(number + 1)), .kind, .kind(0))]
            member.send(try member.transaction(UInt64(number + 2), parents: parents, lamport: 9, writes: writes).encoded, to: session)
        case .forged:
            guard member.pending(session) < 1 << 20, let genesis = member.genesis else { return false }
            let write = Write(ShapeID(author: session.remote.author, number: UInt64(number + 1)), .kind, .kind(0))
            let forged = try member.transaction(
                1, of: session.remote.author, parents: [genesis.name], lamport: 2, at: UInt64(number), writes: [write])
            // In the name of whoever it goes to, and in those of the others.
            for other in member.sessions.values { member.send(forged.encoded, to: other) }
        case .history:
            let first = UInt64(number) * 4000
            let wide = try member.goOn((1...4000).map { Write(ShapeID(author: member.device.author, number: first + $0), .kind, .kind(0)) })
            for other in member.sessions.values { member.send(wide.encoded, to: other, lane: .bulk) }
        case .forks:
            guard member.pending(session) < 1 << 20, let first = member.admission else { return false }
            // Two thousand that its pace allows at once, and what comes on top; then three bytes at a time.
            guard number % 5 == 0 || number < 2000 else {
                member.say(.prove(sequence: 2), to: session)
                return true
            }
            let write = Write(ShapeID(author: member.device.author, number: UInt64(number + 1)), .kind, .kind(0))
            member.send(
                try member.transaction(2, parents: [first.name], lamport: first.lamport + 1, at: UInt64(number), writes: [write]).encoded,
                to: session)
        case .reconcile:
            guard member.pending(session) < 1 << 18 else { return false }
            var message = ReconcileMessage(isFromInitiator: true, root: NodeHash(.zero), transactionCount: 1)
            message.items = [.list(.from(0), [])]
            member.say(.reconcile(message.bytes), to: session)
        case .presence:
            let at = Int64(currentTime().nanoseconds / 1_000_000 % 65_536)
            let point = Point(x: Int32(number % 4000), y: Int32(number % 777))
            var hand = HandValue(frontEnd: .holder)
            hand.cursor = .samples(SampleRun([HandSample(at: at, point: point)], after: SampleRun.History(), sentAt: at))
            Self.show(hand, at: at, member, session)
        case .presenceStrokes:
            let at = Int64(currentTime().nanoseconds / 1_000_000 % 65_536)
            let samples = (0..<440).map { (step: Int) -> HandSample in
                HandSample(at: at - 880 + Int64(step * 2), point: Point(x: Int32(step * 9), y: Int32(step * step % 61)))
            }
            var hand = HandValue(frontEnd: .holder)
            hand.live = LiveValue(
                number: UInt64(number + 1), style: .stroke(ShapeDraft(kind: .freehand, position: .zero)),
                body: .stroke(from: 0, SampleRun(samples, after: SampleRun.History(), sentAt: at), isPen: true))
            Self.show(hand, at: at, member, session)
        default: break
        }
        return true
    }

    private static func show(_ hand: HandValue, at: Int64, _ member: Member, _ session: Member.Session) {
        var packet = PresencePacket(own: PresenceValue())
        (packet.own.sentAt, packet.own.hands) = (UInt16(at), [hand])
        member.transmit(frames: [0x03] + packet.bytes, to: session)
    }

    /// Late answers for 16 s, then 200 000 packets of which each asks for an answer, then packets with as many acknowledgements as fit.
    private func acknowledge(_ member: Member, until end: Instant) throws -> [(String, Int)] {
        member.lateness = .seconds(14)
        let flood = currentTime() + .seconds(16)
        while currentTime() < flood {
            try member.pump()
            usleep(500)
        }
        member.lateness = .zero
        var pings = 0
        while pings < 200_000, currentTime() < end, !member.sessions.isEmpty {
            for session in member.sessions.values {
                for _ in 0..<50 {
                    pings += 1
                    member.transmit(frames: [0x01], to: session)
                    try member.drain()
                    member.transmit(frames: [0x01], to: session)
                    try member.drain(isSending: false)
                }
            }
            // What comes is read, so that the sockets do not stand, and not acknowledged.
            while member.socket.receive() != nil {}
            usleep(1000)
        }
        var bombs = 0
        // largest 1, delay 0, no further run, first run 1: eight bytes an acknowledgement are five.
        let frames = [UInt8]((0..<143).flatMap { _ in [0x02, 0x01, 0x00, 0x00, 0x00] as [UInt8] })
        while currentTime() < end, !member.sessions.isEmpty {
            for session in member.sessions.values {
                bombs += 1
                member.transmit(frames: frames, to: session)
            }
            try member.pump()
            usleep(80_000)
        }
        return [("pings", pings), ("bombs", bombs), ("sessions", member.sessions.count)]
    }

    /// 256 devices from as many addresses, as fast as they get in; whoever is turned away comes again.
    private func fillHouse(_ arguments: Arguments, _ invite: Invite) throws -> [(String, Int)] {
        let members = try (0..<256 as Range<UInt32>).map { number in
            let host = self == .houseNetworks ? Self.loopback((number + 1) << 8 | 1) : Self.loopback(2 + number / 250, 1 + number % 250)
            return try Member(invite, host: host, writes: self == .houseWriters)
        }
        let end = currentTime() + .milliseconds(Int64(arguments.seconds * 1000))
        var (dialledAt, isReady, written) = (Instant.distantPast, false, Set<AuthorID>())
        var sockets = members.map { pollfd(fd: $0.socket.descriptor, events: Int16(POLLIN), revents: 0) }
        var turn = 0
        while currentTime() < end {
            if currentTime() - dialledAt > .seconds(2) {
                dialledAt = currentTime()
                for member in members { for target in arguments.targets where member.sessions[target] == nil { try member.dial(target) } }
            }
            // To look at all of them all the time would take the processor from those whom this is to trouble.
            _ = poll(&sockets, nfds_t(sockets.count), 5)
            turn += 1
            for (member, socket) in zip(members, sockets) where turn % 4 == 0 || socket.revents != 0 {
                try member.pump()
                guard self == .houseWriters, member.admission != nil, !member.sessions.isEmpty,
                    written.insert(member.device.author).inserted
                else { continue }
                let line = try member.goOn(Board.writes(saying: "let me in", by: member.device.author))
                for session in member.sessions.values { member.send(line.encoded, to: session) }
            }
            let inside = members.count { !$0.sessions.isEmpty }
            if !isReady, inside > 200 || currentTime() > end - .milliseconds(Int64(arguments.seconds * 900)) {
                isReady = true
                say("ready")
            }
        }
        return [("inside", members.count { !$0.sessions.isEmpty })]
    }

    // MARK: At the rendezvous

    /// Hears every newcomer greet, and says its salt where it is going.
    private static func squat(_ arguments: Arguments, _ invite: Invite) throws -> [(String, Int)] {
        guard let rendezvous = arguments.rendezvous else { throw Trouble("--rendezvous is missing") }
        let signaller = try Signaller(invite, rendezvous, from: loopback())
        var squatters: [PeerID: Member] = [:]
        let end = currentTime() + .milliseconds(Int64(arguments.seconds * 1000))
        var isReady = false
        while currentTime() < end {
            for (_, envelope) in try signaller.envelopes() where squatters[envelope.sender] == nil {
                guard case .salt(let salt) = envelope.speaker else { continue }
                let member = try Member(invite, host: loopback(), saying: salt)
                squatters[envelope.sender] = member
                for target in arguments.targets { try member.dial(target) }
            }
            for member in squatters.values { try member.pump() }
            if !isReady, signaller.isJoined {
                isReady = true
                say("ready")
            }
            usleep(200)
        }
        return [("tried", squatters.count), ("sessions", squatters.values.count { !$0.sessions.isEmpty })]
    }

    /// A newcomer each 250 ms, who is to be met at 16 ports of one address.
    private static func floodThirdParty(_ arguments: Arguments, _ invite: Invite) throws -> [(String, Int)] {
        guard let rendezvous = arguments.rendezvous else { throw Trouble("--rendezvous is missing") }
        let victims = try (0..<16).map { _ in try DatagramSocket(loopback(9, 9)) }
        let candidates = victims.map { Candidate(address: SocketAddress(ip: loopback(9, 9).ip, port: $0.port), kind: .host) }
        let signaller = try Signaller(invite, rendezvous, from: loopback())
        let began = currentTime()
        let end = began + .milliseconds(Int64(arguments.seconds * 1000))
        var (inventedAt, isReady, newcomers) = (Instant.distantPast, false, [Newcomer]())
        var (packets, bytes, most, inSecond, second) = (0, 0, 0, 0, Int64(0))
        while currentTime() < end {
            let now = currentTime()
            if signaller.isJoined, now - inventedAt > .milliseconds(250) {
                inventedAt = now
                newcomers.append(Newcomer())
                if let newest = newcomers.last { try signaller.send(.hello(nonce: newest.nonce), as: newest, to: nil) }
                if newcomers.count > 40 { newcomers.removeFirst() }
                if !isReady { say("ready") }
                isReady = true
            }
            for (member, envelope) in try signaller.envelopes() {
                guard let newcomer = newcomers.first(where: { $0.peer == envelope.recipient }) else { continue }
                switch envelope.content {
                case .offer(_, _, let attempt, _, _):
                    try signaller.send(.answer(attempt: attempt, candidates: candidates), as: newcomer, to: (member, envelope.sender))
                case .helloAnswer(_, let nonce):
                    var generator = SecretGenerator(seed: .random())
                    let attempt = generator.bytes(16)
                    try signaller.send(
                        .offer(echo: nonce, nonce: newcomer.nonce, attempt: attempt, candidates: candidates), as: newcomer,
                        to: (member, envelope.sender))
                default: break
                }
            }
            for victim in victims {
                while let (datagram, _) = victim.receive() {
                    packets += 1
                    bytes += datagram.count
                    inSecond += 1
                }
            }
            if (now - began).components.seconds != second {
                (second, most, inSecond) = ((now - began).components.seconds, max(most, inSecond), 0)
            }
            usleep(500)
        }
        return [("packets", packets), ("bytes", bytes), ("said", signaller.said), ("most_in_a_second", most)]
    }

    /// As many topics as a rendezvous gives, 16 a socket, and held.
    private static func takeTopics(_ arguments: Arguments) throws -> [(String, Int)] {
        guard let rendezvous = arguments.rendezvous else { throw Trouble("--rendezvous is missing") }
        let end = currentTime() + .milliseconds(Int64(arguments.seconds * 1000))
        var (sockets, failed, refused, topics) = ([(WebSocket, joined: Int)](), 0, 0, 0)
        var isReady = false
        while currentTime() < end {
            if sockets.count < 625, failed < 5000 {
                let source = loopback(1, 1 + UInt32((sockets.count + failed) % arguments.sources))
                do { sockets.append((try WebSocket(rendezvous, from: source), 0)) } catch { failed += 1 }
            }
            for index in sockets.indices.reversed() {
                for text in sockets[index].0.texts() {
                    switch try? JSONDecoder().decode(ServerMessage.self, from: Data(text)) {
                    case .welcome(let nonce, _, _, _, _):
                        for _ in 0..<16 {
                            let key = SigningKey(seed: .random())
                            let topic = Topic(Blake2b.hash256(key.author.bytes)) ?? .zero
                            let message = ClientMessage.join(
                                topic: topic, key: key.author, signature: key.sign(Signalling.joinProof(topic: topic, nonce: nonce)))
                            sockets[index].0.say(Array(try JSONEncoder().encode(message)))
                        }
                    case .joined:
                        topics += 1
                        sockets[index].joined += 1
                    case .refused: refused += 1
                    default: break
                    }
                }
                if !sockets[index].0.isOpen {
                    failed += 1
                    sockets.remove(at: index)
                }
            }
            if !isReady, topics >= 9900 || currentTime() > end - .milliseconds(Int64(arguments.seconds * 800)) {
                isReady = true
                say("ready")
            }
            if sockets.count >= 625 || failed >= 5000 { usleep(5000) }
        }
        return [
            ("sockets", sockets.count), ("topics", sockets.reduce(0) { $0 + $1.joined }), ("refused", refused), ("turned_away", failed),
        ]
    }
}

/// A member who was never there, or of whom at least nothing is known at the rendezvous yet.
struct Newcomer {
    let device: SigningKey
    let salt: PeerSalt
    let nonce: [UInt8]
    var peer: PeerID { salt.peer(of: device.author) }

    init(_ device: SigningKey = SigningKey(seed: .random())) {
        self.device = device
        var generator = SecretGenerator(seed: .random())
        salt = PeerSalt(using: &generator)
        nonce = generator.bytes(Envelope.nonceBytes)
    }
}

/// A place in a room's topic.
final class Signaller {
    private let socket: WebSocket
    private let keys: RoomKeys
    private var topic: Topic { Topic(keys.topic) ?? .zero }
    /// Our own number in the topic.
    private(set) var number: UInt32?
    var isJoined: Bool { number != nil }
    var isOpen: Bool { socket.isOpen }
    private let joins: Bool
    /// Bytes of boxes.
    private(set) var said = 0

    convenience init(_ invite: Invite, _ server: SocketAddress, from source: SocketAddress) throws {
        try self.init(RoomKeys(roomSecret: invite.roomSecret), server, from: source)
    }

    /// - Parameter joins: false for a socket that goes no further than being open.
    init(_ keys: RoomKeys, _ server: SocketAddress, from source: SocketAddress, joins: Bool = true) throws {
        (self.keys, self.joins) = (keys, joins)
        socket = try WebSocket(server, from: source)
    }

    /// What members said, with their numbers.
    func envelopes() throws -> [(UInt32, Envelope)] {
        var found: [(UInt32, Envelope)] = []
        for text in socket.texts() {
            switch try JSONDecoder().decode(ServerMessage.self, from: Data(text)) {
            case .welcome(let nonce, _, _, _, _):
                guard joins else { continue }
                try say(
                    .join(
                        topic: topic, key: keys.topicKey.author,
                        signature: keys.topicKey.sign(Signalling.joinProof(topic: topic, nonce: nonce))))
            case .joined(_, let member, _): number = member
            case .envelope(_, let member, let box):
                if let envelope = try? Envelope(opening: box, topic: topic, envelopeKey: keys.envelope) { found.append((member, envelope)) }
            case .refused, .mailbox: break
            }
        }
        return found
    }

    /// - Parameter takesRelay: it says that what the rendezvous carries is taken.
    func send(
        _ content: Envelope.Content, as newcomer: Newcomer, to recipient: (member: UInt32, peer: PeerID)?, takesRelay: Bool = false
    ) throws {
        var generator = SecretGenerator(seed: .random())
        let envelope = Envelope(
            speaker: .salt(newcomer.salt), recipient: recipient?.peer ?? .zero, device: newcomer.device.author, content: content,
            takesRelay: takesRelay)
        let box = envelope.sealed(for: topic, device: newcomer.device, envelopeKey: keys.envelope, using: &generator)
        said += box.count
        try say(.send(topic: topic, to: recipient?.member, box: box))
    }

    /// From now on what the rendezvous carries to us is kept for `frames`.
    func takesFrames() { socket.keepsBinaries = true }

    /// What it has carried to us, by the last look for envelopes.
    func frames() -> [RelayFrame.ToClient] { socket.takeBinaries().compactMap { try? RelayFrame.ToClient(decoding: $0) } }

    /// A relay frame, or what is said to be one.
    func carry(_ bytes: [UInt8]) { socket.say(binary: bytes) }

    private func say(_ message: ClientMessage) throws { socket.say(Array(try JSONEncoder().encode(message))) }
}
