import InkBoard
import InkCrypto
import InkPrimitives
import InkRendezvous
import InkSession
import Testing

@testable import InkRuntime

/// Things that come one after the other, to be awaited by one test.
private final class Awaited<Item: Sendable>: Sendable {
    private final class Iterator: @unchecked Sendable {
        // Used by one test at a time.
        var iterator: AsyncStream<Item>.AsyncIterator
        init(_ stream: AsyncStream<Item>) { iterator = stream.makeAsyncIterator() }
    }

    private let iterator: Iterator
    let add: @Sendable (Item) -> Void

    init() {
        let (stream, continuation) = AsyncStream.makeStream(of: Item.self)
        iterator = Iterator(stream)
        add = { continuation.yield($0) }
    }

    func next() async throws -> Item {
        guard let item = await iterator.iterator.next() else { throw CancellationError() }
        return item
    }
}

@Suite(.timeLimit(.minutes(1))) struct MailboxVisitTests {
    private func service(_ change: (inout RendezvousService.Configuration) -> Void = { _ in }) throws -> RendezvousService {
        var configuration = RendezvousService.Configuration()
        configuration.listen = [Invite.Host(name: "127.0.0.1", port: 0)]
        change(&configuration)
        return try RendezvousService(configuration, clock: .system)
    }

    private func host(_ service: RendezvousService) -> Invite.Host { Invite.Host(name: "127.0.0.1", port: service.port) }

    /// An inviter's driver at this rendezvous.
    private func inviter(at hosts: [Invite.Host]) throws -> (driver: Driver, news: Awaited<MailboxNews>) {
        var generator = SecretGenerator(seed: Entropy.seed())
        let (secret, owner) = (generator.secret(), SigningKey(seed: generator.secret()))
        let genesis = try Board.makeGenesis(owner: owner, name: "room", wallTime: 1, nonce: generator.bytes(16))
        let configuration = Node.Configuration(
            identity: owner, staticKey: StaticKey(secret: generator.secret()), roomSecret: secret,
            boardID: try #require(BoardID(genesis.name.bytes)), genesis: genesis, displayName: "ann")
        let news = Awaited<MailboxNews>()
        var options = DriverOptions()
        (options.onlyLoopback, options.rendezvous, options.mailboxNews) = (true, hosts, news.add)
        return (try Driver(node: configuration, options: options, store: nil, clock: .system), news)
    }

    private func visit(
        _ number: MailboxNumber, at host: Invite.Host, _ knock: [UInt8] = [1]
    ) -> (visit: MailboxVisit, events: Awaited<MailboxVisitor.Event>) {
        let events = Awaited<MailboxVisitor.Event>()
        let visit = MailboxVisit(to: number, at: host, knock: knock, clock: .system, onEvent: events.add)
        visit.start()
        return (visit, events)
    }

    // RV-70 RV-77 RV-79
    @Test func `an inviter and a joiner speak through a real server, one joiner after the other`() async throws {
        let service = try service()
        let (driver, news) = try inviter(at: [Invite.Host(name: "127.0.0.1", port: 1), host(service)])
        driver.start()
        driver.mailbox(.open(1))
        guard case .opened(1, let number, at: 1) = try await news.next() else { throw CancellationError() }
        // As large as a body may be.
        let large = [UInt8](repeating: 255, count: Signalling.mailboxBodyBytesMax)
        let (joiner, events) = visit(number, at: host(service), large)
        #expect(try await news.next() == .knock(1, visitor: 1, body: large))
        driver.mailbox(.pass(1, visitor: 1, body: [2]))
        #expect(try await events.next() == .passed([2]))
        joiner.pass(large)
        #expect(try await news.next() == .passed(1, visitor: 1, body: large))
        // Who comes meanwhile waits, and comes again when the first has gone.
        let other = visit(number, at: host(service), [7])
        #expect(try await other.events.next() == .waits(.busy))
        other.visit.stop()
        var metrics = try await service.status().metrics
        #expect(metrics.contains("\ninkwire_mailboxes 1\n") && metrics.contains("\ninkwire_mailboxes_refused_total 1\n"))
        joiner.stop()
        #expect(try await news.next() == .gone(1, visitor: 1))
        driver.mailbox(.close(1))
        await driver.quit()
        metrics = try await service.status().metrics
        #expect(metrics.contains("\ninkwire_mailboxes_opened_total 1\n") && metrics.contains("\ninkwire_mailboxes 0\n"))
        await service.stop()
    }

    // RV-72 RV-79
    @Test func `who waited gets in over a new connection, and is sent away`() async throws {
        let service = try service()
        let (driver, news) = try inviter(at: [host(service)])
        driver.start()
        driver.mailbox(.open(1))
        guard case .opened(1, let number, at: 0) = try await news.next() else { throw CancellationError() }
        let (first, _) = visit(number, at: host(service), [1])
        #expect(try await news.next() == .knock(1, visitor: 1, body: [1]))
        let (second, events) = visit(number, at: host(service), [2])
        #expect(try await events.next() == .waits(.busy))
        first.stop()
        #expect(try await news.next() == .gone(1, visitor: 1))
        #expect(try await news.next() == .knock(1, visitor: 2, body: [2]))
        driver.mailbox(.dismiss(1, visitor: 2))
        #expect(try await events.next() == .failed(.gone))
        second.stop()
        await driver.quit()
        await service.stop()
    }

    // RV-79
    @Test func `each rendezvous that cannot be visited is told with its own reason`() async throws {
        let (service, old) = (try service(), try service { $0.server.mailboxesMax = 0 })
        let number = try #require(MailboxNumber(7))
        let missing = visit(number, at: host(service))
        #expect(try await missing.events.next() == .failed(.noMailbox))
        let older = visit(number, at: host(old))
        #expect(try await older.events.next() == .failed(.noneKept))
        let dead = visit(number, at: Invite.Host(name: "127.0.0.1", port: 1))
        guard case .failed(.lost(let reason)) = try await dead.events.next() else { throw CancellationError() }
        #expect(reason.contains("127.0.0.1:1"))
        // Nothing of them is left open.
        for service in [service, old] {
            while try await service.status().sockets > 0 { await Task.yield() }
            await service.stop()
        }
    }

    // RV-73 RV-79
    @Test func `a visit that is let go of is over, and a server that stops is noticed on both sides`() async throws {
        let service = try service()
        let (driver, news) = try inviter(at: [host(service)])
        driver.start()
        driver.mailbox(.open(1))
        guard case .opened(1, let number, at: 0) = try await news.next() else { throw CancellationError() }
        var first: MailboxVisit? = visit(number, at: host(service)).visit
        #expect(try await news.next() == .knock(1, visitor: 1, body: [1]))
        withExtendedLifetime(first) {}
        first = nil
        #expect(try await news.next() == .gone(1, visitor: 1))
        let second = visit(number, at: host(service))
        #expect(try await news.next() == .knock(1, visitor: 2, body: [1]))
        await service.stop()
        // Either socket may go first.
        switch try await second.events.next() {
        case .failed(.lost), .failed(.gone): break
        case let event: Issue.record("\(event)")
        }
        withExtendedLifetime(second.visit) {}
        var last = try await news.next()
        if last == .gone(1, visitor: 2) { last = try await news.next() }
        #expect(last == .ended(1, .lost))
        await driver.quit()
    }

    // RV-77
    @Test func `a board without a rendezvous has no mailbox`() async throws {
        let (driver, news) = try inviter(at: [])
        driver.start()
        driver.mailbox(.open(3))
        #expect(try await news.next() == .notOpened(3, .noRendezvous))
        await driver.quit()
    }
}
