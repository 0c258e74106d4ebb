import InkPrimitives

/// Which of the transactions that wait for their parents came as new: once those are there they are passed on as new, though history may have brought
/// the parents, and the other way round (SE-312).
struct LateNews: Sendable {
    private var names: Set<TransactionName> = []

    /// Beside as many as there are orphans, so many names are kept of those that the board has forgotten.
    static let staleMax = 64

    /// How many are remembered.
    var count: Int { names.count }

    /// One that came as new waits.
    ///
    /// - Parameters:
    ///   - orphanCount: how many wait in all, this one included.
    ///   - isOrphan: true for one that does.
    mutating func wait(_ name: TransactionName, orphanCount: Int, isOrphan: (TransactionName) -> Bool) {
        names.insert(name)
        // Twice as many, so that looking through them costs each a constant.
        if names.count > 2 * orphanCount + Self.staleMax { names = names.filter(isOrphan) }
    }

    /// Its parents are there.
    ///
    /// - Returns: true if it came as new.
    mutating func isOver(_ name: TransactionName) -> Bool { names.remove(name) != nil }
}
