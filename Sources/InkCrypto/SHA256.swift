import CSodium

/// The hash SHA-256 (FIPS 180-4).
public enum SHA256 {
    /// Length of a digest, bytes.
    public static let digestCount = 32

    /// The digest of `bytes`.
    public static func hash(_ bytes: [UInt8]) -> [UInt8] {
        Sodium.start()
        return [UInt8](unsafeUninitializedCapacity: digestCount) { buffer, filled in
            if let base = buffer.baseAddress { _ = crypto_hash_sha256(base, bytes, UInt64(bytes.count)) }
            filled = digestCount
        }
    }
}

/// The message authentication code HMAC-SHA256 (RFC 2104, RFC 6234).
public enum HMACSHA256 {
    /// The 32-byte code of `message` under `key` of any length.
    public static func authenticate(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
        Sodium.start()
        return [UInt8](unsafeUninitializedCapacity: SHA256.digestCount) { buffer, filled in
            if let base = buffer.baseAddress {
                key.withUnsafeBufferPointer { keyBytes in
                    message.withUnsafeBufferPointer { authenticate([$0], key: keyBytes, into: base) }
                }
            }
            filled = SHA256.digestCount
        }
    }

    /// Writes the code of all `parts` in turn to `output` (32 bytes), which may be one of the parts. Leaves no state behind.
    static func authenticate(
        _ parts: [UnsafeBufferPointer<UInt8>], key: UnsafeBufferPointer<UInt8>, into output: UnsafeMutablePointer<UInt8>
    ) {
        var state = crypto_auth_hmacsha256_state()
        // A nil address goes with a count of zero, which libsodium does not touch.
        withUnsafeMutablePointer(to: &state) { state in
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1) { empty in
                guard let none = empty.baseAddress else { return }
                none.initialize(to: 0)
                _ = crypto_auth_hmacsha256_init(state, key.baseAddress ?? UnsafePointer(none), key.count)
                for part in parts where part.count > 0 {
                    _ = crypto_auth_hmacsha256_update(state, part.baseAddress, UInt64(part.count))
                }
                _ = crypto_auth_hmacsha256_final(state, output)
            }
            sodium_memzero(state, MemoryLayout<crypto_auth_hmacsha256_state>.size)
        }
    }
}

/// The key derivation HKDF-SHA256 (RFC 5869).
public enum HKDFSHA256 {
    /// The greatest length of output, bytes (RFC 5869 §2.3).
    public static let outputMax = 255 * SHA256.digestCount

    /// The pseudorandom key of `input` (RFC 5869 §2.2). An empty salt stands for 32 zero bytes.
    public static func extract(_ input: [UInt8], salt: [UInt8]) -> [UInt8] { HMACSHA256.authenticate(input, key: salt) }

    /// `count` bytes of output key (RFC 5869 §2.3); nil above `outputMax`.
    public static func expand(_ pseudorandomKey: [UInt8], info: [UInt8], count: Int) -> [UInt8]? {
        guard (0...outputMax).contains(count) else { return nil }
        var output: [UInt8] = []
        var block: [UInt8] = []
        var number: UInt8 = 0
        while output.count < count {
            number += 1
            block = HMACSHA256.authenticate(block + info + [number], key: pseudorandomKey)
            output += block
        }
        return Array(output.prefix(count))
    }

    /// Extract, then expand.
    public static func derive(_ input: [UInt8], salt: [UInt8], info: [UInt8], count: Int) -> [UInt8]? {
        expand(extract(input, salt: salt), info: info, count: count)
    }

    /// HKDF as Noise uses it (Noise §4.3): `outputs` (2 or 3) keys of 32 bytes from the chaining key and `input`, side by side in a new block.
    static func noise(chainingKey: UnsafePointer<UInt8>, input: UnsafeBufferPointer<UInt8>, outputs: Int) -> SecretBlock {
        let size = SHA256.digestCount
        return SecretBlock(count: outputs * size) { (output: UnsafeMutablePointer<UInt8>) in
            withErasedScratch(size + 1) { (scratch: UnsafeMutablePointer<UInt8>) in
                let temporaryKey = scratch
                let number = scratch + size
                HMACSHA256.authenticate([input], key: UnsafeBufferPointer(start: chainingKey, count: size), into: temporaryKey)
                for index in 0..<outputs {
                    number.pointee = UInt8(index + 1)
                    var parts = [UnsafeBufferPointer(start: UnsafePointer(number), count: 1)]
                    if index > 0 {
                        parts.insert(UnsafeBufferPointer(start: UnsafePointer(output + (index - 1) * size), count: size), at: 0)
                    }
                    HMACSHA256.authenticate(
                        parts, key: UnsafeBufferPointer(start: UnsafePointer(temporaryKey), count: size), into: output + index * size)
                }
            }
        }
    }
}
