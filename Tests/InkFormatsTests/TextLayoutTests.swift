import InkBoard
import InkFormats
import InkPrimitives
import Testing

/// How texts stand in shapes: their line breaks, their rows, the caret in them, and what does not fit.
@Suite struct TextLayoutTests {
    @Test(arguments: ["\n", "\r\n", "\r", "\u{0B}", "\u{0C}", "\u{85}", "\u{2028}", "\u{2029}"])
    func `FM-22: a line break of any system begins a row`(lineBreak: String) {
        let text = "a" + lineBreak + "b"
        #expect(picture([words(text, 0, 0)], 9, 4) == "a\nb\n")
        #expect(picture([box(.note, 0, 0, 8, 3, text: text)], 9, 4) == "╭───────╮\n│a      │\n│b      │\n╰───────╯\n")
        #expect(picture([box(0, 0, 8, 3, text: text)], 9, 4) == "┌───────┐\n│   a   │\n│   b   │\n└───────┘\n")
        #expect(picture([path(.line, [(0, 0), (8, 0)], text: text)], 9, 2) == "╶───a───╴\n    b\n")
        #expect(words(text, 0, 0).cellRegion(on: .standard).rows == 2)
        #expect(words(text, 0, 0).caretPlace(after: 2, on: .standard) == CellPlace(column: 0, row: 1))
        // One that ends a text begins an empty row.
        #expect(words("a" + lineBreak, 0, 0).caretPlace(after: 2, on: .standard) == CellPlace(column: 0, row: 1))
    }

    @Test func `FM-23: the caret in wrapped text stands before the letter that follows it`() {
        let shape = box(0, 0, 10, 5, text: "hello world")
        let rows = picture([shape], 12, 6).split(separator: "\n").map(Array.init)
        for (index, letter) in shape.text.enumerated() where letter != " " {
            let place = shape.caretPlace(after: index, on: .standard)
            #expect(rows[place.row][place.column] == letter, "before \(index)")
        }
        // Before the space that broke the row: behind the row.
        #expect(shape.caretPlace(after: 5, on: .standard) == CellPlace(column: 8, row: 2))
    }

    @Test(arguments: 0..<100 as Range<UInt64>)
    func `FM-23, FM-24: wherever a text wraps, the caret is in its box and before the letter that follows it`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let letters = ["a", "b", "漢", " ", " ", "\n", "\r\n", "e\u{301}", "😀"]
        let text = (0..<random.below(24)).map { _ in letters[random.below(letters.count)] }.joined()
        let kind: ShapeKind = [.rectangle, .note][random.below(2)]
        let shape = box(kind, 0, 0, 2 + random.below(9), 40, text: text)
        let width = shape.cellRegion(on: .standard).columns
        let rows = grid(shape, columns: width + 4, rows: 41)
        for (index, character) in text.enumerated() {
            let place = shape.caretPlace(after: index, on: .standard)
            // Behind a row that is full it stands on the border, never beyond.
            #expect((1...width - 1).contains(place.column) && (1..<40).contains(place.row), "seed \(seed), \(index)")
            guard !character.isWhitespace, width > 3 || character.isASCII else { continue }
            #expect(rows[place.row][place.column] == String(character), "seed \(seed), \(index)")
        }
    }

    @Test(arguments: 0..<100 as Range<UInt64>)
    func `FM-24: no glyph stands on a border, whatever its width`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let letters = ["a", "漢", " ", "\t", "😀", "\n"]
        let text = (0..<random.below(20)).map { _ in letters[random.below(letters.count)] }.joined()
        let shape = box([.rectangle, .note][random.below(2)], 0, 0, 2 + random.below(7), 2 + random.below(4), text: text)
        let inside = shape.cellRegion(on: .standard).grown(columns: -1, rows: -1)
        var blank = shape
        blank.text = ""
        let (written, bare) = (grid(shape, columns: 12, rows: 9), grid(blank, columns: 12, rows: 9))
        for row in 0..<9 {
            for column in 0..<12 where !inside.contains(column: column, row: row) {
                #expect(written[row][column] == bare[row][column], "seed \(seed)")
            }
        }
    }

    @Test func `FM-24: a wide glyph goes where it has room, and is told where it has none`() {
        #expect(picture([box(0, 0, 5, 4, text: " abc漢")], 6, 5) == "┌────┐\n│ abc│\n│ 漢 │\n│    │\n└────┘\n")
        #expect(picture([box(0, 0, 5, 4, text: "word  abc漢")], 6, 5) == "┌────┐\n│word│\n│ abc│\n│ 漢 │\n└────┘\n")
        #expect(picture([box(0, 0, 2, 2, text: "漢")], 3, 3) == "┌─┐\n│…│\n└─┘\n")
        #expect(picture([box(0, 0, 2, 2, text: "漢")], 3, 3, style: .ascii) == "+-+\n|~|\n+-+\n")
    }

    @Test func `FM-25: a label that does not fit says so, on the screen and in exports`() {
        let narrow = box(0, 0, 7, 2, text: "authentication")
        #expect(picture([narrow], 8, 3) == "┌──────┐\n│authe…│\n└──────┘\n")
        #expect(TextExport.text(of: [narrow]) == "┌──────┐\n│authe…│\n└──────┘\n")
        #expect(TextExport.text(of: [narrow], style: .ascii).contains("|authe~|"))
        let note = box(.note, 0, 0, 9, 4, text: "one\ntwo\nthree\nfour")
        #expect(picture([note], 10, 5).contains("│three…  │"))
        #expect(picture([box(.ellipse, 0, 0, 12, 2, text: "one two three four five six seven eight")], 14, 3).contains("…"))
        // What fits says nothing.
        #expect(!picture([box(0, 0, 9, 4, text: "one\ntwo\nthree")], 10, 5).contains("…"))
        #expect(picture([box(0, 0, 7, 2, text: "author")], 8, 3).contains("│author│"))
        #expect(picture([box(0, 0, 7, 2, text: "author\n \n")], 8, 3).contains("│author│"))
        #expect(picture([box(0, 0, 7, 2, text: "漢字漢字")], 8, 3).contains("│漢字… │"))
    }

    @Test func `FM-30: a label leaves the outline of an ellipse or a diamond whole where it fits inside`() {
        for (kind, columns, rows, text) in [
            (.ellipse, 14, 6, "one two three four"), (.diamond, 20, 8, "one two three"), (.ellipse, 14, 6, "漢字漢字漢字"),
            (.diamond, 24, 10, "漢字 漢字 漢字 漢字"), (.ellipse, 30, 4, "a sentence on one row"), (.diamond, 31, 7, "login service"),
            (.ellipse, 11, 8, "a\nb\nc\nd"),
        ] as [(ShapeKind, Int, Int, String)] {
            for width in [16, 32] as [UInt16] {
                let shape = box(kind, 1, 1, 1 + columns, 1 + rows, text: text, width: width)
                var blank = shape
                blank.text = ""
                let (written, bare) = (grid(shape, columns: 40, rows: 14), grid(blank, columns: 40, rows: 14))
                for row in 0..<14 {
                    for column in 0..<40 where bare[row][column] != " " {
                        #expect(written[row][column] == bare[row][column], "\(kind) \(columns)x\(rows) “\(text)” at \(column),\(row)")
                    }
                }
                let shown = written.joined().filter { $0 != " " && $0 != "" }.joined()
                for word in text.split(whereSeparator: \.isWhitespace) { #expect(shown.contains(word), "\(kind) “\(text)”") }
                #expect(shape.caretPlace(after: 0, on: .standard).column > 1)
            }
        }
    }

    @Test func `FM-30: where a label and an outline have no room for both, the letters are shown and no word is parted`() {
        #expect(picture([box(.ellipse, 0, 0, 7, 2, text: "client")], 9, 3).contains("client"))
        #expect(picture([box(.diamond, 0, 0, 8, 4, text: "client")], 9, 5).contains("client"))
        let full = picture([box(.diamond, 0, 0, 14, 6, text: "one two three four five six")], 15, 7)
        for word in ["one", "two", "three", "four", "five", "six"] { #expect(full.contains(word)) }
        // As tall as a board, and as thin as can be.
        let (tall, long) = (box(.ellipse, 0, 0, 3, 1_000_000, text: "a b c"), String(repeating: "word ", count: 3000))
        #expect(tall.caretPlace(after: 5, on: .standard).row > 400_000)
        #expect(box(.diamond, 0, 0, 40, 4000, text: long).caretPlace(after: 9, on: .standard).row > 0)
    }

    @Test func `FM-31: a label that is longer than its arrow hides neither line nor head`() {
        #expect(picture([path(.arrow, [(0, 1), (6, 1)], text: "HTTPS")], 8, 2) == "\n╶HTTPS►\n")
        #expect(picture([path(.arrow, [(1, 1), (6, 1)], text: "HTTPS")], 8, 2) == "  HTTPS\n ╶────►\n")
        #expect(picture([path(.arrow, [(9, 2), (3, 2)], text: "a label\nof two rows")], 12, 3) == "   a label\n of two rows\n   ◄─────╴\n")
        let label = path(.line, [(20, 5), (22, 5)], text: "漢字 sentence")
        #expect(TextExport.text(of: [label]).contains("漢字 sentence\n") && TextExport.text(of: [label]).contains("╶─╴"))
        #expect(label.caretPlace(after: 0, on: .standard).row == 4)
        // A dot has its label above it, too; what stands upright or leans is as before.
        #expect(picture([path(.line, [(3, 1), (3, 1)], text: "dot")], 8, 2).contains("dot"))
        #expect(picture([path(.arrow, [(3, 0), (3, 2)], text: "down")], 8, 3).split(separator: "\n")[1].contains("down"))
    }

    @Test func `FM-232: while a text is written, the rows about the caret are shown`() {
        let shape = box(0, 0, 7, 2, text: "authentication")
        let region = CellRegion(column: 0, row: 0, columns: 8, rows: 3)
        for (caret, row) in [(0, "│authen│"), (7, "│ticati│"), (14, "│  on  │")] {
            var raster = CellRaster(region: region, grid: .standard)
            raster.lay(ShapeStamp(shape, in: region, on: .standard, caret: caret))
            #expect((0..<8).map { raster.cell(column: $0, row: 1, style: .unicode).glyph.text }.joined() == row)
            #expect(shape.caretPlace(after: caret, on: .standard).row == 1)
        }
    }

    @Test func `FM-10: joined emoji and letters are shown part by part, none left out`() {
        #expect(picture([words("👨‍👩‍👧!", 0, 0)], 12, 1) == "👨👩👧!\n")
        #expect(words("👨‍👩‍👧", 0, 0).cellRegion(on: .standard).columns == 6)
        #expect(words("👨‍👩‍👧!", 0, 0).caretPlace(after: 1, on: .standard).column == 6)
        #expect(safeForTerminal("👩🏽‍🚀") == "👩🚀" && safeForTerminal("🏳️‍🌈") == "🏳🌈" && safeForTerminal("❤️‍🔥") == "❤🔥")
        #expect(safeForTerminal("क्ष") == "क्ष")
        // A cut never shows half of them.
        #expect(safeForTerminal("ab👨‍👩‍👧", columnsMax: 6) == "ab…")
        #expect(CharacterWidth.columns(of: "👨‍👩‍👧") == 6)
    }

    /// What is shown in each cell; the right half of a wide glyph is empty.
    private func grid(_ shape: ShapeDraft, columns: Int, rows: Int) -> [[String]] {
        var raster = CellRaster(region: CellRegion(column: 0, row: 0, columns: columns, rows: rows), grid: .standard)
        raster.draw(shape)
        return (0..<rows).map { row in
            (0..<columns).map { column in
                let cell = raster.cell(column: column, row: row, style: .unicode)
                return cell.columns == 0 ? "" : cell.glyph.text
            }
        }
    }
}
