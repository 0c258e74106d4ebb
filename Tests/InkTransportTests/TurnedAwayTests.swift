import InkPrimitives
import Testing

@testable import InkTransport

@Suite struct TurnedAwayTests {
    @Test func `SE-329: a device that is not let in rests ever longer, and costs a handshake and no session meanwhile`() throws {
        var net = TestNet.pair()
        net.run(for: .seconds(1))
        var sessions: [Instant] = []
        let start = net.now
        var nonce: UInt8 = 20
        // Whoever is refused comes again, under another peer id each time.
        while net.now - start < .seconds(100) {
            if let id = net.nodes[1].endpoint.connectionIDs.first {
                sessions.append(net.now)
                net.nodes[1].endpoint.refuse(id, now: net.now)
                net.drain(1)
            }
            if net.nodes.last?.endpoint.connectionIDs.isEmpty == true {
                nonce = nonce == 250 ? 20 : nonce + 1
                net.add(TestNet.configuration(net.nodes.count + 1, device: 0))
                net.connect(net.nodes.count - 1, 1, nonce: nonce)
            }
            net.run(for: .milliseconds(750))
        }
        // One at once, then after 1, 2, 4, 8, 16, 32 s.
        #expect((6...8).contains(sessions.count), "\(sessions.count) sessions")
        for (index, (before, after)) in zip(sessions, sessions.dropFirst()).enumerated() {
            #expect(after - before >= .seconds(1 << min(index, 5)), "after \(index)")
        }
        #expect(net.nodes[1].endpoint.counters.handshakesRefused > 20)
        let reasons = Set(net.nodes.indices.filter { $0 != 1 }.flatMap { net.nodes[$0].closed.map(\.reason) })
        #expect(reasons == [.notAdmitted] && net.nodes[1].closed.isEmpty)
    }

    @Test func `SE-329: who was refused and may come now is met at once`() throws {
        var net = TestNet.pair()
        net.run(for: .seconds(1))
        let device = try #require(net.nodes[1].established.first?.remote.author)
        for pause in [Duration.seconds(1), .seconds(2)] {
            net.nodes[1].endpoint.refuse(try #require(net.nodes[1].id), now: net.now)
            net.drain(1)
            #expect(net.nodes[1].endpoint.refusedDevices == [device])
            net.run(for: pause + .seconds(1))
            net.connect(0, 1, nonce: pause == .seconds(1) ? 30 : 31)
            net.run(for: .seconds(1))
        }
        net.nodes[1].endpoint.refuse(try #require(net.nodes[1].id), now: net.now)
        net.drain(1)
        net.run(for: .milliseconds(600))
        net.nodes[1].endpoint.forgive(device)
        #expect(net.nodes[1].endpoint.refusedDevices.isEmpty)
        let count = net.nodes[1].established.count
        net.connect(1, 0, nonce: 32)
        net.run(for: .seconds(1))
        #expect(net.nodes[1].established.count == count + 1)
    }

    @Test func `SE-330: of those who rest no more are kept than have room`() {
        var away = TurnedAway()
        var random = SplitMix64(seed: 1)
        let devices = (0..<3000).map { _ in AuthorID(using: &random) }
        for (index, device) in devices.enumerated() {
            away.refused(device, as: .zero, now: Instant(nanoseconds: Int64(index)))
        }
        let now = Instant(nanoseconds: 3000)
        #expect(away.devices.count == 1024)
        #expect(devices.suffix(1024).allSatisfy { !away.mayCome($0, now: now) } && away.mayCome(devices[0], now: now))
        // What rests no more makes room, and is remembered until then.
        let later = now + .seconds(2)
        #expect(away.mayCome(devices[2999], now: later))
        away.refused(devices[2999], as: .zero, now: later)
        #expect(!away.mayCome(devices[2999], now: later + .milliseconds(1999)) && away.mayCome(devices[2999], now: later + .seconds(2)))
    }
}
