import Foundation

/// A file that holds what others must not have: a token, or the keys that tokens are taken by.
public enum SecretFile {
    /// Why one is not used; fit for a status line.
    public struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String
    }

    /// What stands in a file that nobody but its owner, who is this user or root, may read or change; one of root's may be read by its group, which is
    /// how a system hands files to a service: systemd's credentials have a list of rights whose mask stands where the group's rights do (RT-167).
    ///
    /// - Parameter limit: bytes; a longer file is refused.
    public static func read(_ path: String, limit: Int) throws(Refusal) -> [UInt8] {
        // A pipe that nobody writes into would hold us up.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw refusal(path, "cannot be read: \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw refusal(path, "cannot be read: \(String(cString: strerror(errno)))") }
        guard status.st_mode & S_IFMT == S_IFREG else { throw refusal(path, "is no plain file") }
        guard status.st_uid == geteuid() || status.st_uid == 0 else { throw refusal(path, "belongs to another user") }
        guard status.st_mode & forbidden(to: geteuid(), of: status.st_uid) == 0 else {
            let mode = String(status.st_mode & 0o777, radix: 8)
            throw refusal(path, "may be read or changed by others on this machine: its mode is 0\(mode); `chmod 600` it")
        }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 1 << 14)
        while true {
            let count = Foundation.read(descriptor, &part, part.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw refusal(path, "cannot be read: \(String(cString: strerror(errno)))") }
            guard count > 0 else { return bytes }
            guard bytes.count + count <= limit else { throw refusal(path, "is longer than \(limit) bytes") }
            bytes += part[..<count]
        }
    }

    /// The rights that nobody may have beside the owner.
    static func forbidden(to user: uid_t, of owner: uid_t) -> mode_t { owner == 0 && user != 0 ? 0o037 : 0o077 }

    static func refusal(_ path: String, _ why: String) -> Refusal { Refusal(description: "\(path) \(why)") }
}
