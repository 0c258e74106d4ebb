import InkBoard

/// A line of a drawing from end to end.
struct FoundLine: Hashable, Sendable {
    /// One of its ends.
    struct End: Hashable, Sendable {
        /// The last cell of the line itself.
        var place: CellPlace
        /// Where it looks.
        var way: Way
        var hasHead = false
        /// A cell of a border that it meets or points at.
        var border: CellPlace?
    }

    var start: End
    var end: End
    /// Cells from end to end where its way turns, the ends included.
    var corners: [CellPlace]
    var style = LineStyle.solid
    var isHeavy = false
    /// Words that stand in it.
    var label = ""
}

/// Finds the lines between the boxes of a drawing.
///
/// Cells whose characters face each other are linked. What is linked is one figure; its ends are cells that go on nowhere, heads, and cells that meet a
/// border. Between a head and where it comes from there is an arrow, whatever branches off on its way.
struct LineTracer {
    private let grid: TextGrid
    private let isBorder: (CellPlace) -> Bool
    private var links: [CellPlace: [Way: CellPlace]] = [:]
    private var borders: [CellPlace: [Way: CellPlace]] = [:]
    private var labels: [CellPlace: [Way: String]] = [:]
    private var labelCells: [CellPlace: [Way: Set<CellPlace>]] = [:]

    private(set) var lines: [FoundLine] = []
    /// Cells that are part of a line, or of its label.
    private(set) var used: Set<CellPlace> = []

    /// Ends of one figure that are joined with each other; one with more stays text.
    private static let endsMax = 48
    /// Cells that are gone over on the way between ends, of all figures.
    private static let stepsMax = 200_000
    private var steps = 0
    /// Cells of a figure that is looked at.
    private static let figureMax = 20_000

    init(_ grid: TextGrid, isBorder: @escaping (CellPlace) -> Bool) {
        (self.grid, self.isBorder) = (grid, isBorder)
        link()
        linkLabels()
        for figure in figures() where isDrawn(figure) { trace(figure) }
    }

    // MARK: Links

    private func ways(_ place: CellPlace) -> Way {
        if let head = grid.head(at: place), !isBorder(place) { return head.opposite }
        return isBorder(place) ? [] : grid.sign(at: place)?.ways ?? []
    }

    private mutating func join(_ place: CellPlace, _ way: Way, _ other: CellPlace) {
        links[place, default: [:]][way] = other
        links[other, default: [:]][way.opposite] = place
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
                        borders[place, default: [:]][way] = next
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

    private func isPunctuation(_ place: CellPlace) -> Bool { grid[place].map { ".,'`:*".contains($0) } ?? false }

    private mutating func unlink(_ place: CellPlace) {
        for (way, other) in links[place] ?? [:] { links[other]?[way.opposite] = nil }
        links[place] = nil
    }

    /// Where a line goes on that another crosses, or the line that it meets from the side.
    private func beyond(_ place: CellPlace, _ way: Way) -> CellPlace? {
        let crossed = place.moved(way)
        let across: Way = way.isLevel ? .upright : .level
        guard !isBorder(crossed), let sign = grid.sign(at: crossed), sign.ways == across, grid.head(at: crossed) == nil else { return nil }
        let goesOn = Way.all.filter { across.contains($0) && ways(crossed.moved($0)).contains($0.opposite) }
        let next = crossed.moved(way)
        if goesOn.count == 2, ways(next).contains(way.opposite) { return next }
        return goesOn.isEmpty || ways(next).contains(way.opposite) ? nil : crossed
    }

    /// Words that interrupt a line are its label.
    private mutating func linkLabels() {
        for (place, found) in links.sorted(by: { ($0.key.row, $0.key.column) < ($1.key.row, $1.key.column) }) {
            guard found.count == 1, let back = found.keys.first, borders[place] == nil, grid.head(at: place) == nil else { continue }
            let way = back.opposite
            if way == .east { linkLevel(place) } else if way == .south { linkUpright(place) }
        }
    }

    private mutating func linkLevel(_ place: CellPlace) {
        var (next, blanks, words): (CellPlace, Int, String) = (place.moved(.east), 0, "")
        while next.column < place.column + 48, next.column < grid.columnCount(ofRow: place.row), !isBorder(next) {
            if isFreeEnd(next, .west) {
                let label = words.trimmed
                guard label.contains(where: { $0.isLetter || $0.isNumber }) else { return }
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

    private mutating func linkUpright(_ place: CellPlace) {
        var (rows, cells): ([String], Set<CellPlace>) = ([], [])
        for distance in 1...3 {
            let next = place.moved(.south, by: distance)
            if isFreeEnd(next, .north) {
                let label = rows.joined(separator: "\n")
                guard label.contains(where: { $0.isLetter || $0.isNumber }) else { return }
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

    /// True for the end of a line that looks this way and goes on nowhere.
    private func isFreeEnd(_ place: CellPlace, _ way: Way) -> Bool {
        guard let found = links[place], found.count == 1, found[way.opposite] != nil else { return false }
        return ways(place).contains(way) && borders[place]?[way] == nil && grid.head(at: place) == nil
    }

    // MARK: Figures

    private func figures() -> [[CellPlace]] {
        var (seen, all): (Set<CellPlace>, [[CellPlace]]) = ([], [])
        let places = Set(links.keys).union(borders.keys).sorted { ($0.row, $0.column) < ($1.row, $1.column) }
        for place in places where seen.insert(place).inserted {
            var (figure, next) = ([place], 0)
            while next < figure.count {
                for other in (links[figure[next]] ?? [:]).values where seen.insert(other).inserted { figure.append(other) }
                next += 1
            }
            all.append(figure.sorted { ($0.row, $0.column) < ($1.row, $1.column) })
        }
        return all
    }

    /// False for what may as well be text.
    private func isDrawn(_ figure: [CellPlace]) -> Bool {
        guard figure.count <= Self.figureMax else { return false }
        let meetings = figure.reduce(0) { $0 + (borders[$1]?.count ?? 0) }
        let heads = figure.count { grid.head(at: $0) != nil }
        if figure.count == 1 { return meetings > 1 && heads == 0 || meetings == 1 && heads == 1 }
        if meetings > 0 { return true }
        let touchesWords =
            figure.first.map { grid.isWord($0.moved(.west)) } == true && figure.last.map { grid.isWord($0.moved(.east)) } == true
        if Set(figure.map(\.row)).count == 1, touchesWords { return false }
        return figure.count > 2 || heads > 0 && Set(figure.map(\.row)).count > 1
    }

    private mutating func trace(_ figure: [CellPlace]) {
        var ends: [FoundLine.End] = []
        for place in figure { ends += self.ends(at: place) }
        guard ends.count <= Self.endsMax else { return }
        if ends.count < 2 {
            if ends.isEmpty, let first = figure.first { ring(from: first) }
            return
        }
        let heads = ends.filter(\.hasHead)
        let tails = ends.filter { !$0.hasHead }
        var pairs: [(FoundLine.End, FoundLine.End)] = []
        switch (tails.count, heads.count) {
        case (_, 0): pairs = tails.dropFirst().map { (tails[0], $0) }
        case (0, _): pairs = heads.dropFirst().map { (heads[0], $0) }
        case (1, _): pairs = heads.map { (tails[0], $0) }
        case (_, 1): pairs = tails.map { ($0, heads[0]) }
        default:
            // Each head is reached from the tail that is nearest, and each tail left over goes to its nearest head.
            var left = Set(tails)
            for head in heads {
                guard let tail = nearest(to: head, of: tails) else { continue }
                pairs.append((tail, head))
                left.remove(tail)
            }
            for tail in tails where left.contains(tail) { if let head = nearest(to: tail, of: heads) { pairs.append((tail, head)) } }
        }
        for (start, end) in pairs {
            guard let way = shortest(from: start, to: end) else { continue }
            lines.append(line(way, start, end))
            used.formUnion(way)
        }
    }

    private func ends(at place: CellPlace) -> [FoundLine.End] {
        let (found, met) = (links[place] ?? [:], borders[place] ?? [:])
        if let head = grid.head(at: place) {
            return [FoundLine.End(place: place, way: head, hasHead: true, border: met[head] ?? border(from: place, head, blanks: 2))]
        }
        var ends: [FoundLine.End] = []
        for way in Way.all {
            guard let border = met[way] else { continue }
            ends.append(FoundLine.End(place: place, way: way, hasHead: grid.head(at: border) == way, border: border))
        }
        if ends.isEmpty, found.count == 1, let back = found.keys.first {
            let ways = ways(place)
            // A corner with nothing behind it looks where it would turn.
            let way = ways.contains(back.opposite) ? back.opposite : Way.all.first { ways.contains($0) && $0 != back } ?? back.opposite
            ends.append(FoundLine.End(place: place, way: way, border: border(from: place, way, blanks: 1)))
        }
        return ends
    }

    /// A border that is looked at over a few blanks.
    private func border(from place: CellPlace, _ way: Way, blanks: Int) -> CellPlace? {
        for distance in 1...blanks + 1 {
            let next = place.moved(way, by: distance)
            if isBorder(next) { return next }
            guard grid.isBlank(next) else { return nil }
        }
        return nil
    }

    private mutating func nearest(to end: FoundLine.End, of others: [FoundLine.End]) -> FoundLine.End? {
        others.compactMap { other in shortest(from: end, to: other).map { (other, $0.count) } }.min { $0.1 < $1.1 }?.0
    }

    /// The cells from one end to another, the shortest way; where lines cross each goes straight on, unless that leads nowhere.
    private mutating func shortest(from start: FoundLine.End, to end: FoundLine.End) -> [CellPlace]? {
        way(from: start, to: end, turnsAtCrossings: false) ?? way(from: start, to: end, turnsAtCrossings: true)
    }

    private mutating func way(from start: FoundLine.End, to end: FoundLine.End, turnsAtCrossings: Bool) -> [CellPlace]? {
        struct Step: Hashable {
            var place: CellPlace
            var way: Way
        }
        let first = Step(place: start.place, way: start.way.opposite)
        var (before, queue, next): ([Step: Step], [Step], Int) = ([:], [first], 0)
        var seen: Set<Step> = [first]
        while next < queue.count {
            let step = queue[next]
            next += 1
            if step.place == end.place, step.place != start.place || start == end || links[step.place]?.isEmpty ?? true {
                var (path, last) = ([step.place], step)
                while let earlier = before[last] {
                    path.append(earlier.place)
                    last = earlier
                }
                return path.reversed()
            }
            let found = links[step.place] ?? [:]
            let isCrossing = found.count == 4 && !turnsAtCrossings
            steps += 1
            guard steps < Self.stepsMax else { return nil }
            for way in Way.all {
                guard let place = found[way], next == 1 || way != step.way.opposite, !isCrossing || way == step.way || next == 1 else {
                    continue
                }
                let following = Step(place: place, way: way)
                guard seen.insert(following).inserted else { continue }
                before[following] = step
                queue.append(following)
            }
        }
        return nil
    }

    private mutating func line(_ way: [CellPlace], _ start: FoundLine.End, _ end: FoundLine.End) -> FoundLine {
        var corners = [way[0]]
        for index in way.indices.dropFirst().dropLast() {
            let (before, here, after) = (way[index - 1], way[index], way[index + 1])
            let isStraight =
                (after.column - here.column).signum() == (here.column - before.column).signum()
                && (after.row - here.row).signum() == (here.row - before.row).signum()
            if !isStraight { corners.append(here) }
        }
        if way.count > 1 { corners.append(way[way.count - 1]) }
        var line = FoundLine(start: start, end: end, corners: corners)
        let signs = way.compactMap { grid.sign(at: $0) }
        line.isHeavy = signs.filter(\.isHeavy).count * 2 > signs.count
        for style in [LineStyle.dashed, .dotted, .double] where signs.filter({ $0.style == style }).count * 2 > signs.count {
            line.style = style
        }
        for (here, next) in zip(way, way.dropFirst()) {
            for (place, other) in [(here, next), (next, here)] {
                for (way, label) in labels[place] ?? [:] where links[place]?[way] == other {
                    line.label = line.label.isEmpty ? label : line.label
                    used.formUnion(labelCells[place]?[way] ?? [])
                }
            }
        }
        return line
    }

    /// A line that ends where it begins.
    private mutating func ring(from first: CellPlace) {
        guard links[first]?.count == 2, let way = Way.all.first(where: { links[first]?[$0] != nil }) else { return }
        var (path, place, heading) = ([first], first, way)
        repeat {
            guard let next = links[place]?[heading], let found = links[next], found.count == 2,
                let on = Way.all.first(where: { found[$0] != nil && $0 != heading.opposite })
            else { return }
            path.append(next)
            (place, heading) = (next, on)
        } while place != first && path.count <= Self.figureMax
        let end = FoundLine.End(place: first, way: way)
        lines.append(line(path, end, end))
        used.formUnion(path)
    }
}

extension String {
    /// Without blanks at its ends.
    var trimmed: String {
        guard let first = firstIndex(where: { $0 != " " }), let last = lastIndex(where: { $0 != " " }) else { return "" }
        return String(self[first...last])
    }
}
