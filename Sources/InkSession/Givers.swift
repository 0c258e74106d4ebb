import InkPrimitives
import InkTransport

/// Whom we ask for what we lack, where it is much and several have it: one at a time, the one that brings it soonest (SE-166 to SE-168).
///
///     nobody ──somebody is ahead──▶ asked ──slow, and another is untried──▶ another asked ──all tried──▶ the fastest
///        ▲                            │ gone, or brings nothing
///        └──── nobody is ahead        └──▶ the next
///
/// All that is looked at is our own sight: nobody says how much room he has, and what he brings tells it, whatever he gives to others meanwhile.
struct Givers: Sendable {
    /// A neighbour that is ahead of us.
    struct Sight: Sendable {
        var connection: ConnectionID
        var isRelay: Bool
        var roundTrip: Duration?
        /// Transactions that it has more than we.
        var lead: Int
    }

    /// Another is to be asked from now on; who was asked before is told that it is enough.
    struct Turn: Equatable, Sendable {
        var ask: ConnectionID
        var leave: ConnectionID?
    }

    /// Who is asked now.
    private(set) var current: ConnectionID?
    private var askedAt: Instant = .distantPast
    /// What it brought since then: the first time, the last, bytes, transactions.
    private var firstAt: Instant?
    private var lastAt: Instant = .distantPast
    private var bytes = 0
    private var count = 0
    /// Bytes a second that each brought when it was asked last.
    private var rates: [ConnectionID: Double] = [:]
    /// When to look again, though nothing was heard; nil when nothing can follow from that.
    private(set) var deadline: Instant?

    /// Asked are those with so many transactions more; what is less is found by every comparison.
    static let leadMin = 64
    /// Who is asked has so long, or four round trips, to show how fast he is, and so long at most to bring nothing at all.
    static let trialTime: Duration = .milliseconds(700)
    static let stallTime: Duration = .milliseconds(1500)
    /// Another is not tried for what is here in so long anyway.
    private static let restMin: Duration = .seconds(2)
    /// So many are tried.
    private static let triesMax = 4
    /// One that was so many times faster is worth the change.
    private static let gain = 1.5

    /// History came from somebody.
    mutating func supplied(by source: ConnectionID, byteCount: Int, now: Instant) {
        guard source == current else { return }
        if firstAt == nil { firstAt = now }
        (lastAt, bytes, count) = (now, bytes + byteCount, count + 1)
    }

    /// Asks by itself: who enters the room first is asked before anybody knows what he has.
    mutating func began(with connection: ConnectionID, now: Instant) { begin(connection, now: now) }

    /// Who is to be asked, given who is ahead of us now.
    mutating func next(among sights: [Sight], now: Instant) -> Turn? {
        rates = rates.filter { rate in sights.contains { $0.connection == rate.key } }
        guard !sights.isEmpty else {
            (current, deadline) = (nil, nil)
            return nil
        }
        guard let current, let sight = sights.first(where: { $0.connection == current }) else {
            guard let best = best(of: sights) else { return nil }
            // One that is ahead no more has nothing to leave off; one that is gone hears nothing.
            return turn(to: best, leaving: nil, now: now)
        }
        let others = sights.filter { $0.connection != current }
        let patience = (sight.roundTrip ?? .zero) * 4
        let stallsAt = max(askedAt, lastAt) + max(Self.stallTime, patience)
        if now >= stallsAt {
            rates[current] = 0
            guard let best = best(of: others), rates[best.connection] != 0 else {
                // Nobody is better: the ordinary comparisons begin anew with this one.
                deadline = nil
                return nil
            }
            return turn(to: best, leaving: current, now: now)
        }
        let judgedAt = max(firstAt ?? .distantFuture, askedAt) + max(Self.trialTime, patience)
        if now >= judgedAt, let rate = measured(now: now) {
            rates[current] = rate
            let rest = Double(sight.lead) * Double(bytes) / Double(max(1, count)) / max(rate, 1)
            if rest > Self.restMin.milliseconds / 1000, let best = best(of: others), isWorth(best, than: rate) {
                return turn(to: best, leaving: current, now: now)
            }
            // A new measure from here on.
            (firstAt, bytes, count) = (now, 0, 0)
        }
        deadline = min(stallsAt, max(firstAt ?? .distantFuture, askedAt) + max(Self.trialTime, patience))
        return nil
    }

    /// Untried ones are worth a try, as long as few were tried; others if they were much faster.
    private func isWorth(_ sight: Sight, than rate: Double) -> Bool {
        guard let known = rates[sight.connection] else { return rates.count < Self.triesMax }
        return known > rate * Self.gain
    }

    private mutating func turn(to sight: Sight, leaving: ConnectionID?, now: Instant) -> Turn {
        begin(sight.connection, now: now)
        deadline = now + max(Self.stallTime, (sight.roundTrip ?? .zero) * 4)
        return Turn(ask: sight.connection, leave: leaving)
    }

    private mutating func begin(_ connection: ConnectionID, now: Instant) {
        (current, askedAt, firstAt, lastAt, bytes, count) = (connection, now, nil, .distantPast, 0, 0)
    }

    private func measured(now: Instant) -> Double? {
        guard let firstAt, now > firstAt else { return nil }
        return Double(bytes) * 1e9 / Double((now - firstAt).nanoseconds)
    }

    /// Untried ones first, direct before relayed, near before far; then the fastest.
    private func best(of sights: [Sight]) -> Sight? {
        sights.min { left, right in
            switch (rates[left.connection], rates[right.connection]) {
            case (nil, nil):
                if left.isRelay != right.isRelay { return !left.isRelay }
                let (near, far) = (left.roundTrip ?? .seconds(1), right.roundTrip ?? .seconds(1))
                return near != far ? near < far : left.connection < right.connection
            case (nil, .some): return rates.count < Self.triesMax
            case (.some, nil): return rates.count >= Self.triesMax
            case (let one?, let other?): return one != other ? one > other : left.connection < right.connection
            }
        }
    }
}
