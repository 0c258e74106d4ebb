import InkBoard
import InkFormats
import InkSession
import Testing

@testable import InkTerminal

@Suite struct ShapeRegionsTests {
    // TM-70
    @Test func `a long text that is moved is not measured again for its box`() {
        let id = ShapeID(author: .zero, number: 1)
        let text = ShapeDraft(kind: .text, position: Point(x: 64, y: 128), text: String(repeating: "漢字e\u{301} \n", count: 1500))
        var regions = ShapeRegions(grid: .standard)
        regions.apply(ShapeChange(kind: .added, id: id, author: .zero, shape: Shape(id: id, content: text, depth: .first)))
        var moved = text
        moved.position = Point(x: -6400, y: 12_800)
        #expect(regions.box(of: id, as: moved) == moved.cellRegion(on: .standard))
        #expect(text.outline(on: .standard, box: regions[id]) == text.outline(on: .standard))
        // Other words would have to be.
        moved.text += "x"
        #expect(regions.box(of: id, as: moved) == nil)
        var sized = text
        (sized.kind, sized.size) = (.rectangle, Size(width: 640, height: 1280))
        #expect(regions.box(of: id, as: sized) == sized.cellRegion(on: .standard))
    }
}
