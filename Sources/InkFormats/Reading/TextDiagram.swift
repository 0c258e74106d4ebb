import InkBoard
import InkPrimitives

/// A drawing of text, as people make them in comments and mails: boxes, lines and words, of ASCII or box drawing characters.
///
///     text ─▶ TextGrid ─▶ BoxFinder ─▶ LineTracer ─▶ words that are left ─▶ Drawing
///
/// Each character keeps its cell: drawn again, the drawing is what it was, as far as it was understood. What is no box and no line stays text
/// (FM-156).
package struct TextDiagram: Sendable {
    package private(set) var drawing = Drawing()
    private let grid: TextGrid
    private let boxes: [FoundBox]
    /// Larger ones lie below those within them; of equal ones the order is that of reading (FM-246).
    private let order: [Int]
    /// The item that each box becomes.
    private let items: [Int]
    private var lines: [FoundLine] = []
    /// Cells of borders and lines.
    private var used: Set<CellPlace> = []
    /// For each cell within a box the smallest that it is in.
    private var owners: [CellPlace: Int] = [:]
    private var blocks: [TextBlock] = []

    /// - Throws: for a text that is too long.
    package init(_ text: String) throws(DrawingError) {
        self.init(try TextGrid(text))
        // What is no drawing keeps what its rows begin with: they may be points of a list.
        if grid.isUncommented, boxes.isEmpty, lines.isEmpty { self.init(try TextGrid(text, readsComments: false)) }
    }

    /// Reads what a file holds: UTF-8, perhaps behind a mark of the order of bytes (FM-159).
    ///
    /// - Throws: for a text that is too long, and for the first bytes that are no UTF-8.
    package init(bytes: [UInt8]) throws(DrawingError) {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let start = bytes.starts(with: mark) ? mark.count : 0
        try TextGrid.checkLength(bytes.count - start)
        guard let text = String(validating: bytes[start...], as: UTF8.self) else {
            throw DrawingError("the text is no UTF-8 here", at: Self.firstWrong(bytes), of: bytes)
        }
        try self.init(text)
    }

    /// How many bytes come before the first that are no UTF-8.
    private static func firstWrong(_ bytes: [UInt8]) -> Int {
        var (parser, iterator, offset) = (Unicode.UTF8.ForwardParser(), bytes.makeIterator(), 0)
        while case .valid(let scalar) = parser.parseScalar(from: &iterator) { offset += scalar.count }
        return offset
    }

    private init(_ grid: TextGrid) {
        self.grid = grid
        boxes = BoxFinder(grid).boxes
        order = boxes.indices.sorted { [boxes] in
            (-boxes[$0].area, boxes[$0].top, boxes[$0].left) < (-boxes[$1].area, boxes[$1].top, boxes[$1].left)
        }
        var items = Array(repeating: 0, count: boxes.count)
        for (item, index) in order.enumerated() { items[index] = item }
        self.items = items
        var borders: Set<CellPlace> = []
        for (index, box) in boxes.enumerated().reversed() {
            for row in box.top...box.bottom {
                for column in box.left...box.right {
                    let place = CellPlace(column: column, row: row)
                    if box.isBorder(place) { borders.insert(place) } else { owners[place] = index }
                }
            }
        }
        let titles = boxes.reduce(into: Set<CellPlace>()) { cells, box in
            for column in box.titleColumns { cells.insert(CellPlace(column: column, row: box.top)) }
        }
        findLines { [borders] in borders.contains($0) }
        used.formUnion(borders.subtracting(titles))
        findBlocks()
        addBoxes()
        addTexts()
        addLines()
    }

    private mutating func findLines(_ isBorder: @escaping (CellPlace) -> Bool) {
        let messages = MessageFinder(grid, isBorder: isBorder)
        let diagonals = DiagonalFinder(grid, isBorder: isBorder)
        used = messages.used.union(diagonals.used)
        let lone = LoneArrowFinder(grid, taken: used, isBorder: isBorder) { [boxes, owners] in owners[$0].map { boxes[$0] } }
        used.formUnion(lone.used)
        let tracer = LineTracer(grid, taken: used, isBorder: isBorder)
        lines = tracer.lines + messages.lines + lone.lines + diagonals.lines
        used.formUnion(tracer.used)
    }

    // MARK: Words

    private mutating func findBlocks() {
        var open: [TextBlock] = []
        for row in 0..<grid.rows {
            var next: [TextBlock] = []
            for run in runs(inRow: row) {
                let owner = owners[run.place]
                let columns = run.place.column..<run.place.column + run.columns
                let above = open.firstIndex { block in
                    guard block.owner == owner, let last = block.rows.last, last.place.row == row - 1 else { return false }
                    return (last.place.column..<last.place.column + last.columns).overlaps(columns)
                }
                if let above {
                    open[above].append(run)
                } else {
                    next.append(TextBlock(run, owner: owner))
                }
            }
            open += next
            blocks += open.filter { $0.bottom < row }
            open.removeAll { $0.bottom < row }
        }
        blocks += open
        blocks = blocks.flatMap { $0.pieces(on: grid) }
        blocks.sort { ($0.top, $0.left) < ($1.top, $1.left) }
    }

    /// Words of a row that are at most one blank apart and within one box.
    private func runs(inRow row: Int) -> [TextBlock.Row] {
        var runs: [TextBlock.Row] = []
        var blanks = 0
        for column in 0..<grid.columnCount(ofRow: row) {
            let place = CellPlace(column: column, row: row)
            guard !used.contains(place) else {
                blanks = 2
                continue
            }
            guard let character = grid[place] else {
                if !runs.isEmpty { runs[runs.count - 1].columns += 1 }
                continue
            }
            guard character != " " else {
                blanks += 1
                continue
            }
            // In a listing a stroke stands before each name.
            let blanksMax = runs.last?.text.last.map { "│|".contains($0) } == true ? 4 : 2
            if blanks < blanksMax, let last = runs.last, last.place.column + last.columns + blanks == column,
                owners[last.place] == owners[place]
            {
                runs[runs.count - 1].text += String(repeating: " ", count: blanks) + String(character)
                runs[runs.count - 1].columns += blanks + 1
            } else {
                runs.append(TextBlock.Row(place: place, text: String(character), columns: 1))
            }
            blanks = 0
        }
        return runs
    }

    // MARK: Boxes

    private mutating func addBoxes() {
        for index in order {
            let box = boxes[index]
            let (from, to) = (
                Self.middle(CellPlace(column: box.left, row: box.top)), Self.middle(CellPlace(column: box.right, row: box.bottom))
            )
            var draft = ShapeDraft(kind: .rectangle, position: from, size: Size(width: to.x - from.x, height: to.y - from.y))
            draft.lineStyle = box.style
            draft.corners = box.isRound ? .round : .usual
            if box.isHeavy { draft.strokeWidth = Self.heavy }
            draft.text = label(of: index)
            drawing.items.append(Drawing.Item(content: draft))
        }
    }

    /// The words of a box that are its label, with blanks around them where they stand elsewhere than a label would; what is in it is taken (FM-244).
    private mutating func label(of index: Int) -> String {
        let box = boxes[index]
        var own = blocks.indices.filter { blocks[$0].owner == index }
        guard !own.isEmpty else {
            guard !box.title.isEmpty else { return "" }
            let inTitle = { (block: TextBlock) in block.top == box.top && box.titleColumns.contains(block.left) }
            guard blocks.contains(where: inTitle) else { return "" }
            let title = box.title.trimmed
            guard title.utf8.count <= Limits.textBytes else { return "" }
            blocks.removeAll(where: inTitle)
            return title
        }
        let isLeaf = !boxes.contains { $0 != box && box.holds($0) } && !lines.contains { $0.corners.contains { box.holds($0) } }
        // Of a box with others in it what stands first is its name (FM-153).
        if !isLeaf { own = [own[0]] }
        var rows: [Int: (start: Int, text: String, columns: Int)] = [:]
        for block in own {
            for row in blocks[block].rows {
                if let before = rows[row.place.row] {
                    let gap = row.place.column - before.start - before.columns
                    guard gap >= 0 else { return "" }
                    rows[row.place.row] = (
                        before.start, before.text + String(repeating: " ", count: gap) + row.text, before.columns + gap + row.columns
                    )
                } else {
                    rows[row.place.row] = (row.place.column, row.text, row.columns)
                }
            }
        }
        guard let first = rows.keys.min(), let last = rows.keys.max() else { return "" }
        let label = Self.aligned((first...last).map { rows[$0] }, first - box.top - 1, box)
        // What is too long for a label stays where it is, as texts (FM-244, FM-245).
        guard label.utf8.count <= Limits.textBytes else { return "" }
        for block in own.reversed() { blocks.remove(at: block) }
        return label
    }

    /// Rows of words as a text that stands in those very cells when it is centred in a box.
    private static func aligned(_ rows: [(start: Int, text: String, columns: Int)?], _ top: Int, _ box: FoundBox) -> String {
        let (columns, height) = (box.right - box.left - 1, box.bottom - box.top - 1)
        var lines = rows.map { row in
            guard let row else { return "" }
            let start = row.start - box.left - 1
            guard start != (columns - row.columns) / 2 else { return row.text }
            let shift = 2 * start - columns + row.columns
            return String(repeating: " ", count: max(0, shift)) + row.text + String(repeating: " ", count: max(0, -shift))
        }
        if top != (height - rows.count) / 2 {
            let shift = 2 * top - height + rows.count
            lines = Array(repeating: "", count: max(0, shift)) + lines + Array(repeating: "", count: max(0, -shift))
        }
        return lines.joined(separator: "\n")
    }

    // MARK: Texts

    // FM-154
    private mutating func addTexts() {
        for index in blocks.indices {
            let block = blocks[index]
            let corner = Grid.standard.corner(of: CellPlace(column: block.left, row: block.top))
            drawing.items.append(Drawing.Item(content: ShapeDraft(kind: .text, position: corner, text: block.text)))
        }
    }

    // MARK: Lines

    private mutating func addLines() {
        let textCells = blocks.enumerated().reduce(into: [CellPlace: Int]()) { cells, block in
            for cell in block.element.cells { cells[cell] = boxes.count + block.offset }
        }
        for line in lines {
            // An arrow points where its one head is.
            let isTurned = line.start.hasHead && !line.end.hasHead
            let (start, end) = isTurned ? (line.end, line.start) : (line.start, line.end)
            var corners = isTurned ? line.corners.reversed() : line.corners
            let (from, to) = (meeting(start, textCells), meeting(end, textCells))
            if let from, from.place != corners[0] { corners.insert(from.place, at: 0) }
            if let to, to.place != corners[corners.count - 1] { corners.append(to.place) }
            corners = Self.withoutStraight(corners)
            let places = corners.map { Self.middle($0) }
            var draft = ShapeDraft(kind: end.hasHead ? .arrow : .line, position: places[0], points: places.map { $0 - places[0] })
            if start.hasHead { draft.startHead = .arrow }
            draft.lineStyle = line.style
            if line.isHeavy { draft.strokeWidth = Self.heavy }
            draft.text = line.label
            draft.startBinding = from.flatMap { binding($0.item, near: places[0]) }
            draft.endBinding = to.flatMap { binding($0.item, near: places[places.count - 1]) }
            if let start = line.labelStart { draft.text = Self.aligned(draft, to: start) }
            drawing.items.append(Drawing.Item(content: draft))
        }
    }

    /// The label of a line with as many blanks before or behind it as let it begin in a cell, where that takes few.
    private static func aligned(_ draft: ShapeDraft, to start: CellPlace) -> String {
        let blanks = (0...blanksMax).flatMap { $0 == 0 ? [(0, 0)] : [($0, 0), (0, $0)] }
        for (before, behind) in blanks {
            var padded = draft
            padded.text = String(repeating: " ", count: before) + draft.text + String(repeating: " ", count: behind)
            guard padded.text.utf8.count <= Limits.textBytes else { break }
            if TextPlacement(padded, on: .standard).firstLetter == start { return padded.text }
        }
        return draft.text
    }

    /// Before or behind the label of a line.
    private static let blanksMax = 8

    /// What an end meets: a box, or words beside it (FM-243).
    private func meeting(_ end: FoundLine.End, _ textCells: [CellPlace: Int]) -> (item: Int, place: CellPlace)? {
        if let border = end.border {
            let met = boxes.indices.filter { boxes[$0].isBorder(border) }
            // From outside, if there is one that is met so; the smallest of several.
            guard let index = met.first(where: { !boxes[$0].holds(end.place) && !boxes[$0].isBorder(end.place) }) ?? met.first else {
                return nil
            }
            return (items[index], border)
        }
        if let word = end.word { return textCells[word].map { ($0, end.place) } }
        guard !end.isAtLine else { return nil }
        for distance in 1...2 {
            let next = end.place.moved(end.way, by: distance)
            if let item = textCells[next] { return (item, end.place) }
            guard grid.isBlank(next) else { return nil }
        }
        return nil
    }

    // FM-247
    private func binding(_ item: Int, near place: Point) -> Binding? {
        Binding(Drawing.reference(to: item), drawing.items[item].content, near: place)
    }

    private static func withoutStraight(_ corners: [CellPlace]) -> [CellPlace] {
        var kept: [CellPlace] = []
        for corner in corners {
            if kept.count > 1 {
                let (one, two) = (kept[kept.count - 2], kept[kept.count - 1])
                if one.column == two.column && two.column == corner.column || one.row == two.row && two.row == corner.row {
                    kept.removeLast()
                }
            }
            kept.append(corner)
        }
        return kept
    }

    private static func middle(_ place: CellPlace) -> Point { Grid.standard.middle(of: place) }

    /// What draws a heavy line.
    private static let heavy: UInt16 = 32
}
