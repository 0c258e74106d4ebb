import InkFormats

/// The help in a box, which scrolls.
struct HelpPanel: Sendable {
    /// The first line that is shown.
    private var top = 0

    init() {}

    mutating func handle(_ key: Key, _ layout: Layout) -> PanelAnswer {
        switch key {
        case .up: scroll(-1, layout)
        case .down: scroll(1, layout)
        case .pageUp: scroll(-layout.canvasRows / 2, layout)
        case .pageDown: scroll(layout.canvasRows / 2, layout)
        case .home: top = 0
        case .end: top = Self.topMax(layout)
        case .character("j"): scroll(1, layout)
        case .character("k"): scroll(-1, layout)
        case .character(" "): scroll(layout.canvasRows / 2, layout)
        case .character("?"), .character("q"), .enter, .function(1): return .closes
        default: break
        }
        return .stays
    }

    mutating func scroll(_ lines: Int, _ layout: Layout) { top = max(0, min(Self.topMax(layout), top + lines)) }

    func draw(on buffer: inout CellBuffer, _ layout: Layout, _ style: GlyphStyle) {
        let lines = Self.lines(layout)
        let box = Box(on: &buffer, width: Self.columns, height: lines.count + 2, title: "keys", layout, style)
        let first = min(top, Self.topMax(layout))
        for row in 0..<max(0, min(box.rows, lines.count - first)) { box.write(lines[first + row], row: row, on: &buffer) }
        guard lines.count > box.rows else { return }
        buffer.write(
            " arrows scroll ", column: box.column, row: box.row + box.rows, style: CellStyle(attributes: .dim),
            limit: layout.canvasColumns - 1)
    }

    /// The help as it fits the box.
    private static func lines(_ layout: Layout) -> [String] {
        HelpText.lines(columns: max(1, min(columns, layout.canvasColumns) - (layout.canvasColumns >= 3 ? 4 : 0)))
    }

    private static func topMax(_ layout: Layout) -> Int {
        max(0, lines(layout).count - max(1, layout.sheetRows - (layout.sheetRows >= 3 ? 2 : 0)))
    }

    private static let columns = 70
}
