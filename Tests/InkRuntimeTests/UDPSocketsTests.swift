import InkPrimitives
import InkRuntime
import NIOCore
import NIOPosix
import Testing

@Suite struct UDPSocketsTests {
    private let loop = MultiThreadedEventLoopGroup.singleton.next()

    private func open(_ choice: PortChoice) throws -> (
        sockets: NIOLoopBound<UDPSockets>, port: UInt16, hasV6: Bool, arrived: AsyncStream<([UInt8], SocketAddress)>
    ) {
        let (stream, continuation) = AsyncStream.makeStream(of: ([UInt8], SocketAddress).self)
        let sockets = try UDPSockets.open(choice, onlyLoopback: true, on: loop, receive: { continuation.yield(($0, $1)) })
        let (port, hasV6) = (sockets.port, sockets.hasV6)
        let transfer = UncheckedTransfer(value: sockets)
        let bound = try loop.submit { [loop] in NIOLoopBound(transfer.value, eventLoop: loop) }.wait()
        return (bound, port, hasV6, stream)
    }

    private func close(_ sockets: NIOLoopBound<UDPSockets>) throws { try loop.flatSubmit { sockets.value.close() }.wait() }

    @Test func `RT-1, RT-121: a busy saved port is replaced, a busy explicit one is an error that names it`() throws {
        let first = try open(.any)
        let second = try open(.saved(first.port))
        #expect(second.port != first.port && second.port > 0)
        #expect(throws: SocketError.portBusy(first.port)) { _ = try open(.explicit(first.port)) }
        try close(first.sockets)
        let third = try open(.explicit(first.port))
        #expect(third.port == first.port)
        try close(third.sockets)
        let fourth = try open(.saved(first.port))
        #expect(fourth.port == first.port)
        try close(fourth.sockets)
        try close(second.sockets)
    }

    @Test(.timeLimit(.minutes(1)))
    func `RT-90, RT-93: a batch from several senders, of several sizes, arrives whole, each sender's datagrams in their order`()
        async throws
    {
        let receiver = try open(.any)
        var families = ["127.0.0.1"]
        if receiver.hasV6 { families.append("[::1]") }
        let senders = try (0..<3).map { _ in try open(.any) }
        let targets = families.compactMap { SocketAddress("\($0):\(receiver.port)") }
        // Trains, single ones, one that is shorter at the end of a train, and the largest that IPv4 carries.
        let sizes =
            [Int](repeating: 1200, count: 40) + [700, 64, 64, 64, 1, 1472, 1200, 1199, 60_000, 33] + [Int](repeating: 300, count: 70)
        var expected: [SocketAddress: [[UInt8]]] = [:]
        for (place, sender) in senders.enumerated() {
            for (family, target) in targets.enumerated() {
                let source = try #require(SocketAddress("\(families[family]):\(sender.port)"))
                expected[source] = sizes.enumerated().map { index, size in
                    (0..<size).map { UInt8(truncatingIfNeeded: $0 &+ index &* 3 &+ place &* 101 &+ family &* 53) }
                }
                let datagrams = expected[source] ?? []
                loop.execute {
                    for datagram in datagrams { sender.sockets.value.write(datagram, to: target) }
                    sender.sockets.value.flush()
                }
            }
        }
        var (got, left) = ([SocketAddress: [[UInt8]]](), expected.values.reduce(0) { $0 + $1.count })
        for await (datagram, source) in receiver.arrived {
            got[source, default: []].append(datagram)
            left -= 1
            if left == 0 { break }
        }
        for (source, datagrams) in expected {
            let arrived = got[source] ?? []
            #expect(arrived.map(\.count) == datagrams.map(\.count), "from \(source)")
            let isWhole = arrived == datagrams
            #expect(isWhole, "from \(source)")
        }
        for socket in senders + [receiver] { try await loop.flatSubmit { socket.sockets.value.close() }.get() }
    }

    /// Counts what one look at a socket brings. Used on the loop only.
    private final class Looks: @unchecked Sendable {
        var datagrams: [Int] = [0]
    }

    @Test(.timeLimit(.minutes(1)))
    func `RT-158: what lies ready is few inputs, not one for each datagram`() async throws {
        let looks = Looks()
        let (done, isDone) = AsyncStream.makeStream(of: [Int].self)
        let count = 40
        let sockets = UncheckedTransfer(
            value: try UDPSockets.open(
                .any, onlyLoopback: true, on: loop, receive: { _, _ in looks.datagrams[looks.datagrams.count - 1] += 1 },
                receivedAll: {
                    looks.datagrams.append(0)
                    if looks.datagrams.reduce(0, +) == count { isDone.yield(looks.datagrams) }
                }))
        let target = try #require(SocketAddress("127.0.0.1:\(sockets.value.port)"))
        // All are sent in one turn of the loop that reads them.
        loop.execute {
            for index in 0..<count { sockets.value.write([UInt8](repeating: UInt8(index), count: 1200), to: target) }
            sockets.value.flush()
        }
        var arrived = done.makeAsyncIterator()
        let found = try #require(await arrived.next())
        // One look where the kernel merges, else one for each 16 reads.
        #expect(found.filter { $0 > 0 }.count <= 3, "\(found)")
        try await loop.flatSubmit { sockets.value.close() }.get()
    }

    @Test func `RT-30, RT-144: what is longer than every path carries is sent whole or not at all`() async throws {
        let (left, right) = (try open(.any), try open(.any))
        var arrived = right.arrived.makeAsyncIterator()
        let near = try #require(SocketAddress("127.0.0.1:\(right.port)"))
        for (count, isSplit) in [(1200, true), (1201, false), (1472, false), (1200, true)] {
            let mayFragment = try await loop.flatSubmit {
                left.sockets.value.write([UInt8](repeating: 0xF3, count: count), to: near)
                left.sockets.value.flush()
                return left.sockets.value.mayFragment()
            }.get()
            #expect(mayFragment == isSplit, "\(count)")
            #expect(await arrived.next()?.0.count == count)
        }
        // Long and short ones of one batch, each as it must be.
        loop.execute {
            for count in [1472, 1472, 300, 1300, 1200] { left.sockets.value.write([UInt8](repeating: 0xF3, count: count), to: near) }
            left.sockets.value.flush()
        }
        for count in [1472, 1472, 300, 1300, 1200] { #expect(await arrived.next()?.0.count == count) }
        // More than any path takes is refused, and the socket goes on.
        let refused = try await loop.submit {
            let before = left.sockets.value.refused
            left.sockets.value.write([UInt8](repeating: 0xF3, count: 65_508), to: near)
            left.sockets.value.write([0xF3, 2], to: near)
            left.sockets.value.flush()
            return left.sockets.value.refused - before
        }.get()
        #expect(refused == 1)
        #expect(await arrived.next()?.0 == [0xF3, 2])
        try close(left.sockets)
        try close(right.sockets)
    }

    @Test func `RT-10: a datagram that the system refuses is lost, and the socket goes on`() async throws {
        let (left, right) = (try open(.any), try open(.any))
        var arrived = right.arrived.makeAsyncIterator()
        let near = try #require(SocketAddress("127.0.0.1:\(right.port)"))
        // Broadcasts and foreign networks cannot be reached from loopback; an empty port says nothing.
        let refused = ["255.255.255.255:9999", "127.255.255.255:9999", "192.0.2.1:9999", "127.0.0.1:9"].compactMap { SocketAddress($0) }
        let counts = try await loop.submit {
            for address in refused { left.sockets.value.send([0xF3], to: address) }
            left.sockets.value.send([0xF3, 1], to: near)
            return left.sockets.value.refused
        }.get()
        #expect(counts > 0, "or this proves nothing")
        let got = await arrived.next()
        #expect(got?.0 == [0xF3, 1])
        loop.execute { left.sockets.value.send([0xF3, 2], to: near) }
        let next = await arrived.next()
        #expect(next?.0 == [0xF3, 2])
        try await loop.flatSubmit { left.sockets.value.close() }.get()
        try await loop.flatSubmit { right.sockets.value.close() }.get()
    }

    @Test func `datagrams go over IPv4 and, where there is one, IPv6, between sockets of one number`() async throws {
        let (left, right) = (try open(.any), try open(.any))
        var arrived = right.arrived.makeAsyncIterator()
        var hosts = ["127.0.0.1"]
        if left.hasV6 && right.hasV6 { hosts.append("[::1]") }
        for host in hosts {
            let destination = try #require(SocketAddress("\(host):\(right.port)"))
            let payload = Array(host.utf8) + [UInt8](repeating: 0xF3, count: 1100)
            loop.execute {
                left.sockets.value.send(payload, to: destination)
            }
            let got = await arrived.next()
            #expect(got?.0 == payload)
            #expect(got?.1 == SocketAddress("\(host):\(left.port)"))
        }
        try await loop.flatSubmit { left.sockets.value.close() }.get()
        try await loop.flatSubmit { right.sockets.value.close() }.get()
    }
}
