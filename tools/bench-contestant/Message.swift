/// What the workloads send each other: `type u8, seq u32, time u64`, little endian, and zeros up to the size.
struct Message {
    enum Kind: UInt8 {
        case ping = 0x50  // P
        case pong = 0x70  // p
        case data = 0x44  // D
        /// Data with the time when it was sent.
        case timed = 0x4C  // L
        case hello = 0x48  // H
        case helloBack = 0x68  // h
        case end = 0x45  // E
        case ended = 0x65  // e
    }

    static let bytesMin = 16
    static let bytesMax = 1024

    var kind: Kind
    var sequence: UInt32 = 0
    /// Nanoseconds of `Clock`.
    var time: UInt64 = 0
    var size = Message.bytesMin

    init(_ kind: Kind, sequence: UInt32 = 0, time: UInt64 = 0, size: Int = Message.bytesMin) {
        (self.kind, self.sequence, self.time, self.size) = (kind, sequence, time, size)
    }

    /// Nil for what is no message of ours.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= 13, let kind = Kind(rawValue: bytes[0]) else { return nil }
        self.kind = kind
        sequence = bytes.loadUnaligned(fromByteOffset: 1, as: UInt32.self)
        time = bytes.loadUnaligned(fromByteOffset: 5, as: UInt64.self)
        size = bytes.count
    }

    /// - Parameter buffer: `bytesMax` long and zero where no message was written.
    func write(to buffer: UnsafeMutableRawBufferPointer) -> UnsafeRawBufferPointer {
        buffer[0] = kind.rawValue
        buffer.storeBytes(of: sequence, toByteOffset: 1, as: UInt32.self)
        buffer.storeBytes(of: time, toByteOffset: 5, as: UInt64.self)
        return UnsafeRawBufferPointer(rebasing: buffer[..<size])
    }
}
