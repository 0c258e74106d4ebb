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
        /// Topics in all.
        public var topicsMax = 10_000
        /// Sockets that share one topic; a room has at most as many members.
        public var socketsPerTopicMax = 1024
        /// Topics of one socket: the epochs that some member has not yet passed.
        public var topicsPerSocketMax = 16
        /// The only topics that may be joined; nil for any. A board that brings its own rendezvous serves its own members only.
        public var topics: Set<Topic>?
        /// How long a socket may stay without joining a topic.
        public var joinTime: Duration = .seconds(10)
        /// Messages a second and at once from one socket; one for all members counts four, and one more for each eight of them.
        public var messageRate = 50.0
        public var messageBurst = 400.0
        /// Bytes of boxes a second and at once from one socket.
        public var byteRate = 65_536.0
        public var byteBurst = 524_288.0
        /// UDP port of the STUN responder beside us; told in the welcome.
        public var stunPort: UInt16?

        public init() {}
    }

    /// Why a socket is closed.
    public enum CloseReason: String, Hashable, Sendable, CustomStringConvertible {
        case tooManySockets, joinTimeout, notAdmitted, rateExceeded

        public var description: String {
            switch self {
            case .tooManySockets: "too many connections"
            case .joinTimeout: "joined nothing in time"
            case .notAdmitted: "proof of membership refused"
            case .rateExceeded: "too much in too short a time"
            }
        }
    }

    /// What the driver must do.
    public enum Output: Hashable, Sendable {
        case send(ServerMessage, to: ConnectionToken)
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
    }

    private struct Socket: Sendable {
        let nonce: [UInt8]
        let openedAt: Instant
        var topics: [Topic: UInt32] = [:]
        var messages: TokenBucket
        var bytes: TokenBucket
    }

    private struct Room: Sendable {
        var members: [UInt32: ConnectionToken] = [:]
        var nextMember: UInt32
    }

    private let configuration: Configuration
    private var generator: SecretGenerator
    private var sockets: [ConnectionToken: Socket] = [:]
    private var rooms: [Topic: Room] = [:]
    /// Sockets that have joined nothing, in the order in which their time runs out; may name sockets that have joined or gone since.
    private var unjoined = Queue<(token: ConnectionToken, until: Instant)>()
    private var outputs = Outputs<Output>()

    /// What happened since the start.
    public private(set) var counters = Counters()
    /// Sockets open now.
    public var socketCount: Int { sockets.count }
    /// Topics held now.
    public var topicCount: Int { rooms.count }

    /// - Parameter seed: 32 bytes from which the nonces come; unpredictable in production.
    public init(_ configuration: Configuration = Configuration(), seed: [UInt8]) {
        self.configuration = configuration
        generator = SecretGenerator(seed: seed)
    }

    // Inputs.

    /// A socket is open.
    public mutating func opened(_ token: ConnectionToken, now: Instant) {
        guard sockets.count < configuration.socketsMax else {
            counters.closedByUs += 1
            outputs.append(.close(token, .tooManySockets))
            return
        }
        counters.opened += 1
        let nonce = generator.bytes(Signalling.nonceBytes)
        sockets[token] = Socket(
            nonce: nonce, openedAt: now,
            messages: TokenBucket(rate: configuration.messageRate, burst: configuration.messageBurst, now: now),
            bytes: TokenBucket(rate: configuration.byteRate, burst: configuration.byteBurst, now: now))
        unjoined.append((token, now + configuration.joinTime))
        outputs.append(.send(.welcome(nonce: nonce, stunPort: configuration.stunPort), to: token))
    }

    /// A socket said something. Ignored if the socket is not open.
    public mutating func received(_ message: ClientMessage, from token: ConnectionToken, now: Instant) {
        guard var socket = sockets[token] else { return }
        let isAllowed = socket.messages.take(cost(of: message), now: now) && socket.bytes.take(message.boxBytes, now: now)
        sockets[token] = socket
        guard isAllowed else {
            close(token, .rateExceeded)
            return
        }
        switch message {
        case .join(let topic, let key, let signature): join(topic, key: key, signature: signature, token, socket)
        case .send(let topic, let to, let box): forward(box, topic: topic, to: to, token, socket)
        case .leave(let topic):
            leave(topic, socket)
            sockets[token]?.topics[topic] = nil
        }
    }

    /// A socket is gone.
    public mutating func closed(_ token: ConnectionToken) {
        guard let socket = sockets.removeValue(forKey: token) else { return }
        for topic in socket.topics.keys.sorted() { leave(topic, socket) }
    }

    /// When to call `handleTimeout(now:)` next.
    public var deadline: Instant? { unjoined.first?.until }

    /// Call at or after `deadline`; calling early does nothing.
    public mutating func handleTimeout(now: Instant) {
        while let (token, until) = unjoined.first, until <= now {
            _ = unjoined.popFirst()
            if sockets[token]?.topics.isEmpty == true { close(token, .joinTimeout) }
        }
    }

    /// The next thing to do, or nil.
    public mutating func nextOutput() -> Output? { outputs.next() }

    // Steps.

    private mutating func join(_ topic: Topic, key: AuthorID, signature: [UInt8], _ token: ConnectionToken, _ socket: Socket) {
        let proof = Signalling.joinProof(topic: topic, nonce: socket.nonce)
        guard configuration.topics?.contains(topic) ?? true, Blake2b.hash256(key.bytes) == topic.bytes,
            Signature.verify(signature, of: proof, by: key)
        else {
            refuse(.notAdmitted, token)
            close(token, .notAdmitted)
            return
        }
        let others = rooms[topic]?.members.count ?? 0
        if let member = socket.topics[topic] {
            outputs.append(.send(.joined(topic: topic, member: member, others: others - 1), to: token))
            return
        }
        guard others < configuration.socketsPerTopicMax, socket.topics.count < configuration.topicsPerSocketMax else {
            refuse(.topicFull, token)
            return
        }
        guard others > 0 || rooms.count < configuration.topicsMax else {
            refuse(.tooManyTopics, token)
            return
        }
        // Numbers begin anywhere, so that one given before a restart does not name somebody else afterwards.
        var room = rooms[topic] ?? Room(nextMember: UInt32(truncatingIfNeeded: generator.next()))
        let member = room.nextMember
        room.nextMember &+= 1
        room.members[member] = token
        rooms[topic] = room
        sockets[token]?.topics[topic] = member
        counters.joined += 1
        outputs.append(.send(.joined(topic: topic, member: member, others: others), to: token))
    }

    /// Tokens of the message bucket: what goes to all costs the server more.
    private func cost(of message: ClientMessage) -> Double {
        guard case .send(let topic, nil, _) = message else { return 1 }
        return 4 + Double((rooms[topic]?.members.count ?? 0) / 8)
    }

    private mutating func forward(_ box: [UInt8], topic: Topic, to: UInt32?, _ token: ConnectionToken, _ socket: Socket) {
        guard let member = socket.topics[topic], let room = rooms[topic] else {
            refuse(.notJoined, token)
            return
        }
        counters.envelopesIn += 1
        // One who has just left is no fault of the sender's: nothing is said.
        let recipients = to.map { [$0] } ?? room.members.keys.sorted()
        for recipient in recipients where recipient != member {
            guard let target = room.members[recipient] else { continue }
            counters.envelopesOut += 1
            outputs.append(.send(.envelope(topic: topic, from: member, box: box), to: target))
        }
    }

    private mutating func leave(_ topic: Topic, _ socket: Socket) {
        guard let member = socket.topics[topic] else { return }
        rooms[topic]?.members[member] = nil
        if rooms[topic]?.members.isEmpty == true { rooms[topic] = nil }
    }

    private mutating func refuse(_ reason: RendezvousRefusal, _ token: ConnectionToken) {
        counters.refused += 1
        outputs.append(.send(.refused(reason), to: token))
    }

    private mutating func close(_ token: ConnectionToken, _ reason: CloseReason) {
        counters.closedByUs += 1
        closed(token)
        outputs.append(.close(token, reason))
    }
}

extension ClientMessage {
    fileprivate var boxBytes: Double {
        if case .send(_, _, let box) = self { Double(box.count) } else { 0 }
    }
}
