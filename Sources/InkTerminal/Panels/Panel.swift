import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession

/// What lies over the board, or in its bars, and takes the keys.
enum Panel: Sendable {
    case sheet(Sheet)
    case invite(InvitePanel)
    case people(PeoplePanel)
    case picker(StylePicker)
    case chat(ChatPanel)
    /// The messages: what is typed there is `Talk`'s.
    case talk
    case commands(CommandList)
    case finder(ShapeFinder)
    case replace(ReplacePanel)
}

/// What a panel makes of a key.
enum PanelAnswer: Hashable, Sendable {
    /// The key was for it.
    case stays
    case closes
    /// It stays, and a text goes to the clipboard.
    case copies(String)
    /// It stays, and a short code is asked for, or a link of a new invite.
    case makesCode
    case makesLink
    /// It stays, and invites are for another role.
    case choosesRole
    /// It stays, and a text is asked for as a QR code.
    case pictures(String)
    /// It stays, and a message is being typed.
    case types
    /// It closes, and a message is said.
    case says(String)
    /// It closes, and a style is picked.
    case restyles(StyleChoice)
    /// It closes, and a command is run with what was typed behind it; where that is wrong it opens again and says so.
    case runs(BoardCommand, String)
    /// It stays, and goes so many shapes on.
    case seeks(Int)
    /// It closes, and the shape that is chosen is gone to.
    case picks
    /// It closes, and a file that is there is written over.
    case replaces
    /// Something is done with somebody; the panel of people closes for what is seen on the board.
    case acts(PeopleAction, AuthorID)
    /// Safety words were compared with somebody, and are the same; of who was verified, that is taken back. It stays, as in what follows.
    case answers(AuthorID)
    /// Somebody who goes by the name of one who is trusted was seen to.
    case sees(AuthorID)
    case gives(AuthorID, Role)
    case removes(AuthorID, reason: String)
}

extension BoardScene {
    /// All keys are for the panel: none does anything to the board behind it (TM-55).
    mutating func handlePanel(_ key: Key, _ modifiers: KeyModifiers, now: Instant) {
        if holdsTalk { return handleTalk(key, modifiers, now: now) }
        if mode.panel?.line == nil, tellOtherAlphabet(KeyStroke(key, modifiers), now: now) { return }
        guard var panel = mode.takePanel() else { return }
        // The key that opened it closes it; those that are usual it knows itself.
        if let opener = panel.opener, !keys.isUsual(opener), keys.command(for: key, modifiers) == opener {
            return changePeople(now: now) { _ in }
        }
        panel.look(at: front, display.style, now: now)
        let answer = key == .escape ? panel.escape() : panel.handle(key, modifiers, offer, namesHere)
        switch answer {
        case .stays, .copies, .makesCode, .makesLink, .choosesRole, .pictures, .types, .acts, .answers, .sees, .gives, .removes:
            mode.open(panel)
        case .closes, .says, .restyles, .runs, .seeks, .picks, .replaces: break
        }
        switch answer {
        case .stays, .closes: changePeople(now: now) { _ in }
        case .acts(let action, let device): act(action, on: device, now: now)
        case .answers(let device): settleWords(with: device, now: now)
        case .sees(let device): front.settleClaim(of: device, isVerified: false, now: now)
        case .gives(let device, let role): give(device, role, now: now)
        case .removes(let device, let reason): remove(device, reason: reason, now: now)
        case .copies(let text):
            extraBytes += Clipboard.copying(text) ?? []
            front.notices.add("link copied, if \(clipboardCondition())", now: now)
        case .makesCode: makeCode(now: now)
        case .makesLink: makeLink(now: now)
        case .choosesRole: offer.chooseNextRole()
        case .pictures(let text): outputs.append(.effect(.picture(text)))
        case .types: ask(.typing, now: now)
        case .says(let text): say(text, now: now)
        case .restyles(let change): restyle(change, now: now)
        case .runs(let command, let argument):
            let tool = pen.tool
            let complaint = run(command, argument, now: now)
            // As where its key picks it (TM-110).
            if pen.tool != tool { showKeyPointer() }
            guard let complaint, case .commands(var list) = panel else { return }
            list.complain(complaint)
            mode.open(.commands(list))
        case .seeks(let step): if case .finder(let finder) = panel { seek(finder, step) }
        case .replaces: if case .replace(let asked) = panel { replace(asked.export) }
        case .picks: if case .finder(let finder) = panel, let picked = finder.current { goTo(picked) }
        }
    }

    /// Takes a paste, or a text that came in one piece, into the line of the panel that is open; nil where it has none, false where not all fits.
    mutating func paste(intoPanel text: String, isPart: Bool, now: Instant) -> Bool? {
        if holdsTalk {
            let isTaken = talk.line.paste(text, isPart: isPart)
            if !isTaken { tellChatLimit(now: now) }
            return isTaken
        }
        guard var panel = mode.takePanel() else { return nil }
        let isTaken = panel.paste(text, isPart: isPart)
        if case .finder(let finder) = panel { seek(finder, 0) } else { mode.open(panel) }
        guard isTaken == false else { return isTaken }
        if case .chat = panel {
            tellChatLimit(now: now)
        } else {
            front.notices.add("that is too long for this line", as: .setting, now: now)
        }
        return isTaken
    }

    /// The wheel moves what a panel shows; false where none is open that is longer than its room.
    mutating func scrollPanel(_ rows: Int, now: Instant) -> Bool {
        switch mode.panel {
        case .talk: scrollTalk(rows, now: now)
        case .sheet(var sheet):
            sheet.scroll(rows)
            mode.open(.sheet(sheet))
        case .commands(var list):
            list.choose(rows)
            mode.open(.commands(list))
        case .finder(let finder) where finder.look == .list: seek(finder, rows)
        case .people(var people):
            people.choose(rows)
            mode.open(.people(people))
            changePeople(now: now) { _ in }
        case .finder, .invite, .picker, .chat, .replace, nil: return false
        }
        touch()
        return true
    }

    /// `mutating` only because it keeps what the next keys need.
    mutating func drawPanel(_ layout: Layout, on buffer: inout CellBuffer, now: Instant) {
        if !isFinding { words.drop() }
        if !seesTalk { messageRows.drop() }
        switch mode.panel {
        case .sheet(var sheet):
            sheet.draw(rows(of: sheet.subject, columns: Sheet.columns(layout), now: now), on: &buffer, layout, display.style)
            mode.open(.sheet(sheet))
        case .invite(let invite): invite.draw(offer, on: &buffer, layout, display.style, now: now)
        case .people(var people):
            people.look(at: front, display.style, now: now)
            people.draw((personName, front.role), compared, invite: keys.word(of: .invite), on: &buffer, layout, display.style)
            mode.open(.people(people))
        case .commands(var list):
            list.draw(on: &buffer, layout, display.style)
            mode.open(.commands(list))
        case .finder(var finder):
            search(by: &finder)
            finder.draw(front.board, on: &buffer, layout)
            mode.open(.finder(finder))
        case .replace(let asked): asked.draw(on: &buffer, layout)
        case .talk: drawTalk(over: layout, on: &buffer)
        // These stand in the bars.
        case .picker, .chat, nil: break
        }
    }

    /// True while shapes are looked for by their words.
    var isFinding: Bool { if case .panel(.finder, _) = mode { true } else { false } }

    private mutating func rows(of subject: Sheet.Subject, columns: Int, now: Instant) -> [String] {
        switch subject {
        case .help: HelpText.lines(keys, columns: columns)
        case .connection: ConnectionText(front: front, network: network, style: display.style, keys: keys, now: now).rows(columns: columns)
        }
    }
}

extension Panel {
    fileprivate mutating func handle(_ key: Key, _ modifiers: KeyModifiers, _ offer: CodeOffer, _ names: [String]) -> PanelAnswer {
        switch self {
        case .chat(var chat):
            defer { self = .chat(chat) }
            return chat.handle(key, modifiers, names)
        case .commands(var list):
            defer { self = .commands(list) }
            return list.handle(key, modifiers)
        case .finder(var finder):
            defer { self = .finder(finder) }
            return finder.handle(key, modifiers)
        // A line may be typed in it.
        case .people(var people):
            defer { self = .people(people) }
            return people.handle(key, modifiers)
        // A letter with Control or Alt is another key.
        case _ where !modifiers.isDisjoint(with: [.control, .alt]): return .stays
        case .sheet(var sheet):
            defer { self = .sheet(sheet) }
            return sheet.handle(key)
        case .invite(var invite):
            defer { self = .invite(invite) }
            return invite.handle(key, offer)
        case .picker(let picker): return picker.handle(key)
        case .replace(let asked): return asked.handle(key)
        // Its keys are taken before.
        case .talk: return .stays
        }
    }

    /// As for `PromptLine`; nil where there is no line.
    fileprivate mutating func paste(_ text: String, isPart: Bool) -> Bool? {
        switch self {
        case .chat(var chat):
            defer { self = .chat(chat) }
            return chat.line.paste(text, isPart: isPart)
        case .commands(var list):
            defer { self = .commands(list) }
            return list.paste(text, isPart: isPart)
        case .finder(var finder):
            defer { self = .finder(finder) }
            return finder.line.paste(text, isPart: isPart)
        case .people(var people):
            defer { self = .people(people) }
            return people.paste(text, isPart: isPart)
        case .sheet, .invite, .picker, .replace, .talk: return nil
        }
    }

    /// Looks at what a key may be about.
    fileprivate mutating func look(at front: FrontEnd, _ style: GlyphStyle, now: Instant) {
        guard case .people(var people) = self else { return }
        people.look(at: front, style, now: now)
        self = .people(people)
    }

    /// Escape leaves a question within a panel first.
    fileprivate mutating func escape() -> PanelAnswer {
        switch self {
        case .people(var people):
            defer { self = .people(people) }
            return people.escape() ? .stays : .closes
        case .invite(var invite) where invite.picture != nil:
            invite.hidePicture()
            self = .invite(invite)
            return .stays
        default: return .closes
        }
    }

    /// What is typed in the status row; nil where nothing is.
    var line: PromptLine? {
        switch self {
        case .chat(let chat): chat.line
        case .commands(let list): list.line
        case .finder(let finder): finder.line
        case .people(let people): people.line
        case .sheet, .invite, .picker, .replace, .talk: nil
        }
    }

    /// What opens it by a key; nil for what has a line of its own, or is answered.
    fileprivate var opener: BoardCommand? {
        switch self {
        case .sheet(let sheet): sheet.subject == .connection ? .connection : .help
        case .invite: .invite
        case .people(let people): people.line == nil ? .people : nil
        case .picker(let picker): picker.opener
        case .chat, .talk, .commands, .finder, .replace: nil
        }
    }

    /// Letters are typed into it (TM-347).
    var takesText: Bool { if case .talk = self { true } else { line != nil } }
}

/// A framed box in the middle of the canvas, or as much of it as there is.
struct Box {
    /// The inside.
    let column: Int
    let row: Int
    let columns: Int
    let rows: Int

    /// Draws one of `width` by `height` cells.
    init(on buffer: inout CellBuffer, width: Int, height: Int, title: String, _ layout: Layout, _ style: GlyphStyle) {
        let (width, height) = (min(width, layout.canvasColumns), min(height, layout.sheetRows))
        // It makes way for notices, and stays where it is where they have room under it.
        let (left, top) = ((layout.canvasColumns - width) / 2, min((layout.canvasRows - height) / 2, layout.sheetRows - height))
        var raster = CellRaster(region: CellRegion(column: 0, row: 0, columns: width, rows: height), grid: .standard)
        let isFramed = Self.isFramed(width, height)
        if isFramed {
            raster.draw(
                Pen().span(
                    .rectangle, CellPlace(column: 0, row: 0), CellPlace(column: width - 1, row: height - 1), on: .standard))
        }
        for row in 0..<height {
            for column in 0..<width {
                buffer.put(raster.cell(column: column, row: row, style: style), column: left + column, row: top + row)
            }
        }
        guard isFramed else {
            (column, row, columns, rows) = (left, top, width, height)
            return
        }
        buffer.write(" \(title) ", column: left + 2, row: top, style: CellStyle(attributes: .bold), limit: left + width - 1)
        (column, row, columns, rows) = (left + 2, top + 1, width - Self.margins, height - 2)
    }

    /// Columns inside one of `width` cells, whatever stands there.
    static func columns(inside width: Int, _ layout: Layout) -> Int {
        let width = min(width, layout.canvasColumns)
        return isFramed(width, min(3, layout.sheetRows)) ? width - margins : width
    }

    /// There is a frame where it leaves something inside.
    private static func isFramed(_ width: Int, _ height: Int) -> Bool { width >= 3 && height >= 3 }
    /// The frame, and a space on each side.
    private static let margins = 4

    func write(_ line: String, row index: Int, on buffer: inout CellBuffer) {
        buffer.write(line, column: column, row: row + index, limit: column + columns)
    }

    /// The first of some forms of a line, the longest first, that has room; the last is cut and says so (TM-238).
    func fitting(_ forms: [String]) -> String {
        forms.first { CharacterWidth.columns(of: $0) <= columns } ?? safeForTerminal(forms[forms.count - 1], columnsMax: columns)
    }

    /// Writes into the lower border the first of some words, the longest first, that has room there; nothing where none has.
    func writeFoot(_ forms: [String], on buffer: inout CellBuffer) {
        guard let words = forms.first(where: { $0.utf8.count <= columns + 1 }) else { return }
        buffer.write(words, column: column, row: row + rows, style: CellStyle(attributes: .dim))
    }
}
