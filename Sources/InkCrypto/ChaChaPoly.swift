import CInkCipher
import CSodium

/// ChaCha20-Poly1305 (RFC 8439 §2.8), in place behind a header that is authenticated and stays in clear.
package enum ChaChaPoly {
    /// Length of a tag, bytes.
    package static let tagCount = 16

    /// Twelve bytes of nonce: a prefix and a counter, both little-endian. Noise has prefix zero (Noise §12.3).
    package struct Nonce {
        var prefix: UInt32
        var counter: UInt64

        /// The nonce of `counter` behind `prefix`.
        package init(prefix: UInt32 = 0, counter: UInt64) { (self.prefix, self.counter) = (prefix, counter) }

        /// Lends the 12 bytes.
        func withBytes<R>(_ body: (UnsafePointer<UInt8>) -> R) -> R {
            let words = (
                prefix.littleEndian, UInt32(truncatingIfNeeded: counter).littleEndian,
                UInt32(truncatingIfNeeded: counter >> 32).littleEndian
            )
            return withUnsafeBytes(of: words) { raw in
                guard let base = raw.baseAddress else { preconditionFailure("three words have an address") }
                return body(base.assumingMemoryBound(to: UInt8.self))
            }
        }
    }

    /// Whose code does it. Both give the same bytes (CR-10).
    package enum Maker: Sendable {
        case libsodium
        /// About twice as fast for a whole packet; not everywhere.
        case openSSL

        /// Of whom the next packet is: libsodium's in a process that says little, since opening OpenSSL takes 2 ms.
        static var next: Maker { ink_cipher_is_due() == 1 ? .openSSL : .libsodium }
        /// Those that there are here.
        package static var all: [Maker] { ink_cipher_load() == 1 ? [.libsodium, .openSSL] : [.libsodium] }
    }

    /// Encrypts `packet[headerCount...]` in place and appends the tag. Allocates only if the array has no room for 16 bytes more.
    package static func seal(_ packet: inout [UInt8], headerCount: Int, nonce: Nonce, key: UnsafePointer<UInt8>, by maker: Maker = .next) {
        precondition((0...packet.count).contains(headerCount), "a header of \(headerCount) bytes in a packet of \(packet.count)")
        let bodyCount = packet.count - headerCount
        packet += repeatElement(0, count: tagCount)
        packet.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            let body = base + headerCount
            nonce.withBytes { nonceBytes in
                if maker == .openSSL, ink_cipher_seal(key, nonceBytes, base, headerCount, body, bodyCount, body + bodyCount) == 1 { return }
                _ = crypto_aead_chacha20poly1305_ietf_encrypt_detached(
                    body, body + bodyCount, nil, body, UInt64(bodyCount), base, UInt64(headerCount), nil, nonceBytes, key)
            }
        }
    }

    /// Verifies `packet` and decrypts `packet[headerCount...]` into another array, which grows if it is too short and is else not made shorter.
    ///
    /// - Returns: bytes of text, at the beginning of `text`; nil if the packet is not authentic, and then what `text` has means nothing.
    package static func open(
        _ packet: Span<UInt8>, headerCount: Int, nonce: Nonce, key: UnsafePointer<UInt8>, into text: inout [UInt8], by maker: Maker = .next
    ) -> Int? {
        guard headerCount >= 0, packet.count >= headerCount + tagCount else { return nil }
        let bodyCount = packet.count - headerCount - tagCount
        // A byte more than nothing, since without an address for the text libsodium would not decrypt.
        if text.count < max(bodyCount, 1) { text += repeatElement(0, count: max(bodyCount, 1) - text.count) }
        let isAuthentic = packet.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return false }
            let body = base + headerCount
            return text.withUnsafeMutableBufferPointer { output in
                nonce.withBytes { nonceBytes in
                    if maker == .openSSL {
                        let verdict = ink_cipher_open(
                            key, nonceBytes, base, headerCount, body, bodyCount, body + bodyCount, output.baseAddress)
                        if verdict >= 0 { return verdict == 1 }
                    }
                    return crypto_aead_chacha20poly1305_ietf_decrypt_detached(
                        output.baseAddress, nil, body, UInt64(bodyCount), body + bodyCount, base, UInt64(headerCount), nonceBytes, key) == 0
                }
            }
        }
        return isAuthentic ? bodyCount : nil
    }

    /// Verifies, decrypts `packet[headerCount...]` in place and takes the tag off. Leaves the packet as it was when it is not authentic.
    package static func open(_ packet: inout [UInt8], headerCount: Int, nonce: Nonce, key: UnsafePointer<UInt8>) -> Bool {
        guard headerCount >= 0, packet.count >= headerCount + tagCount else { return false }
        let bodyCount = packet.count - headerCount - tagCount
        // Verified before the array is written to, so that a forged packet in a shared array costs no copy.
        let isAuthentic = packet.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return false }
            let body = base + headerCount
            return nonce.withBytes { nonceBytes in
                // Without room for a plaintext libsodium only verifies; with it, a forged body would be overwritten by zeros.
                crypto_aead_chacha20poly1305_ietf_decrypt_detached(
                    nil, nil, body, UInt64(bodyCount), body + bodyCount, base, UInt64(headerCount), nonceBytes, key) == 0
            }
        }
        // CR-8
        guard isAuthentic else { return false }
        packet.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            let body = base + headerCount
            // Block 0 of the key stream made the Poly1305 key, the text begins with block 1 (RFC 8439 §2.8).
            nonce.withBytes { _ = crypto_stream_chacha20_ietf_xor_ic(body, body, UInt64(bodyCount), $0, 1, key) }
        }
        packet.removeLast(tagCount)
        return true
    }
}
