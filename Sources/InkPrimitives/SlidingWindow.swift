/// Which packet numbers were accepted: the `Limits.replayWindow` newest (RFC 9147 §4.5.1, RFC 6479).
///
/// Asking and committing are two calls on purpose: a number is committed only after its packet's tag verified, else a forger could
/// burn numbers that are still to come (PR-3).
public struct SlidingWindow: Hashable, Sendable {
    // A ring of 128 words; the word of the newest number is never shared with the oldest one, which leaves 127 words of window.
    private var words: [UInt64] = Array(repeating: 0, count: 128)
    /// The greatest number committed; nil before the first.
    public private(set) var newest: UInt64?

    /// An empty window.
    public init() {}

    /// True if `number` was not committed before and is not too old to tell.
    public func accepts(_ number: UInt64) -> Bool {
        guard let newest, number <= newest else { return true }
        guard newest - number < UInt64(Limits.replayWindow) else { return false }
        return words[Int(number >> 6 & 127)] & (1 << (number & 63)) == 0
    }

    /// Marks `number` as accepted. Call only for a number that `accepts` allows, after its packet verified.
    public mutating func commit(_ number: UInt64) {
        if let newest {
            if number > newest {
                let steps = min(number >> 6 &- newest >> 6, 128)
                for step in 0..<steps { words[Int(((newest >> 6) &+ step &+ 1) & 127)] = 0 }
                self.newest = number
            }
        } else {
            newest = number
        }
        words[Int(number >> 6 & 127)] |= 1 << (number & 63)
    }
}
