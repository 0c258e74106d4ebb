import InkCrypto
import InkPrimitives

/// First bytes of our datagrams, all outside the ranges of STUN, ZRTP, DTLS, TURN channels and RTP (RFC 7983).
enum PacketType: UInt8 {
    /// Message 1 of the handshake, padded.
    case start = 0xF0
    /// Message 2.
    case answer = 0xF1
    /// Message 3.
    case finish = 0xF2
    /// Data with a packet number of two bytes.
    case data = 0xF3
    /// What a start gets instead of an answer: prove your address first.
    case cookie = 0xF4
    /// Data with a packet number of four bytes.
    case dataLong = 0xF5
    /// Opens the sender's own NAT; nobody answers it (TR-120).
    case punch = 0xF6
}

/// The MAC at the end of each handshake packet: BLAKE2b-128 keyed by the room, over all bytes before it (TR-1).
///
/// Its place and making are the same in every version of the protocol, so that members of a room can tell another version from garbage. So
/// are first byte, version, index, attempt nonce and length of a start, and first byte, version, zeros and index of a cookie (TR-18).
enum HandshakeMAC {
    static let byteCount = 16

    static func append(to packet: inout [UInt8], key: Secret32) { packet += Blake2b.authenticate(packet, key: key, count: byteCount) }

    static func isRight(_ packet: [UInt8], key: Secret32) -> Bool {
        guard packet.count > byteCount else { return false }
        let expected = Blake2b.authenticate(Array(packet.dropLast(byteCount)), key: key, count: byteCount)
        return constantTimeEqual(expected, Array(packet.suffix(byteCount)))
    }
}

/// Tag of `EphemeralID`.
enum EphemeralTag: Sendable {}
/// The ephemeral public key of a handshake; names one attempt of one initiator.
typealias EphemeralID = Identifier<EphemeralTag>

/// Message 1. The byte table is in the overview; parsing expects that the MAC was checked.
struct StartPacket: Sendable {
    /// Length in bytes: an answer is always shorter (TR-3).
    static let byteCount = Limits.datagramBytes
    static let noiseCount = 48
    static let cookieCount = 16
    private static let cookieOffset = byteCount - HandshakeMAC.byteCount - cookieCount
    /// Where the attempt nonce stands in every version.
    static let attemptRange = 8..<8 + Endpoint.attemptCount

    let senderIndex: UInt32
    /// Sixteen bytes that name the attempt.
    let attempt: [UInt8]
    /// Both zero where the initiator dialled a bare address.
    let initiator: PeerID
    let responder: PeerID
    let noise: [UInt8]
    /// Zero, or what the responder gave us.
    let cookie: [UInt8]

    /// As signalling carries it, sealed and signed there.
    init(_ opening: Opening, attempt: [UInt8], initiator: PeerID, responder: PeerID) {
        (senderIndex, noise) = (opening.index, opening.noise)
        (self.attempt, self.initiator, self.responder) = (attempt, initiator, responder)
        cookie = [UInt8](repeating: 0, count: Self.cookieCount)
    }

    static func encode(
        senderIndex: UInt32, attempt: [UInt8], initiator: PeerID, responder: PeerID, noise: [UInt8], cookie: [UInt8]?, key: Secret32
    ) -> [UInt8] {
        var writer = ByteWriter(capacity: byteCount)
        writer.write([PacketType.start.rawValue, Endpoint.version, 0, 0])
        writer.write(senderIndex)
        writer.write(attempt)
        writer.write(initiator)
        writer.write(responder)
        writer.write(noise)
        writer.write(repeatElement(0 as UInt8, count: cookieOffset - writer.count))
        writer.write(cookie ?? [UInt8](repeating: 0, count: cookieCount))
        var packet = writer.bytes
        HandshakeMAC.append(to: &packet, key: key)
        return packet
    }

    init(decoding packet: [UInt8]) throws(WireError) {
        guard packet.count == Self.byteCount else { throw .truncated(needed: Self.byteCount, available: packet.count) }
        var reader = ByteReader(packet)
        guard try reader.readUInt32() == UInt32(PacketType.start.rawValue) << 24 | UInt32(Endpoint.version) << 16 else { throw .unexpected }
        senderIndex = try reader.readUInt32()
        attempt = try reader.readBytes(16)
        initiator = try reader.readIdentifier()
        responder = try reader.readIdentifier()
        noise = try reader.readBytes(Self.noiseCount)
        guard try reader.readBytes(Self.cookieOffset - reader.position).allSatisfy({ $0 == 0 }) else { throw .nonCanonical }
        cookie = try reader.readBytes(Self.cookieCount)
    }

    /// The initiator's ephemeral key, the first 32 bytes of the Noise message.
    var ephemeral: EphemeralID { EphemeralID(noise.prefix(32)) ?? .zero }

    /// True if both name the same attempt in the same words; the cookie may differ.
    func says(_ other: StartPacket) -> Bool {
        senderIndex == other.senderIndex && attempt == other.attempt && initiator == other.initiator && responder == other.responder
            && noise == other.noise
    }

    /// What both sides mix in before the first message (T3).
    func prologue(keys: RoomKeys) -> [UInt8] {
        Self.prologue(keys: keys, initiator: initiator, responder: responder, attempt: attempt)
    }

    // TR-4
    static func prologue(keys: RoomKeys, initiator: PeerID, responder: PeerID, attempt: [UInt8]) -> [UInt8] {
        var writer = ByteWriter(capacity: 129)
        writer.write("inkwire/\(Endpoint.version)".utf8)
        writer.write(keys.tag)
        writer.write(RoomKeys.context(of: keys.epoch))
        writer.write(initiator)
        writer.write(responder)
        writer.write(attempt)
        return writer.bytes
    }
}

/// Message 2: certificate and peer id of the responder, encrypted.
struct AnswerPacket: Sendable {
    /// Length in bytes: no longer than message 1, no shorter than message 3 (TR-3).
    static let byteCount = 400

    let senderIndex: UInt32
    let receiverIndex: UInt32
    let noise: [UInt8]

    static func encode(senderIndex: UInt32, receiverIndex: UInt32, noise: [UInt8], key: Secret32) -> [UInt8] {
        var writer = ByteWriter(capacity: 12 + noise.count + HandshakeMAC.byteCount)
        writer.write([PacketType.answer.rawValue, Endpoint.version, 0, 0])
        writer.write(senderIndex)
        writer.write(receiverIndex)
        writer.write(noise)
        var packet = writer.bytes
        HandshakeMAC.append(to: &packet, key: key)
        return packet
    }

    /// As signalling carries it, sealed and signed there.
    init(_ reply: Reply, receiverIndex: UInt32) { (senderIndex, self.receiverIndex, noise) = (reply.index, receiverIndex, reply.noise) }

    init(decoding packet: [UInt8]) throws(WireError) {
        var reader = ByteReader(packet, range: 0..<max(0, packet.count - HandshakeMAC.byteCount))
        guard try reader.readUInt32() == UInt32(PacketType.answer.rawValue) << 24 | UInt32(Endpoint.version) << 16 else {
            throw .unexpected
        }
        senderIndex = try reader.readUInt32()
        receiverIndex = try reader.readUInt32()
        noise = reader.readRest()
    }
}

/// Message 1 where signalling carries it: it is sealed, signed and bound to attempt and ids there, and nothing has to be long.
struct Opening: Sendable {
    static let byteCount = 4 + StartPacket.noiseCount

    let index: UInt32
    let noise: [UInt8]

    init(index: UInt32, noise: [UInt8]) { (self.index, self.noise) = (index, noise) }

    init(decoding bytes: [UInt8]) throws(WireError) {
        guard bytes.count == Self.byteCount else { throw .unexpected }
        var reader = ByteReader(bytes)
        (index, noise) = (try reader.readUInt32(), reader.readRest())
    }

    var encoded: [UInt8] {
        var writer = ByteWriter(capacity: Self.byteCount)
        writer.write(index)
        writer.write(noise)
        return writer.bytes
    }
}

/// Message 2 where signalling carries it.
struct Reply: Sendable {
    /// Index 4, ephemeral key 32, static key 48, identity 144 and its tag 16: message 2 without zeros.
    static let byteCount = 4 + 240

    let index: UInt32
    let noise: [UInt8]

    init(index: UInt32, noise: [UInt8]) { (self.index, self.noise) = (index, noise) }

    init(decoding bytes: [UInt8]) throws(WireError) {
        guard bytes.count == Self.byteCount else { throw .unexpected }
        var reader = ByteReader(bytes)
        (index, noise) = (try reader.readUInt32(), reader.readRest())
    }

    var encoded: [UInt8] {
        var writer = ByteWriter(capacity: Self.byteCount)
        writer.write(index)
        writer.write(noise)
        return writer.bytes
    }
}

/// Message 3: certificate of the initiator, both peer ids, and whatever the session adds, encrypted.
struct FinishPacket: Sendable {
    let receiverIndex: UInt32
    let noise: [UInt8]

    static func encode(receiverIndex: UInt32, noise: [UInt8], key: Secret32) -> [UInt8] {
        var writer = ByteWriter(capacity: 8 + noise.count + HandshakeMAC.byteCount)
        writer.write([PacketType.finish.rawValue, Endpoint.version, 0, 0])
        writer.write(receiverIndex)
        writer.write(noise)
        var packet = writer.bytes
        HandshakeMAC.append(to: &packet, key: key)
        return packet
    }

    init(decoding packet: [UInt8]) throws(WireError) {
        var reader = ByteReader(packet, range: 0..<max(0, packet.count - HandshakeMAC.byteCount))
        guard try reader.readUInt32() == UInt32(PacketType.finish.rawValue) << 24 | UInt32(Endpoint.version) << 16 else {
            throw .unexpected
        }
        receiverIndex = try reader.readUInt32()
        noise = reader.readRest()
    }
}

/// A cookie sealed for the sender of one start. Also the way to say "I speak another version": then only the version counts.
struct CookiePacket: Sendable {
    let version: UInt8
    let receiverIndex: UInt32
    private let sealed: [UInt8]

    /// - Parameter start: the packet this answers; its MAC is the context, so that a cookie for another start does not open.
    static func encode(
        _ cookie: [UInt8], receiverIndex: UInt32, start: [UInt8], keys: RoomKeys, using generator: inout SecretGenerator
    ) -> [UInt8] {
        var writer = ByteWriter(capacity: 80)
        writer.write([PacketType.cookie.rawValue, Endpoint.version, 0, 0])
        writer.write(receiverIndex)
        writer.write(
            SealedBox.seal(cookie, key: keys.cookie, context: Array(start.suffix(HandshakeMAC.byteCount)), using: &generator))
        var packet = writer.bytes
        HandshakeMAC.append(to: &packet, key: keys.mac)
        return packet
    }

    /// Type, version, two zeros and receiver index stand where they stand in every version.
    init(decoding packet: [UInt8]) throws(WireError) {
        var reader = ByteReader(packet, range: 0..<max(0, packet.count - HandshakeMAC.byteCount))
        guard try reader.readUInt8() == PacketType.cookie.rawValue else { throw .unexpected }
        version = try reader.readUInt8()
        guard try reader.readUInt16() == 0 else { throw .nonCanonical }
        receiverIndex = try reader.readUInt32()
        sealed = reader.readRest()
    }

    /// The cookie, if this answers the packet `start`.
    func open(start: [UInt8], keys: RoomKeys) -> [UInt8]? {
        let cookie = SealedBox.open(sealed, key: keys.cookie, context: Array(start.suffix(HandshakeMAC.byteCount)))
        return cookie?.count == StartPacket.cookieCount ? cookie : nil
    }
}

/// Opens the sender's NAT towards an announced address. Nobody answers it.
enum PunchPacket {
    static let byteCount = 36

    /// The attempt that a punch names; nil for one of another length.
    static func attempt(of packet: [UInt8]) -> [UInt8]? {
        packet.count == byteCount ? Array(packet[4..<4 + Endpoint.attemptCount]) : nil
    }

    static func encode(attempt: [UInt8], key: Secret32) -> [UInt8] {
        var packet = [PacketType.punch.rawValue, Endpoint.version, 0, 0] + attempt
        HandshakeMAC.append(to: &packet, key: key)
        return packet
    }
}

/// What messages 2 and 3 carry encrypted: who speaks.
struct HandshakeIdentity: Sendable {
    let certificate: DeviceCertificate
    /// Made of the device key in the certificate and the salt beside it, so that it cannot be another device's (TR-30, TR-182).
    let peer: PeerID
    /// Message 3 only: whom the initiator believes to speak with.
    let remote: PeerID?
    /// Message 3 only: what the session adds.
    let payload: [UInt8]

    /// Most that a session may add to message 3, bytes. Message 3 is then as long as message 2, so it answers nothing shorter: 400 less
    /// header 8, static key 48, identity 176, tag 16 and MAC 16.
    static let payloadMax = AnswerPacket.byteCount - 264
    /// Zeros behind the identity in message 2: 400 less header 12, ephemeral key 32, static key 48, identity 144, tag 16 and MAC 16.
    static let answerPadding = AnswerPacket.byteCount - 268

    /// - Parameter isPadded: false where signalling carries it.
    static func encodeAnswer(_ certificate: DeviceCertificate, salt: PeerSalt, isPadded: Bool = true) -> [UInt8] {
        certificate.bytes + salt.bytes + [UInt8](repeating: 0, count: isPadded ? answerPadding : 0)
    }

    static func encodeFinish(_ certificate: DeviceCertificate, salt: PeerSalt, remote: PeerID, payload: [UInt8]) -> [UInt8] {
        certificate.bytes + salt.bytes + remote.bytes + payload
    }

    init(decodingAnswer bytes: [UInt8], isPadded: Bool = true) throws(WireError) {
        var reader = ByteReader(bytes)
        certificate = try DeviceCertificate(bytes: try reader.readBytes(DeviceCertificate.byteCount))
        peer = try PeerSalt(from: &reader).peer(of: certificate.author)
        (remote, payload) = (nil, [])
        guard try reader.readBytes(isPadded ? Self.answerPadding : 0).allSatisfy({ $0 == 0 }) else { throw .nonCanonical }
        try reader.finish()
    }

    init(decodingFinish bytes: [UInt8]) throws(WireError) {
        var reader = ByteReader(bytes)
        certificate = try DeviceCertificate(bytes: try reader.readBytes(DeviceCertificate.byteCount))
        peer = try PeerSalt(from: &reader).peer(of: certificate.author)
        remote = try reader.readIdentifier()
        payload = reader.readRest()
    }

    /// True if the device key vouches for the static key that Noise proved.
    func vouches(for staticKey: [UInt8]?) -> Bool {
        guard let staticKey, certificate.isValid else { return false }
        return constantTimeEqual(certificate.staticPublicKey, staticKey)
    }
}
