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
    /// An owner's program at these rendezvous, and what it tells of invites and codes.
    private func inviter(at hosts: [Invite.Host]) throws -> (driver: Driver, news: Awaited<News>) {
        var generator = SecretGenerator(seed: Entropy.seed())
        let (secret, owner) = (generator.secret(), SigningKey(seed: generator.secret()))
        let genesis = try Board.makeGenesis(
            owner: owner, name: "room", wallTime: 1, nonce: generator.bytes(16), firstSecret: EpochSecret.commitment(to: secret))
        var configuration = Node.Configuration(
            identity: owner, staticKey: StaticKey(secret: generator.secret()), roomSecret: secret,
            boardID: try #require(BoardID(genesis.name.bytes)), genesis: genesis, displayName: "ann")
        configuration.invitePlaces = InvitePlaces(hosts)
        let news = Awaited<News>()
        var options = DriverOptions()
        (options.onlyLoopback, options.rendezvous) = (true, hosts)
        let driver = try Driver(node: configuration, options: options, store: nil, clock: .system) { event in
            switch event {
            case .invited(let invited, _): news.add(.invited(invited))
            case .code(let code): news.add(.code(code.what))
            default: break
            }
        }
        driver.start()
        driver.submit(.invite(InviteOrder(role: .editor, uses: 2, code: .wanted)), ref: 1)
        return (driver, news)
    }

    private enum News: Equatable {
        case invited(InviteNews)
        case code(CodeNews.What)
    }

    /// The code that was made, read.
    private func code(_ news: Awaited<News>) async throws -> ShortCode {
        guard case .invited(let invited) = try await news.next() else { throw CancellationError() }
        return try ShortCode.read(try #require(invited.code)).code
    }

    private func joiner(_ code: ShortCode, _ name: String) throws -> CodeJoiner {
        var generator = SecretGenerator(seed: Entropy.seed())
        return CodeJoiner(
            words: code.password, mailbox: UInt32(code.mailbox), device: SigningKey(seed: generator.secret()), name: name,
            random: SecretGenerator(seed: generator.secret()))
    }

    private func visit(
        _ number: MailboxNumber, at host: Invite.Host, _ knock: [UInt8] = [1]
    ) -> (visit: MailboxVisit, events: Awaited<MailboxVisitor.Event>) {
        let events = Awaited<MailboxVisitor.Event>()
        let visit = MailboxVisit(to: number, at: host, knock: knock, clock: .system, onEvent: events.add)
        visit.start()
        return (visit, events)
    }

    @Test func `RV-77, RV-146, RV-159, SE-220: an inviter and joiners meet by a code through a real server, one joiner after the other`()
        async throws
    {
        let service = try loopbackService()
        let (driver, news) = try inviter(at: [Invite.Host(name: "127.0.0.1", port: 1), host(service)])
        let code = try await code(news)
        #expect(code.place?.description == "127.0.0.1:\(service.port)")
        let number = try #require(MailboxNumber(UInt32(code.mailbox)))
        var bob = try joiner(code, "bob")
        let (visit, events) = visit(number, at: host(service), bob.opening)
        guard case .passed(let answer) = try await events.next(), case .pass(let confirmation) = try bob.take(answer) else {
            throw CancellationError()
        }
        // Who comes meanwhile waits, and comes again when the first has gone.
        let eve = try joiner(code, "eve")
        let other = self.visit(number, at: host(service), eve.opening)
        #expect(try await other.events.next() == .waits(.busy))
        var metrics = try await service.status().metrics
        #expect(metrics.contains("\ninkwire_mailboxes 1\n") && metrics.contains("\ninkwire_mailboxes_refused_total 1\n"))
        visit.pass(confirmation)
        guard case .passed(let given) = try await events.next(), case .done(let invite, let last) = try bob.take(given) else {
            throw CancellationError()
        }
        #expect(invite.role == .editor && invite.invite.key != nil)
        guard case .code(.inviter(.given(_, "bob"))) = try await news.next() else { throw CancellationError() }
        visit.pass(last)
        // Sent away, so that the other gets in.
        #expect(try await events.next() == .failed(.gone))
        guard case .passed = try await other.events.next() else { throw CancellationError() }
        other.visit.stop()
        #expect(try await news.next() == .code(.inviter(.left)))
        // Nobody is there who knows it: one wrong confirmation ends it for all.
        let guess = self.visit(number, at: host(service), try joiner(code, "mia").opening)
        guard case .passed = try await guess.events.next() else { throw CancellationError() }
        guess.visit.pass([UInt8](repeating: 7, count: 264))
        #expect(try await news.next() == .code(.inviter(.mismatch)))
        await driver.quit()
        metrics = try await service.status().metrics
        #expect(metrics.contains("\ninkwire_mailboxes_opened_total 1\n") && metrics.contains("\ninkwire_mailboxes 0\n"))
        await service.stop()
    }

    @Test func `RV-159: each rendezvous that cannot be visited is told with its own reason`() async throws {
        let (service, old) = (try loopbackService(), try loopbackService { $0.server.mailboxesMax = 0 })
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

    @Test
    func `RV-151, RV-159, SE-364: a visit that is let go of is over, and a server that stops is noticed on both sides`() async throws {
        let service = try loopbackService()
        let (driver, news) = try inviter(at: [host(service)])
        let code = try await code(news)
        let number = try #require(MailboxNumber(UInt32(code.mailbox)))
        let first = try joiner(code, "bob")
        var held: (visit: MailboxVisit, events: Awaited<MailboxVisitor.Event>)? = visit(number, at: host(service), first.opening)
        guard case .passed? = try await held?.events.next() else { throw CancellationError() }
        held = nil
        #expect(try await news.next() == .code(.inviter(.left)))
        let second = visit(number, at: host(service), first.opening)
        guard case .passed = try await second.events.next() else { throw CancellationError() }
        await service.stop()
        // Either socket may go first.
        switch try await second.events.next() {
        case .failed(.lost), .failed(.gone): break
        case let event: Issue.record("\(event)")
        }
        withExtendedLifetime(second.visit) {}
        var last = try await news.next()
        if last == .code(.inviter(.left)) { last = try await news.next() }
        #expect(last == .code(.lost))
        await driver.quit()
    }

    /// What a visit led to, and the connection that it left.
    private func visited(
        _ code: ShortCode, at service: RendezvousService
    ) async throws -> (kept: KeptConnection, given: CodeJoiner.Given) {
        var bob = try joiner(code, "bob")
        let (visit, events) = visit(try #require(MailboxNumber(UInt32(code.mailbox))), at: host(service), bob.opening)
        guard case .passed(let answer) = try await events.next(), case .pass(let confirmation) = try bob.take(answer) else {
            throw CancellationError()
        }
        visit.pass(confirmation)
        guard case .passed(let word) = try await events.next(), case .done(let given, let last) = try bob.take(word) else {
            throw CancellationError()
        }
        return (visit.leave(saying: last), given)
    }

    @Test func `RT-104, RV-154: who joins goes on over the connection by which the mailbox was visited`() async throws {
        let service = try loopbackService()
        let (driver, news) = try inviter(at: [host(service)])
        let code = try await code(news)
        let (kept, given) = try await visited(code, at: service)
        let sockets = try await service.status().sockets
        var generator = SecretGenerator(seed: Entropy.seed())
        var configuration = Node.Configuration(
            identity: SigningKey(seed: generator.secret()), staticKey: StaticKey(secret: generator.secret()),
            roomSecret: given.invite.roomSecret, boardID: given.invite.board, displayName: "bob")
        (configuration.invite, configuration.inviter) = (given.invite.key, given.inviter)
        var options = DriverOptions()
        (options.onlyLoopback, options.rendezvous, options.kept) = (true, given.invite.rendezvous, kept)
        let isReady = Awaited<Void>()
        let other = try Driver(node: configuration, options: options, store: nil, clock: .system) { event in
            if case .ready = event { isReady.add(()) }
        }
        other.start()
        try await isReady.next()
        let status = try await service.status()
        #expect(sockets == 2 && status.sockets == 2 && status.metrics.contains("\ninkwire_joined_total 2\n"))
        #expect(status.server.opened == 2)
        await other.quit()
        await driver.quit()
        while try await service.status().sockets > 0 { await Task.yield() }
        await service.stop()
    }

    @Test func `RT-161: a connection that nobody goes on over closes, and so does one that leads elsewhere`() async throws {
        let (service, elsewhere) = (try loopbackService(), try loopbackService())
        let (driver, news) = try inviter(at: [host(service)])
        let code = try await code(news)
        var (kept, given): (KeptConnection?, CodeJoiner.Given) = try await visited(code, at: service)
        var generator = SecretGenerator(seed: Entropy.seed())
        let configuration = Node.Configuration(
            identity: SigningKey(seed: generator.secret()), staticKey: StaticKey(secret: generator.secret()),
            roomSecret: given.invite.roomSecret, boardID: given.invite.board)
        var options = DriverOptions()
        (options.onlyLoopback, options.rendezvous, options.kept) = (true, [host(elsewhere)], kept)
        let other = try Driver(node: configuration, options: options, store: nil, clock: .system)
        (options.kept, kept) = (nil, nil)
        other.start()
        while try await !elsewhere.status().metrics.contains("\ninkwire_joined_total 1\n") { await Task.yield() }
        while try await service.status().sockets > 1 { await Task.yield() }
        await other.quit()
        await driver.quit()
        await service.stop()
        await elsewhere.stop()
    }

    @Test func `RV-77, SE-220: a board without a rendezvous gives an invite and no code`() async throws {
        let (driver, news) = try inviter(at: [])
        guard case .invited(let invited) = try await news.next() else { throw CancellationError() }
        #expect(invited.code == nil && invited.codeObstacle?.isEmpty == false)
        await driver.quit()
    }
}
