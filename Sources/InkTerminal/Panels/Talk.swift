import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession

/// The messages, beside the board or over it, and the line in which one answers: what of them is seen.
///
///     closed ──T──▶ asked for, the line takes the keys ──Tab, beside the board──▶ beside it ──Tab, T──▶ the line takes the keys
///        ◀──Esc────────────────┘ (over the board Tab closes, too)                     └──the window is too narrow──▶ not seen
struct Talk: Sendable {
    /// They stand beside the board where there is room.
    var isBeside = false
    /// What is typed stays when the keys go elsewhere (TM-273).
    var line = PromptLine("> ", bytesMax: Limits.chatBytes)
    /// Rows below what is seen; 0 for the newest.
    private(set) var below = 0
    /// As they were drawn last.
    private var (shown, above) = (1, 0)
    /// The newest message when they were drawn last: what comes moves nothing that is being read (TM-272).
    private var newest: TransactionName?
    /// Under which an older page was asked for.
    private(set) var asked: UInt64?
    private(set) var caret: (column: Int, row: Int)?

    var isAtNewest: Bool { below == 0 }

    mutating func scroll(_ rows: Int) { below = max(0, min(below + above, below - rows)) }

    mutating func page(_ pages: Int) { scroll(pages * max(1, shown - 1)) }

    mutating func showNewest() { below = 0 }

    /// True where the oldest that is known is in sight, and nothing was asked (TM-272).
    var wantsOlder: Bool { above == 0 && asked == nil }

    mutating func ask(_ reference: UInt64?) { asked = reference }

    /// - Returns: true if that was asked under this reference.
    mutating func answered(_ reference: UInt64) -> Bool {
        guard asked == reference else { return false }
        asked = nil
        return true
    }

    /// Where they are drawn.
    struct Area {
        var column: Int
        var row: Int
        var columns: Int
        var rows: Int
    }

    /// - Parameters:
    ///   - typing: who types, in words; nil where nobody does (TM-409).
    ///   - isHeld: the line takes the keys.
    mutating func draw(
        _ rows: MessageRows, typing: String?, isHeld: Bool, in area: Area, on buffer: inout CellBuffer
    ) {
        // The line first, then who types, then what was said.
        let room = max(0, area.rows - (area.rows >= 3 ? 2 : 1))
        if below > 0, let newest { below += rows.count(after: newest) }
        newest = rows.newest
        below = min(below, max(0, rows.all.count - room))
        let last = rows.all.count - below
        let first = max(0, last - room)
        (shown, above) = (room, first)
        for (index, row) in rows.all[first..<last].enumerated() {
            buffer.write(
                row.text, column: area.column, row: area.row + room - (last - first) + index,
                style: CellStyle(attributes: row.isStrong ? .bold : row.isFaint ? .dim : []), limit: area.column + area.columns)
        }
        if area.rows >= 3 {
            let words = below > 0 ? "\(below) more below: End" : typing ?? ""
            let style = CellStyle(attributes: .dim)
            buffer.write(safeForTerminal(words, columnsMax: area.columns), column: area.column, row: area.row + room, style: style)
        }
        caret = nil
        guard area.rows > 0 else { return }
        if isHeld || !line.isEmpty {
            let at = line.draw(on: &buffer, column: area.column, row: area.row + area.rows - 1, columns: area.columns)
            if isHeld { caret = (at, area.row + area.rows - 1) }
        } else {
            buffer.write(
                "Tab: say something", column: area.column, row: area.row + area.rows - 1, style: CellStyle(attributes: .dim),
                limit: area.column + area.columns)
        }
    }
}

/// What keys and events do to the messages (TM-426).
extension BoardScene {
    /// The messages can be read now.
    var seesTalk: Bool { layout.talkColumns > 0 || holdsTalk }

    /// The line of the messages takes the keys.
    var holdsTalk: Bool { if case .talk? = mode.panel { true } else { false } }

    // TM-170
    mutating func openTalk(now: Instant) {
        talk.isBeside = true
        open(.talk, now: now)
        talk.showNewest()
        layOut()
        readTalk()
        if front.chats.older == .unknown { askForOlder(now: now) }
    }

    /// The keys are the board's again; beside it the messages stay (TM-424).
    mutating func leaveTalk() {
        mode.takePanel()
        if layout.talkColumns == 0 { closeTalk() }
        touch()
    }

    mutating func closeTalk() {
        if holdsTalk { mode.takePanel() }
        talk.isBeside = false
        talk.showNewest()
        front.endReadingChats()
        layOut()
        touch()
    }

    /// What has come is read where it is seen (TM-274).
    mutating func readTalk() { if seesTalk, talk.isAtNewest, !alerts.isAway { front.readChats() } }

    mutating func handleTalk(_ key: Key, _ modifiers: KeyModifiers, now: Instant) {
        switch key {
        case .escape: closeTalk()
        case .tab: if !talk.line.complete(namesHere) { leaveTalk() }
        case .up: scrollTalk(-1, now: now)
        case .down: scrollTalk(1, now: now)
        case .pageUp:
            talk.page(-1)
            askForOlderIfSeen(now: now)
        case .pageDown:
            talk.page(1)
            readTalk()
        case .home where talk.line.isEmpty: scrollTalk(-Int.max / 2, now: now)
        case .end where talk.line.isEmpty: scrollTalk(Int.max / 2, now: now)
        case .enter where talk.line.isEmpty: if let failed = front.chats.firstFailed { ask(.resend(failed), now: now) }
        case .enter:
            say(talk.line.text, now: now)
            talk.line.replace("")
            talk.showNewest()
        default: if talk.line.handle(key, modifiers) { ask(.typing, now: now) }
        }
        touch()
    }

    /// Whom a message can name, as it is typed.
    var namesHere: [String] { front.people.names.map { safeForTerminal($0) } }

    mutating func scrollTalk(_ rows: Int, now: Instant) {
        talk.scroll(rows)
        if talk.isAtNewest { front.endReadingChats() }
        askForOlderIfSeen(now: now)
        readTalk()
        touch()
    }

    private mutating func askForOlderIfSeen(now: Instant) {
        if talk.wantsOlder, case .before = front.chats.older { askForOlder(now: now) }
    }

    private mutating func askForOlder(now: Instant) {
        guard front.isReady, talk.asked == nil else { return }
        let before: TransactionName? = if case .before(let name) = front.chats.older { name } else { nil }
        talk.ask(ask(.readChat(ChatOrder(before: before, count: Self.talkPage)), now: now))
    }

    /// Says something, and gives it back where it is not taken and nobody keeps it.
    mutating func say(_ text: String, now: Instant) { ask(.say(text), for: Purpose(said: text), now: now) }

    /// A message that was refused: what the session keeps stands among the messages, anything else is typed again (TM-273).
    mutating func sayWasRefused(_ text: String, _ refusal: Refusal, now: Instant) {
        guard front.chats.keeps(text, refusal) == false else {
            if !seesTalk {
                front.notices.add(
                    "the message is kept: \(keys.word(of: .messages)) shows it, and Enter there says it again", as: .setting, now: now)
            }
            return
        }
        if case .chat(var chat)? = mode.panel {
            chat.line.giveBack(text)
            mode.open(.chat(chat))
        } else if mode.isIdle {
            var chat = ChatPanel()
            chat.line.giveBack(text)
            mode.open(.chat(chat))
        } else {
            talk.line.giveBack(text)
        }
        touch()
    }

    /// Draws the messages where they stand beside the board.
    mutating func drawTalk(on buffer: inout CellBuffer) {
        guard layout.talkColumns > 0 else { return }
        let (left, rows) = (layout.canvasColumns, layout.canvasRows)
        for row in 0..<rows {
            buffer.fill(row: row, from: left)
            buffer.put(Cell(Glyph(display.style == .ascii ? "|" : "│"), attributes: .dim), column: left, row: row)
        }
        drawTalk(in: Talk.Area(column: left + 1, row: 0, columns: layout.talkColumns - 1, rows: rows), on: &buffer)
    }

    /// Draws them over the board.
    mutating func drawTalk(over layout: Layout, on buffer: inout CellBuffer) {
        guard self.layout.talkColumns == 0 else { return }
        let box = Box(on: &buffer, width: Sheet.width, height: layout.sheetRows, title: "messages", layout, display.style)
        drawTalk(in: Talk.Area(column: box.column, row: box.row, columns: box.columns, rows: box.rows), on: &buffer)
    }

    private mutating func drawTalk(in area: Talk.Area, on buffer: inout CellBuffer) {
        messageRows.follow(front.chats, naming: front.ownName, columns: area.columns)
        let names = front.typingNames
        talk.draw(
            messageRows, typing: names.isEmpty ? nil : Sentence.typists(names).text, isHeld: holdsTalk, in: area, on: &buffer)
    }

    /// Messages in one page of what was said before.
    private static let talkPage = 100
}
