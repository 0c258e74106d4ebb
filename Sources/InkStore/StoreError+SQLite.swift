import GRDB

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

extension StoreError {
    /// What an error of SQLite means for the file at `path` (ST-6).
    init(_ error: any Error, path: String) {
        if let known = error as? StoreError {
            self = known
            return
        }
        guard let error = error as? DatabaseError else {
            self = .failed(path: path, detail: "\(error)")
            return
        }
        let detail = error.message ?? "SQLite error \(error.resultCode.rawValue)"
        let directory = Files.parent(of: path)
        switch error.resultCode {
        case .SQLITE_FULL: self = .full(path: path)
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .corrupt(path: path, detail: detail)
        case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH:
            self =
                Files.isOnReadOnlyFileSystem(directory)
                ? .readOnly(path: path)
                : Files.areAllOpen ? .failed(path: path, detail: String(cString: strerror(EMFILE))) : .permission(path: path)
        // CL-280, CL-283: SQLite does not say what the system said.
        case .SQLITE_BUSY where !FileLock.isPossible(directory), .SQLITE_PROTOCOL where !FileLock.isPossible(directory):
            self = .unlockable(path: path)
        case .SQLITE_IOERR:
            self =
                Files.trouble(in: directory, of: path)
                ?? (FileLock.isPossible(directory)
                    ? .failed(path: path, detail: "the disk gave an error in \(Self.deed(error))") : .unlockable(path: path))
        default: self = .failed(path: path, detail: detail)
        }
    }
    /// What SQLite was about, of an error of input or output.
    private static func deed(_ error: DatabaseError) -> String {
        switch error.extendedResultCode {
        case .SQLITE_IOERR_READ, .SQLITE_IOERR_SHORT_READ: "reading"
        case .SQLITE_IOERR_WRITE, .SQLITE_IOERR_TRUNCATE: "writing"
        case .SQLITE_IOERR_FSYNC, .SQLITE_IOERR_DIR_FSYNC: "flushing"
        case .SQLITE_IOERR_SHMMAP, .SQLITE_IOERR_SHMOPEN, .SQLITE_IOERR_SHMSIZE: "mapping a file into memory"
        default: "reading or writing (\(error.extendedResultCode.rawValue))"
        }
    }
}
