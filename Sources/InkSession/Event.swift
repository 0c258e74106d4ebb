import InkBoard
import InkPrimitives
import InkRendezvous

/// What a front end must know. Texts and names in events come from peers: a front end sanitises them for its medium.
public enum Event: Hashable, Sendable {
    /// The board can be shown and drawn on. After a join: genesis is known and the first reconciliation is done.
    ///
    /// - Parameter role: what our person may do; nil without a right, and on a board without roles.
    case ready(BoardID, me: AuthorID, role: Role? = nil)
    /// Shapes appeared, changed or went; `ref` repeats the one given with the intent that did it.
    case changed([ShapeChange], ref: UInt64?)
    /// What became of the intent that was given with this reference: told once, after all its effects, and only to who asked.
    case outcome(ref: UInt64, Outcome)
    /// Somebody came, changed state, or left.
    case peer(PeerStatus)
    /// One step of somebody's gesture, in the order of its making.
    case gesture(GestureID, GestureChange)
    /// Where somebody pointed since this was told last, oldest first, never empty. Of the front ends of one peer only the one that moved
    /// last is told of: its pointer takes the place of the other's.
    case cursor(LiveSource, [CursorSample])
    /// The part of the board that somebody sees is another now; nil: it is not told.
    case view(peer: PeerID, WorldBox?)
    /// Somebody asks all to look at a part of the board; at most once in `PresenceTiming.lookTold` of each.
    case lookHere(peer: PeerID, WorldBox)
    /// Somebody is typing a message.
    case typing(peer: PeerID)
    /// Somebody is typing no message any more.
    case typingEnded(peer: PeerID)
    /// A chat message entered the board, ours included; `ref` repeats the one given with the intent that said it.
    case chat(ChatMessage, ref: UInt64?)
    /// A message of ours came farther, or could not: one that was told, or one that never came to the board.
    case chatState(ChatMessage)
    /// What was said; told to who asked, before the outcome.
    case chatPage(ChatPage, ref: UInt64?)
    /// Messages that were told count no more: whoever wrote them had no right any more.
    case chatsGone([TransactionName])
    /// Where we stand with disk and peers. Sent when any field changes.
    case sync(SyncStatus)
    /// The connection to the rendezvous changed.
    case rendezvous(RendezvousStatus)
    /// A rendezvous asks for tokens, or does not let us in for want of one.
    case tokens(TokenNews)
    /// Something that a peer sent, or wrote without the right to, broke a rule: it was refused, or counts for nothing; once per rule and author in a
    /// second.
    case rejected(author: AuthorID?, rule: String)
    /// Two transactions of one author carry one sequence: portable proof of a fork.
    case fork(author: AuthorID, sequence: UInt64)
    /// Two wrote one text at once, one of them here; told at each of the two when it is settled.
    case textMerged(TextNews)
    /// Earlier work of this device that its files do not have is coming back from the others (`isUnderWay`), or is back; what is drawn meanwhile waits
    /// for it.
    case restoring(isUnderWay: Bool)
    /// The device of this key is open in two places that push each other out of their sessions; `author` may be our own. For so long only one of them
    /// is let in.
    case duplicateDevice(AuthorID, seconds: Int)
    /// Somebody has proved at the rendezvous to be there and is not met yet; later, that they cannot be, and why. Once they are, a `peer` follows.
    case meeting(PeerID, author: AuthorID, Obstacle?)
    /// A key took a name that looks like the one by which another, `before`, was known here, maybe our own; once for each key and name.
    case knownName(String, author: AuthorID, before: AuthorID)
    /// Somebody who is here goes by the name of one who is trusted under it, and has another key; once for each two, until our person says
    /// otherwise.
    case identity(IdentityNews)
    /// A member of the room speaks another version of the protocol, or the board itself is of a later one; no session comes of it.
    case versionMismatch(theirs: Int, ours: Int)
    /// A member who was met does not let us in: by what is known there we have no right. Told once in a second, while nobody lets us in.
    case notAdmitted
    /// An invite was made, and disk and others have it or will; told to who asked, before the outcome.
    case invited(InviteNews, ref: UInt64?)
    /// What becomes of a short code of ours.
    case code(CodeNews)
    /// Our role is another than was told last, or we have no right any more.
    case rights(RightsNews)
    /// An owner did something so that the board stays calm.
    case calm(CalmNews)
    /// The shutdown that `.quit` asked for is complete.
    case stopped(unsaved: Int, unsent: Int)
}

/// One shape's change.
public struct ShapeChange: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable { case added, changed, removed }
    public var kind: Kind
    public var id: ShapeID
    /// The author of the transaction that caused it.
    public var author: AuthorID
    /// The shape as it is now; as it was, when `kind` is `removed`.
    public var shape: Shape

    public init(kind: Kind, id: ShapeID, author: AuthorID, shape: Shape) {
        (self.kind, self.id, self.author, self.shape) = (kind, id, author, shape)
    }
}

/// Another participant as seen from here.
public struct PeerStatus: Hashable, Sendable {
    public enum State: String, Hashable, Sendable { case joining, joined, idle, away, left }
    /// How packets reach the peer.
    public enum Path: String, Hashable, Sendable {
        case direct
        /// A rendezvous hands them on, and can read none of it.
        case relayRendezvous = "relay-rendezvous"

        public init(_ route: Route) { self = route.isRelay ? .relayRendezvous : .direct }
    }
    public var peer: PeerID
    /// The device key that signs for the peer; nil until the handshake is done.
    public var author: AuthorID?
    /// The name the peer gave itself, unsanitised.
    public var name: String
    public var state: State
    public var path: Path?
    /// Smoothed round trip; nil before the first sample.
    public var roundTrip: Duration?
    /// Whole seconds since the first probe that the person has not answered; nil while all is well. One clock until contact, also across
    /// sessions; path and round trip are not known meanwhile.
    public var silentSeconds: Int?
    /// True if the name looks like ours.
    public var hasOurName: Bool
    /// What the person may do by what is known here; nil on a board without roles, and of who has no right any more.
    public var role: Role?
    /// Our person has compared safety words with him.
    public var isVerified: Bool

    public init(
        peer: PeerID, author: AuthorID? = nil, name: String = "", state: State, path: Path? = nil, roundTrip: Duration? = nil,
        silentSeconds: Int? = nil, hasOurName: Bool = false, role: Role? = nil, isVerified: Bool = false
    ) {
        self.peer = peer
        self.author = author
        self.name = name
        self.state = state
        self.path = path
        self.roundTrip = roundTrip
        self.silentSeconds = silentSeconds
        self.hasOurName = hasOurName
        self.role = role
        self.isVerified = isVerified
    }
}

/// What became of a text that two people wrote at once.
public struct TextNews: Hashable, Sendable {
    public enum Outcome: Hashable, Sendable {
        /// The words of both stand in the shape.
        case merged
        /// Where both had changed the same words, one's stand in the shape and the other's in a text beside it.
        case beside(ShapeID)
        /// One's words stand; these of the other do not, and are kept in history.
        case lost(String)
    }
    public var shape: ShapeID
    /// The other of the two, of whom this is news here; ourselves where both texts were ours.
    public var other: AuthorID
    public var outcome: Outcome

    public init(shape: ShapeID, other: AuthorID, outcome: Outcome) { (self.shape, self.other, self.outcome) = (shape, other, outcome) }
}

/// Where we stand with our disk and with those present.
public struct SyncStatus: Hashable, Sendable {
    public enum State: String, Hashable, Sendable {
        /// Equal fingerprints with every present peer (true when nobody is present).
        case synced
        /// We lack something, or a difference remains that is not ours to mend.
        case behind
        /// We have what somebody lacks.
        case ahead
    }
    public var state: State
    /// Transactions known to exist that we lack (orphans' parents and names asked for).
    public var missing: Int
    /// Own transactions that no other device is known to have (all time, from receipts), or that a present peer lacks.
    public var unsent: Int
    /// True when our disk has all that we show.
    public var isSaved: Bool
    public var fingerprint: Fingerprint

    public init(state: State, missing: Int, unsent: Int, isSaved: Bool, fingerprint: Fingerprint) {
        self.state = state
        self.missing = missing
        self.unsent = unsent
        self.isSaved = isSaved
        self.fingerprint = fingerprint
    }
}

/// The rendezvous as seen from here.
public enum RendezvousStatus: Hashable, Sendable {
    /// No rendezvous is configured.
    case none
    case connecting
    case connected
    /// It cannot be reached; trying again.
    case unreachable(reason: String)
}

/// What a rendezvous that asks for tokens has the person know.
public enum TokenNews: Hashable, Sendable {
    /// It asks for them: who runs it can know who uses which topic. Told once, to who showed one and to guests.
    case asked
    /// It does not let us in. Told again once it has, or where the reason is another.
    case refused(RendezvousRefusal)
}

/// Why an intent was refused, fit for a status line.
public enum Refusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// No shape of that name stands on the board.
    case noSuchShape
    /// A value is outside its range; the name of the field as in the JSON contract.
    case badValue(field: String)
    /// More than one transaction may hold (64 KiB).
    case tooLarge
    /// Others have seen work of this device that is not here yet (a restored backup); it is being fetched, and more waits for it than may.
    case ownHistoryMissing
    /// A shape would lie beyond the edge of the board.
    case beyondEdge
    /// Another rule of the board.
    case brokenRule(String)
    case nothingToUndo
    case nothingToRedo
    /// The disk refuses to save; the reason as the system gave it.
    case diskRefuses(String)
    /// The board is not there yet: we joined and nobody has given us genesis.
    case notReady
    /// No gesture is under way.
    case noGesture
    /// All were asked to look at something a moment ago.
    case tooSoon
    /// The session is ending.
    case leaving
    /// Our role does not allow it.
    case notAllowed(Role)
    /// We have no right on this board, or it was ended.
    case noRight
    /// Only an owner may.
    case notOwner
    /// The board was made before there were roles.
    case noRoles
    /// The right to end is not junior to ours.
    case senior
    /// One does not end one's own right.
    case oneself
    /// Nobody of that key has a right.
    case noSuchMember
    /// No such invite stands.
    case noSuchInvite
    /// What is said of a removal is longer than `Limits.reasonBytes`.
    case reasonTooLong
    /// What calms the board is not done.
    case calm(CalmRefusal)
    /// Our person says more than `OwnMessages.perSecond`.
    case saidTooFast
    /// No message of that name is on the board, or was kept.
    case noSuchMessage

    public var description: String {
        switch self {
        case .noSuchShape: "no such shape on the board"
        case .badValue(let field): "bad value for \(field)"
        case .tooLarge: "too large for one change: at most 64 KiB"
        case .ownHistoryMissing: "earlier work of this device has not arrived yet; try again in a moment"
        case .beyondEdge:
            "that would put a shape beyond the edge of the board (\(Limits.coordinate / 8) px from its middle): nothing was moved; use a smaller step"
        case .brokenRule(let rule): rule
        case .nothingToUndo: "nothing to undo"
        case .nothingToRedo: "nothing to redo"
        case .diskRefuses(let reason): "the disk refuses to save: \(reason)"
        case .notReady: "the board has not arrived yet"
        case .noGesture: "no gesture is under way"
        case .tooSoon: "they were asked a moment ago: ask again in a few seconds"
        case .leaving: "the board is being left"
        case .notAllowed(.viewer): "you are a viewer here: you can look and point; an owner can give you another role"
        case .notAllowed(.commenter):
            "you are a commenter here: you can write messages and notes of your own; an owner can give you another role"
        case .notAllowed(let role): "no \(role) may do that: an owner can give you another role"
        case .noRight: "you have no right on this board any more: what you drew stays on this machine; an owner can give you a right again"
        case .notOwner: "only an owner may give and end rights: ask one"
        case .noRoles:
            "this board was made before there were roles: whoever has the link may draw; `inkwire new --from` makes one with roles"
        case .senior: "they were here before you, or have their right from who was: only somebody senior to them can end it"
        case .oneself: "nobody ends or lowers their own right: another owner who is senior to you can"
        case .noSuchMember: "nobody of that name or key has a right on this board"
        case .noSuchInvite: "no such invite stands on this board"
        case .reasonTooLong: "the reason is too long: at most \(Limits.reasonBytes) bytes"
        case .calm(let refusal): refusal.description
        case .saidTooFast: "not said: ten messages a second are as many as may be; say it again in a moment"
        case .noSuchMessage: "no such message on this board"
        }
    }
}
