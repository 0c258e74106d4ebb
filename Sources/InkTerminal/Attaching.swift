import InkBoard
import InkFormats
import InkFrontEnd
import InkSession

/// A line that is drawn or pulled, as it is drawn where its hand is now.
struct LineInHand: Sendable {
    /// Nil for one that is being drawn.
    let id: ShapeID?
    let content: ShapeDraft
}

/// How ends of lines come to be bound to shapes, and how that is seen before a hand lets go.
extension BoardScene {
    /// A line as it is drawn with its ends bound to what they touch; itself where that is nothing, and what is no line.
    ///
    /// A line within one shape is bound to none: it would follow with one end alone. `mutating` only because it counts what it looks at (TM-107).
    mutating func attached(_ line: ShapeDraft, start: Bool = true, end: Bool = true) -> ShapeDraft {
        guard line.hasEnds, line.points.count >= 2 else { return line }
        var line = line
        let places = line.points.map { line.position + $0 }
        let first = start ? target(near: places[0], from: places[1]) : nil
        let last = end ? target(near: places[places.count - 1], from: places[places.count - 2]) : nil
        if let first, first.shape != (end ? last?.shape : line.endBinding?.shape) { line.startBinding = first.binding }
        if let last, last.shape != (start ? first?.shape : line.startBinding?.shape) { line.endBinding = last.binding }
        return front.board.drawn(line)
    }

    /// Two columns or a row are near enough (TM-105).
    private mutating func target(near place: Point, from other: Point) -> BindingTarget? {
        let cell = grid.place(of: place)
        let near = regions.shapes(
            near: CellRegion(column: cell.column, row: cell.row, columns: 1, rows: 1).grown(columns: 2, rows: 1))
        lookedAt += near.count
        return front.board.bindingTarget(near: place, from: other, within: grid.rowUnits, among: near)
    }

    /// What the others see of a drag: lines with their ends where they would be.
    mutating func gesture(of drag: Drag) -> Gesture? {
        if case .pull(let pulled, let from, let to) = drag.kind {
            return gesture(pulling: pulled, by: grid.displacement(from, to), attaches: drag.attaches)
        }
        let gesture = drag.gesture(with: pen, on: grid)
        guard case .shape(let draft)? = gesture else { return gesture }
        return .shape(drag.attaches ? attached(draft) : front.board.drawn(draft))
    }

    /// The line in hand as it is drawn where it is now; nil while none is. Asked for once in each picture.
    mutating func lineInHand() -> LineInHand? {
        if let pulled = pulledInHand() { return pulled }
        guard let drag = mode.drag, drag.holdsWork, case .shape(let draft)? = gesture(of: drag), draft.hasEnds else { return nil }
        return LineInHand(id: nil, content: draft)
    }

    /// The shapes to which the line in hand is bound where it is now.
    var attachments: [ShapeID] { [shownLine?.content.startBinding, shownLine?.content.endBinding].compactMap { $0?.shape } }

    /// Shows to what the line in hand is bound: the outlines of these shapes are reversed (TM-363).
    func drawAttachments(on buffer: inout CellBuffer) {
        for id in attachments {
            guard let box = regions[id]?.intersection(viewport.region), let whole = regions[id] else { continue }
            for row in box.rowRange {
                let columns = box.columnRange.filter { column in
                    viewport.seen(CellPlace(column: column, row: row)).map { buffer[$0.column, $0.row].glyph != .space } ?? false
                }
                // The outline of a box is its first and last row, and the ends of all others.
                let isEdge = row == whole.row || row == whole.rowRange.upperBound - 1
                let marked = isEdge ? columns : [columns.first, columns.last].compactMap { $0 }
                for column in marked {
                    let (left, top) = viewport.screen(CellPlace(column: column, row: row))
                    buffer.restyle(column: left, row: top) { $0.attributes.insert(.reverse) }
                }
            }
        }
    }
}
