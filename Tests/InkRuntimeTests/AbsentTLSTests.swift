#if !TLS
    import InkPrimitives
    import InkSession
    import NIOCore
    import NIOPosix
    import Testing

    @testable import InkRuntime

    /// Of a build without the trait `TLS`, as `tools/embed-check` makes it.
    @Suite struct AbsentTLSTests {
        @Test func `RT-162: whoever asks for TLS of a program that was built without it is told what, why and what to do`() {
            let trust = #expect(throws: TLSError.self) { _ = try TLSTrust() }
            let ofFile = #expect(throws: TLSError.self) { _ = try TLSTrust(file: "/nonexistent/ca.pem") }
            let identity = #expect(throws: TLSError.self) { _ = try TLSIdentity(certificate: "cert.pem", key: "key.pem") }
            for error in [trust, ofFile, identity] {
                #expect(error == .absent)
                let text = error?.description ?? ""
                #expect(text.hasPrefix("this program was built without TLS; build it with the trait TLS of the package inkwire, or "))
            }
        }

        @Test func `RT-162, RT-150: a rendezvous that speaks TLS is known as that also where nothing else of TLS is`() async throws {
            let group = MultiThreadedEventLoopGroup.singleton
            // What a server with TLS says to a request in clear: an alert (RFC 8446 §6).
            let server = try await ServerBootstrap(group: group)
                .childChannelInitializer { channel in
                    channel.writeAndFlush(ByteBuffer(bytes: [0x15, 3, 3, 0, 2, 2, 70])).flatMap { channel.close() }
                }
                .bind(host: "127.0.0.1", port: 0).get()
            let port = UInt16(try #require(server.localAddress?.port))
            let (reasons, continuation) = AsyncStream.makeStream(of: String.self)
            let loop = group.next()
            let connector = try await loop.submit {
                let connector = RendezvousConnector(
                    host: Invite.Host(name: "127.0.0.1", port: port), loop: loop, clock: .system, opened: { _ in }, received: { _ in },
                    closed: { continuation.yield($0) })
                connector.connect()
                return NIOLoopBound(connector, eventLoop: loop)
            }.get()
            var iterator = reasons.makeAsyncIterator()
            #expect(await iterator.next() == "127.0.0.1:\(port): it speaks TLS: it is a rendezvous of wss://")
            try await loop.submit { connector.value.shutDown() }.get()
            try await server.close().get()
        }
    }
#endif
