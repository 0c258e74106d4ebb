import InkBoard
import InkPrimitives

// Where we stand with the disk and the others.
extension Node {
    /// Transactions that are not on disk.
    public var unsavedCount: Int { saves.unsavedTransactions }

    /// How far a board that was joined has come; it grows while somebody sends it.
    public var arrivedCount: Int { (board?.transactionCount ?? 0) + (board == nil ? 0 : 1) + neighbours.values.count(where: \.isInRoom) }

    /// True if the board that we join cannot come from those met so far: they speak another version of the protocol, or the board itself is of
    /// a later one (SE-29).
    public var isKeptOutByVersion: Bool { board == nil && versions.keepOut(isAlone: neighbours.isEmpty) }

    /// Where we stand with disk and peers.
    public var syncStatus: SyncStatus {
        guard let board else {
            return SyncStatus(state: .behind, missing: 0, unsent: 0, isSaved: saves.isEmpty, fingerprint: .zero)
        }
        let fingerprint = board.fingerprint
        let present = neighbours.values.filter(\.isPresent)
        let missing = board.missingCount + present.reduce(0) { $0 + max(0, $1.transfer.outstanding) }
        let differing = present.filter { $0.transfer.fingerprint != fingerprint }
        let own = board.contiguousSequence(of: author)
        let known = agreement.receipts.greatest
        var unsent = Int(own - min(own, known))
        for neighbour in present { unsent = max(unsent, Int(own - min(own, neighbour.receipts.theirs ?? 0))) }
        let state: SyncStatus.State = missing > 0 ? .behind : differing.isEmpty ? .synced : unsent > 0 ? .ahead : .behind
        return SyncStatus(state: state, missing: missing, unsent: unsent, isSaved: saves.unsavedTransactions == 0, fingerprint: fingerprint)
    }

    /// Every present peer has all of ours that are on disk, and all of ours are. True when nobody is present.
    public var isDelivered: Bool {
        guard let board else { return true }
        let own = board.contiguousSequence(of: author)
        return work.unsaved.isEmpty && neighbours.values.allSatisfy { !$0.isPresent || $0.receipts.has(own) }
    }

    /// Peers with a session in the room that is not degraded.
    public var presentPeers: Int { neighbours.values.count { $0.isPresent } }

    mutating func statusChanged(now: Instant) {
        status.changed(now: now)
    }

    /// Tells that not all is saved, if the last that was told says so (SE-19): before anything is told of what is not.
    mutating func takeBackSaved() {
        if status.saysSaved { tellStatus() }
    }

    mutating func tellStatus() {
        let news = syncStatus
        if status.isNews(news) { tell(.sync(news)) }
        tellMessages()
    }
}
