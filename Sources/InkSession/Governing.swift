import InkBoard
import InkPrimitives

/// An invite as a person wants it.
public struct InviteOrder: Hashable, Sendable {
    /// Of who joins by it; nil for a further device of our own person, in our role, which every member may ask for.
    public var role: Role?
    /// How many may join by it; 0 for any number.
    public var uses: UInt32
    /// Seconds after which it ends; 0 for never.
    public var timeToLive: UInt32
    /// Whether a short code is made for it, too: for as many as may join, and for one where that is any number.
    public var code: Code

    public enum Code: UInt8, Hashable, Sendable {
        case none
        /// Where a rendezvous is connected.
        case atHand
        /// It is waited for one, ten seconds at most.
        case wanted
    }

    public init(role: Role?, uses: UInt32 = 0, timeToLive: UInt32 = 0, code: Code = .none) {
        (self.role, self.uses, self.timeToLive, self.code) = (role, uses, timeToLive, code)
    }
}

/// Whose right is to end.
public struct RemovalOrder: Hashable, Sendable {
    public enum Whom: Hashable, Sendable {
        /// With the further devices that it invited of the same person.
        case device(AuthorID)
        /// Nobody joins by it any more; who has joined stays.
        case invite(TransactionName)
    }
    public var whom: Whom
    /// With all who have their right from there, at whatever remove.
    public var withInvited: Bool
    /// Said to all; at most `Limits.reasonBytes` of UTF-8.
    public var reason: String

    public init(_ whom: Whom, withInvited: Bool = false, reason: String = "") {
        (self.whom, self.withInvited, self.reason) = (whom, withInvited, reason)
    }
}

/// An invite that was made, and is on the disk.
public struct InviteNews: Hashable, Sendable {
    /// The transaction that gives it.
    public var invite: TransactionName
    /// What a link of it holds.
    public var key: InviteKey
    public var role: Role
    /// Who joins by it is our own person.
    public var isForOwnDevice: Bool
    /// 0 for any number.
    public var uses: UInt32
    /// Seconds; 0 for no end.
    public var timeToLive: UInt32
    /// When its time is over, ms since 1970 by our clock; nil for never.
    public var endsAt: UInt64?
    /// No other owner is here: it ends then, or later, once one is there (SE-182).
    public var orLater: Bool
    /// A short code by which it comes to who types it; nil where none was wanted, or there is none.
    public var code: String?
    /// When the code is over, ms since 1970 by our clock.
    public var codeEndsAt: UInt64?
    /// Why there is none though one was wanted: a sentence.
    public var codeObstacle: String?

    public init(
        invite: TransactionName, key: InviteKey, role: Role, isForOwnDevice: Bool = false, uses: UInt32, timeToLive: UInt32,
        endsAt: UInt64?, orLater: Bool
    ) {
        (self.invite, self.key, self.role, self.isForOwnDevice, self.uses) = (invite, key, role, isForOwnDevice, uses)
        (self.timeToLive, self.endsAt, self.orLater) = (timeToLive, endsAt, orLater)
    }
}

extension InviteNews: CustomReflectable {
    /// Empty: its code is a secret, as its key is.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// What became of our own right.
public enum RightsNews: Hashable, Sendable {
    /// Our role is this from now on.
    ///
    /// - Parameter by: who gave it, or the invite by which we came; nil where that is not known.
    case role(Role, by: AuthorID?)
    /// We may do nothing here any more.
    ///
    /// - Parameters:
    ///   - by: who ended it.
    ///   - reason: what they say of it, unsanitised; empty for nothing.
    ///   - unseen: transactions of ours that the others do not see. They stay on our disk.
    case removed(by: AuthorID?, reason: String, unseen: Int)
}

/// A device that has a right on a board.
public struct MemberNews: Hashable, Sendable {
    /// How it came to its right.
    public enum Origin: Hashable, Sendable {
        /// It made the board.
        case founder
        case granted
        case invited(by: TransactionName)
    }
    public var device: AuthorID
    /// The first of the devices of its person that have a right: itself where there is one.
    public var person: AuthorID
    /// As it calls itself, unsanitised; empty where it has not said.
    public var name: String
    public var role: Role
    public var origin: Origin
    /// Who gave the right or the invite; nil of the founder.
    public var giver: AuthorID?
    public var isPresent: Bool
    /// When it got the right by its giver's clock, or joined by its own: ms since 1970.
    public var since: UInt64
    /// The transaction that gives the right.
    public var right: TransactionName
    /// It came by an invite by which as many had come before it as might.
    public var isOverUse: Bool
    /// Our person has compared safety words with him.
    public var isVerified = false
    /// When he was here last by our clock, ms since 1970; nil where he never was while we were.
    public var lastSeen: UInt64?
    /// Who is trusted under the name that he goes by, and is another.
    public var takesNameOf: AuthorID?

    public init(
        device: AuthorID, person: AuthorID, name: String, role: Role, origin: Origin, giver: AuthorID?, isPresent: Bool, since: UInt64,
        right: TransactionName, isOverUse: Bool
    ) {
        (self.device, self.person, self.name, self.role, self.origin, self.giver) = (device, person, name, role, origin, giver)
        (self.isPresent, self.since, self.right, self.isOverUse) = (isPresent, since, right, isOverUse)
    }
}

/// An invite that stands.
public struct StandingInvite: Hashable, Sendable {
    /// The transaction that gives it.
    public var name: TransactionName
    public var role: Role
    /// 0 for any number.
    public var uses: UInt32
    /// How many have joined by it, those among them who were removed since.
    public var usedCount: Int
    /// When its time is over, ms since 1970 by the clock of who gave it; nil for never.
    public var endsAt: UInt64?
    public var giver: AuthorID
    /// This device can show a link of it.
    public var isKeyHeld: Bool
    /// More have joined by it than may: its giver, or who is senior to him, may want to end it, with those who came last.
    public var isOverUsed: Bool { uses > 0 && usedCount > Int(uses) }

    public init(
        name: TransactionName, role: Role, uses: UInt32, usedCount: Int, endsAt: UInt64?, giver: AuthorID, isKeyHeld: Bool
    ) {
        (self.name, self.role, self.uses, self.usedCount) = (name, role, uses, usedCount)
        (self.endsAt, self.giver, self.isKeyHeld) = (endsAt, giver, isKeyHeld)
    }
}
