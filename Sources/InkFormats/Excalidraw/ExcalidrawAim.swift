import InkBoard
import InkPrimitives

/// Where the last piece of a line goes, so that an end of it is bound without leaving its way.
///
/// Excalidraw's lines end some px before what they are bound to, and go towards a place in it that it computes from `focus`, differently in each
/// version. A place on the way of the last piece, within the box, is one that all agree on: the line is then as long as the outline lets it be
/// (FM-256).
struct ExcalidrawAim {
    private let end: Point
    private let before: Point

    /// - Parameter line: of at least two points.
    init(_ line: ShapeDraft, isStart: Bool) {
        let points = isStart ? line.points : line.points.reversed()
        end = line.position + points[0]
        before = line.position + points[1]
    }

    /// The binding of the end to a shape with this outline.
    func binding(_ reference: ShapeID, _ outline: Outline) -> Binding {
        guard let part = part(of: outline.box) else { return Binding(reference, outline, near: end) }
        let (x, y) = (
            Double(before.x) + part * (Double(end.x) - Double(before.x)), Double(before.y) + part * (Double(end.y) - Double(before.y))
        )
        return Binding(reference, outline, near: Point(clampingX: Int64(x.rounded()), y: Int64(y.rounded())))
    }

    /// Of the way beyond the end, in lengths of the piece from its beginning, the middle of what lies in the box; nil where the end does, or nothing.
    private func part(of box: WorldBox) -> Double? {
        var (enter, leave) = (0.0, Double.infinity)
        for (start, stop, low, high) in [(before.x, end.x, box.left, box.right), (before.y, end.y, box.top, box.bottom)] {
            let (way, from, to) = (Double(stop) - Double(start), Double(low) - Double(start), Double(high) - Double(start))
            if way == 0 {
                guard from <= 0, to >= 0 else { return nil }
            } else {
                (enter, leave) = (max(enter, min(from / way, to / way)), min(leave, max(from / way, to / way)))
            }
        }
        guard enter > 1, enter < leave, leave.isFinite else { return nil }
        return (enter + leave) / 2
    }
}
