import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession

/// A board on the screen: what it shows and what keys, mouse and events do to it.
///
/// Knows no terminal: it takes decoded input and gives a picture, intents and effects.
struct BoardScene: Sendable {
    // MARK: What is there

    var front: FrontEnd
    var regions: ShapeRegions
    var invitation: Invitation?
    /// References of what was asked of the board and has no answer: nobody may call it saved.
    var asked: Set<UInt64> = []

    // MARK: What is looked at

    let style: GlyphStyle
    var isDark = true
    private(set) var layout: Layout
    private(set) var viewport: Viewport
    var hidesCursors = false
    var base: BaseRaster?

    // MARK: What is being done

    var tool = Tool.freehand
    var lastTool = Tool.freehand
    var isLocked = false
    var ink: Color?
    var fill: Color?
    var width: UInt16 = 16
    var selection: [ShapeID] = [] {
        didSet { if selection != oldValue { isResizing = false } }
    }
    var drag = Drag.none
    /// The button that holds the drag and where it was last; nil while keys drag.
    var holding: (button: MouseEvent.Button, at: CellPlace)?
    var nudge: Nudge?
    var edit: TextEdit?
    var panel = Panel.none
    var isResizing = false
    /// The pointer that keys move, on the board's grid; nil while the mouse points.
    var keyPointer: (column: Int, row: Int)?
    /// Where keys left the pointer when what they selected took the arrows; nil once the mouse points.
    var restingPointer: (column: Int, row: Int)?
    /// Where the pointer was last told to the others, on the board's grid.
    var toldPointer: (column: Int, row: Int)?
    var mousePlace: (column: Int, row: Int)?
    var lastClick: (column: Int, row: Int, at: Instant)?
    var quitAskedAt: Instant?
    var hasFocus = true
    /// True once the person has asked to go: what were begun now would be lost.
    var isLeaving = false
    /// True while the terminal has its mouse for itself.
    var isMouseOff = false
    /// The selection that the last click left, to tell a second click on it.
    var lastSelection: [ShapeID] = []

    // MARK: What must be done outside

    var outputs: [TerminalApp.Output] = []
    /// Bytes for the terminal beside the picture: clipboard, mouse on and off.
    var extraBytes: [UInt8] = []
    /// Own gestures that ended and whose transaction has not come back: shown until it does, or nothing would be there for a moment.
    var pending: [Pending] = []
    var nextReference: UInt64 = 1
    /// Texts that were finished before the shape of their first part was known.
    var lateTexts: [UInt64: ShapeDraft] = [:]
    /// True if the picture may have changed.
    var isDirty = true
    /// True if the change is the person's own, who waits for it.
    var isUrgent = true

    struct Pending: Sendable {
        /// Nil while it waits to be asked for again.
        var reference: UInt64?
        var overlay: Overlay
        var until: Instant
        /// How it is asked for again where the disk refuses it; nil for what then goes.
        var again: Intent?
        /// When it is asked for again; nil while an answer is awaited.
        var againAt: Instant?
        /// True once the disk has refused it.
        var isRefused = false
        /// True while it is not taken for the disk's sake, as far as is known.
        var isKept: Bool { isRefused || againAt != nil }
    }

    /// What the pressed pointer is doing, in cells of the board's grid.
    enum Drag: Sendable {
        case none
        /// The draft with all its points.
        case stroke(ShapeDraft)
        case span(Tool, from: CellPlace, to: CellPlace)
        case move([ShapeID], from: CellPlace, to: CellPlace)
        case resize(ShapeID, ShapeDraft, Handle, from: CellPlace, to: CellPlace)
        case frame(from: CellPlace, to: CellPlace)
        /// What was touched so far, and where the eraser is.
        case erase(Set<ShapeID>, at: CellPlace)
        /// The view is pulled; places are on the screen.
        case pan(CellPlace)
    }

    /// What is selected, being moved or resized by keys.
    struct Nudge: Sendable {
        var ids: [ShapeID]
        /// The box as it was before its far corner was pulled; nil while shapes are moved.
        var resized: ShapeDraft?
        /// Cells so far.
        var columns: Int
        var rows: Int
        /// When it ends if no key comes.
        var until: Instant

        func displacement(on grid: Grid) -> Point { grid.displacement(columns: columns, rows: rows) }
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

    /// A text being typed: into a new shape, or in place of the text of a standing one.
    struct TextEdit: Sendable {
        var draft: ShapeDraft
        var existing: ShapeID?
        var buffer: TextBuffer
        /// True once something was typed.
        var hasChanged = false
        /// When the first and the last of what is not on the board yet was typed; nil when all of it is there.
        var unsavedSince: Instant?
        var typedAt: Instant?
        /// The commit that makes a shape of a new text, until its outcome is known.
        var making: UInt64?
        /// What was typed is one step of undo: true once its first part is on the board.
        var isBegun = false
        /// The change of a standing shape that is under way, and what `isBegun` was before it.
        var saving: (reference: UInt64, wasBegun: Bool)?
        /// A preview of it is live at the others.
        var isLive = false

        /// True if nothing of it would be seen: a text of white space alone.
        var isInvisible: Bool { draft.kind == .text && draft.text.allSatisfy(\.isWhitespace) }

        /// When what was typed is given to the board: after a pause, or after so long without one.
        var saveAt: Instant? {
            guard making == nil, let unsavedSince, let typedAt, !isInvisible, !buffer.isEmpty || existing != nil else { return nil }
            return min(typedAt + .seconds(2), unsavedSince + .seconds(10))
        }

        mutating func typed(now: Instant) {
            (hasChanged, typedAt) = (true, now)
            if unsavedSince == nil { unsavedSince = now }
        }
    }

    /// What lies over the board and takes the keys.
    enum Panel: Hashable, Sendable {
        case none, help(top: Int), invite, people, color, fill, width, chat(TextBuffer)
    }

    /// The standing shapes drawn, kept while neither they nor the view change.
    struct BaseRaster: Sendable {
        var version: Int
        var raster: CellRaster
    }

    init(content: BoardContent, style: GlyphStyle, columns: Int, rows: Int) {
        front = FrontEnd(name: content.name, me: content.me, isReady: content.isReady, shapes: content.shapes)
        invitation = content.invitation
        self.style = style
        layout = Layout(columns: columns, rows: rows)
        viewport = Viewport(grid: .standard, columns: layout.canvasColumns, rows: layout.canvasRows)
        regions = ShapeRegions(grid: viewport.grid)
        regions.replaceAll(front.board)
        if content.showsInvitation { panel = .invite }
        if let all = regions.content { center(on: all) }
    }

    /// Takes the whole board anew: it arrived, or was opened.
    mutating func replace(name: String, shapes: [Shape]) {
        let wasEmpty = front.board.isEmpty
        front.replace(name: name, shapes: shapes)
        regions.replaceAll(front.board)
        selection = selection.filter { front.board[$0] != nil }
        if wasEmpty, let all = regions.content, !all.overlaps(viewport.region) { center(on: all) }
        isDirty = true
    }

    // MARK: What is seen

    var columns: Int { layout.columns }
    var rows: Int { layout.rows }
    var grid: Grid { viewport.grid }

    /// Changes what is seen.
    mutating func look(_ change: (inout Viewport) -> Void) {
        let before = viewport
        change(&viewport)
        guard viewport != before else { return }
        base = nil
        isDirty = true
    }

    mutating func center(on region: CellRegion) { look { $0.center(on: region) } }

    mutating func pan(columns: Int, rows: Int) {
        look { $0.move(columns: columns, rows: rows) }
        isUrgent = true
    }

    mutating func resize(columns: Int, rows: Int) {
        layout = Layout(columns: columns, rows: rows)
        look { [layout] in $0.resize(columns: layout.canvasColumns, rows: layout.canvasRows) }
        isDirty = true
    }

    // MARK: Asking

    /// Emits an intent and returns the reference that its outcome will carry.
    @discardableResult
    mutating func ask(_ intent: Intent) -> UInt64 {
        defer { nextReference += 1 }
        if intent.isWork { asked.insert(nextReference) }
        outputs.append(.intent(intent, reference: nextReference))
        return nextReference
    }

    /// Emits an intent and shows its effect until it is known, or until it is taken if the disk refuses it and it can be asked for again.
    mutating func ask(_ intent: Intent, showing overlay: Overlay, again: Intent? = nil, now: Instant) {
        pending.append(Pending(reference: ask(intent), overlay: overlay, until: now + Self.pendingTime, again: again))
    }

    /// Gives a shape that was drawn by a gesture.
    mutating func commit(_ draft: ShapeDraft, now: Instant) {
        ask(.commit, showing: Overlay(added: [draft]), again: .draw(draft), now: now)
    }

    mutating func touch() { (isDirty, isUrgent) = (true, true) }

    /// An answer that takes longer will not come: show the board as it is.
    static let pendingTime = Duration.seconds(5)
    /// How many drafts wait for a disk that refuses them, and how long between two tries.
    static let refusedMax = 64
    static let refusedInterval = Duration.seconds(1)
}

extension Intent {
    /// True for what is to stay on the board; false for what is only seen while it happens.
    fileprivate var isWork: Bool {
        switch self {
        case .draw, .drawAll, .set, .setAll, .amend, .move, .delete, .undo, .redo, .commit, .say, .rename: true
        case .begin, .extend, .update, .cancel, .cursor, .typing: false
        }
    }
}

/// What a scene of a board begins with.
public struct BoardContent: Sendable {
    /// The board's name, unsanitised.
    public var name: String
    public var me: AuthorID?
    public var shapes: [Shape]
    public var invitation: Invitation?
    /// False while a joined board has not arrived.
    public var isReady: Bool
    /// True to begin with the invite box open.
    public var showsInvitation: Bool

    public init(
        name: String, me: AuthorID? = nil, shapes: [Shape] = [], invitation: Invitation? = nil, isReady: Bool = true,
        showsInvitation: Bool = false
    ) {
        (self.name, self.me, self.shapes, self.invitation, self.isReady) = (name, me, shapes, invitation, isReady)
        self.showsInvitation = showsInvitation
    }
}

/// How others can come to this board.
public struct Invitation: Hashable, Sendable {
    public var link: String
    /// What the other side types.
    public var command: String

    public init(link: String, command: String) { (self.link, self.command) = (link, command) }
}
