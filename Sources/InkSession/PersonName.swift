/// What a person sees of a name, and what tells two people apart of whom a person sees the same.
package enum PersonName {
    /// Names that look alike have one fold: without what is not seen, in small letters, letters of other alphabets as the Latin ones that they
    /// look like, its white space as one space.
    ///
    /// The digits that tell namesakes apart are no part of it, so that nobody takes them into his name.
    package static func fold(_ name: String) -> String {
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
