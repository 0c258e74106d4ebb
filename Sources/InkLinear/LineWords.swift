/// Why a typed line is not done, in one sentence: what, why, what next.
package struct LineFault: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}

/// The words of a typed line (LN-2).
///
/// Words are parted by blanks. One that begins with `"` ends with the next `"` and may hold blanks; within it `\"`, `\\` and `\n` are a quote, a
/// backslash and a line break. A text at the end of a line is the rest of it as it stands, unless it begins with `"`.
struct LineWords {
    struct Word: Hashable {
        var text: String
        /// A name, whatever it looks like.
        var isQuoted = false
    }

    private var rest: Substring

    init(_ line: String) { rest = line[...] }

    /// True where nothing but blanks is left.
    var isAtEnd: Bool { rest.allSatisfy(\.isBlank) }

    /// The next word, left where it is; nil at the end, and for one that is no word.
    func peek() -> Word? {
        var copy = self
        return (try? copy.next()) ?? nil
    }

    /// The next word; nil at the end.
    mutating func next() throws(LineFault) -> Word? {
        rest = rest.drop(while: \.isBlank)
        guard let first = rest.first else { return nil }
        if first == "\"" { return Word(text: try quoted(), isQuoted: true) }
        let word = rest.prefix { !$0.isBlank }
        rest = rest[word.endIndex...]
        return Word(text: String(word))
    }

    /// All words that are left.
    mutating func all() throws(LineFault) -> [Word] {
        var words: [Word] = []
        while let word = try next() { words.append(word) }
        return words
    }

    /// The text at the end of the line; empty where there is none (LN-15).
    mutating func text() throws(LineFault) -> String {
        rest = rest.drop(while: \.isBlank)
        guard rest.first == "\"" else {
            defer { rest = "" }
            return String(rest.trimmedOfBlanks)
        }
        let text = try quoted()
        guard isAtEnd else { throw LineFault(Self.behind) }
        return text
    }

    /// Takes a word in quotes, of which the first is next.
    private mutating func quoted() throws(LineFault) -> String {
        var (text, place) = ("", rest.index(after: rest.startIndex))
        while place < rest.endIndex {
            let character = rest[place]
            place = rest.index(after: place)
            switch character {
            case "\"":
                guard place == rest.endIndex || rest[place].isBlank else { throw LineFault(Self.behind) }
                rest = rest[place...]
                return text
            case "\\":
                guard place < rest.endIndex, let meant = Self.escapes[rest[place]] else {
                    throw LineFault("a backslash in quotes stands before what it does not go with: \\\" \\\\ and \\n are all there are")
                }
                text.append(meant)
                place = rest.index(after: place)
            default: text.append(character)
            }
        }
        throw LineFault("a quote is not closed: end the text with \", or begin it with a letter and leave the quotes out")
    }

    private static let escapes: [Character: Character] = ["\"": "\"", "\\": "\\", "n": "\n"]
    private static let behind = "something stands right behind a closing quote: put a blank there, or write \\\" for a quote in a text"
}

extension Character {
    /// What parts words; a line break never stands in a line, and the carriage return of other systems is left at its end.
    var isBlank: Bool { self == " " || self == "\t" || self == "\r" }
}

extension Substring {
    fileprivate var trimmedOfBlanks: Substring {
        var text = self
        while text.last?.isBlank == true { text.removeLast() }
        return text
    }
}
