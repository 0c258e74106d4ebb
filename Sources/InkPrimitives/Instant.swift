/// A point on the monotonic clock of one process, in nanoseconds since an origin that only the driver knows.
///
/// The core never reads a clock: every input brings its `now`. The clock counts suspend (CLOCK_BOOTTIME on Linux), so a laptop that
/// slept finds its keys expired and its peers away.
///
/// Inlined, as are the operators on `Duration` below: the transport reckons with time dozens of times a packet, and calls through generic operators
/// were an eighth of a round trip's work.
public struct Instant: Hashable, Comparable, Sendable {
    /// Nanoseconds since the origin; may be negative only in arithmetic on `distantPast`.
    public var nanoseconds: Int64

    /// The instant `nanoseconds` after the origin.
    @inlinable public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// The origin.
    @inlinable public static var zero: Instant { Instant(nanoseconds: 0) }
    /// Earlier than any instant a driver gives, and far enough from the limits that adding a day cannot overflow.
    @inlinable public static var distantPast: Instant { Instant(nanoseconds: .min / 4) }
    /// Later than any instant a driver gives.
    @inlinable public static var distantFuture: Instant { Instant(nanoseconds: .max / 4) }

    @inlinable public static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }
    @inlinable public static func == (left: Instant, right: Instant) -> Bool { left.nanoseconds == right.nanoseconds }
    @inlinable public static func + (instant: Instant, span: Duration) -> Instant {
        Instant(nanoseconds: instant.nanoseconds &+ span.nanoseconds)
    }
    @inlinable public static func - (instant: Instant, span: Duration) -> Instant {
        Instant(nanoseconds: instant.nanoseconds &- span.nanoseconds)
    }
    /// How long after `right` this is; negative when it is before.
    @inlinable public static func - (left: Instant, right: Instant) -> Duration { .nanoseconds(left.nanoseconds &- right.nanoseconds) }
    @inlinable public static func += (instant: inout Instant, span: Duration) { instant = instant + span }
}

extension Duration {
    /// Whole nanoseconds, rounded toward zero. Range: ±292 years, beyond which this traps; no protocol value comes near.
    @inlinable public var nanoseconds: Int64 {
        let whole = attoseconds
        // Up to nine seconds a division by a constant does, which is a multiplication.
        if let short = Int64(exactly: whole) { return short / 1_000_000_000 }
        return Int64(whole / 1_000_000_000)
    }

    /// So many nanoseconds. As the standard library's, which is generic.
    @inlinable public static func nanoseconds(_ count: Int64) -> Duration { Duration(attoseconds: Int128(count) &* 1_000_000_000) }

    /// Milliseconds as a floating-point number, for display and statistics only.
    public var milliseconds: Double { Double(nanoseconds) / 1_000_000 }

    /// The span times a factor, in whole nanoseconds. `factor` must be finite and not negative.
    @inlinable public func scaled(by factor: Double) -> Duration { .nanoseconds(Int64(Double(nanoseconds) * factor)) }

    /// As the standard library's, which is generic; wraps around where that traps, at 5 × 10^12 years.
    @inlinable @inline(__always) public static func * (span: Duration, factor: Int) -> Duration {
        Duration(attoseconds: span.attoseconds &* Int128(factor))
    }
    /// As the standard library's, which is generic; `divisor` must not be zero. Inlined always, since nearly all divisors are constants, and most are powers of two.
    @inlinable @inline(__always) public static func / (span: Duration, divisor: Int) -> Duration {
        Duration(attoseconds: span.attoseconds / Int128(divisor))
    }
}

/// The earlier of two deadlines, where nil means "never".
@inlinable public func earliest(_ left: Instant?, _ right: Instant?) -> Instant? {
    guard let left else { return right }
    guard let right else { return left }
    return min(left, right)
}
