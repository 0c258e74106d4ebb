import InkPrimitives
import Testing

@testable import InkTransport

@Suite struct ReceiveStreamTests {
    // TR-12 TR-90
    @Test(arguments: 0..<60 as Range<UInt64>)
    func `messages come whole and in order, however their bytes are cut, doubled and mixed`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var bytes: [UInt8] = []
        bytes.appendBigEndian(7, count: 8)
        var messages: [[UInt8]] = []
        for number in 0..<40 {
            let message = (0..<random.below(random.chance(0.1) ? 9000 : 90)).map { UInt8(truncatingIfNeeded: number + $0) }
            bytes.appendVarint(UInt64(message.count))
            bytes += message
            messages.append(message)
        }
        // From in order to wholly mixed, some of them twice or overlapping.
        var pieces: [Range<Int>] = []
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + 1 + random.below(1200))
            pieces.append(start..<end)
            if random.chance(0.2) { pieces.append(max(0, start - random.below(100))..<min(bytes.count, end + random.below(100))) }
            start = end
        }
        for _ in 0..<Int(seed % 4) * 20 { pieces.swapAt(random.below(pieces.count), random.below(pieces.count)) }
        var lanes = ReceiveLanes()
        var received: [[UInt8]] = []
        for piece in pieces {
            // Within a packet, as they lie in one.
            let packet = [UInt8](repeating: 0xEE, count: 9) + bytes[piece] + [0xEE]
            try lanes.receive(.ops, slot: 3, offset: UInt64(piece.lowerBound), data: packet[9..<9 + piece.count]) { stream, message in
                #expect(stream == 7)
                received.append(message)
            }
        }
        #expect(received == messages)
        #expect(lanes.held == 0 && lanes.consumed == UInt64(bytes.count))
    }
}
