import InkConnectivity
import InkCrypto
import InkPrimitives
import Testing

@testable import InkRendezvous

/// An inviter with a list of rendezvous, each a server of its own, or one that says what the test says.
private final class Inviter {
    typealias Token = RendezvousServer.ConnectionToken

    var clients: RendezvousClients
    var servers: [RendezvousServer]
    var now = Instant.zero
    var news: [MailboxNews] = []
    /// What was asked about mailboxes, and where.
    var asked: [(request: MailboxRequest, place: Int)] = []
    /// Messages of the server at this place are not delivered.
    var isSilent: Set<Int> = []
    /// What other sockets heard.
    var heard: [Token: [ServerMessage]] = [:]
    private var sockets: [Int: UInt64] = [:]
    private var lastSocket: UInt64 = 0

    static let device = Meeting.device(9)

    init(_ configurations: [RendezvousServer.Configuration] = [.init()]) {
        servers = configurations.enumerated().map { RendezvousServer($1, seed: [UInt8](repeating: UInt8($0 + 1), count: 32)) }
        clients = RendezvousClients(
            keys: Meeting.keys(), device: Self.device, salt: Meeting.salt(9), seed: Secret32([UInt8](repeating: 9, count: 32))!,
            count: configurations.count)
    }

    static var old: RendezvousServer.Configuration {
        var configuration = RendezvousServer.Configuration()
        configuration.mailboxesMax = 0
        return configuration
    }

    func start() {
        clients.start(now: now)
        drain()
    }

    func connect(_ place: Int) {
        lastSocket += 1
        sockets[place] = lastSocket
        servers[place].opened(Token(lastSocket), now: now)
        clients.connected(at: place, now: now)
        drain()
    }

    func lose(_ place: Int) {
        if let socket = sockets.removeValue(forKey: place) { servers[place].closed(Token(socket), now: now) }
        clients.disconnected(at: place, now: now)
        drain()
    }

    func wish(_ wish: MailboxWish) {
        clients.mailbox(wish, now: now)
        drain()
    }

    func say(_ answer: MailboxAnswer, at place: Int = 0) {
        clients.received(.mailbox(answer), at: place, now: now)
        drain()
    }

    /// A socket that visits a mailbox.
    func visit(_ number: MailboxNumber, as token: UInt64, at place: Int = 0) {
        servers[place].opened(Token(token), now: now)
        servers[place].received(.mailbox(.knock(number, body: [1])), from: Token(token), now: now)
        drain()
    }

    /// The mailbox that a wish led to.
    func box(_ reference: UInt64) -> (number: MailboxNumber, place: Int)? {
        for case .opened(reference, let number, let place) in news { return (number, place) }
        return nil
    }

    func run(for span: Duration) {
        let end = now + span
        while let next = earliest(clients.deadline, servers.reduce(nil) { earliest($0, $1.deadline) }), next <= end {
            now = max(now, next)
            clients.handleTimeout(now: now)
            for place in servers.indices { servers[place].handleTimeout(now: now) }
            drain()
        }
        now = end
    }

    func drain() {
        var isBusy = true
        while isBusy {
            isBusy = false
            while let output = clients.nextOutput() {
                isBusy = true
                guard case .send(let message, let place) = output.what, let socket = sockets[place] else { continue }
                if case .mailbox(let request) = message { asked.append((request, place)) }
                servers[place].received(message, from: Token(socket), now: now)
            }
            while let item = clients.nextMailboxNews() { news.append(item) }
            for place in servers.indices {
                while let output = servers[place].nextOutput() {
                    isBusy = true
                    guard case .send(let message, let token) = output else { continue }
                    if sockets[place] == token.number {
                        if !isSilent.contains(place) { clients.received(message, at: place, now: now) }
                    } else {
                        heard[token, default: []].append(message)
                    }
                }
            }
        }
    }
}

@Suite struct MailboxHolderTests {
    @Test func `RV-77: a mailbox is opened at the first place that is in and keeps some, and is spoken in from there`() throws {
        let inviter = Inviter([.init(), Inviter.old, .init(), .init()])
        inviter.start()
        inviter.wish(.open(4))
        #expect(inviter.asked.isEmpty && inviter.news.isEmpty)
        inviter.connect(1)
        #expect(inviter.asked.isEmpty, "one that keeps none is asked for none")
        inviter.connect(2)
        inviter.connect(3)
        let box = try #require(inviter.box(4))
        #expect(box.place == 2 && inviter.servers[2].mailboxCount == 1 && inviter.servers[3].mailboxCount == 0)
        inviter.visit(box.number, as: 900, at: 2)
        inviter.wish(.pass(4, visitor: 1, body: [2]))
        inviter.servers[2].received(.mailbox(.pass(box.number, visitor: nil, body: [3])), from: .init(900), now: inviter.now)
        inviter.drain()
        inviter.wish(.dismiss(4, visitor: 1))
        inviter.wish(.pass(4, visitor: 1, body: [5]))
        #expect(inviter.news.dropFirst() == [.knock(4, visitor: 1, body: [1]), .passed(4, visitor: 1, body: [3])])
        #expect(
            inviter.heard[.init(900)]?.suffix(2) == [
                .mailbox(.pass(box.number, visitor: nil, body: [2])), .mailbox(.gone(box.number, visitor: nil)),
            ])
        inviter.visit(box.number, as: 901, at: 2)
        inviter.servers[2].closed(.init(901), now: inviter.now)
        inviter.drain()
        #expect(inviter.news.suffix(2) == [.knock(4, visitor: 2, body: [1]), .gone(4, visitor: 2)])
        inviter.wish(.close(4))
        #expect(inviter.servers[2].mailboxCount == 0 && inviter.news.count == 5)
    }

    @Test func `RV-77: where one has no room the next is asked, and where none has that is told`() throws {
        var full = RendezvousServer.Configuration()
        full.mailboxesMax = 1
        let inviter = Inviter([full, full])
        inviter.start()
        inviter.connect(0)
        inviter.connect(1)
        for reference: UInt64 in 1...3 { inviter.wish(.open(reference)) }
        #expect(inviter.box(1)?.place == 0 && inviter.box(2)?.place == 1)
        #expect(inviter.news.last == .notOpened(3, .noRoom) && inviter.news.count == 3)
        #expect(inviter.asked.map(\.place) == [0, 0, 1, 0, 1])
    }

    @Test func `RV-100: where one has no room those that still connect are waited for, and not those that cannot be reached`() throws {
        var full = RendezvousServer.Configuration()
        full.mailboxesMax = 1
        let inviter = Inviter([full, .init(), .init()])
        inviter.start()
        inviter.connect(0)
        inviter.wish(.open(1))
        inviter.wish(.open(2))
        #expect(inviter.box(1)?.place == 0 && inviter.news.count == 1, "the others have not answered")
        inviter.lose(1)
        #expect(inviter.news.count == 1, "one still connects")
        inviter.connect(2)
        #expect(inviter.box(2)?.place == 2)
        inviter.lose(2)
        inviter.wish(.open(3))
        #expect(inviter.news.last == .notOpened(3, .noRoom), "nothing is hoped of those that are lost")
        // One that never answers keeps nobody waiting for ever.
        let slow = Inviter([full, .init()])
        slow.start()
        slow.connect(0)
        slow.wish(.open(1))
        slow.wish(.open(2))
        slow.run(for: .milliseconds(9999))
        #expect(slow.news.count == 1)
        slow.run(for: .milliseconds(1))
        #expect(slow.news.last == .notOpened(2, .noRoom))
    }

    @Test func `RV-77: where all are of an older version that is told at once, and where none answers after 10 s`() {
        let old = Inviter([Inviter.old])
        old.start()
        old.connect(0)
        old.wish(.open(1))
        #expect(old.news == [.notOpened(1, .noneKept)] && old.asked.isEmpty)
        let lonely = Inviter([.init(), Inviter.old])
        lonely.start()
        lonely.wish(.open(1))
        lonely.run(for: .milliseconds(9999))
        #expect(lonely.news.isEmpty)
        lonely.run(for: .milliseconds(1))
        #expect(lonely.news == [.notOpened(1, .noRendezvous)])
        lonely.connect(1)
        lonely.wish(.open(2))
        lonely.run(for: .seconds(10))
        #expect(lonely.news.last == .notOpened(2, .noneKept))
    }

    @Test func `RV-77, RV-157: one that does not answer is given up after 10 s, and what comes later is given back`() throws {
        let inviter = Inviter()
        inviter.start()
        inviter.connect(0)
        inviter.isSilent = [0]
        inviter.wish(.open(1))
        inviter.wish(.open(2))
        inviter.wish(.close(2))
        inviter.run(for: .seconds(10))
        #expect(inviter.news == [.notOpened(1, .noAnswer)])
        let late = try ["5", "6"].map { try #require(MailboxNumber(UInt32($0) ?? 0)) }
        for number in late { inviter.say(.opened(number)) }
        #expect(inviter.asked.suffix(2).map(\.request) == late.map { .close($0) } && inviter.news.count == 1)
        // Who never answers is not asked for ever.
        for round: UInt64 in 10..<60 {
            inviter.wish(.open(round))
            inviter.wish(.close(round))
        }
        #expect(inviter.asked.filter { $0.request == .open }.count <= 2 + 16)
    }

    @Test func `RV-77: no more are held than a source may have`() {
        let inviter = Inviter()
        inviter.start()
        inviter.connect(0)
        for reference: UInt64 in 1...9 { inviter.wish(.open(reference)) }
        #expect(inviter.news.last == .notOpened(9, .tooMany) && inviter.servers[0].mailboxCount == 8)
    }

    @Test func `RV-73, RV-156: with the connection the mailbox is gone, and told, and one that was asked for is asked for again`() throws {
        let inviter = Inviter([.init(), .init()])
        inviter.start()
        inviter.connect(0)
        inviter.connect(1)
        inviter.wish(.open(1))
        let box = try #require(inviter.box(1))
        inviter.isSilent = [0]
        inviter.wish(.open(2))
        inviter.lose(0)
        #expect(inviter.news.contains(.ended(1, .lost)) && inviter.box(2)?.place == 1)
        inviter.visit(box.number, as: 900)
        #expect(inviter.heard[.init(900)]?.last == .mailbox(.noMailbox(box.number)))
        inviter.say(.knock(box.number, visitor: 9, body: [1]))
        #expect(!inviter.news.contains(.knock(1, visitor: 9, body: [1])))
    }

    @Test func `RV-73, RV-77: after 15 minutes it is over, and after a farewell all are given back`() throws {
        let inviter = Inviter()
        inviter.start()
        inviter.connect(0)
        inviter.wish(.open(1))
        inviter.run(for: .seconds(901))
        #expect(inviter.news.last == .ended(1, .over))
        inviter.wish(.open(2))
        #expect(inviter.servers[0].mailboxCount == 1)
        inviter.clients.leave(now: inviter.now)
        inviter.drain()
        #expect(inviter.servers[0].mailboxCount == 0)
    }

    @Test func `RV-156: a mailbox stays while the room goes on to another epoch`() throws {
        let inviter = Inviter()
        inviter.start()
        inviter.connect(0)
        inviter.wish(.open(1))
        let box = try #require(inviter.box(1))
        let (old, new) = (Meeting.keys(), Meeting.keys(room: 2))
        inviter.clients.change(to: new, former: [old], audience: [Inviter.device.author], now: inviter.now)
        inviter.drain()
        inviter.clients.change(to: new, former: [], audience: [Inviter.device.author], now: inviter.now)
        inviter.drain()
        #expect(inviter.clients.isJoined && inviter.servers[0].mailboxCount == 1)
        inviter.visit(box.number, as: 900)
        #expect(inviter.news.last == .knock(1, visitor: 1, body: [1]))
        inviter.wish(.open(2))
        #expect(inviter.box(2) != nil)
    }

    @Test func `RV-157: what a rendezvous says that fits nothing of ours does nothing`() throws {
        let inviter = Inviter([.init(), .init()])
        inviter.start()
        inviter.connect(0)
        inviter.connect(1)
        inviter.wish(.open(1))
        let box = try #require(inviter.box(1))
        let other = try #require(MailboxNumber(88_888))
        inviter.say(.knock(box.number, visitor: 5, body: [1]))
        inviter.news = []
        inviter.asked = []
        let strange: [MailboxAnswer] = [
            .opened(other), .opened(box.number), .noMailbox(nil), .noMailbox(box.number), .busy(box.number),
            .knock(other, visitor: 9, body: []), .knock(box.number, visitor: 5, body: []), .knock(box.number, visitor: 1, body: []),
            .pass(box.number, visitor: 4, body: []), .pass(box.number, visitor: nil, body: []), .pass(other, visitor: 5, body: []),
            .gone(box.number, visitor: 4), .gone(other, visitor: 5), .gone(other, visitor: nil),
        ]
        for answer in strange { inviter.say(answer) }
        // Of another rendezvous, which may use the same numbers.
        for answer: MailboxAnswer in [
            .knock(box.number, visitor: 9, body: []), .gone(box.number, visitor: 5), .gone(box.number, visitor: nil),
        ] { inviter.say(answer, at: 1) }
        #expect(inviter.news.isEmpty && inviter.asked.isEmpty && inviter.clients.strayMailboxAnswers == strange.count + 3)
        // The next one takes the place of the one before.
        inviter.say(.knock(box.number, visitor: 6, body: [2]))
        #expect(inviter.news == [.gone(1, visitor: 5), .knock(1, visitor: 6, body: [2])])
    }

    @Test func `RV-78: a number that it gives twice is of the first, and what it floods is heard in part`() throws {
        let inviter = Inviter()
        inviter.start()
        inviter.connect(0)
        inviter.wish(.open(1))
        let box = try #require(inviter.box(1))
        inviter.isSilent = [0]
        inviter.wish(.open(2))
        inviter.say(.opened(box.number))
        #expect(inviter.box(2) == nil)
        for visitor: UInt32 in 1...1000 { inviter.say(.knock(box.number, visitor: visitor, body: [])) }
        let knocks = inviter.news.filter { if case .knock = $0 { true } else { false } }
        #expect(knocks.count == 60)
        inviter.run(for: .seconds(10))
        #expect(inviter.news.last == .notOpened(2, .noAnswer))
    }

    @Test func `RV-94, RV-166: one that is to have four digits is asked for so, and a number of the other kind is given back`() throws {
        var own = RendezvousServer.Configuration()
        own.keepsLocalMailboxes = true
        let inviter = Inviter([own])
        inviter.start()
        inviter.connect(0)
        inviter.wish(.openLocal(1))
        inviter.wish(.open(2))
        let numbers = inviter.news.compactMap { if case .opened(let wish, let number, at: 0) = $0 { (wish, number.isLocal) } else { nil } }
        #expect(numbers.count == 2 && numbers.contains { $0 == (1, true) } && numbers.contains { $0 == (2, false) })
        // A rendezvous that gives what nobody asked for would have the joiner look in another place.
        inviter.isSilent = [0]
        for (wish, answer) in [(MailboxWish.open(3), 4711 as UInt32), (.openLocal(4), 7)] {
            inviter.news = []
            inviter.wish(wish)
            let number = try #require(MailboxNumber(answer))
            inviter.say(.opened(number))
            guard case .notOpened? = inviter.news.first else { return #expect(Bool(false), "\(inviter.news)") }
            #expect(inviter.asked.last?.request == .close(number))
        }
    }
}
