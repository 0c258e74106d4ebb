import InkPrimitives

/// A question for new keys, or the answer to one.
struct RekeyMessage: Hashable, Sendable {
    /// Which renewal of this session, from 1.
    let count: UInt64
    /// A message of NNpsk0 with a receiver index in it.
    let noise: [UInt8]

    /// Ephemeral key, sealed index.
    static let noiseCount = 32 + 4 + DataHeader.tagCount

    init(count: UInt64, noise: [UInt8]) { (self.count, self.noise) = (count, noise) }

    init(from reader: inout ByteReader) throws(WireError) {
        count = try reader.readVarint()
        noise = try reader.readBytes(Self.noiseCount)
    }

    func frame(_ type: UInt8) -> [UInt8] {
        var frame = [type]
        frame.appendVarint(count)
        return frame + noise
    }

    static func index(in payload: [UInt8]) -> UInt32? {
        payload.count == 4 ? payload.reduce(0) { $0 << 8 | UInt32($1) } : nil
    }
}
