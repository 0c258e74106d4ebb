import InkConnectivity
import InkCrypto
import InkPrimitives
import InkRendezvous
import InkSession
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket

/// A rendezvous on sockets: WebSocket over HTTP/1.1 at any path, `/healthz`, and a STUN responder on UDP, on one event loop.
///
/// `inkwire serve` runs one; a board that was made without a rendezvous embeds one in its own process.
public final class RendezvousService: Sendable {
    /// Where to listen and what to allow.
    public struct Configuration: Sendable {
        /// TCP addresses to listen on; port 0 for one that the system gives. Several with port 0 share the number that the first gets. An IPv6
        /// wildcard takes IPv4 too, unless an IPv4 address is listed beside it.
        public var listen: [Invite.Host] = [Invite.Host(name: "0.0.0.0", port: 0)]
        /// UDP address of the STUN responder; nil for the hosts of `listen` and the number of the WebSocket port, or any if that is busy.
        public var stun: Invite.Host?
        /// Reverse proxies in front of it, which say in X-Forwarded-For for whom they speak (RT-22).
        public var proxies = TrustedProxies()
        /// Called once for each thing that whoever runs it should know, from the service's loop.
        public var advise: @Sendable (Advice) -> Void = { _ in }
        /// Nil to speak in clear.
        public var tls: TLSIdentity?
        /// What tokens are taken by; nil to ask for none.
        public var tokens: TokenGate?
        public var server = RendezvousServer.Configuration()

        public init() {}
    }

    /// Why many people may count as one source, and share what one may have (RT-142).
    public enum Advice: Hashable, Sendable {
        /// This proxy of ours does not say for whom it speaks.
        case proxyNamesNobody(IPAddress)
        /// A proxy of this machine or network says for whom it speaks, and is not among ours.
        case proxyUnknown(IPAddress)
    }

    /// What the service did since its start, for `/metrics` and tests.
    public struct Status: Sendable {
        public var sockets: Int
        public var topics: Int
        public var mailboxes: Int
        public var server: RendezvousServer.Counters
        /// STUN requests answered, and those left without an answer.
        public var stunAnswered: Int
        public var stunSilent: Int
        /// TCP connections open now, WebSocket or not yet, and those closed at once because there were too many.
        public var connections = 0
        public var turnedAway = 0
        /// Relay frames that their receivers did not read in time.
        public var relayUnread = 0
    }

    /// Addresses at which WebSockets are accepted, with actual ports.
    public let addresses: [InkPrimitives.SocketAddress]
    /// Address of the STUN responder, with its actual port.
    public let stunAddress: InkPrimitives.SocketAddress
    /// The port of `addresses`.
    public var port: UInt16 { addresses[0].port }

    private let group: MultiThreadedEventLoopGroup
    private let loop: any EventLoop
    private let core: NIOLoopBound<Core>
    private let count: NIOLoopBound<ConnectionCount>
    let channels: [any Channel]

    /// Opens all sockets. Blocks; not to be called on an event loop.
    ///
    /// - Parameter clock: that of the process, `.system`.
    public init(_ configuration: Configuration = Configuration(), clock: MonotonicClock) throws(SocketError) {
        precondition(!configuration.listen.isEmpty, "a rendezvous listens somewhere")
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        var open: [any Channel] = []
        let most = DescriptorLimit.share(of: configuration.server.socketsMax)
        let box = CoreBox(loop: loop, clock: clock)
        do throws(SocketError) {
            let count = try box.count(most: most, proxies: configuration.proxies)
            let tokens = configuration.tokens
            // Sockets first, since the welcome names the port of the responders, who take the number of the TCP port where they can.
            var listeners: [any Channel] = []
            var shared: UInt16 = 0
            for host in configuration.listen {
                let isV6Only = host.isV6 && configuration.listen.contains { !$0.isV6 }
                let channel = try Self.listen(
                    host, port: host.port == 0 ? shared : host.port, isV6Only: isV6Only, on: loop, box, count, clock, configuration.tls,
                    tokens)
                listeners.append(channel)
                open.append(channel)
                shared = channel.localAddress?.port.flatMap { UInt16(exactly: $0) } ?? shared
            }
            addresses = listeners.compactMap { $0.localAddress.flatMap { InkPrimitives.SocketAddress($0) } }
            let responders = try Self.respond(configuration, port: shared, on: loop, box)
            open += responders
            guard let stun = responders.first?.localAddress.flatMap({ InkPrimitives.SocketAddress($0) }), addresses.count == listeners.count
            else {
                throw SocketError.cannotBind(address: "\(configuration.listen[0])", reason: "the system gave no address")
            }
            stunAddress = stun
            var configuration = configuration
            configuration.server.stunPort = stun.port
            configuration.server.asksForTokens = configuration.tokens != nil
            core = try box.fill(configuration)
            self.count = count
        } catch {
            box.abandon(error)
            for channel in open { channel.close(promise: nil) }
            // There is nobody to tell if even that fails; the caller gets the reason why we are here.
            group.shutdownGracefully { _ in }
            throw error
        }
        self.group = group
        self.loop = loop
        channels = open
    }

    /// A rendezvous at the wildcard addresses of IPv4 and IPv6, or of the one that the machine has, with one port for both (RT-23).
    /// Blocks; not to be called on an event loop.
    ///
    /// - Parameter ports: to try in their order; 0 for one that the system gives.
    public static func inBothFamilies(
        _ configuration: Configuration, ports: [UInt16], clock: MonotonicClock
    ) throws(SocketError) -> RendezvousService {
        precondition(!ports.isEmpty, "a rendezvous listens somewhere")
        var failure = SocketError.portBusy(ports[0])
        for port in ports {
            for families in [["0.0.0.0", "::"], ["0.0.0.0"], ["::"]] {
                var configuration = configuration
                configuration.listen = families.map { Invite.Host(name: $0, port: port) }
                do throws(SocketError) {
                    return try RendezvousService(configuration, clock: clock)
                } catch {
                    failure = error
                }
                // A port that is taken in one family is no good in the other either: links and people name it once.
                if case .portBusy = failure { break }
            }
        }
        throw failure
    }

    /// Another topic may be joined, where only some may: the room went on to another epoch.
    public func allow(_ topic: Topic) { loop.execute { [core] in core.value.allow(topic) } }

    /// Tokens are taken by what the gate has read now: who came by what is there no more is closed (RV-182).
    public func tokensChanged() { loop.execute { [core] in core.value.tokensChanged() } }

    /// What it did so far.
    public func status() async throws -> Status {
        try await loop.submit { [core, count] in
            var status = core.value.status
            (status.connections, status.turnedAway) = (count.value.open, count.value.turnedAway)
            return status
        }.get()
    }

    /// Closes all sockets. Live boards are not disturbed: their packets do not pass here.
    public func stop() async {
        for channel in channels { channel.close(promise: nil) }
        loop.execute { [core] in core.value.stop() }
        do {
            try await group.shutdownGracefully()
        } catch {
            // Only that it has been shut down before.
        }
    }

    private static func listen(
        _ host: Invite.Host, port: UInt16, isV6Only: Bool, on loop: any EventLoop, _ box: CoreBox,
        _ count: NIOLoopBound<ConnectionCount>, _ clock: MonotonicClock, _ tls: TLSIdentity?, _ tokens: TokenGate?
    ) throws(SocketError) -> any Channel {
        var bootstrap = ServerBootstrap(group: loop)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ListenerGate { count.value.takes($0, now: clock.now) })
                }
            }
            // Those who wait to be taken do not wait for all that the others have to say, nor those for one of them.
            .serverChannelOption(.maxMessagesPerRead, value: 64)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 2048))
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelOption(WebSocketHandler.unsentMax, value: WebSocketHandler.unsentBytesMax)
            .childChannelOption(.writeBufferWaterMark, value: WebSocketHandler.waterMark)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try tls?.secure(channel)
                    try box.accept(channel, tokens: tokens) { count.value.settle($0) }
                }
            }
        if isV6Only { bootstrap = bootstrap.serverChannelOption(.v6Only, value: 1) }
        do {
            return try bootstrap.bind(host: host.name, port: Int(port)).wait()
        } catch let error as IOError where error.isAddressInUse {
            throw .portBusy(port)
        } catch {
            throw .cannotBind(address: host.description, reason: reasonText(error))
        }
    }

    private static func respond(
        _ configuration: Configuration, port: UInt16, on loop: any EventLoop, _ box: CoreBox
    ) throws(SocketError) -> [any Channel] {
        func bind(_ host: Invite.Host, _ port: UInt16, isV6Only: Bool) throws(SocketError) -> any Channel {
            var bootstrap = DatagramBootstrap(group: loop)
                .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 2048))
                .channelOption(.receivePacketInfo, value: true)
                .channelInitializer { channel in channel.eventLoop.makeCompletedFuture { try box.addResponder(to: channel) } }
            if isV6Only { bootstrap = bootstrap.channelOption(.v6Only, value: 1) }
            do {
                return try bootstrap.bind(host: host.name, port: Int(port)).wait()
            } catch let error as IOError where error.isAddressInUse {
                throw .portBusy(port)
            } catch {
                throw .cannotBind(address: "\(host.name):\(port)", reason: reasonText(error))
            }
        }
        func bindAll(_ first: UInt16) throws(SocketError) -> [any Channel] {
            var (channels, port): ([any Channel], UInt16) = ([], first)
            do throws(SocketError) {
                for host in configuration.listen {
                    let isV6Only = host.isV6 && configuration.listen.contains { !$0.isV6 }
                    let channel = try bind(host, port, isV6Only: isV6Only)
                    channels.append(channel)
                    port = channel.localAddress?.port.flatMap { UInt16(exactly: $0) } ?? port
                }
            } catch {
                for channel in channels { channel.close(promise: nil) }
                throw error
            }
            return channels
        }
        if let asked = configuration.stun { return [try bind(asked, asked.port, isV6Only: false)] }
        do { return try bindAll(port) } catch { return try bindAll(0) }
    }
}

/// Why a request to open a WebSocket is refused (RT-7).
private enum UpgradeRefusal: Equatable {
    /// It comes from a web page.
    case page
    /// It is not what a client must say (RT-141).
    case malformed
    /// It shows a token that is not taken (RT-165).
    case token(RendezvousRefusal)
}

extension HTTPRequestHead {
    /// True for what a client must say to open a WebSocket, beside what NIO looks at (RFC 6455 §4.2.1).
    fileprivate var isWebSocketOpening: Bool {
        let keys = headers["Sec-WebSocket-Key"]
        return method == .GET && version == .http1_1 && headers["Host"].count == 1
            && headers[canonicalForm: "Connection"].contains { $0.lowercased() == "upgrade" }
            && keys.count == 1 && Self.isKey(keys[0])
    }

    /// True for 16 bytes in base64.
    private static func isKey(_ text: String) -> Bool {
        text.utf8.count == 24 && text.hasSuffix("==")
            && text.utf8.dropLast(2).allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "+"), UInt8(ascii: "/"):
                    true
                default: false
                }
            }
    }
}

extension Invite.Host {
    /// A literal IPv6 address.
    fileprivate var isV6: Bool { name.contains(":") }
}

/// Holds the core from the moment its ports are known; sockets that come before that wait a moment on the loop.
final class CoreBox: Sendable {
    /// Who does not get to the point in this time is closed, so that half-open requests cannot pile up (RT-8).
    static let upgradeTime: TimeAmount = .seconds(10)

    private let loop: any EventLoop
    private let clock: MonotonicClock
    private let promise: EventLoopPromise<NIOLoopBound<Core>>

    init(loop: any EventLoop, clock: MonotonicClock) {
        (self.loop, self.clock) = (loop, clock)
        promise = loop.makePromise()
    }

    /// What counts the connections of all listeners. Blocks; not on the loop.
    func count(most: Int, proxies: TrustedProxies) throws(SocketError) -> NIOLoopBound<ConnectionCount> {
        do {
            return try loop.submit { [loop] in NIOLoopBound(ConnectionCount(most: most, proxies: proxies), eventLoop: loop) }.wait()
        } catch {
            throw .cannotBind(address: "", reason: reasonText(error))
        }
    }

    /// Blocks; not on the loop.
    func fill(_ configuration: RendezvousService.Configuration) throws(SocketError) -> NIOLoopBound<Core> {
        do {
            // On the loop, so that all who wait for it have it when this returns: a datagram that came a moment earlier was lost (RT-24).
            let core = try loop.submit { [loop, clock, promise] in
                let core = NIOLoopBound(Core(configuration, loop: loop, clock: clock), eventLoop: loop)
                promise.succeed(core)
                return core
            }.wait()
            return core
        } catch {
            throw .cannotBind(address: "", reason: reasonText(error))
        }
    }

    /// There will be no core.
    func abandon(_ reason: SocketError) { promise.fail(reason) }

    /// - Parameter upgraded: called on the loop once it is a WebSocket.
    func accept(
        _ channel: any Channel, tokens: TokenGate? = nil, upgraded: @escaping @Sendable (any Channel) -> Void = { _ in }
    ) throws {
        let future = promise.futureResult
        let shown = NIOLoopBoundBox<Core.Shown?>(nil, eventLoop: channel.eventLoop)
        let refusal = NIOLoopBoundBox<UpgradeRefusal?>(nil, eventLoop: channel.eventLoop)
        let upgrader = NIOTypedWebSocketServerUpgrader<Bool>(
            maxFrameSize: Signalling.messageBytesMax,
            // One close frame is said, by the handler.
            enableAutomaticErrorHandling: false,
            shouldUpgrade: { channel, head in
                // Browsers name the page that asks (RFC 6455 §10.2); no program of ours does. A page, be it of this very host by a rebound
                // name, has no business here, and could look for a rendezvous in the networks of all who see it (RT-21).
                guard head.headers["Origin"].isEmpty else {
                    refusal.value = .page
                    return channel.eventLoop.makeSucceededFuture(nil)
                }
                guard head.isWebSocketOpening else {
                    refusal.value = .malformed
                    return channel.eventLoop.makeSucceededFuture(nil)
                }
                let offered = head.headers[canonicalForm: "Sec-WebSocket-Protocol"]
                guard offered.contains(where: { $0 == Signalling.subprotocol }) else { return channel.eventLoop.makeSucceededFuture(nil) }
                do throws(RendezvousRefusal) {
                    shown.value = try tokens?.bearer(by: head.headers).map { Core.Shown(bearer: $0, secondsLeft: $1) }
                } catch {
                    refusal.value = .token(error)
                    future.whenSuccess { $0.value.turnedAway(error) }
                    return channel.eventLoop.makeSucceededFuture(nil)
                }
                return channel.eventLoop.makeSucceededFuture(["Sec-WebSocket-Protocol": Signalling.subprotocol])
            },
            upgradePipelineHandler: { channel, head in
                future.flatMapThrowing { core in
                    upgraded(channel)
                    try core.value.add(channel, forwardedFor: head.headers["X-Forwarded-For"], shown: shown.value)
                    return true
                }
            })
        let upgrade = NIOTypedHTTPServerUpgradeConfiguration(
            upgraders: [upgrader],
            notUpgradingCompletionHandler: { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(PlainHTTPHandler(refusal: refusal.value, core: future))
                    return false
                }
            })
        let timeout = channel.eventLoop.scheduleTask(in: Self.upgradeTime) { channel.closeAtOnce() }
        // A timer holds its channel: those that come and go must not leave ten seconds' worth of them.
        channel.closeFuture.whenComplete { _ in timeout.cancel() }
        let result = try channel.pipeline.syncOperations.configureUpgradableHTTPServerPipeline(
            configuration: .init(upgradeConfiguration: upgrade))
        try channel.pipeline.syncOperations.addHandler(HTTPErrorHandler())
        result.whenComplete { outcome in
            switch outcome {
            case .success(true): timeout.cancel()
            case .success(false): break
            case .failure: channel.close(promise: nil)
            }
        }
    }

    func addResponder(to channel: any Channel) throws {
        try channel.pipeline.syncOperations.addHandler(STUNResponder(core: promise.futureResult))
    }
}

/// What the service consists of on its loop.
final class Core {
    /// A token that was shown and taken.
    struct Shown {
        let bearer: Bearer
        /// Nil for one without an end.
        let secondsLeft: Int64?
    }

    private var server: RendezvousServer
    private let tokens: TokenGate?
    private let proxies: TrustedProxies
    private let advise: (RendezvousService.Advice) -> Void
    private var advised: Set<RendezvousService.Advice> = []
    private var limiter = SourceLimiter()
    private let loop: any EventLoop
    private let clock: MonotonicClock
    private var sockets: [RendezvousServer.ConnectionToken: WebSocketHandler] = [:]
    private var lastToken: UInt64 = 0
    private let timer: WakeTimer
    /// The message last encoded: one that goes to all of a topic is encoded once.
    private var lastEncoded: (message: ServerMessage, text: ByteBuffer)?
    private var stunAnswered = 0
    private var stunSilent = 0
    /// Of sockets that have gone.
    private var relayUnread = 0
    private var isDraining = false

    init(_ configuration: RendezvousService.Configuration, loop: any EventLoop, clock: MonotonicClock) {
        server = RendezvousServer(configuration.server, seed: Entropy.seed())
        (proxies, advise, tokens) = (configuration.proxies, configuration.advise, configuration.tokens)
        (self.loop, self.clock) = (loop, clock)
        timer = WakeTimer(loop: loop)
    }

    var status: RendezvousService.Status {
        .init(
            sockets: server.socketCount, topics: server.topicCount, mailboxes: server.mailboxCount, server: server.counters,
            stunAnswered: stunAnswered,
            stunSilent: stunSilent, relayUnread: sockets.values.reduce(relayUnread) { $0 + $1.framesDropped })
    }

    func add(_ channel: any Channel, forwardedFor: [String], shown: Shown? = nil) throws {
        let peer = channel.remoteAddress.flatMap { InkPrimitives.SocketAddress($0) }?.ip
        let client = peer.map { proxies.client(peer: $0, forwardedFor: forwardedFor) }
        if let peer, let client { look(at: peer, client: client, isForwarded: !forwardedFor.isEmpty) }
        lastToken += 1
        let token = RendezvousServer.ConnectionToken(lastToken)
        let handler = WebSocketHandler(
            role: .server,
            clock: clock,
            receive: { [weak self] text in self?.receive(text, token) },
            receiveFrame: { [weak self] frame in self?.relay(frame, token) },
            closed: { [weak self] _ in self?.lost(token) })
        try channel.pipeline.syncOperations.addWebSocket(handler)
        sockets[token] = handler
        let now = clock.now
        // A token may be good for longer than a clock counts.
        let until = shown?.secondsLeft.map { now + .seconds(min($0, Self.secondsMax)) }
        server.opened(token, from: client.map { Source($0) }, as: shown?.bearer, until: until, now: now)
        drain()
    }

    /// Ten years: no socket lives as long.
    private static let secondsMax: Int64 = 315_360_000

    func turnedAway(_ reason: RendezvousRefusal) { server.turnedAway(reason) }

    func tokensChanged() {
        guard let tokens else { return }
        server.keep(tokens.keys.vouches, now: clock.now)
        drain()
    }

    private func look(at peer: IPAddress, client: IPAddress, isForwarded: Bool) {
        let advice: RendezvousService.Advice
        if proxies.addresses.contains(client) {
            advice = .proxyNamesNobody(client)
        } else if isForwarded, peer == client, peer.isLoopback || CandidateFilter.isPrivate(peer) {
            // From anywhere else it is more likely that somebody tries to be taken for another.
            advice = .proxyUnknown(peer)
        } else {
            return
        }
        if advised.count < Self.advicesMax, advised.insert(advice).inserted { advise(advice) }
    }

    /// Anybody of our network can write the field.
    private static let advicesMax = 4

    func answer(to datagram: [UInt8], from source: InkPrimitives.SocketAddress) -> [UInt8]? {
        // The limiter is asked last: garbage must not use up what a network may have.
        guard let answer = STUN.answer(to: datagram, from: source), limiter.allows(source, now: clock.now) else {
            stunSilent += 1
            return nil
        }
        stunAnswered += 1
        return answer
    }

    func allow(_ topic: Topic) { server.allow(topic) }

    func stop() {
        timer.cancel()
        for token in sockets.keys.sorted() { sockets[token]?.close(.goingAway, reason: "the rendezvous is stopping") }
    }

    private func receive(_ text: ByteBuffer, _ token: RendezvousServer.ConnectionToken) {
        guard let handler = sockets[token] else { return }
        let message: ClientMessage
        do {
            message = try SignallingJSON.decode(ClientMessage.self, from: text)
        } catch {
            handler.close(.dataInconsistentWithMessage, reason: "not a message of \(Signalling.subprotocol)")
            return
        }
        server.received(message, from: token, now: clock.now)
        drain()
    }

    private func relay(_ frame: ByteBuffer, _ token: RendezvousServer.ConnectionToken) {
        guard sockets[token] != nil else { return }
        server.relayed(Array(frame.readableBytesView), from: token, now: clock.now)
        drain()
    }

    private func lost(_ token: RendezvousServer.ConnectionToken) {
        guard let handler = sockets.removeValue(forKey: token) else { return }
        relayUnread += handler.framesDropped
        server.closed(token, now: clock.now)
        drain()
    }

    private func drain() {
        // A send can end a slow socket, which calls back into here: the outer round goes on with what that left.
        guard !isDraining else { return }
        isDraining = true
        defer { isDraining = false }
        while let output = server.nextOutput() {
            switch output {
            case .send(let message, let token):
                guard let handler = sockets[token] else { continue }
                do {
                    let text = lastEncoded?.message == message ? lastEncoded?.text : nil
                    let encoded = try text ?? SignallingJSON.encode(message)
                    lastEncoded = (message, encoded)
                    handler.send(encoded)
                } catch {
                    handler.close(.unexpectedServerError, reason: "a message could not be written")
                }
            case .relay(let bytes, let token): sockets[token]?.send(frame: ByteBuffer(bytes: bytes))
            case .close(let token, let reason): sockets[token]?.close(.policyViolation, reason: reason.description)
            }
        }
        arm()
    }

    private func arm() {
        let bound = NIOLoopBound(self, eventLoop: loop)
        timer.set(for: server.deadline, now: clock.now) {
            let core = bound.value
            core.server.handleTimeout(now: core.clock.now)
            core.drain()
        }
    }
}

/// Answers plain HTTP requests: health, figures, and a word to whoever looks at the port with a browser.
private final class PlainHTTPHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private var head: HTTPRequestHead?
    /// Why an upgrade was refused that was asked for.
    private let refusal: UpgradeRefusal?
    private let core: EventLoopFuture<NIOLoopBound<Core>>

    init(refusal: UpgradeRefusal?, core: EventLoopFuture<NIOLoopBound<Core>>) { (self.refusal, self.core) = (refusal, core) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body: break
        case .end:
            // NIO keeps the head of a request that asked for an upgrade and did not get it.
            let path = head?.uri.prefix { $0 != "?" } ?? ""
            if refusal == nil, path == "/metrics", let head, head.method == .GET || head.method == .HEAD {
                respondWithMetrics(context, hasBody: head.method == .GET)
                self.head = nil
                return
            }
            // By class: what was shown is not repeated (RT-170).
            if case .token(let reason) = refusal {
                respond(
                    context, .unauthorized,
                    "\(reason). Ask whoever runs this rendezvous for another, or come without one, as the guest of somebody who has one.\n",
                    hasBody: head?.method != .HEAD, refused: reason)
                head = nil
                return
            }
            let isKnown = head.map { $0.method == .GET || $0.method == .HEAD } ?? true
            let (status, text): (HTTPResponseStatus, String) =
                switch (isKnown, path) {
                case _ where refusal == .page: (.forbidden, "A rendezvous is for programs, not for web pages.\n")
                case _ where refusal == .malformed: (.badRequest, "The request to open a WebSocket is not as RFC 6455 has it.\n")
                case (false, _): (.methodNotAllowed, "method not allowed\n")
                case (_, "/healthz"): (.ok, "ok\n")
                default:
                    (
                        .upgradeRequired,
                        "This is an Inkwire rendezvous. It speaks WebSocket with the subprotocol \(Signalling.subprotocol).\n"
                    )
                }
            respond(context, status, text, hasBody: head?.method != .HEAD)
            head = nil
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    /// Sums over everybody: nothing in them is about one person or room (RT-147).
    private func respondWithMetrics(_ context: ChannelHandlerContext, hasBody: Bool) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        core.whenComplete { outcome in
            let (handler, context) = bound.value
            switch outcome {
            case .success(let core): handler.respond(context, .ok, core.value.status.metrics, hasBody: hasBody)
            case .failure: context.close(promise: nil)
            }
        }
    }

    /// - Parameter refused: the class, as RFC 6750 §3 has it told; nil where it is not about a token.
    private func respond(
        _ context: ChannelHandlerContext, _ status: HTTPResponseStatus, _ text: String, hasBody: Bool, refused: RendezvousRefusal? = nil
    ) {
        var headers: HTTPHeaders = [
            "Content-Type": "text/plain; charset=utf-8", "Content-Length": "\(text.utf8.count)", "Connection": "close",
            "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
        ]
        if let refused {
            headers.add(
                name: "WWW-Authenticate",
                value: "Bearer realm=\"inkwire\", error=\"invalid_token\", error_description=\"\(refused.rawValue)\"")
        }
        if status == .upgradeRequired {
            headers.add(name: "Upgrade", value: "websocket")
            // RFC 6455 §4.4: the one that is spoken here (RT-141).
            headers.add(name: "Sec-WebSocket-Version", value: "13")
        }
        context.write(wrapOutboundOut(.head(.init(version: .http1_1, status: status, headers: headers))), promise: nil)
        if hasBody { context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil) }
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in bound.value.close(promise: nil) }
    }
}

/// Closes a connection whose HTTP cannot be read, after NIO has answered 400.
private final class HTTPErrorHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is HTTPParserError {
            context.close(promise: nil)
        } else {
            context.fireErrorCaught(error)
        }
    }
}

/// Answers STUN Binding requests.
private final class STUNResponder: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private var core: NIOLoopBound<Core>?
    private var sender: DatagramSender?
    private let future: EventLoopFuture<NIOLoopBound<Core>>

    init(core: EventLoopFuture<NIOLoopBound<Core>>) { future = core }

    func handlerAdded(context: ChannelHandlerContext) {
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        future.whenSuccess { bound.value.core = $0 }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        guard let source = InkPrimitives.SocketAddress(envelope.remoteAddress) else { return }
        guard let answer = core?.value.answer(to: Array(envelope.data.readableBytesView), from: source) else { return }
        // An answer that the system refuses to send is lost; without a sender there is nothing that could be read, either.
        if sender == nil { sender = try? DatagramSender(context.channel) }
        // From where it was asked: a firewall lets in what answers, and the system might choose another address of this machine.
        _ = sender?.send(answer, to: envelope.remoteAddress, from: envelope.metadata?.packetInfo?.destinationAddress)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // As in our own sockets: the next datagram may be good.
    }
}
