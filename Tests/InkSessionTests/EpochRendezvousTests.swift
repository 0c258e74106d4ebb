import InkBoard
import InkConnectivity
import InkCrypto
import InkPrimitives
import InkRendezvous
import InkTransport
import Testing

@testable import InkSession

/// Nodes of a board with roles that meet at a rendezvous and nowhere else, with all that it is given.
private struct Meeting {
    var nodes: [Node] = []
    var server: RendezvousServer
    var now = Instant(nanoseconds: 5_000_000_000)
    /// Whether datagrams reach whom they are sent to.
    var passes: Bool
    /// These do nothing any more, and nobody was told.
    var stopped: Set<Int> = []
    /// Envelopes, and to what topics they went.
    var boxes: [(from: Int, topic: Topic, box: [UInt8])] = []
    /// Datagrams, and what relays were given.
    var datagrams: [(from: Int, bytes: [UInt8])] = []
    private(set) var connects = 0
    private var configurations: [Node.Configuration] = []
    private var disks: [[StoreRecord]] = []
    private var sockets: [UInt64] = []
    private var late: [(at: Instant, node: Int, input: Node.Input)] = []
    private let genesis: Transaction
    let secret = Secret32([UInt8](repeating: 9, count: 32))!
    private(set) var key: InviteKey?

    static func address(_ index: Int) -> SocketAddress { SocketAddress(ip: .v4(0x0B00_0001 + UInt32(index)), port: 40_000) }

    init(_ count: Int, passes: Bool) throws {
        server = RendezvousServer(.init(), seed: [UInt8](repeating: 3, count: 32))
        self.passes = passes
        genesis = try Board.makeGenesis(
            owner: PerfectPipes.identity(0), name: "epochs", wallTime: 1_800_000_000_000, nonce: [UInt8](repeating: 7, count: 16),
            firstSecret: EpochSecret.commitment(to: secret))
        try add()
        let seed = try #require(Secret32(PerfectPipes.seedBytes(240)))
        let invite = RightsInvite(role: .editor, uses: 0, timeToLive: 0, key: SigningKey(seed: seed).author)
        let name = try nodes[0].govern(now: now) { _, author throws(RuleViolation) in try Board.writes(inviting: invite, by: author) }
        drain(0)
        key = InviteKey(invite: name, seed: seed)
        for _ in 1..<count { try add() }
    }

    private mutating func add() throws {
        let index = nodes.count
        let seed = try #require(Secret32([UInt8](repeating: UInt8(index + 1), count: 32)))
        var configuration = Node.Configuration(
            identity: PerfectPipes.identity(index), staticKey: StaticKey(secret: seed), roomSecret: secret,
            boardID: try #require(BoardID(genesis.name.bytes)), genesis: index == 0 ? genesis : nil, displayName: "n\(index)",
            rendezvousCount: 1)
        configuration.invite = index == 0 ? nil : key
        configurations.append(configuration)
        disks.append([])
        sockets.append(UInt64(index + 1) * 1000)
        nodes.append(Node(configuration, seed: seed, now: now))
        begin(index)
    }

    private mutating func begin(_ index: Int) {
        drain(index)
        give(.wallClock(1_800_000_000_000), to: index)
        give(.localAddresses([LocalAddress(Self.address(index))]), to: index)
    }

    /// Another process, with what the disk has.
    mutating func restart(_ index: Int) {
        server.closed(.init(sockets[index]), now: now)
        sockets[index] += 1
        late.removeAll { $0.node == index }
        stopped.remove(index)
        var configuration = configurations[index]
        let stored = disks[index].compactMap { if case .transaction(let transaction) = $0 { transaction } else { nil } }
        configuration.genesis = configuration.genesis ?? stored.first { $0.isGenesis }
        configuration.stored = stored.filter { !$0.isGenesis }
        configuration.epochRecords = disks[index].compactMap { if case .epoch(let record) = $0 { record } else { nil } }
        let seed = Secret32([UInt8](repeating: UInt8(truncatingIfNeeded: 100 + sockets[index] % 100 + UInt64(index) * 9), count: 32))!
        nodes[index] = Node(configuration, seed: seed, now: now)
        begin(index)
    }

    mutating func give(_ input: Node.Input, to index: Int) {
        nodes[index].handle(input, now: now)
        drain(index)
    }

    mutating func remove(_ index: Int?) throws -> TransactionName {
        let right = try index.map { try #require(nodes[0].board?.right(of: nodes[$0].author)) }
        let secret = nodes[0].epochForRemoval()
        let name = try nodes[0].govern(now: now) { board, author throws(RuleViolation) in
            try board.writes(removing: right.map { [$0] } ?? [], bringing: secret, by: author)
        }
        drain(0)
        return name
    }

    private mutating func drain(_ index: Int) {
        while let output = nodes[index].nextOutput() {
            switch output {
            case .transmit(let bytes, let to):
                if to.port == 3478, let answer = STUN.answer(to: bytes, from: Self.address(index)) {
                    later(index, .datagram(answer, from: to))
                    continue
                }
                datagrams.append((index, bytes))
                if passes, let other = nodes.indices.first(where: { Self.address($0) == to }) {
                    later(other, .datagram(bytes, from: Self.address(index)))
                }
            case .rendezvousConnect:
                connects += 1
                server.opened(.init(sockets[index]), now: now)
                later(index, .rendezvousConnected(to: SocketAddress(ip: .v4(0x0B01_0001), port: 8443)))
            case .rendezvousSend(let message, _):
                if case .send(let topic, _, let box) = message { boxes.append((index, topic, box)) }
                server.received(message, from: .init(sockets[index]), now: now)
            case .rendezvousFrame(let bytes, _, _):
                datagrams.append((index, bytes))
                server.relayed(bytes, from: .init(sockets[index]), now: now)
            case .persist(let batch, let records):
                disks[index] += records
                later(index, .persisted(batch))
            case .verify(let batch, let transactions): later(index, .verified(batch, transactions.map(\.hasValidSignature)))
            case .rendezvousDisconnect:
                server.closed(.init(sockets[index]), now: now)
                sockets[index] += 1
                later(index, .rendezvousClosed(reason: "closed"))
            case .event, .call, .answerCall, .rendezvousLiveness, .rendezvousProbe, .keys: break
            }
        }
        while let output = server.nextOutput() {
            switch output {
            case .send(let message, let token): if let node = node(of: token) { later(node, .rendezvousMessage(message)) }
            case .relay(let bytes, let token): if let node = node(of: token) { later(node, .rendezvousFrame(bytes)) }
            case .close(let token, _):
                guard let node = node(of: token) else { break }
                sockets[node] += 1
                later(node, .rendezvousClosed(reason: "closed"))
            }
        }
    }

    private func node(of token: RendezvousServer.ConnectionToken) -> Int? { sockets.firstIndex(of: token.number) }

    private mutating func later(_ node: Int, _ input: Node.Input) { late.append((now + .milliseconds(5), node, input)) }

    mutating func run(_ span: Duration, until isDone: (Meeting) -> Bool = { _ in false }) -> Bool {
        let end = now + span
        while now < end, !isDone(self) {
            now += .milliseconds(5)
            server.handleTimeout(now: now)
            let due = late.filter { $0.at <= now }
            late.removeAll { $0.at <= now }
            for item in due where !stopped.contains(item.node) { give(item.input, to: item.node) }
            for index in nodes.indices where !stopped.contains(index) {
                if let deadline = nodes[index].deadline, deadline <= now { give(.timeout, to: index) }
            }
        }
        return isDone(self)
    }

    func areTogether(_ members: [Int], at epoch: EpochID? = nil) -> Bool {
        Set(members.map { nodes[$0].board?.fingerprint }).count == 1
            && members.allSatisfy { index in
                nodes[index].presentPeers == members.count - 1 && nodes[index].board?.role(of: nodes[index].author) != nil
                    && (epoch == nil || nodes[index].linkSecret.epoch == epoch)
            }
    }
}

@Suite struct EpochRendezvousTests {
    @Test(arguments: [false, true])
    func `RV-63, RV-145, SE-197, SE-198: the room goes on to another topic, and who was removed reads no word of those who stay`(
        passes: Bool
    ) throws {
        var meeting = try Meeting(5, passes: passes)
        #expect(meeting.run(.seconds(30)) { $0.areTogether(Array(0..<5)) })
        let connects = meeting.connects
        let epoch = EpochSecret.epoch(begunBy: [try meeting.remove(4)])
        let stay = [0, 1, 2, 3]
        #expect(meeting.run(.seconds(5)) { $0.areTogether(stay, at: epoch) && $0.nodes[4].presentPeers == 0 })
        // Those who were there go on in one session, over one connection.
        #expect(meeting.connects == connects)
        // Who was there hears farewell from each by himself, and then nothing more.
        _ = meeting.run(.seconds(2))
        (meeting.boxes, meeting.datagrams) = ([], [])
        for index in [2, 0, 4] { meeting.restart(index) }
        #expect(meeting.run(.seconds(60)) { $0.areTogether(stay, at: epoch) })
        meeting.give(.intent(.draw(ShapeDraft(kind: .note, position: .zero, text: "later")), ref: nil), to: 1)
        #expect(
            meeting.run(.seconds(40)) { $0.nodes[3].board?.shapes.count == 1 && $0.areTogether(stay, at: epoch) && $0.boxes.count > 20 })
        let old = RoomKeys(roomSecret: meeting.secret)
        let removed = PerfectPipes.identity(4)
        let topic = try #require(Topic(old.topic))
        let own = meeting.boxes.filter { $0.from == 4 && $0.topic == topic }
        let others = meeting.boxes.filter { $0.from != 4 }
        #expect(others.count > 8 && !own.isEmpty)
        func opens(_ box: [UInt8], in topic: Topic) -> Bool {
            (try? Envelope(opening: box, topic: topic, envelopeKey: old.envelope, device: removed)) != nil
        }
        #expect(own.allSatisfy { opens($0.box, in: topic) })
        for item in others { #expect(item.topic != topic && !opens(item.box, in: item.topic) && !opens(item.box, in: topic)) }
        #expect(meeting.nodes[4].board?.shapes.isEmpty == true && meeting.nodes[4].presentPeers == 0)
    }

    @Test(arguments: [false, true])
    func `RV-63, RV-143, RV-145, SE-346, SE-348: who was away for epochs is heard in the topic where he was, no removed one`(
        passes: Bool
    ) throws {
        var meeting = try Meeting(4, passes: passes)
        #expect(meeting.run(.seconds(30)) { $0.areTogether([0, 1, 2, 3]) })
        meeting.stopped = [2]
        #expect(meeting.run(.seconds(90)) { $0.areTogether([0, 1, 3]) })
        _ = try meeting.remove(3)
        _ = meeting.run(.seconds(2))
        let epoch = EpochSecret.epoch(begunBy: [try meeting.remove(nil)])
        #expect(meeting.run(.seconds(5)) { $0.areTogether([0, 1], at: epoch) })
        // In the old topic the removed one greets and greets.
        meeting.boxes = []
        meeting.restart(3)
        _ = meeting.run(.seconds(10))
        let topic = try #require(Topic(RoomKeys(roomSecret: meeting.secret).topic))
        #expect(meeting.boxes.contains { $0.from == 3 && $0.topic == topic } && meeting.nodes[3].presentPeers == 0)
        meeting.restart(2)
        #expect(meeting.run(.seconds(60)) { $0.areTogether([0, 1, 2], at: epoch) })
        // What those who stay said there was for one device.
        let removed = PerfectPipes.identity(3)
        let old = RoomKeys(roomSecret: meeting.secret)
        let said = meeting.boxes.filter { $0.from < 2 && $0.topic == topic }
        #expect(!said.isEmpty)
        for item in said { #expect((try? Envelope(opening: item.box, topic: topic, envelopeKey: old.envelope, device: removed)) == nil) }
        // Once all are here the old topic is left.
        _ = meeting.run(.seconds(2))
        meeting.boxes = []
        _ = meeting.run(.seconds(40))
        #expect(!meeting.boxes.contains { $0.from < 3 && $0.topic == topic } && meeting.nodes[3].presentPeers == 0)
    }
}
