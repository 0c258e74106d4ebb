import InkConnectivity
import InkCrypto
import InkPrimitives

/// The rendezvous as a value: lets sockets into topics and forwards boxes between those that share one. It keeps no word of what it forwards.
///
///     opened ──▶ welcomed ──join, proof right──▶ in one or more topics ──leave, closed──▶ …
///                   └── 10 s without ──▶ closed
public struct RendezvousServer: Sendable {
    /// One socket of a shell or a simulator.
    public struct ConnectionToken: Hashable, Comparable, Sendable {
        public let number: UInt64
        public init(_ number: UInt64) { self.number = number }
        public static func < (left: ConnectionToken, right: ConnectionToken) -> Bool { left.number < right.number }
    }

    /// Bounds on what strangers can make us hold or do (RV-8).
    public struct Configuration: Hashable, Sendable {
        /// Sockets in all.
        public var socketsMax = 20_000
        /// Topics in all: more than sockets, since a topic costs little and a share of few is soon too little for an office.
        public var topicsMax = 40_000
        /// Sockets that share one topic; a room has at most as many members.
        public var socketsPerTopicMax = 1024
        /// Topics of one socket: the epochs that some member has not yet passed.
        public var topicsPerSocketMax = 16
        /// Sockets of one source, and topics that it began; fewer as those of all run out (RV-20). An office of 20 people behind one NAT, each with
        /// three boards, has 60 of either, and for a minute after its network failed twice as many sockets.
        public var socketsPerSourceMax = 256
        public var topicsPerSourceMax = 128
        /// Topics that one source may begin a second and at once (RV-21).
        public var newTopicRate = 1.0
        public var newTopicBurst = 64.0
        /// Of these so many at once, whatever others do, and so many a second: one each ten seconds.
        public var firstTopics = 4.0
        public var firstTopicRate = 0.1
        /// Beyond those all sources together begin so many a second and at once.
        public var commonTopicRate = 50.0
        public var commonTopicBurst = 200.0
        /// The only topics that may be joined; nil for any. A board that brings its own rendezvous serves its own members only.
        public var topics: Set<Topic>?
        /// How long a socket may stay without joining a topic.
        public var joinTime: Duration = .seconds(10)
        /// Messages a second and at once from one socket; one for all members counts four, and one more for each eight of them, a join
        /// ten, since a signature is verified.
        public var messageRate = 50.0
        public var messageBurst = 400.0
        /// The same for all sockets of one source together (RV-22).
        public var sourceMessageRate = 300.0
        public var sourceMessageBurst = 4000.0
        /// Bytes of boxes a second and at once from one socket.
        public var byteRate = 65_536.0
        public var byteBurst = 524_288.0
        /// Bytes a second that are carried for a room in relay frames; nil for none (RV-51).
        public var relayRate: Int? = 64 << 10
        /// The same for all sockets of one source together, and for all; counted for each receiver. Of a source, where it is nil, four times what is
        /// carried for a room, and 256 KiB at least.
        public var relaySourceRate: Int?
        public var relayTotalRate = 16 << 20
        /// Mailboxes in all; 0 to keep none (RV-70, RV-155). Where only some topics may be joined, only who is in one of them opens a mailbox.
        public var mailboxesMax = 10_000
        /// Who shows no token is a guest, and may go only where a bearer is (RV-176). Without it there are neither.
        public var asksForTokens = false
        /// Gives numbers of four digits to who asks for one: the rendezvous that a board brings (RV-94).
        public var keepsLocalMailboxes = false
        /// UDP port of the STUN responder beside us; told in the welcome.
        public var stunPort: UInt16?

        public init() {}

        /// Bytes a second that are carried for one source (RV-51).
        var relayRateOfSource: Double {
            relaySourceRate.map { Double(max(1, $0)) } ?? max(Double(relayRate ?? 0) * 4, Double(256 << 10))
        }
    }

    /// Why a socket is closed.
    public enum CloseReason: String, Hashable, Sendable, CustomStringConvertible {
        case tooManySockets, tooManyFromSource, displaced, noMoreTopics, joinTimeout, notAdmitted, rateExceeded, knockedTwice
        case noToken, tokenEnded, tokenLimit

        public var description: String {
            switch self {
            case .tooManySockets: "too many connections"
            case .tooManyFromSource: "too many connections from one address"
            case .displaced: "another connection came before this one joined anything"
            case .noMoreTopics: "no more new boards now"
            case .joinTimeout: "joined nothing in time"
            case .notAdmitted: "proof of membership refused"
            case .rateExceeded: "too much in too short a time"
            case .knockedTwice: "a second visit over one connection"
            case .noToken: "no token, and nobody there who has one"
            case .tokenEnded: "the token is not taken any more"
            case .tokenLimit: "as many boards as the token allows"
            }
        }
    }

    /// What the driver must do.
    public enum Output: Hashable, Sendable {
        case send(ServerMessage, to: ConnectionToken)
        /// A relay frame, as a binary message.
        case relay([UInt8], to: ConnectionToken)
        /// Close the socket; `closed(_:)` need not be called for it, and may be.
        case close(ConnectionToken, CloseReason)
    }

    /// What happened since the start.
    public struct Counters: Hashable, Sendable {
        public var opened = 0
        public var joined = 0
        public var refused = 0
        public var envelopesIn = 0
        public var envelopesOut = 0
        public var closedByUs = 0
        /// Mailboxes that were opened, visits to them, and wishes for one or the other that came to nothing.
        public var mailboxesOpened = 0
        public var visits = 0
        public var mailboxesRefused = 0
        /// Not taken, since all sockets of the source together had said too much.
        public var overSourceRate = 0
        /// Relay frames and their bytes as they came, and as they went, once for each receiver.
        public var relayFramesIn = 0
        public var relayBytesIn = 0
        public var relayFramesOut = 0
        public var relayBytesOut = 0
        /// Not carried: waited too long for their turn; too much of one source; of wrong form, or for nobody whom the sender could know.
        public var relayLate = 0
        public var relayOverSource = 0
        public var relayStray = 0
        /// Sockets that showed a token, and sockets without one where one is asked for.
        public var bearers = 0
        public var guests = 0
        /// Tokens that were not taken, or not any more, and what was refused for want of one, by class.
        public var tokensRefused: [RendezvousRefusal: Int] = [:]
    }

    private struct Socket: Sendable {
        let source: Source?
        /// Of whose share of the sockets it is: its own source's, or of a guest that of the bearer whose guest it is.
        var sharer: Source?
        /// The topic by which it became somebody's guest.
        var guestIn: Topic?
        let nonce: [UInt8]
        /// Until when it must have joined something; counts while it has joined nothing.
        var joinsBy: Instant
        /// It stands among those of its source that have joined nothing.
        var isListed = true
        /// It has been at a mailbox, or has tried.
        var hasKnocked = false
        var topics: [Topic: UInt32] = [:]
        var messages: TokenBucket
        var bytes: TokenBucket
        /// What it may send in relay frames, carried or not, before that is an attack, and how many of them may be wrong.
        var relay: TokenBucket
        var strays: TokenBucket
    }

    private struct Room: Sendable {
        var members: [UInt32: ConnectionToken] = [:]
        /// Members by source, those whose source is known.
        var sources: [Source: Int] = [:]
        /// Whose share of the topics this one is of: the source that began it, later any that is in it.
        var payer: Source?
        let firstMember: UInt32
        var nextMember: UInt32

        init(payer: Source?, firstMember: UInt32) { (self.payer, self.firstMember, nextMember) = (payer, firstMember, firstMember) }

        /// Whether a number was ever given. Who names a member that has just left is at no fault (RV-138).
        func hasGiven(_ member: UInt32) -> Bool { member &- firstMember < nextMember &- firstMember }
    }

    /// What all sockets of one source share.
    private struct Neighbourhood: Sendable {
        var messages: TokenBucket
        var newTopics: TokenBucket
        var firstTopics: TokenBucket
        /// Relay frames that leave, and those that come, carried or not.
        var relay: TokenBucket
        var relayIn: TokenBucket
        /// Its sockets that have joined nothing, oldest first; may name sockets that have joined or gone since.
        var unjoined = Queue<ConnectionToken>()
        /// Its sockets that are of another's share.
        var guests = 0
    }

    private var configuration: Configuration
    private var generator: SecretGenerator
    private var sockets: [ConnectionToken: Socket] = [:]
    private var rooms: [Topic: Room] = [:]
    private var socketShares: SourceShares
    private var topicShares: SourceShares
    private var commonTopics: TokenBucket
    private var neighbourhoods: [Source: Neighbourhood] = [:]
    /// How many neighbourhoods there are when those are forgotten next that have nothing and did nothing lately.
    private var sweepAt = RendezvousServer.sweepMin
    /// Sockets that have joined nothing, in the order in which their time runs out; may name sockets that have joined or gone since.
    private var unjoined = Queue<(token: ConnectionToken, until: Instant)>()
    private var relay: RelayQueues
    private var mailboxes: Mailboxes
    /// Nil where no tokens are asked for.
    private var doorkeeper: Doorkeeper?
    private var outputs = Outputs<Output>()
    private var counted = Counters()

    /// What happened since the start.
    public var counters: Counters {
        var counters = counted
        counters.relayLate = relay.dropped
        return counters
    }
    /// Relay frames that wait now.
    public var relayWaiting: Int { relay.count }
    /// Sockets open now.
    public var socketCount: Int { sockets.count }
    /// Topics held now.
    public var topicCount: Int { rooms.count }
    /// Mailboxes open now.
    public var mailboxCount: Int { mailboxes.count }
    /// Sources of which it is known what they did at mailboxes lately.
    var mailboxSources: Int { mailboxes.sourceCount }

    private static let sweepMin = 4096
    /// Relay frames that a socket may get wrong at once, and a second (RV-137).
    private static let strayBurst = 64.0
    private static let strayRate = 1.0

    /// - Parameter seed: 32 bytes from which the nonces come; unpredictable in production.
    /// Another topic may be joined, where only some may.
    public mutating func allow(_ topic: Topic) { configuration.topics?.insert(topic) }

    public init(_ configuration: Configuration = Configuration(), seed: [UInt8]) {
        self.configuration = configuration
        socketShares = SourceShares(total: configuration.socketsMax, perSource: configuration.socketsPerSourceMax)
        topicShares = SourceShares(total: configuration.topicsMax, perSource: configuration.topicsPerSourceMax)
        commonTopics = TokenBucket(rate: configuration.commonTopicRate, burst: configuration.commonTopicBurst, now: .distantPast)
        generator = SecretGenerator(seed: seed)
        mailboxes = Mailboxes(total: configuration.mailboxesMax)
        doorkeeper = configuration.asksForTokens ? Doorkeeper() : nil
        relay = RelayQueues(rate: Double(max(1, configuration.relayRate ?? 1)), total: Double(max(1, configuration.relayTotalRate)))
    }

    // Inputs.

    /// A socket is open.
    ///
    /// - Parameters:
    ///   - source: who opened it; nil for one that is bounded by what is true of all.
    ///   - bearer: whose token it showed; nil for none, and without a meaning where none is asked for.
    ///   - until: when that token ends; nil for never.
    public mutating func opened(
        _ token: ConnectionToken, from source: Source? = nil, as bearer: Bearer? = nil, until: Instant? = nil, now: Instant
    ) {
        if let source { makeRoom(for: source, now: now) }
        guard socketShares.admits(source) else {
            counted.closedByUs += 1
            outputs.append(.close(token, sockets.count < configuration.socketsMax ? .tooManyFromSource : .tooManySockets))
            return
        }
        counted.opened += 1
        socketShares.take(source)
        if let source { neighbourhoods[source]?.unjoined.append(token) }
        let nonce = generator.bytes(Signalling.nonceBytes)
        sockets[token] = Socket(
            source: source, sharer: source, nonce: nonce, joinsBy: now + configuration.joinTime,
            messages: TokenBucket(rate: configuration.messageRate, burst: configuration.messageBurst, now: now),
            bytes: TokenBucket(rate: configuration.byteRate, burst: configuration.byteBurst, now: now),
            relay: flood(of: Double(configuration.relayRate ?? 1), now: now),
            strays: TokenBucket(rate: Self.strayRate, burst: Self.strayBurst, now: now))
        unjoined.append((token, now + configuration.joinTime))
        var (relay, auth) = (configuration.relayRate, Admittance?.none)
        if doorkeeper != nil {
            if let bearer { doorkeeper?.opened(token, as: bearer, from: source, until: until, now: now) }
            if bearer == nil { counted.guests += 1 } else { counted.bearers += 1 }
            (relay, auth) = (doorkeeper?.relayRate(of: token, among: relay), bearer == nil ? .guest : .bearer)
        }
        let welcome = ServerMessage.welcome(
            nonce: nonce, stunPort: configuration.stunPort, relay: relay, mailboxes: configuration.mailboxesMax > 0, auth: auth)
        outputs.append(.send(welcome, to: token))
    }

    /// A socket said something. Ignored if the socket is not open.
    public mutating func received(_ message: ClientMessage, from token: ConnectionToken, now: Instant) {
        guard var socket = sockets[token] else { return }
        let cost = cost(of: message)
        let isAllowed = socket.messages.take(cost, now: now) && socket.bytes.take(message.boxBytes, now: now)
        sockets[token] = socket
        guard isAllowed else {
            close(token, .rateExceeded, now: now)
            return
        }
        // Innocents may share the source: nobody is closed for it, and what was not taken is said again by who waits for the answer.
        if let source = socket.source, neighbourhoods[source]?.messages.take(cost, now: now) == false {
            counted.overSourceRate += 1
            return
        }
        switch message {
        case .join(let topic, let key, let signature): join(topic, key: key, signature: signature, token, socket, now: now)
        case .send(let topic, let to, let box): forward(box, topic: topic, to: to, token, socket)
        case .leave(let topic):
            doorkeeper?.stopWaiting(token, topic)
            sockets[token]?.topics[topic] = nil
            leave(topic, token, socket, now: now)
        case .mailbox(let request): take(request, token, socket, now: now)
        }
        settleDoor(now: now)
    }

    /// A token was shown and is not taken: its socket was not opened.
    public mutating func turnedAway(_ reason: RendezvousRefusal) { counted.tokensRefused[reason, default: 0] += 1 }

    /// The keys, or the list of tokens, are others now: who came by what is no more among them is closed (RV-182).
    public mutating func keep(_ vouches: Set<VouchID>, now: Instant) {
        doorkeeper?.keep(vouches)
        settleDoor(now: now)
    }

    /// A socket sent a binary message. Ignored if the socket is not open.
    public mutating func relayed(_ bytes: [UInt8], from token: ConnectionToken, now: Instant) {
        guard let source = sockets[token].map(\.source) else { return }
        counted.relayFramesIn += 1
        counted.relayBytesIn += bytes.count
        let cost = RelayQueues.cost(bytes.count)
        guard sockets[token]?.relay.take(cost, now: now) == true else {
            close(token, .rateExceeded, now: now)
            return
        }
        guard let (frame, topic) = readRelayed(bytes, token) else {
            counted.relayStray += 1
            if sockets[token]?.strays.take(now: now) == false { close(token, .rateExceeded, now: now) }
            return
        }
        // Innocents may share the source: what is too much is lost, and nobody is closed for it (RV-54).
        if let source, neighbourhoods[source]?.relayIn.take(cost, now: now) == false {
            counted.relayOverSource += 1
            return
        }
        relay.append(frame, from: token, in: topic, now: now)
        carry(now: now)
    }

    /// A socket is gone.
    public mutating func closed(_ token: ConnectionToken, now: Instant) {
        guard let socket = sockets.removeValue(forKey: token) else { return }
        socketShares.giveBack(socket.sharer)
        if socket.guestIn != nil, let source = socket.source { neighbourhoods[source]?.guests -= 1 }
        for topic in socket.topics.keys.sorted() { leave(topic, token, socket, now: now) }
        doorkeeper?.closed(token)
        mailboxes.closed(token, now: now)
        settleMailboxes(now: now)
    }

    /// When to call `handleTimeout(now:)` next.
    public var deadline: Instant? {
        earliest(earliest(unjoined.first?.until, mailboxes.deadline), earliest(relay.deadline, doorkeeper?.deadline))
    }

    /// Call at or after `deadline`; calling early does nothing.
    public mutating func handleTimeout(now: Instant) {
        while let (token, until) = unjoined.first, until <= now {
            _ = unjoined.popFirst()
            guard hasJoinedNothing(token), sockets[token].map({ $0.joinsBy <= now }) ?? false else { continue }
            if doorkeeper?.waitCount(of: token) ?? 0 > 0 {
                turnOut(token, .noToken, now: now)
            } else {
                close(token, .joinTimeout, now: now)
            }
        }
        mailboxes.handleTimeout(now: now)
        settleMailboxes(now: now)
        doorkeeper?.handleTimeout(now: now)
        settleDoor(now: now)
        carry(now: now)
    }

    /// The next thing to do, or nil.
    public mutating func nextOutput() -> Output? { outputs.next() }

    // Steps.

    private func flood(of rate: Double, now: Instant) -> TokenBucket {
        let flood = RelayQueues.flood(of: rate)
        return TokenBucket(rate: flood.rate, burst: flood.burst, now: now)
    }

    /// What a frame says, if it says something that this socket may (RV-50, RV-137).
    private func readRelayed(_ bytes: [UInt8], _ token: ConnectionToken) -> (RelayFrame.ToServer, Topic)? {
        // Why it cannot be read is told nobody: who sends such a frame is no program of ours.
        guard configuration.relayRate != nil, let frame = try? RelayFrame.ToServer(decoding: bytes),
            let topic = sockets[token]?.topics.first(where: { $0.value == frame.sender })?.key, let room = rooms[topic],
            frame.receivers.allSatisfy({ $0 != frame.sender && room.hasGiven($0) })
        else { return nil }
        return (frame, topic)
    }

    /// Sends the relay frames whose turn has come.
    private mutating func carry(now: Instant) {
        while let item = relay.next(now: now) {
            guard var source = sockets[item.token].map(\.source), let room = rooms[item.topic] else {
                relay.giveBack(item, carriedTo: 0, now: now)
                continue
            }
            let payer = doorkeeper?.payer(for: item.token, in: item.topic)
            if let payer { source = payer.source }
            let targets = item.frame.receivers.compactMap { number in room.members[number].map { (number, $0) } }
            let cost = item.cost * Double(targets.count)
            // What is too much of a source is lost here and not at the gate: what the room's turn has kept back has cost it nothing.
            let isAllowed = payer.map { doorkeeper?.carries(cost, for: $0.account, now: now) ?? true } ?? true
            if !isAllowed || source.map({ neighbourhoods[$0]?.relay.take(cost, now: now) == false }) ?? false {
                if isAllowed, let payer { doorkeeper?.giveBack(cost, to: payer.account, now: now) }
                counted.relayOverSource += 1
                relay.giveBack(item, carriedTo: 0, now: now)
                continue
            }
            relay.giveBack(item, carriedTo: targets.count, now: now)
            for (number, target) in targets {
                let bytes = RelayFrame.ToClient(receiver: number, sender: item.frame.sender, datagram: item.frame.datagram).encoded
                counted.relayFramesOut += 1
                counted.relayBytesOut += bytes.count
                outputs.append(.relay(bytes, to: target))
            }
        }
    }

    /// Closes the sockets of `source` that wait longest to join anything, until it may have one more. Who has the right to join does so
    /// within a round trip or two: sockets that join nothing keep nobody out, not even others of the same source (RV-118, RV-117).
    private mutating func makeRoom(for source: Source, now: Instant) {
        if neighbourhoods[source] == nil {
            if neighbourhoods.count >= sweepAt { sweep(now: now) }
            neighbourhoods[source] = Neighbourhood(
                messages: TokenBucket(rate: configuration.sourceMessageRate, burst: configuration.sourceMessageBurst, now: now),
                newTopics: TokenBucket(rate: configuration.newTopicRate, burst: configuration.newTopicBurst, now: now),
                firstTopics: TokenBucket(rate: configuration.firstTopicRate, burst: configuration.firstTopics, now: now),
                relay: TokenBucket(
                    rate: configuration.relayRateOfSource,
                    burst: RelayQueues.burst(of: configuration.relayRateOfSource, receivers: RelayFrame.receiverCounts.upperBound),
                    now: now),
                relayIn: flood(of: configuration.relayRateOfSource, now: now))
        }
        while let oldest = neighbourhoods[source]?.unjoined.first {
            let waits = hasJoinedNothing(oldest)
            guard !waits || !socketShares.admits(source) else { break }
            _ = neighbourhoods[source]?.unjoined.popFirst()
            sockets[oldest]?.isListed = false
            if waits { close(oldest, .displaced, now: now) }
        }
        // All is taken, and it has nothing: one more of those who joined nothing goes, whoever it is (RV-118).
        while socketShares.count(of: source) == 0, sockets.count >= configuration.socketsMax, let (oldest, _) = unjoined.popFirst() {
            if hasJoinedNothing(oldest) { close(oldest, .displaced, now: now) }
        }
    }

    /// True for a socket that is in no topic, holds no mailbox and visits none (RV-76).
    private func hasJoinedNothing(_ token: ConnectionToken) -> Bool {
        sockets[token]?.topics.isEmpty == true && !mailboxes.occupies(token)
    }

    private mutating func sweep(now: Instant) {
        neighbourhoods = neighbourhoods.filter { source, neighbourhood in
            var neighbourhood = neighbourhood
            return socketShares.count(of: source) > 0 || neighbourhood.guests > 0 || !neighbourhood.messages.isFull(now: now)
                || !neighbourhood.newTopics.isFull(now: now) || !neighbourhood.firstTopics.isFull(now: now)
                || !neighbourhood.relay.isFull(now: now) || !neighbourhood.relayIn.isFull(now: now)
        }
        // Twice what is left, so that each newcomer pays for a constant part of the next sweep.
        sweepAt = max(Self.sweepMin, neighbourhoods.count * 2)
    }

    private mutating func join(
        _ topic: Topic, key: AuthorID, signature: [UInt8], _ token: ConnectionToken, _ socket: Socket, now: Instant
    ) {
        let others = rooms[topic]?.members.count ?? 0
        if let member = socket.topics[topic] {
            outputs.append(.send(.joined(topic: topic, member: member, others: others - 1), to: token))
            return
        }
        // What is cheap is asked first: a signature costs more than all the rest (RV-1).
        guard configuration.topics?.contains(topic) ?? true, Blake2b.hash256(key.bytes) == topic.bytes else {
            refuse(.notAdmitted, token)
            close(token, .notAdmitted, now: now)
            return
        }
        let waitCount = doorkeeper?.waitCount(of: token) ?? 0
        guard others < configuration.socketsPerTopicMax, socket.topics.count + waitCount < configuration.topicsPerSocketMax else {
            refuse(.topicFull, token)
            return
        }
        let isGuest = doorkeeper.map { !$0.isBearer(token) } ?? false
        guard isGuest || others > 0 || doorkeeper?.mayHost(token) ?? true else {
            refuse(.tokenLimit, token)
            if socket.topics.isEmpty { close(token, .tokenLimit, now: now) }
            return
        }
        guard isGuest || others > 0 || mayBegin(socket.source, now: now) else {
            refuse(.tooManyTopics, token)
            // What it asks next would be refused, too, and each question costs as much as an answer (RV-105).
            if socket.topics.isEmpty { close(token, .noMoreTopics, now: now) }
            return
        }
        guard Signature.verify(signature, of: Signalling.joinProof(topic: topic, nonce: socket.nonce), by: key) else {
            refuse(.notAdmitted, token)
            close(token, .notAdmitted, now: now)
            return
        }
        // RV-176
        guard !isGuest || doorkeeper?.isHosted(topic) ?? true else {
            doorkeeper?.wait(token, for: topic, now: now)
            return
        }
        enter(topic, token, isGuest: isGuest, now: now)
    }

    /// Lets a socket in that has proved its right to a topic.
    private mutating func enter(_ topic: Topic, _ token: ConnectionToken, isGuest: Bool, now: Instant) {
        let others = rooms[topic]?.members.count ?? 0
        guard let socket = sockets[token], !isGuest || shareAsGuest(token, in: topic) else {
            refuse(.topicFull, token)
            return
        }
        if others == 0 { topicShares.take(socket.source) }
        // Taken out while it is changed, so that a large one is not copied. Numbers begin anywhere, so that one given before a restart does
        // not name somebody else afterwards.
        var room =
            rooms.removeValue(forKey: topic)
            ?? Room(payer: socket.source, firstMember: UInt32(truncatingIfNeeded: generator.next()))
        // A relay frame names its topic by the number of its sender.
        while socket.topics.values.contains(room.nextMember) { room.nextMember &+= 1 }
        let member = room.nextMember
        room.nextMember &+= 1
        room.members[member] = token
        // A topic is of no guest's share.
        if !isGuest, let source = socket.source {
            room.sources[source, default: 0] += 1
            if doorkeeper != nil, room.payer == nil {
                topicShares.giveBack(nil)
                room.payer = source
                topicShares.take(source)
            }
        }
        rooms[topic] = room
        sockets[token]?.topics[topic] = member
        counted.joined += 1
        outputs.append(.send(.joined(topic: topic, member: member, others: others), to: token))
        if !isGuest, doorkeeper?.entered(token, topic) == true { moveGuests(of: topic) }
    }

    // Guests.

    private mutating func settleDoor(now: Instant) {
        while let output = doorkeeper?.nextOutput() {
            switch output {
            case .admit(let token, let topic):
                doorkeeper?.stopWaiting(token, topic)
                let others = rooms[topic]?.members.count ?? 0
                if others < configuration.socketsPerTopicMax {
                    enter(topic, token, isGuest: true, now: now)
                } else {
                    refuse(.topicFull, token)
                }
            // Who is somewhere, or at a mailbox, waits on.
            case .hasWaited(let token): if hasJoinedNothing(token) { turnOut(token, .noToken, now: now) }
            // RV-177
            case .isForsaken(let topic):
                for (_, token) in (rooms[topic]?.members ?? [:]).sorted(by: { $0.key < $1.key }) {
                    let isHosted = sockets[token]?.topics.keys.contains { doorkeeper?.isHosted($0) ?? false } ?? false
                    if !isHosted { turnOut(token, .noToken, now: now) }
                }
                if rooms[topic] != nil { doorkeeper?.keep(topic, now: now) }
            case .close(let token, let reason): turnOut(token, reason, now: now)
            }
        }
    }

    /// Tells a socket why it is closed.
    private mutating func turnOut(_ token: ConnectionToken, _ reason: RendezvousRefusal, now: Instant) {
        guard sockets[token] != nil else { return }
        refuse(reason, token)
        close(token, reason == .noToken ? .noToken : .tokenEnded, now: now)
    }

    /// Makes a socket that of the share of the bearer whose guest it is (RV-179).
    ///
    /// - Returns: false where that share is used up.
    private mutating func shareAsGuest(_ token: ConnectionToken, in topic: Topic) -> Bool {
        guard let socket = sockets[token], socket.guestIn == nil, let patron = doorkeeper?.patron(of: topic) else { return true }
        socketShares.giveBack(socket.sharer)
        guard socketShares.admits(patron.source) else {
            socketShares.take(socket.sharer)
            return false
        }
        socketShares.take(patron.source)
        if let source = socket.source { neighbourhoods[source]?.guests += 1 }
        sockets[token]?.sharer = patron.source
        sockets[token]?.guestIn = topic
        return true
    }

    /// Makes a socket one of its own source's share again, also where that is used up.
    private mutating func shareAlone(_ token: ConnectionToken) {
        guard let socket = sockets[token], socket.guestIn != nil else { return }
        socketShares.giveBack(socket.sharer)
        socketShares.take(socket.source)
        if let source = socket.source { neighbourhoods[source]?.guests -= 1 }
        sockets[token]?.sharer = socket.source
        sockets[token]?.guestIn = nil
    }

    /// The guests of a topic are of the share of its patron, who is another now, also where that is used up.
    private mutating func moveGuests(of topic: Topic) {
        guard let patron = doorkeeper?.patron(of: topic) else { return }
        for token in (rooms[topic]?.members ?? [:]).values.sorted() where sockets[token]?.guestIn == topic {
            guard let sharer = sockets[token].map(\.sharer), sharer != patron.source else { continue }
            socketShares.giveBack(sharer)
            socketShares.take(patron.source)
            sockets[token]?.sharer = patron.source
        }
    }

    /// Whether a source may begin one more topic now (RV-21, RV-121, RV-120). A topic that lives is joined without it. A signature is verified for
    /// each, so many sources at once must not have us do nothing else, while one that begins few does not wait for them.
    private mutating func mayBegin(_ source: Source?, now: Instant) -> Bool {
        guard topicShares.admits(source) else { return false }
        guard let source else { return true }
        guard neighbourhoods[source]?.newTopics.take(now: now) ?? true else { return false }
        return neighbourhoods[source]?.firstTopics.take(now: now) ?? true || commonTopics.take(now: now)
    }

    /// Tokens of the message bucket: what goes to all, or needs a signature to be verified (RV-112), costs the server more.
    private func cost(of message: ClientMessage) -> Double {
        switch message {
        case .join: 10
        case .send(let topic, nil, _): 4 + Double((rooms[topic]?.members.count ?? 0) / 8)
        case .send, .leave, .mailbox: 1
        }
    }

    private mutating func forward(_ box: [UInt8], topic: Topic, to: UInt32?, _ token: ConnectionToken, _ socket: Socket) {
        guard let member = socket.topics[topic], let room = rooms[topic] else {
            refuse(.notJoined, token)
            return
        }
        counted.envelopesIn += 1
        // One who has just left is no fault of the sender's: nothing is said (RV-10).
        let recipients = to.map { [$0] } ?? room.members.keys.sorted()
        for recipient in recipients where recipient != member {
            guard let target = room.members[recipient] else { continue }
            counted.envelopesOut += 1
            outputs.append(.send(.envelope(topic: topic, from: member, box: box), to: target))
        }
    }

    private mutating func leave(_ topic: Topic, _ token: ConnectionToken, _ socket: Socket, now: Instant) {
        guard let member = socket.topics[topic], var room = rooms.removeValue(forKey: topic) else { return }
        if let token = room.members.removeValue(forKey: member) { relay.forget(token, in: topic) }
        let isGuest = doorkeeper.map { !$0.isBearer(token) } ?? false
        if sockets[token]?.guestIn == topic { shareAlone(token) }
        if !isGuest, let source = socket.source, let count = room.sources[source] { room.sources[source] = count > 1 ? count - 1 : nil }
        if room.members.isEmpty {
            topicShares.giveBack(room.payer)
            relay.forget(topic)
            doorkeeper?.ended(topic)
            return
        }
        defer { if !isGuest, doorkeeper?.left(token, topic, now: now) == true { moveGuests(of: topic) } }
        if let payer = room.payer, room.sources[payer] == nil {
            // Who began it has gone, and it lives: from now on it is of the share of one who is there (RV-119), even where that is used up.
            topicShares.giveBack(payer)
            room.payer = room.sources.keys.min()
            topicShares.take(room.payer)
        }
        rooms[topic] = room
    }

    // Mailboxes.

    private mutating func take(_ request: MailboxRequest, _ token: ConnectionToken, _ socket: Socket, now: Instant) {
        var isDone = true
        switch request {
        // A guest opens none (RV-178), and a bearer as many as its token allows; who it is has been told in the welcome.
        case .open where !mayOpenMailbox(token), .openLocal where !mayOpenMailbox(token):
            mailboxes.refuseOpening(by: token)
            isDone = false
        case .open where configuration.topics != nil && socket.topics.isEmpty,
            .openLocal where configuration.topics != nil && socket.topics.isEmpty:
            refuse(.notJoined, token)
        case .openLocal where !configuration.keepsLocalMailboxes:
            mailboxes.refuseOpening(by: token)
            isDone = false
        case .open, .openLocal:
            isDone = mailboxes.open(by: token, from: socket.source, isLocal: request == .openLocal, now: now, using: &generator)
            if isDone { counted.mailboxesOpened += 1 }
        case .close(let mailbox): mailboxes.close(mailbox, by: token, now: now)
        case .dismiss(let mailbox, let visitor): mailboxes.dismiss(visitor, of: mailbox, by: token)
        case .pass(let mailbox, let visitor, let body): mailboxes.pass(body, to: visitor, of: mailbox, by: token)
        case .knock where socket.hasKnocked: close(token, .knockedTwice, now: now)
        case .knock(let mailbox, let body):
            sockets[token]?.hasKnocked = true
            isDone = mailboxes.knock(mailbox, body, by: token, from: socket.source, now: now)
            if isDone { counted.visits += 1 }
        }
        if !isDone { counted.mailboxesRefused += 1 }
        settleMailboxes(now: now)
    }

    private func mayOpenMailbox(_ token: ConnectionToken) -> Bool {
        doorkeeper?.mayOpenMailbox(token, held: mailboxes.heldCount(of:)) ?? true
    }

    private mutating func settleMailboxes(now: Instant) {
        while let output = mailboxes.nextOutput() {
            switch output {
            case .send(let answer, let token): if sockets[token] != nil { outputs.append(.send(.mailbox(answer), to: token)) }
            case .refuse(let reason, let token): refuse(reason, token)
            case .released(let token): if sockets[token]?.topics.isEmpty == true { awaitJoin(token, now: now) }
            }
        }
    }

    /// Gives a socket that was at a mailbox, and is no more, as long to join something as a new one (RV-154).
    private mutating func awaitJoin(_ token: ConnectionToken, now: Instant) {
        guard var socket = sockets[token] else { return }
        socket.joinsBy = now + configuration.joinTime
        unjoined.append((token, socket.joinsBy))
        if let source = socket.source, !socket.isListed {
            neighbourhoods[source]?.unjoined.append(token)
            socket.isListed = true
        }
        sockets[token] = socket
    }

    private mutating func refuse(_ reason: RendezvousRefusal, _ token: ConnectionToken) {
        counted.refused += 1
        if reason.isOfTokens { counted.tokensRefused[reason, default: 0] += 1 }
        outputs.append(.send(.refused(reason), to: token))
    }

    private mutating func close(_ token: ConnectionToken, _ reason: CloseReason, now: Instant) {
        counted.closedByUs += 1
        closed(token, now: now)
        outputs.append(.close(token, reason))
    }
}

extension ClientMessage {
    fileprivate var boxBytes: Double {
        switch self {
        case .send(_, _, let box): Double(box.count)
        case .mailbox(let request): Double(request.bodyBytes)
        case .join, .leave: 0
        }
    }
}
