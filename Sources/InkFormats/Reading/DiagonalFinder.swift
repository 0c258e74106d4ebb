import InkBoard

/// Finds lines of slashes that go down from a box or words to others (FM-250).
///
///         (9)
///        /   \
///      (4)   (7)
struct DiagonalFinder {
    private let grid: TextGrid
    private let isBorder: (CellPlace) -> Bool
    private(set) var lines: [FoundLine] = []
    private(set) var used: Set<CellPlace> = []

    init(_ grid: TextGrid, isBorder: @escaping (CellPlace) -> Bool) {
        (self.grid, self.isBorder) = (grid, isBorder)
        for row in 0..<grid.rows {
            for column in 0..<grid.columnCount(ofRow: row) {
                let place = CellPlace(column: column, row: row)
                if let slope = slope(at: place), self.slope(at: CellPlace(column: column - slope, row: row - 1)) != slope {
                    trace(from: place, slope)
                }
            }
        }
    }

    /// How many columns a line goes on in with each row down: 1 or -1; nil for no part of one.
    private func slope(at place: CellPlace) -> Int? {
        guard !isBorder(place) else { return nil }
        switch grid[place] {
        case "/", "╱": return -1
        case "\\", "╲": return 1
        default: return nil
        }
    }

    private mutating func trace(from top: CellPlace, _ slope: Int) {
        var cells = [top]
        while let last = cells.last {
            let next = CellPlace(column: last.column + slope, row: last.row + 1)
            guard self.slope(at: next) == slope else { break }
            cells.append(next)
        }
        // A slash between words is one of them.
        let room = cells.count > 1 ? 1 : 2
        guard cells.allSatisfy({ hasRoom($0, room) }), let bottom = cells.last, let start = end(at: top, -slope, -1),
            let end = end(at: bottom, slope, 1)
        else { return }
        lines.append(FoundLine(start: start, end: end, corners: start.place == end.place ? [top] : [start.place, end.place]))
        used.formUnion(cells + [start.place, end.place])
    }

    private func hasRoom(_ place: CellPlace, _ room: Int) -> Bool {
        (1...room)
            .allSatisfy { distance in
                [Way.west, .east].allSatisfy { way in
                    let next = place.moved(way, by: distance)
                    return grid.isBlank(next) || slope(at: next) != nil || grid.sign(at: next) != nil
                }
            }
    }

    /// - Parameters:
    ///   - side: in which column it goes on, as a step.
    ///   - down: in which row.
    private func end(at last: CellPlace, _ side: Int, _ down: Int) -> FoundLine.End? {
        let way: Way = down > 0 ? .south : .north
        let nexts = [CellPlace(column: last.column + side, row: last.row + down), last.moved(way)]
        for next in nexts {
            if isBorder(next) { return FoundLine.End(place: last, way: way, border: next) }
            if grid.head(at: next) == way {
                let beyond = [next.moved(way), CellPlace(column: next.column + side, row: next.row + down)]
                if let border = beyond.first(where: isBorder) {
                    return FoundLine.End(place: next, way: way, hasHead: true, border: border)
                }
            }
        }
        guard let word = nexts.first(where: { !grid.isBlank($0) && slope(at: $0) == nil && grid.sign(at: $0) == nil }) else { return nil }
        return FoundLine.End(place: last, way: way, word: word)
    }
}
