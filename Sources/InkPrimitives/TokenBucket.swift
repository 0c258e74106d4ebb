/// Allows `burst` things at once and `rate` a second in the long run.
public struct TokenBucket: Hashable, Sendable {
    /// Tokens a second.
    private let rate: Double
    /// Tokens in a full bucket.
    private let burst: Double
    private var tokens: Double
    private var filledAt: Instant

    /// A full bucket. Both figures must be positive.
    public init(rate: Double, burst: Double, now: Instant) {
        precondition(rate > 0 && burst > 0, "a bucket needs a rate and a burst, not \(rate) and \(burst)")
        (self.rate, self.burst, tokens, filledAt) = (rate, burst, burst, now)
    }

    /// Takes `cost` tokens; false, and takes none, when there are fewer.
    public mutating func take(_ cost: Double = 1, now: Instant) -> Bool {
        fill(now: now)
        guard tokens >= cost else { return false }
        tokens -= cost
        return true
    }

    /// How long until there are `cost` tokens, which must not be more than the burst; zero if they are there.
    public mutating func wait(for cost: Double, now: Instant) -> Duration {
        fill(now: now)
        return tokens >= cost ? .zero : .nanoseconds(Int64(((cost - tokens) / rate * 1e9).rounded(.up)))
    }

    /// Takes `cost` tokens, also those that are still to come: for work whose cost is known only when it is done.
    public mutating func charge(_ cost: Double, now: Instant) {
        fill(now: now)
        tokens -= cost
    }

    /// Gives tokens back that were taken for nothing.
    public mutating func giveBack(_ cost: Double, now: Instant) {
        fill(now: now)
        tokens = min(burst, tokens + cost)
    }

    /// True when nothing was taken for so long that the bucket is as new.
    public mutating func isFull(now: Instant) -> Bool {
        fill(now: now)
        return tokens >= burst
    }

    private mutating func fill(now: Instant) {
        let elapsed = max(0, now - filledAt > .zero ? Double((now - filledAt).nanoseconds) / 1e9 : 0)
        tokens = min(burst, tokens + elapsed * rate)
        filledAt = max(filledAt, now)
    }
}
