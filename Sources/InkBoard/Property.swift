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
