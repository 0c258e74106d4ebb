import InkPrimitives

/// A right that stands.
package struct StandingRight: Hashable, Sendable {
    /// The transaction that gives it; of several admissions the one with the smallest stamp of those that count.
    package let name: TransactionName
    /// Nil of an invite.
    package let subject: AuthorID?
    package let role: Role
    let seniority: Seniority
    /// Steps of giving from the root owner.
    package var depth: Int { seniority.depth }

    /// Whether an owner who has this right may remove the other (BD-83).
    package func isSenior(to other: StandingRight) -> Bool { seniority < other.seniority }

    /// Whether both are of devices of one person, or of invites for such (BD-103).
    package func isSamePerson(as other: StandingRight) -> Bool { seniority.isSamePerson(as: other.seniority) }
}
