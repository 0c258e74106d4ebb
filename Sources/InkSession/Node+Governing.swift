import InkBoard
import InkCrypto
import InkPrimitives

// What an owner asks for, invites, roles, removals (SE-184), and everybody for his own devices (SE-188).
extension Node {
    /// Writes an invite. Its outcome comes when the disk has its key.
    mutating func invite(_ order: InviteOrder, of asker: Asker, now: Instant) throws(Refusal) {
        let own = order.role == nil ? try ownRight() : try ownersRight()
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
                invite: transaction.name, key: key, role: order.role ?? own.role, isForOwnDevice: order.role == nil, uses: order.uses,
                timeToLive: order.timeToLive,
                endsAt: transaction.inviteEnd, orLater: order.timeToLive > 0 && !isAnotherOwnerHere),
            code: order.code, for: asker)
        saves.append(.inviteKey(key))
    }

    /// The disk has an invite and its key.
    mutating func tellInvite(_ invite: TransactionName) {
        guard let (asker, news, code) = inviteKeys.saved(invite) else { return }
        switch code {
        case .none: tellInvite(news, to: asker)
        case .atHand where rendezvousStatus != .connected:
            var news = news
            news.codeObstacle = "no rendezvous is connected that would keep a code"
            tellInvite(news, to: asker)
        case .atHand, .wanted: askForCode(news, of: asker)
        }
    }

    mutating func tellInvite(_ news: InviteNews, to asker: Asker) {
        tell(.invited(news, ref: asker.reference), to: .only(asker.frontEnd))
        answer(.done, asker)
    }

    /// Gives a device a role. What gives it more ends in the same transaction (SE-336).
    mutating func grant(_ role: Role, to device: AuthorID, of asker: Asker, now: Instant) throws(Refusal) {
        let own = try ownersRight()
        // With less, the person has it on this device alone (SE-351).
        let held = board.map { Self.rights(of: device, on: $0) } ?? []
        let greater = held.filter { $0.role > role }
        guard device != author || greater.isEmpty else { throw .oneself }
        guard greater.allSatisfy(own.isSenior) else { throw .senior }
        guard greater.count <= Limits.removalsPerWrite else { throw .tooLarge }
        let isGiven = held.contains { $0.role == role && $0.subject == device }
        guard !isGiven || !greater.isEmpty else { return }
        let writes = try plan { board, author throws(RuleViolation) in
            var writes = greater.isEmpty ? [] : try board.writes(removing: greater.map(\.name), by: author)
            if !isGiven { writes += Board.writes(granting: role, to: device, by: author) }
            return writes
        }
        try write(writes, of: asker, now: now)
    }

    /// Ends rights: of a device with the invites that it gave, so that it does not come back (SE-337) by one under another key.
    mutating func remove(_ order: RemovalOrder, of asker: Asker, now: Instant) throws(Refusal) {
        let own = try ownRight()
        guard order.reason.utf8.count <= Limits.reasonBytes else { throw .reasonTooLong }
        let rights = try plan { board, author throws(RuleViolation) in Self.rights(ending: order, on: board) }
        switch order.whom {
        case .device(author): throw .oneself
        case .device: guard !rights.isEmpty else { throw .noSuchMember }
        case .invite: guard !rights.isEmpty else { throw .noSuchInvite }
        }
        let others = rights.filter { $0.subject != author }
        guard own.role == .owner || others.allSatisfy(own.isSamePerson) else { throw .notOwner }
        guard others.allSatisfy(own.isSenior) else { throw .senior }
        // The junior first: if not all of it is written, nobody who was removed has let anybody in.
        var rest = others.map(\.name)[...]
        while !rest.isEmpty {
            let some = Array(rest.suffix(Limits.removalsPerWrite))
            rest = rest.dropLast(some.count)
            // The last of them brings the room another secret, which only owners may.
            let secret = rest.isEmpty && own.role == .owner ? epochForRemoval() : nil
            let writes = try plan { board, author throws(RuleViolation) in
                try board.writes(removing: some, reason: order.reason, bringing: secret, by: author)
            }
            try write(writes, of: asker, now: now)
        }
    }

    /// What stands and is to end, the most senior first.
    private static func rights(ending order: RemovalOrder, on board: Board) -> [StandingRight] {
        let standing = board.standingRights
        switch order.whom {
        case .device(let device):
            let devices = rights(of: device, on: board)
            guard !devices.isEmpty else { return [] }
            let people = Set(devices.compactMap(\.subject))
            // Nobody but it was to come by that, and who finds a lost device has its key.
            let came = Set(devices.compactMap { board.transaction($0.name)?.grant })
            return standing.filter { right in
                if devices.contains(right) { return true }
                if right.subject == nil, came.contains(right.name), devices.contains(where: right.isSamePerson) { return true }
                if right.subject == nil, let giver = board.transaction(right.name)?.author, people.contains(giver) { return true }
                return order.withInvited && !board.givers(of: right.name).authors.isDisjoint(with: people)
            }
        case .invite(let invite):
            guard standing.contains(where: { $0.name == invite && $0.subject == nil }) else { return [] }
            return standing.filter { right in
                right.name == invite || order.withInvited && board.givers(of: right.name).invites.contains(invite)
            }
        }
    }

    /// What stands of a device, and of those that it invited of its own person (SE-350), the most senior first.
    private static func rights(of device: AuthorID, on board: Board) -> [StandingRight] {
        let standing = board.standingRights
        let own = standing.filter { $0.subject == device }
        return standing.filter { right in
            own.contains { $0 == right || $0.isSamePerson(as: right) && board.givers(of: right.name).authors.contains(device) }
        }
    }

    /// The right under which we may do what only owners may (SE-200).
    private func ownersRight() throws(Refusal) -> StandingRight {
        let own = try ownRight()
        guard own.role == .owner else { throw .notOwner }
        return own
    }

    /// The right under which we write (SE-175).
    func ownRight() throws(Refusal) -> StandingRight {
        guard isReady, let board else { throw .notReady }
        guard board.admission == .grants else { throw .noRoles }
        if let reason = saves.refusal { throw .diskRefuses(reason) }
        guard let own = board.bestRight(of: author) else { throw .noRight }
        return own
    }

    private var isAnotherOwnerHere: Bool { presentDevices.contains { $0 != author && board?.role(of: $0) == .owner } }
}
