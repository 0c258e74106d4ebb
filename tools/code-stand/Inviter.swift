import InkBoard
import InkCrypto
import InkPrimitives
import InkRendezvous
import InkSession
import StandSockets

/// Somebody's program on a board of its own, as it is in the product but for its disk: it gives codes at a rendezvous, and hears what becomes of them.
final class Inviter {
    /// A code that it gave.
    struct Offer {
        let text: String
        let invite: InviteKey
    }

    private var node: Node
    private let server: SocketAddress
    private var line: Line?
    private var lineIsTold = false
    private var next: UInt64 = 0
    private var answered: [UInt64: Offer] = [:]
    private var obstacles: [String] = []
    private var told: [TransactionName: [CodeNews.What]] = [:]
    /// By how much its clock is before that of the stand.
    private(set) var ahead: Duration = .zero
    let board: BoardID
    let secret: Secret32
    let device: AuthorID

    init(at server: SocketAddress, using random: inout SecretGenerator) throws {
        self.server = server
        secret = random.secret()
        let owner = SigningKey(seed: random.secret())
        device = owner.author
        let genesis = try Board.makeGenesis(
            owner: owner, name: "codes", wallTime: Self.wallTime, nonce: random.bytes(16), firstSecret: EpochSecret.commitment(to: secret))
        guard let board = BoardID(genesis.name.bytes) else { throw Trouble("a board without a name") }
        self.board = board
        var configuration = Node.Configuration(
            identity: owner, staticKey: StaticKey(secret: random.secret()), roomSecret: secret, boardID: board, genesis: genesis,
            displayName: "ann", rendezvousCount: 1)
        configuration.invitePlaces = InvitePlaces([Invite.Host(name: "127.0.0.1", port: server.port)])
        node = Node(configuration, seed: random.secret(), now: currentTime())
        try give(.wallClock(Self.wallTime))
    }

    private static let wallTime: UInt64 = 1_700_000_000_000

    /// Its own time.
    private var now: Instant { currentTime() + ahead }

    /// Asks for a code, for one editor; it is there once `offer` has it.
    func ask() throws -> UInt64 {
        next += 1
        try give(.intent(.invite(InviteOrder(role: .editor, uses: 1, code: .wanted)), from: .holder, ref: next))
        return next
    }

    func offer(_ number: UInt64) throws -> Offer? {
        if let obstacle = obstacles.first { throw Trouble("no code: \(obstacle)") }
        return answered[number]
    }

    /// What it was told of a code.
    func news(of offer: Offer) -> [CodeNews.What] { told[offer.invite.invite, default: []] }

    /// All that went over its socket.
    var texts: [[UInt8]] { line?.texts ?? [] }

    /// Its clock goes on by itself for so long.
    func jump(by span: Duration) throws {
        ahead += span
        try give(.timeout)
    }

    /// Takes what has come, and does what is due.
    func pump() throws {
        if let line, line.isOpen, !lineIsTold {
            lineIsTold = true
            try give(.rendezvousConnected(to: server, from: nil, at: 0))
        }
        for message in try line?.heard() ?? [] { try give(.rendezvousMessage(message, at: 0)) }
        if let due = node.deadline, due <= now { try give(.timeout) }
    }

    func shut() { line?.shut() }

    private func give(_ input: Node.Input) throws {
        var inputs = [input]
        while !inputs.isEmpty {
            node.handle(inputs.removeFirst(), now: now)
            while let output = node.nextOutput() {
                switch output {
                case .rendezvousConnect: (line, lineIsTold) = (try Line(to: server), false)
                case .rendezvousSend(let message, _): try line?.say(message)
                case .persist(let batch, _): inputs.append(.persisted(batch))
                case .verify(let batch, let list): inputs.append(.verified(batch, list.map(\.hasValidSignature)))
                case .event(.invited(let news, let reference), _): take(news, reference)
                case .event(.code(let news), _): told[news.invite, default: []].append(news.what)
                default: break
                }
            }
        }
    }

    private func take(_ news: InviteNews, _ reference: UInt64?) {
        if let obstacle = news.codeObstacle { obstacles.append(obstacle) }
        if let code = news.code, let reference { answered[reference] = Offer(text: code, invite: news.key) }
    }
}
