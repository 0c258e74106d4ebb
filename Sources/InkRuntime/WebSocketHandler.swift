import InkRendezvous
import NIOCore
import NIOWebSocket

/// One end of a WebSocket that carries text messages: answers pings, notices silence, bounds what waits to be sent.
///
/// Lives on the event loop of its channel.
final class WebSocketHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    enum Role { case client, server }

    /// A server pings this often; silence of `silenceMax` closes either end.
    static let pingInterval: TimeAmount = .seconds(20)
    static let silenceMax: TimeAmount = .seconds(55)
    /// Bytes that may wait for a slow reader before it is closed (RT-8).
    static let waitingBytesMax = 256 << 10
    /// Pings answered in one `pingInterval`.
    static let pingsMax = 40

    let role: Role
    private let receive: (ByteBuffer) -> Void
    private let closed: (String) -> Void
    private var reason = "the connection was closed"
    private var context: ChannelHandlerContext?
    private var heardAt = NIODeadline.distantPast
    private var timer: RepeatedTask?
    /// Since the last tick.
    private var pings = 0

    /// - Parameters:
    ///   - receive: called for each whole text message.
    ///   - closed: called once, with the reason.
    init(role: Role, receive: @escaping (ByteBuffer) -> Void, closed: @escaping (String) -> Void) {
        (self.role, self.receive, self.closed) = (role, receive, closed)
    }

    /// Sends one text message, unless the reader is too slow: then the connection ends.
    func send(_ text: ByteBuffer) {
        guard let context else { return }
        guard context.channel.isWritable else {
            end(context, code: .policyViolation, reason: "the other side reads too slowly")
            return
        }
        write(context, .text, text)
    }

    /// Says farewell and closes.
    func close(_ code: WebSocketErrorCode = .normalClosure, reason: String) {
        if let context { end(context, code: code, reason: reason) }
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        heardAt = .now()
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleRepeatedTask(initialDelay: Self.pingInterval, delay: Self.pingInterval) { _ in bound.value.tick()
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { finish() }

    func channelInactive(context: ChannelHandlerContext) {
        finish()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        heardAt = .now()
        switch frame.opcode {
        case .text: receive(frame.unmaskedData)
        case .ping: answer(context, frame.unmaskedData)
        case .pong: break
        case .connectionClose: end(context, code: .normalClosure, reason: "closed by the other side")
        default: end(context, code: .unacceptableData, reason: "not a text message")
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(context, code: error is NIOWebSocketError ? .messageTooLarge : .protocolError, reason: reasonText(error))
    }

    /// A ping costs its sender as little as a message would cost it much: few are answered, and none to who does not read.
    private func answer(_ context: ChannelHandlerContext, _ data: ByteBuffer) {
        pings += 1
        guard pings <= Self.pingsMax, context.channel.isWritable else {
            end(context, code: .policyViolation, reason: pings > Self.pingsMax ? "too many pings" : "the other side reads too slowly")
            return
        }
        write(context, .pong, data)
    }

    private func tick() {
        pings = 0
        guard let context else { return }
        if NIODeadline.now() - heardAt > Self.silenceMax {
            end(context, code: .goingAway, reason: "no sign of life")
        } else if role == .server {
            write(context, .ping, ByteBuffer())
        }
    }

    private func write(_ context: ChannelHandlerContext, _ opcode: WebSocketOpcode, _ data: ByteBuffer) {
        let key = role == .client ? WebSocketMaskingKey.random() : nil
        context.writeAndFlush(wrapOutboundOut(WebSocketFrame(fin: true, opcode: opcode, maskKey: key, data: data)), promise: nil)
    }

    private func end(_ context: ChannelHandlerContext, code: WebSocketErrorCode, reason: String) {
        guard self.context != nil else { return }
        self.reason = reason
        var data = ByteBuffer()
        data.write(webSocketErrorCode: code)
        write(context, .connectionClose, data)
        finish()
        context.close(promise: nil)
    }

    private func finish() {
        guard context != nil else { return }
        context = nil
        timer?.cancel()
        timer = nil
        closed(reason)
    }
}

/// What a client sends is masked, what a server sends is not; the other way round ends the connection (RFC 6455 §5.1).
private final class MaskingGate: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame

    private let expectsMask: Bool

    init(expectsMask: Bool) { self.expectsMask = expectsMask }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if (unwrapInboundIn(data).maskKey != nil) == expectsMask {
            context.fireChannelRead(data)
        } else {
            context.fireErrorCaught(MaskingError())
        }
    }
}

private struct MaskingError: Error, CustomStringConvertible {
    let description = "a frame with the wrong masking"
}

extension ChannelPipeline.SynchronousOperations {
    /// Puts whole messages of bounded size in front of `handler`.
    func addWebSocket(_ handler: WebSocketHandler) throws {
        try addHandler(MaskingGate(expectsMask: handler.role == .server))
        try addHandler(
            NIOWebSocketFrameAggregator(
                minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: 16, maxAccumulatedFrameSize: Signalling.messageBytesMax))
        try addHandler(handler)
    }
}
