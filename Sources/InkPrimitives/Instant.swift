/// A point on the monotonic clock of one process, in nanoseconds since an origin that only the driver knows.
///
/// The core never reads a clock: every input brings its `now`. The clock counts suspend (CLOCK_BOOTTIME on Linux), so a laptop that
/// slept finds its keys expired and its peers away.
public struct Instant: Hashable, Comparable, Sendable {
    /// Nanoseconds since the origin; may be negative only in arithmetic on `distantPast`.
    public var nanoseconds: Int64

    /// The instant `nanoseconds` after the origin.
    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// The origin.
    public static let zero = Instant(nanoseconds: 0)
    /// Earlier than any instant a driver gives, and far enough from the limits that adding a day cannot overflow.
    public static let distantPast = Instant(nanoseconds: .min / 4)
    /// Later than any instant a driver gives.
    public static let distantFuture = Instant(nanoseconds: .max / 4)

    public static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }
    public static func + (instant: Instant, span: Duration) -> Instant { Instant(nanoseconds: instant.nanoseconds &+ span.nanoseconds) }
    public static func - (instant: Instant, span: Duration) -> Instant { Instant(nanoseconds: instant.nanoseconds &- span.nanoseconds) }
    /// How long after `right` this is; negative when it is before.
    public static func - (left: Instant, right: Instant) -> Duration { .nanoseconds(left.nanoseconds &- right.nanoseconds) }
    public static func += (instant: inout Instant, span: Duration) { instant = instant + span }
}

extension Duration {
    /// Whole nanoseconds, rounded toward zero. Range: ±292 years, beyond which this traps; no protocol value comes near.
    public var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }

    /// Milliseconds as a floating-point number, for display and statistics only.
    public var milliseconds: Double { Double(nanoseconds) / 1_000_000 }

    /// The span times a factor, in whole nanoseconds. `factor` must be finite and not negative.
    public func scaled(by factor: Double) -> Duration { .nanoseconds(Int64(Double(nanoseconds) * factor)) }
}

/// The earlier of two deadlines, where nil means "never".
public func earliest(_ left: Instant?, _ right: Instant?) -> Instant? {
    guard let left else { return right }
    guard let right else { return left }
    return min(left, right)
}
