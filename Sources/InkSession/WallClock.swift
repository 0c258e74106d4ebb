import InkPrimitives

/// The time of day as this machine believes, for display only.
struct WallClock: Sendable {
    /// Milliseconds since 1970 when it was set; 0 before that.
    private var base: UInt64 = 0
    private var setAt: Instant = .zero

    var isSet: Bool { base > 0 }

    mutating func set(to milliseconds: UInt64, now: Instant) { (base, setAt) = (milliseconds, now) }

    /// Milliseconds since 1970.
    func time(now: Instant) -> UInt64 { base &+ UInt64(max(0, (now - setAt).nanoseconds / 1_000_000)) }
}
