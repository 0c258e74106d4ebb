import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession

/// What keys do.
extension BoardScene {
    /// Takes what one read brought. Text that comes in one piece is typed in one piece: a paste without marks is as long as it likes.
    mutating func handle(_ events: [InputEvent], now: Instant) {
        var rest = events[...]
        while let event = rest.first {
            let typed = edit == nil || isLeaving ? "" : Self.text(at: rest)
            if typed.unicodeScalars.count > 1 {
                touch()
                type(typed, now: now)
                rest = rest.dropFirst(typed.unicodeScalars.count)
            } else {
                handle(event, now: now)
                rest = rest.dropFirst()
            }
        }
    }

    /// The text that the first keys of these events are, one scalar each.
    private static func text(at events: ArraySlice<InputEvent>) -> String {
        var text = String.UnicodeScalarView()
        for event in events {
            switch event {
            case .key(.character(let scalar), let modifiers) where modifiers.isDisjoint(with: [.control, .alt]): text.append(scalar)
            case .key(.enter, []): text.append("\n")
            case .key(.tab, []): text.append(" ")
            default: return String(text)
            }
        }
        return String(text)
    }

    private mutating func handle(_ event: InputEvent, now: Instant) {
        if isLeaving {
            // What is asked for now comes too late for the board.
            if event == .key(.character("q"), []) || event == .key(.character("c"), [.control]) { outputs.append(.effect(.quit)) }
            switch event {
            case .answer, .focus: break
            case .key, .mouse, .paste: return
            }
        }
        switch event {
        case .mouse(let mouse):
            if mouse.action != .hover { endNudge(now: now) }
            handle(mouse, now: now)
        case .key(let key, let modifiers):
            touch()
            if nudge != nil, nudgeStep(key, modifiers) == nil {
                if key == .escape { return cancelNudge() }
                endNudge(now: now)
            }
            handle(key, modifiers, now: now)
        case .paste(let text):
            touch()
            endNudge(now: now)
            paste(text, now: now)
        case .focus(let isGained):
            hasFocus = isGained
            if !isGained, toldPointer != nil {
                toldPointer = nil
                ask(.cursor(nil))
            }
        case .answer(.background(let red, let green, let blue)):
            // Rec. 601 luma of the paper.
            isDark = 299 * Int(red) + 587 * Int(green) + 114 * Int(blue) < 128_000
            isDirty = true
        case .answer: break
        }
    }

    private mutating func handle(_ key: Key, _ modifiers: KeyModifiers, now: Instant) {
        if key == .character("c"), modifiers == [.control] { return askToQuit(now: now) }
        if edit != nil { return handleEdit(key, modifiers, now: now) }
        if panel != .none, handlePanel(key, modifiers, now: now) { return }
        if let step = nudgeStep(key, modifiers) { return moveSelection(step.columns, step.rows, now: now) }
        switch key {
        case .escape: escape()
        case .enter:
            if tool == .select, case .none = drag, let only = selection.first, selection.count == 1, keyPointer == nil {
                beginEdit(existing: only)
            } else {
                pressKeyPointer(modifiers, now: now)
            }
        case .up: arrow(0, -1, modifiers, now: now)
        case .down: arrow(0, 1, modifiers, now: now)
        case .left: arrow(-1, 0, modifiers, now: now)
        case .right: arrow(1, 0, modifiers, now: now)
        case .pageUp: pan(columns: 0, rows: -layout.canvasRows / 2)
        case .pageDown: pan(columns: 0, rows: layout.canvasRows / 2)
        case .home: if let all = regions.content { center(on: all) }
        case .delete, .backspace: deleteSelection(now: now)
        case .tab: selectNext(modifiers.contains(.shift) ? -1 : 1)
        case .function(1): panel = .help(top: 0)
        case .character(let scalar): character(scalar, modifiers, now: now)
        case .end, .insert, .function: break
        }
    }

    /// Does what a letter stands for.
    mutating func character(_ scalar: Unicode.Scalar, _ modifiers: KeyModifiers = [], now: Instant) {
        if modifiers.contains(.control) { return control(scalar, modifiers, now: now) }
        if modifiers.contains(.alt) {
            if scalar == "c" || scalar == "C" { hidesCursors.toggle() }
            return
        }
        if let picked = Tool.named(scalar) { return pick(picked, now: now) }
        switch scalar {
        case "q": outputs.append(.effect(.quit))
        case "u": ask(.undo)
        case "U": ask(.redo)
        case "x": deleteSelection(now: now)
        case "D": duplicate(now: now)
        case "Q":
            isLocked.toggle()
            front.notices.add(isLocked ? "tool locked: it stays picked" : "tool unlocked", as: .setting, now: now)
        case "]": selectNext(1)
        case "[": selectNext(-1)
        case "m" where !selection.isEmpty: (tool, keyPointer) = (.select, nil)
        case "z" where selection.count == 1:
            guard let content = front.board[selection[0]]?.content, hasSize(content) else {
                return front.notices.add("only boxes and notes are resized: a line or text is as large as it is", as: .setting, now: now)
            }
            isResizing.toggle()
            front.notices.add(isResizing ? "resize: arrows, z ends" : "resize ended", as: .setting, now: now)
        case " ": pick(tool == .hand ? lastTool : .hand, now: now)
        case "f": if let all = regions.content { center(on: all) }
        case "c": panel = .color
        case "w": panel = .width
        case "B": panel = .fill
        case "i": panel = .invite
        case "P": panel = .people
        case "?": panel = .help(top: 0)
        case "/": panel = .chat(TextBuffer())
        case "Y": copyAsText(now: now)
        case "M":
            // Native selection needs the mouse for itself.
            isMouseOff.toggle()
            extraBytes += isMouseOff ? Self.mouseOff : Array("\u{1B}[?1000h\u{1B}[?1002h\u{1B}[?1003h".utf8)
            front.notices.add(isMouseOff ? "mouse off: select and copy as usual, M switches it on" : "mouse on", as: .setting, now: now)
        case "'": if let first = front.people.present.first(where: { $0.person.cursor != nil })?.person.cursor { go(to: first) }
        default: break
        }
    }

    private mutating func control(_ scalar: Unicode.Scalar, _ modifiers: KeyModifiers, now: Instant) {
        switch scalar {
        // Ctrl+Shift+Z cannot be told from Ctrl+Z in most terminals: it must never do more harm than an undo.
        case "z": ask(.undo)
        case "r", "y": ask(.redo)
        case "a": (tool, selection) = (.select, front.board.shapes.map(\.id))
        case "d": duplicate(now: now)
        default: break
        }
    }

    // MARK: Panels

    /// True if the key was for the panel.
    private mutating func handlePanel(_ key: Key, _ modifiers: KeyModifiers, now: Instant) -> Bool {
        if key == .escape {
            closePanel()
            return true
        }
        switch panel {
        case .none: return false
        case .help:
            switch key {
            case .up: scrollHelp(-1)
            case .down: scrollHelp(1)
            case .pageUp: scrollHelp(-layout.canvasRows / 2)
            case .pageDown: scrollHelp(layout.canvasRows / 2)
            default:
                // A key that means something does it: the help can be used as a menu.
                panel = .none
                return [.character("?"), .character("q"), .enter, .function(1)].contains(key)
            }
            return true
        case .invite:
            if key == .character("c"), let link = invitation?.link {
                extraBytes += Array("\u{1B}]52;c;\(Base64Text.encode(Array(link.utf8)))\u{1B}\\".utf8)
                front.notices.add("link copied, if the terminal allows it", now: now)
                return true
            }
            panel = .none
            return key == .character("i") || key == .enter
        case .people:
            panel = .none
            return key == .character("P") || key == .enter
        case .color, .fill, .width: return pickStyle(key, now: now)
        case .chat(var buffer):
            switch key {
            case .enter:
                if !buffer.isEmpty { ask(.say(buffer.text)) }
                closePanel()
            case .character(let scalar) where modifiers.isDisjoint(with: [.control, .alt]):
                if buffer.insert(String(scalar), bytesMax: Limits.chatBytes) { ask(.typing) }
                panel = .chat(buffer)
            default:
                Self.move(&buffer, key, modifiers)
                panel = .chat(buffer)
            }
            return true
        }
    }

    mutating func closePanel() {
        panel = .none
        touch()
    }

    /// Colours are picked by digit, widths by digit: 0 is the reader's own ink, or no fill. A digit that stands for nothing does nothing.
    private mutating func pickStyle(_ key: Key, now: Instant) -> Bool {
        guard case .character(let scalar) = key, ("0"..."9").contains(scalar) else {
            panel = .none
            return key == .enter
        }
        let digit = Int(scalar.value) - 0x30
        guard panel == .width ? (1...Self.widths.count).contains(digit) : digit <= PersonColor.all.count else { return true }
        pickStyle(digit, now: now)
        return true
    }

    /// Gives what is selected, and what is drawn from now on, the style of the picker's digit.
    mutating func pickStyle(_ digit: Int, now: Instant) {
        defer { panel = .none }
        let color = digit >= 1 && digit <= PersonColor.all.count ? PersonColor.all[digit - 1].color : nil
        let change: PropertyChange
        switch panel {
        case .color:
            ink = color
            change = .stroke(color)
        case .fill:
            fill = color
            change = .fill(color)
        default:
            width = Self.widths[digit - 1]
            change = .strokeWidth(width)
        }
        var overlay = Overlay()
        for id in selection {
            guard var content = front.board[id]?.content else { continue }
            switch change {
            case .stroke(let color): content.stroke = color
            case .fill(let color): content.fill = color
            case .strokeWidth(let width): content.strokeWidth = width
            default: break
            }
            overlay.replaced[id] = content
        }
        if !overlay.replaced.isEmpty { ask(.setAll(overlay.replaced.keys.sorted(), [change]), showing: overlay, now: now) }
    }

    static let mouseOff = Array("\u{1B}[?1003l\u{1B}[?1002l\u{1B}[?1000l".utf8)

    static let widths: [UInt16] = [16, 32, 64, 128]

    // MARK: Selection

    /// True while letters of vim move what is selected.
    var movesSelection: Bool {
        if case .none = drag { return tool == .select && !selection.isEmpty }
        return false
    }

    private static let steps: [Unicode.Scalar: (Int, Int)] = [
        "h": (-1, 0), "j": (0, 1), "k": (0, -1), "l": (1, 0), "H": (-8, 0), "J": (0, 8), "K": (0, -8), "L": (8, 0),
    ]

    /// The cells by which a key moves or resizes what is selected; nil if it does something else.
    private func nudgeStep(_ key: Key, _ modifiers: KeyModifiers) -> (columns: Int, rows: Int)? {
        guard movesSelection, edit == nil, panel == .none else { return nil }
        if case .character(let scalar) = key {
            return modifiers.isDisjoint(with: [.control, .alt]) ? Self.steps[scalar] : nil
        }
        guard keyPointer == nil || isResizing else { return nil }
        let factor = modifiers.contains(.shift) ? 8 : 1
        switch key {
        case .up: return (0, -factor)
        case .down: return (0, factor)
        case .left: return (-factor, 0)
        case .right: return (factor, 0)
        default: return nil
        }
    }

    private mutating func arrow(_ dx: Int, _ dy: Int, _ modifiers: KeyModifiers, now: Instant) {
        let factor = modifiers.contains(.shift) ? 8 : 1
        moveKeyPointer(columns: dx * factor, rows: dy * factor)
    }

    private mutating func moveSelection(_ dx: Int, _ dy: Int, now: Instant) {
        let isBegun = nudge != nil
        var next = nudge ?? Nudge(ids: selection, resized: resizable, columns: 0, rows: 0, until: now)
        (next.columns, next.rows) = (next.columns + dx, next.rows + dy)
        next.until = now + Self.nudgeTime
        nudge = next
        let gesture = gesture(of: next)
        ask(isBegun ? .update(gesture) : .begin(gesture))
    }

    /// The selected box, when arrows resize it.
    private var resizable: ShapeDraft? {
        guard isResizing, selection.count == 1, let content = front.board[selection[0]]?.content, hasSize(content) else { return nil }
        return content
    }

    private func gesture(of nudge: Nudge) -> Gesture {
        guard let content = nudge.resized else { return .move(nudge.ids, by: nudge.displacement(on: grid)) }
        let changed = resized(content, .farCorner, nudge.displacement(on: grid))
        return .resize(nudge.ids[0], position: changed.position, size: changed.size)
    }

    /// What moving by keys makes of the standing shapes.
    func overlay(of nudge: Nudge) -> Overlay {
        var overlay = Overlay()
        overlay.take(gesture(of: nudge), ink: nil, of: front.board)
        return overlay
    }

    /// A burst of keys is one gesture, and so one step of undo: it ends with any other key, or after a pause.
    mutating func endNudge(now: Instant) {
        guard let ended = nudge else { return }
        nudge = nil
        touch()
        // What came back to where it was changes nothing.
        guard (ended.columns, ended.rows) != (0, 0) else { return _ = ask(.cancel) }
        ask(.commit, showing: overlay(of: ended), now: now)
    }

    private mutating func cancelNudge() {
        nudge = nil
        ask(.cancel)
    }

    private static let nudgeTime = Duration.milliseconds(600)

    private mutating func deleteSelection(now: Instant) {
        guard !selection.isEmpty else { return }
        ask(.delete(selection), showing: Overlay(erased: Set(selection)), now: now)
        selection = []
    }

    private mutating func duplicate(now: Instant) {
        let by = grid.displacement(columns: 2, rows: 1)
        var copies: [ShapeDraft] = []
        // In the order in which they lie on each other.
        for shape in front.board.shapes where selection.contains(shape.id) {
            var content = shape.content
            content.position = content.position + by
            content.label = ""
            copies.append(content)
        }
        if !copies.isEmpty { ask(.drawAll(copies), showing: Overlay(added: copies), now: now) }
    }

    private mutating func selectNext(_ step: Int) {
        let ids = front.board.shapes.map(\.id)
        guard !ids.isEmpty else { return }
        let next =
            selection.first.flatMap(ids.firstIndex(of:)).map { ($0 + step + ids.count) % ids.count } ?? (step > 0 ? 0 : ids.count - 1)
        (tool, selection, keyPointer) = (.select, [ids[next]], nil)
        if let region = regions[ids[next]], !region.overlaps(viewport.region) { center(on: region) }
    }

    private mutating func copyAsText(now: Instant) {
        let shown = selection.isEmpty ? front.board.shapes.map(\.content) : selection.compactMap { front.board[$0]?.content }
        let text = TextExport.text(of: shown, style: style)
        // Terminals cut or refuse longer ones.
        guard text.utf8.count <= 100_000 else { return front.notices.add("too large for the clipboard: use inkwire export", now: now) }
        extraBytes += Array("\u{1B}]52;c;\(Base64Text.encode(Array(text.utf8)))\u{1B}\\".utf8)
        front.notices.add("copied as text, if the terminal allows it", now: now)
    }

    // MARK: Text

    /// Begins a new text: the gesture begins with it, so that the others see it being typed.
    mutating func beginEdit(_ draft: ShapeDraft, isBegun: Bool = false) {
        ask(isBegun ? .update(.shape(draft)) : .begin(.shape(draft)))
        edit = TextEdit(draft: draft, existing: nil, buffer: TextBuffer(), isLive: true)
        showCaret()
        touch()
    }

    /// Edits the text of a standing shape.
    mutating func beginEdit(existing id: ShapeID) {
        guard let content = front.board[id]?.content else { return }
        drag = .none
        edit = TextEdit(draft: content, existing: id, buffer: TextBuffer(content.text))
        showCaret()
        touch()
    }

    private mutating func handleEdit(_ key: Key, _ modifiers: KeyModifiers, now: Instant) {
        switch key {
        case .escape: finishEdit(now: now)
        case .enter where modifiers.contains(.control): finishEdit(now: now)
        case .enter: type("\n", now: now)
        case .tab: type(" ", now: now)
        case .character(let scalar) where modifiers.contains(.control):
            if scalar == "z" { changeEdit(now: now) { _ = $0.undo() } }
        case .character(let scalar):
            if !modifiers.contains(.alt) { type(String(scalar), now: now) }
        default: changeEdit(now: now) { Self.move(&$0, key, modifiers) }
        }
    }

    /// Takes typed text into the text that is being edited: as much of it as fits.
    private mutating func type(_ text: String, now: Instant) {
        var isWhole = true
        changeEdit(now: now) { isWhole = $0.insertFitting(text, bytesMax: Limits.textBytes) }
        if !isWhole { tellTextLimit(now: now) }
    }

    private mutating func tellTextLimit(now: Instant) {
        front.notices.add("a text holds at most \(Limits.textBytes / 1024) KiB", as: .setting, now: now)
    }

    /// Changes the text that is being edited, or moves its caret: one update for the others, whatever the length.
    private mutating func changeEdit(now: Instant, _ change: (inout TextBuffer) -> Void) {
        guard var editing = edit else { return }
        change(&editing.buffer)
        let text = editing.buffer.text
        let isChanged = text != editing.draft.text
        editing.draft.text = text
        if isChanged { editing.typed(now: now) }
        edit = editing
        if editing.isLive, isChanged { ask(.update(.shape(editing.draft))) }
        showCaret()
    }

    /// Moves the view so that the caret is in it.
    private mutating func showCaret() {
        guard let edit else { return }
        var caret = edit.draft.caretPlace(after: edit.buffer.caret, on: grid)
        if !edit.draft.kind.isPath, edit.draft.kind != .text {
            // What does not fit a box is not shown, so there is nothing to go to.
            let box = edit.draft.cellRegion(on: grid)
            caret.column = max(box.column, min(box.column + box.columns - 1, caret.column))
        }
        look { $0.show(caret) }
    }

    private mutating func paste(_ text: String, now: Instant) {
        if edit != nil {
            var isTaken = true
            changeEdit(now: now) { isTaken = $0.insert(text, bytesMax: Limits.textBytes) }
            if !isTaken { tellTextLimit(now: now) }
        } else if case .chat(var buffer) = panel {
            _ = buffer.insert(text.split(whereSeparator: \.isNewline).joined(separator: " "), bytesMax: Limits.chatBytes)
            panel = .chat(buffer)
        } else if !text.allSatisfy(\.isWhitespace), front.isReady {
            // Pasted on the board: a text at the pointer.
            let at =
                keyPointer.map { CellPlace(column: $0.column, row: $0.row) }
                ?? viewport.place(column: mousePlace?.column ?? 2, row: mousePlace?.row ?? 1)
            guard text.utf8.count <= Limits.textBytes else { return tellTextLimit(now: now) }
            let draft = ShapeDraft(kind: .text, position: grid.corner(of: at), text: text, stroke: ink)
            ask(.draw(draft), showing: Overlay(added: [draft]), again: .draw(draft), now: now)
        }
    }

    /// Gives the text to the board, or drops an empty one.
    mutating func finishEdit(now: Instant) {
        guard let editing = edit else { return }
        edit = nil
        touch()
        if let id = editing.existing {
            finishEdit(editing, of: id, now: now)
            // What the others see live stands on the board now.
            if editing.isLive { ask(.cancel) }
        } else if let making = editing.making {
            if editing.unsavedSince != nil { lateTexts[making] = editing.draft }
            if !editing.isInvisible {
                let overlay = Overlay(added: [editing.draft])
                pending.append(Pending(reference: making, overlay: overlay, until: now + Self.pendingTime, again: .draw(editing.draft)))
            }
            if editing.isLive { ask(.cancel) }
        } else if editing.isInvisible {
            ask(.cancel)
        } else {
            commit(editing.draft, now: now)
        }
    }

    /// Gives the text of a standing shape to the board, if anything was typed that is not there: others may have written meanwhile.
    private mutating func finishEdit(_ editing: TextEdit, of id: ShapeID, now: Instant) {
        let (change, overlay) = ([PropertyChange.text(editing.draft.text)], Overlay(replaced: [id: editing.draft]))
        if editing.unsavedSince != nil, editing.isInvisible {
            ask(.delete([id]), showing: Overlay(erased: [id]), now: now)
        } else if editing.unsavedSince != nil, editing.draft.text != front.board[id]?.content.text {
            let intent = editing.isBegun ? Intent.amend(id, change) : .set(id, change)
            ask(intent, showing: overlay, again: intent, now: now)
        } else if let saving = editing.saving {
            let again = saving.wasBegun ? Intent.amend(id, change) : .set(id, change)
            pending.append(Pending(reference: saving.reference, overlay: overlay, until: now + Self.pendingTime, again: again))
        }
    }

    /// Gives what was typed so far to the board, and goes on: the whole text is one step of undo.
    mutating func saveEdit(now: Instant) {
        guard var editing = edit, editing.saveAt != nil else { return }
        (editing.unsavedSince, editing.typedAt) = (nil, nil)
        if let id = editing.existing {
            let changes = [PropertyChange.text(editing.draft.text)]
            if editing.draft.text != front.board[id]?.content.text {
                editing.saving = (ask(editing.isBegun ? .amend(id, changes) : .set(id, changes)), editing.isBegun)
            }
            editing.isBegun = true
        } else {
            if !editing.isLive { ask(.begin(.shape(editing.draft))) }
            editing.making = ask(.commit)
            // The others go on seeing it being typed.
            ask(.begin(.shape(editing.draft)))
            editing.isLive = true
        }
        edit = editing
    }

    /// The first part of a text is on the board: what follows changes that shape.
    mutating func editWasMade(_ changes: [ShapeChange], _ reference: UInt64?) {
        guard let reference, let made = changes.first(where: { $0.kind == .added })?.id else { return }
        if var editing = edit, editing.making == reference {
            (editing.existing, editing.making, editing.isBegun) = (made, nil, true)
            edit = editing
        }
        guard let late = lateTexts.removeValue(forKey: reference) else { return }
        let isInvisible = late.kind == .text && late.text.allSatisfy(\.isWhitespace)
        ask(isInvisible ? .delete([made]) : .amend(made, [.text(late.text)]))
    }

    /// A part of a text was refused: it is still being typed, and is given again after the next pause.
    mutating func editWasRefused(_ reference: UInt64?, now: Instant) {
        guard let reference else { return }
        lateTexts[reference] = nil
        if edit?.making == reference {
            edit?.making = nil
            edit?.typed(now: now)
        } else if let saving = edit?.saving, saving.reference == reference {
            edit?.isBegun = saving.wasBegun
            edit?.saving = nil
            edit?.typed(now: now)
        }
    }

    /// Moves the caret or deletes; other keys do nothing.
    static func move(_ buffer: inout TextBuffer, _ key: Key, _ modifiers: KeyModifiers) {
        let byWord = !modifiers.isDisjoint(with: [.control, .alt])
        switch key {
        case .left: buffer.moveLeft(byWord: byWord)
        case .right: buffer.moveRight(byWord: byWord)
        case .up: buffer.moveLine(-1)
        case .down: buffer.moveLine(1)
        case .home: buffer.moveToLineStart()
        case .end: buffer.moveToLineEnd()
        case .backspace: buffer.deleteBackward()
        case .delete: buffer.deleteForward()
        default: break
        }
    }

    // MARK: Leaving

    /// Gives to the board what is begun, as letting go would: who leaves, or is cut off, loses nothing.
    mutating func finish(now: Instant) {
        endNudge(now: now)
        finishEdit(now: now)
        settleDrag(now: now)
    }

    /// Cancels the innermost thing.
    private mutating func escape() {
        if case .none = drag {
            if isResizing {
                isResizing = false
            } else if !selection.isEmpty {
                selection = []
                // Keys that selected go on from where they were.
                keyPointer = keyPointer ?? restingPointer
            } else if keyPointer != nil, tool == .select {
                keyPointer = nil
            } else {
                (lastTool, tool) = (tool == .select ? lastTool : tool, .select)
            }
        } else {
            cancelDrag()
        }
    }

    mutating func pick(_ picked: Tool, now: Instant) {
        settleDrag(now: now)
        if edit != nil { finishEdit(now: now) }
        if tool != picked { lastTool = tool }
        tool = picked
        isResizing = false
        if picked != .select { selection = [] }
        touch()
    }

    private mutating func askToQuit(now: Instant) {
        if let asked = quitAskedAt, now - asked <= .seconds(2) {
            outputs.append(.effect(.quit))
            return
        }
        quitAskedAt = now
        settleDrag(now: now)
        // While something is typed, q is a letter.
        let isTyping = if case .chat = panel { true } else { edit != nil }
        front.notices.add(isTyping ? "Ctrl+C again quits" : "Ctrl+C again or q quits", as: .setting, now: now)
    }

    private mutating func go(to point: Point) {
        let place = grid.place(of: point)
        center(on: CellRegion(column: place.column, row: place.row, columns: 1, rows: 1))
    }
}

/// Base64 with padding, as clipboard sequences want it (RFC 4648 §4).
enum Base64Text {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var result: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = Array(bytes[start..<min(start + 3, bytes.count)])
            let bits = group.reduce(0) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for index in 0..<4 {
                result.append(index <= group.count ? alphabet[Int(bits >> UInt32(18 - 6 * index) & 63)] : UInt8(ascii: "="))
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
