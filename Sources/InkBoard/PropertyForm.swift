import InkPrimitives

/// The form of a property's values: which are allowed, what stands before anybody wrote, and the bytes.
///
/// The bytes are those of a transaction; previews and saved strokes spell values alike.
package enum PropertyForm: Hashable, Sendable {
    /// varint: the raw value of a `ShapeKind`, 0...63.
    case kind
    /// x, y zigzag, within the coordinate limit.
    case point
    /// width, height varint, within the coordinate limit.
    case size
    /// As `PointsCodec` has them.
    case points
    /// Length varint and UTF-8, at most `limit` bytes.
    case text(limit: Int)
    /// varint: 0 for none, else RGB + 1.
    case color
    /// varint, at most `Limits.strokeWidth`.
    case strokeWidth
    /// Length varint and the bytes of a `DepthKey`.
    case depth
    /// 0 for none; else 1, author (32), number varint, x and y (2 each).
    case binding
    /// One byte.
    case choice(Choice)
    /// Count varint, at most `GroupID.depthMax`, and names of 8 bytes, no two alike (BD-66).
    case groups
    /// Nothing.
    case mark
    /// Count varint, 1...`Limits.retractionsPerWrite`, and names, ascending.
    case names
    /// 32 bytes.
    case name
    /// So many bytes.
    case bytes(count: Int)
    /// varint.
    case number
    /// As `RightsForm` has them.
    case rights(RightsForm)
    /// Length varint and bytes.
    case opaque

    /// What a register of this form has before anybody wrote it.
    package var unwritten: Value {
        switch self {
        case .point: .point(.zero)
        case .size: .size(.zero)
        case .points: .points([])
        case .text: .text("")
        case .color: .color(nil)
        case .strokeWidth: .strokeWidth(ShapeDraft.usualStrokeWidth)
        case .depth: .depth(.first)
        case .binding: .binding(nil)
        case .choice: .choice(0)
        case .groups: .groups([])
        case .kind, .mark, .names, .name, .bytes, .number, .rights, .opaque: .bytes([])
        }
    }

    /// True for a value of this form that is within its range.
    func allows(_ value: Value) -> Bool {
        switch self {
        case .kind: if case .kind(let raw) = value { return raw <= Self.kindMax }
        case .point: if case .point(let point) = value { return point.isInRange }
        case .size: if case .size(let size) = value { return size.isInRange }
        case .points:
            if case .points(let points) = value { return points.count <= Limits.pointsPerStroke && points.allSatisfy(\.isInRange) }
        case .text(let limit): if case .text(let text) = value { return text.utf8.count <= limit }
        case .color: if case .color = value { return true }
        case .strokeWidth: if case .strokeWidth(let width) = value { return width <= Limits.strokeWidth }
        case .depth: if case .depth = value { return true }
        case .binding:
            if case .binding(let binding) = value { return binding.map { (1...Limits.shapeNumber).contains($0.shape.number) } ?? true }
        case .choice(let choice): if case .choice(let raw) = value { return Int(raw) < choice.words.count }
        case .groups: if case .groups(let groups) = value { return groups.count <= GroupID.depthMax && Set(groups).count == groups.count }
        case .mark: if case .mark = value { return true }
        case .names: if case .names(let names) = value { return (1...Limits.retractionsPerWrite).contains(names.count) }
        case .name: if case .name = value { return true }
        case .bytes(let count): if case .bytes(let bytes) = value { return bytes.count == count }
        case .number: if case .number = value { return true }
        case .rights(let form): if case .right(let write) = value { return form.allows(write) }
        case .opaque: if case .bytes(let bytes) = value { return bytes.count <= Limits.transactionBytes }
        }
        return false
    }

    /// Reads what `write` wrote; refuses any other spelling, and what is out of range (BD-2).
    package func read(from reader: inout ByteReader) throws(WireError) -> Value {
        switch self {
        case .kind: .kind(UInt8(try reader.readCount(limit: Int(Self.kindMax))))
        case .point: .point(try Self.readPoint(from: &reader))
        case .size: .size(Size(width: try Self.readExtent(from: &reader), height: try Self.readExtent(from: &reader)))
        case .points: .points(try PointsCodec.read(from: &reader))
        case .text(let limit): .text(try reader.readText(limit: limit))
        case .color: .color(try Self.readColor(from: &reader))
        case .strokeWidth: .strokeWidth(UInt16(try reader.readCount(limit: Int(Limits.strokeWidth))))
        case .depth: .depth(try Self.readDepth(from: &reader))
        case .binding: .binding(try Self.readBinding(from: &reader))
        case .choice(let choice): .choice(try Self.readChoice(choice, from: &reader))
        case .groups: .groups(try Self.readGroups(from: &reader))
        case .mark: .mark
        case .names: .names(try Self.readNames(from: &reader))
        case .name: .name(try reader.readIdentifier())
        case .bytes(let count): .bytes(try reader.readBytes(count))
        case .number: .number(try reader.readVarint())
        case .rights(let form): .right(try form.read(from: &reader))
        case .opaque: .bytes(try reader.readLengthPrefixed(limit: Limits.transactionBytes))
        }
    }

    /// Appends the bytes of a value; false for one of another form, or one that has no bytes. What is too long is written, and found by who reads.
    @discardableResult package func write(_ value: Value, to writer: inout ByteWriter) -> Bool {
        switch self {
        case .kind:
            guard case .kind(let raw) = value, raw <= Self.kindMax else { return false }
            writer.writeVarint(UInt64(raw))
        case .point:
            guard case .point(let point) = value else { return false }
            writer.writeZigzag(Int64(point.x))
            writer.writeZigzag(Int64(point.y))
        case .size:
            guard case .size(let size) = value, size.width >= 0, size.height >= 0 else { return false }
            writer.writeVarint(UInt64(size.width))
            writer.writeVarint(UInt64(size.height))
        case .points:
            guard case .points(let points) = value, points.count <= Limits.pointsPerStroke else { return false }
            PointsCodec.write(points, to: &writer)
        case .text:
            guard case .text(let text) = value else { return false }
            writer.writeText(text)
        case .color:
            guard case .color(let color) = value else { return false }
            writer.writeVarint(color.map { UInt64($0.rgb) + 1 } ?? 0)
        case .strokeWidth:
            guard case .strokeWidth(let width) = value else { return false }
            writer.writeVarint(UInt64(width))
        case .depth:
            guard case .depth(let key) = value else { return false }
            writer.writeLengthPrefixed(key.bytes)
        case .binding:
            guard case .binding(let binding) = value else { return false }
            writer.write(binding == nil ? 0 : 1 as UInt8)
            guard let binding else { break }
            writer.write(binding.shape.author)
            writer.writeVarint(min(binding.shape.number, Varint.max))
            writer.write(binding.x)
            writer.write(binding.y)
        case .choice:
            guard case .choice(let raw) = value else { return false }
            writer.write(raw)
        case .groups:
            guard case .groups(let groups) = value else { return false }
            writer.writeVarint(groups.count)
            for group in groups { writer.write(group.rawValue) }
        case .mark:
            guard case .mark = value else { return false }
        case .names:
            guard case .names(let names) = value else { return false }
            writer.writeVarint(names.count)
            for name in names { writer.write(name) }
        case .name:
            guard case .name(let name) = value else { return false }
            writer.write(name)
        case .bytes:
            guard case .bytes(let bytes) = value else { return false }
            writer.write(bytes)
        case .number:
            guard case .number(let number) = value else { return false }
            writer.writeVarint(min(number, Varint.max))
        case .rights(let form):
            guard case .right(let write) = value else { return false }
            return form.write(write, to: &writer)
        case .opaque:
            guard case .bytes(let bytes) = value else { return false }
            writer.writeLengthPrefixed(bytes)
        }
        return true
    }

    /// The value that `bytes` are; the unwritten one where they are none (BD-146), since whoever does not know the form passes anything on.
    func value(of bytes: [UInt8]) -> Value {
        if self == .opaque { return .bytes(bytes) }
        var reader = ByteReader(bytes)
        guard let value = try? read(from: &reader), reader.remaining == 0 else { return unwritten }
        return value
    }

    /// The bytes of a value of this form.
    func bytes(of value: Value) -> [UInt8] {
        if self == .opaque, case .bytes(let bytes) = value { return bytes }
        var writer = ByteWriter(capacity: 16)
        write(value, to: &writer)
        return writer.bytes
    }

    private static let kindMax: UInt8 = 63

    private static func readPoint(from reader: inout ByteReader) throws(WireError) -> Point {
        let (x, y) = (try reader.readZigzag(), try reader.readZigzag())
        let limit = Int64(Limits.coordinate)
        guard abs(x) <= limit, abs(y) <= limit else { throw .limitExceeded }
        return Point(x: Int32(x), y: Int32(y))
    }

    private static func readExtent(from reader: inout ByteReader) throws(WireError) -> Int32 {
        Int32(try reader.readCount(limit: Int(Limits.coordinate)))
    }

    private static func readColor(from reader: inout ByteReader) throws(WireError) -> Color? {
        let value = try reader.readCount(limit: 1 << 24)
        return value == 0 ? nil : Color(rgb: UInt32(value - 1))
    }

    private static func readDepth(from reader: inout ByteReader) throws(WireError) -> DepthKey {
        guard let key = DepthKey(try reader.readLengthPrefixed(limit: Limits.depthBytes)) else { throw .nonCanonical }
        return key
    }

    private static func readBinding(from reader: inout ByteReader) throws(WireError) -> Binding? {
        switch try reader.readUInt8() {
        case 0: return nil
        case 1: break
        default: throw .unexpected
        }
        let author: AuthorID = try reader.readIdentifier()
        let number = try reader.readVarint()
        guard (1...Limits.shapeNumber).contains(number) else { throw .limitExceeded }
        return Binding(ShapeID(author: author, number: number), x: try reader.readUInt16(), y: try reader.readUInt16())
    }

    private static func readChoice(_ choice: Choice, from reader: inout ByteReader) throws(WireError) -> UInt8 {
        let raw = try reader.readUInt8()
        guard Int(raw) < choice.words.count else { throw .limitExceeded }
        return raw
    }

    private static func readGroups(from reader: inout ByteReader) throws(WireError) -> [GroupID] {
        var groups: [GroupID] = []
        for _ in 0..<(try reader.readCount(limit: GroupID.depthMax)) { groups.append(GroupID(rawValue: try reader.readUInt64())) }
        guard Set(groups).count == groups.count else { throw .nonCanonical }
        return groups
    }

    private static func readNames(from reader: inout ByteReader) throws(WireError) -> [TransactionName] {
        let names: [TransactionName] = try TransactionCodec.readNames(from: &reader, limit: Limits.retractionsPerWrite)
        guard !names.isEmpty else { throw .nonCanonical }
        return names
    }
}

extension ShapeDraft {
    /// True if each of its values is one that the board takes.
    package var isWithinLimits: Bool {
        KnownProperty.drawn.allSatisfy { property in value(of: property).map { property.form.allows($0) } ?? true }
    }
}
