import InkPrimitives

extension MonotonicClock {
    /// The clock of this process, the same wherever it is named; hand it on rather than name it twice, so that a test can give another.
    ///
    /// Swift's `ContinuousClock` reads CLOCK_BOOTTIME on Linux and the continuous clock of Darwin: both count suspend.
    public static let system: MonotonicClock = {
        let origin = ContinuousClock.now
        return MonotonicClock { Instant(nanoseconds: 1_000_000_000 + (ContinuousClock.now - origin).nanoseconds) }
    }()
}
