import InkBoard
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
            selection.removeAll { mirror[$0] == nil }
            if let editing = edit?.existing, mirror[editing] == nil { keepEditingAlone(now: now) }
        case .accepted(let reference): settle(reference)
        case .refused(let refusal, let reference):
            settle(reference)
            editWasRefused(reference, now: now)
            // A pointer or a keystroke that comes too early or too late needs no words.
            if refusal != .noGesture { notices.add(refusal.description, now: now) }
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
                notices.add("Invites unavailable (\(reason)). Peers already here are unaffected.", now: now)
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
        guard editing.hasChanged, !editing.buffer.isEmpty else {
            edit = nil
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

    /// What was shown until its outcome is known is on the board now, or never will be.
    private mutating func settle(_ reference: UInt64?) {
        guard let reference else { return }
        asked.remove(reference)
        pending.removeAll { $0.reference == reference }
    }

    private mutating func take(_ status: PeerStatus, now: Instant) {
        let before = people.take(status)
        let known = people[status.peer]?.status.name ?? before?.status.name ?? ""
        let name = known.isEmpty ? "somebody" : known
        switch status.state {
        case .left:
            guard before?.isAnnounced == true else { return }
            notices.add(person: name, did: "left", now: now)
            if people.present.isEmpty { notices.add(isSaved ? "Only you. Everything is saved on this machine." : "Only you.", now: now) }
        case .joining: break
        case .joined, .idle, .away:
            if people[status.peer]?.joinedAt == nil { people[status.peer]?.joinedAt = now }
            announce(now: now)
            if let silent = status.silentSeconds, silent >= 6 {
                people[status.peer]?.wasLost = true
            } else if people[status.peer]?.wasLost == true, status.silentSeconds == nil {
                people[status.peer]?.wasLost = false
                notices.add("\(name) is back", now: now)
            }
        }
    }

    private mutating func announce(now: Instant) {
        for name in people.takeArrivals(now: now) {
            notices.add(person: name, did: "joined", now: now)
            isDirty = true
        }
    }

    /// True if all that stands on the board is on the disk, as far as anybody here knows.
    var isSaved: Bool { asked.isEmpty && unsavedSince == nil && edit?.unsavedSince == nil }

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
        for entry in pending { next = earliest(next, entry.until) }
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
