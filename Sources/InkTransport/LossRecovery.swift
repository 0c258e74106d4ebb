import InkPrimitives

/// What a packet carried, as far as its fate matters.
enum SentFrame: Hashable, Sendable {
    /// `isCopy`: the bytes are on the way in another packet too, so the loss of this one means nothing for them.
    case stream(Lane, slot: Int, range: Range<UInt64>, isCopy: Bool)
    case presence(token: UInt64)
    /// We acknowledged everything up to this number.
    case acknowledgement(largest: UInt64)
    case maxData
    case ping

    /// As `Frame.claim`, which is what the peer goes by.
    var claim: AckClaim {
        switch self {
        case .acknowledgement: .none
        case .presence: .lazy
        case .stream, .maxData, .ping: .prompt
        }
    }
}

/// Packets on the way: which arrived, which are lost, when to probe (RFC 9002 §6), with earlier verdicts for interactive data.
///
/// *Departures from RFC 9002.* A packet with ops is lost as soon as a later one was acknowledged and a short wait for reordering passed
/// (3 ms or rtt/8), instead of three packets later: at sixty packets a second the third one is 50 ms away. Both the wait and the packet
/// threshold grow when a loss turns out to have been reordering, and sink again. The probe timeout is shorter, see `RTTEstimator`.
struct LossRecovery: Sendable {
    private enum Fate: Sendable { case outstanding, acknowledged, lost }

    private struct Packet: Sendable {
        let sentAt: Instant
        let byteCount: Int
        let claim: AckClaim
        let carriesOps: Bool
        var frames: [SentFrame]
        var fate: Fate
        /// When an acknowledgement first passed over it.
        var passedAt: Instant?
    }

    /// What an acknowledgement or a timer brought.
    struct Verdict: Sendable {
        var acknowledged: [SentFrame] = []
        var acknowledgedBytes = 0
        var lost: [SentFrame] = []
        var lostPackets = 0
        /// When the newest lost packet was sent; tells one congestion event from the next.
        var newestLostSentAt: Instant?
        var spurious = 0
    }

    /// RFC 9002 §6.1.1.
    static let packetThresholdMin: Double = 3
    static let packetThresholdMax: Double = 256
    /// Packets without need of an acknowledgement that are remembered.
    static let quietPacketsMax = 256
    static let reorderWaitMin: Duration = .milliseconds(3)
    /// Longest pause between two probes while data is unacknowledged (design.md §4: probes each 1 s).
    static let probeTimeoutMax: Duration = .seconds(1)

    private(set) var rtt = RTTEstimator()
    /// Packet `first + i` is `packets[i]`.
    private var packets = Queue<Packet>()
    private var first: UInt64 = 0
    private(set) var largestAcknowledged: UInt64?
    private(set) var bytesInFlight = 0
    private var elicitingInFlight = 0
    /// Of these, the ones that want an acknowledgement soon: only they are probed for.
    private var promptInFlight = 0
    private var lossAt: Instant?
    /// Probes since the last acknowledgement of something new.
    private(set) var probes = 0
    private var lastPromptAt: Instant = .distantPast
    private var packetThreshold = packetThresholdMin
    private var reorderScale = 1.0
    private var scaleDecaysAt: Instant = .distantPast
    /// Share of packets lost, over about 100 packets.
    private(set) var lossEstimate = 0.0

    /// Number of the next packet. One counter for the life of the keys: a number is never used twice (TR-7).
    var next: UInt64 { first + UInt64(packets.count) }
    /// Packets kept, whether their fate is known or not.
    var remembered: Int { packets.count }
    /// True while something waits for an acknowledgement that its timer asks for again.
    var isWaiting: Bool { promptInFlight > 0 }

    mutating func seed(roundTrip: Duration) { rtt.observe(roundTrip, ackDelay: .zero) }

    /// Span until the next probe.
    var probeTimeout: Duration {
        // ×1.5 three times, then ×2 (transport.md C.3).
        let factor = probes <= 3 ? [1, 1.5, 2.25, 3.375][probes] : 3.375 * Double(1 << min(probes - 3, 10))
        return min(rtt.probeTimeout(ackDelayMax: AckTracker.delayMax).scaled(by: factor), Self.probeTimeoutMax)
    }

    /// When a packet is lost by time, or a probe is due.
    var deadline: Instant? { earliest(lossAt, probeAt) }
    private var probeAt: Instant? { promptInFlight > 0 ? lastPromptAt + probeTimeout : nil }

    /// When the oldest packet that waits for an acknowledgement was sent.
    var oldestWaitingSince: Instant? {
        elicitingInFlight > 0 ? packets.first { $0.fate == .outstanding && $0.claim != .none }?.sentAt : nil
    }

    mutating func sent(byteCount: Int, claim: AckClaim, frames: [SentFrame], now: Instant) {
        let carriesOps = frames.contains { if case .stream(let lane, _, _, _) = $0 { lane != .bulk } else { false } }
        packets.append(
            Packet(
                sentAt: now, byteCount: byteCount, claim: claim, carriesOps: carriesOps, frames: frames, fate: .outstanding))
        guard claim != .none else { return dropFront(now: now) }
        bytesInFlight += byteCount
        elicitingInFlight += 1
        guard claim == .prompt else { return }
        promptInFlight += 1
        lastPromptAt = now
    }

    /// Takes an acknowledgement.
    mutating func acknowledge(_ frame: Acknowledgement, now: Instant) throws(Misbehaviour) -> Verdict {
        guard frame.largest < next else { throw .acknowledgedUnsent }
        var verdict = Verdict()
        var sample: (span: Duration, delayMax: Duration)?
        for range in frame.ranges where range.upperBound > first {
            for number in max(range.lowerBound, first)..<range.upperBound {
                let index = Int(number - first)
                guard packets[index].fate != .acknowledged else { continue }
                let packet = packets[index]
                packets[index].fate = .acknowledged
                packets[index].frames = []
                verdict.acknowledged += packet.frames
                guard packet.claim != .none else { continue }
                if packet.fate == .lost {
                    verdict.spurious += 1
                    learnReordering(number: number)
                } else {
                    settle(packet)
                    verdict.acknowledgedBytes += packet.byteCount
                    lossEstimate -= lossEstimate / 100
                }
                if number == frame.largest {
                    sample = (now - packet.sentAt, packet.claim == .prompt ? AckTracker.delayMax : AckTracker.lazyDelayMax)
                }
                probes = 0
            }
        }
        largestAcknowledged = max(largestAcknowledged ?? 0, frame.largest)
        if let sample { rtt.observe(sample.span, ackDelay: min(frame.delay, sample.delayMax)) }
        decayTolerance(now: now)
        detectLost(now: now, into: &verdict)
        dropFront(now: now)
        return verdict
    }

    /// Packets that time declares lost by now.
    mutating func handleLossTimeout(now: Instant) -> Verdict {
        var verdict = Verdict()
        guard let lossAt, now >= lossAt else { return verdict }
        detectLost(now: now, into: &verdict)
        dropFront(now: now)
        return verdict
    }

    /// What the oldest packets that wait for an acknowledgement carry of streams, about `limit` bytes of it.
    func oldestWaiting(limit: Int) -> [SentFrame] {
        var frames: [SentFrame] = []
        var byteCount = 0
        for packet in packets where packet.fate == .outstanding && packet.claim == .prompt {
            for frame in packet.frames {
                guard case .stream(_, _, let range, isCopy: false) = frame else { continue }
                frames.append(frame)
                byteCount += range.count
                if byteCount >= limit { return frames }
            }
        }
        return frames
    }

    /// True if a probe is due; the caller then sends one.
    mutating func takeProbe(now: Instant) -> Bool {
        guard let probeAt, now >= probeAt else { return false }
        probes += 1
        // In case the caller has nothing to send, the timer must not stand still.
        lastPromptAt = now
        return true
    }

    private mutating func detectLost(now: Instant, into verdict: inout Verdict) {
        lossAt = nil
        guard let largest = largestAcknowledged, largest >= first else { return }
        let timeThreshold = max(rtt.smoothed, rtt.latest) * 9 / 8
        let wait = max(Self.reorderWaitMin, rtt.smoothed / 8).scaled(by: reorderScale)
        for number in first..<largest {
            let index = Int(number - first)
            guard packets[index].fate == .outstanding else { continue }
            guard packets[index].claim != .none else { continue }
            let passedAt = packets[index].passedAt ?? now
            packets[index].passedAt = passedAt
            // What the reordering seen on this path demands on top of the time threshold.
            var due = max(packets[index].sentAt + timeThreshold, passedAt + (reorderScale > 1 ? wait : .zero))
            if packets[index].carriesOps { due = min(due, passedAt + wait) }
            guard now >= due || Double(largest - number) >= packetThreshold else {
                lossAt = earliest(lossAt, due)
                continue
            }
            packets[index].fate = .lost
            settle(packets[index])
            verdict.lost += packets[index].frames
            verdict.lostPackets += 1
            verdict.newestLostSentAt = max(verdict.newestLostSentAt ?? .distantPast, packets[index].sentAt)
            lossEstimate += (1 - lossEstimate) / 100
        }
    }

    /// A packet is on the way no more.
    private mutating func settle(_ packet: Packet) {
        bytesInFlight -= packet.byteCount
        elicitingInFlight -= 1
        if packet.claim == .prompt { promptInFlight -= 1 }
    }

    /// A packet declared lost has arrived: wait longer from now on, by packets and by time.
    private mutating func learnReordering(number: UInt64) {
        let distance = Double((largestAcknowledged ?? number) - min(number, largestAcknowledged ?? number))
        packetThreshold = min(max(packetThreshold * 1.5, distance + 1), Self.packetThresholdMax)
        reorderScale = min(reorderScale * 2, 8)
        // It was no loss.
        lossEstimate = max(0, lossEstimate - 0.01)
    }

    /// A sixteenth less tolerance each round trip.
    private mutating func decayTolerance(now: Instant) {
        guard now >= scaleDecaysAt else { return }
        scaleDecaysAt = now + rtt.smoothed
        packetThreshold = max(Self.packetThresholdMin, packetThreshold * 15 / 16)
        reorderScale = max(1, reorderScale * 15 / 16)
    }

    /// Forgets the oldest packets whose fate is settled. A lost one is kept a while, since it may yet arrive.
    private mutating func dropFront(now: Instant) {
        let keepsLostSince = now - rtt.smoothed * 4
        while let packet = packets.first {
            switch packet.fate {
            case .outstanding where packet.claim != .none: return
            // Nobody need ever acknowledge a packet that only acknowledges: a few are kept in case somebody does.
            case .outstanding where first > largestAcknowledged ?? 0 && packets.count <= Self.quietPacketsMax: return
            case .lost where packet.sentAt > keepsLostSince: return
            case .outstanding, .lost, .acknowledged: break
            }
            _ = packets.popFirst()
            first += 1
        }
    }
}
