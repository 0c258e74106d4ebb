import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession

/// Where what a person does enters a board: keys, mouse, pastes, and what the terminal tells.
extension BoardScene {
    /// Takes what one read brought. Text that comes in one piece is typed in one piece: a paste without marks is as long as it likes.
    ///
    /// - Parameter isPart: the read brought more.
    mutating func handle(_ events: [InputEvent], isPart: Bool = false, now: Instant) {
        var rest = events[...]
        let isAhead = isPart || events.hasLettersBesideQuit
        while let event = rest.first {
            let typed = mode.edit == nil ? "" : Self.text(at: rest)
            if typed.unicodeScalars.count > 1 {
                touch()
                type(typed, now: now)
                rest = rest.dropFirst(typed.unicodeScalars.count)
            } else if isAhead, event == .quitKey, mode.takesCommands, !selection.isWritten {
                touch()
                endNudge(now: now)
                tellHowToQuit(now: now)
                rest = rest.dropFirst()
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
            guard let letter = event.letter else { break }
            text.append(letter)
        }
        return String(text)
    }

    /// A part of a paste that goes on is lost: nothing of the rest is taken (TM-249).
    mutating func cutPaste() { pasting = .cut }

    /// Says what ends the program to who asked for it in a way that does not (TM-80).
    mutating func tellHowToQuit(now: Instant) { front.notices.add("q quits", as: .setting, now: now) }

    private mutating func handle(_ event: InputEvent, now: Instant) {
        switch event {
        case .answer(let answer): take(answer)
        case .focus(let isGained):
            // The pointer goes before it is told that nobody looks (TM-266).
            if !isGained { point(at: nil, now: now) }
            outputs.append(.intent(.attention(isGained ? .here : .elsewhere), reference: nil))
            extraBytes += alerts.focus(isGained, title: TerminalApp.titleWords(front.name, display.style))
            if isGained { readTalk() }
            redraw(.soon)
        case .key, .mouse, .text, .paste:
            // Who leaves does nothing more to the board.
            if mode.isLeaving { handleLeaving(event) } else if !holds(event) { act(event, now: now) }
        }
    }

    /// Takes what has waited for something else.
    mutating func handleNow(_ event: InputEvent, now: Instant) { if mode.isLeaving { handleLeaving(event) } else { act(event, now: now) } }

    private mutating func act(_ event: InputEvent, now: Instant) {
        switch event {
        case .mouse(let report):
            if report.action != .hover { endNudge(now: now) }
            handle(report, now: now)
        case .key(let key, let modifiers):
            touch()
            handle(key, modifiers, now: now)
        case .text(let text, let continues):
            touch()
            if !continues { texting = .nothing }
            if texting != .cut { texting = take(text, continues: continues, now: now) }
        case .paste(let text, let isWhole):
            touch()
            let stands = paste(text, isWhole: isWhole, after: pasting, now: now)
            pasting = isWhole ? .nothing : stands
            // Why a part is left out must be read.
            guard !isWhole, stands == .taken, !mode.isLeaving else { break }
            front.notices.add("the paste has not ended: Esc ends it", as: .setting, now: now)
        case .focus, .answer: break
        }
    }

    private mutating func take(_ answer: TerminalAnswer) {
        // TM-504
        guard !display.isPaperChosen, case .background(let red, let green, let blue) = answer else { return }
        display.isDark = Self.isDark(red, green, blue)
        redraw(.soon)
    }

    /// By Rec. 601 luma, of the paper.
    static func isDark(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> Bool {
        299 * Int(red) + 587 * Int(green) + 114 * Int(blue) < 128_000
    }

    /// What is asked for now comes too late for the board (TM-26).
    private mutating func handleLeaving(_ event: InputEvent) {
        if event == .quitKey || event == .key(.character("c"), [.control]) { outputs.append(.effect(.quit)) }
    }

    /// Takes one key.
    mutating func handle(_ key: Key, _ modifiers: KeyModifiers, now: Instant) {
        if key == .character("c"), modifiers == [.control] { return askToQuit(now: now) }
        noteLetter(key, modifiers)
        switch mode {
        case .typing: handleEdit(key, modifiers, now: now)
        case .panel: handlePanel(key, modifiers, now: now)
        case .nudging:
            if nudgeStep(key, modifiers) == nil { endNudge(now: now) }
            // What was moved stays: undo is there for the rest (TM-57).
            if key != .escape { handleKey(key, modifiers, now: now) }
        case .idle:
            let tool = pen.tool
            if !asksAgain(key, now: now) { handleKey(key, modifiers, now: now) }
            if pen.tool != tool { showKeyPointer() }
        case .dragging: handleKey(key, modifiers, now: now)
        case .leaving: break
        }
    }

    /// Takes text that came in one piece, and so is no commands: it goes where text can be, as a paste does (TM-53).
    ///
    /// - Parameter continues: it goes on with what came before.
    /// - Returns: how it stands if it goes on.
    private mutating func take(_ text: String, continues: Bool, now: Instant) -> Pasting {
        switch mode {
        case .typing: return type(text, now: now) ? .taken : .cut
        case .panel(let panel, _) where panel.takesText:
            let isTaken = paste(intoPanel: text, isPart: continues, now: now) == true
            // Of several lines none says where what is typed ends (TM-346).
            if isTaken, text.isLineWithEnter { handlePanel(.enter, [], now: now) }
            return isTaken ? .taken : .cut
        case .idle:
            // Who pressed Enter to write in a shape and was ahead of the line wrote that; so did who drew one and typed at once.
            if !continues, text.first == "\n" || letters != nil, !selection.isPasteAwaited, beginWriting(now: now) {
                return type(text.first == "\n" ? String(text.dropFirst()) : text, now: now) ? .taken : .cut
            }
            return paste(text, isWhole: true, after: .nothing, now: now)
        case .dragging(_, .keys) where !continues && text.first == "\n":
            // Who let go of what keys drag and was ahead of the line wrote in that.
            handleKey(.enter, [], now: now)
            return take(String(text.dropFirst()), continues: false, now: now)
        case .dragging, .nudging, .panel: return paste(text, isWhole: true, after: .nothing, now: now)
        case .leaving: return .cut
        }
    }

    /// Takes a paste, or a part of one.
    ///
    /// - Returns: how it stands then.
    private mutating func paste(_ text: String, isWhole: Bool, after before: Pasting, now: Instant) -> Pasting {
        endNudge(now: now)
        switch mode {
        case .typing: return paste(intoEdit: text, isWhole: isWhole, after: before, now: now)
        case _ where before == .cut: return .cut
        case .panel:
            if let isTaken = paste(intoPanel: text, isPart: !isWhole || before == .taken, now: now) { return isTaken ? .taken : .cut }
            // It is seen neither here nor there.
            if !text.isEmpty { front.notices.add("nothing is pasted while this is open: Esc closes it", as: .setting, now: now) }
            return .cut
        case .idle, .dragging, .nudging:
            return isWhole ? paste(onBoard: text, now: now) : beginPaste(onBoard: text, now: now)
        case .leaving: return .cut
        }
    }

    private mutating func askToQuit(now: Instant) {
        if let asked = quitAskedAt, now - asked <= .seconds(2) {
            outputs.append(.effect(.quit))
            return
        }
        quitAskedAt = now
        endNudge(now: now)
        settleDrag(now: now)
        // While something is typed, q is a letter.
        let isTyping = mode.panel?.takesText == true || mode.edit != nil
        front.notices.add(isTyping ? "Ctrl+C again quits" : "Ctrl+C again or q quits", as: .setting, now: now)
    }

    // MARK: One thing at a time

    /// Ends what is begun as letting go would, to make way for something else or to leave: a stroke, a text and a move by keys are given to the
    /// board; what a hand still pulls springs back (TM-19, TM-34).
    mutating func settle(now: Instant) {
        endNudge(now: now)
        settleDrawn(now: now)
        finishEdit(now: now)
        settleDrag(now: now)
    }

    /// The person leaves, and has finished.
    mutating func leave() {
        selection.stopWaiting()
        (cutting, importing) = (nil, nil)
        mode.leave()
        touch()
    }

    mutating func open(_ panel: Panel, now: Instant) {
        settle(now: now)
        mode.open(panel)
        touch()
    }

    mutating func closePanel() {
        mode.takePanel()
        touch()
    }

    mutating func pick(_ picked: Tool, now: Instant) {
        settleDrag(now: now)
        finishEdit(now: now)
        pen.pick(picked)
        toldRefusal = nil
        selection.endResizing()
        if picked != .select { selection.select([]) }
        touch()
    }
}
