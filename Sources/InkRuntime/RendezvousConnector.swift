import InkPrimitives
import InkRendezvous
import InkSession
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket

/// Holds at most one WebSocket to one rendezvous. When to try again is not decided here. Lives on its event loop.
package final class RendezvousConnector {
    /// A host that takes longer to accept and upgrade is given up.
    package static let patience: TimeAmount = .seconds(8)
    /// From the beginning of a try to the word that we are in; one that says anything else for ever is no better than a dead one.
    package static let joinTime: TimeAmount = .seconds(10)

    private let patience: TimeAmount
    private let joinTime: TimeAmount
    private let clock: MonotonicClock
    private let host: InviteLink.Host
    private let loop: any EventLoop
    private let opened: (InkPrimitives.SocketAddress) -> Void
    private let received: (ServerMessage) -> Void
    private let closed: (String) -> Void

    /// Distinguishes this try from earlier ones whose results may still come.
    private var round = 0
    private var isTrying = false
    private var socket: WebSocketHandler?
    /// What we asked to be let into.
    private var asked: Topic?
    private var isJoined = false

    /// - Parameters:
    ///   - patience, joinTime: shorter in tests.
    ///   - opened: a WebSocket is open to this address.
    ///   - received: something was said on it.
    ///   - closed: it is gone, or could not be opened; with the reason, which names the host.
    package init(
        host: InviteLink.Host, loop: any EventLoop, clock: MonotonicClock, patience: TimeAmount = RendezvousConnector.patience,
        joinTime: TimeAmount = RendezvousConnector.joinTime,
        opened: @escaping (InkPrimitives.SocketAddress) -> Void,
        received: @escaping (ServerMessage) -> Void, closed: @escaping (String) -> Void
    ) {
        (self.host, self.loop, self.clock, self.patience, self.joinTime) = (host, loop, clock, patience, joinTime)
        (self.opened, self.received, self.closed) = (opened, received, closed)
    }

    /// Begins to try, unless a try is under way or a connection is open.
    package func connect() {
        guard socket == nil, !isTrying else { return }
        round += 1
        isTrying = true
        let (bound, round) = (NIOLoopBound(self, eventLoop: loop), round)
        attempt(round).whenFailure { error in bound.value.failed(error, round) }
    }

    /// Sends a message, if a connection is open.
    package func send(_ message: ClientMessage) {
        guard let socket else { return }
        if case .join(let topic, _, _) = message { asked = topic }
        do {
            socket.send(try SignallingJSON.encode(message))
        } catch {
            preconditionFailure("a message could not be written: \(error)")
        }
    }

    /// Closes the connection, if one is open; `closed` is called with the reason.
    package func disconnect(reason: String) { socket?.close(.normalClosure, reason: reason) }

    /// Closes what is open and gives up what is being tried; `closed` is not called.
    package func shutDown() {
        round += 1
        isTrying = false
        let old = socket
        socket = nil
        old?.close(.goingAway, reason: "leaving")
    }

    private func failed(_ error: any Error, _ round: Int) {
        guard round == self.round, isTrying else { return }
        isTrying = false
        closed("\(host): \(reasonText(error))")
    }

    private func attempt(_ round: Int) -> EventLoopFuture<Bool> {
        let joinUntil = NIODeadline.now() + joinTime
        let bound = NIOLoopBound(self, eventLoop: loop)
        let head = HTTPRequestHead(
            version: .http1_1, method: .GET, uri: "/",
            headers: ["Host": host.description, "Content-Length": "0", "Sec-WebSocket-Protocol": Signalling.subprotocol])
        let upgradeUntil = NIODeadline.now() + patience
        return ClientBootstrap(group: loop)
            .connectTimeout(patience)
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelOption(.writeBufferWaterMark, value: WebSocketHandler.waterMark)
            .connect(host: host.name, port: Int(host.port))
            // An HTTP server does not speak first, so nothing is lost by building the pipeline only now.
            .flatMap { channel in
                let upgraded: EventLoopFuture<Bool>
                do {
                    upgraded = try Self.upgrade(channel, head) { channel, response in
                        try bound.value.adopt(channel, response, round, joinUntil: joinUntil)
                    }
                } catch {
                    upgraded = channel.eventLoop.makeFailedFuture(error)
                }
                // What the pipeline says of a channel that was closed under it is no reason that a person could read.
                let answer = channel.eventLoop.makePromise(of: Bool.self)
                let timeout = channel.eventLoop.scheduleTask(deadline: upgradeUntil) {
                    answer.fail(AnswersNothing())
                    channel.close(promise: nil)
                }
                upgraded.whenComplete { outcome in
                    timeout.cancel()
                    if case .failure = outcome { channel.close(promise: nil) }
                    answer.completeWith(outcome)
                }
                return answer.futureResult
            }
    }

    private static func upgrade(
        _ channel: any Channel, _ head: HTTPRequestHead, adopt: @escaping @Sendable (any Channel, HTTPResponseHead) throws -> Bool
    ) throws -> EventLoopFuture<Bool> {
        let upgrader = NIOTypedWebSocketClientUpgrader<Bool>(
            maxFrameSize: Signalling.messageBytesMax,
            // One close frame is said, by the handler.
            enableAutomaticErrorHandling: false,
            upgradePipelineHandler: { channel, response in channel.eventLoop.makeCompletedFuture { try adopt(channel, response) } })
        let upgrade = NIOTypedHTTPClientUpgradeConfiguration<Bool>(
            upgradeRequestHead: head, upgraders: [upgrader],
            notUpgradingCompletionHandler: { channel in channel.eventLoop.makeFailedFuture(UpgradeRefused()) })
        var configuration = NIOUpgradableHTTPClientPipelineConfiguration<Bool>(upgradeConfiguration: upgrade)
        // The welcome may ride in the packet that ends the upgrade.
        configuration.leftOverBytesStrategy = .forwardBytes
        return try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(configuration: configuration)
    }

    /// The upgrade of a try is done.
    private func adopt(_ channel: any Channel, _ response: HTTPResponseHead, _ round: Int, joinUntil: NIODeadline) throws -> Bool {
        guard response.headers["Sec-WebSocket-Protocol"] == [Signalling.subprotocol] else { throw WrongSubprotocol() }
        // We asked for none, and frames of one we do not know cannot be read (RFC 6455 §4.1).
        guard response.headers["Sec-WebSocket-Extensions"].isEmpty else { throw UnaskedExtension() }
        guard round == self.round, isTrying, let remote = channel.remoteAddress.flatMap({ InkPrimitives.SocketAddress($0) }) else {
            throw ComesTooLate()
        }
        let handler = WebSocketHandler(
            role: .client,
            clock: clock,
            receive: { [weak self] text in self?.receive(text, round) },
            closed: { [weak self] reason in self?.lost(reason, round) })
        try channel.pipeline.syncOperations.addWebSocket(handler)
        isTrying = false
        (socket, asked, isJoined) = (handler, nil, false)
        // One that accepts and does not let us in is no better than one that does not accept.
        let bound = NIOLoopBound(self, eventLoop: loop)
        loop.scheduleTask(deadline: joinUntil) {
            let connector = bound.value
            guard round == connector.round, !connector.isJoined else { return }
            connector.socket?.close(.policyViolation, reason: "it accepted us and did not let us in")
        }
        opened(remote)
        return true
    }

    private func receive(_ text: ByteBuffer, _ round: Int) {
        guard round == self.round, let socket else { return }
        let message: ServerMessage
        do {
            message = try SignallingJSON.decode(ServerMessage.self, from: text)
        } catch {
            socket.close(.dataInconsistentWithMessage, reason: "the rendezvous does not speak \(Signalling.subprotocol)")
            return
        }
        if case .joined(let topic, _, _) = message, topic == asked { isJoined = true }
        received(message)
    }

    private func lost(_ reason: String, _ round: Int) {
        guard round == self.round, socket != nil else { return }
        socket = nil
        closed("\(host): \(reason)")
    }
}

private struct UpgradeRefused: Error, CustomStringConvertible { let description = "it answers, but is no rendezvous" }
private struct WrongSubprotocol: Error, CustomStringConvertible { let description = "it speaks another version" }
private struct UnaskedExtension: Error, CustomStringConvertible { let description = "it speaks a form of WebSocket that was not asked for" }
private struct AnswersNothing: Error, CustomStringConvertible { let description = "it accepts connections and answers nothing" }
private struct ComesTooLate: Error, CustomStringConvertible { let description = "we have given it up" }
