import InkBoard
import InkConnectivity
import InkPrimitives
import InkRendezvous
import InkTransport

// Who is here: sessions that begin and end.
extension Node {
    /// Everybody who is here or was lost less than the grace ago, in a fixed order.
    public var peers: [PeerStatus] { roster.peers.compactMap { roster.people[$0].map(currentStatus) } }

    /// The transport's figures for each peer with a session.
    public func statistics() -> [(peer: PeerID, statistics: ConnectionStatistics)] {
        connections.compactMap { connection in
            guard let neighbour = neighbours[connection], let figures = endpoint.statistics(connection) else { return nil }
            return (neighbour.shown.peer, figures)
        }
    }

    /// Names of our set that were visited to answer one peer in its session, of the peer that cost most.
    package var namesVisitedMax: Int { neighbours.values.map(\.transfer.namesVisited).max() ?? 0 }

    /// What became of all datagrams that reached us, strangers' included.
    public var datagramCounters: EndpointCounters { endpoint.counters }

    /// Brings out what endpoint and signalling have to say, until neither has more (SE-116): a packet for a relay becomes a frame there, and what
    /// signalling tells becomes packets.
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
                if introductions.policy != .only { emit(.transmit(bytes, to: address)) }
            case .transmit(let bytes, .relay(let point), let isPresence):
                introductions.client?.relay(bytes, over: point, isPresence: isPresence, now: now)
            case .rerouted(let connection, let route):
                if let peer = neighbours[connection]?.remote.peer { introductions.client?.relayed(peer, route.isRelay, now: now) }
                if let address = route.address { reached(address, on: connection, now: now) }
                tellPerson(at: connection)
            case .established(let connection, let remote): established(connection, remote, now: now)
            case .message(let bytes, let lane, _, let connection): receive(bytes, lane: lane, on: connection, now: now)
            case .presence(let bytes, let connection): receivePresence(bytes, on: connection, now: now)
            case .presenceAcknowledged(let token, let connection): neighbours[connection]?.shown.outbox.acknowledged(token: token)
            case .degraded(let connection):
                neighbours[connection]?.degraded()
                agreement.givers.heard()
                if let peer = neighbours[connection]?.remote.peer { introductions.client?.degraded(peer, true, now: now) }
                noteSilence(of: connection)
                hidePresence(of: connection)
                tellPerson(at: connection)
                statusChanged(now: now)
            case .recovered(let connection):
                neighbours[connection]?.recovered()
                if let peer = neighbours[connection]?.remote.peer { introductions.client?.degraded(peer, false, now: now) }
                // What changed meanwhile it was not told.
                tellAddresses(now: now)
                noteSilence(of: connection)
                showPresence(of: connection, now: now)
                tellPerson(at: connection)
                statusChanged(now: now)
            case .closed(let connection, let reason):
                let isStranger = neighbours[connection]?.isMet == false
                closed(connection, reason, now: now)
                // SE-178
                if reason == .notAdmitted, isStranger, !rights.isEndTold, !neighbours.values.contains(where: \.isMet),
                    rejections.mayTell(author: nil, rule: "not admitted", now: now)
                {
                    tell(.notAdmitted)
                }
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
        neighbours[connection] = Neighbour(connection: connection, remote: remote, hasGenesis: board != nil, hasRoles: hasRoles, now: now)
        agreement.goneSuppliers.returned(remote.author)
        introductions.meetings.ended(remote.peer)
        introductions.client?.sessionLives(with: remote.peer, true, now: now)
        introductions.client?.relayed(remote.peer, remote.route.isRelay, now: now)
        if hasRoles {
            knock(on: connection, now: now)
        } else {
            meet(connection, now: now)
            say(.hello(hasGenesis: board != nil), on: connection, now: now)
        }
        for point in introductions.client?.relayPoints(of: remote.peer) ?? [] {
            endpoint.relay(remote.peer, over: point, rate: introductions.client?.relayRate(at: point.place), now: now)
        }
        tellAddresses(now: now)
        tellAdjacency(now: now)
    }

    /// Somebody is here, and is told of.
    mutating func meet(_ connection: ConnectionID, now: Instant) {
        guard let remote = neighbours[connection]?.remote else { return }
        let person = roster.arrived(remote, on: connection, status: roster.before(remote).map(currentStatus))
        // Where people have roles the clock went on when the peer was welcomed.
        let clock = neighbours[connection]?.standing == nil ? person.clock.anew : nil
        neighbours[connection]?.shown.resume(as: person.status.peer, clock: clock)
        saw(remote.author, now: now)
        tellPerson(remote.peer)
        checkIdentity(of: remote.author)
        if let address = endpoint.statistics(connection)?.address ?? remote.address { reached(address, on: connection, now: now) }
    }

    /// A neighbour is reached directly, from the beginning or since the relay was left (SE-304): there it is dialled another time.
    private mutating func reached(_ address: SocketAddress, on connection: ConnectionID, now: Instant) {
        guard let neighbour = neighbours[connection], neighbour.isMet else { return }
        let author = neighbour.remote.author
        neighbours[connection]?.places.reached(at: address)
        let live = liveAddresses
        let isNews = introductions.dials.reached(address, by: author, now: now) { live.contains($0) }
        if isNews { saves.append(.lastPeers(introductions.dials.known)) }
    }

    mutating func closed(_ connection: ConnectionID, _ reason: CloseReason, now: Instant) {
        guard let neighbour = neighbours[connection] else { return }
        let peer = neighbour.remote.peer
        let last = roster.people[peer].map(currentStatus)
        hidePresence(of: connection)
        neighbours[connection] = nil
        agreement.givers.heard()
        agreement.verification.forget(connection) { [neighbours] in neighbours[$0] != nil }
        if !hasSession(with: neighbour.remote.author) { agreement.goneSuppliers.left(neighbour.remote.author, now: now) }
        guard roster.people[peer]?.connection == connection else { return closedUnmet(neighbour, reason, now: now) }
        introductions.client?.sessionLives(with: peer, false, now: now)
        // Who keeps another process of ours, or does not let us in, will do so for a while.
        if let address = neighbour.places.address {
            if reason == .turnedDown || reason == .notAdmitted {
                introductions.dials.turnedDown(address, now: now, using: &jitter)
            } else {
                introductions.dials.lost(address, of: neighbour.remote.author, now: now, using: &jitter)
            }
        }
        if reason == .byPeer || reason == .notAdmitted {
            leave(peer)
        } else {
            let isReplaced = if case .replaced = reason { true } else { false }
            roster.lost(peer, clock: neighbour.shown.inbox.clock, last: last, isReplaced: isReplaced, now: now)
            if !isReplaced { tellPerson(peer) }
        }
        tellAdjacency(now: now)
        statusChanged(now: now)
    }

    /// A session has ended with somebody who was not let in, or did not let us in (SE-177).
    private mutating func closedUnmet(_ neighbour: Neighbour, _ reason: CloseReason, now: Instant) {
        guard !neighbour.isMet else { return }
        if case .replaced = reason { return }
        introductions.client?.sessionLives(with: neighbour.remote.peer, false, now: now)
        // SE-331
        if reason == .notAdmitted, let address = neighbour.remote.address {
            introductions.dials.turnedDown(address, now: now, using: &jitter)
        }
        statusChanged(now: now)
    }

    mutating func sayGoodbyeToLost(now: Instant) {
        for peer in roster.overdue(now: now) { leave(peer) }
    }

    private mutating func leave(_ peer: PeerID) {
        guard let person = roster.left(peer) else { return }
        if let device = person.status.author { saw(device, now: time) }
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
        if hasRoles { status.role = role(of: person) }
        status.isVerified = status.author.map(acquaintances.isVerified) ?? false
        guard let connection = person.connection, let neighbour = neighbours[connection] else {
            (status.path, status.roundTrip) = (nil, nil)
            status.silentSeconds = person.silentSince.map { max(1, Int((time - $0).components.seconds)) }
            return status
        }
        let figures = endpoint.statistics(connection)
        status.silentSeconds = figures?.unansweredSince.map { Int((time - $0).components.seconds) }.flatMap { $0 > 0 ? $0 : nil }
        // Nobody knows how packets reach one who does not answer (SE-72).
        (status.path, status.roundTrip) =
            status.silentSeconds == nil ? (figures.map { PeerStatus.Path($0.route) }, figures?.roundTrip) : (nil, nil)
        if neighbour.isInRoom {
            // One who does not answer may be stopped or asleep: nobody attends there (SE-277).
            status.state =
                switch neighbour.shown.inbox.shownAttention {
                case _ where neighbour.isDegraded: .away
                case .active: .joined
                case .idle: .idle
                case .away: .away
                }
        }
        return status
    }

    /// What somebody may do, also one who has not written so yet.
    private func role(of person: Person) -> Role? {
        let role = person.status.author.flatMap { board?.role(of: $0) }
        return role ?? person.connection.flatMap { neighbours[$0]?.credentials.role }
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
        let authors = Set(neighbours.values.filter(\.isMet).map(\.remote.author).sorted().prefix(SessionMessage.adjacentMax))
        guard let (joined, left) = roster.adjacency.change(to: authors, now: now) else { return }
        for connection in connections where neighbours[connection]?.isInRoom == true {
            say(.adjacency(joined: joined, left: left), on: connection, now: now)
        }
    }

    // Names.

    /// All who have a name on the board are known by it.
    mutating func learnNames() {
        for author in board?.authors ?? [] {
            if let name = board?.personName(author) { roster.names.note(name, of: author) }
        }
    }

    /// These took a name.
    mutating func tookNames(_ authors: [AuthorID], now: Instant) {
        guard isReady else { return }
        let present = presentDevices
        for renamed in authors {
            guard let name = board?.personName(renamed) else { continue }
            guard renamed != author else {
                roster.names.note(name, of: author)
                continue
            }
            if present.contains(renamed) {
                saw(renamed, now: now)
                checkIdentity(of: renamed)
            }
            if let before = roster.names.take(name, of: renamed, now: now) { tell(.knownName(name, author: renamed, before: before)) }
        }
    }

    /// True if a name looks like our own.
    func isOurName(_ name: String) -> Bool { PersonName.areAlike(name, board?.personName(author) ?? displayName) }
}
