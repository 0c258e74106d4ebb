import InkPrimitives

/// Decides which addresses may be offered to peers and which of theirs may be dialled.
///
/// A member may name any address. Without these rules our dialling would be a port scanner inside our own network or a weapon
/// against somebody else's; with them a lie costs a few packets of fixed content to a port where no classic service listens.
/// Addresses that our own user typed (`--direct`) do not pass through here; those that a link names do.
public struct CandidateFilter: Hashable, Sendable {
    /// The rendezvous was reached over loopback, so peers on this machine are likely (CN-5).
    public var allowsLoopback: Bool
    /// The links we are on; private addresses inside them are reachable.
    public var networks: [LocalNetwork]
    /// Our own addresses as STUN servers see them.
    public var ownReflexive: [SocketAddress]
    /// The rendezvous was reached at a private address, so it is inside our private network whatever it says.
    public var isRendezvousPrivate: Bool

    public init(
        allowsLoopback: Bool = false, networks: [LocalNetwork] = [], ownReflexive: [SocketAddress] = [], isRendezvousPrivate: Bool = false
    ) {
        (self.allowsLoopback, self.networks, self.ownReflexive) = (allowsLoopback, networks, ownReflexive)
        self.isRendezvousPrivate = isRendezvousPrivate
    }

    /// The own candidates worth telling a peer: each address once, at most `Limits.candidates`, in the order given.
    public func offerable(_ own: [Candidate]) -> [Candidate] {
        bounded(own.filter { isUsable($0.address) })
    }

    /// The candidates of a peer that may be dialled: each address once, at most `Limits.candidates`, in the order in which the peer ranks them.
    ///
    /// - Parameter own: our own candidates, which are never dialled.
    public func dialable(_ offered: [Candidate], own: [Candidate] = []) -> [SocketAddress] {
        var remembered: Set<SocketAddress> = []
        return dialable(offered, own: own, remembered: &remembered)
    }

    /// As `dialable(_:own:)`, for what one peer offers again and again.
    ///
    /// - Parameter remembered: private addresses dialled so far only because this peer shares our NAT; at most `sharedNATMax` (CN-7).
    public func dialable(_ offered: [Candidate], own: [Candidate] = [], remembered: inout Set<SocketAddress>) -> [SocketAddress] {
        let ownAddresses = Set(own.map(\.address))
        let sharesNAT = offered.contains { theirs in
            theirs.kind == .serverReflexive && ownReflexive.contains { $0.ip == theirs.address.ip }
        }
        // A rendezvous that sees us under a private address is inside our private network, and so is whoever else it sees that way.
        // One that is outside and says so could have us dial whatever it likes inside.
        let sharesPrivateServer = isRendezvousPrivate && ownReflexive.contains { Self.isPrivate($0.ip) }
        // Whoever is on this machine has all its addresses, and one is enough; for others they are the same numbers elsewhere, as of any network of
        // containers.
        let ownIPs = Set(own.lazy.filter { $0.kind == .host }.map(\.address.ip).filter { !$0.isLoopback })
        var hasOwn = false
        let usable = bounded(offered).filter { candidate in
            guard isUsable(candidate.address), !ownAddresses.contains(candidate.address) else { return false }
            // CN-28
            guard ownIPs.contains(candidate.address.ip) else { return true }
            defer { hasOwn = true }
            return !hasOwn
        }
        let needsNAT = { (candidate: Candidate) in
            let ip = candidate.address.ip
            guard Self.isPrivate(ip), !networks.contains(where: { $0.contains(ip) }) else { return false }
            return !(candidate.kind == .serverReflexive && sharesPrivateServer)
        }
        if sharesNAT { remember(usable.filter(needsNAT).map(\.address), in: &remembered) }
        return usable.filter { !needsNAT($0) || (sharesNAT && remembered.contains($0.address)) }.map(\.address)
    }

    /// Private addresses of one peer that are dialled only because it shares our NAT. Whoever is behind it can name any: the outer
    /// address is no secret to a member.
    package static let sharedNATMax = 2

    /// Fills `remembered`, those nearest to our own networks first: a peer's bridges and tunnels are seldom numbered like the links around us.
    private func remember(_ addresses: [SocketAddress], in remembered: inout Set<SocketAddress>) {
        let nearness = { (address: SocketAddress) in networks.map { $0.commonBits(with: address.ip) }.max() ?? 0 }
        let sorted = addresses.filter { !remembered.contains($0) }.map { (nearness($0), $0) }.sorted { ($1.0, $0.1) < ($0.0, $1.1) }
        for (_, address) in sorted.prefix(max(0, Self.sharedNATMax - remembered.count)) { remembered.insert(address) }
    }

    /// Ports at or above 1024 where something answers a stranger's datagram, often at length, and multicast services (CN-6).
    package static let forbiddenPorts: Set<UInt16> = [
        1434, 1604, 1701, 1900, 2049, 3283, 3389, 3478, 3702, 5060, 5061, 5093, 5351, 5353, 5355, 10001, 11211, 17185, 26000, 27015, 27960,
        30718, 32414, 33848, 37810, 47808,
    ]

    /// Whether an address that came by a link may be dialled. Whoever made the link may be anybody, and it says of no place who is there (CN-12).
    public func permits(_ address: SocketAddress) -> Bool {
        guard isUsable(address) else { return false }
        return !Self.isPrivate(address.ip) || networks.contains { $0.contains(address.ip) }
    }

    private func isUsable(_ address: SocketAddress) -> Bool {
        guard address.port >= 1024, !Self.forbiddenPorts.contains(address.port) else { return false }
        return switch AddressSpace(address.ip) {
        case .loopback: allowsLoopback
        case .privateUse, .global: true
        case .nowhere: false
        }
    }

    /// Numbers that other networks have as well, each for itself.
    package static func isPrivate(_ ip: IPAddress) -> Bool { AddressSpace(ip) == .privateUse }

    /// Places among `Limits.candidates` that hosts leave to server-reflexive ones (CN-27): two for each family.
    package static let reflexiveMin = 4

    /// Each address once, as server-reflexive if it is both: behind no NAT it is the rendezvous' view that tells a routed network from a stranger's
    /// (CN-8).
    private func bounded(_ candidates: [Candidate]) -> [Candidate] {
        let reflexive = Set(candidates.lazy.filter { $0.kind == .serverReflexive }.map(\.address))
        var hostsLeft = Limits.candidates - min(Self.reflexiveMin, reflexive.count)
        var kept: [Candidate] = []
        var seen: Set<SocketAddress> = []
        for candidate in candidates where kept.count < Limits.candidates && seen.insert(candidate.address).inserted {
            guard !reflexive.contains(candidate.address) else {
                kept.append(Candidate(address: candidate.address, kind: .serverReflexive))
                continue
            }
            guard hostsLeft > 0 else { continue }
            hostsLeft -= 1
            kept.append(candidate)
        }
        return kept
    }
}
