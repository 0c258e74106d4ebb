import InkPrimitives

/// What the rules of rights look at in a transaction that changes rights. Its place and its writes are the board's to read and to check.
package struct RightsTransaction: Hashable, Sendable {
    package var stamp: Stamp
    /// The transaction that gives the right used: of an admission, the invite.
    package var right: TransactionName
    package var parents: [RightsParent]
    package var content: Content

    package enum Content: Hashable, Sendable {
        /// The author joins by the invite that he names, whose key signed for him. Nothing else is in such a transaction (BD-82).
        case admission
        /// At least one of the first four. `need` is of what else is written beside them.
        case acts(
            gift: RightsGift?, removals: [RightsRemoval], viewersMayChat: Bool?, bringsSecret: Bool = false, need: RightsNeed = .nothing)
    }

    package init(stamp: Stamp, right: TransactionName, parents: [RightsParent], content: Content) {
        (self.stamp, self.right, self.parents, self.content) = (stamp, right, parents, content)
    }
}

/// A parent, and the set that it gives its children.
package struct RightsParent: Hashable, Sendable {
    package let name: TransactionName
    package let set: RightsSet

    package init(_ name: TransactionName, _ set: RightsSet) { (self.name, self.set) = (name, set) }
}

/// The right that a transaction gives.
package enum RightsGift: Hashable, Sendable {
    case grant(subject: AuthorID, role: Role)
    /// Whoever has the private half of `key` may join. How often and how long is said beside it and decides nothing here.
    case invite(key: AuthorID, role: Role)
    /// Whoever has the private half of `key` may join as a further device of who gives it, in his role.
    case device(key: AuthorID)
}

/// The end of one right.
package struct RightsRemoval: Hashable, Sendable {
    /// A transaction that gives the right.
    package var right: TransactionName
    /// What was done under the right and lies under the heads keeps counting.
    package var heads: [TransactionName]

    package init(right: TransactionName, heads: [TransactionName]) { (self.right, self.heads) = (right, heads) }
}

/// Names one removal.
package struct RightsRemovalID: Hashable, Sendable {
    /// The transaction that holds it.
    package let by: TransactionName
    /// The right removed, by the transaction that it names.
    package let right: TransactionName

    package init(by: TransactionName, right: TransactionName) { (self.by, self.right) = (by, right) }
}

/// Why a transaction is not valid at its parents. It never will be.
public enum RightsViolation: Error, Hashable, Sendable, CustomStringConvertible {
    /// The right that it names is given by none of its rights-ancestors.
    case unknownRight
    /// The right is another's, or an invite, which only admissions name.
    case rightOfAnother
    /// The right had ended, or whoever gave it had none.
    case rightEnded
    /// An admission by what is no invite.
    case noInvite
    /// An admission by an invite by which its author joined before.
    case alreadyJoined
    /// The role does not allow one of the writes.
    case notAllowed(Role)
    /// What it gives would lie deeper than `Limits.delegationDepth`.
    case tooDeep
    /// It removes what none of its rights-ancestors gives.
    case unknownTarget
    /// It removes one right twice.
    case repeatedTarget
    /// It removes what is not strictly junior to the right used (BD-159).
    case targetNotJunior
    /// A head of a removal is not among its parents (BD-84).
    case headsBeyondParents

    public var description: String {
        switch self {
        case .unknownRight: "it names a right that nobody gave"
        case .rightOfAnother: "it names a right of somebody else"
        case .rightEnded: "its author's right had ended"
        case .noInvite: "it joins by what is no invite"
        case .alreadyJoined: "it joins again by the same invite"
        case .notAllowed(let role): "no \(role) may do it"
        case .tooDeep: "too many steps of giving from the board's owner"
        case .unknownTarget: "it removes a right that nobody gave"
        case .repeatedTarget: "it removes a right twice"
        case .targetNotJunior: "it removes who is not junior to its author"
        case .headsBeyondParents: "it keeps what it does not come after"
        }
    }
}
