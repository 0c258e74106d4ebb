import InkPrimitives

/// The bytes of a path: about 1.2 bytes for each sample of a pen (BD-19), one for a sample of a terminal's mouse, at most 17.
///
///     count varint │ shift byte, if count > 0 │ for each point: token byte, escapes
///     shift:  x << 4 | y, the powers of two (0...15) that divide every x and every y
///     token:  zx << 4 | zy, the zigzag second differences of x and y; 15 says: a varint of (zigzag - 15) follows, x first
///
/// A pen moves evenly, so the difference of differences fits four bits; a mouse in a terminal moves by whole cells, so the common
/// power of two is taken out first. The point before the first, and the one before that, are (0, 0).
public enum PointsCodec {
    /// Appends `points`, at most `Limits.pointsPerStroke`, to `writer`.
    public static func write(_ points: [Point], to writer: inout ByteWriter) {
        writer.writeVarint(points.count)
        guard !points.isEmpty else { return }
        let (shiftX, shiftY) = shifts(points)
        writer.write(UInt8(shiftX << 4 | shiftY))
        var (x, y, stepX, stepY): (Int64, Int64, Int64, Int64) = (0, 0, 0, 0)
        for point in points {
            let (nextX, nextY) = (Int64(point.x) >> Int64(shiftX), Int64(point.y) >> Int64(shiftY))
            let (newStepX, newStepY) = (nextX - x, nextY - y)
            let (zigzagX, zigzagY) = (zigzag(newStepX - stepX), zigzag(newStepY - stepY))
            writer.write(UInt8(min(zigzagX, escape) << 4 | min(zigzagY, escape)))
            if zigzagX >= escape { writer.writeVarint(zigzagX - escape) }
            if zigzagY >= escape { writer.writeVarint(zigzagY - escape) }
            (x, y, stepX, stepY) = (nextX, nextY, newStepX, newStepY)
        }
    }

    /// The longest spelling of one point, bytes: a token and two differences.
    package static let pointBytesMax = 17

    /// What the points of a path may take at most, however many more follow: a finer point makes all longer. Grows with the path.
    package struct Measure: Sendable {
        package private(set) var byteCount = 4
        private var (x, y, stepX, stepY): (Int64, Int64, Int64, Int64) = (0, 0, 0, 0)

        package init() {}

        package mutating func append(_ point: Point) {
            let (newStepX, newStepY) = (Int64(point.x) - x, Int64(point.y) - y)
            byteCount += 1
            for difference in [zigzag(newStepX - stepX), zigzag(newStepY - stepY)] where difference >= escape {
                byteCount += Varint.length(difference - escape)
            }
            (x, y, stepX, stepY) = (Int64(point.x), Int64(point.y), newStepX, newStepY)
        }
    }

    /// Reads what `write` wrote; refuses any other spelling, coordinates out of range and more points than a stroke may have.
    public static func read(from reader: inout ByteReader) throws(WireError) -> [Point] {
        let count = try reader.readCount(limit: Limits.pointsPerStroke)
        guard count > 0 else { return [] }
        let shift = try reader.readUInt8()
        let (shiftX, shiftY) = (Int64(shift >> 4), Int64(shift & 15))
        // Each point takes a byte at least, so nothing is allocated that was not sent (BD-126).
        guard reader.remaining >= count else { throw .truncated(needed: count, available: reader.remaining) }
        var points: [Point] = []
        points.reserveCapacity(count)
        let limit = Int64(Limits.coordinate)
        var (x, y, stepX, stepY): (Int64, Int64, Int64, Int64) = (0, 0, 0, 0)
        for _ in 0..<count {
            let token = try reader.readUInt8()
            stepX += try readDifference(token >> 4, from: &reader)
            stepY += try readDifference(token & 15, from: &reader)
            // A step is below 2^62 here and a coordinate below 2^31, so no sum overflows before it is refused.
            (x, y) = (x + stepX, y + stepY)
            guard abs(x) <= limit >> shiftX, abs(y) <= limit >> shiftY else { throw .limitExceeded }
            points.append(Point(x: Int32(x << shiftX), y: Int32(y << shiftY)))
        }
        guard shifts(points) == (Int(shiftX), Int(shiftY)) else { throw .nonCanonical }
        return points
    }

    /// How many bytes `write` appends for `points`.
    public static func byteCount(_ points: [Point]) -> Int {
        var writer = ByteWriter(capacity: points.count * 2)
        write(points, to: &writer)
        return writer.count
    }

    private static func readDifference(_ nibble: UInt8, from reader: inout ByteReader) throws(WireError) -> Int64 {
        var value = UInt64(nibble)
        if value == escape { value += try reader.readVarint() }
        return Int64(value >> 1) ^ -Int64(value & 1)
    }

    private static func zigzag(_ value: Int64) -> UInt64 { UInt64(bitPattern: value << 1 ^ value >> 63) }

    private static func shifts(_ points: [Point]) -> (Int, Int) {
        var (x, y): (Int32, Int32) = (0, 0)
        for point in points { (x, y) = (x | point.x, y | point.y) }
        return (x == 0 ? 0 : min(15, x.trailingZeroBitCount), y == 0 ? 0 : min(15, y.trailingZeroBitCount))
    }

    private static let escape: UInt64 = 15
}
