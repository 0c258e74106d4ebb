import InkCrypto
import InkPrimitives
import Testing

@testable import InkBoard

@Suite struct LockTests {
    /// Ann owns the board, Bob is an owner whom she made one, the others are editors.
    private static func room() throws -> [Replica] {
        var people = try TakeBackTests.room(3)
        let right = try #require(people[0].board.right(of: people[1].author))
        try people[0].write(
            people[0].board.writes(removing: [right], by: people[0].author)
                + Board.writes(granting: .owner, to: people[1].author, by: people[0].author))
        for index in 1...3 {
            people[index].receive(people[0])
            _ = people[index].board.settle()
        }
        return people
    }

    private static let box = ShapeDraft(kind: .rectangle, position: .zero, size: Size(width: 64, height: 64))

    private static func lock(_ id: ShapeID, _ isLocked: Bool = true, by person: inout Replica) throws {
        try person.write(person.board.writes(locking: [id], isLocked))
    }

    /// Writes as if of all that is here only its author's own last transaction were known.
    private static func lie(_ writes: [Write], by person: inout Replica) throws {
        let board = person.board
        let previous = try #require(board.transactions(of: person.author, from: 1).last)
        let header = TransactionHeader(
            board: board.id, author: person.author, sequence: previous.sequence + 1, previous: previous.name,
            grant: try #require(board.right(of: person.author)), parents: [previous.name], lamport: previous.lamport + 1, claimedWallTime: 0
        )
        _ = person.board.insert(try Transaction.sign(header, writes: writes, key: person.key))
    }

    /// Which of all these a transaction comes after.
    private static func pasts(of all: [Transaction]) -> [TransactionName: Set<TransactionName>] {
        var pasts: [TransactionName: Set<TransactionName>] = [:]
        for transaction in all {
            pasts[transaction.name] = transaction.parents.reduce(into: []) { past, parent in
                past.insert(parent)
                past.formUnion(pasts[parent] ?? [])
            }
        }
        return pasts
    }

    @Test(arguments: seeds(100))
    func `BD-1, BD-123, BD-190, BD-191, BD-192: a lock keeps out what comes after it and nothing else, in a hundred orders of arrival`(
        seed: UInt64
    )
        throws
    {
        var random = SplitMix64(seed: seed)
        var people = try Self.room()
        for _ in 0..<25 + random.below(25) {
            let index = random.below(4)
            if random.chance(0.4) { people[index].receive(people[random.below(4)]) }
            let shapes = people[index].board.shapes
            guard !shapes.isEmpty, !random.chance(0.2) else {
                try people[index].draw(Self.box)
                continue
            }
            let id = shapes[random.below(min(3, shapes.count))].id
            switch random.below(10) {
            case 0...2 where index < 2: try Self.lock(id, people[index].board.shape(id)?.isLocked != true, by: &people[index])
            case 0: try people[index].write([Write(id, .lock, .bytes([UInt8(random.below(3))]))])
            case 1: try people[index].delete(id)
            case 2 where people[index].board.canUndo(people[index].author): try people[index].undo()
            case 3 where people[index].board.canRedo(people[index].author): try people[index].redo()
            case 4 where people[index].board.contiguousSequence(of: people[index].author) > 0:
                try Self.lie([Write(id, .fill, .color(Color(rgb: UInt32(random.below(99)))))], by: &people[index])
            default: try people[index].move(id, by: Point(x: 8, y: Int32(random.below(99))))
            }
        }
        if random.chance(0.6) {
            // Of Bob's locks some count no more.
            people[0].receive(people[random.below(4)])
            let right = try #require(people[0].board.right(of: people[1].author))
            let heads = random.chance(0.5) ? [] : people[0].board.parents(of: people[0].author, under: nil)
            let end = RightsEnd(rights: [right], heads: heads)
            try people[0].write([Write(ShapeID(author: people[0].author, number: 0), .removal, .right(.removal(end)))])
        }
        for index in 1...3 { people[0].receive(people[index]) }
        _ = people[0].board.settle()
        let board = people[0].board
        let pasts = Self.pasts(of: board.transactions)
        let counting = board.transactions.filter { board.counts($0.name) }
        func role(_ name: TransactionName) -> Role { board.log.slot(of: name).map { board.log.role(of: $0) } ?? .viewer }
        let locks = counting.filter { role($0.name) == .owner && $0.writes.contains { $0.property == .lock } }
        let naive = NaivePicture(
            counting, role: role,
            isVoid: { transaction, id in
                guard role(transaction.name) != .owner, let past = pasts[transaction.name] else { return false }
                let words = locks.filter { past.contains($0.name) }.sorted { $0.stamp < $1.stamp }
                return words.flatMap(\.writes).last { $0.target == id && $0.property == .lock }?.value == .bytes([1])
            })
        #expect(board.shapes == naive.standing)
        let all = Array(board.transactions.dropFirst())
        for order in 0..<100 {
            var other = try Board(genesis: board.transactions[0])
            var begun: Recount?
            for transaction in all.shuffled(using: &random) {
                _ = other.insert(transaction)
                guard order % 2 == 0 else { continue }
                if begun == nil, random.chance(0.3) { begun = other.dueRecount() }
                if var made = begun, random.chance(0.3) {
                    _ = other.take(&made)
                    begun = nil
                }
            }
            _ = other.settle()
            #expect(other.shapes == board.shapes && other.fingerprint == board.fingerprint, "order \(order)")
        }
    }

    @Test func `BD-123, BD-190: what others write to a locked shape is kept and has no effect, what they wrote beside it has`() throws {
        var people = try Self.room()
        let id = try people[2].draw(Self.box)
        for index in [0, 3] { people[index].receive(people[2]) }
        try Self.lock(id, by: &people[0])
        // Beside it: he does not know.
        try people[3].set(id, .fill(Color(rgb: 3)))
        people[2].receive(people[0])
        #expect(people[2].board.shape(id)?.isLocked == true && people[2].board.isLocked(id, to: people[2].author))
        try people[2].write([Write(id, .fill, .color(Color(rgb: 2)))])
        try people[2].write([Write(id, .deletion, .mark)])
        try people[2].write([Write(id, .lock, .bytes([0]))])
        for index in [0, 2] {
            people[index].receive(people[3])
            people[index].receive(people[2])
            #expect(people[index].board.shape(id)?.content.fill == Color(rgb: 3) && people[index].board.shape(id)?.isLocked == true)
        }
        #expect(people[0].board.transactions(of: people[2].author, from: 1).allSatisfy { people[0].board.counts($0.name) })
        // An owner changes it, and opens it; what was tried meanwhile does not come.
        try people[0].set(id, .stroke(Color(rgb: 7)))
        try Self.lock(id, false, by: &people[0])
        people[2].receive(people[0])
        #expect(people[2].board.shape(id)?.content.fill == Color(rgb: 3) && people[2].board.shape(id)?.content.stroke == Color(rgb: 7))
        try people[2].set(id, .fill(Color(rgb: 9)))
        #expect(people[2].board.shape(id)?.content.fill == Color(rgb: 9))
        // The owner's undo locks it again, as his redo opens it.
        people[0].receive(people[2])
        try people[0].undo()
        #expect(people[0].board.shape(id)?.isLocked == true)
        try people[0].redo()
        #expect(people[0].board.shape(id)?.isLocked == false)
    }

    @Test func `BD-190, BD-191: who once came after a lock cannot go back before it, and who never did is taken back`() throws {
        var people = try Self.room()
        let id = try people[0].draw(Self.box)
        for index in [2, 3] { people[index].receive(people[0]) }
        for index in [2, 3] { try people[index].set(id, .text("before")) }
        try Self.lock(id, by: &people[0])
        // Editor 2 writes on top of the lock; his next must name that, whatever else it leaves out.
        people[2].receive(people[0])
        try people[2].draw(Self.box)
        try Self.lie([Write(id, .fill, .color(Color(rgb: 2)))], by: &people[2])
        people[0].receive(people[2])
        #expect(people[0].board.shape(id)?.content.fill == nil)
        // Editor 3 says for ever that he knows nothing of it.
        for color in 0...9 as ClosedRange<UInt32> { try Self.lie([Write(id, .fill, .color(Color(rgb: color)))], by: &people[3]) }
        people[0].receive(people[3])
        #expect(people[0].board.shape(id)?.content.fill == Color(rgb: 9))
        try TakeBackTests.takeBack(people[3].author, by: &people[0])
        #expect(people[0].board.shape(id)?.content.fill == nil && people[0].board.shape(id)?.content.text == "before")
    }

    @Test func `BD-190: the undo of who is no owner leaves a locked shape alone and says so`() throws {
        var people = try Self.room()
        let id = try people[2].draw(Self.box)
        try people[2].move(id, by: Point(x: 8, y: 8))
        people[0].receive(people[2])
        try Self.lock(id, by: &people[0])
        people[2].receive(people[0])
        let plan = try people[2].undo()
        #expect(plan.skipped == [id] && plan.parts == [[Write(ShapeID(author: people[2].author, number: 0), .undo, .name(plan.target))]])
        #expect(try people[2].redo().skipped.isEmpty)
        #expect(people[2].board.shape(id)?.content.position == Point(x: 8, y: 8))
    }

    @Test func `BD-124: while nothing is locked nothing is held, and then little`() throws {
        var people = try Self.room()
        let id = try people[0].draw(Self.box)
        #expect(people[0].board.log.lockPast.isEmpty)
        for step in 0..<200 {
            try Self.lock(id, step % 2 == 0, by: &people[0])
            for _ in 0..<5 { try people[0].draw(Self.box) }
        }
        // One for each lock, and that of what comes before all.
        #expect(people[0].board.log.lockPast.setCount == 201)
    }
}
