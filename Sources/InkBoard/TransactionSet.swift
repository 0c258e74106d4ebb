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
    private let admission: AdmissionPolicy
    private(set) var log = Log()
    private(set) var coverage = Coverage()
    private(set) var orphans: OrphanPool
    private var refused = RefusedNames()
    /// Forks seen so far, in order of arrival.
    private(set) var forks: [Fork] = []

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
        (self.id, self.genesis, self.admission) = (id, genesis.name, admission)
        orphans = OrphanPool(byteLimit: orphanBytes, shareLimit: orphanShareBytes)
        cover(log.append(genesis).slot)
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
        let missing = transaction.parents.filter { !log.contains($0) }
        if missing.isEmpty || transaction.board != id {
            if let violation = violation(of: transaction) {
                refuse(transaction.name, &admission)
                admission.result = .invalid(violation)
                return admission
            }
            admit(transaction, &admission)
            releaseOrphans(of: transaction.name, &admission)
            return admission
        }
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

    /// Changes places with another coverage of this log.
    mutating func exchange(_ other: inout Coverage) { swap(&coverage, &other) }

    /// Brings the fingerprint up to date.
    mutating func refresh() { coverage.refresh() }

    /// Forgets the orphans that a device brought. What of them is good can be had again.
    mutating func forgetOrphans(from supplier: AuthorID) { orphans.remove(from: supplier) }

    /// Which rule the transaction breaks, all of whose parents are here. Looks at nothing but it and them, so all peers agree (BD-4).
    private func violation(of transaction: Transaction) -> RuleViolation? {
        guard transaction.board == id else { return .otherBoard }
        let expected = log.lamport(after: transaction.parents)
        guard transaction.lamport == expected else { return .wrongLamport(expected: expected) }
        guard hasRight(transaction) else { return .noRight }
        guard transaction.sequence > 1 else { return nil }
        guard let slot = log.slot(of: transaction.previous), log[slot].author == transaction.author,
            log[slot].sequence + 1 == transaction.sequence
        else { return .wrongPrevious }
        return nil
    }

    /// True if what the transaction names as its grant gives its author the right to its writes, at its parents.
    private func hasRight(_ transaction: Transaction) -> Bool {
        switch admission {
        // Where nobody has roles nobody gives them.
        case .secret: transaction.grant == genesis && !transaction.summary.changesRights
        // No board with such a genesis is opened.
        case .grants: false
        }
    }

    private mutating func admit(_ transaction: Transaction, _ admission: inout Admission) {
        let (slot, isFork) = log.append(transaction)
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
                let missing = orphan.parents.filter { !log.contains($0) }
                if let refusedParent = missing.first(where: refused.contains) {
                    admission.rejected.append(
                        Rejection(name: orphan.name, author: orphan.author, violation: .refusedParent(refusedParent)))
                    refuse(orphan.name, &admission)
                } else if !missing.isEmpty {
                    orphans.insert(orphan, missing: missing, from: released.supplier)
                } else if let violation = violation(of: orphan) {
                    admission.rejected.append(Rejection(name: orphan.name, author: orphan.author, violation: violation))
                    refuse(orphan.name, &admission)
                } else {
                    admit(orphan, &admission)
                    arrived.append(orphan.name)
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
