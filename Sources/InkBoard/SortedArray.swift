extension Array {
    /// The first index whose element satisfies `belongsAfter`; elements must be sorted so that all that do come last.
    package func partitioningIndex(_ belongsAfter: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if belongsAfter(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// The elements of both, each of which is in order, in order.
    func merged(with other: [Element], _ isBefore: (Element, Element) -> Bool) -> [Element] {
        var merged: [Element] = []
        merged.reserveCapacity(count + other.count)
        var next = 0
        for element in other {
            while next < count, !isBefore(element, self[next]) {
                merged.append(self[next])
                next += 1
            }
            merged.append(element)
        }
        return merged + self[next...]
    }
}
