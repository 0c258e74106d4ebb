import InkBoard
import InkCrypto
import InkPrimitives

/// What we may do on a board with roles, and the invite by which we join.
struct OwnRights: Sendable {
    /// By what is known now; nil without a right, or without roles.
    private(set) var role: Role?
    /// The transaction that gives the right under which we write.
    private(set) var name: TransactionName?
    /// An admission of ours is to be written: what our person does waits for it (SE-324).
    private(set) var isJoining = false
    /// When to look for invites whose time is over, which are ours to end; nil while there are none.
    private(set) var endsAt: Instant?
    /// How often it was looked.
    private(set) var looks = 0
    /// The link by which we came.
    let invite: InviteKey?
    /// What others are shown until we have joined; nil without an invite.
    let claim: InviteClaim?
    /// How many transactions that change rights there were when all this was looked at; nil before it was.
    private var count: Int?
    private var wasReady = false
    /// The role that our person was told last; nil before any was.
    private var told: Role??
    /// Our person was told that our right ended, and by whom, since it was last given.
    private(set) var isEndTold = false
    /// By what the others know our right has ended.
    private(set) var hasEndedElsewhere = false

    init(invite: InviteKey?, author: AuthorID, board: BoardID) {
        self.invite = invite
        claim = invite.map { InviteClaim(of: author, to: board, by: $0.invite, key: $0.signer) }
    }

    /// The name of our right that may be told: the disk has what gives it (SE-173).
    func shown(_ unsaved: Set<TransactionName>) -> TransactionName? { name.flatMap { unsaved.contains($0) ? nil : $0 } }

    /// Looks again, if anything has changed.
    ///
    /// - Returns: true if rights on the board have changed, or it became ready.
    mutating func follow(_ board: Board, as author: AuthorID, isReady: Bool) -> Bool {
        guard count != board.rightsCount || wasReady != isReady else { return false }
        (count, wasReady) = (board.rightsCount, isReady)
        (role, name) = (board.role(of: author), board.right(of: author))
        isJoining = isReady && mayJoin(board, as: author)
        return true
    }

    /// What is to be told of our role, since it is another than was told last: nil within for a right that ended. That it stands, or that there is none,
    /// when the board becomes ready is told with that.
    mutating func news(_ role: Role?) -> Role?? {
        defer { told = .some(role) }
        guard let told, told != role else { return nil }
        isEndTold = role == nil
        return .some(role)
    }

    /// Others have a removal of our right that cannot enter our board, which has not all that comes before it.
    ///
    /// - Returns: false if that was known.
    mutating func endedElsewhere() -> Bool {
        defer { (hasEndedElsewhere, told, isEndTold) = (true, .some(nil), true) }
        return !hasEndedElsewhere && told != .some(nil)
    }

    /// Somebody let us in.
    ///
    /// - Returns: true if that is news.
    mutating func isLetIn() -> Bool {
        defer { hasEndedElsewhere = false }
        return hasEndedElsewhere
    }

    /// It is looked for invites to end.
    mutating func looked() { looks += 1 }

    /// Looks for invites to end at another time.
    mutating func ends(at instant: Instant?) { endsAt = instant }

    /// Our invite gives more than we have, as far as it is known.
    private func mayJoin(_ board: Board, as author: AuthorID) -> Bool {
        guard let claim else { return false }
        guard let given = board.role(givenBy: claim.invite) else { return role == nil }
        return role.map { $0 < given } ?? true && !board.hasEnded(claim, of: author)
    }
}
