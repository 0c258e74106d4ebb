import InkPrimitives

/// Packet numbers that are left out now and then, so that a peer that acknowledges what it did not get names one of them (RFC 9000 §21.4).
struct SkippedNumbers: Sendable {
    private var random: SplitMix64
    /// The next that is left out.
    private var nextAt: UInt64
    /// Ascending: those that an acknowledgement may still name by mistake, or by a lie. Of more than `rememberedMax` the oldest are forgotten.
    private var numbers: [UInt64] = []
    var remembered: Int { numbers.count }

    /// Packets between two of them; the first comes sooner (TR-212).
    private static let pauseMin = 64
    private static let pauseSpread = 448
    private static let firstMin = 16
    private static let firstSpread = 48
    /// While the oldest packet waits for its acknowledgement the peer can call forth any number behind it that ask for none, and each acknowledgement is
    /// held against all that are remembered. These are among the last 18 000 packets, which are more than the largest window has.
    static let rememberedMax = 64

    /// - Parameter random: nothing that the peer can foresee: its seed comes from the secret stream, and of its numbers the peer sees a few bits each.
    init(random: SplitMix64) {
        self.random = random
        nextAt = UInt64(Self.firstMin + self.random.below(Self.firstSpread))
    }

    /// The number after this one.
    mutating func following(_ number: UInt64) -> UInt64 {
        guard number + 1 >= nextAt else { return number + 1 }
        if numbers.count >= Self.rememberedMax { numbers.removeFirst() }
        numbers.append(number + 1)
        nextAt = number + 2 + UInt64(Self.pauseMin + random.below(Self.pauseSpread))
        return number + 2
    }

    func isNamed(in acknowledgement: Acknowledgement) -> Bool {
        guard let oldest = numbers.first, acknowledgement.largest >= oldest else { return false }
        return numbers.contains { number in
            acknowledgement.newest.contains(number) || acknowledgement.older.contains(number)
        }
    }

    /// No acknowledgement of what is below says anything any more.
    mutating func forget(below number: UInt64) {
        guard let first = numbers.first, first < number else { return }
        numbers.removeFirst(numbers.firstIndex { $0 >= number } ?? numbers.count)
    }

    /// Those of the next keys, whose packets are counted anew.
    func renewed() -> SkippedNumbers { SkippedNumbers(random: random.split("renewed")) }
}
