import InkPrimitives

/// Orders writes: of two writes to one register the one with the greater stamp stands. No clock takes part.
///
/// Within one author, honest stamps differ in `lamport`; only a forked author has two transactions of one lamport, and then the name decides.
public struct Stamp: Comparable, Hashable, Sendable {
    /// `1 + max` over the transaction's parents; 1 in genesis.
    public var lamport: UInt64
    public var author: AuthorID
    public var name: TransactionName

    public init(lamport: UInt64, author: AuthorID, name: TransactionName) {
        (self.lamport, self.author, self.name) = (lamport, author, name)
    }

    public static func < (left: Stamp, right: Stamp) -> Bool {
        if left.lamport != right.lamport { return left.lamport < right.lamport }
        if left.author != right.author { return left.author < right.author }
        return left.name < right.name
    }
}
