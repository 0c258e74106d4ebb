import InkPrimitives

/// What an end of a line is fixed to: a shape, and a place within the box of that shape (BD-60).
///
/// Where the end is drawn follows from it and from the shape as it stands now (`ShapeDraft.drawn`; BD-149): who moves the shape writes nothing to
/// the line, so that two who move and bind at once agree.
public struct Binding: Hashable, Sendable {
    public var shape: ShapeID
    /// From the left of the box (0) to its right (`full`).
    public var x: UInt16
    /// From the top of the box (0) to its bottom (`full`).
    public var y: UInt16

    /// The far side of a box.
    public static let full = UInt16.max
    /// Half way to it, rounded up.
    public static let middle = full / 2 + 1

    /// - Parameters:
    ///   - x: from the left of the shape's box (0) to its right (`full`); unless given its middle.
    ///   - y: from the top of the shape's box (0) to its bottom (`full`); unless given its middle.
    public init(_ shape: ShapeID, x: UInt16 = middle, y: UInt16 = middle) { (self.shape, self.x, self.y) = (shape, x, y) }

    /// The binding to the place of a shape that is nearest to `place`; nil for a shape at which no line ends.
    public init?(_ shape: ShapeID, _ content: ShapeDraft, near place: Point) {
        guard let outline = Outline(content) else { return nil }
        self.init(shape, outline, near: place)
    }

    /// The same, for who binds many: outlines are measured once and not for each line.
    package init(_ shape: ShapeID, _ outline: Outline, near place: Point) {
        func part(_ place: Int32, _ low: Int, _ high: Int) -> UInt16 {
            guard high > low else { return Self.middle }
            let offset = max(0, min(high - low, Int(place) - low))
            return UInt16((offset * Int(Self.full) * 2 + high - low) / (2 * (high - low)))
        }
        let box = outline.box
        self.init(shape, x: part(place.x, box.left, box.right), y: part(place.y, box.top, box.bottom))
    }
}

extension ShapeDraft {
    /// True for a shape at which lines can end.
    public var isBindable: Bool { Outline.Form(self) != nil }

    /// True for a line of which an end is bound.
    public var isBound: Bool { hasEnds && (startBinding != nil || endBinding != nil) }

    /// True for what may be drawn otherwise than it is stored.
    public var isDerived: Bool { isBound || hasEnds && route == .elbow }

    /// True for kinds whose ends can be bound.
    public var hasEnds: Bool { kind == .line || kind == .arrow }

    /// The shape as it is drawn: of a line each bound end lies on the outline of its shape, and an elbow has its corners. All other kinds are drawn
    /// as they are.
    ///
    /// A binding to what does not stand, or is itself a line, is none (BD-61): the stored point counts, and what is returned has no binding there.
    ///
    /// - Parameter find: what stands under a name.
    public func drawn(among find: (ShapeID) -> ShapeDraft?) -> ShapeDraft { drawn(meeting: { find($0).flatMap { Outline($0) } }) }

    /// The same, for who draws many: outlines are measured once and not for each line.
    ///
    /// - Parameter outline: at which a line ends that is bound to a shape; nil for one that does not stand, or at which none ends.
    package func drawn(meeting outline: (ShapeID) -> Outline?) -> ShapeDraft {
        guard isDerived else { return self }
        var drawn = self
        let (start, end) = (startBinding.flatMap { Target($0, outline) }, endBinding.flatMap { Target($0, outline) })
        if start == nil { drawn.startBinding = nil }
        if end == nil { drawn.endBinding = nil }
        // An elbow that is let go keeps the corners that it was seen with (BD-153).
        guard start != nil || end != nil || route == .elbow && points.count < 3 else { return drawn }
        let places = (points.isEmpty ? [.zero] : points).map { Place(position, $0) }
        let corners = places.dropFirst().dropLast()
        let (first, last) = (start?.place ?? places[0], end?.place ?? places[places.count - 1])
        if route == .elbow {
            let way = Elbow.way(from: first, start?.outline, to: last, end?.outline)
            drawn.points = way.map { $0.point - position }
            return drawn
        }
        let from = start.map { $0.outline.end(at: first, towards: corners.first ?? last) } ?? first
        let to = end.map { $0.outline.end(at: last, towards: corners.last ?? first) } ?? last
        drawn.points = ([from] + corners + [to]).map { $0.point - position }
        return drawn
    }

    /// The same with other names for the shapes that it is bound to.
    package func renaming(_ name: (ShapeID) -> ShapeID) -> ShapeDraft {
        guard startBinding != nil || endBinding != nil else { return self }
        var renamed = self
        renamed.startBinding = startBinding.map { $0.renaming(name) }
        renamed.endBinding = endBinding.map { $0.renaming(name) }
        return renamed
    }

    /// What a bound end is fixed to now.
    private struct Target {
        let outline: Outline
        let place: Place

        init?(_ binding: Binding, _ find: (ShapeID) -> Outline?) {
            guard let outline = find(binding.shape) else { return nil }
            (self.outline, place) = (outline, outline.place(of: binding))
        }
    }
}

extension Binding {
    fileprivate func renaming(_ name: (ShapeID) -> ShapeID) -> Binding { Binding(name(shape), x: x, y: y) }
}

extension PropertyChange {
    /// The same with other names for the shapes that it names.
    package func renaming(_ name: (ShapeID) -> ShapeID) -> PropertyChange {
        guard case .binding(let binding?) = value else { return self }
        return PropertyChange(property, .binding(binding.renaming(name)))
    }
}

/// A place between world units.
struct Place: Hashable, Sendable {
    var x: Double
    var y: Double

    init(x: Double, y: Double) { (self.x, self.y) = (x, y) }

    /// A point relative to another, beyond the edge of the board as well.
    init(_ origin: Point, _ point: Point) {
        (x, y) = (Double(Int64(origin.x) + Int64(point.x)), Double(Int64(origin.y) + Int64(point.y)))
    }

    /// The nearest point of the board.
    var point: Point {
        let limit = Double(Limits.coordinate)
        return Point(x: Int32(max(-limit, min(limit, x.rounded()))), y: Int32(max(-limit, min(limit, y.rounded()))))
    }
}

/// The outline of a shape at which lines end, computed with what IEEE 754 has exactly, so that all machines agree.
package struct Outline: Hashable, Sendable {
    enum Form: Sendable {
        case box, diamond, ellipse

        /// Nil for lines and strokes, and for a text without letters.
        init?(_ shape: ShapeDraft) {
            switch shape.kind {
            case .rectangle, .note: self = .box
            case .ellipse: self = .ellipse
            case .diamond: self = .diamond
            case .text:
                guard shape.hasLetters else { return nil }
                self = .box
            case .line, .arrow, .freehand: return nil
            }
        }
    }

    private let form: Form
    package let box: WorldBox

    /// Nil for a shape at which no line ends. Measures the words of one that is as large as they are.
    package init?(_ shape: ShapeDraft) {
        guard let form = Form(shape) else { return nil }
        self.form = form
        var box = shape.worldBox
        if shape.kind == .text {
            // A line ends beside letters and not on them, wherever in the cell of its first letter a text has its place.
            box.left -= ShapeDraft.letterWidth / 2 + 1
            box.top -= ShapeDraft.letterHeight / 2 + 1
        }
        self.box = box
    }

    /// Where a binding is; what lies in a corner of the box and not in the shape is moved towards its middle as far as the outline.
    func place(of binding: Binding) -> Place {
        let full = Double(Binding.full)
        let place = Place(
            x: Double(box.left) + Double(box.right - box.left) * Double(binding.x) / full,
            y: Double(box.top) + Double(box.bottom - box.top) * Double(binding.y) / full)
        let (u, v) = relative(place)
        let distance =
            switch form {
            case .box: 0.0
            case .diamond: abs(u) + abs(v)
            case .ellipse: (u * u + v * v).squareRoot()
            }
        return distance > 1 ? absolute(u / distance, v / distance) : place
    }

    /// Where a line ends that comes from `other` and goes to `place` in the shape (BD-148): where it enters the shape, or at `place` where it does
    /// not.
    func end(at place: Place, towards other: Place) -> Place {
        let ((u0, v0), (u1, v1)) = (relative(other), relative(place))
        let (du, dv) = (u1 - u0, v1 - v0)
        guard du != 0 || dv != 0 else { return place }
        var entry: Double?
        switch form {
        case .box: entry = Self.entry([(u0, du), (-u0, -du), (v0, dv), (-v0, -dv)])
        case .diamond:
            entry = Self.entry([(u0 + v0, du + dv), (u0 - v0, du - dv), (-u0 + v0, -du + dv), (-u0 - v0, -du - dv)])
        case .ellipse:
            let (a, b, c) = (du * du + dv * dv, u0 * du + v0 * dv, u0 * u0 + v0 * v0 - 1)
            if c > 0 { entry = (-b - max(0, b * b - a * c).squareRoot()) / a }
        }
        guard let entry else { return place }
        let part = max(0, min(1, entry))
        return absolute(u0 + du * part, v0 + dv * part)
    }

    /// When a way enters what all sides have: of each the beginning and what is gone by the end, where 1 is on the side; nil if it begins within.
    private static func entry(_ sides: [(start: Double, way: Double)]) -> Double? {
        var entry: Double?
        for side in sides where side.start > 1 && side.way < 0 { entry = max(entry ?? 0, (1 - side.start) / side.way) }
        return entry
    }

    private var middle: Place { Place(x: Double(box.left + box.right) / 2, y: Double(box.top + box.bottom) / 2) }
    /// Half the extent; of none, one unit, so that nothing is divided by it.
    private var radii: (x: Double, y: Double) {
        (max(0.5, Double(box.right - box.left) / 2), max(0.5, Double(box.bottom - box.top) / 2))
    }

    private func relative(_ place: Place) -> (Double, Double) {
        ((place.x - middle.x) / radii.x, (place.y - middle.y) / radii.y)
    }

    private func absolute(_ u: Double, _ v: Double) -> Place { Place(x: middle.x + u * radii.x, y: middle.y + v * radii.y) }
}
