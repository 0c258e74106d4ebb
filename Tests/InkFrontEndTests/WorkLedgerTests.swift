import InkBoard
import InkFrontEnd
import InkPrimitives
import InkSession
import Testing

@Suite struct WorkLedgerTests {
    private static let me: AuthorID = {
        var random = SplitMix64(seed: 1)
        return AuthorID(using: &random)
    }()

    private func id(_ number: UInt64) -> ShapeID { ShapeID(author: Self.me, number: number) }
    private func box(_ x: Int32) -> ShapeDraft { ShapeDraft(kind: .rectangle, position: Point(x: x, y: 0)) }
    private func shape(_ number: UInt64, _ x: Int32) -> Shape {
        Shape(id: id(number), content: box(x), depth: depth(number))
    }
    private func saved(_ isSaved: Bool) -> Event {
        .sync(SyncStatus(state: .synced, missing: 0, unsent: 0, isSaved: isSaved, fingerprint: .zero))
    }
    private func added(_ number: UInt64, ref: UInt64) -> Event {
        .changed([ShapeChange(kind: .added, id: id(number), author: Self.me, shape: shape(number, 0))], ref: ref)
    }

    @Test func `FE-40: work is kept until it is answered and saved, what is refused or only moves is not`() {
        var ledger = WorkLedger()
        ledger.asked(.draw(box(1)), reference: 1)
        ledger.asked(.cursor(.zero), reference: nil)
        ledger.asked(.typing, reference: nil)
        ledger.asked(.undo, reference: 2)
        #expect(ledger.pending == [1, 2] && ledger.isWaiting)
        ledger.told(.outcome(ref: 2, .refused(.nothingToUndo)))
        ledger.told(saved(true))
        #expect(ledger.pending == [1], "saved is said of what was answered")
        ledger.told(.outcome(ref: 1, .done))
        #expect(ledger.pending == [1] && !ledger.isWaiting)
        ledger.told(saved(false))
        #expect(ledger.pending == [1])
        ledger.told(saved(true))
        #expect(ledger.pending.isEmpty)
    }

    @Test func `FE-40: a gesture is asked again whole, and one under way goes on`() {
        var ledger = WorkLedger()
        let draft = ShapeDraft(kind: .freehand, position: .zero, points: [.zero])
        ledger.asked(.begin(.stroke(draft)), reference: 1)
        ledger.asked(.extend([Point(x: 1, y: 1)]), reference: nil)
        ledger.asked(.extend([Point(x: 2, y: 2), Point(x: 3, y: 3)]), reference: nil)
        let samples = (1...3).map { Point(x: $0, y: $0) }
        #expect(ledger.isDrawing && ledger.liveSteps.map(\.intent) == [.begin(.stroke(draft)), .extend(samples)])
        ledger.asked(.commit, reference: 2)
        #expect(!ledger.isDrawing && ledger.liveSteps.isEmpty)
        #expect(ledger.entries.map { $0.steps.map(\.intent) } == [[.begin(.stroke(draft)), .extend(samples), .commit]])
        #expect(ledger.entries.first?.steps.map(\.reference) == [1, nil, 2])
        ledger.asked(.begin(.move([id(1)], by: .zero)), reference: 3)
        ledger.asked(.update(.move([id(1)], by: Point(x: 8, y: 0))), reference: nil)
        #expect(ledger.liveSteps.map(\.intent) == [.begin(.move([id(1)], by: Point(x: 8, y: 0)))])
        // What the session ended, or the person took back, does not go on.
        ledger.told(.outcome(ref: 3, .refused(.ownHistoryMissing)))
        #expect(!ledger.isDrawing)
        ledger.asked(.begin(.shape(box(1))), reference: 4)
        ledger.asked(.cancel, reference: 5)
        #expect(!ledger.isDrawing && ledger.pending == [2])
    }

    @Test func `FE-41: what a new holder has is not asked again, the rest made shapes that it does not know`() {
        var ledger = WorkLedger()
        ledger.asked(.draw(box(1)), reference: 1)
        ledger.told(added(5, ref: 1))
        ledger.told(.outcome(ref: 1, .done))
        ledger.asked(.draw(box(2)), reference: 2)
        ledger.told(added(6, ref: 2))
        ledger.asked(.setAll([id(5), id(6)], [.text("a")]), reference: 3)
        ledger.found([1])
        #expect(ledger.entries.map(\.isAnswered) == [true, false, false])
        #expect(ledger.unmade == [id(6)])
        ledger.begunAgain(2)
        #expect(ledger.unmade.isEmpty)
        ledger.told(added(6, ref: 2))
        #expect(ledger.unmade == [id(6)])
        ledger.told(.outcome(ref: 2, .done))
        #expect(ledger.unmade.isEmpty)
    }

    @Test func `FE-41: what a new holder calls saved is not what the one before lost`() {
        var ledger = WorkLedger()
        ledger.asked(.draw(box(1)), reference: 1)
        ledger.told(added(5, ref: 1))
        ledger.told(.outcome(ref: 1, .done))
        ledger.found([])
        ledger.told(saved(true))
        #expect(ledger.pending == [1] && ledger.isBehind, "the new holder has not been asked for it")
        ledger.begunAgain(1)
        ledger.told(added(5, ref: 1))
        ledger.told(.outcome(ref: 1, .done))
        #expect(!ledger.isBehind)
        ledger.told(saved(true))
        #expect(ledger.pending.isEmpty)
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func `FE-168: the changes between two boards lead from one to the other`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        func some() -> [Shape] { (1...8).filter { _ in random.chance(0.6) }.map { shape($0, Int32(random.below(3))) } }
        let (from, to) = (some(), some())
        var view = BoardView()
        view.replaceAll(from)
        for change in view.changes(to: to) {
            #expect((view[change.id] == nil) == (change.kind == .added), "a change is told of what it changes")
            view.apply(change)
        }
        var wanted = BoardView()
        wanted.replaceAll(to)
        #expect(view.shapes == wanted.shapes)
        #expect(view.changes(to: to).isEmpty)
    }
}

@Suite struct ResumptionTests {
    private static let me: AuthorID = {
        var random = SplitMix64(seed: 1)
        return AuthorID(using: &random)
    }()

    private func box(_ x: Int32) -> ShapeDraft { ShapeDraft(kind: .rectangle, position: Point(x: x, y: 0)) }
    private func added(_ number: UInt64, ref: UInt64?) -> Event {
        let id = ShapeID(author: Self.me, number: number)
        let shape = Shape(id: id, content: box(0), depth: depth(number))
        return .changed([ShapeChange(kind: .added, id: id, author: Self.me, shape: shape)], ref: ref)
    }

    @Test func `FE-41: each thing is asked for after the one before is answered, and nobody hears an answer twice`() {
        var ledger = WorkLedger()
        ledger.asked(.draw(box(1)), reference: 1)
        ledger.told(added(1, ref: 1))
        ledger.told(.outcome(ref: 1, .done))
        ledger.asked(.draw(box(2)), reference: 2)
        ledger.asked(.delete([ShapeID(author: Self.me, number: 1)]), reference: 3)
        ledger.asked(.say("on the disk"), reference: 4)
        var resumption = Resumption(ledger, done: [4])
        #expect(resumption.next(&ledger)?.map(\.intent) == [.draw(box(1))])
        #expect(resumption.current?.made == [ShapeID(author: Self.me, number: 1)])
        // What others do meanwhile is heard as ever.
        #expect(resumption.take(added(90, ref: nil), &ledger) == .init(added(90, ref: nil)))
        #expect(resumption.take(added(1, ref: 1), &ledger) == .init(added(1, ref: nil)))
        #expect(resumption.take(.outcome(ref: 1, .done), &ledger) == .init(nil, isAnswered: true))
        #expect(resumption.next(&ledger)?.map(\.intent) == [.draw(box(2))])
        #expect(resumption.take(added(8, ref: 2), &ledger) == .init(added(8, ref: 2)))
        #expect(resumption.take(.outcome(ref: 2, .done), &ledger) == .init(.outcome(ref: 2, .done), isAnswered: true))
        #expect(resumption.next(&ledger)?.map(\.intent) == [.delete([ShapeID(author: Self.me, number: 1)])])
        #expect(
            resumption.take(.outcome(ref: 3, .refused(.noSuchShape)), &ledger)
                == .init(.outcome(ref: 3, .refused(.noSuchShape)), isAnswered: true))
        #expect(resumption.next(&ledger) == nil)
        #expect(ledger.pending == [1, 2, 4])
    }

    @Test func `FE-41: a new holder that has saved all it knows has not saved what it was not asked again`() {
        func sync(_ isSaved: Bool) -> Event {
            .sync(SyncStatus(state: .synced, missing: 0, unsent: 0, isSaved: isSaved, fingerprint: .zero))
        }
        var ledger = WorkLedger()
        ledger.asked(.draw(box(1)), reference: 1)
        ledger.told(.outcome(ref: 1, .done))
        ledger.found([])
        var resumption = Resumption(ledger, done: [])
        #expect(resumption.next(&ledger) != nil)
        #expect(resumption.take(sync(true), &ledger).told == sync(false))
        #expect(resumption.tooEarly?.isSaved == true && ledger.pending == [1])
        #expect(resumption.take(.outcome(ref: 1, .refused(.noSuchShape)), &ledger).isAnswered)
        #expect(resumption.next(&ledger) == nil && resumption.tooEarly != nil, "told when nothing is left to be asked for")
        #expect(resumption.take(sync(true), &ledger).told == sync(true))
        #expect(resumption.tooEarly == nil)
    }
}
