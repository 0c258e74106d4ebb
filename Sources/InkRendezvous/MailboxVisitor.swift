import InkPrimitives

/// Our side of a visit to a mailbox: one connection to one rendezvous, over which we join nothing (RV-79), until the visit is over.
///
///     idle ──start──▶ connecting ──connected──▶ greeting ──welcome, knock──▶ knocked ──pass──▶ visiting ──leave, gone──▶ over
///                         ▲                                                     │
///                         └──────── 2 s ──────── resting ◀──── busy ────────────┘   for 60 s at most
///
/// Each ends in over by its deadline. A socket knocks once, so who finds somebody else there comes again over a new connection. Nothing that the rendezvous
/// brings is believed: what the other said is to be proved by what it says.
public struct MailboxVisitor: Sendable {
    /// What must be done.
    public enum Output: Hashable, Sendable {
        /// Open a connection to the rendezvous.
        case connect
        case send(ClientMessage)
        /// Close the connection; `disconnected` is not said for this one.
        case disconnect
        case event(Event)
    }

    public enum Event: Hashable, Sendable {
        /// We are not there yet, and try again. Told when the reason changes.
        case waits(Wait)
        /// He who holds the mailbox said something.
        case passed([UInt8])
        /// It is over, and nothing more is told.
        case failed(Failure)
    }

    public enum Wait: Hashable, Sendable, CustomStringConvertible {
        case busy, tooManyKnocks

        public var description: String {
            switch self {
            case .busy: "somebody else is joining with this code; trying again"
            case .tooManyKnocks: "too many codes are tried from this network; trying again"
            }
        }
    }

    public enum Failure: Hashable, Sendable {
        /// There was no connection, or it was lost before anything was asked.
        case lost(reason: String)
        /// The connection was lost after the knock: it may have been told (RV-102), and so it is not told elsewhere.
        case cutOff(reason: String)
        /// The rendezvous does not begin, in 10 s.
        case noWelcome
        /// It is of a version that keeps no mailboxes.
        case noneKept
        case noMailbox
        /// Somebody else was there, or too much was tried from here, for 60 s.
        case waitedInVain(Wait)
        /// He who holds the mailbox has ended the visit, is gone, or it took too long.
        case gone
        /// Nothing was said for 25 s, not even that the visit is over.
        case noAnswer
        /// The rendezvous does not take our token, or not any more.
        case tokenRefused(RendezvousRefusal)
        /// The rendezvous refused it, or said what nobody asked.
        case misbehaved

        /// - Parameter host: the rendezvous.
        public func description(at host: String) -> String {
            switch self {
            case .lost(let reason): reason
            case .cutOff(let reason): "the connection to \(host) was lost while the other side was asked: \(reason)"
            case .noWelcome: "\(host) accepts connections and says nothing"
            case .noneKept: "\(host) is of an older version and keeps no codes: ask for the link"
            case .noMailbox: "there is no code with this number at \(host) now: it may have ended; ask for a new one"
            case .waitedInVain(.busy): "somebody else was joining with this code for a minute: try again, or ask for a new one"
            case .waitedInVain(.tooManyKnocks): "too many codes are tried from this network: try again in a minute"
            case .gone: "the other side has ended the conversation"
            case .noAnswer: "nobody answers at this code"
            case .tokenRefused(let reason): "\(host): \(reason)"
            case .misbehaved: "\(host) does not do what a rendezvous does"
            }
        }
    }

    private enum State: Sendable {
        case idle
        /// Until then we must be welcome.
        case connecting(until: Instant)
        case greeting(until: Instant)
        case knocked(until: Instant)
        case visiting(until: Instant)
        case resting(until: Instant)
        case over
    }

    /// How long the rendezvous has to welcome us, from the beginning of a try (RV-159).
    static let welcomeTime: Duration = RendezvousClient.joinTime
    /// From the knock to the end, whatever is said (RV-159): what a rendezvous gives a visit, and the way.
    static let visitTime: Duration = Mailboxes.visitTime + .seconds(5)
    /// The pause before one who found somebody else there comes again, and for how long he does (RV-158).
    static let restTime: Duration = .seconds(2)
    static let waitTime: Duration = .seconds(60)
    /// What he who holds the mailbox may say in one visit; a handful is needed.
    static let wordsMax = Mailboxes.wordsMax

    private let mailbox: MailboxNumber
    private let knock: [UInt8]
    private var state = State.idle
    /// Since when, and for what, we come again.
    private var waitsSince: Instant?
    private var wait: Wait?
    private var words = 0
    private var outputs = Outputs<Output>()

    /// - Parameter knock: the first words, at most `Signalling.mailboxBodyBytesMax` bytes.
    public init(mailbox: MailboxNumber, knock: [UInt8]) {
        precondition(knock.count <= Signalling.mailboxBodyBytesMax, "a body has \(knock.count) bytes, which are too many")
        (self.mailbox, self.knock) = (mailbox, knock)
    }

    public var isOver: Bool { if case .over = state { true } else { false } }

    public mutating func nextOutput() -> Output? { outputs.next() }

    // Inputs.

    public mutating func start(now: Instant) {
        guard case .idle = state else { return }
        connect(now: now)
    }

    public mutating func connected() {
        if case .connecting(let until) = state { state = .greeting(until: until) }
    }

    /// The connection is gone, or could not be opened.
    public mutating func disconnected(reason: String) {
        switch state {
        case .connecting, .greeting: fail(.lost(reason: reason), closes: false)
        case .knocked, .visiting: fail(.cutOff(reason: reason), closes: false)
        case .idle, .resting, .over: break
        }
    }

    public mutating func received(_ message: ServerMessage, now: Instant) {
        switch (state, message) {
        case (.greeting, .welcome(_, _, _, let keeps, _)):
            guard keeps else { return fail(.noneKept) }
            outputs.append(.send(.mailbox(.knock(mailbox, body: knock))))
            state = .knocked(until: now + Self.visitTime)
        case (.knocked, .mailbox(.noMailbox(mailbox?))): fail(.noMailbox)
        case (.knocked, .mailbox(.busy(mailbox))): rest(.busy, now: now)
        case (.knocked, .refused(.tooManyKnocks)): rest(.tooManyKnocks, now: now)
        case (.knocked(let until), .mailbox(.pass(mailbox, visitor: nil, let body))),
            (.visiting(let until), .mailbox(.pass(mailbox, visitor: nil, let body))):
            words += 1
            guard words <= Self.wordsMax else { return fail(.misbehaved) }
            outputs.append(.event(.passed(body)))
            state = .visiting(until: until)
        case (.knocked, .mailbox(.gone(mailbox, visitor: nil))), (.visiting, .mailbox(.gone(mailbox, visitor: nil))): fail(.gone)
        // Told also of a connection that was not opened for it (RV-184).
        case (.connecting, .refused(let reason)) where reason.isOfTokens, (.greeting, .refused(let reason)) where reason.isOfTokens,
            (.knocked, .refused(let reason)) where reason.isOfTokens, (.visiting, .refused(let reason)) where reason.isOfTokens:
            fail(.tokenRefused(reason))
        case (.greeting, .refused), (.knocked, .refused), (.visiting, .refused): fail(.misbehaved)
        // It is not trusted to be in order, and nothing else is for us.
        default: break
        }
    }

    /// Says something to him who holds the mailbox, once he has said something; nothing after the end.
    public mutating func pass(_ body: [UInt8]) {
        precondition(body.count <= Signalling.mailboxBodyBytesMax, "a body has \(body.count) bytes, which are too many")
        guard case .visiting = state else { return }
        outputs.append(.send(.mailbox(.pass(mailbox, visitor: nil, body: body))))
    }

    /// Ends it: the conversation came to its end, or the person gave up. Nothing is told.
    public mutating func leave() {
        switch state {
        case .connecting, .greeting, .knocked, .visiting: outputs.append(.disconnect)
        case .idle, .resting, .over: break
        }
        state = .over
    }

    /// As `leave`, but the connection stays open for what follows over it.
    ///
    /// - Returns: false where there is none, or nothing has been said over it.
    public mutating func leaveOpen() -> Bool {
        guard case .visiting = state else { return false }
        state = .over
        return true
    }

    /// When to call `handleTimeout(now:)` next.
    public var deadline: Instant? {
        switch state {
        case .idle, .over: nil
        case .connecting(let until), .greeting(let until), .knocked(let until), .visiting(let until), .resting(let until): until
        }
    }

    /// Call at or after `deadline`; calling early does nothing.
    public mutating func handleTimeout(now: Instant) {
        guard let deadline, now >= deadline else { return }
        switch state {
        case .connecting, .greeting: fail(.noWelcome)
        case .knocked: fail(.noAnswer)
        case .visiting: fail(.gone)
        case .resting: connect(now: now)
        case .idle, .over: break
        }
    }

    // Steps.

    private mutating func connect(now: Instant) {
        outputs.append(.connect)
        state = .connecting(until: now + Self.welcomeTime)
    }

    private mutating func rest(_ reason: Wait, now: Instant) {
        let since = waitsSince ?? now
        guard now - since < Self.waitTime else { return fail(.waitedInVain(reason)) }
        outputs.append(.disconnect)
        if wait != reason { outputs.append(.event(.waits(reason))) }
        (waitsSince, wait) = (since, reason)
        state = .resting(until: now + Self.restTime)
    }

    private mutating func fail(_ reason: Failure, closes: Bool = true) {
        if closes { outputs.append(.disconnect) }
        outputs.append(.event(.failed(reason)))
        state = .over
    }
}
