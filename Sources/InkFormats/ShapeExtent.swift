import InkBoard

/// Where a shape lies, measured once for all grids: a long stroke is not gone through, nor a long text laid out, to know its cells on another.
package struct ShapeExtent: Sendable {
    private let kind: ShapeKind
    /// World units: of the corners, or of the samples that lie farthest out; of a text, its place.
    let world: WorldBox
    /// Of a shape that is as large as its words, what they take.
    package let words: Words?
    /// Of a path, where the middle of its label is; nil for none.
    private let label: (middle: Point, bytes: Int)?

    /// The letters of a text in a row, and its rows, where only its own line breaks count.
    package struct Words: Hashable, Sendable {
        let columns: Int
        let rows: Int

        init(_ text: String) { (columns, rows) = TextLayout.extent(of: text) }
    }

    /// - Parameter words: of the same text, if they were counted before.
    package init(_ shape: ShapeDraft, words known: Words? = nil) {
        kind = shape.kind
        var (words, label): (Words?, (Point, Int)?)
        if shape.isSizedByText {
            let counted = known ?? Words(shape.text)
            words = counted
            let (x, y) = (Int(shape.position.x), Int(shape.position.y))
            var paper = WorldBox(left: x, top: y, right: x, bottom: y)
            // The paper of a note is as large on every grid as its words and their frame are at 100 % (FM-130).
            if shape.kind == .note {
                paper.right += (max(1, counted.columns + 2) - 1) * Grid.standard.columnUnits
                paper.bottom += (counted.rows + 1) * Grid.standard.rowUnits
            }
            world = paper
        } else {
            world = shape.worldBox
            // A letter of two cells takes three bytes or more, and a row has a line break.
            if shape.kind.isPath, !shape.text.isEmpty { label = (shape.labelPoint, shape.text.utf8.count + 1) }
        }
        (self.words, self.label) = (words, label)
    }

    /// The cells of the shape's box: of its corners, its samples, or its text where that is all it has.
    package func box(on grid: Grid) -> CellRegion {
        let (column, row) = (grid.column(world.left), grid.row(world.top))
        guard kind == .text, let words else {
            return CellRegion(
                column: column, row: row, columns: grid.column(world.right) - column + 1, rows: grid.row(world.bottom) - row + 1)
        }
        return CellRegion(
            column: column, row: row, columns: max(1, grid.shortened(words.columns)), rows: max(1, grid.shortened(words.rows)))
    }

    /// Cells beyond which the shape leaves no ink: quick, without a look at letters or bends, and never too few (FM-228, FM-21).
    package func reach(on grid: Grid) -> CellRegion {
        var region = box(on: grid)
        switch kind {
        case .rectangle, .note, .text: return region
        case .ellipse, .diamond, .line, .arrow: region = region.grown(columns: Self.penCells, rows: Self.penCells)
        // A Catmull-Rom piece leaves the box of its samples by less than half of that box.
        case .freehand: region = region.grown(columns: Self.penCells + region.columns / 2, rows: Self.penCells + region.rows / 2)
        }
        guard let label else { return region }
        let middle = grid.place(of: label.middle)
        return region.union(
            CellRegion(column: middle.column, row: middle.row, columns: 1, rows: 1).grown(columns: label.bytes, rows: label.bytes))
    }

    /// World units beyond which the shape leaves no ink on any grid, but for `margin` cells of that grid (FM-21).
    package var worldReach: (left: Int, top: Int, right: Int, bottom: Int) {
        let standard = Grid.standard
        var (left, top, right, bottom) = (world.left, world.top, world.right, world.bottom)
        if kind == .text, let words {
            right += words.columns * standard.columnUnits
            bottom += words.rows * standard.rowUnits
        } else if kind == .freehand {
            let (width, height) = (right - left, bottom - top)
            (left, right) = (left - width / 2 - 1, right + width / 2 + 1)
            (top, bottom) = (top - height / 2 - 1, bottom + height / 2 + 1)
        }
        guard let label else { return (left, top, right, bottom) }
        let (x, y) = (Int(label.middle.x), Int(label.middle.y))
        let (width, height) = (label.bytes * standard.columnUnits, label.bytes * standard.rowUnits)
        return (min(left, x - width), min(top, y - height), max(right, x + width), max(bottom, y + height))
    }

    /// A pen is four cells wide at most; rounding takes two more.
    package static let margin = penCells + 2

    private static let penCells = 4
}
