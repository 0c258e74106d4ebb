import InkFormats
import InkFrontEnd

/// What lies beyond the sides of the window.
extension BoardScene {
    /// An arrow on each side beyond which the drawing goes on, where a cell is free for it: no ink makes way (TM-136).
    mutating func drawEdges(on buffer: inout CellBuffer) {
        let (columns, rows) = (layout.canvasColumns, layout.canvasRows)
        guard columns >= 8, rows >= 4, let content = regions.content() else { return }
        // What reaches out of the plane cannot be gone to.
        let (all, view) = (content.intersection(grid.plane), viewport.region)
        let isOwn = isOwnCell()
        let marks = display.style == .ascii ? ["<", ">", "^", "v"] as [Unicode.Scalar] : ["◄", "►", "▲", "▼"]
        func put(_ mark: Unicode.Scalar, _ cells: [(column: Int, row: Int)]) {
            guard let free = cells.first(where: { buffer[$0.column, $0.row] == .blank && !isOwn($0.column, $0.row) }) else { return }
            buffer.put(Cell(Glyph(mark), attributes: .dim), column: free.column, row: free.row)
        }
        let (lines, places) = (Self.fromMiddle(rows), Self.fromMiddle(columns))
        if all.column < view.column { put(marks[0], lines.map { (0, $0) }) }
        if all.columnRange.upperBound > view.columnRange.upperBound { put(marks[1], lines.map { (columns - 1, $0) }) }
        if all.row < view.row { put(marks[2], places.map { ($0, 0) }) }
        if all.rowRange.upperBound > view.rowRange.upperBound { put(marks[3], places.map { ($0, rows - 1) }) }
    }

    /// True for the cells of the screen where the person writes or points by keys: a mark there would be taken for ink (TM-136).
    private func isOwnCell() -> (_ column: Int, _ row: Int) -> Bool {
        let own = [caretPlace, pulledPlace ?? keyPlace].compactMap { $0.flatMap { viewport.seen($0) } }
        return { column, row in own.contains { $0 == (column, row) } }
    }

    /// The cell of the screen for a pointer: where it is, or of one beyond the window the nearest at its edge (TM-137).
    func shown(_ place: CellPlace) -> (column: Int, row: Int) {
        let (column, row) = viewport.screen(place)
        return (max(0, min(viewport.columns - 1, column)), max(0, min(viewport.rows - 1, row)))
    }

    /// Numbers from 0, those in the middle first.
    private static func fromMiddle(_ count: Int) -> [Int] { (0..<count).sorted { (abs(2 * $0 - count), $0) < (abs(2 * $1 - count), $1) } }

    /// Dots that help to align, where nothing is drawn (TM-140).
    func drawGrid(on buffer: inout CellBuffer) {
        guard display.showsGrid else { return }
        let isOwn = isOwnCell()
        let mark = Cell(display.style == .ascii ? Glyph(".") : Glyph("·"), attributes: .dim)
        for row in 0..<layout.canvasRows {
            for column in 0..<layout.canvasColumns where buffer[column, row] == .blank && !isOwn(column, row) {
                let place = viewport.place(column: column, row: row)
                if place.column % 10 == 0, place.row % 5 == 0 { buffer.put(mark, column: column, row: row) }
            }
        }
    }
}
