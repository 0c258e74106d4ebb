import InkBoard
import InkFormats
import InkFrontEnd

/// What shapes that are dear to draw leave in the window, kept while it and they stay as they are.
///
/// Stamps are made cheapest first and within a budget: what it does not reach is made for the next picture. So no shape, however it was
/// drawn, holds the keyboard, and none hides those that are drawn at once (TM-70).
struct StampCache: Sendable {
    private var region = CellRegion(column: 0, row: 0, columns: 0, rows: 0)
    private var grid = Grid.standard
    private var stamps: [ShapeID: ShapeStamp] = [:]
    /// Things that all stamps keep.
    private var count = 0
    /// Shapes that are seen and have no stamp yet.
    private(set) var missing: Set<ShapeID> = []
    /// What making stamps has cost so far.
    private(set) var work = 0
    /// True if no more stamps are kept: what has none is shown by its box.
    private(set) var isFull = false

    /// Another window has other cells.
    mutating func move(to viewport: Viewport) {
        guard region != viewport.region || grid != viewport.grid else { return }
        let work = work
        self = StampCache()
        (region, grid, self.work) = (viewport.region, viewport.grid, work)
    }

    /// The stamp of a shape as it is; nil where there is none.
    func stamp(of id: ShapeID, _ content: ShapeDraft) -> ShapeStamp? {
        guard let stamp = stamps[id], stamp.content == content else { return nil }
        return stamp
    }

    /// Makes stamps of shapes that have none. At least one is made, so that in the end all are.
    mutating func make(for wanted: [Shape], on board: BoardView) {
        missing = []
        isFull = false
        var spent = 0
        for shape in wanted.sorted(by: { ($0.content.effort, $0.id) < ($1.content.effort, $1.id) }) {
            guard spent < Self.budget else {
                missing.insert(shape.id)
                continue
            }
            if count > Self.countMax { forgetOthers(than: board) }
            guard count <= Self.countMax else {
                isFull = true
                return
            }
            let stamp = ShapeStamp(shape.content, in: region, on: grid)
            spent += stamp.work
            work += stamp.work
            count += stamp.count - (stamps[shape.id]?.count ?? 0)
            stamps[shape.id] = stamp
        }
    }

    private mutating func forgetOthers(than board: BoardView) {
        stamps = stamps.filter { board[$0.key]?.content == $0.value.content }
        count = stamps.values.reduce(0) { $0 + $1.count }
    }

    /// Steps, cells and letters for the stamps of one picture: some 10 ms of a core, one dear shape beyond it.
    static let budget = 2_000_000
    /// Things of 8 bytes (cells of lines and dots), 16 (runs of filled cells) or 24 (letters), in arrays that are up to half empty: one stamp more
    /// may be kept. A stroke that covers a window of 200 by 58 cells leaves 11 600 of 8 bytes; so many stamps are 32 MiB.
    private static let countMax = 2_000_000
}
