import InkBoard
import InkFormats
import InkPrimitives
import InkSession
import InkTerminal
import Testing

/// What is drawn of a board, and what that costs.
@Suite struct PictureTests {
    private func box(_ left: Int, _ top: Int, _ right: Int, _ bottom: Int, fill: Color? = nil, text: String = "") -> ShapeDraft {
        let (from, to) = (middle(left, top), middle(right, bottom))
        return ShapeDraft(
            kind: .rectangle, position: from, size: Size(width: to.x - from.x, height: to.y - from.y), text: text, fill: fill)
    }

    @Test func `a part of a drawing that is copied says that it is one`() throws {
        // FM-11
        var desk = try Desk(columns: 120)
        desk.elsewhere(.draw(box(0, 0, 1200, 2)))
        desk.type("vY")
        #expect(desk.text.contains("only a part is copied: the drawing is 1201 by 3 cells"))
    }
}
