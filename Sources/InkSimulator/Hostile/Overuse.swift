import InkBoard
import InkCrypto
import InkPrimitives

/// Five join by an invite that one may use, each at once with work of its own: that is shown, and nothing that is valid depends on it. Others join by
/// it without its key, twice, and by what is no invite, which nobody takes.
struct Overuse: Move {
    private var joined = 0

    mutating func act(_ rogue: inout Rogue, in scene: Scene, now: Instant) {
        guard joined < 10, !rogue.room.isEmpty else { return }
        joined += 1
        let friend = SigningKey(seed: rogue.random.secret("guest \(joined)"))
        let isTrue = joined <= 5
        let signer = isTrue ? scene.invite.signer : friend
        let admission = RightsAdmission(of: friend.author, to: rogue.board.id, inviteKey: signer)
        let writes = Board.writes(joining: admission, by: friend.author)
        let whom = rogue.some()
        guard isTrue else {
            var header = rogue.header(after: rogue.board.heads, as: friend.author, wallTime: scene.wallTime)
            header.grant = joined % 2 == 0 ? scene.invite.invite : rogue.right
            guard let forged = try? Transaction.sign(header, writes: writes, key: friend) else { return }
            rogue.made(forged, isValid: false)
            rogue.note("has \(friend.author) join without the invite's key")
            return rogue.give(forged, to: whom, by: rogue.someWay(), now: now)
        }
        guard let entry = rogue.write(writes, as: friend, under: scene.invite.invite, wallTime: scene.wallTime) else { return }
        rogue.note("has \(friend.author) join as number \(joined)")
        rogue.give(entry, to: whom, now: now)
        let drawing = Write(ShapeID(author: friend.author, number: 1), .kind, .kind(0))
        guard let work = rogue.write([drawing], as: friend, under: entry.name, wallTime: scene.wallTime) else { return }
        rogue.give(work, to: whom, now: now)
    }
}
