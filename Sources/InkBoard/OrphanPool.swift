import InkPrimitives

/// Transactions that wait for parents: bounded in bytes, oldest out (they can be had again).
struct OrphanPool: Sendable {
    private struct Orphan {
        let transaction: Transaction
        /// Parents that were not in the log when it came.
        let missing: [TransactionName]
        let arrival: UInt64
    }

    private var orphans: [TransactionName: Orphan] = [:]
    /// Orphans by the one missing parent that each is registered under: looked at again when that one comes.
    private var byParent: [TransactionName: Set<TransactionName>] = [:]
    /// How many orphans miss each name that has not come.
    private var missingCounts: [TransactionName: Int] = [:]
    /// Names that orphans miss and that do not wait themselves.
    private(set) var missing: Set<TransactionName> = []
    private var authorCounts: [AuthorID: Int] = [:]
    /// In order of arrival; those that have gone since are skipped.
    private var arrivals = Queue<(arrival: UInt64, name: TransactionName)>()
    private var arrivalCount: UInt64 = 0
    /// Encoded bytes of all that wait.
    private(set) var byteCount = 0
    private let byteLimit: Int

    init(byteLimit: Int) { self.byteLimit = byteLimit }

    var count: Int { orphans.count }

    func contains(_ name: TransactionName) -> Bool { orphans[name] != nil }

    /// The orphan of that name.
    subscript(name: TransactionName) -> Transaction? { orphans[name]?.transaction }

    /// True if an orphan of `author` waits.
    func containsWork(of author: AuthorID) -> Bool { authorCounts[author] != nil }

    /// Takes one in that misses `parents` (not empty), and puts out the oldest while there are too many bytes.
    mutating func insert(_ transaction: Transaction, missing parents: [TransactionName]) {
        guard let parent = parents.first, orphans[transaction.name] == nil else { return }
        arrivalCount += 1
        orphans[transaction.name] = Orphan(transaction: transaction, missing: parents, arrival: arrivalCount)
        byParent[parent, default: []].insert(transaction.name)
        for name in parents {
            missingCounts[name, default: 0] += 1
            if orphans[name] == nil { missing.insert(name) }
        }
        missing.remove(transaction.name)
        authorCounts[transaction.author, default: 0] += 1
        arrivals.append((arrivalCount, transaction.name))
        byteCount += transaction.encoded.count
        while byteCount > byteLimit { removeOldest() }
    }

    /// `parent` came, or never will: nobody waits for it any more. Takes out those that were registered under it, in order of arrival;
    /// some may miss another one still.
    mutating func remove(waitingFor parent: TransactionName) -> [Transaction] {
        missingCounts[parent] = nil
        missing.remove(parent)
        let waiting = (byParent.removeValue(forKey: parent) ?? []).compactMap { remove($0) }
        return waiting.sorted { $0.arrival < $1.arrival }.map(\.transaction)
    }

    private mutating func removeOldest() {
        while let (arrival, name) = arrivals.popFirst() {
            guard orphans[name]?.arrival == arrival, let orphan = remove(name), let parent = orphan.missing.first else { continue }
            byParent[parent]?.remove(name)
            if byParent[parent]?.isEmpty == true { byParent[parent] = nil }
            return
        }
    }

    private mutating func remove(_ name: TransactionName) -> Orphan? {
        guard let orphan = orphans.removeValue(forKey: name) else { return nil }
        byteCount -= orphan.transaction.encoded.count
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
}
