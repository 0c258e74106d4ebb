import Foundation
import InkTransport

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

    /// Opens the file for appending, and makes it where there is none.
    init(_ path: String) throws(Failure) {
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0o600)
        guard descriptor >= 0 else {
            throw Self.refusal(
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
            throw Self.refusal(path, why: complaint)
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Appends a line for each direction. False if the disk does not take them.
    @discardableResult
    func append(_ disclosure: KeyDisclosure) -> Bool {
        let bytes = Array(disclosure.lines.utf8)
        // In one call, so that lines of two programs stand behind each other.
        return write(descriptor, bytes, bytes.count) == bytes.count
    }

    private static func refusal(_ path: String, why: String) -> Failure {
        Failure(
            .local, code: "key_log", what: "the keys cannot be written to “\(path)”", why: why,
            next: "name a file that does not exist, in a directory of your own")
    }

    /// What is said at each start, whatever else is silent.
    static func warning(_ path: String) -> String {
        "WARNING: the keys of this session are written to “\(path)”: whoever has that file can read all that is said here. Leave --key-log out to end that"
    }
}
