import InkPrimitives

/// Bytes of one stream on their way in (TR-12): puts pieces in order and cuts messages out.
///
/// What comes behind a hole is kept as it came, so that it takes the memory that it has bytes, however far behind it says to stand.
struct ReceiveStream: Sendable {
    /// What arrived behind a hole.
    private struct Piece: Sendable {
        let start: UInt64
        var bytes: [UInt8]
        var end: UInt64 { start + UInt64(bytes.count) }
    }

    /// Bytes from offset `base` on, without a hole.
    private var bytes: [UInt8] = []
    private var base: UInt64 = 0
    /// Next byte to cut, index into `bytes`.
    private var head = 0
    /// Ascending and disjoint, the first behind a hole.
    private var later: [Piece] = []
    /// One past the greatest offset seen.
    private(set) var highest: UInt64 = 0
    /// Offset up to which messages were cut.
    var consumed: UInt64 { base + UInt64(head) }
    /// One past the last byte before the first hole.
    private var reached: UInt64 { base + UInt64(bytes.count) }
    /// The stream's identity; nil until its eight bytes are there.
    private(set) var stream: UInt64?

    /// Pieces that are kept apart: about one for each hole.
    var holes: Int { later.count }
    /// Bytes of memory taken.
    var room: Int { later.reduce(bytes.capacity + later.capacity * MemoryLayout<Piece>.stride) { $0 + $1.bytes.capacity } }
    /// Room that an empty stream may keep, bytes.
    private static let spareMax = 4096
    /// A longer piece is not copied to the end of the one before it, bytes: else a byte before a megabyte would move all of that, and so would the next.
    private static let joinedMax = 4096

    /// Takes a piece, and hands over each message that is whole with it. Bytes seen before are ignored. The caller has checked `highest` against the
    /// credit, which bounds what is kept.
    mutating func receive(offset: UInt64, data: ArraySlice<UInt8>, deliver: (_ stream: UInt64, [UInt8]) -> Void) throws(Misbehaviour) {
        let range = offset..<offset + UInt64(data.count)
        highest = max(highest, range.upperBound)
        guard range.upperBound > reached else { return }
        guard offset <= reached else { return keep(data, at: offset) }
        let rest = data.dropFirst(Int(reached - offset))
        if bytes.isEmpty, later.isEmpty {
            // What comes in order, and nothing waits for: messages are cut out where it lies.
            let cut = try Self.cut(rest, stream: &stream, deliver: deliver)
            base += UInt64(cut)
            if cut < rest.count { bytes += rest.dropFirst(cut) }
            return
        }
        bytes += rest
        takeLater()
        head += try Self.cut(bytes[head...], stream: &stream, deliver: deliver)
        dropFront()
    }

    /// The hole before the first pieces is filled.
    private mutating func takeLater() {
        var count = 0
        while count < later.count, later[count].start <= reached {
            if later[count].end > reached { bytes += later[count].bytes.dropFirst(Int(reached - later[count].start)) }
            count += 1
        }
        guard count > 0 else { return }
        later.removeFirst(count)
        if later.isEmpty { later = [] }
    }

    /// Keeps those bytes of a piece that did not come before.
    private mutating func keep(_ data: ArraySlice<UInt8>, at offset: UInt64) {
        let end = offset + UInt64(data.count)
        var (from, index) = (offset, firstPiece(endingBehind: offset))
        while from < end {
            let next = index < later.count ? later[index].start : .max
            guard from < next else {
                from = later[index].end
                index += 1
                continue
            }
            let part = data.dropFirst(Int(from - offset)).prefix(Int(min(end, next) - from))
            if index > 0, later[index - 1].end == from {
                later[index - 1].bytes += part
            } else {
                later.insert(Piece(start: from, bytes: Array(part)), at: index)
                index += 1
            }
            from += UInt64(part.count)
            if index < later.count, later[index].start == from, later[index].bytes.count <= Self.joinedMax {
                from = later[index].end
                later[index - 1].bytes += later.remove(at: index).bytes
            }
        }
    }

    /// Mostly none: nearly all comes behind all that came before.
    private func firstPiece(endingBehind offset: UInt64) -> Int {
        if let last = later.last, last.end <= offset { return later.count }
        var (low, high) = (0, later.count)
        while low < high {
            let middle = (low + high) / 2
            if later[middle].end <= offset { low = middle + 1 } else { high = middle }
        }
        return low
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
    /// Holes that all streams together may have; honest ones have about one for each packet on the way. What came behind one takes sixteen bytes
    /// of ours and an array, 64 bytes or so in all, however little of the credit.
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
