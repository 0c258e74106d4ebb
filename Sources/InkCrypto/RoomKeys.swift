import InkPrimitives

/// Tag of `EpochID`.
public enum EpochTag: Sendable {}
/// Names one of a room's secrets in time: zero the first, whose secret is the link's; else a hash of what began it.
public typealias EpochID = Identifier<EpochTag>

/// All keys of one room and epoch, each derived from the room secret under its own label; the secret itself keys nothing (CR-6).
public struct RoomKeys: Sendable {
    /// Noise pre-shared key.
    public let psk: Secret32
    /// Authenticates handshake packets, so that strangers get no answer.
    public let mac: Secret32
    /// Seals cookies.
    public let cookie: Secret32
    /// Seals what the rendezvous forwards.
    public let envelope: Secret32
    /// Says to members on the same link, and to nobody else, that one is there.
    public let beacon: Secret32
    /// Proves to the rendezvous that we may join the topic.
    public let topicKey: SigningKey
    /// Eight bytes that tell rooms apart in the prologue of a handshake.
    public let tag: [UInt8]
    public let epoch: EpochID

    /// - Parameter roomSecret: the secret of this epoch.
    public init(roomSecret: Secret32, epoch: EpochID = .zero) {
        let context = Self.context(of: epoch)
        psk = roomSecret.derive("inkwire/1 psk", context: context)
        mac = roomSecret.derive("inkwire/1 mac", context: context)
        cookie = roomSecret.derive("inkwire/1 cookie", context: context)
        envelope = roomSecret.derive("inkwire/1 envelope", context: context)
        beacon = roomSecret.derive("inkwire/1 beacon", context: context)
        topicKey = SigningKey(seed: roomSecret.derive("inkwire/1 topic", context: context))
        tag = roomSecret.derive("inkwire/1 tag", context: context).withBytes { Array($0.prefix(8)) }
        self.epoch = epoch
    }

    /// The epoch as it goes into derivations and prologues: 32 bytes, of the first one four zero bytes, as all had before there were others.
    public static func context(of epoch: EpochID) -> [UInt8] { epoch == .zero ? [0, 0, 0, 0] : epoch.bytes }

    /// Where members meet at the rendezvous: the BLAKE2b-256 of the topic's public key.
    public var topic: [UInt8] { Blake2b.hash256(topicKey.author.bytes) }
}
