import Foundation
import InkBoard
import InkFormats
import InkPrimitives
import Testing

/// A drawing of text, and what a person sees in it, listed by hand before a program read it.
///
/// A file of `Resources/diagrams` is a style, and has one drawing after another:
///
///     === what it is | `PREFIX`        the prefix of all its rows, for one in a comment; or `crlf` for ends of rows as in another system
///     rows
///     ---
///     [label]                          a box
///     from -> to : label               an arrow; `<->` has two heads, `--` none; an end that nothing is at is `·`, at words is quoted
///     "words"                          a text that stands for itself
struct Diagram: Sendable {
    /// The file's name.
    var style: String
    var title: String
    var text: String
    /// Columns of a prefix that a reader is to leave out.
    var prefix = 0
    var boxes: [String] = []
    var arrows: [Arrow] = []
    var texts: [String] = []

    /// An arrow, or a line without heads.
    struct Arrow: Hashable, Sendable {
        var from: String
        var to: String
        /// `->`, `<->` or `--`.
        var heads: String
        /// Nil where the list says nothing of it.
        var label: String?

        /// Of both ends something stands.
        var isAttached: Bool { from != "·" && to != "·" }
    }

    static func all() throws -> [Diagram] {
        let folder = Bundle.module.bundleURL.appending(path: "Resources/diagrams")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path()).sorted()
        return try files.flatMap { file in
            let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
            return text.components(separatedBy: "=== ").dropFirst().map { Diagram(style: String(file.dropLast(4)), entry: $0) }
        }
    }

    private init(style: String, entry: String) {
        var lines = entry.components(separatedBy: "\n")
        let head = lines.removeFirst().components(separatedBy: " | ")
        (self.style, title) = (style, head[0])
        let end = lines.lastIndex(of: "---") ?? lines.endIndex
        text = lines[..<end].joined(separator: head.last == "crlf" ? "\r\n" : "\n")
        if head.count > 1, head[1] != "crlf" { prefix = head[1].count }
        for line in lines[end...].dropFirst() where !line.isEmpty {
            if let heads = [" <-> ", " -> ", " -- "].first(where: { line.contains($0) }), !Self.isWhole(line) {
                let ends = line.components(separatedBy: heads)
                let rest = ends[1].components(separatedBy: " : ")
                arrows.append(
                    Arrow(from: ends[0], to: rest[0], heads: heads.filter { $0 != " " }, label: rest.count > 1 ? rest[1] : nil))
            } else if line.first == "[" {
                boxes.append(String(line.dropFirst().dropLast()))
            } else {
                texts.append(line)
            }
        }
    }

    /// True for a single text in quotes.
    private static func isWhole(_ line: String) -> Bool { line.first == "\"" && line.dropFirst().firstIndex(of: "\"") == line.indices.last }

    /// The characters by cells, without the prefix; the right half of a wide one is empty.
    var cells: [[String]] {
        text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            .map { line in
                var row: [String] = []
                for character in line {
                    if character == "\t" {
                        row += Array(repeating: " ", count: 8 - row.count % 8)
                    } else {
                        row.append(String(character))
                        if CharacterWidth.columns(of: String(character)) == 2 { row.append("") }
                    }
                }
                return Array(row.dropFirst(prefix))
            }
    }
}

/// How much of what a person sees a reader has found.
struct DiagramScore: Sendable {
    var boxes = 0
    var foundBoxes = 0
    var falseBoxes = 0
    /// Arrows of which something stands at both ends.
    var arrows = 0
    var foundArrows = 0
    /// Those that begin or end where nothing is that a line can be bound to.
    var loose = 0
    var foundLoose = 0
    var falseArrows = 0
    var labels = 0
    var foundLabels = 0
    var texts = 0
    var foundTexts = 0
    var cells = 0
    var equalCells = 0
    /// What is not as it is listed, for who mends the reader.
    var complaints: [String] = []

    init() {}

    init(_ diagram: Diagram, _ drawing: Drawing) {
        let contents = drawing.items.map(\.content)
        var left = contents.filter { $0.kind == .rectangle }.map { Self.words($0.text) }
        boxes = diagram.boxes.count
        for box in diagram.boxes {
            if let index = left.firstIndex(of: box) {
                foundBoxes += 1
                left.remove(at: index)
            } else {
                complaints.append("no box [\(box)]")
            }
        }
        falseBoxes = left.count
        complaints += left.map { "false box [\($0)]" }
        count(diagram.arrows, contents.filter(\.hasEnds).map { Self.arrow($0, drawing) })
        var found = contents.filter { $0.kind == .text }.map { "\"\(Self.words($0.text))\"" }
        texts = diagram.texts.count
        for text in diagram.texts {
            if let index = found.firstIndex(of: text) {
                foundTexts += 1
                found.remove(at: index)
            } else {
                complaints.append("no text \(text) in \(found)")
            }
        }
        compare(diagram, drawing)
    }

    private mutating func count(_ listed: [Diagram.Arrow], _ read: [Diagram.Arrow]) {
        var left = read
        for arrow in listed {
            if arrow.isAttached { arrows += 1 } else { loose += 1 }
            if arrow.label != nil { labels += 1 }
            let matching = left.indices.filter { Self.isEqual(left[$0], arrow) }
            guard let index = matching.first(where: { left[$0].label == arrow.label }) ?? matching.first else {
                complaints.append("no arrow \(arrow.from) \(arrow.heads) \(arrow.to)")
                continue
            }
            if arrow.isAttached { foundArrows += 1 } else { foundLoose += 1 }
            if let label = arrow.label, left[index].label == label { foundLabels += 1 }
            left.remove(at: index)
        }
        falseArrows = left.count
        complaints += left.map { "false arrow \($0.from) \($0.heads) \($0.to) : \($0.label ?? "")" }
    }

    /// A line without heads, or with two, has no direction.
    private static func isEqual(_ one: Diagram.Arrow, _ other: Diagram.Arrow) -> Bool {
        one.heads == other.heads
            && ((one.from, one.to) == (other.from, other.to) || one.heads != "->" && (one.to, one.from) == (other.from, other.to))
    }

    private static func words(_ text: String) -> String { text.split(whereSeparator: \.isWhitespace).joined(separator: " ") }

    private static func arrow(_ content: ShapeDraft, _ drawing: Drawing) -> Diagram.Arrow {
        func name(_ binding: Binding?) -> String {
            guard let index = binding.flatMap({ drawing.index(of: $0.shape) }) else { return "·" }
            let bound = drawing.items[index].content
            return bound.kind == .text ? "\"\(words(bound.text))\"" : words(bound.text)
        }
        let heads =
            switch (content.heads.0 != .none, content.heads.1 != .none) {
            case (true, true): "<->"
            case (false, false): "--"
            default: "->"
            }
        let isTurned = content.heads.0 != .none && content.heads.1 == .none
        let (from, to) = (name(content.startBinding), name(content.endBinding))
        return Diagram.Arrow(from: isTurned ? to : from, to: isTurned ? from : to, heads: heads, label: words(content.text))
    }

    /// Compares each cell in which something stands with what is drawn there: of ASCII what our ASCII is, else what our box drawing is. Heads are
    /// equal that point one way.
    private mutating func compare(_ diagram: Diagram, _ drawing: Drawing) {
        let source = diagram.cells
        let columns = source.reduce(1) { max($0, $1.count) }
        let contents = drawing.items.map(\.content)
        let drawn = contents.map { content in content.drawn { drawing.index(of: $0).map { contents[$0] } } }
        func again(_ style: GlyphStyle) -> [[String]] {
            let region = CellRegion(column: 0, row: 0, columns: columns, rows: source.count)
            return TextExport.text(of: drawn, style: style, region: region).components(separatedBy: "\n")
                .map { line in line.flatMap { [String($0)] + (CharacterWidth.columns(of: String($0)) == 2 ? [""] : []) } }
        }
        let (ascii, unicode) = (again(.ascii), again(.unicode))
        let isASCII = !diagram.text.unicodeScalars.contains { (0x2500..<0x2580).contains($0.value) }
        for row in source.indices {
            for column in 0..<columns {
                func at(_ rows: [[String]]) -> String {
                    row < rows.count && column < rows[row].count ? rows[row][column] : " "
                }
                let here = at(source)
                let other = here == " " ? isASCII : here.utf8.allSatisfy { $0 < 0x80 } && here != ""
                let there = at(other ? ascii : unicode)
                guard here != " " || there != " " else { continue }
                cells += 1
                if Self.kind(here) == Self.kind(there) {
                    equalCells += 1
                } else {
                    complaints.append("cell \(column),\(row) \(here) is \(there)")
                }
            }
        }
    }

    /// Heads by where they point.
    private static func kind(_ cell: String) -> String {
        switch cell {
        case "▶", "►", "→", ">": ">"
        case "◀", "◄", "←", "<": "<"
        case "▲", "↑", "^": "^"
        case "▼", "↓", "v": "v"
        default: cell
        }
    }

    static func += (sum: inout DiagramScore, score: DiagramScore) {
        sum.boxes += score.boxes
        sum.foundBoxes += score.foundBoxes
        sum.falseBoxes += score.falseBoxes
        sum.arrows += score.arrows
        sum.foundArrows += score.foundArrows
        sum.loose += score.loose
        sum.foundLoose += score.foundLoose
        sum.falseArrows += score.falseArrows
        sum.labels += score.labels
        sum.foundLabels += score.foundLabels
        sum.texts += score.texts
        sum.foundTexts += score.foundTexts
        sum.cells += score.cells
        sum.equalCells += score.equalCells
    }

    /// A row of a table.
    var row: String {
        func part(_ found: Int, _ all: Int) -> String { "\(found)/\(all)".padding(toLength: 11, withPad: " ", startingAt: 0) }
        return part(foundBoxes, boxes) + part(falseBoxes, boxes) + part(foundArrows, arrows) + part(foundLoose, loose)
            + part(falseArrows, arrows + loose) + part(foundLabels, labels) + part(foundTexts, texts) + part(equalCells, cells)
    }

    static let heading = "boxes      false      arrows     loose      false      labels     texts      cells"
}
