import InkPrimitives

/// The links of this machine on which others may be: what of them can be spoken to at once, and who on them is believed to be near.
public struct OwnLinks: Hashable, Sendable {
    /// Of the interfaces of `speakers`, best first, link-local ones with their zone among them (CN-32).
    public let addresses: [LocalAddress]
    /// Where something is said to all on a link: one address of each interface (CN-21).
    public let speakers: [LocalAddress]

    /// Interfaces by which something is said to all, at most: a machine with networks of containers has dozens.
    public static let speakersMax = 4

    /// - Parameter addresses: of this machine, of interfaces that reach more than one other.
    public init(_ addresses: [LocalAddress] = []) {
        let outer = addresses.filter { $0.isConnected && !$0.address.ip.isLoopback }
        // Alone on a machine without a network one still meets the other programs there (CN-33).
        let ranked = LocalAddress.ranked(outer.isEmpty ? addresses.filter { $0.address.ip.isLoopback && !$0.address.ip.isV6 } : outer)
        var interfaces: [Int] = []
        for address in ranked where interfaces.count < Self.speakersMax && !interfaces.contains(address.interface) {
            interfaces.append(address.interface)
        }
        self.addresses = ranked.filter { interfaces.contains($0.interface) }
        speakers = interfaces.compactMap { interface in
            let own = ranked.filter { $0.interface == interface }
            return own.first { !$0.address.ip.isV6 && !$0.address.ip.isLinkLocal } ?? own.first { !$0.address.ip.isV6 }
                ?? own.first { $0.address.ip.isLinkLocal }
        }
    }

    /// Whether who says to be at that address, in a datagram that came by this interface, may be dialled there (CN-20).
    ///
    /// - Parameter interface: 0 where that is not known: then nobody is near.
    public func permits(_ address: SocketAddress, heardBy interface: Int) -> Bool {
        guard interface != 0, address.port >= 1024, !CandidateFilter.forbiddenPorts.contains(address.port), !address.ip.isUnspecified,
            !address.ip.isMulticastOrBroadcast
        else { return false }
        return addresses.contains { own in
            // What another program of this machine says to us alone comes by the loopback. From outside the system takes nothing that is from us.
            if own.address.ip == address.ip { return true }
            return own.interface == interface && own.network.contains(address.ip) && own.address.ip.isLoopback == address.ip.isLoopback
        }
    }
}
