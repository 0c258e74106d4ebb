import InkBoard
import InkPrimitives
import InkTransport

// From the first word of a session to the room, and from the room to a board that is ready.
extension Node {
    mutating func receiveGenesis(_ bytes: [UInt8], from neighbour: Neighbour, now: Instant) {
        guard board == nil else { return }
        do {
            let genesis = try Transaction(decoding: bytes)
            guard genesis.hasValidSignature else { return misbehaved(neighbour, rule: "genesis: signature", now: now) }
            let board = try Board(genesis: genesis)
            guard board.id == boardID else { return misbehaved(neighbour, rule: "genesis: another board", now: now) }
            // A link that says otherwise was made wrong.
            guard (board.admission == .grants) == hasRoles else {
                return misbehaved(neighbour, rule: "genesis: another kind of board", now: now)
            }
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
            guard neighbours[connection]?.standing == nil else {
                judge(connection, now: now)
                continue
            }
            guard let step = neighbours[connection]?.admission.cameGenesis() else { continue }
            say(.hello(hasGenesis: true), on: connection, now: now)
            switch step {
            case .enter: enteredRoom(connection, now: now)
            case .give: say(.genesis(bytes), on: connection, now: now)
            case .nothing: break
            }
        }
    }

    mutating func enteredRoom(_ connection: ConnectionID, now: Instant) {
        // Before anything of which it might need the secret.
        tellEpochs(on: connection, now: now)
        guard let neighbour = neighbours[connection] else { return }
        // What the others were told, from which the next difference counts.
        say(.adjacent(roster.adjacency.told.sorted()), on: connection, now: now)
        tellReceipt(connection, now: now)
        tellFingerprint(connection, now: now)
        // Whom we gave the beginning of the board asks for the rest.
        neighbours[connection]?.transfer.owesRun(neighbour.remote.isInitiator && !neighbour.isGiven)
        if neighbour.remote.isInitiator || !isReady, !neighbours.values.contains(where: { $0.isInRoom && $0.connection != connection }) {
            // The first is asked before it has said what it has: a round trip sooner.
            if !isReady { agreement.givers.began(with: connection, roundTrip: endpoint.line(of: connection)?.roundTrip, now: now) }
            beginOwedRun(with: connection, isForced: !isReady, now: now)
        }
        showPresence(of: connection, now: now)
        tellPerson(neighbour.remote.peer)
        statusChanged(now: now)
    }

    mutating func becomeReadyIfReconciled(_ connection: ConnectionID, now: Instant) {
        guard !isReady, let neighbour = neighbours[connection], let board else { return }
        let hasAll =
            neighbour.transfer.isReconciled && neighbour.transfer.outstanding <= 0 && !agreement.verification.holds(of: connection)
            && neighbour.transfer.broughtTwice.allSatisfy { !agreement.verification.contains($0) }
        if neighbour.transfer.fingerprint == board.fingerprint || hasAll { becomeReady(now: now) }
    }

    mutating func becomeReady(now: Instant) {
        guard let board, phase.becameReady() else { return }
        learnNames()
        followEarlierMessages()
        for connection in connections { neighbours[connection]?.transfer.forgetBroughtTwice() }
        tell(.ready(board.id, me: author, role: role))
        statusChanged(now: now)
        introduce(now: now)
        recoverTexts(now: now)
    }

    /// Writes our name into the board when it stands there differently. Waits for the wall clock, which the transaction claims.
    mutating func introduce(now: Instant) {
        guard isReady, !rights.isJoining, clock.isSet, !displayName.isEmpty, board?.personName(author) != displayName else { return }
        guard saves.refusal == nil, !isAdopting(now: now) else { return }
        do {
            try perform(of: .nobody, now: now) { [displayName] _, author throws(RuleViolation) in
                try Board.writes(naming: displayName, by: author)
            }
        } catch {
            // Tried again with the next word of the clock.
        }
    }
}
