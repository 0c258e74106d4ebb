import InkBoard

/// Finds the lines between the boxes of a drawing.
///
/// What is linked (``LineGraph``) is one figure; its ends are cells that go on nowhere, heads, and cells that meet a
/// border. Between a head and where it comes from there is an arrow, whatever branches off on its way (FM-242).
struct LineTracer {
    private let grid: TextGrid
    private let isBorder: (CellPlace) -> Bool
    private let graph: LineGraph

    private(set) var lines: [FoundLine] = []
    /// Cells that are part of a line, or of its label.
    private(set) var used: Set<CellPlace> = []

    /// Ends of one figure that are joined with each other; one with more stays text.
    private static let endsMax = 48
    /// Between a box and the head of an arrow from words that tell of it.
    private static let noteBlanks = 8
    /// Cells that are gone over on the way between ends, of all figures (FM-155).
    private static let stepsMax = 200_000
    private var steps = 0
    /// Lines of a drawing; what is drawn beyond stays text.
    private static let linesMax = 8192
    /// Cells of a figure that is looked at.
    private static let figureMax = 20_000

    /// - Parameter taken: cells of lines that are found already.
    init(_ grid: TextGrid, taken: Set<CellPlace>, isBorder: @escaping (CellPlace) -> Bool) {
        (self.grid, self.isBorder) = (grid, isBorder)
        graph = LineGraph(grid, taken: taken, isBorder: isBorder)
        for figure in graph.figures() where isDrawn(figure) { trace(figure) }
    }

    /// False for what may as well be text (FM-154).
    private func isDrawn(_ figure: [CellPlace]) -> Bool {
        guard figure.count <= Self.figureMax, figure.contains(where: { grid[$0].map { !".,'`".contains($0) } ?? false }) else {
            return false
        }
        let meetings = figure.reduce(0) { $0 + (graph.borders[$1]?.count ?? 0) }
        let heads = figure.count { grid.head(at: $0) != nil }
        if figure.count == 1 { return meetings > 1 && heads == 0 || meetings == 1 && heads == 1 }
        if meetings > 0 { return true }
        if heads == 0, isListing(figure) { return false }
        let touchesWords =
            figure.first.map { grid.isWord($0.moved(.west)) } == true && figure.last.map { grid.isWord($0.moved(.east)) } == true
        if Set(figure.map(\.row)).count == 1, touchesWords { return false }
        return figure.count > 2
            || heads > 0 && (Set(figure.map(\.row)).count > 1 || figure.contains { ends(at: $0).contains { $0.border != nil } })
    }

    /// True for the strokes before the names of a listing: each leads to words on its right, and none to others (FM-251).
    private func isListing(_ figure: [CellPlace]) -> Bool {
        let ends = figure.flatMap { self.ends(at: $0) }
        guard ends.contains(where: { $0.way == .east }) else { return false }
        return ends.allSatisfy { end in
            let words = [end.place.moved(end.way), end.place.moved(end.way, by: 2)].contains { !grid.isBlank($0) }
            return end.way == .east && words || end.way == .north || end.way == .south && !words
        }
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
        case (_, 0):
            if let bus = bus(of: tails) { return draw(bus, from: tails) }
            pairs = tails.dropFirst().map { (tails[0], $0) }
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
        for (start, end) in pairs where lines.count < Self.linesMax {
            guard let way = shortest(from: start, to: end) else { continue }
            lines.append(line(way, start, end))
            used.formUnion(way)
        }
    }

    /// A straight line of a figure without heads from one loose end to another, on which all others hang (FM-252).
    private mutating func bus(of tails: [FoundLine.End]) -> (line: FoundLine, cells: [CellPlace])? {
        let loose = tails.filter { end in
            end.border == nil && (1...2).allSatisfy { grid.isBlank(end.place.moved(end.way, by: $0)) }
        }
        guard tails.count > 2, loose.count == 2, loose[0].way == loose[1].way.opposite, let cells = shortest(from: loose[0], to: loose[1]),
            Set(cells.map(\.row)).count == 1 || Set(cells.map(\.column)).count == 1
        else { return nil }
        return (line(cells, loose[0], loose[1]), cells)
    }

    private mutating func draw(_ bus: (line: FoundLine, cells: [CellPlace]), from tails: [FoundLine.End]) {
        let cells = Set(bus.cells)
        for tail in tails where tail != bus.line.start && tail != bus.line.end {
            guard let way = shortest(from: tail, to: bus.line.end), let meeting = way.firstIndex(where: cells.contains), meeting > 0
            else {
                continue
            }
            let own = Array(way[...meeting])
            let heading = Way.all.first { own[meeting - 1].moved($0) == own[meeting] } ?? .south
            lines.append(line(own, tail, FoundLine.End(place: own[meeting], way: heading, isAtLine: true)))
            used.formUnion(own)
        }
        lines.append(bus.line)
        used.formUnion(bus.cells)
    }

    private func ends(at place: CellPlace) -> [FoundLine.End] {
        let (found, met) = (graph.links[place] ?? CellLinks(of: place), graph.borders[place] ?? CellLinks(of: place))
        if let head = grid.head(at: place) {
            let blanks = isNote(place, head) ? Self.noteBlanks : 2
            return [FoundLine.End(place: place, way: head, hasHead: true, border: met[head] ?? border(from: place, head, blanks: blanks))]
        }
        var ends: [FoundLine.End] = []
        for way in Way.all {
            guard let border = met[way] else { continue }
            ends.append(FoundLine.End(place: place, way: way, hasHead: grid.head(at: border) == way, border: border))
        }
        if ends.isEmpty, found.count == 1, let back = found.ways.first {
            let ways = graph.ways(place)
            // A corner with nothing behind it looks where it would turn.
            let way = ways.contains(back.opposite) ? back.opposite : Way.all.first { ways.contains($0) && $0 != back } ?? back.opposite
            ends.append(FoundLine.End(place: place, way: way, border: border(from: place, way, blanks: 1)))
        }
        return ends
    }

    /// True for an arrow from words in the same row, which may tell of a box that is farther off.
    private func isNote(_ place: CellPlace, _ head: Way) -> Bool {
        guard head.isLevel else { return false }
        var tail = place
        while let next = graph.links[tail]?[head.opposite] { tail = next }
        let beside = tail.moved(head.opposite)
        return tail != place && grid.isWord(grid.isBlank(beside) ? beside.moved(head.opposite) : beside)
    }

    /// A border that is looked at over a few blanks (FM-242).
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

    /// The cells from one end to another, the shortest way; where lines cross each goes straight on, unless that leads nowhere (FM-243).
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
            if step.place == end.place, step.place != start.place || start == end || graph.links[step.place]?.isEmpty ?? true {
                var (path, last) = ([step.place], step)
                while let earlier = before[last] {
                    path.append(earlier.place)
                    last = earlier
                }
                return path.reversed()
            }
            let found = graph.links[step.place] ?? CellLinks(of: step.place)
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
        line.look(as: way.compactMap { grid.sign(at: $0) })
        for (here, next) in zip(way, way.dropFirst()) {
            for (place, other) in [(here, next), (next, here)] {
                for (way, label) in graph.labels[place] ?? [:] where graph.links[place]?[way] == other {
                    let cells = graph.labelCells[place]?[way] ?? []
                    used.formUnion(cells)
                    guard line.label.isEmpty else { continue }
                    line.label = label
                    if !label.contains("\n") { line.labelStart = cells.filter { !grid.isBlank($0) }.min { $0.column < $1.column } }
                }
            }
        }
        return line
    }

    /// A line that ends where it begins.
    private mutating func ring(from first: CellPlace) {
        guard graph.links[first]?.count == 2, let way = Way.all.first(where: { graph.links[first]?[$0] != nil }) else { return }
        var (path, place, heading) = ([first], first, way)
        repeat {
            guard let next = graph.links[place]?[heading], let found = graph.links[next], found.count == 2,
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
