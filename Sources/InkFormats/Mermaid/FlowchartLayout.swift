import InkBoard

/// Places of nodes, subgraphs and links on the cells of a board: each subgraph is laid out by itself and is one item of what is around it, so that
/// nothing foreign lies in it. A link into a subgraph comes in at a place on its side that the layout within has chosen (FM-203, FM-267).
struct FlowchartLayout: Sendable {
    /// By node, by subgraph.
    private(set) var nodes: [CellRegion]
    private(set) var frames: [CellRegion]
    /// By link: from its beginning to its end; empty for one that is drawn straight from end to end.
    private(set) var ways: [[CellPlace]]
    private(set) var labels: [CellPlace?]
    private(set) var told = Drawing()
    private let chart: Flowchart
    private let measures: FlowchartMeasures
    /// What lies in each subgraph; the last is what lies in none.
    private var nodesIn: [[Int]]
    private var framesIn: [[Int]]
    /// Links of each level, and those that pass its edge.
    private var linksIn: [[Int]]
    private var loops: [Int: [Int]] = [:]

    init(_ chart: Flowchart) {
        self.chart = chart
        measures = FlowchartMeasures(chart)
        nodes = Array(repeating: CellRegion(column: 0, row: 0, columns: 0, rows: 0), count: chart.nodes.count)
        frames = Array(repeating: CellRegion(column: 0, row: 0, columns: 0, rows: 0), count: chart.frames.count)
        ways = Array(repeating: [], count: chart.links.count)
        labels = Array(repeating: nil, count: chart.links.count)
        let root = chart.frames.count
        nodesIn = Array(repeating: [], count: root + 1)
        framesIn = nodesIn
        linksIn = nodesIn
        for (index, node) in chart.nodes.enumerated() { nodesIn[node.parent ?? root].append(index) }
        for (index, frame) in chart.frames.enumerated() { framesIn[frame.parent ?? root].append(index) }
        for (index, link) in chart.links.enumerated() {
            if link.from == link.to {
                if case .node(let node) = link.from { loops[node, default: []].append(index) }
            } else if let level = level(of: link) {
                linksIn[level].append(index)
            }
        }
        let result = lay(root, chart.direction, [])
        take(result, CellPlace(column: 0, row: 0))
    }

    // MARK: Levels

    /// The subgraph in which both ends lie, innermost; nil where one end is the frame around the other.
    private func level(of link: Flowchart.Link) -> Int? {
        let (one, two) = (around(link.from), around(link.to))
        if case .frame(let frame) = link.from, two.contains(frame) { return nil }
        if case .frame(let frame) = link.to, one.contains(frame) { return nil }
        return one.first { two.contains($0) }
    }

    /// The subgraphs around an end, innermost first.
    private func around(_ end: Flowchart.End) -> [Int] {
        var next: Int? =
            switch end {
            case .node(let node): chart.nodes[node].parent
            case .frame(let frame): chart.frames[frame].parent
            }
        var all: [Int] = []
        while let frame = next {
            all.append(frame)
            next = chart.frames[frame].parent
        }
        return all + [chart.frames.count]
    }

    /// The item of a level that an end is or lies in.
    private func item(of end: Flowchart.End, in level: Int) -> Flowchart.End {
        let all = around(end)
        guard let index = all.firstIndex(of: level), index > 0 else { return end }
        return .frame(all[index - 1])
    }

    /// A link that passes the edge of a subgraph.
    private struct Pass: Hashable {
        var link: Int
        var isEntry: Bool
    }

    /// A level that is laid out, by cells from its own corner.
    private struct Laid {
        var columns = 0
        var rows = 0
        var nodes: [(node: Int, box: CellRegion)] = []
        var frames: [(frame: Int, place: CellPlace, content: Laid)] = []
        /// In the order of what a link passes: parts before the level of the link are negative, those after positive.
        var ways: [(link: Int, part: Int, points: [CellPlace], label: CellPlace?)] = []
        var ports: [Pass: Int] = [:]
    }

    /// - Parameter passes: links that come in or leave, which fix the direction.
    private mutating func lay(_ level: Int, _ direction: Flowchart.Direction, _ passes: [Pass]) -> Laid {
        var graph = LayerGraph(spacing: direction.isLevel ? .level : .upright)
        var places: [Flowchart.End: Int] = [:]
        // In the order of the text, which decides where a circle begins.
        let ends =
            nodesIn[level].map { (chart.nodes[$0].offset, Flowchart.End.node($0)) }
            + framesIn[level].map { (chart.frames[$0].offset, .frame($0)) }
        for (_, end) in ends.sorted(by: { $0.0 < $1.0 }) {
            places[end] = graph.items.count
            guard case .node(let node) = end else {
                graph.items.append(item(.box, 0, 0, direction))
                continue
            }
            let (extent, margin) = measures.extent(of: node, loops[node] ?? [], isLevel: direction.isLevel)
            var made = item(chart.nodes[node].shape.kind == .rectangle ? .box : .round, extent.columns, extent.rows, direction)
            made.margin = margin
            made.across += margin
            graph.items.append(made)
        }
        var owners: [(link: Int, pass: Pass?)] = []
        for index in linksIn[level] {
            let link = chart.links[index]
            guard let from = places[item(of: link.from, in: level)], let to = places[item(of: link.to, in: level)] else { continue }
            var made = LayerGraph.Link(from: from, to: to)
            made.length = link.length
            made.label = measures.label(of: index).map { direction.isLevel ? ($0.rows, $0.columns + 4) : ($0.columns, $0.rows) }
            (made.fromHead, made.toHead) = (Self.number(link.startHead), Self.number(link.endHead))
            made.look = measures.look(of: index)
            graph.links.append(made)
            owners.append((index, nil))
        }
        for pass in passes {
            let link = chart.links[pass.link]
            // Which end of it lies in here.
            let isStart = around(link.from).contains(level)
            guard let inner = places[item(of: isStart ? link.from : link.to, in: level)] else { continue }
            let outer = graph.items.count
            graph.items.append(LayerGraph.Item(role: pass.isEntry ? .entry : .exit, across: 1, along: 0))
            var made = LayerGraph.Link(from: pass.isEntry ? outer : inner, to: pass.isEntry ? inner : outer)
            let head = Self.number(isStart ? link.startHead : link.endHead)
            if pass.isEntry { made.toHead = head } else { made.fromHead = head }
            made.look = measures.look(of: pass.link)
            graph.links.append(made)
            owners.append((pass.link, pass))
        }
        graph.orient()
        graph.rank()
        var laid = layFrames(of: level, direction, &graph, places, owners)
        graph.chain()
        // FM-268
        if !graph.unlaid.isEmpty { told.lose("links over very many layers", graph.unlaid.count, becoming: "straight ones") }
        graph.joinEnds()
        graph.order()
        graph.placeAcrossByEnds()
        graph.placeAlong()
        turn(&laid, graph, level, direction, places, owners)
        return laid
    }

    private static func number(_ head: LineHead) -> Int { head == .none ? 0 : Int(head.rawValue) }

    private func item(_ role: LayerGraph.Item.Role, _ columns: Int, _ rows: Int, _ direction: Flowchart.Direction) -> LayerGraph.Item {
        LayerGraph.Item(role: role, across: direction.isLevel ? rows : columns, along: direction.isLevel ? columns : rows)
    }

    /// Lays out the subgraphs of a level, now that it is known which way each link leaves them.
    private mutating func layFrames(
        of level: Int, _ direction: Flowchart.Direction, _ graph: inout LayerGraph, _ places: [Flowchart.End: Int],
        _ owners: [(link: Int, pass: Pass?)]
    ) -> Laid {
        var laid = Laid()
        var passes: [Int: [(pass: Pass, link: Int)]] = [:]
        for (index, owner) in owners.enumerated() {
            let link = chart.links[owner.link]
            for end in [link.from, link.to] where owner.pass == nil || around(end).contains(level) {
                let outer = item(of: end, in: level)
                guard outer != end, case .frame(let frame) = outer, let place = places[outer] else { continue }
                passes[frame, default: []].append((Pass(link: owner.link, isEntry: graph.links[index].to == place), index))
            }
        }
        for frame in framesIn[level] {
            let through = passes[frame] ?? []
            let own = chart.frames[frame].direction
            if let own, own != direction, !through.isEmpty { told.lose("directions of subgraphs", becoming: "those around them") }
            let content = lay(frame, through.isEmpty ? own ?? direction : direction, through.map(\.pass))
            if let place = places[.frame(frame)] {
                graph.items[place].across = direction.isLevel ? content.rows : content.columns
                graph.items[place].along = direction.isLevel ? content.columns : content.rows
                for (pass, index) in through {
                    if pass.isEntry {
                        graph.links[index].toPort = content.ports[pass]
                    } else {
                        graph.links[index].fromPort = content.ports[pass]
                    }
                }
            }
            laid.frames.append((frame, CellPlace(column: 0, row: 0), content))
        }
        return laid
    }

    // MARK: From layers to cells

    private func turn(
        _ laid: inout Laid, _ graph: LayerGraph, _ level: Int, _ direction: Flowchart.Direction, _ places: [Flowchart.End: Int],
        _ owners: [(link: Int, pass: Pass?)]
    ) {
        let isRoot = level == chart.frames.count
        let title = isRoot ? (columns: 0, rows: 0) : measures.title(of: level)
        let (left, top) = isRoot ? (0, 0) : (2, 1 + title.rows)
        let (right, bottom) = isRoot ? (0, 0) : (2, 1)
        var (columns, rows) = direction.isLevel ? (graph.along, graph.across) : (graph.across, graph.along)
        var start = (column: left, row: top)
        if !isRoot {
            // Links that come in from above pass beside the title.
            let fromAbove = graph.items.filter { !direction.isLevel && $0.role == (direction.isBackward ? .exit : .entry) }.map(\.x).min()
            if let fromAbove, title.columns > 0, fromAbove + left < title.columns + 3 {
                start.column += title.columns + 3 - fromAbove - left
            }
            let room = max(0, title.columns + 4 - (start.column + columns + right))
            if fromAbove == nil { start.column += room / 2 }
            columns = max(title.columns + 4, start.column + columns + right)
            rows = max(3, start.row + rows + bottom)
        }
        let along = graph.along
        func place(_ spot: LayerGraph.Spot) -> CellPlace {
            let way = direction.isBackward ? along - 1 - spot.along : spot.along
            return CellPlace(
                column: start.column + (direction.isLevel ? way : spot.across), row: start.row + (direction.isLevel ? spot.across : way))
        }
        func box(_ item: LayerGraph.Item) -> CellRegion {
            let one = place(LayerGraph.Spot(across: item.x, along: item.y))
            let two = place(LayerGraph.Spot(across: item.x + item.across - 1, along: item.y + item.along - 1))
            return CellRegion(
                column: min(one.column, two.column), row: min(one.row, two.row), columns: abs(two.column - one.column) + 1,
                rows: abs(two.row - one.row) + 1)
        }
        for node in nodesIn[level] {
            guard let item = places[.node(node)] else { continue }
            var region = box(graph.items[item])
            let margin = graph.items[item].margin
            if direction.isLevel { region.rows -= margin } else { region.columns -= margin }
            laid.nodes.append((node, region))
            for loop in measures.loops(loops[node] ?? [], around: region, isLevel: direction.isLevel) {
                laid.ways.append((loop.link, 0, loop.points, loop.label))
            }
        }
        for index in laid.frames.indices {
            guard let item = places[.frame(laid.frames[index].frame)] else { continue }
            let region = box(graph.items[item])
            // An item that grew for the ends of its links has its content in the middle.
            laid.frames[index].content.columns = region.columns
            laid.frames[index].content.rows = region.rows
            laid.frames[index].place = CellPlace(column: region.column, row: region.row)
        }
        let depth = isRoot ? 0 : around(.frame(level)).count
        for (index, owner) in owners.enumerated() {
            let link = graph.links[index]
            guard !link.points.isEmpty else { continue }
            var points = link.points.map { place($0) }
            var label = link.labelSpot.map { place($0) }
            if let pass = owner.pass {
                // To the very frame.
                let end = pass.isEntry ? 0 : points.count - 1
                let isAtStart = pass.isEntry != direction.isBackward
                if direction.isLevel {
                    points[end].column = isAtStart ? 0 : columns - 1
                    laid.ports[pass] = points[end].row
                } else {
                    points[end].row = isAtStart ? 0 : rows - 1
                    laid.ports[pass] = points[end].column
                }
                label = nil
            }
            laid.ways.append((owner.link, owner.pass.map { $0.isEntry ? depth : -depth } ?? 0, points, label))
        }
        (laid.columns, laid.rows) = (columns, rows)
        if isRoot { (laid.columns, laid.rows) = (max(1, columns), max(1, rows)) }
    }

    /// Puts a level on the board.
    private mutating func take(_ laid: Laid, _ corner: CellPlace) {
        var parts: [Int: [(part: Int, points: [CellPlace])]] = [:]
        collect(laid, corner, &parts)
        for (link, found) in parts {
            let points = found.sorted { $0.part < $1.part }.flatMap(\.points)
            guard let first = points.first, let last = points.last else { continue }
            // From where the link begins: the layers may have turned it. One of which a part is not laid out goes straight.
            let (from, to) = (chart.links[link].from, chart.links[link].to)
            if touches(first, from), touches(last, to) {
                ways[link] = points
            } else if touches(last, from), touches(first, to) {
                ways[link] = points.reversed()
            } else {
                labels[link] = nil
            }
        }
    }

    private func touches(_ place: CellPlace, _ end: Flowchart.End) -> Bool {
        let box =
            switch end {
            case .node(let node): nodes[node]
            case .frame(let frame): frames[frame]
            }
        return box.contains(column: place.column, row: place.row)
    }

    private mutating func collect(_ laid: Laid, _ corner: CellPlace, _ parts: inout [Int: [(part: Int, points: [CellPlace])]]) {
        func moved(_ place: CellPlace) -> CellPlace { CellPlace(column: corner.column + place.column, row: corner.row + place.row) }
        for (node, box) in laid.nodes {
            let place = moved(CellPlace(column: box.column, row: box.row))
            nodes[node] = CellRegion(column: place.column, row: place.row, columns: box.columns, rows: box.rows)
        }
        for (link, part, points, label) in laid.ways {
            parts[link, default: []].append((part, points.map { moved($0) }))
            if let label { labels[link] = moved(label) }
        }
        for (frame, place, content) in laid.frames {
            let at = moved(place)
            frames[frame] = CellRegion(column: at.column, row: at.row, columns: content.columns, rows: content.rows)
            collect(content, at, &parts)
        }
    }
}
