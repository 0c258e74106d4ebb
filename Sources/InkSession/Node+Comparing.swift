import InkBoard
import InkPrimitives
import InkTransport

// What each of two says of its set, and what follows where the sets differ.
extension Node {
    mutating func tellReceipt(_ connection: ConnectionID, now: Instant) {
        guard let neighbour = neighbours[connection], neighbour.isInRoom, let board else { return }
        let sequence = board.contiguousSequence(of: neighbour.remote.author)
        guard neighbours[connection]?.receipts.tells(sequence) == true else { return }
        say(.receipt(sequence: sequence), on: connection, now: now)
    }

    mutating func tellFingerprint(_ connection: ConnectionID, now: Instant) {
        guard let board, neighbours[connection]?.isInRoom == true else { return }
        guard !isStarved(connection) else {
            neighbours[connection]?.transfer.changed(now: now)
            return
        }
        let fingerprint = board.fingerprint
        guard neighbours[connection]?.transfer.tells(fingerprint) == true else { return }
        say(.fingerprint(fingerprint, count: UInt64(board.coveredCount)), on: connection, now: now)
    }

    /// What we said waits for a line that is slower than we speak.
    private func isStarved(_ connection: ConnectionID) -> Bool {
        endpoint.pendingBytes(on: connection, lane: .control) > SessionTiming.controlFull
    }

    /// Looks whether we and a neighbour differ, and plans a reconciliation if so.
    mutating func compare(_ connection: ConnectionID, now: Instant) {
        guard let board, let neighbour = neighbours[connection], neighbour.isInRoom,
            let theirs = neighbour.transfer.fingerprint
        else { return }
        if theirs == board.fingerprint {
            if board.orphanCount > 0 { agreement.agreeingSuppliers.agrees(neighbour.remote.author, now: now) }
            if neighbours[connection]?.transfer.agreed() == true { statusChanged(now: now) }
            if !isReady { becomeReady(now: now) }
            return
        }
        agreement.agreeingSuppliers.differs(neighbour.remote.author)
        if neighbour.transfer.reconcileAt == nil {
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
            guard let board, let neighbour = neighbours[connection], let at = neighbour.transfer.reconcileAt, now >= at else { continue }
            neighbours[connection]?.transfer.reconcile(at: nil)
            if neighbour.transfer.fingerprint != board.fingerprint, !isTransferring(neighbour, now: now), !isGivenByAnother(connection) {
                beginRun(with: connection, now: now)
            }
            tellFingerprint(connection, now: now)
            compare(connection, now: now)
        }
    }

    /// True while what an earlier comparison found is still on its way (SE-16), in either direction: another would only find it again.
    private func isTransferring(_ neighbour: Neighbour, now: Instant) -> Bool {
        if !neighbour.transfer.backlog.isEmpty || endpoint.pendingBytes(on: neighbour.connection, lane: .bulk) > 0 { return true }
        // Behind so much the peer would hear of it too late (SE-395).
        if isStarved(neighbour.connection) { return true }
        let line = endpoint.line(of: neighbour.connection) ?? LineSight()
        if neighbour.transfer.awaitsAnswer(patience: SessionTiming.answerPatience(of: line), now: now) { return true }
        // What waits for its author's pace is here, and would be sent again.
        if agreement.verification.holds(of: neighbour.connection) { return true }
        return neighbour.transfer.isSupplied(now: now)
    }
}
