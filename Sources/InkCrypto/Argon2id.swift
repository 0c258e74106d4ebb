import CSodium

/// The slow hash Argon2id, version 1.3 with one lane (RFC 9106; CR-30): what it costs to try one input is time and memory together.
public enum Argon2id {
    /// Bytes of a salt.
    public static let saltCount = 16

    /// What one hash costs.
    public struct Cost: Hashable, Sendable {
        /// Times that all of the memory is gone over.
        public let passes: Int
        /// Bytes, of which whole KiB are taken.
        public let memory: Int

        public init(passes: Int, memory: Int) { (self.passes, self.memory) = (passes, memory) }

        /// Libsodium's MODERATE: three passes over 256 MiB.
        public static let moderate = Cost(passes: 3, memory: 256 << 20)
    }

    /// `count` bytes of digest, at least 16; nil where this machine does not give the memory (CR-31).
    ///
    /// - Parameter salt: `saltCount` bytes.
    public static func hash(_ bytes: [UInt8], salt: [UInt8], cost: Cost, count: Int) -> [UInt8]? {
        Sodium.start()
        precondition(salt.count == saltCount, "a salt has \(saltCount) bytes, not \(salt.count)")
        precondition(count >= 16, "a digest has at least 16 bytes, not \(count)")
        precondition(cost.passes >= 1 && cost.memory >= 8192, "one pass and 8 KiB are the least, not \(cost)")
        var isDone = false
        let digest = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            guard let base = buffer.baseAddress else { return }
            let status = crypto_pwhash(
                base, UInt64(count), bytes.map { CChar(bitPattern: $0) }, UInt64(bytes.count), salt, UInt64(cost.passes), cost.memory,
                crypto_pwhash_alg_argon2id13())
            isDone = status == 0
            filled = isDone ? count : 0
        }
        return isDone ? digest : nil
    }
}
