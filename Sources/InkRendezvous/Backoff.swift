import InkPrimitives

/// Growing pauses with full jitter (Brooker, "Exponential Backoff and Jitter", 2015): each is uniform below a bound that grows.
public struct Backoff: Hashable, Sendable {
    /// The first bound.
    public let first: Duration
    /// No bound is greater.
    public var limit: Duration
    /// Added to each pause, so that luck cannot make a storm.
    public let floor: Duration
    private var bound: Duration

    public init(first: Duration, limit: Duration, floor: Duration = .zero) {
        (self.first, self.limit, self.floor, bound) = (first, limit, floor, first)
    }

    /// The next pause: `floor` plus a part of the bound, which then grows by half.
    public mutating func next(using random: inout SplitMix64) -> Duration {
        let pause = floor + random.jitter(min(bound, limit))
        bound = min(limit, bound.scaled(by: 1.5))
        return pause
    }

    /// Begins again with the first bound.
    public mutating func reset() { bound = first }
}
