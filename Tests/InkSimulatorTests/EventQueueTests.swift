import InkPrimitives
import InkSimulator
import Testing

@Suite struct EventQueueTests {
    @Test(arguments: 0..<20 as Range<UInt64>)
    func `SM-1: gives what was put in by time, and in order of scheduling at one time`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var queue = EventQueue<Int>()
        var expected: [(time: Int64, number: Int)] = []
        var taken: [Int] = []
        var last = Instant.zero
        func take() {
            guard let (time, number) = queue.next() else { return }
            #expect(time >= last)
            last = time
            taken.append(number)
        }
        for number in 0..<500 {
            let time = last.nanoseconds + Int64(random.below(20))
            queue.schedule(number, at: Instant(nanoseconds: time))
            expected.append((time, number))
            if random.chance(0.4) { take() }
        }
        while queue.count > 0 {
            #expect(queue.nextTime != nil)
            take()
        }
        #expect(queue.next() == nil)
        #expect(taken == expected.sorted { ($0.time, $0.number) < ($1.time, $1.number) }.map(\.number))
    }
}
