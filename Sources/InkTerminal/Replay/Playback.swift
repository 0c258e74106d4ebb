import InkBoard
import InkFormats
import InkFrontEnd
import InkSession

/// A recording at one time of it: the board as it stood, and the strokes that are being drawn.
struct Playback: Sendable {
    private(set) var reel: Reel
    private(set) var board = BoardView()
    private(set) var regions: ShapeRegions
    private var canvas = BoardCanvas()
    /// Since the beginning.
    private(set) var milliseconds = 0
    /// When something else is seen than now; nil where nothing comes any more.
    private(set) var nextChange: Int?
    /// Steps that are done.
    private(set) var stepCount = 0
    /// The strokes of the next step, as far as they have come (FM-224).
    private var growing = Overlay()
    /// The cells of all that stands in the end, by zoom.
    private let ends: [Grid: CellRegion]
    /// What the last steps changed, as long as nobody asked.
    private var changed: [ShapeID] = []

    /// - Parameter end: the shapes in the end.
    init(_ reel: Reel, end: [Shape]) {
        self.reel = reel
        regions = ShapeRegions(grid: .standard)
        var last = BoardView()
        last.replaceAll(end)
        regions.replaceAll(last)
        var ends: [Grid: CellRegion] = [:]
        for zoom in Grid.zooms { ends[zoom] = regions.content(on: zoom) }
        self.ends = ends
        regions.replaceAll(board)
        move(to: 0)
    }

    var recording: Recording { reel.recording }

    /// Goes to a time, from wherever it is (FM-223).
    mutating func move(to time: Int) {
        milliseconds = time
        let count = recording.stepCount(at: time)
        if count != stepCount { step(to: count) }
        (growing, nextChange) = (Overlay(), nil)
        guard stepCount < recording.steps.count else { return }
        let (strokes, since) = reel.growth(of: stepCount)
        let end = recording.steps[stepCount].milliseconds
        nextChange = end
        guard (1...Self.strokesMax).contains(strokes.count), end > since else { return }
        nextChange = time < since ? since : min(end, time + 1)
        guard time > since else { return }
        for (index, stroke) in strokes.enumerated() {
            let samples = stroke.content.points.count
            let count = samples * (time - since) / (end - since)
            guard count > 0 else { continue }
            let key = Overlay.StrokeKey.own(stepCount * Self.strokesMax + index)
            growing.added.append(
                Overlay.Addition(draft: stroke.content, growth: Overlay.Growth(stroke: key, count: count, tip: nil)))
        }
    }

    private mutating func step(to count: Int) {
        let changes = reel.changes(from: stepCount, to: count)
        stepCount = count
        changed += changes.map(\.id)
        // To put many on top one by one is quicker than all anew; to take many out from between others is not.
        let dear = changes.count { $0.before != nil }
        guard changes.count <= 64 + board.shapes.count / 64, dear <= 64 + board.shapes.count / 512 else {
            board.replaceAll(reel.shapes(after: count))
            regions.replaceAll(board)
            return
        }
        for change in changes {
            guard let shape = change.after ?? change.before else { continue }
            let kind: ShapeChange.Kind = change.after == nil ? .removed : change.before == nil ? .added : .changed
            for told in board.apply(ShapeChange(kind: kind, id: change.id, author: change.by, shape: shape)) { regions.apply(told) }
        }
    }

    /// The cells that what changed lately takes, what is being drawn included; nil for none. Asked again, only what is newer.
    mutating func takeChanged(on grid: Grid) -> CellRegion? {
        regions.grid = grid
        let boxes = changed.compactMap { regions[$0] } + growing.added.map { $0.draft.cellRegion(on: grid) }
        changed = []
        return boxes.dropFirst().reduce(boxes.first) { $0?.union($1) }
    }

    /// The cells of all that stands now or in the end.
    mutating func content(on zoom: Grid) -> CellRegion? {
        guard let now = regions.content(on: zoom) else { return ends[zoom] }
        return ends[zoom]?.union(now) ?? now
    }

    /// The nearest zoom, 100 % at most, from which all of it is seen; nil where none is (TM-262).
    mutating func fittingGrid(columns: Int, rows: Int) -> Grid? {
        Grid.zooms.last { zoom in
            zoom.dotUnits >= Grid.standard.dotUnits
                && content(on: zoom).map { $0.columns <= columns && $0.rows <= rows } ?? true
        }
    }

    /// What is seen, row by row, and whether more of it comes when it is asked for again.
    mutating func cells(in viewport: Viewport, _ look: BoardCanvas.Look) -> (cells: [Cell], isUnfinished: Bool) {
        regions.grid = viewport.grid
        let cells = canvas.cells(of: board, regions, growing, in: viewport, look)
        return (cells, canvas.isUnfinished)
    }

    /// Forgets what was drawn for a window of another size.
    mutating func resize() { canvas = BoardCanvas() }

    /// Of more strokes in one step none is seen to grow: no hand draws so.
    private static let strokesMax = 8
}

/// What of a board is seen while it is played (TM-262).
struct ReplayView: Sendable {
    private(set) var viewport: Viewport
    /// True to go along with what is drawn, at 100 %; false to show all.
    private(set) var follows: Bool

    init(_ playback: inout Playback, columns: Int, rows: Int) {
        viewport = Viewport(grid: .standard, columns: columns, rows: rows)
        follows = playback.fittingGrid(columns: columns, rows: rows) == nil
        if !follows {
            fit(&playback)
        } else if let all = playback.content(on: .standard) {
            viewport.center(on: all)
        }
    }

    mutating func resize(_ playback: inout Playback, columns: Int, rows: Int) {
        viewport.resize(columns: columns, rows: rows)
        playback.resize()
        if !follows { fit(&playback) }
    }

    mutating func toggle(_ playback: inout Playback) {
        follows.toggle()
        guard follows else { return fit(&playback) }
        let middle = viewport.grid.middle(of: viewport.middle)
        viewport.zoom(to: .standard, showing: middle, at: CellPlace(column: viewport.columns / 2, row: viewport.rows / 2))
    }

    /// Sees what is to be seen at this time.
    mutating func look(at playback: inout Playback) {
        guard let changed = playback.takeChanged(on: viewport.grid), !viewport.region.contains(changed) else { return }
        // What goes away before the end may lie beyond what is seen in the end.
        if follows { viewport.center(on: changed) } else { fit(&playback) }
    }

    /// Shows all, or its middle from as far as it goes.
    private mutating func fit(_ playback: inout Playback) {
        let grid = playback.fittingGrid(columns: viewport.columns, rows: viewport.rows) ?? Grid.zooms[0]
        guard let all = playback.content(on: grid) else { return }
        viewport.zoom(to: grid, showing: grid.middle(of: all.middle), at: CellPlace(column: 0, row: 0))
        viewport.center(on: all)
    }
}

extension CellRegion {
    fileprivate func contains(_ other: CellRegion) -> Bool {
        columnRange.lowerBound <= other.columnRange.lowerBound && columnRange.upperBound >= other.columnRange.upperBound
            && rowRange.lowerBound <= other.rowRange.lowerBound && rowRange.upperBound >= other.rowRange.upperBound
    }
}
