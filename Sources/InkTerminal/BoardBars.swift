import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession

/// The bars, boxes and sentences around the board.
extension BoardScene {
    // MARK: Bars

    func drawBars(_ buffer: inout CellBuffer, now: Instant) {
        if layout.hasTools { drawTools(&buffer) }
        drawStatus(&buffer, now: now)
    }

    /// Where each tool stands in the row of tools.
    private func toolCells() -> [(tool: Tool, columns: Range<Int>, text: String)] {
        // With words only where the hints beside them have room as well.
        let isWide = columns >= 150
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
            buffer.write(text, column: range.lowerBound, row: row, style: CellStyle(attributes: isPicked ? [.reverse, .bold] : .dim))
        }
        for hint in hintCells() { buffer.write(hint.text, column: hint.columns.lowerBound, row: row, style: CellStyle(attributes: .dim)) }
    }

    /// Where each hint stands at the right of the tools: a press on it does what its key does. The least needed go where room is short.
    private func hintCells() -> [(key: Unicode.Scalar, columns: Range<Int>, text: String)] {
        let swatch = ink.flatMap { color in PersonColor.all.first { $0.color == color }?.name } ?? "own ink"
        var hints: [(key: Unicode.Scalar, text: String)] = [
            ("c", "c \(swatch)"), ("w", "w \((Self.widths.firstIndex(of: width) ?? 0) + 1)"), ("u", "u undo"), ("i", "i invite"),
            ("?", "? keys"), ("q", "q quit"),
        ]
        if !selection.isEmpty { hints.insert(("x", "x delete"), at: 0) }
        let room = columns - 4 - (toolCells().last?.columns.upperBound ?? 0)
        for dropped in ["i", "q", "w", "c", "u", "x", "?"] as [Unicode.Scalar] {
            if hints.reduce(-2, { $0 + $1.text.utf8.count + 2 }) <= room { break }
            hints.removeAll { $0.key == dropped }
        }
        var column = columns - 1 - max(0, hints.reduce(-2) { $0 + $1.text.utf8.count + 2 })
        return hints.map { hint in
            defer { column += hint.text.utf8.count + 2 }
            return (hint.key, column..<column + hint.text.utf8.count, hint.text)
        }
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
        if !pickerCells().isEmpty { return drawPicker(&buffer, row: row) }
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
        func add(_ sentence: Sentence?) { if let sentence { parts.append([Piece(text: sentence.text)]) } }
        if let person = front.people.present.first(where: { ($0.person.status.silentSeconds ?? 0) >= 2 })?.person {
            add(.silent(safeForTerminal(person.status.name, columnsMax: 12), seconds: person.status.silentSeconds ?? 0))
        }
        add(front.sendingWord(now: now))
        parts.append([Piece(text: safeForTerminal(front.name, columnsMax: 24))])
        let present = front.people.present.filter { $0.person.status.state != .joining }
        if present.isEmpty {
            add(.onlyYou)
        } else {
            var pieces: [Piece] = []
            for (_, person) in present.prefix(4) {
                let color = front.people.color(person)
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
            // Of the slowest.
            add(present.max { ($0.person.shownRoundTrip ?? -1) < ($1.person.shownRoundTrip ?? -1) }?.person.pathWord)
        }
        add(front.savedWord(isAsked: !asked.isEmpty, isRefused: hasRefused, isTyping: edit?.unsavedSince != nil, now: now))
        switch front.rendezvous {
        case .unreachable: add(.noRendezvous)
        case .connecting: if present.isEmpty { add(.connecting) }
        case .none, .connected: break
        }
        return parts
    }

    /// A press on the bars: a tool, a hint, a cell of a picker, or the people.
    mutating func pressBar(column: Int, row: Int, now: Instant) {
        touch()
        let picker = pickerCells()
        if row == rows - 1, !picker.isEmpty {
            if let digit = picker.first(where: { $0.columns.contains(column) })?.digit { pickStyle(digit, now: now) }
        } else if row == rows - 1 {
            panel = .people
        } else if layout.hasTools, let hit = toolCells().first(where: { $0.columns.contains(column) }) {
            pick(hit.tool, now: now)
        } else if layout.hasTools, let hint = hintCells().first(where: { $0.columns.contains(column) }) {
            if edit != nil { finishEdit(now: now) }
            character(hint.key, now: now)
        }
    }

    // MARK: Pickers

    /// What the open picker offers and where it stands in the status row; a cell without a digit is only read. Empty for no picker.
    private func pickerCells() -> [(digit: Int?, columns: Range<Int>, text: String, style: CellStyle)] {
        // As many letters as fit: no colour is told by its look alone.
        let forms: [[(digit: Int?, text: String, style: CellStyle)]]
        switch panel {
        case .color: forms = Self.pickerForms("colour:", "0 own ink", "0 own")
        case .fill: forms = Self.pickerForms("fill:", "0 none", "0 none")
        case .width:
            let bar = CellStyle(attributes: .reverse)
            let long = ["1 thin", "2 thick", "3 broad", "4 broadest"].enumerated().map { (Optional($0.offset + 1), $0.element, bar) }
            forms = [[(nil, "width:", bar)] + long, long, (1...Self.widths.count).map { (Optional($0), "\($0)", bar) }]
        case .none, .help, .invite, .people, .chat: return []
        }
        let width = { (form: [(digit: Int?, text: String, style: CellStyle)]) in form.reduce(-1) { $0 + $1.text.utf8.count + 1 } }
        let fitting = forms.first { width($0) <= columns } ?? forms[forms.count - 1]
        var column = width(fitting) < columns ? 1 : 0
        return fitting.map { cell in
            defer { column += cell.text.utf8.count + 1 }
            return (cell.digit, column..<column + cell.text.utf8.count, cell.text, cell.style)
        }
    }

    /// A picker of colours in its forms, the longest first.
    private static func pickerForms(
        _ title: String, _ none: String, _ noneShort: String
    ) -> [[(digit: Int?, text: String, style: CellStyle)]] {
        let bar = CellStyle(attributes: .reverse)
        func colors(_ label: (Int, String) -> String) -> [(digit: Int?, text: String, style: CellStyle)] {
            PersonColor.all.enumerated().map { index, person in
                (index + 1, label(index + 1, person.name), CellStyle(foreground: person.text, background: person.color))
            }
        }
        return [
            [(nil, title, bar), (0, none, bar)] + colors { "\($0) \($1)" },
            [(nil, title, bar), (0, noneShort, bar)] + colors { "\($0) \($1.prefix(3))" },
            [(0, noneShort, bar)] + colors { "\($0)\($1.prefix(1))" },
            colors { "\($0)\($1.prefix(1))" },
        ]
    }

    private func drawPicker(_ buffer: inout CellBuffer, row: Int) {
        for cell in pickerCells() { buffer.write(cell.text, column: cell.columns.lowerBound, row: row, style: cell.style) }
    }

    // MARK: Sentences

    /// The loss of a person, in a sentence over the canvas.
    func drawBanner(_ buffer: inout CellBuffer) {
        let style = CellStyle(attributes: [.reverse, .bold])
        for (row, line) in bannerLines().enumerated() {
            buffer.fill(row: row, style: style)
            buffer.write(" " + line, column: 0, row: row, style: style)
        }
    }

    /// At most two rows: where the whole does not fit, what matters most.
    private func bannerLines() -> [String] {
        guard let lost = front.lost, layout.canvasRows > 2 else { return [] }
        let name = safeForTerminal(lost.name, columnsMax: 16)
        let (seconds, unsent) = (lost.status.silentSeconds ?? 0, front.sync?.unsent ?? 0)
        let lines = wordWrapped(Sentence.lost(name, seconds: seconds, unsent: unsent).text, columns: columns - 2)
        let short = Sentence.lostShort(name, seconds: seconds, unsent: unsent).text
        return lines.count <= 2 ? lines : Array(wordWrapped(short, columns: columns - 2).prefix(2))
    }

    func drawNotices(_ buffer: inout CellBuffer) {
        guard layout.canvasRows >= 3 else { return }
        let room = max(1, columns - 4)
        // The newest have their place first.
        var lines: [String] = []
        for notice in front.notices.shown.reversed() {
            let wrapped = wordWrapped(safeForTerminal(notice.text), columns: room)
            let shown = wrapped.prefix(2).enumerated().map { index, line in
                index == 1 && wrapped.count > 2 ? safeForTerminal(line + "…", columnsMax: room) : line
            }
            guard lines.count + shown.count < layout.canvasRows else { break }
            lines = shown + lines
        }
        // Never over the caret of who is typing.
        let isBelow = caretRow.map { $0 < layout.canvasRows - lines.count } ?? true
        let top = isBelow ? layout.canvasRows - lines.count : min(bannerLines().count, layout.canvasRows - lines.count)
        for (index, line) in lines.enumerated() {
            let text = " \(line) "
            buffer.write(
                text, column: max(0, columns - CharacterWidth.columns(of: text) - 1), row: top + index,
                style: CellStyle(attributes: .reverse))
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
        let (width, height) = (min(width, columns), min(height, layout.canvasRows))
        let (left, top) = ((columns - width) / 2, (layout.canvasRows - height) / 2)
        let frame = ShapeDraft(
            kind: .rectangle, position: Grid.standard.middle(of: CellPlace(column: 0, row: 0)),
            size: Size(width: Int32((width - 1) * Grid.standard.columnUnits), height: Int32((height - 1) * Grid.standard.rowUnits)))
        var raster = CellRaster(region: CellRegion(column: 0, row: 0, columns: width, rows: height), grid: .standard)
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
        let lines = helpLines
        let inside = openBox(&buffer, width: Self.helpColumns, height: lines.count + 2, title: "keys")
        let first = min(top, helpTopMax)
        for row in 0..<max(0, min(inside.rows, lines.count - first)) {
            buffer.write(lines[first + row], column: inside.column, row: inside.row + row, limit: inside.column + inside.columns)
        }
        if lines.count > inside.rows {
            buffer.write(
                " arrows scroll ", column: inside.column, row: inside.row + inside.rows, style: CellStyle(attributes: .dim),
                limit: columns - 1)
        }
    }

    private static let helpColumns = 70
    /// The help as it fits the box.
    private var helpLines: [String] { HelpText.lines(columns: max(1, min(Self.helpColumns, columns) - (columns >= 3 ? 4 : 0))) }
    private var helpTopMax: Int { max(0, helpLines.count - max(1, layout.canvasRows - (layout.canvasRows >= 3 ? 2 : 0))) }

    mutating func scrollHelp(_ lines: Int) {
        guard case .help(let top) = panel else { return }
        panel = .help(top: max(0, min(helpTopMax, top + lines)))
        touch()
    }

    /// The link is written from the left edge without a frame, so that it can be copied as one piece, and never in part.
    private func drawInvitation(_ buffer: inout CellBuffer) {
        guard let invitation else {
            let inside = openBox(&buffer, width: 50, height: 3, title: "invite")
            buffer.write(
                "This board has no link: it has no way in.", column: inside.column, row: inside.row, limit: inside.column + inside.columns)
            return
        }
        let command = Self.chunks(safeForTerminal(invitation.command), columns)
        let link = Self.chunks(safeForTerminal(invitation.link), columns)
        let whole =
            ["Whoever has this link can read and draw. Others type:", ""] + command + ["", "and paste this link:", ""] + link
            + ["", "c copies the link - Esc hides this"]
        // Where rows do not suffice the sentences go first, then the link lies over the bars as well.
        let forms = [command + link + ["c copies - Esc hides"], link + ["c copies - Esc hides"], link]
        let small = wordWrapped("window too small: c copies the link", columns: columns)
        let lines = whole.count <= layout.canvasRows ? whole : forms.first { $0.count <= rows } ?? small
        let top = max(0, ((lines.count <= layout.canvasRows ? layout.canvasRows : rows) - lines.count) / 2)
        for row in 0..<min(lines.count, rows) {
            buffer.fill(row: top + row)
            let isTitle = row == 0 && lines.count == whole.count
            buffer.write(lines[row], column: 0, row: top + row, style: CellStyle(attributes: isTitle ? .bold : []))
        }
    }

    private func drawPeople(_ buffer: inout CellBuffer) {
        let present = front.people.present
        let inside = openBox(&buffer, width: 56, height: present.count + 4, title: "people")
        var lines = ["you"]
        for (_, person) in present {
            let color = front.people.color(person)
            let path = person.pathWord?.text ?? ""
            let doing = person.gestures.isEmpty ? person.status.state.rawValue : "drawing"
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

    /// The same within some columns: what stands apart stays apart where that fits, and begins a row of its own where it does not.
    static func lines(columns: Int) -> [String] {
        lines.flatMap { line -> [String] in
            guard line.utf8.count > columns else { return [line] }
            var rows: [String] = []
            for item in items(of: line) {
                if let last = rows.last, last.utf8.count + 2 + item.utf8.count <= columns {
                    rows[rows.count - 1] += "  " + item
                } else {
                    rows += wordWrapped(item, columns: columns)
                }
            }
            return rows
        }
    }

    /// The parts of a line between two spaces or more.
    private static func items(of line: String) -> [String] {
        var items: [[Substring]] = [[]]
        for word in line.split(separator: " ", omittingEmptySubsequences: false) {
            if !word.isEmpty { items[items.count - 1].append(word) } else if items.last != [] { items.append([]) }
        }
        return items.filter { !$0.isEmpty }.map { $0.joined(separator: " ") }
    }
}
