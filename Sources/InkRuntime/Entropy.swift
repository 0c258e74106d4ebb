/// Randomness of the system, for seeds. Everything else that is random grows from a seed.
public enum Entropy {
    /// `count` bytes from getrandom or its like.
    public static func bytes(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    /// 32 bytes.
    public static func seed() -> [UInt8] { bytes(32) }
}
