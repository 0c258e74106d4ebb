import InkPrimitives
import Testing

@testable import InkTransport

@Suite struct DeliveryTests {
    static let rough = Faults(
        loss: 0.3, delay: .milliseconds(30), jitter: .milliseconds(20), reorder: 0.05, duplicate: 0.05, flip: 0.02)

    /// `count` messages each way over several streams and lanes.
    private static func load(_ net: inout TestNet, count: Int) {
        for number in 0..<count {
            for node in 0..<2 {
                let size = 3 + net.random.below(number % 10 == 0 ? 4000 : 300)
                let bytes =
                    [UInt8(number >> 8), UInt8(number & 255), UInt8(node)] + [UInt8](repeating: UInt8(number & 255), count: size - 3)
                let lane: Lane = [.control, .ops, .ops, .bulk][number % 4]
                net.send(bytes, from: node, lane: lane, stream: UInt64(number % 3) << 62)
            }
        }
    }

    @Test(arguments: 0..<12 as Range<UInt64>)
    func `TR-12: all messages arrive once and in order within their stream, whatever the link does`(seed: UInt64) {
        var net = TestNet.pair(seed: seed, faults: Self.rough)
        net.records = false
        Self.load(&net, count: 60)
        let isDelivered = net.run(for: .seconds(60)) { $0.nodes[0].messages.count == 60 && $0.nodes[1].messages.count == 60 }
        #expect(isDelivered, "\(net.nodes[0].messages.count) and \(net.nodes[1].messages.count) of 60 arrived")
        for node in 0..<2 {
            let numbers = net.nodes[node].messages.map { Int($0.bytes[0]) << 8 | Int($0.bytes[1]) }
            #expect(Set(numbers).count == 60)
            for (number, message) in zip(numbers, net.nodes[node].messages) {
                #expect(message.stream == UInt64(number % 3) << 62)
                #expect(message.lane == [.control, .ops, .ops, .bulk][number % 4])
                #expect(message.bytes.dropFirst(3).allSatisfy { $0 == UInt8(number & 255) })
            }
            for lane in Lane.allCases {
                for stream in 0..<3 {
                    let inOrder = zip(numbers, net.nodes[node].messages).filter { $0.1.lane == lane && $0.0 % 3 == stream }.map(\.0)
                    #expect(inOrder == inOrder.sorted())
                }
            }
        }
        #expect(net.run(for: .seconds(20)) { $0.nodes[0].endpoint.pendingBytes(on: $0.nodes[0].id!) == 0 })
        #expect(net.nodes[0].messages.count == 60 && net.nodes[0].closed.isEmpty && net.nodes[1].closed.isEmpty)
    }

    @Test(arguments: 0..<3 as Range<UInt64>)
    func `TR-16: a burst of 330 messages each way is through in 3 s at 100 ms and 10 percent loss`(seed: UInt64) {
        var net = TestNet.pair(
            seed: seed,
            faults: Faults(
                loss: 0.1, delay: .milliseconds(50), jitter: .milliseconds(20), reorder: 0.05, reorderDelay: .milliseconds(50),
                duplicate: 0.02))
        net.records = false
        let begin = net.now
        for number in 0..<330 {
            for node in 0..<2 { net.send([UInt8](repeating: UInt8(number & 255), count: 300), from: node) }
        }
        let isDelivered = net.run(for: .seconds(20)) { $0.nodes[0].messages.count == 330 && $0.nodes[1].messages.count == 330 }
        #expect(isDelivered)
        #expect(net.now - begin <= .seconds(3), "took \((net.now - begin).milliseconds) ms")
    }

    @Test func `TR-12: a message of 128 KiB passes, an empty one too`() {
        var net = TestNet.pair(faults: Faults(loss: 0.05, delay: .milliseconds(10)))
        let big = (0..<Endpoint.messageMax).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        net.send(big, from: 0, lane: .bulk)
        net.send([], from: 0, lane: .bulk)
        #expect(net.run(for: .seconds(20)) { $0.nodes[1].messages.count == 2 })
        #expect(net.nodes[1].messages.map(\.bytes) == [big, []])
    }

    @Test func `TR-12: a stream whose packets are lost does not hold up another`() {
        var net = TestNet.pair()
        net.cut = [net.nodes[1].address]
        net.send([1], from: 0, stream: 1)
        net.drain(0)
        net.cut = []
        net.send([2], from: 0, stream: 2)
        net.drain(0)
        #expect(net.run(for: .milliseconds(60)) { !$0.nodes[1].messages.isEmpty })
        // The second may bring the first along, as a repetition, but does not depend on it.
        #expect(net.nodes[1].messages.contains { $0.stream == 2 })
        #expect(net.run(for: .seconds(2)) { $0.nodes[1].messages.count == 2 })
    }

    @Test func `TR-17: a lost small operation rides again in the next packet that leaves`() {
        var net = TestNet.pair()
        net.run(for: .seconds(1))
        net.cut = [net.nodes[1].address]
        net.send([1], from: 0, stream: 1)
        net.drain(0)
        net.cut = []
        net.run(for: .milliseconds(10))
        let begin = net.now
        net.send([2], from: 0, stream: 2)
        net.run(for: .seconds(2)) { $0.nodes[1].messages.count == 2 }
        #expect(net.now - begin <= .milliseconds(51), "the first operation waited \((net.now - begin).milliseconds) ms")
    }

    @Test(arguments: [(0.0, 26.0, 26.0), (0.05, 34.0, 44.0), (0.1, 42.0, 50.0)])
    func `TR-17: sixty operations a second arrive without waiting a round trip for each loss`(loss: Double, p95: Double, p99: Double) {
        var net = TestNet.pair(seed: 11, faults: Faults(delay: .milliseconds(25)))
        net.records = false
        net.run(for: .seconds(1))
        net.faults.loss = loss
        var sentAt: [Instant] = []
        for number in 0..<1200 {
            sentAt.append(net.now)
            net.send([UInt8(number >> 8), UInt8(number & 255)] + [UInt8](repeating: 1, count: 62), from: 0)
            net.run(for: .nanoseconds(16_666_667))
        }
        net.run(for: .seconds(2))
        #expect(net.nodes[1].messages.count == 1200)
        let waits = net.nodes[1].messages.map { ($0.at - sentAt[Int($0.bytes[0]) << 8 | Int($0.bytes[1])]).milliseconds }.sorted()
        let id = net.nodes[0].id!
        let statistics = net.nodes[0].endpoint.statistics(id)!
        let summary = "p50 \(waits[600]), p95 \(waits[1140]), p99 \(waits[1188]), max \(waits[1199]) ms; \(statistics.bytesOut / 1200) B"
        #expect(waits[1140] <= p95 && waits[1188] <= p99, "\(summary)")
    }

    @Test func `TR-15: presence arrives newest only, and says which token arrived`() {
        var net = TestNet.pair(faults: Faults(loss: 0.2, delay: .milliseconds(20), jitter: .milliseconds(40), duplicate: 0.1))
        var last: UInt64 = 0
        for number in 0..<100 {
            let token = net.nodes[0].endpoint.sendPresence([UInt8(number)], on: net.nodes[0].id!, now: net.now)
            #expect(token > last)
            last = token
            net.run(for: .milliseconds(15))
        }
        net.run(for: .seconds(1))
        let values = net.nodes[1].presence.map { $0[0] }
        #expect(values.count > 40)
        #expect(values == values.sorted() && Set(values).count == values.count)
        #expect(net.nodes[0].presenceTokens == net.nodes[0].presenceTokens.sorted())
        #expect(net.nodes[0].presenceTokens.count > 5)
    }

    @Test func `TR-15: presence that has not left is replaced`() {
        var net = TestNet.pair()
        for number in 0..<10 { net.nodes[0].endpoint.sendPresence([UInt8(number)], on: net.nodes[0].id!, now: net.now) }
        net.run(for: .milliseconds(200))
        #expect(net.nodes[1].presence == [[9]])
        #expect(net.nodes[0].presenceTokens == [10])
        net.nodes[0].endpoint.sendPresence([11], on: net.nodes[0].id!, now: net.now)
        let taken = (0..<2).map { _ in net.nodes[0].endpoint.takeBackPresence(on: net.nodes[0].id!) }
        #expect(taken == [true, false])
        net.run(for: .milliseconds(200))
        #expect(net.nodes[1].presence == [[9]])
    }

    @Test func `TR-23, TR-181: a hand that moves is acknowledged seven times a second, and the round trip is still known`() {
        var net = TestNet.pair(faults: Faults(delay: .milliseconds(40)))
        net.run(for: .seconds(1))
        let before = net.nodes[1].endpoint.statistics(net.nodes[1].id!)!.packetsOut
        for number in 0..<300 {
            net.nodes[0].endpoint.sendPresence([UInt8(number & 255)], on: net.nodes[0].id!, now: net.now)
            net.run(for: .milliseconds(33))
        }
        net.run(for: .milliseconds(200))
        let statistics = net.nodes[0].endpoint.statistics(net.nodes[0].id!)!
        let acknowledgements = net.nodes[1].endpoint.statistics(net.nodes[1].id!)!.packetsOut - before
        #expect((60...70).contains(acknowledgements), "\(acknowledgements) packets in 10 s")
        #expect(net.nodes[1].presence.count == 300)
        // Nothing was probed for, and nobody was thought to be silent.
        #expect(statistics.packetsOut < 310 && statistics.unansweredSince == nil && statistics.packetsLost == 0)
        let roundTrip = statistics.roundTrip?.milliseconds ?? 0
        #expect(roundTrip >= 79 && roundTrip < 90, "\(roundTrip) ms")
        #expect(statistics.bytesInFlight < 300)
    }

    @Test func `TR-14: operations overtake bulk, and bulk keeps a floor`() {
        var net = TestNet.pair(faults: Faults(delay: .milliseconds(50)))
        for _ in 0..<8 { net.send([UInt8](repeating: 1, count: 100_000), from: 0, lane: .bulk) }
        net.run(for: .milliseconds(300))
        let begin = net.now
        net.send([7], from: 0, lane: .ops)
        net.run(for: .seconds(5)) { $0.nodes[1].messages.contains { $0.lane == .ops } }
        #expect(net.now - begin < .milliseconds(160), "an operation behind bulk took \((net.now - begin).milliseconds) ms")

        var busy = TestNet.pair(faults: Faults(delay: .milliseconds(50)))
        for _ in 0..<1500 { busy.send([UInt8](repeating: 2, count: 1000), from: 0, lane: .ops) }
        busy.send([UInt8](repeating: 3, count: 20_000), from: 0, lane: .bulk)
        busy.run(for: .seconds(20)) { $0.nodes[1].messages.contains { $0.lane == .bulk } }
        #expect(busy.nodes[1].messages.count < 1400, "bulk came only after \(busy.nodes[1].messages.count) operations")
    }

    @Test func `TR-172: credit bounds what a receiver keeps, and many half-sent messages do not block each other`() {
        var net = TestNet.pair(faults: Faults(loss: 0.02, delay: .milliseconds(10), jitter: .milliseconds(5)))
        net.records = false
        for stream in 0..<30 { net.send([UInt8](repeating: UInt8(stream), count: 120_000), from: 0, lane: .bulk, stream: UInt64(stream)) }
        var most = 0
        let isDelivered = net.run(for: .seconds(60)) {
            most = max(most, $0.nodes[1].endpoint.heldBytes(on: $0.nodes[1].id!))
            return $0.nodes[1].messages.count == 30
        }
        #expect(isDelivered)
        #expect(most <= 2 << 20, "\(most) bytes were kept")
    }

    @Test func `TR-172: pending bytes count what is not acknowledged`() {
        var net = TestNet.pair()
        let id = net.nodes[0].id!
        #expect(net.nodes[0].endpoint.pendingBytes(on: id) == 0)
        net.send([UInt8](repeating: 1, count: 5000), from: 0)
        #expect(net.nodes[0].endpoint.pendingBytes(on: id) == 5000 + 2 + 8)
        net.run(for: .milliseconds(300))
        #expect(net.nodes[0].endpoint.pendingBytes(on: id) == 0)
    }
}
