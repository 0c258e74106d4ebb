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

    /// Takes a piece, and hands over each message that is whole with it. Bytes seen before are ignored. The caller has checked `highest` against the
    /// credit, which bounds what is kept.
    mutating func receive(offset: UInt64, data: ArraySlice<UInt8>, deliver: (_ stream: UInt64, [UInt8]) -> Void) throws(Misbehaviour) {
        let range = offset..<offset + UInt64(data.count)
        highest = max(highest, range.upperBound)
        guard range.upperBound > consumed, !received.covers(range) else { return }
        if bytes.isEmpty, offset <= base {
            // What comes in order, and nothing waits for: messages are cut out where it lies.
            let rest = data.dropFirst(Int(base - offset))
            let cut = try Self.cut(rest, stream: &stream, deliver: deliver)
            base += UInt64(cut)
            guard cut < rest.count else { return }
            bytes += rest.dropFirst(cut)
            received.insert(base..<range.upperBound)
            return
        }
        let start = max(offset, base)
        let skipped = Int(start - offset)
        let index = Int(start - base)
        if index == bytes.count {
            bytes += data.dropFirst(skipped)
        } else {
            let end = index + data.count - skipped
            if end > bytes.count { bytes += repeatElement(0, count: end - bytes.count) }
            bytes.replaceSubrange(index..<end, with: data.dropFirst(skipped))
        }
        received.insert(start..<range.upperBound)
        received.giveBackRoom()
        guard let first = received.ranges.first, first.contains(consumed) else { return }
        head += try Self.cut(bytes[head..<Int(first.upperBound - base)], stream: &stream, deliver: deliver)
        dropFront()
    }

    /// Cuts whole messages, and before them the stream's identity.
    ///
    /// - Returns: bytes that were cut.
    private static func cut(
        _ bytes: ArraySlice<UInt8>, stream: inout UInt64?, deliver: (_ stream: UInt64, [UInt8]) -> Void
    ) throws(Misbehaviour) -> Int {
        var head = bytes.startIndex
        if stream == nil {
            guard bytes.endIndex - head >= 8 else { return 0 }
            stream = bytes[head..<head + 8].reduce(0) { $0 << 8 | UInt64($1) }
            head += 8
        }
        while head < bytes.endIndex {
            let first = bytes[head]
            let prefixCount = 1 << Int(first >> 6)
            guard bytes.endIndex - head >= prefixCount else { break }
            var value = UInt64(first & 0x3F)
            for index in head + 1..<head + prefixCount { value = value << 8 | UInt64(bytes[index]) }
            guard Varint.length(value) == prefixCount else { throw .malformedFrame }
            guard value <= UInt64(Connection.messageMax) else { throw .exceededLimit }
            let count = Int(value)
            guard bytes.endIndex - head - prefixCount >= count else { break }
            deliver(stream ?? 0, Array(bytes[head + prefixCount..<head + prefixCount + count]))
            head += prefixCount + count
        }
        return head - bytes.startIndex
    }

    /// Forgets what was cut once it is half of all: what is behind it moves, and what is kept stays within twice the credit.
    private mutating func dropFront() {
        guard head > 0, head * 2 >= bytes.count else { return }
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
    private var streams: [ReceiveStream] = []
    private var places: [Key: Int] = [:]
    /// The stream that was written to last, which mostly is written to next.
    private var latest: (key: Key, place: Int)?
    /// Sum of the highest offsets, and of what was consumed.
    private(set) var reached: UInt64 = 0
    private(set) var consumed: UInt64 = 0
    /// What the peer was told that `reached` may become.
    private(set) var advertised: UInt64 = window
    private var holes = 0

    /// Bytes kept for messages that are not whole.
    var held: UInt64 { reached - consumed }
    /// Bytes of memory that streams take.
    var room: Int { streams.reduce(0) { $0 + $1.room } }

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

    /// Takes a piece, and hands over each message that is whole with it.
    mutating func receive(
        _ lane: Lane, slot: UInt64, offset: UInt64, data: ArraySlice<UInt8>, deliver: (_ stream: UInt64, [UInt8]) -> Void
    ) throws(Misbehaviour) {
        guard slot < UInt64(SendLane.streamsMax) else { throw .exceededLimit }
        let known = place(of: Key(lane: lane, slot: slot))
        let growth = max(0, Int64(offset + UInt64(data.count)) - Int64(known.map { streams[$0].highest } ?? 0))
        guard reached + UInt64(growth) <= advertised else { throw .exceededCredit }
        reached += UInt64(growth)
        let place = known ?? addStream(Key(lane: lane, slot: slot))
        let (before, holesBefore) = (streams[place].consumed, streams[place].holes)
        try streams[place].receive(offset: offset, data: data, deliver: deliver)
        consumed += streams[place].consumed - before
        holes += streams[place].holes - holesBefore
        guard holes <= Self.holesMax else { throw .exceededLimit }
    }

    private mutating func place(of key: Key) -> Int? {
        if let latest, latest.key == key { return latest.place }
        guard let place = places[key] else { return nil }
        latest = (key, place)
        return place
    }

    private mutating func addStream(_ key: Key) -> Int {
        places[key] = streams.count
        streams.append(ReceiveStream())
        return streams.count - 1
    }
}
