import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession

/// Shapes by their words: gone to one after another while they are typed, or in a list to pick from.
///
/// Follows the board: a shape that goes while it is found leaves its place to the next.
struct ShapeFinder: Sendable {
    enum Look: Hashable, Sendable {
        /// Each hit is gone to.
        case hits
        /// The one that is picked is gone to.
        case list
    }

    let look: Look
    var line: PromptLine
    /// In the order in which a page is read.
    private(set) var hits: [ShapeID] = []
    /// Where among the hits, and which that is; nil while none was gone to, or that one is gone.
    private var index = 0
    private(set) var current: ShapeID?
    /// Of the board that was searched, and what for.
    private var searched: (version: Int, words: String)?
    /// Rows of the list when it was drawn last.
    private var shown = 1

    init(_ look: Look, _ words: String = "") {
        self.look = look
        line = PromptLine(look == .hits ? "find: " : "shapes: ", words, bytesMax: Limits.textBytes)
    }

    mutating func handle(_ key: Key, _ modifiers: KeyModifiers) -> PanelAnswer {
        let isBack = modifiers.contains(.shift)
        switch key {
        case .enter: return look == .list ? .picks : .seeks(isBack ? -1 : 1)
        case .tab: return .seeks(isBack ? -1 : 1)
        case .down: return .seeks(1)
        case .up: return .seeks(-1)
        case .pageDown: return .seeks(max(1, shown / 2))
        case .pageUp: return .seeks(-max(1, shown / 2))
        default:
            let before = line.text
            _ = line.handle(key, modifiers)
            return line.text == before ? .stays : .seeks(0)
        }
    }

    /// Looks anew where the words or the board are others than when it looked last.
    mutating func search(_ board: BoardView, _ regions: ShapeRegions) {
        guard searched?.version != board.version || searched?.words != line.text else { return }
        searched = (board.version, line.text)
        let sought = Self.plain(line.text)
        guard !sought.isEmpty || look == .list else { return take([]) }
        let found = board.shapes.filter { sought.isEmpty || Self.plain($0.content.text).contains(sought) || isOfKind($0, sought) }
        take(
            found.map { (place: regions[$0.id] ?? $0.content.cellRegion(on: .standard), id: $0.id) }
                .sorted { ($0.place.row, $0.place.column, $0.id) < ($1.place.row, $1.place.column, $1.id) }.map(\.id))
    }

    /// In the list a kind is as good as a word.
    private func isOfKind(_ shape: Shape, _ sought: String) -> Bool { look == .list && shape.content.kind.name.hasPrefix(sought) }

    private mutating func take(_ found: [ShapeID]) {
        hits = found
        let kept = current.flatMap { found.firstIndex(of: $0) }
        if kept == nil { current = nil }
        index = kept ?? max(0, min(index, found.count - 1))
    }

    /// Goes so many hits on, round the ends where each is gone to; 0 for the one that is there, or the first.
    mutating func go(_ step: Int) {
        guard !hits.isEmpty else { return }
        // The place of one that is gone is that of the next.
        let isGone = current == nil
        let next = isGone ? (step < 0 ? index - 1 : index) : index + step
        index = look == .hits ? (next % hits.count + hits.count) % hits.count : max(0, min(hits.count - 1, next))
        current = hits[index]
    }

    private static func plain(_ text: String) -> String {
        text.lowercased().split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).joined(separator: " ")
    }

    // MARK: Picture

    mutating func draw(_ board: BoardView, on buffer: inout CellBuffer, _ layout: Layout) {
        if !(look == .hits && line.isEmpty) {
            let count = hits.isEmpty ? "nothing found" : current == nil ? "\(hits.count) found" : "\(index + 1) of \(hits.count)"
            let column = layout.columns - count.utf8.count - 1
            if column > line.caret(layout) {
                buffer.write(count, column: column, row: layout.statusRow, style: CellStyle(attributes: .bold))
            }
        }
        guard look == .list else { return }
        shown = max(0, min(Self.rowsMax, hits.count, layout.sheetRows))
        let first = max(0, min(hits.count - shown, index - shown / 2))
        for (offset, place) in (first..<first + shown).enumerated() {
            let row = layout.sheetRows - shown + offset
            guard let content = board[hits[place]]?.content else { continue }
            let isChosen = place == index && current != nil
            let style = CellStyle(attributes: isChosen ? .reverse : [])
            buffer.fill(row: row, style: style)
            let words = content.text.isEmpty ? "" : "  " + safeForTerminal(content.text, columnsMax: Self.wordsMax)
            buffer.write((isChosen ? "> " : "  ") + content.kind.name + words, column: 0, row: row, style: style, limit: layout.columns)
        }
    }

    private static let rowsMax = 8
    private static let wordsMax = 60
}

/// What a finder does to the board.
extension BoardScene {
    /// Goes so many hits on, and to what is there.
    mutating func seek(_ finder: ShapeFinder, _ step: Int) {
        var finder = finder
        finder.search(front.board, regions)
        finder.go(step)
        mode.open(.finder(finder))
        if finder.look == .hits, let hit = finder.current { goTo(hit) }
    }

    /// Opens a finder with what is sought already.
    ///
    /// - Returns: what is wrong with that; nil for nothing.
    mutating func find(_ words: String, now: Instant) -> String? {
        var finder = ShapeFinder(.hits, words)
        finder.search(front.board, regions)
        guard !finder.hits.isEmpty else { return "no text on this board has “\(words)” in it" }
        open(.finder(finder), now: now)
        seek(finder, 0)
        return nil
    }

    mutating func listShapes(now: Instant) {
        guard !front.board.isEmpty else { return front.notices.add("nothing is drawn yet", as: .setting, now: now) }
        open(.finder(ShapeFinder(.list)), now: now)
        seek(ShapeFinder(.list), 0)
    }

    /// Selects a shape, in the middle of what is seen.
    mutating func goTo(_ id: ShapeID) {
        guard front.board[id] != nil else { return }
        pen.pick(.select)
        selection.select([id])
        mode.point(.mouse)
        center(on: id)
    }
}
