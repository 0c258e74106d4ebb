import InkConnectivity
import InkCrypto
import InkPrimitives

/// Who is seen where, and who dials whom: greetings, offers and answers between peers, whichever rendezvous carries them.
///
/// Between two peers, the smaller id being the initiator (RV-6), wherever they see each other:
///
///     smaller ── hello ──────────────▶ larger        smaller ◀────────────── hello ── larger
///     smaller ◀─────── hello answer ── larger
///     smaller ── offer (echo, attempt, candidates) ──▶ larger                         larger expects
///     smaller ◀─────────── answer (attempt, candidates) ── larger                     smaller dials
///
/// Where both take relayed datagrams of one rendezvous, offer and answer carry messages 1 and 2 of the handshake there, and no candidates: those
/// are told inside the session (RV-32). Elsewhere, while a session lives that is ill or whose end has moved, both tell where they are (RV-35).
///
/// Two peers who share several places are introduced once: an attempt belongs to the pair, and what is said about it is said at each place
/// where the other is seen (RV-122).
struct Introductions: Sendable {
    /// A member at one place.
    private struct Sighting: Sendable {
        /// Its number at the rendezvous; only a hint where to send.
        var member: UInt32
        /// Its newest nonce there, echoed to it as proof of freshness.
        var nonce: [UInt8]
        /// It echoed a nonce of ours.
        var isProved = false
        /// It takes relayed datagrams there.
        var takesRelay = false
        /// The attempt of which it offered message 1 there last.
        var opened: [UInt8]?
        var heardAt: Instant
        /// Last time we answered a greeting or an offer of its.
        var answeredAt = Instant.distantPast
        /// Last time we answered a greeting that did not fit what it had proved.
        var claimedAt = Instant.distantPast
    }

    /// One try of ours to bring about a session.
    private struct Attempt: Sendable {
        let nonce: [UInt8]
        var isAnswered = false
        /// Message 1, the same as often as it is offered; nil where no relay takes it, or before the driver gave it.
        var opening: [UInt8]?
        /// The places where the offer is due as soon as the driver gives message 1.
        var waiting: [Int] = []
    }

    /// What one with whom a session lives is told of where we are.
    private struct News: Sendable {
        /// When it is told next; nil while nothing is to be told.
        var at: Instant?
        var saidAt = Instant.distantPast
        /// It has not answered since we moved.
        var isUnanswered = false
        var backoff = Backoff(first: RendezvousClient.repeatFirst, limit: RendezvousClient.repeatLimit, floor: RendezvousClient.spacing)
        /// The greatest serial that it told, and the places where that came (RV-36).
        var heard: (serial: UInt32, places: Set<Int>) = (0, [])
    }

    /// A member, and where it is seen.
    private struct Neighbour: Sendable {
        /// It signed for it, and its peer id is of it.
        let device: AuthorID
        /// By place; never empty.
        var sightings: [Int: Sighting] = [:]
        /// Initiator: what we offer.
        var attempt: Attempt?
        var offeredAt = Instant.distantPast
        var offerAt: Instant?
        /// Our candidates changed while an offer to one who has not proved itself was under way: it is told once it has.
        var hasNews = false
        /// It may be met: its member had somebody left to show.
        var isAdmitted = false
        /// Private addresses dialled only because it shares our NAT (CN-7).
        var sharedNAT: Set<SocketAddress> = []
        var backoff = Backoff(first: RendezvousClient.repeatFirst, limit: RendezvousClient.repeatLimit, floor: RendezvousClient.spacing)
        /// Responder: the newest attempt, and those before it, newest last.
        var expected: [UInt8]?
        var superseded: [[UInt8]] = []
        /// With a session: where we both are.
        var news = News()
        /// Its session ended: whether it is still there is not known before it proves that again.
        var isInDoubt = false

        var isProved: Bool { sightings.values.contains(where: \.isProved) }
        var heardAt: Instant { sightings.values.map(\.heardAt).max() ?? .distantPast }
        var places: [Int] { sightings.keys.sorted() }
    }

    private let peer: PeerID
    private let device: AuthorID
    private var neighbours: [PeerID: Neighbour] = [:]
    private var living: Set<PeerID> = []
    /// With a session that does not answer.
    private var degraded: Set<PeerID> = []
    /// With a session that a relay carries.
    private var relayed: Set<PeerID> = []
    /// By which numbers peers can be reached over relays, by place, as told.
    private var reach: [PeerID: [Int: UInt32]] = [:]
    /// Of what we told of our candidates last.
    private var serial: UInt32 = 0
    private var candidates: [Candidate] = []
    private var networks: [LocalNetwork] = []

    init(peer: PeerID, device: AuthorID) { (self.peer, self.device) = (peer, device) }

    /// Members that proved to be there, sorted.
    var present: [PeerID] { neighbours.filter(\.value.isProved).keys.sorted() }

    /// True while somebody is there whom we have not met, as far as that place tells.
    ///
    /// - Parameter count: so many others should be there.
    func isLonely(at place: Int, expecting count: Int) -> Bool {
        count > living.count || neighbours.contains { !living.contains($0.key) && $0.value.sightings[place] != nil }
    }

    /// Our own candidates changed. Who is being dialled or expected without success so far is told.
    mutating func setCandidates(
        _ candidates: [Candidate], networks: [LocalNetwork]?, through signalling: inout SignallingPlaces, now: Instant
    ) {
        self.networks = networks ?? candidates.filter { $0.kind == .host }.map { LocalNetwork(assumedFor: $0.address.ip) }
        guard candidates != self.candidates else { return }
        self.candidates = candidates
        for id in neighbours.keys.sorted() where !living.contains(id) {
            guard var neighbour = neighbours[id] else { continue }
            if neighbour.attempt != nil {
                guard neighbour.places.contains(where: { tells(neighbour, at: $0, of: signalling) }) else { continue }
                if neighbour.isProved {
                    neighbour.offerAt = max(now, neighbour.offeredAt + RendezvousClient.spacing)
                } else {
                    neighbour.hasNews = true
                }
                neighbours[id] = neighbour
            } else if let attempt = neighbour.expected {
                for place in neighbour.places where tells(neighbour, at: place, of: signalling) {
                    say(
                        .answer(attempt: attempt, candidates: offerable(at: signalling[place])), to: id, at: place, through: &signalling,
                        now: now)
                }
            }
        }
    }

    /// A session with `remote` began or ended. While it lives nobody dials (RV-110).
    mutating func sessionLives(with remote: PeerID, _ lives: Bool, through signalling: inout SignallingPlaces, now: Instant) {
        if lives { living.insert(remote) } else { living.remove(remote) }
        degraded.remove(remote)
        relayed.remove(remote)
        if var neighbour = neighbours[remote] {
            (neighbour.news.at, neighbour.news.isUnanswered, neighbour.isInDoubt) = (nil, false, !lives)
            for place in neighbour.places { neighbour.sightings[place]?.heardAt = now }
            neighbour.attempt = nil
            neighbour.backoff.reset()
            neighbour.offerAt = lives || peer > remote ? nil : now + signalling.random.jitter(RendezvousClient.spacing)
            neighbours[remote] = neighbour
        }
    }

    /// Our addresses or the network are others: all with whom sessions live are told (RV-136), until they answer (RV-35).
    mutating func moved(through signalling: SignallingPlaces, now: Instant) {
        for id in living where neighbours[id] != nil {
            neighbours[id]?.news.isUnanswered = true
            tellSoon(id, through: signalling, now: now)
        }
    }

    /// A session does not answer, or does again. While it does not, both sides tell where they are, again and again (RV-35).
    mutating func degraded(_ remote: PeerID, _ isDegraded: Bool, through signalling: SignallingPlaces, now: Instant) {
        guard isDegraded, living.contains(remote) else {
            degraded.remove(remote)
            if neighbours[remote]?.news.isUnanswered == false { neighbours[remote]?.news.at = nil }
            return
        }
        degraded.insert(remote)
        tellSoon(remote, through: signalling, now: now)
    }

    /// What passes in a session goes by a relay, or no longer does.
    mutating func relayed(_ remote: PeerID, _ isRelayed: Bool) {
        if isRelayed, living.contains(remote) { relayed.insert(remote) } else { relayed.remove(remote) }
    }

    /// We cannot do without a rendezvous: nobody is connected to us, or somebody by it or hardly.
    var isNeedy: Bool { living.isEmpty || !relayed.isEmpty || !degraded.isEmpty }

    private mutating func tellSoon(_ id: PeerID, through signalling: SignallingPlaces, now: Instant) {
        guard let neighbour = neighbours[id] else { return }
        neighbours[id]?.news.backoff.reset()
        neighbours[id]?.news.at = max(now, neighbour.news.saidAt + RendezvousClient.spacing)
    }

    /// Says farewell to everybody, and forgets all.
    mutating func leave(through signalling: inout SignallingPlaces) {
        for place in signalling.indices where signalling[place].isJoined {
            for id in neighbours.keys.sorted() {
                guard let sighting = neighbours[id]?.sightings[place] else { continue }
                signalling.send(.bye(echo: sighting.nonce), to: id, of: neighbours[id]?.device, member: sighting.member, at: place)
            }
            signalling.leaveTopic(at: place)
        }
        (neighbours, reach) = ([:], [:])
    }

    var deadline: Instant? {
        var soonest: Instant?
        for (id, neighbour) in neighbours {
            soonest = earliest(earliest(soonest, neighbour.offerAt), neighbour.news.at)
            guard !living.contains(id) else { continue }
            for sighting in neighbour.sightings.values { soonest = earliest(soonest, sighting.heardAt + RendezvousClient.forgetAfter) }
        }
        return soonest
    }

    mutating func handleTimeout(through signalling: inout SignallingPlaces, now: Instant) {
        for id in neighbours.keys.sorted() {
            guard let neighbour = neighbours[id] else { continue }
            if !living.contains(id) {
                for place in neighbour.places
                where now >= neighbour.sightings[place].map({ $0.heardAt + RendezvousClient.forgetAfter }) ?? now {
                    neighbours[id]?.sightings[place] = nil
                }
                tellReach(of: id, through: &signalling)
            }
            if neighbours[id]?.sightings.isEmpty == true {
                neighbours[id] = nil
                if neighbour.isProved { signalling.emit(.peerLeft(id)) }
            } else if let at = neighbour.offerAt, now >= at {
                offer(to: id, through: &signalling, now: now)
            } else if let at = neighbour.news.at, now >= at {
                tellWhereWeAre(to: id, through: &signalling, now: now)
            }
        }
    }

    /// Nobody is seen there any more; who is seen nowhere else is forgotten (RV-122).
    mutating func loseSight(at place: Int, through signalling: inout SignallingPlaces) {
        for id in neighbours.keys.sorted() {
            guard let neighbour = neighbours[id], neighbour.sightings[place] != nil else { continue }
            neighbours[id]?.sightings[place] = nil
            tellReach(of: id, through: &signalling)
            if neighbour.sightings.count == 1 { neighbours[id] = nil }
        }
    }

    // Relays.

    /// True where what passes between a neighbour and us is relayed, first of all the handshake (RV-128).
    private func isRelayed(_ neighbour: Neighbour, at place: Int, of signalling: SignallingPlaces) -> Bool {
        signalling.takesRelay(at: place) && neighbour.sightings[place]?.takesRelay == true
    }

    /// By which relays a member can be reached.
    func relayPoints(of id: PeerID) -> [RelayPoint] {
        (reach[id] ?? [:]).sorted { $0.key < $1.key }.map { RelayPoint(place: $0.key, member: $0.value) }
    }

    /// True where a neighbour is told our candidates: nowhere where a relay carries what passes, which then is told inside the session (RV-32).
    private func tells(_ neighbour: Neighbour, at place: Int, of signalling: SignallingPlaces) -> Bool {
        signalling.policy != .only && !isRelayed(neighbour, at: place, of: signalling)
    }

    /// Tells the driver by which relays a neighbour can be reached, where that has changed (RV-34).
    private mutating func tellReach(of id: PeerID, through signalling: inout SignallingPlaces) {
        var new: [Int: UInt32] = [:]
        if let neighbour = neighbours[id] {
            for (place, sighting) in neighbour.sightings where sighting.isProved && isRelayed(neighbour, at: place, of: signalling) {
                new[place] = sighting.member
            }
        }
        let old = reach[id] ?? [:]
        guard new != old else { return }
        reach[id] = new.isEmpty ? nil : new
        for place in old.keys.sorted() where new[place] == nil { signalling.emit(.unreachable(id, place: place)) }
        for (place, member) in new.sorted(by: { $0.key < $1.key }) where old[place] != member {
            signalling.emit(.reachable(id, at: RelayPoint(place: place, member: member)))
        }
    }

    /// The driver has message 1 of an attempt; nil where it does not dial, since a session lives (RV-131).
    mutating func opened(_ nonce: [UInt8], _ remote: PeerID, _ opening: [UInt8]?, through signalling: inout SignallingPlaces) {
        guard let attempt = neighbours[remote]?.attempt, attempt.nonce == nonce else { return }
        neighbours[remote]?.attempt?.waiting = []
        guard let opening else { return }
        neighbours[remote]?.attempt?.opening = opening
        sayOffers(to: remote, at: attempt.waiting, through: &signalling)
    }

    /// The driver has message 2 of an attempt; nil where it does not answer.
    mutating func answered(
        _ attempt: [UInt8], _ remote: PeerID, _ reply: [UInt8]?, at place: Int, through signalling: inout SignallingPlaces, now: Instant
    ) {
        guard let reply, neighbours[remote]?.expected == attempt else { return }
        say(.answer(attempt: attempt, reply: reply, candidates: []), to: remote, at: place, through: &signalling, now: now)
    }

    // News for those with whom a session lives.

    /// Tells one neighbour our candidates, wherever it proved to be and no relay carries what passes.
    private mutating func tellWhereWeAre(to id: PeerID, through signalling: inout SignallingPlaces, now: Instant) {
        guard var neighbour = neighbours[id], living.contains(id), neighbour.news.isUnanswered || degraded.contains(id) else {
            neighbours[id]?.news.at = nil
            return
        }
        // Whom a relay reaches is told inside the session.
        let isToldHere = signalling.policy != .only && !neighbour.places.contains { isRelayed(neighbour, at: $0, of: signalling) }
        if !isToldHere { neighbour.news.isUnanswered = false }
        let repeats = neighbour.news.isUnanswered || degraded.contains(id)
        neighbour.news.at = repeats ? now + neighbour.news.backoff.next(using: &signalling.random) : nil
        let places = isToldHere ? neighbour.places.filter { neighbour.sightings[$0]?.isProved == true } : []
        if !places.isEmpty {
            neighbour.news.saidAt = now
            serial += 1
        }
        neighbours[id] = neighbour
        for place in places { sayCandidates(isAnswer: false, to: id, at: place, through: &signalling, now: now) }
    }

    private mutating func sayCandidates(
        isAnswer: Bool, to id: PeerID, at place: Int, through signalling: inout SignallingPlaces, now: Instant
    ) {
        guard let sighting = neighbours[id]?.sightings[place] else { return }
        let content = Envelope.Content.candidates(
            echo: sighting.nonce, nonce: signalling[place].nonce, serial: serial, candidates: offerable(at: signalling[place]),
            isAnswer: isAnswer)
        say(content, to: id, at: place, through: &signalling, now: now)
    }

    /// One says where it is. What is older than what it said before is a replay (RV-134); a copy by another place is not.
    private mutating func receiveCandidates(
        _ serial: UInt32, _ offered: [Candidate], isAnswer: Bool, from id: PeerID, at place: Int,
        through signalling: inout SignallingPlaces, now: Instant
    ) {
        guard var neighbour = neighbours[id], tells(neighbour, at: place, of: signalling) else {
            signalling.counters.unwanted += 1
            return
        }
        guard serial >= neighbour.news.heard.serial else {
            signalling.counters.stale += 1
            return
        }
        // One whose session with us has ended here finds that out by itself; what it needs then is an offer.
        guard living.contains(id) else { return }
        let isNew = serial > neighbour.news.heard.serial
        if isNew { neighbour.news.heard = (serial, []) }
        if neighbour.news.heard.places.insert(place).inserted {
            let addresses = dialable(offered, at: signalling[place], remembered: &neighbour.sharedNAT)
            if !addresses.isEmpty { signalling.emit(.candidates(id, addresses)) }
        }
        if isAnswer, isNew {
            neighbour.news.isUnanswered = false
            if !degraded.contains(id) { neighbour.news.at = nil }
        }
        let answers = !isAnswer && now - (neighbour.sightings[place]?.answeredAt ?? now) >= RendezvousClient.spacing
        if answers { neighbour.sightings[place]?.answeredAt = now }
        neighbours[id] = neighbour
        guard answers else { return }
        self.serial += 1
        sayCandidates(isAnswer: true, to: id, at: place, through: &signalling, now: now)
    }

    /// True if a place shows somebody, and all whom another shows.
    func sees(at place: Int, allOf other: Int) -> Bool {
        func isProved(_ neighbour: Neighbour, at place: Int) -> Bool { neighbour.sightings[place]?.isProved ?? false }
        return neighbours.values.contains { isProved($0, at: place) }
            && neighbours.values.allSatisfy { isProved($0, at: place) || !isProved($0, at: other) }
    }

    // Envelopes in.

    /// Takes what one of our version said to us or to all.
    mutating func receive(
        _ envelope: Envelope, from member: UInt32, at place: Int, through signalling: inout SignallingPlaces, now: Instant
    ) {
        let sender = envelope.sender
        switch envelope.content {
        case .hello(let nonce): receiveHello(nonce, envelope, member: member, at: place, through: &signalling, now: now)
        case .helloAnswer(let echo, let nonce):
            guard signalling.isOurs(echo, at: place) else { return }
            note(envelope, member: member, nonce: nonce, isProof: true, at: place, through: &signalling, now: now)
            offerSoon(to: sender, through: &signalling, now: now)
        case .offer(let echo, let nonce, let attempt, let opening, let candidates):
            guard signalling.isOurs(echo, at: place) else { return }
            guard sender < peer else {
                signalling.counters.misdirected += 1
                return
            }
            note(envelope, member: member, nonce: nonce, isProof: true, at: place, through: &signalling, now: now)
            expect(attempt, opening, from: envelope, member: member, candidates, at: place, through: &signalling, now: now)
        case .answer(let attempt, let reply, let candidates):
            receiveAnswer(attempt, reply, candidates, envelope, member: member, at: place, through: &signalling, now: now)
        case .bye(let echo):
            guard signalling.isOurs(echo, at: place) else { return }
            if neighbours.removeValue(forKey: sender)?.isProved == true { signalling.emit(.peerLeft(sender)) }
            tellReach(of: sender, through: &signalling)
        case .candidates(let echo, let nonce, let serial, let candidates, let isAnswer):
            guard signalling.isOurs(echo, at: place) else { return }
            note(envelope, member: member, nonce: nonce, isProof: true, at: place, through: &signalling, now: now)
            receiveCandidates(serial, candidates, isAnswer: isAnswer, from: sender, at: place, through: &signalling, now: now)
        }
    }

    private mutating func receiveAnswer(
        _ attempt: [UInt8], _ reply: [UInt8]?, _ offered: [Candidate], _ envelope: Envelope, member: UInt32, at place: Int,
        through signalling: inout SignallingPlaces, now: Instant
    ) {
        let sender = envelope.sender
        guard var neighbour = neighbours[sender], let sighting = neighbour.sightings[place],
            neighbour.attempt?.nonce == attempt
        else {
            signalling.counters.stale += 1
            return
        }
        // Only the first answer puts the next offer off: one that is due already has new candidates to tell.
        if neighbour.attempt?.isAnswered == false {
            neighbour.attempt?.isAnswered = true
            neighbour.offerAt = max(
                neighbour.offerAt ?? now, now + RendezvousClient.handshakeTime + signalling.random.jitter(RendezvousClient.repeatFirst))
        }
        // So has a relay by which it was seen since.
        let isRelayNew = neighbour.attempt?.opening == nil && neighbour.places.contains { isRelayed(neighbour, at: $0, of: signalling) }
        if neighbour.hasNews || isRelayNew {
            neighbour.hasNews = false
            neighbour.offerAt = max(now, neighbour.offeredAt + RendezvousClient.spacing)
        }
        guard admit(&neighbour, sender, member: member, at: place, through: &signalling, now: now) else {
            return neighbours[sender] = neighbour
        }
        let addresses =
            signalling.policy == .only ? [] : dialable(offered, at: signalling[place], remembered: &neighbour.sharedNAT)
        // Message 2 answers a message 1, and came where that went.
        let completes = neighbour.attempt?.opening != nil && isRelayed(neighbour, at: place, of: signalling)
        neighbours[sender] = neighbour
        // From another socket than the one it was offered to nothing is known of the nonce there.
        if member == sighting.member {
            note(envelope, member: member, nonce: sighting.nonce, isProof: true, at: place, through: &signalling, now: now)
        }
        guard !living.contains(sender) else { return }
        if let reply, completes {
            let point = RelayPoint(place: place, member: sighting.member)
            signalling.emit(.complete(attempt: attempt, remote: sender, reply: reply, via: point, addresses: addresses))
        } else if !addresses.isEmpty {
            signalling.emit(.dial(attempt: attempt, remote: sender, addresses: addresses))
        }
    }

    /// A greeting proves nothing (it may be a replay), so it costs us one answer at most and shows nobody (RV-107).
    private mutating func receiveHello(
        _ nonce: [UInt8], _ envelope: Envelope, member: UInt32, at place: Int, through signalling: inout SignallingPlaces, now: Instant
    ) {
        let sender = envelope.sender
        if let known = neighbours[sender]?.sightings[place], known.isProved, known.nonce != nonce || known.member != member {
            receiveClaim(nonce, from: sender, member: member, at: place, through: &signalling, now: now)
            return
        }
        note(envelope, member: member, nonce: nonce, isProof: false, at: place, through: &signalling, now: now)
        if peer < sender, !living.contains(sender), !isUnderWay(with: sender, of: signalling) {
            offerSoon(to: sender, through: &signalling, now: now)
        } else if let sighting = neighbours[sender]?.sightings[place], now - sighting.answeredAt >= RendezvousClient.spacing {
            neighbours[sender]?.sightings[place]?.answeredAt = now
            say(.helloAnswer(echo: nonce, nonce: signalling[place].nonce), to: sender, at: place, through: &signalling, now: now)
        }
    }

    /// One who is here greets with another nonce or from another socket: it came back, or somebody plays an (RV-108) old greeting. What it proved
    /// stays until it proves the new; so that it can, it is told our nonce there.
    private mutating func receiveClaim(
        _ nonce: [UInt8], from id: PeerID, member: UInt32, at place: Int, through signalling: inout SignallingPlaces, now: Instant
    ) {
        guard let device = neighbours[id]?.device, let sighting = neighbours[id]?.sightings[place],
            now - sighting.claimedAt >= RendezvousClient.spacing
        else { return }
        neighbours[id]?.sightings[place]?.claimedAt = now
        let own = signalling[place].nonce
        let offers = peer < id && !living.contains(id)
        // It dials us: our answer proves us to it, and its offer proves it to us (RV-129).
        if !offers, signalling.allows(isProved: false, at: place, now: now) {
            signalling.send(.helloAnswer(echo: nonce, nonce: own), to: id, of: device, member: member, at: place)
        }
        // It does not offer, so it is greeted there, and its answer is the proof.
        if offers || living.contains(id), signalling.allows(isProved: false, at: place, now: now) {
            signalling.send(.hello(nonce: own), to: .zero, of: device, member: member, at: place)
        }
    }

    /// Remembers where `envelope` came from and, if it is proof, that its sender is there (RV-5).
    private mutating func note(
        _ envelope: Envelope, member: UInt32, nonce: [UInt8], isProof: Bool, at place: Int, through signalling: inout SignallingPlaces,
        now: Instant
    ) {
        let id = envelope.sender
        if neighbours[id] == nil, neighbours.count >= RendezvousClient.neighboursMax {
            forgetStalest(through: &signalling)
        }
        var neighbour = neighbours[id] ?? Neighbour(device: envelope.device)
        let appears = isProof && (!neighbour.isProved || neighbour.isInDoubt)
        if isProof { neighbour.isInDoubt = false }
        var sighting = neighbour.sightings[place] ?? Sighting(member: member, nonce: nonce, heardAt: now)
        (sighting.member, sighting.nonce, sighting.heardAt) = (member, nonce, now)
        let isFound = isProof && !sighting.isProved
        sighting.isProved = sighting.isProved || isProof
        sighting.takesRelay = envelope.takesRelay
        neighbour.sightings[place] = sighting
        // There is somebody again who can be told.
        if isFound, neighbour.news.at != nil { neighbour.news.at = max(now, neighbour.news.saidAt + RendezvousClient.spacing) }
        neighbours[id] = neighbour
        if appears { signalling.emit(.peerAppeared(id, author: envelope.device)) }
        tellReach(of: id, through: &signalling)
    }

    /// True if a neighbour may be met. Whoever names third parties under ever new ids would make us knock at them for each (RV-29): so a member has
    /// few to show, and of one device the newest attempt is the only one. A process that came back is met at once.
    private mutating func admit(
        _ neighbour: inout Neighbour, _ id: PeerID, member: UInt32, at place: Int,
        through signalling: inout SignallingPlaces, now: Instant
    ) -> Bool {
        guard !neighbour.isAdmitted else { return true }
        guard signalling.mayShow(member, at: place, now: now) else { return false }
        for other in neighbours.keys.sorted() where other != id && !living.contains(other) {
            guard let before = neighbours[other], before.isAdmitted, before.device == neighbour.device else { continue }
            neighbours[other]?.attempt = nil
            neighbours[other]?.offerAt = nil
            neighbours[other]?.isAdmitted = false
            signalling.emit(.abandon(remote: other))
        }
        neighbour.isAdmitted = true
        return true
    }

    /// Those to whom nothing is said any more (RV-62).
    mutating func forgetUnheard(through signalling: inout SignallingPlaces) {
        for id in neighbours.keys.sorted() {
            guard let neighbour = neighbours[id], !signalling.audience.includes(neighbour.device) else { continue }
            neighbours[id] = nil
            tellReach(of: id, through: &signalling)
            if neighbour.isAdmitted, !living.contains(id) { signalling.emit(.abandon(remote: id)) }
            if neighbour.isProved { signalling.emit(.peerLeft(id)) }
        }
    }

    private mutating func forgetStalest(through signalling: inout SignallingPlaces) {
        let removable = neighbours.filter { !living.contains($0.key) && !$0.value.isProved }
        let pool = removable.isEmpty ? neighbours : removable
        let stalest = pool.min { ($0.value.heardAt, $0.key) < ($1.value.heardAt, $1.key) }
        guard let stalest else { return }
        neighbours[stalest.key] = nil
        tellReach(of: stalest.key, through: &signalling)
    }

    // Responder.

    /// Each copy of an offer gets the same answer where it came, whatever was answered elsewhere (RV-122): which of the places delivers is not known
    /// (RV-23).
    private mutating func expect(
        _ attempt: [UInt8], _ opening: [UInt8]?, from envelope: Envelope, member: UInt32, _ offered: [Candidate], at place: Int,
        through signalling: inout SignallingPlaces, now: Instant
    ) {
        let id = envelope.sender
        guard var neighbour = neighbours[id], let sighting = neighbour.sightings[place] else { return }
        let opening = isRelayed(neighbour, at: place, of: signalling) ? opening : nil
        guard opening != nil || signalling.policy != .only else {
            signalling.counters.unwanted += 1
            return
        }
        if neighbour.superseded.contains(attempt) {
            signalling.counters.stale += 1
            return
        }
        if neighbour.expected != attempt {
            if let old = neighbour.expected { neighbour.superseded = (neighbour.superseded + [old]).suffix(Self.supersededMax) }
            neighbour.expected = attempt
        } else if now - sighting.answeredAt < RendezvousClient.spacing, opening == nil || sighting.opened == attempt {
            return
        } else if !neighbour.isAdmitted {
            // Another process of its device took its place after it had offered this (RV-126): whoever plays it again is answered, which one that
            // lives takes for a reason to offer anew, and is not met for.
            neighbours[id]?.sightings[place]?.answeredAt = now
            let candidates = tells(neighbour, at: place, of: signalling) ? offerable(at: signalling[place]) : []
            return say(
                .answer(attempt: attempt, candidates: candidates), to: id, at: place, through: &signalling, now: now)
        }
        guard admit(&neighbour, id, member: member, at: place, through: &signalling, now: now) else { return }
        neighbour.sightings[place]?.answeredAt = now
        let addresses =
            signalling.policy == .only ? [] : dialable(offered, at: signalling[place], remembered: &neighbour.sharedNAT)
        let candidates = tells(neighbour, at: place, of: signalling) ? offerable(at: signalling[place]) : []
        neighbours[id] = neighbour
        if let opening {
            neighbours[id]?.sightings[place]?.opened = attempt
            // The driver makes message 2, the same as often as it is asked.
            let point = RelayPoint(place: place, member: member)
            return signalling.emit(.answer(attempt: attempt, remote: id, opening: opening, via: point, addresses: addresses))
        }
        signalling.emit(.expect(attempt: attempt, remote: id, addresses: addresses))
        say(.answer(attempt: attempt, candidates: candidates), to: id, at: place, through: &signalling, now: now)
    }

    // Initiator.

    /// True while nothing more can be done for an attempt: it was answered, and offered to whatever relay (RV-130) there is.
    private func isUnderWay(with id: PeerID, of signalling: SignallingPlaces) -> Bool {
        guard let neighbour = neighbours[id], let attempt = neighbour.attempt, attempt.isAnswered else { return false }
        return attempt.opening != nil || !neighbour.places.contains { isRelayed(neighbour, at: $0, of: signalling) }
    }

    /// Offers as soon as spacing allows, if it is ours to offer and nothing is under way.
    private mutating func offerSoon(to id: PeerID, through signalling: inout SignallingPlaces, now: Instant) {
        guard peer < id, !living.contains(id), !isUnderWay(with: id, of: signalling), var neighbour = neighbours[id] else { return }
        neighbour.offerAt = max(now, neighbour.offeredAt + RendezvousClient.spacing)
        neighbours[id] = neighbour
        if neighbour.offerAt == now { offer(to: id, through: &signalling, now: now) }
    }

    /// Offers one attempt at every place where the other is seen.
    private mutating func offer(to id: PeerID, through signalling: inout SignallingPlaces, now: Instant) {
        guard peer < id, !living.contains(id), var neighbour = neighbours[id] else { return }
        // One who has not proved itself greets again if it is there.
        neighbour.offerAt = neighbour.isProved ? now + neighbour.backoff.next(using: &signalling.random) : nil
        let allowed = neighbour.places.filter { place in
            guard isRelayed(neighbour, at: place, of: signalling) || signalling.policy != .only else { return false }
            return signalling.allows(isProved: neighbour.sightings[place]?.isProved ?? false, at: place, now: now)
        }
        guard !allowed.isEmpty else { return neighbours[id] = neighbour }
        // Unanswered, the same attempt is offered again: the other side knows it for the same (RV-111). Answered and still without a session
        // after the time of a handshake, it has failed.
        var attempt: Attempt
        if let old = neighbour.attempt, !old.isAnswered || now < neighbour.offeredAt + RendezvousClient.handshakeTime {
            attempt = old
        } else {
            attempt = Attempt(nonce: signalling.freshNonce())
        }
        let needsOpening = attempt.opening == nil && allowed.contains { isRelayed(neighbour, at: $0, of: signalling) }
        if needsOpening { (attempt.waiting, attempt.isAnswered) = (allowed, false) }
        (neighbour.attempt, neighbour.offeredAt) = (attempt, now)
        neighbours[id] = neighbour
        if needsOpening {
            signalling.emit(.open(attempt: attempt.nonce, remote: id))
        } else {
            sayOffers(to: id, at: allowed, through: &signalling)
        }
    }

    /// Says the offer of the attempt under way: with message 1 where a relay carries what follows, with our candidates elsewhere (RV-32).
    private func sayOffers(to id: PeerID, at places: [Int], through signalling: inout SignallingPlaces) {
        guard let neighbour = neighbours[id], let attempt = neighbour.attempt else { return }
        for place in places {
            guard let sighting = neighbour.sightings[place] else { continue }
            let isRelayed = self.isRelayed(neighbour, at: place, of: signalling)
            let content = Envelope.Content.offer(
                echo: sighting.nonce, nonce: signalling[place].nonce, attempt: attempt.nonce,
                opening: isRelayed ? attempt.opening : nil, candidates: isRelayed ? [] : offerable(at: signalling[place]))
            signalling.send(content, to: id, of: neighbour.device, member: sighting.member, at: place)
        }
    }

    private mutating func say(
        _ content: Envelope.Content, to id: PeerID, at place: Int, through signalling: inout SignallingPlaces, now: Instant
    ) {
        guard let neighbour = neighbours[id], let sighting = neighbour.sightings[place],
            signalling.allows(isProved: sighting.isProved, at: place, now: now)
        else { return }
        signalling.send(content, to: id, of: neighbour.device, member: sighting.member, at: place)
    }

    // Addresses.

    /// What was reached over loopback may lead to loopback, whatever the other places are.
    private func filter(at place: SignallingPlace) -> CandidateFilter {
        let address = place.address
        return CandidateFilter(
            allowsLoopback: address?.ip.isLoopback ?? false, networks: networks,
            ownReflexive: candidates.filter { $0.kind == .serverReflexive }.map(\.address),
            isRendezvousPrivate: address.map { CandidateFilter.isPrivate($0.ip) } ?? false)
    }

    /// What of ours may be told at a place.
    func offerable(at place: SignallingPlace) -> [Candidate] { filter(at: place).offerable(candidates) }

    /// What of theirs, said at a place, may be dialled.
    func dialable(_ offered: [Candidate], at place: SignallingPlace, remembered: inout Set<SocketAddress>) -> [SocketAddress] {
        filter(at: place).dialable(offered, own: candidates, remembered: &remembered)
    }

    /// Past attempts of one peer that are recognised as replays; older ones fail by their echo only while we keep our nonce.
    private static let supersededMax = 16
}
