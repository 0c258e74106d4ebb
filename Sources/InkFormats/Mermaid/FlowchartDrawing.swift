import InkBoard

/// A flowchart of Mermaid as shapes: boxes with their labels, frames around them, and arrows that are bound to both.
package struct FlowchartDrawing: Sendable {
    package private(set) var drawing = Drawing()
    private let chart: Flowchart
    private let layout: FlowchartLayout
    private var items: [Flowchart.End: Int] = [:]

    /// - Throws: for what is no flowchart, or one that is too large, with the place.
    package init(_ bytes: [UInt8]) throws(DrawingError) {
        let reader = try FlowchartReader(bytes)
        chart = reader.chart
        layout = FlowchartLayout(chart)
        drawing = chart.told
        for loss in layout.told.losses { drawing.lose(loss.what, loss.count, becoming: loss.became) }
        addFrames()
        addNodes()
        addLinks()
        addTitle()
    }

    // MARK: Boxes

    private mutating func addFrames() {
        // What is around others lies below.
        func depth(_ frame: Int) -> Int {
            var (next, depth) = (chart.frames[frame].parent, 0)
            while let here = next { (next, depth) = (chart.frames[here].parent, depth + 1) }
            return depth
        }
        for (_, index) in chart.frames.indices.map({ (depth($0), $0) }).sorted(by: <) {
            let frame = chart.frames[index]
            // A note has its words in its corner, as a frame needs them.
            var draft = Self.box(.note, layout.frames[index])
            draft.corners = .sharp
            draft.text = frame.title
            frame.look.apply(to: &draft)
            add(.frame(index), draft)
        }
    }

    private mutating func addNodes() {
        for (index, node) in chart.nodes.enumerated() {
            var draft = Self.box(node.shape.kind, layout.nodes[index])
            (draft.corners, draft.lineStyle, draft.text) = (node.shape.corners, node.shape.lineStyle, node.label)
            node.look.apply(to: &draft)
            add(.node(index), draft)
        }
    }

    private mutating func add(_ end: Flowchart.End, _ draft: ShapeDraft) {
        items[end] = drawing.items.count
        drawing.items.append(Drawing.Item(content: draft))
    }

    /// Between the middles of its outer cells.
    private static func box(_ kind: ShapeKind, _ region: CellRegion) -> ShapeDraft {
        let from = middle(CellPlace(column: region.column, row: region.row))
        let to = middle(CellPlace(column: region.column + region.columns - 1, row: region.row + region.rows - 1))
        return ShapeDraft(kind: kind, position: from, size: Size(width: to.x - from.x, height: to.y - from.y))
    }

    private mutating func addTitle() {
        guard !chart.title.isEmpty else { return }
        let top = (layout.nodes + layout.frames).reduce(0) { min($0, $1.row) }
        let rows = TextLayout.extent(of: chart.title).rows
        let place = Grid.standard.corner(of: CellPlace(column: 0, row: top - rows - 1))
        drawing.items.append(Drawing.Item(content: ShapeDraft(kind: .text, position: place, text: chart.title)))
    }

    // MARK: Links

    private mutating func addLinks() {
        for (index, link) in chart.links.enumerated() {
            guard link.line != .invisible else {
                drawing.lose("invisible links")
                continue
            }
            guard let from = items[link.from], let to = items[link.to] else { continue }
            if link.from == link.to, case .frame = link.from {
                drawing.lose("links of subgraphs to themselves")
                continue
            }
            var draft = ShapeDraft(kind: link.endHead == .none ? .line : .arrow, position: .zero)
            if link.endHead != .none, link.endHead != .arrow { draft.endHead = link.endHead }
            if link.startHead != .none { draft.startHead = link.startHead }
            switch link.line {
            case .dotted: draft.lineStyle = .dotted
            case .thick: draft.strokeWidth = Self.heavy
            case .solid, .invisible: break
            }
            link.look.apply(to: &draft)
            draft.text = FlowchartMeasures.wrapped(link.label)
            let way = layout.ways[index]
            if way.count > 1 {
                lay(&draft, way, layout.labels[index], from, to)
            } else {
                goStraight(&draft, link, from, to)
            }
            drawing.items.append(Drawing.Item(content: draft))
        }
    }

    /// Along the cells of its way; by an elbow where that takes the same (FM-203).
    private func lay(_ draft: inout ShapeDraft, _ way: [CellPlace], _ label: CellPlace?, _ from: Int, _ to: Int) {
        let corners = Self.withoutStraight(way)
        let places = corners.map { Self.middle($0) }
        draft.position = places[0]
        draft.points = places.map { $0 - places[0] }
        draft.startBinding = binding(from, corners[0], towards: corners[1])
        draft.endBinding = binding(to, corners[corners.count - 1], towards: corners[corners.count - 2])
        if from != to, corners.count <= 4 {
            var elbow = draft
            elbow.route = .elbow
            elbow.points = [.zero, draft.points[draft.points.count - 1]]
            let shapes = drawing.items
            let find = { (id: ShapeID) in drawing.index(of: id).map { shapes[$0].content } }
            let (one, two) = (draft.drawn(among: find), elbow.drawn(among: find))
            if one.points == two.points, label == nil || Grid.standard.place(of: two.labelPoint) == label {
                draft = elbow
                return
            }
        }
        if let label { draft.points = Self.balanced(corners, about: label).map { Self.middle($0) - places[0] } }
    }

    /// The way with the place of the label as its middle point.
    private static func balanced(_ corners: [CellPlace], about label: CellPlace) -> [CellPlace] {
        for index in 1..<corners.count {
            let (one, two) = (corners[index - 1], corners[index])
            let isLevel =
                one.row == two.row && label.row == one.row && min(one.column, two.column)...max(one.column, two.column) ~= label.column
            let isUpright =
                one.column == two.column && label.column == one.column && min(one.row, two.row)...max(one.row, two.row) ~= label.row
            guard isLevel || isUpright else { continue }
            var (before, after) = (Array(corners[..<index]), Array(corners[index...]))
            while before.count < after.count { before.append(step(label, towards: before[before.count - 1])) }
            while after.count < before.count { after.insert(step(label, towards: after[0]), at: 0) }
            return before + [label] + after
        }
        return corners
    }

    /// The cell beside one, on the way to another.
    private static func step(_ place: CellPlace, towards other: CellPlace) -> CellPlace {
        CellPlace(column: place.column + (other.column - place.column).signum(), row: place.row + (other.row - place.row).signum())
    }

    /// A place of a box from which a level or upright piece leaves at this cell. In what is round it is in the middle, so that the piece meets the outline.
    private func binding(_ item: Int, _ cell: CellPlace, towards next: CellPlace) -> Binding? {
        let content = drawing.items[item].content
        var place = Self.middle(cell)
        if content.kind == .ellipse || content.kind == .diamond {
            let middle = content.position + Point(x: content.size.width / 2, y: content.size.height / 2)
            if next.column == cell.column { place.y = middle.y } else { place.x = middle.x }
        }
        return Binding(Drawing.reference(to: item), content, near: place)
    }

    /// From middle to middle, or from the side of what is around the other.
    private func goStraight(_ draft: inout ShapeDraft, _ link: Flowchart.Link, _ from: Int, _ to: Int) {
        func middle(_ item: Int) -> Point {
            let content = drawing.items[item].content
            return content.position + Point(x: content.size.width / 2, y: content.size.height / 2)
        }
        var (one, two) = (middle(from), middle(to))
        if isAround(from, to) { one = Point(x: drawing.items[from].content.position.x, y: two.y) }
        if isAround(to, from) { two = Point(x: drawing.items[to].content.position.x, y: one.y) }
        (draft.position, draft.points) = (one, [.zero, two - one])
        draft.startBinding = Binding(Drawing.reference(to: from), drawing.items[from].content, near: one)
        draft.endBinding = Binding(Drawing.reference(to: to), drawing.items[to].content, near: two)
    }

    private func isAround(_ item: Int, _ other: Int) -> Bool {
        let (one, two) = (drawing.items[item].content, drawing.items[other].content)
        return one.position.x < two.position.x && one.position.y < two.position.y
            && one.position.x + one.size.width > two.position.x + two.size.width
            && one.position.y + one.size.height > two.position.y + two.size.height
    }

    private static func withoutStraight(_ way: [CellPlace]) -> [CellPlace] {
        var kept: [CellPlace] = []
        for place in way where place != kept.last {
            if kept.count > 1 {
                let (one, two) = (kept[kept.count - 2], kept[kept.count - 1])
                if one.column == two.column && two.column == place.column || one.row == two.row && two.row == place.row {
                    kept.removeLast()
                }
            }
            kept.append(place)
        }
        // A link of no length still has two ends.
        return kept.count > 1 ? kept : [way[0], way[way.count - 1]]
    }

    private static func middle(_ place: CellPlace) -> Point { Grid.standard.middle(of: place) }

    /// What draws a heavy line.
    private static let heavy: UInt16 = 32
}
