import InkConnectivity
import InkCrypto
import InkPrimitives
import InkRendezvous
import Testing

@Suite struct EnvelopeTests {
    @Test func `RV-3: each kind comes back as it was, and pads to a size class`() throws {
        let topic = try #require(Topic(Meeting.keys().topic))
        let nonce = [UInt8](repeating: 8, count: 16)
        let wide = try (0..<16).map { Candidate(address: try #require(SocketAddress("[2001:db8::\($0)]:4000")), kind: .host) }
        let narrow = try (0..<9).map { Candidate(address: try #require(SocketAddress("192.0.2.\($0):4000")), kind: .serverReflexive) }
        let contents: [(Envelope.Content, Int)] = [
            (.hello(nonce: nonce), 512), (.helloAnswer(echo: nonce, nonce: nonce), 512), (.bye(echo: nonce), 512),
            (.answer(attempt: nonce, candidates: narrow), 512),
            (.offer(echo: nonce, nonce: nonce, attempt: nonce, candidates: narrow), 512),
            (.offer(echo: nonce, nonce: nonce, attempt: nonce, candidates: wide), 1024),
            (.offer(echo: nonce, nonce: nonce, attempt: nonce, opening: Meeting.opening(nonce), candidates: []), 512),
            (.offer(echo: nonce, nonce: nonce, attempt: nonce, opening: Meeting.opening(nonce), candidates: narrow), 512),
            (.answer(attempt: nonce, reply: Meeting.reply(nonce), candidates: []), 512),
            (.answer(attempt: nonce, reply: Meeting.reply(nonce), candidates: wide), 1024),
            (.candidates(echo: nonce, nonce: nonce, serial: .max, candidates: narrow, isAnswer: false), 512),
            (.candidates(echo: nonce, nonce: nonce, serial: 0, candidates: [], isAnswer: true), 512),
        ]
        var generator = SecretGenerator(seed: [UInt8](repeating: 1, count: 32))
        for ((content, size), takesRelay) in zip(contents, [true, false] + Array(repeating: true, count: contents.count)) {
            let isHello = if case .hello = content { true } else { false }
            let envelope = Envelope(
                speaker: .salt(Meeting.salt(1)), recipient: isHello ? .zero : Meeting.peerID(2), device: Meeting.device(1).author,
                content: content, takesRelay: takesRelay)
            let box = envelope.sealed(for: topic, device: Meeting.device(1), envelopeKey: Meeting.keys().envelope, using: &generator)
            #expect(box.count == size + SealedBox.overhead && box.count <= Signalling.boxBytesMax)
            #expect(try Envelope(opening: box, topic: topic, envelopeKey: Meeting.keys().envelope) == envelope)
        }
    }

    @Test func `RV-2: a member's garbage under the right key is malformed, whatever it is`() throws {
        let topic = try #require(Topic(Meeting.keys().topic))
        var generator = SecretGenerator(seed: [UInt8](repeating: 2, count: 32))
        var random = SplitMix64(seed: 2)
        for count in [0, 1, 511, 512, 513, 1024] {
            for kind in 0..<11 {
                var plain = (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                for (index, byte) in [5, UInt8(kind)].prefix(count).enumerated() { plain[index] = byte }
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

    @Test func `RV-12, RV-114, RV-115: a first byte of another version is told apart, whatever follows it`() throws {
        let topic = try #require(Topic(Meeting.keys().topic))
        for (first, count) in [(0, 1), (2, 512), (3, 512), (4, 700), (255, 1024)] as [(UInt8, Int)] {
            let box = Meeting.box(of: first, count: count)
            #expect(throws: Envelope.Failure.otherVersion(first)) {
                try Envelope(opening: box, topic: topic, envelopeKey: Meeting.keys().envelope)
            }
        }
    }

    @Test func `RV-2: an unknown flag, and in form 1 what came after it, is malformed`() throws {
        let topic = try #require(Topic(Meeting.keys().topic))
        let nonce = [UInt8](repeating: 8, count: 16)
        func isMalformed(_ box: [UInt8]) -> Bool {
            do { _ = try Envelope(opening: box, topic: topic, envelopeKey: Meeting.keys().envelope) } catch {
                if case .malformed = error { return true }
            }
            return false
        }
        let said = Envelope.Speaker.said(Meeting.peerID(1))
        for (content, isBad) in [
            (.offer(echo: nonce, nonce: nonce, attempt: nonce, candidates: []), false), (.bye(echo: nonce), false),
            (.offer(echo: nonce, nonce: nonce, attempt: nonce, opening: Meeting.opening(nonce), candidates: []), true),
            (.candidates(echo: nonce, nonce: nonce, serial: 1, candidates: [], isAnswer: false), true),
        ] as [(Envelope.Content, Bool)] {
            #expect(isMalformed(Meeting.box(content, from: said, to: Meeting.peerID(2), device: Meeting.device(1))) == isBad)
        }
        let context = Array("inkwire/1 envelope".utf8) + topic.bytes
        let good = Meeting.box(.bye(echo: nonce), from: 1, to: Meeting.peerID(2), device: Meeting.device(1))
        var plain = try #require(SealedBox.open(good, key: Meeting.keys().envelope, context: context))
        #expect(plain[2] == 0)
        plain[2] = 2
        var generator = SecretGenerator(seed: [UInt8](repeating: 3, count: 32))
        #expect(isMalformed(SealedBox.seal(plain, key: Meeting.keys().envelope, context: context, using: &generator)))
    }
}
