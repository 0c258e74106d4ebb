import InkCrypto
import InkPrimitives
import Testing

@testable import InkTransport

/// What strangers, and members who do not keep to the rules, can and cannot do.
@Suite struct HostileTests {
    private static let stranger = SocketAddress("192.0.2.66:6666")!

    @Test func `TR-154: garbage is answered with nothing and leaves a session untouched`() throws {
        var net = TestNet.pair()
        net.run(for: .seconds(1))
        let id = try #require(net.nodes[1].id)
        let (before, figures) = (net.nodes[1].endpoint.statistics(id), net.nodes[1].endpoint.figures(of: id))
        let deadline = net.nodes[1].endpoint.deadline
        let index = try #require(net.nodes[1].endpoint.localIndex(of: id))
        var random = SplitMix64(seed: 3)
        var endpoint = net.nodes[1].endpoint
        for number in 0..<20_000 {
            var datagram = (0..<random.below(number % 50 == 0 ? 1200 : 60)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            // Half of it looks like ours, and half of that names the session.
            if number % 2 == 0, !datagram.isEmpty { datagram[0] = 0xF0 + UInt8(number / 2 % 8) }
            if number % 4 == 0, datagram.count > 5 {
                datagram[0] = number % 8 == 0 ? 0xF3 : 0xF5
                for byte in 0..<4 { datagram[1 + byte] = UInt8(truncatingIfNeeded: index >> UInt32(24 - 8 * byte)) }
            }
            endpoint.receive(datagram, from: Self.stranger, now: net.now)
            if let output = endpoint.nextOutput() { Issue.record("\(Hex.encode(datagram)) brought \(output)") }
        }
        #expect(endpoint.counters.accepted == net.nodes[1].endpoint.counters.accepted)
        #expect(endpoint.counters.datagrams - net.nodes[1].endpoint.counters.datagrams == 20_000)
        #expect(endpoint.deadline == deadline)
        var after = endpoint.statistics(id)
        #expect((after?.packetsForged ?? 0) > 1000)
        after?.packetsForged = 0
        after?.packetsReplayed = before?.packetsReplayed ?? 0
        #expect(after == before && endpoint.figures(of: id) == figures)
    }

    @Test func `TR-8, TR-167: one flipped bit in a data packet is refused and moves neither window, timer nor address`() throws {
        var net = TestNet.pair()
        net.run(for: .seconds(1))
        let id = try #require(net.nodes[1].id)
        net.sent = []
        net.cut = [net.nodes[1].address]
        net.send(Array("a stroke".utf8), from: 0)
        net.nodes[0].endpoint.sendPresence([1, 2, 3], on: try #require(net.nodes[0].id), now: net.now)
        net.drain(0)
        let packet = try #require(net.sent.first?.bytes)
        var endpoint = net.nodes[1].endpoint
        let deadline = endpoint.deadline
        let statistics = endpoint.statistics(id)
        for bit in 0..<packet.count * 8 {
            var flipped = packet
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            endpoint.receive(flipped, from: Self.stranger, now: net.now)
            #expect(endpoint.nextOutput() == nil, "bit \(bit)")
        }
        #expect(endpoint.counters.accepted == net.nodes[1].endpoint.counters.accepted)
        #expect(endpoint.deadline == deadline)
        #expect(endpoint.statistics(id)?.address == statistics?.address)
        #expect(endpoint.statistics(id)?.lastReceived == statistics?.lastReceived)
        // The number that the forgeries named is still good for the true packet, once.
        endpoint.receive(packet, from: net.nodes[0].address, now: net.now)
        #expect(RawPeer.outputs(&endpoint).contains { if case .message = $0 { true } else { false } })
        let replayed = endpoint.counters.replayed
        endpoint.receive(packet, from: net.nodes[0].address, now: net.now)
        #expect(RawPeer.outputs(&endpoint).isEmpty)
        #expect(endpoint.counters.replayed == replayed + 1)
    }

    @Test func `TR-8, TR-167: a forged packet with a number far ahead does not close the window`() throws {
        let configuration = TestNet.configuration(0)
        var endpoint = Endpoint(TestNet.configuration(1))
        var raw = try #require(RawPeer(dialling: &endpoint, configuration: configuration, from: Self.stranger, now: .zero))
        _ = RawPeer.outputs(&endpoint)
        var forged = raw.packet([Frame.pingType])
        // A number of four bytes, 2^31 - 1 ahead.
        forged = [0xF5] + forged[1..<5] + [0x7F, 0xFF, 0xFF, 0xFF] + forged[7...]
        endpoint.receive(forged, from: Self.stranger, now: .zero)
        #expect(RawPeer.outputs(&endpoint).isEmpty)
        for _ in 0..<3 {
            let accepted = endpoint.counters.accepted
            endpoint.receive(raw.packet([Frame.pingType]), from: Self.stranger, now: .zero)
            #expect(endpoint.counters.accepted == accepted + 1)
        }
    }

    @Test func `TR-8: what left within the window arrives in any order, each packet once`() throws {
        var endpoint = Endpoint(TestNet.configuration(1))
        var raw = try #require(
            RawPeer(dialling: &endpoint, configuration: TestNet.configuration(0), from: Self.stranger, now: .zero))
        var packets = (0..<9000).map { _ in raw.packet([Frame.pingType]) }
        let last = packets.removeLast()
        endpoint.receive(last, from: Self.stranger, now: .zero)
        for packet in packets.reversed() { endpoint.receive(packet, from: Self.stranger, now: .zero) }
        for packet in packets { endpoint.receive(packet, from: Self.stranger, now: .zero) }
        #expect(endpoint.counters.accepted == UInt64(Limits.replayWindow))
        _ = RawPeer.outputs(&endpoint)
    }

    @Test func `TR-156: a whole session replayed from another port brings cookies and nothing else`() throws {
        for announced in [true, false] {
            var net = TestNet.pair(announced: announced)
            for number in 0..<20 {
                net.send([UInt8(number)], from: number % 2)
                net.run(for: .milliseconds(200))
            }
            let record = net.sent
            let counters = net.nodes.map(\.endpoint.counters)
            for later in [Duration.zero, .seconds(10), .seconds(300)] {
                for node in 0..<2 {
                    var endpoint = net.nodes[node].endpoint
                    for datagram in record where datagram.to == net.nodes[node].address {
                        endpoint.receive(datagram.bytes, from: Self.stranger, now: net.now + later)
                        for output in RawPeer.outputs(&endpoint) {
                            guard case .transmit(let bytes, let to, _) = output, to == Self.stranger, bytes[0] == 0xF4,
                                datagram.bytes[0] == 0xF0
                            else {
                                Issue.record("\(Hex.encode(datagram.bytes.prefix(8))) brought \(output)")
                                continue
                            }
                            #expect(bytes.count <= datagram.bytes.count)
                        }
                    }
                    #expect(endpoint.counters.accepted == counters[node].accepted)
                    #expect(endpoint.counters.established == counters[node].established)
                    #expect(endpoint.counters.answersSent == counters[node].answersSent)
                }
            }
        }
    }

    @Test func `TR-156: a session replayed into another session, room or role is accepted nowhere`() throws {
        var first = TestNet.pair(seed: 1)
        first.run(for: .seconds(1))
        // Same members, other randomness: other keys.
        var second = TestNet(seed: 2)
        second.add(second.fresh(0, seed: 70))
        second.add(second.fresh(1, seed: 71))
        second.connect(0, 1, nonce: 9)
        second.run(for: .seconds(1))
        var other = TestNet(seed: 3)
        other.add(TestNet.configuration(0, keys: RoomKeys(roomSecret: TestNet.secret(9))))
        other.add(TestNet.configuration(1, keys: RoomKeys(roomSecret: TestNet.secret(9))))
        other.connect(0, 1, nonce: 9)
        other.run(for: .seconds(1))
        for var net in [first, second, other] {
            let accepted = net.nodes.map(\.endpoint.counters.accepted)
            let established = net.nodes.map(\.endpoint.counters.established)
            for datagram in first.sent + second.sent + other.sent {
                for node in 0..<2 { net.nodes[node].endpoint.receive(datagram.bytes, from: datagram.from, now: net.now) }
            }
            #expect(net.nodes.map(\.endpoint.counters.accepted) == accepted)
            #expect(net.nodes.map(\.endpoint.counters.established) == established)
        }
    }

    @Test func `TR-3: no answer is longer than what it answers, whoever asks`() throws {
        let net = TestNet.pair(announced: false)
        var (incoming, outgoing) = (0, 0)
        for node in 0..<2 {
            for datagram in net.sent {
                for length in [datagram.bytes.count, datagram.bytes.count - 1, 40, 24] where length <= datagram.bytes.count {
                    var endpoint = net.nodes[node].endpoint
                    let bytes = Array(datagram.bytes.prefix(length))
                    endpoint.receive(bytes, from: Self.stranger, now: net.now)
                    let answered = RawPeer.transmitted(&endpoint).reduce(0) { $0 + $1.count }
                    #expect(answered <= bytes.count)
                    incoming += bytes.count
                    outgoing += answered
                }
            }
        }
        #expect(outgoing <= incoming)
    }

    @Test func `TR-156: message 1 seen before gets the same answer where it first came from`() throws {
        let configuration = TestNet.configuration(1)
        var initiator = Endpoint(TestNet.configuration(0))
        var responder = Endpoint(configuration)
        let attempt = [UInt8](repeating: 1, count: 16)
        let here = TestNet.address(0)
        initiator.dial(attempt: attempt, remote: configuration.peerID, addresses: [TestNet.address(1)], now: .zero)
        responder.expect(attempt: attempt, remote: TestNet.configuration(0).peerID, addresses: [], now: .zero)
        let start = try #require(RawPeer.transmitted(&initiator).first)
        responder.receive(start, from: here, now: .zero)
        let answer = RawPeer.transmitted(&responder)
        responder.receive(start, from: here, now: .zero)
        #expect(RawPeer.transmitted(&responder) == answer && answer.count == 1)
        #expect(responder.halfOpenCount == 1)
        responder.receive(start, from: Self.stranger, now: .zero)
        #expect(RawPeer.transmitted(&responder).map(\.[0]) == [0xF4])
        initiator.receive(try #require(answer.first), from: TestNet.address(1), now: .zero)
        let finish = try #require(RawPeer.transmitted(&initiator).first)
        responder.receive(finish, from: here, now: .zero)
        #expect(responder.counters.established == 1 && responder.halfOpenCount == 0)
        _ = RawPeer.outputs(&responder)
        // Spent: from the same address there is nothing more to say.
        responder.receive(start, from: here, now: .zero)
        responder.receive(finish, from: here, now: .zero)
        #expect(RawPeer.outputs(&responder).isEmpty)
    }

    @Test func `TR-3: message 3 is no longer than message 2, even with the longest payload`() throws {
        var net = TestNet()
        net.add(TestNet.configuration(0, payload: [UInt8](repeating: 7, count: Endpoint.Configuration.payloadMax)))
        net.add(TestNet.configuration(1))
        net.connect(0, 1)
        net.run(for: .seconds(1))
        #expect(net.nodes[1].established.first?.remote.payload.count == Endpoint.Configuration.payloadMax)
        let (answer, finish) = (net.sent.first { $0.bytes[0] == 0xF1 }, net.sent.first { $0.bytes[0] == 0xF2 })
        #expect(answer?.bytes.count == 400 && finish?.bytes.count == 400)
    }

    @Test func `TR-157, TR-158: an answer that seems to come from a bystander brings no data upon it`() throws {
        let responder = TestNet.configuration(1)
        var initiator = Endpoint(TestNet.configuration(0))
        var other = Endpoint(responder)
        let attempt = [UInt8](repeating: 1, count: 16)
        initiator.dial(attempt: attempt, remote: responder.peerID, addresses: [TestNet.address(1)], now: .zero)
        other.expect(attempt: attempt, remote: TestNet.configuration(0).peerID, addresses: [], now: .zero)
        other.receive(try #require(RawPeer.transmitted(&initiator).first), from: TestNet.address(0), now: .zero)
        initiator.receive(try #require(RawPeer.transmitted(&other).first), from: Self.stranger, now: .zero)
        let id = try #require(initiator.connectionIDs.first)
        initiator.send([UInt8](repeating: 1, count: 50_000), lane: .ops, on: id, now: .zero)
        var packets = RawPeer.transmitted(&initiator)
        let finish = try #require(packets.first)
        while let deadline = initiator.deadline, deadline < .zero + .seconds(3) {
            initiator.handleTimeout(now: deadline)
            packets += RawPeer.transmitted(&initiator)
        }
        #expect(packets.allSatisfy { $0[0] == 0xF2 } && packets.count == 3)
        // What is heard from there earns three times as much, and a challenge that is answered earns the rest.
        other.receive(finish, from: TestNet.address(0), now: .zero + .seconds(3))
        let now = Instant.zero + .seconds(3) + .milliseconds(5)
        other.handleTimeout(now: now)
        let first = try #require(RawPeer.transmitted(&other).first)
        initiator.receive(first, from: Self.stranger, now: now)
        var flight = RawPeer.transmitted(&initiator)
        #expect(!flight.isEmpty && flight.reduce(0) { $0 + $1.count } <= 3 * first.count)
        var (most, wentBytes, cameBytes) = (0, 0, 0)
        for step in 0..<60 as Range<Int64> {
            let now = now + .milliseconds(10 * step)
            for packet in flight { other.receive(packet, from: TestNet.address(0), now: now) }
            other.handleTimeout(now: now + .milliseconds(5))
            for packet in RawPeer.transmitted(&other) {
                cameBytes += packet.count
                initiator.receive(packet, from: Self.stranger, now: now + .milliseconds(5))
            }
            initiator.handleTimeout(now: now + .milliseconds(9))
            flight = RawPeer.transmitted(&initiator)
            most += flight.count
            wentBytes += flight.reduce(0) { $0 + $1.count }
        }
        #expect(wentBytes > 10 * cameBytes, "only who is proved may be sent so much: \(wentBytes) for \(cameBytes)")
        #expect(most > 40)
    }

    @Test func `TR-157, TR-158: an answer from one of several addresses that we dialled brings little upon it before a challenge`() throws {
        let responder = TestNet.configuration(1)
        var initiator = Endpoint(TestNet.configuration(0))
        var other = Endpoint(responder)
        let attempt = [UInt8](repeating: 1, count: 16)
        // The member named a bystander among its candidates, and gives its answer that sender.
        initiator.dial(attempt: attempt, remote: responder.peerID, addresses: [TestNet.address(1), Self.stranger], now: .zero)
        other.expect(attempt: attempt, remote: TestNet.configuration(0).peerID, addresses: [], now: .zero)
        other.receive(try #require(RawPeer.transmitted(&initiator).first), from: TestNet.address(0), now: .zero)
        let answer = try #require(RawPeer.transmitted(&other).first)
        initiator.receive(answer, from: Self.stranger, now: .zero)
        let id = try #require(initiator.connectionIDs.first)
        initiator.send([UInt8](repeating: 1, count: 50_000), lane: .ops, on: id, now: .zero)
        var packets = RawPeer.transmitted(&initiator)
        let finish = try #require(packets.first)
        #expect(packets.reduce(0) { $0 + $1.count } <= 3 * answer.count)
        while let deadline = initiator.deadline, deadline < .zero + .seconds(3) {
            initiator.handleTimeout(now: deadline)
            packets += RawPeer.transmitted(&initiator)
        }
        let others = packets.filter { $0[0] != 0xF2 }
        #expect(others.reduce(finish.count) { $0 + $1.count } <= 3 * answer.count)
        // A peer that is there reads the challenges, and data flows.
        let now = Instant.zero + .seconds(3)
        var flight = packets
        var (most, wentBytes, cameBytes) = (0, 0, 0)
        for step in 0..<60 as Range<Int64> {
            let now = now + .milliseconds(10 * step)
            for packet in flight { other.receive(packet, from: TestNet.address(0), now: now) }
            other.handleTimeout(now: now + .milliseconds(5))
            for packet in RawPeer.transmitted(&other) {
                cameBytes += packet.count
                initiator.receive(packet, from: Self.stranger, now: now + .milliseconds(5))
            }
            initiator.handleTimeout(now: now + .milliseconds(9))
            flight = RawPeer.transmitted(&initiator)
            most += flight.count
            wentBytes += flight.reduce(0) { $0 + $1.count }
        }
        #expect(wentBytes > 10 * cameBytes, "only who is proved may be sent so much: \(wentBytes) for \(cameBytes)")
        #expect(most > 30)
    }

    @Test
    func `TR-158, TR-159, TR-168: message 1 and 3 of a bystander's sender bring little upon it, and the session goes on at the peer's`()
        throws
    {
        var net = TestNet()
        net.add(TestNet.configuration(0))
        net.add(TestNet.configuration(1))
        let attempt = [UInt8](repeating: 5, count: 16)
        net.nodes[1].endpoint.expect(attempt: attempt, remote: net.nodes[0].peer, addresses: [], now: net.now)
        net.nodes[0].endpoint.dial(attempt: attempt, remote: net.nodes[1].peer, addresses: [net.nodes[1].address], now: net.now)
        net.drain(0)
        let start = try #require(net.sent.first?.bytes)
        net.nodes[1].endpoint.receive(start, from: Self.stranger, now: net.now)
        net.drain(1)
        net.run(for: .seconds(2)) { $0.nodes[0].id != nil }
        let finish = try #require(net.sent.last { $0.bytes[0] == 0xF2 }?.bytes)
        net.nodes[1].endpoint.receive(finish, from: Self.stranger, now: net.now)
        net.drain(1)
        #expect(net.nodes[1].endpoint.statistics(try #require(net.nodes[1].id))?.address == Self.stranger)
        net.send([UInt8](repeating: 1, count: 50_000), from: 1)
        net.send([1], from: 0)
        #expect(net.run(for: .seconds(10)) { $0.nodes[0].messages.count == 1 && $0.nodes[1].messages.count == 1 })
        let brought = net.sent.filter { $0.to == Self.stranger }.reduce(0) { $0 + $1.bytes.count }
        #expect(brought <= 3 * (start.count + finish.count), "\(brought) bytes went to the bystander")
    }

    @Test func `TR-158, TR-159: message 3 from a bystander's address does not bring our packets there`() throws {
        let responder = TestNet.configuration(1)
        var initiator = Endpoint(TestNet.configuration(0))
        var other = Endpoint(responder)
        let attempt = [UInt8](repeating: 1, count: 16)
        initiator.dial(attempt: attempt, remote: responder.peerID, addresses: [TestNet.address(1)], now: .zero)
        other.expect(attempt: attempt, remote: TestNet.configuration(0).peerID, addresses: [], now: .zero)
        other.receive(try #require(RawPeer.transmitted(&initiator).first), from: TestNet.address(0), now: .zero)
        initiator.receive(try #require(RawPeer.transmitted(&other).first), from: TestNet.address(1), now: .zero)
        other.receive(try #require(RawPeer.transmitted(&initiator).first), from: Self.stranger, now: .zero)
        for case .transmit(_, let to, _) in RawPeer.outputs(&other) { #expect(to == TestNet.address(0)) }
        #expect(other.connectionIDs.count == 1)
    }

    @Test func `TR-163, TR-164: half-open handshakes are bounded, and one host cannot push out another`() throws {
        let keys = TestNet.room
        var endpoint = Endpoint(TestNet.configuration(1))
        var now = Instant.zero
        func open(from address: SocketAddress, number: Int) throws {
            var noise = NoiseHandshake(
                role: .initiator, staticKey: TestNet.configuration(0).staticKey, psk: keys.psk,
                prologue: StartPacket.prologue(keys: keys, initiator: .zero, responder: .zero, attempt: [UInt8](repeating: 1, count: 16)),
                ephemeral: try #require(Secret32([3, UInt8(number >> 8), UInt8(number & 255)] + [UInt8](repeating: 3, count: 29))))
            let message = try noise.writeMessage([])
            func start(_ cookie: [UInt8]?) -> [UInt8] {
                StartPacket.encode(
                    senderIndex: UInt32(number), attempt: [UInt8](repeating: 1, count: 16), initiator: .zero, responder: .zero,
                    noise: message, cookie: cookie, key: keys.mac)
            }
            endpoint.receive(start(nil), from: address, now: now)
            guard let reply = RawPeer.transmitted(&endpoint).first, reply[0] == 0xF4 else { return }
            let cookie = try CookiePacket(decoding: reply).open(start: start(nil), keys: keys)
            endpoint.receive(start(cookie), from: address, now: now)
            _ = RawPeer.outputs(&endpoint)
        }
        try open(from: SocketAddress("10.0.0.7:1")!, number: 0)
        #expect(endpoint.halfOpenCount == 1)
        for number in 1..<300 {
            now += .milliseconds(25)
            try open(from: SocketAddress("10.0.\(1 + number % 2).1:\(number)")!, number: number)
        }
        #expect(endpoint.halfOpenCount == Listener.halfOpenMax)
        let before = endpoint.counters.answersSent
        // The one that came first is still known.
        try open(from: SocketAddress("10.0.0.7:1")!, number: 0)
        #expect(endpoint.counters.answersSent == before + 1)
        #expect(endpoint.halfOpenCount == Listener.halfOpenMax)
        // Beyond the burst, a host gets twenty handshakes a second.
        let answered = endpoint.counters.answersSent
        for number in 1000..<1040 { try open(from: SocketAddress("10.5.5.5:9")!, number: number) }
        #expect(endpoint.counters.answersSent - answered == 32)
        endpoint.handleTimeout(now: now + .seconds(26))
        #expect(endpoint.halfOpenCount == 0 && endpoint.deadline == nil)
    }

    @Test func `TR-164: under load even an announced attempt needs a cookie`() throws {
        let configuration = TestNet.configuration(1)
        var endpoint = Endpoint(configuration)
        for number in 0..<60 {
            let flood = TestNet.flood(number)
            var dialler = Endpoint(flood)
            let attempt = [UInt8](repeating: UInt8(number), count: 16)
            endpoint.expect(attempt: attempt, remote: flood.peerID, addresses: [], now: .zero)
            dialler.dial(attempt: attempt, remote: configuration.peerID, addresses: [TestNet.address(1)], now: .zero)
            let start = try #require(RawPeer.transmitted(&dialler).first)
            endpoint.receive(start, from: SocketAddress("10.2.\(number).1:1")!, now: .zero)
            #expect(RawPeer.transmitted(&endpoint).map(\.[0]) == [number < Listener.loadPerSecond ? 0xF1 : 0xF4])
        }
    }

    @Test func `TR-155: starts that signalling carried are load like any other`() throws {
        let configuration = TestNet.configuration(1)
        var endpoint = Endpoint(configuration)
        for number in 0..<Listener.loadPerSecond {
            let flood = TestNet.flood(number)
            var dialler = Endpoint(flood)
            let attempt = [UInt8](repeating: UInt8(number), count: 16)
            let made = dialler.open(attempt: attempt, remote: configuration.peerID, now: .zero)
            let opening = try #require(made)
            let point = RelayPoint(place: 0, member: UInt32(number))
            let reply = endpoint.answer(attempt: attempt, remote: flood.peerID, opening: opening, over: point, now: .zero)
            #expect(reply != nil)
        }
        let late = TestNet.flood(200)
        for (second, type) in [(0, UInt8(0xF4)), (1, 0xF1)] {
            var dialler = Endpoint(late)
            let (attempt, now) = ([UInt8](repeating: 200 + UInt8(second), count: 16), Instant.zero + .seconds(second))
            endpoint.expect(attempt: attempt, remote: late.peerID, addresses: [], now: now)
            dialler.dial(attempt: attempt, remote: configuration.peerID, addresses: [TestNet.address(1)], now: now)
            endpoint.receive(try #require(RawPeer.transmitted(&dialler).first), from: SocketAddress("10.3.0.1:1")!, now: now)
            #expect(RawPeer.transmitted(&endpoint).map(\.[0]) == [type])
        }
    }

    @Test(arguments: [
        ([0x20], Misbehaviour.malformedFrame),
        ([Frame.streamType + 2, 0, 0, 1, 1], .malformedFrame),
        ([Frame.streamType, 0, 0, 0], .malformedFrame),
        ([Frame.streamType, 0, 0, 5, 1], .malformedFrame),
        ([Frame.acknowledgementType, 5, 0, 0, 6], .malformedFrame),
        ([Frame.acknowledgementType, 0, 0, 0, 0, Frame.acknowledgementType, 0, 0, 0, 0], .malformedFrame),
        ([Frame.acknowledgementType, 0x7F, 0xFF, 0, 0, 0], .acknowledgedUnsent),
        (RawPeer.stream(offset: 2 << 20, [1]), .exceededCredit),
        (RawPeer.stream(slot: 1024, offset: 0, [1]), .exceededLimit),
        (RawPeer.stream(offset: 0, [0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x02, 0x00, 0x01]), .exceededLimit),
        (RawPeer.stream(offset: 0, [0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0x01]), .malformedFrame),
    ])
    func `TR-31, TR-171: a member that breaks a rule loses the session`(frames: [UInt8], expected: Misbehaviour) throws {
        var endpoint = Endpoint(TestNet.configuration(1))
        var raw = try #require(
            RawPeer(dialling: &endpoint, configuration: TestNet.configuration(0), from: Self.stranger, now: .zero))
        _ = RawPeer.outputs(&endpoint)
        endpoint.receive(raw.packet(frames), from: Self.stranger, now: .zero)
        var reasons: [CloseReason] = []
        var goodbyes = 0
        for output in RawPeer.outputs(&endpoint) {
            if case .closed(_, let reason) = output { reasons.append(reason) }
            if case .transmit(var bytes, _, _) = output, let header = DataHeader(bytes) {
                #expect(raw.keys.open(&bytes, headerCount: 7, counter: header.truncated))
                #expect(bytes.suffix(2) == [Frame.closeType, CloseCode.misbehaved.rawValue])
                goodbyes += 1
            }
        }
        #expect(reasons == [.misbehaved(expected)] && goodbyes == 1)
        #expect(endpoint.connectionIDs.isEmpty)
    }

    @Test func `TR-13: pieces with holes between them are bounded`() throws {
        var endpoint = Endpoint(TestNet.configuration(1))
        var raw = try #require(
            RawPeer(dialling: &endpoint, configuration: TestNet.configuration(0), from: Self.stranger, now: .zero))
        _ = RawPeer.outputs(&endpoint)
        let id = try #require(endpoint.connectionIDs.first)
        var offset: UInt64 = 1
        while endpoint.connectionIDs == [id], offset < 1 << 20 {
            var frames: [UInt8] = []
            for _ in 0..<100 {
                frames += RawPeer.stream(offset: offset, [1])
                offset += 2
            }
            endpoint.receive(raw.packet(frames), from: Self.stranger, now: .zero)
            #expect(endpoint.heldBytes(on: id) <= 1 << 20)
            _ = RawPeer.outputs(&endpoint)
        }
        #expect(endpoint.connectionIDs.isEmpty && offset < 10_000)
    }

    @Test func `TR-13: holes are bounded over all streams together`() throws {
        var endpoint = Endpoint(TestNet.configuration(1))
        var raw = try #require(
            RawPeer(dialling: &endpoint, configuration: TestNet.configuration(0), from: Self.stranger, now: .zero))
        _ = RawPeer.outputs(&endpoint)
        var pieces = 0
        for slot in 0..<500 as Range<UInt64> where !endpoint.connectionIDs.isEmpty {
            var frames: [UInt8] = []
            for piece in 0..<20 as Range<UInt64> { frames += RawPeer.stream(slot: slot, offset: 1 + 2 * piece, [1]) }
            pieces += 20
            endpoint.receive(raw.packet(frames), from: Self.stranger, now: .zero)
        }
        let isClosed = RawPeer.outputs(&endpoint).contains { if case .closed(_, .misbehaved(.exceededLimit)) = $0 { true } else { false } }
        #expect(isClosed && pieces < 4500)
    }

    @Test func `TR-13: a stream gives back the room that a long message took`() throws {
        var lanes = ReceiveLanes()
        for slot in 0..<20 as Range<UInt64> {
            var bytes = [UInt8](repeating: 0, count: 8)
            bytes.appendVarint(100_000)
            bytes += [UInt8](repeating: 1, count: 100_000)
            var messages = 0
            // Each second piece first.
            for first in [50, 0] {
                for start in stride(from: first, to: bytes.count, by: 100) {
                    let data = Array(bytes[start..<min(start + 50, bytes.count)])
                    try lanes.receive(.bulk, slot: slot, offset: UInt64(start), data: data[...]) { _, _ in messages += 1 }
                }
            }
            #expect(messages == 1)
            if lanes.owesCredit { _ = lanes.takeCredit() }
        }
        #expect(lanes.held == 0 && lanes.room < 20 * 8192, "\(lanes.room) bytes are kept for nothing")
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `TR-171: authentic packets of random frames never trap`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for _ in 0..<60 {
            var endpoint = Endpoint(TestNet.configuration(1))
            var raw = try #require(
                RawPeer(dialling: &endpoint, configuration: TestNet.configuration(0), from: Self.stranger, now: .zero))
            while !endpoint.connectionIDs.isEmpty {
                var frames: [UInt8] = []
                for _ in 0..<1 + random.below(6) {
                    let body = (0..<random.below(12)).map { _ in
                        random.chance(0.7) ? UInt8(random.below(4)) : UInt8(truncatingIfNeeded: random.next())
                    }
                    frames +=
                        random.chance(0.5)
                        ? [UInt8(random.below(12))] + body
                        : RawPeer.stream(slot: UInt64(random.below(3)), offset: UInt64(random.below(20)), body + [1])
                }
                endpoint.receive(raw.packet(frames), from: Self.stranger, now: .zero)
                _ = RawPeer.outputs(&endpoint)
            }
        }
    }
}

extension HostileTests {
    @Test func `TR-182: a member that says another's peer id first gets no session, and keeps nobody out`() throws {
        let (victim, thief) = (TestNet.configuration(0), TestNet.configuration(2))
        var net = TestNet()
        net.add(victim)
        net.add(TestNet.configuration(1))
        // It has read the victim's id and salt in a session of its own, and dials under them before the victim does.
        var stolen = thief
        stolen.salt = victim.salt
        for (number, configuration) in [thief, stolen].enumerated() {
            _ = RawPeer(
                dialling: &net.nodes[1].endpoint, configuration: configuration, from: Self.stranger, now: net.now,
                ephemeral: TestNet.secret(UInt8(0x60 + number)), claimed: (victim.peerID, net.nodes[1].peer))
        }
        #expect(net.nodes[1].endpoint.connectionIDs.isEmpty && net.nodes[1].endpoint.counters.handshakesRefused == 2)
        // By an address it gets a session, but with an id of its own.
        #expect(RawPeer(dialling: &net.nodes[1].endpoint, configuration: stolen, from: Self.stranger, now: net.now) != nil)
        net.drain(1)
        #expect(net.nodes[1].established.map(\.remote.peer) == [victim.salt.peer(of: thief.certificate.author)])
        net.connect(0, 1)
        #expect(net.run(for: .seconds(2)) { $0.nodes[0].id != nil && $0.nodes[1].established.last?.remote.peer == $0.nodes[0].peer })
        net.send([1], from: 0)
        #expect(net.run(for: .seconds(2)) { $0.nodes[1].messages.count == 1 })
    }

    @Test func `TR-182: a member that answers with the salt of whom we dialled is refused`() {
        var net = TestNet()
        net.add(TestNet.configuration(0))
        var thief = TestNet.configuration(2)
        thief.salt = TestNet.configuration(1).salt
        net.add(thief)
        // It takes the starts that are for another and answers them.
        let attempt = [UInt8](repeating: 1, count: 16)
        let victim = TestNet.configuration(1).peerID
        net.nodes[0].endpoint.dial(attempt: attempt, remote: victim, addresses: [net.nodes[1].address], now: net.now)
        net.run(for: .seconds(30))
        #expect(net.nodes[0].established.isEmpty && net.nodes[0].failed.map(\.remote) == [victim])
    }

    @Test func `TR-178: a bare address that is tried already is not tried again beside it`() {
        var endpoint = Endpoint(TestNet.configuration(0))
        let (here, there) = (SocketAddress(ip: .v4(0x0A00_0001), port: 4000), SocketAddress(ip: .v4(0x0A00_0002), port: 4000))
        func starts() -> Int {
            var count = 0
            while let output = endpoint.nextOutput() { if case .transmit(_, let to, _) = output, to == here { count += 1 } }
            return count
        }
        endpoint.dial(attempt: Array(repeating: 1, count: 16), remote: nil, addresses: [here], now: .zero)
        #expect(starts() == 1)
        endpoint.dial(attempt: Array(repeating: 2, count: 16), remote: nil, addresses: [here], now: .zero)
        #expect(starts() == 0)
        endpoint.dial(attempt: Array(repeating: 3, count: 16), remote: nil, addresses: [there], now: .zero)
        // Once the first has given up, it may be tried anew.
        var now = Instant.zero
        while now < .zero + .seconds(21) {
            now += .milliseconds(100)
            endpoint.handleTimeout(now: now)
            _ = starts()
        }
        endpoint.dial(attempt: Array(repeating: 4, count: 16), remote: nil, addresses: [here], now: now)
        #expect(starts() == 1)
    }

    @Test func `TR-178: members that name many addresses make us flood nobody`() {
        var endpoint = Endpoint(TestNet.configuration(0))
        var (now, sent) = (Instant.zero, 0)
        for second in 0..<10 {
            for number in 0..<100 {
                now = .zero + .milliseconds(second * 1000 + number * 10)
                var nonce = [UInt8](repeating: UInt8(second), count: 16)
                nonce[0] = UInt8(number)
                let addresses = (0..<16).map { SocketAddress("198.51.100.\(number):\(5000 + $0)")! }
                if number % 2 == 0 {
                    endpoint.dial(attempt: nonce, remote: TestNet.configuration(3).peerID, addresses: addresses, now: now)
                } else {
                    endpoint.expect(attempt: nonce, remote: TestNet.configuration(3).peerID, addresses: addresses, now: now)
                }
                endpoint.handleTimeout(now: now)
                sent += RawPeer.transmitted(&endpoint).count
            }
        }
        #expect(sent > 400 && sent <= Int(UnprovenLimiter.burst + UnprovenLimiter.rate * 10))
    }

    @Test func `TR-33: a member that names one address under many identities makes no flood of us, and keeps nobody from us`() throws {
        var endpoint = Endpoint(TestNet.configuration(0))
        var (now, sent): (Instant, [Instant]) = (.zero, [])
        let other = SocketAddress("203.0.113.7:4000")!
        var toOther = 0
        func drain() {
            while let output = endpoint.nextOutput() {
                guard case .transmit(_, let to, _) = output else { continue }
                if to == other { toOther += 1 } else { sent.append(now) }
            }
        }
        for number in 0..<240 {
            now = .zero + .milliseconds(number * 250)
            var nonce = [UInt8](repeating: 7, count: 16)
            nonce[0] = UInt8(number)
            // The sixteen candidates of one newcomer.
            let addresses = (0..<16).map { SocketAddress("198.51.100.9:\(5000 + $0)")! }
            let newcomer = PeerID([UInt8](repeating: UInt8(number), count: 32))!
            if number % 2 == 0 {
                endpoint.dial(attempt: nonce, remote: newcomer, addresses: addresses, now: now)
            } else {
                endpoint.expect(attempt: nonce, remote: newcomer, addresses: addresses, now: now)
            }
            endpoint.handleTimeout(now: now)
            drain()
        }
        // A minute: what there was at once, and what came to it meanwhile.
        #expect(sent.count > 100 && sent.count <= 200)
        for (index, at) in sent.enumerated() {
            #expect(sent[index...].prefix { $0 < at + .seconds(1) }.count <= 60)
        }
        endpoint.expect(attempt: [UInt8](repeating: 9, count: 16), remote: TestNet.configuration(3).peerID, addresses: [other], now: now)
        drain()
        #expect(toOther == 1)
    }

    @Test func `TR-33: a host that answers is no third party`() {
        var limiter = HostLimiter()
        let host = Host(.v4(0x0A00_0001))
        func allowed() -> Int { (0..<200).count { _ in limiter.allows(host, now: .zero) } }
        #expect(allowed() == Int(HostLimiter.burst))
        limiter.answered(host)
        #expect(allowed() == Int(HostLimiter.burst))
        // However many hosts are named, what is remembered is bounded.
        for number in 0..<3000 as Range<UInt32> { _ = limiter.allows(Host(.v4(number << 8)), now: .zero + .seconds(1)) }
        let isLateAllowed = limiter.allows(Host(.v4(0xFF00_0000)), now: .zero + .seconds(200))
        #expect(isLateAllowed)
    }

    @Test func `TR-179: 256 addresses of one network do not fill the house`() throws {
        var endpoint = Endpoint(TestNet.configuration(1))
        var now = Instant.zero
        func dial(_ number: Int, from address: String) -> [Endpoint.Output] {
            var configuration = TestNet.flood(number)
            configuration.certificate = .make(signing: SigningKey(seed: configuration.seed), staticKey: configuration.staticKey)
            now += .milliseconds(100)
            _ = RawPeer(
                dialling: &endpoint, configuration: configuration, from: SocketAddress(address)!, now: now, ephemeral: configuration.seed)
            return RawPeer.outputs(&endpoint)
        }
        for number in 0..<Endpoint.connectionsMax {
            // The last to come has done something for the board.
            if number == Endpoint.connectionsMax - 1 { endpoint.know(SigningKey(seed: TestNet.flood(number).seed).author) }
            _ = dial(number, from: "127.0.2.\(number):4000")
        }
        #expect(endpoint.connectionIDs.count == Endpoint.connectionsMax)
        let newest = try #require(
            endpoint.connectionIDs.max { endpoint.statistics($0)!.establishedAt < endpoint.statistics($1)!.establishedAt })
        let outputs = dial(300, from: "10.1.1.1:4000")
        #expect(outputs.contains { if case .established = $0 { true } else { false } })
        #expect(endpoint.connectionIDs.count == Endpoint.connectionsMax && endpoint.connectionIDs.contains(newest))
    }

    @Test func `TR-55: 256 devices of as many networks do not fill the house either`() throws {
        var endpoint = Endpoint(TestNet.configuration(1))
        var now = Instant.zero
        func device(_ number: Int) -> AuthorID { SigningKey(seed: TestNet.flood(number).seed).author }
        func dial(_ number: Int, from address: String) -> Bool {
            var configuration = TestNet.flood(number)
            configuration.certificate = .make(signing: SigningKey(seed: configuration.seed), staticKey: configuration.staticKey)
            now += .milliseconds(100)
            let address = SocketAddress(address)!
            _ = RawPeer(dialling: &endpoint, configuration: configuration, from: address, now: now, ephemeral: configuration.seed)
            return RawPeer.outputs(&endpoint).contains {
                if case .established(_, let remote) = $0 { remote.author == device(number) } else { false }
            }
        }
        func isHere(_ number: Int) -> Bool { endpoint.connectionIDs.contains { endpoint.statistics($0)?.author == device(number) } }
        // Two who draw, at one address, and strangers.
        for number in 0..<Endpoint.connectionsMax {
            if number < 2 { endpoint.know(device(number)) }
            _ = dial(number, from: number < 2 ? "10.0.0.1:\(4000 + number)" : "10.\(number).0.1:4000")
        }
        #expect(endpoint.connectionIDs.count == Endpoint.connectionsMax)
        // Newcomers of everywhere get in, also at the address of those who draw, and these stay.
        for number in 300..<340 {
            let isIn = dial(number, from: number < 320 ? "10.0.0.1:\(number)" : "11.\(number - 300).0.1:4000")
            #expect(isIn == (number == 300 || number >= 320), "the second of one address would have more than anybody")
        }
        #expect(isHere(0) && isHere(1) && endpoint.connectionIDs.count == Endpoint.connectionsMax)
        // It is not the last who came that goes.
        #expect((320..<340).count { isHere($0) } > 15)
        // All write something. Still a newcomer gets in, until they have been here for long; who has something to come back to does not.
        for id in endpoint.connectionIDs { endpoint.know(try #require(endpoint.statistics(id)).author, since: now) }
        #expect(dial(400, from: "12.0.0.1:4000") && isHere(0) && isHere(1))
        endpoint.know(device(400), since: now)
        endpoint.know(device(401), since: now)
        #expect(!dial(401, from: "12.1.0.1:4000"))
        now += .seconds(601)
        #expect(!dial(402, from: "12.2.0.1:4000"))
    }

    @Test func `TR-56: an attempt that is abandoned is neither dialled nor punched for any more`() throws {
        var endpoint = Endpoint(TestNet.configuration(0))
        let (dialled, expected) = (SocketAddress("203.0.113.7:4000")!, SocketAddress("203.0.113.8:4000")!)
        let (one, two) = (PeerID([UInt8](repeating: 1, count: 32))!, PeerID([UInt8](repeating: 2, count: 32))!)
        func sent() -> Set<SocketAddress> {
            var addresses: Set<SocketAddress> = []
            while let output = endpoint.nextOutput() { if case .transmit(_, .direct(let to), _) = output { addresses.insert(to) } }
            return addresses
        }
        var now = Instant.zero
        endpoint.dial(attempt: [UInt8](repeating: 1, count: 16), remote: one, addresses: [dialled], now: now)
        endpoint.expect(attempt: [UInt8](repeating: 2, count: 16), remote: two, addresses: [expected], now: now)
        #expect(sent() == [dialled, expected])
        endpoint.abandon(remote: one, now: now)
        endpoint.abandon(remote: two, now: now)
        while now < .zero + .seconds(20) {
            now += .milliseconds(50)
            endpoint.handleTimeout(now: now)
            #expect(sent().isEmpty)
        }
    }

    @Test func `TR-22: there are never more than the most connections`() {
        var endpoint = Endpoint(TestNet.configuration(1))
        var now = Instant.zero
        for number in 0..<Endpoint.connectionsMax + 20 {
            var configuration = TestNet.flood(number)
            let device = SigningKey(seed: configuration.seed)
            configuration.certificate = .make(signing: device, staticKey: configuration.staticKey)
            now += .milliseconds(100)
            let address = SocketAddress("10.1.\(number / 250).\(number % 250 + 1):4000")!
            _ = RawPeer(dialling: &endpoint, configuration: configuration, from: address, now: now, ephemeral: configuration.seed)
            _ = RawPeer.outputs(&endpoint)
        }
        #expect(endpoint.connectionIDs.count == Endpoint.connectionsMax)
    }

    @Test func `TR-180: a peer that is heard and never acknowledges is left after half a minute`() throws {
        var endpoint = Endpoint(TestNet.configuration(1))
        var raw = try #require(RawPeer(dialling: &endpoint, configuration: TestNet.configuration(0), from: Self.stranger, now: .zero))
        let id = try #require(endpoint.connectionIDs.first)
        endpoint.send([1, 2, 3], lane: .ops, on: id, now: .zero)
        var closed: Instant?
        for step in 1..<400 where closed == nil {
            let now = Instant.zero + .milliseconds(step * 100)
            // Its numbers have gaps, so that each is answered at once.
            raw.next += 1
            endpoint.receive(raw.packet([Frame.pingType]), from: Self.stranger, now: now)
            endpoint.handleTimeout(now: now)
            for case .closed(_, .timedOut) in RawPeer.outputs(&endpoint) { closed = now }
        }
        let limit = Instant.zero + Connection.unacknowledgedMax
        #expect(try #require(closed) - limit < .seconds(2))
    }

    @Test func `TR-180: a peer that acknowledges and never grants credit is left after half a minute`() throws {
        var endpoint = Endpoint(TestNet.configuration(1))
        var raw = try #require(RawPeer(dialling: &endpoint, configuration: TestNet.configuration(0), from: Self.stranger, now: .zero))
        let id = try #require(endpoint.connectionIDs.first)
        for _ in 0..<40 { endpoint.send([UInt8](repeating: 1, count: 100_000), lane: .bulk, on: id, now: .zero) }
        var closed: Instant?
        var received = RangeSet()
        for step in 1..<500 where closed == nil {
            let now = Instant.zero + .milliseconds(step * 100)
            endpoint.handleTimeout(now: now)
            for output in RawPeer.outputs(&endpoint) {
                if case .closed(_, .timedOut) = output { closed = now }
                guard case .transmit(let packet, _, _) = output, let header = DataHeader(packet) else { continue }
                received.insert(header.truncated..<header.truncated + 1)
            }
            var frames: [UInt8] = []
            _ = Acknowledgement.write(received, delay: .zero, limit: 128, to: &frames)
            endpoint.receive(raw.packet(frames), from: Self.stranger, now: now)
        }
        let waited = try #require(closed) - Instant.zero
        #expect(waited > Connection.unacknowledgedMax && waited < Connection.unacknowledgedMax + .seconds(5))
    }

    @Test func `TR-180: a slow link is not taken for a peer that denies credit`() throws {
        var endpoint = Endpoint(TestNet.configuration(1))
        var raw = try #require(RawPeer(dialling: &endpoint, configuration: TestNet.configuration(0), from: Self.stranger, now: .zero))
        let id = try #require(endpoint.connectionIDs.first)
        // Streams take turns, so no message is whole before nearly all credit is used.
        for stream in 0..<20 as Range<UInt64> {
            endpoint.send([UInt8](repeating: 1, count: 100_000), lane: .ops, stream: stream, on: id, now: .zero)
        }
        let before = endpoint.pendingBytes(on: id)
        var (sent, received) = ([UInt64](), 0)
        for step in 1...120 {
            let now = Instant.zero + .milliseconds(step * 500)
            endpoint.handleTimeout(now: now)
            for case .transmit(let packet, _, _) in RawPeer.outputs(&endpoint) {
                if let header = DataHeader(packet) { sent.append(header.truncated) }
            }
            received = min(sent.count, received + 8)
            var (ranges, frames) = (RangeSet(), [UInt8]())
            for number in sent.prefix(received) { ranges.insert(number..<number + 1) }
            _ = Acknowledgement.write(ranges, delay: .zero, limit: 128, to: &frames)
            endpoint.receive(raw.packet(frames), from: Self.stranger, now: now)
        }
        #expect(endpoint.connectionIDs == [id])
        #expect(before - endpoint.pendingBytes(on: id) > 250_000)
    }

    @Test func `TR-180: an address that is not proved within half a minute ends the connection`() throws {
        // Both ends of a handshake by hand.
        let (left, right) = (TestNet.configuration(0), TestNet.configuration(1))
        var initiator = NoiseHandshake(
            role: .initiator, staticKey: left.staticKey, psk: left.epochs.inForce.psk, prologue: [], ephemeral: TestNet.secret(1))
        var responder = NoiseHandshake(
            role: .responder, staticKey: right.staticKey, psk: left.epochs.inForce.psk, prologue: [], ephemeral: TestNet.secret(2))
        _ = try responder.readMessage(try initiator.writeMessage([]))
        _ = try initiator.readMessage(try responder.writeMessage([]))
        _ = try responder.readMessage(try initiator.writeMessage([]))
        let (keys, secret) = (initiator.finish(), responder.exportSecret(Rekey.label))
        let remote = Remote(
            peer: left.peerID, author: left.certificate.author, payload: [], isInitiator: false, epoch: .zero,
            route: .direct(Self.stranger),
            channelBinding: [])
        var generator = SecretGenerator(seed: right.seed)
        var limiter = UnprovenLimiter()
        let handshaken = Handshaken(
            localIndex: 1, remoteIndex: 2, keys: responder.finish(), rekeySecret: secret, remote: remote, roundTrip: nil, roundTripMin: nil,
            allowance: 1000,
            isDialled: false, finish: nil)
        var connection = Connection(
            handshaken, id: ConnectionID(1),
            rekey: Rekey(handshaken, own: right.peerID, schedule: .standard, disclosesKeys: false, now: .zero),
            activity: .present, jitter: SplitMix64(seed: 1), now: .zero)
        connection.proveAddress(now: .zero, generator: &generator)
        connection.send([UInt8](repeating: 1, count: 100_000), lane: .ops, stream: 0)
        // It acknowledges everything unseen, and cannot know what the challenges say.
        var (incoming, outgoing) = (0, 0)
        var ended: Instant?
        var sent = RangeSet()
        for number in 0..<400 as Range<UInt64> where ended == nil {
            let now = Instant.zero + .milliseconds(Int(number) * 100)
            var outputs = Outputs<Endpoint.Output>()
            if let deadline = connection.deadline, deadline <= now, connection.handleTimeout(now: now, outputs: &outputs) != nil {
                ended = now
            }
            connection.flush(now: now, generator: &generator, limiter: &limiter, outputs: &outputs)
            while let output = outputs.next() {
                guard case .transmit(let packet, _, _) = output else { continue }
                outgoing += packet.count
                if let header = DataHeader(packet) { sent.insert(0..<header.truncated + 1) }
            }
            #expect(outgoing <= 1000 + 3 * incoming)
            var packet: [UInt8] = []
            let headerCount = DataHeader.write(number, receiverIndex: 1, largestAcknowledged: number, to: &packet)
            guard Acknowledgement.write(sent, delay: .zero, limit: 128, to: &packet) else { continue }
            keys.seal(&packet, headerCount: headerCount, counter: number)
            incoming += packet.count
            _ = connection.receive(packet.span, over: .direct(Self.stranger), now: now, generator: &generator, outputs: &outputs)
        }
        #expect(outgoing > 1000)
        #expect(ended == Instant.zero + Connection.unacknowledgedMax)
    }

    @Test func `TR-179: one host cannot keep the others out, and a full house still lets a device come back`() throws {
        var endpoint = Endpoint(TestNet.configuration(1))
        var now = Instant.zero
        func dial(_ configuration: Endpoint.Configuration, from address: String, ephemeral: Int) -> [Endpoint.Output] {
            now += .milliseconds(100)
            let secret = Secret32([9, UInt8(ephemeral >> 8), UInt8(ephemeral & 255)] + [UInt8](repeating: 9, count: 29))!
            _ = RawPeer(
                dialling: &endpoint, configuration: configuration, from: SocketAddress(address)!, now: now, ephemeral: secret)
            return RawPeer.outputs(&endpoint)
        }
        func member(_ number: Int) -> Endpoint.Configuration {
            var configuration = TestNet.flood(number)
            configuration.certificate = .make(signing: SigningKey(seed: configuration.seed), staticKey: configuration.staticKey)
            return configuration
        }
        // All addresses of one network are one host.
        for number in 0..<Endpoint.connectionsMax {
            _ = dial(member(number), from: "[2001:db8:0:1::\(String(number + 1, radix: 16))]:4000", ephemeral: number)
        }
        #expect(endpoint.connectionIDs.count == Endpoint.connectionsMax)
        let another = dial(member(300), from: "10.1.1.1:4000", ephemeral: 300)
        #expect(another.contains { if case .established = $0 { true } else { false } })
        #expect(another.count { if case .closed(_, .crowdedOut) = $0 { true } else { false } } == 1)
        #expect(endpoint.connectionIDs.count == Endpoint.connectionsMax)
        // The busiest host itself gets no further place, but a new process of a device gets that of the old one.
        let more = dial(member(301), from: "[2001:db8:0:1::ffff]:4000", ephemeral: 301)
        #expect(!more.contains { if case .established = $0 { true } else { false } })
        var again = member(5)
        again.salt = PeerSalt([UInt8](repeating: 77, count: 16))!
        let back = dial(again, from: "[2001:db8:0:1::6]:4001", ephemeral: 302)
        #expect(back.contains { if case .established = $0 { true } else { false } })
        #expect(endpoint.connectionIDs.count == Endpoint.connectionsMax)
    }

    @Test
    func `TR-163, TR-165: all addresses of an IPv6 network are one host, and of equals the smallest does not always give way`() throws {
        var limiter = HandshakeLimiter()
        let allowed = (0..<100).filter { limiter.allows(Host(.v6(high: 0x2001_0DB8 << 32, low: UInt64($0))), now: .zero) }
        #expect(allowed.count == Int(HandshakeLimiter.burst))
        let isNeighbourAllowed = limiter.allows(Host(.v6(high: 0x2001_0DB8 << 32 | 1, low: 0)), now: .zero)
        #expect(isNeighbourAllowed)

        let context = TestNet.configuration(1)
        var listener = Listener()
        var generator = SecretGenerator(seed: context.seed)
        for number in 0..<Listener.halfOpenMax + 20 {
            let from = SocketAddress("10.0.\(number >> 8).\(number & 255):1")!
            let attempt = [UInt8](repeating: 1, count: 16)
            var noise = NoiseHandshake(
                role: .initiator, staticKey: TestNet.configuration(0).staticKey, psk: context.epochs.inForce.psk,
                prologue: StartPacket.prologue(keys: context.epochs.inForce, initiator: .zero, responder: .zero, attempt: attempt),
                ephemeral: try #require(Secret32([3, UInt8(number >> 8), UInt8(number & 255)] + [UInt8](repeating: 3, count: 29))))
            let message = try noise.writeMessage([])
            func open(_ cookie: [UInt8]?) throws -> Listener.StartOutcome {
                let start = StartPacket.encode(
                    senderIndex: UInt32(number), attempt: attempt, initiator: .zero, responder: .zero, noise: message, cookie: cookie,
                    key: context.epochs.inForce.mac)
                let outcome = listener.receive(
                    try StartPacket(decoding: start), datagram: start, keys: context.epochs.inForce, from: from, index: UInt32(number),
                    context: context, now: .zero,
                    generator: &generator)
                guard cookie == nil, case .cookie(let packet) = outcome else { return outcome }
                return try open(CookiePacket(decoding: packet).open(start: start, keys: context.epochs.inForce))
            }
            guard case .answer = try open(nil) else {
                Issue.record("start \(number) was not answered")
                return
            }
        }
        #expect(listener.waitingCount == Listener.halfOpenMax)
        #expect((0..<20 as Range<UInt32>).filter { listener.owns($0) }.count > 10)
    }

    @Test func `TR-9: several challenges in one packet get one response`() throws {
        var endpoint = Endpoint(TestNet.configuration(1))
        var raw = try #require(RawPeer(dialling: &endpoint, configuration: TestNet.configuration(0), from: Self.stranger, now: .zero))
        _ = RawPeer.outputs(&endpoint)
        let challenge = [Frame.pathChallengeType] + [UInt8](repeating: 7, count: Frame.challengeCount)
        let asked = raw.packet(challenge + challenge + challenge + challenge)
        let elsewhere = SocketAddress("203.0.113.9:9999")!
        endpoint.receive(asked, from: elsewhere, now: .zero + .milliseconds(1))
        var bytes = 0
        for case .transmit(let packet, let to, _) in RawPeer.outputs(&endpoint) where to == elsewhere { bytes += packet.count }
        #expect(bytes > 0 && bytes <= asked.count)
    }

    @Test func `TR-16: an acknowledgement held through a long sleep is still well formed`() throws {
        var packet: [UInt8] = []
        var received = RangeSet()
        received.insert(0..<3)
        #expect(Acknowledgement.write(received, delay: .seconds(3600), limit: 128, to: &packet))
        var reader = ByteReader(packet, range: 1..<packet.count)
        #expect(try Acknowledgement(from: &reader).largest == 2)
    }
}

extension TestNet {
    /// One of many members with a device of its own.
    static func flood(_ number: Int) -> Endpoint.Configuration {
        var configuration = configuration(0)
        configuration.salt = PeerSalt([UInt8(number >> 8), UInt8(number & 255)] + [UInt8](repeating: 1, count: 14))!
        configuration.seed = Secret32([200, UInt8(number >> 8), UInt8(number & 255)] + [UInt8](repeating: 1, count: 29))!
        return configuration
    }
}
