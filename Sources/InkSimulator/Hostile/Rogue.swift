import InkBoard
import InkCrypto
import InkPrimitives
import InkSession
import InkTransport

/// A device with a true key and a right of its own that keeps no rule: it speaks as a member does as far as that serves, and its moves do the harm.
///
/// It is near everybody, through partitions, too. It has a board, as others have, so that it can write at true places as well as at false ones.
struct Rogue: LinkHolder {
    let role: Role
    let key: SigningKey
    /// The transaction that gives it its right.
    let right: TransactionName
    private(set) var board: Board
    var random: SplitMix64
    /// What it made and did since somebody looked.
    private(set) var deeds = Queue<Deed>()
    var link: RogueLink
    private var talks: [ConnectionID: Talk] = [:]

    var author: AuthorID { key.author }

    /// What others must know of it to judge the world.
    enum Deed {
        /// It made a transaction. Nowhere valid: nobody else may ever have it.
        case made(Transaction, isValid: Bool)
        /// It gave a transaction to whoever is at the address.
        case gave(TransactionName, to: SocketAddress)
        /// Something came from the address.
        case heard(Word, from: SocketAddress)
        case says(String)
    }

    /// What it hears.
    enum Word: Hashable {
        /// What anybody is told who knocks.
        case question
        /// That it may be there, and what comes only then.
        case room
        /// The same: a transaction.
        case work(TransactionName)
    }

    /// One session.
    private struct Talk {
        let address: SocketAddress
        let author: AuthorID
        /// What keys the names of a comparison (BD-40).
        let hashKey: [UInt8]
        let isInitiator: Bool
        var reconciler: Reconciler
        var isInRoom = false
        /// Named in a comparison, to be sent when asked for.
        var offers: [Transaction] = []
    }

    init(
        _ role: Role, key: SigningKey, right: TransactionName, board: Board, at address: SocketAddress, keys: RoomKeys, random: SplitMix64
    ) {
        (self.role, self.key, self.right, self.board) = (role, key, right, board)
        self.random = random.split("moves")
        link = RogueLink(key, at: address, keys: keys, random: random)
    }

    // MARK: What the world gives it

    mutating func nextDeed() -> Deed? { deeds.popFirst() }

    mutating func leave(now: Instant) {
        link.leave(now: now)
        talks = [:]
    }

    /// Those of its kind tell each other what they know.
    mutating func learn(_ transaction: Transaction) { _ = board.insert(transaction) }

    /// Since when a session with this address is in the room; nil while there is none.
    func isInRoom(with address: SocketAddress) -> Bool { talks.values.contains { $0.address == address && $0.isInRoom } }

    // MARK: What its moves do

    /// Addresses with which it is in the room, in a fixed order.
    var room: [SocketAddress] { talks.sorted { $0.key < $1.key }.filter(\.value.isInRoom).map(\.value.address) }

    mutating func note(_ text: String) { deeds.append(.says(text)) }

    mutating func made(_ transaction: Transaction, isValid: Bool) { deeds.append(.made(transaction, isValid: isValid)) }

    /// How a transaction comes to somebody.
    enum Way: CaseIterable {
        /// As new.
        case live
        /// As history, unasked.
        case history
        /// Named in a comparison, and sent when asked for.
        case comparison
    }

    mutating func give(_ transaction: Transaction, to addresses: [SocketAddress], by way: Way = .live, now: Instant) {
        for id in ids(at: addresses) {
            guard let talk = talks[id] else { continue }
            deeds.append(.gave(transaction.name, to: talk.address))
            switch way {
            case .live: link.send(transaction.encoded, lane: .ops, stream: transaction.author.prefix >> 2, on: id, now: now)
            case .history: link.send(transaction.encoded, lane: .bulk, on: id, now: now)
            case .comparison:
                talks[id]?.offers.append(transaction)
                var message = ReconcileMessage(
                    isFromInitiator: talk.isInitiator, root: NodeHash(Fingerprint(transaction.name.bytes) ?? .zero),
                    transactionCount: UInt64(board.coveredCount + 1))
                message.items = [.list(.from(transaction.lamport), [hash(transaction.name, talk)])]
                link.send(SessionMessage.reconcile(message.bytes).encode(), lane: .control, on: id, now: now)
            }
        }
        listen(now: now)
    }

    mutating func say(_ message: SessionMessage, to addresses: [SocketAddress], now: Instant) {
        say(bytes: message.encode(), to: addresses, now: now)
    }

    mutating func say(bytes: [UInt8], to addresses: [SocketAddress], now: Instant) {
        for id in ids(at: addresses) { link.send(bytes, lane: .control, on: id, now: now) }
        listen(now: now)
    }

    mutating func transmit(frames: [UInt8], to addresses: [SocketAddress], now: Instant) {
        for id in ids(at: addresses) { link.transmit(frames: frames, on: id, now: now) }
    }

    private func ids(at addresses: [SocketAddress]) -> [ConnectionID] {
        talks.filter { $0.value.isInRoom && addresses.contains($0.value.address) }.keys.sorted()
    }

    private func hash(_ name: TransactionName, _ talk: Talk) -> UInt64 {
        Blake2b.hash(name.bytes, key: talk.hashKey, count: 16).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    // MARK: Its board

    /// Writes at a true place; nil where its board says that it may not.
    mutating func write(_ writes: [Write], as other: SigningKey? = nil, under right: TransactionName? = nil, wallTime: UInt64)
        -> Transaction?
    {
        guard let (transaction, _) = try? board.author(writes, key: other ?? key, wallTime: wallTime, mayFork: true, under: right) else {
            return nil
        }
        made(transaction, isValid: true)
        return transaction
    }

    // MARK: What it hears

    mutating func listen(now: Instant) {
        while let news = link.nextNews() {
            switch news {
            case .established(let id, let remote): met(id, remote, now: now)
            case .closed(let id): talks[id] = nil
            case .presence(let id): if let address = talks[id]?.address { deeds.append(.heard(.room, from: address)) }
            case .message(let bytes, let lane, let id): hear(bytes, lane: lane, on: id, now: now)
            }
        }
    }

    private mutating func met(_ id: ConnectionID, _ remote: Remote, now: Instant) {
        guard let address = remote.address else { return }
        let hashKey = Array(remote.channelBinding.prefix(32))
        talks[id] = Talk(
            address: address, author: remote.author, hashKey: hashKey, isInitiator: remote.isInitiator,
            reconciler: Reconciler(hashKey: hashKey, isInitiator: remote.isInitiator))
        answer(.hello(hasGenesis: true, right: right), on: id, now: now)
        answer(.welcome, on: id, now: now)
    }

    private mutating func answer(_ message: SessionMessage, on id: ConnectionID, now: Instant) {
        link.send(message.encode(), lane: .control, on: id, now: now)
    }

    private mutating func hear(_ bytes: [UInt8], lane: Lane, on id: ConnectionID, now: Instant) {
        guard let address = talks[id]?.address else { return }
        guard lane == .control else {
            guard let transaction = try? Transaction(decoding: bytes) else { return deeds.append(.heard(.room, from: address)) }
            deeds.append(.heard(.work(transaction.name), from: address))
            return learn(transaction)
        }
        guard let message = try? SessionMessage(decoding: bytes) else { return }
        switch message {
        // Who was removed is shown the removal (SE-187).
        case .hello, .claim, .chain, .askChain, .removal: deeds.append(.heard(.question, from: address))
        default: deeds.append(.heard(.room, from: address))
        }
        switch message {
        case .hello(hasGenesis: false, _):
            if let genesis = board.transactions.first { answer(.genesis(genesis.encoded), on: id, now: now) }
        case .askChain: answer(.chain(board.chain(of: right) ?? .none), on: id, now: now)
        case .welcome:
            talks[id]?.isInRoom = true
            for message in [.adjacent([]), .receipt(sequence: 0), .fingerprint(board.fingerprint, count: UInt64(board.coveredCount))]
                as [SessionMessage]
            {
                answer(message, on: id, now: now)
            }
            for message in talks[id]?.reconciler.start(board: board) ?? [] { answer(.reconcile(message), on: id, now: now) }
        case .reconcile(let bytes): compare(bytes, on: id, now: now)
        case .ask(let names):
            for name in names {
                if let transaction = board.transaction(name) { link.send(transaction.encoded, lane: .ops, on: id, now: now) }
            }
        default: break
        }
    }

    private mutating func compare(_ bytes: [UInt8], on id: ConnectionID, now: Instant) {
        guard let talk = talks[id], let message = try? ReconcileMessage(decoding: bytes) else { return }
        let wanted = message.items.reduce(into: Set<UInt64>()) { if case .want(_, let hashes) = $1 { $0.formUnion(hashes) } }
        for offer in talk.offers where wanted.contains(hash(offer.name, talk)) {
            link.send(offer.encoded, lane: .bulk, on: id, now: now)
        }
        guard let step = try? talks[id]?.reconciler.receive(bytes, board: board) else { return }
        for reply in step.reply { answer(.reconcile(reply), on: id, now: now) }
        for name in step.send {
            if let transaction = board.transaction(name) { link.send(transaction.encoded, lane: .bulk, on: id, now: now) }
        }
    }
}
