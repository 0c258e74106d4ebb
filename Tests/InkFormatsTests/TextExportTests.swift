import InkBoard
import InkFormats
import InkPrimitives
import Testing

@Suite struct TextExportTests {
    @Test func `FM-11: an export is as large as its content and has no trailing spaces`() {
        #expect(TextExport.text(of: []) == "")
        #expect(TextExport.text(of: [box(5, 7, 8, 8), words("x", 20, 7)]) == "┌──┐           x\n└──┘\n")
    }

    @Test func `FM-60, FM-233: a bound arrow begins on its outline, and its head stands before the other`() {
        let ids = [1, 2].map { ShapeID(author: .zero, number: $0) }
        let boxes = [ids[0]: box(0, 0, 5, 2, text: "a"), ids[1]: box(10, 0, 15, 2, text: "b")]
        func drawn(_ kind: ShapeKind, start: Binding?, end: Binding?, _ boxes: [ShapeID: ShapeDraft]) -> String {
            let line = ShapeDraft(
                kind: kind, position: middle(0, 0), points: [.zero, .zero], startBinding: start, endBinding: end)
            return TextExport.text(of: boxes.sorted { $0.key < $1.key }.map(\.value) + [line.drawn { boxes[$0] }])
        }
        let (start, end) = (Binding(ids[0], x: .max), Binding(ids[1], x: 0))
        #expect(drawn(.arrow, start: start, end: end, boxes) == "┌────┐    ┌────┐\n│ a  ├───►│ b  │\n└────┘    └────┘\n")
        #expect(drawn(.line, start: start, end: end, boxes) == "┌────┐    ┌────┐\n│ a  ├────┤ b  │\n└────┘    └────┘\n")
        let (below, above) = (Binding(ids[0], y: .max), Binding(ids[1], y: 0))
        let stacked = [ids[0]: boxes[ids[0]]!, ids[1]: box(0, 6, 5, 8, text: "b")]
        #expect(
            drawn(.arrow, start: below, end: above, stacked)
                == "┌────┐\n│ a  │\n└──┬─┘\n   │\n   │\n   ▼\n┌────┐\n│ b  │\n└────┘\n")
        // Where there is no room for it, the head stands on the outline.
        let near = [ids[0]: boxes[ids[0]]!, ids[1]: box(6, 0, 11, 2, text: "b")]
        #expect(drawn(.arrow, start: start, end: end, near).contains("│ a  ├► b  │"))
    }

    @Test func `FM-11: an export leaves nothing out that lies beyond a shape's box`() {
        #expect(TextExport.text(of: [path(.arrow, [(5, 1), (8, 1)], text: "far-wider-than-it")]).contains("far-wider-than-it"))
        // A wide pen reaches into the cells around; the same ink as in a window with room for it.
        let wide = path(.line, [(6, 4), (14, 9)], width: 200)
        let roomy = picture([wide], 40, 20).split(separator: "\n").filter { !$0.allSatisfy { $0 == " " } }
        #expect(TextExport.text(of: [wide]).split(separator: "\n").count == roomy.count)
        #expect(
            TextExport.text(of: [wide]).filter { $0 != " " && $0 != "\n" } == picture([wide], 40, 20).filter { $0 != " " && $0 != "\n" })
        // A curve swings out beyond its samples.
        let curve = path(.freehand, [(10, 10), (30, 10), (31, 11), (10, 12), (9, 30), (40, 31)])
        #expect(
            TextExport.text(of: [curve]).filter { $0 != " " && $0 != "\n" } == picture([curve], 80, 60).filter { $0 != " " && $0 != "\n" })
    }

    @Test func `TM-10: the caret stands after the letters of a text, wherever they stand`() {
        for shape in [
            box(2, 2, 20, 8, text: "two lines\nof it"), box(.ellipse, 2, 2, 20, 8, text: "round"),
            box(.note, 2, 2, 20, 8, text: "a note\nmore"),
            words("plain\ntext", 3, 4), path(.arrow, [(2, 5), (30, 5)], text: "label"),
            path(.line, [(2, 2), (10, 10), (30, 5)], text: "bent"),
            path(.freehand, [(2, 5), (12, 5), (30, 5)], text: "on a stroke"),
        ] {
            let rows = picture([shape], 60, 20).split(separator: "\n", omittingEmptySubsequences: false).map(Array.init)
            for (index, letter) in shape.text.enumerated() where letter.isLetter {
                let place = shape.caretPlace(after: index, on: .standard)
                #expect(rows[place.row][place.column] == letter, "\(shape.kind) \(letter)")
                let after = shape.caretPlace(after: index + 1, on: .standard)
                #expect(after == CellPlace(column: place.column + 1, row: place.row))
            }
        }
    }

    @Test func `FM-11: an export of a board without bounds is cut around the middle shape`() {
        let far = Limits.coordinate
        let shapes = [
            ShapeDraft(kind: .rectangle, position: Point(x: -far, y: -far), size: Size(width: 640, height: 640)), words("here", 0, 0),
            words("and here", 5, 2),
            ShapeDraft(kind: .text, position: Point(x: far, y: far), text: "lost"),
        ]
        let text = TextExport.text(of: shapes)
        #expect(text.contains("here") && text.contains("and here") && !text.contains("lost"))
        #expect(text.utf8.count < 10_000)
        // And says what it left out.
        let export = TextExport(of: shapes)
        #expect(export.text == text && export.isCut && export.cutWords.contains("and a text holds 1000 by 1000 around the middle shape"))
        #expect(TextExport(of: [box(0, 0, 1100, 3)]).isCut && TextExport(of: [box(0, 0, 3, 1100)]).isCut)
        #expect(!TextExport(of: [box(0, 0, 900, 900)]).isCut && !TextExport(of: []).isCut)
    }

    @Test func `FM-7: an export in ASCII has the same places`() {
        #expect(
            TextExport.text(of: [box(0, 0, 5, 2, text: "api"), path(.arrow, [(5, 1), (9, 1)])], style: .ascii)
                == "+----+\n|api +--->\n+----+\n")
    }
}

@Suite struct ColoredTextTests {
    @Test func `FM-145: colours are told where they change, and a row leaves none behind`() {
        let red = Color("#FF0000"), blue = Color("#0000FF")
        let shapes = [box(0, 0, 2, 2, fill: blue, stroke: red), words("x", 4, 1)]
        let text = TextExport.text(of: shapes, isColored: true)
        let rows = text.split(separator: "\n")
        #expect(rows.count == 3 && rows.allSatisfy { $0.hasSuffix("\u{1B}[0m") || $0.hasSuffix("x") })
        #expect(rows[0] == "\u{1B}[38;2;255;0;0;48;2;0;0;255m┌─┐\u{1B}[0m")
        #expect(rows[1].hasSuffix("\u{1B}[0m x"))
        #expect(TextExport.text(of: shapes).unicodeScalars.allSatisfy { $0 != "\u{1B}" })
    }

    @Test func `FM-146: a block of Markdown ends where its fence says`() {
        #expect(TextExport.markdown("a\n") == "```text\na\n```\n")
        #expect(TextExport.markdown("  ````\n") == "`````text\n  ````\n`````\n")
    }
}
