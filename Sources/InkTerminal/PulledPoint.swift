import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession

/// An end or a corner of a line that is pulled, by a hand or by keys.
///
/// The session has no gesture for it: it is seen here while it is pulled, and by all once it is let go, as one transaction.
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

    /// The line with the point elsewhere.
    func content(by: Point) -> ShapeDraft {
        var pulled = content
        pulled.points[index] = pulled.points[index] + by
        return pulled
    }

    /// What gives it to the board. The line's place is left alone: who moves the line meanwhile moves this, too.
    func intent(by: Point) -> Intent { .set(id, [.points(content(by: by).points)]) }
}

extension ShapeDraft {
    /// True for what is drawn through points that can be pulled. The samples of a stroke cannot.
    var hasPulledPoints: Bool { (kind == .line || kind == .arrow) && points.count >= 2 }

    /// The cells of the points that can be pulled, in the order of the path.
    func pointPlaces(on grid: Grid) -> [CellPlace] { hasPulledPoints ? points.map { grid.place(of: position + $0) } : [] }

    /// The point that a press pulls: the one in the cell, or where the line is long enough to be taken by its middle one that is a cell away; nil
    /// for none.
    ///
    /// - Parameter isExact: the cell belongs to another shape.
    func pulledPoint(at here: CellPlace, on grid: Grid, isExact: Bool) -> Int? {
        let places = pointPlaces(on: grid)
        // The last lies above the others, as the head of an arrow does.
        if let index = places.lastIndex(of: here) { return index }
        let box = cellRegion(on: grid)
        guard !isExact, max(box.columns, box.rows) >= Self.longEnough else { return nil }
        return places.lastIndex { abs($0.column - here.column) <= 1 && abs($0.row - here.row) <= 1 }
    }

    /// Cells of a line that leave two in its middle.
    private static let longEnough = 6
}

extension BoardScene {
    /// Pulls an end by keys next, then the other and the corners, then none.
    mutating func choosePoint(of content: ShapeDraft, now: Instant) {
        let order = [content.points.count - 1, 0] + (1..<max(1, content.points.count - 1)).prefix(Self.cornersMax)
        let next = selection.pulledIndex.map { (order.firstIndex(of: $0) ?? order.count) + 1 } ?? 0
        selection.pull(order.indices.contains(next) ? order[next] : nil)
        let words =
            switch next {
            case 0: "arrows pull this end - z: the other one"
            case _ where next < order.count - 1: "arrows pull this \(next == 1 ? "end" : "corner") - z: a corner"
            case order.count - 1: "arrows pull this \(next == 1 ? "end" : "corner") - z ends"
            default: "ends are left as they are"
            }
        front.notices.add(words, as: .setting, now: now)
        if let place = pulledPlace { look { $0.show(place) } }
    }

    /// A line of more corners is not walked by keys.
    private static let cornersMax = 16

    /// Where the point is that keys pull; nil where they pull none.
    var pulledPlace: CellPlace? {
        guard let pulled = mode.nudge?.pulled ?? pulledByKeys else { return nil }
        let content = pulled.content(by: mode.nudge?.displacement(on: grid) ?? .zero)
        return grid.place(of: content.position + content.points[pulled.index])
    }

    /// A line as a pull leaves it; nil for one that is not pulled.
    func pulledContent(of id: ShapeID) -> ShapeDraft? {
        if let pulled = mode.drag?.pulled(on: grid), pulled.id == id { return pulled.content }
        guard let nudge = mode.nudge, let pulled = nudge.pulled, pulled.id == id else { return nil }
        return pulled.content(by: nudge.displacement(on: grid))
    }

    /// The cells of the screen in which the points of a selected line are marked, of those that are seen; nil for what has none.
    func pointMarks(of id: ShapeID) -> [(column: Int, row: Int)]? {
        guard let standing = front.board[id]?.content, standing.hasPulledPoints else { return nil }
        var line = pulledContent(of: id) ?? standing
        if case .move(let ids, let by)? = mode.nudge?.gesture(on: grid) ?? mode.drag?.gesture(with: pen, on: grid), ids.contains(id) {
            line.position = line.position + by
        }
        // Of a line of thousands of corners a window holds no more than its cells.
        return Set(line.pointPlaces(on: grid)).compactMap { viewport.seen($0) }
    }

    /// The point that keys pull.
    var pulledByKeys: PulledPoint? {
        guard let index = selection.pulledIndex, let only = selection.only, let content = front.board[only]?.content else { return nil }
        return PulledPoint(index, of: only, content)
    }

    /// Gives a pulled point to the board.
    mutating func give(_ pulled: PulledPoint, by: Point, now: Instant) {
        guard let standing = pulled.standing(on: front.board) else { return }
        ask(standing.intent(by: by), showing: Overlay(replaced: [pulled.id: standing.content(by: by)]), now: now)
    }
}
