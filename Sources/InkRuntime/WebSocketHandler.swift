import InkPrimitives
import InkRendezvous
import NIOCore
import NIOWebSocket

/// One end of a WebSocket that carries text messages and relay frames: answers pings, notices silence, bounds what waits to be sent.
///
/// Lives on the event loop of its channel.
final class WebSocketHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    enum Role { case client, server }

    /// A server pings this often; silence of `silenceMax` closes either end.
    static let pingInterval: Duration = .seconds(20)
    static let silenceMax: Duration = .seconds(55)
    /// A client looks at the clock this often: timers of event loops stand still in suspend, and it has one socket only.
    static let watchInterval: Duration = .seconds(1)
    /// A tick that comes this much too late means that the machine slept (RT-123).
    static let suspendMin: Duration = .seconds(20)
    /// After a sleep the other side has this long to answer a ping.
    static let answerTime: Duration = .seconds(2)
    /// Bytes that may wait for a slow reader before it is closed (RT-8).
    static let waitingBytesMax = 256 << 10
    /// Pings and pongs taken in one `pingInterval`.
    static let controlsMax = 40
    /// The mark at which a channel says that its reader is too slow.
    static let waterMark = ChannelOptions.Types.WriteBufferWaterMark(low: waitingBytesMax / 2, high: waitingBytesMax)

    /// Bytes of relay frames that are with the channel at most: what the kernel does not take waits where it can still be dropped.
    static let frameWindow = 8 << 10
    /// Bytes that the kernel takes and has not sent, at most (TCP_NOTSENT_LOWAT): without it a slow path has megabytes queued in the kernel.
    #if canImport(Darwin)
        static let unsentMax = ChannelOptions.Types.SocketOption(level: .tcp, name: .init(rawValue: 0x201))
    #else
        static let unsentMax = ChannelOptions.Types.SocketOption(level: .tcp, name: .init(rawValue: 25))
    #endif
    static let unsentBytesMax = 16 << 10

    /// How often the other side is asked whether it is there, and how long its answer may take (RT-34).
    struct Liveness {
        var interval: Duration
        var patience: Duration
    }

    let role: Role
    /// Nil for what a server does: it says something now and then, and silence closes. Looked at each `watchInterval`.
    var liveness: Liveness?
    private let clock: MonotonicClock
    private let receive: (ByteBuffer) -> Void
    private let receiveFrame: (ByteBuffer) -> Void
    private let closed: (String) -> Void
    private var frames = FrameQueue()
    /// Bytes of relay frames that the channel has.
    private var frameBytes = 0
    private var isFlushing = false
    private var needsFlush = false
    private var willFlush = false
    private var reason = "the connection was closed"
    private var context: ChannelHandlerContext?
    private var heardAt = Instant.distantPast
    private var tickedAt = Instant.distantPast
    private var timer: RepeatedTask?
    /// Pings and pongs taken since `countedFrom`.
    private var controls = 0
    private var countedFrom = Instant.distantPast
    /// The ping after a sleep is not answered yet.
    private var isAsked = false
    /// Nothing but a pong answers it (RT-148).
    private var needsPong = true
    private var askedAt = Instant.distantPast
    private var answerDeadline: Scheduled<Void>?

    /// - Parameters:
    ///   - clock: counts suspend.
    ///   - receive: called for each whole text message.
    ///   - receiveFrame: called for each whole binary message.
    ///   - closed: called once, with the reason.
    init(
        role: Role, clock: MonotonicClock, receive: @escaping (ByteBuffer) -> Void, receiveFrame: @escaping (ByteBuffer) -> Void = { _ in },
        closed: @escaping (String) -> Void
    ) {
        (self.role, self.clock, self.receive, self.receiveFrame, self.closed) = (role, clock, receive, receiveFrame, closed)
    }

    /// Relay frames that the other side did not read in time.
    var framesDropped: Int { frames.dropped }

    private var tickInterval: Duration { role == .client ? Self.watchInterval : Self.pingInterval }

    /// Sends one text message, unless the reader is too slow: then the connection ends.
    func send(_ text: ByteBuffer) {
        guard let context else { return }
        guard context.channel.isWritable else {
            end(context, code: .policyViolation, reason: "the other side reads too slowly")
            return
        }
        write(context, .text, text)
    }

    /// Sends one binary message as soon as the socket takes it, and drops it if that is too late (RT-33). All that one turn of the loop brings leaves
    /// together.
    func send(frame: ByteBuffer, isPresence: Bool = false) {
        guard let context else { return }
        frames.append(frame, isPresence: isPresence, now: clock.now)
        writeFrames(context)
        guard needsFlush, !willFlush else { return }
        willFlush = true
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.execute {
            bound.value.willFlush = false
            bound.value.flushFrames()
        }
    }

    private func writeFrames(_ context: ChannelHandlerContext) {
        while let bytes = frameBytes < Self.frameWindow ? frames.next(now: clock.now) : nil {
            let count = bytes.readableBytes
            frameBytes += count
            needsFlush = true
            let written = context.eventLoop.makePromise(of: Void.self)
            let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
            written.futureResult.whenComplete { _ in bound.value.frameIsWritten(count) }
            context.write(message(.binary, bytes), promise: written)
        }
        // A full window waits for no turn of the loop.
        if frameBytes >= Self.frameWindow { flushFrames() }
    }

    private func flushFrames() {
        // What is written while we flush is flushed by the outer round.
        guard !isFlushing else { return }
        isFlushing = true
        defer { isFlushing = false }
        while needsFlush, let context {
            needsFlush = false
            context.flush()
            if self.context != nil { writeFrames(context) }
        }
    }

    private func frameIsWritten(_ count: Int) {
        frameBytes -= count
        guard !isFlushing, let context else { return }
        writeFrames(context)
        flushFrames()
    }

    /// Says farewell and closes.
    func close(_ code: WebSocketErrorCode = .normalClosure, reason: String) {
        if let context { end(context, code: code, reason: reason) }
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        let now = clock.now
        (heardAt, tickedAt, countedFrom, askedAt) = (now, now, now, now)
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let interval = TimeAmount(tickInterval)
        timer = context.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in bound.value.tick() }
    }

    func handlerRemoved(context: ChannelHandlerContext) { finish() }

    func channelInactive(context: ChannelHandlerContext) {
        finish()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        heardAt = clock.now
        if isAsked, !needsPong { isAnswered() }
        switch frame.opcode {
        case .text:
            let text = frame.unmaskedData
            guard String(validating: text.readableBytesView, as: UTF8.self) != nil else {
                end(context, code: .dataInconsistentWithMessage, reason: "text that is not UTF-8")
                return
            }
            receive(text)
        case .ping: if takesControl(context) { write(context, .pong, frame.unmaskedData) }
        case .pong:
            guard takesControl(context) else { return }
            isAnswered()
        case .connectionClose: end(context, code: Self.answer(toClose: frame.unmaskedData), reason: "closed by the other side")
        case .binary: receiveFrame(frame.unmaskedData)
        default: end(context, code: .protocolError, reason: "a kind of frame that nobody knows")
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let isTooLarge =
            switch error {
            case NIOWebSocketError.invalidFrameLength, NIOWebSocketFrameAggregator.Error.accumulatedFrameSizeIsTooLarge,
                NIOWebSocketFrameAggregator.Error.tooManyFragments:
                true
            default: false
            }
        end(context, code: isTooLarge ? .messageTooLarge : .protocolError, reason: reasonText(error))
    }

    /// The code to answer a close frame with (RT-139): its own, if what it holds is in order (RFC 6455 §5.5.1, §7.4).
    private static func answer(toClose data: ByteBuffer) -> WebSocketErrorCode {
        var data = data
        guard data.readableBytes > 0 else { return .normalClosure }
        guard let code = data.readInteger(as: UInt16.self) else { return .protocolError }
        switch code {
        // 1004, 1005, 1006 and 1015 are never sent; what is below 3000 and not given out may not be used.
        case 1000...1003, 1007...1014, 3000...4999:
            let isText = String(validating: data.readableBytesView, as: UTF8.self) != nil
            return isText ? WebSocketErrorCode(codeNumber: Int(code)) : .dataInconsistentWithMessage
        default: return .protocolError
        }
    }

    /// A ping or a pong costs its sender as little as a message would cost it much: few are taken, and none from who does not read.
    private func takesControl(_ context: ChannelHandlerContext) -> Bool {
        if heardAt - countedFrom >= Self.pingInterval { (controls, countedFrom) = (0, heardAt) }
        controls += 1
        guard controls <= Self.controlsMax, context.channel.isWritable else {
            end(
                context, code: .policyViolation,
                reason: controls > Self.controlsMax ? "too many pings and pongs" : "the other side reads too slowly")
            return false
        }
        return true
    }

    /// Looks at the clock; every `tickInterval`, or later after a sleep.
    func tick() {
        guard let context else { return }
        let now = clock.now
        let late = now - tickedAt - tickInterval
        tickedAt = now
        if late > Self.suspendMin {
            // What was heard before the sleep says nothing: a NAT or the other side may have forgotten us meanwhile.
            ask(context, patience: Self.answerTime, otherwise: "no sign of life after a sleep")
        } else if let liveness, !isAsked, now - askedAt >= liveness.interval {
            // Anything that comes answers, as long as nothing says that the way is another.
            ask(context, patience: liveness.patience, needsPong: false, otherwise: "no sign of life")
        } else if !isAsked, now - heardAt > Self.silenceMax {
            end(context, code: .goingAway, reason: "no sign of life")
        } else if role == .server {
            write(context, .ping, ByteBuffer())
        }
    }

    /// Asks the other side at once whether it is there.
    func probe(patience: Duration) {
        // Who must answer by a pong already does so in time or is closed. Of any other question the answer may have been on its way before.
        guard let context, !isAsked || !needsPong else { return }
        ask(context, patience: patience, otherwise: "no sign of life")
    }

    private func isAnswered() {
        isAsked = false
        answerDeadline?.cancel()
    }

    /// Wants an answer soon.
    ///
    /// - Parameter needsPong: what was on its way before says nothing.
    private func ask(_ context: ChannelHandlerContext, patience: Duration, needsPong: Bool = true, otherwise reason: String) {
        (isAsked, self.needsPong) = (true, needsPong)
        askedAt = clock.now
        write(context, .ping, ByteBuffer())
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        answerDeadline?.cancel()
        answerDeadline = context.eventLoop.scheduleTask(in: TimeAmount(patience)) {
            let handler = bound.value
            guard handler.isAsked, let context = handler.context else { return }
            handler.end(context, code: .goingAway, reason: reason)
        }
    }

    private func write(_ context: ChannelHandlerContext, _ opcode: WebSocketOpcode, _ data: ByteBuffer) {
        context.writeAndFlush(message(opcode, data), promise: nil)
    }

    private func message(_ opcode: WebSocketOpcode, _ data: ByteBuffer) -> NIOAny {
        let key = role == .client ? WebSocketMaskingKey.random() : nil
        return wrapOutboundOut(WebSocketFrame(fin: true, opcode: opcode, maskKey: key, data: data))
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
        answerDeadline?.cancel()
        answerDeadline = nil
        closed(reason)
    }
}

/// Ends the connection for what RFC 6455 says of single frames and the decoder does not look at (RT-20): what a client sends is masked and what a
/// server sends is not (§5.1); no bit is set of an extension that was not agreed on, and we agree on none (§5.2).
private final class FrameGate: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame

    private let expectsMask: Bool

    init(expectsMask: Bool) { self.expectsMask = expectsMask }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        if (frame.maskKey != nil) != expectsMask {
            context.fireErrorCaught(FrameError(description: "a frame with the wrong masking"))
        } else if frame.rsv1 || frame.rsv2 || frame.rsv3 {
            context.fireErrorCaught(FrameError(description: "a frame of an extension that was not agreed on"))
        } else {
            context.fireChannelRead(data)
        }
    }
}

private struct FrameError: Error, CustomStringConvertible {
    let description: String
}

extension ChannelPipeline.SynchronousOperations {
    /// Puts whole messages of bounded size in front of `handler`.
    func addWebSocket(_ handler: WebSocketHandler) throws {
        try addHandler(FrameGate(expectsMask: handler.role == .server))
        try addHandler(
            NIOWebSocketFrameAggregator(
                minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: 16, maxAccumulatedFrameSize: Signalling.messageBytesMax))
        try addHandler(handler)
    }
}
