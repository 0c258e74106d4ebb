import InkBoard
import InkPrimitives
import InkTransport

// What the person wants becomes presence while it moves, and one transaction when it ends.
extension Node {
    mutating func handle(_ intent: Intent, of asker: Asker, now: Instant) {
        precondition(work.seats[asker.frontEnd] != nil, "\(asker.frontEnd) asks before it has attached")
        guard !phase.isEnding else {
            // Another program asks again of whoever takes the board over.
            guard phase.quitting?.handsOver == true, asker.frontEnd != .holder else { return refuse(intent, .leaving, asker) }
            return
        }
        presence.touched(by: asker.frontEnd, isByHand: intent.isByHand, now: now)
        if let refusal = refusesPace(of: intent, now: now) { return refuse(intent, refusal, asker) }
        guard !holds(intent, now: now) else {
            guard !work.isFull else { return refuse(intent, .ownHistoryMissing, asker) }
            return hold(HeldIntent(intent: intent, asker: asker), now: now)
        }
        take(intent, of: asker, now: now)
    }

    /// Keeps an intent for when own work that may be on its way is here.
    mutating func hold(_ intent: HeldIntent, now: Instant) {
        beginDoubt(now: now)
        work.hold(intent)
    }

    /// Something waits for the words of others: from here on their time runs.
    mutating func beginDoubt(now: Instant) {
        if work.isWithoutDoubt, awaitsWords(now: now) { work.beginDoubt(now: now) }
    }

    /// A further program of ours takes part: it is told what the others have been told before (SE-28).
    mutating func attach(_ frontEnd: FrontEndID, strand: Strand, now: Instant) {
        precondition(frontEnd != .holder, "the holder's front end is there from the beginning")
        work.attach(frontEnd, strand: strand)
        presence.attach(frontEnd)
        let it = Audience.only(frontEnd)
        if let board, isReady { tell(.ready(board.id, me: author, role: role), to: it) }
        tell(.rendezvous(rendezvousStatus), to: it)
        if introductions.tokens.isAsked { tell(.tokens(.asked), to: it) }
        for peer in roster.peers {
            if let told = roster.people[peer]?.told { tell(.peer(told), to: it) }
        }
        for news in identities { tell(.identity(news), to: it) }
        showAllPresence(to: it)
        if let told = status.told { tell(.sync(told), to: it) }
        if let pace = slowMode.told, pace.milliseconds > 0 {
            tell(.calm(.pace(milliseconds: UInt32(clamping: pace.milliseconds), by: pace.by)), to: it)
        }
    }

    /// A program of ours has gone: what its hand still holds is work (SE-28), and its history of undo stays for when it comes back.
    mutating func detach(_ frontEnd: FrontEndID, now: Instant) {
        precondition(frontEnd != .holder, "the holder's front end goes with its node")
        if gesture(of: frontEnd) != nil { take(.commit, of: Asker(frontEnd: frontEnd, reference: nil), now: now) }
        work.detach(frontEnd)
        inviteKeys.detach(frontEnd)
        follow(codes.detach(frontEnd), now: now)
        presence.detach(frontEnd, now: now)
    }

    /// True for what has to wait until own work that may be on its way is here, or waits behind what does. Hands move on meanwhile: only what they
    /// finish waits (SE-25).
    private func holds(_ intent: Intent, now: Instant) -> Bool {
        switch intent {
        case .cursor, .laser, .view, .lookHere, .typing, .attention, .begin, .extend, .update, .cancel, .commit, .verify: false
        case .draw, .drawAll, .change, .set, .setAll, .setEach, .amend, .type, .move, .resize, .delete, .undo, .redo, .say, .rename,
            .invite, .grant, .remove, .calm, .readChat, .resend:
            mustHold(now: now)
        }
    }

    /// True while what is finished has to wait (SE-282).
    func mustHold(now: Instant) -> Bool { !work.held.isEmpty || rights.isJoining || awaitsWords(now: now) || isAdopting(now: now) }

    /// Own work whose extent a peer has not told us yet, or of which it says to have more and has not shown it, may be newer than our files: the
    /// first change of a process waits for that, for one moment in all. Words alone cannot stop us for longer, whoever says them (SE-20).
    private func awaitsWords(now: Instant) -> Bool {
        guard isReady, work.mayDoubt(now: now) else { return false }
        let own = board?.contiguousSequence(of: author) ?? 0
        return neighbours.values.contains { $0.owesReceipt(now: now) || ($0.receipts.theirs ?? 0) > own }
    }

    mutating func releaseHeld(now: Instant) {
        guard !work.held.isEmpty, !rights.isJoining, !awaitsWords(now: now), !isAdopting(now: now) else { return }
        takeHeld(now: now)
    }

    /// What waited is taken in the order in which it came.
    mutating func takeHeld(now: Instant) {
        for intent in work.takeHeld() {
            work.seat(intent)
            take(intent, now: now)
            work.unseat(intent)
        }
        work.forgetDeparted()
    }

    private mutating func take(_ waiting: HeldIntent, now: Instant) {
        guard waiting.isFinished else { return take(waiting.intent, of: waiting.asker, now: now) }
        do {
            try perform(waiting.intent, continuing: waiting.continued, isBegun: true, of: waiting.asker, now: now)
            if waiting.asker.frontEnd == .holder, gesture(of: .holder) == nil { forgetJournal() }
            answer(.done, waiting.asker)
        } catch {
            answer(.refused(error), waiting.asker)
        }
    }

    mutating func take(_ intent: Intent, of asker: Asker, now: Instant) {
        do throws(Refusal) {
            if let outcome = try carryOut(intent, of: asker, now: now) { answer(outcome, asker) }
        } catch {
            refuse(intent, error, asker)
        }
    }

    /// Does what is asked and tells its effects. The outcome, or nil where none is due yet.
    private mutating func carryOut(_ intent: Intent, of asker: Asker, now: Instant) throws(Refusal) -> Outcome? {
        let frontEnd = asker.frontEnd
        try checkPace(of: intent, asker, now: now)
        switch intent {
        case .cursor(let point):
            presence.point(at: point, by: frontEnd, now: now)
            return nil
        case .laser(let isOn):
            presence.shine(isOn, by: frontEnd, now: now)
            return nil
        case .view(let box):
            presence.see(box.flatMap { $0.isOnBoard ? $0 : nil }, by: frontEnd)
            return nil
        case .lookHere(let box):
            guard isReady else { throw .notReady }
            guard box.isOnBoard else { throw .badValue(field: "x") }
            guard presence.look(at: box, now: now) else { throw .tooSoon }
        case .typing:
            presence.typing(now: now)
            return nil
        case .attention(let attending):
            presence.attend(attending, by: frontEnd, now: now)
            followAttention()
            return nil
        case .extend(let points):
            try extend(points, of: frontEnd, now: now)
            return nil
        case .update(let gesture):
            guard let number = presence.hands[frontEnd]?.live?.number else { return nil }
            noteOrigin(of: gesture, frontEnd)
            if presence.update(gesture, by: frontEnd, now: now) {
                showOwn(.updated(gesture, at: .milliseconds(now.wholeMilliseconds)), number: number, of: frontEnd)
            } else {
                // To those who watch it is another gesture.
                endPresence(of: frontEnd, .cancelled)
                beginPresence(gesture, of: frontEnd, now: now)
            }
            return nil
        case .begin(let gesture):
            try begin(gesture, of: asker, now: now)
            return nil
        case .cancel:
            guard let gesture = gesture(of: frontEnd) else { throw .noGesture }
            endGesture(of: frontEnd, end(of: gesture, by: frontEnd), .done)
        case .commit: return try commit(of: asker, now: now)
        case .amend(let shape, let changes):
            try perform(.set(shape, changes), continuing: work.step(on: shape, of: frontEnd), of: asker, now: now)
        case .type(let shape, _, _, let continues, _):
            try perform(intent, continuing: continues ? work.step(on: shape, of: frontEnd) : nil, of: asker, now: now)
        case .draw, .drawAll, .change, .set, .setAll, .setEach, .move, .resize, .delete: try perform(intent, of: asker, now: now)
        case .undo: return try restore(isRedo: false, of: asker, now: now)
        case .redo: return try restore(isRedo: true, of: asker, now: now)
        case .say(let text): try say(text, of: asker, now: now)
        case .resend(let name): try resend(name, of: asker, now: now)
        case .readChat(let order):
            let page = try page(order)
            tell(.chatPage(page, ref: asker.reference), to: .only(asker.frontEnd))
        case .rename(let name):
            guard name.utf8.count <= Limits.nameBytes else { throw .badValue(field: "name") }
            try perform(of: asker, now: now) { _, author throws(RuleViolation) in try Board.writes(naming: name, by: author) }
            displayName = name
        case .invite(let order):
            try invite(order, of: asker, now: now)
            return nil
        case .grant(let device, let role): try grant(role, to: device, of: asker, now: now)
        case .remove(let order): try remove(order, of: asker, now: now)
        case .calm(let order): return try calm(order, of: asker, now: now)
        case .verify(let device, let isVerified): try verify(device, isVerified, now: now)
        }
        return .done
    }

    mutating func answer(_ outcome: Outcome, _ asker: Asker) {
        if let reference = asker.reference { tell(.outcome(ref: reference, outcome), to: .only(asker.frontEnd)) }
    }

    /// What only moves has no outcome of its own: what cannot be taken ends its gesture (SE-24).
    private mutating func refuse(_ intent: Intent, _ refusal: Refusal, _ asker: Asker) {
        guard intent.isMotion else { return answer(.refused(refusal), asker) }
        if gesture(of: asker.frontEnd) != nil { endGesture(of: asker.frontEnd, .cancelled, .refused(refusal)) }
    }
}

extension Refusal {
    /// A rule of the board, as a person is told of it (SE-328).
    init(_ violation: RuleViolation) {
        self =
            switch violation {
            case .noSuchShape: .noSuchShape
            case .badValue(let field): .badValue(field: field)
            case .tooLarge: .tooLarge
            case .ownHistoryMissing: .ownHistoryMissing
            case .beyondEdge: .beyondEdge
            case .locked: .calm(.locked)
            case .right(.notAllowed(.editor)): .notOwner
            case .right(.notAllowed(let role)): .notAllowed(role)
            case .right(.rightEnded), .right(.unknownRight), .right(.rightOfAnother): .noRight
            case .right(.targetNotJunior): .senior
            default: .brokenRule("\(violation)")
            }
    }
}
