import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Stream sockets of unix(7) as the system makes them. NIO makes them too, but gives the file the mode that the process' umask leaves, and tells
/// later, on the loop, what the system says at once.
enum LocalSocket {
    /// By what a file is known from another of its name.
    struct FileIdentity: Hashable, Sendable {
        var device: UInt64
        var number: UInt64
    }

    /// A socket that listens at `path`, open to nobody but us, and the file that it made.
    static func listening(at path: String, backlog: CInt) throws(SocketError) -> (socket: CInt, file: FileIdentity) {
        guard let address = try? NIOCore.SocketAddress(unixDomainSocketPath: path) else {
            throw .cannotBind(address: path, reason: tooLong)
        }
        let made = make()
        guard made >= 0 else { throw .cannotBind(address: path, reason: String(cString: strerror(errno))) }
        // Linux gives the file the mode of the socket, so that there is no moment in which it is open to others; elsewhere the directory
        // guards it until chmod. The umask belongs to all threads of a process and is no way to do this.
        let isListening =
            fchmod(made, 0o600) == 0 && address.withSockAddr { bind(made, $0, socklen_t($1)) } == 0 && chmod(path, 0o600) == 0
            && listen(made, backlog) == 0
        guard isListening, let file = identity(of: path) else {
            let reason = String(cString: strerror(errno))
            close(made)
            throw .cannotBind(address: path, reason: reason)
        }
        return (made, file)
    }

    /// A socket that is connected to a program of `userID`. A local connection is made or refused at once, so this does not block.
    static func connected(to path: String, userID: UInt32) throws(LocalSocketError) -> CInt {
        guard let address = try? NIOCore.SocketAddress(unixDomainSocketPath: path) else { throw .failed(path: path, reason: tooLong) }
        let made = make()
        guard made >= 0 else { throw .failed(path: path, reason: String(cString: strerror(errno))) }
        guard address.withSockAddr({ connect(made, $0, socklen_t($1)) }) == 0 else {
            let reason = errno
            close(made)
            switch reason {
            case ENOENT, ENOTDIR: throw .absent(path: path)
            // Also for a file that is no socket.
            case ECONNREFUSED, ENOTSOCK: throw .stale(path: path)
            case EAGAIN: throw .busy(path: path)
            default: throw .failed(path: path, reason: String(cString: strerror(reason)))
            }
        }
        // Somebody else may have been quicker to put a socket there: nothing is told to him (RT-134).
        let user = peerUserID(made)
        guard let user, user == userID else {
            close(made)
            throw .foreign(path: path, userID: user ?? .max)
        }
        return made
    }

    /// The user as whom the process at the other end ran when it connected or listened; nil if the system does not say.
    static func peerUserID(_ socket: CInt) -> UInt32? {
        #if canImport(Darwin)
            var (user, group): (uid_t, gid_t) = (0, 0)
            return getpeereid(socket, &user, &group) == 0 ? user : nil
        #else
            var peer = Credentials()
            var size = socklen_t(MemoryLayout<Credentials>.size)
            guard getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0, size == MemoryLayout<Credentials>.size else { return nil }
            return peer.user
        #endif
    }

    /// Nil if there is no such file.
    static func identity(of path: String) -> FileIdentity? {
        var file = stat()
        guard lstat(path, &file) == 0 else { return nil }
        return FileIdentity(device: UInt64(truncatingIfNeeded: file.st_dev), number: UInt64(file.st_ino))
    }

    private static let tooLong = "a socket's path has at most \(LocalSocketPlace.pathBytesMax) bytes"

    /// A socket that does not block and is not inherited; negative, with `errno`, if the system gives none.
    private static func make() -> CInt {
        #if canImport(Darwin)
            let made = socket(AF_UNIX, SOCK_STREAM, 0)
            guard made >= 0 else { return made }
            var on: CInt = 1
            let isSet =
                fcntl(made, F_SETFD, FD_CLOEXEC) == 0 && fcntl(made, F_SETFL, O_NONBLOCK) == 0
                && setsockopt(made, SOL_SOCKET, SO_NOSIGPIPE, &on, socklen_t(MemoryLayout<CInt>.size)) == 0
            guard isSet else {
                close(made)
                return -1
            }
            return made
        #else
            return socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        #endif
    }

    #if !canImport(Darwin)
        /// `struct ucred` of unix(7), which the module of the C library leaves out.
        private struct Credentials {
            var process: pid_t = 0
            var user: uid_t = 0
            var group: gid_t = 0
        }
    #endif
}
