import InkBoard

/// Which of many filled shapes is seen in each cell of a region: the topmost that fills it.
///
/// Shapes are told from the top down, and each cell is taken once; so a thousand sheets of paper on each other cost hardly more than one
/// (FM-230).
package struct FillCover: Sendable {
    /// By place, row by row: the shape that fills it; -1 for none.
    private var shapes: [Int32]
    /// By place: where to look for the next that no shape fills, at or after it.
    private var free: [Int32]
    private var left: Int
    /// Shapes that fill a cell or more.
    private var owners: Set<Int> = []

    package init(cells: Int) {
        shapes = Array(repeating: -1, count: cells)
        free = (0...Int32(cells)).map { $0 }
        left = cells
    }

    /// True if nothing below is seen any more.
    package var isWhole: Bool { left == 0 }

    /// Gives cells to a shape, as far as none above it fills them.
    package mutating func cover(_ run: Range<Int>, by shape: Int) {
        var place = next(run.lowerBound)
        while place < run.upperBound {
            shapes[place] = Int32(shape)
            owners.insert(shape)
            free[place] = Int32(place + 1)
            left -= 1
            place = next(place + 1)
        }
    }

    /// True if a cell is seen that the shape fills.
    package func hasFill(of shape: Int) -> Bool { owners.contains(shape) }

    /// True if what a shape leaves in a cell is not under another's fill (FM-2).
    package func isSeen(_ place: Int, of shape: Int) -> Bool { shapes[place] <= Int32(shape) }

    private mutating func next(_ start: Int) -> Int {
        var place = start
        while Int(free[place]) != place {
            // Halves the way for those who come after.
            free[place] = free[Int(free[place])]
            place = Int(free[place])
        }
        return place
    }
}

extension ShapeDraft {
    /// The cells that a filled shape hides, row by row, as places in a region; none for other kinds.
    package func fillRuns(in region: CellRegion, on grid: Grid) -> [Range<Int>] {
        guard fill != nil, !kind.isPath, kind != .text else { return [] }
        let seen = cellRegion(on: grid).intersection(region)
        guard !seen.isEmpty else { return [] }
        func run(_ columns: ClosedRange<Int>, _ row: Int) -> Range<Int>? {
            let (first, last) = (max(columns.lowerBound, region.column), min(columns.upperBound, region.columnRange.upperBound - 1))
            guard first <= last, region.rowRange.contains(row) else { return nil }
            let start = (row - region.row) * region.columns - region.column
            return start + first..<start + last + 1
        }
        guard kind == .ellipse || kind == .diamond else {
            return seen.rowRange.compactMap { run(seen.column...seen.columnRange.upperBound - 1, $0) }
        }
        var runs: [Range<Int>] = []
        RoundOutline(self, on: grid).forEachFilledRun(in: region) { columns, row in run(columns, row).map { runs.append($0) } }
        return runs
    }

    /// A box around what is too dear to be drawn.
    ///
    /// - Parameter box: the cells of the shape's box, where they are known: to measure a long text is half of what it costs to draw it.
    package func outline(on grid: Grid, box: CellRegion? = nil) -> ShapeDraft {
        let box = box ?? cellRegion(on: grid)
        return ShapeDraft(
            kind: .rectangle, position: grid.middle(of: CellPlace(column: box.column, row: box.row)),
            size: Size(
                width: Int32(clamping: (box.columns - 1) * grid.columnUnits), height: Int32(clamping: (box.rows - 1) * grid.rowUnits)),
            stroke: stroke ?? fill)
    }

    /// True if drawing it may cost more than a look: what it leaves is kept. A piece of a line can cross the whole window, so a few are enough: of
    /// lines of sixty, as many as half a megabyte holds took 50 ms of each picture.
    package var isDear: Bool {
        points.count > 8 || text.utf8.count > 256 || kind == .ellipse || kind == .diamond
    }

    /// Grows with what drawing it costs.
    package var effort: Int { points.count + text.utf8.count }
}
