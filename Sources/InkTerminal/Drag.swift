import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession

/// What the pressed pointer is doing, in cells of the board's grid, and what the session knows of it.
struct Drag: Sendable {
    enum Kind: Sendable {
        /// The draft with all its points.
        case stroke(ShapeDraft)
        case span(Tool, from: CellPlace, to: CellPlace)
        case move([ShapeID], from: CellPlace, to: CellPlace)
        case resize(ShapeID, ShapeDraft, Handle, from: CellPlace, to: CellPlace)
        case pull(PulledPoint, from: CellPlace, to: CellPlace)
        case frame(from: CellPlace, to: CellPlace)
        /// What was touched so far, and where the eraser is.
        case erase(Set<ShapeID>, at: CellPlace)
        /// The pointer leaves light, which is no work of anybody's (TM-210).
        case laser(at: CellPlace)
        /// The view is pulled; the place is on the screen.
        case pan(CellPlace)
    }

    /// The gesture that the others see of it.
    enum Told: Hashable, Sendable {
        /// None yet, or none at all.
        case nothing
        /// It began under this reference.
        case live(UInt64)
        /// It was refused: the drag goes on here alone, and is given whole at its end.
        case refused

        var reference: UInt64? { if case .live(let reference) = self { reference } else { nil } }
        var isLive: Bool { reference != nil }
    }

    var kind: Kind
    var told = Told.nothing
    /// True where ends of lines are bound to the shapes that they touch, and boxes snap where they do: Alt drags freely (TM-107).
    var attaches = true
    /// The shape whose text is edited if this ends as a click, the second of two.
    let edits: ShapeID?
    /// Names the drag, so that what was drawn of it lately can be told from another's.
    let number: Int

    init(_ kind: Kind, told: Told = .nothing, edits: ShapeID? = nil, number: Int) {
        (self.kind, self.told, self.edits, self.number) = (kind, told, edits, number)
    }

    /// The box whose corners are pulled, as it was before.
    var resized: ShapeDraft? { if case .resize(_, let content, _, _, _) = kind { content } else { nil } }

    /// Takes what is pulled as it stands now: until the others see it being pulled, they may still change it.
    mutating func takeStanding(_ board: BoardView) {
        if case .pull(let point, let from, let to) = kind, let standing = point.standing(on: board) {
            kind = .pull(standing, from: from, to: to)
        }
        guard case .resize(let id, _, let handle, let from, let to) = kind, told == .nothing, let content = board[id]?.content else {
            return
        }
        kind = .resize(id, content, handle, from: from, to: to)
    }

    var isStroke: Bool { if case .stroke = kind { true } else { false } }

    /// True for what changes the board where it ends now.
    var holdsWork: Bool {
        switch kind {
        case .stroke: true
        case .span(_, let from, let to), .move(_, let from, let to), .resize(_, _, _, let from, let to), .pull(_, let from, let to):
            from != to
        case .erase(let ids, _): !ids.isEmpty
        case .frame, .laser, .pan: false
        }
    }

    /// A stroke that takes no more points.
    var fullStroke: ShapeDraft? {
        guard case .stroke(let draft) = kind, draft.points.count >= Limits.pointsPerStroke else { return nil }
        return draft
    }

    /// Moves it on; false if nothing came of that. The view is not pulled here.
    ///
    /// - Parameter touched: the topmost shapes in a cell, for the eraser.
    mutating func move(to here: CellPlace, on grid: Grid, touched: (CellPlace) -> [ShapeID]) -> Bool {
        switch kind {
        case .pan: return false
        case .laser(let last):
            guard last != here else { return false }
            kind = .laser(at: here)
        case .stroke(var draft):
            let point = grid.middle(of: here)
            guard let last = draft.points.last, draft.position + last != point else { return false }
            // So that the points have one owner and grow in place (TM-40).
            kind = .pan(here)
            // At the limit the session commits and goes on from the last point; what is shown goes on with it.
            if draft.points.count >= Limits.pointsPerStroke { draft = draft.continuation(from: last) }
            draft.points.append(point - draft.position)
            kind = .stroke(draft)
        case .span(let tool, let from, let to):
            guard to != here else { return false }
            kind = .span(tool, from: from, to: here)
        case .move(let ids, let from, let to):
            guard to != here else { return false }
            kind = .move(ids, from: from, to: here)
        case .resize(let id, let content, let handle, let from, let to):
            guard to != here else { return false }
            kind = .resize(id, content, handle, from: from, to: here)
        case .pull(let point, let from, let to):
            guard to != here else { return false }
            kind = .pull(point, from: from, to: here)
        case .frame(let from, let to):
            guard to != here else { return false }
            kind = .frame(from: from, to: here)
        case .erase(var ids, let last):
            guard last != here else { return false }
            for place in last.way(to: here).suffix(Self.eraserStepsMax) {
                if let hit = touched(place).first(where: { !ids.contains($0) }) { ids.insert(hit) }
            }
            kind = .erase(ids, at: here)
        }
        return true
    }

    /// A pointer that leaps farther did not pass what lies between.
    private static let eraserStepsMax = 300

    /// What the others see of it; nil for what they do not see.
    func gesture(with pen: Pen, on grid: Grid) -> Gesture? {
        switch kind {
        case .stroke(let draft): .stroke(draft)
        case .span(let tool, let from, let to): .shape(pen.span(tool, from, to, on: grid))
        case .move(let ids, let from, let to): .move(ids, by: grid.displacement(from, to))
        case .resize(let id, let content, let handle, let from, let to):
            // One whose words make its size grows from the size that is seen (TM-72).
            .resize(id, content.withOwnSize(on: grid).resized(by: handle, grid.displacement(from, to)))
        case .frame, .erase, .laser, .pan, .pull: nil
        }
    }
}

extension Gesture {
    /// A box that takes the place and size of a draft.
    static func resize(_ id: ShapeID, _ content: ShapeDraft) -> Gesture { .resize(id, position: content.position, size: content.size) }

    /// What does at once what a gesture does that is committed.
    ///
    /// - Parameter origin: the shape that it changes, as it was before.
    func intent(from origin: ShapeDraft?) -> Intent {
        switch self {
        case .stroke(let draft), .shape(let draft): return .draw(draft)
        case .move(let ids, let by): return .move(ids, by: by)
        case .pull(let id, let draft): return .set(id, [.points(draft.points)])
        case .resize(let id, let position, let size):
            // What the hand changed, and no more: the rest may be another's by now.
            guard let origin else { return .set(id, [.position(position), .size(size)]) }
            let growth = Point(clampingX: Int64(size.width) - Int64(origin.size.width), y: Int64(size.height) - Int64(origin.size.height))
            return .resize(id, by: position - origin.position, growing: growth)
        case .text(let id, let text):
            let from = origin?.text ?? ""
            return .type(id, from: from, to: text ?? from, continues: false)
        }
    }
}

extension ShapeDraft {
    /// A stroke that goes on from a point of this one, relative to its position.
    func continuation(from point: Point) -> ShapeDraft {
        ShapeDraft(kind: .freehand, position: position + point, points: [.zero], stroke: stroke, strokeWidth: strokeWidth)
    }

    /// True for a shape whose size is its own: a line ends where it ends, and a text is as large as its words.
    var hasSize: Bool { !kind.isPath && kind != .text }

    /// A box whose sides follow a handle; a side that passes the other pushes no further.
    func resized(by handle: Handle, _ by: Point) -> ShapeDraft {
        var changed = self
        func pull(_ start: Int32, _ extent: Int32, _ side: Int, _ by: Int32) -> (Int32, Int32) {
            switch side {
            case 1: return (start, Int32(clamping: max(0, Int64(extent) + Int64(by))))
            case -1:
                let moved = min(Int64(by), Int64(extent))
                return (Int32(clamping: Int64(start) + moved), Int32(clamping: Int64(extent) - moved))
            default: return (start, extent)
            }
        }
        (changed.position.x, changed.size.width) = pull(position.x, size.width, handle.horizontal, by.x)
        (changed.position.y, changed.size.height) = pull(position.y, size.height, handle.vertical, by.y)
        return changed
    }

    /// The handle of a box under a place; nil where the box is too small for handles, or none is there.
    func handle(at here: CellPlace, on grid: Grid) -> Handle? {
        let box = cellRegion(on: grid)
        guard hasSize, box.columns >= 3, box.rows >= 2, box.contains(column: here.column, row: here.row) else { return nil }
        // Corners; sides are for moving.
        let horizontal = here.column == box.column ? -1 : here.column == box.columnRange.upperBound - 1 ? 1 : 0
        let vertical = here.row == box.row ? -1 : here.row == box.rowRange.upperBound - 1 ? 1 : 0
        return horizontal == 0 || vertical == 0 ? nil : Handle(horizontal: horizontal, vertical: vertical)
    }
}

/// Which sides of a box a handle pulls.
struct Handle: Hashable, Sendable {
    /// The right lower corner.
    static let farCorner = Handle(horizontal: 1, vertical: 1)

    /// -1 left, 0 neither, 1 right.
    var horizontal: Int
    /// -1 top, 0 neither, 1 bottom.
    var vertical: Int
}

/// What is selected, being moved or resized by keys.
struct Nudge: Sendable {
    let ids: [ShapeID]
    /// The box as it was before its far corner was pulled; nil while shapes are moved.
    let resized: ShapeDraft?
    /// The point of a line that is pulled; nil while whole shapes are moved or resized.
    let pulled: PulledPoint?
    /// Cells so far.
    private(set) var columns = 0
    private(set) var rows = 0
    /// When it ends if no key comes.
    private(set) var until: Instant
    var told = Drag.Told.nothing

    init(ids: [ShapeID], resized: ShapeDraft?, pulled: PulledPoint?) {
        (self.ids, self.resized, self.pulled, until) = (ids, resized, pulled, .distantPast)
    }

    mutating func step(_ columns: Int, _ rows: Int, now: Instant) {
        (self.columns, self.rows, until) = (self.columns + columns, self.rows + rows, now + Self.patience)
    }

    /// True if all is where it was.
    var isBack: Bool { (columns, rows) == (0, 0) }

    func displacement(on grid: Grid) -> Point { grid.displacement(columns: columns, rows: rows) }

    /// What the others see of it; nil for what they do not see.
    func gesture(on grid: Grid) -> Gesture? {
        guard pulled == nil else { return nil }
        let by = displacement(on: grid)
        guard let resized else { return .move(ids, by: by) }
        return .resize(ids[0], resized.withOwnSize(on: grid).resized(by: .farCorner, by))
    }

    // TM-334
    private static let patience = Duration.milliseconds(600)
}
