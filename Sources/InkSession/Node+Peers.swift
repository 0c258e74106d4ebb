import InkBoard
import InkConnectivity
import InkPrimitives
import InkRendezvous
import InkTransport

// Who is here: sessions that begin and end, the rendezvous, saved addresses.
extension Node {
    /// Everybody who is here or was lost less than the grace ago, in a fixed order.
    public var peers: [PeerStatus] { roster.peers.compactMap { roster.people[$0].map(currentStatus) } }

    /// The transport's figures for each peer with a session.
    public func statistics() -> [(peer: PeerID, statistics: ConnectionStatistics)] {
        connections.compactMap { connection in
            guard let neighbour = neighbours[connection], let figures = endpoint.statistics(connection) else { return nil }
            return (neighbour.shownAs, figures)
        }
    }

    /// Names of our set that were visited to answer one peer in its session, of the peer that cost most.
    package var namesVisitedMax: Int { neighbours.values.map(\.namesVisited).max() ?? 0 }

    /// What became of all datagrams that reached us, strangers' included.
    public var datagramCounters: EndpointCounters { endpoint.counters }

    /// Brings out what endpoint and signalling have to say, until neither has more: a packet for a relay becomes a frame there, and what signalling
    /// tells becomes packets.
    mutating func drainWays(now: Instant) {
        repeat {
            drainEndpoint(now: now)
            drainRendezvous(now: now)
        } while endpoint.hasOutput
    }

    mutating func drainEndpoint(now: Instant) {
        while let output = endpoint.nextOutput() {
            switch output {
            case .transmit(let bytes, .direct(let address), _):
                // Who wants relays only is seen by a rendezvous and by nobody else (SE-114).
                if relayPolicy != .only { emit(.transmit(bytes, to: address)) }
            case .transmit(let bytes, .relay(let point), let isPresence):
                rendezvous?.relay(bytes, over: point, isPresence: isPresence, now: now)
            case .rerouted(let connection, let route):
                if let peer = neighbours[connection]?.remote.peer { rendezvous?.relayed(peer, route.isRelay) }
                if let address = route.address { reached(address, on: connection, now: now) }
                tellPerson(at: connection)
            case .established(let connection, let remote): established(connection, remote, now: now)
            case .message(let bytes, let lane, _, let connection): receive(bytes, lane: lane, on: connection, now: now)
            case .presence(let bytes, let connection): receivePresence(bytes, on: connection, now: now)
            case .presenceAcknowledged(let token, let connection): neighbours[connection]?.outbox.acknowledged(token: token)
            case .degraded(let connection):
                neighbours[connection]?.isDegraded = true
                agreement.givers.heard()
                if let peer = neighbours[connection]?.remote.peer { rendezvous?.degraded(peer, true, now: now) }
                noteSilence(of: connection)
                hidePresence(of: connection)
                tellPerson(at: connection)
                statusChanged(now: now)
            case .recovered(let connection):
                neighbours[connection]?.isDegraded = false
                if let peer = neighbours[connection]?.remote.peer { rendezvous?.degraded(peer, false, now: now) }
                // What changed meanwhile it was not told.
                tellAddresses(now: now)
                noteSilence(of: connection)
                showPresence(of: connection, now: now)
                tellPerson(at: connection)
                statusChanged(now: now)
            case .closed(let connection, let reason): closed(connection, reason, now: now)
            case .duplicateDevice(let device, let seconds): tell(.duplicateDevice(device ?? author, seconds: seconds))
            case .versionMismatch(let theirs, _, let isFresh):
                versions.met(isFresh: isFresh)
                tell(.versionMismatch(theirs: Int(theirs), ours: Int(Endpoint.version)))
            case .keys(let disclosure): emit(.keys(disclosure))
            case .attemptFailed: break  // The rendezvous and the saved addresses try again by their own clocks.
            }
        }
    }

    private mutating func established(_ connection: ConnectionID, _ remote: Remote, now: Instant) {
        guard remote.author != author else {
            // Our own device at an address of ours: nothing to share with ourselves.
            endpoint.close(connection, now: now)
            return
        }
        // What it has of ours it tells in this session: between two it may have lost what it had not saved.
        neighbours[connection] = Neighbour(connection: connection, remote: remote, now: now)
        agreement.goneSuppliers.returned(remote.author)
        meetings.ended(remote.peer)
        rendezvous?.sessionLives(with: remote.peer, true, now: now)
        rendezvous?.relayed(remote.peer, remote.route.isRelay)
        let person = roster.arrived(remote, on: connection, status: roster.before(remote).map(currentStatus))
        neighbours[connection]?.shownAs = person.status.peer
        neighbours[connection]?.inbox.clock = person.clock.anew
        tellPerson(remote.peer)
        if let address = remote.address { reached(address, on: connection, now: now) }
        neighbours[connection]?.toldGenesis = board != nil
        say(.hello(hasGenesis: board != nil), on: connection, now: now)
        for point in rendezvous?.relayPoints(of: remote.peer) ?? [] {
            endpoint.relay(remote.peer, over: point, rate: rendezvous?.relayRate(at: point.place), now: now)
        }
        tellAddresses(now: now)
        tellAdjacency(now: now)
    }

    /// A neighbour is reached directly, from the beginning or since the relay was left: there it is dialled another time.
    private mutating func reached(_ address: SocketAddress, on connection: ConnectionID, now: Instant) {
        guard let author = neighbours[connection]?.remote.author else { return }
        neighbours[connection]?.address = address
        let live = liveAddresses
        if dials.reached(address, by: author, now: now, isLive: { live.contains($0) }) { saves.append(.lastPeers(dials.known)) }
    }

    mutating func closed(_ connection: ConnectionID, _ reason: CloseReason, now: Instant) {
        guard var neighbour = neighbours[connection] else { return }
        let peer = neighbour.remote.peer
        let last = roster.people[peer].map(currentStatus)
        neighbours[connection] = nil
        agreement.givers.heard()
        for news in neighbour.inbox.hide() { tell(news, of: neighbour.shownAs) }
        agreement.verification.forget(connection) { [neighbours] in neighbours[$0] != nil }
        if !hasSession(with: neighbour.remote.author) { agreement.goneSuppliers.left(neighbour.remote.author, now: now) }
        guard roster.people[peer]?.connection == connection else { return }
        rendezvous?.sessionLives(with: peer, false, now: now)
        // Who keeps another process of ours will do so for a while.
        if let address = neighbour.address {
            if reason == .turnedDown {
                dials.turnedDown(address, now: now, using: &jitter)
            } else {
                dials.lost(address, of: neighbour.remote.author, now: now, using: &jitter)
            }
        }
        if case .byPeer = reason {
            leave(peer)
        } else {
            let isReplaced = if case .replaced = reason { true } else { false }
            roster.lost(peer, clock: neighbour.inbox.clock, last: last, isReplaced: isReplaced, now: now)
            if !isReplaced { tellPerson(peer) }
        }
        tellAdjacency(now: now)
        statusChanged(now: now)
    }

    mutating func sayGoodbyeToLost(now: Instant) {
        for peer in roster.overdue(now: now) { leave(peer) }
    }

    private mutating func leave(_ peer: PeerID) {
        guard let person = roster.left(peer) else { return }
        var status = currentStatus(person)
        status.state = .left
        (status.path, status.roundTrip, status.silentSeconds) = (nil, nil, nil)
        tell(.peer(status))
    }

    /// The status of a person with what only the moment knows.
    func currentStatus(_ person: Person) -> PeerStatus {
        var status = person.status
        if let author = status.author, let name = board?.personName(author) { status.name = name }
        status.hasOurName = status.author != author && isOurName(status.name)
        guard let connection = person.connection, let neighbour = neighbours[connection] else {
            (status.path, status.roundTrip) = (nil, nil)
            status.silentSeconds = person.silentSince.map { max(1, Int((time - $0).components.seconds)) }
            return status
        }
        let figures = endpoint.statistics(connection)
        status.silentSeconds = figures?.unansweredSince.map { Int((time - $0).components.seconds) }.flatMap { $0 > 0 ? $0 : nil }
        // Nobody knows how packets reach one who does not answer.
        (status.path, status.roundTrip) =
            status.silentSeconds == nil ? (figures.map { PeerStatus.Path($0.route) }, figures?.roundTrip) : (nil, nil)
        if neighbour.isInRoom {
            status.state =
                switch neighbour.inbox.shownAttention {
                case .active: .joined
                case .idle: .idle
                case .away: .away
                }
        }
        return status
    }

    private mutating func noteSilence(of connection: ConnectionID) {
        guard let peer = neighbours[connection]?.remote.peer else { return }
        roster.silent(peer, on: connection, since: endpoint.statistics(connection)?.unansweredSince)
    }

    mutating func tellPerson(at connection: ConnectionID) {
        if let peer = neighbours[connection]?.remote.peer { tellPerson(peer) }
    }

    /// Tells front ends about a person if anything that they show has changed.
    mutating func tellPerson(_ peer: PeerID) {
        guard let person = roster.people[peer] else { return }
        let status = currentStatus(person)
        if let news = roster.news(of: peer, status) { tell(.peer(news)) }
    }

    /// Tells the others with whom we have sessions.
    mutating func tellAdjacency(now: Instant) {
        guard roster.adjacency.mayTell(now: now) else { return }
        let authors = Set(neighbours.values.map(\.remote.author).sorted().prefix(SessionMessage.adjacentMax))
        guard let (joined, left) = roster.adjacency.change(to: authors, now: now) else { return }
        for connection in connections where neighbours[connection]?.isInRoom == true {
            say(.adjacency(joined: joined, left: left), on: connection, now: now)
        }
    }

    // The rendezvous.

    mutating func rendezvousConnected(to address: SocketAddress, from local: IPAddress?, at place: Int, now: Instant) {
        standing.connected(to: address, at: place)
        rendezvous?.connected(to: address, from: local, at: place, now: now)
        tellStanding()
    }

    mutating func rendezvousClosed(reason: String, at place: Int, now: Instant) {
        standing.closed(reason: reason, at: place)
        rendezvous?.disconnected(at: place, now: now)
        // Who was seen there alone is not known to be there.
        meetings.keep(Set(rendezvous?.present ?? []))
        askSTUN(now: now)
        tellStanding()
    }

    private mutating func tellStanding() {
        guard rendezvousStatus != standing.status else { return }
        rendezvousStatus = standing.status
        tell(.rendezvous(rendezvousStatus))
    }

    mutating func drainRendezvous(now: Instant) {
        while let output = rendezvous?.nextOutput() {
            switch output {
            case .send(let message, let place): emit(.rendezvousSend(message, at: place))
            case .connect(let place): emit(.rendezvousConnect(at: place))
            case .disconnect(let place, let reason): emit(.rendezvousDisconnect(at: place, reason: reason))
            case .liveness(let interval, let patience, let place):
                emit(.rendezvousLiveness(interval: interval, patience: patience, at: place))
            case .probe(let place): emit(.rendezvousProbe(at: place))
            case .dial(let attempt, let remote, let addresses):
                meetings.named(remote, addresses)
                endpoint.dial(attempt: attempt, remote: remote, addresses: addresses, now: now)
            case .expect(let attempt, let remote, let addresses):
                meetings.named(remote, addresses)
                endpoint.expect(attempt: attempt, remote: remote, addresses: addresses, now: now)
            case .open(let attempt, let remote):
                let opening = endpoint.open(attempt: attempt, remote: remote, now: now)
                rendezvous?.opened(attempt: attempt, remote: remote, opening: opening, now: now)
            case .answer(let attempt, let remote, let opening, let point, _):
                let reply = endpoint.answer(attempt: attempt, remote: remote, opening: opening, over: point, now: now)
                rendezvous?.answered(attempt: attempt, remote: remote, reply: reply, at: point.place, now: now)
            case .complete(let attempt, _, let reply, let point, _):
                endpoint.complete(attempt: attempt, reply: reply, over: point, now: now)
            case .reachable(let remote, let point):
                endpoint.relay(remote, over: point, rate: rendezvous?.relayRate(at: point.place), now: now)
            case .unreachable(let remote, let place): endpoint.relayLost(remote, at: place, now: now)
            case .candidates(let remote, let addresses):
                for connection in connections where neighbours[connection]?.remote.peer == remote {
                    guard neighbours[connection]?.moves.take(now: now) == true else { continue }
                    endpoint.invite(addresses, on: connection, now: now)
                }
            case .sendFrame(let bytes, let isPresence, let place): emit(.rendezvousFrame(bytes, isPresence: isPresence, at: place))
            case .relayed(let bytes, let point): endpoint.receive(bytes, over: .relay(point), now: now)
            case .abandon(let remote): endpoint.abandon(remote: remote, now: now)
            case .stunServer(let port, let place):
                standing.answersSTUN(on: port, at: place)
                // It was out of our reach for a while, and so the answer that we have is old.
                stun.restart(standing.stunServers(at: place), now: now)
                askSTUN(now: now)
            case .versionMismatch(let theirs):
                versions.met(isFresh: true)
                tell(.versionMismatch(theirs: Int(theirs), ours: Int(Endpoint.version)))
            // A peer counts once the handshake has proved who it is. Until then it is somebody who should be met.
            case .peerAppeared(let remote, let author):
                let isMet = connections.contains { neighbours[$0]?.remote.peer == remote }
                if author != self.author, !isMet { meetings.appeared(remote, author: author, now: now) }
            case .peerLeft(let remote): meetings.ended(remote)
            case .joined: break
            }
        }
    }

    /// Tells of those who are there and not met (SE-115).
    mutating func tellMeetings(now: Instant) {
        for news in meetings.due(now: now) {
            tell(.meeting(news.peer, author: news.author, news.isOver ? obstacle(before: news.peer, named: news.named) : nil))
        }
    }

    /// What keeps us from one who is there.
    private func obstacle(before peer: PeerID, named: [SocketAddress]) -> Obstacle {
        let relay: Obstacle.Relay =
            if relayPolicy == .never { .refusedHere } else if rendezvous?.relayPoints(of: peer).isEmpty == false {
                .silent
            } else if rendezvous?.hasRelay == true { .refusedThere } else { .notAllowed }
        let isSix = { (address: SocketAddress) in address.ip.isV6 }
        let own = Set(ownCandidates.map { isSix($0.address) })
        let way: Obstacle.Way =
            if relayPolicy == .only { .relayOnly } else if !standing.stunServers.isEmpty, stun.mapped.isEmpty {
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
        guard relayPolicy != .only else { return }
        stun.use(standing.stunServers.filter { hasFamily(of: $0.ip) }, now: now)
    }

    private func hasFamily(of ip: IPAddress) -> Bool {
        guard let localAddresses else { return true }
        return localAddresses.contains { $0.address.ip.isV6 == ip.isV6 && (ip.isLoopback || !$0.address.ip.isLoopback) }
    }

    mutating func drainSTUN(now: Instant) {
        while let output = stun.nextOutput(now: now) {
            switch output {
            case .transmit(let bytes, let address): emit(.transmit(bytes, to: address))
            case .changed:
                offerCandidates(now: now)
                // What stands before us gave us another address: what did not carry before may now.
                endpoint.networkChanged(now: now)
                rendezvous?.moved(now: now)
            }
        }
        drainRendezvous(now: now)
    }

    /// Offers our own addresses, and those that the world sees: to neighbours within the session, and to whoever is not met yet by the rendezvous.
    private mutating func offerCandidates(now: Instant) {
        ownCandidates = Candidate.ranked(own: localAddresses ?? [], reflexive: stun.mapped)
        let (candidates, networks) = (ownCandidates, localNetworks)
        rendezvous?.setCandidates(candidates, networks: networks, now: now)
        tellAddresses(now: now)
    }

    /// Says to each neighbour where we are, unless it was told (SE-113). Nobody but members of the room learns it, and no rendezvous is needed for it.
    mutating func tellAddresses(now: Instant) {
        addressesAt = nil
        guard relayPolicy != .only, localAddresses != nil else { return }
        // One change is told to all at once; of changes that follow each other the last is.
        let mayTell = addressPace.wait(for: 1, now: now) == .zero
        var isTold = false
        for connection in connections where neighbours[connection]?.isDegraded == false {
            let candidates = sessionFilter(on: connection).offerable(ownCandidates)
            guard neighbours[connection]?.toldCandidates != candidates else { continue }
            let isNews = neighbours[connection]?.toldCandidates != nil
            guard !isNews || mayTell else {
                addressesAt = now + addressPace.wait(for: 1, now: now)
                continue
            }
            isTold = isTold || isNews
            neighbours[connection]?.toldCandidates = candidates
            say(.addresses(candidates), on: connection, now: now)
        }
        if isTold { _ = addressPace.take(now: now) }
    }

    /// A neighbour says where it is: those of the addresses that may be dialled are challenged.
    mutating func receiveAddresses(_ offered: [Candidate], on connection: ConnectionID, now: Instant) {
        guard relayPolicy != .only, neighbours[connection]?.moves.take(now: now) == true else { return }
        var remembered = neighbours[connection]?.sharedNAT ?? []
        let addresses = sessionFilter(on: connection).dialable(offered, own: ownCandidates, remembered: &remembered)
        neighbours[connection]?.sharedNAT = remembered
        endpoint.invite(addresses, on: connection, now: now)
    }

    /// What was reached over loopback may lead to loopback.
    private func sessionFilter(on connection: ConnectionID) -> CandidateFilter {
        let isHere = neighbours[connection]?.remote.address?.ip.isLoopback ?? false
        return CandidateFilter(
            allowsLoopback: isHere || isOnOneMachine, networks: localNetworks, ownReflexive: stun.mapped,
            isRendezvousPrivate: standing.addresses.contains { CandidateFilter.isPrivate($0.ip) })
    }

    /// Our links on which others may be.
    private var localNetworks: [LocalNetwork] { (localAddresses ?? []).filter(\.isConnected).map(\.network) }

    mutating func localAddressesChanged(to addresses: [LocalAddress], now: Instant) {
        let before = localAddresses
        localAddresses = addresses
        let isElsewhere = before.map { Self.outward($0) != Self.outward(addresses) } ?? false
        if isElsewhere {
            networkChanged(now: now)
        } else if before == nil {
            // What was dialled before was judged without them.
            dials.networkChanged(now: now)
        }
        askSTUN(now: now)
        offerCandidates(now: now)
        // Who is told by the rendezvous is told what is true now.
        if isElsewhere {
            rendezvous?.networkChanged(from: (before ?? []).map(\.address.ip), to: addresses.map(\.address.ip), now: now)
        }
    }

    /// Those that lead out of this machine: networks of containers come and go with the containers, and change nothing between us and others.
    private static func outward(_ addresses: [LocalAddress]) -> Set<LocalAddress> {
        Set(addresses.filter { $0.standing < .inner && !$0.address.ip.isLoopback })
    }

    /// We are elsewhere in the network: nothing that was known of ways from here and to here need be true (SE-112).
    private mutating func networkChanged(now: Instant) {
        endpoint.networkChanged(now: now)
        stun.restart(now: now)
        dials.networkChanged(now: now)
        dialSaved(now: now)
    }

    // Saved addresses.

    /// Where sessions live now.
    private var liveAddresses: Set<SocketAddress> { Set(neighbours.values.compactMap { endpoint.statistics($0.connection)?.address }) }

    /// Somebody answers us, and a rendezvous lets us in.
    private var isInCompany: Bool {
        rendezvous?.isJoined == true && neighbours.values.indices.contains { !neighbours.values[$0].isDegraded }
    }

    mutating func followCompany(now: Instant) { dials.follow(isInCompany: isInCompany, now: now, using: &jitter) }

    mutating func dialSaved(now: Instant) {
        guard !phase.isEnding, relayPolicy != .only, let first = dials.deadline, first <= now else { return }
        let (live, devices) = (liveAddresses, Set(neighbours.values.map(\.remote.author)))
        let filter = CandidateFilter(allowsLoopback: isOnOneMachine, networks: localNetworks)
        let surroundings = SavedDials.Surroundings(
            isInCompany: isInCompany, lives: devices.contains, livesAt: live.contains, permits: filter.permits)
        for address in dials.due(now: now, using: &jitter, in: surroundings) {
            var nonce: [UInt8] = []
            for _ in 0..<2 {
                let word = jitter.next()
                for shift in stride(from: 56, through: 0, by: -8) { nonce.append(UInt8(truncatingIfNeeded: word >> UInt64(shift))) }
            }
            endpoint.dial(attempt: nonce, remote: nil, addresses: [address], now: now)
        }
    }
}
