import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession

/// How a board looks.
extension BoardScene {
    /// The whole picture. `mutating` only because it keeps what the next one and presses need.
    mutating func picture(now: Instant) -> CellBuffer {
        beginPicture()
        drawMotion(now: now)
        shownLine = lineInHand()
        let look = BoardCanvas.Look(style: display.style, isDark: display.isDark)
        let cells = canvas.cells(of: front.board, regions, overlay(now: now), in: viewport, look)
        // What there was no time for comes with the next picture.
        if canvas.isUnfinished { redraw(.soon) }
        var buffer = CellBuffer(columns: layout.columns, rows: layout.rows, top: cells, width: layout.canvasColumns)
        drawEntered(on: &buffer)
        drawSelection(on: &buffer)
        drawLocks(on: &buffer)
        drawAttachments(on: &buffer)
        if front.board.isEmpty {
            if isQuiet(now: now) { drawHint(on: &buffer) }
        } else if !canvas.isUnfinished, mode.edit == nil, cells.allSatisfy({ $0 == .blank }) {
            drawWayBack(on: &buffer)
        } else {
            drawEdges(on: &buffer)
        }
        drawGrid(on: &buffer)
        drawFollowedView(on: &buffer)
        drawLights(on: &buffer)
        drawCursors(on: &buffer)
        drawMinimap(on: &buffer)
        drawTalk(on: &buffer)
        drawBars(on: &buffer, now: now)
        drawBanner(on: &buffer)
        let notices = noticeLines
        drawNotices(notices, on: &buffer)
        var layout = layout
        // A link is whole or not there; all other sheets make way for what is said (TM-30).
        if case .invite? = mode.panel {} else { layout.noticeRows = notices.count }
        drawPanel(layout, on: &buffer, now: now)
        placeCursor(on: &buffer)
        if display.hasHighContrast { buffer.raiseContrast(for: display.style) }
        return buffer
    }

    // MARK: Shapes

    /// All gestures under way, ours last (TM-38, TM-339).
    private func overlay(now: Instant) -> Overlay {
        var overlay = Overlay()
        for peer in front.glides.peers {
            // What another program of our own draws is in our own ink (TM-39).
            let ink = front.people[peer].map { front.people.color($0).color }
            for (id, preview) in front.glides.previews(of: peer, at: now) { overlay.take(preview, of: id, ink: ink, of: front.board) }
        }
        overlay.erased = shownMotion.hidden
        for request in requests.shown(now: now) { if let asked = request.purpose.overlay { overlay.take(asked) } }
        switch mode {
        case .dragging(let drag, _): take(drag, into: &overlay)
        case .nudging(let nudge, _):
            if let gesture = nudge.gesture(on: grid) { overlay.take(gesture, of: front.board) }
            if let pulled = pulledLine { overlay.replaced[pulled.id] = pulled.content }
        case .typing(let edit, _):
            if let id = edit.standing {
                overlay.replaced[id] = edit.draft
                overlay.written = (id, edit.buffer.caret)
            } else {
                overlay.added.append(Overlay.Addition(draft: edit.draft, caret: edit.buffer.caret))
            }
        case .idle, .panel, .leaving: break
        }
        // What hands move takes its lines along (TM-364).
        for (id, content) in front.board.lines(following: overlay.replaced) where content != front.board[id]?.content {
            overlay.replaced[id] = content
        }
        return overlay
    }

    private func take(_ drag: Drag, into overlay: inout Overlay) {
        switch drag.kind {
        case .pan, .laser, .frame: break
        case .pull: if let pulled = pulledLine { overlay.replaced[pulled.id] = pulled.content }
        case .erase(let ids, _): overlay.erased.formUnion(ids)
        // A click spans nothing yet.
        case .span(_, let from, let to) where from == to: break
        case .stroke, .span, .move, .resize:
            let line = shownLine.flatMap { $0.id == nil ? Gesture.shape($0.content) : nil }
            guard let gesture = line ?? drag.gesture(with: pen, on: grid) else { return }
            overlay.take(gesture, as: .own(drag.number), of: front.board)
        }
    }

    // MARK: Marks

    private func drawSelection(on buffer: inout CellBuffer) {
        if case .frame(let from, let to)? = mode.drag?.kind, from != to { drawFrame(CellRegion(from: from, to: to), on: &buffer) }
        let (columns, rows) = (layout.canvasColumns, layout.canvasRows)
        for id in selection.ids.prefix(Self.marksMax) {
            guard let box = pulledLine(id)?.cellRegion(on: grid) ?? markedRegion(id), box.overlaps(viewport.region.grown(by: 64))
            else { continue }
            let (left, top) = viewport.screen(CellPlace(column: box.column, row: box.row))
            let (right, bottom) = (left + box.columns - 1, top + box.rows - 1)
            let corners = pointMarks(of: id) ?? [(left, top), (right, top), (left, bottom), (right, bottom)]
            for (column, row) in corners where row < rows {
                buffer.restyle(column: column, row: row) { $0.attributes.insert(.reverse) }
            }
            // A small or open shape has no corners to see: its box is underlined as well.
            if box.rows == 1 || front.board[id]?.content.kind.isPath == true, bottom < rows {
                for column in Self.seen(left, box.columns, of: columns) {
                    buffer.restyle(column: column, row: bottom) { $0.attributes.insert(.underline) }
                }
            }
        }
    }

    /// The frame that is being pulled around what is to be selected.
    private func drawFrame(_ box: CellRegion, on buffer: inout CellBuffer) {
        let (columns, rows) = (layout.canvasColumns, layout.canvasRows)
        let mark = display.style == .ascii ? Glyph(":") : Glyph("┊")
        let dash = display.style == .ascii ? Glyph(".") : Glyph("┈")
        let (left, top) = viewport.screen(CellPlace(column: box.column, row: box.row))
        for column in Self.seen(left, box.columns, of: columns) {
            for row in [top, top + box.rows - 1] where row < rows { buffer.put(Cell(dash, attributes: .dim), column: column, row: row) }
        }
        for row in Self.seen(top, box.rows, of: rows) {
            for column in [left, left + box.columns - 1] { buffer.put(Cell(mark, attributes: .dim), column: column, row: row) }
        }
    }

    /// The part of a run of cells that is on the screen; empty where none of it is.
    private static func seen(_ start: Int, _ count: Int, of limit: Int) -> Range<Int> {
        let low = min(limit, max(0, start))
        return low..<max(low, min(limit, start + count))
    }

    /// The cells of a selected shape, as what is being done leaves it.
    func markedRegion(_ id: ShapeID) -> CellRegion? {
        let gesture = mode.nudge?.gesture(on: grid) ?? mode.drag?.gesture(with: pen, on: grid)
        var box = regions[id]
        switch gesture {
        case .resize(id, let position, let size):
            guard var content = front.board[id]?.content else { return box }
            (content.position, content.size) = (position, size)
            return content.cellRegion(on: grid)
        case .move(_, let by):
            let moved = grid.place(of: by)
            box?.column += moved.column
            box?.row += moved.row
            return box
        case .stroke, .shape, .resize, .pull, .text, nil: return box
        }
    }

    private func drawHint(on buffer: inout CellBuffer) {
        let middle = layout.canvasRows / 2
        if let opening {
            let name = safeForTerminal(front.name, columnsMax: max(1, layout.canvasColumns - 50))
            center(Sentence.opening(name.isEmpty ? "the board" : name, shapes: opening.shapeCount).text, row: middle, on: &buffer)
            let words = hasKeysWaiting ? "what you type waits for it - Ctrl+C leaves" : "Esc goes back"
            if middle + 1 < layout.canvasRows { center(words, row: middle + 1, on: &buffer) }
            return
        }
        guard front.isReady else {
            if isWaiting, middle + 1 < layout.canvasRows { center("Esc goes back", row: middle + 1, on: &buffer) }
            return center(Sentence.waitingForBoard.text, row: middle, on: &buffer)
        }
        guard layout.canvasRows >= 4 else { return }
        let (first, others) = emptyBoardHints
        center(first, row: middle - 1, on: &buffer)
        center(others, row: middle, on: &buffer)
    }

    /// What makes the first shape of an empty board, with the tool that is picked and by who has our role; and what else there is to do (TM-330).
    private var emptyBoardHints: (first: String, others: String) {
        switch front.role {
        case .viewer: return ("you may look here, not draw", hints([.people, .messages, .help]))
        case .commenter:
            return (
                pen.tool == .note ? "drag for a note" : "\(keys.word(of: .note)), then drag for a note", hints([.people, .messages, .help])
            )
        case .editor, .owner, nil:
            let draws = pen.tool == .freehand || pen.tool.spanned != nil
            return (
                draws ? "drag to draw" : "\(keys.word(of: .pen)), then drag to draw", hints([.rectangle, .text, .help, .invite])
            )
        }
    }

    /// Keys with what they do, for who begins.
    private func hints(_ commands: [BoardCommand]) -> String {
        commands.map { "\(keys.word(of: $0)) \($0 == .help ? "keys" : $0.name)" }.joined(separator: " - ")
    }

    /// True while nobody has begun anything.
    private func isQuiet(now: Instant) -> Bool {
        guard mode.drag == nil, mode.edit == nil, requests.shown(now: now).allSatisfy({ $0.purpose.overlay == nil }) else { return false }
        return shownMotion.previews.isEmpty
    }

    private func center(_ text: String, row: Int, on buffer: inout CellBuffer) {
        let width = CharacterWidth.columns(of: text)
        buffer.write(text, column: max(0, (layout.canvasColumns - width) / 2), row: row, style: CellStyle(attributes: .dim))
    }

    /// Says where the drawing is when none of it is in sight (TM-353).
    private func drawWayBack(on buffer: inout CellBuffer) {
        let middle = viewport.middle
        guard layout.canvasRows >= 2, let ink = regions.nearestInk(on: front.board, to: middle)?.ink else { return }
        let (dx, dy) = (ink.column - middle.column, ink.row - middle.row)
        let arrow = abs(dx) > abs(dy) * 2 ? (dx < 0 ? "<-" : "->") : (dy < 0 ? "up" : "down")
        center("the drawing is \(arrow) \(max(abs(dx), abs(dy))) cells away: f", row: layout.canvasRows / 2, on: &buffer)
    }

    // MARK: The terminal's cursor

    /// Stands where the person is: at the caret, or at the pointer that keys move (TM-10).
    private func placeCursor(on buffer: inout CellBuffer) {
        switch mode {
        case .typing(let edit, _):
            let (column, row) = viewport.screen(edit.caret(on: grid))
            if (0..<layout.canvasRows).contains(row) { buffer.cursor = (max(0, min(layout.canvasColumns - 1, column)), row) }
        case .panel(.talk, _): buffer.cursor = talk.caret
        case .panel(let panel, _): if let line = panel.line { buffer.cursor = (line.caret(layout), layout.statusRow) }
        case .idle, .dragging, .nudging:
            if let place = pulledPlace ?? keyPlace { buffer.cursor = viewport.seen(place) }
        case .leaving: break
        }
    }

    private static let marksMax = 200
}
