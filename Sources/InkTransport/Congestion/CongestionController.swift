import InkPrimitives

/// How much may be on the way over one path, and how fast it leaves.
///
///                   own queue, or no more comes of more            the queue stays though we left it
///     startup ───────────────────────────────────▶ steady ───────────────────────────────▶ contest
///     ×1.5 to ×3 a round trip                      + a little, or down to what is       CUBIC (RFC 9438)
///                                                  no queue  ◀──────────────────────── the queue goes when we let it
///
/// *Steady* keeps the queue that it sees, smallest round trip of a round against the smallest of 10 s, under a bound: each round trip a little more while
/// it is below, else at once down to what the line carries without any (compare LEDBAT, RFC 6817; Swift, SIGCOMM 2020; Copa, NSDI 2018). Packets
/// that radio loses do not slow it. Who leaves the queue again and again and finds it full each time shares the line with somebody who fills it, and
/// does as he does, but looks every few seconds whether he is gone.
struct CongestionController: Sendable {
    typealias Phase = CongestionView.Phase

    private(set) var phase = Phase.startup
    /// Bytes that may be on the way.
    ///
    /// One packet until a round trip is known: what two tell has the wait for each other in it (TR-198).
    private(set) var window = Double(packet)
    private var rate = DeliveryRate()
    private var bandwidth = WindowedExtreme<Double>(over: .seconds(4)) { $0 > $1 }
    private var peak = WindowedExtreme<Double>(over: .seconds(30)) { $0 > $1 }
    private var trips = RoundTrips()
    private var fullest = WindowedExtreme<Duration>(over: .seconds(30)) { $0 > $1 }
    private var round = Round()
    /// Packets leave as if a round trip took so long.
    private var pace: Duration = .milliseconds(333)
    /// Somebody has told how long a round trip takes: the handshake, or the first acknowledgement.
    private var isPaceKnown = false
    /// Bytes that arrived since the window grew last.
    private var grownBy = 0
    /// When a packet left last.
    private var sentAt: Instant = .distantPast
    /// When the newest packet left that arrived, before the acknowledgement at hand and with it.
    private var arrivedFrom: Instant = .distantPast
    private var arrivedTo: Instant = .distantPast
    /// When the oldest packet left that the acknowledgement at hand newly names, and when the one that it named last.
    private var arrivedLeast: Instant = .distantFuture
    private var arrivedLast: Instant?
    /// Between which two of them the most time lies.
    private var gap: (from: Instant, to: Instant) = (.distantPast, .distantPast)
    /// When the first lost packet left behind the last that arrived before it.
    private var lostFrom: Instant?

    /// Something live leaves beside what may wait: when it did last, and whether that was of late.
    private var liveAt: Instant = .distantPast
    private var isBesideLive = false

    /// When the last three packets waited long.
    private var queuedAt: Instant = .distantPast

    // Startup.
    /// Rounds in a row with a queue that say little.
    private var doubts = 0
    private var plateau = (rate: 0.0, rounds: 0)

    // Steady.
    /// Rounds to let pass, since what was decided shows a round trip later.
    private var skip = 0
    /// Rounds in a row with hardly a queue.
    private var calm = 0
    private var strikes = Strikes()
    private var overflows = Overflows()
    private var trial = Trial()
    /// Half of the window is left for a moment, to see the line without a queue.
    private var isSeeking = false
    private var soughtAt: Instant = .distantPast
    /// The window before it was left.
    private var before = 0.0

    // Contest.
    private var cubic = Cubic()
    /// Nothing was lost in it (TR-204): how much is ours nobody has said.
    private var isUntried = false
    private var looksAt: Instant = .distantPast
    private var lookedAt: Instant?
    /// Who finds the queue gone and soon full again looks more rarely.
    private var lookPause = lookPauseMin
    private var endedAt: Instant = .distantPast
    private var keptUntil: Instant = .distantPast
    /// What lost packets took from the window, while they may yet arrive.
    private var reduction: Reduction?
    private var recoversFrom: Instant = .distantPast

    static let packet = Limits.datagramBytes
    static let initial = 2 * packet
    static let ceiling = 16 << 20
    private static let least = Double(packet)

    init() {}

    // MARK: What happened

    /// The handshake took so long, with a packet of so many bytes: a first word on the path.
    mutating func begin(roundTrip: Duration, byteCount: Int, now: Instant) {
        (pace, window, isPaceKnown) = (roundTrip, Double(Self.initial), true)
        trips.begin(roundTrip, byteCount: byteCount, now: now)
    }

    /// Until one is known, no round trip takes less (TR-199): a window of one packet leaves in that time, and its bytes are all that a guess too
    /// short lets go.
    mutating func assume(roundTrip: Duration) { pace = max(roundTrip, .milliseconds(1)) }

    mutating func sent(_ byteCount: Int, bytesInFlight: Int, now: Instant) -> DeliveryRate.Stamp {
        // What was learned of a line that was not used for long may be true no more (RFC 9002 §7.8; TR-210).
        if bytesInFlight == 0, byteCount > 0, now - sentAt > max(.seconds(1), trips.smoothed * 8) {
            window = min(window, max(carried, Double(Self.initial)))
        }
        if byteCount > 0 { sentAt = now }
        round.sent(bytesInFlight: bytesInFlight + byteCount)
        return rate.sent(bytesInFlight: bytesInFlight, now: now)
    }

    /// A packet with something live left beyond window and pace.
    mutating func sentLive(now: Instant) { (liveAt, isBesideLive) = (now, true) }

    mutating func ranDry(bytesInFlight: Int) { rate.ranDry(bytesInFlight: bytesInFlight) }

    mutating func acknowledged(_ byteCount: Int, _ stamp: DeliveryRate.Stamp, sentAt: Instant, now: Instant) {
        rate.acknowledged(byteCount, stamp, sentAt: sentAt, now: now)
        (arrivedTo, arrivedLeast) = (max(arrivedTo, sentAt), min(arrivedLeast, sentAt))
        if let last = arrivedLast {
            // Ranges come newest first, and the packets of each oldest first: two neighbours may be those at the ends of a range.
            let between = (from: min(last, sentAt), to: max(last, sentAt))
            if between.to - between.from > gap.to - gap.from { gap = between }
        }
        arrivedLast = sentAt
        round.arrived(byteCount)
        grownBy += byteCount
    }

    /// After all packets of an acknowledgement.
    ///
    /// - Parameter roundTrip: of the newest packet, less what the peer held the acknowledgement, and its bytes; nil where it says nothing.
    mutating func finishAcknowledgement(roundTrip sample: (span: Duration, byteCount: Int)?, now: Instant) {
        // A handshake that lost a packet told nothing: at a packet in the 333 ms that were assumed, operations would wait for a long time yet.
        // What was given up with its path is no word on this one; and no peer says by how long it held an answer that it took no time.
        // The first may have waited for message 3 to come once more, and until a long packet has come no round says better: the shortest is right.
        if let sample, grownBy > 0, trips.base == nil {
            let span = max(sample.span, .milliseconds(1))
            (pace, isPaceKnown) = (isPaceKnown ? min(pace, span) : span, true)
        }
        if let sample, let span = trips.take(sample.span, byteCount: sample.byteCount, now: now) {
            // What left before the window was chosen says nothing of it (TR-143).
            if phase != .steady || arrivedTo >= round.began { round.take(span) }
            fullest.take(trips.queue, now: now)
            // Each of three: radio makes one late now and then.
            if let queue = trips.queue(ofLast: 3), queue > Self.queuedMin { queuedAt = now }
        }
        if now >= liveAt + Self.liveFor { isBesideLive = false }
        grow(now: now)
        (arrivedFrom, arrivedLeast, arrivedLast, lostFrom) = (arrivedTo, .distantFuture, nil, nil)
        gap = (.distantPast, .distantPast)
        let isTimed = sample != nil
        guard let sample = rate.take(floor: trips.base ?? .zero, now: now) else { return }
        if let bytesPerSecond = sample.rate, !sample.isLimited || bytesPerSecond > bandwidth.value ?? 0 {
            bandwidth.take(bytesPerSecond, now: now)
            peak.take(bytesPerSecond, now: now)
        }
        round.sampled(isLimited: sample.isLimited)
        if phase == .startup, hasQueueOfOwn { leaveStartup(now: now) }
        guard round.isTripOver(prior: sample.priorDelivered, delivered: rate.delivered) else { return }
        guard phase == .startup || skip > 0 || round.isOver(roundTrip: trips.smoothed) else { return }
        // TR-234: what tells no round trip shows no queue, and in steady nothing is tried by it.
        guard isTimed || phase != .steady else { return }
        switch phase {
        case .startup: startup(now: now)
        case .steady: steady(now: now)
        case .contest: contest(now: now)
        }
        pace = round.shortest ?? pace
        round.next(now: now)
    }

    mutating func lost(_ byteCount: Int, sentAt: Instant, now: Instant) {
        round.lost(byteCount)
        if let before = arrival(before: sentAt) {
            let from = lostFrom.flatMap { $0 > before ? min($0, sentAt) : nil } ?? sentAt
            lostFrom = from
            // TR-85: nothing in between arrived for so long (RFC 9002 §7.6.2).
            if sentAt - from > (trips.smoothed * 2 + .milliseconds(20)) * 3 { return collapse() }
        }
        // A queue that holds few of our packets drops short ones that come while it holds one, and that is nobody else's doing.
        if phase == .steady, sentAt > recoversFrom, isFull, packetTime < Self.overflowTime {
            recoversFrom = now
            if overflows.add(rate: bandwidth.value ?? 0, roundTrip: trips.smoothed, now: now) {
                beginContest(isSure: false, now: now)
            }
        }
        guard phase == .contest, lookedAt == nil else { return }
        if sentAt > recoversFrom, trips.queue > bound {
            reduction = Reduction(window: window, cubic: cubic, since: recoversFrom, until: now, packets: 0)
            recoversFrom = now
            (window, isUntried) = (max(cubic.reduced(window), Self.least), false)
        }
        reduction?.lost(sentAt: sentAt)
    }

    /// When the packet left that arrived last of those before this one; nil where one behind it, or much else, arrived soon after.
    private func arrival(before sentAt: Instant) -> Instant? {
        if sentAt > arrivedFrom, sentAt < arrivedLeast { return arrivedFrom }
        return sentAt > gap.from && sentAt < gap.to ? gap.from : nil
    }

    /// A packet that was judged lost has arrived.
    mutating func arrivedLate(_ byteCount: Int, sentAt: Instant) {
        round.found(byteCount)
        guard let found = reduction?.found(sentAt: sentAt), found, phase == .contest, let taken = reduction else { return }
        // Nothing was lost (RFC 9438 §4.9; TR-86).
        (window, cubic, reduction) = (max(window, taken.window), taken.cubic, nil)
    }

    private mutating func collapse() {
        (phase, window, plateau, lostFrom, reduction) = (.startup, Self.least, (0, 0), nil, nil)
        // What was tried with the window that was says nothing of this one.
        (isSeeking, lookedAt, skip, calm, doubts) = (false, nil, 0, 0, 0)
        trial.stop()
        overflows.clear()
        strikes.clear()
        trips.release()
        bandwidth.forget()
        peak.forget()
    }

    // MARK: What it says

    /// Bytes a second at which packets leave.
    var pacingRate: Double {
        rateOfWindow * gain
    }
    private var rateOfWindow: Double { window / max(Double(paceAtHand.nanoseconds) / 1e9, 0.000_05) }
    /// On a narrow or slow line a round takes long, and by the one before too much leaves while a queue comes: there the last two packets say it (TR-153).
    private var paceAtHand: Duration {
        guard phase == .steady, isNarrow || isSlow, let base = trips.base, let queue = trips.queue(ofLast: 2) else { return pace }
        return max(pace, base + queue)
    }

    /// Of the window in a round trip, at which packets leave.
    private var gain: Double {
        switch phase {
        case .startup: rateOfWindow < Self.slowRate * 8 || isLossy ? 1.25 : 2
        case .steady: isNarrow || isSlow ? 1.02 : 1.2
        case .contest: 1.2
        }
    }

    /// Bytes a second that the path carries, as far as it is known.
    var measuredRate: Double? { bandwidth.value }

    /// A packet takes so long that few are on the way: their pace says how many, since a window counts whole packets.
    var isNarrow: Bool { phase != .startup && packetTime > Self.narrowTime && window < Self.least * 8 }

    /// A packet takes so long that what leaves at once is a queue.
    private var isSlow: Bool { packetTime > Self.slowTime }

    /// No two leave at once: what is live would wait for both (TR-88).
    var leavesAlone: Bool { isNarrow && isBesideLive }
    private static let liveFor: Duration = .seconds(1)

    /// Packets waited long of late: what is lost is lost there, and copies of it would only be more to wait for.
    func isQueued(now: Instant) -> Bool { now < queuedAt + Self.queuedFor }
    private static let queuedMin: Duration = .milliseconds(30)
    private static let queuedFor: Duration = .seconds(5)

    /// What it sees, for whoever looks.
    var view: CongestionView {
        CongestionView(
            phase: phase, window: window, base: trips.base, queue: trips.queue, bytesPerSecond: bandwidth.value, noise: trips.noise,
            strikes: strikes.count)
    }

    /// The window is what holds the sender up.
    private var isFilled: Bool { Double(round.filled + 2 * Self.packet) >= window }
    /// A quarter is lost: a queue may be too short for the round trip to show it.
    private var isLossy: Bool { round.lost * 4 > round.bytes }
    /// A queue is as long as the longest of late: what is lost now may not have found room. Radio loses beside any.
    private var isFull: Bool { trips.queue > max(bound, (fullest.value ?? .zero) * 3 / 4) }
    /// The queue that this round has seen.
    private var roundQueue: Duration { (round.shortest ?? .zero) - (trips.base ?? .zero) }
    /// No packet of this round waited for much of another (TR-236).
    private var isRoundShort: Bool {
        !isSlow || (round.longest ?? .zero) - (trips.base ?? .zero) <= packetTime * 4 / 5 + .milliseconds(1) + trips.noise / 2
    }

    /// Time that a packet takes on the line.
    private var packetTime: Duration {
        guard let bandwidth = bandwidth.value, bandwidth > 0 else { return .zero }
        return .nanoseconds(Int64(min(Self.least / bandwidth, 10) * 1e9))
    }

    /// TR-81: a greater queue is left.
    ///
    /// Two packets that leave together wait for each other.
    private var bound: Duration {
        max(shortBound, (trips.base ?? .zero) / 16, min(packetTime, Pacer.pairTime) * 5 / 4, min(packetTime / 3, .milliseconds(24)))
            + trips.noise / 2
    }
    /// Less where more arrives, down to 5 ms: of several who has more is the first to leave the queue (TR-147).
    private var shortBound: Duration {
        .milliseconds(5) + .microseconds(Int(3000 * min(1, Double(packetTime.nanoseconds) / 8e6).squareRoot()))
    }
    /// TR-80: a greater queue ends startup; the eighth of a round trip between 4 and 16 ms is HyStart's (RFC 9406 §4.2).
    private var startupBound: Duration {
        max(min(max((trips.base ?? .zero) / 8, .milliseconds(4)), .milliseconds(16)), min(packetTime, Pacer.pairTime)) + trips.noise / 2
    }

    /// By how much growth is faster where a packet takes less than 24 ms: by the root of that, so that who has more gains less of what he has.
    private var wideness: Double { max(1, (bandwidth.value ?? 0) / Self.wideRate).squareRoot() }

    /// What the line carries in the shortest round trip.
    private var carried: Double { inBase(bandwidth.value ?? 0) }
    private func inBase(_ rate: Double) -> Double { rate * Double((trips.base ?? .zero).nanoseconds) / 1e9 }

    // MARK: Startup

    /// By what has arrived (TR-80, TR-200, TR-82).
    private mutating func grow(now: Instant) {
        defer { grownBy = 0 }
        switch phase {
        case .startup:
            guard window < Double(2 * round.filled), trips.queue <= startupBound, !isLossy else { return }
            let isWaiting = trips.greatestQueue(ofLast: 3) >= .milliseconds(1) + trips.noise / 2
            let isEarly = rateOfWindow > Self.slowRate * 4 && window < Self.least * 128 && trips.hasSample
            let growth = isWaiting || rateOfWindow < Self.slowRate ? 1.5 : isEarly ? 3 : 2
            window = min(window + Double(grownBy) * (growth - 1), Double(Self.ceiling))
        case .contest:
            guard lookedAt == nil, isFilled else { return }
            let grown = cubic.grown(window, by: grownBy, roundTrip: trips.smoothed, now: now)
            // Who came late to a long queue has a packet or two in each second.
            let least = isUntried ? window + Double(grownBy) / (window < Self.least * 16 ? 2 : 4) : 0
            window = min(max(grown, least), Double(Self.ceiling))
        case .steady: break
        }
    }

    /// A queue that chance cannot explain: a great one needs fewer samples.
    private var hasQueueOfOwn: Bool {
        (trips.queue(ofLast: Round.samplesEnough) ?? .zero) > startupBound || (trips.queue(ofLast: 2) ?? .zero) > startupBound * 2
    }

    private mutating func startup(now: Instant) {
        if round.samples > 0, roundQueue > startupBound {
            // One round that says little may have been slow by chance; meanwhile nothing grows.
            doubts += 1
            if doubts > 1 || round.samples >= Round.samplesEnough { return leaveStartup(now: now) }
        } else {
            doubts = 0
        }
        guard isFilled, round.tells else { return }
        let reached = bandwidth.value ?? 0
        plateau = reached > plateau.rate * 1.25 ? (reached, 0) : (plateau.rate, plateau.rounds + 1)
        if plateau.rounds >= (window > Self.least * 16 ? 3 : 2) { leaveStartup(now: now) }
    }

    private mutating func leaveStartup(now: Instant) {
        phase = .steady
        if bandwidth.value == nil { drain(now: now) } else { window = max(carried, Self.least) }
        (skip, calm) = (1, 0)
        strikes.clear()
    }

    // MARK: Steady

    private mutating func steady(now: Instant) {
        guard skip == 0 else {
            skip -= 1
            return
        }
        if isSeeking {
            isSeeking = false
            window = max(window, before)
        }
        guard round.samples > 0 else { return }
        if roundQueue > bound { return leaveQueue(now: now) }
        if isFilled, now - max(soughtAt, trips.shortAt) > Self.seekPause, window > Self.least {
            // Where several keep a queue none of them saw the line without it (TR-207). Who leaves half of his place for a moment sees whether there
            // is one.
            (isSeeking, soughtAt, before, skip) = (true, now, window, 1)
            window /= 2
            return
        }
        strikes.calm()
        if strikes.count == 0 { trips.release() }
        guard isFilled else { return }
        if let decided = trial.decide(window: window, round: round, now: now) {
            window = max(decided, Self.least)
            if trial.isOn { skip = 1 }
            return
        }
        calm = roundQueue < bound / 4 + trips.noise / 2 ? calm + 1 : 0
        // Where who has more grows as much faster, he has ever more (TR-144).
        let step = isNarrow && window < Self.least * 3 ? Self.least / 9 : Self.least / 6 * wideness
        // Capacity that came back is found within a few round trips; what arrives shows whether it is there. More than a short queue at once would be
        // a long one before it shows.
        let beyond = isNarrow ? Self.least / 2 : min(carried / 4, (bandwidth.value ?? 0) * Self.probedSeconds) + Self.least
        let isFast = calm > Self.calmEnough && isRoundShort && window < carried + beyond
        let fast = min(window * 1.25, window + step * Double(1 << min(calm - Self.calmEnough, 16)), carried + beyond * Self.leapMax)
        let grown = isFast ? max(fast, window + step) : window + step
        let most = leavesAlone ? max(window, carried + Self.least * Self.besideLive) : Double(Self.ceiling)
        window = min(grown, most)
    }

    private mutating func leaveQueue(now: Instant) {
        trial.stop()
        calm = 0
        if strikes.count == 0 {
            before = window
            trips.keep()
        }
        switch strikes.add(roundQueue, over: bound, noise: trips.noise, roundTrip: trips.smoothed, base: trips.base ?? .zero, now: now) {
        case .own:
            if strikes.count <= Strikes.drainsMax { drain(now: now) }
            skip = 1
        case .others:
            overflows.clear()
            beginContest(isSure: true, now: now)
        case .longerWay:
            trips.restart(at: round.shortest ?? trips.smoothed, now: now)
            strikes.clear()
            window = max(window, before)
        }
    }

    /// TR-81: down to what leaves no queue, and a little less, so that one goes that was there before us.
    private mutating func drain(now: Instant) {
        guard let base = trips.base, let shortest = round.shortest else { return }
        // Where several have one packet on the way each, that is too much (TR-201): the pace has less than one in a round trip.
        // So many a shortest round trip, whatever waits: beside somebody who fills a long queue we would else hear from it once in some seconds.
        let waited = Double(max(shortest, base).nanoseconds) / Double(base.nanoseconds)
        let heard = Self.heardRate * Double(max(shortest, base).nanoseconds) / 1e9
        let least = isNarrow && phase == .steady ? min(Self.least, max(Self.least / 4 * waited, heard)) : Self.least
        window = max(window * Double(base.nanoseconds) / Double(max(shortest, base).nanoseconds) * Self.drained, least)
        if isNarrow, phase == .steady {
            window = max(min(window, inBase(round.rate(now: now)) * (window < Self.least * 3 ? Self.drainedNarrow : Self.drained)), least)
        }
    }

    // MARK: Contest

    /// - Parameter isSure: the queue stayed though it was left. Losses alone may be those of radio: then it grows as CUBIC does until it shows whether it
    ///   brings more.
    private mutating func beginContest(isSure: Bool, now: Instant) {
        phase = .contest
        trips.keep()
        keptUntil = now + Self.keepTime
        // Half of what the line gave of late is a fair share beside one.
        window = max(
            window, strikes.count > 0 ? before : 0, (peak.value ?? 0) / 2 * Double((round.shortest ?? trips.smoothed).nanoseconds) / 1e9)
        lookPause = now - endedAt < Self.lookPauseMax ? min(lookPause * 2, Self.lookPauseMax) : Self.lookPauseMin
        cubic = Cubic()
        cubic.start(at: window, now: now)
        isUntried = isSure
        (lookedAt, skip, looksAt, reduction, isSeeking) = (nil, 0, now + max(lookPause, trips.smoothed * Self.lookTrips), nil, false)
        strikes.clear()
    }

    private mutating func contest(now: Instant) {
        // The way itself may have become longer.
        if now >= keptUntil { trips.release() }
        if overflows.isInVain(rate: bandwidth.value ?? 0, now: now) {
            drain(now: now)
            return endContest(now: now)
        }
        guard let looked = lookedAt else {
            if now >= looksAt {
                (lookedAt, before, skip) = (now, window, 1)
                drain(now: now)
            }
            return
        }
        guard skip == 0 else {
            skip -= 1
            return
        }
        lookedAt = nil
        // A look that brought no sample did not find the queue gone; until the next one losses count again.
        if round.samples > 0, roundQueue <= bound {
            endContest(now: now)
        } else {
            window = before
            cubic.resume(after: now - looked)
            looksAt = now + max(lookPause, trips.smoothed * Self.lookTrips)
        }
    }

    private mutating func endContest(now: Instant) {
        endedAt = now
        (phase, calm, skip, lookedAt, reduction) = (.steady, 0, 0, nil, nil)
        trips.release()
    }

    /// Bytes a second: at less, packets are too far apart to say soon that they are too many.
    private static let slowRate = 45_000.0
    /// Rounds in a row without a queue after which more is tried (TR-230).
    private static let calmEnough = 5
    /// Of what arrives, this is tried beyond it at once: as much as may wait, and half of it again.
    private static let probedSeconds = 0.012
    /// So much of that, and no more, is tried in one round (TR-230).
    private static let leapMax = 1.65
    /// Bytes a second that leave whatever waits: a packet each 1.2 s, which shows whose queue it is (TR-149).
    private static let heardRate = 1000.0
    private static let wideRate = 50_000.0
    private static let seekPause: Duration = .seconds(5)
    private static let keepTime: Duration = .seconds(60)
    private static let narrowTime: Duration = .milliseconds(6)
    private static let slowTime: Duration = .milliseconds(10)
    private static let overflowTime: Duration = .milliseconds(25)
    /// Of what the line carries, this is left when a queue is: it takes as many round trips to go as it has of 3 % of them. Where two packets are on
    /// the way 3 % are too few to be seen among them.
    private static let drained = 0.97
    private static let drainedNarrow = 0.94
    /// Packets beyond what the line carries, beside what is live: one that is on the line when it comes is all that it finds (TR-202).
    private static let besideLive = 0.7
    /// A look takes two to three round trips, of 80 these are 3 % (TR-205).
    private static let lookTrips = 80
    private static let lookPauseMin: Duration = .seconds(10)
    private static let lookPauseMax: Duration = .seconds(40)
}
