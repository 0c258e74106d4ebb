import InkBoard
import InkPrimitives
import Testing

@Suite struct DepthKeyTests {
    @Test(arguments: 0..<40 as Range<UInt64>)
    func `BD-18: a key put between two others lies between them`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var keys: [DepthKey] = []
        for _ in 0..<400 {
            let index = random.chance(0.5) ? random.below(keys.count + 1) : keys.count / 2
            let (lower, upper) = (index > 0 ? keys[index - 1] : nil, index < keys.count ? keys[index] : nil)
            let key = DepthKey.between(lower, upper)
            if let lower, lower >= key {
                // Only for want of room.
                #expect(lower == key && lower.bytes.count >= Limits.depthBytes - 1)
                continue
            }
            if let upper { #expect(key < upper) }
            #expect(DepthKey(key.bytes) == key)
            keys.insert(key, at: index)
        }
        #expect(keys.count > 300)
    }

    @Test func `BD-137: keys on top stay short and never pass the limit anywhere`() {
        var top: DepthKey?
        for _ in 0..<20_000 { top = DepthKey.between(top, nil) }
        #expect(top?.bytes.count == 4)
        var bottom: DepthKey?
        for _ in 0..<9000 { bottom = DepthKey.between(nil, bottom) }
        #expect((bottom?.bytes.count ?? 99) <= 2)
        // The worst: always between the same two neighbours.
        var (lower, upper) = (DepthKey.first, DepthKey.between(.first, nil))
        for round in 0..<2000 {
            let key = DepthKey.between(lower, upper)
            #expect(key.bytes.count <= Limits.depthBytes)
            if round % 2 == 0 { lower = key } else { upper = key }
        }
    }

    @Test(arguments: [[], [0x40, 0x01], [5, 0], [0x80], Array(repeating: 1, count: 65)] as [[UInt8]])
    func `BD-2: bytes of another form are no key`(bytes: [UInt8]) { #expect(DepthKey(bytes) == nil) }

    @Test func `BD-18: the highest key there can be still yields one`() throws {
        let highest = try #require(DepthKey(Array(repeating: 255, count: 64)))
        #expect(DepthKey.between(highest, nil) == highest)
        let lowest = try #require(DepthKey([0]))
        #expect(DepthKey.between(nil, lowest) == lowest)
        #expect(DepthKey.between(highest, lowest) == highest)
    }
}
