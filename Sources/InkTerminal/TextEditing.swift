import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession

/// How a board's texts are typed, given and kept.
extension BoardScene {
    /// Begins a new text: the gesture begins with it, so that the others see it being typed.
    ///
    /// - Parameters:
    ///   - gesture: a gesture that is under way and goes on as the text.
    ///   - endsWithPaste: true if it is a paste of which more comes.
    mutating func beginEdit(_ draft: ShapeDraft, gesture: UInt64? = nil, endsWithPaste: Bool = false, now: Instant) {
        if gesture != nil { ask(.update(.shape(draft)), now: now) }
        var edit = TextEdit(new: draft, gesture: gesture ?? ask(.begin(.shape(draft)), now: now), endsWithPaste: endsWithPaste)
        edit.grows = pen.growsBoxes
        mode.begin(edit)
        showCaret()
        touch()
    }

    /// Edits the text of a standing shape.
    mutating func beginEdit(existing id: ShapeID, now: Instant) {
        guard let content = front.board[id]?.content else { return }
        var edit = TextEdit(of: id, content)
        edit.grows = pen.growsBoxes
        // The others see who writes here, and the letters as they come.
        edit.gesture = ask(.begin(edit.shown), now: now)
        mode.begin(edit)
        showCaret()
        touch()
    }

    /// Edits the text of a shape that is on its way under a reference.
    ///
    /// - Parameter text: what was written in it since it was given; nil for nothing.
    mutating func beginEdit(awaited draft: ShapeDraft, _ reference: UInt64, goingOnWith text: String?, now: Instant) {
        var edit = TextEdit(new: draft, gesture: nil)
        edit.grows = pen.growsBoxes
        edit.give(as: reference)
        if let text { edit.goOn(with: text, now: now) }
        mode.begin(edit)
        showCaret()
        touch()
    }

    mutating func handleEdit(_ key: Key, _ modifiers: KeyModifiers, now: Instant) {
        switch key {
        case .escape: finishEdit(now: now)
        case .enter where modifiers.contains(.control): finishEdit(now: now)
        case .enter: type("\n", now: now)
        case .tab: type(" ", now: now)
        case .character(let scalar) where modifiers.contains(.control):
            changeEdit(now: now) { if scalar == "z" { _ = $0.undo() } else { $0.take(key, modifiers) } }
        case .character(let scalar):
            if !modifiers.contains(.alt) { type(String(scalar), now: now) }
        default: changeEdit(now: now) { $0.take(key, modifiers) }
        }
    }

    /// Takes typed text into the text that is being edited: as much of it as fits; false if that is not all (TM-335).
    @discardableResult
    mutating func type(_ text: String, now: Instant) -> Bool {
        var isWhole = true
        changeEdit(now: now) { isWhole = $0.insertFitting(text, bytesMax: Limits.textBytes, isTyped: true) }
        if !isWhole { tellTextLimit(now: now) }
        return isWhole
    }

    /// Takes pasted text into the text that is being edited, all or nothing; or a part of it, as far as it fits. A text that began as a paste ends
    /// with it.
    ///
    /// - Returns: how the paste stands then.
    mutating func paste(intoEdit text: String, isWhole: Bool, after before: Pasting, now: Instant) -> Pasting {
        var isTaken = before != .cut
        if isTaken {
            let isPart = !isWhole || before == .taken
            changeEdit(now: now) {
                isTaken = isPart ? $0.insertFitting(text, bytesMax: Limits.textBytes) : $0.insert(text, bytesMax: Limits.textBytes)
            }
            if !isTaken { tellTextLimit(leavingOut: isPart ? "the rest of the paste is" : "the paste is", now: now) }
        }
        if isWhole, mode.edit?.endsWithPaste == true { finishEdit(now: now) }
        return isTaken ? .taken : .cut
    }

    /// Pasted on the board: a text at the pointer, or what it draws.
    mutating func paste(onBoard text: String, now: Instant) -> Pasting {
        guard !text.allSatisfy(\.isWhitespace) else { return .taken }
        guard front.isReady else {
            front.notices.add(.refused(.notReady), now: now)
            return .cut
        }
        guard text.utf8.count <= Limits.textBytes else {
            tellTextLimit(leavingOut: "the paste is", now: now)
            return .cut
        }
        if paste(drawing: text, now: now) { return .taken }
        let draft = pen.text(text, at: pastePlace, on: grid)
        ask(.draw(draft), showing: Overlay(drawn: [draft]), again: .draw(draft), now: now)
        return .taken
    }

    /// Begins a text with the first part of a paste: what else comes of it goes on with it (TM-345).
    mutating func beginPaste(onBoard text: String, now: Instant) -> Pasting {
        guard front.isReady else {
            front.notices.add(.refused(.notReady), now: now)
            return .cut
        }
        settleDrag(now: now)
        beginEdit(pen.text(at: pastePlace, on: grid), endsWithPaste: true, now: now)
        return paste(intoEdit: text, isWhole: false, after: .nothing, now: now)
    }

    private var pastePlace: CellPlace { keyPlace ?? viewport.place(column: mouse.place?.column ?? 2, row: mouse.place?.row ?? 1) }

    /// - Parameter what: of more than the letter that was typed.
    private mutating func tellTextLimit(leavingOut what: String? = nil, now: Instant) {
        let limit = "a text holds at most \(Limits.textBytes / 1024) KiB"
        front.notices.add(what.map { "\(limit): \($0) left out" } ?? limit, as: .setting, now: now)
    }

    mutating func tellChatLimit(now: Instant) {
        front.notices.add("a message holds at most \(Limits.chatBytes / 1024) KiB", as: .setting, now: now)
    }

    /// Changes the text that is being edited, or moves its caret: one update for the others, whatever the length.
    private mutating func changeEdit(now: Instant, _ change: (inout TextBuffer) -> Void) {
        guard var edit = mode.takeEdit() else { return }
        let isChanged = edit.change(now: now, change)
        let update = isChanged && edit.gesture != nil ? Intent.update(edit.shown) : nil
        mode.begin(edit)
        if let update { ask(update, now: now) }
        showCaret()
    }

    /// Where the caret of a text that is edited is to be seen.
    var caretPlace: CellPlace? {
        guard let edit = mode.edit else { return nil }
        var caret = edit.caret(on: grid)
        if edit.draft.hasSize {
            // What does not fit a box is not shown, so there is nothing to go to.
            let box = edit.draft.cellRegion(on: grid)
            caret.column = max(box.column, min(box.columnRange.upperBound - 1, caret.column))
        }
        return caret
    }

    /// Moves the view so that the caret is in it.
    private mutating func showCaret() {
        if let caretPlace { look { $0.show(caretPlace) } }
    }

    // MARK: Giving it to the board

    /// Gives the text to the board, or drops an empty one (TM-29).
    mutating func finishEdit(now: Instant) {
        guard let edit = mode.takeEdit() else { return }
        touch()
        let draft = edit.draft
        switch edit.target {
        case .standing(let id, let isBegun):
            finish(edit, of: id, isBegun: isBegun, now: now)
        case .new:
            if let awaited = edit.awaited {
                requests[awaited]?.purpose.text = .first(late: edit.hasUnsaved ? draft : nil)
                if !edit.isInvisible {
                    requests[awaited]?.purpose.overlay = Overlay(drawn: [draft])
                    requests[awaited]?.again = .draw(draft)
                }
                if !edit.endsWithPaste { awaitWritten(edit, awaited, now: now) }
            } else if !edit.isInvisible {
                // The gesture becomes the shape.
                let reference = give(.shape(draft), told: edit.gesture.map { .live($0) } ?? .nothing, now: now)
                if !edit.endsWithPaste { awaitDrawn(draft, reference, now: now) }
                return
            }
        }
        // What the others see live stands on the board now, or never will.
        if edit.gesture != nil { ask(.cancel, now: now) }
    }

    /// Gives the text of a standing shape to the board, if anything was typed that is not there: others may have written meanwhile.
    private mutating func finish(_ edit: TextEdit, of id: ShapeID, isBegun: Bool, now: Instant) {
        let overlay = Overlay(replaced: [id: edit.draft])
        if edit.hasUnsaved, edit.isInvisible {
            ask(.delete([id]), showing: Overlay(erased: [id]), now: now)
        } else if edit.hasUnsaved, edit.draft.text != front.board[id]?.content.text {
            let intent = edit.intent(of: id, isBegun: isBegun)
            ask(intent, showing: overlay, again: edit.intentAgain(of: id, isBegun: isBegun), now: now)
            giveRoom(to: id, edit.draft, now: now)
        } else if let awaited = edit.awaited, case .next(let wasBegun)? = requests[awaited]?.purpose.text {
            requests[awaited]?.purpose.overlay = overlay
            requests[awaited]?.again = edit.intentAgain(of: id, isBegun: wasBegun)
        }
    }

    /// Gives what was typed so far to the board, and goes on: the whole text is one step of undo (TM-20).
    mutating func saveEdit(now: Instant) {
        guard let saveAt = mode.edit?.saveAt, saveAt <= now, var edit = mode.takeEdit() else { return }
        switch edit.target {
        case .standing(let id, let isBegun):
            // It may stand there already, as another wrote it.
            let isThere = edit.draft.text == front.board[id]?.content.text
            let change = edit.intent(of: id, isBegun: isBegun)
            edit.give(as: isThere ? edit.awaited : ask(change, for: Purpose(text: .next(wasBegun: isBegun)), now: now))
            giveRoom(to: id, edit.draft, now: now)
        case .new:
            let intent = edit.gesture == nil ? Intent.draw(edit.draft) : .commit
            edit.give(as: ask(intent, for: Purpose(text: .first(late: nil)), now: now))
            if !edit.endsWithPaste { awaitDrawn(edit.draft, edit.awaited, now: now) }
            // The others go on seeing it being typed.
            edit.gesture = ask(.begin(.shape(edit.draft)), now: now)
        }
        mode.begin(edit)
    }

    // MARK: What becomes of it

    /// The first part of a text is on the board: what follows changes that shape.
    mutating func textWasMade(_ made: ShapeID, _ reference: UInt64, now: Instant) {
        guard case .first(let late)? = requests[reference]?.purpose.text else { return }
        if var edit = mode.takeEdit() {
            if edit.awaited == reference {
                edit.made(made)
                // From here on the others see the letters as they come.
                if edit.gesture == nil { edit.gesture = ask(.begin(edit.shown), now: now) } else { ask(.update(edit.shown), now: now) }
            }
            mode.begin(edit)
        }
        guard let late else { return }
        let given = front.board[made]?.content.text ?? ""
        ask(late.isInvisibleText ? .delete([made]) : .type(made, from: given, to: late.text, continues: !given.isEmpty), now: now)
        giveRoom(to: made, late, now: now)
    }

    /// A part of a text has its outcome.
    mutating func textWasAnswered(_ part: Purpose.Text, _ reference: UInt64, isRefused: Bool, now: Instant) {
        guard var edit = mode.takeEdit() else { return }
        if edit.awaited == reference {
            let wasBegun = if case .next(true) = part { true } else { false }
            if isRefused { edit.refused(wasBegun: wasBegun, now: now) } else { edit.accepted() }
        }
        mode.begin(edit)
        followStanding(now: now)
    }

    /// What stands is what is edited; where it is gone, what was typed is not.
    mutating func followEdited(now: Instant) {
        guard let id = mode.edit?.standing else { return }
        if front.board[id] == nil { keepEditingAlone(now: now) } else { followStanding(now: now) }
    }

    private mutating func followStanding(now: Instant) {
        guard let id = mode.edit?.standing, let content = front.board[id]?.content, var edit = mode.takeEdit() else { return }
        let text = edit.draft.text
        edit.follow(content, now: now)
        if edit.draft.text != text, edit.gesture != nil { ask(.update(edit.shown), now: now) }
        mode.begin(edit)
    }

    /// The shape whose text is being edited is gone: it goes on as a shape of its own (TM-19).
    private mutating func keepEditingAlone(now: Instant) {
        guard var edit = mode.takeEdit() else { return }
        guard edit.hasChanged, !edit.buffer.isEmpty, !edit.isInvisible else {
            if edit.gesture != nil { ask(.cancel, now: now) }
            return front.notices.add(.textDeleted, now: now)
        }
        edit.goOnAlone(now: now)
        // What the others see, and what a commit gives, is the new shape from here on.
        if edit.gesture == nil { edit.gesture = ask(.begin(edit.shown), now: now) } else { ask(.update(edit.shown), now: now) }
        mode.begin(edit)
        front.notices.add(.textGoesOn, now: now)
    }
}
