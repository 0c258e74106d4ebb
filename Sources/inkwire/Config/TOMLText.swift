/// What a text of TOML says, as far as a configuration needs it: tables, and keys with a string, a number, true or false, or a list of these
/// (TOML 1.0). Dates, inline tables, lists of tables and strings of several lines are refused by name.
///
/// Our own, since the library that is to be had ends the program at a key of `[`, and takes a minute of the clean build.
struct TOMLText {
    enum Value: Equatable {
        case text(String)
        case number(String)
        case flag(Bool)
        case list([Value])
    }

    /// One key of the text.
    struct Entry {
        /// With the tables that it is in: `terminal.ascii`.
        let key: String
        let value: Value
        /// From 1; columns are characters.
        let line: Int
        let column: Int
        /// Where its value stands.
        let range: Range<String.Index>
    }

    struct Fault: Error, Equatable {
        let line: Int
        let column: Int
        let why: String
    }

    /// In the order in which they stand.
    private(set) var entries: [Entry] = []
    /// The tables that have a header, and where the line after it begins.
    private(set) var headers: [(table: String, end: String.Index)] = []

    init(_ text: String) throws(Fault) {
        var reader = Reader(text)
        var table = ""
        var known: Set<String> = []
        while reader.skipEmptyLines() {
            if reader.next == "[" {
                table = try reader.header()
                guard !headers.contains(where: { $0.table == table }) else {
                    throw reader.fault("the table [\(table)] stands here a second time")
                }
                try reader.endLine()
                headers.append((table, reader.place))
                continue
            }
            let (line, column) = (reader.line, reader.column)
            let key = (table.isEmpty ? "" : table + ".") + (try reader.key())
            guard known.insert(key).inserted else { throw Fault(line: line, column: column, why: "\(key) stands here a second time") }
            try reader.equals()
            let start = reader.place
            let value = try reader.value()
            entries.append(Entry(key: key, value: value, line: line, column: column, range: start..<reader.place))
            try reader.endLine()
        }
    }

    /// A string as TOML writes it.
    static func literal(_ text: String) -> String {
        var literal = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": literal += "\\\""
            case "\\": literal += "\\\\"
            case "\n": literal += "\\n"
            case "\t": literal += "\\t"
            case let scalar where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16, uppercase: true)
                literal += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: literal.unicodeScalars.append(scalar)
            }
        }
        return literal + "\""
    }
}

extension TOMLText {
    /// Goes through a text, and knows the line.
    private struct Reader {
        private let text: String
        private(set) var place: String.Index
        private(set) var line = 1
        private var lineStart: String.Index

        init(_ text: String) {
            self.text = text
            (place, lineStart) = (text.startIndex, text.startIndex)
        }

        var next: Character? { place < text.endIndex ? text[place] : nil }
        var column: Int { text.distance(from: lineStart, to: place) + 1 }

        func fault(_ why: String) -> Fault { Fault(line: line, column: column, why: why) }

        private mutating func advance() {
            let isEnd = text[place].isNewline
            place = text.index(after: place)
            if isEnd { (line, lineStart) = (line + 1, place) }
        }

        private mutating func skipBlanks() { while next == " " || next == "\t" { advance() } }

        private mutating func skipComment() throws(Fault) {
            guard next == "#" else { return }
            while let next, !next.isNewline {
                if next.isControl { throw fault("a control character stands here") }
                advance()
            }
        }

        /// - Returns: false at the end of the text.
        mutating func skipEmptyLines() -> Bool {
            while let next {
                if next == " " || next == "\t" || next.isNewline {
                    advance()
                } else if next == "#" {
                    while let next = self.next, !next.isNewline { _ = next; advance() }
                } else {
                    return true
                }
            }
            return false
        }

        /// Takes the rest of a line, on which nothing more may stand, and its end.
        mutating func endLine() throws(Fault) {
            skipBlanks()
            try skipComment()
            guard let next else { return }
            guard next.isNewline else { throw fault("“\(shown(next))” stands behind what is complete; a new key needs a new line") }
            advance()
        }

        mutating func header() throws(Fault) -> String {
            advance()
            if next == "[" { throw fault("lists of tables ([[…]]) mean nothing here") }
            let name = try key()
            skipBlanks()
            guard next == "]" else { throw fault("the name of the table does not end with ]") }
            advance()
            return name
        }

        /// Parts with dots between them, each bare or in quotes.
        mutating func key() throws(Fault) -> String {
            var parts: [String] = []
            while true {
                skipBlanks()
                switch next {
                case let mark? where mark == "\"" || mark == "'": parts.append(try quotedText(mark))
                default:
                    var part = ""
                    while let next, next.isASCII, next.isLetter || next.isNumber || next == "_" || next == "-" {
                        part.append(next)
                        advance()
                    }
                    guard !part.isEmpty else {
                        throw fault(next.map { "“\(shown($0))” stands where a key is to be" } ?? "a key is missing here")
                    }
                    parts.append(part)
                }
                skipBlanks()
                guard next == "." else { return parts.joined(separator: ".") }
                advance()
            }
        }

        mutating func equals() throws(Fault) {
            guard next == "=" else { throw fault("= is missing behind the key") }
            advance()
            skipBlanks()
        }

        mutating func value(isInList: Bool = false) throws(Fault) -> Value {
            switch next {
            case let mark? where mark == "\"" || mark == "'": return .text(try quotedText(mark))
            case "[" where isInList: throw fault("lists within lists mean nothing here")
            case "[": return try list()
            case "{": throw fault("tables in braces mean nothing here; write [NAME] on a line of its own")
            case nil: throw fault("the value is missing")
            case let next? where next.isNewline || next == "#": throw fault("the value is missing")
            default: break
            }
            let (start, word) = (self, word())
            if word == "true" || word == "false" { return .flag(word == "true") }
            let digits = word.filter { $0 != "_" }
            guard !word.isEmpty, Int(digits) != nil || Double(digits) != nil, word.first?.isLetter == false else {
                throw start.fault("“\(word.isEmpty ? start.next.map(shown) ?? "" : word)” is no value; a text stands in quotes")
            }
            return .number(digits)
        }

        private mutating func word() -> String {
            var word = ""
            while let next, next.isASCII, next.isLetter || next.isNumber || "+-._:".contains(next) {
                word.append(next)
                advance()
            }
            return word
        }

        private mutating func list() throws(Fault) -> Value {
            var values: [Value] = []
            advance()
            while true {
                _ = skipEmptyLines()
                if next == "]" {
                    advance()
                    return .list(values)
                }
                guard next != nil else { throw fault("the list does not end: ] is missing") }
                values.append(try value(isInList: true))
                _ = skipEmptyLines()
                if next == "," {
                    advance()
                } else if next != "]" {
                    throw fault(next == nil ? "the list does not end: ] is missing" : "a comma or ] is missing")
                }
            }
        }

        /// A text between two marks: `"` of a basic string, in which a backslash escapes, or `'` of a literal one (TOML 1.0, String).
        private mutating func quotedText(_ mark: Character) throws(Fault) -> String {
            let start = self
            advance()
            var text = ""
            while let next, next != mark {
                if next.isNewline { throw start.fault("the text does not end on its line: \(mark) is missing") }
                if next.isControl, next != "\t" { throw fault("a control character stands here") }
                if next == "\\", mark == "\"" {
                    text.unicodeScalars.append(try escape())
                } else {
                    text.append(next)
                    advance()
                }
            }
            guard next == mark else { throw start.fault("the text does not end: \(mark) is missing") }
            advance()
            if text.isEmpty, next == mark { throw start.fault("texts of several lines mean nothing here") }
            return text
        }

        private mutating func escape() throws(Fault) -> Unicode.Scalar {
            let start = self
            advance()
            guard let letter = next else { throw start.fault("the text does not end") }
            advance()
            let simple: [Character: Unicode.Scalar] = [
                "b": "\u{8}", "t": "\t", "n": "\n", "f": "\u{C}", "r": "\r", "\"": "\"", "\\": "\\",
            ]
            if let scalar = simple[letter] { return scalar }
            guard letter == "u" || letter == "U" else { throw start.fault("\\\(shown(letter)) means nothing; \\\\ is a backslash") }
            var digits = ""
            while digits.count < (letter == "u" ? 4 : 8), let next, next.isHexDigit, next.isASCII {
                digits.append(next)
                advance()
            }
            guard digits.count == (letter == "u" ? 4 : 8), let number = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(number)
            else {
                throw start.fault("\\\(letter) takes \(letter == "u" ? 4 : 8) digits of a character that there is")
            }
            return scalar
        }

        private func shown(_ character: Character) -> String { Failure.plain(String(character)) }
    }
}

extension Character {
    fileprivate var isControl: Bool { unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F } }
}
