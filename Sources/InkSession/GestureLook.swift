import InkBoard
import InkPrimitives

/// What of the style of a gesture that draws or pulls a shape came with later versions (SE-307): which standing shape it is, and how its lines look.
/// It goes with the style, as a part of *further*; who does not know it sees a plain shape.
package struct GestureLook: Hashable, Sendable {
    package var frontEnd: FrontEndID
    /// Of the gesture.
    package var number: UInt64
    /// The standing shape that it changes; nil for a new one.
    package var standing: ShapeID?
    /// Raw values of `properties`, in their order.
    package private(set) var values: [UInt8]

    /// Nil for a gesture of which nothing more is to be said.
    init?(of live: OwnGesture, _ frontEnd: FrontEndID) {
        switch live.gesture {
        case .shape(let draft): self.init(frontEnd: frontEnd, number: live.number, draft: draft)
        case .pull(let id, let draft): self.init(frontEnd: frontEnd, number: live.number, standing: id, draft: draft)
        case .stroke, .move, .resize, .text: return nil
        }
        if standing == nil, values.allSatisfy({ $0 == 0 }) { return nil }
    }

    package init(frontEnd: FrontEndID, number: UInt64, standing: ShapeID? = nil, draft: ShapeDraft) {
        (self.frontEnd, self.number, self.standing) = (frontEnd, number, standing)
        values = Self.properties.map { property in
            if case .choice(let raw)? = draft.value(of: property) { raw } else { 0 }
        }
    }

    /// The gesture that a shape of the packet is.
    func gesture(_ shape: ShapeDraft) -> Gesture {
        var draft = shape
        for (property, raw) in zip(Self.properties, values) { draft.set(.choice(raw), of: property) }
        return standing.map { .pull($0, draft) } ?? .shape(draft)
    }

    /// Those that a preview did not tell at first, in the order of the bytes.
    private static let properties: [KnownProperty] = [.lineStyle, .corners, .startHead, .endHead, .route]

    /// Room for one with what announces it, bytes: front end, number, shape, values; tail, count, kind and length.
    static let bytesMax = 1 + 8 + 1 + 40 + 5 + 6

    // MARK: Bytes

    func write(to writer: inout ByteWriter) {
        writer.write(frontEnd.number)
        writer.writeVarint(number)
        writer.write(standing == nil ? 0 : 1 as UInt8)
        if let standing {
            writer.write(standing.author)
            writer.writeVarint(standing.number)
        }
        for (property, raw) in zip(Self.properties, values) { property.form.write(.choice(raw), to: &writer) }
    }

    init(from reader: inout ByteReader) throws(WireError) {
        guard let frontEnd = FrontEndID(Int(try reader.readUInt8())) else { throw .unexpected }
        let number = try reader.readVarint()
        guard number <= LiveValue.numberMax else { throw .limitExceeded }
        (self.frontEnd, self.number) = (frontEnd, number)
        switch try reader.readUInt8() {
        case 0: standing = nil
        case 1:
            let author: AuthorID = try reader.readIdentifier()
            standing = ShapeID(author: author, number: try reader.readVarint())
        default: throw .unexpected
        }
        values = []
        for property in Self.properties {
            guard case .choice(let raw) = try property.form.read(from: &reader) else { throw .unexpected }
            values.append(raw)
        }
    }
}
