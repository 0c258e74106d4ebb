import InkCrypto
import InkPrimitives
import Testing

@Suite struct HashTests {
    private struct BlakeFile: Decodable {
        struct Vector: Decodable {
            var msg, key: HexBytes
            var out_len: Int
            var digest: HexBytes
        }
        var vectors: [Vector]
    }

    @Test func `BLAKE2b gives the digests of RFC 7693, keyed and unkeyed`() throws {
        for vector in try Vectors.load("rfc7693-blake2b", as: BlakeFile.self).vectors {
            #expect(Blake2b.hash(vector.msg.bytes, key: vector.key.bytes, count: vector.out_len) == vector.digest.bytes)
        }
    }

    @Test func `the code under a secret is the keyed hash`() throws {
        let key = [UInt8](0..<32)
        let secret = try #require(Secret32(key))
        #expect(Blake2b.authenticate([1, 2, 3], key: secret, count: 16) == Blake2b.hash([1, 2, 3], key: key, count: 16))
    }

    @Test func `SHA-256 gives the digest of FIPS 180`() {
        #expect(Hex.encode(SHA256.hash(Array("abc".utf8))) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(Hex.encode(SHA256.hash([])) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    private struct MACTest: Decodable {
        var tcId: Int
        var key, msg, tag: HexBytes
        var result: String
    }
    private struct MACGroup: Decodable {
        var tagSize: Int
        var tests: [MACTest]
    }

    @Test func `HMAC-SHA256 agrees with every Wycheproof verdict`() throws {
        var count = 0
        for group in try Vectors.load("hmac_sha256_test", as: Wycheproof<MACGroup>.self).testGroups {
            for test in group.tests {
                let tag = Array(HMACSHA256.authenticate(test.msg.bytes, key: test.key.bytes).prefix(group.tagSize / 8))
                #expect(constantTimeEqual(tag, test.tag.bytes) == (test.result == "valid"), "test \(test.tcId)")
                count += 1
            }
        }
        #expect(count == 116)
    }

    private struct HKDFTest: Decodable {
        var tcId: Int
        var ikm, salt, info, okm: HexBytes
        var size: Int
        var result: String
    }

    @Test func `HKDF-SHA256 agrees with every Wycheproof verdict`() throws {
        var count = 0
        for group in try Vectors.load("hkdf_sha256_test", as: Wycheproof<PlainGroup<HKDFTest>>.self).testGroups {
            for test in group.tests {
                let output = HKDFSHA256.derive(test.ikm.bytes, salt: test.salt.bytes, info: test.info.bytes, count: test.size)
                #expect(output == (test.result == "valid" ? test.okm.bytes : nil), "test \(test.tcId)")
                count += 1
            }
        }
        #expect(count == 59)
    }

    private struct RFC5869: Decodable {
        struct Vector: Decodable {
            var IKM, salt, info, PRK, OKM: HexBytes
            var L: Int
        }
        var vectors: [Vector]
    }

    @Test func `HKDF-SHA256 gives the keys of RFC 5869`() throws {
        for vector in try Vectors.load("rfc5869-hkdf-sha256", as: RFC5869.self).vectors {
            let key = HKDFSHA256.extract(vector.IKM.bytes, salt: vector.salt.bytes)
            #expect(key == vector.PRK.bytes)
            #expect(HKDFSHA256.expand(key, info: vector.info.bytes, count: vector.L) == vector.OKM.bytes)
        }
    }

    @Test func `comparison in constant time tells equal from different`() {
        #expect(constantTimeEqual([], []))
        #expect(constantTimeEqual([1, 2], [1, 2]))
        #expect(!constantTimeEqual([1, 2], [1, 3]))
        #expect(!constantTimeEqual([1, 2], [1, 2, 0]))
    }
}
