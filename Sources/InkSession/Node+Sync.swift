import InkBoard
import InkPrimitives
import InkTransport

// Agreement: what is in the set, on the disk, and known to the others.
extension Node {
    // Saying and hearing.

    mutating func say(_ message: SessionMessage, on connection: ConnectionID, now: Instant) {
        endpoint.send(message.encode(), lane: .control, on: connection, now: now)
    }

    mutating func receive(_ bytes: [UInt8], lane: Lane, on connection: ConnectionID, now: Instant) {
        switch lane {
        case .control:
            do {
                try receive(SessionMessage(decoding: bytes), on: connection, now: now)
            } catch {
                if let neighbour = neighbours[connection] { misbehaved(neighbour, rule: "control message: \(error)", now: now) }
            }
        case .ops, .bulk: receiveTransaction(bytes, from: connection, isLive: lane == .ops, now: now)
        }
    }

    private mutating func receive(_ message: SessionMessage, on connection: ConnectionID, now: Instant) throws(WireError) {
        // No copy of the neighbour is held here: its memory of names would be copied with the first change.
        guard let isInRoom = neighbours[connection]?.isInRoom else { return }
        switch message {
        case .hello(let hasGenesis):
            switch neighbours[connection]?.admission.heard(hasGenesis: hasGenesis) {
            case .give?: if let genesis = board?.transactions.first { say(.genesis(genesis.encoded), on: connection, now: now) }
            case .enter?: enteredRoom(connection, now: now)
            case .nothing?, nil: break
            }
        case .genesis(let bytes): if let neighbour = neighbours[connection] { receiveGenesis(bytes, from: neighbour, now: now) }
        case .fingerprint(let fingerprint, let count):
            neighbours[connection]?.transfer.heard(fingerprint, count: count)
            agreement.givers.heard()
            if neighbours[connection]?.transfer.owesRun == true { followGivers(now: now) }
            beginOwedRun(with: connection, now: now)
            compare(connection, now: now)
            statusChanged(now: now)
        case .reconcile(let bytes): if isInRoom { try receiveReconcile(bytes, on: connection, now: now) }
        case .ask(let names):
            guard isInRoom, let board, endpoint.pendingBytes(on: connection) < SessionTiming.connectionFull else { return }
            for name in names where board.contains(name) { queue(name, on: connection, now: now) }
        case .receipt(let claimed):
            neighbours[connection]?.receipts.heard(claimed, now: now)
            askForProof(of: claimed, from: connection, now: now)
            noteReceipt(connection, now: now)
        case .prove(let sequence):
            guard isInRoom, let board, let remote = neighbours[connection]?.remote.author,
                endpoint.pendingBytes(on: connection) < SessionTiming.connectionFull
            else { return }
            if let proof = board.transaction(of: remote, sequence: sequence) { queue(proof.name, on: connection, now: now) }
        case .enough: neighbours[connection]?.transfer.enough()
        case .addresses(let candidates): receiveAddresses(candidates, on: connection, now: now)
        case .adjacent(let authors): neighbours[connection]?.hasSessions(with: authors)
        case .adjacency(let joined, let left): neighbours[connection]?.sessionsChanged(joined: joined, left: left)
        }
    }

    private mutating func receiveReconcile(_ bytes: [UInt8], on connection: ConnectionID, now: Instant) throws(WireError) {
        guard let board, endpoint.pendingBytes(on: connection) < SessionTiming.connectionFull else { return }
        // What another brings already is not asked for a second time.
        guard !isGivenByAnother(connection) else { return }
        guard let step = try neighbours[connection]?.transfer.receive(bytes, board: board, now: now) else { return }
        for reply in step.reply { say(.reconcile(reply), on: connection, now: now) }
        for name in step.send { queue(name, on: connection, from: .comparison, now: now) }
        becomeReadyIfReconciled(connection, now: now)
        statusChanged(now: now)
    }

    /// Sends a transaction that the peer lacks as soon as there is room, unless it is on its way or not on our disk yet.
    private mutating func queue(
        _ name: TransactionName, on connection: ConnectionID, from origin: Backlog.Origin = .live, now: Instant
    ) {
        guard neighbours[connection]?.transfer.exchangedLately(name, now: now) == false, !work.unsaved.contains(name) else { return }
        neighbours[connection]?.transfer.backlog.append(name, from: origin)
    }

    /// A peer that says to have more of our work than we do is asked to show the next of it; what it then does not show proves nothing.
    private mutating func askForProof(of claimed: UInt64, from connection: ConnectionID, now: Instant) {
        let own = board?.contiguousSequence(of: author) ?? 0
        guard claimed > own else { return }
        work.adoption.take(claim: claimed)
        guard neighbours[connection]?.isInRoom == true, neighbours[connection]?.receipts.asksProof(of: own + 1) == true else { return }
        say(.prove(sequence: own + 1), on: connection, now: now)
    }

    /// Remembers for the disk what a peer has of ours. Nobody is believed to have more than there is.
    private mutating func noteReceipt(_ connection: ConnectionID, now: Instant) {
        guard let neighbour = neighbours[connection], let claimed = neighbour.receipts.theirs else { return }
        let sequence = min(claimed, board?.contiguousSequence(of: author) ?? 0)
        statusChanged(now: now)
        agreement.receipts.note(sequence, of: neighbour.remote.author, now: now)
    }

    private mutating func misbehaved(_ neighbour: Neighbour, rule: String, now: Instant) {
        rejected(author: neighbour.remote.author, rule: rule, now: now)
        endpoint.close(neighbour.connection, now: now)
        // The endpoint reports what others close, not what we do.
        closed(neighbour.connection, .byPeer, now: now)
    }

    /// Tells front ends that somebody broke a rule.
    mutating func rejected(author: AuthorID?, rule: String, now: Instant) {
        if rejections.mayTell(author: author, rule: rule, now: now) { tell(.rejected(author: author, rule: rule)) }
    }

    // Entering the room.

    private mutating func receiveGenesis(_ bytes: [UInt8], from neighbour: Neighbour, now: Instant) {
        guard board == nil else { return }
        do {
            let genesis = try Transaction(decoding: bytes)
            guard genesis.hasValidSignature else { return misbehaved(neighbour, rule: "genesis: signature", now: now) }
            let board = try Board(genesis: genesis)
            guard board.id == boardID else { return misbehaved(neighbour, rule: "genesis: another board", now: now) }
            self.board = board
            saves.append(.transaction(genesis))
            takeBackSaved()
        } catch {
            guard case RuleViolation.unknownVersion = error else { return misbehaved(neighbour, rule: "genesis: \(error)", now: now) }
            // Whoever sends it did nothing wrong: this program is too old for the board.
            versions.boardIsTooNew()
            return tell(.versionMismatch(theirs: Int(Board.version) + 1, ours: Int(Board.version)))
        }
        for connection in connections {
            guard let step = neighbours[connection]?.admission.cameGenesis() else { continue }
            say(.hello(hasGenesis: true), on: connection, now: now)
            if case .enter = step { enteredRoom(connection, now: now) }
        }
    }

    private mutating func enteredRoom(_ connection: ConnectionID, now: Instant) {
        guard let neighbour = neighbours[connection] else { return }
        // What the others were told, from which the next difference counts.
        say(.adjacent(roster.adjacency.told.sorted()), on: connection, now: now)
        tellReceipt(connection, now: now)
        tellFingerprint(connection, now: now)
        // Whom we gave the beginning of the board asks for the rest.
        neighbours[connection]?.transfer.owesRun(neighbour.remote.isInitiator && !neighbour.admission.isGiven)
        if neighbour.remote.isInitiator || !isReady, !neighbours.values.contains(where: { $0.isInRoom && $0.connection != connection }) {
            // The first is asked before it has said what it has: a round trip sooner.
            if !isReady { agreement.givers.began(with: connection, roundTrip: endpoint.line(of: connection)?.roundTrip, now: now) }
            beginOwedRun(with: connection, isForced: !isReady, now: now)
        }
        showPresence(of: connection, now: now)
        tellPerson(neighbour.remote.peer)
        statusChanged(now: now)
    }

    private mutating func becomeReadyIfReconciled(_ connection: ConnectionID, now: Instant) {
        guard !isReady, let neighbour = neighbours[connection], let board else { return }
        let hasAll =
            neighbour.transfer.isReconciled && neighbour.transfer.outstanding <= 0 && !agreement.verification.holds(of: connection)
            && neighbour.transfer.broughtTwice.allSatisfy { !agreement.verification.contains($0) }
        if neighbour.transfer.fingerprint == board.fingerprint || hasAll { becomeReady(now: now) }
    }

    mutating func becomeReady(now: Instant) {
        guard !isReady, let board else { return }
        phase.becameReady()
        learnNames()
        for connection in connections { neighbours[connection]?.transfer.forgetBroughtTwice() }
        tell(.ready(board.id, me: author))
        statusChanged(now: now)
        introduce(now: now)
        recoverTexts(now: now)
    }

    /// Writes our name into the board when it stands there differently. Waits for the wall clock, which the transaction claims.
    mutating func introduce(now: Instant) {
        guard isReady, clock.isSet, !displayName.isEmpty, board?.personName(author) != displayName else { return }
        guard saves.refusal == nil, !isAdopting(now: now) else { return }
        do {
            try perform(of: .nobody, now: now) { [displayName] _, author throws(RuleViolation) in
                try Board.writes(naming: displayName, by: author)
            }
        } catch {
            // Tried again with the next word of the clock.
        }
    }

    // Transactions of others.

    private mutating func receiveTransaction(_ bytes: [UInt8], from source: ConnectionID, isLive: Bool, now: Instant) {
        // No copy of the neighbour is held here: its memory of names would be copied with the first change.
        guard neighbours[source]?.isInRoom == true, let supplier = neighbours[source]?.remote.author, let board else { return }
        // What there is no room for is dropped unread; the fingerprints will differ and it comes again.
        let isTaken = agreement.verification.takes(bytes.count, from: source, now: now)
        if !isTaken { return supplied(by: source, now: now) }
        let transaction: Transaction
        do {
            transaction = try Transaction(decoding: bytes)
        } catch {
            return rejected(author: supplier, rule: "transaction: \(error)", now: now)
        }
        neighbours[source]?.transfer.noteExchanged(transaction.name, now: now)
        supplied(by: source, now: now)
        guard !board.contains(transaction.name), !agreement.verification.contains(transaction, from: source) else {
            if !isReady, agreement.verification.contains(transaction.name) {
                neighbours[source]?.transfer.noteBroughtTwice(transaction.name)
            }
            return becomeReadyIfReconciled(source, now: now)
        }
        // One peer's transactions without parents must not cost without end; those that are good come again with their parents (SE-82).
        if !agreement.verification.takesOrphans(from: source, now: now),
            transaction.parents.contains(where: { !board.contains($0) && !agreement.verification.contains($0) })
        {
            return
        }
        _ = agreement.verification.append(
            Verification.Job(transaction: transaction, source: source, supplier: supplier, isLive: isLive), now: now)
    }

    /// One of the transactions that a peer announced has come, whatever becomes of it.
    private mutating func supplied(by source: ConnectionID, now: Instant) {
        // Also where it is one that another brought: then nothing else tells.
        if neighbours[source]?.transfer.supplied(now: now) == true { statusChanged(now: now) }
    }

    mutating func verified(_ batch: UInt64, _ verdicts: [Bool], now: Instant) {
        let finished = agreement.verification.finished(batch, verdicts, now: now) { [board] in board?.contains($0) == true }
        for job in finished.forged { rejected(author: job.supplier, rule: "signature", now: now) }
        insert(finished.valid, now: now)
    }

    /// Inserts what had to wait for its author's pace.
    mutating func insertReleased(now: Instant) {
        let jobs = agreement.verification.released(now: now)
        if !jobs.isEmpty { insert(jobs, now: now) }
    }

    private mutating func insert(_ jobs: [Verification.Job], now: Instant) {
        for job in jobs { insert(job.transaction, isLive: job.isLive, from: job.source, of: job.supplier, now: now) }
        guard !isReady else { return }
        for connection in connections { becomeReadyIfReconciled(connection, now: now) }
    }

    private mutating func insert(
        _ transaction: Transaction, isLive: Bool, from source: ConnectionID, of supplier: AuthorID, now: Instant
    ) {
        guard var outcome = board?.insert(transaction, from: supplier) else { return }
        for rejection in outcome.rejected {
            agreement.asks.arrived(rejection.name)
            rejected(author: rejection.author, rule: "\(rejection.violation)", now: now)
        }
        switch outcome.result {
        case .invalid(let violation): return rejected(author: transaction.author, rule: "\(violation)", now: now)
        case .duplicate: return
        case .orphan(let missing):
            if transaction.author == author { work.adoption.came(transaction.name, now: now) }
            agreement.verification.noteOrphan(from: source, now: now)
            if isLive, let board { agreement.lateNews.wait(transaction.name, orphanCount: board.orphanCount, isOrphan: board.isOrphan) }
            for name in missing where !agreement.verification.contains(name) && board?.isOrphan(name) == false {
                agreement.asks.expect(name, from: source, now: now)
            }
            if !hasSession(with: supplier) { agreement.goneSuppliers.left(supplier, now: now) }
            statusChanged(now: now)
            return
        case .inserted: break
        }
        for inserted in outcome.inserted {
            saves.append(.transaction(inserted))
            endpoint.know(inserted.author, since: now)
        }
        takeBackSaved()
        let news = mergeTexts(changedBy: &outcome, now: now)
        took(outcome, of: .nobody, now: now)
        for item in news { tell(.textMerged(item)) }
        var historyCount = 0
        for inserted in outcome.inserted {
            agreement.asks.arrived(inserted.name)
            let cameLive = agreement.lateNews.isOver(inserted.name) || isLive && inserted.name == transaction.name
            if !cameLive { historyCount += 1 }
            passOn(inserted, isLive: cameLive, from: source, now: now)
        }
        agreement.givers.supplied(by: source, count: historyCount, now: now)
        let own = outcome.inserted.filter { $0.author == author }
        if !own.isEmpty {
            for transaction in own { work.adoption.came(transaction.name, now: now) }
            for connection in connections { noteReceipt(connection, now: now) }
        }
        // The receipt is for the author, who may be a neighbour other than the one that brought it.
        let authors = Set(outcome.inserted.map(\.author))
        for connection in connections {
            if let author = neighbours[connection]?.remote.author, authors.contains(author) { tellReceipt(connection, now: now) }
        }
    }

    func hasSession(with device: AuthorID) -> Bool { neighbours.values.contains { $0.remote.author == device } }

    /// Nobody will bring the parents of what those brought who are gone (SE-71).
    mutating func forgetOrphans(now: Instant) {
        for supplier in agreement.goneSuppliers.due(now: now) where !hasSession(with: supplier) {
            board?.forgetOrphans(from: supplier)
            statusChanged(now: now)
        }
    }

    /// What entered the set is shown, and the others are told that it changed.
    mutating func took(_ outcome: InsertOutcome, of asker: Asker, now: Instant) {
        let changes = outcome.changes.compactMap { delta -> ShapeChange? in
            switch (delta.before, delta.after.map { shown($0, before: delta.before, of: asker) }) {
            case (nil, let after?): ShapeChange(kind: .added, id: delta.id, author: delta.by, shape: after)
            case (let before?, nil): ShapeChange(kind: .removed, id: delta.id, author: delta.by, shape: before)
            case (_?, let after?): ShapeChange(kind: .changed, id: delta.id, author: delta.by, shape: after)
            case (nil, nil): nil
            }
        }
        if !changes.isEmpty { tell(to: asker) { .changed(changes, ref: $0) } }
        for chat in outcome.chats {
            let message = ChatMessage(id: chat.name, author: chat.author, text: chat.text)
            tell(to: asker) { .chat(message, ref: $0) }
        }
        for fork in outcome.forks { tell(.fork(author: fork.author, sequence: fork.sequence)) }
        if !outcome.renames.isEmpty {
            for peer in roster.peers { tellPerson(peer) }
            tookNames(outcome.renames, now: now)
        }
        refreshGestures()
        for connection in connections where neighbours[connection]?.isInRoom == true && neighbours[connection]?.transfer.compareAt == nil {
            neighbours[connection]?.transfer.changed(now: now)
        }
        statusChanged(now: now)
    }

    /// Tells an effect to everybody, and to who asked for it under the reference of that.
    private mutating func tell(to asker: Asker, _ event: (UInt64?) -> Event) {
        guard let reference = asker.reference else { return tell(event(nil)) }
        tell(event(reference), to: .only(asker.frontEnd))
        if work.seats.count > 1 { tell(event(nil), to: .everybodyBut(asker.frontEnd)) }
    }

    /// Passes a transaction of another on to those neighbours that its author does not reach.
    private mutating func passOn(_ transaction: Transaction, isLive: Bool, from source: ConnectionID, now: Instant) {
        for connection in connections where connection != source {
            guard let neighbour = neighbours[connection], neighbour.isInRoom, neighbour.remote.author != transaction.author,
                !neighbour.adjacent.contains(transaction.author), !neighbour.transfer.exchangedLately(transaction.name, now: now)
            else { continue }
            guard !isLive else {
                push(transaction, on: connection, now: now)
                continue
            }
            // History of ours is no news to who has more of it.
            if !isAhead(neighbour) { neighbours[connection]?.transfer.backlog.append(transaction.name, from: .history) }
        }
    }

    /// Sends what is new; a peer that takes nothing gets it by reconciliation once it does again.
    private mutating func push(_ transaction: Transaction, on connection: ConnectionID, now: Instant) {
        guard endpoint.pendingBytes(on: connection) < SessionTiming.connectionFull else { return }
        // Who does not answer has been asked already, and is sent it as soon as it does (SE-97).
        guard neighbours[connection]?.isDegraded == false else {
            neighbours[connection]?.transfer.backlog.append(transaction.name, from: .live)
            return
        }
        send(transaction, on: connection, now: now)
    }

    private mutating func send(_ transaction: Transaction, on connection: ConnectionID, lane: Lane = .ops, now: Instant) {
        neighbours[connection]?.transfer.noteExchanged(transaction.name, now: now)
        endpoint.send(transaction.encoded, lane: lane, stream: transaction.author.prefix >> 2, on: connection, now: now)
    }

    mutating func sendBacklogs(now: Instant) {
        guard let board else { return }
        for connection in connections {
            // By index, since a neighbour that is read by its key is copied, and there may be hundreds.
            guard let index = neighbours.index(forKey: connection), !neighbours.values[index].isDegraded else { continue }
            if endpoint.pendingBytes(on: connection) <= SessionTiming.connectionDrained {
                neighbours.values[index].transfer.drained(now: now)
            }
            guard !neighbours.values[index].transfer.backlog.isEmpty else { continue }
            // History must not stand before what is drawn now.
            let lane: Lane = neighbours.values[index].transfer.backlog.isHistory ? .bulk : .ops
            let fill = SessionTiming.connectionFill(of: endpoint.line(of: connection) ?? LineSight())
            while endpoint.pendingBytes(on: connection) < fill,
                let name = neighbours[connection]?.transfer.backlog.popFirst()
            {
                guard neighbours[connection]?.transfer.exchangedLately(name, now: now) == false,
                    let transaction = board.transaction(name)
                else { continue }
                send(transaction, on: connection, lane: lane, now: now)
            }
        }
    }

    mutating func askForParents(now: Instant) {
        for (connection, names) in agreement.asks.due(now: now, alive: { neighbours[$0] != nil }) {
            say(.ask(names), on: connection, now: now)
        }
    }

    // Comparing.

    private mutating func tellReceipt(_ connection: ConnectionID, now: Instant) {
        guard let neighbour = neighbours[connection], neighbour.isInRoom, let board else { return }
        let sequence = board.contiguousSequence(of: neighbour.remote.author)
        guard neighbours[connection]?.receipts.tells(sequence) == true else { return }
        say(.receipt(sequence: sequence), on: connection, now: now)
    }

    private mutating func tellFingerprint(_ connection: ConnectionID, now: Instant) {
        guard let board, neighbours[connection]?.isInRoom == true else { return }
        let fingerprint = board.fingerprint
        guard neighbours[connection]?.transfer.tells(fingerprint) == true else { return }
        say(.fingerprint(fingerprint, count: UInt64(board.transactionCount)), on: connection, now: now)
    }

    /// Looks whether we and a neighbour differ, and plans a reconciliation if so.
    private mutating func compare(_ connection: ConnectionID, now: Instant) {
        guard let board, let neighbour = neighbours[connection], neighbour.isInRoom,
            let theirs = neighbour.transfer.fingerprint
        else { return }
        if theirs == board.fingerprint {
            if neighbours[connection]?.transfer.agreed() == true { statusChanged(now: now) }
            if !isReady { becomeReady(now: now) }
        } else if neighbour.transfer.reconcileAt == nil {
            let wait = neighbour.remote.isInitiator ? SessionTiming.reconcileAfter : SessionTiming.reconcileAfterOther
            let at = now + (isBehind(neighbour) ? SessionTiming.reconcileAfterBehind : wait)
            neighbours[connection]?.transfer.reconcile(at: at)
        }
    }

    mutating func compareAndReconcile(now: Instant) {
        for connection in connections {
            if let at = neighbours[connection]?.transfer.compareAt, now >= at {
                tellFingerprint(connection, now: now)
                compare(connection, now: now)
            }
            guard let board, neighbours[connection]?.transfer.isReconcilingDue(now: now) == true,
                let neighbour = neighbours[connection]
            else { continue }
            if neighbour.transfer.fingerprint != board.fingerprint, !isTransferring(neighbour, now: now), !isGivenByAnother(connection) {
                beginRun(with: connection, now: now)
            }
            tellFingerprint(connection, now: now)
            compare(connection, now: now)
        }
    }

    /// True while what an earlier comparison found is still on its way, in either direction: another would only find it again.
    private func isTransferring(_ neighbour: Neighbour, now: Instant) -> Bool {
        if !neighbour.transfer.backlog.isEmpty || endpoint.pendingBytes(on: neighbour.connection, lane: .bulk) > 0 { return true }
        // What waits for its author's pace is here, and would be sent again.
        if agreement.verification.holds(of: neighbour.connection) { return true }
        return neighbour.transfer.isSupplied(now: now)
    }

    // The disk.

    mutating func persisted(_ batch: UInt64, now: Instant) {
        for record in saves.persisted(batch) {
            guard case .transaction(let transaction) = record, work.saved(transaction.name) else { continue }
            // Only now may it leave: a crash must not make us contradict ourselves.
            for connection in connections where neighbours[connection]?.isInRoom == true { push(transaction, on: connection, now: now) }
        }
        statusChanged(now: now)
    }

    mutating func saveReceipts() {
        for record in agreement.receipts.records(by: author) { saves.append(record) }
    }
}
