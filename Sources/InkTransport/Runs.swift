/// Runs of packet numbers: a few take no memory of their own, and mostly there are no more.
struct Runs: Hashable, Sendable {
    private var first = InlineArray<4, Range<UInt64>>(repeating: 0..<0)
    private var rest: [Range<UInt64>] = []
    private(set) var count = 0

    mutating func append(_ run: Range<UInt64>) {
        if count < first.count { first[count] = run } else { rest.append(run) }
        count += 1
    }

    /// - Parameter index: 0..<count.
    subscript(index: Int) -> Range<UInt64> { index < first.count ? first[index] : rest[index - first.count] }

    /// One of them has this number.
    func contains(_ number: UInt64) -> Bool { (0..<count).contains { self[$0].contains(number) } }

    var all: [Range<UInt64>] { (0..<count).map { self[$0] } }

    static func == (one: Runs, other: Runs) -> Bool { one.all == other.all }
    func hash(into hasher: inout Hasher) { hasher.combine(all) }
}
