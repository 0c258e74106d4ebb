import InkBoard
import InkCrypto
import InkPrimitives
import Testing

@testable import InkSession

/// The words by which people show each other that they may be there, as bytes.
@Suite struct SessionMessageTests {
    private static let name = TransactionName(Array(repeating: 7, count: 32)) ?? .zero

    private static func chain(_ count: Int) throws -> RightsChain {
        var board = try Board(genesis: try PerfectPipes(admission: .grants).genesis)
        var right = try #require(board.right(of: PerfectPipes.identity(0).author))
        for step in 0..<count {
            let writes = Board.writes(
                granting: .owner, to: PerfectPipes.identity(step + 1).author, by: PerfectPipes.identity(step).author)
            right = try board.author(writes, key: PerfectPipes.identity(step), wallTime: 1_700_000_000_000).0.name
        }
        return try #require(board.chain(of: right))
    }

    @Test func `SE-195, SE-319: each word has one spelling, and none that is cut or goes on`() throws {
        let secret = try #require(Secret32(Array(repeating: 6, count: 32)))
        let claim = InviteClaim(invite: Self.name, signature: Array(repeating: 9, count: 64))
        let words: [(SessionMessage, count: Int)] = [
            (.hello(hasGenesis: true), 2), (.hello(hasGenesis: false), 2), (.hello(hasGenesis: true, right: Self.name), 34),
            (.hello(hasGenesis: false, right: Self.name), 34), (.claim(claim), 97), (.askChain, 1), (.chain(.none), 2), (.welcome, 1),
            (.removal([1, 2, 3]), 5),
            (.chain(try Self.chain(1)), 217), (.chain(try Self.chain(16)), 3907),
            (.epoch(EpochID(Array(repeating: 5, count: 32)) ?? .zero), 33),
            (.secrets([ToldSecret(name: .zero, secret: secret), ToldSecret(name: Self.name, secret: secret)]), 130),
        ]
        for (word, count) in words {
            let bytes = word.encode()
            #expect(bytes.count == count && (try? SessionMessage(decoding: bytes)) == word)
            for end in stride(from: 0, to: bytes.count, by: bytes.count > 1000 ? 97 : 1) {
                #expect(throws: WireError.self) { try SessionMessage(decoding: Array(bytes[..<end])) }
            }
            #expect(throws: WireError.self) { try SessionMessage(decoding: bytes + [0]) }
        }
        #expect(SessionMessage.hello(hasGenesis: true).encode() == [1, 1])
        #expect(throws: WireError.nonCanonical) { try SessionMessage(decoding: [1, 4]) }
        #expect(throws: WireError.limitExceeded) { try SessionMessage(decoding: [14, 17]) }
        #expect(throws: WireError.unexpected) { try SessionMessage(decoding: [19]) }
        // None, too many, not ascending.
        let told = Self.name.bytes + PerfectPipes.seedBytes(6)
        for bytes in [[16, 0], [16, 17], [16, 2] + told + told] as [[UInt8]] {
            #expect(throws: WireError.self) { try SessionMessage(decoding: bytes) }
        }
    }
}
