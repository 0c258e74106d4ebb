import InkBoard
import InkCrypto
import InkPrimitives
import Testing

@Suite struct UndoTests {
    private static let box = ShapeDraft(kind: .rectangle, position: Point(x: 80, y: 80), size: Size(width: 64, height: 64))

    private static func pair() throws -> (Replica, Replica) {
        let first = try genesis(by: try key(1))
        return (try Replica(1, genesis: first), try Replica(2, genesis: first))
    }

    @Test(arguments: seeds(60))
    func `BD-12: undo n times and redo n times leaves the picture as it was`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for var person in try someHistory(seed: seed) {
            let before = person.board.shapes
            var steps = 0
            let wish = 1 + random.below(12)
            do {
                while steps < wish, person.board.canUndo(person.author) {
                    try person.undo()
                    steps += 1
                }
            } catch RuleViolation.ownHistoryMissing {
                continue  // A forked copy that has heard of its other half.
            }
            let undone = person.board.shapes
            for _ in 0..<steps { try person.redo() }
            #expect(person.board.shapes == before)
            for _ in 0..<steps { try person.undo() }
            #expect(person.board.shapes == undone)
            for _ in 0..<steps { try person.redo() }
            #expect(person.board.shapes == before)
        }
    }

    @Test(arguments: seeds(60))
    func `BD-11: undoing all of one's own work leaves only what others made`(seed: UInt64) throws {
        for var person in try someHistory(seed: seed) where person.board.orphanCount == 0 {
            let others = Set(person.board.shapes.map(\.id).filter { $0.author != person.author })
            let standing = Set(person.board.shapes.map(\.id))
            while person.board.canUndo(person.author) { try person.undo() }
            let left = Set(person.board.shapes.map(\.id))
            if !person.board.forks.contains(where: { $0.author == person.author }) {
                #expect(left.allSatisfy { $0.author != person.author })
            }
            // Own deletions of others' shapes are taken back, others' deletions are not.
            #expect(others.isSubset(of: left))
            for id in left.subtracting(standing) {
                let own = person.board.transactions(of: person.author, from: 1).flatMap(\.writes)
                #expect(own.contains { $0.target == id && $0.property == .deletion })
            }
        }
    }

    @Test func `BD-11: undo takes back one gesture and redo does it again`() throws {
        var (ana, _) = try Self.pair()
        let id = try ana.draw(Self.box)
        try ana.move(id, by: Point(x: 8, y: 0))
        try ana.set(id, .stroke(Color(rgb: 0xFF)), .text("hi"))
        try ana.undo()
        #expect(ana.board.shape(id)?.content.text == "" && ana.board.shape(id)?.content.stroke == nil)
        #expect(ana.board.shape(id)?.content.position.x == 88)
        try ana.undo()
        #expect(ana.board.shape(id)?.content == Self.box)
        try ana.undo()
        #expect(ana.board.shape(id) == nil && !ana.board.canUndo(ana.author))
        #expect(ana.board.undoWrites(of: ana.author) == nil)
        for _ in 0..<3 { try ana.redo() }
        #expect(ana.board.shape(id)?.content.text == "hi" && ana.board.shape(id)?.content.position.x == 88)
        #expect(ana.board.redoWrites(of: ana.author) == nil)
    }

    @Test func `BD-135: only a new gesture of one's own ends redo`() throws {
        var (ana, bob) = try Self.pair()
        let id = try ana.draw(Self.box)
        try ana.move(id, by: Point(x: 8, y: 0))
        try ana.undo()
        bob.receive(ana)
        try bob.draw(Self.box)
        ana.receive(bob)
        try ana.say("talking is no gesture")
        #expect(ana.board.canRedo(ana.author))
        try ana.draw(Self.box)
        #expect(!ana.board.canRedo(ana.author))
    }

    @Test func `BD-133: what another changed since is left alone and said`() throws {
        var (ana, bob) = try Self.pair()
        let id = try ana.draw(Self.box)
        try ana.set(id, .stroke(Color(rgb: 1)), .fill(Color(rgb: 2)))
        bob.receive(ana)
        try bob.set(id, .stroke(Color(rgb: 3)))
        ana.receive(bob)
        let plan = try ana.undo()
        #expect(plan.skipped == [id])
        #expect(ana.board.shape(id)?.content.stroke == Color(rgb: 3))
        #expect(ana.board.shape(id)?.content.fill == nil)
        // Bob's undo does not bring ana's undone colour back.
        bob.receive(ana)
        try bob.undo()
        #expect(bob.board.shape(id)?.content.stroke == nil)
    }

    @Test func `BD-133: redo leaves alone what another changed since the undo`() throws {
        var (ana, bob) = try Self.pair()
        let id = try ana.draw(Self.box)
        try ana.set(id, .stroke(Color(rgb: 1)), .fill(Color(rgb: 2)))
        try ana.undo()
        bob.receive(ana)
        try bob.set(id, .stroke(Color(rgb: 3)))
        ana.receive(bob)
        #expect(try ana.redo().skipped == [id])
        #expect(ana.board.shape(id)?.content.stroke == Color(rgb: 3) && ana.board.shape(id)?.content.fill == Color(rgb: 2))
        // Once bob has taken his back, the gesture that is in effect again shows.
        bob.receive(ana)
        try bob.undo()
        #expect(bob.board.shape(id)?.content.stroke == Color(rgb: 1))
    }

    @Test func `BD-133: a step that others changed altogether is still a step`() throws {
        var (ana, bob) = try Self.pair()
        let id = try ana.draw(Self.box)
        try ana.move(id, by: Point(x: 8, y: 0))
        bob.receive(ana)
        try bob.move(id, by: Point(x: 80, y: 0))
        ana.receive(bob)
        let plan = try ana.undo()
        #expect(plan.parts.map(\.count) == [1] && plan.skipped == [id])
        #expect(ana.board.shape(id)?.content.position.x == 168)
        try ana.undo()
        #expect(ana.board.shape(id) == nil)
    }

    @Test func `BD-11: undo of a change gives back the greatest other write, not the one seen at the time`() throws {
        var (ana, bob) = try Self.pair()
        let id = try ana.draw(Self.box)
        bob.receive(ana)
        try bob.set(id, .fill(Color(rgb: 5)))
        // Concurrent with bob's, and later by stamp.
        try ana.say("so that mine is later")
        try ana.set(id, .fill(Color(rgb: 6)))
        ana.receive(bob)
        #expect(ana.board.shape(id)?.content.fill == Color(rgb: 6))
        try ana.undo()
        #expect(ana.board.shape(id)?.content.fill == Color(rgb: 5))
    }

    @Test func `BD-20: undo never brings back what another deleted`() throws {
        var (ana, bob) = try Self.pair()
        let id = try ana.draw(Self.box)
        try ana.move(id, by: Point(x: 8, y: 0))
        bob.receive(ana)
        try ana.delete(id)
        try bob.delete(id)
        ana.receive(bob)
        bob.receive(ana)
        let plan = try ana.undo()
        #expect(plan.skipped == [id])
        #expect(ana.board.shape(id) == nil)
        while ana.board.canUndo(ana.author) { try ana.undo() }
        while ana.board.canRedo(ana.author) { try ana.redo() }
        #expect(ana.board.shape(id) == nil)
        // Bob's own undo takes back bob's mark, ana's stands again since she redid it.
        try bob.undo()
        #expect(bob.board.shape(id) == nil)
        bob.receive(ana)
        ana.receive(bob)
        try ana.undo()
        #expect(ana.board.shape(id)?.content.position.x == 88)
    }

    @Test func `BD-11: undo of a deletion keeps what others changed meanwhile`() throws {
        var (ana, bob) = try Self.pair()
        let id = try ana.draw(Self.box)
        bob.receive(ana)
        try ana.delete(id)
        try bob.set(id, .fill(Color(rgb: 9)))
        ana.receive(bob)
        #expect(ana.board.shape(id) == nil)
        try ana.undo()
        #expect(ana.board.shape(id)?.content.fill == Color(rgb: 9))
        try ana.redo()
        #expect(ana.board.shape(id) == nil)
        try ana.undo()
        #expect(ana.board.shape(id) != nil)
    }

    @Test func `BD-22: a gesture in several transactions is one step`() throws {
        var (ana, bob) = try Self.pair()
        let note = try ana.draw(ShapeDraft(kind: .note, position: .zero, text: "before"))
        func go(on first: TransactionName, _ id: ShapeID, _ text: String) throws {
            let writes = try ana.board.writes(for: [.text(text)], of: id)
            try ana.write(writes + Board.writes(continuing: first, by: ana.author))
        }
        try ana.set(note, .text("h"), .fill(Color(rgb: 1)))
        let first = try #require(ana.board.transactions.last?.name)
        try go(on: first, note, "he")
        try go(on: first, note, "hello")
        // A stroke that goes on as a second shape.
        let stroke = ShapeDraft(kind: .freehand, position: .zero, points: [.zero, Point(x: 8, y: 8)])
        let number = ana.board.freeShapeNumber(of: ana.author, from: 1)
        try ana.write(
            try ana.board.writes(for: stroke, number: number, by: ana.author) + Board.writes(continuing: first, by: ana.author))
        let second = ShapeID(author: ana.author, number: number)

        var plan = try ana.undo()
        #expect(plan.target == first && plan.skipped.isEmpty)
        #expect(ana.board.shape(note)?.content.text == "before" && ana.board.shape(note)?.content.fill == nil)
        #expect(ana.board.shape(second) == nil)
        try ana.redo()
        #expect(ana.board.shape(note)?.content.text == "hello" && ana.board.shape(note)?.content.fill == Color(rgb: 1))
        #expect(ana.board.shape(second)?.content == stroke)
        bob.receive(ana)
        try bob.set(note, .text("bob's"))
        ana.receive(bob)
        plan = try ana.undo()
        #expect(plan.skipped == [note])
        #expect(ana.board.shape(note)?.content.text == "bob's" && ana.board.shape(note)?.content.fill == nil)
        // Bob takes his back: what ana took back stays so.
        bob.receive(ana)
        try bob.undo()
        #expect(bob.board.shape(note)?.content.text == "before")
        // To go on with what is no longer the last gesture is a gesture of its own.
        try ana.draw(Self.box)
        try go(on: first, note, "later")
        try ana.undo()
        #expect(ana.board.shape(note)?.content.text == "bob's" && ana.board.shapes.count == 2)
    }

    @Test func `BD-11, BD-134: the undo of the largest gesture fits one transaction`() throws {
        var (ana, _) = try Self.pair()
        var ids: [ShapeID] = []
        for start in stride(from: 0 as UInt64, to: 3000, by: 500) {
            var writes: [Write] = []
            for number in start..<start + 500 {
                writes += try ana.board.writes(for: Self.box, number: number + 1, by: ana.author)
                ids.append(ShapeID(author: ana.author, number: number + 1))
            }
            try ana.write(writes)
        }
        try ana.write(try ana.board.writes(moving: ids, by: Point(x: 8, y: 8)))
        let plan = try ana.undo()
        #expect(plan.skipped.isEmpty)
        #expect(ana.board.shapes.allSatisfy { $0.content.position == Self.box.position })
    }

    @Test func `BD-134, BD-142: what does not fit one transaction is taken back in several, as one step`() throws {
        var (ana, _) = try Self.pair()
        let long = String(repeating: "x", count: Limits.textBytes)
        var ids: [ShapeID] = []
        for _ in 0..<8 { ids.append(try ana.draw(ShapeDraft(kind: .note, position: .zero, text: long))) }
        try ana.write(ids.map { Write($0, .text, .text("short")) })
        let plan = try ana.undo()
        #expect(plan.skipped.isEmpty && plan.parts.count > 1)
        #expect(ids.allSatisfy { ana.board.shape($0)?.content.text == long })
        try ana.redo()
        #expect(ids.allSatisfy { ana.board.shape($0)?.content.text == "short" })
        try ana.undo()
        #expect(ids.allSatisfy { ana.board.shape($0)?.content.text == long })
        let last = try #require(ana.board.undoWrites(of: ana.author))
        #expect(last.target == ana.board.transactions(of: ana.author, from: 1).last { $0.writes.contains { $0.property == .kind } }?.name)
    }
}
