/// Thirty-two bytes that name one thing; the tag says what kind, so that a board's name cannot pass for an author's.
///
/// Ordered as the bytes are ordered, first byte first.
public struct Identifier<Tag>: Hashable, Comparable, Sendable {
    // Four big-endian words: compared and hashed without a loop, stored without an allocation.
    private let word0: UInt64
    private let word1: UInt64
    private let word2: UInt64
    private let word3: UInt64

    /// Length in bytes.
    public static var byteCount: Int { 32 }
    /// All zero: "none yet", for example the board id inside genesis.
    public static var zero: Identifier { Identifier(0, 0, 0, 0) }

    private init(_ word0: UInt64, _ word1: UInt64, _ word2: UInt64, _ word3: UInt64) {
        (self.word0, self.word1, self.word2, self.word3) = (word0, word1, word2, word3)
    }

    /// The identifier with these bytes; nil unless there are exactly 32.
    public init?(_ bytes: some Collection<UInt8>) { self.init(Array(bytes)[...]) }

    /// The identifier with these bytes; nil unless there are exactly 32.
    public init?(_ bytes: [UInt8]) { self.init(bytes[...]) }

    /// The identifier with these bytes; nil unless there are exactly 32.
    ///
    /// Not generic: other modules read 100 000 names through here, and a generic collection costs them a call for each byte.
    public init?(_ bytes: ArraySlice<UInt8>) {
        guard bytes.count == 32 else { return nil }
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        let start = bytes.startIndex
        for index in start..<start + 8 {
            words.0 = words.0 << 8 | UInt64(bytes[index])
            words.1 = words.1 << 8 | UInt64(bytes[index + 8])
            words.2 = words.2 << 8 | UInt64(bytes[index + 16])
            words.3 = words.3 << 8 | UInt64(bytes[index + 24])
        }
        self.init(words.0, words.1, words.2, words.3)
    }

    /// Thirty-two bytes drawn from `generator`.
    public init(using generator: inout some RandomNumberGenerator) {
        self.init(generator.next(), generator.next(), generator.next(), generator.next())
    }

    /// The 32 bytes.
    public var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
            // Plain loops: this runs for each name that is hashed or sent, and an enumeration costs ten times as much in debug builds.
            for byte in 0..<8 {
                let shift = UInt64(56 - byte * 8)
                buffer[byte] = UInt8(truncatingIfNeeded: word0 >> shift)
                buffer[8 + byte] = UInt8(truncatingIfNeeded: word1 >> shift)
                buffer[16 + byte] = UInt8(truncatingIfNeeded: word2 >> shift)
                buffer[24 + byte] = UInt8(truncatingIfNeeded: word3 >> shift)
            }
            count = 32
        }
    }

    /// Appends the 32 bytes to `bytes`, without an allocation of its own.
    public func append(to bytes: inout [UInt8]) {
        for word in 0..<4 {
            let value = word == 0 ? word0 : word == 1 ? word1 : word == 2 ? word2 : word3
            for byte in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(56 - byte * 8))) }
        }
    }

    /// The first eight bytes as a big-endian number: a good hash, never an identity.
    public var prefix: UInt64 { word0 }

    /// The `index`-th group of four bits, 0 the most significant; `index` in 0..<64.
    public func nibble(_ index: Int) -> Int {
        precondition((0..<64).contains(index), "a name has 64 nibbles, there is no number \(index)")
        let word =
            switch index >> 4 {
            case 0: word0
            case 1: word1
            case 2: word2
            default: word3
            }
        return Int(word >> UInt64(60 - (index & 15) * 4) & 15)
    }

    /// 64 lower-case hex digits.
    public var hex: String { Hex.encode(bytes) }

    /// The identifier written as 64 hex digits; nil for anything else.
    public init?(hex: String) {
        guard let bytes = Hex.decode(hex) else { return nil }
        self.init(bytes)
    }

    public static func < (left: Identifier, right: Identifier) -> Bool {
        if left.word0 != right.word0 { return left.word0 < right.word0 }
        if left.word1 != right.word1 { return left.word1 < right.word1 }
        if left.word2 != right.word2 { return left.word2 < right.word2 }
        return left.word3 < right.word3
    }
}

extension Identifier: CustomStringConvertible {
    /// The first eight hex digits.
    public var description: String { String(hex.prefix(8)) }
}

/// Tag of `AuthorID`.
public enum AuthorTag: Sendable {}
/// Tag of `TransactionName`.
public enum TransactionTag: Sendable {}
/// Tag of `BoardID`.
public enum BoardTag: Sendable {}
/// Tag of `PeerID`.
public enum PeerTag: Sendable {}
/// Tag of `Fingerprint`.
public enum FingerprintTag: Sendable {}

/// The Ed25519 public key of a device that signs.
public typealias AuthorID = Identifier<AuthorTag>
/// The BLAKE2b-256 of a transaction's body.
public typealias TransactionName = Identifier<TransactionTag>
/// The name of a board's genesis transaction.
public typealias BoardID = Identifier<BoardTag>
/// A hash over device key and random bytes of a process (`PeerSalt`): two processes of one device differ, and none can say another's.
public typealias PeerID = Identifier<PeerTag>
/// The root of a board's Merkle tree.
public typealias Fingerprint = Identifier<FingerprintTag>
