import InkPrimitives
import Testing

@testable import InkTransport

@Suite struct RangeSetTests {
    @Test(arguments: 0..<60 as Range<UInt64>)
    func `agrees with a set of numbers`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var ranges = RangeSet()
        var numbers: Set<UInt64> = []
        for _ in 0..<80 {
            let start = UInt64(random.below(60))
            let range = start..<start + UInt64(random.below(12))
            switch random.below(4) {
            case 0, 1:
                ranges.insert(range)
                numbers.formUnion(range)
            case 2:
                ranges.remove(range)
                numbers.subtract(range)
            default:
                let limit = 1 + random.below(5)
                let taken = ranges.takeFirst(limit: limit)
                let lowest = numbers.sorted()
                #expect((taken?.lowerBound) == lowest.first)
                if let taken {
                    #expect(taken.count <= limit && taken.allSatisfy(numbers.contains))
                    numbers.subtract(taken)
                }
            }
            #expect(Set(ranges.ranges.flatMap { Array($0) }) == numbers)
            #expect(ranges.total == UInt64(numbers.count))
            // Sorted, disjoint, not touching: one set has one spelling.
            for (left, right) in zip(ranges.ranges, ranges.ranges.dropFirst()) { #expect(left.upperBound < right.lowerBound) }
            #expect(ranges.covers(range) == range.allSatisfy(numbers.contains))
            #expect(ranges.contains(start) == numbers.contains(start))
        }
    }
}
