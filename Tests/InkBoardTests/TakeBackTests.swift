import InkCrypto
import InkPrimitives
import Testing

@testable import InkBoard

@Suite struct TakeBackTests {
    /// Ann owns the board, the others are editors; the last of them is the vandal.
    static func room(_ editors: Int) throws -> [Replica] {
        let first = try Board.makeGenesis(
            owner: try key(1), name: "calm", wallTime: 0, nonce: Array(repeating: 4, count: 16), firstSecret: .zero)
        var people = try (1...UInt8(editors + 1)).map { try Replica($0, genesis: first) }
        for index in 1...editors { try people[0].write(Board.writes(granting: .editor, to: people[index].author, by: people[0].author)) }
        for index in people.indices.dropFirst() { people[index].receive(people[0]) }
        return people
    }

    /// Takes back all of an author's work, or what of it is given.
    @discardableResult static func takeBack(
        _ victim: AuthorID, _ sequences: ClosedRange<UInt64>? = nil, by owner: inout Replica
    ) throws -> TakeBackPlan {
        let all = try #require(owner.board.span(of: victim))
        let span = WorkSpan(author: victim, sequences: sequences ?? all.sequences)
        let plan = owner.board.writes(takingBack: span, by: owner.author)
        var first: TransactionName?
        for part in plan.parts {
            let step = first.map { Board.writes(continuing: $0, by: owner.author) } ?? []
            let transaction = try owner.write(part + step)
            first = first ?? transaction.name
        }
        return plan
    }

    private static func box(_ number: Int) -> ShapeDraft {
        ShapeDraft(kind: .rectangle, position: Point(x: Int32(number) * 80, y: 0), size: Size(width: 64, height: 64))
    }

    /// Shapes of which something stands that is not the greatest write that was not undone: somebody's undo or redo put it there that had not
    /// heard of a newer write. An undo of a take-back puts back the greatest.
    private static func outdated(_ people: [Replica], on board: Board) -> Set<ShapeID> {
        var planner = UndoPlanner(board, author: people[0].author, gesture: [])
        let work = people.flatMap { board.transactions(of: $0.author, from: 1) }
        var shapes: Set<ShapeID> = []
        for (id, properties) in UndoPlanner.targets(of: work) {
            for property in properties {
                switch property.row?.law {
                case .register, .samples: break
                default: continue
                }
                guard let winner = planner.standingWriter(of: property, of: id), let write = planner.write(property, of: id, by: winner)
                else { continue }
                let standing = write.restores ?? .transaction(author: winner.author, sequence: winner.sequence)
                if planner.greatest(property, of: id, without: { _ in false }).origin != standing { shapes.insert(id) }
            }
        }
        return shapes
    }

    @Test(arguments: [0...UInt64.max, 2...UInt64(Int64.max)] as [ClosedRange<UInt64>])
    func `BD-120, BD-121: of a span that is said without a beginning or an end as much is taken back, and named, as is here`(
        sequences: ClosedRange<UInt64>
    ) throws {
        var people = try Self.room(1)
        for number in 0..<3 { try people[1].draw(Self.box(number)) }
        people[0].receive(people[1])
        let victim = people[1].author
        let last = people[0].board.contiguousSequence(of: victim)
        try Self.takeBack(victim, sequences, by: &people[0])
        let named = people[0].board.transactions(of: people[0].author, from: 1).compactMap(\.takesBack)
        #expect(named == [WorkSpan(author: victim, sequences: max(1, sequences.lowerBound)...last)])
        #expect(people[0].board.shapes.count == (sequences.lowerBound == 0 ? 0 : 1))
        let beyond = try Self.takeBack(victim, last + 1...UInt64.max, by: &people[0])
        #expect(beyond.parts.isEmpty && beyond.skipped.isEmpty)
    }

    @Test(arguments: seeds(400))
    func `BD-120, BD-186, BD-187: what is left is what would be there had the vandal never come, and one undo brings it back`(
        seed: UInt64
    ) throws {
        var random = SplitMix64(seed: seed)
        var people = try Self.room(3)
        let victim = people[3].author
        var hasLied = false
        for _ in 0..<30 + random.below(30) {
            let index = random.below(4)
            if random.chance(0.5) { people[index].receive(people[random.below(4)]) }
            let shapes = people[index].board.shapes
            let target = shapes.isEmpty ? nil : shapes[random.below(shapes.count)]
            // Others' steps of undo restore what the vandal wrote, which would be another picture.
            switch (random.below(index == 3 ? 10 : 7), target) {
            case (0...1, let target?): try people[index].move(target.id, by: Point(x: 8, y: Int32(random.below(99))))
            case (2, let target?):
                try people[index].set(target.id, .fill(Color(rgb: UInt32(random.below(99)))), .text("t\(random.below(9))"))
            case (3, let target?): try people[index].delete(target.id)
            case (7, _) where people[index].board.canUndo(victim): try people[index].undo()
            case (8, _) where people[index].board.canRedo(victim): try people[index].redo()
            case (9, let target?):
                // Hidden behind what it says to restore, it is taken back all the same; no undo of that brings it back.
                hasLied = true
                let origin = Origin.transaction(author: people[1].author, sequence: 1 + UInt64(random.below(9)))
                try people[index].write([Write(target.id, .stroke, .color(Color(rgb: 0xBAD)), restores: origin)])
            default: try people[index].draw(Self.box(random.below(50)))
            }
        }
        for index in 0...3 { people[0].receive(people[index]) }
        guard people[0].board.contiguousSequence(of: victim) > 0 else { return }
        let (log, before) = (people[0].board.log, people[0].board.shapes)
        let without = Picture(log) { log[$0].author != victim }.shapes.standing
        let outdated = Self.outdated(people, on: people[0].board)
        let kept = { (shapes: [Shape]) in shapes.filter { !outdated.contains($0.id) } }
        let plan = try Self.takeBack(victim, by: &people[0])
        #expect(people[0].board.shapes == without)
        #expect(!plan.parts.isEmpty || before == without)
        for _ in 0..<2 where !plan.parts.isEmpty {
            try people[0].undo()
            #expect(hasLied || kept(people[0].board.shapes) == kept(before))
            try people[0].redo()
            #expect(people[0].board.shapes == without)
        }
        // Whoever hears of it sees the same, and the vandal's own undo and redo bring nothing of it back.
        people[3].receive(people[0])
        #expect(people[3].board.shapes == without)
        let others = Set(without.map(\.id))
        while people[3].board.canUndo(victim) { try people[3].undo() }
        #expect(Set(people[3].board.shapes.map(\.id)) == others)
        // A second time there is nothing to take back.
        #expect(people[0].board.writes(takingBack: try #require(people[0].board.span(of: victim)), by: people[0].author).parts.isEmpty)
    }

    @Test(arguments: seeds(400)) func `BD-187: a step that is done again leaves lines where it left them, whatever they were bound to`(
        seed: UInt64
    )
        throws
    {
        var random = SplitMix64(seed: seed)
        var people = try Self.room(2)
        for _ in 0..<20 + random.below(30) {
            let index = random.below(3)
            if random.chance(0.5) { people[index].receive(people[random.below(3)]) }
            let shapes = people[index].board.shapes
            let boxes = shapes.filter { $0.content.kind == .rectangle }.map(\.id)
            let line = shapes.filter { $0.content.kind == .line }.map(\.id).randomElement(using: &random)
            let binding = boxes.isEmpty || random.chance(0.3) ? nil : Binding(boxes[random.below(boxes.count)])
            switch (random.below(8), line) {
            case (0, let line?): try people[index].set(line, .startBinding(binding))
            case (1, let line?): try people[index].set(line, .endBinding(binding))
            case (2...3, let line?):
                let points = [Point.zero, Point(x: Int32(random.below(900)), y: Int32(random.below(900)))]
                try people[index].write([Write(line, .points, .points(points.shuffled(using: &random)))])
            case (4, let line?): try people[index].move(line, by: Point(x: 8, y: Int32(random.below(99))))
            case (5, _):
                let ends = [Point.zero, Point(x: 700, y: 64)]
                try people[index].draw(
                    ShapeDraft(
                        kind: .line, position: Point(x: Int32(random.below(900)), y: 0), points: ends, startBinding: binding))
            case (6, _) where !boxes.isEmpty && random.chance(0.3): try people[index].delete(boxes[random.below(boxes.count)])
            default: try people[index].draw(Self.box(random.below(9)))
            }
        }
        for index in 1...2 { people[0].receive(people[index]) }
        guard people[0].board.contiguousSequence(of: people[2].author) > 0 else { return }
        let plan = try Self.takeBack(people[2].author, by: &people[0])
        let taken = people[0].board.shapes
        for _ in 0..<2 where !plan.parts.isEmpty {
            try people[0].undo()
            try people[0].redo()
            // Shapes are long to print.
            let moved = zip(people[0].board.shapes, taken).filter { $0 != $1 }.map { ($0.id, $0.content.points, $1.content.points) }
            #expect(moved.isEmpty && people[0].board.shapeCount == taken.count)
        }
    }

    @Test func `BD-120: two hundred shapes that a vandal deleted before he left come back, marks upon marks`() throws {
        var people = try Self.room(2)
        var ids: [ShapeID] = []
        for number in 0..<200 { ids.append(try people[1].draw(Self.box(number))) }
        people[2].receive(people[1])
        try people[2].write(people[2].board.writes(deleting: ids))
        // A hostile program marks one shape again and again.
        for _ in 0..<600 { try people[2].write([Write(ids[7], .deletion, .mark)]) }
        people[0].receive(people[2])
        #expect(people[0].board.shapeCount == 0)
        let right = try #require(people[0].board.right(of: people[2].author))
        try people[0].write(people[0].board.writes(removing: [right], by: people[0].author))
        _ = people[0].board.settle()
        #expect(people[0].board.shapeCount == 0 && people[0].board.role(of: people[2].author) == nil)
        let plan = try Self.takeBack(people[2].author, by: &people[0])
        #expect(plan.parts.count == 3 && plan.skipped.isEmpty)
        #expect(people[0].board.shapes.map(\.id) == ids)
        try people[0].undo()
        #expect(people[0].board.shapeCount == 0)
        try people[0].redo()
        #expect(people[0].board.shapeCount == 200)
    }

    @Test func `BD-188: no undo brings back what was taken back, until that is undone`() throws {
        var people = try Self.room(3)
        func share() { for to in people.indices { for from in people.indices where to != from { people[to].receive(people[from]) } } }
        let id = try people[1].draw(Self.box(1))
        share()
        try people[3].set(id, .fill(Color(rgb: 3)))
        share()
        try people[2].set(id, .fill(Color(rgb: 2)))
        share()
        // Bob's stands, and is left alone; once he takes it back, the vandal's would stand.
        #expect(try Self.takeBack(people[3].author, by: &people[0]).parts.isEmpty)
        try people[3].set(id, .stroke(Color(rgb: 9)))
        share()
        #expect(try Self.takeBack(people[3].author, by: &people[0]).skipped == [id])
        #expect(people[0].board.shape(id)?.content.stroke == nil && people[0].board.shape(id)?.content.fill == Color(rgb: 2))
        share()
        var bob = people[2]
        try bob.undo()
        #expect(bob.board.shape(id)?.content.fill == nil)
        try people[0].undo()
        share()
        try people[2].undo()
        #expect(people[2].board.shape(id)?.content.fill == Color(rgb: 3))
    }

    @Test func `BD-121, BD-188: of an editor such a record means nothing, nor do bytes that are none`() throws {
        var people = try Self.room(3)
        let id = try people[1].draw(Self.box(1))
        people[2].receive(people[1])
        try people[2].set(id, .fill(Color(rgb: 2)))
        people[3].receive(people[2])
        let span = WorkSpan(author: people[2].author, sequences: 1...9)
        try people[3].write([Write(ShapeID(author: people[3].author, number: 0), .takeBack, .bytes(span.bytes))])
        people[1].receive(people[3])
        try people[1].set(id, .fill(Color(rgb: 1)))
        try people[1].undo()
        #expect(people[1].board.shape(id)?.content.fill == Color(rgb: 2))
        #expect(WorkSpan(span.bytes) == span)
        for bytes in [
            [], span.bytes + [0], Array(span.bytes.dropLast()), people[2].author.bytes + [0, 1], people[2].author.bytes + [2, 1],
        ] {
            #expect(WorkSpan(bytes) == nil)
        }
    }

    @Test func `BD-120: after another vandal was taken back, what the first did does not come back`() throws {
        var people = try Self.room(3)
        let id = try people[1].draw(Self.box(1))
        for (index, color) in [(2, 0x2 as UInt32), (3, 0x3)] {
            people[index].receive(people[index - 1])
            try people[index].set(id, .fill(Color(rgb: color)))
            people[0].receive(people[index])
            if index == 2 {
                try Self.takeBack(people[2].author, by: &people[0])
                #expect(people[0].board.shape(id)?.content.fill == nil)
                people[3].receive(people[0])
                people[2].receive(people[0])
            }
        }
        #expect(people[0].board.shape(id)?.content.fill == Color(rgb: 3))
        try Self.takeBack(people[3].author, by: &people[0])
        #expect(people[0].board.shape(id)?.content.fill == nil)
    }

    @Test func `BD-122, BD-189: a span begins with the first work that claims to be of its time`() throws {
        var people = try Self.room(1)
        for time in [1000, 5000, 3000, 9000] as [UInt64] {
            let number = people[1].board.freeShapeNumber(of: people[1].author, from: 1)
            let writes = try people[1].board.writes(for: Self.box(1), number: number, by: people[1].author)
            _ = try people[1].board.author(writes, key: people[1].key, wallTime: time)
        }
        let author = people[1].author
        #expect(people[1].board.span(of: author)?.sequences == 1...4)
        #expect(people[1].board.span(of: author, since: 4000)?.sequences == 2...4)
        #expect(people[1].board.span(of: author, since: 9001) == nil)
        people[0].receive(people[1])
        try Self.takeBack(author, 2...3, by: &people[0])
        #expect(people[0].board.shapes.map(\.id.number) == [1, 4])
    }

    @Test func `BD-120, BD-186: 500 changes among 2000 of others: only they go`() throws {
        var random = SplitMix64(seed: 500)
        var people = try Self.room(4)
        var ids: [ShapeID] = []
        for number in 0..<200 { ids.append(try people[1].draw(Self.box(number))) }
        for index in 2...4 { people[index].receive(people[1]) }
        for step in 0..<1800 {
            let index = 1 + step % 3
            try people[index].move(ids[random.below(ids.count)], by: Point(x: Int32(random.below(20)), y: 8))
        }
        for _ in 0..<500 {
            let id = ids[random.below(ids.count)]
            switch random.below(4) {
            case 0 where people[4].board.shape(id) != nil: try people[4].delete(id)
            case 1: try people[4].draw(Self.box(random.below(99)))
            default: try people[4].write([Write(id, .fill, .color(Color(rgb: UInt32(random.below(1 << 24)))))])
            }
        }
        for index in 1...4 { people[0].receive(people[index]) }
        let (log, before) = (people[0].board.log, people[0].board.shapes)
        let without = Picture(log) { [victim = people[4].author] in log[$0].author != victim }.shapes.standing
        try Self.takeBack(people[4].author, by: &people[0])
        #expect(people[0].board.shapes == without && without.count == 200)
        try people[0].undo()
        #expect(people[0].board.shapes == before)
    }
}
