import InkBoard
import InkPrimitives
import InkSession

/// Little that costs others much: questions for everything, one transaction of hundreds of shapes, words that are none, lists of a thousand.
struct Bombs: Move {
    private var isWide = false

    mutating func act(_ rogue: inout Rogue, in scene: Scene, now: Instant) {
        let room = rogue.room
        guard let genesis = rogue.board.transactions.first, !room.isEmpty else { return }
        for isInitiator in [true, false] {
            var message = ReconcileMessage(
                isFromInitiator: isInitiator, root: NodeHash(Fingerprint(genesis.name.bytes) ?? .zero), transactionCount: 1)
            message.items = [.list(.from(0), [])]
            // Who is not the initiator breaks a rule by it, and the session ends.
            guard isInitiator || rogue.random.chance(0.05) else { continue }
            for _ in 0..<10 { rogue.say(.reconcile(message.bytes), to: room, now: now) }
        }
        if rogue.random.chance(0.05) {
            rogue.note("says what is no word")
            rogue.say(bytes: (0..<rogue.random.below(1000)).map { _ in UInt8(truncatingIfNeeded: rogue.random.next()) }, to: room, now: now)
        }
        let strangers = (0..<SessionMessage.adjacentMax).map { _ in AuthorID(using: &rogue.random) }
        if rogue.random.chance(0.1) { rogue.say(.adjacency(joined: strangers, left: strangers), to: room, now: now) }
        guard !isWide, rogue.role >= .editor else { return }
        isWide = true
        let writes = (0..<400 as Range<UInt64>).map { Write(ShapeID(author: rogue.author, number: 2_000_000 + $0), .kind, .kind(0)) }
        guard let wide = rogue.write(writes, wallTime: scene.wallTime) else { return }
        rogue.note("draws 400 shapes in \(wide.name)")
        rogue.give(wide, to: room, by: .history, now: now)
    }
}
