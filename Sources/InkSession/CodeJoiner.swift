import InkBoard
import InkCrypto
import InkPrimitives

/// The joiner's side of one try of a short code (SE-215 to SE-217). A value for one mailbox and one confirmation: who types the code again makes another.
public struct CodeJoiner: Sendable {
    /// Why nothing came of it.
    public enum Failure: Error, Hashable, Sendable {
        /// The words are others than the inviter's, and the code is burnt; or somebody in between made it so.
        case mismatch
        /// As many have come by it as may.
        case spent
        /// The inviter's program reads no message of ours, or we none of his.
        case otherForm
        /// What he gave is no invite that this program can use.
        case unusable(InviteLinkError)
    }

    /// What came of it.
    public struct Given: Sendable {
        public var invite: Invite
        /// Whose program it was, with whom the words were shared.
        public var inviter: AuthorID
        public var role: Role
    }

    public enum Step: Sendable {
        case pass([UInt8])
        /// With a last word to the inviter.
        case done(Given, last: [UInt8])
    }

    private enum State: Sendable {
        case knocked(CPace)
        case confirmed(CodeKeys)
        case over
    }

    private var state: State
    private let device: SigningKey
    private let name: String
    private var random: SecretGenerator
    /// The first word, that goes with the knock.
    public let opening: [UInt8]

    /// - Parameters:
    ///   - words: three, in small letters, joined by hyphens.
    ///   - device: under which the board will be written.
    ///   - name: as the person is called; at most 64 bytes.
    public init(words: String, mailbox: UInt32, device: SigningKey, name: String, random: SecretGenerator) {
        var random = random
        let session = random.bytes(CodeMessage.sessionCount)
        let run = CodeKeys.run(.initiator, words: words, mailbox: mailbox, session: session, secret: random.secret())
        opening = CodeMessage.opening(session: session, share: run.share)
        state = .knocked(run)
        (self.device, self.name, self.random) = (device, name, random)
    }

    /// The inviter said something.
    public mutating func take(_ body: [UInt8]) throws(Failure) -> Step {
        let before = state
        state = .over
        if let why = CodeMessage.readRefusal(body) {
            switch why {
            case .spent: throw .spent
            case .form: throw .otherForm
            case .mismatch: throw .mismatch
            }
        }
        switch before {
        case .knocked(let run):
            guard let share = CodeMessage.readAnswer(body) else { throw .otherForm }
            guard let key = run.key(with: share) else { throw .mismatch }
            var keys = CodeKeys(key, transcript: opening + body)
            let word = CodeMessage.JoinerWord(device: device.author, signature: device.sign(keys.claim(of: .initiator)), name: name)
            let confirmation = keys.sealed(CodeMessage.text(word), by: .initiator, using: &random)
            keys.said(confirmation)
            state = .confirmed(keys)
            return .pass(confirmation)
        case .confirmed(let keys):
            guard let text = keys.open(body, by: .responder) else { throw .mismatch }
            guard let word = CodeMessage.inviterWord(text),
                Signature.verify(word.signature, of: keys.claim(of: .responder), by: word.device)
            else { throw .otherForm }
            do throws(InviteLinkError) {
                return .done(Given(invite: try Invite(link: word.link), inviter: word.device, role: word.role), last: [])
            } catch {
                throw .unusable(error)
            }
        case .over: throw .otherForm
        }
    }
}

extension CodeJoiner: CustomReflectable {
    /// Empty: the words are a secret.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
