import InkPrimitives
import Testing

@testable import InkBoard

@Suite struct RecountTests {
    /// A board that counts what `counts` says, and nothing of what was before.
    private static func recounted(_ board: Board, counting counts: (Transaction) -> Bool) throws -> Board {
        var board = board
        var recount = Recount(of: board, by: board.owner, counting: counts)
        let told = board.take(&recount)
        _ = try #require(told)
        return board
    }

    /// The names that neighbours agree on, ascending: what counts, and what that comes after.
    private static func covered(_ board: Board, _ counts: (Transaction) -> Bool) -> Set<TransactionName> {
        var covered: Set<TransactionName> = []
        var open = board.transactions.filter { $0.isGenesis || counts($0) }
        while let next = open.popLast() {
            if covered.insert(next.name).inserted { open += next.parents.compactMap(board.transaction) }
        }
        return covered
    }

    private static func board(seed: UInt64, using random: inout SplitMix64) throws -> (board: Board, late: [Transaction]) {
        let all = union(try someHistory(seed: seed, actions: 60)).sorted { $0.lamport < $1.lamport }
        var board = try Board(genesis: all[0])
        let end = all.count - random.below(10)
        _ = board.load(all[..<end].shuffled(using: &random))
        return (board, Array(all[end...]))
    }

    @Test(arguments: seeds(100))
    func `BD-101, BD-173: fingerprint and heads are those of what counts and of what that comes after`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var (board, late) = try Self.board(seed: seed, using: &random)
        for _ in 0..<3 {
            let share = random.unit()
            let hidden = Set(board.transactions.filter { _ in random.chance(share) }.map(\.name))
            board = try Self.recounted(board) { !hidden.contains($0.name) }
            func check() throws {
                let covered = Self.covered(board) { !hidden.contains($0.name) }
                var tree = MerkleTree()
                let transactions = board.transactions.filter { covered.contains($0.name) }
                for transaction in transactions { tree.insert(.init(lamport: transaction.lamport, name: transaction.name)) }
                tree.refresh()
                #expect(board.fingerprint == tree.root)
                #expect(board.coveredCount == covered.count)
                let parents = Set(transactions.flatMap(\.parents))
                #expect(board.heads == covered.subtracting(parents).sorted())
                for transaction in board.transactions.dropFirst() {
                    #expect(board.counts(transaction.name) == !hidden.contains(transaction.name))
                }
            }
            try check()
            // What comes counts, and brings back what it comes after.
            for _ in 0..<3 { if let next = late.popLast() { _ = board.insert(next) } }
            try check()
        }
        var again = try Board(genesis: board.transactions[0])
        _ = again.load(board.transactions.dropFirst())
        #expect(try Self.recounted(board, counting: { _ in true }).fingerprint == again.fingerprint)
    }

    @Test(arguments: seeds(40))
    func `BD-101: boards that hide the same agree, whether they hold it or not`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let (board, _) = try Self.board(seed: seed, using: &random)
        let authors = board.authors
        let counts: (Transaction) -> Bool = { $0.author != authors[0] || $0.sequence < 3 }
        let whole = try Self.recounted(board, counting: counts)
        let covered = Self.covered(board, counts)
        var part = try Board(genesis: board.transactions[0])
        _ = part.load(board.transactions.dropFirst().filter { covered.contains($0.name) })
        part = try Self.recounted(part, counting: counts)
        #expect(part.fingerprint == whole.fingerprint && part.shapes == whole.shapes && part.heads == whole.heads)
        var left = Reconciler(hashKey: Array(repeating: 1, count: 16), isInitiator: true)
        var right = Reconciler(hashKey: Array(repeating: 1, count: 16), isInitiator: false)
        for message in left.start(board: whole) {
            let step = try right.receive(message, board: part)
            #expect(step.isEqual && step.send.isEmpty && step.wanted == 0)
        }
    }

    @Test(arguments: seeds(100))
    func `BD-102, BD-174: what a count reports leads from the old picture to the new one, whatever came meanwhile`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var (board, late) = try Self.board(seed: seed, using: &random)
        var hidden: Set<TransactionName> = []
        for _ in 0..<3 {
            let share = random.unit()
            let next = Set(board.transactions.dropFirst().filter { _ in random.chance(share) }.map(\.name))
            var recount = Recount(of: board, by: board.owner) { !next.contains($0.name) }
            for _ in 0..<3 { if let next = late.popLast() { _ = board.insert(next) } }
            let before = board
            let taken = board.take(&recount)
            let told = try #require(taken)
            var shapes = Dictionary(uniqueKeysWithValues: before.shapes.map { ($0.id, $0) })
            for change in told.changes {
                #expect(shapes[change.id] == change.before && change.before != change.after && change.by == board.owner)
                shapes[change.id] = change.after
            }
            #expect(Set(shapes.values) == Set(board.shapes))
            let chats = Set(before.chats.map(\.name)).subtracting(told.chatsGone).union(told.chats.map(\.name))
            #expect(chats == Set(board.chats.map(\.name)))
            #expect(told.renames == board.authors.filter { before.personName($0) != board.personName($0) })
            hidden = next
            let fresh = InkBoard.Picture(board.log, counting: { !hidden.contains(board.log[$0].name) })
            #expect(board.shapes == fresh.shapes.standing && board.chats.map(\.name) == fresh.messages.entries(of: board.log).map(\.name))
        }
    }

    @Test func `BD-102, BD-175: a count that was begun before another was taken is none, and claims made meanwhile hold`() throws {
        var person = try Replica(1, genesis: try genesis(by: try key(1)))
        let id = try person.draw(ShapeDraft(kind: .ellipse, position: .zero))
        var (first, second) = (
            Recount(of: person.board, by: person.author) { _ in false }, Recount(of: person.board, by: person.author) { _ in true }
        )
        let strand = Strand(token: 9)
        let writes = try person.board.writes(moving: [id], by: Point(x: 8, y: 0))
        _ = try person.board.author(writes, key: person.key, wallTime: 0, strand: strand)
        let taken = person.board.take(&first)
        let told = try #require(taken)
        #expect(told.changes.map(\.id) == [id] && person.board.shape(id) == nil)
        // The move has come since and counts, but moves nothing that stands.
        #expect(person.board.canUndo(person.author, in: strand) && !person.board.canUndo(person.author))
        let late = person.board.take(&second)
        #expect(late == nil)
        #expect(person.board.shape(id) == nil)
    }

    @Test func `BD-175: a count of another log is none, and of an earlier state of this one it is taken`() throws {
        let first = try genesis(by: try key(1))
        var (one, two) = (try Replica(1, genesis: first), try Replica(2, genesis: first))
        let start = one.board
        for number in 0..<3 { try one.say("one \(number)") }
        try two.say("two")
        var other = one
        other.receive(two)
        two.receive(one)
        let make = { (board: Board) in Recount(of: board, by: one.author) { $0.author != one.author } }
        for (made, board) in [(one.board, start), (two.board, one.board), (two.board, other.board), (other.board, two.board)] {
            var (recount, board) = (make(made), board)
            let taken = board.take(&recount)
            #expect(taken == nil && board.chats.count == board.transactionCount - 1)
            recount = make(board)
            let again = board.take(&recount)
            #expect(again != nil && board.chats.allSatisfy { $0.author != one.author })
        }
        var recount = make(one.board)
        let taken = other.board.take(&recount)
        #expect(taken != nil && other.board.chats.map(\.author) == [two.author])
    }
}
