import InkPrimitives

/// Bytes of one stream on their way in: puts pieces in order and cuts messages out.
struct ReceiveStream: Sendable {
    /// Bytes from offset `base` on, with holes where `received` has none.
    private var bytes: [UInt8] = []
    private var base: UInt64 = 0
    /// Next byte to cut, index into `bytes`.
    private var head = 0
    private var received = RangeSet()
    /// One past the greatest offset seen.
    private(set) var highest: UInt64 = 0
    /// Offset up to which messages were cut.
    var consumed: UInt64 { base + UInt64(head) }
    /// The stream's identity; nil until its eight bytes are there.
    private(set) var stream: UInt64?

    /// Holes between what arrived.
    var holes: Int { max(0, received.count - 1) }
    /// Bytes of memory taken.
    var room: Int { bytes.capacity + received.room }
    /// Room that an empty stream may keep, bytes.
    private static let spareMax = 4096

    /// Takes a piece. Bytes seen before are ignored. The caller has checked `highest` against the credit, which bounds what is kept.
    mutating func receive(offset: UInt64, data: [UInt8]) {
        let range = offset..<offset + UInt64(data.count)
        highest = max(highest, range.upperBound)
        guard range.upperBound > consumed, !received.covers(range) else { return }
        let start = max(offset, base)
        let skipped = Int(start - offset)
        let index = Int(start - base)
        if index == bytes.count {
            bytes += data[skipped...]
        } else {
            let end = index + data.count - skipped
            if end > bytes.count { bytes += repeatElement(0, count: end - bytes.count) }
            bytes.replaceSubrange(index..<end, with: data[skipped...])
        }
        received.insert(start..<range.upperBound)
        received.giveBackRoom()
    }

    /// Cuts the next whole message; nil if it is not all there.
    mutating func nextMessage() throws(Misbehaviour) -> [UInt8]? {
        guard let first = received.ranges.first, first.contains(consumed) else { return nil }
        let end = Int(first.upperBound - base)
        if stream == nil {
            guard end - head >= 8 else { return nil }
            stream = bytes[head..<head + 8].reduce(0) { $0 << 8 | UInt64($1) }
            head += 8
        }
        guard head < end else { return nil }
        let prefixCount = 1 << Int(bytes[head] >> 6)
        guard end - head >= prefixCount else { return nil }
        let value = bytes[head + 1..<head + prefixCount].reduce(UInt64(bytes[head] & 0x3F)) { $0 << 8 | UInt64($1) }
        guard Varint.length(value) == prefixCount else { throw .malformedFrame }
        guard value <= UInt64(Connection.messageMax) else { throw .exceededLimit }
        let count = Int(value)
        guard end - head - prefixCount >= count else { return nil }
        let message = Array(bytes[head + prefixCount..<head + prefixCount + count])
        head += prefixCount + count
        dropFront()
        return message
    }

    /// Forgets what was cut once it is half of all: what is behind it moves, and what is kept stays within twice the credit.
    private mutating func dropFront() {
        guard head * 2 >= bytes.count else { return }
        received.remove(base..<base + UInt64(head))
        received.giveBackRoom()
        // In place while it is small. Else the room would stay with each stream that ever held a long message.
        if bytes.capacity <= Self.spareMax {
            bytes.removeFirst(head)
        } else {
            var rest: [UInt8] = []
            rest.reserveCapacity(bytes.count - head)
            rest += bytes[head...]
            bytes = rest
        }
        base += UInt64(head)
        head = 0
    }
}

/// All streams on their way in, and the credit that bounds what they keep (TR-13).
struct ReceiveLanes: Sendable {
    /// Bytes that the peer may be ahead of what was consumed: the most that all streams together keep.
    static let window: UInt64 = 2 << 20
    /// Holes that all streams together may have; honest ones have about one for each packet on the way. Each takes sixteen bytes of ours,
    /// however little of the credit.
    static let holesMax = 4096

    private struct Key: Hashable { let lane: Lane; let slot: UInt64 }
    private var streams: [Key: ReceiveStream] = [:]
    /// Sum of the highest offsets, and of what was consumed.
    private(set) var reached: UInt64 = 0
    private(set) var consumed: UInt64 = 0
    /// What the peer was told that `reached` may become.
    private(set) var advertised: UInt64 = window
    private var holes = 0

    /// Bytes kept for messages that are not whole.
    var held: UInt64 { reached - consumed }
    /// Bytes of memory that streams take.
    var room: Int { streams.values.reduce(0) { $0 + $1.room } }

    private var repeatsCredit = false

    /// A new credit is worth a frame: an eighth of the window is used, so that a sender a round trip away has most of it; or the frame with the last one is
    /// lost.
    var owesCredit: Bool { repeatsCredit || consumed + Self.window - advertised >= Self.window / 8 }

    mutating func repeatCredit() { repeatsCredit = true }

    mutating func takeCredit() -> UInt64 {
        repeatsCredit = false
        advertised = consumed + Self.window
        return advertised
    }

    mutating func receive(_ lane: Lane, slot: UInt64, offset: UInt64, data: [UInt8]) throws(Misbehaviour) -> [(stream: UInt64, [UInt8])] {
        guard slot < UInt64(SendLane.streamsMax) else { throw .exceededLimit }
        let key = Key(lane: lane, slot: slot)
        let growth = max(0, Int64(offset + UInt64(data.count)) - Int64(streams[key]?.highest ?? 0))
        guard reached + UInt64(growth) <= advertised else { throw .exceededCredit }
        reached += UInt64(growth)
        // In place: the stream may hold much, and a copy for each frame would cost more than the frame.
        let (messages, cut, opened) = try Self.take(offset: offset, data: data, into: &streams[key, default: ReceiveStream()])
        consumed += cut
        holes += opened
        guard holes <= Self.holesMax else { throw .exceededLimit }
        return messages
    }

    private static func take(
        offset: UInt64, data: [UInt8], into stream: inout ReceiveStream
    ) throws(Misbehaviour) -> (messages: [(stream: UInt64, [UInt8])], cut: UInt64, opened: Int) {
        let (before, holes) = (stream.consumed, stream.holes)
        var messages: [(stream: UInt64, [UInt8])] = []
        stream.receive(offset: offset, data: data)
        while let message = try stream.nextMessage() { messages.append((stream.stream ?? 0, message)) }
        return (messages, stream.consumed - before, stream.holes - holes)
    }
}
