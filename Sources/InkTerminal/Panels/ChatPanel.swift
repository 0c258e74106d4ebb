import InkPrimitives

/// A message being typed, in the status row.
struct ChatPanel: Sendable {
    private var buffer = TextBuffer()
    /// True behind a paste that ended a line: what else comes of it is another word.
    private var hasEndedLine = false

    init() {}

    mutating func handle(_ key: Key, _ modifiers: KeyModifiers) -> PanelAnswer {
        hasEndedLine = false
        switch key {
        case .enter: return buffer.isEmpty ? .closes : .says(buffer.text)
        case .character(let scalar) where modifiers.isDisjoint(with: [.control, .alt]):
            return buffer.insert(String(scalar), bytesMax: Limits.chatBytes) ? .types : .stays
        default:
            buffer.take(key, modifiers)
            return .stays
        }
    }

    /// Takes a paste as one line, which a message is: all or nothing, and false for nothing. Of a part of a paste as much as fits, and false if
    /// that is not all.
    mutating func paste(_ text: String, isPart: Bool = false) -> Bool {
        var line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        // The words at both sides of where a paste was torn are two.
        let isApart = hasEndedLine || isPart && text.first?.isNewline == true && !buffer.isEmpty
        if isApart, !line.isEmpty { line = " " + line }
        let isTaken = isPart ? buffer.insertFitting(line, bytesMax: Limits.chatBytes) : buffer.insert(line, bytesMax: Limits.chatBytes)
        if isTaken, let last = text.last { hasEndedLine = last.isNewline }
        return isTaken
    }

    func draw(on buffer: inout CellBuffer, _ layout: Layout) {
        let style = CellStyle(attributes: .bold)
        let column = buffer.write(Self.prompt, column: 0, row: layout.statusRow, style: style)
        buffer.write(self.buffer.window(columns: room(layout)).text, column: column, row: layout.statusRow, style: style)
    }

    /// The column in which the caret stands.
    func caret(_ layout: Layout) -> Int { min(layout.columns - 1, Self.prompt.utf8.count + buffer.window(columns: room(layout)).caret) }

    private func room(_ layout: Layout) -> Int { layout.columns - Self.prompt.utf8.count - 1 }

    private static let prompt = "say: "
}
