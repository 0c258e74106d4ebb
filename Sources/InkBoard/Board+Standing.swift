import InkCrypto
import InkPrimitives

// Who may come in: what the board knows of rights against what somebody shows who wants to be let in (BD-114, BD-115).
extension Board {
    /// How many transactions that change rights are here, genesis included; 0 on a board without roles.
    package var rightsCount: Int { transactionSet.book?.rights.count ?? 0 }

    /// The transaction that gives the right under which this author writes best; nil if he has none, or the board knows no roles.
    package func right(of author: AuthorID) -> TransactionName? { transactionSet.book?.right(of: author) }

    /// The role of the right that a transaction here gives, standing or not; of an invite, of who joins by it.
    package func role(givenBy name: TransactionName) -> Role? { transactionSet.book?.rights.role(givenBy: name) }

    /// What shows others who gave a right; nil if nothing here of that name gives one, or what does is longer than a chain may be.
    package func chain(of right: TransactionName) -> RightsChain? {
        guard let book = transactionSet.book, book.rights.role(givenBy: right) != nil else { return nil }
        var (links, next): ([Transaction], TransactionName) = ([], right)
        while next.bytes != id.bytes {
            guard let link = transaction(next), links.count < Limits.delegationDepth else { return nil }
            links.append(link)
            next = link.grant
        }
        return try? RightsChain(links)
    }

    /// What `author` may do by a chain that he shows, by all that is here.
    package func role(of author: AuthorID, by chain: RightsChain) throws(ChainFault) -> Role {
        guard let genesis = transactions.first else { throw .truncated }
        let role = try chain.role(of: author, under: genesis)
        guard !hasEnded(chain) else { throw .ended }
        return role
    }

    /// Whether what a chain shows, and was found right, has ended by all that is here. Verifies nothing.
    package func hasEnded(_ chain: RightsChain) -> Bool {
        guard let rights = transactionSet.book?.rights else { return false }
        for link in chain.links {
            // Another admission by that invite gives the same right (BD-183).
            if link.summary.isAdmission, rights.hasEnded(admissionOf: link.author, under: link.grant) { return true }
            guard rights.role(givenBy: link.name) != nil else { continue }
            // What was given before it was not given under the heads of a removal of it, or it would be here (BD-114).
            return !rights.stands(link.name)
        }
        return false
    }

    /// What `author` may do who claims an invite, by all that is here.
    ///
    /// - Parameter wallTime: milliseconds since 1970 by our clock; nil where that is not known, and then no invite's time is over.
    package func role(of author: AuthorID, claiming claim: InviteClaim, wallTime: UInt64?) throws(ClaimFault) -> Role {
        guard let rights = transactionSet.book?.rights, let key = rights.inviteKey(of: claim.invite),
            let given = transaction(claim.invite), let role = rights.role(givenBy: claim.invite), let invite = given.invite
        else { throw .unknownInvite }
        guard !hasEnded(claim, of: author) else { throw .ended }
        if invite.timeToLive > 0, let wallTime {
            let (end, overflows) = given.claimedWallTime.addingReportingOverflow(UInt64(invite.timeToLive) * 1000)
            guard overflows || wallTime < end else { throw .expired }
        }
        guard
            invite.uses == 0 || rights.isAdmitted(author, under: claim.invite)
                || rights.admittedCount(under: claim.invite) < Int(invite.uses)
        else { throw .spent }
        let admission = RightsAdmission(signature: claim.signature)
        guard admission.isSigned(by: key, for: author, on: id) else { throw .badSignature }
        return role
    }

    /// Whether the invite was ended by what is here, or what this author has by it. How often it was used, and when, is not asked again.
    package func hasEnded(_ claim: InviteClaim, of author: AuthorID) -> Bool {
        guard let rights = transactionSet.book?.rights else { return false }
        return !rights.stands(claim.invite) || rights.hasEnded(admissionOf: author, under: claim.invite)
    }
}

extension Transaction {
    /// What it says of joining, if it is an admission.
    var admission: RightsAdmission? {
        for case .right(.admission(let admission)) in writes.map(\.value) { return admission }
        return nil
    }

    /// What it says of the secret that it brings.
    package var broughtSecret: EpochCommitment? {
        guard summary.changesRights else { return nil }
        for case .right(.removal(let end)) in writes.map(\.value) { return end.secret }
        return nil
    }

    /// The invite that it gives.
    package var invite: RightsInvite? {
        for case .right(.invite(let invite)) in writes.map(\.value) { return invite }
        return nil
    }
}
