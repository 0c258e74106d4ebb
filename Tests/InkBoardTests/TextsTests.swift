import InkBoard
import InkPrimitives
import Testing

@Suite struct TextsTests {
    private static func people(_ count: Int) throws -> (people: [Replica], note: ShapeID) {
        let first = try genesis(by: try key(1))
        var people = try (1...UInt8(count)).map { try Replica($0, genesis: first) }
        let note = try people[0].draw(ShapeDraft(kind: .note, position: .zero, text: "base"))
        for index in people.indices.dropFirst() { people[index].receive(people[0]) }
        return (people, note)
    }

    @Test func `BD-31, BD-32: a text that was typed by hand and lost to one that knows nothing of it is found by its author`() throws {
        var (people, note) = try Self.people(2)
        try people[0].write(people[0].board.writes(typing: "base ana", in: note))
        try people[1].write(people[1].board.writes(typing: "base bob", in: note))
        let (zero, one) = (people[0], people[1])
        people[0].receive(one)
        people[1].receive(zero)
        #expect(people[0].board.fingerprint == people[1].board.fingerprint)
        let found = [people[0].board.lostText(of: zero.author, in: note), people[1].board.lostText(of: one.author, in: note)]
        let lost = try #require(found.compactMap { $0 }.first)
        #expect(found.compactMap { $0 }.count == 1 && lost.base == "base" && lost.winner != (found[0] == nil ? one : zero).author)
        #expect(Set([lost.mineText, lost.theirsText]) == ["base ana", "base bob"])
        // Merged, it is lost no more, and the other's program sees of what it was made.
        let loser = found[0] == nil ? 1 : 0
        let merge = try people[loser].write(people[loser].board.writes(typing: "base ana bob", in: note, merged: [lost.mine]))
        people[1 - loser].receive(people[loser])
        for person in people { #expect(person.board.lostText(of: person.author, in: note) == nil) }
        #expect(people[1 - loser].board.textMerge(by: merge.name).map(\.merged) == [[lost.mine]])
        #expect(people[1 - loser].board.textMerge(by: merge.name).first?.base == lost.theirs)
    }

    @Test func `BD-32, BD-138: a write whose editor knew what it overwrote costs nobody a word`() throws {
        var (people, note) = try Self.people(2)
        try people[0].write(people[0].board.writes(typing: "base ana", in: note))
        people[1].receive(people[0])
        try people[1].write(people[1].board.writes(typing: "bob", in: note))
        people[0].receive(people[1])
        #expect(people[0].board.lostText(of: people[0].author, in: note) == nil)
        // A script, and a program that says no base, knew what their transaction comes after.
        try people[1].set(note, .text("script"))
        people[0].receive(people[1])
        #expect(people[0].board.lostText(of: people[0].author, in: note) == nil)
    }

    @Test func `BD-138: an editor that began before it saw the other's write did not know it, though its transaction comes after`() throws {
        var (people, note) = try Self.people(2)
        let began = try people[1].board.writes(typing: "base bob", in: note)
        try people[0].write(people[0].board.writes(typing: "base ana", in: note))
        people[1].receive(people[0])
        try people[1].write(began)
        people[0].receive(people[1])
        let lost = try #require(people[0].board.lostText(of: people[0].author, in: note))
        #expect(lost.base == "base" && lost.mineText == "base ana" && lost.theirsText == "base bob")
    }

    @Test func `BD-139: what a script, an undo or a restore wrote is not merged by its author`() throws {
        for step in 0..<2 {
            var (people, note) = try Self.people(2)
            if step == 0 {
                try people[0].set(note, .text("script"))
            } else {
                try people[0].write(people[0].board.writes(typing: "typed", in: note))
                try people[0].undo()
            }
            for _ in 0..<4 { try people[1].say("later") }
            try people[1].write(people[1].board.writes(typing: "base bob", in: note))
            people[0].receive(people[1])
            #expect(people[0].board.shape(note)?.content.text == "base bob")
            #expect(people[0].board.lostText(of: people[0].author, in: note) == nil, "\(step)")
        }
    }

    @Test func `BD-138: of three writers each finds its own words, over the last text that both knew`() throws {
        var (people, note) = try Self.people(3)
        try people[0].write(people[0].board.writes(typing: "base a", in: note))
        people[1].receive(people[0])
        // The second goes on from the first; the third was offline for a day and typed in two steps.
        try people[1].write(people[1].board.writes(typing: "base a b", in: note))
        try people[2].write(people[2].board.writes(typing: "base c", in: note))
        for _ in 0..<3 { try people[1].say("x") }
        try people[1].write(people[1].board.writes(typing: "base a bb", in: note))
        try people[2].write(people[2].board.writes(typing: "base cc", in: note))
        people[2].receive(people[1])
        let lost = try #require(people[2].board.lostText(of: people[2].author, in: note))
        #expect(lost.base == "base" && lost.mineText == "base cc" && lost.theirsText == "base a bb")
        // The first is known to the second, whatever it wrote before.
        people[0].receive(people[1])
        #expect(people[0].board.lostText(of: people[0].author, in: note) == nil)
        #expect(TextMerge(base: lost.base, mine: lost.mineText, theirs: lost.theirsText).text == "base a bb cc")
    }

    @Test func `BD-32: a shape that is gone has lost no text`() throws {
        var (people, note) = try Self.people(2)
        try people[0].write(people[0].board.writes(typing: "base ana", in: note))
        for _ in 0..<3 { try people[1].say("x") }
        try people[1].write(people[1].board.writes(typing: "base bob", in: note))
        try people[1].delete(note)
        people[0].receive(people[1])
        #expect(people[0].board.lostText(of: people[0].author, in: note) == nil)
    }

    @Test func `BD-34, BD-142: a wish over more shapes than a transaction holds is cut, and taken back as one`() throws {
        var ana = try Replica(1, genesis: try genesis(by: try key(1)))
        let count = Limits.writesPerTransaction / 4 + 300
        var writes: [Write] = []
        for number in 1...UInt64(count) {
            let draft = ShapeDraft(kind: .rectangle, position: Point(x: Int32(number) * 8, y: 0), size: Size(width: 8, height: 8))
            writes += try ana.board.writes(for: draft, number: number, by: ana.author, depth: .first)
        }
        func give(_ writes: [Write]) throws {
            var first: TransactionName?
            for part in try ana.board.parts(of: writes, by: ana.author) {
                let step = first.map { Board.writes(continuing: $0, by: ana.author) } ?? []
                let made = try ana.write(part + step)
                first = first ?? made.name
            }
        }
        try give(writes)
        #expect(ana.board.shapeCount == count && ana.board.transactionCount == 3)
        let all = ana.board.shapes.map(\.id)
        try give(try ana.board.writes(deleting: all))
        #expect(ana.board.shapeCount == 0)
        try ana.undo()
        #expect(ana.board.shapeCount == count)
        try ana.undo()
        #expect(ana.board.shapeCount == 0 && !ana.board.canUndo(ana.author))
        try ana.redo()
        #expect(ana.board.shapeCount == count)
        try ana.redo()
        #expect(ana.board.shapeCount == 0 && !ana.board.canRedo(ana.author))
        try ana.undo()
        #expect(ana.board.shapeCount == count)
    }

    @Test func `BD-35: what would lie beyond the edge is not moved at all`() throws {
        var ana = try Replica(1, genesis: try genesis(by: try key(1)))
        let first = try ana.draw(ShapeDraft(kind: .rectangle, position: Point(x: Limits.coordinate - 8, y: 0)))
        let second = try ana.draw(ShapeDraft(kind: .rectangle, position: .zero))
        #expect(throws: RuleViolation.beyondEdge) { try ana.move(first, second, by: Point(x: 16, y: 0)) }
        try ana.move(first, second, by: Point(x: 8, y: 0))
        #expect(ana.board.shape(first)?.content.position.x == Limits.coordinate)
        #expect(throws: RuleViolation.beyondEdge) { try ana.move(second, by: Point(x: -Limits.coordinate - 8, y: Int32.max)) }
    }

    @Test func `BD-36: a resize writes what the hand changed, by as much as it did`() throws {
        var ana = try Replica(1, genesis: try genesis(by: try key(1)))
        let id = try ana.draw(ShapeDraft(kind: .rectangle, position: Point(x: 320, y: 0), size: Size(width: 640, height: 512)))
        #expect(try ana.board.writes(resizing: id, by: .zero, growing: Point(x: 256, y: 256)).map(\.property) == [.size])
        #expect(try ana.board.writes(resizing: id, by: Point(x: 8, y: 0), growing: .zero).map(\.property) == [.position])
        let narrow = try ana.board.writes(resizing: id, by: .zero, growing: Point(x: -9999, y: 0))
        #expect(narrow.map(\.value) == [.size(Size(width: 0, height: 512))])
    }
}
