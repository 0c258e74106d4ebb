/// A page of Markdown as lines for a terminal or a pipe (CL-251).
///
/// What the catalogues use is known: headings, paragraphs, lists, fences, indented lines, tables, and within a line code, stress, links and references.
/// All else stands as it is written. Lines of code are never broken: a command that is copied has to be whole (CL-252).
struct GuideText {
    /// Columns of a line; a single word that is longer has a line of its own, and so has a line of code.
    let columns: Int
    /// With colours: headings bold, code cyan. Without, code keeps its marks.
    let isStyled: Bool

    /// The narrowest that words are wrapped for.
    static let columnsMin = 20
    /// The widest that is read with ease.
    static let columnsMax = 100

    init(columns: Int, isStyled: Bool) {
        (self.columns, self.isStyled) = (min(max(columns, Self.columnsMin), Self.columnsMax), isStyled)
    }

    /// Ends with a line feed.
    func text(of markdown: String) -> String {
        var out: [String] = []
        var paragraph: [Substring] = []
        var table: [[String]] = []
        var (isFenced, isList) = (false, false)
        func flush() {
            if !paragraph.isEmpty { out += item(paragraph.joined(separator: " ")) }
            if !table.isEmpty { out += rows(table) }
            (paragraph, table) = ([], [])
        }
        for line in markdown.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                flush()
                isFenced.toggle()
            } else if isFenced {
                out.append("    " + code(line))
            } else if line.allSatisfy({ $0 == " " }) {
                flush()
                isList = false
                if out.last != "" { out.append("") }
            } else if line.hasPrefix("#") {
                flush()
                let title = line.drop { $0 == "#" }.drop { $0 == " " }
                out += wrapped("**\(title)**", first: "", rest: "")
            } else if line.hasPrefix("|") {
                table.append(Self.cells(of: line))
            } else if line.hasPrefix("    "), paragraph.isEmpty, !isList {
                out.append(code(line))
            } else {
                if Self.marker(of: line) != nil {
                    flush()
                    isList = true
                }
                paragraph.append(line.drop { $0 == " " })
            }
        }
        flush()
        while out.last == "" { out.removeLast() }
        return out.joined(separator: "\n") + "\n"
    }

    private func code(_ line: Substring) -> String { isStyled && !line.isEmpty ? "\u{1b}[36m\(line)\u{1b}[0m" : String(line) }

    /// `- ` or `1. ` at the beginning of an item; nil for other lines.
    private static func marker(of line: Substring) -> Substring? {
        if line.hasPrefix("- ") { return line.prefix(2) }
        let digits = line.prefix { $0.isNumber }
        return !digits.isEmpty && line.dropFirst(digits.count).hasPrefix(". ") ? line.prefix(digits.count + 2) : nil
    }

    /// A paragraph, or an item whose further lines stand below its first word.
    private func item(_ text: String) -> [String] {
        let marker = Self.marker(of: text[...]) ?? ""
        return wrapped(String(text.dropFirst(marker.count)), first: String(marker), rest: String(repeating: " ", count: marker.count))
    }

    /// The cells of a row; a bar within code, or behind a backslash, is none between cells.
    private static func cells(of line: Substring) -> [String] {
        var (cells, cell, isCode, isEscaped): ([String], String, Bool, Bool) = ([], "", false, false)
        for character in line.dropFirst() {
            if character == "`" { isCode.toggle() }
            if character == "|", !isCode, !isEscaped {
                cells.append(cell)
                cell = ""
            } else {
                if character == "|", isEscaped { cell.removeLast() }
                cell.append(character)
            }
            isEscaped = character == "\\"
        }
        return cells.map { String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
    }

    /// A table: the first cell of each row, and the others below it, each behind what its column is called. So it is read in a window of any width.
    private func rows(_ table: [[String]]) -> [String] {
        guard let head = table.first else { return [] }
        var lines: [String] = []
        for row in table.dropFirst() where !row.allSatisfy({ $0.allSatisfy { "-: ".contains($0) } }) {
            lines += wrapped(row[0], first: "  ", rest: "    ")
            for (column, cell) in row.enumerated().dropFirst() where !cell.isEmpty {
                // Of two columns the second needs no name.
                let name = row.count > 2 && column < head.count && !head[column].isEmpty ? "\(head[column]): " : ""
                lines += wrapped(name + cell, first: "      ", rest: "        ")
            }
        }
        return lines
    }

    /// Words in lines.
    ///
    /// - Parameters:
    ///   - first: what the first line begins with.
    ///   - rest: what the others do.
    private func wrapped(_ text: String, first: String, rest: String) -> [String] {
        var lines: [String] = []
        var (line, width, isEmpty) = (first, first.count, true)
        for word in words(of: text) {
            if !isEmpty, width + 1 + word.width > columns {
                lines.append(line)
                (line, width, isEmpty) = (rest, rest.count, true)
            }
            line += (isEmpty ? "" : " ") + word.shown
            width += (isEmpty ? 0 : 1) + word.width
            isEmpty = false
        }
        return lines + [line]
    }

    /// A word with its marks, and how many columns it takes.
    private struct Word {
        var shown = ""
        var width = 0
    }

    private func words(of text: String) -> [Word] {
        var words: [Word] = []
        var word = Word()
        var (isCode, isStrong) = (false, false)
        func add(_ piece: some StringProtocol) {
            let style = isCode ? "\u{1b}[36m" : isStrong ? "\u{1b}[1m" : ""
            word.shown += isStyled && !style.isEmpty ? style + piece + "\u{1b}[0m" : String(piece)
            word.width += piece.count
        }
        func end() {
            if word.width > 0 { words.append(word) }
            word = Word()
        }
        let source = Self.resolved(text)
        var rest = source[...]
        while let character = rest.first {
            let plain = rest.prefix { !"` *".contains($0) }
            if !plain.isEmpty {
                add(plain)
                rest = rest.dropFirst(plain.count)
                continue
            }
            rest = rest.dropFirst()
            switch character {
            case " ": end()
            case "`":
                // The mark belongs to the code, so that both are of one colour.
                if !isStyled { add("`") }
                isCode.toggle()
            case "*" where !isCode && rest.first == "*":
                rest = rest.dropFirst()
                isStrong.toggle()
            case "*" where !isCode && (rest.first?.isWhitespace == false || word.width > 0): break
            default: add(String(character))
            }
        }
        end()
        return words
    }

    /// References as who has no catalogue can follow them, and links with their place behind their words; not within code.
    private static func resolved(_ text: String) -> String {
        var (result, rest) = ("", text[...])
        while let character = rest.first {
            if rest.hasPrefix("``"), let end = rest.dropFirst(2).firstRange(of: "``") {
                result += "`\(rest[rest.index(rest.startIndex, offsetBy: 2)..<end.lowerBound])`"
                rest = rest[end.upperBound...]
            } else if character == "`" {
                let code = rest.dropFirst().prefix { $0 != "`" }
                result += rest[rest.startIndex..<code.endIndex] + (code.endIndex < rest.endIndex ? "`" : "")
                rest = rest[code.endIndex...].dropFirst()
            } else if rest.hasPrefix("<doc:") {
                let name = rest.dropFirst(5).prefix { $0 != ">" }
                result += GuidePage.reference(to: String(name))
                rest = rest[name.endIndex...].dropFirst()
            } else if character == "[", let middle = rest.firstRange(of: "]("), let end = rest[middle.upperBound...].firstIndex(of: ")") {
                result += "\(rest[rest.index(after: rest.startIndex)..<middle.lowerBound]) (\(rest[middle.upperBound..<end]))"
                rest = rest[end...].dropFirst()
            } else {
                result.append(character)
                rest = rest.dropFirst()
            }
        }
        return result
    }
}
