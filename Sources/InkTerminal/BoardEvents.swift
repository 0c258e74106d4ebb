import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession

/// What happens elsewhere, and time.
extension BoardScene {
    mutating func handle(_ event: Event, now: Instant) {
        isDirty = true
        switch event {
        case .ready(_, let me):
            self.me = me
            isReady = true
        case .changed(let changes, let reference):
            for change in changes { mirror.apply(change) }
            settle(reference)
            editWasMade(changes, reference)
            selection = selection.filter { mirror[$0] != nil }
            if let editing = edit?.existing, mirror[editing] == nil { keepEditingAlone(now: now) }
            followEdited()
        case .accepted(let reference): settle(reference)
        case .refused(let refusal, let reference):
            let isKnown = keepRefused(refusal, reference, now: now)
            editWasRefused(reference, now: now)
            settle(reference)
            if case .diskRefuses(let reason) = refusal {
                if !isKnown { notices.add(Self.words(ofDisk: reason), as: .disk, now: now) }
            } else if refusal != .noGesture {
                // A pointer or a keystroke that comes too early or too late needs no words.
                notices.add(refusal.description, now: now)
            }
        case .skipped(let shapes, let reference):
            settle(reference)
            notices.add("skipped \(shapes.count == 1 ? "a shape" : "\(shapes.count) shapes") that somebody changed since", now: now)
        case .peer(let status): take(status, now: now)
        case .gesture(let peer, let gesture): people[peer]?.gesture = gesture
        case .settling(let peer, let gestures): people[peer]?.settling = gestures
        case .cursor(let peer, let point):
            people[peer]?.cursor = point
            people[peer]?.movedAt = now
        case .typing: isDirty = false
        case .chat(let message):
            if message.author != me { notices.add("\(name(of: message.author)): \(message.text)", now: now) }
        case .sync(let status):
            if status.isSaved { unsavedSince = nil } else if unsavedSince == nil { unsavedSince = now }
            if status.unsent == 0 { unsentSince = nil } else if unsentSince == nil { unsentSince = now }
            sync = status
        case .rendezvous(let status):
            if case .unreachable(let reason) = status, rendezvous != status, people.present.isEmpty == false {
                let why = safeForTerminal(reason, columnsMax: 60)
                notices.add("Invites unavailable (\(why)). Peers already here are unaffected.", as: .invites, now: now)
            }
            rendezvous = status
        case .rejected(let author, let rule):
            notices.add("refused something of \(author.map(name(of:)) ?? "a stranger"): \(rule)", now: now)
        case .fork(let author, _):
            notices.add("\(name(of: author)) sent two different versions of one change: both are kept, their key may be copied", now: now)
        case .versionMismatch(let theirs, let ours):
            notices.add(
                "somebody runs protocol \(theirs), this is \(ours): no connection comes of it; the older side should update", now: now)
        case .stopped: outputs.append(.effect(.stopped))
        }
    }

    /// The shape whose text is being edited is gone. What was typed is not: it goes on as a shape of its own.
    private mutating func keepEditingAlone(now: Instant) {
        guard var editing = edit else { return }
        guard editing.hasChanged, !editing.buffer.isEmpty, !editing.isInvisible else {
            edit = nil
            if editing.isLive { ask(.cancel) }
            notices.add("somebody deleted the shape whose text you were editing", now: now)
            return
        }
        (editing.existing, editing.isBegun, editing.draft.label) = (nil, false, "")
        editing.typed(now: now)
        if !editing.isLive { ask(.begin(.shape(editing.draft))) }
        editing.isLive = true
        edit = editing
        notices.add("somebody deleted the shape: what you typed becomes a new one", now: now)
    }

    /// What stands is what is edited, where nothing was typed that is not on the board: others may write and move it meanwhile.
    private mutating func followEdited() {
        guard var editing = edit, let id = editing.existing, var content = mirror[id]?.content else { return }
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

    /// The reason first: it is what is wrong, and the path before it may be longer than the screen is wide.
    private static func words(ofDisk reason: String) -> String {
        let parts = reason.split(separator: ": ", omittingEmptySubsequences: true)
        guard parts.count > 1, let last = parts.last else { return Refusal.diskRefuses(reason).description }
        return Refusal.diskRefuses("\(last) - \(parts.dropLast().joined(separator: ": "))").description
    }

    /// What was shown until its outcome is known is on the board now, or never will be.
    private mutating func settle(_ reference: UInt64?) {
        guard let reference else { return }
        asked.remove(reference)
        if edit?.saving?.reference == reference { edit?.saving = nil }
        pending.removeAll { $0.reference == reference }
    }

    private mutating func take(_ status: PeerStatus, now: Instant) {
        let before = people.take(status)
        let known = people[status.peer]?.status.name ?? before?.status.name ?? ""
        let name = known.isEmpty ? "somebody" : known
        switch status.state {
        case .left:
            guard before?.isAnnounced == true else { return }
            notices.add(person: name, .left, now: now)
            if people.present.isEmpty { notices.add(isSaved ? "Only you. Everything is saved on this machine." : "Only you.", now: now) }
        case .joining: break
        case .joined, .idle, .away:
            if people[status.peer]?.joinedAt == nil { people[status.peer]?.joinedAt = now }
            announce(now: now)
            if let silent = status.silentSeconds, silent >= 6 {
                people[status.peer]?.wasLost = true
            } else if people[status.peer]?.wasLost == true, status.silentSeconds == nil {
                people[status.peer]?.wasLost = false
                notices.add(person: name, .back, now: now)
            }
        }
    }

    private mutating func announce(now: Instant) {
        for name in people.takeArrivals(now: now) {
            notices.add(person: name, .joined, now: now)
            isDirty = true
        }
    }

    /// True if all that stands on the board is on the disk, as far as anybody here knows.
    var isSaved: Bool { asked.isEmpty && unsavedSince == nil && edit?.unsavedSince == nil && !hasRefused }

    /// True while something that the disk refused waits to be taken.
    var hasRefused: Bool { pending.contains(where: \.isKept) }

    /// A person's name for a sentence; unsanitised, like all names until they are drawn.
    func name(of author: AuthorID) -> String {
        if author == me { return "you" }
        let person = people.present.first { $0.person.status.author == author }?.person
        return person.map { $0.status.name.isEmpty ? "somebody" : $0.status.name } ?? "somebody"
    }

    // MARK: Time

    /// When the picture changes by itself.
    func deadline(now: Instant) -> Instant? {
        var next = earliest(notices.deadline, people.deadline)
        for (_, person) in people.present where person.cursor != nil {
            for age in [Self.chipTime, Self.dimTime, Self.goneTime] where person.movedAt + age > now {
                next = earliest(next, person.movedAt + age)
                break
            }
        }
        for entry in pending { next = earliest(next, entry.againAt ?? entry.until) }
        next = earliest(next, earliest(nudge?.until, edit?.saveAt))
        for since in [unsavedSince, unsentSince].compactMap({ $0 }) where since + Self.patience > now {
            next = earliest(next, since + Self.patience)
        }
        return next
    }

    /// Lets time pass.
    mutating func handleTimeout(now: Instant) {
        if notices.expire(now: now) { isDirty = true }
        announce(now: now)
        if let nudge, nudge.until <= now { endNudge(now: now) }
        if let saveAt = edit?.saveAt, saveAt <= now { saveEdit(now: now) }
        let before = pending.count
        pending.removeAll { $0.until <= now }
        askAgain(now: now)
        if pending.count != before { isDirty = true }
        // Cursors age and words of patience appear; the picture is compared, so a needless look costs no bytes.
        isDirty = isDirty || people.present.contains { $0.person.cursor != nil } || unsavedSince != nil || unsentSince != nil
    }

    /// A name chip stands by a moving pointer only.
    static let chipTime = Duration.seconds(3)
    static let dimTime = Duration.seconds(30)
    static let goneTime = Duration.seconds(60)
    /// What is sent sooner than this needs no words, and what is not saved by then needs loud ones.
    static let patience = Duration.milliseconds(700)
}
