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
    private var hits: [ShapeWords.Place] = []
    /// The same by shape, so that one that changes is found among them.
    private var places: [ShapeID: ShapeWords.Place] = [:]
    /// Where among the hits, and which that is; nil while none was gone to, or that one is gone.
    private var index = 0
    private(set) var current: ShapeID?
    /// What was looked for last; nil before anything was.
    private var sought: String?
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

    var isEmpty: Bool { hits.isEmpty }

    /// Looks at all shapes where the words are others than when it looked last, and else at what changed since (TM-173).
    mutating func search(_ words: inout ShapeWords) {
        let changed = words.takeChanged()
        if let changed, sought == line.text {
            guard !changed.isEmpty else { return }
            words.spend(changed.count)
            let plain = ShapeWords.plain(line.text)
            for id in changed { replace(id, by: words.entries[id].flatMap { isHit($0, plain) ? $0.place : nil }) }
        } else {
            words.spend(words.entries.count)
            sought = line.text
            let plain = ShapeWords.plain(line.text)
            hits = words.entries.values.filter { isHit($0, plain) }.map(\.place).sorted()
            places = Dictionary(uniqueKeysWithValues: hits.map { ($0.id, $0) })
        }
        let kept = current.flatMap { places[$0] }.map { firstIndex(of: $0) }
        if kept == nil { current = nil }
        index = kept ?? max(0, min(index, hits.count - 1))
    }

    /// In the list a kind is as good as a word, and nothing stands for all (TM-165).
    private func isHit(_ entry: ShapeWords.Entry, _ plain: String) -> Bool {
        if plain.isEmpty { return look == .list }
        return entry.text.contains(plain) || look == .list && entry.kind.name.hasPrefix(plain)
    }

    private mutating func replace(_ id: ShapeID, by place: ShapeWords.Place?) {
        guard places[id] != place else { return }
        if let old = places.removeValue(forKey: id) { hits.remove(at: firstIndex(of: old)) }
        guard let place else { return }
        places[id] = place
        hits.insert(place, at: firstIndex(of: place))
    }

    /// Where a place stands among the hits, or would.
    private func firstIndex(of place: ShapeWords.Place) -> Int {
        var (low, high) = (0, hits.count)
        while low < high {
            let middle = (low + high) / 2
            if hits[middle] < place { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Goes so many hits on, round the ends where each is gone to; 0 for the one that is there, or the first (TM-379).
    mutating func go(_ step: Int) {
        guard !hits.isEmpty else { return }
        // The place of one that is gone is that of the next (TM-380).
        let isGone = current == nil
        let next = isGone ? (step < 0 ? index - 1 : index) : index + step
        index = look == .hits ? (next % hits.count + hits.count) % hits.count : max(0, min(hits.count - 1, next))
        current = hits[index].id
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
            guard let content = board[hits[place].id]?.content else { continue }
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
        search(by: &finder)
        finder.go(step)
        mode.open(.finder(finder))
        if finder.look == .hits, let hit = finder.current { goTo(hit) }
    }

    mutating func search(by finder: inout ShapeFinder) {
        words.follow(front.board, regions)
        finder.search(&words)
    }

    /// Opens a finder with what is sought already.
    ///
    /// - Returns: what is wrong with that; nil for nothing.
    mutating func find(_ words: String, now: Instant) -> String? {
        var finder = ShapeFinder(.hits, words)
        search(by: &finder)
        guard !finder.isEmpty else { return "no text on this board has “\(words)” in it" }
        open(.finder(finder), now: now)
        seek(finder, 0)
        return nil
    }

    mutating func listShapes(now: Instant) {
        guard !front.board.isEmpty else { return front.notices.add("nothing is drawn yet", as: .setting, now: now) }
        open(.finder(ShapeFinder(.list)), now: now)
        seek(ShapeFinder(.list), 0)
    }

    /// Selects a shape, in the middle of what is seen where not all of it is in sight as it is (TM-164).
    mutating func goTo(_ id: ShapeID) {
        guard front.board[id] != nil, let box = regions[id] else { return }
        pen.pick(.select)
        selection.select([id])
        mode.point(.mouse)
        if viewport.region.intersection(box) == box { stopFollowing() } else { center(on: id) }
    }
}
