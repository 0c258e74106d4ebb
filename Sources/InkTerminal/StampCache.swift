import InkBoard
import InkFormats
import InkFrontEnd

/// What shapes that are dear to draw leave in the window, kept while they stay as they are.
///
/// Stamps are made cheapest first and within a budget: what it does not reach is made for the next picture. So no shape, however it was
/// drawn, holds the keyboard, and none hides those that are drawn at once (TM-70). A window that moves on its grid takes them along, and only
/// the strips that are new are drawn; what is measured of a shape is kept for every grid.
///
/// Where there is no room for all, the cheapest have it: which shapes are shown by their boxes depends on what is seen, and not on the way there.
struct StampCache: Sendable {
    private var region = CellRegion(column: 0, row: 0, columns: 0, rows: 0)
    private var grid = Grid.standard
    private var entries: [ShapeID: Entry] = [:]
    /// What is left in the strips by which the window moved last.
    private var pieces: [ShapeID: [ShapeStamp]] = [:]
    /// Things that are kept.
    private var count = 0
    /// Shapes that are seen and have no stamp yet.
    private(set) var missing: Set<ShapeID> = []
    /// What making stamps has cost so far.
    private(set) var work = 0
    /// Shapes that are seen and for whose stamps there is no room: they are shown by their boxes.
    private(set) var boxed: Set<ShapeID> = []
    /// Things that may be kept, one stamp beyond them.
    private let room: Int

    private struct Entry: Sendable {
        let shape: MeasuredShape
        /// Nil where the shape is not seen, or there was no time for it.
        var stamp: ShapeStamp?

        var count: Int { shape.count + (stamp?.count ?? 0) }
    }

    /// What is given room first: shapes in the order of what they cost.
    private struct Rank: Comparable {
        let effort: Int
        let id: ShapeID

        init(_ id: ShapeID, _ content: ShapeDraft) { (self.id, effort) = (id, content.effort) }

        static func < (left: Rank, right: Rank) -> Bool { (left.effort, left.id) < (right.effort, right.id) }
    }

    /// The shapes with stamps, once they are to be ranked: those from before, and those made since, each cheapest first.
    private struct Ranks {
        var kept: [Rank]?
        var made: [Rank] = []

        var dearest: Rank? { [kept?.last, made.last].compactMap { $0 }.max() }

        mutating func removeDearest() {
            if let last = made.last, kept?.last.map({ $0 < last }) ?? true { made.removeLast() } else { kept?.removeLast() }
        }
    }

    init(room: Int = Self.countMax) { self.room = room }

    /// The window shows other cells.
    mutating func move(to viewport: Viewport) {
        guard region != viewport.region || grid != viewport.grid else { return }
        let strips = grid == viewport.grid ? viewport.region.strips(beside: region) : nil
        (region, grid) = (viewport.region, viewport.grid)
        pieces = [:]
        if let strips {
            moveStamps(to: strips)
        } else {
            for id in entries.keys { entries[id]?.stamp = nil }
            (missing, boxed) = ([], [])
        }
        // What is soon measured again is not worth its place: a walk over a large board would leave all of it here.
        entries = entries.filter { $0.value.stamp != nil || $0.value.shape.count >= Self.samplesMin }
        count = entries.values.reduce(0) { $0 + $1.count }
    }

    /// - Parameter strips: what of the window is new.
    private mutating func moveStamps(to strips: [CellRegion]) {
        var spent = 0
        for (id, entry) in entries.filter({ $0.value.stamp != nil }).sorted(by: {
            ($0.value.shape.content.effort, $0.key) < ($1.value.shape.content.effort, $1.key)
        }) {
            guard let stamp = entry.stamp else { continue }
            guard spent < Self.budget, entry.shape.extent.reach(on: grid).overlaps(region) else {
                entries[id]?.stamp = nil
                continue
            }
            let made = strips.map { ShapeStamp(entry.shape, in: $0, on: grid) }
            spent += made.reduce(0) { $0 + $1.work }
            pieces[id] = made
            entries[id]?.stamp = stamp.moved(to: region, with: made)
        }
        work += spent
    }

    /// The stamp of a shape as it is; nil where there is none.
    func stamp(of id: ShapeID, _ content: ShapeDraft) -> ShapeStamp? {
        guard let stamp = entries[id]?.stamp, stamp.content == content else { return nil }
        return stamp
    }

    /// The same for a part of the window.
    func stamp(of id: ShapeID, _ content: ShapeDraft, in part: CellRegion) -> ShapeStamp? {
        guard let stamp = stamp(of: id, content) else { return nil }
        if stamp.region == part { return stamp }
        return pieces[id]?.first { $0.region == part } ?? stamp.moved(to: part)
    }

    /// Makes stamps of shapes that have none. At least one is made, so that in the end all are that there is room for.
    ///
    /// - Parameter isAll: true if these are all that are seen and have none; else the others stay as they are.
    /// - Returns: true if a shape that had a stamp is shown by its box from here on.
    mutating func make(for wanted: [Shape], isAll: Bool, on board: BoardView) -> Bool {
        missing = []
        if isAll { boxed = [] }
        var (spent, ranks, isLess) = (0, Ranks(), false)
        for shape in wanted.sorted(by: { Rank($0.id, $0.content) < Rank($1.id, $1.content) }) {
            guard spent < Self.budget else {
                missing.insert(shape.id)
                continue
            }
            let rank = Rank(shape.id, shape.content)
            isLess = makeRoom(&ranks, on: board) || isLess
            guard count <= room || ranks.dearest.map({ rank < $0 }) ?? true else {
                boxed.insert(shape.id)
                continue
            }
            spent += make(for: shape)
            ranks.made.append(rank)
        }
        work += spent
        return makeRoom(&ranks, on: board) || isLess
    }

    /// - Returns: what it has cost.
    private mutating func make(for shape: Shape) -> Int {
        let before = entries[shape.id]
        let known = before.flatMap { $0.shape.content == shape.content ? $0.shape : nil }
        let measured = known ?? MeasuredShape(shape.content)
        let entry = Entry(shape: measured, stamp: ShapeStamp(measured, in: region, on: grid))
        count += entry.count - (before?.count ?? 0)
        pieces[shape.id] = nil
        entries[shape.id] = entry
        return (entry.stamp?.work ?? 0) + (known == nil ? measured.work : 0)
    }

    /// Gives up the dearest where there is more than room for.
    ///
    /// - Returns: true if any was given up.
    private mutating func makeRoom(_ ranks: inout Ranks, on board: BoardView) -> Bool {
        guard count > room else { return false }
        if ranks.kept == nil {
            forgetOthers(than: board)
            ranks = Ranks(kept: entries.map { Rank($0.key, $0.value.shape.content) }.sorted())
        }
        var isLess = false
        while let dearest = ranks.dearest, let entry = entries[dearest.id], count - entry.count > room {
            ranks.removeDearest()
            (entries[dearest.id], pieces[dearest.id]) = (nil, nil)
            count -= entry.count
            boxed.insert(dearest.id)
            isLess = true
        }
        return isLess
    }

    private mutating func forgetOthers(than board: BoardView) {
        entries = entries.filter { $0.value.stamp != nil && board[$0.key]?.content == $0.value.shape.content }
        count = entries.values.reduce(0) { $0 + $1.count }
    }

    /// Steps, cells and letters for the stamps of one picture: some 10 ms of a core, one dear shape beyond it.
    static let budget = 2_000_000
    /// Things of 8 bytes (cells of lines and dots), 16 (runs of filled cells, samples) or 24 (letters), in arrays that are up to half empty: one
    /// stamp more may be kept. A stroke that covers a window of 200 by 58 cells leaves 11 600 of 8 bytes; so many stamps are 32 MiB.
    private static let countMax = 2_000_000
    /// A stroke of fewer samples is measured in less than a tenth of a millisecond.
    private static let samplesMin = 1000
}
