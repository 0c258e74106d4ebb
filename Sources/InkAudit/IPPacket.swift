import InkPrimitives

/// An IP packet in a frame of a capture; nil for all else, and for what is cut off or is a piece of one.
struct IPPacket {
    var from: IPAddress
    var to: IPAddress
    /// The protocol that it carries: 6 is TCP, 17 UDP.
    var carries: UInt8
    var payload: ArraySlice<UInt8>

    init?(_ frame: PacketFile.Frame) {
        guard let packet = Self.packet(of: frame), let version = packet.first.map({ $0 >> 4 }) else { return nil }
        switch version {
        case 4: self.init(v4: packet)
        case 6: self.init(v6: packet)
        default: return nil
        }
    }

    /// What stands behind the header of the link.
    private static func packet(of frame: PacketFile.Frame) -> ArraySlice<UInt8>? {
        let bytes = frame.bytes
        switch frame.linkType {
        // Ethernet, with tags of virtual networks.
        case 1:
            var offset = 12
            while let kind = number(bytes, at: offset, count: 2) {
                if kind == 0x0800 || kind == 0x86DD { return tail(bytes, from: offset + 2) }
                guard kind == 0x8100 || kind == 0x88A8 else { return nil }
                offset += 4
            }
            return nil
        // Raw IP, as several systems call it.
        case 12, 14, 101, 228, 229: return bytes
        // Loopback of BSD: a family, which the version of IP says as well.
        case 0, 108: return tail(bytes, from: 4)
        // Linux, all devices at once, of two makes.
        case 113: return tail(bytes, from: 16)
        case 276: return tail(bytes, from: 20)
        default: return nil
        }
    }

    private init?(v4 packet: ArraySlice<UInt8>) {
        let header = Int(packet[packet.startIndex] & 15) * 4
        guard header >= 20, let total = Self.number(packet, at: 2, count: 2), Int(total) >= header, packet.count >= Int(total),
            let fragment = Self.number(packet, at: 6, count: 2), fragment & 0x3FFF == 0, let carries = Self.number(packet, at: 9, count: 1),
            let from = Self.number(packet, at: 12, count: 4), let to = Self.number(packet, at: 16, count: 4),
            let payload = Self.tail(packet.prefix(Int(total)), from: header)
        else { return nil }
        (self.from, self.to) = (.v4(UInt32(from)), .v4(UInt32(to)))
        (self.carries, self.payload) = (UInt8(carries), payload)
    }

    private init?(v6 packet: ArraySlice<UInt8>) {
        guard let count = Self.number(packet, at: 4, count: 2), var next = Self.number(packet, at: 6, count: 1),
            packet.count >= 40 + Int(count),
            let fromHigh = Self.number(packet, at: 8, count: 8), let fromLow = Self.number(packet, at: 16, count: 8),
            let toHigh = Self.number(packet, at: 24, count: 8), let toLow = Self.number(packet, at: 32, count: 8)
        else { return nil }
        var offset = 40
        // Hop by hop, routing, destination options: each says the next one and its own length.
        while next == 0 || next == 43 || next == 60 {
            guard let following = Self.number(packet, at: offset, count: 1), let eights = Self.number(packet, at: offset + 1, count: 1)
            else {
                return nil
            }
            next = following
            offset += 8 + Int(eights) * 8
        }
        guard let payload = Self.tail(packet.prefix(40 + Int(count)), from: offset) else { return nil }
        (from, to) = (.v6(high: fromHigh, low: fromLow), .v6(high: toHigh, low: toLow))
        (carries, self.payload) = (UInt8(next), payload)
    }

    static func tail(_ bytes: ArraySlice<UInt8>, from offset: Int) -> ArraySlice<UInt8>? {
        bytes.count > offset ? bytes.dropFirst(offset) : nil
    }

    static func number(_ bytes: ArraySlice<UInt8>, at offset: Int, count: Int) -> UInt64? {
        guard offset + count <= bytes.count else { return nil }
        let start = bytes.startIndex + offset
        return bytes[start..<start + count].reduce(0) { $0 << 8 | UInt64($1) }
    }
}
