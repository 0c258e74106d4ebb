import InkBoard
import InkPrimitives

// Who may do what on a board with roles, for people to see (SE-185).
extension Node {
    /// All devices that have a right, the most senior first; none on a board without roles.
    public var members: [MemberNews] {
        guard let board, board.admission == .grants else { return [] }
        let (present, names) = (presentDevices, trustedNames)
        var (members, seen): ([MemberNews], Set<AuthorID>) = ([], [])
        for right in board.standingRights {
            guard let device = right.subject, seen.insert(device).inserted, let best = board.bestRight(of: device),
                let given = board.transaction(best.name)
            else { continue }
            let (origin, giver) = Self.origin(of: given, on: board)
            var isOverUse = false
            if case .invited(let invite) = origin { isOverUse = board.isOverUse(by: device, of: invite) }
            var news = MemberNews(
                device: device, person: board.firstDevice(ofPersonOf: device) ?? device,
                name: board.personName(device) ?? (device == author ? displayName : ""), role: best.role,
                origin: origin, giver: giver, isPresent: present.contains(device), since: given.claimedWallTime, right: best.name,
                isOverUse: isOverUse)
            news.isVerified = acquaintances.isVerified(device)
            news.lastSeen = acquaintances[device].flatMap { $0.lastSeen > 0 ? $0.lastSeen : nil }
            news.takesNameOf = device == author ? nil : identityNews(of: device, among: names)?.before
            members.append(news)
        }
        return members
    }

    /// The invites that stand, the most senior first.
    public var invites: [StandingInvite] {
        guard let board, board.admission == .grants else { return [] }
        return board.standingRights.compactMap { right in
            guard right.subject == nil, let given = board.transaction(right.name), let invite = given.invite else { return nil }
            return StandingInvite(
                name: right.name, role: right.role, uses: invite.uses, usedCount: board.joinedCount(by: right.name),
                endsAt: given.inviteEnd, giver: given.author, isKeyHeld: inviteKey(of: right.name) != nil)
        }
    }

    /// What a link of an invite holds, where this device made the invite or joins by it.
    public func inviteKey(of invite: TransactionName) -> InviteKey? {
        inviteKeys[invite] ?? rights.invite.flatMap { $0.invite == invite ? $0 : nil }
    }

    /// What our person may do by what is known; of who is about to join, what the invite gives. Nil without a right, and on a board without roles.
    public var role: Role? {
        guard let board, board.admission == .grants else { return nil }
        if let role = board.role(of: author) { return rights.hasEndedElsewhere ? nil : role }
        return rights.isJoining ? rights.invite.flatMap { board.role(givenBy: $0.invite) } : nil
    }

    /// We, and those with whom we have a session.
    var presentDevices: Set<AuthorID> { Set(neighbours.values.filter(\.isPresent).map(\.remote.author) + [author]) }

    private static func origin(of given: Transaction, on board: Board) -> (MemberNews.Origin, AuthorID?) {
        if given.name.bytes == board.id.bytes { return (.founder, nil) }
        guard given.isAdmission else { return (.granted, given.author) }
        return (.invited(by: given.grant), board.transaction(given.grant)?.author)
    }
}
