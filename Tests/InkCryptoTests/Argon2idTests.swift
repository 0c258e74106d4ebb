import InkCrypto
import InkPrimitives
import Testing

@Suite struct Argon2idTests {
    /// Libsodium's own vectors (test/default/pwhash_argon2id.c, the first of `tv` and of `tv2`; of its salts the first 16 bytes count).
    private static let password =
        "a347ae92bce9f80f6f595a4480fc9c2fe7e7d7148d371e9487d75f5c23008ffae065577a928febd9b1973a5a95073acdbeb6a030cfc0d79caa2dc5cd011cef02c08d"
        + "a232d76d52dfbca38ca8dcbd665b17d1665f7cf5fe59772ec909733b24de97d6f58d220b20c60d7c07ec1fd93c52c31020300c6c1facd77937a597c7a6"
    private static let salt = "5541fbc995d5c197ba290346d2c559de"
    private static let vectors: [(passes: Int, memory: Int, digest: String)] = [
        (
            5, 7_256_678,
            "18acec5d6507739f203d1f5d9f1d862f7c2cdac4f19d2bdff64487e60d969e3ced615337b9eec6ac4461c6ca07f0939741e57c24d0005c7ea171a0ee1e734824"
                + "9d135b38f222e4dad7b9a033ed83f5ca27277393e316582033c74affe2566a2bea47f91f0fd9fe49ece7e1f79f3ad6e9b23e0277c8ecc4b313225748dd2a80f5"
                + "679534a0700e246a79a49b3f74eb89ec6205fe1eeb941c73b1fcf1"
        ),
        (
            4, 1_397_645,
            "2d232f9dc4de96628b2a4c2b39ceb6a813011fb74a3ba1da096761fabe08f563bd91366aba5c5e35aecd98643cabc16ce560dca261a963230a1fa2af52f2413a"
                + "57a827c6ee13bcec0c123d195914a55700ccb5756196a86fb9cb4aeacccc0e6dd850f4386b705aaae147ea347543b7fbe24553d9da41f1b335b6e9980cdb966c"
                + "f7b48520eb42a7269380c885dbefbccf447851fcacbe1753a5b9e1"
        ),
    ]

    @Test(arguments: 0..<2) func `CR-30: the hash is that of libsodium's vectors`(index: Int) throws {
        let vector = Self.vectors[index]
        let (password, salt) = (try #require(Hex.decode(Self.password)), try #require(Hex.decode(Self.salt)))
        let digest = Argon2id.hash(
            password, salt: salt, cost: Argon2id.Cost(passes: vector.passes, memory: vector.memory), count: vector.digest.utf8.count / 2)
        #expect(digest.map(Hex.encode) == vector.digest)
    }

    @Test func `CR-30: one bit of any input makes another hash`() {
        let (cost, salt) = (Argon2id.Cost(passes: 1, memory: 8192), [UInt8](repeating: 7, count: 16))
        let digest = Argon2id.hash([1, 2, 3], salt: salt, cost: cost, count: 16)
        #expect(digest != nil && digest != Argon2id.hash([1, 2, 2], salt: salt, cost: cost, count: 16))
        #expect(digest != Argon2id.hash([1, 2, 3], salt: salt.dropLast() + [6], cost: cost, count: 16))
        #expect(digest != Argon2id.hash([1, 2, 3], salt: salt, cost: Argon2id.Cost(passes: 2, memory: 8192), count: 16))
    }

    @Test func `CR-31: no memory is no hash, and no crash`() {
        let tooMuch = Argon2id.Cost(passes: 1, memory: 1 << 60)
        #expect(Argon2id.hash([1], salt: [UInt8](repeating: 0, count: 16), cost: tooMuch, count: 16) == nil)
    }
}
