import InkConnectivity
import InkCrypto
import InkPrimitives
import Testing

@testable import InkRendezvous

/// One who stays and was away (1), one who stays and has gone on (2), one who was removed (3): all hold the keys of the epoch that is passed.
struct AudienceTests {
    private static func meeting(relayRate: Int? = nil, first: UInt8 = 1) -> Meeting {
        var meeting = Meeting()
        meeting.relayRate = relayRate
        meeting.addPeer(2, audience: .devices([Meeting.device(first).author]))
        meeting.addPeer(3)
        return meeting
    }

    private static let topic = Topic(Meeting.keys().topic) ?? .zero

    /// What a peer said, as the peer with this device reads it; nil for what it cannot.
    private static func said(by index: Int, in meeting: Meeting, to device: SigningKey?) -> [Envelope?] {
        meeting.peers[index].sent.compactMap { message in
            guard case .send(_, _, let box) = message else { return nil }
            return .some(try? Envelope(opening: box, topic: topic, envelopeKey: Meeting.keys().envelope, device: device))
        }
    }

    @Test func `RV-60: in an epoch that is passed nobody is spoken to but who stays`() {
        var meeting = Self.meeting()
        meeting.run(for: .seconds(60))
        #expect(Self.said(by: 0, in: meeting, to: nil).isEmpty)
        #expect(meeting.peers[0].appeared.isEmpty && meeting.peers[1].appeared.isEmpty)
        #expect(meeting.peers[0].client.counters.unheard > 0)
        // The removed one plays what the other said once.
        let old = Meeting.box(.hello(nonce: [UInt8](repeating: 7, count: 16)), from: 3, device: Meeting.device(3))
        meeting.server.received(.send(topic: Self.topic, to: nil, box: old), from: meeting.peers[1].token, now: meeting.now)
        meeting.run(for: .seconds(10))
        #expect(Self.said(by: 0, in: meeting, to: nil).isEmpty)
    }

    @Test(arguments: [1, 4] as [UInt8], [nil, 65_536]) func `RV-60, RV-61, RV-143: who stays is met, and who was removed reads none of it`(
        first: UInt8, rate: Int?
    ) {
        var meeting = Self.meeting(relayRate: rate, first: first)
        meeting.dialsSucceed = true
        let late = meeting.addPeer(first)
        meeting.run(for: .seconds(20))
        #expect(meeting.peers[late].appeared.contains(meeting.peers[0].id) && meeting.peers[0].appeared == [meeting.peers[late].id])
        let met = meeting.peers.map { $0.dials.map(\.remote) + $0.completes.map(\.remote) }
        #expect(met[0].contains(meeting.peers[late].id) || met[late].contains(meeting.peers[0].id))
        let device = Meeting.device(first)
        let read = Self.said(by: 0, in: meeting, to: device)
        #expect(!read.isEmpty && read.allSatisfy { $0?.device == Meeting.device(2).author })
        #expect(Self.said(by: 0, in: meeting, to: Meeting.device(3)).allSatisfy { $0 == nil })
        #expect(!meeting.peers[1].appeared.contains(meeting.peers[0].id))
    }

    // Replayed greetings are answered to their maker alone.
    @Test func `RV-61, RV-143, RV-144: a greeting that is played again shows nobody`() {
        var meeting = Self.meeting()
        let box = Meeting.box(.hello(nonce: [UInt8](repeating: 7, count: 16)), from: 1, device: Meeting.device(1))
        for _ in 0..<20 {
            meeting.server.received(.send(topic: Self.topic, to: nil, box: box), from: meeting.peers[1].token, now: meeting.now)
            meeting.run(for: .seconds(1))
        }
        let said = Self.said(by: 0, in: meeting, to: Meeting.device(3))
        #expect(!said.isEmpty && said.count <= 20 && said.allSatisfy { $0 == nil })
        #expect(meeting.peers[0].appeared.isEmpty && meeting.peers[1].appeared.isEmpty)
        #expect(meeting.peers[1].client.counters.closed == said.count)
    }

    @Test func `RV-60: another version is told to our person, and nothing to it`() {
        var meeting = Self.meeting()
        meeting.server.received(.send(topic: Self.topic, to: nil, box: Meeting.box(of: 9)), from: meeting.peers[1].token, now: meeting.now)
        meeting.settle()
        #expect(meeting.peers[0].versions == [9] && Self.said(by: 0, in: meeting, to: nil).isEmpty)
    }

    @Test func `RV-62: who is removed meanwhile is forgotten without a word`() {
        var meeting = Self.meeting()
        meeting.dialsSucceed = false
        let late = meeting.addPeer(1)
        meeting.run(for: .seconds(2))
        #expect(meeting.peers[0].client.present == [meeting.peers[late].id])
        meeting.peers[0].client.setAudience(.devices([]))
        meeting.settle()
        #expect(meeting.peers[0].client.present.isEmpty && meeting.peers[0].left == [meeting.peers[late].id])
        #expect(meeting.peers[0].abandoned == [meeting.peers[late].id])
        let said = Self.said(by: 0, in: meeting, to: nil).count
        meeting.run(for: .seconds(60))
        meeting.peers[0].client.leave()
        meeting.settle()
        #expect(Self.said(by: 0, in: meeting, to: nil).count == said)
    }

    @Test func `RV-61: a closed envelope has one form, one size of two, and one reader`() throws {
        var generator = SecretGenerator(seed: [UInt8](repeating: 1, count: 32))
        let (speaker, reader) = (Meeting.device(1), Meeting.device(2))
        let key = Meeting.keys().envelope
        let reply = [UInt8](repeating: 1, count: Envelope.replyBytes)
        let candidates = [Candidate](
            repeating: Candidate(address: try #require(SocketAddress("[2001:db8::1]:4000")), kind: .host), count: 16)
        for content in [
            Envelope.Content.helloAnswer(echo: [UInt8](repeating: 1, count: 16), nonce: [UInt8](repeating: 2, count: 16)),
            .answer(attempt: [UInt8](repeating: 1, count: 16), reply: reply, candidates: candidates),
        ] {
            let envelope = Envelope(
                speaker: .salt(Meeting.salt(1)), recipient: Meeting.peerID(2), device: speaker.author, content: content, takesRelay: true)
            let box = try #require(
                envelope.sealed(to: reader.author, for: Self.topic, device: speaker, envelopeKey: key, using: &generator))
            #expect(Envelope.sizeClasses.map { $0 + SealedBox.overhead }.contains(box.count))
            #expect(try Envelope(opening: box, topic: Self.topic, envelopeKey: key, device: reader) == envelope)
            for other in [nil, speaker] {
                #expect(throws: Envelope.Failure.closed) {
                    try Envelope(opening: box, topic: Self.topic, envelopeKey: key, device: other)
                }
            }
            // Who holds the envelope key can change what is around it, which is seen, or inside, which does not open.
            let plain = try #require(SealedBox.open(box, key: key, context: Array("inkwire/1 envelope".utf8) + Self.topic.bytes))
            for position in plain.indices {
                var changed = plain
                changed[position] ^= 1
                let again = SealedBox.seal(
                    changed, key: key, context: Array("inkwire/1 envelope".utf8) + Self.topic.bytes, using: &generator)
                #expect(throws: Envelope.Failure.self) {
                    try Envelope(opening: again, topic: Self.topic, envelopeKey: key, device: reader)
                }
            }
        }
        #expect(
            Envelope(
                speaker: .salt(Meeting.salt(1)), recipient: .zero, device: speaker.author,
                content: .hello(nonce: [UInt8](repeating: 1, count: 16))
            )
            .sealed(to: .zero, for: Self.topic, device: speaker, envelopeKey: key, using: &generator) == nil)
    }

    @Test func `RV-144: what is in a closed envelope is of our form, and no closed one again`() throws {
        var generator = SecretGenerator(seed: [UInt8](repeating: 1, count: 32))
        let (reader, key, context) = (Meeting.device(2), Meeting.keys().envelope, Array("inkwire/1 envelope".utf8) + Self.topic.bytes)
        func open(_ inside: [UInt8]) throws(Envelope.Failure) -> Envelope {
            let sealed = DeviceBox.seal(inside, to: reader.author, context: context, using: &generator) ?? []
            var writer = ByteWriter()
            writer.write([5, 10])
            writer.writeLengthPrefixed(sealed)
            let size = Envelope.sizeClasses.first { $0 >= writer.count } ?? 0
            writer.write(repeatElement(0 as UInt8, count: size - writer.count))
            let box = SealedBox.seal(writer.bytes, key: key, context: context, using: &generator)
            return try Envelope(opening: box, topic: Self.topic, envelopeKey: key, device: reader)
        }
        for inside in [[], [1], [5], [5, 10], [5, 10] + [UInt8](repeating: 0, count: 200), [9, 1] + [UInt8](repeating: 0, count: 200)]
            as [[UInt8]]
        {
            #expect(throws: Envelope.Failure.self) { try open(inside) }
        }
    }
}
