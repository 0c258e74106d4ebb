import InkFormats
import InkPrimitives

/// Commands by name, in the help or above a line of their own: what is typed narrows them, the best first, and Enter runs the one that is chosen.
struct CommandList: Sendable {
    enum Look: Hashable, Sendable {
        /// A few rows above the line.
        case palette
        /// A sheet with all of them, and what else there is to know.
        case help
    }

    let look: Look
    private let keys: KeyMap
    private(set) var line: PromptLine
    private var matches = BoardCommand.allCases
    /// Of the matches; nil in the help before something is sought (TM-163).
    private var chosen: Int?
    /// What is wrong with what was typed; empty for nothing.
    private(set) var complaint = ""
    /// The first row of the help that is shown, and how many had room when it was drawn last.
    private var (top, shown) = (0, 1)

    /// - Parameter text: what is typed already.
    init(_ look: Look, _ text: String = "", keys: KeyMap) {
        (self.look, self.keys) = (look, keys)
        line = PromptLine(look == .palette ? ":" : "search: ", text, bytesMax: Self.bytesMax)
        retype()
    }

    mutating func handle(_ key: Key, _ modifiers: KeyModifiers) -> PanelAnswer {
        switch key {
        case .enter: return enter()
        case _ where look == .help && (line.isEmpty || !key.isCharacter) && keys.command(for: key, modifiers) == .help:
            return .closes
        case .tab: choose(modifiers.contains(.shift) ? -1 : 1)
        case .down: choose(1)
        case .up: choose(-1)
        case .pageDown: choose(page)
        case .pageUp: choose(-page)
        default:
            let before = line.text
            _ = line.handle(key, modifiers)
            if line.text != before { retype() }
        }
        return .stays
    }

    /// As for `PromptLine`.
    mutating func paste(_ text: String, isPart: Bool) -> Bool {
        defer { retype() }
        return line.paste(text, isPart: isPart)
    }

    /// Says why a command was not run, and keeps what was typed (TM-378).
    mutating func complain(_ words: String) { complaint = words }

    /// Moves the choice by so many commands; it stops at the ends.
    mutating func choose(_ step: Int) {
        complaint = ""
        guard !matches.isEmpty else { return }
        chosen = max(0, min(matches.count - 1, (chosen ?? (step > 0 ? -1 : matches.count)) + step))
    }

    private var page: Int { max(1, shown / 2) }

    // MARK: What is meant

    /// The command whose name is typed with a space behind it, and what follows that (TM-162).
    private var typed: (command: BoardCommand, argument: String)? {
        guard let end = line.text.firstIndex(of: " "), let command = BoardCommand.named(String(line.text[..<end])) else { return nil }
        let rest = line.text[end...].drop { $0 == " " }
        let last = rest.lastIndex { $0 != " " }
        return (command, last.map { String(rest[...$0]) } ?? "")
    }

    private mutating func retype() {
        complaint = ""
        if let typed {
            matches = [typed.command]
        } else {
            let ranked = BoardCommand.allCases.enumerated().compactMap { index, command in
                command.rank(for: line.text, keys).map { (rank: $0, index: index, command: command) }
            }
            matches = ranked.sorted { ($0.rank, $0.index) < ($1.rank, $1.index) }.map(\.command)
        }
        chosen = matches.isEmpty || look == .help && line.isEmpty ? nil : 0
        top = 0
    }

    // TM-161
    private mutating func enter() -> PanelAnswer {
        if let typed {
            if !typed.argument.isEmpty { return .runs(typed.command, typed.argument) }
            if let argument = typed.command.row.argument, argument.isNeeded {
                complaint = "\(typed.command.name) needs more: \(typed.command.name) \(argument.hint)"
                return .stays
            }
        }
        if let chosen { return .runs(matches[chosen], "") }
        guard !line.isEmpty else { return .closes }
        complaint = "no command is called “\(line.text)”"
        return .stays
    }

    // MARK: Picture

    mutating func draw(on buffer: inout CellBuffer, _ layout: Layout, _ style: GlyphStyle) {
        switch look {
        case .palette: drawPalette(on: &buffer, layout)
        case .help: drawHelp(on: &buffer, layout, style)
        }
    }

    private mutating func drawPalette(on buffer: inout CellBuffer, _ layout: Layout) {
        let foot = layout.sheetRows - complaintLines(layout).count
        drawComplaint(on: &buffer, layout)
        shown = max(0, min(Self.rowsMax, matches.count, foot))
        let first = max(0, min(matches.count - shown, (chosen ?? 0) - shown + 1))
        let room = layout.columns
        for (offset, index) in (first..<first + shown).enumerated() {
            let row = foot - shown + offset
            let command = matches[index]
            let attributes: Cell.Attributes = index == chosen ? .reverse : []
            let style = CellStyle(attributes: attributes)
            buffer.fill(row: row, style: style)
            let name = (index == chosen ? "> " : "  ") + command.name + (command.row.argument.map { " " + $0.hint } ?? "")
            let keys = keys.words(of: command).prefix(2).joined(separator: " ")
            let keysColumn = room - keys.utf8.count - 1
            var column = buffer.write(name, column: 0, row: row, style: style, limit: room)
            // The words where they have room between the two.
            if column + 2 < keysColumn {
                column = max(column + 2, min(Self.nameColumns, keysColumn))
                buffer.write(
                    safeForTerminal(command.words, columnsMax: max(0, keysColumn - 2 - column)), column: column, row: row, style: style)
            }
            if name.utf8.count < keysColumn { buffer.write(keys, column: keysColumn, row: row, style: style) }
        }
    }

    private func drawComplaint(on buffer: inout CellBuffer, _ layout: Layout) {
        let lines = complaintLines(layout)
        let style = CellStyle(attributes: [.reverse, .bold])
        for (index, line) in lines.enumerated() {
            let row = layout.sheetRows - lines.count + index
            buffer.fill(row: row, style: style)
            buffer.write(line, column: 1, row: row, style: style)
        }
    }

    /// What is wrong, whole where there are rows for it: it says which words there are (TM-405).
    private func complaintLines(_ layout: Layout) -> [String] {
        let columns = max(1, layout.columns - 2)
        let lines = wordWrapped(safeForTerminal(complaint), columns: columns)
        let shown = lines.prefix(min(Self.complaintRowsMax, layout.sheetRows))
        return shown.enumerated().map { index, line in
            index == shown.count - 1 && shown.count < lines.count ? safeForTerminal(line + "…", columnsMax: columns) : line
        }
    }

    private mutating func drawHelp(on buffer: inout CellBuffer, _ layout: Layout, _ style: GlyphStyle) {
        let columns = max(1, Sheet.columns(layout) - 2)
        var rows =
            line.isEmpty ? (HelpText.ways(keys) + [""]).flatMap { HelpText.fitted($0, columns: columns) }.map { (text: $0, index: -1) } : []
        for (index, command) in matches.enumerated() {
            rows += HelpText.fitted(HelpText.line(of: command, keys), columns: columns).map { ($0, index) }
        }
        if matches.isEmpty { rows = [("no command has this in its name or words", -1)] }
        let box = Box(on: &buffer, width: Sheet.width, height: rows.count + 2, title: "keys", layout, style)
        shown = box.rows
        if let chosen, let first = rows.firstIndex(where: { $0.index == chosen }), let last = rows.lastIndex(where: { $0.index == chosen })
        {
            top = max(last - box.rows + 1, min(top, first))
        }
        top = max(0, min(top, rows.count - box.rows))
        for (offset, row) in rows[top...].prefix(box.rows).enumerated() {
            let isChosen = row.index == chosen && chosen != nil
            buffer.write(
                (isChosen ? "> " : "  ") + row.text, column: box.column, row: box.row + offset,
                style: CellStyle(attributes: isChosen ? .reverse : []), limit: box.column + box.columns)
        }
        if rows.count > box.rows {
            box.writeFoot([" arrows choose and scroll ", " arrows choose "], on: &buffer)
        }
        drawComplaint(on: &buffer, layout)
    }

    private static let rowsMax = 8
    /// What was typed is told back, and may be long.
    private static let complaintRowsMax = 6
    /// Where the words begin: behind the longest name.
    private static let nameColumns = 20
    /// A path is the longest that is typed.
    private static let bytesMax = 4096
}

extension BoardCommand {
    /// The command of that name, or of that other name.
    static func named(_ name: String) -> BoardCommand? {
        let name = name.lowercased()
        return allCases.first { $0.name == name } ?? allCases.first { $0.row.otherNames.contains(name) }
    }

    /// How well what is typed fits, 0 best; nil if it does not. Letters of the name in their order suffice (TM-377).
    fileprivate func rank(for text: String, _ keys: KeyMap) -> Int? {
        let keyWords = keys.words(of: self)
        let sought = text.lowercased()
        guard !sought.isEmpty else { return 0 }
        let words = words.lowercased()
        if name == sought || row.otherNames.contains(sought) { return 0 }
        if name.hasPrefix(sought) { return 1 }
        if keyWords.contains(text) { return 2 }
        if words.hasPrefix(sought) || words.contains(" " + sought) { return 3 }
        if name.contains(sought) || keyWords.contains(where: { $0.lowercased() == sought }) { return 4 }
        if words.contains(sought) { return 5 }
        if sought.split(separator: " ").allSatisfy({ name.contains($0) || words.contains($0) }) { return 6 }
        return sought.isSubsequence(of: name) ? 7 : nil
    }
}

extension String {
    fileprivate func isSubsequence(of other: String) -> Bool {
        var rest = Substring(other)
        for character in self {
            guard let index = rest.firstIndex(of: character) else { return false }
            rest = rest[rest.index(after: index)...]
        }
        return true
    }
}
