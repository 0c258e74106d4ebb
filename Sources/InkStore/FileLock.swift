import Synchronization

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// An advisory lock on a file, held until it is released or the process ends (flock(2)).
///
/// The system drops it with the process, so a kill leaves nothing behind that must be cleaned up. The file itself stays.
final class FileLock: Sendable {
    /// Nil once released.
    private let descriptor: Mutex<Int32?>

    private static let attemptsMax = 5
    private static let pauseMicroseconds: UInt32 = 5000

    /// Takes the lock or throws `locked` within 25 ms.
    init(_ path: String) throws(StoreError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, Files.fileMode)
        guard descriptor >= 0 else { throw StoreError(errno: errno, path: path) }
        var attempts = 0
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            let reason = errno
            // `isHeld` of another process holds the lock for microseconds; that must not look like an open board.
            if reason == EWOULDBLOCK, attempts < Self.attemptsMax {
                attempts += 1
                usleep(Self.pauseMicroseconds)
                continue
            }
            close(descriptor)
            throw reason == EWOULDBLOCK ? .locked(path: path) : StoreError(errno: reason, path: path)
        }
        // Whoever held it may have removed the file: then we hold what nobody else will look at.
        var (ours, named) = (stat(), stat())
        guard fstat(descriptor, &ours) == 0, stat(path, &named) == 0, ours.st_ino == named.st_ino else {
            close(descriptor)
            throw .locked(path: path)
        }
        self.descriptor = Mutex(descriptor)
    }

    deinit { release() }

    /// Gives the lock up; once is enough.
    func release() {
        descriptor.withLock { held in
            if let held { close(held) }
            held = nil
        }
    }

    /// True if somebody holds the lock on `path` now. A file that is not there is not locked.
    static func isHeld(_ path: String) -> Bool {
        let descriptor = open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK
    }
}
