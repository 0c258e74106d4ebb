import InkBoard

/// Dots of a region, one bit each: what a pen leaves, whatever it went over and however often.
///
/// A step of a line sets a bit. The width of the pen is given to all of them at once, at the end: it costs by the dots of the region and
/// not by the length of the way, so that a long way with a wide pen is no bomb (FM-20).
struct DotMask: Sendable {
    /// The cells that it shows.
    let region: CellRegion
    /// The dot in its top left corner; beyond the region lies a margin, from which a wide pen reaches into it.
    private let left: Int
    private let top: Int
    private let width: Int
    private let height: Int
    private let wordsPerRow: Int
    /// Bit `x % 64` of word `x / 64` of each row.
    private var words: [UInt64]
    /// Rows, and words of each, outside of which there is no dot; empty before the first.
    private var rows = 0..<0
    private var columns = 0..<0
    /// Steps that were gone and words that were looked at: what it has cost.
    private(set) var work = 0

    /// No dots yet. Memory is proportional to the region's cells.
    init(region: CellRegion) {
        self.region = region
        (left, top) = (region.column * 2 - Self.margin, region.row * 4 - Self.margin)
        (width, height) = (region.columns * 2 + 2 * Self.margin, region.rows * 4 + 2 * Self.margin)
        wordsPerRow = (width + 63) / 64
        words = Array(repeating: 0, count: wordsPerRow * height)
    }

    /// Sets one dot; coordinates count dots from the board's origin. Outside of the margin nothing happens.
    mutating func add(x: Int, y: Int) {
        let (column, row) = (x - left, y - top)
        work += 1
        guard column >= 0, column < width, row >= 0, row < height else { return }
        take(column, row)
    }

    /// Sets the dots of what a curve leaves in the region.
    ///
    /// - Parameters:
    ///   - parts: of the curve; nil for all.
    ///   - pen: by which the mask is widened later.
    mutating func add(_ curve: StrokeCurve, of parts: Range<Int>? = nil, by pen: DotPen, on grid: Grid) {
        var last: (place: StrokeCurve.Place, dot: Dot)?
        curve.forEachPiece(of: parts, touching: region.box(on: grid, around: pen)) { from, to in
            // A piece begins where the one before it ended, mostly.
            let start = last.flatMap { $0.place == from ? $0.dot : nil } ?? dot(at: from, on: grid)
            let end = dot(at: to, on: grid)
            addPiece(from: start, to: end)
            last = (to, end)
        }
    }

    /// Sets the dots of a straight piece between two places.
    mutating func addPiece(from: StrokeCurve.Place, to: StrokeCurve.Place, on grid: Grid) {
        addPiece(from: dot(at: from, on: grid), to: dot(at: to, on: grid))
    }

    /// A dot, counted from the first of the margin.
    private struct Dot {
        let x: Int
        let y: Int
    }

    private func dot(at place: StrokeCurve.Place, on grid: Grid) -> Dot {
        // By hand: where no instruction for it can be taken for granted, rounding down is a call.
        func floored(_ value: Double) -> Int {
            let whole = Int(value)
            return Double(whole) > value ? whole - 1 : whole
        }
        let unit = Double(grid.dotUnits)
        return Dot(x: floored(place.x / unit) - left, y: floored(place.y / unit) - top)
    }

    /// Sets the dots of a straight piece between two.
    ///
    /// Whole-numbered (Bresenham 1965, in closed form), so that a window shows the same dots wherever it is cut; steps along the longer
    /// axis, only where that lies in the region, so the cost is bounded by the region and not by the length (FM-8).
    private mutating func addPiece(from: Dot, to: Dot) {
        // What is computed for a piece weighs as much as a few steps.
        work += 4
        guard max(from.x, to.x) >= 0, min(from.x, to.x) < width, max(from.y, to.y) >= 0, min(from.y, to.y) < height else { return }
        let (dx, dy) = (to.x - from.x, to.y - from.y)
        let steps = max(abs(dx), abs(dy))
        guard steps > 0 else { return add(x: from.x + left, y: from.y + top) }
        if abs(dx) >= abs(dy) {
            walk(along: from.x, isForward: dx > 0, steps: steps, limit: width, across: from.y, by: dy, limit: height, isFlat: true)
        } else {
            walk(along: from.y, isForward: dy > 0, steps: steps, limit: height, across: from.x, by: dx, limit: width, isFlat: false)
        }
    }

    /// Goes along one axis, where it lies within its limit, and sets the nearest dot on the other; halves go up.
    private mutating func walk(
        along start: Int, isForward: Bool, steps: Int, limit: Int, across: Int, by delta: Int, limit acrossLimit: Int, isFlat: Bool
    ) {
        let first = max(0, isForward ? -start : start - limit + 1)
        let last = min(steps, isForward ? limit - 1 - start : start)
        guard first <= last else { return }
        work += last - first + 1
        // The quotient (2 × delta × step + steps) / (2 × steps), rounded down, is carried from step to step.
        let whole = 2 * steps
        var (quotient, rest) = first == 0 ? (0, steps) : (2 * delta * first + steps).quotientAndRemainder(dividingBy: whole)
        if rest < 0 { (quotient, rest) = (quotient - 1, rest + whole) }
        var (place, other) = (isForward ? start + first : start - first, across + quotient)
        let (firstPlace, firstOther) = (place, other)
        let (step, turn) = (isForward ? 1 : -1, delta < 0 ? -1 : 1)
        let (rise, perRow) = (2 * delta, wordsPerRow)
        // One look at who owns the words, and not one for each dot.
        var words = self.words.mutableSpan
        for _ in first...last {
            if other >= 0, other < acrossLimit {
                let (column, row) = isFlat ? (place, other) : (other, place)
                words[row * perRow + column >> 6] |= 1 << UInt64(truncatingIfNeeded: column & 63)
            }
            place += step
            rest += rise
            if rest < 0 || rest >= whole {
                other += turn
                rest -= turn * whole
            }
        }
        let places = min(firstPlace, place - step)..<max(firstPlace, place - step) + 1
        let (low, high) = (max(0, min(firstOther, other)), min(acrossLimit, max(firstOther, other) + 1))
        guard low < high else { return }
        let others = low..<high
        cover(columns: isFlat ? places : others, rows: isFlat ? others : places)
    }

    private mutating func take(_ column: Int, _ row: Int) {
        words[row * wordsPerRow + column >> 6] |= 1 << UInt64(column & 63)
        cover(columns: column..<column + 1, rows: row..<row + 1)
    }

    /// Notes where dots may be.
    private mutating func cover(columns: Range<Int>, rows: Range<Int>) {
        let words = columns.lowerBound >> 6..<(columns.upperBound - 1) >> 6 + 1
        let isFirst = self.rows.isEmpty
        self.rows = isFirst ? rows : min(self.rows.lowerBound, rows.lowerBound)..<max(self.rows.upperBound, rows.upperBound)
        self.columns = isFirst ? words : min(self.columns.lowerBound, words.lowerBound)..<max(self.columns.upperBound, words.upperBound)
    }

    /// Gives each dot the width of a pen.
    mutating func widen(by pen: DotPen) {
        guard pen.size > 1, !rows.isEmpty else { return }
        let thin = words
        for (dx, dy) in pen.offsets {
            for row in max(rows.lowerBound, -dy)..<max(rows.lowerBound, -dy, min(rows.upperBound, height - dy)) {
                let (source, target) = (row * wordsPerRow, (row + dy) * wordsPerRow)
                for word in columns {
                    let bits = thin[source + word]
                    guard bits != 0 else { continue }
                    if dx >= 0 {
                        words[target + word] |= bits << UInt64(dx)
                        if dx > 0, word + 1 < wordsPerRow { words[target + word + 1] |= bits >> UInt64(64 - dx) }
                    } else {
                        words[target + word] |= bits >> UInt64(-dx)
                        if word > 0 { words[target + word - 1] |= bits << UInt64(64 + dx) }
                    }
                }
            }
        }
        work += pen.offsets.count * rows.count * columns.count
        rows = max(0, rows.lowerBound - Self.margin)..<min(height, rows.upperBound + Self.margin)
        columns = max(0, columns.lowerBound - 1)..<min(wordsPerRow, columns.upperBound + 1)
    }

    /// Keeps of a line what its style does not leave out: gaps by place on the board, so that a window shows the same wherever it is cut (FM-234).
    ///
    /// - Parameter isFlat: true for a line of which the gaps follow each other from left to right.
    mutating func keep(_ style: LineStyle, isFlat: Bool) {
        // Dashes of four dots, two columns or one row, and as much between them; points with three dots between them.
        let kept: UInt64 = style == .dashed ? 0x0F0F_0F0F_0F0F_0F0F : style == .dotted ? 0x1111_1111_1111_1111 : .max
        for row in rows {
            let isKept = kept >> UInt64((row + top) & 7) & 1 == 1
            for word in columns {
                let turn = UInt64(left & 7)
                // Bit 0 of a word is the dot `left` + 64 × word: the pattern repeats every eight.
                let mask = isFlat ? kept >> turn | kept << (64 - turn) : isKept ? .max : 0
                words[row * wordsPerRow + word] &= mask
            }
        }
        work += rows.count * columns.count
    }

    /// Two lines in place of one, a dot to each side of it.
    func doubled() -> DotMask {
        let thin = words
        var wide = self
        wide.widen(by: DotPen(size: 3))
        for index in thin.indices { wide.words[index] &= ~thin[index] }
        return wide
    }

    /// Calls `body` for each cell of the region that has dots, row by row from the left.
    func forEachCell(_ body: (_ column: Int, _ row: Int, CellDots) -> Void) {
        let first = max(0, rows.lowerBound / 4 - Self.margin / 4)
        let last = min(region.rows, (rows.upperBound + 3) / 4 - Self.margin / 4)
        guard !rows.isEmpty, first < last else { return }
        for line in first..<last {
            let start = (line * 4 + Self.margin) * wordsPerRow
            for word in columns {
                let (one, two) = (words[start + word], words[start + wordsPerRow + word])
                let (three, four) = (words[start + 2 * wordsPerRow + word], words[start + 3 * wordsPerRow + word])
                var rest = one | two | three | four
                while rest != 0 {
                    // The left bit of the pair that is one cell's: the margin is even.
                    let pair = UInt64(rest.trailingZeroBitCount & ~1)
                    rest &= ~(3 << pair)
                    let column = (word * 64 + Int(pair) - Self.margin) / 2
                    guard word * 64 + Int(pair) >= Self.margin, column < region.columns else { continue }
                    var dots = CellDots()
                    dots.add(pair: one >> pair, line: 0)
                    dots.add(pair: two >> pair, line: 1)
                    dots.add(pair: three >> pair, line: 2)
                    dots.add(pair: four >> pair, line: 3)
                    body(region.column + column, region.row + line, dots)
                }
            }
        }
    }

    /// Dots beyond each side of the region: as far as the widest pen reaches, and whole cells.
    private static let margin = 8
}

/// A round pen, in dots.
struct DotPen: Sendable {
    /// Diameter in dots, 1...8: a terminal's picture gains nothing from a pen wider than four cells.
    let size: Int

    init(size: Int) { self.size = size }

    /// The pen for a line width in world units.
    init(width: UInt16, on grid: Grid) { size = max(1, min(8, (Int(width) + grid.dotUnits / 2) / grid.dotUnits)) }

    /// The dots under the pen, from where it stands.
    var offsets: [(dx: Int, dy: Int)] { Self.offsets[size] }

    private static let offsets: [[(dx: Int, dy: Int)]] = (0...8).map { size in
        let low = -(size - 1) / 2
        // Twice the distance from the pen's middle, so that even sizes have one too.
        let middle = 2 * low + size - 1
        var offsets: [(dx: Int, dy: Int)] = []
        for dy in low..<low + size {
            for dx in low..<low + size {
                let (ex, ey) = (2 * dx - middle, 2 * dy - middle)
                if ex * ex + ey * ey <= size * size { offsets.append((dx, dy)) }
            }
        }
        return offsets
    }
}
