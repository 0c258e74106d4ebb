import InkBoard

/// A look that a person picks by one digit or one word: what it changes of a shape, and of what the pen draws next.
package enum StyleChoice: Hashable, Sendable {
    case ink(Color?)
    case fill(Color?)
    case width(UInt16)
    case border(BorderStyle)
    case heads(LineEnds)
    case startHead(LineHead)
    case endHead(LineHead)
    case route(LineRoute)

    /// The widths that are offered, in world units.
    package static let widths: [UInt16] = [16, 32, 64, 128]

    /// What it changes of a shape; nothing where the shape has no such look (TM-385).
    package func changes(of shape: ShapeDraft) -> [PropertyChange] {
        let changes: [PropertyChange]
        switch self {
        case .ink(let color): changes = [.stroke(color)]
        case .fill(let color): changes = [.fill(color)]
        case .width(let width): changes = [.strokeWidth(width)]
        case .border(let style): changes = KnownProperty.lineStyle.counts(for: shape.kind) ? style.changes(of: shape) : []
        case .heads(let ends): changes = ends.changes(of: shape)
        case .startHead(let head): changes = [.startHead(head)]
        case .endHead(let head): changes = [.endHead(head)]
        case .route(let route): changes = [.route(route)]
        }
        return changes.filter { $0.property.counts(for: shape.kind) }
    }

    /// What is said where none of what is selected has such a look (TM-386).
    package var complaint: String {
        switch self {
        case .ink, .fill, .width: "what is selected has no such look"
        case .border: "nothing that is selected has a border: a stroke and a text have none"
        case .heads, .startHead, .endHead, .route: "no line or arrow is selected"
        }
    }
}

/// How the border of a box, or a line, is drawn, in one word: its style, its weight and its corners are properties of their own.
package enum BorderStyle: String, CaseIterable, Hashable, Sendable {
    case light, heavy, double, dashed, dotted
    /// The corners, whatever the line is.
    case rounded, sharp

    package func changes(of shape: ShapeDraft) -> [PropertyChange] {
        switch self {
        case .light: [.lineStyle(.solid), .strokeWidth(StyleChoice.widths[0])]
        case .heavy: [.lineStyle(.solid), .strokeWidth(StyleChoice.widths[1])]
        case .double: [.lineStyle(.double)]
        case .dashed: [.lineStyle(.dashed)]
        case .dotted: [.lineStyle(.dotted)]
        // What is heavy or double has no arcs.
        case .rounded:
            [.corners(.round)] + (shape.lineStyle == .double ? [.lineStyle(.solid)] : [])
                + (shape.strokeWidth > StyleChoice.widths[0] ? [.strokeWidth(StyleChoice.widths[0])] : [])
        case .sharp: [.corners(.sharp)]
        }
    }

    /// The word for how a shape is drawn: what is seen first of it.
    package init(of shape: ShapeDraft) {
        switch shape.lineStyle {
        case .double: self = .double
        case .dashed: self = .dashed
        case .dotted: self = .dotted
        case .solid: self = shape.strokeWidth > StyleChoice.widths[0] ? .heavy : shape.corners == .round ? .rounded : .light
        }
    }
}

/// At which ends of a line a head stands.
package enum LineEnds: String, CaseIterable, Hashable, Sendable {
    case none, end, start, both

    /// A head that stands keeps its form, and so does one that comes to the other end.
    package func changes(of shape: ShapeDraft) -> [PropertyChange] {
        let (start, end) = shape.heads
        let form = [end, start].first { $0 != .none } ?? .arrow
        func head(_ standing: LineHead, _ stands: Bool) -> LineHead { stands ? standing == .none ? form : standing : .none }
        return [
            .startHead(head(start, self == .start || self == .both)), .endHead(head(end, self == .end || self == .both)),
        ]
    }
}

extension KnownProperty {
    /// True for a part of the drawing that means something for shapes of a kind.
    fileprivate func counts(for kind: ShapeKind) -> Bool { row.drawing?.kinds.contains(kind) ?? false }
}
