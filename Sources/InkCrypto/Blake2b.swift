import CSodium

/// The hash BLAKE2b (RFC 7693).
public enum Blake2b {
    /// Thirty-two bytes of digest.
    ///
    /// - Parameter key: none, or 16...64 bytes.
    public static func hash256(_ bytes: [UInt8], key: [UInt8] = []) -> [UInt8] { hash(bytes, key: key, count: 32) }

    /// `count` bytes of digest, 16...64. A shorter digest is not the beginning of a longer one.
    ///
    /// - Parameter key: none, or 16...64 bytes.
    public static func hash(_ bytes: [UInt8], key: [UInt8] = [], count: Int) -> [UInt8] {
        Sodium.start()
        precondition((16...64).contains(count), "a digest has 16...64 bytes, not \(count)")
        precondition(key.isEmpty || (16...64).contains(key.count), "a key has 16...64 bytes, not \(key.count)")
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            if let base = buffer.baseAddress { _ = crypto_generichash(base, count, bytes, UInt64(bytes.count), key, key.count) }
            filled = count
        }
    }

    /// A message authentication code of `count` bytes, 16...64, under a secret key. Compare with `constantTimeEqual`.
    public static func authenticate(_ bytes: [UInt8], key: Secret32, count: Int = 16) -> [UInt8] {
        precondition((16...64).contains(count), "a code has 16...64 bytes, not \(count)")
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            if let base = buffer.baseAddress {
                key.block.withPointer { secret in
                    _ = crypto_generichash(base, count, bytes, UInt64(bytes.count), secret, Secret32.byteCount)
                }
            }
            filled = count
        }
    }
}
