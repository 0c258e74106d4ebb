#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The files that a store writes, and whether their names still lead to them.
///
/// A file that is removed while it is open takes all that is written to it, and says nothing; it is gone with the process. A copy that is put in
/// its place is another file, which nobody writes. And what is copied over it keeps its name: then its content is not what we left.
struct OpenFiles {
    private var files: [(path: String, descriptor: Int32)] = []
    /// What they were like when we had written last; nil for one of which the system did not say.
    private var left: [FileTrace?] = []

    /// Remembers those of `paths` that are there.
    ///
    /// - Throws: `StoreError` when one cannot be opened.
    init(_ paths: [String]) throws(StoreError) {
        for path in paths where Files.exists(path) {
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else {
                let reason = errno
                close()
                throw StoreError(errno: reason, path: path)
            }
            files.append((path, descriptor))
        }
        leave()
    }

    /// Remembers what they are like now, after we have written.
    mutating func leave() { left = traces }

    /// False if somebody else may have written to them since we did.
    var areAsLeft: Bool { left == traces }

    /// What they are like now; nil for one of which the system does not say.
    var traces: [FileTrace?] { files.map { FileTrace(descriptor: $0.descriptor) } }

    /// Copies them into `folder`, under their names. By the descriptors that are open: were the files opened and closed once more, the system would
    /// take the database's locks on them away.
    func copy(to folder: String) throws(StoreError) {
        for (path, descriptor) in files {
            let name = path.split(separator: "/").last.map(String.init) ?? path
            try Files.copy(descriptor, of: path, to: "\(folder)/\(name)")
        }
    }

    /// Throws `gone` unless each file still has its name. A directory that was moved as a whole took all of them along: they are somewhere, and
    /// what is written is in them.
    func check() throws(StoreError) {
        var missing = 0
        for (path, descriptor) in files {
            guard let ours = FileIdentity(descriptor: descriptor), ours.nameCount > 0 else { throw .gone(path: path) }
            guard let named = FileIdentity(path: path) else {
                missing += 1
                continue
            }
            guard ours.isSame(named) else { throw .gone(path: path) }
        }
        guard missing == 0 || missing == files.count else { throw .gone(path: files[0].path) }
    }

    /// Forgets them. Only once the database is closed: the system takes a process's locks on a file away with the first of its descriptors that
    /// is closed.
    mutating func close() {
        for file in files { closeDescriptor(file.descriptor) }
        files = []
    }
}

/// By what a change of a file's content shows, without reading it.
struct FileTrace: Equatable {
    private let byteCount: Int64
    private let seconds: Int64
    private let nanoseconds: Int64

    /// Nil if the system does not say.
    init?(descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        let time = status.modified
        (byteCount, seconds, nanoseconds) = (Int64(status.st_size), Int64(time.tv_sec), Int64(time.tv_nsec))
    }
}

// Inside `OpenFiles` the plain name means its own method.
private func closeDescriptor(_ descriptor: Int32) { close(descriptor) }
