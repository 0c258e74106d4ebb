import InkPrimitives

/// What the disk must still take, in order, one batch at a time.
///
/// One batch is under way; what comes meanwhile goes together in the next (group commit). A batch that failed stays at the front and is
/// offered again each second: a later batch must not overtake it, else a child could be on disk without its parent.
package struct SaveQueue: Sendable {
    private var waiting = Queue<StoreRecord>()
    private var underWay: [StoreRecord] = []
    private var batch: UInt64 = 0
    private var retryAt: Instant?
    /// Why the disk refused last; nil while it takes what it is given.
    package private(set) var refusal: String?

    package static let retryInterval: Duration = .seconds(1)
    /// Records in one batch: bounds the time of one commit.
    private static let batchRecords = 2000

    package init() {}

    /// True when the disk has all that it was given.
    package var isEmpty: Bool { waiting.isEmpty && underWay.isEmpty }
    /// Records that were ever given, and those of them that the disk has: it takes them in order.
    package private(set) var givenCount: UInt64 = 0
    package private(set) var savedCount: UInt64 = 0

    /// Transactions that are not on disk yet.
    package var unsavedTransactions: Int { unsavedTransactions(upTo: givenCount) }

    /// Transactions among the first `mark` records that are not on disk yet.
    package func unsavedTransactions(upTo mark: UInt64) -> Int {
        let open = Int(max(mark, savedCount) - savedCount)
        let isTransaction = { (record: StoreRecord) in if case .transaction = record { true } else { false } }
        return underWay.prefix(open).count(where: isTransaction) + waiting.prefix(max(0, open - underWay.count)).count(where: isTransaction)
    }
    package var deadline: Instant? { retryAt }

    package mutating func append(_ record: StoreRecord) {
        waiting.append(record)
        givenCount += 1
    }

    /// The batch to hand to the disk now; nil while one is under way or waits for its retry.
    package mutating func nextBatch(now: Instant) -> (UInt64, [StoreRecord])? {
        if let at = retryAt {
            guard now >= at else { return nil }
            retryAt = nil
            batch += 1
            return (batch, underWay)
        }
        guard underWay.isEmpty, !waiting.isEmpty else { return nil }
        underWay = waiting.popFirst(Self.batchRecords)
        // A request is never parted from its transaction: one without the other would (SE-292) be done twice, or never.
        while case .request? = waiting.first { underWay += waiting.popFirst(1) }
        batch += 1
        return (batch, underWay)
    }

    /// The disk has the batch: the records that are now safe. Empty for a batch that is not the one under way.
    package mutating func persisted(_ identifier: UInt64) -> [StoreRecord] {
        guard identifier == batch, retryAt == nil else { return [] }
        defer { underWay = [] }
        savedCount += UInt64(underWay.count)
        refusal = nil
        return underWay
    }

    /// What the disk refused is offered at once, and not only when its time has come.
    mutating func tryNow(now: Instant) { if retryAt != nil { retryAt = now } }

    /// The disk refused the batch (SE-7).
    package mutating func failed(_ identifier: UInt64, reason: String, now: Instant) {
        guard identifier == batch, !underWay.isEmpty else { return }
        refusal = reason
        retryAt = now + Self.retryInterval
    }
}
