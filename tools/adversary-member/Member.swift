import InkBoard
import InkCrypto
import InkPrimitives
import InkSession
import InkTransport
import StandSockets

/// A member of a room with a socket and a device of its own, whose link is true and whose words are what an attack needs.
///
/// It comes in as everybody does: claims its invite, says hello, is welcomed; and writes its admission first.
final class Member {
    let keys: RoomKeys
    let device: SigningKey
    let board: BoardID
    private let inviteKey: InviteKey
    /// False: it is let in by its claim, and writes nothing.
    private let writes: Bool
    let socket: DatagramSocket
    private(set) var endpoint: Endpoint
    /// The sessions that live, by the address of the other.
    private(set) var sessions: [SocketAddress: Session] = [:]
    /// How long what comes is kept before it is looked at.
    var lateness: Duration = .zero
    private var late = Queue<(bytes: [UInt8], from: SocketAddress, until: Instant)>()
    private(set) var genesis: Transaction?
    /// Our first, which gives the right to all that follows.
    private(set) var admission: Transaction?
    /// Our newest.
    private var own: Transaction?
    /// Datagrams that came.
    private(set) var received = 0

    struct Session {
        let id: ConnectionID
        let remote: Remote
        let since: Instant
        /// The newest sequence that its person showed us of its own work.
        var newest: UInt64 = 0
    }

    /// - Parameters:
    ///   - host: the address to send from.
    ///   - saying: the salt of somebody else; nil for one of our own.
    init(_ invite: Invite, host: SocketAddress, saying salt: PeerSalt? = nil, writes: Bool = true) throws {
        guard let key = invite.key else { throw Trouble("the link is of a board on which nobody has a role") }
        (inviteKey, self.writes) = (key, writes)
        keys = RoomKeys(roomSecret: invite.roomSecret)
        board = invite.board
        device = SigningKey(seed: .random())
        socket = try DatagramSocket(host)
        let staticKey = StaticKey(secret: .random())
        var generator = SecretGenerator(seed: .random())
        endpoint = Endpoint(
            Endpoint.Configuration(
                salt: salt ?? PeerSalt(using: &generator), keys: keys, staticKey: staticKey,
                certificate: .make(signing: device, staticKey: staticKey), seed: .random()))
    }

    func dial(_ address: SocketAddress, remote: PeerID? = nil) throws {
        var generator = SecretGenerator(seed: .random())
        endpoint.dial(attempt: generator.bytes(Endpoint.attemptCount), remote: remote, addresses: [address], now: currentTime())
        try drain()
    }

    func say(_ message: SessionMessage, to session: Session) {
        endpoint.send(message.encode(), lane: .control, on: session.id, now: currentTime())
    }

    func send(_ transaction: [UInt8], to session: Session, lane: Lane = .ops) {
        endpoint.send(transaction, lane: lane, on: session.id, now: currentTime())
    }

    func transmit(frames: [UInt8], to session: Session) { endpoint.transmit(frames: frames, on: session.id, now: currentTime()) }

    /// What is on the way to be sent and acknowledged.
    func pending(_ session: Session) -> Int { endpoint.pendingBytes(on: session.id) }

    /// Takes what has come and sends what is due.
    ///
    /// - Parameter isSending: false loses what would be sent.
    func pump(isSending: Bool = true) throws {
        let now = currentTime()
        while let (bytes, from) = socket.receive() {
            received += 1
            if lateness > .zero, sessions[from] != nil {
                late.append((bytes, from, now + lateness))
            } else {
                endpoint.receive(bytes, from: from, now: now)
            }
        }
        while let first = late.first, first.until <= now, let datagram = late.popFirst() {
            endpoint.receive(datagram.bytes, from: datagram.from, now: now)
        }
        if let deadline = endpoint.deadline, deadline <= now { endpoint.handleTimeout(now: now) }
        try drain(isSending: isSending)
    }

    func drain(isSending: Bool = true) throws {
        let now = currentTime()
        while let output = endpoint.nextOutput() {
            switch output {
            case .transmit(let bytes, .direct(let to), _): if isSending { try socket.send(bytes, to: to) }
            case .established(let id, let remote):
                guard let address = remote.address else { continue }
                sessions[address] = Session(id: id, remote: remote, since: now)
                let claim = InviteClaim(of: device.author, to: board, by: inviteKey.invite, key: inviteKey.signer)
                let hello = SessionMessage.hello(hasGenesis: genesis != nil, right: admission?.name)
                for message in [.claim(claim), hello, .welcome, .adjacent([])] {
                    endpoint.send(message.encode(), lane: .control, on: id, now: now)
                }
            case .closed(let id, _): sessions = sessions.filter { $0.value.id != id }
            case .message(let bytes, let lane, _, let id): try take(bytes, lane: lane, on: id, now: now)
            default: break
            }
        }
    }

    private func take(_ bytes: [UInt8], lane: Lane, on id: ConnectionID, now: Instant) throws {
        guard lane == .control else {
            guard let transaction = try? Transaction(decoding: bytes) else { return }
            for (address, session) in sessions where session.remote.author == transaction.author {
                sessions[address]?.newest = max(session.newest, transaction.sequence)
            }
            if transaction.name == inviteKey.invite, writes, admission == nil { try join(after: transaction) }
            return
        }
        guard case .genesis(let encoded)? = try? SessionMessage(decoding: bytes), genesis == nil else { return }
        genesis = try Transaction(decoding: encoded)
        for session in sessions.values {
            for message in [SessionMessage.hello(hasGenesis: true), .receipt(sequence: 0), .ask([inviteKey.invite])] {
                endpoint.send(message.encode(), lane: .control, on: session.id, now: now)
            }
        }
    }

    private func join(after invite: Transaction) throws {
        let proof = RightsAdmission(of: device.author, to: board, inviteKey: inviteKey.signer)
        let first = try transaction(
            1, under: invite.name, parents: [invite.name], lamport: invite.lamport + 1,
            writes: Board.writes(joining: proof, by: device.author))
        (admission, own) = (first, first)
        for session in sessions.values { send(first.encoded, to: session) }
    }

    /// A transaction in good form.
    ///
    /// - Parameters:
    ///   - author: whose it is to seem; the signature is ours.
    ///   - right: the one that it names; nil for that of our admission.
    func transaction(
        _ sequence: UInt64, of author: AuthorID? = nil, under right: TransactionName? = nil, parents: [TransactionName], lamport: UInt64,
        at wallTime: UInt64 = 0, writes: [Write]
    ) throws -> Transaction {
        try Transaction.sign(
            TransactionHeader(
                board: board, author: author ?? device.author, sequence: sequence, previous: sequence > 1 ? parents[0] : .zero,
                grant: right ?? admission?.name ?? .zero, parents: parents, lamport: lamport, claimedWallTime: wallTime),
            writes: writes, key: device)
    }

    /// The next of our own, which goes to all.
    func goOn(_ writes: [Write]) throws -> Transaction {
        guard let before = own else { throw Trouble("nothing can be written before the admission is") }
        let transaction = try transaction(before.sequence + 1, parents: [before.name], lamport: before.lamport + 1, writes: writes)
        own = transaction
        return transaction
    }
}
