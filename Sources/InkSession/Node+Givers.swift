import InkBoard
import InkPrimitives
import InkTransport

// Whom we ask for what we lack.
extension Node {
    /// Begins the first comparison with a peer, if it is ours to begin and any use.
    ///
    /// - Parameter isForced: it is ours whoever dialled.
    mutating func beginOwedRun(with connection: ConnectionID, isForced: Bool = false, now: Instant) {
        guard let neighbour = neighbours[connection], neighbour.isInRoom, neighbour.owesRun || isForced else { return }
        neighbours[connection]?.owesRun = false
        guard neighbour.fingerprint != board?.fingerprint, !isBehind(neighbour), !isGivenByAnother(connection) else { return }
        beginRun(with: connection, now: now)
    }

    /// Compares with a peer from the beginning on.
    mutating func beginRun(with connection: ConnectionID, now: Instant) {
        guard let board, var neighbour = neighbours[connection] else { return }
        (neighbour.reconcileAt, neighbour.outstanding, neighbour.isReconciled) = (nil, 0, false)
        let first = neighbour.reconciler.start(board: board)
        neighbours[connection] = neighbour
        for message in first { say(.reconcile(message), on: connection, now: now) }
    }

    /// The peer has much that we lack.
    func isAhead(_ neighbour: Neighbour) -> Bool {
        guard let board, let theirs = neighbour.fingerprint, theirs != board.fingerprint else { return false }
        return neighbour.transactionCount >= board.transactionCount + Givers.leadMin
    }

    /// The peer lacks much that we have, and will ask for it.
    func isBehind(_ neighbour: Neighbour) -> Bool {
        guard let board, neighbour.fingerprint != nil else { return false }
        return neighbour.transactionCount + Givers.leadMin <= board.transactionCount
    }

    /// What this peer has more than we, another brings already.
    func isGivenByAnother(_ connection: ConnectionID) -> Bool {
        guard agreement.givers.keepsOut(connection), let neighbour = neighbours[connection] else { return false }
        return isAhead(neighbour)
    }

    /// Asks who is to be asked for what we lack, if that is another now.
    mutating func followGivers(now: Instant) {
        guard agreement.givers.isDue(now: now) else { return }
        var sights: [Givers.Sight] = []
        for connection in connections {
            guard let index = neighbours.index(forKey: connection), neighbours.values[index].isPresent, let count = board?.transactionCount
            else { continue }
            // Who was asked first may not have said yet how much it has.
            let hasSaid = neighbours.values[index].fingerprint != nil
            guard hasSaid ? isAhead(neighbours.values[index]) : connection == agreement.givers.current else { continue }
            let line = endpoint.line(of: connection)
            sights.append(
                Givers.Sight(
                    connection: connection, isRelay: line?.isRelay ?? false, roundTrip: line?.roundTrip,
                    lead: hasSaid ? neighbours.values[index].transactionCount - count : nil))
        }
        guard let turn = agreement.givers.next(among: sights, now: now) else { return }
        if let left = turn.leave {
            neighbours[left]?.outstanding = 0
            neighbours[left]?.isReconciled = false
            say(.enough, on: left, now: now)
        }
        neighbours[turn.ask]?.owesRun = false
        beginRun(with: turn.ask, now: now)
    }
}
