import InkPrimitives
import InkRendezvous
import InkSession
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket

/// Holds at most one WebSocket to one rendezvous (RT-5). When to try again is not decided here. Lives on its event loop.
///
/// All addresses of the host are dialled side by side, and the first that upgrades is it (RFC 8305, with a shorter pause: each try is a few packets
/// to a host that expects us, and one that is black-holed must not hold up the others).
package final class RendezvousConnector {
    /// A host that takes longer to accept and upgrade is given up (RT-124).
    package static let patience: TimeAmount = .seconds(8)
    /// The pause before the next address of the host is dialled, too (RT-32); one that has failed is not waited for.
    package static let stagger: TimeAmount = .milliseconds(50)
    /// How long a probe waits for its answer.
    package static let probeTime: Duration = .seconds(2)
    /// What finds the addresses of a host.
    package typealias Finder = (Invite.Host, any EventLoop) -> EventLoopFuture<[InkPrimitives.SocketAddress]>

    /// Who is told what becomes of it, as `init` says.
    package struct Hearer {
        package var opened: (InkPrimitives.SocketAddress) -> Void
        package var received: (ServerMessage) -> Void
        package var receivedFrame: ([UInt8]) -> Void
        package var closed: (String) -> Void
    }

    private let patience: TimeAmount
    private let clock: MonotonicClock
    private let host: Invite.Host
    private let loop: any EventLoop
    private var hearer: Hearer
    private let find: Finder
    /// Nil for a rendezvous that is spoken to in clear (RT-151).
    private let tls: TLSTrust?
    /// Where our token for this rendezvous is; nil for none.
    private let token: TokenFile?
    private let from: InkPrimitives.SocketAddress?

    /// Distinguishes this try from earlier ones whose results may still come.
    private var round = 0
    private var isTrying = false
    private var socket: WebSocketHandler?
    private var liveness: WebSocketHandler.Liveness?

    /// The addresses that the host had when it was last dialled.
    package private(set) var addresses: [InkPrimitives.SocketAddress] = []
    /// Our own end of the open connection: where the machine has that address no more, nothing comes through.
    package private(set) var localAddress: InkPrimitives.SocketAddress?

    /// - Parameters:
    ///   - patience: shorter in tests.
    ///   - from: our own end, for who is many; nil for the one that the system chooses.
    ///   - opened: a WebSocket is open to this address.
    ///   - received: something was said on it.
    ///   - receivedFrame: a relay frame came on it.
    ///   - tokens: the one for this host is shown to it.
    ///   - find: another in tests.
    ///   - closed: it is gone, or could not be opened; with the reason, which names the host.
    package init(
        host: Invite.Host, loop: any EventLoop, clock: MonotonicClock, patience: TimeAmount = RendezvousConnector.patience,
        tls: TLSTrust? = nil, tokens: TokenFiles? = nil, from: InkPrimitives.SocketAddress? = nil,
        find: @escaping Finder = HostAddresses.find,
        opened: @escaping (InkPrimitives.SocketAddress) -> Void,
        received: @escaping (ServerMessage) -> Void, receivedFrame: @escaping ([UInt8]) -> Void = { _ in },
        closed: @escaping (String) -> Void
    ) {
        (self.host, self.loop, self.clock, self.patience) = (host, loop, clock, patience)
        hearer = Hearer(opened: opened, received: received, receivedFrame: receivedFrame, closed: closed)
        (self.find, self.tls, self.from) = (find, tls, from)
        token = tokens?.file(for: host, usesTLS: tls != nil)
    }

    /// A connection is open.
    package var isOpen: Bool { socket != nil }

    /// Another is told from now on.
    ///
    /// - Parameter other: the connector in whose place this one is, if it is in one's.
    package func hand(to hearer: Hearer, inPlaceOf other: RendezvousConnector? = nil) {
        self.hearer = hearer
        guard let liveness = other?.liveness else { return }
        setLiveness(interval: liveness.interval, patience: liveness.patience)
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
        do {
            socket.send(try SignallingJSON.encode(message))
        } catch {
            preconditionFailure("a message could not be written: \(error)")
        }
    }

    /// Sends a relay frame, if a connection is open and takes it within 100 ms (RT-146).
    package func send(frame: [UInt8], isPresence: Bool = false) { socket?.send(frame: ByteBuffer(bytes: frame), isPresence: isPresence) }

    /// How often an open connection is asked whether it lives, and how long its answer may take; from now on, and for later ones.
    package func setLiveness(interval: Duration, patience: Duration) {
        liveness = .init(interval: interval, patience: patience)
        socket?.liveness = liveness
    }

    /// Asks an open connection at once whether it lives; it is closed if it does not answer within 2 s.
    package func probe() { socket?.probe(patience: Self.probeTime) }

    /// Closes the connection, if one is open; `closed` is called with the reason.
    package func disconnect(reason: String) { socket?.close(.normalClosure, reason: reason) }

    /// Closes what is open and gives up what is being tried; `closed` is not called.
    package func shutDown() {
        round += 1
        isTrying = false
        let old = socket
        (socket, localAddress) = (nil, nil)
        old?.close(.goingAway, reason: "leaving")
    }

    private func failed(_ error: any Error, _ round: Int) {
        guard round == self.round, isTrying else { return }
        isTrying = false
        // As if it had been said over the connection that it did not open.
        if let refused = (error as? UpgradeRefused)?.refusal { hearer.received(.refused(refused)) }
        hearer.closed("\(host): \(reasonText(error))")
    }

    private func attempt(_ round: Int) -> EventLoopFuture<Bool> {
        let (bound, loop) = (NIOLoopBound(self, eventLoop: loop), loop)
        let until = NIODeadline.now() + patience
        let found = find(host, loop)
        let trusted = tls?.ready(on: loop) ?? loop.makeSucceededVoidFuture()
        let shown = token?.read(on: loop).map { $0 as String? } ?? loop.makeSucceededFuture(nil)
        // A resolver or a disk that does not answer may take half a minute, and this end of the try comes first.
        let ready = loop.makePromise(of: ([InkPrimitives.SocketAddress], String?).self)
        let isFound = NIOLoopBoundBox(false, eventLoop: loop)
        found.whenSuccess { _ in isFound.value = true }
        found.and(trusted).map(\.0).and(shown).map { ($0, $1) }.cascade(to: ready)
        let timeout = loop.scheduleTask(deadline: until) {
            if isFound.value { ready.fail(AuthoritiesUnread()) } else { ready.fail(NameUnanswered()) }
        }
        ready.futureResult.whenComplete { _ in timeout.cancel() }
        return ready.futureResult.flatMap { addresses, token in
            let connector = bound.value
            guard round == connector.round, connector.isTrying else { return loop.makeFailedFuture(ComesTooLate()) }
            connector.addresses = Array(addresses.prefix(HostAddresses.countMax))
            let race = DialRace(connector.addresses, on: loop) { bound.value.dial($0, round, showing: token, until: until) }
            return race.start()
        }
    }

    /// One address of the host, from the first packet to the WebSocket.
    ///
    /// - Parameter token: shown to it, over TLS or on this machine; else it is not dialled (RT-166).
    private func dial(
        _ address: InkPrimitives.SocketAddress, _ round: Int, showing token: String?, until: NIODeadline
    ) -> EventLoopFuture<Bool> {
        guard let destination = try? address.forNIO else { return loop.makeFailedFuture(NoAddress()) }
        guard token == nil || tls != nil || address.ip.isLoopback else { return loop.makeFailedFuture(TokenStaysHere()) }
        let bound = NIOLoopBound(self, eventLoop: loop)
        var headers: HTTPHeaders = ["Host": host.description, "Content-Length": "0", "Sec-WebSocket-Protocol": Signalling.subprotocol]
        if let token { headers.add(name: "Authorization", value: "Bearer \(token)") }
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/", headers: headers)
        let (glance, tls, host) = (NIOLoopBound(TLSGlance(), eventLoop: loop), tls, host)
        var bootstrap = ClientBootstrap(group: loop)
        if let from {
            guard let own = try? from.forNIO else { return loop.makeFailedFuture(NoAddress()) }
            bootstrap = bootstrap.bind(to: own)
        }
        return
            bootstrap
            .connectTimeout(max(until - .now(), .milliseconds(1)))
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelOption(WebSocketHandler.unsentMax, value: WebSocketHandler.unsentBytesMax)
            .channelOption(.writeBufferWaterMark, value: WebSocketHandler.waterMark)
            .connect(to: destination)
            // An HTTP server does not speak first, so nothing is lost by building the pipeline only now.
            .flatMap { channel in
                let upgraded: EventLoopFuture<Bool>
                do {
                    // Another address was faster: its host need not read our request.
                    guard bound.value.isTrying, round == bound.value.round else { throw ComesTooLate() }
                    try tls?.secure(channel, as: host)
                    if tls == nil { try channel.pipeline.syncOperations.addHandler(glance.value) }
                    upgraded = try Self.upgrade(channel, head) { channel, response in
                        try bound.value.adopt(channel, response, round)
                    }
                } catch {
                    upgraded = channel.eventLoop.makeFailedFuture(error)
                }
                // What the pipeline says of a channel that was closed under it is no reason that a person could read.
                let answer = channel.eventLoop.makePromise(of: Bool.self)
                let timeout = channel.eventLoop.scheduleTask(deadline: until) {
                    answer.fail(AnswersNothing())
                    channel.close(promise: nil)
                }
                upgraded.whenComplete { outcome in
                    timeout.cancel()
                    switch outcome {
                    case .success: answer.completeWith(outcome)
                    case .failure where glance.value.isTLS: answer.fail(SpeaksTLS())
                    case .failure(let error): answer.fail(tls?.explain(error, on: channel, to: host) ?? error)
                    }
                    if case .failure = outcome { channel.close(promise: nil) }
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
        let glance = NIOLoopBound(AnswerGlance(), eventLoop: channel.eventLoop)
        let upgrade = NIOTypedHTTPClientUpgradeConfiguration<Bool>(
            upgradeRequestHead: head, upgraders: [upgrader],
            notUpgradingCompletionHandler: { channel in channel.eventLoop.makeFailedFuture(UpgradeRefused(glance.value.head)) })
        var configuration = NIOUpgradableHTTPClientPipelineConfiguration<Bool>(upgradeConfiguration: upgrade)
        // The welcome may ride in the packet that ends the upgrade.
        configuration.leftOverBytesStrategy = .forwardBytes
        let result = try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(configuration: configuration)
        let upgradeHandler = try channel.pipeline.syncOperations.handler(type: NIOTypedHTTPClientUpgradeHandler<Bool>.self)
        try channel.pipeline.syncOperations.addHandler(glance.value, position: .before(upgradeHandler))
        return result
    }

    /// The upgrade of a try is done.
    private func adopt(_ channel: any Channel, _ response: HTTPResponseHead, _ round: Int) throws -> Bool {
        guard response.headers["Sec-WebSocket-Protocol"] == [Signalling.subprotocol] else { throw WrongSubprotocol() }
        // We asked for none, and frames of one we do not know cannot be read (RFC 6455 §4.1; RT-140).
        guard response.headers["Sec-WebSocket-Extensions"].isEmpty else { throw UnaskedExtension() }
        guard round == self.round, isTrying, let remote = channel.remoteAddress.flatMap({ InkPrimitives.SocketAddress($0) }) else {
            throw ComesTooLate()
        }
        let handler = WebSocketHandler(
            role: .client,
            clock: clock,
            receive: { [weak self] text in self?.receive(text, round) },
            receiveFrame: { [weak self] frame in self?.receive(frame: frame, round) },
            closed: { [weak self] reason in self?.lost(reason, round) })
        try channel.pipeline.syncOperations.addWebSocket(handler)
        isTrying = false
        socket = handler
        localAddress = channel.localAddress.flatMap { InkPrimitives.SocketAddress($0) }
        handler.liveness = liveness
        hearer.opened(remote)
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
        hearer.received(message)
    }

    private func receive(frame: ByteBuffer, _ round: Int) {
        guard round == self.round, socket != nil else { return }
        hearer.receivedFrame(Array(frame.readableBytesView))
    }

    private func lost(_ reason: String, _ round: Int) {
        guard round == self.round, socket != nil else { return }
        (socket, localAddress) = (nil, nil)
        hearer.closed("\(host): \(reason)")
    }
}

/// Dials several addresses side by side until one is it. On the loop.
private final class DialRace {
    private let addresses: [InkPrimitives.SocketAddress]
    private let loop: any EventLoop
    private let dial: (InkPrimitives.SocketAddress) -> EventLoopFuture<Bool>
    private let promise: EventLoopPromise<Bool>
    private var begun = 0
    private var running = 0
    private var isWon = false
    private var failures: [(place: Int, error: any Error)] = []
    private var timer: Scheduled<Void>?

    init(
        _ addresses: [InkPrimitives.SocketAddress], on loop: any EventLoop,
        dial: @escaping (InkPrimitives.SocketAddress) -> EventLoopFuture<Bool>
    ) {
        (self.addresses, self.loop, self.dial) = (addresses, loop, dial)
        promise = loop.makePromise()
    }

    func start() -> EventLoopFuture<Bool> {
        if addresses.isEmpty { promise.fail(NoAddress()) } else { next() }
        return promise.futureResult
    }

    private func next() {
        timer?.cancel()
        guard !isWon, begun < addresses.count else { return }
        let place = begun
        begun += 1
        running += 1
        let bound = NIOLoopBound(self, eventLoop: loop)
        dial(addresses[place]).whenComplete { bound.value.ended(place, $0) }
        timer = loop.scheduleTask(in: RendezvousConnector.stagger) { bound.value.next() }
    }

    private func ended(_ place: Int, _ outcome: Result<Bool, any Error>) {
        running -= 1
        switch outcome {
        case .success:
            isWon = true
            timer?.cancel()
            promise.succeed(true)
        case .failure(let error):
            guard !isWon else { return }
            failures.append((place, error))
            if begun < addresses.count {
                next()
            } else if running == 0 {
                promise.fail(reason)
            }
        }
    }

    /// What says most: who answered says more than who did not (RT-125), and an address that is preferred more than another.
    private var reason: any Error {
        func rank(_ failure: (place: Int, error: any Error)) -> (Int, Int) {
            (failure.error is IOError || failure.error is ChannelError ? 1 : 0, failure.place)
        }
        return failures.min { rank($0) < rank($1) }?.error ?? NoAddress()
    }
}

/// Keeps the head of the first answer on its way to who decides about it.
private final class AnswerGlance: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private(set) var head: HTTPResponseHead?

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // After an upgrade it is not HTTP that passes here.
        if head == nil, case .head(let head) = unwrapInboundIn(data) { self.head = head }
        context.fireChannelRead(data)
    }
}

private struct UpgradeRefused: Error, CustomStringConvertible {
    let description: String
    /// Why our token is not taken; nil where that is not it.
    let refusal: RendezvousRefusal?

    init(_ head: HTTPResponseHead?) {
        let said = head?.status == .unauthorized ? head?.headers["WWW-Authenticate"].first : nil
        refusal = RendezvousRefusal.allCases.first { $0.isOfShownToken && said?.contains("\"\($0.rawValue)\"") == true }
        let isPage = head?.headers["Content-Type"].contains { $0.lowercased().hasPrefix("text/html") } ?? false
        description =
            switch head?.status.code ?? 0 {
            case _ where refusal != nil: refusal?.description ?? ""
            // RFC 2817 §4.2.
            case 426 where head?.headers[canonicalForm: "Upgrade"].contains { $0.hasPrefix("TLS/") } ?? false: SpeaksTLS().description
            case 502, 503, 504: "a proxy answers, but not the rendezvous behind it"
            case 511: "this network wants you to sign in first"
            case 300..<400: "it sends us to another page: this network may want you to sign in first"
            // RT-145
            case _ where isPage: "a web page answers: it is no rendezvous, or this network wants you to sign in first"
            default: "it answers, but is no rendezvous"
            }
    }
}
private struct WrongSubprotocol: Error, CustomStringConvertible { let description = "it speaks another version" }
private struct UnaskedExtension: Error, CustomStringConvertible { let description = "it speaks a form of WebSocket that was not asked for" }
private struct AnswersNothing: Error, CustomStringConvertible { let description = "it accepts connections and answers nothing" }
private struct SpeaksTLS: Error, CustomStringConvertible { let description = "it speaks TLS: it is a rendezvous of wss://" }
private struct AuthoritiesUnread: Error, CustomStringConvertible {
    let description = "whom this machine trusts could not be read in time"
}
private struct NameUnanswered: Error, CustomStringConvertible { let description = "nobody says what address this name has" }
private struct TokenStaysHere: Error, CustomStringConvertible {
    let description = "the token for it goes over TLS (wss://), or stays on this machine, and its name leads elsewhere"
}
private struct ComesTooLate: Error, CustomStringConvertible { let description = "we have given it up" }
