import InkBoard
import InkFormats
import InkFrontEnd
import InkSession

/// How ends of lines come to be bound to shapes, and how that is seen before a hand lets go.
extension BoardScene {
    /// A line as it is drawn with its ends bound to what they touch; itself where that is nothing, and what is no line.
    ///
    /// A line within one shape is bound to none: it would follow with one end alone.
    func attached(_ line: ShapeDraft, start: Bool = true, end: Bool = true) -> ShapeDraft {
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
    private func target(near place: Point, from other: Point) -> BindingTarget? {
        front.board.bindingTarget(near: place, from: other, within: grid.rowUnits)
    }

    /// What the others see of a drag: lines with their ends where they would be.
    func gesture(of drag: Drag) -> Gesture? {
        let gesture = drag.gesture(with: pen, on: grid)
        guard drag.attaches, case .shape(let draft)? = gesture else { return gesture }
        return .shape(attached(draft))
    }

    /// The shapes to which the line in hand is bound where it is now.
    var attachments: [ShapeID] {
        let line: ShapeDraft? =
            if let pulled = pulledLine {
                pulled.content
            } else if let drag = mode.drag, drag.holdsWork, case .shape(let draft)? = gesture(of: drag) {
                draft
            } else {
                nil
            }
        return [line?.startBinding, line?.endBinding].compactMap { $0?.shape }
    }

    /// Shows to what the line in hand is bound: the outlines of these shapes are reversed.
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
