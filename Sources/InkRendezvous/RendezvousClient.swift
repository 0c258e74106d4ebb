import InkConnectivity
import InkCrypto
import InkPrimitives

/// Our side of the rendezvous for one room: gets into the topic at each rendezvous of a list, finds the other members, and agrees with each on
/// who dials whom where.
///
/// Each place of the list:
///
///     idle ──start──▶ waiting ──time──▶ connecting ──connected──▶ greeting ──welcome──▶ joining ──joined──▶ joined
///                        ▲ disconnected                              └───────────── refused ────────────┘
///
/// Between two peers, the smaller id being the initiator (RV-6), wherever they see each other:
///
///     smaller ── hello ──────────────▶ larger        smaller ◀────────────── hello ── larger
///     smaller ◀─────── hello answer ── larger
///     smaller ── offer (echo, attempt, candidates) ──▶ larger                         larger expects
///     smaller ◀─────────── answer (attempt, candidates) ── larger                     smaller dials
///
/// Two peers who share several places are introduced once: an attempt belongs to the pair, and what is said about it is said at each place
/// where the other is seen (RV-23). Nothing that a rendezvous says is believed but what members signed: it can keep peers apart who meet
/// nowhere else, and no more.
public struct RendezvousClient: Sendable {
    /// What the driver must do. `at` is a position in the list.
    public enum Output: Hashable, Sendable {
        /// Open a connection to this rendezvous now. Only after `start(now:)`; pauses between tries are kept here (RV-9).
        case connect(at: Int)
        case send(ClientMessage, at: Int)
        /// Close the connection, then say `disconnected`. `reason` is fit for a status line.
        case disconnect(at: Int, reason: String)
        /// The rendezvous let us in, and says that `others` sockets are there.
        case joined(others: Int, at: Int)
        /// A member proved to be there now. Repeated when it comes back after we lost sight of it.
        case peerAppeared(PeerID, author: AuthorID)
        /// A member said farewell, or was not heard of for long and has no session with us.
        case peerLeft(PeerID)
        /// Dial `remote` at these addresses; the same attempt again means more addresses.
        case dial(attempt: [UInt8], remote: PeerID, addresses: [SocketAddress])
        /// `remote` is going to dial us from these addresses; the same attempt again means more addresses.
        case expect(attempt: [UInt8], remote: PeerID, addresses: [SocketAddress])
        /// Dial and expect `remote` no more: its device is to be met as another.
        case abandon(remote: PeerID)
        /// The rendezvous answers STUN on this port of its host.
        case stunServer(port: UInt16, at: Int)
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
        case joined(since: Instant)
        /// We asked for the connection to be closed; what still comes on it is not heard.
        case closing
    }

    /// One rendezvous of the list.
    private struct Place: Sendable {
        var state = State.idle
        var reconnect = Backoff(first: RendezvousClient.reconnectFirst, limit: RendezvousClient.reconnectLimit)
        var address: SocketAddress?
        /// Ours; new on every connection.
        var nonce: [UInt8] = []
        /// What it calls us.
        var member: UInt32 = 0
        /// The place before this one in the list that turned out to be the same rendezvous, for which this one is closed.
        var twin: Int?
        /// The place before this one that our greetings come from or go to, and when to look whether it does what this one does.
        var suspect: Int?
        var reviewAt: Instant?
        var helloAt: Instant?
        var helloBackoff = Backoff(
            first: RendezvousClient.repeatFirst, limit: RendezvousClient.repeatLimit, floor: RendezvousClient.spacing)
        var othersAtJoin = 0
        var incoming = TokenBucket(rate: 200, burst: 400, now: .distantPast)
        /// What we say, safely below what a rendezvous takes (RV-11): its 50 messages a second and 400 at once, of which a greeting to all costs 4
        /// and more.
        var outgoing = TokenBucket(rate: 30, burst: 200, now: .distantPast)
        /// The part of it that those may use up who have not proved themselves.
        var unprovedOutgoing = TokenBucket(rate: 15, burst: 100, now: .distantPast)
        /// Of each member, so that one cannot use up what all may send.
        var members: [UInt32: TokenBucket] = [:]
        /// Of each member that showed us anybody to be met: how many more it may (RV-29).
        var newcomers: [UInt32: TokenBucket] = [:]
        /// When members of another version were last greeted, so that they learn of ours.
        var greetedOthersAt: [UInt32: Instant] = [:]
        /// The attempt that was last offered to such a member in its own words.
        var olderAttempts: [UInt32: [UInt8]] = [:]

        var isJoined: Bool { if case .joined = state { true } else { false } }
    }

    /// A member at one place.
    private struct Sighting: Sendable {
        /// Its number at the rendezvous; only a hint where to send.
        var member: UInt32
        /// Its newest nonce there, echoed to it as proof of freshness.
        var nonce: [UInt8]
        /// It echoed a nonce of ours.
        var isProved = false
        var heardAt: Instant
        /// Last time we answered a greeting or an offer of its.
        var answeredAt = Instant.distantPast
        /// Last time we answered a greeting that did not fit what it had proved.
        var claimedAt = Instant.distantPast
    }

    /// A member, and where it is seen.
    private struct Neighbour: Sendable {
        /// By place; never empty.
        var sightings: [Int: Sighting] = [:]
        /// Initiator: what we offered, and whether it was answered.
        var attempt: (nonce: [UInt8], isAnswered: Bool)?
        var offeredAt = Instant.distantPast
        var offerAt: Instant?
        /// Our candidates changed while an offer to one who has not proved itself was under way: it is told once it has.
        var hasNews = false
        /// The device that it proved to be of.
        var device: AuthorID?
        /// It may be met: its member had somebody left to show.
        var isAdmitted = false
        /// Private addresses dialled only because it shares our NAT (CN-7).
        var sharedNAT: Set<SocketAddress> = []
        var backoff = Backoff(first: RendezvousClient.repeatFirst, limit: RendezvousClient.repeatLimit, floor: RendezvousClient.spacing)
        /// Responder: the newest attempt, and those before it, newest last.
        var expected: [UInt8]?
        var superseded: [[UInt8]] = []

        var isProved: Bool { sightings.values.contains(where: \.isProved) }
        var heardAt: Instant { sightings.values.map(\.heardAt).max() ?? .distantPast }
        var places: [Int] { sightings.keys.sorted() }
    }

    /// First pause bound before an offer or a greeting is repeated.
    package static let repeatFirst: Duration = .seconds(1)
    /// Greatest pause bound while somebody is there with whom no session lives, so that peers find each other ≤ 10 s after the
    /// rendezvous begins to behave.
    package static let repeatLimit: Duration = .seconds(8)
    /// Greatest pause bound of greetings while all known members have a session with us.
    package static let restLimit: Duration = .seconds(30)
    /// No two offers, and no two answers at one place, to one peer within this time.
    package static let spacing: Duration = .milliseconds(250)
    /// After an answer the handshake gets this long before a new attempt is offered.
    package static let handshakeTime: Duration = .seconds(5)
    /// A member without a session that is silent for so long is forgotten: three greetings may be lost on the way.
    package static let forgetAfter: Duration = .seconds(100)
    /// Peers who are met for one member, at once and a second. A member is one socket, and so one process, which needs one.
    package static let newcomersBurst = 4.0
    package static let newcomersRate = 0.2
    /// Members remembered.
    package static let neighboursMax = 1024
    /// Past attempts of one peer that are recognised as replays; older ones fail by their echo only while we keep our nonce.
    private static let supersededMax = 16
    /// Pause between two reports of a version mismatch, and between two greetings to one member because of it.
    private static let mismatchPause: Duration = .seconds(10)
    /// Reconnection: 0.5 s × 1.5 to 30 s (RV-9).
    package static let reconnectFirst: Duration = .milliseconds(500)
    package static let reconnectLimit: Duration = .seconds(30)
    /// We must have been in for so long before pauses start over: one who lets us in and throws us out in turn is asked ever more rarely.
    package static let settledAfter: Duration = .seconds(10)
    /// How long a place is left alone that turned out to be the same rendezvous as another, while we are in there (RV-24).
    package static let twinRest: Duration = .seconds(300)
    /// How long both are held before that: so long do members take to answer a greeting.
    package static let twinTrial: Duration = .seconds(2)

    private let keys: RoomKeys
    private let topic: Topic
    private let device: SigningKey
    private let salt: PeerSalt
    private let peer: PeerID
    private var generator: SecretGenerator
    private var random: SplitMix64

    private var places: [Place]
    private var wantsConnection = false
    private var neighbours: [PeerID: Neighbour] = [:]
    private var living: Set<PeerID> = []
    private var candidates: [Candidate] = []
    private var networks: [LocalNetwork] = []
    private var mismatchToldAt = Instant.distantPast
    private var outputs = Outputs<Output>()

    /// What was thrown away.
    public private(set) var counters = Counters()

    /// - Parameters:
    ///   - seed: where nonces and jitter come from.
    ///   - count: length of the list of rendezvous.
    ///   - salt: of this process, the same as in its handshakes.
    public init(keys: RoomKeys, device: SigningKey, salt: PeerSalt, seed: Secret32, count: Int = 1) {
        precondition(count > 0, "a client without a rendezvous has nothing to do")
        (self.keys, self.device, self.salt, peer) = (keys, device, salt, salt.peer(of: device.author))
        guard let topic = Topic(keys.topic) else { preconditionFailure("a topic has 32 bytes") }
        self.topic = topic
        generator = SecretGenerator(seed: seed)
        random = SplitMix64(seed: generator.next())
        places = Array(repeating: Place(), count: count)
    }

    /// True while some rendezvous has let us in.
    public var isJoined: Bool { places.contains(where: \.isJoined) }

    /// Members that proved to be there, sorted.
    public var present: [PeerID] { neighbours.filter(\.value.isProved).keys.sorted() }

    // Inputs.

    /// Asks for a connection to each rendezvous now, and again with growing pauses whenever it is lost.
    public mutating func start(now: Instant) {
        wantsConnection = true
        for place in places.indices {
            guard case .idle = places[place].state else { continue }
            connect(place)
        }
    }

    /// The WebSocket is open.
    ///
    /// - Parameter rendezvous: the address it goes to; loopback there allows loopback candidates (CN-5).
    public mutating func connected(to rendezvous: SocketAddress? = nil, at place: Int = 0, now: Instant) {
        places[place].address = rendezvous
        loseSight(at: place)
        (places[place].twin, places[place].suspect, places[place].reviewAt) = (nil, nil, nil)
        // It numbers its members anew.
        (places[place].newcomers, places[place].members) = ([:], [:])
        (places[place].greetedOthersAt, places[place].olderAttempts) = ([:], [:])
        places[place].outgoing = TokenBucket(rate: 30, burst: 200, now: now)
        places[place].unprovedOutgoing = TokenBucket(rate: 15, burst: 100, now: now)
        // A nonce per connection: what was answered to an earlier one is stale (RV-4).
        places[place].nonce = generator.bytes(Envelope.nonceBytes)
        places[place].state = .greeting
    }

    /// The WebSocket is gone, or could not be opened.
    public mutating func disconnected(at place: Int = 0, now: Instant) {
        loseSight(at: place)
        (places[place].helloAt, places[place].suspect, places[place].reviewAt) = (nil, nil, nil)
        // What made another look like this one was of this connection.
        for other in places.indices where places[other].suspect == place { (places[other].suspect, places[other].reviewAt) = (nil, nil) }
        settle(place, now: now)
        guard wantsConnection else { return places[place].state = .idle }
        let pause = places[place].twin == nil ? places[place].reconnect.next(using: &random) : Self.twinRest
        places[place].state = .waiting(until: now + pause)
        // What was left alone because we were in here is asked again.
        for other in places.indices where places[other].twin == place {
            places[other].twin = nil
            if case .waiting = places[other].state { places[other].state = .waiting(until: now + random.jitter(Self.reconnectFirst)) }
        }
    }

    /// A rendezvous said something. Messages that do not fit the state are ignored: it is not trusted to be in order.
    public mutating func received(_ message: ServerMessage, at place: Int = 0, now: Instant) {
        switch (places[place].state, message) {
        case (.greeting, .welcome(let challenge, let stunPort)):
            if let stunPort { outputs.append(.stunServer(port: stunPort, at: place)) }
            let proof = keys.topicKey.sign(Signalling.joinProof(topic: topic, nonce: challenge))
            outputs.append(.send(.join(topic: topic, key: keys.topicKey.author, signature: proof), at: place))
            places[place].state = .joining
        case (.joining, .joined(topic, let member, let others)):
            places[place].state = .joined(since: now)
            places[place].member = member
            places[place].othersAtJoin = max(0, others)
            outputs.append(.joined(others: places[place].othersAtJoin, at: place))
            places[place].helloBackoff.reset()
            sayHello(at: place, now: now)
        case (.joined, .envelope(topic, let member, let box)): receive(box, from: member, at: place, now: now)
        // Whatever it is that it does not do for us, another try may help, and a stream of refusals must not (RV-25).
        case (.greeting, .refused(let reason)), (.joining, .refused(let reason)), (.joined, .refused(let reason)):
            close(place, reason: "\(reason)", now: now)
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
                for place in neighbour.places {
                    say(.answer(attempt: attempt, candidates: offerable(at: place)), to: id, at: place, now: now)
                }
            }
        }
    }

    /// A session with `remote` began or ended. While it lives nobody dials (RV-6).
    public mutating func sessionLives(with remote: PeerID, _ lives: Bool, now: Instant) {
        if lives { living.insert(remote) } else { living.remove(remote) }
        if var neighbour = neighbours[remote] {
            for place in neighbour.places { neighbour.sightings[place]?.heardAt = now }
            neighbour.attempt = nil
            neighbour.backoff.reset()
            neighbour.offerAt = lives || peer > remote ? nil : now + random.jitter(Self.spacing)
            neighbours[remote] = neighbour
        }
        guard !lives else { return }
        // Where it was seen may be lost by now; elsewhere it is found by a greeting.
        for place in places.indices where places[place].isJoined {
            places[place].helloBackoff.reset()
            places[place].helloAt = earliest(places[place].helloAt, now + places[place].helloBackoff.next(using: &random))
        }
    }

    /// Says farewell to everybody, leaves the topic everywhere, and wants no connection any more.
    public mutating func leave() {
        for place in places.indices where places[place].isJoined {
            for id in neighbours.keys.sorted() {
                guard let sighting = neighbours[id]?.sightings[place] else { continue }
                send(.bye(echo: sighting.nonce), to: id, member: sighting.member, at: place)
            }
            outputs.append(.send(.leave(topic: topic), at: place))
        }
        (wantsConnection, neighbours) = (false, [:])
        for place in places.indices { (places[place].state, places[place].helloAt) = (.idle, nil) }
    }

    /// When to call `handleTimeout(now:)` next.
    public var deadline: Instant? {
        var soonest: Instant?
        for place in places {
            switch place.state {
            case .idle, .connecting, .greeting, .joining, .closing: break
            case .waiting(let until): soonest = earliest(soonest, until)
            case .joined: soonest = earliest(earliest(soonest, place.helloAt), place.reviewAt)
            }
        }
        for (id, neighbour) in neighbours {
            soonest = earliest(soonest, neighbour.offerAt)
            guard !living.contains(id) else { continue }
            for sighting in neighbour.sightings.values { soonest = earliest(soonest, sighting.heardAt + Self.forgetAfter) }
        }
        return soonest
    }

    /// Call at or after `deadline`; calling early does nothing.
    public mutating func handleTimeout(now: Instant) {
        for place in places.indices {
            if case .waiting(let until) = places[place].state, now >= until { connect(place) }
            if places[place].isJoined, let at = places[place].helloAt, now >= at { sayHello(at: place, now: now) }
            if let at = places[place].reviewAt, now >= at { reviewTwin(place, now: now) }
        }
        for id in neighbours.keys.sorted() {
            guard let neighbour = neighbours[id] else { continue }
            if !living.contains(id) {
                for place in neighbour.places where now >= neighbour.sightings[place].map({ $0.heardAt + Self.forgetAfter }) ?? now {
                    neighbours[id]?.sightings[place] = nil
                }
            }
            if neighbours[id]?.sightings.isEmpty == true {
                neighbours[id] = nil
                if neighbour.isProved { outputs.append(.peerLeft(id)) }
            } else if let at = neighbour.offerAt, now >= at {
                offer(to: id, now: now)
            }
        }
    }

    /// The next thing to do, or nil.
    public mutating func nextOutput() -> Output? { outputs.next() }

    // Places.

    private mutating func connect(_ place: Int) {
        places[place].twin = nil
        places[place].state = .connecting
        outputs.append(.connect(at: place))
    }

    /// Pauses start over after a connection that was of use for a while.
    private mutating func settle(_ place: Int, now: Instant) {
        if case .joined(let since) = places[place].state, now - since >= Self.settledAfter { places[place].reconnect.reset() }
    }

    private mutating func close(_ place: Int, reason: String, now: Instant) {
        settle(place, now: now)
        loseSight(at: place)
        (places[place].helloAt, places[place].suspect, places[place].reviewAt) = (nil, nil, nil)
        places[place].state = .closing
        outputs.append(.disconnect(at: place, reason: reason))
    }

    /// Nobody is seen there any more; who is seen nowhere else is forgotten.
    private mutating func loseSight(at place: Int) {
        for (id, neighbour) in neighbours where neighbour.sightings[place] != nil {
            neighbours[id]?.sightings[place] = nil
            if neighbour.sightings.count == 1 { neighbours[id] = nil }
        }
    }

    /// Our own greeting at one place came to us at another, from whom the first calls us: both are one rendezvous, it seems, and one of our sockets
    /// there is enough (RV-24). A member can play our greeting to us elsewhere, but not under our number.
    private mutating func receiveOwn(_ envelope: Envelope, from member: UInt32, at place: Int, now: Instant) {
        counters.misdirected += 1
        guard case .hello(let nonce) = envelope.content, envelope.device == device.author else { return }
        let same = places.indices.first {
            $0 != place && places[$0].isJoined && places[$0].nonce == nonce && places[$0].member == member
        }
        guard let same else { return }
        let later = max(same, place)
        places[later].suspect = min(same, place)
        reviewTwin(later, now: now)
    }

    /// Closes a place that seems to be the same rendezvous as one before it, once that one has shown us all members that this one shows.
    ///
    /// A rendezvous can take our place at another, play our greetings to us from there, and bring us nothing else: believed at once, it would make us
    /// leave the one that works.
    private mutating func reviewTwin(_ later: Int, now: Instant) {
        places[later].reviewAt = nil
        guard let earlier = places[later].suspect, places[earlier].isJoined, case .joined(let since) = places[later].state else { return }
        guard now >= since + Self.twinTrial else { return places[later].reviewAt = since + Self.twinTrial }
        func isProved(_ neighbour: Neighbour, at place: Int) -> Bool { neighbour.sightings[place]?.isProved ?? false }
        // Otherwise the next of our greetings that goes round asks again.
        guard neighbours.values.contains(where: { isProved($0, at: earlier) }),
            neighbours.values.allSatisfy({ isProved($0, at: earlier) || !isProved($0, at: later) })
        else { return }
        places[later].twin = earlier
        close(later, reason: "it is the same rendezvous as another of the list", now: now)
        // Some may know us by the socket that closes.
        sayHello(at: earlier, now: now)
    }

    // Envelopes in.

    /// True unless a member sends more than any honest one has to say.
    private mutating func takes(from member: UInt32, at place: Int, now: Instant) -> Bool {
        if places[place].members.count >= Self.neighboursMax, places[place].members[member] == nil {
            places[place].members = places[place].members.filter { entry in
                var bucket = entry.value
                return !bucket.isFull(now: now)
            }
            guard places[place].members.count < Self.neighboursMax else { return false }
        }
        return places[place].members[member, default: TokenBucket(rate: 20, burst: 60, now: now)].take(now: now)
    }

    private mutating func receive(_ box: [UInt8], from member: UInt32, at place: Int, now: Instant) {
        guard takes(from: member, at: place, now: now), places[place].incoming.take(now: now) else {
            counters.overRate += 1
            return
        }
        let envelope: Envelope
        do throws(Envelope.Failure) {
            envelope = try Envelope(opening: box, topic: topic, envelopeKey: keys.envelope)
        } catch {
            switch error {
            case .notSealed: counters.notSealed += 1
            case .otherVersion(let version): _ = receiveOtherVersion(version, from: member, at: place, now: now)
            case .malformed: counters.malformed += 1
            case .notSigned: counters.notSigned += 1
            }
            return
        }
        let sender = envelope.sender
        guard sender != peer else { return receiveOwn(envelope, from: member, at: place, now: now) }
        let isOlder = if case .said = envelope.speaker { true } else { false }
        let own = isOlder ? older : peer
        guard sender != own, sender != .zero, envelope.recipient == own || envelope.recipient == .zero else {
            counters.misdirected += 1
            return
        }
        if isOlder { return receiveOlder(envelope, from: member, at: place, now: now) }
        switch envelope.content {
        case .hello(let nonce): receiveHello(nonce, envelope, member: member, at: place, now: now)
        case .helloAnswer(let echo, let nonce):
            guard isOurs(echo, at: place) else { return }
            note(envelope, member: member, nonce: nonce, isProof: true, at: place, now: now)
            offerSoon(to: sender, now: now)
        case .offer(let echo, let nonce, let attempt, let candidates):
            guard isOurs(echo, at: place) else { return }
            guard sender < peer else {
                counters.misdirected += 1
                return
            }
            note(envelope, member: member, nonce: nonce, isProof: true, at: place, now: now)
            expect(attempt, from: envelope, member: member, candidates, at: place, now: now)
        case .answer(let attempt, let candidates): receiveAnswer(attempt, candidates, envelope, member: member, at: place, now: now)
        case .bye(let echo):
            guard isOurs(echo, at: place) else { return }
            if neighbours.removeValue(forKey: sender)?.isProved == true { outputs.append(.peerLeft(sender)) }
        }
    }

    private mutating func receiveAnswer(
        _ attempt: [UInt8], _ offered: [Candidate], _ envelope: Envelope, member: UInt32, at place: Int, now: Instant
    ) {
        let sender = envelope.sender
        guard var neighbour = neighbours[sender], let sighting = neighbour.sightings[place],
            neighbour.attempt?.nonce == attempt
        else {
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
        guard admit(&neighbour, sender, device: envelope.device, member: member, at: place, now: now) else {
            return neighbours[sender] = neighbour
        }
        let addresses = filter(at: place).dialable(offered, own: candidates, remembered: &neighbour.sharedNAT)
        neighbours[sender] = neighbour
        // From another socket than the one it was offered to nothing is known of the nonce there.
        if member == sighting.member { note(envelope, member: member, nonce: sighting.nonce, isProof: true, at: place, now: now) }
        if !addresses.isEmpty, !living.contains(sender) {
            outputs.append(.dial(attempt: attempt, remote: sender, addresses: addresses))
        }
    }

    /// A member speaks another version: the person is told, and the member gets a greeting, by whose first byte it knows ours (RV-12). Two that
    /// cannot read each other must not greet each other for ever.
    ///
    /// - Returns: true if it was greeted.
    private mutating func receiveOtherVersion(_ version: UInt8, from member: UInt32, at place: Int, now: Instant) -> Bool {
        counters.otherVersion += 1
        if now >= mismatchToldAt + Self.mismatchPause {
            mismatchToldAt = now
            outputs.append(.versionMismatch(theirs: version))
        }
        places[place].greetedOthersAt = places[place].greetedOthersAt.filter { now < $0.value + Self.mismatchPause }
        guard places[place].greetedOthersAt[member] == nil, allows(isProved: false, at: place, now: now) else { return false }
        places[place].greetedOthersAt[member] = now
        send(.hello(nonce: places[place].nonce), to: .zero, member: member, at: place)
        return true
    }

    /// A member of protocol 1 or 2. 0.1 does not read the first byte of our greeting, so it is also offered an attempt in its own words: our
    /// message 1 then shows it our version, and its cookie proves its to us. Its peer id is only said, so it becomes nobody's neighbour.
    private mutating func receiveOlder(_ envelope: Envelope, from member: UInt32, at place: Int, now: Instant) {
        let wasGreeted = receiveOtherVersion(Envelope.Speaker.said(envelope.sender).form, from: member, at: place, now: now)
        let recent = places[place].greetedOthersAt
        places[place].olderAttempts = places[place].olderAttempts.filter { recent[$0.key] != nil }
        switch envelope.content {
        case .hello(let echo), .helloAnswer(_, let echo):
            guard wasGreeted, allows(isProved: false, at: place, now: now) else { return }
            let attempt = generator.bytes(Envelope.nonceBytes)
            places[place].olderAttempts[member] = attempt
            let content = Envelope.Content.offer(
                echo: echo, nonce: places[place].nonce, attempt: attempt, candidates: offerable(at: place))
            send(content, to: envelope.sender, member: member, at: place, as: .said(older))
        case .answer(let attempt, let offered):
            guard places[place].olderAttempts[member] == attempt else {
                counters.stale += 1
                return
            }
            places[place].olderAttempts[member] = nil
            var none: Set<SocketAddress> = []
            let addresses = filter(at: place).dialable(offered, own: candidates, remembered: &none)
            if !addresses.isEmpty { outputs.append(.dial(attempt: attempt, remote: envelope.sender, addresses: addresses)) }
        case .offer, .bye: break
        }
    }

    /// What we are called towards protocols 1 and 2: less than any of them, since the smaller id offers.
    private var older: PeerID {
        guard let id = PeerID([UInt8](repeating: 0, count: PeerID.byteCount - PeerSalt.byteCount) + salt.bytes) else {
            preconditionFailure("16 and 16 bytes are 32")
        }
        return id
    }

    /// A greeting proves nothing (it may be a replay), so it costs us one answer at most and shows nobody (RV-4).
    private mutating func receiveHello(_ nonce: [UInt8], _ envelope: Envelope, member: UInt32, at place: Int, now: Instant) {
        let sender = envelope.sender
        if let known = neighbours[sender]?.sightings[place], known.isProved, known.nonce != nonce || known.member != member {
            receiveClaim(nonce, from: sender, member: member, at: place, now: now)
            return
        }
        note(envelope, member: member, nonce: nonce, isProof: false, at: place, now: now)
        if peer < sender, !living.contains(sender), neighbours[sender]?.attempt?.isAnswered != true {
            offerSoon(to: sender, now: now)
        } else if let sighting = neighbours[sender]?.sightings[place], now - sighting.answeredAt >= Self.spacing {
            neighbours[sender]?.sightings[place]?.answeredAt = now
            say(.helloAnswer(echo: nonce, nonce: places[place].nonce), to: sender, at: place, now: now)
        }
    }

    /// One who is here greets with another nonce or from another socket: it came back, or somebody plays an old greeting. What it proved
    /// stays until it proves the new; so that it can, it is told our nonce there.
    private mutating func receiveClaim(_ nonce: [UInt8], from id: PeerID, member: UInt32, at place: Int, now: Instant) {
        guard let sighting = neighbours[id]?.sightings[place], now - sighting.claimedAt >= Self.spacing else { return }
        neighbours[id]?.sightings[place]?.claimedAt = now
        let own = places[place].nonce
        let offers = peer < id && !living.contains(id)
        // It dials us: our answer proves us to it, and its offer proves it to us.
        if !offers, allows(isProved: false, at: place, now: now) {
            send(.helloAnswer(echo: nonce, nonce: own), to: id, member: member, at: place)
        }
        // It does not offer, so it is greeted there, and its answer is the proof.
        if offers || living.contains(id), allows(isProved: false, at: place, now: now) {
            send(.hello(nonce: own), to: .zero, member: member, at: place)
        }
    }

    private mutating func isOurs(_ echo: [UInt8], at place: Int) -> Bool {
        if echo == places[place].nonce { return true }
        counters.stale += 1
        return false
    }

    /// Remembers where `envelope` came from and, if it is proof, that its sender is there.
    private mutating func note(_ envelope: Envelope, member: UInt32, nonce: [UInt8], isProof: Bool, at place: Int, now: Instant) {
        let id = envelope.sender
        if neighbours[id] == nil, neighbours.count >= Self.neighboursMax { forgetStalest() }
        var neighbour = neighbours[id] ?? Neighbour()
        let appears = isProof && !neighbour.isProved
        var sighting = neighbour.sightings[place] ?? Sighting(member: member, nonce: nonce, heardAt: now)
        (sighting.member, sighting.nonce, sighting.heardAt) = (member, nonce, now)
        sighting.isProved = sighting.isProved || isProof
        neighbour.sightings[place] = sighting
        neighbours[id] = neighbour
        if appears { outputs.append(.peerAppeared(id, author: envelope.device)) }
    }

    /// True if a neighbour may be met. Whoever names third parties under ever new ids would make us knock at them for each (RV-29): so a member has
    /// few to show, and of one device the newest attempt is the only one. A process that came back is met at once.
    private mutating func admit(
        _ neighbour: inout Neighbour, _ id: PeerID, device: AuthorID, member: UInt32, at place: Int, now: Instant
    ) -> Bool {
        guard !neighbour.isAdmitted else { return true }
        guard mayShow(member, at: place, now: now) else {
            counters.overRate += 1
            return false
        }
        for other in neighbours.keys.sorted() where other != id && !living.contains(other) {
            guard let before = neighbours[other], before.isAdmitted, before.device == device else { continue }
            neighbours[other]?.attempt = nil
            neighbours[other]?.offerAt = nil
            neighbours[other]?.isAdmitted = false
            outputs.append(.abandon(remote: other))
        }
        (neighbour.device, neighbour.isAdmitted) = (device, true)
        return true
    }

    private mutating func mayShow(_ member: UInt32, at place: Int, now: Instant) -> Bool {
        if places[place].newcomers[member] == nil, places[place].newcomers.count >= Self.neighboursMax {
            places[place].newcomers = places[place].newcomers.filter { entry in
                var bucket = entry.value
                return !bucket.isFull(now: now)
            }
            guard places[place].newcomers.count < Self.neighboursMax else { return false }
        }
        return places[place].newcomers[
            member, default: TokenBucket(rate: Self.newcomersRate, burst: Self.newcomersBurst, now: now)
        ].take(now: now)
    }

    private mutating func forgetStalest() {
        let removable = neighbours.filter { !living.contains($0.key) && !$0.value.isProved }
        let pool = removable.isEmpty ? neighbours : removable
        let stalest = pool.min { ($0.value.heardAt, $0.key) < ($1.value.heardAt, $1.key) }
        if let stalest { neighbours[stalest.key] = nil }
    }

    // Responder.

    /// Each copy of an offer gets the same answer where it came, whatever was answered elsewhere: which of the places delivers is not known (RV-23).
    private mutating func expect(
        _ attempt: [UInt8], from envelope: Envelope, member: UInt32, _ offered: [Candidate], at place: Int, now: Instant
    ) {
        let id = envelope.sender
        guard var neighbour = neighbours[id], let sighting = neighbour.sightings[place] else { return }
        if neighbour.superseded.contains(attempt) {
            counters.stale += 1
            return
        }
        if neighbour.expected != attempt {
            if let old = neighbour.expected { neighbour.superseded = (neighbour.superseded + [old]).suffix(Self.supersededMax) }
            neighbour.expected = attempt
        } else if now - sighting.answeredAt < Self.spacing {
            return
        } else if !neighbour.isAdmitted {
            // Another process of its device took its place after it had offered this: whoever plays it again is answered, which one that lives
            // takes for a reason to offer anew, and is not met for.
            neighbours[id]?.sightings[place]?.answeredAt = now
            return say(.answer(attempt: attempt, candidates: offerable(at: place)), to: id, at: place, now: now)
        }
        guard admit(&neighbour, id, device: envelope.device, member: member, at: place, now: now) else { return }
        neighbour.sightings[place]?.answeredAt = now
        let addresses = filter(at: place).dialable(offered, own: candidates, remembered: &neighbour.sharedNAT)
        neighbours[id] = neighbour
        outputs.append(.expect(attempt: attempt, remote: id, addresses: addresses))
        say(.answer(attempt: attempt, candidates: offerable(at: place)), to: id, at: place, now: now)
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

    /// Offers one attempt at every place where the other is seen.
    private mutating func offer(to id: PeerID, now: Instant) {
        guard peer < id, !living.contains(id), var neighbour = neighbours[id] else { return }
        // One who has not proved itself greets again if it is there.
        neighbour.offerAt = neighbour.isProved ? now + neighbour.backoff.next(using: &random) : nil
        let allowed = neighbour.places.filter { place in
            allows(isProved: neighbour.sightings[place]?.isProved ?? false, at: place, now: now)
        }
        guard !allowed.isEmpty else { return neighbours[id] = neighbour }
        // Unanswered, the same attempt is offered again: the other side knows it for the same. Answered and still without a session
        // after the time of a handshake, it has failed.
        let attempt: [UInt8]
        if let old = neighbour.attempt, !old.isAnswered || now < neighbour.offeredAt + Self.handshakeTime {
            attempt = old.nonce
        } else {
            attempt = generator.bytes(Envelope.nonceBytes)
            neighbour.attempt = (attempt, false)
        }
        neighbour.offeredAt = now
        neighbours[id] = neighbour
        for place in allowed {
            guard let sighting = neighbour.sightings[place] else { continue }
            let content = Envelope.Content.offer(
                echo: sighting.nonce, nonce: places[place].nonce, attempt: attempt, candidates: offerable(at: place))
            send(content, to: id, member: sighting.member, at: place)
        }
    }

    // Envelopes out.

    private mutating func sayHello(at place: Int, now: Instant) {
        let isLonely =
            places[place].othersAtJoin > living.count
            || neighbours.contains { !living.contains($0.key) && $0.value.sightings[place] != nil }
        places[place].helloBackoff.limit = isLonely ? Self.repeatLimit : Self.restLimit
        places[place].helloAt = now + places[place].helloBackoff.next(using: &random)
        // As much as it costs the rendezvous, and said whatever is left: it is rare, and without it nobody finds us.
        _ = places[place].outgoing.take(4, now: now)
        send(.hello(nonce: places[place].nonce), to: .zero, member: nil, at: place)
    }

    /// True if one more message may be said now; those who have not proved themselves get the lesser part, so that greetings under made-up
    /// ids silence nobody (RV-11).
    private mutating func allows(isProved: Bool, at place: Int, now: Instant) -> Bool {
        if isProved || places[place].unprovedOutgoing.take(now: now), places[place].outgoing.take(now: now) { return true }
        counters.unsaid += 1
        return false
    }

    private mutating func say(_ content: Envelope.Content, to id: PeerID, at place: Int, now: Instant) {
        guard let sighting = neighbours[id]?.sightings[place], allows(isProved: sighting.isProved, at: place, now: now) else { return }
        send(content, to: id, member: sighting.member, at: place)
    }

    private mutating func send(
        _ content: Envelope.Content, to id: PeerID, member: UInt32?, at place: Int, as speaker: Envelope.Speaker? = nil
    ) {
        let envelope = Envelope(speaker: speaker ?? .salt(salt), recipient: id, device: device.author, content: content)
        let box = envelope.sealed(for: topic, device: device, envelopeKey: keys.envelope, using: &generator)
        outputs.append(.send(.send(topic: topic, to: member, box: box), at: place))
    }

    /// What was reached over loopback may lead to loopback, whatever the other places are.
    private func filter(at place: Int) -> CandidateFilter {
        let address = places[place].address
        return CandidateFilter(
            allowsLoopback: address?.ip.isLoopback ?? false, networks: networks,
            ownReflexive: candidates.filter { $0.kind == .serverReflexive }.map(\.address),
            isRendezvousPrivate: address.map { CandidateFilter.isPrivate($0.ip) } ?? false)
    }

    private func offerable(at place: Int) -> [Candidate] { filter(at: place).offerable(candidates) }
}
