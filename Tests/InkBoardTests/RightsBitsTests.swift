import InkPrimitives
import Testing

@testable import InkBoard

@Suite struct RightsBitsTests {
    @Test(arguments: seeds(100))
    func `BD-89: bits do what sets of numbers do, and two with the same numbers are equal`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let spread = [10, 100, 5000][random.below(3)]
        var pool: [(bits: RightsBits, numbers: Set<Int>)] = [(RightsBits(), [])]
        for _ in 0..<200 {
            var (left, right) = (pool[random.below(pool.count)], pool[random.below(pool.count)])
            switch random.below(4) {
            case 0:
                let number = random.below(spread)
                (_, _) = (left.bits.insert(number), left.numbers.insert(number))
            case 1:
                left.bits.formUnion(right.bits)
                left.numbers.formUnion(right.numbers)
            case 2:
                left.bits.formIntersection(right.bits)
                left.numbers.formIntersection(right.numbers)
            default:
                left.bits.subtract(right.bits)
                left.numbers.subtract(right.numbers)
            }
            var read: [Int] = []
            left.bits.forEach { read.append($0) }
            #expect(read == left.numbers.sorted() && left.bits.isEmpty == left.numbers.isEmpty)
            #expect(read.allSatisfy(left.bits.contains) && !left.bits.contains(spread + 1))
            right = pool[random.below(pool.count)]
            #expect(left.bits.intersects(right.bits) == !left.numbers.isDisjoint(with: right.numbers))
            #expect((left.bits == right.bits) == (left.numbers == right.numbers))
            #expect(left.bits != right.bits || left.bits.hashValue == right.bits.hashValue)
            let end = random.below(spread + 1)
            let differing = left.numbers.symmetricDifference(right.numbers).min() ?? end
            #expect(left.bits.agrees(with: right.bits, below: end) == (differing >= end))
            pool.append(left)
        }
    }

    @Test func `BD-89, BD-164: a set that one was added to shares with the one before it what stayed`() {
        var sets = [RightsBits()]
        for number in 0..<20_000 {
            sets.append(sets[number])
            sets[number + 1].insert(number)
        }
        var held: [UnsafeRawPointer: Int] = [:]
        for piece in sets.flatMap(\.pieces) {
            piece.withUnsafeBytes { bytes in if let start = bytes.baseAddress { held[start] = bytes.count } }
        }
        // Whole ones would take 25 MB.
        #expect(held.values.reduce(0, +) < 20_000 * 160)
    }
}
