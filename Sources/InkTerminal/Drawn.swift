import InkBoard
import InkFormats
import InkPrimitives
import InkSession

/// What becomes of a shape that was drawn a moment ago: it is what the next keys are about.
///
///     drawn ──its transaction is known──▶ selected
///       │ └──refused, or silence─────────▶ not selected
///       └──Enter, or drawn by keys───────▶ written in, before and after
extension BoardScene {
    /// Letters that come right after a draw by the mouse. They may be meant for a label, so those that would change or end something are asked
    /// for twice; those that pick a tool do so at once, for who draws one box after another (TM-102).
    ///
    /// Only the first two keys can be such a letter and the same again: later in a word letters are doubled by themselves, as in *vacuum*.
    struct LettersAfterDraw: Sendable {
        private var first: Unicode.Scalar?
        private(set) var count = 0

        mutating func take(_ letter: Unicode.Scalar) {
            if count == 0 { first = letter }
            count += 1
        }

        /// True if the letter that came last is the first, once more.
        func isAgain(_ letter: Unicode.Scalar) -> Bool { count == 2 && first == letter }
    }

    /// Gives to the board what a pointer spanned.
    ///
    /// - Parameter isByKeys: the hand is on the keyboard, so what it types next is the label (TM-358).
    mutating func give(drawn draft: ShapeDraft, told: Drag.Told, isByKeys: Bool, now: Instant) {
        let reference = give(.shape(draft), told: told, now: now)
        guard awaitDrawn(draft, reference, now: now) else { return }
        if isByKeys, let awaited = selection.awaited { beginEdit(awaited, now: now) } else { letters = LettersAfterDraw() }
    }

    /// From now on a shape is meant by the keys that is on its way to the board; false if its tool goes on drawing (TM-234, TM-100).
    @discardableResult
    mutating func awaitDrawn(_ draft: ShapeDraft, _ reference: UInt64?, now: Instant) -> Bool {
        guard let reference, pen.tool == .select else { return false }
        selection.wait(for: Selection.Awaited(reference: reference, draft: draft, until: now + Self.drawnPatience))
        // It takes the arrows from the pointer, and Enter.
        if case .keys(let place) = mode.pointer { mode.point(.resting(place)) }
        return true
    }

    /// A session that takes longer takes no key with it (TM-357).
    static let drawnPatience = Duration.seconds(5)

    // MARK: Writing in it

    /// Writes in what is selected, or will be once it is there; false where there is nothing of the kind, and Enter presses the pointer (TM-101).
    mutating func beginWriting(now: Instant) -> Bool {
        if let only = editable {
            beginEdit(existing: only, now: now)
        } else if mode.isIdle, pen.tool == .select, keyPlace == nil, let awaited = selection.awaited {
            // What is pasted must be there.
            if awaited.draft == nil { return waits(with: .input(.key(.enter, []))) }
            beginEdit(awaited, now: now)
        } else {
            return false
        }
        return true
    }

    /// Writes in a shape that is on its way: it is shown by what is written, and where it is refused, or was, it is given with that (TM-365).
    private mutating func beginEdit(_ awaited: Selection.Awaited, now: Instant) {
        guard let draft = awaited.draft, let shape = awaited.shape else { return }
        if requests[awaited.reference] == nil || requests.withdraw(awaited.reference) {
            selection.select([])
            return beginEdit(shape, now: now)
        }
        requests[awaited.reference]?.purpose = Purpose(text: .first(late: nil))
        requests[awaited.reference]?.again = nil
        beginEdit(awaited: draft, awaited.reference, goingOnWith: awaited.written, now: now)
    }

    /// Who has finished a text whose shape is still on its way may go on with it, as it was left (TM-112).
    mutating func awaitWritten(_ edit: TextEdit, _ reference: UInt64, now: Instant) {
        guard awaitDrawn(edit.givenDraft, reference, now: now) else { return }
        selection.leave(written: edit.draft.text)
    }

    // MARK: Its answer

    /// The shape is on the board, or never will be (nil); keys that waited for it do their work.
    mutating func drawnWasAnswered(_ reference: UInt64, made: [ShapeID]?, now: Instant) {
        guard let awaited = selection.awaited, awaited.reference == reference else { return }
        selection.select(made ?? [])
        if made == nil { goOn(without: awaited, now: now) } else { replay(awaited.held[...], now: now) }
        touch()
    }

    /// Waits no longer with what is held: what was written is given, and the rest goes as where no shape comes (TM-367).
    mutating func settleDrawn(now: Instant) {
        guard let awaited = selection.awaited, !awaited.held.isEmpty else { return }
        drawnWasAnswered(awaited.reference, made: nil, now: now)
    }

    private mutating func goOn(without awaited: Selection.Awaited, now: Instant) {
        let what = awaited.draft == nil ? "nothing was pasted" : "the shape did not come"
        goOn(with: awaited.held[...], awaited, without: what, now: now)
    }

    /// Goes on where a shape did not come (TM-113), or did not go: a key that was for that would do something else now, and a letter of its label
    /// anything.
    ///
    /// - Parameters:
    ///   - awaited: in which what was written is written; nil for none.
    ///   - what: why keys are left out, for the person.
    mutating func goOn(
        with waiting: ArraySlice<Selection.Held>, _ awaited: Selection.Awaited? = nil, without what: String, now: Instant
    ) {
        var held = waiting
        var tool: Tool?
        var isLost = false
        defer {
            if isLost { front.notices.add("\(what): the keys that were for it are left out", as: .setting, now: now) }
        }
        while let next = held.popFirst() {
            switch next.rest {
            case .lost:
                isLost = true
                if case .input(.key(.character(let letter), [])) = next { tool = Tool.picked(byHeld: letter, keys) ?? tool }
            case .beside: replay([next], now: now)
            case .writes(let text):
                guard let awaited, awaited.draft != nil else {
                    isLost = true
                    continue
                }
                beginEdit(awaited, now: now)
                if !text.isEmpty { type(text, now: now) }
                return replay(held, quits: false, now: now)
            case .elsewhere:
                // What is drawn there is drawn with what was picked for it.
                if let tool { pick(tool, now: now) }
                return replay([next] + held, quits: false, now: now)
            }
        }
    }

    /// Does what waited.
    ///
    /// - Parameter quits: false where it is not what was meant any more; then nothing of it ends the program.
    mutating func replay(_ held: ArraySlice<Selection.Held>, quits: Bool = true, now: Instant) {
        for each in held {
            switch each {
            case .input(let event) where holds(event): break
            case .command where waitsForCut(with: each): break
            case .input(.quitKey) where !quits && mode.takesCommands: tellHowToQuit(now: now)
            case .input(let event): handleNow(event, now: now)
            case .command(let command, let argument):
                if let complaint = run(command, argument, now: now) { front.notices.add(complaint, as: .setting, now: now) }
            }
        }
    }

    /// Nobody waits for ever.
    mutating func giveUpDrawn(now: Instant) {
        guard let awaited = selection.awaited, awaited.until <= now else { return }
        drawnWasAnswered(awaited.reference, made: nil, now: now)
    }

    /// Keeps what is done to what is selected until the shape is there that was drawn; false where none is waited for.
    mutating func waits(with held: Selection.Held) -> Bool {
        guard selection.awaited != nil, mode.isIdle else { return false }
        selection.hold(held)
        return true
    }

    /// Keeps what follows something that waits for the shape; false for what is done at once.
    mutating func holds(_ event: InputEvent) -> Bool {
        guard cutting != nil || selection.awaited?.held.isEmpty == false && mode.isIdle else { return false }
        switch event {
        case .key(.character("c"), [.control]), .focus, .answer: return false
        case .mouse(let report) where report.action == .hover: return false
        case .key, .mouse, .text, .paste: break
        }
        if waitsForCut(with: .input(event)) { return true }
        selection.hold(.input(event))
        return true
    }

    // MARK: Letters after it

    /// Anything but a key that can stand in a label ends the run of them (TM-360).
    mutating func noteLetter(_ key: Key, _ modifiers: KeyModifiers) {
        // With what selects no label begins: who presses it first selects.
        guard case .character(let scalar) = key, modifiers.isDisjoint(with: [.control, .alt]),
            keys.command(for: key, []) != .next || letters?.count != 0
        else {
            letters = nil
            return
        }
        letters?.take(scalar)
    }

    /// Asks for a letter again that may have been meant for a label; false if the key does what it does.
    mutating func asksAgain(_ key: Key, now: Instant) -> Bool {
        guard let run = letters, case .character(let scalar) = key, let harm = harm(of: scalar) else { return false }
        // Who copies what was just drawn does nothing else before.
        guard !run.isAgain(scalar), keys.command(for: key, []) != .copy || run.count > 1 else {
            letters = nil
            return false
        }
        let writes = editable != nil || selection.awaited != nil ? "Enter writes in it; " : ""
        front.notices.add(writes + (run.count == 1 ? "\(scalar) again \(harm.does)" : harm.otherwise), as: .setting, now: now)
        return true
    }

    /// What a letter does that nobody wants who is typing a word, and what does so that is no letter; nil for what does no harm (TM-102).
    private func harm(of letter: Unicode.Scalar) -> (does: String, otherwise: String)? {
        // While something is selected they move it, whatever else they are for.
        if "jHJKL".unicodeScalars.contains(letter) { return ("moves", "arrows move") }
        guard let command = keys.command(for: .character(letter), []), let does = Self.harm(of: command) else { return nil }
        let others = keys.strokes(of: command).lazy.filter { if case .key(.character) = $0 { false } else { true } }
        switch command {
        case .quit: return (does, "Ctrl+C twice quits")
        case .mouse: return (does, "Esc, then \(letter) \(does)")
        case .front, .back, .forward, .backward: return (does, ":front, :back, :forward and :backward order")
        default: return (does, "\(others.first?.word ?? ":" + command.name) \(does)")
        }
    }

    private static func harm(of command: BoardCommand) -> String? {
        switch command {
        case .delete: "deletes"
        case .duplicate: "duplicates"
        case .undo: "undoes"
        case .mouse: "switches the mouse off"
        case .quit: "quits"
        case .copy: "copies"
        case .cut: "cuts"
        case .paste: "pastes"
        case .front, .back, .forward, .backward: "orders"
        case .lookHere: "asks all to look"
        case .snap: "switches snap"
        case .follow: "follows"
        default: nil
        }
    }
}

extension Tool {
    /// The tool that a letter picks while something is selected: `h`, `k` and `l` move that.
    fileprivate static func picked(byHeld letter: Unicode.Scalar, _ keys: KeyMap) -> Tool? {
        guard !("hjklHJKL").unicodeScalars.contains(letter), let command = keys.command(for: .character(letter), []) else { return nil }
        return allCases.first { $0.command == command }
    }
}
