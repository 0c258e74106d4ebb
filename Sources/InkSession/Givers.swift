import InkPrimitives
import InkTransport

/// Whom we ask for what we lack, where it is much and several have it: one at a time, the one that brings it soonest (SE-166 to SE-168).
///
///     nobody ──somebody is ahead──▶ asked ──slow, and another is untried──▶ another asked ──all tried──▶ the fastest
///        ▲                            │ gone, or brings nothing
///        └──── nobody is ahead,       └──▶ the next
///              or all were asked in vain
///
/// All that is looked at is our own sight: nobody says how much room he has, and what he brings tells it, whatever he gives to others meanwhile. Who
/// lies about what he has costs a trial, and keeps nobody else out for longer.
struct Givers: Sendable {
    /// A neighbour that is ahead of us.
    struct Sight: Sendable {
        var connection: ConnectionID
        var isRelay: Bool
        var roundTrip: Duration?
        /// Transactions that it has more than we, as it says; nil for one that was asked before it has said: it may have any number.
        var lead: Int?
    }

    /// Another is to be asked from now on; who was asked before is told that it is enough, if it is named.
    struct Turn: Equatable, Sendable {
        var ask: ConnectionID
        var leave: ConnectionID?
    }

    /// Who is asked now.
    private(set) var current: ConnectionID?
    private var askedAt: Instant = .distantPast
    /// What it brought since then: the first time, the last, transactions.
    private var firstAt: Instant?
    private var lastAt: Instant = .distantPast
    private var count = 0
    /// Transactions a second that each brought when it was asked last; zero for one that stalled.
    private var rates: [ConnectionID: Double] = [:]
    /// Transactions of history that were new here, whoever brought them.
    private var total = 0
    /// At what `total` each that is ahead will be so no longer, if it has what is brought.
    private var totals: [ConnectionID: Int] = [:]
    /// Something was heard that may change who is asked.
    private var hasHeard = false
    /// When to look again, though nothing was heard; nil when nothing can follow from that.
    private(set) var deadline: Instant?

    /// Asked are those with so many transactions more. What is less costs one comparison a packet or two, and is not worth a turn: it is what the
    /// transport takes at once anyway (`SessionTiming.connectionFillMin`), at 200 bytes each.
    static let leadMin = 64
    /// Who is asked has so long from what he brings first, or `patienceRoundTrips`, to show how fast he is: at 64 kbit/s 5 kB, some 25 transactions, of
    /// which one more or less is no matter.
    static let trialTime: Duration = .milliseconds(700)
    /// Who is asked may bring nothing for so long, or `patienceRoundTrips` (SE-168): a probe timeout and the packet that it sends again, with room.
    static let stallTime: Duration = .milliseconds(1500)
    /// Round trips in which a comparison is answered (two, where it descends) and a window has opened.
    private static let patienceRoundTrips = 4
    /// And no more, since who is asked says how long a round trip is, by when it acknowledges: the longest way of a second and a half.
    private static let patienceMax: Duration = .seconds(6)
    private static func patience(_ roundTrip: Duration?) -> Duration { min((roundTrip ?? .zero) * patienceRoundTrips, patienceMax) }
    /// Another is not tried for what is here in so long anyway (SE-167): a trial takes nearly half of that.
    private static let restMin: Duration = .seconds(2)
    /// So many that bring something are tried: the best of four is nearly the best of all, and each costs a trial.
    private static let triesMax = 4
    /// One that was so many times faster is worth the change: less is within what two measures of one line differ by.
    private static let gain = 1.5
    /// Measures count no longer: a line that was full or dead then may be free. With four who bring nothing a sixth of the time goes to trials.
    static let ratesLife: Duration = .seconds(30)

    /// Something was heard of who is here, and of what they have.
    mutating func heard() { hasHeard = true }

    /// True if it is to be looked now who is asked.
    mutating func isDue(now: Instant) -> Bool {
        guard hasHeard || deadline.map({ $0 <= now }) ?? false else { return false }
        hasHeard = false
        return true
    }

    /// History came from somebody that was not on the board: so many transactions entered it. What is known, or proves false, is nothing brought.
    ///
    /// They are counted, and not weighed: who makes up new ones to be stayed with needs (SE-315) as many as the honest would bring (`keepsOut`).
    mutating func supplied(by source: ConnectionID, count: Int, now: Instant) {
        guard count > 0 else { return }
        total += count
        guard source == current else { return }
        if firstAt == nil { firstAt = now }
        (lastAt, self.count) = (now, self.count + count)
    }

    /// What this one has more than we comes from the one asked: true until as many came (SE-314) as it was ahead when that was first seen. If it
    /// still is ahead then, something else is brought than what it has.
    func keepsOut(_ connection: ConnectionID) -> Bool {
        guard let current, current != connection else { return false }
        return totals[connection].map { total < $0 } ?? true
    }

    /// Asks by itself: who enters the room first is asked before anybody knows what he (SE-313) has.
    mutating func began(with connection: ConnectionID, roundTrip: Duration?, now: Instant) {
        begin(connection, roundTrip: roundTrip, now: now)
    }

    /// Who is to be asked, given who is ahead of us now.
    mutating func next(among sights: [Sight], now: Instant) -> Turn? {
        let ahead = Set(sights.map(\.connection))
        rates = rates.filter { ahead.contains($0.key) }
        totals = totals.filter { ahead.contains($0.key) }
        for sight in sights where totals[sight.connection] == nil { totals[sight.connection] = sight.lead.map { total + $0 } }
        guard !sights.isEmpty else {
            (current, deadline) = (nil, nil)
            return nil
        }
        guard let current, let sight = sights.first(where: { $0.connection == current }) else {
            guard let best = best(of: sights) else { return nil }
            // One that is ahead no more has nothing to leave off; one that is gone (SE-318) hears nothing.
            return turn(to: best, leaving: nil, now: now)
        }
        let others = sights.filter { $0.connection != current }
        let patience = Self.patience(sight.roundTrip)
        let stallsAt = max(askedAt, lastAt) + max(stallTime, patience)
        if now >= stallsAt {
            rates[current] = 0
            if let best = best(of: others), rates[best.connection] != 0 { return turn(to: best, leaving: current, now: now) }
            // Nobody brings anything: all may be compared with, and nothing is held (SE-317) against who was silent. Nobody is kept out by one who
            // is alone.
            if !others.isEmpty { (self.current, rates) = (nil, [:]) }
            deadline = nil
            return nil
        }
        if now - askedAt >= Self.ratesLife { rates = [:] }
        let judgedAt = max(firstAt ?? .distantFuture, askedAt) + max(Self.trialTime, patience)
        if now >= judgedAt, let rate = measured(now: now) {
            rates[current] = rate
            let isLong = sight.lead.map { Double($0) > rate * Self.restMin.milliseconds / 1000 } ?? true
            if isLong, let best = best(of: others), isWorth(best, than: rate) { return turn(to: best, leaving: current, now: now) }
            // A new measure from here on.
            (firstAt, count) = (now, 0)
        }
        deadline = min(stallsAt, max(firstAt ?? .distantFuture, askedAt) + max(Self.trialTime, patience))
        return nil
    }

    /// More are to be tried: of those that were, few brought anything.
    private var mayTry: Bool { rates.values.count { $0 > 0 } < Self.triesMax }

    /// Untried ones are worth a try, as long as few were tried; others if they were much faster.
    private func isWorth(_ sight: Sight, than rate: Double) -> Bool {
        guard let known = rates[sight.connection] else { return mayTry }
        return known > rate * Self.gain
    }

    private mutating func turn(to sight: Sight, leaving: ConnectionID?, now: Instant) -> Turn {
        begin(sight.connection, roundTrip: sight.roundTrip, now: now)
        // From whom what it has is to come all the same, it goes on coming.
        return Turn(ask: sight.connection, leave: leaving.flatMap { keepsOut($0) ? $0 : nil })
    }

    private mutating func begin(_ connection: ConnectionID, roundTrip: Duration?, now: Instant) {
        (current, askedAt, firstAt, lastAt, count) = (connection, now, nil, .distantPast, 0)
        deadline = now + max(stallTime, Self.patience(roundTrip))
    }

    /// What one before still had under way may be all that this one brings: of who brought something nobody is kept for long by one who has not.
    private var stallTime: Duration {
        firstAt == nil && rates.contains { $0.key != current && $0.value > 0 } ? Self.trialTime : Self.stallTime
    }

    private func measured(now: Instant) -> Double? {
        guard let firstAt, now > firstAt else { return nil }
        return Double(count) * 1e9 / Double((now - firstAt).nanoseconds)
    }

    /// Untried ones first, direct before relayed, near before far; then the fastest, and last who brought nothing.
    private func best(of sights: [Sight]) -> Sight? {
        let mayTry = mayTry
        return sights.min { left, right in
            switch (rates[left.connection], rates[right.connection]) {
            case (nil, nil):
                if left.isRelay != right.isRelay { return !left.isRelay }
                let (near, far) = (left.roundTrip ?? .seconds(1), right.roundTrip ?? .seconds(1))
                return near != far ? near < far : left.connection < right.connection
            case (nil, let rate?): return mayTry || rate == 0
            case (let rate?, nil): return !mayTry && rate > 0
            case (let one?, let other?): return one != other ? one > other : left.connection < right.connection
            }
        }
    }
}
