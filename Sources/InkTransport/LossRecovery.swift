import InkPrimitives

/// Packets on the way: which arrived, which are lost, when to probe (RFC 9002 §6), with earlier verdicts for interactive data.
///
/// Each packet remembers its path (TR-67): loss and reordering are judged among packets of one path, and a round trip counts only if the
/// acknowledgement came the way that the packet went (RFC 9002 §5.1 knows one path; compare draft-ietf-quic-multipath).
///
/// *Departures from RFC 9002.* A packet with ops is lost as soon as a later one was acknowledged and a short wait for reordering passed
/// (3 ms or rtt/8), instead of three packets later: at sixty packets a second the third one is 50 ms away. Both the wait and the packet
/// threshold grow when a loss turns out to have been reordering, and sink again (RFC 9002 §6.1 allows it); a window that shrank for nothing else
/// is as before (RFC 9438 §4.9). What was given up with its path teaches neither. The probe timeout is shorter, see `RTTEstimator`.
struct LossRecovery: Sendable {
    private enum Fate: Sendable {
        case outstanding, acknowledged
        /// Later ones arrived, and it did not.
        case lost
        /// Its path is left. That says nothing about the order in which packets arrive there, or about its capacity.
        case givenUp
    }

    private struct Packet: Sendable {
        let number: UInt64
        /// Nil for what went where no path is, or not yet.
        let path: PathID?
        /// Its place among those that went the same way.
        let ordinal: UInt64
        let sentAt: Instant
        let stamp: DeliveryRate.Stamp
        let byteCount: Int
        let claim: AckClaim
        let carriesOps: Bool
        /// What it carries, in `frames`.
        let firstFrame: UInt64
        let frameCount: Int
        var fate: Fate
        /// When an acknowledgement first passed over it.
        var passedAt: Instant?
    }

    /// Packets without need of an acknowledgement that are remembered, wherever the front is: a peer can make us send any number of them
    /// behind one that it leaves waiting (TR-32).
    static let quietPacketsMax = 64
    /// A lost packet is kept for four round trips, since it may yet arrive. The peer decides how long one seems; more than this is not for it
    /// to say (TR-32).
    static let lostKeptMax: Duration = .seconds(4)
    /// What went a way that is not in use is lost so long after (TR-196).
    static let strayTime: Duration = .seconds(2)
    // TR-16
    static let reorderWaitMin: Duration = .milliseconds(3)
    /// Longest pause between two probes while data is unacknowledged (TR-173, TR-20).
    static let probeTimeoutMax: Duration = .seconds(1)

    /// Ascending by number. Of the quiet ones some are missing.
    private var packets = Queue<Packet>(spareMax: 32)
    /// What they carry, one after the other: packets have no arrays of their own. The first has the number `framesTaken`.
    private var frames = Queue<SentFrame>(spareMax: 64)
    private var framesTaken: UInt64 = 0
    /// Number of the next packet. One counter for the life of the keys: a number is never used twice (TR-7).
    private(set) var next: UInt64 = 0
    /// Nil where none is left out.
    var skipped: SkippedNumbers?
    /// Those that wait for an acknowledgement. An acknowledgement is looked up here and in `idle`, so what it says again costs nothing (TR-32,
    /// TR-124).
    private var outstanding = RangeSet()
    /// Those that nobody waits for, and whose arrival would be news: quiet ones and lost ones.
    private var idle = RangeSet()
    private var quietCount = 0
    private(set) var largestAcknowledged: UInt64?
    /// Those that want an acknowledgement soon: only they are probed for.
    private var promptInFlight = 0
    private var lossAt: Instant?
    /// Probes since the last acknowledgement of something new.
    private(set) var probes = 0
    private var lastPromptAt: Instant = .distantPast
    /// Nothing is sent any more under these keys: what goes the same ways under the next ones tells what is lost here.
    var isClosed = false

    /// Packets kept, whether their fate is known or not.
    var remembered: Int { packets.count }
    /// Of these, the ones that an acknowledgement is looked up in.
    var openCount: UInt64 { outstanding.total + idle.total }
    /// True while something waits for an acknowledgement that its timer asks for again.
    var isWaiting: Bool { promptInFlight > 0 }

    /// Span until the next probe.
    ///
    /// - Parameter rtt: of the path that probes take.
    func probeTimeout(_ rtt: RTTEstimator) -> Duration {
        // ×1.5 three times, then ×2: RFC 9002 §6.2.1 doubles it each time, and of a stroke several packets may be lost in a row (TR-173).
        let factor = probes <= 3 ? [1, 1.5, 2.25, 3.375][probes] : 3.375 * Double(1 << min(probes - 3, 10))
        return min(rtt.probeTimeout(ackDelayMax: AckTracker.delayMax).scaled(by: factor), Self.probeTimeoutMax)
    }

    /// When a packet is lost by time, or a probe is due.
    func deadline(_ rtt: RTTEstimator) -> Instant? { earliest(lossAt, probeAt(rtt)) }
    private func probeAt(_ rtt: RTTEstimator) -> Instant? { promptInFlight > 0 ? lastPromptAt + probeTimeout(rtt) : nil }

    /// When the oldest packet that waits for an acknowledgement was sent.
    var oldestWaitingSince: Instant? {
        guard let first = outstanding.ranges.first, let index = position(of: first.lowerBound) else { return nil }
        return packets[index].sentAt
    }

    mutating func sent(
        byteCount: Int, claim: AckClaim, frames: [SentFrame], over path: PathID?, paths: inout Paths, now: Instant
    ) {
        let carriesOps = frames.contains { if case .stream(let lane, _, _, _) = $0 { lane != .bulk } else { false } }
        let number = next
        next = skipped?.following(next) ?? next + 1
        var (ordinal, stamp) = (UInt64(0), DeliveryRate.Stamp(delivered: 0, deliveredAt: now, firstSentAt: now, isLimited: true))
        paths.update(path) { (ordinal, stamp) = $0.sent(byteCount: byteCount, isEliciting: claim != .none, now: now) }
        if claim == .none {
            dropFront(roundTrip: paths.main.rtt.smoothed, now: now)
            guard quietCount < Self.quietPacketsMax else { return }
            quietCount += 1
        }
        packets.append(
            Packet(
                number: number, path: path, ordinal: ordinal, sentAt: now, stamp: stamp, byteCount: byteCount, claim: claim,
                carriesOps: carriesOps, firstFrame: framesTaken + UInt64(self.frames.count), frameCount: frames.count, fate: .outstanding))
        self.frames.append(contentsOf: frames)
        guard claim != .none else { return idle.insert(number..<number + 1) }
        outstanding.insert(number..<number + 1)
        guard claim == .prompt else { return }
        promptInFlight += 1
        lastPromptAt = now
    }

    /// Takes an acknowledgement.
    ///
    /// - Parameter arrived: the path that brought it; nil where that is none of `paths`.
    mutating func acknowledge(
        _ frame: Acknowledgement, over arrived: PathID?, paths: inout Paths, now: Instant, into verdict: inout Verdict
    ) throws(Misbehaviour) {
        guard frame.largest < next, skipped?.isNamed(in: frame) != true else { throw .acknowledgedUnsent }
        var sample: (span: Duration, delayMax: Duration, byteCount: Int)?
        for index in -1..<frame.older.count {
            let range = index < 0 ? frame.newest : frame.older[index]
            while let run = outstanding.takeFirstRun(in: range) ?? idle.takeFirstRun(in: range) {
                for number in run {
                    guard let index = position(of: number) else { continue }
                    let roundTrip = take(at: index, over: arrived, paths: &paths, now: now, into: &verdict)
                    if number == frame.largest, let roundTrip { sample = roundTrip }
                }
            }
        }
        largestAcknowledged = max(largestAcknowledged ?? 0, frame.largest)
        let held = sample.map { min(frame.delay, $0.delayMax) } ?? .zero
        if let sample { paths.update(arrived) { $0.rtt.observe(sample.span, ackDelay: held) } }
        paths.updateAll { $0.reordering.decay(roundTrip: $0.rtt.smoothed, now: now) }
        detectLost(paths: &paths, now: now, into: &verdict)
        // What is lost behind the packets that this names belongs to what it says.
        paths.updateAll { path in
            path.finishAcknowledgement(roundTrip: path.id == arrived ? sample.map { ($0.span - held, $0.byteCount) } : nil, now: now)
        }
        dropFront(roundTrip: paths.main.rtt.smoothed, now: now)
    }

    /// What a packet that arrived and was not known to teaches.
    ///
    /// - Returns: its round trip, where it came back the way that it went, how long it may have been held there, and its bytes.
    private mutating func take(
        at index: Int, over arrived: PathID?, paths: inout Paths, now: Instant, into verdict: inout Verdict
    ) -> (span: Duration, delayMax: Duration, byteCount: Int)? {
        let packet = packets[index]
        packets[index].fate = .acknowledged
        for frame in framePositions(of: packet) { verdict.acknowledge(frames[frame]) }
        if let path = paths.position(of: packet.path), paths[at: path].largestAcknowledged.map({ packet.ordinal > $0.ordinal }) ?? true {
            paths[at: path].largestAcknowledged = (packet.number, packet.ordinal)
        }
        guard packet.claim != .none else {
            quietCount -= 1
            return nil
        }
        switch packet.fate {
        case .lost:
            verdict.spurious += 1
            guard let place = paths.position(of: packet.path), paths[at: place].counts(packet.ordinal) else { break }
            paths.update(packet.path) { path in
                let newest = path.largestAcknowledged?.ordinal ?? packet.ordinal
                path.reordering.learn(distance: Double(newest - min(packet.ordinal, newest)))
                path.arrivedLate(packet.byteCount, ordinal: packet.ordinal, sentAt: packet.sentAt)
            }
        case .givenUp: verdict.spurious += 1
        case .outstanding, .acknowledged:
            settle(packet, isProgress: true, paths: &paths, now: now)
            if let path = paths.position(of: packet.path) {
                paths[at: path].acknowledged(packet.byteCount, packet.stamp, ordinal: packet.ordinal, sentAt: packet.sentAt, now: now)
            }
        }
        probes = 0
        guard packet.path == arrived, let path = paths.position(of: packet.path), paths[at: path].counts(packet.ordinal) else { return nil }
        return (
            now - packet.sentAt, packet.claim == .prompt ? AckTracker.delayMax : AckTracker.lazyDelayMax,
            packet.byteCount
        )
    }

    /// Packets that time declares lost by now.
    mutating func handleLossTimeout(paths: inout Paths, now: Instant, into verdict: inout Verdict) {
        guard let lossAt, now >= lossAt else { return }
        detectLost(paths: &paths, now: now, into: &verdict)
        dropFront(roundTrip: paths.main.rtt.smoothed, now: now)
    }

    /// Goes on under new keys.
    mutating func follow(_ before: LossRecovery) { skipped = before.skipped?.renewed() }

    /// What an acknowledgement under the next keys says of what was sent under these.
    mutating func judge(paths: inout Paths, now: Instant, into verdict: inout Verdict) {
        detectLost(paths: &paths, now: now, into: &verdict)
        dropFront(roundTrip: paths.main.rtt.smoothed, now: now)
    }

    /// All that is not acknowledged is lost, and says nothing of any path.
    mutating func giveUpAll(paths: inout Paths, now: Instant, into verdict: inout Verdict) {
        while let run = outstanding.firstRun(in: 0..<next) {
            for number in run {
                guard let index = position(of: number) else {
                    outstanding.remove(number..<number + 1)
                    continue
                }
                lose(at: index, as: .givenUp, paths: &paths, now: now, into: &verdict)
            }
        }
    }

    /// A path is used no more: what went there is lost at once, and says nothing of any other path.
    mutating func giveUp(_ path: PathID, paths: inout Paths, now: Instant, into verdict: inout Verdict) {
        var from: UInt64 = 0
        while let run = outstanding.firstRun(in: from..<next) {
            from = run.upperBound
            for number in run {
                guard let index = position(of: number), packets[index].path == path else { continue }
                lose(at: index, as: .givenUp, paths: &paths, now: now, into: &verdict)
            }
        }
        detectLost(paths: &paths, now: now, into: &verdict)
    }

    /// What the oldest packets that wait for an acknowledgement carry of streams, about `limit` bytes of it.
    func oldestWaiting(limit: Int) -> [SentFrame] {
        var found: [SentFrame] = []
        var byteCount = 0
        for number in outstanding.ranges.joined() {
            guard let index = position(of: number), packets[index].claim == .prompt else { continue }
            for position in framePositions(of: packets[index]) {
                guard case .stream(_, _, let range, isCopy: false) = frames[position] else { continue }
                found.append(frames[position])
                byteCount += range.count
                if byteCount >= limit { return found }
            }
        }
        return found
    }

    /// True if a probe is due; the caller then sends one.
    mutating func takeProbe(_ rtt: RTTEstimator, now: Instant) -> Bool {
        guard let probeAt = probeAt(rtt), now >= probeAt else { return false }
        probes += 1
        // In case the caller has nothing to send, the timer must not stand still.
        lastPromptAt = now
        return true
    }

    private mutating func detectLost(paths: inout Paths, now: Instant, into verdict: inout Verdict) {
        lossAt = nil
        guard let end = isClosed ? next : largestAcknowledged else { return }
        var from: UInt64 = 0
        while let run = outstanding.firstRun(in: from..<end) {
            from = run.upperBound
            for number in run { if let index = position(of: number) { judge(at: index, paths: &paths, now: now, into: &verdict) } }
        }
    }

    /// Whether a packet that waits, and behind which some arrived, is lost.
    private mutating func judge(at index: Int, paths: inout Paths, now: Instant, into verdict: inout Verdict) {
        guard let place = paths.position(of: packets[index].path), let newest = paths[at: place].largestAcknowledged,
            newest.ordinal > packets[index].ordinal
        else {
            // Nothing later went that way. Where another one is in use, nothing will.
            guard packets[index].path != paths.mainID else { return }
            let due = packets[index].sentAt + Self.strayTime
            if now >= due {
                lose(at: index, as: .givenUp, paths: &paths, now: now, into: &verdict)
            } else {
                lossAt = earliest(lossAt, due)
            }
            return
        }
        let passedAt = packets[index].passedAt ?? now
        packets[index].passedAt = passedAt
        let (rtt, reordering) = (paths[at: place].rtt, paths[at: place].reordering)
        let timeThreshold = max(rtt.smoothed, rtt.latest) * 9 / 8
        let wait = max(Self.reorderWaitMin, rtt.smoothed / 8).scaled(by: reordering.scale)
        // What the reordering seen on this path demands on top of the time threshold.
        var due = max(packets[index].sentAt + timeThreshold, passedAt + (reordering.scale > 1 ? wait : .zero))
        if packets[index].carriesOps { due = min(due, passedAt + wait) }
        guard now >= due || Double(newest.ordinal - packets[index].ordinal) >= reordering.packetThreshold else {
            lossAt = earliest(lossAt, due)
            return
        }
        let (ordinal, sentAt, byteCount) = (packets[index].ordinal, packets[index].sentAt, packets[index].byteCount)
        lose(at: index, as: .lost, paths: &paths, now: now, into: &verdict)
        paths[at: place].lost(byteCount, ordinal: ordinal, sentAt: sentAt, now: now)
    }

    private mutating func lose(at index: Int, as fate: Fate, paths: inout Paths, now: Instant, into verdict: inout Verdict) {
        let packet = packets[index]
        packets[index].fate = fate
        outstanding.remove(packet.number..<packet.number + 1)
        idle.insert(packet.number..<packet.number + 1)
        settle(packet, isProgress: false, paths: &paths, now: now)
        for frame in framePositions(of: packet) { verdict.lost.append(frames[frame]) }
        verdict.lostPackets += 1
    }

    /// A packet is on the way no more.
    private mutating func settle(_ packet: Packet, isProgress: Bool, paths: inout Paths, now: Instant) {
        if let path = paths.position(of: packet.path) {
            paths[at: path].settled(byteCount: packet.byteCount, ordinal: packet.ordinal, isProgress: isProgress, now: now)
        }
        if packet.claim == .prompt { promptInFlight -= 1 }
    }

    /// Forgets the oldest packets whose fate is settled. A lost one is kept a while, since it may yet arrive.
    private mutating func dropFront(roundTrip: Duration, now: Instant) {
        let keepsLostSince = now - min(roundTrip * 4, Self.lostKeptMax)
        while let packet = packets.first {
            switch packet.fate {
            case .outstanding where packet.claim != .none: return
            // Nobody need ever acknowledge a packet that only acknowledges: a few are kept in case somebody does.
            case .outstanding where packet.number > largestAcknowledged ?? 0 && quietCount < Self.quietPacketsMax: return
            case .lost where packet.sentAt > keepsLostSince, .givenUp where packet.sentAt > keepsLostSince: return
            case .outstanding: quietCount -= 1
            case .lost, .givenUp, .acknowledged: break
            }
            _ = packets.popFirst()
            for _ in 0..<packet.frameCount { _ = frames.popFirst() }
            framesTaken += UInt64(packet.frameCount)
            if packet.fate != .acknowledged { idle.remove(packet.number..<packet.number + 1) }
            skipped?.forget(below: packet.number)
        }
    }

    /// Where the packet of this number is in `packets`; nil if it is not remembered.
    private func position(of number: UInt64) -> Int? {
        guard let first = packets.first?.number, number >= first else { return nil }
        // Where none is missing it is as far behind the first as its number says, and else it is before.
        let furthest = Int(clamping: number - first)
        if furthest < packets.count, packets[furthest].number == number { return furthest }
        var (low, high) = (0, min(furthest, packets.count))
        while low < high {
            let middle = (low + high) / 2
            if packets[middle].number < number { low = middle + 1 } else { high = middle }
        }
        return low < packets.count && packets[low].number == number ? low : nil
    }

    /// Where in `frames` those of a packet are.
    private func framePositions(of packet: Packet) -> Range<Int> {
        let first = Int(packet.firstFrame - framesTaken)
        return first..<first + packet.frameCount
    }
}
