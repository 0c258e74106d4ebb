import InkPrimitives
import Testing

@testable import InkTransport

/// What sessions cost on the wire.
@Suite struct WireCostTests {
    @Test func `TR-17, TR-95, TR-175: sixty operations of 64 bytes a second cost 180 bytes each both ways, and one packet and a half`() {
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

    /// As it is when who dialled has a session, and message 3 has left: 25 ms each way, after a cookie.
    private static func established() -> TestNet {
        var net = TestNet(faults: Faults(delay: .milliseconds(25)))
        net.add(TestNet.configuration(0))
        net.add(TestNet.configuration(1))
        net.nodes[0].endpoint.dial(
            attempt: [UInt8](repeating: 5, count: 16), remote: net.nodes[1].peer, addresses: [net.nodes[1].address], now: net.now)
        net.run { $0.nodes[0].id != nil }
        return net
    }

    @Test func `TR-98: the first message and its answer take three packets behind the handshake's two, and no ping`() throws {
        var net = TestNet(faults: Faults(delay: .milliseconds(25)))
        net.add(TestNet.configuration(0))
        net.add(TestNet.configuration(1))
        let begin = net.now
        let attempt = [UInt8](repeating: 5, count: 16)
        net.nodes[1].endpoint.expect(attempt: attempt, remote: net.nodes[0].peer, addresses: [], now: net.now)
        net.nodes[0].endpoint.dial(attempt: attempt, remote: net.nodes[1].peer, addresses: [net.nodes[1].address], now: net.now)
        net.run { $0.nodes[0].id != nil }
        net.send([UInt8](repeating: 1, count: 16), from: 0)
        net.run { !$0.nodes[1].messages.isEmpty }
        #expect(net.now - begin == .milliseconds(75))
        net.send([UInt8](repeating: 1, count: 16), from: 1)
        net.run { !$0.nodes[0].messages.isEmpty }
        let bytes = net.sent.reduce(0) { $0 + $1.bytes.count }
        #expect(net.now - begin == .milliseconds(100) && net.sent.count == 5 && bytes <= 2000, "\(net.sent.count) packets, \(bytes) bytes")
    }

    @Test func `TR-215: message 3 goes once more with something live 8 ms later, and no more before a word could have come`() {
        var net = Self.established()
        let established = net.now
        for _ in 0..<15 {
            net.send([UInt8](repeating: 1, count: 16), from: 0)
            net.run(for: .milliseconds(4))
        }
        let copies = net.sent.filter { $0.bytes[0] == PacketType.finish.rawValue }.map { $0.sentAt - established }
        #expect(copies == [.zero, .milliseconds(8)])
    }

    @Test func `TR-215: message 3 is repeated when a word could have come, and then more and more rarely`() {
        var net = Self.established()
        let established = net.now
        net.faults.loss = 1
        net.run(for: .milliseconds(500))
        let copies = net.sent.filter { $0.bytes[0] == PacketType.finish.rawValue }.map { $0.sentAt - established }
        // 50 ms × 5 / 4 + 20 ms, × 1.5 each.
        #expect(copies == [0, 82_500, 206_250, 391_875].map { .microseconds($0) })
    }

    @Test func `TR-98: a responder with nothing to say pings 5 ms after message 3`() {
        var net = TestNet.pair(faults: Faults(delay: .milliseconds(25)))
        let established = net.nodes[1].established[0].at
        net.run(for: .seconds(1))
        let first = net.sent.first { $0.from == net.nodes[1].address && $0.sentAt >= established }
        #expect(first.map { $0.sentAt - established } == .milliseconds(5))
        #expect(net.nodes[1].endpoint.statistics(net.nodes[1].id!)?.roundTrip != nil)
    }

    @Test(arguments: [(Activity.present, 0.42, 14.0), (.idle, 0.12, 4.5)])
    func `TR-19, TR-220: silence costs little, and new keys each two minutes little more`(
        activity: Activity, packets: Double, bytes: Double
    ) {
        func cost(_ schedule: RekeySchedule) -> (packets: Double, bytes: Double) {
            var net = TestNet.pair(faults: Faults(delay: .milliseconds(25)), rekeying: (schedule, schedule))
            for index in 0..<2 { net.nodes[index].endpoint.setActivity(activity) }
            net.run(for: .seconds(30))
            net.sent = []
            net.run(for: .seconds(1200))
            return (Double(net.sent.count) / 1200, Double(net.sent.reduce(0) { $0 + $1.bytes.count }) / 1200)
        }
        let silent = cost(RekeySchedule(after: .seconds(4000), refusedAfter: .seconds(5000)))
        #expect(silent.packets <= packets && silent.packets >= packets / 2 && silent.bytes <= bytes, "\(silent) a second")
        // Question and answer are an exchange, and what comes next uses the new keys.
        let renewing = cost(.standard)
        #expect(renewing.packets <= packets && renewing.bytes <= bytes, "\(renewing), \(silent)")
        #expect((renewing.packets - silent.packets) * 120 < 2 && (renewing.bytes - silent.bytes) * 120 < 200, "\(renewing), \(silent)")
    }
}
