import InkPrimitives

/// Names a shape: its maker and a number that the maker counts from 1. Nobody can fuse with or pre-empt another's.
public struct ShapeID: Hashable, Comparable, Sendable {
    public var author: AuthorID
    public var number: UInt64

    public init(author: AuthorID, number: UInt64) { (self.author, self.number) = (author, number) }

    public static func < (left: ShapeID, right: ShapeID) -> Bool {
        left.author == right.author ? left.number < right.number : left.author < right.author
    }
}

/// A place or a displacement in world units: integers of 1/8 pixel, |x| and |y| ≤ `Limits.coordinate`. y grows downward.
public struct Point: Hashable, Sendable {
    public var x: Int32
    public var y: Int32

    public init(x: Int32, y: Int32) { (self.x, self.y) = (x, y) }

    public static let zero = Point(x: 0, y: 0)

    /// The sum, computed in 64 bits and clamped to the coordinate limit.
    public static func + (left: Point, right: Point) -> Point {
        Point(clampingX: Int64(left.x) + Int64(right.x), y: Int64(left.y) + Int64(right.y))
    }

    /// The difference, computed in 64 bits and clamped to the coordinate limit.
    public static func - (left: Point, right: Point) -> Point {
        Point(clampingX: Int64(left.x) - Int64(right.x), y: Int64(left.y) - Int64(right.y))
    }

    /// The nearest point within the coordinate limit.
    public init(clampingX x: Int64, y: Int64) {
        let limit = Int64(Limits.coordinate)
        self.init(x: Int32(max(-limit, min(limit, x))), y: Int32(max(-limit, min(limit, y))))
    }
}

/// Width and height in world units, 0...`Limits.coordinate` each.
public struct Size: Hashable, Sendable {
    public var width: Int32
    public var height: Int32

    public init(width: Int32, height: Int32) { (self.width, self.height) = (width, height) }

    public static let zero = Size(width: 0, height: 0)
}

/// An opaque sRGB colour.
public struct Color: Hashable, Sendable {
    /// 0xRRGGBB.
    public var rgb: UInt32

    public init(rgb: UInt32) { self.rgb = rgb & 0xFF_FFFF }

    /// From `#RRGGBB`; nil for anything else.
    public init?(_ text: String) {
        guard text.utf8.count == 7, text.utf8.first == UInt8(ascii: "#"), let bytes = Hex.decode(String(text.dropFirst())) else {
            return nil
        }
        self.init(rgb: bytes.reduce(0) { $0 << 8 | UInt32($1) })
    }

    /// `#RRGGBB`, upper case.
    public var text: String {
        "#" + Hex.encode([UInt8(rgb >> 16), UInt8(rgb >> 8 & 255), UInt8(rgb & 255)]).uppercased()
    }
}

/// What a shape is.
public enum ShapeKind: UInt8, CaseIterable, Hashable, Sendable {
    case rectangle = 1
    case ellipse = 2
    case diamond = 3
    case line = 4
    case arrow = 5
    case freehand = 6
    case text = 7
    case note = 8

    /// True for kinds that are drawn through `points` rather than filling `size`.
    public var isPath: Bool { self == .line || self == .arrow || self == .freehand }

    /// The word for it, in the JSON contract and in lists.
    package var name: String {
        switch self {
        case .rectangle: "rectangle"
        case .ellipse: "ellipse"
        case .diamond: "diamond"
        case .line: "line"
        case .arrow: "arrow"
        case .freehand: "freehand"
        case .text: "text"
        case .note: "note"
        }
    }

    /// The kind of that word; nil for another.
    package init?(name: String) {
        guard let kind = ShapeKind.allCases.first(where: { $0.name == name }) else { return nil }
        self = kind
    }
}

/// What a person asks to be drawn: a shape that has no name yet.
public struct ShapeDraft: Hashable, Sendable {
    public var kind: ShapeKind
    /// Top left corner of boxes and text; origin of `points`.
    public var position: Point
    /// Extent of boxes; `.zero` for paths and for text, whose extent follows from its content.
    public var size: Size
    /// Corners or samples of a path, relative to `position`; empty for other kinds. At most `Limits.pointsPerStroke`. Where an end is bound its point
    /// is where it was seen last by who wrote it.
    public var points: [Point]
    /// What stands in or at the shape, at most `Limits.textBytes` of UTF-8; lines are separated by U+000A.
    public var text: String
    /// Line colour; nil is the reader's own ink (the terminal's or page's foreground).
    public var stroke: Color?
    /// Colour of the inside; nil is transparent.
    public var fill: Color?
    /// Line width in world units, 0...2047; 0 means the thinnest line that the reader can draw. 16 (2 px) is usual.
    public var strokeWidth: UInt16
    /// The name by which a script calls the shape, at most `Limits.nameBytes`; empty for none.
    public var label: String
    /// What the first end of a line or an arrow is fixed to; nil for its point.
    public var startBinding: Binding?
    /// What the last end of a line or an arrow is fixed to; nil for its point.
    public var endBinding: Binding?
    /// How the outline is drawn; of texts and strokes it means nothing.
    public var lineStyle: LineStyle
    public var corners: Corners
    /// What stands at the first end of a line or an arrow.
    public var startHead: LineHead
    /// What stands at the last end of a line or an arrow.
    public var endHead: LineHead
    /// Which way a line or an arrow takes.
    public var route: LineRoute
    /// The groups that it is in, outermost first; at most `GroupID.depthMax`.
    public var groups: [GroupID]

    /// 2 px, what a shape has that nobody gave a width.
    public static let usualStrokeWidth: UInt16 = 16

    public init(
        kind: ShapeKind, position: Point, size: Size = .zero, points: [Point] = [], text: String = "", stroke: Color? = nil,
        fill: Color? = nil, strokeWidth: UInt16 = ShapeDraft.usualStrokeWidth, label: String = "", startBinding: Binding? = nil,
        endBinding: Binding? = nil, lineStyle: LineStyle = .solid, corners: Corners = .usual, startHead: LineHead = .usual,
        endHead: LineHead = .usual, route: LineRoute = .straight, groups: [GroupID] = []
    ) {
        self.kind = kind
        self.position = position
        self.size = size
        self.points = points
        self.text = text
        self.stroke = stroke
        self.fill = fill
        self.strokeWidth = strokeWidth
        self.label = label
        self.startBinding = startBinding
        self.endBinding = endBinding
        self.lineStyle = lineStyle
        self.corners = corners
        self.startHead = startHead
        self.endHead = endHead
        self.route = route
        self.groups = groups
    }
}

// Where the properties of a drawing are held: one that has no line here does not compile.
extension ShapeDraft {
    /// Makes a change, as the board would.
    package mutating func take(_ change: PropertyChange) { set(change.value, of: change.property) }

    /// What a property is set to; nil for one that is no part of a draft.
    package func value(of property: KnownProperty) -> Value? {
        switch property {
        case .kind: .kind(kind.rawValue)
        case .position: .point(position)
        case .size: .size(size)
        case .points: .points(points)
        case .text: .text(text)
        case .stroke: .color(stroke)
        case .fill: .color(fill)
        case .strokeWidth: .strokeWidth(strokeWidth)
        case .label: .text(label)
        case .startBinding: .binding(startBinding)
        case .endBinding: .binding(endBinding)
        case .lineStyle: .choice(lineStyle.rawValue)
        case .corners: .choice(corners.rawValue)
        case .startHead: .choice(startHead.rawValue)
        case .endHead: .choice(endHead.rawValue)
        case .route: .choice(route.rawValue)
        case .group: .groups(groups)
        case .depth, .deletion, .retraction, .displayName, .chat, .undo, .redo, .continuation, .boardName, .nonce, .boardVersion,
            .admission, .grant, .invite, .admittance, .removal, .policy, .firstSecret, .textBase, .textMerged, .lock, .pace, .takeBack:
            nil
        }
    }

    /// Sets a property. A value of another form, and a kind that we do not know, change nothing.
    package mutating func set(_ value: Value, of property: KnownProperty) {
        switch property {
        case .kind: if case .kind(let raw) = value, let known = ShapeKind(rawValue: raw) { kind = known }
        case .position: if case .point(let point) = value { position = point }
        case .size: if case .size(let extent) = value { size = extent }
        case .points: if case .points(let path) = value { points = path }
        case .text: if case .text(let words) = value { text = words }
        case .stroke: if case .color(let color) = value { stroke = color }
        case .fill: if case .color(let color) = value { fill = color }
        case .strokeWidth: if case .strokeWidth(let width) = value { strokeWidth = width }
        case .label: if case .text(let name) = value { label = name }
        case .startBinding: if case .binding(let binding) = value { startBinding = binding }
        case .endBinding: if case .binding(let binding) = value { endBinding = binding }
        case .lineStyle: if case .choice(let raw) = value, let style = LineStyle(rawValue: raw) { lineStyle = style }
        case .corners: if case .choice(let raw) = value, let look = Corners(rawValue: raw) { corners = look }
        case .startHead: if case .choice(let raw) = value, let head = LineHead(rawValue: raw) { startHead = head }
        case .endHead: if case .choice(let raw) = value, let head = LineHead(rawValue: raw) { endHead = head }
        case .group: if case .groups(let chain) = value { groups = chain }
        case .route: if case .choice(let raw) = value, let way = LineRoute(rawValue: raw) { route = way }
        case .depth, .deletion, .retraction, .displayName, .chat, .undo, .redo, .continuation, .boardName, .nonce, .boardVersion,
            .admission, .grant, .invite, .admittance, .removal, .policy, .firstSecret, .textBase, .textMerged, .lock, .pace, .takeBack:
            break
        }
    }
}

/// What stands in a property that this version does not know.
public struct ExtraProperty: Hashable, Sendable {
    public var property: Property
    public var bytes: [UInt8]

    public init(property: Property, bytes: [UInt8]) { (self.property, self.bytes) = (property, bytes) }
}

/// A shape as the registers of the board show it now.
public struct Shape: Hashable, Sendable, Identifiable {
    public let id: ShapeID
    /// Everything a person gave it.
    public var content: ShapeDraft
    /// Place in the depth order; ties are broken by `id`.
    public var depth: DepthKey
    /// What a newer version gave it, ascending: all that stands, but for what is too long or of too high a number (BD-49).
    public private(set) var extra: [ExtraProperty] = []
    /// True where an owner locked it: what others write to it from then on has no effect (BD-123).
    public internal(set) var isLocked: Bool

    public init(id: ShapeID, content: ShapeDraft, depth: DepthKey, extra: [ExtraProperty] = [], isLocked: Bool = false) {
        self.id = id
        self.content = content
        self.depth = depth
        self.isLocked = isLocked
        for property in extra { show(property.bytes, of: property.property) }
    }

    /// Shows what stands in a property that this version does not know; nothing is as if it were unwritten (BD-147).
    ///
    /// What is shown is decided for each property alone, so that it does not depend on what came first.
    mutating func show(_ bytes: [UInt8], of property: Property) {
        guard property.known == nil, (Property.opaqueMin...Self.extraNumberMax).contains(property.rawValue) else { return }
        let index = extra.partitioningIndex { $0.property >= property }
        let isShown = index < extra.count && extra[index].property == property
        if isShown { extra.remove(at: index) }
        if (1...Self.extraBytesMax).contains(bytes.count) { extra.insert(ExtraProperty(property: property, bytes: bytes), at: index) }
    }

    /// The longest value in `extra`, and the greatest number: about 24 KB of a shape, whatever a member writes.
    package static let extraBytesMax = 256
    private static let extraNumberMax: UInt16 = 127

    /// True if this is drawn before (under) `other`.
    public func isBelow(_ other: Shape) -> Bool {
        depth == other.depth ? id < other.id : depth < other.depth
    }
}

/// One property given a new value. Whether that is in range is the board's to say.
public struct PropertyChange: Hashable, Sendable {
    package let property: KnownProperty
    package let value: Value

    package init(_ property: KnownProperty, _ value: Value) {
        precondition(property.isSettable, "no hand changes \(property) of a shape that stands")
        (self.property, self.value) = (property, value)
    }

    public static func position(_ place: Point) -> PropertyChange { PropertyChange(.position, .point(place)) }
    public static func size(_ size: Size) -> PropertyChange { PropertyChange(.size, .size(size)) }
    public static func points(_ points: [Point]) -> PropertyChange { PropertyChange(.points, .points(points)) }
    public static func text(_ text: String) -> PropertyChange { PropertyChange(.text, .text(text)) }
    public static func stroke(_ color: Color?) -> PropertyChange { PropertyChange(.stroke, .color(color)) }
    public static func fill(_ color: Color?) -> PropertyChange { PropertyChange(.fill, .color(color)) }
    public static func strokeWidth(_ width: UInt16) -> PropertyChange { PropertyChange(.strokeWidth, .strokeWidth(width)) }
    public static func depth(_ key: DepthKey) -> PropertyChange { PropertyChange(.depth, .depth(key)) }
    public static func startBinding(_ binding: Binding?) -> PropertyChange { PropertyChange(.startBinding, .binding(binding)) }
    public static func endBinding(_ binding: Binding?) -> PropertyChange { PropertyChange(.endBinding, .binding(binding)) }
    public static func lineStyle(_ style: LineStyle) -> PropertyChange { PropertyChange(.lineStyle, .choice(style.rawValue)) }
    public static func corners(_ corners: Corners) -> PropertyChange { PropertyChange(.corners, .choice(corners.rawValue)) }
    public static func startHead(_ head: LineHead) -> PropertyChange { PropertyChange(.startHead, .choice(head.rawValue)) }
    public static func endHead(_ head: LineHead) -> PropertyChange { PropertyChange(.endHead, .choice(head.rawValue)) }
    public static func groups(_ groups: [GroupID]) -> PropertyChange { PropertyChange(.group, .groups(groups)) }
    public static func route(_ route: LineRoute) -> PropertyChange { PropertyChange(.route, .choice(route.rawValue)) }
}
