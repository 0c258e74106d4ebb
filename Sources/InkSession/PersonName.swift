/// What a person sees of a name, and what tells two people apart of whom a person sees the same.
package enum PersonName {
    /// Names that look alike have one fold: without what is not seen, in small letters, its white space as one space.
    ///
    /// The digits that tell namesakes apart are no part of it, so that nobody takes them into his name.
    package static func fold(_ name: String) -> String {
        var seen = String.UnicodeScalarView()
        for scalar in name.unicodeScalars {
            if scalar.properties.isWhitespace {
                if let last = seen.last, last != " " { seen.append(" ") }
            } else if !isUnseen(scalar) {
                seen.append(contentsOf: scalar.properties.lowercaseMapping.unicodeScalars)
            }
        }
        while seen.last == " " { seen.removeLast() }
        var text = Substring(String(seen))
        while let at = text.lastIndex(of: "@"), text[at...].dropFirst().count == 8, text[at...].dropFirst().allSatisfy(\.isHexDigit) {
            text = text[..<at]
        }
        return String(text)
    }

    private static func isUnseen(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .unassigned, .lineSeparator, .paragraphSeparator: true
        default: scalar.properties.isDefaultIgnorableCodePoint
        }
    }
}
