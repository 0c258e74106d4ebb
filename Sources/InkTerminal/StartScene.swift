import InkFormats
import InkPrimitives
import InkSession

/// What a person sees who starts the program without saying what to do.
struct StartScene: Sendable {
    private enum Prompt: Hashable { case none, name, link, person, help }

    private var content: StartContent
    let style: GlyphStyle
    private let keys: KeyMap
    private var columns: Int
    private var rows: Int
    private var prompt = Prompt.none
    private var buffer = TextBuffer()
    /// What waits until the person has a name.
    private var pending: TerminalApp.Effect?
    /// The help, while it is open.
    private var sheet = Sheet(.help)
    private(set) var message = ""
    private var outputs: [TerminalApp.Output] = []
    private(set) var isDirty = true

    init(content: StartContent, style: GlyphStyle, keys: KeyMap = .usual, columns: Int, rows: Int) {
        (self.content, self.style, self.keys, self.columns, self.rows) = (content, style, keys, columns, rows)
        message = content.message
    }

    /// A part of what is pasted, or typed in one piece, did not fit.
    private var isPasteCut = false
    private var isTextCut = false

    mutating func resize(columns: Int, rows: Int) { (self.columns, self.rows, isDirty) = (columns, rows, true) }

    mutating func takeOutputs() -> [TerminalApp.Output] {
        defer { outputs = [] }
        return outputs
    }

    /// Takes what one read brought.
    ///
    /// - Parameter isPart: the read brought more.
    mutating func handle(_ events: [InputEvent], isPart: Bool = false) {
        let isAhead = isPart || events.hasLettersBesideQuit
        for event in events {
            if event == .quitKey, prompt == .none, isAhead { message = "q quits." } else { handle(event) }
        }
    }

    private mutating func handle(_ event: InputEvent) {
        isDirty = true
        switch event {
        case .key(let key, let modifiers): handle(key, modifiers)
        case .paste(let text, let isWhole):
            // What follows a part that does not fit would be the end of another link.
            if !isPasteCut { isPasteCut = !paste(text) }
            if isWhole { isPasteCut = false }
        case .text(let text, let continues):
            guard !continues || !isTextCut else { return }
            let isEntered = isOpen && text.isLineWithEnter
            isTextCut = !paste(text)
            if isEntered, !isTextCut { handle(.enter, []) }
        case .mouse(let mouse):
            if case .press(.left) = mouse.action { press(row: mouse.row) }
        case .focus, .answer: break
        }
    }

    private mutating func handle(_ key: Key, _ modifiers: KeyModifiers) {
        if key == .character("c"), modifiers == [.control] { return outputs.append(.effect(.quit)) }
        switch prompt {
        case .name, .link, .person: edit(key, modifiers)
        case .help: if key == .escape || sheet.handle(key) == .closes { prompt = .none }
        case .none:
            guard case .character(let scalar) = key, modifiers.isDisjoint(with: [.control, .alt]) else {
                if key == .function(1) { openHelp() }
                return
            }
            choose(scalar)
        }
    }

    /// True while something is typed.
    private var isOpen: Bool { prompt == .name || prompt == .link || prompt == .person }

    /// A link pasted anywhere is meant to be joined.
    ///
    /// - Returns: false if it does not fit.
    private mutating func paste(_ text: String) -> Bool {
        if !isOpen { (prompt, buffer, message) = (.link, TextBuffer(), "") }
        // A link is wrapped over lines; the words of a code stand apart.
        let isLink = prompt == .link && (buffer.text + text).lowercased().hasPrefix("inkwire:")
        let isTaken = buffer.insert(
            text.split(whereSeparator: \.isWhitespace).joined(separator: isLink ? "" : " "),
            bytesMax: prompt == .link ? Self.inputBytesMax : Limits.nameBytes)
        if !isTaken {
            message = prompt != .link ? "A name holds at most \(Limits.nameBytes) bytes." : "That is too long for a link or a code."
        }
        return isTaken
    }

    // TM-220
    private mutating func choose(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "n", "N": (prompt, buffer, message) = (.name, TextBuffer(), "")
        case "j", "J": (prompt, buffer, message) = (.link, TextBuffer(), "")
        case "d", "D": outputs.append(.effect(.example))
        case "1"..."9":
            let index = Int(scalar.value) - 0x31
            if index < content.recents.count { begin(.open(index)) }
        case "y", "Y": askName()
        case "?": openHelp()
        case "q", "Q": outputs.append(.effect(.quit))
        default: if scalar.isOfAnotherAlphabet { message = "Keys are Latin letters: switch the keyboard." }
        }
    }

    /// Does what was chosen, once the person has a name (TM-169, TM-423).
    private mutating func begin(_ effect: TerminalApp.Effect) {
        guard !content.isNameKnown else { return outputs.append(.effect(effect)) }
        askName()
        pending = effect
    }

    /// What is typed takes the place of a name that nobody chose; one that was chosen is changed (TM-169).
    private mutating func askName() {
        (prompt, buffer, message, pending) = (.person, TextBuffer(content.isNameKnown ? content.personName : ""), "", nil)
    }

    private mutating func takeName(_ typed: String) {
        let name = typed.isEmpty ? content.personName : typed
        if let complaint = personNameComplaint(name) { return message = complaint }
        (content.personName, content.isNameKnown, prompt) = (name, true, .none)
        outputs.append(.effect(.keepName(name)))
        if let pending { outputs.append(.effect(pending)) }
        pending = nil
    }

    private mutating func openHelp() { (prompt, sheet) = (.help, Sheet(.help)) }

    private mutating func edit(_ key: Key, _ modifiers: KeyModifiers) {
        switch key {
        case .escape: prompt = .none
        case .enter:
            let text = buffer.text
            if prompt == .person {
                takeName(text)
            } else if prompt == .name {
                begin(.newBoard(name: text))
            } else if text.isEmpty {
                message = "A link begins with inkwire:, a code with a number - ask the other side to press i."
            } else {
                begin(.join(link: text))
            }
        case .character(let scalar) where modifiers.isDisjoint(with: [.control, .alt]):
            _ = buffer.insert(String(scalar), bytesMax: prompt == .link ? Self.inputBytesMax : Limits.nameBytes)
        case .tab where prompt == .link: complete()
        default: buffer.take(key, modifiers)
        }
    }

    /// Completes the word of a code, where the caret is behind it (TM-265).
    private mutating func complete() {
        guard buffer.caret == buffer.text.count else { return }
        switch ShortCode.completion(of: buffer.text) {
        case .none: break
        case .more(let letters):
            _ = buffer.insert(letters, bytesMax: Self.inputBytesMax)
            message = ""
        case .several(let words, let count):
            message = words.joined(separator: " ") + (count > words.count ? " and \(count - words.count) more" : "")
        }
    }

    /// A click on a line does what its letter does.
    private mutating func press(row: Int) {
        guard prompt == .none else { return }
        let index = row - top
        if lines.indices.contains(index), let key = lines[index].key { choose(key) }
    }

    // MARK: Picture

    private struct Line {
        var text: String
        /// What a press on it stands for.
        var key: Unicode.Scalar?
        /// Where rows are short, lines with the highest go first.
        var rank: Int
    }

    /// The lines that fit, the prompt last where one is open (TM-17).
    private var lines: [Line] {
        var lines = [
            Line(text: "inkwire - a shared whiteboard, end-to-end encrypted", rank: 4), Line(text: "", rank: 30),
            Line(text: "n  New board            works offline; invite later", key: "n", rank: 1),
            Line(text: "j  Join by code or link  the other side presses i", key: "j", rank: 2),
            Line(text: "d  Try it out           an example, gone when you leave", key: "d", rank: 9),
        ]
        for (index, recent) in content.recents.prefix(9).enumerated() {
            let text = "\(index + 1)  \(safeForTerminal(recent.name, columnsMax: 20))  \(safeForTerminal(recent.detail, columnsMax: 40))"
            lines.append(Line(text: text, key: Unicode.Scalar(UInt32(0x31 + index)), rank: 10 + index))
        }
        // While something is typed those letters are a part of it (TM-331).
        lines += [Line(text: isOpen ? "Enter  Go on    Esc  Back" : "?  Keys     q  Quit", rank: 3), Line(text: "", rank: 31)]
        switch prompt {
        case .none:
            let name = safeForTerminal(content.personName, columnsMax: 24)
            lines.append(Line(text: "y  Your name: \(name)", key: "y", rank: 20))
        case .person:
            let usual = content.isNameKnown ? "" : " (Enter: \(safeForTerminal(content.personName, columnsMax: 16)))"
            lines.append(Line(text: "What the others call you\(usual): ", rank: 0))
        case .name: lines.append(Line(text: "Name of the board: ", rank: 0))
        case .link: lines.append(Line(text: "Code or link: ", rank: 0))
        case .help: break
        }
        let room = max(1, rows - messageLines.count)
        for _ in 0..<max(0, lines.count - room) {
            if let worst = lines.indices.max(by: { lines[$0].rank < lines[$1].rank }) { lines.remove(at: worst) }
        }
        return lines
    }

    private var width: Int { min(columns, 64) }
    private var left: Int { (columns - width) / 2 }
    /// What the screen has to say, without the last row that a prompt needs.
    private var messageLines: [String] { Array(wordWrapped(safeForTerminal(message), columns: columns - left).prefix(max(0, rows - 1))) }
    private var top: Int { max(0, (rows - messageLines.count - lines.count - 1) / 2) }

    mutating func picture() -> CellBuffer {
        isDirty = false
        var picture = CellBuffer(columns: columns, rows: rows)
        if prompt == .help {
            let layout = Layout(columns: columns, rows: rows)
            sheet.draw(HelpText.lines(keys, columns: Sheet.columns(layout)), on: &picture, layout, style)
            return picture
        }
        let (lines, top) = (lines, top)
        for (index, line) in lines.enumerated() {
            picture.write(line.text, column: left, row: top + index, style: CellStyle(attributes: line.rank == 4 ? .bold : []))
        }
        if isOpen {
            // A long link scrolls: its end is where it is typed.
            let start = left + CharacterWidth.columns(of: lines[lines.count - 1].text)
            let room = max(1, columns - start - 1)
            let row = top + lines.count - 1
            let window = buffer.window(columns: room)
            picture.write(window.text, column: start, row: row)
            picture.cursor = (min(columns - 1, start + window.caret), row)
        }
        // Under the lines, with a row between where there is one.
        let first = min(rows - messageLines.count, top + lines.count + 1)
        for (index, line) in messageLines.enumerated() {
            picture.fill(row: first + index)
            picture.write(line, column: left, row: first + index, style: CellStyle(attributes: .bold))
        }
        return picture
    }

    private static let inputBytesMax = 4096
}

/// What the start screen offers.
public struct StartContent: Hashable, Sendable {
    public struct Recent: Hashable, Sendable {
        /// The board's name, unsanitised.
        public var name: String
        /// When and with whom, in words.
        public var detail: String
        public init(name: String, detail: String) { (self.name, self.detail) = (name, detail) }
    }
    public var personName: String
    /// False where nobody has said it: it is asked for once.
    public var isNameKnown: Bool
    /// Newest first; nine are shown.
    public var recents: [Recent]
    /// Why the person is here again, such as a join that failed; may be empty.
    public var message: String

    public init(personName: String, isNameKnown: Bool = true, recents: [Recent] = [], message: String = "") {
        (self.personName, self.isNameKnown, self.recents, self.message) = (personName, isNameKnown, recents, message)
    }
}
