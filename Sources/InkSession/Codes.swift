import InkBoard
import InkCrypto
import InkPrimitives
import InkRendezvous

/// What happens with a short code after it was told.
public struct CodeNews: Hashable, Sendable {
    public enum What: Hashable, Sendable {
        case inviter(CodeInviter.Event)
        /// The mailbox is no more, and the code with it.
        case lost
    }
    /// The invite that the code gives.
    public var invite: TransactionName
    public var what: What

    /// Nobody more comes by the code (SE-364).
    public var isEnd: Bool {
        switch what {
        case .inviter(.mismatch), .inviter(.over), .lost: true
        case .inviter(.left), .inviter(.spent), .inviter(.otherForm), .inviter(.given): false
        }
    }

    public init(invite: TransactionName, what: What) { (self.invite, self.what) = (invite, what) }
}

/// The short codes of this program that stand open: each an invite of ours, its mailbox, and who may still come by it.
///
///     asked for ──mailbox──▶ open ──mismatch, all have come, ten minutes, the mailbox lost──▶ gone
///         └──no mailbox──▶ gone: the invite is told without a code
///
/// It says what is to be done, and does nothing itself.
struct Codes: Sendable {
    enum Output: Sendable {
        case wish(MailboxWish)
        /// To be told to who asked for it, whose wish is done then.
        case invited(InviteNews, Asker)
        case news(CodeNews)
    }

    private enum Stage: Sendable {
        /// Until its mailbox is there.
        case asked(InviteNews, Asker, link: String)
        case open(CodeInviter)
    }

    private struct Entry: Sendable {
        let key: InviteKey
        var stage: Stage
        var invite: TransactionName { key.invite }
    }

    /// By the number that the wishes for its mailbox have.
    private var entries: [UInt64: Entry] = [:]
    private var last: UInt64 = 0
    private var random: SecretGenerator
    private let device: SigningKey
    private let places: InvitePlaces
    /// Names this program to who looks for it on a link.
    private let holder: [UInt8]

    init(device: SigningKey, places: InvitePlaces, random: SecretGenerator) {
        var random = random
        holder = random.bytes(LinkAnswer.holderCount)
        (self.device, self.places, self.random) = (device, places, random)
    }

    var isEmpty: Bool { entries.isEmpty }

    var deadline: Instant? {
        entries.values.reduce(nil) { soonest, entry in
            if case .open(let inviter) = entry.stage { earliest(soonest, inviter.deadline) } else { soonest }
        }
    }

    /// An invite is to be given by a code.
    ///
    /// - Parameter link: what whoever comes by it gets.
    mutating func ask(_ news: InviteNews, of asker: Asker, link: String) -> [Output] {
        guard link.utf8.count <= CodeInviter.linkBytesMax else {
            var news = news
            news.codeObstacle = "its link is too long for a code: give the link instead"
            return [.invited(news, asker)]
        }
        last += 1
        entries[last] = Entry(key: news.key, stage: .asked(news, asker, link: link))
        return [.wish(places.isOnLinks ? .openLocal(last) : .open(last))]
    }

    /// What is said to who looks for a mailbox on a link; nil where it is none of ours (SE-388).
    func answer(to question: LinkQuestion) -> LinkAnswer? {
        let isOurs = entries.values.contains { entry in
            if case .open(let inviter) = entry.stage { inviter.mailbox == question.number.number } else { false }
        }
        guard places.isOnLinks, isOurs, let port = places.hosts.first?.port else { return nil }
        return LinkAnswer(to: question, port: port, holder: holder)
    }

    /// Something came of a mailbox, or to it.
    mutating func take(_ news: MailboxNews, wallTime: UInt64?, now: Instant) -> [Output] {
        switch news {
        case .opened(let number, let mailbox, let place): opened(number, mailbox, at: place, wallTime: wallTime, now: now)
        case .notOpened(let number, let obstacle): notOpened(number, obstacle)
        case .knock(let number, let visitor, let body): change(number) { $0.knock(visitor: visitor, body, now: now) }
        case .passed(let number, let visitor, let body): change(number) { $0.passed(visitor: visitor, body, now: now) }
        case .gone(let number, let visitor): change(number) { $0.gone(visitor: visitor, now: now) }
        case .ended(let number, _):
            entries.removeValue(forKey: number).map { [.news(CodeNews(invite: $0.invite, what: .lost))] } ?? []
        }
    }

    mutating func handleTimeout(now: Instant) -> [Output] {
        entries.keys.sorted().flatMap { number in change(number) { $0.handleTimeout(now: now) } }
    }

    /// An invite stands no more: nobody comes by its code, either (SE-364).
    mutating func end(where hasEnded: (TransactionName) -> Bool) -> [Output] {
        entries.filter { hasEnded($0.value.invite) }.keys.sorted().flatMap { number -> [Output] in
            guard let entry = entries.removeValue(forKey: number) else { return [] }
            switch entry.stage {
            case .asked(var news, let asker, _):
                news.codeObstacle = "the invite has ended meanwhile"
                return [.wish(.close(number)), .invited(news, asker)]
            case .open: return [.wish(.close(number)), .news(CodeNews(invite: entry.invite, what: .inviter(.over)))]
            }
        }
    }

    /// The program ends: nobody more comes by any of them.
    mutating func endAll() -> [Output] {
        entries.keys.sorted().flatMap { number -> [Output] in
            guard let entry = entries.removeValue(forKey: number), case .open = entry.stage else { return [.wish(.close(number))] }
            return [.wish(.close(number)), .news(CodeNews(invite: entry.invite, what: .lost))]
        }
    }

    /// The room has another secret, which the links of those who still come must have.
    mutating func relink(_ link: (InviteKey) -> String) {
        for (number, entry) in entries {
            switch entry.stage {
            case .asked(let news, let asker, _): entries[number]?.stage = .asked(news, asker, link: link(entry.key))
            case .open(var inviter):
                inviter.link = link(entry.key)
                entries[number]?.stage = .open(inviter)
            }
        }
    }

    /// A program has gone, and another may get its number: what it asked for it is not told of. Its codes stay open.
    mutating func detach(_ frontEnd: FrontEndID) -> [Output] {
        entries.keys.sorted().flatMap { number -> [Output] in
            guard case .asked(_, let asker, _) = entries[number]?.stage, asker.frontEnd == frontEnd else { return [] }
            entries[number] = nil
            return [.wish(.close(number))]
        }
    }

    private mutating func opened(_ number: UInt64, _ mailbox: MailboxNumber, at place: Int, wallTime: UInt64?, now: Instant) -> [Output] {
        guard case .asked(var news, let asker, let link) = entries[number]?.stage else { return [.wish(.close(number))] }
        let host = places.named(at: place)
        guard let host, let code = ShortCode.drawn(mailbox: Int(mailbox.number), place: mailbox.isLocal ? nil : host, using: &random) else {
            entries[number] = nil
            news.codeObstacle = "the rendezvous that keeps it has no name or number that a code can say"
            return [.wish(.close(number)), .invited(news, asker)]
        }
        entries[number]?.stage = .open(
            CodeInviter(
                words: code.password, mailbox: mailbox.number, uses: max(1, Int(news.uses)), device: device, role: news.role, link: link,
                random: SecretGenerator(seed: random.secret()), now: now))
        news.code = code.text
        let end = wallTime.map { $0 + UInt64(CodeInviter.lifetime.nanoseconds / 1_000_000) }
        news.codeEndsAt = end.map { min($0, news.endsAt ?? $0) }
        return [.invited(news, asker)]
    }

    private mutating func notOpened(_ number: UInt64, _ obstacle: MailboxObstacle) -> [Output] {
        guard case .asked(var news, let asker, _) = entries.removeValue(forKey: number)?.stage else { return [] }
        news.codeObstacle = "\(obstacle)"
        return [.invited(news, asker)]
    }

    private mutating func change(_ number: UInt64, _ body: (inout CodeInviter) -> [CodeInviter.Output]) -> [Output] {
        guard let entry = entries[number], case .open(var inviter) = entry.stage else { return [] }
        let outputs = body(&inviter)
        entries[number]?.stage = .open(inviter)
        if inviter.isOver { entries[number] = nil }
        return outputs.map { output in
            switch output {
            case .pass(let visitor, let body): .wish(.pass(number, visitor: visitor, body: body))
            case .dismiss(let visitor): .wish(.dismiss(number, visitor: visitor))
            case .close: .wish(.close(number))
            case .told(let event): .news(CodeNews(invite: entry.invite, what: .inviter(event)))
            }
        }
    }
}

extension Codes: CustomReflectable {
    /// Empty: there are codes in it, and links.
    var customMirror: Mirror { Mirror(self, children: []) }
}
