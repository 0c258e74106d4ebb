import InkCrypto
import InkPrimitives

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Where the process that holds a board listens for other programs of this machine.
package enum LocalSocketPlace {
    /// The longest path that the address of a socket holds, bytes (RT-131, CL-289): `sun_path` of unix(7), less the zero at its end.
    #if canImport(Darwin)
        package static let pathBytesMax = 103
    #else
        package static let pathBytesMax = 107
    #endif

    /// The place of one board (RT-12).
    ///
    /// - Parameters:
    ///   - boardDirectory: absolute and without symbolic links, so that all who open the board spell it alike.
    ///   - runtimeDirectory: the value of XDG_RUNTIME_DIR, if it is to be used; see `usable(runtimeDirectory:)`.
    package static func path(boardDirectory: String, runtimeDirectory: String?, userID: UInt32) -> String {
        paths(boardDirectory: boardDirectory, runtimeDirectory: runtimeDirectory, userID: userID)[0]
    }

    /// The places at which a program looks for the holder of one board, the likeliest first (RT-132); never empty.
    ///
    /// Two programs need not have the same surroundings: a job of cron has no XDG_RUNTIME_DIR and must find the holder that has one.
    package static func paths(boardDirectory: String, runtimeDirectory: String?, userID: UInt32) -> [String] {
        // 64 bits tell the boards of one person apart; a digest of 16 bytes is the shortest that there is.
        let hash = Hex.encode(Blake2b.hash(Array(boardDirectory.utf8), count: 16).prefix(8))
        var wishes: [String] = []
        if let runtimeDirectory, runtimeDirectory.hasPrefix("/") { wishes.append("\(runtimeDirectory)/inkwire/\(hash).sock") }
        wishes.append("\(boardDirectory)/attach.sock")
        // Where systemd puts the directory of everybody who logs in.
        wishes.append("/run/user/\(userID)/inkwire/\(hash).sock")
        var paths: [String] = []
        for wish in wishes {
            let path = wish.utf8.count <= pathBytesMax ? wish : "/tmp/inkwire-\(userID)/\(hash).sock"
            if !paths.contains(path) { paths.append(path) }
        }
        return paths
    }

    /// XDG_RUNTIME_DIR, if it names a directory of ours that others cannot write to; nil otherwise.
    ///
    /// After `su` or in a container the variable may name another person's, or one that is gone: what is made there would be in the way of
    /// its owner.
    package static func usable(runtimeDirectory: String?) -> String? {
        guard let runtimeDirectory, runtimeDirectory.hasPrefix("/"), complaint(about: runtimeDirectory) == nil else { return nil }
        return runtimeDirectory
    }

    /// Makes the directory in which the socket will stand, for us alone, or looks whether the one that is there is ours (RT-13).
    ///
    /// In a directory of others the file could be exchanged, and a program would talk to a stranger.
    static func prepareDirectory(of path: String) throws(SocketError) {
        guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
            throw .cannotBind(address: path, reason: "not an absolute path")
        }
        let directory = String(path[..<slash])
        if mkdir(directory, 0o700) != 0, errno != EEXIST { throw .cannotBind(address: path, reason: String(cString: strerror(errno))) }
        if let complaint = complaint(about: directory) { throw .cannotBind(address: path, reason: complaint) }
    }

    /// Makes room for a socket: whoever calls this holds the board's lock, so a socket that stands there is left from a program that has ended.
    /// Nothing but a socket of ours is removed (RT-133).
    static func removeStale(_ path: String) throws(SocketError) {
        var file = stat()
        guard lstat(path, &file) == 0 else {
            if errno == ENOENT { return }
            throw .cannotBind(address: path, reason: String(cString: strerror(errno)))
        }
        guard file.st_mode & S_IFMT == S_IFSOCK else {
            throw .cannotBind(address: path, reason: "a file that is no socket stands there and was left alone")
        }
        guard file.st_uid == geteuid() else {
            throw .cannotBind(address: path, reason: "the socket that stands there belongs to another user")
        }
        guard unlink(path) == 0 || errno == ENOENT else { throw .cannotBind(address: path, reason: String(cString: strerror(errno))) }
    }

    /// What keeps us from trusting a directory; nil for nothing.
    private static func complaint(about directory: String) -> String? {
        var file = stat()
        // Not followed: whoever made the link chose where we end up.
        guard lstat(directory, &file) == 0 else { return "\(directory): \(String(cString: strerror(errno)))" }
        guard file.st_mode & S_IFMT == S_IFDIR else { return "\(directory) is no directory" }
        guard file.st_uid == geteuid() else { return "\(directory) belongs to another user" }
        guard file.st_mode & 0o022 == 0 else { return "others may write to \(directory)" }
        return nil
    }
}

/// Why no program was reached at a local socket; fit for a status line.
package enum LocalSocketError: Error, Hashable, Sendable, CustomStringConvertible {
    /// There is no such file.
    case absent(path: String)
    /// The file is there and nobody listens: its program has ended without removing it.
    case stale(path: String)
    /// Whoever listens runs as another user.
    case foreign(path: String, userID: UInt32)
    /// More programs wait to be let in than the system lets wait.
    case busy(path: String)
    /// The reason as the system gave it.
    case failed(path: String, reason: String)

    package var description: String {
        switch self {
        case .absent(let path): "no program listens at \(path)"
        case .stale(let path): "the program that listened at \(path) has ended"
        case .foreign(let path, let userID): "the program at \(path) runs as another user (\(userID))"
        case .busy(let path): "the program at \(path) is busy"
        case .failed(let path, let reason): "cannot reach the program at \(path): \(reason)"
        }
    }
}
