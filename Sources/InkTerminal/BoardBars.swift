import InkBoard
import InkFormats
import InkPrimitives
import InkSession

/// The bars, boxes and sentences around the board.
extension BoardScene {
    // MARK: Bars

    func drawBars(_ buffer: inout CellBuffer, now: Instant) {
        if barRows == 2 { drawTools(&buffer) }
        drawStatus(&buffer, now: now)
    }

    /// Where each tool stands in the row of tools.
    private func toolCells() -> [(tool: Tool, columns: Range<Int>, text: String)] {
        let isWide = columns >= 100
        var column = 1
        return Tool.allCases.map { tool in
            let letter = String(Character(tool.letter)).uppercased()
            let text = isWide ? "\(letter) \(tool.word)" : letter
            defer { column += text.count + (isWide ? 2 : 1) }
            return (tool, column..<column + text.count, text)
        }
    }

    private func drawTools(_ buffer: inout CellBuffer) {
        let row = rows - 2
        for (tool, range, text) in toolCells() {
            let isPicked = tool == self.tool
            if isPicked {
                buffer.fill(
                    row: row, from: range.lowerBound - 1, to: range.upperBound + 1, style: CellStyle(attributes: [.reverse, .bold]))
            }
            buffer.write(text, column: range.lowerBound, row: row, style: CellStyle(attributes: isPicked ? [.reverse, .bold] : .dim))
        }
        let end = toolCells().last.map { $0.columns.upperBound } ?? 0
        let swatch = ink.flatMap { color in PersonColor.all.first { $0.color == color }?.name } ?? "own ink"
        let hints = "c \(swatch)  w \((Self.widths.firstIndex(of: width) ?? 0) + 1)  u undo  i invite  ? keys  q quit"
        let start = columns - hints.utf8.count - 1
        if start > end + 2 { buffer.write(hints, column: start, row: row, style: CellStyle(attributes: .dim)) }
    }

    private func drawStatus(_ buffer: inout CellBuffer, now: Instant) {
        let row = rows - 1
        if case .chat(let chat) = panel {
            buffer.write("say: ", column: 0, row: row, style: CellStyle(attributes: .bold))
            buffer.write(chat.window(columns: columns - 6).text, column: 5, row: row, style: CellStyle(attributes: .bold))
            return
        }
        let bar = CellStyle(attributes: .reverse)
        buffer.fill(row: row, style: bar)
        if let picker = pickerWords {
            drawPicker(picker, &buffer, row: row)
            return
        }
        var column = buffer.write(" \(mode) ", column: 0, row: row, style: CellStyle(attributes: [.reverse, .bold]))
        // The most important stand left; what does not fit is left out whole.
        for part in statusParts(now: now) {
            let needed = part.reduce(2) { $0 + CharacterWidth.columns(of: $1.text) }
            guard column + needed <= columns else { continue }
            column += 2
            for piece in part { column = buffer.write(piece.text, column: column, row: row, style: piece.style ?? bar) }
        }
    }

    private struct Piece {
        var text: String
        var style: CellStyle?
    }

    /// What the keys do now, in one word.
    private var mode: String {
        if let edit { return edit.draft.kind == .text ? "TEXT" : "WRITE" }
        if isResizing { return "RESIZE" }
        if movesSelection { return "MOVE" }
        return tool.word.uppercased() + (isLocked ? "+" : "")
    }

    private func statusParts(now: Instant) -> [[Piece]] {
        var parts: [[Piece]] = []
        let trouble = people.present.first { ($0.person.status.silentSeconds ?? 0) >= 2 }
        if let person = trouble?.person {
            parts.append([Piece(text: "\(safeForTerminal(person.status.name, columnsMax: 12)) ... \(person.status.silentSeconds ?? 0)s")])
        }
        if let sending = sendingWords(now: now) { parts.append([Piece(text: sending)]) }
        parts.append([Piece(text: safeForTerminal(name, columnsMax: 24))])
        let present = people.present.filter { $0.person.status.state != .joining }
        if present.isEmpty {
            parts.append([Piece(text: "only you")])
        } else {
            var pieces: [Piece] = []
            for (_, person) in present.prefix(4) {
                let color = people.color(person)
                let marker = String(Character(style == .ascii ? color.asciiMarker : color.marker))
                if !pieces.isEmpty { pieces.append(Piece(text: " ")) }
                pieces.append(
                    Piece(
                        text: "\(marker)\(safeForTerminal(person.status.name.isEmpty ? "?" : person.status.name, columnsMax: 12))",
                        style: CellStyle(foreground: color.text, background: color.color)))
                if person.status.state == .idle || person.status.state == .away {
                    pieces.append(Piece(text: " \(person.status.state.rawValue)"))
                }
            }
            if present.count > 4 { pieces.append(Piece(text: " +\(present.count - 4)")) }
            parts.append(pieces)
            if let path = pathWords(present.map(\.person)) { parts.append([Piece(text: path)]) }
        }
        parts.append([Piece(text: savedWord(now: now))])
        switch rendezvous {
        case .unreachable: parts.append([Piece(text: "no rendezvous")])
        case .connecting: if present.isEmpty { parts.append([Piece(text: "connecting")]) }
        case .none, .connected: break
        }
        return parts
    }

    /// Path and round trip of the slowest, in a coarse step.
    private func pathWords(_ present: [People.Person]) -> String? {
        guard let slowest = present.compactMap(\.shownRoundTrip).max() else { return nil }
        return "direct \(slowest <= 5 ? "<5" : "~\(slowest)") ms"
    }

    private func savedWord(now: Instant) -> String {
        if edit?.unsavedSince != nil { return "typing" }
        if let since = unsavedSince, now - since >= Self.patience { return "NOT SAVED YET" }
        return isSaved ? "saved" : "saving"
    }

    private func sendingWords(now: Instant) -> String? {
        guard let sync else { return nil }
        if sync.state == .behind, sync.missing > 0 { return "catching up" }
        // That nobody has a board on which nothing stands yet is no news to who made it.
        guard sync.unsent > 0, !(mirror.isEmpty && people.present.isEmpty), let since = unsentSince, now - since >= Self.patience else {
            return nil
        }
        return "\(sync.unsent) unsent"
    }

    /// A press on the bars: a tool, or the people.
    mutating func pressBar(column: Int, row: Int, now: Instant) {
        if row == rows - 2, let hit = toolCells().first(where: { $0.columns.contains(column) }) {
            pick(hit.tool, now: now)
        } else if row == rows - 1 {
            panel = panel == .people ? .none : .people
        }
        touch()
    }

    // MARK: Pickers

    private var pickerWords: String? {
        switch panel {
        case .color: "colour: 0 own ink"
        case .fill: "fill: 0 none"
        case .width: "width: 1 thin  2 thick  3 broad  4 broadest"
        default: nil
        }
    }

    private func drawPicker(_ words: String, _ buffer: inout CellBuffer, row: Int) {
        let bar = CellStyle(attributes: .reverse)
        var column = buffer.write(" \(words)", column: 0, row: row, style: bar)
        guard panel != .width else { return }
        for (index, person) in PersonColor.all.enumerated() {
            column = buffer.write("  ", column: column, row: row, style: bar)
            let label = columns >= 80 ? " \(index + 1) \(person.name) " : "\(index + 1)"
            column = buffer.write(label, column: column, row: row, style: CellStyle(foreground: person.text, background: person.color))
        }
    }

    // MARK: Sentences

    /// The loss of a person, in a sentence over the canvas.
    func drawBanner(_ buffer: inout CellBuffer) {
        guard let lost = people.present.first(where: { ($0.person.status.silentSeconds ?? 0) >= 6 })?.person, canvasRows > 2 else { return }
        let name = safeForTerminal(lost.status.name.isEmpty ? "somebody" : lost.status.name, columnsMax: 16)
        let later = (sync?.unsent ?? 0) > 0 ? " \(sync?.unsent ?? 0) changes will be sent later." : ""
        let text = " Connection to \(name) lost \(lost.status.silentSeconds ?? 0) s ago - trying again. You can go on drawing.\(later)"
        buffer.fill(row: 0, style: CellStyle(attributes: [.reverse, .bold]))
        buffer.write(text, column: 0, row: 0, style: CellStyle(attributes: [.reverse, .bold]))
    }

    func drawNotices(_ buffer: inout CellBuffer) {
        guard canvasRows >= 3 else { return }
        for (index, notice) in notices.shown.enumerated() {
            let text = " " + safeForTerminal(notice.text, columnsMax: max(1, columns - 4)) + " "
            let row = canvasRows - notices.shown.count + index
            buffer.write(
                text, column: max(0, columns - CharacterWidth.columns(of: text) - 1), row: row, style: CellStyle(attributes: .reverse))
        }
    }

    // MARK: Boxes

    func drawPanel(_ buffer: inout CellBuffer) {
        switch panel {
        case .none, .color, .fill, .width, .chat: break
        case .help(let top): drawHelp(&buffer, top: top)
        case .invite: drawInvitation(&buffer)
        case .people: drawPeople(&buffer)
        }
    }

    /// Opens a box of `width` by `height` cells in the middle of the canvas, or as much of it as there is; returns where its inside begins.
    private func openBox(_ buffer: inout CellBuffer, width: Int, height: Int, title: String) -> (
        column: Int, row: Int, columns: Int, rows: Int
    ) {
        let (width, height) = (min(width, columns), min(height, canvasRows))
        let (left, top) = ((columns - width) / 2, (canvasRows - height) / 2)
        let frame = ShapeDraft(
            kind: .rectangle, position: CellMetrics.middle(column: 0, row: 0),
            size: Size(width: Int32((width - 1) * CellMetrics.columnUnits), height: Int32((height - 1) * CellMetrics.rowUnits)))
        var raster = CellRaster(region: CellRegion(column: 0, row: 0, columns: width, rows: height))
        if width >= 3, height >= 3 { raster.draw(frame) }
        for row in 0..<height {
            for column in 0..<width {
                buffer.put(raster.cell(column: column, row: row, style: style), column: left + column, row: top + row)
            }
        }
        guard width >= 3, height >= 3 else { return (left, top, width, height) }
        buffer.write(" \(title) ", column: left + 2, row: top, style: CellStyle(attributes: .bold), limit: left + width - 1)
        return (left + 2, top + 1, width - 4, height - 2)
    }

    private func drawHelp(_ buffer: inout CellBuffer, top: Int) {
        let lines = HelpText.lines
        let inside = openBox(&buffer, width: 70, height: lines.count + 2, title: "keys")
        let first = min(top, max(0, lines.count - inside.rows))
        for row in 0..<max(0, min(inside.rows, lines.count - first)) {
            buffer.write(lines[first + row], column: inside.column, row: inside.row + row, limit: inside.column + inside.columns)
        }
        if lines.count > inside.rows {
            buffer.write(
                " arrows scroll ", column: inside.column, row: inside.row + inside.rows, style: CellStyle(attributes: .dim),
                limit: columns - 1)
        }
    }

    /// The link is written from the left edge without a frame, so that it can be copied as one piece.
    private func drawInvitation(_ buffer: inout CellBuffer) {
        guard let invitation else {
            let inside = openBox(&buffer, width: 50, height: 3, title: "invite")
            buffer.write(
                "This board has no link: it has no way in.", column: inside.column, row: inside.row, limit: inside.column + inside.columns)
            return
        }
        var lines = ["Whoever has this link can read and draw. Others type:", ""]
        lines += Self.chunks(safeForTerminal(invitation.command), columns)
        lines += ["", "and paste this link:", ""]
        lines += Self.chunks(safeForTerminal(invitation.link), columns)
        lines += ["", "c copies the link - Esc hides this"]
        let top = max(0, (canvasRows - lines.count) / 2)
        for row in 0..<min(lines.count, canvasRows) {
            buffer.fill(row: top + row)
            buffer.write(lines[row], column: 0, row: top + row, style: CellStyle(attributes: row == 0 ? .bold : []))
        }
    }

    private func drawPeople(_ buffer: inout CellBuffer) {
        let present = people.present
        let inside = openBox(&buffer, width: 56, height: present.count + 4, title: "people")
        var lines = ["you"]
        for (_, person) in present {
            let color = people.color(person)
            let path = person.shownRoundTrip.map { "direct \($0 <= 5 ? "<5" : "~\($0)") ms" } ?? ""
            let doing = person.gesture == nil ? person.status.state.rawValue : "drawing"
            let marker = Character(style == .ascii ? color.asciiMarker : color.marker)
            lines.append(
                "\(marker) \(safeForTerminal(person.status.name.isEmpty ? "?" : person.status.name, columnsMax: 20))  \(doing)  \(path)")
        }
        if present.isEmpty { lines.append("nobody else yet: i invites") }
        for (index, line) in lines.prefix(inside.rows).enumerated() {
            buffer.write(line, column: inside.column, row: inside.row + index, limit: inside.column + inside.columns)
        }
    }

    /// ASCII text in pieces of a width.
    static func chunks(_ text: String, _ width: Int) -> [String] {
        var pieces: [String] = []
        var rest = Substring(text)
        while !rest.isEmpty {
            pieces.append(String(rest.prefix(max(1, width))))
            rest = rest.dropFirst(max(1, width))
        }
        return pieces
    }
}

/// The help: one line for each thing a person can do.
enum HelpText {
    static let lines = [
        "v select   h hand      r rectangle  d diamond  o ellipse",
        "a arrow    l line      p pen        t text     n note     e eraser",
        "Q lock the tool        Space hand and back",
        "",
        "mouse      drag draws; right click or Esc cancels the drag",
        "           double click edits a text; middle drag and wheel pan",
        "keyboard   arrows move the pointer (Shift: 8 cells)",
        "           Enter presses, Enter again releases",
        "",
        "u Ctrl+Z undo          U Ctrl+R redo",
        "x Del    delete        D duplicate       Ctrl+A select all",
        "] [ Tab  next shape    Enter edits the text of the selected",
        "hjkl HJKL arrows       move what is selected",
        "z        resize by arrows; with the mouse pull a corner",
        "c colour    w width    B fill            Y copy as text",
        "f Home   show the drawing   PgUp PgDn pan   ' go to a person",
        "i invite    P people   / say something   Alt+C hide cursors",
        "M        mouse off and on, for copying with the terminal",
        "q        quit (so does Ctrl+C twice); everything is saved",
    ]
}
