import InkBoard
import InkPrimitives
import InkTransport

/// What a receiver takes of one author's new work: 200 transactions a second, 2000 at once; 64 KiB a second, 4 MiB at once (SE-74).
///
/// What comes faster waits, and is never refused: all who have it would part from those who do not. A shape costs as many bytes as a small
/// transaction, since each is told to front ends by itself: 4000 of them fit 16 kB and cost a reader of JSON a quarter of a second.
struct AuthorPace: Sendable {
    static let rate = 200.0
    static let burst = 2000.0
    static let bytesRate = 65_536.0
    static let bytesBurst = 4_194_304.0
    /// Bytes that each shape beyond the first counts for.
    static let bytesEachShape = 256

    private var count: TokenBucket
    private var bytes: TokenBucket

    /// - Parameter share: times what one author may; more than one for a peer that passes on the work of several.
    init(share: Double = 1, now: Instant) {
        count = TokenBucket(rate: Self.rate * share, burst: Self.burst * share, now: now)
        bytes = TokenBucket(rate: Self.bytesRate * share, burst: Self.bytesBurst * share, now: now)
    }

    static func cost(of transaction: Transaction) -> Double {
        var (shapes, last): (Int, ShapeID?) = (0, nil)
        for write in transaction.writes where write.target != last { (shapes, last) = (shapes + 1, write.target) }
        // What costs more than may come at once would wait for ever.
        return min(Double(transaction.encoded.count + bytesEachShape * max(0, shapes - 1)), bytesBurst)
    }

    /// How long until a transaction of this cost may be taken.
    mutating func wait(for cost: Double, now: Instant) -> Duration { max(count.wait(for: 1, now: now), bytes.wait(for: cost, now: now)) }

    mutating func take(_ cost: Double, now: Instant) {
        count.charge(1, now: now)
        bytes.charge(cost, now: now)
    }

    mutating func isFull(now: Instant) -> Bool { count.isFull(now: now) && bytes.isFull(now: now) }
}

/// Live work whose author has gone faster than its pace, in order within an author (SE-296).
///
/// Only what its author signed comes here: what others say in its name does not use up its pace (SE-297).
struct PacedWork: Sendable {
    private var authors: [AuthorID: AuthorPace] = [:]
    private var queues: [AuthorID: Queue<Verification.Job>] = [:]

    /// Authors whose pace is known; beyond, new ones share one.
    private static let authorsMax = 1024

    /// When to call `release` next; nil while nothing waits.
    private(set) var deadline: Instant?
    /// An owner slowed the board down to one change in this time, for all but owners; zero for not.
    private var interval = Duration.zero
    private var owners: Set<AuthorID> = []
    private var slow: [AuthorID: TokenBucket] = [:]

    /// What comes at once in slow mode: lines are uneven, and who joins writes twice.
    private static let slowBurst = 4.0

    /// From here on another slow mode holds, for what waits too.
    mutating func slowDown(to interval: Duration, butFor owners: Set<AuthorID>, now: Instant) {
        if interval != self.interval { slow = [:] }
        (self.interval, self.owners) = (interval, owners)
        if !queues.isEmpty { deadline = now }
    }

    /// What waits for slow mode alone, up to this name.
    mutating func release(upTo name: TransactionName, now: Instant) -> [Verification.Job] {
        guard interval > .zero else { return [] }
        guard let author = queues.keys.sorted().first(where: { waits(name, of: $0) }) else { return [] }
        var jobs: [Verification.Job] = []
        while let next = queues[author]?.first, jobs.last?.transaction.name != name, fastWait(for: next, now: now) == .zero {
            _ = queues[author]?.popFirst()
            take(next, now: now)
            jobs.append(next)
        }
        if queues[author]?.isEmpty == true { queues[author] = nil }
        return jobs
    }

    private func waits(_ name: TransactionName, of author: AuthorID) -> Bool {
        var rest = queues[author] ?? Queue()
        while let job = rest.popFirst() { if job.transaction.name == name { return true } }
        return false
    }

    /// True if the job may go on at once; else it waits here.
    mutating func admit(_ job: Verification.Job, now: Instant) -> Bool {
        let author = job.transaction.author
        let wait = wait(for: job, now: now)
        if queues[author] == nil, wait == .zero {
            take(job, now: now)
            return true
        }
        queues[author, default: Queue()].append(job)
        deadline = earliest(deadline, now + wait)
        return false
    }

    /// The jobs whose time has come: of each author one in turn, so that none waits for another's hundreds.
    mutating func release(now: Instant) -> [Verification.Job] {
        guard let deadline, now >= deadline else { return [] }
        var released: [Verification.Job] = []
        var isMoving = true
        while isMoving {
            isMoving = false
            for author in queues.keys.sorted() {
                guard let first = queues[author]?.first, wait(for: first, now: now) == .zero else { continue }
                _ = queues[author]?.popFirst()
                if queues[author]?.isEmpty == true { queues[author] = nil }
                take(first, now: now)
                released.append(first)
                isMoving = true
            }
        }
        self.deadline = queues.keys.sorted().compactMap { author in
            queues[author]?.first.map { now + max(.milliseconds(1), wait(for: $0, now: now)) }
        }
        .min()
        return released
    }

    private mutating func wait(for job: Verification.Job, now: Instant) -> Duration {
        max(fastWait(for: job, now: now), slowWait(for: job, now: now))
    }

    private mutating func slowWait(for job: Verification.Job, now: Instant) -> Duration {
        let author = job.transaction.author
        guard interval > .zero, !owners.contains(author) else { return .zero }
        let full = slowBucket(now: now)
        return slow[author, default: full].wait(for: 1, now: now)
    }

    private func slowBucket(now: Instant) -> TokenBucket {
        TokenBucket(rate: 1e9 / Double(interval.nanoseconds), burst: Self.slowBurst, now: now)
    }

    private mutating func fastWait(for job: Verification.Job, now: Instant) -> Duration {
        let author = key(of: job.transaction.author, now: now)
        return authors[author, default: AuthorPace(now: now)].wait(for: job.cost, now: now)
    }

    private mutating func take(_ job: Verification.Job, now: Instant) {
        if interval > .zero, !owners.contains(job.transaction.author) {
            // Who has no bucket here is full: beyond so many they are forgotten together.
            if slow.count >= Self.authorsMax { slow = [:] }
            let full = slowBucket(now: now)
            slow[job.transaction.author, default: full].charge(1, now: now)
        }
        authors[key(of: job.transaction.author, now: now), default: AuthorPace(now: now)].take(job.cost, now: now)
    }

    /// Whose pace counts for this author: its own, or where too many are at work that of all others together.
    private mutating func key(of author: AuthorID, now: Instant) -> AuthorID {
        guard authors[author] == nil, authors.count >= Self.authorsMax else { return author }
        authors = authors.filter { entry in
            var pace = entry.value
            return !pace.isFull(now: now)
        }
        return authors.count < Self.authorsMax ? author : .zero
    }
}
