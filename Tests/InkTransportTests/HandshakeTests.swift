import InkCrypto
import InkPrimitives
import Testing

@testable import InkTransport

@Suite struct HandshakeTests {
    @Test func `TR-2: an announced attempt connects without a cookie, and both sides know each other`() throws {
        let net = TestNet.pair()
        let (left, right) = (try #require(net.nodes[0].established.first), try #require(net.nodes[1].established.first))
        #expect(left.remote.peer == net.nodes[1].peer && right.remote.peer == net.nodes[0].peer)
        #expect(left.remote.author == TestNet.configuration(1).certificate.author)
        #expect(right.remote.author == TestNet.configuration(0).certificate.author)
        #expect(left.remote.isInitiator && !right.remote.isInitiator)
        #expect(left.remote.channelBinding == right.remote.channelBinding && left.remote.channelBinding.count == 32)
        #expect(right.remote.payload == [1, 2, 3] && left.remote.payload.isEmpty)
        #expect(net.nodes[1].endpoint.counters.cookiesSent == 0)
        #expect(left.at - Instant(nanoseconds: 1_000_000_000) == .milliseconds(100))
        #expect(net.sent.first?.bytes.first == 0xF6)
    }

    @Test func `TR-155: an address dialled bare proves itself by a cookie first`() throws {
        let net = TestNet.pair(announced: false)
        #expect(net.nodes[1].endpoint.counters.cookiesSent == 1)
        #expect(net.nodes[0].established.first?.remote.peer == net.nodes[1].peer)
        #expect(net.nodes[1].established.first?.remote.peer == net.nodes[0].peer)
        // Zero ids stand in message 1, and no id of either side is anywhere in clear.
        for datagram in net.sent {
            for node in net.nodes { #expect(!datagram.bytes.contains(node.peer.bytes)) }
        }
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `TR-155: the handshake gets through heavy loss`(seed: UInt64) {
        var net = TestNet(seed: seed, faults: Faults(loss: 0.3, delay: .milliseconds(40), jitter: .milliseconds(30), duplicate: 0.1))
        net.add(TestNet.configuration(0))
        net.add(TestNet.configuration(1))
        net.connect(0, 1, announced: seed % 2 == 0)
        #expect(net.run(for: .seconds(10)) { $0.nodes[0].id != nil && $0.nodes[1].id != nil })
        net.send([1], from: 0)
        net.send([2], from: 1)
        #expect(net.run(for: .seconds(10)) { $0.nodes[0].messages.count == 1 && $0.nodes[1].messages.count == 1 })
    }

    @Test func `TR-1, TR-154: one flipped bit in any handshake packet is met with silence and changes nothing`() throws {
        var initiator = Endpoint(TestNet.configuration(0))
        var responder = Endpoint(TestNet.configuration(1))
        let (left, right) = (TestNet.address(0), TestNet.address(1))
        let now = Instant.zero

        /// Gives each flip of `packet` to `endpoint`, then `packet` itself, and returns what that brings.
        func deliver(_ packet: [UInt8], to endpoint: inout Endpoint, from: SocketAddress) -> [Endpoint.Output] {
            let before = endpoint.counters
            for bit in 0..<packet.count * 8 {
                var flipped = packet
                flipped[bit / 8] ^= 1 << UInt8(bit % 8)
                endpoint.receive(flipped, from: from, now: now)
                if let output = endpoint.nextOutput() { Issue.record("bit \(bit) of type \(packet[0]) brought \(output)") }
            }
            let after = endpoint.counters
            // A flipped first byte may make a data packet for nobody.
            let refused = after.forged + after.unknown - before.forged - before.unknown
            #expect(refused == UInt64(packet.count * 8))
            #expect(after.established == before.established && after.answersSent == before.answersSent)
            endpoint.receive(packet, from: from, now: now)
            return RawPeer.outputs(&endpoint)
        }
        func packet(_ outputs: [Endpoint.Output]) throws -> [UInt8] {
            try #require(outputs.compactMap { if case .transmit(let bytes, _, _) = $0 { bytes } else { nil } }.first)
        }
        initiator.dial(attempt: [UInt8](repeating: 1, count: 16), remote: nil, addresses: [right], now: now)
        let start = try packet(RawPeer.outputs(&initiator))
        let cookie = try packet(deliver(start, to: &responder, from: left))
        let proven = try packet(deliver(cookie, to: &initiator, from: right))
        let answer = try packet(deliver(proven, to: &responder, from: left))
        let finish = try packet(deliver(answer, to: &initiator, from: right))
        let outputs = deliver(finish, to: &responder, from: left)
        #expect([start, cookie, proven, answer, finish].map(\.[0]) == [0xF0, 0xF4, 0xF0, 0xF1, 0xF2])
        #expect(responder.counters.established == 1 && initiator.counters.established == 1)
        #expect(!outputs.isEmpty)
    }

    @Test func `TR-4: a byte of the prologue that differs fails the handshake`() throws {
        let keys = TestNet.room
        let (left, right) = (TestNet.configuration(0), TestNet.configuration(1))
        let prologue = StartPacket.prologue(
            keys: keys, initiator: left.peerID, responder: right.peerID, attempt: [UInt8](repeating: 4, count: 16))
        #expect(prologue.count == 9 + 8 + 4 + 32 + 32 + 16)
        for index in -1..<prologue.count {
            var other = prologue
            if index >= 0 { other[index] ^= 1 }
            var initiator = NoiseHandshake(
                role: .initiator, staticKey: left.staticKey, psk: keys.psk, prologue: prologue, ephemeral: TestNet.secret(1))
            var responder = NoiseHandshake(
                role: .responder, staticKey: right.staticKey, psk: keys.psk, prologue: other, ephemeral: TestNet.secret(2))
            let start = try initiator.writeMessage([])
            // The tag of message 1 already covers the prologue.
            #expect((try? responder.readMessage(start)) == (index < 0 ? [] : nil))
        }
    }

    @Test func `TR-4: a member in the middle cannot change what message 1 says in clear`() throws {
        let configuration = TestNet.configuration(0)
        var initiator = Endpoint(configuration)
        let responder = TestNet.configuration(1)
        let attempt = [UInt8](repeating: 1, count: 16)
        initiator.dial(attempt: attempt, remote: responder.peerID, addresses: [TestNet.address(1)], now: .zero)
        let start = try #require(RawPeer.transmitted(&initiator).first)
        // Attempt nonce and both ids; whoever holds the room's secret can make a right MAC.
        for index in 8..<88 {
            var changed = Array(start.dropLast(16))
            changed[index] ^= 0x40
            HandshakeMAC.append(to: &changed, key: configuration.epochs.inForce.mac)
            let parsed = try StartPacket(decoding: changed)
            var endpoint = Endpoint(responder)
            endpoint.expect(attempt: parsed.attempt, remote: parsed.initiator, addresses: [], now: .zero)
            endpoint.receive(changed, from: TestNet.address(0), now: .zero)
            for packet in RawPeer.transmitted(&endpoint) { initiator.receive(packet, from: TestNet.address(1), now: .zero) }
            #expect(initiator.counters.established == 0)
            #expect(RawPeer.outputs(&initiator).isEmpty)
        }
        var endpoint = Endpoint(responder)
        endpoint.expect(attempt: attempt, remote: configuration.peerID, addresses: [], now: .zero)
        endpoint.receive(start, from: TestNet.address(0), now: .zero)
        for packet in RawPeer.transmitted(&endpoint) { initiator.receive(packet, from: TestNet.address(1), now: .zero) }
        #expect(initiator.counters.established == 1)
    }

    @Test func `TR-154: another room gets no answer`() {
        var net = TestNet()
        net.add(TestNet.configuration(0, keys: RoomKeys(roomSecret: TestNet.secret(8))))
        net.add(TestNet.configuration(1))
        net.connect(0, 1, announced: false)
        net.run(for: .seconds(30))
        #expect(net.nodes[0].established.isEmpty && net.nodes[1].established.isEmpty)
        #expect(!net.sent.contains { $0.from == net.nodes[1].address })
        // Another epoch of the same room is another room.
        var late = TestNet()
        late.add(TestNet.configuration(0, keys: RoomKeys(roomSecret: TestNet.secret(7), epoch: TestNet.epoch(1))))
        late.add(TestNet.configuration(1))
        late.connect(0, 1, announced: false)
        late.run(for: .seconds(30))
        #expect(!late.sent.contains { $0.from == late.nodes[1].address })
    }

    @Test func `TR-6: a certificate for another static key is refused`() {
        var wrong = TestNet.configuration(0)
        wrong.certificate = TestNet.configuration(2).certificate
        var net = TestNet()
        net.add(wrong)
        net.add(TestNet.configuration(1))
        net.connect(0, 1)
        net.run(for: .seconds(30))
        #expect(net.nodes[1].established.isEmpty)
        #expect(net.nodes[1].endpoint.counters.handshakesRefused == 1)

        var other = TestNet()
        other.add(TestNet.configuration(0))
        other.add(wrong)
        other.connect(0, 1, announced: false)
        other.run(for: .seconds(30))
        #expect(other.nodes[0].established.isEmpty && other.nodes[1].established.isEmpty)
        #expect(other.nodes[0].failed.count == 1)
    }

    @Test func `TR-6: whoever answers in place of the peer that was dialled is refused`() {
        var net = TestNet()
        net.add(TestNet.configuration(0))
        net.add(TestNet.configuration(1))
        // Dials a third peer at the second one's address.
        let stranger = TestNet.configuration(2).peerID
        let attempt = [UInt8](repeating: 1, count: 16)
        net.nodes[0].endpoint.dial(attempt: attempt, remote: stranger, addresses: [net.nodes[1].address], now: net.now)
        net.run(for: .seconds(30))
        #expect(net.nodes[0].established.isEmpty && net.nodes[1].established.isEmpty)
        #expect(net.nodes[0].failed.map(\.remote) == [stranger])
    }

    @Test func `TR-5: an attempt that nobody answers ends after 20 s, within its budget of packets`() throws {
        for count in [1, 16] {
            var net = TestNet()
            net.add(TestNet.configuration(0))
            let begin = net.now
            let addresses = (0..<count).map { SocketAddress("10.1.0.\($0 + 1):5000")! }
            net.nodes[0].endpoint.dial(attempt: [UInt8](repeating: 1, count: 16), remote: nil, addresses: addresses, now: begin)
            net.run(for: .seconds(60))
            let failure = try #require(net.nodes[0].failed.first)
            #expect(failure.at - begin == .seconds(20) && net.nodes[0].failed.count == 1)
            #expect(net.sent.count <= 100 && net.sent.count >= 10)
            #expect(Set(net.sent.prefix(count).map(\.to)) == Set(addresses))
            #expect(net.sent.prefix(count).allSatisfy { $0.sentAt == begin })
            #expect(net.nodes[0].endpoint.deadline == nil)
            if count == 1 {
                let gaps = zip(net.sent, net.sent.dropFirst()).map { ($1.sentAt - $0.sentAt).milliseconds }
                #expect((200...300).contains(gaps[0]) && (300...450).contains(gaps[1]))
                #expect(gaps.allSatisfy { $0 <= 2400 })
            }
        }
    }

    @Test(arguments: [false, true])
    func `TR-5, TR-57: an attempt that signalling carried alone is repeated like any other once addresses are known`(isPunched: Bool) throws
    {
        var net = TestNet()
        net.add(TestNet.configuration(0))
        let (attempt, remote, begin) = ([UInt8](repeating: 1, count: 16), TestNet.configuration(1).peerID, net.now)
        let opening = net.nodes[0].endpoint.open(attempt: attempt, remote: remote, now: begin)
        #expect(opening != nil)
        if isPunched {
            let punch = PunchPacket.encode(attempt: attempt, key: TestNet.room.mac)
            net.nodes[0].endpoint.receive(punch, from: SocketAddress("10.2.0.1:5000")!, now: begin)
        }
        // Where the punch came from is one of the sixteen.
        let addresses = (0..<(isPunched ? 15 : 16)).map { SocketAddress("10.1.0.\($0 + 1):5000")! }
        net.nodes[0].endpoint.dial(attempt: attempt, remote: remote, addresses: addresses, now: begin)
        net.run(for: .seconds(60))
        let sent = net.sent.filter { addresses.contains($0.to) }
        #expect(net.sent.count < 100 && sent.count > addresses.count * 4, "\(net.sent.count)")
        let rounds = sent.map { ($0.sentAt - begin).milliseconds }
        #expect(rounds.prefix(addresses.count).allSatisfy { $0 == 0 })
        let again = try #require(rounds.dropFirst(addresses.count).first)
        #expect((200...300).contains(again), "\(again)")
        #expect(net.nodes[0].failed.count == 1)
    }

    @Test func `TR-5, TR-160: the first authentic answer wins, and widening tries the new address at once`() {
        var net = TestNet(faults: Faults(delay: .milliseconds(20)))
        net.add(TestNet.configuration(0))
        net.add(TestNet.configuration(1))
        let attempt = [UInt8](repeating: 1, count: 16)
        let nowhere = SocketAddress("10.9.9.9:1")!
        net.nodes[1].endpoint.expect(attempt: attempt, remote: net.nodes[0].peer, addresses: [], now: net.now)
        net.nodes[0].endpoint.dial(attempt: attempt, remote: net.nodes[1].peer, addresses: [nowhere], now: net.now)
        net.run(for: .milliseconds(100))
        let begin = net.now
        net.nodes[0].endpoint.dial(attempt: attempt, remote: net.nodes[1].peer, addresses: [nowhere, net.nodes[1].address], now: net.now)
        net.run(for: .seconds(30)) { $0.nodes[1].id != nil }
        #expect(net.now - begin == .milliseconds(60))
        #expect(net.nodes[0].established.first?.remote.address == net.nodes[1].address)
    }

    @Test func `TR-161: an address brings two starts by cookies, however many it sends`() throws {
        let configuration = TestNet.configuration(0)
        var endpoint = Endpoint(configuration)
        endpoint.dial(attempt: [UInt8](repeating: 1, count: 16), remote: nil, addresses: [TestNet.address(1)], now: .zero)
        let start = try #require(RawPeer.transmitted(&endpoint).first)
        let index = start[4..<8].reduce(0) { $0 << 8 | UInt32($1) }
        var generator = SecretGenerator(seed: [UInt8](repeating: 1, count: 32))
        var answered = 0
        for number in 0..<20 as Range<UInt8> {
            let cookie = [UInt8](repeating: number + 1, count: StartPacket.cookieCount)
            let packet = CookiePacket.encode(
                cookie, receiverIndex: index, start: start, keys: configuration.epochs.inForce, using: &generator)
            endpoint.receive(packet, from: TestNet.address(1), now: .zero)
            answered += RawPeer.transmitted(&endpoint).count
        }
        #expect(answered == 2)
    }

    @Test func `TR-173: the first sample of the round trip does not count the way of the cookie`() throws {
        let net = TestNet.pair(announced: false)
        let id = try #require(net.nodes[0].id)
        let statistics = try #require(net.nodes[0].endpoint.statistics(id))
        #expect(statistics.roundTrip == .milliseconds(100))
    }

    @Test func `TR-157: several candidates cost bulk one round trip at most, and a first operation none`() {
        func arrivals(_ others: [SocketAddress]) -> (operation: Duration, bulk: Duration) {
            var net = TestNet()
            net.add(TestNet.configuration(0))
            net.add(TestNet.configuration(1))
            let begin = net.now
            let attempt = [UInt8](repeating: 5, count: 16)
            net.nodes[1].endpoint.expect(attempt: attempt, remote: net.nodes[0].peer, addresses: [net.nodes[0].address], now: net.now)
            net.nodes[0].endpoint.dial(
                attempt: attempt, remote: net.nodes[1].peer, addresses: others + [net.nodes[1].address], now: net.now)
            net.run { $0.nodes[0].id != nil }
            net.send([UInt8](repeating: 1, count: 200), from: 0, lane: .ops)
            net.send([UInt8](repeating: 2, count: 30_000), from: 0, lane: .bulk)
            net.run(for: .seconds(10)) { $0.nodes[1].messages.count == 2 }
            let at = net.nodes[1].messages.map { $0.at - begin }
            return (at.first ?? .seconds(99), at.count == 2 ? at[1] : .seconds(99))
        }
        let one = arrivals([])
        let several = arrivals([SocketAddress("10.9.9.9:1")!, SocketAddress("10.9.9.8:1")!])
        #expect(several.operation == one.operation)
        #expect(several.bulk - one.bulk <= .milliseconds(100), "\(one) became \(several)")
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `TR-155, TR-157: several candidates and heavy loss end in a session that carries everything`(seed: UInt64) {
        var net = TestNet(
            seed: seed, faults: Faults(loss: 0.3, delay: .milliseconds(40), jitter: .milliseconds(30), reorder: 0.1, duplicate: 0.1))
        net.add(TestNet.configuration(0))
        net.add(TestNet.configuration(1))
        let attempt = [UInt8](repeating: 5, count: 16)
        net.nodes[1].endpoint.expect(attempt: attempt, remote: net.nodes[0].peer, addresses: [net.nodes[0].address], now: net.now)
        net.nodes[0].endpoint.dial(
            attempt: attempt, remote: net.nodes[1].peer,
            addresses: [SocketAddress("10.9.9.9:1")!, net.nodes[1].address, SocketAddress("10.9.9.8:1")!], now: net.now)
        #expect(net.run(for: .seconds(10)) { $0.nodes[0].id != nil && $0.nodes[1].id != nil })
        for node in 0..<2 { net.send([UInt8](repeating: 1, count: 20_000), from: node) }
        #expect(net.run(for: .seconds(10)) { $0.nodes[0].messages.count == 1 && $0.nodes[1].messages.count == 1 })
    }

    @Test func `TR-162: punches are few, paced, and answered by nobody`() {
        var net = TestNet()
        net.add(TestNet.configuration(0))
        net.add(TestNet.configuration(1))
        let addresses = [net.nodes[1].address] + (0..<15).map { SocketAddress("10.1.0.\($0 + 1):5000")! }
        net.nodes[0].endpoint.expect(
            attempt: [UInt8](repeating: 1, count: 16), remote: net.nodes[1].peer, addresses: addresses, now: net.now)
        net.run(for: .seconds(60))
        #expect(net.sent.allSatisfy { $0.bytes[0] == 0xF6 && $0.bytes.count == 36 && $0.from == net.nodes[0].address })
        #expect(net.sent.count == 64)
        for (early, late) in zip(net.sent, net.sent.dropFirst()) { #expect(late.sentAt - early.sentAt >= .milliseconds(50)) }
        #expect(net.nodes[1].endpoint.counters.punches == 4)
        #expect(net.nodes[0].endpoint.deadline == nil)
    }

    @Test func `TR-156: a cookie is good for its address alone, and for 120 to 240 s`() {
        var jar = CookieJar()
        var generator = SecretGenerator(seed: [UInt8](repeating: 1, count: 32))
        let (here, there) = (SocketAddress("10.0.0.1:1")!, SocketAddress("10.0.0.1:2")!)
        let begin = Instant.zero
        let cookie = jar.cookie(for: here, now: begin, using: &generator)
        #expect(cookie.count == 16)
        #expect(jar.isRight(cookie, for: here, now: begin))
        #expect(!jar.isRight(cookie, for: there, now: begin))
        #expect(!jar.isRight([UInt8](repeating: 0, count: 16), for: here, now: begin))
        #expect(jar.isRight(cookie, for: here, now: begin + .seconds(119)))
        #expect(jar.cookie(for: here, now: begin + .seconds(121), using: &generator) != cookie)
        #expect(jar.isRight(cookie, for: here, now: begin + .seconds(239)))
        #expect(!jar.isRight(cookie, for: here, now: begin + .seconds(240)))
        var idle = CookieJar()
        let old = idle.cookie(for: here, now: begin, using: &generator)
        #expect(!idle.isRight(old, for: here, now: begin + .seconds(1000)))
    }
}
