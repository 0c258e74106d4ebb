import InkBoard
import InkCrypto
import InkFrontEnd
import InkPrimitives
import InkSession
import Testing

@Suite struct BoardQuestionTests {
    @Test func `FE-16: a node answers what only it knows`() throws {
        var node = try Self.node(hasBoard: true)
        node.handle(.wallClock(1_700_000_000_000), now: .zero)
        Self.save(&node)
        let draft = ShapeDraft(kind: .rectangle, position: .zero, size: Size(width: 80, height: 80), label: "box")
        node.handle(.intent(.draw(draft), ref: 1), now: .zero)
        // Three bytes that are nothing.
        node.handle(.datagram([0xF0, 1, 2], from: SocketAddress(ip: .v4(1), port: 1)), now: .zero)

        guard case .board(let board) = Self.ask(.board, node) else { return #expect(Bool(false)) }
        #expect(board.name == "test" && board.role == "owner" && board.ownLabels == ["box"] && board.unreadable == 0)
        #expect(board.shapes.map(\.content) == [draft])

        guard case .state(let before) = Self.ask(.state, node), case .status(let waiting) = Self.ask(.status, node) else {
            return #expect(Bool(false))
        }
        #expect(before.shapes == board.shapes && before.fingerprint == node.syncStatus.fingerprint)
        #expect(before.transactionCount == node.board?.transactionCount && before.transactionCount > 0)
        #expect(!before.isSaved && !waiting.isSaved && waiting.unsaved == 1)
        #expect(waiting.unsent > 0 && waiting.unsent == node.syncStatus.unsent && before.unsent == waiting.unsent)
        #expect(waiting.presentPeers == 0 && waiting.arrivedCount == node.arrivedCount)
        Self.save(&node)
        guard case .state(let after) = Self.ask(.state, node), case .status(let rested) = Self.ask(.status, node) else {
            return #expect(Bool(false))
        }
        #expect(after.isSaved && rested.isSaved && rested.unsaved == 0 && rested.isDelivered && rested.isSynced)

        var datagrams = DatagramReport(node.datagramCounters, foreign: 5)
        #expect(datagrams.received == 1 && datagrams.accepted == 0 && datagrams.foreign == 5)
        #expect(Self.ask(.links, node) == .links([], datagrams: datagrams))
        datagrams.foreign = 0
        #expect(BoardAnswer(.links, of: node, foreignDatagrams: 0, link: "") == .links([], datagrams: datagrams))
        #expect(Self.ask(.invite, node) == .invite("inkwire://link"))
    }

    @Test func `FE-16: a node that has no board yet answers that nothing stands there`() throws {
        let node = try Self.node(hasBoard: false)
        #expect(Self.ask(.board, node) == .board(BoardReport(name: "", shapes: [], role: "editor", ownLabels: [], unreadable: 0)))
        guard case .status(let status) = Self.ask(.status, node) else { return #expect(Bool(false)) }
        #expect(status.arrivedCount == 0 && !status.isSynced)
    }

    private static func ask(_ question: BoardQuestion, _ node: Node) -> BoardAnswer {
        BoardAnswer(question, of: node, foreignDatagrams: 5, link: "inkwire://link")
    }

    private static func node(hasBoard: Bool) throws -> Node {
        var generator = SecretGenerator(seed: [UInt8](repeating: 7, count: 32))
        let identity = SigningKey(seed: generator.secret())
        let genesis = try Board.makeGenesis(owner: identity, name: "test", wallTime: 1, nonce: generator.bytes(16))
        return Node(
            Node.Configuration(
                identity: identity, staticKey: StaticKey(secret: generator.secret()), roomSecret: generator.secret(),
                boardID: try #require(BoardID(genesis.name.bytes)), genesis: hasBoard ? genesis : nil),
            seed: generator.secret(), now: .zero)
    }

    /// Does what a disk does that takes everything at once.
    private static func save(_ node: inout Node) {
        while let output = node.nextOutput() {
            if case .persist(let number, _) = output { node.handle(.persisted(number), now: .zero) }
        }
    }
}
