import InkPrimitives

/// A device's signing key vouches for its X25519 key, so that a handshake proves who signs.
///
///     author (32) | static public key (32) | signature over "inkwire/1 device certificate", author, static key (64)
public struct DeviceCertificate: Hashable, Sendable {
    public let author: AuthorID
    /// 32 bytes.
    public let staticPublicKey: [UInt8]
    /// 64 bytes.
    public let signature: [UInt8]

    /// Length in bytes.
    public static let byteCount = 128
    private static let domain = Array("inkwire/1 device certificate".utf8)

    private init(author: AuthorID, staticPublicKey: [UInt8], signature: [UInt8]) {
        (self.author, self.staticPublicKey, self.signature) = (author, staticPublicKey, signature)
    }

    /// The certificate of `staticKey`, signed by `signing`.
    public static func make(signing: SigningKey, staticKey: StaticKey) -> DeviceCertificate {
        let message = domain + signing.author.bytes + staticKey.publicKey
        return DeviceCertificate(author: signing.author, staticPublicKey: staticKey.publicKey, signature: signing.sign(message))
    }

    /// Reads what `bytes` gives. Says nothing about the signature: ask `isValid`.
    public init(bytes: [UInt8]) throws(WireError) {
        var reader = ByteReader(bytes)
        author = try reader.readIdentifier()
        staticPublicKey = try reader.readBytes(32)
        signature = try reader.readBytes(Signature.byteCount)
        try reader.finish()
    }

    /// The 128 bytes that go into a handshake.
    public var bytes: [UInt8] { author.bytes + staticPublicKey + signature }

    /// True if the author signed. Costs one verification.
    public var isValid: Bool { Signature.verify(signature, of: Self.domain + author.bytes + staticPublicKey, by: author) }
}
