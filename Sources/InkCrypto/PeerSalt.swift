import InkPrimitives

/// The random part of a peer id, new in each process.
///
///     peer id = BLAKE2b-256 of "inkwire/1 peer" | device key (32) | salt (16)
///
/// Handshakes and envelopes carry the salt beside the device key that they prove, and who reads them makes the id anew. So nobody can say the
/// id of another device, not even a member that has read id and salt in a greeting, and nobody is kept out by one who said his id first. Two
/// processes of one device differ, since their salts do.
public struct PeerSalt: Hashable, Sendable {
    /// Length in bytes.
    public static let byteCount = 16
    private static let domain = Array("inkwire/1 peer".utf8)

    public let bytes: [UInt8]

    /// The salt with these bytes; nil unless there are exactly 16.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    /// Drawn from `generator`.
    public init(using generator: inout SecretGenerator) { bytes = generator.bytes(Self.byteCount) }

    /// Reads what `ByteWriter.write(salt.bytes)` wrote.
    public init(from reader: inout ByteReader) throws(WireError) { bytes = try reader.readBytes(Self.byteCount) }

    /// The peer id of a process of this device.
    public func peer(of device: AuthorID) -> PeerID {
        guard let id = PeerID(Blake2b.hash256(Self.domain + device.bytes + bytes)) else { preconditionFailure("a digest has 32 bytes") }
        return id
    }
}
