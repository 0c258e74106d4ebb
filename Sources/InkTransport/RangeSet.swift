/// A set of numbers kept as sorted, disjoint, non-touching ranges: packet numbers received, stream bytes acknowledged.
struct RangeSet: Hashable, Sendable {
    private(set) var ranges: [Range<UInt64>] = []

    var isEmpty: Bool { ranges.isEmpty }
    var count: Int { ranges.count }
    /// Numbers in the set.
    var total: UInt64 { ranges.reduce(0) { $0 + UInt64($1.count) } }

    mutating func insert(_ range: Range<UInt64>) {
        guard !range.isEmpty else { return }
        // Nearly all insertions are at the end.
        if let last = ranges.last, range.lowerBound >= last.lowerBound {
            if range.lowerBound > last.upperBound {
                ranges.append(range)
            } else if range.upperBound > last.upperBound {
                ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
            }
            return
        }
        let first = firstIndex(endingAtOrAfter: range.lowerBound)
        var end = first
        var merged = range
        while end < ranges.count, ranges[end].lowerBound <= range.upperBound {
            merged = min(merged.lowerBound, ranges[end].lowerBound)..<max(merged.upperBound, ranges[end].upperBound)
            end += 1
        }
        ranges.replaceSubrange(first..<end, with: CollectionOfOne(merged))
    }

    mutating func remove(_ range: Range<UInt64>) {
        guard !range.isEmpty, !ranges.isEmpty else { return }
        let first = firstIndex(endingAtOrAfter: range.lowerBound)
        var end = first
        var rest: [Range<UInt64>] = []
        while end < ranges.count, ranges[end].lowerBound < range.upperBound {
            let old = ranges[end]
            if old.lowerBound < range.lowerBound { rest.append(old.lowerBound..<min(old.upperBound, range.lowerBound)) }
            if old.upperBound > range.upperBound { rest.append(max(old.lowerBound, range.upperBound)..<old.upperBound) }
            end += 1
        }
        ranges.replaceSubrange(first..<end, with: rest)
    }

    func contains(_ number: UInt64) -> Bool {
        let index = firstIndex(endingAtOrAfter: number + 1)
        return index < ranges.count && ranges[index].contains(number)
    }

    /// True if every number of `range` is in the set.
    func covers(_ range: Range<UInt64>) -> Bool {
        guard !range.isEmpty else { return true }
        let index = firstIndex(endingAtOrAfter: range.upperBound)
        return index < ranges.count && ranges[index].lowerBound <= range.lowerBound
    }

    /// The numbers of the set that lie in `range`, as runs.
    func runs(in range: Range<UInt64>) -> [Range<UInt64>] {
        guard !range.isEmpty else { return [] }
        var index = firstIndex(endingAtOrAfter: range.lowerBound + 1)
        var runs: [Range<UInt64>] = []
        while index < ranges.count, ranges[index].lowerBound < range.upperBound {
            runs.append(ranges[index].clamped(to: range))
            index += 1
        }
        return runs
    }

    /// Takes out the lowest numbers, at most `limit` of them in one run.
    mutating func takeFirst(limit: Int) -> Range<UInt64>? {
        guard limit > 0, let first = ranges.first else { return nil }
        let taken = first.lowerBound..<min(first.upperBound, first.lowerBound + UInt64(limit))
        if taken.upperBound == first.upperBound { ranges.removeFirst() } else { ranges[0] = taken.upperBound..<first.upperBound }
        return taken
    }

    /// Bytes of memory that the runs take.
    var room: Int { ranges.capacity * MemoryLayout<Range<UInt64>>.stride }

    /// Gives back what many runs took that are gone.
    mutating func giveBackRoom() {
        if ranges.capacity > 64, ranges.count * 4 < ranges.capacity { ranges = ranges.map(\.self) }
    }

    /// Forgets all but the `limit` highest runs.
    mutating func keepLast(_ limit: Int) {
        if ranges.count > limit { ranges.removeFirst(ranges.count - limit) }
    }

    /// Index of the first run whose upper bound is at or beyond `number`.
    private func firstIndex(endingAtOrAfter number: UInt64) -> Int {
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < number { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
