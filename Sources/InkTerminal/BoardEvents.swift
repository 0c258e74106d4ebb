import InkBoard
import InkFrontEnd
import InkPrimitives
import InkSession

/// What happens elsewhere, and time.
extension BoardScene {
    mutating func handle(_ event: Event, now: Instant) {
        front.showsChats = seesTalk
        if front.take(event, holdsUnsaved: holdsUnsaved, now: now) { redraw(.soon) }
        if offer.take(event, now: now) { redraw(.soon) }
        switch event {
        case .changed(let changes, let reference):
            for change in front.redrawn { regions.apply(change) }
            if isFinding { words.take(changes.count, front.redrawn, front.board, regions) } else { words.drop() }
            if let reference {
                // It stands on the board.
                requests[reference]?.purpose.overlay = nil
                let made = changes.filter { $0.kind == .added }.map(\.id)
                if requests[reference]?.purpose.pasted != nil {
                    requests[reference]?.purpose.pasted? += made
                } else if let first = made.first {
                    drawingBecameText(first, reference)
                    textWasMade(first, reference, now: now)
                    drawnWasAnswered(reference, made: made, now: now)
                }
            }
            selection.keep { front.board[$0] != nil }
            followGroups()
            followEdited(now: now)
        case .outcome(let reference, let outcome):
            take(outcome, of: reference, now: now)
            goOnImporting(now: now)
        case .stopped: outputs.append(.effect(.stopped))
        case .chat(let message, _):
            if message.author == front.me {
                if !seesTalk { front.notices.add("you: \(message.text)", now: now) }
            } else {
                extraBytes += alerts.tell(
                    front.name(of: message.author), message.text, isNamed: Mention.names(front.ownName, in: message.text),
                    title: TerminalApp.titleWords(front.name, display.style), unread: front.chats.unread.count)
            }
            readTalk()
            redraw(.soon)
        case .peer:
            followMotion(now: now)
            fetchMembers(now: now)
        case .rights:
            toldRefusal = nil
            fetchMembers(now: now)
        case .typing: changePeople(now: now) { _ in }
        case .gesture, .cursor: followMotion(now: now)
        case .view:
            followMotion(now: now)
            if display.showsMinimap { redraw(.soon) }
        case .lookHere: tellCall(now: now)
        case .ready: beginSession()
        case .typingEnded, .chatState, .chatPage, .sync, .rendezvous, .tokens, .rejected, .fork, .textMerged, .restoring, .duplicateDevice,
            .meeting,
            .knownName, .notAdmitted, .versionMismatch, .invited, .code, .chatsGone, .calm, .identity:
            break
        }
    }

    /// What was shown until its outcome is known is on the board now, or never will be, or waits for the disk (TM-28).
    private mutating func take(_ outcome: Outcome, of reference: UInt64, now: Instant) {
        let answer = requests.take(outcome, of: reference, now: now)
        if talk.answered(reference) { redraw(.soon) }
        // What is still asked has a word in the status, and may be seen. A gesture that began as it should has not.
        if answer?.request.intent.isWork == true || outcome != .done { redraw(.soon) }
        if case .lookHere? = answer?.request.intent, outcome == .done {
            front.notices.add("all who are here are asked to look at what you see", as: .setting, now: now)
        }
        switch answer?.request.intent {
        case .grant, .remove: fetchMembers(now: now)
        case .verify(let device, let isVerified):
            // Also of one who was verified before, by another name: that is no news to those who watch him.
            if isVerified, outcome == .done { front.settleClaim(of: device, isVerified: true, now: now) }
            fetchMembers(now: now)
        default: break
        }
        let refusal: Refusal? = if case .refused(let refusal) = outcome { refusal } else { nil }
        if let part = answer?.request.purpose.text {
            // What is asked again is the whole text.
            if answer?.isKept == true { requests[reference]?.purpose.text = nil }
            textWasAnswered(part, reference, isRefused: refusal != nil, now: now)
        }
        if refusal == nil, let words = answer?.request.purpose.told { front.notices.add(words, as: .setting, now: now) }
        if let pasted = answer?.request.purpose.pasted {
            return pasteWasAnswered(pasted, reference, refusal, now: now)
        }
        // A draw whose gesture was not there is asked for again at once, and is waited for still (TM-366).
        if answer?.isKept != true || refusal != .noGesture { drawnWasAnswered(reference, made: nil, now: now) }
        guard let refusal else { return }
        if let said = answer?.request.purpose.said { sayWasRefused(said, refusal, now: now) }
        gestureWasRefused(reference)
        // One that is asked again and again is told once.
        if answer?.isKept != true || answer?.request.wasRefused != true { tell(refusal, now: now) }
    }

    /// All of a paste is there, in however many parts, and selected; or none of it.
    private mutating func pasteWasAnswered(_ made: [ShapeID], _ reference: UInt64, _ refusal: Refusal?, now: Instant) {
        // Before keys that have waited mean it.
        if refusal == nil { drawingWasPasted(made, reference) }
        drawnWasAnswered(reference, made: refusal == nil ? made : nil, now: now)
        if let refusal { tell(refusal, now: now) }
    }

    private mutating func tell(_ refusal: Refusal, now: Instant) {
        // A pointer or a keystroke that comes too early or too late needs no words.
        guard refusal != .noGesture else { return }
        // What stays so until somebody changes it is said once in a use of a tool (TM-312).
        if refusal.stays {
            if let told = toldRefusal, told.refusal == refusal, now < told.at + Self.refusalPause { return }
            toldRefusal = (refusal, now)
        }
        redraw(.soon)
        let isDisk = if case .diskRefuses = refusal { true } else { false }
        front.notices.add(.refused(refusal), as: isDisk ? .disk : nil, now: now)
    }

    private static let refusalPause = Duration.seconds(60)

    /// A gesture that was refused goes on here alone.
    private mutating func gestureWasRefused(_ reference: UInt64) {
        switch mode {
        case .dragging(var drag, let hand) where drag.told == .live(reference):
            drag.told = .refused
            mode.begin(drag, by: hand)
        case .nudging(var nudge, _) where nudge.told == .live(reference):
            nudge.told = .refused
            mode.begin(nudge)
        case .typing(var edit, _) where edit.gesture == reference:
            edit.gesture = nil
            mode.begin(edit)
        case .idle, .dragging, .nudging, .typing, .panel, .leaving: break
        }
    }

    /// True if something waits here that the session has not taken (TM-21).
    private var holdsUnsaved: Bool { requests.isAwaiting || requests.keptCount > 0 || mode.edit?.hasUnsaved == true }

    // MARK: Time

    /// When the picture changes by itself.
    func deadline(now: Instant) -> Instant? {
        var next = earliest(front.deadline(now: now), requests.deadline(now: now))
        next = earliest(next, earliest(motionAt, agingDeadline(now: now)))
        if mode.sheet?.subject == .connection { next = earliest(next, front.ways.nextChange(after: now)) }
        if case .panel(.people, _) = mode { next = earliest(earliest(next, compared.deadline), front.people.nextDoing(after: now)) }
        next = earliest(next, nextCodeSecond(after: now))
        next = earliest(next, earliest(selection.awaited?.until, earliest(cutting?.until, importing?.until)))
        return earliest(next, earliest(mode.nudge?.until, mode.edit?.saveAt))
    }

    /// Lets time pass.
    mutating func handleTimeout(now: Instant) {
        if front.handleTimeout(now: now) { redraw(.soon) }
        if mode.sheet?.subject == .connection { redraw(.soon) }
        changePeople(now: now) { _ in }
        if case .panel(.invite, _) = mode, offer.code != nil { redraw(.soon) }
        if let nudge = mode.nudge, nudge.until <= now { endNudge(now: now) }
        saveEdit(now: now)
        giveUpDrawn(now: now)
        giveUpCut(now: now)
        goOnImporting(now: now)
        if let due = requests.deadline(now: .distantPast), due <= now { redraw(.soon) }
        for (intent, reference, before) in requests.handleTimeout(now: now) {
            outputs.append(.intent(intent, reference: reference))
            if case .draw(let draft) = intent { selection.follow(before, as: reference, draft) }
        }
        followMotion(now: now)
    }
}

extension Refusal {
    /// True for one that would be the same the next moment: of our role, or of a lock.
    fileprivate var stays: Bool {
        switch self {
        case .notAllowed, .noRight, .calm(.locked): true
        default: false
        }
    }
}
