import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession

/// Who is here and who else is a member, how they are reached and what they do; what can be done with one of them, by letter.
///
///     list ──V──▶ comparing ──y, n──▶ list        list ──x──▶ removing (a reason is typed) ──Enter, Esc──▶ list
///       └──r──▶ choosing a role ──a letter──▶ list
struct PeoplePanel: Sendable {
    enum Stage: Sendable {
        case list
        /// Whether the words are the same is asked; of who is verified, whether that still holds.
        case comparing(AuthorID)
        case choosingRole(AuthorID)
        case removing(AuthorID, PromptLine)
    }

    private(set) var stage = Stage.list
    private(set) var selected: AuthorID?
    /// As they were seen, or would be, when the key came.
    private var rows: [PersonRow] = []
    /// The first that is shown.
    private var top = 0
    /// The cells within the frame, and of those the rows in which somebody stands.
    private var drawn = (columns: 0..<0, rows: 0..<0, people: 0..<0)
    /// Those of the board, as they were told last, and when that was by the wall clock.
    private(set) var members: [MemberNews] = []
    private var wallTime: UInt64 = 0
    private var toldAt = Instant.zero
    /// When they were asked for, until they are told, and whether that is old already.
    private var asked: (at: Instant, isOld: Bool)?

    /// - Parameter selected: whom the person has to answer for; nil for the first.
    init(selecting selected: AuthorID? = nil) { self.selected = selected }

    /// What is typed in the status row; nil where nothing is.
    var line: PromptLine? { if case .removing(_, let line) = stage { line } else { nil } }

    mutating func take(_ members: [MemberNews], wallTime: UInt64, now: Instant) {
        (self.members, self.wallTime, toldAt) = (members, wallTime, now)
    }

    /// Members may be others now: true where they are to be asked for. One question is on its way at a time, whatever happens meanwhile.
    mutating func wantsMembers(now: Instant) -> Bool {
        if let at = asked?.at, now < at + Self.answerPatience {
            asked?.isOld = true
            return false
        }
        asked = (now, false)
        return true
    }

    /// They were told: true where they are to be asked for again.
    mutating func wereMembersOld() -> Bool {
        defer { asked = nil }
        return asked?.isOld == true
    }

    /// Looks at who is there now.
    mutating func look(at front: FrontEnd, _ style: GlyphStyle, now: Instant) {
        let time = wallTime + UInt64(max(0, (now - toldAt).nanoseconds / 1_000_000))
        rows = PersonRow.all(front, members, wallTime: time, style, now: now)
        if let selected, !rows.contains(where: { $0.device == selected }), !members.isEmpty || rows.isEmpty { self.selected = nil }
        if selected == nil { selected = rows.first?.device }
        switch stage {
        case .list: break
        case .comparing(let device), .choosingRole(let device), .removing(let device, _):
            if !rows.contains(where: { $0.device == device }) { stage = .list }
        }
    }

    /// Whom it is about.
    var row: PersonRow? { rows.first { $0.device == selected } }

    func row(of device: AuthorID) -> PersonRow? { rows.first { $0.device == device } }

    mutating func begin(_ stage: Stage) { self.stage = stage }

    // MARK: Keys

    mutating func handle(_ key: Key, _ modifiers: KeyModifiers) -> PanelAnswer {
        switch stage {
        case .removing(let device, var line):
            guard key != .enter else {
                stage = .list
                return .removes(device, reason: line.text)
            }
            _ = line.handle(key, modifiers)
            stage = .removing(device, line)
            return .stays
        // A letter with Control or Alt is another key.
        case _ where !modifiers.isDisjoint(with: [.control, .alt]): return .stays
        case .list: return handleInList(key)
        case .comparing(let device):
            guard key == .character("y") || key == .character("n") || key == .character("q") || key == .enter else { return .stays }
            stage = .list
            return key == .character("y") ? .answers(device) : .stays
        case .choosingRole(let device):
            let role = Role.allCases.first { key == .character($0.letter) }
            guard role != nil || key == .character("q") || key == .enter else { return .stays }
            stage = .list
            return role.map { .gives(device, $0) } ?? .stays
        }
    }

    /// Escape leaves a question, and the panel where there is none; true where it stays (TM-434).
    mutating func escape() -> Bool {
        if case .list = stage { return false }
        stage = .list
        return true
    }

    mutating func paste(_ text: String, isPart: Bool) -> Bool? {
        guard case .removing(let device, var line) = stage else { return nil }
        let isTaken = line.paste(text, isPart: isPart)
        stage = .removing(device, line)
        return isTaken
    }

    private mutating func handleInList(_ key: Key) -> PanelAnswer {
        switch key {
        case .up, .character("k"): choose(-1)
        case .down, .character("j"): choose(1)
        case .pageUp: choose(-Self.page)
        case .pageDown: choose(Self.page)
        case .home: choose(-rows.count)
        case .end: choose(rows.count)
        case .character("s") where row?.claim != nil: return selected.map { .sees($0) } ?? .stays
        case .character("P"), .character("q"), .enter: return .closes
        default:
            guard let action = PeopleAction(key), let selected else { return .stays }
            return .acts(action, selected)
        }
        return .stays
    }

    mutating func choose(_ step: Int) {
        guard let place = rows.firstIndex(where: { $0.device == selected }) else { return }
        selected = rows[max(0, min(rows.count - 1, place + step))].device
    }

    /// A press within the frame chooses whom it is on, while nothing is asked; false for one elsewhere (TM-291).
    mutating func press(column: Int, row: Int) -> Bool {
        guard drawn.columns.contains(column), drawn.rows.contains(row) else { return false }
        // Somebody may have gone since it was drawn.
        let index = top + row - drawn.people.lowerBound
        if case .list = stage, drawn.people.contains(row), rows.indices.contains(index) { selected = rows[index].device }
        return true
    }

    // MARK: Drawing

    /// - Parameters:
    ///   - words: of whom they are known.
    ///   - invite: the key that invites.
    mutating func draw(
        _ own: (name: String, role: Role?), _ words: ComparedWords, invite: String, on buffer: inout CellBuffer, _ layout: Layout,
        _ style: GlyphStyle
    ) {
        let wanted = max(Self.width.least, min(Self.width.most, layout.canvasColumns - 8))
        let columns = Box.columns(inside: wanted, layout)
        var details = details(words, columns: columns)
        // Where all does not fit, who is there goes before what is said of one of them; a question goes before both (TM-82).
        let room = layout.sheetRows - 2
        if details.count + Self.rowsLeast > room { details = isAsking ? Array(details.prefix(max(1, room - 1))) : [] }
        let box = Box(
            on: &buffer, width: wanted, height: 1 + max(1, rows.count) + (details.isEmpty ? 0 : details.count + 1) + 2, title: "people",
            layout, style)
        let you = (own.name.isEmpty ? "you" : "you: \(safeForTerminal(own.name, columnsMax: 24))") + (own.role.map { ", \($0)" } ?? "")
        var lines = [(text: box.fitting(["\(you)  (:name changes it)", you]), attributes: Cell.Attributes())]
        if rows.isEmpty { lines.append((box.fitting(["nobody else yet: \(invite) invites", "\(invite) invites others"]), [])) }
        let left = max(0, box.rows - 1 - (details.isEmpty ? 0 : details.count))
        let shown = rows.count > left ? max(0, left - 1) : rows.count
        if let place = rows.firstIndex(where: { $0.device == selected }) { top = max(place - shown + 1, min(top, place)) }
        top = max(0, min(top, rows.count - shown))
        // A window of a few cells has no room within a frame.
        let (width, height) = (max(0, box.columns), max(0, box.rows))
        drawn = (box.column..<box.column + width, box.row..<box.row + height, box.row + 1..<box.row + 1 + shown)
        for row in rows[top...].prefix(shown) {
            let attributes: Cell.Attributes = row.device == selected ? .reverse : []
            lines.append((row.text(columns: columns, style, fitting: box.fitting), attributes))
        }
        if shown < rows.count, left > 0 { lines.append(("and \(rows.count - shown) more", [])) }
        // What is said of one stands apart where there is room.
        if !details.isEmpty, lines.count + details.count < box.rows { lines.append(("", [])) }
        for line in details { lines.append((line, isAsking ? .bold : [])) }
        for (index, line) in lines.prefix(box.rows).enumerated() {
            buffer.write(
                line.text, column: box.column, row: box.row + index, style: CellStyle(attributes: line.attributes),
                limit: box.column + box.columns)
        }
        if !rows.isEmpty, case .list = stage { box.writeFoot(PeopleAction.feet, on: &buffer) }
    }

    private var isAsking: Bool { if case .list = stage { false } else { true } }

    /// What is said of who is chosen, or asked.
    private func details(_ words: ComparedWords, columns: Int) -> [String] {
        func wrapped(_ text: String) -> [String] { wordWrapped(text, columns: max(1, columns)) }
        switch stage {
        case .list:
            guard let row else { return [] }
            var lines: [String] = []
            if let claim = row.claim {
                lines += wrapped(
                    "! Not \(claim.before), who \(claim.wasVerified ? "was verified" : "was given a right") under this name: another key. "
                        + "V compares, s: seen"
                )
            }
            switch words.state(of: row.device) {
            case .known(let words): lines += wrapped("safety words with \(row.name): \(words)")
            case .underWay: lines += wrapped("safety words with \(row.name): a moment ...")
            case .impossible: lines += wrapped(SafetyWords.obstacle)
            case .unasked: break
            }
            return lines
        case .comparing(let device):
            guard let row = row(of: device) else { return [] }
            if !row.needsWords {
                return wrapped("\(row.name) is verified. Take that back? y takes it back, Esc leaves it")
            }
            switch words.state(of: device) {
            case .known(let words):
                return wrapped("Does \(row.name) read these six words from his screen?") + wrapped("    \(words)")
                    + wrapped(columns < 60 ? "y: the same - n: not" : "y: the same, mark \(row.name) verified - n: not, or not compared")
            case .impossible: return wrapped(SafetyWords.obstacle)
            case .underWay, .unasked: return wrapped("the safety words are being made, a moment ...")
            }
        case .choosingRole(let device):
            let roles = Role.allCases.sorted(by: >).map { "\(String(Character($0.letter))) \($0)" }.joined(separator: ", ")
            return wrapped("Role of \(row(of: device)?.name ?? ""): \(roles) - Esc leaves it")
        case .removing(let device, _):
            return wrapped(
                "Remove \(row(of: device)?.name ?? "")? All are told why: type it below, or nothing. Enter removes, Esc does not")
        }
    }

    private static let width = (least: 56, most: 96)
    /// Who is there must be seen, too.
    private static let rowsLeast = 4
    private static let page = 5
    /// A board that is left, or read, may never answer.
    private static let answerPatience = Duration.seconds(5)
}

extension Role {
    /// By which it is chosen.
    var letter: Unicode.Scalar {
        switch self {
        case .owner: "o"
        case .editor: "e"
        case .commenter: "c"
        case .viewer: "v"
        }
    }
}
