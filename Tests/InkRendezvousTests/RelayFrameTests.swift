import InkPrimitives
import InkRendezvous
import Testing

@Suite struct RelayFrameTests {
    @Test(arguments: [1, 2, 1199, 1200])
    func `RV-30: a frame in either direction comes back as it was`(count: Int) throws {
        let datagram = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let there = RelayFrame.ToServer(sender: 7, receivers: [9, 3, 0xFFFF_FFFF, 3], datagram: datagram)
        #expect(there.receivers == [3, 9, 0xFFFF_FFFF])
        #expect(try RelayFrame.ToServer(decoding: there.encoded) == there)
        let here = RelayFrame.ToClient(receiver: 3, sender: 7, datagram: datagram)
        #expect(try RelayFrame.ToClient(decoding: here.encoded) == here)
    }

    @Test func `RV-30, RV-127: the bytes are those of the drawing`() {
        #expect(
            RelayFrame.ToServer(sender: 0x0102_0304, receivers: [5, 0x0A0B_0C0D], datagram: [0xEE]).encoded
                == [1, 1, 2, 3, 4, 2, 0, 0, 0, 5, 0x0A, 0x0B, 0x0C, 0x0D, 0xEE])
        #expect(
            RelayFrame.ToClient(receiver: 0x0102_0304, sender: 5, datagram: [0xEE, 0xFF]).encoded == [
                1, 1, 2, 3, 4, 0, 0, 0, 5, 0xEE, 0xFF,
            ])
    }

    @Test func `RV-30, RV-127: what names nobody, somebody twice or too many, carries nothing or too much, is no frame`() {
        let head: [UInt8] = [1, 0, 0, 0, 7]
        func named(_ numbers: [UInt8], datagram: Int = 1) -> [UInt8] {
            head + [UInt8(numbers.count)] + numbers.flatMap { [0, 0, 0, $0] } + [UInt8](repeating: 0xEE, count: datagram)
        }
        #expect(throws: Never.self) { try RelayFrame.ToServer(decoding: named(Array(1...8), datagram: 1200)) }
        let bad: [[UInt8]] = [
            [], [1], head, named([]), named([1, 1]), named([2, 1]), named(Array(1...9)), named([1], datagram: 0),
            named([1], datagram: 1201), [2] + named([1]).dropFirst(), Array(named([1, 2]).prefix(10)), head + [255],
            [UInt8](repeating: 1, count: 100_000),
        ]
        for bytes in bad { #expect(throws: WireError.self, "\(bytes.prefix(20))") { try RelayFrame.ToServer(decoding: bytes) } }
        let here = RelayFrame.ToClient(receiver: 7, sender: 8, datagram: [UInt8](repeating: 1, count: 1200)).encoded
        let wrong: [[UInt8]] = [[], Array(here.prefix(9)), here + [0], [0] + here.dropFirst(), [UInt8](repeating: 1, count: 100_000)]
        for bytes in wrong {
            #expect(throws: WireError.self) { try RelayFrame.ToClient(decoding: bytes) }
        }
    }
}
