import InkBoard
import InkConnectivity
import InkCrypto
import InkPrimitives
import InkTransport
import Testing

@testable import InkSession

/// A node, and a member that holds the room secret and says what it likes.
struct Stranger {
    var node: Node
    var endpoint: Endpoint
    var heard: [SessionMessage] = []
    var transactions: [Transaction] = []
    var events: [Event] = []
    /// Where datagrams of the node went; all of them arrive.
    private(set) var destinations: Set<SocketAddress> = []
    var connection: ConnectionID?
    /// Why sessions ended, in order.
    var closed: [CloseReason] = []
    /// Sessions that there were.
    var sessions = 0
    /// What the node gives its disk is not on it yet.
    private(set) var isDiskHeld = false
    private var heldBatches: [UInt64] = []
    let identity = PerfectPipes.identity(5)
    private(set) var now = Instant.zero
    private let nodeAddress = PerfectPipes.address(0)
    private let ownAddress = PerfectPipes.address(5)

    /// - Parameters:
    ///   - stored: what the node has of the board besides genesis.
    ///   - invite: the node comes by it, and has no board yet but for what is stored.
    ///   - inviter: who gave it that by a code.
    ///   - seed: of the stranger's process.
    init(
        _ pipes: PerfectPipes, stored: [Transaction] = [], invite: InviteKey? = nil, inviter: AuthorID? = nil, seed: UInt8 = 2
    ) throws {
        var configuration = Node.Configuration(
            identity: PerfectPipes.identity(invite == nil ? 0 : 1), staticKey: StaticKey(secret: pipes.secret.derive("a")),
            roomSecret: pipes.secret, boardID: try #require(BoardID(pipes.genesis.name.bytes)),
            genesis: invite == nil || !stored.isEmpty ? pipes.genesis : nil,
            stored: stored)
        (configuration.invite, configuration.inviter) = (invite, inviter)
        node = Node(configuration, seed: Secret32(PerfectPipes.seedBytes(1))!, now: .zero)
        let staticKey = StaticKey(secret: pipes.secret.derive("b"))
        endpoint = Endpoint(
            Endpoint.Configuration(
                salt: try #require(PeerSalt(Array(PerfectPipes.seedBytes(9).prefix(16)))), keys: RoomKeys(roomSecret: pipes.secret),
                staticKey: staticKey,
                certificate: DeviceCertificate.make(signing: identity, staticKey: staticKey), initiatorPayload: [],
                seed: Secret32(PerfectPipes.seedBytes(seed))!))
        dial()
        node.handle(.intent(.draw(ShapeDraft(kind: .note, position: .zero, text: "secret")), ref: nil), now: now)
        run(.seconds(2))
    }

    mutating func dial() {
        sessions += 1
        endpoint.dial(attempt: Array(repeating: UInt8(sessions % 251), count: 16), remote: nil, addresses: [nodeAddress], now: now)
    }

    /// Sends so many transactions of its own, each after the one before, and not the first, which they come after.
    ///
    /// - Returns: a board that has all of them.
    mutating func sendsOrphans(_ count: Int, of genesis: Transaction) throws -> Board {
        var board = try Board(genesis: genesis)
        for number in 0...count {
            let (transaction, _) = try board.author(
                Board.writes(saying: "\(number)", by: identity.author), key: identity, wallTime: 1)
            if number > 0 { send(transaction.encoded) }
        }
        return board
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
                case .closed(_, let reason): closed.append(reason)
                default: break
                }
            }
            node.handle(.timeout, now: now)
            drainNode()
        }
    }

    mutating func give(_ input: Node.Input) {
        node.handle(input, now: now)
        drainNode()
    }

    mutating func holdDisk() { isDiskHeld = true }

    mutating func releaseDisk() {
        isDiskHeld = false
        for batch in heldBatches { give(.persisted(batch)) }
        heldBatches = []
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
            case .transmit(let bytes, let destination):
                destinations.insert(destination)
                endpoint.receive(bytes, from: nodeAddress, now: now)
            case .persist(let batch, _) where isDiskHeld: heldBatches.append(batch)
            case .persist(let batch, _): answers.append(.persisted(batch))
            case .verify(let batch, let transactions): answers.append(.verified(batch, transactions.map(\.hasValidSignature)))
            case .event(let event, _): events.append(event)
            case .call, .answerCall, .rendezvousSend, .rendezvousFrame, .rendezvousConnect, .rendezvousDisconnect, .rendezvousLiveness,
                .rendezvousProbe,
                .keys:
                break
            }
        }
        for answer in answers {
            node.handle(answer, now: now)
            drainNode()
        }
    }
}
