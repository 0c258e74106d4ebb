import InkConnectivity
import InkCrypto
import InkPrimitives
import Testing

@testable import InkRendezvous

/// Peers who have one list of several rendezvous, each of which may be down, or the same as another, in virtual time.
private struct Roads {
    typealias Token = RendezvousServer.ConnectionToken

    struct Peer {
        var client: RendezvousClient
        let id: PeerID
        var open: Set<Int> = []
        var connects: [Int] = []
        var closings: [(place: Int, reason: String)] = []
        var dials: [(attempt: [UInt8], remote: PeerID)] = []
        var expects: [(attempt: [UInt8], remote: PeerID)] = []
        var left: [PeerID] = []
        var sent: [(message: ClientMessage, place: Int)] = []
        var received: [(message: ServerMessage, place: Int)] = []
        /// By which relays messages 1 and 2 came.
        var answers: [RelayPoint] = []
        var completes: [RelayPoint] = []
        var reach: [PeerID: [Int: UInt32]] = [:]
    }

    private enum Step {
        case connected(Int, Int), lost(Int, Int), toServer(Int, Int, ClientMessage), toClient(Int, Int, ServerMessage)
    }

    /// Nil: down.
    var servers: [RendezvousServer?]
    /// Which server a place of the list leads to; nil: nowhere.
    var roads: [Int?]
    var peers: [Peer] = []
    var now = Instant.zero
    /// What is not delivered.
    var loses: (_ message: ServerMessage, _ place: Int) -> Bool = { _, _ in false }
    /// Whom the first place shows to nobody, and nobody to: the number of its id.
    var hides: UInt8?
    /// Places whose rendezvous relays.
    var relaying: Set<Int> = []
    private var steps = Queue<Step>()

    init(places: Int, servers: Int? = nil) {
        self.servers = (0..<(servers ?? places)).map { Self.server($0) }
        roads = (0..<places).map { min($0, (servers ?? places) - 1) }
    }

    static func server(_ number: Int) -> RendezvousServer {
        // Which of them relays, a test says.
        var configuration = RendezvousServer.Configuration()
        configuration.relayRate = nil
        return RendezvousServer(configuration, seed: [UInt8](repeating: UInt8(40 + number), count: 32))
    }

    static func token(_ peer: Int, _ place: Int) -> Token { Token(UInt64(peer * 100 + place)) }

    /// A peer whose id sorts by `number` starts.
    @discardableResult
    mutating func start(_ number: UInt8) -> Int {
        var client = RendezvousClient(
            keys: Meeting.keys(), device: Meeting.device(number), salt: Meeting.salt(number),
            seed: Secret32([UInt8](repeating: number, count: 32))!, count: roads.count)
        client.setCandidates(
            [Candidate(address: SocketAddress(ip: .v4(0xCB00_7100 | UInt32(number)), port: 40_000 + UInt16(number)), kind: .host)], now: now
        )
        client.start(now: now)
        peers.append(Peer(client: client, id: Meeting.peerID(number)))
        settle(peers.count - 1)
        return peers.count - 1
    }

    /// A server is gone with all its connections.
    mutating func kill(_ server: Int) {
        servers[server] = nil
        for place in roads.indices where roads[place] == server { block(place, keeping: true) }
    }

    /// A place leads nowhere any more, and what was open there is lost.
    mutating func block(_ place: Int, keeping: Bool = false) {
        for peer in peers.indices where peers[peer].open.contains(place) { steps.append(.lost(peer, place)) }
        run()
        if !keeping { roads[place] = nil }
    }

    /// Drains a client, then does all that follows.
    mutating func settle(_ peer: Int) {
        drain(peer)
        run()
    }

    private mutating func drain(_ peer: Int) {
        while let output = peers[peer].client.nextOutput() {
            switch output {
            case .connect(let place):
                peers[peer].connects.append(place)
                let isUp = roads[place].map { servers[$0] != nil } ?? false
                steps.append(isUp ? .connected(peer, place) : .lost(peer, place))
            case .disconnect(let place, let reason):
                peers[peer].closings.append((place, reason))
                steps.append(.lost(peer, place))
            case .send(let message, let place):
                peers[peer].sent.append((message, place))
                steps.append(.toServer(peer, place, message))
            case .dial(let attempt, let remote, _): peers[peer].dials.append((attempt, remote))
            case .expect(let attempt, let remote, _): peers[peer].expects.append((attempt, remote))
            case .peerLeft(let id): peers[peer].left.append(id)
            case .open(let attempt, let remote):
                peers[peer].client.opened(attempt: attempt, remote: remote, opening: Meeting.opening(attempt), now: now)
            case .answer(let attempt, let remote, _, let via, _):
                peers[peer].answers.append(via)
                peers[peer].client.answered(attempt: attempt, remote: remote, reply: Meeting.reply(attempt), at: via.place, now: now)
            case .complete(_, _, _, let via, _): peers[peer].completes.append(via)
            case .reachable(let id, let point): peers[peer].reach[id, default: [:]][point.place] = point.member
            case .unreachable(let id, let place): peers[peer].reach[id]?[place] = nil
            case .joined, .peerAppeared, .abandon, .stunServer, .versionMismatch, .candidates, .sendFrame, .relayed, .liveness,
                .probe:
                break
            }
        }
    }

    private mutating func drainServers() {
        for server in servers.indices {
            while let output = servers[server]?.nextOutput() {
                switch output {
                case .relay: break
                case .send(let message, let token): steps.append(.toClient(Int(token.number) / 100, Int(token.number) % 100, message))
                case .close(let token, _): steps.append(.lost(Int(token.number) / 100, Int(token.number) % 100))
                }
            }
        }
    }

    private mutating func run() {
        while let step = steps.popFirst() {
            switch step {
            case .connected(let peer, let place):
                guard let server = roads[place] else { continue }
                peers[peer].open.insert(place)
                peers[peer].client.connected(to: Meeting.rendezvous, at: place, now: now)
                drain(peer)
                servers[server]?.opened(Self.token(peer, place), now: now)
            case .lost(let peer, let place):
                if let server = roads[place] { servers[server]?.closed(Self.token(peer, place), now: now) }
                peers[peer].open.remove(place)
                peers[peer].client.disconnected(at: place, now: now)
                drain(peer)
            case .toServer(let peer, let place, let message):
                guard let server = roads[place], peers[peer].open.contains(place) else { continue }
                servers[server]?.received(message, from: Self.token(peer, place), now: now)
            case .toClient(let peer, let place, let message): deliver(message, to: peer, at: place)
            }
            drainServers()
        }
    }

    private mutating func deliver(_ message: ServerMessage, to peer: Int, at place: Int) {
        guard peers[peer].open.contains(place), !loses(message, place), !(place == 0 && isHidden(message, from: peer)) else { return }
        peers[peer].received.append((message, place))
        peers[peer].client.received(message, at: place, now: now)
        if case .welcome = message, relaying.contains(place) { peers[peer].client.setRelayRate(65_536, at: place) }
        drain(peer)
    }

    private func isHidden(_ message: ServerMessage, from peer: Int) -> Bool {
        guard let hidden = hides.map({ Meeting.peerID($0) }), case .envelope(let topic, _, let box) = message else { return false }
        let sender = try? Envelope(opening: box, topic: topic, envelopeKey: Meeting.keys().envelope).sender
        return peers[peer].id == hidden || sender == hidden
    }

    /// A rendezvous says something of its own accord.
    mutating func say(_ message: ServerMessage, to peer: Int, at place: Int) {
        deliver(message, to: peer, at: place)
        run()
    }

    mutating func run(for span: Duration) {
        let end = now + span
        while let next = peers.compactMap(\.client.deadline).min(), next <= end {
            now = max(now, next)
            for peer in peers.indices {
                peers[peer].client.handleTimeout(now: now)
                settle(peer)
            }
        }
        now = end
    }

    mutating func setSession(_ lives: Bool) {
        peers[0].client.sessionLives(with: peers[1].id, lives, now: now)
        settle(0)
        peers[1].client.sessionLives(with: peers[0].id, lives, now: now)
        settle(1)
    }

    /// The attempts that a peer named in answers, by place.
    func answers(of peer: Int) throws -> [Int: Set<[UInt8]>] {
        var attempts: [Int: Set<[UInt8]>] = [:]
        for (message, place) in peers[peer].sent {
            guard case .send(let topic, _, let box) = message else { continue }
            let envelope = try Envelope(opening: box, topic: topic, envelopeKey: Meeting.keys().envelope)
            if case .answer(let attempt, _, _) = envelope.content { attempts[place, default: []].insert(attempt) }
        }
        return attempts
    }
}

@Suite struct SeveralRendezvousTests {
    @Test(arguments: [[1, 2], [2, 1]] as [[UInt8]])
    func `RV-23: who came while the first of the list was down is met by one who comes when it is back`(order: [UInt8]) {
        var roads = Roads(places: 2)
        roads.kill(0)
        roads.start(order[0])
        roads.run(for: .milliseconds(100))
        roads.servers[0] = Roads.server(0)
        roads.start(order[1])
        roads.run(for: .milliseconds(50))
        #expect(roads.peers[1].open == [0, 1])
        let dials = roads.peers.flatMap(\.dials)
        #expect(dials.map(\.remote) == [Meeting.peerID(2)])
        roads.run(for: .seconds(60))
        #expect(roads.peers[0].open == [0, 1], "it comes back to the first, too")
    }

    @Test(arguments: [[1, 2], [2, 1]] as [[UInt8]])
    func `RV-122: a pair that shares three rendezvous has one attempt, and each copy of its offer one answer`(order: [UInt8]) throws {
        var roads = Roads(places: 3)
        // As long as no answer arrives the offer is repeated, wherever the other is seen.
        roads.loses = { message, _ in
            guard case .envelope(let topic, _, let box) = message else { return false }
            let envelope = try? Envelope(opening: box, topic: topic, envelopeKey: Meeting.keys().envelope)
            return if case .answer? = envelope?.content { true } else { false }
        }
        for number in order { roads.start(number) }
        roads.run(for: .seconds(4))
        roads.loses = { _, _ in false }
        roads.run(for: .seconds(4))
        let (small, large) = order[0] == 1 ? (0, 1) : (1, 0)
        let attempts = Set(roads.peers[small].dials.map(\.attempt))
        #expect(attempts.count == 1)
        #expect(Set(roads.peers[large].expects.map(\.attempt)) == attempts)
        #expect(roads.peers[large].dials.isEmpty && roads.peers[small].expects.isEmpty)
        #expect(try roads.answers(of: large) == [0: attempts, 1: attempts, 2: attempts])
    }

    @Test(arguments: [0, 1])
    func `RV-122: a rendezvous that drops all but greetings keeps nobody apart who shares another`(mute: Int) {
        var roads = Roads(places: 2)
        roads.loses = { message, place in
            guard place == mute, case .envelope(let topic, _, let box) = message else { return false }
            let envelope = try? Envelope(opening: box, topic: topic, envelopeKey: Meeting.keys().envelope)
            return envelope.map { $0.recipient != .zero } ?? true
        }
        roads.start(1)
        roads.start(2)
        roads.run(for: .seconds(1))
        #expect(roads.peers[0].dials.map(\.remote) == [Meeting.peerID(2)])
    }

    @Test
    func `RV-122: who is seen at another place still is not lost when one place is, and is dialled again through the other`() {
        var roads = Roads(places: 2)
        roads.start(1)
        roads.start(2)
        roads.setSession(true)
        roads.kill(0)
        #expect(roads.peers.allSatisfy { $0.left.isEmpty })
        let before = roads.peers[0].dials.count
        roads.setSession(false)
        roads.run(for: .seconds(1))
        #expect(roads.peers[0].dials.count == before + 1)
        roads.peers[1].client.leave()
        roads.settle(1)
        #expect(roads.peers[0].left == [Meeting.peerID(2)], "a farewell at one place is one")
    }

    @Test func `RV-24: two names of one rendezvous are held once, the later is looked at again after five minutes`() {
        var roads = Roads(places: 3, servers: 2)
        roads.roads = [0, 0, 1]
        roads.start(1)
        roads.start(2)
        #expect(Set(roads.peers[0].dials.map(\.attempt)).count == 1)
        roads.run(for: .milliseconds(2100))
        #expect(roads.peers.map(\.open) == [[0, 2], [0, 2]])
        #expect(roads.peers[0].closings.map(\.place) == [1])
        #expect(roads.servers[0]?.socketCount == 2)
        #expect(Set(roads.peers[0].dials.map(\.attempt)).count == 1)
        roads.setSession(true)
        roads.run(for: .seconds(299))
        #expect(roads.peers[0].connects.count { $0 == 1 } == 1)
        roads.run(for: .seconds(5))
        #expect(roads.peers[0].connects.count { $0 == 1 } == 2 && roads.peers.map(\.open) == [[0, 2], [0, 2]])
    }

    @Test func `RV-24: the second name of a rendezvous is used at once when the first leads nowhere any more`() {
        var roads = Roads(places: 2, servers: 1)
        roads.start(1)
        roads.start(2)
        roads.run(for: .milliseconds(2100))
        #expect(roads.peers.map(\.open) == [[0], [0]])
        roads.block(0)
        roads.run(for: .seconds(1))
        #expect(roads.peers.map(\.open) == [[1], [1]])
        #expect(roads.peers.allSatisfy { $0.client.present.count == 1 })
    }

    @Test func `RV-101: a second name of one rendezvous is held for as long as something of ours is kept there`() {
        var roads = Roads(places: 2, servers: 1)
        roads.start(1)
        roads.peers[0].client.setHeld([1])
        roads.start(2)
        roads.run(for: .seconds(60))
        #expect(roads.peers.map(\.open) == [[0, 1], [0]])
        roads.peers[0].client.setHeld([])
        roads.run(for: .seconds(60))
        #expect(roads.peers.map(\.open) == [[0], [0]])
    }

    @Test func `RV-124: a rendezvous that is let into another in our place and brings nothing else hides nobody`() {
        var roads = Roads(places: 2, servers: 1)
        roads.start(1)
        roads.run(for: .seconds(1))
        // What comes at the first place is what shall make us believe that both are one, and to nobody anything that another said.
        let own = Set(roads.peers[0].sent.map(\.place))
        #expect(own == [0, 1])
        roads.loses = { message, place in
            guard place == 0, case .envelope = message else { return false }
            return true
        }
        roads.start(2)
        roads.run(for: .seconds(20))
        #expect(roads.peers.map(\.open) == [[0, 1], [0, 1]] && roads.peers.allSatisfy(\.closings.isEmpty))
        #expect(roads.peers.allSatisfy { $0.client.present.count == 1 })
        #expect(!roads.peers[0].dials.isEmpty && !roads.peers[1].expects.isEmpty)
        // It does its work in the end.
        roads.loses = { _, _ in false }
        roads.run(for: .seconds(60))
        #expect(roads.peers.map(\.open) == [[0], [0]])
    }

    @Test func `RV-124: a rendezvous that brings some members and not others is not the same as one that brings all`() {
        var roads = Roads(places: 2, servers: 1)
        for number in 1...2 as ClosedRange<UInt8> { roads.start(number) }
        roads.run(for: .seconds(3))
        #expect(roads.peers.map(\.open) == [[0], [0]])
        // Who has met greets rarely.
        roads.setSession(true)
        roads.hides = 3
        roads.start(3)
        // After the rest all look again, and wait for what members answer there.
        roads.run(for: .seconds(310))
        #expect(roads.peers.allSatisfy { $0.client.present.count == 2 && $0.open == [0, 1] })
    }

    @Test func `RV-24: a member that plays our greetings to us elsewhere does not make us leave a rendezvous`() throws {
        var roads = Roads(places: 2)
        let topic = try #require(Topic(Meeting.keys().topic))
        roads.start(1)
        let greetings = roads.peers[0].sent.compactMap { message, place in
            if case .send(_, nil, let box) = message { (box, place) } else { nil }
        }
        #expect(greetings.map(\.1) == [0, 1])
        for (box, place) in greetings { roads.say(.envelope(topic: topic, from: 4711, box: box), to: 0, at: 1 - place) }
        #expect(roads.peers[0].open == [0, 1] && roads.peers[0].closings.isEmpty)
    }

    @Test func `RV-25: one refusal ends a connection, and fifty thousand say no more than one`() {
        var roads = Roads(places: 1)
        roads.start(1)
        for round in 0..<50_000 { roads.say(.refused(round % 2 == 0 ? .topicFull : .tooManyTopics), to: 0, at: 0) }
        #expect(roads.peers[0].closings.map(\.reason) == [RendezvousRefusal.topicFull.description])
        #expect(roads.peers[0].client.deadline.map { $0 - roads.now <= .milliseconds(500) } == true, "another try follows")
    }

    @Test func `RV-9, RV-25: a rendezvous that lets us in and throws us out in turn is asked ever more rarely`() {
        var roads = Roads(places: 1)
        roads.start(1)
        for _ in 0..<600 {
            roads.say(.refused(.notJoined), to: 0, at: 0)
            roads.run(for: .seconds(1))
        }
        #expect((10...90).contains(roads.peers[0].connects.count))
        roads.run(for: .seconds(60))
        let before = roads.peers[0].connects.count
        roads.say(.refused(.notJoined), to: 0, at: 0)
        roads.run(for: .milliseconds(501))
        #expect(roads.peers[0].connects.count == before + 1, "one that kept us for a while is asked at once")
    }

    @Test(arguments: [[1, 2], [2, 1]] as [[UInt8]])
    func `RV-128: of two rendezvous the one that relays carries the handshake, and candidates are told at the other only`(order: [UInt8])
        throws
    {
        var roads = Roads(places: 2)
        roads.relaying = [1]
        for number in order { roads.start(number) }
        // Where they saw each other first an attempt is under way by then: the relay is offered the same.
        roads.run(for: .milliseconds(300))
        let (small, large) = order[0] == 1 ? (0, 1) : (1, 0)
        #expect(Set(roads.peers[small].dials.map(\.attempt)).count == 1)
        #expect(!roads.peers[small].completes.isEmpty && roads.peers[small].completes.allSatisfy { $0.place == 1 })
        #expect(!roads.peers[large].answers.isEmpty && roads.peers[large].answers.allSatisfy { $0.place == 1 })
        #expect(roads.peers[small].reach[Meeting.peerID(2)]?.keys.sorted() == [1])
        #expect(roads.peers[large].reach[Meeting.peerID(1)]?.keys.sorted() == [1])
        for peer in roads.peers {
            for (message, place) in peer.sent {
                guard case .send(let topic, _, let box) = message else { continue }
                switch try Envelope(opening: box, topic: topic, envelopeKey: Meeting.keys().envelope).content {
                case .offer(_, _, _, let opening, let candidates): #expect((opening != nil, candidates.isEmpty) == (place == 1, place == 1))
                case .answer(_, let reply, let candidates): #expect((reply != nil, candidates.isEmpty) == (place == 1, place == 1))
                default: continue
                }
            }
        }
        // The relay of a place that is lost is lost, too.
        roads.kill(1)
        #expect(roads.peers[small].reach[Meeting.peerID(2)]?.isEmpty == true)
    }
}
