import InkBoard
import InkPrimitives

/// A stroke that is being drawn, as the disk holds it meanwhile: so that of a hand that draws for a minute no more is lost than the last second when
/// the program is killed.
///
///     version 1 │ x, y zigzag │ colour of the line: 0 for none, else RGB + 1, varint │ width varint │ label │ points as PointsCodec has them
package enum StrokeDraft {
    private static let version: UInt8 = 1

    package static func encode(_ draft: ShapeDraft) -> [UInt8] {
        var writer = ByteWriter(capacity: 64 + draft.points.count * 2)
        writer.write(version)
        writer.writeZigzag(Int64(draft.position.x))
        writer.writeZigzag(Int64(draft.position.y))
        writer.writeVarint(draft.stroke.map { UInt64($0.rgb) + 1 } ?? 0)
        writer.writeVarint(UInt64(draft.strokeWidth))
        writer.writeText(draft.label)
        PointsCodec.write(draft.points, to: &writer)
        return writer.bytes
    }

    package static func decode(_ bytes: [UInt8]) throws(WireError) -> ShapeDraft {
        var reader = ByteReader(bytes)
        guard try reader.readUInt8() == version else { throw .unexpected }
        let (x, y) = (try reader.readZigzag(), try reader.readZigzag())
        guard abs(x) <= Int64(Limits.coordinate), abs(y) <= Int64(Limits.coordinate) else { throw .limitExceeded }
        let color = try reader.readCount(limit: 1 << 24)
        let width = try reader.readCount(limit: Int(Limits.strokeWidth))
        let label = try reader.readText(limit: Limits.nameBytes)
        let points = try PointsCodec.read(from: &reader)
        try reader.finish()
        guard !points.isEmpty else { throw .unexpected }
        return ShapeDraft(
            kind: .freehand, position: Point(x: Int32(x), y: Int32(y)), points: points,
            stroke: color == 0 ? nil : Color(rgb: UInt32(color - 1)),
            strokeWidth: UInt16(width), label: label)
    }
}
