/// What a person sees of a name, and what tells two people apart of whom a person sees the same.
package enum PersonName {
    /// Names that look alike have one fold: without what is not seen, in small letters, letters of other alphabets as the Latin ones that they
    /// look like, its white space as one space.
    ///
    /// The digits that tell namesakes apart are no part of it, so that nobody takes them into his name.
    package static func fold(_ name: String) -> String {
        if let plain = foldPlain(name) { return plain }
        var seen = String.UnicodeScalarView()
        for scalar in name.unicodeScalars {
            if scalar.properties.isWhitespace {
                if let last = seen.last, last != " " { seen.append(" ") }
            } else if !isUnseen(scalar) {
                for small in scalar.properties.lowercaseMapping.unicodeScalars {
                    seen.append(twins[small] ?? fullWidthTwin(small) ?? small)
                }
            }
        }
        while seen.last == " " { seen.removeLast() }
        var text = Substring(String(seen))
        while let at = text.lastIndex(of: "@"), text[at...].dropFirst().count == 8, text[at...].dropFirst().allSatisfy(\.isHexDigit) {
            text = text[..<at]
        }
        // Only now: a digit may be one of those.
        return String(text.map { digitTwins[$0] ?? $0 })
    }

    /// The same for the names that most have, of what ASCII prints and single spaces, without a look at the tables of Unicode.
    private static func foldPlain(_ name: String) -> String? {
        var small: [UInt8] = []
        small.reserveCapacity(name.utf8.count)
        for byte in name.utf8 {
            guard let letter = plainTwin(byte), letter != space || small.last.map({ $0 != space }) ?? false else { return nil }
            small.append(letter)
        }
        return small.last == space ? nil : String(decoding: small, as: UTF8.self)
    }

    /// True if two names have one fold, and it is not empty. Names are compared at each timeout of a node, for each who is there: those that most have
    /// are told apart without making anything.
    package static func areAlike(_ left: String, _ right: String) -> Bool {
        var before = space
        for (one, other) in zip(left.utf8, right.utf8) {
            guard let one = plainTwin(one), let other = plainTwin(other), before != space || (one != space && other != space) else { break }
            // What both began with is in both folds, and of these two what is no space is in one of them: spaces alone are left out, at the ends.
            if one != other { return false }
            before = one
        }
        let fold = fold(left)
        return !fold.isEmpty && fold == Self.fold(right)
    }

    /// What a byte of a plain name is in its fold; nil for what needs a look at what is beside it, or at the tables of Unicode.
    private static func plainTwin(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
        case UInt8(ascii: "0"): UInt8(ascii: "o")
        case UInt8(ascii: "1"), UInt8(ascii: "|"): UInt8(ascii: "l")
        // It may be the mark that tells namesakes apart.
        case UInt8(ascii: "@"): nil
        case space...UInt8(ascii: "~"): byte
        default: nil
        }
    }

    private static let space = UInt8(ascii: " ")

    /// Small letters of Cyrillic, Greek and Armenian, and signs, that are drawn as Latin ones in common fonts (from Unicode's confusables, UTS
    /// #39, those of one letter).
    private static let twins: [Unicode.Scalar: Unicode.Scalar] = [
        "а": "a", "е": "e", "о": "o", "р": "p", "с": "c", "у": "y", "х": "x", "і": "i", "ї": "i", "ј": "j", "ѕ": "s", "ԁ": "d", "һ": "h",
        "к": "k", "м": "m",
        "т": "t", "в": "b", "н": "h", "ԛ": "q", "ԝ": "w", "ѵ": "v", "ӏ": "l", "ь": "b", "α": "a", "ο": "o", "ν": "v", "ρ": "p", "τ": "t",
        "υ": "u", "ι": "i",
        "κ": "k", "χ": "x", "γ": "y", "ϲ": "c", "β": "b", "η": "n", "օ": "o", "ո": "n", "ս": "u", "հ": "h", "ց": "g", "ı": "i", "ɑ": "a",
        "ɡ": "g",
        "‐": "-", "‑": "-", "–": "-", "—": "-", "−": "-",
    ]
    private static let digitTwins: [Character: Character] = ["0": "o", "1": "l", "|": "l"]

    /// Full-width forms stand in a row of their own.
    private static func fullWidthTwin(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
        (0xFF01...0xFF5E).contains(scalar.value) ? Unicode.Scalar(scalar.value - 0xFEE0) : nil
    }

    private static func isUnseen(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .unassigned, .lineSeparator, .paragraphSeparator: true
        default: scalar.properties.isDefaultIgnorableCodePoint
        }
    }
}
