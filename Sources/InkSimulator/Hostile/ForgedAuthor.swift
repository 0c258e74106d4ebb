import InkBoard
import InkPrimitives

/// Work in the names of others, signed by the wrong key; and true work of others with a signature that is not theirs, so that it might be refused
/// when it comes itself.
struct ForgedAuthor: Move {
    private var count: UInt64 = 0

    mutating func act(_ rogue: inout Rogue, in scene: Scene, now: Instant) {
        count += 1
        let victim = scene.honest[rogue.random.below(scene.honest.count)]
        var header = rogue.header(after: rogue.board.heads, as: victim, wallTime: scene.wallTime)
        header.grant = rogue.board.right(of: victim) ?? rogue.right
        let write = Write(ShapeID(author: victim, number: 1 + count), .kind, .kind(0))
        if let forged = rogue.forge([write], at: header) {
            rogue.note("forges \(forged.name) in the name of \(victim)")
            rogue.give(forged, to: rogue.some(), by: rogue.someWay(), now: now)
        }
        guard let truth = rogue.tip(of: victim), var bytes = Optional(truth.encoded), let last = bytes.indices.last else { return }
        bytes[last - rogue.random.below(60)] ^= 1
        guard let altered = try? Transaction(decoding: bytes) else { return }
        rogue.note("gives \(altered.name) a false signature")
        rogue.give(altered, to: rogue.some(), by: rogue.someWay(), now: now)
    }
}
