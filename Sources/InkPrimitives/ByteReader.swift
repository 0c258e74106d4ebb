/// Why bytes are not a value of the wire format.
public enum WireError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Fewer bytes than the value needs.
    case truncated(needed: Int, available: Int)
    /// A second spelling of a value that has one.
    case nonCanonical
    /// A number or count beyond its limit.
    case limitExceeded
    /// Bytes after the end of the value.
    case trailingBytes(Int)
    /// A text that is not UTF-8.
    case notText
    /// A tag or field that no rule allows here.
    case unexpected

    public var description: String {
        switch self {
        case .truncated(let needed, let available): "needs \(needed) bytes, has \(available)"
        case .nonCanonical: "not in canonical form"
        case .limitExceeded: "a count or number is over its limit"
        case .trailingBytes(let count): "\(count) bytes after the end"
        case .notText: "text is not UTF-8"
        case .unexpected: "a tag has an unknown value"
        }
    }
}

/// Reads canonical values, front to back. A throw leaves the position where it was; nothing here traps on any input (PR-2).
public struct ByteReader: Sendable {
    private let bytes: [UInt8]
    /// Index of the next unread byte.
    public private(set) var position: Int
    private let end: Int

    /// Reads all of `bytes`.
    public init(_ bytes: [UInt8]) { (self.bytes, position, end) = (bytes, 0, bytes.count) }

    /// Reads the part of `bytes` named by `range`, which must lie inside.
    public init(_ bytes: [UInt8], range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count, "\(range) lies outside 0..<\(bytes.count)")
        (self.bytes, position, end) = (bytes, range.lowerBound, range.upperBound)
    }

    /// How many bytes are left.
    public var remaining: Int { end - position }
    /// True at the end.
    public var isAtEnd: Bool { position == end }

    /// One byte.
    public mutating func readUInt8() throws(WireError) -> UInt8 {
        try need(1)
        defer { position += 1 }
        return bytes[position]
    }

    /// A big-endian number of two bytes.
    public mutating func readUInt16() throws(WireError) -> UInt16 { UInt16(try readBigEndian(2)) }
    /// A big-endian number of four bytes.
    public mutating func readUInt32() throws(WireError) -> UInt32 { UInt32(try readBigEndian(4)) }
    /// A big-endian number of eight bytes.
    public mutating func readUInt64() throws(WireError) -> UInt64 { try readBigEndian(8) }

    /// A variable-length integer (RFC 9000 §16), range `0..<2^62`, in its shortest form only.
    public mutating func readVarint() throws(WireError) -> UInt64 {
        try need(1)
        let first = bytes[position]
        let length = 1 << Int(first >> 6)
        try need(length)
        var value = UInt64(first & 0x3F)
        for index in 1..<max(length, 1) where length > 1 { value = value << 8 | UInt64(bytes[position + index]) }
        // PR-1
        guard length == Varint.length(value) else { throw .nonCanonical }
        position += length
        return value
    }

    /// A varint that counts things, at most `limit`.
    public mutating func readCount(limit: Int) throws(WireError) -> Int {
        let start = position
        let value = try readVarint()
        guard value <= UInt64(limit) else {
            position = start
            throw .limitExceeded
        }
        return Int(value)
    }

    /// A signed number in zigzag form (0, -1, 1, -2 …), range ±2^61.
    public mutating func readZigzag() throws(WireError) -> Int64 {
        let value = try readVarint()
        return Int64(value >> 1) ^ -Int64(value & 1)
    }

    /// The next `count` bytes.
    public mutating func readBytes(_ count: Int) throws(WireError) -> [UInt8] {
        try need(count)
        defer { position += count }
        return Array(bytes[position..<position + count])
    }

    /// The next `count` bytes, without a copy.
    public mutating func readSlice(_ count: Int) throws(WireError) -> ArraySlice<UInt8> {
        try need(count)
        defer { position += count }
        return bytes[position..<position + count]
    }

    /// Bytes behind a varint that counts them, at most `limit`, without a copy.
    public mutating func readLengthPrefixedSlice(limit: Int) throws(WireError) -> ArraySlice<UInt8> {
        let start = position
        let count = try readCount(limit: limit)
        guard remaining >= count else {
            let available = remaining
            position = start
            throw .truncated(needed: count, available: available)
        }
        return try readSlice(count)
    }

    /// Bytes behind a varint that counts them, at most `limit`.
    public mutating func readLengthPrefixed(limit: Int) throws(WireError) -> [UInt8] {
        Array(try readLengthPrefixedSlice(limit: limit))
    }

    /// UTF-8 text behind a varint that counts its bytes, at most `limit` of them.
    public mutating func readText(limit: Int) throws(WireError) -> String {
        let start = position
        let raw = try readLengthPrefixed(limit: limit)
        guard let text = String(validating: raw, as: UTF8.self) else {
            position = start
            throw .notText
        }
        return text
    }

    /// An identifier of 32 bytes.
    public mutating func readIdentifier<Tag>(_: Tag.Type = Tag.self) throws(WireError) -> Identifier<Tag> {
        try need(32)
        defer { position += 32 }
        guard let identifier = Identifier<Tag>(bytes[position..<position + 32]) else { throw .unexpected }
        return identifier
    }

    /// All that is left.
    public mutating func readRest() -> [UInt8] {
        defer { position = end }
        return Array(bytes[position..<end])
    }

    /// Throws `trailingBytes` unless everything was read.
    public func finish() throws(WireError) {
        guard isAtEnd else { throw .trailingBytes(remaining) }
    }

    private mutating func readBigEndian(_ count: Int) throws(WireError) -> UInt64 {
        try need(count)
        var value: UInt64 = 0
        for index in 0..<count { value = value << 8 | UInt64(bytes[position + index]) }
        position += count
        return value
    }

    private func need(_ count: Int) throws(WireError) {
        guard count >= 0, remaining >= count else { throw .truncated(needed: count, available: remaining) }
    }
}

/// Lengths of variable-length integers (RFC 9000 §16).
public enum Varint {
    /// The greatest value that fits.
    public static let max: UInt64 = 1 << 62 - 1

    /// Bytes that `value` takes: 1, 2, 4 or 8.
    public static func length(_ value: UInt64) -> Int {
        switch value {
        case ..<0x40: 1
        case ..<0x4000: 2
        case ..<0x4000_0000: 4
        default: 8
        }
    }
}
