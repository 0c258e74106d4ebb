import InkPrimitives
import InkRendezvous
import InkSession
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket

/// Holds at most one WebSocket to one of several rendezvous. When to try again is not decided here. Lives on its event loop.
package final class RendezvousConnector {
    /// Tries start this far apart, in the order of the list, so that the first that works wins without waiting for dead ones.
    private static let stagger: TimeAmount = .milliseconds(250)
    /// A host that takes longer to accept and upgrade is given up.
    private static let patience: TimeAmount = .seconds(8)

    private let hosts: [InviteLink.Host]
    private let loop: any EventLoop
    private let opened: (InkPrimitives.SocketAddress) -> Void
    private let received: (ServerMessage) -> Void
    private let closed: (String) -> Void

    /// Distinguishes this round of tries from earlier ones whose results may still come.
    private var round = 0
    private var next = 0
    private var pending = 0
    private var failures: [String] = []
    private var isTrying = false
    private var socket: WebSocketHandler?
    private var isWelcomed = false

    /// - Parameters:
    ///   - opened: a WebSocket is open to this address.
    ///   - received: something was said on it.
    ///   - closed: it is gone, or none could be opened; with the reason.
    package init(
        hosts: [InviteLink.Host], loop: any EventLoop, opened: @escaping (InkPrimitives.SocketAddress) -> Void,
        received: @escaping (ServerMessage) -> Void, closed: @escaping (String) -> Void
    ) {
        (self.hosts, self.loop, self.opened, self.received, self.closed) = (hosts, loop, opened, received, closed)
    }

    /// Begins a round of tries, unless one is under way or a connection is open.
    package func connect() {
        guard socket == nil, !isTrying else { return }
        round += 1
        (next, pending, failures, isTrying) = (0, 0, [], true)
        guard !hosts.isEmpty else {
            isTrying = false
            closed("no rendezvous is known")
            return
        }
        startNext(round)
    }

    /// Sends a message, if a connection is open.
    package func send(_ message: ClientMessage) {
        guard let socket else { return }
        do {
            socket.send(try SignallingJSON.encode(message))
        } catch {
            socket.close(.unexpectedServerError, reason: "a message could not be written: \(error)")
        }
    }

    /// Closes what is open and gives up what is being tried; `closed` is not called.
    package func shutDown() {
        round += 1
        isTrying = false
        let old = socket
        socket = nil
        old?.close(.goingAway, reason: "leaving")
    }

    private func startNext(_ round: Int) {
        guard round == self.round, isTrying, next < hosts.count else { return }
        let host = hosts[next]
        next += 1
        pending += 1
        let bound = NIOLoopBound(self, eventLoop: loop)
        attempt(host, round).whenFailure { error in bound.value.failed(host, error, round) }
        loop.scheduleTask(in: Self.stagger) { bound.value.startNext(round) }
    }

    private func failed(_ host: InviteLink.Host, _ error: any Error, _ round: Int) {
        guard round == self.round, isTrying else { return }
        pending -= 1
        failures.append("\(host): \(reasonText(error))")
        if next < hosts.count {
            startNext(round)
        } else if pending == 0 {
            isTrying = false
            closed(failures.joined(separator: "; "))
        }
    }

    private func attempt(_ host: InviteLink.Host, _ round: Int) -> EventLoopFuture<Bool> {
        let bound = NIOLoopBound(self, eventLoop: loop)
        let head = HTTPRequestHead(
            version: .http1_1, method: .GET, uri: "/",
            headers: ["Host": host.description, "Content-Length": "0", "Sec-WebSocket-Protocol": Signalling.subprotocol])
        let patience = Self.patience
        return ClientBootstrap(group: loop)
            .connectTimeout(patience)
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelOption(
                .writeBufferWaterMark, value: .init(low: WebSocketHandler.waitingBytesMax / 2, high: WebSocketHandler.waitingBytesMax)
            )
            .connect(host: host.name, port: Int(host.port))
            // An HTTP server does not speak first, so nothing is lost by building the pipeline only now.
            .flatMap { channel in
                let upgraded: EventLoopFuture<Bool>
                do {
                    upgraded = try Self.upgrade(channel, head) { channel, response in try bound.value.adopt(channel, response, round) }
                } catch {
                    upgraded = channel.eventLoop.makeFailedFuture(error)
                }
                let timeout = channel.eventLoop.scheduleTask(in: patience) { channel.close(promise: nil) }
                upgraded.whenComplete { outcome in
                    timeout.cancel()
                    if case .failure = outcome { channel.close(promise: nil) }
                }
                return upgraded
            }
    }

    private static func upgrade(
        _ channel: any Channel, _ head: HTTPRequestHead, adopt: @escaping @Sendable (any Channel, HTTPResponseHead) throws -> Bool
    ) throws -> EventLoopFuture<Bool> {
        let upgrader = NIOTypedWebSocketClientUpgrader<Bool>(
            maxFrameSize: Signalling.messageBytesMax,
            upgradePipelineHandler: { channel, response in channel.eventLoop.makeCompletedFuture { try adopt(channel, response) } })
        let upgrade = NIOTypedHTTPClientUpgradeConfiguration<Bool>(
            upgradeRequestHead: head, upgraders: [upgrader],
            notUpgradingCompletionHandler: { channel in channel.eventLoop.makeFailedFuture(UpgradeRefused()) })
        var configuration = NIOUpgradableHTTPClientPipelineConfiguration<Bool>(upgradeConfiguration: upgrade)
        // The welcome may ride in the packet that ends the upgrade.
        configuration.leftOverBytesStrategy = .forwardBytes
        return try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(configuration: configuration)
    }

    /// The upgrade of one try is done. The first of a round is kept.
    private func adopt(_ channel: any Channel, _ response: HTTPResponseHead, _ round: Int) throws -> Bool {
        guard response.headers["Sec-WebSocket-Protocol"] == [Signalling.subprotocol] else { throw WrongSubprotocol() }
        guard round == self.round, isTrying, let remote = channel.remoteAddress.flatMap({ InkPrimitives.SocketAddress($0) }) else {
            throw ComesTooLate()
        }
        let handler = WebSocketHandler(
            role: .client,
            receive: { [weak self] text in self?.receive(text, round) },
            closed: { [weak self] reason in self?.lost(reason, round) })
        try channel.pipeline.syncOperations.addWebSocket(handler)
        isTrying = false
        isWelcomed = false
        socket = handler
        // One that accepts and then says nothing must not keep us from the others for ever.
        let bound = NIOLoopBound(self, eventLoop: loop)
        loop.scheduleTask(in: Self.patience) {
            let connector = bound.value
            guard round == connector.round, !connector.isWelcomed else { return }
            connector.socket?.close(.policyViolation, reason: "it accepted us and said nothing")
        }
        opened(remote)
        return true
    }

    private func receive(_ text: ByteBuffer, _ round: Int) {
        guard round == self.round, let socket else { return }
        isWelcomed = true
        do {
            received(try SignallingJSON.decode(ServerMessage.self, from: text))
        } catch {
            socket.close(.dataInconsistentWithMessage, reason: "the rendezvous does not speak \(Signalling.subprotocol)")
        }
    }

    private func lost(_ reason: String, _ round: Int) {
        guard round == self.round, socket != nil else { return }
        socket = nil
        closed(reason)
    }
}

private struct UpgradeRefused: Error, CustomStringConvertible { let description = "it answers, but is no rendezvous" }
private struct WrongSubprotocol: Error, CustomStringConvertible { let description = "it speaks another version" }
private struct ComesTooLate: Error, CustomStringConvertible { let description = "another was faster" }
