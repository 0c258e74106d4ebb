import InkBoard
import InkConnectivity
import InkPrimitives
import InkTransport

/// A peer with which we have a session, and what each of the two has told the other in it.
///
///     established ──hello(false)──▶ waiting for genesis ──hello(true)──▶ in the room ──closed──▶ gone
///          └──────────────hello(true) on both sides────────────────────────▲
struct Neighbour: Sendable {
    let connection: ConnectionID
    let remote: Remote
    let since: Instant
    /// On a board without roles.
    var admission: Admission
    /// On a board with roles; nil on one without.
    var standing: Standing?
    var credentials: Credentials
    /// It asked who gave our right when we had none that may be told.
    var owesChain = false
    /// Three probes went unanswered: its presence is hidden and nobody waits for it.
    private(set) var isDegraded = false
    /// Devices with which the peer has a session.
    private(set) var adjacent: Set<AuthorID> = []
    var receipts: Receipts
    var transfer: Transfer
    var shown: Shown
    var places: Places
    /// Transactions whose secrets it was told, or told us.
    var secretsKnown: Set<TransactionName> = []
    /// How often it may speak of epochs and secrets (SE-196): each word may be one for our disk.
    var epochWords: TokenBucket

    /// - Parameters:
    ///   - hasGenesis: we say so in our first word.
    ///   - hasRoles: the board has.
    init(connection: ConnectionID, remote: Remote, hasGenesis: Bool, hasRoles: Bool, now: Instant) {
        (self.connection, self.remote, since) = (connection, remote, now)
        admission = Admission(hasGenesis: hasGenesis)
        standing = hasRoles ? Standing() : nil
        credentials = Credentials(now: now)
        receipts = Receipts(now: now)
        let hashKey = Array(remote.channelBinding.prefix(32))
        transfer = Transfer(reconciler: Reconciler(hashKey: hashKey, isInitiator: remote.isInitiator), now: now)
        shown = Shown(as: remote.peer, now: now)
        places = Places(now: now)
        epochWords = TokenBucket(rate: 1, burst: 100, now: now)
    }

    /// Both have genesis, and on a board with roles may be there: everything may be said.
    var isInRoom: Bool { standing?.isInRoom ?? admission.isInRoom }

    /// It may be told who and where we are: anybody on a board without roles.
    var isMet: Bool { standing?.isInRoom ?? true }

    /// The peer has genesis from us, and so none of our work.
    var isGiven: Bool { standing?.isGiven ?? admission.isGiven }

    /// The peer counts for *delivered* and *synced*.
    var isPresent: Bool { isInRoom && !isDegraded }

    /// True while the peer may be about to tell how much of our work it has. One that lacks genesis has none.
    func owesReceipt(now: Instant) -> Bool {
        receipts.theirs == nil && !isGiven && now - since < SessionTiming.receiptPatience
    }

    /// Of what is under way at the peer, whether it is shown.
    func shows(_ news: PresenceInbox.News) -> Bool {
        guard standing != nil, case .gesture(let frontEnd, let number, _) = news else { return true }
        return shown.gestures.isShown(frontEnd, number: number)
    }

    mutating func degraded() { isDegraded = true }

    mutating func recovered() { isDegraded = false }

    /// The peer says with whom it has sessions.
    mutating func hasSessions(with authors: [AuthorID]) { adjacent = Set(authors) }

    mutating func sessionsChanged(joined: [AuthorID], left: [AuthorID]) {
        adjacent.subtract(left)
        // What does not fit is not believed: at worst such a peer gets twice what somebody wrote.
        for author in joined where adjacent.count < SessionMessage.adjacentMax { adjacent.insert(author) }
    }
}

extension Neighbour {
    /// How much of our work the peer has, and of its work we, as each told the other.
    struct Receipts: Sendable {
        /// The peer says that it has our transactions 1...theirs, which may be more than we have; nil until it has said anything.
        private(set) var theirs: UInt64?
        /// When it last said to have more than before.
        private(set) var movedAt: Instant
        private var told: UInt64?
        /// The sequence of ours that the peer was asked to show last.
        private var askedProof: UInt64 = 0

        init(now: Instant) { movedAt = now }

        /// True if the peer has our transactions 1...`sequence` (SE-8).
        func has(_ sequence: UInt64) -> Bool { (theirs ?? 0) >= sequence }

        mutating func heard(_ claimed: UInt64, now: Instant) {
            let before = theirs ?? 0
            if claimed > before { movedAt = now }
            theirs = max(claimed, before)
        }

        /// - Returns: true if the peer is to be told that we have so much of its work, and now counts as told. The first says so even of nothing, so
        ///   that silence never means "nothing".
        mutating func tells(_ sequence: UInt64) -> Bool {
            if let told, sequence <= told { return false }
            told = sequence
            return true
        }

        /// - Returns: true if the peer is to be asked for this one of ours, and now counts as asked.
        mutating func asksProof(of sequence: UInt64) -> Bool {
            guard askedProof != sequence else { return false }
            askedProof = sequence
            return true
        }
    }

    /// What moves on both sides, and what of the peer's is shown.
    struct Shown: Sendable {
        /// The peer id under which front ends know the person: that of the device's first process, where one followed another without a goodbye.
        private(set) var peer: PeerID
        /// The peer's presence.
        var inbox = PresenceInbox()
        var gate: PresenceGate
        /// Those of its gestures that are shown.
        var gestures = ShownGestures()
        /// What the peer lacks of ours.
        var outbox = PresenceOutbox()
        /// How much of our presence its line bears.
        var ladder = PresenceLadder()

        init(as peer: PeerID, now: Instant) {
            self.peer = peer
            gate = PresenceGate(now: now)
        }

        /// It is the same person as before.
        ///
        /// - Parameter clock: by which the times of what it does are told from now on; nil for the one that goes.
        mutating func resume(as peer: PeerID, clock: PeerClock?) {
            self.peer = peer
            if let clock { inbox.clock = clock }
        }
    }

    /// Where the peer is, and where it was told that we are (SE-113).
    struct Places: Sendable {
        /// Where it was reached directly last; nil before it was.
        private(set) var address: SocketAddress?
        /// Private addresses of its that are challenged only because it shares our NAT (CN-7).
        private(set) var sharedNAT: Set<SocketAddress> = []
        /// Where we said to be; nil before it was told anything.
        private(set) var told: [Candidate]?
        /// How often it may say that it is elsewhere.
        private var moves: TokenBucket

        init(now: Instant) { moves = TokenBucket(rate: 1, burst: 10, now: now) }

        mutating func reached(at address: SocketAddress) { self.address = address }

        mutating func sharesNAT(_ addresses: Set<SocketAddress>) { sharedNAT = addresses }

        mutating func mayMove(now: Instant) -> Bool { moves.take(now: now) }

        mutating func told(_ candidates: [Candidate]) { told = candidates }

        mutating func forgetTold() { told = nil }
    }
}
