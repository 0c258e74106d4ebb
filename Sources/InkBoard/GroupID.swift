import InkCrypto
import InkPrimitives

/// Names a group of shapes. A group is what shapes say of it: it has no record of its own (BD-154), and so there is no tree to make cyclic.
public struct GroupID: Hashable, Comparable, Sendable {
    public let rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// From 16 hex digits; nil for anything else.
    public init?(_ text: String) {
        guard text.utf8.count == 16, let bytes = Hex.decode(text) else { return nil }
        rawValue = bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// 16 hex digits.
    public var text: String {
        var writer = ByteWriter(capacity: 8)
        writer.write(rawValue)
        return Hex.encode(writer.bytes)
    }

    public static func < (left: GroupID, right: GroupID) -> Bool { left.rawValue < right.rawValue }

    /// A name that nobody draws by chance: the beginning of the BLAKE2b-256 of what the group is made of.
    package init(hashing bytes: [UInt8]) { rawValue = Blake2b.hash256(bytes).prefix(8).reduce(0) { $0 << 8 | UInt64($1) } }

    /// Groups may be nested so deep (BD-66).
    public static let depthMax = 8
}
