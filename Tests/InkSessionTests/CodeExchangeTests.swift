import InkBoard
import InkCrypto
import InkPrimitives
import InkSession
import Testing

/// Inviter and joiner with a mailbox between them that does as a test says.
private struct Exchange {
    var inviter: CodeInviter
    var now = Instant(nanoseconds: 1_000_000_000)
    var told: [CodeInviter.Event] = []
    var isClosed = false
    /// What each visitor was told and did not take yet, and who was sent away.
    var mail: [UInt32: [[UInt8]]] = [:]
    var dismissed: Set<UInt32> = []

    static let words = "copper-lantern-orbit"
    static let owner = SigningKey(seed: Exchange.secret(40))

    init(words: String = Self.words, mailbox: UInt32 = 7, uses: Int = 1) throws {
        inviter = CodeInviter(
            words: words, mailbox: mailbox, uses: uses, device: Self.owner, role: .editor, link: try Self.invite().link,
            random: SecretGenerator(seed: Self.secret(41)), now: now)
    }

    static func secret(_ byte: UInt8) -> Secret32 {
        guard let secret = Secret32([UInt8](repeating: byte, count: 32)) else { preconditionFailure("32 bytes") }
        return secret
    }

    static func invite() throws -> Invite {
        let board = try #require(BoardID([UInt8](repeating: 3, count: 32)))
        let name = try #require(TransactionName([UInt8](repeating: 4, count: 32)))
        return Invite(
            rendezvous: [try #require(Invite.Host("rendezvous.example:7117"))], roomSecret: secret(5), board: board,
            key: InviteKey(invite: name, seed: secret(6)))
    }

    static func joiner(_ number: UInt8 = 1, words: String = Self.words, mailbox: UInt32 = 7) -> CodeJoiner {
        CodeJoiner(
            words: words, mailbox: mailbox, device: SigningKey(seed: secret(number)), name: "bob \(number)",
            random: SecretGenerator(seed: secret(100 + number)))
    }

    mutating func take(_ outputs: [CodeInviter.Output]) {
        for output in outputs {
            switch output {
            case .pass(let visitor, let body): mail[visitor, default: []].append(body)
            case .dismiss(let visitor): dismissed.insert(visitor)
            case .close: isClosed = true
            case .told(let event): told.append(event)
            }
        }
    }

    mutating func knock(_ visitor: UInt32, _ body: [UInt8]) { take(inviter.knock(visitor: visitor, body, now: now)) }
    mutating func pass(_ visitor: UInt32, _ body: [UInt8]) { take(inviter.passed(visitor: visitor, body, now: now)) }
    mutating func goes(_ visitor: UInt32) { take(inviter.gone(visitor: visitor, now: now)) }

    /// The next that the visitor is told.
    mutating func letter(_ visitor: UInt32) throws -> [UInt8] {
        try #require(mail[visitor]?.isEmpty == false)
        return mail[visitor, default: [[]]].removeFirst()
    }

    /// All of one try.
    mutating func run(_ visitor: UInt32, _ joiner: CodeJoiner) throws -> CodeJoiner.Given {
        var joiner = joiner
        knock(visitor, joiner.opening)
        while true {
            switch try joiner.take(try letter(visitor)) {
            case .pass(let body): pass(visitor, body)
            case .done(let given, let last):
                pass(visitor, last)
                return given
            }
        }
    }

    /// Why a try came to nothing.
    mutating func failure(_ visitor: UInt32, _ joiner: CodeJoiner) throws -> CodeJoiner.Failure? {
        do {
            _ = try run(visitor, joiner)
            return nil
        } catch let failure as CodeJoiner.Failure {
            return failure
        }
    }
}

@Suite struct CodeExchangeTests {
    @Test func `SE-215, SE-359: who knows the words gets the invite, and each learns the other's device`() throws {
        var exchange = try Exchange()
        let given = try exchange.run(1, Exchange.joiner())
        #expect(given.invite == (try Exchange.invite()))
        #expect(given.inviter == Exchange.owner.author)
        #expect(given.role == .editor)
        #expect(exchange.told == [.given(SigningKey(seed: Exchange.secret(1)).author, name: "bob 1"), .over])
        #expect(exchange.isClosed && exchange.inviter.isOver && exchange.dismissed == [1])
    }

    @Test func `SE-360: one wrong word burns the code, both sides know, and the right words come too late`() throws {
        for words in ["copper-lantern-orchid", "coffee-lantern-orbit", "copper-letter-orbit", "some-other-words", ""] {
            var exchange = try Exchange()
            #expect(try exchange.failure(1, Exchange.joiner(words: words)) == .mismatch)
            #expect(exchange.told == [.mismatch])
            #expect(exchange.isClosed && exchange.inviter.isOver)
            exchange.knock(2, Exchange.joiner(2).opening)
            #expect(exchange.mail[2] == nil && exchange.dismissed.contains(2))
        }
    }

    @Test func `SE-360: the same words at another mailbox are another code`() throws {
        var exchange = try Exchange(mailbox: 8)
        #expect(try exchange.failure(1, Exchange.joiner(mailbox: 7)) == .mismatch)
        #expect(exchange.told == [.mismatch])
    }

    @Test func `SE-216: nothing of the invite is said before the tag is right`() throws {
        var exchange = try Exchange()
        var joiner = Exchange.joiner(words: "wrong-words-here")
        exchange.knock(1, joiner.opening)
        let answer = try exchange.letter(1)
        #expect(answer.count == 33)
        guard case .pass(let body) = try joiner.take(answer) else { return #expect(Bool(false)) }
        exchange.pass(1, body)
        #expect(exchange.mail[1] == [[0, 3]])
    }

    @Test func `SE-360: each changed bit of a confirmation burns, and none of the answer is taken`() throws {
        var joiner = Exchange.joiner()
        var exchange = try Exchange()
        exchange.knock(1, joiner.opening)
        guard case .pass(let body) = try joiner.take(try exchange.letter(1)) else { return #expect(Bool(false)) }
        for bit in stride(from: 0, to: body.count * 8, by: 7) {
            var (changed, copy) = (body, exchange)
            changed[bit / 8] ^= 1 << (bit % 8)
            copy.pass(1, changed)
            #expect(copy.told == [.mismatch], "bit \(bit)")
        }
        for shorter in [0, 1, 31, 32, 71, body.count - 1] {
            var copy = exchange
            copy.pass(1, Array(body[..<shorter]))
            #expect(copy.told == [.mismatch])
        }
        exchange.pass(1, body)
        let answer = try exchange.letter(1)
        for bit in stride(from: 0, to: answer.count * 8, by: 41) {
            var (changed, copy) = (answer, joiner)
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: CodeJoiner.Failure.mismatch) { try copy.take(changed) }
        }
    }

    @Test func `SE-360, SE-361: a share that is no point burns, and a knock that is no knock does not`() throws {
        var exchange = try Exchange()
        exchange.knock(1, [])
        exchange.knock(2, [2] + Exchange.joiner().opening.dropFirst())
        exchange.knock(3, Exchange.joiner().opening + [0])
        #expect(exchange.told == [.otherForm, .otherForm, .otherForm] && exchange.mail[2] == [[0, 2]])
        #expect(!exchange.inviter.isOver)
        exchange.knock(4, Array(Exchange.joiner().opening[..<17]) + [UInt8](repeating: 0, count: 32))
        #expect(exchange.told.last == .mismatch && exchange.isClosed)
    }

    @Test func `SE-360: a joiner takes no share that is no point, none of his own, and nothing twice`() throws {
        var joiner = Exchange.joiner()
        #expect(throws: CodeJoiner.Failure.mismatch) { try joiner.take([1] + [UInt8](repeating: 0, count: 32)) }
        #expect(throws: CodeJoiner.Failure.otherForm) { try joiner.take([1] + [UInt8](repeating: 0, count: 32)) }
        // Sent back by the rendezvous: he has a key that nobody else has, and confirms to nobody.
        var reflected = Exchange.joiner()
        guard case .pass(let body) = try reflected.take([1] + reflected.opening[17...]) else { return #expect(Bool(false)) }
        #expect(throws: CodeJoiner.Failure.mismatch) { try reflected.take(body) }
    }

    @Test func `SE-217: a rendezvous that crosses two joiners, or plays one again, gets nothing`() throws {
        var exchange = try Exchange(uses: 2)
        var (bob, eve) = (Exchange.joiner(1), Exchange.joiner(2))
        exchange.knock(1, bob.opening)
        guard case .pass(let body) = try bob.take(try exchange.letter(1)) else { return #expect(Bool(false)) }
        // The second knock ends the first for us.
        exchange.knock(2, eve.opening)
        _ = try eve.take(try exchange.letter(2))
        var crossed = exchange
        crossed.pass(2, body)
        #expect(crossed.told == [.left, .mismatch])
        var late = exchange
        late.pass(1, body)
        #expect(late.told == [.left] && late.mail[1] == [])
        // The whole of a run that was right, again.
        var again = try Exchange(uses: 2)
        var first = Exchange.joiner(1)
        again.knock(1, first.opening)
        guard case .pass(let confirmation) = try first.take(try again.letter(1)) else { return #expect(Bool(false)) }
        again.pass(1, confirmation)
        again.pass(1, [])
        again.knock(2, first.opening)
        again.pass(2, confirmation)
        #expect(again.told.last == .mismatch)
    }

    @Test func `SE-218, SE-362: several come one after the other, and one more than may is told so and burns nothing`() throws {
        var exchange = try Exchange(uses: 3)
        for number in 1...3 as ClosedRange<UInt8> { #expect(try exchange.failure(UInt32(number), Exchange.joiner(number)) == nil) }
        #expect(exchange.told.last == .over && exchange.isClosed)
        var open = try Exchange(uses: 1)
        var slow = Exchange.joiner(1)
        open.knock(1, slow.opening)
        guard case .pass(let body) = try slow.take(try open.letter(1)) else { return #expect(Bool(false)) }
        open.pass(1, body)
        // Lost on the way: the device comes again, another does not come instead.
        open.goes(1)
        #expect(try open.failure(2, Exchange.joiner(2)) == .spent)
        #expect(!open.inviter.isOver && open.told.last == .spent)
        #expect(try open.failure(3, Exchange.joiner(1)) == nil)
        #expect(open.told.last == .over)
    }

    @Test func `SE-363: who goes before he confirms burns nothing, and the inviter is told`() throws {
        var exchange = try Exchange()
        for visitor in 1...5 as ClosedRange<UInt32> {
            exchange.knock(visitor, Exchange.joiner(UInt8(visitor)).opening)
            exchange.goes(visitor)
        }
        #expect(exchange.told == [CodeInviter.Event](repeating: .left, count: 5))
        #expect(try exchange.failure(9, Exchange.joiner(9)) == nil)
    }

    @Test func `SE-270: who speaks of codes in another form burns nothing, and the inviter is told that it is that`() throws {
        var exchange = try Exchange()
        exchange.knock(1, [2] + Exchange.joiner(1).opening.dropFirst())
        #expect(exchange.told == [.otherForm] && exchange.dismissed == [1])
        #expect(try exchange.failure(2, Exchange.joiner(2)) == nil)
    }

    @Test func `SE-363: who says nothing is sent away, and the next gets in`() throws {
        var exchange = try Exchange()
        exchange.knock(1, Exchange.joiner(1).opening)
        exchange.now += .seconds(8)
        #expect(exchange.inviter.deadline == exchange.now)
        exchange.take(exchange.inviter.handleTimeout(now: exchange.now))
        #expect(exchange.told == [.left] && exchange.dismissed == [1])
        var bob = Exchange.joiner(2)
        exchange.knock(2, bob.opening)
        guard case .pass(let body) = try bob.take(try exchange.letter(2)) else { return #expect(Bool(false)) }
        exchange.pass(2, body)
        exchange.now += .seconds(8)
        exchange.take(exchange.inviter.handleTimeout(now: exchange.now))
        // He may not have got it: the code is his still, and nobody else's.
        #expect(exchange.dismissed == [1, 2] && !exchange.inviter.isOver)
        #expect(try exchange.failure(3, Exchange.joiner(3)) == .spent)
        #expect(try exchange.failure(4, Exchange.joiner(2)) == nil)
        #expect(exchange.told.last == .over)
    }

    @Test func `SE-219: a code is over after ten minutes, in the middle of a run too`() throws {
        var exchange = try Exchange()
        #expect(exchange.inviter.deadline == exchange.now + .seconds(600))
        var joiner = Exchange.joiner()
        exchange.knock(1, joiner.opening)
        guard case .pass(let body) = try joiner.take(try exchange.letter(1)) else { return #expect(Bool(false)) }
        exchange.now += .seconds(600)
        var late = exchange
        late.pass(1, body)
        #expect(late.told == [.over] && late.isClosed && late.mail[1] == [])
        exchange.take(exchange.inviter.handleTimeout(now: exchange.now))
        #expect(exchange.told == [.over] && exchange.isClosed)
        #expect(exchange.inviter.deadline == nil)
    }

    @Test func `SE-217: any bytes in any order: no crash, no invite, and no more than one guess`() throws {
        var generator = SplitMix64(seed: 14)
        for round in 0..<400 {
            var exchange = try Exchange(uses: 2)
            let honest = Exchange.joiner().opening
            for _ in 0..<20 {
                let visitor = UInt32.random(in: 0...3, using: &generator)
                let length = Int.random(in: 0...300, using: &generator)
                var bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
                if Bool.random(using: &generator) { bytes = honest }
                switch Int.random(in: 0...3, using: &generator) {
                case 0, 1: exchange.knock(visitor, bytes)
                case 2: exchange.pass(visitor, bytes)
                default: exchange.goes(visitor)
                }
            }
            #expect(exchange.told.count(where: { $0 == .mismatch }) <= 1, "round \(round)")
            #expect(!exchange.told.contains { if case .given = $0 { true } else { false } })
            #expect(exchange.mail.values.joined().allSatisfy { $0.count <= 33 })
            var joiner = Exchange.joiner()
            for _ in 0..<3 {
                let length = Int.random(in: 0...80, using: &generator)
                _ = try? joiner.take((0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) })
            }
        }
    }
}
