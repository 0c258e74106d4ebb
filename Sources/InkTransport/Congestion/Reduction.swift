import InkPrimitives

/// What packets judged lost took from the window; given back where all of them arrive.
struct Reduction: Sendable {
    let window: Double
    let cubic: Cubic
    /// Packets that left between these belong to it.
    let since: Instant
    let until: Instant
    private(set) var packets: Int

    init(window: Double, cubic: Cubic, since: Instant, until: Instant, packets: Int) {
        (self.window, self.cubic, self.since, self.until, self.packets) = (window, cubic, since, until, packets)
    }

    private func owns(_ sentAt: Instant) -> Bool { sentAt > since && sentAt <= until }

    mutating func lost(sentAt: Instant) { if owns(sentAt) { packets += 1 } }

    /// True if that was the last.
    mutating func found(sentAt: Instant) -> Bool {
        guard owns(sentAt) else { return false }
        packets -= 1
        return packets == 0
    }
}
