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
        /// What was being opened is there, or will not be.
        case opened
        /// How the board is brought to the network from now on; nil where another program does that.
        case network(NetworkChoice?)
        /// A sentence for the person.
        case notice(String)
        /// What came of a file is known.
        case written
        /// A file that was to be written is there already, and stands as it was.
        case fileExists(FileExport)
        /// What was copied is kept, or a complaint says why not.
        case clipKept(KeptClip, complaint: String?)
        /// What was copied last.
        case clip(FetchedClip)
        /// A file was read that is to be drawn.
        case imported(FileDrawing)
        /// Who has a right on the board, and what the wall clock says, ms since 1970.
        case members([MemberNews], wallTime: UInt64)
        /// The safety words with somebody; nil where this machine does not give the memory.
        case safetyWords(AuthorID, SafetyWords?)
        /// What came of a text that was to be a QR code.
        case picture(String, QROutcome)
        /// The hour of the day where the person is, 0...23, each time that it is another.
        case hour(Int)
        case timeout
    }

    public enum Output: Hashable, Sendable {
        /// What the person wants; the reference comes back with the outcome. Nil for what is told while something moves: it has none.
        case intent(Intent, reference: UInt64?)
        case effect(Effect)
    }

    /// What the program must do.
    public enum Effect: Hashable, Sendable {
        case quit
        /// The name may be empty: then one is made.
        case newBoard(name: String)
        case join(link: String)
        /// A board to try things on, which goes when it is left.
        case example
        /// It shall not go.
        case keepBoard
        /// One of the recent boards, counted from 0.
        case open(Int)
        /// What the others shall call this person, from now on.
        case keepName(String)
        /// How the person wants to be told of messages, for every board from now on; given back as `BoardContent.settings`.
        case keepSettings(String)
        /// The person does not wait for a board that was joined.
        case goBack
        /// Writes the board to a file; answered by a notice, or by `fileExists`.
        case export(FileExport)
        /// Reads a file that is to be drawn; answered by `imported`.
        case importFile(path: String)
        /// Keeps what was copied, for every board of this person on this machine; answered by `clipKept`.
        case keepClip(KeptClip)
        /// Looks for what was copied last; answered by `clip`.
        case fetchClip
        /// Asks who has a right on the board; answered by `members`.
        case fetchMembers
        /// Makes safety words, which takes a second; answered by `safetyWords`.
        case compare(AuthorID)
        /// Makes a QR code of a text; answered by `picture`.
        case picture(String)
        /// Stops, as Ctrl+Z does under a shell; the loop of the terminal does that itself.
        case suspend
        /// What was being opened is to be fetched.
        case opened
        /// What came of a file is to be fetched.
        case written
        /// The session has ended.
        case stopped
    }

    /// A board as a file.
    public struct FileExport: Hashable, Sendable {
        /// As it was typed.
        public var path: String
        public var text: String
        public var shapeCount: Int
        /// Why not all of it is in the text; nil where all is.
        public var cutWords: String?
        /// True where the person has said that what is there may go.
        public var replaces: Bool

        public init(path: String, text: String, shapeCount: Int, cutWords: String?, replaces: Bool) {
            (self.path, self.text, self.shapeCount, self.cutWords, self.replaces) = (path, text, shapeCount, cutWords, replaces)
        }
    }

    private let profile: TerminalProfile
    // What the screen is about: one of the three is there.
    private var start: StartScene?
    private var replay: ReplayScene?
    private var board: BoardScene?
    private var decoder: InputDecoder
    /// What was typed while a board is opened; nil while none is.
    private var typeAhead: TypeAhead?
    private var screen: Screen
    private var outputs = Outputs<Output>()
    private var lastFrame = Instant.distantPast
    /// Of the day; nil while nobody has said.
    private var hour: Int?
    private var extraBytes: [UInt8] = []
    /// What is on its way to the terminal.
    private var window = OutputWindow()

    /// Begins on the start screen.
    public init(profile: TerminalProfile, columns: Int, rows: Int, start: StartContent) {
        self.init(profile, columns, rows)
        show(start: start)
    }

    /// Begins on a board.
    public init(profile: TerminalProfile, columns: Int, rows: Int, board: BoardContent) {
        self.init(profile, columns, rows)
        show(board: board)
    }

    /// Plays a recording, from its first frame on.
    public init(profile: TerminalProfile, columns: Int, rows: Int, replay content: ReplayContent, now: Instant) {
        self.init(profile, columns, rows)
        replay = ReplayScene(content: content, profile, columns: screen.columns, rows: screen.rows, now: now)
        extraBytes += Self.title(content.name, profile.style)
    }

    private init(_ profile: TerminalProfile, _ columns: Int, _ rows: Int) {
        self.profile = profile
        decoder = InputDecoder(escapeDelay: profile.escapeDelay)
        screen = Screen(columns: Self.clamped(columns), rows: Self.clamped(rows), depth: profile.depth)
    }

    /// Leaves the start screen for a board, or goes on with one that was being opened: what was typed meanwhile is done once it is there.
    ///
    /// - Parameter now: when that is.
    public mutating func show(board content: BoardContent, now: Instant = .zero) {
        var next = BoardScene(content: content, profile, columns: screen.columns, rows: screen.rows)
        if let board {
            (next.display.isDark, next.display.hasHighContrast) = (board.display.isDark, board.display.hasHighContrast)
            next.alerts.takeOver(from: board.alerts)
        }
        if let hour { next.alerts.hour = hour }
        (start, board) = (nil, next)
        extraBytes += Self.title(content.name, profile.style)
        if content.opening != nil {
            typeAhead = typeAhead ?? TypeAhead()
            if typeAhead?.isEmpty == false { board?.keepsKeys() }
        } else {
            releaseTypeAhead(now: now)
        }
        takeOutputs()
    }

    /// Goes (back) to the start screen.
    public mutating func show(start content: StartContent) {
        start = StartScene(content: content, style: profile.style, keys: profile.keys, columns: screen.columns, rows: screen.rows)
        board = nil
    }

    // MARK: Inputs

    public mutating func handle(_ input: Input, now: Instant) {
        switch input {
        case .bytes(let bytes):
            // Taken out while what it tells is done; a long paste in it is not copied.
            var taken = InputDecoder()
            swap(&taken, &decoder)
            taken.receive(bytes[...], now: now) { deliver($0, isPart: bytes.count > InputDecoder.partMax, now: now) }
            swap(&taken, &decoder)
        case .resized(let columns, let rows): resize(columns: Self.clamped(columns), rows: Self.clamped(rows))
        case .event(let event): board?.handle(event, now: now)
        case .board(let name, let shapes):
            board?.replace(name: name, shapes: shapes)
            extraBytes += Self.title(name, profile.style)
            releaseTypeAhead(now: now)
        case .hour(let hour):
            self.hour = hour
            board?.alerts.hour = hour
        case .opened: outputs.append(.effect(.opened))
        case .written: outputs.append(.effect(.written))
        case .network(let choice): board?.replace(network: choice, now: now)
        case .notice(let text): board?.notify(text, now: now)
        case .fileExists(let export): board?.askToReplace(export, now: now)
        case .clipKept(let clip, let complaint): board?.clipWasKept(clip, complaint: complaint, now: now)
        case .clip(let fetched): board?.take(fetched, now: now)
        case .imported(let file): board?.take(file, now: now)
        case .members(let members, let wallTime): board?.take(members, wallTime: wallTime, now: now)
        case .picture(let text, let outcome): board?.take(outcome, of: text)
        case .safetyWords(let device, let words): board?.take(words, of: device, now: now)
        case .timeout:
            deliver(decoder.handleTimeout(now: now), now: now)
            window.handleTimeout(now: now)
            board?.handleTimeout(now: now)
            replay?.advance(now: now)
        }
        takeOutputs()
    }

    /// Ends what the person is doing as if they had let go, before the program leaves: a stroke, a text, a move by keys. Drain `nextOutput()`.
    public mutating func finish(now: Instant) {
        board?.settle(now: now)
        takeOutputs()
    }

    /// The person leaves, and has finished: from here on nothing is done to the board, only `q` and Ctrl+C still ask to quit.
    public mutating func leave() {
        typeAhead = nil
        board?.leave()
    }

    /// How many shapes stand on the board; nil while that is not known.
    public var shapeCount: Int? { board.flatMap { $0.front.isReady && $0.opening == nil ? $0.front.board.shapes.count : nil } }

    /// How many finished shapes and texts the disk has refused so far.
    public var refusedCount: Int { board?.requests.keptCount ?? 0 }

    /// Steps, cells and letters that drawing the board has cost so far: what a picture costs is held without a clock.
    package var drawingWork: Int { board?.canvas.work ?? 0 }

    /// Shapes that were read or compared for panels that find, and bytes that were laid out for one that shows messages.
    package var panelWork: Int { (board?.words.work ?? 0) + (board?.messageRows.work ?? 0) }

    /// Shapes that were looked at so far to find what lies near a line or a press.
    package var lookedAt: Int { board?.lookedAt ?? 0 }

    /// The next thing to be done outside; nil when there is none.
    public mutating func nextOutput() -> Output? { outputs.next() }

    /// When to call `handle(.timeout)` and ask for a frame, if nothing happens before.
    public func deadline(now: Instant) -> Instant? {
        var next = earliest(decoder.deadline, earliest(board?.deadline(now: now), replay?.deadline))
        // An answer opens the window, and comes by itself.
        guard window.isOpen else { return earliest(next, window.deadline) }
        switch redrawing {
        case .none: break
        case .soon: next = earliest(next, lastFrame + Self.interval)
        case .now: next = earliest(next, lastFrame + Self.urgentInterval)
        }
        return next
    }

    private var redrawing: BoardScene.Redraw {
        max(board?.redrawing ?? .none, start?.isDirty == true || replay?.isDirty == true ? .now : .none, extraBytes.isEmpty ? .none : .soon)
    }

    // MARK: Frames

    /// The bytes that bring the terminal up to date; none if it is, or if the last frame is too fresh.
    ///
    /// The person's own ink waits at most 8 ms since the last frame, what others do 16 ms. Ask only when the terminal has taken the frame before
    /// (TM-7).
    public mutating func frame(now: Instant) -> [UInt8] {
        guard window.isOpen else { return [] }
        extraBytes += board?.takeExtraBytes() ?? []
        let wish = redrawing
        guard wish > .none else { return [] }
        guard now - lastFrame >= (wish == .now ? Self.urgentInterval : Self.interval) else { return [] }
        guard var picture = board?.picture(now: now) ?? start?.picture() ?? replay?.picture() else { return [] }
        picture.keep(profile.style)
        let bytes = screen.frame(picture)
        // A look that changed nothing must not delay the next ink (TM-14).
        if !bytes.isEmpty { lastFrame = now }
        var all = bytes + extraBytes
        extraBytes = []
        // Whoever leaves waits for answers: none is asked for any more (TM-408).
        let mayAsk = profile.isFar && profile.canBeAsked && board?.mode.isLeaving != true
        if mayAsk, window.write(all.count, now: now) { all += OutputWindow.question }
        return all
    }

    /// The terminal was asked the questions of its profile, the last of which is one of device attributes.
    mutating func wasAsked(now: Instant) { window.noteQuestion(now: now) }

    /// True while the terminal owes an answer, which would be typed at the prompt of a shell that came too early (TM-246).
    func owesAnswer(now: Instant) -> Bool { window.owesAnswer(now: now) }

    /// Takes what comes once the terminal is being left: nothing of it is done, and answers are counted.
    mutating func discard(_ bytes: [UInt8], now: Instant) {
        var taken = InputDecoder()
        swap(&taken, &decoder)
        taken.receive(bytes[...], now: now) { events in
            for case .answer(.deviceAttributes) in events { window.takeAnswer() }
        }
        swap(&taken, &decoder)
    }

    /// The terminal was left and entered again: the next frame repaints all, and what the person had switched off is off again.
    public mutating func entered() {
        if board?.display.isMouseOff == true { extraBytes += TerminalProfile.mouseOff }
        window.reset()
        resize(columns: screen.columns, rows: screen.rows)
    }

    // MARK: Inside

    /// - Parameter isPart: they may not be all that one read brought.
    private mutating func deliver(_ events: [InputEvent], isPart: Bool = false, now: Instant) {
        for case .answer(.mode(2026, let isSupported)) in events { screen.isSynchronized = isSupported }
        for case .answer(.deviceAttributes) in events { window.takeAnswer() }
        // Whatever else is being done: what others wrote over the screen is in its way (TM-60).
        let asked = events.filter { $0 != Self.repaintKey }
        if asked.count < events.count { repaint() }
        guard typeAhead == nil else { return keep(asked, isPart: isPart, now: now) }
        board?.handle(asked, isPart: isPart, now: now)
        if board?.wantsRepaint == true { repaint() }
        start?.handle(asked, isPart: isPart)
        replay?.handle(asked, now: now)
    }

    /// Keeps what is typed until the board is there, but for answers of the terminal and what leaves.
    private mutating func keep(_ events: [InputEvent], isPart: Bool, now: Instant) {
        let answers = events.filter { if case .answer = $0 { true } else { false } }
        if !answers.isEmpty { board?.handle(answers, now: now) }
        switch typeAhead?.take(events, isPart: isPart) {
        case let leaving?:
            // What waited for the board is not done to it once it is left (TM-247).
            typeAhead = TypeAhead()
            outputs.append(.effect(leaving == .quits ? .quit : .goBack))
        case nil: if typeAhead?.isEmpty == false { board?.keepsKeys() }
        }
    }

    /// Does what was typed while the board was opened (TM-383).
    private mutating func releaseTypeAhead(now: Instant) {
        guard var kept = typeAhead else { return }
        typeAhead = nil
        let (isCut, leavesPasteOpen) = (kept.isCut, kept.leavesPasteOpen)
        for read in kept.release() {
            board?.handle(read.events, isPart: read.isPart, now: now)
            // What stands behind a key that quits is typed at something else.
            if board?.outputs.contains(.effect(.quit)) == true { return }
        }
        if leavesPasteOpen { board?.cutPaste() }
        if isCut { board?.notify("more was typed than could wait for the board: the rest is left out", now: now) }
    }

    /// Paints all anew, in the modes that we need: who wrote over the screen may have switched them (TM-60).
    private mutating func repaint() {
        board?.wantsRepaint = false
        extraBytes += TerminalProfile.modes
        window.reset()
        if board?.display.isMouseOff == true { extraBytes += TerminalProfile.mouseOff }
        resize(columns: screen.columns, rows: screen.rows)
    }

    /// As in shells and editors.
    private static let repaintKey = InputEvent.key(.character("l"), [.control])

    private mutating func takeOutputs() {
        outputs.append(contentsOf: board?.takeOutputs() ?? start?.takeOutputs() ?? replay?.takeOutputs() ?? [])
    }

    private mutating func resize(columns: Int, rows: Int) {
        screen.invalidate(columns: columns, rows: rows)
        start?.resize(columns: columns, rows: rows)
        replay?.resize(columns: columns, rows: rows)
        board?.resize(columns: columns, rows: rows)
    }

    /// A terminal can claim any size, 0 included (TM-16).
    private static func clamped(_ size: Int) -> Int { max(1, min(1000, size)) }

    private static func title(_ name: String, _ style: GlyphStyle) -> [UInt8] {
        Array("\u{1B}]2;\(titleWords(name, style))\u{1B}\\".utf8)
    }

    /// The title of the window, sanitised (TM-12).
    static func titleWords(_ name: String, _ style: GlyphStyle) -> String {
        var safe = safeForTerminal(name, columnsMax: 40)
        if style == .ascii { safe = String(safe.map { $0.isASCII ? $0 : "?" }) }
        return "inkwire - \(safe)"
    }

    // TM-7
    private static let urgentInterval = Duration.milliseconds(8)
    private static let interval = Duration.milliseconds(16)
}
