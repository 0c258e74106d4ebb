import InkPrimitives

/// How much may be on the way over one path, and how fast it leaves.
///
///                   own queue, or no more comes of more            the queue stays though we left it
///     startup ───────────────────────────────────▶ steady ───────────────────────────────▶ contest
///     ×2, ×3 a round trip                          + a little, or down to what is       CUBIC (RFC 9438)
///                                                  no queue  ◀──────────────────────── the queue goes when we let it
///
/// *Steady* keeps the queue that it sees, smallest round trip of a round against the smallest of 10 s, under a bound: each round trip a little more while
/// it is below, else at once down to what the line carries without any (compare LEDBAT, RFC 6817; Swift, SIGCOMM 2020; Copa, NSDI 2018). Packets
/// that radio loses do not slow it. Who leaves the queue three times and finds it full each time shares the line with somebody who fills it, and
/// does as he does, but looks every few seconds whether he is gone.
struct CongestionController: Sendable {
    enum Phase: Hashable, Sendable { case startup, steady, contest }

    private(set) var phase = Phase.startup
    /// Bytes that may be on the way.
    ///
    /// One packet until a round trip is known: what two tell has the wait for each other in it.
    private(set) var window = Double(packet)
    private var rate = DeliveryRate()
    private var bandwidth = WindowedExtreme<Double>(over: .seconds(4)) { $0 > $1 }
    private var shortest = WindowedExtreme<Duration>(over: .seconds(10)) { $0 < $1 }
    /// The shortest round trip from before a contest, in which the queue is never seen empty.
    private var kept: Duration?
    private var smoothed: Duration = .milliseconds(333)

    // The round at hand: it ends when a packet is acknowledged that left after it began.
    private var roundEnd = 0
    private var roundShortest: Duration?
    private var roundSamples = 0
    /// Round trips that one round took so far: what says little goes on with the next.
    private var rounds = 0
    private var roundBegan: Instant = .distantPast
    private var roundBytes = 0
    private var roundLost = 0
    /// It brought a sample that tells what the line carries, and not only what there was to send.
    private var roundTells = false
    /// Most bytes that were on the way in this round and in the one before.
    private var roundFilled = 0
    private var lastFilled = 0
    /// The last samples of the round trip.
    private var recent: InlineArray<8, Duration> = .init(repeating: .zero)
    private var recentCount = 0
    /// How far two samples in a row are apart, in the mean: what a way of radio does, and a queue does not.
    private var noise: Duration = .zero
    /// Packets leave as if a round trip took so long.
    private var pace: Duration = .milliseconds(333)
    /// Rounds to let pass, since what was decided shows a round trip later.
    private var skip = 0
    /// Rounds in a row with hardly a queue.
    private var calm = 0
    /// Decreases in a row that left the queue as it was, and the window before the first.
    private var strikes = 0
    private var before = 0.0
    private var firstQueue: Duration = .zero
    /// Less than before is sent, to see whether less arrives.
    private var trial: (window: Double, arrived: Double)?
    private var triesAt: Instant = .distantPast
    private var trialPause: Duration = trialPauseMin
    private static let trialPauseMin: Duration = .seconds(3)
    /// Share of bytes lost, over about four rounds.
    private var lossAverage = 0.0
    /// When the shortest round trip was seen last or looked for, and whether it is being looked for.
    private var soughtAt: Instant = .distantPast
    private var isSeeking = false
    private var doubts = 0
    private var plateau = (rate: 0.0, rounds: 0)

    // Contest.
    private var cubic = Cubic()
    private var looksAt: Instant = .distantPast
    private var isLooking = false
    private var lookedAt: Instant = .distantPast
    private var recoversFrom: Instant = .distantPast
    private var keptUntil: Instant = .distantPast
    private var overflows = 0
    private var overflowedAt: Instant = .distantPast
    /// When a packet left last.
    private var sentAt: Instant = .distantPast
    /// When the newest packet left that arrived, before the acknowledgement at hand and with it.
    private var arrivedFrom: Instant = .distantPast
    private var arrivedTo: Instant = .distantPast
    /// The first packet behind that which is lost.
    private var lostFrom: Instant?

    static let packet = Limits.datagramBytes
    static let initial = 2 * packet
    static let ceiling = 16 << 20

    init() {}

    // MARK: What happened

    /// The handshake took so long: a first word on the path.
    mutating func begin(roundTrip: Duration, now: Instant) {
        (smoothed, pace, window) = (roundTrip, roundTrip, Double(Self.initial))
        shortest.take(roundTrip, now: now)
    }

    mutating func sent(_ byteCount: Int, bytesInFlight: Int, now: Instant) -> DeliveryRate.Stamp {
        // What was learned of a line that was not used for long may be true no more (RFC 9002 §7.8).
        if bytesInFlight == 0, byteCount > 0, now - sentAt > max(.seconds(1), smoothed * 8) {
            window = min(window, max(carried, Double(Self.initial)))
        }
        if byteCount > 0 { sentAt = now }
        roundFilled = max(roundFilled, bytesInFlight + byteCount)
        return rate.sent(bytesInFlight: bytesInFlight, now: now)
    }

    mutating func ranDry(bytesInFlight: Int) { rate.ranDry(bytesInFlight: bytesInFlight) }

    mutating func acknowledged(_ byteCount: Int, _ stamp: DeliveryRate.Stamp, sentAt: Instant, now: Instant) {
        rate.acknowledged(byteCount, stamp, sentAt: sentAt, now: now)
        arrivedTo = max(arrivedTo, sentAt)
        roundBytes += byteCount
        if phase == .startup, window < Double(2 * filled), latestQueue <= startupBound {
            window = min(window + Double(byteCount) * (growth - 1), Double(Self.ceiling))
        }
        if phase == .contest, !isLooking, isFilled {
            window = min(cubic.grown(window, by: byteCount, roundTrip: smoothed, now: now), Double(Self.ceiling))
        }
    }

    /// After all packets of an acknowledgement.
    ///
    /// - Parameter roundTrip: of the newest packet, less what the peer held the acknowledgement; nil where it says nothing, and for short packets, which
    ///   take less time on the line.
    mutating func finishAcknowledgement(roundTrip: Duration?, now: Instant) {
        if let roundTrip, roundTrip > .zero {
            shortest.take(roundTrip, now: now)
            // Within a millisecond of the shortest is as good as a new one.
            if roundTrip <= (base ?? roundTrip) + .milliseconds(1) { soughtAt = now }
            smoothed = smoothed * 7 / 8 + roundTrip / 8
            if recentCount > 0 {
                let last = recent[(recentCount - 1) % recent.count]
                noise = noise * 15 / 16 + (roundTrip > last ? roundTrip - last : last - roundTrip) / 16
            }
            recent[recentCount % recent.count] = roundTrip
            recentCount += 1
            roundShortest = min(roundShortest ?? roundTrip, roundTrip)
            roundSamples += 1
        }
        (arrivedFrom, lostFrom) = (arrivedTo, nil)
        guard let sample = rate.take(floor: base ?? .zero, now: now) else { return }
        if let bytesPerSecond = sample.rate, !sample.isLimited || bytesPerSecond > bandwidth.value ?? 0 {
            bandwidth.take(bytesPerSecond, now: now)
        }
        if !sample.isLimited { roundTells = true }
        if phase == .startup, recentQueue > startupBound { leaveStartup(now: now) }
        guard sample.priorDelivered >= roundEnd else { return }
        roundEnd = rate.delivered
        rounds += 1
        guard phase == .startup || skip > 0 || roundSamples >= recent.count || rounds >= Self.roundsMax else { return }
        endRound(now: now)
        (rounds, roundBegan) = (0, now)
        pace = roundShortest ?? pace
        (roundShortest, roundSamples, roundBytes, roundLost, lastFilled, roundFilled) = (nil, 0, 0, 0, roundFilled, 0)
        roundTells = false
    }

    mutating func lost(_ byteCount: Int, sentAt: Instant, now: Instant) {
        roundLost += byteCount
        if sentAt > arrivedFrom {
            let from = min(lostFrom ?? sentAt, sentAt)
            lostFrom = from
            // Nothing at all arrived for so long (RFC 9002 §7.6).
            if sentAt - from > (smoothed * 2 + .milliseconds(20)) * 3 {
                (phase, window, kept, strikes, plateau, lostFrom) = (.startup, Double(Self.packet), nil, 0, (0, 0), nil)
                bandwidth.forget()
                return
            }
        }
        noteOverflow(sentAt: sentAt, now: now)
        guard phase == .contest, !isLooking, sentAt > recoversFrom, queue > bound else { return }
        recoversFrom = now
        window = max(cubic.reduced(window), Double(Self.packet))
    }

    /// A queue that overflows though we leave it belongs to somebody who fills queues, also where none was ever seen empty.
    private mutating func noteOverflow(sentAt: Instant, now: Instant) {
        guard phase == .steady, sentAt > recoversFrom, latestQueue > bound * 2 else { return }
        recoversFrom = now
        if now - overflowedAt > Self.overflowSpan { overflows = 0 }
        (overflows, overflowedAt) = (overflows + 1, now)
        guard overflows >= Self.overflowsMax else { return }
        overflows = 0
        before = window
        beginContest(now: now)
    }

    // MARK: What it says

    /// Bytes a second at which packets leave.
    var pacingRate: Double {
        let seconds = max(Double(pace.nanoseconds) / 1e9, 0.000_05)
        return window / seconds * (phase == .startup ? 2 : 1.2)
    }

    /// Bytes a second that the path carries, as far as it is known.
    var measuredRate: Double? { bandwidth.value }

    /// The round trip without any queue.
    private var base: Duration? {
        guard let kept else { return shortest.value }
        return min(kept, shortest.value ?? kept)
    }

    /// The queue that this round has seen.
    private var queue: Duration {
        guard let roundShortest, let base else { return .zero }
        return roundShortest - base
    }

    private var latestQueue: Duration {
        guard recentCount > 0, let base else { return .zero }
        return recent[(recentCount - 1) % recent.count] - base
    }

    /// Of the last eight samples: a way that jitters seems to have a queue in each single one.
    private var recentQueue: Duration {
        guard recentCount >= recent.count, let base else { return .zero }
        return recent.indices.reduce(recent[0]) { min($0, recent[$1]) } - base
    }

    private var filled: Int { max(roundFilled, lastFilled) }
    /// The window is what holds the sender up.
    private var isFilled: Bool { Double(filled + 2 * Self.packet) >= window }

    /// Time that a packet takes on the line.
    private var packetTime: Duration {
        guard let bandwidth = bandwidth.value, bandwidth > 0 else { return .zero }
        return .nanoseconds(Int64(min(Double(Self.packet) / bandwidth, 10) * 1e9))
    }

    /// A greater queue is left.
    ///
    /// Two packets that leave together wait for each other.
    private var bound: Duration {
        max(.milliseconds(8), (base ?? .zero) / 16, packetTime / 3, min(packetTime, Pacer.pairTime) * 5 / 4) + noise / 2
    }
    private var startupBound: Duration {
        max(min(max((base ?? .zero) / 8, .milliseconds(4)), .milliseconds(16)), packetTime / 3) + noise / 2
    }

    /// Of the window in a round trip of startup.
    private var growth: Double { latestQueue >= .milliseconds(1) ? 1.5 : window < Double(32 * Self.packet) ? 3 : 2 }

    /// What the line carries in the shortest round trip.
    private var carried: Double { (bandwidth.value ?? 0) * Double((base ?? .zero).nanoseconds) / 1e9 }

    // MARK: Rounds

    private mutating func endRound(now: Instant) {
        switch phase {
        case .startup:
            if roundSamples > 0, queue > startupBound {
                // One round that says little may have been slow by chance; meanwhile nothing grows.
                doubts += 1
                if doubts > 1 || roundSamples >= recent.count { return leaveStartup(now: now) }
            } else {
                doubts = 0
            }
            guard isFilled, roundTells else { return }
            let reached = bandwidth.value ?? 0
            plateau = reached > plateau.rate * 1.25 ? (reached, 0) : (plateau.rate, plateau.rounds + 1)
            if plateau.rounds >= (window > Double(16 * Self.packet) ? 3 : 2) { leaveStartup(now: now) }
        case .steady: steady(now: now)
        case .contest: contest(now: now)
        }
    }

    private mutating func leaveStartup(now: Instant) {
        phase = .steady
        if bandwidth.value == nil { drain() } else { window = max(carried, Double(Self.packet)) }
        (skip, calm, strikes) = (1, 0, 0)
    }

    private mutating func steady(now: Instant) {
        guard skip == 0 else {
            skip -= 1
            return
        }
        if isSeeking {
            (isSeeking, soughtAt) = (false, now)
            window = max(window, before)
        }
        guard roundSamples > 0 else { return }
        if queue <= bound, isFilled, now - soughtAt > Self.seekPause, window > Double(2 * Self.packet) {
            // Where several keep a queue none of them saw the line without it. Who leaves half of his place for a moment sees whether there is one.
            (isSeeking, before, skip) = (true, window, 1)
            window /= 2
            return
        }
        if queue > bound {
            trial = nil
            if strikes == 0 { (before, firstQueue) = (window, queue) }
            // What shrinks is ours, or of one that yields as we do.
            strikes += queue * 10 >= firstQueue * 6 || strikes == 0 ? 1 : 0
            calm = 0
            guard strikes < Self.strikesMax else { return beginContest(now: now) }
            drain()
            skip = 1
            return
        }
        strikes = 0
        guard isFilled else { return }
        let share = Double(roundLost) / Double(max(1, roundBytes + roundLost))
        lossAverage += (share - lossAverage) / 4
        if tryLess(now: now) { return }
        calm = queue < bound / 4 + noise / 2 ? calm + 1 : 0
        // Capacity that came back is found within a few round trips.
        let step = Double(Self.packet) / (window < Double(8 * Self.packet) ? 4 : 2)
        window = min(calm > 3 ? min(window * 1.25, window + step * Double(1 << min(calm - 3, 16))) : window + step, Double(Self.ceiling))
    }

    /// Where packets are lost and no queue is seen it may be too short to be: if as much arrives of less, less is right; else it is radio.
    ///
    /// - Returns: true where the window is decided on.
    private mutating func tryLess(now: Instant) -> Bool {
        let arrived = Double(roundBytes) / max(Double((now - roundBegan).nanoseconds) / 1e9, 0.001)
        if let trial {
            self.trial = nil
            if arrived < trial.arrived * 0.9 {
                // Radio: it is not asked again soon.
                window = max(window, trial.window)
                (triesAt, trialPause) = (now + trialPause, min(trialPause * 2, .seconds(40)))
            } else {
                trialPause = Self.trialPauseMin
            }
            return true
        }
        guard lossAverage > Self.lossLow, now >= triesAt, window > Double(Self.packet) else { return false }
        trial = (window, arrived)
        window = max(window * 0.8, Double(Self.packet))
        skip = 1
        return true
    }

    /// Down to what leaves no queue.
    private mutating func drain() {
        guard let base, let roundShortest else { return }
        window = max(window * Double(base.nanoseconds) / Double(max(roundShortest, base).nanoseconds) * 0.97, Double(Self.packet))
    }

    private mutating func beginContest(now: Instant) {
        phase = .contest
        (kept, keptUntil) = (base, now + Self.keepTime)
        // Half of what the line gave of late is a fair share beside one.
        window = max(window, before, (bandwidth.value ?? 0) / 2 * Double((roundShortest ?? smoothed).nanoseconds) / 1e9)
        cubic = Cubic()
        cubic.start(at: window, now: now)
        (isLooking, strikes, skip, looksAt) = (false, 0, 0, now + lookPause)
    }

    private mutating func contest(now: Instant) {
        // The way itself may have become longer.
        if now >= keptUntil { kept = nil }
        if isLooking {
            guard skip == 0 else {
                skip -= 1
                return
            }
            isLooking = false
            if queue <= bound {
                phase = .steady
                (strikes, calm, kept) = (0, 0, nil)
            } else {
                window = before
                cubic.resume(after: now - lookedAt)
                looksAt = now + lookPause
            }
        } else if now >= looksAt {
            (isLooking, before, skip, lookedAt) = (true, window, 1, now)
            drain()
        }
    }

    private static let seekPause: Duration = .seconds(5)
    private static let overflowsMax = 3
    private static let overflowSpan: Duration = .seconds(10)
    private static let keepTime: Duration = .seconds(60)
    private static let strikesMax = 6
    private static let roundsMax = 4
    private static let lossLow = 0.02
    private var lookPause: Duration { max(.seconds(10), smoothed * 80) }
}

/// CUBIC's window in avoidance (RFC 9438 §4).
struct Cubic: Sendable {
    private var windowMax = 0.0
    private var epoch: Instant?
    private var k = 0.0
    private var estimate = 0.0

    private static let beta = 0.7
    private static let c = 0.4
    /// That of those beside which we stand.
    private static let packet = 1500.0

    /// The window in bytes after an acknowledgement of so many.
    mutating func grown(_ window: Double, by byteCount: Int, roundTrip: Duration, now: Instant) -> Double {
        let (packets, seconds) = (window / Self.packet, Double(roundTrip.nanoseconds) / 1e9)
        if epoch == nil {
            epoch = now
            if windowMax < packets { (windowMax, k) = (packets, 0) } else { k = Self.cubeRoot((windowMax - packets) / Self.c) }
            estimate = packets
        }
        let time = Double((now - (epoch ?? now)).nanoseconds) / 1e9 + seconds - k
        let part = Double(byteCount) / window
        let target = min(max(packets, Self.c * time * time * time + windowMax), 1.5 * packets)
        estimate += 3 * (1 - Self.beta) / (1 + Self.beta) * part
        return max(packets + (target - packets) * part, min(estimate, packets + part)) * Self.packet
    }

    /// The window after a loss.
    mutating func reduced(_ window: Double) -> Double {
        let packets = window / Self.packet
        windowMax = packets < windowMax ? packets * (1 + Self.beta) / 2 : packets
        epoch = nil
        return window * Self.beta
    }

    /// From here on.
    mutating func start(at window: Double, now: Instant) { (windowMax, epoch) = (window / Self.packet, nil) }

    /// So long nothing was sent by it.
    mutating func resume(after span: Duration) { epoch = epoch.map { $0 + span } }

    private static func cubeRoot(_ value: Double) -> Double {
        var root = max(1, value / 3)
        for _ in 0..<40 { root = (2 * root + value / (root * root)) / 3 }
        return root
    }
}
