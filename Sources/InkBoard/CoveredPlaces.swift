/// What fingerprint and reconciliation cover: the transactions of a log that count, and all that those come after (BD-91, BD-101).
package struct CoveredPlaces: Sendable {
    private var isCovered: [Bool]
    private var isParent: [Bool]

    /// - Parameter counts: by place in the log, parents before children, which transactions count.
    package init(counting counts: [Bool], parents: (Int) -> some Sequence<Int>) {
        (isCovered, isParent) = (counts, Array(repeating: false, count: counts.count))
        for place in counts.indices.reversed() where isCovered[place] {
            for parent in parents(place) { (isCovered[parent], isParent[parent]) = (true, true) }
        }
    }

    package func contains(_ place: Int) -> Bool { isCovered[place] }

    /// What has no covered children, ascending by place.
    package var heads: [Int] { isCovered.indices.filter { isCovered[$0] && !isParent[$0] } }
}
