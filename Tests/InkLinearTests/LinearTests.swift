import InkBoard
import InkFrontEnd
import InkLinear
import InkPrimitives
import InkSession
import Testing

@Suite struct LinearTests {
    @Test func `LN-10: nothing runs before the board is there, then all in order`() {
        var stage = LinearStage(notReady: ())
        stage.type("rect 10 5 12 4 cache")
        stage.type("nonsense")
        #expect(stage.intents.isEmpty && stage.lines.count == 1, "only that it is waited for: \(stage.lines)")
        stage.ready()
        #expect(stage.intents.count == 1 && stage.lines.isEmpty)
        stage.drawn()
        #expect(stage.lines.count == 2 && stage.lines[0].hasPrefix("you drew shape 1") && stage.lines[1].hasPrefix("not done: "))
        #expect(stage.linear.finishedCount == 2)
    }

    @Test func `LN-7: what others draw is told in a sentence`() {
        var stage = LinearStage()
        stage.bobJoins()
        #expect(stage.last.hasPrefix("bob joined as an editor, direct"))
        stage.bobDraws(.box(10, 5, 12, 4, "cache"))
        #expect(stage.last == "bob drew shape 1, a rectangle 12 by 4 at 10,5, labelled cache")
        stage.bobDraws(ShapeDraft(kind: .ellipse, position: Point(x: -32, y: 64), size: Size(width: 100, height: 128)))
        #expect(stage.last == "bob drew shape 2, an ellipse 1.56 by 1 at -0.5,0.5")
    }

    @Test func `LN-7: what somebody changes is told by what is otherwise`() {
        var stage = LinearStage()
        stage.bobJoins()
        let box = stage.bobDraws(.box(10, 5, 12, 4, "cache"))
        func change(_ edit: (inout Shape) -> Void) -> String {
            var copy = stage
            copy.change(box, by: copy.bob, edit)
            return copy.last
        }
        #expect(change { $0.content.position.x += 128 } == "bob moved shape 1 to 12,5, a rectangle, labelled cache")
        #expect(change { $0.content.size.width = 640 } == "bob made shape 1 10 by 4, a rectangle, labelled cache")
        #expect(change { $0.content.text = "store" } == "bob labelled shape 1 store")
        #expect(change { $0.content.text = "" } == "bob took away what stood in shape 1, a rectangle")
        #expect(change { $0.content.fill = Color(rgb: 0xE69F00) } == "bob gave shape 1 fill orange, a rectangle, labelled cache")
        #expect(
            change { $0 = Shape(id: $0.id, content: $0.content, depth: $0.depth, isLocked: true) }
                == "bob locked shape 1, a rectangle, labelled cache")
        #expect(
            change {
                $0.content.position.x += 128
                $0.content.stroke = Color(rgb: 0x123456)
                $0.content.text = "x"
            } == "bob changed shape 1, a rectangle: at 12,5, colour #123456, text x")
        stage.receive(.changed([ShapeChange(kind: .removed, id: box.id, author: stage.bob, shape: box)], ref: nil))
        #expect(stage.last == "bob deleted shape 1, a rectangle 12 by 4 at 10,5, labelled cache")
    }

    @Test func `LN-17: what only moves is not told`() {
        var stage = LinearStage()
        stage.bobJoins()
        stage.forget()
        let source = LiveSource(peer: stage.peer)
        stage.receive(.cursor(source, [CursorSample(at: .zero, position: Point(x: 640, y: 640))]))
        stage.receive(.typing(peer: stage.peer))
        let gesture = GestureID(source: source, number: 1)
        stage.receive(.gesture(gesture, .began(.stroke(ShapeDraft(kind: .freehand, position: .zero, points: [.zero])), at: .zero)))
        stage.receive(.gesture(gesture, .ended(.cancelled)))
        stage.bobJoins()
        #expect(stage.lines.isEmpty)
        stage.type("who")
        #expect(stage.lines == ["one other is here; you are ana, owner", "editor, direct <5 ms, typing, points at 10,5: bob"])
    }

    @Test func `LN-8: a storm is told as sums`() {
        var stage = LinearStage()
        stage.bobJoins()
        stage.forget()
        for index in 0..<40 { stage.bobDraws(.box(Int32(index), 0, 1, 1)) }
        #expect(stage.lines.count == 8)
        stage.pass(.seconds(2))
        #expect(stage.lines.count == 9 && stage.last == "bob drew 32 shapes")
        stage.pass(.seconds(60))
        #expect(stage.lines.count == 9)
        stage.bobDraws(.box(0, 0, 1, 1))
        #expect(stage.last == "bob drew shape 41, a rectangle 1 by 1 at 0,0")
    }

    @Test func `LN-8: one change of many shapes is one sentence`() {
        var stage = LinearStage()
        stage.bobJoins()
        let shapes = (1...40).map { LinearStage.shape(UInt64($0), stage.bob, .box(0, 0, 1, 1)) }
        stage.receive(.changed(shapes.map { ShapeChange(kind: .added, id: $0.id, author: stage.bob, shape: $0) }, ref: nil))
        #expect(stage.last == "bob drew 40 shapes: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 and 28 more")
    }

    @Test func `LN-7: what is done alike to several shapes is told once, with their numbers`() {
        let bob = LinearStage.author(2)
        let shapes = (1...3).map { LinearStage.shape(UInt64($0), bob, .box(Int32($0) * 9, 0, 4, 2)) }
        func told(_ edit: (inout Shape) -> Void) -> String {
            var stage = LinearStage(shapes)
            stage.bobJoins()
            let changes = shapes.map { shape in
                var changed = shape
                edit(&changed)
                return ShapeChange(kind: .changed, id: shape.id, author: bob, shape: changed)
            }
            stage.receive(.changed(changes, ref: nil))
            return stage.last
        }
        #expect(told { $0.content.position.x += 64 } == "bob moved 3 shapes: 1, 2, 3")
        #expect(told { $0.content.fill = Color(rgb: 0xE69F00) } == "bob gave 3 shapes fill orange: 1, 2, 3")
        #expect(told { $0.content.groups = [GroupID(rawValue: 7)] } == "bob put 3 shapes into a group: 1, 2, 3")
        #expect(told { $0.content.size.width = 64 * Int32($0.id.number) } == "bob gave 3 shapes another size: 1, 2, 3")
        #expect(
            told {
                $0.content.fill = Color(rgb: 0xE69F00)
                $0.content.position.x += 64
            } == "bob changed 3 shapes: 1, 2, 3")
        #expect(told { $0.content.text = "same" } == "bob changed 3 shapes: 1, 2, 3")
    }

    @Test func `LN-6, LN-9: nothing that a peer wrote reaches a line as a control, and it stands last`() {
        var stage = LinearStage()
        stage.bobJoins("e\u{1B}[2Jve\u{7}\n\u{202E}")
        let evil = "a\u{1B}]0;x\u{7}\nshape 9 \u{9B}31m\u{202E}z"
        let shape = stage.bobDraws(.box(1, 2, 3, 4, evil, label: evil))
        stage.receive(.chat(ChatMessage(id: .zero, author: stage.bob, text: evil), ref: nil))
        stage.change(shape, by: stage.bob) { $0.content.text += evil }
        stage.type("list")
        stage.type("describe 1")
        stage.type("who")
        stage.type("near 0 0")
        stage.type("find a")
        #expect(stage.lines.count >= 10)
        for line in stage.lines {
            #expect(
                line.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) && $0.value != 0x202E },
                "\(line.debugDescription)")
        }
        #expect(stage.lines.contains { $0.hasPrefix("e[2Jve  drew shape 1, a rectangle 3 by 4 at 1,2, labelled a") })
        stage.bobDraws(.box(0, 0, 1, 1, String(repeating: "w", count: 5000)))
        #expect(stage.last.count < 300 && stage.last.hasSuffix("w…"))
    }

    @Test func `LN-4, LN-13: a shape is meant by its number, its name, or its words`() {
        let bob = LinearStage.author(2)
        let shapes = [
            LinearStage.shape(1, bob, .box(0, 0, 4, 2, "web")), LinearStage.shape(2, bob, .box(9, 0, 4, 2, "app", label: "web")),
            LinearStage.shape(3, bob, .box(20, 0, 4, 2, "twin")), LinearStage.shape(4, bob, .box(30, 0, 4, 2, "twin")),
        ]
        var stage = LinearStage(shapes)
        func target(_ word: String) -> ShapeID? {
            var copy = stage
            copy.type("delete \(word)")
            guard case .delete(let ids)? = copy.intents.last?.intent else { return nil }
            return ids.first
        }
        #expect(target("3") == shapes[2].id)
        #expect(target("web") == shapes[1].id, "a name goes before words")
        #expect(target("app") == shapes[1].id)
        #expect(target("twin") == nil)
        stage.type("delete twin")
        #expect(stage.last == "not done: “twin” may be 2 shapes: 3, 4; say which by its number")
        stage.type("delete ap")
        #expect(stage.last.contains("did you mean “app”?"))
        stage.type("delete 9")
        #expect(stage.last.hasPrefix("not done: there is no shape 9: the newest is 4"))
        // Our own name goes before everybody's.
        stage.type("web = rect 0 9 4 2")
        let own = stage.drawn()
        #expect(target("web") == own.id)
        stage.receive(.changed([ShapeChange(kind: .removed, id: own.id, author: stage.me, shape: own)], ref: nil))
        #expect(target("web") == nil)
        stage.type("delete 5")
        #expect(stage.last.contains("shape 5 is gone"))
        stage.type("web = rect 0 9 4 2")
        #expect(stage.last.hasPrefix("not done: you have used the name “web” before"))
    }

    @Test func `LN-13: a name of an earlier run is used`() {
        var stage = LinearStage(labels: ["db"])
        stage.type("db = rect 1 1 1 1")
        #expect(stage.intents.isEmpty && stage.last.contains("“db” before"))
    }

    @Test func `an arrow between shapes is bound, and drawn where it is seen`() {
        var stage = LinearStage()
        for line in ["rect 0 0 10 4 web", "rect 30 0 10 4 app"] {
            stage.type(line)
            stage.drawn()
        }
        stage.type("arrow web app \"asks\"")
        guard case .draw(let draft)? = stage.intents.last?.intent else {
            Issue.record("no arrow")
            return
        }
        #expect(
            draft.kind == .arrow && draft.text == "asks" && draft.startBinding?.shape.number == 1 && draft.endBinding?.shape.number == 2)
        #expect(draft.points.count == 2 && draft.position != .zero)
        stage.drawn()
        #expect(stage.last == "you drew shape 3, an arrow from shape 1 to shape 2, labelled asks")
        stage.type("arrow 3 1")
        #expect(stage.last.hasPrefix("not done: no line stays at shape 3"))
        stage.type("from 3 5,5")
        guard case .set(_, let changes)? = stage.intents.last?.intent else {
            Issue.record("nothing is set")
            return
        }
        #expect(changes.contains(.startBinding(nil)))
    }

    @Test func `LN-12: what moves takes its group along, and a look is of one shape`() {
        let bob = LinearStage.author(2)
        let group = GroupID(rawValue: 7)
        let shapes = (1...3).map { number in
            var draft = ShapeDraft.box(Int32(number) * 9, 0, 4, 2)
            if number < 3 { draft.groups = [group] }
            return LinearStage.shape(UInt64(number), bob, draft)
        }
        var stage = LinearStage(shapes)
        stage.type("move 1 1 1")
        #expect(stage.intents.last?.intent == .move([shapes[0].id, shapes[1].id], by: Point(x: 64, y: 128)))
        stage.done()
        stage.type("ink 1 blue")
        #expect(stage.intents.last?.intent == .setAll([shapes[0].id], [.stroke(Color(rgb: 0x0072B2))]))
        stage.done()
        stage.type("delete 2 3")
        #expect(stage.intents.last?.intent == .delete(shapes.map(\.id)))
    }

    @Test func `LN-5: what the node refuses is answered, and the next line runs`() {
        var stage = LinearStage()
        stage.type("undo")
        stage.type("redo")
        stage.refuse(.nothingToUndo)
        #expect(stage.last.hasPrefix("not done: there is nothing to undo"))
        stage.refuse(.notAllowed(.viewer))
        #expect(stage.last.hasPrefix("not done: you are a viewer here"))
        stage.oversized()
        #expect(stage.last.hasPrefix("not done: the line is longer than"))
        #expect(stage.linear.finishedCount == 3)
    }

    @Test func `what was undone is told`() {
        var stage = LinearStage()
        stage.type("rect 1 2 3 4")
        let shape = stage.drawn()
        stage.type("undo")
        stage.receive(
            .changed([ShapeChange(kind: .removed, id: shape.id, author: stage.me, shape: shape)], ref: stage.intents.last?.ref))
        stage.done()
        #expect(stage.last == "undone: you deleted shape 1, a rectangle 3 by 4 at 1,2")
    }

    @Test func `LN-10: a long list is counted and goes on where it says`() {
        let bob = LinearStage.author(2)
        var stage = LinearStage((1...90).map { LinearStage.shape($0, bob, .box(0, 0, 1, 1)) })
        stage.type("list")
        #expect(stage.lines.count == 41 && stage.lines[0] == "90 shapes, of which 40 follow; `list 41` goes on")
        stage.forget()
        stage.type("list 81")
        #expect(stage.lines.count == 11 && stage.lines[0] == "90 shapes, of which 10 follow")
        stage.type("list 91")
        #expect(stage.last.hasPrefix("not done: "))
    }

    @Test func `what is near is told with the way there`() {
        let bob = LinearStage.author(2)
        var stage = LinearStage([
            LinearStage.shape(1, bob, .box(10, 5, 12, 4, "web")), LinearStage.shape(2, bob, .box(40, 5, 12, 4, "app")),
        ])
        stage.type("near 12 6")
        #expect(
            stage.lines == [
                "the nearest to 12,6, 2 of 2", "shape 1, there: a rectangle 12 by 4 at 10,5, labelled web",
                "shape 2, 28 to the right: a rectangle 12 by 4 at 40,5, labelled app",
            ])
        stage.forget()
        stage.type("near web")
        #expect(stage.lines.count == 2 && stage.last.hasPrefix("shape 2, 24 to the right"))
    }

    @Test func `LN-11: the end of the input quits after what came before it`() {
        var stage = LinearStage()
        stage.type("rect 1 2 3 4")
        stage.end()
        stage.type("rect 5 6 7 8")
        #expect(!stage.hasQuit)
        stage.drawn()
        #expect(stage.hasQuit && stage.intents.count == 1)
    }

    @Test func `LN-14: that work is not on the disk is said once, and once that it is`() {
        func status(_ isSaved: Bool) -> Event {
            .sync(SyncStatus(state: .synced, missing: 0, unsent: 0, isSaved: isSaved, fingerprint: .zero))
        }
        var stage = LinearStage()
        stage.receive(status(false))
        stage.pass(.milliseconds(600))
        stage.receive(status(true))
        #expect(stage.lines.isEmpty)
        stage.receive(status(false))
        stage.pass(.seconds(60))
        stage.receive(status(false))
        stage.pass(.seconds(60))
        #expect(stage.lines == ["NOT SAVED YET"])
        stage.receive(status(true))
        #expect(stage.lines == ["NOT SAVED YET", "saved"])
    }

    @Test func `who is not heard is told once, and that he is back`() {
        func silent(_ seconds: Int?) -> Event {
            .peer(
                PeerStatus(
                    peer: LinearStage().peer, author: LinearStage().bob, name: "bob", state: .joined, path: .direct, silentSeconds: seconds,
                    role: .editor))
        }
        var stage = LinearStage()
        stage.bobJoins()
        stage.forget()
        for seconds in 2...9 { stage.receive(silent(seconds)) }
        #expect(stage.lines.count == 1 && stage.last.hasPrefix("Connection to bob lost 4 s ago"))
        stage.receive(silent(nil))
        #expect(stage.lines.count == 2 && stage.last == "bob is back")
    }

    @Test func `a wait holds the lines behind it until it is so, or its time is over`() {
        var stage = LinearStage()
        stage.type("wait peers 5")
        stage.type("rect 1 2 3 4")
        stage.answer(.status(StatusReport()))
        #expect(stage.intents.isEmpty)
        stage.bobJoins()
        stage.answer(.status(StatusReport(presentPeers: 1)))
        #expect(stage.intents.count == 1)
        stage.drawn()
        stage.type("wait delivered 1")
        stage.answer(.status(StatusReport(isDelivered: false)))
        stage.pass(.seconds(2))
        #expect(stage.last.hasPrefix("not done: that all is delivered did not come in time"))
    }

    @Test func `files are asked of who has a disk, and answered`() {
        var stage = LinearStage()
        stage.type("export plan.svg")
        stage.answer(.status(StatusReport(isSaved: false)))
        #expect(stage.effects.isEmpty, "what is not on the disk would be missing in it")
        stage.receive(.sync(SyncStatus(state: .synced, missing: 0, unsent: 0, isSaved: true, fingerprint: .zero)))
        stage.answer(.status(StatusReport()))
        #expect(stage.effects == [.export("plan.svg")])
        stage.answer(.failed("it is not written"))
        #expect(stage.last == "not done: it is not written")
        stage.type("import a.json")
        var drawing = Drawing()
        drawing.items = [Drawing.Item(content: .box(1, 1, 2, 2))]
        stage.answer(.drawing(drawing, isWhole: false, losses: ["a bridge (1) left out"]))
        guard case .change(let change)? = stage.intents.last?.intent else {
            Issue.record("nothing is drawn")
            return
        }
        #expect(change.drawn.count == 1)
    }

    @Test func `copied shapes are pasted, and cut ones are gone`() {
        var stage = LinearStage()
        stage.type("rect 1 2 3 4")
        stage.drawn()
        stage.type("cut 1")
        guard case .keepClip(let bytes)? = stage.effects.last else {
            Issue.record("nothing is kept")
            return
        }
        stage.answer(.done("copied"))
        guard case .delete? = stage.intents.last?.intent else {
            Issue.record("nothing is deleted")
            return
        }
        stage.done()
        stage.type("paste by 5,0")
        stage.answer(.clip(bytes))
        guard case .drawAll(let drafts)? = stage.intents.last?.intent else {
            Issue.record("nothing is pasted")
            return
        }
        #expect(drafts.first?.position == Point(x: 384, y: 256))
        stage.done()
        stage.type("paste")
        stage.answer(.clip([1, 2, 3]))
        #expect(stage.last.hasPrefix("not done: what was copied cannot be read"))
    }

    @Test func `LN-10: help tells each verb in a line, and more of one`() {
        var stage = LinearStage()
        stage.type("help")
        #expect(stage.lines.count == LinearVerb.allCases.count + 1)
        stage.type("help rect")
        #expect(stage.last.hasPrefix("rectangle X Y W H [TEXT]: draw a rectangle; also rect, box; for example"))
    }
}
