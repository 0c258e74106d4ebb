import InkBoard
import InkCrypto
import InkPrimitives

/// Every kind of write, under its own right and under those of others, as new, as history and in a comparison, to all and to one alone, who might
/// pass it on.
struct EveryWrite: Move {
    private var count = 0

    mutating func act(_ rogue: inout Rogue, in scene: Scene, now: Instant) {
        guard !rogue.room.isEmpty else { return }
        for _ in 0..<3 { one(&rogue, scene, now: now) }
    }

    private mutating func one(_ rogue: inout Rogue, _ scene: Scene, now: Instant) {
        let writes = Self.writes(of: rogue, scene, number: UInt64(count / 40))
        let write = writes[count % writes.count]
        let rights = [
            rogue.right, rogue.right, rogue.board.transactions[0].name, scene.invite.invite, TransactionName(using: &rogue.random),
        ]
        let right = rights[rogue.random.below(rights.count)]
        count += 1
        let need = NaiveJudge.need(of: write, by: rogue.author)
        let isAllowed = right == rogue.right && rogue.role.allows(need, viewersMayChat: false) && !NaiveJudge.isAdmission(write)
        let transaction: Transaction?
        if isAllowed {
            // What its board refuses too is none.
            transaction = rogue.write([write], wallTime: scene.wallTime)
        } else {
            var header = rogue.header(wallTime: scene.wallTime)
            header.grant = right
            transaction = rogue.forge([write], at: header)
        }
        guard let transaction else { return }
        let (way, whom) = (rogue.someWay(), rogue.some())
        rogue.note("\(rogue.role) writes \(write.property.rawValue) as \(transaction.name) under \(right), \(way), to \(whom.count)")
        rogue.give(transaction, to: whom, by: way, now: now)
    }

    /// One write of each property to something of its own and of another, and to the person record.
    private static func writes(of rogue: Rogue, _ scene: Scene, number: UInt64) -> [Write] {
        let own = ShapeID(author: rogue.author, number: 1 + number)
        let other = rogue.board.shapes.first { $0.id.author != rogue.author }?.id ?? ShapeID(author: scene.honest[0], number: 1)
        let person = ShapeID(author: rogue.author, number: 0)
        let name = rogue.tip(of: rogue.author)?.name ?? rogue.right
        var writes: [Write] = []
        for target in [own, other] {
            writes += [
                Write(target, .kind, .kind(0)), Write(target, .kind, .kind(ShapeKind.note.rawValue)),
                Write(target, .position, .point(.zero)),
                Write(target, .text, .text("rogue")), Write(target, .deletion, .mark), Write(target, .retraction, .names([name])),
                Write(target, .stroke, .color(nil)), Write(target, .label, .text("rogue")), Write(target, .group, .bytes([1])),
                Write(target, Property(rawValue: 90), .bytes([1])), Write(target, .size, .size(Size(width: 9, height: 9))),
            ]
        }
        writes += [Write(person, .chat, .text("rogue")), Write(person, .displayName, .text("rogue")), Write(person, .undo, .name(name))]
        // Owners give rights and end them by moves of their own.
        guard rogue.role != .owner else { return writes }
        let gift = RightsGrant(role: .owner, subject: rogue.author)
        let invite = RightsInvite(role: .owner, uses: 0, timeToLive: 0, key: rogue.author)
        let end = RightsEnd(rights: [rogue.board.right(of: scene.honest[1]) ?? scene.invite.invite], heads: [])
        let admission = RightsAdmission(of: rogue.author, to: rogue.board.id, inviteKey: rogue.key)
        return writes + [
            Write(person, .grant, .right(.grant(gift))), Write(person, .invite, .right(.invite(invite))),
            Write(person, .removal, .right(.removal(end))), Write(person, .admittance, .right(.admission(admission))),
            Write(person, .policy, .right(.policy(RightsPolicy(viewersMayChat: true)))),
        ]
    }
}
