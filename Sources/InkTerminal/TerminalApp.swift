import InkBoard
import InkFormats
import InkPrimitives
import InkSession

/// The terminal front end as a value: bytes and events go in, intents, effects and frames come out.
///
///     bytes ─▶ InputDecoder ─▶ scene ─▶ intents, effects
///     events ────────────────▶ scene ─▶ CellBuffer ─▶ Screen ─▶ bytes of a frame
///
/// *Call one input; drain `nextOutput()`; take a `frame` if the terminal is ready for one; sleep no longer than `deadline`.*
public struct TerminalApp: Sendable {
    /// What happens to it.
    public enum Input: Sendable {
        case bytes([UInt8])
        case resized(columns: Int, rows: Int)
        case event(Event)
        /// The board as it stands now, under its own name.
        case board(name: String, shapes: [Shape])
        /// A sentence for the person.
        case notice(String)
        case timeout
    }

    public enum Output: Hashable, Sendable {
        /// What the person wants; the reference comes back with the outcome.
        case intent(Intent, reference: UInt64)
        case effect(Effect)
    }

    /// What the program must do.
    public enum Effect: Hashable, Sendable {
        case quit
        /// The name may be empty: then one is made.
        case newBoard(name: String)
        case join(link: String)
        /// One of the recent boards, counted from 0.
        case open(Int)
        /// The session has ended.
        case stopped
    }

    private enum Scene: Sendable {
        case start(StartScene)
        case board(BoardScene)
    }

    private let profile: TerminalProfile
    private var scene: Scene
    private var decoder: InputDecoder
    private var screen: Screen
    private var outputs = Outputs<Output>()
    private var lastFrame = Instant.distantPast
    private var extraBytes: [UInt8] = []

    /// Begins on the start screen.
    public init(profile: TerminalProfile, columns: Int, rows: Int, start: StartContent) {
        let (columns, rows) = (Self.clamped(columns), Self.clamped(rows))
        self.init(profile, columns, rows, .start(StartScene(content: start, style: profile.style, columns: columns, rows: rows)))
    }

    /// Begins on a board.
    public init(profile: TerminalProfile, columns: Int, rows: Int, board: BoardContent) {
        let (columns, rows) = (Self.clamped(columns), Self.clamped(rows))
        self.init(profile, columns, rows, .board(BoardScene(content: board, style: profile.style, columns: columns, rows: rows)))
        extraBytes = Self.title(board.name, profile.style)
    }

    private init(_ profile: TerminalProfile, _ columns: Int, _ rows: Int, _ scene: Scene) {
        self.profile = profile
        self.scene = scene
        decoder = InputDecoder(escapeDelay: profile.escapeDelay)
        screen = Screen(columns: columns, rows: rows, depth: profile.depth)
    }

    /// Leaves the start screen for a board.
    public mutating func show(board: BoardContent) {
        var next = BoardScene(content: board, style: profile.style, columns: screen.columns, rows: screen.rows)
        if case .board(let old) = scene { next.isDark = old.isDark }
        scene = .board(next)
        extraBytes += Self.title(board.name, profile.style)
    }

    /// Goes (back) to the start screen.
    public mutating func show(start: StartContent) {
        scene = .start(StartScene(content: start, style: profile.style, columns: screen.columns, rows: screen.rows))
    }

    // MARK: Inputs

    public mutating func handle(_ input: Input, now: Instant) {
        switch input {
        case .bytes(let bytes): deliver(decoder.receive(bytes, now: now), now: now)
        case .resized(let columns, let rows): resize(columns: Self.clamped(columns), rows: Self.clamped(rows))
        case .event(let event):
            change { $0.handle(event, now: now) }
        case .board(let name, let shapes):
            change { $0.replace(name: name, shapes: shapes) }
            extraBytes += Self.title(name, profile.style)
        case .notice(let text):
            change { scene in
                scene.front.notices.add(text, now: now)
                scene.isDirty = true
            }
        case .timeout:
            deliver(decoder.handleTimeout(now: now), now: now)
            change { $0.handleTimeout(now: now) }
        }
    }

    /// Ends what the person is doing as if they had let go, before the program leaves: a stroke, a text, a move by keys. Drain `nextOutput()`.
    public mutating func finish(now: Instant) { change { $0.finish(now: now) } }

    /// The person leaves, and has finished: from here on nothing is done to the board, only `q` and Ctrl+C still ask to quit.
    public mutating func leave() {
        change { board in
            board.closePanel()
            board.isLeaving = true
        }
    }

    /// How many finished shapes and texts the disk has refused so far.
    public var refusedCount: Int {
        guard case .board(let board) = scene else { return 0 }
        return board.pending.count(where: \.isKept)
    }

    /// The next thing to be done outside; nil when there is none.
    public mutating func nextOutput() -> Output? { outputs.next() }

    /// When to call `handle(.timeout)` and ask for a frame, if nothing happens before.
    public func deadline(now: Instant) -> Instant? {
        var next = decoder.deadline
        switch scene {
        case .start(let start): if start.isDirty { next = earliest(next, lastFrame + Self.urgentInterval) }
        case .board(let board):
            if board.isDirty { next = earliest(next, lastFrame + (board.isUrgent ? Self.urgentInterval : Self.interval)) }
            next = earliest(next, board.deadline(now: now))
        }
        return next
    }

    // MARK: Frames

    /// The bytes that bring the terminal up to date; none if it is, or if the last frame is too fresh.
    ///
    /// The person's own ink waits at most 8 ms since the last frame, what others do 16 ms. Ask only when the terminal has taken the frame before.
    public mutating func frame(now: Instant) -> [UInt8] {
        var picture: CellBuffer
        switch scene {
        case .start(var start):
            guard start.isDirty, now - lastFrame >= Self.urgentInterval else { return [] }
            start.isDirty = false
            picture = start.picture()
            scene = .start(start)
        case .board(var board):
            guard board.isDirty || !board.extraBytes.isEmpty || !extraBytes.isEmpty else { return [] }
            guard now - lastFrame >= (board.isUrgent ? Self.urgentInterval : Self.interval) else { return [] }
            (board.isDirty, board.isUrgent) = (false, false)
            extraBytes += board.extraBytes
            board.extraBytes = []
            picture = board.picture(now: now)
            scene = .board(board)
        }
        defer { extraBytes = [] }
        if profile.style == .ascii { picture.keepASCII() }
        let bytes = screen.frame(picture)
        // A look that changed nothing must not delay the next ink.
        if !bytes.isEmpty { lastFrame = now }
        return bytes + extraBytes
    }

    /// The terminal was left and entered again: the next frame repaints all, and what the person had switched off is off again.
    public mutating func entered() {
        if case .board(let board) = scene, board.isMouseOff { extraBytes += BoardScene.mouseOff }
        resize(columns: screen.columns, rows: screen.rows)
    }

    // MARK: Inside

    private mutating func deliver(_ events: [InputEvent], now: Instant) {
        for case .answer(.mode(2026, let isSupported)) in events { screen.isSynchronized = isSupported }
        guard case .start(var start) = scene else { return change { $0.handle(events, now: now) } }
        for event in events { start.handle(event) }
        outputs.append(contentsOf: start.outputs)
        start.outputs = []
        scene = .start(start)
    }

    private mutating func change(_ body: (inout BoardScene) -> Void) {
        guard case .board(var board) = scene else { return }
        // Taken out while it changes, or its arrays would be copied.
        scene = Self.nowhere
        body(&board)
        outputs.append(contentsOf: board.outputs)
        board.outputs = []
        scene = .board(board)
    }

    private mutating func resize(columns: Int, rows: Int) {
        screen.invalidate(columns: columns, rows: rows)
        switch scene {
        case .start(var start):
            (start.columns, start.rows, start.isDirty) = (columns, rows, true)
            scene = .start(start)
        case .board:
            change { $0.resize(columns: columns, rows: rows) }
        }
    }

    /// A terminal can claim any size, 0 included.
    private static func clamped(_ size: Int) -> Int { max(1, min(1000, size)) }

    private static func title(_ name: String, _ style: GlyphStyle) -> [UInt8] {
        var safe = safeForTerminal(name, columnsMax: 40)
        if style == .ascii { safe = String(safe.map { $0.isASCII ? $0 : "?" }) }
        return Array("\u{1B}]2;inkwire - \(safe)\u{1B}\\".utf8)
    }

    private static let nowhere = Scene.start(StartScene(content: StartContent(personName: ""), style: .ascii, columns: 1, rows: 1))
    private static let urgentInterval = Duration.milliseconds(8)
    private static let interval = Duration.milliseconds(16)
}
