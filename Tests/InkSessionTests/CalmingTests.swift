import InkBoard
import InkCrypto
import InkPrimitives
import Testing

@testable import InkSession

/// What an owner does so that a board stays calm, through nodes.
@Suite struct CalmingTests {
    private static let box = Intent.draw(ShapeDraft(kind: .rectangle, position: .zero, size: Size(width: 8, height: 8)))

    static func author(_ pipes: PerfectPipes, _ index: Int) -> AuthorID { pipes.members[index].identity.author }

    private static func takeBack(
        _ whom: TakeBackOrder.Whom, _ span: TakeBackOrder.Span = .all, by index: Int = 0, in pipes: inout PerfectPipes
    ) -> Outcome? {
        pipes.ask(.calm(.takeBack(TakeBackOrder(whom, span))), by: index)
    }

    @Test
    func `SE-250, SE-377, SE-378: an owner takes back what somebody did, after he was removed too, and one undo brings it back`() throws {
        var pipes = try PerfectPipes.governed([("bob", .editor), ("mal", .editor)]).pipes
        let (ann, bob, mal) = (Self.author(pipes, 0), Self.author(pipes, 1), Self.author(pipes, 2))
        for _ in 0..<3 { #expect(pipes.ask(Self.box, by: 1) == .done) }
        #expect(pipes.run(.seconds(3)) { $0.areEqual })
        let ids = try #require(pipes.members[2].node.board?.shapes.map(\.id))
        #expect(pipes.ask(Self.box, by: 2) == .done)
        #expect(pipes.ask(.delete([ids[0]]), by: 2) == .done)
        #expect(pipes.ask(.set(ids[1], [.fill(Color(rgb: 1))]), by: 2) == .done)
        #expect(pipes.ask(.set(ids[2], [.fill(Color(rgb: 2))]), by: 2) == .done)
        #expect(pipes.run(.seconds(3)) { $0.areEqual })
        let before = pipes.members[0].node.board?.shapes
        // Of what bob changed since nothing is taken.
        #expect(pipes.ask(.set(ids[2], [.fill(Color(rgb: 3))]), by: 1) == .done)
        #expect(pipes.run(.seconds(3)) { $0.areEqual })
        #expect(pipes.ask(.remove(RemovalOrder(.device(mal))), by: 0) == .done)
        // His name is known here, though he is gone.
        #expect(Self.takeBack(.named("mal"), in: &pipes) == .skipped([ids[2]]))
        #expect(pipes.run(.seconds(3)) { $0.members[0].node.board?.fingerprint == $0.members[1].node.board?.fingerprint })
        for index in 0...1 {
            let shapes = try #require(pipes.members[index].node.board?.shapes)
            #expect(shapes.map(\.id) == ids && shapes.map(\.content.fill) == [nil, nil, Color(rgb: 3)])
            let told = pipes.members[index].events.compactMap { if case .calm(let news) = $0 { news } else { nil } }
            guard case .tookBack(ann, mal, let changes)? = told.last else { return #expect(Bool(false), "\(told)") }
            #expect(told.count == 1 && changes >= 4)
        }
        #expect(pipes.ask(.undo, by: 0) == .done)
        #expect(pipes.members[0].node.board?.shapes.map(\.id) == before?.map(\.id))
        #expect(pipes.ask(.redo, by: 0) == .done)
        #expect(pipes.members[0].node.board?.shapes.map(\.id) == ids)
        #expect(Self.takeBack(.device(mal), in: &pipes) == .refused(.calm(.nothingToTakeBack)))
        #expect(Self.takeBack(.device(bob), .sequences(1_000_000...1_000_001), in: &pipes) == .refused(.calm(.nothingToTakeBack)))
    }

    @Test func `SE-251, SE-380, SE-381: what would change a locked shape is refused where it begins, and an owner changes it`() throws {
        var pipes = try PerfectPipes.governed([("bob", .editor)]).pipes
        #expect(pipes.ask(Self.box, by: 1) == .done && pipes.ask(Self.box, by: 1) == .done)
        #expect(pipes.run(.seconds(3)) { $0.areEqual })
        let ids = try #require(pipes.members[0].node.board?.shapes.map(\.id))
        let id = ids[0]
        #expect(pipes.ask(.calm(.lock([id], true)), by: 1) == .refused(.calm(.onlyOwners)))
        // Somebody writes in it when it is locked.
        pipes.intent(.begin(.text(id, "b")), by: 1, ref: 77)
        #expect(pipes.ask(.calm(.lock([id], true)), by: 0) == .done)
        #expect(pipes.run(.seconds(3)) { $0.areEqual && $0.members[1].node.board?.shape(id)?.isLocked == true })
        pipes.intent(.commit, by: 1, ref: 78)
        #expect(pipes.run(.seconds(2)) { $0.members[1].events.contains(.outcome(ref: 78, .refused(.calm(.locked)))) })
        let before = pipes.members[1].node.board?.transactionCount
        let asked: [Intent] = [
            .set(id, [.fill(nil)]), .setAll(ids, [.fill(Color(rgb: 1))]), .setEach([ShapeEdit(id, [.fill(nil)])]),
            .move(ids, by: Point(x: 8, y: 8)),
            .resize(id, by: .zero, growing: Point(x: 8, y: 8)), .delete([id]), .amend(id, [.text("x")]),
            .type(id, from: "", to: "x", continues: false), .change(BoardChange(deleted: [id])),
            .change(BoardChange(edits: [ShapeEdit(id, [.fill(nil)])])), .begin(.move([id], by: .zero)),
            .begin(.resize(id, position: .zero, size: Size(width: 1, height: 1))), .begin(.text(id, nil)),
        ]
        for intent in asked { #expect(pipes.ask(intent, by: 1) == .refused(.calm(.locked)), "\(intent)") }
        #expect(pipes.members[1].node.board?.transactionCount == before)
        // His undo leaves it alone.
        #expect(pipes.ask(.undo, by: 1) == .done && pipes.ask(.undo, by: 1) == .skipped([id]))
        #expect(pipes.ask(.set(id, [.fill(Color(rgb: 5))]), by: 0) == .done)
        #expect(pipes.ask(.calm(.lock([id, id], false)), by: 0) == .done)
        #expect(pipes.run(.seconds(3)) { $0.areEqual && $0.members[1].node.board?.shape(id)?.isLocked == false })
        #expect(pipes.ask(.set(id, [.fill(Color(rgb: 6))]), by: 1) == .done)
        #expect(pipes.run(.seconds(3)) { $0.areEqual && $0.members[0].node.board?.shape(id)?.content.fill == Color(rgb: 6) })
    }

    @Test func `SE-252, SE-382: in slow mode a program waits for its own person's pace, an owner has none, and all is told`() throws {
        var pipes = try PerfectPipes.governed([("bob", .editor)]).pipes
        let ann = Self.author(pipes, 0)
        #expect(pipes.ask(.calm(.pace(milliseconds: 10_000)), by: 1) == .refused(.calm(.onlyOwners)))
        #expect(pipes.ask(.calm(.pace(milliseconds: 3_600_001)), by: 0) == .refused(.badValue(field: "interval_ms")))
        #expect(pipes.ask(.calm(.pace(milliseconds: 10_000)), by: 0) == .done)
        #expect(pipes.run(.seconds(3)) { $0.areEqual })
        for index in 0...1 {
            #expect(pipes.members[index].events.contains(.calm(.pace(milliseconds: 10_000, by: ann))))
            #expect(pipes.ask(Self.box, by: index) == .done)
        }
        #expect(pipes.ask(Self.box, by: 0) == .done)
        guard case .refused(.calm(.tooSoon(let left)))? = pipes.ask(Self.box, by: 1) else {
            return #expect(Bool(false), "it was taken at once")
        }
        #expect((9_000...10_000).contains(left) && Refusal.calm(.tooSoon(milliseconds: left)).description.contains("10 s"))
        guard
            case .refused(.calm(.tooSoon))? = pipes.ask(
                .begin(.stroke(ShapeDraft(kind: .freehand, position: .zero, points: [.zero]))), by: 1)
        else { return #expect(Bool(false), "a stroke began") }
        _ = pipes.run(.seconds(11)) { _ in false }
        // A text that is saved while it is typed is one change.
        let id = try #require(pipes.members[1].node.board?.shapes.first { $0.id.author != ann }?.id)
        for text in ["a", "ab", "abc"] { #expect(pipes.ask(.amend(id, [.text(text)]), by: 1) == .done) }
        #expect(pipes.ask(.calm(.pace(milliseconds: 0)), by: 0) == .done)
        #expect(pipes.run(.seconds(3)) { $0.areEqual })
        for _ in 0..<3 { #expect(pipes.ask(Self.box, by: 1) == .done) }
        #expect(pipes.run(.seconds(3)) { $0.areEqual })
    }

    @Test func `SE-383, SE-384: a flood waits at who receives it and none of it is lost, and nobody's work stands behind it`() throws {
        var pipes = try PerfectPipes.governed([("bob", .editor), ("mal", .editor)]).pipes
        #expect(pipes.ask(.calm(.pace(milliseconds: 10_000)), by: 0) == .done)
        #expect(pipes.run(.seconds(3)) { $0.areEqual })
        let (ann, mal) = (Self.author(pipes, 0), Self.author(pipes, 2))
        // A program that knows no slow mode.
        pipes.members[2].node.slowMode = SlowMode()
        var sent = 0
        for _ in 0..<12 {
            pipes.members[2].node.slowMode = SlowMode()
            if pipes.ask(Self.box, by: 2) == .done { sent += 1 }
        }
        #expect(sent == 12)
        _ = pipes.run(.seconds(2)) { _ in false }
        for index in 0...1 {
            let shown = pipes.members[index].node.board?.shapes.count { $0.id.author == mal } ?? 0
            #expect((3...6).contains(shown), "\(shown)")
        }
        // An owner draws meanwhile, and it is there at once.
        #expect(pipes.ask(Self.box, by: 0) == .done)
        #expect(pipes.run(.seconds(1)) { $0.members[1].node.board?.shapes.contains { $0.id.author == ann } == true })
        // What mal himself sees all of is built upon: there his work is not held up.
        #expect(pipes.ask(.calm(.pace(milliseconds: 1000)), by: 0) == .done)
        #expect(pipes.run(.seconds(30)) { $0.areEqual })
        #expect(pipes.members[0].node.board?.shapes.count { $0.id.author == mal } == 12)
    }

    @Test func `SE-377, SE-379: who is meant is looked for among all who signed, and nobody else than an owner is heard`() throws {
        var pipes = try PerfectPipes.governed([("bob", .editor), ("bob", .editor)]).pipes
        let (bob, other) = (Self.author(pipes, 1), Self.author(pipes, 2))
        for index in 1...2 { #expect(pipes.ask(Self.box, by: index) == .done) }
        #expect(pipes.run(.seconds(3)) { $0.areEqual })
        #expect(Self.takeBack(.named("eve"), in: &pipes) == .refused(.calm(.nobodyCalled("eve"))))
        #expect(Self.takeBack(.named("bob"), in: &pipes) == .refused(.calm(.severalCalled("bob", [bob, other].sorted()))))
        #expect(Self.takeBack(.named(String(bob.hex.prefix(7))), in: &pipes) == .refused(.calm(.nobodyCalled(String(bob.hex.prefix(7))))))
        #expect(Self.takeBack(.named("ann"), in: &pipes) == .refused(.calm(.ownWork)))
        #expect(Self.takeBack(.named("bob"), by: 1, in: &pipes) == .refused(.calm(.onlyOwners)))
        #expect(Self.takeBack(.named("bob@\(bob.hex.prefix(8))"), in: &pipes) == .done)
        #expect(Self.takeBack(.named(String(other.hex.prefix(8)).uppercased()), .last(seconds: 60), in: &pipes) == .done)
        #expect(pipes.members[0].node.board?.shapeCount == 0)
        var old = try PerfectPipes()
        old.add(name: "ann")
        #expect(Self.takeBack(.named("ann"), in: &old) == .refused(.noRoles))
    }
}
