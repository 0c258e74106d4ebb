import InkBoard
import InkPrimitives
import InkTransport

/// Transactions of others whose signatures are being checked off the loop, in the order in which they came.
///
/// Bounded: a peer whose unverified bytes exceed `bytesMax` has further ones dropped unread; reconciliation brings them later.
struct Verification: Sendable {
    struct Job: Sendable {
        var transaction: Transaction
        /// Who sent it; asked for its parents, and not sent the same again.
        var source: ConnectionID
    }

    private var waiting: [Job] = []
    private var underWay: [UInt64: [Job]] = [:]
    private var names: Set<TransactionName> = []
    private var bytes = 0
    private var batch: UInt64 = 0

    /// Bytes of transactions that may wait.
    private static let bytesMax = 8 << 20
    private static let batchMax = 64

    var isEmpty: Bool { names.isEmpty }

    /// True if a transaction of this name is on its way through.
    func contains(_ name: TransactionName) -> Bool { names.contains(name) }

    /// Takes one; false when there is no room.
    mutating func append(_ job: Job) -> Bool {
        guard bytes + job.transaction.encoded.count <= Self.bytesMax else { return false }
        bytes += job.transaction.encoded.count
        names.insert(job.transaction.name)
        waiting.append(job)
        return true
    }

    /// The next batch to check; nil when there is nothing to check.
    mutating func nextBatch() -> (UInt64, [Transaction])? {
        guard !waiting.isEmpty else { return nil }
        let jobs = Array(waiting.prefix(Self.batchMax))
        waiting.removeFirst(jobs.count)
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
            names.remove(job.transaction.name)
            bytes -= job.transaction.encoded.count
        }
        return jobs
    }
}

/// Parents that are unknown, and whom to ask for them.
struct Asks: Sendable {
    private struct Ask: Sendable {
        var at: Instant
        var whom: ConnectionID
    }
    private var open: [TransactionName: Ask] = [:]

    var deadline: Instant? { open.values.map(\.at).min() }
    var count: Int { open.count }

    /// `whom` sent a child of `name`; unless it comes by itself it is asked for.
    mutating func expect(_ name: TransactionName, from whom: ConnectionID, now: Instant) {
        guard open[name] == nil else { return }
        open[name] = Ask(at: now + SessionTiming.askAfter, whom: whom)
    }

    mutating func arrived(_ name: TransactionName) { open[name] = nil }

    /// What to ask now, by connection, in a fixed order. A connection that is gone loses its questions: reconciliation finds them.
    mutating func due(now: Instant, alive: (ConnectionID) -> Bool) -> [(ConnectionID, [TransactionName])] {
        var questions: [ConnectionID: [TransactionName]] = [:]
        for name in open.keys.sorted() {
            guard let ask = open[name], ask.at <= now else { continue }
            guard alive(ask.whom) else {
                open[name] = nil
                continue
            }
            questions[ask.whom, default: []].append(name)
            open[name]?.at = now + SessionTiming.askAgainAfter
        }
        return questions.keys.sorted().map { ($0, Array((questions[$0] ?? []).prefix(SessionMessage.asksMax))) }
    }
}
