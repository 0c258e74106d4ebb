import InkBoard
import InkFormats
import InkPrimitives
import Testing

@Suite struct TextExportTests {
    @Test func `an export is as large as its content and has no trailing spaces`() {
        // FM-11
        #expect(TextExport.text(of: []) == "")
        #expect(TextExport.text(of: [box(5, 7, 8, 8), words("x", 20, 7)]) == "┌──┐           x\n└──┘\n")
    }

    @Test func `an export of a board without bounds is cut around the middle shape`() {
        // FM-11
        let far = Limits.coordinate
        let shapes = [
            ShapeDraft(kind: .rectangle, position: Point(x: -far, y: -far), size: Size(width: 640, height: 640)), words("here", 0, 0),
            words("and here", 5, 2),
            ShapeDraft(kind: .text, position: Point(x: far, y: far), text: "lost"),
        ]
        let text = TextExport.text(of: shapes)
        #expect(text.contains("here") && text.contains("and here") && !text.contains("lost"))
        #expect(text.utf8.count < 10_000)
    }

    @Test func `an export in ASCII has the same places`() {
        // FM-7
        #expect(
            TextExport.text(of: [box(0, 0, 5, 2, text: "api"), path(.arrow, [(5, 1), (9, 1)])], style: .ascii)
                == "+----+\n|api +--->\n+----+\n")
    }
}
