import InkPrimitives

/// How many packets in a row are lost when one is.
///
/// What loses single packets is answered by the next one; what loses several needs copies that are further apart, and more packets.
struct LossRuns: Sendable {
    /// Length of a run, in the mean over about eight of them; 1 where each loss stands alone.
    private(set) var mean = 1.0
    private var last: UInt64?
    private var run = 0
    private var lostAt: Instant = .distantPast

    /// So many in a row are no chance: they count at once, and not as more than `longest`, for a queue that overflows loses any number.
    private static let plain = 3
    private static let longest = 4
    private static let weight = 1.0 / 8
    /// From this mean on losses come together, for so long after the last one.
    private static let togetherMin = 1.75
    private static let memory: Duration = .seconds(2)

    /// A packet is lost, with its place among those that went this way. They come in ascending order but for what is lost by time.
    mutating func lost(_ ordinal: UInt64, now: Instant) {
        lostAt = now
        defer { last = ordinal }
        guard let last, ordinal == last + 1 else {
            run = 1
            mean += (1 - mean) * Self.weight
            return
        }
        run += 1
        guard run <= Self.longest else { return }
        mean += Self.weight
        if run >= Self.plain { mean = max(mean, Double(run)) }
    }

    /// Losses come several in a row, of late.
    func areTogether(now: Instant) -> Bool { mean >= Self.togetherMin && now - lostAt < Self.memory }
}
