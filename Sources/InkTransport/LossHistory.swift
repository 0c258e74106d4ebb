import InkPrimitives

/// What is known of the losses of one path. It outlives keys: what was sent under old ones and is judged late tells as much of the line.
struct LossHistory: Sendable {
    /// Share of packets lost, over about 100 packets.
    private(set) var estimate = 0.0
    private var runs = LossRuns()

    private static let weight = 0.01

    /// A packet is lost, with its place among those that went this way.
    mutating func lost(_ ordinal: UInt64, now: Instant) {
        estimate += (1 - estimate) * Self.weight
        runs.lost(ordinal, now: now)
    }

    /// A packet arrived.
    mutating func arrived() { estimate -= estimate * Self.weight }

    /// One that was judged lost arrived after all: it was no loss.
    mutating func arrivedLate() { estimate = max(0, estimate - Self.weight) }

    /// Losses come several in a row, of late.
    func areTogether(now: Instant) -> Bool { runs.areTogether(now: now) }
}
