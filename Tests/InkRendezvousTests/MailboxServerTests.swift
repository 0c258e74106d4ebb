import InkConnectivity
import InkCrypto
import InkPrimitives
import Testing

@testable import InkRendezvous

/// A rendezvous with mailboxes, and what each socket heard.
private final class Post {
    typealias Token = RendezvousServer.ConnectionToken

    var server: RendezvousServer
    var now = Instant.zero
    var heard: [Token: [ServerMessage]] = [:]
    var closed: [Token: RendezvousServer.CloseReason] = [:]
    private var lastToken: UInt64 = 0

    init(_ change: (inout RendezvousServer.Configuration) -> Void = { _ in }) {
        var configuration = RendezvousServer.Configuration()
        change(&configuration)
        server = RendezvousServer(configuration, seed: [UInt8](repeating: 3, count: 32))
    }

    static func source(_ number: Int) -> Source { Source(.v4(0x0A00_0000 | UInt32(number))) }

    /// A new socket.
    func open(from source: Int = 1) -> Token {
        lastToken += 1
        let token = Token(lastToken)
        server.opened(token, from: Self.source(source), now: now)
        drain()
        return token
    }

    func ask(_ request: MailboxRequest, _ token: Token) {
        server.received(.mailbox(request), from: token, now: now)
        drain()
    }

    /// A socket that holds a mailbox, if it gets one.
    func holder(_ token: Token? = nil, from source: Int = 1) -> (token: Token, number: MailboxNumber)? {
        let token = token ?? open(from: source)
        ask(.open, token)
        guard case .mailbox(.opened(let number))? = heard[token]?.last else { return nil }
        return (token, number)
    }

    /// A socket that has knocked, and the number that it has as a visitor, if it got in.
    func visitor(of box: (token: Token, number: MailboxNumber), from source: Int = 2) -> (token: Token, visitor: UInt32?) {
        let token = open(from: source)
        let before = heard[box.token, default: []].count
        ask(.knock(box.number, body: [1]), token)
        for case .mailbox(.knock(box.number, let visitor, [1])) in heard[box.token, default: []].dropFirst(before) {
            return (token, visitor)
        }
        return (token, nil)
    }

    /// What was said about mailboxes to a socket since it was asked last.
    func news(_ token: Token) -> [MailboxAnswer] {
        defer { heard[token] = [] }
        return heard[token, default: []].compactMap { if case .mailbox(let answer) = $0 { answer } else { nil } }
    }

    func hangUp(_ token: Token) {
        server.closed(token, now: now)
        drain()
    }

    func run(for span: Duration) {
        let end = now + span
        while let next = server.deadline, next <= end {
            now = max(now, next)
            server.handleTimeout(now: now)
            drain()
        }
        now = end
    }

    func join(_ token: Token) {
        let keys = Meeting.keys()
        guard let topic = Topic(keys.topic) else { return }
        for case .welcome(let nonce, _, _, _, _) in heard[token, default: []] {
            let signature = keys.topicKey.sign(Signalling.joinProof(topic: topic, nonce: nonce))
            server.received(.join(topic: topic, key: keys.topicKey.author, signature: signature), from: token, now: now)
        }
        drain()
    }

    private func drain() {
        while let output = server.nextOutput() {
            switch output {
            case .send(let message, let token): heard[token, default: []].append(message)
            case .close(let token, let reason): closed[token] = reason
            case .relay: break
            }
        }
    }
}

@Suite struct MailboxServerTests {
    private let number = MailboxNumber(7)!

    @Test func `RV-70: the welcome says whether mailboxes are kept, and who keeps none has no room for one`() throws {
        let post = Post()
        let token = post.open()
        guard case .welcome(_, _, _, true, _)? = post.heard[token]?.first else { throw WireError.unexpected }
        let none = Post { $0.mailboxesMax = 0 }
        let other = none.open()
        guard case .welcome(_, _, _, false, _)? = none.heard[other]?.first else { throw WireError.unexpected }
        none.ask(.open, other)
        none.ask(.knock(number, body: []), other)
        #expect(none.news(other) == [.noMailbox(nil), .noMailbox(number)])
    }

    @Test func `RV-146, RV-151: bodies go to the other side and nobody else, and each end is told once to the other`() throws {
        let post = Post()
        let box = try #require(post.holder())
        let stranger = post.open(from: 3)
        let (visitor, name) = post.visitor(of: box)
        let first = try #require(name)
        _ = (post.news(box.token), post.news(stranger))
        post.ask(.pass(box.number, visitor: first, body: [2]), box.token)
        post.ask(.pass(box.number, visitor: nil, body: [3]), visitor)
        #expect(post.news(visitor) == [.pass(box.number, visitor: nil, body: [2])])
        #expect(post.news(box.token) == [.pass(box.number, visitor: first, body: [3])])
        post.hangUp(visitor)
        #expect(post.news(box.token) == [.gone(box.number, visitor: first)])
        let (second, secondName) = post.visitor(of: box)
        _ = post.news(box.token)
        post.ask(.dismiss(box.number, visitor: try #require(secondName)), box.token)
        #expect(post.news(second) == [.gone(box.number, visitor: nil)] && post.news(box.token).isEmpty)
        let (third, _) = post.visitor(of: box)
        _ = post.news(box.token)
        post.ask(.close(box.number), box.token)
        #expect(post.news(third) == [.gone(box.number, visitor: nil)] && post.news(box.token).isEmpty)
        post.hangUp(box.token)
        post.run(for: .seconds(1000))
        #expect(post.news(third).isEmpty && post.news(visitor).isEmpty && post.news(stranger).isEmpty && post.server.mailboxCount == 0)
    }

    @Test func `RV-73: a mailbox goes with the socket of its holder, and after 15 minutes`() throws {
        let post = Post()
        let box = try #require(post.holder())
        let (visitor, _) = post.visitor(of: box)
        post.hangUp(box.token)
        #expect(post.news(visitor) == [.gone(box.number, visitor: nil)])
        #expect(post.visitor(of: box).visitor == nil && post.server.mailboxCount == 0)
        let lasting = try #require(post.holder(from: 5))
        _ = post.news(lasting.token)
        post.run(for: .seconds(899))
        #expect(post.news(lasting.token).isEmpty && post.server.mailboxCount == 1)
        let (late, name) = post.visitor(of: lasting, from: 6)
        #expect(name == 1)
        _ = post.news(lasting.token)
        post.run(for: .seconds(1))
        #expect(
            post.news(lasting.token) == [.gone(lasting.number, visitor: nil)] && post.news(late) == [.gone(lasting.number, visitor: nil)])
        #expect(post.server.mailboxCount == 0)
    }

    @Test func `RV-147: numbers are short while few are taken, never of four digits, and of another range when half are`() throws {
        let post = Post { ($0.mailboxesMax, $0.socketsPerSourceMax) = (10_000, 20_000) }
        var numbers: [UInt32] = []
        for source in 0..<700 { if let box = post.holder(from: source) { numbers.append(box.number.number) } }
        #expect(numbers.count == 700 && Set(numbers).count == 700)
        for (index, number) in numbers.enumerated() {
            let range: ClosedRange<UInt32> =
                switch index {
                case ..<5: 1...9
                case ..<50: 10...99
                case ..<500: 100...999
                default: 10_000...99_999
                }
            #expect(range.contains(number), "the \(index)th is \(number)")
        }
        #expect(numbers.prefix(5).sorted() != Array(numbers.prefix(5)) || numbers[5..<50].sorted() != Array(numbers[5..<50]), "by chance")
        for number: UInt32 in [0, 1_000_000_000, .max] { #expect(MailboxNumber(number) == nil) }
        for number: UInt32 in [1, 999, 10_000, 99_999, 999_999_999] { #expect(MailboxNumber(number)?.isLocal == false) }
        for number: UInt32 in [1000, 4711, 9999] { #expect(MailboxNumber(number)?.isLocal == true) }
    }

    @Test func `RV-71, RV-94: four digits are given by a board's own rendezvous to who asks for them, and by no other`() throws {
        let plain = Post()
        let stranger = plain.open()
        plain.ask(.openLocal, stranger)
        #expect(plain.news(stranger) == [.noMailbox(nil)] && plain.server.mailboxCount == 0)
        let own = Post { $0.keepsLocalMailboxes = true }
        var numbers: Set<UInt32> = []
        for source in 0..<200 {
            let token = own.open(from: source)
            own.ask(.openLocal, token)
            guard case .opened(let number)? = own.news(token).first else { return #expect(Bool(false), "the \(source)th") }
            numbers.insert(number.number)
        }
        #expect(numbers.count == 200 && numbers.allSatisfy { (1000...9999).contains($0) })
        #expect(try #require(own.holder(from: 300)).number.number <= 9, "who asks for none of four digits gets none")
    }

    @Test func `RV-148: a number that was given back is not given for a minute, and then it is`() throws {
        let post = Post()
        var first: Set<MailboxNumber> = []
        for source in 0..<4 {
            let box = try #require(post.holder(from: source))
            first.insert(box.number)
            if source.isMultiple(of: 2) { post.hangUp(box.token) } else { post.ask(.close(box.number), box.token) }
        }
        #expect(first.count == 4)
        post.run(for: .milliseconds(59_999))
        // Four rest and one is taken: half of nine.
        let fifth = try #require(post.holder(from: 10))
        #expect(!first.contains(fifth.number) && fifth.number.number <= 9)
        #expect(try #require(post.holder(from: 11)).number.number >= 10)
        post.run(for: .milliseconds(1))
        #expect(try #require(post.holder(from: 12)).number.number <= 9)
    }

    @Test func `RV-73, RV-148: a number that is given again has its own 15 minutes`() throws {
        let post = Post()
        let begun = post.now
        var former: Set<MailboxNumber> = []
        for source in 0..<4 {
            let box = try #require(post.holder(from: source))
            former.insert(box.number)
            post.hangUp(box.token)
        }
        var again: (token: RendezvousServer.ConnectionToken, number: MailboxNumber)?
        for source in 10..<23 where again == nil {
            post.run(for: .seconds(61))
            guard let box = post.holder(from: source) else { continue }
            if former.contains(box.number) { again = box } else { post.hangUp(box.token) }
        }
        let box = try #require(again)
        _ = post.news(box.token)
        post.run(for: begun + .seconds(901) - post.now)
        #expect(post.news(box.token).isEmpty && post.server.mailboxCount == 1)
    }

    @Test func `RV-72, RV-150: one visitor at a time, each under a number of its own, and who comes meanwhile is told so`() throws {
        let post = Post()
        let box = try #require(post.holder())
        let (first, one) = post.visitor(of: box)
        let (second, none) = post.visitor(of: box)
        #expect(one == 1 && none == nil && post.news(second) == [.busy(box.number)])
        post.hangUp(first)
        #expect(post.visitor(of: box).visitor == 2)
        #expect(post.server.counters.visits == 2 && post.server.counters.mailboxesRefused == 1)
    }

    @Test func `RV-149: a socket knocks once, whatever came of it, and is closed for the second time`() throws {
        let post = Post()
        let box = try #require(post.holder())
        let (first, _) = post.visitor(of: box)
        let (second, _) = post.visitor(of: box)
        let third = post.open(from: 4)
        post.ask(.knock(try #require(MailboxNumber(99_999)), body: []), third)
        #expect(post.news(third) == [.noMailbox(MailboxNumber(99_999))])
        for token in [first, second, third] {
            post.ask(.knock(box.number, body: [1]), token)
            #expect(post.closed[token] == .knockedTwice)
        }
        #expect(post.news(box.token).last == .gone(box.number, visitor: 1))
        #expect(post.closed[box.token] == nil)
    }

    @Test func `RV-72: a visit is over after 20 s, and both are told`() throws {
        let post = Post()
        let box = try #require(post.holder())
        let (visitor, _) = post.visitor(of: box)
        _ = post.news(box.token)
        post.run(for: .milliseconds(19_999))
        post.ask(.pass(box.number, visitor: nil, body: [3]), visitor)
        #expect(post.news(box.token) == [.pass(box.number, visitor: 1, body: [3])] && post.news(visitor).isEmpty)
        post.run(for: .milliseconds(1))
        #expect(post.news(box.token) == [.gone(box.number, visitor: 1)] && post.news(visitor) == [.gone(box.number, visitor: nil)])
        post.ask(.pass(box.number, visitor: nil, body: [4]), visitor)
        post.ask(.pass(box.number, visitor: 1, body: [4]), box.token)
        #expect(post.news(box.token).isEmpty && post.news(visitor).isEmpty)
        // Another has its own time.
        post.run(for: .seconds(5))
        let (next, _) = post.visitor(of: box)
        post.run(for: .milliseconds(19_999))
        #expect(post.news(next).isEmpty)
    }

    @Test func `RV-72: a visitor who says more than a conversation has is sent away`() throws {
        let post = Post()
        let box = try #require(post.holder())
        let (visitor, _) = post.visitor(of: box)
        _ = post.news(box.token)
        for word in 2...16 as ClosedRange<UInt8> { post.ask(.pass(box.number, visitor: nil, body: [word]), visitor) }
        #expect(post.news(box.token).count == 15 && post.news(visitor).isEmpty)
        post.ask(.pass(box.number, visitor: nil, body: [17]), visitor)
        #expect(post.news(box.token) == [.gone(box.number, visitor: 1)] && post.news(visitor) == [.gone(box.number, visitor: nil)])
    }

    @Test func `RV-74: who holds it not does nothing to it`() throws {
        let post = Post()
        let (box, other) = (try #require(post.holder()), try #require(post.holder(from: 9)))
        let (visitor, _) = post.visitor(of: box)
        let (guest, _) = post.visitor(of: other, from: 8)
        let stranger = post.open(from: 3)
        for token in [box.token, other.token, visitor, guest, stranger] { _ = post.news(token) }
        for token in [other.token, visitor, guest, stranger] {
            post.ask(.close(box.number), token)
            post.ask(.dismiss(box.number, visitor: 1), token)
            post.ask(.pass(box.number, visitor: 1, body: [6]), token)
            if token != visitor { post.ask(.pass(box.number, visitor: nil, body: [6]), token) }
        }
        // Of the visitor who is there, and of no other.
        for name: UInt32 in [0, 2, .max] {
            post.ask(.pass(box.number, visitor: name, body: [6]), box.token)
            post.ask(.dismiss(box.number, visitor: name), box.token)
        }
        post.ask(.pass(box.number, visitor: nil, body: [6]), box.token)
        post.ask(.close(try #require(MailboxNumber(77_777))), box.token)
        for token in [box.token, other.token, visitor, guest, stranger] { #expect(post.heard[token, default: []].isEmpty) }
        #expect(post.closed.isEmpty && post.server.mailboxCount == 2)
    }

    @Test func `RV-75, RV-152: a source opens 8 at once and one each 10 s, and has no more than 8`() throws {
        let post = Post()
        var boxes = (0..<8).compactMap { _ in post.holder() }
        #expect(boxes.count == 8)
        let more = post.open()
        #expect(post.holder(more) == nil && post.news(more) == [.noMailbox(nil)])
        #expect(post.holder(from: 2) != nil, "another source")
        post.hangUp(boxes.removeLast().token)
        #expect(post.holder() == nil, "it has opened 8")
        post.run(for: .seconds(10))
        #expect(post.holder() != nil)
        post.run(for: .seconds(200))
        #expect(post.holder() == nil, "it has 8")
        #expect(post.server.counters.mailboxesOpened == 10 && post.server.counters.mailboxesRefused == 3)
    }

    @Test func `RV-75: many sources with all that they get leave one for the next`() throws {
        let post = Post { $0.mailboxesMax = 100 }
        for source in 0..<40 { for _ in 0..<8 { _ = post.holder(from: source) } }
        #expect((60..<100).contains(post.server.mailboxCount))
        #expect(post.holder(from: 1000) != nil)
        let full = Post { $0.mailboxesMax = 3 }
        for source in 0..<10 { _ = full.holder(from: source) }
        #expect(full.server.mailboxCount == 3)
    }

    @Test func `RV-152, RV-153: a flood of knocks is refused at its source, and costs no other anything`() throws {
        let post = Post()
        let box = try #require(post.holder())
        let member = post.open(from: 4)
        post.join(member)
        var answers: [ServerMessage: Int] = [:]
        for round in 0..<1000 {
            let token = post.open(from: 66)
            let number = try #require(MailboxNumber(UInt32(round % 9) + 10))
            post.ask(.knock(number, body: [UInt8](repeating: 1, count: 2900)), token)
            if let last = post.heard[token]?.last { answers[last, default: 0] += 1 }
            post.hangUp(token)
        }
        #expect(answers[.refused(.tooManyKnocks)] == 990 && answers.values.reduce(0, +) == 1000)
        #expect(post.visitor(of: box, from: 5).visitor == 1, "another source")
        #expect(post.closed[member] == nil && post.closed[box.token] == nil)
        post.run(for: .seconds(3))
        let again = post.open(from: 66)
        post.ask(.knock(box.number, body: []), again)
        #expect(post.news(again) == [.busy(box.number)], "one each 3 s")
    }

    @Test func `RV-75: what is forgotten of sources that did nothing lately is what they have again`() throws {
        let post = Post { $0.socketsMax = 100_000 }
        for source in 0..<5000 {
            let token = post.open(from: source)
            post.ask(.knock(number, body: []), token)
            post.hangUp(token)
            post.now = post.now + .milliseconds(10)
        }
        #expect(post.server.mailboxSources < 3000)
    }

    @Test func `RV-76, RV-154: who holds or visits one has joined something, and afterwards has 10 s to join a topic`() throws {
        let post = Post()
        let box = try #require(post.holder())
        let (visitor, _) = post.visitor(of: box)
        let (other, _) = post.visitor(of: box)
        post.run(for: .seconds(15))
        #expect(post.closed == [other: .joinTimeout])
        post.ask(.dismiss(box.number, visitor: 1), box.token)
        post.run(for: .milliseconds(9999))
        #expect(post.closed.count == 1)
        post.join(visitor)
        post.run(for: .seconds(100))
        #expect(post.closed.count == 1, "it is in a topic")
        post.ask(.close(box.number), box.token)
        post.run(for: .milliseconds(9999))
        #expect(post.closed[box.token] == nil)
        post.run(for: .milliseconds(1))
        #expect(post.closed == [other: .joinTimeout, box.token: .joinTimeout])
    }

    @Test func `RV-154: the 10 s after a visit begin at its end, not when the socket was opened`() throws {
        let post = Post()
        let box = try #require(post.holder())
        let token = post.open(from: 2)
        post.run(for: .seconds(3))
        post.ask(.knock(box.number, body: []), token)
        post.run(for: .seconds(2))
        post.ask(.dismiss(box.number, visitor: 1), box.token)
        post.run(for: .milliseconds(9999))
        #expect(post.closed.isEmpty)
        post.run(for: .milliseconds(1))
        #expect(post.closed == [token: .joinTimeout])
    }

    @Test func `RV-76: a newer socket of its source displaces no holder and no visitor, but one whose visit is over`() throws {
        let post = Post { $0.socketsPerSourceMax = 3 }
        let box = try #require(post.holder(from: 1))
        let (visitor, _) = post.visitor(of: box, from: 1)
        for _ in 0..<10 { _ = post.open(from: 1) }
        #expect(post.closed[box.token] == nil && post.closed[visitor] == nil && post.closed.count == 9)
        post.ask(.dismiss(box.number, visitor: 1), box.token)
        for _ in 0..<3 { _ = post.open(from: 1) }
        #expect(post.closed[box.token] == nil && post.closed[visitor] == .displaced)
    }

    @Test func `RV-155: where only some topics may be joined only who is in one opens a mailbox, and anybody visits it`() throws {
        let topic = try #require(Topic(Meeting.keys().topic))
        let post = Post { $0.topics = [topic] }
        let stranger = post.open()
        post.ask(.open, stranger)
        #expect(post.heard[stranger]?.last == .refused(.notJoined))
        let member = post.open()
        post.join(member)
        let box = try #require(post.holder(member))
        #expect(post.visitor(of: box).visitor == 1)
    }
}
