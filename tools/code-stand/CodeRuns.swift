import InkCrypto
import InkPrimitives
import InkRendezvous
import StandSockets

@testable import InkSession

/// Codes by the thousand at real rendezvous, each tried in one way, and what came of it held against what must.
///
///     group: an inviter, up to eight codes ──▶ one of each of the next kinds ──▶ a code that stood open all the while ──▶ those that end all
///     strangers: inviters at another rendezvous, whose codes have the numbers of others and must be as good as new in the end
final class CodeRuns {
    private let server: SocketAddress
    private let quiet: SocketAddress
    private let other: SocketAddress
    private var random: SecretGenerator
    private(set) var tally = Tally()
    /// Of one right run: what the rendezvous and the wire have seen.
    private(set) var transcript: Transcript?
    private var strangers: [(inviter: Inviter, offers: [Inviter.Offer])] = []

    struct Tally {
        var runs: [Kind: Int] = [:]
        /// Of those, joined.
        var joined: [Kind: Int] = [:]
        /// Codes that stood open while others were tried, or whose number another rendezvous had, and were good in the end.
        var bystanders = 0
        /// What was not as it must be.
        var faults: [String] = []
        var total: Int { runs.values.reduce(0, +) }
    }

    /// - Parameters:
    ///   - server: a rendezvous for nearly all; `quiet`: one for those whose number a stranger has at `other`.
    init(at server: SocketAddress, quiet: SocketAddress, other: SocketAddress, seed: UInt64) {
        (self.server, self.quiet, self.other) = (server, quiet, other)
        random = SecretGenerator(seed: Blake2b.hash256(Array("code runs \(seed)".utf8)))
    }

    /// So many runs, of all kinds in turn.
    ///
    /// - Parameter strangers: inviters at the other rendezvous, with eight codes each.
    func run(_ count: Int, strangers: Int) throws {
        try inviteStrangers(strangers)
        let kinds = Kind.allCases.filter { $0 != .secondServer }
        var number = 0
        while tally.total < count {
            // One of thirteen groups, while numbers that others have are given out.
            if !self.strangers.isEmpty, number % Kind.allCases.count == 0 { try quietGroup() }
            var (group, codes) = ([Kind](), 1)
            while codes + kinds[number % kinds.count].codes <= Self.codesMax, tally.total + group.count < count - 1 {
                codes += kinds[number % kinds.count].codes
                group.append(kinds[number % kinds.count])
                number += 1
            }
            try runGroup(group)
        }
        try joinStrangers()
    }

    // MARK: Groups

    private func runGroup(_ kinds: [Kind]) throws {
        let inviter = try Inviter(at: server, using: &random)
        let bystander = try offers(1, of: inviter)[0]
        for kind in kinds.filter({ !$0.endsAll }) { try one(kind, of: inviter, with: try offers(kind.codes, of: inviter)) }
        if try joins(bystander, of: inviter, .right) { tally.bystanders += 1 }
        // All codes of one inviter have one clock: each of those that end all has its own.
        inviter.shut()
        for kind in kinds.filter(\.endsAll) {
            let inviter = try Inviter(at: server, using: &random)
            try one(kind, of: inviter, with: try offers(kind.codes, of: inviter))
            inviter.shut()
        }
    }

    /// Codes whose numbers strangers have elsewhere, where they have.
    private func quietGroup() throws {
        let inviter = try Inviter(at: quiet, using: &random)
        for offer in try offers(Self.codesMax, of: inviter) {
            let number = try code(offer).mailbox
            let stranger = try strangers.lazy.compactMap { stranger in
                try stranger.offers.first { try self.code($0).mailbox == number }.map { (stranger.inviter, $0) }
            }.first
            let isJoined = try joins(offer, of: inviter, stranger == nil ? .right : .secondServer)
            guard let (other, theirs) = stranger, isJoined else { continue }
            try other.pump()
            expect(other.news(of: theirs).isEmpty, .secondServer, "the stranger whose number it is was told \(other.news(of: theirs))")
        }
        inviter.shut()
    }

    private func inviteStrangers(_ count: Int) throws {
        for _ in 0..<count {
            let inviter = try Inviter(at: other, using: &random)
            strangers.append((inviter, try offers(Self.codesMax, of: inviter)))
        }
    }

    private func joinStrangers() throws {
        for (inviter, offers) in strangers {
            for offer in offers where try joins(offer, of: inviter, .right) { tally.bystanders += 1 }
            inviter.shut()
        }
    }

    private static let codesMax = 8

    private func offers(_ count: Int, of inviter: Inviter) throws -> [Inviter.Offer] {
        let numbers = try (0..<count).map { _ in try inviter.ask() }
        guard try wait(for: inviter, until: { try numbers.allSatisfy { try inviter.offer($0) != nil } }) else { throw Trouble("no codes") }
        return try numbers.compactMap { try inviter.offer($0) }
    }

    // MARK: Runs

    private func one(_ kind: Kind, of inviter: Inviter, with offers: [Inviter.Offer]) throws {
        let (offer, code) = (offers[0], try code(offers[0]))
        switch kind {
        case .right, .secondServer: _ = try joins(offer, of: inviter, kind)
        case .reused:
            _ = try joins(offer, of: inviter, kind)
            try expectNoMailbox(code, of: inviter, kind)
        case .oneWordWrong, .allWordsWrong:
            let visit = try Visit(typing: wrong(code, all: kind == .allWordsWrong), at: server, as: &random)
            try finish([visit], inviter, kind)
            try expectBurnt(visit, offer, of: inviter, kind)
        case .expired:
            try inviter.jump(by: CodeInviter.lifetime + .seconds(1))
            try expectNoMailbox(code, of: inviter, kind)
            expect(inviter.news(of: offer) == [.inviter(.over)], kind, "told \(inviter.news(of: offer))")
        case .expiredAmid:
            let visit = try Visit(
                typing: code, at: server, as: &random, beforeConfirming: { try inviter.jump(by: CodeInviter.lifetime + .seconds(1)) })
            try finish([visit], inviter, kind)
            if case .failed(.gone)? = visit.ending {} else { fault(kind, "ended as \(visit.ending.map { "\($0)" } ?? "nothing")") }
            expect(inviter.news(of: offer) == [.inviter(.over)], kind, "told \(inviter.news(of: offer))")
        case .crossed:
            let others = try self.code(offers[1])
            let visits = try [(code, others), (others, code)].map { own, other in
                try Visit(typing: own, at: server, ledTo: MailboxNumber(UInt32(other.mailbox)), as: &random)
            }
            try finish(visits, inviter, kind)
            for (visit, offer) in zip(visits, [offers[1], offer]) { try expectBurnt(visit, offer, of: inviter, kind) }
        case .reflectedToInviter, .invalidFromVisitor: try strange(kind, code, offer, of: inviter)
        case .reflectedToJoiner:
            let visit = try Visit(typing: code, at: server, as: &random) { number, body, said in
                number == 1 ? CodeMessage.answer(share: Array(said[0].suffix(32))) : said[min(1, said.count - 1)]
            }
            try finish([visit], inviter, kind)
            try expectBurnt(visit, offer, of: inviter, kind)
        case .invalidFromRendezvous:
            let point = badPoint()
            let visit = try Visit(typing: code, at: server, as: &random) { _, _, _ in CodeMessage.answer(share: point) }
            try finish([visit], inviter, kind)
            if case .refused(.mismatch)? = visit.ending {} else { fault(kind, "a share that is no point was taken") }
            guard try wait(for: inviter, until: { !inviter.news(of: offer).isEmpty }) else { return fault(kind, "the inviter is not told") }
            expect(inviter.news(of: offer) == [.inviter(.left)], kind, "told \(inviter.news(of: offer))")
            // Nothing was guessed, and nothing is burnt.
            _ = try joins(offer, of: inviter, .right, afterwards: true)
        case .manInTheMiddle: try between(code, offer, of: inviter)
        }
        if kind != .right, kind != .secondServer { tally.runs[kind, default: 0] += 1 }
    }

    /// Somebody who speaks without a code.
    private func strange(_ kind: Kind, _ code: ShortCode, _ offer: Inviter.Offer, of inviter: Inviter) throws {
        guard let mailbox = MailboxNumber(UInt32(code.mailbox)) else { return fault(kind, "no mailbox") }
        var opening = Visit.joiner(typing: wrong(code, all: true), as: &random).opening
        if kind == .invalidFromVisitor { opening = CodeMessage.opening(session: random.bytes(16), share: badPoint()) }
        let visit = try Visit(mailbox, at: server, opening: opening) { body in
            if CodeMessage.readRefusal(body) == .mismatch { return .done(.refused(.mismatch), last: nil) }
            return .pass(body)
        }
        try finish([visit], inviter, kind)
        try expectBurnt(visit, offer, of: inviter, kind)
    }

    /// A rendezvous that has guessed words: to the joiner it is the inviter, and to the inviter the joiner.
    private func between(_ code: ShortCode, _ offer: Inviter.Offer, of inviter: Inviter) throws {
        let (kind, now, guess) = (Kind.manInTheMiddle, currentTime(), wrong(code, all: false))
        let visit = try Visit(typing: guess, at: server, as: &random)
        try finish([visit], inviter, kind)
        var victim = Visit.joiner(typing: code, as: &random)
        var middle = CodeInviter(
            words: guess.password, mailbox: UInt32(code.mailbox), uses: 1, device: SigningKey(seed: random.secret()), role: .editor,
            link: "inkwire://127.0.0.1:1/?tls=0#2.x", random: SecretGenerator(seed: random.secret()), now: now)
        var failure: CodeJoiner.Failure?
        var letters = middle.knock(visitor: 1, victim.opening, now: now)
        while failure == nil, case .pass(_, let body)? = letters.first {
            do throws(CodeJoiner.Failure) {
                guard case .pass(let word) = try victim.take(body) else { break }
                letters = middle.passed(visitor: 1, word, now: now)
            } catch { failure = error }
        }
        expect(failure == .mismatch, kind, "the joiner ends with \(failure.map { "\($0)" } ?? "an invite")")
        try expectBurnt(visit, offer, of: inviter, kind)
    }

    // MARK: What must be

    /// Somebody who types it right is given the invite, and the inviter is told.
    ///
    /// - Parameter afterwards: it was tried before, and is not a run of its own.
    private func joins(_ offer: Inviter.Offer, of inviter: Inviter, _ kind: Kind, afterwards: Bool = false) throws -> Bool {
        let code = try code(offer)
        let place = SocketAddress(ip: .v4(0x7F00_0001), port: code.place?.port ?? 0)
        let visit = try Visit(typing: code, at: place, as: &random)
        try finish([visit], inviter, kind)
        if !afterwards, kind != .reused { tally.runs[kind, default: 0] += 1 }
        guard case .given(let given)? = visit.ending else {
            fault(kind, "the right code ended as \(visit.ending.map { "\($0)" } ?? "nothing")")
            return false
        }
        if transcript == nil { transcript = Transcript(code, visit.bodies, wire: (visit.texts + inviter.texts).flatMap { $0 }) }
        let invite = given.invite
        expect(
            invite.board == inviter.board && invite.roomSecret == inviter.secret && invite.key == offer.invite
                && given.inviter == inviter.device && given.role == .editor, kind, "what was given is not the invite")
        guard try wait(for: inviter, until: { inviter.news(of: offer).last == .inviter(.over) }) else {
            fault(kind, "the inviter is told \(inviter.news(of: offer))")
            return false
        }
        let told = inviter.news(of: offer).suffix(2)
        if case .inviter(.given(_, "bob"))? = told.first {} else { fault(kind, "told \(told)") }
        if !afterwards { tally.joined[kind, default: 0] += 1 }
        return true
    }

    /// The try was refused, the inviter told once, and the right words are good for nothing any more.
    private func expectBurnt(_ visit: Visit, _ offer: Inviter.Offer, of inviter: Inviter, _ kind: Kind) throws {
        switch visit.ending {
        case .refused(.mismatch): break
        case .given: tally.joined[kind, default: 0] += 1
        default: fault(kind, "ended as \(visit.ending.map { "\($0)" } ?? "nothing")")
        }
        guard try wait(for: inviter, until: { !inviter.news(of: offer).isEmpty }) else { return fault(kind, "the inviter is not told") }
        try expectNoMailbox(code(offer), of: inviter, kind)
        expect(inviter.news(of: offer) == [.inviter(.mismatch)], kind, "told \(inviter.news(of: offer))")
    }

    private func expectNoMailbox(_ code: ShortCode, of inviter: Inviter, _ kind: Kind) throws {
        let visit = try Visit(typing: code, at: server, as: &random)
        try finish([visit], inviter, kind)
        switch visit.ending {
        // It is closed while somebody stands before it, or has been.
        case .failed(.noMailbox), .failed(.gone): break
        case .given:
            tally.joined[kind, default: 0] += 1
            fault(kind, "a code was good for more than one try")
        default: fault(kind, "a code that is over ended as \(visit.ending.map { "\($0)" } ?? "nothing")")
        }
    }

    private func expect(_ holds: Bool, _ kind: Kind, _ what: @autoclosure () -> String) { if !holds { fault(kind, what()) } }

    private func fault(_ kind: Kind, _ what: String) { tally.faults.append("\(kind): \(what)") }

    // MARK: Time

    private func finish(_ visits: [Visit], _ inviter: Inviter, _ kind: Kind) throws {
        let isOver = try wait(for: inviter) {
            for visit in visits { try visit.pump() }
            return visits.allSatisfy { $0.ending != nil }
        }
        if !isOver { fault(kind, "no end in \(Self.patience)") }
        for visit in visits { visit.leave() }
    }

    /// Turns until something is so; false where it is not in time.
    private func wait(for inviter: Inviter, until isDone: () throws -> Bool) throws -> Bool {
        let end = currentTime() + Self.patience
        while true {
            try inviter.pump()
            if try isDone() { return true }
            if currentTime() > end { return false }
            try keepStrangers()
            rest()
        }
    }

    /// Strangers wait, and answer whoever asks whether they live.
    private func keepStrangers() throws {
        guard currentTime() > strangersAt else { return }
        strangersAt = currentTime() + .seconds(1)
        for (inviter, _) in strangers { try inviter.pump() }
    }

    private var strangersAt = Instant.distantPast
    private static let patience: Duration = .seconds(15)

    // MARK: Codes

    private func code(_ offer: Inviter.Offer) throws -> ShortCode { try ShortCode.read(offer.text).code }

    private func wrong(_ code: ShortCode, all: Bool) -> ShortCode {
        var words = code.password.split(separator: "-").compactMap { CodeWords.index(of: String($0)) }
        let chosen = all ? Array(words.indices) : [Int(random.next() % UInt64(words.count))]
        for index in chosen { words[index] = (words[index] + 1 + Int(random.next() % UInt64(CodeWords.count - 1))) % CodeWords.count }
        guard let wrong = ShortCode(mailbox: code.mailbox, words: words, place: code.place) else {
            preconditionFailure("words of the list")
        }
        return wrong
    }

    /// In turn: the identity; one with the highest bit; the order of the field, and one above it; a negative; one that is off the curve.
    private func badPoint() -> [UInt8] {
        badPoints += 1
        var point = [UInt8](repeating: 0, count: 32)
        switch badPoints % 6 {
        case 0: break
        case 1: point = [UInt8](repeating: 0xFF, count: 32)
        case 2: point = [0xED] + [UInt8](repeating: 0xFF, count: 30) + [0x7F]
        case 3: point = [0xEE] + [UInt8](repeating: 0xFF, count: 30) + [0x7F]
        case 4: point[0] = 1
        default:
            point =
                [0x26, 0x94, 0x8D, 0x35, 0xCA, 0x62, 0xE6, 0x43, 0xE2, 0x6A, 0x83, 0x17, 0x73, 0x32, 0xE6, 0xB6, 0xAF, 0xEB, 0x9D, 0x08]
                + [0xE4, 0x26, 0x8B, 0x65, 0x0F, 0x1F, 0x5B, 0xBD, 0x8D, 0x81, 0xD3, 0x71]
        }
        return point
    }

    private var badPoints = -1
}
