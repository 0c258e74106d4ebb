import Synchronization

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The lock of one board, held until it is released or the process ends (flock(2)).
///
/// It lies on the board's directory itself, which nobody can take away unseen while its files are used (ST-21), and on the file `lock` in it:
/// programs up to 0.2 look at that file alone, and some file systems let no directory be locked. What cleans up or synchronises removes such files;
/// a second program would lock a new one, and both would write one database.
///
/// The system drops both with the process (ST-53), so a kill leaves nothing behind that must be cleaned up. The file itself stays.
final class FileLock: Sendable {
    /// Empty once released.
    private let descriptors: Mutex<[Int32]>

    private static let attemptsMax = 5
    private static let pauseMicroseconds: UInt32 = 5000

    /// Takes the lock of a board's directory, or throws `locked` within 50 ms (ST-5).
    init(directory: String) throws(StoreError) {
        let path = Self.path(directory)
        var taken: [Int32] = []
        do throws(StoreError) {
            if let descriptor = try Self.take(directory, flags: O_RDONLY | O_DIRECTORY, lock: path) { taken.append(descriptor) }
            if let descriptor = try Self.take(path, flags: O_RDWR | O_CREAT, lock: path) { taken.append(descriptor) }
        } catch {
            for descriptor in taken { close(descriptor) }
            throw error
        }
        descriptors = Mutex(taken)
    }

    deinit { release() }

    /// Gives the lock up; once is enough.
    func release() {
        descriptors.withLock { held in
            for descriptor in held { close(descriptor) }
            held = []
        }
    }

    /// True if somebody holds the lock of a board's directory now. What is not there is not locked.
    static func isHeld(_ directory: String) -> Bool {
        isLocked(directory, flags: O_RDONLY | O_DIRECTORY) || isLocked(path(directory), flags: O_RDWR)
    }

    private static func path(_ directory: String) -> String { "\(directory)/lock" }

    /// What a file system says that has no locks: NFS without its daemon, and some in user space.
    private static func meansNoLocks(_ reason: Int32) -> Bool { [ENOLCK, ENOSYS, EOPNOTSUPP, EINVAL].contains(reason) }

    /// False where the file system of a board's directory refuses locks as SQLite takes them. Asked of the file `lock`, on which SQLite has none: the
    /// system drops all of a process's on a file with the first of its descriptors that is closed.
    static func isPossible(_ directory: String) -> Bool {
        let descriptor = open(path(directory), O_RDONLY | O_CLOEXEC)
        // Where nothing can be asked nothing is known.
        guard descriptor >= 0 else { return true }
        defer { close(descriptor) }
        var wish = flock()
        (wish.l_type, wish.l_whence) = (Int16(F_RDLCK), Int16(SEEK_SET))
        return fcntl(descriptor, F_SETLK, &wish) == 0 || !meansNoLocks(errno)
    }

    /// - Parameter lock: how the lock as a whole is called in errors.
    /// - Returns: nil where the file system does not lock this kind of file.
    private static func take(_ path: String, flags: Int32, lock: String) throws(StoreError) -> Int32? {
        let descriptor = open(path, flags | O_CLOEXEC, Files.fileMode)
        guard descriptor >= 0 else { throw StoreError(errno: errno, path: path) }
        var attempts = 0
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            let reason = errno
            // `isHeld` of another process holds the lock for microseconds; that must not look like an open board.
            if reason == EWOULDBLOCK, attempts < attemptsMax {
                attempts += 1
                usleep(pauseMicroseconds)
                continue
            }
            close(descriptor)
            // NFS locks what is open for writing, and no directory is.
            if flags & O_DIRECTORY != 0, reason != EWOULDBLOCK { return nil }
            if reason == EWOULDBLOCK { throw .locked(path: lock) }
            // CL-283
            throw Self.meansNoLocks(reason) ? .unlockable(path: lock) : StoreError(errno: reason, path: path)
        }
        // Whoever held it may have removed what it lies on: then we hold what nobody else will look at.
        guard FileIdentity(descriptor: descriptor)?.isNamed(by: path) == true else {
            close(descriptor)
            throw .locked(path: lock)
        }
        return descriptor
    }

    private static func isLocked(_ path: String, flags: Int32) -> Bool {
        let descriptor = open(path, flags | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
    }
}

/// Which file something is, whatever it is called.
struct FileIdentity: Equatable {
    private let device: dev_t
    private let number: ino_t
    /// How many names lead to it; 0 once it was removed and lives on only for those who have it open.
    let nameCount: Int

    private init(_ status: stat) { (device, number, nameCount) = (status.st_dev, status.st_ino, Int(status.st_nlink)) }

    /// Of an open file; nil if the system does not say.
    init?(descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    /// Of the file that `path` leads to; nil if it leads to none.
    init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    /// True if `path` leads to this file (ST-54).
    func isNamed(by path: String) -> Bool { FileIdentity(path: path).map { isSame($0) } ?? false }

    /// True if both are one file.
    func isSame(_ other: FileIdentity) -> Bool { device == other.device && number == other.number }
}
