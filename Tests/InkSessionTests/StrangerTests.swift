import InkBoard
import InkCrypto
import InkPrimitives
import InkTransport
import Testing

@testable import InkSession

/// A node, and a member that holds the room secret and says what it likes.
private struct Stranger {
    var node: Node
    var endpoint: Endpoint
    var heard: [SessionMessage] = []
    var transactions: [Transaction] = []
    var events: [Event] = []
    var connection: ConnectionID?
    let identity = PerfectPipes.identity(5)
    private(set) var now = Instant.zero
    private let nodeAddress = PerfectPipes.address(0)
    private let ownAddress = PerfectPipes.address(5)

    init(_ pipes: PerfectPipes) throws {
        node = Node(
            Node.Configuration(
                identity: PerfectPipes.identity(0), staticKey: StaticKey(secret: pipes.secret.derive("a")), roomSecret: pipes.secret,
                boardID: try #require(BoardID(pipes.genesis.name.bytes)), genesis: pipes.genesis),
            seed: Secret32(PerfectPipes.seedBytes(1))!, now: .zero)
        let staticKey = StaticKey(secret: pipes.secret.derive("b"))
        endpoint = Endpoint(
            Endpoint.Configuration(
                salt: try #require(PeerSalt(Array(PerfectPipes.seedBytes(9).prefix(16)))), keys: RoomKeys(roomSecret: pipes.secret),
                staticKey: staticKey,
                certificate: DeviceCertificate.make(signing: identity, staticKey: staticKey), initiatorPayload: [],
                seed: Secret32(PerfectPipes.seedBytes(2))!))
        endpoint.dial(attempt: Array(repeating: 7, count: 16), remote: nil, addresses: [nodeAddress], now: now)
        node.handle(.intent(.draw(ShapeDraft(kind: .note, position: .zero, text: "secret")), ref: nil), now: now)
        run(.seconds(2))
    }

    mutating func say(_ message: SessionMessage) {
        guard let connection else { return }
        endpoint.send(message.encode(), lane: .control, on: connection, now: now)
    }

    mutating func send(_ transaction: [UInt8]) {
        guard let connection else { return }
        endpoint.send(transaction, lane: .ops, stream: 1, on: connection, now: now)
    }

    /// Exchanges datagrams in steps of a millisecond.
    mutating func run(_ span: Duration) {
        let end = now + span
        while now < end {
            now += .milliseconds(1)
            endpoint.handleTimeout(now: now)
            while let output = endpoint.nextOutput() {
                switch output {
                case .transmit(let bytes, _, _):
                    node.handle(.datagram(bytes, from: ownAddress), now: now)
                    drainNode()
                case .established(let connection, _): self.connection = connection
                case .message(let bytes, .control, _, _): if let message = try? SessionMessage(decoding: bytes) { heard.append(message) }
                case .message(let bytes, _, _, _):
                    if let transaction = try? Transaction(decoding: bytes) { transactions.append(transaction) }
                default: break
                }
            }
            node.handle(.timeout, now: now)
            drainNode()
        }
    }

    mutating func quit() {
        node.handle(.quit, now: now)
        drainNode()
    }

    /// Lets the node's time go on with nobody at the other end, until something holds of it; when that was, nil if it never comes.
    mutating func alone(until holds: (Node) -> Bool) -> Instant? {
        let end = now + .seconds(120)
        while now < end, let deadline = node.deadline {
            now = max(now, deadline)
            node.handle(.timeout, now: now)
            drainNode()
            if holds(node) { return now }
        }
        return nil
    }

    private mutating func drainNode() {
        var answers: [Node.Input] = []
        while let output = node.nextOutput() {
            switch output {
            case .transmit(let bytes, _): endpoint.receive(bytes, from: nodeAddress, now: now)
            case .persist(let batch, _): answers.append(.persisted(batch))
            case .verify(let batch, let transactions): answers.append(.verified(batch, transactions.map(\.hasValidSignature)))
            case .event(let event, _): events.append(event)
            case .rendezvousSend, .rendezvousFrame, .rendezvousConnect, .rendezvousDisconnect, .rendezvousLiveness, .rendezvousProbe, .keys:
                break
            }
        }
        for answer in answers {
            node.handle(answer, now: now)
            drainNode()
        }
    }
}

@Suite struct StrangerTests {
    // SE-2
    @Test func `a member that does not say it has genesis hears nothing of the room but genesis`() throws {
        let pipes = try PerfectPipes()
        var stranger = try Stranger(pipes)
        stranger.say(.hello(hasGenesis: false))
        stranger.say(.ask([pipes.genesis.name]))
        stranger.run(.seconds(5))
        #expect(stranger.heard == [.hello(hasGenesis: true), .genesis(pipes.genesis.encoded)])
        #expect(stranger.transactions.isEmpty)
        #expect(stranger.node.presentPeers == 0)
    }

    @Test func `a member that says it has genesis is given the room`() throws {
        var stranger = try Stranger(try PerfectPipes())
        stranger.say(.hello(hasGenesis: true))
        stranger.run(.seconds(1))
        #expect(stranger.heard.contains { if case .fingerprint = $0 { true } else { false } })
        #expect(stranger.node.presentPeers == 1)
    }

    // SE-14
    @Test func `a transaction with a wrong signature is not inserted, and the breach is told`() throws {
        let pipes = try PerfectPipes()
        var stranger = try Stranger(pipes)
        stranger.say(.hello(hasGenesis: true))
        var board = try Board(genesis: pipes.genesis)
        let writes = try board.writes(
            for: ShapeDraft(kind: .rectangle, position: .zero, size: Size(width: 8, height: 8)), number: 1, by: stranger.identity.author)
        let (transaction, _) = try board.author(writes, key: stranger.identity, wallTime: 1)
        var forged = transaction.encoded
        forged[forged.count - 1] ^= 1
        stranger.send(forged)
        stranger.run(.seconds(1))
        #expect(stranger.node.board?.contains(transaction.name) == false)
        #expect(stranger.events.contains(.rejected(author: stranger.identity.author, rule: "signature")))
        stranger.send(transaction.encoded)
        stranger.run(.seconds(1))
        #expect(stranger.node.board?.contains(transaction.name) == true)
    }

    // SE-12 SE-75
    @Test func `a member that gives no receipts does not make leaving last`() throws {
        var stranger = try Stranger(try PerfectPipes())
        stranger.say(.hello(hasGenesis: true))
        stranger.run(.seconds(3))
        #expect(stranger.node.presentPeers == 1 && !stranger.node.isDelivered)
        stranger.quit()
        stranger.run(.milliseconds(1900))
        func stopped() -> Bool { stranger.events.contains { if case .stopped = $0 { true } else { false } } }
        #expect(!stopped())
        stranger.run(.milliseconds(600))
        #expect(stopped())
    }

    // SE-82
    @Test func `of who brings orphans without end few are taken, and what has its parents is`() throws {
        let pipes = try PerfectPipes()
        var stranger = try Stranger(pipes)
        stranger.say(.hello(hasGenesis: true))
        stranger.run(.seconds(1))
        var board = try Board(genesis: pipes.genesis)
        let own = try (0..<4).map { number in
            try board.author(Board.writes(saying: "\(number)", by: stranger.identity.author), key: stranger.identity, wallTime: 1).0
        }
        let source = try #require(stranger.node.neighbours.keys.first)
        #expect(stranger.node.agreement.verification.isEmpty)
        let isTaken = stranger.node.agreement.verification.takesOrphans(from: source, now: stranger.now)
        #expect(isTaken)
        for _ in 0..<Int(Carrier.orphansBurst) { stranger.node.agreement.verification.noteOrphan(from: source, now: stranger.now) }
        stranger.send(own[2].encoded)
        stranger.run(.milliseconds(3))
        #expect(stranger.node.board?.orphanCount == 0)
        stranger.send(own[0].encoded)
        stranger.send(own[1].encoded)
        stranger.run(.seconds(1))
        #expect(stranger.node.board?.contains(own[1].name) == true)
        // A while later there is room for some again.
        stranger.send(own[3].encoded)
        stranger.run(.milliseconds(100))
        #expect(stranger.node.board?.orphanCount == 1)
    }

    // SE-71
    @Test func `orphans of who is gone are forgotten half a minute later`() throws {
        let pipes = try PerfectPipes()
        var stranger = try Stranger(pipes)
        stranger.say(.hello(hasGenesis: true))
        var board = try Board(genesis: pipes.genesis)
        for number in 0..<4 {
            let (transaction, _) = try board.author(
                Board.writes(saying: "\(number)", by: stranger.identity.author), key: stranger.identity, wallTime: 1)
            if number > 0 { stranger.send(transaction.encoded) }
        }
        stranger.run(.seconds(1))
        #expect(stranger.node.board?.orphanCount == 3)
        // It is not heard of any more: the session ends, and then its time is over.
        let left = try #require(stranger.alone { $0.presentPeers == 0 && $0.peers.isEmpty })
        #expect(stranger.node.board?.orphanCount == 3)
        let forgotten = try #require(stranger.alone { $0.board?.orphanCount == 0 })
        #expect(left < forgotten && forgotten - left <= .seconds(31) && stranger.node.board?.missingCount == 0)
    }

    @Test func `garbage in place of a control message ends the session`() throws {
        var stranger = try Stranger(try PerfectPipes())
        stranger.say(.hello(hasGenesis: true))
        stranger.run(.seconds(1))
        #expect(stranger.node.presentPeers == 1)
        if let connection = stranger.connection {
            stranger.endpoint.send([99, 1, 2, 3], lane: .control, on: connection, now: .zero + .seconds(3))
        }
        stranger.run(.seconds(1))
        #expect(stranger.node.presentPeers == 0)
    }
}
