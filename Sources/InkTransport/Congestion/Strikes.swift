import InkPrimitives

/// Times in a row that the queue was left and was there all the same: it belongs to others (TR-82), or is no queue (TR-87).
struct Strikes: Sendable {
    enum Verdict: Hashable, Sendable {
        /// It may still be ours.
        case own
        /// Somebody fills it.
        case others
        /// It does not move at all, whatever is done: the way has become longer.
        case longerWay
    }

    private(set) var count = 0
    private var first: Duration = .zero
    private var firstAt: Instant = .distantPast
    private var lastAt: Instant = .distantPast
    /// How much waits beyond the bound, milliseconds, times for how many seconds: ours leave little, and one who fills a queue much.
    private var evidence = 0.0
    private var least: Duration = .zero
    private var most: Duration = .zero

    /// So often the window is made smaller; what is left then is no queue of ours.
    static let drainsMax = 3
    private static let enough = 6
    /// Twice as many: who takes a queue for a longer way keeps it for good.
    private static let enoughOfSame = 12

    /// The queue is there, and longer than the bound.
    mutating func add(
        _ queue: Duration, over bound: Duration, noise: Duration, roundTrip: Duration, base: Duration, now: Instant
    ) -> Verdict {
        if count == 0 { (first, firstAt, lastAt, evidence) = (queue, now, now, 0) }
        evidence += (queue - bound).milliseconds * (now - lastAt).milliseconds / 1000
        lastAt = now
        // What shrinks is ours, or of one that yields as we do.
        guard count == 0 || queue * 10 >= first * 6 else { return .own }
        count += 1
        (least, most) = count <= 2 ? (queue, queue) : (min(least, queue), max(most, queue))
        // One of ours that begins has left it by then (TR-145).
        guard now - firstAt >= max(Self.startupTime, min(base * Self.startupTrips, Self.startupMax)) else { return .own }
        // Where a round trip takes long each says as much as several.
        guard count >= max(3, min(Self.enough, Int(Self.timeEnough.nanoseconds / max(1, roundTrip.nanoseconds)))) else { return .own }
        guard most - least <= max(.milliseconds(1), noise) else { return evidence >= Self.evidenceEnough ? .others : .own }
        return count >= Self.enoughOfSame ? .longerWay : .own
    }

    /// A round saw no queue: also beside one who fills it there are such.
    mutating func calm() { count = max(0, count - 2) }

    mutating func clear() { count = 0 }

    // TR-231
    private static let evidenceEnough = 40.0
    /// What a startup takes, in time, in round trips, and at most.
    private static let startupTime: Duration = .milliseconds(500)
    private static let startupTrips = 16
    private static let startupMax: Duration = .seconds(2)
    private static let timeEnough: Duration = .seconds(3)
}
