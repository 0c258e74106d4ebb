import InkPrimitives
import Testing

@testable import InkTransport

@Suite struct FrameTests {
    @Test func `TR-166: the header takes seven bytes, nine when much is unacknowledged`() {
        var packet: [UInt8] = []
        #expect(DataHeader.write(0x1_2345, receiverIndex: 0xA1B2_C3D4, largestAcknowledged: 0x1_2300, to: &packet) == 7)
        #expect(packet == [0xF3, 0xA1, 0xB2, 0xC3, 0xD4, 0x23, 0x45])
        packet = []
        #expect(DataHeader.write(0x1_2345, receiverIndex: 0xA1B2_C3D4, largestAcknowledged: nil, to: &packet) == 9)
        #expect(packet == [0xF5, 0xA1, 0xB2, 0xC3, 0xD4, 0x00, 0x01, 0x23, 0x45])
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `TR-166: a number is found again wherever the expected one stands within half the range`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<500 {
            let number = random.next() >> UInt64(2 + random.below(60))
            var packet: [UInt8] = []
            let acknowledged = number < 20_000 ? nil : number - UInt64(random.below(20_000))
            _ = DataHeader.write(number, receiverIndex: 1, largestAcknowledged: acknowledged, to: &packet)
            let header = DataHeader(packet + [UInt8](repeating: 0, count: 17))
            // The peer expects something between what it acknowledged and a little beyond.
            let low = acknowledged ?? 0
            let expected = low + UInt64(random.below(Int(number - low) + 8000)) + 1
            #expect(header?.number(expected: expected) == number)
        }
    }

    @Test func `the worked example of the overview is what is written`() {
        var packet: [UInt8] = []
        let headerCount = DataHeader.write(7, receiverIndex: 0x0102_0304, largestAcknowledged: 5, to: &packet)
        var received = RangeSet()
        received.insert(0..<3)
        received.insert(4..<7)
        #expect(Acknowledgement.write(received, delay: .milliseconds(5), limit: 128, to: &packet))
        packet += [Frame.streamType + Lane.ops.rawValue, 2, 8, 3, 2, 0x68, 0x69]
        packet += [Frame.presenceType, 0x80]
        #expect(Hex.encode(packet) == "f3010203040007" + "020613010200" + "02" + "09020803026869" + "0380")
        var reader = ByteReader(packet, range: headerCount..<packet.count)
        guard case .acknowledgement(let acknowledgement)? = try? Frame(from: &reader) else {
            Issue.record("no acknowledgement")
            return
        }
        #expect(acknowledgement.ranges == [4..<7, 0..<3])
        #expect(acknowledgement.delay == .microseconds(19 * 256))
        #expect((try? Frame(from: &reader)) == .stream(.ops, slot: 2, offset: 8, data: [2, 0x68, 0x69]))
        #expect((try? Frame(from: &reader)) == .presence([0x80]))
        #expect(reader.isAtEnd)
        var nothing = ByteReader([Frame.presenceType])
        #expect(throws: WireError.nonCanonical) { try Frame(from: &nothing) }
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func `TR-171: an acknowledgement names the newest runs and reads back`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var received = RangeSet()
        for _ in 0..<1 + random.below(60) {
            let start = UInt64(random.below(5000))
            received.insert(start..<start + 1 + UInt64(random.below(40)))
        }
        var bytes: [UInt8] = []
        let limit = 40 + random.below(200)
        #expect(Acknowledgement.write(received, delay: .milliseconds(1), limit: limit, to: &bytes))
        #expect(bytes.count <= limit)
        var reader = ByteReader(bytes)
        guard case .acknowledgement(let acknowledgement) = try Frame(from: &reader) else { return }
        let expected = Array(received.ranges.reversed().prefix(acknowledgement.ranges.count))
        #expect(acknowledgement.ranges == expected && reader.isAtEnd)
        #expect(acknowledgement.ranges.count <= Frame.ackRangesMax)
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `TR-171: any bytes make frames or an error, and never more bytes than they were`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<300 {
            let bytes = (0..<random.below(60)).map { _ in
                random.chance(0.5) ? UInt8(random.below(12)) : UInt8(truncatingIfNeeded: random.next())
            }
            var reader = ByteReader(bytes)
            var position = 0
            while !reader.isAtEnd, let frame = try? Frame(from: &reader) {
                #expect(reader.position > position)
                if case .stream(_, _, _, let data) = frame { #expect(data.count < reader.position - position) }
                position = reader.position
            }
        }
    }
}
