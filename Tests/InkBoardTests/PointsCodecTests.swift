import InkBoard
import InkPrimitives
import Testing

@Suite struct PointsCodecTests {
    private static func roundTrip(_ points: [Point]) throws -> [Point] {
        var writer = ByteWriter()
        PointsCodec.write(points, to: &writer)
        #expect(writer.count == PointsCodec.byteCount(points))
        var reader = ByteReader(writer.bytes)
        let again = try PointsCodec.read(from: &reader)
        try reader.finish()
        return again
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func `BD-19: a stroke of a pen takes at most 1.5 bytes a point`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let points = somePoints(count: 500, using: &random)
        #expect(try Self.roundTrip(points) == points)
        #expect(Double(PointsCodec.byteCount(points)) / 500 <= 1.5)
    }

    @Test func `BD-19: a stroke of a mouse that moves by cells takes about a byte a point`() throws {
        var random = SplitMix64(seed: 2)
        var point = Point.zero
        let points = (0..<300).map { _ in
            point = point + Point(x: Int32(random.below(4)) * 64, y: Int32(random.below(3)) * 128 - 128)
            return point
        }
        #expect(try Self.roundTrip(points) == points)
        #expect(PointsCodec.byteCount(points) <= 320)
    }

    @Test(arguments: 0..<100 as Range<UInt64>)
    func `BD-19: any points within the limits read back`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let limit = Int(Limits.coordinate)
        let range = [3, 100, 1 << 16, limit][random.below(4)]
        let shift = Int32(random.below(6))
        let points = (0..<random.below(40)).map { _ in
            let (x, y) = (Int32(random.below(2 * range + 1) - range), Int32(random.below(2 * range + 1) - range))
            return Point(x: (x >> shift) << shift, y: (y >> shift) << shift)
        }
        #expect(try Self.roundTrip(points) == points)
        let corners = [Point(x: Limits.coordinate, y: -Limits.coordinate), Point(x: -Limits.coordinate, y: Limits.coordinate)]
        #expect(try Self.roundTrip(corners) == corners)
    }

    @Test func `BD-2: other spellings are refused`() {
        // Count 1, shift 0, the point (2, 2): the common power of two was not taken out.
        var reader = ByteReader([1, 0x00, 0x44])
        #expect(throws: WireError.nonCanonical) { try PointsCodec.read(from: &reader) }
        // A point beyond the limit.
        reader = ByteReader([1, 0x00, 0xF0, 0xC1, 0, 0, 0, 0, 0, 0, 0])
        #expect(throws: WireError.limitExceeded) { try PointsCodec.read(from: &reader) }
        // 10 001 points.
        var writer = ByteWriter()
        writer.writeVarint(10_001)
        writer.write(Array(repeating: 0, count: 10_002))
        reader = ByteReader(writer.bytes)
        #expect(throws: WireError.limitExceeded) { try PointsCodec.read(from: &reader) }
    }
}
