import InkCrypto
import Synchronization

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The few file operations we need, each with our permissions, a flush to disk and a typed error.
package enum Files {
    /// Only the owner reads, writes and enters (ST-8).
    static let directoryMode: mode_t = 0o700
    /// Only the owner reads and writes (ST-8).
    static let fileMode: mode_t = 0o600

    /// True if something of that name is there.
    package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Bytes of a file; nil if there is none.
    static func size(_ path: String) -> Int? {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : nil
    }

    /// When a file was written last, ms since 1970; nil if there is none.
    static func modified(_ path: String) -> UInt64? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        let time = status.modified
        return UInt64(max(0, time.tv_sec)) * 1000 + UInt64(time.tv_nsec) / 1_000_000
    }

    /// Owner and permissions of what `path` leads to; nil if it leads to nothing.
    static func rights(of path: String) -> (owner: uid_t, mode: mode_t)? {
        var status = stat()
        return stat(path, &status) == 0 ? (status.st_uid, status.st_mode & 0o7777) : nil
    }

    /// True where the system does not tell whether something of that name is there, as in a directory of somebody else.
    static func isHidden(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) != 0 && errno == EACCES
    }

    /// The absolute path without links that `path` leads to, also where the end of it is not there yet.
    package static func resolved(_ path: String) -> String {
        if let found = realpath(path, nil) {
            defer { free(found) }
            return String(cString: found)
        }
        let parent = Self.parent(of: path)
        guard parent != path, let name = path.split(separator: "/").last else { return path }
        let place = resolved(parent)
        return place == "/" ? "/\(name)" : "\(place)/\(name)"
    }

    /// Makes `path` and what is missing above it, each 0700; one that is already there keeps its mode.
    package static func makeDirectory(_ path: String) throws(StoreError) {
        var status = stat()
        if stat(path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFDIR else { throw .failed(path: path, detail: "it is a file where a directory is needed") }
            return
        }
        let parent = Self.parent(of: path)
        if parent != path { try makeDirectory(parent) }
        // Another process may make it between our look and this call.
        guard mkdir(path, directoryMode) == 0 || errno == EEXIST else {
            // What is above it is there: this is no place for directories, as /proc is none.
            if errno == ENOENT { throw .failed(path: path, detail: "no directory can be made there") }
            throw StoreError(errno: errno, path: path)
        }
        try flush(directory: parent)
    }

    /// Makes an empty file of mode 0600 unless it is there.
    static func touch(_ path: String) throws(StoreError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, fileMode)
        guard descriptor >= 0 else { throw StoreError(errno: errno, path: path) }
        close(descriptor)
    }

    /// Writes a new file of mode 0600 so that, after a crash at any moment, it has all of `bytes` or does not exist.
    ///
    /// - Returns: false if a file of that name is already there; that file is left as it is.
    static func create(_ path: String, bytes: [UInt8]) throws(StoreError) -> Bool {
        try withTemporary(for: path, bytes: bytes) { temporary throws(StoreError) in
            // link refuses to replace, where rename would let the later of two starting processes take the key from (ST-9) the other.
            guard link(temporary, path) == 0 else {
                if errno == EEXIST { return false }
                // Some file systems give no file a second name (CL-283).
                guard [EPERM, ENOSYS, EOPNOTSUPP, EMLINK].contains(errno) else { throw StoreError(errno: errno, path: path) }
                return try renameUnlessThere(temporary, to: path)
            }
            try flush(directory: parent(of: path))
            return true
        }
    }

    /// For who cannot link: of two processes that do so at once the second waits, where the file system has locks.
    ///
    /// - Returns: false if a file of that name is already there.
    private static func renameUnlessThere(_ old: String, to path: String) throws(StoreError) -> Bool {
        let descriptor = open(parent(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StoreError(errno: errno, path: path) }
        defer { close(descriptor) }
        _ = systemLock(descriptor, LOCK_EX)
        guard !exists(path), !isDangling(path) else { return false }
        try rename(old, to: path)
        return true
    }

    /// Gives a file of mode 0600 new content: after a crash at any moment it has all of the old bytes or all of the new.
    package static func replace(_ path: String, bytes: [UInt8]) throws(StoreError) {
        try withTemporary(for: path, bytes: bytes) { temporary throws(StoreError) in
            guard systemRename(temporary, path) == 0 else { throw StoreError(errno: errno, path: path) }
            try flush(directory: parent(of: path))
        }
    }

    /// Copies all bytes of an open file into a new one of mode 0600, in pieces.
    ///
    /// - Parameter path: what errors of reading name.
    static func copy(_ source: Int32, of path: String, to target: String) throws(StoreError) {
        let descriptor = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, fileMode)
        guard descriptor >= 0 else { throw StoreError(errno: errno, path: target) }
        defer { close(descriptor) }
        var chunk = [UInt8](repeating: 0, count: 65_536)
        // It may hold keys.
        defer { erase(&chunk) }
        var offset: off_t = 0
        while true {
            let count = pread(source, &chunk, chunk.count, offset)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw StoreError(errno: errno, path: path) }
            guard count > 0 else { return }
            offset += off_t(count)
            try write(chunk[..<count], to: descriptor, of: target)
        }
    }

    /// Writes a file beside `path`, and removes it after `body` if it is still there.
    private static func withTemporary<R: Sendable>(
        for path: String, bytes: [UInt8], _ body: (String) throws(StoreError) -> R
    ) throws(StoreError) -> R {
        // One at a time in this process, for the name is the process's.
        try turn.withLock { _ throws(StoreError) in
            let temporary = "\(path).\(getpid()).new"
            // Left by a process that had our number and died.
            unlink(temporary)
            defer { unlink(temporary) }
            try write(bytes, to: temporary, of: path)
            return try body(temporary)
        }
    }

    private static let turn = Mutex(())

    /// True for a file with bytes, and for a link that leads to one.
    static func isFile(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    /// True for a link that leads to nothing.
    static func isDangling(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) != 0 && errno == ENOENT && lstat(path, &status) == 0
    }

    /// All bytes of a file that is not larger than `limit`.
    package static func read(_ path: String, limit: Int) throws(StoreError) -> [UInt8] {
        // A pipe in the place of a file would hold us until somebody writes to it.
        guard isFile(path) || !exists(path) else { throw .failed(path: path, detail: "it is not a file") }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw StoreError(errno: errno, path: path) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        // It may hold keys: no copy is left behind, neither here nor where the array grew.
        defer { erase(&chunk) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw StoreError(errno: errno, path: path) }
        bytes.reserveCapacity(min(limit, Int(status.st_size)))
        while true {
            let count = systemRead(descriptor, &chunk, chunk.count)
            guard count >= 0 else {
                if errno == EINTR { continue }
                throw StoreError(errno: errno, path: path)
            }
            if count == 0 { return bytes }
            guard bytes.count + count <= limit else { throw .failed(path: path, detail: "it is larger than \(limit) bytes") }
            bytes.append(contentsOf: chunk[..<count])
        }
    }

    /// Names in a directory, sorted, without `.` and `..`; empty when there is no such directory.
    static func list(_ path: String) throws(StoreError) -> [String] {
        guard let stream = opendir(path) else {
            if errno == ENOENT { return [] }
            throw StoreError(errno: errno, path: path)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: entry.pointee.d_name)) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Gives `path` another name in the same file system.
    static func rename(_ path: String, to other: String) throws(StoreError) {
        guard systemRename(path, other) == 0 else { throw StoreError(errno: errno, path: path) }
        try flush(directory: parent(of: other))
    }

    /// Makes a directory of mode 0700 with a name of its own where temporary files go.
    static func makeTemporaryDirectory() throws(StoreError) -> String {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        // mkdtemp(3) puts a free name in the place of exactly six times X at the end.
        let place = String(repeating: "X", count: 6)
        var template = Array("\(parent)/inkwire.\(place)".utf8CString)
        guard template.withUnsafeMutableBufferPointer({ $0.baseAddress.flatMap { mkdtemp($0) } }) != nil else {
            throw StoreError(errno: errno, path: parent)
        }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Removes a directory of files. What cannot be removed stays.
    static func removeDirectory(_ path: String) {
        for name in (try? list(path)) ?? [] { unlink("\(path)/\(name)") }
        rmdir(path)
    }

    /// Removes a file that nothing depends on. What cannot be removed stays.
    static func remove(_ path: String) { unlink(path) }

    /// Removes a directory with all that is in it. What links in it lead to stays.
    ///
    /// - Throws: at the first thing that cannot be removed; the rest stays as well.
    static func removeTree(_ path: String) throws(StoreError) {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            if errno == ENOENT { return }
            throw StoreError(errno: errno, path: path)
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            guard unlink(path) == 0 else { throw StoreError(errno: errno, path: path) }
            return
        }
        for name in try list(path) { try removeTree("\(path)/\(name)") }
        guard rmdir(path) == 0 else { throw StoreError(errno: errno, path: path) }
    }

    /// Everything before the last slash; `.` when there is none.
    static func parent(of path: String) -> String {
        let trimmed = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        guard let slash = trimmed.lastIndex(of: "/") else { return "." }
        return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
    }

    /// The directories above `path`, without links, the root included.
    static func ancestors(of path: String) -> [String] {
        var (ancestors, place) = ([String](), resolved(path))
        while parent(of: place) != place, place != "." {
            place = parent(of: place)
            ancestors.append(place)
        }
        return ancestors
    }

    /// True if the file system that holds `path` is mounted read-only.
    static func isOnReadOnlyFileSystem(_ path: String) -> Bool {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return false }
        return UInt(status.f_flag) & UInt(ST_RDONLY) != 0
    }

    /// What is wrong with the disk of a directory, as far as a trial shows it: SQLite says of most that there was an error. Nil where a few bytes are taken.
    ///
    /// - Parameter path: what the error names.
    static func trouble(in directory: String, of path: String) -> StoreError? {
        if isOnReadOnlyFileSystem(directory) { return .readOnly(path: path) }
        do throws(StoreError) {
            // As much as SQLite takes first: a file may have its first bytes where there is no room any more.
            try withTemporary(for: "\(directory)/trial", bytes: [UInt8](repeating: 0, count: 32_768)) { _ throws(StoreError) in }
            return nil
        } catch {
            switch error {
            case .full: return .full(path: path)
            case .readOnly: return .readOnly(path: path)
            default: return nil
            }
        }
    }

    /// True where this process may open no more files.
    static var areAllOpen: Bool {
        let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return errno == EMFILE || errno == ENFILE }
        close(descriptor)
        return false
    }

    /// - Parameter place: what errors name, for the file that is written is a temporary one.
    private static func write(_ bytes: [UInt8], to path: String, of place: String) throws(StoreError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, fileMode)
        guard descriptor >= 0 else { throw StoreError(errno: errno, path: place) }
        defer { close(descriptor) }
        try write(bytes[...], to: descriptor, of: place)
        guard fsync(descriptor) == 0 else { throw StoreError(errno: errno, path: place) }
    }

    private static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32, of path: String) throws(StoreError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { $0.baseAddress.map { address in systemWrite(descriptor, address, rest.count) } ?? 0 }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw StoreError(errno: errno, path: path)
            }
            rest = rest.dropFirst(count)
        }
    }

    /// A new name is on disk only once its directory is.
    private static func flush(directory path: String) throws(StoreError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StoreError(errno: errno, path: path) }
        defer { close(descriptor) }
        // Some file systems cannot flush a directory and say EINVAL; there is nothing more to do on those.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw StoreError(errno: errno, path: path) }
    }
}

// Inside `Files` the plain names mean its own methods.
private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer, _ count: Int) -> Int { read(descriptor, buffer, count) }
private func systemWrite(_ descriptor: Int32, _ buffer: UnsafeRawPointer, _ count: Int) -> Int { write(descriptor, buffer, count) }
private func systemLock(_ descriptor: Int32, _ operation: Int32) -> Int32 { flock(descriptor, operation) }
private func systemRename(_ old: String, _ new: String) -> Int32 { rename(old, new) }

extension StoreError {
    /// What a failed system call means for `path`.
    package init(errno number: Int32, path: String) {
        switch number {
        case EROFS: self = .readOnly(path: path)
        case ENOSPC, EDQUOT, EFBIG: self = .full(path: path)
        case EACCES, EPERM: self = .permission(path: path)
        case ENOENT: self = .missing(what: path)
        default: self = .failed(path: path, detail: String(cString: strerror(number)))
        }
    }
}

extension stat {
    /// When the file was written last, since 1970.
    var modified: timespec {
        #if canImport(Darwin)
            st_mtimespec
        #else
            st_mtim
        #endif
    }
}
