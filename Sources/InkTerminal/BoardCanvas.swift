import InkBoard
import InkFormats
import InkFrontEnd

/// The shapes that are seen, as cells; keeps what does not change from one picture to the next.
///
/// A shape that is dear to draw is laid by its stamp; what there is no time for in one picture comes with the next (`StampCache`).
///
///     ground   standing shapes below the lowest that is moved or resized, less those that are erased: laid once, and what comes on top added;
///              where the window moves, what stays in it is taken along, and the strips that are new are laid (TM-135)
///     above    the moved shapes and all that lies over them: laid anew for each picture
///     strokes  each that grows by its new samples (`GrowingStroke`)
///
/// Where nothing but strokes that grow lies over the ground, only the cells in which they grew are made anew (TM-40).
struct BoardCanvas: Sendable {
    private var ground: Ground?
    /// The shapes near the window, as they were looked for last.
    private var near: Near?
    private var strokes: [Overlay.StrokeKey: GrowingStroke] = [:]
    /// The picture before, where it was made of ground and growing strokes alone.
    private var last: Picture?
    /// What shapes that are dear to draw leave.
    private(set) var stamps: StampCache
    /// What those of them that a hand holds leave, as they were drawn last.
    private var held: [ShapeID: ShapeStamp] = [:]

    /// Steps, cells and letters that pictures have cost so far, and shapes that were looked at for them.
    private(set) var work: Int

    /// - Parameter work: what pictures before have cost.
    init(work: Int = 0, stamps: StampCache = StampCache()) { (self.work, self.stamps) = (work, stamps) }

    /// True if there was no time for all shapes that are seen.
    var isUnfinished: Bool { !stamps.missing.isEmpty }

    private struct Near: Sendable {
        var version: Int
        var region: CellRegion
        let grid: Grid
        /// Shapes of the board that were looked at.
        var count: Int
        /// How many lie below each, lowest first.
        var indices: [Int]
    }

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

    /// Steps, cells and letters for what a hand moves, in one picture: some 5 ms of a core, one dear shape beyond it.
    private static let handBudget = 1_000_000

    /// How cells look where shapes are laid alike.
    struct Look: Hashable, Sendable {
        let style: GlyphStyle
        let isDark: Bool
    }

    /// The cells of the view, row by row: the standing shapes as an overlay leaves them, and what it adds.
    mutating func cells(of board: BoardView, _ regions: ShapeRegions, _ overlay: Overlay, in viewport: Viewport, _ look: Look) -> [Cell] {
        stamps.move(to: viewport)
        let stamped = stamps.work
        defer { work += stamps.work - stamped }
        let near = inSight(board, regions, of: viewport)
        let replaced = overlay.replaced.keys.compactMap { board.index(of: $0) }
        let limit = replaced.min() ?? board.shapes.count
        let ground = lay(board, regions, near, upTo: limit, overlay, in: viewport)
        // Nil where something else than growing strokes lies over the ground.
        let layers = grow(overlay.added, in: viewport).flatMap { limit == board.shapes.count && !isUnfinished ? $0 : nil }
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
        var budget = Self.handBudget
        let above = (replaced.isEmpty ? [] : Set(replaced).union(near.filter { $0 >= limit }).sorted())
            .filter { !overlay.erased.contains(board.shapes[$0].id) }
        let standing = above.filter { overlay.replaced[board.shapes[$0].id] == nil }
        let cover = cover(of: standing[...], on: board, raster)
        for index in above {
            let shape = board.shapes[index]
            if let content = overlay.replaced[shape.id] {
                let caret = overlay.written.flatMap { $0.id == shape.id ? $0.caret : nil }
                draw(content, of: shape.id, regions.box(of: shape.id, as: content), caret: caret, into: &raster, &budget)
            } else {
                draw(shape, regions, into: &raster, at: index, under: cover)
            }
        }
        held = held.filter { overlay.replaced[$0.key] != nil }
        for addition in overlay.added {
            if let growth = addition.growth, let stroke = strokes[growth.stroke] {
                raster.draw(stroke, color: addition.draft.stroke)
            } else {
                draw(addition.draft, of: nil, caret: addition.caret, into: &raster, &budget)
            }
        }
        work += raster.work - ground.work
        let cells = (0..<viewport.columns * viewport.rows).map { raster.cell(at: $0, look) }
        last = layers.map { layers in
            Picture(
                version: board.version, erased: overlay.erased, look: look, raster: raster, cells: cells, strokes: layers,
                bending: layers.flatMap { strokes[$0.stroke]?.bendingCells ?? [] })
        }
        return cells
    }

    /// Draws what stands on the board and is not in a hand.
    private func draw(_ shape: Shape, _ regions: ShapeRegions, into raster: inout CellRaster, at index: Int, under cover: FillCover?) {
        if shape.content.isDear {
            if let stamp = stamps.stamp(of: shape.id, shape.content, in: raster.region) {
                raster.lay(stamp, at: index, under: cover)
            } else if stamps.boxed.contains(shape.id) {
                let outline = shape.content.outline(on: raster.grid, box: regions[shape.id])
                raster.lay(ShapeStamp(outline, in: raster.region, on: raster.grid), at: index)
            }
        } else {
            let stamp = ShapeStamp(shape.content, in: raster.region, on: raster.grid, extent: regions.extent(of: shape.id))
            raster.lay(stamp, at: index, under: cover)
            raster.spend(stamp.work)
        }
    }

    /// Draws what a hand moves, or by its box what the budget does not reach: it is another with each picture (TM-351).
    ///
    /// - Parameters:
    ///   - id: of the standing shape; nil for a new one.
    ///   - box: its cells, where they are known.
    private mutating func draw(
        _ content: ShapeDraft, of id: ShapeID?, _ box: CellRegion? = nil, caret: Int?, into raster: inout CellRaster, _ budget: inout Int
    ) {
        if let stamp = id.flatMap({ held[$0] }), caret == nil, stamp.content == content, stamp.region == raster.region,
            stamp.grid == raster.grid
        {
            return raster.lay(stamp)
        }
        let isTooDear = content.isDear && budget <= 0
        let drawn = isTooDear ? content.outline(on: raster.grid, box: box) : content
        let stamp = ShapeStamp(drawn, in: raster.region, on: raster.grid, caret: isTooDear ? nil : caret)
        budget -= stamp.work
        work += stamp.work
        if let id, content.isDear, !isTooDear, caret == nil { held[id] = stamp }
        raster.lay(stamp)
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

    /// The shapes that can be seen, by how many lie below each, lowest first.
    private mutating func inSight(_ board: BoardView, _ regions: ShapeRegions, of viewport: Viewport) -> [Int] {
        let (region, grid) = (viewport.region, viewport.grid)
        if var next = near, next.grid == grid, next.version >= board.disturbed, let strips = region.strips(beside: next.region) {
            // So that its indices have one owner and change in place.
            near = nil
            if !strips.isEmpty {
                work += next.indices.count
                let comers = comers(to: strips, from: next, board, regions)
                next.indices.removeAll { !regions.reaches(board.shapes[$0].id, region) }
                // To find where one lies among all others is dearer than to put these in order.
                next.indices = (next.indices + comers).sorted()
            }
            // Only what came on top is to be looked at.
            work += board.shapes.count - next.count
            next.indices += (next.count..<board.shapes.count).filter { regions.reaches(board.shapes[$0].id, region) }
            (next.version, next.region, next.count) = (board.version, region, board.shapes.count)
            near = next
            return next.indices
        }
        let indices = regions.indices(on: board, reaching: region, looked: &work)
        near = Near(version: board.version, region: region, grid: grid, count: board.shapes.count, indices: indices)
        return indices
    }

    /// The shapes that lie in strips beside a window and did not lie in it, by how many lie below each, in no order.
    private mutating func comers(to strips: [CellRegion], from known: Near, _ board: BoardView, _ regions: ShapeRegions) -> Set<Int> {
        var comers: Set<Int> = []
        for strip in strips {
            for index in regions.indices(on: board, reaching: strip, looked: &work)
            where index < known.count && !regions.reaches(board.shapes[index].id, known.region) { comers.insert(index) }
        }
        return comers
    }

    /// The ground up to a shape; what lies there already stays, where nothing was done to the board but laying shapes on top, and comes along
    /// where the window moves (TM-40).
    private mutating func lay(
        _ board: BoardView, _ regions: ShapeRegions, _ near: [Int], upTo limit: Int, _ overlay: Overlay, in viewport: Viewport
    ) -> CellRaster {
        func empty() -> Ground {
            Ground(raster: CellRaster(region: viewport.region, grid: viewport.grid), version: board.version, erased: overlay.erased)
        }
        var next: Ground
        var strips: [CellRegion] = []
        if let ground, !isUnfinished, ground.version >= board.disturbed, ground.count <= limit, ground.erased == overlay.erased,
            ground.raster.grid == viewport.grid, let new = viewport.region.strips(beside: ground.raster.region)
        {
            (next, strips) = (ground, new)
        } else {
            next = empty()
        }
        // So that the cells have one owner and change in place.
        ground = nil
        if next.raster.region != viewport.region { next.raster = next.raster.moved(to: viewport.region) }
        func shown(from first: Int) -> [Int] {
            near.filter { index in
                let id = board.shapes[index].id
                return index >= first && !overlay.erased.contains(id) && overlay.replaced[id] == nil
            }
        }
        let first = strips.isEmpty ? next.count : 0
        var seen = shown(from: first)
        let wanted = seen.filter { index in
            let shape = board.shapes[index]
            return shape.content.isDear && !stamps.has(shape.id, shape.content)
        }
        // What lies there as ink and is shown by its box now, or the other way round, is laid anew.
        let boxed = stamps.boxed
        if stamps.make(for: wanted.map { board.shapes[$0] }, isAll: first == 0, on: board)
            || !strips.isEmpty && !(boxed.isEmpty && stamps.boxed.isEmpty)
        {
            (next, strips) = (empty(), [])
            if first > 0 { seen = shown(from: 0) }
        }
        stamps.join(seen.filter { $0 >= next.count && board.shapes[$0].content.isDear }.map { board.shapes[$0].id })
        let laid = next.raster.work
        for strip in strips {
            var part = CellRaster(region: strip, grid: viewport.grid)
            lay(seen.filter { $0 < next.count && regions.reaches(board.shapes[$0].id, strip) }, of: board, regions, into: &part)
            next.raster.take(part)
        }
        lay(seen.filter { $0 >= next.count && $0 < limit }, of: board, regions, into: &next.raster)
        work += next.raster.work - laid
        (next.count, next.version) = (limit, board.version)
        ground = next
        return next.raster
    }

    private func lay(_ indices: [Int], of board: BoardView, _ regions: ShapeRegions, into raster: inout CellRaster) {
        let cover = cover(of: indices[...], on: board, raster)
        for index in indices { draw(board.shapes[index], regions, into: &raster, at: index, under: cover) }
    }

    /// What is hidden under filled shapes; nil where there are so few that it is not worth a look.
    private func cover(of shapes: ArraySlice<Int>, on board: BoardView, _ raster: CellRaster) -> FillCover? {
        let filled = shapes.filter { board.shapes[$0].content.fill != nil }
        guard filled.count > 8 else { return nil }
        var cover = FillCover(cells: raster.region.columns * raster.region.rows)
        for index in filled.reversed() where !cover.isWhole {
            let shape = board.shapes[index]
            let stamp = stamps.stamp(of: shape.id, shape.content, in: raster.region)
            for run in stamp?.fills ?? (shape.content.isDear ? [] : shape.content.fillRuns(in: raster.region, on: raster.grid)) {
                cover.cover(run, by: index)
            }
        }
        return cover
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
            let before = stroke.work
            stroke.become(draft, count: growth.count, tip: growth.tip)
            work += stroke.work - before
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
        // On a fill each ink is what it is; on the terminal's paper it is one that is seen there (TM-65).
        if cell.background == nil, let ink = cell.foreground { cell.foreground = PersonColor.ink(ink, onDark: look.isDark) }
        return cell
    }
}
