import InkBoard
import InkPrimitives

/// What goes to and fro between us and one neighbour until both have the same set.
struct Transfer: Sendable {
    // What the peer told us.
    /// The peer's set as it told us last.
    private(set) var fingerprint: Fingerprint?
    /// How many transactions are in it.
    private(set) var transactionCount = 0
    /// It is ours to begin the first run, once its fingerprint is known.
    private(set) var owesRun = false

    // What we told the peer.
    private var toldFingerprint: Fingerprint?
    /// When to tell the peer our fingerprint (SE-6); set by the first change that it was not told of.
    private(set) var compareAt: Instant?
    /// When to reconcile if the fingerprints still differ then.
    private(set) var reconcileAt: Instant?

    // What is under way.
    /// Names sent or received in this connection lately, and when, in two generations; a name sent lately is not sent again.
    private var exchanged: [TransactionName: Instant] = [:]
    private var exchangedBefore: [TransactionName: Instant] = [:]
    /// When the younger generation began: what is in the older one is of before.
    private var exchangedSince: Instant = .distantPast
    /// When last next to nothing waited in the connection to be sent or acknowledged.
    private var drainedAt: Instant = .distantPast
    /// Names that still have to be sent, held back while the connection is full.
    var backlog = Backlog()

    // Reconciliation.
    private(set) var reconciler: Reconciler
    /// Work that the peer may still cost us, in names hashed (SE-22): a fifth of a second at once, then a thirtieth of a processor. A run over more
    /// is paid for afterwards.
    var work: TokenBucket
    /// Names of our set that were visited to answer it.
    private(set) var namesVisited = 0
    /// Names of which the peer said that we lack them, less what has come since.
    private(set) var outstanding = 0
    private(set) var isReconciled = false
    /// When we last began a run.
    private var begunAt: Instant = .distantPast
    /// When the peer last sent a transaction.
    private var suppliedAt: Instant = .distantPast
    /// What it brought while another peer's copy was on its way into the set: the board is there once that is, whatever others send (SE-83). Only
    /// until the board is there.
    private(set) var broughtTwice: Set<TransactionName> = []

    private static let exchangedMax = 20_000
    private static let exchangedLately: Duration = .seconds(3)

    init(reconciler: Reconciler, now: Instant) {
        self.reconciler = reconciler
        work = TokenBucket(rate: 100_000, burst: 600_000, now: now)
    }

    // Names.

    /// Remembers that both sides have `name` or soon will. The map is a memory of recent traffic, so it may be emptied at any time.
    mutating func noteExchanged(_ name: TransactionName, now: Instant) {
        if exchanged.count >= Self.exchangedMax { beginGeneration(now: now) }
        exchanged[name] = now
    }

    private mutating func beginGeneration(now: Instant) { (exchangedBefore, exchanged, exchangedSince) = (exchanged, [:], now) }

    /// How many names are remembered as sent or received lately.
    var exchangedCount: Int { exchanged.count + exchangedBefore.count }

    /// True if `name` was sent or received so lately that it may still be under way (SE-16): within three seconds, or behind what still waits to be
    /// sent to this peer.
    func exchangedLately(_ name: TransactionName, now: Instant) -> Bool {
        guard let at = exchanged[name] ?? exchangedBefore[name] else { return false }
        return now - at < Self.exchangedLately || at > drainedAt
    }

    /// Next to nothing waits in the connection. What was exchanged three seconds ago is of no more use then, and is forgotten (SE-394).
    mutating func drained(now: Instant) {
        drainedAt = now
        if exchangedCount > 0, now - exchangedSince >= Self.exchangedLately { beginGeneration(now: now) }
    }

    mutating func noteBroughtTwice(_ name: TransactionName) {
        if broughtTwice.count < Self.exchangedMax { broughtTwice.insert(name) }
    }

    mutating func forgetBroughtTwice() { broughtTwice = [] }

    /// One of the transactions that the peer announced has come, whatever becomes of it.
    ///
    /// - Returns: true if fewer are outstanding now.
    mutating func supplied(now: Instant) -> Bool {
        suppliedAt = now
        guard outstanding > 0 else { return false }
        outstanding -= 1
        return true
    }

    /// What the peer announced is on its way to us.
    func isSupplied(now: Instant) -> Bool { outstanding > 0 && now - suppliedAt < SessionTiming.suppliedLately }

    // Fingerprints.

    /// The peer tells of its set.
    mutating func heard(_ fingerprint: Fingerprint, count: UInt64) {
        (self.fingerprint, transactionCount) = (fingerprint, Int(clamping: count))
    }

    /// Our set changed: the peer is told a moment later.
    mutating func changed(now: Instant) { compareAt = now + SessionTiming.compareAfter }

    /// - Returns: true if the peer is to be told our fingerprint, and now counts as told.
    mutating func tells(_ fingerprint: Fingerprint) -> Bool {
        compareAt = nil
        guard fingerprint != toldFingerprint else { return false }
        toldFingerprint = fingerprint
        return true
    }

    /// The sets are equal.
    ///
    /// - Returns: true if something was outstanding.
    mutating func agreed() -> Bool {
        defer { outstanding = 0 }
        reconcileAt = nil
        backlog.removeAll()
        return outstanding != 0
    }

    /// The sets differ: compared at `instant` if they still do; nil: not any more.
    mutating func reconcile(at instant: Instant?) { reconcileAt = instant }

    // Comparing.

    mutating func owesRun(_ owes: Bool) { owesRun = owes }

    /// Compares from the beginning on.
    ///
    /// - Returns: what the peer is told.
    mutating func begin(board: borrowing Board, now: Instant) -> [[UInt8]] {
        (reconcileAt, outstanding, isReconciled, begunAt) = (nil, 0, false, now)
        return reconciler.start(board: board)
    }

    /// Of a run that we began less than `patience` ago an answer is still to come.
    func awaitsAnswer(patience: Duration, now: Instant) -> Bool { reconciler.awaitsAnswer && now - begunAt < patience }

    /// The peer's part of a comparison. Nil where it has cost too much: a run that is cut short is begun anew later.
    mutating func receive(_ bytes: [UInt8], board: borrowing Board, now: Instant) throws(WireError) -> ReconcileStep? {
        guard work.take(now: now) else { return nil }
        let step = try reconciler.receive(bytes, board: board)
        work.charge(Double(step.workCount), now: now)
        namesVisited += step.visitCount
        // What it announces may have come by another way meanwhile, and then nobody would take it off the count again.
        let isEqual = step.isEqual || fingerprint == board.fingerprint
        if isEqual { outstanding = 0 } else { outstanding += step.wanted }
        if step.isDone { isReconciled = true }
        return step
    }

    /// Another is asked in its place.
    mutating func leaveOff() { (outstanding, isReconciled) = (0, false) }

    /// The peer gets from another what a comparison found (SE-316).
    mutating func enough() {
        backlog.removeFound()
        reconciler.forgetSent()
    }
}
