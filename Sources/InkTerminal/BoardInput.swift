import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession

/// Where what a person does enters a board: keys, mouse, pastes, and what the terminal tells.
extension BoardScene {
    /// Takes what one read brought. Text that comes in one piece is typed in one piece: a paste without marks is as long as it likes.
    mutating func handle(_ events: [InputEvent], now: Instant) {
        var rest = events[...]
        while let event = rest.first {
            let typed = mode.edit == nil ? "" : Self.text(at: rest)
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
        switch event {
        case .answer(let answer): take(answer)
        case .focus(let isGained): if !isGained { point(at: nil, now: now) }
        case .key, .mouse, .paste:
            // Who leaves does nothing more to the board.
            if mode.isLeaving { handleLeaving(event) } else { act(event, now: now) }
        }
    }

    private mutating func act(_ event: InputEvent, now: Instant) {
        switch event {
        case .mouse(let report):
            if report.action != .hover { endNudge(now: now) }
            handle(report, now: now)
        case .key(let key, let modifiers):
            touch()
            handle(key, modifiers, now: now)
        case .paste(let text):
            touch()
            endNudge(now: now)
            paste(text, now: now)
        case .focus, .answer: break
        }
    }

    private mutating func take(_ answer: TerminalAnswer) {
        guard case .background(let red, let green, let blue) = answer else { return }
        // Rec. 601 luma of the paper.
        display.isDark = 299 * Int(red) + 587 * Int(green) + 114 * Int(blue) < 128_000
        redraw(.soon)
    }

    /// What is asked for now comes too late for the board.
    private mutating func handleLeaving(_ event: InputEvent) {
        if event == .key(.character("q"), []) || event == .key(.character("c"), [.control]) { outputs.append(.effect(.quit)) }
    }

    private mutating func handle(_ key: Key, _ modifiers: KeyModifiers, now: Instant) {
        if key == .character("c"), modifiers == [.control] { return askToQuit(now: now) }
        switch mode {
        case .typing: handleEdit(key, modifiers, now: now)
        case .panel: if !handlePanel(key, modifiers, now: now) { handleKey(key, modifiers, now: now) }
        case .nudging:
            if key == .escape, nudgeStep(key, modifiers) == nil { return cancelNudge(now: now) }
            if nudgeStep(key, modifiers) == nil { endNudge(now: now) }
            handleKey(key, modifiers, now: now)
        case .idle, .dragging: handleKey(key, modifiers, now: now)
        case .leaving: break
        }
    }

    private mutating func paste(_ text: String, now: Instant) {
        switch mode {
        case .typing: paste(intoEdit: text, now: now)
        case .panel(.chat(var chat), _):
            chat.paste(text)
            mode.open(.chat(chat))
        case .idle, .dragging, .nudging, .panel: paste(onBoard: text, now: now)
        case .leaving: break
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
        let isTyping = if case .panel(.chat, _) = mode { true } else { mode.edit != nil }
        front.notices.add(isTyping ? "Ctrl+C again quits" : "Ctrl+C again or q quits", as: .setting, now: now)
    }

    // MARK: One thing at a time

    /// Ends what is begun as letting go would, to make way for something else or to leave: a stroke, a text and a move by keys are given to the
    /// board; what a hand still pulls springs back.
    mutating func settle(now: Instant) {
        endNudge(now: now)
        finishEdit(now: now)
        settleDrag(now: now)
    }

    /// The person leaves, and has finished.
    mutating func leave() {
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
        selection.endResizing()
        if picked != .select { selection.select([]) }
        touch()
    }
}
