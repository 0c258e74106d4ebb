import InkBoard

/// Which shapes lie near a place of the board, so that a picture, a press and the eraser look at those alone.
///
/// A shape is in one bucket: of squares that are a power of two wide, the smallest that are as large as the shape, in the one that holds its
/// left upper corner. So it reaches from there into the next ones and no farther, however shapes of all sizes are mixed; a look costs the
/// buckets near the place, on each of the few levels that have any. To put a shape in or to take it out costs the same however many lie in its
/// bucket: lines that follow a box may be thousands, and all begin at it.
///
/// - Note: what a shape is called is a parameter, so that a test counts how often names are compared.
struct ShapeIndex<ID: Hashable & Sendable>: Sendable {
    /// In world units, the ends included.
    typealias Reach = (left: Int, top: Int, right: Int, bottom: Int)

    private struct Bucket: Hashable {
        let level: Int
        let column: Int
        let row: Int
    }

    private var buckets: [Bucket: Set<ID>] = [:]
    /// By level, the shapes in its buckets.
    private var counts: [Int] = []

    mutating func insert(_ id: ID, _ reach: Reach) {
        let bucket = Self.bucket(of: reach)
        buckets[bucket, default: []].insert(id)
        while counts.count <= bucket.level { counts.append(0) }
        counts[bucket.level] += 1
    }

    /// - Parameter reach: as it was told when the shape was put in.
    mutating func remove(_ id: ID, _ reach: Reach) {
        let bucket = Self.bucket(of: reach)
        guard buckets[bucket]?.remove(id) != nil else { return }
        if buckets[bucket]?.isEmpty == true { buckets[bucket] = nil }
        counts[bucket.level] -= 1
    }

    /// Calls `body` with each shape that can touch an area, and with some that lie near it, in no order.
    func forEach(near area: Reach, _ body: (ID) -> Void) {
        for level in counts.indices where counts[level] > 0 {
            let shift = Self.shift(of: level)
            let columns = (area.left >> shift) - 1...area.right >> shift
            let rows = (area.top >> shift) - 1...area.bottom >> shift
            // From so far that there are fewer buckets than places for them.
            if columns.count * rows.count > buckets.count {
                for (bucket, ids) in buckets
                where bucket.level == level && columns.contains(bucket.column) && rows.contains(bucket.row) {
                    ids.forEach(body)
                }
            } else {
                for row in rows {
                    for column in columns { buckets[Bucket(level: level, column: column, row: row)]?.forEach(body) }
                }
            }
        }
    }

    private static func bucket(of reach: Reach) -> Bucket {
        let extent = max(reach.right - reach.left, reach.bottom - reach.top, 1)
        let level = max(0, Int.bitWidth - (extent - 1).leadingZeroBitCount - smallest)
        let shift = shift(of: level)
        return Bucket(level: level, column: reach.left >> shift, row: reach.top >> shift)
    }

    private static func shift(of level: Int) -> Int { level + smallest }
    /// The smallest squares are 2048 world units wide: 32 by 16 cells at 100 %.
    private static var smallest: Int { 11 }
}
