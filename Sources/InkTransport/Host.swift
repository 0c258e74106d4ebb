import InkPrimitives

/// Who counts as one where we share out what is scarce: an IPv4 address, or the 64 bits of an IPv6 network.
///
/// One machine has 2^64 addresses in its IPv6 network (RFC 4291 §2.5.1), so a bound for each address would bound nothing.
struct Host: Hashable, Comparable, Sendable {
    private let isV6: Bool
    private let bits: UInt64

    /// The network that one owner is likely to have: 256 addresses of IPv4, or the 48 bits of IPv6 that a site is given (RFC 6177).
    init(networkOf ip: IPAddress) {
        switch ip {
        case .v4(let word): (isV6, bits) = (false, UInt64(word >> 8))
        case .v6(let high, _): (isV6, bits) = (true, high >> 16)
        }
    }

    init(_ ip: IPAddress) {
        switch ip {
        case .v4(let word): (isV6, bits) = (false, UInt64(word))
        case .v6(let high, _): (isV6, bits) = (true, high)
        }
    }

    static func < (left: Host, right: Host) -> Bool { (left.isV6 ? 1 : 0, left.bits) < (right.isV6 ? 1 : 0, right.bits) }
}
