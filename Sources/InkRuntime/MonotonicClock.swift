import InkPrimitives

/// Gives the `now` of every input: nanoseconds since an origin near the start of the process, suspend included.
///
/// Swift's `ContinuousClock` reads CLOCK_BOOTTIME on Linux and the continuous clock of Darwin. Event-loop timers use a clock that stands
/// still in suspend, which is why `Driver` re-reads this one at each wake and never sleeps long (RT-3).
public struct MonotonicClock: Sendable {
    private let read: @Sendable () -> Instant

    public init() {
        let origin = ContinuousClock.now
        read = { Instant(nanoseconds: 1_000_000_000 + (ContinuousClock.now - origin).nanoseconds) }
    }

    /// For tests, which jump.
    package init(reading read: @escaping @Sendable () -> Instant) { self.read = read }

    /// At least one second after the origin, so that "a while ago" is never negative.
    public var now: Instant { read() }
}
