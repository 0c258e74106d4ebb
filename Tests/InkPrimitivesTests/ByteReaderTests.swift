import InkPrimitives
import Testing

@Suite struct ByteReaderTests {
    @Test(arguments: [0, 1, 63, 64, 16383, 16384, 1 << 30 - 1, 1 << 30, Varint.max] as [UInt64])
    func `PR-1: a varint reads back and takes the shortest form`(value: UInt64) throws {
        var writer = ByteWriter()
        writer.writeVarint(value)
        #expect(writer.count == Varint.length(value))
        var reader = ByteReader(writer.bytes)
        #expect(try reader.readVarint() == value)
        try reader.finish()
    }

    @Test func `PR-1, PR-2: a longer spelling of a small varint is refused and moves nothing`() {
        var reader = ByteReader([0x40, 0x01])
        #expect(throws: WireError.nonCanonical) { try reader.readVarint() }
        #expect(reader.position == 0)
    }

    @Test func `PR-3, PR-4: the window accepts each number once and forgets what is older than itself`() {
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
        var newest: UInt64 = 0
        for _ in 0..<3000 {
            base += UInt64(random.below(10))
            let number = base &+ UInt64(random.below(9000)) &+ 9000 &- UInt64(random.below(9000))
            let expected = !seen.contains(number) && (seen.isEmpty || number > newest || newest - number < 8128)
            #expect(window.accepts(number) == expected)
            if expected {
                window.commit(number)
                seen.insert(number)
                newest = max(newest, number)
            }
        }
    }

    @Test(arguments: ["1.2.3.4:5", "[::1]:80", "[2001:db8:0:0:0:0:0:7]:65535"])
    func `an address prints as it was written`(text: String) {
        #expect(SocketAddress(text)?.description == text)
    }

    @Test(arguments: [
        "", "1.2.3.4", "1.2.3:5", "1.2.3.4:99999", "::1:5", "[::1]", "host:5", "[1:2]:3", "1.2.3.4444:5", "1.2.3.4:+80", "[::+1]:80",
    ])
    func `what is no address is refused`(text: String) {
        #expect(SocketAddress(text) == nil)
    }

    @Test func `PR-7: base 64 has one spelling`() {
        for count in 0..<50 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 73) }
            #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
        }
        #expect(Base64URL.decode("AB") == nil)
        #expect(Base64URL.decode("A") == nil)
    }

    @Test(arguments: 0..<500 as Range<UInt64>)
    func `PR-2: reads of random bytes throw or succeed, and a throw moves nothing`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let bytes = (0..<random.below(40)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        var reader = ByteReader(bytes)
        for _ in 0..<20 {
            let before = reader.position
            do throws(WireError) {
                switch random.below(7) {
                case 0: _ = try reader.readVarint()
                case 1: _ = try reader.readZigzag()
                case 2: _ = try reader.readLengthPrefixed(limit: 20)
                case 3: _ = try reader.readText(limit: 20)
                case 4: _ = try reader.readUInt64()
                case 5: _ = try reader.readIdentifier(PeerTag.self)
                default: _ = try reader.readUInt8()
                }
            } catch {
                #expect(reader.position == before)
            }
        }
    }

    @Test func `PR-5: a stream split by name does not depend on what its parent or sisters drew`() {
        var parent = SplitMix64(seed: 9)
        var first = parent.split("link")
        let numbers = (0..<5).map { _ in first.next() }
        var other = parent.split("disk")
        _ = other.next()
        var again = parent.split("link")
        #expect((0..<5).map { _ in again.next() } == numbers)
        #expect(parent.next() != numbers[0])
    }

    @Test func `PR-6: a v4 address written as v6 is the v4 address`() {
        #expect(IPAddress("::ffff:1.2.3.4") == nil)
        #expect(IPAddress("::ffff:102:304") == .v4(0x0102_0304))
        var reader = ByteReader([6] + [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF, 1, 2, 3, 4, 0, 5])
        #expect(throws: WireError.nonCanonical) { try SocketAddress(from: &reader) }
    }
}
