import InkBoard
import InkCrypto
import InkPrimitives
import InkSession
import InkTransport

/// Those of a hostile world who keep no rule, and all that is to be known of them. They tell each other what they know at once.
struct HostileParty {
    let cast: HostileCast
    /// What the owner wrote for them before the world began.
    let transactions: [Transaction]
    private(set) var rogues: [Rogue] = []
    private(set) var ledger = HostileLedger()
    private(set) var hasLeft = false
    private var moves: [[any Move]] = []
    private var strangers: [Stranger] = []
    private var strangerCount = 0
    private var scene: Scene
    private let genesisBoard: Board
    private let keys: RoomKeys
    private var random: SplitMix64
    private var learned = 0

    /// Who keeps no rule: rogues, whoever they signed for or gave rights to, and strangers.
    private(set) var authors: Set<AuthorID> = []

    /// What came of an input.
    struct News {
        var datagrams: [(from: SocketAddress, RogueLink.Datagram)] = []
        var notes: [(rogue: Int, String)] = []
        var heard: [(rogue: Int, Rogue.Word, from: SocketAddress)] = []
        /// A stranger heard what is said in the room alone.
        var leaks: [(Stranger.Pretext, from: SocketAddress)] = []
    }

    /// - Parameters:
    ///   - honest: signing keys of those who keep the rules; first the owner.
    ///   - written: what the owner wrote before.
    init(
        _ cast: HostileCast, genesis: Transaction, written: [Transaction], honest: [SigningKey], room: Secret32, random: SplitMix64
    ) throws(RuleViolation) {
        (self.cast, self.random) = (cast, random.split("party"))
        keys = RoomKeys(roomSecret: room)
        var board = try Board(genesis: genesis)
        _ = board.load(written)
        let owner = honest[0]
        let devices = cast.rogues.indices.map { SigningKey(seed: random.secret("rogue \($0)")) }
        var rights: [TransactionName] = []
        for (part, device) in zip(cast.rogues, devices) {
            let writes = Board.writes(granting: part.role, to: device.author, by: owner.author)
            rights.append(try board.author(writes, key: owner, wallTime: World.wallEpoch).0.name)
        }
        let seed = random.secret("invite")
        let invite = RightsInvite(role: .editor, uses: 1, timeToLive: 0, key: SigningKey(seed: seed).author)
        let writes = try Board.writes(inviting: invite, by: owner.author)
        let name = try board.author(writes, key: owner, wallTime: World.wallEpoch).0.name
        transactions = Array(board.transactions.dropFirst(1 + written.count))
        let foreign = try Self.foreign(owner: owner, others: devices + honest.dropFirst().prefix(2), random: random)
        scene = Scene(honest: honest.map(\.author), invite: InviteKey(invite: name, seed: seed), foreign: foreign)
        genesisBoard = board
        for (index, device) in devices.enumerated() {
            let address = SocketAddress(ip: .v4(0x0B02_0001 + UInt32(index)), port: 5000)
            rogues.append(
                Rogue(
                    cast.rogues[index].role, key: device, right: rights[index], board: board, at: address, keys: keys,
                    random: random.split("rogue \(index)")))
            moves.append(cast.rogues[index].moves.map { $0.make() })
        }
        authors = Set(devices.map(\.author))
    }

    /// Another board of the same owner, on which the others draw.
    private static func foreign(owner: SigningKey, others: [SigningKey], random: SplitMix64) throws(RuleViolation) -> [Transaction] {
        let nonce = Array(random.seed("other board").prefix(Limits.boardNonceBytes))
        var board = try Board(
            genesis: Board.makeGenesis(owner: owner, name: "another", wallTime: World.wallEpoch, nonce: nonce, firstSecret: .zero))
        for other in others {
            let writes = Board.writes(granting: .owner, to: other.author, by: owner.author)
            _ = try board.author(writes, key: owner, wallTime: World.wallEpoch)
        }
        for (number, key) in ([owner] + others).enumerated() {
            let draft = ShapeDraft(kind: .rectangle, position: .zero)
            _ = try board.author(board.writes(for: draft, number: UInt64(1 + number), by: key.author), key: key, wallTime: World.wallEpoch)
        }
        return Array(board.transactions.dropFirst())
    }

    /// The transaction that gives a rogue its right.
    func right(of rogue: Int) -> TransactionName { rogues[rogue].right }

    /// The rogue was removed; they all know it.
    mutating func removed(_ rogue: Int, by transaction: Transaction) {
        scene.removals[rogues[rogue].author] = transaction.name
        for index in rogues.indices { rogues[index].learn(transaction) }
    }

    func isHere(_ address: SocketAddress) -> Bool {
        rogues.contains { $0.address == address } || strangers.contains { $0.address == address }
    }

    mutating func receive(_ bytes: [UInt8], from: SocketAddress, to address: SocketAddress, now: Instant) -> News {
        guard !hasLeft else { return News() }
        if let index = rogues.firstIndex(where: { $0.address == address }) {
            rogues[index].receive(bytes, from: from, now: now)
        } else if let index = strangers.firstIndex(where: { $0.address == address }) {
            strangers[index].receive(bytes, from: from, now: now)
        }
        return drain()
    }

    /// Each `interval`: meets whoever is not met, and does what it is there for.
    mutating func act(dialling addresses: [SocketAddress], wallTime: UInt64, now: Instant) -> News {
        guard !hasLeft else { return News() }
        scene.wallTime = wallTime
        shareKnowledge()
        for index in rogues.indices {
            rogues[index].dial(addresses, now: now)
            for move in moves[index].indices { moves[index][move].act(&rogues[index], in: scene, now: now) }
        }
        if cast.hasStrangers { knock(at: addresses, now: now) }
        return drain()
    }

    /// All end their sessions in good order.
    mutating func leave(now: Instant) -> News {
        for index in rogues.indices { rogues[index].leave(now: now) }
        for index in strangers.indices { strangers[index].leave(now: now) }
        let news = drain()
        hasLeft = true
        return news
    }

    /// What one has heard the others know.
    private mutating func shareKnowledge() {
        guard rogues.count > 1 else { return }
        for from in rogues.indices {
            let known = rogues[from].board.transactions.suffix(Self.sharedMax)
            for to in rogues.indices where to != from {
                for transaction in known where !rogues[to].board.contains(transaction.name) { rogues[to].learn(transaction) }
            }
        }
    }

    private mutating func knock(at addresses: [SocketAddress], now: Instant) {
        if random.chance(0.4), !addresses.isEmpty {
            strangerCount += 1
            let pretext = Stranger.Pretext.allCases[random.below(Stranger.Pretext.allCases.count)]
            let address = SocketAddress(ip: .v4(0x0B03_0001 + UInt32(strangerCount)), port: 5000)
            strangers.append(
                Stranger(
                    pretext, board: genesisBoard, right: rogues[0].right, scene: scene, at: address, keys: keys,
                    random: random.split("stranger \(strangerCount)")))
            authors.formUnion(strangers.suffix(1).map(\.author))
            if strangers.count > Self.strangersMax { strangers.removeFirst() }
        }
        for index in strangers.indices { strangers[index].dial(addresses, now: now) }
    }

    private mutating func drain() -> News {
        var news = News()
        for index in rogues.indices {
            while let deed = rogues[index].nextDeed() {
                switch deed {
                case .made(let transaction, let isValid):
                    ledger.made(transaction, isValid: isValid)
                    if !scene.honest.contains(transaction.author) { authors.insert(transaction.author) }
                    if isValid { authors.formUnion(transaction.subjects) }
                case .gave(let name, let address): ledger.gave(name, to: address)
                case .heard(let word, let address): news.heard.append((index, word, address))
                case .says(let text): news.notes.append((index, text))
                }
            }
            while let datagram = rogues[index].nextDatagram() { news.datagrams.append((rogues[index].address, datagram)) }
        }
        for index in strangers.indices {
            for heard in strangers[index].takeHeard() where heard.word != .question {
                news.leaks.append((strangers[index].pretext, heard.from))
            }
            while let datagram = strangers[index].nextDatagram() { news.datagrams.append((strangers[index].address, datagram)) }
        }
        return news
    }

    static let interval: Duration = .milliseconds(100)
    /// At a time; each goes when others come.
    private static let strangersMax = 3
    /// Of the newest that one knows, each time.
    private static let sharedMax = 60
}

extension Transaction {
    /// Whom it gives rights.
    var subjects: [AuthorID] { writes.compactMap { if case .right(.grant(let grant)) = $0.value { grant.subject } else { nil } } }
}
