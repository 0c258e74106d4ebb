import InkPrimitives

/// Bytes of one stream on their way out: what waits, what is on the way, what must go again, what arrived.
///
/// The stream begins with its identity, eight bytes; then messages, each behind a varint that counts its bytes.
struct SendStream: Sendable {
    private var bytes = SendBuffer()
    /// All before is acknowledged.
    private var base: UInt64 = 0
    /// First offset that was never sent.
    private(set) var unsent: UInt64 = 0
    /// Credit was taken up to here. A message is begun only with credit for all of it, so that what was begun can always end.
    private var reserved: UInt64 = 0
    /// Ends of the messages behind `reserved`.
    private var messageEnds = Queue<UInt64>(spareMax: 32)
    /// What is acknowledged behind `base`.
    private var acknowledged = RangeSet()
    private var lost = RangeSet()

    init(stream: UInt64) {
        var identity: [UInt8] = []
        identity.appendBigEndian(stream, count: 8)
        bytes.append(identity)
    }

    /// One past the last byte written.
    var end: UInt64 { bytes.end }
    /// Bytes not acknowledged.
    var pending: Int { Int(end - base - acknowledged.total) }
    /// Bytes of messages not begun.
    var waiting: Int { Int(end - reserved) }

    var hasLost: Bool { !lost.isEmpty }
    var hasUnsent: Bool { unsent < end }

    mutating func append(_ message: [UInt8]) {
        bytes.appendVarint(UInt64(message.count))
        bytes.append(message)
        messageEnds.append(end)
    }

    /// Takes the next piece to send: first what was lost, then new bytes as far as there is credit.
    ///
    /// - Parameters:
    ///   - limit: most bytes, positive.
    ///   - credit: bytes of new messages that the peer still has room for; what is taken is subtracted.
    mutating func takeNext(limit: Int, credit: inout UInt64) -> (range: Range<UInt64>, isNew: Bool)? {
        if let range = lost.takeFirst(limit: limit) { return (range, false) }
        let wanted = min(end, unsent + UInt64(limit))
        while reserved < wanted, let end = messageEnds.first {
            let cost = end - reserved
            guard cost <= credit else { break }
            credit -= cost
            reserved = end
            _ = messageEnds.popFirst()
        }
        let range = unsent..<min(wanted, max(reserved, unsent))
        guard !range.isEmpty else { return nil }
        unsent = range.upperBound
        return (range, true)
    }

    /// True if `takeNext` would give something with this credit.
    func canSend(credit: UInt64) -> Bool {
        if !lost.isEmpty || unsent < reserved { return true }
        return messageEnds.first.map { $0 - reserved <= credit } ?? false
    }

    /// The bytes of `range`, all of which must still be unacknowledged or lie above an unacknowledged one.
    func copy(_ range: Range<UInt64>, to packet: inout [UInt8]) { bytes.copy(range, to: &packet) }

    mutating func acknowledge(_ range: Range<UInt64>) {
        let range = max(range.lowerBound, base)..<max(range.upperBound, base)
        guard !range.isEmpty else { return }
        lost.remove(range)
        if range.lowerBound == base {
            base = range.upperBound
            while let first = acknowledged.ranges.first, first.lowerBound <= base {
                base = max(base, first.upperBound)
                acknowledged.removeFirst()
            }
            bytes.forget(below: base)
        } else {
            acknowledged.insert(range)
        }
    }

    /// The packet with these bytes is lost: what of them is not acknowledged must go again.
    mutating func markLost(_ range: Range<UInt64>) {
        let range = max(range.lowerBound, base)..<max(range.upperBound, base)
        lost.insert(range)
        for known in acknowledged.ranges { lost.remove(known) }
    }

    /// Something of `range` has not arrived as far as we know, and is not waiting to go again anyway.
    func isMissing(_ range: Range<UInt64>) -> Bool {
        // What begins with bytes that are forgotten is not written again as it is.
        guard range.upperBound > base, range.lowerBound >= bytes.start else { return false }
        let range = max(range.lowerBound, base)..<range.upperBound
        return !acknowledged.covers(range) && !lost.covers(range)
    }
}

/// All streams of one lane on their way out. Streams take turns, so none waits for another.
struct SendLane: Sendable {
    /// Streams that one lane may have. Beyond, a message shares the stream of its number modulo `sharedStreams`.
    static let streamsMax = 1024
    private static let sharedStreams: UInt64 = 256

    private(set) var streams: [SendStream] = []
    private var slots: [UInt64: Int] = [:]
    /// The one that was asked for last, which mostly is asked for next.
    private var latest: (stream: UInt64, slot: Int)?
    /// Slots that may have something to send, in turn.
    private var queue: [Int] = []
    private var isQueued: [Bool] = []
    /// Bytes not acknowledged, and of those the ones of messages not begun.
    private(set) var pending = 0
    private(set) var waiting = 0
    /// Bytes not acknowledged, of messages that were begun.
    var underway: Int { @inline(__always) get { pending - waiting } }

    /// True if some stream has bytes that can go with this credit.
    mutating func canSend(credit: UInt64) -> Bool {
        for slot in queue where inPlace(&streams[slot], { $0.canSend(credit: credit) }) { return true }
        return false
    }

    /// True if some stream has new bytes that cannot go with this credit.
    mutating func isBlocked(credit: UInt64) -> Bool {
        for slot in queue where inPlace(&streams[slot], { $0.hasUnsent && !$0.canSend(credit: credit) }) { return true }
        return false
    }

    mutating func append(_ message: [UInt8], stream: UInt64) {
        let slot = slot(of: stream)
        update(slot) { $0.append(message) }
    }

    /// Takes the next piece of whatever stream is at turn.
    mutating func takeNext(limit: Int, credit: inout UInt64) -> (slot: Int, range: Range<UInt64>, isNew: Bool)? {
        var position = 0
        while position < queue.count {
            let slot = queue[position]
            let before = streams[slot].waiting
            let piece = streams[slot].takeNext(limit: limit, credit: &credit)
            waiting += streams[slot].waiting - before
            let hasMore = streams[slot].hasLost || streams[slot].hasUnsent
            if piece == nil && hasMore {
                // Waits for credit and keeps its turn.
                position += 1
                continue
            }
            if hasMore, queue.count == 1 {
                // It is the only one, and keeps its turn.
            } else {
                queue.remove(at: position)
                if hasMore { queue.append(slot) } else { isQueued[slot] = false }
            }
            if let piece { return (slot, piece.range, piece.isNew) }
        }
        return nil
    }

    mutating func copy(_ range: Range<UInt64>, slot: Int, to packet: inout [UInt8]) {
        inPlace(&streams[slot]) { $0.copy(range, to: &packet) }
    }
    mutating func acknowledge(_ range: Range<UInt64>, slot: Int) { update(slot) { $0.acknowledge(range) } }
    mutating func markLost(_ range: Range<UInt64>, slot: Int) { update(slot) { $0.markLost(range) } }
    mutating func isMissing(_ range: Range<UInt64>, slot: Int) -> Bool { inPlace(&streams[slot]) { $0.isMissing(range) } }

    private mutating func slot(of stream: UInt64) -> Int {
        if let latest, latest.stream == stream { return latest.slot }
        if let slot = slots[stream] {
            latest = (stream, slot)
            return slot
        }
        guard streams.count < Self.streamsMax else { return Int(stream % Self.sharedStreams) }
        slots[stream] = streams.count
        streams.append(SendStream(stream: stream))
        isQueued.append(false)
        pending += streams[streams.count - 1].pending
        waiting += streams[streams.count - 1].waiting
        return streams.count - 1
    }

    @inline(__always) private mutating func update(_ slot: Int, _ change: (inout SendStream) -> Void) {
        let before = (pending: streams[slot].pending, waiting: streams[slot].waiting)
        change(&streams[slot])
        pending += streams[slot].pending - before.pending
        waiting += streams[slot].waiting - before.waiting
        if !isQueued[slot], streams[slot].hasLost || streams[slot].hasUnsent {
            isQueued[slot] = true
            queue.append(slot)
        }
    }
}
