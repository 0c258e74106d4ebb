import InkBoard
import InkCrypto
import InkPrimitives

/// Rights for itself and others, and ends of the rights of others: of who is no owner none of them is valid; of an owner what is aimed at who is not
/// junior is none, and what he gives is, as long as he is there.
struct RightsGrab: Move {
    private var count: UInt8 = 0

    mutating func act(_ rogue: inout Rogue, in scene: Scene, now: Instant) {
        guard !rogue.room.isEmpty, rogue.random.chance(0.5) else { return }
        count &+= 1
        let friend = SigningKey(seed: rogue.random.secret("friend \(count)"))
        var isValid = rogue.role == .owner
        let write: Write
        let person = ShapeID(author: rogue.author, number: 0)
        switch rogue.random.below(4) {
        case 0:
            let grant = RightsGrant(role: .editor, subject: friend.author)
            write = Write(person, .grant, .right(.grant(grant)))
        case 1:
            let invite = RightsInvite(role: .editor, uses: 1, timeToLive: 60, key: friend.author)
            write = Write(person, .invite, .right(.invite(invite)))
        case 2:
            // The root owner's own right, which nobody is senior to.
            let heads = rogue.random.chance(0.5) ? [] : [rogue.header(wallTime: 0).parents[0]]
            write = Write(person, .removal, .right(.removal(RightsEnd(rights: [rogue.board.transactions[0].name], heads: heads))))
            isValid = false
        default:
            let write = Write(person, .policy, .right(.policy(RightsPolicy(viewersMayChat: false))))
            return give([write], isValid: isValid, of: &rogue, scene, now: now)
        }
        give([write], isValid: isValid, of: &rogue, scene, now: now)
    }

    private func give(_ writes: [Write], isValid: Bool, of rogue: inout Rogue, _ scene: Scene, now: Instant) {
        let transaction =
            isValid ? rogue.write(writes, wallTime: scene.wallTime) : rogue.forge(writes, at: rogue.header(wallTime: scene.wallTime))
        guard let transaction else { return }
        rogue.note("\(rogue.role) grabs by \(transaction.name), \(writes[0].property.rawValue)")
        rogue.give(transaction, to: rogue.some(), by: rogue.someWay(), now: now)
    }
}
