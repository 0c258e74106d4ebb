import InkCrypto
import InkPrimitives
import Testing

@testable import InkTransport

@Suite struct RekeyTests {
    private static func quick(_ seconds: Double, refused: Double = 60) -> RekeySchedule {
        RekeySchedule(after: .milliseconds(Int(seconds * 1000)), refusedAfter: .milliseconds(Int(refused * 1000)))
    }

    private static func renewals(_ net: TestNet, _ index: Int) -> UInt64 {
        net.nodes[index].id.flatMap { net.nodes[index].endpoint.statistics($0)?.renewals } ?? 0
    }

    /// What a world with new keys each so often brought.
    private struct Journey {
        var net: TestNet
        /// Spans between two messages that arrived, at each node.
        var gaps: [[Duration]] = []
        var said = 0
    }

    /// Both say something each 16 ms; `step` may change the world before each.
    private static func travel(_ start: TestNet, for span: Duration, _ step: (inout TestNet, Int) -> Void = { _, _ in }) -> Journey {
        var journey = Journey(net: start)
        let began = journey.net.now
        while journey.net.now - began < span {
            step(&journey.net, journey.said)
            journey.said += 1
            for index in 0..<2 { journey.net.send(number(journey.said), from: index) }
            journey.net.run(for: .milliseconds(16))
        }
        let ended = journey.net.now
        journey.net.run(for: .seconds(3))
        journey.gaps = journey.net.nodes.map { node in
            let times = [began] + node.messages.map(\.at).filter { $0 > began } + [ended]
            return zip(times, times.dropFirst()).map { $1 - $0 }
        }
        return journey
    }

    private static func number(_ value: Int) -> [UInt8] { [UInt8(value & 255), UInt8(value >> 8)] }

    private func expectWhole(_ journey: Journey) {
        for node in journey.net.nodes {
            #expect(node.messages.map(\.bytes) == (1...journey.said).map { Self.number($0) }, "all, once, in order")
            #expect(node.closed.isEmpty && node.degraded.isEmpty && node.established.count == 1)
        }
    }

    @Test func `TR-101, TR-104, TR-221: after two minutes both have other keys, indices and numbers, and what they say goes on`() throws {
        var net = TestNet.pair(faults: Faults(delay: .milliseconds(20)))
        let ids = try net.nodes.map { try #require($0.id) }
        let before = net.nodes.indices.map { net.nodes[$0].endpoint.localIndex(of: ids[$0]) }
        net.run(for: .seconds(119))
        #expect(net.nodes.indices.map { net.nodes[$0].endpoint.localIndex(of: ids[$0]) } == before)
        let journey = Self.travel(net, for: .seconds(12))
        expectWhole(journey)
        let after = journey.net.nodes.indices.map { journey.net.nodes[$0].endpoint.localIndex(of: ids[$0]) }
        #expect(after[0] != before[0] && after[1] != before[1])
        #expect(Self.renewals(journey.net, 0) == 1 && Self.renewals(journey.net, 1) == 1)
        // Both packets of the new keys begin at number 0 again.
        for index in 0..<2 {
            let headers = journey.net.sent.compactMap { DataHeader($0.bytes) }.filter { $0.receiverIndex == after[index] }
            #expect(headers.first?.truncated == 0)
            #expect(Set(headers.map(\.truncated)).count == headers.count)
        }
        #expect(journey.gaps.joined().allSatisfy { $0 <= .milliseconds(40) })
    }

    @Test func `TR-101: sessions that began together have new keys one after the other`() throws {
        let spans = try (0..<16).map { number in
            var net = TestNet()
            net.add(TestNet.configuration(number))
            net.add(TestNet.configuration(50 + number))
            net.connect(0, 1)
            net.run { $0.nodes[0].id != nil }
            let began = net.now
            let (id, before) = (try #require(net.nodes[0].id), net.nodes[0].endpoint)
            #expect(net.run(for: .seconds(140)) { $0.nodes[0].endpoint.localIndex(of: id) != before.localIndex(of: id) })
            return net.now - began
        }
        // Each asks by its lot, within a twelfth of two minutes; a round trip is 100 ms.
        #expect(spans.allSatisfy { $0 > .seconds(119.5) && $0 < .seconds(130.5) })
        #expect(Set(spans.map { $0.components.seconds }).count >= 6)
    }

    @Test func `TR-101: who sends many packets has new keys earlier`() {
        var schedule = RekeySchedule.standard
        schedule.packets = 500
        var net = TestNet.pair(rekeying: (schedule, schedule))
        net.run(for: .seconds(6))
        net.send([UInt8](repeating: 1, count: 100_000), from: 0, lane: .bulk)
        net.run(for: .seconds(4))
        #expect(Self.renewals(net, 0) == 0)
        for _ in 0..<5 { net.send([UInt8](repeating: 1, count: 131_072), from: 0, lane: .bulk) }
        net.run(for: .seconds(4))
        net.run(for: .seconds(16)) { Self.renewals($0, 1) > 0 }
        #expect(Self.renewals(net, 0) == 1 && Self.renewals(net, 1) == 1)
        #expect(net.nodes[1].messages.count == 6)
    }

    @Test func `TR-101: where the initiator does not ask the other does, an eighth later`() {
        var net = TestNet.pair(rekeying: (Self.quick(300, refused: 400), .standard))
        net.run(for: .seconds(134))
        #expect(Self.renewals(net, 1) == 0)
        net.run(for: .seconds(2))
        #expect(Self.renewals(net, 1) == 1 && Self.renewals(net, 0) == 0)
        // Who answered knows with the next packet that the answer has come.
        net.run(for: .seconds(15))
        #expect(Self.renewals(net, 0) == 1 && Self.renewals(net, 1) == 1)
        #expect(net.nodes.allSatisfy { $0.closed.isEmpty })
    }

    @Test func `TR-220: who asked and has nothing to say says so after a quarter of the time that is left`() throws {
        let schedule = Self.quick(20, refused: 40)
        var net = TestNet.pair(faults: Faults(delay: .milliseconds(25)), rekeying: (schedule, schedule))
        for index in 0..<2 { net.nodes[index].endpoint.setActivity(.idle) }
        #expect(net.run(for: .seconds(23)) { Self.renewals($0, 0) == 1 })
        let adopted = net.now
        net.sent = []
        #expect(net.run(for: .seconds(6)) { Self.renewals($0, 1) == 1 })
        #expect(net.now - adopted == .milliseconds(5025) && net.sent.filter { $0.from == net.nodes[0].address }.count == 1)
        // Where the peer says something, it is told at once.
        net.run(for: .seconds(19))
        #expect(net.run(for: .seconds(5)) { Self.renewals($0, 0) == 2 })
        net.run(for: .milliseconds(100))
        net.send([1], from: 1)
        net.run(for: .milliseconds(60))
        #expect(Self.renewals(net, 1) == 2 && net.nodes[0].messages.count == 1)
    }

    @Test(arguments: 0..<10 as Range<UInt64>) func `TR-102: of two who ask at once the session's initiator wins`(seed: UInt64) {
        // 8 s and an eighth are 9 s, and the responder's keys are 80 ms younger: it asks while the initiator's question is on the way.
        let late = RekeySchedule(after: .milliseconds(9008 + 16 * Int(seed)), refusedAfter: .seconds(30))
        var net = TestNet.pair(
            seed: seed, faults: Faults(loss: seed % 2 == 0 ? 0 : 0.3, delay: .milliseconds(80)),
            rekeying: (late, Self.quick(8, refused: 30)))
        net.run(for: .seconds(14))
        // Where many are lost it takes its time.
        net.run { net in (0..<2).allSatisfy { Self.renewals(net, $0) > 0 } }
        for index in 0..<2 {
            #expect(Self.renewals(net, index) == 1)
            net.send([7], from: index)
        }
        net.run(for: .seconds(3))
        #expect(net.nodes.allSatisfy { $0.messages.map(\.bytes) == [[7]] && $0.closed.isEmpty })
    }

    @Test
    func `TR-103, TR-105, TR-222: new keys each two seconds on a bad line lose nothing, and stall no more than the line does without`() {
        let faults = Faults(
            loss: 0.1, delay: .milliseconds(25), jitter: .milliseconds(4), reorder: 0.02, reorderDelay: .milliseconds(15), duplicate: 0.02,
            flip: 0.005)
        // A round trip of 58 ms at most, and 20 ms.
        let late = Duration.milliseconds(78)
        var (plain, renewed) = (0, 0)
        for seed in UInt64(0)..<4 {
            for schedule in [RekeySchedule.standard, Self.quick(2)] {
                let journey = Self.travel(TestNet.pair(seed: seed, faults: faults, rekeying: (schedule, schedule)), for: .seconds(12))
                expectWhole(journey)
                let stalls = journey.gaps.joined().count { $0 > late }
                if schedule == .standard {
                    plain += stalls
                } else {
                    renewed += stalls
                    #expect(Self.renewals(journey.net, 0) >= 4)
                }
                // Three losses in a row, and what repairs them.
                #expect(journey.gaps.joined().allSatisfy { $0 <= .milliseconds(250) })
            }
        }
        #expect(renewed <= plain + 2, "\(renewed) stalls with new keys, \(plain) without")
    }

    @Test(arguments: 0..<3 as Range<UInt64>)
    func `TR-103, TR-105: new keys each two seconds while both move, are relayed and are direct again lose nothing`(seed: UInt64) throws {
        let faults = Faults(loss: 0.1, delay: .milliseconds(25), jitter: .milliseconds(4), duplicate: 0.02)
        var net = try PathTests.met(seed: seed, faults: faults, rekeying: Self.quick(2))
        try PathTests.exchange(&net)
        let homes = net.nodes.map(\.address)
        var relayed: Set<Int> = []
        let journey = Self.travel(net, for: .seconds(22)) { net, turn in
            for index in 0..<2 where PathTests.route(net, index)?.isRelay == true { relayed.insert(turn) }
            switch turn % 625 {
            // A new address, from which it goes on.
            case 150: net.nodes[0].address = SocketAddress("10.0.1.\(turn / 625 + 1):4000")!
            case 300: net.nodes[1].address = SocketAddress("10.0.2.\(turn / 625 + 1):4000")!
            // Nothing direct, so that only the relay is left.
            case 450: net.cut = [net.nodes[0].address]
            case 600: net.cut = []
            default: break
            }
        }
        expectWhole(journey)
        #expect(homes != journey.net.nodes.map(\.address))
        #expect(!relayed.isEmpty && relayed.count < journey.said)
        #expect(Self.renewals(journey.net, 0) >= 5)
        // Who answered the last question knows with the next packet that the answer has come.
        #expect([0, 1].contains(Self.renewals(journey.net, 0) - min(Self.renewals(journey.net, 0), Self.renewals(journey.net, 1))))
    }

    @Test
    func `TR-105, TR-220, TR-222: what is on the way when the keys change is acknowledged under the old, which then are gone`() throws {
        let schedule = Self.quick(2)
        var net = TestNet.pair(faults: Faults(delay: .milliseconds(100)), rekeying: (schedule, schedule))
        let ids = try net.nodes.map { try #require($0.id) }
        let old = try net.nodes.indices.map { try #require(net.nodes[$0].endpoint.localIndex(of: ids[$0])) }
        // Steady packets, so that there are some on the way at each moment.
        let journey = Self.travel(net, for: .milliseconds(2600))
        net = journey.net
        expectWhole(journey)
        #expect(Self.renewals(net, 0) >= 1)
        let statistics = try #require(net.nodes[0].endpoint.statistics(ids[0]))
        #expect(statistics.packetsLost == 0 && statistics.bytesRetransmitted == 0, "nothing had to go again")
        // A packet for the index of keys that are gone belongs to nobody.
        let stale = try #require(net.sent.last { DataHeader($0.bytes)?.receiverIndex == old[1] })
        let unknown = net.nodes[1].endpoint.counters.unknown
        net.nodes[1].endpoint.receive(stale.bytes, from: stale.from, now: net.now)
        #expect(net.nodes[1].endpoint.counters.unknown == unknown + 1)
    }

    @Test func `TR-105: nothing is sealed in the space before once its time is over`() throws {
        let schedule = Self.quick(2)
        var net = TestNet.pair(faults: Faults(delay: .milliseconds(20)), rekeying: (schedule, schedule))
        let ids = try net.nodes.map { try #require($0.id) }
        let old = try net.nodes.indices.map { try #require(net.nodes[$0].endpoint.localIndex(of: ids[$0])) }
        net.run(for: .milliseconds(1900))
        // One packet stays away.
        net.faults.loss = 1
        net.send([7], from: 1)
        net.drain(1)
        net.faults.loss = 0
        let late = try #require(net.sent.last { DataHeader($0.bytes)?.receiverIndex == old[0] })
        net.run(for: .seconds(2)) { net in (0..<2).allSatisfy { Self.renewals(net, $0) == 1 } }
        // It comes in the last moment in which it is opened.
        let accepted = net.nodes[0].endpoint.counters.accepted
        var (endpoint, now, isLast) = (net.nodes[0].endpoint, net.now, false)
        while !isLast {
            let at = now + .milliseconds(5)
            var copy = net.nodes[0].endpoint
            copy.receive(late.bytes, from: late.from, now: at)
            isLast = copy.counters.accepted == accepted
            if !isLast { (endpoint, now) = (copy, at) }
        }
        try #require(now > net.now + .seconds(1))
        // Its acknowledgement would leave when the space is over, with something else.
        endpoint.send([1], lane: .ops, on: ids[0], now: now + .milliseconds(30))
        let indices = RawPeer.transmitted(&endpoint).compactMap { DataHeader($0)?.receiverIndex }
        #expect(!indices.isEmpty && !indices.contains(old[1]))
    }

    @Test func `TR-221: what is lost while the keys change counts among the losses of the line`() throws {
        let schedule = Self.quick(2)
        var net = TestNet.pair(faults: Faults(delay: .milliseconds(50)), rekeying: (schedule, schedule))
        let id = try #require(net.nodes[0].id)
        let asks = net.nodes[0].established[0].at + .seconds(2)
        for turn in 0..<300 where net.now < asks + .milliseconds(300) {
            // The question has left, and nothing is known yet of what is lost now.
            let isBad = net.now > asks + .milliseconds(10) && Self.renewals(net, 0) == 0
            net.faults.loss = isBad && turn % 2 == 0 ? 1 : 0
            net.send([1], from: 0)
            net.drain(0)
            net.faults.loss = 0
            net.run(for: .milliseconds(10))
        }
        let statistics = try #require(net.nodes[0].endpoint.statistics(id))
        #expect(statistics.renewals == 1 && statistics.packetsLost >= 3)
        #expect(statistics.lossEstimate > 0.02, "\(statistics.lossEstimate)")
    }

    // MARK: Those who do not keep the rules

    private static let stranger = SocketAddress("192.0.2.9:4000")!

    /// An endpoint and a member that speaks by hand, in a session that is some seconds old.
    private static let established = Instant(nanoseconds: 1_000_000_000)

    private static func besieged(_ schedule: RekeySchedule = .standard) throws -> (Endpoint, RawPeer, Instant) {
        var endpoint = Endpoint(TestNet.configuration(1, rekeying: schedule))
        var now = established
        let dialled = RawPeer(dialling: &endpoint, configuration: TestNet.configuration(0), from: stranger, now: now)
        let raw = try #require(dialled)
        // Its first word (TR-98).
        now = now + .milliseconds(10)
        endpoint.handleTimeout(now: now)
        _ = RawPeer.outputs(&endpoint)
        return (endpoint, raw, now)
    }

    private static func question(of raw: RawPeer, to endpoint: Endpoint.Configuration, count: UInt64 = 1, ephemeral: UInt8) throws
        -> [UInt8]
    {
        var prologue = Array(Rekey.label.utf8) + TestNet.configuration(0).peerID.bytes + endpoint.peerID.bytes
        prologue.appendBigEndian(count, count: 8)
        var noise = NoiseHandshake(
            renewing: .initiator, psk: raw.rekeySecret, prologue: prologue, ephemeral: TestNet.secret(ephemeral))
        return RekeyMessage(count: count, noise: try noise.writeMessage([0, 0, 0, ephemeral])).frame(Frame.rekeyQuestionType)
    }

    /// Packets that the endpoint sends, and why it closed.
    private static func answers(_ endpoint: inout Endpoint) -> (packets: [[UInt8]], closed: CloseReason?) {
        let outputs = RawPeer.outputs(&endpoint)
        let packets = outputs.compactMap { if case .transmit(let bytes, _, _) = $0 { bytes } else { nil } }
        return (packets, outputs.lazy.compactMap { if case .closed(_, let reason) = $0 { reason } else { nil } }.first)
    }

    @Test(arguments: [Frame.rekeyQuestionType, Frame.rekeyAnswerType])
    func `TR-219: who asks or answers without the secret of the session loses it`(type: UInt8) throws {
        var (endpoint, raw, now) = try Self.besieged(Self.quick(8))
        if type == Frame.rekeyAnswerType {
            // We ask at 9 s; it is heard from in between.
            for _ in 0..<10 {
                now = now + .seconds(1)
                endpoint.receive(raw.packet([Frame.pingType]), from: Self.stranger, now: now)
                endpoint.handleTimeout(now: now)
                #expect(Self.answers(&endpoint).closed == nil)
            }
        } else {
            now = now + .seconds(6)
        }
        let frame = RekeyMessage(count: 1, noise: [UInt8](repeating: 7, count: RekeyMessage.noiseCount)).frame(type)
        endpoint.receive(raw.packet(frame), from: Self.stranger, now: now)
        #expect(Self.answers(&endpoint).closed == .misbehaved(.brokenRekey))
    }

    @Test func `TR-218: questions too soon, too many or of another count bring no keys, and each that counts one answer`() throws {
        var (endpoint, raw, now) = try Self.besieged()
        let ours = TestNet.configuration(1)
        func ask(_ frame: [UInt8]) -> Int {
            let packet = raw.packet(frame)
            endpoint.receive(packet, from: Self.stranger, now: now)
            let (packets, closed) = Self.answers(&endpoint)
            #expect(closed == nil)
            #expect(packets.allSatisfy { $0.count <= packet.count })
            return packets.count
        }
        now = now + .seconds(1)
        #expect(ask(try Self.question(of: raw, to: ours, ephemeral: 11)) == 0, "too soon")
        now = now + .seconds(5)
        #expect(ask(try Self.question(of: raw, to: ours, count: 0, ephemeral: 12)) == 0)
        #expect(ask(try Self.question(of: raw, to: ours, count: 2, ephemeral: 12)) == 0)
        let first = try Self.question(of: raw, to: ours, ephemeral: 13)
        #expect(ask(first) == 1)
        // Others for the same keys are not looked at, however late; the same one gets the same answer.
        for ephemeral in UInt8(20)..<60 {
            now = now + .milliseconds(300)
            #expect(ask(try Self.question(of: raw, to: ours, ephemeral: ephemeral)) == 0)
        }
        #expect(ask(first) == 1)
    }

    @Test func `TR-223: who never confirms new keys keeps the session as long as the old keys may be used, and no longer`() throws {
        var (endpoint, raw, now) = try Self.besieged()
        let began = Self.established
        now = now + .seconds(6)
        endpoint.receive(raw.packet(try Self.question(of: raw, to: TestNet.configuration(1), ephemeral: 11)), from: Self.stranger, now: now)
        var seen: RangeSet = RangeSet()
        var ended: Instant?
        while ended == nil, now - began < .seconds(300) {
            let (packets, closed) = Self.answers(&endpoint)
            if let reason = closed {
                #expect(reason == .timedOut)
                #expect(packets.isEmpty, "nothing is sealed any more")
                ended = now
                break
            }
            for packet in packets { if let header = DataHeader(packet) { seen.insert(header.truncated..<header.truncated + 1) } }
            var frames = [Frame.pingType]
            _ = Acknowledgement.write(seen, delay: .zero, limit: 128, to: &frames)
            now = min(now + .seconds(1), endpoint.deadline ?? now + .seconds(1))
            if now - began < RekeySchedule.standard.refusedAfter {
                endpoint.receive(raw.packet(frames), from: Self.stranger, now: now)
            }
            endpoint.handleTimeout(now: now)
        }
        #expect(ended == began + RekeySchedule.standard.refusedAfter)
    }

    @Test func `TR-106: a packet under keys that are too old is not opened`() throws {
        var (endpoint, raw, now) = try Self.besieged()
        now = now + RekeySchedule.standard.refusedAfter
        let before = endpoint.counters.replayed
        endpoint.receive(raw.packet(RawPeer.stream(offset: 0, [UInt8](repeating: 0, count: 8) + [1, 9])), from: Self.stranger, now: now)
        #expect(Self.answers(&endpoint).packets.isEmpty)
        #expect(endpoint.counters.replayed == before + 1)
        endpoint.handleTimeout(now: now)
        #expect(Self.answers(&endpoint).closed == .timedOut)
    }

    @Test func `TR-21, TR-106: who closed a session says goodbye under its keys as long as they may be used, and no longer`() throws {
        var (endpoint, raw, _) = try Self.besieged()
        let id = try #require(endpoint.connectionIDs.first)
        let end = Self.established + RekeySchedule.standard.refusedAfter
        endpoint.close(id, now: end - .milliseconds(50))
        #expect(RawPeer.transmitted(&endpoint).count == 1)
        endpoint.repeatGoodbyes(now: end - .milliseconds(20))
        #expect(RawPeer.transmitted(&endpoint).count == 1)
        #expect(endpoint.goodbyeDeadline == nil)
        endpoint.repeatGoodbyes(now: end + .milliseconds(50))
        endpoint.receive(raw.packet([UInt8](repeating: Frame.pingType, count: 40)), from: Self.stranger, now: end + .milliseconds(60))
        #expect(RawPeer.transmitted(&endpoint).isEmpty)
        endpoint.handleTimeout(now: end + .milliseconds(70))
        #expect(endpoint.deadline == nil)
    }

    @Test func `TR-21: who slept after a goodbye does not say it again`() throws {
        var (endpoint, raw, now) = try Self.besieged()
        endpoint.close(try #require(endpoint.connectionIDs.first), now: now)
        #expect(RawPeer.transmitted(&endpoint).count == 1)
        now = now + ClosingConnection.lifetime
        endpoint.repeatGoodbyes(now: now)
        endpoint.receive(raw.packet([UInt8](repeating: Frame.pingType, count: 40)), from: Self.stranger, now: now)
        #expect(RawPeer.transmitted(&endpoint).isEmpty)
        // Nor does who has nothing else to do come back for it at once, and again at once.
        #expect(endpoint.goodbyeDeadline == nil)
    }

    @Test func `TR-106, TR-223: two who slept for ten minutes close the session at once, and say nothing under its keys`() {
        var net = TestNet.pair()
        net.run(for: .seconds(30))
        net.now = net.now + .seconds(600)
        net.sent = []
        net.run(for: .milliseconds(1))
        #expect(net.nodes.allSatisfy { $0.closed.map(\.reason) == [.timedOut] })
        #expect(net.sent.isEmpty)
        net.connect(0, 1, nonce: 6)
        #expect(net.run(for: .seconds(2)) { $0.nodes.allSatisfy { $0.established.count == 2 } })
    }

    @Test func `TR-223: two who slept for a minute and a half go on, with new keys`() {
        var net = TestNet.pair()
        net.run(for: .seconds(60))
        net.now = net.now + .seconds(90)
        net.run(for: .seconds(17))
        #expect((0..<2).allSatisfy { Self.renewals(net, $0) == 1 })
        #expect(net.nodes.allSatisfy { $0.closed.isEmpty })
    }
}
