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
    private let layout: TextLayout
    /// The row of the board in which the first row that is shown stands.
    let top: Int
    /// Rows of the text that are shown.
    let shown: Int
    /// Rows of the text above the first that is shown.
    private let hidden: Int
    /// The row of the text in which it is written; nil where it is not.
    private let written: Int?
    private let side: Side
    /// Columns at which the text wraps; nil where only its own line breaks count.
    private let wrap: Int?
    /// A grid on which letters are larger than at 100 %, where the text is not being written; nil for all else (FM-237).
    private let coarse: Grid?

    private enum Side: Sendable {
        case leading(Int)
        case centered(column: Int, columns: Int)
        case around(Int)
    }

    /// - Parameter caret: characters before the caret while the text is written. What a box cannot hold is shown about the caret then, else
    ///   from its beginning on (FM-232).
    init(_ shape: ShapeDraft, on grid: Grid, caret: Int? = nil) {
        coarse = grid.isCoarse && caret == nil ? grid : nil
        let room: Int
        switch shape.kind {
        case .rectangle, .ellipse, .diamond, .note:
            let box = shape.cellRegion(on: grid)
            let inside = box.inside
            if let (columns, rows) = shape.layoutWithinOutline(inside, on: grid) {
                (wrap, layout) = (columns, rows)
            } else {
                (wrap, layout) = (inside.columns, TextLayout(shape.text, columns: inside.columns))
            }
            // From afar the frame is seen, if need be with its label in the upper side (FM-236).
            room = coarse == nil ? inside.rows : box.columns <= 2 ? 0 : box.rows <= 2 || inside.columns <= 2 ? 1 : inside.rows
            if shape.kind == .note {
                (top, side) = (inside.row, .leading(inside.column))
            } else {
                top = inside.row + (inside.rows - min(layout.rows.count, room)) / 2
                side = .centered(column: inside.column, columns: inside.columns)
            }
        case .text:
            (wrap, layout) = (nil, TextLayout(shape.text))
            room = coarse?.shortened(layout.rows.count) ?? layout.rows.count
            top = grid.row(Int(shape.position.y))
            side = .leading(grid.column(Int(shape.position.x)))
        case .line, .arrow, .freehand:
            (wrap, layout) = (nil, TextLayout(shape.text))
            room = coarse?.shortened(layout.rows.count) ?? layout.rows.count
            let middle = grid.place(of: shape.labelPoint)
            let (line, onLine) = (shape.cellRegion(on: grid), (room - 1) / 2)
            // A label that would hide a level line to its ends, and the head of an arrow, stands above it (FM-31).
            let columns = Self.columns(of: layout.rows[onLine], on: coarse)
            let hidesLine = shape.kind != .freehand && line.rows == 1 && columns > max(0, line.columns - 2)
            top = hidesLine ? line.row - room : middle.row - onLine
            side = .around(middle.column)
        }
        shown = min(layout.rows.count, room)
        written = caret.map { [layout] in layout.caret(after: $0).row }
        hidden = written.map { [shown] in max(0, $0 - shown + 1) } ?? 0
    }

    /// A row that is shown, from the first on: where it begins, and its glyphs.
    func row(_ index: Int) -> (column: Int, items: [TextLayout.Item]) {
        let row = layout.rows[hidden + index]
        // What is written now is not covered (FM-25).
        let isLast = index == shown - 1 && hidden + index != written && lacksLetters
        let limit = wrap ?? Self.columns(of: row, on: coarse)
        let items =
            !isLast && (row.columns <= limit || !row.hasLetters)
            ? row.items : coarse != nil && limit <= 2 && row.hasLetters ? row.bar(of: limit) : row.cut(to: limit)
        return (column(of: items.reduce(0) { $0 + $1.columns }), items)
    }

    /// Cells that a row has where no box holds it: from afar those that it covers at 100 % (FM-130).
    private static func columns(of row: TextLayout.Row, on coarse: Grid?) -> Int {
        coarse.map { max(1, $0.shortened(row.columns)) } ?? row.columns
    }

    /// True if letters follow the last row that is shown.
    private var lacksLetters: Bool { layout.rows[(hidden + shown)...].contains(where: \.hasLetters) }

    /// The column in which a row begins that takes so many.
    private func column(of width: Int) -> Int {
        switch side {
        case .leading(let column): column
        // FM-4
        case .centered(let column, let columns): column + max(0, (columns - width) / 2)
        case .around(let column): column - width / 2
        }
    }

    /// The cells of the rows that are shown; nil for no text.
    var region: CellRegion? {
        var all: CellRegion?
        for index in 0..<shown {
            let (column, items) = row(index)
            let region = CellRegion(column: column, row: top + index, columns: items.reduce(0) { $0 + $1.columns }, rows: 1)
            all = all?.union(region) ?? region
        }
        return all
    }

    /// All of the text as it is wrapped, with its line breaks, and the cells that it takes then.
    ///
    /// - Parameter text: the text that was placed.
    func wrapped(_ text: String) -> (text: String, columns: Int, rows: Int) {
        let letters = Array(text)
        let rows = layout.rows.map { String(letters[$0.start..<$0.end]) }
        return (rows.joined(separator: "\n"), layout.extent.columns, layout.rows.count)
    }

    /// The cell of a caret after so many characters.
    func place(ofCaret count: Int) -> CellPlace {
        let (row, columns) = layout.caret(after: count)
        return CellPlace(column: column(of: layout.columns(ofRow: row)) + columns, row: top + max(0, min(shown - 1, row - hidden)))
    }

    /// The first cell in which a letter stands; nil where none does.
    var firstLetter: CellPlace? {
        for index in 0..<shown {
            var (column, items) = row(index)
            for item in items {
                if item.glyph != .space { return CellPlace(column: column, row: top + index) }
                column += item.columns
            }
        }
        return nil
    }
}

extension ShapeDraft {
    /// The text of an ellipse or a diamond in rows that leave the outline whole, with the cells of a row; nil for other kinds, and where that would
    /// part a word that the box holds, or hide one: letters go before an outline (FM-30).
    fileprivate func layoutWithinOutline(_ inside: CellRegion, on grid: Grid) -> (columns: Int, layout: TextLayout)? {
        guard kind == .ellipse || kind == .diamond, !text.isEmpty, text.utf8.count <= Self.labelBytesMax else { return nil }
        let lines = text.split(whereSeparator: \.isNewline)
        let word = lines.reduce(0) { $1.split(separator: " ").reduce($0) { max($0, CharacterWidth.columns(of: String($1))) } }
        let letters = lines.reduce(0) { $1.reduce($0) { $0 + ($1 == " " ? 0 : CharacterWidth.columns(of: $1)) } }
        let outline = RoundOutline(self, on: grid)
        var tries = 0
        for rows in 1...inside.rows {
            let top = inside.row + (inside.rows - rows) / 2
            let columns = outline.columnsInside(inside, rows: top..<top + rows, pen: DotPen(width: strokeWidth, on: grid))
            guard columns >= min(word, inside.columns), columns > 1 || columns == letters else { return nil }
            guard columns * rows >= letters else { continue }
            let layout = TextLayout(text, columns: columns)
            if layout.rows.count <= rows { return (columns, layout) }
            // A text that fits does so soon: of many rows each has about as much as the words in it.
            tries += 1
            if tries > 4 { return nil }
        }
        return nil
    }

    /// True if the label of an ellipse or a diamond stands within its outline at 100 %, and hides none of it.
    var holdsLabelWithinOutline: Bool { layoutWithinOutline(cellRegion(on: .standard).inside, on: .standard) != nil }

    /// Where a longer text wraps is not worth several looks at all of it.
    private static let labelBytesMax = 1024

    /// The cell after the first `count` characters of the shape's text, where a caret stands while it is edited.
    public func caretPlace(after count: Int, on grid: Grid) -> CellPlace {
        TextPlacement(self, on: grid, caret: count).place(ofCaret: count)
    }

    /// The middle of a path's label: between the two samples in the middle; the curve of a stroke goes through one.
    var labelPoint: Point {
        let points = points.isEmpty ? [.zero] : points
        let (left, right) = (points[(points.count - (kind == .freehand ? 0 : 1)) / 2], points[points.count / 2])
        return Point(
            clampingX: Int64(position.x) + (Int64(left.x) + Int64(right.x)) / 2,
            y: Int64(position.y) + (Int64(left.y) + Int64(right.y)) / 2)
    }

    /// The cells that the label of a line or stroke takes, wherever it is longer than these; nil for other kinds and for none.
    func labelRegion(on grid: Grid) -> CellRegion? { kind.isPath && !text.isEmpty ? TextPlacement(self, on: grid).region : nil }

    /// Cells beyond which the shape leaves no ink: quick, without a look at letters or bends, and never too few.
    public func reach(on grid: Grid) -> CellRegion { ShapeExtent(self).reach(on: grid) }

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
        region = region.grown(columns: (reach + 1) / 2, rows: (reach + 3) / 4)
        return labelRegion(on: grid).map { region.union($0) } ?? region
    }
}
