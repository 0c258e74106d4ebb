/// A set of numbers kept as sorted, disjoint, non-touching ranges: packet numbers received, stream bytes acknowledged.
struct RangeSet: Hashable, Sendable {
    private(set) var ranges: [Range<UInt64>] = []

    var isEmpty: Bool { ranges.isEmpty }
    var count: Int { ranges.count }
    /// Numbers in the set.
    private(set) var total: UInt64 = 0

    mutating func insert(_ range: Range<UInt64>) {
        guard !range.isEmpty else { return }
        // Nearly all insertions are at the end.
        if let last = ranges.last, range.lowerBound >= last.lowerBound {
            if range.lowerBound > last.upperBound {
                ranges.append(range)
                total += range.length
            } else if range.upperBound > last.upperBound {
                ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
                total += range.upperBound - last.upperBound
            }
            return
        }
        let first = firstIndex(endingAtOrAfter: range.lowerBound)
        var end = first
        var merged = range
        while end < ranges.count, ranges[end].lowerBound <= range.upperBound {
            merged = min(merged.lowerBound, ranges[end].lowerBound)..<max(merged.upperBound, ranges[end].upperBound)
            total -= ranges[end].length
            end += 1
        }
        total += merged.length
        if first == end {
            ranges.insert(merged, at: first)
        } else {
            ranges[first] = merged
            ranges.removeSubrange(first + 1..<end)
        }
    }

    mutating func remove(_ range: Range<UInt64>) {
        guard !range.isEmpty, !ranges.isEmpty else { return }
        var first = firstIndex(endingAtOrAfter: range.lowerBound + 1)
        guard first < ranges.count, ranges[first].lowerBound < range.upperBound else { return }
        let old = ranges[first]
        if old.lowerBound < range.lowerBound {
            ranges[first] = old.lowerBound..<range.lowerBound
            if old.upperBound > range.upperBound {
                ranges.insert(range.upperBound..<old.upperBound, at: first + 1)
                total -= range.length
                return
            }
            total -= old.upperBound - range.lowerBound
            first += 1
        }
        var end = first
        while end < ranges.count, ranges[end].upperBound <= range.upperBound {
            total -= ranges[end].length
            end += 1
        }
        if end < ranges.count, ranges[end].lowerBound < range.upperBound {
            total -= range.upperBound - ranges[end].lowerBound
            ranges[end] = range.upperBound..<ranges[end].upperBound
        }
        if first < end { ranges.removeSubrange(first..<end) }
    }

    /// Takes out the lowest run.
    mutating func removeFirst() { total -= ranges.removeFirst().length }

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

    /// The first run of numbers of the set that lie in `range`; nil if there are none.
    func firstRun(in range: Range<UInt64>) -> Range<UInt64>? {
        guard !range.isEmpty else { return nil }
        let index = firstIndex(endingAtOrAfter: range.lowerBound + 1)
        guard index < ranges.count, ranges[index].lowerBound < range.upperBound else { return nil }
        return ranges[index].clamped(to: range)
    }

    /// Takes that run out.
    mutating func takeFirstRun(in range: Range<UInt64>) -> Range<UInt64>? {
        let run = firstRun(in: range)
        if let run { remove(run) }
        return run
    }

    /// Takes out the lowest numbers, at most `limit` of them in one run.
    mutating func takeFirst(limit: Int) -> Range<UInt64>? {
        guard limit > 0, let first = ranges.first else { return nil }
        let taken = first.lowerBound..<min(first.upperBound, first.lowerBound + UInt64(limit))
        total -= taken.length
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
        while ranges.count > limit { removeFirst() }
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

extension Range<UInt64> {
    /// How many numbers are in it. `count` is an `Int`, and checks.
    var length: UInt64 { upperBound &- lowerBound }
}
