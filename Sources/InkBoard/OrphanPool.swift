import InkPrimitives

/// Transactions that wait for parents, bounded by what they cost in memory (BD-10): each supplier has a share, and where all together are too many,
/// the oldest of the greatest supplier goes (it can be had again). So nobody pushes out what others brought.
///
/// A *supplier* is the device that sent them, whoever signed them; `.zero` is our own disk.
struct OrphanPool: Sendable {
    /// A transaction that waits no more, and who brought it.
    struct Released {
        let transaction: Transaction
        let supplier: AuthorID
    }

    private struct Orphan {
        let transaction: Transaction
        /// Parents that were not in the log when it came.
        let missing: [TransactionName]
        let supplier: AuthorID
        let arrival: UInt64
        let cost: Int
    }

    /// What one supplier brought.
    private struct Share {
        /// In order of arrival; those that have gone since are skipped.
        var arrivals = Queue<(arrival: UInt64, name: TransactionName)>()
        var count = 0
        var byteCount = 0
    }

    private var orphans: [TransactionName: Orphan] = [:]
    /// Orphans by the one missing parent that each is registered under: looked at again when that one comes.
    private var byParent: [TransactionName: Set<TransactionName>] = [:]
    /// How many orphans miss each name that has not come.
    private var missingCounts: [TransactionName: Int] = [:]
    /// Names that orphans miss and that do not wait themselves (BD-132).
    private(set) var missing: Set<TransactionName> = []
    private var authorCounts: [AuthorID: Int] = [:]
    private var shares: [AuthorID: Share] = [:]
    private var arrivalCount: UInt64 = 0
    /// Bytes of memory that all who wait take, about.
    private(set) var byteCount = 0
    private let byteLimit: Int
    private let shareLimit: Int

    init(byteLimit: Int, shareLimit: Int) { (self.byteLimit, self.shareLimit) = (byteLimit, shareLimit) }

    /// What an orphan takes of memory beyond its encoding: the transaction and its entries here, and those for each parent that it misses.
    /// Measured: 30 000 orphans of 663 bytes with 16 unknown parents took 146 MB.
    private static let bytesEach = 512
    private static let bytesEachMissing = 256

    /// What each shape beyond the first counts for, of whose number memory does not speak (BD-45): when the parent comes, all that waits for it is
    /// inserted in one go, and 16 kB may hold 4000 shapes. Of one supplier as many wait as fit one such transaction.
    private static let bytesEachShape = 1024

    static func cost(of transaction: Transaction, missing count: Int) -> Int {
        var (shapes, last): (Int, ShapeID?) = (0, nil)
        for write in transaction.writes where write.target != last { (shapes, last) = (shapes + 1, write.target) }
        return transaction.encoded.count + bytesEach + bytesEachMissing * count + bytesEachShape * max(0, shapes - 1)
    }

    var count: Int { orphans.count }

    /// Places that orders of arrival take: as many as wait, or twice, with a few to spare.
    var arrivalPlaces: Int { shares.values.reduce(0) { $0 + $1.arrivals.count } }

    func contains(_ name: TransactionName) -> Bool { orphans[name] != nil }

    /// The orphan of that name.
    subscript(name: TransactionName) -> Transaction? { orphans[name]?.transaction }

    /// True if an orphan of `author` waits.
    func containsWork(of author: AuthorID) -> Bool { authorCounts[author] != nil }

    /// Takes one in that misses `parents` (not empty), and puts out the oldest of its supplier (BD-41), or of the greatest, while there is too much.
    mutating func insert(_ transaction: Transaction, missing parents: [TransactionName], from supplier: AuthorID) {
        guard let parent = parents.first, orphans[transaction.name] == nil else { return }
        let cost = Self.cost(of: transaction, missing: parents.count)
        // What would push out all else of its supplier comes again once its parents are here (BD-45).
        guard cost <= shareLimit / 2 || supplier == .zero else { return }
        arrivalCount += 1
        let orphan = Orphan(transaction: transaction, missing: parents, supplier: supplier, arrival: arrivalCount, cost: cost)
        orphans[transaction.name] = orphan
        byParent[parent, default: []].insert(transaction.name)
        for name in parents {
            missingCounts[name, default: 0] += 1
            if orphans[name] == nil { missing.insert(name) }
        }
        missing.remove(transaction.name)
        authorCounts[transaction.author, default: 0] += 1
        byteCount += orphan.cost
        shares[supplier, default: Share()].arrivals.append((arrivalCount, transaction.name))
        shares[supplier, default: Share()].count += 1
        shares[supplier, default: Share()].byteCount += orphan.cost
        while shares[supplier]?.byteCount ?? 0 > shareLimit { removeOldest(of: supplier) }
        while byteCount > byteLimit, let greatest = shares.max(by: { ($0.value.byteCount, $0.key) < ($1.value.byteCount, $1.key) })?.key {
            removeOldest(of: greatest)
        }
    }

    /// `parent` came, or never will: nobody waits for it any more. Takes out those that were registered under it, in order of arrival;
    /// some may miss another one still.
    mutating func remove(waitingFor parent: TransactionName) -> [Released] {
        missingCounts[parent] = nil
        missing.remove(parent)
        let waiting = (byParent.removeValue(forKey: parent) ?? []).compactMap { remove($0) }
        return waiting.sorted { $0.arrival < $1.arrival }.map { Released(transaction: $0.transaction, supplier: $0.supplier) }
    }

    /// Forgets all that `supplier` brought.
    mutating func remove(from supplier: AuthorID) {
        while shares[supplier] != nil { removeOldest(of: supplier) }
    }

    private mutating func removeOldest(of supplier: AuthorID) {
        while let (arrival, name) = shares[supplier]?.arrivals.popFirst() {
            guard orphans[name]?.arrival == arrival, let orphan = remove(name), let parent = orphan.missing.first else { continue }
            byParent[parent]?.remove(name)
            if byParent[parent]?.isEmpty == true { byParent[parent] = nil }
            return
        }
        shares[supplier] = nil
    }

    private mutating func remove(_ name: TransactionName) -> Orphan? {
        guard let orphan = orphans.removeValue(forKey: name) else { return nil }
        byteCount -= orphan.cost
        leaveShare(orphan)
        for parent in orphan.missing {
            guard let count = missingCounts[parent] else { continue }
            missingCounts[parent] = count > 1 ? count - 1 : nil
            if count == 1 { missing.remove(parent) }
        }
        if missingCounts[name] != nil { missing.insert(name) }
        let author = orphan.transaction.author
        if let count = authorCounts[author] { authorCounts[author] = count > 1 ? count - 1 : nil }
        return orphan
    }

    private mutating func leaveShare(_ orphan: Orphan) {
        guard var share = shares.removeValue(forKey: orphan.supplier) else { return }
        share.count -= 1
        share.byteCount -= orphan.cost
        guard share.count > 0 else { return }
        // Those that came and were released would stay in the order for ever (BD-143).
        if share.arrivals.count > 2 * share.count + Self.arrivalsSpare {
            let left = share.arrivals.filter { orphans[$0.name]?.arrival == $0.arrival }
            share.arrivals = Queue()
            share.arrivals.append(contentsOf: left)
        }
        shares[orphan.supplier] = share
    }

    private static let arrivalsSpare = 64
}
