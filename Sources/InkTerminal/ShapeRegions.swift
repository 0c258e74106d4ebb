import InkBoard
import InkFormats
import InkFrontEnd
import InkSession

/// Cells that each standing shape can touch: asked for in every frame, dear for long strokes. Follows a `BoardView`.
struct ShapeRegions: Sendable {
    private let grid: Grid
    private var regions: [ShapeID: CellRegion] = [:]

    init(grid: Grid) { self.grid = grid }

    subscript(id: ShapeID) -> CellRegion? { regions[id] }

    /// The cells of all shapes; nil for none.
    var content: CellRegion? {
        var all: CellRegion?
        for region in regions.values { all = all?.union(region) ?? region }
        return all
    }

    mutating func replaceAll(_ board: BoardView) {
        regions = Dictionary(board.shapes.map { ($0.id, $0.content.cellRegion(on: grid)) }, uniquingKeysWith: { $1 })
    }

    mutating func apply(_ change: ShapeChange) {
        regions[change.id] = change.kind == .removed ? nil : change.shape.content.cellRegion(on: grid)
    }

    /// Shapes with ink in this cell, topmost first; then, if asked for, boxes without a fill around it.
    func hits(on board: BoardView, _ place: CellPlace, includesInside: Bool = true) -> [ShapeID] {
        let (column, row) = (place.column, place.row)
        var (near, around): ([ShapeID], [ShapeID]) = ([], [])
        for shape in board.shapes.reversed() {
            guard let region = regions[shape.id],
                region.grown(by: 2).contains(column: column, row: row)
                    || shape.content.labelRegion(on: grid)?.contains(column: column, row: row) == true
            else { continue }
            var raster = CellRaster(region: CellRegion(column: column, row: row, columns: 1, rows: 1), grid: grid)
            raster.draw(shape.content)
            if raster.hasInk(column: column, row: row) {
                near.append(shape.id)
            } else if includesInside, !shape.content.kind.isPath, region.contains(column: column, row: row) {
                around.append(shape.id)
            }
        }
        return near + around
    }

    /// Shapes that lie wholly inside a region, bottom first.
    func shapes(on board: BoardView, inside region: CellRegion) -> [ShapeID] {
        board.shapes.map(\.id).filter { id in
            guard let box = regions[id] else { return false }
            return region.union(box) == region
        }
    }
}
