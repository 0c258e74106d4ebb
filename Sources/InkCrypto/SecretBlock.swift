import CSodium

/// A run of secret bytes outside the ordinary heap: between guard pages, locked into memory where the system allows (CR-33), left out of core
/// dumps, erased when the last owner drops it (CR-1).
///
/// One block costs three or four pages and as many system calls (about 10 µs), so what lives together is kept in one block.
package final class SecretBlock: @unchecked Sendable {
    // Why @unchecked is sound: the bytes are written by `init` alone, before anybody else has the reference, and only read afterwards.
    private let pointer: UnsafeMutablePointer<UInt8>
    /// Where the bytes live; decides how they are given back.
    private let isGuarded: Bool
    /// Length in bytes.
    let count: Int

    /// A block of `count` bytes, zero until `fill` writes them.
    package init<Failure: Error>(count: Int, _ fill: (UnsafeMutablePointer<UInt8>) throws(Failure) -> Void) throws(Failure) {
        Sodium.start()
        self.count = count
        // sodium_malloc goes on without a lock when RLIMIT_MEMLOCK is used up; it gives nothing only when the system has no more maps.
        if let raw = sodium_malloc(count) {
            (pointer, isGuarded) = (raw.assumingMemoryBound(to: UInt8.self), true)
        } else {
            (pointer, isGuarded) = (.allocate(capacity: count), false)
        }
        sodium_memzero(pointer, count)
        try fill(pointer)
        // A stray write becomes a crash instead of a silent change of key. Refusal costs only that protection.
        if isGuarded { _ = sodium_mprotect_readonly(pointer) }
    }

    /// A block that holds a copy of `bytes`.
    package convenience init(copying bytes: UnsafeBufferPointer<UInt8>) {
        self.init(count: bytes.count) { (pointer: UnsafeMutablePointer<UInt8>) in
            for index in 0..<bytes.count { pointer[index] = bytes[index] }
        }
    }

    deinit {
        if isGuarded {
            sodium_free(pointer)
        } else {
            sodium_memzero(pointer, count)
            pointer.deallocate()
        }
    }

    /// Lends the bytes; the pointer must not outlive the call.
    package func withPointer<R, Failure: Error>(_ body: (UnsafePointer<UInt8>) throws(Failure) -> R) throws(Failure) -> R {
        try body(UnsafePointer(pointer))
    }
}

extension SecretBlock: CustomReflectable {
    // Nothing to see for `dump` and debuggers that go through mirrors, not even an address.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Lends `count` bytes of scratch memory that are erased afterwards, for secrets that live within one call.
func withErasedScratch<R, Failure: Error>(
    _ count: Int, _ body: (UnsafeMutablePointer<UInt8>) throws(Failure) -> R
) throws(Failure) -> R {
    // A Result carries the typed error out: the standard function's closure only rethrows `any Error`.
    let result = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: count) { buffer -> Result<R, Failure> in
        buffer.initialize(repeating: 0)
        guard let base = buffer.baseAddress else { preconditionFailure("scratch of \(count) bytes has no address") }
        defer { sodium_memzero(base, count) }
        do throws(Failure) { return .success(try body(base)) } catch { return .failure(error) }
    }
    return try result.get()
}
