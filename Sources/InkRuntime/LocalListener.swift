import NIOCore
import NIOPosix
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A local socket at which the process that holds a board is found by other programs of the same user. Lives on one event loop.
package final class LocalListener: Sendable {
    /// More connections at once than any person has programs: what comes above is closed at once (RT-11).
    static let connectionsMax = 128
    /// Connections that may wait for `accept`.
    private static let backlog: CInt = 64

    package let path: String
    private let channel: EventLoopFuture<any Channel>
    /// Device and number of the file that we made (RT-133): what stands there later may be our successor's.
    private let file: LocalSocket.FileIdentity
    private let isClosed = Atomic<Bool>(false)

    private init(path: String, file: LocalSocket.FileIdentity, channel: EventLoopFuture<any Channel>) {
        (self.path, self.file, self.channel) = (path, file, channel)
    }

    /// Listens from the moment this returns. Does not block; may be called on any thread, the loop's own as well.
    ///
    /// The caller holds the board's lock, so a socket that stands at `path` is stale and is replaced.
    ///
    /// - Parameters:
    ///   - limit: the longest frame taken from a program.
    ///   - accept: called on `loop` for each program of our user. Nothing is read from it before `LocalChannel.receive`.
    package static func open(
        path: String, loop: any EventLoop, limit: LocalFrameLimit = .fromProgram, accept: @escaping @Sendable (LocalChannel) -> Void
    ) throws(SocketError) -> LocalListener {
        try open(path: path, loop: loop, limit: limit, userID: geteuid(), accept: accept)
    }

    /// - Parameter userID: whose programs are let in; another's than ours in tests.
    static func open(
        path: String, loop: any EventLoop, limit: LocalFrameLimit, userID: UInt32, accept: @escaping @Sendable (LocalChannel) -> Void
    ) throws(SocketError) -> LocalListener {
        try LocalSocketPlace.prepareDirectory(of: path)
        try LocalSocketPlace.removeStale(path)
        let (socket, file) = try LocalSocket.listening(at: path, backlog: backlog)
        let open = NIOLoopBoundBox.makeBoxSendingValue(0, eventLoop: loop)
        // All are our person's own programs: none makes room for another.
        let takes = { @Sendable (channel: any Channel) in
            guard open.value < connectionsMax else { return false }
            open.value += 1
            channel.closeFuture.whenComplete { _ in open.value -= 1 }
            return true
        }
        let channel = ServerBootstrap(group: loop)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(ListenerGate(takes)) }
            }
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let user = try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable { (socket: NIOBSDSocket.Handle) in
                        LocalSocket.peerUserID(socket)
                    }?.flatMap { $0 }
                    // Whoever fails here is closed. The mode of the file keeps others out as well; only root could get this far (RT-134).
                    guard let user, user == userID else { throw LocalSocketError.foreign(path: path, userID: user ?? .max) }
                    try LocalChannel.add(to: channel, limit: limit, opened: accept)
                }
            }
            .withBoundSocket(socket)
        return LocalListener(path: path, file: file, channel: channel)
    }

    /// Stops listening and removes the file; those who are connected stay so.
    package func close() -> EventLoopFuture<Void> {
        // Once: a file that is gone leaves its number to the next.
        if !isClosed.exchange(true, ordering: .relaxed), LocalSocket.identity(of: path) == file { unlink(path) }
        // A listener that is closed already is what we want.
        return channel.flatMap { $0.close() }.recover { _ in }
    }
}
