import InkCrypto
import InkPrimitives
import Testing

@Suite struct CurveTests {
    private struct XDHTest: Decodable {
        var tcId: Int
        var `public`, `private`, shared: HexBytes
    }

    private static func agreement(_ secret: [UInt8], _ publicKey: [UInt8]) throws -> [UInt8]? {
        StaticKey.withAgreement(try #require(Secret32(secret)), with: publicKey) { Array($0) }
    }

    @Test func `CR-4: X25519 refuses every zero secret of Wycheproof and computes the rest`() throws {
        var (computed, refused) = (0, 0)
        for group in try Vectors.load("x25519_test", as: Wycheproof<PlainGroup<XDHTest>>.self).testGroups {
            for test in group.tests {
                let output = try Self.agreement(test.private.bytes, test.public.bytes)
                let isZero = test.shared.bytes.allSatisfy { $0 == 0 }
                #expect(output == (isZero ? nil : test.shared.bytes), "test \(test.tcId)")
                if output == nil { refused += 1 } else { computed += 1 }
            }
        }
        #expect(refused == 25)
        #expect(computed + refused == 355)
    }

    @Test func `CR-4: X25519 refuses a key of another length`() throws {
        #expect(try Self.agreement([UInt8](repeating: 7, count: 32), [9]) == nil)
    }

    private struct RFC7748: Decodable {
        struct Product: Decodable { var scalar, u, out: HexBytes }
        struct Iterated: Decodable { var start, after_1, after_1000: HexBytes }
        struct Exchange: Decodable { var a, A, b, B, K: HexBytes }
        var x25519: [Product]
        var iterated: Iterated
        var dh: Exchange
    }

    @Test func `X25519 gives the values of RFC 7748`() throws {
        let file = try Vectors.load("rfc7748", as: RFC7748.self)
        for product in file.x25519 { #expect(try Self.agreement(product.scalar.bytes, product.u.bytes) == product.out.bytes) }
        let (alice, bob) = (
            StaticKey(secret: try #require(Secret32(file.dh.a.bytes))), StaticKey(secret: try #require(Secret32(file.dh.b.bytes)))
        )
        #expect(alice.publicKey == file.dh.A.bytes)
        #expect(bob.publicKey == file.dh.B.bytes)
        #expect(try Self.agreement(file.dh.a.bytes, bob.publicKey) == file.dh.K.bytes)
        #expect(try Self.agreement(file.dh.b.bytes, alice.publicKey) == file.dh.K.bytes)
        var (scalar, u) = (file.iterated.start.bytes, file.iterated.start.bytes)
        for round in 1...1000 {
            (scalar, u) = (try #require(try Self.agreement(scalar, u)), scalar)
            if round == 1 { #expect(scalar == file.iterated.after_1.bytes) }
        }
        #expect(scalar == file.iterated.after_1000.bytes)
    }

    private struct EdTest: Decodable {
        var tcId: Int
        var msg, sig: HexBytes
        var result: String
    }
    private struct EdGroup: Decodable {
        struct Key: Decodable { var pk: HexBytes }
        var publicKey: Key
        var tests: [EdTest]
    }

    @Test func `CR-5: Ed25519 agrees with every Wycheproof verdict`() throws {
        var count = 0
        for group in try Vectors.load("ed25519_test", as: Wycheproof<EdGroup>.self).testGroups {
            let author = try #require(AuthorID(group.publicKey.pk.bytes))
            for test in group.tests {
                let verdict = Signature.verify(test.sig.bytes, of: test.msg.bytes, by: author)
                #expect(verdict == (test.result == "valid"), "test \(test.tcId)")
                count += 1
            }
        }
        #expect(count == 105)
    }

    private struct RFC8032: Decodable {
        struct Vector: Decodable { var secret, `public`, message, signature: HexBytes }
        var vectors: [Vector]
    }

    @Test func `Ed25519 gives the signatures of RFC 8032`() throws {
        for vector in try Vectors.load("rfc8032-ed25519", as: RFC8032.self).vectors {
            let key = SigningKey(seed: try #require(Secret32(vector.secret.bytes)))
            #expect(key.author.bytes == vector.public.bytes)
            #expect(key.sign(vector.message.bytes) == vector.signature.bytes)
            #expect(Signature.verify(vector.signature.bytes, of: vector.message.bytes, by: key.author))
        }
    }

    @Test func `CR-5: nothing verifies under the zero key`() throws {
        // With a lenient verifier, R = A = identity and S = 0 sign every message.
        let identity = [1] + [UInt8](repeating: 0, count: 31)
        let author = try #require(AuthorID(identity))
        #expect(!Signature.verify(identity + [UInt8](repeating: 0, count: 32), of: [1, 2, 3], by: author))
    }

    @Test func `CR-20: what is sealed to a device opens by its signing key alone`() throws {
        var generator = SecretGenerator(seed: [UInt8](repeating: 3, count: 32))
        let (device, other) = (SigningKey(seed: generator.secret()), SigningKey(seed: generator.secret()))
        let (plain, context): ([UInt8], [UInt8]) = ([1, 2, 3], [9])
        let box = try #require(DeviceBox.seal(plain, to: device.author, context: context, using: &generator))
        let again = try #require(DeviceBox.seal(plain, to: device.author, context: context, using: &generator))
        #expect(box.count == plain.count + DeviceBox.overhead)
        #expect(zip(box, again).count(where: ==) < 8)
        #expect(DeviceBox.open(box, by: device, context: context) == plain)
        #expect(DeviceBox.open(box, by: other, context: context) == nil)
        #expect(DeviceBox.open(box, by: device, context: [8]) == nil)
        for position in 0..<box.count * 8 {
            var changed = box
            changed[position / 8] ^= 1 << (position % 8)
            // The top bit of a public key of the curve is not looked at (RFC 7748 §5), and is in what the key is made of.
            #expect(DeviceBox.open(changed, by: device, context: context) == nil)
        }
        #expect(DeviceBox.open(Array(box.dropLast()), by: device, context: context) == nil)
        #expect(DeviceBox.open([], by: device, context: context) == nil)
    }

    @Test func `CR-36: to what is no key nothing is sealed`() throws {
        var generator = SecretGenerator(seed: [UInt8](repeating: 3, count: 32))
        // The point of order 1, one of order 4 (y = 0), and a y that is on no point.
        let one = [1] + [UInt8](repeating: 0, count: 31)
        let zero = [UInt8](repeating: 0, count: 32)
        let none = [2] + [UInt8](repeating: 0, count: 31)
        for bytes in [one, zero, none] {
            #expect(DeviceBox.seal([1], to: try #require(AuthorID(bytes)), context: [], using: &generator) == nil)
        }
    }
}
