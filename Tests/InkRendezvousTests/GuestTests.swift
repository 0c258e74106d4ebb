import InkConnectivity
import InkCrypto
import InkPrimitives
import InkRendezvous
import Testing

/// A rendezvous that asks for tokens, people with some, and guests. A board is a number, from which its topic key is made.
private final class House {
    typealias Token = RendezvousServer.ConnectionToken

    var server: RendezvousServer
    var now = Instant.zero
    private var lastToken: UInt64 = 0
    private var nonces: [Token: [UInt8]] = [:]
    private(set) var said: [Token: [ServerMessage]] = [:]
    private(set) var closed: [Token: RendezvousServer.CloseReason] = [:]
    /// Relay frames by receiver.
    private(set) var carried: [Token: Int] = [:]

    init(_ change: (inout RendezvousServer.Configuration) -> Void = { _ in }) {
        var configuration = RendezvousServer.Configuration()
        configuration.asksForTokens = true
        change(&configuration)
        server = RendezvousServer(configuration, seed: [UInt8](repeating: 3, count: 32))
    }

    static func bearer(_ name: UInt8, vouch: UInt8 = 1, _ limits: Bearer.Limits = Bearer.Limits()) -> Bearer {
        guard let account = AccountID([UInt8](repeating: name, count: 32)), let vouch = VouchID([UInt8](repeating: vouch, count: 32)) else {
            preconditionFailure("32 bytes")
        }
        return Bearer(account: account, vouch: vouch, until: nil, limits: limits)
    }

    static func source(_ number: Int) -> Source { Source(.v4(0x0A00_0000 | UInt32(number))) }

    private static func key(_ board: Int) -> SigningKey {
        guard let seed = Secret32((0..<32).map { UInt8(truncatingIfNeeded: board >> ($0 * 8)) }) else { preconditionFailure("32 bytes") }
        return SigningKey(seed: seed)
    }

    static func topic(_ board: Int) -> Topic {
        guard let topic = Topic(Blake2b.hash256(key(board).author.bytes)) else { preconditionFailure("32 bytes") }
        return topic
    }

    private func drain() {
        while let output = server.nextOutput() {
            switch output {
            case .send(let message, let token):
                said[token, default: []].append(message)
                if case .welcome(let nonce, _, _, _, _) = message { nonces[token] = nonce }
            case .relay(_, let token): carried[token, default: 0] += 1
            case .close(let token, let reason): closed[token] = reason
            }
        }
    }

    func open(as bearer: Bearer? = nil, from source: Int = 1, until: Instant? = nil) -> Token {
        lastToken += 1
        let token = Token(lastToken)
        server.opened(token, from: Self.source(source), as: bearer, until: until, now: now)
        drain()
        return token
    }

    func join(_ board: Int, _ token: Token, isForged: Bool = false) {
        let (key, topic) = (Self.key(board), Self.topic(board))
        let signature = key.sign(Signalling.joinProof(topic: topic, nonce: isForged ? [] : nonces[token] ?? []))
        receive(.join(topic: topic, key: key.author, signature: signature), token)
    }

    func receive(_ message: ClientMessage, _ token: Token) {
        server.received(message, from: token, now: now)
        drain()
    }

    func leave(_ board: Int, _ token: Token) { receive(.leave(topic: Self.topic(board)), token) }

    func close(_ token: Token) {
        server.closed(token, now: now)
        drain()
    }

    func keep(_ vouches: Set<VouchID>) {
        server.keep(vouches, now: now)
        drain()
    }

    /// Goes on in time, to each deadline on the way.
    func pass(_ time: Duration) {
        let end = now + time
        while let due = server.deadline, due <= end {
            now = max(now, due)
            server.handleTimeout(now: now)
            drain()
        }
        now = end
    }

    func member(_ board: Int, _ token: Token) -> UInt32? {
        said[token, default: []].lazy.compactMap { if case .joined(Self.topic(board), let member, _) = $0 { member } else { nil } }.last
    }

    func isIn(_ board: Int, _ token: Token) -> Bool { closed[token] == nil && member(board, token) != nil }

    func refusals(_ token: Token) -> [RendezvousRefusal] {
        said[token, default: []].compactMap { if case .refused(let reason) = $0 { reason } else { nil } }
    }

    func mailbox(_ token: Token) -> MailboxNumber? {
        receive(.mailbox(.open), token)
        guard case .mailbox(.opened(let number))? = said[token]?.last else { return nil }
        return number
    }

    /// Sends a relay frame of so many bytes to all whom `members` names.
    func relay(_ token: Token, as member: UInt32, to receiver: UInt32, bytes: Int = 1000) {
        let frame = RelayFrame.ToServer(sender: member, receivers: [receiver], datagram: [UInt8](repeating: 1, count: bytes))
        server.relayed(frame.encoded, from: token, now: now)
        drain()
    }
}

@Suite struct GuestTests {
    private let ana = House.bearer(1)

    @Test func `RV-171: a welcome says that tokens are asked for, and as whom the socket is taken; without, it says nothing`() throws {
        let house = House()
        let (bearer, guest) = (house.open(as: ana), house.open())
        guard case .welcome(_, _, _, _, .bearer)? = house.said[bearer]?.first, case .welcome(_, _, _, _, .guest)? = house.said[guest]?.first
        else { throw WireError.unexpected }
        let open = House { $0.asksForTokens = false }
        let anybody = open.open()
        guard case .welcome(_, _, _, _, nil)? = open.said[anybody]?.first else { throw WireError.unexpected }
        #expect(house.server.counters.bearers == 1 && house.server.counters.guests == 1 && open.server.counters.guests == 0)
    }

    @Test func `RV-176: a guest begins no topic: it waits, and is let in with whoever has a token`() {
        let house = House()
        let guests = (0..<3).map { house.open(from: 10 + $0) }
        for guest in guests { house.join(1, guest) }
        #expect(house.server.topicCount == 0 && guests.allSatisfy { !house.isIn(1, $0) && house.closed[$0] == nil })
        house.pass(.seconds(5))
        let bearer = house.open(as: ana)
        house.join(2, bearer)
        #expect(!house.isIn(1, guests[0]), "a bearer in another topic lets nobody in")
        house.join(1, bearer)
        #expect(house.isIn(1, bearer) && guests.allSatisfy { house.isIn(1, $0) })
        #expect(house.said[bearer]?.contains(.joined(topic: House.topic(1), member: house.member(1, bearer) ?? 0, others: 0)) == true)
        let late = house.open()
        house.join(1, late)
        #expect(house.isIn(1, late))
        house.pass(.seconds(100))
        #expect(house.closed.isEmpty, "who is in stays")
    }

    @Test func `RV-176: who waited for 8 s in vain is told that a token is missing, and closed`() {
        let house = House()
        let guest = house.open()
        house.join(1, guest)
        house.pass(.milliseconds(7999))
        #expect(house.closed[guest] == nil)
        house.pass(.milliseconds(1))
        #expect(house.refusals(guest) == [.noToken] && house.closed[guest] == .noToken)
        #expect(house.server.counters.tokensRefused == [.noToken: 1] && house.server.socketCount == 0)
        let bearer = house.open(as: ana)
        house.join(1, bearer)
        #expect(house.isIn(1, bearer) && house.server.socketCount == 1, "nobody is let in who has gone")
    }

    @Test func `RV-176: one who asked late is told the same when its time to join is over`() {
        let house = House()
        let guest = house.open()
        house.pass(.seconds(9))
        house.join(1, guest)
        house.pass(.seconds(1))
        #expect(house.refusals(guest) == [.noToken] && house.closed[guest] == .noToken)
    }

    @Test func `RV-176, RV-1: a guest whose proof is wrong does not wait`() {
        let house = House()
        let guest = house.open()
        house.join(1, guest, isForged: true)
        #expect(house.refusals(guest) == [.notAdmitted] && house.closed[guest] == .notAdmitted)
    }

    @Test func `RV-176: a guest that is in a topic waits for another as long as it likes, and can give it up`() {
        let house = House()
        let (bearer, guest) = (house.open(as: ana), house.open())
        house.join(1, bearer)
        house.join(1, guest)
        house.join(2, guest)
        house.pass(.seconds(60))
        #expect(house.closed[guest] == nil && !house.isIn(2, guest))
        house.join(2, bearer)
        #expect(house.isIn(2, guest))
        house.join(3, guest)
        house.leave(3, guest)
        house.join(3, bearer)
        #expect(!house.isIn(3, guest))
    }

    @Test func `RV-177: guests stay for 30 s without a bearer, who may come back, and are told why they are closed then`() {
        let house = House()
        let (bearer, guest) = (house.open(as: ana), house.open(from: 2))
        house.join(1, bearer)
        house.join(1, guest)
        house.close(bearer)
        let stranger = house.open(from: 3)
        house.join(1, stranger)
        house.pass(.seconds(7))
        #expect(!house.isIn(1, stranger), "nobody comes in meanwhile")
        house.pass(.seconds(22))
        #expect(house.isIn(1, guest))
        let again = house.open(as: ana)
        house.join(1, again)
        house.pass(.seconds(60))
        #expect(house.isIn(1, guest) && house.isIn(1, again))
        house.leave(1, again)
        house.pass(.milliseconds(29_999))
        #expect(house.isIn(1, guest))
        house.pass(.milliseconds(1))
        #expect(house.refusals(guest) == [.noToken] && house.closed[guest] == .noToken && house.server.topicCount == 0)
    }

    @Test func `RV-177: a guest that is in another topic where a bearer is stays, and goes when that is over, too`() {
        let house = House()
        let (bearer, guest) = (house.open(as: ana), house.open())
        for board in [1, 2] {
            house.join(board, bearer)
            house.join(board, guest)
        }
        house.leave(1, bearer)
        house.pass(.seconds(100))
        #expect(house.isIn(1, guest) && house.server.topicCount == 2)
        house.close(bearer)
        house.pass(.seconds(60))
        #expect(house.closed[guest] == .noToken && house.server.topicCount == 0)
    }

    @Test func `RV-178: a guest opens no mailbox, and visits that of a bearer`() throws {
        let house = House()
        let (bearer, guest) = (house.open(as: ana), house.open(from: 2))
        #expect(house.mailbox(guest) == nil && house.said[guest]?.last == .mailbox(.noMailbox(nil)))
        let number = try #require(house.mailbox(bearer))
        house.receive(.mailbox(.knock(number, body: [1])), guest)
        #expect(house.said[bearer]?.last == .mailbox(.knock(number, visitor: 1, body: [1])))
        house.receive(.mailbox(.pass(number, visitor: 1, body: [2])), bearer)
        #expect(house.said[guest]?.last == .mailbox(.pass(number, visitor: nil, body: [2])))
        house.join(1, bearer)
        house.join(1, guest)
        #expect(house.isIn(1, guest), "and goes on to the board over the same connection")
    }

    @Test func `RV-179: guests are of the share of the bearer's source, and no more come in than that has`() {
        let house = House { $0.socketsPerSourceMax = 4 }
        let bearer = house.open(as: ana, from: 1)
        house.join(1, bearer)
        // From one address as many as there may be, and each brought in makes room there.
        let guests = (0..<4).map { _ in house.open(from: 2) }
        for guest in guests { house.join(1, guest) }
        #expect(guests.prefix(3).allSatisfy { house.isIn(1, $0) } && !house.isIn(1, guests[3]))
        #expect(house.refusals(guests[3]) == [.topicFull])
        let more = house.open(from: 2)
        #expect(house.closed[more] == nil, "what the bearer pays for the guests' address may have")
        let second = house.open(as: House.bearer(2), from: 1)
        #expect(house.closed[second] == .tooManyFromSource, "the bearer's own address has no more")
        house.close(guests[0])
        let third = house.open(as: House.bearer(2), from: 1)
        #expect(house.closed[third] == nil)
    }

    @Test func `RV-179: when the bearer by whom they came goes the guests are of the share of another who is there`() {
        let house = House { $0.socketsPerSourceMax = 3 }
        let (first, second) = (house.open(as: ana, from: 1), house.open(as: House.bearer(2), from: 2))
        house.join(1, first)
        house.join(1, second)
        let guests = (0..<2).map { house.open(from: 10 + $0) }
        for guest in guests { house.join(1, guest) }
        let third = house.open(as: ana, from: 1)
        #expect(house.closed[third] == .tooManyFromSource)
        house.close(first)
        let (fourth, fifth) = (house.open(as: ana, from: 1), house.open(as: ana, from: 2))
        #expect(house.closed[fourth] == nil && house.closed[fifth] == .tooManyFromSource)
        #expect(guests.allSatisfy { house.isIn(1, $0) })
    }

    @Test func `RV-179, RV-180: what guests have carried is of the bearer's account, and it gets no more than its token allows`() throws {
        func carried(limit: Int?, by name: UInt8 = 1) throws -> Int {
            let house = House()
            let bearer = house.open(as: House.bearer(name, Bearer.Limits(relay: limit)), from: 1)
            let guests = [house.open(from: 2), house.open(from: 3)]
            for token in [bearer] + guests { house.join(1, token) }
            let numbers = try guests.map { try #require(house.member(1, $0)) }
            for _ in 0..<100 {
                house.relay(guests[0], as: numbers[0], to: numbers[1])
                house.pass(.milliseconds(100))
            }
            return house.carried[guests[1], default: 0]
        }
        let (free, bound, none) = (try carried(limit: nil), try carried(limit: 1024), try carried(limit: 0))
        // A kilobyte a second, for ten of them, and what goes at once.
        #expect(free == 100 && (8...20).contains(bound) && none == 0, "\(free) \(bound) \(none)")
    }

    @Test func `RV-180: a welcome promises a bearer no more to be carried than its token allows`() {
        let house = House()
        func promised(_ limit: Int?) -> Int? {
            let token = house.open(as: House.bearer(1, Bearer.Limits(relay: limit)))
            guard case .welcome(_, _, let relay, _, _)? = house.said[token]?.first else { return -1 }
            return relay
        }
        #expect(promised(nil) == 65_536 && promised(1024) == 1024 && promised(1 << 30) == 65_536 && promised(0) == nil)
    }

    @Test func `RV-180: an account begins as many topics as its token allows, over whatever sockets, and joins any that live`() {
        let house = House()
        let small = House.bearer(1, Bearer.Limits(topics: 2))
        let (first, second, other) = (house.open(as: small), house.open(as: small), house.open(as: House.bearer(2)))
        house.join(1, first)
        house.join(2, second)
        house.join(3, second)
        #expect(house.isIn(1, first) && house.isIn(2, second) && !house.isIn(3, second))
        #expect(house.refusals(second) == [.tokenLimit] && house.closed[second] == nil, "it is in another")
        house.join(3, other)
        house.join(3, second)
        #expect(house.isIn(3, second))
        let third = house.open(as: small)
        house.join(4, third)
        #expect(house.refusals(third) == [.tokenLimit] && house.closed[third] == .tokenLimit)
        house.leave(1, first)
        house.join(4, first)
        #expect(house.isIn(4, first))
    }

    @Test func `RV-180: an account holds as many mailboxes as its token allows, over whatever sockets`() {
        let house = House()
        let small = House.bearer(1, Bearer.Limits(mailboxes: 1))
        let (first, second) = (house.open(as: small), house.open(as: small))
        #expect(house.mailbox(first) != nil && house.mailbox(second) == nil && house.mailbox(first) == nil)
        house.close(first)
        #expect(house.mailbox(second) != nil)
        #expect(house.mailbox(house.open(as: House.bearer(2, Bearer.Limits(mailboxes: 0)))) == nil)
    }

    @Test func `RV-181: a socket is closed when its token ends, and told why`() {
        let house = House()
        let tokens = [30, 10, 20, 10].map { house.open(as: ana, until: .zero + .seconds($0)) }
        let lasting = house.open(as: ana)
        for token in tokens + [lasting] { house.join(1, token) }
        house.close(tokens[3])
        house.pass(.milliseconds(9999))
        #expect(house.closed.isEmpty)
        house.pass(.milliseconds(1))
        #expect(house.closed == [tokens[1]: .tokenEnded] && house.refusals(tokens[1]) == [.tokenExpired])
        house.pass(.seconds(100))
        #expect(house.closed.count == 3 && house.isIn(1, lasting))
    }

    @Test func `RV-182: whose key is no more among those that tokens are taken by is closed`() {
        let house = House()
        let (old, new, guest) = (house.open(as: House.bearer(1, vouch: 1)), house.open(as: House.bearer(2, vouch: 2)), house.open())
        for token in [old, new, guest] { house.join(1, token) }
        house.keep([House.bearer(2, vouch: 2).vouch])
        #expect(house.closed == [old: .tokenEnded] && house.refusals(old) == [.tokenUnknownKey])
        #expect(house.isIn(1, new) && house.isIn(1, guest))
    }

    /// Whatever they do, in whatever order: nothing traps, and when all have gone all shares are as they were.
    @Test(arguments: 0..<60 as Range<UInt64>)
    func `RV-176, RV-177, RV-179: what is counted on whom comes to nothing when all have gone`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let house = House { ($0.socketsPerSourceMax, $0.topicsPerSourceMax, $0.socketsMax, $0.messageBurst) = (6, 4, 2000, 100_000) }
        var all: [House.Token] = []
        for _ in 0..<400 {
            let token = all.randomElement(using: &random)
            switch Int.random(in: 0..<10, using: &random) {
            case 0, 1:
                let limits = Bearer.Limits(topics: Bool.random(using: &random) ? 2 : nil)
                let bearer = House.bearer(UInt8.random(in: 1...3, using: &random), vouch: UInt8.random(in: 1...2, using: &random), limits)
                let until = Bool.random(using: &random) ? house.now + .seconds(Int.random(in: 1...60, using: &random)) : nil
                all.append(house.open(as: bearer, from: Int.random(in: 1...5, using: &random), until: until))
            case 2, 3: all.append(house.open(from: Int.random(in: 1...5, using: &random)))
            case 4, 5, 6: if let token { house.join(Int.random(in: 1...4, using: &random), token) }
            case 7: if let token { house.leave(Int.random(in: 1...4, using: &random), token) }
            case 8:
                if let token, Bool.random(using: &random) {
                    house.close(token)
                } else {
                    house.pass(.seconds(Int.random(in: 1...20, using: &random)))
                }
            default: if Int.random(in: 0..<20, using: &random) == 0 { house.keep([House.bearer(1, vouch: 1).vouch]) }
            }
        }
        for token in all { house.close(token) }
        #expect(house.server.socketCount == 0 && house.server.topicCount == 0)
        // Each address has its whole share again.
        for source in 1...5 {
            let opened = (0..<6).map { _ in house.open(as: ana, from: source) }
            for (index, token) in opened.enumerated() { house.join(100 + source * 10 + index / 2, token) }
            #expect(opened.allSatisfy { house.closed[$0] == nil }, "seed \(seed)")
            for token in opened { house.close(token) }
        }
        house.pass(.seconds(100))
        #expect(house.server.deadline == nil, "nothing is waited for")
    }
}
