import InkFormats
import InkSession

/// A line that is typed below the shell, as the system would take it, in which Tab completes the words of a code (CL-213).
///
/// It is told each byte, and says what is to be shown of it. Links are pasted into it, far longer than a row: so what is shown is only added to, and
/// taken away at its end.
package struct CodeLine: Sendable {
    package enum State: Hashable, Sendable {
        case typing
        case done(String)
        /// The input ended, with nothing typed.
        case ended
    }

    /// What of a key that sends several bytes has come.
    private enum Escape: Sendable { case none, begun, sequence, last }

    package private(set) var state = State.typing
    private let prompt: String
    private let bytesMax: Int
    private var text = ""
    /// Of a letter that takes several bytes those that have come.
    private var letter: [UInt8] = []
    private var escape = Escape.none

    /// - Parameter bytesMax: what is typed beyond it is dropped.
    package init(prompt: String, bytesMax: Int) { (self.prompt, self.bytesMax) = (prompt, bytesMax) }

    /// - Returns: what is to be shown of it.
    package mutating func take(_ byte: UInt8) -> String {
        if passesOver(byte) { return "" }
        switch byte {
        case 0x0A, 0x0D:
            state = .done(text)
            return "\n"
        // Ctrl+D ends the input, where nothing is typed; elsewhere the system gives up the line as it is.
        case 0x04:
            state = text.isEmpty ? .ended : .done(text)
            return "\n"
        case 0x09: return complete()
        case 0x08, 0x7F: return erase(1)
        // Ctrl+W and Ctrl+U, as in a shell.
        case 0x17:
            let blanks = text.reversed().prefix { $0.isWhitespace }.count
            return erase(blanks + text.dropLast(blanks).reversed().prefix { !$0.isWhitespace }.count)
        case 0x15:
            text = ""
            return "\n" + prompt
        case 0x1B:
            escape = .begun
            return ""
        case ..<0x20: return ""
        default: return add(byte)
        }
    }

    /// Arrows and other keys that no line has a use for.
    private mutating func passesOver(_ byte: UInt8) -> Bool {
        switch escape {
        case .none: return false
        case .begun: escape = byte == UInt8(ascii: "[") ? .sequence : byte == UInt8(ascii: "O") ? .last : .none
        case .sequence: if (0x40...0x7E).contains(byte) { escape = .none }
        case .last: escape = .none
        }
        // An Escape by itself, and then a line.
        guard case .none = escape, byte == 0x0A || byte == 0x0D else { return true }
        return false
    }

    private mutating func add(_ byte: UInt8) -> String {
        letter.append(byte)
        guard let whole = String(validating: letter, as: UTF8.self) else {
            if letter.count >= 4 { letter = [] }
            return ""
        }
        letter = []
        guard text.utf8.count + whole.utf8.count <= bytesMax else { return "" }
        text += whole
        return safeForTerminal(whole)
    }

    private mutating func complete() -> String {
        switch ShortCode.completion(of: text) {
        case .none: return ""
        case .more(let letters):
            guard text.utf8.count + letters.utf8.count <= bytesMax else { return "" }
            text += letters
            return letters
        case .several(let words, let count):
            return "\n" + words.joined(separator: " ") + (count > words.count ? " and \(count - words.count) more" : "") + "\n" + prompt
                + safeForTerminal(text)
        }
    }

    /// Takes away letters at the end.
    private mutating func erase(_ count: Int) -> String {
        let gone = safeForTerminal(String(text.suffix(count)))
        text.removeLast(min(count, text.count))
        return String(repeating: "\u{8} \u{8}", count: CharacterWidth.columns(of: gone))
    }
}
