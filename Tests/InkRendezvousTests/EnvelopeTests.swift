import InkConnectivity
import InkCrypto
import InkPrimitives
import InkRendezvous
import Testing

@Suite struct EnvelopeTests {
    // RV-3
    @Test func `each kind comes back as it was, and pads to a size class`() throws {
        let topic = try #require(Topic(Meeting.keys().topic))
        let nonce = [UInt8](repeating: 8, count: 16)
        let wide = try (0..<16).map { Candidate(address: try #require(SocketAddress("[2001:db8::\($0)]:4000")), kind: .host) }
        let narrow = try (0..<9).map { Candidate(address: try #require(SocketAddress("192.0.2.\($0):4000")), kind: .serverReflexive) }
        let contents: [(Envelope.Content, Int)] = [
            (.hello(nonce: nonce), 512), (.helloAnswer(echo: nonce, nonce: nonce), 512), (.bye(echo: nonce), 512),
            (.answer(attempt: nonce, candidates: narrow), 512),
            (.offer(echo: nonce, nonce: nonce, attempt: nonce, candidates: narrow), 512),
            (.offer(echo: nonce, nonce: nonce, attempt: nonce, candidates: wide), 1024),
        ]
        var generator = SecretGenerator(seed: [UInt8](repeating: 1, count: 32))
        for (content, size) in contents {
            let isHello = if case .hello = content { true } else { false }
            let envelope = Envelope(
                speaker: .salt(Meeting.salt(1)), recipient: isHello ? .zero : Meeting.peerID(2), device: Meeting.device(1).author,
                content: content)
            let box = envelope.sealed(for: topic, device: Meeting.device(1), envelopeKey: Meeting.keys().envelope, using: &generator)
            #expect(box.count == size + SealedBox.overhead && box.count <= Signalling.boxBytesMax)
            #expect(try Envelope(opening: box, topic: topic, envelopeKey: Meeting.keys().envelope) == envelope)
        }
    }

    // RV-2
    @Test func `a member's garbage under the right key is malformed, whatever it is`() throws {
        let topic = try #require(Topic(Meeting.keys().topic))
        var generator = SecretGenerator(seed: [UInt8](repeating: 2, count: 32))
        var random = SplitMix64(seed: 2)
        for count in [0, 1, 511, 512, 513, 1024] {
            for kind in 0..<8 {
                var plain = (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                for (index, byte) in [3, UInt8(kind)].prefix(count).enumerated() { plain[index] = byte }
                let context = Array("inkwire/1 envelope".utf8) + topic.bytes
                let box = SealedBox.seal(plain, key: Meeting.keys().envelope, context: context, using: &generator)
                var failure: Envelope.Failure?
                do { _ = try Envelope(opening: box, topic: topic, envelopeKey: Meeting.keys().envelope) } catch { failure = error }
                guard case .malformed = failure else {
                    Issue.record("\(count) bytes of kind \(kind) gave \(String(describing: failure))")
                    continue
                }
            }
        }
    }

    // RV-12
    @Test func `a first byte of another version is told apart, whatever follows it`() throws {
        let topic = try #require(Topic(Meeting.keys().topic))
        for (first, count) in [(0, 1), (2, 512), (4, 700), (255, 1024)] as [(UInt8, Int)] {
            let box = Meeting.box(of: first, count: count)
            #expect(throws: Envelope.Failure.otherVersion(first)) {
                try Envelope(opening: box, topic: topic, envelopeKey: Meeting.keys().envelope)
            }
        }
    }
}
