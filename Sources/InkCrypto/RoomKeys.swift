import InkPrimitives

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
    /// Proves to the rendezvous that we may join the topic.
    public let topicKey: SigningKey
    /// Eight bytes that tell rooms apart in the prologue of a handshake.
    public let tag: [UInt8]
    /// Counts the secrets of this room, from 0.
    public let epoch: UInt32

    public init(roomSecret: Secret32, epoch: UInt32 = 0) {
        var writer = ByteWriter()
        writer.write(epoch)
        let context = writer.bytes
        psk = roomSecret.derive("inkwire/1 psk", context: context)
        mac = roomSecret.derive("inkwire/1 mac", context: context)
        cookie = roomSecret.derive("inkwire/1 cookie", context: context)
        envelope = roomSecret.derive("inkwire/1 envelope", context: context)
        topicKey = SigningKey(seed: roomSecret.derive("inkwire/1 topic", context: context))
        tag = roomSecret.derive("inkwire/1 tag", context: context).withBytes { Array($0.prefix(8)) }
        self.epoch = epoch
    }

    /// Where members meet at the rendezvous: the BLAKE2b-256 of the topic's public key.
    public var topic: [UInt8] { Blake2b.hash256(topicKey.author.bytes) }
}
