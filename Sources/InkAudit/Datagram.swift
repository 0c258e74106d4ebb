import InkPrimitives

/// A UDP datagram in a frame of a capture; nil for all else, and for what is cut off or is a piece of one.
package struct Datagram {
    package var from: SocketAddress
    package var to: SocketAddress
    package var payload: [UInt8]

    package init?(_ frame: PacketFile.Frame) {
        guard let packet = IPPacket(frame) else { return nil }
        self.init(packet)
    }

    init?(_ packet: IPPacket) {
        let udp = packet.payload
        guard packet.carries == 17, let source = IPPacket.number(udp, at: 0, count: 2), let target = IPPacket.number(udp, at: 2, count: 2),
            let count = IPPacket.number(udp, at: 4, count: 2), count >= 8, udp.count >= Int(count)
        else { return nil }
        from = SocketAddress(ip: packet.from, port: UInt16(source))
        to = SocketAddress(ip: packet.to, port: UInt16(target))
        payload = Array(udp.prefix(Int(count)).dropFirst(8))
    }
}

/// A segment of TCP (RFC 9293 §3.1); nil for all else.
struct Segment {
    var from: SocketAddress
    var to: SocketAddress
    var sequence: UInt32
    /// It begins a connection, and whether as the one who was called.
    var begins: Bool
    var answers: Bool
    var payload: ArraySlice<UInt8>

    init?(_ packet: IPPacket) {
        let tcp = packet.payload
        guard packet.carries == 6, let source = IPPacket.number(tcp, at: 0, count: 2), let target = IPPacket.number(tcp, at: 2, count: 2),
            let number = IPPacket.number(tcp, at: 4, count: 4), let offset = IPPacket.number(tcp, at: 12, count: 1),
            let flags = IPPacket.number(tcp, at: 13, count: 1), offset >> 4 >= 5, tcp.count >= Int(offset >> 4) * 4
        else { return nil }
        from = SocketAddress(ip: packet.from, port: UInt16(source))
        to = SocketAddress(ip: packet.to, port: UInt16(target))
        (sequence, begins, answers) = (UInt32(number), flags & 2 != 0, flags & 16 != 0)
        payload = tcp.dropFirst(Int(offset >> 4) * 4)
    }
}
