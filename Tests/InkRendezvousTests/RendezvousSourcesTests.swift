import InkConnectivity
import InkCrypto
import InkPrimitives
import InkRendezvous
import Testing

/// A rendezvous and all kinds of people, strangers among them, from many sources. A board is a number, from which its topic key is made.
private final class Town {
    typealias Token = RendezvousServer.ConnectionToken

    var server: RendezvousServer
    var now = Instant.zero
    private var lastToken: UInt64 = 0
    private var nonces: [Token: [UInt8]] = [:]
    var closed: [Token: RendezvousServer.CloseReason] = [:]

    init(_ change: (inout RendezvousServer.Configuration) -> Void = { _ in }) {
        var configuration = RendezvousServer.Configuration()
        change(&configuration)
        server = RendezvousServer(configuration, seed: [UInt8](repeating: 3, count: 32))
    }

    static func source(_ number: Int) -> Source { Source(.v4(0x0A00_0000 | UInt32(number))) }

    private static func key(_ board: Int) -> SigningKey {
        guard let seed = Secret32((0..<32).map { UInt8(truncatingIfNeeded: board >> ($0 * 8)) }) else { preconditionFailure("32 bytes") }
        return SigningKey(seed: seed)
    }

    private static func topic(_ board: Int) -> Topic {
        guard let topic = Topic(Blake2b.hash256(key(board).author.bytes)) else { preconditionFailure("32 bytes") }
        return topic
    }

    /// Takes all outputs; what was said to `token`.
    private func drain(_ token: Token) -> [ServerMessage] {
        var said: [ServerMessage] = []
        while let output = server.nextOutput() {
            switch output {
            case .send(let message, token): said.append(message)
            case .send, .relay: break
            case .close(let other, let reason): closed[other] = reason
            }
        }
        return said
    }

    /// A new socket; nil if it is turned away at once.
    func open(from source: Int) -> Token? { open(at: Self.source(source)) }

    /// As `open(from:)`, from any source.
    func open(at source: Source) -> Token? {
        lastToken += 1
        let token = Token(lastToken)
        server.opened(token, from: source, now: now)
        for case .welcome(let nonce, _, _, _, _) in drain(token) { nonces[token] = nonce }
        return closed[token] == nil ? token : nil
    }

    /// Asks to be let into a board's topic; the answer, nil for none.
    @discardableResult
    func join(_ board: Int, _ token: Token?) -> ServerMessage? {
        guard let token, let nonce = nonces[token] else { return nil }
        let (key, topic) = (Self.key(board), Self.topic(board))
        let signature = key.sign(Signalling.joinProof(topic: topic, nonce: nonce))
        server.received(.join(topic: topic, key: key.author, signature: signature), from: token, now: now)
        return drain(token).first
    }

    func isIn(_ board: Int, from source: Int) -> Bool { isLetIn(join(board, open(from: source))) }

    func isLetIn(_ answer: ServerMessage?) -> Bool { if case .joined? = answer { true } else { false } }

    func leave(_ board: Int, _ token: Token) {
        server.received(.leave(topic: Self.topic(board)), from: token, now: now)
        _ = drain(token)
    }

    func say(_ board: Int, _ token: Token) {
        server.received(.send(topic: Self.topic(board), to: nil, box: [1]), from: token, now: now)
    }

    func delivered(to tokens: [Token]) -> Int {
        var count = 0
        while let output = server.nextOutput() {
            switch output {
            case .send(.envelope, let token) where tokens.contains(token): count += 1
            case .send, .relay: break
            case .close(let token, let reason): closed[token] = reason
            }
        }
        return count
    }
}

@Suite struct RendezvousSourcesTests {
    @Test(arguments: [1, 50])
    func `RV-20, RV-117: strangers with as many sockets and topics as they get keep nobody from a board, new or old, and evict none`(
        strangers: Int
    ) {
        let town = Town {
            ($0.socketsMax, $0.topicsMax, $0.newTopicBurst, $0.commonTopicBurst) = (2000, 2000, 1000, 10_000)
        }
        var everybody: [RendezvousServer.ConnectionToken] = []
        for board in 0..<20 {
            guard let token = town.open(from: 9000 + board) else { continue }
            everybody.append(token)
            #expect(town.isLetIn(town.join(board, token)))
        }
        var (board, tookAny) = (1000, true)
        while tookAny {
            tookAny = false
            for source in 1...strangers {
                guard let token = town.open(from: source) else { continue }
                for _ in 0..<16 {
                    board += 1
                    guard town.isLetIn(town.join(board, token)) else { break }
                    tookAny = true
                }
            }
        }
        #expect(town.server.topicCount < 2000 && town.server.socketCount < 2000)
        #expect(everybody.allSatisfy { town.closed[$0] == nil })
        for number in 0..<20 {
            #expect(town.isIn(number, from: 9100 + number), "a board that was there before")
        }
        #expect(town.isIn(100, from: 9200), "a new board")
    }

    @Test func `RV-20, RV-118: who fills the share of its source with sockets that join nothing does not keep its neighbours out`() {
        let town = Town { $0.socketsPerSourceMax = 8 }
        #expect(town.isIn(1, from: 2))
        let friend = town.open(from: 1)
        #expect(town.isLetIn(town.join(1, friend)))
        var idle = (0..<40).compactMap { _ in town.open(from: 1) }
        #expect(idle.count == 40 && town.server.socketCount == 9)
        #expect(town.isIn(1, from: 1), "an honest neighbour")
        idle.removeAll { town.closed[$0] == .displaced }
        #expect(idle.count == 6 && town.closed.count == 34)
        #expect(friend.map { town.closed[$0] == nil } == true, "who is in a topic is never displaced")
        // When all of the share are in a topic, one more is turned away.
        while town.isIn(1, from: 1) {}
        #expect(town.server.socketCount == 9)
        #expect(town.open(from: 1) == nil && town.closed.values.contains(.tooManyFromSource))
    }

    @Test func `RV-20, RV-116: who has taken the share of a whole network displaces nobody elsewhere`() throws {
        let town = Town { $0.socketsPerSourceMax = 4 }
        let stranger = try #require(town.open(from: 1))
        for network in 0..<4 as Range<UInt64> {
            for _ in 0..<4 {
                let token = town.open(at: Source(.v6(high: 0x2001_0DB8_0001_0000 | network, low: 1)))
                #expect(town.isLetIn(town.join(1, token)))
            }
        }
        #expect(town.open(at: Source(.v6(high: 0x2001_0DB8_0001_0099, low: 1))) == nil)
        #expect(town.closed[stranger] == nil, "there are places, and its network has its share")
    }

    @Test func `RV-20, RV-118: where more sources than places have sockets that join nothing, a newcomer gets the oldest place`() {
        let town = Town { $0.socketsMax = 20 }
        #expect(town.isIn(1, from: 1))
        let idle = (2..<100).compactMap { town.open(from: $0) }
        #expect(idle.count == 98 && town.server.socketCount == 20)
        #expect(town.isIn(1, from: 200) && town.server.socketCount == 20)
        #expect(town.closed.values.allSatisfy { $0 == .displaced } && town.closed.keys.max() == idle[79])
    }

    @Test func `RV-21, RV-120, RV-121: new topics of one source are slowed, and those that live are joined all the same`() {
        let town = Town()
        #expect(town.isIn(0, from: 2))
        var begun = 0
        for board in 1...200 where town.isIn(board, from: 1) { begun += 1 }
        #expect(begun == 64)
        #expect(town.isIn(0, from: 1) && town.isIn(5, from: 1))
        for board in 1001...1003 { #expect(town.isIn(board, from: 3), "another source is not concerned") }
        town.now += .seconds(3)
        begun = 0
        for board in 300...400 where town.isIn(board, from: 1) { begun += 1 }
        #expect(begun == 3)
    }

    @Test func `RV-21: many sources that begin topics as fast as they may have us verify few, and one that begins few does not wait`()
        throws
    {
        let town = Town()
        var begun = 0
        for source in 1...50 {
            let token = try #require(town.open(from: source))
            // What is said on a socket that was closed costs nothing.
            for board in 0..<16 where town.isLetIn(town.join(source * 100 + board, token)) { begun += 1 }
        }
        #expect(begun == 400, "four of each, and 200 of all")
        #expect(town.closed.isEmpty, "whoever is in a topic stays")
        for board in 1...3 { #expect(town.isIn(board, from: 900), "a newcomer's") }
        let late = town.open(from: 40)
        #expect(town.join(9999, late) == .refused(.tooManyTopics) && late.map { town.closed[$0] } == .noMoreTopics)
        town.now += .seconds(1)
        begun = 0
        for source in 1...50 {
            for board in 50..<60 where town.isIn(source * 100 + board, from: source) { begun += 1 }
        }
        #expect((40...60).contains(begun))
    }

    @Test func `RV-20, RV-21, RV-117, RV-121: an office of 20 with three boards each comes back behind one address, old sockets open`() {
        let town = Town()
        for round in 0..<2 {
            for person in 0..<20 {
                for board in 0..<3 { #expect(town.isIn(person * 3 + board, from: 1), "round \(round)") }
            }
        }
        #expect(town.server.topicCount == 60 && town.server.socketCount == 120)
        for person in 0..<20 { #expect(town.isIn(0, from: 1), "all meet at one board, person \(person)") }
    }

    @Test func `RV-119: a topic is of the share of who began it, and of another who is in it when that one has gone`() throws {
        let town = Town { ($0.topicsPerSourceMax, $0.socketsPerSourceMax) = (1, 100) }
        let maker = try #require(town.open(from: 1))
        #expect(town.isLetIn(town.join(1, maker)))
        #expect(!town.isIn(2, from: 1))
        let guest = try #require(town.open(from: 2))
        #expect(town.isLetIn(town.join(1, guest)))
        #expect(town.isIn(3, from: 2), "a guest pays nothing")
        town.leave(1, maker)
        #expect(town.isIn(2, from: 1), "who has gone pays no more")
        #expect(town.server.topicCount == 3)
        town.server.closed(guest, now: town.now)
        #expect(town.server.topicCount == 2)
        #expect(!town.isIn(4, from: 2), "board 3 is still of its share")
    }

    @Test func `RV-22: the sockets of one source share what they may say, and what is too much is not taken and closes nobody`() throws {
        let town = Town { ($0.sourceMessageRate, $0.sourceMessageBurst) = (10, 1000) }
        let listener = try #require(town.open(from: 2))
        #expect(town.isLetIn(town.join(1, listener)))
        let loud = (0..<10).compactMap { _ in town.open(from: 1) }
        for token in loud { #expect(town.isLetIn(town.join(1, token))) }
        _ = town.delivered(to: [])
        // Each below its own limit: 70 greetings at five tokens.
        var heard = 0
        for _ in 0..<70 {
            for token in loud { town.say(1, token) }
            heard += town.delivered(to: [listener])
        }
        #expect(heard == (1000 - 10 * 10) / 5)
        #expect(town.closed.isEmpty && town.server.counters.overSourceRate == 700 - heard)
        // Others are heard as before.
        town.say(1, listener)
        #expect(town.delivered(to: loud) == 10)
    }

    @Test func `RV-112: asking again for a topic that one is in costs no signature, and joining is dearer than speaking`() throws {
        let town = Town()
        let token = try #require(town.open(from: 1))
        for board in 1...16 { #expect(town.isLetIn(town.join(board, token))) }
        #expect(town.join(17, token) == .refused(.topicFull))
        var rounds = 0
        while town.closed.isEmpty, rounds < 100 {
            town.leave(16, token)
            town.join(16, token)
            rounds += 1
        }
        #expect(rounds < 30 && town.closed[token] == .rateExceeded)
    }
}
