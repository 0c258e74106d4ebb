import InkBoard
import InkFormats
import InkFrontEnd

/// What shapes that are dear to draw leave in the window, kept while they stay as they are.
///
/// Stamps are made cheapest first and within a budget: what it does not reach is made for the next picture. So no shape, however it was
/// drawn, holds the keyboard, and none hides those that are drawn at once (TM-70). A window that moves on its grid takes them along, and only
/// the strips that are new are drawn, which lie beside the stamp until all of it is asked for; what is measured of a shape is kept for every grid
/// (TM-135).
///
/// Where there is no room for all, the cheapest have it: which shapes are shown by their boxes depends on what is seen, and not on the way there.
struct StampCache: Sendable {
    private var region = CellRegion(column: 0, row: 0, columns: 0, rows: 0)
    private var grid = Grid.standard
    private var entries: [ShapeID: Entry] = [:]
    /// Things that are kept.
    private var count = 0
    /// Shapes that are seen and have no stamp yet.
    private(set) var missing: Set<ShapeID> = []
    /// What making stamps has cost so far.
    private(set) var work = 0
    /// Things that were moved so far, for the window had moved.
    private(set) var moved = 0
    /// Shapes that are seen and for whose stamps there is no room: they are shown by their boxes.
    private(set) var boxed: Set<ShapeID> = []
    /// Things that may be kept, one stamp beyond them.
    private let room: Int

    /// A value that is copied as one reference: all entries are walked each time the window moves.
    private indirect enum Kept<Value: Sendable>: Sendable {
        case value(Value)

        var value: Value {
            switch self {
            case .value(let value): value
            }
        }
    }

    private struct Entry: Sendable {
        private let keptShape: Kept<MeasuredShape>
        private var keptStamp: Kept<ShapeStamp>?
        /// What is left in the strips by which the window moved since that was made, where that is anything. No two of these, nor one and the stamp,
        /// have a cell in common.
        private(set) var strips: [ShapeStamp] = []
        /// Samples and letters of the shape.
        let effort: Int
        private let shapeCount: Int
        private(set) var stampCount = 0
        private var stripsCount = 0

        init(_ shape: MeasuredShape, _ stamp: ShapeStamp) {
            (keptShape, keptStamp) = (.value(shape), .value(stamp))
            (effort, shapeCount, stampCount) = (shape.content.effort, shape.count, stamp.count)
        }

        var shape: MeasuredShape { keptShape.value }
        /// Nil where the shape is not seen, or there was no time for it.
        var stamp: ShapeStamp? { keptStamp?.value }
        var hasStamp: Bool { keptStamp != nil }
        /// Things that are kept of it.
        var count: Int { shapeCount + stampCount + stripsCount }
        /// True for a shape that is soon measured again.
        var isQuick: Bool { shapeCount < StampCache.samplesMin }

        mutating func forgetStamp() { (keptStamp, strips, stampCount, stripsCount) = (nil, [], 0, 0) }

        mutating func add(_ made: [ShapeStamp]) {
            strips += made
            stripsCount += made.reduce(0) { $0 + $1.count + StampCache.stripCount }
        }

        /// What is left in a part of the board of which all was in sight since.
        func stamp(in part: CellRegion) -> ShapeStamp? {
            if let whole = strips.last(where: { $0.region == part }) { return whole }
            guard let stamp, stamp.region != part || !strips.isEmpty else { return stamp }
            return stamp.moved(to: part, with: strips)
        }

        /// Makes one stamp of all, for the window as it is.
        ///
        /// - Returns: things that were moved for it.
        mutating func join(in region: CellRegion) -> Int {
            guard hasStamp, !strips.isEmpty || stamp?.region != region, let joined = stamp(in: region) else { return 0 }
            forgetStamp()
            (keptStamp, stampCount) = (.value(joined), joined.count)
            return joined.count
        }
    }

    /// What is given room first: shapes in the order of what they cost.
    private struct Rank: Comparable {
        let effort: Int
        let id: ShapeID

        init(_ id: ShapeID, effort: Int) { (self.id, self.effort) = (id, effort) }
        init(_ id: ShapeID, _ content: ShapeDraft) { self.init(id, effort: content.effort) }

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
        let before = region
        (region, grid) = (viewport.region, viewport.grid)
        if let strips {
            moveStamps(to: strips, from: before)
        } else {
            for id in entries.keys { entries[id]?.forgetStamp() }
            (missing, boxed) = ([], [])
        }
        // What is soon measured again is not worth its place: a walk over a large board would leave all of it here.
        let gone = entries.filter { !$0.value.hasStamp && $0.value.isQuick }.map(\.key)
        for id in gone { entries[id] = nil }
        count = entries.values.reduce(0) { $0 + $1.count }
    }

    /// - Parameters:
    ///   - strips: what of the window is new.
    ///   - before: the window as it was.
    private mutating func moveStamps(to strips: [CellRegion], from before: CellRegion) {
        var spent = 0
        // In place, by where they lie: to look each up is dearer than what is done with most of them.
        let stamped = entries.indices.filter { entries.values[$0].hasStamp }
            .map { (rank: Rank(entries.keys[$0], effort: entries.values[$0].effort), index: $0) }.sorted { $0.rank < $1.rank }
        for (rank, index) in stamped {
            let shape = entries.values[index].shape
            let reach = shape.extent.reach(on: grid)
            guard spent < Self.budget, reach.overlaps(region) else {
                entries.values[index].forgetStamp()
                continue
            }
            let touched = strips.filter(reach.overlaps)
            guard !touched.isEmpty else { continue }
            // A window that goes back has cells again that were left; and of many strips one stamp is made, in another step of each shape.
            let entry = entries.values[index]
            let isBack = ([entry.stamp].compactMap { $0?.region } + entry.strips.map(\.region)).contains {
                touched.contains(where: $0.overlaps)
            }
            if isBack || entry.strips.count >= Self.stripsMax + Int(rank.id.number % 8) { moved += entries.values[index].join(in: before) }
            let made = touched.map { ShapeStamp(shape, in: $0, on: grid) }
            spent += made.reduce(0) { $0 + $1.work }
            entries.values[index].add(made)
            // What is small is not worth the strips.
            if entries.values[index].stampCount < Self.stripCount { moved += entries.values[index].join(in: region) }
        }
        work += spent
    }

    /// True if there is a stamp of a shape as it is.
    func has(_ id: ShapeID, _ content: ShapeDraft) -> Bool { entries[id]?.stamp?.content == content }

    /// The stamp of a shape as it is, for the window or a part of it; nil where there is none.
    func stamp(of id: ShapeID, _ content: ShapeDraft, in part: CellRegion? = nil) -> ShapeStamp? {
        has(id, content) ? entries[id]?.stamp(in: part ?? region) : nil
    }

    /// What a shape as it is leaves in a cell of the window and about it; nil where that is not known.
    func stamp(of id: ShapeID, _ content: ShapeDraft, at place: CellPlace) -> ShapeStamp? {
        guard has(id, content), let entry = entries[id] else { return nil }
        return (entry.strips + [entry.stamp].compactMap { $0 }).first { $0.region.contains(column: place.column, row: place.row) }
    }

    /// Stamps of these are asked for whole from here on, and made so once.
    mutating func join(_ ids: [ShapeID]) {
        for id in ids {
            guard let before = entries[id]?.count, let moved = entries[id]?.join(in: region) else { continue }
            self.moved += moved
            count += (entries[id]?.count ?? 0) - before
        }
    }

    /// Makes stamps of shapes that have none. At least one is made, so that in the end all are that there is room for (TM-350).
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
        let entry = Entry(measured, ShapeStamp(measured, in: region, on: grid))
        count += entry.count - (before?.count ?? 0)
        entries[shape.id] = entry
        return (entry.stamp?.work ?? 0) + (known == nil ? measured.work : 0)
    }

    /// Gives up the dearest where there is more than room for (TM-352).
    ///
    /// - Returns: true if any was given up.
    private mutating func makeRoom(_ ranks: inout Ranks, on board: BoardView) -> Bool {
        guard count > room else { return false }
        if ranks.kept == nil {
            forgetOthers(than: board)
            // What is left of the way here takes no room from what is seen.
            join(Array(entries.keys))
            ranks = Ranks(kept: entries.map { Rank($0.key, effort: $0.value.effort) }.sorted())
        }
        var isLess = false
        while let dearest = ranks.dearest, let entry = entries[dearest.id], count - entry.count > room {
            ranks.removeDearest()
            entries[dearest.id] = nil
            count -= entry.count
            boxed.insert(dearest.id)
            isLess = true
        }
        return isLess
    }

    private mutating func forgetOthers(than board: BoardView) {
        entries = entries.filter { $0.value.hasStamp && board[$0.key]?.content == $0.value.shape.content }
        count = entries.values.reduce(0) { $0 + $1.count }
    }

    /// Steps, cells and letters for the stamps of one picture: some 10 ms of a core, one dear shape beyond it.
    static let budget = 2_000_000
    /// Things of 8 bytes (cells of lines and dots), 16 (runs of filled cells, samples) or 24 (letters), in arrays that are up to half empty: one
    /// stamp more may be kept. A stroke that covers a window of 200 by 58 cells leaves 11 600 of 8 bytes; so many stamps are 32 MiB.
    private static let countMax = 2_000_000
    /// A strip is kept by as much memory as so many things.
    fileprivate static let stripCount = 64
    /// So many steps of a window, or half of them where it goes aslant, leave the stamps of what stays as they are.
    private static let stripsMax = 12
    /// A stroke of fewer samples is measured in less than a tenth of a millisecond.
    fileprivate static let samplesMin = 1000
}
