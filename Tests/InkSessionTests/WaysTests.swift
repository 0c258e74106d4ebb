import InkBoard
import InkConnectivity
import InkCrypto
import InkPrimitives
import InkRendezvous
import InkTransport
import Testing

@testable import InkSession

/// Nodes that meet at a rendezvous that relays; datagrams pass or not as a test says.
private struct Meeting {
    var nodes: [Node] = []
    var server: RendezvousServer
    var now = Instant(nanoseconds: 5_000_000_000)
    /// What each sent to addresses.
    var sent: [[(bytes: [UInt8], to: SocketAddress)]] = []
    var events: [[Event]] = []
    /// Where each would dial when it is opened again.
    private(set) var saved: [[SocketAddress]] = []
    var passes = false
    /// These do nothing any more, and nobody was told.
    var stopped: Set<Int> = []
    /// Frames that an input made and that did not leave with it.
    private(set) var leftover = 0
    private var late: [(at: Instant, node: Int, input: Node.Input)] = []

    static func address(_ index: Int) -> SocketAddress { SocketAddress(ip: .v4(0x0B00_0001 + UInt32(index)), port: 40_000) }
    static let rendezvous = SocketAddress(ip: .v4(0x0B01_0001), port: 8443)

    /// - Parameter relayRate: bytes a second that the rendezvous carries of a room.
    init(_ policies: [RelayPolicy], relayRate: Int = 64 << 10) throws {
        var rendezvous = RendezvousServer.Configuration()
        rendezvous.relayRate = relayRate
        server = RendezvousServer(rendezvous, seed: [UInt8](repeating: 3, count: 32))
        let owner = SigningKey(seed: Secret32([UInt8](repeating: 1, count: 32))!)
        let genesis = try Board.makeGenesis(
            owner: owner, name: "ways", wallTime: 1_800_000_000_000, nonce: [UInt8](repeating: 7, count: Limits.boardNonceBytes))
        for (index, policy) in policies.enumerated() {
            let seed = Secret32([UInt8](repeating: UInt8(index + 1), count: 32))!
            var configuration = Node.Configuration(
                identity: SigningKey(seed: seed), staticKey: StaticKey(secret: seed),
                roomSecret: Secret32([UInt8](repeating: 9, count: 32))!, boardID: BoardID(genesis.name.bytes)!,
                genesis: index == 0 ? genesis : nil, displayName: "n\(index)", rendezvousCount: 1)
            configuration.relayPolicy = policy
            configuration.linkAddresses = index == 0 ? [] : [Self.address(0)]
            nodes.append(Node(configuration, seed: seed, now: now))
            sent.append([])
            events.append([])
            saved.append([])
            drain(index)
            give(.wallClock(1_800_000_000_000), to: index)
            give(.localAddresses([LocalAddress(Self.address(index))]), to: index)
        }
    }

    mutating func give(_ input: Node.Input, to index: Int) {
        nodes[index].handle(input, now: now)
        drain(index)
        guard nodes[index].deadline.map({ $0 > now }) ?? true else { return }
        // Nothing is due: what comes now was there before.
        var copy = nodes[index]
        copy.handle(.timeout, now: now)
        while let output = copy.nextOutput() { if case .rendezvousFrame = output { leftover += 1 } }
    }

    private mutating func drain(_ index: Int) {
        while let output = nodes[index].nextOutput() {
            switch output {
            case .transmit(let bytes, let to):
                sent[index].append((bytes, to))
                if to.port == 3478, let answer = STUN.answer(to: bytes, from: Self.address(index)) {
                    later(index, .datagram(answer, from: to))
                } else if passes, let other = nodes.indices.first(where: { Self.address($0) == to }) {
                    later(other, .datagram(bytes, from: Self.address(index)))
                }
            case .rendezvousConnect:
                server.opened(.init(UInt64(index)), now: now)
                later(index, .rendezvousConnected(to: Self.rendezvous))
            case .rendezvousSend(let message, _): server.received(message, from: .init(UInt64(index)), now: now)
            case .rendezvousFrame(let bytes, _, _): server.relayed(bytes, from: .init(UInt64(index)), now: now)
            case .persist(let batch, let records):
                for case .lastPeers(let addresses) in records { saved[index] = addresses }
                later(index, .persisted(batch))
            case .verify(let batch, let transactions): later(index, .verified(batch, transactions.map(\.hasValidSignature)))
            case .event(let event, _): events[index].append(event)
            case .call, .answerCall, .rendezvousDisconnect, .rendezvousLiveness, .rendezvousProbe, .keys: break
            }
        }
        while let output = server.nextOutput() {
            switch output {
            case .send(let message, let token): later(Int(token.number), .rendezvousMessage(message))
            case .relay(let bytes, let token): later(Int(token.number), .rendezvousFrame(bytes))
            case .close: break
            }
        }
    }

    private mutating func later(_ node: Int, _ input: Node.Input) { late.append((now + .milliseconds(10), node, input)) }

    mutating func run(for span: Duration, until isDone: (Meeting) -> Bool = { _ in false }) -> Bool {
        let end = now + span
        while now < end, !isDone(self) {
            now += .milliseconds(1)
            server.handleTimeout(now: now)
            while let first = late.first, first.at <= now {
                late.removeFirst()
                if !stopped.contains(first.node) { give(first.input, to: first.node) }
            }
            for index in nodes.indices where !stopped.contains(index) {
                if let deadline = nodes[index].deadline, deadline <= now { give(.timeout, to: index) }
            }
        }
        return isDone(self)
    }

    func isReady(_ index: Int) -> Bool { events[index].contains { if case .ready = $0 { true } else { false } } }
    func path(_ index: Int) -> PeerStatus.Path? { nodes[index].peers.first?.path }
}

@Suite struct WaysTests {
    @Test func `SE-113: who can reach nobody by datagrams is on the board over the relay, and told so`() throws {
        var meeting = try Meeting([.any, .any])
        let isThere = meeting.run(for: .seconds(2)) { $0.isReady(1) }
        #expect(isThere)
        #expect(meeting.path(0) == .relayRendezvous && meeting.path(1) == .relayRendezvous)
    }

    @Test(arguments: [RelayPolicy.any, .only])
    func `SE-116: what an input makes for a relay leaves with it`(policy: RelayPolicy) throws {
        var meeting = try Meeting([policy, policy])
        let isThere = meeting.run(for: .seconds(2)) { $0.isReady(1) }
        #expect(isThere)
        let line = ShapeDraft(kind: .line, position: .zero, points: [.zero, Point(x: 9, y: 9)])
        for node in 0...1 { meeting.give(.intent(.draw(line), ref: 1), to: node) }
        let areEqual = meeting.run(for: .seconds(2)) { $0.nodes.allSatisfy { $0.board?.shapeCount == 2 } }
        #expect(areEqual)
        #expect(meeting.leftover == 0)
    }

    @Test(arguments: [16, 512])
    func `TR-69: what a welcome says of the relay is what a session takes of it`(kibibytes: Int) throws {
        var meeting = try Meeting([.only, .only], relayRate: kibibytes << 10)
        let isThere = meeting.run(for: .seconds(5)) { $0.isReady(1) }
        #expect(isThere)
        let connection = try #require(meeting.nodes[0].endpoint.connectionIDs.first)
        // As much as the relay carries only once there was something to carry.
        let box = ShapeDraft(kind: .note, position: .zero, text: String(repeating: "x", count: 2000))
        for _ in 0..<200 { meeting.give(.intent(.draw(box), ref: 1), to: 0) }
        var window = 0
        _ = meeting.run(for: .seconds(3)) {
            window = max(window, $0.nodes[0].endpoint.statistics(connection)?.window ?? 0)
            return false
        }
        // With 64 KiB it would be between these.
        #expect(kibibytes == 16 ? window == 2 * Limits.datagramBytes : window >= 10 * Limits.datagramBytes, "\(window)")
    }

    @Test func `SE-113: where datagrams pass a direct way is taken a moment later`() throws {
        var meeting = try Meeting([.any, .any])
        meeting.passes = true
        let isDirect = meeting.run(for: .seconds(3)) { $0.isReady(1) && $0.path(0) == .direct && $0.path(1) == .direct }
        #expect(isDirect)
    }

    @Test func `SE-304: who was met over the relay and is direct now is dialled there another time`() throws {
        var meeting = try Meeting([.any, .any])
        let isRelayed = meeting.run(for: .seconds(3)) { $0.isReady(1) && $0.path(0) == .relayRendezvous && $0.path(1) == .relayRendezvous }
        #expect(isRelayed && meeting.saved == [[], []])
        meeting.passes = true
        for node in 0...1 {
            meeting.give(.localAddresses([LocalAddress(Meeting.address(node)), LocalAddress(Meeting.address(node + 2))]), to: node)
        }
        let isDirect = meeting.run(for: .seconds(60)) { $0.path(0) == .direct && $0.path(1) == .direct }
        #expect(isDirect)
        #expect(meeting.saved == [[Meeting.address(1)], [Meeting.address(0)]])
    }

    @Test func `SE-115: of one who was met and went without a word nobody says that he is there and cannot be reached`() throws {
        var meeting = try Meeting([.any, .any])
        let isThere = meeting.run(for: .seconds(3)) { $0.isReady(1) && $0.path(0) == .relayRendezvous }
        #expect(isThere)
        meeting.stopped = [1]
        let isLost = meeting.run(for: .seconds(40)) { $0.nodes[0].peers.isEmpty }
        #expect(isLost)
        _ = meeting.run(for: .seconds(8))
        let isTold = meeting.events[0].contains { if case .meeting(_, _, .some) = $0 { true } else { false } }
        #expect(!isTold)
    }

    @Test func `SE-116: who leaves says so over the relay, too`() throws {
        var meeting = try Meeting([.any, .any])
        let isRelayed = meeting.run(for: .seconds(3)) { $0.isReady(1) && $0.path(0) == .relayRendezvous }
        #expect(isRelayed)
        _ = meeting.run(for: .seconds(1))
        meeting.give(.quit, to: 1)
        let leftAt = meeting.now
        let isTold = meeting.run(for: .seconds(5)) { told in
            told.events[0].contains { if case .peer(let status) = $0 { status.state == .left } else { false } }
        }
        #expect(isTold && meeting.now - leftAt < .seconds(4))
    }

    @Test func `SE-114: who wants relays only sends nothing to any address, and is met all the same`() throws {
        var meeting = try Meeting([.any, .only])
        meeting.passes = true
        let isThere = meeting.run(for: .seconds(2)) { $0.isReady(1) }
        _ = meeting.run(for: .seconds(40))
        #expect(isThere && meeting.path(1) == .relayRendezvous && meeting.path(0) == .relayRendezvous)
        #expect(meeting.sent[1].isEmpty)
        // Nor does the other learn where it is.
        #expect(meeting.sent[0].allSatisfy { $0.to.ip != Meeting.address(1).ip })
    }

    @Test func `SE-114: who wants no relay is met directly or not at all`() throws {
        for passes in [false, true] {
            var meeting = try Meeting([.any, .never])
            meeting.passes = passes
            let isThere = meeting.run(for: .seconds(6)) { $0.isReady(1) }
            #expect(isThere == passes)
            if passes { #expect(meeting.path(1) == .direct) }
        }
    }
}

@Suite struct MeetingsTests {
    @Test func `SE-115: who cannot be met is told of on both sides within five seconds, with what is in the way`() throws {
        var meeting = try Meeting([.any, .never])
        let isTold = meeting.run(for: .seconds(6)) { told in
            (0..<2).allSatisfy { told.obstacles($0).contains { $0 != nil } }
        }
        #expect(isTold)
        for index in 0..<2 {
            let told = meeting.obstacles(index)
            #expect(told.first == .some(nil), "first that it is tried")
            #expect(told.count == 2)
        }
        #expect(meeting.obstacles(0).last??.relay == .refusedThere && meeting.obstacles(1).last??.relay == .refusedHere)
    }

    @Test func `SE-115: of who is met nothing is told, nor of who has gone`() {
        var meetings = Meetings()
        let (one, two) = (PeerID([UInt8](repeating: 1, count: 32))!, PeerID([UInt8](repeating: 2, count: 32))!)
        let author = AuthorID([UInt8](repeating: 3, count: 32))!
        for peer in [one, two] { meetings.appeared(peer, author: author, now: .zero) }
        meetings.ended(one)
        #expect(meetings.due(now: .zero + .seconds(1)).isEmpty)
        let first = meetings.due(now: .zero + Meetings.connectingAfter)
        #expect(first.map(\.peer) == [two] && first[0].isOver == false)
        #expect(meetings.deadline == Instant.zero + Meetings.unreachableAfter)
        let second = meetings.due(now: .zero + .seconds(5))
        #expect(second.map(\.isOver) == [true] && meetings.due(now: .zero + .seconds(50)).isEmpty && meetings.deadline == nil)
    }
}

extension Meeting {
    fileprivate func obstacles(_ index: Int) -> [Obstacle?] {
        events[index].compactMap { event -> Obstacle?? in if case .meeting(_, _, let obstacle) = event { .some(obstacle) } else { nil } }
    }
}
