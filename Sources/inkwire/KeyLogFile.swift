import Foundation
import InkTransport
import Synchronization

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The file of `--key-log`: the keys of all connections, for `tools/capture` (CL-140).
///
/// Whoever has it can read what was said, so nobody else may: it is made with mode 0600, and one that is there is taken only if it is a plain file of
/// this user with that mode. A symbolic link is never followed.
final class KeyLogFile: Sendable {
    private let descriptor: Int32
    private let path: String
    /// Why lines are missing in it, where the disk did not take them.
    private let loss = Mutex<String?>(nil)

    /// Opens the file for appending, and makes it where there is none.
    init(_ path: String) throws(Failure) {
        self.path = path
        descriptor = try Self.descriptor(path, flags: O_CREAT)
    }

    /// Refuses what cannot be opened, and makes nothing: the board may yet be held by another program, or not be there (CL-324).
    static func check(_ path: String) throws(Failure) {
        var facts = stat()
        guard lstat(path, &facts) == 0 || errno != ENOENT else {
            let folder = URL(filePath: path).deletingLastPathComponent().path(percentEncoded: false)
            guard access(folder, W_OK) == 0 else { throw refusal(path, why: String(cString: strerror(errno))) }
            return
        }
        close(try descriptor(path, flags: 0))
    }

    private static func descriptor(_ path: String, flags: Int32) throws(Failure) -> Int32 {
        let descriptor = open(path, O_WRONLY | O_APPEND | flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0o600)
        guard descriptor >= 0 else {
            throw refusal(
                path,
                why: errno == ELOOP
                    ? "it is a symbolic link, and the keys would be written to where that leads" : String(cString: strerror(errno)))
        }
        var facts = stat()
        let isKnown = fstat(descriptor, &facts) == 0
        let complaint: String? =
            !isKnown
            ? String(cString: strerror(errno))
            : facts.st_mode & S_IFMT != S_IFREG
                ? "it is no plain file"
                : facts.st_uid != geteuid()
                    ? "it belongs to another user"
                    : facts.st_mode & 0o777 != 0o600
                        ? "others than you may have it: its mode is \(String(facts.st_mode & 0o777, radix: 8)), not 600"
                        : facts.st_nlink != 1 ? "it has a second name" : nil
        if let complaint {
            close(descriptor)
            throw refusal(path, why: complaint)
        }
        return descriptor
    }

    deinit {
        close(descriptor)
        if isatty(STDERR_FILENO) != 0, let why = loss.withLock({ $0 }) { tell(why) }
    }

    /// Appends a line for each direction. Where the disk does not take them that is told once: at once where nothing is drawn on the terminal, else when
    /// the board is closed.
    func append(_ disclosure: KeyDisclosure) {
        var rest = Array(disclosure.lines.utf8)[...]
        while !rest.isEmpty {
            // In one call, so that lines of two programs stand behind each other.
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                return noteLoss(String(cString: strerror(errno)))
            }
        }
    }

    private func noteLoss(_ why: String) {
        let isFirst = loss.withLock { known in
            defer { known = known ?? why }
            return known == nil
        }
        if isFirst, isatty(STDERR_FILENO) == 0 { tell(why) }
    }

    private func tell(_ why: String) {
        StandardStream.error.write(Array("inkwire: keys are missing in “\(path)”: \(why)\n".utf8))
    }

    private static func refusal(_ path: String, why: String) -> Failure {
        Failure(
            .local, code: "key_log", what: "the keys cannot be written to “\(path)”", why: why,
            next: "name a file that does not exist, in a directory of your own")
    }

    /// What is said at each start, whatever else is silent (CL-323).
    static func warning(_ path: String) -> String {
        "WARNING: the keys of this session are written to “\(path)”: whoever has that file can read all that is said here. Leave --key-log out to end that"
    }
}
