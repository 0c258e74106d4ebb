import InkPrimitives

/// What this target reads of bytes that strangers and members send, each as a function of bytes alone: for tools/fuzz, which sees none of
/// the names behind it.
package enum TransportDecoders {
    /// The frames of one packet, decrypted. How many there are.
    package static func frames(_ bytes: [UInt8]) throws(WireError) -> Int {
        var reader = ByteReader(bytes)
        var frames: [Frame] = []
        while !reader.isAtEnd { frames.append(try Frame(from: &reader)) }
        return frames.count
    }

    /// Any handshake packet whose MAC is taken for right. The type that it is.
    package static func handshakePacket(_ bytes: [UInt8]) throws(WireError) -> UInt8 {
        guard let type = bytes.first.flatMap(PacketType.init(rawValue:)) else { throw .unexpected }
        switch type {
        case .start: _ = try StartPacket(decoding: bytes)
        case .answer: _ = try AnswerPacket(decoding: bytes)
        case .finish: _ = try FinishPacket(decoding: bytes)
        case .cookie: _ = try CookiePacket(decoding: bytes)
        case .punch, .data, .dataLong: break
        }
        return type.rawValue
    }

    /// What messages 2 and 3 of the handshake carry, decrypted. True for message 2.
    package static func handshakeIdentity(_ bytes: [UInt8], isAnswer: Bool) throws(WireError) -> Bool {
        _ = isAnswer ? try HandshakeIdentity(decodingAnswer: bytes) : try HandshakeIdentity(decodingFinish: bytes)
        return isAnswer
    }
}
