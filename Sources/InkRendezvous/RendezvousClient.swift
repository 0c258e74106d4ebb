import InkConnectivity
import InkCrypto
import InkPrimitives

/// Our side of the rendezvous for one room: gets into the topic at each rendezvous of a list, finds the other members, and agrees with each on
/// who dials whom where.
///
/// The whole of three parts, and all that a driver knows: `SignallingPlaces` are the connections and what is said there, `Introductions` the
/// peers and their attempts, `OtherVersions` those whom we cannot understand. Nothing that a rendezvous says is believed but what members
/// signed: it can keep peers apart who meet nowhere else, and no more.
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
        /// A member proved to be there now. Repeated when it comes back after we lost sight of it, or proves it after its session ended.
        case peerAppeared(PeerID, author: AuthorID)
        /// A member said farewell, or was not heard of for long and has no session with us.
        case peerLeft(PeerID)
        /// Dial `remote` at these addresses; the same attempt again means more addresses.
        case dial(attempt: [UInt8], remote: PeerID, addresses: [SocketAddress])
        /// `remote` is going to dial us from these addresses; the same attempt again means more addresses.
        case expect(attempt: [UInt8], remote: PeerID, addresses: [SocketAddress])
        /// Make message 1 for `remote`, and answer at once by `opened`.
        case open(attempt: [UInt8], remote: PeerID)
        /// Take message 1 of `remote`, which came over this relay, and answer at once by `answered`. The same attempt again is another copy of it.
        case answer(attempt: [UInt8], remote: PeerID, opening: [UInt8], via: RelayPoint, addresses: [SocketAddress])
        /// Take message 2 of `remote`, which came over this relay. The same attempt again is another copy of it.
        case complete(attempt: [UInt8], remote: PeerID, reply: [UInt8], via: RelayPoint, addresses: [SocketAddress])
        /// A member that proved to be there can be reached over this relay; another number at the same place takes the place of the one before.
        case reachable(PeerID, at: RelayPoint)
        /// Over a relay at this place it cannot be reached any more.
        case unreachable(PeerID, place: Int)
        /// One with whom a session lives says that it may be reached at these addresses now.
        case candidates(PeerID, [SocketAddress])
        /// From now on ask the rendezvous after each `interval` without a word of it whether it lives; one that does not answer within `patience` is
        /// gone.
        case liveness(interval: Duration, patience: Duration, at: Int)
        /// Ask it now, with the same patience.
        case probe(at: Int)
        /// Send this binary message.
        case sendFrame([UInt8], isPresence: Bool, at: Int)
        /// A datagram came over a relay. Who sent it is the rendezvous' word (RV-133).
        case relayed([UInt8], from: RelayPoint)
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
        /// Sealed to another device.
        public var closed = 0
        /// Of a device that is not heard here.
        public var unheard = 0
        /// Meant for another, our own come back, or from a role that does not say this.
        public var misdirected = 0
        /// Answers a nonce that is not (or no longer) ours: a replay, or late.
        public var stale = 0
        /// Over the rate at which envelopes are looked at.
        public var overRate = 0
        /// Not said, since it was over the rate at which we may speak.
        public var unsaid = 0
        /// Offers and candidates that lead to what is not wanted: a direct way where only relays are, or where one carries what passes.
        public var unwanted = 0
        /// Binary messages that are no relayed datagram for us.
        public var notRelayed = 0
        /// Datagrams of ours that no rendezvous takes: it is not there, relays nothing, or they are too large.
        public var unrelayed = 0
    }

    /// First pause bound before an offer or a greeting is repeated.
    package static let repeatFirst: Duration = .seconds(1)
    /// Greatest pause bound while somebody is there with whom no session lives (RV-7), so that peers find each other ≤ 10 s after the
    /// rendezvous begins to behave.
    package static let repeatLimit: Duration = .seconds(8)
    /// Greatest pause bound of greetings while all known members have a session with us (RV-170). Who comes greets himself, and where a session ends
    /// we greet at once: of eight who only sat there each greeting of one made 22 messages, and with 30 s that was more than all their keepalives.
    package static let restLimit: Duration = .seconds(120)
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
    /// Reconnection: 0.5 s × 1.5 to 30 s (RV-9).
    package static let reconnectFirst: Duration = .milliseconds(500)
    package static let reconnectLimit: Duration = .seconds(30)
    /// From the beginning of a try to the word that we are in; one that says anything else for ever is no better than a dead one (RV-40).
    package static let joinTime: Duration = .seconds(10)
    /// We must have been in for so long before pauses start over: one who lets us in and throws us out in turn is asked ever more rarely.
    package static let settledAfter: Duration = .seconds(10)
    /// How long a place is left alone that turned out to be the same rendezvous as another, while we are in there (RV-24).
    package static let twinRest: Duration = .seconds(300)
    /// How long both are held before that: so long do members take to answer a greeting.
    package static let twinTrial: Duration = .seconds(2)

    /// How often a rendezvous is asked whether it lives while somebody needs it, and while nobody does (RV-37).
    package static let watchClosely: Duration = .seconds(10)
    package static let watchAtRest: Duration = .seconds(30)
    /// How long for an answer: far more than a round trip takes, also by satellite (RV-135).
    package static let watchPatience: Duration = .seconds(2)
    /// Changes of the network that come faster make one question, and one try, in this time.
    package static let changeSpacing: Duration = .seconds(1)

    private var signalling: SignallingPlaces
    private var introductions: Introductions
    private var otherVersions: OtherVersions
    /// Somebody was met just now who is there, and is greeted without a look (RV-104, RV-168).
    private let expectsCompany: Bool
    /// Places where something of ours is kept that goes with the connection.
    private var held: Set<Int> = []

    /// What was thrown away.
    public var counters: Counters { signalling.counters }

    /// - Parameters:
    ///   - seed: where nonces and jitter come from.
    ///   - count: length of the list of rendezvous.
    ///   - salt: of this process, the same as in its handshakes.
    ///   - policy: whether relays may be used.
    ///   - audience: who is met.
    ///   - expectsCompany: somebody is there already, as far as is known.
    public init(
        keys: RoomKeys, device: SigningKey, salt: PeerSalt, seed: Secret32, policy: RelayPolicy = .any, audience: Audience = .room,
        expectsCompany: Bool = false, count: Int = 1
    ) {
        self.expectsCompany = expectsCompany
        precondition(count > 0, "a client without a rendezvous has nothing to do")
        signalling = SignallingPlaces(
            keys: keys, device: device, salt: salt, seed: seed, policy: policy, audience: audience, count: count)
        introductions = Introductions(peer: signalling.peer, device: device.author)
        otherVersions = OtherVersions(count: count)
    }

    /// True while some rendezvous has let us in.
    public var isJoined: Bool { signalling.indices.contains { signalling[$0].isJoined } }

    /// True while this rendezvous has let us in.
    func isJoined(at place: Int) -> Bool { signalling[place].isJoined }

    /// Members that proved to be there, sorted.
    public var present: [PeerID] { introductions.present }

    // Inputs.

    /// Asks for a connection to each rendezvous now, and again with growing pauses whenever it is lost.
    public mutating func start(now: Instant) { signalling.start(now: now) }

    /// The WebSocket is open.
    ///
    /// - Parameters:
    ///   - rendezvous: the address it goes to; loopback there allows loopback candidates (CN-5).
    ///   - local: the address of ours that it goes from.
    public mutating func connected(
        to rendezvous: SocketAddress? = nil, from local: IPAddress? = nil, at place: Int = 0, now: Instant
    ) {
        introductions.loseSight(at: place, through: &signalling)
        otherVersions.connected(at: place)
        signalling.connected(to: rendezvous, from: local, at: place, now: now)
        watch()
    }

    /// The WebSocket is gone, or could not be opened.
    public mutating func disconnected(at place: Int = 0, now: Instant) {
        introductions.loseSight(at: place, through: &signalling)
        signalling.disconnected(at: place, now: now)
        // One that was closed for being cut off.
        signalling.connectDue(place, now: now)
    }

    /// A rendezvous said something. Messages that do not fit the state are ignored: it is not trusted to be in order.
    public mutating func received(_ message: ServerMessage, at place: Int = 0, now: Instant) {
        let state = signalling[place]
        switch message {
        case .welcome(let challenge, let stunPort, let rate, _, _):
            guard state.isGreeting else { return }
            signalling.setRelayRate(rate, at: place)
            signalling.welcomed(challenge, stunPort: stunPort, at: place)
            if expectsCompany { signalling.greetAhead(at: place) }
        case .joined(let topic, let member, let others):
            guard state.isJoining, topic == signalling.topic else { return }
            signalling.joined(as: member, others: others, at: place, now: now)
            greet(at: place, isSaid: expectsCompany, now: now)
        case .envelope(let topic, let member, let box):
            if state.isJoined, topic == signalling.topic { receive(box, from: member, at: place, now: now) }
        // Whatever it is that it does not do for us, another try may help, and a stream of refusals must not (RV-25).
        case .refused(let reason):
            if state.isGreeting || state.isJoining || state.isJoined { close(place, reason: "\(reason)", now: now) }
        // Of the connection, and of no topic.
        case .mailbox: break
        }
    }

    /// What the driver has for `.open`: message 1 of the handshake, or nil where it does not dial, since a session lives.
    public mutating func opened(attempt: [UInt8], remote: PeerID, opening: [UInt8]?, now: Instant) {
        introductions.opened(attempt, remote, opening, through: &signalling)
    }

    /// What the driver has for `.answer`: message 2 of the handshake, or nil where it does not answer.
    ///
    /// - Parameter place: the one of `.answer`.
    public mutating func answered(attempt: [UInt8], remote: PeerID, reply: [UInt8]?, at place: Int, now: Instant) {
        introductions.answered(attempt, remote, reply, at: place, through: &signalling, now: now)
    }

    /// Has a rendezvous carry a datagram; dropped where it does not.
    ///
    /// - Parameter isPresence: it says where somebody is, and the next one says more.
    public mutating func relay(_ datagram: [UInt8], over point: RelayPoint, isPresence: Bool = false, now: Instant) {
        signalling.relay(datagram, over: point, isPresence: isPresence, now: now)
    }

    /// A binary message came.
    public mutating func receivedFrame(_ bytes: [UInt8], at place: Int = 0, now: Instant) { signalling.receivedFrame(bytes, at: place) }

    /// Whether a rendezvous relays, as its welcome says.
    ///
    /// - Parameter rate: bytes a second that it carries for one room; nil where it relays nothing.
    package mutating func setRelayRate(_ rate: Int?, at place: Int = 0) { signalling.setRelayRate(rate, at: place) }

    /// Bytes a second that a rendezvous carries for our room; nil where it relays nothing.
    public func relayRate(at place: Int) -> Int? { signalling[place].relayRate }

    /// True while a rendezvous that let us in relays for our room.
    public var hasRelay: Bool { signalling.indices.contains { signalling[$0].isJoined && signalling[$0].relayRate != nil } }

    /// By which relays a member can be reached, as `.reachable` said.
    public func relayPoints(of remote: PeerID) -> [RelayPoint] { introductions.relayPoints(of: remote) }

    /// Our addresses or the network are others than they were. Say the new candidates first: who has a session with us is told them.
    public mutating func moved(now: Instant) { introductions.moved(through: signalling, now: now) }

    /// A session does not answer, or does again.
    public mutating func degraded(_ remote: PeerID, _ isDegraded: Bool, now: Instant) {
        introductions.degraded(remote, isDegraded, through: signalling, now: now)
        watch()
    }

    /// What passes in a session goes by a relay, or no longer does.
    public mutating func relayed(_ remote: PeerID, _ isRelayed: Bool) {
        introductions.relayed(remote, isRelayed)
        watch()
    }

    /// The network around us is another one: nothing that was open need still be, and what was out of reach may be within (RV-38). Say new
    /// candidates first.
    ///
    /// - Parameters:
    ///   - old: the addresses of this machine as they were before.
    ///   - new: as they are now.
    public mutating func networkChanged(from old: [IPAddress], to new: [IPAddress], now: Instant) {
        for place in signalling.indices {
            if signalling[place].isCutOff(from: old, to: new) {
                signalling.redials(place)
                close(place, reason: "this machine no longer has the address that it was reached from", now: now)
            } else {
                signalling.networkChanged(at: place, now: now)
                signalling.connectDue(place, now: now)
                signalling.probeDue(place, now: now)
            }
        }
        introductions.moved(through: signalling, now: now)
        introductions.handleTimeout(through: &signalling, now: now)
    }

    /// Those by whom others are to be found or reached are watched closely.
    private mutating func watch() { signalling.watch(each: introductions.isNeedy ? Self.watchClosely : Self.watchAtRest) }

    /// Our own candidates changed. Who is being dialled or expected without success so far is told.
    ///
    /// - Parameters:
    ///   - candidates: best first; in this order they are offered.
    ///   - networks: the links we are on; when nil, the networks of the host candidates under the usual masks.
    public mutating func setCandidates(_ candidates: [Candidate], networks: [LocalNetwork]? = nil, now: Instant) {
        // Who wants relays only has no address to tell, to whomever.
        let candidates = signalling.policy == .only ? [] : candidates
        introductions.setCandidates(candidates, networks: networks, through: &signalling, now: now)
    }

    /// A session with `remote` began or ended. While it lives nobody dials (RV-110).
    public mutating func sessionLives(with remote: PeerID, _ lives: Bool, now: Instant) {
        introductions.sessionLives(with: remote, lives, through: &signalling, now: now)
        // Where it was seen may be lost by now; elsewhere it is found by a greeting.
        if !lives { signalling.greetSoon(now: now) }
        watch()
    }

    /// Who is met here from now on. Whom that leaves out is forgotten without a word, and dialled no more; a session with it is not ours to end.
    public mutating func setAudience(_ audience: Audience) {
        signalling.setAudience(audience)
        introductions.forgetUnheard(through: &signalling)
    }

    /// At these places something of ours is kept as long as the connection lasts: for so long none of them is closed as the same as another (RV-101).
    mutating func setHeld(_ places: Set<Int>) { held = places }

    /// Says farewell to everybody, leaves the topic everywhere, and wants no connection any more.
    public mutating func leave() {
        introductions.leave(through: &signalling)
        signalling.stop()
    }

    /// When to call `handleTimeout(now:)` next.
    public var deadline: Instant? { earliest(signalling.deadline, introductions.deadline) }

    /// Call at or after `deadline`; calling early does nothing.
    public mutating func handleTimeout(now: Instant) {
        for place in signalling.indices {
            if signalling[place].isOverdue(now: now) { close(place, reason: "it accepted us and did not let us in", now: now) }
            signalling.connectDue(place, now: now)
            signalling.probeDue(place, now: now)
            if signalling[place].isToGreet(now: now) { greet(at: place, now: now) }
            if signalling[place].isToReview(now: now) { reviewTwin(place, now: now) }
        }
        introductions.handleTimeout(through: &signalling, now: now)
    }

    /// The next thing to do, or nil.
    public mutating func nextOutput() -> Output? { signalling.nextOutput() }

    // Places.

    private mutating func close(_ place: Int, reason: String, now: Instant) {
        introductions.loseSight(at: place, through: &signalling)
        signalling.close(place, reason: reason, now: now)
    }

    /// - Parameter isSaid: the greeting went with the join.
    private mutating func greet(at place: Int, isSaid: Bool = false, now: Instant) {
        let isLonely = introductions.isLonely(at: place, expecting: signalling[place].expectedOthers(now: now))
        signalling.greet(at: place, isLonely: isLonely, isSaid: isSaid, now: now)
    }

    /// Our own greeting at one place came to us at another, from whom the first calls us: both are one rendezvous, it seems, and one of our sockets
    /// there is enough (RV-24).
    private mutating func receiveOwn(_ envelope: Envelope, from member: UInt32, at place: Int, now: Instant) {
        signalling.counters.misdirected += 1
        guard case .hello(let nonce) = envelope.content, envelope.device == signalling.device.author,
            let same = signalling.same(as: place, greeting: nonce, from: member)
        else { return }
        let later = max(same, place)
        signalling.suspect(later, of: min(same, place))
        reviewTwin(later, now: now)
    }

    /// Closes a place that seems to be the same rendezvous as one before it, once that one has shown us all members that this one shows.
    ///
    /// A rendezvous can take our place at another, play our greetings to us from there, and bring us nothing else: believed at once, it would make us
    /// leave the one that works.
    private mutating func reviewTwin(_ later: Int, now: Instant) {
        // Otherwise the next of our greetings that goes round asks again.
        guard let earlier = signalling.suspect(toReview: later, now: now), introductions.sees(at: earlier, allOf: later),
            !held.contains(later)
        else { return }
        signalling.isTwin(later, of: earlier)
        close(later, reason: "it is the same rendezvous as another of the list", now: now)
        // Some may know us by the socket that closes.
        greet(at: earlier, now: now)
    }

    // Envelopes.

    private mutating func receive(_ box: [UInt8], from member: UInt32, at place: Int, now: Instant) {
        guard signalling.takes(from: member, at: place, now: now) else { return }
        let envelope: Envelope
        do throws(Envelope.Failure) {
            envelope = try Envelope(
                opening: box, topic: signalling.topic, envelopeKey: signalling.keys.envelope, device: signalling.device)
        } catch {
            switch error {
            case .notSealed: signalling.counters.notSealed += 1
            case .otherVersion(let version):
                otherVersions.received(version, from: member, at: place, through: &signalling, now: now)
            case .malformed: signalling.counters.malformed += 1
            case .notSigned: signalling.counters.notSigned += 1
            case .closed: signalling.counters.closed += 1
            }
            return
        }
        let (sender, peer) = (envelope.sender, signalling.peer)
        guard sender != peer else { return receiveOwn(envelope, from: member, at: place, now: now) }
        guard signalling.audience.includes(envelope.device) else {
            signalling.counters.unheard += 1
            return
        }
        let isOlder = if case .said = envelope.speaker { true } else { false }
        let own = isOlder ? OtherVersions.older(signalling.salt) : peer
        guard sender != own, sender != .zero, envelope.recipient == own || envelope.recipient == .zero else {
            signalling.counters.misdirected += 1
            return
        }
        if isOlder {
            otherVersions.receivedOlder(
                envelope, from: member, at: place, introductions: introductions, through: &signalling, now: now)
        } else {
            introductions.receive(envelope, from: member, at: place, through: &signalling, now: now)
        }
    }
}
