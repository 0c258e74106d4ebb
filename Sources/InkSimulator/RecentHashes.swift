/// Hashes of what came lately, in two generations: what is older than both came too long ago to come again.
struct RecentHashes: Sendable {
    private var newer: Set<UInt64> = []
    private var older: Set<UInt64> = []

    /// - Returns: true if it did not come lately.
    mutating func insert(_ hash: UInt64) -> Bool { newer.insert(hash).inserted && !older.contains(hash) }

    /// Forgets what came before this was called last.
    mutating func turn() { (older, newer) = (newer, []) }
}
