import InkBoard
import InkFormats
import InkFrontEnd
import InkSession

/// Cells that each standing shape can touch: asked for in every frame, dear for long strokes. Follows a `BoardView`; another grid costs nothing.
struct ShapeRegions: Sendable {
    /// On which it is asked for cells.
    var grid: Grid
    private var extents: [ShapeID: Extent] = [:]

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

    /// The box of a shape with other content, if that is as quick: where it is only moved, or has a size of its own.
    func box(of id: ShapeID, as content: ShapeDraft) -> CellRegion? {
        guard content.isSizedByText else { return content.cellRegion(on: grid) }
        guard let extent = extents[id], extent.text == content.text else { return nil }
        return ShapeExtent(content, words: extent.shape.words).box(on: grid)
    }

    /// The cells of all shapes; nil for none.
    var content: CellRegion? { content(on: grid) }

    func content(on grid: Grid) -> CellRegion? {
        var all: CellRegion?
        for extent in extents.values {
            let box = extent.shape.box(on: grid)
            all = all?.union(box) ?? box
        }
        return all
    }

    /// True if a shape can reach cells of a region: quick, and never wrongly false.
    func reaches(_ id: ShapeID, _ region: CellRegion) -> Bool { extents[id]?.shape.reach(on: grid).overlaps(region) ?? false }

    mutating func replaceAll(_ board: BoardView) {
        extents = Dictionary(board.shapes.map { ($0.id, extent(of: $0.content, before: nil)) }, uniquingKeysWith: { $1 })
    }

    mutating func apply(_ change: ShapeChange) {
        extents[change.id] = change.kind == .removed ? nil : extent(of: change.shape.content, before: extents[change.id])
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
    func hits(on board: BoardView, _ stamps: StampCache, _ place: CellPlace, includesInside: Bool = true) -> [ShapeID] {
        let (column, row) = (place.column, place.row)
        var (near, around): ([ShapeID], [ShapeID]) = ([], [])
        for shape in board.shapes.reversed() {
            guard let extent = extents[shape.id]?.shape, extent.reach(on: grid).contains(column: column, row: row),
                !stamps.missing.contains(shape.id)
            else { continue }
            var stamp = stamps.stamp(of: shape.id, shape.content)
            if stamp?.region.contains(column: column, row: row) != true {
                let isBox = stamps.isFull && shape.content.isDear
                let shown = isBox ? shape.content.outline(on: grid, box: extent.box(on: grid)) : shape.content
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
        board.shapes.map(\.id).filter { id in
            guard let box = self[id] else { return false }
            return region.union(box) == region
        }
    }

    // MARK: The way to the drawing

    /// Ink near a place, and the box of its shape: of those whose boxes lie nearest, the one whose ink does. Nil where no shape leaves ink.
    func nearestInk(on board: BoardView, to place: CellPlace) -> (ink: CellPlace, box: CellRegion)? {
        let boxes = board.shapes
            .compactMap { shape in
                extents[shape.id].flatMap { extent -> (shape: Shape, box: CellRegion, distance: Int)? in
                    let box = extent.shape.box(on: grid)
                    return extent.hasInk ? (shape, box, box.distance(to: place)) : nil
                }
            }
            .sorted { ($0.distance, $0.shape.id) < ($1.distance, $1.shape.id) }
        var nearest: (ink: CellPlace, box: CellRegion)?
        var effort = 0
        for (index, (shape, box, distance)) in boxes.enumerated() {
            if let nearest, index >= Self.boxesMax || effort > Self.effortMax || distance > nearest.ink.distance(to: place) { break }
            effort += shape.content.effort
            guard let ink = shape.content.inkPlace(near: place, on: grid) else { continue }
            if nearest.map({ ink.distance(to: place) < $0.ink.distance(to: place) }) ?? true { nearest = (ink, box) }
        }
        return nearest
    }

    /// What a window of so many cells is to show so that ink is in it: all shapes where they fit, else the one whose ink lies nearest to a
    /// place, or where that does not fit its ink. Nil where nothing leaves ink.
    func whereInkIs(on board: BoardView, near place: CellPlace, columns: Int, rows: Int) -> CellRegion? {
        guard let (ink, box) = nearestInk(on: board, to: place), let all = content else { return nil }
        return [all, box].first { $0.columns <= columns && $0.rows <= rows }
            ?? CellRegion(column: ink.column, row: ink.row, columns: 1, rows: 1)
    }

    /// The ink of so many boxes is looked for.
    private static let boxesMax = 16
    /// Samples and bytes of text that are looked at for it, one shape beyond them: while nothing is in sight it is looked for in each picture.
    private static let effortMax = 4096
}

extension CellRegion {
    /// Cells from a place to the region, a row for as far as two columns; 0 within.
    fileprivate func distance(to place: CellPlace) -> Int {
        let dx = max(column - place.column, place.column - columnRange.upperBound + 1, 0)
        let dy = max(row - place.row, place.row - rowRange.upperBound + 1, 0)
        return max(dx, 2 * dy)
    }
}
