import InkPrimitives
import Testing

@testable import InkTransport

/// What sessions cost on the wire.
@Suite struct WireCostTests {
    // TR-95 TR-17
    @Test func `sixty operations of 64 bytes a second cost 180 bytes each both ways, and one packet and a half`() {
        var net = TestNet.pair(faults: Faults(delay: .milliseconds(25)))
        net.run(for: .seconds(1))
        net.sent = []
        for _ in 0..<300 {
            net.send([UInt8](repeating: 1, count: 64), from: 0)
            net.run(for: .nanoseconds(16_666_667))
        }
        let bytes = net.sent.reduce(0) { $0 + $1.bytes.count }
        #expect(
            net.nodes[1].messages.count >= 298 && bytes <= 180 * 300 && net.sent.count <= 455,
            "\(bytes / 300) bytes, \(net.sent.count) packets")
    }
}
