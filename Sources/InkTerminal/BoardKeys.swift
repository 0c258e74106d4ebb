import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession

/// What keys do while nothing takes them for itself.
extension BoardScene {
    mutating func handleKey(_ key: Key, _ modifiers: KeyModifiers, now: Instant) {
        if let digit = countDigit(key, modifiers) {
            if !waits(with: .input(.key(key, modifiers))) { selection.count(digit) }
            return
        }
        // Any other key ends the count, and Escape does no more than that (TM-394).
        let count = selection.takeCount()
        if key == .escape, count != nil { return }
        if let step = nudgeStep(key, modifiers) {
            let times = count ?? 1
            if !waits(with: .input(.key(key, modifiers))) { moveSelection(step.columns * times, step.rows * times, now: now) }
            return
        }
        switch key {
        case .escape: escape(now: now)
        case .enter: if !beginWriting(now: now), !enterGroupByKey() { pressKeyPointer(modifiers, now: now) }
        case .up: arrow(0, -1, modifiers, now: now)
        case .down: arrow(0, 1, modifiers, now: now)
        case .left: arrow(-1, 0, modifiers, now: now)
        case .right: arrow(1, 0, modifiers, now: now)
        // Beside the board the messages are where Tab goes (TM-108).
        case .tab where modifiers.isEmpty && layout.talkColumns > 0: openTalk(now: now)
        case .character, .tab, .backspace, .home, .end, .pageUp, .pageDown, .insert, .delete, .function:
            guard let command = keys.command(for: key, modifiers) else { return tellUnbound(KeyStroke(key, modifiers), now: now) }
            run(command, now: now)
        }
    }

    /// Says of a key that it does nothing; of a letter of another alphabet, why (TM-166).
    private mutating func tellUnbound(_ stroke: KeyStroke, now: Instant) {
        if tellOtherAlphabet(stroke, now: now) { return }
        front.notices.add("no command on \(stroke.word): \(keys.word(of: .help)) keys", as: .setting, now: now)
    }

    /// Says of a letter of another alphabet why it does nothing; false for any other key (TM-166).
    mutating func tellOtherAlphabet(_ stroke: KeyStroke, now: Instant) -> Bool {
        guard stroke.isOfAnotherAlphabet else { return false }
        front.notices.add("keys are Latin letters: switch the keyboard", as: .setting, now: now)
        return true
    }

    /// True if something is selected; else says how to select (TM-166).
    mutating func hasSelection(now: Instant) -> Bool {
        if selection.ids.isEmpty {
            front.notices.add(
                "nothing is selected: \(keys.word(of: .select)) and a click, or \(keys.word(of: .next)) selects", as: .setting, now: now)
        }
        return !selection.ids.isEmpty
    }

    mutating func run(_ command: BoardCommand, now: Instant) {
        if command.row.needsSelection, waits(with: .command(command, "")) { return }
        command.row.run(&self, now)
    }

    /// Runs a command with what was typed behind its name.
    ///
    /// - Returns: what is wrong with that; nil for nothing.
    mutating func run(_ command: BoardCommand, _ argument: String, now: Instant) -> String? {
        if argument.isEmpty {
            run(command, now: now)
            return nil
        }
        guard let taken = command.row.argument else { return "\(command.name) takes nothing behind it" }
        if command.row.needsSelection, waits(with: .command(command, argument)) { return nil }
        return taken.take(&self, argument, now)
    }

    /// The shape in which Enter writes; nil where it presses the pointer that keys move.
    var editable: ShapeID? { mode.isIdle && pen.tool == .select && keyPlace == nil ? selection.only : nil }

    // MARK: What commands do

    mutating func toggleLock(now: Instant) {
        pen.toggleLock()
        front.notices.add(pen.isLocked ? "tool locked: it stays picked" : "tool unlocked", as: .setting, now: now)
    }

    mutating func selectAll() {
        pen.pick(.select)
        selection.select(front.board.shapes.map(\.id))
    }

    /// Arrows are for what is selected, and not for the pointer.
    mutating func moveByKeys(now: Instant) {
        guard hasSelection(now: now) else { return }
        pen.pick(.select)
        mode.point(.mouse)
    }

    // TM-169
    mutating func rename(_ name: String, now: Instant) -> String? {
        if let complaint = personNameComplaint(name) { return complaint }
        (personName, front.ownName) = (name, name)
        ask(.rename(name), now: now)
        outputs.append(.effect(.keepName(name)))
        front.notices.add("the others call you \(name) now", as: .setting, now: now)
        return nil
    }

    mutating func said(_ text: String, now: Instant) -> String? {
        guard text.utf8.count <= Limits.chatBytes else { return "a message holds at most \(Limits.chatBytes / 1024) KiB" }
        say(text, now: now)
        return nil
    }

    mutating func set(_ words: String, now: Instant) -> String? {
        if let complaint = alerts.set(words) { return complaint }
        outputs.append(.effect(.keepSettings(alerts.lines.joined(separator: "\n") + "\n")))
        front.notices.add(alerts.lines.joined(separator: ", "), as: .setting, now: now)
        return nil
    }

    mutating func panPages(_ pages: Int) { pan(columns: 0, rows: pages * (layout.canvasRows / 2)) }

    /// Takes back what was done last: that is what is in hand, where something is (TM-59).
    mutating func undo(now: Instant) { if mode.drag != nil { cancelDrag(now: now) } else { ask(.undo, now: now) } }

    /// What is in hand is newer than all that could be done again, and its end would make that impossible (TM-59).
    mutating func redo(now: Instant) { if mode.drag == nil { ask(.redo, now: now) } }

    /// Cancels the innermost thing.
    private mutating func escape(now: Instant) {
        if isWaiting {
            outputs.append(.effect(.goBack))
        } else if mode.drag != nil {
            cancelDrag(now: now)
        } else if following != nil {
            stopFollowing()
        } else if selection.isResizing {
            selection.endResizing()
        } else if leaveGroup() {
            return
        } else if !selection.isEmpty {
            selection.select([])
            // Keys that selected go on from where they were.
            if case .resting(let place) = mode.pointer { mode.point(.keys(place)) }
        } else if showCursors() {
            return
        } else if keyPlace != nil, pen.tool == .select {
            mode.point(.mouse)
        } else {
            pen.pick(.select)
        }
    }

    // MARK: Selection

    /// True while letters of vim move what is selected.
    var movesSelection: Bool { mode.drag == nil && pen.tool == .select && !selection.isEmpty }

    private static let steps: [Unicode.Scalar: (Int, Int)] = [
        "h": (-1, 0), "j": (0, 1), "k": (0, -1), "l": (1, 0), "H": (-8, 0), "J": (0, 8), "K": (0, -8), "L": (8, 0),
    ]

    /// The cells by which a key moves or resizes what is selected; nil if it does something else.
    func nudgeStep(_ key: Key, _ modifiers: KeyModifiers) -> (columns: Int, rows: Int)? {
        guard movesSelection, mode.isIdle || mode.nudge != nil else { return nil }
        if case .character(let scalar) = key {
            // After a draw by the mouse h and l are tools (TM-395).
            return letters == nil && modifiers.isDisjoint(with: [.control, .alt]) ? Self.steps[scalar] : nil
        }
        guard keyPlace == nil || selection.isResizing else { return nil }
        let factor = modifiers.contains(.shift) ? 8 : 1
        switch key {
        case .up: return (0, -factor)
        case .down: return (0, factor)
        case .left: return (-factor, 0)
        case .right: return (factor, 0)
        default: return nil
        }
    }

    /// The digit that a key adds to a count: while letters move what is selected. A count does not begin with 0 (TM-197).
    private func countDigit(_ key: Key, _ modifiers: KeyModifiers) -> Int? {
        guard case .character(let scalar) = key, ("0"..."9").contains(scalar), modifiers.isDisjoint(with: [.control, .alt]) else {
            return nil
        }
        guard movesSelection, mode.isIdle, letters == nil, scalar != "0" || selection.count != nil else { return nil }
        return Int(scalar.value) - 0x30
    }

    private mutating func arrow(_ dx: Int, _ dy: Int, _ modifiers: KeyModifiers, now: Instant) {
        let factor = modifiers.contains(.shift) ? 8 : 1
        moveKeyPointer(columns: dx * factor, rows: dy * factor, now: now)
    }

    private mutating func moveSelection(_ dx: Int, _ dy: Int, now: Instant) {
        // Somebody may have taken the corner away.
        if selection.pulledIndex != nil, pulledByKeys == nil { return selection.endResizing() }
        var nudge = mode.takeNudge() ?? Nudge(ids: selection.ids, resized: resizable, pulled: pulledByKeys)
        nudge.step(dx, dy, now: now)
        let pull = nudge.pulled?.standing(on: front.board).flatMap {
            gesture(pulling: $0, by: nudge.displacement(on: grid), attaches: true)
        }
        if let gesture = pull ?? nudge.gesture(on: grid) { nudge.told = tell(gesture, told: nudge.told, now: now) }
        mode.begin(nudge)
    }

    /// The selected box, when arrows resize it (TM-23).
    private var resizable: ShapeDraft? {
        guard selection.isResizing, let only = selection.only, let content = front.board[only]?.content, content.hasSize else { return nil }
        return content
    }

    // TM-23
    mutating func toggleResizing(now: Instant) {
        guard hasSelection(now: now) else { return }
        guard let only = selection.only, let content = front.board[only]?.content else {
            return front.notices.add("one shape at a time is resized", as: .setting, now: now)
        }
        if content.hasPulledPoints { return choosePoint(of: content, now: now) }
        guard content.hasSize else {
            return front.notices.add("only boxes and notes are resized: a stroke or text is as large as it is", as: .setting, now: now)
        }
        selection.toggleResizing()
        front.notices.add(selection.isResizing ? "resize: arrows, \(keys.word(of: .resize)) ends" : "resize ended", as: .setting, now: now)
    }

    /// A burst of keys is one gesture, and so one step of undo: it ends with any other key, or after a pause (TM-334).
    mutating func endNudge(now: Instant) {
        guard let nudge = mode.takeNudge() else { return }
        touch()
        // What came back to where it was changes nothing (TM-36).
        guard !nudge.isBack else { return take(back: nudge.told, now: now) }
        if let pulled = nudge.pulled { return give(pulled, by: nudge.displacement(on: grid), attaches: true, told: nudge.told, now: now) }
        if let gesture = nudge.gesture(on: grid) { give(gesture, told: nudge.told, from: nudge.resized, now: now) }
    }

    mutating func deleteSelection(now: Instant) {
        guard hasSelection(now: now) else { return }
        ask(.delete(selection.ids), showing: Overlay(erased: Set(selection.ids)), now: now)
        selection.select([])
    }

    mutating func duplicate(now: Instant) {
        guard hasSelection(now: now) else { return }
        do throws(ArrangementError) {
            let step = grid.displacement(columns: 2, rows: 1)
            let intent = try front.board.duplicating(
                selection.ids, by: step, author: front.me ?? .zero, within: selection.entered)
            guard case .drawAll(let copies) = intent else { return }
            ask(intent, showing: Overlay(drawn: copies), now: now)
        } catch {
            front.notices.add("\(error)", as: .setting, now: now)
        }
    }

    mutating func selectNext(_ step: Int) {
        if let inner = nextInGroup(step) {
            selection.selectWithin(inner)
            if let first = inner.first { show(first) }
            return
        }
        let ids = front.board.shapes.map(\.id)
        guard !ids.isEmpty else { return }
        // What was drawn last lies on top, and is looked for first (TM-108).
        let next =
            selection.ids.first.flatMap(ids.firstIndex(of:)).map { ($0 - step + ids.count) % ids.count } ?? (step > 0 ? ids.count - 1 : 0)
        pen.pick(.select)
        selection.select([ids[next]])
        mode.point(.mouse)
        show(ids[next])
    }

    /// Goes to a shape that was picked by keys, where no ink of it can be in sight.
    private mutating func show(_ id: ShapeID) {
        stopFollowing()
        guard let box = regions[id], let content = front.board[id]?.content else { return }
        guard !box.overlaps(viewport.region) || box.columns > viewport.columns || box.rows > viewport.rows else { return }
        if let ink = content.inkPlace(near: viewport.middle, on: grid), viewport.seen(ink) != nil { return }
        center(on: id)
    }

    /// Brings a shape to the middle of what is seen, or where it is larger than that what of its ink lies nearest.
    mutating func center(on id: ShapeID) {
        guard let box = regions[id], let content = front.board[id]?.content else { return }
        stopFollowing()
        let ink = content.inkPlace(near: viewport.middle, on: grid)
        let isWhole = box.columns <= viewport.columns && box.rows <= viewport.rows
        look { $0.center(on: isWhole ? box : ink.map { CellRegion(column: $0.column, row: $0.row, columns: 1, rows: 1) } ?? box) }
    }

    // MARK: The terminal

    mutating func copyAsText(now: Instant) {
        let shown = selection.isEmpty ? front.board.shapes.map(\.content) : selection.ids.compactMap { front.board[$0]?.content }
        let export = TextExport(of: shown, style: display.style)
        guard let bytes = Clipboard.copying(export.text) else {
            return front.notices.add("too large for the clipboard: use inkwire export", now: now)
        }
        extraBytes += bytes
        let words = export.isCut ? "only a part is copied: \(export.cutWords)" : "copied as text, if \(clipboardCondition())"
        front.notices.add(words, now: now)
    }

    /// It has no key: the line in which its name is typed has given what was begun, and nobody knows when it goes on (TM-172).
    mutating func suspend() { outputs.append(.effect(.suspend)) }

    /// Native selection needs the mouse for itself.
    mutating func toggleMouse(now: Instant) {
        display.isMouseOff.toggle()
        extraBytes += display.isMouseOff ? TerminalProfile.mouseOff : TerminalProfile.mouseOn
        let words = display.isMouseOff ? "mouse off: select and copy as usual, \(keys.word(of: .mouse)) switches it on" : "mouse on"
        front.notices.add(words, as: .setting, now: now)
    }
}
