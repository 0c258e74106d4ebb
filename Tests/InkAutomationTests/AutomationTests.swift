import InkAutomation
import InkBoard
import InkFrontEnd
import InkPrimitives
import InkSession
import Testing

@Suite struct AutomationTests {
    private static let box = #"{"do":"draw","ref":"r","id":"a","shape":{"kind":"rectangle","x":0,"y":0,"w":8,"h":8}}"#

    @Test func `CL-3: nothing runs before the board is ready, then everything in order`() {
        var stage = Stage(notReady: ())
        stage.line(Self.box)
        stage.line("nonsense")
        #expect(stage.intents.isEmpty && stage.lines.isEmpty)
        stage.ready()
        #expect(stage.lines.map { $0["event"] } == ["ready"])
        #expect(stage.intents.count == 1)
        stage.drawn()
        #expect(stage.lines.map { $0["event"] } == ["ready", "shape", "error"])
    }

    @Test func `CL-3: who waits for a board is told at once that its people cannot be met`() {
        var stage = Stage(notReady: ())
        let peer = PeerID([UInt8](repeating: 3, count: 32))!
        stage.receive(.rendezvous(.connected))
        stage.receive(.meeting(peer, author: Stage.author(2), nil))
        stage.receive(.meeting(peer, author: Stage.author(2), Obstacle(way: .noUDP, relay: .notAllowed)))
        #expect(stage.lines.map { $0["event"] } == ["connecting", "unreachable"])
        stage.ready()
        #expect(stage.lines.map { $0["event"] } == ["connecting", "unreachable", "ready", "rendezvous"])
    }

    @Test func `CL-3: a command waits for the answer to the one before`() {
        var stage = Stage()
        stage.line(Self.box)
        stage.line(#"{"do":"undo"}"#)
        stage.line(#"{"do":"state"}"#)
        #expect(stage.intents.count == 1)
        stage.drawn()
        #expect(stage.intents.count == 2)
        #expect(!stage.questions.contains(.state))
        stage.receive(.outcome(ref: stage.intents[1].ref ?? 0, .refused(.nothingToUndo)))
        #expect(stage.questions.contains(.state))
        #expect(stage.automation.finishedCount == 2)
    }

    @Test func `CL-13: the events of a command carry its ref, those of others none`() {
        var stage = Stage()
        stage.line(Self.box)
        let other = Stage.shape(number: 1, author: Stage.author(2), .box("b"))
        stage.receive(.changed([ShapeChange(kind: .added, id: other.id, author: other.id.author, shape: other)], ref: nil))
        stage.drawn()
        #expect(stage.events("shape").map { $0["ref"] } == [nil, "r"])
        #expect(stage.events("shape").map { $0["id"] } == ["b", "a"])
        stage.line(#"{"do":"undo","ref":{"n":[1,null]}}"#)
        stage.receive(.outcome(ref: stage.intents.last?.ref ?? 0, .refused(.nothingToUndo)))
        #expect(stage.events("error").first?["ref"] == .object(["n": .array([1, .null])]))
    }

    @Test func `CL-13: what an undo had to leave alone is told with the ref of the undo`() {
        var stage = Stage(shapes: [Stage.shape(number: 1, author: Stage.author(1), .box("a"))])
        stage.line(#"{"do":"undo","ref":7}"#)
        let ref = stage.intents.last?.ref
        let shape = Stage.shape(number: 1, author: stage.me, .box("a"))
        stage.receive(.changed([ShapeChange(kind: .changed, id: shape.id, author: stage.me, shape: shape)], ref: ref))
        stage.receive(.outcome(ref: ref ?? 0, .skipped([shape.id])))
        #expect(stage.events("skipped").first?["shapes"] == .array(["a"]))
        #expect(stage.events("skipped").first?["ref"] == 7)
    }

    @Test func `CL-13: an own message carries the ref of its command, that of another none`() {
        var stage = Stage()
        stage.line(#"{"do":"say","text":"hello","ref":1}"#)
        let ref = stage.intents[0].ref ?? 0
        stage.receive(.chat(ChatMessage(id: .zero, author: Stage.author(2), text: "hello"), ref: nil))
        stage.receive(.chat(ChatMessage(id: .zero, author: stage.me, text: "hello"), ref: ref))
        #expect(stage.automation.finishedCount == 0)
        stage.receive(.outcome(ref: ref, .done))
        #expect(stage.events("chat").map { $0["ref"] } == [nil, 1])
        #expect(stage.events("done").isEmpty && stage.automation.finishedCount == 1)
    }

    @Test func `CL-171: a message of ours is told again with its state, and what was said page by page`() throws {
        var stage = Stage()
        stage.line(#"{"do":"say","text":"hello","ref":1}"#)
        let ref = stage.intents[0].ref ?? 0
        func message(_ state: MessageState?) -> ChatMessage {
            ChatMessage(id: .zero, author: stage.me, text: "hello", wallTime: 5, state: state)
        }
        stage.receive(.chat(message(.waiting), ref: ref))
        stage.receive(.outcome(ref: ref, .done))
        for state in [MessageState.sent(by: 1, of: 3), .delivered, .failed(.diskRefuses("full"))] {
            stage.receive(.chatState(message(state)))
        }
        let told = stage.events("chat")
        #expect(told.map { $0["state"] } == ["waiting", "sent", "delivered", "failed"] && told.map { $0["ref"] } == [1, nil, nil, nil])
        #expect(told[1]["by"] == 1 && told[1]["of"] == 3 && told[3]["why"] == "the disk refuses to save: full")
        #expect(Set(told.map { $0["id"]?.string }) == [TransactionName.zero.hex])
        let name = TransactionName.zero.hex
        stage.line(#"{"do":"history","of":"chat","before":"\#(name)","count":7,"ref":2}"#)
        #expect(stage.intents.last?.intent == .readChat(ChatOrder(before: .zero, count: 7)))
        let asked = stage.intents.last?.ref
        stage.receive(.chat(ChatMessage(id: .zero, author: Stage.author(2), text: "meanwhile"), ref: nil))
        stage.receive(.chatPage(ChatPage([ChatPage.Entry(message(nil), name: "ana")], next: .zero), ref: asked))
        stage.receive(.outcome(ref: asked ?? 0, .done))
        let page = try #require(stage.events("history").first)
        #expect(page["ref"] == 2 && page["next"] == .string(name) && stage.events("done").isEmpty)
        let entry = try #require(page["messages"]?.array?.first?.object)
        #expect(entry["name"] == "ana" && entry["t_ms"] == 5 && entry["text"] == "hello" && entry["state"] == nil)
        stage.line(#"{"do":"resend","id":"\#(name)","ref":3}"#)
        stage.receive(.outcome(ref: stage.intents.last?.ref ?? 0, .refused(.noSuchMessage)))
        #expect(stage.intents.last?.intent == .resend(.zero) && stage.events("error").last?["code"] == "no_such_message")
        for (line, field) in [
            (#"{"do":"history"}"#, "of"), (#"{"do":"history","of":"shapes"}"#, "of"),
            (#"{"do":"history","of":"chat","count":201}"#, "count"),
            (#"{"do":"history","of":"chat","before":"12"}"#, "before"), (#"{"do":"resend","id":"x"}"#, "id"),
        ] {
            stage.line(line)
            #expect(stage.events("error").last?["field"] == .string(field), "\(line)")
        }
    }

    @Test func `a command that changed nothing is answered only where a ref asked for it`() {
        var stage = Stage()
        for (line, count) in [(#"{"do":"cursor","x":1,"y":2}"#, 0), (#"{"do":"cursor","x":1,"y":2,"ref":"c"}"#, 1)] {
            stage.line(line)
            #expect(stage.intents.last?.ref == nil, "what only moves has no outcome to wait for")
            #expect(stage.events("done").count == count)
        }
        #expect(stage.automation.finishedCount == 2)
    }

    @Test func `CL-4: a live stroke grows at most thirty times a second and ends with all its points`() {
        var stage = Stage()
        let points = (0..<60).map { "[\($0),\($0)]" }.joined(separator: ",")
        stage.line(#"{"do":"stroke","x":10,"y":20,"points":[\#(points)],"over_ms":600,"ref":"s"}"#)
        stage.line(#"{"do":"undo"}"#)
        stage.pass(.milliseconds(599))
        #expect(stage.intents.allSatisfy { $0.intent != .commit && $0.intent != .undo })
        stage.pass(.milliseconds(10))
        var drawn: [Point] = []
        var steps = 0
        for (intent, _) in stage.intents {
            switch intent {
            case .begin(.stroke(let draft)): drawn = draft.points.map { draft.position + $0 }
            case .extend(let more):
                drawn += more
                steps += 1
            default: #expect(intent == .commit)
            }
        }
        #expect(drawn == (0..<60).map { Point(x: 80 + 8 * $0, y: 160 + 8 * $0) })
        #expect((10...18).contains(steps))
        #expect(stage.intents.last?.intent == .commit)
        stage.drawn()
        #expect(stage.events("shape").first?["ref"] == "s")
        #expect(stage.intents.last?.intent == .undo)
    }

    @Test func `CL-4: a reader that was late takes all due steps of a gesture at once`() {
        var stage = Stage()
        stage.line(#"{"do":"stroke","x":0,"y":0,"points":[[0,0],[1,1],[2,2],[3,3],[4,4]],"over_ms":1000}"#)
        stage.now = stage.now + .seconds(5)
        stage.pass(.zero)
        #expect(stage.intents.map(\.intent).last == .commit)
        #expect(stage.intents.count == 3)
    }

    @Test func `CL-4: a live drag ends exactly where it was to go`() {
        var stage = Stage(shapes: [Stage.shape(number: 1, author: Stage.author(1), .box("a"))])
        stage.line(#"{"do":"move","id":"a","by":[-16,5.125],"over_ms":100}"#)
        stage.pass(.seconds(1))
        let id = ShapeID(author: stage.me, number: 1)
        #expect(stage.intents.dropLast().last?.intent == .update(.move([id], by: Point(x: -128, y: 41))))
        #expect(stage.intents.last?.intent == .commit)
        #expect(stage.intents.count <= 5)
    }

    @Test func `CL-4: a gesture that is refused ends its command, and the next one runs`() {
        var stage = Stage()
        stage.line(#"{"do":"stroke","x":0,"y":0,"points":[[0,0],[1,1]],"over_ms":100,"ref":"s"}"#)
        stage.line(Self.box)
        stage.receive(.outcome(ref: stage.intents[0].ref ?? 0, .refused(.diskRefuses("full"))))
        #expect(stage.events("error").first?["code"] == "disk")
        #expect(stage.events("error").first?["ref"] == "s")
        #expect(stage.intents.count == 2)
    }

    @Test func `CL-7: a label that we used before is refused, that of another is not`() {
        var stage = Stage(shapes: [Stage.shape(number: 1, author: Stage.author(2), .box("b"))])
        stage.line(Self.box)
        let shape = stage.drawn()
        stage.receive(.changed([ShapeChange(kind: .removed, id: shape.id, author: stage.me, shape: shape)], ref: nil))
        stage.line(Self.box)
        #expect(stage.events("error").first?["code"] == "duplicate_id")
        #expect(stage.events("error").first?["field"] == "id")
        stage.line(#"{"do":"draw","id":"b","shape":{"kind":"rectangle","x":0,"y":0,"w":8,"h":8}}"#)
        #expect(stage.intents.count == 2)
    }

    @Test func `CL-5: a shape that is not there is an error that names the id`() {
        var stage = Stage()
        for line in [#"{"do":"set","id":"x","set":{"x":1}}"#, #"{"do":"move","id":"x","by":[1,1]}"#, #"{"do":"delete","id":"x"}"#] {
            stage.line(line)
        }
        #expect(stage.events("error").map { $0["field"] } == ["id", "id", "id"])
        #expect(stage.intents.isEmpty)
        #expect(stage.automation.finishedCount == 3)
        #expect(stage.automation.firstFailure?.index == 0)
    }

    @Test func `CL-33: commands of one piece of work stop at the first that fails, and quit is run`() {
        var stage = Stage(stopsAtError: ())
        stage.line(Self.box)
        stage.drawn()
        stage.line(#"{"do":"set","id":"nobody","set":{"x":1}}"#)
        stage.line(#"{"do":"undo"}"#)
        stage.line("nonsense")
        stage.quit()
        #expect(stage.intents.count == 1)
        #expect(stage.automation.firstFailure?.index == 1)
        #expect(stage.automation.firstFailure?.error.code == "no_such_shape")
        #expect(stage.hasQuit)
    }

    @Test func `CL-33: a wait that is not met is a failure, too, and so is what the node refuses`() {
        var stage = Stage(stopsAtError: ())
        stage.line(Self.box)
        stage.receive(.outcome(ref: stage.intents[0].ref ?? 0, .refused(.tooLarge)))
        stage.line(#"{"do":"undo"}"#)
        #expect(stage.intents.count == 1 && stage.automation.firstFailure?.index == 0)
        stage = Stage(stopsAtError: ())
        stage.line(#"{"do":"wait","for":"peers","timeout_ms":100}"#)
        stage.answer(.status(StatusReport()))
        stage.pass(.milliseconds(100))
        stage.line(#"{"do":"undo"}"#)
        #expect(stage.intents.isEmpty && stage.automation.firstFailure?.error.code == "timeout")
    }

    @Test func `CL-32: setting one coordinate leaves the other as it stands now`() {
        let shape = Stage.shape(number: 1, author: Stage.author(2), .box("a"))
        var stage = Stage(shapes: [shape])
        var moved = shape
        moved.content.position = Point(x: 8, y: 24)
        stage.receive(.changed([ShapeChange(kind: .changed, id: shape.id, author: shape.id.author, shape: moved)], ref: nil))
        stage.line(#"{"do":"set","id":"a","set":{"x":5,"h":1}}"#)
        #expect(
            stage.intents.last?.intent
                == .set(shape.id, [.position(Point(x: 40, y: 24)), .size(Size(width: 64, height: 8))]))
    }

    @Test func `CL-8: a wait is answered as soon as its condition holds`() {
        var stage = Stage()
        stage.line(#"{"do":"wait","for":"peers","count":2,"timeout_ms":5000,"ref":"w"}"#)
        stage.answer(.status(StatusReport(presentPeers: 1)))
        #expect(stage.events("waited").isEmpty)
        stage.receive(.peer(PeerStatus(peer: PeerID.zero, state: .joined)))
        #expect(stage.questions.filter { $0 == .status }.count == 2)
        stage.answer(.status(StatusReport(presentPeers: 2)))
        #expect(stage.events("waited").first?["ref"] == "w")
        #expect(stage.automation.deadline == nil)
    }

    @Test func `CL-8: a wait looks again when somebody is back by another session, of whose state nothing new is told`() {
        var stage = Stage()
        stage.receive(.peer(PeerStatus(peer: PeerID.zero, state: .joined)))
        stage.line(#"{"do":"wait","for":"peers","count":1,"timeout_ms":5000,"ref":"w"}"#)
        // Between two sessions nobody is here.
        stage.answer(.status(StatusReport(presentPeers: 0)))
        #expect(stage.events("waited").isEmpty)
        stage.receive(.view(peer: PeerID.zero, nil))
        #expect(stage.questions.filter { $0 == .status }.count == 2)
        stage.answer(.status(StatusReport(presentPeers: 1)))
        #expect(stage.events("waited").first?["ref"] == "w")
    }

    @Test(arguments: [
        ("delivered", StatusReport(isDelivered: false)), ("saved", StatusReport(isSaved: false)),
        ("synced", StatusReport(isSynced: false)),
    ])
    func `CL-8: a wait whose time is over is an error with code timeout, and the next command runs`(what: String, status: StatusReport) {
        var stage = Stage()
        stage.line(#"{"do":"wait","for":"\#(what)","timeout_ms":200,"ref":1}"#)
        stage.line(Self.box)
        stage.answer(.status(status))
        stage.pass(.milliseconds(199))
        #expect(stage.events("error").isEmpty && stage.intents.isEmpty)
        stage.pass(.milliseconds(1))
        #expect(stage.events("error").first?["code"] == "timeout")
        #expect(stage.events("error").first?["ref"] == 1)
        #expect(stage.intents.count == 1)
    }

    @Test func `CL-8: a wait of no time looks once`() {
        var stage = Stage()
        stage.line(#"{"do":"wait","for":"saved","timeout_ms":0,"ref":1}"#)
        stage.pass(.milliseconds(5))
        stage.answer(.status(StatusReport()))
        #expect(stage.events("waited").first?["ref"] == 1)
        stage.line(#"{"do":"wait","for":"saved","timeout_ms":0,"ref":2}"#)
        stage.answer(.status(StatusReport(isSaved: false)))
        stage.pass(.milliseconds(1))
        #expect(stage.events("error").first?["ref"] == 2)
    }

    @Test func `CL-8: an answer that comes after its wait is over is nobody's`() {
        var stage = Stage()
        stage.line(#"{"do":"wait","for":"saved","timeout_ms":10}"#)
        stage.answer(.status(StatusReport(isSaved: false)))
        stage.pass(.milliseconds(20))
        #expect(stage.events("error").first?["code"] == "timeout")
        stage.line(#"{"do":"state","ref":2}"#)
        stage.answer(.status(StatusReport()))
        #expect(stage.events("waited").isEmpty)
        stage.answer(.state(.init(fingerprint: .zero, transactionCount: 3, shapes: [], isSaved: true, unsent: 1)))
        let state = stage.events("state").first
        #expect(state?["ref"] == 2 && state?["transactions"] == 3 && state?["unsent"] == 1 && state?["saved"] == true)
        #expect(state?["fingerprint"] == .string(String(repeating: "0", count: 32)))
    }

    @Test func `a pause ends by time alone`() {
        var stage = Stage()
        stage.line(#"{"do":"wait","ms":100,"ref":"p"}"#)
        stage.receive(.peer(PeerStatus(peer: PeerID.zero, state: .joined)))
        #expect(stage.events("waited").isEmpty)
        stage.pass(.milliseconds(100))
        #expect(stage.events("waited").first?["ref"] == "p")
    }

    @Test func `CL-11: the end of the input quits after everything before it, and nothing runs after`() {
        var stage = Stage()
        stage.line(Self.box)
        stage.quit()
        stage.line(#"{"do":"undo"}"#)
        #expect(!stage.hasQuit)
        stage.drawn()
        #expect(stage.hasQuit)
        #expect(stage.intents.count == 1)
    }

    @Test func `what stands on the board as it becomes ready is no event`() {
        var stage = Stage(notReady: ())
        let shape = Stage.shape(number: 1, author: Stage.author(2), .box("a"))
        stage.receive(.changed([ShapeChange(kind: .added, id: shape.id, author: shape.id.author, shape: shape)], ref: nil))
        stage.ready([shape])
        #expect(stage.events("shape").isEmpty)
        stage.line(#"{"do":"delete","id":"a"}"#)
        #expect(stage.intents.last?.intent == .delete([shape.id]))
    }

    @Test func `another's gesture is told while it grows and when it ends`() {
        var stage = Stage()
        let id = GestureID(source: LiveSource(peer: .zero), number: 1)
        let draft = ShapeDraft(kind: .freehand, position: Point(x: 8, y: 8), points: [.zero])
        stage.receive(.gesture(id, .began(.stroke(draft), at: .zero)))
        stage.receive(.gesture(id, .appended([TimedPoint(at: .milliseconds(8), position: Point(x: 20, y: 24))])))
        stage.receive(.gesture(id, .ended(.cancelled)))
        stage.receive(.gesture(id, .ended(.cancelled)))
        let events = stage.events("gesture")
        #expect(events.map { $0["points_total"] } == [1, 2, nil])
        #expect(events.map { $0["state"] } == ["live", "live", "ended"])
        #expect(events[1]["x"] == .number(2.5) && events[1]["y"] == 3)
    }

    @Test func `of two gestures of one front end the newest is told, and each of two front ends has its own`() {
        var stage = Stage()
        func id(_ frontEnd: Int, _ number: UInt64) -> GestureID {
            GestureID(source: LiveSource(peer: .zero, frontEnd: FrontEndID(frontEnd) ?? .holder), number: number)
        }
        let draft = ShapeDraft(kind: .rectangle, position: .zero)
        for id in [id(0, 1), id(0, 2), id(1, 1)] { stage.receive(.gesture(id, .began(.shape(draft), at: .zero))) }
        for id in [id(0, 1), id(1, 1), id(0, 2)] { stage.receive(.gesture(id, .ended(.committed([])))) }
        #expect(stage.events("gesture").map { $0["state"] } == ["live", "live", "live", "ended", "ended"])
    }

    @Test func `another's pointer is told with each sample and its time`() {
        var stage = Stage()
        let samples = [
            CursorSample(at: .milliseconds(70_000), position: Point(x: 8, y: -4)), CursorSample(at: .milliseconds(70_008), position: nil),
        ]
        stage.receive(.cursor(LiveSource(peer: .zero), Array(samples.prefix(1))))
        stage.receive(.cursor(LiveSource(peer: .zero), samples))
        let events = stage.events("cursor")
        #expect(events.map { $0["x"] } == [1, .null] && events.map { $0["y"] } == [.number(-0.5), .null])
        #expect(events.map { $0["t_ms"] } == [70_000, 70_008])
        let told: JSONValue = .array([.array([70_000, 1, .number(-0.5)]), .array([70_008, .null, .null])])
        #expect(events[1]["samples"] == told)
    }

    @Test func `FE-101: light goes along its points in its time, and stays nowhere`() {
        var stage = Stage()
        stage.line(#"{"do":"laser","x":10,"y":20,"points":[[0,0],[100,0],[100,50]],"over_ms":400,"ref":"l"}"#)
        stage.pass(.seconds(1))
        let places = stage.intents.compactMap { if case .cursor(let point) = $0.intent { point } else { nil } }
        #expect(places == [Point(x: 80, y: 160), Point(x: 880, y: 160), Point(x: 880, y: 560)])
        #expect(stage.intents.map(\.intent).filter { if case .laser = $0 { true } else { false } } == [.laser(true), .laser(false)])
        #expect(stage.intents.first?.intent == .cursor(places.first) && stage.intents.last?.intent == .laser(false))
        #expect(stage.events("done").map { $0["ref"] } == ["l"])
    }

    @Test func `FE-101: another's light is told beside the pointer, each trail with its samples and its end`() {
        var stage = Stage()
        func tell(_ samples: [(Int, Int32?, UInt64?)]) {
            let samples = samples.map { time, x, trail in
                CursorSample(at: .milliseconds(time), position: x.map { Point(x: $0 * 8, y: 0) }, trail: trail)
            }
            stage.receive(.cursor(LiveSource(peer: .zero), samples))
        }
        tell([(10, 1, nil)])
        tell([(20, 1, 1), (30, 2, 1)])
        tell([(40, 2, nil), (50, 7, 2)])
        tell([(60, 8, 2), (61, nil, nil)])
        tell([(70, 9, nil)])
        let events = stage.events("laser")
        #expect(events.map { $0["trail"] } == [1, 1, 2, 2] && events.map { $0["state"] } == ["live", "ended", "live", "ended"])
        #expect(
            events.map { $0["samples"] }
                == [[[20, 1, 0], [30, 2, 0]], [], [[50, 7, 0]], [[60, 8, 0]]].map { rows in
                    .array(rows.map { .array($0.map { .integer(Int64($0)) }) })
                })
        #expect(stage.events("cursor").count == 5)
    }

    @Test func `FE-101: what is seen and what all are asked to look at are parts of the board`() {
        var stage = Stage()
        stage.line(#"{"do":"view","x":-8,"y":0.5,"w":640,"h":352}"#)
        stage.line(#"{"do":"view","x":null,"y":null,"w":null,"h":null}"#)
        stage.line(#"{"do":"look_here","x":1,"y":2,"w":0,"h":0,"ref":3}"#)
        let one = WorldBox(left: 8, top: 16, right: 8, bottom: 16)
        #expect(
            stage.intents.map(\.intent) == [.view(WorldBox(left: -64, top: 4, right: 5056, bottom: 2820)), .view(nil), .lookHere(one)])
        stage.receive(.outcome(ref: stage.intents.last?.ref ?? 0, .refused(.tooSoon)))
        #expect(stage.events("error").map { $0["code"] } == ["too_soon"] && stage.events("error").map { $0["ref"] } == [3])
        for line in [#""x":1,"y":2,"w":-1,"h":1"#, #""x":134217728,"y":2,"w":1,"h":1"#, #""x":1,"y":2,"w":1"#] {
            for word in ["view", "look_here"] { stage.line(#"{"do":"\#(word)",\#(line)}"#) }
        }
        #expect(stage.events("error").map { $0["field"] } == [nil, "w", "w", "w", "w", "h", "h"] && stage.intents.count == 3)
        stage.receive(.view(peer: .zero, one))
        stage.receive(.view(peer: .zero, nil))
        stage.receive(.lookHere(peer: .zero, one))
        #expect(stage.events("view").map { $0["w"] } == [0, .null] && stage.events("look_here").map { $0["x"] } == [1])
    }

    @Test func `CL-5: blank lines are nothing, and every line is counted once`() {
        var stage = Stage()
        for line in ["", "  \t\r", "{}", "nonsense"] { stage.line(line) }
        #expect(stage.automation.finishedCount == 4)
        #expect(stage.events("error").count == 2)
    }

    @Test func `CL-50: lines are bound by the ids of shapes, in draw and in set, and told so`() throws {
        let box = Stage.shape(number: 7, author: Stage.author(2), .box("cache"))
        let plain = Stage.shape(number: 8, author: Stage.author(2), .box())
        let line = Stage.shape(
            number: 9, author: Stage.author(2), ShapeDraft(kind: .line, position: .zero, points: [.zero, .zero], label: "line"))
        var stage = Stage(shapes: [box, plain, line])
        let id = "\(Stage.author(2).hex.prefix(8))-8"
        stage.line(
            ##"{"do":"draw","shape":{"kind":"arrow","x":1,"y":2,"points":[[0,0],[8,8]],"start_binding":{"id":"cache","at":[1,0.25]},"end_binding":{"id":"\##(id)"}}}"##
        )
        let (start, end) = (Binding(box.id, x: .max, y: 16_384), Binding(plain.id))
        let arrow = ShapeDraft(
            kind: .arrow, position: Point(x: 8, y: 16), points: [.zero, Point(x: 64, y: 64)], startBinding: start, endBinding: end)
        #expect(stage.intents.last?.intent == .draw(arrow))
        stage.drawn()
        let told = try #require(stage.events("shape").last?["shape"]?.object)
        #expect(told["start_binding"]?.object?["id"] == "cache")
        #expect(told["start_binding"]?.object?["at"] == .array([1, .number(0.25)]))
        #expect(told["end_binding"]?.object?["id"] == .string(id))
        // What was told draws the same again.
        stage.line(#"{"do":"draw","shape":\#(JSONValue.object(told).text)}"#)
        #expect(stage.intents.last?.intent == .draw(arrow))
        stage.drawn()
        stage.line(#"{"do":"set","id":"line","set":{"text":"x","start_binding":{"id":"cache"},"end_binding":null}}"#)
        #expect(stage.intents.last?.intent == .set(line.id, [.text("x"), .startBinding(Binding(box.id)), .endBinding(nil)]))
    }

    @Test func `CL-308: a line whose ends are bound needs no points`() throws {
        var right = ShapeDraft.box("right")
        right.position = Point(x: 640, y: 0)
        let shapes = [
            Stage.shape(number: 7, author: Stage.author(2), .box("left")), Stage.shape(number: 8, author: Stage.author(2), right),
        ]
        var stage = Stage(shapes: shapes)
        stage.line(#"{"do":"draw","shape":{"kind":"arrow","start_binding":{"id":"left"},"end_binding":{"id":"right"}}}"#)
        guard case .draw(let draft)? = stage.intents.last?.intent else {
            Issue.record("nothing was drawn")
            return
        }
        #expect(draft.position == Point(x: 64, y: 32) && draft.points == [.zero, Point(x: 576, y: 0)])
        stage.drawn()
        // The corners of an elbow follow from its ends, now and whenever they move.
        stage.line(
            #"{"do":"draw","shape":{"kind":"arrow","route":"elbow","start_binding":{"id":"left","at":[0.5,1]},"end_binding":{"id":"right","at":[0.5,1]}}}"#
        )
        guard case .draw(let elbow)? = stage.intents.last?.intent else {
            Issue.record("nothing was drawn")
            return
        }
        #expect(elbow.route == .elbow && elbow.points.count == 2)
        // With one end it does, as ever.
        stage.drawn()
        // What has no points anyway stays where it is put.
        stage.line(#"{"do":"draw","shape":{"kind":"ellipse","x":200,"y":96,"w":8,"h":8}}"#)
        #expect(
            stage.intents.last?.intent
                == .draw(ShapeDraft(kind: .ellipse, position: Point(x: 1600, y: 768), size: Size(width: 64, height: 64))))
        stage.drawn()
        stage.line(#"{"do":"draw","shape":{"kind":"arrow","start_binding":{"id":"left"}}}"#)
        #expect(stage.events("error").last?["field"] == "x")
    }

    @Test(
        arguments: [
            (#"{"id":"nobody"}"#, "arrow", "no_such_shape", "no shape “nobody” is on the board"),
            (#"{"id":"line"}"#, "arrow", "bad_value", "the kind of “line” is line"),
            (#"{"id":"box","at":[0.5]}"#, "arrow", "bad_value", "a pair of numbers from 0 to 1 is needed"),
            (#"{"id":"box","at":[0.5,1.01]}"#, "arrow", "bad_value", "a pair of numbers from 0 to 1 is needed"),
            (#"{"id":"box","at":["a","b"]}"#, "arrow", "bad_value", "a pair of numbers from 0 to 1 is needed"),
            (#"{"at":[0,0]}"#, "arrow", "bad_value", "the id of a shape is needed"),
            (#""box""#, "arrow", "bad_value", "an object with an id, or null"),
        ])
    func `CL-50: what a line cannot be bound to is refused in words, and nothing is drawn`(
        end: String, kind: String, code: String, words: String
    ) throws {
        let line = Stage.shape(
            number: 9, author: Stage.author(2), ShapeDraft(kind: .line, position: .zero, points: [.zero, .zero], label: "line"))
        var stage = Stage(shapes: [Stage.shape(number: 7, author: Stage.author(2), .box("box")), line])
        for command in [
            #"{"do":"draw","shape":{"kind":"\#(kind)","x":0,"y":0,"points":[[0,0],[8,8]],"end_binding":\#(end)}}"#,
            #"{"do":"set","id":"line","set":{"end_binding":\#(end)}}"#,
        ] {
            stage.line(command)
            let error = try #require(stage.events("error").last)
            #expect(error["code"] == .string(code) && error["field"] == "end_binding")
            #expect(error["message"]?.string?.contains(words) == true, "\(error)")
        }
        #expect(stage.intents.isEmpty && stage.events("error").count == 2)
        stage.line(#"{"do":"set","id":"box","set":{"start_binding":{"id":"box"}}}"#)
        #expect(stage.events("error").last?["message"]?.string?.contains("only lines and arrows have ends that can be bound") == true)
        #expect(stage.intents.isEmpty)
    }

    @Test(
        arguments: [
            (ShapeKind.rectangle, #""start_head":"dot""#, "start_head", "only line, arrow have it"),
            (.note, #""route":"elbow""#, "route", "only line, arrow have it"),
            (.text, #""line_style":"dashed""#, "line_style", "only rectangle, ellipse, diamond, line, arrow, note have it"),
            (.freehand, #""corners":null"#, "corners", "only rectangle, ellipse, diamond, line, arrow, note have it"),
            (.arrow, #""w":8"#, "w", "only rectangle, ellipse, diamond, note have it"),
            (.ellipse, #""points":[[0,0],[1,1]]"#, "points", "only line, arrow, freehand have it"),
        ])
    func `CL-57: what shapes of a kind do not have is not set, and it is said which have it`(
        kind: ShapeKind, member: String, field: String, words: String
    ) throws {
        let content = ShapeDraft(kind: kind, position: .zero, points: kind.isPath ? [.zero] : [], text: "x", label: "it")
        var stage = Stage(shapes: [Stage.shape(number: 1, author: Stage.author(2), content)])
        stage.line(#"{"do":"set","id":"it","set":{"text":"y",\#(member)},"ref":3}"#)
        let error = try #require(stage.events("error").last)
        #expect(error["code"] == "bad_value" && error["field"] == .string(field) && error["ref"] == 3)
        #expect(error["message"]?.string == "\(field): \(words), and the kind of “it” is \(kind.name)")
        #expect(stage.intents.isEmpty)
    }

    @Test func `CL-50: a line that is told before what it is bound to names it as it will be told`() throws {
        var stage = Stage()
        let box = Stage.shape(number: 8, author: Stage.author(2), .box("cache"))
        let line = Stage.shape(
            number: 7, author: Stage.author(2),
            ShapeDraft(kind: .line, position: .zero, points: [.zero, .zero], endBinding: Binding(box.id)))
        stage.receive(
            .changed([line, box].map { ShapeChange(kind: .added, id: $0.id, author: $0.id.author, shape: $0) }, ref: nil))
        let told = stage.events("shape")
        #expect(told.count == 2 && told[1]["id"] == "cache")
        #expect(told[0]["shape"]?.object?["end_binding"]?.object?["id"] == "cache")
    }

    @Test func `CL-52: shapes are grouped, ordered, aligned, distributed and copied by their ids`() throws {
        func box(_ number: UInt64) -> Shape {
            var content = ShapeDraft.box("b\(number)")
            content.position = Point(x: Int32(number) * Int32(number) * 800, y: Int32(number) * 80)
            return Stage.shape(number: number, author: Stage.author(2), content)
        }
        var stage = Stage(shapes: (1...3).map { box($0) })
        for (command, count) in [
            (#""group","ids":["b1","b2"]"#, 2), (#""order","ids":["b1"],"to":"front""#, 1), (#""align","ids":["b1","b3"],"to":"left""#, 1),
            (#""distribute","ids":["b1","b2","b3"],"along":"horizontally""#, 1),
        ] {
            stage.line(#"{"do":\#(command),"ref":1}"#)
            guard case .setEach(let edits)? = stage.intents.last?.intent else {
                Issue.record("\(command) asked for nothing")
                return
            }
            #expect(edits.count == count, "\(command)")
            stage.receive(.outcome(ref: try #require(stage.intents.last?.ref), .done))
        }
        stage.line(#"{"do":"duplicate","ids":["b2"],"by":[1,0]}"#)
        guard case .drawAll(let copies)? = stage.intents.last?.intent else {
            Issue.record("nothing was copied")
            return
        }
        #expect(copies.map(\.position) == [box(2).content.position + Point(x: 8, y: 0)] && copies[0].label.isEmpty)
        stage.receive(.outcome(ref: try #require(stage.intents.last?.ref), .done))
        // What is as it should be is answered at once.
        let asked = stage.intents.count
        stage.line(#"{"do":"order","ids":["b3"],"to":"front","ref":9}"#)
        #expect(stage.intents.count == asked && stage.events("done").last?["ref"] == 9)
    }

    @Test(
        arguments: [
            (#""group","ids":["b1","nobody"]"#, "no_such_shape", "ids", "no shape “nobody” is on the board: nothing was changed"),
            (#""group","ids":["b1"]"#, "bad_value", "ids", "it takes two shapes or groups to group"),
            (#""ungroup","ids":["b1"]"#, "bad_value", "ids", "none of these is in a group"),
            (#""align","ids":["b1","b2"],"to":"north""#, "bad_value", "to", "left, right, top, bottom, centre, middle"),
            (#""order","ids":["b1"]"#, "bad_value", "to", "front, back, up, down"),
            (#""distribute","ids":["b1","b2"],"along":"vertically""#, "bad_value", "ids", "it takes three"),
            (#""distribute","ids":["b1","b2"],"along":7"#, "bad_value", "along", "horizontally, vertically"),
            (#""duplicate","ids":[]"#, "bad_value", "ids", "a list of 1 to 4096 ids"),
            (#""duplicate","ids":[1]"#, "bad_value", "ids", "each is the id"),
            (#""duplicate","ids":["b1"],"by":"here""#, "bad_value", "by", "a pair of numbers"),
            (#""duplicate","ids":["b1"],"by":[134217728,0]"#, "bad_value", "by", "beyond the edge"),
            (#""set","id":"b1","set":{"group":["12"]}"#, "bad_value", "group", "16 hex digits each"),
            (#""set","id":"b1","set":{"group":["0000000000000001","0000000000000001"]}"#, "bad_value", "group", "no two alike"),
        ])
    func `CL-52: what cannot be done with several shapes is refused in words, and changes nothing`(
        command: String, code: String, field: String, words: String
    ) throws {
        var second = ShapeDraft.box("b2")
        second.position = Point(x: 800, y: 0)
        var first = ShapeDraft.box("b1")
        first.position = Point(x: 8, y: 0)
        var stage = Stage(shapes: [
            Stage.shape(number: 1, author: Stage.author(2), first), Stage.shape(number: 2, author: Stage.author(2), second),
        ])
        stage.line(#"{"do":\#(command),"ref":"r"}"#)
        let error = try #require(stage.events("error").last)
        #expect(error["code"] == .string(code) && error["field"] == .string(field) && error["ref"] == "r")
        #expect(error["message"]?.string?.contains(words) == true, "\(error)")
        #expect(stage.intents.isEmpty)
    }

    @Test func `CL-52: the groups of a shape are told and can be set`() throws {
        var content = ShapeDraft.box("b")
        content.groups = [GroupID(rawValue: 0xAB), GroupID(rawValue: .max)]
        var stage = Stage(shapes: [Stage.shape(number: 1, author: Stage.author(2), content)])
        let told = JSONValue.object(
            EventFormat().shape(Stage.shape(number: 1, author: Stage.author(2), content), id: "b") { "\($0.number)" }
        ).text
        #expect(told.contains(##""group":["00000000000000ab","ffffffffffffffff"]"##))
        stage.line(#"{"do":"set","id":"b","set":{"group":["00000000000000ab"]}}"#)
        #expect(stage.intents.last?.intent == .set(ShapeID(author: Stage.author(2), number: 1), [.groups([GroupID(rawValue: 0xAB)])]))
    }

    @Test func `CL-86: a board becomes what a file says by one intent, or by none where it is so`() throws {
        let shapes = [
            Stage.shape(number: 1, author: Stage.author(1), .box("a")), Stage.shape(number: 2, author: Stage.author(2), .box("b")),
        ]
        var drawing = Drawing()
        for shape in shapes {
            var item = Drawing.Item(name: shape.content.label, content: .box())
            item.depth = shape.depth
            drawing.items.append(item)
        }
        var stage = Stage(shapes: shapes)
        stage.automation.receive(.become(drawing), now: stage.now)
        stage.quit()
        #expect(stage.intents.isEmpty && stage.automation.results.becoming == Becoming.Counts() && stage.hasQuit)
        drawing.items[0].content.text = "one"
        drawing.items.remove(at: 1)
        stage = Stage(shapes: shapes)
        stage.automation.receive(.become(drawing), now: stage.now)
        stage.quit()
        #expect(
            stage.intents.map(\.intent) == [
                .change(BoardChange(edits: [ShapeEdit(shapes[0].id, [.text("one")])], deleted: [shapes[1].id]))
            ])
        #expect(stage.automation.results.becoming == Becoming.Counts(changed: 1, deleted: 1))
    }
}
