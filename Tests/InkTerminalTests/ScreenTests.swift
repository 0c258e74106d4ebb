import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkTerminal
import Testing
import terminal_storm

@Suite struct ScreenTests {
    @Test(arguments: 0..<60 as Range<UInt64>)
    func `TM-4: after each frame the terminal shows the picture`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let (columns, rows) = (1 + random.below(30), 1 + random.below(8))
        var screen = Screen(columns: columns, rows: rows, depth: .direct)
        var terminal = TinyTerminal(columns: columns, rows: rows)
        var buffer = CellBuffer(columns: columns, rows: rows)
        let words = ["abc", "漢字", "e\u{301}x", "⠿⠋", "┌─┐", "►", "   ", "…"]
        for _ in 0..<12 {
            for _ in 0..<random.below(6) {
                let style = CellStyle(
                    foreground: random.chance(0.4) ? PersonColor.all[random.below(7)].color : nil,
                    background: random.chance(0.2) ? PersonColor.all[random.below(7)].color : nil,
                    attributes: Cell.Attributes(rawValue: UInt8(random.below(16))))
                buffer.write(words[random.below(words.count)], column: random.below(columns), row: random.below(rows), style: style)
                if random.chance(0.2) { buffer.fill(row: random.below(rows), from: random.below(columns)) }
            }
            buffer.cursor = random.chance(0.5) ? (random.below(columns), random.below(rows)) : nil
            terminal.feed(screen.frame(buffer))
            #expect(terminal.unknown == [])
            for row in 0..<rows {
                for column in 0..<columns {
                    let cell = buffer[column, row]
                    #expect(
                        terminal.rowsOfText[row][column] == (cell.columns == 0 ? "" : cell.glyph.text), "seed \(seed) at \(column),\(row)")
                    #expect(terminal.styles[row][column] == name(cell), "seed \(seed) at \(column),\(row)")
                }
            }
            #expect(terminal.isCursorShown == (buffer.cursor != nil))
            if let cursor = buffer.cursor { #expect(terminal.cursor == cursor) }
        }
    }

    @Test func `TM-4: a picture that looks the same costs no bytes`() {
        var screen = Screen(columns: 80, rows: 24, depth: .direct)
        var buffer = CellBuffer(columns: 80, rows: 24)
        buffer.write("hello", column: 3, row: 3, style: CellStyle(foreground: Color(rgb: 0xFF)))
        buffer.cursor = (1, 1)
        #expect(!screen.frame(buffer).isEmpty)
        #expect(screen.frame(buffer) == [])
        buffer.cursor = (2, 1)
        #expect(String(decoding: screen.frame(buffer), as: UTF8.self) == "\u{1B}[C")
    }

    @Test(arguments: ["\u{1FAE8}", "►", "e\u{301}", "क", "😀"])
    func `TM-333: nothing old stays where a terminal drops a glyph that it does not know`(glyph: String) {
        var screen = Screen(columns: 20, rows: 2, depth: .direct)
        var terminal = TinyTerminal(columns: 20, rows: 2)
        var buffer = CellBuffer(columns: 20, rows: 2)
        func show(_ text: String, _ style: CellStyle = CellStyle()) -> String {
            buffer.fill(row: 0)
            buffer.write(text, column: 0, row: 0, style: style)
            let bytes = String(decoding: screen.frame(buffer), as: UTF8.self)
            terminal.feed(Array(String(bytes.unicodeScalars.filter { !glyph.unicodeScalars.contains($0) }.map(Character.init)).utf8))
            return terminal.lines[0]
        }
        #expect(show("XXXXXXXXXXXX") == "XXXXXXXXXXXX")
        #expect(show(glyph + glyph + glyph + "X").filter { $0 != " " } == "X")
        // Nor where it stood, or over a style.
        #expect(show("XXXXXXXXXXXX", CellStyle(attributes: .reverse)) == "XXXXXXXXXXXX")
        #expect(show("Y" + glyph + "Z").filter { $0 != " " } == "YZ")
        #expect(terminal.styles[0].allSatisfy { $0 == "" })
        // The last cells of a row.
        #expect(show(String(repeating: "X", count: 20)).count == 20)
        buffer.write(glyph, column: 20 - CharacterWidth.columns(of: glyph), row: 0)
        let bytes = String(decoding: screen.frame(buffer), as: UTF8.self)
        terminal.feed(Array(String(bytes.unicodeScalars.filter { !glyph.unicodeScalars.contains($0) }.map(Character.init)).utf8))
        #expect(terminal.lines[0] == String(repeating: "X", count: 20 - CharacterWidth.columns(of: glyph)))
    }

    @Test func `TM-4: one changed cell costs a move and a glyph`() {
        var screen = Screen(columns: 80, rows: 24, depth: .direct)
        var buffer = CellBuffer(columns: 80, rows: 24)
        _ = screen.frame(buffer)
        buffer.put(Cell(Glyph("⠿")), column: 40, row: 12)
        #expect(String(decoding: screen.frame(buffer), as: UTF8.self) == "\u{1B}[13;41H⠿")
        buffer.put(Cell(Glyph("⠿")), column: 42, row: 12)
        #expect(String(decoding: screen.frame(buffer), as: UTF8.self) == " ⠿")
    }

    @Test func `TM-5: without colours no colour is written, with few the nearest`() {
        let cell = Cell(Glyph("x"), foreground: Color(rgb: 0xD55E00), background: Color(rgb: 0xFFFFFF))
        for (depth, expected) in [
            (ColorDepth.none, ""), (.sixteen, "31;107"), (.indexed, "38;5;166;48;5;231"), (.direct, "38;2;213;94;0;48;2;255;255;255"),
        ] {
            var screen = Screen(columns: 2, rows: 1, depth: depth)
            var buffer = CellBuffer(columns: 2, rows: 1)
            _ = screen.frame(buffer)
            buffer.put(cell, column: 0, row: 0)
            let bytes = String(decoding: screen.frame(buffer), as: UTF8.self)
            #expect(bytes.contains(expected.isEmpty ? "x" : "\u{1B}[\(expected)m"))
            #expect(expected.isEmpty ? !bytes.contains("m") : true)
        }
    }

    @Test func `TM-5: the depth of colour follows the environment`() {
        #expect(ColorDepth(environment: ["NO_COLOR": "1", "COLORTERM": "truecolor"]) == .none)
        #expect(ColorDepth(environment: ["NO_COLOR": "", "COLORTERM": "truecolor"]) == .direct)
        #expect(ColorDepth(environment: ["TERM": "xterm-256color"]) == .indexed)
        #expect(ColorDepth(environment: ["TERM": "xterm"]) == .sixteen)
        #expect(ColorDepth(environment: ["TERM": "foot-direct"]) == .direct)
        #expect(TerminalProfile(environment: ["TERM": "dumb"]) == nil)
        #expect(TerminalProfile(environment: [:]) == nil)
        #expect(TerminalProfile(environment: ["TERM": "xterm", "LANG": "C"])?.style == .ascii)
        #expect(TerminalProfile(environment: ["TERM": "xterm", "LANG": "C.UTF-8"])?.style == .unicode)
    }

    private func name(_ cell: Cell) -> String {
        var parts: Set<String> = []
        for (bit, code) in [(Cell.Attributes.bold, "1"), (.dim, "2"), (.underline, "4"), (.reverse, "7")]
        where cell.attributes.contains(bit) { parts.insert(code) }
        func channels(_ color: Color) -> String { "2,\(color.rgb >> 16),\(color.rgb >> 8 & 255),\(color.rgb & 255)" }
        if let foreground = cell.foreground { parts.insert("f" + channels(foreground)) }
        if let background = cell.background { parts.insert("b" + channels(background)) }
        return parts.sorted().joined(separator: ";")
    }
}
