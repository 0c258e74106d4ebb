import InkBoard
import InkFormats
import InkPrimitives
import Testing

@Suite struct TextDiagramTests {
    /// What a drawing has, in words: boxes by their labels, arrows by what they bind.
    private static func words(_ drawing: Drawing) -> [String] {
        func name(_ binding: Binding?) -> String {
            guard let binding else { return "·" }
            let content = drawing.items[drawing.index(of: binding.shape)!].content
            return content.text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }
        return drawing.items.map(\.content)
            .map { content in
                let label = content.text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
                switch content.kind {
                case .rectangle: return "[\(label)]"
                case .text: return "“\(label)”"
                default:
                    let (start, end) = content.heads
                    let line =
                        "\(name(content.startBinding)) \(start == .none ? "" : "<")-\(label)-\(end == .none ? "" : ">") \(name(content.endBinding))"
                    return line
                }
            }
            .sorted()
    }

    /// The drawing drawn again.
    private static func again(_ drawing: Drawing, _ style: GlyphStyle) -> String {
        let shapes = drawing.items.map(\.content)
        let drawn = shapes.map { shape in shape.drawn { id in drawing.index(of: id).map { shapes[$0] } } }
        return TextExport.text(of: drawn, style: style)
    }

    // FM-150, FM-151
    @Test func `boxes have their labels and arrows their boxes`() throws {
        let text = """
            ┌────────┐     ┌────────┐
            │ client ├────►│ server │
            └────────┘     └───┬────┘
                               │
                               ▼
                           ╔════════╗
                           ║ store  ║
                           ╚════════╝

            """
        let drawing = try TextDiagram(text).drawing
        #expect(Self.words(drawing) == ["[client]", "[server]", "[store]", "client --> server", "server --> store"].sorted())
        #expect(drawing.items.map(\.content).first { $0.text == "store" }?.lineStyle == .double)
        #expect(Self.again(drawing, .unicode) == text)
    }

    // FM-150, FM-151, FM-152
    @Test func `ASCII is read as it is drawn, with branches, labels in lines and words beside them`() throws {
        let text = """
            +--------+   HTTP   +-----------------+
            | Client |--------->| Load balancer   |
            +--------+          |  (round-robin)  |
                                +-----------------+
                                         |
                            +------------+------------+
                            |            |            |
                            v            v            v
                        +-------+    +-------+    +-------+
                        | web-1 |    | web-2 |    | web-3 |
                        +-------+    +-------+    +-------+
                            ^                         |
                            +------- gossip ----------+
            """
        let drawing = try TextDiagram(text).drawing
        #expect(
            Self.words(drawing)
                == [
                    "[Client]", "[Load balancer (round-robin)]", "[web-1]", "[web-2]", "[web-3]", "Client --> Load balancer (round-robin)",
                    "Load balancer (round-robin) --> web-1", "Load balancer (round-robin) --> web-2",
                    "Load balancer (round-robin) --> web-3",
                    "web-3 -gossip-> web-1", "“HTTP”",
                ].sorted())
    }

    // FM-153
    @Test func `a container holds others and keeps its name where it stood; a table is its cells`() throws {
        let text = """
            +------------------+   +---+---+
            | host A           |   | a | b |
            |  +----+  +----+  |   +---+---+
            |  | p1 |--| p2 |  |   | c | d |
            |  +----+  +----+  |   +---+---+
            +------------------+

            """
        let drawing = try TextDiagram(text).drawing
        #expect(Self.words(drawing) == ["[a]", "[b]", "[c]", "[d]", "[host A]", "[p1]", "[p2]", "p1 -- p2"].sorted())
        #expect(Self.again(drawing, .ascii).replacing("+--| p2", with: "|--| p2").contains("| host A           |"))
    }

    // FM-154
    @Test func `prose and rules stay text`() throws {
        for text in ["a - b, c -- d.", "load-balancer | x", "x -> y", "1 + 2 = 3", "it's v. good: yes", "foo(a, b) => c", ""] {
            let drawing = try TextDiagram(text).drawing
            #expect(drawing.items.allSatisfy { $0.content.kind == .text }, "\(text): \(Self.words(drawing))")
            #expect(drawing.items.map(\.content.text).joined() == text)
        }
    }

    // FM-155
    @Test func `hostile drawings take bounded time`() throws {
        for unit in ["+", "+-", "|", "-", "+\n", "+-|\n", "-> ", "v", "│┼─", "\t", ".'"] {
            let text = String(repeating: unit, count: 10_000 / unit.utf8.count)
            var folded = ""
            for (index, character) in text.enumerated() {
                folded.append(character)
                if index % 250 == 249 { folded.append("\n") }
            }
            _ = try TextDiagram(folded)
        }
        #expect(throws: DrawingError.self) { try TextDiagram(String(repeating: "x", count: 300_000)) }
    }
}
