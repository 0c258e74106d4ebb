import InkFormats
import InkFrontEnd
import InkPrimitives

/// A line that is typed in the status row, behind a word that says what for.
struct PromptLine: Sendable {
    /// Of ASCII.
    let prompt: String
    let bytesMax: Int
    private var buffer: TextBuffer
    /// True behind a paste that ended a line: what else comes of it is another word.
    private var hasEndedLine = false
    /// What Tab goes through, and where it is.
    private var completion: (texts: [String], index: Int)?

    init(_ prompt: String, _ text: String = "", bytesMax: Int) {
        (self.prompt, self.bytesMax, buffer) = (prompt, bytesMax, TextBuffer(text))
    }

    var text: String { buffer.text }
    var isEmpty: Bool { buffer.isEmpty }

    /// What was typed, or another text in its place.
    mutating func replace(_ text: String) { buffer = TextBuffer(text) }

    /// Takes a letter, or a key that moves the caret or deletes; true if a letter was added.
    mutating func handle(_ key: Key, _ modifiers: KeyModifiers) -> Bool {
        hasEndedLine = false
        if case .character(let scalar) = key, modifiers.isDisjoint(with: [.control, .alt]) {
            return buffer.insert(String(scalar), bytesMax: bytesMax)
        }
        buffer.take(key, modifiers)
        return false
    }

    /// What was not taken stands before what was typed since.
    mutating func giveBack(_ text: String) { replace(isEmpty ? text : "\(text) \(self.text)") }

    /// Completes the name that is begun behind an `@` at the end, or puts the next that begins so in place of the last; false where none does
    /// (TM-275).
    mutating func complete(_ names: [String]) -> Bool {
        guard buffer.isAtEnd else { return false }
        if let last = completion, last.texts[last.index] == text {
            completion?.index = (last.index + 1) % last.texts.count
        } else {
            guard let (before, beginning) = Mention.begun(in: text) else { return false }
            let texts = Mention.completions(of: beginning, among: names).map { "\(before)@\($0) " }.filter { $0.utf8.count <= bytesMax }
            guard !texts.isEmpty else { return false }
            completion = (texts, 0)
        }
        if let completion { replace(completion.texts[completion.index]) }
        return true
    }

    /// Takes a paste as one line: all or nothing, and false for nothing. Of a part of a paste as much as fits, and false if that is not all (TM-427).
    mutating func paste(_ text: String, isPart: Bool = false) -> Bool {
        var line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        // The words at both sides of where a paste was torn are two.
        let isApart = hasEndedLine || isPart && text.first?.isNewline == true && !buffer.isEmpty
        if isApart, !line.isEmpty { line = " " + line }
        let isTaken = isPart ? buffer.insertFitting(line, bytesMax: bytesMax) : buffer.insert(line, bytesMax: bytesMax)
        if isTaken, let last = text.last { hasEndedLine = last.isNewline }
        return isTaken
    }

    func draw(on picture: inout CellBuffer, _ layout: Layout) {
        let style = CellStyle(attributes: .bold)
        let column = picture.write(prompt, column: 0, row: layout.statusRow, style: style)
        picture.write(buffer.window(columns: room(layout)).text, column: column, row: layout.statusRow, style: style)
    }

    /// Draws it in a part of a row; the column in which the caret stands.
    func draw(on picture: inout CellBuffer, column: Int, row: Int, columns: Int) -> Int {
        let style = CellStyle(attributes: .bold)
        let start = picture.write(prompt, column: column, row: row, style: style, limit: column + columns)
        let window = buffer.window(columns: max(1, columns - prompt.utf8.count - 1))
        picture.write(window.text, column: start, row: row, style: style, limit: column + columns)
        return min(column + columns - 1, start + window.caret)
    }

    /// The column in which the caret stands.
    func caret(_ layout: Layout) -> Int { min(layout.columns - 1, prompt.utf8.count + buffer.window(columns: room(layout)).caret) }

    private func room(_ layout: Layout) -> Int { layout.columns - prompt.utf8.count - 1 }
}
