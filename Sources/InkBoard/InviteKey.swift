import InkCrypto
import InkPrimitives

/// The key of an invite that somebody wrote to a board, and which that is.
public struct InviteKey: Hashable, Sendable {
    /// The transaction that gives the invite.
    public let invite: TransactionName
    /// What the private half grows from.
    public let seed: Secret32

    public init(invite: TransactionName, seed: Secret32) { (self.invite, self.seed) = (invite, seed) }

    public func hash(into hasher: inout Hasher) { hasher.combine(invite) }

    /// Signs for whoever joins.
    package var signer: SigningKey { SigningKey(seed: seed) }
}
