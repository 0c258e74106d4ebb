/// The generator SplitMix64 (Steele, Lea, Flood 2014): 64 bits of state, one pass, splittable by name.
///
/// For jitter, simulation and tests; never for secrets. The same seed gives the same numbers in every process and on every platform.
public struct SplitMix64: RandomNumberGenerator, Hashable, Sendable {
    private var state: UInt64

    /// A generator whose whole future is a function of `seed`.
    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.mix(state)
    }

    /// An independent stream for `name`. Streams of different names do not disturb each other, so adding one reshuffles nothing (PR-5).
    public func split(_ name: String) -> SplitMix64 {
        var hash = state
        for byte in name.utf8 { hash = Self.mix((hash ^ UInt64(byte)) &+ 0x9E37_79B9_7F4A_7C15) }
        return SplitMix64(seed: Self.mix(hash))
    }

    /// A number in `0..<1`, uniform over multiples of 2^-53.
    public mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// True with probability `probability` (0...1).
    public mutating func chance(_ probability: Double) -> Bool { unit() < probability }

    /// A number in `0..<bound`, without modulo bias worth naming at the bounds used here (< 2^32). `bound` must be positive.
    public mutating func below(_ bound: Int) -> Int {
        precondition(bound > 0, "a bound must be positive, not \(bound)")
        return Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// A span uniform in `0..<span` (full jitter).
    public mutating func jitter(_ span: Duration) -> Duration { span.scaled(by: unit()) }

    private static func mix(_ value: UInt64) -> UInt64 {
        var mixed = value
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
