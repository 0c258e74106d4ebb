import InkBoard
import InkPrimitives
import InkTransport

// What the person wants becomes presence while it moves, and one transaction when it ends.
extension Node {
    mutating func handle(_ intent: Intent, ref: UInt64?, now: Instant) {
        guard quitAt == nil else { return refuse(.leaving, ref) }
        presence.touched(now: now)
        guard !holds(intent, now: now) else {
            guard held.count < Self.heldMax else { return refuse(.ownHistoryMissing, ref) }
            return held.append((intent, ref))
        }
        take(intent, ref: ref, now: now)
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
        let waiting = held
        held = []
        for (intent, ref) in waiting { take(intent, ref: ref, now: now) }
    }

    private static let heldMax = 10_000

    private mutating func take(_ intent: Intent, ref: UInt64?, now: Instant) {
        switch intent {
        case .cursor(let point):
            presence.setCursor(point)
            accept(ref)
        case .typing:
            presence.typing(now: now)
            accept(ref)
        case .begin(let gesture): begin(gesture, ref: ref, now: now)
        case .extend(let points): extend(points, ref: ref, now: now)
        case .update(let gesture):
            guard presence.state.live != nil else { return refuse(.noGesture, ref) }
            presence.update(gesture)
            accept(ref)
        case .cancel:
            guard presence.state.live != nil else { return refuse(.noGesture, ref) }
            presence.end(.cancelled)
            accept(ref)
        case .commit:
            commit(ref: ref, now: now)
            gestureBegan = nil
        case .draw(let draft): perform(.draw(draft), ref: ref, now: now)
        case .drawAll(let drafts): perform(.drawAll(drafts), ref: ref, now: now)
        case .set(let shape, let changes): perform(.set(shape, changes), ref: ref, now: now)
        case .amend(let shape, let changes):
            let step = lastStep.flatMap { $0.shapes.contains(shape) ? $0.first : nil }
            perform(.set(shape, changes), with: step.map { Board.writes(continuing: $0, by: author) } ?? [], ref: ref, now: now)
        case .setAll(let shapes, let changes): perform(.setAll(shapes, changes), ref: ref, now: now)
        case .move(let shapes, let by): perform(.move(shapes, by: by), ref: ref, now: now)
        case .delete(let shapes): perform(.delete(shapes), ref: ref, now: now)
        case .undo: restore(isRedo: false, ref: ref, now: now)
        case .redo: restore(isRedo: true, ref: ref, now: now)
        case .say(let text):
            guard !text.isEmpty, text.utf8.count <= Limits.chatBytes else { return refuse(.badValue(field: "text"), ref) }
            perform(ref: ref, now: now) { _, author throws(RuleViolation) in try Board.writes(saying: text, by: author) }
        case .rename(let name):
            guard name.utf8.count <= Limits.nameBytes else { return refuse(.badValue(field: "name"), ref) }
            guard
                perform(ref: ref, now: now, { _, author throws(RuleViolation) in try Board.writes(naming: name, by: author) })
            else { return }
            displayName = name
        }
    }

    private mutating func accept(_ ref: UInt64?) {
        if let ref { tell(.accepted(ref: ref)) }
    }

    private mutating func refuse(_ refusal: Refusal, _ ref: UInt64?) { tell(.refused(refusal, ref: ref)) }

    // Gestures.

    private mutating func begin(_ gesture: Gesture, ref: UInt64?, now: Instant) {
        guard isReady else { return refuse(.notReady, ref) }
        guard !isAdopting(now: now) else { return refuse(.ownHistoryMissing, ref) }
        if let reason = saves.refusal { return refuse(.diskRefuses(reason), ref) }
        if presence.state.live != nil { presence.end(.cancelled) }
        presence.begin(gesture)
        gestureBegan = nil
        endpoint.setActivity(.drawing)
        accept(ref)
    }

    private mutating func extend(_ points: [Point], ref: UInt64?, now: Instant) {
        var rest = points[...]
        while !rest.isEmpty {
            guard case .stroke(let draft)? = presence.state.live?.gesture else { return refuse(.noGesture, ref) }
            let room = Self.room(in: draft)
            if room > 0 || draft.points.isEmpty {
                presence.extend(Array(rest.prefix(max(1, room))))
                rest = rest.dropFirst(max(1, room))
                continue
            }
            // The stroke is full: it is committed, and goes on from its last point as another.
            var next = draft
            next.position = draft.position + (draft.points.last ?? .zero)
            next.points = [.zero]
            // A label names one shape.
            next.label = ""
            let sequence = commit(ref: nil, now: now)
            if gestureBegan == nil, let sequence { gestureBegan = board?.transactions(of: author, sequence: sequence).first?.name }
            presence.begin(.stroke(next))
        }
        accept(ref)
    }

    /// How many points more the stroke may take: by the limit of points, and by what fits a transaction where they are far apart.
    private static func room(in draft: ShapeDraft) -> Int {
        let count = draft.points.count
        // The sum is made only where the longest spelling of so many points could come near the limit.
        let isNear = count * PointsCodec.pointBytesMax > strokeBytes / 2
        let bytes = isNear ? PointsCodec.byteCountMax(draft.points) : count * PointsCodec.pointBytesMax
        return max(0, min(Limits.pointsPerStroke - count, (strokeBytes - bytes) / PointsCodec.pointBytesMax))
    }

    /// Points of one transaction, bytes; what is left is room for everything else that it holds.
    private static let strokeBytes = Limits.transactionBytes - 2048

    /// Its sequence, or nil if it was refused.
    @discardableResult
    private mutating func commit(ref: UInt64?, now: Instant) -> UInt64? {
        guard let live = presence.state.live else {
            refuse(.noGesture, ref)
            return nil
        }
        let intent: Intent =
            switch live.gesture {
            case .stroke(let draft), .shape(let draft): .draw(draft)
            case .move(let shapes, let by): .move(shapes, by: by)
            case .resize(let shape, let position, let size): .set(shape, [.position(position), .size(size)])
            }
        // A piece of a stroke that was too long for one transaction names the first: one step of undo in all.
        let continuation = gestureBegan.map { Board.writes(continuing: $0, by: author) } ?? []
        // It was begun when the disk still took what it was given: it waits for the disk with the rest, and is not thrown away.
        let sequence = perform(intent, with: continuation, isBegun: true, ref: ref, now: now)
        presence.end(sequence.map { .committed(sequence: $0) } ?? .cancelled)
        return sequence
    }

    // Transactions.

    /// Turns a finished wish into one transaction. Its sequence, or nil if it was refused, which has then been told.
    @discardableResult
    private mutating func perform(
        _ intent: Intent, with more: [Write] = [], isBegun: Bool = false, ref: UInt64?, now: Instant
    ) -> UInt64? {
        do {
            guard let writes = try board?.writes(for: intent, by: author) else {
                refuse(.notReady, ref)
                return nil
            }
            return perform(writes + more, isBegun: isBegun, ref: ref, now: now)
        } catch {
            refuse(Refusal(error), ref)
            return nil
        }
    }

    /// True if it was done; else that it was refused has been told.
    @discardableResult
    mutating func perform(
        ref: UInt64?, now: Instant, _ writes: (Board, AuthorID) throws(RuleViolation) -> [Write]
    ) -> Bool {
        do {
            guard let writes = try board.map({ board throws(RuleViolation) in try writes(board, author) }) else {
                refuse(.notReady, ref)
                return false
            }
            return perform(writes, ref: ref, now: now) != nil
        } catch {
            refuse(Refusal(error), ref)
            return false
        }
    }

    @discardableResult
    private mutating func perform(_ writes: [Write], isBegun: Bool = false, ref: UInt64?, now: Instant) -> UInt64? {
        guard isReady else {
            refuse(.notReady, ref)
            return nil
        }
        if let reason = saves.refusal, !isBegun {
            refuse(.diskRefuses(reason), ref)
            return nil
        }
        guard !isAdopting(now: now) else {
            refuse(.ownHistoryMissing, ref)
            return nil
        }
        return write(writes, ref: ref, now: now)
    }

    /// True while own work that somebody has, and we lost, is on its way back: what we wrote now would contradict it.
    func isAdopting(now: Instant) -> Bool { adoption.isUnderWay(own: board?.contiguousSequence(of: author) ?? 0, now: now) }

    /// Signs and inserts one own transaction, and hands it to the disk; from there it goes to the others. Its sequence.
    @discardableResult
    mutating func write(_ writes: [Write], ref: UInt64?, now: Instant) -> UInt64? {
        guard !writes.isEmpty else {
            accept(ref)
            return nil
        }
        do {
            // In place: a copy of the board held here would be copied whole by the write.
            let (key, time) = (identity, wallTime(now: now))
            guard let (transaction, outcome) = try board?.author(writes, key: key, wallTime: time) else { return nil }
            hasWritten = true
            unsavedOwn.insert(transaction.name)
            let shapes = Set(writes.map(\.target).filter { $0.number > 0 })
            if writes.contains(where: { $0.property == .continuation }) {
                lastStep = lastStep.map { ($0.first, $0.shapes.union(shapes)) }
            } else {
                let takesBack = writes.contains { $0.property == .undo || $0.property == .redo }
                lastStep = takesBack ? nil : (transaction.name, shapes)
            }
            saves.append(.transaction(transaction))
            takeBackSaved()
            took(outcome, ref: ref, now: now)
            if outcome.changes.isEmpty { accept(ref) }
            return transaction.sequence
        } catch {
            refuse(Refusal(error), ref)
            return nil
        }
    }

    private mutating func restore(isRedo: Bool, ref: UInt64?, now: Instant) {
        guard isReady else { return refuse(.notReady, ref) }
        guard let plan = isRedo ? board?.redoWrites(of: author) : board?.undoWrites(of: author) else {
            return refuse(isRedo ? .nothingToRedo : .nothingToUndo, ref)
        }
        guard perform(plan.writes, ref: ref, now: now) != nil else { return }
        if !plan.skipped.isEmpty { tell(.skipped(shapes: plan.skipped, ref: ref)) }
    }

    // The end.

    mutating func quit(now: Instant) {
        guard quitAt == nil else { return }
        for (intent, ref) in held { take(intent, ref: ref, now: now) }
        held = []
        // What a hand still holds is work, too.
        if presence.state.live != nil { commit(ref: nil, now: now) }
        quitAt = now + SessionTiming.quitPatience
        quitMark = saves.givenCount
    }

    /// Ends once all is saved and delivered, or when patience is over.
    mutating func finishQuitting(now: Instant) {
        guard let limit = quitAt, farewell == nil else { return }
        // What others go on drawing does not keep us.
        let isDone = unsavedOwn.isEmpty && saves.savedCount >= quitMark && receiptsToSave.isEmpty && isDelivered
        if !receiptsToSave.isEmpty {
            saveReceipts()
            quitMark = saves.givenCount
        }
        guard isDone || now >= limit else { return }
        let status = syncStatus
        for connection in connections { endpoint.close(connection, now: now) }
        rendezvous?.leave()
        drainEndpoint(now: now)
        drainRendezvous(now: now)
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
        tell(farewell)
    }
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
