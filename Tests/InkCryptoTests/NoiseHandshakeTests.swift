import InkCrypto
import InkPrimitives
import Testing

@Suite struct NoiseHandshakeTests {
    private struct File: Decodable {
        struct Message: Decodable { var payload, ciphertext: HexBytes }
        struct Vector: Decodable {
            var protocol_name: String
            var init_prologue, init_ephemeral, resp_prologue, resp_ephemeral, handshake_hash: HexBytes
            var init_static, resp_static: HexBytes?
            var init_psks, resp_psks: [HexBytes]?
            var messages: [Message]
        }
        var vectors: [Vector]
    }

    private static func secret(_ byte: UInt8) throws -> Secret32 { try #require(Secret32([UInt8](repeating: byte, count: 32))) }

    private static func pair(prologue: [UInt8] = [1], responderPrologue: [UInt8]? = nil, responderPSK: UInt8 = 9) throws -> (
        NoiseHandshake, NoiseHandshake
    ) {
        (
            NoiseHandshake(
                role: .initiator, staticKey: StaticKey(secret: try secret(1)), psk: try secret(9), prologue: prologue,
                ephemeral: try secret(2)),
            NoiseHandshake(
                role: .responder, staticKey: StaticKey(secret: try secret(3)), psk: try secret(responderPSK),
                prologue: responderPrologue ?? prologue, ephemeral: try secret(4))
        )
    }

    @Test func `both sides run the official XXpsk3 vector unchanged`() throws {
        let vector = try #require(
            try Vectors.load("cacophony-25519-chachapoly", as: File.self).vectors
                .first { $0.protocol_name == "Noise_XXpsk3_25519_ChaChaPoly_SHA256" })
        var initiator = NoiseHandshake(
            role: .initiator, staticKey: StaticKey(secret: try #require(Secret32(vector.init_static?.bytes ?? []))),
            psk: try #require(Secret32(vector.init_psks?.first?.bytes ?? [])), prologue: vector.init_prologue.bytes,
            ephemeral: try #require(Secret32(vector.init_ephemeral.bytes)))
        var responder = NoiseHandshake(
            role: .responder, staticKey: StaticKey(secret: try #require(Secret32(vector.resp_static?.bytes ?? []))),
            psk: try #require(Secret32(vector.resp_psks?.first?.bytes ?? [])), prologue: vector.resp_prologue.bytes,
            ephemeral: try #require(Secret32(vector.resp_ephemeral.bytes)))
        for (index, message) in vector.messages.prefix(3).enumerated() {
            if index % 2 == 0 {
                #expect(try initiator.writeMessage(message.payload.bytes) == message.ciphertext.bytes)
                #expect(try responder.readMessage(message.ciphertext.bytes) == message.payload.bytes)
            } else {
                #expect(try responder.writeMessage(message.payload.bytes) == message.ciphertext.bytes)
                #expect(try initiator.readMessage(message.ciphertext.bytes) == message.payload.bytes)
            }
        }
        #expect(initiator.handshakeHash == vector.handshake_hash.bytes)
        #expect(responder.handshakeHash == vector.handshake_hash.bytes)
        #expect(initiator.remoteStatic == StaticKey(secret: try #require(Secret32(vector.resp_static?.bytes ?? []))).publicKey)
        #expect(responder.remoteStatic == StaticKey(secret: try #require(Secret32(vector.init_static?.bytes ?? []))).publicKey)
        let (ofInitiator, ofResponder) = (initiator.finish(), responder.finish())
        var counters: (UInt64, UInt64) = (0, 0)
        for (index, message) in vector.messages.enumerated().dropFirst(3) {
            var packet = message.payload.bytes
            if index % 2 == 0 {
                ofInitiator.seal(&packet, headerCount: 0, counter: counters.0)
                #expect(packet == message.ciphertext.bytes)
                #expect(ofResponder.open(&packet, headerCount: 0, counter: counters.0))
                counters.0 += 1
            } else {
                ofResponder.seal(&packet, headerCount: 0, counter: counters.1)
                #expect(packet == message.ciphertext.bytes)
                #expect(ofInitiator.open(&packet, headerCount: 0, counter: counters.1))
                counters.1 += 1
            }
            #expect(packet == message.payload.bytes)
        }
        #expect(counters == (1, 2))
    }

    @Test func `both sides run the official NNpsk0 vector unchanged`() throws {
        let vector = try #require(
            try Vectors.load("cacophony-25519-chachapoly", as: File.self).vectors
                .first { $0.protocol_name == "Noise_NNpsk0_25519_ChaChaPoly_SHA256" })
        let psk = try #require(Secret32(vector.init_psks?.first?.bytes ?? []))
        var asker = NoiseHandshake(
            renewing: .initiator, psk: psk, prologue: vector.init_prologue.bytes,
            ephemeral: try #require(Secret32(vector.init_ephemeral.bytes)))
        var answerer = NoiseHandshake(
            renewing: .responder, psk: psk, prologue: vector.resp_prologue.bytes,
            ephemeral: try #require(Secret32(vector.resp_ephemeral.bytes)))
        #expect(try asker.writeMessage(vector.messages[0].payload.bytes) == vector.messages[0].ciphertext.bytes)
        #expect(try answerer.readMessage(vector.messages[0].ciphertext.bytes) == vector.messages[0].payload.bytes)
        #expect(try answerer.writeMessage(vector.messages[1].payload.bytes) == vector.messages[1].ciphertext.bytes)
        #expect(try asker.readMessage(vector.messages[1].ciphertext.bytes) == vector.messages[1].payload.bytes)
        #expect(asker.isComplete && answerer.isComplete)
        #expect(asker.handshakeHash == vector.handshake_hash.bytes)
        #expect(answerer.handshakeHash == vector.handshake_hash.bytes)
        let (left, right) = (asker.finish(), answerer.finish())
        for (index, message) in vector.messages.enumerated().dropFirst(2) {
            var packet = message.payload.bytes
            let (from, to) = index % 2 == 0 ? (left, right) : (right, left)
            from.seal(&packet, headerCount: 0, counter: UInt64(index / 2 - 1))
            #expect(packet == message.ciphertext.bytes)
            #expect(to.open(&packet, headerCount: 0, counter: UInt64(index / 2 - 1)))
        }
    }

    @Test func `TR-100: what a handshake exports is the same on both sides, of one label only, and of no other handshake`() throws {
        func completed(ephemeral: UInt8) throws -> (NoiseHandshake, NoiseHandshake) {
            var asker = NoiseHandshake(
                renewing: .initiator, psk: try Self.secret(9), prologue: [1], ephemeral: try Self.secret(ephemeral))
            var answerer = NoiseHandshake(renewing: .responder, psk: try Self.secret(9), prologue: [1], ephemeral: try Self.secret(4))
            _ = try answerer.readMessage(try asker.writeMessage([]))
            _ = try asker.readMessage(try answerer.writeMessage([]))
            return (asker, answerer)
        }
        let (asker, answerer) = try completed(ephemeral: 2)
        let exported = asker.exportSecret("a")
        #expect(exported == answerer.exportSecret("a"))
        #expect(exported != asker.exportSecret("b"))
        #expect(try exported != completed(ephemeral: 3).0.exportSecret("a"))
        // It is none of the keys of the connection: what they seal it does not open.
        var packet: [UInt8] = [1, 2, 3]
        asker.finish().seal(&packet, headerCount: 0, counter: 0)
        let sealedByExported = exported.withBytes { Attacker.seal([1, 2, 3], key: $0, context: []) }
        #expect(packet != sealedByExported)
    }

    @Test func `another secret or another prologue fails a renewal at message 1`() throws {
        for (psk, prologue) in [(8, [1]), (9, [2])] as [(UInt8, [UInt8])] {
            var asker = NoiseHandshake(renewing: .initiator, psk: try Self.secret(9), prologue: [1], ephemeral: try Self.secret(2))
            var answerer = NoiseHandshake(
                renewing: .responder, psk: try Self.secret(psk), prologue: prologue, ephemeral: try Self.secret(4))
            let message = try asker.writeMessage([])
            #expect(throws: NoiseError.notAuthentic) { try answerer.readMessage(message) }
        }
    }

    @Test func `CR-7: a forged message is refused at every bit and the true one is still taken`() throws {
        var (initiator, responder) = try Self.pair()
        func deliver(_ message: [UInt8], to receiver: inout NoiseHandshake) throws -> [UInt8] {
            for index in message.indices {
                var forged = message
                forged[index] ^= 1 << UInt8(index % 8)
                #expect(throws: NoiseError.self) { try receiver.readMessage(forged) }
            }
            for count in [0, 31, 32, 47, message.count - 1] where count < message.count {
                #expect(throws: NoiseError.self) { try receiver.readMessage(Array(message[..<count])) }
            }
            return try receiver.readMessage(message)
        }
        #expect(try deliver(try initiator.writeMessage([1]), to: &responder) == [1])
        #expect(try deliver(try responder.writeMessage([2]), to: &initiator) == [2])
        #expect(try deliver(try initiator.writeMessage([3]), to: &responder) == [3])
        #expect(initiator.handshakeHash == responder.handshakeHash)
    }

    @Test(arguments: 0..<24)
    func `one byte of difference in the prologue fails`(index: Int) throws {
        let prologue = [UInt8](0..<24)
        var other = prologue
        other[index] ^= 0x80
        var (initiator, responder) = try Self.pair(prologue: prologue, responderPrologue: other)
        // The key of message 1 comes from public values, but its hash already covers the prologue.
        let message = try initiator.writeMessage([])
        #expect(throws: NoiseError.notAuthentic) { try responder.readMessage(message) }
    }

    @Test func `another room's secret fails at message 3`() throws {
        var (initiator, responder) = try Self.pair(responderPSK: 8)
        _ = try responder.readMessage(try initiator.writeMessage([]))
        _ = try initiator.readMessage(try responder.writeMessage([]))
        let last = try initiator.writeMessage([])
        #expect(throws: NoiseError.notAuthentic) { try responder.readMessage(last) }
    }

    @Test func `CR-4: an ephemeral key of small order is refused`() throws {
        var (initiator, responder) = try Self.pair()
        _ = try initiator.writeMessage([])
        // Message 1 made by an attacker who knows the prologue and sends the zero point: its tag comes from public values, so a
        // handshake of zero ephemeral cannot be made with our own writer. A responder sees the small order when it mixes `ee`.
        let zero = [UInt8](repeating: 0, count: 32)
        let tag = SmallOrderMessage.tag(prologue: [1], publicKey: zero)
        #expect(try responder.readMessage(zero + tag) == [])
        #expect(throws: NoiseError.weakKey) { try responder.writeMessage([]) }
    }

    @Test func `messages out of turn are refused`() throws {
        var (initiator, responder) = try Self.pair()
        #expect(throws: NoiseError.outOfTurn) { try responder.writeMessage([]) }
        #expect(throws: NoiseError.outOfTurn) { try initiator.readMessage([UInt8](repeating: 0, count: 48)) }
        let first = try initiator.writeMessage([])
        #expect(throws: NoiseError.outOfTurn) { try initiator.writeMessage([]) }
        _ = try responder.readMessage(first)
        #expect(throws: NoiseError.outOfTurn) { try responder.readMessage(first) }
        #expect(!initiator.isComplete)
    }

    @Test func `CR-3, CR-8: a packet opens only under its number, its header and the other side's key`() throws {
        var (initiator, responder) = try Self.pair()
        _ = try responder.readMessage(try initiator.writeMessage([]))
        _ = try initiator.readMessage(try responder.writeMessage([]))
        _ = try responder.readMessage(try initiator.writeMessage([]))
        let (left, right) = (initiator.finish(), responder.finish())
        let plain: [UInt8] = [0xF4, 1, 2, 3] + Array("ink".utf8)
        var packet = plain
        left.seal(&packet, headerCount: 4, counter: 1 << 40)
        #expect(packet.count == plain.count + TransportKeys.tagCount)
        #expect(packet[..<4] == plain[..<4])
        let sealed = packet
        #expect(!right.open(&packet, headerCount: 4, counter: 1 << 40 + 1))
        #expect(!right.open(&packet, headerCount: 3, counter: 1 << 40))
        #expect(!left.open(&packet, headerCount: 4, counter: 1 << 40), "reflected to its sender")
        for index in sealed.indices {
            packet = sealed
            packet[index] ^= 1
            let forged = packet
            #expect(!right.open(&packet, headerCount: 4, counter: 1 << 40))
            // CR-8
            #expect(packet == forged)
        }
        for count in 0..<sealed.count {
            packet = Array(sealed[..<count])
            #expect(!right.open(&packet, headerCount: 4, counter: 1 << 40))
        }
        packet = sealed
        #expect(right.open(&packet, headerCount: 4, counter: 1 << 40))
        #expect(packet == plain)
    }
}

/// The tag of an empty first message for any public key, computed as an attacker would: every input is public (Noise §9.2).
private enum SmallOrderMessage {
    static func tag(prologue: [UInt8], publicKey: [UInt8]) -> [UInt8] {
        let chainingKey = SHA256.hash(Array("Noise_XXpsk3_25519_ChaChaPoly_SHA256".utf8))
        let hash = SHA256.hash(SHA256.hash(chainingKey + prologue) + publicKey)
        let keys = HKDFSHA256.derive(publicKey, salt: chainingKey, info: [], count: 64) ?? []
        return Attacker.seal([], key: Array(keys.suffix(32)), context: hash)
    }
}
