import InkBoard
import InkPrimitives
import InkTransport

/// Transactions of others whose signatures are being checked off the loop, in the order in which they came.
///
/// Bounded: of a peer whose unverified bytes exceed `bytesMax` further ones are dropped unread; reconciliation brings them later. Where those of
/// all peers together exceed `bytesMaxOfAll`, each may have `bytesMaxCrowded`.
struct Verification: Sendable {
    struct Job: Sendable {
        var transaction: Transaction
        /// Who sent it; asked for its parents, and not sent the same again.
        var source: ConnectionID
        /// The device at the other end of `source`, which may be gone when the verdict comes.
        var supplier: AuthorID
    }

    private var waiting = Queue<Job>()
    private var underWay: [UInt64: [Job]] = [:]
    /// By name, how many: the name does not cover the signature, so there may be false ones beside the true one.
    private var names: [TransactionName: Int] = [:]
    private var signed: Set<Signed> = []
    private var bytes: [ConnectionID: Int] = [:]
    private(set) var byteCount = 0
    private var batch: UInt64 = 0
    private(set) var paced = PacedWork()

    private struct Signed: Hashable {
        let name: TransactionName
        let signature: [UInt8]

        init(_ transaction: Transaction) { (name, signature) = (transaction.name, transaction.signature) }
    }

    /// Bytes of transactions of one peer that may wait; with many peers, what all may have together, and then each. Two transactions of the
    /// greatest size always find room.
    static let bytesMax = 4 << 20
    static let bytesMaxOfAll = 16 << 20
    static let bytesMaxCrowded = 2 * Limits.transactionBytes
    private static let batchMax = 64

    var isEmpty: Bool { names.isEmpty }

    /// True if a transaction of this name is on its way through.
    func contains(_ name: TransactionName) -> Bool { names[name] != nil }

    /// True if the same bytes, signature included, are on their way through.
    func contains(_ transaction: Transaction) -> Bool { signed.contains(Signed(transaction)) }

    /// When a further batch can be given out though nothing comes.
    var deadline: Instant? { paced.deadline }

    mutating func forget(_ source: ConnectionID, living: (ConnectionID) -> Bool) { paced.forget(source, living: living) }

    /// Takes one; false when there is no room.
    ///
    /// - Parameter liveAt: now, if it came on the live lane, where its author has a pace; nil for history.
    mutating func append(_ job: Job, liveAt: Instant? = nil) -> Bool {
        let count = job.transaction.encoded.count
        let limit = byteCount + count <= Self.bytesMaxOfAll ? Self.bytesMax : Self.bytesMaxCrowded
        guard bytes[job.source, default: 0] + count <= limit else { return false }
        bytes[job.source, default: 0] += count
        byteCount += count
        names[job.transaction.name, default: 0] += 1
        signed.insert(Signed(job.transaction))
        if liveAt.map({ paced.admit(job, now: $0) }) ?? true { waiting.append(job) }
        return true
    }

    /// The next batch to check; nil when there is nothing to check.
    mutating func nextBatch(now: Instant) -> (UInt64, [Transaction])? {
        waiting.append(contentsOf: paced.release(now: now))
        guard !waiting.isEmpty else { return nil }
        let jobs = waiting.popFirst(Self.batchMax)
        batch += 1
        underWay[batch] = jobs
        return (batch, jobs.map(\.transaction))
    }

    /// True while another batch could be given out.
    var hasMore: Bool { !waiting.isEmpty }

    /// The jobs of a batch that was checked; empty for a number that was never given out.
    mutating func finished(_ identifier: UInt64) -> [Job] {
        guard let jobs = underWay.removeValue(forKey: identifier) else { return [] }
        for job in jobs {
            let left = (names[job.transaction.name] ?? 1) - 1
            names[job.transaction.name] = left > 0 ? left : nil
            signed.remove(Signed(job.transaction))
            let held = (bytes[job.source] ?? 0) - job.transaction.encoded.count
            bytes[job.source] = held > 0 ? held : nil
            byteCount -= job.transaction.encoded.count
        }
        return jobs
    }
}

/// Parents that are unknown, and whom to ask for them. Bounded for each peer: what is not asked for, or not answered, reconciliation finds.
struct Asks: Sendable {
    private struct Ask: Sendable {
        var at: Instant
        var whom: ConnectionID
        var tries = 0
    }
    private var open: [TransactionName: Ask] = [:]
    private var counts: [ConnectionID: Int] = [:]

    /// Names open for one peer, and how often one is asked for.
    static let openMax = 1024
    static let triesMax = 5

    /// When to look; may be earlier than anything is due.
    private(set) var deadline: Instant?
    var count: Int { open.count }

    /// `whom` sent a child of `name`; unless it comes by itself it is asked for.
    mutating func expect(_ name: TransactionName, from whom: ConnectionID, now: Instant) {
        guard open[name] == nil, counts[whom, default: 0] < Self.openMax else { return }
        counts[whom, default: 0] += 1
        open[name] = Ask(at: now + SessionTiming.askAfter, whom: whom)
        deadline = earliest(deadline, now + SessionTiming.askAfter)
    }

    mutating func arrived(_ name: TransactionName) { forget(name) }

    private mutating func forget(_ name: TransactionName) {
        guard let ask = open.removeValue(forKey: name) else { return }
        let left = (counts[ask.whom] ?? 1) - 1
        counts[ask.whom] = left > 0 ? left : nil
    }

    /// What to ask now, by connection, in a fixed order. A connection that is gone loses its questions: reconciliation finds them.
    mutating func due(now: Instant, alive: (ConnectionID) -> Bool) -> [(ConnectionID, [TransactionName])] {
        guard let deadline, deadline <= now else { return [] }
        var questions: [ConnectionID: [TransactionName]] = [:]
        for name in open.filter({ $0.value.at <= now }).keys.sorted() {
            guard let ask = open[name] else { continue }
            guard alive(ask.whom), ask.tries < Self.triesMax else {
                forget(name)
                continue
            }
            // What does not fit this question goes into the next one.
            guard questions[ask.whom, default: []].count < SessionMessage.asksMax else {
                open[name]?.at = now + SessionTiming.askAfter
                continue
            }
            questions[ask.whom, default: []].append(name)
            open[name]?.tries += 1
            open[name]?.at = now + SessionTiming.askAgainAfter
        }
        self.deadline = open.values.map(\.at).min()
        return questions.keys.sorted().map { ($0, questions[$0] ?? []) }
    }
}
