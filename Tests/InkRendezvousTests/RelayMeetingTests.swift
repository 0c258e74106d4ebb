import InkConnectivity
import InkCrypto
import InkPrimitives
import InkRendezvous
import Testing

/// Peers who meet by way of a rendezvous that relays.
@Suite struct RelayMeetingTests {
    private static let orders: [[UInt8]] = [[1, 2], [2, 1]]

    @Test(arguments: Self.orders)
    func `RV-32, RV-128, RV-129: where both take relayed datagrams messages 1 and 2 ride in offer and answer, in two round trips`(
        order: [UInt8]
    ) throws {
        var meeting = Meeting()
        meeting.relayRate = 65_536
        meeting.addPeer(order[0])
        meeting.wire = []
        meeting.addPeer(order[1])
        #expect(
            try meeting.course()
                == (order[1] == 1 ? ["1 hello", "2 hello answer", "1 offer+1", "2 answer+2"] : ["2 hello", "1 offer+1", "2 answer+2"]))
        let small = order[0] == 1 ? 0 : 1
        let large = 1 - small
        let attempt = try #require(meeting.peers[small].opens.first?.attempt)
        #expect(meeting.peers[small].opens.map(\.remote) == [Meeting.peerID(2)] && meeting.peers[large].opens.isEmpty)
        let answer = try #require(meeting.peers[large].answers.first)
        #expect(answer.attempt == attempt && answer.remote == Meeting.peerID(1) && answer.opening.starts(with: attempt))
        #expect(answer.via == RelayPoint(place: 0, member: try #require(meeting.member(small))))
        let complete = try #require(meeting.peers[small].completes.first)
        #expect(complete.attempt == attempt && complete.reply == Meeting.reply(attempt))
        #expect(complete.via == RelayPoint(place: 0, member: try #require(meeting.member(large))))
        #expect(meeting.peers.map(\.answers.count).max() == 1 && meeting.peers.map(\.completes.count).max() == 1)
        #expect(meeting.peers.allSatisfy { $0.dials.isEmpty && $0.expects.isEmpty && $0.relayedAddresses.isEmpty })
    }

    @Test func `RV-3: an offer with message 1 and an answer with message 2 look like greetings to who cannot read them`() {
        var meeting = Meeting()
        meeting.relayRate = 65_536
        for number: UInt8 in 1...3 { meeting.addPeer(number) }
        let boxes = meeting.wire.compactMap { if case .envelope(_, _, let box) = $0 { box } else { nil } }
        #expect(boxes.count > 6 && Set(boxes.map(\.count)) == [512 + SealedBox.overhead])
    }

    @Test(arguments: [nil, 0, 1] as [Int?], Self.orders)
    func `RV-31: where the rendezvous relays nothing, or one of both wants no relay, candidates are exchanged and nothing else`(
        unwilling: Int?, order: [UInt8]
    ) throws {
        var meeting = Meeting()
        meeting.relayRate = unwilling == nil ? nil : 65_536
        for (index, number) in order.enumerated() { meeting.addPeer(number, policy: index == unwilling ? .never : .any) }
        let small = order[0] == 1 ? 0 : 1
        #expect(meeting.peers[small].dials.map(\.remote) == [Meeting.peerID(2)])
        #expect(meeting.peers[1 - small].expects.map(\.remote) == [Meeting.peerID(1)])
        #expect(meeting.peers.allSatisfy { $0.opens.isEmpty && $0.answers.isEmpty && $0.completes.isEmpty && $0.reach.isEmpty })
        for course in try meeting.course() { #expect(!course.contains("+1") && !course.contains("+2")) }
    }

    @Test(arguments: [65_536, nil] as [Int?], [RelayPolicy.only, .any])
    func `RV-132: who wants relays only says no address and uses none, also where there is no relay`(
        rate: Int?, other: RelayPolicy
    ) throws {
        var meeting = Meeting()
        meeting.relayRate = rate
        meeting.dialsSucceed = false
        for number: UInt8 in [1, 2, 3] { meeting.addPeer(number, policy: number == 2 ? .only : other) }
        let late = try #require(SocketAddress("198.51.100.71:50000"))
        meeting.run(for: .seconds(5))
        for index in meeting.peers.indices {
            meeting.peers[index].client.setCandidates([Candidate(address: late, kind: .serverReflexive)], now: meeting.now)
        }
        meeting.run(for: .seconds(20))
        for envelope in try meeting.said(by: 1) {
            switch envelope.content {
            case .offer(_, _, _, let opening, let candidates): #expect(candidates.isEmpty && opening != nil)
            case .answer(_, let reply, let candidates): #expect(candidates.isEmpty && reply != nil)
            case .candidates: Issue.record("it told where it is")
            case .hello, .helloAnswer, .bye: continue
            }
        }
        #expect(meeting.peers[1].dials.isEmpty && meeting.peers[1].expects.isEmpty && meeting.peers[1].relayedAddresses.isEmpty)
        #expect(meeting.peers[1].opens.isEmpty == (rate == nil) && meeting.peers[1].answers.isEmpty == (rate == nil))
        if rate == nil, other == .any { #expect(meeting.peers[1].client.counters.unwanted > 0, "1 offers, and is not answered") }
    }

    @Test func `RV-132: addresses that come beside a handshake are not used by who wants relays only`() throws {
        var meeting = Meeting()
        meeting.relayRate = 65_536
        meeting.addPeer(2, policy: .only)
        let attempt = [UInt8](repeating: 7, count: 16)
        let content = Envelope.Content.offer(
            echo: try meeting.nonce(of: 0), nonce: attempt, attempt: attempt, opening: Meeting.opening(attempt),
            candidates: [Candidate(address: try #require(SocketAddress("203.0.113.9:4000")), kind: .host)])
        let topic = try #require(Topic(Meeting.keys().topic))
        meeting.deliver(
            .envelope(
                topic: topic, from: 9, box: Meeting.box(content, from: 1, to: Meeting.peerID(2), device: Meeting.device(1), relays: true)),
            to: 0)
        meeting.settle()
        #expect(meeting.peers[0].answers.map(\.attempt) == [attempt] && meeting.peers[0].relayedAddresses.isEmpty)
    }

    @Test func `RV-33: an offer with message 1 where we take no relayed datagrams is one without`() throws {
        var meeting = Meeting()
        meeting.addPeer(2)
        let attempt = [UInt8](repeating: 7, count: 16)
        let content = Envelope.Content.offer(
            echo: try meeting.nonce(of: 0), nonce: attempt, attempt: attempt, opening: Meeting.opening(attempt), candidates: [])
        let topic = try #require(Topic(Meeting.keys().topic))
        meeting.deliver(
            .envelope(
                topic: topic, from: 9, box: Meeting.box(content, from: 1, to: Meeting.peerID(2), device: Meeting.device(1), relays: true)),
            to: 0)
        meeting.settle()
        #expect(meeting.peers[0].answers.isEmpty && meeting.peers[0].expects.map(\.attempt) == [attempt])
    }

    @Test func `RV-32, RV-111, RV-130: an unanswered attempt is offered again with its message 1, and a failed one with a new`() throws {
        var meeting = Meeting()
        (meeting.relayRate, meeting.dialsSucceed) = (65_536, false)
        meeting.addPeer(1)
        meeting.meddle = { message, _ in
            guard case .envelope(let topic, _, let box) = message else { return .pass }
            let envelope = try? Envelope(opening: box, topic: topic, envelopeKey: Meeting.keys().envelope)
            return if case .answer? = envelope?.content { .drop } else { .pass }
        }
        meeting.addPeer(2)
        meeting.run(for: .seconds(20))
        func openings() throws -> [[UInt8]: Set<[UInt8]>] {
            var found: [[UInt8]: Set<[UInt8]>] = [:]
            for case .offer(_, _, let attempt, let opening?, _) in try meeting.said(by: 0).map(\.content) {
                found[attempt, default: []].insert(opening)
            }
            return found
        }
        let first = try openings()
        #expect(first.count == 1 && first.values.allSatisfy { $0.count == 1 })
        #expect(meeting.peers[0].opens.count == 1)
        // Each copy is shown to the endpoint, which knows it, and answered.
        #expect(meeting.peers[1].answers.count > 2 && Set(meeting.peers[1].answers.map(\.attempt)).count == 1)
        #expect(Set(meeting.peers[1].answers.map(\.opening)).count == 1)
        meeting.meddle = nil
        meeting.run(for: .seconds(60))
        let all = try openings()
        #expect(all.count > 3 && all.values.allSatisfy { $0.count == 1 })
        #expect(meeting.peers[0].opens.count == all.count)
        #expect(Set(meeting.peers[0].completes.map(\.attempt)).count > 3)
    }

    @Test func `RV-131: an endpoint that does not dial offers nothing, and one that does not answer says nothing`() throws {
        var meeting = Meeting()
        meeting.relayRate = 65_536
        meeting.addPeer(1)
        meeting.peers[0].declines = true
        meeting.addPeer(2)
        meeting.run(for: .seconds(5))
        #expect(!meeting.peers[0].opens.isEmpty)
        #expect(try !meeting.course().contains { $0.contains("offer") })
        meeting.peers[0].declines = false
        meeting.peers[1].declines = true
        meeting.run(for: .seconds(20))
        #expect(!meeting.peers[1].answers.isEmpty)
        #expect(try !meeting.course().contains { $0.contains("answer+2") })
        meeting.peers[1].declines = false
        meeting.run(for: .seconds(20))
        #expect(!meeting.peers[0].completes.isEmpty)
    }

    @Test(arguments: [true, false])
    func `RV-34: relays that reach a peer are told once it has proved to be there, when it comes back, and when it is lost`(lives: Bool)
        throws
    {
        var meeting = Meeting()
        (meeting.relayRate, meeting.dialsSucceed) = (65_536, lives)
        meeting.addPeer(1)
        meeting.addPeer(2)
        func expectReach(_ line: Int = #line) throws {
            for index in 0..<2 {
                let other = [0: try #require(meeting.member(1 - index))]
                #expect(meeting.peers[index].reach[meeting.peers[1 - index].id] == other, "peer \(index), line \(line)")
            }
        }
        try expectReach()
        for returning in 0..<2 {
            meeting.disconnect(returning)
            #expect(meeting.peers[returning].reach[meeting.peers[1 - returning].id]?.isEmpty == true)
            meeting.connect(returning)
            meeting.run(for: .seconds(2))
            try expectReach()
        }
        meeting.peers[1].client.leave()
        meeting.settle()
        #expect(meeting.peers[0].reach[Meeting.peerID(2)]?.isEmpty == true)
    }

    @Test func `RV-34, RV-107: a greeting alone shows no relay that reaches anybody`() throws {
        var meeting = Meeting()
        meeting.relayRate = 65_536
        meeting.addPeer(2)
        let topic = try #require(Topic(Meeting.keys().topic))
        let box = Meeting.box(.hello(nonce: [UInt8](repeating: 1, count: 16)), from: 1, device: Meeting.device(1), relays: true)
        meeting.deliver(.envelope(topic: topic, from: 9, box: box), to: 0)
        meeting.run(for: .seconds(1))
        #expect(meeting.peers[0].reach.isEmpty)
    }

    @Test func `RV-133: datagrams pass by relay in both directions, named by who sent them`() throws {
        var meeting = Meeting()
        meeting.relayRate = 65_536
        for number: UInt8 in 1...3 { meeting.addPeer(number) }
        let (first, second) = (try #require(meeting.member(0)), try #require(meeting.member(1)))
        let datagram = [UInt8](repeating: 9, count: 1200)
        meeting.peers[0].client.relay(datagram, over: RelayPoint(place: 0, member: second), now: meeting.now)
        meeting.settle()
        #expect(meeting.peers.map(\.relayed.count) == [0, 1, 0])
        let arrived = try #require(meeting.peers[1].relayed.first)
        #expect(arrived.datagram == datagram && arrived.from == RelayPoint(place: 0, member: first))
        meeting.peers[1].client.relay([1], over: arrived.from, now: meeting.now)
        meeting.settle()
        #expect(meeting.peers.map(\.relayed.count) == [1, 1, 0])
    }

    @Test(arguments: [1, 300, 600, 1024, 65_536, .max])
    func `RV-39: whoever has much to be relayed gives no more than a rendezvous takes, and stays in`(rate: Int) throws {
        var configuration = RendezvousServer.Configuration()
        configuration.relayRate = min(rate, 1 << 40)
        var meeting = Meeting(configuration)
        meeting.relayRate = rate
        for number: UInt8 in 1...2 { meeting.addPeer(number) }
        let second = try #require(meeting.member(1))
        let datagram = [UInt8](repeating: 9, count: 1200)
        for _ in 0..<100 {
            for _ in 0..<60 { meeting.peers[0].client.relay(datagram, over: RelayPoint(place: 0, member: second), now: meeting.now) }
            meeting.run(for: .milliseconds(100))
        }
        #expect(meeting.peers[0].client.isJoined && meeting.server.counters.closedByUs == 0)
        #expect(!meeting.peers[1].relayed.isEmpty)
        #expect((meeting.peers[0].client.counters.unrelayed > 0) == (rate < 1 << 30))
    }

    @Test(arguments: [RelayPolicy.any, .never])
    func `RV-133: frames that are none, are for another number or come where we take none are dropped and counted`(policy: RelayPolicy)
        throws
    {
        var meeting = Meeting()
        meeting.relayRate = 65_536
        meeting.addPeer(1, policy: policy, connect: false)
        let early = RelayFrame.ToClient(receiver: 0, sender: 5, datagram: [1]).encoded
        meeting.peers[0].client.receivedFrame(early, now: meeting.now)
        meeting.connect(0)
        let own = try #require(meeting.member(0))
        let good = RelayFrame.ToClient(receiver: own, sender: 5, datagram: [1]).encoded
        let other = RelayFrame.ToClient(receiver: own &+ 1, sender: 5, datagram: [1]).encoded
        let frames: [[UInt8]] = [good, other, [], [1], [2] + good.dropFirst()]
        for bytes in frames {
            meeting.peers[0].client.receivedFrame(bytes, now: meeting.now)
        }
        meeting.settle()
        #expect(meeting.peers[0].relayed.count == (policy == .any ? 1 : 0))
        #expect(meeting.peers[0].client.counters.notRelayed == (policy == .any ? 5 : 6))
        // Nor does anything go where nothing is taken.
        let points = [RelayPoint(place: 0, member: 5), RelayPoint(place: 1, member: 5), RelayPoint(place: -1, member: 5)]
        for point in points { meeting.peers[0].client.relay([1], over: point, now: meeting.now) }
        meeting.peers[0].client.relay([], over: points[0], now: meeting.now)
        meeting.peers[0].client.relay([UInt8](repeating: 0, count: 1201), over: points[0], now: meeting.now)
        meeting.disconnect(0)
        meeting.peers[0].client.relay([1], over: points[0], now: meeting.now)
        #expect(meeting.peers[0].client.counters.unrelayed == (policy == .any ? 5 : 6))
    }
}

/// What those are told by the rendezvous with whom a session lives.
@Suite struct LivingCandidatesTests {
    private static func pair(rate: Int? = nil, policy: RelayPolicy = .any) -> Meeting {
        var meeting = Meeting()
        meeting.relayRate = rate
        for number: UInt8 in [1, 2] { meeting.addPeer(number, policy: policy) }
        meeting.run(for: .seconds(1))
        return meeting
    }

    private static func address(_ index: Int) -> SocketAddress {
        SocketAddress(ip: .v4(0xCB00_7101 + UInt32(index)), port: 40_001 + UInt16(index))
    }

    @Test(arguments: [0, 1])
    func `RV-35, RV-134: while a session does not answer both sides tell where they are, and nobody dials`(side: Int) throws {
        var meeting = Self.pair()
        let before = (meeting.peers.map(\.dials.count), meeting.peers.map(\.expects.count))
        meeting.peers[side].client.degraded(meeting.peers[1 - side].id, true, now: meeting.now)
        meeting.run(for: .milliseconds(300))
        #expect(meeting.peers.map { $0.told.map(\.addresses) } == [[[Self.address(1)]], [[Self.address(0)]]])
        meeting.run(for: .seconds(60))
        for peer in meeting.peers {
            #expect((8...60).contains(peer.told.count))
            let pauses = zip(peer.told.dropFirst(), peer.told).map { $0.at - $1.at }
            #expect(pauses.allSatisfy { $0 >= RendezvousClient.spacing && $0 <= RendezvousClient.spacing + RendezvousClient.repeatLimit })
        }
        #expect((meeting.peers.map(\.dials.count), meeting.peers.map(\.expects.count)) == before)
        let count = meeting.peers[0].told.count
        meeting.peers[side].client.degraded(meeting.peers[1 - side].id, false, now: meeting.now)
        meeting.run(for: .seconds(60))
        #expect(meeting.peers[0].told.count == count, "once it answers again, no more is said")
    }

    @Test func `RV-35: who has moved says so to all with whom sessions live until they answer`() throws {
        var meeting = Meeting()
        for number: UInt8 in 1...4 { meeting.addPeer(number) }
        // With the last there is no session: it is told by an offer.
        meeting.setSession(0, 3, false)
        meeting.run(for: .milliseconds(1))
        let new = try #require(SocketAddress("198.51.100.71:50000"))
        meeting.meddle = { message, _ in
            guard case .envelope(let topic, _, let box) = message else { return .pass }
            let envelope = try? Envelope(opening: box, topic: topic, envelopeKey: Meeting.keys().envelope)
            return if case .candidates? = envelope?.content { .drop } else { .pass }
        }
        for index in meeting.peers.indices { meeting.peers[index].told = [] }
        meeting.peers[0].client.setCandidates([Candidate(address: new, kind: .serverReflexive)], now: meeting.now)
        meeting.peers[0].client.moved(now: meeting.now)
        meeting.run(for: .seconds(10))
        #expect(meeting.peers.allSatisfy { $0.told.isEmpty })
        meeting.meddle = nil
        meeting.run(for: .seconds(9))
        #expect(meeting.peers[1].told.map(\.addresses) == [[new]] && meeting.peers[2].told.map(\.addresses) == [[new]])
        #expect(meeting.peers[0].told.map(\.remote).sorted() == [Meeting.peerID(2), Meeting.peerID(3)])
        let told = try meeting.course().count { $0.contains("candidates") }
        #expect(told > 4)
        meeting.run(for: .seconds(60))
        #expect(try meeting.course().count { $0.contains("candidates") } == told, "all have answered")
    }

    @Test(arguments: [(65_536, .any), (65_536, .only), (nil, .only)] as [(Int?, RelayPolicy)])
    func `RV-35: whom a relay reaches is not told through the rendezvous, nor does anybody tell who wants relays only`(
        rate: Int?, policy: RelayPolicy
    ) throws {
        var meeting = Self.pair(rate: rate, policy: policy)
        meeting.setSession(0, 1, true)
        for index in 0..<2 {
            meeting.peers[index].client.degraded(meeting.peers[1 - index].id, true, now: meeting.now)
            meeting.peers[index].client.moved(now: meeting.now)
        }
        meeting.run(for: .seconds(30))
        #expect(meeting.peers.allSatisfy { $0.told.isEmpty })
        for line in try meeting.course() { #expect(!line.contains("candidates") && !line.contains("+at")) }
    }

    @Test func `RV-36: what a peer told before, told again, does nothing, and one without a session is not heard`() throws {
        var meeting = Self.pair()
        let topic = try #require(Topic(Meeting.keys().topic))
        let peer = try #require(meeting.member(1))
        let nonce = try meeting.nonce(of: 0)
        func tell(_ serial: UInt32, _ last: UInt8, echo: [UInt8]? = nil) throws {
            let content = Envelope.Content.candidates(
                echo: echo ?? nonce, nonce: try meeting.nonce(of: 1), serial: serial,
                candidates: [Candidate(address: try #require(SocketAddress("203.0.113.\(last):4000")), kind: .host)], isAnswer: false)
            let box = Meeting.box(content, from: 2, to: Meeting.peerID(1), device: Meeting.device(2))
            meeting.deliver(.envelope(topic: topic, from: peer, box: box), to: 0)
            meeting.run(for: RendezvousClient.spacing)
        }
        for (serial, last) in [(5, 5), (5, 5), (4, 4), (6, 6), (5, 5)] as [(UInt32, UInt8)] { try tell(serial, last) }
        #expect(
            meeting.peers[0].told.map(\.addresses) == [
                [try #require(SocketAddress("203.0.113.5:4000"))], [try #require(SocketAddress("203.0.113.6:4000"))],
            ])
        #expect(meeting.peers[0].client.counters.stale == 2)
        try tell(7, 7, echo: [UInt8](repeating: 1, count: 16))
        #expect(meeting.peers[0].told.count == 2 && meeting.peers[0].client.counters.stale == 3)
        meeting.dialsSucceed = false
        meeting.setSession(0, 1, false)
        let dials = meeting.peers[0].dials.count
        try tell(8, 8)
        #expect(meeting.peers[0].told.count == 2)
        meeting.run(for: .seconds(1))
        #expect(meeting.peers[0].dials.count > dials, "it is met anew instead")
    }

    @Test func `RV-35: a peer that cannot be told is told as soon as it proves to be there again`() throws {
        var meeting = Self.pair()
        meeting.disconnect(0)
        meeting.peers[0].client.moved(now: meeting.now)
        meeting.run(for: .seconds(20))
        #expect(meeting.peers.allSatisfy { $0.told.isEmpty })
        meeting.connect(0)
        meeting.peers[0].client.moved(now: meeting.now)
        meeting.run(for: .seconds(1))
        #expect(meeting.peers.map(\.told.count) == [1, 1])
    }
}
