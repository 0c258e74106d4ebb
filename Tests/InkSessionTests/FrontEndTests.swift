import InkBoard
import InkPrimitives
import Testing

@testable import InkSession

/// Several programs of one person at one node, and the one answer that each of their wishes gets.
@Suite struct FrontEndTests {
    private static let second = FrontEndID(1)!

    private func box(_ x: Int32, text: String = "") -> ShapeDraft {
        ShapeDraft(kind: .rectangle, position: Point(x: x, y: 0), size: Size(width: 800, height: 400), text: text)
    }

    private func stroke(_ label: String = "") -> ShapeDraft {
        ShapeDraft(kind: .freehand, position: .zero, points: [.zero], label: label)
    }

    /// A member with a second program attached, alone on the board.
    private func alone() throws -> PerfectPipes {
        var pipes = try PerfectPipes()
        pipes.add(name: "ana")
        _ = pipes.run(.milliseconds(100))
        pipes.input(.attached(Self.second, strand: Strand(token: 7)), to: 0)
        return pipes
    }

    private func outcomes(_ pipes: PerfectPipes, _ ref: UInt64, of frontEnd: FrontEndID = .holder) -> [Outcome] {
        pipes.members[0].told.compactMap { event, audience in
            guard audience.includes(frontEnd), case .outcome(ref, let outcome) = event else { return nil }
            return outcome
        }
    }

    @Test func `SE-23: every wish gets one answer, after all that it did`() throws {
        var pipes = try alone()
        let id = ShapeID(author: pipes.members[0].node.author, number: pipes.members[0].node.work.nextShapeNumber)
        let wishes: [(Intent, isRefused: Bool)] = [
            (.draw(box(0)), false), (.set(id, [.text("a")]), false), (.amend(id, [.text("ab")]), false), (.set(id, []), false),
            (.move([id], by: Point(x: 8, y: 0)), false), (.say("hello"), false),
            (.type(id, from: "ab", to: "abc", continues: false), false), (.resize(id, by: .zero, growing: Point(x: 8, y: 8)), false),
            (.move([id], by: Point(x: .max, y: 0)), true), (.rename("eve"), false), (.undo, false), (.redo, false),
            (.delete([id]), false), (.delete([id]), true), (.say(""), true), (.redo, true), (.commit, true), (.cancel, true),
            (.drawAll([box(1), box(2)]), false), (.setAll([id], [.text("gone")]), true),
        ]
        for (index, (intent, isRefused)) in wishes.enumerated() {
            let ref = UInt64(index)
            pipes.intent(intent, by: 0, ref: ref)
            let answers = outcomes(pipes, ref)
            #expect(answers.count == 1, "\(intent) was answered \(answers.count) times")
            if case .refused = answers.first { #expect(isRefused, "\(intent)") } else { #expect(!isRefused, "\(intent)") }
            let told = pipes.members[0].events
            let effects = told.indices.filter { index in
                switch told[index] {
                case .changed(_, ref), .chat(_, ref): true
                default: false
                }
            }
            let answered = try #require(told.firstIndex { if case .outcome(ref, _) = $0 { true } else { false } })
            #expect(effects.allSatisfy { $0 < answered })
        }
        #expect(pipes.members[0].events.contains { if case .chat(let message, 5) = $0 { message.text == "hello" } else { false } })
    }

    @Test(arguments: [Intent.commit, .cancel])
    func `SE-24, SE-285: what only moves has no answer, and a gesture one for its beginning and one for its end`(end: Intent) throws {
        var pipes = try alone()
        pipes.intent(.begin(.stroke(stroke())), by: 0, ref: 1)
        for step in 1...20 {
            pipes.intent(.extend([Point(x: Int32(step), y: 0)]), by: 0, ref: 100)
            pipes.intent(.cursor(Point(x: Int32(step), y: 0)), by: 0, ref: 100)
        }
        pipes.intent(.typing, by: 0, ref: 100)
        #expect(outcomes(pipes, 100).isEmpty && outcomes(pipes, 1).isEmpty)
        pipes.intent(end, by: 0, ref: 2)
        #expect(outcomes(pipes, 1) == [.done] && outcomes(pipes, 2) == [.done] && outcomes(pipes, 100).isEmpty)
        // A motion that comes too late is of nobody's gesture.
        pipes.intent(.extend([.zero]), by: 0, ref: 100)
        pipes.intent(.update(.shape(box(0))), by: 0, ref: 100)
        #expect(outcomes(pipes, 100).isEmpty)
        #expect(pipes.members[0].node.board?.shapes.count == (end == .commit ? 1 : 0))
    }

    @Test func `SE-285: a gesture that another begin or the end of the session overtakes is answered once`() throws {
        var pipes = try alone()
        pipes.intent(.begin(.shape(box(0))), by: 0, ref: 1)
        pipes.intent(.begin(.shape(box(1))), by: 0, ref: 2)
        #expect(outcomes(pipes, 1) == [.done] && outcomes(pipes, 2).isEmpty)
        pipes.input(.quit, to: 0)
        #expect(outcomes(pipes, 2) == [.done])
        #expect(pipes.members[0].node.board?.shapes.count == 1)
        pipes.intent(.draw(box(2)), by: 0, ref: 3)
        #expect(outcomes(pipes, 3) == [.refused(.leaving)])
    }

    @Test func `SE-25: a stroke whose piece cannot be taken now is kept, and its beginning says so`() throws {
        var pipes = try PerfectPipes()
        pipes.add(name: "ana")
        pipes.add(name: "bob")
        _ = pipes.run(.seconds(3))
        pipes.intent(.begin(.stroke(stroke())), by: 0, ref: 1)
        pipes.intent(.extend((1..<4000).map { Point(x: Int32($0) * 100, y: 0) }), by: 0)
        // Work of ours that we lack has come, and there is more of it: until that is back nothing new is written.
        pipes.members[0].node.work.adoption.take(claim: 1 << 40)
        pipes.members[0].node.work.adoption.came(now: pipes.now)
        _ = pipes.run(.milliseconds(100))
        pipes.intent(.extend((4000..<12_000).map { Point(x: Int32($0) * 100, y: 0) }), by: 0)
        pipes.intent(.commit, by: 0, ref: 2)
        #expect(pipes.members[0].node.board?.shapes.isEmpty == true)
        #expect(pipes.run(.seconds(30)) { ($0.members[0].node.board?.shapes.count ?? 0) > 0 })
        #expect(outcomes(pipes, 1) == [.done] && outcomes(pipes, 2) == [.done])
        let points = pipes.members[0].node.board?.shapes.map(\.content.points.count) ?? []
        // Each piece goes on from the last point of the one before.
        #expect(points.reduce(0, +) - (points.count - 1) == 12_000)
    }

    @Test func `SE-286: each piece of a stroke is told under the reference of the gesture`() throws {
        var pipes = try alone()
        pipes.intent(.begin(.stroke(stroke())), by: 0, ref: 1)
        pipes.intent(.extend((1..<12_000).map { Point(x: Int32($0) * 100, y: 0) }), by: 0)
        pipes.intent(.commit, by: 0, ref: 2)
        let references = pipes.members[0].events.compactMap { event -> UInt64?? in
            if case .changed(let changes, let ref) = event { changes.isEmpty ? nil : ref } else { nil }
        }
        #expect(references == [1, 2])
    }

    @Test func `SE-26: programs of one person gesture side by side, and each is answered alone`() throws {
        var pipes = try alone()
        pipes.intent(.begin(.stroke(stroke())), by: 0, ref: 1)
        pipes.input(.intent(.begin(.stroke(stroke())), from: Self.second, ref: 1), to: 0)
        pipes.intent(.extend([Point(x: 8, y: 0)]), by: 0)
        pipes.input(.intent(.extend([Point(x: 80, y: 0), Point(x: 90, y: 0)]), from: Self.second, ref: nil), to: 0)
        pipes.input(.intent(.commit, from: Self.second, ref: 2), to: 0)
        #expect(outcomes(pipes, 2, of: Self.second) == [.done] && outcomes(pipes, 2).isEmpty)
        #expect(outcomes(pipes, 1, of: Self.second) == [.done] && outcomes(pipes, 1).isEmpty)
        pipes.intent(.commit, by: 0, ref: 3)
        #expect(pipes.members[0].node.board?.shapes.map(\.content.points.count) == [3, 2])
        // The reference of a change goes to who asked for it; the others hear the same change without one.
        let heard = pipes.members[0].told.compactMap { event, audience -> UInt64?? in
            guard case .changed(_, let ref) = event, audience.includes(.holder) else { return nil }
            return ref
        }
        #expect(heard == [nil, 3])
    }

    @Test func `SE-27: each program takes back its own steps, and all are one history after a restart`() throws {
        var pipes = try alone()
        func draw(_ x: Int32, _ frontEnd: FrontEndID) { pipes.input(.intent(.draw(box(x)), from: frontEnd, ref: nil), to: 0) }
        func undo(_ frontEnd: FrontEndID, ref: UInt64) { pipes.input(.intent(.undo, from: frontEnd, ref: ref), to: 0) }
        func places() -> [Int32] { pipes.members[0].node.board?.shapes.map(\.content.position.x) ?? [] }
        draw(1, .holder)
        draw(2, Self.second)
        draw(3, .holder)
        undo(Self.second, ref: 1)
        #expect(places() == [1, 3])
        undo(Self.second, ref: 2)
        #expect(outcomes(pipes, 2, of: Self.second) == [.refused(.nothingToUndo)])
        undo(.holder, ref: 3)
        #expect(places() == [1])
        pipes.input(.intent(.redo, from: Self.second, ref: 4), to: 0)
        #expect(places() == [1, 2])
        // It comes back under its strand and finds its history.
        pipes.input(.detached(Self.second), to: 0)
        pipes.input(.attached(Self.second, strand: Strand(token: 7)), to: 0)
        undo(Self.second, ref: 5)
        #expect(places() == [1])
        #expect(pipes.run(.seconds(1)) { $0.members[0].node.syncStatus.isSaved })
        var again = try PerfectPipes()
        again.add(name: "ana", stored: pipes.saved(by: 0))
        again.intent(.redo, by: 0)
        #expect(again.members[0].node.board?.shapes.map(\.content.position.x) == [1, 2])
    }

    @Test func `SE-27: what somebody else's program changed since is left alone by undo`() throws {
        var pipes = try alone()
        pipes.intent(.draw(box(1, text: "mine")), by: 0)
        let id = try #require(pipes.members[0].node.board?.shapes.first?.id)
        pipes.intent(.set(id, [.text("again")]), by: 0)
        pipes.input(.intent(.set(id, [.text("theirs")]), from: Self.second, ref: nil), to: 0)
        pipes.intent(.undo, by: 0, ref: 9)
        #expect(outcomes(pipes, 9) == [.skipped([id])])
        #expect(pipes.members[0].node.board?.shape(id)?.content.text == "theirs")
    }

    @Test func `SE-94: what a program that has gone asked stays its own work, whoever holds the board`() throws {
        var pipes = try PerfectPipes()
        var board = try Board(genesis: pipes.genesis)
        let key = PerfectPipes.identity(0)
        let history = try (0..<20).map { try board.author(Board.writes(saying: "\($0)", by: key.author), key: key, wallTime: 0).0 }
        pipes.add(name: "", stored: Array(history.prefix(10)))
        pipes.add(name: "bob", stored: history)
        func attach() { pipes.input(.attached(Self.second, strand: Strand(token: 7)), to: 0) }
        func ask(_ intent: Intent, ref: UInt64? = 9) { pipes.input(.intent(intent, from: Self.second, ref: ref), to: 0) }
        func places() -> [Int32] { (pipes.members[0].node.board?.shapes.map(\.content.position.x) ?? []).sorted() }
        attach()
        #expect(pipes.run(.seconds(5)) { !$0.members[0].node.neighbours.isEmpty })
        ask(.draw(box(1)))
        ask(.begin(.shape(box(2))), ref: nil)
        pipes.intent(.draw(box(3)), by: 0, ref: 1)
        ask(.undo)
        // Its hand's work comes after that; then it goes, and another takes its place.
        pipes.input(.detached(Self.second), to: 0)
        pipes.input(.attached(Self.second, strand: Strand(token: 8)), to: 0)
        ask(.draw(box(4)))
        #expect(places() == [])
        #expect(pipes.run(.seconds(20)) { $0.areEqual && $0.members[0].events.contains(.outcome(ref: 1, .done)) })
        #expect(places() == [2, 3, 4])
        // Nobody else heard of it, and nobody else takes it back.
        #expect(outcomes(pipes, 9, of: Self.second) == [.done])
        pipes.intent(.undo, by: 0, ref: 2)
        pipes.intent(.undo, by: 0, ref: 3)
        #expect(places() == [2, 4] && outcomes(pipes, 3) == [.refused(.nothingToUndo)])
        pipes.input(.detached(Self.second), to: 0)
        attach()
        ask(.undo)
        #expect(places() == [4])
        ask(.redo)
        #expect(places() == [2, 4])
    }

    @Test func `SE-94: a stroke of a killed process is not the work of the program that takes the board over`() throws {
        var pipes = try PerfectPipes()
        pipes.add(name: "", stroke: StrokeDraft.encode(stroke()), strand: Strand(token: 7))
        #expect(pipes.members[0].node.board?.shapeCount == 1)
        pipes.intent(.undo, by: 0, ref: 1)
        #expect(outcomes(pipes, 1) == [.refused(.nothingToUndo)] && pipes.members[0].node.board?.shapeCount == 1)
        // After a restart all is one history.
        _ = pipes.run(.seconds(1))
        var again = try PerfectPipes()
        again.add(name: "", stored: pipes.saved(by: 0))
        again.intent(.undo, by: 0)
        #expect(again.members[0].node.board?.shapeCount == 0)
    }

    @Test func `SE-28: who attaches is told what the others know, and what it held when it goes is kept`() throws {
        var pipes = try PerfectPipes()
        pipes.add(name: "ana")
        pipes.add(name: "bob")
        #expect(pipes.run(.seconds(10)) { $0.areEqual && $0.members.allSatisfy { $0.node.presentPeers == 1 } })
        pipes.intent(.cursor(Point(x: 8, y: 16)), by: 1)
        pipes.intent(.begin(.shape(box(5))), by: 1)
        _ = pipes.run(.seconds(1))
        let before = pipes.members[0].told.count
        pipes.input(.attached(Self.second, strand: Strand(token: 3)), to: 0)
        let told = pipes.members[0].told[before...].filter { $0.1 == .only(Self.second) }.map(\.0)
        #expect(told.contains { if case .ready = $0 { true } else { false } })
        #expect(told.contains { if case .peer(let status) = $0 { status.name == "bob" && status.state == .joined } else { false } })
        #expect(told.contains { if case .cursor = $0 { true } else { false } })
        #expect(told.contains { if case .gesture = $0 { true } else { false } })
        #expect(told.contains { if case .sync = $0 { true } else { false } })
        pipes.input(.intent(.begin(.shape(box(9))), from: Self.second, ref: 1), to: 0)
        pipes.input(.detached(Self.second), to: 0)
        #expect(pipes.members[0].node.board?.shapes.map(\.content.position.x) == [9])
    }

    @Test func `SE-40, SE-292: who hands over saves in silence and leaves to the next what other programs do`() throws {
        var pipes = try PerfectPipes()
        pipes.add(name: "ana")
        pipes.add(name: "bob")
        #expect(pipes.run(.seconds(10)) { $0.areEqual && $0.members.allSatisfy { $0.node.presentPeers == 1 && $0.node.isDelivered } })
        pipes.input(.attached(Self.second, strand: Strand(token: 7)), to: 0)
        pipes.input(.intent(.draw(box(1)), from: Self.second, ref: 5), to: 0)
        pipes.input(.intent(.begin(.stroke(stroke())), from: Self.second, ref: 6), to: 0)
        pipes.intent(.begin(.shape(box(2))), by: 0, ref: 1)
        pipes.input(.handOver, to: 0)
        pipes.input(.intent(.draw(box(3)), from: Self.second, ref: 8), to: 0)
        #expect(outcomes(pipes, 8, of: Self.second).isEmpty && outcomes(pipes, 6, of: Self.second).isEmpty)
        #expect(pipes.run(.seconds(1)) { $0.members[0].events.contains { if case .stopped(0, _) = $0 { true } else { false } } })
        #expect(
            !pipes.members[0].told.contains { event, audience in
                if case .stopped = event { audience.includes(Self.second) } else { false }
            })
        #expect(pipes.saved(by: 0).contains { $0.writes.contains { $0.property == .position && $0.value == .point(Point(x: 1, y: 0)) } })
        // What the holder's own hand held is saved; the stroke of the other goes on elsewhere.
        #expect(pipes.members[0].node.board?.shapes.map(\.content.position.x).sorted() == [1, 2])
        // The request lies behind its transaction, so that no commit parts them.
        let records = pipes.members[0].disk
        let asked = try #require(records.firstIndex { if case .request(_, Strand(token: 7), 5) = $0 { true } else { false } })
        guard case .request(let name, _, _) = records[asked], case .transaction(let transaction) = records[asked - 1] else {
            Issue.record("a request without its transaction before it")
            return
        }
        #expect(transaction.name == name)
        #expect(!pipes.members[1].events.contains { if case .peer(let status) = $0 { status.state == .left } else { false } })
    }

    @Test func `SE-41: a device whose process another one follows is who it was`() throws {
        var pipes = try PerfectPipes()
        pipes.add(name: "ana")
        pipes.add(name: "bob")
        #expect(pipes.run(.seconds(10)) { $0.areEqual && $0.members.allSatisfy { $0.node.presentPeers == 1 && $0.node.isDelivered } })
        let known = pipes.members[1].node.peerID
        // Killed: nothing of it is heard any more.
        pipes.drop = { from, to in from == PerfectPipes.address(1) || to == PerfectPipes.address(1) }
        let before = pipes.members[0].told.count
        pipes.add(name: "bob", seed: 99, stored: pipes.saved(by: 1).filter { !$0.isGenesis }, identityIndex: 1)
        #expect(pipes.members[2].node.peerID != known)
        pipes.intent(.cursor(Point(x: 80, y: 80)), by: 2)
        #expect(pipes.run(.seconds(3)) { $0.members[2].node.presentPeers == 1 && $0.members[0].node.presentPeers == 1 })
        pipes.intent(.draw(box(7)), by: 2)
        #expect(pipes.run(.seconds(3)) { $0.members[0].node.board?.shapes.count == 1 })
        _ = pipes.run(.seconds(20))
        let told = pipes.members[0].told[before...].map(\.0)
        let statuses = told.compactMap { if case .peer(let status) = $0 { status } else { nil } }
        #expect(statuses.allSatisfy { $0.peer == known && $0.state != .left && $0.state != .joining })
        #expect(told.contains { if case .cursor(let source, _) = $0 { source.peer == known } else { false } })
    }
}
