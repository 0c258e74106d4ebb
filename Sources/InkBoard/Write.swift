import InkPrimitives

/// Names what a write sets. Numbers below 32 are frozen by the board version; numbers from 32 on are carried as opaque bytes by whoever
/// does not know them, so that a newer peer's properties survive an older one.
public struct Property: RawRepresentable, Hashable, Comparable, Sendable {
    public let rawValue: UInt16

    public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static func < (left: Property, right: Property) -> Bool { left.rawValue < right.rawValue }

    // Of shapes (number ≥ 1).
    public static let kind = Property(rawValue: 1)
    public static let position = Property(rawValue: 2)
    public static let size = Property(rawValue: 3)
    public static let points = Property(rawValue: 4)
    public static let text = Property(rawValue: 5)
    public static let stroke = Property(rawValue: 6)
    public static let fill = Property(rawValue: 7)
    public static let strokeWidth = Property(rawValue: 8)
    public static let depth = Property(rawValue: 9)
    public static let label = Property(rawValue: 10)
    /// A deletion mark, named by the transaction that carries it.
    public static let deletion = Property(rawValue: 11)
    /// Takes back the writer's own deletion marks.
    public static let retraction = Property(rawValue: 12)

    // Of the author's own person record (number 0).
    public static let displayName = Property(rawValue: 16)
    public static let chat = Property(rawValue: 17)
    /// Names the own transaction that this one takes back.
    public static let undo = Property(rawValue: 18)
    /// Names the own transaction that this one does again.
    public static let redo = Property(rawValue: 19)
    /// Names the own transaction that began the gesture which this one goes on with: one step of undo in all.
    public static let continuation = Property(rawValue: 24)

    // Of genesis only (number 0).
    public static let boardName = Property(rawValue: 20)
    public static let nonce = Property(rawValue: 21)
    public static let boardVersion = Property(rawValue: 22)
    public static let admission = Property(rawValue: 23)

    // Of shapes, and opaque to the fold: what they say is for whoever writes next.
    /// Beside a text that was typed by hand: the name of the transaction whose text its editor began from, or nothing where that was unwritten.
    public static let textBase = Property(rawValue: 32)
    /// Beside such a text: the names of the transactions whose lost words it holds, too, ascending.
    public static let textMerged = Property(rawValue: 33)

    /// The least number whose values are opaque.
    static let opaqueMin: UInt16 = 32

    /// True for a property that this version does not know.
    public var isOpaque: Bool { rawValue >= Self.opaqueMin }

    /// Where the property may stand.
    enum Place { case shape, person, genesis, anywhere }

    /// Nil for a number below 32 that no rule names.
    var place: Place? {
        switch rawValue {
        case 1...12: .shape
        case 16...19, 24: .person
        case 20...23: .genesis
        case Self.opaqueMin...: .anywhere
        default: nil
        }
    }

    /// True where the greatest stamp stands, so that undo can put another write in its place.
    var isRegister: Bool { isOpaque || (2...9).contains(rawValue) }

    /// True for what tells of its transaction, and means nothing beside another: undo does not put it back.
    var isRemark: Bool { self == .textBase || self == .textMerged }
}

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
    /// `deletion`: the mark has no content but its place.
    case mark
    /// `retraction`: names of marks, ascending, 1...`Limits.retractionsPerWrite`.
    case names([TransactionName])
    /// `undo`, `redo`, `continuation`.
    case name(TransactionName)
    /// `nonce` (16 bytes) and properties that this version does not know.
    case bytes([UInt8])
    /// `boardVersion`, `admission`.
    case number(UInt64)
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

    /// The value that a register has before anybody wrote it.
    static func unwritten(_ property: Property) -> Value {
        switch property {
        case .position: .point(.zero)
        case .size: .size(.zero)
        case .points: .points([])
        case .text: .text("")
        case .stroke, .fill: .color(nil)
        case .strokeWidth: .strokeWidth(ShapeDraft.usualStrokeWidth)
        case .depth: .depth(.first)
        default: .bytes([])
        }
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
        case .refusedParent(let name): "builds on \(name), which was refused"
        case .tooLarge: "larger than one transaction may be"
        case .writesNotDistinct: "writes one property twice, or nothing"
        case .noSuchShape: "no such shape on the board"
        case .badValue(let field): "bad value for \(field)"
        case .beyondEdge: "it would lie beyond the edge of the board"
        case .ownHistoryMissing: "own earlier work has not arrived yet"
        }
    }
}
