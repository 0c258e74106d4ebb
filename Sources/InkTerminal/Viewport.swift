import InkBoard
import InkFormats
import InkPrimitives

/// The part of a board that is seen: on which grid, from which cell, and how many cells of it.
struct Viewport: Hashable, Sendable {
    private(set) var grid: Grid
    /// The cell in the top left corner.
    private(set) var origin = CellPlace(column: 0, row: 0)
    private(set) var columns: Int
    private(set) var rows: Int

    init(grid: Grid, columns: Int, rows: Int) { (self.grid, self.columns, self.rows) = (grid, columns, rows) }

    var region: CellRegion { CellRegion(column: origin.column, row: origin.row, columns: columns, rows: rows) }
    var middle: CellPlace { place(column: columns / 2, row: rows / 2) }

    /// The cell of the board under a cell of the screen.
    func place(column: Int, row: Int) -> CellPlace { CellPlace(column: origin.column + column, row: origin.row + row) }

    /// The cell of the screen that shows a cell of the board; may lie outside.
    func screen(_ place: CellPlace) -> (column: Int, row: Int) { (place.column - origin.column, place.row - origin.row) }

    /// The cell of the screen that shows a cell of the board; nil where it is not seen.
    func seen(_ place: CellPlace) -> (column: Int, row: Int)? {
        region.contains(column: place.column, row: place.row) ? screen(place) : nil
    }

    /// Stays within the plane, too: at its ends a larger window goes back as far as that takes.
    mutating func resize(columns: Int, rows: Int) {
        (self.columns, self.rows) = (columns, rows)
        move(to: origin)
    }

    /// Takes another grid, and shows a point of the board under a cell of the screen.
    mutating func zoom(to grid: Grid, showing point: Point, at cell: CellPlace) {
        self.grid = grid
        let place = grid.place(of: point)
        move(to: CellPlace(column: place.column - cell.column, row: place.row - cell.row))
    }

    mutating func center(on region: CellRegion) {
        move(to: CellPlace(column: region.column + region.columns / 2 - columns / 2, row: region.row + region.rows / 2 - rows / 2))
    }

    mutating func move(columns: Int, rows: Int) { move(to: place(column: columns, row: rows)) }

    /// Moves by as little as brings a cell of the board into view.
    mutating func show(_ place: CellPlace) {
        let (left, top) = screen(place)
        move(
            columns: left < 0 ? left : max(0, left - columns + 1),
            rows: top < 0 ? top : max(0, top - rows + 1))
    }

    /// Moves by as little as brings a cell of the board into the middle half.
    mutating func keepInMiddle(_ place: CellPlace) {
        let (left, top) = screen(place)
        let (besides, above) = (columns / 4, rows / 4)
        move(
            columns: left < besides ? left - besides : max(0, left - columns + 1 + besides),
            rows: top < above ? top - above : max(0, top - rows + 1 + above))
    }

    /// Stays within the plane (TM-239).
    private mutating func move(to place: CellPlace) {
        let plane = grid.plane
        origin = CellPlace(
            column: max(plane.column, min(plane.columnRange.upperBound - columns, place.column)),
            row: max(plane.row, min(plane.rowRange.upperBound - rows, place.row)))
    }
}

extension Grid {
    /// All cells in which a point of the board can lie (TM-354).
    var plane: CellRegion {
        let limit = Limits.coordinate
        return CellRegion(from: place(of: Point(x: -limit, y: -limit)), to: place(of: Point(x: limit, y: limit)))
    }
}
