import InkBoard

/// A rectangle of cells on a board's grid: from `column`, `row`, `columns` wide and `rows` high.
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

    /// The region with so many cells more on each side.
    public func grown(columns more: Int, rows moreRows: Int) -> CellRegion {
        CellRegion(column: column - more, row: row - moreRows, columns: columns + 2 * more, rows: rows + 2 * moreRows)
    }

    /// The parts of the region that are not in another of which it has the better part, as rectangles; nil where it has less.
    package func strips(beside other: CellRegion) -> [CellRegion]? {
        let common = intersection(other)
        guard 2 * common.columns * common.rows > columns * rows else { return nil }
        let (right, bottom) = (common.columnRange.upperBound, common.rowRange.upperBound)
        return [
            CellRegion(column: column, row: row, columns: columns, rows: common.row - row),
            CellRegion(column: column, row: bottom, columns: columns, rows: rowRange.upperBound - bottom),
            CellRegion(column: column, row: common.row, columns: common.column - column, rows: common.rows),
            CellRegion(column: right, row: common.row, columns: columnRange.upperBound - right, rows: common.rows),
        ].filter { !$0.isEmpty }
    }

    /// What lies in both; empty where nothing does.
    public func intersection(_ other: CellRegion) -> CellRegion {
        let (left, top) = (max(column, other.column), max(row, other.row))
        return CellRegion(
            column: left, row: top, columns: min(columnRange.upperBound, other.columnRange.upperBound) - left,
            rows: min(rowRange.upperBound, other.rowRange.upperBound) - top)
    }
}

extension ShapeDraft {
    /// The cells of the shape's box: of its corners, its samples, or its text where that is all it has.
    public func cellRegion(on grid: Grid) -> CellRegion { ShapeExtent(self).box(on: grid) }

    /// The same with a size of its own: that which its words give it (O1).
    public func withOwnSize(on grid: Grid) -> ShapeDraft {
        guard isSizedByText, kind != .text else { return self }
        var sized = self
        let box = cellRegion(on: grid)
        sized.size = Size(
            width: Int32(clamping: (box.columns - 1) * grid.columnUnits), height: Int32(clamping: (box.rows - 1) * grid.rowUnits))
        return sized
    }

    /// A cell in which the shape leaves ink, near a place; nil for a shape that leaves none (FM-21).
    public func inkPlace(near place: CellPlace, on grid: Grid) -> CellPlace? {
        let box = cellRegion(on: grid)
        let (left, top, right, bottom) = (box.column, box.row, box.columnRange.upperBound - 1, box.rowRange.upperBound - 1)
        let inside = CellPlace(column: max(left, min(right, place.column)), row: max(top, min(bottom, place.row)))
        let candidates: [CellPlace]
        switch kind {
        case .rectangle, .note:
            candidates = [
                CellPlace(column: left, row: inside.row), CellPlace(column: right, row: inside.row),
                CellPlace(column: inside.column, row: top), CellPlace(column: inside.column, row: bottom),
            ]
        case .ellipse, .diamond:
            let middle = CellPlace(column: (left + right) / 2, row: (top + bottom) / 2)
            candidates = [
                CellPlace(column: left, row: middle.row), CellPlace(column: right, row: middle.row),
                CellPlace(column: middle.column, row: top), CellPlace(column: middle.column, row: bottom),
            ]
        case .line, .arrow, .freehand:
            let places = points.map { grid.place(of: position + $0) }
            candidates = [places.min { $0.distance(to: place) < $1.distance(to: place) } ?? grid.place(of: position)]
        case .text:
            guard let letter = TextPlacement(self, on: grid).firstLetter else { return nil }
            return letter
        }
        // Averaged samples and outlines that end between two cells lie a cell beside them.
        for candidate in candidates.sorted(by: { $0.distance(to: place) < $1.distance(to: place) }) {
            let near = CellRegion(column: candidate.column, row: candidate.row, columns: 1, rows: 1).grown(columns: 1, rows: 1)
            let stamp = ShapeStamp(self, in: near, on: grid)
            let cells = near.rowRange.flatMap { row in near.columnRange.map { CellPlace(column: $0, row: row) } }
            let inked = cells.filter { stamp.hasInk(at: $0) }
            if let cell = inked.min(by: { $0.distance(to: candidate) < $1.distance(to: candidate) }) { return cell }
        }
        return nil
    }
}

extension CellPlace {
    /// Cells to another place, a row for as far as two columns.
    package func distance(to other: CellPlace) -> Int { max(abs(column - other.column), 2 * abs(row - other.row)) }
}

extension CellRegion {
    /// The cells at 100 % in which the points between two corners lie, both included.
    public init(covering corner: Point, _ opposite: Point) {
        let (first, last) = (Grid.standard.place(of: corner), Grid.standard.place(of: opposite))
        self.init(column: first.column, row: first.row, columns: last.column - first.column + 1, rows: last.row - first.row + 1)
    }
}
