import InkBoard
import InkFormats
import InkPrimitives
import InkSession
import InkTerminal
import Testing

/// Going to shapes by their words.
@Suite struct FindTests {
    @Test func `TM-164, TM-379: what is found is counted, gone to, selected, and in the middle`() throws {
        var desk = try Self.desk()
        desk.bytes([6])
        #expect(desk.cursorLine == "find:")
        for letter in "API" { desk.type(String(letter)) }
        // In the order in which a page is read; letters are large or small.
        #expect(desk.terminal.lines[23].hasSuffix("1 of 3") && desk.isInTheMiddle("api gateway"), "\(desk.text)")
        desk.type("\r")
        #expect(desk.terminal.lines[23].hasSuffix("2 of 3") && desk.isInTheMiddle("the Api"))
        desk.type("\r")
        #expect(desk.isInTheMiddle("rapid"))
        // Round the end, and back.
        desk.arrows("B", 1)
        #expect(desk.isInTheMiddle("api gateway"))
        desk.arrows("A", 1)
        #expect(desk.terminal.lines[23].hasSuffix("3 of 3") && desk.isInTheMiddle("rapid"))
        desk.bytes(Array("\u{1B}[27;2;13~".utf8))
        #expect(desk.terminal.lines[23].hasSuffix("2 of 3"))
        for letter in "x" { desk.type(String(letter)) }
        #expect(desk.terminal.lines[23].hasSuffix("nothing found"))
        desk.type("\u{7F}\u{7F}\u{7F}\u{7F}rap")
        desk.escape()
        // It is selected: x deletes it alone.
        desk.type("x")
        #expect(desk.standing.count == 3 && !desk.standing.contains { $0.text == "rapid" })
    }

    @Test func `TM-380: a shape that goes while it is found leaves its place to the next`() throws {
        var desk = try Self.desk()
        desk.bytes([6])
        for letter in "api" { desk.type(String(letter)) }
        desk.type("\r")
        let second = try #require(desk.session?.shapes.first { $0.content.text == "the Api" }?.id)
        desk.elsewhere(.delete([second]))
        #expect(desk.terminal.lines[23].hasSuffix("2 found"))
        desk.type("\r")
        #expect(desk.terminal.lines[23].hasSuffix("2 of 2") && desk.isInTheMiddle("rapid"))
        desk.deleteAll()
        desk.type("\r")
        desk.arrows("A", 1)
        #expect(desk.terminal.lines[23].hasSuffix("nothing found"))
        desk.escape()
        desk.type("x")
        #expect(desk.standing.isEmpty && desk.effects == [])
    }

    @Test(arguments: ["L", "\u{6}"])
    func `TM-173: while shapes are looked for, a change costs that shape and not the board`(key: String) throws {
        var desk = try Desk()
        let texts = (0..<400).map { ShapeDraft(kind: .text, position: middle($0 % 20 * 12, $0 / 20 * 3), text: "word \($0)") }
        desk.elsewhere(.drawAll(texts))
        desk.bytes(Array(key.utf8))
        for letter in "word" { desk.type(String(letter)) }
        #expect(desk.terminal.lines[23].hasSuffix("of 400") || desk.terminal.lines[23].hasSuffix("400 found"), "\(desk.text)")
        let before = desk.app.panelWork
        // Read once and compared once each; a frame in which nothing changed costs nothing.
        for number in 0..<20 { desk.write("another word \(number)", into: 7 * number) }
        for column in 0..<40 { desk.move(column, 3) }
        #expect(desk.app.panelWork - before <= 40, "\(desk.app.panelWork - before)")
        // Nobody looks any more.
        desk.escape()
        let after = desk.app.panelWork
        desk.write("nothing", into: 3)
        #expect(desk.app.panelWork == after)
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func `TM-164, TM-165, TM-173: what is listed while others work is what a new look lists`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var desk = try Self.desk()
        desk.type("L")
        for letter in "a" { desk.type(String(letter)) }
        for _ in 0..<12 {
            let shapes = desk.session?.shapes ?? []
            guard let shape = shapes.isEmpty ? nil : shapes[Int.random(in: 0..<shapes.count, using: &random)] else { break }
            switch Int.random(in: 0..<6, using: &random) {
            case 0: desk.elsewhere(.delete([shape.id]))
            case 1, 2: desk.elsewhere(.set(shape.id, [.text(["Alpha", "none", "b\na"].randomElement(using: &random) ?? "")]))
            case 3, 4: desk.elsewhere(.move([shape.id], by: Point(x: Int32.random(in: -9000...9000, using: &random), y: 3000)))
            default:
                let column = Int.random(in: -50...50, using: &random)
                desk.elsewhere(.draw(ShapeDraft(kind: .text, position: middle(column, 9), text: "a \(column)")))
            }
        }
        func list() -> [String] {
            desk.terminal.lines.filter { $0.contains("  text  ") || $0.hasPrefix("> text  ") }.map { String($0.dropFirst(2)) }
        }
        desk.arrows("A", 90)
        let followed = list()
        desk.escape()
        desk.type("L")
        for letter in "a" { desk.type(String(letter)) }
        desk.arrows("A", 90)
        #expect(followed == list() && !followed.isEmpty, "\(desk.text)")
    }

    @Test func `TM-164: find takes its words from the palette, and says where there is nothing`() throws {
        var desk = try Self.desk()
        desk.type(":")
        for letter in "find nowhere" { desk.type(String(letter)) }
        desk.type("\r")
        #expect(desk.text.contains("no text on this board has “nowhere” in it") && desk.terminal.lines[23].hasPrefix(":find nowhere"))
        desk.escape()
        desk.type(":")
        for letter in "find two words" { desk.type(String(letter)) }
        desk.type("\r")
        // A line break is a space.
        #expect(desk.terminal.lines[23].hasPrefix("find: two words") && desk.terminal.lines[23].hasSuffix("1 of 1"))
    }

    @Test func `TM-165: the list of shapes is walked and picked from, by kind and by words`() throws {
        var desk = try Self.desk()
        desk.box(at: 10)
        desk.type("L")
        #expect(desk.text.contains("> text  api gateway") || desk.text.contains("> rectangle"), "\(desk.text)")
        for line in ["text  the Api", "text  rapid", "text  two words", "rectangle"] { #expect(desk.text.contains(line), "\(line)") }
        desk.arrows("B", 90)
        #expect(desk.text.contains("> text  two words"), "\(desk.text)")
        for letter in "rapid" { desk.type(String(letter)) }
        #expect(desk.text.contains("> text  rapid") && desk.terminal.lines[23].hasSuffix("1 of 1"))
        desk.type("\r")
        #expect(desk.isInTheMiddle("rapid") && desk.text.contains("MOVE"))
        desk.escape()
        desk.type("L")
        for letter in "rect" { desk.type(String(letter)) }
        // It goes before it is picked.
        desk.deleteAll()
        #expect(desk.terminal.lines[23].hasSuffix("nothing found"))
        desk.type("\r")
        #expect(!desk.text.contains("MOVE"))
        desk.type("L")
        #expect(desk.text.contains("nothing is drawn yet"))
    }

    @Test(arguments: [(120, 40), (80, 24), (40, 12), (20, 5), (3, 2), (1, 1)])
    func `TM-12, TM-16, TM-164, TM-165: find and the list are drawn at any size, and write nothing of a peer as it is`(
        columns: Int, rows: Int
    ) throws {
        for style in [GlyphStyle.unicode, .ascii] {
            var desk = try Desk(columns: columns, rows: rows, style: style)
            desk.elsewhere(.draw(ShapeDraft(kind: .text, position: middle(5, 5), text: "evil \u{1B}[2J\u{202E} \u{9B}31m 板 text")))
            desk.type("L")
            desk.wait(.milliseconds(100))
            desk.arrows("B", 3)
            let before = desk.terminal.lines
            desk.resize(columns: columns, rows: rows)
            #expect(desk.terminal.lines == before && desk.terminal.unknown == [])
            desk.escape()
            desk.bytes([6])
            for letter in "evil" { desk.type(String(letter)) }
            if columns >= 40 { #expect(desk.text.contains("1 of 1"), "\(desk.text)") }
            let screen = desk.terminal.lines
            desk.resize(columns: columns, rows: rows)
            #expect(desk.terminal.lines == screen)
            if style == .ascii { #expect(desk.bytes.allSatisfy { $0 < 0x80 }) }
        }
    }

    /// Four texts far from each other.
    private static func desk() throws -> Desk {
        var desk = try Desk()
        for (column, row, text) in [(400, 90, "rapid"), (300, 40, "the Api"), (-200, -30, "api gateway"), (0, 200, "two\nwords")] {
            desk.elsewhere(.draw(ShapeDraft(kind: .text, position: middle(column, row), text: text)))
        }
        desk.type("v")
        return desk
    }
}

extension Desk {
    /// True if a text stands near the middle of the canvas.
    fileprivate func isInTheMiddle(_ words: String) -> Bool {
        guard let place = terminal.lines.prefix(22).firstIndex(where: { $0.contains(words) }) else { return false }
        return (9...13).contains(place)
    }
}
