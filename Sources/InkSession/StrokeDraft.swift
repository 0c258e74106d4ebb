import InkBoard
import InkPrimitives

/// A stroke that is being drawn, as the disk holds it meanwhile: so that of a hand that draws for a minute no more is lost than the last second when
/// the program is killed.
///
///     version 1 │ x, y zigzag │ colour of the line: 0 for none, else RGB + 1, varint │ width varint │ label │ points as PointsCodec has them
package enum StrokeDraft {
    private static let version: UInt8 = 1
    /// What is kept, in the order of version 1.
    private static let properties: [KnownProperty] = [.position, .stroke, .strokeWidth, .label, .points]

    package static func encode(_ draft: ShapeDraft) -> [UInt8] {
        var writer = ByteWriter(capacity: 64 + draft.points.count * 2)
        writer.write(version)
        for property in properties { if let value = draft.value(of: property) { property.form.write(value, to: &writer) } }
        return writer.bytes
    }

    package static func decode(_ bytes: [UInt8]) throws(WireError) -> ShapeDraft {
        var reader = ByteReader(bytes)
        guard try reader.readUInt8() == version else { throw .unexpected }
        var draft = ShapeDraft(kind: .freehand, position: .zero)
        for property in properties { draft.set(try property.form.read(from: &reader), of: property) }
        try reader.finish()
        guard !draft.points.isEmpty else { throw .unexpected }
        return draft
    }
}
