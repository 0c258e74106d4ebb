import InkPrimitives

/// Whether the peer is there: keepalives, silence, degradation, death (TR-19, TR-20).
///
///     alive ── overdue, or own data unacknowledged for 1 s ──▶ probing ── 3 s ──▶ degraded ── 15 s in all ──▶ dead
///       ▲                                                       │                   │
///       └────────────────────── any authentic packet ───────────┴───────────────────┘
///
/// While it probes, something that asks for an acknowledgement is always on the way, and loss recovery repeats it at least each second.
struct Liveness: Sendable {
    /// Silence after own data that starts the probing, and the pause between probes.
    static let probeInterval: Duration = .seconds(1)
    /// Three probes unanswered.
    static let degradedAfter = probeInterval * 3
    static let deadAfter: Duration = .seconds(15)
    /// A keepalive is overdue at the latest after this.
    static let overdueMax: Duration = .seconds(25)
    /// So long who was asked has at least to answer one who was away for long: a way takes less, but for three round trips of a long one.
    static let verdictMin: Duration = .milliseconds(300)

    enum Action { case keepalive, probe, degraded, dead }

    var activity: Activity
    /// As on an idle board, whatever the activity (TR-150).
    var isCalm = false
    private(set) var lastReceived: Instant
    private(set) var probingSince: Instant?
    private(set) var isDegraded = false
    /// When it is dead where nothing has come by then, since the other may have forgotten it (TR-233).
    private var verdictAt: Instant?
    /// When last one side asked and the other will have answered.
    private var lastExchange: Instant
    /// Times the interval; drawn anew for each keepalive, so that many peers do not keep step.
    private var jitter: Double
    /// The least of it: who was dialled waits a fifth longer, since two who ask at the same time ask twice as often as need be.
    private let patience: Double

    init(activity: Activity, isInitiator: Bool, now: Instant, random: inout SplitMix64) {
        self.activity = activity
        (lastReceived, lastExchange) = (now, now)
        patience = isInitiator ? 0.8 : 1
        jitter = patience + 0.4 * random.unit()
    }

    /// An authentic packet came (TR-177). True if the connection was degraded until now.
    mutating func received(isAckEliciting: Bool, now: Instant) -> Bool {
        lastReceived = now
        if isAckEliciting { lastExchange = now }
        defer { (probingSince, isDegraded, verdictAt) = (nil, false, nil) }
        return isDegraded
    }

    /// A packet that asks for an acknowledgement left.
    mutating func sentEliciting(now: Instant) { lastExchange = now }

    /// One side asked for new keys, and the other answers.
    mutating func exchanged(now: Instant) { lastExchange = now }

    /// This end was not run for a while: what it did not hear meanwhile says nothing, so it begins to ask now.
    ///
    /// - Parameter roundTrip: of the way in use.
    mutating func resumed(after gap: Duration, roundTrip: Duration, now: Instant) {
        probingSince = now
        verdictAt = gap >= Self.deadAfter ? now + max(Self.verdictMin, roundTrip * 3) : nil
    }

    /// - Parameter waitingSince: when the oldest unacknowledged packet was sent.
    func deadline(waitingSince: Instant?) -> Instant {
        if let probingSince { return min(probingSince + (isDegraded ? Self.deadAfter : Self.degradedAfter), verdictAt ?? .distantFuture) }
        return min(probingStartsAt(waitingSince: waitingSince), keepaliveAt(waitingSince: waitingSince))
    }

    /// Call at or after `deadline`; one step at a time, nil when nothing is due.
    mutating func handleTimeout(waitingSince: Instant?, now: Instant, random: inout SplitMix64) -> Action? {
        if let probingSince {
            if now >= min(probingSince + Self.deadAfter, verdictAt ?? .distantFuture) { return .dead }
            if !isDegraded, now >= probingSince + Self.degradedAfter {
                isDegraded = true
                return .degraded
            }
            return nil
        }
        if now >= probingStartsAt(waitingSince: waitingSince) {
            probingSince = now
            return .probe
        }
        if now >= keepaliveAt(waitingSince: waitingSince) {
            jitter = patience + 0.4 * random.unit()
            lastExchange = now
            return .keepalive
        }
        return nil
    }

    private var interval: Duration { (isCalm ? .idle : activity).keepaliveInterval }

    // TR-232
    private func probingStartsAt(waitingSince: Instant?) -> Instant {
        let overdueAt = lastReceived + min(interval * 3 / 2, Self.overdueMax)
        guard let waitingSince else { return overdueAt }
        return min(overdueAt, max(waitingSince, lastReceived) + Self.probeInterval)
    }

    /// Never while something waits for an acknowledgement anyway.
    private func keepaliveAt(waitingSince: Instant?) -> Instant {
        waitingSince == nil ? lastExchange + interval.scaled(by: jitter) : .distantFuture
    }
}
