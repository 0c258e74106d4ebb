import InkConnectivity
import InkCrypto
import InkPrimitives
import InkRendezvous
import Testing

/// A rendezvous that relays, people on boards, and what each of them gets, in virtual time.
private final class Exchange {
    typealias Token = RendezvousServer.ConnectionToken

    struct Heard: Hashable {
        let from: UInt32
        let datagram: [UInt8]
        let at: Instant
    }

    var server: RendezvousServer
    var now = Instant.zero + .seconds(1)
    var heard: [Token: [Heard]] = [:]
    var closed: [Token: RendezvousServer.CloseReason] = [:]
    private(set) var numbers: [Token: UInt32] = [:]
    private var lastToken: UInt64 = 0

    init(_ change: (inout RendezvousServer.Configuration) -> Void = { _ in }) {
        var configuration = RendezvousServer.Configuration()
        change(&configuration)
        server = RendezvousServer(configuration, seed: [UInt8](repeating: 4, count: 32))
    }

    /// A socket that is in the topic of a board.
    func enter(_ board: UInt8, from source: Int = 1) throws -> Token {
        lastToken += 1
        let token = Token(lastToken)
        server.opened(token, from: Source(.v4(0x0A00_0000 | UInt32(source))), now: now)
        guard case .send(.welcome(let nonce, _, _, _, _), token)? = server.nextOutput() else { throw WireError.unexpected }
        let keys = Meeting.keys(room: board)
        let topic = try #require(Topic(keys.topic))
        let signature = keys.topicKey.sign(Signalling.joinProof(topic: topic, nonce: nonce))
        server.received(.join(topic: topic, key: keys.topicKey.author, signature: signature), from: token, now: now)
        guard case .send(.joined(_, let number, _), token)? = server.nextOutput() else { throw WireError.unexpected }
        numbers[token] = number
        return token
    }

    func say(_ token: Token, to others: [Token], _ datagram: [UInt8]) throws {
        let sender = try #require(numbers[token])
        let frame = RelayFrame.ToServer(sender: sender, receivers: others.compactMap { numbers[$0] }, datagram: datagram)
        say(token, frame.encoded)
    }

    func say(_ token: Token, _ bytes: [UInt8]) {
        server.relayed(bytes, from: token, now: now)
        drain()
    }

    /// Lets time pass up to `end`, doing what is due.
    func run(to end: Instant) {
        while let due = server.deadline, due <= end {
            now = max(now, due)
            server.handleTimeout(now: now)
            drain()
        }
        now = end
    }

    /// What `token` heard from `other`.
    func heard(_ token: Token, from other: Token) -> [Heard] { heard[token, default: []].filter { $0.from == numbers[other] } }

    private func drain() {
        while let output = server.nextOutput() {
            switch output {
            case .send: break
            case .close(let token, let reason): closed[token] = reason
            case .relay(let bytes, let token):
                guard let frame = try? RelayFrame.ToClient(decoding: bytes), frame.receiver == numbers[token] else {
                    Issue.record("\(bytes) is not for \(token)")
                    continue
                }
                heard[token, default: []].append(Heard(from: frame.sender, datagram: frame.datagram, at: now))
            }
        }
    }
}

/// Somebody who sends frames of one size at a constant pace.
private struct Talker {
    let token: Exchange.Token
    let others: [Exchange.Token]
    let bytes: Int
    let interval: Duration
    var next = Instant.zero

    /// Runs `talkers` side by side; each datagram begins with its number.
    static func talk(_ talkers: [Talker], in exchange: Exchange, for time: Duration, eachFrame: () -> Void = {}) throws {
        let end = exchange.now + time
        var (talkers, sent) = (talkers, UInt32(0))
        for index in talkers.indices { talkers[index].next = exchange.now + .milliseconds(Int64(index)) }
        while let index = talkers.indices.min(by: { talkers[$0].next < talkers[$1].next }), talkers[index].next < end {
            let talker = talkers[index]
            exchange.run(to: talker.next)
            sent += 1
            let number = [UInt8(sent >> 24), UInt8(sent >> 16 & 255), UInt8(sent >> 8 & 255), UInt8(sent & 255)]
            try exchange.say(talker.token, to: talker.others, number + [UInt8](repeating: 7, count: talker.bytes - 4))
            talkers[index].next += talker.interval
            eachFrame()
        }
        exchange.run(to: end + .milliseconds(200))
    }
}

@Suite struct RelayServerTests {
    @Test func `RV-50: a frame reaches the members whom it names, under their own numbers, and nobody else`() throws {
        let exchange = Exchange()
        let members = try (0..<4).map { _ in try exchange.enter(1) }
        let stranger = try exchange.enter(2)
        try exchange.say(members[0], to: [members[1], members[3]], [1, 2, 3])
        #expect(exchange.heard(members[1], from: members[0]).map(\.datagram) == [[1, 2, 3]])
        #expect(exchange.heard(members[3], from: members[0]).map(\.datagram) == [[1, 2, 3]])
        #expect(exchange.heard[members[2]] == nil && exchange.heard[stranger] == nil && exchange.heard[members[0]] == nil)
        let counters = exchange.server.counters
        #expect(counters.relayFramesIn == 1 && counters.relayFramesOut == 2 && counters.relayBytesIn == 17 && counters.relayBytesOut == 24)
    }

    @Test func `RV-137: a frame for another topic, of another's number, or of wrong form is not carried, and too many close the socket`()
        throws
    {
        let exchange = Exchange()
        let (ana, ben, stranger) = (try exchange.enter(1), try exchange.enter(1), try exchange.enter(2))
        let (own, other, foreign) = (exchange.numbers[ana] ?? 0, exchange.numbers[ben] ?? 0, exchange.numbers[stranger] ?? 0)
        let right = RelayFrame.ToServer(sender: own, receivers: [other], datagram: [9]).encoded
        let wrongs: [[UInt8]] = [
            RelayFrame.ToServer(sender: own, receivers: [foreign], datagram: [9]).encoded,
            RelayFrame.ToServer(sender: own, receivers: [other, foreign], datagram: [9]).encoded,
            RelayFrame.ToServer(sender: own, receivers: [own], datagram: [9]).encoded,
            RelayFrame.ToServer(sender: own, receivers: [other &+ 1], datagram: [9]).encoded,
            RelayFrame.ToServer(sender: other, receivers: [own], datagram: [9]).encoded,
            RelayFrame.ToServer(sender: foreign, receivers: [other], datagram: [9]).encoded,
            [], [1], Array(right.dropLast()), [2] + right.dropFirst(), right + [UInt8](repeating: 0, count: 1200),
            [UInt8](repeating: 1, count: 4096),
        ]
        for wrong in wrongs { exchange.say(ana, wrong) }
        #expect(exchange.heard.isEmpty && exchange.closed.isEmpty && exchange.server.counters.relayStray == wrongs.count)
        exchange.say(ana, right)
        #expect(exchange.heard(ben, from: ana).count == 1)
        for _ in 0..<100 { exchange.say(ana, [0]) }
        #expect(exchange.closed == [ana: .rateExceeded] && exchange.heard(ben, from: ana).count == 1)
    }

    @Test func `RV-138: who names one that has just left is not closed for it`() throws {
        let exchange = Exchange()
        let (ana, ben, eve) = (try exchange.enter(1), try exchange.enter(1), try exchange.enter(1))
        exchange.server.closed(ben, now: exchange.now)
        for _ in 0..<200 {
            try exchange.say(ana, to: [ben, eve], [9])
            exchange.run(to: exchange.now + .milliseconds(20))
        }
        #expect(exchange.heard(eve, from: ana).count == 200 && exchange.heard[ben] == nil)
        #expect(exchange.closed.isEmpty && exchange.server.counters.relayStray == 0)
    }

    @Test func `RV-51: a welcome says what is relayed for a room, and one that relays nothing says so and carries nothing`() throws {
        for rate in [65_536, 1000, nil] {
            let exchange = Exchange { $0.relayRate = rate }
            exchange.server.opened(Exchange.Token(99), now: exchange.now)
            guard case .send(.welcome(_, _, let relay, _, _), _)? = exchange.server.nextOutput() else { throw WireError.unexpected }
            #expect(relay == rate)
            let (ana, ben) = (try exchange.enter(1), try exchange.enter(1))
            try exchange.say(ana, to: [ben], [1])
            #expect(exchange.heard(ben, from: ana).count == (rate == nil ? 0 : 1))
        }
    }

    @Test func `RV-51, RV-53, RV-139: one that sends twice what a room may gets the room's rate through, and nothing of it late`() throws {
        let exchange = Exchange()
        let (ana, ben) = (try exchange.enter(1, from: 1), try exchange.enter(1, from: 2))
        var sentAt: [Instant] = []
        var waitingMax = 0
        let talker = Talker(token: ana, others: [ben], bytes: 1156, interval: .microseconds(9000))
        try Talker.talk([talker], in: exchange, for: .seconds(5)) {
            sentAt.append(exchange.now)
            waitingMax = max(waitingMax, exchange.server.relayWaiting)
        }
        let heard = exchange.heard(ben, from: ana)
        // 1156 bytes of datagram are 1210 of rate: 54 a second.
        #expect((260...285).contains(heard.count), "\(heard.count)")
        for one in heard {
            let number = one.datagram.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            #expect(one.at - sentAt[number - 1] <= .milliseconds(100))
        }
        #expect(waitingMax <= 11 && exchange.server.relayWaiting == 0, "\(waitingMax)")
        #expect(exchange.server.counters.relayLate == sentAt.count - heard.count && exchange.closed.isEmpty)
    }

    @Test func `RV-140: where some flood a room, the cursors of the others pass, each within 50 ms, and the floods share what is left`()
        throws
    {
        let exchange = Exchange()
        let members = try (0..<5).map { try exchange.enter(1, from: $0) }
        let floods = [0, 1, 2].map { Talker(token: members[$0], others: [members[4]], bytes: 1100, interval: .milliseconds(12)) }
        let cursor = Talker(token: members[3], others: [members[4]], bytes: 150, interval: .milliseconds(50))
        var sentAt: [Instant] = []
        try Talker.talk(floods + [cursor], in: exchange, for: .seconds(4)) { sentAt.append(exchange.now) }
        let cursors = exchange.heard(members[4], from: members[3])
        #expect(cursors.count == 80, "\(cursors.count)")
        for one in cursors {
            let number = one.datagram.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            #expect(one.at - sentAt[number - 1] <= .milliseconds(50))
        }
        let shares = [0, 1, 2].map { exchange.heard(members[4], from: members[$0]).count }
        #expect(shares.reduce(0, +) > 190 && (shares.max() ?? 0) - (shares.min() ?? 0) <= 20, "\(shares)")
    }

    @Test func `RV-52, RV-140: a room that floods takes nothing of another, also where all together may send little`() throws {
        for total in [16 << 20, 96 << 10] {
            let exchange = Exchange { $0.relayTotalRate = total }
            let quiet = try (0..<2).map { try exchange.enter(200, from: 50 + $0) }
            var talkers = [Talker(token: quiet[0], others: [quiet[1]], bytes: 200, interval: .milliseconds(50))]
            for room in 1...6 as ClosedRange<UInt8> {
                let loud = try (0..<2).map { try exchange.enter(room, from: Int(room) * 2 + $0) }
                talkers.append(Talker(token: loud[0], others: [loud[1]], bytes: 1100, interval: .milliseconds(10)))
            }
            try Talker.talk(talkers, in: exchange, for: .seconds(2))
            // One may be lost at the moment at which all begin.
            #expect(exchange.heard(quiet[1], from: quiet[0]).count >= 39)
            let out = exchange.server.counters.relayBytesOut
            if total < 1 << 20 { #expect(out < total * 5 / 2, "\(out)") } else { #expect(out > 6 * 2 * 56_000, "\(out)") }
        }
    }

    @Test(arguments: [(16, 256), (64, 256), (128, 512)])
    func
        `one source gets four times what a room may, 256 KiB a second at least, counted for each receiver, and another loses nothing by it`(
            room: Int, source: Int
        ) throws
    {
        let exchange = Exchange { $0.relayRate = room << 10 }
        let quiet = try (0..<2).map { try exchange.enter(200, from: 50 + $0) }
        var talkers = [Talker(token: quiet[0], others: [quiet[1]], bytes: 200, interval: .milliseconds(50))]
        for room in 1...3 as ClosedRange<UInt8> {
            let flooder = try exchange.enter(room, from: 1)
            let others = try (0..<8).map { try exchange.enter(room, from: 2 + $0) }
            talkers.append(Talker(token: flooder, others: others, bytes: 1100, interval: .milliseconds(10)))
        }
        try Talker.talk(talkers, in: exchange, for: .seconds(2))
        #expect(exchange.heard(quiet[1], from: quiet[0]).count == 40)
        let out = exchange.server.counters.relayBytesOut
        #expect((400_000 * source / 256...(source << 10) * 3).contains(out), "\(out)")
        #expect(exchange.server.counters.relayOverSource > 0 && exchange.closed.isEmpty)
    }

    @Test func `RV-51: what a source has too much takes nothing of what all together may`() throws {
        let exchange = Exchange {
            ($0.relayTotalRate, $0.relaySourceRate) = (40 << 10, 8 << 10)
        }
        let quiet = try (0..<2).map { try exchange.enter(200, from: 50 + $0) }
        // 6 KiB a second to one receiver, of another source, which may have eight.
        let steady = try (0..<2).map { try exchange.enter(201, from: 60 + $0) }
        var talkers = [Talker(token: quiet[0], others: [quiet[1]], bytes: 200, interval: .milliseconds(50))]
        talkers.append(Talker(token: steady[0], others: [steady[1]], bytes: 600, interval: .milliseconds(100)))
        for room in 1...6 as ClosedRange<UInt8> {
            let (flooder, other) = (try exchange.enter(room, from: 1), try exchange.enter(room, from: 2))
            talkers.append(Talker(token: flooder, others: [other], bytes: 1000, interval: .milliseconds(40)))
        }
        try Talker.talk(talkers, in: exchange, for: .seconds(2))
        #expect(exchange.heard(quiet[1], from: quiet[0]).count == 40)
        #expect(exchange.heard(steady[1], from: steady[0]).count == 20)
        let late = exchange.server.counters.relayLate
        #expect(exchange.server.counters.relayOverSource > 200 && late == 0, "\(late) had to wait for what was not carried")
    }

    @Test func `RV-51: who has left takes nothing of what all together may`() throws {
        let exchange = Exchange { $0.relayTotalRate = 64 << 10 }
        let members = try (0..<9).map { try exchange.enter(1, from: 1 + $0) }
        for member in members[2...] { exchange.server.closed(member, now: exchange.now) }
        // 28 KiB a second to one of those who are named, and 220 KiB to all eight.
        let talker = Talker(token: members[0], others: Array(members[1...]), bytes: 1100, interval: .milliseconds(40))
        try Talker.talk([talker], in: exchange, for: .seconds(2))
        #expect(exchange.heard(members[1], from: members[0]).count == 50)
    }

    @Test func `RV-53, RV-141: whatever is sent, little waits, and nothing once it is over`() throws {
        let exchange = Exchange { $0.relayTotalRate = 512 << 10 }
        var talkers: [Talker] = []
        for room in 1...20 as ClosedRange<UInt8> {
            let members = try (0..<6).map { try exchange.enter(room, from: Int(room) * 10 + $0) }
            for index in 0..<5 {
                talkers.append(Talker(token: members[index], others: [members[5]], bytes: 20 + index * 250, interval: .milliseconds(5)))
            }
        }
        var waitingMax = 0
        try Talker.talk(talkers, in: exchange, for: .milliseconds(300)) { waitingMax = max(waitingMax, exchange.server.relayWaiting) }
        #expect((1...1000).contains(waitingMax), "\(waitingMax)")
        #expect(exchange.server.relayWaiting == 0 && exchange.closed.isEmpty)
        for token in exchange.numbers.keys.sorted() { exchange.server.closed(token, now: exchange.now) }
        #expect(exchange.server.topicCount == 0 && exchange.server.deadline.map { $0 > exchange.now } ?? true)
    }

    @Test func `RV-54: who sends far more than is carried is closed, and the others go on`() throws {
        let exchange = Exchange()
        let (ana, ben, eve) = (try exchange.enter(1), try exchange.enter(1), try exchange.enter(1))
        var frames = 0
        while exchange.closed.isEmpty, frames < 2000 {
            try exchange.say(eve, to: [ben], [UInt8](repeating: 1, count: 1200))
            frames += 1
        }
        #expect(exchange.closed == [eve: .rateExceeded] && (400...430).contains(frames), "\(frames)")
        exchange.run(to: exchange.now + .seconds(1))
        try exchange.say(ana, to: [ben], [5])
        #expect(exchange.heard(ben, from: ana).count == 1)
    }
}
