import InkPrimitives

/// Where a transaction stands in `Log.transactions`. Differs between peers, so it never decides anything that they must agree on.
typealias Slot = UInt32

/// All valid transactions that have come, each after its parents.
struct Log: Sendable {
    /// In order of insertion: parents before children.
    private(set) var transactions: [Transaction] = []
    private var slots: [TransactionName: Slot] = [:]
    /// The parents of all, one after the other, and where those of each end.
    private var parentSlots: [Slot] = []
    private var parentEnds: [Int] = []
    /// Of the right that each names.
    private var roles: [Role] = []
    /// Which locks each comes after.
    private(set) var lockPast = LockPast()
    private var authors: [AuthorID: AuthorLog] = [:]
    /// The greatest lamport number in the set.
    private(set) var lamport: UInt64 = 0

    /// One author's transactions by sequence, first come first; further ones of a sequence are forks, ascending by name.
    private struct AuthorLog {
        var bySequence: [Slot] = []
        var forks: [UInt64: [Slot]] = [:]
    }

    /// The slot of the next transaction.
    var end: Slot { Slot(transactions.count) }

    subscript(slot: Slot) -> Transaction { transactions[Int(slot)] }

    func slot(of name: TransactionName) -> Slot? { slots[name] }
    func contains(_ name: TransactionName) -> Bool { slots[name] != nil }

    /// The parents of a transaction, in the order of their names.
    func parents(of slot: Slot) -> ArraySlice<Slot> {
        parentSlots[(slot == 0 ? 0 : parentEnds[Int(slot) - 1])..<parentEnds[Int(slot)]]
    }

    /// The role of the right under which a transaction was written, where it was written; an editor's on a board that knows no roles.
    func role(of slot: Slot) -> Role { roles[Int(slot)] }

    /// Where these are, in their order; of those that are not here nothing.
    func slots(named names: [TransactionName]) -> [Slot] { names.compactMap { slots[$0] } }

    /// Appends a transaction whose parents are all here. True with `isFork` (BD-8) if its author already has one of this sequence.
    ///
    /// - Parameter parents: where its parents are, in the order of their names.
    mutating func append(_ transaction: Transaction, after parents: [Slot], as role: Role = .editor) -> (slot: Slot, isFork: Bool) {
        let slot = end
        roles.append(role)
        transactions.append(transaction)
        slots[transaction.name] = slot
        parentSlots += parents
        parentEnds.append(parentSlots.count)
        lockPast.append(slot, after: parents, setsLock: role == .owner && transaction.summary.setsLock)
        lamport = max(lamport, transaction.lamport)
        // Each has its predecessor among its parents, so a sequence is at most one beyond what is here.
        let isFork = transaction.sequence <= UInt64(authors[transaction.author]?.bySequence.count ?? 0)
        if isFork {
            let others = authors[transaction.author]?.forks[transaction.sequence] ?? []
            let index = others.partitioningIndex { transaction.name < self[$0].name }
            authors[transaction.author, default: AuthorLog()].forks[transaction.sequence, default: []].insert(slot, at: index)
        } else {
            authors[transaction.author, default: AuthorLog()].bySequence.append(slot)
        }
        return (slot, isFork)
    }

    /// All of 1...n of `author` are here.
    func sequence(of author: AuthorID) -> UInt64 { UInt64(authors[author]?.bySequence.count ?? 0) }

    /// Authors who have a transaction here, ascending.
    var authorsSorted: [AuthorID] { authors.keys.sorted() }

    /// Transactions of `author` with this sequence, ascending by name: one, or several of a forked author.
    func slots(of author: AuthorID, sequence: UInt64) -> [Slot] {
        guard let log = authors[author], sequence > 0, sequence <= UInt64(log.bySequence.count) else { return [] }
        let first = log.bySequence[Int(sequence - 1)]
        guard var slots = log.forks[sequence] else { return [first] }
        slots.insert(first, at: slots.partitioningIndex { self[first].name < self[$0].name })
        return slots
    }

    /// The first of `slots(of:sequence:)`, however many there are (BD-46).
    func slot(of author: AuthorID, sequence: UInt64) -> Slot? {
        guard let log = authors[author], sequence > 0, sequence <= UInt64(log.bySequence.count) else { return nil }
        let first = log.bySequence[Int(sequence - 1)]
        guard let other = log.forks[sequence]?.first else { return first }
        return self[other].name < self[first].name ? other : first
    }

    /// All of `author`'s transactions from `sequence` on, ascending by sequence, then name.
    func slots(of author: AuthorID, from sequence: UInt64) -> [Slot] {
        let last = self.sequence(of: author)
        guard sequence <= last else { return [] }
        return (max(1, sequence)...last).flatMap { slots(of: author, sequence: $0) }
    }

    /// The one that `author`'s next follows: of the greatest sequence, and among forks of the greatest stamp.
    func tip(of author: AuthorID) -> Transaction? {
        slots(of: author, sequence: sequence(of: author)).map { self[$0] }.max { $0.stamp < $1.stamp }
    }

    /// What `lamport` must be over these parents.
    func lamport(after parents: [Slot]) -> UInt64 { 1 + parents.reduce(0) { max($0, self[$1].lamport) } }
}
