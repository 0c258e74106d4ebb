import InkBoard

extension CellRegion {
    /// A box without its border, or the box itself where the border leaves nothing.
    var inside: CellRegion {
        var inside = self
        if columns > 2 { (inside.column, inside.columns) = (column + 1, columns - 2) }
        if rows > 2 { (inside.row, inside.rows) = (row + 1, rows - 2) }
        return inside
    }
}

/// Where the rows of a shape's text stand.
struct TextPlacement: Sendable {
    let layout: TextLayout
    /// The row of the board in which the first row of the text stands.
    let top: Int
    /// Rows of the text that are shown, the first ones.
    let shown: Int
    private let side: Side
    /// Columns at which the text wraps; nil where only its own line breaks count.
    private let wrap: Int?

    private enum Side: Sendable {
        case leading(Int)
        case centered(column: Int, columns: Int)
        case around(Int)
    }

    init(_ shape: ShapeDraft, on grid: Grid) {
        switch shape.kind {
        case .rectangle, .ellipse, .diamond:
            let inside = shape.cellRegion(on: grid).inside
            (wrap, layout) = (inside.columns, TextLayout(shape.text, columns: inside.columns))
            shown = min(layout.rows.count, inside.rows)
            top = inside.row + (inside.rows - shown) / 2
            side = .centered(column: inside.column, columns: inside.columns)
        case .note:
            let inside = shape.cellRegion(on: grid).inside
            (wrap, layout) = (inside.columns, TextLayout(shape.text, columns: inside.columns))
            shown = min(layout.rows.count, inside.rows)
            (top, side) = (inside.row, .leading(inside.column))
        case .text:
            (wrap, layout) = (nil, TextLayout(shape.text))
            shown = layout.rows.count
            top = grid.row(Int(shape.position.y))
            side = .leading(grid.column(Int(shape.position.x)))
        case .line, .arrow, .freehand:
            (wrap, layout) = (nil, TextLayout(shape.text))
            shown = layout.rows.count
            // Between the two samples in the middle; the curve of a stroke goes through one.
            let points = shape.points.isEmpty ? [.zero] : shape.points
            let (left, right) = (points[(points.count - (shape.kind == .freehand ? 0 : 1)) / 2], points[points.count / 2])
            let x = Int(shape.position.x) + (Int(left.x) + Int(right.x)) / 2
            let y = Int(shape.position.y) + (Int(left.y) + Int(right.y)) / 2
            top = grid.row(y) - (layout.rows.count - 1) / 2
            side = .around(grid.column(x))
        }
    }

    /// The column in which a row of the text begins; one beyond the last begins as an empty row would.
    func column(ofRow index: Int) -> Int {
        let width = index < layout.rows.count ? layout.columns(ofRow: index) : 0
        return switch side {
        case .leading(let column): column
        case .centered(let column, let columns): column + max(0, (columns - width) / 2)
        case .around(let column): column - width / 2
        }
    }

    /// The cells of the rows that are shown; nil for no text.
    var region: CellRegion? {
        var all: CellRegion?
        for index in 0..<shown {
            let row = CellRegion(column: column(ofRow: index), row: top + index, columns: layout.columns(ofRow: index), rows: 1)
            all = all?.union(row) ?? row
        }
        return all
    }

    /// Rows and columns of the text before a caret.
    func extent(of prefix: String) -> (row: Int, columns: Int) {
        let before = wrap.map { TextLayout(prefix, columns: $0) } ?? TextLayout(prefix)
        let row = max(0, before.rows.count - 1)
        return (row, before.rows.isEmpty ? 0 : before.columns(ofRow: row))
    }
}

extension ShapeDraft {
    /// The cell after the first `count` characters of the shape's text, where a caret stands while it is edited.
    public func caretPlace(after count: Int, on grid: Grid) -> CellPlace {
        let placement = TextPlacement(self, on: grid)
        let (row, columns) = placement.extent(of: String(text.prefix(count)))
        let isBoxed = !kind.isPath && kind != .text
        let last = isBoxed ? cellRegion(on: grid).inside.rowRange.upperBound - 1 : Int.max
        return CellPlace(column: placement.column(ofRow: row) + columns, row: min(placement.top + row, last))
    }

    /// The cells that the label of a line or stroke takes, wherever it is longer than these; nil for other kinds and for none.
    public func labelRegion(on grid: Grid) -> CellRegion? {
        kind.isPath && !text.isEmpty ? TextPlacement(self, on: grid).region : nil
    }

    /// The cells in which the shape can leave ink: with its pen, its label and the bends of its curve.
    func inkRegion(on grid: Grid) -> CellRegion {
        var region = cellRegion(on: grid)
        switch kind {
        case .rectangle, .note, .text: return region
        case .ellipse, .diamond, .line, .arrow: break
        case .freehand: region = region.union(StrokeCurve(points: points, origin: position).cellRegion(on: grid) ?? region)
        }
        // Dots to each side of the pen's middle, in whole cells of 2×4.
        let reach = DotPen(width: strokeWidth, on: grid).size / 2
        let (columns, rows) = ((reach + 1) / 2, (reach + 3) / 4)
        region = CellRegion(
            column: region.column - columns, row: region.row - rows, columns: region.columns + 2 * columns, rows: region.rows + 2 * rows)
        return labelRegion(on: grid).map { region.union($0) } ?? region
    }
}
