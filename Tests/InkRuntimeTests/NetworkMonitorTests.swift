import CInkSystem
import Dispatch
import NIOCore
import NIOEmbedded
import NIOPosix
import Synchronization
import Testing

@testable import InkRuntime

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite struct NetworkMonitorTests {
    /// Two ends of a pipe that keeps datagrams apart, as the system's own does; or of one that tells when its other end is gone.
    private func pair(isStream: Bool = false) throws -> (ours: Int32, theirs: Int32) {
        var ends: [Int32] = [0, 0]
        #if os(Linux)
            let kind = Int32((isStream ? SOCK_STREAM : SOCK_DGRAM).rawValue)
        #else
            let kind = isStream ? SOCK_STREAM : SOCK_DGRAM
        #endif
        try #require(socketpair(AF_UNIX, kind, 0, &ends) == 0)
        return (ends[0], ends[1])
    }

    private func say(_ descriptor: Int32, _ count: Int = 1) {
        for _ in 0..<count { #expect(send(descriptor, "x", 1, 0) == 1) }
    }

    @Test func `RT-60: what is said is told on the loop, a burst once, and what is said later again`() async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let (ours, theirs) = try pair()
        let (told, continuation) = AsyncStream.makeStream(of: Bool.self)
        let monitor = try await loop.submit {
            NIOLoopBound(
                NetworkMonitor(loop: loop, descriptor: ours, times: (.milliseconds(20), .milliseconds(20))) {
                    continuation.yield(loop.inEventLoop)
                }, eventLoop: loop)
        }.get()
        var iterator = told.makeAsyncIterator()
        say(theirs, 50)
        #expect(await iterator.next() == true)
        say(theirs)
        #expect(await iterator.next() == true)
        try await loop.submit { monitor.value.stop() }.get()
        close(theirs)
    }

    @Test func `RT-60: a flood is told no more often than the pauses let it`() throws {
        let loop = EmbeddedEventLoop()
        let (ours, theirs) = try pair()
        defer { close(theirs) }
        var count = 0
        let monitor = NetworkMonitor(loop: loop, descriptor: -1) { count += 1 }
        close(ours)
        #expect(!monitor.isWatching, "there is nothing to be read")
        for _ in 0..<1000 {
            monitor.heard(1)
            loop.advanceTime(by: .milliseconds(10))
        }
        #expect((36...40).contains(count), "10 s at 250 ms each")
        let before = count
        loop.advanceTime(by: .seconds(10))
        #expect(count <= before + 1, "and then it is over")
    }

    @Test func `RT-153: what will say nothing any more is given up, and told`() async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let (ours, theirs) = try pair(isStream: true)
        let (told, continuation) = AsyncStream.makeStream(of: Void.self)
        let monitor = try await loop.submit {
            NIOLoopBound(NetworkMonitor(loop: loop, descriptor: ours) { continuation.yield() }, eventLoop: loop)
        }.get()
        close(theirs)
        var iterator = told.makeAsyncIterator()
        _ = await iterator.next()
        let isWatching = try await loop.submit { monitor.value.isWatching }.get()
        #expect(!isWatching)
    }

    @Test func `RT-153: what cannot be read any more is let go at once, whatever the loop is doing`() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let (ours, theirs) = try pair(isStream: true)
        let monitor = try await loop.submit { NIOLoopBound(NetworkMonitor(loop: loop, descriptor: ours) {}, eventLoop: loop) }.get()
        let busy = DispatchSemaphore(value: 0)
        loop.execute { busy.wait() }
        // We say nothing more, and see when nobody listens any more.
        shutdown(theirs, Int32(SHUT_WR))
        var other = pollfd(fd: theirs, events: Int16(POLLIN), revents: 0)
        #expect(poll(&other, 1, 20_000) == 1, "the descriptor is closed while the loop has no time")
        busy.signal()
        let isWatching = try await loop.submit {
            monitor.value.stop()
            return monitor.value.isWatching
        }.get()
        #expect(!isWatching)
        close(theirs)
        try await group.shutdownGracefully()
    }

    #if os(Linux)
        @Test func `RT-60: the system's own can be had`() {
            let descriptor = ink_network_watch_open()
            #expect(descriptor >= 0)
            close(descriptor)
        }
    #endif
}
