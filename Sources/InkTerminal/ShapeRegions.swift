import InkBoard
import InkFormats
import InkFrontEnd
import InkSession

/// Cells that each standing shape can touch: asked for in every frame, dear for long strokes. Follows a `BoardView`; another grid costs nothing.
struct ShapeRegions: Sendable {
    /// On which it is asked for cells.
    var grid: Grid
    private var extents: [ShapeID: Extent] = [:]
    private var index = ShapeIndex<ShapeID>()
    /// The cells of all shapes, by grid, as far as anybody asked since one of them changed.
    private var contents: [Grid: CellRegion] = [:]

    private struct Extent: Sendable {
        let shape: ShapeExtent
        /// By what it is measured, for a shape that is as large as its words.
        let text: String?
        /// False for a text of nothing but blanks: its ink need not be looked for.
        var hasInk = true
    }

    init(grid: Grid) { self.grid = grid }

    /// The box of a shape.
    subscript(id: ShapeID) -> CellRegion? { extents[id]?.shape.box(on: grid) }

    /// How far a shape goes, on every grid.
    func extent(of id: ShapeID) -> ShapeExtent? { extents[id]?.shape }

    /// The box of a shape with other content, if that is as quick: where it is only moved, or has a size of its own.
    func box(of id: ShapeID, as content: ShapeDraft) -> CellRegion? {
        guard content.isSizedByText else { return content.cellRegion(on: grid) }
        guard let extent = extents[id], extent.text == content.text else { return nil }
        return ShapeExtent(content, words: extent.shape.words).box(on: grid)
    }

    /// The cells of all shapes; nil for none. `mutating` only because it keeps that for the next who asks.
    mutating func content(on asked: Grid? = nil) -> CellRegion? {
        let grid = asked ?? grid
        if let known = contents[grid] { return known }
        var all: CellRegion?
        for extent in extents.values {
            let box = extent.shape.box(on: grid)
            all = all?.union(box) ?? box
        }
        contents[grid] = all
        return all
    }

    /// True if a shape can reach cells of a region: quick, and never wrongly false.
    func reaches(_ id: ShapeID, _ region: CellRegion) -> Bool { extents[id]?.shape.reach(on: grid).overlaps(region) ?? false }

    /// How many shapes of the board lie below each that can reach cells of a region, lowest first.
    func indices(on board: BoardView, reaching region: CellRegion) -> [Int] {
        var looked = 0
        return indices(on: board, reaching: region, looked: &looked)
    }

    /// The same.
    ///
    /// - Parameter looked: grows by the shapes that were looked at.
    func indices(on board: BoardView, reaching region: CellRegion, looked: inout Int) -> [Int] {
        var near: [ShapeID] = []
        forEach(near: region) { id in
            looked += 1
            if reaches(id, region) { near.append(id) }
        }
        // Of most shapes it is quicker to go through all than to look where each lies.
        if near.count > board.shapes.count / 4 {
            looked += board.shapes.count
            return board.shapes.indices.filter { reaches(board.shapes[$0].id, region) }
        }
        return near.compactMap { board.index(of: $0) }.sorted()
    }

    /// Shapes that lie in cells of a region or reach into them, and some that lie near it; in no order.
    func shapes(near region: CellRegion) -> [ShapeID] {
        var near: [ShapeID] = []
        forEach(near: region) { near.append($0) }
        return near
    }

    private func forEach(near region: CellRegion, _ body: (ShapeID) -> Void) {
        let area = region.grown(by: ShapeExtent.margin)
        index.forEach(
            near: (
                area.column * grid.columnUnits, area.row * grid.rowUnits, area.columnRange.upperBound * grid.columnUnits,
                area.rowRange.upperBound * grid.rowUnits
            ), body)
    }

    mutating func replaceAll(_ board: BoardView) {
        (extents, index, contents) = ([:], ShapeIndex<ShapeID>(), [:])
        extents.reserveCapacity(board.shapes.count)
        for shape in board.shapes { take(shape.id, extent(of: shape.content, before: nil)) }
    }

    mutating func apply(_ change: ShapeChange) {
        let extent = change.kind == .removed ? nil : extent(of: change.shape.content, before: extents[change.id])
        if let old = extents.removeValue(forKey: change.id) {
            index.remove(change.id, old.shape.worldReach)
            // What lay at no side of all was not what made it so large.
            contents = contents.filter { grid, all in all.hasInside(old.shape.box(on: grid)) }
        }
        if let extent { take(change.id, extent) }
    }

    private mutating func take(_ id: ShapeID, _ extent: Extent) {
        extents[id] = extent
        index.insert(id, extent.shape.worldReach)
        for (grid, all) in contents { contents[grid] = all.union(extent.shape.box(on: grid)) }
    }

    /// - Parameter before: of the same shape, before it changed: a long text that is moved is not measured again.
    private func extent(of content: ShapeDraft, before: Extent?) -> Extent {
        guard content.isSizedByText else { return Extent(shape: ShapeExtent(content), text: nil) }
        let known = before?.text == content.text ? before : nil
        let hasInk = content.kind != .text || known?.hasInk ?? (content.inkPlace(near: grid.place(of: content.position), on: grid) != nil)
        return Extent(shape: ShapeExtent(content, words: known?.shape.words), text: content.text, hasInk: hasInk)
    }

    /// Shapes with ink in this cell, topmost first; then, if asked for, boxes without a fill around it. What is not drawn yet is not hit, and what is
    /// shown by its box is hit there.
    ///
    /// - Parameter looked: grows by the shapes that were looked at.
    func hits(
        on board: BoardView, _ stamps: StampCache, _ place: CellPlace, includesInside: Bool = true, looked: inout Int
    ) -> [ShapeID] {
        let (column, row) = (place.column, place.row)
        var (near, around): ([ShapeID], [ShapeID]) = ([], [])
        let places = indices(on: board, reaching: CellRegion(column: column, row: row, columns: 1, rows: 1), looked: &looked)
        for shape in places.reversed().map({ board.shapes[$0] }) {
            guard let extent = extents[shape.id]?.shape, extent.reach(on: grid).contains(column: column, row: row),
                !stamps.missing.contains(shape.id)
            else { continue }
            var stamp = stamps.stamp(of: shape.id, shape.content, at: place)
            if stamp == nil {
                let shown = stamps.boxed.contains(shape.id) ? shape.content.outline(on: grid, box: extent.box(on: grid)) : shape.content
                stamp = ShapeStamp(shown, in: CellRegion(column: column, row: row, columns: 1, rows: 1), on: grid)
            }
            if stamp?.hasInk(at: place) == true {
                near.append(shape.id)
            } else if includesInside, !shape.content.kind.isPath, extent.box(on: grid).contains(column: column, row: row) {
                around.append(shape.id)
            }
        }
        return near + around
    }

    /// Shapes that lie wholly inside a region, bottom first.
    func shapes(on board: BoardView, inside region: CellRegion) -> [ShapeID] {
        indices(on: board, reaching: region).map { board.shapes[$0].id }.filter { id in
            guard let box = self[id] else { return false }
            return region.union(box) == region
        }
    }

    // MARK: The way to the drawing

    /// Ink near a place, and the box of its shape: of those whose boxes lie nearest, the one whose ink does. Nil where no shape leaves ink.
    func nearestInk(on board: BoardView, to place: CellPlace) -> (ink: CellPlace, box: CellRegion)? {
        let boxes = candidates(near: place)
            .map { id, box in (id: id, box: box, distance: box.distance(to: place)) }
            .sorted { ($0.distance, $0.id) < ($1.distance, $1.id) }
        var nearest: (ink: CellPlace, box: CellRegion)?
        var effort = 0
        for (index, (id, box, distance)) in boxes.enumerated() {
            if let nearest, index >= Self.boxesMax || effort > Self.effortMax || distance > nearest.ink.distance(to: place) { break }
            guard let content = board[id]?.content else { continue }
            effort += content.effort
            guard let ink = content.inkPlace(near: place, on: grid) else { continue }
            if nearest.map({ ink.distance(to: place) < $0.ink.distance(to: place) }) ?? true { nearest = (ink, box) }
        }
        return nearest
    }

    /// Shapes with ink and their boxes, among them those whose boxes lie nearest to a place: what lies about it, or all where that is little.
    private func candidates(near place: CellPlace) -> [(ShapeID, CellRegion)] {
        func candidate(_ id: ShapeID, _ extent: Extent) -> (ShapeID, CellRegion)? {
            extent.hasInk ? (id, extent.shape.box(on: grid)) : nil
        }
        for size in [64, 256, 1024] {
            let about = CellRegion(column: place.column, row: place.row, columns: 1, rows: 1).grown(columns: size, rows: size / 2)
            var near: [(ShapeID, CellRegion)] = []
            forEach(near: about) { id in if let found = extents[id].flatMap({ candidate(id, $0) }) { near.append(found) } }
            // A box that is as near as the region reaches is nearer than any beyond.
            if near.filter({ $0.1.distance(to: place) < size }).count >= Self.boxesMax { return near }
        }
        return extents.compactMap { candidate($0.key, $0.value) }
    }

    /// What a window of so many cells is to show so that ink is in it: all shapes where they fit, else the one whose ink lies nearest to a
    /// place, or where that does not fit its ink. Nil where nothing leaves ink (TM-71).
    mutating func whereInkIs(on board: BoardView, near place: CellPlace, columns: Int, rows: Int) -> CellRegion? {
        guard let (ink, box) = nearestInk(on: board, to: place), let all = content() else { return nil }
        return [all, box].first { $0.columns <= columns && $0.rows <= rows }
            ?? CellRegion(column: ink.column, row: ink.row, columns: 1, rows: 1)
    }

    /// The ink of so many boxes is looked for.
    private static let boxesMax = 16
    /// Samples and bytes of text that are looked at for it, one shape beyond them: while nothing is in sight it is looked for in each picture.
    private static let effortMax = 4096
}

extension CellRegion {
    /// True for a region that touches no side of this one.
    fileprivate func hasInside(_ box: CellRegion) -> Bool {
        box.column > column && box.row > row && box.columnRange.upperBound < columnRange.upperBound
            && box.rowRange.upperBound < rowRange.upperBound
    }

    /// Cells from a place to the region, a row for as far as two columns; 0 within.
    fileprivate func distance(to place: CellPlace) -> Int {
        let dx = max(column - place.column, place.column - columnRange.upperBound + 1, 0)
        let dy = max(row - place.row, place.row - rowRange.upperBound + 1, 0)
        return max(dx, 2 * dy)
    }
}
