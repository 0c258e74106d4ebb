import InkCrypto
import InkPrimitives
import Testing

@testable import InkTransport

struct EpochTests {
    private static let first = TestNet.room
    private static let later = RoomKeys(roomSecret: TestNet.secret(8), epoch: TestNet.epoch(1))
    private static let latest = RoomKeys(roomSecret: TestNet.secret(9), epoch: TestNet.epoch(2))

    /// One who stayed at the first epoch, and one who has gone on to the second and knows the first.
    private static func apart() -> TestNet {
        var net = TestNet()
        net.add(TestNet.configuration(0))
        net.add(TestNet.configuration(1))
        net.nodes[1].endpoint.change(to: EpochKeys(inForce: later, former: [first]), now: net.now)
        return net
    }

    private static func attempt(_ byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: 16) }

    @Test(arguments: [false, true])
    func `TR-227, TR-229: who comes by a former epoch is answered in it, and the session goes on`(isAnnounced: Bool) {
        var net = Self.apart()
        if isAnnounced {
            net.nodes[1].endpoint.expect(
                attempt: Self.attempt(5), remote: net.nodes[0].peer, addresses: [net.nodes[0].address], epoch: .zero, now: net.now)
        }
        net.nodes[0].endpoint.dial(
            attempt: Self.attempt(5), remote: isAnnounced ? net.nodes[1].peer : nil, addresses: [net.nodes[1].address], now: net.now)
        #expect(net.run(for: .seconds(10)) { $0.nodes[0].id != nil && $0.nodes[1].id != nil })
        #expect(net.nodes.allSatisfy { $0.established.first?.remote.epoch == .zero })
        // The epoch is passed by all; who has a session keeps it.
        net.nodes[1].endpoint.change(to: EpochKeys(inForce: Self.later), now: net.now)
        net.send([1, 2, 3], from: 0)
        #expect(net.run(for: .seconds(5)) { $0.nodes[1].messages.count == 1 })
        #expect(net.nodes[0].established.count == 1 && net.nodes[1].closed.isEmpty)
    }

    @Test func `TR-228: in one epoch another is dialled by its name, and a bare dial is in the one in force`() {
        var net = Self.apart()
        net.nodes[1].endpoint.dial(attempt: Self.attempt(6), remote: nil, addresses: [net.nodes[0].address], now: net.now)
        net.run(for: .seconds(2))
        #expect(net.nodes[1].id == nil && !net.sent.contains { $0.from == net.nodes[0].address })
        net.nodes[1].endpoint.dial(
            attempt: Self.attempt(5), remote: nil, addresses: [net.nodes[0].address], epoch: .zero, now: net.now)
        #expect(net.run(for: .seconds(10)) { $0.nodes[0].id != nil && $0.nodes[1].id != nil })
        #expect(net.nodes[1].established.first?.remote.epoch == .zero)
    }

    @Test func `TR-227: an epoch that is passed is a stranger's`() {
        var net = Self.apart()
        net.nodes[1].endpoint.change(to: EpochKeys(inForce: Self.later), now: net.now)
        net.nodes[0].endpoint.dial(attempt: Self.attempt(5), remote: nil, addresses: [net.nodes[1].address], now: net.now)
        net.run(for: .seconds(30))
        #expect(!net.sent.contains { $0.from == net.nodes[1].address })
        #expect(net.nodes[1].endpoint.counters.forged > 0)
        // Nor is anybody dialled there, or expected.
        net.nodes[1].endpoint.dial(
            attempt: Self.attempt(7), remote: nil, addresses: [net.nodes[0].address], epoch: .zero, now: net.now)
        #expect(net.nodes[1].endpoint.open(attempt: Self.attempt(8), remote: net.nodes[0].peer, epoch: .zero, now: net.now) == nil)
        net.run(for: .seconds(1))
        #expect(net.nodes[1].failed.map(\.attempt) == [Self.attempt(7)])
        #expect(!net.sent.contains { $0.from == net.nodes[1].address })
    }

    @Test func `TR-140: of former epochs fifteen are known, each once`() {
        let former = (1...20).map { RoomKeys(roomSecret: TestNet.secret(UInt8($0)), epoch: TestNet.epoch(UInt8($0))) }
        let epochs = EpochKeys(inForce: former[2], former: former + former)
        #expect(epochs.former.map(\.epoch) == ([1, 2] + Array(4...16)).map { TestNet.epoch($0) })
        #expect(epochs[TestNet.epoch(3)]?.tag == former[2].tag && epochs[TestNet.epoch(17)] == nil)
    }

    @Test func `TR-141: what is made under one epoch's keys is nothing in another's attempt`() throws {
        // The responder takes up a start of the first epoch; message 3 comes under the MAC of the second, as who holds both could make it.
        var dialler = Endpoint(TestNet.configuration(0))
        var responder = Endpoint(TestNet.configuration(1))
        responder.change(to: EpochKeys(inForce: Self.later, former: [Self.first]), now: .zero)
        responder.expect(attempt: Self.attempt(5), remote: TestNet.configuration(0).peerID, addresses: [], epoch: .zero, now: .zero)
        dialler.dial(
            attempt: Self.attempt(5), remote: TestNet.configuration(1).peerID, addresses: [TestNet.address(1)], now: .zero)
        let start = try #require(RawPeer.transmitted(&dialler).first)
        func under(_ keys: RoomKeys, _ packet: [UInt8]) -> [UInt8] {
            var packet = Array(packet.dropLast(HandshakeMAC.byteCount))
            HandshakeMAC.append(to: &packet, key: keys.mac)
            return packet
        }
        // It was announced in the first, so in the second it gets a cookie and no more.
        responder.receive(under(Self.later, start), from: TestNet.address(0), now: .zero)
        #expect(RawPeer.transmitted(&responder).map { $0.first } == [PacketType.cookie.rawValue])
        responder.receive(start, from: TestNet.address(0), now: .zero)
        let answer = try #require(RawPeer.transmitted(&responder).first)
        #expect(answer.first == PacketType.answer.rawValue)
        // A start that is known, under other keys, is refused.
        responder.receive(under(Self.later, start), from: TestNet.address(0), now: .zero)
        #expect(RawPeer.transmitted(&responder).isEmpty)
        dialler.change(to: EpochKeys(inForce: Self.later, former: [Self.first]), now: .zero)
        dialler.receive(under(Self.later, answer), from: TestNet.address(1), now: .zero)
        #expect(dialler.counters.established == 0)
        dialler.receive(answer, from: TestNet.address(1), now: .zero)
        #expect(dialler.counters.established == 1)
        let finish = try #require(RawPeer.transmitted(&dialler).first { $0.first == PacketType.finish.rawValue })
        responder.receive(under(Self.later, finish), from: TestNet.address(0), now: .zero)
        #expect(responder.counters.established == 0)
        responder.receive(finish, from: TestNet.address(0), now: .zero)
        #expect(responder.counters.established == 1)
    }

    @Test func `TR-142: with an epoch end its attempts, not those of the others`() {
        var net = TestNet()
        net.add(TestNet.configuration(0))
        net.nodes[0].endpoint.change(to: EpochKeys(inForce: Self.later, former: [Self.first]), now: net.now)
        for (byte, epoch) in [(5, EpochID.zero), (6, Self.later.epoch)] {
            net.nodes[0].endpoint.dial(
                attempt: Self.attempt(UInt8(byte)), remote: nil, addresses: [TestNet.address(byte)], epoch: epoch, now: net.now)
        }
        net.run(for: .seconds(1))
        net.nodes[0].endpoint.change(to: EpochKeys(inForce: Self.latest, former: [Self.later]), now: net.now)
        net.run(for: .seconds(1))
        #expect(net.nodes[0].failed.map(\.attempt) == [Self.attempt(5)])
        let before = net.sent.count
        net.run(for: .seconds(3))
        #expect(net.sent.count > before && net.sent[before...].allSatisfy { $0.to == TestNet.address(6) })
    }

    @Test func `TR-142: with an epoch end the handshakes that wait in it`() throws {
        var dialler = Endpoint(TestNet.configuration(0))
        var responder = Endpoint(TestNet.configuration(1))
        responder.expect(attempt: Self.attempt(5), remote: TestNet.configuration(0).peerID, addresses: [], now: .zero)
        dialler.dial(
            attempt: Self.attempt(5), remote: TestNet.configuration(1).peerID, addresses: [TestNet.address(1)], now: .zero)
        let start = try #require(RawPeer.transmitted(&dialler).first)
        responder.receive(start, from: TestNet.address(0), now: .zero)
        let answer = try #require(RawPeer.transmitted(&responder).first)
        dialler.receive(answer, from: TestNet.address(1), now: .zero)
        let finish = try #require(RawPeer.transmitted(&dialler).first { $0.first == PacketType.finish.rawValue })
        // It knows the keys still, or again, and not the handshake.
        responder.change(to: EpochKeys(inForce: Self.later), now: .zero)
        responder.change(to: EpochKeys(inForce: Self.later, former: [Self.first]), now: .zero)
        responder.receive(finish, from: TestNet.address(0), now: .zero)
        #expect(responder.counters.established == 0 && responder.counters.replayed == 1)
    }
}
