import InkCrypto
import InkPrimitives

/// What the disk keeps of the epochs of a room: it is saved before anybody is told of it (SE-192).
public enum EpochRecord: Hashable, Sendable {
    /// The secret that a transaction brought; zero names the one that the room was made with.
    case brought(by: TransactionName, Secret32)
    /// The secret in force in an epoch, and that this is the newest that we were at.
    case reached(EpochID, Secret32)
    /// Where a member was last. Replaces what was kept of it before.
    case met(AuthorID, EpochID)

    public func hash(into hasher: inout Hasher) {
        switch self {
        case .brought(let name, _): hasher.combine(name)
        case .reached(let epoch, _): hasher.combine(epoch)
        case .met(let device, let epoch):
            hasher.combine(device)
            hasher.combine(epoch)
        }
    }
}

/// A secret of the room as a member tells it to another.
package struct ToldSecret: Hashable, Sendable {
    /// The transaction that brought it; zero for the one that the room was made with.
    package let name: TransactionName
    package let secret: Secret32

    package init(name: TransactionName, secret: Secret32) { (self.name, self.secret) = (name, secret) }

    package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}
