import InkPrimitives

/// What an address is good for, as a place where a peer may be (CN-6, CN-11).
///
/// Documentation networks (RFC 5737, RFC 3849) are like any other (CN-26): no provider carries them, so a packet dies at the first router, and
/// laboratories are numbered so.
package enum AddressSpace: Hashable, Sendable {
    /// This machine.
    case loopback
    /// Numbers that many networks have, each for itself: RFC 1918, the space that carriers share (RFC 6598), what is measured in (RFC 2544),
    /// unique local IPv6 (RFC 4193).
    case privateUse
    /// Anybody's.
    case global
    /// No peer is there, or one cannot say where it is: an address of a link without its link, of a service, of nobody.
    case nowhere

    package init(_ ip: IPAddress) {
        switch ip {
        case .v4(let word): self = Self.v4(word)
        case .v6(let high, let low): self = Self.v6(high, low)
        }
    }

    private static func v4(_ word: UInt32) -> AddressSpace {
        switch word >> 24 {
        case 0, 224...: .nowhere
        case 127: .loopback
        default:
            if word >> 24 == 10 || word >> 20 == 0xAC1 || word >> 16 == 0xC0A8 || word >> 22 == 0x6440_0000 >> 22
                || word >> 17 == 0xC612_0000 >> 17
            {
                .privateUse
            } else if word >> 16 == 0xA9FE || word >> 8 == 0xC0_0000 || word >> 8 == 0xC0_5863 {
                // 169.254.0.0/16 is good on one link only. 192.0.0.0/24 (RFC 6890) has services of networks, and the inner side of translators
                // (RFC 7335); 192.88.99.0/24 led to relays that are gone (RFC 7526).
                .nowhere
            } else {
                .global
            }
        }
    }

    private static func v6(_ high: UInt64, _ low: UInt64) -> AddressSpace {
        switch (high, low) {
        case (0, 1): return .loopback
        // A mapped address is made IPv4 wherever one is read; here for those that are made otherwise.
        case (0, _) where low >> 32 == 0xFFFF: return v4(UInt32(truncatingIfNeeded: low))
        // NAT64 (RFC 6052). Of 64:ff9b:1::/48 (RFC 8215) each network puts IPv4 where it likes, so nobody else can look inside.
        case (0x0064_FF9B_0000_0000, _) where low >> 32 == 0: return outer(UInt32(truncatingIfNeeded: low))
        default: break
        }
        // ISATAP (RFC 5214 §6.1): the identifier 0:5efe, or 200:5efe, and then the IPv4 address of a host within the site.
        if low >> 32 & 0xFDFF_FFFF == 0x5EFE, outer(UInt32(truncatingIfNeeded: low)) == .nowhere { return .nowhere }
        if high >> 57 == 0x7E { return .privateUse }
        // All else that is given out is in 2000::/3. That leaves out fe80::/10 without its zone, fec0::/10, 100::/64, which is for what is to be lost
        // (RFC 6666), and the IPv4-compatible form.
        guard high >> 61 == 1 else { return .nowhere }
        switch high >> 32 {
        // Teredo (RFC 4380 §4): the server, and the client with all its bits turned over.
        case 0x2001_0000:
            let (server, client) = (UInt32(truncatingIfNeeded: high), ~UInt32(truncatingIfNeeded: low))
            return outer(server) == .global ? outer(client) : .nowhere
        // 2001::/23 has protocols and services (RFC 6890), no hosts.
        case 0x2001_0000...0x2001_01FF: return .nowhere
        // 6to4 (RFC 3056 §2).
        case 0x2002_0000...0x2002_FFFF: return outer(UInt32(truncatingIfNeeded: high >> 16))
        default: return .global
        }
    }

    /// An IPv4 address within another one must be global: whoever translates it would otherwise be led into its own network, or itself.
    private static func outer(_ word: UInt32) -> AddressSpace { v4(word) == .global ? .global : .nowhere }
}
