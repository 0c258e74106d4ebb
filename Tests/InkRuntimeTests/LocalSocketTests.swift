import Foundation
import InkPrimitives
import NIOCore
import NIOPosix
import Testing

@testable import InkRuntime

/// A directory of its own for each test, which goes with it, and programs that talk there.
private final class Room: Sendable {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let directory: String
    var path: String { "\(directory)/attach.sock" }

    init() throws {
        var name = Array("/tmp/inkwire-test-XXXXXX".utf8CString)
        directory = try #require(mkdtemp(&name).map { String(cString: $0) })
    }

    deinit {
        // What is left behind in /tmp disturbs nobody.
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// Listens; whoever connects comes out of the stream.
    func listen(limit: LocalFrameLimit = .fromProgram, userID: UInt32 = geteuid()) throws -> (
        listener: LocalListener, programs: AsyncStream<LocalChannel>
    ) {
        let (programs, continuation) = AsyncStream.makeStream(of: LocalChannel.self)
        let listener = try LocalListener.open(path: path, loop: loop, limit: limit, userID: userID) { continuation.yield($0) }
        return (listener, programs)
    }

    func connect(limit: LocalFrameLimit = .fromHolder, userID: UInt32 = geteuid()) async throws -> LocalChannel {
        try await LocalChannel.connect(path: path, loop: loop, limit: limit, userID: userID).get()
    }

    /// A stranger's connection, to which anything can be written.
    func connectRaw() async throws -> any Channel {
        try await ClientBootstrap(group: loop).connect(unixDomainSocketPath: path).get()
    }

    /// Makes a socket and ends without removing its file, as a process does that is killed.
    func leaveStaleSocket() throws {
        let (socket, _) = try LocalSocket.listening(at: path, backlog: 1)
        Foundation.close(socket)
    }

    /// The connection of the next program, and what it says.
    static func next(_ programs: AsyncStream<LocalChannel>) async throws -> (channel: LocalChannel, frames: AsyncStream<[UInt8]>) {
        var iterator = programs.makeAsyncIterator()
        let channel = try #require(await iterator.next())
        return (channel, hear(channel))
    }

    /// What comes through a channel; the stream ends when the channel does.
    static func hear(_ channel: LocalChannel) -> AsyncStream<[UInt8]> {
        let (frames, continuation) = AsyncStream.makeStream(of: [UInt8].self)
        channel.receive({ continuation.yield($0) }, onClose: { continuation.finish() })
        return frames
    }

    static func all(_ frames: AsyncStream<[UInt8]>) async -> [[UInt8]] { await frames.reduce(into: []) { $0.append($1) } }

    static func mode(_ path: String) -> mode_t? {
        var file = stat()
        return lstat(path, &file) == 0 ? file.st_mode & 0o7777 : nil
    }
}

@Suite(.timeLimit(.minutes(2))) struct LocalSocketTests {
    @Test
    func `RT-12, RT-131: a board's socket stands in the runtime directory, else with the board, and in tmp where a path is too long`() {
        let most = LocalSocketPlace.pathBytesMax
        func path(_ board: String, _ runtime: String?) -> String {
            LocalSocketPlace.path(boardDirectory: board, runtimeDirectory: runtime, userID: 1000)
        }
        let own = path("/home/a/boards/b", "/run/user/1000")
        #expect(own.wholeMatch(of: /\/run\/user\/1000\/inkwire\/[0-9a-f]{16}\.sock/) != nil, "\(own)")
        #expect(own == path("/home/a/boards/b", "/run/user/1000") && own != path("/home/a/boards/c", "/run/user/1000"))
        for runtime in [nil, "", "run/user/1000"] { #expect(path("/home/a/boards/b", runtime) == "/home/a/boards/b/attach.sock") }
        // The last byte that fits, and one more.
        let fitting = "/" + String(repeating: "b", count: most - 1 - "/attach.sock".utf8.count)
        #expect(path(fitting, nil) == fitting + "/attach.sock" && path(fitting, nil).utf8.count == most)
        #expect(path(fitting + "b", nil).wholeMatch(of: /\/tmp\/inkwire-1000\/[0-9a-f]{16}\.sock/) != nil)
        // Bytes count, not characters.
        #expect(path("/" + String(repeating: "ö", count: 60), nil).hasPrefix("/tmp/"))
        let long = "/" + String(repeating: "b", count: 499)
        for runtime in [nil, "/run/user/1000", "/" + String(repeating: "r", count: 90)] {
            #expect(path(long, runtime).utf8.count <= most)
        }
        #expect(path(long, "/run/user/1000").hasPrefix("/run/user/1000/"))
    }

    @Test func `RT-132: a program without the holder's surroundings looks for it in the places where it can be`() throws {
        func paths(_ runtime: String?) -> [String] {
            LocalSocketPlace.paths(boardDirectory: "/home/a/boards/b", runtimeDirectory: runtime, userID: 1000)
        }
        let (bare, rich) = (paths(nil), paths("/run/user/1000"))
        #expect(Set(bare) == Set(rich) && bare.count == 2)
        #expect(bare[0] == rich[1] && rich[0] == bare[1])
        // Only a directory that is ours alone is used for it.
        let room = try Room()
        #expect(LocalSocketPlace.usable(runtimeDirectory: room.directory) == room.directory)
        try #require(chmod(room.directory, 0o770) == 0)
        for refused in [nil, "", "relative", "/nowhere/at/all", "/tmp", room.directory] {
            #expect(LocalSocketPlace.usable(runtimeDirectory: refused) == nil)
        }
    }

    @Test func `RT-131: a board whose directory has a path of 500 bytes is reached all the same`() async throws {
        let room = try Room()
        let path = LocalSocketPlace.path(
            boardDirectory: room.directory + "/" + String(repeating: "b", count: 500), runtimeDirectory: nil, userID: 4_000_000_001)
        #expect(path.hasPrefix("/tmp/inkwire-4000000001/"))
        defer { rmdir("/tmp/inkwire-4000000001") }
        let listener = try LocalListener.open(path: path, loop: room.loop) { $0.send([7]) }
        #expect(Room.mode("/tmp/inkwire-4000000001") == 0o700)
        var frames = Room.hear(try await LocalChannel.connect(path: path, loop: room.loop).get()).makeAsyncIterator()
        #expect(await frames.next() == [7])
        try await listener.close().get()
        // Where no name was made for it, a path that is too long is an error with a sentence.
        let long = "/tmp/" + String(repeating: "b", count: 200)
        #expect(throws: SocketError.self) { try LocalListener.open(path: long, loop: room.loop) { _ in } }
        let error = await #expect(throws: LocalSocketError.self) { try await LocalChannel.connect(path: long, loop: room.loop).get() }
        #expect(error?.description.contains("a socket's path has at most \(LocalSocketPlace.pathBytesMax) bytes") == true)
    }

    @Test func `RT-14: frames go both ways, whole and in order, small and large`() async throws {
        let room = try Room()
        let (listener, programs) = try room.listen()
        let program = try await room.connect()
        var heard = Room.hear(program).makeAsyncIterator()
        let (holder, asked) = try await Room.next(programs)
        var random = SplitMix64(seed: 1)
        // One after the other while both directions are busy: 10 MiB one way, 1 MiB at most the other.
        let down = [1, 2, 65_536, 10 << 20, 3].map { count in [UInt8](repeating: UInt8(random.below(256)), count: count) }
        let up = [1, 70_000, 1 << 20, 5].map { count in [UInt8](repeating: UInt8(random.below(256)), count: count) }
        for frame in down { holder.send(frame) }
        for frame in up { program.send(frame) }
        for frame in down { #expect(await heard.next() == frame) }
        var question = asked.makeAsyncIterator()
        for frame in up { #expect(await question.next() == frame) }
        // Many small ones, from many threads; those of one keep their order.
        await withTaskGroup(of: Void.self) { group in
            for sender in 0..<8 as Range<UInt8> {
                group.addTask { for number in 0..<100 as Range<UInt8> { program.send([sender, number]) } }
            }
        }
        var last = [UInt8](repeating: 0, count: 8)
        for _ in 0..<800 {
            let frame = try #require(await question.next())
            #expect(frame[1] == last[Int(frame[0])])
            last[Int(frame[0])] += 1
        }
        await close(program, holder)
        try await listener.close().get()
    }

    @Test func `RT-133: a socket that was left behind is told from one that nobody made, and replaced`() async throws {
        let room = try Room()
        await #expect(throws: LocalSocketError.absent(path: room.path)) { try await room.connect() }
        try room.leaveStaleSocket()
        await #expect(throws: LocalSocketError.stale(path: room.path)) { try await room.connect() }
        let (listener, programs) = try room.listen()
        let program = try await room.connect()
        let holder = try await Room.next(programs).channel
        await close(program, holder)
        try await listener.close().get()
        await #expect(throws: LocalSocketError.absent(path: room.path)) { try await room.connect() }
    }

    @Test func `RT-133: what is no socket of ours is left alone, and the reason is said`() async throws {
        let room = try Room()
        try Data("mine".utf8).write(to: URL(fileURLWithPath: room.path))
        let error = #expect(throws: SocketError.self) { try room.listen() }
        #expect(error?.description == "cannot listen on \(room.path): a file that is no socket stands there and was left alone")
        #expect(FileManager.default.contents(atPath: room.path) == Data("mine".utf8))
        await #expect(throws: LocalSocketError.stale(path: room.path)) { try await room.connect() }
        // Nor is a link followed, though it leads to a socket.
        let other = try Room()
        try other.leaveStaleSocket()
        unlink(room.path)
        try FileManager.default.createSymbolicLink(atPath: room.path, withDestinationPath: other.path)
        #expect(throws: SocketError.self) { try room.listen() }
        #expect(LocalSocket.identity(of: room.path) != nil && LocalSocket.identity(of: other.path) != nil)
    }

    @Test func `RT-13: a socket stands in a directory of ours alone, and is ours alone`() async throws {
        let room = try Room()
        func listen(in directory: String) throws -> LocalListener {
            try LocalListener.open(path: "\(directory)/a.sock", loop: room.loop) { _ in }
        }
        let made = try listen(in: "\(room.directory)/made")
        #expect(Room.mode("\(room.directory)/made") == 0o700 && Room.mode("\(room.directory)/made/a.sock") == 0o600)
        try await made.close().get()
        #expect(Room.mode("\(room.directory)/made/a.sock") == nil)
        // Others may write there; it is a link; it is a file; there is none and nothing in which to make it.
        let open = "\(room.directory)/open"
        try #require(mkdir(open, 0o700) == 0 && chmod(open, 0o777) == 0)
        try FileManager.default.createSymbolicLink(atPath: "\(room.directory)/link", withDestinationPath: "\(room.directory)/made")
        try Data().write(to: URL(fileURLWithPath: "\(room.directory)/file"))
        let reasons = ["open": "others may write to", "link": "is no directory", "file": "is no directory", "no/where": "No such file"]
        for (name, reason) in reasons {
            let error = #expect(throws: SocketError.self) { try listen(in: "\(room.directory)/\(name)") }
            #expect(error?.description.contains(reason) == true, "\(name): \(error?.description ?? "")")
        }
    }

    @Test func `RT-134: nothing is said to another user's program, whichever end it is`() async throws {
        let room = try Room()
        let (listener, _) = try room.listen(userID: 4_000_000_001)
        // The holder of another user closes us without reading.
        let shut = try await room.connect()
        shut.send([1])
        #expect(await Room.all(Room.hear(shut)) == [])
        // And we do not talk to one.
        await #expect(throws: LocalSocketError.foreign(path: room.path, userID: geteuid())) {
            try await room.connect(userID: 4_000_000_001)
        }
        try await listener.close().get()
    }

    @Test func `RT-133: the file of a successor is not removed by the one before`() async throws {
        let room = try Room()
        let (first, _) = try room.listen()
        let (second, programs) = try room.listen()
        try await first.close().get()
        let program = try await room.connect()
        let holder = try await Room.next(programs).channel
        await close(program, holder)
        try await second.close().get()
        #expect(LocalSocket.identity(of: room.path) == nil)
    }

    @Test(arguments: [[0, 0, 0, 0, 1], [0, 0, 0, 9, 1], Array("GET / HTTP/1.1\r\n\r\n".utf8)] as [[UInt8]])
    func `RT-135: an empty frame, one that is too long, and garbage end the connection, and no other`(garbage: [UInt8]) async throws {
        let room = try Room()
        let (listener, programs) = try room.listen(limit: LocalFrameLimit(bytes: 8))
        let good = try await room.connect()
        let (holder, asked) = try await Room.next(programs)
        let bad = try await room.connectRaw()
        let (end, frames) = try await Room.next(programs)
        // What was whole before is delivered.
        try await bad.writeAndFlush(ByteBuffer(bytes: [0, 0, 0, 8] + [UInt8](repeating: 5, count: 8) + garbage)).get()
        #expect(await Room.all(frames) == [[UInt8](repeating: 5, count: 8)])
        try await bad.closeFuture.get()
        #expect(end.waitingBytes == 0)
        good.send([1])
        var question = asked.makeAsyncIterator()
        #expect(await question.next() == [1])
        await close(good, holder)
        try await listener.close().get()
    }

    @Test func `RT-136: a frame that is promised and does not come holds up nobody and takes no room`() async throws {
        let room = try Room()
        let (listener, programs) = try room.listen(limit: .fromHolder)
        let slow = try await room.connectRaw()
        let (end, frames) = try await Room.next(programs)
        try await slow.writeAndFlush(ByteBuffer(bytes: [0x0F, 0xFF, 0xFF, 0xFF, 1])).get()
        let good = try await room.connect()
        let (holder, asked) = try await Room.next(programs)
        good.send([1])
        var question = asked.makeAsyncIterator()
        #expect(await question.next() == [1])
        try await slow.close().get()
        #expect(await Room.all(frames) == [])
        end.send([1])
        #expect(end.waitingBytes == 0)
        await close(good, holder)
        try await listener.close().get()
    }

    @Test func `RT-15: a close delivers what was sent, whatever comes meanwhile`() async throws {
        let room = try Room()
        let (listener, programs) = try room.listen()
        let program = try await room.connect()
        let holder = try await Room.next(programs).channel
        // Unread input makes the system reset a connection that is closed: none of ours may be lost by that.
        for _ in 0..<20 { program.send([UInt8](repeating: 9, count: 50_000)) }
        holder.send([UInt8](repeating: 1, count: 10 << 20))
        holder.send([2])
        let closed = holder.close()
        holder.send([3])
        #expect(await Room.all(Room.hear(program)).map(\.count) == [10 << 20, 1])
        try await closed.get()
        try await listener.close().get()
    }

    @Test func `RT-138: what came before anybody listened is delivered when somebody does, also after the end`() async throws {
        let room = try Room()
        let (listener, programs) = try room.listen()
        var iterator = programs.makeAsyncIterator()
        let program = try await room.connect()
        let holder = try #require(await iterator.next())
        for number in 1...3 as ClosedRange<UInt8> { holder.send([number]) }
        try await holder.close().get()
        #expect(await Room.all(Room.hear(program)) == [[1], [2], [3]])
        // An end that is closed says so to whoever asks late.
        #expect(await Room.all(Room.hear(holder)) == [])
        try await listener.close().get()
    }

    @Test func `RT-137: one that takes nothing is seen by what waits, holds up nobody, and is closed without its consent`() async throws {
        let room = try Room()
        let (listener, programs) = try room.listen()
        let idle = try await room.connectRaw()
        try await idle.setOption(.autoRead, value: false).get()
        let (end, frames) = try await Room.next(programs)
        for _ in 0..<8 { end.send([UInt8](repeating: 1, count: 1 << 20)) }
        let program = try await room.connect()
        let (holder, asked) = try await Room.next(programs)
        var heard = Room.hear(program).makeAsyncIterator()
        var question = asked.makeAsyncIterator()
        for number in 1...3 as ClosedRange<UInt8> {
            program.send([number])
            #expect(await question.next() == [number])
            holder.send([number])
            #expect(await heard.next() == [number])
        }
        #expect(end.waitingBytes > 4 << 20)
        try await end.close().get()
        #expect(await Room.all(frames) == [])
        #expect(end.waitingBytes == 0)
        try await idle.closeFuture.get()
        await close(program, holder)
        #expect(holder.waitingBytes == 0)
        try await listener.close().get()
    }

    private func close(_ ends: LocalChannel...) async {
        // Closed by the other side first, perhaps: that is what is wanted.
        for end in ends { try? await end.close().get() }
    }
}
