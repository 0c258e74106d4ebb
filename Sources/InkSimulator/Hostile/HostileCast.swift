import InkBoard
import InkPrimitives

/// How many take part in a hostile world, and what those are who keep no rule; drawn from the seed.
struct HostileCast {
    /// Nodes of those who keep the rules; the first is the owner's.
    let honest: Int
    /// While people work.
    let span: Duration
    let rogues: [Part]
    /// Somebody knocks who has the room's secret alone.
    let hasStrangers: Bool
    let rendezvousLies: Bool
    /// When what rogues made is put on somebody's disk; nil for never.
    let plantsAt: Double?

    struct Part {
        let role: Role
        let moves: [MoveKind]
        /// As a share of the span; nil for never.
        let removedAt: Double?
    }

    /// - Parameter move: the one that all have; nil: the seed says.
    init(move: MoveKind?, random: SplitMix64) {
        var random = random
        // Most worlds are small, since what breaks mostly breaks there too, and they take a tenth of the time.
        let size = random.unit()
        let all = size < 0.65 ? 4 + random.below(3) : size < 0.93 ? 7 + random.below(3) : 10 + random.below(7)
        let count = 1 + random.below(min(3, all - 3))
        honest = all - count
        rogues = (0..<count).map { _ in
            let role = Role.allCases[random.below(Role.allCases.count)]
            var moves: [MoveKind] = MoveKind.allCases.shuffled(using: &random)
            moves = move.map { [$0] } ?? Array(moves.prefix(1 + random.below(4)))
            let isRemoved = random.chance(0.6) || moves.contains(.afterRemoval)
            return Part(role: role, moves: moves, removedAt: isRemoved ? 0.2 + random.unit() * 0.7 : nil)
        }
        span = .milliseconds(random.chance(0.8) ? 1500 : 4000)
        hasStrangers = random.chance(0.4)
        rendezvousLies = random.chance(0.5)
        plantsAt = random.chance(0.4) ? 0.5 + random.unit() * 0.4 : nil
    }
}
