import InkBoard
import InkPrimitives

// What is finished becomes transactions of ours.
extension Node {
    /// Turns a finished wish into transactions, mostly one: where it concerns more shapes than (SE-56) one holds, the others go on with the first.
    /// The sequence of the last, or nil where there was nothing to write.
    ///
    /// - Parameter first: the transaction that began the gesture which it goes on with.
    @discardableResult
    mutating func perform(
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
        slowMode.changed(now: now)
        work.did(writes, transaction.name, by: asker.frontEnd)
        took(outcome, of: asker, now: now)
        return transaction
    }

    /// As `write`, but what it changed is left to be told.
    ///
    /// - Parameter right: of who joins the invite; nil for the right that allows us most.
    mutating func author(
        _ writes: [Write], of asker: Asker, strand: Strand, under right: TransactionName? = nil, now: Instant
    ) throws(Refusal) -> (Transaction, InsertOutcome) {
        // Here we sign: whatever wants to write must not contradict what is on its way back (SE-91).
        guard !isAdopting(now: now) else { throw .ownHistoryMissing }
        // Nobody would ever see it, though our board does not know that yet (SE-338).
        guard !rights.hasEndedElsewhere || right != nil else { throw .noRight }
        let authored: (Transaction, InsertOutcome)?
        do {
            // In place: a copy of the board held here would be copied whole by the write.
            let (key, time, mayFork) = (identity, clock.time(now: now), work.adoption.isGivenUp(now: now))
            authored = try board?.author(writes, key: key, wallTime: time, strand: strand, mayFork: mayFork, under: right)
        } catch {
            throw Refusal(error)
        }
        guard let (transaction, outcome) = authored else { throw .notReady }
        work.authored(writes, transaction)
        // The secret that it brings is on the disk before it (SE-194).
        for record in epochs.wrote(transaction) { saves.append(.epoch(record)) }
        saves.append(.transaction(transaction))
        if strand != .common { saves.append(.request(transaction.name, strand: strand, reference: asker.reference)) }
        takeBackSaved()
        return (transaction, outcome)
    }

    mutating func restore(isRedo: Bool, of asker: Asker, now: Instant) throws(Refusal) -> Outcome {
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
