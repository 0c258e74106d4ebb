import InkPrimitives

/// Tag of `Topic`.
public enum TopicTag: Sendable {}
/// Where the members of one room and epoch meet: the BLAKE2b-256 of a public key that only they can derive (RV-1).
public typealias Topic = Identifier<TopicTag>

/// What a peer says to the rendezvous. One JSON object each, on a WebSocket with the subprotocol `inkwire.v1`.
public enum ClientMessage: Hashable, Sendable {
    /// Asks to be let into `topic`: `key` hashes to it, `signature` is by `key` over domain, topic and the nonce of the welcome.
    case join(topic: Topic, key: AuthorID, signature: [UInt8])
    /// A sealed envelope for the member with number `to`, or for all other members.
    case send(topic: Topic, to: UInt32?, box: [UInt8])
    /// Leaves the topic.
    case leave(topic: Topic)
    /// Something about a mailbox. Only to one that keeps some.
    case mailbox(MailboxRequest)
}

/// What the rendezvous says to a peer.
public enum ServerMessage: Hashable, Sendable {
    /// First message on every socket: 32 fresh bytes to sign, the UDP port of the STUN responder on the same host, if there is one, how many
    /// bytes a second it carries for a room in relay frames, if any, whether it keeps mailboxes, and, where it asks for tokens, as whom it takes us.
    case welcome(nonce: [UInt8], stunPort: UInt16?, relay: Int? = nil, mailboxes: Bool = false, auth: Admittance? = nil)
    /// We are in, under the number `member`, with `others` sockets. A hint: nothing that is decided by it needs to be true.
    case joined(topic: Topic, member: UInt32, others: Int)
    /// A sealed envelope from the member with number `from`.
    case envelope(topic: Topic, from: UInt32, box: [UInt8])
    /// Something asked was not done.
    case refused(RendezvousRefusal)
    /// Something about a mailbox.
    case mailbox(MailboxAnswer)
}

/// As whom a rendezvous that asks for tokens takes a socket (RV-171).
public enum Admittance: String, Hashable, Sendable, Codable {
    /// It showed a token.
    case bearer = "token"
    /// It showed none, and may go where a bearer is.
    case guest
}

/// Why the rendezvous did not do what was asked.
public enum RendezvousRefusal: String, Error, Hashable, Sendable, Codable, CaseIterable, CustomStringConvertible {
    /// The signature does not prove the right to the topic.
    case notAdmitted = "not-admitted"
    /// The server holds as many topics as it may, or the source of the socket has begun too many, or too many too fast.
    case tooManyTopics = "too-many-topics"
    /// The topic holds as many sockets as it may, or the socket as many topics.
    case topicFull = "topic-full"
    /// Sent to a topic that the socket has not joined.
    case notJoined = "not-joined"
    /// The source of the socket has knocked at too many mailboxes too fast. Told to visitors only.
    case tooManyKnocks = "too-many-knocks"
    /// No bearer is where a guest wants to go, or none is any more.
    case noToken = "no-token"
    /// As many topics are of the share of the bearer's account as its token allows.
    case tokenLimit = "token-limit"
    // Why a token is not taken: the class, and nothing of the token.
    case tokenTooLong = "token-too-long"
    case tokenMalformed = "token-malformed"
    /// Nobody known has signed it, or it stands in no list.
    case tokenUnknownKey = "token-unknown-key"
    case tokenOtherAudience = "token-other-audience"
    case tokenExpired = "token-expired"
    case tokenNotYetValid = "token-not-yet-valid"

    /// It is about a token that was shown, and not taken.
    public var isOfShownToken: Bool {
        switch self {
        case .tokenTooLong, .tokenMalformed, .tokenUnknownKey, .tokenOtherAudience, .tokenExpired, .tokenNotYetValid: true
        case .notAdmitted, .tooManyTopics, .topicFull, .notJoined, .tooManyKnocks, .noToken, .tokenLimit: false
        }
    }

    /// It would not be said if another token, or one at all, were shown.
    public var isOfTokens: Bool { isOfShownToken || self == .noToken || self == .tokenLimit }

    public var description: String {
        switch self {
        case .notAdmitted: "the rendezvous did not accept the proof of membership"
        case .tooManyTopics: "the rendezvous takes no more new boards now"
        case .topicFull: "too many participants at the rendezvous"
        case .notJoined: "the rendezvous does not know us in this room"
        case .tooManyKnocks: "too many codes are tried from here now"
        case .noToken: "the rendezvous lets in who has a token, and guests while somebody with one is there: nobody is now"
        case .tokenLimit: "the token allows no more boards at once"
        case .tokenTooLong: "the token is refused: it is longer than \(AccessKeys.tokenBytesMax >> 10) KiB"
        case .tokenMalformed: "the token is refused: it is not one that can be read there"
        case .tokenUnknownKey: "the token is refused: it is not signed by a key, or is none, that is known there"
        case .tokenOtherAudience: "the token is refused: it is for another audience"
        case .tokenExpired: "the token is refused: it has expired"
        case .tokenNotYetValid: "the token is refused: it is not valid yet"
        }
    }
}

/// Limits and names of the signalling protocol, the same on both sides.
public enum Signalling {
    /// WebSocket subprotocol; another version of the messages is another name.
    public static let subprotocol = "inkwire.v1"
    /// A WebSocket message in either direction, bytes. The largest envelope is 1064 bytes, 1419 as base64.
    public static let messageBytesMax = 4096
    /// A box, bytes: the largest envelope with what sealing adds.
    package static let boxBytesMax = 1024 + 40
    /// Length of the welcome's nonce, bytes.
    package static let nonceBytes = 32

    /// What the topic's key signs to be let in.
    package static func joinProof(topic: Topic, nonce: [UInt8]) -> [UInt8] {
        Array("inkwire/1 join".utf8) + topic.bytes + nonce
    }
}

// Coding. One flat object with a "type"; bytes as base64url without padding. Lengths are checked here, so that nothing after this has to.

private enum Key: String, CodingKey {
    case type, topic, key, signature, to, box, nonce, member, others, from, reason, relay, mailboxes, auth
    case stunPort = "stun_port"
}

extension KeyedDecodingContainer where K == Key {
    fileprivate func bytes(_ key: Key, count: ClosedRange<Int>) throws -> [UInt8] {
        let text = try decode(String.self, forKey: key)
        // Four characters carry three bytes; the length is known before anything is decoded.
        guard text.utf8.count <= (count.upperBound * 4 + 2) / 3, let bytes = Base64URL.decode(text), count.contains(bytes.count) else {
            throw DecodingError.dataCorruptedError(forKey: key, in: self, debugDescription: "not base64url of \(count) bytes")
        }
        return bytes
    }

    /// Nothing is not a rate; one that says so relays nothing.
    fileprivate func rate(_ key: Key) throws -> Int? {
        guard let rate = try decodeIfPresent(Int.self, forKey: key) else { return nil }
        guard rate > 0 else { throw DecodingError.dataCorruptedError(forKey: key, in: self, debugDescription: "not a rate") }
        return rate
    }

    fileprivate func identifier<Tag>(_ key: Key) throws -> Identifier<Tag> {
        guard let identifier = Identifier<Tag>(try bytes(key, count: 32...32)) else {
            throw DecodingError.dataCorruptedError(forKey: key, in: self, debugDescription: "not 32 bytes")
        }
        return identifier
    }
}

extension ClientMessage: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        switch try container.decode(String.self, forKey: .type) {
        case "join":
            self = .join(
                topic: try container.identifier(.topic), key: try container.identifier(.key),
                signature: try container.bytes(.signature, count: 64...64))
        case "send":
            self = .send(
                topic: try container.identifier(.topic), to: try container.decodeIfPresent(UInt32.self, forKey: .to),
                box: try container.bytes(.box, count: 1...Signalling.boxBytesMax))
        case "leave": self = .leave(topic: try container.identifier(.topic))
        case let type where MailboxRequest.types.contains(type): self = .mailbox(try MailboxRequest(from: decoder))
        default: throw DecodingError.dataCorruptedError(forKey: .type, in: container, debugDescription: "unknown type")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        switch self {
        case .join(let topic, let key, let signature):
            try container.encode("join", forKey: .type)
            try container.encode(Base64URL.encode(topic.bytes), forKey: .topic)
            try container.encode(Base64URL.encode(key.bytes), forKey: .key)
            try container.encode(Base64URL.encode(signature), forKey: .signature)
        case .send(let topic, let to, let box):
            try container.encode("send", forKey: .type)
            try container.encode(Base64URL.encode(topic.bytes), forKey: .topic)
            try container.encodeIfPresent(to, forKey: .to)
            try container.encode(Base64URL.encode(box), forKey: .box)
        case .leave(let topic):
            try container.encode("leave", forKey: .type)
            try container.encode(Base64URL.encode(topic.bytes), forKey: .topic)
        case .mailbox(let request): try request.encode(to: encoder)
        }
    }
}

extension ServerMessage: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        switch try container.decode(String.self, forKey: .type) {
        case "welcome":
            self = .welcome(
                nonce: try container.bytes(.nonce, count: Signalling.nonceBytes...Signalling.nonceBytes),
                stunPort: try container.decodeIfPresent(UInt16.self, forKey: .stunPort),
                relay: try container.rate(.relay), mailboxes: try container.decodeIfPresent(Bool.self, forKey: .mailboxes) ?? false,
                auth: try container.decodeIfPresent(Admittance.self, forKey: .auth))
        case "joined":
            self = .joined(
                topic: try container.identifier(.topic), member: try container.decode(UInt32.self, forKey: .member),
                others: try container.decode(Int.self, forKey: .others))
        case "envelope":
            self = .envelope(
                topic: try container.identifier(.topic), from: try container.decode(UInt32.self, forKey: .from),
                box: try container.bytes(.box, count: 1...Signalling.boxBytesMax))
        case "refused": self = .refused(try container.decode(RendezvousRefusal.self, forKey: .reason))
        case let type where MailboxAnswer.types.contains(type): self = .mailbox(try MailboxAnswer(from: decoder))
        default: throw DecodingError.dataCorruptedError(forKey: .type, in: container, debugDescription: "unknown type")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        switch self {
        case .welcome(let nonce, let stunPort, let relay, let mailboxes, let auth):
            try container.encode("welcome", forKey: .type)
            try container.encode(Base64URL.encode(nonce), forKey: .nonce)
            try container.encodeIfPresent(stunPort, forKey: .stunPort)
            try container.encodeIfPresent(relay, forKey: .relay)
            if mailboxes { try container.encode(true, forKey: .mailboxes) }
            try container.encodeIfPresent(auth, forKey: .auth)
        case .joined(let topic, let member, let others):
            try container.encode("joined", forKey: .type)
            try container.encode(Base64URL.encode(topic.bytes), forKey: .topic)
            try container.encode(member, forKey: .member)
            try container.encode(others, forKey: .others)
        case .envelope(let topic, let from, let box):
            try container.encode("envelope", forKey: .type)
            try container.encode(Base64URL.encode(topic.bytes), forKey: .topic)
            try container.encode(from, forKey: .from)
            try container.encode(Base64URL.encode(box), forKey: .box)
        case .refused(let reason):
            try container.encode("refused", forKey: .type)
            try container.encode(reason, forKey: .reason)
        case .mailbox(let answer): try answer.encode(to: encoder)
        }
    }
}
