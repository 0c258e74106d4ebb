import CSodium

/// Why a handshake message was not taken or could not be made. The peer never sees these.
public enum NoiseError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The message is shorter than its fixed parts, or longer than 65535 bytes (Noise §3).
    case badLength(Int)
    /// A tag does not verify: another secret, another prologue, or changed bytes.
    case notAuthentic
    /// The peer's public key has small order, the agreement would be zero.
    case weakKey
    /// It is not our turn to do this.
    case outOfTurn

    public var description: String {
        switch self {
        case .badLength(let count): "a handshake message cannot have \(count) bytes"
        case .notAuthentic: "the handshake message is not authentic"
        case .weakKey: "the peer's key has small order"
        case .outOfTurn: "no such handshake message is due now"
        }
    }
}

/// A handshake of The Noise Protocol Framework, revision 34, with 25519, ChaChaPoly and SHA256, without I/O, clock or randomness.
///
///     XXpsk3: initiator             responder         NNpsk0: initiator     responder
///     -> e                                            -> psk, e
///                                   <- e, ee, s, es                         <- e, ee
///     -> s, se, psk                                   finish()              finish()
///     finish()                      finish()
///
/// XXpsk3 begins a session. NNpsk0 renews the keys of one: the psk is what the session before has exported, so nobody else can answer, and
/// the fresh ephemerals shut out whoever has read it. The ephemeral key is an argument, so that the official vectors run unchanged; draw a new one for each handshake. In a psk pattern the
/// token `e` also mixes the public key into the key (Noise §9.2), so message 1 carries a tag: from public values, it proves nothing.
public struct NoiseHandshake: Sendable {
    public enum Role: Sendable { case initiator, responder }

    private let role: Role
    private let tokens: [[Token]]
    /// Nil in a pattern without static keys.
    private let staticKey: StaticKey?
    private let ephemeral: StaticKey
    private let psk: Secret32
    private var symmetric: SymmetricState
    /// Number of the next message, or how many there are when all are through.
    private var next = 0
    private var remoteEphemeral: [UInt8]?
    /// The peer's static public key, 32 bytes: at the initiator after message 2, at the responder after message 3.
    public private(set) var remoteStatic: [UInt8]?

    /// `Noise_XXpsk3`.
    ///
    /// - Parameters:
    ///   - prologue: what both sides must agree on without sending it; one byte of difference fails message 2.
    ///   - ephemeral: 32 fresh secret bytes, never used in another handshake.
    public init(role: Role, staticKey: StaticKey, psk: Secret32, prologue: [UInt8], ephemeral: Secret32) {
        self.init(
            "Noise_XXpsk3_25519_ChaChaPoly_SHA256", Self.xxpsk3, role: role, staticKey: staticKey, psk: psk, prologue: prologue,
            ephemeral: ephemeral)
    }

    /// `Noise_NNpsk0`: new keys for those who share `psk`. A difference in it or in the prologue fails message 1.
    public init(renewing role: Role, psk: Secret32, prologue: [UInt8], ephemeral: Secret32) {
        self.init(
            "Noise_NNpsk0_25519_ChaChaPoly_SHA256", Self.nnpsk0, role: role, staticKey: nil, psk: psk, prologue: prologue,
            ephemeral: ephemeral)
    }

    private init(
        _ name: String, _ tokens: [[Token]], role: Role, staticKey: StaticKey?, psk: Secret32, prologue: [UInt8], ephemeral: Secret32
    ) {
        (self.role, self.tokens, self.staticKey, self.psk) = (role, tokens, staticKey, psk)
        self.ephemeral = StaticKey(secret: ephemeral)
        symmetric = SymmetricState(protocolName: name)
        symmetric.mixHash(prologue)
    }

    /// True when all messages are through and `finish` may be called.
    public var isComplete: Bool { next == tokens.count }

    /// The hash of all that was said so far, 32 bytes; after the last message the channel binding (Noise §11.2).
    public var handshakeHash: [UInt8] { symmetric.hash }

    /// Makes the next message, `payload` inside. On a throw nothing has changed.
    public mutating func writeMessage(_ payload: [UInt8]) throws(NoiseError) -> [UInt8] {
        guard !isComplete, isOurTurn else { throw .outOfTurn }
        var state = symmetric
        var message: [UInt8] = []
        for token in tokens[next] {
            switch token {
            case .e:
                message += ephemeral.publicKey
                state.mixHash(ephemeral.publicKey)
                state.mixKey(ephemeral.publicKey)
            case .s: message += state.encryptAndHash(own(staticKey).publicKey)
            case .ee, .es, .se: try mix(token, remoteStatic: remoteStatic, remoteEphemeral: remoteEphemeral, into: &state)
            case .psk: state.mixKeyAndHash(psk)
            }
        }
        message += state.encryptAndHash(payload)
        guard message.count <= Self.messageMax else { throw .badLength(message.count) }
        symmetric = state
        next += 1
        return message
    }

    /// Takes the next message and gives its payload. On a throw nothing has changed (CR-7): a forged message does not spoil the true one.
    public mutating func readMessage(_ message: [UInt8]) throws(NoiseError) -> [UInt8] {
        guard !isComplete, !isOurTurn else { throw .outOfTurn }
        guard message.count <= Self.messageMax else { throw .badLength(message.count) }
        var state = symmetric
        var (remoteStatic, remoteEphemeral) = (remoteStatic, remoteEphemeral)
        var rest = message[...]
        func take(_ count: Int) throws(NoiseError) -> [UInt8] {
            guard rest.count >= count else { throw .badLength(message.count) }
            defer { rest = rest.dropFirst(count) }
            return Array(rest.prefix(count))
        }
        for token in tokens[next] {
            switch token {
            case .e:
                let key = try take(32)
                remoteEphemeral = key
                state.mixHash(key)
                state.mixKey(key)
            case .s: remoteStatic = try state.decryptAndHash(try take(32 + ChaChaPoly.tagCount))
            case .ee, .es, .se: try mix(token, remoteStatic: remoteStatic, remoteEphemeral: remoteEphemeral, into: &state)
            case .psk: state.mixKeyAndHash(psk)
            }
        }
        guard rest.count >= ChaChaPoly.tagCount else { throw .badLength(message.count) }
        let payload = try state.decryptAndHash(Array(rest))
        symmetric = state
        (self.remoteStatic, self.remoteEphemeral) = (remoteStatic, remoteEphemeral)
        next += 1
        return payload
    }

    /// The keys of the connection. Call once `isComplete`, and only once: two owners of the keys would reuse packet numbers.
    public consuming func finish() -> TransportKeys {
        precondition(isComplete, "a handshake is finished after its last message, not after message \(next)")
        return TransportKeys(split: symmetric.split(), role: role)
    }

    /// A secret that both sides share and that the keys of the connection say nothing about, nor it about them. Call once `isComplete`.
    ///
    /// The third output of the HKDF whose first two are those keys, then derived under `label` and the handshake hash (compare RFC 8446 §7.5).
    public func exportSecret(_ label: String) -> Secret32 {
        precondition(isComplete, "a handshake exports after its last message, not after message \(next)")
        return symmetric.exporter().derive(label, context: symmetric.hash)
    }

    // MARK: Pattern

    private enum Token { case e, s, ee, es, se, psk }
    private static let xxpsk3: [[Token]] = [[.e], [.e, .ee, .s, .es], [.s, .se, .psk]]
    private static let nnpsk0: [[Token]] = [[.psk, .e], [.e, .ee]]
    /// Greatest message, bytes (Noise §3).
    private static let messageMax = 65535

    private func own(_ key: StaticKey?) -> StaticKey {
        guard let key else { preconditionFailure("a pattern with static keys has ours") }
        return key
    }

    private var isOurTurn: Bool { (next % 2 == 0) == (role == .initiator) }

    private func mix(_ token: Token, remoteStatic: [UInt8]?, remoteEphemeral: [UInt8]?, into state: inout SymmetricState) throws(NoiseError)
    {
        // The first letter is the initiator's key, the second the responder's (Noise §7.1).
        let (ours, theirs): (Secret32, [UInt8]?) =
            switch (token, role) {
            case (.es, .initiator), (.se, .responder): (ephemeral.secret, remoteStatic)
            case (.es, .responder), (.se, .initiator): (own(staticKey).secret, remoteEphemeral)
            default: (ephemeral.secret, remoteEphemeral)
            }
        guard let theirs else { preconditionFailure("the pattern gives each key before it is used") }
        guard let mixed = StaticKey.withAgreement(ours, with: theirs, { state.mixedKey($0) }) else { throw .weakKey }
        state.take(mixed)
    }
}

/// Chaining key, cipher key and hash of a handshake (Noise §5.2).
private struct SymmetricState: Sendable {
    /// All that was said, 32 bytes; not secret.
    private(set) var hash: [UInt8]
    /// Chaining key, then cipher key once there is one: 32 or 64 bytes. Replaced whole, never written to, so a copy is a snapshot.
    private var keys: SecretBlock
    private var hasCipherKey = false
    private var counter: UInt64 = 0

    /// The name's hash, or the name itself padded with zeros where it fits (Noise §5.2).
    init(protocolName: String) {
        let name = Array(protocolName.utf8)
        hash = name.count <= 32 ? name + [UInt8](repeating: 0, count: 32 - name.count) : SHA256.hash(name)
        keys = hash.withUnsafeBufferPointer { SecretBlock(copying: $0) }
    }

    mutating func mixHash(_ bytes: [UInt8]) { hash = SHA256.hash(hash + bytes) }

    mutating func mixKey(_ input: [UInt8]) { take(input.withUnsafeBufferPointer { mixedKey($0) }) }

    /// The keys that follow from mixing in `input`.
    func mixedKey(_ input: UnsafeBufferPointer<UInt8>) -> SecretBlock {
        keys.withPointer { HKDFSHA256.noise(chainingKey: $0, input: input, outputs: 2) }
    }

    mutating func take(_ mixed: SecretBlock) { (keys, hasCipherKey, counter) = (mixed, true, 0) }

    /// Three outputs: new chaining key, what goes into the hash, new cipher key.
    mutating func mixKeyAndHash(_ secret: Secret32) {
        let size = Secret32.byteCount
        let three = secret.block.withPointer { input in
            keys.withPointer { HKDFSHA256.noise(chainingKey: $0, input: UnsafeBufferPointer(start: input, count: size), outputs: 3) }
        }
        three.withPointer { outputs in
            mixHash(Array(UnsafeBufferPointer(start: outputs + size, count: size)))
            take(
                SecretBlock(count: 2 * size) { (keys: UnsafeMutablePointer<UInt8>) in
                    keys.update(from: outputs, count: size)
                    (keys + size).update(from: outputs + 2 * size, count: size)
                })
        }
    }

    mutating func encryptAndHash(_ plain: [UInt8]) -> [UInt8] {
        // In both patterns every ciphertext comes after an `e`, so there always is a key.
        precondition(hasCipherKey, "nothing is encrypted before the first key is mixed in")
        var packet = hash + plain
        keys.withPointer {
            ChaChaPoly.seal(&packet, headerCount: hash.count, nonce: .init(counter: counter), key: $0 + Secret32.byteCount)
        }
        counter += 1
        let sealed = Array(packet[hash.count...])
        mixHash(sealed)
        return sealed
    }

    mutating func decryptAndHash(_ sealed: [UInt8]) throws(NoiseError) -> [UInt8] {
        precondition(hasCipherKey, "nothing is decrypted before the first key is mixed in")
        var packet = hash + sealed
        let isAuthentic = keys.withPointer {
            ChaChaPoly.open(&packet, headerCount: hash.count, nonce: .init(counter: counter), key: $0 + Secret32.byteCount)
        }
        guard isAuthentic else { throw .notAuthentic }
        counter += 1
        let plain = Array(packet[hash.count...])
        mixHash(sealed)
        return plain
    }

    /// The two keys of the connection, the initiator's sending key first.
    func split() -> SecretBlock {
        keys.withPointer { HKDFSHA256.noise(chainingKey: $0, input: UnsafeBufferPointer(start: nil, count: 0), outputs: 2) }
    }

    /// What `split` does not give of the same chaining key.
    func exporter() -> Secret32 {
        let size = Secret32.byteCount
        let three = keys.withPointer { HKDFSHA256.noise(chainingKey: $0, input: UnsafeBufferPointer(start: nil, count: 0), outputs: 3) }
        return Secret32(
            block: SecretBlock(count: size) { (output: UnsafeMutablePointer<UInt8>) in
                three.withPointer { output.update(from: $0 + 2 * size, count: size) }
            })
    }
}
