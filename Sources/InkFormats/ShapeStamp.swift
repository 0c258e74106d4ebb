import InkBoard

/// What one shape leaves in a region of cells, and nothing of how it came there.
///
/// It is laid for as much as the cells that it touches, however long the way of the pen or the text was. So what is drawn again and again
/// is kept as its stamp.
package struct ShapeStamp: Sendable {
    package let region: CellRegion
    package let grid: Grid
    package let content: ShapeDraft
    /// What was measured of it before; nil for nothing.
    let extent: ShapeExtent?
    /// Of lines, dots and letters; nil is the reader's own.
    let ink: Color?

    /// Runs of filled cells. Here and below, cells are places in the region, row by row.
    package private(set) var fills: [Range<Int>] = []
    private(set) var edges: [EdgeCell] = []
    private(set) var dots: [DotCell] = []
    private(set) var symbols: [SymbolCell] = []
    /// Steps, cells and letters that were looked at for it: what making it has cost.
    package private(set) var work = 0

    struct EdgeCell: Sendable {
        let place: Int32
        var edges: LineEdges
        let look: EdgeLook
    }

    /// What a cell of a line has besides its arms, where no other line is.
    struct EdgeLook: Hashable, Sendable {
        /// True if a corner here is round.
        var isRounded = false
        /// Gaps in a straight line.
        var style = LineStyle.solid
    }

    struct DotCell: Sendable {
        let place: Int32
        let dots: CellDots
    }

    struct SymbolCell: Sendable {
        let place: Int32
        /// 1 or 2; 0 is the right half of the symbol to the left.
        let columns: UInt8
        let glyph: Glyph
    }

    /// - Parameter caret: characters before the caret while the text is written: the rows about it are shown.
    package init(_ content: ShapeDraft, in region: CellRegion, on grid: Grid, caret: Int? = nil, extent: ShapeExtent? = nil) {
        // Of a text its extent is as dear as the text.
        self.init(empty: content, in: region, on: grid, extent ?? (content.isSizedByText ? nil : ShapeExtent(content)))
        if !region.isEmpty { draw(caret: caret, curve: nil) }
    }

    package init(_ shape: MeasuredShape, in region: CellRegion, on grid: Grid) {
        self.init(empty: shape.content, in: region, on: grid, shape.extent)
        if !region.isEmpty { draw(caret: nil, curve: shape.curve) }
    }

    private init(empty content: ShapeDraft, in region: CellRegion, on grid: Grid, _ extent: ShapeExtent?) {
        (self.content, self.region, self.grid, self.extent) = (content, region, grid, extent)
        ink = content.inkColor
    }

    /// The same in another window (FM-131).
    ///
    /// - Parameter strips: what the shape leaves in the parts of that window that are not in this one.
    package func moved(to next: CellRegion, with strips: [ShapeStamp] = []) -> ShapeStamp {
        var moved = ShapeStamp(empty: content, in: next, on: grid, extent)
        for stamp in [self] + strips { moved.take(stamp) }
        moved.joinFills()
        return moved
    }

    /// Makes one run of those that touch in a row: else they would be more with each step of a window.
    private mutating func joinFills() {
        var joined: [Range<Int>] = []
        for run in fills.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = joined.last, last.upperBound == run.lowerBound, run.lowerBound % region.columns != 0 {
                joined[joined.count - 1] = last.lowerBound..<run.upperBound
            } else {
                joined.append(run)
            }
        }
        fills = joined
    }

    /// Takes what lies in the region, too, of another window.
    private mutating func take(_ other: ShapeStamp) {
        let (columns, right) = (other.region.columns, Int32(region.columns))
        let (dx, dy) = (Int32(other.region.column - region.column), Int32(other.region.row - region.row))
        let bottom = Int32(region.rows)
        func moved(_ place: Int32) -> Int32? {
            let (row, column) = place.quotientAndRemainder(dividingBy: Int32(columns))
            let (x, y) = (column + dx, row + dy)
            return x >= 0 && x < right && y >= 0 && y < bottom ? y * right + x : nil
        }
        for cell in other.edges {
            if let place = moved(cell.place) { edges.append(EdgeCell(place: place, edges: cell.edges, look: cell.look)) }
        }
        for cell in other.dots { if let place = moved(cell.place) { dots.append(DotCell(place: place, dots: cell.dots)) } }
        for cell in other.symbols {
            if let place = moved(cell.place) { symbols.append(SymbolCell(place: place, columns: cell.columns, glyph: cell.glyph)) }
        }
        for run in other.fills {
            let (row, column) = run.lowerBound.quotientAndRemainder(dividingBy: columns)
            let line = CellRegion(
                column: other.region.column + column, row: other.region.row + row, columns: run.count, rows: 1
            ).intersection(region)
            guard !line.isEmpty else { continue }
            let start = place(line.column, line.row)
            fills.append(start..<start + line.columns)
        }
    }

    /// The cells of the shape's box, and those beyond which it leaves no ink.
    var box: CellRegion { (extent ?? ShapeExtent(content)).box(on: grid) }
    var reach: CellRegion { (extent ?? ShapeExtent(content)).reach(on: grid) }

    /// True where that is known at once, and there is nothing to draw.
    var isOutside: Bool { extent.map { !$0.reach(on: grid).overlaps(region) } ?? false }

    /// Things that it keeps: its memory is proportional to them.
    package var count: Int { fills.count + edges.count + dots.count + symbols.count }

    /// True if it leaves something in that cell (a position on the board's grid).
    package func hasInk(at cell: CellPlace) -> Bool {
        guard region.contains(column: cell.column, row: cell.row) else { return false }
        let place = place(cell.column, cell.row)
        return fills.contains { $0.contains(place) } || edges.contains { $0.place == place } || dots.contains { $0.place == place }
            || symbols.contains { $0.place == place }
    }

    // MARK: Laying ink, for the kinds

    /// Hides what lies under a filled shape and colours it (FM-2).
    mutating func fill() {
        fills = content.fillRuns(in: region, on: grid)
        work += fills.count
    }

    /// A horizontal line between the middles of two cells.
    mutating func addHorizontal(row: Int, from: Int, to: Int, weight: UInt8, look: EdgeLook = EdgeLook()) {
        guard region.rowRange.contains(row), from < to else { return }
        let (first, last) = (max(from, region.column), min(to, region.columnRange.upperBound - 1))
        guard first <= last else { return }
        for column in first...last {
            var arms = LineEdges()
            if column > from { arms.add(.west, weight: weight) }
            if column < to { arms.add(.east, weight: weight) }
            edges.append(EdgeCell(place: Int32(place(column, row)), edges: arms, look: look))
        }
        work += last - first + 1
        joinEdges(look)
    }

    /// A vertical line between the middles of two cells.
    mutating func addVertical(column: Int, from: Int, to: Int, weight: UInt8, look: EdgeLook = EdgeLook()) {
        guard region.columnRange.contains(column), from < to else { return }
        let (first, last) = (max(from, region.row), min(to, region.rowRange.upperBound - 1))
        guard first <= last else { return }
        for row in first...last {
            var arms = LineEdges()
            if row > from { arms.add(.north, weight: weight) }
            if row < to { arms.add(.south, weight: weight) }
            edges.append(EdgeCell(place: Int32(place(column, row)), edges: arms, look: look))
        }
        work += last - first + 1
        joinEdges(look)
    }

    /// Keeps each cell once where a line of many corners went over the same cells again and again: no more than the region has.
    private mutating func joinEdges(_ look: EdgeLook) {
        let all = region.columns * region.rows
        guard edges.count > 2 * all + 1024 else { return }
        var joined = Array(repeating: LineEdges(), count: all)
        for cell in edges { joined[Int(cell.place)].formUnion(cell.edges) }
        edges = joined.indices.filter { !joined[$0].isEmpty }
            .map { EdgeCell(place: Int32($0), edges: joined[$0], look: look) }
        work += all
    }

    /// The dots of a part of the region.
    mutating func add(_ mask: DotMask) {
        mask.forEachCell { column, row, bits in
            guard region.contains(column: column, row: row) else { return }
            dots.append(DotCell(place: Int32(place(column, row)), dots: bits))
        }
        work += mask.work
    }

    /// One glyph, in one or two cells.
    mutating func put(_ glyph: Glyph, columns: Int, column: Int, row: Int) {
        for half in 0..<columns where region.contains(column: column + half, row: row) {
            let width = half == 0 ? UInt8(columns) : 0
            symbols.append(SymbolCell(place: Int32(place(column + half, row)), columns: width, glyph: glyph))
            work += 1
        }
    }

    /// Letters, samples or cells that were looked at and left nothing.
    mutating func spend(_ work: Int) { self.work += work }

    private func place(_ column: Int, _ row: Int) -> Int { (row - region.row) * region.columns + column - region.column }
}

extension ShapeDraft {
    /// The colour of the shape's lines: its own, or for a box one that can be read on its fill.
    fileprivate var inkColor: Color? {
        if let stroke { return stroke }
        guard !kind.isPath, kind != .text, let rgb = fill?.rgb else { return nil }
        // Rec. 601 luma, in thousandths of 255.
        let luma = 299 * (rgb >> 16) + 587 * (rgb >> 8 & 255) + 114 * (rgb & 255)
        return Color(rgb: luma >= 128_000 ? 0 : 0xFF_FFFF)
    }
}
