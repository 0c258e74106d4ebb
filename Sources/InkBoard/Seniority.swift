import InkPrimitives

/// Who may remove whom: the smaller is senior, and only what is strictly junior can be removed (BD-83).
///
/// No two rights are alike in it, and all of it is known from the transaction that gives the right and what lies before that.
struct Seniority: Hashable, Comparable, Sendable {
    /// Steps of giving from the root owner, who has 0.
    let depth: Int
    /// Of the grant or the invite; of an admission, of its invite.
    let stamp: Stamp
    /// Of an admission who joined, else zero.
    let subject: AuthorID

    static func < (left: Seniority, right: Seniority) -> Bool {
        if left.depth != right.depth { return left.depth < right.depth }
        if left.stamp != right.stamp { return left.stamp < right.stamp }
        return left.subject < right.subject
    }
}
