import InkPrimitives
import Testing

@Suite struct ByteReaderTests {
    @Test(arguments: [0, 1, 63, 64, 16383, 16384, 1 << 30 - 1, 1 << 30, Varint.max] as [UInt64])
    func `a varint reads back and takes the shortest form`(value: UInt64) throws {
        var writer = ByteWriter()
        writer.writeVarint(value)
        #expect(writer.count == Varint.length(value))
        var reader = ByteReader(writer.bytes)
        #expect(try reader.readVarint() == value)
        try reader.finish()
    }

    @Test func `a longer spelling of a small varint is refused and moves nothing`() {
        var reader = ByteReader([0x40, 0x01])
        #expect(throws: WireError.nonCanonical) { try reader.readVarint() }
        #expect(reader.position == 0)
    }

    @Test func `the window accepts each number once and forgets what is older than itself`() {
        var window = SlidingWindow()
        for number in [5, 3, 9000] as [UInt64] {
            #expect(window.accepts(number))
            window.commit(number)
            #expect(!window.accepts(number))
        }
        #expect(!window.accepts(5))
        #expect(window.accepts(9000 - 8127))
        #expect(!window.accepts(9000 - 8128))
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func `the window agrees with a set of numbers`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var window = SlidingWindow()
        var seen: Set<UInt64> = []
        var base: UInt64 = 0
        for _ in 0..<3000 {
            base += UInt64(random.below(10))
            let number = base &+ UInt64(random.below(9000)) &+ 9000 &- UInt64(random.below(9000))
            let newest = seen.max() ?? 0
            let expected = !seen.contains(number) && (seen.isEmpty || number > newest || newest - number < 8128)
            #expect(window.accepts(number) == expected)
            if expected {
                window.commit(number)
                seen.insert(number)
            }
        }
    }

    @Test(arguments: ["1.2.3.4:5", "[::1]:80", "[2001:db8:0:0:0:0:0:7]:65535"])
    func `an address prints as it was written`(text: String) {
        #expect(SocketAddress(text)?.description == text)
    }

    @Test(arguments: ["", "1.2.3.4", "1.2.3:5", "1.2.3.4:99999", "::1:5", "[::1]", "host:5", "[1:2]:3", "1.2.3.4444:5"])
    func `what is no address is refused`(text: String) {
        #expect(SocketAddress(text) == nil)
    }

    @Test func `base 64 has one spelling`() {
        for count in 0..<50 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 73) }
            #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
        }
        #expect(Base64URL.decode("AB") == nil)
        #expect(Base64URL.decode("A") == nil)
    }
}
