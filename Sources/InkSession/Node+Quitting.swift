import InkBoard
import InkPrimitives
import InkTransport

// The end: what is ours is saved and delivered, then the others are told goodbye.
extension Node {
    mutating func quit(handsOver: Bool = false, now: Instant) {
        guard !phase.isEnding else { return }
        // What waits for own work that does not come any more is written (SE-282): a fork is seen, and what is thrown away is not.
        work.waitNoLonger()
        takeHeld(now: now)
        // What a hand still holds is work, too (SE-21).
        for frontEnd in work.seats.keys.sorted() where gesture(of: frontEnd) != nil && (frontEnd == .holder || !handsOver) {
            take(.commit, of: Asker(frontEnd: frontEnd, reference: nil), now: now)
        }
        settleTexts(atOnce: true, now: now)
        for device in presentDevices.sorted() { saw(device, now: now) }
        follow(codes.endAll(), now: now)
        phase.quit(handsOver: handsOver, mark: saves.givenCount, now: now)
    }

    /// Ends once all is saved and delivered, or when patience is over.
    mutating func finishQuitting(now: Instant) {
        guard let quitting = phase.quitting else { return }
        // What others go on drawing does not keep us.
        let isDone =
            work.unsaved.isEmpty && saves.savedCount >= quitting.mark && agreement.receipts.areSaved
            && (quitting.handsOver || !awaitsReceipt(now: now))
        if !agreement.receipts.areSaved {
            saveReceipts()
            phase.waits(for: saves.givenCount)
        }
        guard isDone || now >= quitting.until else { return }
        let status = syncStatus
        if !quitting.handsOver {
            for connection in connections { endpoint.close(connection, now: now) }
            // What a rendezvous is to carry of it leaves before us.
            drainEndpoint(now: now)
            introductions.client?.leave(now: now)
            drainRendezvous(now: now)
        }
        tellMessages()
        let mark = phase.quitting?.mark ?? quitting.mark
        phase.leave(with: .stopped(unsaved: saves.unsavedTransactions(upTo: mark), unsent: status.unsent))
        sayFarewell(now: now)
    }

    /// True while somebody who is present lacks something of ours and may yet say that it has come (SE-75).
    private func awaitsReceipt(now: Instant) -> Bool {
        neighbours.values.contains { neighbour in receiptDeadline(of: neighbour).map { now < $0 } ?? false }
    }

    /// Until when quitting waits for a neighbour's receipts; nil for one that is not waited for. One that never gives any would make leaving last
    /// for everybody.
    func receiptDeadline(of neighbour: Neighbour) -> Instant? {
        guard let quitting = phase.quitting, neighbour.isPresent else { return nil }
        guard !neighbour.receipts.has(board?.contiguousSequence(of: author) ?? 0) else { return nil }
        guard endpoint.pendingBytes(on: neighbour.connection) == 0, neighbour.transfer.backlog.isEmpty else { return quitting.until }
        let since = max(quitting.since, neighbour.receipts.movedAt)
        return min(quitting.until, since + SessionTiming.receiptSilence + (endpoint.roundTrip(on: neighbour.connection) ?? .zero) * 2)
    }

    /// All is done but the goodbyes, of which the first may be lost.
    mutating func sayFarewell(now: Instant) {
        guard case .leaving(let farewell, let handsOver) = phase else { return }
        endpoint.repeatGoodbyes(now: now)
        drainWays(now: now)
        guard endpoint.goodbyeDeadline == nil else { return }
        phase.stop()
        tell(farewell, to: handsOver ? .only(.holder) : .everybody)
    }
}
