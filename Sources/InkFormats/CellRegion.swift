import InkBoard

/// The board's grid of terminal cells at 100 %: one cell is 8×16 px, 64×128 world units; a braille dot is 4×4 px, so circles are round.
public enum CellMetrics {
    /// World units in the width of a cell.
    public static let columnUnits = 64
    /// World units in the height of a cell.
    public static let rowUnits = 128
    /// World units in the side of a dot.
    public static let dotUnits = 32

    /// The column in which `x` lies.
    public static func column(_ x: Int) -> Int { x >> 6 }
    /// The row in which `y` lies.
    public static func row(_ y: Int) -> Int { y >> 7 }
    /// The dot column or row in which a world coordinate lies.
    static func dot(_ value: Int) -> Int { value >> 5 }

    /// The middle of a cell, where a pointer in it points.
    public static func middle(column: Int, row: Int) -> Point {
        Point(clampingX: Int64(column * columnUnits + columnUnits / 2), y: Int64(row * rowUnits + rowUnits / 2))
    }

    /// The top left corner of a cell, where a text in it begins.
    public static func corner(column: Int, row: Int) -> Point {
        Point(clampingX: Int64(column * columnUnits), y: Int64(row * rowUnits))
    }
}

/// A rectangle of cells on the board's grid: from `column`, `row`, `columns` wide and `rows` high.
public struct CellRegion: Hashable, Sendable {
    public var column: Int
    public var row: Int
    public var columns: Int
    public var rows: Int

    /// Negative extents count as 0.
    public init(column: Int, row: Int, columns: Int, rows: Int) {
        (self.column, self.row, self.columns, self.rows) = (column, row, max(0, columns), max(0, rows))
    }

    public var isEmpty: Bool { columns == 0 || rows == 0 }
    /// The columns in it.
    public var columnRange: Range<Int> { column..<column + columns }
    /// The rows in it.
    public var rowRange: Range<Int> { row..<row + rows }

    public func contains(column: Int, row: Int) -> Bool { columnRange.contains(column) && rowRange.contains(row) }

    public func overlaps(_ other: CellRegion) -> Bool {
        columnRange.overlaps(other.columnRange) && rowRange.overlaps(other.rowRange)
    }

    /// The smallest region with both in it.
    public func union(_ other: CellRegion) -> CellRegion {
        let (left, top) = (min(column, other.column), min(row, other.row))
        return CellRegion(
            column: left, row: top, columns: max(columnRange.upperBound, other.columnRange.upperBound) - left,
            rows: max(rowRange.upperBound, other.rowRange.upperBound) - top)
    }
}

extension ShapeDraft {
    /// The cells of the shape's box: of its corners, its samples, or its text where that is all it has.
    public var cellRegion: CellRegion {
        var (left, top) = (Int(position.x), Int(position.y))
        var (right, bottom) = (left, top)
        if kind.isPath {
            (left, top, right, bottom) = (Int.max, Int.max, Int.min, Int.min)
            for point in points.isEmpty ? [.zero] : points {
                let (x, y) = (Int(position.x) + Int(point.x), Int(position.y) + Int(point.y))
                (left, right) = (min(left, x), max(right, x))
                (top, bottom) = (min(top, y), max(bottom, y))
            }
        } else if kind != .text {
            right += max(0, Int(size.width))
            bottom += max(0, Int(size.height))
        }
        let (column, row) = (CellMetrics.column(left), CellMetrics.row(top))
        var region = CellRegion(
            column: column, row: row, columns: CellMetrics.column(right) - column + 1, rows: CellMetrics.row(bottom) - row + 1)
        if kind == .text || kind == .note && size == .zero {
            let extent = TextLayout.extent(of: text)
            let frame = kind == .note ? 2 : 0
            region.columns = max(1, extent.columns + frame)
            region.rows = max(1, extent.rows + frame)
        }
        return region
    }
}
