import InkPrimitives

/// Who counts as one where we share out what is scarce: an IPv4 address, or the 64 bits of an IPv6 network.
///
/// One machine has 2^64 addresses in its IPv6 network (RFC 4291 §2.5.1), so a bound for each address would bound nothing (TR-165).
struct Host: Hashable, Comparable, Sendable {
    /// 0 for IPv4, 1 for IPv6, 2 for a socket of a rendezvous.
    private let family: UInt8
    private let bits: UInt64

    /// The network that one owner is likely to have: 256 addresses of IPv4, or the 48 bits of IPv6 that a site is given (RFC 6177).
    init(networkOf ip: IPAddress) {
        switch ip {
        case .v4(let word): (family, bits) = (0, UInt64(word >> 8))
        case .v6(let high, _): (family, bits) = (1, high >> 16)
        }
    }

    init(_ ip: IPAddress) {
        switch ip {
        case .v4(let word): (family, bits) = (0, UInt64(word))
        case .v6(let high, _): (family, bits) = (1, high)
        }
    }

    /// Behind a rendezvous each socket is one, since nobody else is seen, and all of the rendezvous are one network.
    init(_ route: Route) {
        switch route {
        case .direct(let address): self.init(address.ip)
        case .relay(let point): self.init(place: point.place, member: point.member)
        }
    }

    init(networkOf route: Route) {
        switch route {
        case .direct(let address): self.init(networkOf: address.ip)
        case .relay(let point): self.init(place: point.place, member: 0)
        }
    }

    private init(place: Int, member: UInt32) {
        (family, bits) = (2, UInt64(UInt32(truncatingIfNeeded: place)) << 32 | UInt64(member))
    }

    static func < (left: Host, right: Host) -> Bool { (left.family, left.bits) < (right.family, right.bits) }
}
