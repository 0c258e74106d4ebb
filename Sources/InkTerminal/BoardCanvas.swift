import InkBoard
import InkFormats
import InkFrontEnd

/// The shapes that are seen, as cells; keeps what does not change from one picture to the next.
///
///     ground   standing shapes below the lowest that is moved or resized, less those that are erased: laid once, and what comes on top added
///     above    the moved shapes and all that lies over them: laid anew for each picture
///     strokes  each that grows by its new samples (`GrowingStroke`)
///
/// Where nothing but strokes that grow lies over the ground, only the cells in which they grew are made anew.
struct BoardCanvas: Sendable {
    private var ground: Ground?
    private var strokes: [Overlay.StrokeKey: GrowingStroke] = [:]
    /// The picture before, where it was made of ground and growing strokes alone.
    private var last: Picture?

    private struct Ground: Sendable {
        var raster: CellRaster
        /// Shapes of the board that are in it, from the bottom.
        var count = 0
        /// The board's version that it shows.
        var version: Int
        /// Left out.
        let erased: Set<ShapeID>
    }

    private struct Picture: Sendable {
        let version: Int
        let erased: Set<ShapeID>
        let look: Look
        var raster: CellRaster
        var cells: [Cell]
        /// The strokes over the ground, bottom first.
        let strokes: [Layer]
        /// The cells in which their ends lie.
        var bending: [Int] = []
    }

    private struct Layer: Hashable, Sendable {
        let stroke: Overlay.StrokeKey
        let color: Color?
    }

    /// How cells look where shapes are laid alike.
    struct Look: Hashable, Sendable {
        let style: GlyphStyle
        let isDark: Bool
    }

    /// The cells of the view, row by row: the standing shapes as an overlay leaves them, and what it adds.
    mutating func cells(of board: BoardView, _ regions: ShapeRegions, _ overlay: Overlay, in viewport: Viewport, _ look: Look) -> [Cell] {
        let limit = overlay.replaced.keys.compactMap { board.index(of: $0) }.min() ?? board.shapes.count
        let ground = lay(board, regions, upTo: limit, without: overlay.erased, in: viewport)
        // Nil where something else than growing strokes lies over the ground.
        let layers = grow(overlay.added, in: viewport).flatMap { limit == board.shapes.count ? $0 : nil }
        if let layers, var picture = last, picture.version == board.version, picture.erased == overlay.erased, picture.look == look,
            picture.raster.region == viewport.region, picture.raster.grid == viewport.grid, picture.strokes == layers
        {
            // So that its cells have one owner and change in place.
            last = nil
            advance(&picture, over: ground)
            last = picture
            return picture.cells
        }
        var raster = ground
        for shape in board.shapes[limit...] where !overlay.erased.contains(shape.id) {
            if let content = overlay.replaced[shape.id] {
                raster.draw(content)
            } else if Self.isSeen(shape, regions, in: viewport) {
                raster.draw(shape.content)
            }
        }
        for addition in overlay.added {
            if let growth = addition.growth, let stroke = strokes[growth.stroke] {
                raster.draw(stroke, color: addition.draft.stroke)
            } else {
                raster.draw(addition.draft)
            }
        }
        let cells = (0..<viewport.columns * viewport.rows).map { raster.cell(at: $0, look) }
        last = layers.map { layers in
            Picture(
                version: board.version, erased: overlay.erased, look: look, raster: raster, cells: cells, strokes: layers,
                bending: layers.flatMap { strokes[$0.stroke]?.bendingCells ?? [] })
        }
        return cells
    }

    /// Makes anew the cells in which strokes grew since a picture was made.
    private func advance(_ picture: inout Picture, over ground: CellRaster) {
        let grown = picture.strokes.compactMap { layer in strokes[layer.stroke].map { (stroke: $0, color: layer.color) } }
        let bending = grown.flatMap { $0.stroke.bendingCells }
        let places = Array(Set(picture.bending + bending + grown.flatMap { $0.stroke.settledLately }))
        picture.bending = bending
        picture.raster.restore(places, from: ground)
        for (stroke, color) in grown { picture.raster.draw(stroke, color: color, in: places) }
        for place in places {
            // A wide glyph is whole or not by both of its cells.
            for neighbour in max(0, place - 1)...min(picture.cells.count - 1, place + 1) {
                picture.cells[neighbour] = picture.raster.cell(at: neighbour, picture.look)
            }
        }
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

    /// Brings the strokes that grow to where they are, and forgets the others; nil where something else is added as well.
    private mutating func grow(_ added: [Overlay.Addition], in viewport: Viewport) -> [Layer]? {
        var before = strokes
        strokes = [:]
        var (layers, isAll): ([Layer], Bool) = ([], true)
        for addition in added {
            let (draft, region, grid) = (addition.draft, viewport.region, viewport.grid)
            guard let growth = addition.growth, draft.text.isEmpty else {
                isAll = false
                continue
            }
            // Taken out, so that its dots have one owner and change in place.
            var stroke = before.removeValue(forKey: growth.stroke) ?? GrowingStroke(draft, in: region, on: grid)
            if !stroke.canBecome(draft, count: growth.count, in: region, on: grid) {
                stroke = GrowingStroke(draft, in: region, on: grid)
                // What it left there is not known any more.
                last = nil
            }
            stroke.become(draft, count: growth.count, tip: growth.tip)
            strokes[growth.stroke] = stroke
            layers.append(Layer(stroke: growth.stroke, color: draft.stroke))
        }
        return isAll ? layers : nil
    }
}

extension CellRaster {
    /// A cell as this terminal shows it.
    fileprivate func cell(at place: Int, _ look: BoardCanvas.Look) -> Cell {
        var cell = cell(at: place, style: look.style)
        // Thin lines need lighter shades of two colours on dark paper.
        if look.isDark, cell.background == nil, let ink = cell.foreground { cell.foreground = PersonColor.ink(ink, onDark: true) }
        return cell
    }
}
