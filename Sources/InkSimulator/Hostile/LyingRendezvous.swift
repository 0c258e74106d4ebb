import InkPrimitives
import InkRendezvous

/// What a rendezvous makes of what it is to tell its clients: it shows each of two halves that half alone, drops, says things twice and later again, puts
/// other numbers on envelopes, gives them to others than they are for, and adds what nobody said (SM-69). What is within envelopes it cannot read.
struct LyingRendezvous {
    private var random: SplitMix64
    private let splitsView: Bool
    /// Which socket is which member, as each was told.
    private var sockets: [UInt32: UInt64] = [:]
    private var recorded: [ServerMessage] = []

    init(random: SplitMix64) {
        self.random = random
        splitsView = self.random.chance(0.5)
    }

    /// What is told to whom in place of a message to a socket.
    mutating func pass(_ message: ServerMessage, to socket: UInt64, among others: [UInt64]) -> [(ServerMessage, UInt64)] {
        switch message {
        case .joined(let topic, let member, let count):
            sockets[member] = socket
            return [(.joined(topic: topic, member: member, others: random.chance(0.3) ? random.below(1000) : count), socket)]
        case .envelope(let topic, let from, let box):
            if splitsView, let sender = sockets[from], sender % 2 != socket % 2 { return [] }
            if recorded.count < Self.recordedMax { recorded.append(message) }
            switch random.below(20) {
            case 0, 1: return []
            case 2: return [(message, socket), (message, socket)]
            case 3: return [(message, others[random.below(others.count)])]
            case 4: return [(.envelope(topic: topic, from: UInt32(random.below(20)), box: box), socket)]
            case 5: return [(message, socket), (recorded[random.below(recorded.count)], socket)]
            case 6:
                let noise = (0..<random.below(200)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                return [(.envelope(topic: topic, from: UInt32(random.below(20)), box: noise), socket), (message, socket)]
            default: return [(message, socket)]
            }
        case .welcome, .refused, .mailbox: return [(message, socket)]
        }
    }

    private static let recordedMax = 200
}
