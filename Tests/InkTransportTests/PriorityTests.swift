import InkPrimitives
import Testing

@testable import InkTransport

/// What goes first when a packet leaves.
@Suite struct PriorityTests {
    @Test(arguments: [1_000, 8_000, 32_000, 125_000, 625_000, 2_500_000, 125_000_000] as [Double])
    func `TR-130: no packet is handed out long before it is due`(rate: Double) {
        var (pacer, now, dueAt) = (Pacer(), Instant.zero + .seconds(1), Instant.zero + .seconds(1))
        let packetTime = Duration.nanoseconds(Int64(1200 * 1e9 / rate))
        for _ in 0..<200 {
            var lead = Duration.zero
            // As many as may at once.
            while pacer.allows(rate: rate, now: now) {
                dueAt = max(dueAt, now)
                lead = max(lead, dueAt - now)
                pacer.sent(1200, rate: rate, now: now)
                dueAt += packetTime
            }
            #expect(lead <= max(.milliseconds(4), packetTime))
            now = pacer.next(rate: rate)
        }
    }

    /// One that meets two others, the ids in their order, and the lengths of what it sends when asked.
    private static func hub(faults: Faults = Faults()) throws -> (TestNet, [ConnectionID]) {
        var net = TestNet(seed: 1, faults: faults)
        for index in 0..<3 { net.add(TestNet.configuration(index)) }
        net.connect(0, 1, nonce: 5)
        net.connect(0, 2, nonce: 6)
        net.run(for: .seconds(5)) { $0.nodes[0].established.count == 2 && $0.nodes[1].id != nil && $0.nodes[2].id != nil }
        net.run(for: .seconds(1))
        let ids = net.nodes[0].established.map(\.id).sorted()
        try #require(ids.count == 2)
        return (net, ids)
    }

    private static func lengths(_ endpoint: inout Endpoint) -> [Int] { RawPeer.transmitted(&endpoint).map(\.count) }

    @Test func `TR-131: what is live to anybody leaves before bulk that is due to another`() throws {
        var (net, ids) = try Self.hub()
        // The first connection has bulk, the second something live, and the caller asks for both at once.
        net.nodes[0].endpoint.send([UInt8](repeating: 1, count: 20_000), lane: .bulk, on: ids[0], now: net.now)
        net.nodes[0].endpoint.send([2], lane: .ops, on: ids[1], now: net.now)
        let sizes = Self.lengths(&net.nodes[0].endpoint)
        #expect(sizes.count >= 2 && sizes[0] < 100 && sizes[1] > 1000, "\(sizes)")
    }

    @Test func `TR-131: what is live to two leaves before bulk to either`() throws {
        var (net, ids) = try Self.hub()
        net.nodes[0].endpoint.send([UInt8](repeating: 1, count: 20_000), lane: .bulk, on: ids[0], now: net.now)
        for id in ids { net.nodes[0].endpoint.send([2], lane: .ops, on: id, now: net.now) }
        let sizes = Self.lengths(&net.nodes[0].endpoint)
        #expect(sizes.count >= 3 && sizes[0] < 100 && sizes[1] < 100 && sizes[2] > 1000, "\(sizes)")
    }

    @Test func `TR-131: what is owed goes with bulk, after what is live to another`() throws {
        var (net, ids) = try Self.hub()
        net.send([9], from: 1)
        try #require(net.run(for: .seconds(1)) { $0.nodes[0].messages.count == 1 })
        // Its acknowledgement is due.
        net.now = net.now + .milliseconds(25)
        net.nodes[0].endpoint.send([UInt8](repeating: 1, count: 20_000), lane: .bulk, on: ids[0], now: net.now)
        net.nodes[0].endpoint.send([2], lane: .ops, on: ids[1], now: net.now)
        let sizes = Self.lengths(&net.nodes[0].endpoint)
        #expect(sizes.count >= 2 && sizes[0] < 100 && sizes[1] > 1000, "\(sizes)")
    }

    @Test func `TR-110, TR-131: a question for the length of the way waits for what is live`() throws {
        var net = TestNet.pair(faults: Faults(delay: .milliseconds(20)))
        for _ in 0..<20 {
            net.send([UInt8](repeating: 1, count: 40_000), from: 0, lane: .bulk)
            net.run(for: .milliseconds(100))
        }
        net.run(for: .seconds(1))
        // What was found is forgotten, and asked for with the next bulk.
        net.nodes[0].endpoint.networkChanged(now: net.now)
        net.send([UInt8](repeating: 1, count: 40_000), from: 0, lane: .bulk)
        net.send([2], from: 0)
        let began = net.now
        net.run(for: .milliseconds(20))
        let sizes = net.sent.filter { $0.sentAt >= began && $0.from == net.nodes[0].address && $0.bytes.count > 100 }.map(\.bytes.count)
        let question = try #require(sizes.firstIndex { $0 > PathMTU.floor }, "\(sizes)")
        #expect(question > 0, "\(sizes)")
    }

    @Test func `TR-209: who answers each operation with one waits for nothing but the way`() throws {
        // They met over a longer one, and nothing long was sent since.
        var net = TestNet.pair(faults: Faults(delay: .milliseconds(20)))
        net.run(for: .seconds(2))
        net.faults.delay = .microseconds(25)
        net.run(for: .seconds(1))
        let (began, rounds) = (net.now, 2000)
        for count in 1...rounds {
            for (from, to) in [(0, 1), (1, 0)] {
                net.send([UInt8](repeating: 7, count: 64), from: from)
                let sentAt = net.now
                let isThere = net.run(for: .seconds(1)) { $0.nodes[to].messages.count == count }
                try #require(isThere && net.now - sentAt == .microseconds(25), "\(net.now - sentAt) at the \(count). round")
            }
        }
        #expect(net.now - began == .microseconds(50 * rounds))
        // What left so fast is no debt of bulk.
        net.send([UInt8](repeating: 1, count: 20_000), from: 0, lane: .bulk)
        #expect(net.run(for: .milliseconds(500)) { $0.nodes[1].messages.count == rounds + 1 })
    }

    @Test(arguments: [false, true]) func `TR-131: a probe that repeats bulk leaves after what is live`(hasOwnLive: Bool) throws {
        var (net, ids) = try Self.hub()
        let addresses = ids.compactMap { net.nodes[0].endpoint.statistics($0)?.address }
        try #require(addresses.count == 2)
        net.cut = [addresses[0]]
        net.nodes[0].endpoint.send([UInt8](repeating: 1, count: 20_000), lane: .bulk, on: ids[0], now: net.now)
        net.drain(0)
        var probes = 0
        for _ in 0..<1000 where probes < 3 {
            let deadline = try #require(net.nodes[0].endpoint.deadline)
            net.run(for: deadline - net.now - .nanoseconds(1))
            net.now = deadline
            // What leaves if just then there is something live to both, or to the other one.
            var endpoint = net.nodes[0].endpoint
            endpoint.handleTimeout(now: net.now)
            for id in hasOwnLive ? ids : [ids[1]] { endpoint.send([2], lane: .ops, on: id, now: net.now) }
            let sent = RawPeer.outputs(&endpoint).compactMap {
                if case .transmit(let bytes, .direct(let to), _) = $0 { (count: bytes.count, to: to) } else { nil }
            }
            let live = try #require(sent.firstIndex { $0.to == addresses[1] })
            if let probe = sent.firstIndex(where: { $0.to == addresses[0] && $0.count > 300 }) {
                probes += 1
                #expect(probe > live, "\(sent)")
            }
            net.nodes[0].endpoint.handleTimeout(now: net.now)
            net.drain(0)
        }
        #expect(probes == 3)
    }

    @Test func `TR-131: a probe that repeats what is live leaves first with that alone`() throws {
        var (net, ids) = try Self.hub()
        let addresses = ids.compactMap { net.nodes[0].endpoint.statistics($0)?.address }
        net.cut = [addresses[0]]
        net.nodes[0].endpoint.send([7], lane: .control, on: ids[0], now: net.now)
        net.drain(0)
        net.nodes[0].endpoint.send([UInt8](repeating: 1, count: 20_000), lane: .bulk, on: ids[0], now: net.now)
        net.drain(0)
        var isSeen = false
        for _ in 0..<1000 where !isSeen {
            let deadline = try #require(net.nodes[0].endpoint.deadline)
            net.run(for: deadline - net.now - .nanoseconds(1))
            net.now = deadline
            var endpoint = net.nodes[0].endpoint
            endpoint.handleTimeout(now: net.now)
            endpoint.send([2], lane: .ops, on: ids[1], now: net.now)
            let sent = RawPeer.outputs(&endpoint).compactMap {
                if case .transmit(let bytes, .direct(let to), _) = $0 { (count: bytes.count, to: to) } else { nil }
            }
            let live = try #require(sent.firstIndex { $0.to == addresses[1] })
            if let probe = sent.firstIndex(where: { $0.to == addresses[0] }), probe < live {
                isSeen = true
                #expect(sent[..<live].allSatisfy { $0.count < 100 }, "\(sent)")
            }
            net.nodes[0].endpoint.handleTimeout(now: net.now)
            net.drain(0)
        }
        #expect(isSeen)
    }
}
