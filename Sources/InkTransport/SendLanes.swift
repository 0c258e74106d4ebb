import InkPrimitives

/// All lanes on their way out: what waits in each, the credit for it, copies that ride again, and who comes first (TR-14).
///
/// Lanes are used where they lie: what here only reads them is written as a change (see `inPlace`).
struct SendLanes: Sendable {
    /// After so many packets of data without bulk, one begins with bulk.
    private static let bulkFloor = 7
    /// Bytes of old data in a probe.
    static let probeBytes = 600

    /// What is known of the way that a packet takes.
    struct Line: Sendable {
        var losses = Repeater.Losses()
        /// Packets queue there now.
        var isQueued = false
        var isRelay = false
        /// A packet takes long there, and what is live goes without bulk.
        var isNarrow = false
    }

    private var lanes = InlineArray<3, SendLane>(repeating: SendLane())
    private var credit = SendCredit()
    private var repeater = Repeater()
    private var packetsWithoutBulk = 0
    /// Bytes sent again after a loss or by a probe, and bytes of ops that rode again before they were known to be lost.
    private(set) var bytesRetransmitted: UInt64 = 0
    private(set) var bytesRepeated: UInt64 = 0

    // MARK: What waits

    @inline(__always)
    mutating func append(_ message: [UInt8], lane: Lane, stream: UInt64) { lanes[lane.slot].append(message, stream: stream) }

    /// True if something of the lane can go with the credit that there is.
    @inline(__always)
    mutating func canSend(_ lane: Lane) -> Bool {
        let credit = credit.available(to: lane)
        return inPlace(&lanes[lane.slot]) { $0.canSend(credit: credit) }
    }

    /// Bytes of messages that the peer has not acknowledged.
    var pending: Int { @inline(__always) get { lanes[0].pending + lanes[1].pending + lanes[2].pending } }
    @inline(__always) func pending(of lane: Lane) -> Int { lanes[lane.slot].pending }

    var figures: [LaneFigures] {
        Lane.allCases.map { lane in
            let sending = lanes[lane.slot]
            return LaneFigures(lane: lane, streams: sending.streams.count, pending: sending.pending, waiting: sending.waiting)
        }
    }

    // MARK: What the peer says

    @inline(__always)
    mutating func acknowledge(_ range: Range<UInt64>, slot: Int, of lane: Lane) { lanes[lane.slot].acknowledge(range, slot: slot) }
    @inline(__always)
    mutating func markLost(_ range: Range<UInt64>, slot: Int, of lane: Lane) { lanes[lane.slot].markLost(range, slot: slot) }

    /// The peer has room for so many bytes since the beginning.
    mutating func raiseCredit(to limit: UInt64) { credit.raise(to: limit) }

    /// Since when the peer denies the credit that it owes, as of the last `watchCredit`.
    var deniedSince: Instant? { @inline(__always) get { credit.deniedSince } }

    mutating func watchCredit(now: Instant) {
        let underway = lanes[0].underway + lanes[1].underway + lanes[2].underway
        let isDenied = credit.isOwed(underway: underway) && (isBlocked(.control) || isBlocked(.ops) || isBlocked(.bulk))
        credit.note(isDenied: isDenied, now: now)
    }

    private mutating func isBlocked(_ lane: Lane) -> Bool {
        let credit = credit.available(to: lane)
        return inPlace(&lanes[lane.slot]) { $0.isBlocked(credit: credit) }
    }

    // MARK: Data

    /// Bulk has waited so long behind other lanes that it comes first.
    var isTurnOfBulk: Bool { @inline(__always) get { packetsWithoutBulk >= Self.bulkFloor } }

    /// A packet leaves without bulk, though bulk could go.
    mutating func passOverBulk() { packetsWithoutBulk += 1 }

    /// Strict priority with a floor for bulk.
    mutating func write(
        withLive: Bool, withBulk: Bool, presence: inout PresenceExchange, line: Line, into draft: inout PacketDraft, now: Instant
    ) {
        let isBulkFirst = withBulk && isTurnOfBulk
        if isBulkFirst { write(.bulk, line: line, into: &draft, now: now) }
        if withLive {
            write(.control, line: line, into: &draft, now: now)
            write(.ops, line: line, into: &draft, now: now)
            if let value = presence.take(room: draft.room) { draft.end(with: value) }
        }
        // Bulk would leave them no room. A relay loses what waits too long there, and a copy waits as well.
        let isLossy = line.losses.share >= Repeater.besideBulkMin && !line.isRelay
        if isLossy || !withBulk { writeRepetitions(into: &draft, now: now) }
        guard withBulk else { return }
        write(.bulk, line: line, into: &draft, now: now)
        if !isLossy { writeRepetitions(into: &draft, now: now) }
        let carriesBulk = draft.frames.contains { if case .stream(.bulk, _, _, isCopy: false) = $0 { true } else { false } }
        packetsWithoutBulk = carriesBulk ? 0 : packetsWithoutBulk + 1
    }

    private mutating func write(_ lane: Lane, line: Line, into draft: inout PacketDraft, now: Instant) {
        while draft.room > PacketDraft.streamHeaderMax {
            let available = credit.available(to: lane)
            var left = available
            guard let piece = lanes[lane.slot].takeNext(limit: draft.room - PacketDraft.streamHeaderMax, credit: &left) else { return }
            credit.spend(available - left)
            draft.note(.stream(lane, slot: piece.slot, range: piece.range, isCopy: false))
            if lane == .ops {
                writeOperations(piece.range, slot: piece.slot, into: &draft, now: now)
            } else {
                writeStream(lane, slot: piece.slot, range: piece.range, into: &draft)
            }
            if !piece.isNew { bytesRetransmitted += UInt64(piece.range.count) }
            if piece.isNew, lane == .ops {
                // What a full queue drops it drops again (TR-99).
                let losses = line.isQueued ? Repeater.Losses(isSparing: line.losses.isSparing) : line.losses
                // On a narrow line no copy rides in room that bulk leaves, since what is live goes alone there (TR-146).
                let isSpared = line.isNarrow && losses.share < Repeater.besideBulkMin && lanes[Lane.bulk.slot].pending > 0
                repeater.sent(slot: piece.slot, range: piece.range, losses: losses, isSpared: isSpared, now: now)
            }
        }
    }

    @inline(__always)
    private mutating func writeStream(_ lane: Lane, slot: Int, range: Range<UInt64>, into draft: inout PacketDraft) {
        draft.writeStream(lane, slot: slot, range: range) { lanes[lane.slot].copy(range, slot: slot, to: &$0) }
    }

    // MARK: Copies

    /// When copies leave by themselves; nil if none do.
    var repetitionDueAt: Instant? { @inline(__always) get { repeater.dueAt } }

    /// Copies that were due found no room: they wait for what leaves anyway.
    mutating func forgetDueRepetitions(now: Instant) { repeater.forgetDue(now: now) }

    /// What has arrived need not ride again.
    mutating func dropRepetitions() {
        guard !repeater.pieces.isEmpty else { return }
        inPlace(&lanes[Lane.ops.slot]) { ops in repeater.keep { ops.isMissing($0.source.range, slot: $0.source.slot) } }
    }

    /// Those that may ride now and have room.
    mutating func writeRepetitions(into draft: inout PacketDraft, now: Instant) {
        while let source = repeater.take(room: roomToRepeat(in: draft), now: now) {
            draft.note(.stream(.ops, slot: source.slot, range: source.range, isCopy: true))
            bytesRepeated += UInt64(source.range.count)
            writeOperations(source.range, slot: source.slot, into: &draft, now: now)
        }
    }

    /// A piece of ops, in one frame with the copies that come right before it in its stream.
    private mutating func writeOperations(_ range: Range<UInt64>, slot: Int, into draft: inout PacketDraft, now: Instant) {
        var begin = range.lowerBound
        let room = roomToRepeat(in: draft)
        while let copy = repeater.take(endingAt: begin, slot: slot, room: room - Int(range.upperBound - begin), now: now) {
            draft.note(.stream(.ops, slot: slot, range: copy.range, isCopy: true))
            bytesRepeated += UInt64(copy.range.count)
            begin = copy.range.lowerBound
        }
        writeStream(.ops, slot: slot, range: begin..<range.upperBound, into: &draft)
    }

    @inline(__always) private func roomToRepeat(in draft: borrowing PacketDraft) -> Int {
        draft.room(before: Repeater.packetMax - DataHeader.tagCount) - PacketDraft.streamHeaderMax
    }

    /// What a packet carried of the live lanes and has not arrived, once more, as far as there is room: pieces that were one frame there are one each here.
    ///
    /// - Parameter frames: what the packet carried; afterwards the rest, for another packet.
    mutating func writeCopies(of frames: inout ArraySlice<SentFrame>, into draft: inout PacketDraft) {
        while let frame = frames.first {
            if case .stream(let lane, let slot, let range, _) = frame, lane != .bulk, isMissing(range, slot: slot, of: lane) {
                let room = draft.room - PacketDraft.streamHeaderMax
                guard room > 0 else { return }
                let end = min(range.upperBound, range.lowerBound + UInt64(room))
                writeStream(lane, slot: slot, range: range.lowerBound..<end, into: &draft)
                draft.note(.stream(lane, slot: slot, range: range.lowerBound..<end, isCopy: true))
                guard end == range.upperBound else {
                    frames[frames.startIndex] = .stream(lane, slot: slot, range: end..<range.upperBound, isCopy: true)
                    return
                }
            }
            frames.removeFirst()
        }
    }

    /// The oldest data without an acknowledgement, as copies.
    ///
    /// - Parameter oldest: what carried it.
    mutating func writeProbe(of oldest: [SentFrame], into draft: inout PacketDraft) {
        let end = draft.bytes.count + Self.probeBytes
        for case .stream(let lane, let slot, let range, _) in oldest {
            let room = draft.room(before: end) - PacketDraft.streamHeaderMax
            guard room > 0 else { return }
            guard isMissing(range, slot: slot, of: lane) else { continue }
            let part = range.lowerBound..<min(range.upperBound, range.lowerBound + UInt64(room))
            writeStream(lane, slot: slot, range: part, into: &draft)
            draft.note(.stream(lane, slot: slot, range: part, isCopy: true))
            bytesRetransmitted += UInt64(part.count)
        }
    }

    private mutating func isMissing(_ range: Range<UInt64>, slot: Int, of lane: Lane) -> Bool {
        inPlace(&lanes[lane.slot]) { $0.isMissing(range, slot: slot) }
    }
}
