import InkFormats
import InkPrimitives

/// What a person sees who starts the program without saying what to do.
struct StartScene: Sendable {
    private enum Prompt: Hashable { case none, name, link, help }

    let content: StartContent
    let style: GlyphStyle
    var columns: Int
    var rows: Int
    private var prompt = Prompt.none
    private var buffer = TextBuffer()
    private(set) var message = ""
    var outputs: [TerminalApp.Output] = []
    var isDirty = true

    init(content: StartContent, style: GlyphStyle, columns: Int, rows: Int) {
        (self.content, self.style, self.columns, self.rows) = (content, style, columns, rows)
        message = content.message
    }

    mutating func handle(_ event: InputEvent) {
        isDirty = true
        switch event {
        case .key(let key, let modifiers): handle(key, modifiers)
        case .paste(let text):
            // A link pasted anywhere is meant to be joined.
            if prompt == .none { (prompt, buffer) = (.link, TextBuffer()) }
            _ = buffer.insert(
                text.split(whereSeparator: \.isWhitespace).joined(separator: prompt == .name ? " " : ""),
                bytesMax: prompt == .name ? Limits.nameBytes : Self.inputBytesMax)
        case .mouse(let mouse):
            if case .press(.left) = mouse.action { press(row: mouse.row) }
        case .focus, .answer: break
        }
    }

    private mutating func handle(_ key: Key, _ modifiers: KeyModifiers) {
        if key == .character("c"), modifiers == [.control] { return outputs.append(.effect(.quit)) }
        switch prompt {
        case .name, .link: edit(key, modifiers)
        case .help: prompt = .none
        case .none:
            guard case .character(let scalar) = key, modifiers.isDisjoint(with: [.control, .alt]) else {
                if key == .function(1) { prompt = .help }
                return
            }
            choose(scalar)
        }
    }

    private mutating func choose(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "n", "N": (prompt, buffer, message) = (.name, TextBuffer(), "")
        case "j", "J": (prompt, buffer, message) = (.link, TextBuffer(), "")
        case "1"..."9":
            let index = Int(scalar.value) - 0x31
            if index < content.recents.count { outputs.append(.effect(.open(index))) }
        case "?": prompt = .help
        case "q", "Q": outputs.append(.effect(.quit))
        default: break
        }
    }

    private mutating func edit(_ key: Key, _ modifiers: KeyModifiers) {
        switch key {
        case .escape: prompt = .none
        case .enter:
            let text = buffer.text
            if prompt == .name {
                outputs.append(.effect(.newBoard(name: text)))
            } else if text.isEmpty {
                message = "A link begins with inkwire: - ask the other side to press i."
            } else {
                outputs.append(.effect(.join(link: text)))
            }
        case .character(let scalar) where modifiers.isDisjoint(with: [.control, .alt]):
            _ = buffer.insert(String(scalar), bytesMax: prompt == .name ? Limits.nameBytes : Self.inputBytesMax)
        default: BoardScene.move(&buffer, key, modifiers)
        }
    }

    /// A click on a line does what its letter does.
    private mutating func press(row: Int) {
        guard prompt == .none else { return }
        let index = row - top - 2
        let keys: [Unicode.Scalar] = ["n", "j"] + content.recents.indices.compactMap { Unicode.Scalar(UInt32(0x31 + $0)) }
        if keys.indices.contains(index) { choose(keys[index]) }
    }

    // MARK: Picture

    private var lines: [String] {
        var lines = [
            "inkwire - a shared whiteboard, end-to-end encrypted", "", "n  New board            works offline; invite later",
            "j  Join with a link     the other side presses i",
        ]
        for (index, recent) in content.recents.prefix(9).enumerated() {
            lines.append("\(index + 1)  \(safeForTerminal(recent.name, columnsMax: 20))  \(safeForTerminal(recent.detail, columnsMax: 40))")
        }
        lines += ["?  Keys     q  Quit", ""]
        switch prompt {
        case .none: lines.append("Your name: \(safeForTerminal(content.personName, columnsMax: 24))")
        case .name: lines.append("Name of the board: ")
        case .link: lines.append("Link: ")
        case .help: break
        }
        return lines
    }

    private var top: Int { max(0, (rows - lines.count - 2) / 2) }

    func picture() -> CellBuffer {
        var picture = CellBuffer(columns: columns, rows: rows)
        let lines = prompt == .help ? HelpText.lines : self.lines
        let width = min(columns, max(64, 0))
        let left = max(0, (columns - width) / 2)
        let top = prompt == .help ? max(0, (rows - lines.count) / 2) : self.top
        for (index, line) in lines.enumerated() {
            picture.write(line, column: left, row: top + index, style: CellStyle(attributes: index == 0 && prompt != .help ? .bold : []))
        }
        if prompt == .name || prompt == .link {
            // A long link scrolls: its end is where it is typed.
            let start = left + CharacterWidth.columns(of: lines[lines.count - 1])
            let room = max(1, columns - start - 1)
            let row = top + lines.count - 1
            let window = buffer.window(columns: room)
            picture.write(window.text, column: start, row: row)
            picture.cursor = (min(columns - 1, start + window.caret), min(rows - 1, row))
        }
        let wrapped = Self.wrapped(safeForTerminal(message), width: max(1, columns - left))
        let first = max(0, min(rows - wrapped.count, top + lines.count + 1))
        for (index, line) in wrapped.enumerated() where first + index < rows {
            picture.write(line, column: left, row: first + index, style: CellStyle(attributes: .bold))
        }
        return picture
    }

    /// Lines of whole words.
    private static func wrapped(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, CharacterWidth.columns(of: last) + 1 + CharacterWidth.columns(of: String(word)) <= width {
                lines[lines.count - 1] += " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines
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
    /// Newest first; nine are shown.
    public var recents: [Recent]
    /// Why the person is here again, such as a join that failed; may be empty.
    public var message: String

    public init(personName: String, recents: [Recent] = [], message: String = "") {
        (self.personName, self.recents, self.message) = (personName, recents, message)
    }
}
