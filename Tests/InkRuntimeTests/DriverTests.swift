import InkBoard
import InkCrypto
import InkPrimitives
import InkSession
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import InkRuntime

/// A room on this machine: one genesis, as many drivers as a test wants.
private struct Room {
    let secret: Secret32
    let owner: SigningKey
    let genesis: Transaction

    init() throws {
        var generator = SecretGenerator(seed: Entropy.seed())
        secret = generator.secret()
        owner = SigningKey(seed: generator.secret())
        genesis = try Board.makeGenesis(owner: owner, name: "room", wallTime: 1, nonce: generator.bytes(16))
    }

    func member(_ name: String, isOwner: Bool = false, direct: [SocketAddress] = []) throws -> Node.Configuration {
        var generator = SecretGenerator(seed: Entropy.seed())
        return Node.Configuration(
            identity: isOwner ? owner : SigningKey(seed: generator.secret()), staticKey: StaticKey(secret: generator.secret()),
            roomSecret: secret, boardID: try #require(BoardID(genesis.name.bytes)), genesis: isOwner ? genesis : nil, displayName: name,
            directAddresses: direct)
    }
}

/// A driver whose events can be awaited.
private struct Participant {
    let driver: Driver
    let events: AsyncStream<Event>

    init(_ configuration: Node.Configuration, _ options: DriverOptions, store: (any RecordStore)? = nil) throws {
        let (events, continuation) = AsyncStream.makeStream(of: Event.self)
        self.events = events
        driver = try Driver(node: configuration, options: options, store: store, clock: .system) { continuation.yield($0) }
    }

    /// The first event that `match` accepts, from those not looked at yet.
    func first<Value>(_ match: (Event) -> Value?) async throws -> Value {
        for await event in events { if let value = match(event) { return value } }
        throw CancellationError()
    }

    func ready() async throws { try await first { if case .ready = $0 { () } else { nil } } }

    func fingerprint() async throws -> Fingerprint? { try await driver.query { $0.board?.fingerprint } }
}

/// Keeps nothing, at its own pace, on another thread; refuses while told to.
private final class TestStore: RecordStore {
    private let refuses = Mutex(false)
    private let records = Mutex<[StoreRecord]>([])

    var kept: [StoreRecord] { records.withLock { $0 } }
    func setRefuses(_ value: Bool) { refuses.withLock { $0 = value } }

    func persist(_ new: [StoreRecord], completion: @escaping @Sendable (Result<Void, any Error>) -> Void) {
        NIOThreadPool.singleton.submit { [self] _ in
            if refuses.withLock({ $0 }) {
                completion(.failure(DiskFull()))
            } else {
                records.withLock { $0 += new }
                completion(.success(()))
            }
        }
    }

    struct DiskFull: Error, CustomStringConvertible { let description = "no space left on device" }
}

@Suite(.timeLimit(.minutes(1))) struct DriverTests {
    private func options(_ change: (inout DriverOptions) -> Void = { _ in }) -> DriverOptions {
        var options = DriverOptions()
        options.onlyLoopback = true
        change(&options)
        return options
    }

    private func rectangle(_ x: Int32) -> Intent {
        .draw(ShapeDraft(kind: .rectangle, position: Point(x: x, y: 0), size: Size(width: 80, height: 80)))
    }

    @Test func `RT-2: two peers on UDP share a board by a direct address`() async throws {
        let room = try Room()
        let store = TestStore()
        let alice = try Participant(try room.member("alice", isOwner: true), options(), store: store)
        alice.driver.start()
        try await alice.ready()
        let address = try #require(SocketAddress("127.0.0.1:\(alice.driver.port)"))
        let bob = try Participant(try room.member("bob", direct: [address]), options(), store: TestStore())
        bob.driver.start()
        try await bob.ready()
        for number in 0..<20 { alice.driver.submit(rectangle(Int32(number) * 100), ref: UInt64(number)) }
        var seen = 0
        while seen < 20 {
            seen += try await bob.first { event -> Int? in
                guard case .changed(let changes, _) = event else { return nil }
                return changes.count { $0.kind == .added }
            }
        }
        let ending = await alice.driver.quit()
        #expect(ending?.unsaved == 0 && ending?.unsent == 0)
        #expect(try await alice.fingerprint() == bob.fingerprint())
        #expect(store.kept.count { if case .transaction = $0 { true } else { false } } >= 20)
        await bob.driver.quit()
        let again = await bob.driver.quit()
        #expect(again?.unsaved == 0, "a second quit gets an answer too")
    }

    @Test func `RT-16: who listens before the start is told all, though somebody sends to the port already`() async throws {
        let room = try Room()
        let driver = try Driver(node: try room.member("alice", isOwner: true), options: options(), store: TestStore(), clock: .system)
        let loop: any EventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let sockets = NIOLoopBoundBox.makeBoxSendingValue(
            try UDPSockets.open(.any, onlyLoopback: true, on: loop, receive: { _, _ in }), eventLoop: loop)
        let port = driver.port
        // One who was in a session with this port before.
        let sending = loop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(5)) { _ in
            sockets.value.send([UInt8](repeating: 0xF4, count: 40), to: SocketAddress(ip: .v4(0x7F00_0001), port: port))
        }
        while try await driver.counters().datagramsIn == 0 { await Task.yield() }
        let (events, continuation) = AsyncStream.makeStream(of: Event.self)
        driver.listen { continuation.yield($0) }
        driver.start()
        var isReady = false
        for await event in events {
            if case .ready = event { isReady = true }
            if isReady { break }
        }
        #expect(isReady)
        sending.cancel()
        await driver.quit()
        try await loop.flatSubmit { sockets.value.close() }.get()
    }

    @Test func `RT-2, RT-6: two peers meet through an embedded rendezvous and agree over a bad line`() async throws {
        let room = try Room()
        var configuration = RendezvousService.Configuration()
        configuration.listen = [Invite.Host(name: "127.0.0.1", port: 0)]
        let service = try RendezvousService(configuration, clock: .system)
        let impairment = try Impairment("loss=10,delay=10,jitter=5,reorder=5,dup=2,seed=3")
        let bad = options { options in
            options.rendezvous = [Invite.Host(name: "127.0.0.1", port: service.port)]
            options.impairment = impairment
        }
        let alice = try Participant(try room.member("alice", isOwner: true), bad)
        let bob = try Participant(try room.member("bob"), bad)
        alice.driver.start()
        bob.driver.start()
        try await bob.ready()
        for number in 0..<10 {
            alice.driver.submit(rectangle(Int32(number) * 100))
            bob.driver.submit(rectangle(Int32(number) * -100))
        }
        for participant in [alice, bob] {
            let me = try await participant.driver.query { $0.author }
            var foreign = 0
            while foreign < 10 {
                foreign += try await participant.first { event -> Int? in
                    guard case .changed(let changes, _) = event else { return nil }
                    return changes.count { $0.kind == .added && $0.author != me }
                }
            }
        }
        let (left, right) = (try await alice.fingerprint(), try await bob.fingerprint())
        #expect(left == right && left != nil)
        await alice.driver.quit()
        await bob.driver.quit()
        await service.stop()
    }

    @Test func `RT-5, RV-9: a rendezvous that is killed disturbs nobody, and one started in its place brings a newcomer in`() async throws {
        let room = try Room()
        var configuration = RendezvousService.Configuration()
        configuration.listen = [Invite.Host(name: "127.0.0.1", port: 0)]
        let first = try RendezvousService(configuration, clock: .system)
        let host = Invite.Host(name: "127.0.0.1", port: first.port)
        let alice = try Participant(try room.member("alice", isOwner: true), options { $0.rendezvous = [host] })
        let bob = try Participant(try room.member("bob"), options { $0.rendezvous = [host] })
        alice.driver.start()
        bob.driver.start()
        try await bob.ready()
        await first.stop()
        try await alice.first { if case .rendezvous(.unreachable) = $0 { () } else { nil } }
        alice.driver.submit(rectangle(7))
        try await bob.first { event -> Void? in
            if case .changed(let changes, _) = event, changes.contains(where: { $0.kind == .added }) { () } else { nil }
        }
        configuration.listen = [host]
        let second = try RendezvousService(configuration, clock: .system)
        let carol = try Participant(try room.member("carol"), options { $0.rendezvous = [host] })
        carol.driver.start()
        try await carol.ready()
        #expect(try await carol.fingerprint() != nil)
        for participant in [alice, bob, carol] { await participant.driver.abandon() }
        await second.stop()
    }

    @Test func `RT-1: a busy port that was asked for is an error, a saved one is replaced`() async throws {
        let room = try Room()
        let first = try Participant(try room.member("a", isOwner: true), options())
        #expect(throws: SocketError.portBusy(first.driver.port)) {
            try Participant(try room.member("b"), options { $0.port = .explicit(first.driver.port) })
        }
        let second = try Participant(try room.member("c"), options { $0.port = .saved(first.driver.port) })
        #expect(second.driver.port != first.driver.port)
        await first.driver.abandon()
        let third = try Participant(try room.member("d"), options { $0.port = .explicit(first.driver.port) })
        #expect(third.driver.port == first.driver.port)
        await second.driver.abandon()
        await third.driver.abandon()
    }

    @Test func `RT-4: garbage is counted and answered with nothing`() async throws {
        let room = try Room()
        let alice = try Participant(try room.member("alice", isOwner: true), options())
        alice.driver.start()
        try await alice.ready()
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let answered = Mutex(0)
        let stranger = UncheckedTransfer(
            value: try UDPSockets.open(
                .any, onlyLoopback: true, on: loop, receive: { _, _ in answered.withLock { $0 += 1 } }))
        let target = try #require(SocketAddress("127.0.0.1:\(alice.driver.port)"))
        try await loop.submit {
            var random = SplitMix64(seed: 5)
            for first in 0...255 {
                let count = 1 + random.below(1300)
                stranger.value.send([UInt8(first)] + (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }, to: target)
            }
            stranger.value.send([], to: target)
        }.get()
        var counters = try await alice.driver.counters()
        while counters.datagramsIn < 257 { counters = try await alice.driver.counters() }
        #expect(counters.foreign == 257 - 16, "all but 0xF0...0xFF are dropped by their first byte")
        #expect(counters.datagramsOut == 0)
        #expect(answered.withLock { $0 } == 0)
        try await loop.flatSubmit { stranger.value.close() }.get()
        await alice.driver.abandon()
    }

    @Test func `a disk that refuses is told, and what failed is saved when it recovers`() async throws {
        let room = try Room()
        let store = TestStore()
        let alice = try Participant(try room.member("alice", isOwner: true), options(), store: store)
        alice.driver.start()
        try await alice.ready()
        store.setRefuses(true)
        alice.driver.submit(rectangle(0), ref: 1)
        try await alice.first { if case .sync(let status) = $0, !status.isSaved { () } else { nil } }
        alice.driver.submit(rectangle(1), ref: 2)
        store.setRefuses(false)
        try await alice.first { if case .sync(let status) = $0, status.isSaved { () } else { nil } }
        let ending = await alice.driver.quit()
        #expect(ending?.unsaved == 0)
        #expect(
            store.kept.contains { if case .transaction(let transaction) = $0 { transaction.author == room.owner.author } else { false } })
    }

    @Test func `RT-125: without its rendezvous a board works and says that it cannot reach it`() async throws {
        let room = try Room()
        let alice = try Participant(
            try room.member("alice", isOwner: true), options { $0.rendezvous = [Invite.Host(name: "127.0.0.1", port: 1)] })
        alice.driver.start()
        let reason = try await alice.first { event -> String? in
            if case .rendezvous(.unreachable(let reason)) = event { reason } else { nil }
        }
        #expect(reason.contains("127.0.0.1:1"))
        alice.driver.submit(rectangle(0), ref: 9)
        try await alice.first { if case .changed(_, 9) = $0 { () } else { nil } }
        await alice.driver.quit()
    }

    @Test func `RT-2: an intent from inside an event waits for its turn`() async throws {
        let room = try Room()
        let (order, continuation) = AsyncStream.makeStream(of: UInt64?.self)
        let slot = Mutex<Driver?>(nil)
        let again = rectangle(2)
        let driver = try Driver(node: try room.member("alice", isOwner: true), options: options(), store: nil, clock: .system) { event in
            guard case .changed(_, let ref) = event else { return }
            if ref == 1 { slot.withLock { $0 }?.submit(again, ref: 2) }
            continuation.yield(ref)
        }
        slot.withLock { $0 = driver }
        driver.start()
        driver.submit(rectangle(1), ref: 1)
        var refs = order.makeAsyncIterator()
        #expect(await refs.next() == 1)
        #expect(await refs.next() == 2)
        slot.withLock { $0 = nil }
        await driver.quit()
    }

    @Test func `RT-2: an input that an event causes on the loop is not looked at before the event is over`() async throws {
        let room = try Room()
        let (order, continuation) = AsyncStream.makeStream(of: (ref: UInt64?, depth: Int).self)
        let slot = Mutex<Driver?>(nil)
        let depth = Mutex(0)
        let again = rectangle(2)
        let driver = try Driver(node: try room.member("alice", isOwner: true), options: options(), store: nil, clock: .system) { event in
            let before = depth.withLock {
                $0 += 1; return $0 - 1
            }
            defer { depth.withLock { $0 -= 1 } }
            guard case .changed(_, let ref) = event else { return }
            continuation.yield((ref, before))
            if ref == 1, let driver = slot.withLock({ $0 }) { driver.core.value.handle(.intent(again, ref: 2)) }
        }
        slot.withLock { $0 = driver }
        driver.start()
        driver.submit(rectangle(1), ref: 1)
        var seen: [(ref: UInt64?, depth: Int)] = []
        for await change in order {
            seen.append(change)
            if change.ref == 2 { break }
        }
        #expect(seen.map(\.ref) == [1, 2] && seen.allSatisfy { $0.depth == 0 })
        slot.withLock { $0 = nil }
        await driver.quit()
    }

    @Test func `RT-122: no sleep is longer than a second by our clock, and a clock that jumped is seen at the wake`() async throws {
        let room = try Room()
        let now = Mutex(Instant.zero + .seconds(1))
        let clock = MonotonicClock { now.withLock { $0 } }
        let driver = try Driver(
            node: try room.member("alice", isOwner: true),
            options: options { $0.rendezvous = [Invite.Host(name: "127.0.0.1", port: 1)] }, store: nil, clock: clock)
        driver.start()
        func look() async throws -> (deadline: Instant?, timerAt: Instant?) {
            try await driver.loop.submit { [core = driver.core] in (core.value.node.deadline, core.value.timer.at) }.get()
        }
        // The clock stands, so that all that is due by it is done some time; what is left lies ahead.
        var seen = try await look()
        while (seen.deadline ?? .zero) <= clock.now + MonotonicClock.sleepMax {
            now.withLock { $0 += .milliseconds(100) }
            seen = try await look()
        }
        #expect(seen.timerAt.map { $0 <= clock.now + MonotonicClock.sleepMax } == true)
        now.withLock { $0 += .seconds(3600) }
        while (seen.deadline ?? .zero) <= clock.now { seen = try await look() }
        await driver.abandon()
    }

    @Test func `RT-3: the clock goes forward and begins after its origin`() {
        let clock = MonotonicClock.system
        var last = Instant.zero + .milliseconds(999)
        for _ in 0..<1000 {
            let now = clock.now
            #expect(now >= last)
            last = now
        }
    }

    @Test func `CN-13, RT-61: a rendezvous that is reached by name is asked for STUN in both families`() async throws {
        let service = try RendezvousService.inBothFamilies(
            RendezvousService.Configuration(), ports: Array(repeating: 0, count: 8), clock: .system)
        let port = service.port
        var options = DriverOptions()
        (options.rendezvous, options.onlyLoopback) = ([Invite.Host(name: "localhost", port: port)], true)
        // Whatever the name has on this machine.
        options.resolver = { _ in
            [SocketAddress(ip: .v4(0x7F00_0001), port: port), SocketAddress(ip: .v6(high: 0, low: 1), port: port)]
        }
        let ana = try Participant(try Room().member("ana", isOwner: true), options)
        ana.driver.start()
        var status = try await service.status()
        while status.stunAnswered < service.addresses.count { status = try await service.status() }
        await ana.driver.abandon()
        await service.stop()
    }
}
