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
