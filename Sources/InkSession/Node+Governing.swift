import InkBoard
import InkCrypto
import InkPrimitives

// What an owner asks for: invites, roles, removals (SE-184).
extension Node {
    /// Writes an invite. Its outcome comes when the disk has its key.
    mutating func invite(_ order: InviteOrder, of asker: Asker, now: Instant) throws(Refusal) {
        _ = try ownersRight()
        // What is said of its end counts from what its transaction says.
        guard clock.isSet else { throw .notReady }
        let seed = inviteKeys.freshSeed()
        let invite = RightsInvite(
            role: order.role, uses: order.uses, timeToLive: order.timeToLive, key: SigningKey(seed: seed).author)
        let writes = try plan { _, author throws(RuleViolation) in try Board.writes(inviting: invite, by: author) }
        let transaction = try write(writes, of: asker, now: now)
        let key = InviteKey(invite: transaction.name, seed: seed)
        inviteKeys.made(
            InviteNews(
                invite: transaction.name, key: key, role: order.role, uses: order.uses, timeToLive: order.timeToLive,
                endsAt: transaction.inviteEnd, orLater: order.timeToLive > 0 && !isAnotherOwnerHere),
            for: asker)
        saves.append(.inviteKey(key))
    }

    /// The disk has an invite and its key.
    mutating func tellInvite(_ invite: TransactionName) {
        guard let (asker, news) = inviteKeys.saved(invite) else { return }
        tell(.invited(news, ref: asker.reference), to: .only(asker.frontEnd))
        answer(.done, asker)
    }

    /// Gives a device a role. What gives it more ends in the same transaction.
    mutating func grant(_ role: Role, to device: AuthorID, of asker: Asker, now: Instant) throws(Refusal) {
        let own = try ownersRight()
        let held = board?.standingRights.filter { $0.subject == device } ?? []
        let greater = held.filter { $0.role > role }
        guard device != author || greater.isEmpty else { throw .oneself }
        guard greater.allSatisfy(own.isSenior) else { throw .senior }
        guard greater.count <= Limits.removalsPerWrite else { throw .tooLarge }
        let isGiven = held.contains { $0.role == role }
        guard !isGiven || !greater.isEmpty else { return }
        let writes = try plan { board, author throws(RuleViolation) in
            var writes = greater.isEmpty ? [] : try board.writes(removing: greater.map(\.name), by: author)
            if !isGiven { writes += Board.writes(granting: role, to: device, by: author) }
            return writes
        }
        try write(writes, of: asker, now: now)
    }

    /// Ends rights: of a device with the invites that it gave, so that it does not come back by one under another key.
    mutating func remove(_ order: RemovalOrder, of asker: Asker, now: Instant) throws(Refusal) {
        let own = try ownersRight()
        guard order.reason.utf8.count <= Limits.reasonBytes else { throw .reasonTooLong }
        let rights = try plan { board, author throws(RuleViolation) in Self.rights(ending: order, on: board) }
        switch order.whom {
        case .device(author): throw .oneself
        case .device: guard !rights.isEmpty else { throw .noSuchMember }
        case .invite: guard !rights.isEmpty else { throw .noSuchInvite }
        }
        let others = rights.filter { $0.subject != author }
        guard others.allSatisfy(own.isSenior) else { throw .senior }
        // The junior first: if not all of it is written, nobody who was removed has let anybody in.
        var rest = others.map(\.name)[...]
        while !rest.isEmpty {
            let some = Array(rest.suffix(Limits.removalsPerWrite))
            rest = rest.dropLast(some.count)
            let writes = try plan { board, author throws(RuleViolation) in
                try board.writes(removing: some, reason: order.reason, by: author)
            }
            try write(writes, of: asker, now: now)
        }
    }

    /// What stands and is to end, the most senior first.
    private static func rights(ending order: RemovalOrder, on board: Board) -> [StandingRight] {
        let standing = board.standingRights
        switch order.whom {
        case .device(let device):
            guard standing.contains(where: { $0.subject == device }) else { return [] }
            return standing.filter { right in
                if right.subject == device { return true }
                if right.subject == nil, board.transaction(right.name)?.author == device { return true }
                return order.withInvited && board.givers(of: right.name).authors.contains(device)
            }
        case .invite(let invite):
            guard standing.contains(where: { $0.name == invite && $0.subject == nil }) else { return [] }
            return standing.filter { right in
                right.name == invite || order.withInvited && board.givers(of: right.name).invites.contains(invite)
            }
        }
    }

    /// The right under which we may do what only owners may.
    private func ownersRight() throws(Refusal) -> StandingRight {
        guard isReady, let board else { throw .notReady }
        guard board.admission == .grants else { throw .noRoles }
        if let reason = saves.refusal { throw .diskRefuses(reason) }
        guard let own = board.bestRight(of: author) else { throw .noRight }
        guard own.role == .owner else { throw .notOwner }
        return own
    }

    private var isAnotherOwnerHere: Bool { presentDevices.contains { $0 != author && board?.role(of: $0) == .owner } }
}
