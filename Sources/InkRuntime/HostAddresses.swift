import InkPrimitives
import InkSession
import NIOCore
import NIOPosix

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Names to addresses, by the system's resolver.
enum HostAddresses {
    /// Addresses of one name that are dialled: a name may have any number, and each costs a socket.
    static let countMax = 16

    /// The addresses of a host, families in turns as RFC 8305 §4 has it; a literal address needs no network.
    static func find(_ host: InviteLink.Host, on loop: any EventLoop) -> EventLoopFuture<[InkPrimitives.SocketAddress]> {
        if let ip = IPAddress(host.name) { return loop.makeSucceededFuture([InkPrimitives.SocketAddress(ip: ip, port: host.port)]) }
        return NIOThreadPool.singleton.runIfActive(eventLoop: loop) {
            let addresses = inTurns(lookUp(host.name)).prefix(countMax)
            guard !addresses.isEmpty else { throw NoAddress() }
            return addresses.map { InkPrimitives.SocketAddress(ip: $0, port: host.port) }
        }
    }

    /// One of each family after the other, beginning with that of the first; each once.
    static func inTurns(_ addresses: [IPAddress]) -> [IPAddress] {
        var seen: Set<IPAddress> = []
        let unique = addresses.filter { seen.insert($0).inserted }
        guard let first = unique.first else { return [] }
        var (left, right) = (unique.filter { $0.isV6 == first.isV6 }[...], unique.filter { $0.isV6 != first.isV6 }[...])
        var mixed: [IPAddress] = []
        while !left.isEmpty || !right.isEmpty {
            if let next = left.popFirst() { mixed.append(next) }
            if let next = right.popFirst() { mixed.append(next) }
        }
        return mixed
    }

    /// Blocks.
    private static func lookUp(_ name: String) -> [IPAddress] {
        var hints = addrinfo()
        #if canImport(Darwin)
            hints.ai_socktype = SOCK_STREAM
        #else
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #endif
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(name, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var found: [IPAddress] = []
        var next = list
        while let entry = next {
            if let address = entry.pointee.ai_addr.flatMap({ ip($0) }) { found.append(address) }
            next = entry.pointee.ai_next
        }
        return found
    }

    private static func ip(_ pointer: UnsafeMutablePointer<sockaddr>) -> IPAddress? {
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

/// Fit for a status line, as all reasons why a rendezvous is not reached.
struct NoAddress: Error, CustomStringConvertible { let description = "the name has no address" }

extension IPAddress {
    fileprivate var isV6: Bool { if case .v6 = self { true } else { false } }
}
