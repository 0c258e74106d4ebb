import InkBoard

/// The curve through a stroke's samples.
///
/// A terminal's mouse reports cells, so its samples carry half a cell of rounding in each direction. Samples that lie close together are first
/// averaged with their neighbours (1-2-1), by no more than that rounding; then a centripetal Catmull-Rom spline goes through them. Samples
/// that lie far apart were meant (corners of a script's zigzag, a fast hand) and stay where they are. Only `+ - * /` and square roots are
/// used, which IEEE 754 rounds alike everywhere, so every front end draws the same dots.
package struct StrokeCurve: Sendable {
    package struct Place: Hashable, Sendable {
        package var x: Double
        package var y: Double
    }

    private let places: [Place]
    /// Around so many parts each, by which those far from a window are passed over; none where nobody asked for them.
    private var boxes: [Box] = []
    /// Around so many of these each, for the same.
    private var outerBoxes: [Box] = []

    private struct Box: Sendable {
        var left = Double.greatestFiniteMagnitude
        var top = Double.greatestFiniteMagnitude
        var right = -Double.greatestFiniteMagnitude
        var bottom = -Double.greatestFiniteMagnitude

        mutating func take(_ place: (x: Double, y: Double)) {
            (left, top) = (min(left, place.x), min(top, place.y))
            (right, bottom) = (max(right, place.x), max(bottom, place.y))
        }

        mutating func take(_ other: Box) {
            (left, top) = (min(left, other.left), min(top, other.top))
            (right, bottom) = (max(right, other.right), max(bottom, other.bottom))
        }

        func touches(_ box: (left: Double, top: Double, right: Double, bottom: Double)) -> Bool {
            left <= box.right && right >= box.left && top <= box.bottom && bottom >= box.top
        }
    }

    /// Places of the curve; between each and the next lies a part of it.
    var count: Int { places.count }

    /// The curve through `points`, displaced by `origin`, in world units.
    package init(points: [Point], origin: Point) {
        var raw: [Place] = []
        raw.reserveCapacity(points.count)
        for point in points { Self.append(point, from: origin, to: &raw) }
        self.init(raw)
    }

    /// The curve through places of which no two in a row are the same.
    init(_ raw: [Place]) { places = Self.smoothed(raw) }

    /// The same, for many looks at small parts of it.
    func indexed() -> StrokeCurve {
        var indexed = self
        indexed.boxes = stride(from: 0, to: places.count - 1, by: Self.partsPerBox).map { first in
            var box = Box()
            for index in first..<min(first + Self.partsPerBox, places.count - 1) {
                let part = part(index)
                for corner in [(part.from.x, part.from.y), (part.to.x, part.to.y), part.out, part.back] { box.take(corner) }
            }
            return box
        }
        indexed.outerBoxes = stride(from: 0, to: indexed.boxes.count, by: Self.boxesPerOuter).map { first in
            indexed.boxes[first..<min(first + Self.boxesPerOuter, indexed.boxes.count)].reduce(into: Box()) { $0.take($1) }
        }
        return indexed
    }

    /// Adds a sample, displaced by `origin`; one that rests where the last one is adds nothing.
    static func append(_ point: Point, from origin: Point, to raw: inout [Place]) {
        let place = Place(x: Double(point.x) + Double(origin.x), y: Double(point.y) + Double(origin.y))
        if raw.last != place { raw.append(place) }
    }

    /// Calls `body` with the ends of short straight pieces, in order, of all parts of the curve that can touch the box (FM-228).
    ///
    /// The number of pieces is bounded by the number of samples times `piecesMax`, however far apart they lie.
    ///
    /// - Parameter range: the parts to look at, each between a place and the next; nil for all.
    package func forEachPiece(
        of range: Range<Int>? = nil, touching box: (left: Double, top: Double, right: Double, bottom: Double),
        _ body: (_ from: Place, _ to: Place) -> Void
    ) {
        guard let first = places.first else { return }
        guard places.count > 1 else { return body(first, first) }
        let range = range ?? 0..<places.count - 1
        var next = range.lowerBound
        var last: Part?
        while next < range.upperBound {
            let index = next
            if !boxes.isEmpty, index % Self.partsPerBox == 0 {
                let place = index / Self.partsPerBox
                if place % Self.boxesPerOuter == 0, !outerBoxes[place / Self.boxesPerOuter].touches(box) {
                    next += Self.partsPerBox * Self.boxesPerOuter
                    continue
                }
                guard boxes[place].touches(box) else {
                    next += Self.partsPerBox
                    continue
                }
            }
            next += 1
            let (from, to) = (places[index], places[index + 1])
            let length = max(abs(to.x - from.x), abs(to.y - from.y))
            let pieces = max(1, min(Self.piecesMax, Int(min(length, 1e6)) / 24))
            // Most parts of a slow hand are one piece, which no tangent bends.
            guard pieces > 1 else {
                if min(from.x, to.x) <= box.right, max(from.x, to.x) >= box.left, min(from.y, to.y) <= box.bottom,
                    max(from.y, to.y) >= box.top
                {
                    body(from, to)
                }
                continue
            }
            guard isNear(index, box) else { continue }
            let part = part(index, after: last)
            last = part
            guard part.touches(box) else { continue }
            var start = from
            for piece in 1...pieces {
                let end = piece == pieces ? to : Self.hermite(from, part.start, to, part.end, Double(piece) / Double(pieces))
                body(start, end)
                start = end
            }
        }
    }

    /// True if a part can touch the box: quick, without a root, and never wrongly false.
    ///
    /// A third of a tangent is no longer than the longest of the part and its neighbours. With a, b, c for the roots of their lengths, as `slope` has
    /// them, it is at most b × (a + (a² + b²) / (a + b) + b) / 3, and the fraction at most the greater of a and b.
    private func isNear(_ index: Int, _ box: (left: Double, top: Double, right: Double, bottom: Double)) -> Bool {
        let (from, to) = (places[index], places[index + 1])
        let before = index > 0 ? places[index - 1] : from
        let after = index + 2 < places.count ? places[index + 2] : to
        func length(_ left: Place, _ right: Place) -> Double { abs(left.x - right.x) + abs(left.y - right.y) }
        // What is lost in rounding is less than that.
        let room = max(length(before, from), length(from, to), length(to, after)) * 1.001
        return min(from.x, to.x) - room <= box.right && max(from.x, to.x) + room >= box.left && min(from.y, to.y) - room <= box.bottom
            && max(from.y, to.y) + room >= box.top
    }

    /// Calls `body` with each part of the curve as a cubic Bézier: its ends, and its control points between them. One place is a part of no length
    /// (FM-142).
    package func forEachBezier(_ body: (_ from: Place, _ out: Place, _ back: Place, _ to: Place) -> Void) {
        guard places.count > 1 else {
            if let only = places.first { body(only, only, only, only) }
            return
        }
        for index in 0..<places.count - 1 {
            let part = part(index)
            body(part.from, Place(x: part.out.x, y: part.out.y), Place(x: part.back.x, y: part.back.y), part.to)
        }
    }

    /// A part with its tangents and its Bézier hull (ends, and ends ± a third of the tangents), which contains it.
    private struct Part {
        let index: Int
        let from: Place
        let to: Place
        let start: Place
        let end: Place
        /// The roots of its length and of the next part's, and the slope between the two: the next part has them as well.
        let root: Double
        let nextRoot: Double
        let nextSlope: Place?

        var out: (x: Double, y: Double) { (from.x + start.x / 3, from.y + start.y / 3) }
        var back: (x: Double, y: Double) { (to.x - end.x / 3, to.y - end.y / 3) }

        func touches(_ box: (left: Double, top: Double, right: Double, bottom: Double)) -> Bool {
            let (out, back) = (out, back)
            return min(from.x, to.x, out.x, back.x) <= box.right && max(from.x, to.x, out.x, back.x) >= box.left
                && min(from.y, to.y, out.y, back.y) <= box.bottom && max(from.y, to.y, out.y, back.y) >= box.top
        }
    }

    /// - Parameter last: a part that was made before; nil for none. What the one before this has in common with it is not computed again.
    private func part(_ index: Int, after last: Part? = nil) -> Part {
        let (from, to) = (places[index], places[index + 1])
        let after = index + 2 < places.count ? places[index + 2] : to
        let (root, slope): (Double, Place?)
        if let last, last.index + 1 == index {
            (root, slope) = (last.nextRoot, last.nextSlope)
        } else {
            let before = index > 0 ? places[index - 1] : from
            root = Self.knot(from, to)
            slope = Self.slope(before, from, to, Self.knot(before, from), root)
        }
        let nextRoot = Self.knot(to, after)
        let nextSlope = Self.slope(from, to, after, root, nextRoot)
        /// Where two places are one, the way between the ends.
        func tangent(_ slope: Place?) -> Place {
            slope.map { Place(x: root * $0.x, y: root * $0.y) } ?? Place(x: to.x - from.x, y: to.y - from.y)
        }
        return Part(
            index: index, from: from, to: to, start: tangent(slope), end: tangent(nextSlope), root: root, nextRoot: nextRoot,
            nextSlope: nextSlope)
    }

    private static let partsPerBox = 8
    private static let boxesPerOuter = 8

    /// The cells that the curve goes through, as a box; nil for no samples.
    func cellRegion(on grid: Grid) -> CellRegion? {
        var box: (left: Double, top: Double, right: Double, bottom: Double)?
        let all = Double.greatestFiniteMagnitude
        forEachPiece(touching: (-all, -all, all, all)) { from, to in
            let old = box ?? (from.x, from.y, from.x, from.y)
            box = (
                min(old.left, from.x, to.x), min(old.top, from.y, to.y), max(old.right, from.x, to.x), max(old.bottom, from.y, to.y)
            )
        }
        guard let box else { return nil }
        let (column, row) = (grid.column(Int(box.left.rounded(.down))), grid.row(Int(box.top.rounded(.down))))
        return CellRegion(
            column: column, row: row, columns: grid.column(Int(box.right.rounded(.down))) - column + 1,
            rows: grid.row(Int(box.bottom.rounded(.down))) - row + 1)
    }

    private static let piecesMax = 24

    /// Averages where both neighbours are within two cells, by at most three eighths of a cell (FM-6).
    private static func smoothed(_ raw: [Place]) -> [Place] {
        guard raw.count > 2 else { return raw }
        var result = raw
        for index in 1..<raw.count - 1 {
            let (before, here, after) = (raw[index - 1], raw[index], raw[index + 1])
            guard isNear(before, here), isNear(here, after) else { continue }
            result[index].x += max(-24, min(24, (before.x - 2 * here.x + after.x) / 4))
            result[index].y += max(-48, min(48, (before.y - 2 * here.y + after.y) / 4))
        }
        return result
    }

    // FM-6, FM-227
    private static func isNear(_ left: Place, _ right: Place) -> Bool { abs(left.x - right.x) <= 128 && abs(left.y - right.y) <= 256 }

    /// Slope of the centripetal Catmull-Rom spline at `place`: its tangent, before it is scaled to a part (Yuksel, Schaefer, Keyser 2011) (FM-6).
    ///
    /// - Parameters:
    ///   - left: the root of the length before it; `right` of that behind it.
    /// - Returns: nil where one of them is 0.
    private static func slope(_ before: Place, _ place: Place, _ after: Place, _ left: Double, _ right: Double) -> Place? {
        guard left > 0, right > 0 else { return nil }
        let sum = left + right
        return Place(
            x: (place.x - before.x) / left - (after.x - before.x) / sum + (after.x - place.x) / right,
            y: (place.y - before.y) / left - (after.y - before.y) / sum + (after.y - place.y) / right)
    }

    /// Square root of the distance.
    private static func knot(_ left: Place, _ right: Place) -> Double {
        let (dx, dy) = (right.x - left.x, right.y - left.y)
        return (dx * dx + dy * dy).squareRoot().squareRoot()
    }

    private static func hermite(_ from: Place, _ start: Place, _ to: Place, _ end: Place, _ t: Double) -> Place {
        let (t2, t3) = (t * t, t * t * t)
        let (h00, h10, h01, h11) = (2 * t3 - 3 * t2 + 1, t3 - 2 * t2 + t, 3 * t2 - 2 * t3, t3 - t2)
        return Place(
            x: h00 * from.x + h10 * start.x + h01 * to.x + h11 * end.x, y: h00 * from.y + h10 * start.y + h01 * to.y + h11 * end.y)
    }
}
