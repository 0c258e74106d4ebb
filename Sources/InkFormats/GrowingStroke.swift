import InkBoard

/// A stroke that grows, as it is laid into one window: a step costs what is new of it, however long it is.
///
/// A sample bends the curve a little before it and not farther back. So what no later sample bends is kept as dots, and only the end is laid
/// anew each time. Where samples are shown that came a moment ago, the end may go back by a few of them.
///
///     samples   ●──●──●──●──●──●──●──●──●──●──●──●──●──●──● ○ tip
///               └─────── settled: dots ──────┘└─ bending ─┘
///
/// Laid into a raster it leaves the same dots as the whole stroke would (FM-13).
package struct GrowingStroke: Sendable {
    package let region: CellRegion
    package let grid: Grid
    private let origin: Point
    private let width: UInt16
    private let pen: DotPen

    /// Dots of each cell of the region, row by row, and the cells that have any.
    private var dots: [CellDots]
    private var cells: [Int] = []
    /// Cells that got dots for good in the newest step.
    package private(set) var settledLately: [Int] = []
    /// Samples that were taken for good.
    private var taken = 0
    /// The newest places of the curve; those before the first of them are not needed any more.
    private var places: [StrokeCurve.Place] = []
    private var forgotten = 0
    /// Parts of the curve that are kept as dots.
    private var settled = 0
    /// Steps and words that were looked at for it so far.
    package private(set) var work = 0
    /// The dots of its end, which later samples move.
    private(set) var bending: [(place: Int, dots: CellDots)] = []

    /// Nothing of a stroke yet.
    package init(_ draft: ShapeDraft, in region: CellRegion, on grid: Grid) {
        (self.region, self.grid, origin, width) = (region, grid, draft.position, draft.strokeWidth)
        pen = DotPen(width: draft.strokeWidth, on: grid)
        dots = Array(repeating: CellDots(), count: region.columns * region.rows)
    }

    /// True if it can go on as the first `count` samples of a draft, in a region of the same grid. That the samples are the same, the caller
    /// knows.
    package func canBecome(_ draft: ShapeDraft, count: Int, in region: CellRegion, on grid: Grid) -> Bool {
        count >= taken && draft.position == origin && draft.strokeWidth == width && region == self.region && grid == self.grid
    }

    /// Becomes the first `count` samples of a draft and the way from there to a tip, which is relative to the draft's position as they are.
    package mutating func become(_ draft: ShapeDraft, count: Int, tip: Point? = nil) {
        precondition(count >= taken && count <= draft.points.count, "of \(draft.points.count) samples, \(taken) taken, \(count) are wanted")
        settledLately.removeAll(keepingCapacity: true)
        let certain = max(taken, count - Self.slack)
        for point in draft.points[taken..<certain] { StrokeCurve.append(point, from: origin, to: &places) }
        taken = certain
        settle()
        var bending = places
        for point in draft.points[taken..<count] { StrokeCurve.append(point, from: origin, to: &bending) }
        if let tip { StrokeCurve.append(tip, from: origin, to: &bending) }
        self.bending.removeAll(keepingCapacity: true)
        let end = StrokeCurve(bending)
        lay(end, (settled - forgotten)..<max(settled - forgotten, end.count - 1)) { $0.bending.append(($1, $2)) }
    }

    /// Calls `body` with each cell of the region in which parts of a curve leave dots.
    private mutating func lay(_ curve: StrokeCurve, _ parts: Range<Int>, _ body: (inout GrowingStroke, _ place: Int, CellDots) -> Void) {
        var mask = DotMask(region: region)
        mask.add(curve, of: parts, by: pen, on: grid)
        mask.widen(by: pen)
        work += mask.work
        mask.forEachCell { column, row, dots in body(&self, (row - region.row) * region.columns + column - region.column, dots) }
    }

    /// Keeps as dots what the places that are certain bend no more: a part depends on the place before it and the two behind it, and each of
    /// these on its neighbours.
    private mutating func settle() {
        let last = forgotten + places.count - 1
        guard last - 2 > settled else { return }
        let parts = (settled - forgotten)..<(last - 2 - forgotten)
        lay(StrokeCurve(places), parts) { $0.keep($2, at: $1) }
        settled = last - 2
        // The first two of the places that are kept stand for what is before them: the first part that is laid anew begins at the third.
        let needed = max(0, settled - 2)
        places.removeFirst(needed - forgotten)
        forgotten = needed
    }

    private mutating func keep(_ new: CellDots, at place: Int) {
        let before = dots[place].bits
        dots[place].bits |= new.bits
        guard dots[place].bits != before else { return }
        if before == 0 { cells.append(place) }
        settledLately.append(place)
    }

    /// Calls `body` for each cell, by its place in the region row by row, with the dots that no later sample moves.
    ///
    /// - Parameter places: the cells to look at; nil for all.
    func forEachSettledCell(of places: [Int]?, _ body: (Int, CellDots) -> Void) {
        for place in places ?? cells where dots[place].bits != 0 { body(place, dots[place]) }
    }

    /// The cells in which the end lies.
    package var bendingCells: [Int] { bending.map(\.place) }

    /// So many of the newest samples may be taken back.
    private static let slack = 24
}

extension CellRaster {
    /// Lays what is known of a stroke that grows over what was drawn before.
    ///
    /// - Parameter places: the only cells that can be another than before, among them all in which the stroke bends; nil for all.
    package mutating func draw(_ stroke: GrowingStroke, color: Color?, in places: [Int]? = nil) {
        precondition(stroke.region == region && stroke.grid == grid, "a stroke kept for \(stroke.region) is not laid into \(region)")
        beginShape()
        stroke.forEachSettledCell(of: places) { place, dots in addDots(dots, at: place, color: color) }
        for (place, dots) in stroke.bending { addDots(dots, at: place, color: color) }
    }
}
