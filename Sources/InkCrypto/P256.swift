import CInkCipher

/// ECDSA over P-256 with SHA-256 (FIPS 186-5), which others sign tokens with. Verified alone, by OpenSSL where this machine has it (CR-40): nothing of
/// ours is signed so, and libsodium has no such curve.
public struct P256Key: Hashable, Sendable {
    /// Length of a signature, r and s (RFC 7518 §3.4), bytes.
    public static let signatureCount = 64

    /// True where signatures can be verified on this machine.
    public static var isAvailable: Bool { ink_p256_load() == 1 }

    /// x and y.
    public let bytes: [UInt8]

    /// Nil unless both have 32 bytes and are a point of the curve; also where nothing can be verified.
    public init?(x: [UInt8], y: [UInt8]) {
        guard x.count == 32, y.count == 32, ink_p256_is_point(x + y) == 1 else { return nil }
        bytes = x + y
    }

    /// True if the owner of this key signed `message`. A signature has one length, and r and s in it are numbers below the order, not zero (CR-41).
    public func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard signature.count == Self.signatureCount else { return false }
        return ink_p256_verify(bytes, signature, message, message.count) == 1
    }
}
