import CSodium

/// Secret randomness from one seed: the ChaCha20 key stream (RFC 8439 §2.4) under the seed as key, nonce zero.
///
/// The same seed gives the same stream, which lets a simulation replay (CR-9); a process seeds it from the system. Each request begins a
/// fresh block of 64 bytes, so nothing drawn earlier, and nothing still to come, waits in ordinary memory. A secret replaces the key
/// that made it, so nobody who reads the generator later can make it again (fast key erasure, Bernstein 2017); other bytes, which
/// leave in clear as nonces and names, do not. A copy repeats the stream: keep one owner.
public struct SecretGenerator: RandomNumberGenerator, Sendable {
    private var key: Secret32
    /// Number of the next unused block of the key's stream. 2^64 blocks are never reached.
    private var block: UInt64 = 0

    /// A stream that is a function of `seed`, which must have 32 bytes.
    public init(seed: [UInt8]) {
        guard let key = Secret32(seed) else { preconditionFailure("a seed has 32 bytes, not \(seed.count)") }
        self.key = key
    }

    /// A stream that is a function of `seed`.
    public init(seed: Secret32) { key = seed }

    public mutating func next() -> UInt64 {
        var word: UInt64 = 0
        withUnsafeMutableBytes(of: &word) { buffer in
            if let base = buffer.baseAddress { fill(base.assumingMemoryBound(to: UInt8.self), count: 8) }
        }
        return UInt64(littleEndian: word)
    }

    /// The next `count` bytes.
    public mutating func bytes(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            if let base = buffer.baseAddress, count > 0 { fill(base, count: count) }
            filled = count
        }
    }

    /// A new secret, drawn straight into guarded memory. The key that made it is erased (CR-35).
    public mutating func secret() -> Secret32 {
        let (secret, next) = (guarded(), guarded())
        (key, block) = (next, 0)
        return secret
    }

    private mutating func guarded() -> Secret32 {
        Secret32(
            block: SecretBlock(count: Secret32.byteCount) { (output: UnsafeMutablePointer<UInt8>) in
                fill(output, count: Secret32.byteCount)
            })
    }

    /// One seed has one stream, so the nonce never varies.
    private static let nonce = [UInt8](repeating: 0, count: 8)

    private mutating func fill(_ output: UnsafeMutablePointer<UInt8>, count: Int) {
        sodium_memzero(output, count)
        key.block.withPointer { _ = crypto_stream_chacha20_xor_ic(output, output, UInt64(count), Self.nonce, block, $0) }
        block += UInt64((count + 63) / 64)
    }
}
