import CSodium

/// XChaCha20-Poly1305 under a random nonce, for envelopes and for what lies on disk (draft-irtf-cfrg-xchacha-03).
///
///     nonce (24) | ciphertext | tag (16)
///
/// Random nonces of 24 bytes may be drawn by many processes under one key: a repeat needs about 2^96 boxes.
public enum SealedBox {
    /// Bytes added to what is sealed.
    public static let overhead = 40

    /// Seals `plain`; `context` is authenticated and not contained: the opener must know it.
    public static func seal(_ plain: [UInt8], key: Secret32, context: [UInt8], using generator: inout SecretGenerator) -> [UInt8] {
        let nonce = generator.bytes(24)
        return nonce + seal(plain, key: key, context: context, nonce: nonce)
    }

    /// What was sealed; nil if key or context differ or a bit was changed.
    public static func open(_ sealed: [UInt8], key: Secret32, context: [UInt8]) -> [UInt8]? {
        guard sealed.count >= overhead else { return nil }
        return open(Array(sealed[24...]), key: key, context: context, nonce: Array(sealed[..<24]))
    }

    /// Ciphertext and tag under a given nonce of 24 bytes.
    package static func seal(_ plain: [UInt8], key: Secret32, context: [UInt8], nonce: [UInt8]) -> [UInt8] {
        precondition(nonce.count == 24, "a nonce has 24 bytes, not \(nonce.count)")
        let count = plain.count + 16
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            if let base = buffer.baseAddress {
                key.block.withPointer { secret in
                    _ = crypto_aead_xchacha20poly1305_ietf_encrypt(
                        base, nil, plain, UInt64(plain.count), context, UInt64(context.count), nil, nonce, secret)
                }
            }
            filled = count
        }
    }

    /// Opens ciphertext and tag under a given nonce; nil if the nonce has not 24 bytes or nothing verifies.
    package static func open(_ sealed: [UInt8], key: Secret32, context: [UInt8], nonce: [UInt8]) -> [UInt8]? {
        guard sealed.count >= 16, nonce.count == 24 else { return nil }
        var isAuthentic = false
        let plain = [UInt8](unsafeUninitializedCapacity: max(sealed.count - 16, 1)) { buffer, filled in
            if let base = buffer.baseAddress {
                isAuthentic = key.block.withPointer { secret in
                    crypto_aead_xchacha20poly1305_ietf_decrypt(
                        base, nil, nil, sealed, UInt64(sealed.count), context, UInt64(context.count), nonce, secret) == 0
                }
            }
            filled = isAuthentic ? sealed.count - 16 : 0
        }
        return isAuthentic ? plain : nil
    }
}
