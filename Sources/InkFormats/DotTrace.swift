import InkBoard

/// Dots along straight pieces in a window, for what is drawn over a picture and is no shape. It costs by the window and not by the length of the way.
package struct DotTrace: Sendable {
    private var mask: DotMask
    private let grid: Grid

    package init(region: CellRegion, grid: Grid) { (mask, self.grid) = (DotMask(region: region), grid) }

    package mutating func add(from: Point, to: Point) {
        mask.addPiece(
            from: StrokeCurve.Place(x: Double(from.x), y: Double(from.y)), to: StrokeCurve.Place(x: Double(to.x), y: Double(to.y)), on: grid
        )
    }

    /// Gives the way a width of so many dots, 1 to 8.
    package mutating func widen(to dots: Int) { mask.widen(by: DotPen(size: dots)) }

    /// Calls `body` for each cell of the window that has dots, with how they look in braille.
    package func forEachCell(_ body: (CellPlace, Glyph) -> Void) {
        mask.forEachCell { column, row, dots in body(CellPlace(column: column, row: row), dots.glyph) }
    }
}
