import InkBoard
import InkCrypto
import InkPrimitives
import InkTransport
import Testing

@testable import InkSession

@Suite struct StrangerTests {
    @Test func `SE-2, SE-280: a member that does not say it has genesis hears nothing of the room but genesis`() throws {
        let pipes = try PerfectPipes()
        var stranger = try Stranger(pipes)
        stranger.say(.hello(hasGenesis: false))
        stranger.say(.ask([pipes.genesis.name]))
        stranger.run(.seconds(5))
        #expect(stranger.heard == [.hello(hasGenesis: true), .genesis(pipes.genesis.encoded)])
        #expect(stranger.transactions.isEmpty)
        #expect(stranger.node.presentPeers == 0)
    }

    @Test func `a member that says it has genesis is given the room`() throws {
        var stranger = try Stranger(try PerfectPipes())
        stranger.say(.hello(hasGenesis: true))
        stranger.run(.seconds(1))
        #expect(stranger.heard.contains { if case .fingerprint = $0 { true } else { false } })
        #expect(stranger.node.presentPeers == 1)
    }

    @Test func `SE-14: a transaction with a wrong signature is not inserted, and the breach is told`() throws {
        let pipes = try PerfectPipes()
        var stranger = try Stranger(pipes)
        stranger.say(.hello(hasGenesis: true))
        var board = try Board(genesis: pipes.genesis)
        let writes = try board.writes(
            for: ShapeDraft(kind: .rectangle, position: .zero, size: Size(width: 8, height: 8)), number: 1, by: stranger.identity.author)
        let (transaction, _) = try board.author(writes, key: stranger.identity, wallTime: 1)
        var forged = transaction.encoded
        forged[forged.count - 1] ^= 1
        stranger.send(forged)
        stranger.run(.seconds(1))
        #expect(stranger.node.board?.contains(transaction.name) == false)
        #expect(stranger.events.contains(.rejected(author: stranger.identity.author, rule: "signature")))
        stranger.send(transaction.encoded)
        stranger.run(.seconds(1))
        #expect(stranger.node.board?.contains(transaction.name) == true)
    }

    @Test func `SE-12, SE-75: a member that gives no receipts does not make leaving last`() throws {
        var stranger = try Stranger(try PerfectPipes())
        stranger.say(.hello(hasGenesis: true))
        stranger.run(.seconds(3))
        #expect(stranger.node.presentPeers == 1 && !stranger.node.isDelivered)
        stranger.quit()
        stranger.run(.milliseconds(1900))
        func stopped() -> Bool { stranger.events.contains { if case .stopped = $0 { true } else { false } } }
        #expect(!stopped())
        stranger.run(.milliseconds(600))
        #expect(stopped())
    }

    @Test func `SE-82: of who brings orphans without end few are taken, and what has its parents is`() throws {
        let pipes = try PerfectPipes()
        var stranger = try Stranger(pipes)
        stranger.say(.hello(hasGenesis: true))
        stranger.run(.seconds(1))
        var board = try Board(genesis: pipes.genesis)
        let own = try (0..<4).map { number in
            try board.author(Board.writes(saying: "\(number)", by: stranger.identity.author), key: stranger.identity, wallTime: 1).0
        }
        let source = try #require(stranger.node.neighbours.keys.first)
        #expect(stranger.node.agreement.verification.isEmpty)
        let isTaken = stranger.node.agreement.verification.takesOrphans(from: source, now: stranger.now)
        #expect(isTaken)
        for _ in 0..<Int(Carrier.orphansBurst) { stranger.node.agreement.verification.noteOrphan(from: source, now: stranger.now) }
        stranger.send(own[2].encoded)
        stranger.run(.milliseconds(3))
        #expect(stranger.node.board?.orphanCount == 0)
        stranger.send(own[0].encoded)
        stranger.send(own[1].encoded)
        stranger.run(.seconds(1))
        #expect(stranger.node.board?.contains(own[1].name) == true)
        // A while later there is room for some again.
        stranger.send(own[3].encoded)
        stranger.run(.milliseconds(100))
        #expect(stranger.node.board?.orphanCount == 1)
    }

    @Test func `SE-71: orphans of who is gone are forgotten half a minute later`() throws {
        let pipes = try PerfectPipes()
        var stranger = try Stranger(pipes)
        stranger.say(.hello(hasGenesis: true))
        _ = try stranger.sendsOrphans(3, of: pipes.genesis)
        stranger.run(.seconds(1))
        #expect(stranger.node.board?.orphanCount == 3)
        // It is not heard of any more: the session ends, and then its time is over.
        let left = try #require(stranger.alone { $0.presentPeers == 0 && $0.peers.isEmpty })
        #expect(stranger.node.board?.orphanCount == 3)
        let forgotten = try #require(stranger.alone { $0.board?.orphanCount == 0 })
        #expect(left < forgotten && forgotten - left <= .seconds(31) && stranger.node.board?.missingCount == 0)
    }

    @Test func `SE-98: orphans of one whose set is ours are forgotten two seconds later, and not before`() throws {
        let pipes = try PerfectPipes()
        var stranger = try Stranger(pipes)
        stranger.say(.hello(hasGenesis: true))
        let board = try stranger.sendsOrphans(2, of: pipes.genesis)
        // It says to have them, as one does that has.
        stranger.say(.fingerprint(board.fingerprint, count: UInt64(board.coveredCount)))
        stranger.run(.seconds(5))
        #expect(stranger.node.board?.orphanCount == 2)
        // Its disk was put back to what it held before, or they do not count for it any more.
        let ours = try #require(stranger.node.board)
        stranger.say(.fingerprint(ours.fingerprint, count: UInt64(ours.coveredCount)))
        stranger.run(.milliseconds(1900))
        #expect(stranger.node.board?.orphanCount == 2)
        stranger.run(.milliseconds(300))
        #expect(stranger.node.board?.orphanCount == 0 && stranger.node.syncStatus.missing == 0)
    }

    @Test func `SE-99: who brings what another signed for another board is told of, and not the other`() throws {
        let pipes = try PerfectPipes()
        var stranger = try Stranger(pipes)
        stranger.say(.hello(hasGenesis: true))
        stranger.run(.seconds(1))
        let other = PerfectPipes.identity(7)
        var board = try Board(genesis: Board.makeGenesis(owner: other, name: "other", wallTime: 1, nonce: [UInt8](repeating: 3, count: 16)))
        let (foreign, _) = try board.author(Board.writes(saying: "there", by: other.author), key: other, wallTime: 1)
        stranger.send(foreign.encoded)
        stranger.run(.seconds(1))
        let blamed = stranger.events.compactMap { if case .rejected(let author, _) = $0 { author } else { nil } }
        #expect(blamed == [stranger.identity.author])
    }

    @Test func `garbage in place of a control message ends the session`() throws {
        var stranger = try Stranger(try PerfectPipes())
        stranger.say(.hello(hasGenesis: true))
        stranger.run(.seconds(1))
        #expect(stranger.node.presentPeers == 1)
        if let connection = stranger.connection {
            stranger.endpoint.send([99, 1, 2, 3], lane: .control, on: connection, now: .zero + .seconds(3))
        }
        stranger.run(.seconds(1))
        #expect(stranger.node.presentPeers == 0)
    }
}
