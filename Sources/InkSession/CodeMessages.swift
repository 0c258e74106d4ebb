import InkBoard
import InkCrypto
import InkPrimitives

/// What an inviter and a joiner say to each other in a mailbox (SE-215).
///
///     1  joiner     form 1 │ session (16) │ share (32)
///     2  inviter    form 1 │ share (32)
///     3  joiner     tag (32) │ box: device (32), signature (64), name's length (1), name, zeros to 192
///     4  inviter    tag (32) │ box: device (32), signature (64), role (1), link's length (2), link, zeros to a multiple of 512
///     5  joiner     nothing: it has the invite
///     -  inviter    form 0 │ why not (1): instead of 2 or 4, and the last that he says
///
/// Box: XChaCha20-Poly1305 (`SealedBox`). Tag: keyed BLAKE2b-256 of all that was said before and of the box, which fits no other key, as the tag of an AEAD may
/// (Len, Grubbs, Ristenpart 2021). All keys are derived of the key of the CPace run in 1 and 2.
enum CodeMessage {
    /// Why an inviter gives nothing.
    enum Refusal: UInt8, Hashable, Sendable {
        /// As many have come by the code as may.
        case spent = 1
        /// He does not read this form.
        case form = 2
        /// The words are others.
        case mismatch = 3
    }

    static let form: UInt8 = 1
    private static let refusalForm: UInt8 = 0
    static let sessionCount = 16
    private static let shareCount = 32
    static let tagCount = 32
    private static let joinerTextCount = 192
    private static let inviterTextStep = 512
    /// Bytes of one message at most, which a rendezvous passes on (RV-146).
    static let bytesMax = 2900
    /// Bytes of a link that fits.
    static let linkBytesMax = 2048

    // MARK: 1 and 2

    static func opening(session: [UInt8], share: [UInt8]) -> [UInt8] { [form] + session + share }

    static func readOpening(_ bytes: [UInt8]) -> (session: [UInt8], share: [UInt8])? {
        guard bytes.count == 1 + sessionCount + shareCount, bytes[0] == form else { return nil }
        return (Array(bytes[1...sessionCount]), Array(bytes[(1 + sessionCount)...]))
    }

    static func answer(share: [UInt8]) -> [UInt8] { [form] + share }

    static func readAnswer(_ bytes: [UInt8]) -> [UInt8]? {
        bytes.count == 1 + shareCount && bytes[0] == form ? Array(bytes.dropFirst()) : nil
    }

    static func refusal(_ why: Refusal) -> [UInt8] { [refusalForm, why.rawValue] }

    static func readRefusal(_ bytes: [UInt8]) -> Refusal? {
        bytes.count == 2 && bytes[0] == refusalForm ? Refusal(rawValue: bytes[1]) : nil
    }

    // MARK: 3 and 4

    /// What the joiner tells of himself.
    struct JoinerWord: Hashable, Sendable {
        var device: AuthorID
        var signature: [UInt8]
        /// Unsanitised; at most 64 bytes.
        var name: String
    }

    static func text(_ word: JoinerWord) -> [UInt8] {
        let name = Array(word.name.utf8)
        precondition(name.count <= Limits.nameBytes, "a name has at most \(Limits.nameBytes) bytes, not \(name.count)")
        let text = word.device.bytes + word.signature + [UInt8(name.count)] + name
        return text + [UInt8](repeating: 0, count: joinerTextCount - text.count)
    }

    static func joinerWord(_ text: [UInt8]) -> JoinerWord? {
        guard text.count == joinerTextCount, let device = AuthorID(text[..<32]), text[96] <= UInt8(Limits.nameBytes) else { return nil }
        let end = 97 + Int(text[96])
        guard text[end...].allSatisfy({ $0 == 0 }), let name = String(validating: text[97..<end], as: UTF8.self) else { return nil }
        return JoinerWord(device: device, signature: Array(text[32..<96]), name: name)
    }

    /// What the inviter gives.
    struct InviterWord: Hashable, Sendable {
        var device: AuthorID
        var signature: [UInt8]
        var role: Role
        var link: String
    }

    static func text(_ word: InviterWord) -> [UInt8] {
        let link = Array(word.link.utf8)
        precondition(link.count <= linkBytesMax, "a link has at most \(linkBytesMax) bytes, not \(link.count)")
        let text = word.device.bytes + word.signature + [word.role.rawValue, UInt8(link.count >> 8), UInt8(link.count & 255)] + link
        return text + [UInt8](repeating: 0, count: (inviterTextStep - text.count % inviterTextStep) % inviterTextStep)
    }

    static func inviterWord(_ text: [UInt8]) -> InviterWord? {
        guard text.count >= inviterTextStep, text.count % inviterTextStep == 0, let device = AuthorID(text[..<32]),
            let role = Role(rawValue: text[96])
        else { return nil }
        let end = 99 + Int(text[97]) << 8 + Int(text[98])
        guard end <= text.count, end > text.count - inviterTextStep, text[end...].allSatisfy({ $0 == 0 }),
            let link = String(validating: text[99..<end], as: UTF8.self)
        else { return nil }
        return InviterWord(device: device, signature: Array(text[32..<96]), role: role, link: link)
    }
}

/// The keys of one run, and what is made with them.
struct CodeKeys: Sendable {
    private let key: CPaceKey
    /// Messages 1 and 2, and 3 once that was said.
    private var transcript: [UInt8]

    init(_ key: CPaceKey, transcript: [UInt8]) { (self.key, self.transcript) = (key, transcript) }

    /// What a code is to both: its words are the password, its mailbox the channel.
    static func run(_ side: CPace.Side, words: String, mailbox: UInt32, session: [UInt8], secret: Secret32) -> CPace {
        let number = Array(String(mailbox).utf8)
        let name = Array("inkwire/1 code".utf8)
        return CPace(
            side, password: Array(words.utf8), channel: [UInt8(name.count)] + name + [UInt8(number.count)] + number, session: session,
            secret: secret)
    }

    /// Message 3 was said: what follows is bound to it, too.
    mutating func said(_ confirmation: [UInt8]) { transcript += confirmation }

    /// What a device signs: this run, and which side it is on (SE-359).
    func claim(of side: CPace.Side) -> [UInt8] {
        Array("inkwire/1 code \(Self.word(side))".utf8)
            + Blake2b.authenticate(transcript, key: key.derive("inkwire/1 code binding"), count: 32)
    }

    /// A message, tag and box.
    func sealed(_ text: [UInt8], by side: CPace.Side, using generator: inout SecretGenerator) -> [UInt8] {
        let box = SealedBox.seal(text, key: key.derive("inkwire/1 code \(Self.word(side)) box"), context: transcript, using: &generator)
        return tag(of: box, by: side) + box
    }

    /// What is in it; nil where the tag is wrong: the other has another key.
    func open(_ message: [UInt8], by side: CPace.Side) -> [UInt8]? {
        guard message.count >= CodeMessage.tagCount + SealedBox.overhead else { return nil }
        let box = Array(message[CodeMessage.tagCount...])
        guard constantTimeEqual(tag(of: box, by: side), Array(message[..<CodeMessage.tagCount])) else { return nil }
        return SealedBox.open(box, key: key.derive("inkwire/1 code \(Self.word(side)) box"), context: transcript)
    }

    private func tag(of box: [UInt8], by side: CPace.Side) -> [UInt8] {
        Blake2b.authenticate(transcript + box, key: key.derive("inkwire/1 code \(Self.word(side)) tag"), count: CodeMessage.tagCount)
    }

    private static func word(_ side: CPace.Side) -> String { side == .initiator ? "joiner" : "inviter" }
}

/// What reads the words of a mailbox, for who tries it with any bytes.
package enum CodeDecoders {
    package static let kinds = 5

    /// What the bytes are taken for, written again: a knock, an answer, a refusal (SE-272), or what a joiner or an inviter says under seal; nil
    /// where they are refused.
    package static func rewritten(_ bytes: [UInt8], kind: Int) -> [UInt8]? {
        switch kind {
        case 0: CodeMessage.readOpening(bytes).map { CodeMessage.opening(session: $0.session, share: $0.share) }
        case 1: CodeMessage.readAnswer(bytes).map { CodeMessage.answer(share: $0) }
        case 2: CodeMessage.readRefusal(bytes).map { CodeMessage.refusal($0) }
        case 3: CodeMessage.joinerWord(bytes).map { CodeMessage.text($0) }
        default: CodeMessage.inviterWord(bytes).map { CodeMessage.text($0) }
        }
    }

    /// One of each kind.
    package static func samples(device: AuthorID, link: String) -> [[UInt8]] {
        let bytes = [UInt8](repeating: 7, count: 64)
        return [
            CodeMessage.opening(session: Array(bytes.prefix(16)), share: Array(bytes.prefix(32))),
            CodeMessage.answer(share: Array(bytes.prefix(32))), CodeMessage.refusal(.spent),
            CodeMessage.text(CodeMessage.JoinerWord(device: device, signature: bytes, name: "bob")),
            CodeMessage.text(CodeMessage.InviterWord(device: device, signature: bytes, role: .editor, link: link)),
        ]
    }
}

extension CodeMessage.InviterWord: CustomReflectable {
    /// Empty: the link is a secret.
    var customMirror: Mirror { Mirror(self, children: []) }
}
