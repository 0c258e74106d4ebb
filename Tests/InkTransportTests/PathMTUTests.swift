import InkCrypto
import InkPrimitives
import Testing

@testable import InkTransport

@Suite struct PathMTUTests {
    private static func mtu(_ net: TestNet, _ index: Int = 0) -> Int? {
        net.nodes[index].id.flatMap { net.nodes[index].endpoint.statistics($0)?.mtu }
    }

    /// One that has sent some bulk over a path that carries so much.
    private static func found(_ carries: Int, faults: Faults = Faults(delay: .milliseconds(20))) -> TestNet {
        var net = TestNet.pair(faults: faults)
        net.carries = carries
        pour(&net, for: .seconds(2))
        return net
    }

    /// Ten messages of bulk a second.
    ///
    /// - Returns: how many; fewer where `isDone` came to hold.
    @discardableResult
    private static func pour(_ net: inout TestNet, for span: Duration, until isDone: (TestNet) -> Bool = { _ in false }) -> Int {
        let began = net.now
        var count = 0
        while net.now - began < span, !isDone(net) {
            count += 1
            net.send([UInt8](repeating: 1, count: messageBytes), from: 0, lane: .bulk)
            net.run(for: .milliseconds(100))
        }
        return count
    }
    private static let messageBytes = 40_000

    @Test(arguments: [
        (1200, 1200), (1279, 1200), (1280, 1280), (1399, 1280), (1400, 1400), (1452, 1452), (1472, 1472), (9000, 1472),
    ])
    func `TR-110, TR-111, TR-224: the longest size that a path carries is found while bulk goes, and what is lost by that slows nothing`(
        carries: Int, expected: Int
    ) throws {
        let net = Self.found(carries)
        #expect(Self.mtu(net) == expected)
        #expect(net.nodes[1].messages.count >= 19)
        // Only probes were longer than what was known then, and of those three of one size at most were lost.
        let lost = net.sent.filter { $0.bytes.count > carries }
        #expect(lost.count <= 3 && Set(lost.map(\.bytes.count)).count <= 1)
        let id = try #require(net.nodes[0].id)
        let statistics = try #require(net.nodes[0].endpoint.statistics(id))
        #expect(statistics.lossEstimate == 0 && statistics.bytesRetransmitted == 0)
        #expect(statistics.packetsLost == UInt64(lost.count))
    }

    @Test func `TR-110: over IPv6 no more is tried than Ethernet leaves, and over a relay nothing`() throws {
        var path = Path(id: PathID(number: 0), route: .direct(SocketAddress("[2001:db8::1]:4000")!), proof: .proven, isInvited: true)
        #expect(path.nextProbe(now: .zero) == nil)
        path.carried(2000, in: .milliseconds(20))
        #expect(path.nextProbe(now: .zero) == nil)
        path.carried(6000, in: .milliseconds(20))
        var tried: [Int] = []
        for second in 1..<11 {
            let now = Instant.zero + .seconds(second)
            guard let size = path.nextProbe(now: now) else { continue }
            tried.append(size)
            path.sentProbe(now: now)
            path.acknowledged(
                size, DeliveryRate.Stamp(delivered: 0, deliveredAt: now, firstSentAt: now, isLimited: true), ordinal: 0, sentAt: now,
                now: now
            )
        }
        #expect(tried == [1280, 1400, 1452] && path.mtu == 1452)
        var relay = Path(id: PathID(number: 1), route: .relay(RelayPoint(place: 0, member: 1)), proof: .proven, isInvited: true)
        relay.carried(6000, in: .milliseconds(20))
        #expect(relay.nextProbe(now: .zero) == nil && relay.mtu == Limits.datagramBytes)
    }

    @Test func `TR-224: it is looked for again after ten minutes, and on another way at once`() {
        var net = Self.found(1280)
        #expect(Self.mtu(net) == 1280)
        net.carries = 1472
        Self.pour(&net, for: .seconds(2))
        #expect(Self.mtu(net) == 1280)
        net.run(for: .seconds(600))
        Self.pour(&net, for: .seconds(2))
        #expect(Self.mtu(net) == 1472)
        net.nodes[0].endpoint.networkChanged(now: net.now)
        #expect(Self.mtu(net) == PathMTU.floor)
        Self.pour(&net, for: .seconds(2))
        #expect(Self.mtu(net) == 1472)
    }

    @Test func `TR-110: who has no bulk asks nothing`() {
        var net = TestNet.pair()
        for _ in 0..<500 {
            net.send([UInt8](repeating: 1, count: 60), from: 0)
            net.run(for: .milliseconds(16))
        }
        #expect(Self.mtu(net) == PathMTU.floor)
        #expect(net.sent.allSatisfy { $0.bytes.count <= Limits.datagramBytes })
    }

    @Test(arguments: [(1200, 20), (1400, 20), (1280, 200)])
    func `TR-112: a path that carries less in the midst is noticed within three seconds, and nothing is lost`(carries: Int, delay: Int) {
        var net = Self.found(1472, faults: Faults(delay: .milliseconds(delay)))
        // Far away it takes longer until it is known what the line carries.
        Self.pour(&net, for: .milliseconds(delay * 20))
        net.run(for: .seconds(5))
        net.nodes[1].messages = []
        #expect(Self.mtu(net) == 1472)
        net.carries = carries
        let before = Self.pour(&net, for: .seconds(3)) { Self.mtu($0) == PathMTU.floor }
        #expect(Self.mtu(net) == PathMTU.floor)
        let after = Self.pour(&net, for: .seconds(2))
        net.run(for: .seconds(3))
        #expect(net.nodes[1].messages.count == before + after)
        #expect(net.nodes[0].closed.isEmpty && net.nodes[0].degraded.isEmpty)
        // A minute later it is looked for again.
        #expect(Self.mtu(net) == PathMTU.floor)
        net.run(for: .seconds(60))
        Self.pour(&net, for: .seconds(4))
        #expect(Self.mtu(net) == carries)
    }

    @Test func `TR-112: a burst that is lost after a pause is no black hole`() {
        var (search, now) = (PathMTU(), Instant(nanoseconds: 1_000_000_000))
        #expect(search.nextProbe(largest: 1472, now: now) == 1280)
        search.sentProbe(now: now)
        search.acknowledged(1280, largest: 1472, now: now)
        #expect(search.current == 1280)
        func lose(after span: Duration) -> Bool {
            now += span
            return search.lost(1280, sentAt: now - .milliseconds(60), roundTrip: .milliseconds(50), now: now)
        }
        for span in [10_000, 1, 1, 100, 100] { #expect(lose(after: .milliseconds(span)) && search.current == 1280) }
        #expect(!lose(after: .milliseconds(40)) && search.current == PathMTU.floor, "250 ms after the first of them was missed")
    }

    @Test(arguments: 0..<2 as Range<UInt64>) func `TR-112: a line that loses one packet in ten is no black hole`(seed: UInt64) {
        var net = TestNet.pair(seed: seed, faults: Faults(loss: 0.1, delay: .milliseconds(20)))
        var greatest = 0
        Self.pour(&net, for: .seconds(6)) { net in
            let mtu = Self.mtu(net) ?? 0
            defer { greatest = max(greatest, mtu) }
            return mtu < greatest
        }
        #expect(Self.mtu(net) == greatest, "what was found stays")
        #expect(greatest > PathMTU.floor)
    }

    @Test func `TR-113: what somebody sees travels in packets that every path carries`() throws {
        var net = Self.found(1472)
        let id = try #require(net.nodes[0].id)
        net.sent = []
        let before = net.now
        for value in UInt8(0)..<60 {
            net.send([value] + [UInt8](repeating: 9, count: 60), from: 0)
            net.nodes[0].endpoint.sendPresence([value], on: id, now: net.now)
            net.send([UInt8](repeating: 1, count: 8000), from: 0, lane: .bulk)
            net.run(for: .milliseconds(16))
        }
        #expect(net.sent.contains { $0.bytes.count > 1452 })
        // From now on nothing long gets through; what is live does not notice.
        net.carries = Limits.datagramBytes
        for value in UInt8(60)..<120 {
            net.send([value] + [UInt8](repeating: 9, count: 60), from: 0)
            net.send([UInt8](repeating: 1, count: 8000), from: 0, lane: .bulk)
            net.run(for: .milliseconds(16))
        }
        net.run(for: .seconds(1))
        let ops = net.nodes[1].messages.filter { $0.lane == .ops }
        #expect(ops.map { $0.bytes[0] } == Array(0..<120))
        let times = [before] + ops.map(\.at)
        let gap = zip(times, times.dropFirst()).map { $1 - $0 }.max() ?? .zero
        #expect(gap <= .milliseconds(60), "\(gap)")
    }

    @Test func `TR-114: a datagram of up to 1500 bytes is taken, a longer one is nothing`() throws {
        var endpoint = Endpoint(TestNet.configuration(1))
        let stranger = SocketAddress("192.0.2.9:4000")!
        let dialled = RawPeer(dialling: &endpoint, configuration: TestNet.configuration(0), from: stranger, now: .zero)
        var raw = try #require(dialled)
        _ = RawPeer.outputs(&endpoint)
        for (count, isTaken) in [(1500, true), (1501, false)] {
            let before = endpoint.counters
            let frames = [Frame.pingType] + [UInt8](repeating: Frame.paddingType, count: count - DataHeader.overhead - 1)
            let packet = raw.packet(frames)
            #expect(packet.count == count)
            endpoint.receive(packet, from: stranger, now: .zero + .milliseconds(1))
            #expect(endpoint.counters.accepted == before.accepted + (isTaken ? 1 : 0))
            #expect(endpoint.counters.forged == before.forged + (isTaken ? 0 : 1))
        }
    }
}

extension Path {
    /// So many bytes arrived in so long.
    fileprivate mutating func carried(_ byteCount: Int, in span: Duration) {
        let stamp = DeliveryRate.Stamp(delivered: 0, deliveredAt: .zero, firstSentAt: .zero, isLimited: false)
        acknowledged(byteCount, stamp, ordinal: 0, sentAt: .zero, now: .zero + span)
        finishAcknowledgement(roundTrip: nil, now: .zero + span)
    }
}
