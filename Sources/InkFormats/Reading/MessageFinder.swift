import InkBoard
import InkPrimitives

/// Finds arrows between two upright lines that go on: what passes from one to another in a drawing of a sequence (FM-249).
///
///     Ana        Bob
///      |          |
///      |-- hey -->|
///      |          |
struct MessageFinder {
    private let grid: TextGrid
    private let isBorder: (CellPlace) -> Bool
    private(set) var lines: [FoundLine] = []
    /// Cells of the arrows and of the words in them. Those of lines that one passes are not among them.
    private(set) var used: Set<CellPlace> = []

    init(_ grid: TextGrid, isBorder: @escaping (CellPlace) -> Bool) {
        (self.grid, self.isBorder) = (grid, isBorder)
        for row in 0..<grid.rows { find(inRow: row) }
    }

    private mutating func find(inRow row: Int) {
        let uprights = (0..<grid.columnCount(ofRow: row)).filter { isUpright(CellPlace(column: $0, row: row)) }
        var (from, to) = (0, 1)
        // Each is looked at once: what is none from here is none from within.
        while to < uprights.count {
            while to + 1 < uprights.count, isPassed(CellPlace(column: uprights[to], row: row)) { to += 1 }
            let passed = Set(uprights[from + 1..<to])
            if let line = message(in: uprights[from] + 1..<uprights[to], row, passing: passed) { lines.append(line) }
            (from, to) = (to, to + 1)
        }
    }

    /// True for a part of an upright line that goes on.
    private func isUpright(_ place: CellPlace) -> Bool {
        guard !isBorder(place), let sign = grid.sign(at: place), sign.ways == .upright, sign.style != .dotted else { return false }
        return [Way.north, .south].contains { way in
            let next = place.moved(way)
            return isBorder(next)
                || grid.sign(at: next)?.ways.contains(way.opposite) == true && grid[next].map { !".,'`".contains($0) } == true
        }
    }

    private func isLevel(_ place: CellPlace) -> Bool { !isBorder(place) && grid.sign(at: place)?.ways == .level }

    private func isPassed(_ place: CellPlace) -> Bool { isLevel(place.moved(.west)) && isLevel(place.moved(.east)) }

    private mutating func message(in columns: Range<Int>, _ row: Int, passing passed: Set<Int>) -> FoundLine? {
        func place(_ column: Int) -> CellPlace { CellPlace(column: column, row: row) }
        guard columns.count > 2, columns.allSatisfy({ !isBorder(place($0)) }) else { return nil }
        var (first, last) = (columns.lowerBound, columns.upperBound - 1)
        if grid.isBlank(place(first)) { first += 1 }
        if grid.isBlank(place(last)) { last -= 1 }
        let heads = (west: grid.head(at: place(first)) == .west, east: grid.head(at: place(last)) == .east)
        guard heads.west || heads.east else { return nil }
        func isPart(_ column: Int) -> Bool { isLevel(place(column)) || passed.contains(column) }
        var (left, right) = (heads.west ? first + 1 : first, heads.east ? last - 1 : last)
        let inner = left...max(left, right)
        while left <= right, isPart(left) { left += 1 }
        while right >= left, isPart(right) { right -= 1 }
        // A line of two cells at least, on both sides of the words.
        let parts = inner.filter { isPart($0) }
        guard parts.count > 1 else { return nil }
        var words = ""
        if left <= right {
            words = String((left...right).compactMap { grid[place($0)] }).trimmed
            guard left > inner.lowerBound, right < inner.upperBound, words.contains(where: { $0.isLetter || $0.isNumber }),
                words.utf8.count <= Limits.textBytes
            else {
                return nil
            }
        }
        var line = FoundLine(
            start: FoundLine.End(place: place(first), way: .west, hasHead: heads.west, isAtLine: true),
            end: FoundLine.End(place: place(last), way: .east, hasHead: heads.east, isAtLine: true), corners: [place(first), place(last)])
        line.label = words
        if !words.isEmpty { line.labelStart = (left...right).map { place($0) }.first { !grid.isBlank($0) } }
        line.look(as: parts.compactMap { grid.sign(at: place($0)) })
        used.formUnion((first...last).filter { !passed.contains($0) }.map { place($0) })
        return line
    }
}
