import InkBoard
import InkPrimitives
import InkSession

// What the messages between programs of one person are made of. These bytes never leave the machine and pass between programs of one version,
// so numbers have their full width, which spares every second spelling, and nothing is held to the limits of the board: an intent beyond
// them must reach the node, which has the sentence for it (FE-15).

extension ByteWriter {
    /// Which case of an enum follows.
    mutating func writeTag(_ tag: UInt8) { write(tag) }

    mutating func writeFlag(_ flag: Bool) { write(flag ? 1 : 0 as UInt8) }

    /// A number of any size, eight bytes.
    mutating func writeNumber(_ number: Int) { write(UInt64(bitPattern: Int64(number))) }

    /// A span, in whole nanoseconds.
    mutating func writeSpan(_ span: Duration) { write(UInt64(bitPattern: span.nanoseconds)) }

    /// 0, or 1 and the value.
    mutating func writeOptional<Value>(_ value: Value?, _ body: (inout ByteWriter, Value) -> Void) {
        writeFlag(value != nil)
        if let value { body(&self, value) }
    }

    /// How many, and each.
    mutating func writeList<Element>(_ elements: [Element], _ body: (inout ByteWriter, Element) -> Void) {
        writeVarint(elements.count)
        for element in elements { body(&self, element) }
    }

    mutating func write(_ point: Point) {
        write(UInt32(bitPattern: point.x))
        write(UInt32(bitPattern: point.y))
    }

    mutating func write(_ size: Size) { write(Point(x: size.width, y: size.height)) }

    /// Left, top, right and bottom.
    mutating func write(_ box: WorldBox) { for side in [box.left, box.top, box.right, box.bottom] { writeNumber(side) } }

    mutating func write(_ id: ShapeID) {
        write(id.author)
        write(id.number)
    }

    mutating func write(_ binding: Binding) {
        write(binding.shape)
        write(binding.x)
        write(binding.y)
    }

    mutating func write(_ color: Color?) { write(color.map { ($0.rgb & 0xFF_FFFF) + 1 } ?? 0) }

    /// 0 and the form that the board has, or, for what that cannot hold, 1 and each point.
    mutating func write(path: [Point]) {
        let fits = path.fitBoard
        writeTag(fits ? 0 : 1)
        if fits { PointsCodec.write(path, to: &self) } else { writeList(path) { $0.write($1) } }
    }

    /// A value of a drawing in its full width.
    mutating func write(_ value: Value) {
        switch value {
        case .kind(let raw): write(raw)
        case .point(let point): write(point)
        case .size(let size): write(size)
        case .points(let points): write(path: points)
        case .text(let text): writeText(text)
        case .color(let color): write(color)
        case .strokeWidth(let width): write(width)
        case .depth(let key): writeLengthPrefixed(key.bytes)
        case .binding(let binding): writeOptional(binding) { $0.write($1) }
        case .choice(let raw): write(raw)
        case .groups(let groups): writeList(groups) { $0.write($1.rawValue) }
        case .mark, .names, .name, .bytes, .number, .right: preconditionFailure("no part of a drawing has a value of this form")
        }
    }

    /// What a draft has, ascending by the numbers of the properties.
    mutating func write(_ draft: ShapeDraft) {
        for property in KnownProperty.drawn { if let value = draft.value(of: property) { write(value) } }
    }

    mutating func write(_ shape: Shape) {
        write(shape.id)
        write(shape.content)
        write(.depth(shape.depth))
        writeList(shape.extra) {
            $0.write($1.property.rawValue)
            $0.writeLengthPrefixed($1.bytes)
        }
        writeFlag(shape.isLocked)
    }

    mutating func write(_ gesture: Gesture) {
        switch gesture {
        case .stroke(let draft):
            writeTag(1)
            write(draft)
        case .shape(let draft):
            writeTag(2)
            write(draft)
        case .move(let shapes, let by):
            writeTag(3)
            writeList(shapes) { $0.write($1) }
            write(by)
        case .resize(let shape, let position, let size):
            writeTag(4)
            write(shape)
            write(position)
            write(size)
        case .text(let shape, let text):
            writeTag(5)
            write(shape)
            writeOptional(text) { $0.writeText($1) }
        case .pull(let shape, let draft):
            writeTag(6)
            write(shape)
            write(draft)
        }
    }
}

extension ByteReader {
    /// A truth, or whether an optional value follows.
    mutating func readFlag() throws(WireError) -> Bool {
        switch try readUInt8() {
        case 0: false
        case 1: true
        default: throw .unexpected
        }
    }

    mutating func readNumber() throws(WireError) -> Int { Int(Int64(bitPattern: try readUInt64())) }

    mutating func readSpan() throws(WireError) -> Duration { .nanoseconds(Int64(bitPattern: try readUInt64())) }

    /// A text as long as what was sent.
    mutating func readText() throws(WireError) -> String {
        let limit = remaining
        return try readText(limit: limit)
    }

    /// - Parameter leastBytes: what each element takes at least, so that no count promises more than was sent (FE-160).
    mutating func readList<Element>(
        leastBytes: Int, limit: Int = .max, _ body: (inout ByteReader) throws(WireError) -> Element
    ) throws(WireError) -> [Element] {
        let count = try readCount(limit: min(limit, remaining / leastBytes))
        var elements: [Element] = []
        for _ in 0..<count { elements.append(try body(&self)) }
        return elements
    }

    mutating func readWorldBox() throws(WireError) -> WorldBox {
        WorldBox(left: try readNumber(), top: try readNumber(), right: try readNumber(), bottom: try readNumber())
    }

    mutating func readPoint() throws(WireError) -> Point {
        let (x, y) = (try readUInt32(), try readUInt32())
        return Point(x: Int32(bitPattern: x), y: Int32(bitPattern: y))
    }

    mutating func readSize() throws(WireError) -> Size {
        let corner = try readPoint()
        return Size(width: corner.x, height: corner.y)
    }

    mutating func readShapeID() throws(WireError) -> ShapeID {
        let author: AuthorID = try readIdentifier()
        return ShapeID(author: author, number: try readUInt64())
    }

    mutating func readShapeIDs() throws(WireError) -> [ShapeID] {
        try readList(leastBytes: 40) { reader throws(WireError) in try reader.readShapeID() }
    }

    mutating func readColor() throws(WireError) -> Color? {
        let value = try readUInt32()
        guard value <= 1 << 24 else { throw .limitExceeded }
        return value == 0 ? nil : Color(rgb: value - 1)
    }

    mutating func readPoints() throws(WireError) -> [Point] {
        switch try readUInt8() {
        case 0: return try PointsCodec.read(from: &self)
        case 1:
            let path = try readList(leastBytes: 8) { reader throws(WireError) in try reader.readPoint() }
            guard !path.fitBoard else { throw .nonCanonical }
            return path
        default: throw .unexpected
        }
    }

    /// A value of a drawing.
    mutating func readValue(of form: PropertyForm) throws(WireError) -> Value {
        switch form {
        case .kind:
            guard let kind = ShapeKind(rawValue: try readUInt8()) else { throw .unexpected }
            return .kind(kind.rawValue)
        case .point: return .point(try readPoint())
        case .size: return .size(try readSize())
        case .points: return .points(try readPoints())
        case .text: return .text(try readText())
        case .color: return .color(try readColor())
        case .strokeWidth: return .strokeWidth(try readUInt16())
        case .depth: return .depth(try readDepth())
        case .binding: return .binding(try readFlag() ? try readBinding() : nil)
        case .choice(let choice):
            let raw = try readUInt8()
            guard Int(raw) < choice.words.count else { throw .unexpected }
            return .choice(raw)
        case .groups:
            return .groups(
                try readList(leastBytes: 8) { reader throws(WireError) in GroupID(rawValue: try reader.readUInt64()) })
        case .mark, .names, .name, .bytes, .number, .rights, .opaque: throw .unexpected
        }
    }

    private mutating func readBinding() throws(WireError) -> Binding {
        Binding(try readShapeID(), x: try readUInt16(), y: try readUInt16())
    }

    mutating func readDraft() throws(WireError) -> ShapeDraft {
        var draft = ShapeDraft(kind: .rectangle, position: .zero)
        for property in KnownProperty.drawn where draft.value(of: property) != nil {
            draft.set(try readValue(of: property.form), of: property)
        }
        return draft
    }

    mutating func readShape() throws(WireError) -> Shape {
        let (id, content) = (try readShapeID(), try readDraft())
        let depth = try readDepth()
        let extra = try readList(leastBytes: 4) { reader throws(WireError) in
            ExtraProperty(property: Property(rawValue: try reader.readUInt16()), bytes: try reader.readExtra())
        }
        let shape = Shape(id: id, content: content, depth: depth, extra: extra, isLocked: try readFlag())
        // In another order, twice, or of what no shape shows.
        guard shape.extra == extra else { throw .nonCanonical }
        return shape
    }

    private mutating func readExtra() throws(WireError) -> [UInt8] { try readLengthPrefixed(limit: Shape.extraBytesMax) }

    mutating func readDepth() throws(WireError) -> DepthKey {
        guard let key = DepthKey(try readLengthPrefixed(limit: Limits.depthBytes)) else { throw .nonCanonical }
        return key
    }

    mutating func readGesture() throws(WireError) -> Gesture {
        switch try readUInt8() {
        case 1: return .stroke(try readDraft())
        case 2: return .shape(try readDraft())
        case 3:
            let shapes = try readShapeIDs()
            return .move(shapes, by: try readPoint())
        case 4: return .resize(try readShapeID(), position: try readPoint(), size: try readSize())
        case 5: return .text(try readShapeID(), try readFlag() ? try readText() : nil)
        case 6: return .pull(try readShapeID(), try readDraft())
        default: throw .unexpected
        }
    }

    /// How packets reach a peer, by its name.
    mutating func readPath() throws(WireError) -> PeerStatus.Path {
        guard let path = PeerStatus.Path(rawValue: try readText()) else { throw .unexpected }
        return path
    }
}

extension [Point] {
    /// Whether the board could hold them, and so `PointsCodec` can.
    fileprivate var fitBoard: Bool {
        let most = Limits.coordinate.magnitude
        return count <= Limits.pointsPerStroke && allSatisfy { $0.x.magnitude <= most && $0.y.magnitude <= most }
    }
}
