import CSodium
import InkPrimitives

/// What only one device can read, by its signing key's twin on Curve25519 (RFC 7748 §4.1, libsodium's `crypto_sign_ed25519_pk_to_curve25519`).
///
///     ephemeral public key (32) | nonce (24) | ciphertext | tag (16)
///
/// Nothing in it says who made it: what is within must be signed if that matters (CR-20).
public enum DeviceBox {
    /// Bytes added to what is sealed.
    public static let overhead = 32 + SealedBox.overhead

    /// Seals `plain`; nil for a key that is no point of the curve's main group. `context` is authenticated and not contained.
    public static func seal(_ plain: [UInt8], to device: AuthorID, context: [UInt8], using generator: inout SecretGenerator) -> [UInt8]? {
        // CR-36
        guard let recipient = publicKey(of: device) else { return nil }
        let ephemeral = StaticKey(secret: generator.secret())
        let key = StaticKey.withAgreement(ephemeral.secret, with: recipient) {
            boxKey($0, ephemeral: ephemeral.publicKey, recipient: recipient)
        }
        guard let key else { return nil }
        return ephemeral.publicKey + SealedBox.seal(plain, key: key, context: context, using: &generator)
    }

    /// What was sealed to this device; nil if it was not, or if a bit was changed.
    public static func open(_ sealed: [UInt8], by device: SigningKey, context: [UInt8]) -> [UInt8]? {
        guard sealed.count >= overhead else { return nil }
        let own = StaticKey(secret: device.agreementSecret)
        let ephemeral = Array(sealed[..<32])
        let key = StaticKey.withAgreement(own.secret, with: ephemeral) { boxKey($0, ephemeral: ephemeral, recipient: own.publicKey) }
        return key.flatMap { SealedBox.open(Array(sealed[32...]), key: $0, context: context) }
    }

    /// Nil for bytes that are no point, or one of small order.
    private static func publicKey(of device: AuthorID) -> [UInt8]? {
        Sodium.start()
        var converted = [UInt8](repeating: 0, count: 32)
        return crypto_sign_ed25519_pk_to_curve25519(&converted, device.bytes) == 0 ? converted : nil
    }

    /// Both public keys go in, so that no other pair of keys that agrees on the same secret opens it (RFC 7748 §6.1).
    private static func boxKey(_ shared: UnsafeBufferPointer<UInt8>, ephemeral: [UInt8], recipient: [UInt8]) -> Secret32 {
        Secret32(block: SecretBlock(copying: shared)).derive("inkwire/1 device box", context: ephemeral + recipient)
    }
}
