import InkPrimitives
import Testing

@testable import InkTransport

@Suite struct LivenessTests {
    @Test func `TR-19: an idle session keeps its rhythm`() {
        for (activity, seconds) in [(Activity.drawing, 2.0), (.present, 5), (.idle, 20)] {
            var net = TestNet.pair()
            for node in 0..<2 { net.nodes[node].endpoint.setActivity(activity) }
            net.run(for: .seconds(2))
            net.sent = []
            net.run(for: .seconds(600))
            // A keepalive and its acknowledgement, besides new keys.
            let renewals = net.sent.filter { $0.bytes.count > 48 }
            let exchanges = Double(net.sent.count - renewals.count) / 2
            // Four: each by its lot up to 10 s after two minutes.
            #expect(renewals.count == 2 * 4)
            #expect(exchanges > 600 / (seconds * 1.25) && exchanges < 600 / (seconds * 0.75), "\(exchanges) at \(seconds) s")
            #expect(net.nodes.allSatisfy { $0.closed.isEmpty && $0.degraded.isEmpty })
        }
    }

    @Test func `TR-20: a peer that is gone is degraded after 3 s of probes and closed after 15`() throws {
        var net = TestNet.pair()
        net.nodes[0].endpoint.setActivity(.present)
        net.run(for: .seconds(1))
        net.cut = [net.nodes[1].address]
        net.sent = []
        let begin = net.now
        net.send([1], from: 0)
        net.run(for: .seconds(60))
        let degraded = try #require(net.nodes[0].degraded.first)
        let closed = try #require(net.nodes[0].closed.first)
        // Own data is unacknowledged for 1 s, then come the probes.
        #expect(degraded - begin == .seconds(4))
        #expect(closed.at - begin == .seconds(16) && closed.reason == .timedOut)
        #expect(net.nodes[0].degraded.count == 1)
        #expect(net.nodes[0].endpoint.deadline == nil)
        let probes = net.sent.filter { $0.from == net.nodes[0].address && $0.sentAt > begin + .seconds(2) && $0.sentAt < closed.at }
        #expect((10...20).contains(probes.count))
    }

    @Test func `TR-20: silence alone is noticed half an interval late`() throws {
        var net = TestNet.pair()
        for node in 0..<2 { net.nodes[node].endpoint.setActivity(.drawing) }
        net.run(for: .seconds(10))
        let last = try #require(net.nodes[0].endpoint.statistics(net.nodes[0].id!)?.lastReceived)
        net.cut = [net.nodes[1].address]
        net.run(for: .seconds(60))
        let degraded = try #require(net.nodes[0].degraded.first)
        #expect(degraded - last <= .milliseconds(2400 + 1000 + 3000))
        #expect(try #require(net.nodes[0].closed.first).at - degraded == .seconds(12))
    }

    @Test func `TR-177: a degraded session recovers with the first packet and delivers what was pending`() throws {
        var net = TestNet.pair()
        net.run(for: .seconds(1))
        net.cut = [net.nodes[1].address]
        net.send([1], from: 0)
        net.run(for: .seconds(8))
        let id = try #require(net.nodes[0].id)
        let statistics = try #require(net.nodes[0].endpoint.statistics(id))
        #expect(statistics.isDegraded && statistics.unansweredSince != nil && (statistics.silence ?? .zero) > .seconds(5))
        net.cut = []
        net.run(for: .seconds(3))
        #expect(net.nodes[0].recovered.count == 1 && net.nodes[0].closed.isEmpty)
        #expect(net.nodes[1].messages.map(\.bytes) == [[1]])
        #expect(net.nodes[0].endpoint.statistics(id)?.unansweredSince == nil)
    }

    @Test func `TR-20: a machine that slept probes before it gives up`() throws {
        var net = TestNet.pair()
        net.run(for: .seconds(1))
        // Both ends wake before their keys are too old (TR-106).
        net.now += .seconds(170)
        net.run(for: .seconds(30))
        #expect(net.nodes[0].closed.isEmpty && net.nodes[1].closed.isEmpty)
        net.send([1], from: 0)
        net.run(for: .seconds(1))
        #expect(net.nodes[1].messages.count == 1)
    }

    @Test
    func `TR-150, TR-232: a connection that is calm at both ends keeps the rhythm of an idle board, and a lively one again afterwards`()
        throws
    {
        var net = TestNet.pair()
        net.run(for: .seconds(1))
        for node in 0..<2 { net.nodes[node].endpoint.setThrift(Thrift(isCalm: true), on: try #require(net.nodes[node].id)) }
        for node in 0..<2 { net.nodes[node].endpoint.setActivity(.drawing) }
        net.run(for: .seconds(20))
        net.sent = []
        net.run(for: .seconds(80))
        #expect((6...12).contains(net.sent.count), "\(net.sent.count) datagrams")
        for node in 0..<2 { net.nodes[node].endpoint.setThrift(Thrift(), on: try #require(net.nodes[node].id)) }
        net.sent = []
        net.run(for: .seconds(20))
        #expect(net.sent.count >= 14, "\(net.sent.count) datagrams")
    }

    @Test func `TR-152, TR-233: one that was not run asks at once, and after long gives up in 300 ms who has forgotten it`() throws {
        for (gap, isForgotten) in [(8, false), (8, true), (20, false), (20, true)] {
            var net = TestNet.pair()
            net.run(for: .seconds(1))
            net.now += .seconds(gap)
            if isForgotten { net.cut = [net.nodes[1].address] }
            let begin = net.now
            net.nodes[0].endpoint.resumed(after: .seconds(gap), now: begin)
            net.sent = []
            net.run(for: .seconds(2))
            #expect(net.sent.first { $0.from == net.nodes[0].address }?.sentAt == begin, "it asks at once")
            let closed = net.nodes[0].closed.first
            if gap == 20, isForgotten {
                #expect(closed?.reason == .timedOut && closed.map { $0.at - begin } == .milliseconds(300))
            } else {
                #expect(closed == nil)
            }
        }
    }

    @Test(arguments: 0..<10 as Range<UInt64>)
    func `TR-21: a close reaches the peer even when packets are lost`(seed: UInt64) throws {
        var net = TestNet.pair(seed: seed, faults: Faults(loss: seed == 0 ? 0 : 0.3, delay: .milliseconds(20)))
        net.run(for: .seconds(5))
        let id = try #require(net.nodes[0].id)
        net.nodes[0].endpoint.close(id, now: net.now)
        #expect(net.nodes[0].endpoint.connectionIDs.isEmpty)
        net.send([1], from: 1)
        net.run(for: .seconds(30))
        #expect(net.nodes[1].closed.map(\.reason) == [.byPeer])
        #expect(net.nodes[1].closed[0].at - net.nodes[1].established[0].at < .seconds(10))
        #expect(net.nodes[0].closed.isEmpty)
        #expect(net.nodes[0].endpoint.deadline == nil && net.nodes[1].endpoint.deadline == nil)
    }

    @Test func `TR-9: a peer that moves is followed after a challenge`() throws {
        var net = TestNet.pair()
        net.run(for: .seconds(1))
        let id = try #require(net.nodes[1].id)
        let moved = SocketAddress("172.16.0.9:999")!
        net.nodes[0].address = moved
        net.sent = []
        net.send([UInt8](repeating: 1, count: 50), from: 0)
        net.run(for: .seconds(1))
        #expect(net.nodes[1].endpoint.statistics(id)?.address == moved)
        net.send([2], from: 1)
        #expect(net.run(for: .seconds(1)) { $0.nodes[0].messages.count == 1 })
        // Before the response only the challenge went there.
        let first = try #require(net.sent.first { $0.to == moved })
        #expect(first.bytes.count == 7 + 9 + 16)
        // Keepalives are long enough to be followed, too.
        let again = SocketAddress("172.16.0.9:1000")!
        net.nodes[0].address = again
        net.run(for: .seconds(20))
        #expect(net.nodes[1].endpoint.statistics(id)?.address == again)
        #expect(net.nodes[0].closed.isEmpty && net.nodes[1].closed.isEmpty)
    }

    @Test func `TR-9: a copy of a packet from elsewhere does not steal the path`() throws {
        var net = TestNet.pair()
        net.run(for: .seconds(1))
        let id = try #require(net.nodes[1].id)
        let thief = SocketAddress("192.0.2.1:1")!
        for _ in 0..<5 {
            net.sent = []
            net.cut = [net.nodes[1].address]
            net.send([UInt8](repeating: 1, count: 50), from: 0)
            net.drain(0)
            net.cut = []
            let copy = try #require(net.sent.last)
            // The copy overtakes the original.
            net.nodes[1].endpoint.receive(copy.bytes, from: thief, now: net.now)
            net.drain(1)
            net.run(for: .seconds(2))
            #expect(net.nodes[1].endpoint.statistics(id)?.address == net.nodes[0].address)
            let stolen = net.sent.filter { $0.to == thief }.reduce(0) { $0 + $1.bytes.count }
            #expect(stolen <= copy.bytes.count, "\(stolen) bytes went to the thief")
        }
        #expect(net.nodes[1].messages.count == 5)
    }

    @Test func `TR-174: deadlines are exact: nothing happens before, something is due at each`() {
        var net = TestNet.pair(seed: 4, faults: Faults(loss: 0.2, delay: .milliseconds(20), jitter: .milliseconds(10)))
        for _ in 0..<30 { net.send([UInt8](repeating: 1, count: 500), from: 0) }
        net.drain(0)
        var idle = 0
        for _ in 0..<300 {
            guard let deadline = net.nodes[0].endpoint.deadline, deadline > net.now else { break }
            let before = net.nodes[0].endpoint.deadline
            var early = net.nodes[0].endpoint
            early.handleTimeout(now: deadline - .nanoseconds(1))
            #expect(early.nextOutput() == nil)
            net.nodes[0].endpoint.handleTimeout(now: deadline)
            net.now = deadline
            net.drain(0)
            // Some deadlines only forget something; none may come back unchanged.
            #expect(net.nodes[0].endpoint.deadline != before)
            idle += 1
        }
        #expect(idle > 10)
    }

    @Test func `TR-9, TR-211: what was on the way to where a peer was before is sent again as soon as it is followed`() throws {
        var net = TestNet.pair()
        net.run(for: .seconds(1))
        let id = try #require(net.nodes[1].id)
        let moved = SocketAddress("172.16.0.9:999")!
        net.nodes[0].address = moved
        // A packet of them, and more than a probe repeats.
        let (count, began) = (10, net.now)
        for number in 0..<count { net.send([UInt8](repeating: UInt8(number), count: 100), from: 1) }
        net.drain(1)
        // Long enough to pay for what asks.
        net.send([UInt8](repeating: 9, count: 50), from: 0)
        #expect(net.run(for: .seconds(1)) { $0.nodes[1].endpoint.statistics(id)?.address == moved })
        // There, what asks where the peer is, and back.
        #expect(net.now - began <= .milliseconds(150))
        #expect(net.run(for: .milliseconds(60)) { $0.nodes[0].messages.count == count }, "\(net.nodes[0].messages.count)")
        let main = try #require(net.nodes[1].endpoint.statistics(id))
        #expect(main.roundTrip == nil, "what went to the other host says nothing of this one")
        #expect(
            net.run(for: .milliseconds(100)) { ($0.nodes[1].endpoint.statistics(id)?.roundTrip).map { $0 < .milliseconds(130) } ?? false })
    }

    @Test func `TR-9: a host to which nothing is on the way is asked for its round trip`() throws {
        var net = TestNet.pair()
        net.run(for: .seconds(2))
        let id = try #require(net.nodes[1].id)
        let moved = SocketAddress("172.16.0.9:999")!
        net.nodes[0].address = moved
        net.send([UInt8](repeating: 9, count: 50), from: 0)
        #expect(net.run(for: .seconds(1)) { $0.nodes[1].endpoint.statistics(id)?.address == moved })
        #expect(net.run(for: .milliseconds(130)) { $0.nodes[1].endpoint.statistics(id)?.roundTrip != nil })
    }
}
