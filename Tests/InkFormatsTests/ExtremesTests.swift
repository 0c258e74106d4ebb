import InkBoard
import InkFormats
import InkPrimitives
import Testing

/// Shapes at the edges of what a board takes, in all that is written.
@Suite struct ExtremesTests {
    private static let far = Limits.coordinate

    /// Of each kind, from corner to corner of what its coordinates can say.
    private static func drafts() -> [ShapeDraft] {
        let corners = [Point(x: -far, y: -far), Point(x: far, y: far), Point(x: -far, y: far), Point(x: far, y: -far)]
        var drafts: [ShapeDraft] = []
        for kind in ShapeKind.allCases {
            for position in corners + [.zero] {
                var draft = ShapeDraft(kind: kind, position: position, text: kind == .freehand ? "" : "label")
                draft.strokeWidth = Limits.strokeWidth
                if kind.isPath { draft.points = corners } else if kind != .text { draft.size = Size(width: far, height: far) }
                if draft.hasEnds { (draft.startHead, draft.endHead) = (.triangle, .dot) }
                drafts.append(draft)
                draft.lineStyle = .double
                if draft.hasEnds { draft.route = .elbow }
                if draft.hasEnds { draft.endBinding = Binding(Drawing.reference(to: 0), x: 0, y: .max) }
                drafts.append(draft)
            }
        }
        return drafts
    }

    private static func shapes(_ drafts: [ShapeDraft]) -> [Shape] {
        drafts.enumerated().map { Shape(id: Drawing.reference(to: $0), content: $1, depth: .first) }
    }

    /// Windows of text at the corners of the board and in its middle.
    private static let regions = [-far, 0, far]
        .map {
            CellRegion(column: Int($0) / Grid.standard.columnUnits - 5, row: Int($0) / Grid.standard.rowUnits - 3, columns: 10, rows: 6)
        }

    @Test func `FM-141, FM-160, FM-183: each format writes what lies at the edges of the board`() throws {
        let all = Self.drafts()
        for draft in all {
            for content in [[draft], [all[0], draft.drawn { _ in all[0] }]] {
                let shapes = Self.shapes(content)
                #expect(!ExcalidrawWriter(shapes).text.isEmpty)
                #expect(!SVG(VectorPicture(of: content)).text.contains("nan"))
                #expect(!FlowchartWriter(shapes).text.isEmpty)
                for region in Self.regions { _ = TextExport.text(of: content, region: region, isColored: true) }
                let read = try BoardText.drawing(reading: Array(BoardText.text(of: shapes).utf8))
                #expect(read.items.count == content.count)
            }
        }
    }

    @Test func `FM-160: Excalidraw's files give back what lies at the edges, and what is as wide as two boards`() throws {
        for draft in Self.drafts() where draft.endBinding == nil {
            let file = ExcalidrawWriter(Self.shapes([draft])).text
            let drawing = try ExcalidrawReader(Array(file.utf8)).drawing
            let read = try #require(drawing.items.first).content
            #expect(read.strokeWidth == draft.strokeWidth)
            guard draft.kind.isPath else {
                #expect(read.position == draft.position && read.size == draft.size)
                continue
            }
            // The same places, whatever they are relative to.
            func places(_ draft: ShapeDraft) -> [[Int]] {
                draft.points.map { [Int(draft.position.x) + Int($0.x), Int(draft.position.y) + Int($0.y)] }
            }
            #expect(places(read) == places(draft))
            for point in read.points + [read.position] { #expect(max(abs(point.x), abs(point.y)) <= Self.far) }
        }
    }
}
