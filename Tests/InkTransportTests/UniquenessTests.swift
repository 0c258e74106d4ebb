import InkPrimitives
import Testing

@testable import InkTransport

@Suite struct UniquenessTests {
    @Test(arguments: 0..<20 as Range<UInt64>)
    func `TR-10: two peers that dial each other keep the session of the smaller id`(seed: UInt64) {
        var net = TestNet(seed: seed, faults: Faults(loss: seed < 10 ? 0 : 0.15, delay: .milliseconds(30), jitter: .milliseconds(30)))
        net.add(TestNet.configuration(0))
        net.add(TestNet.configuration(1))
        net.connect(0, 1, announced: false, nonce: 1)
        net.connect(1, 0, announced: false, nonce: 2)
        net.run(for: .seconds(40))
        let (left, right) = (net.nodes[0].endpoint.connectionIDs, net.nodes[1].endpoint.connectionIDs)
        #expect(left.count == 1 && right.count == 1)
        #expect(net.nodes[0].established.last?.remote.channelBinding == net.nodes[1].established.last?.remote.channelBinding)
        if seed < 10, net.nodes[0].established.count + net.nodes[1].established.count > 2 {
            #expect(net.nodes[0].established.last?.remote.isInitiator == true)
        }
        net.send([1], from: 0)
        net.send([2], from: 1)
        #expect(net.run(for: .seconds(10)) { $0.nodes[0].messages.count == 1 && $0.nodes[1].messages.count == 1 })
    }

    @Test func `TR-11: nobody dials a peer with which a session lives`() {
        var net = TestNet.pair()
        net.run(for: .seconds(1))
        let count = net.sent.count
        net.nodes[0].endpoint.dial(
            attempt: [UInt8](repeating: 8, count: 16), remote: net.nodes[1].peer, addresses: [net.nodes[1].address], now: net.now)
        net.drain(0)
        #expect(net.sent.count == count)
        // By a bare address it shows only in the answer; then the attempt ends and names the peer.
        net.connect(0, 1, announced: false, nonce: 9)
        net.run(for: .seconds(30))
        #expect(net.nodes[0].failed.map(\.remote) == [net.nodes[1].peer])
        #expect(net.nodes[0].established.count == 1 && net.nodes[1].established.count == 1)
        #expect(net.nodes[0].closed.isEmpty && net.nodes[1].closed.isEmpty)
    }

    @Test func `TR-170: a new process of a device takes the place of the old one`() throws {
        var net = TestNet.pair()
        let old = try #require(net.nodes[1].id)
        net.cut = [net.nodes[0].address]
        // Same device key as node 0, another peer id.
        net.add(TestNet.configuration(2, device: 0))
        net.connect(2, 1, announced: false)
        net.run(for: .seconds(2))
        let new = try #require(net.nodes[1].id)
        #expect(new != old)
        #expect(net.nodes[1].closed.map(\.reason) == [.replaced(by: new)])
        #expect(net.nodes[1].endpoint.connectionIDs == [new])
    }

    @Test(arguments: [false, true])
    func `TR-183, TR-184: two processes of one device do not push each other out without end, and all are told`(
        isDialledByThem: Bool
    ) throws {
        var net = TestNet.pair()
        net.add(TestNet.configuration(2, device: 0))
        var nonce: UInt8 = 20
        let start = net.now
        // Whoever of the two has no session is dialled, or dials, again and again.
        while net.now - start < .seconds(100) {
            for twin in [0, 2] where net.nodes[twin].endpoint.connectionIDs.isEmpty {
                nonce = nonce == 250 ? 20 : nonce + 1
                if isDialledByThem { net.connect(twin, 1, nonce: nonce) } else { net.connect(1, twin, nonce: nonce) }
            }
            net.run(for: .milliseconds(200))
        }
        #expect(net.nodes[1].established.count <= 5, "\(net.nodes[1].established.count) sessions in 100 s")
        // Each has had its turn, and at every moment one has a session.
        #expect(Set(net.nodes[1].established.map(\.remote.peer)).count == 2)
        #expect(net.nodes[1].endpoint.connectionIDs.count == 1)
        let device = try #require(net.nodes[1].established.first?.remote.author)
        #expect(net.nodes[1].duplicates.contains(device))
        if isDialledByThem { #expect(net.nodes[0].duplicates.contains(nil) || net.nodes[2].duplicates.contains(nil)) }
    }

    @Test func `TR-50: a device that is killed and started again and again is let in at once each time`() throws {
        var net = TestNet.pair()
        for round in 1...5 {
            // The process before is gone without a word.
            net.cut.insert(net.nodes[round == 1 ? 0 : round].address)
            let next = net.add(TestNet.configuration(round + 1, device: 0), at: TestNet.address(round + 1))
            let start = net.now
            var nonce = UInt8(round * 30)
            while !net.nodes[1].established.contains(where: { $0.remote.peer == net.nodes[next].peer })
                || net.nodes[next].endpoint.connectionIDs.isEmpty
            {
                nonce += 1
                net.connect(next, 1, nonce: nonce)
                net.run(for: .milliseconds(500))
                try #require(net.now - start < .seconds(1), "round \(round)")
            }
        }
        #expect(net.nodes[1].duplicates.isEmpty)
    }

    @Test func `TR-169: a peer that lost its half of a session gets a new one at once`() throws {
        var net = TestNet.pair()
        let old = try #require(net.nodes[1].id)
        // The process goes on under its peer id, but without the session, and without a goodbye.
        net.nodes[0].endpoint = Endpoint(net.fresh(0, seed: 99))
        net.connect(0, 1, nonce: 7)
        net.run(for: .seconds(2))
        #expect(net.nodes[1].endpoint.connectionIDs.count == 1)
        #expect(net.nodes[1].closed.map(\.id) == [old])
        net.send([4], from: 1)
        #expect(net.run(for: .seconds(2)) { !$0.nodes[0].messages.isEmpty })
    }

    @Test(arguments: [0, 1])
    func `TR-169: whichever side lost its half, it has a new session in seconds and no storm of handshakes`(loser: Int) throws {
        var net = TestNet.pair()
        net.run(for: .seconds(1))
        let keeper = 1 - loser
        let old = try #require(net.nodes[keeper].id)
        net.nodes[loser].endpoint = Endpoint(net.fresh(loser, seed: 99))
        var tries: UInt8 = 0
        // It dials half a second after it was turned down.
        while net.nodes[loser].endpoint.connectionIDs.isEmpty, tries < 12 {
            tries += 1
            net.connect(loser, keeper, nonce: 20 + tries)
            net.run(for: .milliseconds(700))
        }
        #expect(tries <= 4, "it took \(tries) tries")
        #expect(net.nodes[keeper].endpoint.connectionIDs.count == 1 && net.nodes[keeper].closed.map(\.id) == [old])
        net.send([4], from: keeper)
        #expect(net.run(for: .seconds(2)) { !$0.nodes[loser].messages.isEmpty })
    }

    @Test func `TR-169: a session that answers is asked when a newcomer is turned down, and stays`() throws {
        var net = TestNet.pair()
        net.run(for: .seconds(1))
        let old = try #require(net.nodes[0].id)
        // Another process of the same device and peer id as node 1, while node 1 itself goes on.
        net.add(net.fresh(1, seed: 99), at: TestNet.address(5))
        for nonce in 0..<5 as Range<UInt8> {
            net.nodes[2].endpoint.dial(
                attempt: [UInt8](repeating: 30 + nonce, count: 16), remote: nil, addresses: [net.nodes[0].address], now: net.now)
            net.run(for: .seconds(2))
        }
        #expect(net.nodes[2].closed.map(\.reason) == [CloseReason](repeating: .turnedDown, count: 5))
        #expect(net.nodes[0].endpoint.connectionIDs == [old] && net.nodes[0].closed.isEmpty)
    }

    @Test func `TR-11: an endpoint that dials itself finds out and stops`() {
        var net = TestNet()
        net.add(TestNet.configuration(0))
        net.connect(0, 0, announced: false)
        net.run(for: .seconds(30))
        #expect(net.nodes[0].established.isEmpty)
        #expect(net.nodes[0].failed.count == 1)
    }
}

extension TestNet {
    /// The configuration of a node with other randomness.
    func fresh(_ index: Int, seed: UInt8) -> Endpoint.Configuration {
        var configuration = Self.configuration(index)
        configuration.seed = Self.secret(seed)
        return configuration
    }
}
