/// A text as rows of glyphs with their widths.
struct TextLayout: Sendable {
    struct Item: Hashable, Sendable {
        var glyph: Glyph
        var columns: Int
    }

    /// One array for each row, in reading order.
    private(set) var rows: [[Item]] = []

    /// Lays `text` out, one row for each of its lines.
    init(_ text: String) {
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) { rows.append(Self.items(line)) }
    }

    /// Lays `text` out in at most `columns` cells a row (at least 1): breaks at spaces where there is one, within a word where there is none.
    init(_ text: String, columns: Int) {
        let limit = max(1, columns)
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) { wrap(Self.items(line), limit) }
    }

    /// Cells that the row with this index takes.
    func columns(ofRow index: Int) -> Int { rows[index].reduce(0) { $0 + $1.columns } }

    /// Cells that `text` takes when only its own line breaks count.
    static func extent(of text: String) -> (columns: Int, rows: Int) {
        var (columns, rows) = (0, 0)
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            columns = max(columns, items(line).reduce(0) { $0 + $1.columns })
            rows += 1
        }
        return (columns, rows)
    }

    private static func items(_ line: Substring) -> [Item] {
        line.compactMap { character in
            if character == "\t" || character.isNewline { return Item(glyph: .space, columns: 1) }
            return Glyph.displaying(character).map { Item(glyph: $0.glyph, columns: $0.columns) }
        }
    }

    private mutating func wrap(_ items: [Item], _ limit: Int) {
        var row: [Item] = []
        var columns = 0
        // Index in `row` just after its last space: where it can be broken.
        var breakAt = 0
        for item in items {
            if columns + item.columns > limit, !row.isEmpty {
                if item.glyph == .space {
                    rows.append(row)
                    (row, columns, breakAt) = ([], 0, 0)
                    continue
                }
                let rest = breakAt > 0 ? Array(row[breakAt...]) : []
                if breakAt > 0 { row.removeSubrange((breakAt - 1)...) }
                rows.append(row)
                (row, breakAt) = (rest, 0)
                columns = rest.reduce(0) { $0 + $1.columns }
            }
            row.append(item)
            columns += item.columns
            if item.glyph == .space { breakAt = row.count }
        }
        rows.append(row)
    }
}
