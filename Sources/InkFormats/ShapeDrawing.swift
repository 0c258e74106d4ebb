import InkBoard

/// How each kind of shape becomes edges, dots and glyphs.
extension ShapeStamp {
    /// - Parameter curve: of a stroke, if it was made before.
    mutating func draw(caret: Int?, curve: StrokeCurve?) {
        // What is being written may need more cells than are kept for it.
        guard !isOutside || caret != nil else { return }
        switch content.kind {
        case .rectangle, .note: drawBox()
        case .ellipse, .diamond: drawRound()
        case .line, .arrow: drawPath()
        case .freehand: drawCurve(curve)
        case .text: break
        }
        drawText(caret: caret)
    }

    private var pen: DotPen { DotPen(width: content.strokeWidth, on: grid) }
    /// A mask for what the shape can leave of dots.
    private var mask: DotMask { DotMask(region: reach.intersection(region)) }

    // MARK: Boxes

    private var weight: UInt8 { content.lineStyle == .double ? 3 : content.strokeWidth >= 32 ? 2 : 1 }
    private var look: EdgeLook {
        // What is heavy or double has no arcs, and what is double no gaps (FM-62).
        EdgeLook(isRounded: content.hasRoundCorners, style: content.lineStyle == .double ? .solid : content.lineStyle)
    }

    private mutating func drawBox() {
        let box = box
        let (left, top) = (box.column, box.row)
        let (right, bottom) = (left + box.columns - 1, top + box.rows - 1)
        guard box.overlaps(region) else { return }
        fill()
        let (weight, look) = (weight, look)
        if left == right && top == bottom {
            put(Glyph("□"), columns: 1, column: left, row: top)
        } else {
            addHorizontal(row: top, from: left, to: right, weight: weight, look: look)
            addVertical(column: left, from: top, to: bottom, weight: weight, look: look)
            if top != bottom { addHorizontal(row: bottom, from: left, to: right, weight: weight, look: look) }
            if left != right { addVertical(column: right, from: top, to: bottom, weight: weight, look: look) }
        }
    }

    private mutating func drawRound() {
        guard reach.overlaps(region) else { return }
        fill()
        var flat = mask
        var steep = hasGaps ? mask : nil
        RoundOutline(content, on: grid).forEachDot(in: region) { x, y, isFlat in
            if isFlat || steep == nil { flat.add(x: x, y: y) } else { steep?.add(x: x, y: y) }
        }
        addStyled(flat, isFlat: true)
        if let steep { addStyled(steep, isFlat: false) }
    }

    /// True where what goes rather along is to be told from what goes rather across: its gaps follow each other the other way.
    private var hasGaps: Bool { content.lineStyle == .dashed || content.lineStyle == .dotted }

    /// The dots of a line with the pen and the style of the shape.
    private mutating func addStyled(_ line: DotMask, isFlat: Bool) {
        guard content.lineStyle != .double else { return add(line.doubled()) }
        var line = line
        line.widen(by: pen)
        if hasGaps, dotCount(isFlat: isFlat) >= Self.gapDotsMin { line.keep(content.lineStyle, isFlat: isFlat) }
        add(line)
    }

    /// Dots from one side of the whole shape to the other, whatever of it the window shows.
    private func dotCount(isFlat: Bool) -> Int {
        let world = (extent ?? ShapeExtent(content)).world
        return isFlat ? grid.dot(world.right) - grid.dot(world.left) + 1 : grid.dot(world.bottom) - grid.dot(world.top) + 1
    }

    /// What is shorter has no gaps, since it might lie in one: of a circle of eight dots each side has four in a row, and a gap has as many
    /// (FM-234, FM-231).
    private static let gapDotsMin = 9

    // MARK: Paths

    private mutating func drawPath() {
        guard reach.overlaps(region) else { return }
        let points = content.points.isEmpty ? [.zero] : content.points
        let (weight, look) = (weight, look)
        let all = points.map { (x: Int(content.position.x) + Int($0.x), y: Int(content.position.y) + Int($0.y)) }
        let heads = content.heads
        // FM-233
        var places = heads.end != .none && content.endBinding != nil ? endingBeforeOutline(all) : all
        if heads.start != .none, content.startBinding != nil { places = endingBeforeOutline(places.reversed()).reversed() }
        spend(places.count)
        var last = places[0]
        // Directions of the first and the last piece that leave their cells, for the heads (FM-5).
        var (leaving, heading) = (nil as (dx: Int, dy: Int)?, (dx: 0, dy: 0))
        var isOneCell = true
        var (flat, steep): (DotMask?, DotMask?)
        for place in places.dropFirst() {
            let (fromColumn, fromRow) = (grid.column(last.x), grid.row(last.y))
            let (toColumn, toRow) = (grid.column(place.x), grid.row(place.y))
            if fromColumn == toColumn && fromRow == toRow { continue }
            if fromRow == toRow {
                addHorizontal(row: fromRow, from: min(fromColumn, toColumn), to: max(fromColumn, toColumn), weight: weight, look: look)
            } else if fromColumn == toColumn {
                addVertical(column: fromColumn, from: min(fromRow, toRow), to: max(fromRow, toRow), weight: weight, look: look)
            } else {
                let isSteep = hasGaps && abs(place.x - last.x) < abs(place.y - last.y)
                var dots = (isSteep ? steep : flat) ?? mask
                // So that the dots have one owner and change in place.
                if isSteep { steep = nil } else { flat = nil }
                let (from, to) = (
                    StrokeCurve.Place(x: Double(last.x), y: Double(last.y)), StrokeCurve.Place(x: Double(place.x), y: Double(place.y))
                )
                dots.addPiece(from: from, to: to, on: grid)
                if isSteep { steep = dots } else { flat = dots }
            }
            heading = (place.x - last.x, place.y - last.y)
            leaving = leaving ?? heading
            last = place
            isOneCell = false
        }
        if isOneCell {
            // A point has no gaps.
            var dot = mask
            dot.add(x: grid.dot(last.x), y: grid.dot(last.y))
            dot.widen(by: pen)
            add(dot)
        }
        if let flat { addStyled(flat, isFlat: true) }
        if let steep { addStyled(steep, isFlat: false) }
        guard let leaving else { return }
        put(heads.start, at: places[0], towards: (-leaving.dx, -leaving.dy))
        put(heads.end, at: last, towards: heading)
    }

    // FM-63
    private mutating func put(_ head: LineHead, at place: (x: Int, y: Int), towards direction: (dx: Int, dy: Int)) {
        // East, west, south, north.
        let turn = abs(direction.dx) >= abs(direction.dy) ? (direction.dx > 0 ? 0 : 1) : (direction.dy > 0 ? 2 : 3)
        let glyphs: [Unicode.Scalar]
        switch head {
        case .usual, .none: return
        case .arrow: glyphs = ["►", "◄", "▼", "▲"]
        case .triangle: glyphs = ["▷", "◁", "▽", "△"]
        case .dot: glyphs = ["●", "●", "●", "●"]
        case .bar: glyphs = ["┤", "├", "┴", "┬"]
        }
        put(Glyph(glyphs[turn]), columns: 1, column: grid.column(place.x), row: grid.row(place.y))
    }

    /// A way that ends a cell sooner, so that the head of an arrow stands before the outline to which it is bound and both are seen; the same way
    /// where that is too short (FM-60).
    private func endingBeforeOutline(_ places: [(x: Int, y: Int)]) -> [(x: Int, y: Int)] {
        guard let last = places.last,
            let index = places.lastIndex(where: { grid.column($0.x) != grid.column(last.x) || grid.row($0.y) != grid.row(last.y) })
        else { return places }
        let before = places[index]
        let (dx, dy) = (last.x - before.x, last.y - before.y)
        let isFlat = abs(dx) >= abs(dy)
        let cells = isFlat ? abs(grid.column(last.x) - grid.column(before.x)) : abs(grid.row(last.y) - grid.row(before.y))
        guard cells > 1 else { return places }
        let end =
            isFlat
            ? (x: last.x - dx.signum() * grid.columnUnits, y: last.y - dy * grid.columnUnits / abs(dx))
            : (x: last.x - dx * grid.rowUnits / abs(dy), y: last.y - dy.signum() * grid.rowUnits)
        return places[...index] + [end]
    }

    private mutating func drawCurve(_ known: StrokeCurve?) {
        guard !content.points.isEmpty, reach.overlaps(region) else { return }
        var mask = mask
        if known == nil { spend(2 * content.points.count) }
        mask.add(known ?? StrokeCurve(points: content.points, origin: content.position), by: pen, on: grid)
        mask.widen(by: pen)
        add(mask)
    }

    // MARK: Text

    private mutating func drawText(caret: Int?) {
        guard !content.text.isEmpty else { return }
        // A letter is looked up in tables: some times as dear as a dot.
        spend(4 * content.text.utf8.count)
        let placement = TextPlacement(content, on: grid, caret: caret)
        for index in 0..<placement.shown where region.rowRange.contains(placement.top + index) {
            let row = placement.row(index)
            drawRow(row.items, column: row.column, row: placement.top + index)
        }
    }

    /// Spaces are transparent: they show what lies under them (FM-4).
    private mutating func drawRow(_ items: [TextLayout.Item], column: Int, row: Int) {
        var column = column
        for item in items {
            if item.glyph != .space { put(item.glyph, columns: item.columns, column: column, row: row) }
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
}

/// The outline of an ellipse or a diamond in dots, symmetric in both axes (FM-3).
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

    /// Calls `body` for each dot of the outline in or near the region. Steps along the flatter axis only, so the line is one dot thick (FM-3).
    ///
    /// - Parameter body: also told whether the outline goes rather along there than across.
    package func forEachDot(in region: CellRegion, _ body: (_ x: Int, _ y: Int, _ isFlat: Bool) -> Void) {
        // The widest pen reaches four dots beyond its middle.
        let columns = Self.range(left, right, within: region.column * 2 - 4, (region.column + region.columns) * 2 + 4)
        let rows = Self.range(top, bottom, within: region.row * 4 - 4, (region.row + region.rows) * 4 + 4)
        if radiusX == 0 {
            for y in rows { body(left, y, false) }
            return
        }
        if radiusY == 0 {
            for x in columns { body(x, top, true) }
            return
        }
        let (flat, steep) = split
        for x in columns where abs(Double(x) - middleX) <= flat {
            let offset = radiusY * height((Double(x) - middleX) / radiusX)
            let y = Int((middleY - offset + 0.5).rounded(.down))
            body(x, y, true)
            body(x, top + bottom - y, true)
        }
        for y in rows where abs(Double(y) - middleY) <= steep {
            let offset = radiusX * height((Double(y) - middleY) / radiusY)
            let x = Int((middleX - offset + 0.5).rounded(.down))
            body(x, y, false)
            body(left + right - x, y, false)
        }
    }

    /// Calls `body` for each run of cells of the region that lie inside with five of their eight dots or more.
    ///
    /// Towards the middle of a row no cell has fewer dots inside, so the ends of a run are found by halving.
    func forEachFilledRun(in region: CellRegion, _ body: (ClosedRange<Int>, _ row: Int) -> Void) {
        guard radiusX > 0, radiusY > 0 else { return }
        let middle = (left + right) >> 2
        for row in max(top >> 2, region.row)...max(top >> 2, region.row, min(bottom >> 2, region.row + region.rows - 1)) {
            // The middle of an even width lies between two cells.
            guard let most = [middle, middle + 1, middle - 1].first(where: { isFilled($0, row) }) else { continue }
            var (outside, first) = ((left >> 1) - 1, most)
            while first - outside > 1 {
                let between = outside + (first - outside) / 2
                if isFilled(between, row) { first = between } else { outside = between }
            }
            var last = most
            outside = (right >> 1) + 1
            while outside - last > 1 {
                let between = last + (outside - last) / 2
                if isFilled(between, row) { last = between } else { outside = between }
            }
            body(first...last, row)
        }
    }

    /// The most cells of a row that the outline leaves free, for rows of text that are centred in `inside`.
    func columnsInside(_ inside: CellRegion, rows: Range<Int>, pen: DotPen) -> Int {
        // Half a dot to where the outline is drawn, and what the pen adds to its side.
        let margin = Double(pen.size / 2) + 0.5
        let farthest = max(middleY - Double(rows.lowerBound * 4), Double(rows.upperBound * 4 - 1) - middleY) + margin
        guard farthest < radiusY else { return 0 }
        let half = radiusX * height(farthest / radiusY) - margin
        guard half > 0 else { return 0 }
        let (first, last) = (Int(((middleX - half) / 2).rounded(.up)), Int(((middleX + half - 1) / 2).rounded(.down)))
        var columns = min(inside.columns, last - first + 1)
        while columns > 0 {
            let start = inside.column + (inside.columns - columns) / 2
            if start >= first, start + columns - 1 <= last { break }
            columns -= 1
        }
        return max(0, columns)
    }

    /// What of a range lies within another; empty where nothing does.
    private static func range(_ first: Int, _ last: Int, within low: Int, _ high: Int) -> Range<Int> {
        max(first, low)..<max(first, low, min(last, high) + 1)
    }

    private func isFilled(_ column: Int, _ row: Int) -> Bool {
        var inside = 0
        for dot in 0..<8 where contains(column * 2 + (dot & 1), row * 4 + dot >> 1) { inside += 1 }
        return inside >= 5
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
        // Of two dots neither side lies within 45°.
        if min(radiusX, radiusY) < 1 { return (radiusX, radiusY) }
        let diagonal = (radiusX * radiusX + radiusY * radiusY).squareRoot()
        return (radiusX * radiusX / diagonal, radiusY * radiusY / diagonal)
    }
}
