import InkBoard
import InkPrimitives

// Invites whose time to live is over: nobody is let in by them, and an owner who is there says so to all (SE-182).
extension Node {
    /// Looks when the next invite is ours to end.
    mutating func planInviteEnds(now: Instant) {
        rights.ends(at: nil)
        guard rights.role == .owner, isReady, clock.isSet, let board else { return }
        guard let end = board.endingInvites(juniorTo: author).map(\.end).min() else { return }
        let wall = clock.time(now: now)
        let wait = end > wall ? Duration.milliseconds(Int64(clamping: end - wall)) : .zero
        // A clock may be set: it is looked at again.
        rights.ends(at: now + min(wait + Self.inviteEndPause * ownersBefore(on: board), Self.inviteEndLook))
    }

    /// Ends all that are over, in one transaction.
    mutating func endInvites(now: Instant) {
        guard let due = rights.endsAt, now >= due else { return }
        rights.looked()
        rights.ends(at: now + Self.inviteEndPause)
        guard saves.refusal == nil, !phase.isEnding, rights.role == .owner, clock.isSet, let board else { return }
        let late = UInt64(ownersBefore(on: board)) * UInt64(Self.inviteEndPause.milliseconds)
        let wall = clock.time(now: now)
        let over = board.endingInvites(juniorTo: author).filter { $0.end <= wall && wall - $0.end >= late }
        guard !over.isEmpty else { return planInviteEnds(now: now) }
        let names = over.prefix(Limits.removalsPerWrite).map(\.name)
        do {
            let writes = try plan { board, author throws(RuleViolation) in
                try board.writes(removing: names, reason: "time over", by: author)
            }
            try write(writes, of: .nobody, now: now)
        } catch {
            // Tried again after the pause; meanwhile our person is told what is in the way.
            rejected(author: author, rule: "end of an invite: \(error)", now: now)
        }
    }

    /// Owners that are here and senior to us: they end an invite before we do.
    private func ownersBefore(on board: Board) -> Int {
        let present = presentDevices
        let owners = board.standingRights.lazy.filter { $0.role == .owner }.compactMap(\.subject)
        return Set(owners.prefix { $0 != author }).intersection(present).count
    }

    /// So long an owner gives each that is senior to him (SE-334).
    private static let inviteEndPause = Duration.seconds(10)
    /// The time of day is looked at again after so long.
    private static let inviteEndLook = Duration.seconds(3600)
}
