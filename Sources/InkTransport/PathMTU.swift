import InkPrimitives

/// The longest datagram that one path carries, searched for with packets that carry nothing else (RFC 8899; TR-110 to TR-112).
///
///     resting ──bulk waits, and the rest is over──▶ searching ──a size arrived──▶ the next size ──none is left, or three were lost──▶ resting
///        ▲                                                                                                                     10 min
///        └──long packets vanish (black hole)── whatever it was: back to 1200, search after a minute
///
/// All figures are bytes of UDP payload. *Departures:* the search needs no timer of its own, for it goes on only while there is bulk to send, which alone
/// uses what it finds; and a size is lost by the verdict that all packets are under, not after 15 s.
struct PathMTU: Hashable, Sendable {
    private enum Phase: Hashable, Sendable {
        case resting(until: Instant)
        /// `askedAt`: when the probe left that is on the way.
        case searching(size: Int, losses: Int, askedAt: Instant?)
    }

    /// What every path carries (TR-114).
    static let floor = Limits.datagramBytes
    /// What is left of tunnels, of lines with PPPoE, of Ethernet under IPv6 (1500 less 48) and under IPv4 (1500 less 28).
    static let sizes = [1280, 1400, 1452, 1472]
    static let largestV6 = 1452
    /// So many probes of one size are lost before it is too long (RFC 8899 §5.1.2; TR-224).
    private static let lossesMax = 3
    /// RFC 8899 §5.1.1, PMTU_RAISE_TIMER (TR-224).
    private static let rest: Duration = .seconds(600)
    /// After a black hole: the path may have changed for a moment only.
    private static let restAfterHole: Duration = .seconds(60)
    /// A probe of which nothing was heard for so long, since its path was left meanwhile, is lost.
    private static let unheardMax: Duration = .seconds(5)
    /// Long packets are lost, and none is acknowledged, for two round trips, and so long, before that is a black hole.
    private static let holeMin: Duration = .milliseconds(250)

    /// Longest datagram that may go, bytes.
    private(set) var current = floor
    private var phase = Phase.resting(until: .distantPast)
    /// Long packets lost since one was acknowledged, and when the answer to the first of them would have come.
    private var longLosses = 0
    private var longMissedAt: Instant = .distantPast

    /// How long a probe should leave now, bytes; nil for none.
    ///
    /// - Parameter largest: no more is tried.
    mutating func nextProbe(largest: Int, now: Instant) -> Int? {
        switch phase {
        case .resting(let until):
            guard now >= until else { return nil }
            search(largest: largest, now: now)
        case .searching(let size, let losses, let askedAt?):
            guard now - askedAt >= Self.unheardMax else { return nil }
            note(size: size, losses: losses + 1, now: now)
        case .searching: break
        }
        guard case .searching(let size, _, nil) = phase, size <= largest else { return nil }
        return size
    }

    /// The probe that `nextProbe` asked for leaves.
    mutating func sentProbe(now: Instant) {
        if case .searching(let size, let losses, _) = phase { phase = .searching(size: size, losses: losses, askedAt: now) }
    }

    /// A packet of the path arrived.
    mutating func acknowledged(_ byteCount: Int, largest: Int, now: Instant) {
        guard byteCount > Self.floor else { return }
        longLosses = 0
        guard case .searching(byteCount, _, .some) = phase, byteCount > current else { return }
        current = byteCount
        search(largest: largest, now: now)
    }

    /// A packet of the path is lost.
    ///
    /// - Returns: true if that says something of how much the path carries, and not only how long.
    mutating func lost(_ byteCount: Int, sentAt: Instant, roundTrip: Duration, now: Instant) -> Bool {
        guard byteCount > Self.floor else { return true }
        guard byteCount <= current else {
            // A probe, or what left before the path was found to carry less.
            if case .searching(byteCount, let losses, .some) = phase { note(size: byteCount, losses: losses + 1, now: now) }
            return false
        }
        if longLosses == 0 { longMissedAt = min(now, sentAt + roundTrip) }
        longLosses += 1
        // TR-112
        guard longLosses >= Self.lossesMax, now - longMissedAt >= max(roundTrip * 2, Self.holeMin) else { return true }
        (current, longLosses) = (Self.floor, 0)
        phase = .resting(until: now + Self.restAfterHole)
        return false
    }

    private mutating func search(largest: Int, now: Instant) {
        if let size = Self.sizes.first(where: { $0 > current && $0 <= largest }) {
            phase = .searching(size: size, losses: 0, askedAt: nil)
        } else {
            phase = .resting(until: now + Self.rest)
        }
    }

    private mutating func note(size: Int, losses: Int, now: Instant) {
        phase = losses < Self.lossesMax ? .searching(size: size, losses: losses, askedAt: nil) : .resting(until: now + Self.rest)
    }
}
