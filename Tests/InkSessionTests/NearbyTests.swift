import InkBoard
import InkConnectivity
import InkCrypto
import InkPrimitives
import InkRendezvous
import InkTransport
import Testing

@testable import InkSession

/// What one node says on its links, and what it makes of what it hears there.
@Suite struct NearbyTests {
    private static let interface = 2
    private static let own = LocalAddress(
        address: SocketAddress(ip: .v4(0xC0A8_0104), port: 7000), prefixLength: 24, standing: .routed, interface: interface)
    private static let second = LocalAddress(
        address: SocketAddress(ip: .v4(0x0A00_0004), port: 7000), prefixLength: 24, standing: .link, interface: 3)
    private static let bob = SocketAddress(ip: .v4(0xC0A8_0105), port: 7100)
    private static let secret = Secret32([UInt8](repeating: 5, count: 32))!
    private static let room = RoomKeys(roomSecret: secret)

    private static func random(_ byte: UInt8) -> SecretGenerator { SecretGenerator(seed: [UInt8](repeating: byte, count: 32)) }

    private static func peer(_ byte: UInt8) -> PeerID { PeerID([UInt8](repeating: byte, count: 32))! }

    private static func beacon(
        from place: SocketAddress = bob, of peer: PeerID = peer(9), under keys: RoomKeys = room, nonce: UInt8 = 1
    ) -> [UInt8] {
        Beacon(port: place.port, peer: peer).sealed(
            under: keys, from: place.ip, nonce: [UInt8](repeating: nonce, count: Beacon.nonceCount))
    }

    @Test func `SE-260: a beacon leaves at once, each five seconds for a minute, and then each twenty`() {
        var nearby = Nearby(random: Self.random(1))
        #expect(nearby.deadline == nil)
        nearby.move(to: [Self.own, Self.second], now: .zero)
        var (now, times, bytes): (Instant, [Instant], [[UInt8]]) = (.zero, [], [])
        while let at = nearby.deadline, at < .zero + .seconds(300) {
            now = max(now, at)
            let due = nearby.due(Self.peer(1), under: Self.room, now: now)
            #expect(due.map(\.from) == [Self.own, Self.second])
            times.append(now)
            bytes += due.map(\.bytes)
        }
        let gaps = zip(times.dropFirst(), times).map { $0 - $1 }
        #expect(times.first == .zero && gaps.prefix(10).allSatisfy { $0 >= .seconds(5) && $0 <= .seconds(6) })
        #expect(gaps.dropFirst(12).allSatisfy { $0 >= .seconds(20) && $0 <= .seconds(24) } && gaps.count >= 18)
        #expect(Set(bytes).count == bytes.count, "no two are alike")
    }

    @Test func `SE-260: links that come and go make nobody say more than once in five seconds on each, and none makes it silent`() {
        var nearby = Nearby(random: Self.random(2))
        var said: [Int: [Instant]] = [:]
        for step in 0..<600 {
            let now = Instant.zero + .milliseconds(100 * step)
            nearby.move(to: step.isMultiple(of: 2) ? [Self.own] : [Self.own, Self.second], now: now)
            for (_, speaker) in nearby.due(Self.peer(1), under: Self.room, now: now) { said[speaker.interface, default: []].append(now) }
        }
        for times in said.values {
            #expect(zip(times.dropFirst(), times).allSatisfy { $0 - $1 >= .seconds(5) } && times.count >= 10)
        }
        nearby.move(to: [], now: .zero + .seconds(60))
        #expect(nearby.deadline == nil && nearby.due(Self.peer(1), under: Self.room, now: .zero + .seconds(600)).isEmpty)
    }

    @Test func `SE-262, SE-387: beacons by the thousand cost a bounded number of hashes, and an honest one is read when they end`() {
        var nearby = Nearby(random: Self.random(3))
        nearby.move(to: [Self.own], now: .zero)
        let other = RoomKeys(roomSecret: Secret32([UInt8](repeating: 6, count: 32))!)
        var (dials, now) = (0, Instant.zero)
        // 10 000 in ten seconds, from all addresses of the link.
        for index in 0..<10_000 {
            now = .zero + .milliseconds(index)
            let source = SocketAddress(ip: .v4(0xC0A8_0100 | UInt32(index % 250)), port: LinkGroup.port)
            let bytes = Self.beacon(from: SocketAddress(ip: source.ip, port: 7100), under: other, nonce: UInt8(index % 256))
            if nearby.hear(bytes, from: source, interface: Self.interface, keys: [Self.room], now: now) != nil { dials += 1 }
        }
        #expect(dials == 0 && nearby.hashed <= 100 + 50 * 10)
        // From outside the link nothing is hashed at all.
        let before = nearby.hashed
        let far = SocketAddress(ip: .v4(0xC0A8_0205), port: LinkGroup.port)
        let heardFar = nearby.hear(Self.beacon(from: far), from: far, interface: Self.interface, keys: [Self.room], now: now + .seconds(9))
        #expect(heardFar == nil && nearby.hashed == before)
        let source = SocketAddress(ip: Self.bob.ip, port: LinkGroup.port)
        let heard = nearby.hear(Self.beacon(), from: source, interface: Self.interface, keys: [Self.room], now: now + .seconds(10))
        guard case .beacon(_, Self.bob, epoch: Self.room.epoch)? = heard else {
            return #expect(Bool(false), "\(String(describing: heard))")
        }
    }

    @Test func `SE-262: a member who names all ports of his machine has a few dialled, and none twice in twenty seconds`() {
        var nearby = Nearby(random: Self.random(4))
        let ports = (0..<60_000).map { SocketAddress(ip: Self.bob.ip, port: 1024 + UInt16($0)) }
        var first = 0
        for port in ports where nearby.mayDial(port, now: .zero) { first += 1 }
        #expect(first == 4)
        let (early, later) = (nearby.mayDial(ports[0], now: .zero + .seconds(19)), nearby.mayDial(ports[0], now: .zero + .seconds(20)))
        #expect(!early && later, "an attempt is under way for twenty seconds")
        // Many machines, a minute.
        var all = Nearby(random: Self.random(4))
        var dials = 0
        for index in 0..<6000 where all.mayDial(SocketAddress(ip: .v4(UInt32(index)), port: 7000), now: .zero + .milliseconds(10 * index)) {
            dials += 1
        }
        #expect(dials <= 16 + 2 * 60)
    }

    /// A node on the link, and what it does with what it hears.
    private struct Seat {
        var node: Node
        var now = Instant.zero

        init(_ change: (inout Node.Configuration) -> Void = { _ in }) throws {
            var generator = NearbyTests.random(7)
            let identity = SigningKey(seed: generator.secret())
            let genesis = try Board.makeGenesis(owner: identity, name: "test", wallTime: 1, nonce: generator.bytes(16))
            var configuration = Node.Configuration(
                identity: identity, staticKey: StaticKey(secret: generator.secret()), roomSecret: NearbyTests.secret,
                boardID: try #require(BoardID(genesis.name.bytes)), genesis: genesis)
            change(&configuration)
            node = Node(configuration, seed: generator.secret(), now: .zero)
            _ = take(.links([NearbyTests.own]))
        }

        mutating func take(_ input: Node.Input) -> (dials: [SocketAddress], calls: [[UInt8]], answers: [([UInt8], SocketAddress)]) {
            node.handle(input, now: now)
            var (dials, calls, answers): ([SocketAddress], [[UInt8]], [([UInt8], SocketAddress)]) = ([], [], [])
            while let output = node.nextOutput() {
                switch output {
                case .transmit(let bytes, let to) where bytes.count == Limits.datagramBytes: dials.append(to)
                case .call(let bytes, _, _): calls.append(bytes)
                case .answerCall(let bytes, let to): answers.append((bytes, to))
                default: break
                }
            }
            return (dials, calls, answers)
        }

        mutating func hear(_ bytes: [UInt8], from ip: IPAddress = NearbyTests.bob.ip, port: UInt16 = LinkGroup.port) -> [SocketAddress] {
            take(.overheard([(bytes, SocketAddress(ip: ip, port: port), NearbyTests.interface)])).dials
        }
    }

    @Test func `SE-261, SE-263, SE-386: who says to be there is dialled where he says so, once, and nobody answers a beacon`() throws {
        var seat = try Seat()
        let heard = seat.take(.overheard([(Self.beacon(), SocketAddress(ip: Self.bob.ip, port: LinkGroup.port), Self.interface)]))
        #expect(heard.dials == [Self.bob] && heard.calls.isEmpty && heard.answers.isEmpty)
        // The same again, another of his, one that another plays, another room's, our own.
        #expect(seat.hear(Self.beacon()).isEmpty && seat.hear(Self.beacon(nonce: 2)).isEmpty)
        #expect(seat.hear(Self.beacon(nonce: 3), from: .v4(0xC0A8_0106)).isEmpty)
        #expect(seat.hear(Self.beacon(under: RoomKeys(roomSecret: Secret32([UInt8](repeating: 6, count: 32))!), nonce: 4)).isEmpty)
        #expect(seat.hear(Self.beacon(from: Self.own.address, of: seat.node.peerID, nonce: 5), from: Self.own.address.ip).isEmpty)
        // Another program on his machine is another.
        let other = SocketAddress(ip: Self.bob.ip, port: 7200)
        #expect(seat.hear(Self.beacon(from: other, of: Self.peer(8), nonce: 6)) == [other])
    }

    @Test func `SE-114, SE-385: who wants relays only says nothing on a link and hears nothing`() throws {
        var seat = try Seat { $0.relayPolicy = .only }
        #expect(seat.take(.links([Self.second])).calls.isEmpty && seat.hear(Self.beacon()).isEmpty)
        var open = try Seat()
        #expect(open.take(.links([Self.second])).calls.count == 1)
        #expect(open.take(.links([])).calls.isEmpty && open.hear(Self.beacon()).isEmpty)
    }

    @Test
    func `SE-261, SE-386: two who know of each other by their link alone are on one board, and the one who comes later is met at once`()
        throws
    {
        var pipes = try PerfectPipes()
        pipes.add(name: "ana")
        pipes.add(name: "bob", dialling: [])
        pipes.link(0)
        #expect(!pipes.run(.seconds(30)) { $0.members[1].node.board != nil }, "bob says nothing so far")
        let start = pipes.now
        pipes.link(1)
        #expect(pipes.run(.seconds(1)) { $0.areEqual })
        #expect(pipes.now - start < .milliseconds(100))
        #expect(pipes.run(.seconds(60)) { _ in false } == false)
        // While they are met none is dialled: one session, and no other.
        #expect(pipes.members.allSatisfy { $0.node.liveAddresses.count == 1 })
    }

    @Test func `SE-261: who came back under another port is found again by those who have nothing but an old address`() throws {
        var pipes = try PerfectPipes()
        pipes.add(name: "ana")
        pipes.add(name: "bob")
        for index in 0...1 { pipes.link(index) }
        #expect(pipes.run(.seconds(5)) { $0.areEqual })
        pipes.members[0].address.port = 5000
        pipes.members[0].disk.removeAll { if case .lastPeers = $0 { true } else { false } }
        pipes.restart(0)
        pipes.link(0)
        #expect(pipes.run(.seconds(3)) { !$0.members[0].node.liveAddresses.isEmpty })
    }

    @Test func `SE-264, SE-388: who holds a mailbox answers him who asks, shorter than he asked, and who does not says nothing`() throws {
        var codes = Codes(
            device: SigningKey(seed: Self.secret), places: InvitePlaces([Invite.Host(name: "192.168.1.4", port: 40_000)], isOnLinks: true),
            random: Self.random(8))
        let key = InviteKey(invite: TransactionName([UInt8](repeating: 1, count: 32))!, seed: Self.secret)
        let news = InviteNews(invite: key.invite, key: key, role: .editor, uses: 1, timeToLive: 0, endsAt: nil, orLater: false)
        let asked = codes.ask(news, of: Asker(frontEnd: .holder, reference: 1), link: "x")
        guard case .wish(.openLocal(let wish))? = asked.first else { return #expect(Bool(false)) }
        let number = try #require(MailboxNumber(4711))
        let question = try #require(LinkQuestion(number: number, nonce: [UInt8](1...8)))
        #expect(codes.answer(to: question) == nil, "it is not open yet")
        guard case .invited(let told, _)? = codes.take(.opened(wish, number, at: 0), wallTime: 0, now: .zero).first else {
            return #expect(Bool(false))
        }
        let code = try #require(told.code)
        #expect(code.hasPrefix("4711-") && !code.contains("@"), "no place is needed")
        let answer = try #require(codes.answer(to: question))
        #expect(answer.port == 40_000 && answer.nonce == question.nonce && answer.encoded.count < question.encoded.count)
        let next = try #require(MailboxNumber(4712))
        let other = try #require(LinkQuestion(number: next, nonce: [UInt8](1...8)))
        #expect(codes.answer(to: other) == nil)
        _ = codes.end { _ in true }
        #expect(codes.answer(to: question) == nil, "it is over")
    }

    @Test func `SE-388: a node that holds nothing answers no question, whoever asks`() throws {
        var seat = try Seat()
        let number = try #require(MailboxNumber(4711))
        let question = try #require(LinkQuestion(number: number, nonce: [UInt8](1...8)))
        let asker = SocketAddress(ip: Self.bob.ip, port: 50_000)
        #expect(seat.take(.overheard([(question.encoded, asker, Self.interface)])).answers.isEmpty)
        var nearby = Nearby(random: Self.random(9))
        nearby.move(to: [Self.own], now: .zero)
        guard case .question? = nearby.hear(question.encoded, from: asker, interface: Self.interface, keys: [], now: .zero) else {
            return #expect(Bool(false))
        }
        let far = SocketAddress(ip: .v4(0xCB00_7105), port: 50_000)
        let heard = nearby.hear(question.encoded, from: far, interface: Self.interface, keys: [], now: .zero)
        #expect(heard == nil, "from elsewhere")
        var answers = 0
        for _ in 0..<1000 where nearby.mayAnswer(asker, now: .zero) { answers += 1 }
        #expect(answers == 12)
    }
}
