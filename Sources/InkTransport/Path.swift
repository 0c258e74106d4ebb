import InkCrypto
import InkPrimitives

/// Names one path of a connection; counted, and never given again.
struct PathID: Hashable, Comparable, Sendable {
    let number: UInt32

    static func < (left: PathID, right: PathID) -> Bool { left.number < right.number }
}

/// One way to the peer, and what is known of it: what goes over another one says nothing about it.
struct Path: Sendable {
    /// Whether the peer is known to be there.
    enum Proof: Hashable, Sendable {
        /// Nothing of ours may go there but challenges, and copies while the path in use is in doubt (TR-63).
        case none
        /// The handshake came through there, and nobody proved it: so many bytes may still go there (RFC 9000 §8.1).
        case handshake(allowance: Int)
        /// A challenge was answered, or the handshake or signalling has proved it.
        case proven
    }

    let id: PathID
    var route: Route
    var proof: Proof
    /// The peer or signalling named it; else packets came from there.
    var isInvited: Bool
    var rtt = RTTEstimator()
    private(set) var congestion = CongestionController()
    private var pacer = Pacer()
    private var live = LiveAllowance()
    var reordering = ReorderingTolerance()
    private var search = PathMTU()
    private(set) var losses = LossHistory()
    /// Longest datagram, bytes. What relays carry is known (RV-52), and no more.
    var mtu: Int { isRelay || !carriesLong ? PathMTU.floor : search.current }
    /// Challenges to it, while any are due.
    var check: PathCheck?
    /// What the rendezvous carries of our room, where the way leads over one, bytes a second; until it says how much, what most do.
    var relayRate = 64 << 10
    /// When it last was the worse choice because nothing came of it.
    var leftAt: Instant?

    // Sent packets.
    var bytesInFlight = 0
    private(set) var waiting = 0
    /// How many were sent over it; distances between packets are counted in these.
    private(set) var sentCount: UInt64 = 0
    /// Those before this one went to another host than is there now, and say nothing of this way.
    private var countsFrom: UInt64 = 0
    var largestAcknowledged: (number: UInt64, ordinal: UInt64)?
    /// Since when something is on the way, and nothing that went this way was acknowledged.
    private(set) var waitingSince: Instant?

    init(id: PathID, route: Route, proof: Proof, isInvited: Bool) {
        (self.id, self.route, self.proof, self.isInvited) = (id, route, proof, isInvited)
    }

    /// Bytes that may be on the way.
    ///
    /// What a relay carries it says itself.
    @inline(__always) var window: Int {
        guard let relayWindow else { return Int(congestion.window) }
        return min(max(Int(congestion.window), Self.relayFloor), relayWindow)
    }

    /// Bytes a second at which packets leave.
    @inline(__always) private var pacingRate: Double { isRelay ? max(congestion.pacingRate, Double(relayRate)) : congestion.pacingRate }

    /// What a rendezvous carries in a round trip, and what may wait there: it drops what waits longer, and what is live waits with it (TR-69).
    @inline(__always) private var relayWindow: Int? {
        guard isRelay else { return nil }
        let seconds = ((rtt.minimum ?? Self.relayWait) + Self.relayWait).milliseconds / 1000
        return max(Self.relayFloor, Int(min(Double(relayRate) * seconds, Double(CongestionController.ceiling))))
    }
    /// A slow relay holds no more (RFC 9002 §7.2; TR-69).
    private static let relayFloor = 2 * Limits.datagramBytes
    /// Half of what a rendezvous lets wait, since its other half is for what others in the room send at the same time.
    private static let relayWait: Duration = .milliseconds(50)

    /// Something that may wait may leave now.
    @inline(__always) func allowsBulk(now: Instant) -> Bool {
        bytesInFlight < window && pacer.allows(rate: pacingRate, isAlone: congestion.leavesAlone, now: now)
    }

    /// When it may, where nothing but the pace holds it up.
    @inline(__always) var bulkAt: Instant? { bytesInFlight < window ? pacer.next(rate: pacingRate, isAlone: congestion.leavesAlone) : nil }

    /// Something live may leave now: as what may wait, and beyond that as far as the allowance goes.
    @inline(__always) func allowsLive(now: Instant) -> Bool { liveAt.map { now >= $0 } ?? false }

    /// When it may.
    ///
    /// While a long packet of ours is on the line it would wait there, where a short queue drops it; here what comes meanwhile goes with it. Where none of
    /// ours is on the way there is nothing to wait for (TR-209): who answers each word with a word has no other pace than the way's.
    @inline(__always) var liveAt: Instant? {
        waiting == 0 ? .distantPast : earliest(bulkAt, max(live.next(rate: liveRate), pacer.nextLive(rate: pacingRate)))
    }

    /// When something that asks for nothing may leave: on a narrow line as what is live, which a short queue would drop there (TR-88).
    @inline(__always) var quietAt: Instant { waiting == 0 || !isNarrow ? .distantPast : pacer.nextLive(rate: pacingRate) }

    /// What is live goes alone: with bulk behind it, it would come later.
    @inline(__always) var isNarrow: Bool { congestion.isNarrow }

    /// What is lost is lost in a queue.
    func isQueued(now: Instant) -> Bool { congestion.isQueued(now: now) }

    /// Bytes a second that it was seen to carry; nil before anything was. Where there was little to send, no more than that.
    var deliveryRate: Double? { congestion.measuredRate }

    /// Bytes a second that live lanes have beyond the window.
    private var liveRate: Double { min(LiveAllowance.rateMax, (congestion.measuredRate ?? 2 * LiveAllowance.rateUnknown) / 2) }

    /// - Parameter ordinal: of the packet among those that went this way.
    mutating func acknowledged(_ byteCount: Int, _ stamp: DeliveryRate.Stamp, ordinal: UInt64, sentAt: Instant, now: Instant) {
        guard counts(ordinal) else { return }
        losses.arrived()
        search.acknowledged(byteCount, largest: largestProbe, now: now)
        congestion.acknowledged(byteCount, stamp, sentAt: sentAt, now: now)
    }

    /// All of one acknowledgement was taken.
    mutating func finishAcknowledgement(roundTrip: (span: Duration, byteCount: Int)?, now: Instant) {
        congestion.finishAcknowledgement(roundTrip: roundTrip, now: now)
    }

    /// The handshake took so long, with a packet of so many bytes.
    mutating func begin(roundTrip: Duration, byteCount: Int, now: Instant) {
        rtt.observe(roundTrip, ackDelay: .zero)
        congestion.begin(roundTrip: roundTrip, byteCount: byteCount, now: now)
    }

    /// No round trip takes less.
    mutating func assume(roundTrip: Duration) { congestion.assume(roundTrip: roundTrip) }

    /// Says nothing of how much the path carries where it was lost for its length (TR-111), or went to another host (TR-211).
    mutating func lost(_ byteCount: Int, ordinal: UInt64, sentAt: Instant, now: Instant) {
        guard counts(ordinal), search.lost(byteCount, sentAt: sentAt, roundTrip: rtt.smoothed, now: now) else { return }
        congestion.lost(byteCount, sentAt: sentAt, now: now)
        losses.lost(ordinal, now: now)
    }

    /// How long a packet should be that asks whether so much gets through, bytes; nil for none.
    mutating func nextProbe(now: Instant) -> Int? {
        isRelay || !isProven || !carriesLong ? nil : search.nextProbe(largest: largestProbe, now: now)
    }
    mutating func sentProbe(now: Instant) { search.sentProbe(now: now) }

    /// On a slower one a longer packet keeps the others waiting for more than it saves, seems to be a queue, and the search costs what it brings (TR-110).
    private var carriesLong: Bool { (congestion.measuredRate ?? 0) >= Self.longRateMin }
    /// A packet takes 6 ms there, bytes a second.
    private static let longRateMin = 200_000.0

    private var largestProbe: Int { if case .v6 = route.address?.ip { PathMTU.largestV6 } else { PathMTU.sizes.last ?? PathMTU.floor } }

    /// It may lead another way now.
    mutating func forgetLength() { search = PathMTU() }

    /// A packet that was judged lost has arrived.
    mutating func arrivedLate(_ byteCount: Int, ordinal: UInt64, sentAt: Instant) {
        guard counts(ordinal) else { return }
        losses.arrivedLate()
        congestion.arrivedLate(byteCount, sentAt: sentAt)
    }

    /// There is nothing more to send.
    mutating func ranDry() { if bytesInFlight < window { congestion.ranDry(bytesInFlight: bytesInFlight) } }

    /// Another host is another path (RFC 9000 §9.4): what was sent to the old one is no more on the way here, and its round trips are not this one's.
    mutating func forgetCapacity() {
        (congestion, pacer, live, search) = (CongestionController(), Pacer(), LiveAllowance(), PathMTU())
        (rtt, reordering, losses) = (RTTEstimator(), ReorderingTolerance(), LossHistory())
        (bytesInFlight, waiting, waitingSince, countsFrom) = (0, 0, nil, sentCount)
    }

    /// The packet went to the host that is there now.
    @inline(__always) func counts(_ ordinal: UInt64) -> Bool { ordinal >= countsFrom }

    var isProven: Bool { proof == .proven }
    var isRelay: Bool { route.isRelay }

    /// A packet leaves.
    ///
    /// - Returns: its place among those that went this way.
    mutating func sent(byteCount: Int, isEliciting: Bool, now: Instant) -> (ordinal: UInt64, stamp: DeliveryRate.Stamp) {
        defer { sentCount += 1 }
        let isExtra = waiting > 0 && !allowsBulk(now: now)
        let stamp = congestion.sent(isEliciting ? byteCount : 0, bytesInFlight: bytesInFlight, now: now)
        guard isEliciting else {
            pacer.sentQuietly(byteCount, rate: pacingRate, now: now)
            return (sentCount, stamp)
        }
        pacer.sent(byteCount, rate: pacingRate, isAlone: waiting == 0, now: now)
        if isExtra {
            live.sent(byteCount, rate: liveRate, now: now)
            congestion.sentLive(now: now)
        }
        bytesInFlight += byteCount
        waiting += 1
        if waitingSince == nil { waitingSince = now }
        return (sentCount, stamp)
    }

    /// A packet is on the way no more.
    mutating func settled(byteCount: Int, ordinal: UInt64, isProgress: Bool, now: Instant) {
        guard counts(ordinal) else { return }
        bytesInFlight -= byteCount
        waiting -= 1
        if waiting == 0 { waitingSince = nil } else if isProgress { waitingSince = now }
    }

    /// Without news for so long it is in doubt (TR-64): twice what a probe waits, and what an acknowledgement of presence may be held.
    @inline(__always) var doubtAfter: Duration {
        min(
            max(.milliseconds(400), rtt.probeTimeout(ackDelayMax: AckTracker.delayMax) * 2 + AckTracker.lazyDelayMax),
            .milliseconds(1500))
    }

    /// And left so much later (TR-190).
    var leaveAfter: Duration { min(max(.milliseconds(250), rtt.probeTimeout(ackDelayMax: AckTracker.delayMax)), .milliseconds(500)) }
}

/// How much reordering a path was seen to do.
struct ReorderingTolerance: Hashable, Sendable {
    /// RFC 9002 §6.1.1.
    static let packetThresholdMin: Double = 3
    static let packetThresholdMax: Double = 256

    /// A packet is lost when one that left so many later has arrived.
    private(set) var packetThreshold = packetThresholdMin
    /// Times the short wait of operations.
    private(set) var scale = 1.0
    private var decaysAt: Instant = .distantPast

    /// A packet declared lost has arrived behind one that left `distance` later: wait longer from now on, by packets and by time.
    mutating func learn(distance: Double) {
        packetThreshold = min(max(packetThreshold * 1.5, distance + 1), Self.packetThresholdMax)
        scale = min(scale * 2, 8)
    }

    /// A sixteenth less each round trip.
    mutating func decay(roundTrip: Duration, now: Instant) {
        guard now >= decaysAt else { return }
        decaysAt = now + roundTrip
        packetThreshold = max(Self.packetThresholdMin, packetThreshold * 15 / 16)
        scale = max(1, scale * 15 / 16)
    }
}

/// Challenges to one path until it answers, and now and then afterwards.
///
/// Two who know each other's addresses challenge each other at once, which opens both NATs (RFC 8445 §6.1.4, there with STUN).
struct PathCheck: Sendable {
    /// A challenge on its way: an answer to any of them proves the path, and says how long it took.
    private struct Asked: Sendable { let challenge: [UInt8]; let at: Instant }
    private var asked: [Asked] = []
    private(set) var tries = 0
    private(set) var nextAt: Instant
    /// Since when.
    let began: Instant
    /// Bytes that came from the address less those that went there, where the peer did not name it.
    private var budget: Int?
    private var isTriggered = false
    /// No challenge of the peer calls one forth before.
    private var triggersAt: Instant = .distantPast
    /// The challenge that was given out last answers one that came from there.
    private(set) var isAnswering = false
    /// It proved itself, and is asked only now and then, whether it still does.
    private(set) var isWarm = false

    /// - Parameter budget: bytes that may go there; nil where the peer named it.
    init(at: Instant, budget: Int?) { (nextAt, began, self.budget) = (at, at, budget) }

    /// Of one that is proven: asked after a while.
    static func warm(now: Instant) -> PathCheck {
        var check = PathCheck(at: now + warmPause, budget: nil)
        check.isWarm = true
        return check
    }

    mutating func received(byteCount: Int) { budget = budget.map { $0 + byteCount } }

    /// The peer challenges from there: now is the time. Not each time, else those of the two would call forth each other, sooner than they are answered.
    mutating func trigger(now: Instant) {
        guard now >= triggersAt else { return }
        (nextAt, isTriggered) = (min(nextAt, now), true)
    }

    /// It began so lately that a new reason is no reason to begin again: who gives reasons again and again does not make us ask more often.
    func isFresh(_ span: Duration, now: Instant) -> Bool { !isWarm && now - began < span }

    /// True if a challenge of `byteCount` bytes may leave now.
    ///
    /// - Parameter isNeeded: no better path is in use.
    mutating func take(challenge: [UInt8], byteCount: Int, isNeeded: Bool, now: Instant) -> Bool {
        guard now >= nextAt else { return false }
        tries += 1
        if isTriggered { triggersAt = now + Self.triggerPause }
        (isAnswering, isTriggered) = (isTriggered, false)
        nextAt = now + pause(isNeeded: isNeeded)
        if let left = budget {
            guard left >= byteCount else { return false }
            budget = left - byteCount
        }
        asked = asked.suffix(Self.remembered - 1) + [Asked(challenge: challenge, at: now)]
        return true
    }

    /// When the challenge left that this answers; nil if it answers none.
    func sentAt(answering response: [UInt8]) -> Instant? { asked.first { constantTimeEqual($0.challenge, response) }?.at }

    private func pause(isNeeded: Bool) -> Duration {
        if isWarm { return Self.warmPause }
        let pauses = Self.pauses
        return tries <= pauses.count ? pauses[tries - 1] : isNeeded ? Self.lastPause : Self.idlePause
    }

    /// Of those that were not answered: the address named by nobody is given up, and so is a warm one.
    var isExhausted: Bool { budget != nil ? tries >= Self.uninvitedTries : isWarm && asked.count >= Self.warmTries }

    /// Of those that the peer calls forth these are three seconds, which is more than any answer takes (TR-188).
    private static let remembered = 8
    // TR-187
    private static let triggerPause: Duration = .milliseconds(400)
    private static let pauses: [Duration] = [100, 200, 400, 800, 1500, 3000].map { .milliseconds($0) }
    private static let lastPause: Duration = .seconds(5)
    private static let idlePause: Duration = .seconds(15)
    // TR-62
    private static let uninvitedTries = 5
    /// Also short enough to keep a NAT's mapping (RFC 4787 §4.3, and those that keep 30 s).
    private static let warmPause: Duration = .seconds(15)
    private static let warmTries = 3
}
