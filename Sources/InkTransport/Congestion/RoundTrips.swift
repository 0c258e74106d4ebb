import InkPrimitives

/// What the round trips of one path say of its length, its queue and its noise.
///
/// A short packet takes less time on the line, so short ones are compared with short ones and long ones with long ones. What is neither is
/// never the shortest, and compared with what lies between the two.
struct RoundTrips: Sendable {
    private(set) var smoothed: Duration = .milliseconds(333)
    /// How far two samples in a row are apart, in the mean: what a way of radio does, and a queue does not.
    private(set) var noise: Duration = .zero
    /// When one as short as the shortest was seen last.
    private(set) var shortAt: Instant = .distantPast
    /// The least of 10 s, of long packets and of short ones.
    private var long = Self.least
    private var short = Self.least
    /// What a shorter one of the handshake took: it stands for long ones until one has come.
    private var first: Duration?
    /// The least of short ones on this way: unlike that of 10 s it never rises, and a way that became longer is not taken for an empty line.
    private var shortestEver: Duration?
    /// The shortest from before a queue came that stays.
    private var kept: Duration?
    /// The last samples, as of long packets.
    private var recent: InlineArray<8, Duration> = .init(repeating: .zero)
    private var count = 0

    private static let least = WindowedExtreme<Duration>(over: .seconds(10)) { $0 < $1 }
    /// Bytes of a packet that counts as long, and of one that counts as short.
    private static let longMin = 900
    private static let shortMax = 300
    /// What the shortest of each kind have: what lies between takes what lies between.
    private static let longBytes = 1200
    private static let shortBytes = 100
    /// What is sent and acknowledged at one instant: what is divided by it must be positive.
    private static let instant: Duration = .microseconds(1)
    /// So much over the shortest is as good as the shortest.
    private static let near: Duration = .milliseconds(1)

    /// The handshake took so long, with a first packet of so many bytes.
    ///
    /// That of the responder is no long one: on a narrow line a long one takes much longer, and the difference is no queue.
    mutating func begin(_ span: Duration, byteCount: Int, now: Instant) {
        let span = max(span, Self.instant)
        smoothed = span
        if byteCount >= Self.longMin { long.take(span, now: now) } else { first = span }
    }

    /// Takes a sample.
    ///
    /// - Parameter span: of a packet of so many bytes, less what the peer held the acknowledgement.
    /// - Returns: what a long packet would have taken; nil where that is not known.
    mutating func take(_ span: Duration, byteCount: Int, now: Instant) -> Duration? {
        guard let span = asLong(span, byteCount: byteCount, now: now) else { return nil }
        if span <= (base ?? span) + Self.near { shortAt = now }
        smoothed = smoothed * 7 / 8 + span / 8
        if count > 0 {
            let last = recent[(count - 1) % recent.count]
            noise = noise * 15 / 16 + (span > last ? span - last : last - span) / 16
        }
        recent[count % recent.count] = span
        count += 1
        return span
    }

    private mutating func asLong(_ span: Duration, byteCount: Int, now: Instant) -> Duration? {
        // Sent and acknowledged at one instant, or held for longer than it took, as the peer says.
        let span = max(span, Self.instant)
        if byteCount >= Self.longMin {
            long.take(span, now: now)
            return span
        }
        if byteCount <= Self.shortMax { short.take(span, now: now) }
        guard let base else { return nil }
        // TR-148: where a short one takes as little as ever the line is empty, and the way no longer than it was: long ones may always wait for it.
        if byteCount <= Self.shortMax, kept == nil, let known = long.value {
            let least = min(shortestEver ?? span, span)
            shortestEver = least
            if least < known, span <= least + (known - least) / 16 { long.take(known, now: now) }
        }
        // Without short ones one between the two says little, but where it is very late: a probe may be all that is ever the newest.
        guard let shortest = short.value else { return span > base * 2 ? span : nil }
        // No short one takes longer than a long one: where the shortest did, it has waited.
        let least = min(shortest, base)
        guard byteCount > Self.shortMax, least < base else { return max(Self.instant, base + (span - least)) }
        let part = min(byteCount, Self.longBytes) - Self.shortBytes
        return max(Self.instant, base + (span - least - (base - least) * part / (Self.longBytes - Self.shortBytes)))
    }

    /// The round trip without any queue.
    var base: Duration? {
        guard let kept else { return long.value ?? first }
        return min(kept, long.value ?? kept)
    }

    /// What the newest sample waited.
    var queue: Duration { queue(ofLast: 1) ?? .zero }

    /// The least that any of the last samples waited: a way that jitters seems to have a queue in each single one.
    ///
    /// - Returns: nil where there are fewer.
    func queue(ofLast wanted: Int) -> Duration? {
        guard count >= wanted, let base else { return nil }
        return (1...wanted).reduce(.seconds(1000)) { min($0, recent[(count - $1) % recent.count]) } - base
    }

    /// The most that one of the last samples waited.
    func greatestQueue(ofLast wanted: Int) -> Duration {
        guard count > 0, let base else { return .zero }
        return (1...min(wanted, count)).reduce(.zero) { max($0, recent[(count - $1) % recent.count] - base) }
    }

    /// Whether a newest sample there is.
    var hasSample: Bool { count > 0 }

    /// A queue is there that may stay: the shortest is remembered beyond its time.
    mutating func keep() { kept = base }

    mutating func release() { kept = nil }

    /// The way itself has become longer.
    mutating func restart(at span: Duration, now: Instant) {
        (kept, shortestEver) = (nil, nil)
        long.forget()
        short.forget()
        long.take(span, now: now)
    }
}
