import InkBoard
import InkPrimitives

/// Transactions in good form whose parents are nobody's, some under true rights.
struct Orphans: Move {
    private var count: UInt64 = 0

    mutating func act(_ rogue: inout Rogue, in scene: Scene, now: Instant) {
        let room = rogue.room
        guard !room.isEmpty, count < Self.countMax else { return }
        rogue.note("brings orphans")
        for _ in 0..<8 {
            count += 1
            let parents = (0..<Limits.parents).map { _ in TransactionName(using: &rogue.random) }.sorted()
            var header = rogue.header(after: [], wallTime: scene.wallTime)
            (header.parents, header.previous, header.sequence) = (parents, parents[0], count + 1)
            header.lamport = 2 + UInt64(rogue.random.below(1000))
            guard let orphan = rogue.forge([rogue.trifle(9000 + count)], at: header) else { return }
            rogue.give(orphan, to: room, now: now)
        }
    }

    private static let countMax: UInt64 = 320
}
