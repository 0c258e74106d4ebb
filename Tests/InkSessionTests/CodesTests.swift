import InkBoard
import InkCrypto
import InkPrimitives
import InkRendezvous
import Testing

@testable import InkSession

/// The codes of one program, told of mailboxes as a rendezvous would.
@Suite struct CodesTests {
    private static let start = Instant(nanoseconds: 1_000_000_000)
    private static let asker = Asker(frontEnd: .holder, reference: 5)

    private static func secret(_ byte: UInt8) -> Secret32 {
        guard let secret = Secret32([UInt8](repeating: byte, count: 32)) else { preconditionFailure("32 bytes") }
        return secret
    }

    private static func key(_ number: UInt8) -> InviteKey {
        guard let name = TransactionName([UInt8](repeating: number, count: 32)) else { preconditionFailure("32 bytes") }
        return InviteKey(invite: name, seed: secret(number))
    }

    private static func news(_ number: UInt8, uses: UInt32 = 1) -> InviteNews {
        InviteNews(invite: key(number).invite, key: key(number), role: .editor, uses: uses, timeToLive: 0, endsAt: nil, orLater: false)
    }

    private static func codes(_ hosts: String..., usesTLS: Bool = false) -> Codes {
        Codes(
            device: SigningKey(seed: secret(9)), places: InvitePlaces(hosts.compactMap { Invite.Host($0) }, usesTLS: usesTLS),
            random: SecretGenerator(seed: secret(10)))
    }

    private static func link(_ key: InviteKey, secret: UInt8 = 3) -> String {
        guard let board = BoardID([UInt8](repeating: 3, count: 32)) else { preconditionFailure("32 bytes") }
        return Invite(rendezvous: [], roomSecret: Self.secret(secret), board: board, key: key).link
    }

    private static func mailbox(_ number: UInt32) throws -> MailboxNumber { try #require(MailboxNumber(number)) }

    private struct Unexpected: Error {}

    /// Asked for and opened, at the place of that position.
    private static func opened(_ codes: inout Codes, _ number: UInt8 = 1, at place: Int = 0) throws -> InviteNews {
        let asked = codes.ask(news(number), of: asker, link: link(key(number)))
        guard case .wish(.open(let wish))? = asked.first else { throw Unexpected() }
        let told = codes.take(.opened(wish, try mailbox(7), at: place), wallTime: 5000, now: start)
        guard case .invited(let news, _)? = told.first else { throw Unexpected() }
        return news
    }

    @Test func `SE-220: a code names its mailbox, and the rendezvous that keeps it as people write it`() throws {
        var codes = Self.codes("one.example:7117", "two.example:443")
        var news = try Self.opened(&codes, at: 1)
        #expect(news.code?.hasPrefix("7-") == true && news.code?.hasSuffix("@two.example:443") == true)
        #expect(news.codeEndsAt == 605_000 && news.codeObstacle == nil)
        var secure = Self.codes("one.example:7117", "two.example:443", usesTLS: true)
        news = try Self.opened(&secure, at: 1)
        #expect(news.code?.hasSuffix("@two.example") == true)
        // Two codes of one program have nothing in common.
        let other = try Self.opened(&codes, 2)
        #expect(other.code?.split(separator: "@").first != news.code?.split(separator: "@").first)
    }

    @Test func `SE-220: where there is no mailbox the invite is told without a code, and why`() throws {
        var codes = Self.codes("one.example:7117")
        _ = codes.ask(Self.news(1), of: Self.asker, link: Self.link(Self.key(1)))
        guard case .invited(let news, let asker)? = codes.take(.notOpened(1, .noneKept), wallTime: 0, now: Self.start).first else {
            return #expect(Bool(false))
        }
        #expect(news.code == nil && news.codeObstacle?.contains("older") == true && asker.reference == 5)
        #expect(codes.isEmpty && codes.deadline == nil)
        let long = codes.ask(Self.news(2), of: Self.asker, link: String(repeating: "x", count: 3000))
        guard case .invited(let refused, _)? = long.first else { return #expect(Bool(false)) }
        #expect(refused.codeObstacle?.contains("too long") == true && codes.isEmpty)
    }

    @Test func `SE-220: what comes to a mailbox reaches the code that has it, and what it says goes there`() throws {
        var codes = Self.codes("one.example:7117")
        let code = try #require(try Self.opened(&codes).code)
        let words = try ShortCode.read(code).code.password
        var joiner = CodeJoiner(
            words: words, mailbox: 7, device: SigningKey(seed: Self.secret(20)), name: "bob", random: SecretGenerator(seed: Self.secret(21))
        )
        var letters: [[UInt8]] = []
        var told: [CodeNews.What] = []
        var isClosed = false
        func follow(_ outputs: [Codes.Output]) {
            for output in outputs {
                switch output {
                case .wish(.pass(1, visitor: 4, let body)): letters.append(body)
                case .wish(.close(1)): isClosed = true
                case .news(let news): told.append(news.what)
                default: break
                }
            }
        }
        // Nobody's, and another visitor's.
        follow(codes.take(.knock(9, visitor: 4, body: joiner.opening), wallTime: 0, now: Self.start))
        #expect(letters.isEmpty)
        follow(codes.take(.knock(1, visitor: 4, body: joiner.opening), wallTime: 0, now: Self.start))
        guard case .pass(let confirmation) = try joiner.take(letters.removeLast()) else { return #expect(Bool(false)) }
        // Meanwhile the room has another secret: what is given leads there.
        codes.relink { Self.link($0, secret: 4) }
        follow(codes.take(.passed(1, visitor: 4, body: confirmation), wallTime: 0, now: Self.start))
        guard case .done(let given, let last) = try joiner.take(letters.removeLast()) else { return #expect(Bool(false)) }
        #expect(given.invite.roomSecret == Self.secret(4) && given.invite.key == Self.key(1))
        follow(codes.take(.passed(1, visitor: 4, body: last), wallTime: 0, now: Self.start))
        #expect(told == [.inviter(.given(SigningKey(seed: Self.secret(20)).author, name: "bob")), .inviter(.over)])
        #expect(isClosed && codes.isEmpty)
    }

    @Test func `SE-364: a code goes with its invite, with its mailbox, and with its time`() throws {
        var codes = Self.codes("one.example:7117")
        _ = try (Self.opened(&codes, 1), Self.opened(&codes, 2), Self.opened(&codes, 3))
        let ended = codes.end { $0 == Self.key(1).invite }
        guard case .wish(.close(1))? = ended.first, case .news(let news)? = ended.last else { return #expect(Bool(false)) }
        #expect(news.invite == Self.key(1).invite && news.isEnd)
        guard case .news(let lost)? = codes.take(.ended(2, .lost), wallTime: 0, now: Self.start).first else { return #expect(Bool(false)) }
        #expect(lost.what == .lost && lost.isEnd)
        let end = try #require(codes.deadline)
        #expect(end == Self.start + .seconds(600))
        #expect(codes.handleTimeout(now: end - .nanoseconds(1)).isEmpty)
        #expect(codes.handleTimeout(now: end).count == 2 && codes.isEmpty)
    }

    @Test func `SE-220: who asked and has gone before the mailbox is there leaves none behind`() throws {
        var codes = Self.codes("one.example:7117")
        _ = codes.ask(Self.news(1), of: Self.asker, link: Self.link(Self.key(1)))
        guard case .wish(.close(1))? = codes.detach(.holder).first else { return #expect(Bool(false)) }
        guard case .wish(.close(1))? = codes.take(.opened(1, try Self.mailbox(7), at: 0), wallTime: 0, now: Self.start).first else {
            return #expect(Bool(false))
        }
        #expect(codes.isEmpty)
        _ = try Self.opened(&codes, 2)
        #expect(codes.detach(.holder).isEmpty && !codes.isEmpty)
    }
}
