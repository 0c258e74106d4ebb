/// The transactions of a log that lie under the heads of a removal, the heads included (BD-90).
///
/// A board makes one for each removal, when that comes, and answers `Rights.counts(naming:at:isCovered:)` from it. Numbers are places
/// in the log: parents before children. It holds for logs with forks as for others, and takes a bit for each place between the first
/// transaction that gives the right and the last head: what names the right comes after that.
package struct RightsCover: Sendable {
    private let first: Int
    private var bits = RightsBits()

    /// Walks from `heads` down, once over the places between.
    ///
    /// - Parameter giver: the first place in the log where any of the rights that it ends is given: of a right that several admissions give,
    ///   the first of those. What names a right is written after one of them.
    package init(heads: [Int], firstGiver giver: Int, parents: (Int) -> [Int]) {
        first = giver
        guard let last = heads.max(), last >= giver else { return }
        for head in heads where head >= giver { bits.insert(head - giver) }
        for place in stride(from: last, through: giver, by: -1) where bits.contains(place - giver) {
            for parent in parents(place) where parent >= giver { bits.insert(parent - giver) }
        }
    }

    /// Whether the transaction at a place of the log, which names the right, lies under the heads.
    package func contains(_ place: Int) -> Bool { place >= first && bits.contains(place - first) }
}
