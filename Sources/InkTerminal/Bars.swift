import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession

/// The tools, the hints and an open picker: what stands where, for drawing and for presses alike.
struct Bars: Sendable {
    enum Action: Hashable, Sendable {
        case pick(Tool)
        /// Does what the key of a command does.
        case command(BoardCommand)
        case escape
        case restyle(StyleChoice)
        case people
        case connection
    }

    struct Item: Sendable {
        let text: String
        let columns: Range<Int>
        let row: Int
        let style: CellStyle
        /// What a press on it does; nil for what is only read (TM-25).
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
    /// Where in that row a press shows the connection instead.
    var pathColumns = 0..<0

    init() {}

    init(_ layout: Layout, tool: Tool, hints: [Hint], picker: StylePicker?, keys: KeyMap) {
        if let row = layout.toolRow {
            items = Self.tools(tool, layout, row: row, keys)
            items += Self.items(of: hints, layout, row: row, after: items.last?.columns.upperBound ?? 0)
        }
        if let picker { items += picker.items(layout) } else { peopleRow = layout.statusRow }
    }

    func action(at cell: CellPlace) -> Action? {
        if cell.row == peopleRow { return pathColumns.contains(cell.column) ? .connection : .people }
        return items.first { $0.row == cell.row && $0.columns.contains(cell.column) }?.action
    }

    func draw(on buffer: inout CellBuffer) {
        for item in items { buffer.write(item.text, column: item.columns.lowerBound, row: item.row, style: item.style) }
    }

    private static func tools(_ picked: Tool, _ layout: Layout, row: Int, _ keys: KeyMap) -> [Item] {
        // With words only where the hints beside them have room as well.
        let isWide = layout.columns >= 150
        var column = 1
        return Tool.allCases.map { tool in
            // As on a key: a letter that is typed with Shift, or another key, stands as the help writes it.
            let letter = keys.isUsual(tool.command) ? String(Character(tool.letter)).uppercased() : keys.word(of: tool.command)
            let text = isWide ? "\(letter) \(tool.word)" : letter
            defer { column += text.utf8.count + (isWide ? 2 : 1) }
            return Item(
                text, column: column, row: row, style: CellStyle(attributes: tool == picked ? [.reverse, .bold] : .dim), action: .pick(tool)
            )
        }
    }

    /// What a key does now, at the right of the tools.
    struct Hint: Sendable {
        /// Of ASCII.
        let text: String
        let action: Action?
        /// Those with the highest go where room is short.
        let rank: Int

        init(_ text: String, _ action: Action? = nil, rank: Int) { (self.text, self.action, self.rank) = (text, action, rank) }
    }

    private static func items(of hints: [Hint], _ layout: Layout, row: Int, after left: Int) -> [Item] {
        var hints = hints
        let width = { hints.reduce(-2) { $0 + $1.text.utf8.count + 2 } }
        while width() > layout.columns - 3 - left, let worst = hints.indices.max(by: { hints[$0].rank < hints[$1].rank }) {
            hints.remove(at: worst)
        }
        var column = layout.columns - 1 - max(0, width())
        return hints.map { hint in
            defer { column += hint.text.utf8.count + 2 }
            return Item(hint.text, column: column, row: row, style: CellStyle(attributes: .dim), action: hint.action)
        }
    }
}

/// What keys do now, in words: no hint names a key that does something else (TM-62).
extension BoardScene {
    private var hints: [Bars.Hint] {
        if opening != nil {
            let isFirst = !hasKeysWaiting
            return isFirst ? [Bars.Hint("Esc goes back", rank: 0), Bars.Hint("q quit", rank: 1)] : [Bars.Hint("Ctrl+C leaves", rank: 0)]
        }
        return modeHints
    }

    private var modeHints: [Bars.Hint] {
        switch mode {
        case .typing:
            [
                Bars.Hint("Esc done", .escape, rank: 0), Bars.Hint("Enter new line", rank: 1),
                Bars.Hint("Ctrl+Z takes back", rank: 2),
            ]
        case .panel(.chat, _): [Bars.Hint("Enter says it", rank: 0), Bars.Hint("Esc drops it", rank: 1)]
        case .panel(.talk, _):
            [
                Bars.Hint(talk.line.isEmpty && front.chats.firstFailed != nil ? "Enter sends ! again" : "Enter says it", rank: 1),
                Bars.Hint("PgUp older", rank: 3), Bars.Hint(layout.talkColumns > 0 ? "Tab: the board" : "@Tab names", rank: 2),
                Bars.Hint("Esc closes", .escape, rank: 0),
            ]
        case .panel(.commands, _):
            [Bars.Hint("Enter runs it", rank: 1), Bars.Hint("Tab chooses", rank: 2), Bars.Hint("Esc closes", rank: 0)]
        case .panel(.finder(let finder), _):
            [
                Bars.Hint(finder.look == .list ? "Enter goes there" : "Enter next", rank: 1), Bars.Hint("Up back", rank: 2),
                Bars.Hint("Esc closes", rank: 0),
            ]
        case .panel(.replace, _): [Bars.Hint("y writes over it", rank: 1), Bars.Hint("Esc leaves it", rank: 0)]
        case .panel(.people(let people), _) where people.line != nil:
            [Bars.Hint("Enter removes", rank: 1), Bars.Hint("Esc does not", rank: 0)]
        case .panel(.people, _): [Bars.Hint("arrows choose", rank: 1), Bars.Hint("Esc closes", rank: 0)]
        case .panel(.picker, _): [Bars.Hint("a digit picks", rank: 1), Bars.Hint("Esc closes", .escape, rank: 0)]
        case .panel: [Bars.Hint("Esc closes", rank: 0)]
        case .dragging(_, .keys):
            dragWords + [
                Bars.Hint("arrows move", rank: 2), Bars.Hint("Enter lets go", rank: 1), Bars.Hint("Esc cancels", .escape, rank: 0),
            ]
        case .dragging: dragWords + [Bars.Hint("Esc cancels", rank: 0)]
        case .nudging: dragWords + idleHints
        case .idle, .leaving: idleHints
        }
    }

    /// What is in hand, and how it stands: its size and place in cells, and whether it is attached.
    private var dragWords: [Bars.Hint] {
        var hints: [Bars.Hint] = []
        if let box = boxInHand {
            hints.append(Bars.Hint("\(box.columns)x\(box.rows) at \(box.column),\(box.row)", rank: 1))
        }
        let count = attachments.count
        if count > 0 { hints.insert(Bars.Hint(count == 1 ? "attached" : "both ends attached", rank: 0), at: 0) }
        return hints
    }

    /// The cells that what is in hand takes; nil for a stroke, whose size says nothing, and for what takes none (TM-111).
    private var boxInHand: CellRegion? {
        if let pulled = pulledLine { return pulled.content.cellRegion(on: grid) }
        switch mode.drag?.kind {
        case .span(_, let from, let to), .frame(let from, let to): return from == to ? nil : CellRegion(from: from, to: to)
        case .stroke, .erase, .laser, .pan: return nil
        case .move, .resize, .pull, nil: return selection.only.flatMap { markedRegion($0) }
        }
    }

    private var idleHints: [Bars.Hint] {
        var hints: [Bars.Hint] = []
        if let count = selection.count { hints.append(Bars.Hint("hjkl, arrows: \(count) times", rank: 0)) }
        if selection.isResizing {
            let pulls = selection.pulledIndex != nil
            hints.append(Bars.Hint(pulls ? "arrows pull the end" : "arrows resize", rank: 3))
            hints.append(hint(.resize, pulls ? "next" : "ends", rank: 1))
        }
        if !selection.isEmpty { hints.append(hint(.delete, "delete", rank: letters == nil ? 1 : 7)) }
        if movesSelection, !selection.isResizing {
            if editable != nil || selection.awaited != nil { hints.append(Bars.Hint("Enter writes", rank: 1)) }
            if isGroupSelected { hints.append(Bars.Hint("Enter goes in", rank: 1)) }
            // After a draw by the mouse h and l are tools.
            hints.append(Bars.Hint(letters == nil ? "hjkl move" : "letters: tools", rank: 2))
            hints.append(
                Bars.Hint(
                    selection.count != nil ? "Esc drops it" : selection.entered.isEmpty ? "Esc leaves" : "Esc the group", .escape, rank: 3))
        } else if pen.tool != .select, keyPlace != nil {
            let does = pen.tool == .text ? "writes" : pen.tool == .laser ? "shines" : "draws"
            hints += [Bars.Hint("Enter \(does)", rank: 2), Bars.Hint("Esc leaves", .escape, rank: 3)]
        }
        if pen.tool == .laser { hints.append(Bars.Hint("drag: light that fades", rank: 3)) }
        let swatch = pen.ink.flatMap { color in PersonColor.all.first { $0.color == color }?.name } ?? "own ink"
        return hints + [
            hint(.ink, swatch, rank: 5), hint(.width, "\((StyleChoice.widths.firstIndex(of: pen.width) ?? 0) + 1)", rank: 6),
            hint(.border, "\(pen.border)", rank: 10), hint(.undo, "undo", rank: 4), hint(.invite, "invite", rank: 9),
            hint(.help, "keys", rank: 0), hint(.quit, "quit", rank: 8),
        ]
    }

    /// What the key of a command does, and a press on it, too.
    private func hint(_ command: BoardCommand, _ does: String, rank: Int) -> Bars.Hint {
        Bars.Hint("\(keys.word(of: command)) \(does)", .command(command), rank: rank)
    }
}

/// The status row, and sentences over the canvas.
extension BoardScene {
    // TM-63
    mutating func drawBars(on buffer: inout CellBuffer, now: Instant) {
        let picker: StylePicker? = if case .picker(let picker)? = mode.panel { picker } else { nil }
        bars = Bars(layout, tool: pen.tool, hints: hints, picker: picker, keys: keys)
        if let line = mode.panel?.line {
            line.draw(on: &buffer, layout)
        } else {
            buffer.fill(row: layout.statusRow, style: Self.barStyle)
            if picker == nil { bars.pathColumns = drawStatus(on: &buffer, now: now) }
        }
        bars.draw(on: &buffer)
    }

    /// Returns where it says how packets travel.
    private func drawStatus(on buffer: inout CellBuffer, now: Instant) -> Range<Int> {
        var pathColumns = 0..<0
        let row = layout.statusRow
        let (mode, parts) = (" \(modeWord) ", statusParts(now: now))
        let fit = StatusFit(
            parts.map { part in (part.pieces.reduce(0) { $0 + CharacterWidth.columns(of: $1.text) }, part.rank) },
            mode: CharacterWidth.columns(of: mode), columns: layout.columns)
        var column = 0
        if fit.showsMode { column = buffer.write(mode, column: 0, row: row, style: CellStyle(attributes: [.reverse, .bold])) }
        for index in fit.shown {
            column += StatusFit.gap
            for piece in parts[index].pieces {
                let start = column
                column = buffer.write(piece.text, column: column, row: row, style: piece.style ?? Self.barStyle)
                if piece.isPath { pathColumns = start..<column }
            }
        }
        return pathColumns
    }

    private static var barStyle: CellStyle { CellStyle(attributes: .reverse) }

    private struct Piece {
        var text: String
        var style: CellStyle?
        /// A press on it shows the connection.
        var isPath = false
    }

    /// Who writes in the text that is edited here, or would be by Enter: it warns, and keeps nobody from anything (TM-67).
    private func writersHere(now: Instant) -> [String] {
        guard let id = mode.edit?.standing ?? editable else { return [] }
        return front.people.present.filter { peer, _ in
            front.glides.previews(of: peer, at: now).contains { _, preview in
                if case .gesture(.text(id, _)) = preview { true } else { false }
            }
        }.map { front.people.shownName($0.person, columnsMax: 12) }
    }

    /// What the person holds that is not on the board, if anything (TM-21).
    private var inHand: FrontEnd.InHand? {
        switch mode {
        case .typing(let edit, _): edit.hasUnsaved ? .text : nil
        case .dragging(let drag, _): drag.holdsWork ? .drawing : nil
        case .nudging(let nudge, _): nudge.isBack ? nil : .drawing
        case .idle, .panel, .leaving: nil
        }
    }

    /// What the keys do now, in one word.
    private var modeWord: String {
        if let edit = mode.edit { return edit.draft.kind == .text ? "TEXT" : "WRITE" }
        let count = selection.count.map { " \($0)" } ?? ""
        if selection.isResizing { return (selection.pulledIndex == nil ? "RESIZE" : "END") + count }
        if movesSelection, letters == nil { return "MOVE" + count }
        return pen.tool.word.uppercased() + (pen.isLocked ? "+" : "")
    }

    /// In the order in which they are read (TM-15).
    private func statusParts(now: Instant) -> [(pieces: [Piece], rank: StatusFit.Rank)] {
        var parts: [(pieces: [Piece], rank: StatusFit.Rank)] = []
        func add(_ text: String, _ rank: StatusFit.Rank, isPath: Bool = false) { parts.append(([Piece(text: text, isPath: isPath)], rank)) }
        func add(_ sentence: Sentence?, _ rank: StatusFit.Rank) { if let sentence { add(sentence.text, rank) } }
        // Of a board that is not there yet nothing else is known (TM-181).
        let name = safeForTerminal(front.name, columnsMax: 24)
        guard opening == nil else { return [([Piece(text: name)], .name)] }
        let writers = writersHere(now: now)
        if !writers.isEmpty { add(.writesHere(writers), .warning) }
        if let person = front.people.silent.first {
            add(.silent(front.people.shownName(person, columnsMax: 12), seconds: person.status.silentSeconds ?? 0), .warning)
        }
        add(front.sendingWord(now: now), .warning)
        add(name, .name)
        for word in watchingWords { parts.append(([Piece(text: word, style: CellStyle(attributes: [.reverse, .bold]))], .watching)) }
        if let zoomWord { add(zoomWord, .zoom) }
        let (unread, naming) = front.chats.unread
        if unread > 0 { add(.unread(unread, naming: naming), .talk) }
        let present = front.people.present.map(\.person).filter { $0.status.state != .joining }
        if present.isEmpty { add(.onlyYou, .people) } else { parts.append((pieces(of: present), .people)) }
        if let word = front.pathWord { add(word.text, .path, isPath: true) }
        let saved = front.savedWord(isAsked: requests.isAwaiting, isRefused: requests.keptCount > 0, inHand: inHand, now: now)
        add(saved, saved == .notSavedYet ? .unsaved : .saved)
        switch front.rendezvous {
        // Who is offline has none.
        case .unreachable: if front.pathWord != .offline { add(.noRendezvous, .rendezvous) }
        case .connecting: if present.isEmpty { add(.connecting, .rendezvous) }
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
            let name = front.people.shownName(person, columnsMax: 12)
            if !pieces.isEmpty { pieces.append(Piece(text: " ")) }
            pieces.append(Piece(text: marker + name, style: display.chip(color)))
            if person.status.state == .idle || person.status.state == .away {
                pieces.append(Piece(text: " \(person.status.state.rawValue)"))
            }
        }
        if present.count > 4 { pieces.append(Piece(text: " +\(present.count - 4)")) }
        return pieces
    }

    // MARK: Sentences

    /// The loss of a person, in a sentence over the canvas (TM-15).
    func drawBanner(on buffer: inout CellBuffer) {
        let style = CellStyle(attributes: [.reverse, .bold])
        for (row, line) in bannerLines.enumerated() {
            buffer.fill(row: row, style: style)
            buffer.write(" " + line, column: 0, row: row, style: style)
        }
    }

    /// At most two rows: where the whole does not fit, what matters most (TM-32).
    private var bannerLines: [String] {
        let lost = front.people.lost
        guard let seconds = lost.compactMap(\.status.silentSeconds).max(), layout.canvasRows > 2 else { return [] }
        let (names, unsent) = (lost.map { front.people.shownName($0, columnsMax: 16) }, front.sync?.unsent ?? 0)
        let long = Sentence.lost(names, seconds: seconds, unsent: unsent).text
        let short = Sentence.lostShort(names, seconds: seconds, unsent: unsent).text
        let columns = layout.columns - 2
        let count = wordWrapped(long, columns: columns).count
        guard count <= 2 else { return Array(wordWrapped(short, columns: columns).prefix(2)) }
        // Two rows are about as long as each other: nobody would look for a last word alone.
        let least = count == 2 ? min(columns, (long.count + 1) / 2) : columns
        return (least...columns).lazy.map { wordWrapped(long, columns: $0) }.first { $0.count == count } ?? []
    }

    /// What is said now, as it is drawn: oldest first, and on a small screen as much as leaves a row.
    var noticeLines: [String] {
        let rows = layout.canvasRows
        guard rows >= 3 else { return [] }
        let room = max(1, layout.canvasColumns - 4)
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
        return lines
    }

    func drawNotices(_ lines: [String], on buffer: inout CellBuffer) {
        let (columns, rows) = (layout.canvasColumns, layout.canvasRows)
        // Never over the caret of who is typing (TM-30).
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

extension Roster {
    /// A name as it is drawn: cut, but for what tells namesakes apart (TM-64).
    func shownName(_ person: Person, columnsMax: Int) -> String {
        safeForTerminal(person.status.name.isEmpty ? "?" : person.status.name, columnsMax: columnsMax) + mark(of: person)
    }
}
