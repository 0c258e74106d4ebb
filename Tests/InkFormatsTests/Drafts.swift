import InkBoard
import InkFormats

/// A rectangle between the middles of two cells.
func box(
    _ left: Int, _ top: Int, _ right: Int, _ bottom: Int, text: String = "", fill: Color? = nil, width: UInt16 = 16, stroke: Color? = nil
) -> ShapeDraft {
    box(.rectangle, left, top, right, bottom, text: text, fill: fill, width: width, stroke: stroke)
}

/// A shape between the middles of two cells.
func box(
    _ kind: ShapeKind, _ left: Int, _ top: Int, _ right: Int, _ bottom: Int, text: String = "", fill: Color? = nil, width: UInt16 = 16,
    stroke: Color? = nil
) -> ShapeDraft {
    let (from, to) = (middle(left, top), middle(right, bottom))
    return ShapeDraft(
        kind: kind, position: from, size: Size(width: to.x - from.x, height: to.y - from.y), text: text, stroke: stroke, fill: fill,
        strokeWidth: width)
}

/// A path through the middles of cells.
func path(_ kind: ShapeKind, _ cells: [(Int, Int)], text: String = "", width: UInt16 = 16) -> ShapeDraft {
    let places = cells.map { middle($0.0, $0.1) }
    return ShapeDraft(kind: kind, position: places[0], points: places.map { $0 - places[0] }, text: text, strokeWidth: width)
}

/// A text whose first letter stands in that cell.
func words(_ text: String, _ column: Int, _ row: Int) -> ShapeDraft {
    ShapeDraft(kind: .text, position: corner(column, row), text: text)
}

/// The drawing as text, in a window that begins at the board's origin or at the given cell.
func picture(
    _ shapes: [ShapeDraft], _ columns: Int, _ rows: Int, column: Int = 0, row: Int = 0, style: GlyphStyle = .unicode
) -> String {
    TextExport.text(of: shapes, style: style, region: CellRegion(column: column, row: row, columns: columns, rows: rows))
}

/// The middle of a cell at 100 %.
func middle(_ column: Int, _ row: Int) -> Point { Grid.standard.middle(of: CellPlace(column: column, row: row)) }
/// The corner of a cell at 100 %.
func corner(_ column: Int, _ row: Int) -> Point { Grid.standard.corner(of: CellPlace(column: column, row: row)) }
