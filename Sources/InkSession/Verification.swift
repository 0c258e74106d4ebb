import InkBoard
import InkPrimitives
import InkTransport

/// Transactions of others on their way into the set: what each peer brings, whose signatures are being checked off the loop, and what waits for
/// its author's pace.
///
///     append ─▶ Carrier's pace ─▶ ready ─ in turn of carriers ─▶ batch ─▶ finished ─▶ author's pace ─▶ inserted
///                                                                            └ false: charged to the carrier
///
/// Bounded: of a peer whose transactions here exceed `bytesMax` further ones are dropped unread; reconciliation brings them later. Where those of
/// all peers together exceed `bytesMaxOfAll`, each may have `bytesMaxCrowded`.
struct Verification: Sendable {
    struct Job: Sendable {
        let transaction: Transaction
        /// Who sent it; asked for its parents, and not sent the same again.
        let source: ConnectionID
        /// The device at the other end of `source`, which may be gone when the verdict comes.
        let supplier: AuthorID
        /// It came as new; else it is history, which has another pace.
        let isLive: Bool
        /// By `AuthorPace`.
        let cost: Double

        init(transaction: Transaction, source: ConnectionID, supplier: AuthorID, isLive: Bool = false) {
            (self.transaction, self.source, self.supplier, self.isLive) = (transaction, source, supplier, isLive)
            cost = AuthorPace.cost(of: transaction)
        }

        /// Memory that it takes while it waits, bytes, about.
        var byteCount: Int { Verification.byteCount(ofEncoded: transaction.encoded.count) }
    }

    /// A transaction as it was sent: the name does not cover the signature.
    struct Signed: Hashable, Sendable {
        let name: TransactionName
        let signature: [UInt8]

        init(_ transaction: Transaction) { (name, signature) = (transaction.name, transaction.signature) }
    }

    private var carriers: [ConnectionID: Carrier] = [:]
    /// Those of which something waits for a pace.
    private var heldBack: Set<ConnectionID> = []
    /// Those of which something is ready, each once, in the order of their turns.
    private var turns = Queue<ConnectionID>()
    private var underWay: [UInt64: [Job]] = [:]
    /// By name, how many are past their carrier's pace (SE-299): there may be false ones beside the true one.
    private var names: [TransactionName: Int] = [:]
    private var signed: Set<Signed> = []
    private(set) var byteCount = 0
    private var batch: UInt64 = 0
    private var paced = PacedWork()
    /// When something that waits for its carrier's pace may go on.
    private var carriersAt: Instant?

    /// Memory that transactions of one peer may take here, bytes (SE-17); with many peers, what all may take together, and then each. Two
    /// transactions of the greatest size always find room.
    static let bytesMax = 4 << 20
    static let bytesMaxOfAll = 16 << 20
    static let bytesMaxCrowded = 2 * byteCount(ofEncoded: Limits.transactionBytes)
    /// What a transaction takes beyond its encoding.
    private static let bytesEach = 256
    /// Of one batch: transactions, and what they cost by `AuthorPace` (SE-298), as they are inserted in one go.
    private static let batchMax = 64
    private static let batchCostMax = 131_072.0
    /// Batches at a time: what is given out cannot be overtaken by what others bring.
    private static let underWayMax = 2

    private static func byteCount(ofEncoded count: Int) -> Int { count + bytesEach }

    var isEmpty: Bool { names.isEmpty && heldBack.isEmpty }

    /// True if something that this peer brought is not in the set yet.
    func holds(of source: ConnectionID) -> Bool { (carriers[source]?.byteCount ?? 0) > 0 }

    /// True if a transaction of this name is being checked, or was and waits for its author's pace.
    func contains(_ name: TransactionName) -> Bool { names[name] != nil }

    /// True if these bytes, signature included, are being checked, or came from the same peer and wait for it. What another peer is held back with
    /// is not the same: it may have sent much before it.
    func contains(_ transaction: Transaction, from source: ConnectionID) -> Bool {
        let signed = Signed(transaction)
        return self.signed.contains(signed) || carriers[source]?.isHoldingBack(signed) == true
    }

    /// When a further batch can be given out, or a transaction inserted, though nothing comes.
    var deadline: Instant? { earliest(paced.deadline, carriersAt) }

    /// A session is over: its paces are forgotten, with those of sessions that ended while something of theirs waited.
    mutating func forget(_ source: ConnectionID, living: (ConnectionID) -> Bool) {
        carriers = carriers.filter { $0.value.byteCount > 0 || $0.key != source && living($0.key) }
    }

    /// False if a transaction of so many bytes would be dropped unread (SE-70): there is no room, or too much of what this peer brought was false.
    mutating func takes(_ encodedCount: Int, from source: ConnectionID, now: Instant) -> Bool {
        let count = Self.byteCount(ofEncoded: encodedCount)
        let limit = byteCount + count <= Self.bytesMaxOfAll ? Self.bytesMax : Self.bytesMaxCrowded
        return carriers[source, default: Carrier(now: now)].isBelieved(now: now) && (carriers[source]?.byteCount ?? 0) + count <= limit
    }

    /// False while what this peer brings is not taken if its parents are unknown.
    mutating func takesOrphans(from source: ConnectionID, now: Instant) -> Bool {
        carriers[source, default: Carrier(now: now)].mayBringOrphans(now: now)
    }

    /// What was inserted of this peer lacks parents.
    mutating func noteOrphan(from source: ConnectionID, now: Instant) { carriers[source]?.noteOrphan(now: now) }

    /// Takes one; false when there is no room.
    mutating func append(_ job: Job, now: Instant) -> Bool {
        guard takes(job.transaction.encoded.count, from: job.source, now: now) else { return false }
        byteCount += job.byteCount
        if carriers[job.source, default: Carrier(now: now)].append(job, now: now) {
            makeReady(job)
        } else {
            heldBack.insert(job.source)
            carriersAt = earliest(carriersAt, carriers[job.source]?.deadline(now: now))
        }
        return true
    }

    /// The next batch to check; nil when there is nothing to check, or enough is being checked.
    ///
    /// - Parameter isKnown: true for what has come otherwise meanwhile.
    mutating func nextBatch(now: Instant, isKnown: (TransactionName) -> Bool = { _ in false }) -> (UInt64, [Transaction])? {
        releaseCarriers(now: now)
        guard underWay.count < Self.underWayMax else { return nil }
        var (jobs, cost): ([Job], Double) = ([], 0)
        while jobs.count < Self.batchMax, cost < Self.batchCostMax, let source = turns.popFirst() {
            guard let job = carriers[source]?.popReady() else { continue }
            if carriers[source]?.hasReady == true { turns.append(source) }
            // Of who brought too much that was false, what he sent before that showed is not looked at either.
            if isKnown(job.transaction.name) || carriers[source]?.isBelieved(now: now) != true {
                leave(job)
            } else {
                jobs.append(job)
                cost += job.cost
            }
        }
        guard !jobs.isEmpty else { return nil }
        batch += 1
        underWay[batch] = jobs
        return (batch, jobs.map(\.transaction))
    }

    /// What became of a batch.
    struct Finished {
        /// To be inserted now.
        var valid: [Job] = []
        /// Not signed by who it says.
        var forged: [Job] = []
    }

    /// Takes the verdicts on a batch; nothing for a number that was never given out (SE-14). What goes beyond its author's pace comes by `released`.
    mutating func finished(
        _ identifier: UInt64, _ verdicts: [Bool], now: Instant, isKnown: (TransactionName) -> Bool = { _ in false }
    ) -> Finished {
        var finished = Finished()
        guard let jobs = underWay.removeValue(forKey: identifier) else { return finished }
        precondition(jobs.count == verdicts.count, "there is a verdict for each transaction of a batch")
        for (job, isValid) in zip(jobs, verdicts) {
            if !isValid {
                // Whoever passes on checks first, so it is the carrier's doing, whoever the bytes say is their author.
                carriers[job.source]?.noteFalse(now: now)
                finished.forged.append(job)
            } else if job.isLive, !isKnown(job.transaction.name), !paced.admit(job, now: now) {
                continue
            } else {
                finished.valid.append(job)
            }
            leave(job)
        }
        return finished
    }

    /// Who is no owner goes no faster than one in this time (SE-383); zero for as fast as others do.
    mutating func slowDown(to interval: Duration, butFor owners: Set<AuthorID>, now: Instant) {
        paced.slowDown(to: interval, butFor: owners, now: now)
    }

    /// What waits for its author's slow mode, up to this name: somebody whom it did not wait for built on it.
    mutating func released(upTo name: TransactionName, now: Instant) -> [Job] {
        guard names[name] != nil else { return [] }
        let jobs = paced.release(upTo: name, now: now)
        for job in jobs { leave(job) }
        return jobs
    }

    /// What was checked and whose author's pace allows it now.
    mutating func released(now: Instant) -> [Job] {
        let jobs = paced.release(now: now)
        for job in jobs { leave(job) }
        return jobs
    }

    private mutating func releaseCarriers(now: Instant) {
        guard let carriersAt, now >= carriersAt else { return }
        self.carriersAt = nil
        for source in heldBack.sorted() {
            for job in carriers[source]?.release(now: now) ?? [] { makeReady(job) }
            if carriers[source]?.isHeldBack != true { heldBack.remove(source) }
            self.carriersAt = earliest(self.carriersAt, carriers[source]?.deadline(now: now))
        }
    }

    private mutating func makeReady(_ job: Job) {
        // Another peer's copy may have come to be checked while this one waited.
        guard signed.insert(Signed(job.transaction)).inserted else { return forget(job) }
        names[job.transaction.name, default: 0] += 1
        if carriers[job.source]?.hasReady == false { turns.append(job.source) }
        carriers[job.source]?.makeReady(job)
    }

    /// The job is through, or in vain.
    private mutating func leave(_ job: Job) {
        let left = (names[job.transaction.name] ?? 1) - 1
        names[job.transaction.name] = left > 0 ? left : nil
        signed.remove(Signed(job.transaction))
        forget(job)
    }

    private mutating func forget(_ job: Job) {
        carriers[job.source]?.byteCount -= job.byteCount
        byteCount -= job.byteCount
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

    /// Names open for one peer, and how often one is asked for (SE-17).
    static let openMax = 1024
    static let triesMax = 5

    /// When to look; may be earlier than anything is due.
    private(set) var deadline: Instant?
    var count: Int { open.count }

    /// `whom` sent a child of `name`; unless it comes by itself it is asked for (SE-9).
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
