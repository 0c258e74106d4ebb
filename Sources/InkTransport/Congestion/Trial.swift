import InkPrimitives

/// Where packets are lost and no queue is seen it may be too short to be (TR-203): if as much arrives of less, less is right; else it is radio.
struct Trial: Sendable {
    private var before: (window: Double, arrived: Double)?
    private var at: Instant = .distantPast
    private var pause: Duration = pauseMin
    /// Share of bytes lost, over about four rounds.
    private var loss = 0.0

    /// Less than before is sent.
    var isOn: Bool { before != nil }

    /// A round without a queue is over.
    ///
    /// - Returns: the window, where that is decided here.
    mutating func decide(window: Double, round: Round, now: Instant) -> Double? {
        loss += (round.loss - loss) / 4
        let arrived = round.rate(now: now)
        guard let tried = before else {
            guard loss > Self.lossLow, now >= at else { return nil }
            before = (window, arrived)
            return window * 0.8
        }
        before = nil
        guard arrived < tried.arrived * 0.9 else {
            pause = Self.pauseMin
            return window
        }
        // Radio: it is not asked again soon.
        (at, pause) = (now + pause, min(pause * 2, Self.pauseMax))
        return max(window, tried.window)
    }

    mutating func stop() { before = nil }

    private static let lossLow = 0.02
    private static let pauseMin: Duration = .seconds(3)
    private static let pauseMax: Duration = .seconds(40)
}
