/// Writes the canonical form that `ByteReader` reads.
public struct ByteWriter: Sendable {
    /// What was written so far.
    public private(set) var bytes: [UInt8] = []

    /// An empty writer with room for `capacity` bytes.
    public init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    /// Bytes written so far.
    public var count: Int { bytes.count }

    public mutating func write(_ value: UInt8) { bytes.append(value) }
    public mutating func write(_ value: UInt16) { writeBigEndian(UInt64(value), count: 2) }
    public mutating func write(_ value: UInt32) { writeBigEndian(UInt64(value), count: 4) }
    public mutating func write(_ value: UInt64) { writeBigEndian(value, count: 8) }

    /// A variable-length integer (RFC 9000 §16); `value` must be below 2^62.
    public mutating func writeVarint(_ value: UInt64) {
        precondition(value <= Varint.max, "a varint holds 62 bits, not \(value)")
        let length = Varint.length(value)
        let prefix: UInt64 =
            switch length {
            case 1: 0
            case 2: 1
            case 4: 2
            default: 3
            }
        writeBigEndian(value | prefix << UInt64(length * 8 - 2), count: length)
    }

    /// A count or length.
    public mutating func writeVarint(_ value: Int) { writeVarint(UInt64(value)) }

    /// A signed number in zigzag form; magnitude below 2^61.
    public mutating func writeZigzag(_ value: Int64) { writeVarint(UInt64(bitPattern: value << 1 ^ value >> 63)) }

    public mutating func write(_ raw: some Sequence<UInt8>) { bytes.append(contentsOf: raw) }

    /// A varint length, then the bytes.
    public mutating func writeLengthPrefixed(_ raw: [UInt8]) {
        writeVarint(raw.count)
        bytes.append(contentsOf: raw)
    }

    /// A varint length, then the text as UTF-8.
    public mutating func writeText(_ text: String) {
        writeVarint(text.utf8.count)
        bytes.append(contentsOf: text.utf8)
    }

    public mutating func write<Tag>(_ identifier: Identifier<Tag>) { identifier.append(to: &bytes) }

    /// Forgets what was written after the first `count` bytes; `count` must not exceed what was written.
    public mutating func truncate(to count: Int) { bytes.removeLast(bytes.count - count) }

    private mutating func writeBigEndian(_ value: UInt64, count: Int) {
        for index in stride(from: count - 1, through: 0, by: -1) { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(index * 8))) }
    }
}
