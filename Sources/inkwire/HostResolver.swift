import InkPrimitives
import InkSession

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Names to addresses, by the system's resolver.
enum HostResolver {
    /// UDP addresses of a host, in the system's order of preference; empty when it has none. A literal address needs no network.
    static func addresses(of host: InviteLink.Host) -> [SocketAddress] {
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
            if let ip = entry.pointee.ai_addr.flatMap({ address($0) }) { found.append(SocketAddress(ip: ip, port: host.port)) }
            next = entry.pointee.ai_next
        }
        return found
    }

    private static func address(_ pointer: UnsafeMutablePointer<sockaddr>) -> IPAddress? {
        switch Int32(pointer.pointee.sa_family) {
        case AF_INET:
            pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { v4 in
                withUnsafeBytes(of: v4.pointee.sin_addr) { IPAddress(bytes: Array($0)) }
            }
        case AF_INET6:
            pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { v6 in
                withUnsafeBytes(of: v6.pointee.sin6_addr) { IPAddress(bytes: Array($0)) }
            }
        default: nil
        }
    }
}
