import InkCrypto
import InkPrimitives

/// Who may do what on a board of version 2, and the writes that say so.
extension Board {
    /// The rights that stand by all that is here, the most senior first, invites too; none on a board that knows no roles.
    package var standingRights: [StandingRight] { transactionSet.book?.rights.standing() ?? [] }

    /// What this author may do by all that is here; an editor's role for everybody on a board that knows no roles, nil for who has no right.
    public func role(of author: AuthorID) -> Role? {
        guard let book = transactionSet.book else { return .editor }
        return book.rights.best(of: author)?.role
    }

    /// The rights of all devices of this author's person that stand, the most senior first, invites for such among them; none without a right.
    package func devices(ofPersonOf author: AuthorID) -> [StandingRight] {
        guard let rights = transactionSet.book?.rights, let own = rights.best(of: author) else { return [] }
        return rights.standing().filter { $0.isSamePerson(as: own) }
    }

    /// Whether viewers may write messages (BD-88).
    public var viewersMayChat: Bool { transactionSet.book?.rights.viewersMayChat() ?? false }

    /// What begins the newest epoch by all that is here, ascending; nothing where that is the first (BD-117).
    package var newestSecrets: [TransactionName] { transactionSet.book?.rights.newestSecrets() ?? [] }

    /// What is said here of a secret: by the transaction that brought it; zero names the one that the room was made with.
    package func commitment(of secret: TransactionName) -> EpochCommitment? {
        secret == .zero ? firstSecret : transaction(secret)?.broughtSecret
    }

    /// True if other transactions count than are shown, since a removal came, or what makes one void (BD-98).
    public var isRecountDue: Bool { transactionSet.revision != countedRevision }

    /// What is due, to be made of a copy of the board off the loop and taken by `take`; nil for nothing.
    package func dueRecount() -> Recount? {
        guard isRecountDue, let book = transactionSet.book else { return nil }
        return Recount(of: self, by: book.revisedBy, hiding: transactionSet.uncounted)
    }

    /// Shows at once what counts, if that is another than is shown.
    package mutating func settle() -> Recounted? {
        guard var recount = dueRecount() else { return nil }
        return take(&recount)
    }

    /// The write that gives somebody a right.
    public static func writes(granting role: Role, to subject: AuthorID, by author: AuthorID) -> [Write] {
        [right(.grant, .grant(RightsGrant(role: role, subject: subject)), by: author)]
    }

    /// The write of an invite.
    public static func writes(inviting invite: RightsInvite, by author: AuthorID) throws(RuleViolation) -> [Write] {
        guard RightsForm.invite.allows(.invite(invite)) else { throw .badValue(field: "invite") }
        return [right(.invite, .invite(invite), by: author)]
    }

    /// The write by which `author` joins; its transaction is authored under the invite.
    public static func writes(joining admission: RightsAdmission, by author: AuthorID) -> [Write] {
        [right(.admittance, .admission(admission), by: author)]
    }

    /// The write that ends rights, or brings a secret, or both. All that its author's next transaction comes after keeps counting.
    public func writes(
        removing rights: [TransactionName], reason: String = "", bringing secret: EpochCommitment? = nil, by author: AuthorID
    )
        throws(RuleViolation) -> [Write]
    {
        let end = RightsEnd(rights: rights, heads: rights.isEmpty ? [] : parents(of: author, under: nil), reason: reason, secret: secret)
        guard RightsForm.removal.allows(.removal(end)) else { throw .badValue(field: "removal") }
        return [Self.right(.removal, .removal(end), by: author)]
    }

    /// The write that says what viewers may do.
    public static func writes(allowing policy: RightsPolicy, by author: AuthorID) -> [Write] {
        [right(.policy, .policy(policy), by: author)]
    }

    private static func right(_ property: Property, _ write: RightsWrite, by author: AuthorID) -> Write {
        Write(ShapeID(author: author, number: 0), property, .right(write))
    }
}
