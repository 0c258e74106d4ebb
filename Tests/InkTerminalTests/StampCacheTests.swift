import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession
import Testing

@testable import InkTerminal

/// Where there is no room to keep what all dear shapes leave.
@Suite struct StampCacheTests {
    private let look = BoardCanvas.Look(style: .unicode, isDark: true)

    /// A board of which the shapes are known, and where they lie.
    private struct Wall {
        var board = BoardView()
        var regions = ShapeRegions(grid: .standard)

        mutating func draw(_ content: ShapeDraft) {
            let id = ShapeID(author: .zero, number: UInt64(board.shapes.count) + 1)
            let depth = DepthKey.between(board.shapes.last?.depth, nil)
            let change = ShapeChange(kind: .added, id: id, author: .zero, shape: Shape(id: id, content: content, depth: depth))
            board.apply(change)
            regions.apply(change)
        }
    }

    /// Dear strokes and ellipses of all sizes, and boxes on paper, which are not dear.
    private func shape(_ random: inout SplitMix64) -> ShapeDraft {
        let place = middle(random.below(160) - 40, random.below(60) - 15)
        let size = Size(width: Int32(500 + random.below(3000)), height: Int32(500 + random.below(3000)))
        switch random.below(4) {
        case 0: return ShapeDraft(kind: .rectangle, position: place, size: size, fill: random.chance(0.5) ? Color(rgb: 0x20_40_60) : nil)
        case 1: return ShapeDraft(kind: .ellipse, position: place, size: size)
        default:
            let points = (0..<9 + random.below(40)).map { _ in Point(x: Int32(random.below(3000)), y: Int32(random.below(3000))) }
            return ShapeDraft(kind: .freehand, position: place, points: points)
        }
    }

    /// The picture, once there was time for all of it.
    private func picture(_ canvas: inout BoardCanvas, _ wall: Wall, in viewport: Viewport) -> [Cell] {
        var cells: [Cell] = []
        repeat { cells = canvas.cells(of: wall.board, wall.regions, Overlay(), in: viewport, look) } while canvas.isUnfinished
        return cells
    }

    @Test(arguments: 0..<12 as Range<UInt64>)
    func `TM-135, TM-352: with no room for all a window that moves and is drawn in shows what a full repaint does`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var wall = Wall()
        for _ in 0..<50 { wall.draw(shape(&random)) }
        let room = 1500
        var canvas = BoardCanvas(stamps: StampCache(room: room))
        var viewport = Viewport(grid: .standard, columns: 80, rows: 22)
        var (boxes, stamps) = (0, 0)
        for step in 0..<40 {
            if random.chance(0.3) {
                wall.draw(shape(&random))
            } else {
                viewport.move(columns: random.below(17) - 8, rows: random.below(7) - 3)
            }
            let shown = picture(&canvas, wall, in: viewport)
            var fresh = BoardCanvas(stamps: StampCache(room: room))
            #expect(shown == picture(&fresh, wall, in: viewport), "step \(step)")
            boxes += canvas.stamps.boxed.count
            stamps += wall.board.shapes.filter { canvas.stamps.stamp(of: $0.id, $0.content) != nil }.count
        }
        #expect(boxes > 40 && stamps > 40, "\(boxes) boxes, \(stamps) stamps")
    }

    @Test func `TM-352: what is shown by its box is hit there, and nowhere else, in all pictures that follow`() throws {
        var wall = Wall()
        // Of two strokes the dearer has no room.
        wall.draw(ShapeDraft(kind: .freehand, position: middle(5, 1), points: (0..<20).map { Point(x: $0 * 128, y: 0) }))
        wall.draw(ShapeDraft(kind: .freehand, position: middle(10, 5), points: (0..<40).map { Point(x: $0 * 64, y: $0 * 36) }))
        let last = wall.board.shapes[1].id
        var canvas = BoardCanvas(stamps: StampCache(room: 10))
        let viewport = Viewport(grid: .standard, columns: 80, rows: 22)
        var looked = 0
        for _ in 0..<3 {
            _ = picture(&canvas, wall, in: viewport)
            #expect(canvas.stamps.boxed == [last])
            let box = try #require(wall.regions[last])
            let corner = CellPlace(column: box.columnRange.upperBound - 1, row: box.row)
            #expect(wall.regions.hits(on: wall.board, canvas.stamps, corner, looked: &looked) == [last])
            let ink = CellPlace(column: box.column + box.columns / 2, row: box.row + box.rows / 2)
            #expect(wall.regions.hits(on: wall.board, canvas.stamps, ink, looked: &looked) == [])
        }
    }

    @Test func `TM-135: a step of a window leaves what long strokes have in it where it is`() {
        var wall = Wall()
        for number in 0..<20 {
            let points = (0..<1000).map { Point(x: Int32($0 % 200 * 64), y: Int32(($0 / 10 + number * 41) % 100 * 100)) }
            wall.draw(ShapeDraft(kind: .freehand, position: middle(-50, -20), points: points))
        }
        var canvas = BoardCanvas()
        var viewport = Viewport(grid: .standard, columns: 80, rows: 22)
        _ = picture(&canvas, wall, in: viewport)
        let cells = wall.board.shapes.reduce(0) { $0 + (canvas.stamps.stamp(of: $1.id, $1.content)?.count ?? 0) }
        var shown: [Cell] = []
        for _ in 0..<60 {
            viewport.move(columns: 1, rows: 0)
            shown = picture(&canvas, wall, in: viewport)
        }
        #expect(cells > 4000 && canvas.stamps.moved < 60 * cells / 8, "\(canvas.stamps.moved) of \(cells)")
        var fresh = BoardCanvas()
        #expect(shown == picture(&fresh, wall, in: viewport))
    }
}
