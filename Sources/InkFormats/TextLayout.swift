/// A text as rows of glyphs with their widths.
struct TextLayout: Sendable {
    struct Item: Hashable, Sendable {
        let glyph: Glyph
        let columns: Int
        /// Characters of the text before the one that this glyph shows, or a part of it.
        let offset: Int
    }

    struct Row: Sendable {
        var items: [Item] = []
        /// Characters of the text before the row.
        var start: Int
        /// Characters of the text before the place behind its last glyph: what breaks the row comes after.
        var end: Int

        /// Cells that it takes.
        var columns: Int { items.reduce(0) { $0 + $1.columns } }

        /// The row as it is shown where rows that follow it are not: it ends in `…`, within so many cells.
        func cut(to limit: Int) -> [Item] {
            var (kept, width) = (items, columns)
            while width + 1 > max(1, limit), let last = kept.popLast() { width -= last.columns }
            while kept.last?.glyph == .space { kept.removeLast() }
            return kept + [Item(glyph: TextLayout.ellipsis, columns: 1, offset: kept.last?.offset ?? start)]
        }

        /// What stands for the row where so few cells leave nothing to read.
        func bar(of columns: Int) -> [Item] {
            Array(repeating: Item(glyph: TextLayout.bar, columns: 1, offset: start), count: max(1, columns))
        }

        /// False for blanks.
        var hasLetters: Bool { items.contains { $0.glyph != .space } }
    }

    /// In reading order; at least one.
    private(set) var rows: [Row] = []

    /// Lays a text out. Each of its line breaks, of whatever system, begins a row (FM-22).
    ///
    /// - Parameter limit: at most so many cells a row (at least 1): breaks at spaces where there is one, within a word where there is none,
    ///   or where breaking at the space would not make the word fit. Nil: rows are as long as lines.
    init(_ text: String, columns limit: Int? = nil) {
        var (items, start, offset): ([Item], Int, Int) = ([], 0, 0)
        for character in text {
            // "\r\n" is one character.
            if character.isNewline {
                take(Row(items: items, start: start, end: offset), limit)
                (items, start) = ([], offset + 1)
            } else if character == "\t" {
                items.append(Item(glyph: .space, columns: 1, offset: offset))
            } else {
                Glyph.forEachPart(of: character) { items.append(Item(glyph: $0, columns: $1, offset: offset)) }
            }
            offset += 1
        }
        take(Row(items: items, start: start, end: offset), limit)
    }

    /// Cells that the row with this index takes.
    func columns(ofRow index: Int) -> Int { rows[index].columns }

    /// Cells that the text takes.
    var extent: (columns: Int, rows: Int) { (rows.reduce(0) { max($0, $1.columns) }, rows.count) }

    /// Cells that `text` takes when only its own line breaks count.
    static func extent(of text: String) -> (columns: Int, rows: Int) { TextLayout(text).extent }

    /// The row in which a caret stands, and the cells before it there. It stands before the character that follows it, where that is shown (FM-23);
    /// before what only breaks a row it stands behind the row.
    func caret(after count: Int) -> (row: Int, columns: Int) {
        let index = rows.lastIndex { $0.start <= count } ?? 0
        return (index, rows[index].items.reduce(0) { $1.offset < count ? $0 + $1.columns : $0 })
    }

    /// Takes one line, in as many rows as it needs (FM-24).
    private mutating func take(_ line: Row, _ limit: Int?) {
        guard let limit = limit.map({ max(1, $0) }) else { return rows.append(line) }
        var row = Row(start: line.start, end: line.end)
        var columns = 0
        // Index in the row just after its last space: where it can be broken.
        var breakAt = 0
        for item in line.items {
            // A glyph that no row can hold (FM-24).
            let item = item.columns <= limit ? item : Item(glyph: Self.ellipsis, columns: 1, offset: item.offset)
            if columns + item.columns > limit, !row.items.isEmpty {
                let rest = Array(row.items[breakAt...])
                let restColumns = rest.reduce(0) { $0 + $1.columns }
                if item.glyph == .space {
                    row.end = item.offset
                    rows.append(row)
                    (row, columns, breakAt) = (Row(start: item.offset + 1, end: line.end), 0, 0)
                    continue
                } else if breakAt > 0, restColumns + item.columns <= limit {
                    let space = row.items[breakAt - 1].offset
                    row.items.removeSubrange((breakAt - 1)...)
                    row.end = space
                    rows.append(row)
                    (row, columns) = (Row(items: rest, start: space + 1, end: line.end), restColumns)
                } else {
                    row.end = item.offset
                    rows.append(row)
                    (row, columns) = (Row(start: item.offset, end: line.end), 0)
                }
                breakAt = 0
            }
            row.items.append(item)
            columns += item.columns
            if item.glyph == .space { breakAt = row.items.count }
        }
        rows.append(row)
    }

    /// Says that words stand here (FM-130).
    private static let bar = Glyph("▬")
    /// Says that something does not fit.
    static let ellipsis = Glyph("…")
}
