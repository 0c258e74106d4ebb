import InkBoard

/// How many cells the words of a flowchart take.
struct FlowchartMeasures: Sendable {
    private let chart: Flowchart
    private let looks: [Int]
    private let labels: [(columns: Int, rows: Int)?]

    init(_ chart: Flowchart) {
        self.chart = chart
        var numbers: [Style: Int] = [:]
        looks = chart.links.map { link in
            let style = Style(line: link.line, look: link.look)
            let number = numbers[style] ?? numbers.count
            numbers[style] = number
            return number
        }
        labels = chart.links.map { $0.label.isEmpty ? nil : TextLayout.extent(of: Self.wrapped($0.label)) }
    }

    private struct Style: Hashable {
        var line: Flowchart.Link.Line
        var look: Flowchart.Look
    }

    /// A number that links have in common that look alike.
    func look(of link: Int) -> Int { looks[link] }

    /// Extent of a link's label; nil for none.
    func label(of link: Int) -> (columns: Int, rows: Int)? { labels[link] }

    /// A link's label, which no box wraps, in rows of a sensible length.
    static func wrapped(_ label: String) -> String {
        guard label.utf8.count <= textBytesMax, label.utf8.count > rowMax else { return label }
        var rows: [String] = []
        for line in label.split(separator: "\n", omittingEmptySubsequences: false) {
            var row = ""
            for word in line.split(separator: " ") {
                if !row.isEmpty, CharacterWidth.columns(of: row) + 1 + CharacterWidth.columns(of: String(word)) > rowMax {
                    rows.append(row)
                    row = ""
                }
                row += row.isEmpty ? String(word) : " " + word
            }
            rows.append(row)
        }
        return rows.joined(separator: "\n")
    }

    func title(of frame: Int) -> (columns: Int, rows: Int) {
        let title = chart.frames[frame].title
        return title.isEmpty ? (0, 0) : TextLayout(title, columns: Self.titleMax).extent
    }

    /// Cells of a node, and the room beside it for links to itself (FM-267).
    func extent(of index: Int, _ loops: [Int], isLevel: Bool) -> (box: (columns: Int, rows: Int), margin: Int) {
        let node = chart.nodes[index]
        let words = Self.words(node.label)
        var (columns, rows) = (words.columns + 4, words.rows + 2)
        switch node.shape.kind {
        case .rectangle: break
        case .ellipse, .diamond: (columns, rows) = Self.round(node, words)
        default: break
        }
        guard !loops.isEmpty else { return ((columns, rows), 0) }
        let sizes = loops.map { labels[$0] ?? (0, 0) }
        if isLevel {
            columns = max(columns, 2 + sizes.reduce(0) { $0 + Self.loopColumns($1) })
            return ((columns, rows), sizes.reduce(0) { max($0, 3 + $1.rows) })
        }
        rows = max(rows, 2 + sizes.reduce(0) { $0 + 2 + $1.rows })
        return ((columns, rows), sizes.reduce(0) { max($0, 4 + max(2, $1.columns)) })
    }

    private static func loopColumns(_ label: (columns: Int, rows: Int)) -> Int { max(4, label.columns + 3) }

    /// The ways of links from a node to itself, at its right side or below it.
    func loops(_ loops: [Int], around box: CellRegion, isLevel: Bool) -> [(link: Int, points: [CellPlace], label: CellPlace?)] {
        var place = 1
        return loops.map { link in
            let label = labels[link]
            let size = label ?? (0, 0)
            if isLevel {
                let (row, below) = (box.row + box.rows - 1, box.row + box.rows + 1 + size.rows / 2)
                let (one, two) = (box.column + place, box.column + place + Self.loopColumns(size) - 2)
                place += Self.loopColumns(size)
                let corners = [(one, row), (one, below), (two, below), (two, row)]
                return (
                    link, corners.map { CellPlace(column: $0.0, row: $0.1) },
                    label.map { _ in CellPlace(column: (one + two) / 2, row: below) }
                )
            }
            let (column, beside) = (box.column + box.columns - 1, box.column + box.columns + 2 + size.columns / 2)
            let (one, two) = (box.row + place, box.row + place + 1 + size.rows)
            place += 2 + size.rows
            let corners = [(column, one), (beside, one), (beside, two), (column, two)]
            return (
                link, corners.map { CellPlace(column: $0.0, row: $0.1) }, label.map { _ in CellPlace(column: beside, row: (one + two) / 2) }
            )
        }
    }

    /// The words of a node in as few rows as 28 columns need, and no wider than those rows need.
    private static func words(_ label: String) -> (columns: Int, rows: Int) {
        guard !label.isEmpty else { return (1, 1) }
        guard label.utf8.count <= textBytesMax else { return TextLayout(label, columns: wordMax).extent }
        let widest = label.split { $0.isWhitespace }.reduce(1) { max($0, CharacterWidth.columns(of: String($1))) }
        var high = max(rowMax, min(wordMax, widest))
        let rows = TextLayout(label, columns: high).rows.count
        var low = min(wordMax, widest)
        while low < high {
            let middle = (low + high) / 2
            if TextLayout(label, columns: middle).rows.count <= rows { high = middle } else { low = middle + 1 }
        }
        return TextLayout(label, columns: high).extent
    }

    /// An ellipse or a diamond that has its label within its outline.
    private static func round(_ node: Flowchart.Node, _ words: (columns: Int, rows: Int)) -> (columns: Int, rows: Int) {
        var draft = ShapeDraft(kind: node.shape.kind, position: .zero, text: node.label)
        let isDiamond = node.shape.kind == .diamond
        var (columns, rows) = ((words.columns + (isDiamond ? 6 : 4)) | 1, words.rows + 2)
        if isDiamond { rows = max(5, rows | 1) }
        guard !node.label.isEmpty else { return (columns, rows) }
        guard node.label.utf8.count <= textBytesMax else { return (columns * 2 | 1, rows * 2 | 1) }
        for _ in 0..<stepsMax {
            draft.size = Size(
                width: Int32((columns - 1) * Grid.standard.columnUnits), height: Int32((rows - 1) * Grid.standard.rowUnits))
            draft.position = Grid.standard.middle(of: CellPlace(column: 0, row: 0))
            if draft.holdsLabelWithinOutline { break }
            columns += 2
            if columns > 4 * rows { rows += 2 }
        }
        return (columns, rows)
    }

    /// Columns of a row of words that can be broken.
    private static let rowMax = 28
    /// Columns of a word.
    private static let wordMax = 60
    private static let titleMax = 60
    private static let textBytesMax = 1024
    private static let stepsMax = 40
}
