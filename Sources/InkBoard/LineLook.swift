/// How the outline of a shape or a line is drawn. Raw values are bytes of the board; 0 is what is unwritten (BD-64).
public enum LineStyle: UInt8, CaseIterable, Hashable, Sendable { case solid = 0, dashed, dotted, double }

/// How the corners of a box, and those of a line that goes around corners, are drawn.
public enum Corners: UInt8, CaseIterable, Hashable, Sendable {
    /// As the kind has them: those of a note are round, all others sharp.
    case usual = 0
    case sharp, round
}

/// What stands at an end of a line.
public enum LineHead: UInt8, CaseIterable, Hashable, Sendable {
    /// As the kind has it: an arrow ends in an arrow, and nothing else stands at any end.
    case usual = 0
    case none, arrow, triangle, dot, bar
}

/// Which way a line takes from end to end.
public enum LineRoute: UInt8, CaseIterable, Hashable, Sendable {
    /// By its points.
    case straight = 0
    /// Level and upright, around at most two corners that follow from its ends.
    case elbow
}

/// The choices of properties that have one of a few values.
package enum Choice: Hashable, Sendable {
    case lineStyle, corners, head, route, lock

    /// The words of the JSON contract by raw value; nil for what has no word, since the kind decides.
    package var words: [String?] {
        switch self {
        case .lineStyle: ["solid", "dashed", "dotted", "double"]
        case .corners: [nil, "sharp", "round"]
        case .head: [nil, "none", "arrow", "triangle", "dot", "bar"]
        case .route: ["straight", "elbow"]
        case .lock: ["open", "locked"]
        }
    }
}

extension ShapeDraft {
    /// True where the corners are drawn round.
    public var hasRoundCorners: Bool { corners == .usual ? kind == .note : corners == .round }

    /// What stands at the ends of a line; `none` for other kinds.
    public var heads: (start: LineHead, end: LineHead) {
        guard hasEnds else { return (.none, .none) }
        return (startHead == .usual ? .none : startHead, endHead == .usual ? (kind == .arrow ? .arrow : .none) : endHead)
    }
}
