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
        presence.touched(now: now)
        guard !holds(intent, now: now) else {
            guard !work.isFull else { return refuse(intent, .ownHistoryMissing, asker) }
            return hold(HeldIntent(intent: intent, asker: asker), now: now)
        }
        take(intent, of: asker, now: now)
    }

    /// Keeps an intent for when own work that may be on its way is here.
    private mutating func hold(_ intent: HeldIntent, now: Instant) {
        beginDoubt(now: now)
        work.hold(intent)
    }

    /// Something waits for the words of others: from here on their time runs.
    mutating func beginDoubt(now: Instant) {
        if work.isWithoutDoubt, awaitsWords(now: now) { work.beginDoubt(now: now) }
    }

    /// A further program of ours takes part: it is told what the others have been told before.
    mutating func attach(_ frontEnd: FrontEndID, strand: Strand, now: Instant) {
        precondition(frontEnd != .holder, "the holder's front end is there from the beginning")
        work.attach(frontEnd, strand: strand)
        presence.attach(frontEnd)
        let it = Audience.only(frontEnd)
        if let board, isReady { tell(.ready(board.id, me: author), to: it) }
        tell(.rendezvous(rendezvousStatus), to: it)
        for peer in roster.peers {
            if let told = roster.people[peer]?.told { tell(.peer(told), to: it) }
        }
        showAllPresence(to: it)
        if let told = status.told { tell(.sync(told), to: it) }
    }

    /// A program of ours has gone: what its hand still holds is work, and its history of undo stays for when it comes back.
    mutating func detach(_ frontEnd: FrontEndID, now: Instant) {
        precondition(frontEnd != .holder, "the holder's front end goes with its node")
        if gesture(of: frontEnd) != nil { take(.commit, of: Asker(frontEnd: frontEnd, reference: nil), now: now) }
        work.detach(frontEnd)
        presence.detach(frontEnd, now: now)
    }

    /// True for what has to wait until own work that may be on its way is here, or waits behind what does. Hands move on meanwhile: only what they
    /// finish waits (SE-25).
    private func holds(_ intent: Intent, now: Instant) -> Bool {
        switch intent {
        case .cursor, .laser, .view, .lookHere, .typing, .begin, .extend, .update, .cancel, .commit: false
        case .draw, .drawAll, .change, .set, .setAll, .setEach, .amend, .type, .move, .resize, .delete, .undo, .redo, .say, .rename:
            mustHold(now: now)
        }
    }

    /// True while what is finished has to wait.
    func mustHold(now: Instant) -> Bool { !work.held.isEmpty || awaitsWords(now: now) || isAdopting(now: now) }

    /// Own work whose extent a peer has not told us yet, or of which it says to have more and has not shown it, may be newer than our files: the
    /// first change of a process waits for that, for one moment in all. Words alone cannot stop us for longer, whoever says them (SE-20).
    private func awaitsWords(now: Instant) -> Bool {
        guard isReady, work.mayDoubt(now: now) else { return false }
        let own = board?.contiguousSequence(of: author) ?? 0
        return neighbours.values.contains { $0.owesReceipt(now: now) || ($0.receipts.theirs ?? 0) > own }
    }

    mutating func releaseHeld(now: Instant) {
        guard !work.held.isEmpty, !awaitsWords(now: now), !isAdopting(now: now) else { return }
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
        case .say(let text):
            guard !text.isEmpty, text.utf8.count <= Limits.chatBytes else { throw .badValue(field: "text") }
            try perform(of: asker, now: now) { _, author throws(RuleViolation) in try Board.writes(saying: text, by: author) }
        case .rename(let name):
            guard name.utf8.count <= Limits.nameBytes else { throw .badValue(field: "name") }
            try perform(of: asker, now: now) { _, author throws(RuleViolation) in try Board.writes(naming: name, by: author) }
            displayName = name
        }
        return .done
    }

    private mutating func answer(_ outcome: Outcome, _ asker: Asker) {
        if let reference = asker.reference { tell(.outcome(ref: reference, outcome), to: .only(asker.frontEnd)) }
    }

    /// What only moves has no outcome of its own: what cannot be taken ends its gesture.
    private mutating func refuse(_ intent: Intent, _ refusal: Refusal, _ asker: Asker) {
        guard intent.isMotion else { return answer(.refused(refusal), asker) }
        if gesture(of: asker.frontEnd) != nil { endGesture(of: asker.frontEnd, .cancelled, .refused(refusal)) }
    }

    // Gestures.

    /// What a hand of ours is doing; nil for nothing.
    func gesture(of frontEnd: FrontEndID) -> Gesture? { presence.hands[frontEnd]?.live?.gesture }

    private mutating func begin(_ gesture: Gesture, of asker: Asker, now: Instant) throws(Refusal) {
        guard isReady else { throw .notReady }
        if let reason = saves.refusal { throw .diskRefuses(reason) }
        if self.gesture(of: asker.frontEnd) != nil { endGesture(of: asker.frontEnd, .cancelled, .done) }
        beginPresence(gesture, of: asker.frontEnd, now: now)
        work.gestureBegan(of: asker)
        endpoint.setActivity(.drawing)
    }

    /// Ends the gesture under way here and at the others, and tells its own program so under the reference that it began with.
    private mutating func endGesture(of frontEnd: FrontEndID, _ end: EndedGesture.Outcome, _ outcome: Outcome) {
        let asker = Asker(frontEnd: frontEnd, reference: work.seats[frontEnd]?.gestureReference)
        endPresence(of: frontEnd, end)
        work.gestureEnded(of: frontEnd)
        answer(outcome, asker)
    }

    /// How a gesture ends that its hand takes back: without a trace, but for a text of which a part stands already. Its letters are shown until
    /// that part has come.
    private func end(of gesture: Gesture, by frontEnd: FrontEndID) -> EndedGesture.Outcome {
        guard case .text(let shape, _) = gesture, let typed = work.seats[frontEnd]?.lastTyped else { return .cancelled }
        guard typed.shape == shape else { return .cancelled }
        return .committed(sequence: typed.sequence)
    }

    /// Shows a gesture that begins to the others and to our own other programs.
    private mutating func beginPresence(_ gesture: Gesture, of frontEnd: FrontEndID, now: Instant) {
        presence.begin(gesture, by: frontEnd, now: now)
        noteOrigin(of: gesture, frontEnd)
        guard let number = presence.hands[frontEnd]?.live?.number else { return }
        showOwn(.began(gesture, at: .milliseconds(now.wholeMilliseconds)), number: number, of: frontEnd)
    }

    /// Remembers what a hand began from, of what it changes and others may change meanwhile.
    private mutating func noteOrigin(of gesture: Gesture, _ frontEnd: FrontEndID) {
        let shape: ShapeID? =
            switch gesture {
            case .resize(let id, _, _), .text(let id, _): id
            case .stroke, .shape, .move, .pull: nil
            }
        guard shape != work.seats[frontEnd]?.origin?.id else { return }
        work.gesture(of: frontEnd, beganFrom: shape.flatMap { board?.shape($0) })
    }

    /// Shows to the others and to our own other programs that a gesture has ended.
    private mutating func endPresence(of frontEnd: FrontEndID, _ end: EndedGesture.Outcome) {
        guard let number = presence.hands[frontEnd]?.live?.number else { return }
        presence.end(end, by: frontEnd)
        // What waits is on the disk until it is written.
        if frontEnd == .holder, !work.holdsFinished(of: .holder) { forgetJournal() }
        let shown: GestureEnd =
            switch end {
            case .committed(let sequence): .committed(results(of: author)(sequence) ?? [])
            case .cancelled: .cancelled
            }
        showOwn(.ended(shown), number: number, of: frontEnd)
    }

    private mutating func extend(_ points: [Point], of frontEnd: FrontEndID, now: Instant) throws(Refusal) {
        var rest = points[...]
        while !rest.isEmpty {
            // No copy of the stroke is held here: it would be copied whole with each sample.
            guard let live = presence.hands[frontEnd]?.live?.strokeExtent else { return }
            let room = max(Self.room(after: live), live.count == 0 ? 1 : 0)
            if room > 0 {
                append(rest.prefix(room), of: frontEnd, now: now)
                rest = rest.dropFirst(room)
                continue
            }
            guard case .stroke(let draft)? = gesture(of: frontEnd) else { return }
            // The stroke is full: it is committed, and goes on from its last point as another.
            var next = draft
            next.position = draft.position + (draft.points.last ?? .zero)
            next.points = [.zero]
            // A label names one shape.
            next.label = ""
            // The piece belongs to the gesture: its program is told of it under the reference that it began with.
            let piece = Asker(frontEnd: frontEnd, reference: work.seats[frontEnd]?.gestureReference)
            let (sequence, began) = (try finish(.draw(draft), of: piece, isPiece: true, now: now), work.seats[frontEnd]?.gestureBegan)
            endPresence(of: frontEnd, sequence.map { .committed(sequence: $0) } ?? .cancelled)
            let first = began ?? sequence.flatMap { board?.transaction(of: author, sequence: $0)?.name }
            work.gesture(of: frontEnd, tookFirst: first)
            beginPresence(.stroke(next), of: frontEnd, now: now)
        }
    }

    /// Gives the disk what was drawn of the stroke under way.
    mutating func journalStroke() {
        let record = work.journal.record(of: gesture(of: .holder), isRefused: saves.refusal != nil)
        if let record { saves.append(record) }
    }

    /// The stroke has ended: what it became goes to the disk before this.
    mutating func forgetJournal() {
        if let record = work.journal.forget() { saves.append(record) }
    }

    private mutating func append(_ points: ArraySlice<Point>, of frontEnd: FrontEndID, now: Instant) {
        presence.extend(points, by: frontEnd, now: now)
        // Programs that attached remember their own gesture, and ask again for it.
        if frontEnd == .holder { work.journal.drew(now: now) }
        guard work.seats.count > 1, let number = presence.hands[frontEnd]?.live?.number else { return }
        let at = Duration.milliseconds(now.wholeMilliseconds)
        showOwn(.appended(points.map { TimedPoint(at: at, position: $0) }), number: number, of: frontEnd)
    }

    /// How many points more the stroke may take: by the limit of points, and by what fits a transaction where they are far apart.
    private static func room(after stroke: (bytesMax: Int, count: Int)) -> Int {
        max(0, min(Limits.pointsPerStroke - stroke.count, (strokeBytes - stroke.bytesMax) / PointsCodec.pointBytesMax))
    }

    /// Points of one transaction, bytes; what is left is room for everything else that it holds.
    private static let strokeBytes = Limits.transactionBytes - 2048

    private mutating func commit(of asker: Asker, now: Instant) throws(Refusal) -> Outcome? {
        guard let gesture = gesture(of: asker.frontEnd) else { throw .noGesture }
        let isLate = mustHold(now: now)
        do {
            let sequence = try finish(intent(finishing: gesture, of: asker.frontEnd), of: asker, now: now)
            endGesture(of: asker.frontEnd, sequence.map { .committed(sequence: $0) } ?? .cancelled, .done)
        } catch {
            endGesture(of: asker.frontEnd, .cancelled, .done)
            throw error
        }
        return isLate ? nil : .done
    }

    private func intent(finishing gesture: Gesture, of frontEnd: FrontEndID) -> Intent {
        let origin = work.seats[frontEnd]?.origin
        switch gesture {
        case .stroke(let draft), .shape(let draft): return .draw(draft)
        case .move(let shapes, let by): return .move(shapes, by: by)
        case .resize(let shape, let position, let size):
            // Only what the hand changed, by as much as it did: others may have moved the shape meanwhile (SE-51).
            guard let before = origin?.content else { return .set(shape, [.position(position), .size(size)]) }
            return .resize(
                shape, by: position - before.position,
                growing: Point(
                    clampingX: Int64(size.width) - Int64(before.size.width), y: Int64(size.height) - Int64(before.size.height)))
        case .pull(let shape, let draft):
            // The line's place is left alone: who moves the line meanwhile moves this, too.
            var changes = [PropertyChange.points(draft.points)]
            guard let standing = board?.shape(shape)?.content else { return .set(shape, changes) }
            if draft.startBinding != standing.startBinding { changes.append(.startBinding(draft.startBinding)) }
            if draft.endBinding != standing.endBinding { changes.append(.endBinding(draft.endBinding)) }
            return .set(shape, changes)
        case .text(let shape, let text):
            let from = origin?.content.text ?? ""
            return .type(shape, from: from, to: text ?? from, continues: work.seats[frontEnd]?.lastTyped?.shape == shape)
        }
    }

    /// Gives the board what a hand has finished. It was begun when it could be taken: it waits for the disk with the rest, and for own work that
    /// is on its way back, and is not thrown away. Its sequence; nil where it changed nothing, or waits.
    ///
    /// - Parameter isPiece: the hand goes on, and nobody waits for an outcome yet.
    private mutating func finish(_ intent: Intent, of asker: Asker, isPiece: Bool = false, now: Instant) throws(Refusal) -> UInt64? {
        // A piece of a stroke that was too long for one transaction names the first: one step of undo in all.
        let first = work.seats[asker.frontEnd]?.gestureBegan
        guard !mustHold(now: now) else {
            var asker = asker
            if isPiece { asker.reference = nil }
            hold(HeldIntent(intent: intent, asker: asker, isFinished: true, continued: first), now: now)
            return nil
        }
        return try perform(intent, continuing: first, isBegun: true, of: asker, now: now)
    }

    // Transactions.

    /// Turns a finished wish into transactions, mostly one: where it concerns more shapes than one holds, the others go on with the first. The
    /// sequence of the last, or nil where there was nothing to write.
    ///
    /// - Parameter first: the transaction that began the gesture which it goes on with.
    @discardableResult
    private mutating func perform(
        _ intent: Intent, continuing first: TransactionName? = nil, isBegun: Bool = false, of asker: Asker, now: Instant
    ) throws(Refusal) -> UInt64? {
        if case .type(let shape, let from, let to, _, let isMerged) = intent {
            return try type(to, over: from, in: shape, isMerged: isMerged, continuing: first, isBegun: isBegun, of: asker, now: now)
        }
        let number = work.nextShapeNumber
        return try perform(continuing: first, isBegun: isBegun, of: asker, now: now) { board, author throws(RuleViolation) in
            try board.writes(for: intent, by: author, from: number)
        }
    }

    @discardableResult
    mutating func perform(
        continuing first: TransactionName? = nil, isBegun: Bool = false, of asker: Asker, now: Instant,
        _ writes: (Board, AuthorID) throws(RuleViolation) -> [Write]
    ) throws(Refusal) -> UInt64? {
        guard isReady else { throw .notReady }
        let planned = try plan { board, author throws(RuleViolation) in
            try board.parts(of: writes(board, author), by: author)
        }
        if let reason = saves.refusal, !isBegun { throw .diskRefuses(reason) }
        var (began, last): (TransactionName?, UInt64?) = (first, nil)
        for part in planned {
            let step = began.map { Board.writes(continuing: $0, by: author) } ?? []
            let transaction = try write(part + step, of: asker, now: now)
            (began, last) = (began ?? transaction.name, transaction.sequence)
        }
        return last
    }

    /// A function of its own: a copy of the board that lived on would be copied whole by the write that follows.
    func plan<Plan>(_ body: (Board, AuthorID) throws(RuleViolation) -> Plan) throws(Refusal) -> Plan {
        guard let board else { throw .notReady }
        do throws(RuleViolation) {
            return try body(board, author)
        } catch {
            throw Refusal(error)
        }
    }

    /// True while own work that somebody has, and we lost, is on its way back: what we wrote now would contradict it.
    func isAdopting(now: Instant) -> Bool {
        work.adoption.isUnderWay(
            own: board?.contiguousSequence(of: author) ?? 0, isWaiting: board?.hasWaitingWork(of: author) ?? false, now: now)
    }

    /// Says when own work begins to come back, and when all of it is here, or waited for in vain.
    mutating func followAdoption(now: Instant) {
        let change = work.followAdoption(
            own: board?.contiguousSequence(of: author) ?? 0, isWaiting: board?.hasWaitingWork(of: author) ?? false, now: now)
        if let isUnderWay = change { tell(.restoring(isUnderWay: isUnderWay)) }
    }

    /// Signs and inserts one own transaction, and hands it to the disk; from there it goes to the others.
    @discardableResult
    mutating func write(_ writes: [Write], of asker: Asker, now: Instant) throws(Refusal) -> Transaction {
        let (transaction, outcome) = try author(writes, of: asker, strand: work.seats[asker.frontEnd]?.strand ?? .common, now: now)
        work.did(writes, transaction.name, by: asker.frontEnd)
        took(outcome, of: asker, now: now)
        return transaction
    }

    /// As `write`, but what it changed is left to be told.
    mutating func author(
        _ writes: [Write], of asker: Asker, strand: Strand, now: Instant
    ) throws(Refusal) -> (Transaction, InsertOutcome) {
        // Here we sign: whatever wants to write must not contradict what is on its way back (SE-91).
        guard !isAdopting(now: now) else { throw .ownHistoryMissing }
        let authored: (Transaction, InsertOutcome)?
        do {
            // In place: a copy of the board held here would be copied whole by the write.
            let (key, time, mayFork) = (identity, clock.time(now: now), work.adoption.isGivenUp(now: now))
            authored = try board?.author(writes, key: key, wallTime: time, strand: strand, mayFork: mayFork)
        } catch {
            throw Refusal(error)
        }
        guard let (transaction, outcome) = authored else { throw .notReady }
        work.authored(writes, transaction)
        saves.append(.transaction(transaction))
        if strand != .common { saves.append(.request(transaction.name, strand: strand, reference: asker.reference)) }
        takeBackSaved()
        return (transaction, outcome)
    }

    private mutating func restore(isRedo: Bool, of asker: Asker, now: Instant) throws(Refusal) -> Outcome {
        guard isReady else { throw .notReady }
        let strand = work.seats[asker.frontEnd]?.strand ?? .common
        guard let plan = isRedo ? board?.redoWrites(of: author, in: strand) : board?.undoWrites(of: author, in: strand) else {
            throw isRedo ? .nothingToRedo : .nothingToUndo
        }
        if let reason = saves.refusal { throw .diskRefuses(reason) }
        for part in plan.parts { try write(part, of: asker, now: now) }
        return plan.skipped.isEmpty ? .done : .skipped(plan.skipped)
    }
}

extension Refusal {
    /// A rule of the board, as a person is told of it.
    init(_ violation: RuleViolation) {
        self =
            switch violation {
            case .noSuchShape: .noSuchShape
            case .badValue(let field): .badValue(field: field)
            case .tooLarge: .tooLarge
            case .ownHistoryMissing: .ownHistoryMissing
            case .beyondEdge: .beyondEdge
            default: .brokenRule("\(violation)")
            }
    }
}
