import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession

/// An end or a corner of a line that is pulled, by a hand or by keys.
///
/// The others see it as it is pulled, and get it as one transaction once it is let go.
struct PulledPoint: Sendable {
    let id: ShapeID
    /// The line as it stands without the pull.
    private(set) var content: ShapeDraft
    /// Of the line's path.
    let index: Int

    /// Nil for what has no such point.
    init?(_ index: Int, of id: ShapeID, _ content: ShapeDraft) {
        guard content.hasPulledPoints, content.points.indices.contains(index) else { return nil }
        (self.id, self.content, self.index) = (id, content, index)
    }

    /// The same of the line as it is by now: others may have changed it meanwhile.
    func standing(on board: BoardView) -> PulledPoint? { board[id].flatMap { PulledPoint(index, of: id, $0.content) } }

    /// True for the first or the last point of the path.
    var isEnd: Bool { index == 0 || index == content.points.count - 1 }

    /// The line with the point elsewhere, and let go there. An elbow whose end is pulled finds its way anew (TM-191).
    func content(by: Point) -> ShapeDraft {
        var pulled = content
        if isEnd, content.route == .elbow {
            pulled.points = [content.points[0], content.points[content.points.count - 1]]
            pulled.points[index == 0 ? 0 : 1] = pulled.points[index == 0 ? 0 : 1] + by
            if index == 0 { pulled.startBinding = nil } else { pulled.endBinding = nil }
            return pulled
        }
        pulled.points[index] = pulled.points[index] + by
        if index == 0 { pulled.startBinding = nil }
        if index == content.points.count - 1 { pulled.endBinding = nil }
        return pulled
    }

    /// Where the point is, of the line as the pull leaves it.
    func place(in pulled: ShapeDraft) -> Point { pulled.position + pulled.points[isEnd && index > 0 ? pulled.points.count - 1 : index] }

    /// What gives to the board what became of it. The line's place is left alone: who moves the line meanwhile moves this, too (TM-103).
    func intent(for pulled: ShapeDraft) -> Intent {
        var changes = [PropertyChange.points(pulled.points)]
        if pulled.startBinding != content.startBinding { changes.append(.startBinding(pulled.startBinding)) }
        if pulled.endBinding != content.endBinding { changes.append(.endBinding(pulled.endBinding)) }
        return .set(id, changes)
    }
}

extension ShapeDraft {
    /// True for what is drawn through points that can be pulled. The samples of a stroke cannot.
    var hasPulledPoints: Bool { (kind == .line || kind == .arrow) && points.count >= 2 }

    /// The cells of the points that can be pulled, in the order of the path.
    func pointPlaces(on grid: Grid) -> [CellPlace] { hasPulledPoints ? points.map { grid.place(of: position + $0) } : [] }

    /// The point that a press pulls: the one in the cell, or where the line is long enough to be taken by its middle one that is a cell away; nil
    /// for none (TM-361).
    ///
    /// - Parameter isExact: the cell belongs to another shape.
    func pulledPoint(at here: CellPlace, on grid: Grid, isExact: Bool) -> Int? {
        let places = pointPlaces(on: grid)
        // The last lies above the others, as the head of an arrow does. Where an end is bound, its cell is the other shape's, too, and that is taken.
        if let index = places.lastIndex(of: here), !isExact || !isBound(at: index) { return index }
        let box = cellRegion(on: grid)
        guard !isExact, max(box.columns, box.rows) >= Self.longEnough else { return nil }
        return places.lastIndex { abs($0.column - here.column) <= 1 && abs($0.row - here.row) <= 1 }
    }

    private func isBound(at index: Int) -> Bool {
        index == 0 && startBinding != nil || index == points.count - 1 && endBinding != nil
    }

    /// Cells of a line that leave two in its middle.
    private static let longEnough = 6
}

extension BoardScene {
    /// Pulls an end by keys next, then the other and the corners, then none (TM-104).
    mutating func choosePoint(of content: ShapeDraft, now: Instant) {
        // The corners of an elbow follow from its ends (TM-191).
        let corners = content.route == .elbow ? 0 : Self.cornersMax
        let order = [content.points.count - 1, 0] + (1..<max(1, content.points.count - 1)).prefix(corners)
        let pulled = content.route == .elbow ? selection.pulledIndex.map { $0 > 0 ? order[0] : 0 } : selection.pulledIndex
        let next = pulled.map { (order.firstIndex(of: $0) ?? order.count) + 1 } ?? 0
        selection.pull(order.indices.contains(next) ? order[next] : nil)
        let words =
            switch next {
            case 0: "arrows pull this end - z: the other one"
            case _ where next < order.count - 1: "arrows pull this \(next == 1 ? "end" : "corner") - z: a corner"
            case order.count - 1: "arrows pull this \(next == 1 ? "end" : "corner") - \(keys.word(of: .resize)) ends"
            default: "ends are left as they are"
            }
        front.notices.add(words, as: .setting, now: now)
        if let place = pulledPlace { reveal(place) }
    }

    /// A line of more corners is not walked by keys (TM-104).
    private static let cornersMax = 16

    /// Where the point is that keys pull; nil where they pull none.
    var pulledPlace: CellPlace? {
        guard let pulled = mode.nudge?.pulled ?? pulledByKeys else { return nil }
        return grid.place(of: pulled.place(in: pulled.content(by: mode.nudge?.displacement(on: grid) ?? .zero)))
    }

    /// The line that is pulled, as that leaves it where the hand is now; nil while none is.
    mutating func pulledInHand() -> LineInHand? {
        if let nudge = mode.nudge, let pulled = nudge.pulled {
            return LineInHand(id: pulled.id, content: line(pulled, by: nudge.displacement(on: grid), attaches: true))
        }
        guard let drag = mode.drag, case .pull(let pulled, let from, let to) = drag.kind else { return nil }
        return LineInHand(id: pulled.id, content: line(pulled, by: grid.displacement(from, to), attaches: drag.attaches))
    }

    /// The line that is pulled, as it is shown; nil while none is.
    var pulledLine: (id: ShapeID, content: ShapeDraft)? { shownLine.flatMap { line in line.id.map { ($0, line.content) } } }

    /// A line as a pull leaves it; nil for one that is not pulled.
    func pulledLine(_ id: ShapeID) -> ShapeDraft? { pulledLine.flatMap { $0.id == id ? $0.content : nil } }

    /// A line as it is drawn with a point elsewhere, its end bound to what that touches.
    private mutating func line(_ pulled: PulledPoint, by: Point, attaches: Bool) -> ShapeDraft {
        let line = pulled.content(by: by)
        guard attaches, pulled.isEnd else { return front.board.drawn(line) }
        return attached(line, start: pulled.index == 0, end: pulled.index != 0)
    }

    /// The cells of the screen in which the points of a selected line are marked, of those that are seen; nil for what has none.
    func pointMarks(of id: ShapeID) -> [(column: Int, row: Int)]? {
        guard let standing = front.board[id]?.content, standing.hasPulledPoints else { return nil }
        var line = pulledLine(id) ?? standing
        if case .move(let ids, let by)? = mode.nudge?.gesture(on: grid) ?? mode.drag.flatMap({ $0.gesture(with: pen, on: grid) }),
            ids.contains(id)
        {
            line.position = line.position + by
        }
        // Of a line of thousands of corners a window holds no more than its cells.
        return Set(line.pointPlaces(on: grid)).compactMap { viewport.seen($0) }
    }

    /// The point that keys pull.
    var pulledByKeys: PulledPoint? {
        guard let index = selection.pulledIndex, let only = selection.only, let content = front.board[only]?.content else { return nil }
        // An elbow may have found another way, with other corners.
        let isLast = content.route == .elbow && index > 0
        return PulledPoint(isLast ? content.points.count - 1 : index, of: only, content)
    }

    /// What the others see of a line that is pulled; nil for one with more corners than a preview has (TM-361).
    mutating func gesture(pulling pulled: PulledPoint, by: Point, attaches: Bool) -> Gesture? {
        guard pulled.content.points.count <= GestureBody.pointsMax else { return nil }
        return .pull(pulled.id, line(pulled, by: by, attaches: attaches))
    }

    /// Gives a pulled point to the board.
    mutating func give(_ pulled: PulledPoint, by: Point, attaches: Bool, told: Drag.Told, now: Instant) {
        guard let standing = pulled.standing(on: front.board) else { return take(back: told, now: now) }
        let line = line(standing, by: by, attaches: attaches)
        if told.isLive { ask(.update(.pull(pulled.id, line)), now: now) }
        ask(told.isLive ? .commit : standing.intent(for: line), showing: Overlay(replaced: [pulled.id: line]), now: now)
    }
}
