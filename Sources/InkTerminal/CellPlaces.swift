import InkBoard
import InkFormats

extension CellPlace {
    /// The cells of the straight way to another place, that one included: a fast hand skips cells in its reports.
    func way(to other: CellPlace) -> [CellPlace] {
        let (dx, dy) = (other.column - column, other.row - row)
        let steps = max(abs(dx), abs(dy))
        guard steps > 0 else { return [other] }
        return (1...steps).map { CellPlace(column: column + dx * $0 / steps, row: row + dy * $0 / steps) }
    }
}

extension CellRegion {
    /// The region of which two places are corners.
    init(from: CellPlace, to: CellPlace) {
        self.init(
            column: min(from.column, to.column), row: min(from.row, to.row), columns: abs(from.column - to.column) + 1,
            rows: abs(from.row - to.row) + 1)
    }

    /// The region with that many cells more on every side.
    func grown(by cells: Int) -> CellRegion { grown(columns: cells, rows: cells) }

    var middle: CellPlace { CellPlace(column: column + columns / 2, row: row + rows / 2) }
}

extension Grid {
    func displacement(_ from: CellPlace, _ to: CellPlace) -> Point {
        displacement(columns: to.column - from.column, rows: to.row - from.row)
    }
}
