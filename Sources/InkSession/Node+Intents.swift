import InkBoard
import InkPrimitives
import InkTransport

// What the person wants becomes presence while it moves, and one transaction when it ends.
extension Node {
    mutating func handle(_ intent: Intent, of asker: Asker, now: Instant) {
        precondition(seats[asker.frontEnd] != nil, "\(asker.frontEnd) asks before it has attached")
        guard quitAt == nil else {
            // Another program asks again of whoever takes the board over.
            guard handsOver, asker.frontEnd != .holder else { return refuse(intent, .leaving, asker) }
            return
        }
        presence.touched(now: now)
        guard !holds(intent, now: now) else {
            guard held.count < Self.heldMax else { return refuse(intent, .ownHistoryMissing, asker) }
            return held.append(HeldIntent(intent: intent, asker: asker))
        }
        take(intent, of: asker, now: now)
    }

    /// A further program of ours takes part: it is told what the others have been told before.
    mutating func attach(_ frontEnd: FrontEndID, strand: Strand, now: Instant) {
        precondition(frontEnd != .holder, "the holder's front end is there from the beginning")
        seats[frontEnd] = Seat(strand: strand)
        presence.attach(frontEnd)
        let it = Audience.only(frontEnd)
        if let board, isReady { tell(.ready(board.id, me: author), to: it) }
        tell(.rendezvous(rendezvousStatus), to: it)
        for peer in people.keys.sorted() {
            if let told = people[peer]?.told { tell(.peer(told), to: it) }
        }
        showAllPresence(to: it)
        if let toldStatus { tell(.sync(toldStatus), to: it) }
    }

    /// A program of ours has gone: what its hand still holds is work, and its history of undo stays for when it comes back.
    mutating func detach(_ frontEnd: FrontEndID, now: Instant) {
        precondition(frontEnd != .holder, "the holder's front end goes with its node")
        let waiting = held.filter { $0.asker.frontEnd == frontEnd }
        held.removeAll { $0.asker.frontEnd == frontEnd }
        for intent in waiting { take(intent, now: now) }
        if gesture(of: frontEnd) != nil { take(.commit, of: Asker(frontEnd: frontEnd, reference: nil), now: now) }
        seats[frontEnd] = nil
        presence.detach(frontEnd, now: now)
    }

    /// Own work whose extent a peer has not told us yet may be newer than our files: the first change of a process waits for that, and what
    /// comes after it waits behind it. Pointing and typing do not.
    private func holds(_ intent: Intent, now: Instant) -> Bool {
        switch intent {
        case .cursor, .typing: return false
        default: return !held.isEmpty || awaitsReceipts(now: now)
        }
    }

    private func awaitsReceipts(now: Instant) -> Bool {
        guard isReady, !hasWritten else { return false }
        return neighbours.values.contains { $0.owesReceipt(now: now) }
    }

    mutating func releaseHeld(now: Instant) {
        guard !held.isEmpty, !awaitsReceipts(now: now) else { return }
        // What a hand finished while own work was on its way back waits for all of it.
        guard held.allSatisfy({ !$0.isFinished }) || !isAdopting(now: now) else { return }
        let waiting = held
        held = []
        for intent in waiting { take(intent, now: now) }
    }

    private mutating func take(_ waiting: HeldIntent, now: Instant) {
        guard waiting.isFinished else { return take(waiting.intent, of: waiting.asker, now: now) }
        do {
            try perform(waiting.intent, with: waiting.continuation, isBegun: true, of: waiting.asker, now: now)
            answer(.done, waiting.asker)
        } catch {
            answer(.refused(error), waiting.asker)
        }
    }

    private static let heldMax = 10_000

    private mutating func take(_ intent: Intent, of asker: Asker, now: Instant) {
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
        case .typing:
            presence.typing(now: now)
            return nil
        case .extend(let points):
            try extend(points, of: frontEnd, now: now)
            return nil
        case .update(let gesture):
            guard let number = presence.hands[frontEnd]?.live?.number else { return nil }
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
            guard gesture(of: frontEnd) != nil else { throw .noGesture }
            endGesture(of: frontEnd, .cancelled, .done)
        case .commit: return try commit(of: asker, now: now)
        case .amend(let shape, let changes):
            let step = seats[frontEnd]?.lastStep.flatMap { $0.shapes.contains(shape) ? $0.first : nil }
            try perform(.set(shape, changes), with: step.map { Board.writes(continuing: $0, by: author) } ?? [], of: asker, now: now)
        case .draw, .drawAll, .set, .setAll, .move, .delete: try perform(intent, of: asker, now: now)
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
    private func gesture(of frontEnd: FrontEndID) -> Gesture? { presence.hands[frontEnd]?.live?.gesture }

    private mutating func begin(_ gesture: Gesture, of asker: Asker, now: Instant) throws(Refusal) {
        guard isReady else { throw .notReady }
        guard !isAdopting(now: now) else { throw .ownHistoryMissing }
        if let reason = saves.refusal { throw .diskRefuses(reason) }
        if self.gesture(of: asker.frontEnd) != nil { endGesture(of: asker.frontEnd, .cancelled, .done) }
        beginPresence(gesture, of: asker.frontEnd, now: now)
        seats[asker.frontEnd]?.gestureReference = asker.reference
        seats[asker.frontEnd]?.gestureBegan = nil
        endpoint.setActivity(.drawing)
    }

    /// Ends the gesture under way here and at the others, and tells its own program so under the reference that it began with.
    private mutating func endGesture(of frontEnd: FrontEndID, _ end: EndedGesture.Outcome, _ outcome: Outcome) {
        let asker = Asker(frontEnd: frontEnd, reference: seats[frontEnd]?.gestureReference)
        endPresence(of: frontEnd, end)
        seats[frontEnd]?.gestureReference = nil
        seats[frontEnd]?.gestureBegan = nil
        answer(outcome, asker)
    }

    /// Shows a gesture that begins to the others and to our own other programs.
    private mutating func beginPresence(_ gesture: Gesture, of frontEnd: FrontEndID, now: Instant) {
        presence.begin(gesture, by: frontEnd, now: now)
        guard let number = presence.hands[frontEnd]?.live?.number else { return }
        showOwn(.began(gesture, at: .milliseconds(now.wholeMilliseconds)), number: number, of: frontEnd)
    }

    /// Shows to the others and to our own other programs that a gesture has ended.
    private mutating func endPresence(of frontEnd: FrontEndID, _ end: EndedGesture.Outcome) {
        guard let number = presence.hands[frontEnd]?.live?.number else { return }
        presence.end(end, by: frontEnd)
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
            let piece = Asker(frontEnd: frontEnd, reference: nil)
            let (sequence, began) = (try finish(.draw(draft), of: piece, now: now), seats[frontEnd]?.gestureBegan)
            endPresence(of: frontEnd, sequence.map { .committed(sequence: $0) } ?? .cancelled)
            let first = began ?? sequence.flatMap { board?.transactions(of: author, sequence: $0).first?.name }
            seats[frontEnd]?.gestureBegan = first
            beginPresence(.stroke(next), of: frontEnd, now: now)
        }
    }

    private mutating func append(_ points: ArraySlice<Point>, of frontEnd: FrontEndID, now: Instant) {
        presence.extend(points, by: frontEnd, now: now)
        guard seats.count > 1, let number = presence.hands[frontEnd]?.live?.number else { return }
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
        let isLate = isAdopting(now: now)
        do {
            let sequence = try finish(Self.intent(finishing: gesture), of: asker, now: now)
            endGesture(of: asker.frontEnd, sequence.map { .committed(sequence: $0) } ?? .cancelled, .done)
        } catch {
            endGesture(of: asker.frontEnd, .cancelled, .done)
            throw error
        }
        return isLate ? nil : .done
    }

    private static func intent(finishing gesture: Gesture) -> Intent {
        switch gesture {
        case .stroke(let draft), .shape(let draft): .draw(draft)
        case .move(let shapes, let by): .move(shapes, by: by)
        case .resize(let shape, let position, let size): .set(shape, [.position(position), .size(size)])
        }
    }

    /// Gives the board what a hand has finished. It was begun when it could be taken: it waits for the disk with the rest, and for own work that
    /// is on its way back, and is not thrown away. Its sequence; nil where it changed nothing, or waits.
    private mutating func finish(_ intent: Intent, of asker: Asker, now: Instant) throws(Refusal) -> UInt64? {
        // A piece of a stroke that was too long for one transaction names the first: one step of undo in all.
        let continuation = seats[asker.frontEnd]?.gestureBegan.map { Board.writes(continuing: $0, by: author) } ?? []
        guard !isAdopting(now: now) else {
            held.append(HeldIntent(intent: intent, asker: asker, isFinished: true, continuation: continuation))
            return nil
        }
        return try perform(intent, with: continuation, isBegun: true, of: asker, now: now)
    }

    // Transactions.

    /// Turns a finished wish into one transaction. Its sequence, or nil where there was nothing to write.
    @discardableResult
    private mutating func perform(
        _ intent: Intent, with more: [Write] = [], isBegun: Bool = false, of asker: Asker, now: Instant
    ) throws(Refusal) -> UInt64? {
        try perform(isBegun: isBegun, of: asker, now: now) { board, author throws(RuleViolation) in
            try board.writes(for: intent, by: author) + more
        }
    }

    @discardableResult
    mutating func perform(
        isBegun: Bool = false, of asker: Asker, now: Instant, _ writes: (Board, AuthorID) throws(RuleViolation) -> [Write]
    ) throws(Refusal) -> UInt64? {
        guard isReady else { throw .notReady }
        let planned = try plan(writes)
        if let reason = saves.refusal, !isBegun { throw .diskRefuses(reason) }
        guard !isAdopting(now: now) else { throw .ownHistoryMissing }
        return try write(planned, of: asker, now: now)
    }

    /// A function of its own: a copy of the board that lived on would be copied whole by the write that follows.
    private func plan(_ writes: (Board, AuthorID) throws(RuleViolation) -> [Write]) throws(Refusal) -> [Write] {
        guard let board else { throw .notReady }
        do throws(RuleViolation) {
            return try writes(board, author)
        } catch {
            throw Refusal(error)
        }
    }

    /// True while own work that somebody has, and we lost, is on its way back: what we wrote now would contradict it.
    func isAdopting(now: Instant) -> Bool { adoption.isUnderWay(own: board?.contiguousSequence(of: author) ?? 0, now: now) }

    /// Signs and inserts one own transaction, and hands it to the disk; from there it goes to the others. Its sequence.
    @discardableResult
    mutating func write(_ writes: [Write], of asker: Asker, now: Instant) throws(Refusal) -> UInt64? {
        guard !writes.isEmpty else { return nil }
        let authored: (Transaction, InsertOutcome)?
        do {
            // In place: a copy of the board held here would be copied whole by the write.
            let (key, time, strand) = (identity, wallTime(now: now), seats[asker.frontEnd]?.strand ?? .common)
            authored = try board?.author(writes, key: key, wallTime: time, strand: strand)
        } catch {
            throw Refusal(error)
        }
        guard let (transaction, outcome) = authored else { throw .notReady }
        hasWritten = true
        unsavedOwn.insert(transaction.name)
        noteStep(writes, transaction.name, of: asker.frontEnd)
        saves.append(.transaction(transaction))
        if let strand = seats[asker.frontEnd]?.strand, strand != .common {
            saves.append(.request(transaction.name, strand: strand, reference: asker.reference))
        }
        takeBackSaved()
        took(outcome, of: asker, now: now)
        return transaction.sequence
    }

    /// Remembers what a program did last, for what may go on with it.
    private mutating func noteStep(_ writes: [Write], _ name: TransactionName, of frontEnd: FrontEndID) {
        let shapes = Set(writes.map(\.target).filter { $0.number > 0 })
        if writes.contains(where: { $0.property == .continuation }) {
            seats[frontEnd]?.lastStep?.shapes.formUnion(shapes)
        } else {
            let takesBack = writes.contains { $0.property == .undo || $0.property == .redo }
            seats[frontEnd]?.lastStep = takesBack ? nil : (name, shapes)
        }
    }

    private mutating func restore(isRedo: Bool, of asker: Asker, now: Instant) throws(Refusal) -> Outcome {
        guard isReady else { throw .notReady }
        let strand = seats[asker.frontEnd]?.strand ?? .common
        guard let plan = isRedo ? board?.redoWrites(of: author, in: strand) : board?.undoWrites(of: author, in: strand) else {
            throw isRedo ? .nothingToRedo : .nothingToUndo
        }
        try perform(of: asker, now: now) { _, _ throws(RuleViolation) in plan.writes }
        return plan.skipped.isEmpty ? .done : .skipped(plan.skipped)
    }

    // The end.

    mutating func quit(handsOver: Bool = false, now: Instant) {
        guard quitAt == nil else { return }
        self.handsOver = handsOver
        let waiting = held
        held = []
        for intent in waiting { take(intent, now: now) }
        // What a hand still holds is work, too.
        for frontEnd in seats.keys.sorted() where gesture(of: frontEnd) != nil && (frontEnd == .holder || !handsOver) {
            take(.commit, of: Asker(frontEnd: frontEnd, reference: nil), now: now)
        }
        // What waits for own work that does not come back is told as not taken.
        let late = held
        held = []
        for intent in late { answer(.refused(.ownHistoryMissing), intent.asker) }
        quitAt = now + SessionTiming.quitPatience
        quitMark = saves.givenCount
    }

    /// Ends once all is saved and delivered, or when patience is over.
    mutating func finishQuitting(now: Instant) {
        guard let limit = quitAt, farewell == nil else { return }
        // What others go on drawing does not keep us.
        let isDone = unsavedOwn.isEmpty && saves.savedCount >= quitMark && receiptsToSave.isEmpty && (handsOver || isDelivered)
        if !receiptsToSave.isEmpty {
            saveReceipts()
            quitMark = saves.givenCount
        }
        guard isDone || now >= limit else { return }
        let status = syncStatus
        if !handsOver {
            for connection in connections { endpoint.close(connection, now: now) }
            rendezvous?.leave()
            drainEndpoint(now: now)
            drainRendezvous(now: now)
        }
        farewell = .stopped(unsaved: saves.unsavedTransactions(upTo: quitMark), unsent: status.unsent)
        sayFarewell(now: now)
    }

    /// All is done but the goodbyes, of which the first may be lost.
    mutating func sayFarewell(now: Instant) {
        guard let farewell, !isStopped else { return }
        endpoint.repeatGoodbyes(now: now)
        drainEndpoint(now: now)
        guard endpoint.goodbyeDeadline == nil else { return }
        isStopped = true
        tell(farewell, to: handsOver ? .only(.holder) : .everybody)
    }
}

/// An intent that waits for own work of which others may know more than our files.
struct HeldIntent: Sendable {
    var intent: Intent
    var asker: Asker
    /// True for what a hand has finished: it was begun when it could be taken, and is not refused for what happened since.
    var isFinished = false
    /// Makes it one step of undo with what went before.
    var continuation: [Write] = []
}

extension Board {
    /// The writes of one transaction that does what `intent` says; shapes that are gone are left out while any is left.
    func writes(for intent: Intent, by author: AuthorID) throws(RuleViolation) -> [Write] {
        switch intent {
        case .draw(let draft):
            guard !draft.kind.isPath || !draft.points.isEmpty else { throw .badValue(field: "points") }
            return try writes(for: draft, number: nextShapeNumber(of: author), by: author)
        case .drawAll(let drafts):
            let first = nextShapeNumber(of: author)
            var (writes, depth): ([Write], DepthKey) = ([], topDepth)
            for (index, draft) in drafts.enumerated() {
                guard !draft.kind.isPath || !draft.points.isEmpty else { throw .badValue(field: "points") }
                writes += try self.writes(for: draft, number: first + UInt64(index), by: author, depth: depth)
                depth = DepthKey.between(depth, nil)
            }
            return writes
        case .set(let id, let changes): return try writes(for: changes, of: id)
        case .setAll(let ids, let changes):
            var writes: [Write] = []
            for id in try standing(ids) { writes += try self.writes(for: changes, of: id) }
            return writes
        case .move(let ids, let by): return try writes(moving: standing(ids), by: by)
        case .delete(let ids): return try writes(deleting: standing(ids))
        default: return []
        }
    }

    private func standing(_ ids: [ShapeID]) throws(RuleViolation) -> [ShapeID] {
        let standing = Set(ids).sorted().filter { shape($0) != nil }
        if standing.isEmpty, let first = ids.first { throw .noSuchShape(first) }
        return standing
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
            default: .brokenRule("\(violation)")
            }
    }
}
