import InkBoard
import InkPrimitives

/// Two to 64 transactions of one sequence, half of them to each half of the others, twice. They are all valid, so all must end with all.
struct Branches: Move {
    private var left = 2
    private var count: UInt64 = 0

    mutating func act(_ rogue: inout Rogue, in scene: Scene, now: Instant) {
        let room = rogue.room
        guard left > 0, room.count > 1, rogue.board.role(of: rogue.author) != nil, rogue.random.chance(0.2) else { return }
        left -= 1
        let branches = 2 + rogue.random.below(63)
        let header = rogue.header(wallTime: scene.wallTime)
        rogue.note("forks into \(branches) at \(header.sequence)")
        for branch in 0..<branches {
            count += 1
            var place = header
            place.claimedWallTime += UInt64(branch)
            guard let transaction = rogue.forge([rogue.trifle(count)], at: place, isValid: true) else { continue }
            rogue.learn(transaction)
            let half = branch % 2 == 0 ? room.prefix(room.count / 2) : room.suffix(room.count - room.count / 2)
            rogue.give(transaction, to: Array(half), now: now)
        }
    }
}
