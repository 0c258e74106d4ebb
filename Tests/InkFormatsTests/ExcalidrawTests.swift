import InkBoard
import InkFormats
import InkPrimitives
import Testing

@Suite struct ExcalidrawTests {
    private static let author = AuthorID.zero

    /// Shapes of a board under names from 1.
    private static func board(_ drafts: [ShapeDraft]) -> [Shape] {
        var depth = DepthKey.first
        return drafts.enumerated()
            .map { index, draft in
                defer { depth = DepthKey.between(depth, nil) }
                return Shape(id: Drawing.reference(to: index), content: draft, depth: depth)
            }
    }

    /// One of each kind and look, on whole px.
    private static func drafts(_ seed: UInt64, count: Int = 40) -> [ShapeDraft] {
        var random = SplitMix64(seed: seed)
        func point() -> Point { Point(x: Int32(random.below(20_000)) - 10_000, y: Int32(random.below(20_000)) - 10_000) }
        func pick<Value>(_ values: [Value]) -> Value { values[random.below(values.count)] }
        var drafts: [ShapeDraft] = []
        for index in 0..<count {
            let kind = pick(ShapeKind.allCases)
            var draft = ShapeDraft(kind: kind, position: point())
            if kind.isPath {
                draft.points = [.zero] + (0..<(1 + random.below(5))).map { _ in point() }
            } else if kind != .text {
                draft.size = Size(width: Int32(random.below(4000)), height: Int32(random.below(4000)))
                draft.fill = random.chance(0.5) ? Color(rgb: UInt32(random.below(1 << 24))) : nil
            }
            draft.text = kind == .text ? "words \(index)\nmore" : kind != .freehand && random.chance(0.5) ? "label\t\(index)" : ""
            draft.stroke = pick([nil, Color(rgb: UInt32(random.below(1 << 24))), Color("#1E1E1E"), Color("#000000")])
            draft.strokeWidth = pick([0, 4, 8, 16, 32, Limits.strokeWidth])
            draft.label = random.chance(0.3) ? "name \(index)" : ""
            if kind != .text, kind != .freehand { draft.lineStyle = pick(LineStyle.allCases) }
            if kind == .rectangle { draft.corners = pick([.usual, .round]) }
            if draft.hasEnds {
                draft.startHead = pick([.usual, .arrow, .triangle, .dot, .bar])
                draft.endHead =
                    kind == .arrow ? pick([.usual, .none, .triangle, .dot, .bar]) : pick([.usual, .arrow, .triangle, .dot, .bar])
                let targets = drafts.indices.filter { drafts[$0].isBindable }
                if let target = targets.randomElement(using: &random), random.chance(0.5) {
                    draft.endBinding = Binding(Drawing.reference(to: target), x: pick([0, 32_768, .max]), y: UInt16(random.below(65_536)))
                }
            }
            if random.chance(0.3) { draft.groups = [GroupID(rawValue: UInt64(random.below(3)) + 1), GroupID(rawValue: 9)] }
            drafts.append(draft)
        }
        return drafts
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func `FM-160: what is written is read as it was, and nothing is lost`(seed: UInt64) throws {
        let drafts = Self.drafts(seed)
        let file = ExcalidrawWriter(Self.board(drafts)).text
        let drawing = try ExcalidrawReader(Array(file.utf8)).drawing
        #expect(drawing.losses.isEmpty && drawing.items.count == drafts.count, "\(drawing.losses)")
        for (draft, item) in zip(drafts, drawing.items) {
            var (expected, read) = (draft, item.content)
            // Told with five digits.
            if let (one, two) = expected.endBinding.flatMap({ one in read.endBinding.map { (one, $0) } }), abs(Int(one.y) - Int(two.y)) <= 1
            {
                (expected.endBinding, read.endBinding) = (nil, nil)
            }
            // A path begins at its first point.
            #expect(read == expected, "\(expected)\n\(read)")
        }
    }

    @Test func `FM-171: what Excalidraw would drop for its extent, or wrap and measure otherwise, is written so that it does not`() throws {
        var narrow = ShapeDraft(kind: .rectangle, position: .zero, size: Size(width: 8 * 64, height: 4 * 128), text: "words in rows")
        narrow.stroke = Color("#C92A2A")
        let drafts = [
            ShapeDraft(kind: .rectangle, position: Point(x: 8, y: 8)), ShapeDraft(kind: .freehand, position: .zero, points: [.zero]),
            ShapeDraft(kind: .arrow, position: .zero, points: [.zero]), narrow, ShapeDraft(kind: .text, position: .zero, text: "a\tb"),
        ]
        let file = ExcalidrawWriter(Self.board(drafts)).text
        let elements = try #require(JSONValue(parsing: Array(file.utf8))?.object?["elements"]?.array).compactMap(\.object)
        #expect(elements[0]["width"] == .number(0.0001) && elements[0]["boundElements"] == .array([]))
        for path in elements[1...2] { #expect(path["points"]?.array?.count == 2) }
        let (label, text) = (elements[4], elements[5])
        #expect(label["text"] == "words\nin rows" && label["originalText"] == "words in rows")
        // Two rows of at most seven cells, about the middle.
        #expect([label["x"], label["y"], label["width"], label["height"]].map { $0?.number } == [4, 16, 56, 32])
        #expect(text["text"] == "a b" && text["originalText"] == "a\tb")
        let read = try ExcalidrawReader(Array(file.utf8)).drawing
        #expect(read.items.map(\.content.points) == [[], [.zero], [.zero, .zero], [], []])
        #expect(read.items.map(\.content.text) == ["", "", "", "words in rows", "a\tb"])
    }

    @Test(arguments: [
        // Above the box, slanted: on its way it is in the box from (60, 0) to (80, 40).
        ("[[0,0],[20,40]]", "20,-80", 70, 20),
        // Parallel to a side that it misses: the nearest place.
        ("[[0,0],[30,0]]", "0,-10", 30, 0),
        // Within the box: where it ends.
        ("[[0,0],[50,0]]", "-20,10", 30, 10),
    ])
    func `FM-256: a bound end goes on as its last piece goes, into the box`(points: String, at: String, x: Double, y: Double) throws {
        let place = at.split(separator: ",")
        let file = """
            {"type":"excalidraw","elements":[{"id":"a","type":"rectangle","x":0,"y":0,"width":100,"height":40},
              {"type":"arrow","x":\(place[0]),"y":\(place[1]),"points":\(points),"endBinding":{"elementId":"a","focus":0.3,"gap":9}}]}
            """
        let binding = try #require(try ExcalidrawReader(Array(file.utf8)).drawing.items[1].content.endBinding)
        let full = Double(Binding.full)
        #expect(abs(Double(binding.x) / full * 100 - x) < 0.2 && abs(Double(binding.y) / full * 40 - y) < 0.2, "\(binding)")
    }

    @Test(arguments: [("left", 100), ("center", 188), ("right", 276)])
    func `FM-172: a text of another size keeps its middle, or the side to which it is aligned`(side: String, x: Int32) throws {
        let file = """
            {"type":"excalidraw","elements":[{"id":"a","type":"text","x":100,"y":100,"width":200,"height":50,"fontSize":40,
              "text":"abc","textAlign":"\(side)"}]}
            """
        // Three cells of 8×16 px where 200×50 px were.
        let text = try #require(try ExcalidrawReader(Array(file.utf8)).drawing.items.first?.content)
        #expect(text.text == "abc" && text.position == Point(x: x * 8, y: 117 * 8))
    }

    @Test func `FM-160: the order is told by keys that are fractional indices, ascending`() {
        let keys = (0..<5000).map { ExcalidrawWriter.index($0) }
        #expect(keys[0] == "a0" && keys[61] == "az" && keys[62] == "b00" && keys[62 + 3844] == "c000")
        #expect(zip(keys, keys.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test func `FM-161: what we do not have is told by name and count, or becomes what is nearest`() throws {
        let file = """
            {"type":"excalidraw","version":2,"source":"https://excalidraw.com","elements":[
              {"id":"a","type":"rectangle","x":10.5,"y":20,"width":100,"height":50,"angle":1.5707963267948966,"strokeColor":"#e03131",
               "backgroundColor":"#ffc9c9","fillStyle":"hachure","strokeWidth":2,"strokeStyle":"dashed","roughness":1,"opacity":50,
               "groupIds":["in","out"],"roundness":{"type":3},"boundElements":[{"id":"t","type":"text"}],"link":null},
              {"id":"t","type":"text","x":0,"y":0,"width":10,"height":10,"angle":0,"strokeColor":"#e03131","text":"a\\nlabel","originalText":"a label",
               "containerId":"a","fontSize":20},
              {"id":"i","type":"image","x":0,"y":0,"width":9,"height":9,"fileId":"f"},
              {"id":"gone","type":"ellipse","x":0,"y":0,"width":9,"height":9,"isDeleted":true},
              {"id":"l","type":"arrow","x":0,"y":0,"width":9,"height":9,"angle":0,"points":[[0,0],[10,45]],"startArrowhead":null,
               "endArrowhead":"crowfoot_many","endBinding":{"elementId":"a","focus":0.1,"gap":4},"startBinding":{"elementId":"i","focus":0,"gap":1}},
              {"id":"f","type":"freedraw","x":5,"y":5,"width":9,"height":9,"angle":3.141592653589793,"points":[[0,0],[4,0],[8,8]],"pressures":[]}],
             "appState":{"x":[1,2,{"y":[]}]},"files":{"f":{"dataURL":"data:image/png;base64,AAAA"}}}
            """
        let drawing = try ExcalidrawReader(Array(file.utf8)).drawing
        #expect(drawing.items.map(\.content.kind) == [.rectangle, .arrow, .freehand])
        let box = drawing.items[0].content
        #expect(box.position == Point(x: 284, y: -40) && box.size == Size(width: 400, height: 800) && box.text == "a label")
        #expect(box.groups == [GroupID(hashing: Array("out".utf8)), GroupID(hashing: Array("in".utf8))] && box.lineStyle == .dashed)
        #expect(drawing.items[1].content.endBinding?.shape == Drawing.reference(to: 0) && drawing.items[1].content.startBinding == nil)
        #expect(drawing.items[2].content.points == [Point(x: 64, y: 64), Point(x: 32, y: 64), .zero])
        let losses = drawing.losses.map { "\($0.count) \($0.what) > \($0.became ?? "-")" }
        #expect(
            losses == [
                "1 patterns of fills > plain ones", "1 opacities > opaque ones", "1 images > -", "1 heads of arrows > others",
                "1 ends bound to what is not here > points",
            ])
    }

    @Test(arguments: [
        ("", "line 1, column 1: the file ends within a value of JSON"),
        ("[]", "line 1, column 2: the file is no JSON object, and so none of Excalidraw"),
        ("{}", "the file has no “type”: it is none of Excalidraw's"),
        (#"{"type":"other","elements":[]}"#, "line 1, column 16: the file says that it is something else than Excalidraw's"),
        (
            #"{"type":"excalidraw","version":9}"#,
            "line 1, column 33: the file is of a version of Excalidraw's format that is not known: 1 and 2 are read"
        ),
        (
            #"{"type":"excalidraw","elements":[{"type":"line","x":0,"y":0,"points":[[1e999,0]]}]}"#,
            "line 1, column 35: points: a number between ±"
        ),
        (#"{"type":"excalidraw","elements":[{"type":"line","x":0,"y":0}]}"#, "line 1, column 35: points: a list of pairs is needed"),
        (#"{"type":"excalidraw","elements":[{"type":"text","x":"0"}]}"#, "line 1, column 35: x: a number is needed"),
    ])
    func `FM-162: what is no file of Excalidraw is told with its place`(text: String, expected: String) {
        let error = #expect(throws: DrawingError.self) { try ExcalidrawReader(Array(text.utf8)) }
        #expect(error?.description.hasPrefix(expected) == true, "\(error?.description ?? "")")
    }

    @Test(arguments: [
        ("rgb(10, 20, 30)", "#0A141E"), ("rgba(10 20 30 / 100%)", "#0A141E"), ("rgb(100%, 0%, 20%)", "#FF0033"),
        ("hsl(120, 100%, 25%)", "#008000"),
        ("hsla(-120deg 100% 50% / 1)", "#0000FF"), ("LightBlue", "#ADD8E6"), ("rebeccapurple", "#663399"), ("#abc", "#AABBCC"),
        ("#a1b2c3ff", "#A1B2C3"), ("#a1b2c300", "none"), ("#abc0", "none"), ("rgba(1,2,3,0)", "none"), ("transparent", "none"),
        ("#a1b2c380", "#A1B2C3 of 1 opacities"), ("url(#x)", "none of 1 colours that are not known"),
        ("#+1234567", "none of 1 colours that are not known"),
        ("#-1234567", "none of 1 colours that are not known"), ("rgb(1,2)", "none of 1 colours that are not known"),
        ("rgb(nan,0,0)", "none of 1 colours that are not known"), ("hsl(1e999,0%,0%)", "none of 1 colours that are not known"),
        (")(", "none of 1 colours that are not known"),
    ])
    func `FM-253: colours are read as pages of the web name them, and what is not known is told`(name: String, expected: String) throws {
        let file = #"{"type":"excalidraw","elements":[{"type":"ellipse","x":0,"y":0,"width":9,"height":9,"backgroundColor":"\#(name)"}]}"#
        let drawing = try ExcalidrawReader(Array(file.utf8)).drawing
        let losses = drawing.losses.map { " of \($0.count) \($0.what)" }.joined()
        #expect("\(drawing.items[0].content.fill?.text.uppercased() ?? "none")\(losses)" == expected)
    }

    @Test func `FM-161: what is beyond a board's limits is cut to them, and told`() throws {
        let name = String(repeating: "n", count: Limits.textBytes + 1)
        let file = """
            {"type":"excalidraw","elements":[{"type":"ellipse","x":0,"y":0,"width":9,"height":9,"strokeWidth":255.9375,"strokeColor":"transparent"},
              {"type":"ellipse","x":0,"y":0,"width":9,"height":9,"strokeWidth":1e300},
              {"type":"frame","x":0,"y":0,"width":9,"height":9,"name":"\(name)"},
              {"type":"line","x":268435456,"y":0,"width":1e300,"points":[[0,0],[268435456,0]]}]}
            """
        let drawing = try ExcalidrawReader(Array(file.utf8)).drawing
        #expect(drawing.items.map(\.content.strokeWidth) == [2047, 2047, 16, 16] && drawing.items.allSatisfy { $0.content.text.isEmpty })
        #expect(drawing.items[3].content.position.x == Limits.coordinate)
        #expect(drawing.items[3].content.points.map(\.x) == [Limits.coordinate, Limits.coordinate])
        let losses = drawing.losses.map { "\($0.count) \($0.what) > \($0.became ?? "-")" }
        #expect(
            losses == [
                "1 outlines that are not seen > ones of ink", "2 widths of lines > the greatest", "1 texts that are too long > -",
                "1 frames > boxes", "1 points beyond the edge of a board > points at it",
            ])
    }

    @Test func `FM-254: an element is in memory as far as it is read, and as no more than a shape has`() throws {
        func element(_ members: String) throws(DrawingError) -> Drawing {
            try ExcalidrawReader(Array(#"{"type":"excalidraw","elements":[{"type":"line","x":0,"y":0,\#(members)}]}"#.utf8)).drawing
        }
        let many = Array(repeating: "[1,2]", count: 100_000).joined(separator: ",")
        let error = #expect(throws: DrawingError.self) { _ = try element("\"points\":[\(many)]") }
        #expect(error?.description.contains("there are more values here than any shape has") == true)
        for unread in [
            "\"customData\":[\(many)]", "\"customData\":{\"x\":[\(many)]}", "\"pressures\":[\(many)]", "\"boundElements\":[\(many)]",
        ] {
            #expect(try element("\(unread),\"points\":[[0,0],[8,8]]").items.count == 1)
        }
    }

    @Test func `FM-254: texts that wait for their boxes are counted as well`() {
        let text = #"{"type":"text","x":0,"y":0,"text":"a","containerId":"gone"}"#
        let file = #"{"type":"excalidraw","elements":["# + Array(repeating: text, count: Drawing.itemsMax + 1).joined(separator: ",") + "]}"
        let error = #expect(throws: DrawingError.self) { try ExcalidrawReader(Array(file.utf8)) }
        #expect(error?.description.contains("more than \(Drawing.itemsMax) elements") == true)
    }
}
