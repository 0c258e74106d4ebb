import InkBoard
import InkCrypto
import InkPrimitives

/// The inviter's side of one short code, from the mailbox that was opened for it until nobody more comes by it.
///
///              knock                right tag                  it has it, or another comes
///     waiting ──────▶ asked(keys) ──────────▶ given(device) ─────────────────────────────▶ waiting, or over where all have come
///         ▲               │ goes, or is silent    │ goes, or is silent
///         ╰───────────────┴───────────────────────╯             a wrong tag, and what is no point: over
///
/// A value: it is told what came to the mailbox, and says what goes out (SE-216 to SE-219). Of several visitors it has one at a time, as the rendezvous says.
public struct CodeInviter: Sendable {
    /// What becomes of it, to be told to the person (SE-270).
    public enum Event: Hashable, Sendable {
        /// Somebody was there who does not know the words (SE-360): the code is good for nobody any more.
        case mismatch
        /// Somebody knocked, and went before he showed whether he knows them.
        case left
        /// Somebody knows the words, and as many have come as may: it was given to nobody else.
        case spent
        /// Somebody was there whose program speaks of codes in another form (SE-361), or makes what nobody reads.
        case otherForm
        /// The invite was given to this device, which knew them. Its name is unsanitised.
        case given(AuthorID, name: String)
        /// Its time is over, or all have come.
        case over
    }

    public enum Output: Hashable, Sendable {
        case pass(visitor: UInt32, [UInt8])
        /// The visitor is sent away.
        case dismiss(visitor: UInt32)
        /// The mailbox is given back.
        case close
        case told(Event)
    }

    private enum State: Sendable {
        case waiting
        case asked(visitor: UInt32, CodeKeys, until: Instant)
        case given(visitor: UInt32, until: Instant)
        case over
    }

    private var state = State.waiting
    /// To whom it was given (SE-218).
    private var devices: Set<AuthorID> = []
    private let words: String
    let mailbox: UInt32
    private let uses: Int
    private let device: SigningKey
    private let role: Role
    /// What each who comes gets; at most `linkBytesMax` bytes.
    var link: String
    private var random: SecretGenerator
    /// When it is over for all.
    public let endsAt: Instant

    /// Bytes of a link that it can give.
    public static let linkBytesMax = CodeMessage.linkBytesMax

    /// So long a code is good.
    public static let lifetime: Duration = .seconds(600)
    /// So long a visitor has for his next word: far longer than a way takes, and than his program does.
    static let patience: Duration = .seconds(8)

    /// - Parameters:
    ///   - words: three, in small letters, joined by hyphens.
    ///   - uses: how many may come by it, one after the other; at least one.
    ///   - link: what each of them gets; at most 2048 bytes.
    public init(
        words: String, mailbox: UInt32, uses: Int, device: SigningKey, role: Role, link: String, random: SecretGenerator, now: Instant
    ) {
        precondition(uses > 0 && link.utf8.count <= CodeMessage.linkBytesMax, "\(uses) uses, a link of \(link.utf8.count) bytes")
        (self.words, self.mailbox, self.uses) = (words, mailbox, uses)
        (self.device, self.role, self.link, self.random) = (device, role, link, random)
        endsAt = now + Self.lifetime
    }

    public var isOver: Bool { if case .over = state { true } else { false } }
    public var deadline: Instant? {
        switch state {
        case .waiting: endsAt
        case .asked(_, _, let until), .given(_, let until): min(until, endsAt)
        case .over: nil
        }
    }

    // MARK: What comes

    /// Somebody is at the mailbox, and says his first word.
    public mutating func knock(visitor: UInt32, _ body: [UInt8], now: Instant) -> [Output] {
        guard !isOver else { return [.dismiss(visitor: visitor)] }
        guard now < endsAt else { return end() }
        // The rendezvous lets in one at a time; where it does not, the first has gone for us.
        var outputs = leave()
        guard let (session, share) = CodeMessage.readOpening(body) else {
            return outputs + [.pass(visitor: visitor, CodeMessage.refusal(.form)), .dismiss(visitor: visitor), .told(.otherForm)]
        }
        let run = CodeKeys.run(.responder, words: words, mailbox: mailbox, session: session, secret: random.secret())
        guard let key = run.key(with: share) else { return outputs + burn(visitor) }
        let answer = CodeMessage.answer(share: run.share)
        state = .asked(visitor: visitor, CodeKeys(key, transcript: body + answer), until: now + Self.patience)
        outputs.append(.pass(visitor: visitor, answer))
        return outputs
    }

    /// The visitor says more.
    public mutating func passed(visitor: UInt32, _ body: [UInt8], now: Instant) -> [Output] {
        switch state {
        case .asked(visitor, let keys, _):
            guard now < endsAt else { return end() }
            guard let text = keys.open(body, by: .initiator) else { return burn(visitor) }
            return confirmed(visitor, text, keys, by: body, now: now)
        case .given(visitor, _):
            // Whatever it says, it has read what it was given.
            return finish(visitor)
        default: return [.dismiss(visitor: visitor)]
        }
    }

    /// The visitor has gone.
    public mutating func gone(visitor: UInt32, now: Instant) -> [Output] {
        switch state {
        case .asked(visitor, _, _), .given(visitor, _): leave()
        default: []
        }
    }

    /// Who is there and says nothing keeps the others out, and goes (SE-363).
    public mutating func handleTimeout(now: Instant) -> [Output] {
        guard !isOver else { return [] }
        guard now < endsAt else { return end() }
        switch state {
        case .asked(let visitor, _, let until) where now >= until, .given(let visitor, let until) where now >= until:
            return [.dismiss(visitor: visitor)] + leave()
        default: return []
        }
    }

    // MARK: What follows

    /// The other knows the words.
    private mutating func confirmed(_ visitor: UInt32, _ text: [UInt8], _ keys: CodeKeys, by body: [UInt8], now: Instant) -> [Output] {
        // Who made the tag made this: it is his own fault (SE-360), and he has guessed nothing.
        guard let word = CodeMessage.joinerWord(text), Signature.verify(word.signature, of: keys.claim(of: .initiator), by: word.device)
        else {
            state = .waiting
            return [.pass(visitor: visitor, CodeMessage.refusal(.form)), .dismiss(visitor: visitor), .told(.otherForm)]
        }
        // Who was given it and lost it on the way may come again (SE-362).
        guard devices.contains(word.device) || devices.count < uses else {
            state = .waiting
            return [.pass(visitor: visitor, CodeMessage.refusal(.spent)), .dismiss(visitor: visitor), .told(.spent)]
        }
        devices.insert(word.device)
        var keys = keys
        keys.said(body)
        state = .given(visitor: visitor, until: now + Self.patience)
        let given = CodeMessage.InviterWord(
            device: device.author, signature: device.sign(keys.claim(of: .responder)), role: role, link: link)
        return [
            .pass(visitor: visitor, keys.sealed(CodeMessage.text(given), by: .responder, using: &random)),
            .told(.given(word.device, name: word.name)),
        ]
    }

    /// It has what it came for.
    private mutating func finish(_ visitor: UInt32) -> [Output] {
        state = .waiting
        return [.dismiss(visitor: visitor)] + (devices.count >= uses ? end() : [])
    }

    /// The visitor that is there has gone. Nobody learns of a code by going, and nobody loses one by another's going.
    private mutating func leave() -> [Output] {
        defer { state = .waiting }
        if case .asked = state { return [.told(.left)] }
        return []
    }

    private mutating func burn(_ visitor: UInt32) -> [Output] {
        state = .over
        return [.pass(visitor: visitor, CodeMessage.refusal(.mismatch)), .dismiss(visitor: visitor), .close, .told(.mismatch)]
    }

    private mutating func end() -> [Output] {
        state = .over
        return [.close, .told(.over)]
    }
}

extension CodeInviter: CustomReflectable {
    /// Empty: the words are a secret.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
