import Foundation

/// A file that a command was asked to read whole.
enum InputFile {
    /// Longest file, bytes: more than any board as any format.
    static let bytesMax = 64 << 20

    /// As `read`, without the mark of the order of bytes that some editors write before UTF-8 (CL-101).
    static func text(_ path: String) throws(Failure) -> [UInt8] {
        let bytes = try read(path)
        return bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
    }

    /// What a file is called for a person.
    static func name(_ path: String) -> String { path == "-" ? "stdin" : path }

    /// The bytes of a file; `-` is stdin.
    static func read(_ path: String) throws(Failure) -> [UInt8] {
        let descriptor: Int32
        if path == "-" {
            descriptor = 0
        } else {
            descriptor = open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else {
                throw Failure(
                    errno == ENOENT ? .notFound : .local, code: "cannot_read", what: "cannot read \(name(path))",
                    why: String(cString: strerror(errno)),
                    next: "check the path, or give - and pipe the file in")
            }
        }
        defer { if path != "-" { close(descriptor) } }
        var status = stat()
        var bytes: [UInt8] = []
        // Room for all of it at once: what grows by doubling has it twice.
        if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG {
            bytes.reserveCapacity(min(bytesMax, Int(status.st_size)) + 1)
        }
        var part = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Foundation.read(descriptor, &part, part.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw Failure(
                    .local, code: "cannot_read", what: "cannot read \(name(path))", why: String(cString: strerror(errno)),
                    next: "check the path, or give - and pipe the file in")
            }
            guard count > 0 else { return bytes }
            guard bytes.count + count <= bytesMax else {
                throw Failure.usage(
                    "cannot read \(name(path))", why: "it is longer than \(bytesMax >> 20) MiB, more than any board takes",
                    next: "give a smaller file")
            }
            bytes += part[..<count]
        }
    }
}
