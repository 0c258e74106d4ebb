import InkConnectivity
import InkCrypto
import InkPrimitives
import InkRendezvous
import Testing

@Suite struct RendezvousClientTests {
    @Test(arguments: [[1, 2], [2, 1]] as [[UInt8]])
    func `RV-6, RV-110: two peers meet, the smaller id dials, whoever came first`(order: [UInt8]) throws {
        var meeting = Meeting()
        for number in order { meeting.addPeer(number) }
        let small = try #require(order.firstIndex(of: 1))
        #expect(meeting.peers[small].dials.map(\.remote) == [Meeting.peerID(2)])
        #expect(meeting.peers[1 - small].expects.map(\.remote) == [Meeting.peerID(1)])
        #expect(meeting.peers[small].dials.map(\.attempt) == meeting.peers[1 - small].expects.map(\.attempt))
        #expect(meeting.peers[small].dials.map(\.addresses) == [[try #require(SocketAddress("203.0.113.2:40002"))]])
        #expect(meeting.peers[1 - small].expects.map(\.addresses) == [[try #require(SocketAddress("203.0.113.1:40001"))]])
        #expect(meeting.peers[1 - small].dials.isEmpty)
        #expect(meeting.peers.map(\.appeared) == order.map { [Meeting.peerID(3 - $0)] })
    }

    @Test func `five peers become a full mesh, each pair dialled once`() {
        var meeting = Meeting()
        for number: UInt8 in [3, 1, 5, 2, 4] { meeting.addPeer(number) }
        meeting.run(for: .seconds(120))
        var pairs: [[PeerID]] = []
        for peer in meeting.peers { for dial in peer.dials { pairs.append([peer.id, dial.remote]) } }
        #expect(pairs.count == 10)
        #expect(Set(pairs).count == 10)
        #expect(pairs.allSatisfy { $0[0] < $0[1] })
    }

    @Test(arguments: [false, true])
    func `RV-104, RV-168: who expects somebody greets with the join, and everybody once`(expectsCompany: Bool)
        throws
    {
        let keys = RoomKeys(roomSecret: try #require(Secret32([UInt8](repeating: 1, count: 32))))
        let seed = try #require(Secret32([UInt8](repeating: 2, count: 32)))
        var client = RendezvousClient(
            keys: keys, device: SigningKey(seed: seed), salt: try #require(PeerSalt([UInt8](repeating: 3, count: 16))), seed: seed,
            expectsCompany: expectsCompany)
        let now = Instant.zero
        func said(_ input: (inout RendezvousClient) -> Void) -> [ClientMessage] {
            input(&client)
            var messages: [ClientMessage] = []
            while let output = client.nextOutput() { if case .send(let message, _) = output { messages.append(message) } }
            return messages
        }
        #expect(said { $0.start(now: now) }.isEmpty && said { $0.connected(now: now) }.isEmpty)
        let first = said { $0.received(.welcome(nonce: [UInt8](repeating: 4, count: 32), stunPort: nil), now: now) }
        let topic = try #require(Topic(keys.topic))
        let then = said { $0.received(.joined(topic: topic, member: 7, others: 1), now: now) }
        #expect(first.count == (expectsCompany ? 2 : 1) && then.count == (expectsCompany ? 0 : 1))
        guard case .join = first[0], case .send(topic, to: nil, _) = (first + then)[1] else {
            Issue.record("\(first + then)")
            return
        }
        // Later they are alike.
        var count = 0
        for second in 1...60 { count += said { $0.handleTimeout(now: now + .seconds(second)) }.count }
        #expect((6...40).contains(count), "\(count)")
    }

    /// Before, one who had left unmet was looked for all night, each four seconds.
    @Test(arguments: [0, 1])
    func `RV-169, RV-170: who waits for nobody, or in vain, greets seldom`(others: Int) throws {
        let keys = RoomKeys(roomSecret: try #require(Secret32([UInt8](repeating: 1, count: 32))))
        let seed = try #require(Secret32([UInt8](repeating: 2, count: 32)))
        var client = RendezvousClient(
            keys: keys, device: SigningKey(seed: seed), salt: try #require(PeerSalt([UInt8](repeating: 3, count: 16))), seed: seed)
        client.start(now: .zero)
        client.connected(now: .zero)
        client.received(.welcome(nonce: [UInt8](repeating: 4, count: 32), stunPort: nil), now: .zero)
        client.received(.joined(topic: try #require(Topic(keys.topic)), member: 7, others: others), now: .zero)
        while client.nextOutput() != nil {}
        var greetings: [Int] = []
        for second in 1...1300 {
            client.handleTimeout(now: .zero + .seconds(second))
            while let output = client.nextOutput() { if case .send = output { greetings.append(second) } }
        }
        let soon = greetings.count { $0 < 100 }
        #expect(others == 0 || soon >= 12, "\(soon) greetings in 100 s, to who may be there")
        // A pause is a minute in the mean; the first of them begins with the last of those before.
        #expect(greetings.count - soon <= 40, "\(greetings.count - soon) greetings in 20 minutes, to nobody")
    }

    @Test func `RV-110: nobody dials a peer with whom a session lives, and dialling resumes when it ends`() {
        var meeting = Meeting()
        meeting.addPeer(1)
        meeting.addPeer(2)
        #expect(meeting.peers[0].dials.count == 1)
        meeting.run(for: .seconds(300))
        #expect(meeting.peers[0].dials.count == 1)
        meeting.setSession(0, 1, false)
        meeting.run(for: .seconds(1))
        #expect(meeting.peers[0].dials.count == 2)
        #expect(Set(meeting.peers[0].dials.map(\.attempt)).count == 2, "a new session is a new attempt")
    }

    @Test func `RV-7, RV-111: while no session comes about, offers repeat with pauses that grow to eight seconds and fresh attempts`() {
        var meeting = Meeting()
        meeting.dialsSucceed = false
        meeting.addPeer(1)
        meeting.addPeer(2)
        meeting.run(for: .seconds(300))
        let dials = meeting.peers[0].dials
        #expect((20...70).contains(dials.count))
        let pauses = zip(dials.dropFirst(), dials).map { $0.at - $1.at }
        #expect(pauses.allSatisfy { $0 >= RendezvousClient.spacing && $0 <= .milliseconds(8250) + RendezvousClient.handshakeTime })
        #expect(Set(pauses).count > pauses.count / 2, "pauses are jittered")
        #expect(Set(dials.map(\.attempt)).count >= 20)
        // The other side, too, goes on greeting: at most one message in a quarter of a second.
        #expect(meeting.peers[1].sent.count < 300 * 4)
    }

    @Test func `candidates learned later reach a peer that is being dialled`() throws {
        var meeting = Meeting()
        meeting.dialsSucceed = false
        meeting.addPeer(1)
        meeting.addPeer(2)
        let late = try ["198.51.100.71:50000", "198.51.100.72:50000"].map { try #require(SocketAddress($0)) }
        meeting.now += .milliseconds(300)
        for index in 0..<2 {
            meeting.peers[index].client.setCandidates([Candidate(address: late[index], kind: .serverReflexive)], now: meeting.now)
        }
        meeting.run(for: .milliseconds(10))
        #expect(meeting.peers[0].dials.last?.addresses == [late[1]])
        #expect(meeting.peers[1].expects.last?.addresses == [late[0]])
        #expect(Set(meeting.peers[0].dials.map(\.attempt)).count == 1, "the same attempt, widened")
    }

    @Test(arguments: [true, false])
    func `CN-5: loopback addresses are used where the rendezvous is on loopback only`(isLocal: Bool) throws {
        var meeting = Meeting()
        let address = try #require(SocketAddress(isLocal ? "127.0.0.1:8080" : "198.51.100.1:8080"))
        let loopback = Candidate(address: try #require(SocketAddress("127.0.0.1:40000")), kind: .host)
        for number: UInt8 in [1, 2] {
            let index = meeting.addPeer(number, connect: false)
            let own = Candidate(address: SocketAddress(ip: loopback.address.ip, port: 40000 + UInt16(number)), kind: .host)
            meeting.peers[index].client.setCandidates([own], now: .zero)
            meeting.connect(index, to: address)
        }
        #expect(meeting.peers[0].dials.map(\.addresses) == (isLocal ? [[try #require(SocketAddress("127.0.0.1:40002"))]] : []))
    }

    @Test func `RV-109: a farewell is believed from its sender only`() {
        var meeting = Meeting()
        meeting.addPeer(1)
        meeting.addPeer(2)
        meeting.peers[1].client.leave()
        meeting.settle()
        #expect(meeting.peers[0].left == [Meeting.peerID(2)])
        #expect(meeting.peers[0].client.present.isEmpty)
        #expect(meeting.server.topicCount == 1)
        meeting.peers[0].client.leave()
        meeting.settle()
        #expect(meeting.server.topicCount == 0)
    }

    @Test func `RV-109: a farewell that another device signed, or that echoes no nonce of ours, is not believed`() throws {
        var meeting = Meeting()
        meeting.addPeer(1)
        meeting.addPeer(2)
        let nonce = try meeting.nonce(of: 0)
        let topic = try #require(Topic(Meeting.keys().topic))
        let old = [UInt8](repeating: 3, count: Envelope.nonceBytes)
        for (device, echo) in [(Meeting.device(99), nonce), (Meeting.device(2), old)] {
            let box = Meeting.box(.bye(echo: echo), from: .salt(Meeting.salt(2)), to: Meeting.peerID(1), device: device)
            meeting.deliver(.envelope(topic: topic, from: 5, box: box), to: 0)
        }
        meeting.settle()
        #expect(meeting.peers[0].client.counters.stale == 1)
        #expect(meeting.peers[0].left.isEmpty && meeting.peers[0].client.present == [Meeting.peerID(2)])
        let good = Meeting.box(.bye(echo: nonce), from: 2, to: Meeting.peerID(1), device: Meeting.device(2))
        meeting.deliver(.envelope(topic: topic, from: 5, box: good), to: 0)
        meeting.settle()
        #expect(meeting.peers[0].left == [Meeting.peerID(2)], "the same, by its own device and with our nonce, is")
    }

    @Test(arguments: [0, 1])
    func `RV-4: a peer that comes back is found under its new nonce, and its farewell is believed`(returning: Int) throws {
        var meeting = Meeting()
        meeting.addPeer(1)
        meeting.addPeer(2)
        let (old, other) = (try meeting.nonce(of: returning), 1 - returning)
        meeting.disconnect(returning)
        meeting.connect(returning)
        #expect(try meeting.nonce(of: returning) != old)
        meeting.run(for: .seconds(1))
        meeting.setSession(0, 1, false)
        let dials = meeting.peers[0].dials.count
        meeting.run(for: .seconds(1))
        #expect(meeting.peers[0].dials.count > dials)
        meeting.peers[other].client.leave()
        meeting.settle()
        #expect(meeting.peers[returning].left == [meeting.peers[other].id])
    }

    @Test func `a member that falls silent without a session is forgotten`() {
        var meeting = Meeting()
        meeting.dialsSucceed = false
        meeting.addPeer(1)
        meeting.addPeer(2)
        meeting.disconnect(1)
        meeting.run(for: RendezvousClient.forgetAfter + .seconds(1))
        #expect(meeting.peers[0].left == [Meeting.peerID(2)])
        meeting.connect(1)
        #expect(meeting.peers[0].appeared == [Meeting.peerID(2), Meeting.peerID(2)])
    }

    @Test func `RV-9: reconnection pauses grow from half a second to thirty and are random below that`() throws {
        var meeting = Meeting()
        let index = meeting.addPeer(1, connect: false)
        meeting.peers[index].client.start(now: .zero)
        meeting.settle()
        #expect(meeting.peers[index].connects == [.zero])
        var pauses: [Duration] = []
        for _ in 0..<40 {
            meeting.peers[index].client.disconnected(now: meeting.now)
            let at = try #require(meeting.peers[index].client.deadline)
            pauses.append(at - meeting.now)
            meeting.run(until: at)
        }
        #expect(meeting.peers[index].connects.count == 41)
        var bound: Duration = .milliseconds(500)
        for pause in pauses {
            #expect(pause >= .zero && pause <= bound)
            bound = min(.seconds(30), bound.scaled(by: 1.5))
        }
        #expect(pauses.contains { $0 > .seconds(15) })
        #expect(Set(pauses).count == pauses.count)
        meeting.connect(index)
        meeting.run(for: RendezvousClient.settledAfter)
        meeting.disconnect(index)
        let again = meeting.peers[index].client.deadline.map { $0 - meeting.now <= .milliseconds(500) }
        #expect(again == true, "being in for a while starts it over")
    }

    @Test func `the same seed says the same`() {
        func run() -> [[ClientMessage]] {
            var meeting = Meeting()
            meeting.dialsSucceed = false
            for number: UInt8 in [4, 2, 9] { meeting.addPeer(number) }
            meeting.run(for: .seconds(60))
            return meeting.peers.map(\.sent)
        }
        #expect(run() == run())
    }

    @Test func `tells the STUN port that the welcome names`() {
        var configuration = RendezvousServer.Configuration()
        configuration.stunPort = 3478
        var meeting = Meeting(configuration)
        meeting.addPeer(1)
        #expect(meeting.peers[0].stunPort == 3478)
    }
}
