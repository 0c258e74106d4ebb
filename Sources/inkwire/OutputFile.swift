import Foundation
import InkStore

/// A file that a command was asked to write.
enum OutputFile {
    /// Takes more of a file.
    typealias Sink = (_ bytes: [UInt8]) throws -> Void

    /// Replaces the content of a file: after a crash it has all of the old bytes or all of the new, and it keeps its mode. What a symbolic link
    /// names is replaced, not the link; into a pipe or a device the bytes are written.
    static func write(_ bytes: [UInt8], to path: String) throws { try write(to: path) { sink in try sink(bytes) } }

    /// The same for a file that is made part by part: what is made is on the disk, not in memory. Where `make` throws, the file stands as it was
    /// (CL-319).
    static func write(to path: String, _ make: (Sink) throws -> Void) throws {
        var (status, named) = (stat(), stat())
        let isThere = stat(path, &status) == 0
        // Neither a device nor a link that leads nowhere yet may be replaced by a file.
        let isOther = isThere ? status.st_mode & S_IFMT != S_IFREG : lstat(path, &named) == 0
        guard !isOther else {
            return try filling(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644), path, make) { _ in }
        }
        // Absolute: `~` at the beginning is a name like another, which a shell has replaced where it was meant otherwise.
        let place = Files.resolved(path)
        let unfinished = (place as NSString).deletingLastPathComponent + "/.inkwire-\(UUID().uuidString)"
        try UnfinishedFile.guarding(unfinished) {
            let descriptor = open(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
            do {
                try filling(descriptor, path, make) { descriptor in
                    if isThere, fchmod(descriptor, status.st_mode & 0o7777) != 0 { throw failure(path) }
                    if fsync(descriptor) != 0 { throw failure(path) }
                    if rename(unfinished, place) != 0 { throw failure(path) }
                }
            } catch {
                if descriptor >= 0 { unlink(unfinished) }
                throw error
            }
        }
    }

    /// - Parameters:
    ///   - descriptor: as `open` gave it; closed in the end.
    ///   - finish: what is to be done once all is written.
    private static func filling(
        _ descriptor: Int32, _ path: String, _ make: (Sink) throws -> Void, finish: (Int32) throws -> Void
    ) throws {
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        var buffer = SinkBuffer { bytes in
            var written = 0
            while written < bytes.count {
                let count = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress! + written, $0.count - written) }
                if count > 0 { written += count } else if errno != EINTR { throw failure(path) }
            }
        }
        try make { try buffer.take($0) }
        try buffer.flush()
        try finish(descriptor)
    }

    /// Of the call that just failed.
    private static func failure(_ path: String) -> Failure {
        Failure(
            .local, code: "cannot_write", what: "cannot write \(path)", why: String(cString: strerror(errno)),
            next: "check the path and the free space, or use -o - for stdout")
    }
}

/// Gathers short parts, so that each call of the system has some 64 KiB.
struct SinkBuffer {
    private var bytes: [UInt8] = []
    private let write: OutputFile.Sink

    init(_ write: @escaping OutputFile.Sink) { self.write = write }

    mutating func take(_ more: [UInt8]) throws {
        bytes += more
        if bytes.count >= Self.bytesMax { try flush() }
    }

    mutating func flush() throws {
        guard !bytes.isEmpty else { return }
        try write(bytes)
        bytes.removeAll(keepingCapacity: true)
    }

    private static let bytesMax = 1 << 16
}
