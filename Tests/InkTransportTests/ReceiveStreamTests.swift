import InkPrimitives
import Testing

@testable import InkTransport

@Suite struct ReceiveStreamTests {
    @Test(arguments: 0..<60 as Range<UInt64>)
    func `TR-12, TR-90: messages come whole and in order, however their bytes are cut, doubled and mixed`(seed: UInt64) throws {
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

    @Test func `TR-13: what stands far behind a hole takes the memory of its bytes`() throws {
        var lanes = ReceiveLanes()
        for slot in 0..<100 as Range<UInt64> {
            try lanes.receive(.bulk, slot: slot, offset: 20_000, data: [1][...]) { _, _ in }
        }
        #expect(lanes.held == 2_000_100 && lanes.room < 100 * 256, "\(lanes.room) bytes for a hundred")
    }

    @Test func `TR-13: a byte before a long piece does not move it, and both come out`() throws {
        var lanes = ReceiveLanes()
        var bytes = [UInt8](repeating: 0, count: 8)
        bytes.appendVarint(100_000)
        bytes += (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
        var messages: [[UInt8]] = []
        func give(_ range: Range<Int>) throws {
            try lanes.receive(.bulk, slot: 0, offset: UInt64(range.lowerBound), data: bytes[range]) { _, message in messages.append(message)
            }
        }
        try give(50_000..<bytes.count)
        for start in stride(from: 49_999, to: 40_000, by: -1) { try give(start..<start + 1) }
        // And once more over all of it.
        try give(100..<60_000)
        #expect(messages.isEmpty)
        try give(0..<200)
        #expect(messages == [Array(bytes[bytes.count - 100_000..<bytes.count])])
        #expect(lanes.held == 0)
    }
}
