import InkBoard
import InkFormats
import InkPrimitives
import Testing

/// Texts of Mermaid: what is refused, what is told, and what strangers write into labels.
@Suite struct FlowchartTextTests {
    @Test(arguments: [
        ("", "line 1, column 1: the file does not begin with “flowchart” or “graph”: only flowcharts of Mermaid are read"),
        ("sequenceDiagram\n  A->>B: hi", "line 1, column 1: “sequenceDiagram” is no flowchart: only flowcharts of Mermaid are read"),
        ("%% a comment\n\nclassDiagram", "line 3, column 1: “classDiagram” is no flowchart: only flowcharts of Mermaid are read"),
        ("graph XY\nA", "line 1, column 7: a direction is needed: TB, TD, BT, LR or RL"),
        ("graph TD\n  A --> ", "line 2, column 9: the name of a node is needed here"),
        ("graph TD\n  A[text\n  B", "line 2, column 4: no “]” closes this"),
        ("graph TD\n  A[\"text\n  B", "line 2, column 5: this quote has no end"),
        ("graph TD\n  A[\"text\" more]", "line 2, column 12: “]” is needed here"),
        ("graph TD\n  A -> B", "line 2, column 5: a link as -->, or a new line is needed here"),
        ("graph TD\n  A -- text B", "line 2, column 5: the words of this link have no “-->” after them"),
        ("graph TD\n  A -->|text B\n", "line 2, column 8: no “|” closes this"),
        ("graph TD\n  A B", "line 2, column 5: a link as -->, or a new line is needed here"),
        ("graph TD\n  subgraph one\n  A", "line 2, column 3: this subgraph has no “end”"),
        ("graph TD\n  A\n  end", "line 3, column 3: “end” closes no subgraph"),
        ("graph TD\n  A --> B\n  linkStyle 1 stroke:red", "line 3, column 3: there is no link 1"),
        ("graph TD\n  linkStyle one stroke:red", "line 2, column 3: numbers of links, or “default”, are needed after linkStyle"),
        ("---\ntitle: x\ngraph TD", "line 1, column 1: what begins with --- here has no second ---"),
        ("```mermaid\ngraph TD\n", "line 1, column 1: this block of code has no end"),
        ("```sh\nls\n```\n", "line 1, column 1: a block of code that begins with “mermaid” is needed"),
        ("```mermaid\ngraph TD\nA\n```\nwords", "line 5, column 1: nothing may follow the one block of Mermaid"),
        ("graph TD\n A@{ shape: rect", "line 2, column 2: no “}” closes this"),
    ])
    func `FM-202: what is no flowchart is refused with its place`(text: String, why: String) {
        let error = #expect(throws: DrawingError.self) { try FlowchartTests.drawing(text) }
        #expect(error?.description == why)
    }

    @Test func `FM-202: a file that asks for too much is refused`() {
        func error(_ text: String) -> String? { #expect(throws: DrawingError.self) { try FlowchartTests.drawing(text) }?.what }
        let many = (0..<100).map { "n\($0)" }.joined(separator: " & ")
        #expect(error("graph TD\n\(many) --> \(many)") == "there are more than 5000 links")
        #expect(error("graph TD\n" + (0..<2501).map { "n\($0)\n" }.joined()) == "there are more than 2500 nodes")
        #expect(error("graph TD\n" + String(repeating: "subgraph x\n", count: 17)) == "subgraphs lie in each other deeper than 16")
        #expect(error("graph TD\n" + String(repeating: "subgraph x\nend\n", count: 501)) == "there are more than 500 subgraphs")
        #expect(error("graph TD\nA[\(String(repeating: "x", count: 16_385))]") == "a label is longer than 16384 bytes")
        #expect(error("graph TD\n" + String(repeating: " ", count: 1 << 20)) == "a flowchart of more than 1 MiB is not read")
        // Subgraphs that are named in each other are nested as they can be.
        let rings = (0..<40).map { "subgraph s\($0)\ns\(($0 + 1) % 40)\nend\n" }.joined()
        #expect(error("graph TD\n" + rings) == "subgraphs lie in each other deeper than 16")
    }

    @Test func `FM-201: styles become ours, and what we do not have is told`() throws {
        let drawing = try FlowchartTests.drawing(
            """
            flowchart TD
                a([one]):::warm --> b[(two)]
                a -.-> c
                b ==> c
                classDef warm fill:#fa0,stroke:red,stroke-width:3px,font-size:20px
                style b stroke-dasharray: 5 5,color:white,fill:lab(1% 2 3)
                linkStyle 1 stroke:#00f
                click a call back()
            """)
        let contents = drawing.items.map(\.content)
        #expect(contents[0].fill == Color(rgb: 0xFFAA00) && contents[0].stroke == Color(rgb: 0xFF0000) && contents[0].strokeWidth == 24)
        #expect(contents[0].corners == .round && contents[1].lineStyle == .dashed && contents[1].fill == nil)
        #expect(contents[4].lineStyle == .dotted && contents[4].stroke == Color(rgb: 0x0000FF) && contents[5].strokeWidth == 32)
        #expect(
            drawing.losses.map { "\($0.count) \($0.what) \($0.became ?? "left out")" } == [
                "1 styles that a board does not have left out", "1 colours of letters those of their shapes",
                "1 colours that are not known left out", "1 what a click does left out", "1 stadiums round boxes",
                "1 cylinders round boxes",
            ])
    }

    @Test(arguments: [("cls-->", "cls"), ("cls-.->", "cls"), ("a-b---", "a-b"), ("cls==>", "cls"), ("a.b -->", "a.b"), ("cls;A-->", "cls")])
    func `FM-200: a class ends where a name of a node would`(text: String, name: String) throws {
        let drawing = try FlowchartTests.drawing("graph TD\nclassDef \(name) fill:#f00\nA:::\(text)B:::\(name)")
        #expect(drawing.items.map(\.content.text) == ["A", "B", ""])
        #expect(drawing.items.prefix(2).allSatisfy { $0.content.fill == Color(rgb: 0xFF0000) })
    }

    @Test func `FM-269: what goes out and is too much to come in again is told`() {
        func box(_ index: Int, _ size: Int32 = 80) -> ShapeDraft {
            ShapeDraft(kind: .rectangle, position: Point(x: Int32(index) * 100, y: 0), size: Size(width: size, height: size))
        }
        func refusal(_ drafts: [ShapeDraft]) -> String? {
            let shapes = drafts.enumerated().map { Shape(id: Drawing.reference(to: $0), content: $1, depth: .first) }
            return FlowchartWriter(shapes).refusal?.what
        }
        #expect(refusal((0..<2500).map { box($0) }) == nil)
        #expect(refusal((0..<2501).map { box($0) }) == "there are more than 2500 nodes")
        var arrow = ShapeDraft(kind: .arrow, position: .zero, points: [.zero, Point(x: 8, y: 8)])
        (arrow.startBinding, arrow.endBinding) = (Binding(Drawing.reference(to: 0)), Binding(Drawing.reference(to: 1)))
        #expect(refusal([box(0), box(1)] + Array(repeating: arrow, count: 5001)) == "there are more than 5000 links")
        let frame = ShapeDraft(kind: .note, position: .zero, size: Size(width: 80, height: 80), corners: .sharp)
        #expect(refusal(Array(repeating: frame, count: 501)) == "there are more than 500 subgraphs")
        let groups = (1...20).map { GroupID(rawValue: UInt64($0)) }
        let nested = (0..<20).flatMap { depth -> [ShapeDraft] in
            var one = box(depth)
            one.groups = Array(groups[...depth])
            return [one, one]
        }
        #expect(refusal(nested) == "subgraphs lie in each other deeper than 16")
        var long = box(0)
        long.text = String(repeating: "\"", count: 16_384)
        #expect(refusal([long]) == nil)
        #expect(refusal(Array(repeating: long, count: 20)) == "a flowchart of more than 1 MiB is not read")
    }

    @Test func `FM-270: a tab is a blank, and what nobody sees is told`() throws {
        func box(_ text: String) -> Shape {
            Shape(
                id: Drawing.reference(to: 0),
                content: ShapeDraft(kind: .rectangle, position: .zero, size: Size(width: 800, height: 256), text: text), depth: .first)
        }
        let tabs = FlowchartWriter([box("two\twords")])
        #expect(tabs.text.contains("[\"two words\"]") && tabs.losses.isEmpty)
        let unseen = FlowchartWriter([box("\u{1B}[1mred\u{202E}\u{7}")])
        #expect(unseen.text.contains("[\"[1mred\"]"))
        #expect(unseen.losses.map { "\($0.count) \($0.what)" } == ["3 letters of labels that nobody sees"])
        let read = try FlowchartTests.drawing("graph TD\nA[a\tb\u{7}c]\r\n")
        #expect(read.items.map(\.content.text) == ["a bc"])
        #expect(read.losses.map { "\($0.count) \($0.what)" } == ["1 letters of labels that nobody sees"])
    }

    @Test(arguments: [
        "a\"] --> x[\"b", "end", "%%{init: {'securityLevel':'loose'}}%%", "<script>alert(1)</script>", "click a call b()", "fa:fa-ban",
        "#quot;",
        "`**bold**`", "$$x^2$$", "1. one", "- one", "a_b _c_ *d*", "C:\\new", "<img src=x onerror=alert(1)>", "&lt;b&gt;", "]]>--x|",
        "a\nb",
        "#35;#60;", "~~~", "subgraph x", "a;b", "{{x}}", "é 東京 👩‍🚀",
    ])
    func `FM-207: no label breaks out of its quotes`(label: String) throws {
        let frame = ShapeDraft(kind: .note, position: .zero, size: Size(width: 4000, height: 4000), text: label, corners: .sharp)
        let one = ShapeDraft(kind: .rectangle, position: Point(x: 100, y: 400), size: Size(width: 800, height: 256), text: label)
        let two = ShapeDraft(kind: .diamond, position: Point(x: 100, y: 2000), size: Size(width: 800, height: 512), text: label)
        var arrow = ShapeDraft(kind: .arrow, position: .zero, points: [.zero, Point(x: 8, y: 8)], text: label)
        (arrow.startBinding, arrow.endBinding) = (Binding(Drawing.reference(to: 1)), Binding(Drawing.reference(to: 2)))
        let shapes = [frame, one, two, arrow].enumerated().map { Shape(id: Drawing.reference(to: $0), content: $1, depth: .first) }
        let text = FlowchartWriter(shapes).text
        let contents = try FlowchartTests.drawing(text).items.map(\.content)
        #expect(contents.map(\.kind) == [.note, .rectangle, .diamond, .arrow])
        // Long labels of links are in rows of their own.
        let words = { (text: String) in text.split(whereSeparator: \.isWhitespace) }
        #expect(contents.map { words($0.text) } == Array(repeating: words(label), count: 4), "\(text)")
        // Between its quotes a label has no letter that a renderer of Mermaid or of HTML takes for its own.
        for part in text.split(separator: "\"", omittingEmptySubsequences: false).enumerated().filter({ $0.offset % 2 == 1 }).map(\.element)
        {
            let bare = part.replacing("<br/>", with: "")
            #expect(!bare.contains { "<>&%\\`*$~\"".contains($0) }, "\(part)")
        }
    }

    @Test func `FM-206: frames, groups and what has no place go out as such`() throws {
        let group = GroupID(rawValue: 7)
        func box(_ x: Int32, _ y: Int32, _ text: String, _ groups: [GroupID] = []) -> ShapeDraft {
            ShapeDraft(kind: .rectangle, position: Point(x: x, y: y), size: Size(width: 800, height: 256), text: text, groups: groups)
        }
        func line(_ from: Int?, _ to: Int, _ change: (inout ShapeDraft) -> Void = { _ in }) -> ShapeDraft {
            var line = ShapeDraft(kind: .arrow, position: .zero, points: [.zero, Point(x: 8, y: 8)])
            (line.startBinding, line.endBinding) = (from.map { Binding(Drawing.reference(to: $0)) }, Binding(Drawing.reference(to: to)))
            change(&line)
            return line
        }
        var round = box(5000, 100, "round")
        (round.corners, round.fill, round.label) = (.round, Color(rgb: 0xFF0000), "mine")
        let drafts = [
            ShapeDraft(kind: .rectangle, position: .zero, size: Size(width: 3000, height: 1000), text: "frame"), box(100, 400, "in"), round,
            box(100, 3000, "left", [group]), box(2000, 3000, "right", [group]),
            ShapeDraft(kind: .freehand, position: .zero, points: [.zero]), ShapeDraft(kind: .text, position: .zero, text: "free"),
            line(1, 2), line(2, 0) { $0.lineStyle = .dashed }, line(3, 4) { ($0.startHead, $0.endHead) = (.dot, .none) },
            line(nil, 4), line(0, 1), line(3, 2) { ($0.startHead, $0.strokeWidth) = (.arrow, 32) },
        ]
        let writer = FlowchartWriter(drafts.enumerated().map { Shape(id: Drawing.reference(to: $0), content: $1, depth: .first) })
        #expect(
            writer.text == """
                flowchart LR
                    subgraph s1["frame"]
                        n1["in"]
                    end
                    mine("round")
                    subgraph group.1[" "]
                        n2["left"]
                        n3["right"]
                    end
                    n1 --> mine
                    mine -.-> s1
                    n3 --o n2
                    n2 <==> mine
                    style mine fill:#FF0000
                    linkStyle 1 stroke-dasharray:8 4

                """)
        #expect(
            writer.losses.map { "\($0.count) \($0.what)" } == [
                "1 lines and arrows with free ends", "1 lines between a frame and what lies in it", "1 strokes", "1 texts",
            ])
    }
}
