import InkBoard
import InkConnectivity
import InkCrypto
import InkPrimitives
import InkRendezvous
import Testing

@testable import InkSession

/// One node, a rendezvous whose side the test plays, and the addresses that a system would list.
@Suite struct SurroundingsTests {
    private static let rendezvous = SocketAddress(ip: .v4(0xCB00_7101), port: 4300)
    private static let rendezvous6 = SocketAddress(ip: .v6(high: 0x2001_0DB8_0000_0000, low: 1), port: 4300)
    private static let stun = SocketAddress(ip: rendezvous.ip, port: 3478)
    private static let stun6 = SocketAddress(ip: rendezvous6.ip, port: 3478)
    private static let cable = own(0xC0A8_0104, .routed)
    private static let cable6 = LocalAddress(
        address: SocketAddress(ip: .v6(high: 0x2001_0DB8_0001_0000, low: 4), port: 4000), prefixLength: 64, standing: .routed)

    private static func own(_ word: UInt32, _ standing: LocalAddress.Standing) -> LocalAddress {
        LocalAddress(address: SocketAddress(ip: .v4(word), port: 4000), prefixLength: 24, standing: standing)
    }

    private var node: Node
    private var now = Instant.zero

    init() throws { node = try Self.node() }

    private static func node(_ change: (inout Node.Configuration) -> Void = { _ in }) throws -> Node {
        var generator = SecretGenerator(seed: [UInt8](repeating: 7, count: 32))
        let identity = SigningKey(seed: generator.secret())
        let genesis = try Board.makeGenesis(owner: identity, name: "test", wallTime: 1, nonce: generator.bytes(16))
        var configuration = Node.Configuration(
            identity: identity, staticKey: StaticKey(secret: generator.secret()), roomSecret: generator.secret(),
            boardID: try #require(BoardID(genesis.name.bytes)), genesis: genesis, rendezvousCount: 1)
        change(&configuration)
        return Node(configuration, seed: generator.secret(), now: .zero)
    }

    /// Gives an input; where datagrams go.
    private mutating func give(_ input: Node.Input) -> [SocketAddress] {
        node.handle(input, now: now)
        var targets: [SocketAddress] = []
        while let output = node.nextOutput() { if case .transmit(_, let to) = output { targets.append(to) } }
        return targets
    }

    private mutating func meet() -> [SocketAddress] {
        _ = give(.rendezvousConnected(to: Self.rendezvous))
        return give(.rendezvousMessage(.welcome(nonce: [UInt8](repeating: 1, count: 32), stunPort: 3478)))
    }

    @Test mutating func `CN-13, CN-31: STUN is asked in each family that we have, and anew when the rendezvous is back`() throws {
        _ = give(.localAddresses([Self.cable]))
        #expect(meet() == [Self.stun])
        #expect(give(.rendezvousAddresses([Self.rendezvous, Self.rendezvous6])).isEmpty, "we have no IPv6")
        #expect(give(.localAddresses([Self.cable, Self.cable6])) == [Self.stun, Self.stun6])
        #expect(give(.rendezvousClosed(reason: "gone")).isEmpty)
        #expect(meet() == [Self.stun])
        #expect(give(.rendezvousAddresses([Self.rendezvous6])).isEmpty, "it is asked all the time")
    }

    @Test mutating func `SE-112, SE-305: elsewhere in the network STUN is asked at once, and a container is no other network`() throws {
        _ = give(.localAddresses([Self.cable]))
        _ = meet()
        let bridge = Self.own(0xAC11_0001, .inner)
        #expect(give(.localAddresses([Self.cable, bridge])).isEmpty)
        #expect(give(.localAddresses([Self.cable])).isEmpty)
        #expect(give(.localAddresses([Self.own(0xC0A8_0207, .routed)])) == [Self.stun])
        var unplugged = Self.cable
        unplugged.standing = .idle
        #expect(give(.localAddresses([unplugged])) == [Self.stun])
    }

    @Test mutating func `SE-112: elsewhere in the network saved addresses are dialled at once`() throws {
        let peer = SocketAddress(ip: .v4(0xCB00_7109), port: 4000)
        node = try Self.node { ($0.rendezvousCount, $0.lastPeers) = (0, [peer]) }
        _ = give(.localAddresses([Self.cable]))
        // Until an attempt has come to nothing and the next is far.
        var sentAt = now
        while let deadline = node.deadline, deadline < sentAt + .seconds(10) {
            now = deadline
            if give(.timeout).contains(peer) { sentAt = now }
        }
        #expect(try #require(node.deadline) > sentAt + .seconds(9))
        now = sentAt + .seconds(9)
        #expect(give(.localAddresses([Self.cable, Self.own(0xAC11_0001, .inner)])).isEmpty)
        #expect(give(.localAddresses([Self.own(0xC0A8_0207, .routed)])) == [peer])
    }

    @Test mutating func `CN-12, CN-30: what a link names is dialled by the rules of candidates, what a person typed as it is`() throws {
        func address(_ text: String) throws -> SocketAddress { try #require(SocketAddress(text)) }
        let far = try address("10.9.9.9:4000")
        let near = try address("192.168.1.9:4000")
        let here = try address("127.0.0.1:4001")
        let typed = try address("10.8.8.8:53")
        node = try Self.node {
            ($0.rendezvousCount, $0.directAddresses) = (0, [typed])
            $0.linkAddresses = [far, near, here, SocketAddress(ip: .v4(0xE000_00FB), port: 5353)]
        }
        _ = give(.localAddresses([Self.cable]))
        #expect(Set(give(.timeout)) == [near, typed])
        #expect(Set(give(.localAddresses([Self.own(0x0A09_0901, .routed)]))).contains(far), "in its network")
        node = try Self.node { ($0.rendezvousCount, $0.linkAddresses, $0.isOnOneMachine) = (0, [here, far], true) }
        _ = give(.localAddresses([Self.cable]))
        #expect(give(.timeout) == [here])
    }
}
