import InkBoard
import InkFormats
import InkFrontEnd

/// The tool that is picked, and how what it draws looks.
struct Pen: Sendable {
    private(set) var tool = Tool.freehand
    private var lastTool = Tool.freehand
    /// True if the tool stays picked when its work is done.
    private(set) var isLocked = false
    private(set) var ink: Color?
    private(set) var fill: Color?
    private(set) var width = StyleChoice.widths[0]
    /// True where a box grows with its label while that is written.
    var growsBoxes = false
    private var lineStyle = LineStyle.solid
    private var corners = Corners.usual
    private var startHead = LineHead.usual
    private var endHead = LineHead.usual
    private var route = LineRoute.straight

    mutating func pick(_ picked: Tool) {
        if tool != picked { lastTool = tool }
        tool = picked
    }

    /// A tool, or the one that was picked before it where it is picked.
    func toggled(_ other: Tool) -> Tool { tool == other ? lastTool : other }

    /// The work of a tool is done: one that does not stay makes way for selecting, unless it is locked (TM-8).
    mutating func finish(with used: Tool) { if tool == used, !used.stays, !isLocked { pick(.select) } }

    mutating func toggleLock() { isLocked.toggle() }

    /// What is drawn from now on has that look: a head only arrows have, for a line has none where nobody wants one (TM-385).
    mutating func take(_ choice: StyleChoice) {
        var look = span(.arrow, CellPlace(column: 0, row: 0), CellPlace(column: 0, row: 0), on: .standard)
        (look.lineStyle, look.corners, look.fill) = (lineStyle, corners, fill)
        for change in choice.changes(of: look) { look.take(change) }
        (ink, fill, width) = (look.stroke, look.fill, look.strokeWidth)
        (lineStyle, corners, route) = (look.lineStyle, look.corners, look.route)
        (startHead, endHead) = (look.startHead, look.endHead)
    }

    /// The word for its borders.
    var border: BorderStyle { BorderStyle(of: span(.rectangle, CellPlace(column: 0, row: 0), CellPlace(column: 0, row: 0), on: .standard)) }

    // MARK: Shapes from places

    func stroke(at here: CellPlace, on grid: Grid) -> ShapeDraft {
        ShapeDraft(kind: .freehand, position: grid.middle(of: here), points: [.zero], stroke: ink, strokeWidth: width)
    }

    func text(_ text: String = "", at here: CellPlace, on grid: Grid) -> ShapeDraft {
        ShapeDraft(kind: .text, position: grid.corner(of: here), text: text, stroke: ink)
    }

    /// What a tool draws between two corners (TM-131).
    func span(_ tool: Tool, _ from: CellPlace, _ to: CellPlace, on grid: Grid) -> ShapeDraft {
        let kind = tool.spanned ?? .rectangle
        if kind.isPath {
            let start = grid.middle(of: from)
            return ShapeDraft(
                kind: kind, position: start, points: [.zero, grid.middle(of: to) - start], stroke: ink, strokeWidth: width,
                lineStyle: lineStyle, corners: corners, startHead: kind == .arrow ? startHead : .usual,
                endHead: kind == .arrow ? endHead : .usual, route: route)
        }
        let box = CellRegion(from: from, to: to)
        let size = Size(
            width: Int32(clamping: (box.columns - 1) * grid.columnUnits), height: Int32(clamping: (box.rows - 1) * grid.rowUnits))
        let paper = kind == .note ? fill ?? Color(rgb: 0xF0E442) : fill
        return ShapeDraft(
            kind: kind, position: grid.middle(of: CellPlace(column: box.column, row: box.row)), size: size,
            stroke: kind == .note ? nil : ink,
            fill: paper, strokeWidth: width, lineStyle: lineStyle, corners: corners)
    }
}
