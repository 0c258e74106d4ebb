import InkBoard
import InkCrypto
import InkPrimitives
import InkTransport
import Testing

@testable import InkSession

/// A joiner among members who speak another version of the protocol.
@Suite struct VersionTests {
    private static let host = PerfectPipes.address(1)

    /// A node that joins by the address of one member, and everything that it has said.
    private struct Joiner {
        let keys: RoomKeys
        var node: Node
        var sent: [[UInt8]] = []
        var told: [[Int]] = []

        init() throws {
            let pipes = try PerfectPipes()
            keys = RoomKeys(roomSecret: pipes.secret)
            node = Node(
                Node.Configuration(
                    identity: PerfectPipes.identity(0), staticKey: StaticKey(secret: pipes.secret.derive("a")), roomSecret: pipes.secret,
                    boardID: try #require(BoardID(pipes.genesis.name.bytes)), directAddresses: [VersionTests.host]),
                seed: Secret32(PerfectPipes.seedBytes(1))!, now: .zero)
            handle(.timeout)
        }

        mutating func handle(_ input: Node.Input, after span: Duration = .zero) {
            node.handle(input, now: .zero + span)
            while let output = node.nextOutput() {
                switch output {
                case .transmit(let bytes, _): sent.append(bytes)
                case .event(.versionMismatch(let theirs, let ours), _): told.append([theirs, ours])
                default: break
                }
            }
        }

        /// A handshake packet of a member: with the right MAC.
        func packet(_ bytes: [UInt8]) -> Node.Input {
            .datagram(bytes + Blake2b.authenticate(bytes, key: keys.mac, count: 16), from: VersionTests.host)
        }
    }

    @Test func `SE-29: who is answered only by another version is kept out, and knows by which`() throws {
        var joiner = try Joiner()
        let start = try #require(joiner.sent.first { $0.first == 0xF0 })
        #expect(start[1] == Endpoint.version && !joiner.node.isKeptOutByVersion)
        joiner.handle(joiner.packet([0xF4, Endpoint.version + 1, 0, 0] + start[4..<8] + [UInt8](repeating: 0, count: 56)))
        #expect(joiner.told == [[Int(Endpoint.version) + 1, Int(Endpoint.version)]])
        #expect(joiner.node.isKeptOutByVersion)
    }

    @Test func `SE-287: an old packet that somebody plays again is told, and keeps nobody out`() throws {
        var joiner = try Joiner()
        joiner.handle(joiner.packet([0xF0, 1, 0, 0] + [UInt8](repeating: 0, count: 1180)))
        #expect(joiner.told == [[1, Int(Endpoint.version)]])
        #expect(!joiner.node.isKeptOutByVersion)
    }
}
