import InkBoard
import InkFormats
import InkPrimitives
import InkSession
import InkTerminal

/// A person at a terminal before a board: types, points, and sees what the bytes make visible.
struct Desk {
    private(set) var app: TerminalApp
    private(set) var terminal: TinyTerminal
    var session = FakeSession()
    private(set) var now = Instant.zero
    /// Bytes of each frame, in order.
    private(set) var frames: [[UInt8]] = []
    private(set) var effects: [TerminalApp.Effect] = []
    /// True to leave intents unanswered, as a session that is slow.
    var isSlow = false
    private var unanswered: [(Intent, UInt64?)] = []

    init(
        columns: Int = 80, rows: Int = 24, depth: ColorDepth = .direct, style: GlyphStyle = .unicode, shapes: [ShapeDraft] = [],
        link: String = "inkwire:abc"
    ) {
        terminal = TinyTerminal(columns: columns, rows: rows)
        for shape in shapes { _ = session.add(shape) }
        app = TerminalApp(
            profile: TerminalProfile(depth: depth, style: style), columns: columns, rows: rows,
            board: BoardContent(
                name: "plan", me: session.me, shapes: session.standing,
                invitation: Invitation(link: link, command: "inkwire join")))
        look()
    }

    init(columns: Int = 80, rows: Int = 24, start: StartContent) {
        terminal = TinyTerminal(columns: columns, rows: rows)
        app = TerminalApp(profile: TerminalProfile(), columns: columns, rows: rows, start: start)
        look()
    }

    var intents: [Intent] { session.intents }
    var text: String { terminal.text }
    var standing: [ShapeDraft] { session.standing.map(\.content) }
    /// All bytes of all frames.
    var bytes: [UInt8] { frames.flatMap { $0 } }

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

    mutating func resize(columns: Int, rows: Int) {
        terminal = TinyTerminal(columns: columns, rows: rows)
        app.handle(.resized(columns: columns, rows: rows), now: now)
        settle()
    }

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

    /// Somebody else writes into a shape.
    mutating func write(_ text: String, into index: Int) {
        for event in session.perform(.set(session.standing[index].id, [.text(text)]), reference: 0) { app.handle(.event(event), now: now) }
        settle()
    }

    /// The cells under a text on the screen, as (column, row); nil if it is not there.
    func place(of text: String) -> (column: Int, row: Int)? {
        for (row, line) in terminal.lines.enumerated() {
            if let range = line.range(of: text) { return (line[..<range.lowerBound].count, row) }
        }
        return nil
    }

    /// Somebody else deletes everything.
    mutating func deleteAll() {
        for event in session.perform(.delete(session.standing.map(\.id)), reference: 0) { app.handle(.event(event), now: now) }
        settle()
    }

    /// Somebody else moves everything.
    mutating func moveAll(_ by: Point) {
        let events = session.perform(.move(session.standing.map(\.id), by: by), reference: 0)
        for event in events { app.handle(.event(event), now: now) }
        settle()
    }

    /// Lets time pass, as a loop would that sleeps until deadlines.
    mutating func wait(_ span: Duration) {
        let end = now + span
        var turns = 0
        while let deadline = app.deadline(now: now), deadline <= end, turns < 10_000 {
            turns += 1
            now = max(now, deadline)
            app.handle(.timeout, now: now)
            settle()
        }
        now = end
        app.handle(.timeout, now: now)
        settle()
    }

    /// Answers what a slow session left unanswered.
    mutating func answer() {
        let waiting = unanswered
        unanswered = []
        for (intent, reference) in waiting {
            for event in session.perform(intent, reference: reference ?? 0) { app.handle(.event(event), now: now) }
        }
        settle()
    }

    private mutating func settle() {
        while let output = app.nextOutput() {
            switch output {
            case .effect(let effect): effects.append(effect)
            case .intent(let intent, let reference):
                if isSlow {
                    unanswered.append((intent, reference))
                } else {
                    for event in session.perform(intent, reference: reference ?? 0) { app.handle(.event(event), now: now) }
                }
            }
        }
        look()
    }

    private mutating func look() {
        now += .milliseconds(20)
        let frame = app.frame(now: now)
        if !frame.isEmpty { frames.append(frame) }
        terminal.feed(frame)
    }
}

/// The middle of a cell at 100 %.
func middle(_ column: Int, _ row: Int) -> Point { Grid.standard.middle(of: CellPlace(column: column, row: row)) }
