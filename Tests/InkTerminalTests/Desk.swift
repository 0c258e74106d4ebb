import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession
import InkSimulator
import InkTerminal
import Testing
import terminal_storm

/// A person at a terminal before a board: types, points, and sees what the bytes make visible.
struct Desk {
    private(set) var app: TerminalApp
    private(set) var terminal: TinyTerminal
    /// The board and who else is at it; nil on the start screen.
    private(set) var session: LocalBoard?
    private(set) var now = Instant.zero
    /// Bytes of each frame, in order.
    private(set) var frames: [[UInt8]] = []
    private(set) var frameTimes: [Instant] = []
    private(set) var effects: [TerminalApp.Effect] = []
    /// Those that do something: who opens the people asks who they are, and does no more.
    var deeds: [TerminalApp.Effect] { effects.filter { $0 != .fetchMembers } }
    /// What was asked of the session, in order.
    private(set) var intents: [Intent] = []
    /// True to keep intents from the session, as if it were slow.
    var isSlow = false
    private var unanswered: [(Intent, UInt64?)] = []
    /// What the session told since the last intent with a reference.
    private(set) var events: [Event] = []
    /// What the session told last of somebody.
    private(set) var heard: PeerStatus?
    /// Of the newest intent that has one.
    private(set) var lastReference: UInt64?
    /// Intents without a reference so far.
    private(set) var unreferenced = 0

    init(
        columns: Int = 80, rows: Int = 24, depth: ColorDepth = .direct, style: GlyphStyle = .unicode, link: String = "inkwire:abc",
        reducesMotion: Bool = false, isFar: Bool = false, isJoining: Bool = false, network: NetworkChoice? = nil, isInTmux: Bool = false,
        keys: KeyMap = .usual, isPaperChosen: Bool = false
    ) throws {
        let session = try LocalBoard(name: "plan", owner: "ana", now: now)
        self.session = session
        terminal = TinyTerminal(columns: columns, rows: rows)
        app = TerminalApp(
            profile: TerminalProfile(
                depth: depth, style: style, reducesMotion: reducesMotion, isInTmux: isInTmux, isFar: isFar, isPaperChosen: isPaperChosen,
                keys: keys),
            columns: columns, rows: rows,
            board: BoardContent(
                name: "plan", me: session.node().author, shapes: session.shapes,
                invitation: Invitation(link: link, command: "inkwire join"), network: network, isJoining: isJoining))
        settle()
    }

    /// While a board is opened, which is empty once it is there (`arrive`).
    init(columns: Int, rows: Int, opening: (name: String, content: BoardContent.Opening)) throws {
        session = try LocalBoard(name: "plan", owner: "ana", now: now)
        terminal = TinyTerminal(columns: columns, rows: rows)
        app = TerminalApp(
            profile: TerminalProfile(depth: .direct), columns: columns, rows: rows,
            board: BoardContent(name: opening.name, isReady: false, opening: opening.content))
        look()
    }

    /// The board that was being opened is there.
    mutating func arrive() {
        if let me = session?.node().author {
            app.show(board: BoardContent(name: "plan", me: me, isReady: false, opening: .init()), now: now)
        }
        app.handle(.event(.ready(.zero, me: session?.node().author ?? .zero)), now: now)
        app.handle(.board(name: "plan", shapes: session?.shapes ?? []), now: now)
        settle()
    }

    /// It is shown as far as it is known.
    mutating func show(board content: BoardContent) {
        app.show(board: content, now: now)
        settle()
    }

    init(columns: Int = 80, rows: Int = 24, start: StartContent) {
        terminal = TinyTerminal(columns: columns, rows: rows)
        app = TerminalApp(profile: TerminalProfile(), columns: columns, rows: rows, start: start)
        look()
    }

    var text: String { terminal.text }
    var standing: [ShapeDraft] { session?.shapes.map(\.content) ?? [] }
    /// All bytes of all frames.
    var bytes: [UInt8] { frames.flatMap { $0 } }
    /// True while a gesture began and has not ended.
    var isGestureLive: Bool {
        let ends = intents.last { intent in
            switch intent {
            case .begin, .commit, .cancel: true
            default: false
            }
        }
        return if case .begin? = ends { true } else { false }
    }

    mutating func type(_ text: String) {
        for scalar in text.unicodeScalars { bytes(Array(String(scalar).utf8)) }
    }

    mutating func bytes(_ bytes: [UInt8]) {
        app.handle(.bytes(bytes), now: now)
        settle()
    }

    /// A lone escape, and the time it takes to be one.
    mutating func escape() {
        bytes([0x1B])
        wait(.milliseconds(30))
    }

    mutating func press(_ column: Int, _ row: Int, button: Int = 0) { bytes(Array("\u{1B}[<\(button);\(column + 1);\(row + 1)M".utf8)) }
    mutating func release(_ column: Int, _ row: Int, button: Int = 0) { bytes(Array("\u{1B}[<\(button);\(column + 1);\(row + 1)m".utf8)) }
    mutating func move(_ column: Int, _ row: Int, button: Int = 35) { bytes(Array("\u{1B}[<\(button);\(column + 1);\(row + 1)M".utf8)) }

    mutating func click(_ column: Int, _ row: Int) {
        press(column, row)
        release(column, row)
    }

    mutating func drag(_ cells: [(Int, Int)]) {
        press(cells[0].0, cells[0].1)
        for cell in cells.dropFirst() { move(cell.0, cell.1, button: 32) }
        release(cells[cells.count - 1].0, cells[cells.count - 1].1)
    }

    mutating func hear(_ event: Event) {
        app.handle(.event(event), now: now)
        settle()
    }

    /// The program answers.
    mutating func tell(_ input: TerminalApp.Input) {
        app.handle(input, now: now)
        settle()
    }

    /// The board is brought to the network anew.
    mutating func take(_ network: NetworkChoice?) {
        app.handle(.network(network), now: now)
        settle()
    }

    mutating func resize(columns: Int, rows: Int) {
        terminal = TinyTerminal(columns: columns, rows: rows)
        app.handle(.resized(columns: columns, rows: rows), now: now)
        settle()
    }

    /// Another program writes over the screen.
    mutating func scribble() { terminal.feed(Array("\u{1B}[1;1HBroadcast message from root\u{1B}[9;9H###".utf8)) }

    /// The program ends.
    mutating func finish() {
        app.finish(now: now)
        settle()
    }

    /// The person asks to go, and the program waits for what is under way.
    mutating func leave() {
        finish()
        app.leave()
    }

    /// The same, and nothing is ended before.
    mutating func leaveAtOnce() { app.leave() }

    /// The person does something through another program, which says nothing to this one.
    mutating func elsewhere(_ intent: Intent) {
        session?.handle(.intent(intent, ref: nil), now: now)
        settle()
    }

    /// Somebody else writes into a shape.
    mutating func write(_ text: String, into index: Int) {
        if let id = session?.shapes[index].id { elsewhere(.set(id, [.text(text)])) }
    }

    /// Somebody else deletes everything.
    mutating func deleteAll() { elsewhere(.delete(session?.shapes.map(\.id) ?? [])) }

    /// Somebody else moves everything.
    mutating func moveAll(_ by: Point) { elsewhere(.move(session?.shapes.map(\.id) ?? [], by: by)) }

    /// The disk takes nothing any more, and says why; nil: it does again.
    mutating func disk(refuses reason: String?) { session?.diskRefuses = reason }

    /// Somebody comes to the board; the number by which they act.
    ///
    /// - Parameter delay: how long what one does is on its way to the other.
    mutating func join(_ name: String, delay: Duration = .zero) -> Int {
        session?.delay = delay
        let number = session?.join(name, now: now) ?? 0
        wait(.seconds(6))
        return number
    }

    /// Those who came are told the time, and so write their names on the board.
    mutating func introduce(_ numbers: [Int]) {
        for number in numbers { session?.handle(.wallClock(1), by: number, now: now) }
        wait(.seconds(3))
    }

    /// Somebody who came does something, and so much time passes.
    mutating func act(_ intent: Intent, by number: Int, then pause: Duration = .zero) {
        session?.handle(.intent(intent, ref: nil), by: number, now: now)
        settle(after: .zero)
        wait(pause)
    }

    /// Another program of the same person comes, and does something.
    mutating func actElsewhere(_ intents: [Intent]) throws {
        let other = try #require(FrontEndID(1))
        session?.handle(.attached(other, strand: .common), now: now)
        for intent in intents { session?.handle(.intent(intent, from: other, ref: nil), now: now) }
        settle()
    }

    /// The column in which a person's marker stands; nil where none does.
    func markerColumn(row: Int) -> Int? {
        terminal.rowsOfText[row].firstIndex { cell in PersonColor.all.contains { String(Character($0.marker)) == cell } }
    }

    /// The cells under a text on the screen, as (column, row); nil if it is not there.
    func place(of text: String) -> (column: Int, row: Int)? {
        for (row, line) in terminal.lines.enumerated() {
            if let range = line.range(of: text) { return (line[..<range.lowerBound].count, row) }
        }
        return nil
    }

    /// Lets time pass, as a loop would that sleeps until deadlines.
    mutating func wait(_ span: Duration) {
        let end = now + span
        var turns = 0
        while let deadline = earliest(app.deadline(now: now), session?.deadline), deadline <= end, turns < 20_000 {
            turns += 1
            now = max(now, deadline)
            session?.advance(now: now)
            app.handle(.timeout, now: now)
            settle(after: .zero)
        }
        now = max(now, end)
        app.handle(.timeout, now: now)
        settle(after: .zero)
    }

    /// Answers what a slow session left unanswered.
    mutating func answer() {
        let waiting = unanswered
        unanswered = []
        for (intent, reference) in waiting { session?.handle(.intent(intent, ref: reference), now: now) }
        settle()
    }

    /// Refuses what a slow session left unanswered.
    mutating func refuse(_ refusal: Refusal) {
        let waiting = unanswered
        unanswered = []
        for case (_, let reference?) in waiting { app.handle(.event(.outcome(ref: reference, .refused(refusal))), now: now) }
        settle()
    }

    /// - Parameter pause: what a hand takes for one thing: longer than a frame.
    private mutating func settle(after pause: Duration = .milliseconds(20)) {
        var isAtRest = false
        while !isAtRest {
            isAtRest = true
            for event in session?.takeEvents() ?? [] {
                events.append(event)
                if case .peer(let status) = event { heard = status }
                app.handle(.event(event), now: now)
            }
            while let output = app.nextOutput() {
                isAtRest = false
                switch output {
                case .effect(let effect): effects.append(effect)
                case .intent(let intent, let reference): ask(intent, reference)
                }
            }
        }
        look(after: pause)
    }

    private mutating func ask(_ intent: Intent, _ reference: UInt64?) {
        intents.append(intent)
        if reference == nil { unreferenced += 1 } else { (events, lastReference) = ([], reference) }
        if isSlow { unanswered.append((intent, reference)) } else { session?.handle(.intent(intent, ref: reference), now: now) }
    }

    private mutating func look(after pause: Duration = .milliseconds(20)) {
        now += pause
        let frame = app.frame(now: now)
        if !frame.isEmpty {
            frames.append(frame)
            frameTimes.append(now)
        }
        terminal.feed(frame)
    }
}

/// The middle of a cell at 100 %.
func middle(_ column: Int, _ row: Int) -> Point { Grid.standard.middle(of: CellPlace(column: column, row: row)) }
