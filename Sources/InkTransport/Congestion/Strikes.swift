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
    private var least: Duration = .zero
    private var most: Duration = .zero

    /// So often the window is made smaller; what is left then is no queue of ours.
    static let drainsMax = 3
    private static let enough = 6
    /// Twice as many: who takes a queue for a longer way keeps it for good.
    private static let enoughOfSame = 12

    /// The queue is there.
    mutating func add(_ queue: Duration, noise: Duration, roundTrip: Duration) -> Verdict {
        if count == 0 { first = queue }
        // What shrinks is ours, or of one that yields as we do.
        guard count == 0 || queue * 10 >= first * 6 else { return .own }
        count += 1
        (least, most) = count <= 2 ? (queue, queue) : (min(least, queue), max(most, queue))
        // Where a round trip takes long each says as much as several.
        guard count >= max(3, min(Self.enough, Int(Self.timeEnough.nanoseconds / max(1, roundTrip.nanoseconds)))) else { return .own }
        guard most - least <= max(.milliseconds(1), noise) else { return .others }
        return count >= Self.enoughOfSame ? .longerWay : .own
    }

    /// A round saw no queue: also beside one who fills it there are such.
    mutating func calm() { count = max(0, count - 2) }

    mutating func clear() { count = 0 }

    private static let timeEnough: Duration = .seconds(3)
}
