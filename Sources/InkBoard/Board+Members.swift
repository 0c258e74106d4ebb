import InkPrimitives

// What is to be known of rights by those who give and end them.
extension Board {
    /// The right that stands under which this author writes best; nil if he has none, or the board knows no roles.
    package func bestRight(of author: AuthorID) -> StandingRight? { transactionSet.book?.rights.best(of: author) }

    /// The most senior device of this author's person that has a right; nil if he has none.
    package func firstDevice(ofPersonOf author: AuthorID) -> AuthorID? {
        guard let own = bestRight(of: author) else { return nil }
        return standingRights.first { $0.subject != nil && $0.isSamePerson(as: own) }?.subject
    }

    /// Invites that stand, have a time to live and are junior to this author's right, with when that is over, ms since 1970.
    package func endingInvites(juniorTo author: AuthorID) -> [(name: TransactionName, end: UInt64)] {
        guard let own = bestRight(of: author) else { return [] }
        return standingRights.compactMap { right in
            guard right.subject == nil, own.isSenior(to: right), let end = transaction(right.name)?.inviteEnd else { return nil }
            return (right.name, end)
        }
    }

    /// How many have joined by an invite, those who were removed since among them.
    package func joinedCount(by invite: TransactionName) -> Int { transactionSet.book?.rights.admittedCount(under: invite) ?? 0 }

    /// Whether as many had joined by an invite before this author did as may, in the order of their admissions' stamps.
    package func isOverUse(by author: AuthorID, of invite: TransactionName) -> Bool {
        guard let uses = transaction(invite)?.invite?.uses, uses > 0, joinedCount(by: invite) > Int(uses) else { return false }
        var first: [AuthorID: Stamp] = [:]
        for transaction in transactions where transaction.isAdmission && transaction.grant == invite {
            first[transaction.author] = first[transaction.author].map { min($0, transaction.stamp) } ?? transaction.stamp
        }
        guard let own = first[author] else { return false }
        return first.values.count { $0 < own } >= Int(uses)
    }

    /// The invite, or who wrote the grants and invites, that a right comes from, up to the root owner.
    package func givers(of right: TransactionName) -> (authors: Set<AuthorID>, invites: Set<TransactionName>) {
        var (authors, invites, next): (Set<AuthorID>, Set<TransactionName>, TransactionName) = ([], [], right)
        // No right lies deeper; an admission and its invite are two steps of it.
        for _ in 0...2 * Limits.delegationDepth {
            guard next.bytes != id.bytes, let given = transaction(next) else { break }
            if given.isAdmission { invites.insert(given.grant) } else { authors.insert(given.author) }
            next = given.grant
        }
        return (authors, invites)
    }

    /// The newest of the removals that count and ended a right of this author, with its reason; nil if none did.
    package func removal(of author: AuthorID) -> (transaction: Transaction, reason: String)? {
        guard let rights = transactionSet.book?.rights else { return nil }
        let removals = rights.removals(ofRightsOf: author).compactMap { transaction($0.by) }
        guard let newest = removals.max(by: { $0.stamp < $1.stamp }) else { return nil }
        return (newest, newest.removalReason ?? "")
    }

    /// Whether a transaction here gives this author a right, standing or not.
    package func isRight(_ name: TransactionName, of author: AuthorID) -> Bool {
        transactionSet.book?.rights.subject(givenBy: name) == author
    }

    /// How many transactions of this author are here and do not count.
    package func uncountedCount(of author: AuthorID) -> Int {
        transactionSet.uncounted.count { log[$0].author == author }
    }
}

extension Transaction {
    /// It joins by an invite.
    package var isAdmission: Bool { summary.isAdmission }

    /// It gives, ends or takes up a right.
    package var changesRights: Bool { summary.changesRights }

    /// When the invite that it gives is over by its author's clock, ms since 1970; nil if it gives none, or one without end.
    package var inviteEnd: UInt64? {
        guard let invite, invite.timeToLive > 0 else { return nil }
        let (end, overflows) = claimedWallTime.addingReportingOverflow(UInt64(invite.timeToLive) * 1000)
        return overflows ? nil : end
    }

    /// The rights that it removes, by the transactions that give them.
    package var removed: [TransactionName] {
        for case .right(.removal(let end)) in writes.map(\.value) { return end.rights }
        return []
    }

    package var removalReason: String? {
        for case .right(.removal(let end)) in writes.map(\.value) { return end.reason }
        return nil
    }
}
