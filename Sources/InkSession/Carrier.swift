import InkBoard
import InkPrimitives
import InkTransport

/// What a peer brings of transactions, whoever signed them, and how much of it is looked at (SE-80).
///
///     live ────▶ pace of four authors ──┐
///     history ─▶ pace of its bytes ─────┴──▶ ready ──▶ checked, in turn with what others bring
///
/// Before its signature is checked a transaction says nothing of its author, so it is the peer's that passed it on. Order is kept within live work,
/// and within history.
struct Carrier: Sendable {
    /// A peer may pass on the work of so many authors that all go at full pace.
    private static let share = 4.0
    /// Bytes of history taken at once and a second, each transaction counting some more than it is long: 58 000 small ones at once, then 1800 a
    /// second, about a quarter of a processor. Without it the bulk lane would be the way around every author's pace.
    static let historyBurst = 33_554_432.0
    static let historyRate = 1_048_576.0
    static let historyEach = 256.0
    /// Transactions with a false signature at once, and a second (SE-81). Whoever passes work on has checked it; a damaged disk may hold a few.
    static let falseBurst = 64.0
    static let falseRate = 2.0
    /// Transactions whose parents are not here, at once and a second. Who passes work on has its parents, and history comes in order, so there
    /// are few that overtook others.
    static let orphansBurst = 4096.0
    static let orphansRate = 200.0

    private var pace: AuthorPace
    private var history: TokenBucket
    private var falsehoods: TokenBucket
    private var orphans: TokenBucket
    private var live = Queue<Verification.Job>()
    private var past = Queue<Verification.Job>()
    /// What waits for a pace, as it was sent: the same again is dropped.
    private var waiting: Set<Verification.Signed> = []
    /// What may be checked, as its turn comes.
    private var ready = Queue<Verification.Job>()
    /// Bytes of memory that what it brought takes until it is in the set, or refused.
    var byteCount = 0

    init(now: Instant) {
        pace = AuthorPace(share: Self.share, now: now)
        history = TokenBucket(rate: Self.historyRate, burst: Self.historyBurst, now: now)
        falsehoods = TokenBucket(rate: Self.falseRate, burst: Self.falseBurst, now: now)
        orphans = TokenBucket(rate: Self.orphansRate, burst: Self.orphansBurst, now: now)
    }

    /// True while something waits for a pace here.
    var isHeldBack: Bool { !waiting.isEmpty }

    func isHoldingBack(_ signed: Verification.Signed) -> Bool { waiting.contains(signed) }

    /// False while nothing that it brings is looked at, since too much was false.
    mutating func isBelieved(now: Instant) -> Bool { falsehoods.wait(for: 1, now: now) == .zero }

    mutating func noteFalse(now: Instant) { falsehoods.charge(1, now: now) }

    /// False while it has brought too many transactions whose parents are not here.
    mutating func mayBringOrphans(now: Instant) -> Bool { orphans.wait(for: 1, now: now) == .zero }

    mutating func noteOrphan(now: Instant) { orphans.charge(1, now: now) }

    /// - Returns: true if it may be checked now; else it waits.
    mutating func append(_ job: Verification.Job, now: Instant) -> Bool {
        byteCount += job.byteCount
        if (job.isLive ? live : past).isEmpty, isTurn(of: job, now: now) {
            charge(job, now: now)
            return true
        }
        waiting.insert(Verification.Signed(job.transaction))
        if job.isLive { live.append(job) } else { past.append(job) }
        return false
    }

    /// When something of what waits may go on; nil where nothing waits.
    mutating func deadline(now: Instant) -> Instant? {
        [live.first, past.first].compactMap { $0.map { now + max(.milliseconds(1), wait(for: $0, now: now)) } }.min()
    }

    /// Takes out what may be checked now: what is new before history.
    mutating func release(now: Instant) -> [Verification.Job] {
        var passed: [Verification.Job] = []
        while let first = live.first, isTurn(of: first, now: now), let job = live.popFirst() { passed.append(charge(job, now: now)) }
        while let first = past.first, isTurn(of: first, now: now), let job = past.popFirst() { passed.append(charge(job, now: now)) }
        for job in passed { waiting.remove(Verification.Signed(job.transaction)) }
        return passed
    }

    var hasReady: Bool { !ready.isEmpty }
    mutating func makeReady(_ job: Verification.Job) { ready.append(job) }
    mutating func popReady() -> Verification.Job? { ready.popFirst() }

    private mutating func isTurn(of job: Verification.Job, now: Instant) -> Bool { wait(for: job, now: now) == .zero }

    private mutating func wait(for job: Verification.Job, now: Instant) -> Duration {
        job.isLive ? pace.wait(for: job.cost, now: now) : history.wait(for: job.cost + Self.historyEach, now: now)
    }

    @discardableResult
    private mutating func charge(_ job: Verification.Job, now: Instant) -> Verification.Job {
        if job.isLive { pace.take(job.cost, now: now) } else { history.charge(job.cost + Self.historyEach, now: now) }
        return job
    }
}
