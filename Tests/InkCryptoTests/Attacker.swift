import InkCrypto

/// What anybody can compute who has a key.
enum Attacker {
    /// ChaCha20-Poly1305 with nonce zero; `context` is authenticated.
    static func seal(_ plain: [UInt8], key: [UInt8], context: [UInt8]) -> [UInt8] {
        guard let secret = Secret32(key) else { return [] }
        var packet = context + plain
        secret.block.withPointer { ChaChaPoly.seal(&packet, headerCount: context.count, nonce: .init(counter: 0), key: $0) }
        return Array(packet[context.count...])
    }
}
