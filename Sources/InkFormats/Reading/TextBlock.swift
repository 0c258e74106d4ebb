import InkBoard
import InkPrimitives

/// Words of a drawing that stand together.
struct TextBlock: Sendable {
    /// Words of one row.
    struct Row: Sendable {
        /// Where they begin.
        var place: CellPlace
        var text: String
        var columns: Int
    }

    private(set) var rows: [Row]
    /// The smallest box around it.
    let owner: Int?
    private(set) var left: Int
    /// Bytes of the rows and of the blanks on their left, if they began in the first column.
    private var byteCount: Int

    init(_ row: Row, owner: Int?) {
        (rows, self.owner, left, byteCount) = ([row], owner, row.place.column, row.text.utf8.count + row.place.column)
    }

    mutating func append(_ row: Row) {
        rows.append(row)
        left = min(left, row.place.column)
        byteCount += row.text.utf8.count + row.place.column
    }

    var top: Int { rows[0].place.row }
    var bottom: Int { rows[rows.count - 1].place.row }
    var cells: [CellPlace] { rows.flatMap { row in (0..<row.columns).map { row.place.moved(.east, by: $0) } } }
    var text: String { rows.map { String(repeating: " ", count: $0.place.column - left) + $0.text }.joined(separator: "\n") }

    /// False for what is longer than the text of a shape may be.
    private var isShort: Bool { byteCount - rows.count * left + rows.count - 1 <= Limits.textBytes }

    /// The block as several that are short, each where it stands: cut between rows, and a row that is too long itself before one of its letters
    /// (FM-245).
    func pieces(on grid: TextGrid) -> [TextBlock] {
        guard !isShort else { return [self] }
        var pieces: [TextBlock] = []
        for row in rows.flatMap({ Self.pieces(of: $0, on: grid) }) {
            if var last = pieces.last, last.bottom < row.place.row {
                last.append(row)
                if last.isShort {
                    pieces[pieces.count - 1] = last
                    continue
                }
            }
            pieces.append(TextBlock(row, owner: owner))
        }
        return pieces
    }

    private static func pieces(of row: Row, on grid: TextGrid) -> [Row] {
        guard row.text.utf8.count > Limits.textBytes else { return [row] }
        var pieces: [Row] = []
        var byteCount = Limits.textBytes
        for place in (0..<row.columns).map({ row.place.moved(.east, by: $0) }) {
            if let character = grid[place] {
                byteCount += character.utf8.count
                if byteCount > Limits.textBytes {
                    pieces.append(Row(place: place, text: "", columns: 0))
                    byteCount = character.utf8.count
                }
                pieces[pieces.count - 1].text.append(character)
            }
            if !pieces.isEmpty { pieces[pieces.count - 1].columns += 1 }
        }
        return pieces
    }
}
