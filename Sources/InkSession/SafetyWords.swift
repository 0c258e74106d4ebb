import InkBoard
import InkCrypto
import InkPrimitives

/// Six words by which two people find out that nobody stands between them: each reads them from his own screen, over the telephone or side by side.
///
/// They are made of both long-term device keys, whichever comes first. Who stands between two shows each of them a key of his own, and the words
/// agree only if he has found two keys that fit: 2^33 tries on each side, of which each costs a pass of the slow hash (SE-241).
public struct SafetyWords: Hashable, Sendable, CustomStringConvertible {
    public let words: [String]

    public static let count = 6
    /// What one try costs who makes the words, and who wants to forge them: three passes over 256 MiB, 0.8 s of one core.
    public static let cost = Argon2id.Cost.moderate

    /// Takes as long as the hash does: not on a loop (SE-374). Nil where this machine does not give the memory.
    public init?(_ one: AuthorID, _ other: AuthorID, cost: Argon2id.Cost = Self.cost) {
        let keys = [one, other].sorted()
        let input = Array("inkwire/1 safety words".utf8) + keys.flatMap(\.bytes)
        guard let digest = Argon2id.hash(input, salt: Self.salt, cost: cost, count: 16) else { return nil }
        words = (0..<Self.count).map { place in
            CodeWords.all[(0..<Self.bitsPerWord).reduce(0) { $0 << 1 | Self.bit(place * Self.bitsPerWord + $1, of: digest) }]
        }
    }

    public var description: String { words.joined(separator: " ") }

    /// For whom there are no words: why, and what to do.
    public static let obstacle =
        "the safety words need \(cost.memory >> 20) MiB of memory, which this machine does not give now: end other programs, and ask again"

    private static func bit(_ place: Int, of bytes: [UInt8]) -> Int { Int(bytes[place / 8] >> UInt8(7 - place % 8)) & 1 }

    /// The same for all: what is hashed is no secret, and all are to get the same words.
    private static let salt = Array("inkwire/1 safety".utf8)
    private static let bitsPerWord = 11
}
