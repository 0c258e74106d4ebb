import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession

/// The tools, the hints and an open picker: what stands where, for drawing and for presses alike.
struct Bars: Sendable {
    enum Action: Hashable, Sendable {
        case pick(Tool)
        /// Does what a key does.
        case key(Unicode.Scalar)
        case restyle(PropertyChange)
        case people
    }

    struct Item: Sendable {
        let text: String
        let columns: Range<Int>
        let row: Int
        let style: CellStyle
        /// What a press on it does; nil for what is only read.
        let action: Action?

        /// - Parameter text: of ASCII.
        init(_ text: String, column: Int, row: Int, style: CellStyle, action: Action?) {
            (self.text, self.row, self.style, self.action) = (text, row, style, action)
            columns = column..<column + text.utf8.count
        }
    }

    private var items: [Item] = []
    /// Where a press shows the people; nil where a picker stands.
    private var peopleRow: Int?

    init() {}

    init(_ layout: Layout, pen: Pen, hasSelection: Bool, picker: StylePicker?) {
        if let row = layout.toolRow {
            items = Self.tools(pen.tool, layout, row: row)
            items += Self.hints(pen, hasSelection: hasSelection, layout, row: row, after: items.last?.columns.upperBound ?? 0)
        }
        if let picker { items += picker.items(layout) } else { peopleRow = layout.statusRow }
    }

    func action(at cell: CellPlace) -> Action? {
        if cell.row == peopleRow { return .people }
        return items.first { $0.row == cell.row && $0.columns.contains(cell.column) }?.action
    }

    func draw(on buffer: inout CellBuffer) {
        for item in items { buffer.write(item.text, column: item.columns.lowerBound, row: item.row, style: item.style) }
    }

    private static func tools(_ picked: Tool, _ layout: Layout, row: Int) -> [Item] {
        // With words only where the hints beside them have room as well.
        let isWide = layout.columns >= 150
        var column = 1
        return Tool.allCases.map { tool in
            let letter = String(Character(tool.letter)).uppercased()
            let text = isWide ? "\(letter) \(tool.word)" : letter
            defer { column += text.utf8.count + (isWide ? 2 : 1) }
            return Item(
                text, column: column, row: row, style: CellStyle(attributes: tool == picked ? [.reverse, .bold] : .dim), action: .pick(tool)
            )
        }
    }

    /// At the right of the tools. The least needed go where room is short.
    private static func hints(_ pen: Pen, hasSelection: Bool, _ layout: Layout, row: Int, after left: Int) -> [Item] {
        let swatch = pen.ink.flatMap { color in PersonColor.all.first { $0.color == color }?.name } ?? "own ink"
        var hints: [(key: Unicode.Scalar, text: String)] = [
            ("c", "c \(swatch)"), ("w", "w \((Pen.widths.firstIndex(of: pen.width) ?? 0) + 1)"), ("u", "u undo"), ("i", "i invite"),
            ("?", "? keys"), ("q", "q quit"),
        ]
        if hasSelection { hints.insert(("x", "x delete"), at: 0) }
        let width = { hints.reduce(-2) { $0 + $1.text.utf8.count + 2 } }
        for dropped in ["i", "q", "w", "c", "u", "x", "?"] as [Unicode.Scalar] where width() > layout.columns - 4 - left {
            hints.removeAll { $0.key == dropped }
        }
        var column = layout.columns - 1 - max(0, width())
        return hints.map { hint in
            defer { column += hint.text.utf8.count + 2 }
            return Item(hint.text, column: column, row: row, style: CellStyle(attributes: .dim), action: .key(hint.key))
        }
    }
}

/// The status row, and sentences over the canvas.
extension BoardScene {
    mutating func drawBars(on buffer: inout CellBuffer, now: Instant) {
        let picker: StylePicker? = if case .picker(let picker)? = mode.panel { picker } else { nil }
        bars = Bars(layout, pen: pen, hasSelection: !selection.isEmpty, picker: picker)
        if case .chat(let chat)? = mode.panel {
            chat.draw(on: &buffer, layout)
        } else {
            buffer.fill(row: layout.statusRow, style: Self.barStyle)
            if picker == nil { drawStatus(on: &buffer, now: now) }
        }
        bars.draw(on: &buffer)
    }

    private func drawStatus(on buffer: inout CellBuffer, now: Instant) {
        let row = layout.statusRow
        var column = buffer.write(" \(modeWord) ", column: 0, row: row, style: CellStyle(attributes: [.reverse, .bold]))
        // The most important stand left; what does not fit is left out whole.
        for part in statusParts(now: now) {
            let needed = part.reduce(2) { $0 + CharacterWidth.columns(of: $1.text) }
            guard column + needed <= layout.columns else { continue }
            column += 2
            for piece in part { column = buffer.write(piece.text, column: column, row: row, style: piece.style ?? Self.barStyle) }
        }
    }

    private static var barStyle: CellStyle { CellStyle(attributes: .reverse) }

    private struct Piece {
        var text: String
        var style: CellStyle?
    }

    /// What the keys do now, in one word.
    private var modeWord: String {
        if let edit = mode.edit { return edit.draft.kind == .text ? "TEXT" : "WRITE" }
        if selection.isResizing { return "RESIZE" }
        if movesSelection { return "MOVE" }
        return pen.tool.word.uppercased() + (pen.isLocked ? "+" : "")
    }

    private func statusParts(now: Instant) -> [[Piece]] {
        var parts: [[Piece]] = []
        func add(_ sentence: Sentence?) { if let sentence { parts.append([Piece(text: sentence.text)]) } }
        if let person = front.people.present.first(where: { ($0.person.status.silentSeconds ?? 0) >= 2 })?.person {
            add(.silent(safeForTerminal(person.status.name, columnsMax: 12), seconds: person.status.silentSeconds ?? 0))
        }
        add(front.sendingWord(now: now))
        parts.append([Piece(text: safeForTerminal(front.name, columnsMax: 24))])
        let present = front.people.present.map(\.person).filter { $0.status.state != .joining }
        if present.isEmpty { add(.onlyYou) } else { parts.append(pieces(of: present)) }
        // Of the slowest.
        add(present.max { ($0.shownRoundTrip ?? -1) < ($1.shownRoundTrip ?? -1) }?.pathWord)
        let isTyping = mode.edit?.hasUnsaved == true
        add(front.savedWord(isAsked: requests.isAwaiting, isRefused: requests.keptCount > 0, isTyping: isTyping, now: now))
        switch front.rendezvous {
        case .unreachable: add(.noRendezvous)
        case .connecting: if present.isEmpty { add(.connecting) }
        case .none, .connected: break
        }
        return parts
    }

    /// The first few people, in their colours.
    private func pieces(of present: [Roster.Person]) -> [Piece] {
        var pieces: [Piece] = []
        for person in present.prefix(4) {
            let color = front.people.color(person)
            let marker = String(Character(display.style == .ascii ? color.asciiMarker : color.marker))
            let name = safeForTerminal(person.status.name.isEmpty ? "?" : person.status.name, columnsMax: 12)
            if !pieces.isEmpty { pieces.append(Piece(text: " ")) }
            pieces.append(Piece(text: marker + name, style: CellStyle(foreground: color.text, background: color.color)))
            if person.status.state == .idle || person.status.state == .away {
                pieces.append(Piece(text: " \(person.status.state.rawValue)"))
            }
        }
        if present.count > 4 { pieces.append(Piece(text: " +\(present.count - 4)")) }
        return pieces
    }

    // MARK: Sentences

    /// The loss of a person, in a sentence over the canvas.
    func drawBanner(on buffer: inout CellBuffer) {
        let style = CellStyle(attributes: [.reverse, .bold])
        for (row, line) in bannerLines.enumerated() {
            buffer.fill(row: row, style: style)
            buffer.write(" " + line, column: 0, row: row, style: style)
        }
    }

    /// At most two rows: where the whole does not fit, what matters most.
    private var bannerLines: [String] {
        guard let lost = front.people.lost, layout.canvasRows > 2 else { return [] }
        let name = safeForTerminal(lost.name, columnsMax: 16)
        let (seconds, unsent) = (lost.status.silentSeconds ?? 0, front.sync?.unsent ?? 0)
        let lines = wordWrapped(Sentence.lost(name, seconds: seconds, unsent: unsent).text, columns: layout.columns - 2)
        let short = Sentence.lostShort(name, seconds: seconds, unsent: unsent).text
        return lines.count <= 2 ? lines : Array(wordWrapped(short, columns: layout.columns - 2).prefix(2))
    }

    func drawNotices(on buffer: inout CellBuffer) {
        let (columns, rows) = (layout.canvasColumns, layout.canvasRows)
        guard rows >= 3 else { return }
        let room = max(1, columns - 4)
        // The newest have their place first.
        var lines: [String] = []
        for notice in front.notices.shown.reversed() {
            let wrapped = wordWrapped(safeForTerminal(notice.text), columns: room)
            let shown = wrapped.prefix(2).enumerated().map { index, line in
                index == 1 && wrapped.count > 2 ? safeForTerminal(line + "…", columnsMax: room) : line
            }
            guard lines.count + shown.count < rows else { break }
            lines = shown + lines
        }
        // Never over the caret of who is typing.
        let isBelow = mode.edit.map { viewport.screen($0.caret(on: grid)).row < rows - lines.count } ?? true
        let top = isBelow ? rows - lines.count : min(bannerLines.count, rows - lines.count)
        for (index, line) in lines.enumerated() {
            let text = " \(line) "
            buffer.write(
                text, column: max(0, columns - CharacterWidth.columns(of: text) - 1), row: top + index,
                style: CellStyle(attributes: .reverse))
        }
    }
}
