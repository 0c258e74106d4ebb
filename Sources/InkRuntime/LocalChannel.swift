import NIOCore
import NIOPosix
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The longest frame that one end of a local socket takes; what announces a longer one is closed (RT-135).
package struct LocalFrameLimit: Hashable, Sendable {
    package var bytes: Int

    package init(bytes: Int) { self.bytes = bytes }

    /// What the holder of a board takes from a program of the same user: a whole drawing that is pasted or imported.
    package static let fromProgram = LocalFrameLimit(bytes: 64 << 20)
    /// What a program takes from the holder: all shapes of a large board.
    package static let fromHolder = LocalFrameLimit(bytes: 256 << 20)
}

/// One connection of two programs of one user on one machine; it carries frames, whole and in order (RT-14).
///
///     length u32, 1...limit │ bytes
///
/// Lives until it is closed by either side, whether or not anybody keeps it.
package final class LocalChannel: Sendable {
    /// So long what was sent may take to leave after `close()` (RT-15).
    static let farewell: TimeAmount = .seconds(2)

    private let channel: any Channel
    private let line: NIOLoopBound<Line>
    private let waiting = Atomic<Int>(0)
    private let isClosed = Atomic<Bool>(false)

    /// What is touched on the loop only.
    private final class Line {
        let limit: Int
        /// What has come and is not delivered (RT-136).
        var inbound = ByteBuffer()
        var onFrame: (@Sendable ([UInt8]) -> Void)?
        var onClose: (@Sendable () -> Void)?
        /// Nothing more comes.
        var hasEnded = false
        /// A flush follows before the loop sleeps, for all that is sent until then.
        var isFlushDue = false

        init(limit: Int) { self.limit = limit }
    }

    private init(_ channel: any Channel, limit: LocalFrameLimit) {
        self.channel = channel
        line = NIOLoopBound(Line(limit: limit.bytes), eventLoop: channel.eventLoop)
    }

    /// Connects to the program that listens at `path`. May be called on any thread.
    ///
    /// - Parameter limit: the longest frame taken from it.
    /// - Returns: fails with a `LocalSocketError`.
    package static func connect(path: String, loop: any EventLoop, limit: LocalFrameLimit = .fromHolder) -> EventLoopFuture<LocalChannel> {
        connect(path: path, loop: loop, limit: limit, userID: geteuid())
    }

    /// - Parameter userID: whose program is trusted; another's than ours in tests.
    static func connect(path: String, loop: any EventLoop, limit: LocalFrameLimit, userID: UInt32) -> EventLoopFuture<LocalChannel> {
        let socket: CInt
        do throws(LocalSocketError) {
            socket = try LocalSocket.connected(to: path, userID: userID)
        } catch {
            return loop.makeFailedFuture(error)
        }
        // Kept from the beginning: who is closed at once by the other end has no pipeline any more to look in.
        let made = NIOLoopBoundBox.makeEmptyBox(valueType: LocalChannel.self, eventLoop: loop)
        return ClientBootstrap(group: loop)
            .channelOption(.autoRead, value: false)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { made.value = try LocalChannel.add(to: channel, limit: limit, opened: { _ in }) }
            }
            .withConnectedSocket(socket)
            .flatMapThrowing { _ in
                guard let end = made.value else { throw ChannelError.ioOnClosedChannel }
                return end
            }
            .flatMapErrorThrowing { error in throw LocalSocketError.failed(path: path, reason: reasonText(error)) }
    }

    /// Puts the ends of a channel together; on its loop, before it is active.
    ///
    /// - Parameter opened: called once it is.
    @discardableResult
    static func add(to channel: any Channel, limit: LocalFrameLimit, opened: @escaping (LocalChannel) -> Void) throws -> LocalChannel {
        let end = LocalChannel(channel, limit: limit)
        try channel.pipeline.syncOperations.addHandler(Ear(end, opened: opened))
        return end
    }

    /// Begins to read.
    ///
    /// - Parameters:
    ///   - onFrame: called on the loop for each frame, those that came before this call first.
    ///   - onClose: called on the loop once, after the last frame.
    package func receive(_ onFrame: @escaping @Sendable ([UInt8]) -> Void, onClose: @escaping @Sendable () -> Void) {
        channel.eventLoop.execute { [self] in
            (line.value.onFrame, line.value.onClose) = (onFrame, onClose)
            deliver()
            read()
        }
    }

    /// Sends a frame after all that were sent before it; from any thread. What is sent to an end that is closed is dropped.
    ///
    /// - Parameter frame: at least one byte, and no more than the other side takes.
    package func send(_ frame: [UInt8]) {
        precondition(!frame.isEmpty && frame.count <= UInt32.max, "a frame has 1...2^32-1 bytes, not \(frame.count)")
        guard !isClosed.load(ordering: .acquiring) else { return }
        let size = frame.count + MemoryLayout<UInt32>.size
        waiting.add(size, ordering: .relaxed)
        // On the loop as well: its queue is the order.
        channel.eventLoop.execute { [self] in
            var buffer = channel.allocator.buffer(capacity: size)
            buffer.writeInteger(UInt32(frame.count))
            buffer.writeBytes(frame)
            // One that fails was sent to an end that is closed.
            channel.write(buffer).whenComplete { [self] _ in waiting.subtract(size, ordering: .relaxed) }
            flushSoon()
        }
    }

    /// Bytes that were sent and not yet taken (RT-137): a reader that takes nothing must not fill our memory. The system's own buffer is not counted.
    package var waitingBytes: Int { waiting.load(ordering: .relaxed) }

    /// Closes once all that was sent has gone, after two seconds in any case. No frame is delivered from here on.
    ///
    /// - Returns: done when it is closed.
    @discardableResult
    package func close() -> EventLoopFuture<Void> {
        if !isClosed.exchange(true, ordering: .acquiringAndReleasing) { channel.eventLoop.execute { [self] in sayFarewell() } }
        return channel.closeFuture
    }

    // On the loop.

    private func sayFarewell() {
        let timer = channel.eventLoop.scheduleTask(in: Self.farewell) { [channel] in channel.close(promise: nil) }
        channel.closeFuture.whenComplete { _ in timer.cancel() }
        // An empty write is done when those before it are. Then only our half is closed: the other side closes when it has read that far.
        channel.writeAndFlush(ByteBuffer()).whenComplete { [channel] _ in channel.close(mode: .output, promise: nil) }
        // What still comes is dropped; somebody who is writing to us must not be held up by that.
        read()
    }

    private func read() {
        // A channel that is closed needs no reading.
        channel.setOption(.autoRead, value: true).whenFailure { _ in }
    }

    private func flushSoon() {
        guard !line.value.isFlushDue else { return }
        line.value.isFlushDue = true
        channel.eventLoop.execute { [self] in
            line.value.isFlushDue = false
            channel.flush()
        }
    }

    fileprivate func take(_ chunk: ByteBuffer) {
        guard !isClosed.load(ordering: .acquiring) else { return }
        var chunk = chunk
        line.value.inbound.writeBuffer(&chunk)
        deliver()
    }

    fileprivate func end() {
        line.value.hasEnded = true
        deliver()
    }

    private func deliver() {
        let line = line.value
        // Nothing is judged or kept before there is a receiver (RT-138): until then nothing is read, either, but what came right before an end.
        guard let onFrame = line.onFrame else { return }
        while !isClosed.load(ordering: .acquiring), let length = line.inbound.getInteger(at: line.inbound.readerIndex, as: UInt32.self) {
            guard length > 0, length <= line.limit else {
                // Garbage, or too much: there is no telling where the next frame begins.
                isClosed.store(true, ordering: .releasing)
                channel.close(promise: nil)
                break
            }
            guard line.inbound.readableBytes >= MemoryLayout<UInt32>.size + Int(length) else { break }
            line.inbound.moveReaderIndex(forwardBy: MemoryLayout<UInt32>.size)
            if let frame = line.inbound.readBytes(length: Int(length)) { onFrame(frame) }
        }
        if line.inbound.readableBytes == 0 { line.inbound = ByteBuffer() } else { line.inbound.discardReadBytes() }
        guard line.hasEnded, let onClose = line.onClose else { return }
        (line.onFrame, line.onClose) = (nil, nil)
        isClosed.store(true, ordering: .releasing)
        onClose()
    }
}

/// Joins a pipeline to its `LocalChannel`.
private final class Ear: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    let owner: LocalChannel
    private let opened: (LocalChannel) -> Void

    init(_ owner: LocalChannel, opened: @escaping (LocalChannel) -> Void) { (self.owner, self.opened) = (owner, opened) }

    func channelActive(context: ChannelHandlerContext) { opened(owner) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { owner.take(unwrapInboundIn(data)) }

    func channelInactive(context: ChannelHandlerContext) { owner.end() }

    // A connection that was reset is closed by NIO; whatever else it is, there is no going on.
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
