import InkFormats
import InkFrontEnd
import InkPrimitives

/// Where the window is, in small.
struct Minimap: Sendable {
    /// Its cells on the screen.
    let region: CellRegion
    /// The cells of the board that it shows: the drawing, and the window.
    let shown: CellRegion

    /// The cell of the screen in which it shows a cell of the board.
    func cell(of place: CellPlace) -> (column: Int, row: Int) {
        let column = (place.column - shown.column) * region.columns / shown.columns
        let row = (place.row - shown.row) * region.rows / shown.rows
        return (region.column + max(0, min(region.columns - 1, column)), region.row + max(0, min(region.rows - 1, row)))
    }

    /// The middle of what it shows in a cell of the screen; nil for a cell that is none of its.
    func place(at cell: CellPlace) -> CellPlace? {
        guard region.contains(column: cell.column, row: cell.row) else { return nil }
        return CellPlace(
            column: shown.column + (2 * (cell.column - region.column) + 1) * shown.columns / (2 * region.columns),
            row: shown.row + (2 * (cell.row - region.row) + 1) * shown.rows / (2 * region.rows))
    }
}

extension BoardScene {
    /// Goes to what the small map shows in a cell of the screen; false where it does not lie there (TM-375).
    mutating func go(onMinimap cell: CellPlace) -> Bool {
        guard let place = minimap?.place(at: cell) else { return false }
        stopFollowing()
        goTo(place)
        return true
    }

    /// Shows the small map or hides it, and says why it is not seen where that is not plain (TM-406).
    mutating func toggleMinimap(now: Instant) {
        display.showsMinimap.toggle()
        guard display.showsMinimap else { return }
        if minimapSize == nil {
            front.notices.add("no room for the map here", as: .setting, now: now)
        } else if regions.content() == nil {
            front.notices.add("nothing is drawn yet: the map comes with it", as: .setting, now: now)
        }
    }

    /// Its columns and rows: what leaves more than as much of the window on its left and above it; nil where nothing does.
    private var minimapSize: (columns: Int, rows: Int)? {
        Self.minimapSizes.first { layout.canvasColumns - 1 > 2 * $0.columns && layout.canvasRows - 1 > 2 * $0.rows }
    }

    /// Where the small map is to stand; nil for nowhere (TM-141).
    private mutating func placedMinimap() -> Minimap? {
        guard display.showsMinimap, let (width, height) = minimapSize, let content = regions.content() else { return nil }
        let (right, top) = (layout.canvasColumns - width - 1, layout.canvasRows - height - 1)
        let own = ownRegions
        let free = [right, 1].map { CellRegion(column: $0, row: top, columns: width, rows: height) }.first { region in
            let corner = viewport.place(column: region.column, row: region.row)
            let covered = CellRegion(column: corner.column, row: corner.row, columns: width, rows: height)
            return !own.contains { $0.overlaps(covered) }
        }
        return free.map { Minimap(region: $0, shown: content.union(viewport.region)) }
    }

    /// Cells of the board that the person has to see: what is written, and where the hand is.
    private var ownRegions: [CellRegion] {
        let places = [caretPlace, mode.hand?.place, pulledPlace, keyPlace].compactMap { $0 }
        return places.map { CellRegion(from: $0, to: $0) } + [mode.edit.map { $0.draft.cellRegion(on: grid) }].compactMap { $0 }
    }

    /// The whole drawing in a corner, with the part of it that is seen, where the others point, and the corners of what they see (TM-374).
    mutating func drawMinimap(on buffer: inout CellBuffer) {
        minimap = placedMinimap()
        guard let minimap, let content = regions.content() else { return }
        // TM-215
        func corners(_ region: CellRegion) -> (first: (column: Int, row: Int), last: (column: Int, row: Int)) {
            let last = CellPlace(column: region.columnRange.upperBound - 1, row: region.rowRange.upperBound - 1)
            return (minimap.cell(of: CellPlace(column: region.column, row: region.row)), minimap.cell(of: last))
        }
        let (drawing, seen) = (corners(content), corners(viewport.region))
        let dot = display.style == .ascii ? Glyph(":") : Glyph("▒")
        for row in minimap.region.rowRange {
            for column in minimap.region.columnRange {
                let isDrawing =
                    (drawing.first.column...drawing.last.column).contains(column) && (drawing.first.row...drawing.last.row).contains(row)
                let isSeen = (seen.first.column...seen.last.column).contains(column) && (seen.first.row...seen.last.row).contains(row)
                let attributes: Cell.Attributes = isSeen ? .reverse : .dim
                buffer.put(Cell(isDrawing ? dot : .space, attributes: attributes), column: column, row: row)
            }
        }
        guard !display.hidesCursors else { return }
        for (_, person) in front.people.present {
            guard let region = person.view.map({ grid.region(of: $0) }) else { continue }
            let ink = front.people.color(person).ink(onDark: display.isDark)
            for (corner, mark, plain) in region.corners(["┌", "┐", "└", "┘"]) {
                let (column, row) = minimap.cell(of: corner)
                buffer.put(Cell(Glyph(display.style == .ascii ? plain : mark), foreground: ink), column: column, row: row)
            }
        }
        for pointer in shownMotion.pointers {
            guard let person = front.people[pointer.peer] else { continue }
            let color = front.people.color(person)
            let (column, row) = minimap.cell(of: pointer.place)
            let mark = display.style == .ascii ? color.asciiMarker : color.marker
            buffer.put(Cell(Glyph(mark), foreground: color.ink(onDark: display.isDark)), column: column, row: row)
        }
    }

    /// The largest first (TM-237).
    private static let minimapSizes = [(columns: 16, rows: 5), (columns: 10, rows: 4), (columns: 8, rows: 3)]
}
