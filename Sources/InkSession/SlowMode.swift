import InkBoard
import InkPrimitives

/// How fast our own person goes where an owner slowed the board down, and what was told of that.
struct SlowMode: Sendable {
    /// Nil before anything was told.
    private(set) var told: BoardPace?
    /// When our next change may come.
    private var openAt: Instant?

    private var interval: Duration { .milliseconds(Int64(told?.milliseconds ?? 0)) }

    /// Takes what the board says; true where that is another than was told.
    mutating func follow(_ pace: BoardPace?) -> Bool {
        guard pace != told else { return false }
        let isNews = pace?.milliseconds ?? 0 != told?.milliseconds ?? 0
        told = pace
        return isNews
    }

    /// How long until a change of ours may come that is no owner's; zero for at once.
    func wait(now: Instant) -> Duration {
        guard interval > .zero, let openAt, openAt > now else { return .zero }
        // A shorter interval holds at once.
        return min(openAt - now, interval)
    }

    /// One was written.
    mutating func changed(now: Instant) { openAt = interval > .zero ? now + interval : nil }
}
