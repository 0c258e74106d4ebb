import InkFormats

/// The part of a terminal that our frames use, written apart from the code under test: what the bytes make visible.
package struct TinyTerminal: Sendable {
    package let columns: Int
    package let rows: Int
    package private(set) var rowsOfText: [[String]]
    package private(set) var styles: [[String]]
    package private(set) var cursor = (column: 0, row: 0)
    package private(set) var isCursorShown = true
    package private(set) var unknown: [String] = []
    private var pen: Set<String> = [] { didSet { style = pen.sorted().joined(separator: ";") } }
    /// The pen in words.
    private var style = ""
    private var printed = (column: 0, row: 0)

    package init(columns: Int, rows: Int) {
        (self.columns, self.rows) = (columns, rows)
        rowsOfText = Array(repeating: Array(repeating: " ", count: columns), count: rows)
        styles = Array(repeating: Array(repeating: "", count: columns), count: rows)
    }

    /// The visible text, rows without trailing spaces.
    package var lines: [String] {
        rowsOfText.map { row in
            var text = row.joined()
            while text.last == " " { text.removeLast() }
            return text
        }
    }

    package var text: String { lines.joined(separator: "\n") }
    /// The first rows without the dim arrows at the sides of so many cells, which say where a drawing goes on.
    package func linesWithoutEdges(rows: Int, columns: Int) -> [String] {
        (0..<rows).map { row in
            var text = ""
            for column in 0..<columns {
                let isSide = row == 0 || row == rows - 1 || column == 0 || column == columns - 1
                let isEdge = isSide && ["◄", "►", "▲", "▼"].contains(rowsOfText[row][column]) && styles[row][column] == "2"
                text += isEdge ? " " : rowsOfText[row][column]
            }
            while text.hasSuffix(" ") { text.removeLast() }
            return text
        }
    }

    package func contains(_ part: String) -> Bool { lines.contains { $0.contains(part) } }

    package mutating func feed(_ bytes: [UInt8]) {
        var rest = Substring(String(decoding: bytes, as: UTF8.self)).unicodeScalars
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\u{1B}": escape(&rest)
            case "\r": cursor.column = 0
            case "\u{8}": cursor.column = max(0, cursor.column - 1)
            case "\n": cursor.row = min(rows - 1, cursor.row + 1)
            default: put(scalar)
            }
        }
    }

    private mutating func put(_ scalar: Unicode.Scalar) {
        let width = CharacterWidth.columns(of: scalar)
        if width == 0 {
            // A mark joins the glyph that was printed last.
            rowsOfText[printed.row][printed.column].unicodeScalars.append(scalar)
            return
        }
        if Self.isFlagHalf(scalar), Self.isLoneFlagHalf(rowsOfText[printed.row][printed.column]), printed.row == cursor.row,
            cursor.column > printed.column
        {
            // Two regional indicators are a flag, of two cells in every terminal that was tried.
            rowsOfText[printed.row][printed.column].unicodeScalars.append(scalar)
            cursor.column = min(columns - 1, printed.column + 2)
            if printed.column + 1 < columns {
                // Its own right half is not that of another.
                if rowsOfText[printed.row][printed.column + 1] != "" { clearHalf(printed.column + 1) }
                (rowsOfText[printed.row][printed.column + 1], styles[printed.row][printed.column + 1]) = ("", style)
            }
            return
        }
        for half in 0..<width where cursor.column + half < columns {
            clearHalf(cursor.column + half)
            rowsOfText[cursor.row][cursor.column + half] = half == 0 ? String(Character(scalar)) : ""
            styles[cursor.row][cursor.column + half] = style
        }
        printed = cursor
        cursor.column = min(columns - 1, cursor.column + width)
    }

    private static func isFlagHalf(_ scalar: Unicode.Scalar) -> Bool { (0x1F1E6...0x1F1FF).contains(scalar.value) }
    private static func isLoneFlagHalf(_ text: String) -> Bool {
        text.unicodeScalars.count == 1 && text.unicodeScalars.allSatisfy(isFlagHalf)
    }

    private mutating func clearHalf(_ column: Int) {
        if rowsOfText[cursor.row][column] == "", column > 0 { rowsOfText[cursor.row][column - 1] = " " }
        if column + 1 < columns, rowsOfText[cursor.row][column + 1] == "" { rowsOfText[cursor.row][column + 1] = " " }
    }

    private mutating func escape(_ rest: inout Substring.UnicodeScalarView) {
        guard let kind = rest.popFirst() else { return }
        if kind == "]" {
            // A title or the clipboard: to its end.
            while let scalar = rest.popFirst(), scalar != "\u{1B}" {}
            _ = rest.popFirst()
            return
        }
        guard kind == "[" else { return unknown.append("ESC \(kind)") }
        var parameters = ""
        while let scalar = rest.popFirst() {
            guard ("@"..."~").contains(scalar) else {
                parameters.unicodeScalars.append(scalar)
                continue
            }
            control(parameters, scalar)
            return
        }
    }

    private mutating func control(_ parameters: String, _ final: Unicode.Scalar) {
        let numbers = parameters.split(separator: ";", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
        switch final {
        case "H": cursor = (max(0, (numbers.count > 1 ? numbers[1] : 1) - 1), max(0, (numbers.first ?? 1) - 1))
        case "C": cursor.column = min(columns - 1, cursor.column + max(1, numbers.first ?? 1))
        case "K":
            for column in cursor.column..<columns {
                clearHalf(column)
                (rowsOfText[cursor.row][column], styles[cursor.row][column]) = (" ", style)
            }
        case "J": self = cleared()
        case "m": style(numbers.isEmpty ? [0] : numbers)
        case "h", "l":
            if parameters == "?25" {
                isCursorShown = final == "h"
            } else if !["?2026", "?1000", "?1002", "?1003", "?1004", "?1006", "?2004", "?7"].contains(parameters) {
                unknown.append(parameters)
            }
        default: unknown.append("\(parameters)\(final)")
        }
    }

    private func cleared() -> TinyTerminal {
        var fresh = TinyTerminal(columns: columns, rows: rows)
        (fresh.cursor, fresh.isCursorShown, fresh.unknown, fresh.pen) = (cursor, isCursorShown, unknown, pen)
        return fresh
    }

    private mutating func style(_ numbers: [Int]) {
        var index = 0
        while index < numbers.count {
            let number = numbers[index]
            index += 1
            switch number {
            case 0: pen = []
            case 1, 2, 4, 7: pen.insert("\(number)")
            case 22: pen.subtract(["1", "2"])
            case 24: pen.remove("4")
            case 27: pen.remove("7")
            case 38, 48:
                let count = numbers[index] == 2 ? 4 : 2
                pen = pen.filter { !$0.hasPrefix(number == 38 ? "f" : "b") }
                pen.insert((number == 38 ? "f" : "b") + numbers[index..<index + count].map(String.init).joined(separator: ","))
                index += count
            case 39: pen = pen.filter { !$0.hasPrefix("f") }
            case 49: pen = pen.filter { !$0.hasPrefix("b") }
            case 30...37, 90...97:
                pen = pen.filter { !$0.hasPrefix("f") }
                pen.insert("f\(number)")
            case 40...47, 100...107:
                pen = pen.filter { !$0.hasPrefix("b") }
                pen.insert("b\(number)")
            default: unknown.append("SGR \(number)")
            }
        }
    }
}
