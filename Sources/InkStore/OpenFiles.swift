#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The files that a store writes, and whether their names still lead to them.
///
/// A file that is removed while it is open takes all that is written to it, and says nothing; it is gone with the process. A copy that is put in
/// its place is another file, which nobody writes.
struct OpenFiles {
    private var files: [(path: String, descriptor: Int32)] = []

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

// Inside `OpenFiles` the plain name means its own method.
private func closeDescriptor(_ descriptor: Int32) { close(descriptor) }
