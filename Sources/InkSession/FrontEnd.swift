import InkBoard
import InkPrimitives

/// Names a program that takes part for the person at this node: its holder is one, and others of the same person may attach to it.
///
/// Each has a gesture, a cursor and a history of undo of its own. 0...7; a number is free again once its program has left.
public struct FrontEndID: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let number: UInt8

    /// The program that holds the board itself.
    public static let holder = FrontEndID(number: 0)
    /// None: the node itself, and for a moment each program that has gone and of whose work something waited.
    static let nobody = FrontEndID(number: .max)
    /// So many programs of one person take part at a time.
    public static let countMax = 8

    private init(number: UInt8) { self.number = number }

    /// - Parameter number: 0..<`countMax`; nil for any other.
    public init?(_ number: Int) {
        guard (0..<Self.countMax).contains(number) else { return nil }
        self.number = UInt8(number)
    }

    public static func < (left: FrontEndID, right: FrontEndID) -> Bool { left.number < right.number }

    public var description: String { "front end \(number)" }
}

/// Who among our own front ends hears an event.
public enum Audience: Hashable, Sendable {
    case everybody
    case only(FrontEndID)
    case everybodyBut(FrontEndID)

    public func includes(_ frontEnd: FrontEndID) -> Bool {
        switch self {
        case .everybody: true
        case .only(let one): one == frontEnd
        case .everybodyBut(let one): one != frontEnd
        }
    }
}

/// What became of an intent that was given with a reference.
public enum Outcome: Hashable, Sendable {
    /// It has had its effect; for `begin`: its gesture has ended.
    case done
    /// It had none, and why; of a gesture, what was drawn until then stands.
    case refused(Refusal)
    /// Done, but for these shapes, which somebody changed since.
    case skipped([ShapeID])
}

/// Who asked for something: an outcome goes there, under the reference that came with (SE-23) the intent.
struct Asker: Sendable {
    var frontEnd: FrontEndID
    /// Nil where nobody waits for an answer.
    var reference: UInt64?

    /// The node itself. What it does goes on with no program's work (SE-94), and belongs to no program's history.
    static let nobody = Asker(frontEnd: .nobody, reference: nil)
}

/// One program's place at the board: what its gesture answers to, and what it did last.
struct Seat: Sendable {
    /// Which history of undo is its (SE-27).
    var strand: Strand
    /// What the gesture under way began with; its one outcome goes there (SE-285).
    var gestureReference: UInt64?
    /// The first transaction of the stroke under way, when it already took one.
    var gestureBegan: TransactionName?
    /// The shape that the gesture under way changes, as it stood at its beginning; of a text, with what was typed in it since.
    var origin: Shape?
    /// The shape in which its hand last typed during the gesture under way, and the transaction that has it.
    var lastTyped: (shape: ShapeID, sequence: UInt64)?
    /// What it did last: its first transaction, and the shapes that it wrote.
    var lastStep: (first: TransactionName, shapes: Set<ShapeID>)?

    init(strand: Strand) { self.strand = strand }
}
