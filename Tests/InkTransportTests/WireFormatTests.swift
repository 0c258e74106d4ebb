import Foundation
import InkCrypto
import InkPrimitives
import Testing

@testable import InkTransport

/// The page *Wire format* and the code say the same bytes (TR-120). A client in another language makes the same examples in
/// `Tests/EndToEndTests/test_wire_format.py`, and those of Noise's single steps besides.
@Suite struct WireFormatTests {
    /// One of the two in the page's handshake: 32 bytes of each number are its secrets.
    private struct Person {
        let signing: SigningKey
        let staticKey: StaticKey
        let salt: PeerSalt
        let ephemeral: Secret32

        init(_ first: UInt8) throws {
            signing = SigningKey(seed: TestNet.secret(first))
            staticKey = StaticKey(secret: TestNet.secret(first + 1))
            salt = try #require(PeerSalt([UInt8](repeating: first + 2, count: 16)))
            ephemeral = TestNet.secret(first + 3)
        }

        var certificate: DeviceCertificate { .make(signing: signing, staticKey: staticKey) }
        var peer: PeerID { salt.peer(of: signing.author) }
    }

    /// What the page says in hex, by name. `00*12` stands for twelve zeros.
    private static func page() throws -> [String: [UInt8]] {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Sources/InkTransport/InkTransport.docc/WireFormat.md")
        var found: [String: [UInt8]] = [:]
        var name: String?
        for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false) {
            var words = line.split(separator: " ")
            guard line.hasPrefix("    "), !words.isEmpty else {
                name = nil
                continue
            }
            if !line.hasPrefix("     ") {
                let first = String(words.removeFirst())
                name = bytes(words) == nil || words.isEmpty || !line.contains("  \(words[0])") ? nil : first
                if let name {
                    try #require(found[name] == nil, "two examples are called \(name)")
                    found[name] = []
                }
            }
            guard let name, let more = bytes(words) else { continue }
            found[name, default: []] += more
        }
        return found
    }

    /// Nil where any is not hex.
    private static func bytes(_ words: [Substring]) -> [UInt8]? {
        var result: [UInt8] = []
        for word in words {
            let parts = word.split(separator: "*")
            guard let piece = Hex.decode(String(parts[0])), !piece.isEmpty, let times = parts.count == 2 ? Int(parts[1]) : 1 else {
                return nil
            }
            for _ in 0..<times { result += piece }
        }
        return result
    }

    @Test func `TR-120: the page has the bytes of the code, for each packet and each frame`() throws {
        let page = try Self.page()
        let made = try Self.examples()
        for (name, bytes) in made.sorted(by: { $0.key < $1.key }) {
            #expect(page[name].map(Hex.encode) == Hex.encode(bytes), "\(name) is \(Hex.encode(bytes))")
        }
        // What Noise does within is compared by the other program; here, what it comes to.
        let others = Set(page.keys).subtracting(made.keys)
        #expect(others.allSatisfy { $0.hasPrefix("h-") || $0.hasPrefix("ck-") }, "\(others.sorted())")
    }

    private static func examples() throws -> [String: [UInt8]] {
        let keys = RoomKeys(roomSecret: try #require(Secret32(Array(0..<32))))
        let (ana, bob) = (try Person(0x11), try Person(0x21))
        let attempt = [UInt8](repeating: 0x31, count: 16)
        let (index, other): (UInt32, UInt32) = (0xA1B2_C3D4, 0x0102_0304)
        var made: [String: [UInt8]] = [
            "key-psk": keys.psk.withBytes { $0 }, "key-mac": keys.mac.withBytes { $0 }, "key-cookie": keys.cookie.withBytes { $0 },
            "key-envelope": keys.envelope.withBytes { $0 }, "key-topic": keys.topicKey.seed.withBytes { $0 }, "room-tag": keys.tag,
            "room-topic": keys.topic, "initiator-author": ana.signing.author.bytes, "initiator-certificate": ana.certificate.bytes,
            "initiator-peer": ana.peer.bytes, "responder-author": bob.signing.author.bytes,
            "responder-certificate": bob.certificate.bytes, "responder-peer": bob.peer.bytes,
        ]
        let prologue = StartPacket.prologue(keys: keys, initiator: ana.peer, responder: bob.peer, attempt: attempt)
        made["prologue"] = prologue
        var ours = NoiseHandshake(
            role: .initiator, staticKey: ana.staticKey, psk: keys.psk, prologue: prologue, ephemeral: ana.ephemeral)
        var theirs = NoiseHandshake(
            role: .responder, staticKey: bob.staticKey, psk: keys.psk, prologue: prologue, ephemeral: bob.ephemeral)
        let first = try ours.writeMessage([])
        _ = try theirs.readMessage(first)
        made["h-1-payload"] = ours.handshakeHash
        var signalled = theirs
        let second = try theirs.writeMessage(HandshakeIdentity.encodeAnswer(bob.certificate, salt: bob.salt))
        _ = try ours.readMessage(second)
        made["h-2-payload"] = ours.handshakeHash
        let third = try ours.writeMessage(
            HandshakeIdentity.encodeFinish(ana.certificate, salt: ana.salt, remote: bob.peer, payload: Array("hi".utf8)))
        made["h-3-payload"] = ours.handshakeHash
        func start(_ cookie: [UInt8]?) -> [UInt8] {
            StartPacket.encode(
                senderIndex: index, attempt: attempt, initiator: ana.peer, responder: bob.peer, noise: first, cookie: cookie, key: keys.mac)
        }
        let cookie = [UInt8](repeating: 0x41, count: 16)
        made["start"] = start(nil)
        made["start-with-cookie"] = start(cookie)
        made["answer"] = AnswerPacket.encode(senderIndex: other, receiverIndex: index, noise: second, key: keys.mac)
        made["finish"] = FinishPacket.encode(receiverIndex: other, noise: third, key: keys.mac)
        made["punch"] = PunchPacket.encode(attempt: attempt, key: keys.mac)
        made["opening"] = Opening(index: index, noise: first).encoded
        made["reply"] =
            Reply(
                index: other,
                noise: try signalled.writeMessage(HandshakeIdentity.encodeAnswer(bob.certificate, salt: bob.salt, isPadded: false))
            ).encoded
        made["cookie"] = try Self.cookie(cookie, index: index, start: start(nil), keys: keys)
        made.merge(try Self.renewal(psk: ours.exportSecret(Rekey.label), ana.peer, bob.peer)) { one, _ in one }
        let transport = ours.finish()
        let (sending, receiving) = transport.disclosed
        (made["key-initiator-sends"], made["key-responder-sends"]) = (sending, receiving)
        let frames = Self.frames()
        for (name, bytes) in frames { made["frame-\(name)"] = bytes }
        made["data"] = Self.packet(
            7, (frames["acknowledgement"] ?? []) + (frames["ops"] ?? []), to: other, acknowledged: 6, keys: transport)
        made["data-long"] = Self.packet(70_000, frames["ping"] ?? [], to: other, acknowledged: nil, keys: transport)
        return made
    }

    /// New keys that the first asks for.
    private static func renewal(psk: Secret32, _ asker: PeerID, _ answerer: PeerID) throws -> [String: [UInt8]] {
        var prologue = Array("inkwire/1 rekey".utf8) + asker.bytes + answerer.bytes
        prologue.appendBigEndian(1, count: 8)
        var ours = NoiseHandshake(renewing: .initiator, psk: psk, prologue: prologue, ephemeral: TestNet.secret(0x15))
        var theirs = NoiseHandshake(renewing: .responder, psk: psk, prologue: prologue, ephemeral: TestNet.secret(0x25))
        let question = try ours.writeMessage([0x0A, 0x0B, 0x0C, 0x0D])
        _ = try theirs.readMessage(question)
        let answer = try theirs.writeMessage([0x0E, 0x0F, 0x10, 0x11])
        _ = try ours.readMessage(answer)
        let next = ours.exportSecret(Rekey.label)
        let (asks, answers) = ours.finish().disclosed
        return [
            "renewal-psk": psk.withBytes { $0 }, "renewal-prologue": prologue, "renewal-next-psk": next.withBytes { $0 },
            "frame-question": RekeyMessage(count: 1, noise: question).frame(Frame.rekeyQuestionType),
            "frame-answer": RekeyMessage(count: 1, noise: answer).frame(Frame.rekeyAnswerType), "key-asker-sends": asks,
            "key-answerer-sends": answers,
        ]
    }

    /// With a nonce of its own; and it is opened as any other is.
    private static func cookie(_ cookie: [UInt8], index: UInt32, start: [UInt8], keys: RoomKeys) throws -> [UInt8] {
        let nonce = [UInt8](repeating: 0x42, count: 24)
        var writer = ByteWriter(capacity: 80)
        writer.write([PacketType.cookie.rawValue, Endpoint.version, 0, 0])
        writer.write(index)
        writer.write(nonce)
        writer.write(SealedBox.seal(cookie, key: keys.cookie, context: Array(start.suffix(16)), nonce: nonce))
        var packet = writer.bytes
        HandshakeMAC.append(to: &packet, key: keys.mac)
        #expect(try CookiePacket(decoding: packet).open(start: start, keys: keys) == cookie)
        return packet
    }

    private static func packet(_ number: UInt64, _ frames: [UInt8], to index: UInt32, acknowledged: UInt64?, keys: TransportKeys) -> [UInt8]
    {
        var packet: [UInt8] = []
        let headerCount = DataHeader.write(number, receiverIndex: index, largestAcknowledged: acknowledged, to: &packet)
        packet += frames
        keys.seal(&packet, headerCount: headerCount, counter: number)
        return packet
    }

    /// By what writes them where there is such a thing; each is read as what its name says.
    private static func frames() -> [String: [UInt8]] {
        var received = RangeSet()
        for range in [0..<3, 4..<7] as [Range<UInt64>] { received.insert(range) }
        var acknowledgement: [UInt8] = []
        #expect(Acknowledgement.write(received, delay: .milliseconds(5), limit: 1000, to: &acknowledgement))
        let challenge = Array("QRSTUVWX".utf8)
        var credit = [Frame.maxDataType]
        credit.appendVarint(1 << 21)
        let hi: [UInt8] = [2] + Array("hi".utf8)
        let all: [(name: String, bytes: [UInt8], frame: Frame)] = [
            ("padding", [Frame.paddingType], .padding),
            ("ping", [Frame.pingType], .ping),
            ("presence", [Frame.presenceType, 0x80], .presence([0x80])),
            ("close", [Frame.closeType, CloseCode.goodbye.rawValue], .close(code: .goodbye)),
            ("challenge", [Frame.pathChallengeType] + challenge, .pathChallenge(challenge)),
            ("response", [Frame.pathResponseType] + challenge, .pathResponse(challenge)),
            ("credit", credit, .maxData(1 << 21)),
            (
                "control", RawPeer.stream(.control, offset: 0, [0, 0, 0, 0, 0, 0, 0, 0] + hi),
                .stream(.control, slot: 0, offset: 0, data: [0, 0, 0, 0, 0, 0, 0, 0, 2, 0x68, 0x69])
            ),
            ("ops", RawPeer.stream(.ops, slot: 2, offset: 8, hi), .stream(.ops, slot: 2, offset: 8, data: [2, 0x68, 0x69])),
            (
                "bulk", RawPeer.stream(.bulk, slot: 1, offset: 1024, [0xAA, 0xBB]),
                .stream(.bulk, slot: 1, offset: 1024, data: [0xAA, 0xBB])
            ),
        ]
        var made = ["acknowledgement": acknowledgement]
        for example in all {
            var reader = ByteReader(example.bytes)
            #expect((try? Frame(from: &reader)) == example.frame && reader.isAtEnd, "\(example.name)")
            made[example.name] = example.bytes
        }
        return made
    }
}
