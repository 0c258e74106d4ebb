import Foundation
import InkCrypto
import InkPrimitives
import Testing

@Suite struct SecretTests {
    /// Bytes that would be noticed: as text, as digits, as numbers.
    private static let planted = Array("PLANTED-SECRET-0123456789-ABCDEF".utf8)

    @Test func `a secret gives back its 32 bytes and takes no other length`() throws {
        let secret = try #require(Secret32(Self.planted))
        #expect(secret.withBytes { $0 } == Self.planted)
        #expect(Secret32([]) == nil)
        #expect(Secret32(Array(Self.planted.dropLast())) == nil)
        #expect(Secret32(Self.planted + [0]) == nil)
    }

    @Test func `CR-32: secrets are equal when all their bytes are`() throws {
        #expect(Secret32(Self.planted) == Secret32(Self.planted))
        for index in Self.planted.indices {
            var other = Self.planted
            other[index] ^= 1
            #expect(Secret32(Self.planted) != Secret32(other))
        }
    }

    @Test func `CR-1: a block between guard pages kills whoever writes to it`() async {
        await #expect(processExitsWith: .signal(SIGSEGV)) {
            let block = SecretBlock(count: 32) { (_: UnsafeMutablePointer<UInt8>) in }
            block.withPointer { UnsafeMutablePointer(mutating: $0)[0] = 1 }
        }
    }

    @Test func `CR-1: a block between guard pages kills whoever reads past it`() async {
        await #expect(processExitsWith: .signal(SIGSEGV)) {
            let block = SecretBlock(count: 32) { (_: UnsafeMutablePointer<UInt8>) in }
            print(block.withPointer { $0[32] })
        }
    }

    @Test func `CR-1: a secret cannot be read after its last owner dropped it`() async {
        await #expect(processExitsWith: .signal(SIGSEGV)) {
            var block: SecretBlock? = SecretBlock(count: 32) { (_: UnsafeMutablePointer<UInt8>) in }
            let address = block.map { $0.withPointer { UInt(bitPattern: $0) } } ?? 0
            block = nil
            if let pointer = UnsafePointer<UInt8>(bitPattern: address) { print(pointer.pointee) }
        }
    }

    @Test func `CR-33: secrets can be made when no memory may be locked`() async {
        await #expect(processExitsWith: .success) {
            var limit = rlimit(rlim_cur: 0, rlim_max: 0)
            #if canImport(Glibc)
                _ = setrlimit(__rlimit_resource_t(__RLIMIT_MEMLOCK.rawValue), &limit)
            #else
                _ = setrlimit(RLIMIT_MEMLOCK, &limit)
            #endif
            let secrets = (0..<200).compactMap { Secret32([UInt8](repeating: UInt8($0), count: 32)) }
            for (index, secret) in secrets.enumerated() {
                guard secret.withBytes({ $0[31] == UInt8(index) }) else { exit(1) }
            }
        }
    }

    /// Everything a mirror shows of `value`, down to the leaves, that is bytes or text.
    private static func leaves(_ value: Any, depth: Int = 0) -> [[UInt8]] {
        if let bytes = value as? [UInt8] { return [bytes] }
        if let block = value as? SecretBlock { return leavesOfMirror(block, depth: depth) }
        return leavesOfMirror(value, depth: depth)
    }

    private static func leavesOfMirror(_ value: Any, depth: Int) -> [[UInt8]] {
        guard depth < 8 else { return [] }
        return [Array(String(describing: value).utf8)] + Mirror(reflecting: value).children.flatMap { leaves($0.value, depth: depth + 1) }
    }

    @Test func `CR-2: nothing that holds a secret shows its bytes when printed, dumped or mirrored`() throws {
        let secret = try #require(Secret32(Self.planted))
        let prefix = Array(Self.planted.prefix(8))
        let other = try #require(Secret32([UInt8](repeating: 5, count: 32)))
        var (initiator, responder) = (
            NoiseHandshake(role: .initiator, staticKey: StaticKey(secret: secret), psk: secret, prologue: [], ephemeral: other),
            NoiseHandshake(role: .responder, staticKey: StaticKey(secret: other), psk: secret, prologue: [], ephemeral: secret)
        )
        let halfway = initiator
        _ = try responder.readMessage(try initiator.writeMessage([]))
        _ = try initiator.readMessage(try responder.writeMessage([]))
        _ = try responder.readMessage(try initiator.writeMessage([]))
        let keys = initiator.finish()
        let values: [Any] = [
            secret, Optional(secret) as Any, [secret], SigningKey(seed: secret), StaticKey(secret: secret), RoomKeys(roomSecret: secret),
            halfway, keys,
            SecretGenerator(seed: Self.planted), SecretBlock(copying: UnsafeBufferPointer(start: nil, count: 0)),
        ]
        for value in values {
            var dumped = ""
            dump(value, to: &dumped)
            let interpolated = "\(value)"
            for text in [String(describing: value), String(reflecting: value), dumped, interpolated] {
                #expect(!text.contains("PLANTED"), "as text")
                #expect(!text.lowercased().contains(Hex.encode(prefix)), "as hex digits")
                #expect(!text.contains(prefix.map(String.init).joined(separator: ", ")), "as numbers")
            }
            for leaf in Self.leaves(value) {
                #expect(!leaf.contains(prefix), "as a part")
            }
        }
        #expect(Mirror(reflecting: secret).children.isEmpty)
        #expect(Mirror(reflecting: keys).children.isEmpty)
        #expect(!(secret is any CustomStringConvertible))
        #expect(!(secret is any Encodable))
    }

    @Test func `CR-6, CR-34: derived secrets differ by label, context, and their border`() throws {
        let secret = try #require(Secret32(Self.planted))
        let derived = [
            secret.derive("a"), secret.derive("b"), secret.derive("a", context: [98]), secret.derive("ab"), secret.derive(""),
            secret.derive("", context: [97]), secret.derive("ab", context: [0]),
        ]
        for left in derived.indices {
            #expect(derived[left] != secret)
            for right in derived.indices { #expect((derived[left] == derived[right]) == (left == right)) }
        }
        #expect(secret.derive("a", context: [98]) == secret.derive("a", context: [98]))
        // The input is one byte of length, the label, the context.
        #expect(secret.derive("a", context: [98]).withBytes { $0 } == Blake2b.hash256([1, 97, 98], key: Self.planted))
    }

    @Test func `CR-6: no two keys of a room, or of two rooms or epochs, are alike`() throws {
        let (one, other) = (try #require(Secret32(Self.planted)), try #require(Secret32([UInt8](repeating: 5, count: 32))))
        let later = try #require(EpochID([UInt8](repeating: 1, count: 32)))
        var seen: [[UInt8]] = [Self.planted, [UInt8](repeating: 5, count: 32)]
        for keys in [RoomKeys(roomSecret: one), RoomKeys(roomSecret: one, epoch: later), RoomKeys(roomSecret: other)] {
            let mine =
                [keys.psk, keys.mac, keys.cookie, keys.envelope, keys.topicKey.seed].map { $0.withBytes { $0 } } + [keys.tag, keys.topic]
            for bytes in mine {
                #expect(!seen.contains(bytes))
                seen.append(bytes)
            }
        }
        #expect(RoomKeys(roomSecret: one).tag.count == 8)
        #expect(RoomKeys(roomSecret: one).topic == RoomKeys(roomSecret: one).topic)
    }

    @Test func `CR-9, CR-35: a generator is a function of its seed and never repeats`() {
        var (left, right) = (SecretGenerator(seed: Self.planted), SecretGenerator(seed: Self.planted))
        var seen: Set<[UInt8]> = []
        for round in 0..<200 {
            let bytes = left.bytes(32)
            #expect(bytes == right.bytes(32))
            #expect(seen.insert(bytes).inserted, "round \(round)")
        }
        #expect(left.next() == right.next())
        #expect(left.secret() == right.secret())
        #expect(left.bytes(0) == [])
        #expect(right.bytes(1000) == left.bytes(1000))
        // The key that gave a secret is gone: what follows comes from another.
        var (once, again) = (SecretGenerator(seed: Self.planted), SecretGenerator(seed: Self.planted))
        _ = once.secret()
        let stream = again.bytes(64 * 1024)
        let later = once.bytes(32)
        #expect(!stride(from: 0, to: stream.count - 32, by: 32).contains { Array(stream[$0..<$0 + 32]) == later })
        var other = SecretGenerator(seed: [UInt8](repeating: 0, count: 32))
        // RFC 8439 appendix A.1, test vector 1: the key stream of the zero key.
        #expect(Hex.encode(other.bytes(32)) == "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7")
    }

    @Test func `a certificate vouches for its static key alone`() throws {
        var generator = SecretGenerator(seed: Self.planted)
        let (signing, stranger) = (SigningKey(seed: generator.secret()), SigningKey(seed: generator.secret()))
        let staticKey = StaticKey(secret: generator.secret())
        let certificate = DeviceCertificate.make(signing: signing, staticKey: staticKey)
        #expect(certificate.isValid)
        #expect(certificate.author == signing.author)
        #expect(certificate.staticPublicKey == staticKey.publicKey)
        #expect(certificate.bytes.count == DeviceCertificate.byteCount)
        #expect(try DeviceCertificate(bytes: certificate.bytes) == certificate)
        for index in certificate.bytes.indices {
            var changed = certificate.bytes
            changed[index] ^= 1
            #expect(try !DeviceCertificate(bytes: changed).isValid)
        }
        #expect(try !DeviceCertificate(bytes: stranger.author.bytes + certificate.bytes.dropFirst(32)).isValid)
        #expect(throws: WireError.self) { try DeviceCertificate(bytes: certificate.bytes + [0]) }
        #expect(throws: WireError.self) { try DeviceCertificate(bytes: Array(certificate.bytes.dropLast())) }
    }
}
