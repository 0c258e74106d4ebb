import InkPrimitives
import Testing

@Suite struct QueueTests {
    @Test(arguments: 0..<50 as Range<UInt64>)
    func `PR-8: a queue agrees with an array that is shifted`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var queue = seed % 2 == 0 ? Queue<Int>() : Queue<Int>(spareMax: 32)
        var array: [Int] = []
        var made = 0
        // Runs that fill and runs that empty, so that it grows beyond every step in which what was taken is forgotten, and runs empty again.
        for _ in 0..<40 {
            let fills = random.chance(0.5)
            for _ in 0..<random.below(200) {
                if random.chance(fills ? 0.8 : 0.2) {
                    made += 1
                    queue.append(made)
                    array.append(made)
                } else if random.chance(0.1) {
                    let limit = random.below(100)
                    #expect(queue.popFirst(limit) == Array(array.prefix(limit)))
                    array.removeFirst(min(limit, array.count))
                } else {
                    #expect(queue.popFirst() == (array.isEmpty ? nil : array.removeFirst()))
                }
            }
            #expect(queue.elementsEqual(array))
            #expect(queue.count == array.count)
            #expect(queue.first == array.first)
            if let position = array.indices.randomElement(using: &random) {
                queue[position] += 1_000_000
                array[position] += 1_000_000
                #expect(queue[position] == array[position])
            }
        }
        queue.append(contentsOf: [1, 2])
        queue.removeAll()
        #expect(queue.isEmpty)
    }

    /// Tells when it is let go of.
    private final class Witness {
        static func make(_ count: Int) -> (witnesses: [Witness], living: () -> Int) {
            let witnesses = (0..<count).map { _ in Witness() }
            let weak = witnesses.map { Weak(witness: $0) }
            return (witnesses, { weak.count { $0.witness != nil } })
        }
        private struct Weak { weak var witness: Witness? }
    }

    @Test func `PR-8: what was taken out is kept by a long queue at most once more than what waits, by an empty one not at all`() {
        var queue = Queue<Witness>()
        let living: () -> Int
        do {
            let made = Witness.make(3000)
            queue.append(contentsOf: made.witnesses)
            living = made.living
        }
        while !queue.isEmpty {
            for _ in 0..<50 { _ = queue.popFirst() }
            #expect(living() <= max(2 * queue.count, queue.count + 64))
        }
        #expect(living() == 0)
    }

    @Test func `PR-9: outputs are given once and in order, also when an input comes before all were taken`() {
        var outputs = Outputs<Int>()
        #expect(outputs.isEmpty)
        #expect(outputs.next() == nil)
        outputs.append(1)
        outputs.append(contentsOf: [2, 3])
        #expect(outputs.next() == 1)
        outputs.append(4)
        #expect(!outputs.isEmpty)
        #expect([outputs.next(), outputs.next(), outputs.next(), outputs.next()] == [2, 3, 4, nil])
        #expect(outputs.isEmpty)
    }
}
