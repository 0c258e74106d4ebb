/// Both keys of one connection, side by side in one locked block (CR-1).
///
/// The nonce of a packet is its number and is never reused under one key: the caller counts (CR-3).
public final class TransportKeys: Sendable {
    /// Key of what we send, then key of what we receive, 32 bytes each.
    private let block: SecretBlock

    /// - Parameter split: Noise's two keys, the initiator's sending key first (Noise §5.2).
    init(split: SecretBlock, role: NoiseHandshake.Role) {
        let size = Secret32.byteCount
        precondition(split.count == 2 * size, "a connection has two keys, not \(split.count) bytes")
        switch role {
        case .initiator: block = split
        case .responder:
            block = SecretBlock(count: 2 * size) { (output: UnsafeMutablePointer<UInt8>) in
                split.withPointer { keys in
                    output.update(from: keys + size, count: size)
                    (output + size).update(from: keys, count: size)
                }
            }
        }
    }

    /// Bytes that sealing adds.
    public static let tagCount = ChaChaPoly.tagCount

    /// Encrypts `packet[headerCount...]` in place, appends a tag of 16 bytes; the header is authenticated and stays in clear.
    ///
    /// Allocates only if the array has no room for 16 bytes more.
    public func seal(_ packet: inout [UInt8], headerCount: Int, counter: UInt64) {
        block.withPointer { ChaChaPoly.seal(&packet, headerCount: headerCount, nonce: .init(counter: counter), key: $0) }
    }

    /// Verifies, and decrypts `packet[headerCount...]` into `text`, an array that is used for one packet after the other.
    ///
    /// - Returns: bytes of text, at the beginning of `text`; nil if the packet is not authentic, and then what `text` has means nothing.
    public func open(_ packet: Span<UInt8>, headerCount: Int, counter: UInt64, into text: inout [UInt8]) -> Int? {
        block.withPointer {
            ChaChaPoly.open(packet, headerCount: headerCount, nonce: .init(counter: counter), key: $0 + Secret32.byteCount, into: &text)
        }
    }

    /// Verifies, decrypts `packet[headerCount...]` in place and takes the tag off. False, and the packet unchanged, if it is not authentic.
    public func open(_ packet: inout [UInt8], headerCount: Int, counter: UInt64) -> Bool {
        block.withPointer {
            ChaChaPoly.open(&packet, headerCount: headerCount, nonce: .init(counter: counter), key: $0 + Secret32.byteCount)
        }
    }

    /// Copies of both in ordinary memory, 32 bytes each: for the log of keys that a person asked for, and for nothing else.
    package var disclosed: (sending: [UInt8], receiving: [UInt8]) {
        let size = Secret32.byteCount
        return block.withPointer { keys in
            (Array(UnsafeBufferPointer(start: keys, count: size)), Array(UnsafeBufferPointer(start: keys + size, count: size)))
        }
    }
}

extension TransportKeys: CustomReflectable {
    /// Empty: keys have no parts to show.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension Secret32 {
    /// Opens a packet as `TransportKeys.open` does, with this key: for who reads captures by a log of keys.
    package func openPacket(_ packet: inout [UInt8], headerCount: Int, counter: UInt64) -> Bool {
        block.withPointer { ChaChaPoly.open(&packet, headerCount: headerCount, nonce: .init(counter: counter), key: $0) }
    }
}
