import Foundation
import InkRendezvous
import NIOCore

/// Messages of the rendezvous as JSON text. Both directions are bounded by `Signalling.messageBytesMax`.
enum SignallingJSON {
    static func encode(_ message: some Encodable) throws -> ByteBuffer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return ByteBuffer(bytes: try encoder.encode(message))
    }

    static func decode<Message: Decodable>(_: Message.Type, from text: ByteBuffer) throws -> Message {
        guard text.readableBytes <= Signalling.messageBytesMax else {
            throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "\(text.readableBytes) bytes"))
        }
        return try JSONDecoder().decode(Message.self, from: Data(text.readableBytesView))
    }
}
