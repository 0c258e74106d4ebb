import InkBoard
import InkFormats
import InkPrimitives
import InkSession

/// A text being typed: into a new shape, or in place of the text of a standing one.
///
///     new ──first part given──▶ new, awaited ──it is there──▶ standing
///                                   └──it was refused──▶ new
struct TextEdit: Sendable {
    enum Target: Hashable, Sendable {
        case new
        /// True once a part of what was typed was given: what follows is the same step of undo.
        case standing(ShapeID, isBegun: Bool)
    }

    private(set) var draft: ShapeDraft
    private(set) var target: Target
    private(set) var buffer: TextBuffer
    /// What the board says of the text, of which the draft knows: what was there when it was begun, and what others wrote since and was merged in.
    private(set) var from = ""
    /// True if what another wrote was merged with letters that were not on the board, and nothing was given since.
    private var isMerged = false
    /// The same of what is on its way.
    private var isGivenMerged = false
    /// What was typed and is on its way to the board.
    private(set) var given: String?
    /// When the first and the last of what is not on the board yet was typed; nil when all of it is there, or on its way.
    private var unsaved: (since: Instant, last: Instant)?
    /// The part that is on its way, until its outcome is known.
    private(set) var awaited: UInt64?
    /// The gesture that shows it to the others; nil for none.
    var gesture: UInt64?
    /// True for a box that grows with its label.
    var grows = false
    /// True for a paste of which more comes: with its end the text is finished.
    let endsWithPaste: Bool

    /// Into a new shape.
    init(new draft: ShapeDraft, gesture: UInt64?, endsWithPaste: Bool = false) {
        (self.draft, target, buffer, self.gesture) = (draft, .new, TextBuffer(draft.text), gesture)
        self.endsWithPaste = endsWithPaste
    }

    /// In place of the text of a standing shape.
    init(of id: ShapeID, _ content: ShapeDraft) {
        (draft, target, buffer, from) = (content, .standing(id, isBegun: false), TextBuffer(content.text), content.text)
        endsWithPaste = false
    }

    /// The shape as it was given to the board last.
    var givenDraft: ShapeDraft {
        var shape = draft
        shape.text = given ?? draft.text
        return shape
    }

    var standing: ShapeID? { if case .standing(let id, _) = target { id } else { nil } }
    var hasUnsaved: Bool { unsaved != nil }
    /// True once something was typed (TM-27).
    var hasChanged: Bool { if case .standing(_, true) = target { true } else { unsaved != nil } }
    /// True if nothing of it would be seen: a text of white space alone.
    var isInvisible: Bool { draft.isInvisibleText }

    /// When what was typed is given to the board: after a pause, or after so long without one (TM-20).
    var saveAt: Instant? {
        guard let unsaved, !isInvisible, !buffer.isEmpty || standing != nil, target != .new || awaited == nil else { return nil }
        return min(unsaved.last + .seconds(2), unsaved.since + .seconds(10))
    }

    func caret(on grid: Grid) -> CellPlace { draft.caretPlace(after: buffer.caret, on: grid) }

    /// Changes the text or moves the caret; true if the text is another.
    mutating func change(now: Instant, _ body: (inout TextBuffer) -> Void) -> Bool {
        body(&buffer)
        let text = buffer.text
        guard text != draft.text else { return false }
        draft.text = text
        if grows { draft = draft.grownToLabel() }
        touch(now: now)
        return true
    }

    /// Goes on with a text that was left before what was given of it is known.
    mutating func goOn(with text: String, now: Instant) {
        guard text != draft.text else { return }
        (buffer, draft.text) = (TextBuffer(text), text)
        if grows { draft = draft.grownToLabel() }
        touch(now: now)
    }

    /// What was typed is not on the board.
    private mutating func touch(now: Instant) { unsaved = (unsaved?.since ?? now, now) }

    /// What was typed so far is on its way under a reference.
    mutating func give(as reference: UInt64?) {
        (unsaved, awaited) = (nil, reference)
        if reference == nil { from = draft.text } else { given = draft.text }
        // What was given before and is not answered was merged, too.
        (isGivenMerged, isMerged) = (reference != nil && (isGivenMerged || isMerged), false)
        if case .standing(let id, _) = target { target = .standing(id, isBegun: true) }
    }

    /// The first part is there: what follows changes that shape. Where that was a shape without words, they are a step of their own (TM-359).
    mutating func made(_ id: ShapeID) {
        target = .standing(id, isBegun: given?.isEmpty == false)
        accepted()
    }

    mutating func accepted() {
        if let given { from = given }
        (awaited, given, isGivenMerged) = (nil, nil, false)
    }

    /// The gesture by which the others see the letters.
    var shown: Gesture { if case .standing(let id, _) = target { .text(id, draft.text) } else { .shape(draft) } }

    /// What gives the text of a standing shape to the board, with what others wrote meanwhile.
    ///
    /// - Parameter isBegun: it goes on with a part that was given before.
    func intent(of id: ShapeID, isBegun: Bool) -> Intent {
        .type(id, from: given ?? from, to: draft.text, continues: isBegun, isMerged: isMerged)
    }

    /// The same for where what is on its way never came there.
    func intentAgain(of id: ShapeID, isBegun: Bool) -> Intent {
        .type(id, from: from, to: draft.text, continues: isBegun, isMerged: isMerged || isGivenMerged)
    }

    /// The part on its way was refused: it is still being typed, and is given again after the next pause.
    ///
    /// - Parameter wasBegun: whether a part before it was given.
    mutating func refused(wasBegun: Bool, now: Instant) {
        (awaited, given) = (nil, nil)
        isMerged = isMerged || isGivenMerged
        if case .standing(let id, _) = target { target = .standing(id, isBegun: wasBegun) }
        touch(now: now)
    }

    /// The shape as it stands now is what is edited. What others wrote is merged with what was typed and is not on the board (TM-27).
    mutating func follow(_ content: ShapeDraft, now: Instant) {
        var content = content
        let theirs = content.text
        content.text = draft.text
        draft = grows && hasChanged ? content.grownToLabel() : content
        // Until the answer has come the board may still say what was there before what was typed.
        guard awaited == nil, theirs != from else { return }
        let hasOwn = draft.text != from
        let merge = TextMerge(base: from, mine: draft.text, theirs: theirs, caret: buffer.caret, keepsBoth: true)
        from = theirs
        if merge.text != draft.text { buffer.replaceAll(merge.text, caret: merge.caret) }
        draft.text = merge.text
        isMerged = draft.text != theirs && (isMerged || hasOwn)
        if draft.text == theirs { unsaved = nil } else if unsaved == nil { touch(now: now) }
    }

    /// The standing shape is gone, and what was typed becomes a shape of its own.
    mutating func goOnAlone(now: Instant) {
        (target, draft.label) = (.new, "")
        touch(now: now)
    }
}

extension ShapeDraft {
    /// True for a text of white space alone, of which nothing would be seen (TM-29).
    var isInvisibleText: Bool { kind == .text && text.allSatisfy(\.isWhitespace) }
}

extension TextBuffer {
    /// Moves the caret or deletes; other keys do nothing.
    mutating func take(_ key: Key, _ modifiers: KeyModifiers) {
        let byWord = !modifiers.isDisjoint(with: [.control, .alt])
        switch key {
        case .left: moveLeft(byWord: byWord)
        case .right: moveRight(byWord: byWord)
        case .up: moveLine(-1)
        case .down: moveLine(1)
        case .home: moveToLineStart()
        case .end: moveToLineEnd()
        case .backspace: if byWord { deleteWordBackward() } else { deleteBackward() }
        case .delete: deleteForward()
        case .character("w") where modifiers == .control: deleteWordBackward()
        case .character("u") where modifiers == .control: deleteToLineStart()
        default: break
        }
    }
}
