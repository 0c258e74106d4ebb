import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives

/// A recording on the screen, and what keys and the mouse do to it. Nothing of it reaches the board (TM-260).
struct ReplayScene: Sendable {
    private let content: ReplayContent
    private var playback: Playback
    private var view: ReplayView
    private var display: BoardScene.Display
    private var columns: Int
    private var rows: Int

    /// Where it is, ms; between whole ones while it plays.
    private var position: Double
    /// Nil while it stands still.
    private var playedAt: Instant?
    private var speed: Double
    /// True while the keys are shown.
    private var help: Sheet?
    /// What was said last before where it is, and until when it is shown, nil where it is not any more; nil where nothing was said.
    private var said: (index: Int, shownUntil: Instant?)?
    private var isDraggingBar = false
    private var progress = 0..<0
    private(set) var isDirty = true
    private var outputs: [TerminalApp.Output] = []

    init(content: ReplayContent, _ profile: TerminalProfile, columns: Int, rows: Int, now: Instant) {
        (self.content, self.columns, self.rows, speed) = (content, columns, rows, content.speed)
        display = BoardScene.Display(style: profile.style, isDark: profile.isDark, hasHighContrast: profile.hasHighContrast)
        playback = Playback(content.reel, end: content.end)
        playback.move(to: content.part.lowerBound)
        position = Double(content.part.lowerBound)
        view = ReplayView(&playback, columns: columns, rows: Self.canvasRows(rows))
        playedAt = now
        hear(now: now)
    }

    private static func canvasRows(_ rows: Int) -> Int { max(1, rows - 1) }

    mutating func resize(columns: Int, rows: Int) {
        (self.columns, self.rows, isDirty) = (columns, rows, true)
        view.resize(&playback, columns: columns, rows: Self.canvasRows(rows))
    }

    mutating func takeOutputs() -> [TerminalApp.Output] {
        defer { outputs = [] }
        return outputs
    }

    // MARK: Time

    private var isPlaying: Bool { playedAt != nil }
    private var milliseconds: Int { Int(position) }

    /// When something else is to be seen; nil while it stands still.
    var deadline: Instant? {
        guard let playedAt else { return said?.shownUntil }
        // The bar moves, too.
        let next = Double(min(playback.nextChange ?? .max, milliseconds + 1000 - milliseconds % 1000, content.part.upperBound))
        let wait = max(Self.frameMilliseconds, (next - position) / speed)
        return earliest(playedAt + .nanoseconds(Int64(min(wait, 1000) * 1_000_000)), said?.shownUntil)
    }

    /// Goes on to what is to be seen now.
    mutating func advance(now: Instant) {
        if let until = said?.shownUntil, until <= now {
            said?.shownUntil = nil
            isDirty = true
        }
        guard let before = playedAt else { return }
        let end = Double(content.part.upperBound)
        // A machine that slept, and a program that was stopped, go on where they were (TM-420).
        position = min(end, position + min(Self.stillMilliseconds, (now - before).milliseconds) * speed)
        playedAt = position < end ? now : nil
        show(now: now)
    }

    private mutating func seek(to time: Double, now: Instant) {
        position = min(Double(content.part.upperBound), max(Double(content.part.lowerBound), time))
        if isPlaying { playedAt = now }
        show(now: now)
    }

    private mutating func show(now: Instant) {
        playback.move(to: milliseconds)
        view.look(at: &playback)
        hear(now: now)
        isDirty = true
    }

    /// Notes what was said by where it is. It is shown for a while of who looks, whatever the speed; what was said long before is not, to who comes
    /// there from elsewhere.
    private mutating func hear(now: Instant) {
        let next = content.messages.partitioningIndex { $0.milliseconds > milliseconds }
        guard next > 0 else { return said = nil }
        guard said?.index != next - 1 else { return }
        let isNew = Double(content.messages[next - 1].milliseconds) + Self.messageMilliseconds * max(1, speed) > position
        said = (next - 1, isNew ? now + .milliseconds(Int64(Self.messageMilliseconds)) : nil)
    }

    // MARK: Input

    mutating func handle(_ events: [InputEvent], now: Instant) {
        advance(now: now)
        for event in events {
            switch event {
            case .key(.character("c"), [.control]): outputs.append(.effect(.quit))
            case .key(.character("z"), [.control]): outputs.append(.effect(.suspend))
            case .key(let key, let modifiers) where modifiers.isDisjoint(with: [.control, .alt]): handle(key, now: now)
            case .mouse(let mouse): handle(mouse, now: now)
            case .answer(.background(let red, let green, let blue)):
                display.isDark = BoardScene.isDark(red, green, blue)
            case .key, .text, .paste, .focus, .answer: break
            }
        }
        isDirty = true
    }

    // TM-261
    private mutating func handle(_ key: Key, now: Instant) {
        if let answer = help?.handle(key) {
            if answer == .closes || key == .escape { help = nil }
            return
        }
        switch key {
        case .character(" "), .enter: playOrPause(now: now)
        case .character("."):
            playedAt = nil
            if playback.stepCount < playback.recording.steps.count {
                seek(to: Double(playback.recording.steps[playback.stepCount].milliseconds), now: now)
            }
        case .left: seek(to: position - Self.seekMilliseconds, now: now)
        case .right: seek(to: position + Self.seekMilliseconds, now: now)
        case .home: seek(to: 0, now: now)
        case .end: seek(to: .greatestFiniteMagnitude, now: now)
        case .character(let digit) where ("0"..."9").contains(digit):
            seek(to: part(Double(digit.value - 0x30) / 10), now: now)
        case .character("["):
            // While it plays, the one just passed is where it came from.
            let before = position - (isPlaying ? 1000 * speed : 0)
            seek(to: markers.last { $0 < before } ?? 0, now: now)
        case .character("]"): seek(to: markers.first { $0 > position } ?? .greatestFiniteMagnitude, now: now)
        case .character("+"), .character("="): speed = min(ReplayContent.speeds.upperBound, speed * 2)
        case .character("-"), .character("_"): speed = max(ReplayContent.speeds.lowerBound, speed / 2)
        case .character("f"):
            view.toggle(&playback)
            view.look(at: &playback)
        case .character("?"), .function(1): help = Sheet(.help)
        case .character("q"), .escape: outputs.append(.effect(.quit))
        default: break
        }
    }

    private mutating func playOrPause(now: Instant) {
        if isPlaying { return playedAt = nil }
        playedAt = now
        if position >= Double(content.part.upperBound) { seek(to: 0, now: now) }
    }

    private mutating func handle(_ mouse: MouseEvent, now: Instant) {
        switch mouse.action {
        case .press(.left):
            if help != nil { return help = nil }
            isDraggingBar = mouse.row == rows - 1 && progress.contains(mouse.column)
            if isDraggingBar { seek(toColumn: mouse.column, now: now) } else if mouse.row < rows - 1 { playOrPause(now: now) }
        case .drag(.left): if isDraggingBar { seek(toColumn: mouse.column, now: now) }
        case .release: isDraggingBar = false
        case .wheel(.up): seek(to: position + Self.seekMilliseconds, now: now)
        case .wheel(.down): seek(to: position - Self.seekMilliseconds, now: now)
        case .press, .drag, .hover, .wheel: break
        }
    }

    private mutating func seek(toColumn column: Int, now: Instant) {
        seek(to: part(Double(column - progress.lowerBound) / Double(max(1, progress.count - 1))), now: now)
    }

    /// The time of a part of what is played, from 0 to 1.
    private func part(_ part: Double) -> Double {
        let (start, end) = (Double(content.part.lowerBound), Double(content.part.upperBound))
        return start + (end - start) * min(1, max(0, part))
    }

    private var markers: [Double] {
        playback.recording.markers.lazy.map(\.milliseconds).filter { content.part.contains($0) }.map(Double.init)
    }

    // MARK: Picture

    mutating func picture() -> CellBuffer {
        isDirty = false
        let (cells, isUnfinished) = playback.cells(in: view.viewport, BoardCanvas.Look(style: display.style, isDark: display.isDark))
        if isUnfinished { isDirty = true }
        // A window of one row is the bar (TM-421).
        var buffer = CellBuffer(columns: columns, rows: rows, top: rows > 1 ? cells : [])
        drawMessage(on: &buffer)
        drawBar(on: &buffer)
        if var sheet = help {
            let layout = Layout(columns: columns, rows: rows)
            sheet.draw(
                Self.helpLines.flatMap { HelpText.fitted($0, columns: Sheet.columns(layout)) }, on: &buffer, layout, display.style)
            help = sheet
        }
        if display.hasHighContrast { buffer.raiseContrast(for: display.style) }
        return buffer
    }

    /// What was said last, over the bar, for a while.
    private func drawMessage(on buffer: inout CellBuffer) {
        guard rows > 3, let said, said.shownUntil != nil else { return }
        let message = content.messages[said.index]
        let words = " \(name(of: message.author)): \(safeForTerminal(message.text)) "
        let text = safeForTerminal(words, columnsMax: columns - 2)
        buffer.write(text, column: 1, row: rows - 2, style: display.chip(Roster.color(of: message.author)))
    }

    private func name(of author: AuthorID) -> String {
        safeForTerminal(content.names[author] ?? String(author.hex.prefix(8)), columnsMax: 16)
    }

    private mutating func drawBar(on buffer: inout CellBuffer) {
        let row = rows - 1
        let style = CellStyle(attributes: .reverse)
        buffer.fill(row: row, style: style)
        let isOver = milliseconds >= content.part.upperBound
        let mode = " \(isPlaying ? "PLAY" : isOver ? "END" : "PAUSE") "
        var column = buffer.write(mode, column: 0, row: row, style: CellStyle(attributes: [.reverse, .bold]))
        let times = " \(ReplayTime.text(milliseconds: milliseconds))/\(ReplayTime.text(milliseconds: content.part.upperBound)) "
        guard column + times.count <= columns else { return progress = 0..<0 }
        column = buffer.write(times, column: column, row: row, style: style)
        // As much as leaves some room for the bar, what matters most to the left.
        var (room, shown) = (columns - column - Self.progressMin, 0)
        let parts = rightParts
        for part in parts {
            room -= CharacterWidth.columns(of: part.0) + 1
            guard room >= 0 else { break }
            shown += 1
        }
        let width = parts[..<shown].reduce(0) { $0 + CharacterWidth.columns(of: $1.0) + 1 }
        let right = columns - width
        var place = right
        for (text, chip) in parts[..<shown] { place = buffer.write(text, column: place, row: row, style: chip ?? style) + 1 }
        progress = column..<max(column, right - 1)
        drawProgress(on: &buffer, row, style)
    }

    private func drawProgress(on buffer: inout CellBuffer, _ row: Int, _ style: CellStyle) {
        guard progress.count >= Self.progressMin - 1 else { return }
        let (start, end) = (Double(content.part.lowerBound), Double(content.part.upperBound))
        func cell(of time: Double) -> Int {
            progress.lowerBound + (end > start ? Int((time - start) / (end - start) * Double(progress.count - 1)) : progress.count - 1)
        }
        let here = cell(of: position)
        for column in progress {
            buffer.write(column < here ? "=" : column == here ? ">" : "-", column: column, row: row, style: style)
        }
        for marker in markers where cell(of: marker) != here { buffer.write("|", column: cell(of: marker), row: row, style: style) }
    }

    /// What else the bar tells, what matters most first (TM-418).
    private var rightParts: [(String, CellStyle?)] {
        var parts: [(String, CellStyle?)] = []
        let steps = playback.recording.steps
        if let step = steps[..<playback.stepCount].last {
            let author = step.transaction.author
            let color = Roster.color(of: author)
            let marker = Character(display.style == .ascii ? color.asciiMarker : color.marker)
            parts.append(("\(marker)\(name(of: author))", display.chip(color)))
            parts.append((Self.word(of: speed), nil))
            if let date = ReplayTime.date(step.transaction.claimedWallTime, zoneSeconds: content.zoneSeconds) { parts.append((date, nil)) }
        }
        parts.append(("? keys", nil))
        return parts
    }

    /// `4x`, `0.5x`.
    private static func word(of speed: Double) -> String {
        "\(speed == speed.rounded() ? "\(Int(speed))" : "\((speed * 100).rounded() / 100)")x"
    }

    private static let helpLines = [
        "Space            plays and pauses", ".                pauses, and shows the next step", "Left, Right      5 seconds back and on",
        "0 ... 9          to the beginning, a tenth of it, two tenths", "[ ]              to who joined or a long pause, before and after",
        "+ -              twice as fast, half as fast", "f                shows all, or goes along with what is drawn",
        "Home, End        to the beginning, to the end", "mouse            a click on the bar goes there, one elsewhere pauses",
        "q                quits",
    ]

    private static let seekMilliseconds = 5000.0
    private static let frameMilliseconds = 33.0
    /// Twice the longest time without a look at the clock.
    private static let stillMilliseconds = 2000.0
    /// How long a message is shown, by the clock (TM-419).
    private static let messageMilliseconds = 4000.0
    private static let progressMin = 8
}
