import Foundation
import InkBoard
import InkCrypto
import InkPrimitives
import InkRendezvous
import InkSession
import InkTransport
import StandSockets

/// A member whose program was changed. It has the keys and the board that an honest program left on the disk, comes in by the right that it has, and
/// says from then on whatever it is told to.
///
/// What others bring it looks at as an honest member would, and it remembers who brought what.
final class PatchedMember {
    /// What is on the disk of a device that has joined.
    struct Estate: Decodable {
        /// The file of its keys.
        var identity: String
        /// The transactions of its board in the order in which it has them, genesis first, in hex.
        var transactions: [String]
    }

    struct Session {
        let remote: Remote
        /// Everything may be said.
        var isWelcome = false
        /// How much of our own work the peer has said to have.
        var receipt: UInt64 = 0
        /// How often it asked for something that we offered: by name, as a parent, and by its hash, in a comparison.
        var asked = 0
        var wanted = 0
        fileprivate var reconciler: Reconciler
        fileprivate var hashKey: [UInt8] { Array(remote.channelBinding.prefix(32)) }
    }

    let device: SigningKey
    private(set) var board: Board
    /// The transaction that gives our right, whether it still stands or not.
    let right: TransactionName
    private(set) var sessions: [ConnectionID: Session] = [:]
    /// Sessions that others ended.
    private(set) var closed = 0
    /// What others signed and somebody brought: whose devices did.
    private(set) var brought: [TransactionName: Set<AuthorID>] = [:]
    /// Who asks for it gets it, though it is not on our board.
    private var offers: [TransactionName: Transaction] = [:]
    private let socket: DatagramSocket
    /// Where it comes from to a rendezvous.
    private let source: SocketAddress
    private let keys: RoomKeys
    private let newcomer: Newcomer
    private var endpoint: Endpoint
    private var signaller: Signaller?
    /// Devices that are to be met over the relay.
    private var relayed: Set<AuthorID> = []
    private var attempts: [[UInt8]: RelayPoint] = [:]
    private var greetedAt = Instant.distantPast
    private var told: Fingerprint?

    var author: AuthorID { device.author }

    /// - Parameters:
    ///   - knows: how many of the board's transactions it knows; nil for all.
    ///   - number: its place on loopback, so that each comes from an address of its own.
    init(_ estate: Estate, keys: RoomKeys, number: UInt32, knows: Int? = nil) throws {
        let identity = try Data(contentsOf: URL(fileURLWithPath: estate.identity))
        // `inkwire`, a line feed and the format; the seed of the signing key; the static key; a check.
        guard identity.count == 81, let seed = Secret32([UInt8](identity[9..<41])), let secret = Secret32([UInt8](identity[41..<73])) else {
            throw Trouble("\(estate.identity) holds no keys of a device")
        }
        device = SigningKey(seed: seed)
        let transactions = try estate.transactions.map { try Transaction(decoding: Hex.decode($0) ?? []) }
        guard let genesis = transactions.first else { throw Trouble("\(estate.identity) has no board") }
        var whole = try Board(genesis: genesis)
        _ = whole.load(transactions.dropFirst())
        guard let right = whole.right(of: device.author) else { throw Trouble("\(estate.identity) has no right") }
        self.right = right
        if let knows {
            whole = try Board(genesis: genesis)
            _ = whole.load(transactions.dropFirst().prefix(knows))
        }
        board = whole
        self.keys = keys
        newcomer = Newcomer(device)
        source = SocketAddress(ip: .v4(0x7F00_0701 + number), port: 0)
        socket = try DatagramSocket(SocketAddress(ip: .v4(0x7F00_0001), port: 0))
        let staticKey = StaticKey(secret: secret)
        endpoint = Endpoint(
            Endpoint.Configuration(
                salt: newcomer.salt, keys: keys, staticKey: staticKey, certificate: .make(signing: device, staticKey: staticKey),
                seed: .random()))
    }

    // MARK: Meeting

    func dial(_ address: SocketAddress) throws {
        endpoint.dial(attempt: Self.attempt(), remote: nil, addresses: [address], now: currentTime())
        try drain()
    }

    /// Meets those devices as soon as they are seen at a rendezvous, over its relay.
    func meet(_ devices: Set<AuthorID>, at rendezvous: SocketAddress) throws {
        relayed.formUnion(devices)
        if signaller == nil {
            signaller = try Signaller(keys, rendezvous, from: source)
            signaller?.takesFrames()
        }
        greetedAt = .distantPast
    }

    /// Sessions in which everything may be said, in the order in which they came.
    var welcome: [ConnectionID] { sessions.filter(\.value.isWelcome).keys.sorted() }

    func leave() throws {
        for id in sessions.keys.sorted() { endpoint.close(id, now: currentTime()) }
        sessions = [:]
        relayed = []
        try drain()
    }

    // MARK: Saying

    /// How a transaction comes to somebody.
    enum Way: String, Decodable {
        /// As new.
        case live
        /// As history, unasked.
        case history
        /// As the parent of something new, which is asked for.
        case asked
        /// Named in a comparison, and sent when it is wanted.
        case compared
    }

    /// - Parameter child: of it, for `asked`.
    func give(_ transaction: Transaction, before child: Transaction? = nil, to ids: [ConnectionID], by way: Way) throws {
        let now = currentTime()
        offers[transaction.name] = transaction
        for id in ids {
            guard let session = sessions[id] else { continue }
            switch way {
            case .live: send(transaction, on: id, lane: .ops)
            case .history: send(transaction, on: id, lane: .bulk)
            case .asked: if let child { send(child, on: id, lane: .ops) }
            case .compared:
                var message = ReconcileMessage(
                    isFromInitiator: session.remote.isInitiator, root: NodeHash(Fingerprint(transaction.name.bytes) ?? .zero),
                    transactionCount: UInt64(board.coveredCount + 1))
                message.items = [.list(.from(transaction.lamport), [Self.hash(transaction.name, session)])]
                endpoint.send(SessionMessage.reconcile(message.bytes).encode(), lane: .control, on: id, now: now)
            }
        }
        try drain()
    }

    func say(_ message: SessionMessage, to ids: [ConnectionID]) throws {
        for id in ids where sessions[id] != nil { endpoint.send(message.encode(), lane: .control, on: id, now: currentTime()) }
        try drain()
    }

    func show(_ presence: PresencePacket, to ids: [ConnectionID]) throws {
        for id in ids where sessions[id] != nil { _ = endpoint.sendPresence(presence.bytes, on: id, now: currentTime()) }
        try drain()
    }

    /// Writes what it may, and gives it to those alone.
    func write(_ writes: [Write], to ids: [ConnectionID], by way: Way = .live) throws -> Transaction {
        let (transaction, _) = try board.author(writes, key: device, wallTime: 1, mayFork: true, under: right)
        for id in ids { send(transaction, on: id, lane: way == .live ? .ops : .bulk) }
        try drain()
        return transaction
    }

    /// True when all that was said has come to the other side.
    func isHeard(on ids: [ConnectionID]) -> Bool { ids.allSatisfy { endpoint.pendingBytes(on: $0) == 0 } }

    private func send(_ transaction: Transaction, on id: ConnectionID, lane: Lane) {
        let stream = lane == .ops ? transaction.author.prefix >> 2 : 0
        endpoint.send(transaction.encoded, lane: lane, stream: stream, on: id, now: currentTime())
    }

    private static func hash(_ name: TransactionName, _ session: Session) -> UInt64 {
        Blake2b.hash(name.bytes, key: session.hashKey, count: 16).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func attempt() -> [UInt8] {
        var generator = SecretGenerator(seed: .random())
        return generator.bytes(Endpoint.attemptCount)
    }

    // MARK: What comes

    /// Takes what has come and sends what is due.
    func pump() throws {
        let now = currentTime()
        while let (bytes, from) = socket.receive() { endpoint.receive(bytes, from: from, now: now) }
        if let signaller { try listen(to: signaller, now: now) }
        if let deadline = endpoint.deadline, deadline <= now { endpoint.handleTimeout(now: now) }
        try drain()
        // As an honest member says it, so that whoever has something for us finds out.
        guard told != board.fingerprint else { return }
        told = board.fingerprint
        try say(.fingerprint(board.fingerprint, count: UInt64(board.coveredCount)), to: welcome)
    }

    private func listen(to signaller: Signaller, now: Instant) throws {
        for (number, envelope) in try signaller.envelopes() where envelope.recipient == newcomer.peer && relayed.contains(envelope.device) {
            let (whom, point) = ((number, envelope.sender), RelayPoint(place: 0, member: number))
            switch envelope.content {
            case .helloAnswer(_, let nonce):
                let attempt = Self.attempt()
                guard let opening = endpoint.open(attempt: attempt, remote: envelope.sender, now: now) else { continue }
                attempts[attempt] = point
                let offer = Envelope.Content.offer(
                    echo: nonce, nonce: newcomer.nonce, attempt: attempt, opening: opening, candidates: [])
                try signaller.send(offer, as: newcomer, to: whom, takesRelay: true)
            case .offer(_, _, let attempt, let opening?, _):
                guard let reply = endpoint.answer(attempt: attempt, remote: envelope.sender, opening: opening, over: point, now: now) else {
                    continue
                }
                let answer = Envelope.Content.answer(attempt: attempt, reply: reply, candidates: [])
                try signaller.send(answer, as: newcomer, to: whom, takesRelay: true)
            case .answer(let attempt, let reply?, _):
                if let point = attempts[attempt] { endpoint.complete(attempt: attempt, reply: reply, over: point, now: now) }
            default: break
            }
        }
        for frame in signaller.frames() {
            endpoint.receive(frame.datagram, over: .relay(RelayPoint(place: 0, member: frame.sender)), now: now)
        }
        let met = Set(sessions.values.map(\.remote.author))
        if signaller.isJoined, !relayed.isSubset(of: met), now - greetedAt > .seconds(1) {
            greetedAt = now
            try signaller.send(.hello(nonce: newcomer.nonce), as: newcomer, to: nil, takesRelay: true)
        }
    }

    private func drain() throws {
        let now = currentTime()
        while let output = endpoint.nextOutput() {
            switch output {
            case .transmit(let bytes, .direct(let to), _): try socket.send(bytes, to: to)
            case .transmit(let bytes, .relay(let point), _):
                guard let number = signaller?.number else { continue }
                signaller?.carry(RelayFrame.ToServer(sender: number, receivers: [point.member], datagram: bytes).encoded)
            case .established(let id, let remote):
                let key = Array(remote.channelBinding.prefix(32))
                sessions[id] = Session(remote: remote, reconciler: Reconciler(hashKey: key, isInitiator: remote.isInitiator))
                for message in [SessionMessage.hello(hasGenesis: true, right: right), .welcome] {
                    endpoint.send(message.encode(), lane: .control, on: id, now: now)
                }
            case .closed(let id, _): if sessions.removeValue(forKey: id) != nil { closed += 1 }
            case .message(let bytes, .control, _, let id): hear(bytes, on: id, now: now)
            case .message(let bytes, _, _, let id): take(bytes, on: id)
            default: break
            }
        }
    }

    private func take(_ bytes: [UInt8], on id: ConnectionID) {
        guard let transaction = try? Transaction(decoding: bytes), let bringer = sessions[id]?.remote.author else { return }
        if transaction.author != author { brought[transaction.name, default: []].insert(bringer) }
        // What ends our right is none of what we go on from: so all that we write lies beside it.
        guard !transaction.removed.contains(where: { board.isRight($0, of: author) }) else { return }
        _ = board.insert(transaction)
    }

    private func hear(_ bytes: [UInt8], on id: ConnectionID, now: Instant) {
        guard let message = try? SessionMessage(decoding: bytes) else { return }
        func answer(_ message: SessionMessage) { endpoint.send(message.encode(), lane: .control, on: id, now: now) }
        switch message {
        case .askChain: answer(.chain(board.chain(of: right) ?? .none))
        case .welcome:
            sessions[id]?.isWelcome = true
            let fingerprint = SessionMessage.fingerprint(board.fingerprint, count: UInt64(board.coveredCount))
            for message in [.adjacent([]), .receipt(sequence: 0), fingerprint] { answer(message) }
            for message in sessions[id]?.reconciler.start(board: board) ?? [] { answer(.reconcile(message)) }
        case .receipt(let sequence): sessions[id]?.receipt = sequence
        case .ask(let names):
            for name in names {
                guard let transaction = offers[name] ?? board.transaction(name) else { continue }
                if offers[name] != nil { sessions[id]?.asked += 1 }
                send(transaction, on: id, lane: .ops)
            }
        case .reconcile(let bytes): compare(bytes, on: id, answer: answer)
        default: break
        }
    }

    private func compare(_ bytes: [UInt8], on id: ConnectionID, answer: (SessionMessage) -> Void) {
        guard let session = sessions[id], let message = try? ReconcileMessage(decoding: bytes) else { return }
        let wanted = message.items.reduce(into: Set<UInt64>()) { if case .want(_, let hashes) = $1 { $0.formUnion(hashes) } }
        if !wanted.isEmpty {
            for offer in offers.values where wanted.contains(Self.hash(offer.name, session)) {
                sessions[id]?.wanted += 1
                send(offer, on: id, lane: .bulk)
            }
        }
        guard let step = try? sessions[id]?.reconciler.receive(bytes, board: board) else { return }
        for reply in step.reply { answer(.reconcile(reply)) }
        for name in step.send { if let transaction = board.transaction(name) { send(transaction, on: id, lane: .bulk) } }
    }
}
