import InkBoard
import InkPrimitives
import InkTransport

// What is said and heard in a session, and what the disk has.
extension Node {
    mutating func say(_ message: SessionMessage, on connection: ConnectionID, now: Instant) {
        endpoint.send(message.encode(), lane: .control, on: connection, now: now)
    }

    mutating func receive(_ bytes: [UInt8], lane: Lane, on connection: ConnectionID, now: Instant) {
        switch lane {
        case .control:
            do {
                try receive(SessionMessage(decoding: bytes), on: connection, now: now)
            } catch {
                guard let neighbour = neighbours[connection] else { return }
                guard neighbour.isMet || !isReady else { return refuse(connection, now: now) }
                misbehaved(neighbour, rule: "control message: \(error)", now: now)
            }
        case .ops, .bulk: receiveTransaction(bytes, from: connection, isLive: lane == .ops, now: now)
        }
    }

    private mutating func receive(_ message: SessionMessage, on connection: ConnectionID, now: Instant) throws(WireError) {
        // No copy of the neighbour is held here: its memory of names would be copied with the first change.
        guard let isInRoom = neighbours[connection]?.isInRoom else { return }
        let hasStanding = neighbours[connection]?.standing != nil
        switch message {
        case .hello, .claim, .askChain, .chain, .welcome:
            if hasStanding { return receiveWord(message, on: connection, now: now) }
        case .removal(let bytes):
            guard hasStanding else { throw .unexpected }
            return receiveRemoval(bytes, on: connection, now: now)
        case .genesis: break
        case .addresses: if !mayKnowWhere(connection) { return }
        default: if hasStanding, !isInRoom { return }
        }
        switch message {
        case .hello(let hasGenesis, nil):
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
            // What does not count is given to nobody, whoever knows its name (BD-169).
            for name in names where board.covers(name) { queue(name, on: connection, now: now) }
        case .receipt(let claimed):
            neighbours[connection]?.receipts.heard(claimed, now: now)
            askForProof(of: claimed, from: connection, now: now)
            noteReceipt(connection, now: now)
        case .prove(let sequence):
            guard isInRoom, let board, let remote = neighbours[connection]?.remote.author,
                endpoint.pendingBytes(on: connection) < SessionTiming.connectionFull
            else { return }
            if let proof = board.transaction(of: remote, sequence: sequence) { queue(proof.name, on: connection, now: now) }
        // There are no rights where people have no roles.
        case .hello, .claim, .askChain, .chain, .welcome, .removal: throw .unexpected
        case .secrets(let secrets):
            guard hasStanding else { throw .unexpected }
            if neighbours[connection]?.epochWords.take(now: now) == true { receive(secrets: secrets, on: connection, now: now) }
        case .epoch(let epoch):
            guard hasStanding else { throw .unexpected }
            if neighbours[connection]?.epochWords.take(now: now) == true { heard(epoch: epoch, on: connection, now: now) }
        case .enough: neighbours[connection]?.transfer.enough()
        case .addresses(let candidates): receiveAddresses(candidates, on: connection, now: now)
        case .adjacent(let authors): neighbours[connection]?.hasSessions(with: authors)
        case .adjacency(let joined, let left): neighbours[connection]?.sessionsChanged(joined: joined, left: left)
        }
    }

    private mutating func receiveReconcile(_ bytes: [UInt8], on connection: ConnectionID, now: Instant) throws(WireError) {
        guard let board, endpoint.pendingBytes(on: connection) < SessionTiming.connectionFull else { return }
        guard endpoint.pendingBytes(on: connection, lane: .control) < SessionTiming.controlFullOfAnswers else { return }
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

    /// A peer that says to have more of our work than we do is asked to show the next of it (SE-284); what it then does not show proves nothing.
    private mutating func askForProof(of claimed: UInt64, from connection: ConnectionID, now: Instant) {
        let own = board?.contiguousSequence(of: author) ?? 0
        guard claimed > own else { return }
        work.adoption.take(claim: claimed)
        guard neighbours[connection]?.isInRoom == true, neighbours[connection]?.receipts.asksProof(of: own + 1) == true else { return }
        say(.prove(sequence: own + 1), on: connection, now: now)
    }

    /// Remembers for the disk what a peer has of ours. Nobody is believed to have more than there is.
    mutating func noteReceipt(_ connection: ConnectionID, now: Instant) {
        guard let neighbour = neighbours[connection], let claimed = neighbour.receipts.theirs else { return }
        let sequence = min(claimed, board?.contiguousSequence(of: author) ?? 0)
        statusChanged(now: now)
        agreement.receipts.note(sequence, of: neighbour.remote.author, now: now)
    }

    mutating func misbehaved(_ neighbour: Neighbour, rule: String, now: Instant) {
        rejected(author: neighbour.remote.author, rule: rule, now: now)
        endpoint.close(neighbour.connection, now: now)
        // The endpoint reports what others close, not what we do.
        closed(neighbour.connection, .byPeer, now: now)
    }

    /// Tells front ends that somebody broke a rule (SE-189).
    mutating func rejected(author: AuthorID?, rule: String, now: Instant) {
        if rejections.mayTell(author: author, rule: rule, now: now) { tell(.rejected(author: author, rule: rule)) }
    }

    // The disk.

    mutating func persisted(_ batch: UInt64, now: Instant) {
        let before = rights.shown(work.unsaved)
        defer { if rights.shown(work.unsaved) != before { tellRight(now: now) } }
        for record in saves.persisted(batch) {
            if case .epoch(let record) = record { saved(record, now: now) }
            if case .inviteKey(let key) = record { tellInvite(key.invite) }
            guard case .transaction(let transaction) = record, work.saved(transaction.name) else { continue }
            // Only now may it leave: a crash must not make us contradict ourselves (SE-1).
            for connection in connections where neighbours[connection]?.isInRoom == true { push(transaction, on: connection, now: now) }
            // Whose right ends by it stayed to be told.
            if transaction.changesRights { judgeAll(now: now) }
        }
        statusChanged(now: now)
    }

    mutating func saveReceipts() {
        for record in agreement.receipts.records(by: author) { saves.append(record) }
    }
}
