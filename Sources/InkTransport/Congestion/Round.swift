import InkPrimitives

/// What was seen since a packet left that has arrived now: a round trip, or some of them where one says little.
struct Round: Sendable {
    static let samplesEnough = 8
    /// Round trips that one round takes at most, and the time from which one suffices.
    private static let tripsMax = 4
    private static let timeEnough: Duration = .milliseconds(500)

    /// It ends when a packet is acknowledged that left after so many bytes had arrived.
    private var end = 0
    private var trips = 0
    private(set) var began: Instant = .distantPast
    private(set) var shortest: Duration?
    private(set) var longest: Duration?
    private(set) var samples = 0
    /// Bytes that arrived and that were lost.
    private(set) var bytes = 0
    private(set) var lost = 0
    /// It brought a sample that tells what the line carries, and not only what there was to send.
    private(set) var tells = false
    /// Most bytes that were on the way in it, and in the one before.
    private var most = 0
    private var mostBefore = 0

    mutating func sent(bytesInFlight: Int) { most = max(most, bytesInFlight) }
    mutating func arrived(_ byteCount: Int) { bytes += byteCount }
    mutating func lost(_ byteCount: Int) { lost += byteCount }
    /// It was not lost after all.
    mutating func found(_ byteCount: Int) { lost = max(0, lost - byteCount) }

    mutating func sampled(isLimited: Bool) { tells = tells || !isLimited }

    mutating func take(_ span: Duration) {
        (shortest, longest) = (min(shortest ?? span, span), max(longest ?? span, span))
        samples += 1
    }

    /// A round trip is over, where the newest packet that arrived left after it began.
    ///
    /// - Parameters:
    ///   - prior: bytes that had arrived when that packet left.
    ///   - delivered: bytes that have by now.
    mutating func isTripOver(prior: Int, delivered: Int) -> Bool {
        guard prior >= end else { return false }
        end = delivered
        trips += 1
        return true
    }

    /// It says something.
    func isOver(roundTrip: Duration) -> Bool {
        samples >= Self.samplesEnough || trips >= Self.tripsMax || roundTrip * trips >= Self.timeEnough
    }

    /// Begins the next.
    mutating func next(now: Instant) {
        (trips, began, shortest, longest, samples, bytes, lost, tells) = (0, now, nil, nil, 0, 0, 0, false)
        (mostBefore, most) = (most, 0)
    }

    /// Most bytes that were on the way of late.
    var filled: Int { max(most, mostBefore) }
    /// Bytes a second that arrived.
    func rate(now: Instant) -> Double { Double(bytes) / max(Double((now - began).nanoseconds) / 1e9, 0.001) }
    /// Share of bytes that were lost.
    var loss: Double { Double(lost) / Double(max(1, bytes + lost)) }
}
