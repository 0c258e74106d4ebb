import InkPrimitives
import Testing

@testable import InkBoard

@Suite struct OrphanPoolTests {
    private static let (quiet, loud) = (AuthorID([UInt8](repeating: 1, count: 32))!, AuthorID([UInt8](repeating: 2, count: 32))!)

    /// A chain of one author without its first link: each but genesis misses what is before it.
    private static func orphans(_ count: Int, by number: UInt8) throws -> (genesis: Transaction, orphans: ArraySlice<Transaction>) {
        var person = try Replica(number, genesis: try genesis(by: key(1)))
        for index in 0...count { try person.say("\(index)") }
        return (person.board.transactions[0], person.board.transactions[2...])
    }

    @Test func `BD-41: a supplier pushes out only what it brought itself`() throws {
        let (genesis, few) = try Self.orphans(5, by: 3)
        let (_, many) = try Self.orphans(200, by: 4)
        let share = 20 * OrphanPool.cost(of: few[2], missing: 1)
        var board = try Board(genesis: genesis, orphanBytes: 10 * share, orphanShareBytes: share)
        for orphan in few { _ = board.insert(orphan, from: Self.quiet) }
        for orphan in many { _ = board.insert(orphan, from: Self.loud) }
        #expect(few.allSatisfy { board.isOrphan($0.name) })
        #expect(board.orphanByteCount <= 2 * share && board.orphanCount < 26)
        // Its newest are there.
        let newest = try #require(many.last)
        #expect(board.isOrphan(newest.name))
    }

    @Test func `BD-41: where all together are too many, the greatest supplier gives way`() throws {
        let (genesis, few) = try Self.orphans(5, by: 3)
        let (_, many) = try Self.orphans(200, by: 4)
        let limit = 20 * OrphanPool.cost(of: few[2], missing: 1)
        var board = try Board(genesis: genesis, orphanBytes: limit, orphanShareBytes: limit)
        for orphan in many { _ = board.insert(orphan, from: Self.loud) }
        for orphan in few { _ = board.insert(orphan, from: Self.quiet) }
        #expect(few.allSatisfy { board.isOrphan($0.name) } && board.orphanByteCount <= limit)
    }

    @Test func `BD-41: what one device brought can be forgotten, and the rest still enters`() throws {
        let (genesis, few) = try Self.orphans(5, by: 3)
        let (_, many) = try Self.orphans(50, by: 4)
        var board = try Board(genesis: genesis)
        for orphan in few { _ = board.insert(orphan, from: Self.quiet) }
        for orphan in many { _ = board.insert(orphan, from: Self.loud) }
        board.forgetOrphans(from: Self.loud)
        #expect(board.orphanCount == few.count && board.missingCount == 1)
        var person = try Replica(3, genesis: genesis)
        #expect(board.insert(try person.say("0")).inserted.count == 1 + few.count)
        #expect(board.orphanCount == 0 && board.orphanByteCount == 0 && board.missing.isEmpty)
    }

    @Test func `BD-143: orphans that came and were released leave nothing behind`() throws {
        let (genesis, chain) = try Self.orphans(400, by: 3)
        var pool = OrphanPool(byteLimit: 64 << 20, shareLimit: 64 << 20)
        for orphan in chain {
            pool.insert(orphan, missing: [orphan.previous], from: Self.loud)
            #expect(pool.remove(waitingFor: orphan.previous).map(\.transaction.name) == [orphan.name])
            #expect(pool.arrivalPlaces <= 66)
        }
        #expect(pool.count == 0 && pool.byteCount == 0 && pool.arrivalPlaces == 0 && pool.missing.isEmpty)
        // With one that stays, too.
        pool.insert(chain[2], missing: [genesis.name], from: Self.loud)
        for orphan in chain.dropFirst() {
            pool.insert(orphan, missing: [orphan.previous], from: Self.loud)
            _ = pool.remove(waitingFor: orphan.previous)
            #expect(pool.arrivalPlaces <= 68)
        }
    }

    @Test func `BD-45: what waits of one supplier has no more shapes than can be inserted in one go`() throws {
        var person = try Replica(3, genesis: try genesis(by: key(1)))
        let draft = ShapeDraft(kind: .rectangle, position: .zero, size: Size(width: 8, height: 8))
        func wide(_ count: UInt64) throws -> Transaction {
            let first = person.numbersUsed + 1
            person.numbersUsed += count
            return try person.write((first..<first + count).flatMap { try person.board.writes(for: draft, number: $0, by: person.author) })
        }
        let parent = try person.say("parent")
        let waiting = try (0..<12).map { _ in try wide(500) }
        var board = try Board(genesis: person.board.transactions[0])
        for transaction in waiting { _ = board.insert(transaction, from: Self.loud) }
        // 256 kB of bytes would be no reason to put any of them out.
        #expect(waiting.reduce(0) { $0 + $1.encoded.count } < 1 << 20)
        #expect(board.orphanByteCount <= Limits.orphanShareBytes && board.orphanCount == 8)
        let last = try #require(waiting.last)
        #expect(board.isOrphan(last.name))
        // With the parent come those before it, of which what is not there comes again.
        for transaction in [parent] + waiting { _ = board.insert(transaction, from: Self.loud) }
        #expect(board.fingerprint == person.board.fingerprint && board.shapeCount == 6000)
    }
}
