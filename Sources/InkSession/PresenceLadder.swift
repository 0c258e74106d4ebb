import InkPrimitives
import InkTransport

/// How much of our presence one peer is sent, by what the line to it carries: it thins out first in rate, then in precision, then it pauses;
/// operations never do (SE-160 to SE-163).
///
///     all of it ──strain──▶ fewer packets ──8 a second──▶ coarse ones ──work waits──▶ none
///         ◀──────────────────────── calm: a quarter more each second ────────────────────┘
///
/// *Strain* is a packet that has not left when the next is due, or a round trip that has grown and shrinks where less is sent: where little is sent
/// nothing else tells what a line carries. While history waits for the line, all of which is used then, the transport's measure does.
package struct PresenceLadder: Sendable {
    /// What waits in the transport for the peer's acknowledgement, bytes: of operations, and of history.
    package struct Waiting: Sendable {
        package var operations = 0
        package var history = 0

        package init(operations: Int = 0, history: Int = 0) { (self.operations, self.history) = (operations, history) }
    }

    /// Bytes a second that presence may take; nil for any number.
    private(set) var budget: Double?
    /// What was too much when it was strained last.
    private var knee: Double?
    /// What the last packet took, headers of ours and of the net included, bytes.
    private var cost = 0.0
    private var sentAt: Instant = .distantPast
    /// A round trip that stayed though less was sent, and is not taken for a queue of ours.
    private var accepted: Duration?
    /// The queue that is being left: what it was at first, and how often less was sent since.
    private var queued: (first: Duration, strains: Int)?
    /// When it was last taken from, or given to.
    private var changedAt: Instant = .distantPast
    /// Until when nothing goes, since work waits.
    private(set) var pausedUntil: Instant = .distantPast

    package init() {}

    /// Time that one packet is to be apart from the next, whatever else keeps them apart.
    package var pause: Duration {
        guard let budget, cost > 0 else { return .zero }
        return min(.nanoseconds(Int64(cost * 1e9 / budget)), isCoarse ? Self.coarsePauseMax : Self.finePauseMax)
    }

    /// Packets are to say less: with eight a second that say all the budget would be overdrawn.
    package var isCoarse: Bool { budget.map { fineCost * 1e9 / Double(Self.finePauseMax.nanoseconds) > $0 } ?? false }

    /// What a packet costs that says all, about: the last one of that kind.
    private var fineCost = Self.costTypical

    /// A packet is due. Looks how the line does.
    ///
    /// - Parameter isHeldUp: the packet before has not left.
    /// - Returns: false if nothing is to be sent now.
    package mutating func take(_ line: LineSight, _ waiting: Waiting = Waiting(), isHeldUp: Bool, now: Instant) -> Bool {
        // Operations go first, and what moves is of no use behind them.
        let carried = line.deliveryRate ?? Self.rateUnknown
        if Double(waiting.operations) > max(Self.operationsMin, carried * Self.operationsSeconds) {
            pausedUntil = now + Self.operationsPause
            return false
        }
        if waiting.history < Self.historyMin, !isHeldUp, let queue = queue(line), queue > Self.queueMax {
            noteQueue(queue, line, now: now)
            return true
        }
        // What is being left ends with the first packet that does not see it: another queue is another's.
        queued = nil
        if waiting.history >= Self.historyMin {
            // All of the line is used, so that its rate is known; how long a round trip takes says how long our own packets are.
            if let rate = line.deliveryRate { limit(to: rate * Self.share, now: now) }
        } else if isHeldUp {
            strain(now: now)
        } else if line.loss > Self.lossStrain {
            // The shortest round trip may be one with a queue. Radio that loses so much leaves a hand's shape all the same.
            if now - changedAt >= Self.calmPause, budget ?? .infinity > Self.budgetLossy { strain(now: now, floor: Self.budgetLossy) }
        } else {
            calm(now: now)
        }
        return true
    }

    /// A packet of so many bytes goes.
    package mutating func sent(byteCount: Int, now: Instant) {
        sentAt = now
        cost = Double(byteCount) + Self.headers
        if !isCoarse { fineCost = fineCost * 7 / 8 + cost / 8 }
    }

    private mutating func limit(to most: Double, now: Instant) {
        budget = most < Self.budgetMax ? max(Self.budgetMin, most) : nil
        changedAt = now
    }

    private mutating func strain(now: Instant, floor: Double = budgetMin) {
        guard now - changedAt >= Self.strainPause else { return }
        changedAt = now
        // What is sent now is too much. A hand that moves now and then says nothing of that.
        let gap = now - sentAt
        let spent = gap <= Self.finePauseMax && gap > .zero ? cost * 1e9 / Double(gap.nanoseconds) : Self.budgetMax
        let most = min(budget ?? Self.budgetMax, spent)
        (budget, knee) = (max(floor, most * Self.strainFactor), most)
    }

    /// A queue that stays though we send a quarter, and drops nothing, is another's, or the way is longer now.
    private mutating func noteQueue(_ queue: Duration, _ line: LineSight, now: Instant) {
        guard now - changedAt >= Self.strainPause else { return }
        let known = queued ?? (first: queue, strains: 0)
        guard known.strains < Self.strainsMax || line.loss > Self.lossMax || queue * 10 < known.first * 7 else {
            (knee, queued, accepted) = (nil, nil, line.roundTrip)
            return
        }
        queued = (known.first, known.strains + 1)
        // Where nothing is lost it need not become coarse: eight packets a second fill no line.
        strain(now: now, floor: line.loss > Self.lossMax ? Self.budgetMin : fineCost * 1.01e9 / Double(Self.finePauseMax.nanoseconds))
    }

    private mutating func calm(now: Instant) {
        guard let budget, now - changedAt >= Self.calmPause else { return }
        changedAt = now
        // Near to what was too much it feels its way.
        let isNear = knee.map { budget >= $0 * Self.strainFactor && budget < $0 * Self.calmFactor } ?? false
        let more = budget * (isNear ? Self.kneeFactor : Self.calmFactor)
        self.budget = more < Self.budgetMax ? more : nil
        if self.budget == nil { knee = nil }
    }

    /// How much longer than without a queue a round trip takes now.
    private mutating func queue(_ line: LineSight) -> Duration? {
        guard let roundTrip = line.roundTrip, let shortest = line.shortestRoundTrip else { return nil }
        accepted = accepted.map { min($0, roundTrip) }
        return roundTrip - max(shortest, accepted ?? .zero)
    }

    /// Packets that say all are no further apart, and coarse ones.
    static let finePauseMax: Duration = .milliseconds(125)
    static let coarsePauseMax: Duration = .milliseconds(500)
    /// Of a line that is full of history presence takes no more.
    static let share = 0.25
    /// Bytes that wait, from which on history counts as filling the line.
    static let historyMin = 8 * 1024
    /// Presence pauses while operations wait for which the line takes longer, seconds, and more than so many bytes.
    static let operationsSeconds = 0.25
    static let operationsMin = 1200.0
    static let operationsPause: Duration = .milliseconds(100)
    /// What a line carries of which nothing is known, bytes a second.
    private static let rateUnknown = 6_000.0
    /// The round trip has grown by more.
    static let queueMax: Duration = .milliseconds(60)
    /// So much is lost by few ways of radio.
    private static let lossStrain = 0.15
    private static let budgetLossy = 700.0
    /// Where more is lost a queue is ours.
    private static let lossMax = 0.05
    /// Of the budget what strain leaves, and how soon it leaves less.
    private static let strainFactor = 0.7
    private static let strainPause: Duration = .milliseconds(400)
    private static let strainsMax = 4
    private static let calmFactor = 1.25
    private static let kneeFactor = 1.04
    private static let calmPause: Duration = .seconds(1)
    /// Bytes a second; above the greatest nothing is held back: 60 packets of 130.
    static let budgetMin = 300.0
    private static let budgetMax = 8_000.0
    /// Header, tag, type; UDP and IP.
    private static let headers = 52.0
    /// A packet of a hand that draws, headers included.
    private static let costTypical = 120.0
}
