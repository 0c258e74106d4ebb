import InkPrimitives

/// The transactions of one board: which are valid, which wait for parents, and what neighbours agree on. It knows no shape.
///
///     insert ─ known? ─ parents here? ─ valid? ─► log ─► admitted ─► cover: what counts, and what that comes after ─► fingerprint
///                          │ no            │ no
///                          ▼               ▼
///                       orphans         refused, not kept
struct TransactionSet: Sendable {
    /// The name of genesis.
    let id: BoardID
    private let genesis: TransactionName
    /// Who may do what; nil on a board that knows no roles (BD-166).
    private(set) var book: RightsBook?
    private(set) var log = Log()
    private(set) var coverage = Coverage()
    private(set) var orphans: OrphanPool
    private var refused = RefusedNames()
    /// Forks seen so far, in order of arrival.
    private var forks: [Fork] = []

    /// What one insertion did to the set.
    struct Admission: Sendable {
        var result: InsertResult
        /// What entered the log, parents before children; not covered yet.
        var admitted: Range<Slot>
        /// Pairs of transactions of one author and sequence, seen now.
        var forks: [Fork] = []
        /// Orphans that proved to break a rule once their parents were there.
        var rejected: [Rejection] = []
    }

    /// A set of genesis alone, which is covered.
    ///
    /// - Parameters:
    ///   - orphanBytes: memory that orphans may take in all.
    ///   - orphanShareBytes: and those of one supplier.
    init(genesis: Transaction, id: BoardID, admission: AdmissionPolicy, orphanBytes: Int, orphanShareBytes: Int) {
        (self.id, self.genesis) = (id, genesis.name)
        if admission == .grants { book = RightsBook(root: genesis.stamp) }
        orphans = OrphanPool(byteLimit: orphanBytes, shareLimit: orphanShareBytes)
        cover(log.append(genesis, after: [], as: admission == .grants ? .owner : .editor).slot)
        refresh()
    }

    /// Adds one transaction whose signature is verified, and the orphans that waited for it.
    ///
    /// - Parameter supplier: the device that brought it, whose share of orphans it counts against; `.zero` for none.
    mutating func insert(_ transaction: Transaction, from supplier: AuthorID) -> Admission {
        var admission = Admission(result: .inserted, admitted: log.end..<log.end)
        if log.contains(transaction.name) {
            admission.result = .duplicate
            return admission
        }
        let parents = log.slots(named: transaction.parents)
        if parents.count == transaction.parents.count || transaction.board != id {
            do {
                try admit(transaction, after: parents, &admission)
            } catch {
                refuse(transaction.name, &admission)
                admission.result = .invalid(error)
                return admission
            }
            releaseOrphans(of: transaction.name, &admission)
            return admission
        }
        let missing = transaction.parents.filter { !log.contains($0) }
        // BD-127
        if let parent = missing.first(where: refused.contains) {
            refuse(transaction.name, &admission)
            admission.result = .invalid(.refusedParent(parent))
            return admission
        }
        orphans.insert(transaction, missing: missing, from: supplier)
        admission.result = .orphan(missing: missing)
        return admission
    }

    /// One that was admitted counts: it is covered, as is all that it comes after.
    mutating func cover(_ slot: Slot) { coverage.insert(slot, of: log) }

    /// One that was admitted does not count: it is covered when something that counts comes after it.
    mutating func leaveOut(_ slot: Slot) { coverage.leaveOut(slot) }

    /// Whether a transaction counts by all that is here (BD-97).
    func counts(_ slot: Slot) -> Bool { book?.counts(slot, of: log) ?? true }

    /// All that does not.
    var uncounted: Set<Slot> { Set((0..<log.end).filter { !counts($0) }) }

    /// Forks seen so far of which more than one side is covered, in order of arrival (BD-97).
    var coveredForks: [Fork] {
        guard coverage.leavesOut else { return forks }
        return forks.filter(isCovered)
    }

    /// More than one side of a fork is of what neighbours agree on.
    func isCovered(_ fork: Fork) -> Bool {
        log.slots(of: fork.author, sequence: fork.sequence).lazy.filter { coverage.contains($0) }.prefix(2).count > 1
    }

    /// How many names are remembered as refused.
    var refusedNameCount: Int { refused.count }

    /// How often what counts of the older transactions was changed by one that came.
    var revision: Int { book?.revision ?? 0 }

    /// The transaction that gives the right under which this author writes.
    func right(of author: AuthorID) -> TransactionName { book?.right(of: author) ?? genesis }

    /// Parents for a new transaction under a right: `previous`, the one that gives the right if none of them knows it, then the heads with the
    /// greatest stamps; ascending.
    func parents(after previous: TransactionName?, under right: TransactionName) -> [TransactionName] {
        let parents = coverage.parents(after: previous, in: log)
        guard let book, log.contains(right), !book.isKnown(right, to: parents, of: log) else { return parents }
        let others = parents.filter { $0 != previous }.compactMap { log.slot(of: $0) }.sorted { log[$1].stamp < log[$0].stamp }
        let kept = others.prefix(Limits.parents - 2).map { log[$0].name }
        return (kept + [right] + (previous.map { [$0] } ?? [])).sorted()
    }

    /// Changes places with another coverage of this log.
    mutating func exchange(_ other: inout Coverage) { swap(&coverage, &other) }

    /// Brings the fingerprint up to date.
    mutating func refresh() { coverage.refresh() }

    /// Forgets the orphans that a device brought. What of them is good can be had again.
    mutating func forgetOrphans(from supplier: AuthorID) { orphans.remove(from: supplier) }

    /// Throws the rule that the transaction breaks, all of whose parents are here. Looks at nothing but it and what it comes after, so all peers
    /// agree (BD-4, BD-94). What changes rights is taken into the book: it must enter the log next. On a throw nothing changed.
    ///
    /// - Parameter parents: where its parents are, among which its author's last one is.
    private mutating func check(_ transaction: Transaction, after parents: [Slot]) throws(RuleViolation) -> RightsBook.Place? {
        guard transaction.board == id else { throw .otherBoard }
        let expected = log.lamport(after: parents)
        guard transaction.lamport == expected else { throw .wrongLamport(expected: expected) }
        // Where nobody has roles nobody gives them.
        guard book != nil || transaction.grant == genesis && !transaction.summary.changesRights else { throw .noRight }
        if transaction.sequence > 1 {
            guard let slot = parents.first(where: { log[$0].name == transaction.previous }), log[slot].author == transaction.author,
                log[slot].sequence + 1 == transaction.sequence
            else { throw .wrongPrevious }
        }
        return try book?.check(transaction, after: parents)
    }

    private mutating func admit(_ transaction: Transaction, after parents: [Slot], _ admission: inout Admission) throws(RuleViolation) {
        let place = try check(transaction, after: parents)
        let (slot, isFork) = log.append(transaction, after: parents, as: place?.role ?? .editor)
        if let place { book?.keep(place, at: slot, of: log) }
        admission.admitted = admission.admitted.lowerBound..<slot + 1
        guard isFork else { return }
        let fork = Fork(author: transaction.author, sequence: transaction.sequence)
        forks.append(fork)
        admission.forks.append(fork)
    }

    private mutating func releaseOrphans(of parent: TransactionName, _ admission: inout Admission) {
        var arrived = [parent]
        while let parent = arrived.popLast() {
            for released in orphans.remove(waitingFor: parent) {
                let orphan = released.transaction
                let parents = log.slots(named: orphan.parents)
                let missing = parents.count == orphan.parents.count ? [] : orphan.parents.filter { !log.contains($0) }
                if let refusedParent = missing.first(where: refused.contains) {
                    admission.rejected.append(
                        Rejection(name: orphan.name, author: orphan.author, violation: .refusedParent(refusedParent)))
                    refuse(orphan.name, &admission)
                } else if !missing.isEmpty {
                    orphans.insert(orphan, missing: missing, from: released.supplier)
                } else {
                    do {
                        try admit(orphan, after: parents, &admission)
                        arrived.append(orphan.name)
                    } catch {
                        admission.rejected.append(Rejection(name: orphan.name, author: orphan.author, violation: error))
                        refuse(orphan.name, &admission)
                    }
                }
            }
        }
    }

    /// Forgets a transaction and everything that waits for it: what builds on what never was valid never will be.
    private mutating func refuse(_ name: TransactionName, _ admission: inout Admission) {
        var names = [name]
        while let name = names.popLast() {
            refused.insert(name)
            for orphan in orphans.remove(waitingFor: name).map(\.transaction) {
                admission.rejected.append(Rejection(name: orphan.name, author: orphan.author, violation: .refusedParent(name)))
                names.append(orphan.name)
            }
        }
    }
}
