import Foundation
import InkConnectivity
import InkPrimitives
import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The addresses of this machine, and what the system knows of them.
public enum Interfaces {
    /// Addresses of interfaces that are up, best first (CN-10); loopback included, link-local and unspecified ones not.
    ///
    /// - Parameters:
    ///   - port: of our socket.
    ///   - destinations: whom we want to reach, besides the world: the addresses from which the system sends there count most.
    ///   - onlyLoopback, hasV6: which of them our socket has.
    public static func addresses(
        port: UInt16, toward destinations: [InkPrimitives.SocketAddress] = [], onlyLoopback: Bool = false, hasV6: Bool = true
    ) throws -> [LocalAddress] {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { throw IOError(errnoCode: errno, reason: "getifaddrs") }
        defer { freeifaddrs(list) }
        let sources = Set((destinations + world).compactMap { source(toward: $0) })
        var found: [LocalAddress] = []
        // The system is asked once about an interface, however many addresses it has: this runs on a loop.
        var natures: [String: (index: Int, standing: LocalAddress.Standing)] = [:]
        var seen: Set<IPAddress> = []
        var next = list
        while let entry = next?.pointee {
            next = entry.ifa_next
            guard let pointer = entry.ifa_addr, let ip = IPAddress(pointer), entry.ifa_flags & UInt32(IFF_UP) != 0 else { continue }
            guard !ip.isLinkLocal, !ip.isUnspecified, !ip.isMulticastOrBroadcast, ip.isLoopback || !onlyLoopback, hasV6 || !ip.isV6,
                seen.insert(ip).inserted
            else { continue }
            let address = InkPrimitives.SocketAddress(ip: ip, port: port)
            let name = String(cString: entry.ifa_name)
            let nature = natures[name] ?? (Int(if_nametoindex(entry.ifa_name)), standing(of: name, flags: entry.ifa_flags))
            natures[name] = nature
            let isOutward = entry.ifa_flags & UInt32(IFF_LOOPBACK) == 0 && nature.standing != .idle
            let isRouted = isOutward && sources.contains(ip)
            found.append(
                LocalAddress(
                    address: address,
                    prefixLength: entry.ifa_netmask.map { prefixLength(of: $0, isV6: ip.isV6) } ?? LocalAddress(address).prefixLength,
                    standing: isRouted ? .routed : nature.standing, interface: nature.index))
        }
        return LocalAddress.ranked(found)
    }

    /// Somebody far away in each family: documentation addresses (RFC 5737, RFC 3849), to which only the default route leads.
    static let world = [
        InkPrimitives.SocketAddress(ip: .v4(0xC000_0201), port: 9),
        InkPrimitives.SocketAddress(ip: .v6(high: 0x2001_0DB8_0000_0000, low: 1), port: 9),
    ]

    /// The address from which the system sends there; nil where it knows no way. Nothing is sent: a connected UDP socket only has its route.
    static func source(toward destination: InkPrimitives.SocketAddress) -> IPAddress? {
        #if os(Linux)
            let kind = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue)
        #else
            let kind = SOCK_DGRAM
        #endif
        guard let remote = try? destination.forNIO else { return nil }
        let descriptor = socket(destination.ip.isV6 ? AF_INET6 : AF_INET, kind, 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard remote.withSockAddr({ connect(descriptor, $0, socklen_t($1)) }) == 0 else { return nil }
        var storage = sockaddr_storage()
        var count = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { storage in
            storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                getsockname(descriptor, pointer, &count) == 0 ? IPAddress(pointer) : nil
            }
        }
    }

    /// What is known of an interface before it is known whether anything is sent from it.
    static func standing(of name: String, flags: UInt32) -> LocalAddress.Standing {
        if flags & UInt32(IFF_LOOPBACK) != 0 { return .link }
        if flags & UInt32(IFF_RUNNING) == 0 || isEmptyBridge(name) { return .idle }
        if flags & UInt32(IFF_POINTOPOINT) != 0 { return .tunnel }
        return isInner(name) ? .inner : .link
    }

    /// True for what joins containers and virtual machines of this machine.
    static func isInner(_ name: String) -> Bool { isBridge(name) || innerPrefixes.contains { name.hasPrefix($0) } }

    private static func isBridge(_ name: String) -> Bool {
        #if os(Linux)
            access("/sys/class/net/\(name)/bridge", F_OK) == 0
        #else
            false
        #endif
    }

    /// True for a bridge that joins nothing: Linux says of one that never joined anything that it is connected.
    private static func isEmptyBridge(_ name: String) -> Bool {
        #if os(Linux)
            isBridge(name) && (try? FileManager.default.contentsOfDirectory(atPath: "/sys/class/net/\(name)/brif"))?.isEmpty ?? false
        #else
            false
        #endif
    }

    /// As Docker, Podman, libvirt, LXC, VMware, VirtualBox, the plug-ins of Kubernetes and macOS call them.
    private static let innerPrefixes = [
        "docker", "br-", "podman", "virbr", "vnet", "veth", "lxcbr", "lxdbr", "incusbr", "vmnet", "vboxnet", "cni", "cali", "flannel",
        "kube-",
        "bridge",
    ]

    static func prefixLength(of mask: UnsafeMutablePointer<sockaddr>, isV6: Bool) -> Int {
        // The family of a mask is not always set.
        let bytes =
            isV6
            ? mask.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { withUnsafeBytes(of: $0.pointee.sin6_addr) { Array($0) } }
            : mask.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { withUnsafeBytes(of: $0.pointee.sin_addr) { Array($0) } }
        let ones = bytes.prefix { $0 == 0xFF }.count
        return ones * 8 + (ones < bytes.count ? (~bytes[ones]).leadingZeroBitCount : 0)
    }
}

extension IPAddress {
    /// The address in what the system gave us; nil for other families.
    init?(_ pointer: UnsafePointer<sockaddr>) {
        let found: IPAddress? =
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
        guard let found else { return nil }
        self = found
    }
}
