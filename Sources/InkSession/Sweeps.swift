import InkPrimitives

/// When all neighbours are looked at. In a crowd not at each input: of hundreds each acknowledges each packet, and to look at all for each of them
/// would cost the square (SE-84).
struct Sweeps: Sendable {
    private(set) var last: Instant = .distantPast
    /// When they are to be looked at next, where that was put off.
    private(set) var next: Instant?
    /// How long until the next look at all of them; zero unless those who answer are a crowd.
    private var pause: Duration = .zero

    mutating func isDue(now: Instant) -> Bool {
        guard now < last + pause else { return true }
        next = last + pause
        return false
    }

    /// - Parameter present: people on the board, ourselves among them.
    mutating func began(present: Int, now: Instant) {
        (last, next) = (now, nil)
        // Nothing is due to those who do not answer, and there is no haste to find that out.
        pause = SessionTiming.sweepPauseEach * max(0, present - 1 - SessionTiming.crowd)
    }

    /// When to look for what is due at `instant`.
    func time(of instant: Instant) -> Instant { pause > .zero ? max(instant, last + pause) : instant }
}
