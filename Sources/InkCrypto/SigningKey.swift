import CSodium
import InkPrimitives

/// The Ed25519 key of one device (RFC 8032): signs transactions, certificates and envelopes.
public struct SigningKey: Sendable {
    /// What the key grows from; all that need be stored.
    public let seed: Secret32
    /// The public half.
    public let author: AuthorID
    /// libsodium's form of the key: seed, then public key, 64 bytes.
    private let expanded: SecretBlock

    /// The key that grows from `seed` (RFC 8032 §5.1.5).
    public init(seed: Secret32) {
        self.seed = seed
        var publicKey = [UInt8](repeating: 0, count: 32)
        expanded = SecretBlock(count: 64) { (output: UnsafeMutablePointer<UInt8>) in
            seed.block.withPointer { _ = crypto_sign_seed_keypair(&publicKey, output, $0) }
        }
        guard let author = AuthorID(publicKey) else { preconditionFailure("a public key has 32 bytes") }
        self.author = author
    }

    /// The scalar of its twin on Curve25519, for `DeviceBox` alone.
    var agreementSecret: Secret32 {
        Secret32(
            block: SecretBlock(count: Secret32.byteCount) { (output: UnsafeMutablePointer<UInt8>) in
                expanded.withPointer { _ = crypto_sign_ed25519_sk_to_curve25519(output, $0) }
            })
    }

    /// The 64-byte signature of `message`; deterministic.
    public func sign(_ message: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Signature.byteCount) { buffer, filled in
            if let base = buffer.baseAddress {
                expanded.withPointer { _ = crypto_sign_detached(base, nil, message, UInt64(message.count), $0) }
            }
            filled = Signature.byteCount
        }
    }
}

/// Ed25519 signatures.
public enum Signature {
    /// Length in bytes.
    public static let byteCount = 64

    /// True if `author` signed `message`. Strict: refuses a second spelling of R or S and keys of small order (CR-5).
    public static func verify(_ signature: [UInt8], of message: [UInt8], by author: AuthorID) -> Bool {
        guard signature.count == byteCount else { return false }
        Sodium.start()
        return crypto_sign_verify_detached(signature, message, UInt64(message.count), author.bytes) == 0
    }
}
