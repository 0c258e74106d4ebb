import InkPrimitives

/// Writes numbers bit by bit, the most significant first.
///
/// A packet of presence is sent thirty times a second, and half of what it says fits less than a byte: a sample of a steady hand differs
/// from what the two before it promise by little, and its time by nothing.
struct BitWriter: Hashable, Sendable {
    private(set) var bytes: [UInt8] = []
    /// Bits of the last byte that are free, 0..<8.
    private var free = 0

    var bitCount: Int { bytes.count * 8 - free }

    init() {}

    /// No bits yet, and room for so many.
    fileprivate init(capacity bitCount: Int) { bytes.reserveCapacity((bitCount + 7) / 8) }

    /// All bits of another.
    mutating func append(_ other: BitWriter) {
        for (index, byte) in other.bytes.enumerated() {
            let count = min(8, other.bitCount - index * 8)
            write(UInt64(byte >> UInt8(8 - count)), bits: count)
        }
    }

    /// The low `count` bits of `value`, 0...64 of them.
    mutating func write(_ value: UInt64, bits count: Int) {
        var left = count
        while left > 0 {
            if free == 0 {
                bytes.append(0)
                free = 8
            }
            let part = min(left, free)
            let piece = UInt8(truncatingIfNeeded: value >> UInt64(left - part)) & UInt8(truncatingIfNeeded: (1 << part) - 1)
            free -= part
            left -= part
            bytes[bytes.count - 1] |= piece << UInt8(free)
        }
    }

    /// A number below 2^62 in the delta code of Elias: the length of its length in zeros, its length, itself; small numbers take few bits.
    ///
    /// Written is `value` + 1, since the code has no zero: 0 takes one bit, 1 and 2 take four, 3...6 five, 30 000 takes 21.
    mutating func writeDelta(_ value: UInt64) {
        let number = value + 1
        let length = UInt64.bitWidth - number.leadingZeroBitCount
        let lengthBits = Int.bitWidth - length.leadingZeroBitCount
        write(0, bits: lengthBits - 1)
        write(UInt64(length), bits: lengthBits)
        write(number, bits: length - 1)
    }

    /// A signed number in zigzag form, in the delta code.
    mutating func writeSignedDelta(_ value: Int64) { writeDelta(Self.zigzag(value)) }

    /// A number in the code of Rice: what is above its low `parameter` bits in ones, at most eight of them, then those bits. What is greater
    /// takes eight ones and the delta code of what is beyond.
    mutating func writeRice(_ value: UInt64, parameter: Int) {
        let quotient = value >> UInt64(parameter)
        guard quotient < Self.onesMax else {
            write(.max, bits: Int(Self.onesMax))
            return writeDelta(value - Self.onesMax << UInt64(parameter))
        }
        write((1 << (quotient + 1)) - 2, bits: Int(quotient) + 1)
        write(value, bits: parameter)
    }

    static func zigzag(_ value: Int64) -> UInt64 { UInt64(bitPattern: value << 1 ^ value >> 63) }

    /// Ones before the escape of the code of Rice.
    static let onesMax: UInt64 = 8
}

/// Reads what `BitWriter` writes, from whole bytes of a `ByteReader`.
struct BitReader: Sendable {
    private var reader: ByteReader
    private var byte: UInt8 = 0
    /// Bits of `byte` that are not read, 0..<8.
    private var left = 0

    init(_ reader: ByteReader) { self.reader = reader }

    /// Bits that can still be read.
    var remaining: Int { reader.remaining * 8 + left }

    /// `count` bits, 0...64 of them.
    mutating func read(bits count: Int) throws(WireError) -> UInt64 {
        var (value, wanted): (UInt64, Int) = (0, count)
        while wanted > 0 {
            if left == 0 {
                byte = try reader.readUInt8()
                left = 8
            }
            let part = min(wanted, left)
            left -= part
            wanted -= part
            value = value << UInt64(part) | UInt64(byte >> UInt8(left)) & ((1 << UInt64(part)) - 1)
        }
        return value
    }

    mutating func readDelta() throws(WireError) -> UInt64 {
        var zeros = 0
        while try read(bits: 1) == 0 {
            zeros += 1
            guard zeros <= Self.zerosMax else { throw .limitExceeded }
        }
        let length = try Int(1 << UInt64(zeros) | read(bits: zeros))
        guard length <= Self.lengthMax else { throw .limitExceeded }
        return try (1 << UInt64(length - 1) | read(bits: length - 1)) - 1
    }

    mutating func readSignedDelta() throws(WireError) -> Int64 { Self.signed(try readDelta()) }

    mutating func readRice(parameter: Int) throws(WireError) -> UInt64 {
        var quotient: UInt64 = 0
        while quotient < BitWriter.onesMax, try read(bits: 1) == 1 { quotient += 1 }
        guard quotient == BitWriter.onesMax else { return try quotient << UInt64(parameter) | read(bits: parameter) }
        // Below 2^62 and below 2^24.
        return try readDelta() + quotient << UInt64(parameter)
    }

    /// The next bits, so many of them, by themselves.
    func copy(_ count: Int) throws(WireError) -> BitWriter {
        var (reader, copy, left) = (self, BitWriter(capacity: count), count)
        while left > 0 {
            let part = min(left, 64)
            copy.write(try reader.read(bits: part), bits: part)
            left -= part
        }
        return copy
    }

    /// What comes after the last byte that was begun, whose other bits must be zero.
    func finish() throws(WireError) -> ByteReader {
        guard left == 0 || byte & ((1 << UInt8(left)) - 1) == 0 else { throw .nonCanonical }
        return reader
    }

    static func signed(_ zigzag: UInt64) -> Int64 { Int64(zigzag >> 1) ^ -Int64(zigzag & 1) }

    /// A number has at most 62 bits, and so the length of its length is at most 6.
    private static let zerosMax = 5
    private static let lengthMax = 62
}
