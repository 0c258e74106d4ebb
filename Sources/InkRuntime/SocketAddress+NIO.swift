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
            self.init(ip: ip, port: UInt16(bigEndian: v6.address.sin6_port))
        case .unixDomainSocket: return nil
        }
        if port == 0 { return nil }
    }

    /// The same address in NIO's form.
    var forNIO: NIOCore.SocketAddress {
        get throws { try NIOCore.SocketAddress(packedIPAddress: ByteBuffer(bytes: ip.bytes), port: Int(port)) }
    }
}

extension TimeAmount {
    /// A span in NIO's form.
    init(_ span: Duration) { self = .nanoseconds(span.nanoseconds) }
}
