import InkPrimitives

/// Notices that a process was not run: stopped by a signal, or its machine asleep (RT-120).
///
/// A loop that runs turns at least each `turnMax`. One that turns much later was kept from it: the clock, which counts suspend, says for how long. A
/// machine that is merely busy is late by less; where it is not, nothing is done but asking the peers whether they live.
struct GapWatch {
    /// The longest pause between two turns of a loop that runs.
    private let turnMax: Duration
    private var last: Instant?

    /// So much later than `turnMax` is a gap.
    static let lateMin: Duration = .seconds(2)

    init(turnMax: Duration) { self.turnMax = turnMax }

    /// The loop turns.
    ///
    /// - Returns: how long it was not run; nil where it was.
    mutating func turn(now: Instant) -> Duration? {
        defer { last = now }
        guard let last, now - last >= turnMax + Self.lateMin else { return nil }
        return now - last
    }
}
