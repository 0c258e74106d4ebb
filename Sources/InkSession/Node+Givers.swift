import InkBoard
import InkPrimitives
import InkTransport

// Whom we ask for what we lack.
extension Node {
    /// Begins the first comparison with a peer, if it is ours to begin and any use.
    ///
    /// - Parameter isForced: it is ours whoever dialled.
    mutating func beginOwedRun(with connection: ConnectionID, isForced: Bool = false, now: Instant) {
        guard let neighbour = neighbours[connection], neighbour.isInRoom, neighbour.transfer.owesRun || isForced else { return }
        neighbours[connection]?.transfer.owesRun(false)
        guard neighbour.transfer.fingerprint != board?.fingerprint, !isBehind(neighbour), !isGivenByAnother(connection) else { return }
        beginRun(with: connection, now: now)
    }

    /// Compares with a peer from the beginning on.
    mutating func beginRun(with connection: ConnectionID, now: Instant) {
        guard let board, let first = neighbours[connection]?.transfer.begin(board: board, now: now) else { return }
        for message in first { say(.reconcile(message), on: connection, now: now) }
    }

    /// The peer has much that we lack.
    func isAhead(_ neighbour: Neighbour) -> Bool {
        guard let board, let theirs = neighbour.transfer.fingerprint, theirs != board.fingerprint else { return false }
        return neighbour.transfer.transactionCount >= board.coveredCount + Givers.leadMin
    }

    /// The peer lacks much that we have, and will ask for it.
    func isBehind(_ neighbour: Neighbour) -> Bool {
        guard let board, neighbour.transfer.fingerprint != nil else { return false }
        return neighbour.transfer.transactionCount + Givers.leadMin <= board.coveredCount
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
            guard let index = neighbours.index(forKey: connection), neighbours.values[index].isPresent, let count = board?.coveredCount
            else { continue }
            // Who was asked first may not have said yet how much it has.
            let hasSaid = neighbours.values[index].transfer.fingerprint != nil
            guard hasSaid ? isAhead(neighbours.values[index]) : connection == agreement.givers.current else { continue }
            let line = endpoint.line(of: connection)
            sights.append(
                Givers.Sight(
                    connection: connection, isRelay: line?.isRelay ?? false, roundTrip: line?.roundTrip,
                    lead: hasSaid ? neighbours.values[index].transfer.transactionCount - count : nil))
        }
        guard let turn = agreement.givers.next(among: sights, now: now) else { return }
        if let left = turn.leave {
            neighbours[left]?.transfer.leaveOff()
            say(.enough, on: left, now: now)
        }
        neighbours[turn.ask]?.transfer.owesRun(false)
        beginRun(with: turn.ask, now: now)
    }
}
