import InkBoard
import InkFrontEnd
import InkSession

/// What a gesture makes of the standing shapes and what it adds to them, before it is a transaction.
struct Overlay: Sendable {
    /// Shapes shown with other content.
    var replaced: [ShapeID: ShapeDraft] = [:]
    /// Shapes about to be deleted.
    var erased: Set<ShapeID> = []
    /// Shapes that are not on the board yet, bottom first.
    var added: [ShapeDraft] = []

    /// True if the standing shapes look as they are.
    var isAddition: Bool { replaced.isEmpty && erased.isEmpty }

    mutating func take(_ other: Overlay) {
        added += other.added
        erased.formUnion(other.erased)
        replaced.merge(other.replaced) { $1 }
    }

    mutating func take(_ gesture: Gesture, ink: Color?, of board: BoardView) {
        switch gesture {
        case .stroke(var draft), .shape(var draft):
            if draft.stroke == nil { draft.stroke = ink }
            added.append(draft)
        case .move(let ids, let by): move(ids, by, of: board)
        case .resize(let id, let position, let size):
            guard var content = replaced[id] ?? board[id]?.content else { return }
            (content.position, content.size) = (position, size)
            replaced[id] = content
        }
    }

    mutating func move(_ ids: [ShapeID], _ by: Point, of board: BoardView) {
        for id in ids {
            guard var content = replaced[id] ?? board[id]?.content else { continue }
            content.position = content.position + by
            replaced[id] = content
        }
    }
}
