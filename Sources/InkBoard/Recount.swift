import InkPrimitives

/// A picture of a board in which other transactions count than do now, and what neighbours would agree on then (BD-102).
///
/// It is made of a copy, off the loop, while the board goes on; then the board takes it, and what came meanwhile counts.
package struct Recount: Sendable {
    fileprivate var picture: Picture
    fileprivate var coverage: Coverage
    fileprivate let hidden: Set<Slot>
    /// How often the board that it was made of had been counted anew, how far its log had come, and what was the last there.
    fileprivate let recountCount: Int
    fileprivate let end: Slot
    fileprivate let last: TransactionName
    /// Of the rights by which it counts.
    fileprivate let revision: Int
    /// Shapes to which something wrote that counts now and did not, or the other way round.
    fileprivate let shapes: Set<ShapeID>
    /// Whose doing it is.
    fileprivate let author: AuthorID
    fileprivate var recounted = Recounted()

    /// - Parameters:
    ///   - author: whose doing it is.
    ///   - counts: which transactions count. Genesis does, whatever is said.
    package init(of board: Board, by author: AuthorID, counting counts: (Transaction) -> Bool) {
        let log = board.log
        self.init(of: board, by: author, hiding: Set((0..<log.end).filter { !counts(log[$0]) }))
    }

    /// - Parameters:
    ///   - author: whose doing it is.
    ///   - hidden: what of the log does not count. Genesis does, whatever is said.
    init(of board: Board, by author: AuthorID, hiding hidden: Set<Slot>) {
        let (log, hidden) = (board.log, hidden.subtracting([0]))
        (picture, coverage) = (board.picture, board.transactionSet.coverage)
        (recountCount, end, last, self.author, self.hidden) = (board.recountCount, log.end, log[log.end - 1].name, author, hidden)
        revision = board.transactionSet.revision
        let removed = hidden.subtracting(board.hidden)
        // In order, so that histories come in order.
        let inserted = board.hidden.subtracting(hidden).sorted()
        let changed: [ShapeID]
        if removed.contains(where: log.lockPast.isLock) || inserted.contains(where: log.lockPast.isLock) {
            // Whatever came after a lock has effect now and had none (BD-192), or the other way round.
            picture = Picture(log, claims: board.picture.undo) { !hidden.contains($0) }
            changed = Array(Set((picture.shapes.standing + board.picture.shapes.standing).map(\.id)))
        } else {
            changed = picture.change(removing: removed, inserting: inserted, of: log)
        }
        coverage.hide(hidden, of: log)
        coverage.refresh()
        shapes = Set(changed)
        recounted.changes = changed.sorted().compactMap { picture.shapes.change(of: $0, since: board.picture.shapes, by: author) }
        recounted.chats = inserted.compactMap { Messages.entry(of: log[$0], log[$0].writes[...]) }
        recounted.chatsGone = removed.sorted().compactMap { Messages.entry(of: log[$0], log[$0].writes[...])?.name }
    }

    /// Takes in what came since it was made. Returns the shapes that this wrote to, of those on which it counts differently.
    ///
    /// - Parameter hidden: what of that does not count.
    fileprivate mutating func follow(_ log: Log, hiding hidden: Set<Slot>) -> Set<ShapeID> {
        var late: Set<ShapeID> = []
        var ignored = InsertOutcome(result: .inserted)
        for slot in end..<log.end {
            guard !hidden.contains(slot) else {
                coverage.leaveOut(slot)
                continue
            }
            coverage.insert(slot, of: log)
            picture.insert(slot, of: log, isReported: false, outcome: &ignored)
            for write in log[slot].writes where shapes.contains(write.target) { late.insert(write.target) }
        }
        coverage.refresh()
        return late
    }
}

/// What people see otherwise when other transactions count.
package struct Recounted: Sendable {
    /// Shapes whose picture changed, one entry each, ascending (BD-174).
    package var changes: [ShapeDelta] = []
    /// Messages that count now and did not.
    package var chats: [ChatEntry] = []
    /// Messages that count no more.
    package var chatsGone: [TransactionName] = []
    /// Authors who have another name now.
    package var renames: [AuthorID] = []
}

extension Board {
    /// True if a transaction is here and counts.
    package func counts(_ name: TransactionName) -> Bool { log.slot(of: name).map { !hidden.contains($0) } ?? false }

    /// Shows what `recount` made; nil, and nothing happens, if another was taken since it was begun (BD-175), or if it was made of another log than
    /// this one or an earlier state of it. What is due still can be begun anew.
    ///
    /// - Parameter recount: is left with what stood before, so that it can be let go off the loop, too.
    package mutating func take(_ recount: inout Recount) -> Recounted? {
        guard recount.recountCount == recountCount, recount.end <= log.end, log[recount.end - 1].name == recount.last else { return nil }
        recount.picture.takeClaims(of: picture)
        let hiddenSince = hidden.filter { $0 >= recount.end }
        let late = recount.follow(log, hiding: hiddenSince)
        exchange(&recount.picture, &recount.coverage, hiding: recount.hidden.union(hiddenSince), revision: recount.revision)
        var recounted = recount.recounted
        if !late.isEmpty {
            // What was written to a shape meanwhile was told already.
            recounted.changes.removeAll { late.contains($0.id) }
            recounted.changes += late.compactMap { picture.shapes.change(of: $0, since: recount.picture.shapes, by: recount.author) }
            recounted.changes.sort { $0.id < $1.id }
        }
        recounted.renames = picture.names.differences(from: recount.picture.names)
        return recounted
    }
}
