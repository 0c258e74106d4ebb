import InkBoard
import InkPrimitives

/// What this device keeps of somebody, beside what stands on the board: that he was here, and whether our person has verified him.
public struct Acquaintance: Hashable, Sendable {
    public var device: AuthorID
    /// The name by which he was known first, unsanitised; empty where he has not told one.
    public var firstName: String
    /// When he was here first and last by our clock, ms since 1970; 0 where that was not known.
    public var firstSeen: UInt64
    public var lastSeen: UInt64
    /// The name under which our person marked him verified, unsanitised; nil where that was not done.
    public var verifiedAs: String?

    public var isVerified: Bool { verifiedAs != nil }

    public init(device: AuthorID, firstName: String = "", firstSeen: UInt64 = 0, lastSeen: UInt64 = 0, verifiedAs: String? = nil) {
        (self.device, self.firstName, self.firstSeen, self.lastSeen) = (device, firstName, firstSeen, lastSeen)
        self.verifiedAs = verifiedAs
    }
}

/// Somebody goes by the name of one who is trusted under it, with a key that the other's did not certify.
public struct IdentityNews: Hashable, Sendable {
    /// As he calls himself, unsanitised.
    public var name: String
    public var device: AuthorID
    /// Who is trusted under that name.
    public var before: AuthorID
    /// Our person marked him verified; else an owner gave him a right by his key.
    public var wasVerified: Bool

    public init(name: String, device: AuthorID, before: AuthorID, wasVerified: Bool) {
        (self.name, self.device, self.before, self.wasVerified) = (name, device, before, wasVerified)
    }
}
