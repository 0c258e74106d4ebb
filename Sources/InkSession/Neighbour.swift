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
    /// The peer id under which front ends know the person: that of the device's first process, where one followed another without a goodbye.
    var shownAs: PeerID

    /// Where it was reached directly last; nil before it was.
    var address: SocketAddress?
    /// The peer said that it has genesis.
    var hasGenesis = false
    /// Both have genesis, and everything may be said.
    var isInRoom = false
    /// Three probes went unanswered: its presence is hidden and nobody waits for it.
    var isDegraded = false

    // What the peer told us.
    /// Devices with which the peer has a session.
    var adjacent: Set<AuthorID> = []
    /// The peer says that it has our transactions 1...receipt, which may be more than we have; nil until it has said anything.
    var receipt: UInt64?
    /// When it last said to have more than before.
    var receiptMovedAt: Instant
    /// The peer's set as it told us last.
    var fingerprint: Fingerprint?
    /// How many transactions are in it.
    var transactionCount = 0
    /// It is ours to begin the first run, once its fingerprint is known.
    var owesRun = false
    /// The peer's presence, and what of it is shown.
    var inbox = PresenceInbox()
    var gate: PresenceGate
    /// How often it may say that it is elsewhere.
    var moves: TokenBucket
    /// Private addresses of its that are challenged only because it shares our NAT (CN-7).
    var sharedNAT: Set<SocketAddress> = []

    // What we told the peer.
    var toldGenesis = false
    var sentGenesis = false
    var toldReceipt: UInt64?
    /// The sequence of ours that the peer was asked to show last.
    var askedProof: UInt64 = 0
    var toldFingerprint: Fingerprint?
    /// Where we said to be; nil before it was told anything.
    var toldCandidates: [Candidate]?
    /// Names sent or received in this connection lately, and when, in two generations; a name sent lately is not sent again.
    private var exchanged: [TransactionName: Instant] = [:]
    private var exchangedBefore: [TransactionName: Instant] = [:]
    /// When last next to nothing waited in the connection to be sent or acknowledged.
    var drainedAt: Instant = .distantPast
    /// Names that still have to be sent, held back while the connection is full.
    var backlog = Backlog()
    var outbox = PresenceOutbox()
    /// How much of our presence its line bears.
    var ladder = PresenceLadder()

    // Reconciliation.
    var reconciler: Reconciler
    /// Work that the peer may still cost us, in names hashed: a fifth of a second at once, then a thirtieth of a processor. A run over more
    /// is paid for afterwards.
    var work: TokenBucket
    /// Names of our set that were visited to answer it.
    var namesVisited = 0
    /// Names of which the peer said that we lack them, less what has come since.
    var outstanding = 0
    var isReconciled = false
    /// What it brought while another peer's copy was on its way into the set: the board is there once that is, whatever others send (SE-83). Only
    /// until the board is there.
    var broughtTwice: Set<TransactionName> = []
    /// When the peer last sent a transaction.
    var suppliedAt: Instant = .distantPast
    /// When to tell the peer our fingerprint; set by the first change that it was not told of.
    var compareAt: Instant?
    /// When to reconcile if the fingerprints still differ then.
    var reconcileAt: Instant?

    init(connection: ConnectionID, remote: Remote, now: Instant) {
        self.connection = connection
        self.remote = remote
        shownAs = remote.peer
        (since, receiptMovedAt) = (now, now)
        gate = PresenceGate(now: now)
        moves = TokenBucket(rate: 1, burst: 10, now: now)
        work = TokenBucket(rate: 100_000, burst: 600_000, now: now)
        reconciler = Reconciler(hashKey: Array(remote.channelBinding.prefix(32)), isInitiator: remote.isInitiator)
    }

    /// The peer counts for *delivered* and *synced*.
    var isPresent: Bool { isInRoom && !isDegraded }

    /// True while the peer may be about to tell how much of our work it has. One that lacks genesis has none.
    func owesReceipt(now: Instant) -> Bool { receipt == nil && !sentGenesis && now - since < SessionTiming.receiptPatience }

    /// True if the peer has our transactions 1...`sequence`.
    func has(_ sequence: UInt64) -> Bool { (receipt ?? 0) >= sequence }

    /// Remembers that both sides have `name` or soon will. The map is a memory of recent traffic, so it may be emptied at any time.
    mutating func noteExchanged(_ name: TransactionName, now: Instant) {
        if exchanged.count >= Self.exchangedMax { (exchangedBefore, exchanged) = (exchanged, [:]) }
        exchanged[name] = now
    }

    /// True if `name` was sent or received so lately that it may still be under way: within three seconds, or behind what still waits to be
    /// sent to this peer.
    func exchangedLately(_ name: TransactionName, now: Instant) -> Bool {
        guard let at = exchanged[name] ?? exchangedBefore[name] else { return false }
        return now - at < Self.exchangedLately || at > drainedAt
    }

    mutating func noteBroughtTwice(_ name: TransactionName) {
        if broughtTwice.count < Self.exchangedMax { broughtTwice.insert(name) }
    }

    private static let exchangedMax = 20_000
    static let exchangedLately: Duration = .seconds(3)
}

/// Names that still have to be sent to one peer: each once, in the order in which they were found missing.
struct Backlog: Sendable {
    /// Why a name waits.
    enum Origin: Sendable {
        /// It came as new, or the peer asked for it by name.
        case live
        /// It came as history, and is passed on.
        case history
        /// A comparison with this peer found that it lacks it.
        case comparison
    }

    private var names = Queue<TransactionName>()
    private var queued: [TransactionName: Origin] = [:]
    /// What is in it is history, until it is empty: it goes after all that is live (SE-164).
    private(set) var isHistory = false

    /// So many are history, whatever they were found by.
    static let liveMax = 64

    var isEmpty: Bool { names.isEmpty }
    var count: Int { names.count }

    mutating func append(_ name: TransactionName, from origin: Origin) {
        switch queued[name] {
        case nil:
            names.append(name)
            queued[name] = origin
        // Whatever else it waits for, it goes.
        case .comparison?: queued[name] = origin
        case .live?, .history?: break
        }
        if origin != .live || names.count > Self.liveMax { isHistory = true }
    }

    /// The peer gets from another what a comparison found: the rest stays, in its order (SE-167).
    mutating func removeFound() {
        var (all, origins) = (names, queued)
        removeAll()
        while let name = all.popFirst() {
            if let origin = origins.removeValue(forKey: name), origin != .comparison { append(name, from: origin) }
        }
    }

    mutating func popFirst() -> TransactionName? {
        guard let name = names.popFirst() else { return nil }
        if names.isEmpty { removeAll() } else { queued[name] = nil }
        return name
    }

    mutating func removeAll() {
        names.removeAll()
        (queued, isHistory) = ([:], false)
    }
}

/// Spans of the session, chosen for people.
enum SessionTiming {
    /// A lost person is "left" only after this.
    static let grace: Duration = .seconds(12)
    /// Our fingerprint is told so long after the first change that the peer was not told of.
    static let compareAfter: Duration = .milliseconds(300)
    /// A difference that lasts this long starts a reconciliation by the side that initiated the connection …
    static let reconcileAfter: Duration = .milliseconds(500)
    /// … and by the other side if nothing came of that.
    static let reconcileAfterOther: Duration = .milliseconds(1700)
    /// Who lacks much asks for it by himself; in case he does not, one who has it begins after this.
    static let reconcileAfterBehind: Duration = .seconds(10)
    /// Parents that are unknown this long after their child came are asked for.
    static let askAfter: Duration = .milliseconds(50)
    /// … and again.
    static let askAgainAfter: Duration = .milliseconds(1000)
    /// First and last wait between dials to a saved address; each wait is 1.5 times the one before, with full jitter.
    static let redialFirst: Duration = .milliseconds(500)
    static let redialLast: Duration = .seconds(30)
    /// In company, pause between two looks at an address where nobody answered, with full jitter.
    static let redialRest: Duration = .seconds(600)
    /// Orphans are forgotten so long after the last session of the device that brought them.
    static let orphanGrace: Duration = .seconds(30)
    /// Changes in whom we have sessions with are told at most this often.
    static let adjacencyInterval: Duration = .seconds(1)
    /// Who has all by transport and has told of nothing more for so long, two round trips besides, is not waited for in quitting.
    static let receiptSilence: Duration = .seconds(2)
    /// How long quitting waits for those present.
    static let quitPatience: Duration = .seconds(10)
    /// Front ends hear of changes in the sync status at most this often.
    static let statusInterval: Duration = .milliseconds(100)
    /// More neighbours who answer than this are a crowd, and are all looked at no more often than after so much for each of those beyond: 10 ms at 256.
    static let crowd = 12
    static let sweepPauseEach: Duration = .microseconds(40)
    /// Bytes that a connection may hold for sending before the backlog waits: what it carries in a second (or four round trips), since what was given
    /// away is not taken back (SE-165).
    static func connectionFill(of line: LineSight) -> Int {
        let seconds = max(1, (line.roundTrip ?? .zero).milliseconds / 250)
        return min(max(Int(min((line.deliveryRate ?? 0) * seconds, 1e9)), connectionFillMin), connectionFillMax)
    }
    static let connectionFillMin = 16 * 1024
    static let connectionFillMax = 256 * 1024
    /// With no more than that waiting, a connection counts as drained.
    static let connectionDrained = 8 * 1024
    /// With so much waiting to be sent to a peer, what it asks for is not answered: it takes nothing, and would only fill us up.
    static let connectionFull = 2 << 20
    /// Sooner after the last of what a peer announced and sends, no new comparison is begun: what is under way would be asked for twice.
    static let suppliedLately: Duration = .seconds(2)
    /// How long the first own change of a process waits to hear from a peer how much of our work it has.
    static let receiptPatience: Duration = .seconds(2)
    /// The disk has what was drawn of a stroke at most so long after it was drawn.
    static let journalInterval: Duration = .seconds(1)
    /// Receipts go to disk at most this often.
    static let receiptInterval: Duration = .milliseconds(250)
}
