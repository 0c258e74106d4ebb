import InkBoard
import InkFormats
import InkPrimitives
import InkSession

/// What the pointer does: the mouse's and the keyboard's alike.
extension BoardScene {
    mutating func handle(_ mouse: MouseEvent, now: Instant) {
        let isOnCanvas = mouse.row < layout.canvasRows
        // A report can come from beyond a window that was made smaller meanwhile.
        let here = viewport.place(column: min(mouse.column, columns - 1), row: min(mouse.row, layout.canvasRows - 1))
        mousePlace = isOnCanvas ? (mouse.column, mouse.row) : nil
        switch mouse.action {
        case .wheel(let direction): wheel(direction, mouse.modifiers)
        case .press(.left):
            // What is being typed to the others stays.
            if case .chat = panel { return }
            (keyPointer, restingPointer) = (nil, nil)
            // Who closes a box does not draw behind it.
            switch panel {
            case .help, .invite, .people: return closePanel()
            case .color, .fill, .width: if isOnCanvas { return closePanel() }
            case .none, .chat: break
            }
            guard isOnCanvas else { return pressBar(column: mouse.column, row: mouse.row, now: now) }
            press(here, mouse.modifiers, by: .left, now: now)
        case .press(.middle):
            if case .none = drag {
                drag = .pan(CellPlace(column: mouse.column, row: mouse.row))
                holding = (.middle, here)
                touch()
            }
        case .press(.right):
            if case .none = drag {
                if edit == nil { pick(tool == .select ? lastTool : .select, now: now) }
            } else {
                cancelDrag()
            }
        case .drag:
            // A motion of the mouse is not one of the pointer that keys drag.
            guard let button = holding?.button else { return }
            holding = (button, here)
            if case .pan(let last) = drag {
                look { $0.move(columns: last.column - mouse.column, rows: last.row - mouse.row) }
                drag = .pan(CellPlace(column: mouse.column, row: mouse.row))
                isUrgent = true
            } else {
                dragTo(here)
            }
            tell(here)
        case .release(let button):
            guard holding?.button == button else { return }
            release(here, now: now)
            tell(here)
        case .hover:
            if let holding {
                // No button is down: it was let go where we could not see it, over another pane or window.
                release(holding.at, now: now)
            } else if case .none = drag {
                // Nothing is dragged by keys.
            } else {
                return
            }
            (keyPointer, restingPointer) = (nil, nil)
            if isOnCanvas { tell(here) }
        }
    }

    /// Moves the pointer that keys move, and what it drags.
    mutating func moveKeyPointer(columns dx: Int, rows dy: Int) {
        let start =
            keyPointer ?? restingPointer ?? mousePlace.map { (viewport.origin.column + $0.column, viewport.origin.row + $0.row) } ?? (
                viewport.middle.column, viewport.middle.row
            )
        if case .pan = drag, holding == nil {
            // The board is pulled and the pointer stays where it is on the screen.
            let before = viewport.origin
            look { $0.move(columns: -dx, rows: -dy) }
            keyPointer = (start.0 + viewport.origin.column - before.column, start.1 + viewport.origin.row - before.row)
            return touch()
        }
        let limit = Int(Limits.coordinate) / grid.rowUnits - 1
        let next = (column: max(-limit, min(limit, start.0 + dx)), row: max(-limit, min(limit, start.1 + dy)))
        (keyPointer, restingPointer) = (next, nil)
        let here = CellPlace(column: next.column, row: next.row)
        look { $0.show(here) }
        dragTo(here)
        tell(here)
        touch()
    }

    /// Presses at the key pointer, or releases what it drags.
    mutating func pressKeyPointer(_ modifiers: KeyModifiers, now: Instant) {
        if keyPointer == nil { moveKeyPointer(columns: 0, rows: 0) }
        guard let keyPointer else { return }
        let here = CellPlace(column: keyPointer.column, row: keyPointer.row)
        guard case .none = drag else {
            release(here, now: now)
            // What was selected takes the arrows now, and Enter.
            if tool == .select, !selection.isEmpty { (restingPointer, self.keyPointer) = (keyPointer, nil) }
            return
        }
        press(here, modifiers, by: nil, now: now)
    }

    // MARK: Press, drag, release

    /// - Parameter button: nil for the pointer that keys move.
    private mutating func press(_ here: CellPlace, _ modifiers: KeyModifiers, by button: MouseEvent.Button?, now: Instant) {
        touch()
        let isDouble = lastClick.map { $0.column == here.column && $0.row == here.row && now - $0.at <= .milliseconds(400) } ?? false
        lastClick = (here.column, here.row, now)
        if edit != nil { finishEdit(now: now) }
        settleDrag(now: now)
        tell(here)
        defer { if case .none = drag {} else { holding = button.map { ($0, here) } } }
        guard front.isReady else {
            front.notices.add(Refusal.notReady.description, now: now)
            return
        }
        switch tool {
        case .select: pressSelect(here, modifiers, isDouble: isDouble, now: now)
        case .hand: drag = .pan(CellPlace(column: here.column - viewport.origin.column, row: here.row - viewport.origin.row))
        case .freehand:
            let draft = ShapeDraft(kind: .freehand, position: grid.middle(of: here), points: [.zero], stroke: ink, strokeWidth: width)
            ask(.begin(.stroke(draft)))
            drag = .stroke(draft)
        case .text:
            beginEdit(ShapeDraft(kind: .text, position: grid.corner(of: here), stroke: ink))
            if !isLocked { (lastTool, tool) = (.text, .select) }
        case .eraser:
            drag = .erase(Set(regions.hits(on: front.board, column: here.column, row: here.row, includesInside: false).prefix(1)), at: here)
        case .rectangle, .diamond, .ellipse, .arrow, .line, .note:
            drag = .span(tool, from: here, to: here)
        }
    }

    private mutating func pressSelect(_ here: CellPlace, _ modifiers: KeyModifiers, isDouble: Bool, now: Instant) {
        if let (id, handle) = handle(at: here), let content = front.board[id]?.content {
            drag = .resize(id, content, handle, from: here, to: here)
            return
        }
        let hits = regions.hits(on: front.board, column: here.column, row: here.row)
        guard let top = hits.first else {
            if !modifiers.contains(.shift) { selection = [] }
            drag = .frame(from: here, to: here)
            return
        }
        if isDouble, let only = selection.first, hits.contains(only) {
            beginEdit(existing: only)
            return
        }
        if !modifiers.isDisjoint(with: [.shift, .alt]) {
            if let index = selection.firstIndex(of: top) { selection.remove(at: index) } else { selection.append(top) }
        } else if !selection.contains(where: hits.contains) {
            selection = [top]
        }
        if !selection.isEmpty { drag = .move(selection, from: here, to: here) }
    }

    private mutating func dragTo(_ here: CellPlace) {
        switch drag {
        case .none, .pan: return
        case .stroke(var draft):
            let point = grid.middle(of: here)
            guard let last = draft.points.last, draft.position + last != point else { return }
            // At the limit the session commits and goes on from the last point; what is shown goes on with it.
            if draft.points.count >= Limits.pointsPerStroke {
                draft = ShapeDraft(
                    kind: .freehand, position: draft.position + last, points: [.zero], stroke: draft.stroke, strokeWidth: draft.strokeWidth)
            }
            draft.points.append(point - draft.position)
            drag = .stroke(draft)
            ask(.extend([point]))
        case .span(let tool, let from, let to):
            guard to != here else { return }
            drag = .span(tool, from: from, to: here)
            let draft = spanned(tool, from, here)
            ask(from == to ? .begin(.shape(draft)) : .update(.shape(draft)))
        case .move(let ids, let from, let to):
            guard to != here else { return }
            drag = .move(ids, from: from, to: here)
            let gesture = Gesture.move(ids, by: displacement(from, here))
            ask(from == to ? .begin(gesture) : .update(gesture))
        case .resize(let id, let content, let handle, let from, let to):
            guard to != here else { return }
            drag = .resize(id, content, handle, from: from, to: here)
            let changed = resized(content, handle, displacement(from, here))
            let gesture = Gesture.resize(id, position: changed.position, size: changed.size)
            ask(from == to ? .begin(gesture) : .update(gesture))
        case .frame(let from, let to):
            guard to != here else { return }
            drag = .frame(from: from, to: here)
        case .erase(var ids, let last):
            guard last != here else { return }
            for place in last.way(to: here).suffix(Self.eraserStepsMax) {
                if let hit = regions.hits(on: front.board, column: place.column, row: place.row, includesInside: false).first(where: {
                    !ids.contains($0)
                }) {
                    ids.insert(hit)
                }
            }
            drag = .erase(ids, at: here)
        }
        touch()
    }

    private mutating func release(_ here: CellPlace, now: Instant) {
        dragTo(here)
        let ended = drag
        (drag, holding) = (.none, nil)
        touch()
        switch ended {
        case .none, .pan: break
        case .stroke(let draft): commit(draft, now: now)
        case .span(let tool, let from, let to): finishSpan(tool, from, to, now: now)
        case .move(let ids, let from, let to):
            if from == to {
                clickAgain(from)
                return
            }
            // A drag that came back began a gesture and changes nothing.
            guard displacement(from, to) != .zero else { return _ = ask(.cancel) }
            var overlay = Overlay()
            overlay.move(ids, displacement(from, to), of: front.board)
            ask(.commit, showing: overlay, now: now)
        case .resize(let id, let content, let handle, let from, let to):
            guard from != to else { return }
            ask(.commit, showing: Overlay(replaced: [id: resized(content, handle, displacement(from, to))]), now: now)
        case .frame(let from, let to):
            let found = regions.shapes(on: front.board, inside: region(from, to))
            selection += found.filter { !selection.contains($0) }
        case .erase(let ids, _):
            if !ids.isEmpty { ask(.delete(ids.sorted()), showing: Overlay(erased: ids), now: now) }
        }
    }

    private mutating func finishSpan(_ tool: Tool, _ from: CellPlace, _ to: CellPlace, now: Instant) {
        defer {
            if !isLocked, self.tool == tool { (lastTool, self.tool) = (tool, .select) }
        }
        if tool == .note {
            // The note is written before it is given: one step for all.
            let draft = from == to ? spanned(tool, from, CellPlace(column: from.column + 17, row: from.row + 4)) : spanned(tool, from, to)
            beginEdit(draft, isBegun: from != to)
        } else if from != to {
            commit(spanned(tool, from, to), now: now)
        } else if tool != .line, tool != .arrow {
            // A click makes a shape of a usual size.
            let draft = spanned(tool, from, CellPlace(column: from.column + 13, row: from.row + 4))
            ask(.draw(draft), showing: Overlay(added: [draft]), again: .draw(draft), now: now)
        }
    }

    /// A click on what is selected alone selects the shape below.
    private mutating func clickAgain(_ here: CellPlace) {
        let hits = regions.hits(on: front.board, column: here.column, row: here.row)
        guard selection.count == 1, hits.count > 1, let index = hits.firstIndex(of: selection[0]), lastSelection == selection else {
            lastSelection = selection
            return
        }
        selection = [hits[(index + 1) % hits.count]]
        lastSelection = selection
    }

    mutating func cancelDrag() {
        switch drag {
        case .stroke: ask(.cancel)
        case .span(_, let from, let to): if from != to { ask(.cancel) }
        case .move(_, let from, let to): if from != to { ask(.cancel) }
        case .resize(_, _, _, let from, let to): if from != to { ask(.cancel) }
        case .none, .frame, .erase, .pan: break
        }
        (drag, holding) = (.none, nil)
        touch()
    }

    /// Ends a drag that its hand did not end: a stroke is given as it is, for only Esc and the right button take one back.
    mutating func settleDrag(now: Instant) {
        switch drag {
        case .none: break
        case .stroke(let draft):
            (drag, holding) = (.none, nil)
            touch()
            commit(draft, now: now)
        // Whether what a hand still holds shall stay where it is, only the hand knows.
        case .span, .move, .resize, .frame, .erase, .pan: cancelDrag()
        }
    }

    // MARK: Shapes from places

    func spanned(_ tool: Tool, _ from: CellPlace, _ to: CellPlace) -> ShapeDraft {
        let kind = tool.spanned ?? .rectangle
        if kind.isPath {
            return ShapeDraft(
                kind: kind, position: grid.middle(of: from), points: [.zero, grid.middle(of: to) - grid.middle(of: from)], stroke: ink,
                strokeWidth: width)
        }
        let box = region(from, to)
        let corner = grid.middle(of: CellPlace(column: box.column, row: box.row))
        let size = Size(
            width: Int32(clamping: (box.columns - 1) * grid.columnUnits),
            height: Int32(clamping: (box.rows - 1) * grid.rowUnits))
        let paper = kind == .note ? fill ?? Color(rgb: 0xF0E442) : fill
        return ShapeDraft(kind: kind, position: corner, size: size, stroke: kind == .note ? nil : ink, fill: paper, strokeWidth: width)
    }

    func displacement(_ from: CellPlace, _ to: CellPlace) -> Point {
        grid.displacement(columns: to.column - from.column, rows: to.row - from.row)
    }

    func region(_ from: CellPlace, _ to: CellPlace) -> CellRegion {
        CellRegion(
            column: min(from.column, to.column), row: min(from.row, to.row), columns: abs(from.column - to.column) + 1,
            rows: abs(from.row - to.row) + 1)
    }

    /// A box whose sides follow a handle; a side that passes the other pushes no further.
    func resized(_ content: ShapeDraft, _ handle: Handle, _ by: Point) -> ShapeDraft {
        var changed = content
        func pull(_ start: Int32, _ extent: Int32, _ side: Int, _ by: Int32) -> (Int32, Int32) {
            switch side {
            case 1: return (start, Int32(clamping: max(0, Int64(extent) + Int64(by))))
            case -1:
                let moved = min(Int64(by), Int64(extent))
                return (Int32(clamping: Int64(start) + moved), Int32(clamping: Int64(extent) - moved))
            default: return (start, extent)
            }
        }
        (changed.position.x, changed.size.width) = pull(content.position.x, content.size.width, handle.horizontal, by.x)
        (changed.position.y, changed.size.height) = pull(content.position.y, content.size.height, handle.vertical, by.y)
        return changed
    }

    /// The handle under a place, when one box is selected and large enough to have handles.
    private func handle(at here: CellPlace) -> (ShapeID, Handle)? {
        guard selection.count == 1, let shape = front.board[selection[0]], hasHandles(shape.content), let box = regions[shape.id]
        else { return nil }
        let (right, bottom) = (box.column + box.columns - 1, box.row + box.rows - 1)
        guard box.contains(column: here.column, row: here.row) else { return nil }
        // Corners; sides are for moving.
        let horizontal = here.column == box.column ? -1 : here.column == right ? 1 : 0
        let vertical = here.row == box.row ? -1 : here.row == bottom ? 1 : 0
        guard horizontal != 0, vertical != 0 else { return nil }
        return (shape.id, Handle(horizontal: horizontal, vertical: vertical))
    }

    func hasHandles(_ content: ShapeDraft) -> Bool {
        let box = content.cellRegion(on: grid)
        return hasSize(content) && box.columns >= 3 && box.rows >= 2
    }

    /// True for a shape whose size is its own: a line ends where it ends, and a text is as large as its words.
    func hasSize(_ content: ShapeDraft) -> Bool { !content.kind.isPath && content.kind != .text }

    // MARK: Small things

    private mutating func wheel(_ direction: MouseEvent.Direction, _ modifiers: KeyModifiers) {
        if case .help = panel { return scrollHelp(direction == .up ? -3 : 3) }
        let isSideways = modifiers.contains(.shift)
        switch direction {
        case .up: pan(columns: isSideways ? -6 : 0, rows: isSideways ? 0 : -3)
        case .down: pan(columns: isSideways ? 6 : 0, rows: isSideways ? 0 : 3)
        case .left: pan(columns: -6, rows: 0)
        case .right: pan(columns: 6, rows: 0)
        }
    }

    /// A pointer that leaps farther did not pass what lies between.
    private static let eraserStepsMax = 300

    /// Tells the others where we point, when that changed.
    mutating func tell(_ here: CellPlace) {
        if let told = toldPointer, told == (here.column, here.row) { return }
        toldPointer = (here.column, here.row)
        ask(.cursor(grid.middle(of: here)))
    }
}
