import InkBoard
import InkFormats
import InkFrontEnd

/// The shapes that are seen, laid into cells; keeps what does not change from one picture to the next.
///
///     ground   standing shapes below the lowest that is moved or resized, less those that are erased: laid once, and what comes on top added
///     above    the moved shapes and all that lies over them: laid anew for each picture
///     strokes  each that grows by its new samples (`GrowingStroke`)
struct BoardCanvas: Sendable {
    private var ground: Ground?
    private var strokes: [Overlay.StrokeKey: GrowingStroke] = [:]

    private struct Ground: Sendable {
        var raster: CellRaster
        /// Shapes of the board that are in it, from the bottom.
        var count = 0
        /// The board's version that it shows.
        var version: Int
        /// Left out.
        let erased: Set<ShapeID>
    }

    /// The standing shapes as an overlay leaves them, and what it adds.
    mutating func raster(of board: BoardView, _ regions: ShapeRegions, _ overlay: Overlay, in viewport: Viewport) -> CellRaster {
        let limit = overlay.replaced.keys.compactMap { board.index(of: $0) }.min() ?? board.shapes.count
        var raster = lay(board, regions, upTo: limit, without: overlay.erased, in: viewport)
        for shape in board.shapes[limit...] where !overlay.erased.contains(shape.id) {
            if let content = overlay.replaced[shape.id] {
                raster.draw(content)
            } else if Self.isSeen(shape, regions, in: viewport) {
                raster.draw(shape.content)
            }
        }
        for addition in overlay.added { lay(addition, into: &raster, in: viewport) }
        let grown = Set(overlay.added.compactMap { $0.growth?.stroke })
        strokes = strokes.filter { grown.contains($0.key) }
        return raster
    }

    /// The ground up to a shape; what lies there already stays, where nothing was done to the board but laying shapes on top.
    private mutating func lay(
        _ board: BoardView, _ regions: ShapeRegions, upTo limit: Int, without erased: Set<ShapeID>, in viewport: Viewport
    ) -> CellRaster {
        var next: Ground
        if let ground, ground.version >= board.disturbed, ground.count <= limit, ground.erased == erased,
            ground.raster.region == viewport.region, ground.raster.grid == viewport.grid
        {
            next = ground
        } else {
            next = Ground(raster: CellRaster(region: viewport.region, grid: viewport.grid), version: board.version, erased: erased)
        }
        // So that the cells have one owner and change in place.
        ground = nil
        for shape in board.shapes[next.count..<limit] where !erased.contains(shape.id) {
            if Self.isSeen(shape, regions, in: viewport) { next.raster.draw(shape.content) }
        }
        (next.count, next.version) = (limit, board.version)
        ground = next
        return next.raster
    }

    /// True if a shape, with its pen, its label and the bends of its curve, can reach what is seen: quick, and never wrongly false.
    private static func isSeen(_ shape: Shape, _ regions: ShapeRegions, in viewport: Viewport) -> Bool {
        guard let region = regions[shape.id] else { return false }
        let near = viewport.region.grown(by: 8)
        return region.grown(by: max(region.columns, region.rows) / 2).overlaps(near)
            || shape.content.labelRegion(on: viewport.grid)?.overlaps(near) == true
    }

    private mutating func lay(_ addition: Overlay.Addition, into raster: inout CellRaster, in viewport: Viewport) {
        let draft = addition.draft
        guard let growth = addition.growth, draft.text.isEmpty else { return raster.draw(draft) }
        let (region, grid) = (viewport.region, viewport.grid)
        let known = strokes.removeValue(forKey: growth.stroke)
        var stroke =
            known.flatMap { $0.canBecome(draft, count: growth.count, in: region, on: grid) ? $0 : nil }
            ?? GrowingStroke(draft, in: region, on: grid)
        stroke.become(draft, count: growth.count, tip: growth.tip)
        raster.draw(stroke, color: draft.stroke)
        strokes[growth.stroke] = stroke
    }
}
