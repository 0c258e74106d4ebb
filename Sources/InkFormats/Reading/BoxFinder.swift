import InkBoard

/// A rectangle that is drawn around something, by its border cells.
struct FoundBox: Hashable, Sendable {
    var left: Int
    var top: Int
    var right: Int
    var bottom: Int
    var style = LineStyle.solid
    var isHeavy = false
    var isRound = false
    /// Words in its upper side, and where they stand; empty for none.
    var title = ""
    var titleColumns = 0..<0
    /// Cells of its right side that stand before where most of it is: whoever drew it has miscounted there.
    var strays: Set<CellPlace> = []

    var area: Int { (right - left + 1) * (bottom - top + 1) }

    func isBorder(_ place: CellPlace) -> Bool {
        isEdge(place) || strays.contains(place)
    }

    private func isEdge(_ place: CellPlace) -> Bool {
        (left...right).contains(place.column) && (top...bottom).contains(place.row)
            && (place.column == left || place.column == right || place.row == top || place.row == bottom)
    }

    /// True for what lies within its border.
    func holds(_ place: CellPlace) -> Bool {
        place.column > left && place.column < right && place.row > top && place.row < bottom && !strays.contains(place)
    }

    func holds(_ other: FoundBox) -> Bool { other.left >= left && other.right <= right && other.top >= top && other.bottom <= bottom }

    /// True if something lies within both.
    func overlaps(_ other: FoundBox) -> Bool {
        max(left, other.left) < min(right, other.right) && max(top, other.top) < min(bottom, other.bottom)
    }
}

/// Finds the boxes of a drawing: from each upper left corner the nearest way around (FM-150).
struct BoxFinder {
    private let grid: TextGrid
    /// Smaller ones first.
    private(set) var boxes: [FoundBox] = []
    private var steps = 0

    /// Cells that are looked at, and boxes that are found, at most: what is drawn to take longer stays text (FM-155).
    private static let stepsMax = 2_000_000
    private static let boxesMax = 4096
    private static let titleMax = 60

    init(_ grid: TextGrid) {
        self.grid = grid
        var found: [FoundBox] = []
        for row in 0..<grid.rows {
            for column in 0..<grid.columnCount(ofRow: row) where found.count < Self.boxesMax && steps < Self.stepsMax {
                let corner = CellPlace(column: column, row: row)
                if let box = box(from: corner) ?? box(from: corner, isUneven: true) { found.append(box) }
            }
        }
        found.sort { ($0.area, $0.top, $0.left) < ($1.area, $1.top, $1.left) }
        for box in found where boxes.allSatisfy({ !$0.overlaps(box) || box.holds($0) }) && !isLoop(box, among: found) { boxes.append(box) }
    }

    /// - Parameter isUneven: the right side stands up to two columns off in some of its rows; then its corners must be those of no other box.
    private mutating func box(from corner: CellPlace, isUneven: Bool = false) -> FoundBox? {
        guard isCorner(corner, [.east, .south]), isSide(corner.moved(.south), .upright) else { return nil }
        var column = corner.column + 1
        var title: Range<Int>?
        let limit = grid.columnCount(ofRow: corner.row)
        while column < limit {
            steps += 1
            let place = CellPlace(column: column, row: corner.row)
            if isCorner(place, [.west, .south]), isUneven ? ends(place) : isSide(place.moved(.south), .upright) {
                // Two boxes that stand close have nothing between them.
                guard column >= corner.column + 2 else { return nil }
                if let box = box(from: corner, to: column, title: title, isUneven: isUneven) { return box }
            }
            if isSide(place, .level) {
                column += 1
            } else {
                // Words may stand in the upper side, once (FM-150).
                guard title == nil, column > corner.column + 1, let end = titleEnd(from: place) else { return nil }
                title = column..<end
                column = end
            }
            guard steps < Self.stepsMax else { return nil }
        }
        return nil
    }

    /// The nearest lower side between two upright ones.
    private mutating func box(from corner: CellPlace, to right: Int, title: Range<Int>?, isUneven: Bool) -> FoundBox? {
        var row = corner.row + 1
        var walls: [CellPlace] = []
        while row < grid.rows {
            steps += 1
            let (west, east) = (CellPlace(column: corner.column, row: row), CellPlace(column: right, row: row))
            if isCorner(west, [.north, .east]), isCorner(east, [.north, .west]) {
                steps += right - corner.column
                if (corner.column + 1..<right).allSatisfy({ isSide(CellPlace(column: $0, row: row), .level) }) {
                    guard row >= corner.row + 2, !isUneven || ends(east) else { return nil }
                    let box = made(corner, CellPlace(column: right, row: row), title)
                    return isUneven ? widened(box, to: walls) : box
                }
            }
            guard isSide(west, .upright), steps < Self.stepsMax else { return nil }
            if isUneven {
                guard let wall = wall(near: east, after: corner.column) else { return nil }
                walls.append(wall)
            } else if !isSide(east, .upright) {
                return nil
            }
            row += 1
        }
        return nil
    }

    /// True for an upper or lower right corner at which nothing goes on.
    private func ends(_ corner: CellPlace) -> Bool { !isSide(corner.moved(.east), .level) }

    private func wall(near place: CellPlace, after left: Int) -> CellPlace? {
        if isSide(place, .upright) { return place }
        return [1, -1, 2, -2].lazy.map { CellPlace(column: place.column + $0, row: place.row) }
            .first { $0.column > left + 1 && isSide($0, .upright) && !isCorner($0, [.east, .south]) }
    }

    /// A box whose right side is where the farthest of its cells is; nil where something else stands there (FM-150).
    private func widened(_ box: FoundBox, to walls: [CellPlace]) -> FoundBox? {
        var box = box
        let right = walls.reduce(box.right) { max($0, $1.column) }
        let ends = walls + [box.top, box.bottom].map { CellPlace(column: box.right, row: $0) }
        let isFree = ends.allSatisfy { end in
            end.column == right
                || (end.column + 1...right)
                    .allSatisfy { column in
                        let place = CellPlace(column: column, row: end.row)
                        return grid.isBlank(place) || isSide(place, .level)
                    }
        }
        guard isFree else { return nil }
        box.strays = Set(walls.filter { $0.column < right })
        box.right = right
        return box
    }

    private func made(_ corner: CellPlace, _ opposite: CellPlace, _ title: Range<Int>?) -> FoundBox {
        var box = FoundBox(left: corner.column, top: corner.row, right: opposite.column, bottom: opposite.row)
        let corners = [corner, CellPlace(column: box.right, row: box.top), CellPlace(column: box.left, row: box.bottom), opposite]
        box.isRound = corners.allSatisfy { isSlash($0) || grid.sign(at: $0)?.isRound == true }
        let sides =
            (box.left + 1..<box.right).flatMap { [CellPlace(column: $0, row: box.top), CellPlace(column: $0, row: box.bottom)] }
            + (box.top + 1..<box.bottom).flatMap { [CellPlace(column: box.left, row: $0), CellPlace(column: box.right, row: $0)] }
        let signs = sides.compactMap { grid.sign(at: $0) }
        box.isHeavy = signs.filter(\.isHeavy).count * 2 > signs.count
        for style in [LineStyle.dashed, .dotted, .double] where signs.filter({ $0.style == style }).count * 2 > signs.count {
            box.style = style
        }
        if let title {
            let words = String(title.compactMap { grid[CellPlace(column: $0, row: box.top)] })
            box.titleColumns = title
            box.title = words
        }
        return box
    }

    /// Where the words end that begin at a place in an upper side: two cells of line follow them, or one and a corner.
    private func titleEnd(from place: CellPlace) -> Int? {
        var hasWord = false
        for column in place.column..<min(grid.columnCount(ofRow: place.row), place.column + Self.titleMax) {
            let here = CellPlace(column: column, row: place.row)
            let next = here.moved(.east)
            if hasWord, isSide(here, .level), isSide(next, .level) || isCorner(next, [.west, .south]) { return column }
            hasWord = hasWord || grid.isWord(here)
        }
        return nil
    }

    /// True where two sides can meet; a slash is a corner of a box that is drawn so.
    private func isCorner(_ place: CellPlace, _ ways: Way) -> Bool {
        if let sign = grid.sign(at: place) { return sign.ways.isSuperset(of: ways) }
        let isFalling = ways == [.east, .south] || ways == [.north, .west]
        return grid[place] == (isFalling ? "/" : "\\")
    }

    private func isSlash(_ place: CellPlace) -> Bool { grid[place] == "/" || grid[place] == "\\" }

    /// True where a side goes on; an arrow may end in it (FM-150).
    private func isSide(_ place: CellPlace, _ ways: Way) -> Bool {
        if let sign = grid.sign(at: place), sign.ways.isSuperset(of: ways) { return true }
        guard let head = grid.head(at: place) else { return false }
        return head.isLevel == (ways == .upright)
    }

    /// True for a line that comes back to the side of a box, and what lies between (FM-241).
    private func isLoop(_ box: FoundBox, among found: [FoundBox]) -> Bool {
        let isPart = found.contains { other in
            (box.top == other.bottom || box.bottom == other.top) && box.left >= other.left && box.right <= other.right
                && (box.left, box.right) != (other.left, other.right)
                || (box.left == other.right || box.right == other.left) && box.top >= other.top && box.bottom <= other.bottom
                    && (box.top, box.bottom) != (other.top, other.bottom)
        }
        guard isPart else { return false }
        return (box.top + 1..<box.bottom)
            .allSatisfy { row in (box.left + 1..<box.right).allSatisfy { !grid.isWord(CellPlace(column: $0, row: row)) } }
    }
}
