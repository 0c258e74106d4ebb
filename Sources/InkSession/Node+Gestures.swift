import InkBoard
import InkPrimitives
import InkTransport

// What a hand does, from its beginning to the transaction that it becomes.
extension Node {
    /// What a hand of ours is doing; nil for nothing.
    func gesture(of frontEnd: FrontEndID) -> Gesture? { presence.hands[frontEnd]?.live?.gesture }

    mutating func begin(_ gesture: Gesture, of asker: Asker, now: Instant) throws(Refusal) {
        guard isReady else { throw .notReady }
        if let reason = saves.refusal { throw .diskRefuses(reason) }
        try checkRight(to: gesture)
        if self.gesture(of: asker.frontEnd) != nil { endGesture(of: asker.frontEnd, .cancelled, .done) }
        beginPresence(gesture, of: asker.frontEnd, now: now)
        work.gestureBegan(of: asker)
        endpoint.setActivity(.drawing)
    }

    /// Ends the gesture under way here and at the others, and tells its own program so under the reference that it began with.
    mutating func endGesture(of frontEnd: FrontEndID, _ end: EndedGesture.Outcome, _ outcome: Outcome) {
        let asker = Asker(frontEnd: frontEnd, reference: work.seats[frontEnd]?.gestureReference)
        endPresence(of: frontEnd, end)
        work.gestureEnded(of: frontEnd)
        answer(outcome, asker)
    }

    /// How a gesture ends that its hand takes back: without a trace, but for a text of which a part stands already. Its letters are shown until
    /// that part has come.
    func end(of gesture: Gesture, by frontEnd: FrontEndID) -> EndedGesture.Outcome {
        guard case .text(let shape, _) = gesture, let typed = work.seats[frontEnd]?.lastTyped else { return .cancelled }
        guard typed.shape == shape else { return .cancelled }
        return .committed(sequence: typed.sequence)
    }

    /// Shows a gesture that begins to the others and to our own other programs.
    mutating func beginPresence(_ gesture: Gesture, of frontEnd: FrontEndID, now: Instant) {
        presence.begin(gesture, by: frontEnd, now: now)
        noteOrigin(of: gesture, frontEnd)
        guard let number = presence.hands[frontEnd]?.live?.number else { return }
        showOwn(.began(gesture, at: .milliseconds(now.wholeMilliseconds)), number: number, of: frontEnd)
    }

    /// Remembers what a hand began from, of what it changes and others may change meanwhile (SE-135).
    mutating func noteOrigin(of gesture: Gesture, _ frontEnd: FrontEndID) {
        let shape: ShapeID? =
            switch gesture {
            case .resize(let id, _, _), .text(let id, _): id
            case .stroke, .shape, .move, .pull: nil
            }
        guard shape != work.seats[frontEnd]?.origin?.id else { return }
        work.gesture(of: frontEnd, beganFrom: shape.flatMap { board?.shape($0) })
    }

    /// Shows to the others and to our own other programs that a gesture has ended.
    mutating func endPresence(of frontEnd: FrontEndID, _ end: EndedGesture.Outcome) {
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

    mutating func extend(_ points: [Point], of frontEnd: FrontEndID, now: Instant) throws(Refusal) {
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
            // The stroke is full: it is committed, and goes on from its last point as another (SE-11).
            var next = draft
            next.position = draft.position + (draft.points.last ?? .zero)
            next.points = [.zero]
            // A label names one shape.
            next.label = ""
            // The piece belongs to the gesture: its program is told of it under the reference (SE-286) that it began with.
            let piece = Asker(frontEnd: frontEnd, reference: work.seats[frontEnd]?.gestureReference)
            let (sequence, began) = (try finish(.draw(draft), of: piece, isPiece: true, now: now), work.seats[frontEnd]?.gestureBegan)
            endPresence(of: frontEnd, sequence.map { .committed(sequence: $0) } ?? .cancelled)
            let first = began ?? sequence.flatMap { board?.transaction(of: author, sequence: $0)?.name }
            work.gesture(of: frontEnd, tookFirst: first)
            beginPresence(.stroke(next), of: frontEnd, now: now)
        }
    }

    /// Draws what the process before was drawing when it was killed.
    mutating func recoverStroke(now: Instant) {
        guard let draft = work.journal.recovered, !phase.isEnding, isReady, clock.isSet, saves.refusal == nil else { return }
        guard gesture(of: .holder) == nil else { return }
        beginDoubt(now: now)
        guard !mustHold(now: now) else { return }
        work.journal.isRecovered()
        // Another program may have taken the board over: it is no work of its.
        take(.draw(draft), of: .nobody, now: now)
        forgetJournal()
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

    mutating func commit(of asker: Asker, now: Instant) throws(Refusal) -> Outcome? {
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
}
