/// A secret of any length that HMAC-SHA256 is keyed with, where others chose it. It lives as all secrets do (CR-1, CR-2).
public struct MACKey: Sendable {
    private let block: SecretBlock

    /// Copies `bytes`, which must not be empty. The caller's array is not erased.
    public init(_ bytes: [UInt8]) {
        precondition(!bytes.isEmpty, "a key has bytes")
        block = bytes.withUnsafeBufferPointer { SecretBlock(copying: $0) }
    }

    /// A hash by which it is told from other keys.
    public var name: [UInt8] {
        block.withPointer { bytes in
            var copy = Array(UnsafeBufferPointer(start: bytes, count: block.count))
            defer { erase(&copy) }
            return Blake2b.hash256(copy)
        }
    }

    /// True if `code` is that of `message` under this key; in constant time (CR-32).
    public func verifies(_ code: [UInt8], of message: [UInt8]) -> Bool {
        let expected = [UInt8](unsafeUninitializedCapacity: SHA256.digestCount) { buffer, filled in
            if let base = buffer.baseAddress {
                block.withPointer { key in
                    message.withUnsafeBufferPointer {
                        HMACSHA256.authenticate([$0], key: UnsafeBufferPointer(start: key, count: block.count), into: base)
                    }
                }
            }
            filled = SHA256.digestCount
        }
        return constantTimeEqual(expected, code)
    }
}
