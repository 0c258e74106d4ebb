import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession
import InkTerminal
import Testing

/// Commands by name: the palette, and the help that can be searched.
@Suite struct PaletteTests {
    @Test(arguments: [":", "\u{10}"])
    func `TM-161, TM-377: what is typed narrows the commands, and Enter runs the one that is chosen`(opener: String) throws {
        var desk = try Desk()
        desk.box(at: 10)
        desk.type("v" + opener)
        #expect(desk.cursorLine == ":" && desk.text.contains("select "))
        // The key stands beside the name.
        desk.type("dupl")
        #expect(desk.chosen == ["> duplicate", "copy what is selected beside it", "D Ctrl+D"])
        desk.escape()
        #expect(desk.standing.count == 1 && !desk.text.contains("> "))
        desk.type("]" + opener + "dupl\r")
        #expect(desk.standing.count == 2 && !desk.text.contains(":dupl"))
        // Other names, and letters that are not beside each other.
        for (typed, name) in [("color", "ink"), ("exit", "quit"), ("slall", "select-all"), ("take back", "undo"), ("go pers", "go")] {
            desk.type(opener + typed)
            #expect(desk.chosen.first?.split(separator: " ").dropFirst().first == Substring(name), "\(typed): \(desk.text)")
            desk.escape()
        }
    }

    @Test func `TM-161: arrows and Tab choose, and stop at the ends`() throws {
        var desk = try Desk()
        desk.type(":ell")
        desk.escape()
        desk.type(":r")
        let first = desk.chosen
        desk.arrows("B", 1)
        let second = desk.chosen
        #expect(first.first == "> rectangle" && second != first)
        desk.type("\t")
        #expect(desk.chosen != second)
        desk.bytes(Array("\u{1B}[Z".utf8))
        #expect(desk.chosen == second)
        desk.arrows("A", 9)
        #expect(desk.chosen == first)
        desk.arrows("B", 90)
        #expect(desk.chosen.count == 3)
        desk.type("\u{7F}rect\r")
        #expect(desk.text.contains("RECT"))
    }

    @Test func `TM-378: a wrong word behind a command is told, and the line stays`() throws {
        let wrong =
            [
                ("ink pruple", "there is no colour “pruple”"), ("fill 9", "there is no colour “9”"), ("width 5", "there is no width “5”"),
                ("width ", ""), ("undo now", "undo takes nothing behind it"), ("xyzzy", "no command is called “xyzzy”"),
                ("ink #12345", "there is no colour"), ("say " + String(repeating: "x", count: 4091), ""),
            ]
            + ["\(Int.min)", "-1"].flatMap { number in
                // Nothing is reckoned with a number that is none of those there are.
                [
                    ("width \(number)", "there is no width “\(number)”"), ("ink \(number)", "there is no colour “\(number)”"),
                    ("fill \(number)", "there is no colour “\(number)”"),
                ]
            }
        for (typed, words) in wrong {
            var desk = try Desk(columns: 120)
            desk.box(at: 10)
            desk.type("]")
            let before = desk.standing
            desk.type(":")
            for letter in typed { desk.type(String(letter)) }
            desk.type("\r")
            #expect(desk.standing == before && desk.effects == [], "\(typed)")
            if !words.isEmpty {
                #expect(desk.text.contains(words), "\(typed): \(desk.text)")
                #expect(desk.terminal.lines[23].hasPrefix(":" + typed), "\(typed)")
                // The next key takes the complaint away, and Esc the line.
                desk.type("x")
                #expect(!desk.text.contains(words), "\(typed)")
            }
            desk.escape()
            desk.escape()
            #expect(!desk.terminal.lines[23].hasPrefix(":"), "\(typed)")
        }
    }

    @Test func `TM-162: a word behind a command is what its keys would pick`() throws {
        var desk = try Desk()
        desk.box(at: 10)
        for (line, holds) in [
            ("ink vermilion", { $0.stroke == PersonColor.all[1].color }), ("ink #0a0B0c", { $0.stroke == Color(rgb: 0x0A0B0C) }),
            ("INK own", { $0.stroke == nil }), ("fill  sky ", { $0.fill == PersonColor.all[3].color }), ("fill none", { $0.fill == nil }),
            ("width broad", { $0.strokeWidth == 64 }), ("width 1", { $0.strokeWidth == 16 }),
        ] as [(String, (ShapeDraft) -> Bool)] {
            desk.type("]:")
            for letter in line { desk.type(String(letter)) }
            desk.type("\r")
            #expect(holds(desk.standing[0]), "\(line): \(desk.standing[0])")
        }
        desk.type(":")
        for letter in "say hello bob" { desk.type(String(letter)) }
        desk.type("\r")
        #expect(desk.intents.last == .say("hello bob"))
        // Without a word it does what its key does.
        desk.type(":ink\r")
        #expect(desk.text.contains("0 own ink"))
    }

    @Test func `TM-163: the help is searched and run`() throws {
        var desk = try Desk()
        desk.box(at: 10)
        desk.type("]?")
        #expect(desk.text.contains("drag draws") && desk.cursorLine == "search:")
        for letter in "beside" { desk.type(String(letter)) }
        #expect(!desk.text.contains("drag draws") && desk.text.contains("> D Ctrl+D"))
        desk.type("\r")
        #expect(desk.standing.count == 2 && !desk.text.contains(" keys "))
        // Nothing is run that was not chosen; what opened it closes it while nothing is sought.
        for closer in ["\r", "?", "\u{1B}OP"] {
            desk.type("?")
            desk.bytes(Array(closer.utf8))
            #expect(!desk.text.contains("search:") && desk.standing.count == 2, "\(closer.debugDescription)")
        }
        desk.type("?q?")
        #expect(desk.effects == [] && desk.terminal.lines[23].hasPrefix("search: q?"))
        desk.type("\r")
        #expect(desk.text.contains("no command is called") && desk.effects == [])
        desk.escape()
        // Arrows go through all of it.
        desk.type("?")
        desk.arrows("B", 200)
        #expect(desk.text.contains("> q") && !desk.text.contains("drag draws"))
        desk.arrows("A", 200)
        #expect(desk.text.contains("> v 1"))
    }

    @Test(arguments: [(120, 40), (80, 24), (40, 12), (20, 5), (9, 3), (1, 1)])
    func `TM-13, TM-16, TM-161, TM-163: palette and help are drawn at any size, in ASCII, too`(columns: Int, rows: Int) throws {
        for style in [GlyphStyle.unicode, .ascii] {
            for opener in [":", "?"] {
                var desk = try Desk(columns: columns, rows: rows, style: style)
                desk.type(opener)
                if columns >= 20 { #expect(desk.text.contains("> ") == (opener == ":"), "\(desk.text)") }
                for letter in "rect" { desk.type(String(letter)) }
                desk.arrows("B", 2)
                if columns >= 20 { #expect(desk.text.contains("> ") && desk.text.contains("rect"), "\(desk.text)") }
                for letter in "zzz" { desk.type(String(letter)) }
                desk.type("\r")
                if style == .ascii { #expect(desk.bytes.allSatisfy { $0 < 0x80 }) }
                let before = desk.terminal.lines
                desk.resize(columns: columns, rows: rows)
                #expect(desk.terminal.lines == before)
                desk.escape()
                #expect(desk.effects == [])
            }
        }
    }

    @Test func `TM-346: text that comes in one piece goes into the line`() throws {
        var desk = try Desk()
        desk.type(":")
        desk.bytes(Array("rectangle\r".utf8))
        #expect(desk.text.contains("RECT") && desk.standing.isEmpty)
        // What comes at once goes on with it.
        desk.wait(.milliseconds(200))
        desk.type(":")
        desk.bytes(Array("\u{1B}[200~quit\rundo\u{1B}[201~".utf8))
        #expect(desk.effects == [] && desk.terminal.lines[23].hasPrefix(":quit undo"))
        desk.bytes(Array(("\u{1B}[200~" + String(repeating: "long ", count: 1000) + "\u{1B}[201~").utf8))
        #expect(desk.text.contains("too long for this line"))
    }
}

extension Desk {
    /// A box of 10 by 5 cells.
    mutating func box(at column: Int, _ label: String = "") {
        type("r")
        drag([(column, 5), (column + 10, 9)])
        escape()
    }

    /// What stands in the row of the cursor, up to it.
    var cursorLine: String {
        String(terminal.lines[terminal.cursor.row].prefix(terminal.cursor.column)).trimmed
    }

    /// Name, words and keys of the command that is chosen.
    var chosen: [String] {
        guard let line = terminal.lines.first(where: { $0.hasPrefix("> ") }) else { return [] }
        var parts: [String] = []
        for part in line.replacing("  ", with: "\t").split(separator: "\t") where !part.trimmed.isEmpty { parts.append(part.trimmed) }
        return parts
    }
}

extension StringProtocol {
    fileprivate var trimmed: String {
        var rest = Substring(self)
        while rest.first == " " { rest.removeFirst() }
        while rest.last == " " { rest.removeLast() }
        return String(rest)
    }
}
