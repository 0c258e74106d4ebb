import Foundation
import InkBoard
import InkCrypto
import InkPrimitives
import InkRuntime
import InkSession
import InkStore
import InkTerminal

/// A board that this process holds the lock of, with the keys it is used under.
struct OpenedBoard {
    var catalog: BoardCatalog
    /// 1, or the number of a further profile on this machine.
    var profile: Int
    var identity: Identity
    var store: BoardStore
    var content: StoredBoard
    /// True if this process made its directory, and may take it away again when joining came to nothing.
    var isNew: Bool
    /// Where somebody was met by a short code a moment ago, who gave the invite to it.
    private(set) var meeting: Arrival.Meeting?
    /// True if the key is new, since the one before proved to be in two places.
    private(set) var hasLeftForkedKey = false

    init(
        catalog: BoardCatalog, profile: Int, identity: Identity, store: BoardStore, content: StoredBoard, isNew: Bool
    ) {
        self.catalog = catalog
        self.profile = profile
        self.identity = identity
        self.store = store
        self.content = content
        self.isNew = isNew
    }

    /// Makes a new board, and an invite by which others join, and stores both (CL-158).
    ///
    /// - Parameters:
    ///   - drawing: what stands on it from the first, bottom first, as `Intent.drawAll` takes it. It is signed by a key that nobody keeps, and so in no
    ///     history of undo, neither now nor when the board is opened again (CL-69).
    ///   - role: what the invite gives.
    static func make(
        named wanted: String?, drawing: [ShapeDraft] = [], role: Role = .editor, catalog: BoardCatalog
    ) throws -> OpenedBoard {
        try check(name: wanted, catalog: catalog)
        let identity = try catalog.identity(ofProfile: 1)
        let name: String
        if let wanted {
            name = wanted
            guard try catalog.uniqueName(name) == name else { throw Failure.isTaken(name) }
            guard try catalog.uniqueName(name, looks: BoardName.look) == name else {
                throw Failure.usage(
                    "the board “\(name)” cannot be made", why: "a board is saved already that looks the same in lists",
                    next: "`inkwire boards` lists it; give another name for a new one")
            }
        } else {
            name = try catalog.uniqueName("board")
        }
        var random = SecretGenerator(seed: Secret32.random())
        let secret = random.secret()
        let genesis = try Board.makeGenesis(
            owner: identity.signing, name: name, wallTime: wallMilliseconds(), nonce: random.bytes(16),
            firstSecret: EpochSecret.commitment(to: secret))
        var board = try Board(genesis: genesis)
        let owner = identity.signing
        let seed = random.secret()
        let invite = RightsInvite(role: role, uses: 0, timeToLive: 0, key: SigningKey(seed: seed).author)
        let link = try board.author(Board.writes(inviting: invite, by: owner.author), key: owner, wallTime: wallMilliseconds()).0
        if !drawing.isEmpty { try draw(drawing, on: &board, owner: owner) }
        let transactions = Array(board.transactions)
        let meta = BoardMeta(
            board: board.id, roomSecret: secret, name: name, inviteKey: InviteKey(invite: link.name, seed: seed))
        let directory = catalog.directory(of: board.id, profile: 1)
        let store = try BoardStore.create(at: directory, meta: meta, transactions: transactions)
        catalog.note(BoardCatalog.Place(board: board.id, profile: 1, directory: directory, name: name))
        return OpenedBoard(
            catalog: catalog, profile: 1, identity: identity, store: store,
            content: StoredBoard(meta: meta, transactions: transactions, receipts: []), isNew: false)
    }

    /// Draws by a key that nobody keeps: it is let in for this, and removed.
    private static func draw(_ drawing: [ShapeDraft], on board: inout Board, owner: SigningKey) throws {
        let hand = SigningKey(seed: Secret32.random())
        let right = try board.author(
            Board.writes(granting: .editor, to: hand.author, by: owner.author), key: owner, wallTime: wallMilliseconds()
        ).0
        let writes = try board.writes(for: .drawAll(drawing), by: hand.author, from: 1)
        for part in try board.parts(of: writes, by: hand.author) {
            _ = try board.author(part, key: hand, wallTime: wallMilliseconds())
        }
        _ = try board.author(board.writes(removing: [right.name], by: owner.author), key: owner, wallTime: wallMilliseconds())
    }

    /// Refuses a name for a new board as far as that is known without a look into others.
    static func check(name: String?, catalog: BoardCatalog) throws(Failure) {
        guard let name else { return }
        if let complaint = BoardName.complaint(about: name) {
            throw Failure.usage("the board “\(name)” cannot be made", why: complaint, next: "give another name")
        }
        guard catalog.place(named: name) == nil else { throw Failure.isTaken(name) }
    }

    /// Opens a saved board, unless another process holds it.
    static func open(_ place: BoardCatalog.Place, catalog: BoardCatalog) throws -> OpenedBoard {
        try open(place.directory, profile: place.profile, catalog: catalog)
    }

    /// Opens a board that another process held a moment ago.
    ///
    /// - Throws: `StoreError.locked` where one still does.
    static func open(_ shared: SharedBoard) throws -> OpenedBoard {
        try open(shared.directory, profile: shared.profile, catalog: shared.catalog)
    }

    /// Takes a new key where two changes under the old one carry one number (ST-30): which of the two programs goes on where is not known, and a third
    /// change of that number would follow. Where programs were attached that are still there, they know us by the old one, and it waits.
    mutating func leaveForkedKey() throws {
        guard content.isForked(by: identity.signing.author), try store.requests().isEmpty else { return }
        while content.isForked(by: identity.signing.author) {
            identity = try catalog.renewIdentity(of: store, content.meta.board, profile: profile)
            content.meta.hasOwnKey = true
        }
        hasLeftForkedKey = true
    }

    /// Where people have roles and the board has a key of its own that may do less than one which this person had here before, that one certifies it: it is
    /// a further device of his from then on (ST-32, ST-58). Where none is left that may, nothing changes: whoever gives a link has to let it in.
    mutating func certifyOwnKey() throws {
        guard content.meta.hasOwnKey, try content.genesisBoard()?.admission == .grants, var board = try content.replica()?.board else {
            return
        }
        let device = identity.signing
        let formers = catalog.formerIdentities(of: board.id, profile: profile).map(\.signing)
        let own = board.role(of: device.author)
        let former = formers.first { key in
            board.role(of: key.author).map { role in own.map { $0 < role } ?? true } ?? false
        }
        guard let former,
            knowsAll(of: formers.map(\.author), on: board)
        else { return }
        let link = SigningKey(seed: Secret32.random())
        let invite = RightsInvite(role: nil, uses: 1, timeToLive: 0, key: link.author)
        // Others may have work of the former key that is not here: it signs this and nothing after it.
        let given = try board.author(
            Board.writes(inviting: invite, by: former.author), key: former, wallTime: wallMilliseconds(), mayFork: true
        ).0
        let admission = RightsAdmission(of: device.author, to: board.id, inviteKey: link)
        let joined = try board.author(
            Board.writes(joining: admission, by: device.author), key: device, wallTime: wallMilliseconds(), under: given.name
        ).0
        try store.add([given, joined])
        content.transactions += [given, joined]
    }

    /// What the keys that this person had here before have signed is here, so that one more of theirs forks nothing: nobody else has drawn on the board, or
    /// somebody has what this device drew since, or they were left since they had forked already.
    private func knowsAll(of formers: [AuthorID], on board: Board) -> Bool {
        let device = identity.signing.author
        return hasLeftForkedKey || board.authors.allSatisfy { $0 == device || formers.contains($0) }
            || content.receipts.contains { $0.author == device }
    }

    /// What the person should know of the place where it is kept, and of the key.
    var complaints: [String] {
        var complaints = catalog.complaints(of: content.meta.board, profile: profile)
        if hasLeftForkedKey {
            complaints.append(
                "two changes of yours carry one number: your key was used in two places at once, in a copied data directory perhaps. Both changes stay; "
                    + "from here on you draw on this board under a new key")
        } else if identity.isNew, !isNew, !content.transactions.isEmpty,
            !content.transactions.contains(where: { $0.author == identity.signing.author })
        {
            complaints.append("a new device key was made, for there was none: what you drew on this board before counts as another's")
        }
        return complaints
    }

    /// Where the process that holds this board listens for others: the place that it takes itself.
    var localSocketPath: String { LocalSocketPlace.path(of: catalog.directory(of: content.meta.board, profile: profile)) }

    private static func open(_ directory: String, profile: Int, catalog: BoardCatalog) throws -> OpenedBoard {
        let store = try BoardStore.open(at: directory)
        let content = try store.load()
        _ = try content.genesisBoard()
        return OpenedBoard(
            catalog: catalog, profile: profile,
            identity: try catalog.identity(of: content.meta.board, hasOwnKey: content.meta.hasOwnKey, profile: profile), store: store,
            content: content, isNew: false)
    }

    /// Opens the board of an invite: the one saved here, or a new one that waits for genesis. A board that is open on this machine already is
    /// joined a second time, under another profile.
    ///
    /// - Parameter say: takes a sentence for the person.
    static func join(_ arrival: Arrival, catalog: BoardCatalog, say: (String) -> Void) throws -> OpenedBoard {
        while true {
            let profile = catalog.profileForJoining(arrival.invite.board)
            do {
                var opened = try join(arrival.invite, profile: profile, catalog: catalog)
                opened.meeting = arrival.meeting
                if profile > 1 {
                    say("this board is open on this machine already; joining as a second person (profile \(profile))")
                }
                return opened
            } catch StoreError.locked {
                // Another process joined between our look and our lock: it has the profile, and the next look finds the one after it.
                continue
            }
        }
    }

    private static func join(_ invite: Invite, profile: Int, catalog: BoardCatalog) throws -> OpenedBoard {
        let directory = catalog.directory(of: invite.board, profile: profile)
        if BoardStore.exists(at: directory) {
            var opened = try open(directory, profile: profile, catalog: catalog)
            try opened.leaveForkedKey()
            try opened.certifyOwnKey()
            guard try opened.knows(invite) else {
                throw Failure(
                    .invite, code: "bad_invite", what: "this invite cannot be used",
                    why: "its secret is not the one of the board saved under this id",
                    next: "ask for a new link, or `inkwire open` the saved board")
            }
            // A board that brings its own rendezvous needs no link to find it; for any other the newer link knows better where to go.
            guard opened.content.meta.embeddedPort == nil else { return opened }
            try opened.store.update { meta in
                meta.rendezvous = invite.rendezvous.map { RendezvousAddress(host: $0, usesTLS: invite.usesTLS).description }
                meta.direct = invite.direct
                meta.inviteKey = invite.key ?? meta.inviteKey
            }
            opened.content = try opened.store.load()
            return opened
        }
        let meta = BoardMeta(
            board: invite.board, roomSecret: invite.roomSecret, name: "",
            rendezvous: invite.rendezvous.map { RendezvousAddress(host: $0, usesTLS: invite.usesTLS).description }, direct: invite.direct,
            inviteKey: invite.key, epoch: invite.epoch)
        let identity = try catalog.identity(ofProfile: profile)
        let store = try BoardStore.create(at: directory, meta: meta)
        return OpenedBoard(
            catalog: catalog, profile: profile, identity: identity, store: store,
            content: StoredBoard(meta: meta, transactions: [], receipts: []), isNew: true)
    }

    /// False for a link whose secret is another one than that which is saved of its epoch. One of an epoch that is not known here yet is kept: who was
    /// away comes by it to where the others are.
    private mutating func knows(_ invite: Invite) throws -> Bool {
        if invite.epoch == content.meta.epoch { return content.meta.roomSecret == invite.roomSecret }
        for case .reached(invite.epoch, let secret) in content.epochs { return secret == invite.roomSecret }
        guard invite.key != nil else { return false }
        try store.add(.reached(invite.epoch, invite.roomSecret))
        content.epochs.append(.reached(invite.epoch, invite.roomSecret))
        return true
    }

    /// Takes the board's own name as its name here, once genesis is known; a number is added where another board is called so.
    mutating func adopt(name: String) throws(StoreError) {
        guard content.meta.name.isEmpty else { return }
        let unique = try catalog.uniqueName(BoardName.adopted(from: name) ?? content.meta.board.description, looks: BoardName.look)
        try store.update { $0.name = unique }
        content.meta.name = unique
        let board = content.meta.board
        catalog.note(
            BoardCatalog.Place(
                board: board, profile: profile, directory: catalog.directory(of: board, profile: profile), name: unique))
    }

    /// Gives up the lock; a board that was never joined goes, for it holds nothing.
    func close(discardIfEmpty: Bool = false) {
        if discardIfEmpty, isNew { store.discardIfEmpty() } else { store.close() }
    }
}

extension Failure {
    /// A new board cannot have the name of another.
    fileprivate static func isTaken(_ name: String) -> Failure {
        .usage(
            "the board “\(name)” cannot be made", why: "a board of that name is saved already",
            next: "`inkwire open \(ShellWord.last(name))` opens it; give another name for a new one")
    }
}

extension StoredBoard {
    /// The board with its genesis alone; nil while it has not arrived.
    ///
    /// - Throws: `Failure` when the genesis is damaged or of a newer program.
    func genesisBoard() throws(Failure) -> Board? {
        do {
            return try transactions.first.map { genesis throws(RuleViolation) in try Board(genesis: genesis) }
        } catch {
            throw Failure(genesis: error)
        }
    }

    /// The board with all that is saved, and how many changes do not follow the rules; nil while it has not arrived.
    func replica() throws(Failure) -> (board: Board, refused: Int)? {
        guard var board = try genesisBoard() else { return nil }
        let refused = board.load(transactions.dropFirst())
        return (board, refused.count)
    }
}

/// Milliseconds since 1970 by the system's clock; for display only.
func wallMilliseconds() -> UInt64 { UInt64(max(0, Date().timeIntervalSince1970 * 1000)) }
