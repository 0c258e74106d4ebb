import InkAutomation
import InkBoard
import InkPrimitives
import Testing

@Suite struct AutomationCommandTests {
    private func command(_ line: String) throws -> AutomationCommand { try AutomationRequest(line: Array(line.utf8)).command }

    @Test func `CL-9: px become eighths of a px`() throws {
        let line =
            ##"{"do":"draw","id":"a","shape":{"kind":"rectangle","x":80,"y":-0.125,"w":96.5,"h":64,"stroke":"#0072B2","fill":null,"text":"t"}}"##
        let draft = ShapeDraft(
            kind: .rectangle, position: Point(x: 640, y: -1), size: Size(width: 772, height: 512), text: "t", stroke: Color("#0072B2"),
            label: "a")
        #expect(try command(line) == .draw(draft))
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `CL-9: every coordinate of a board is told in px and comes back exactly`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let limit = Int(Limits.coordinate)
        func coordinate() -> Int32 { Int32(random.below(2 * limit + 1) - limit) }
        let point = Point(x: coordinate(), y: coordinate())
        var names = ShapeNames()
        let shape = Stage.shape(number: 1, author: Stage.author(1), ShapeDraft(kind: .line, position: point, points: [.zero, point]))
        let told = JSONValue.object(EventFormat().shape(shape, id: names.name(shape)) { "\($0.number)" }).text
        #expect(try command(#"{"do":"draw","shape":\#(told)}"#) == .draw(shape.content))
    }

    @Test func `BD-49: what a newer version gave a shape is told in hex, and cannot be set`() throws {
        let extra = [127, 100].map { ExtraProperty(property: Property(rawValue: $0), bytes: [UInt8($0), 0x1B]) }
        let shape = Shape(id: ShapeID(author: Stage.author(1), number: 1), content: .box(), depth: .first, extra: extra)
        let told = JSONValue.object(EventFormat().shape(shape, id: "a") { "\($0.number)" }).text
        #expect(told.hasSuffix(##""stroke":null,"fill":null,"stroke_width":2,"extra":{"100":"641b","127":"7f1b"}}"##))
        #expect(try command(#"{"do":"draw","shape":\#(told)}"#) == .draw(shape.content))
        #expect(throws: AutomationError.self) { try command(#"{"do":"set","id":"a","set":{"extra":{"100":"00"}}}"#) }
    }

    @Test(
        arguments: [
            ("not json", nil), ("[1]", nil), (#""draw""#, nil), ("{}", "do"), (#"{"do":7}"#, "do"), (#"{"do":"fly"}"#, "do"),
            (#"{"do":"draw"}"#, "shape"), (#"{"do":"draw","shape":{"kind":"star","x":0,"y":0}}"#, "kind"),
            (#"{"do":"draw","shape":{"kind":"rectangle","x":"left","y":0,"w":8,"h":8}}"#, "x"),
            (#"{"do":"draw","shape":{"kind":"rectangle","x":1e300,"y":0,"w":8,"h":8}}"#, "x"),
            (#"{"do":"draw","shape":{"kind":"rectangle","x":0,"y":0,"w":-8,"h":8}}"#, "w"),
            (#"{"do":"draw","shape":{"kind":"rectangle","x":0,"y":0,"w":8}}"#, "h"),
            (#"{"do":"draw","shape":{"kind":"rectangle","x":0,"y":0,"w":8,"h":8,"stroke":"red"}}"#, "stroke"),
            (#"{"do":"draw","shape":{"kind":"rectangle","x":0,"y":0,"w":8,"h":8,"stroke_width":256}}"#, "stroke_width"),
            (#"{"do":"draw","shape":{"kind":"line","x":0,"y":0,"points":[[0]]}}"#, "points"),
            (#"{"do":"draw","shape":{"kind":"line","x":0,"y":0}}"#, "points"),
            (#"{"do":"draw","shape":{"kind":"text","x":0,"y":0}}"#, "text"),
            (#"{"do":"draw","id":"","shape":{"kind":"note","x":0,"y":0,"w":8,"h":8}}"#, "id"),
            (#"{"do":"draw","id":7,"shape":{"kind":"note","x":0,"y":0,"w":8,"h":8}}"#, "id"),
            (#"{"do":"stroke","x":0,"y":0,"points":[]}"#, "points"),
            (#"{"do":"stroke","x":0,"y":0,"points":[[0,0]],"over_ms":-5}"#, "over_ms"), (#"{"do":"set","id":"a"}"#, "set"),
            (#"{"do":"set","id":"a","set":{}}"#, "set"), (#"{"do":"set","id":"a","set":{"x":"far"}}"#, "x"),
            (#"{"do":"set","set":{"x":1}}"#, "id"), (#"{"do":"move","id":"a"}"#, "by"), (#"{"do":"move","id":"a","by":"here"}"#, "by"),
            (#"{"do":"say"}"#, "text"), (#"{"do":"say","text":""}"#, "text"), (#"{"do":"cursor","x":1}"#, "y"),
            (#"{"do":"wait","for":"godot"}"#, "for"), (#"{"do":"wait"}"#, "ms"), (#"{"do":"wait","for":"peers","count":-1}"#, "count"),
            (#"{"do":"wait","for":"saved","timeout_ms":"long"}"#, "timeout_ms"),
        ] as [(String, String?)])
    func `CL-5: a bad value is an error that names the field`(line: String, field: String?) throws {
        let error = #expect(throws: AutomationError.self) { try AutomationRequest(line: Array(line.utf8)) }
        #expect(error?.field == field)
        #expect(error?.message.isEmpty == false)
    }

    @Test func `CL-51: styles are words, null is what the kind has, and another word is refused with those there are`() throws {
        let told =
            ##"{"kind":"arrow","x":0,"y":0,"points":[[0,0],[8,0]],"line_style":"double","corners":"round","start_head":"dot","end_head":"none","route":"elbow"}"##
        let draft = ShapeDraft(
            kind: .arrow, position: .zero, points: [.zero, Point(x: 64, y: 0)], lineStyle: .double, corners: .round, startHead: .dot,
            endHead: .none, route: .elbow)
        #expect(try command(#"{"do":"draw","shape":\#(told)}"#) == .draw(draft))
        let shape = Stage.shape(number: 1, author: Stage.author(1), draft)
        let again = JSONValue.object(EventFormat().shape(shape, id: "a") { "\($0.number)" }).text
        #expect(try command(#"{"do":"draw","shape":\#(again)}"#) == .draw(draft))
        guard
            case .set("a", let edit) = try command(
                #"{"do":"set","id":"a","set":{"end_head":null,"line_style":"solid","corners":null}}"#)
        else {
            Issue.record("no set")
            return
        }
        #expect(Set(edit.others) == [.endHead(.usual), .lineStyle(.solid), .corners(.usual)])
        for (field, words) in [
            ("line_style", "solid, dashed, dotted, double"), ("corners", "sharp, round"), ("start_head", "none, arrow, triangle, dot, bar"),
            ("end_head", "none, arrow, triangle, dot, bar"), ("route", "straight, elbow"),
        ] {
            let line = #"{"do":"set","id":"a","set":{"\#(field)":"wavy"}}"#
            let error = #expect(throws: AutomationError.self) { try AutomationRequest(line: Array(line.utf8)) }
            #expect(error?.field == field && error?.message.contains(words) == true)
        }
    }

    @Test func `CL-5: an error repeats the ref, unknown fields are ignored`() throws {
        let error = #expect(throws: AutomationError.self) { try AutomationRequest(line: Array(#"{"do":"fly","ref":[1]}"#.utf8)) }
        #expect(error?.ref == .array([1]))
        #expect(try command(#"{"do":"quit","now":{"a":[{}]}}"#) == .quit)
    }

    @Test func `CL-5: texts and strokes are held to the limits of the board`() throws {
        let long = String(repeating: "x", count: Limits.textBytes + 1)
        #expect(throws: AutomationError.self) { try command(#"{"do":"draw","shape":{"kind":"text","x":0,"y":0,"text":"\#(long)"}}"#) }
        let points = Array(repeating: "[0,0]", count: Limits.pointsPerStroke + 1).joined(separator: ",")
        #expect(throws: AutomationError.self) { try command(#"{"do":"stroke","x":0,"y":0,"points":[\#(points)]}"#) }
    }

    @Test func `every command is understood`() throws {
        #expect(try command(#"{"do":"cursor","x":null,"y":null}"#) == .cursor(nil))
        #expect(try command(#"{"do":"wait","for":"peers"}"#) == .wait(.peers(count: 1), milliseconds: 30_000))
        #expect(try command(#"{"do":"wait","ms":5}"#) == .pause(milliseconds: 5))
        for (word, wanted) in [
            ("undo", AutomationCommand.undo), ("redo", .redo), ("typing", .typing), ("away", .attention(.hidden)),
            ("back", .attention(.here)), ("invite", .invite(nil)), ("state", .state),
            ("stats", .stats), ("dump", .dump),
        ] {
            #expect(try command(#"{"do":"\#(word)"}"#) == wanted)
        }
    }

    @Test func `CL-5: a line that names a member twice is no command, and its ref is known`() {
        let error = #expect(throws: AutomationError.self) {
            try AutomationRequest(line: Array(#"{"do":"cursor","x":0,"x":50,"y":0,"ref":"r"}"#.utf8))
        }
        #expect(error?.code == "bad_json" && error?.ref == "r")
    }
}
