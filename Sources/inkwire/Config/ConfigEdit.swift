/// Changes one key of a configuration's text, and leaves all else as it stands: other keys, comments, empty lines (CL-242).
struct ConfigEdit {
    private(set) var text: String

    /// - Throws: `TOMLText.Fault` where the text is broken.
    init(_ text: String) throws(TOMLText.Fault) {
        self.text = text
        _ = try TOMLText(text)
    }

    /// - Parameter literal: the value, as TOML writes it.
    mutating func set(_ key: String, to literal: String) throws(TOMLText.Fault) {
        let read = try TOMLText(text)
        if let entry = read.entries.first(where: { $0.key == key }) {
            text.replaceSubrange(entry.range, with: literal)
            return
        }
        // An address has points that are none between names (CL-411).
        let place = TokenSetting.place(of: key)
        let parts = place.map { [Substring(TokenSetting.table.dropLast()), Substring(TOMLText.literal($0))] } ?? key.split(separator: ".")
        let line = "\(parts[parts.count - 1]) = \(literal)\n"
        if parts.count == 1 {
            // Before all tables, which would take it for theirs: behind the last that is in none.
            let end = read.headers.first?.end ?? text.endIndex
            if let last = read.entries.last(where: { $0.range.upperBound < end }) {
                insert(line, behindLineAt: last.range.upperBound)
            } else {
                text = line + (text.isEmpty || text.hasPrefix("\n") ? "" : "\n") + text
            }
        } else if let header = read.headers.first(where: { $0.table == parts[0] }) {
            insert(line, at: header.end)
        } else {
            append((text.isEmpty ? "" : "\n") + "[\(parts[0])]\n" + line)
        }
    }

    /// Takes a key out, with its line.
    ///
    /// - Returns: false where it does not stand there.
    mutating func unset(_ key: String) throws(TOMLText.Fault) -> Bool {
        guard let entry = try TOMLText(text).entries.first(where: { $0.key == key }) else { return false }
        let start = text[..<entry.range.lowerBound].lastIndex(where: \.isNewline).map { text.index(after: $0) } ?? text.startIndex
        let end = text[entry.range.upperBound...].firstIndex(where: \.isNewline).map { text.index(after: $0) } ?? text.endIndex
        text.removeSubrange(start..<end)
        return true
    }

    private mutating func insert(_ line: String, behindLineAt place: String.Index) {
        insert(line, at: text[place...].firstIndex(where: \.isNewline).map { text.index(after: $0) } ?? text.endIndex)
    }

    /// - Parameter place: the beginning of a line, or the end of the text.
    private mutating func insert(_ line: String, at place: String.Index) {
        let isBehindEnd = place == text.endIndex && text.last?.isNewline == false
        text.insert(contentsOf: (isBehindEnd ? "\n" : "") + line, at: place)
    }

    private mutating func append(_ lines: String) {
        if !text.isEmpty, !text.hasSuffix("\n") { text += "\n" }
        text += lines
    }

    /// All keys with what is usual, each as a comment: what `config edit` begins a new file with.
    static var template: String {
        var lines = ["# Configuration of inkwire. A flag goes before the environment, the environment before this file.", ""]
        var table = ""
        for key in ConfigKey.allCases {
            let parts = key.rawValue.split(separator: ".")
            if parts.count > 1, table != parts[0] {
                table = String(parts[0])
                lines += ["[\(table)]"]
            }
            lines += ["# \(key.text)", "# \(parts[parts.count - 1]) = \(key.usual ?? "\"\"")", ""]
        }
        lines += [
            "[tokens]", "# Of a rendezvous that asks for tokens: the file that holds yours. It goes there and nowhere else.",
            "# \"wss://rendezvous.example.org\" = \"~/.config/inkwire/token\"", "",
            "[keys]", "# Keys of commands instead of those that are usual: `inkwire config bindings` shows all.",
            "# undo = [\"u\", \"Ctrl+Z\"]", "",
        ]
        return lines.joined(separator: "\n")
    }
}
