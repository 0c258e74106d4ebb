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

    enum Action { case keepalive, probe, degraded, dead }

    var activity: Activity
    private(set) var lastReceived: Instant
    private(set) var probingSince: Instant?
    private(set) var isDegraded = false
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

    /// An authentic packet came. True if the connection was degraded until now.
    mutating func received(isAckEliciting: Bool, now: Instant) -> Bool {
        lastReceived = now
        if isAckEliciting { lastExchange = now }
        defer { (probingSince, isDegraded) = (nil, false) }
        return isDegraded
    }

    /// A packet that asks for an acknowledgement left.
    mutating func sentEliciting(now: Instant) { lastExchange = now }

    /// One side asked for new keys, and the other answers.
    mutating func exchanged(now: Instant) { lastExchange = now }

    /// - Parameter waitingSince: when the oldest unacknowledged packet was sent.
    func deadline(waitingSince: Instant?) -> Instant {
        if let probingSince { return probingSince + (isDegraded ? Self.deadAfter : Self.degradedAfter) }
        return min(probingStartsAt(waitingSince: waitingSince), keepaliveAt(waitingSince: waitingSince))
    }

    /// Call at or after `deadline`; one step at a time, nil when nothing is due.
    mutating func handleTimeout(waitingSince: Instant?, now: Instant, random: inout SplitMix64) -> Action? {
        if let probingSince {
            if now >= probingSince + Self.deadAfter { return .dead }
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

    private func probingStartsAt(waitingSince: Instant?) -> Instant {
        let overdueAt = lastReceived + min(activity.keepaliveInterval * 3 / 2, Self.overdueMax)
        guard let waitingSince else { return overdueAt }
        return min(overdueAt, max(waitingSince, lastReceived) + Self.probeInterval)
    }

    /// Never while something waits for an acknowledgement anyway.
    private func keepaliveAt(waitingSince: Instant?) -> Instant {
        waitingSince == nil ? lastExchange + activity.keepaliveInterval.scaled(by: jitter) : .distantFuture
    }
}
