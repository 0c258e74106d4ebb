import InkConnectivity
import InkPrimitives

/// Where we are to be found: addresses of this machine, what of them is told to whom we meet, and how often (SE-113).
struct Whereabouts: Sendable {
    /// Nil until they are told.
    private(set) var local: [LocalAddress]?
    /// Best first, as the neighbours were told last or soon will be.
    private(set) var candidates: [Candidate] = []
    /// When neighbours are told next what they could not be told at once.
    private(set) var deadline: Instant?
    private var pace = TokenBucket(rate: 1, burst: 6, now: .distantPast)

    /// Our links on which others may be.
    var networks: [LocalNetwork] { (local ?? []).filter(\.isConnected).map(\.network) }

    /// We may have an address of this one's family.
    func hasFamily(of ip: IPAddress) -> Bool {
        guard let local else { return true }
        return local.contains { $0.address.ip.isV6 == ip.isV6 && (ip.isLoopback || !$0.address.ip.isLoopback) }
    }

    /// - Returns: true if we are elsewhere in the network.
    mutating func move(to addresses: [LocalAddress]) -> Bool {
        defer { local = addresses }
        return local.map { Self.outward($0) != Self.outward(addresses) } ?? false
    }

    /// - Parameter reflexive: our addresses as the world sees them.
    mutating func rank(reflexive: [SocketAddress]) { candidates = Candidate.ranked(own: local ?? [], reflexive: reflexive) }

    /// True if what changed may be told now. One change is told to all at once; of changes that follow each other the last is.
    mutating func mayTell(now: Instant) -> Bool {
        deadline = nil
        return pace.wait(for: 1, now: now) == .zero
    }

    mutating func tellLater(now: Instant) { deadline = now + pace.wait(for: 1, now: now) }

    mutating func told(now: Instant) { _ = pace.take(now: now) }

    /// Those that lead out of this machine: networks of containers come and go (SE-305) with the containers, and change nothing between us and
    /// others.
    private static func outward(_ addresses: [LocalAddress]) -> Set<LocalAddress> {
        Set(addresses.filter { $0.standing < .inner && !$0.address.ip.isLoopback })
    }
}
