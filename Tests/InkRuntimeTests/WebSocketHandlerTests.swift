import InkPrimitives
import NIOCore
import NIOEmbedded
import NIOPosix
import NIOWebSocket
import Synchronization
import Testing

@testable import InkRuntime

/// A handler on a channel in memory, with a clock that goes only when told.
private final class Stand {
    let channel = EmbeddedChannel()
    let handler: WebSocketHandler
    private let time = Time()
    private let end = End()

    private final class Time: Sendable { let now = Mutex(Instant.zero + .seconds(1)) }
    private final class End { var reasons: [String] = [] }

    /// Why it was closed, once for each time it was told.
    var reasons: [String] { end.reasons }

    init(_ role: WebSocketHandler.Role) throws {
        handler = WebSocketHandler(
            role: role, clock: MonotonicClock { [time] in time.now.withLock { $0 } }, receive: { _ in },
            closed: { [end] in end.reasons.append($0) })
        try channel.pipeline.syncOperations.addHandler(handler)
    }

    /// Awake: both clocks go.
    func run(seconds: Int) {
        for _ in 0..<seconds {
            time.now.withLock { $0 += .seconds(1) }
            channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        }
    }

    /// Suspended: timers stand still.
    func sleep(seconds: Int) { time.now.withLock { $0 += .seconds(seconds) } }

    func hear(_ opcode: WebSocketOpcode) throws {
        try channel.writeInbound(WebSocketFrame(fin: true, opcode: opcode, data: ByteBuffer(string: "x")))
    }

    func said() throws -> [WebSocketOpcode] {
        var opcodes: [WebSocketOpcode] = []
        while let frame = try channel.readOutbound(as: WebSocketFrame.self) { opcodes.append(frame.opcode) }
        return opcodes
    }
}

@Suite(.timeLimit(.minutes(1))) struct WebSocketHandlerTests {
    // RT-8
    @Test(arguments: [WebSocketOpcode.ping, .pong])
    func `forty pings or pongs in twenty seconds are taken, one more ends the connection`(opcode: WebSocketOpcode) throws {
        let stand = try Stand(.server)
        for _ in 0..<3 {
            for _ in 0..<40 { try stand.hear(opcode) }
            #expect(stand.reasons.isEmpty)
            stand.run(seconds: 20)
        }
        for _ in 0..<41 { try stand.hear(opcode) }
        #expect(stand.reasons == ["too many pings and pongs"])
        #expect(try stand.said().count { $0 == .pong } == (opcode == .ping ? 160 : 0))
    }

    // RT-8
    @Test func `fifty-five seconds of silence end a connection, any frame before that does not`() throws {
        for role in [WebSocketHandler.Role.client, .server] {
            let stand = try Stand(role)
            stand.run(seconds: 50)
            try stand.hear(.text)
            stand.run(seconds: 50)
            try stand.hear(.pong)
            stand.run(seconds: 55)
            #expect(stand.reasons.isEmpty)
            // The server looks every twenty seconds.
            stand.run(seconds: 20)
            #expect(stand.reasons == ["no sign of life"])
        }
    }

    // RT-3
    @Test func `after a sleep the other side is asked, and has two seconds to answer`() throws {
        for (role, tick) in [(WebSocketHandler.Role.client, 1), (.server, 20)] {
            for slept in [25, 3600] {
                let stand = try Stand(role)
                stand.run(seconds: 5)
                stand.sleep(seconds: slept)
                _ = try stand.said()
                stand.run(seconds: role == .client ? tick : tick - 5)
                #expect(try stand.said() == [.ping] && stand.reasons.isEmpty)
                stand.run(seconds: 2)
                #expect(stand.reasons == ["no sign of life after a sleep"])
            }
        }
    }

    // RT-3
    @Test func `who answers after a sleep is kept, however long it was, and short naps are not noticed`() throws {
        for role in [WebSocketHandler.Role.client, .server] {
            let stand = try Stand(role)
            stand.run(seconds: 5)
            stand.sleep(seconds: 3600)
            stand.run(seconds: role == .client ? 1 : 15)
            try stand.hear(.pong)
            stand.run(seconds: 40)
            #expect(stand.reasons.isEmpty)
        }
        let napping = try Stand(.client)
        napping.sleep(seconds: 15)
        napping.run(seconds: 3)
        #expect(try napping.said().isEmpty && napping.reasons.isEmpty)
    }

    // RT-8
    @Test func `a reader who leaves 256 KiB waiting is closed, and not before`() async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let (ends, ended) = AsyncStream.makeStream(of: String.self)
        let (handlers, found) = AsyncStream.makeStream(of: NIOLoopBound<WebSocketHandler>.self)
        let listener = try await ServerBootstrap(group: loop)
            .childChannelOption(.writeBufferWaterMark, value: WebSocketHandler.waterMark)
            .childChannelOption(.socketOption(.so_sndbuf), value: 65_536)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = WebSocketHandler(
                        role: .server, clock: .system, receive: { _ in }, closed: { ended.yield($0) })
                    try channel.pipeline.syncOperations.addHandler(WebSocketFrameEncoder())
                    try channel.pipeline.syncOperations.addHandler(handler)
                    found.yield(NIOLoopBound(handler, eventLoop: channel.eventLoop))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(listener.localAddress?.port)
        let reader = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: false).channelOption(.socketOption(.so_rcvbuf), value: 65_536)
            .connect(host: "127.0.0.1", port: port).get()
        var arrived = handlers.makeAsyncIterator()
        let handler = try #require(await arrived.next())
        let text = ByteBuffer(repeating: 0x20, count: 4096)
        // What the bound allows is taken, whatever the kernel takes beside it.
        try await loop.submit { for _ in 0..<(WebSocketHandler.waitingBytesMax / 4096 - 2) { handler.value.send(text) } }.get()
        #expect(reader.isActive)
        // 64 MiB are more than any kernel keeps for one socket.
        try await loop.submit { for _ in 0..<16_384 { handler.value.send(text) } }.get()
        ended.finish()
        var reasons: [String] = []
        for await reason in ends { reasons.append(reason) }
        #expect(reasons == ["the other side reads too slowly"])
        try await reader.close().get()
        try await listener.close().get()
    }
}
