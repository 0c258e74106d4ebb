import Dispatch
import InkConnectivity
import InkPrimitives
import InkRendezvous
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import InkRuntime

/// On loopback, so that nobody else hears what is said here but these tests: one after the other.
@Suite(.serialized) struct LinkSocketsTests {
    private static let own = IPAddress.v4(0x7F00_0001)

    private func loopback() throws -> LocalAddress {
        try #require(try Interfaces.links(port: 7000).first { $0.address.ip == Self.own })
    }

    /// Sockets that hear on loopback, and what they heard.
    private func hearing(
        on loop: any EventLoop, _ place: LocalAddress
    ) async throws -> (sockets: LinkSockets, said: AsyncStream<LinkSockets.Said>) {
        let (said, continuation) = AsyncStream.makeStream(of: LinkSockets.Said.self)
        let sockets = try LinkSockets.open()
        try await loop.submit {
            sockets.begin(on: loop) { for one in $0 { continuation.yield(one) } }
            sockets.follow([place])
        }.get()
        return (sockets, said)
    }

    @Test func `RT-100, RT-160: all programs of a machine hear what one says to the group, itself too, and what is too long nobody`()
        async throws
    {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let place = try loopback()
        let (ana, toAna) = try await hearing(on: loop, place)
        let (bob, toBob) = try await hearing(on: loop, place)
        let words = (0..<3).map { [UInt8](repeating: $0, count: LinkGroup.datagramBytesMax) }
        try await loop.submit {
            ana.call([UInt8](repeating: 9, count: LinkGroup.datagramBytesMax + 1), from: Self.own, interface: place.interface)
            for word in words { ana.call(word, from: Self.own, interface: place.interface) }
        }.get()
        for said in [toAna, toBob] {
            var heard = said.makeAsyncIterator()
            for word in words {
                let one = try #require(await heard.next())
                #expect(one.bytes == word && one.from.ip == Self.own && one.interface == place.interface)
                #expect(one.from.port == LinkGroup.port, "from where all programs speak, so that none is known by it")
            }
        }
        try await loop.submit {
            ana.close()
            bob.close()
        }.get()
    }

    @Test func `RT-101: of a flood that comes while the loop is held up nearly nothing is kept`() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let (loop, place) = (group.next(), try loopback())
        let (ana, said) = try await hearing(on: loop, place)
        let asking = try #require(LinkSocket.asking(isV6: false))
        let gate = DispatchSemaphore(value: 0)
        loop.execute { gate.wait() }
        for _ in 0..<20_000 { asking.call([UInt8](repeating: 1, count: 46), from: Self.own, interface: place.interface) }
        gate.signal()
        // Said until it is heard: the last of a flood may be lost.
        let last = Task {
            while !Task.isCancelled {
                asking.call([2], from: Self.own, interface: place.interface)
                await Task.yield()
            }
        }
        var heard = 0
        for await one in said {
            guard one.bytes != [2] else { break }
            heard += 1
        }
        last.cancel()
        await last.value
        #expect(heard < 1000, "\(heard) of 20000 waited within the process")
        try await loop.submit { ana.close() }.get()
        asking.close()
        try await group.shutdownGracefully()
    }

    @Test func `RT-100: an answer to one comes from another port, and who is closed says nothing more`() async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let place = try loopback()
        let (ana, said) = try await hearing(on: loop, place)
        let asking = try #require(LinkSocket.asking(isV6: false))
        defer { asking.close() }
        asking.call([1, 2, 3], from: Self.own, interface: place.interface)
        var heard = said.makeAsyncIterator()
        let question = try #require(await heard.next())
        #expect(question.bytes == [1, 2, 3] && question.from.port != LinkGroup.port)
        try await loop.submit {
            ana.answer([4, 5], to: question.from)
            ana.close()
            ana.answer([6], to: question.from)
        }.get()
        // What goes over loopback has come when it was sent.
        let answers = asking.read(most: 16)
        #expect(answers.map(\.bytes) == [[4, 5]] && answers.allSatisfy { $0.from.ip == Self.own && $0.from.port != LinkGroup.port })
    }

    @Test func `RT-102: a link-local address keeps its link within the process, and has it where the system sees it`() throws {
        let plain = try #require(IPAddress("fe80::1:2"))
        let address = SocketAddress(ip: plain.inZone(7), port: 4000)
        #expect(address.ip.zone == 7 && address.ip.isLinkLocal && address.ip != plain && address.ip.inZone(0) == plain)
        let system = try address.forNIO
        guard case .v6(let six) = system else { return #expect(Bool(false)) }
        #expect(six.address.sin6_scope_id == 7 && system.ipAddress == "fe80::1:2")
        #expect(SocketAddress(system) == address)
        // Others have none, whatever is asked.
        for text in ["2001:db8::1", "192.168.1.4", "169.254.3.4"] {
            let other = try #require(IPAddress(text))
            #expect(other.inZone(7) == other && other.zone == 0)
        }
    }

    @Test func `CN-21, RT-103: links are interfaces on which something can be said to all, and each link-local address has its own`() throws
    {
        let links = try Interfaces.links(port: 7000)
        #expect(links.allSatisfy { $0.interface > 0 && $0.address.port == 7000 })
        #expect(links.filter { $0.address.ip.isV6 && $0.address.ip.isLinkLocal }.allSatisfy { Int($0.address.ip.zone) == $0.interface })
        #expect(Set(links.map(\.address)).count == links.count && links == LocalAddress.ranked(links))
    }
}
