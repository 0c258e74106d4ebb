import Foundation
import InkCrypto
import InkPrimitives
import InkRendezvous

/// Whether what is said to a rendezvous, and by it, is in a form that the page of `InkRendezvous` publishes, as a member of rooms sees it (AU-5).
struct SignallingForms {
    struct Verdict {
        /// What it is, as `join` or `envelope`.
        var name: String
        var fault: String?
        /// What stands in it as base64, decoded: it is looked through as well.
        var bodies: [[UInt8]] = []
    }

    private let rooms: [Topic: RoomKeys]
    /// What the server of this connection gave to sign.
    private var nonce: [UInt8]?

    init(rooms: [RoomKeys]) {
        self.rooms = Dictionary(rooms.compactMap { room in Topic(room.topic).map { ($0, room) } }) { first, _ in first }
    }

    // MARK: Heads

    /// What in a head is none of the words that are always said; nil where nothing is.
    static func fault(ofHead head: [UInt8], isOfServer: Bool) -> String? {
        let lines = String(decoding: head, as: UTF8.self).components(separatedBy: "\r\n")
        guard lines[0] == (isOfServer ? PublishedWords.answerLine : PublishedWords.requestLine) else { return "its first line is another" }
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            guard parts.count == 2, let published = PublishedWords.fields[parts[0].lowercased()] else {
                return "it has a field that is none of ours"
            }
            if let published {
                guard parts[1].lowercased() == published else { return "its field \(parts[0].lowercased()) says something else" }
            } else if !hasForm(parts[1], of: parts[0].lowercased()) {
                return "its field \(parts[0].lowercased()) is in no form of it"
            }
        }
        return nil
    }

    private static func hasForm(_ value: String, of field: String) -> Bool {
        switch field {
        case "sec-websocket-key": Data(base64Encoded: value)?.count == 16
        case "sec-websocket-accept": Data(base64Encoded: value)?.count == 20
        // A token, which only the rendezvous is to see: over TLS, or on one machine.
        case "authorization": value.hasPrefix("Bearer ") && AccessKeys.isToken(String(value.dropFirst(7)))
        // A host and a port, and nothing that can be a text.
        default: value.count <= 260 && value.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-.:[]%".contains($0)) }
        }
    }

    // MARK: Texts

    /// Judges a text of the client's.
    mutating func judgeOfClient(_ text: [UInt8]) -> Verdict {
        guard let message: ClientMessage = Self.decode(text) else { return Verdict(name: "text", fault: Self.notPublished) }
        guard Self.isItsOneSpelling(text, message) else { return Verdict(name: "text", fault: Self.otherSpelling) }
        switch message {
        case .join(let topic, let key, let signature):
            guard !rooms.isEmpty else { return Verdict(name: "join") }
            guard let room = rooms[topic] else { return Verdict(name: "join", fault: Self.strangeTopic) }
            guard key == room.topicKey.author else { return Verdict(name: "join", fault: "its key is not that of the topic") }
            guard let nonce else { return Verdict(name: "join") }
            let isSigned = Signature.verify(signature, of: Signalling.joinProof(topic: topic, nonce: nonce), by: key)
            return Verdict(name: "join", fault: isSigned ? nil : "its signature is not over what the server gave to sign")
        case .send(let topic, _, let box): return judge(box, topic)
        case .leave(let topic): return Verdict(name: "leave", fault: rooms.isEmpty || rooms[topic] != nil ? nil : Self.strangeTopic)
        case .mailbox(let request): return Verdict(name: "mailbox", bodies: request.body.map { [$0] } ?? [])
        }
    }

    /// Judges a text of the server's.
    mutating func judgeOfServer(_ text: [UInt8]) -> Verdict {
        guard let message: ServerMessage = Self.decode(text) else { return Verdict(name: "text", fault: Self.notPublished) }
        guard Self.isItsOneSpelling(text, message) else { return Verdict(name: "text", fault: Self.otherSpelling) }
        switch message {
        case .welcome(let nonce, _, _, _, _):
            self.nonce = nonce
            return Verdict(name: "welcome")
        case .joined: return Verdict(name: "joined")
        case .envelope(let topic, _, let box): return judge(box, topic)
        case .refused: return Verdict(name: "refused")
        case .mailbox(let answer): return Verdict(name: "mailbox", bodies: answer.body.map { [$0] } ?? [])
        }
    }

    private func judge(_ box: [UInt8], _ topic: Topic) -> Verdict {
        guard !rooms.isEmpty else { return Verdict(name: "envelope", bodies: [box]) }
        guard let room = rooms[topic] else { return Verdict(name: "envelope", fault: Self.strangeTopic, bodies: [box]) }
        do throws(Envelope.Failure) {
            _ = try Envelope(opening: box, topic: topic, envelopeKey: room.envelope)
            return Verdict(name: "envelope", bodies: [box])
        } catch {
            let fault: String? =
                switch error {
                // What is for one device alone nobody else opens; that it is padded has been looked at.
                case .closed, .otherVersion: nil
                case .notSealed: "it is not sealed under the board's key"
                case .malformed: "what is sealed in it is in no published form"
                case .notSigned: "what is sealed in it is not signed by whom it names"
                }
            return Verdict(name: "envelope", fault: fault, bodies: [box])
        }
    }

    private static let notPublished = "it is no message of the protocol"
    private static let otherSpelling = "it has another spelling than that one message has: something more may stand in it"
    private static let strangeTopic = "its topic is none of a board that was named"

    private static func decode<Message: Decodable>(_ text: [UInt8]) -> Message? {
        guard text.count <= Signalling.messageBytesMax else { return nil }
        return try? JSONDecoder().decode(Message.self, from: Data(text))
    }

    /// Fields in the order of their names, without white space: as ours write it.
    private static func isItsOneSpelling(_ text: [UInt8], _ message: some Encodable) -> Bool {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(message)).map { Array($0) == text } ?? false
    }
}

extension MailboxRequest {
    fileprivate var body: [UInt8]? {
        switch self {
        case .knock(_, let body), .pass(_, _, let body): body
        case .open, .openLocal, .close, .dismiss: nil
        }
    }
}

extension MailboxAnswer {
    fileprivate var body: [UInt8]? {
        switch self {
        case .knock(_, _, let body), .pass(_, _, let body): body
        case .opened, .noMailbox, .busy, .gone: nil
        }
    }
}
