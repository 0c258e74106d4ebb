import CSodium

/// Thirty-two secret bytes: a key, a seed, the secret of a room.
///
/// They live in guarded memory, are erased when the last owner drops them, compare in constant time, and cannot be printed, encoded
/// or mirrored (CR-1, CR-2).
public final class Secret32: Equatable, Sendable {
    package let block: SecretBlock

    /// Length in bytes.
    public static let byteCount = 32

    package init(block: SecretBlock) {
        precondition(block.count == Self.byteCount, "a secret has 32 bytes, not \(block.count)")
        self.block = block
    }

    /// Copies `bytes`; nil unless there are exactly 32. The caller's array is not erased.
    public convenience init?(_ bytes: [UInt8]) { self.init(bytes[...]) }

    /// Copies a part of an array without a copy on the way; nil unless there are exactly 32 bytes. The caller's array is not erased.
    public convenience init?(_ bytes: ArraySlice<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        self.init(block: bytes.withUnsafeBufferPointer { SecretBlock(copying: $0) })
    }

    /// Lends a copy of the bytes, erased after `body` unless it kept the array. For storing the secret and for encoding it in links.
    public func withBytes<R>(_ body: ([UInt8]) -> R) -> R {
        var copy = block.withPointer { Array(UnsafeBufferPointer(start: $0, count: Self.byteCount)) }
        defer { copy.withUnsafeMutableBytes { sodium_memzero($0.baseAddress, $0.count) } }
        return body(copy)
    }

    /// Another secret that tells nothing about this one: BLAKE2b-256 keyed by this one over the length of `label`, `label`, `context`.
    ///
    /// - Parameter label: what the new secret is for; at most 255 bytes of UTF-8 (CR-34).
    public func derive(_ label: String, context: [UInt8] = []) -> Secret32 {
        let name = Array(label.utf8)
        precondition(name.count <= 255, "a label has at most 255 bytes, not \(name.count)")
        let input = [UInt8(name.count)] + name + context
        return Secret32(
            block: SecretBlock(count: Self.byteCount) { (output: UnsafeMutablePointer<UInt8>) in
                block.withPointer { key in _ = crypto_generichash(output, Self.byteCount, input, UInt64(input.count), key, Self.byteCount) }
            })
    }

    /// Thirty-two bytes from the system's generator, drawn straight into guarded memory.
    public static func random() -> Secret32 {
        Secret32(block: SecretBlock(count: byteCount) { (output: UnsafeMutablePointer<UInt8>) in randombytes_buf(output, byteCount) })
    }

    /// The keyed hash of a text, BLAKE2b-256, as another secret.
    public func hash(of text: String) -> Secret32 {
        let input = Array(text.utf8)
        return Secret32(
            block: SecretBlock(count: Self.byteCount) { (output: UnsafeMutablePointer<UInt8>) in
                block.withPointer { key in _ = crypto_generichash(output, Self.byteCount, input, UInt64(input.count), key, Self.byteCount) }
            })
    }

    /// Constant time (CR-32).
    public static func == (left: Secret32, right: Secret32) -> Bool {
        left.block.withPointer { one in right.block.withPointer { other in sodium_memcmp(one, other, byteCount) == 0 } }
    }
}

extension Secret32: CustomReflectable {
    /// Empty: a secret has no parts to show.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
