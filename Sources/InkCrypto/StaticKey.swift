import CSodium

/// The X25519 key of one device (RFC 7748): agrees on secrets in handshakes, signs nothing.
public struct StaticKey: Sendable {
    /// The private scalar; all that need be stored.
    public let secret: Secret32
    /// The public half, 32 bytes.
    public let publicKey: [UInt8]

    /// The key pair of the scalar `secret`.
    public init(secret: Secret32) {
        self.secret = secret
        publicKey = [UInt8](unsafeUninitializedCapacity: 32) { buffer, filled in
            if let base = buffer.baseAddress { secret.block.withPointer { _ = crypto_scalarmult_base(base, $0) } }
            filled = 32
        }
    }

    /// Lends the secret shared with the owner of `publicKey`, 32 bytes erased afterwards; nil if it is all zero, which a public key of
    /// small order forces (RFC 7748 §6.1, CR-4), or if the key has another length.
    package static func withAgreement<R>(_ secret: Secret32, with publicKey: [UInt8], _ body: (UnsafeBufferPointer<UInt8>) -> R) -> R? {
        guard publicKey.count == 32 else { return nil }
        return withErasedScratch(32) { (shared: UnsafeMutablePointer<UInt8>) -> R? in
            let status = secret.block.withPointer { crypto_scalarmult(shared, $0, publicKey) }
            guard status == 0 else { return nil }
            return body(UnsafeBufferPointer(start: UnsafePointer(shared), count: 32))
        }
    }
}
