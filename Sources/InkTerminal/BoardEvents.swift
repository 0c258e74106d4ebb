import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession

/// What happens elsewhere, and time.
extension BoardScene {
    mutating func handle(_ event: Event, now: Instant) {
        isDirty = true
        _ = front.take(event, holdsUnsaved: holdsUnsaved, now: now)
        switch event {
        case .changed(let changes, let reference):
            for change in changes { regions.apply(change) }
            settle(reference)
            editWasMade(changes, reference)
            selection = selection.filter { front.board[$0] != nil }
            if let editing = edit?.existing, front.board[editing] == nil { keepEditingAlone(now: now) }
            followEdited()
        case .outcome(let reference, .done), .outcome(let reference, .skipped): settle(reference)
        case .outcome(let reference, .refused(let refusal)):
            let isKnown = keepRefused(refusal, reference, now: now)
            editWasRefused(reference, now: now)
            settle(reference)
            if case .diskRefuses = refusal {
                if !isKnown { front.notices.add(.refused(refusal), as: .disk, now: now) }
            } else if refusal != .noGesture {
                // A pointer or a keystroke that comes too early or too late needs no words.
                front.notices.add(.refused(refusal), now: now)
            }
        case .stopped: outputs.append(.effect(.stopped))
        case .typing: isDirty = false
        case .ready, .peer, .gesture, .cursor, .chat, .sync, .rendezvous, .rejected, .fork, .versionMismatch: break
        }
    }

    /// The shape whose text is being edited is gone. What was typed is not: it goes on as a shape of its own.
    private mutating func keepEditingAlone(now: Instant) {
        guard var editing = edit else { return }
        guard editing.hasChanged, !editing.buffer.isEmpty, !editing.isInvisible else {
            edit = nil
            if editing.isLive { ask(.cancel) }
            front.notices.add(.textDeleted, now: now)
            return
        }
        (editing.existing, editing.isBegun, editing.draft.label) = (nil, false, "")
        editing.typed(now: now)
        if !editing.isLive { ask(.begin(.shape(editing.draft))) }
        editing.isLive = true
        edit = editing
        front.notices.add(.textGoesOn, now: now)
    }

    /// What stands is what is edited, where nothing was typed that is not on the board: others may write and move it meanwhile.
    private mutating func followEdited() {
        guard var editing = edit, let id = editing.existing, var content = front.board[id]?.content else { return }
        // While an answer is awaited the board may still hold what was there before what was typed.
        if editing.unsavedSince == nil, asked.isEmpty {
            if content.text != editing.draft.text { editing.buffer.replaceAll(content.text) }
        } else {
            content.text = editing.draft.text
        }
        editing.draft = content
        edit = editing
    }

    /// Keeps what the disk refused, to ask again; true if its refusal was told before.
    ///
    /// A gesture whose beginning the disk refused is not there when it ends: what it drew is asked for at once.
    private mutating func keepRefused(_ refusal: Refusal, _ reference: UInt64?, now: Instant) -> Bool {
        let isDisk = if case .diskRefuses = refusal { true } else { false }
        guard isDisk || refusal == .noGesture, let reference,
            let index = pending.firstIndex(where: { $0.reference == reference && $0.again != nil })
        else { return false }
        let isKnown = pending[index].isRefused
        guard pending[index].isKept || pending.count(where: \.isKept) < Self.refusedMax else { return false }
        (pending[index].reference, pending[index].until) = (nil, .distantFuture)
        pending[index].againAt = isDisk ? now + Self.refusedInterval : now
        if isDisk { pending[index].isRefused = true }
        return isKnown
    }

    /// Asks again for what the disk refused.
    private mutating func askAgain(now: Instant) {
        for index in pending.indices {
            guard let at = pending[index].againAt, at <= now, let again = pending[index].again else { continue }
            pending[index].againAt = nil
            pending[index].until = now + Self.pendingTime
            pending[index].reference = ask(again)
        }
    }

    /// What was shown until its outcome is known is on the board now, or never will be.
    private mutating func settle(_ reference: UInt64?) {
        guard let reference else { return }
        asked.remove(reference)
        if edit?.saving?.reference == reference { edit?.saving = nil }
        pending.removeAll { $0.reference == reference }
    }

    /// True if something waits here that the session has not taken.
    private var holdsUnsaved: Bool { !asked.isEmpty || edit?.unsavedSince != nil || hasRefused }

    /// True while something that the disk refused waits to be taken.
    var hasRefused: Bool { pending.contains(where: \.isKept) }

    // MARK: Time

    /// When the picture changes by itself.
    func deadline(now: Instant) -> Instant? {
        var next = front.deadline(now: now)
        for (_, person) in front.people.present where person.cursor != nil {
            for age in [Self.chipTime, Self.dimTime, Self.goneTime] where person.movedAt + age > now {
                next = earliest(next, person.movedAt + age)
                break
            }
        }
        for entry in pending { next = earliest(next, entry.againAt ?? entry.until) }
        next = earliest(next, earliest(nudge?.until, edit?.saveAt))
        return next
    }

    /// Lets time pass.
    mutating func handleTimeout(now: Instant) {
        if front.handleTimeout(now: now) { isDirty = true }
        if let nudge, nudge.until <= now { endNudge(now: now) }
        if let saveAt = edit?.saveAt, saveAt <= now { saveEdit(now: now) }
        let before = pending.count
        pending.removeAll { $0.until <= now }
        askAgain(now: now)
        if pending.count != before { isDirty = true }
        // Cursors age; the picture is compared, so a needless look costs no bytes.
        isDirty = isDirty || front.people.present.contains { $0.person.cursor != nil }
    }

    /// A name chip stands by a moving pointer only.
    static let chipTime = Duration.seconds(3)
    static let dimTime = Duration.seconds(30)
    static let goneTime = Duration.seconds(60)
}
