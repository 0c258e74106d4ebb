import InkBoard
import InkPrimitives
import InkTransport

/// What one person is doing right now: one small value, newest wins, never in the board.
package struct PresenceState: Hashable, Sendable {
    /// How attentive the person is.
    package enum Attention: UInt8, Hashable, Sendable {
        case active = 0
        /// No input for `PresenceTiming.idleAfter`.
        case idle = 1
        /// The program is in the background or suspended.
        case away = 2
    }

    package var attention: Attention = .active
    /// Where the person points; nil when nowhere.
    package var cursor: Point?
    /// True while the person types a message.
    package var isTyping = false
    /// The gesture under way.
    package var live: LiveGesture?
    /// How the gestures before that one ended, newest last: their previews stand until that is honoured.
    package private(set) var ended: [EndedGesture] = []
    /// So many ends are told: as many as may go by between two packets that arrive.
    package static let endedMax = 4

    package init() {}

    package mutating func end(_ gesture: EndedGesture) {
        ended.append(gesture)
        if ended.count > Self.endedMax { ended.removeFirst() }
    }
}

/// A gesture under way, named by a number that its person counts up and never uses twice in one process.
package struct LiveGesture: Hashable, Sendable {
    package var number: UInt64
    package var gesture: Gesture

    package init(number: UInt64, gesture: Gesture) { (self.number, self.gesture) = (number, gesture) }
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

/// Spans and rates of presence, chosen for people.
package enum PresenceTiming {
    /// Shortest time between two presence packets to one peer: 60 Hz on a short path among few, else 30 Hz.
    ///
    /// - Parameter present: people on the board, ourselves among them.
    package static func interval(roundTrip: Duration?, present: Int) -> Duration {
        guard let roundTrip, roundTrip < .milliseconds(60), present < 4 else { return .microseconds(33_333) }
        return .microseconds(16_667)
    }
    /// Without input for this long a person is idle.
    package static let idleAfter: Duration = .seconds(60)
    /// A typing mark goes when it is not renewed for this long.
    package static let typingStops: Duration = .seconds(2)
    /// Room for the state in one packet, bytes.
    package static let packetBytes = Endpoint.presenceMax
}

extension PresenceState {
    // Layout of one presence packet:
    //   flags 1 · [cursor: zigzag x, zigzag y] · [ended: count, (number, outcome) ×] · [live: number, kind, body]
    private struct Flag {
        static let attention: UInt8 = 0b0000_0011
        static let cursor: UInt8 = 0b0000_0100
        static let typing: UInt8 = 0b0000_1000
        static let ended: UInt8 = 0b0001_0000
        static let live: UInt8 = 0b0010_0000
    }

    /// The packet that brings a peer which has the first `acknowledgedPoints` samples of the live stroke to this state, and how many
    /// samples it will then have. A long stroke takes several packets.
    package func encode(acknowledgedPoints: Int, limit: Int = PresenceTiming.packetBytes) -> (bytes: [UInt8], points: Int) {
        var writer = ByteWriter(capacity: 128)
        var flags = attention.rawValue
        if cursor != nil { flags |= Flag.cursor }
        if isTyping { flags |= Flag.typing }
        if !ended.isEmpty { flags |= Flag.ended }
        if live != nil { flags |= Flag.live }
        writer.write(flags)
        if let cursor { writer.write(cursor) }
        if !ended.isEmpty { writer.writeVarint(ended.count) }
        for end in ended {
            writer.writeVarint(end.number)
            switch end.outcome {
            case .cancelled: writer.writeVarint(0 as UInt64)
            case .committed(let sequence): writer.writeVarint(sequence)
            }
        }
        guard let live else { return (writer.bytes, 0) }
        writer.writeVarint(live.number)
        switch live.gesture {
        case .stroke(let draft):
            writer.write(1 as UInt8)
            writer.write(style: draft, textLimit: 256)
            let from = min(acknowledgedPoints, draft.points.count)
            writer.writeVarint(from)
            // The reader needs the sample before the first to undo the differences; it has it, since it acknowledged `from` samples.
            var previous = from > 0 ? draft.points[from - 1] : .zero
            var run = ByteWriter(capacity: 512)
            var count = 0
            for point in draft.points[from...] {
                let before = run.count
                run.writeZigzag(Int64(point.x) - Int64(previous.x))
                run.writeZigzag(Int64(point.y) - Int64(previous.y))
                if writer.count + run.count + 4 > limit {
                    run.truncate(to: before)
                    break
                }
                previous = point
                count += 1
            }
            writer.writeVarint(count)
            writer.write(run.bytes)
            return (writer.bytes, from + count)
        case .shape(let draft):
            writer.write(2 as UInt8)
            writer.write(style: draft, textLimit: 640)
            writer.write(Point(x: draft.size.width, y: draft.size.height))
            // A preview shows the first points where not all have room.
            var (run, count) = (ByteWriter(capacity: 64), 0)
            for point in draft.points.prefix(Self.pointsInPacket) {
                let before = run.count
                run.write(point)
                guard writer.count + run.count + 4 <= limit else {
                    run.truncate(to: before)
                    break
                }
                count += 1
            }
            writer.writeVarint(count)
            writer.write(run.bytes)
        case .move(let shapes, let by):
            writer.write(3 as UInt8)
            writer.write(by)
            let shown = shapes.prefix(Self.shapesInPacket)
            writer.writeVarint(shown.count)
            for shape in shown { writer.write(shape) }
        case .resize(let shape, let position, let size):
            writer.write(4 as UInt8)
            writer.write(shape)
            writer.write(position)
            writer.write(Point(x: size.width, y: size.height))
        }
        return (writer.bytes, 0)
    }

    /// A drag of more shapes than this is shown for the first so many until it ends.
    private static let shapesInPacket = 18
    /// A preview of a line with more points than this is shown up to there.
    private static let pointsInPacket = 32

    /// Applies a peer's packet. On a throw nothing has changed.
    ///
    /// - Throws: `WireError` for bytes that are no presence; `.unexpected` for a run of samples that does not join what is held.
    package mutating func apply(_ bytes: [UInt8]) throws(WireError) {
        var reader = ByteReader(bytes)
        var next = PresenceState()
        let flags = try reader.readUInt8()
        guard flags < 0b0100_0000, let attention = Attention(rawValue: flags & Flag.attention) else { throw .unexpected }
        next.attention = attention
        next.isTyping = flags & Flag.typing != 0
        if flags & Flag.cursor != 0 { next.cursor = try reader.readPoint() }
        if flags & Flag.ended != 0 {
            let count = try reader.readCount(limit: Self.endedMax)
            guard count > 0 else { throw .nonCanonical }
            for _ in 0..<count {
                let number = try reader.readVarint()
                let sequence = try reader.readVarint()
                next.end(EndedGesture(number: number, outcome: sequence == 0 ? .cancelled : .committed(sequence: sequence)))
            }
        }
        if flags & Flag.live != 0 { next.live = try readLive(from: &reader) }
        try reader.finish()
        self = next
    }

    private func readLive(from reader: inout ByteReader) throws(WireError) -> LiveGesture {
        let number = try reader.readVarint()
        switch try reader.readUInt8() {
        case 1:
            var draft = try reader.readStyle()
            let from = try reader.readCount(limit: Limits.pointsPerStroke)
            let count = try reader.readCount(limit: Limits.pointsPerStroke - from)
            // What is held of the same stroke; a run that would leave a gap is refused.
            var points: [Point] = []
            if case .stroke(let held)? = live?.gesture, live?.number == number { points = held.points }
            guard from <= points.count else { throw .unexpected }
            var previous = from > 0 ? points[from - 1] : .zero
            var run: [Point] = []
            for _ in 0..<count {
                let (x, y) = (try reader.readZigzag(), try reader.readZigzag())
                // ±2^61 plus ±2^30 cannot overflow 64 bits.
                let point = Point(clampingX: Int64(previous.x) + x, y: Int64(previous.y) + y)
                run.append(point)
                previous = point
            }
            // A packet that was overtaken by a newer one is dropped below us, so what it covers is only ever the same or longer.
            if from + run.count > points.count { points = points[..<from] + run }
            draft.points = points
            return LiveGesture(number: number, gesture: .stroke(draft))
        case 2:
            var draft = try reader.readStyle()
            draft.size = try reader.readSize()
            let count = try reader.readCount(limit: Self.pointsInPacket)
            for _ in 0..<count { draft.points.append(try reader.readPoint()) }
            return LiveGesture(number: number, gesture: .shape(draft))
        case 3:
            let by = try reader.readPoint()
            let count = try reader.readCount(limit: Self.shapesInPacket)
            var shapes: [ShapeID] = []
            for _ in 0..<count { shapes.append(try reader.readShapeID()) }
            return LiveGesture(number: number, gesture: .move(shapes, by: by))
        case 4:
            let shape = try reader.readShapeID()
            let position = try reader.readPoint()
            return LiveGesture(number: number, gesture: .resize(shape, position: position, size: try reader.readSize()))
        default: throw .unexpected
        }
    }
}

extension ByteWriter {
    fileprivate mutating func write(_ point: Point) {
        writeZigzag(Int64(point.x))
        writeZigzag(Int64(point.y))
    }

    fileprivate mutating func write(_ shape: ShapeID) {
        write(shape.author)
        writeVarint(shape.number)
    }

    /// Kind, place, colours, width and the first `textLimit` bytes of the text, cut between characters.
    fileprivate mutating func write(style draft: ShapeDraft, textLimit: Int) {
        write(draft.kind.rawValue)
        write(draft.position)
        for color in [draft.stroke, draft.fill] { writeVarint(color.map { UInt64($0.rgb) + 1 } ?? 0) }
        writeVarint(UInt64(draft.strokeWidth))
        var text = ""
        for character in draft.text {
            guard text.utf8.count + character.utf8.count <= textLimit else { break }
            text.append(character)
        }
        writeText(text)
    }
}

extension ByteReader {
    fileprivate mutating func readPoint() throws(WireError) -> Point {
        let (x, y) = (try readZigzag(), try readZigzag())
        guard abs(x) <= Int64(Limits.coordinate), abs(y) <= Int64(Limits.coordinate) else { throw .limitExceeded }
        return Point(x: Int32(x), y: Int32(y))
    }

    fileprivate mutating func readSize() throws(WireError) -> Size {
        let corner = try readPoint()
        guard corner.x >= 0, corner.y >= 0 else { throw .limitExceeded }
        return Size(width: corner.x, height: corner.y)
    }

    fileprivate mutating func readShapeID() throws(WireError) -> ShapeID {
        let author: AuthorID = try readIdentifier()
        return ShapeID(author: author, number: try readVarint())
    }

    fileprivate mutating func readStyle() throws(WireError) -> ShapeDraft {
        guard let kind = ShapeKind(rawValue: try readUInt8()) else { throw .unexpected }
        let position = try readPoint()
        var colors: [Color?] = []
        for _ in 0..<2 {
            let value = try readVarint()
            guard value <= 0x100_0000 else { throw .limitExceeded }
            colors.append(value == 0 ? nil : Color(rgb: UInt32(value - 1)))
        }
        let width = try readVarint()
        guard width <= 2047 else { throw .limitExceeded }
        let text = try readText(limit: 1024)
        return ShapeDraft(kind: kind, position: position, text: text, stroke: colors[0], fill: colors[1], strokeWidth: UInt16(width))
    }
}
