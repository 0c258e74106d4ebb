import InkBoard
import InkPrimitives

/// What its authors, the owner among them, truly signed, for another board.
struct OtherBoards: Move {
    private var next = 0

    mutating func act(_ rogue: inout Rogue, in scene: Scene, now: Instant) {
        guard !rogue.room.isEmpty, !scene.foreign.isEmpty else { return }
        let transaction = scene.foreign[next % scene.foreign.count]
        next += 1
        rogue.made(transaction, isValid: false)
        rogue.note("brings \(transaction.name) of another board")
        rogue.give(transaction, to: rogue.some(), by: rogue.someWay(), now: now)
    }
}
