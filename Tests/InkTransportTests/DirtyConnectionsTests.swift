import InkPrimitives
import Testing

@testable import InkTransport

@Suite struct DirtyConnectionsTests {
    @Test(arguments: 0..<10 as Range<UInt64>)
    func `TR-90: each connection is taken once, in the order of ids`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var dirty = DirtyConnections()
        var numbers: Set<UInt64> = []
        for _ in 0..<200 {
            if random.chance(0.1) {
                let taken = dirty.takeAll()
                #expect(taken.map(\.number) == numbers.sorted() && dirty.isEmpty)
                dirty.giveBack(taken)
                numbers = []
            } else {
                let number = UInt64(random.below(12))
                dirty.insert(ConnectionID(number))
                numbers.insert(number)
                #expect(dirty.contains(ConnectionID(number)) && !dirty.contains(ConnectionID(99)))
            }
        }
    }
}
