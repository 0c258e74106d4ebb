import InkBoard

/// How each kind of shape becomes edges, dots and glyphs.
extension CellRaster {
    mutating func drawBody(of shape: ShapeDraft) {
        guard !region.isEmpty else { return }
        switch shape.kind {
        case .rectangle:
            drawBox(shape, isRounded: false)
            drawText(of: shape, color: inkColor(of: shape))
        case .note:
            drawBox(shape, isRounded: true)
            drawText(of: shape, color: inkColor(of: shape))
        case .ellipse, .diamond: drawRound(shape)
        case .line, .arrow: drawPath(shape)
        case .freehand: drawStroke(shape)
        case .text: drawText(of: shape, color: shape.stroke)
        }
    }

    // MARK: Boxes

    private mutating func drawBox(_ shape: ShapeDraft, isRounded: Bool) {
        let box = shape.cellRegion(on: grid)
        let (left, top) = (box.column, box.row)
        let (right, bottom) = (left + box.columns - 1, top + box.rows - 1)
        guard box.overlaps(region) else { return }
        if let fill = shape.fill {
            for row in max(top, region.row)...min(bottom, region.row + region.rows - 1) {
                self.fill(columns: left...right, row: row, color: fill)
            }
        }
        let color = inkColor(of: shape)
        let weight: UInt8 = shape.strokeWidth >= 32 ? 2 : 1
        if left == right && top == bottom {
            put(Glyph("□"), columns: 1, column: left, row: top, color: color)
        } else {
            addHorizontal(row: top, from: left, to: right, weight: weight, color: color, isRounded: isRounded)
            addVertical(column: left, from: top, to: bottom, weight: weight, color: color, isRounded: isRounded)
            if top != bottom { addHorizontal(row: bottom, from: left, to: right, weight: weight, color: color, isRounded: isRounded) }
            if left != right { addVertical(column: right, from: top, to: bottom, weight: weight, color: color, isRounded: isRounded) }
        }
    }

    private mutating func drawRound(_ shape: ShapeDraft) {
        guard shape.cellRegion(on: grid).overlaps(region) else { return }
        let outline = RoundOutline(shape, on: grid)
        if let fill = shape.fill {
            outline.forEachFilledCell(in: region) { column, row in self.fill(columns: column...column, row: row, color: fill) }
        }
        let color = inkColor(of: shape)
        let pen = DotPen(width: shape.strokeWidth, on: grid)
        outline.forEachDot(in: region) { x, y in pen.stamp(x, y) { addDot(x: $0, y: $1, color: color) } }
        drawText(of: shape, color: color)
    }

    /// The shape's own colour, or one that can be read on its fill.
    private func inkColor(of shape: ShapeDraft) -> Color? {
        if let stroke = shape.stroke { return stroke }
        guard let rgb = shape.fill?.rgb else { return nil }
        // Rec. 601 luma, in thousandths of 255.
        let luma = 299 * (rgb >> 16) + 587 * (rgb >> 8 & 255) + 114 * (rgb & 255)
        return Color(rgb: luma >= 128_000 ? 0 : 0xFF_FFFF)
    }

    // MARK: Paths

    private mutating func drawPath(_ shape: ShapeDraft) {
        let points = shape.points.isEmpty ? [.zero] : shape.points
        let weight: UInt8 = shape.strokeWidth >= 32 ? 2 : 1
        let pen = DotPen(width: shape.strokeWidth, on: grid)
        let places = points.map { (x: Int(shape.position.x) + Int($0.x), y: Int(shape.position.y) + Int($0.y)) }
        var last = places[0]
        // Direction of the last piece that leaves its cell, for the arrow's head.
        var heading = (dx: 0, dy: 0)
        var isOneCell = true
        for place in places.dropFirst() {
            let (fromColumn, fromRow) = (grid.column(last.x), grid.row(last.y))
            let (toColumn, toRow) = (grid.column(place.x), grid.row(place.y))
            if fromColumn == toColumn && fromRow == toRow { continue }
            if fromRow == toRow {
                addHorizontal(
                    row: fromRow, from: min(fromColumn, toColumn), to: max(fromColumn, toColumn), weight: weight, color: shape.stroke)
            } else if fromColumn == toColumn {
                addVertical(column: fromColumn, from: min(fromRow, toRow), to: max(fromRow, toRow), weight: weight, color: shape.stroke)
            } else {
                drawDots(
                    from: StrokeCurve.Place(x: Double(last.x), y: Double(last.y)),
                    to: StrokeCurve.Place(x: Double(place.x), y: Double(place.y)),
                    pen: pen, color: shape.stroke)
            }
            heading = (place.x - last.x, place.y - last.y)
            last = place
            isOneCell = false
        }
        if isOneCell { pen.stamp(grid.dot(last.x), grid.dot(last.y)) { addDot(x: $0, y: $1, color: shape.stroke) } }
        if shape.kind == .arrow, !isOneCell {
            let isFlat = abs(heading.dx) >= abs(heading.dy)
            let head: Unicode.Scalar = isFlat ? (heading.dx > 0 ? "►" : "◄") : (heading.dy > 0 ? "▼" : "▲")
            put(Glyph(head), columns: 1, column: grid.column(last.x), row: grid.row(last.y), color: shape.stroke)
        }
        drawText(of: shape, color: shape.stroke)
    }

    private mutating func drawStroke(_ shape: ShapeDraft) {
        guard !shape.points.isEmpty else { return }
        if touchesRegion(shape) { drawCurve(shape) }
        drawText(of: shape, color: shape.stroke)
    }

    private mutating func drawCurve(_ shape: ShapeDraft) {
        let pen = DotPen(width: shape.strokeWidth, on: grid)
        StrokeCurve(points: shape.points, origin: shape.position).forEachPiece(touching: region.box(on: grid, around: pen)) { from, to in
            drawDots(from: from, to: to, pen: pen, color: shape.stroke)
        }
    }

    /// True if a stroke, with its pen and its curve's overshoot, can reach the region: quick, and never wrongly false.
    private func touchesRegion(_ shape: ShapeDraft) -> Bool {
        let box = shape.cellRegion(on: grid)
        // A Catmull-Rom piece leaves the box of its samples by less than half of that box; the pen by less than four cells.
        let (moreColumns, moreRows) = (4 + box.columns / 2, 4 + box.rows / 2)
        return CellRegion(
            column: box.column - moreColumns, row: box.row - moreRows, columns: box.columns + 2 * moreColumns, rows: box.rows + 2 * moreRows
        ).overlaps(region)
    }

    /// A straight piece in dots.
    private mutating func drawDots(from: StrokeCurve.Place, to: StrokeCurve.Place, pen: DotPen, color: Color?) {
        region.forEachDot(from: from, to: to, pen: pen, on: grid) { addDot(x: $0, y: $1, color: color) }
    }

    /// Lays what is known of a stroke that grows over what was drawn before.
    ///
    /// - Parameter places: the only cells that can be another than before, among them all in which the stroke bends; nil for all.
    package mutating func draw(_ stroke: GrowingStroke, color: Color?, in places: [Int]? = nil) {
        precondition(stroke.region == region && stroke.grid == grid, "a stroke kept for \(stroke.region) is not laid into \(region)")
        beginShape()
        stroke.forEachSettledCell(of: places) { place, dots in addDots(dots, at: place, color: color) }
        stroke.forEachBendingDot { addDot(x: $0, y: $1, color: color) }
    }

    // MARK: Text

    private mutating func drawText(of shape: ShapeDraft, color: Color?) {
        guard !shape.text.isEmpty else { return }
        let placement = TextPlacement(shape, on: grid)
        for index in 0..<placement.shown {
            let row = placement.row(index)
            drawRow(row.items, column: row.column, row: placement.top + index, color: color)
        }
    }

    /// Spaces are transparent: they show what lies under them.
    private mutating func drawRow(_ items: [TextLayout.Item], column: Int, row: Int, color: Color?) {
        guard region.rowRange.contains(row) else { return }
        var column = column
        for item in items {
            if item.glyph != .space { put(item.glyph, columns: item.columns, column: column, row: row, color: color) }
            column += item.columns
        }
    }
}

extension CellRegion {
    /// The region in world units, as far as a pen reaches into it.
    func box(on grid: Grid, around pen: DotPen) -> (left: Double, top: Double, right: Double, bottom: Double) {
        let margin = Double(pen.size * grid.dotUnits)
        return (
            left: Double(column * grid.columnUnits) - margin, top: Double(row * grid.rowUnits) - margin,
            right: Double((column + columns) * grid.columnUnits) + margin, bottom: Double((row + rows) * grid.rowUnits) + margin
        )
    }

    /// Calls `body` for the dots of a straight piece, drawn by a pen; those outside of the region are left out but for a few.
    ///
    /// Whole-numbered (Bresenham 1965, in closed form), so that a window shows the same dots wherever it is cut; steps along the longer axis,
    /// only where that lies in the region, so the cost is bounded by the region and not by the length.
    func forEachDot(from: StrokeCurve.Place, to: StrokeCurve.Place, pen: DotPen, on grid: Grid, _ body: (Int, Int) -> Void) {
        let unit = Double(grid.dotUnits)
        let (x0, y0) = (Int((from.x / unit).rounded(.down)), Int((from.y / unit).rounded(.down)))
        let (x1, y1) = (Int((to.x / unit).rounded(.down)), Int((to.y / unit).rounded(.down)))
        let (dx, dy) = (x1 - x0, y1 - y0)
        let steps = max(abs(dx), abs(dy))
        guard steps > 0 else { return pen.stamp(x0, y0, body) }
        let isFlat = abs(dx) >= abs(dy)
        let window =
            isFlat
            ? column * 2 - pen.size...(column + columns) * 2 + pen.size
            : row * 4 - pen.size...(row + rows) * 4 + pen.size
        let (start, isForward) = isFlat ? (x0, dx > 0) : (y0, dy > 0)
        let first = max(0, isForward ? window.lowerBound - start : start - window.upperBound)
        let last = min(steps, isForward ? window.upperBound - start : start - window.lowerBound)
        guard first <= last else { return }
        for step in first...last { pen.stamp(x0 + Self.rounded(dx * step, steps), y0 + Self.rounded(dy * step, steps), body) }
    }

    /// The nearest whole number to a quotient; halves go up. `divisor` is positive, the dividend below 2^60.
    private static func rounded(_ dividend: Int, _ divisor: Int) -> Int {
        let (doubled, whole) = (2 * dividend + divisor, 2 * divisor)
        let quotient = doubled / whole
        return doubled % whole < 0 ? quotient - 1 : quotient
    }
}

/// A round pen, in dots.
struct DotPen: Sendable {
    /// Diameter in dots, 1...8: a terminal's picture gains nothing from a pen wider than four cells.
    let size: Int

    /// The pen for a line width in world units.
    init(width: UInt16, on grid: Grid) { size = max(1, min(8, (Int(width) + grid.dotUnits / 2) / grid.dotUnits)) }

    /// Calls `body` for each dot under the pen when it stands at a dot.
    func stamp(_ x: Int, _ y: Int, _ body: (Int, Int) -> Void) {
        guard size > 1 else { return body(x, y) }
        let low = -(size - 1) / 2
        // Twice the distance from the pen's middle, so that even sizes have one too.
        let middle = 2 * low + size - 1
        for dy in low..<low + size {
            for dx in low..<low + size {
                let (ex, ey) = (2 * dx - middle, 2 * dy - middle)
                if ex * ex + ey * ey <= size * size { body(x + dx, y + dy) }
            }
        }
    }
}

/// The outline of an ellipse or a diamond in dots, symmetric in both axes.
package struct RoundOutline: Sendable {
    private let isDiamond: Bool
    private let left: Int
    private let top: Int
    private let right: Int
    private let bottom: Int

    package init(_ shape: ShapeDraft, on grid: Grid) {
        isDiamond = shape.kind == .diamond
        left = grid.dot(Int(shape.position.x))
        top = grid.dot(Int(shape.position.y))
        right = grid.dot(Int(shape.position.x) + max(0, Int(shape.size.width)))
        bottom = grid.dot(Int(shape.position.y) + max(0, Int(shape.size.height)))
    }

    private var middleX: Double { Double(left + right) / 2 }
    private var middleY: Double { Double(top + bottom) / 2 }
    private var radiusX: Double { Double(right - left) / 2 }
    private var radiusY: Double { Double(bottom - top) / 2 }

    /// Calls `body` for each dot of the outline in or near the region. Steps along the flatter axis only, so the line is one dot thick.
    package func forEachDot(in region: CellRegion, _ body: (Int, Int) -> Void) {
        // The widest pen reaches four dots beyond its middle.
        let columns = max(left, region.column * 2 - 4)...max(left, min(right, (region.column + region.columns) * 2 + 4))
        let rows = max(top, region.row * 4 - 4)...max(top, min(bottom, (region.row + region.rows) * 4 + 4))
        if radiusX == 0 {
            for y in rows { body(left, y) }
            return
        }
        if radiusY == 0 {
            for x in columns { body(x, top) }
            return
        }
        let (flat, steep) = split
        for x in columns where abs(Double(x) - middleX) <= flat {
            let offset = radiusY * height((Double(x) - middleX) / radiusX)
            let y = Int((middleY - offset + 0.5).rounded(.down))
            body(x, y)
            body(x, top + bottom - y)
        }
        for y in rows where abs(Double(y) - middleY) <= steep {
            let offset = radiusX * height((Double(y) - middleY) / radiusY)
            let x = Int((middleX - offset + 0.5).rounded(.down))
            body(x, y)
            body(left + right - x, y)
        }
    }

    /// Calls `body` for each cell of the region that lies inside with five of its eight dots or more.
    func forEachFilledCell(in region: CellRegion, _ body: (Int, Int) -> Void) {
        guard radiusX > 0, radiusY > 0 else { return }
        let columns = max(left >> 1, region.column)...max(left >> 1, min(right >> 1, region.column + region.columns - 1))
        for row in max(top >> 2, region.row)...max(top >> 2, min(bottom >> 2, region.row + region.rows - 1)) {
            for column in columns {
                var inside = 0
                for dot in 0..<8 where contains(column * 2 + (dot & 1), row * 4 + dot >> 1) { inside += 1 }
                if inside >= 5 { body(column, row) }
            }
        }
    }

    private func contains(_ x: Int, _ y: Int) -> Bool {
        let (u, v) = ((Double(x) - middleX) / radiusX, (Double(y) - middleY) / radiusY)
        return isDiamond ? abs(u) + abs(v) <= 1 : u * u + v * v <= 1
    }

    /// Height of the unit outline at `t` in -1...1.
    private func height(_ t: Double) -> Double { isDiamond ? 1 - abs(t) : max(0, 1 - t * t).squareRoot() }

    /// How far from the middle the outline is flatter than 45°, along x; and how far it is steeper, along y.
    private var split: (flat: Double, steep: Double) {
        if isDiamond { return radiusX >= radiusY ? (radiusX, -1) : (-1, radiusY) }
        let diagonal = (radiusX * radiusX + radiusY * radiusY).squareRoot()
        return (radiusX * radiusX / diagonal, radiusY * radiusY / diagonal)
    }
}
