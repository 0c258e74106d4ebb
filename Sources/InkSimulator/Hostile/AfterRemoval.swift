import InkBoard
import InkPrimitives

/// After its removal it goes on, to whoever has not heard of that: over the parents that it had, which is valid and counts for nothing, and over the
/// removal, which is not. One of them that is an owner removes the others, too, as if before he was removed himself.
struct AfterRemoval: Move {
    private var count: UInt64 = 20_000

    mutating func act(_ rogue: inout Rogue, in scene: Scene, now: Instant) {
        let room = rogue.room
        guard let removal = scene.removals[rogue.author], count < Self.countMax else { return work(&rogue, in: scene, now: now) }
        count += 1
        let last = rogue.tip(of: rogue.author)?.name ?? rogue.right
        let beside = rogue.header(after: [last], wallTime: 0)
        if let late = rogue.forge([rogue.trifle(count)], at: beside, isValid: true) {
            rogue.learn(late)
            rogue.note("goes on with \(late.name), as if before \(removal)")
            rogue.give(late, to: room, by: rogue.someWay(), now: now)
        }
        if let after = rogue.forge([rogue.trifle(count)], at: rogue.header(after: [removal], wallTime: 1)) {
            rogue.give(after, to: room, by: rogue.someWay(), now: now)
        }
        guard rogue.role == .owner, let target = scene.honest.dropFirst().compactMap({ rogue.board.right(of: $0) }).first else { return }
        let end = RightsEnd(rights: [target], heads: [])
        var header = rogue.header(after: [target], wallTime: 2)
        guard let parent = rogue.board.transaction(target), parent.lamport < header.lamport else { return }
        header.claimedWallTime = 3
        let write = Write(ShapeID(author: rogue.author, number: 0), .removal, .right(.removal(end)))
        if let removal = rogue.forge([write], at: header, isValid: true) {
            rogue.learn(removal)
            rogue.note("removes \(target) by \(removal.name), as if before")
            rogue.give(removal, to: room, by: rogue.someWay(), now: now)
        }
    }

    /// Before that it is a member like others.
    private mutating func work(_ rogue: inout Rogue, in scene: Scene, now: Instant) {
        guard scene.removals[rogue.author] == nil, rogue.random.chance(0.3) else { return }
        count += 1
        if let work = rogue.write([rogue.trifle(count)], wallTime: scene.wallTime) { rogue.give(work, to: rogue.room, now: now) }
    }

    private static let countMax: UInt64 = 20_060
}
