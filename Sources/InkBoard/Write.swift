import InkPrimitives

/// What a write sets its property to. The case follows from the property.
public enum Value: Hashable, Sendable {
    /// The raw value of a `ShapeKind`, 0...63; a kind that we do not know is kept and not shown.
    case kind(UInt8)
    case point(Point)
    case size(Size)
    case points([Point])
    /// `text`, `label`, `displayName`, `chat`, `boardName`.
    case text(String)
    /// `stroke`, `fill`.
    case color(Color?)
    case strokeWidth(UInt16)
    case depth(DepthKey)
    /// `startBinding`, `endBinding`.
    case binding(Binding?)
    /// The raw value of a `LineStyle`, a `Corners`, a `LineHead` or a `LineRoute`.
    case choice(UInt8)
    /// `group`.
    case groups([GroupID])
    /// `deletion`: the mark has no content but its place.
    case mark
    /// `retraction`: names of marks, ascending, 1...`Limits.retractionsPerWrite`.
    case names([TransactionName])
    /// `undo`, `redo`, `continuation`.
    case name(TransactionName)
    /// `nonce` (16 bytes), and every property from 32 on.
    case bytes([UInt8])
    /// `boardVersion`, `admission`.
    case number(UInt64)
    /// `grant`, `invite`, `admittance`, `removal`, `policy`. They are seldom, and wider than all others.
    indirect case right(RightsWrite)
}

/// Where a standing value came from first.
///
/// Named by author and sequence, 3 bytes instead of 32, so that the undo of a gesture that fits a transaction fits one too. Undo plans
/// read it, the fold does not: in the log of a forked author, where it can mean two transactions, no picture depends on it.
public enum Origin: Hashable, Sendable {
    /// Nobody: the register before any write.
    case unwritten
    case transaction(author: AuthorID, sequence: UInt64)
}

/// One property of one target given a value.
public struct Write: Hashable, Sendable {
    /// A shape, or with number 0 the writer's own person record.
    public var target: ShapeID
    public var property: Property
    public var value: Value
    /// In undo and redo: whose write to the same register this one makes stand again. Nil in a gesture.
    public var restores: Origin?

    public init(_ target: ShapeID, _ property: Property, _ value: Value, restores: Origin? = nil) {
        self.target = target
        self.property = property
        self.value = value
        self.restores = restores
    }
}

/// Why a transaction, or what a person asked for, breaks a rule of the board. Names the rule; says nothing of who is at fault.
public enum RuleViolation: Error, Hashable, Sendable, CustomStringConvertible {
    /// Genesis expected.
    case notGenesis
    /// A board version or admission policy that this program does not know.
    case unknownVersion
    /// Made for another board.
    case otherBoard
    /// `lamport` is not one more than the greatest of the parents'.
    case wrongLamport(expected: UInt64)
    /// `previous` is of another author or of another sequence than the one before.
    case wrongPrevious
    /// The grant named does not give the right.
    case noRight
    /// The right named does not allow it where it was written.
    case right(RightsViolation)
    /// The invite's key did not sign for who joins.
    case inviteNotSigned
    /// A parent was refused before.
    case refusedParent(TransactionName)
    /// Larger than `Limits.transactionBytes`, or more writes or longer values than allowed.
    case tooLarge
    /// Two writes to one property of one target, or none at all.
    case writesNotDistinct
    /// The shape does not stand on the board.
    case noSuchShape(ShapeID)
    /// A value outside its range; the name of the field as in the JSON contract.
    case badValue(field: String)
    /// An owner locked the shape, and its author is none.
    case locked(ShapeID)
    /// A displacement would take a shape beyond the edge of the board.
    case beyondEdge
    /// Own transactions are known by name only: what we would write now would contradict them.
    case ownHistoryMissing

    public var description: String {
        switch self {
        case .notGenesis: "not the first transaction of this board"
        case .unknownVersion: "the board was made by a newer version"
        case .otherBoard: "made for another board"
        case .wrongLamport(let expected): "its place in time must be \(expected)"
        case .wrongPrevious: "does not follow its author's last transaction"
        case .noRight: "its author has no right to it"
        case .right(let violation): "\(violation)"
        case .inviteNotSigned: "the invite does not vouch for who joins"
        case .refusedParent(let name): "builds on \(name), which was refused"
        case .tooLarge: "larger than one transaction may be"
        case .writesNotDistinct: "writes one property twice, or nothing"
        case .noSuchShape: "no such shape on the board"
        case .badValue(let field): "bad value for \(field)"
        case .locked: "an owner locked the shape"
        case .beyondEdge: "it would lie beyond the edge of the board"
        case .ownHistoryMissing: "own earlier work has not arrived yet"
        }
    }
}
