import InkPrimitives
import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

extension InkPrimitives.SocketAddress {
    /// The same address in our form; nil for Unix sockets and for port 0.
    init?(_ address: NIOCore.SocketAddress) {
        switch address {
        case .v4(let v4):
            let word = withUnsafeBytes(of: v4.address.sin_addr) { UInt32(bigEndian: $0.loadUnaligned(as: UInt32.self)) }
            self.init(ip: .v4(word), port: UInt16(bigEndian: v4.address.sin_port))
        case .v6(let v6):
            // A v4 address seen through a dual-stack socket becomes v4 here.
            guard let ip = withUnsafeBytes(of: v6.address.sin6_addr, { IPAddress(bytes: $0) }) else { return nil }
            let zone = UInt16(exactly: v6.address.sin6_scope_id) ?? 0
            self.init(ip: zone == 0 ? ip : ip.inZone(zone), port: UInt16(bigEndian: v6.address.sin6_port))
        case .unixDomainSocket: return nil
        }
        if port == 0 { return nil }
    }

    /// The same address in NIO's form.
    var forNIO: NIOCore.SocketAddress {
        get throws {
            let made = try NIOCore.SocketAddress(packedIPAddress: ByteBuffer(bytes: ip.inZone(0).bytes), port: Int(port))
            guard ip.zone != 0, case .v6(let v6) = made else { return made }
            // What is good on one link says on which (RT-102).
            var address = v6.address
            address.sin6_scope_id = UInt32(ip.zone)
            return NIOCore.SocketAddress(address, host: v6.host)
        }
    }
}

extension TimeAmount {
    /// A span in NIO's form.
    init(_ span: Duration) { self = .nanoseconds(span.nanoseconds) }
}
