import InkConnectivity
import InkCrypto
import InkPrimitives

/// Our side of the rendezvous for one room: gets into the topic, finds the other members, and agrees with each on who dials whom where.
///
///     idle ──start──▶ waiting ──time──▶ connecting ──connected──▶ greeting ──welcome──▶ joining ──joined──▶ joined
///                        ▲                                                                                    │
///                        └───────────────────────────── disconnected ◀────────────────────────────────────────┘
///
/// Between two peers, the smaller id being the initiator (RV-6):
///
///     smaller ── hello ──────────────▶ larger        smaller ◀────────────── hello ── larger
///     smaller ◀─────── hello answer ── larger
///     smaller ── offer (echo, attempt, candidates) ──▶ larger                         larger expects
///     smaller ◀─────────── answer (attempt, candidates) ── larger                     smaller dials
///
/// Nothing that the rendezvous says is believed but what members signed: it can keep peers apart, and no more.
public struct RendezvousClient: Sendable {
    /// What the driver must do.
    public enum Output: Hashable, Sendable {
        /// Open a connection to a rendezvous now. Only after `start(now:)`; pauses between tries are kept here (RV-9).
        case connect
        case send(ClientMessage)
        /// The rendezvous let us in, and says that `others` sockets are there.
        case joined(others: Int)
        /// A member proved to be there now. Repeated when it comes back after we lost sight of it.
        case peerAppeared(PeerID, author: AuthorID)
        /// A member said farewell, or was not heard of for long and has no session with us.
        case peerLeft(PeerID)
        /// Dial `remote` at these addresses; the same attempt again means more addresses.
        case dial(attempt: [UInt8], remote: PeerID, addresses: [SocketAddress])
        /// `remote` is going to dial us from these addresses; the same attempt again means more addresses.
        case expect(attempt: [UInt8], remote: PeerID, addresses: [SocketAddress])
        /// The rendezvous answers STUN on this port of its host.
        case stunServer(port: UInt16)
        case refused(RendezvousRefusal)
        /// A member says what we cannot read, since it speaks another version of the protocol. At most once in 10 s.
        case versionMismatch(theirs: UInt8)
    }

    /// What arrived and was thrown away, by reason.
    public struct Counters: Hashable, Sendable {
        /// Not sealed under our room's key.
        public var notSealed = 0
        /// Sealed by a member but in no valid form.
        public var malformed = 0
        /// Sealed by a member in the form of another version.
        public var otherVersion = 0
        /// Not signed by the device that it names.
        public var notSigned = 0
        /// Meant for another, our own come back, or from a role that does not say this.
        public var misdirected = 0
        /// Answers a nonce that is not (or no longer) ours: a replay, or late.
        public var stale = 0
        /// Over the rate at which envelopes are looked at.
        public var overRate = 0
        /// Not said, since it was over the rate at which we may speak.
        public var unsaid = 0
    }

    private enum State: Sendable {
        case idle
        case waiting(until: Instant)
        case connecting
        case greeting
        case joining
        case joined
    }

    /// A member as seen through the rendezvous.
    private struct Neighbour: Sendable {
        let author: AuthorID
        /// Its number at the rendezvous; only a hint where to send.
        var member: UInt32
        /// Its newest nonce, echoed to it as proof of freshness.
        var nonce: [UInt8]
        /// It echoed a nonce of ours.
        var isProved = false
        var heardAt: Instant
        /// Last time we answered a greeting or an offer of its.
        var answeredAt = Instant.distantPast
        /// Last time we answered a greeting that did not fit what it had proved.
        var claimedAt = Instant.distantPast
        /// Initiator: what we offered, and whether it was answered.
        var attempt: (nonce: [UInt8], isAnswered: Bool)?
        var offeredAt = Instant.distantPast
        var offerAt: Instant?
        /// Our candidates changed while an offer to one who has not proved itself was under way: it is told once it has.
        var hasNews = false
        /// Private addresses dialled only because it shares our NAT (CN-7).
        var sharedNAT: Set<SocketAddress> = []
        var backoff = Backoff(first: RendezvousClient.repeatFirst, limit: RendezvousClient.repeatLimit, floor: RendezvousClient.spacing)
        /// Responder: the newest attempt, and those before it, newest last.
        var expected: [UInt8]?
        var superseded: [[UInt8]] = []
    }

    /// First pause bound before an offer or a greeting is repeated.
    package static let repeatFirst: Duration = .seconds(1)
    /// Greatest pause bound while somebody is there with whom no session lives, so that peers find each other ≤ 10 s after the
    /// rendezvous begins to behave.
    package static let repeatLimit: Duration = .seconds(8)
    /// Greatest pause bound of greetings while all known members have a session with us.
    package static let restLimit: Duration = .seconds(30)
    /// No two offers, and no two answers, to one peer within this time.
    package static let spacing: Duration = .milliseconds(250)
    /// After an answer the handshake gets this long before a new attempt is offered.
    package static let handshakeTime: Duration = .seconds(5)
    /// A member without a session that is silent for so long is forgotten: three greetings may be lost on the way.
    package static let forgetAfter: Duration = .seconds(100)
    /// Members remembered.
    package static let neighboursMax = 1024
    /// Past attempts of one peer that are recognised as replays; older ones fail by their echo only while we keep our nonce.
    private static let supersededMax = 16
    /// Pause between two reports of a version mismatch, and between two greetings to one member because of it.
    private static let mismatchPause: Duration = .seconds(10)
    /// Reconnection: 0.5 s × 1.5 to 30 s (RV-9).
    package static let reconnectFirst: Duration = .milliseconds(500)
    package static let reconnectLimit: Duration = .seconds(30)

    private let keys: RoomKeys
    private let topic: Topic
    private let device: SigningKey
    private let peer: PeerID
    private var generator: SecretGenerator
    private var random: SplitMix64

    private var state = State.idle
    private var wantsConnection = false
    private var reconnect = Backoff(first: RendezvousClient.reconnectFirst, limit: RendezvousClient.reconnectLimit)
    private var rendezvous: SocketAddress?
    /// Ours; new on every connection.
    private var nonce: [UInt8] = []
    private var helloAt: Instant?
    private var helloBackoff = Backoff(
        first: RendezvousClient.repeatFirst, limit: RendezvousClient.repeatLimit, floor: RendezvousClient.spacing)
    private var othersAtJoin = 0
    private var neighbours: [PeerID: Neighbour] = [:]
    private var living: Set<PeerID> = []
    private var candidates: [Candidate] = []
    private var networks: [LocalNetwork] = []
    private var incoming = TokenBucket(rate: 200, burst: 400, now: .distantPast)
    /// What we say, safely below what a rendezvous takes (RV-11): its 50 messages a second and 400 at once, of which a greeting to all costs 4
    /// and more.
    private var outgoing = TokenBucket(rate: 30, burst: 200, now: .distantPast)
    /// The part of it that those may use up who have not proved themselves.
    private var unprovedOutgoing = TokenBucket(rate: 15, burst: 100, now: .distantPast)
    /// Of each member, so that one cannot use up what all may send.
    private var members: [UInt32: TokenBucket] = [:]
    private var mismatchToldAt = Instant.distantPast
    /// When members of another version were last greeted, so that they learn of ours.
    private var greetedOthersAt: [UInt32: Instant] = [:]
    private var outputs = Outputs<Output>()

    /// What was thrown away.
    public private(set) var counters = Counters()

    /// - Parameters:
    ///   - seed: where nonces and jitter come from.
    public init(keys: RoomKeys, device: SigningKey, peer: PeerID, seed: Secret32) {
        (self.keys, self.device, self.peer) = (keys, device, peer)
        guard let topic = Topic(keys.topic) else { preconditionFailure("a topic has 32 bytes") }
        self.topic = topic
        generator = SecretGenerator(seed: seed)
        random = SplitMix64(seed: generator.next())
    }

    /// True from the rendezvous' word that we are in until the connection ends.
    public var isJoined: Bool { if case .joined = state { true } else { false } }

    /// Members that proved to be there, sorted.
    public var present: [PeerID] { neighbours.filter(\.value.isProved).keys.sorted() }

    // Inputs.

    /// Asks for a connection now, and again with growing pauses whenever it is lost.
    public mutating func start(now: Instant) {
        wantsConnection = true
        guard case .idle = state else { return }
        state = .connecting
        outputs.append(.connect)
    }

    /// The WebSocket is open.
    ///
    /// - Parameter rendezvous: the address it goes to; loopback there allows loopback candidates (CN-5).
    public mutating func connected(to rendezvous: SocketAddress? = nil, now: Instant) {
        self.rendezvous = rendezvous
        neighbours = [:]
        outgoing = TokenBucket(rate: 30, burst: 200, now: now)
        unprovedOutgoing = TokenBucket(rate: 15, burst: 100, now: now)
        // A nonce per connection: what was answered to an earlier one is stale (RV-4).
        nonce = generator.bytes(Envelope.nonceBytes)
        state = .greeting
    }

    /// The WebSocket is gone, or could not be opened.
    public mutating func disconnected(now: Instant) {
        neighbours = [:]
        helloAt = nil
        state = wantsConnection ? .waiting(until: now + reconnect.next(using: &random)) : .idle
    }

    /// The rendezvous said something. Messages that do not fit the state are ignored: it is not trusted to be in order.
    public mutating func received(_ message: ServerMessage, now: Instant) {
        switch (state, message) {
        case (.greeting, .welcome(let challenge, let stunPort)):
            if let stunPort { outputs.append(.stunServer(port: stunPort)) }
            let proof = keys.topicKey.sign(Signalling.joinProof(topic: topic, nonce: challenge))
            outputs.append(.send(.join(topic: topic, key: keys.topicKey.author, signature: proof)))
            state = .joining
        case (.joining, .joined(topic, _, let others)):
            state = .joined
            reconnect.reset()
            othersAtJoin = max(0, others)
            outputs.append(.joined(others: othersAtJoin))
            helloBackoff.reset()
            sayHello(now: now)
        case (.joined, .envelope(topic, let member, let box)): receive(box, from: member, now: now)
        case (_, .refused(let reason)): outputs.append(.refused(reason))
        default: break
        }
    }

    /// Our own candidates changed. Who is being dialled or expected without success so far is told.
    ///
    /// - Parameter networks: the links we are on; when nil, the networks of the host candidates under the usual masks.
    public mutating func setCandidates(_ candidates: [Candidate], networks: [LocalNetwork]? = nil, now: Instant) {
        let sorted = candidates.sorted()
        self.networks = networks ?? sorted.filter { $0.kind == .host }.map { LocalNetwork(assumedFor: $0.address.ip) }
        guard sorted != self.candidates else { return }
        self.candidates = sorted
        guard isJoined else { return }
        for id in neighbours.keys.sorted() where !living.contains(id) {
            guard var neighbour = neighbours[id] else { continue }
            if neighbour.attempt != nil {
                if neighbour.isProved {
                    neighbour.offerAt = max(now, neighbour.offeredAt + Self.spacing)
                } else {
                    neighbour.hasNews = true
                }
                neighbours[id] = neighbour
            } else if let attempt = neighbour.expected {
                say(.answer(attempt: attempt, candidates: offerable), to: id, neighbour, now: now)
            }
        }
    }

    /// A session with `remote` began or ended. While it lives nobody dials (RV-6).
    public mutating func sessionLives(with remote: PeerID, _ lives: Bool, now: Instant) {
        if lives { living.insert(remote) } else { living.remove(remote) }
        guard var neighbour = neighbours[remote] else { return }
        neighbour.heardAt = now
        neighbour.attempt = nil
        neighbour.backoff.reset()
        neighbour.offerAt = lives || peer > remote ? nil : now + random.jitter(Self.spacing)
        neighbours[remote] = neighbour
        if !lives, isJoined {
            helloBackoff.reset()
            helloAt = earliest(helloAt, now + helloBackoff.next(using: &random))
        }
    }

    /// Says farewell to everybody, leaves the topic, and wants no connection any more.
    public mutating func leave() {
        if isJoined {
            for id in neighbours.keys.sorted() {
                if let neighbour = neighbours[id] { send(.bye(echo: neighbour.nonce), to: id, neighbour) }
            }
            outputs.append(.send(.leave(topic: topic)))
        }
        (state, wantsConnection, neighbours, helloAt) = (.idle, false, [:], nil)
    }

    /// When to call `handleTimeout(now:)` next.
    public var deadline: Instant? {
        switch state {
        case .idle, .connecting, .greeting, .joining: return nil
        case .waiting(let until): return until
        case .joined:
            return neighbours.reduce(helloAt) { soonest, entry in
                let forget = living.contains(entry.key) ? nil : entry.value.heardAt + Self.forgetAfter
                return earliest(soonest, earliest(entry.value.offerAt, forget))
            }
        }
    }

    /// Call at or after `deadline`; calling early does nothing.
    public mutating func handleTimeout(now: Instant) {
        if case .waiting(let until) = state, now >= until {
            state = .connecting
            outputs.append(.connect)
        }
        guard isJoined else { return }
        if let at = helloAt, now >= at { sayHello(now: now) }
        for id in neighbours.keys.sorted() {
            guard let neighbour = neighbours[id] else { continue }
            if !living.contains(id), now >= neighbour.heardAt + Self.forgetAfter {
                neighbours[id] = nil
                if neighbour.isProved { outputs.append(.peerLeft(id)) }
            } else if let at = neighbour.offerAt, now >= at {
                offer(to: id, now: now)
            }
        }
    }

    /// The next thing to do, or nil.
    public mutating func nextOutput() -> Output? { outputs.next() }

    // Envelopes in.

    /// True unless a member sends more than any honest one has to say.
    private mutating func takes(from member: UInt32, now: Instant) -> Bool {
        if members.count >= Self.neighboursMax, members[member] == nil {
            members = members.filter { entry in
                var bucket = entry.value
                return !bucket.isFull(now: now)
            }
            guard members.count < Self.neighboursMax else { return false }
        }
        return members[member, default: TokenBucket(rate: 20, burst: 60, now: now)].take(now: now)
    }

    private mutating func receive(_ box: [UInt8], from member: UInt32, now: Instant) {
        guard takes(from: member, now: now), incoming.take(now: now) else {
            counters.overRate += 1
            return
        }
        let envelope: Envelope
        do throws(Envelope.Failure) {
            envelope = try Envelope(opening: box, topic: topic, envelopeKey: keys.envelope)
        } catch {
            switch error {
            case .notSealed: counters.notSealed += 1
            case .otherVersion(let version): receiveOtherVersion(version, from: member, now: now)
            case .malformed: counters.malformed += 1
            case .notSigned: counters.notSigned += 1
            }
            return
        }
        let sender = envelope.sender
        guard sender != peer, sender != .zero, envelope.recipient == peer || envelope.recipient == .zero else {
            counters.misdirected += 1
            return
        }
        // A peer id belongs to the device that proved it first: another member cannot take it over while its owner is here.
        if let known = neighbours[sender], known.author != envelope.device, known.isProved {
            counters.misdirected += 1
            return
        }
        switch envelope.content {
        case .hello(let nonce): receiveHello(nonce, envelope, member: member, now: now)
        case .helloAnswer(let echo, let nonce):
            guard isOurs(echo) else { return }
            note(envelope, member: member, nonce: nonce, isProof: true, now: now)
            offerSoon(to: sender, now: now)
        case .offer(let echo, let nonce, let attempt, let candidates):
            guard isOurs(echo) else { return }
            guard sender < peer else {
                counters.misdirected += 1
                return
            }
            note(envelope, member: member, nonce: nonce, isProof: true, now: now)
            expect(attempt, from: sender, candidates, now: now)
        case .answer(let attempt, let candidates):
            guard var neighbour = neighbours[sender], neighbour.author == envelope.device, neighbour.attempt?.nonce == attempt else {
                counters.stale += 1
                return
            }
            // Only the first answer puts the next offer off: one that is due already has new candidates to tell.
            if neighbour.attempt?.isAnswered == false {
                neighbour.attempt?.isAnswered = true
                neighbour.offerAt = max(neighbour.offerAt ?? now, now + Self.handshakeTime + random.jitter(Self.repeatFirst))
            }
            if neighbour.hasNews {
                neighbour.hasNews = false
                neighbour.offerAt = max(now, neighbour.offeredAt + Self.spacing)
            }
            let addresses = filter.dialable(candidates, own: self.candidates, remembered: &neighbour.sharedNAT)
            neighbours[sender] = neighbour
            note(envelope, member: member, nonce: neighbour.nonce, isProof: true, now: now)
            if !addresses.isEmpty, !living.contains(sender) {
                outputs.append(.dial(attempt: attempt, remote: sender, addresses: addresses))
            }
        case .bye(let echo):
            guard isOurs(echo) else { return }
            if neighbours.removeValue(forKey: sender)?.isProved == true { outputs.append(.peerLeft(sender)) }
        }
    }

    /// A member speaks another version: the person is told, and the member gets a greeting, by whose first byte it knows ours (RV-12). Two that
    /// cannot read each other must not greet each other for ever.
    private mutating func receiveOtherVersion(_ version: UInt8, from member: UInt32, now: Instant) {
        counters.otherVersion += 1
        if now >= mismatchToldAt + Self.mismatchPause {
            mismatchToldAt = now
            outputs.append(.versionMismatch(theirs: version))
        }
        greetedOthersAt = greetedOthersAt.filter { now < $0.value + Self.mismatchPause }
        guard greetedOthersAt[member] == nil, allows(isProved: false, now: now) else { return }
        greetedOthersAt[member] = now
        send(.hello(nonce: nonce), to: .zero, member: member)
    }

    /// A greeting proves nothing (it may be a replay), so it costs us one answer at most and shows nobody (RV-4).
    private mutating func receiveHello(_ nonce: [UInt8], _ envelope: Envelope, member: UInt32, now: Instant) {
        let sender = envelope.sender
        if let known = neighbours[sender], known.isProved, known.nonce != nonce || known.member != member {
            receiveClaim(nonce, from: sender, member: member, now: now)
            return
        }
        note(envelope, member: member, nonce: nonce, isProof: false, now: now)
        if peer < sender, !living.contains(sender) {
            offerSoon(to: sender, now: now)
        } else if var neighbour = neighbours[sender], now - neighbour.answeredAt >= Self.spacing {
            neighbour.answeredAt = now
            neighbours[sender] = neighbour
            say(.helloAnswer(echo: nonce, nonce: self.nonce), to: sender, neighbour, now: now)
        }
    }

    /// One who is here greets with another nonce or from another socket: it came back, or somebody plays an old greeting. What it proved
    /// stays until it proves the new; so that it can, it is told our nonce there.
    private mutating func receiveClaim(_ nonce: [UInt8], from id: PeerID, member: UInt32, now: Instant) {
        guard var neighbour = neighbours[id], now - neighbour.claimedAt >= Self.spacing else { return }
        neighbour.claimedAt = now
        neighbours[id] = neighbour
        let offers = peer < id && !living.contains(id)
        // It dials us: our answer proves us to it, and its offer proves it to us.
        if !offers, allows(isProved: false, now: now) { send(.helloAnswer(echo: nonce, nonce: self.nonce), to: id, member: member) }
        // It does not offer, so it is greeted there, and its answer is the proof.
        if offers || living.contains(id), allows(isProved: false, now: now) { send(.hello(nonce: self.nonce), to: .zero, member: member) }
    }

    private mutating func isOurs(_ echo: [UInt8]) -> Bool {
        if echo == nonce { return true }
        counters.stale += 1
        return false
    }

    /// Remembers where `envelope` came from and, if it is proof, that its sender is there.
    private mutating func note(_ envelope: Envelope, member: UInt32, nonce: [UInt8], isProof: Bool, now: Instant) {
        let id = envelope.sender
        if neighbours[id] == nil, neighbours.count >= Self.neighboursMax { forgetStalest() }
        let known = neighbours[id].flatMap { $0.author == envelope.device ? $0 : nil }
        var neighbour = known ?? Neighbour(author: envelope.device, member: member, nonce: nonce, heardAt: now)
        neighbour.member = member
        neighbour.nonce = nonce
        neighbour.heardAt = now
        let appears = isProof && !neighbour.isProved
        neighbour.isProved = neighbour.isProved || isProof
        neighbours[id] = neighbour
        if appears { outputs.append(.peerAppeared(id, author: envelope.device)) }
    }

    private mutating func forgetStalest() {
        let removable = neighbours.filter { !living.contains($0.key) && !$0.value.isProved }
        let pool = removable.isEmpty ? neighbours : removable
        let stalest = pool.min { ($0.value.heardAt, $0.key) < ($1.value.heardAt, $1.key) }
        if let stalest { neighbours[stalest.key] = nil }
    }

    // Responder.

    private mutating func expect(_ attempt: [UInt8], from id: PeerID, _ offered: [Candidate], now: Instant) {
        guard var neighbour = neighbours[id] else { return }
        if neighbour.superseded.contains(attempt) {
            counters.stale += 1
            return
        }
        if neighbour.expected != attempt {
            if let old = neighbour.expected { neighbour.superseded = (neighbour.superseded + [old]).suffix(Self.supersededMax) }
            neighbour.expected = attempt
        } else if now - neighbour.answeredAt < Self.spacing {
            return
        }
        neighbour.answeredAt = now
        let addresses = filter.dialable(offered, own: candidates, remembered: &neighbour.sharedNAT)
        neighbours[id] = neighbour
        outputs.append(.expect(attempt: attempt, remote: id, addresses: addresses))
        say(.answer(attempt: attempt, candidates: offerable), to: id, neighbour, now: now)
    }

    // Initiator.

    /// Offers as soon as spacing allows, if it is ours to offer and nothing is under way.
    private mutating func offerSoon(to id: PeerID, now: Instant) {
        guard peer < id, !living.contains(id), var neighbour = neighbours[id] else { return }
        if let attempt = neighbour.attempt, attempt.isAnswered { return }
        neighbour.offerAt = max(now, neighbour.offeredAt + Self.spacing)
        neighbours[id] = neighbour
        if neighbour.offerAt == now { offer(to: id, now: now) }
    }

    private mutating func offer(to id: PeerID, now: Instant) {
        guard peer < id, !living.contains(id), var neighbour = neighbours[id] else { return }
        guard allows(isProved: neighbour.isProved, now: now) else {
            neighbour.offerAt = neighbour.isProved ? now + neighbour.backoff.next(using: &random) : nil
            neighbours[id] = neighbour
            return
        }
        // Unanswered, the same attempt is offered again: the other side knows it for the same. Answered and still without a session
        // after the time of a handshake, it has failed.
        if let attempt = neighbour.attempt, !attempt.isAnswered || now < neighbour.offeredAt + Self.handshakeTime {
            neighbour.attempt = attempt
        } else {
            neighbour.attempt = (generator.bytes(Envelope.nonceBytes), false)
        }
        neighbour.offeredAt = now
        // One who has not proved itself greets again if it is there.
        neighbour.offerAt = neighbour.isProved ? now + neighbour.backoff.next(using: &random) : nil
        neighbours[id] = neighbour
        if let attempt = neighbour.attempt {
            send(.offer(echo: neighbour.nonce, nonce: nonce, attempt: attempt.nonce, candidates: offerable), to: id, neighbour)
        }
    }

    // Envelopes out.

    private mutating func sayHello(now: Instant) {
        let isLonely = othersAtJoin > living.count || neighbours.keys.contains { !living.contains($0) }
        helloBackoff.limit = isLonely ? Self.repeatLimit : Self.restLimit
        helloAt = now + helloBackoff.next(using: &random)
        // As much as it costs the rendezvous, and said whatever is left: it is rare, and without it nobody finds us.
        _ = outgoing.take(4, now: now)
        send(.hello(nonce: nonce), to: .zero, member: nil)
    }

    /// True if one more message may be said now; those who have not proved themselves get the lesser part, so that greetings under made-up
    /// ids silence nobody (RV-11).
    private mutating func allows(isProved: Bool, now: Instant) -> Bool {
        if isProved || unprovedOutgoing.take(now: now), outgoing.take(now: now) { return true }
        counters.unsaid += 1
        return false
    }

    private mutating func say(_ content: Envelope.Content, to id: PeerID, _ neighbour: Neighbour, now: Instant) {
        if allows(isProved: neighbour.isProved, now: now) { send(content, to: id, neighbour) }
    }

    private mutating func send(_ content: Envelope.Content, to id: PeerID, _ neighbour: Neighbour) {
        send(content, to: id, member: neighbour.member)
    }

    private mutating func send(_ content: Envelope.Content, to id: PeerID, member: UInt32?) {
        let envelope = Envelope(sender: peer, recipient: id, device: device.author, content: content)
        let box = envelope.sealed(for: topic, device: device, envelopeKey: keys.envelope, using: &generator)
        outputs.append(.send(.send(topic: topic, to: member, box: box)))
    }

    private var filter: CandidateFilter {
        CandidateFilter(
            allowsLoopback: rendezvous?.ip.isLoopback ?? false, networks: networks,
            ownReflexive: candidates.filter { $0.kind == .serverReflexive }.map(\.address),
            isRendezvousPrivate: rendezvous.map { CandidateFilter.isPrivate($0.ip) } ?? false)
    }

    private var offerable: [Candidate] { filter.offerable(candidates) }
}
