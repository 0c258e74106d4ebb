import Foundation
import InkCrypto
import InkPrimitives
import InkRendezvous
import Testing

@Suite struct MessagesTests {
    private let topic = Topic.zero

    @Test func `messages come back from JSON as they were, and fit the limit`() throws {
        let client: [ClientMessage] = [
            .join(topic: topic, key: Meeting.device(1).author, signature: [UInt8](repeating: 255, count: 64)),
            .send(topic: topic, to: nil, box: [1]),
            .send(topic: topic, to: .max, box: [UInt8](repeating: 7, count: Signalling.boxBytesMax)),
            .leave(topic: topic),
        ]
        for message in client {
            let json = try JSONEncoder().encode(message)
            #expect(json.count <= Signalling.messageBytesMax)
            #expect(try JSONDecoder().decode(ClientMessage.self, from: json) == message)
        }
        let server: [ServerMessage] = [
            .welcome(nonce: [UInt8](repeating: 1, count: 32), stunPort: nil),
            .welcome(nonce: [UInt8](repeating: 1, count: 32), stunPort: 65535),
            .welcome(nonce: [UInt8](repeating: 1, count: 32), stunPort: nil, relay: 65_536),
            .welcome(nonce: [UInt8](repeating: 1, count: 32), stunPort: nil, auth: .bearer),
            .welcome(nonce: [UInt8](repeating: 1, count: 32), stunPort: nil, auth: .guest), .refused(.noToken), .refused(.tokenNotYetValid),
            .joined(topic: topic, member: .max, others: 3), .refused(.notAdmitted),
            .envelope(topic: topic, from: .max, box: [UInt8](repeating: 7, count: Signalling.boxBytesMax)),
        ]
        for message in server {
            let json = try JSONEncoder().encode(message)
            #expect(json.count <= Signalling.messageBytesMax)
            #expect(try JSONDecoder().decode(ServerMessage.self, from: json) == message)
        }
    }

    @Test(arguments: [
        #"{}"#, #"[]"#, #""join""#, #"{"type":"dance"}"#, #"{"type":"leave"}"#, #"{"type":"leave","topic":"AAAA"}"#,
        #"{"type":"leave","topic":7}"#, #"{"type":"send","topic":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","box":""}"#,
        #"{"type":"send","topic":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","box":"A*AA"}"#,
        #"{"type":"send","topic":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","to":-1,"box":"AAAA"}"#,
        #"{"type":"send","topic":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","to":4294967296,"box":"AAAA"}"#,
    ])
    func `what is not a message is refused`(json: String) {
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(ClientMessage.self, from: Data(json.utf8)) }
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(ServerMessage.self, from: Data(json.utf8)) }
    }

    @Test func `a box over its limit is refused before it is decoded`() throws {
        let text = String(repeating: "A", count: 2000)
        let json = #"{"type":"send","topic":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","box":"\#(text)"}"#
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(ClientMessage.self, from: Data(json.utf8)) }
    }
}
