import InkBoard
import InkCrypto
import InkPrimitives
import Testing

@Suite struct ConvergenceTests {
    @Test(arguments: seeds(150))
    func `BD-1, BD-5, BD-6, BD-7, BD-8, BD-9, BD-128, BD-129: replicas agree whatever the order, with repeats`(seed: UInt64) throws {
        let people = try someHistory(seed: seed)
        let all = union(people)
        var random = SplitMix64(seed: seed ^ 0xFEED)
        let genesis = try #require(people[0].board.transactions.first)
        var pictures: [Sight] = []
        for var person in people {
            for transaction in (all + all.prefix(20)).shuffled(using: &random) { _ = person.board.insert(transaction) }
            #expect(person.board.transactionCount == all.count)
            #expect(person.board.orphanCount == 0 && person.board.orphanByteCount == 0 && person.board.missing.isEmpty)
            pictures.append(Sight(person.board))
        }
        var newcomer = try Board(genesis: genesis)
        #expect(newcomer.load(all.shuffled(using: &random)).isEmpty)
        pictures.append(Sight(newcomer))
        for picture in pictures { #expect(picture == pictures[0]) }
    }

    @Test(arguments: seeds(60))
    func `BD-13: a board loaded again offers the same undo and redo`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for person in try someHistory(seed: seed) {
            let transactions = person.board.transactions
            var again = try Board(genesis: transactions[0])
            #expect(again.load(transactions.shuffled(using: &random)).isEmpty)
            for author in person.board.authors {
                #expect(again.undoWrites(of: author) == person.board.undoWrites(of: author))
                #expect(again.redoWrites(of: author) == person.board.redoWrites(of: author))
                #expect(again.nextSequence(of: author) == person.board.nextSequence(of: author))
            }
        }
    }

    @Test(arguments: seeds(40))
    func `BD-1, BD-132: what an insertion reports leads from the old picture to the new one`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let people = try someHistory(seed: seed)
        let all = union(people)
        var board = try Board(genesis: try #require(people[0].board.transactions.first))
        var shapes: [ShapeID: Shape] = [:]
        var inserted = 1
        var given: Set<TransactionName> = []
        for transaction in all.shuffled(using: &random) {
            let outcome = board.insert(transaction)
            given.insert(transaction.name)
            let waiting = all.filter { given.contains($0.name) && !board.contains($0.name) }
            let missing = Set(waiting.flatMap(\.parents)).filter { !given.contains($0) && !board.contains($0) }
            #expect(board.missing == missing.sorted() && board.orphanCount == waiting.count)
            inserted += outcome.inserted.count
            for change in outcome.changes {
                #expect(shapes[change.id] == change.before)
                #expect(change.before != change.after)
                shapes[change.id] = change.after
            }
            #expect(Set(board.shapes) == Set(shapes.values))
            #expect(board.shapes.count == board.shapeCount)
            for (below, above) in zip(board.shapes, board.shapes.dropFirst()) { #expect(below.isBelow(above)) }
        }
        #expect(inserted == all.count)
    }
}
