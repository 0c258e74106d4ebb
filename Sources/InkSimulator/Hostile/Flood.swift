import InkBoard
import InkPrimitives
import InkSession

/// As much work as it may write, questions, and presence, as fast as it gets them out.
struct Flood: Move {
    private var count: UInt64 = 5000

    mutating func act(_ rogue: inout Rogue, in scene: Scene, now: Instant) {
        let room = rogue.room
        guard !room.isEmpty else { return }
        if count < Self.countMax, rogue.board.role(of: rogue.author) != nil {
            rogue.note("floods")
            for _ in 0..<20 {
                count += 1
                guard let work = rogue.write([rogue.trifle(count)], wallTime: scene.wallTime) else { break }
                rogue.give(work, to: room, now: now)
            }
        }
        let names = (0..<SessionMessage.asksMax).map { _ in TransactionName(using: &rogue.random) }
        for _ in 0..<3 {
            rogue.say(.ask(names), to: room, now: now)
            rogue.say(.prove(sequence: 1), to: room, now: now)
        }
        for number in 0..<10 {
            let at = now.nanoseconds / 1_000_000 % 65_536
            var hand = HandValue(frontEnd: .holder)
            let point = Point(x: Int32(number), y: Int32(truncatingIfNeeded: at))
            hand.cursor = .samples(SampleRun([HandSample(at: at, point: point)], after: SampleRun.History(), sentAt: at))
            var packet = PresencePacket(own: PresenceValue())
            (packet.own.sentAt, packet.own.hands) = (UInt16(at), [hand])
            rogue.transmit(frames: [0x03] + packet.bytes, to: room, now: now)
        }
    }

    /// In one world; what more of it costs is known from hundreds.
    private static let countMax: UInt64 = 5200
}
