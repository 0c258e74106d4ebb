/// Gives every input of a process its `now`: nanoseconds since an origin near the start of the process, suspend included.
///
/// One clock is made for a process and handed to all that keeps time in it, since instants of two clocks have nothing to do with each other
/// (RT-3). This value is only the way to read it: nothing on the lower floors does, shells do, and hand on what they read.
public struct MonotonicClock: Sendable {
    private let read: @Sendable () -> Instant

    /// - Parameter read: gives instants that never go back and count suspend, at least one second after the origin, so that "a while ago"
    ///   is never negative. A shell passes one that reads the system, a test one that stands and jumps.
    public init(reading read: @escaping @Sendable () -> Instant) { self.read = read }

    /// The instant now.
    public var now: Instant { read() }

    /// How long something that waits by another clock may sleep for `deadline`: not at all once it has come, and never longer than
    /// `sleepMax` (PR-10).
    ///
    /// The timers of event loops and of `poll` stand still in suspend, and this clock does not: whoever slept through it looks at most so
    /// late after the machine woke up.
    public static func sleep(until deadline: Instant, now: Instant) -> Duration { min(max(deadline - now, .zero), sleepMax) }

    /// Longest sleep while anything is due: what a person who opens a laptop does not take for a fault.
    public static let sleepMax: Duration = .seconds(1)
}
