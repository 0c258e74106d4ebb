import InkPrimitives
import NIOCore

/// The addresses of this machine.
public enum Interfaces {
    /// Addresses of interfaces that are up, sorted, each once; loopback included, link-local and unspecified ones not.
    public static func addresses() throws -> [IPAddress] {
        var found: Set<IPAddress> = []
        for device in try System.enumerateDevices() {
            guard let address = device.address, let ip = ipAddress(address) else { continue }
            if !ip.isLinkLocal && !ip.isUnspecified && !ip.isMulticastOrBroadcast { found.insert(ip) }
        }
        return found.sorted()
    }

    /// `Interfaces.addresses` with a port each.
    package static func socketAddresses(port: UInt16, onlyLoopback: Bool, hasV6: Bool) throws -> [InkPrimitives.SocketAddress] {
        try addresses().filter { ip in
            if case .v6 = ip, !hasV6 { return false }
            return ip.isLoopback || !onlyLoopback
        }.map { InkPrimitives.SocketAddress(ip: $0, port: port) }
    }

    private static func ipAddress(_ address: NIOCore.SocketAddress) -> IPAddress? {
        var withPort = address
        withPort.port = 1
        return InkPrimitives.SocketAddress(withPort)?.ip
    }
}
