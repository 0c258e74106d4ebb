import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession

/// How a board looks.
extension BoardScene {
    /// The whole picture. `mutating` only because it keeps the drawn standing shapes for the next one.
    mutating func picture(now: Instant) -> CellBuffer {
        var buffer = CellBuffer(columns: columns, rows: rows)
        drawShapes(&buffer)
        drawSelection(&buffer)
        if front.board.isEmpty, isQuiet { drawHint(&buffer) } else { drawWayBack(&buffer) }
        drawCursors(&buffer, now: now)
        drawBars(&buffer, now: now)
        drawBanner(&buffer)
        drawNotices(&buffer)
        drawPanel(&buffer)
        placeCursor(&buffer)
        return buffer
    }

    // MARK: Shapes

    private mutating func drawShapes(_ buffer: inout CellBuffer) {
        let overlay = overlay()
        var raster: CellRaster
        if overlay.isAddition {
            if base?.version != front.board.version || base?.raster.region != viewport.region {
                base = BaseRaster(version: front.board.version, raster: standing(Overlay()))
            }
            raster = base?.raster ?? standing(Overlay())
        } else {
            raster = standing(overlay)
        }
        for draft in overlay.added { raster.draw(draft) }
        for row in 0..<layout.canvasRows {
            var cells: [Cell] = []
            cells.reserveCapacity(columns)
            for column in 0..<columns {
                var cell = raster.cell(column: viewport.origin.column + column, row: viewport.origin.row + row, style: style)
                if cell.background == nil, let ink = cell.foreground { cell.foreground = shade(ink) }
                cells.append(cell)
            }
            buffer.replace(row: row, with: cells)
        }
    }

    /// The standing shapes of the view as an overlay leaves them.
    private func standing(_ overlay: Overlay) -> CellRaster {
        let near = viewport.region.grown(by: 8)
        var raster = CellRaster(region: viewport.region, grid: grid)
        for shape in front.board.shapes {
            if let content = overlay.replaced[shape.id] {
                raster.draw(content)
            } else if !overlay.erased.contains(shape.id), let region = regions[shape.id],
                region.grown(by: max(region.columns, region.rows) / 2).overlaps(near)
                    || shape.content.labelRegion(on: grid)?.overlaps(near) == true
            {
                raster.draw(shape.content)
            }
        }
        return raster
    }

    /// All gestures under way, ours last.
    private func overlay() -> Overlay {
        var overlay = Overlay()
        for (_, person) in front.people.present {
            for (_, gesture) in person.gestures.sorted(by: { $0.key < $1.key }) {
                overlay.take(gesture, ink: front.people.color(person).color, of: front.board)
            }
        }
        for entry in pending {
            overlay.added += entry.overlay.added
            overlay.erased.formUnion(entry.overlay.erased)
            overlay.replaced.merge(entry.overlay.replaced) { $1 }
        }
        switch drag {
        case .none, .pan, .frame: break
        case .stroke(let draft): overlay.added.append(draft)
        case .span(let tool, let from, let to): if from != to { overlay.added.append(spanned(tool, from, to)) }
        case .move(let ids, let from, let to): overlay.move(ids, displacement(from, to), of: front.board)
        case .resize(let id, let content, let handle, let from, let to):
            overlay.replaced[id] = resized(content, handle, displacement(from, to))
        case .erase(let ids, _): overlay.erased.formUnion(ids)
        }
        if let nudge {
            let moved = self.overlay(of: nudge)
            overlay.replaced.merge(moved.replaced) { $1 }
        }
        if let edit {
            if let id = edit.existing { overlay.replaced[id] = edit.draft } else { overlay.added.append(edit.draft) }
        }
        return overlay
    }

    /// Thin lines need lighter shades of two colours on dark paper.
    private func shade(_ color: Color) -> Color {
        guard isDark else { return color }
        switch color.rgb {
        case 0x0072B2: return Color(rgb: 0x5B8DEF)
        case 0xD55E00: return Color(rgb: 0xF0783C)
        default: return color
        }
    }

    // MARK: Marks

    private func drawSelection(_ buffer: inout CellBuffer) {
        if case .frame(let from, let to) = drag, from != to {
            let box = region(from, to)
            let mark = style == .ascii ? Glyph(":") : Glyph("┊")
            let dash = style == .ascii ? Glyph(".") : Glyph("┈")
            let (left, top) = (box.column - viewport.origin.column, box.row - viewport.origin.row)
            for column in Self.seen(left, box.columns, of: columns) {
                for row in [top, top + box.rows - 1] where row < layout.canvasRows {
                    buffer.put(Cell(dash, attributes: .dim), column: column, row: row)
                }
            }
            for row in Self.seen(top, box.rows, of: layout.canvasRows) {
                for column in [left, left + box.columns - 1] { buffer.put(Cell(mark, attributes: .dim), column: column, row: row) }
            }
        }
        let moved = movedBy
        for id in selection.prefix(Self.marksMax) {
            guard var box = resizedRegion(id) ?? regions[id], box.overlaps(viewport.region.grown(by: 64)) else { continue }
            (box.column, box.row) = (box.column + moved.column, box.row + moved.row)
            let (left, top) = (box.column - viewport.origin.column, box.row - viewport.origin.row)
            let (right, bottom) = (left + box.columns - 1, top + box.rows - 1)
            for (column, row) in [(left, top), (right, top), (left, bottom), (right, bottom)] where row < layout.canvasRows {
                buffer.restyle(column: column, row: row) { $0.attributes.insert(.reverse) }
            }
            // A small or open shape has no corners to see: its box is underlined as well.
            if box.rows == 1 || front.board[id]?.content.kind.isPath == true, bottom < layout.canvasRows {
                for column in Self.seen(left, box.columns, of: columns) {
                    buffer.restyle(column: column, row: bottom) { $0.attributes.insert(.underline) }
                }
            }
        }
    }

    /// The part of a run of cells that is on the screen; empty where none of it is.
    private static func seen(_ start: Int, _ count: Int, of limit: Int) -> Range<Int> {
        let low = min(limit, max(0, start))
        return low..<max(low, min(limit, start + count))
    }

    private var movedBy: (column: Int, row: Int) {
        if case .move(_, let from, let to) = drag { return (to.column - from.column, to.row - from.row) }
        guard let nudge, nudge.resized == nil else { return (0, 0) }
        return (nudge.columns, nudge.rows)
    }

    private func resizedRegion(_ id: ShapeID) -> CellRegion? {
        if let nudge, let content = nudge.resized, nudge.ids == [id] {
            return resized(content, .farCorner, nudge.displacement(on: grid)).cellRegion(on: grid)
        }
        guard case .resize(id, let content, let handle, let from, let to) = drag else { return nil }
        return resized(content, handle, displacement(from, to)).cellRegion(on: grid)
    }

    private func drawHint(_ buffer: inout CellBuffer) {
        guard front.isReady else {
            return center(Sentence.waitingForBoard.text, &buffer, row: layout.canvasRows / 2)
        }
        guard layout.canvasRows >= 4 else { return }
        center("drag to draw", &buffer, row: layout.canvasRows / 2 - 1)
        center("r rectangle - t text - ? keys - i invite", &buffer, row: layout.canvasRows / 2)
    }

    /// True while the person has not begun anything.
    private var isQuiet: Bool {
        guard pending.isEmpty, edit == nil, case .none = drag else { return false }
        return front.people.present.allSatisfy { $0.person.gestures.isEmpty }
    }

    private func center(_ text: String, _ buffer: inout CellBuffer, row: Int) {
        let width = CharacterWidth.columns(of: text)
        buffer.write(text, column: max(0, (columns - width) / 2), row: row, style: CellStyle(attributes: .dim))
    }

    /// Says where the drawing is when none of it is in sight.
    private func drawWayBack(_ buffer: inout CellBuffer) {
        guard let content = regions.content, !content.overlaps(viewport.region), layout.canvasRows >= 2 else { return }
        let (dx, dy) = (
            content.column + content.columns / 2 - viewport.origin.column - columns / 2,
            content.row + content.rows / 2 - viewport.origin.row - layout.canvasRows / 2
        )
        let arrow = abs(dx) > abs(dy) * 2 ? (dx < 0 ? "<-" : "->") : (dy < 0 ? "up" : "down")
        center("the drawing is \(arrow) \(max(abs(dx), abs(dy))) cells away: f", &buffer, row: layout.canvasRows / 2)
    }

    // MARK: Others' cursors

    private func drawCursors(_ buffer: inout CellBuffer, now: Instant) {
        guard !hidesCursors else { return }
        var taken: [(row: Int, columns: Range<Int>)] = []
        for (_, person) in front.people.present {
            guard let cursor = person.cursor, now - person.movedAt < Self.goneTime else { continue }
            let color = front.people.color(person)
            guard let (column, row) = viewport.seen(grid.place(of: cursor)) else { continue }
            let isDim = now - person.movedAt >= Self.dimTime || person.status.silentSeconds != nil
            // Never over our own pointer.
            let isUnderOwn = keyPointer.map { $0 == (column + viewport.origin.column, row + viewport.origin.row) } ?? false
            if !isUnderOwn {
                let marker = style == .ascii ? color.asciiMarker : color.marker
                buffer.put(
                    Cell(Glyph(marker), foreground: color.ink(onDark: isDark), attributes: isDim ? .dim : .bold), column: column, row: row)
            }
            guard now - person.movedAt < Self.chipTime, !person.status.name.isEmpty else { continue }
            let label = " " + safeForTerminal(person.status.name, columnsMax: 16) + " "
            let width = CharacterWidth.columns(of: label)
            // Right and below; at the edges it flips; where another chip stands it goes above, else it is left out.
            let left = column + 1 + width <= columns ? column + 1 : max(0, column - width)
            let rows = row + 1 < layout.canvasRows ? [row + 1, row - 1] : [row - 1, row + 1]
            guard
                let chipRow = rows.first(where: { candidate in
                    (0..<layout.canvasRows).contains(candidate)
                        && !taken.contains { $0.row == candidate && $0.columns.overlaps(left..<left + width) }
                })
            else { continue }
            taken.append((chipRow, left..<left + width))
            buffer.write(label, column: left, row: chipRow, style: CellStyle(foreground: color.text, background: color.color))
        }
    }

    // MARK: The terminal's cursor

    /// The row of the screen in which somebody types; nil where nobody does.
    var caretRow: Int? { edit.map { $0.draft.caretPlace(after: $0.buffer.caret, on: grid).row - viewport.origin.row } }

    /// Stands where the person is: at the caret, or at the pointer that keys move.
    private func placeCursor(_ buffer: inout CellBuffer) {
        if let edit {
            let caret = edit.draft.caretPlace(after: edit.buffer.caret, on: grid)
            let (column, row) = (caret.column - viewport.origin.column, caret.row - viewport.origin.row)
            if (0..<layout.canvasRows).contains(row) { buffer.cursor = (max(0, min(columns - 1, column)), row) }
        } else if case .chat(let chat) = panel {
            buffer.cursor = (min(columns - 1, 5 + chat.window(columns: columns - 6).caret), rows - 1)
        } else if let keyPointer, panel == .none {
            let (column, row) = (keyPointer.column - viewport.origin.column, keyPointer.row - viewport.origin.row)
            if (0..<columns).contains(column), (0..<layout.canvasRows).contains(row) { buffer.cursor = (column, row) }
        }
    }

    private static let marksMax = 200
}
