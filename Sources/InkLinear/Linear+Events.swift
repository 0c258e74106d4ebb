import InkBoard
import InkFrontEnd
import InkPrimitives
import InkSession

/// What is told of what happens: one line an event, nothing twice, and nothing of what only moves (LN-7).
extension Linear {
    mutating func hear(_ event: Event, now: Instant) {
        switch event {
        case .ready:
            _ = front.take(event, holdsUnsaved: false, now: now)
            if me == nil { ask(.board) }
        case .changed(let changes, let reference): hear(changes, reference, event, now: now)
        case .outcome(let reference, let outcome): if isRunning(reference) { hear(outcome, now: now) }
        case .cursor(let source, let samples):
            pointers[source.peer] = samples.last?.position
            _ = front.take(event, holdsUnsaved: false, now: now)
        case .peer(let status):
            if status.state == .left { pointers[status.peer] = nil }
            pass(event, now: now)
            tellLoss(of: status)
            lookAgain()
        case .sync(let status):
            pass(event, now: now)
            if let words = saving.take(status, now: now) { write(words) }
            lookAgain()
        case .lookHere:
            _ = front.take(event, holdsUnsaved: false, now: now)
            if let call = front.takeCall() {
                let box = call.box
                let extent = "\(Cells.columnWords(box.right - box.left)) by \(Cells.rowWords(box.bottom - box.top))"
                write("\(Sentence.asksToLook(call.name).text): \(extent) at \(Cells.columnWords(box.left)),\(Cells.rowWords(box.top))")
            }
        case .chat(let message, let reference):
            pass(event, now: now)
            // What our person said in another program.
            if message.author == front.me, !isRunning(reference) { write(Sentence.said("you", message.text).text) }
        case .chatState(let message):
            pass(event, now: now)
            if case .failed(let refusal)? = message.state { write("your message is not sent: \(refusal): \(message.text)") }
        case .chatPage(let page, let reference): if isRunning(reference) { tell(page) }
        case .invited(let news, let reference): if isRunning(reference) { running?.invited = news }
        case .rights:
            firstRole = nil
            pass(event, now: now)
        case .view:
            _ = front.take(event, holdsUnsaved: false, now: now)
            // By another session somebody comes again in the state that he had, of which nothing is told.
            lookAgain()
        case .gesture, .typing, .typingEnded: _ = front.take(event, holdsUnsaved: false, now: now)
        case .rendezvous, .tokens, .rejected, .fork, .textMerged, .restoring, .duplicateDevice, .meeting, .knownName, .identity,
            .versionMismatch,
            .notAdmitted, .chatsGone, .code, .calm:
            pass(event, now: now)
        case .stopped: break
        }
    }

    /// What the front end says of an event is told (LN-17).
    private mutating func pass(_ event: Event, now: Instant) {
        _ = front.take(event, holdsUnsaved: false, now: now)
        tellNotices()
    }

    // MARK: Shapes

    var sentences: ShapeSentences {
        let numbers = numbers
        return ShapeSentences { numbers.known($0) }
    }

    private mutating func hear(_ changes: [ShapeChange], _ reference: UInt64?, _ event: Event, now: Instant) {
        // A line may be told before what it is bound to: all get their numbers first.
        if me != nil { for change in changes { numbers.note(change.shape) } }
        let told = changes.map { ShapeSentences.Change(change: $0, before: before($0)) }
        _ = front.take(event, holdsUnsaved: false, now: now)
        guard me != nil else { return }
        if isRunning(reference) {
            running?.changes += told
            return
        }
        // One event may hold what several did: a merge, or a picture that is made anew.
        for author in Set(changes.map(\.author)).sorted() {
            let own = told.filter { $0.change.author == author }
            if storms.tells(own.map(\.change), of: author, now: now) { write(sentences.sentence(front.name(of: author), own)) }
        }
    }

    /// The shape as it stood, of a line what is stored of it.
    private func before(_ change: ShapeChange) -> Shape? {
        guard change.kind == .changed, var shape = front.board[change.id] else { return nil }
        if let content = front.board.stored(change.id) { shape.content = content }
        return shape
    }

    // MARK: Outcomes

    private mutating func hear(_ outcome: Outcome, now: Instant) {
        switch outcome {
        case .refused(let refusal): fail(words(of: refusal))
        case .skipped(let skipped):
            tellWork()
            answer(Sentence.skipped(skipped.count).text)
        case .done:
            // The link of an invite has the place of the board's own.
            if running?.invited != nil {
                running?.stage = .awaitingAnswer
                return ask(.invite)
            }
            let hasWork = running?.changes.isEmpty == false
            tellWork()
            guard let running, !hasWork, !running.wasTold else { return finish() }
            answer(running.done.isEmpty ? "done: nothing had to be changed" : running.done)
        }
    }

    /// Tells what the line under way has changed.
    private mutating func tellWork() {
        guard let running, !running.changes.isEmpty else { return }
        let how =
            switch running.command {
            case .undo: "undone: "
            case .redo: "redone: "
            default: ""
            }
        write(how + sentences.sentence("you", running.changes) + running.more)
    }

    private func words(of refusal: Refusal) -> String {
        switch refusal {
        case .nothingToUndo: "there is nothing to undo: all that you did is taken back, or nothing of it stands"
        case .nothingToRedo: "there is nothing to redo: only what was taken back last can be done again"
        default: Sentence.refused(refusal).text
        }
    }

    // MARK: People

    /// That somebody is not heard is said once; that he is back the front end says.
    private mutating func tellLoss(of status: PeerStatus) {
        guard let person = front.people[status.peer], front.people.lost.contains(where: { $0.status.peer == status.peer }) else {
            lost.remove(status.peer)
            return
        }
        guard lost.insert(status.peer).inserted else { return }
        let name = front.people.name(of: person)
        write(Sentence.lost([name], seconds: status.silentSeconds ?? 0, unsent: front.sync?.unsent ?? 0).text)
    }

    /// What is waited for may have come.
    private mutating func lookAgain() { if case .waiting? = running?.stage { ask(.status) } }
}
