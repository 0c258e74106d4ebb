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
    /// From the beginning of a try to the word that we are in; one that says anything else for ever is no better than a dead one.
    package static let joinTime: TimeAmount = .seconds(10)

    private let joinTime: TimeAmount
    private let clock: MonotonicClock
    private let hosts: [InviteLink.Host]
    private let loop: any EventLoop
    private let opened: (InkPrimitives.SocketAddress) -> Void
    private let received: (ServerMessage) -> Void
    private let closed: (String) -> Void

    /// Distinguishes this round of tries from earlier ones whose results may still come.
    private var round = 0
    /// Tries begun in this round.
    private var next = 0
    /// Index of the host with which a round begins: the one after that which took us and did not let us in, else the first.
    private var first = 0
    private var pending = 0
    private var failures: [String] = []
    private var isTrying = false
    private var socket: WebSocketHandler?
    /// Index of the host that `socket` goes to.
    private var socketHost = 0
    /// What we asked to be let into.
    private var asked: Topic?
    private var isJoined = false

    /// - Parameters:
    ///   - joinTime: shorter in tests.
    ///   - opened: a WebSocket is open to this address.
    ///   - received: something was said on it.
    ///   - closed: it is gone, or none could be opened; with the reason.
    package init(
        hosts: [InviteLink.Host], loop: any EventLoop, clock: MonotonicClock, joinTime: TimeAmount = RendezvousConnector.joinTime,
        opened: @escaping (InkPrimitives.SocketAddress) -> Void,
        received: @escaping (ServerMessage) -> Void, closed: @escaping (String) -> Void
    ) {
        (self.hosts, self.loop, self.clock, self.joinTime) = (hosts, loop, clock, joinTime)
        (self.opened, self.received, self.closed) = (opened, received, closed)
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
        if case .join(let topic, _, _) = message { asked = topic }
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
        let index = (first + next) % hosts.count
        let host = hosts[index]
        next += 1
        pending += 1
        let bound = NIOLoopBound(self, eventLoop: loop)
        attempt(index, round).whenFailure { error in bound.value.failed(host, error, round) }
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

    private func attempt(_ index: Int, _ round: Int) -> EventLoopFuture<Bool> {
        let host = hosts[index]
        let joinUntil = NIODeadline.now() + joinTime
        let bound = NIOLoopBound(self, eventLoop: loop)
        let head = HTTPRequestHead(
            version: .http1_1, method: .GET, uri: "/",
            headers: ["Host": host.description, "Content-Length": "0", "Sec-WebSocket-Protocol": Signalling.subprotocol])
        let patience = Self.patience
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
                        try bound.value.adopt(channel, response, index, round, joinUntil: joinUntil)
                    }
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
    private func adopt(
        _ channel: any Channel, _ response: HTTPResponseHead, _ index: Int, _ round: Int, joinUntil: NIODeadline
    ) throws -> Bool {
        guard response.headers["Sec-WebSocket-Protocol"] == [Signalling.subprotocol] else { throw WrongSubprotocol() }
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
        (socket, socketHost, asked, isJoined) = (handler, index, nil, false)
        // One that accepts and does not let us in must not keep us from the others for ever.
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
        // Who let us in is asked again in the order of the list; who did not, last.
        first = isJoined ? 0 : (socketHost + 1) % hosts.count
        closed(reason)
    }
}

private struct UpgradeRefused: Error, CustomStringConvertible { let description = "it answers, but is no rendezvous" }
private struct WrongSubprotocol: Error, CustomStringConvertible { let description = "it speaks another version" }
private struct ComesTooLate: Error, CustomStringConvertible { let description = "another was faster" }
