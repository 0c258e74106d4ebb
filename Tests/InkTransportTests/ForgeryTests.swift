import InkCrypto
import InkPrimitives
import Testing

@testable import InkTransport

/// Packets that bear the right addresses and the right index, and were not sealed by the peer.
@Suite struct ForgeryTests {
    /// Everything that a forged packet must leave as it is: all but the two counts that say that it came.
    private struct Standing: Equatable {
        var statistics: ConnectionStatistics?
        var figures: LinkFigures?
        var deadline: Instant?
        var accepted: UInt64

        init(_ endpoint: Endpoint, _ id: ConnectionID) {
            statistics = endpoint.statistics(id)
            statistics?.packetsForged = 0
            statistics?.packetsReplayed = 0
            figures = endpoint.figures(of: id)
            (deadline, accepted) = (endpoint.deadline, endpoint.counters.accepted)
        }
    }

    @Test func `TR-123, TR-167: of twenty thousand forged packets none is accepted, and window, timers and path stay`() throws {
        var random = SplitMix64(seed: 9)
        var net = TestNet.pair()
        // Something is on the way, something is lost, and something waits: there is much to be moved.
        for number in 0..<200 as Range<UInt64> { net.send([UInt8](repeating: 7, count: 900), from: 0, lane: .bulk, stream: number % 3) }
        for _ in 0..<40 { net.send([UInt8](repeating: 8, count: 900), from: 1, lane: .bulk) }
        net.run(for: .milliseconds(330))
        let id = try #require(net.nodes[0].id)
        let from = net.nodes[1].address
        let index = try #require(net.nodes[0].endpoint.localIndex(of: id))
        let genuine = net.sent.filter { $0.from == from && $0.sentAt + .milliseconds(60) < net.now && DataHeader($0.bytes) != nil }.map(
            \.bytes)
        try #require(genuine.count > 10)
        let before = Standing(net.nodes[0].endpoint, id)
        try #require((before.statistics?.bytesInFlight ?? 0) > 0 && before.deadline != nil)
        for number in 0..<20_000 {
            let forged = Self.forged(number, index: index, from: genuine, using: &random)
            net.nodes[0].endpoint.receive(forged, from: from, now: net.now)
            // Not within an expectation, which would take all of the endpoint into its words.
            let isQuiet = !net.nodes[0].endpoint.hasOutput
            try #require(isQuiet, "packet \(number) is answered")
            guard number % 500 == 0 || number == 19_999 else { continue }
            let isAsBefore = Standing(net.nodes[0].endpoint, id) == before
            try #require(isAsBefore, "after packet \(number)")
        }
        let statistics = try #require(net.nodes[0].endpoint.statistics(id))
        #expect(statistics.packetsForged + statistics.packetsReplayed > 19_000)
        // And the session goes on as if nothing had been.
        net.run(for: .seconds(20)) { $0.nodes[1].messages.count == 200 }
        #expect(net.nodes[1].messages.count == 200 && net.nodes[0].closed.isEmpty)
    }

    private static func forged(_ number: Int, index: UInt32, from known: [[UInt8]], using random: inout SplitMix64) -> [UInt8] {
        switch number % 4 {
        case 0:
            // A header as it would be, and noise.
            var packet: [UInt8] = []
            _ = DataHeader.write(UInt64(random.below(1 << 20)), receiverIndex: index, largestAcknowledged: nil, to: &packet)
            return packet + (0..<20 + random.below(200)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        case 1:
            // A true one, and one bit of it.
            var packet = known[random.below(known.count)]
            packet[random.below(packet.count - 5) + 5] ^= 1 << UInt8(random.below(8))
            return packet
        case 2:
            // A true one under another number.
            var packet = known[random.below(known.count)]
            packet[6] &+= UInt8(1 + random.below(255))
            return packet
        // A true one again.
        default: return known[random.below(known.count)]
        }
    }

    @Test func `TR-124: acknowledging again, and again, what was acknowledged moves no window and is not remembered`() throws {
        var sender = try Sender()
        sender.fill(after: .milliseconds(50))
        sender.acknowledge(upTo: sender.newest, after: .milliseconds(100))
        sender.fill(after: .milliseconds(101))
        let named = sender.newest
        // More leaves upon it, of which no word is said.
        sender.acknowledge(upTo: named, after: .milliseconds(150))
        let before = try #require(sender.statistics)
        for round in 0..<2000 as Range<Int64> {
            // As many runs as an acknowledgement may have, all long known.
            var frame: [UInt8] = [Frame.acknowledgementType]
            frame.appendVarint(named)
            let runs = min(31, named / 2)
            for value in [0, runs, 0] { frame.appendVarint(value) }
            for _ in 0..<runs { frame += [0, 0] }
            sender.say(frame, after: .milliseconds(150) + .microseconds(round))
            let after = try #require(sender.statistics)
            #expect(after.window <= before.window, "a word that says nothing new opens the window")
            #expect(after.packetsRemembered <= before.packetsRemembered + 200 && after.roundTrip == before.roundTrip)
        }
    }

    @Test func `TR-124: acknowledgements that come after their packets were given up open no window beyond what it was`() throws {
        var sender = try Sender()
        var last: UInt64 = 0
        for turn in 0..<5 as Range<Int64> {
            sender.fill(after: .milliseconds(50 * turn + 50))
            last = sender.newest
            // The handshake took no time: later it would be a queue.
            sender.acknowledge(upTo: last, after: .milliseconds(50 * turn + 52))
        }
        let window = try #require(sender.statistics).window
        sender.fill(after: .milliseconds(800))
        try #require(sender.newest > last + 4)
        // Some are named, those before them are lost by it; then all of them arrive after all, in a word long held back.
        sender.acknowledge(only: sender.newest, after: .milliseconds(850))
        sender.acknowledge(upTo: sender.newest, after: .seconds(3))
        let after = try #require(sender.statistics)
        #expect(after.window <= window + Limits.datagramBytes * Int(sender.newest - last), "\(window) became \(after.window)")
        #expect(after.bytesInFlight <= after.window + 16 * Limits.datagramBytes)
    }

    /// An endpoint that has more to send than may leave, and a member that acknowledges what it likes.
    private struct Sender {
        var endpoint = Endpoint(TestNet.configuration(1))
        var raw: RawPeer
        let id: ConnectionID
        private let from = TestNet.address(8)
        /// Greatest number that left, and all of them: some are left out (TR-86).
        private(set) var newest: UInt64 = 0
        private var sent = RangeSet()

        init() throws {
            let made = RawPeer(dialling: &endpoint, configuration: TestNet.configuration(0), from: TestNet.address(8), now: .zero)
            raw = try #require(made)
            id = try #require(endpoint.connectionIDs.first)
            drain()
            for _ in 0..<13 { endpoint.send([UInt8](repeating: 1, count: 120_000), lane: .bulk, on: id, now: .zero) }
        }

        var statistics: ConnectionStatistics? { endpoint.statistics(id) }

        /// Lets all leave that may.
        mutating func fill(after span: Duration) {
            for step in 0..<3 as Range<Int64> {
                endpoint.handleTimeout(now: .zero + span + .milliseconds(step))
                drain()
            }
        }

        mutating func acknowledge(upTo number: UInt64, after span: Duration) {
            var named = sent
            named.remove(number + 1..<UInt64.max)
            var frame: [UInt8] = []
            _ = Acknowledgement.write(named, delay: .zero, limit: 400, to: &frame)
            say(frame, after: span)
        }

        mutating func acknowledge(only number: UInt64, after span: Duration) {
            var frame: [UInt8] = [Frame.acknowledgementType]
            for value in [number, 0, 0, 0] { frame.appendVarint(value) }
            say(frame, after: span)
        }

        mutating func say(_ frames: [UInt8], after span: Duration) {
            endpoint.receive(raw.packet(frames), from: from, now: .zero + span)
            drain()
        }

        private mutating func drain() {
            for packet in RawPeer.transmitted(&endpoint) {
                guard let header = DataHeader(packet) else { continue }
                newest = max(newest, header.number(expected: newest + 1))
                sent.insert(newest..<newest + 1)
            }
        }
    }
}
