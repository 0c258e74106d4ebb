import InkBoard
import InkPrimitives
import InkTransport

/// What one packet says of presence: what its sender is doing, what it lacks of ours, and what it passes on of others.
///
/// All of it that is small is said in each packet, so that the newest packet wins; what is large (the style of a gesture, the samples of a
/// stroke) only until it is known to have arrived. The bytes are drawn in the overview.
package struct PresencePacket: Hashable, Sendable {
    /// Of the sender.
    package var own: PresenceValue
    /// What the sender lacks of strokes, at most `requestsMax`.
    package var requests: [StrokeRequest]
    /// What the sender passes on of others, sorted by origin.
    package var passedOn: [PassedOnPresence]

    package init(own: PresenceValue, requests: [StrokeRequest] = [], passedOn: [PassedOnPresence] = []) {
        (self.own, self.requests, self.passedOn) = (own, requests, passedOn)
    }

    /// One for each front end of the peer that is asked.
    package static let requestsMax = FrontEndID.countMax
}

/// What one person is doing.
package struct PresenceValue: Hashable, Sendable {
    /// How attentive the person is.
    package enum Attention: UInt8, Hashable, Sendable {
        case active = 0
        /// No input for `PresenceTiming.idleAfter`.
        case idle = 1
        /// The program is in the background or suspended.
        case away = 2
    }

    /// What the sender does without.
    package struct Needs: OptionSet, Hashable, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }
        /// Nobody there sees what moves.
        package static let unseen = Needs(rawValue: 1)
        /// What passes is paid for there.
        package static let sparing = Needs(rawValue: 2)
        /// What this version knows of.
        package static let all: Needs = [.unseen, .sparing]
    }

    package var attention: Attention = .active
    package var needs: Needs = []
    /// True while the person types a message.
    package var isTyping = false
    /// Milliseconds of the origin's clock when this was said, modulo 65 536; zero where no hand says anything.
    package var sentAt: UInt16 = 0
    /// Sorted by front end. A front end that has a gesture under way is in each packet; one that is not here has none.
    package var hands: [HandValue] = []
    /// The light of the pointer, where that is told anew.
    package var laser: LaserValue?
    /// What the person sees, where that is told anew.
    package var view: ViewValue?
    /// What the person asks all to look at, where that is told anew.
    package var look: LookValue?
    /// What of the styles of gestures came with later versions, by front end.
    package var gestureLooks: [GestureLook] = []
    /// What later versions say besides, sorted by kind (SE-288). Those who do not know a kind pass it over.
    package var further: [FurtherPresence] = []

    package init() {}
}

/// Something that this version has no word for.
package struct FurtherPresence: Hashable, Sendable {
    package var kind: UInt64
    package var bytes: [UInt8]

    package init(kind: UInt64, bytes: [UInt8]) { (self.kind, self.bytes) = (kind, bytes) }

    /// So many a value has.
    package static let countMax = 16
}

/// What the hand at one front end is doing.
package struct HandValue: Hashable, Sendable {
    package var frontEnd: FrontEndID
    package var cursor: CursorValue?
    package var live: LiveValue?
    /// How earlier gestures ended, oldest first, until that is known to have arrived; at most `endedMax`.
    package var ended: [EndedGesture] = []
    /// The program has gone.
    package var isOver = false

    package init(frontEnd: FrontEndID) { self.frontEnd = frontEnd }

    /// So many ends are told: as many as may go by between two packets that arrive.
    package static let endedMax = 4

    package var isEmpty: Bool { cursor == nil && live == nil && ended.isEmpty && !isOver }
}

/// Where a person points.
package enum CursorValue: Hashable, Sendable {
    /// Samples since the last packet, and the one before them; 1...`samplesMax`, from the start of a run.
    case samples(SampleRun)
    /// The pointer left so many milliseconds before the packet.
    case gone(age: Int64)

    package static let samplesMax = 16
}

/// A gesture under way, named by a number that its process counts up and never uses twice.
package struct LiveValue: Hashable, Sendable {
    package var number: UInt64
    /// What a reader must have to show it; nil when it is known to have that.
    package var style: GestureStyle?
    package var body: GestureBody

    package init(number: UInt64, style: GestureStyle?, body: GestureBody) { (self.number, self.style, self.body) = (number, style, body) }

    /// Greatest number of a gesture.
    package static let numberMax: UInt64 = (1 << 56) - 1
}

/// What a gesture does not change with each motion.
package enum GestureStyle: Hashable, Sendable {
    /// Of a stroke: everything but its samples.
    case stroke(ShapeDraft)
    /// Of a shape: everything but place, size and points.
    case shape(ShapeDraft)
    case move([ShapeID])
    case resize(ShapeID)
    /// The letters so far; nil where they are more than a packet has room for (SE-55).
    case text(ShapeID, String?)
}

/// What a gesture changes with each motion. Ages are milliseconds between the newest change and the packet.
package enum GestureBody: Hashable, Sendable {
    /// The samples from number `from` on; `isPen`: the person points where the stroke ends, and its samples are those of the pointer.
    case stroke(from: Int, SampleRun, isPen: Bool)
    case shape(position: Point, size: Size, points: [Point], age: Int64)
    case move(by: Point, age: Int64)
    case resize(position: Point, size: Size, age: Int64)
    case text(age: Int64)

    /// A drag of more shapes than this is shown for the first so many until it ends.
    package static let shapesMax = 18
    /// A preview of a line with more points than this is shown up to there.
    package static let pointsMax = 32
    package static let ageMax = SampleRun.spanMax
}

/// The end of a gesture.
package struct EndedGesture: Hashable, Sendable {
    package enum Outcome: Hashable, Sendable {
        /// It became the author's transaction of this sequence; the preview goes when that is in the set.
        case committed(sequence: UInt64)
        case cancelled
    }
    package var number: UInt64
    package var outcome: Outcome

    package init(number: UInt64, outcome: Outcome) { (self.number, self.outcome) = (number, outcome) }
}

/// Asks for a stroke from a sample on, since what went before it was lost twice, or for all of it, since its style is not known.
package struct StrokeRequest: Hashable, Sendable {
    /// Whose stroke; nil for the addressee's own.
    package var origin: PeerID?
    package var frontEnd: FrontEndID
    package var number: UInt64
    /// The first sample that is missing; 0 asks for the style, too.
    package var from: Int

    package init(origin: PeerID? = nil, frontEnd: FrontEndID, number: UInt64, from: Int) {
        (self.origin, self.frontEnd, self.number, self.from) = (origin, frontEnd, number, from)
    }
}

/// What somebody else does, as the sender knows it. Who may pass on whose presence is not decided yet, so none is shown.
package struct PassedOnPresence: Hashable, Sendable {
    package var origin: PeerID
    package var value: PresenceValue

    package init(origin: PeerID, value: PresenceValue) { (self.origin, self.value) = (origin, value) }
}

// MARK: - Bytes

extension PresencePacket {
    /// Bits of the first byte of a value.
    private enum Head {
        static let attention: UInt8 = 0b0000_0011
        static let typing: UInt8 = 0b0000_0100
        /// A byte follows the hands that says what else does.
        static let tail: UInt8 = 0b0000_1000
        // Of the holder's hand, where it is the only one.
        static let cursor: UInt8 = 0b0001_0000
        static let live: UInt8 = 0b0010_0000
        static let ended: UInt8 = 0b0100_0000
        /// Hands follow that have first bytes of their own.
        static let hands: UInt8 = 0b1000_0000
        static let anyHand = cursor | live | ended | hands
    }

    /// Bits of the first byte of a hand.
    private enum HandHead {
        static let frontEnd: UInt8 = 0b0000_0111
        static let cursor: UInt8 = 0b0000_1000
        static let live: UInt8 = 0b0001_0000
        static let ended: UInt8 = 0b0010_0000
        static let over: UInt8 = 0b0100_0000
        /// Another follows.
        static let more: UInt8 = 0b1000_0000
        static let anything = cursor | live | ended | over
    }

    /// Bits of the byte behind the hands, in the order of what they announce.
    private enum Tail {
        /// How many requests; none behind a value that is passed on.
        static let requestCount: UInt8 = 0b0000_1111
        static let further: UInt8 = 0b0001_0000
        /// A value of somebody else.
        static let passedOn: UInt8 = 0b0010_0000
        static let anything = requestCount | further | passedOn
    }

    /// Bit of the first byte of a request beside its front end.
    private static let requestOrigin: UInt8 = 0b0000_1000

    /// The packet's bytes. What they hold is within its limits, which is the business of whoever made it.
    package var bytes: [UInt8] {
        var writer = ByteWriter(capacity: 64)
        Self.write(own, requests, isLast: passedOn.isEmpty, to: &writer)
        for (index, passed) in passedOn.enumerated() {
            writer.write(passed.origin)
            Self.write(passed.value, [], isLast: index + 1 == passedOn.count, to: &writer)
        }
        return writer.bytes
    }

    /// Reads a packet. Throws on whatever `bytes` would not have made.
    package init(decoding bytes: [UInt8]) throws(WireError) {
        var reader = ByteReader(bytes)
        var isLast: Bool
        (own, requests, isLast) = try Self.readValue(from: &reader)
        passedOn = []
        while !isLast {
            // Each takes 33 bytes at least, so a packet holds few.
            let origin: PeerID = try reader.readIdentifier()
            if let last = passedOn.last, last.origin >= origin { throw .nonCanonical }
            let (value, requests): (PresenceValue, [StrokeRequest])
            (value, requests, isLast) = try Self.readValue(from: &reader)
            guard requests.isEmpty else { throw .unexpected }
            passedOn.append(PassedOnPresence(origin: origin, value: value))
        }
        try reader.finish()
    }

    private static func readRequest(from reader: inout ByteReader) throws(WireError) -> StrokeRequest {
        let head = try reader.readUInt8()
        guard head & ~(HandHead.frontEnd | requestOrigin) == 0, let frontEnd = FrontEndID(Int(head & HandHead.frontEnd)) else {
            throw .unexpected
        }
        let origin: PeerID? = head & requestOrigin != 0 ? try reader.readIdentifier() : nil
        let number = try reader.readVarint()
        guard number <= LiveValue.numberMax else { throw .limitExceeded }
        return StrokeRequest(
            origin: origin, frontEnd: frontEnd, number: number, from: try reader.readCount(limit: Limits.pointsPerStroke))
    }

    // MARK: Values

    private static func write(_ value: PresenceValue, _ requests: [StrokeRequest], isLast: Bool, to writer: inout ByteWriter) {
        var tail = UInt8(requests.count)
        let further = value.written
        if !further.isEmpty { tail |= Tail.further }
        if !isLast { tail |= Tail.passedOn }
        var head = value.attention.rawValue
        if value.isTyping { head |= Head.typing }
        if tail != 0 { head |= Head.tail }
        // One hand at the holder is by far the most common, and takes no byte to say so.
        let only = value.hands.count == 1 && value.hands[0].frontEnd == .holder && !value.hands[0].isOver ? value.hands[0] : nil
        if let only {
            if only.cursor != nil { head |= Head.cursor }
            if only.live != nil { head |= Head.live }
            if !only.ended.isEmpty { head |= Head.ended }
        } else if !value.hands.isEmpty {
            head |= Head.hands
        }
        writer.write(head)
        if !value.hands.isEmpty { writer.write(value.sentAt) }
        if let only {
            write(only, to: &writer)
        } else {
            for (index, hand) in value.hands.enumerated() {
                var head = hand.frontEnd.number
                if hand.cursor != nil { head |= HandHead.cursor }
                if hand.live != nil { head |= HandHead.live }
                if !hand.ended.isEmpty { head |= HandHead.ended }
                if hand.isOver { head |= HandHead.over }
                if index + 1 < value.hands.count { head |= HandHead.more }
                writer.write(head)
                write(hand, to: &writer)
            }
        }
        guard tail != 0 else { return }
        writer.write(tail)
        for request in requests {
            writer.write(request.frontEnd.number | (request.origin == nil ? 0 : requestOrigin))
            if let origin = request.origin { writer.write(origin) }
            writer.writeVarint(request.number)
            writer.writeVarint(request.from)
        }
        guard !further.isEmpty else { return }
        writer.writeVarint(further.count)
        for part in further {
            writer.writeVarint(part.kind)
            writer.writeLengthPrefixed(part.bytes)
        }
    }

    private static func readValue(
        from reader: inout ByteReader
    ) throws(WireError) -> (PresenceValue, requests: [StrokeRequest], isLast: Bool) {
        var value = PresenceValue()
        let head = try reader.readUInt8()
        guard let attention = PresenceValue.Attention(rawValue: head & Head.attention) else { throw .unexpected }
        value.attention = attention
        value.isTyping = head & Head.typing != 0
        if head & Head.anyHand != 0 {
            value.sentAt = try reader.readUInt16()
            value.hands = try readHands(head, from: &reader)
        }
        guard head & Head.tail != 0 else { return (value, [], isLast: true) }
        let tail = try reader.readUInt8()
        guard tail != 0, tail & ~Tail.anything == 0 else { throw .unexpected }
        let count = Int(tail & Tail.requestCount)
        guard count <= requestsMax else { throw .limitExceeded }
        var requests: [StrokeRequest] = []
        for _ in 0..<count { requests.append(try readRequest(from: &reader)) }
        if tail & Tail.further != 0 { try value.read(readFurther(from: &reader)) }
        return (value, requests, isLast: tail & Tail.passedOn == 0)
    }

    private static func readHands(_ head: UInt8, from reader: inout ByteReader) throws(WireError) -> [HandValue] {
        guard head & Head.hands != 0 else {
            let parts = (head & Head.cursor != 0, head & Head.live != 0, head & Head.ended != 0)
            return [try readHand(.holder, parts, from: &reader)]
        }
        guard head & Head.anyHand == Head.hands else { throw .unexpected }
        var hands: [HandValue] = []
        var isLast = false
        while !isLast {
            let head = try reader.readUInt8()
            isLast = head & HandHead.more == 0
            guard head & HandHead.anything != 0, let frontEnd = FrontEndID(Int(head & HandHead.frontEnd)) else { throw .unexpected }
            if let last = hands.last, last.frontEnd >= frontEnd { throw .nonCanonical }
            let parts = (head & HandHead.cursor != 0, head & HandHead.live != 0, head & HandHead.ended != 0)
            var hand = try readHand(frontEnd, parts, from: &reader)
            hand.isOver = head & HandHead.over != 0
            hands.append(hand)
        }
        // There is a shorter way to say this.
        if hands.count == 1, hands[0].frontEnd == .holder, !hands[0].isOver { throw .nonCanonical }
        return hands
    }

    private static func readFurther(from reader: inout ByteReader) throws(WireError) -> [FurtherPresence] {
        let count = try reader.readCount(limit: FurtherPresence.countMax)
        guard count > 0 else { throw .nonCanonical }
        var further: [FurtherPresence] = []
        for _ in 0..<count {
            let kind = try reader.readVarint()
            if let last = further.last, last.kind >= kind { throw .nonCanonical }
            further.append(FurtherPresence(kind: kind, bytes: try reader.readLengthPrefixed(limit: PresenceTiming.packetBytes)))
        }
        return further
    }

    // MARK: Hands

    private static func write(_ hand: HandValue, to writer: inout ByteWriter) {
        switch hand.cursor {
        case nil: break
        case .gone(let age):
            var bits = BitWriter()
            bits.write(1, bits: 1)
            bits.writeDelta(UInt64(age))
            writer.write(bits.bytes)
        case .samples(let run):
            var bits = BitWriter()
            bits.write(0, bits: 1)
            bits.writeDelta(UInt64(run.count - 1))
            run.write(to: &bits)
            writer.write(bits.bytes)
        }
        if let live = hand.live { live.write(to: &writer) }
        guard !hand.ended.isEmpty else { return }
        writer.writeVarint(hand.ended.count)
        for end in hand.ended {
            writer.writeVarint(end.number)
            switch end.outcome {
            case .cancelled: writer.writeVarint(0 as UInt64)
            case .committed(let sequence): writer.writeVarint(sequence)
            }
        }
    }

    private static func readHand(
        _ frontEnd: FrontEndID, _ parts: (cursor: Bool, live: Bool, ended: Bool), from reader: inout ByteReader
    ) throws(WireError) -> HandValue {
        var hand = HandValue(frontEnd: frontEnd)
        if parts.cursor { hand.cursor = try readCursor(from: &reader) }
        if parts.live { hand.live = try LiveValue(from: &reader) }
        if parts.ended {
            let count = try reader.readCount(limit: HandValue.endedMax)
            guard count > 0 else { throw .nonCanonical }
            for _ in 0..<count {
                let (number, sequence) = (try reader.readVarint(), try reader.readVarint())
                guard number <= LiveValue.numberMax else { throw .limitExceeded }
                hand.ended.append(EndedGesture(number: number, outcome: sequence == 0 ? .cancelled : .committed(sequence: sequence)))
            }
        }
        return hand
    }

    private static func readCursor(from reader: inout ByteReader) throws(WireError) -> CursorValue {
        var bits = BitReader(reader)
        let cursor: CursorValue
        if try bits.read(bits: 1) == 1 {
            let age = try bits.readDelta()
            guard age <= UInt64(GestureBody.ageMax) else { throw .limitExceeded }
            cursor = .gone(age: Int64(age))
        } else {
            let count = try bits.readDelta() + 1
            guard count <= UInt64(CursorValue.samplesMax) else { throw .limitExceeded }
            cursor = .samples(try SampleRun(count: Int(count), known: 0, from: &bits))
        }
        reader = try bits.finish()
        return cursor
    }
}

// MARK: - Gestures

extension LiveValue {
    // number << 4 | pen << 3 | style << 2 | kind; a shape with the bit of the pen is the text of one that stands.
    private static let kindBits: UInt64 = 0b0011
    private static let styleBit: UInt64 = 0b0100
    private static let penBit: UInt64 = 0b1000

    fileprivate func write(to writer: inout ByteWriter) {
        var head = number << 4
        if style != nil { head |= Self.styleBit }
        switch body {
        case .stroke(_, _, let isPen): head |= isPen ? Self.penBit : 0
        case .shape: head |= 1
        case .move: head |= 2
        case .resize: head |= 3
        case .text: head |= Self.penBit | 1
        }
        writer.writeVarint(head)
        switch style {
        case nil: break
        case .stroke(let draft):
            writer.write(style: draft)
            writer.write(draft.position)
        case .shape(let draft): writer.write(style: draft)
        case .move(let shapes):
            writer.writeVarint(shapes.count)
            for shape in shapes { writer.write(shape) }
        case .resize(let shape): writer.write(shape)
        case .text(let shape, let text):
            writer.write(shape)
            writer.write(text == nil ? 0 : 1 as UInt8)
            if let text { writer.writeText(text) }
        }
        switch body {
        case .stroke(let from, let run, _):
            writer.writeVarint(from)
            var bits = BitWriter()
            bits.writeDelta(UInt64(run.count))
            run.write(to: &bits)
            writer.write(bits.bytes)
        case .shape(let position, let size, let points, let age):
            writer.writeVarint(UInt64(age))
            writer.write(position)
            writer.write(size)
            writer.writeVarint(points.count)
            for point in points { writer.write(point) }
        case .move(let by, let age):
            writer.writeVarint(UInt64(age))
            writer.write(by)
        case .resize(let position, let size, let age):
            writer.writeVarint(UInt64(age))
            writer.write(position)
            writer.write(size)
        case .text(let age): writer.writeVarint(UInt64(age))
        }
    }

    fileprivate init(from reader: inout ByteReader) throws(WireError) {
        let head = try reader.readVarint()
        number = head >> 4
        guard number <= Self.numberMax else { throw .limitExceeded }
        let (hasStyle, isPen) = (head & Self.styleBit != 0, head & Self.penBit != 0)
        let kind = head & Self.kindBits
        guard kind <= 1 || !isPen else { throw .unexpected }
        switch kind {
        case 0:
            if hasStyle {
                var draft = try reader.readStyle()
                draft.position = try reader.readPoint()
                style = .stroke(draft)
            }
            let from = try reader.readCount(limit: Limits.pointsPerStroke)
            var bits = BitReader(reader)
            let count = try bits.readDelta()
            guard count <= UInt64(Limits.pointsPerStroke - from) else { throw .limitExceeded }
            body = .stroke(from: from, try SampleRun(count: Int(count), known: from, from: &bits), isPen: isPen)
            reader = try bits.finish()
        case 1 where isPen:
            if hasStyle {
                let shape = try reader.readShapeID()
                switch try reader.readUInt8() {
                case 0: style = .text(shape, nil)
                case 1: style = .text(shape, try reader.readText(limit: PresenceTiming.packetBytes))
                default: throw .unexpected
                }
            }
            body = .text(age: try reader.readAge())
        case 1:
            if hasStyle { style = .shape(try reader.readStyle()) }
            let age = try reader.readAge()
            let (position, size) = (try reader.readPoint(), try reader.readSize())
            let count = try reader.readCount(limit: GestureBody.pointsMax)
            var points: [Point] = []
            for _ in 0..<count { points.append(try reader.readPoint()) }
            body = .shape(position: position, size: size, points: points, age: age)
        case 2:
            if hasStyle {
                let count = try reader.readCount(limit: GestureBody.shapesMax)
                var shapes: [ShapeID] = []
                for _ in 0..<count { shapes.append(try reader.readShapeID()) }
                style = .move(shapes)
            }
            let age = try reader.readAge()
            body = .move(by: try reader.readPoint(), age: age)
        default:
            if hasStyle { style = .resize(try reader.readShapeID()) }
            let age = try reader.readAge()
            let position = try reader.readPoint()
            body = .resize(position: position, size: try reader.readSize(), age: age)
        }
    }
}

extension ByteWriter {
    fileprivate mutating func write(_ point: Point) {
        writeZigzag(Int64(point.x))
        writeZigzag(Int64(point.y))
    }

    fileprivate mutating func write(_ size: Size) {
        writeVarint(UInt64(max(0, size.width)))
        writeVarint(UInt64(max(0, size.height)))
    }

    fileprivate mutating func write(_ shape: ShapeID) {
        write(shape.author)
        writeVarint(shape.number)
    }

    /// What a preview tells once, without its place.
    fileprivate mutating func write(style draft: ShapeDraft) {
        for property in KnownProperty.previewed { if let value = draft.value(of: property) { property.form.write(value, to: &self) } }
    }
}

extension KnownProperty {
    /// What of a drawing a preview tells beside place, extent and points, in the order of the packet.
    fileprivate static let previewed: [KnownProperty] = [.kind, .stroke, .fill, .strokeWidth, .text]
}

extension ByteReader {
    fileprivate mutating func readPoint() throws(WireError) -> Point {
        let (x, y) = (try readZigzag(), try readZigzag())
        guard abs(x) <= Int64(Limits.coordinate), abs(y) <= Int64(Limits.coordinate) else { throw .limitExceeded }
        return Point(x: Int32(x), y: Int32(y))
    }

    fileprivate mutating func readSize() throws(WireError) -> Size {
        let (width, height) = (try readVarint(), try readVarint())
        guard width <= UInt64(Limits.coordinate), height <= UInt64(Limits.coordinate) else { throw .limitExceeded }
        return Size(width: Int32(width), height: Int32(height))
    }

    fileprivate mutating func readAge() throws(WireError) -> Int64 {
        let age = try readVarint()
        guard age <= UInt64(GestureBody.ageMax) else { throw .limitExceeded }
        return Int64(age)
    }

    fileprivate mutating func readShapeID() throws(WireError) -> ShapeID {
        let author: AuthorID = try readIdentifier()
        return ShapeID(author: author, number: try readVarint())
    }

    fileprivate mutating func readStyle() throws(WireError) -> ShapeDraft {
        var draft = ShapeDraft(kind: .rectangle, position: .zero)
        for property in KnownProperty.previewed {
            let value = try property.form.read(from: &self)
            if case .kind(let raw) = value, ShapeKind(rawValue: raw) == nil { throw .unexpected }
            draft.set(value, of: property)
        }
        return draft
    }
}
