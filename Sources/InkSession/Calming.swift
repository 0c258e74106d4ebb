import InkBoard
import InkPrimitives

/// What an owner does so that a board stays calm.
public enum CalmOrder: Hashable, Sendable {
    /// Takes back what somebody did, as one step of undo.
    case takeBack(TakeBackOrder)
    /// Shapes are locked, or opened: who is no owner changes a locked one no more (SE-251).
    case lock([ShapeID], Bool)
    /// Who is no owner changes something once in so many ms; 0 for as often as they like.
    case pace(milliseconds: UInt32)
}

/// Whose work is to be taken back, and which of it.
public struct TakeBackOrder: Hashable, Sendable {
    public enum Whom: Hashable, Sendable {
        case device(AuthorID)
        /// By name, by `name@` and digits with which the key begins, or by eight such digits or more; who has left is among those who are meant.
        case named(String)
    }
    public enum Span: Hashable, Sendable {
        case all
        /// What claims to be no older than so many seconds.
        case last(seconds: UInt32)
        /// What claims to be of this time or later, ms since 1970.
        case since(UInt64)
        /// Both included.
        case sequences(ClosedRange<UInt64>)
    }
    public var whom: Whom
    public var span: Span

    public init(_ whom: Whom, _ span: Span = .all) { (self.whom, self.span) = (whom, span) }
}

/// What was done so that a board stays calm.
public enum CalmNews: Hashable, Sendable {
    /// An owner took back what somebody did (SE-378).
    case tookBack(by: AuthorID, of: AuthorID, changes: Int)
    /// Who is no owner changes something once in so many ms; 0 for as often as they like.
    ///
    /// - Parameter by: who said so; nil where that counts no more.
    case pace(milliseconds: UInt32, by: AuthorID?)
}

/// Why nothing of it was done.
public enum CalmRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    case onlyOwners
    case ownWork
    case nobodyCalled(String)
    /// Who is meant may be each of these.
    case severalCalled(String, [AuthorID])
    /// Nothing of it stands.
    case nothingToTakeBack
    /// An owner locked a shape that it would change.
    case locked
    /// Slow mode: the next change may come in so many ms.
    case tooSoon(milliseconds: UInt32)

    public var description: String {
        switch self {
        case .onlyOwners: "only an owner may do that: ask one"
        case .ownWork: "that is your own work: undo takes it back"
        case .nobodyCalled(let name):
            "nobody who drew here is called “\(name)”, by name or by \(Self.digitsMin) digits or more with which a key begins"
        case .severalCalled(let name, let devices):
            "“\(name)” may be \(devices.prefix(Self.toldMax).map { String($0.hex.prefix(Self.digitsMin)) }.joined(separator: " or "))"
                + (devices.count > Self.toldMax ? " or another" : "") + ": say which by these digits of the key"
        case .tooSoon(let milliseconds):
            "slow mode: your next change may come in \((UInt64(milliseconds) + 999) / 1000) s; an owner set the pace of this board"
        case .locked: "an owner locked that shape: nothing was changed; ask an owner to unlock it"
        case .nothingToTakeBack: "nothing of it stands: it was taken back before, or others changed it since"
        }
    }

    /// Fewer digits of a key are nobody's.
    static let digitsMin = 8
    private static let toldMax = 6
}
