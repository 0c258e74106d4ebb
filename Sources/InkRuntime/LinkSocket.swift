import CInkSystem
import InkPrimitives
import InkRendezvous

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// One UDP socket for what is said on a link, whose datagrams no router passes on.
struct LinkSocket: Sendable {
    let descriptor: Int32
    let isV6: Bool
    /// It hears what is said to the group, and nothing else; else what is said to it.
    var isOfGroup = true

    /// One that asks, and hears who answers; nil where the machine has not that family.
    static func asking(isV6: Bool) -> LinkSocket? {
        let descriptor = ink_link_open(isV6 ? 1 : 0)
        return descriptor < 0 ? nil : LinkSocket(descriptor: descriptor, isV6: isV6, isOfGroup: false)
    }

    static func group(isV6: Bool) -> [UInt8] { (isV6 ? LinkGroup.v6 : LinkGroup.v4).bytes }

    /// - Returns: true if the group is joined on that link.
    func join(_ interface: Int, joins: Bool) -> Bool {
        let result = Self.group(isV6: isV6).withUnsafeBufferPointer {
            ink_link_join(descriptor, isV6 ? 1 : 0, $0.baseAddress, UInt32(interface), joins ? 1 : 0)
        }
        return result == 0 || result == -EADDRINUSE
    }

    /// Says it to the group on the link of an interface. What the system does not take is lost.
    func call(_ bytes: [UInt8], from ip: IPAddress, interface: Int) {
        send(bytes, to: Self.group(isV6: isV6), port: LinkGroup.port, interface: interface, from: ip.inZone(0).bytes)
    }

    func send(_ bytes: [UInt8], to address: InkPrimitives.SocketAddress) {
        send(bytes, to: address.ip.inZone(0).bytes, port: address.port, interface: Int(address.ip.zone), from: nil)
    }

    private func send(_ bytes: [UInt8], to ip: [UInt8], port: UInt16, interface: Int, from: [UInt8]?) {
        bytes.withUnsafeBytes { buffer in
            ip.withUnsafeBufferPointer { ip in
                let own = from ?? []
                _ = own.withUnsafeBufferPointer { own in
                    ink_link_send(
                        descriptor, isV6 ? 1 : 0, ip.baseAddress, port, UInt32(interface), from == nil ? nil : own.baseAddress,
                        buffer.baseAddress, buffer.count)
                }
            }
        }
    }

    /// What has come, at most so many datagrams; those that cannot be ours are passed over (RT-160).
    func read(most count: Int) -> [LinkSockets.Said] {
        let group = Self.group(isV6: isV6)
        var said: [LinkSockets.Said] = []
        // One byte more than the longest, so that what is longer still shows.
        var bytes = [UInt8](repeating: 0, count: LinkGroup.datagramBytesMax + 1)
        for _ in 0..<count {
            var sender = ink_link_sender()
            let length = bytes.withUnsafeMutableBufferPointer { buffer in
                group.withUnsafeBufferPointer { group in
                    ink_link_receive(descriptor, isOfGroup ? group.baseAddress : nil, buffer.baseAddress, buffer.count, &sender)
                }
            }
            // Nothing more; or a word of the network of something that we sent, after which there may be more.
            guard length >= 0 || length == -Int(ECONNREFUSED) else { break }
            guard length > 0, length <= LinkGroup.datagramBytesMax, let from = InkPrimitives.SocketAddress(sender) else { continue }
            said.append((Array(bytes[..<length]), from, Int(sender.interface)))
        }
        return said
    }

    func close() { Self.close(descriptor) }

    static func close(_ descriptor: Int32) {
        #if canImport(Glibc)
            _ = Glibc.close(descriptor)
        #else
            _ = Darwin.close(descriptor)
        #endif
    }
}

extension InkPrimitives.SocketAddress {
    /// Where a datagram came from; nil for port 0 (RT-102).
    fileprivate init?(_ sender: ink_link_sender) {
        let bytes = withUnsafeBytes(of: sender.ip) { Array($0.prefix(sender.is_six == 0 ? 4 : 16)) }
        guard sender.port != 0, let ip = IPAddress(bytes: bytes) else { return nil }
        self.init(ip: ip.inZone(UInt16(exactly: sender.interface) ?? 0), port: sender.port)
    }
}
