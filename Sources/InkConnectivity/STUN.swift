import InkPrimitives

/// STUN (RFC 8489) as far as a Binding transaction needs it: asking a server how it sees us, and answering that question.
///
/// No MESSAGE-INTEGRITY yet: a Binding answer is only a hint where to send, and what counts is the handshake that comes after it.
public enum STUN {
    /// The fixed second word of every message (RFC 8489 §5).
    package static let magicCookie: UInt32 = 0x2112_A442
    /// Type, length, cookie, transaction id (RFC 8489 §5).
    package static let headerBytes = 20
    /// Length of a transaction id, bytes.
    public static let transactionBytes = 12
    /// The largest message that is read; a path that takes IPv4's 576-byte datagrams carries no more (RFC 8489 §6.1).
    package static let messageBytesMax = 548

    /// True when the datagram is STUN and nothing else that shares our socket (RFC 7983, RFC 8489 §6.3; CN-1): two zero bits in front,
    /// the cookie, and a length that is a multiple of four and ends where the datagram ends.
    public static func isSTUN(_ datagram: [UInt8]) -> Bool {
        guard datagram.count >= headerBytes, datagram[0] <= 3 else { return false }
        let cookie = datagram[4..<8].reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
        let length = Int(datagram[2]) << 8 | Int(datagram[3])
        return cookie == magicCookie && length % 4 == 0 && length == datagram.count - headerBytes
    }

    /// A Binding request.
    ///
    /// It carries FINGERPRINT, since the socket is shared with another protocol (RFC 8489 §7), and since 8 bytes more in the question
    /// make the answer less of an amplification.
    /// - Parameter transaction: 12 unpredictable bytes; the only thing that an off-path forger of the answer cannot know.
    public static func bindingRequest(transaction: [UInt8]) -> [UInt8] {
        STUNMessage(kind: .request, transaction: transaction).encoded(withFingerprint: true)
    }

    /// What a server sends to `source`, or nil when silence is right.
    ///
    /// Answers Binding requests only, so that an answer can never cause an answer (CN-4, CN-25). The answer is 12 bytes longer than a bare
    /// request over IPv4, 24 over IPv6, which the RFC makes unavoidable; it names no software. FINGERPRINT comes back where one was sent.
    public static func answer(to datagram: [UInt8], from source: SocketAddress) -> [UInt8]? {
        guard isSTUN(datagram), let request = try? STUNMessage(decoding: datagram), request.kind == .request else { return nil }
        let unknown = request.unknownRequiredTypes
        let answer: STUNMessage
        if unknown.isEmpty {
            answer = STUNMessage(
                kind: .success, transaction: request.transaction,
                attributes: [STUNMessage.xorMappedAddress(source, transaction: request.transaction)])
        } else {
            answer = STUNMessage.unknownAttributes(unknown, transaction: request.transaction)
        }
        return answer.encoded(withFingerprint: request.hasFingerprint)
    }
}

/// One Binding message in decoded form; what cannot be one, or has a wrong FINGERPRINT, is not decoded.
package struct STUNMessage: Hashable, Sendable {
    /// The class of a message whose method is Binding (RFC 8489 §5), as the first two bytes spell it.
    package enum Kind: UInt16, Sendable {
        case request = 0x0001
        case indication = 0x0011
        case success = 0x0101
        case error = 0x0111
    }

    /// One attribute without its padding.
    package struct Attribute: Hashable, Sendable {
        package var type: UInt16
        package var value: [UInt8]

        package init(type: UInt16, value: [UInt8]) { (self.type, self.value) = (type, value) }
    }

    /// Attribute types (RFC 8489 §18.3) that this code reads or writes.
    package enum AttributeType {
        package static let errorCode: UInt16 = 0x0009
        package static let unknownAttributes: UInt16 = 0x000A
        package static let xorMappedAddress: UInt16 = 0x0020
        package static let fingerprint: UInt16 = 0x8028
        /// Types below 0x8000 that RFC 8489 itself defines: MAPPED-ADDRESS, USERNAME, MESSAGE-INTEGRITY, ERROR-CODE,
        /// UNKNOWN-ATTRIBUTES, REALM, NONCE, MESSAGE-INTEGRITY-SHA256, PASSWORD-ALGORITHM, USERHASH, XOR-MAPPED-ADDRESS.
        static let understood: Set<UInt16> = [0x0001, 0x0006, 0x0008, 0x0009, 0x000A, 0x0014, 0x0015, 0x001C, 0x001D, 0x001E, 0x0020]
    }

    package var kind: Kind
    /// 12 bytes.
    package var transaction: [UInt8]
    /// In order of appearance, FINGERPRINT left out.
    package var attributes: [Attribute]
    /// Whether a (correct) FINGERPRINT stood at the end.
    package private(set) var hasFingerprint = false

    package init(kind: Kind, transaction: [UInt8], attributes: [Attribute] = []) {
        precondition(transaction.count == STUN.transactionBytes, "a transaction id has 12 bytes, not \(transaction.count)")
        (self.kind, self.transaction, self.attributes) = (kind, transaction, attributes)
    }

    /// Reads a whole datagram.
    ///
    /// - Throws: `.unexpected` for another method, a wrong cookie or a wrong FINGERPRINT; `.truncated` and `.limitExceeded` for lengths.
    package init(decoding datagram: [UInt8]) throws(WireError) {
        guard datagram.count <= STUN.messageBytesMax else { throw .limitExceeded }
        guard STUN.isSTUN(datagram) else { throw .unexpected }
        var reader = ByteReader(datagram)
        guard let kind = Kind(rawValue: try reader.readUInt16()) else { throw .unexpected }
        _ = try reader.readUInt16()
        _ = try reader.readUInt32()
        self.kind = kind
        transaction = try reader.readBytes(STUN.transactionBytes)
        attributes = []
        while !reader.isAtEnd {
            let start = reader.position
            let type = try reader.readUInt16()
            let length = Int(try reader.readUInt16())
            let value = try reader.readBytes(length)
            _ = try reader.readBytes((4 - length % 4) % 4)
            guard type == AttributeType.fingerprint else {
                attributes.append(Attribute(type: type, value: value))
                continue
            }
            // It covers everything before it and stands last (RFC 8489 §14.7; CN-23).
            guard reader.isAtEnd, value == Self.fingerprint(of: datagram[..<start]) else { throw .unexpected }
            hasFingerprint = true
        }
    }

    /// The bytes of the message, attributes padded with zeros to multiples of four.
    package func encoded(withFingerprint: Bool) -> [UInt8] {
        var body = ByteWriter()
        for attribute in attributes {
            body.write(attribute.type)
            body.write(UInt16(attribute.value.count))
            body.write(attribute.value)
            body.write(repeatElement(0 as UInt8, count: (4 - attribute.value.count % 4) % 4))
        }
        var message = ByteWriter(capacity: STUN.headerBytes + body.count + 8)
        message.write(kind.rawValue)
        message.write(UInt16(body.count + (withFingerprint ? 8 : 0)))
        message.write(STUN.magicCookie)
        message.write(transaction)
        message.write(body.bytes)
        if withFingerprint {
            let checksum = Self.fingerprint(of: message.bytes[...])
            message.write(AttributeType.fingerprint)
            message.write(4 as UInt16)
            message.write(checksum)
        }
        return message.bytes
    }

    /// The address in the first XOR-MAPPED-ADDRESS (RFC 8489 §14.2), or nil.
    package var mappedAddress: SocketAddress? {
        guard let value = attributes.first(where: { $0.type == AttributeType.xorMappedAddress })?.value, value.count >= 4 else {
            return nil
        }
        guard (value[1] == 1 && value.count == 8) || (value[1] == 2 && value.count == 20) else { return nil }
        let mask = Self.mask(transaction)
        let port = (UInt16(value[2]) << 8 | UInt16(value[3])) ^ UInt16(STUN.magicCookie >> 16)
        guard let ip = IPAddress(bytes: zip(value[4...], mask).map { $0 ^ $1 }) else { return nil }
        return SocketAddress(ip: ip, port: port)
    }

    /// Types below 0x8000 that we do not understand: such a message must not be taken as if they were not there (RFC 8489 §6.3).
    package var unknownRequiredTypes: [UInt16] {
        attributes.map(\.type).filter { $0 < 0x8000 && !AttributeType.understood.contains($0) }
    }

    static func xorMappedAddress(_ address: SocketAddress, transaction: [UInt8]) -> Attribute {
        var writer = ByteWriter()
        let bytes = address.ip.bytes
        writer.write(0 as UInt8)
        writer.write(bytes.count == 4 ? 1 : 2 as UInt8)
        writer.write(address.port ^ UInt16(STUN.magicCookie >> 16))
        writer.write(zip(bytes, mask(transaction)).map { $0 ^ $1 })
        return Attribute(type: AttributeType.xorMappedAddress, value: writer.bytes)
    }

    /// Error 420 (RFC 8489 §6.3.1) with an empty reason phrase. It lists at most four types, so that it is never more than 1.5 times
    /// as long as the request that caused it.
    static func unknownAttributes(_ types: [UInt16], transaction: [UInt8]) -> STUNMessage {
        var list = ByteWriter()
        for type in types.prefix(4) { list.write(type) }
        return STUNMessage(
            kind: .error, transaction: transaction,
            attributes: [
                Attribute(type: AttributeType.errorCode, value: [0, 0, 4, 20]),
                Attribute(type: AttributeType.unknownAttributes, value: list.bytes),
            ])
    }

    /// Cookie and transaction id: what addresses are XORed with, so that NATs which rewrite addresses in payloads miss them.
    private static func mask(_ transaction: [UInt8]) -> [UInt8] { [0x21, 0x12, 0xA4, 0x42] + transaction }

    /// CRC-32 of the message up to the attribute, XORed with "STUN" (RFC 8489 §14.7), big-endian. The length field in front
    /// already counts the attribute.
    private static func fingerprint(of message: ArraySlice<UInt8>) -> [UInt8] {
        let value = crc32(message) ^ 0x5354_554E
        return (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(24 - $0 * 8)) }
    }

    /// CRC-32 of ITU-T V.42: reflected polynomial 0xEDB88320. Bit by bit: messages are short and rare.
    private static func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var crc = UInt32.max
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
        }
        return ~crc
    }
}
