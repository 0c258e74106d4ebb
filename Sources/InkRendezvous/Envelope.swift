import InkConnectivity
import InkCrypto
import InkPrimitives

/// What one peer tells others through the rendezvous: signed by the sender's device, sealed under a key that only members have,
/// padded so that the rendezvous cannot tell a greeting from an offer (RV-2, RV-3).
///
///     plain = form (1) | kind (1) | flags (1) | salt (16) | recipient (32) | device (32) | content | signature (64) | zeros
///
/// Of the flags one has a meaning: 1, that the speaker takes relayed datagrams at this rendezvous (RV-31). The sender's peer id is made of salt and device, so that nobody can say another's (`PeerSalt`). `recipient` is zero in a greeting to all.
/// The signature covers a domain string, the topic, and everything before it (RV-106). The sealing and the first byte are the same in every version:
/// 5 is the form drawn here, which protocol 4 drew as 4. A protocol writes its own number, so that whoever does not speak it
/// knows why (RV-12). Form 1, of protocols 1 and 2, has the sender's peer id (32) in place of flags and salt; it is read and
/// written only so far that such a member learns of our version, for 0.1 does not look at the first byte.
package struct Envelope: Hashable, Sendable {
    /// What is said. Nonces have 16 bytes; `echo` is the newest nonce that the recipient gave, which proves that this is no replay.
    package enum Content: Hashable, Sendable {
        /// "I am here." To all.
        case hello(nonce: [UInt8])
        /// "I am here too."
        case helloAnswer(echo: [UInt8], nonce: [UInt8])
        /// "I shall dial you at your candidates; here are mine." Where a relay carries what follows, `opening` is message 1 of the handshake.
        case offer(echo: [UInt8], nonce: [UInt8], attempt: [UInt8], opening: [UInt8]? = nil, candidates: [Candidate])
        /// "Dial me at these." The attempt nonce is the echo. `reply` is message 2, where the offer brought message 1.
        case answer(attempt: [UInt8], reply: [UInt8]? = nil, candidates: [Candidate])
        /// "I am leaving." (RV-109)
        case bye(echo: [UInt8])
        /// "Between us a session lives, and this is where I am now; tell me the same of you", or the answer to that. Of one process' serials the
        /// greatest is the newest.
        case candidates(echo: [UInt8], nonce: [UInt8], serial: UInt32, candidates: [Candidate], isAnswer: Bool)
    }

    /// How an envelope names its sender.
    package enum Speaker: Hashable, Sendable {
        /// Form 5: the peer id is made of this and the device.
        case salt(PeerSalt)
        /// Form 1: the peer id is only said. Nothing is believed of who says it.
        case said(PeerID)
    }

    package let speaker: Speaker
    /// Zero: everybody.
    package let recipient: PeerID
    package let device: AuthorID
    package let content: Content
    /// The speaker takes relayed datagrams at this rendezvous. Never in form 1.
    package let takesRelay: Bool
    /// The peer id of the speaker.
    package let sender: PeerID

    package init(speaker: Speaker, recipient: PeerID, device: AuthorID, content: Content, takesRelay: Bool = false) {
        (self.speaker, self.recipient, self.device, self.content) = (speaker, recipient, device, content)
        self.takesRelay = takesRelay
        sender = speaker.peer(of: device)
    }

    /// Length of hello and attempt nonces, bytes.
    package static let nonceBytes = 16
    /// Length of message 1 in an offer: sender index (4), Noise (48).
    package static let openingBytes = 52
    /// Length of message 2 in an answer: sender index (4), Noise (240).
    package static let replyBytes = 244
    /// Lengths that plain texts are padded to. All fit the first but those with many IPv6 candidates. The greatest would be an answer with 16 of
    /// those and message 2, of 728 bytes.
    package static let sizeClasses = [512, 1024]
    private static let domain = Array("inkwire/1 envelope".utf8)

    /// The envelope as the rendezvous sees it.
    package func sealed(for topic: Topic, device key: SigningKey, envelopeKey: Secret32, using generator: inout SecretGenerator) -> [UInt8]
    {
        Self.pad(signed(for: topic, by: key), topic: topic, envelopeKey: envelopeKey, using: &generator)
    }

    /// The envelope as the rendezvous sees it, and all others of the topic: nobody but `reader` can tell even who says it. Nil where there can be no such
    /// device.
    package func sealed(
        to reader: AuthorID, for topic: Topic, device key: SigningKey, envelopeKey: Secret32, using generator: inout SecretGenerator
    ) -> [UInt8]? {
        let context = Self.domain + topic.bytes
        guard let inside = DeviceBox.seal(signed(for: topic, by: key), to: reader, context: context, using: &generator) else { return nil }
        var writer = ByteWriter(capacity: 512)
        writer.write(speaker.form)
        writer.write(Self.closedKind)
        writer.writeLengthPrefixed(inside)
        return Self.pad(writer.bytes, topic: topic, envelopeKey: envelopeKey, using: &generator)
    }

    private func signed(for topic: Topic, by key: SigningKey) -> [UInt8] {
        var writer = ByteWriter(capacity: 512)
        writer.write(speaker.form)
        writer.write(content.kind)
        speaker.write(takesRelay: takesRelay, to: &writer)
        writer.write(recipient)
        writer.write(device)
        content.write(to: &writer)
        writer.write(key.sign(Self.signed(writer.bytes, topic: topic)))
        return writer.bytes
    }

    private static func pad(_ bytes: [UInt8], topic: Topic, envelopeKey: Secret32, using generator: inout SecretGenerator) -> [UInt8] {
        var writer = ByteWriter(capacity: 512)
        writer.write(bytes)
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
        /// It is for one device, which is another.
        case closed
    }

    /// Opens, reads and verifies a box.
    ///
    /// - Parameter device: ours; nil for one that nothing is sealed to.
    package init(opening box: [UInt8], topic: Topic, envelopeKey: Secret32, device: SigningKey? = nil) throws(Failure) {
        guard let plain = SealedBox.open(box, key: envelopeKey, context: Self.domain + topic.bytes) else { throw .notSealed }
        if let first = plain.first, !Speaker.forms.contains(first) { throw .otherVersion(first) }
        guard plain.count > 1, plain[1] == Self.closedKind else {
            try self.init(signed: plain, isPadded: true, topic: topic)
            return
        }
        let inside: [UInt8]
        do throws(WireError) {
            var reader = ByteReader(plain)
            guard try reader.readUInt16() == UInt16(Speaker.newestForm) << 8 | UInt16(Self.closedKind) else { throw .unexpected }
            inside = try reader.readLengthPrefixed(limit: plain.count)
            try Self.checkPadding(plain, from: reader.position)
        } catch {
            throw .malformed(error)
        }
        guard let device, let signed = DeviceBox.open(inside, by: device, context: Self.domain + topic.bytes) else { throw .closed }
        guard signed.first == Speaker.newestForm else { throw .malformed(.unexpected) }
        try self.init(signed: signed, isPadded: false, topic: topic)
    }

    /// Reads and verifies what was sealed (RV-144).
    private init(signed plain: [UInt8], isPadded: Bool, topic: Topic) throws(Failure) {
        let body: Int
        let signature: [UInt8]
        do throws(WireError) {
            var reader = ByteReader(plain)
            let form = try reader.readUInt8()
            let kind = try reader.readUInt8()
            (speaker, takesRelay) = try Speaker.read(form: form, from: &reader)
            recipient = try reader.readIdentifier()
            device = try reader.readIdentifier()
            sender = speaker.peer(of: device)
            content = try Content(kind: kind, form: form, from: &reader)
            body = reader.position
            signature = try reader.readBytes(Signature.byteCount)
            if isPadded { try Self.checkPadding(plain, from: reader.position) } else { try reader.finish() }
            guard (recipient == .zero) == content.isForAll else { throw WireError.unexpected }
        } catch {
            throw .malformed(error)
        }
        guard Signature.verify(signature, of: Self.signed(Array(plain[..<body]), topic: topic), by: device) else { throw .notSigned }
    }

    /// Zeros to the next size, and nothing else.
    private static func checkPadding(_ plain: [UInt8], from end: Int) throws(WireError) {
        guard plain.count == sizeClasses.first(where: { $0 >= end }), plain[end...].allSatisfy({ $0 == 0 }) else { throw .nonCanonical }
    }

    /// In place of a kind: what follows is a whole envelope, unpadded, sealed to one device.
    private static let closedKind: UInt8 = 10

    private static func signed(_ body: [UInt8], topic: Topic) -> [UInt8] { domain + topic.bytes + body }
}

extension Envelope.Speaker {
    static let forms: [UInt8] = [1, newestForm]
    static let newestForm: UInt8 = 5

    var form: UInt8 {
        switch self {
        case .said: 1
        case .salt: Self.newestForm
        }
    }

    func write(takesRelay: Bool, to writer: inout ByteWriter) {
        switch self {
        case .said(let peer): writer.write(peer)
        case .salt(let salt):
            writer.write(takesRelay ? 1 : 0 as UInt8)
            writer.write(salt.bytes)
        }
    }

    package func peer(of device: AuthorID) -> PeerID {
        switch self {
        case .said(let peer): peer
        case .salt(let salt): salt.peer(of: device)
        }
    }

    static func read(form: UInt8, from reader: inout ByteReader) throws(WireError) -> (speaker: Self, takesRelay: Bool) {
        if form == 1 { return (.said(try reader.readIdentifier()), false) }
        let flags = try reader.readUInt8()
        guard flags <= 1 else { throw .unexpected }
        return (.salt(try PeerSalt(from: &reader)), flags == 1)
    }
}

extension Envelope.Content {
    var kind: UInt8 {
        switch self {
        case .hello: 1
        case .helloAnswer: 2
        case .offer(_, _, _, nil, _): 3
        case .answer(_, nil, _): 4
        case .bye: 5
        case .offer: 6
        case .answer: 7
        case .candidates(_, _, _, _, isAnswer: false): 8
        case .candidates: 9
        }
    }

    var isForAll: Bool { if case .hello = self { true } else { false } }

    func write(to writer: inout ByteWriter) {
        switch self {
        case .hello(let nonce): writer.write(nonce)
        case .helloAnswer(let echo, let nonce):
            writer.write(echo)
            writer.write(nonce)
        case .offer(let echo, let nonce, let attempt, let opening, let candidates):
            writer.write(echo)
            writer.write(nonce)
            writer.write(attempt)
            Self.write(opening, count: Envelope.openingBytes, to: &writer)
            Self.write(candidates, to: &writer)
        case .answer(let attempt, let reply, let candidates):
            writer.write(attempt)
            Self.write(reply, count: Envelope.replyBytes, to: &writer)
            Self.write(candidates, to: &writer)
        case .bye(let echo): writer.write(echo)
        case .candidates(let echo, let nonce, let serial, let candidates, _):
            writer.write(echo)
            writer.write(nonce)
            writer.write(serial)
            Self.write(candidates, to: &writer)
        }
    }

    init(kind: UInt8, form: UInt8, from reader: inout ByteReader) throws(WireError) {
        let count = Envelope.nonceBytes
        // What came after kind 5 came after form 1.
        guard form != 1 || kind <= 5 else { throw .unexpected }
        switch kind {
        case 1: self = .hello(nonce: try reader.readBytes(count))
        case 2: self = .helloAnswer(echo: try reader.readBytes(count), nonce: try reader.readBytes(count))
        case 3, 6:
            self = .offer(
                echo: try reader.readBytes(count), nonce: try reader.readBytes(count), attempt: try reader.readBytes(count),
                opening: kind == 6 ? try reader.readBytes(Envelope.openingBytes) : nil,
                candidates: try Self.readCandidates(from: &reader))
        case 4, 7:
            self = .answer(
                attempt: try reader.readBytes(count), reply: kind == 7 ? try reader.readBytes(Envelope.replyBytes) : nil,
                candidates: try Self.readCandidates(from: &reader))
        case 5: self = .bye(echo: try reader.readBytes(count))
        case 8, 9:
            self = .candidates(
                echo: try reader.readBytes(count), nonce: try reader.readBytes(count), serial: try reader.readUInt32(),
                candidates: try Self.readCandidates(from: &reader), isAnswer: kind == 9)
        default: throw .unexpected
        }
    }

    private static func write(_ message: [UInt8]?, count: Int, to writer: inout ByteWriter) {
        guard let message else { return }
        precondition(message.count == count, "this message of the handshake has \(count) bytes, not \(message.count)")
        writer.write(message)
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
