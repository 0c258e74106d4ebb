import InkBoard
import InkPrimitives

/// Which cells of a drawing are linked: those whose characters face each other, and those between which words or another line stand (FM-151).
struct LineGraph {
    private let grid: TextGrid
    private let isBorder: (CellPlace) -> Bool
    /// Cells of lines that are found already.
    private let taken: Set<CellPlace>
    /// From each cell where it goes on, both ways.
    private(set) var links: [CellPlace: CellLinks] = [:]
    /// From each cell which borders it meets.
    private(set) var borders: [CellPlace: CellLinks] = [:]
    /// Words on the way from a cell to the next, and where they stand.
    private(set) var labels: [CellPlace: [Way: String]] = [:]
    private(set) var labelCells: [CellPlace: [Way: Set<CellPlace>]] = [:]

    init(_ grid: TextGrid, taken: Set<CellPlace>, isBorder: @escaping (CellPlace) -> Bool) {
        (self.grid, self.taken, self.isBorder) = (grid, taken, isBorder)
        link()
        passBorders()
        linkLabels()
    }

    /// Where a line may leave a cell; nowhere where it is part of what is found already.
    func ways(_ place: CellPlace) -> Way {
        guard !taken.contains(place) else { return [] }
        if let head = grid.head(at: place), !isBorder(place) { return head.opposite }
        return isBorder(place) ? [] : grid.sign(at: place)?.ways ?? []
    }

    private mutating func join(_ place: CellPlace, _ way: Way, _ other: CellPlace) {
        links[place, default: CellLinks(of: place)][way] = other
        links[other, default: CellLinks(of: other)][way.opposite] = place
    }

    private mutating func link() {
        for row in 0..<grid.rows {
            for column in 0..<grid.columnCount(ofRow: row) {
                let place = CellPlace(column: column, row: row)
                let own = ways(place)
                guard !own.isEmpty else { continue }
                for way in Way.all where own.contains(way) {
                    let next = place.moved(way)
                    if isBorder(next) {
                        borders[place, default: CellLinks(of: place)][way] = next
                    } else if ways(next).contains(way.opposite) {
                        join(place, way, next)
                    } else if grid.head(at: place) == nil, let beyond = beyond(place, way) {
                        join(place, way, beyond)
                    }
                }
            }
        }
        // Points, quotes and the like are parts of lines only where lines turn.
        for (place, found) in links where found.count < 2 && borders[place] == nil && isPunctuation(place) { unlink(place) }
    }

    /// What goes straight on behind a side passes it (FM-157).
    private mutating func passBorders() {
        for (place, met) in borders {
            for way in [Way.east, .south] {
                guard let border = met[way], grid.head(at: border) == nil else { continue }
                let next = border.moved(way)
                let across: [Way] = way.isLevel ? [.north, .south] : [.west, .east]
                guard borders[next]?[way.opposite] == border, across.allSatisfy({ isBorder(border.moved($0)) }) else { continue }
                borders[place]?[way] = nil
                borders[next]?[way.opposite] = nil
                join(place, way, next)
            }
        }
        borders = borders.filter { !$0.value.isEmpty }
    }

    private func isPunctuation(_ place: CellPlace) -> Bool { grid[place].map { ".,'`:*".contains($0) } ?? false }

    private mutating func unlink(_ place: CellPlace) {
        for (way, other) in links[place]?.all ?? [] { links[other]?[way.opposite] = nil }
        links[place] = nil
    }

    /// Where a line goes on that another crosses, or the line that it meets from the side.
    private func beyond(_ place: CellPlace, _ way: Way) -> CellPlace? {
        let crossed = place.moved(way)
        // An arrow between lines that passes this one was drawn over it.
        if taken.contains(crossed) {
            let next = crossed.moved(way)
            return !way.isLevel && ways(next).contains(way.opposite) ? next : nil
        }
        let across: Way = way.isLevel ? .upright : .level
        guard !isBorder(crossed), let sign = grid.sign(at: crossed), sign.ways == across, grid.head(at: crossed) == nil else { return nil }
        let goesOn = Way.all.filter { across.contains($0) && ways(crossed.moved($0)).contains($0.opposite) }
        let next = crossed.moved(way)
        if goesOn.count == 2, ways(next).contains(way.opposite) { return next }
        return goesOn.isEmpty || ways(next).contains(way.opposite) ? nil : crossed
    }

    /// Words that interrupt a line are its label; where an upright one leads from words to words each of them is an end (FM-152).
    private mutating func linkLabels() {
        var leading: Set<CellPlace> = []
        for figure in figures() where figure.contains(where: { borders[$0] != nil || grid.head(at: $0) != nil }) {
            leading.formUnion(figure)
        }
        let places = Set(links.keys).union(borders.keys).sorted { ($0.row, $0.column) < ($1.row, $1.column) }
        for place in places {
            if isFreeEnd(place, .east) { linkLevel(place) }
            if leading.contains(place), isFreeEnd(place, .south) { linkUpright(place, leading) }
        }
    }

    private mutating func linkLevel(_ place: CellPlace) {
        var (next, blanks, words): (CellPlace, Int, String) = (place.moved(.east), 0, "")
        while next.column < place.column + 48, next.column < grid.columnCount(ofRow: place.row), !isBorder(next) {
            if isFreeEnd(next, .west) {
                let label = words.trimmed
                guard label.contains(where: { $0.isLetter || $0.isNumber }), label.utf8.count <= Limits.textBytes else { return }
                join(place, .east, next)
                labels[place, default: [:]][.east] = label
                labelCells[place, default: [:]][.east] = Set((place.column + 1..<next.column).map { CellPlace(column: $0, row: place.row) })
                return
            }
            if let character = grid[next] { words.append(character) }
            blanks = grid.isBlank(next) ? blanks + 1 : 0
            guard blanks < 3 else { return }
            next = next.moved(.east)
        }
    }

    private mutating func linkUpright(_ place: CellPlace, _ leading: Set<CellPlace>) {
        var (rows, cells): ([String], Set<CellPlace>) = ([], [])
        for distance in 1...3 {
            let next = place.moved(.south, by: distance)
            if isFreeEnd(next, .north), leading.contains(next) {
                let label = rows.joined(separator: "\n")
                guard label.contains(where: { $0.isLetter || $0.isNumber }), label.utf8.count <= Limits.textBytes else { return }
                join(place, .south, next)
                labels[place, default: [:]][.south] = label
                labelCells[place, default: [:]][.south] = cells
                return
            }
            guard !isBorder(next), !grid.isBlank(next) else { return }
            // The words around the column in which the line goes, without others in the row.
            func end(_ way: Way) -> CellPlace {
                var last = next
                while !isBorder(last.moved(way)), !(grid.isBlank(last.moved(way)) && grid.isBlank(last.moved(way, by: 2))) {
                    last = last.moved(way)
                }
                return last
            }
            let (first, last) = (end(.west), end(.east))
            let row = (first.column...last.column).map { CellPlace(column: $0, row: next.row) }
            rows.append(String(row.compactMap { grid[$0] }).trimmed)
            cells.formUnion(row)
        }
    }

    /// True for the end of a line that looks this way and goes on nowhere; of one cell, too, that meets a border behind it.
    private func isFreeEnd(_ place: CellPlace, _ way: Way) -> Bool {
        guard ways(place).contains(way), borders[place]?[way] == nil, grid.head(at: place) == nil else { return false }
        let found = links[place] ?? CellLinks(of: place)
        return found.isEmpty ? borders[place]?[way.opposite] != nil : found.count == 1 && found[way.opposite] != nil
    }

    // MARK: Figures

    /// What is linked, each in the order of reading.
    func figures() -> [[CellPlace]] {
        var (seen, all): (Set<CellPlace>, [[CellPlace]]) = ([], [])
        let places = Set(links.keys).union(borders.keys).sorted { ($0.row, $0.column) < ($1.row, $1.column) }
        for place in places where seen.insert(place).inserted {
            var (figure, next) = ([place], 0)
            while next < figure.count {
                for (_, other) in links[figure[next]]?.all ?? [] where seen.insert(other).inserted { figure.append(other) }
                next += 1
            }
            all.append(figure.sorted { ($0.row, $0.column) < ($1.row, $1.column) })
        }
        return all
    }
}

/// From one cell the next one in each direction, which lies straight on.
struct CellLinks: Hashable, Sendable {
    let place: CellPlace
    /// Cells to each, to north, east, south and west; 0 for none.
    private var steps = SIMD4<Int32>()

    init(of place: CellPlace) { self.place = place }

    subscript(way: Way) -> CellPlace? {
        get {
            let step = steps[way.rawValue.trailingZeroBitCount]
            return step == 0 ? nil : place.moved(way, by: Int(step))
        }
        set {
            let distance = newValue.map { abs($0.column - place.column) + abs($0.row - place.row) } ?? 0
            steps[way.rawValue.trailingZeroBitCount] = Int32(truncatingIfNeeded: distance)
        }
    }

    var count: Int { (0..<4).count { steps[$0] != 0 } }
    var isEmpty: Bool { steps == .zero }
    var ways: [Way] { Way.all.filter { self[$0] != nil } }
    var all: [(way: Way, place: CellPlace)] { Way.all.compactMap { way in self[way].map { (way, $0) } } }
}
