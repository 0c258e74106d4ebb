import InkBoard

/// A place in the bytes of a file of Mermaid.
struct MermaidCursor: Sendable {
    let bytes: [UInt8]
    var index = 0
    /// Where what is read ends.
    private(set) var end: Int

    init(_ bytes: [UInt8]) { (self.bytes, end) = (bytes, bytes.count) }

    /// Reads a part of the file alone.
    mutating func narrow(to range: Range<Int>) { (index, end) = (range.lowerBound, range.upperBound) }

    /// The byte here; nil at the end.
    var next: UInt8? { index < end ? bytes[index] : nil }

    func byte(after count: Int) -> UInt8? { index + count < end ? bytes[index + count] : nil }

    func isAt(_ word: StaticString) -> Bool {
        guard index + word.utf8CodeUnitCount <= end else { return false }
        return (0..<word.utf8CodeUnitCount).allSatisfy { bytes[index + $0] == word.utf8Start[$0] }
    }

    /// Moves past a word, if it stands here.
    mutating func take(_ word: StaticString) -> Bool {
        guard isAt(word) else { return false }
        index += word.utf8CodeUnitCount
        return true
    }

    mutating func skipBlanks() { while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0D || isBlankOfUnicode { index += 1 } }

    /// A no-break space or a byte order mark, as editors leave them: its last byte is what `skipBlanks` counts on.
    private var isBlankOfUnicode: Bool {
        if bytes[index] == 0xC2 || bytes[index] == 0xA0, index > 0 || bytes[index] == 0xC2 {
            return bytes[index] == 0xC2 ? byte(after: 1) == 0xA0 : bytes[index - 1] == 0xC2
        }
        return false
    }

    /// Blanks, ends of lines and comments.
    mutating func skipEmpty() {
        while true {
            skipBlanks()
            if next == 0x0A || next == UInt8(ascii: ";") {
                index += 1
            } else if isAt("%%") {
                skipComment()
            } else {
                return
            }
        }
    }

    /// A comment to the end of its line, or a directive `%%{ … }%%` over several.
    mutating func skipComment() {
        if isAt("%%{") {
            var at = index
            while at + 2 < end {
                if bytes[at] == UInt8(ascii: "}"), bytes[at + 1] == UInt8(ascii: "%"), bytes[at + 2] == UInt8(ascii: "%") {
                    index = at + 3
                    return
                }
                at += 1
            }
            index = end
            return
        }
        skipLine()
    }

    /// Moves to the end of the line.
    mutating func skipLine() { while let byte = next, byte != 0x0A { index += 1 } }

    /// True at the end of a statement.
    var isAtEnd: Bool { next == nil || next == 0x0A || next == UInt8(ascii: ";") || isAt("%%") }

    /// The rest of the statement, without blanks around it.
    mutating func rest() -> String {
        let start = index
        while let byte = next, byte != 0x0A, byte != UInt8(ascii: ";") { index += 1 }
        return MermaidLabel.trimmed(String(decoding: bytes[start..<index], as: UTF8.self)[...])
    }

    /// The letters, digits, `-` and `_` here.
    func word() -> String {
        var at = index
        while at < end, Self.isLetter(bytes[at]) || bytes[at] == UInt8(ascii: "-") { at += 1 }
        return String(decoding: bytes[index..<at], as: UTF8.self)
    }

    static func isLetter(_ byte: UInt8) -> Bool { 0x61...0x7A ~= byte | 0x20 || 0x30...0x39 ~= byte || byte == 0x5F || byte >= 0x80 }

    // FM-202
    func error(_ what: String, at offset: Int? = nil) -> DrawingError {
        DrawingError(what, at: min(offset ?? index, bytes.count), of: bytes)
    }
}
