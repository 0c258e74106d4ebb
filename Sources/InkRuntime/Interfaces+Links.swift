import InkConnectivity
import InkPrimitives
import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

extension Interfaces {
    /// Addresses on links where something can be said to all, best first, loopback and link-local ones included; these with their zone.
    ///
    /// - Parameter port: of our socket.
    package static func links(port: UInt16) throws -> [LocalAddress] {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { throw IOError(errnoCode: errno, reason: "getifaddrs") }
        defer { freeifaddrs(list) }
        let sources = Set(world.compactMap { source(toward: $0) })
        var found: [LocalAddress] = []
        var next = list
        while let entry = next?.pointee {
            next = entry.ifa_next
            let flags = entry.ifa_flags
            // Loopback carries what is said to a group, and says nothing of it.
            guard let pointer = entry.ifa_addr, let plain = IPAddress(pointer), flags & UInt32(IFF_UP) != 0,
                flags & UInt32(IFF_MULTICAST) != 0 || flags & UInt32(IFF_LOOPBACK) != 0, flags & UInt32(IFF_POINTOPOINT) == 0
            else { continue }
            let index = Int(if_nametoindex(entry.ifa_name))
            guard index > 0, !plain.isUnspecified, !plain.isMulticastOrBroadcast, let zone = UInt16(exactly: index) else { continue }
            let standing = standing(of: String(cString: entry.ifa_name), flags: flags)
            let isRouted = standing == .link && flags & UInt32(IFF_LOOPBACK) == 0 && sources.contains(plain)
            let length = entry.ifa_netmask.map { prefixLength(of: $0, isV6: plain.isV6) } ?? LocalNetwork(assumedFor: plain).prefixLength
            found.append(
                LocalAddress(
                    address: InkPrimitives.SocketAddress(ip: plain.inZone(zone), port: port), prefixLength: length,
                    standing: isRouted ? .routed : standing, interface: index))
        }
        return LocalAddress.ranked(found)
    }
}
