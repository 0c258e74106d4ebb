import InkBoard
import InkPrimitives
import InkTransport

// Transactions on their way: of others into the set, and what is in it to those who lack it.
extension Node {
    mutating func receiveTransaction(_ bytes: [UInt8], from source: ConnectionID, isLive: Bool, now: Instant) {
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

    mutating func insert(
        _ transaction: Transaction, isLive: Bool, from source: ConnectionID, of supplier: AuthorID, now: Instant
    ) {
        guard var outcome = board?.insert(transaction, from: supplier) else { return }
        for rejection in outcome.rejected {
            agreement.asks.arrived(rejection.name)
            rejected(author: rejection.author, rule: "\(rejection.violation)", now: now)
        }
        switch outcome.result {
        case .invalid(.otherBoard):
            // Its author did nothing wrong: he signed it for that board (SE-99).
            return rejected(author: supplier, rule: "\(RuleViolation.otherBoard)", now: now)
        case .invalid(let violation): return rejected(author: transaction.author, rule: "\(violation)", now: now)
        case .duplicate: return
        case .orphan(let missing):
            if transaction.author == author { work.adoption.came(transaction.name, now: now) }
            agreement.verification.noteOrphan(from: source, now: now)
            if isLive, let board { agreement.lateNews.wait(transaction.name, orphanCount: board.orphanCount, isOrphan: board.isOrphan) }
            for name in missing where !agreement.verification.contains(name) && board?.isOrphan(name) == false {
                agreement.asks.expect(name, from: source, now: now)
            }
            // Who built on what waits here for slow mode did not wait for it: nobody's honest (SE-384) work waits with a flood.
            for name in missing {
                for job in agreement.verification.released(upTo: name, now: now) {
                    insert(job.transaction, isLive: job.isLive, from: job.source, of: job.supplier, now: now)
                }
            }
            if !hasSession(with: supplier) { agreement.goneSuppliers.left(supplier, now: now) }
            statusChanged(now: now)
            return
        case .inserted: break
        }
        for inserted in outcome.inserted {
            saves.append(.transaction(inserted))
            endpoint.know(inserted.author, since: now)
            if isReady, inserted.author != author, outcome.uncounted.contains(inserted.name) {
                rejected(author: inserted.author, rule: "rights: its author's right had ended", now: now)
            }
        }
        takeBackSaved()
        let news = mergeTexts(changedBy: &outcome, now: now)
        took(outcome, of: .nobody, now: now)
        for item in news { tell(.textMerged(item)) }
        // Whose right ends by it hears neither of it nor of what comes with it (SE-326).
        followRights(now: now)
        var historyCount = 0
        for inserted in outcome.inserted {
            agreement.asks.arrived(inserted.name)
            let cameLive = agreement.lateNews.isOver(inserted.name) || isLive && inserted.name == transaction.name
            if !cameLive { historyCount += 1 }
            // What does not count is kept and sent to nobody (BD-169).
            if !outcome.uncounted.contains(inserted.name) { passOn(inserted, isLive: cameLive, from: source, now: now) }
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

    /// Nobody will bring the parents of what those brought who are gone (SE-71), or whose sets are ours without it (SE-98).
    mutating func forgetOrphans(now: Instant) {
        for supplier in agreement.goneSuppliers.due(now: now) where !hasSession(with: supplier) {
            board?.forgetOrphans(from: supplier)
            statusChanged(now: now)
        }
        for supplier in agreement.agreeingSuppliers.due(now: now) {
            let isOurs = neighbours.values.contains {
                $0.isInRoom && $0.remote.author == supplier && $0.transfer.fingerprint == board?.fingerprint
            }
            guard isOurs else { continue }
            board?.forgetOrphans(from: supplier)
            statusChanged(now: now)
        }
    }

    /// What entered the set is shown, and the others are told that it changed.
    mutating func took(_ outcome: InsertOutcome, of asker: Asker, now: Instant) {
        show(outcome.changes, outcome.chats, forks: outcome.forks, renames: outcome.renames, of: asker, now: now)
        for step in outcome.takeBacks {
            // Whatever it says, there are no more than are here.
            let sequences = step.span.sequences.clamped(to: 1...max(1, board?.contiguousSequence(of: step.span.author) ?? 1))
            tell(.calm(.tookBack(by: step.by, of: step.span.author, changes: sequences.count)))
        }
    }

    /// What is seen otherwise is shown, and the others are told that our set is another.
    mutating func show(
        _ deltas: [ShapeDelta], _ chats: [ChatEntry], forks: [Fork], renames: [AuthorID], of asker: Asker, now: Instant
    ) {
        let changes = deltas.compactMap { delta -> ShapeChange? in
            switch (delta.before, delta.after.map { shown($0, before: delta.before, of: asker) }) {
            case (nil, let after?): ShapeChange(kind: .added, id: delta.id, author: delta.by, shape: after)
            case (let before?, nil): ShapeChange(kind: .removed, id: delta.id, author: delta.by, shape: before)
            case (_?, let after?): ShapeChange(kind: .changed, id: delta.id, author: delta.by, shape: after)
            case (nil, nil): nil
            }
        }
        if !changes.isEmpty { tell(to: asker) { .changed(changes, ref: $0) } }
        for chat in chats {
            let message = newMessage(chat)
            tell(to: asker) { .chat(message, ref: $0) }
        }
        for fork in forks { tell(.fork(author: fork.author, sequence: fork.sequence)) }
        if !renames.isEmpty {
            for peer in roster.peers { tellPerson(peer) }
            tookNames(renames, now: now)
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

    /// Passes a transaction of another on to those neighbours that its author does not reach (SE-5).
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
    mutating func push(_ transaction: Transaction, on connection: ConnectionID, now: Instant) {
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
                    let transaction = board.transaction(name),
                    board.covers(name) || transaction.author == neighbours[connection]?.remote.author
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
}
