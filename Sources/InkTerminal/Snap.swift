import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession

/// By choice what a hand moves or spans comes to lie where its edges and middle meet those of shapes near it, or else on the dots of the grid.
extension BoardScene {
    mutating func setSnap(_ isOn: Bool) {
        snaps = isOn
        touch()
    }

    /// - Returns: what is wrong with the word; nil for nothing.
    mutating func pick(snap word: String) -> String? {
        switch word.lowercased() {
        case "on": setSnap(true)
        case "off": setSnap(false)
        default: return "“\(word)” is neither on nor off"
        }
        return nil
    }

    /// Where a drag has come to whose hand is at a place. Of what came back to where it was taken up nothing snaps, nor of lines, which are bound
    /// (TM-196, TM-393).
    ///
    /// - Parameter drag: as it stands before.
    mutating func snapped(_ here: CellPlace, _ drag: Drag) -> CellPlace {
        guard snaps, drag.attaches else { return here }
        switch drag.kind {
        case .span(let tool, _, _): return snapped(here, spanning: tool)
        case .move(let ids, let from, _):
            guard here != from, let first = ids.first.flatMap({ regions[$0] }) else { return here }
            var box = ids.prefix(Self.snappedMax).reduce(first) { all, id in regions[id].map { all.union($0) } ?? all }
            box.column += here.column - from.column
            box.row += here.row - from.row
            let columns = SnapLines(from: box.column, count: box.columns)
            return snapped(here, columns, SnapLines(from: box.row, count: box.rows), except: Set(ids))
        case .resize(let id, _, let handle, let from, _):
            guard here != from else { return here }
            return snapped(
                here, handle.horizontal == 0 ? nil : SnapLines(from: here.column, count: 1),
                handle.vertical == 0 ? nil : SnapLines(from: here.row, count: 1), except: [id])
        case .stroke, .pull, .frame, .erase, .laser, .pan: return here
        }
    }

    /// Where a corner of what a tool spans comes to lie.
    mutating func snapped(_ here: CellPlace, spanning tool: Tool) -> CellPlace {
        guard snaps, tool.spanned?.isPath == false else { return here }
        return snapped(here, SnapLines(from: here.column, count: 1), SnapLines(from: here.row, count: 1), except: [])
    }

    /// - Parameter columns: what is to meet something; nil for nothing on that axis.
    private mutating func snapped(_ here: CellPlace, _ columns: SnapLines?, _ rows: SnapLines?, except moved: Set<ShapeID>) -> CellPlace {
        let around = CellRegion(column: here.column, row: here.row, columns: 1, rows: 1).grown(
            columns: Self.nearColumns, rows: Self.nearRows)
        let near = regions.shapes(near: around).prefix(Self.snappedMax)
        lookedAt += near.count
        let boxes = near.filter { !moved.contains($0) && front.board[$0]?.content.kind.isPath == false }.compactMap { regions[$0] }
        let others = boxes.map { SnapLines(from: $0.column, count: $0.columns) }
        let otherRows = boxes.map { SnapLines(from: $0.row, count: $0.rows) }
        return CellPlace(
            column: here.column + (columns?.step(to: others, reach: 2, grid: 10) ?? 0),
            row: here.row + (rows?.step(to: otherRows, reach: 1, grid: 5) ?? 0))
    }

    /// Shapes farther away are not seen to be beside what is moved.
    private static let (nearColumns, nearRows) = (80, 30)
    /// Of more shapes than these some are not looked at.
    private static let snappedMax = 300
}

/// The edges and the middle of a box on one axis.
struct SnapLines: Hashable, Sendable {
    /// In halves of a cell, for the middle of an even number lies between two.
    private let first: Int
    private let last: Int

    /// - Parameter count: of cells, at least 1.
    init(from start: Int, count: Int) { (first, last) = (2 * start, 2 * (start + count - 1)) }

    /// By how many cells it has to go to meet one of the others, the nearest, and an edge before a middle; where none is near, the grid; 0 where
    /// that is far, too (TM-196).
    ///
    /// - Parameters:
    ///   - reach: how many cells away is near.
    ///   - grid: how many cells lie between two lines of it.
    func step(to others: [SnapLines], reach: Int, grid: Int) -> Int {
        var best: Int?
        func look(at way: Int) {
            guard way % 2 == 0, abs(way) <= 2 * reach, abs(way) < abs(best ?? .max) else { return }
            best = way
        }
        for other in others { for edge in [first, last] { for line in [other.first, other.last] { look(at: line - edge) } } }
        for other in others { look(at: (other.first + other.last) / 2 - (first + last) / 2) }
        if best == nil {
            let start = first / 2
            let below = (start % grid + grid) % grid
            look(at: below * 2 <= grid ? -2 * below : 2 * (grid - below))
        }
        return (best ?? 0) / 2
    }
}
