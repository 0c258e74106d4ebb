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

    @Test func `FM-150, FM-151, FM-242, FM-243: boxes have their labels and arrows their boxes`() throws {
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

    @Test func `FM-150, FM-151, FM-152, FM-242, FM-243, FM-244: ASCII is read with branches, labels and words beside lines`() throws {
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

    @Test func `FM-153, FM-246: a container holds others and keeps its name where it stood; a table is its cells`() throws {
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
        // What is around others lies below them.
        #expect(drawing.items.first?.content.text.contains("host A") == true)
    }

    @Test func `FM-154: prose and rules stay text`() throws {
        for text in ["a - b, c -- d.", "load-balancer | x", "x -> y", "1 + 2 = 3", "it's v. good: yes", "foo(a, b) => c", ""] {
            let drawing = try TextDiagram(text).drawing
            #expect(drawing.items.allSatisfy { $0.content.kind == .text }, "\(text): \(Self.words(drawing))")
            #expect(drawing.items.map(\.content.text).joined() == text)
        }
    }

    @Test func `FM-241: who has miscounted has drawn a box all the same`() throws {
        let drawing = try TextDiagram(
            """
            +--------+    +--------+
            | input |---->|  check  |
            +--------+    |  more   |
                          +---+----+
            ┌────────┐        v
            │ 🐟 fish │    ┌────────┐
            └────────┘     │ out    │
                           └────────┘
            """
        ).drawing
        #expect(
            Self.words(drawing)
                == ["[input]", "[check more]", "[🐟 fish]", "[out]", "input --> check more", "check more --> out"].sorted())
        // What stands where the side would be keeps it from being one.
        let open = try TextDiagram("+---+\n| a |\n| b  x\n+---+").drawing
        #expect(!open.items.contains { $0.content.kind == .rectangle })
    }

    @Test func `FM-157, FM-248: an arrow passes the side of a box that it leaves, and a head alone joins two boxes`() throws {
        let passing = try TextDiagram(
            """
            +-----------+
            | +---+     |    +---+
            | | a |-----|--->| b |
            | +---+     |    +---+
            +-----------+
            """
        ).drawing
        #expect(Self.words(passing) == ["[]", "[a]", "[b]", "a --> b"].sorted())
        let lone = try TextDiagram(
            """
            ┌───┐   ┌───┐ ┌───┐
            │ a │ → │ b │ │ > │
            └───┘   └───┘ └───┘
              ▼
            ┌───┐
            │ c │
            └───┘
            """
        ).drawing
        #expect(Self.words(lone) == ["[a]", "[b]", "[c]", "[>]", "a --> b", "a --> c"].sorted())
    }

    @Test func `FM-249, FM-250, FM-251, FM-252: arrows between upright lines, slashes, listings and buses are as they look`() throws {
        let sequence = try TextDiagram(
            """
            Ana      Bob      Cy
             |        |        |
             |- hey ->|        |
             |<=======|        |
             |------ psst ---->|
             |        |        |
            """
        ).drawing
        #expect(
            Self.words(sequence)
                == ["“Ana”", "“Bob”", "“Cy”", "Ana -- ·", "Bob -- ·", "Cy -- ·", "· -hey-> ·", "· --> ·", "· -psst-> ·"].sorted())
        let slashes = try TextDiagram(
            """
                top      either / or
               /   \\     is no line
             low   high
            """
        ).drawing
        #expect(Self.words(slashes) == ["“top”", "“low”", "“high”", "“either / or is no line”", "top -- low", "top -- high"].sorted())
        let pointed = try TextDiagram("+---+\n| a |\n+---+\n   \\\n    v\n  +---+\n  | b |\n  +---+").drawing
        #expect(Self.words(pointed) == ["[a]", "[b]", "a --> b"].sorted())
        let listing = "a/\n├── b\n│   └── c\n└── d"
        #expect(try TextDiagram(listing).drawing.items.map(\.content.text) == [listing])
        let bus = try TextDiagram(
            """
            +---+  +---+
            | a |  | b |
            +-+-+  +-+-+
              |      |
            ==+======+==
            """
        ).drawing
        #expect(Self.words(bus) == ["[a]", "[b]", "a -- ·", "b -- ·", "· -- ·"].sorted())
    }

    @Test func `FM-158: what all rows of a comment begin with is left out, where a drawing is in it`() throws {
        let plain = "+---+\n| a |-->\n+---+\n\nso it is"
        let read = try TextDiagram(plain).drawing
        for prefix in ["// ", "/// ", "  # ", " * ", "-- ", "> ", ";; "] {
            let rows = plain.split(separator: "\n", omittingEmptySubsequences: false).map {
                $0.isEmpty ? String(prefix.dropLast(1)) : prefix + $0
            }
            #expect(try TextDiagram(rows.joined(separator: "\n")).drawing == read, "\(prefix)")
            // One row that begins otherwise, and all are as they are.
            #expect(try TextDiagram((rows + ["end"]).joined(separator: "\n")).drawing != read)
        }
        let block = try TextDiagram("/**\n * +---+\n * | a |\n * +---+\n */").drawing
        #expect(Self.words(block) == ["[a]"])
        for list in ["* one\n* two", "> so\n> it -> is", "# a\n# b"] {
            #expect(try TextDiagram(list).drawing.items.map(\.content.text) == [list])
        }
    }

    @Test func `FM-159: bytes that are no UTF-8 are refused with their place, and a mark of the order of bytes is skipped`() throws {
        let box = Array("+-+\n|a|\n+-+".utf8)
        #expect(try TextDiagram(bytes: [0xEF, 0xBB, 0xBF] + box).drawing == TextDiagram(String(decoding: box, as: UTF8.self)).drawing)
        for (bytes, line, column) in [([0x61, 0xFF], 1, 2), (Array("ä\nß".utf8) + [0xC3], 2, 3), ([0x0A, 0xED, 0xA0, 0x80], 2, 1)]
            as [([UInt8], Int, Int)]
        {
            let error = #expect(throws: DrawingError.self) { try TextDiagram(bytes: bytes) }
            #expect(error?.line == line)
            #expect(error?.column == column)
        }
    }

    @Test(arguments: [
        (0..<400).map { "\($0) \(String(repeating: "words ", count: 8))" }.joined(separator: "\n"), String(repeating: "x", count: 40_000),
        String(repeating: "東京 ", count: 9000), "a\n" + String(repeating: "x", count: 16_385) + "\n  b",
        (0..<120).map { String(repeating: " ", count: 120 - $0) + String(repeating: "é", count: 240) }.joined(separator: "\n"),
    ])
    func `FM-245: a long block of words is several texts in their cells`(words: String) throws {
        let rows = words.split(separator: "\n", omittingEmptySubsequences: false)
        func columns(_ row: Substring) -> Int { row.reduce(0) { $0 + CharacterWidth.columns(of: $1) } }
        let width = rows.map(columns).max() ?? 0
        let side = "+" + String(repeating: "-", count: width + 2) + "+"
        let framed = rows.map { "| \($0)\(String(repeating: " ", count: width - columns($0))) |" }
        var texts = [words, "+---+\n| a |\n+---+\n\n" + words]
        // A box around them, where that is not too much for a drawing.
        let boxed = ([side] + framed + [side]).joined(separator: "\n")
        if boxed.utf8.count < 1 << 16 { texts.append(boxed) }
        for text in texts {
            let drawing = try TextDiagram(text).drawing
            #expect(drawing.items.allSatisfy { $0.content.text.utf8.count <= Limits.textBytes })
            #expect(drawing.items.count { $0.content.kind == .text } > 1)
            #expect(drawing.items.count { $0.content.kind == .rectangle } == (text == words ? 0 : 1))
            // Each letter is in one shape, and lies in its cell.
            let letters = { (text: String) in text.filter { !$0.isWhitespace }.sorted() }
            let made = drawing.items.filter { $0.content.kind == .text }.map(\.content.text).joined()
            #expect(letters(made) == letters(words))
            func row(_ text: Substring) -> [Character] { text.flatMap { CharacterWidth.columns(of: $0) > 1 ? [$0, "-"] : [$0] } }
            let cells = text.split(separator: "\n", omittingEmptySubsequences: false).map(row)
            for content in drawing.items.map(\.content) where content.kind == .text {
                let place = Grid.standard.place(of: content.position)
                for (index, line) in content.text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                    #expect(cells[place.row + index].dropFirst(place.column).starts(with: row(line)))
                }
            }
        }
    }

    @Test func `FM-155: hostile drawings take bounded time`() throws {
        for unit in [
            "+", "+-", "|", "-", "+\n", "+-|\n", "-> ", "v", "│┼─", "\t", ".'", "/", "|->", "| v ", "/\\", "├─ ", "# +-+\n", "|--",
        ] {
            let text = String(repeating: unit, count: 4000 / unit.utf8.count)
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
