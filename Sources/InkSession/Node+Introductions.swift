import InkConnectivity
import InkCrypto
import InkPrimitives
import InkRendezvous
import InkTransport

// How we come to meet others: what the rendezvous, STUN and saved addresses bring about.
extension Node {
    /// How we stand with the rendezvous of the list, as last told.
    public var rendezvousStatus: RendezvousStatus { introductions.status }

    // The rendezvous.

    mutating func rendezvousConnected(to address: SocketAddress, from local: IPAddress?, at place: Int, now: Instant) {
        introductions.connected(to: address, from: local, at: place, now: now)
        tellStanding()
    }

    mutating func rendezvousClosed(reason: String, at place: Int, now: Instant) {
        introductions.closed(reason: reason, at: place, now: now)
        tellStanding()
    }

    private mutating func tellStanding() {
        if let status = introductions.standingNews() { tell(.rendezvous(status)) }
    }

    mutating func drainRendezvous(now: Instant) {
        while let output = introductions.client?.nextOutput() {
            let epoch = output.epoch
            switch output.what {
            case .send(let message, let place): emit(.rendezvousSend(message, at: place))
            case .connect(let place): emit(.rendezvousConnect(at: place))
            case .disconnect(let place, let reason): emit(.rendezvousDisconnect(at: place, reason: reason))
            case .liveness(let interval, let patience, let place):
                emit(.rendezvousLiveness(interval: interval, patience: patience, at: place))
            case .probe(let place): emit(.rendezvousProbe(at: place))
            case .dial(let attempt, let remote, let addresses):
                introductions.meetings.named(remote, addresses)
                endpoint.dial(attempt: attempt, remote: remote, addresses: addresses, epoch: epoch, now: now)
            case .expect(let attempt, let remote, let addresses):
                introductions.meetings.named(remote, addresses)
                endpoint.expect(attempt: attempt, remote: remote, addresses: addresses, epoch: epoch, now: now)
            case .open(let attempt, let remote):
                let opening = endpoint.open(attempt: attempt, remote: remote, epoch: epoch, now: now)
                introductions.client?.opened(attempt: attempt, remote: remote, opening: opening, in: epoch, now: now)
            case .answer(let attempt, let remote, let opening, let point, _):
                let reply = endpoint.answer(
                    attempt: attempt, remote: remote, opening: opening, epoch: epoch, over: point, now: now)
                introductions.client?.answered(attempt: attempt, remote: remote, reply: reply, at: point.place, now: now)
            case .complete(let attempt, _, let reply, let point, _):
                endpoint.complete(attempt: attempt, reply: reply, over: point, now: now)
            case .reachable(let remote, let point):
                endpoint.relay(remote, over: point, rate: introductions.client?.relayRate(at: point.place), now: now)
            case .unreachable(let remote, let place): endpoint.relayLost(remote, at: place, now: now)
            case .candidates(let remote, let addresses):
                for connection in connections where neighbours[connection]?.remote.peer == remote {
                    guard neighbours[connection]?.places.mayMove(now: now) == true else { continue }
                    endpoint.invite(addresses, on: connection, now: now)
                }
            case .sendFrame(let bytes, let isPresence, let place): emit(.rendezvousFrame(bytes, isPresence: isPresence, at: place))
            case .relayed(let bytes, let point): endpoint.receive(bytes, over: .relay(point), now: now)
            case .abandon(let remote): endpoint.abandon(remote: remote, now: now)
            case .stunServer(let port, let place):
                introductions.answersSTUN(on: port, at: place, now: now)
            case .versionMismatch(let theirs):
                versions.met(isFresh: true)
                tell(.versionMismatch(theirs: Int(theirs), ours: Int(Endpoint.version)))
            // A peer counts once the handshake has proved who it is. Until then it is somebody who should be met.
            case .peerAppeared(let remote, let author):
                let isMet = connections.contains { neighbours[$0]?.remote.peer == remote }
                if author != self.author, !isMet { introductions.meetings.appeared(remote, author: author, now: now) }
            case .peerLeft(let remote): if introductions.client?.present.contains(remote) != true { introductions.meetings.ended(remote) }
            case .joined: break
            }
        }
        var hasNews = false
        while let news = introductions.client?.nextMailboxNews() {
            receive(news, now: now)
            hasNews = true
        }
        // What is said in answer leaves now.
        if hasNews { drainRendezvous(now: now) }
    }

    /// Tells of those who are there and not met (SE-115).
    mutating func tellMeetings(now: Instant) {
        for news in introductions.meetings.due(now: now) {
            let obstacle = news.isOver ? introductions.obstacle(before: news.peer, named: news.named) : nil
            tell(.meeting(news.peer, author: news.author, obstacle))
        }
    }

    // How we are reached.

    mutating func drainSTUN(now: Instant) {
        while let output = introductions.stun.nextOutput(now: now) {
            switch output {
            case .transmit(let bytes, let address): emit(.transmit(bytes, to: address))
            case .changed:
                offerCandidates(now: now)
                // What stands before us gave us another address: what did not carry before may now.
                endpoint.networkChanged(now: now)
                introductions.client?.moved(now: now)
            }
        }
        drainRendezvous(now: now)
    }

    /// Offers our own addresses, and those that the world sees: to neighbours within the session, and to whoever is not met yet by the rendezvous.
    private mutating func offerCandidates(now: Instant) {
        introductions.offerCandidates(now: now)
        tellAddresses(now: now)
    }

    /// Says to each neighbour where we are, unless it was told (SE-113). Nobody but members of the room learns it, and no rendezvous is needed for it.
    mutating func tellAddresses(now: Instant) {
        guard introductions.policy != .only, introductions.whereabouts.local != nil else { return }
        let mayTell = introductions.whereabouts.mayTell(now: now)
        var isTold = false
        for connection in connections where neighbours[connection]?.isDegraded == false && mayKnowWhere(connection) {
            let candidates = sessionFilter(on: connection).offerable(introductions.whereabouts.candidates)
            guard neighbours[connection]?.places.told != candidates else { continue }
            let isNews = neighbours[connection]?.places.told != nil
            guard !isNews || mayTell else {
                introductions.whereabouts.tellLater(now: now)
                continue
            }
            isTold = isTold || isNews
            neighbours[connection]?.places.told(candidates)
            say(.addresses(candidates), on: connection, now: now)
        }
        if isTold { introductions.whereabouts.told(now: now) }
    }

    /// Whom we have met is told where we are, and who is to come by a code of ours, or gave us one (SE-367).
    func mayKnowWhere(_ connection: ConnectionID) -> Bool {
        guard let neighbour = neighbours[connection] else { return false }
        return neighbour.isMet || codeMeetings.expects(neighbour.remote.author)
    }

    /// A neighbour says where it is: those of the addresses that may be dialled are challenged.
    mutating func receiveAddresses(_ offered: [Candidate], on connection: ConnectionID, now: Instant) {
        guard introductions.policy != .only, neighbours[connection]?.places.mayMove(now: now) == true else { return }
        var remembered = neighbours[connection]?.places.sharedNAT ?? []
        let own = introductions.whereabouts.candidates
        let addresses = sessionFilter(on: connection).dialable(offered, own: own, remembered: &remembered)
        neighbours[connection]?.places.sharesNAT(remembered)
        endpoint.invite(addresses, on: connection, now: now)
    }

    private func sessionFilter(on connection: ConnectionID) -> CandidateFilter {
        introductions.sessionFilter(isHere: neighbours[connection]?.remote.address?.ip.isLoopback ?? false)
    }

    mutating func localAddressesChanged(to addresses: [LocalAddress], now: Instant) {
        let before = introductions.whereabouts.local
        let isElsewhere = introductions.whereabouts.move(to: addresses)
        if isElsewhere {
            networkChanged(now: now)
        } else if before == nil {
            // What was dialled before was judged without them.
            introductions.dials.networkChanged(now: now)
        }
        introductions.askSTUN(now: now)
        offerCandidates(now: now)
        // Who is told by the rendezvous is told what is true now.
        if isElsewhere {
            introductions.client?.networkChanged(from: (before ?? []).map(\.address.ip), to: addresses.map(\.address.ip), now: now)
        }
    }

    /// We are elsewhere in the network: nothing that was known of ways from here and to here need be true (SE-112).
    private mutating func networkChanged(now: Instant) {
        endpoint.networkChanged(now: now)
        introductions.stun.restart(now: now)
        introductions.dials.networkChanged(now: now)
        dialSaved(now: now)
    }

    // Saved addresses.

    /// Where sessions live now.
    var liveAddresses: Set<SocketAddress> { Set(neighbours.values.compactMap { endpoint.statistics($0.connection)?.address }) }

    /// Somebody answers us, and a rendezvous lets us in.
    private var isInCompany: Bool {
        introductions.client?.isJoined == true
            && neighbours.values.indices.contains { !neighbours.values[$0].isDegraded && neighbours.values[$0].isMet }
    }

    mutating func followCompany(now: Instant) { introductions.dials.follow(isInCompany: isInCompany, now: now, using: &jitter) }

    mutating func dialSaved(now: Instant) {
        guard !phase.isEnding, introductions.policy != .only, let first = introductions.dials.deadline, first <= now else { return }
        let (live, devices) = (liveAddresses, Set(neighbours.values.map(\.remote.author)))
        let filter = introductions.linkFilter
        let surroundings = SavedDials.Surroundings(
            isInCompany: isInCompany, lives: devices.contains, livesAt: live.contains, permits: filter.permits)
        for address in introductions.dials.due(now: now, using: &jitter, in: surroundings) {
            dial(address, in: nil, now: now)
            if let epoch = introductions.dials.device(at: address).flatMap({ otherPlace(of: $0) }) { dial(address, in: epoch, now: now) }
        }
    }

    /// - Parameter epoch: nil for the one in force.
    mutating func dial(_ address: SocketAddress, in epoch: EpochID?, now: Instant) {
        var nonce: [UInt8] = []
        for _ in 0..<2 {
            let word = jitter.next()
            for shift in stride(from: 56, through: 0, by: -8) { nonce.append(UInt8(truncatingIfNeeded: word >> UInt64(shift))) }
        }
        endpoint.dial(attempt: nonce, remote: nil, addresses: [address], epoch: epoch, now: now)
    }
}
