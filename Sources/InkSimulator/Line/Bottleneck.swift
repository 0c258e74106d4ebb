import InkPrimitives

/// One direction of a line that several share (SM-70): a queue that drops what would wait too long, the line, and the way behind it.
package struct Bottleneck {
    /// Bits a second.
    package var rate: Double
    /// A packet that would wait longer before it is begun to be sent is dropped.
    package var queue: Duration
    /// One way, behind the line.
    package var delay: Duration
    /// Share of packets that are lost behind the line in the long run.
    package var loss: Double
    /// Lost packets come so many at a time (1: each for itself, independent of each other).
    package var burst = 1
    /// Bursts have `burst` packets in the mean, geometrically distributed (Gilbert, 1960, with h = 0), instead of so many each. Between two of them is one
    /// packet at least, so no more than `burst` of `burst + 1` are lost.
    package var isGilbert = false
    /// A packet takes up to so much longer, by chance; none overtakes another.
    package var jitter: Duration = .zero
    /// Of the packets that pass these are lost besides, counted from 0.
    package var doomed: Set<Int> = []

    private var random: SplitMix64
    private var freeAt: Instant = .distantPast
    private var arrivedAt: Instant = .distantPast
    private var lossesLeft = 0
    package private(set) var dropped = 0
    package private(set) var passed = 0
    /// How long packets waited: the sum over all, and the greatest since it was asked for last.
    package private(set) var waitSum: Duration = .zero
    package private(set) var waitMax: Duration = .zero

    /// IP and UDP headers, bytes.
    private static let headers = 28

    package init(rate: Double, queue: Duration, delay: Duration, loss: Double = 0, random: SplitMix64) {
        (self.rate, self.queue, self.delay, self.loss, self.random) = (rate, queue, delay, loss, random)
    }

    /// When a datagram is at the other end; nil if it never is.
    package mutating func take(_ byteCount: Int, now: Instant) -> Instant? {
        let wait = max(.zero, freeAt - now)
        guard wait <= queue else {
            dropped += 1
            return nil
        }
        freeAt = max(freeAt, now) + .nanoseconds(Int64(Double(byteCount + Self.headers) * 8e9 / rate))
        passed += 1
        waitSum += wait
        waitMax = max(waitMax, wait)
        let isDoomed = doomed.contains(passed - 1)
        guard !isLost(), !isDoomed else { return nil }
        guard jitter > .zero else { return freeAt + delay }
        arrivedAt = max(arrivedAt, freeAt + delay + random.jitter(jitter))
        return arrivedAt
    }

    private mutating func isLost() -> Bool {
        if isGilbert {
            lossesLeft = random.chance(lossesLeft > 0 ? 1 - 1 / Double(burst) : loss / (Double(burst) * (1 - loss))) ? 1 : 0
            return lossesLeft > 0
        }
        if lossesLeft > 0 {
            lossesLeft -= 1
            return true
        }
        // Of those that begin no burst as many are between two as make the share come true.
        guard random.chance(loss / (Double(burst) - loss * Double(burst - 1))) else { return false }
        lossesLeft = burst - 1
        return true
    }

    /// Begins to count anew.
    package mutating func resetCounts() { (dropped, passed, waitSum, waitMax) = (0, 0, .zero, .zero) }
}
