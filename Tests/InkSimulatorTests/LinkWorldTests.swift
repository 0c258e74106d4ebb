import InkPrimitives
import InkSimulator
import Testing

@Suite struct LinkWorldTests {
    // Campaigns: tools/simulate --link --seeds
    @Test func `SM-74, SM-88: what was given over a wild way comes once and in order`() throws {
        for seed in UInt64(1)...60 {
            var world = LinkWorld(seed: seed)
            try world.run()
        }
    }

    @Test func `SM-72: a wild way is the same each time`() throws {
        func told() throws -> String {
            var world = LinkWorld(seed: 4)
            try world.run()
            return world.summary
        }
        #expect(try told() == told())
    }

    @Test func `SM-73: wild worlds are wild`() throws {
        var endings: [String: Int] = [:]
        for seed in UInt64(100)..<140 {
            var world = LinkWorld(seed: seed)
            try world.run()
            endings[world.ending, default: 0] += 1
        }
        // Most connections live through it, some do not, and some are ended because of a lie.
        #expect(endings["open", default: 0] > 20 && endings.count >= 3, "\(endings)")
    }
}
