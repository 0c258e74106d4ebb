import InkCrypto
import InkPrimitives
import Testing

@testable import InkBoard

@Suite struct PaceTests {
    @Test func `BD-125, BD-193: the newest word of an owner stands, in any order, and nobody else's`() throws {
        var people = try TakeBackTests.room(2)
        #expect(people[0].board.pace == nil)
        for milliseconds in [10_000, 500, 0, 60_000] as [UInt64] {
            try people[0].write(Board.writes(pacing: milliseconds, by: people[0].author))
            #expect(people[0].board.pace == BoardPace(milliseconds: milliseconds, by: people[0].author))
        }
        let person = ShapeID(author: people[1].author, number: 0)
        people[1].receive(people[0])
        try people[1].write([Write(person, .pace, .bytes([1]))])
        people[0].receive(people[1])
        #expect(people[0].board.pace?.milliseconds == 60_000)
        var random = SplitMix64(seed: 5)
        for _ in 0..<20 {
            var other = try Board(genesis: people[0].board.transactions[0])
            for transaction in people[0].board.transactions.dropFirst().shuffled(using: &random) { _ = other.insert(transaction) }
            #expect(other.pace == people[0].board.pace)
        }
        for (bytes, milliseconds) in [([], 0), ([0x40, 1], 0), ([0xBF, 0xFF, 0xFF, 0xFF], 3_600_000)] as [([UInt8], UInt64)] {
            try people[0].write([Write(ShapeID(author: people[0].author, number: 0), .pace, .bytes(bytes))])
            #expect(people[0].board.pace?.milliseconds == milliseconds)
        }
        #expect(throws: RuleViolation.self) { try Board.writes(pacing: 3_600_001, by: people[0].author) }
    }

    @Test func `BD-125: the word of an owner who was removed goes with what does not count`() throws {
        var people = try TakeBackTests.room(2)
        let right = try #require(people[0].board.right(of: people[1].author))
        try people[0].write(
            people[0].board.writes(removing: [right], by: people[0].author)
                + Board.writes(granting: .owner, to: people[1].author, by: people[0].author))
        people[1].receive(people[0])
        _ = people[1].board.settle()
        try people[0].write(Board.writes(pacing: 1000, by: people[0].author))
        try people[1].write(Board.writes(pacing: 9000, by: people[1].author))
        try people[1].write(Board.writes(pacing: 9001, by: people[1].author))
        let end = RightsEnd(rights: [try #require(people[0].board.right(of: people[1].author))], heads: [])
        try people[0].write([Write(ShapeID(author: people[0].author, number: 0), .removal, .right(.removal(end)))])
        people[1].receive(people[0])
        #expect(people[1].board.pace?.milliseconds == 9001)
        _ = people[1].board.settle()
        #expect(people[1].board.pace == BoardPace(milliseconds: 1000, by: people[0].author))
    }
}
