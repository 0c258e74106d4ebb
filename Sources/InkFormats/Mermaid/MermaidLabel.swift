import InkBoard

/// Words of nodes, links and subgraphs, as a file has them and as a board does.
enum MermaidLabel {
    // MARK: In

    /// The words that are shown: entities are letters, `<br>` and `\n` break lines, other marks and icons are left out and told (FM-200).
    ///
    /// - Parameter isMarkdown: for what stood between `"` and a backtick: its stars and underscores are marks.
    static func read(_ bytes: ArraySlice<UInt8>, isMarkdown: Bool = false, _ told: inout Drawing) -> String {
        var out: [UInt8] = []
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            if byte == UInt8(ascii: "#") || byte == UInt8(ascii: "&"), let (text, end) = entity(bytes, index) {
                out += Array(text.utf8)
                index = end
            } else if byte == UInt8(ascii: "<"), let (name, end) = tag(bytes, index) {
                if name == "br" { out.append(0x0A) } else if breaking.contains(name), !out.isEmpty { out.append(0x0A) }
                if name != "br" { told.lose("marks of HTML in labels") }
                index = end
            } else if byte == UInt8(ascii: "\\"), bytes[(index + 1)...].first == UInt8(ascii: "n") {
                out.append(0x0A)
                index += 2
            } else if byte == UInt8(ascii: "f"), let end = icon(bytes, index) {
                told.lose("icons")
                index = end
            } else if isMarkdown, byte == UInt8(ascii: "*") || byte == UInt8(ascii: "_") && isEdgeOfWord(bytes, index) {
                index += 1
            } else {
                switch byte {
                case 0x09: out.append(0x20)
                case 0x0D: break
                case 0x00..<0x0A, 0x0B..<0x20, 0x7F: told.lose(unseen)
                default: out.append(byte)
                }
                index += 1
            }
        }
        let lines = String(decoding: out, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).map { trimmed($0) }
        return trimmed(lines.joined(separator: "\n")[...])
    }

    static func trimmed(_ text: Substring) -> String {
        let front = text.drop { $0.isWhitespace }
        guard let last = front.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(front[...last])
    }

    /// `#quot;`, `#35;`, `&lt;`, `&#x27;`: what it stands for, and where it ends.
    private static func entity(_ bytes: ArraySlice<UInt8>, _ start: Int) -> (String, Int)? {
        var from = start + 1
        if bytes[start] == UInt8(ascii: "&"), bytes[from...].first == UInt8(ascii: "#") { from += 1 }
        let limit = min(bytes.endIndex, from + 10)
        guard from < limit, let end = bytes[from..<limit].firstIndex(of: UInt8(ascii: ";")), end > from else { return nil }
        let name = String(decoding: bytes[from..<end], as: UTF8.self)
        if let known = entities[name] { return (known, end + 1) }
        let number = name.first == "x" || name.first == "X" ? UInt32(name.dropFirst(), radix: 16) : UInt32(name)
        guard let number, number >= 0x20, number != 0x7F, let scalar = Unicode.Scalar(number) else { return nil }
        return (String(scalar), end + 1)
    }

    /// A tag of HTML: its name, and where it ends; nil for a `<` that is none.
    private static func tag(_ bytes: ArraySlice<UInt8>, _ start: Int) -> (String, Int)? {
        var index = start + 1
        if bytes[index...].first == UInt8(ascii: "/") { index += 1 }
        let name = bytes[index...].prefix(12).prefix { isLetter($0) || 0x30...0x39 ~= $0 }
        guard let first = name.first, isLetter(first) else { return nil }
        let word = String(decoding: name, as: UTF8.self).lowercased()
        guard tags.contains(word) else { return nil }
        let rest = bytes[name.endIndex...].prefix(200)
        guard let end = rest.firstIndex(of: UInt8(ascii: ">")) else { return nil }
        return (word, end + 1)
    }

    /// `fa:fa-ban` and a blank after it.
    private static func icon(_ bytes: ArraySlice<UInt8>, _ start: Int) -> Int? {
        guard bytes[start...].starts(with: Array("fa".utf8)) else { return nil }
        var index = start + 2
        if index < bytes.endIndex, Array("bklrs".utf8).contains(bytes[index]) { index += 1 }
        guard bytes[min(index, bytes.endIndex)...].starts(with: Array(":fa-".utf8)) else { return nil }
        index += 4
        while index < bytes.endIndex, isLetter(bytes[index]) || 0x30...0x39 ~= bytes[index] || bytes[index] == UInt8(ascii: "-") {
            index += 1
        }
        return index
    }

    private static func isLetter(_ byte: UInt8) -> Bool { 0x61...0x7A ~= byte | 0x20 }

    private static func isEdgeOfWord(_ bytes: ArraySlice<UInt8>, _ index: Int) -> Bool {
        func isWord(_ at: Int) -> Bool {
            bytes.indices.contains(at) && (isLetter(bytes[at]) || 0x30...0x39 ~= bytes[at] || bytes[at] >= 0x80 || bytes[at] == 0x5F)
        }
        return !(isWord(index - 1) && isWord(index + 1))
    }

    private static let tags: Set<String> = [
        "br", "b", "i", "u", "s", "em", "strong", "code", "small", "big", "sub", "sup", "span", "font", "center", "a", "img", "div", "p",
        "pre",
        "h1", "h2", "h3", "h4", "h5", "h6", "hr", "ul", "ol", "li", "del", "ins", "mark", "kbd", "tt", "script", "style", "iframe",
    ]
    private static let breaking: Set<String> = ["div", "p", "li", "hr", "h1", "h2", "h3"]
    private static let entities = [
        "quot": "\"", "amp": "&", "lt": "<", "gt": ">", "apos": "'", "nbsp": " ", "hash": "#", "num": "#", "semi": ";", "colon": ":",
        "comma": ",", "lbrace": "{", "rbrace": "}", "lbrack": "[", "rbrack": "]", "lpar": "(", "rpar": ")", "copy": "©", "reg": "®",
        "hearts": "♥", "rarr": "→", "larr": "←", "uarr": "↑", "darr": "↓", "harr": "↔", "hellip": "…", "mdash": "—", "ndash": "–",
        "middot": "·", "bull": "•", "times": "×", "deg": "°", "euro": "€", "sect": "§", "infin": "∞", "check": "✓",
    ]

    // MARK: Out

    /// Words between quotes, so that a renderer shows them as they are: nothing in them ends the label, is markup, an icon, a formula or a directive
    /// (FM-207).
    static func quoted(_ text: String, _ told: inout Drawing) -> String {
        var out = "\""
        var isFirst = true
        var before: Character = " "
        let characters = Array(text)
        for (index, character) in characters.enumerated() {
            let after = index + 1 < characters.count ? characters[index + 1] : " "
            switch character {
            case "\"": out += "#quot;"
            case "#": out += "#35;"
            case "<": out += "#lt;"
            case ">": out += "#gt;"
            case "&": out += "#amp;"
            case "%", "\\", "`", "*", "$", "~": out += "#\(character.asciiValue ?? 0x3F);"
            // Within a word it is a letter.
            case "_": out += isWord(before) && isWord(after) ? "_" : "#95;"
            case ":": out += after == "f" ? "#58;" : ":"
            // What a list of Markdown begins with.
            case "-", "+": out += isFirst ? "#\(character.asciiValue ?? 0x3F);" : String(character)
            case "\t": out += " "
            case ".", ")": out += before.isNumber && after.isWhitespace ? "#\(character.asciiValue ?? 0x3F);" : String(character)
            default:
                if character.isNewline {
                    out += "<br/>"
                } else {
                    for scalar in character.unicodeScalars {
                        if isShown(scalar) { out.unicodeScalars.append(scalar) } else { told.lose(unseen) }
                    }
                }
            }
            isFirst = character.isNewline || isFirst && character.isWhitespace
            before = character
        }
        return out + "\""
    }

    // FM-270
    private static let unseen = "letters of labels that nobody sees"

    private static func isShown(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .surrogate: false
        case .format: scalar == "\u{200D}"
        default: true
        }
    }

    private static func isWord(_ character: Character) -> Bool { character.isLetter || character.isNumber || character == "_" }
}
