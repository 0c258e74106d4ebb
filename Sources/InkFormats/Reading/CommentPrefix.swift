/// What all rows of a comment begin with (FM-158).
///
///     // ┌───┐        /*               # +---+
///     // │ a │         * .---.         # | a |
///     // └───┘         */              # +---+
struct CommentPrefix: Sendable {
    /// Columns to leave out of each row.
    let columns: Int
    /// Rows that only open or close the comment.
    let marks: Set<Int>

    /// Nil where not all rows that hold something begin so, or fewer than two do.
    init?(_ rows: [[Character?]]) {
        var marks: Set<Int> = []
        var (prefix, blanks, count): ([Character]?, Int?, Int) = (nil, nil, 0)
        let held = rows.indices.filter { row in rows[row].contains { $0 != " " } }
        for row in held {
            let cells = rows[row].map { $0 ?? "\u{FFFD}" }
            let indent = cells.prefix { $0 == " " }.count
            let mark = Array(cells[indent...].prefix { $0 != " " })
            let isAlone = cells[(indent + mark.count)...].allSatisfy { $0 == " " }
            if isAlone,
                row == held.first && ["/*", "/**"].contains(String(mark)) || row == held.last && ["*/", "**/"].contains(String(mark))
            {
                marks.insert(row)
                continue
            }
            guard Self.all.contains(String(mark)), prefix == nil || prefix == mark, blanks == nil || blanks == indent else { return nil }
            (prefix, blanks, count) = (mark, indent, count + 1)
        }
        guard let prefix, let blanks, count > 1 else { return nil }
        (columns, self.marks) = (blanks + prefix.count + 1, marks)
    }

    private static let all: Set = ["//", "///", "//!", "#", "##", "*", "--", "---", ">", ";", ";;", "%", "!"]
}
