import InkPrimitives

/// TR-84: what live lanes may send though the window is full: bulk in it never holds them up, and they do not fill a line by themselves.
struct LiveAllowance: Sendable {
    /// Bytes a second, and those of a path of which nothing is known.
    static let rateMax = 16_000.0
    static let rateUnknown = 4_000.0
    private static let burst = Double(2 * Limits.datagramBytes)

    /// When all of the burst is there again.
    private var fullAt: Instant = .distantPast

    /// When something may leave: with half of the burst there is a packet.
    func next(rate: Double) -> Instant { fullAt - .nanoseconds(Int64(Self.burst / 2 * 1e9 / max(rate, 100))) }

    mutating func sent(_ byteCount: Int, rate: Double, now: Instant) {
        fullAt = max(fullAt, now) + .nanoseconds(Int64(Double(byteCount) * 1e9 / max(rate, 100)))
    }
}
