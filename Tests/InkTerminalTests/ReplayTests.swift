import InkBoard
import InkCrypto
import InkFormats
import InkFrontEnd
import InkPrimitives
import Testing
import terminal_storm

@testable import InkTerminal

/// A board by two people: boxes a second apart, a pause, a stroke.
private func drawnBoard(anaName: String = "ana") throws -> Board {
    let start: UInt64 = 1_764_268_560_000
    let keys = try [1, 2].map { SigningKey(seed: try #require(Secret32(Array(repeating: $0, count: 32)))) }
    var board = try Board(
        genesis: try Board.makeGenesis(owner: keys[0], name: "plan", wallTime: start, nonce: Array(repeating: 7, count: 16)))
    func box(_ text: String, _ column: Int32) -> ShapeDraft {
        ShapeDraft(
            kind: .rectangle, position: Point(x: column * 64, y: 0), size: Size(width: 10 * 64, height: 3 * 128), text: text)
    }
    let stroke = ShapeDraft(
        kind: .freehand, position: Point(x: 0, y: 6 * 128), points: (0..<100).map { Point(x: $0 * 30, y: $0 % 10 * 20) })
    let drawn: [(Int, UInt64, ShapeDraft)] = [
        (0, 1000, box("one", 0)), (0, 2000, box("two", 14)), (1, 63_000, box("three", 28)), (1, 64_500, stroke),
    ]
    for (index, name) in [anaName, "bob"].enumerated() {
        _ = try board.author(
            try Board.writes(naming: name, by: keys[index].author), key: keys[index], wallTime: start + UInt64(index) * 62_500)
        for (number, step) in drawn.enumerated() where step.0 == index {
            let writes = try board.writes(for: step.2, number: UInt64(number + 1), by: keys[index].author)
            _ = try board.author(writes, key: keys[index], wallTime: start + step.1)
        }
    }
    return board
}

/// A board on which two people draw, move, colour and delete, some 300 ms apart.
private func scribbledBoard(seed: UInt64) throws -> Board {
    var random = SplitMix64(seed: seed)
    let keys = try [1, 2].map { SigningKey(seed: try #require(Secret32(Array(repeating: $0, count: 32)))) }
    var time: UInt64 = 1_764_268_560_000
    var board = try Board(
        genesis: try Board.makeGenesis(owner: keys[0], name: "plan", wallTime: time, nonce: Array(repeating: 7, count: 16)))
    for number in 1...60 as ClosedRange<UInt64> {
        let key = keys[random.below(2)]
        time += UInt64(random.below(600))
        let place = Point(x: Int32(random.below(60) * 64), y: Int32(random.below(18) * 128))
        let target = board.shapes.isEmpty ? nil : board.shapes[random.below(board.shapes.count)].id
        let writes: [Write]
        switch (random.below(8), target) {
        case (0, let id?): writes = try board.writes(deleting: [id])
        case (1, let id?): writes = try board.writes(moving: [id], by: Point(x: 128, y: 128))
        case (2, let id?): writes = try board.writes(for: [.stroke(Color(rgb: 0xD55E00))], of: id)
        case (3, let id?) where board.shape(id)?.content.isBindable == true:
            let line = ShapeDraft(kind: .arrow, position: place, points: [.zero, Point(x: 640, y: 256)], startBinding: Binding(id))
            writes = try board.writes(for: line, number: number, by: key.author)
        case (4...5, _):
            let points = (0..<(5 + random.below(40))).map { _ in Point(x: Int32(random.below(900)), y: Int32(random.below(500))) }
            writes = try board.writes(for: ShapeDraft(kind: .freehand, position: place, points: points), number: number, by: key.author)
        default:
            let kind: ShapeKind = [.rectangle, .ellipse, .note][random.below(3)]
            let draft = ShapeDraft(
                kind: kind, position: place, size: Size(width: 640, height: 384), text: "\(number)",
                fill: random.chance(0.3) ? Color(rgb: 0xF0E442) : nil)
            writes = try board.writes(for: draft, number: number, by: key.author)
        }
        _ = try board.author(writes, key: key, wallTime: time)
    }
    return board
}

/// A person at a terminal that plays a board.
private struct Player {
    private(set) var app: TerminalApp
    private(set) var terminal: TinyTerminal
    private(set) var now = Instant.zero
    private(set) var effects: [TerminalApp.Effect] = []
    private(set) var frameCount = 0

    init(_ board: Board, columns: Int = 80, rows: Int = 24, part: ClosedRange<Int>? = nil, style: GlyphStyle = .unicode, speed: Double = 1)
    {
        var content = ReplayContent(Recording(of: board), of: board, name: "plan", speed: speed)
        if let part { content.part = part }
        app = TerminalApp(
            profile: TerminalProfile(depth: style == .ascii ? .none : .direct, style: style), columns: columns, rows: rows,
            replay: content, now: now)
        terminal = TinyTerminal(columns: columns, rows: rows)
        look()
    }

    mutating func look() {
        while let output = app.nextOutput() { if case .effect(let effect) = output { effects.append(effect) } }
        let frame = app.frame(now: now)
        if !frame.isEmpty { frameCount += 1 }
        terminal.feed(frame)
    }

    mutating func wait(_ span: Duration) {
        let end = now + span
        while let deadline = app.deadline(now: now), deadline <= end {
            now = max(deadline, now + .milliseconds(1))
            app.handle(.timeout, now: now)
            look()
        }
        now = max(now, end)
        app.handle(.timeout, now: now)
        look()
    }

    mutating func type(_ bytes: String) {
        app.handle(.bytes(Array(bytes.utf8)), now: now)
        wait(.milliseconds(60))
    }

    /// Nobody looks for that long, as in a machine that sleeps.
    mutating func sleep(_ span: Duration) {
        now = now + span
        app.handle(.timeout, now: now)
        look()
    }

    mutating func resize(columns: Int, rows: Int) {
        terminal = TinyTerminal(columns: columns, rows: rows)
        app.handle(.resized(columns: columns, rows: rows), now: now)
        wait(.milliseconds(40))
    }

    var bar: String { terminal.lines[terminal.rows - 1] }
    var dots: Int { terminal.text.unicodeScalars.count { (0x2801...0x28FF).contains($0.value) } }
}

@Suite struct ReplayTests {
    @Test func `FM-224, TM-260: a board is drawn again in the time that it took, with pauses cut short`() throws {
        var player = Player(try drawnBoard())
        #expect(player.bar.hasPrefix(" PLAY  0:00/0:06 "))
        #expect(!player.terminal.contains("one"))
        player.wait(.milliseconds(1100))
        #expect(player.terminal.contains("one"))
        #expect(!player.terminal.contains("two"))
        #expect(player.bar.contains("ana"))
        #expect(player.bar.contains("2025-11-27 18:36"))
        player.wait(.milliseconds(1000))
        #expect(player.terminal.contains("two"))
        // A minute of rest takes two seconds.
        player.wait(.milliseconds(2400))
        #expect(player.terminal.contains("three"))
        #expect(player.bar.contains("bob"))
        #expect(player.dots == 0)
        // The stroke is seen to be drawn in the second and a half before it is signed.
        player.wait(.milliseconds(600))
        let some = player.dots
        #expect(some > 0)
        player.wait(.milliseconds(600))
        #expect(player.dots > some)
        player.wait(.seconds(2))
        #expect(player.bar.hasPrefix(" END  0:06/0:06 "))
        let frames = player.frameCount
        player.wait(.seconds(5))
        #expect(player.frameCount == frames)
    }

    @Test func `TM-261: space pauses, a dot steps, arrows and digits and brackets seek, q quits`() throws {
        var player = Player(try drawnBoard())
        player.type(" ")
        #expect(player.bar.hasPrefix(" PAUSE "))
        let still = player.bar
        player.wait(.seconds(3))
        #expect(player.bar == still)
        player.type(".")
        #expect(player.terminal.contains("one"))
        #expect(!player.terminal.contains("two"))
        player.type(".")
        #expect(player.terminal.contains("two"))
        player.type("\u{1B}[C")
        #expect(player.terminal.contains("three"))
        player.type("\u{1B}[D")
        #expect(!player.terminal.contains("three"))
        player.type("0")
        #expect(!player.terminal.contains("one"))
        // The markers: Ana, Bob who joined after a pause.
        player.type("]")
        #expect(player.bar.contains("bob"))
        player.type("[")
        #expect(!player.bar.contains("bob"))
        player.type("9")
        #expect(player.terminal.contains("three"))
        player.type("++")
        #expect(player.bar.contains(" 4x"))
        player.type("---")
        #expect(player.bar.contains(" 0.5x"))
        player.type("?")
        #expect(player.terminal.contains("pauses, and shows the next step"))
        player.type("?")
        #expect(!player.terminal.contains("pauses, and shows the next step"))
        #expect(player.effects.isEmpty)
        player.type("q")
        #expect(player.effects == [.quit])
    }

    @Test func `TM-261, TM-262, TM-421: a press on the bar goes there, and a part begins and ends where it says`() throws {
        var player = Player(try drawnBoard())
        player.type(" ")
        let column = try #require(player.bar.firstIndex(of: "|").map { player.bar.distance(from: player.bar.startIndex, to: $0) })
        player.type("\u{1B}[<0;\(column + 2);24M\u{1B}[<0;\(column + 2);24m")
        #expect(player.bar.contains("bob"))
        var part = Player(try drawnBoard(), part: 1500...3000)
        #expect(part.terminal.contains("one"))
        part.type("\u{1B}[D")
        #expect(part.terminal.contains("one"))
        part.wait(.seconds(9))
        #expect(part.terminal.contains("two"))
        #expect(!part.terminal.contains("three"))
        #expect(part.bar.hasPrefix(" END "))
    }

    @Test(arguments: [(20, 5), (1, 1), (40, 12), (200, 60)])
    func `TM-421: any size and style shows what it has room for`(columns: Int, rows: Int) throws {
        let board = try drawnBoard()
        for style in [GlyphStyle.unicode, .ascii, .console] {
            var player = Player(board, columns: 80, rows: 24, style: style)
            player.resize(columns: columns, rows: rows)
            player.type("9")
            player.type("f")
            player.type("?")
            player.type("q")
            player.wait(.seconds(3))
            if columns >= 20 { #expect(player.bar.contains("0:0")) }
            if style == .ascii { #expect(player.terminal.text.unicodeScalars.allSatisfy { $0.isASCII }) }
            player.resize(columns: 80, rows: 24)
            #expect(player.bar.hasPrefix(" END "))
            #expect(player.terminal.unknown.isEmpty)
        }
    }

    @Test
    func `FM-273, TM-263: the frames of an asciicast end as the text of the board, and nothing that peers wrote is more than letters`()
        throws
    {
        let evil = "a\u{1B}]0;x\u{7}\u{202E}\"\\\n"
        let board = try drawnBoard(anaName: evil)
        var writer = CastWriter(ReplayContent(Recording(of: board), of: board, name: evil))
        var lines: [String] = []
        writer.write { lines.append(String(decoding: $0, as: UTF8.self)) }
        let header = try #require(JSONValue(reading: Array(lines[0].utf8)).object)
        #expect(header["version"] == 2)
        // Pauses are short already, and at another speed its seconds are others.
        #expect(header["idle_time_limit"] == nil)
        var terminal = TinyTerminal(columns: 80, rows: 24)
        var (last, markers): (Double, [String]) = (0, [])
        for line in lines.dropFirst() {
            #expect(line.utf8.filter { $0 < 0x20 }.count == 1)
            guard case .array(let parts) = try JSONValue(reading: Array(line.utf8)), parts.count == 3, let code = parts[1].string,
                let text = parts[2].string
            else {
                Issue.record("no event: \(line)")
                continue
            }
            let time = parts[0].number ?? -1
            #expect(time >= last)
            // 30 frames a second, but for the last.
            if code == "o", !text.isEmpty, last > 0, time < 6 { #expect(time == last || time - last > 0.033) }
            last = time
            if code == "m" { markers.append(text) } else { terminal.feed(Array(text.utf8)) }
        }
        #expect(terminal.unknown.isEmpty)
        #expect(markers.count == 2)
        #expect(!markers.joined().unicodeScalars.contains { $0.value < 0x20 || $0 == "\u{202E}" })
        let shown = terminal.lines.map { String($0.reversed().drop { $0 == " " }.reversed()) }.drop { $0.isEmpty }
        let indent = shown.filter { !$0.isEmpty }.map { $0.prefix { $0 == " " }.count }.min() ?? 0
        var rows = shown.map { String($0.dropFirst(indent)) }
        while rows.last?.isEmpty == true { rows.removeLast() }
        #expect(rows.joined(separator: "\n") + "\n" == TextExport.text(of: board.drawnShapes.map(\.content)))
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `FM-223, FM-224, TM-262: what is seen at a time is the same wherever one comes from`(seed: UInt64) throws {
        let board = try scribbledBoard(seed: seed)
        let recording = Recording(of: board)
        var random = SplitMix64(seed: seed)
        var moving = Playback(Reel(recording), end: board.shapes)
        var view = ReplayView(&moving, columns: 60, rows: 20)
        let look = BoardCanvas.Look(style: .unicode, isDark: true)
        func cells(_ playback: inout Playback, _ viewport: Viewport) -> [Cell] {
            var (cells, isUnfinished) = playback.cells(in: viewport, look)
            while isUnfinished { (cells, isUnfinished) = playback.cells(in: viewport, look) }
            return cells
        }
        for turn in 0..<40 {
            // Mostly on by frames, as it is played; now and then elsewhere.
            let time =
                random.chance(0.7)
                ? min(recording.durationMilliseconds, moving.milliseconds + random.below(200))
                : random.below(recording.durationMilliseconds + 1)
            moving.move(to: time)
            view.look(at: &moving)
            if random.chance(0.1) { view.toggle(&moving) }
            if random.chance(0.1) { view.resize(&moving, columns: 40 + random.below(40), rows: 10 + random.below(20)) }
            var fresh = Playback(Reel(recording), end: board.shapes)
            fresh.move(to: time)
            #expect(cells(&moving, view.viewport) == cells(&fresh, view.viewport), "turn \(turn) at \(time) ms")
        }
        moving.move(to: recording.durationMilliseconds)
        #expect(moving.board.shapes == board.drawnShapes)
    }

    @Test func `TM-263, TM-420: messages and names are letters, and a machine that sleeps goes on where it was`() throws {
        let evil = "\u{1B}]0;owned\u{7}bad\u{202E}"
        var board = try drawnBoard(anaName: evil)
        let key = SigningKey(seed: try #require(Secret32(Array(repeating: 1, count: 32))))
        _ = try board.author(
            try Board.writes(saying: "hello \u{1B}[31mred", by: key.author), key: key, wallTime: 1_764_268_560_000 + 65_000)
        var player = Player(board)
        player.wait(.seconds(1))
        player.sleep(.seconds(3600))
        #expect(player.bar.hasPrefix(" PLAY  0:03/"))
        player.wait(.seconds(5))
        #expect(player.terminal.lines[22].contains("]0;owned"))
        #expect(player.terminal.lines[22].contains("bad: hello"))
        #expect(player.terminal.unknown.isEmpty)
        #expect(!player.terminal.text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || $0 == "\u{202E}" })
    }

    @Test(arguments: [0.25, 1, 64, 1024])
    func `TM-419: what was said goes after 4 s of who looks, whatever the speed, also at the end and while it rests`(speed: Double) throws {
        var board = try drawnBoard()
        let key = SigningKey(seed: try #require(Secret32(Array(repeating: 1, count: 32))))
        _ = try board.author(try Board.writes(saying: "hello", by: key.author), key: key, wallTime: 1_764_268_560_000 + 65_000)
        var player = Player(board, speed: speed)
        func isSaid(_ player: Player) -> Bool { player.terminal.lines[22].contains("hello") }
        // The last step says it.
        player.type("\u{1B}[F")
        var told = [isSaid(player)]
        let bar = player.bar
        #expect(bar.hasPrefix(" END "))
        player.wait(.milliseconds(3800))
        told.append(isSaid(player))
        player.wait(.milliseconds(300))
        told.append(isSaid(player))
        let frames = player.frameCount
        player.wait(.seconds(20))
        let (more, deadline) = (player.frameCount - frames, player.app.deadline(now: player.now))
        #expect(more == 0 && deadline == nil)
        // It is told to who goes there again.
        player.type("0")
        told.append(isSaid(player))
        player.type("\u{1B}[F")
        told.append(isSaid(player))
        // Then, after 3.8 s and 4.1 s, at the beginning, and there again.
        #expect(told == [true, true, false, false, true])
    }

    @Test func `TM-418: dates are those of the calendar`() {
        #expect(ReplayTime.date(0, zoneSeconds: 0) == "1970-01-01 00:00")
        #expect(ReplayTime.date(0, zoneSeconds: -3600) == "1969-12-31 23:00")
        #expect(ReplayTime.date(951_782_400_000, zoneSeconds: 0) == "2000-02-29 00:00")
        #expect(ReplayTime.date(4_102_444_799_000, zoneSeconds: 0) == "2099-12-31 23:59")
        #expect(ReplayTime.date(.max, zoneSeconds: 0) == nil)
        #expect(ReplayTime.text(milliseconds: 3_723_999) == "1:02:03")
        #expect(ReplayTime.text(milliseconds: 65_000) == "1:05")
    }
}
