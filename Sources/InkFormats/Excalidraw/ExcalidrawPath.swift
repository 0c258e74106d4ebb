import InkBoard
import InkPrimitives

/// The points of a line or a stroke: there they are told from the first, here from a place that all of them are near enough to.
///
/// A place and what is told from it have each the limit of a coordinate, so a path can reach twice as far, and be twice as wide again.
struct ExcalidrawPath {
    let position: Point
    let points: [Point]
    /// False where some lie beyond what a board can tell, and were put at its edge.
    let isWhole: Bool

    /// - Parameters:
    ///   - first: where the element is, world units.
    ///   - steps: the points, told from there.
    init(from first: (x: Int64, y: Int64), _ steps: [(x: Int64, y: Int64)]) {
        let (x, y) = (Self.place(first.x, steps.lazy.map(\.x)), Self.place(first.y, steps.lazy.map(\.y)))
        position = Point(clampingX: x, y: y)
        var (points, isWhole): ([Point], Bool) = ([], true)
        points.reserveCapacity(steps.count)
        for step in steps {
            let place = (x: first.x + step.x - x, y: first.y + step.y - y)
            let point = Point(clampingX: place.x, y: place.y)
            isWhole = isWhole && Int64(point.x) == place.x && Int64(point.y) == place.y
            points.append(point)
        }
        (self.points, self.isWhole) = (points, isWhole)
    }

    /// Of the places on one axis that all points can be told from, the nearest to the first.
    private static func place(_ first: Int64, _ steps: some Sequence<Int64>) -> Int64 {
        let limit = Int64(Limits.coordinate)
        var (low, high) = (Int64.max, Int64.min)
        for step in steps { (low, high) = (min(low, step), max(high, step)) }
        guard low <= high else { return max(-limit, min(limit, first)) }
        let nearest = min(max(first, first + high - limit), max(first + low + limit, first + high - limit))
        return max(-limit, min(limit, nearest))
    }
}
