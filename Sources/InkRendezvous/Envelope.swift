import InkConnectivity
import InkCrypto
import InkPrimitives

/// What one peer tells others through the rendezvous: signed by the sender's device, sealed under a key that only members have,
/// padded so that the rendezvous cannot tell a greeting from an offer (RV-2, RV-3).
///
///     plain = form (1) | kind (1) | salt (16) | recipient (32) | device (32) | content | signature (64) | zeros
///
/// The sender's peer id is made of salt and device, so that nobody can say another's (`PeerSalt`). `recipient` is zero in a greeting to all.
/// The signature covers a domain string, the topic, and everything before it. The sealing and the first byte are the same in every version: 3
/// is the form drawn here, which came with protocol 3. A protocol that draws another writes its own number, so that whoever cannot read it
/// knows why (RV-12). Form 1, of protocols 1 and 2, has the sender's peer id (32) in place of the salt; it is read and written only so far
/// that such a member learns of our version, for 0.1 does not look at the first byte.
package struct Envelope: Hashable, Sendable {
    /// What is said. Nonces have 16 bytes; `echo` is the newest nonce that the recipient gave, which proves that this is no replay.
    package enum Content: Hashable, Sendable {
        /// "I am here." To all.
        case hello(nonce: [UInt8])
        /// "I am here too."
        case helloAnswer(echo: [UInt8], nonce: [UInt8])
        /// "I shall dial you at your candidates; here are mine."
        case offer(echo: [UInt8], nonce: [UInt8], attempt: [UInt8], candidates: [Candidate])
        /// "Dial me at these." The attempt nonce is the echo.
        case answer(attempt: [UInt8], candidates: [Candidate])
        /// "I am leaving."
        case bye(echo: [UInt8])
    }

    /// How an envelope names its sender.
    package enum Speaker: Hashable, Sendable {
        /// Form 3: the peer id is made of this and the device.
        case salt(PeerSalt)
        /// Form 1: the peer id is only said. Nothing is believed of who says it.
        case said(PeerID)
    }

    package let speaker: Speaker
    /// Zero: everybody.
    package let recipient: PeerID
    package let device: AuthorID
    package let content: Content
    /// The peer id of the speaker.
    package let sender: PeerID

    package init(speaker: Speaker, recipient: PeerID, device: AuthorID, content: Content) {
        (self.speaker, self.recipient, self.device, self.content) = (speaker, recipient, device, content)
        sender = speaker.peer(of: device)
    }

    /// Length of hello and attempt nonces, bytes.
    package static let nonceBytes = 16
    /// Lengths that plain texts are padded to. All but offers and answers with many IPv6 candidates fit the first.
    package static let sizeClasses = [512, 1024]
    private static let domain = Array("inkwire/1 envelope".utf8)

    /// The envelope as the rendezvous sees it.
    package func sealed(for topic: Topic, device key: SigningKey, envelopeKey: Secret32, using generator: inout SecretGenerator) -> [UInt8]
    {
        var writer = ByteWriter(capacity: 512)
        writer.write(speaker.form)
        writer.write(content.kind)
        writer.write(speaker.bytes)
        writer.write(recipient)
        writer.write(device)
        content.write(to: &writer)
        writer.write(key.sign(Self.signed(writer.bytes, topic: topic)))
        let size = Self.sizeClasses.first { $0 >= writer.count }
        guard let size else { preconditionFailure("an envelope of \(writer.count) bytes fits no size class") }
        writer.write(repeatElement(0 as UInt8, count: size - writer.count))
        return SealedBox.seal(writer.bytes, key: envelopeKey, context: Self.domain + topic.bytes, using: &generator)
    }

    /// Why a box is not an envelope.
    package enum Failure: Error, Hashable, Sendable {
        /// Not sealed under this room's key for this topic, or altered.
        case notSealed
        /// Sealed by a member who speaks the protocol with this number.
        case otherVersion(UInt8)
        /// Sealed by a member, but not in canonical form.
        case malformed(WireError)
        /// The named device did not sign it.
        case notSigned
    }

    /// Opens, reads and verifies a box.
    package init(opening box: [UInt8], topic: Topic, envelopeKey: Secret32) throws(Failure) {
        guard let plain = SealedBox.open(box, key: envelopeKey, context: Self.domain + topic.bytes) else { throw .notSealed }
        if let first = plain.first, !Speaker.forms.contains(first) { throw .otherVersion(first) }
        let body: Int
        let signature: [UInt8]
        do throws(WireError) {
            guard Self.sizeClasses.contains(plain.count) else { throw WireError.nonCanonical }
            var reader = ByteReader(plain)
            let form = try reader.readUInt8()
            let kind = try reader.readUInt8()
            speaker = try Speaker(form: form, from: &reader)
            recipient = try reader.readIdentifier()
            device = try reader.readIdentifier()
            sender = speaker.peer(of: device)
            content = try Content(kind: kind, from: &reader)
            body = reader.position
            signature = try reader.readBytes(Signature.byteCount)
            guard plain.count == Self.sizeClasses.first(where: { $0 >= reader.position }) else { throw WireError.nonCanonical }
            guard plain[reader.position...].allSatisfy({ $0 == 0 }) else { throw WireError.nonCanonical }
            guard (recipient == .zero) == content.isForAll else { throw WireError.unexpected }
        } catch {
            throw .malformed(error)
        }
        guard Signature.verify(signature, of: Self.signed(Array(plain[..<body]), topic: topic), by: device) else { throw .notSigned }
    }

    private static func signed(_ body: [UInt8], topic: Topic) -> [UInt8] { domain + topic.bytes + body }
}

extension Envelope.Speaker {
    static let forms: [UInt8] = [1, 3]

    var form: UInt8 {
        switch self {
        case .said: 1
        case .salt: 3
        }
    }

    var bytes: [UInt8] {
        switch self {
        case .said(let peer): peer.bytes
        case .salt(let salt): salt.bytes
        }
    }

    package func peer(of device: AuthorID) -> PeerID {
        switch self {
        case .said(let peer): peer
        case .salt(let salt): salt.peer(of: device)
        }
    }

    init(form: UInt8, from reader: inout ByteReader) throws(WireError) {
        self = form == 1 ? .said(try reader.readIdentifier()) : .salt(try PeerSalt(from: &reader))
    }
}

extension Envelope.Content {
    var kind: UInt8 {
        switch self {
        case .hello: 1
        case .helloAnswer: 2
        case .offer: 3
        case .answer: 4
        case .bye: 5
        }
    }

    var isForAll: Bool { if case .hello = self { true } else { false } }

    func write(to writer: inout ByteWriter) {
        switch self {
        case .hello(let nonce): writer.write(nonce)
        case .helloAnswer(let echo, let nonce):
            writer.write(echo)
            writer.write(nonce)
        case .offer(let echo, let nonce, let attempt, let candidates):
            writer.write(echo)
            writer.write(nonce)
            writer.write(attempt)
            Self.write(candidates, to: &writer)
        case .answer(let attempt, let candidates):
            writer.write(attempt)
            Self.write(candidates, to: &writer)
        case .bye(let echo): writer.write(echo)
        }
    }

    init(kind: UInt8, from reader: inout ByteReader) throws(WireError) {
        let count = Envelope.nonceBytes
        switch kind {
        case 1: self = .hello(nonce: try reader.readBytes(count))
        case 2: self = .helloAnswer(echo: try reader.readBytes(count), nonce: try reader.readBytes(count))
        case 3:
            self = .offer(
                echo: try reader.readBytes(count), nonce: try reader.readBytes(count), attempt: try reader.readBytes(count),
                candidates: try Self.readCandidates(from: &reader))
        case 4: self = .answer(attempt: try reader.readBytes(count), candidates: try Self.readCandidates(from: &reader))
        case 5: self = .bye(echo: try reader.readBytes(count))
        default: throw .unexpected
        }
    }

    private static func write(_ candidates: [Candidate], to writer: inout ByteWriter) {
        writer.writeVarint(min(candidates.count, Limits.candidates))
        for candidate in candidates.prefix(Limits.candidates) { candidate.write(to: &writer) }
    }

    private static func readCandidates(from reader: inout ByteReader) throws(WireError) -> [Candidate] {
        var candidates: [Candidate] = []
        for _ in 0..<(try reader.readCount(limit: Limits.candidates)) { candidates.append(try Candidate(from: &reader)) }
        return candidates
    }
}
