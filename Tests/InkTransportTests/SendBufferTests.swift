import InkPrimitives
import Testing

@testable import InkTransport

@Suite struct SendBufferTests {
    @Test(arguments: 0..<20 as Range<UInt64>)
    func `TR-213: gives back what was written, wherever it is cut, and forgets the front`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var buffer = SendBuffer()
        var all: [UInt8] = []
        var done = 0
        for _ in 0..<300 {
            switch random.below(4) {
            case 0, 1:
                let bytes = (0..<random.below(random.chance(0.2) ? 60_000 : 300)).map { UInt8(truncatingIfNeeded: all.count + $0 * 7) }
                buffer.appendVarint(UInt64(bytes.count))
                all.appendVarint(UInt64(bytes.count))
                buffer.append(bytes)
                all += bytes
            case 2:
                done += random.below(all.count - done + 1)
                buffer.forget(below: UInt64(done))
            default: break
            }
            #expect(buffer.end == UInt64(all.count) && buffer.start <= UInt64(done))
            guard done < all.count else { continue }
            let from = done + random.below(all.count - done)
            let to = from + random.below(all.count - from + 1)
            var copy: [UInt8] = [1]
            buffer.copy(UInt64(from)..<UInt64(to), to: &copy)
            #expect(copy == [1] + all[from..<to])
        }
        buffer.forget(below: UInt64(all.count))
        #expect(buffer.room <= 4096, "\(buffer.room) bytes are kept for nothing")
    }
}
