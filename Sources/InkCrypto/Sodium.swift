import CSodium

/// The one start of libsodium in this process.
enum Sodium {
    /// Runs `sodium_init` on first use, once, whatever the thread: it chooses the fastest implementations and readies guarded memory.
    private static let initialised: Bool = sodium_init() >= 0

    /// Call before anything of libsodium; costs one atomic load after the first time.
    static func start() {
        // sodium_init fails only where the system gives no randomness, and then nothing secret can be made at all.
        precondition(initialised, "libsodium could not start: the system gives no randomness")
    }
}

/// Overwrites secret bytes that had to pass through an ordinary array. Copies made of the array before stay as they are.
public func erase(_ bytes: inout [UInt8]) {
    bytes.withUnsafeMutableBytes { buffer in
        if let base = buffer.baseAddress { sodium_memzero(base, buffer.count) }
    }
}

/// True if both hold the same bytes. Takes the same time wherever they differ; only the lengths are not secret.
public func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    return sodium_memcmp(left, right, left.count) == 0
}
