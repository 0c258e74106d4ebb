import InkConnectivity
import InkCrypto
import InkPrimitives
import InkRendezvous
import Testing

@Suite struct HostileRendezvousTests {
    /// Drops, repeats, replays, redirects, renumbers and flips bits, each in a fifth of all cases.
    private static func meddle(seed: UInt64) -> (ServerMessage, Int) -> Meeting.Verdict {
        final class Memory {
            var random: SplitMix64; var kept: [ServerMessage] = []; init(_ seed: UInt64) { random = SplitMix64(seed: seed) }
        }
        let memory = Memory(seed)
        return { message, _ in
            guard case .envelope(let topic, let from, var box) = message else { return .pass }
            memory.kept.append(message)
            switch memory.random.below(6) {
            case 0: return .drop
            case 1: return .deliver([message, message])
            case 2: return .deliver([memory.kept[memory.random.below(memory.kept.count)]])
            case 3: return .deliver([.envelope(topic: topic, from: from &+ 1, box: box)])
            case 4:
                box[memory.random.below(box.count)] ^= 1 << UInt8(memory.random.below(8))
                return .deliver([.envelope(topic: topic, from: from, box: box), .joined(topic: topic, member: 1, others: 0)])
            default: return .pass
            }
        }
    }

    @Test(arguments: 0..<12 as Range<UInt64>)
    func `RV-5: whatever it does, no stranger appears, nothing false is dialled, and peers meet soon after it behaves`(seed: UInt64) {
        var meeting = Meeting()
        meeting.meddle = Self.meddle(seed: seed)
        for number: UInt8 in 1...4 { meeting.addPeer(number) }
        meeting.run(for: .seconds(60))
        let ids = Set(meeting.peers.map(\.id))
        for peer in meeting.peers {
            #expect(Set(peer.appeared).subtracting(ids).isEmpty && !peer.appeared.contains(peer.id), "seed \(seed)")
            for dial in peer.dials {
                #expect(dial.remote > peer.id && ids.contains(dial.remote))
                let number = UInt32(dial.remote.bytes[0])
                #expect(dial.addresses == [SocketAddress(ip: .v4(0xCB00_7100 | number), port: 40_000 + UInt16(number))])
            }
        }
        // Every session is lost, the rendezvous mends its ways.
        for left in 0..<4 { for right in left + 1..<4 { meeting.setSession(left, right, false) } }
        for index in 0..<4 { meeting.peers[index].dials = [] }
        meeting.meddle = nil
        meeting.run(for: .seconds(10))
        var pairs: Set<[PeerID]> = []
        for peer in meeting.peers { for dial in peer.dials { pairs.insert([peer.id, dial.remote]) } }
        #expect(pairs.count == 6, "seed \(seed)")
    }

    /// What a member says to make us expect one who is to be met at `address`.
    private func offer(
        _ meeting: Meeting, as number: UInt8, device: SigningKey, attempt: UInt8
    ) throws -> [UInt8] {
        let content = Envelope.Content.offer(
            echo: try meeting.nonce(of: 0), nonce: [UInt8](repeating: number, count: Envelope.nonceBytes),
            attempt: [UInt8](repeating: attempt, count: Envelope.nonceBytes),
            candidates: [Candidate(address: SocketAddress("198.51.100.9:4000")!, kind: .host)])
        return Meeting.box(content, from: number, to: meeting.peers[0].id, device: device)
    }

    @Test func `RV-29: a member that shows ever new peers has few of them met, and others of its room are met all the same`() throws {
        var meeting = Meeting()
        meeting.addPeer(200)
        let topic = try #require(Topic(Meeting.keys().topic))
        for number in UInt8(1)...40 {
            let box = try offer(meeting, as: number, device: Meeting.device(number), attempt: number)
            meeting.deliver(.envelope(topic: topic, from: 5, box: box), to: 0)
            meeting.settle()
        }
        #expect(meeting.peers[0].expects.count == Int(RendezvousClient.newcomersBurst))
        let honest = try offer(meeting, as: 100, device: Meeting.device(100), attempt: 100)
        meeting.deliver(.envelope(topic: topic, from: 6, box: honest), to: 0)
        meeting.settle()
        #expect(meeting.peers[0].expects.count == Int(RendezvousClient.newcomersBurst) + 1)
        // Later there is room for some more.
        meeting.run(for: .seconds(10))
        for number in UInt8(50)...60 {
            let box = try offer(meeting, as: number, device: Meeting.device(number), attempt: number)
            meeting.deliver(.envelope(topic: topic, from: 5, box: box), to: 0)
        }
        meeting.settle()
        #expect(meeting.peers[0].expects.count == Int(RendezvousClient.newcomersBurst) + 3)
    }

    @Test func `RV-126: of one device the newest peer is the only one that is met`() throws {
        var meeting = Meeting()
        meeting.addPeer(200)
        let topic = try #require(Topic(Meeting.keys().topic))
        let device = Meeting.device(1)
        for number in UInt8(1)...3 {
            let box = try offer(meeting, as: number, device: device, attempt: number)
            // Each over another socket.
            meeting.deliver(.envelope(topic: topic, from: 5 + UInt32(number), box: box), to: 0)
            meeting.settle()
        }
        let ids = (1...3).map { Meeting.salt($0, of: device.author).peer(of: device.author) }
        #expect(meeting.peers[0].expects.map(\.remote) == ids && meeting.peers[0].abandoned == Array(ids.prefix(2)))
        // What the first offered, played again over whatever socket, is no new wish.
        for member in UInt32(10)...14 {
            meeting.deliver(.envelope(topic: topic, from: member, box: try offer(meeting, as: 1, device: device, attempt: 1)), to: 0)
            meeting.run(for: .seconds(1))
        }
        #expect(meeting.peers[0].expects.map(\.remote) == ids && meeting.peers[0].abandoned == Array(ids.prefix(2)))
        // One with a session is met already, and stays.
        meeting.peers[0].client.sessionLives(with: ids[2], true, now: meeting.now)
        let box = try offer(meeting, as: 4, device: device, attempt: 4)
        meeting.deliver(.envelope(topic: topic, from: 20, box: box), to: 0)
        meeting.settle()
        #expect(meeting.peers[0].expects.count == 4 && meeting.peers[0].abandoned == Array(ids.prefix(2)))
    }

    @Test func `RV-4: replaying all that was ever said to a peer that came back dials and shows nobody`() {
        var meeting = Meeting()
        meeting.addPeer(1)
        meeting.addPeer(2)
        meeting.addPeer(3)
        let recorded = meeting.wire
        #expect(recorded.count > 6)
        // 1 and 3 go for good. 2 reconnects, and the rendezvous plays the past to it, under its new number and topic.
        for index in [0, 2, 1] { meeting.disconnect(index) }
        meeting.connect(1)
        (meeting.peers[1].appeared, meeting.peers[1].dials, meeting.peers[1].expects) = ([], [], [])
        for message in recorded {
            meeting.deliver(message, to: 1)
            meeting.settle()
        }
        meeting.run(for: .seconds(30))
        #expect(meeting.peers[1].appeared.isEmpty)
        #expect(meeting.peers[1].dials.isEmpty && meeting.peers[1].expects.isEmpty)
        #expect(meeting.peers[1].client.counters.stale > 0)
    }

    @Test func `RV-114: a member of another version is told of and greeted, and two such do not answer each other for ever`() throws {
        var meeting = Meeting()
        meeting.addPeer(1)
        meeting.run(for: .seconds(60))
        let other = try meeting.openHostile(77)
        meeting.run(for: .seconds(60))
        let topic = try #require(Topic(Meeting.keys().topic))
        let before = meeting.peers[0].sent.count
        var greetings = 0
        func say(_ version: UInt8) {
            meeting.server.received(.send(topic: topic, to: nil, box: Meeting.box(of: version)), from: other, now: meeting.now)
            meeting.settle()
        }
        // It answers each greeting by one of its own at once, as we would.
        say(6)
        for message in meeting.peers[0].sent[before...] {
            guard case .send(_, .some, let box) = message else { continue }
            let envelope = try Envelope(opening: box, topic: topic, envelopeKey: Meeting.keys().envelope)
            if case .hello = envelope.content { greetings += 1 }
            say(6)
        }
        #expect(greetings == 1)
        #expect(meeting.peers[0].versions == [6])
        #expect(meeting.peers[0].sent.count == before + 1)
        #expect(meeting.peers[0].client.counters.otherVersion == 2 && meeting.peers[0].client.counters.malformed == 0)
        #expect(meeting.peers[0].appeared.isEmpty && meeting.peers[0].dials.isEmpty && meeting.peers[0].expects.isEmpty)
        meeting.run(for: .seconds(10))
        say(7)
        #expect(meeting.peers[0].versions == [6, 7])
    }

    @Test func `RV-10, RV-106: boxes of another room are neither read nor answered, even when the rendezvous mixes the rooms`() throws {
        var meeting = Meeting()
        meeting.addPeer(1, room: 1)
        meeting.addPeer(2, room: 2)
        let ours = try #require(Topic(Meeting.keys(room: 1).topic))
        let sent = meeting.peers[1].sent.count
        let before = meeting.peers[0].sent.count
        for message in meeting.peers[1].sent {
            guard case .send(let topic, _, let box) = message else { continue }
            meeting.deliver(.envelope(topic: topic, from: 1, box: box), to: 0)
            meeting.deliver(.envelope(topic: ours, from: 1, box: box), to: 0)
        }
        meeting.settle()
        #expect(sent > 1 && meeting.peers[0].sent.count == before)
        #expect(meeting.peers[0].client.counters.notSealed == 1)
        #expect(meeting.peers[0].appeared.isEmpty)
    }

    @Test func `RV-2, RV-106: what is meant for one peer does nothing at another`() {
        var meeting = Meeting()
        meeting.dialsSucceed = false
        for number: UInt8 in 1...3 { meeting.addPeer(number) }
        // The rendezvous gives 3 all that it should give to 2, greetings apart.
        let before = meeting.peers[2].client.counters.misdirected
        let expects = meeting.peers[2].expects.count
        for message in meeting.peers[1].received { if case .envelope = message { meeting.deliver(message, to: 2) } }
        meeting.settle()
        #expect(meeting.peers[2].client.counters.misdirected > before)
        #expect(meeting.peers[2].expects.count == expects)
    }

    @Test func `RV-5, TR-30, TR-182: a member that says another's salt speaks under an id of its own, and keeps nobody out`() throws {
        var meeting = Meeting()
        meeting.addPeer(1)
        let hostile = Meeting.device(99)
        // It greets and proves itself with the salt of a member that is not here yet.
        let (speaker, nonce) = (Envelope.Speaker.salt(Meeting.salt(2)), [UInt8](repeating: 1, count: 16))
        let topic = try #require(Topic(Meeting.keys().topic))
        let own = try meeting.nonce(of: 0)
        let box = Meeting.box(.helloAnswer(echo: own, nonce: nonce), from: speaker, to: Meeting.peerID(1), device: hostile)
        meeting.deliver(.envelope(topic: topic, from: 5, box: box), to: 0)
        meeting.settle()
        #expect(meeting.peers[0].appeared == [Meeting.salt(2).peer(of: hostile.author)])
        meeting.addPeer(2)
        meeting.run(for: .seconds(2))
        #expect(meeting.peers[0].client.present.contains(Meeting.peerID(2)))
        #expect(meeting.peers[0].dials.map(\.remote) == [Meeting.peerID(2)])
    }

    @Test func `RV-132: who wants relays only tells a member of protocol 1 no address, and dials none of its`() throws {
        var meeting = Meeting()
        meeting.addPeer(1, policy: .only)
        let topic = try #require(Topic(Meeting.keys().topic))
        let old = try meeting.openHostile(77)
        let before = meeting.peers[0].sent.count
        for _ in 0..<3 {
            let box = Meeting.box(
                .hello(nonce: [UInt8](repeating: 6, count: 16)), from: .said(Meeting.peerID(2)), to: .zero, device: Meeting.device(99))
            meeting.server.received(.send(topic: topic, to: nil, box: box), from: old, now: meeting.now)
            meeting.settle()
            meeting.run(for: .seconds(11))
        }
        let contents = try meeting.peers[0].sent[before...].compactMap { message -> Envelope.Content? in
            guard case .send(_, _, let box) = message else { return nil }
            return try Envelope(opening: box, topic: topic, envelopeKey: Meeting.keys().envelope).content
        }
        #expect(!contents.isEmpty && meeting.peers[0].versions == [1, 1, 1])
        for content in contents { if case .offer = content { Issue.record("an offer tells where it is") } }
        #expect(meeting.peers[0].dials.isEmpty)
    }

    @Test func `RV-115: a member of protocol 1 is told ours by an attempt that it understands, and is nobody's neighbour`() throws {
        var meeting = Meeting()
        meeting.addPeer(1)
        let topic = try #require(Topic(Meeting.keys().topic))
        let old = try meeting.openHostile(77)
        let device = Meeting.device(99)
        // It says the id of another member, which no rule of its time forbade.
        let (speaker, nonce) = (Envelope.Speaker.said(Meeting.peerID(2)), [UInt8](repeating: 6, count: 16))
        let before = meeting.peers[0].sent.count
        func say(_ content: Envelope.Content, to recipient: PeerID = .zero) {
            let box = Meeting.box(content, from: speaker, to: recipient, device: device)
            meeting.server.received(.send(topic: topic, to: nil, box: box), from: old, now: meeting.now)
            meeting.settle()
        }
        for _ in 0..<5 { say(.hello(nonce: nonce)) }
        let envelopes = try meeting.peers[0].sent[before...].map { message -> Envelope in
            guard case .send(_, .some, let box) = message else { throw WireError.unexpected }
            return try Envelope(opening: box, topic: topic, envelopeKey: Meeting.keys().envelope)
        }
        #expect(envelopes.count == 2 && meeting.peers[0].versions == [1])
        guard case .offer(nonce, _, let attempt, nil, let candidates) = envelopes.last?.content,
            case .said(let id) = envelopes.last?.speaker
        else {
            Issue.record("what 0.1 reads is an offer, not \(envelopes)")
            return
        }
        // 0.1 takes an offer only from a smaller id.
        #expect(id < Meeting.peerID(2) && id != .zero && !candidates.isEmpty)
        let address = try #require(SocketAddress("203.0.113.9:9999"))
        say(.answer(attempt: nonce, candidates: [Candidate(address: address, kind: .host)]), to: id)
        #expect(meeting.peers[0].dials.isEmpty, "the attempt is not ours")
        for _ in 0..<2 { say(.answer(attempt: attempt, candidates: [Candidate(address: address, kind: .host)]), to: id) }
        #expect(meeting.peers[0].dials.map(\.attempt) == [attempt] && meeting.peers[0].dials.map(\.addresses) == [[address]])
        #expect(meeting.peers[0].appeared.isEmpty && meeting.peers[0].client.present.isEmpty)
        meeting.run(for: .seconds(11))
        say(.hello(nonce: nonce))
        #expect(meeting.peers[0].versions == [1, 1])
    }

    @Test func `RV-107: a greeting under a made-up id costs one message, not offers for as long as it is remembered`() throws {
        var meeting = Meeting()
        meeting.addPeer(1)
        let topic = try #require(Topic(Meeting.keys().topic))
        for number: UInt8 in 50..<60 {
            let box = Meeting.box(.hello(nonce: [UInt8](repeating: number, count: 16)), from: number, device: Meeting.device(99))
            meeting.deliver(.envelope(topic: topic, from: 5, box: box), to: 0)
        }
        meeting.run(for: .seconds(90))
        let directed = meeting.peers[0].sent.count { if case .send(_, .some, _) = $0 { true } else { false } }
        #expect(directed == 10)
    }

    @Test func `RV-11: a flood of greetings under made-up ids neither has us thrown out nor keeps a newcomer from us`() throws {
        var meeting = Meeting()
        meeting.addPeer(1)
        let topic = try #require(Topic(Meeting.keys().topic))
        let victim = try #require(
            meeting.peers[0].received.compactMap { if case .joined(_, let member, _) = $0 { member } else { nil } }.first)
        let hostile = try (100..<108 as Range<UInt64>).map { try meeting.openHostile($0) }
        let device = Meeting.device(99)
        var random = SplitMix64(seed: 4)
        for second in 0..<30 {
            for index in 0..<20 {
                for token in hostile {
                    let salt = try #require(PeerSalt((0..<16).map { _ in UInt8(truncatingIfNeeded: random.next()) }))
                    let box = Meeting.box(.hello(nonce: salt.bytes), from: .salt(salt), device: device)
                    meeting.server.received(.send(topic: topic, to: victim, box: box), from: token, now: meeting.now)
                }
                meeting.run(for: .milliseconds(50))
                if second == 15, index == 0 { meeting.addPeer(2) }
            }
        }
        #expect(meeting.closed.isEmpty && meeting.peers[0].isConnected)
        #expect(meeting.peers[0].client.counters.unsaid > 100)
        #expect(meeting.peers[0].dials.map(\.remote) == [Meeting.peerID(2)])
    }

    @Test func `RV-108: an old greeting of a peer that is here, played from elsewhere, does not turn our offers away from it`() throws {
        var meeting = Meeting()
        meeting.addPeer(1)
        meeting.addPeer(2)
        let greeting = try #require(
            meeting.peers[1].sent.compactMap { if case .send(_, nil, let box) = $0 { box } else { nil } }.first)
        meeting.disconnect(1)
        meeting.connect(1)
        meeting.run(for: .seconds(1))
        let topic = try #require(Topic(Meeting.keys().topic))
        meeting.setSession(0, 1, false)
        meeting.deliver(.envelope(topic: topic, from: 77, box: greeting), to: 0)
        meeting.run(for: RendezvousClient.spacing)
        #expect(meeting.peers[0].dials.count == 2)
        for case .send(_, 77, let box) in meeting.peers[0].sent {
            let envelope = try Envelope(opening: box, topic: topic, envelopeKey: Meeting.keys().envelope)
            let isHello = if case .hello = envelope.content { true } else { false }
            #expect(isHello, "whoever played it gets our greeting, which everybody has")
        }
    }

    @Test func `RV-2, RV-106: an envelope signed by another device than it names is refused, as is every flipped bit`() throws {
        let topic = try #require(Topic(Meeting.keys().topic))
        let key = Meeting.keys().envelope
        var generator = SecretGenerator(seed: [UInt8](repeating: 5, count: 32))
        let envelope = Envelope(
            speaker: .salt(Meeting.salt(1)), recipient: Meeting.peerID(2), device: Meeting.device(1).author,
            content: .bye(echo: [UInt8](repeating: 4, count: 16)))
        let forged = envelope.sealed(for: topic, device: Meeting.device(2), envelopeKey: key, using: &generator)
        #expect(throws: Envelope.Failure.notSigned) { try Envelope(opening: forged, topic: topic, envelopeKey: key) }
        let good = envelope.sealed(for: topic, device: Meeting.device(1), envelopeKey: key, using: &generator)
        #expect(try Envelope(opening: good, topic: topic, envelopeKey: key) == envelope)
        for index in good.indices {
            var bad = good
            bad[index] ^= 0x10
            #expect(throws: Envelope.Failure.notSealed) { try Envelope(opening: bad, topic: topic, envelopeKey: key) }
        }
        let elsewhere = try #require(Topic(Meeting.keys(room: 2).topic))
        #expect(throws: Envelope.Failure.notSealed) { try Envelope(opening: good, topic: elsewhere, envelopeKey: key) }
    }

    @Test func `RV-3: on the wire all boxes of an ordinary meeting have one length, and none holds a planted name`() throws {
        var meeting = Meeting()
        for number: UInt8 in 1...3 { meeting.addPeer(number) }
        meeting.run(for: .seconds(20))
        meeting.peers[0].client.leave()
        meeting.settle()
        let boxes = meeting.wire.compactMap { if case .envelope(_, _, let box) = $0 { box } else { nil } }
        #expect(boxes.count > 10)
        #expect(Set(boxes.map(\.count)) == [512 + 40])
        let planted =
            meeting.peers.map(\.id.bytes) + (1...3).map { Meeting.device($0).author.bytes } + [[203, 0, 113, 1], [203, 0, 113, 2]]
        for box in boxes {
            for secret in planted { #expect(!contains(box, secret)) }
        }
    }

    private func contains(_ haystack: [UInt8], _ needle: [UInt8]) -> Bool {
        (0...haystack.count - needle.count).contains { haystack[$0] == needle[0] && Array(haystack[$0..<$0 + needle.count]) == needle }
    }
}
