import Foundation
import InkStore

/// A file that a command was asked to write.
enum OutputFile {
    /// Replaces the content of a file: after a crash it has all of the old bytes or all of the new, and it keeps its mode. What a symbolic link
    /// names is replaced, not the link; into a pipe or a device the bytes are written.
    static func write(_ bytes: [UInt8], to path: String) throws {
        var (status, named) = (stat(), stat())
        let isThere = stat(path, &status) == 0
        // Neither a device nor a link that leads nowhere yet may be replaced by a file.
        let isOther = isThere ? status.st_mode & S_IFMT != S_IFREG : lstat(path, &named) == 0
        guard !isOther else { return try stream(bytes, to: path) }
        do {
            // Absolute: `~` at the beginning is a name like another, which a shell has replaced where it was meant otherwise.
            let place = Files.resolved(path)
            try Data(bytes).write(to: URL(fileURLWithPath: place), options: .atomic)
            if isThere, chmod(place, status.st_mode & 0o7777) != 0 { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        } catch {
            throw failure(path, error.localizedDescription)
        }
    }

    private static func stream(_ bytes: [UInt8], to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure(path, String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                throw failure(path, String(cString: strerror(errno)))
            }
        }
    }

    private static func failure(_ path: String, _ why: String) -> Failure {
        Failure(
            .local, code: "cannot_write", what: "cannot write \(path)", why: why,
            next: "check the path and the free space, or use -o - for stdout")
    }
}
