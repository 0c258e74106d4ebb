import InkCrypto
import InkPrimitives
import Testing

@Suite struct CipherTests {
    private struct AEADTest: Decodable {
        var tcId: Int
        var key, iv, aad, msg, ct, tag: HexBytes
        var result: String
    }

    /// Twelve bytes as the nonce type; nil for another length, which the type cannot express.
    private static func nonce(_ bytes: [UInt8]) -> ChaChaPoly.Nonce? {
        guard bytes.count == 12 else { return nil }
        return .init(
            prefix: bytes[..<4].reversed().reduce(0) { $0 << 8 | UInt32($1) },
            counter: bytes[4...].reversed().reduce(0) { $0 << 8 | UInt64($1) })
    }

    @Test func `CR-8: ChaCha20-Poly1305 in place agrees with every Wycheproof verdict`() throws {
        var count = 0
        for group in try Vectors.load("chacha20_poly1305_test", as: Wycheproof<PlainGroup<AEADTest>>.self).testGroups {
            for test in group.tests {
                count += 1
                guard let nonce = Self.nonce(test.iv.bytes) else {
                    #expect(test.result == "invalid", "test \(test.tcId)")
                    continue
                }
                let secret = try #require(Secret32(test.key.bytes))
                let sealed = test.aad.bytes + test.ct.bytes + test.tag.bytes
                let plain = test.aad.bytes + test.msg.bytes
                secret.block.withPointer { key in
                    var packet = sealed
                    let isOpened = ChaChaPoly.open(&packet, headerCount: test.aad.bytes.count, nonce: nonce, key: key)
                    #expect(isOpened == (test.result == "valid"), "test \(test.tcId)")
                    #expect(packet == (isOpened ? plain : sealed), "test \(test.tcId)")
                    guard test.result == "valid" else { return }
                    packet = plain
                    ChaChaPoly.seal(&packet, headerCount: test.aad.bytes.count, nonce: nonce, key: key)
                    #expect(packet == sealed, "test \(test.tcId)")
                }
            }
        }
        #expect(count == 218)
    }

    @Test(arguments: ChaChaPoly.Maker.all) func `CR-10: whoever seals and opens, every Wycheproof verdict is the same`(
        maker: ChaChaPoly.Maker
    )
        throws
    {
        for group in try Vectors.load("chacha20_poly1305_test", as: Wycheproof<PlainGroup<AEADTest>>.self).testGroups {
            for test in group.tests {
                guard let nonce = Self.nonce(test.iv.bytes) else { continue }
                let secret = try #require(Secret32(test.key.bytes))
                let sealed = test.aad.bytes + test.ct.bytes + test.tag.bytes
                secret.block.withPointer { key in
                    var text: [UInt8] = []
                    let count = ChaChaPoly.open(
                        sealed.span, headerCount: test.aad.bytes.count, nonce: nonce, key: key, into: &text, by: maker)
                    #expect(count.map { Array(text[..<$0]) } == (test.result == "valid" ? test.msg.bytes : nil), "test \(test.tcId)")
                    guard test.result == "valid" else { return }
                    var packet = test.aad.bytes + test.msg.bytes
                    ChaChaPoly.seal(&packet, headerCount: test.aad.bytes.count, nonce: nonce, key: key, by: maker)
                    #expect(packet == sealed, "test \(test.tcId)")
                }
            }
        }
    }

    @Test func `CR-10: OpenSSL is here, and what one seals the other opens, at every length and on several threads`() async throws {
        #if os(Linux)
            #expect(ChaChaPoly.Maker.all == [.libsodium, .openSSL])
        #endif
        let keys = (0..<4).map { SigningKey(seed: Secret32([UInt8](repeating: $0, count: 32)) ?? .random()).seed }
        try await withThrowingTaskGroup(of: Int.self) { group in
            for (number, key) in keys.enumerated() {
                group.addTask {
                    var opened = 0
                    var (text, counter): ([UInt8], UInt64) = ([], UInt64(number) << 40)
                    for count in 0...1500 {
                        for (one, other) in [(ChaChaPoly.Maker.libsodium, .openSSL), (.openSSL, .libsodium)]
                            as [(ChaChaPoly.Maker, ChaChaPoly.Maker)]
                        {
                            counter += 1
                            let header = [UInt8](repeating: 7, count: count % 12)
                            let plain = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ number) }
                            var packet = header + plain
                            let nonce = ChaChaPoly.Nonce(counter: counter)
                            key.block.withPointer { ChaChaPoly.seal(&packet, headerCount: header.count, nonce: nonce, key: $0, by: one) }
                            func open() -> Int? {
                                key.block.withPointer {
                                    ChaChaPoly.open(packet.span, headerCount: header.count, nonce: nonce, key: $0, into: &text, by: other)
                                }
                            }
                            if open() == count, Array(text[..<count]) == plain { opened += 1 }
                            packet[(count * 7 + number) % packet.count] ^= 1
                            if open() != nil { opened -= 1 }
                        }
                    }
                    return opened
                }
            }
            for try await opened in group { #expect(opened == 2 * 1501) }
        }
    }

    @Test func `XChaCha20-Poly1305 agrees with every Wycheproof verdict`() throws {
        var count = 0
        for group in try Vectors.load("xchacha20_poly1305_test", as: Wycheproof<PlainGroup<AEADTest>>.self).testGroups {
            for test in group.tests {
                let key = try #require(Secret32(test.key.bytes))
                let sealed = test.ct.bytes + test.tag.bytes
                let plain = SealedBox.open(sealed, key: key, context: test.aad.bytes, nonce: test.iv.bytes)
                #expect(plain == (test.result == "valid" ? test.msg.bytes : nil), "test \(test.tcId)")
                if test.result == "valid" {
                    #expect(
                        SealedBox.seal(test.msg.bytes, key: key, context: test.aad.bytes, nonce: test.iv.bytes) == sealed,
                        "test \(test.tcId)")
                }
                count += 1
            }
        }
        #expect(count == 211)
    }

    private struct RFC8439: Decodable { var key, nonce, aad, plaintext, ciphertext, tag: HexBytes }

    @Test func `ChaCha20-Poly1305 gives the bytes of RFC 8439`() throws {
        let vector = try Vectors.load("rfc8439", as: RFC8439.self)
        let nonce = try #require(Self.nonce(vector.nonce.bytes))
        var packet = vector.aad.bytes + vector.plaintext.bytes
        try #require(Secret32(vector.key.bytes)).block.withPointer {
            ChaChaPoly.seal(&packet, headerCount: vector.aad.bytes.count, nonce: nonce, key: $0)
        }
        #expect(packet == vector.aad.bytes + vector.ciphertext.bytes + vector.tag.bytes)
    }

    @Test func `a sealed box opens only under its key and context and unchanged`() throws {
        var generator = SecretGenerator(seed: [UInt8](repeating: 1, count: 32))
        let (key, other) = (generator.secret(), generator.secret())
        let plain = [UInt8]("a board's name".utf8)
        let box = SealedBox.seal(plain, key: key, context: [1], using: &generator)
        #expect(box.count == plain.count + SealedBox.overhead)
        #expect(SealedBox.open(box, key: key, context: [1]) == plain)
        #expect(SealedBox.open(box, key: other, context: [1]) == nil)
        #expect(SealedBox.open(box, key: key, context: [2]) == nil)
        for index in box.indices {
            var changed = box
            changed[index] ^= 0x40
            #expect(SealedBox.open(changed, key: key, context: [1]) == nil)
            #expect(SealedBox.open(Array(box[..<index]), key: key, context: [1]) == nil)
        }
        #expect(SealedBox.seal(plain, key: key, context: [1], using: &generator) != box)
        let empty = SealedBox.seal([], key: key, context: [], using: &generator)
        #expect(SealedBox.open(empty, key: key, context: []) == [])
    }
}
