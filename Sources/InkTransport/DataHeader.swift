/// The clear part of a data packet: type, receiver index, low bytes of the packet number. Authenticated with the packet.
///
/// Seven bytes, or nine with a long number; with the tag 23 or 25 bytes over the frames (TR-166).
struct DataHeader: Hashable, Sendable {
    static let tagCount = 16
    /// Header and tag in the common case.
    static let overhead = 7 + tagCount
    static let indexRange = 1..<5

    let receiverIndex: UInt32
    /// The low 16 or 32 bits of the packet number.
    let truncated: UInt64
    /// 16 or 32.
    let bits: UInt64

    /// Length in bytes.
    var byteCount: Int { bits == 16 ? 7 : 9 }

    /// Reads the header of a datagram whose first byte says that it is data; nil if there is no room for a tag and one byte of frames.
    init?(_ datagram: Span<UInt8>) {
        guard !datagram.isEmpty, datagram[0] == PacketType.data.rawValue || datagram[0] == PacketType.dataLong.rawValue else { return nil }
        bits = datagram[0] == PacketType.data.rawValue ? 16 : 32
        let end = bits == 16 ? 7 : 9
        guard datagram.count > end + Self.tagCount else { return nil }
        var (index, number): (UInt32, UInt64) = (0, 0)
        for position in Self.indexRange { index = index << 8 | UInt32(datagram[position]) }
        for position in Self.indexRange.upperBound..<end { number = number << 8 | UInt64(datagram[position]) }
        (receiverIndex, truncated) = (index, number)
    }

    init?(_ datagram: [UInt8]) { self.init(datagram.span) }

    /// Writes the header of packet `number`.
    ///
    /// - Parameter largestAcknowledged: decides the length: half of what the bits can tell apart must cover all that the peer may not
    ///   have seen (RFC 9000 §17.1).
    static func write(_ number: UInt64, receiverIndex: UInt32, largestAcknowledged: UInt64?, to packet: inout [UInt8]) -> Int {
        let unseen = largestAcknowledged.map { number - $0 } ?? number + 1
        let isLong = unseen >= 1 << 15
        packet.append(isLong ? PacketType.dataLong.rawValue : PacketType.data.rawValue)
        packet.appendBigEndian(UInt64(receiverIndex), count: 4)
        packet.appendBigEndian(number, count: isLong ? 4 : 2)
        return packet.count
    }

    /// The number nearest to `expected` that has these low bits (RFC 9000 §A.3).
    func number(expected: UInt64) -> UInt64 {
        let window: UInt64 = 1 << bits
        let candidate = (expected & ~(window - 1)) | truncated
        if candidate + window / 2 <= expected { return candidate + window }
        if candidate > expected + window / 2, candidate >= window { return candidate - window }
        return candidate
    }
}

extension [UInt8] {
    /// Appends the low `count` bytes of `value`, most significant first.
    mutating func appendBigEndian(_ value: UInt64, count: Int) {
        for index in stride(from: count - 1, through: 0, by: -1) { append(UInt8(truncatingIfNeeded: value >> UInt64(index * 8))) }
    }

    /// Appends a variable-length integer (RFC 9000 §16); `value` is below 2^62.
    package mutating func appendVarint(_ value: UInt64) {
        switch value {
        case ..<0x40: append(UInt8(value))
        case ..<0x4000: appendBigEndian(value | 0x4000, count: 2)
        case ..<0x4000_0000: appendBigEndian(value | 0x8000_0000, count: 4)
        default: appendBigEndian(value | 3 << 62, count: 8)
        }
    }
}
