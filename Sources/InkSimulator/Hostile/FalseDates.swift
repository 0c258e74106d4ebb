import InkBoard
import InkPrimitives

/// What is said to be older or newer than it is: lamport numbers, sequences and predecessors that are wrong, which nobody takes; times of day that are
/// years off, and work over old parents, which is allowed.
struct FalseDates: Move {
    private var count: UInt64 = 2000

    mutating func act(_ rogue: inout Rogue, in scene: Scene, now: Instant) {
        guard !rogue.room.isEmpty, rogue.board.role(of: rogue.author) != nil else { return }
        count += 1
        var header = rogue.header(wallTime: scene.wallTime)
        var isValid = false
        switch rogue.random.below(7) {
        case 0: header.lamport += 1
        case 1: header.lamport = Limits.lamport
        case 2: header.lamport -= 1
        case 3: header.sequence += 1
        case 4:
            guard let other = rogue.tip(of: scene.honest[0]), header.sequence > 1 else { return }
            header.previous = other.name
            header.parents = Array(Set(header.parents.prefix(Limits.parents - 1) + [other.name])).sorted()
            header.lamport = 1 + (header.parents.compactMap { rogue.board.transaction($0)?.lamport }.max() ?? 0)
        case 5:
            header.claimedWallTime = rogue.random.chance(0.5) ? 0 : 253_402_300_799_000
            isValid = true
        default:
            header = rogue.header(after: [], wallTime: 0)
            isValid = true
        }
        guard let transaction = rogue.forge([rogue.trifle(count)], at: header, isValid: isValid) else { return }
        if isValid { rogue.learn(transaction) }
        rogue.note("dates \(transaction.name) at \(header.lamport), sequence \(header.sequence)\(isValid ? "" : ", falsely")")
        rogue.give(transaction, to: rogue.some(), by: rogue.someWay(), now: now)
    }
}
