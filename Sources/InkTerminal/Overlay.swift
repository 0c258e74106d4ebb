import InkBoard
import InkFrontEnd
import InkSession

/// What gestures make of the standing shapes and what they add to them, before they are transactions.
struct Overlay: Sendable {
    /// Shapes shown with other content.
    var replaced: [ShapeID: ShapeDraft] = [:]
    /// The standing shape whose text is being written, and the characters before its caret.
    var written: (id: ShapeID, caret: Int)?
    /// Shapes that are not shown: about to be deleted, or drawn as previews still.
    var erased: Set<ShapeID> = []
    /// Shapes that are not on the board yet, bottom first.
    var added: [Addition] = []

    struct Addition: Sendable {
        var draft: ShapeDraft
        /// Of a stroke that grows.
        var growth: Growth?
        /// Characters before the caret of a text that is being written here.
        var caret: Int?
    }

    /// How far a stroke has come.
    struct Growth: Sendable {
        let stroke: StrokeKey
        /// Samples that are shown.
        let count: Int
        /// Where it is shown to end, on the way to the next sample; nil for at the last of them.
        let tip: Point?
    }

    /// Tells one growing stroke from another.
    enum StrokeKey: Hashable, Sendable {
        /// By the number of the drag.
        case own(Int)
        case others(GestureID)
    }

    init() {}
    init(drawn drafts: [ShapeDraft]) { added = drafts.map { Addition(draft: $0) } }
    init(erased: Set<ShapeID>) { self.erased = erased }
    init(replaced: [ShapeID: ShapeDraft]) { self.replaced = replaced }

    mutating func take(_ other: Overlay) {
        added += other.added
        erased.formUnion(other.erased)
        replaced.merge(other.replaced) { $1 }
        written = other.written ?? written
    }

    /// - Parameter stroke: by which a stroke is known that grows; nil for one that is whole (TM-216).
    mutating func take(_ gesture: Gesture, ink: Color? = nil, as stroke: StrokeKey? = nil, of board: BoardView) {
        switch gesture {
        case .stroke(let draft): add(draft, ink, stroke.map { Growth(stroke: $0, count: draft.points.count, tip: nil) })
        case .shape(let draft): add(draft, ink)
        case .pull(let id, let draft):
            guard var content = replaced[id] ?? board[id]?.content else { return }
            // As the hand shows it, whatever its ends are bound to.
            (content.position, content.points, content.startBinding, content.endBinding) = (draft.position, draft.points, nil, nil)
            replaced[id] = content
        case .move(let ids, let by):
            for id in ids {
                guard var content = replaced[id] ?? board[id]?.content else { continue }
                content.position = content.position + by
                replaced[id] = content
            }
        case .resize(let id, let position, let size):
            guard var content = replaced[id] ?? board[id]?.content else { return }
            (content.position, content.size) = (position, size)
            replaced[id] = content
        case .text(let id, let text):
            guard let text, var content = replaced[id] ?? board[id]?.content else { return }
            content.text = text
            replaced[id] = content
        }
    }

    /// What is drawn of another's gesture.
    mutating func take(_ preview: GesturePreview, of id: GestureID, ink: Color?, of board: BoardView) {
        switch preview {
        case .stroke(let draft, let count, let tip): add(draft, ink, Growth(stroke: .others(id), count: count, tip: tip))
        case .gesture(let gesture): take(gesture, ink: ink, of: board)
        }
    }

    private mutating func add(_ draft: ShapeDraft, _ ink: Color?, _ growth: Growth? = nil) {
        added.append(Addition(draft: draft, growth: growth))
        if draft.stroke == nil { added[added.count - 1].draft.stroke = ink }
    }
}
