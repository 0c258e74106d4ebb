import InkPrimitives
import InkSession

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Names to addresses, by the system's resolver.
package enum HostResolver {
    /// UDP addresses of a host, in the system's order of preference; empty when it has none. A literal address needs no network.
    package static func addresses(of host: Invite.Host) -> [SocketAddress] {
        if let ip = IPAddress(host.name) { return [SocketAddress(ip: ip, port: host.port)] }
        var hints = addrinfo()
        #if canImport(Darwin)
            hints.ai_socktype = SOCK_DGRAM
        #else
            hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        #endif
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host.name, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var found: [SocketAddress] = []
        var next = list
        while let entry = next {
            if let ip = entry.pointee.ai_addr.flatMap({ IPAddress($0) }) { found.append(SocketAddress(ip: ip, port: host.port)) }
            next = entry.pointee.ai_next
        }
        return found
    }
}

extension Invite.Host {
    /// True if it is this machine by its own name for itself, without asking anybody.
    package var isLoopback: Bool { name.lowercased() == "localhost" || IPAddress(name)?.isLoopback == true }
}
