import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession

/// What the pointer does: the mouse's and the keyboard's alike.
extension BoardScene {
    /// What is known of the mouse.
    struct Mouse: Sendable {
        /// The cell of the screen where it is; nil off the canvas.
        var place: (column: Int, row: Int)?
        var lastClick: (place: CellPlace, at: Instant)?
        /// Where the middle button pulls the view, beside whatever is being done; nil while it does not (TM-35).
        var pullsAt: CellPlace?
    }

    mutating func handle(_ report: MouseEvent, now: Instant) {
        if layout.isOnTalk(column: report.column, row: report.row), mode.drag == nil, mouse.pullsAt == nil {
            return handleOnTalk(report, now: now)
        }
        let isOnCanvas = report.row < layout.canvasRows
        let cell = CellPlace(column: report.column, row: report.row)
        // A report can come from beyond a window that was made smaller meanwhile.
        let here = viewport.place(column: min(cell.column, layout.canvasColumns - 1), row: min(cell.row, layout.canvasRows - 1))
        mouse.place = isOnCanvas ? (cell.column, cell.row) : nil
        if case .press = report.action {
            letters = nil
            // The hint for Esc drops the count and does no more, as that key does.
            if bars.action(at: cell) != .escape { _ = selection.takeCount() }
        }
        switch report.action {
        case .wheel(.up) where report.modifiers.contains(.control) && isOnCanvas && mode.sheet == nil:
            zoom(by: 1, about: cell, now: now)
        case .wheel(.down) where report.modifiers.contains(.control) && isOnCanvas && mode.sheet == nil:
            zoom(by: -1, about: cell, now: now)
        case .wheel(let direction): wheel(direction, report.modifiers, now: now)
        case .press(.left): pressLeft(here, at: cell, report.modifiers, now: now)
        case .press(.middle): if mode.drag == nil { mouse.pullsAt = cell }
        // TM-61
        case .press(.right): cancelDrag(now: now)
        case .drag:
            if let last = mouse.pullsAt {
                mouse.pullsAt = cell
                pan(columns: last.column - cell.column, rows: last.row - cell.row)
            } else {
                // A motion of the mouse is not one of the pointer that keys drag.
                guard case .button? = mode.hand else { return }
                drag(to: here, on: cell, attaches: !report.modifiers.contains(.alt), now: now)
            }
            point(at: here, now: now)
        case .release(let button):
            if button == .middle, mouse.pullsAt != nil {
                mouse.pullsAt = nil
            } else {
                guard case .button(button, _)? = mode.hand else { return }
                release(here, now: now)
            }
            point(at: here, now: now)
        case .hover:
            // No button is down: what one held was let go where we could not see it, over another pane or window (TM-22, TM-338).
            mouse.pullsAt = nil
            if case .keys? = mode.hand { return }
            if case .button(_, let last)? = mode.hand { release(last, now: now) }
            // The terminal's cursor goes.
            if keyPlace != nil { touch() }
            mode.point(.mouse)
            if isOnCanvas { point(at: here, now: now) }
        }
    }

    /// A press on the messages beside the board gives them the keys; the wheel moves them.
    private mutating func handleOnTalk(_ report: MouseEvent, now: Instant) {
        mouse.place = nil
        switch report.action {
        case .press(.left): if !holdsTalk { openTalk(now: now) }
        case .wheel(.up): scrollTalk(-3, now: now)
        case .wheel(.down): scrollTalk(3, now: now)
        case .wheel, .press, .drag, .release, .hover: break
        }
    }

    private mutating func pressLeft(_ here: CellPlace, at cell: CellPlace, _ modifiers: KeyModifiers, now: Instant) {
        switch mode.panel {
        // What is being typed to the others stays.
        case .chat: return
        case .talk where layout.talkColumns == 0: return
        case .talk: leaveTalk()
        case .people(var people):
            guard people.press(column: cell.column, row: cell.row) else { return closePanel() }
            mode.open(.people(people))
            return changePeople(now: now) { _ in }
        // Who closes a box does not draw behind it (TM-24).
        case .sheet, .invite, .commands, .finder, .replace: return closePanel()
        case .picker where cell.row < layout.canvasRows: return closePanel()
        case .picker, nil: break
        }
        mouse.pullsAt = nil
        // The hint for Esc cancels what keys drag; all else ends it.
        if mode.drag != nil, bars.action(at: cell) == .escape { return cancelDrag(now: now) }
        settleDrag(now: now)
        mode.point(.mouse)
        guard cell.row < layout.canvasRows else { return pressBar(cell, now: now) }
        if go(onMinimap: cell) { return touch() }
        press(here, modifiers, by: .button(.left, at: here), now: now)
    }

    // TM-25
    private mutating func pressBar(_ cell: CellPlace, now: Instant) {
        touch()
        switch bars.action(at: cell) {
        case .pick(let tool): pick(tool, now: now)
        // Whoever clicks about must not be gone (TM-56).
        case .command(.quit): tellHowToQuit(now: now)
        case .command(let command):
            finishEdit(now: now)
            run(command, now: now)
        case .escape: handle(.escape, [], now: now)
        case .restyle(let change):
            closePanel()
            restyle(change, now: now)
        case .people: openPeople(now: now)
        case .connection: open(.sheet(Sheet(.connection)), now: now)
        case nil: break
        }
    }

    // MARK: The pointer that keys move

    /// Where keys point; nil while the mouse does.
    var keyPlace: CellPlace? { if case .keys(let place) = mode.pointer { place } else { nil } }

    /// Moves the pointer that keys move, and what it drags.
    mutating func moveKeyPointer(columns dx: Int, rows dy: Int, now: Instant) {
        touch()
        if case .pan? = mode.drag?.kind { return pullByKeys(columns: dx, rows: dy) }
        let start = mode.hand?.place ?? keyStart
        let plane = grid.plane
        let next = CellPlace(
            column: max(plane.column, min(plane.columnRange.upperBound - 1, start.column + dx)),
            row: max(plane.row, min(plane.rowRange.upperBound - 1, start.row + dy)))
        mode.point(.keys(next))
        reveal(next)
        drag(to: next, on: nil, now: now)
        point(at: next, now: now)
    }

    /// Shows where a tool that was picked by a key would begin.
    mutating func showKeyPointer() {
        guard mode.isIdle, pen.tool != .select, pen.tool != .hand else { return }
        let start = keyStart
        mode.point(.keys(viewport.seen(start) == nil ? viewport.middle : start))
    }

    /// Where keys begin to point.
    private var keyStart: CellPlace {
        switch mode.pointer {
        case .keys(let place), .resting(let place): place
        case .mouse: mouse.place.map { viewport.place(column: $0.column, row: $0.row) } ?? viewport.middle
        }
    }

    /// The board is pulled and the pointer stays where it is on the screen.
    private mutating func pullByKeys(columns dx: Int, rows dy: Int) {
        guard let (drag, hand) = mode.takeDrag() else { return }
        let (column, row) = viewport.screen(hand.place)
        pan(columns: -dx, rows: -dy)
        mode.begin(drag, by: hand.moved(to: viewport.place(column: column, row: row)))
    }

    /// Presses at the key pointer, or releases what is dragged (TM-8).
    mutating func pressKeyPointer(_ modifiers: KeyModifiers, now: Instant) {
        if let hand = mode.hand {
            release(hand.place, now: now)
            // What was selected takes the arrows now, and Enter.
            mode.point(pen.tool == .select && !selection.isEmpty ? .resting(hand.place) : .keys(hand.place))
            return
        }
        moveKeyPointer(columns: 0, rows: 0, now: now)
        if let here = keyPlace { press(here, modifiers, by: .keys(at: here), now: now) }
    }

    // MARK: Press, drag, release

    private mutating func press(_ here: CellPlace, _ modifiers: KeyModifiers, by hand: Mode.Hand, now: Instant) {
        touch()
        let isSecond = mouse.lastClick.map { $0.place == here && now - $0.at <= .milliseconds(400) } ?? false
        mouse.lastClick = (here, now)
        finishEdit(now: now)
        point(at: here, now: now)
        guard front.isReady else { return front.notices.add(.refused(.notReady), now: now) }
        switch pen.tool {
        case .select: if !pressPoint(here, isSecond: isSecond, by: hand) { pressSelect(here, modifiers, isSecond: isSecond, by: hand) }
        case .hand:
            let (column, row) = viewport.screen(here)
            begin(.pan(CellPlace(column: column, row: row)), by: hand)
        case .freehand:
            let draft = pen.stroke(at: here, on: grid)
            begin(.stroke(draft), told: tell(.stroke(draft), told: .nothing, now: now), by: hand)
        case .text:
            beginEdit(pen.text(at: here, on: grid), now: now)
            pen.finish(with: .text)
        case .laser:
            begin(.laser(at: here), by: hand)
            beginLight(at: here, now: now)
        case .eraser: begin(.erase(Set(touched(here).prefix(1)), at: here), by: hand)
        case .rectangle, .diamond, .ellipse, .arrow, .line, .note:
            let start = modifiers.contains(.alt) ? here : snapped(here, spanning: pen.tool)
            begin(.span(pen.tool, from: start, to: start), by: hand)
        }
        if modifiers.contains(.alt) { mode.freeDrag() }
    }

    private mutating func begin(_ kind: Drag.Kind, told: Drag.Told = .nothing, edits: ShapeID? = nil, by hand: Mode.Hand) {
        dragCount += 1
        mode.begin(Drag(kind, told: told, edits: edits, number: dragCount), by: hand)
    }

    /// - Parameter isSecond: true if the press follows a click here at once. Whether the two are a double click is known when it is let go (TM-58).
    private mutating func pressSelect(_ here: CellPlace, _ modifiers: KeyModifiers, isSecond: Bool, by hand: Mode.Hand) {
        if let only = selection.only, let content = front.board[only]?.content, let handle = content.handle(at: here, on: grid) {
            return begin(.resize(only, content, handle, from: here, to: here), by: hand)
        }
        var hits = self.hits(here)
        if hits.isEmpty, let near = nearLine(here) { hits = [near] }
        guard let top = hits.first else {
            if !modifiers.contains(.shift) { selection.select([]) }
            return begin(.frame(from: here, to: here), by: hand)
        }
        let edits = isSecond ? hits.first(where: selection.ids.contains) : nil
        // With a shape all that are in its group (TM-176).
        if !modifiers.isDisjoint(with: [.shift, .alt]) {
            selection.toggle(top, with: choose(with: top))
        } else if !selection.ids.contains(where: hits.contains) {
            selection.selectWithin(choose(with: top))
        }
        if !selection.isEmpty { begin(.move(selection.ids, from: here, to: here), edits: edits, by: hand) }
    }

    /// Pulls an end or a corner of the selected line where one is pressed.
    private mutating func pressPoint(_ here: CellPlace, isSecond: Bool, by hand: Mode.Hand) -> Bool {
        guard let only = selection.only, let content = front.board[only]?.content, content.hasPulledPoints else { return false }
        let isExact = hits(here).contains { $0 != only }
        guard let index = content.pulledPoint(at: here, on: grid, isExact: isExact), let point = PulledPoint(index, of: only, content)
        else {
            return false
        }
        begin(.pull(point, from: here, to: here), edits: isSecond ? only : nil, by: hand)
        return true
    }

    /// What the eraser touches in a cell, topmost first.
    private mutating func touched(_ place: CellPlace) -> [ShapeID] { hits(place, includesInside: false) }

    /// - Parameters:
    ///   - cell: where on the screen; nil for keys, which do not pull the view here.
    ///   - attaches: whether ends of lines are bound to what they touch; nil for as before.
    private mutating func drag(to here: CellPlace, on cell: CellPlace?, attaches: Bool? = nil, now: Instant) {
        guard var (drag, hand) = mode.takeDrag() else { return }
        hand = hand.moved(to: here)
        drag.takeStanding(front.board)
        let isOtherwise = attaches.map { $0 != drag.attaches } ?? false
        if isOtherwise { drag.attaches.toggle() }
        // Of a stroke that nobody else sees, no part is on the board yet.
        if drag.told == .refused, let full = drag.fullStroke { give(.stroke(full), told: .refused, now: now) }
        if case .pan(let last) = drag.kind, let cell {
            drag.kind = .pan(cell)
            pan(columns: last.column - cell.column, rows: last.row - cell.row)
        } else if case .laser = drag.kind, drag.move(to: here, on: grid, touched: { _ in [] }) {
            moveLight(to: here, now: now)
            touch()
        } else if drag.move(to: snapped(here, drag), on: grid, touched: { touched($0) }) || isOtherwise && !drag.isStroke {
            if drag.isStroke, drag.told.isLive {
                ask(.extend([grid.middle(of: here)]), now: now)
            } else if let gesture = gesture(of: drag) {
                drag.told = tell(gesture, told: drag.told, now: now)
            }
            touch()
        }
        mode.begin(drag, by: hand)
    }

    private mutating func release(_ here: CellPlace, now: Instant) {
        drag(to: here, on: nil, now: now)
        guard let (drag, hand) = mode.takeDrag() else { return }
        touch()
        switch drag.kind {
        case .pan: break
        case .laser: endLight(at: here, now: now)
        case .frame(let from, let to):
            let framed = regions.shapes(on: front.board, inside: CellRegion(from: from, to: to)).filter(isWithinEntered)
            selection.add(front.board.members(with: framed, within: selection.entered))
        case .erase(let ids, _): if !ids.isEmpty { ask(.delete(ids.sorted()), showing: Overlay(erased: ids), now: now) }
        case .span(let tool, let from, let to): finishSpan(tool, from, to, drag, by: hand, now: now)
        case .pull(let point, let from, let to) where from != to:
            mouse.lastClick = nil
            give(point, by: grid.displacement(from, to), attaches: drag.attaches, told: drag.told, now: now)
        case .move(_, let from, let to), .resize(_, _, _, let from, let to), .pull(_, let from, let to):
            if from == to { return released(drag, where: from, now: now) }
            // No click was part of a drag.
            mouse.lastClick = nil
            if let gesture = drag.gesture(with: pen, on: grid) { give(gesture, told: drag.told, from: drag.resized, now: now) }
        case .stroke(let draft): give(stroke: draft, told: drag.told, now: now)
        }
    }

    /// Gives a stroke that its hand has ended; the others see what it then is.
    private mutating func give(stroke draft: ShapeDraft, told: Drag.Told, now: Instant) {
        let given = draft.straightened(on: grid)
        if given != draft, told.isLive { ask(.update(.stroke(given)), now: now) }
        give(.stroke(given), told: told, now: now)
    }

    /// What is where it was is not changed: that was a click, or a drag that came back (TM-36).
    private mutating func released(_ drag: Drag, where here: CellPlace, now: Instant) {
        if drag.told != .nothing {
            mouse.lastClick = nil
            return take(back: drag.told, now: now)
        }
        if let id = drag.edits { return enterGroup(at: id) ? () : beginEdit(existing: id, now: now) }
        guard case .move = drag.kind else { return }
        if let below = selection.below(hits(here)) { selection.selectWithin(choose(with: below)) }
        selection.noteClick()
    }

    private mutating func finishSpan(_ tool: Tool, _ from: CellPlace, _ to: CellPlace, _ drag: Drag, by hand: Mode.Hand, now: Instant) {
        pen.finish(with: tool)
        // A click makes a shape of a usual size.
        let corner = from == to ? CellPlace(column: from.column + (tool == .note ? 17 : 13), row: from.row + 4) : to
        let spanned = pen.span(tool, from, corner, on: grid)
        let draft = drag.attaches ? attached(spanned) : spanned
        if tool == .note {
            // The note is written before it is given: one step for all.
            return beginEdit(draft, gesture: drag.told.reference, now: now)
        }
        if from == to {
            take(back: drag.told, now: now)
            if tool == .line || tool == .arrow { return }
        }
        let isByKeys = if case .keys = hand { true } else { false }
        give(drawn: draft, told: from == to ? .nothing : drag.told, isByKeys: isByKeys, now: now)
    }

    // TM-9
    mutating func cancelDrag(now: Instant) {
        guard let (drag, hand) = mode.takeDrag() else { return }
        if case .laser = drag.kind { endLight(at: hand.place, now: now) }
        take(back: drag.told, now: now)
        touch()
    }

    /// Ends a drag that its hand did not end: a stroke is given as it is, for only Esc and the right button take one back (TM-9).
    mutating func settleDrag(now: Instant) {
        // Whether what a hand still holds shall stay where it is, only the hand knows.
        guard case .stroke(let draft)? = mode.drag?.kind else { return cancelDrag(now: now) }
        guard let (drag, _) = mode.takeDrag() else { return }
        touch()
        give(.stroke(draft), told: drag.told, now: now)
    }

    // MARK: Small things

    private mutating func wheel(_ direction: MouseEvent.Direction, _ modifiers: KeyModifiers, now: Instant) {
        if scrollPanel(direction == .up ? -3 : 3, now: now) { return }
        let isSideways = modifiers.contains(.shift)
        switch direction {
        case .up: pan(columns: isSideways ? -6 : 0, rows: isSideways ? 0 : -3)
        case .down: pan(columns: isSideways ? 6 : 0, rows: isSideways ? 0 : 3)
        case .left: pan(columns: -6, rows: 0)
        case .right: pan(columns: 6, rows: 0)
        }
    }
}
