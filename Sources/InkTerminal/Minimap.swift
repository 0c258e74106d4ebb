import InkFormats
import InkFrontEnd

/// Where the window is, in small.
extension BoardScene {
    /// The whole drawing in a corner, with the part of it that is seen, and where the others point.
    mutating func drawMinimap(on buffer: inout CellBuffer) {
        let (width, height) = (Self.minimapColumns, Self.minimapRows)
        let (left, top) = (layout.canvasColumns - width - 1, layout.canvasRows - height - 1)
        guard display.showsMinimap, left > width, top > height, let content = regions.content() else { return }
        let all = content.union(viewport.region)
        func cell(_ place: CellPlace) -> (column: Int, row: Int) {
            let (column, row) = ((place.column - all.column) * width / all.columns, (place.row - all.row) * height / all.rows)
            return (left + max(0, min(width - 1, column)), top + max(0, min(height - 1, row)))
        }
        func corners(_ region: CellRegion) -> (first: (column: Int, row: Int), last: (column: Int, row: Int)) {
            let last = CellPlace(column: region.columnRange.upperBound - 1, row: region.rowRange.upperBound - 1)
            return (cell(CellPlace(column: region.column, row: region.row)), cell(last))
        }
        let (drawing, seen) = (corners(content), corners(viewport.region))
        let dot = display.style == .ascii ? Glyph(":") : Glyph("▒")
        for row in top..<top + height {
            for column in left..<left + width {
                let isDrawing =
                    (drawing.first.column...drawing.last.column).contains(column) && (drawing.first.row...drawing.last.row).contains(row)
                let isSeen = (seen.first.column...seen.last.column).contains(column) && (seen.first.row...seen.last.row).contains(row)
                let attributes: Cell.Attributes = isSeen ? .reverse : .dim
                buffer.put(Cell(isDrawing ? dot : .space, attributes: attributes), column: column, row: row)
            }
        }
        guard !display.hidesCursors else { return }
        for pointer in shownMotion.pointers {
            guard let person = front.people[pointer.peer] else { continue }
            let color = front.people.color(person)
            let (column, row) = cell(pointer.place)
            let mark = display.style == .ascii ? color.asciiMarker : color.marker
            buffer.put(Cell(Glyph(mark), foreground: color.ink(onDark: display.isDark)), column: column, row: row)
        }
    }

    private static let minimapColumns = 16
    private static let minimapRows = 5
}
