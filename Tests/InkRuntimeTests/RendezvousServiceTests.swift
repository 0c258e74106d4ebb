import Dispatch
import InkConnectivity
import InkCrypto
import InkPrimitives
import InkRendezvous
import InkSession
import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import Testing

@testable import InkRuntime

/// A participant's signalling on real sockets: the client value, a connector, nothing else.
private final class Signaller: Sendable {
    enum Event: Sendable, Equatable {
        case opened(SocketAddress), closed(String), joined(Int), dial(PeerID, [SocketAddress]), expect(PeerID, [SocketAddress]), left(
            PeerID)
        case stun(UInt16)
    }

    private final class State {
        var client: RendezvousClient
        var connectors: [RendezvousConnector] = []
        let clock = MonotonicClock.system
        let continuation: AsyncStream<Event>.Continuation
        init(_ client: RendezvousClient, _ continuation: AsyncStream<Event>.Continuation) {
            (self.client, self.continuation) = (client, continuation)
        }

        /// Connects again when it is time.
        func wait(on loop: any EventLoop) {
            guard let at = client.deadline, !client.isJoined else { return }
            let bound = NIOLoopBound(self, eventLoop: loop)
            loop.scheduleTask(in: .nanoseconds(max(0, (at - clock.now).nanoseconds))) {
                bound.value.client.handleTimeout(now: bound.value.clock.now)
                bound.value.drain()
                // The loop's clock may be ahead of ours.
                bound.value.wait(on: loop)
            }
        }

        func drain() {
            while let output = client.nextOutput() {
                switch output {
                case .connect(let place): connectors[place].connect()
                case .disconnect(let place, let reason): connectors[place].disconnect(reason: reason)
                case .send(let message, let place): connectors[place].send(message)
                case .joined(let others, _): continuation.yield(.joined(others))
                case .dial(_, let remote, let addresses): continuation.yield(.dial(remote, addresses))
                case .expect(_, let remote, let addresses): continuation.yield(.expect(remote, addresses))
                case .peerLeft(let remote): continuation.yield(.left(remote))
                case .stunServer(let port, _): continuation.yield(.stun(port))
                case .peerAppeared, .abandon, .versionMismatch, .open, .answer, .complete, .reachable, .unreachable, .candidates,
                    .sendFrame,
                    .relayed, .liveness, .probe:
                    break
                }
            }
        }
    }

    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let events: AsyncStream<Event>
    let id: PeerID
    private let state: NIOLoopBound<State>

    init(
        _ number: UInt8, hosts: [Invite.Host], room: UInt8 = 1, patience: TimeAmount = RendezvousConnector.patience
    ) throws {
        let (events, continuation) = AsyncStream.makeStream(of: Event.self)
        self.events = events
        let roomSecret = try #require(Secret32([UInt8](repeating: room, count: 32)))
        let device = SigningKey(seed: try #require(Secret32([UInt8](repeating: number, count: 32))))
        // Its id begins with `number`, so that the smaller number dials.
        let salts = (0...UInt16.max).lazy.compactMap { PeerSalt([UInt8($0 >> 8), UInt8($0 & 255)] + [UInt8](repeating: 1, count: 14)) }
        let salt = try #require(salts.first { $0.peer(of: device.author).bytes[0] == number })
        id = salt.peer(of: device.author)
        state = try loop.submit { [loop] in
            let state = State(
                RendezvousClient(
                    keys: RoomKeys(roomSecret: roomSecret), device: device, salt: salt, seed: .random(), policy: .never,
                    count: hosts.count),
                continuation)
            let candidate = Candidate(address: SocketAddress(ip: .v4(0x7F00_0001), port: 40_000 + UInt16(number)), kind: .host)
            state.client.setCandidates([candidate], now: state.clock.now)
            state.connectors = hosts.enumerated().map { place, host in
                RendezvousConnector(
                    host: host, loop: loop, clock: state.clock, patience: patience,
                    opened: { [weak state] address in
                        guard let state else { return }
                        continuation.yield(.opened(address))
                        state.client.connected(to: address, at: place, now: state.clock.now)
                        state.drain()
                    },
                    received: { [weak state] message in
                        guard let state else { return }
                        state.client.received(message, at: place, now: state.clock.now)
                        state.drain()
                    },
                    closed: { [weak state] reason in
                        guard let state else { return }
                        continuation.yield(.closed(reason))
                        state.client.disconnected(at: place, now: state.clock.now)
                        state.drain()
                        state.wait(on: loop)
                    })
            }
            return NIOLoopBound(state, eventLoop: loop)
        }.wait()
    }

    func start() {
        loop.execute { [state] in
            state.value.client.start(now: state.value.clock.now); state.value.drain()
        }
    }
    func stop() {
        loop.execute { [state] in
            state.value.client.leave()
            state.value.drain()
            for connector in state.value.connectors { connector.shutDown() }
        }
    }

    /// What is due by then is done now.
    func advance(by time: Duration) {
        loop.execute { [state] in
            state.value.client.handleTimeout(now: state.value.clock.now + time)
            state.value.drain()
        }
    }

    /// The first event that `match` accepts.
    func first<Value: Sendable>(_ match: @Sendable (Event) -> Value?) async throws -> Value {
        for await event in events { if let value = match(event) { return value } }
        throw CancellationError()
    }
}

/// One connector that joins a topic and gives what comes, in order.
private final class Carried: Sendable {
    enum Event: Sendable, Equatable { case opened(SocketAddress, from: IPAddress?), joined(UInt32), frame([UInt8]), closed(String) }

    private final class Events: @unchecked Sendable {
        // Used by one test at a time.
        var iterator: AsyncStream<Event>.AsyncIterator
        init(_ stream: AsyncStream<Event>) { iterator = stream.makeAsyncIterator() }
    }

    private let loop = MultiThreadedEventLoopGroup.singleton.next()
    private let connector: NIOLoopBound<RendezvousConnector>
    private let events: Events

    init(addresses: [SocketAddress]) throws {
        let (stream, continuation) = AsyncStream.makeStream(of: Event.self)
        events = Events(stream)
        let keys = RoomKeys(roomSecret: try #require(Secret32([UInt8](repeating: 1, count: 32))))
        let topic = try #require(Topic(keys.topic))
        connector = try loop.submit { [loop] in
            weak var itself: RendezvousConnector?
            let connector = RendezvousConnector(
                host: Invite.Host(name: "rendezvous.example", port: addresses[0].port), loop: loop, clock: .system,
                find: { _, loop in loop.makeSucceededFuture(addresses) },
                opened: { continuation.yield(.opened($0, from: itself?.localAddress?.ip)) },
                received: { message in
                    switch message {
                    case .welcome(let nonce, _, _, _, _):
                        let signature = keys.topicKey.sign(Signalling.joinProof(topic: topic, nonce: nonce))
                        itself?.send(.join(topic: topic, key: keys.topicKey.author, signature: signature))
                    case .joined(_, let member, _): continuation.yield(.joined(member))
                    case .envelope, .refused, .mailbox: break
                    }
                },
                receivedFrame: { continuation.yield(.frame($0)) }, closed: { continuation.yield(.closed($0)) })
            itself = connector
            connector.connect()
            return NIOLoopBound(connector, eventLoop: loop)
        }.wait()
    }

    func next() async throws -> Event {
        guard let event = await events.iterator.next() else { throw CancellationError() }
        return event
    }

    /// Its member number, once it is in.
    func number() async throws -> UInt32 {
        while true { if case .joined(let member) = try await next() { return member } }
    }

    func send(_ frame: [UInt8]) { loop.execute { [connector] in connector.value.send(frame: frame) } }
    func stop() { loop.execute { [connector] in connector.value.shutDown() } }
}

@Suite(.timeLimit(.minutes(1))) struct RendezvousServiceTests {
    @Test func `RT-7: two peers meet through a real server and are told each other's loopback address`() async throws {
        let service = try loopbackService()
        let (small, large) = (try Signaller(1, hosts: [host(service)]), try Signaller(2, hosts: [host(service)]))
        large.start()
        #expect(try await large.first { if case .joined(let others) = $0 { others } else { nil } } == 0)
        small.start()
        let expected = try await large.first { if case .expect(let id, let addresses) = $0 { (id, addresses) } else { nil } }
        let dialled = try await small.first { if case .dial(let id, let addresses) = $0 { (id, addresses) } else { nil } }
        #expect(expected.0 == small.id && expected.1.map(\.description) == ["127.0.0.1:40001"])
        #expect(dialled.0 == large.id && dialled.1.map(\.description) == ["127.0.0.1:40002"])
        let status = try await service.status()
        #expect(status.sockets == 2 && status.topics == 1)
        small.stop()
        #expect(try await large.first { if case .left(let id) = $0 { id } else { nil } } == small.id)
        large.stop()
        await service.stop()
    }

    @Test func `RT-5: a dead first entry of the list does not keep anybody out, and all dead ones are named`() async throws {
        let service = try loopbackService()
        let dead = Invite.Host(name: "127.0.0.1", port: 1)
        let peer = try Signaller(1, hosts: [dead, host(service)])
        peer.start()
        let address = try await peer.first { if case .opened(let address) = $0 { address } else { nil } }
        #expect(address.port == service.port)
        peer.stop()
        let lonely = try Signaller(2, hosts: [dead])
        lonely.start()
        let reason = try await lonely.first { if case .closed(let reason) = $0 { reason } else { nil } }
        #expect(reason.contains("127.0.0.1:1"))
        lonely.stop()
        await service.stop()
    }

    @Test func `RV-23: two who have the same list of three meet, and are at all that answer`() async throws {
        let services = try [loopbackService(), loopbackService()]
        let hosts = [host(services[0]), Invite.Host(name: "127.0.0.1", port: 1), host(services[1])]
        let (small, large) = (try Signaller(1, hosts: hosts), try Signaller(2, hosts: hosts))
        large.start()
        _ = try await large.first { if case .joined = $0 { true } else { nil } }
        _ = try await large.first { if case .joined = $0 { true } else { nil } }
        small.start()
        _ = try await small.first { if case .dial = $0 { true } else { nil } }
        for service in services {
            var status = try await service.status()
            while status.topics != 1 || status.sockets != 2 { status = try await service.status() }
        }
        small.stop()
        large.stop()
        for service in services { await service.stop() }
    }

    @Test func `RT-5: a rendezvous that refuses us is left for the next of the list`() async throws {
        let closed = try loopbackService { $0.server.topics = [] }
        let open = try loopbackService()
        let peer = try Signaller(1, hosts: [host(closed), host(open)])
        peer.start()
        _ = try await peer.first { if case .joined = $0 { true } else { nil } }
        let status = try await open.status()
        #expect(status.sockets == 1)
        peer.stop()
        await closed.stop()
        await open.stop()
    }

    @Test func `RT-11: connections count before they are WebSockets and when they are, and those above the limit are closed at once`()
        async throws
    {
        let service = try loopbackService { $0.server.socketsMax = 2 }
        let idle = try await connect(service, from: "127.0.0.2")
        var status = try await service.status()
        while status.connections < 1 { status = try await service.status() }
        let first = try await webSocket(service)
        // The place of one that has not got to the point is given to a newer one, that of a WebSocket is not.
        let second = try await webSocket(service)
        try await idle.closeFuture.get()
        let health = "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n"
        #expect(try await exchange(service, health).isEmpty)
        status = try await service.status()
        #expect(status.turnedAway == 1 && status.connections == 2 && status.sockets == 2)
        try await first.close().get()
        while status.connections > 1 { status = try await service.status() }
        #expect(try await exchange(service, health).hasSuffix("ok\n"))
        try await second.close().get()
        await service.stop()
    }

    @Test(arguments: [1, 50])
    func `RT-126: idle connections of one source or of fifty keep nobody out, not even one of the same source`(
        sources: Int
    ) async throws {
        let service = try loopbackService { $0.server.socketsMax = 128 }
        var idle: [any Channel] = []
        for round in 0..<(300 / sources) {
            for source in 0..<sources { idle.append(try await connect(service, from: "127.0.\(source).2")) }
            if round % 20 == 0 { _ = try await service.status() }
        }
        #expect(try await exchange(service, "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n", from: "127.0.0.2").hasSuffix("ok\n"))
        #expect(try await exchange(service, "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n", from: "127.9.9.9").hasSuffix("ok\n"))
        let status = try await service.status()
        #expect(status.connections < 128)
        for channel in idle { channel.close(promise: nil) }
        await service.stop()
    }

    @Test func `RT-22, RT-142: behind a proxy the source is whom it names, and it is told once when it names nobody`() async throws {
        let (advices, advised) = AsyncStream.makeStream(of: RendezvousService.Advice.self)
        let proxy = try #require(IPAddress("127.0.0.1"))
        let service = try loopbackService {
            $0.proxies = TrustedProxies([proxy])
            $0.advise = { advised.yield($0) }
            $0.server.socketsPerSourceMax = 1
        }
        // Each source has room for one socket that has joined nothing; a second displaces it.
        let first = try await webSocket(service, forwardedFor: "203.0.113.1")
        let second = try await webSocket(service, forwardedFor: "203.0.113.2")
        let third = try await webSocket(service, forwardedFor: "203.0.113.99, 203.0.113.1")
        try await first.closeFuture.get()
        #expect(second.isActive && third.isActive)
        var status = try await service.status()
        #expect(status.sockets == 2)
        for _ in 0..<2 { _ = try await webSocket(service, forwardedFor: "unknown") }
        status = try await service.status()
        #expect(status.sockets == 3)
        await service.stop()
        advised.finish()
        var told: [RendezvousService.Advice] = []
        for await advice in advices { told.append(advice) }
        #expect(told == [.proxyNamesNobody(proxy)])
    }

    @Test func `RT-22, RT-142: a proxy that we were not told of is named once, and nothing that it says is believed`() async throws {
        let (advices, advised) = AsyncStream.makeStream(of: RendezvousService.Advice.self)
        let service = try loopbackService {
            $0.advise = { advised.yield($0) }
            $0.server.socketsPerSourceMax = 1
        }
        let first = try await webSocket(service, forwardedFor: "203.0.113.1")
        let second = try await webSocket(service, forwardedFor: "203.0.113.2")
        try await first.closeFuture.get()
        #expect(second.isActive)
        await service.stop()
        advised.finish()
        var told: [RendezvousService.Advice] = []
        for await advice in advices { told.append(advice) }
        #expect(told == [.proxyUnknown(try #require(IPAddress("127.0.0.1")))])
    }

    @Test(arguments: [EMFILE, ENFILE])
    func `RT-129: while the system has no descriptors the listener rests, and goes on afterwards`(code: Int32) async throws {
        let service = try loopbackService()
        let listener = try #require(service.channels.first)
        let before = try await listener.eventLoop.flatSubmit {
            listener.pipeline.fireErrorCaught(IOError(errnoCode: code, reason: "accept"))
            return listener.getOption(.autoRead)
        }.get()
        #expect(!before)
        #expect(try await exchange(service, "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n").hasSuffix("ok\n"))
        #expect(try await listener.getOption(.autoRead).get())
        await service.stop()
    }

    @Test func `RT-130: the limit of descriptors is raised, never lowered, and bounds the connections`() {
        let before = DescriptorLimit.current
        #expect(DescriptorLimit.raise() >= before)
        #expect(DescriptorLimit.current >= before)
        #expect(DescriptorLimit.share(of: 20_000, limit: 65_536) == 20_000)
        #expect(DescriptorLimit.share(of: 20_000, limit: 1024) == 960)
        #expect(DescriptorLimit.share(of: 20_000, limit: 20) == 10)
        #expect(DescriptorLimit.share(of: 128, limit: 1024) == 128)
    }

    @Test func `RT-8: who does not get to the upgrade in ten seconds is closed`() throws {
        let channel = EmbeddedChannel()
        let box = CoreBox(loop: channel.embeddedEventLoop, clock: .system)
        try box.accept(channel)
        try channel.connect(to: .init(ipAddress: "127.0.0.1", port: 1)).wait()
        try channel.writeInbound(ByteBuffer(string: "GET / HTTP/1.1\r\nHost: h\r\n"))
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(9999))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(!channel.isActive)
        box.abandon(.portBusy(1))
    }

    @Test func `RT-125: a stopped server is noticed at once`() async throws {
        let service = try loopbackService()
        let peer = try Signaller(1, hosts: [host(service)])
        peer.start()
        _ = try await peer.first { if case .joined = $0 { true } else { nil } }
        await service.stop()
        _ = try await peer.first { if case .closed = $0 { true } else { nil } }
        peer.stop()
    }

    @Test func `the welcome names the port where STUN tells our address`() async throws {
        let service = try loopbackService()
        let peer = try Signaller(1, hosts: [host(service)])
        peer.start()
        let port = try await peer.first { if case .stun(let port) = $0 { port } else { nil } }
        #expect(port == service.stunAddress.port)
        peer.stop()
        let (stream, continuation) = AsyncStream.makeStream(of: ([UInt8], SocketAddress).self)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let sockets = UncheckedTransfer(
            value: try UDPSockets.open(.any, onlyLoopback: true, on: loop, receive: { continuation.yield(($0, $1)) }))
        let own = sockets.value.port
        var client = STUNClient(using: SystemRandomNumberGenerator())
        client.start(server: service.stunAddress, now: .zero)
        guard case .transmit(let request, let destination)? = client.nextOutput() else { throw CancellationError() }
        loop.execute {
            sockets.value.send(request, to: destination)
        }
        var arrived = stream.makeAsyncIterator()
        let answer = try #require(await arrived.next())
        client.receive(answer.0, from: answer.1, now: .zero)
        #expect(client.mapped == SocketAddress("127.0.0.1:\(own)"))
        try await loop.flatSubmit { sockets.value.close() }.get()
        await service.stop()
    }

    #if os(Linux)
        // Of loopback other systems have one address.
        @Test(arguments: ["0.0.0.0", "::"])
        func `RT-24: STUN answers from the address that was asked`(listen: String) async throws {
            var configuration = RendezvousService.Configuration()
            configuration.listen = [Invite.Host(name: listen, port: 0)]
            let service = try RendezvousService(configuration, clock: .system)
            let (stream, continuation) = AsyncStream.makeStream(of: SocketAddress.self)
            let loop = MultiThreadedEventLoopGroup.singleton.next()
            let sockets = UncheckedTransfer(
                value: try UDPSockets.open(.any, onlyLoopback: true, on: loop, receive: { continuation.yield($1) }))
            let other = SocketAddress(ip: .v4(0x7F00_0002), port: service.stunAddress.port)
            loop.execute { sockets.value.send(STUN.bindingRequest(transaction: Entropy.bytes(12)), to: other) }
            var arrived = stream.makeAsyncIterator()
            #expect(await arrived.next() == other)
            try await loop.flatSubmit { sockets.value.close() }.get()
            await service.stop()
        }
    #endif

    @Test func `RT-8: STUN floods and garbage are left without an answer`() async throws {
        let service = try loopbackService()
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        let sockets = UncheckedTransfer(
            value: try UDPSockets.open(.any, onlyLoopback: true, on: loop, receive: { _, _ in continuation.yield() }))
        let target = service.stunAddress
        var status = try await service.status()
        for batch in 0..<5 {
            try await loop.submit {
                for index in 0..<40 {
                    let isGarbage = index % 2 == 0
                    let bytes =
                        isGarbage
                        ? [UInt8](repeating: UInt8(batch), count: 20 + index) : STUN.bindingRequest(transaction: Entropy.bytes(12))
                    sockets.value.send(bytes, to: target)
                }
            }.get()
            // The loop has read what it was sent once all are counted; so few wait in the system's buffer, however busy the machine is.
            while status.stunAnswered + status.stunSilent < 40 * (batch + 1) { status = try await service.status() }
        }
        #expect(status.stunAnswered >= 5 && status.stunAnswered < 60)
        continuation.finish()
        var answers = 0
        for await _ in stream { answers += 1 }
        #expect(answers <= status.stunAnswered)
        try await loop.flatSubmit { sockets.value.close() }.get()
        await service.stop()
    }

    /// Sends raw bytes to the service and gives what comes back until it closes.
    private func exchange(
        _ service: RendezvousService, _ request: String, _ after: [UInt8] = [], from source: String = "127.0.0.1"
    ) async throws -> String {
        var buffer = ByteBuffer(string: request)
        buffer.writeBytes(after)
        let collector = UncheckedTransfer(value: Collector(buffer))
        // The service may close before it has read all; what it said until then is what is asked for.
        let channel = try await connect(service, from: source) { channel in
            channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(collector.value) }
        }
        try await channel.closeFuture.get()
        return try await channel.eventLoop.submit { String(decoding: collector.value.bytes, as: UTF8.self) }.get()
    }

    /// A TCP connection from an address of this machine.
    private func connect(
        _ service: RendezvousService, from source: String,
        _ prepare: @escaping @Sendable (any Channel) -> EventLoopFuture<Void> = { $0.eventLoop.makeSucceededVoidFuture() }
    ) async throws -> any Channel {
        try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(to: .init(ipAddress: source, port: 0)).channelInitializer(prepare)
            .connect(host: "127.0.0.1", port: Int(service.port)).get()
    }

    /// A WebSocket that says nothing; open when this returns.
    private func webSocket(_ service: RendezvousService, forwardedFor: String? = nil) async throws -> any Channel {
        let (bytes, arrived) = AsyncStream.makeStream(of: String.self)
        let field = forwardedFor.map { "X-Forwarded-For: \($0)\r\n" } ?? ""
        let request = Self.upgrade + "Sec-WebSocket-Protocol: inkwire.v1\r\n\(field)\r\n"
        let channel = try await connect(service, from: "127.0.0.1") { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(
                    Listening(asking: request, { arrived.yield($0) }, ended: { arrived.finish() }))
            }
        }
        var text = ""
        for await part in bytes {
            text += part
            if text.contains("\"type\":\"welcome\"") { break }
        }
        return channel
    }

    private static let upgrade =
        "GET /any/path?x=1 HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

    @Test func `health is told over plain HTTP, everything else is told what this is`() async throws {
        let service = try loopbackService()
        let health = try await exchange(service, "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(health.hasPrefix("HTTP/1.1 200 ") && health.hasSuffix("\r\n\r\nok\n"))
        let other = try await exchange(service, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(other.hasPrefix("HTTP/1.1 426 ") && other.contains("Inkwire rendezvous"))
        let metrics = try await exchange(service, "GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(
            metrics.hasPrefix("HTTP/1.1 200 OK")
                && metrics.contains("\n# TYPE inkwire_relay_bytes_out_total counter\ninkwire_relay_bytes_out_total 0\n"))
        let post = try await exchange(service, "POST /healthz HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi")
        #expect(post.hasPrefix("HTTP/1.1 405 "))
        let garbage = try await exchange(service, "\u{0}\u{1}\u{2} nonsense\r\n\r\n")
        #expect(garbage.isEmpty || garbage.hasPrefix("HTTP/1.1 400 "))
        await service.stop()
    }

    @Test(arguments: ["http://evil.example", "null", "http://h", ""])
    func `RT-21: a web page gets no socket, whatever it says it is, and is told why`(origin: String) async throws {
        let service = try loopbackService()
        let answer = try await exchange(service, Self.upgrade + "Origin: \(origin)\r\nSec-WebSocket-Protocol: inkwire.v1\r\n\r\n")
        #expect(answer.hasPrefix("HTTP/1.1 403 ") && answer.contains("not for web pages") && !answer.contains("welcome"))
        let status = try await service.status()
        #expect(status.server.opened == 0)
        await service.stop()
    }

    @Test(arguments: [
        ("GET ", "POST "), ("HTTP/1.1", "HTTP/1.0"), ("Connection: Upgrade\r\n", ""),
        ("Connection: Upgrade", "Connection: keep-alive"), ("dGhlIHNhbXBsZSBub25jZQ==", "YQ=="), ("dGhlIHNhbXBsZSBub25jZQ==", "!!!"),
        ("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25j ZQ=="), ("Host: h\r\n", ""), ("Host: h", "Host: h\r\nHost: i"),
    ])
    func `RT-141: a request that opens no WebSocket as its rules are gets none`(right: String, wrong: String) async throws {
        let service = try loopbackService()
        let request = Self.upgrade.replacing(right, with: wrong)
        #expect(request != Self.upgrade)
        let answer = try await exchange(service, request + "Sec-WebSocket-Protocol: inkwire.v1\r\n\r\n")
        #expect(answer.hasPrefix("HTTP/1.1 400 ") && !answer.contains("welcome"))
        await service.stop()
    }

    @Test func `RT-141: who speaks another version of WebSocket is told which is spoken here`() async throws {
        let service = try loopbackService()
        let request = Self.upgrade.replacing("Sec-WebSocket-Version: 13", with: "Sec-WebSocket-Version: 8")
        let answer = try await exchange(service, request + "Sec-WebSocket-Protocol: inkwire.v1\r\n\r\n")
        #expect(answer.hasPrefix("HTTP/1.1 426 ") && answer.contains("Sec-WebSocket-Version: 13\r\n"))
        await service.stop()
    }

    @Test func `RT-7: the upgrade needs the subprotocol, at whatever path`() async throws {
        let service = try loopbackService()
        // RFC 6455 §1.3: the sample nonce has this accept value. A close frame (masked, empty) ends the exchange.
        let close: [UInt8] = [0x88, 0x80, 1, 2, 3, 4]
        let good = try await exchange(service, Self.upgrade + "Sec-WebSocket-Protocol: other, inkwire.v1\r\n\r\n", close)
        #expect(good.hasPrefix("HTTP/1.1 101 ") && good.lowercased().contains("sec-websocket-protocol: inkwire.v1"))
        #expect(good.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") && good.contains("\"type\":\"welcome\""))
        for wrong in ["", "Sec-WebSocket-Protocol: inkwire.v2\r\n"] {
            let answer = try await exchange(service, Self.upgrade + wrong + "\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 426 ") && !answer.contains("welcome"))
        }
        await service.stop()
    }

    @Test(
        arguments: [
            ("not masked", [0x81, 0x02, 0x7B, 0x7D]),
            ("no message", [0x81, 0x82, 0, 0, 0, 0, 0x7B, 0x7D]), ("8 KiB", [0x81, 0xFE, 0x20, 0x00, 0, 0, 0, 0]),
            ("reserved opcode", [0x83, 0x80, 0, 0, 0, 0]), ("reserved bits", [0xF1, 0x80, 0, 0, 0, 0]),
        ] as [(String, [UInt8])])
    func `RT-8: a client that breaks the rules is closed and others go on`(name: String, frame: [UInt8]) async throws {
        let service = try loopbackService()
        let peer = try Signaller(1, hosts: [host(service)])
        peer.start()
        _ = try await peer.first { if case .joined = $0 { true } else { nil } }
        let answer = try await exchange(service, Self.upgrade + "Sec-WebSocket-Protocol: inkwire.v1\r\n\r\n", frame)
        #expect(answer.hasPrefix("HTTP/1.1 101 "))
        let status = try await service.status()
        #expect(status.sockets == 1)
        peer.stop()
        await service.stop()
    }

    @Test func `IPv4 and IPv6 wildcards share one number, and both find STUN there`() async throws {
        let hasV6 = try Interfaces.addresses(port: 1).contains { $0.address.ip == .v6(high: 0, low: 1) }
        let wildcards = hasV6 ? ["0.0.0.0", "::"] : ["0.0.0.0"]
        let service = try loopbackService { $0.listen = wildcards.map { Invite.Host(name: $0, port: 0) } }
        #expect(Set(service.addresses.map(\.port)) == [service.port])
        for name in hasV6 ? ["127.0.0.1", "::1"] : ["127.0.0.1"] {
            let peer = try Signaller(1, hosts: [Invite.Host(name: name, port: service.port)])
            peer.start()
            let stun = try await peer.first { if case .stun(let port) = $0 { port } else { nil } }
            #expect(stun == service.stunAddress.port)
            peer.stop()
        }
        await service.stop()
    }

    @Test(
        arguments: [
            ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "it answers, but is no rendezvous"),
            ("SSH-2.0-OpenSSH_9.6\r\n\r\n", "it does not speak HTTP"), ("", "it closed the connection"),
            (
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>",
                "a web page answers: it is no rendezvous, or this network wants you to sign in first"
            ),
            (
                "HTTP/1.1 302 Found\r\nLocation: http://login.example/\r\nContent-Length: 0\r\n\r\n",
                "it sends us to another page: this network may want you to sign in first"
            ),
            ("HTTP/1.1 511 Network Authentication Required\r\nContent-Length: 0\r\n\r\n", "this network wants you to sign in first"),
            ("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", "a proxy answers, but not the rendezvous behind it"),
        ])
    func `RT-125: why a host is no rendezvous is said in words, with its address once`(says: String, reason: String) async throws {
        let host = try await MuteServer.start(saying: says)
        let peer = try Signaller(1, hosts: [Invite.Host(name: "127.0.0.1", port: host.port)])
        peer.start()
        let told = try await peer.first { if case .closed(let reason) = $0 { reason } else { nil } }
        #expect(told == "127.0.0.1:\(host.port): \(reason)")
        peer.stop()
        try await host.stop()
    }

    @Test func `RT-32: of several addresses the first that upgrades is taken, one that is mute holds up nobody, and sixteen are dialled`()
        async throws
    {
        let service = try loopbackService { $0.listen = [Invite.Host(name: "127.0.0.7", port: 0)] }
        // Accepts and says nothing, at the same port.
        let mute = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton).bind(host: "127.0.0.2", port: Int(service.port))
            .get()
        func addresses(_ last: [UInt8]) -> [SocketAddress] {
            last.map { SocketAddress(ip: .v4(0x7F00_0000 | UInt32($0)), port: service.port) }
        }
        let member = try Carried(addresses: addresses([3, 2, 4, 7]))
        #expect(try await member.next() == .opened(addresses([7])[0], from: .v4(0x7F00_0001)))
        member.stop()
        // The last that is dialled of a name with fifty addresses is good.
        let late = try Carried(addresses: addresses(Array(20..<34) + [2, 7] + Array(40..<74)))
        #expect(try await late.next() == .opened(addresses([7])[0], from: .v4(0x7F00_0001)))
        late.stop()
        // Nobody is at any of the first sixteen.
        let lost = try Carried(addresses: addresses(Array(20..<36) + [7] + Array(40..<73)))
        #expect(try await lost.next() == .closed("rendezvous.example:\(service.port): Connection refused"))
        lost.stop()
        try await mute.close().get()
        await service.stop()
    }

    @Test func `RT-32: addresses of both families are dialled in turns, each once`() {
        let (v4, v6) = ((1...3).map { IPAddress.v4($0) }, (1...2).map { IPAddress.v6(high: 1, low: $0) })
        #expect(HostAddresses.inTurns(v6 + v4 + v6) == [v6[0], v4[0], v6[1], v4[1], v4[2]])
        #expect(HostAddresses.inTurns([v4[0], v4[0]]) == [v4[0]] && HostAddresses.inTurns([]).isEmpty)
    }

    @Test func `RT-147, RV-50: relay frames pass between two sockets of a topic, and are counted`() async throws {
        let service = try loopbackService()
        let address = [SocketAddress(ip: .v4(0x7F00_0001), port: service.port)]
        let (ana, ben) = (try Carried(addresses: address), try Carried(addresses: address))
        let (from, to) = (try await ana.number(), try await ben.number())
        for index in 0..<4 as Range<UInt8> {
            ana.send(RelayFrame.ToServer(sender: from, receivers: [to], datagram: [index] + [UInt8](repeating: 9, count: 1000)).encoded)
        }
        for index in 0..<4 as Range<UInt8> {
            guard case .frame(let bytes) = try await ben.next() else { throw WireError.unexpected }
            let frame = try RelayFrame.ToClient(decoding: bytes)
            #expect(frame.sender == from && frame.receiver == to && frame.datagram == [index] + [UInt8](repeating: 9, count: 1000))
        }
        let status = try await service.status()
        #expect(status.server.relayFramesOut == 4 && status.relayUnread == 0)
        ana.stop()
        ben.stop()
        await service.stop()
    }

    @Test func `RT-124: one that accepts and says nothing at all has answered nothing`() async throws {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton).bind(host: "127.0.0.1", port: 0).get()
        let port = UInt16(try #require(listener.localAddress?.port))
        let peer = try Signaller(1, hosts: [Invite.Host(name: "127.0.0.1", port: port)], patience: .seconds(1))
        peer.start()
        let told = try await peer.first { if case .closed(let reason) = $0 { reason } else { nil } }
        #expect(told == "127.0.0.1:\(port): it accepts connections and answers nothing")
        peer.stop()
        try await listener.close().get()
    }

    @Test
    func `RT-5, RV-40: one that welcomes us and says anything but that we are in is closed, and keeps nobody from the next of the list`()
        async throws
    {
        let service = try loopbackService()
        let liar = try await Liar.start()
        let peer = try Signaller(1, hosts: [Invite.Host(name: "127.0.0.1", port: liar.port), host(service)])
        peer.start()
        var (opened, isIn) = (0, false)
        for await event in peer.events {
            if case .opened = event { opened += 1 }
            if case .joined = event { isIn = true }
            if opened == 2, isIn { break }
        }
        peer.advance(by: RendezvousClient.joinTime)
        let told = try await peer.first { if case .closed(let reason) = $0 { reason } else { nil } }
        #expect(told == "127.0.0.1:\(liar.port): it accepted us and did not let us in")
        #expect(try await service.status().sockets == 1)
        peer.stop()
        try await liar.stop()
        await service.stop()
    }

    @Test func `RT-125: errors of sockets are told in words for people`() {
        #expect(reasonText(ChannelError.connectTimeout(.seconds(8))) == "no answer")
        for error: ChannelError in [.eof, .inputClosed, .ioOnClosedChannel, .alreadyClosed, .inappropriateOperationForState] {
            #expect(reasonText(error) == "it closed the connection")
        }
        #expect(reasonText(IOError(errnoCode: ECONNREFUSED, reason: "connect(descriptor:7)")) == "Connection refused")
        let unknown = #expect(throws: (any Error).self) { try NIOCore.SocketAddress.makeAddressResolvingHost("nowhere.invalid", port: 1) }
        #expect(unknown.map(reasonText) == "the name has no address")
    }

    @Test(
        arguments: [
            ([:], "it speaks another version"),
            (["Sec-WebSocket-Protocol": "inkwire.v2"], "it speaks another version"),
            (
                ["Sec-WebSocket-Protocol": "inkwire.v1", "Sec-WebSocket-Extensions": "permessage-deflate"],
                "it speaks a form of WebSocket that was not asked for"
            ),
        ] as [(HTTPHeaders, String)])
    func `RT-124, RT-140: an upgrade to another thing than was asked for is none`(headers: HTTPHeaders, reason: String) async throws {
        let liar = try await Liar.start(answering: headers)
        let peer = try Signaller(1, hosts: [Invite.Host(name: "127.0.0.1", port: liar.port)])
        peer.start()
        let told = try await peer.first { if case .closed(let reason) = $0 { reason } else { nil } }
        #expect(told == "127.0.0.1:\(liar.port): \(reason)")
        peer.stop()
        try await liar.stop()
    }

    @Test func `RT-124: one that hangs up instead of upgrading is left, and named`() async throws {
        let mute = try await MuteServer.start()
        let peer = try Signaller(1, hosts: [Invite.Host(name: "127.0.0.1", port: mute.port)])
        peer.start()
        let reason = try await peer.first { if case .closed(let reason) = $0 { reason } else { nil } }
        #expect(reason.contains("127.0.0.1:\(mute.port)"))
        peer.stop()
        try await mute.stop()
    }

    @Test func `ports asked for are kept, and busy ones are named`() async throws {
        let first = try loopbackService()
        #expect(first.stunAddress.port == first.port, "the responder takes the number of the TCP port where it is free")
        let taken = first.port
        #expect(throws: SocketError.portBusy(taken)) {
            _ = try loopbackService { $0.listen = [Invite.Host(name: "127.0.0.1", port: taken)] }
        }
        await first.stop()
        let second = try loopbackService { $0.listen = [Invite.Host(name: "127.0.0.1", port: taken)] }
        #expect(second.port == taken)
        await second.stop()
    }
}

extension Sequence {
    /// `map` for one after the other.
    fileprivate func asyncMap<Value>(_ transform: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}

/// Speaks the protocol, welcomes, and says anything but that we are in.
private struct Liar {
    let channel: any Channel
    let port: UInt16

    static func start(answering headers: HTTPHeaders = ["Sec-WebSocket-Protocol": Signalling.subprotocol]) async throws -> Liar {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in channel.eventLoop.makeCompletedFuture { try prepare(channel, headers) } }
            .bind(host: "127.0.0.1", port: 0).get()
        return Liar(channel: channel, port: UInt16(try #require(channel.localAddress?.port)))
    }

    func stop() async throws { try await channel.close().get() }

    private static func prepare(_ channel: any Channel, _ headers: HTTPHeaders) throws {
        let upgrader = NIOTypedWebSocketServerUpgrader<Bool>(
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture(headers) },
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    let handler = WebSocketHandler(role: .server, clock: .system, receive: { _ in }, closed: { _ in })
                    try channel.pipeline.syncOperations.addWebSocket(handler)
                    handler.send(try SignallingJSON.encode(ServerMessage.welcome(nonce: [UInt8](repeating: 1, count: 32), stunPort: nil)))
                    handler.send(try SignallingJSON.encode(ServerMessage.joined(topic: .zero, member: 1, others: 0)))
                    handler.send(try SignallingJSON.encode(ServerMessage.envelope(topic: .zero, from: 1, box: [1])))
                    return true
                }
            })
        let configuration = NIOTypedHTTPServerUpgradeConfiguration<Bool>(
            upgraders: [upgrader], notUpgradingCompletionHandler: { $0.eventLoop.makeSucceededFuture(false) })
        _ = try channel.pipeline.syncOperations.configureUpgradableHTTPServerPipeline(
            configuration: .init(upgradeConfiguration: configuration))
    }
}

/// Accepts TCP connections, and at the first bytes says one thing and closes them.
private struct MuteServer {
    let channel: any Channel
    let port: UInt16

    static func start(saying text: String = "") async throws -> MuteServer {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Closer(text)) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return MuteServer(channel: channel, port: UInt16(try #require(channel.localAddress?.port)))
    }

    func stop() async throws { try await channel.close().get() }

    private final class Closer: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private let text: String
        init(_ text: String) { self.text = text }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text))).whenComplete { _ in bound.value.close(promise: nil) }
        }
    }
}

/// Gives what arrives as text.
private final class Listening: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private let request: String
    private let heard: (String) -> Void
    private let ended: () -> Void
    init(asking request: String, _ heard: @escaping (String) -> Void, ended: @escaping () -> Void) {
        (self.request, self.heard, self.ended) = (request, heard, ended)
    }
    // At once: the service closes who asks nothing in time, and a test may wait long for its turn.
    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: request)), promise: nil)
    }
    func channelInactive(context: ChannelHandlerContext) { ended() }
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        heard(String(decoding: unwrapInboundIn(data).readableBytesView, as: UTF8.self))
    }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

private final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private let request: ByteBuffer
    var bytes: [UInt8] = []
    init(_ request: ByteBuffer) { self.request = request }
    func channelActive(context: ChannelHandlerContext) { context.writeAndFlush(wrapOutboundOut(request), promise: nil) }
    func channelRead(context: ChannelHandlerContext, data: NIOAny) { bytes += unwrapInboundIn(data).readableBytesView }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
