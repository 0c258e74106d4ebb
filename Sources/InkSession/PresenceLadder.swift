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
    package var isCoarse: Bool { budget.map { leastFineBudget > $0 } ?? false }

    /// What eight packets a second take that say all, bytes a second.
    private var leastFineBudget: Double { fineCost * 1e9 / Double(Self.finePauseMax.nanoseconds) }

    /// What a packet costs that says all, bytes, headers included: smoothed over those of that kind.
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
        // What is being left ends with the first packet that does not see it: another queue is another's. One that is held up sees nothing.
        if !isHeldUp || waiting.history >= Self.historyMin { queued = nil }
        if waiting.history >= Self.historyMin {
            // All of the line is used, so that its rate is known; how long a round trip takes says how long our own packets are.
            if let rate = line.deliveryRate { limit(to: rate * Self.share, now: now) }
        } else if isHeldUp {
            strain(now: now)
        } else if line.loss > Self.lossStrain {
            // The shortest round trip may be one with a queue. Radio that loses so much leaves a hand's shape all the same.
            if now - changedAt >= Self.calmPause, budget ?? .infinity > Self.budgetLossyMin { strain(now: now, floor: Self.budgetLossyMin) }
        } else {
            calm(now: now)
        }
        return true
    }

    /// A packet of so many bytes goes.
    package mutating func sent(byteCount: Int, now: Instant) {
        sentAt = now
        cost = Double(byteCount) + Self.headerBytes
        if !isCoarse { fineCost += (cost - fineCost) * Self.costGain }
    }

    private mutating func limit(to most: Double, now: Instant) {
        budget = most < Self.budgetMax ? max(Self.budgetMin, most) : nil
        changedAt = now
    }

    private mutating func strain(now: Instant, floor: Double = budgetMin) {
        guard now - changedAt >= Self.strainPause else { return }
        changedAt = now
        // What is sent now is too much (SE-308). A hand that moves now and then says nothing of that.
        let gap = now - sentAt
        let spent = gap <= Self.finePauseMax && gap > .zero ? cost * 1e9 / Double(gap.nanoseconds) : Self.budgetMax
        let most = min(budget ?? Self.budgetMax, spent)
        (budget, knee) = (max(floor, most * Self.strainFactor), most)
    }

    /// A queue that stays though we send a quarter, and drops nothing, is another's (SE-309), or the way is longer now.
    private mutating func noteQueue(_ queue: Duration, _ line: LineSight, now: Instant) {
        guard now - changedAt >= Self.strainPause else { return }
        let known = queued ?? (first: queue, strains: 0)
        guard known.strains < Self.strainsMax || line.loss > Self.lossMax || queue < known.first * Self.shrunkTenths / 10 else {
            (knee, queued, accepted) = (nil, nil, line.roundTrip)
            return
        }
        queued = (known.first, known.strains + 1)
        // Where nothing is lost it need not become coarse (SE-310): eight packets a second fill no line.
        strain(now: now, floor: line.loss > Self.lossMax ? Self.budgetMin : leastFineBudget * Self.floorMargin)
    }

    private mutating func calm(now: Instant) {
        guard let budget, now - changedAt >= Self.calmPause else { return }
        changedAt = now
        // Near to what was too much it feels its way (SE-308).
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

    /// Packets that say all are no further apart: with eight a second a hand still seems to move on.
    static let finePauseMax: Duration = .milliseconds(125)
    /// Nor coarse ones: two a second tell where a hand is, and that it is there.
    static let coarsePauseMax: Duration = .milliseconds(500)
    /// Of a line that is full of history presence takes no more (SE-162), so that who comes gets three quarters of it.
    static let share = 0.25
    /// Bytes that wait, from which on history counts as filling the line: a second of 64 kbit/s.
    static let historyMin = 8 * 1024
    /// Presence pauses while operations wait for which the line takes longer (SE-311), seconds: then what moves comes too late to be of use.
    static let operationsSeconds = 0.25
    /// But not for fewer bytes: one packet waits on every line.
    static let operationsMin = 1200.0
    /// It is looked again after so long: eight packets that say all are 125 ms apart, so at most one of them is missed for nothing.
    static let operationsPause: Duration = .milliseconds(100)
    /// What a line carries of which nothing is known, bytes a second: 48 kbit/s, slower than any line that this is made for.
    private static let rateUnknown = 6_000.0
    /// The round trip has grown by more: what wireless lines vary by without a queue is less, and a hand that is so much later is not felt to be.
    static let queueMax: Duration = .milliseconds(60)
    /// Share of packets lost; so much is lost by few ways of radio, and by every queue that is full all the time.
    private static let lossStrain = 0.15
    /// Of such a line presence takes so much still, bytes a second: six packets of 120, a hand's shape where the loss is radio's after all.
    private static let budgetLossyMin = 700.0
    /// Share of packets lost; where more is lost a round trip that stays is a queue of ours, which is full. A line that only is longer loses less.
    private static let lossMax = 0.05
    /// Of the budget what strain leaves; after CUBIC, which leaves as much (RFC 9438 §4.6).
    private static let strainFactor = 0.7
    /// How soon it leaves less: a queue of 100 ms and a round trip have gone by until what was left shows.
    private static let strainPause: Duration = .milliseconds(400)
    /// So often less is sent to leave a queue that does not shrink: 0.7 to the fourth is a quarter, and had it been ours it would have shrunk.
    private static let strainsMax = 4
    /// A queue has shrunk that is less than so many tenths of what it was: what `strainFactor` leaves of a queue that is all ours.
    private static let shrunkTenths = 7
    /// What the budget grows by in a calm second: from eight packets a second to thirty in six.
    private static let calmFactor = 1.25
    /// And near to what was too much: from 0.7 of that it takes nine seconds to be there again, so that it is strained a tenth of the time at most.
    private static let kneeFactor = 1.04
    /// Between two such steps; what the one before did must show.
    private static let calmPause: Duration = .seconds(1)
    /// Bytes a second: three packets of 100, headers included; even a line of 4800 bit/s takes that from one hand.
    static let budgetMin = 300.0
    /// Above it nothing is held back: 60 packets of 130.
    private static let budgetMax = 8_000.0
    /// Bytes of a packet besides what presence says: ours (header, tag, type, 24) and those of UDP and IPv4 (28).
    private static let headerBytes = 52.0
    /// A packet of a hand that draws, bytes, until one has gone: headers, and some five points of at most 13 (SE-31).
    private static let costTypical = 120.0
    /// How much one packet weighs in what packets cost: as RFC 9002 §5.3 smooths round trips.
    private static let costGain = 1.0 / 8
    /// Where less is not to become coarse, the budget keeps so much above: costs vary by a byte.
    private static let floorMargin = 1.01
}
