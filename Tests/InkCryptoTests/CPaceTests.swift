import InkCrypto
import InkPrimitives
import Testing

@Suite struct CPaceTests {
    private struct Official: Decodable {
        /// Hex digits, or a number that no test here needs.
        struct Value: Decodable {
            var bytes: [UInt8]

            init(from decoder: any Decoder) throws {
                let text = try? decoder.singleValueContainer().decode(String.self)
                bytes = text.flatMap { Hex.decode($0) } ?? []
            }
        }
        var generator, `protocol`: [String: Value]

        func bytes(_ part: KeyPath<Self, [String: Value]>, _ name: String) throws -> [UInt8] {
            let value = try #require(self[keyPath: part].first { $0.key == name || $0.key.hasPrefix(name + "(") }?.value.bytes)
            try #require(!value.isEmpty)
            return value
        }
    }

    private static func block(_ bytes: [UInt8]) -> SecretBlock { bytes.withUnsafeBufferPointer { SecretBlock(copying: $0) } }

    private static func run(
        _ side: CPace.Side, password: String = "copper-lantern-orbit", channel: String = "7", session: UInt8 = 1, secret: UInt8
    ) throws -> CPace {
        CPace(
            side, password: Array(password.utf8), channel: Array(channel.utf8), session: [UInt8](repeating: session, count: 16),
            secret: try #require(Secret32([UInt8](repeating: secret, count: 32))))
    }

    private static func bytes(_ key: CPaceKey?) -> [UInt8]? { key.map { $0.withBytes { Array($0) } } }

    @Test func `CR-22: the official run gives the generator and the shares`() throws {
        let official = try Vectors.load("cpace-ristretto255-sha512", as: Official.self)
        let (password, channel) = (try official.bytes(\.protocol, "PRS"), try official.bytes(\.protocol, "CI"))
        let session = try official.bytes(\.protocol, "sid")
        let text = CPace.generatorString(password: password, channel: channel, session: session)
        #expect(text == (try official.bytes(\.generator, "generator_string")))
        #expect(
            CPace.generator(password: password, channel: channel, session: session)
                == (try official.bytes(\.generator, "encoded generator g")))
        let one = CPace(
            .initiator, password: password, channel: channel, session: session, scalar: Self.block(try official.bytes(\.protocol, "ya")))
        let other = CPace(
            .responder, password: password, channel: channel, session: session, scalar: Self.block(try official.bytes(\.protocol, "yb")))
        #expect(one.share == (try official.bytes(\.protocol, "Ya")))
        #expect(other.share == (try official.bytes(\.protocol, "Yb")))
    }

    @Test func `CR-22, CR-39: the key is the draft's, of the official run with the sides' names`() throws {
        let official = try Vectors.load("cpace-ristretto255-sha512", as: Official.self)
        func part(_ name: String) throws -> [UInt8] { try official.bytes(\.protocol, name) }
        let one = CPace(
            .initiator, password: try part("PRS"), channel: try part("CI"), session: try part("sid"), associated: try part("ADa"),
            scalar: Self.block(try part("ya")))
        let other = CPace(
            .responder, password: try part("PRS"), channel: try part("CI"), session: try part("sid"), associated: try part("ADb"),
            scalar: Self.block(try part("yb")))
        #expect(Self.bytes(one.key(with: other.share, associated: try part("ADb"))) == (try part("ISK_IR")))
        #expect(Self.bytes(other.key(with: one.share, associated: try part("ADa"))) == (try part("ISK_IR")))
    }

    @Test func `CR-22, CR-39: who knows the password shares the key, and anything else that differs gives another`() throws {
        let ana = try Self.run(.initiator, secret: 1)
        let bob = try Self.run(.responder, secret: 2)
        let key = try #require(Self.bytes(ana.key(with: bob.share)))
        #expect(Self.bytes(bob.key(with: ana.share)) == key)
        let others = [
            try Self.run(.responder, password: "copper-lantern-orchid", secret: 2), try Self.run(.responder, channel: "8", secret: 2),
            try Self.run(.responder, session: 2, secret: 2), try Self.run(.responder, secret: 3),
        ]
        for other in others {
            #expect(other.share != bob.share)
            #expect(Self.bytes(other.key(with: ana.share)) != key)
            #expect(Self.bytes(ana.key(with: other.share)) != key)
        }
        // Both the initiator: it is no run with oneself that a rendezvous could make by sending back.
        let mirrored = try Self.run(.initiator, secret: 2)
        #expect(Self.bytes(mirrored.key(with: ana.share)) != key)
        #expect(Self.bytes(ana.key(with: ana.share)) != key)
    }

    @Test func `CR-38: what is no point, and the identity, fail the run`() throws {
        let ana = try Self.run(.initiator, secret: 1)
        let identity = [UInt8](repeating: 0, count: 32)
        // The field's prime, and a point with a set top bit: encodings that the group does not have.
        var marked = try Self.run(.responder, secret: 2).share
        marked[31] |= 0x80
        let prime = [0xed] + [UInt8](repeating: 0xff, count: 30) + [0x7f]
        for wrong in [identity, prime, marked, [UInt8](repeating: 0xff, count: 32), [], Array(identity.dropLast()), identity + [0]] {
            #expect(Self.bytes(ana.key(with: wrong)) == nil, "\(wrong)")
        }
        var generator = SplitMix64(seed: 5)
        var count = 0
        for _ in 0..<2000 {
            let bytes = (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
            if ana.key(with: bytes) != nil { count += 1 }
        }
        // One of sixteen strings of 32 bytes is a point.
        #expect((80...180).contains(count), "\(count)")
    }

    @Test func `CR-2: a run and its key show nothing`() throws {
        let ana = try Self.run(.initiator, secret: 1)
        let key = try #require(ana.key(with: try Self.run(.responder, secret: 2).share))
        #expect(Mirror(reflecting: ana).children.isEmpty)
        #expect(Mirror(reflecting: key).children.isEmpty)
    }
}
