import CSodium

/// One run of CPace over ristretto255 with SHA-512, one side of it (draft-irtf-cfrg-cpace, initiator-responder): a short secret that two people know
/// becomes a key that both programs share, and nobody learns more of the secret than whether one guess was right (CR-22).
///
/// It says nothing about whether the other knew the secret: that shows only when he confirms the key.
public struct CPace: Sendable {
    public enum Side: Hashable, Sendable { case initiator, responder }

    /// What the other side is told, 32 bytes.
    public let share: [UInt8]

    private let side: Side
    private let session: [UInt8]
    private let associated: [UInt8]
    private let scalar: SecretBlock

    /// - Parameters:
    ///   - password: what both know.
    ///   - channel: who speaks to whom by what, where both know that beforehand.
    ///   - session: what names this run; 16 bytes that at least one of them drew.
    ///   - secret: drawn for this run alone.
    public init(_ side: Side, password: [UInt8], channel: [UInt8], session: [UInt8], secret: Secret32) {
        Sodium.start()
        let scalar = SecretBlock(count: Self.scalarCount) { (output: UnsafeMutablePointer<UInt8>) in
            withErasedScratch(64) { (wide: UnsafeMutablePointer<UInt8>) in
                secret.block.withPointer {
                    _ = crypto_generichash(wide, 64, Self.scalarLabel, UInt64(Self.scalarLabel.count), $0, Secret32.byteCount)
                }
                crypto_core_ristretto255_scalar_reduce(output, wide)
            }
        }
        self.init(side, password: password, channel: channel, session: session, scalar: scalar)
    }

    /// - Parameters:
    ///   - associated: what this side says besides, and the key depends on (`ADa`, `ADb`).
    ///   - scalar: 32 bytes below the order of the group, not zero.
    package init(
        _ side: Side, password: [UInt8], channel: [UInt8], session: [UInt8], associated: [UInt8] = [], scalar: SecretBlock
    ) {
        (self.side, self.session, self.associated, self.scalar) = (side, session, associated, scalar)
        let generator = Self.generator(password: password, channel: channel, session: session)
        guard let share = Self.product(scalar, generator, { Array($0) }) else {
            // The generator is a hash, and its discrete logarithm known to nobody: it is never the identity, and the scalar is not zero but by a chance of 2^-252.
            preconditionFailure("a share of CPace is never the identity")
        }
        self.share = share
    }

    /// The key, if the other's share is a point and not the identity; nil otherwise, and then the run has failed (CR-38) (draft §6.2).
    public func key(with other: [UInt8]) -> CPaceKey? { key(with: other, associated: []) }

    /// - Parameter theirs: what the other side said besides.
    package func key(with other: [UInt8], associated theirs: [UInt8]) -> CPaceKey? {
        // libsodium 1.0.18 does not look at the highest bit, which no point has (RFC 9496 §4.3.1).
        guard other.count == Self.pointCount, other[Self.pointCount - 1] & 0x80 == 0 else { return nil }
        let transcript =
            side == .initiator ? Self.lengthValue(share, associated, other, theirs) : Self.lengthValue(other, theirs, share, associated)
        let opening = Self.lengthValue(Self.name + Array("_ISK".utf8), session)
        return Self.product(scalar, other) { secret in
            CPaceKey(
                block: SecretBlock(count: CPaceKey.byteCount) { (output: UnsafeMutablePointer<UInt8>) in
                    var state = crypto_hash_sha512_state()
                    crypto_hash_sha512_init(&state)
                    for part in [opening, Self.lengthPrefix(Self.pointCount)] {
                        crypto_hash_sha512_update(&state, part, UInt64(part.count))
                    }
                    crypto_hash_sha512_update(&state, secret.baseAddress, UInt64(secret.count))
                    crypto_hash_sha512_update(&state, transcript, UInt64(transcript.count))
                    crypto_hash_sha512_final(&state, output)
                    withUnsafeMutableBytes(of: &state) { sodium_memzero($0.baseAddress, $0.count) }
                })
        }
    }

    // MARK: Parts, as the draft names them

    private static let name = Array("CPaceRistretto255".utf8)
    private static let scalarLabel = Array("inkwire/1 cpace scalar".utf8)
    private static let pointCount = 32
    private static let scalarCount = 32
    /// `s_in_bytes` of SHA-512: the block into which the password is filled up, so that its hashing takes no more or less time with what follows.
    private static let blockCount = 128

    /// `calculate_generator`.
    package static func generator(password: [UInt8], channel: [UInt8], session: [UInt8]) -> [UInt8] {
        let text = generatorString(password: password, channel: channel, session: session)
        var hash = [UInt8](repeating: 0, count: 64)
        crypto_hash_sha512(&hash, text, UInt64(text.count))
        return [UInt8](unsafeUninitializedCapacity: pointCount) { buffer, filled in
            if let base = buffer.baseAddress { _ = crypto_core_ristretto255_from_hash(base, hash) }
            filled = pointCount
        }
    }

    /// `generator_string` (CR-39).
    package static func generatorString(password: [UInt8], channel: [UInt8], session: [UInt8]) -> [UInt8] {
        let used = lengthValue(name).count + lengthValue(password).count + 1
        return lengthValue(name, password, [UInt8](repeating: 0, count: max(0, blockCount - used)), channel, session)
    }

    /// `lv_cat`: each part behind its length.
    package static func lengthValue(_ parts: [UInt8]...) -> [UInt8] { parts.flatMap { lengthPrefix($0.count) + $0 } }

    /// LEB128.
    private static func lengthPrefix(_ count: Int) -> [UInt8] {
        var (bytes, rest): ([UInt8], Int) = ([], count)
        while rest >= 128 {
            bytes.append(UInt8(rest & 127) | 128)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }

    /// `scalar_mult_vfy`: lends the product, 32 bytes erased afterwards; nil where the point is none, or the product the identity.
    private static func product<R>(_ scalar: SecretBlock, _ point: [UInt8], _ body: (UnsafeBufferPointer<UInt8>) -> R) -> R? {
        withErasedScratch(pointCount) { (output: UnsafeMutablePointer<UInt8>) -> R? in
            let status = scalar.withPointer { crypto_scalarmult_ristretto255(output, $0, point) }
            guard status == 0 else { return nil }
            return body(UnsafeBufferPointer(start: UnsafePointer(output), count: pointCount))
        }
    }
}

/// The key that a run of CPace gave, 64 bytes (`ISK_IR`), of which other keys are made.
public struct CPaceKey: Sendable {
    static let byteCount = 64
    private let block: SecretBlock

    init(block: SecretBlock) { self.block = block }

    /// A key for one purpose: BLAKE2b-256 of `label`, keyed by this one.
    public func derive(_ label: String) -> Secret32 {
        let input = Array(label.utf8)
        return Secret32(
            block: SecretBlock(count: Secret32.byteCount) { (output: UnsafeMutablePointer<UInt8>) in
                block.withPointer { _ = crypto_generichash(output, Secret32.byteCount, input, UInt64(input.count), $0, Self.byteCount) }
            })
    }

    /// Lends the bytes, for the official vectors.
    package func withBytes<R>(_ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
        block.withPointer { body(UnsafeBufferPointer(start: $0, count: Self.byteCount)) }
    }
}

extension CPace: CustomReflectable {
    /// Empty: a run has no parts to show.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension CPaceKey: CustomReflectable {
    /// Empty: a key has no parts to show.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
