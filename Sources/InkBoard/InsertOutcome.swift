import InkPrimitives

/// What became of a transaction given to `Board.insert`.
public enum InsertResult: Hashable, Sendable {
    case inserted
    /// It was there already.
    case duplicate
    /// It waits for these parents, ascending. Ask whoever sent it.
    case orphan(missing: [TransactionName])
    /// It breaks a rule, was refused and not kept.
    case invalid(RuleViolation)
}

/// Everything that one insertion did.
public struct InsertOutcome: Sendable {
    public var result: InsertResult
    /// What entered the set, orphans that were released included; parents before children.
    public var inserted: [Transaction] = []
    /// Those of them that do not count: they are kept, seen by nobody and sent to nobody (BD-169).
    public var uncounted: Set<TransactionName> = []
    /// Shapes whose picture changed: one entry for each transaction and shape.
    public var changes: [ShapeDelta] = []
    /// Messages that entered the set.
    public var chats: [ChatEntry] = []
    /// Authors who have another name now.
    public var renames: [AuthorID] = []
    /// Steps of owners that took another's work back.
    public var takeBacks: [TakeBack] = []
    /// Pairs of transactions of one author and sequence, seen now.
    public var forks: [Fork] = []
    /// Orphans that proved to break a rule once their parents were there.
    public var rejected: [Rejection] = []
}

/// One shape's picture before and after a transaction.
public struct ShapeDelta: Hashable, Sendable {
    public var id: ShapeID
    /// Nil if it was not on the board.
    public var before: Shape?
    /// Nil if it is not on the board.
    public var after: Shape?
    /// The author of the transaction.
    public var by: AuthorID
}

/// A message in the board, ordered by stamp.
public struct ChatEntry: Hashable, Sendable {
    public var name: TransactionName
    public var author: AuthorID
    public var text: String
    /// Milliseconds since 1970 as its author claims; for display only.
    public var claimedWallTime: UInt64
}

/// One author gave two transactions the same sequence. `Board.transactions(of:sequence:)` is the proof.
public struct Fork: Hashable, Sendable {
    public var author: AuthorID
    public var sequence: UInt64

    public init(author: AuthorID, sequence: UInt64) { (self.author, self.sequence) = (author, sequence) }
}

/// A transaction that was refused.
public struct Rejection: Hashable, Sendable {
    public var name: TransactionName
    public var author: AuthorID
    public var violation: RuleViolation
}
