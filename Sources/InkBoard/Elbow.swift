/// The way of an elbow: level and upright pieces, three at most.
///
///     ┌───┐          ┌───┐        ┌───┐
///     │   ├──┐       │   ├────►   │   │
///     └───┘  │       └───┘        └─┬─┘
///            └──►                   └──┐
///                                      ▼
enum Elbow {
    /// The corners from end to end; where an end is bound, it lies on the outline.
    ///
    /// It leaves towards the side on which more room is between the two (BD-65), and meets a side of either shape. Where one piece can meet both it
    /// is one.
    static func way(from first: Place, _ start: Outline?, to last: Place, _ end: Outline?) -> [Place] {
        let (one, two) = (Extent(first, start), Extent(last, end))
        let (across, along) = (max(two.left - one.right, one.left - two.right), max(two.top - one.bottom, one.top - two.bottom))
        return across >= along
            ? level(first, one, start, last, two, end)
            // The same with the axes exchanged.
            : level(first.turned, one.turned, start, last.turned, two.turned, end, isTurned: true).map(\.turned)
    }

    /// A way whose first and last pieces are level.
    private static func level(
        _ first: Place, _ one: Extent, _ start: Outline?, _ last: Place, _ two: Extent, _ end: Outline?, isTurned: Bool = false
    ) -> [Place] {
        let isForward = two.left + two.right >= one.left + one.right
        // The middle of the room between them, or of all where they overlap.
        let middle = isForward ? (one.right + two.left) / 2 : (one.left + two.right) / 2
        // What is bound at the very side of a shape would leave at its corner.
        var y0 = start != nil && (first.y <= one.top || first.y >= one.bottom) ? (one.top + one.bottom) / 2 : first.y
        var y1 = end != nil && (last.y <= two.top || last.y >= two.bottom) ? (two.top + two.bottom) / 2 : last.y
        // A piece that meets both: at the place of the one whose place is level with the other shape.
        if end != nil, two.top <= y0, y0 <= two.bottom {
            y1 = y0
        } else if start != nil, one.top <= y1, y1 <= one.bottom {
            y0 = y1
        }
        func met(_ outline: Outline?, _ place: Place, _ extent: Extent, _ y: Double) -> Place {
            guard let outline else { return Place(x: place.x, y: y) }
            // In the middle each shape is as high as its box.
            let (inside, outside) = (Place(x: (extent.left + extent.right) / 2, y: y), Place(x: middle, y: y))
            let met = isTurned ? outline.end(at: inside.turned, towards: outside.turned).turned : outline.end(at: inside, towards: outside)
            return Place(x: met.x, y: y)
        }
        let (from, to) = (met(start, first, one, y0), met(end, last, two, y1))
        if from.y == to.y { return [from, to] }
        let corners = [Place(x: middle, y: from.y), Place(x: middle, y: to.y)]
        return [from] + corners.filter { $0 != from && $0 != to } + [to]
    }

    /// What an end takes of the world: its shape, or its point.
    private struct Extent {
        var left: Double
        var top: Double
        var right: Double
        var bottom: Double

        init(_ place: Place, _ outline: Outline?) {
            (left, top, right, bottom) = (place.x, place.y, place.x, place.y)
            guard let box = outline?.box else { return }
            (left, top, right, bottom) = (Double(box.left), Double(box.top), Double(box.right), Double(box.bottom))
        }

        var turned: Extent {
            var turned = self
            (turned.left, turned.top, turned.right, turned.bottom) = (top, left, bottom, right)
            return turned
        }
    }
}

extension Place {
    fileprivate var turned: Place { Place(x: y, y: x) }
}
