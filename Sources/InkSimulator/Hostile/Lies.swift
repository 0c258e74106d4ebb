import InkBoard
import InkConnectivity
import InkPrimitives
import InkSession

/// What is not so: of its own set, of how much it has of others' work, of whom it meets, of where it is, and of what it needs no more.
struct Lies: Move {
    mutating func act(_ rogue: inout Rogue, in scene: Scene, now: Instant) {
        let room = rogue.room
        guard !room.isEmpty else { return }
        let message: SessionMessage =
            switch rogue.random.below(8) {
            case 0: .fingerprint(Fingerprint(using: &rogue.random), count: UInt64(rogue.random.below(1_000_000)))
            case 1: .fingerprint(Fingerprint(using: &rogue.random), count: Limits.lamport)
            case 2: .receipt(sequence: 1_000_000)
            case 3: .receipt(sequence: 1 + UInt64(rogue.random.below(40)))
            case 4: .adjacent(scene.honest)
            case 5: .enough
            case 6: .prove(sequence: 1 + UInt64(rogue.random.below(20)))
            default: .addresses([Candidate(address: SocketAddress(ip: .v4(0x0B0F_0001), port: 9), kind: .host)])
            }
        rogue.note("says \(message)".prefix(80).description)
        rogue.say(message, to: rogue.some(), now: now)
    }
}
