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

/// A handler behind the decoder, as in a real pipeline: bytes in, what was taken and the code of our close frame out.
private func exchange(_ role: WebSocketHandler.Role, _ bytes: [UInt8]) throws -> (texts: [String], frames: [[UInt8]], code: UInt16?) {
    let channel = EmbeddedChannel()
    var texts: [String] = []
    var frames: [[UInt8]] = []
    let handler = WebSocketHandler(
        role: role, clock: MonotonicClock { .zero + .seconds(1) }, receive: { texts.append(String(buffer: $0)) },
        receiveFrame: { frames.append(Array($0.readableBytesView)) }, closed: { _ in })
    try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: 4096)))
    try channel.pipeline.syncOperations.addWebSocket(handler)
    // The decoder throws what our handler has dealt with.
    do { try channel.writeInbound(ByteBuffer(bytes: bytes)) } catch {}
    var code: UInt16?
    while let frame = try channel.readOutbound(as: WebSocketFrame.self) {
        guard frame.opcode == .connectionClose else { continue }
        #expect(code == nil, "one close frame")
        code = frame.data.getInteger(at: frame.data.readerIndex)
    }
    return (texts, frames, code)
}

/// A frame masked with zeros.
private func masked(_ first: UInt8, _ payload: [UInt8] = []) -> [UInt8] { [first, 0x80 | UInt8(payload.count), 0, 0, 0, 0] + payload }

@Suite(.timeLimit(.minutes(1))) struct WebSocketHandlerTests {
    @Test(
        arguments: [
            ("reserved bit 1", masked(0xC1, [0x7B]), 1002), ("reserved bit 2", masked(0xA1, [0x7B]), 1002),
            ("reserved bit 3", masked(0x91, [0x7B]), 1002), ("reserved bit of a ping", masked(0xC9), 1002),
            ("reserved bit of a fragment", masked(0x41, [0x7B]) + masked(0x80, [0x7D]), 1002),
            ("not masked", [0x81, 0x01, 0x7B], 1002),
            ("text within a fragmented frame", masked(0x02, [0x7B]) + masked(0x81, [0x7D]), 1002),
            ("8 KiB of a frame", [0x82, 0xFE, 0x20, 0, 0, 0, 0, 0], 1009),
            ("reserved opcode", masked(0x83), 1002), ("reserved control opcode", masked(0x8B), 1002),
            ("continuation of nothing", masked(0x80, [0x7B]), 1002),
            ("text within fragments", masked(0x01, [0x7B]) + masked(0x81, [0x7D]), 1002),
            ("a ping in two", masked(0x09), 1002), ("a long ping", [0x89, 0xFE, 0, 126, 0, 0, 0, 0], 1002),
            ("8 KiB", [0x81, 0xFE, 0x20, 0, 0, 0, 0, 0], 1009), ("not UTF-8", masked(0x81, [0x22, 0xFF, 0x22]), 1007),
            ("half a character", masked(0x81, [0xC3]), 1007), ("a surrogate", masked(0x81, [0xED, 0xA0, 0x80]), 1007),
            ("an overlong form", masked(0x81, [0xC0, 0x80]), 1007),
            ("a close frame of one byte", masked(0x88, [0x03]), 1002),
            ("close with a reason that is no text", masked(0x88, [0x03, 0xE8, 0xFF]), 1007),
        ] as [(String, [UInt8], UInt16)])
    func `RT-20: what breaks RFC 6455 ends the connection with its code, and is not taken`(name: String, bytes: [UInt8], code: UInt16)
        throws
    {
        let outcome = try exchange(.server, bytes)
        #expect(outcome.code == code && outcome.texts.isEmpty)
    }

    @Test func `RT-139: a close frame is answered with its own code where that may be sent, and by 1002 where not`() throws {
        func answer(_ code: UInt16) throws -> UInt16? {
            try exchange(.server, masked(0x88, [UInt8(code >> 8), UInt8(code & 0xFF)] + Array("gone".utf8))).code
        }
        for code: UInt16 in [1000, 1001, 1003, 1007, 1011, 1014, 3000, 4999] { #expect(try answer(code) == code) }
        for code: UInt16 in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535] { #expect(try answer(code) == 1002, "\(code)") }
        #expect(try exchange(.server, masked(0x88)).code == 1000)
    }

    @Test func `RT-20: a character cut by fragments is whole again, with a ping between them`() throws {
        let outcome = try exchange(.server, masked(0x01, [0x22, 0xC3]) + masked(0x89) + masked(0x80, [0xA9, 0x22]))
        #expect(outcome.texts == ["\"é\""] && outcome.code == nil)
    }

    @Test func `RT-140: a client takes from a server no more than the server from it`() throws {
        #expect(try exchange(.client, [0x81, 0x01, 0x7B]).texts == ["{"])
        #expect(try exchange(.client, masked(0x81, [0x7B])).code == 1002)
        #expect(try exchange(.client, [0xC1, 0x01, 0x7B]).code == 1002)
        #expect(try exchange(.client, [0x81, 0x01, 0xFF]).code == 1007)
        #expect(try exchange(.client, [0x88, 0x02, 0x03, 0xED]).code == 1002)
    }

    @Test func `RT-20: a binary message is a relay frame, whole or in fragments, and no text`() throws {
        let outcome = try exchange(
            .server, masked(0x82, [0x01, 0xFF]) + masked(0x02, [0x02]) + masked(0x89) + masked(0x80, [0xFE]) + masked(0x82))
        #expect(outcome.frames == [[1, 0xFF], [2, 0xFE], []] && outcome.texts.isEmpty && outcome.code == nil)
        #expect(try exchange(.client, [0x82, 0x01, 0x07]).frames == [[7]])
    }

    @Test func `RT-33: relay frames of one turn of the loop leave together, in their order, masked by a client`() throws {
        for role in [WebSocketHandler.Role.client, .server] {
            let stand = try Stand(role)
            for number in 0..<5 as Range<UInt8> { stand.handler.send(frame: ByteBuffer(bytes: [number])) }
            #expect(try stand.channel.readOutbound(as: WebSocketFrame.self) == nil, "nothing before the turn is over")
            stand.channel.embeddedEventLoop.run()
            for number in 0..<5 as Range<UInt8> {
                let frame = try #require(try stand.channel.readOutbound(as: WebSocketFrame.self))
                #expect(frame.opcode == .binary && Array(frame.data.readableBytesView) == [number])
                #expect((frame.maskKey != nil) == (role == .client))
            }
            // More than the channel has at once waits for no turn, and all of it goes.
            for _ in 0..<40 { stand.handler.send(frame: ByteBuffer(repeating: 1, count: 1200)) }
            stand.channel.embeddedEventLoop.run()
            #expect(try stand.said().count == 40 && stand.handler.framesDropped == 0)
        }
    }

    @Test func `RT-146: a socket that takes nothing has 64 frames waiting for 100 ms at most, and what shows a place goes first`() {
        var queue = FrameQueue()
        let start = Instant.zero + .seconds(1)
        for number in 0..<64 as Range<UInt8> { queue.append(ByteBuffer(bytes: [number]), isPresence: number % 2 == 1, now: start) }
        queue.append(ByteBuffer(bytes: [64]), isPresence: false, now: start)
        for number in 65..<97 as Range<UInt8> {
            queue.append(ByteBuffer(bytes: [number]), isPresence: false, now: start + .milliseconds(50))
        }
        #expect(queue.count == 64 && queue.dropped == 33)
        var left: [UInt8] = []
        let now = start + .milliseconds(100)
        for _ in 0..<5 { left += queue.next(now: now).map { Array($0.readableBytesView) } ?? [] }
        #expect(left == [2, 4, 6, 8, 10], "all places and the oldest work went")
        #expect(queue.next(now: start + .milliseconds(101)).map { Array($0.readableBytesView) } == [65])
        #expect(queue.next(now: start + .milliseconds(151)) == nil && queue.count == 0)
    }

    @Test(arguments: [WebSocketOpcode.ping, .pong])
    func `RT-8: forty pings or pongs in twenty seconds are taken, one more ends the connection`(opcode: WebSocketOpcode) throws {
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

    @Test func `RT-8: fifty-five seconds of silence end a connection, any frame before that does not`() throws {
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

    @Test func `RT-123: after a sleep the other side is asked, and has two seconds to answer`() throws {
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

    @Test func `RT-34: a client asks as often as it was told, and a miss is two seconds`() throws {
        let stand = try Stand(.client)
        stand.handler.liveness = .init(interval: .seconds(10), patience: .seconds(2))
        for _ in 0..<6 {
            stand.run(seconds: 10)
            #expect(try stand.said() == [.ping])
            stand.run(seconds: 1)
            try stand.hear(.pong)
            stand.run(seconds: 9)
            #expect(try stand.said() == [.ping])
            try stand.hear(.pong)
        }
        #expect(stand.reasons.isEmpty)
        stand.run(seconds: 11)
        #expect(stand.reasons.isEmpty)
        stand.run(seconds: 1)
        #expect(stand.reasons == ["no sign of life"])
    }

    @Test func `RT-148: what comes on a slow line answers as well as a pong that waits behind it`() throws {
        let stand = try Stand(.client)
        stand.handler.liveness = .init(interval: .seconds(10), patience: .seconds(2))
        for _ in 0..<5 {
            stand.run(seconds: 11)
            try stand.hear(.text)
            stand.run(seconds: 9)
            try stand.hear(.text)
        }
        #expect(stand.reasons.isEmpty)
        stand.run(seconds: 12)
        #expect(stand.reasons == ["no sign of life"])
    }

    @Test func `RT-34: a probe asks at once, an answer ends it, and the next one is asked anew`() throws {
        let stand = try Stand(.client)
        stand.handler.probe(patience: .seconds(2))
        stand.handler.probe(patience: .seconds(2))
        #expect(try stand.said() == [.ping])
        try stand.hear(.pong)
        stand.run(seconds: 1)
        stand.handler.probe(patience: .seconds(2))
        #expect(try stand.said() == [.ping])
        // The first one's time would be over now.
        stand.run(seconds: 1)
        #expect(stand.reasons.isEmpty)
        try stand.hear(.text)
        stand.run(seconds: 1)
        #expect(stand.reasons == ["no sign of life"], "only a pong answers")
    }

    @Test func `RT-34: a probe asks also where anything would answer what was asked before`() throws {
        let stand = try Stand(.client)
        stand.handler.liveness = .init(interval: .seconds(10), patience: .seconds(2))
        stand.run(seconds: 10)
        stand.handler.probe(patience: .seconds(2))
        #expect(try stand.said() == [.ping, .ping])
        try stand.hear(.text)
        stand.run(seconds: 2)
        #expect(stand.reasons == ["no sign of life"])
    }

    @Test func `RT-123: who answers after a sleep is kept, however long it was, and short naps are not noticed`() throws {
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

    @Test func `RT-8: a reader who leaves 256 KiB waiting is closed, and not before`() async throws {
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
