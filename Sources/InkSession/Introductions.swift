import InkConnectivity
import InkPrimitives
import InkRendezvous

/// How we come to meet others: the rendezvous of the list, STUN beside them, addresses where peers were before, and what is said of those who are
/// there and not met.
struct Introductions: Sendable {
    /// Whether rendezvous may carry what is said, and whether anything else may.
    let policy: RelayPolicy
    /// All rendezvous of the list are on this machine, and so may be whoever a link names there.
    let isOnOneMachine: Bool
    /// What is said at the rendezvous; nil where there is none.
    var client: RendezvousClients?
    private var standing: RendezvousStanding
    var tokens = TokenStanding()
    /// How we stand with the rendezvous of the list, as last told.
    private(set) var status: RendezvousStatus
    var stun: STUNClients
    var dials: SavedDials
    var meetings = Meetings()
    var whereabouts = Whereabouts()

    init(_ configuration: Node.Configuration, client: RendezvousClients?, stun: STUNClients, now: Instant) {
        (policy, isOnOneMachine) = (configuration.relayPolicy, configuration.isOnOneMachine)
        (self.client, self.stun) = (client, stun)
        standing = RendezvousStanding(count: configuration.rendezvousCount)
        status = standing.status
        dials = SavedDials(
            direct: configuration.directAddresses, link: configuration.linkAddresses, saved: configuration.lastPeers, now: now)
    }

    /// - Parameter isEnding: nobody is looked for any more.
    func deadline(isEnding: Bool) -> Instant? {
        var soonest = earliest(earliest(client?.deadline, stun.deadline), whereabouts.deadline)
        guard !isEnding else { return soonest }
        if policy != .only { soonest = earliest(soonest, dials.deadline) }
        return earliest(soonest, meetings.deadline)
    }

    // The rendezvous.

    mutating func connected(to address: SocketAddress, from local: IPAddress?, at place: Int, now: Instant) {
        standing.connected(to: address, at: place)
        client?.connected(to: address, from: local, at: place, now: now)
    }

    mutating func closed(reason: String, at place: Int, now: Instant) {
        standing.closed(reason: reason, at: place)
        client?.disconnected(at: place, now: now)
        // Who was seen there alone is not known to be there.
        meetings.keep(Set(client?.present ?? []))
        askSTUN(now: now)
    }

    mutating func hasAddresses(_ addresses: [SocketAddress], at place: Int, now: Instant) {
        standing.hasAddresses(addresses, at: place)
        askSTUN(now: now)
    }

    mutating func answersSTUN(on port: UInt16, at place: Int, now: Instant) {
        standing.answersSTUN(on: port, at: place)
        // It was out of our reach for a while, and so the answer that we have is old.
        stun.restart(standing.stunServers(at: place), now: now)
        askSTUN(now: now)
    }

    /// - Returns: how we stand with them, if that is to be told, and now counts as told.
    mutating func standingNews() -> RendezvousStatus? {
        guard status != standing.status else { return nil }
        status = standing.status
        return status
    }

    /// What keeps us from one who is there.
    func obstacle(before peer: PeerID, named: [SocketAddress]) -> Obstacle {
        let relay: Obstacle.Relay =
            if policy == .never { .refusedHere } else if client?.relayPoints(of: peer).isEmpty == false {
                .silent
            } else if client?.hasRelay == true { .refusedThere } else { .notAllowed }
        let isSix = { (address: SocketAddress) in address.ip.isV6 }
        let own = Set(whereabouts.candidates.map { isSix($0.address) })
        let way: Obstacle.Way =
            if policy == .only { .relayOnly } else if !standing.stunServers.isEmpty, stun.mapped.isEmpty {
                .noUDP
            } else if named.isEmpty {
                // Where a relay is shared addresses are told within a session only.
                relay == .silent ? .notTried : .noAddress
            } else if own.isDisjoint(with: named.map(isSix)) { .noFamily } else { .noPassage }
        return Obstacle(way: way, relay: relay)
    }

    // How we are reached.

    /// Has STUN asked at the rendezvous that answer, in each family that we have ourselves.
    mutating func askSTUN(now: Instant) {
        guard policy != .only else { return }
        stun.use(standing.stunServers.filter { whereabouts.hasFamily(of: $0.ip) }, now: now)
    }

    /// Offers our own addresses, and those that the world sees, to whoever is not met yet.
    mutating func offerCandidates(now: Instant) {
        whereabouts.rank(reflexive: stun.mapped)
        client?.setCandidates(whereabouts.candidates, networks: whereabouts.networks, now: now)
    }

    /// Which of the addresses that are named within a session may be dialled, and which of ours may be named there.
    ///
    /// - Parameter isHere: it was reached over loopback: that may lead to loopback.
    func sessionFilter(isHere: Bool) -> CandidateFilter {
        CandidateFilter(
            allowsLoopback: isHere || isOnOneMachine, networks: whereabouts.networks, ownReflexive: stun.mapped,
            isRendezvousPrivate: standing.addresses.contains { CandidateFilter.isPrivate($0.ip) })
    }

    /// Which addresses of a link may be dialled (CN-12, CN-30).
    var linkFilter: CandidateFilter { CandidateFilter(allowsLoopback: isOnOneMachine, networks: whereabouts.networks) }
}
