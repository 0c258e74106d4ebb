#if TLS
    import Dispatch
    import InkPrimitives
    import InkRendezvous
    import InkSession
    import NIOCore
    import NIOEmbedded
    import NIOPosix
    import NIOSSL
    import Testing

    @testable import InkRuntime

    @Suite struct TLSTests {
        /// 2026-11-27, and a certificate of 2026-11-01 to 2027-02-01.
        private let now: Int64 = 1_795_737_600
        private let validity: ClosedRange<Int64> = 1_793_491_200...1_801_440_000

        @Test func `RT-149: a clock of 1970 is told as that, whatever the certificate is`() {
            for validity in [validity, 0...1, nil] {
                #expect(TLSTrust.refusal(validity: validity, now: 86_400).hasPrefix("the clock of this machine says 1970"))
            }
            #expect(TLSTrust.refusal(validity: validity, now: 1_735_689_599).hasPrefix("the clock of this machine says 2024"))
        }

        @Test func `RT-149: a certificate that is not valid is told apart from a clock that is years off`() {
            let year: Int64 = 365 * 86_400
            #expect(TLSTrust.refusal(validity: validity, now: validity.upperBound + 1) == "its certificate ran out on 2027-02-01")
            #expect(
                TLSTrust.refusal(validity: validity, now: validity.lowerBound - 86_400).hasPrefix(
                    "its certificate is valid from 2026-11-01"))
            #expect(TLSTrust.refusal(validity: (now + 3 * year)...(now + 4 * year), now: now).hasSuffix("set the clock"))
            #expect(TLSTrust.refusal(validity: validity, now: now + 10 * year).contains("the clock of this machine, which says 2036-"))
            #expect(TLSTrust.refusal(validity: validity, now: now).hasPrefix("nobody whom this machine trusts"))
            #expect(TLSTrust.refusal(validity: nil, now: now).hasPrefix("nobody whom this machine trusts"))
        }

        @Test func `RT-35: a list of authorities that cannot be read is refused before anything is dialled`() {
            let missing = #expect(throws: TLSError.self) { _ = try TLSTrust(file: "/nonexistent/ca.pem") }
            #expect(missing?.description == "/nonexistent/ca.pem cannot be read: No such file or directory")
            let empty = #expect(throws: TLSError.self) { _ = try TLSTrust(file: "/dev/null") }
            #expect(empty?.description == "/dev/null holds no certificate in PEM")
        }

        @Test func `RT-127: one whose place is given away has no descriptor any more, also in the middle of TLS`() throws {
            let context = try NIOSSLContext(configuration: .makeClientConfiguration())
            func connection(from source: String) throws -> EmbeddedChannel {
                let channel = EmbeddedChannel(handler: NIOSSLServerHandler(context: context))
                let address = try NIOCore.SocketAddress(ipAddress: source, port: 4000)
                channel.connect(to: address, promise: nil)
                channel.remoteAddress = address
                return channel
            }
            let count = ConnectionCount(most: 1, proxies: TrustedProxies())
            let (first, second) = (try connection(from: "192.0.2.1"), try connection(from: "192.0.2.2"))
            #expect(count.takes(first, now: .zero) && first.isActive)
            #expect(count.takes(second, now: .zero) && second.isActive)
            #expect(!first.isActive && count.open == 1)
        }

        @Test func `RT-124: a disk that does not give the authorities holds up a try no longer than a resolver does`() async throws {
            let end = DispatchSemaphore(value: 0)
            let tls = TLSTrust {
                end.wait()
                throw TLSError.unusableFile("too late")
            }
            let (reasons, continuation) = AsyncStream.makeStream(of: String.self)
            let loop = MultiThreadedEventLoopGroup.singleton.next()
            let connector = try await loop.submit {
                let connector = RendezvousConnector(
                    host: Invite.Host(name: "127.0.0.1", port: 1), loop: loop, clock: .system, patience: .milliseconds(50), tls: tls,
                    opened: { _ in }, received: { _ in }, closed: { continuation.yield($0) })
                connector.connect()
                return NIOLoopBound(connector, eventLoop: loop)
            }.get()
            var iterator = reasons.makeAsyncIterator()
            #expect(await iterator.next() == "127.0.0.1:1: whom this machine trusts could not be read in time")
            end.signal()
            try await loop.submit { connector.value.shutDown() }.get()
        }
    }
#endif
