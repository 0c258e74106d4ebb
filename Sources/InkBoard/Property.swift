import InkCrypto
import InkPrimitives

/// Names what a write sets. Numbers below 32 are frozen by the board version (BD-145); numbers from 32 on are carried as opaque bytes by whoever
/// does not know them, so that a newer peer's properties survive an older one.
public struct Property: RawRepresentable, Hashable, Comparable, Sendable {
    public let rawValue: UInt16

    public init(rawValue: UInt16) { self.rawValue = rawValue }

    package init(_ known: KnownProperty) { rawValue = known.rawValue }

    public static func < (left: Property, right: Property) -> Bool { left.rawValue < right.rawValue }

    // Of shapes (number ≥ 1).
    public static let kind = Property(.kind)
    public static let position = Property(.position)
    public static let size = Property(.size)
    public static let points = Property(.points)
    public static let text = Property(.text)
    public static let stroke = Property(.stroke)
    public static let fill = Property(.fill)
    public static let strokeWidth = Property(.strokeWidth)
    public static let depth = Property(.depth)
    public static let label = Property(.label)
    /// A deletion mark, named by the transaction that carries it.
    public static let deletion = Property(.deletion)
    /// Takes back the writer's own deletion marks.
    public static let retraction = Property(.retraction)

    // Of the author's own person record (number 0).
    public static let displayName = Property(.displayName)
    public static let chat = Property(.chat)
    /// Names the own transaction that this one takes back.
    public static let undo = Property(.undo)
    /// Names the own transaction that this one does again.
    public static let redo = Property(.redo)
    /// Names the own transaction that began the gesture which this one goes on with: one step of undo in all.
    public static let continuation = Property(.continuation)

    // Of the author's own person record, on boards of version 2: who may do what.
    public static let grant = Property(.grant)
    public static let invite = Property(.invite)
    /// The author joins by the invite that the transaction names.
    public static let admittance = Property(.admittance)
    public static let removal = Property(.removal)
    public static let policy = Property(.policy)

    // Of genesis only (number 0).
    public static let boardName = Property(.boardName)
    public static let nonce = Property(.nonce)
    public static let boardVersion = Property(.boardVersion)
    public static let admission = Property(.admission)
    /// What is said to all of the secret that the room was made with, on boards of version 2.
    public static let firstSecret = Property(.firstSecret)

    // Of shapes, and opaque to the fold: what they say is for whoever writes next.
    /// Beside a text that was typed by hand: the name of the transaction whose text its editor began from (BD-31), or nothing where that was
    /// unwritten.
    public static let textBase = Property(.textBase)
    /// Beside such a text: the names of the transactions whose lost words it holds, too, ascending.
    public static let textMerged = Property(.textMerged)

    // Of lines and arrows.
    /// What the first end is fixed to.
    public static let startBinding = Property(.startBinding)
    /// What the last end is fixed to.
    public static let endBinding = Property(.endBinding)
    public static let startHead = Property(.startHead)
    public static let endHead = Property(.endHead)
    public static let route = Property(.route)
    // Of all that has an outline.
    public static let lineStyle = Property(.lineStyle)
    public static let corners = Property(.corners)
    /// The groups of a shape.
    public static let group = Property(.group)

    /// 1 where an owner locked it: nobody else changes it then.
    public static let lock = Property(.lock)

    // Of the author's own person record.
    /// How far apart the changes of who is no owner are to lie.
    public static let pace = Property(.pace)
    /// Beside what takes another's work back: whose, and which.
    public static let takeBack = Property(.takeBack)

    /// The least number whose values are bytes to who does not know it.
    package static let opaqueMin: UInt16 = 32

    /// What this version knows by this number; nil for nothing.
    package var known: KnownProperty? { KnownProperty(rawValue: rawValue) }

    /// What the board does with it; nil for a number below 32 that no rule names.
    var row: PropertyRow? { known?.row ?? wireRow }

    /// How it stands in a transaction. From 32 on all do alike (BD-48), whatever this version knows of them: all versions take the same transactions.
    var wireRow: PropertyRow? { rawValue >= Self.opaqueMin ? .unknown : known?.row }
}

/// The properties that this version knows, by their numbers.
///
/// A property more has a number from 32 on, a case here and a row in the table below it; then nothing compiles until `ShapeDraft` says where it
/// is held. Peers that do not know it hold it as a register, wherever it stands, so its law can be `register` or `remark` and no other.
package enum KnownProperty: UInt16, CaseIterable, Sendable {
    case kind = 1
    case position, size, points, text, stroke, fill, strokeWidth, depth, label, deletion, retraction
    case displayName = 16
    case chat, undo, redo
    case boardName = 20
    case nonce, boardVersion, admission
    case continuation = 24
    case grant, invite, admittance, removal, policy
    case firstSecret = 30
    case textBase = 32
    case textMerged, startBinding, endBinding, lineStyle, corners, startHead, endHead, route, group
    case lock = 88
    case pace
    case takeBack

    /// The table of properties (BD-47).
    package var row: PropertyRow {
        switch self {
        case .kind: .drawn("kind", .maker, .kind, of: .all, isAlwaysWritten: true, json: .always)
        case .position: .drawn("x", and: "y", .register, .point, of: .all, isAlwaysWritten: true, json: .always)
        case .size: .drawn("w", and: "h", .register, .size, of: .boxes, isAlwaysWritten: false, json: .always)
        case .points: .drawn("points", .samples, .points, of: .paths, isAlwaysWritten: false, json: .always)
        case .text: .drawn("text", .register, .text(limit: Limits.textBytes), of: .all, isAlwaysWritten: false, json: .written)
        case .stroke: .drawn("stroke", .register, .color, of: .all, isAlwaysWritten: false, json: .always)
        case .fill: .drawn("fill", .register, .color, of: .all, isAlwaysWritten: false, json: .always)
        case .strokeWidth: .drawn("stroke_width", .register, .strokeWidth, of: .all, isAlwaysWritten: false, json: .always)
        case .depth: .drawn("depth", .register, .depth, of: .all, isAlwaysWritten: true, json: .never)
        case .label: .drawn("id", .maker, .text(limit: Limits.nameBytes), of: .all, isAlwaysWritten: false, json: .never)
        case .deletion: .told("deletion", .shape, .mark, .mark)
        case .retraction: .told("retraction", .shape, .retraction, .names)
        case .displayName: .told("name", .person, .person, .text(limit: Limits.nameBytes))
        case .chat: .told("text", .person, .person, .text(limit: Limits.chatBytes))
        case .undo, .redo, .continuation: .told("step", .person, .step, .name)
        case .grant: .told("grant", .person, .rights, .rights(.grant))
        case .invite: .told("invite", .person, .rights, .rights(.invite))
        case .admittance: .told("admission", .person, .rights, .rights(.admission))
        case .removal: .told("removal", .person, .rights, .rights(.removal))
        case .policy: .told("policy", .person, .rights, .rights(.policy))
        case .boardName: .told("name", .genesis, .genesis, .text(limit: Limits.nameBytes))
        case .nonce: .told("nonce", .genesis, .genesis, .bytes(count: Limits.boardNonceBytes))
        case .boardVersion, .admission: .told("version", .genesis, .genesis, .number)
        case .firstSecret: .told("secret", .genesis, .genesis, .bytes(count: EpochCommitment.byteCount))
        case .textBase, .textMerged: .told("text", .anywhere, .remark, .opaque)
        case .startBinding: .drawn("start_binding", .register, .binding, of: .lines, isAlwaysWritten: false, json: .written)
        case .endBinding: .drawn("end_binding", .register, .binding, of: .lines, isAlwaysWritten: false, json: .written)
        case .lineStyle: .drawn("line_style", .register, .choice(.lineStyle), of: .outlined, isAlwaysWritten: false, json: .written)
        case .corners: .drawn("corners", .register, .choice(.corners), of: .outlined, isAlwaysWritten: false, json: .written)
        case .startHead: .drawn("start_head", .register, .choice(.head), of: .lines, isAlwaysWritten: false, json: .written)
        case .endHead: .drawn("end_head", .register, .choice(.head), of: .lines, isAlwaysWritten: false, json: .written)
        case .group: .drawn("group", .register, .groups, of: .all, isAlwaysWritten: false, json: .written)
        case .lock: .told("locked", .shape, .register, .choice(.lock))
        case .pace: .told("pace", .person, .register, .number)
        case .takeBack: .told("take_back", .person, .remark, .opaque)
        case .route: .drawn("route", .register, .choice(.route), of: .lines, isAlwaysWritten: false, json: .written)
        }
    }

    /// Range, unwritten value and bytes.
    package var form: PropertyForm { row.form }

    /// Those of which a drawing is made, ascending.
    package static let drawn = allCases.filter { $0.row.drawing != nil }

    /// True for what a hand can change of a shape that stands.
    package var isSettable: Bool { row.drawing != nil && row.law.isRegister }

    /// What the value of a write means: from 32 on a value is bytes to all, and means what its form makes of them.
    func meaning(of value: Value) -> Value {
        guard rawValue >= Property.opaqueMin, case .bytes(let bytes) = value else { return value }
        return row.form.value(of: bytes)
    }

    /// The value of a write that means `value`.
    func spelling(of value: Value) -> Value { rawValue >= Property.opaqueMin ? .bytes(row.form.bytes(of: value)) : value }
}

/// What the board does with one property: one row of the table, all of it constants, so that reading and folding a write look nothing up.
package struct PropertyRow: Sendable {
    /// Where a property may stand.
    package enum Place: Sendable {
        case shape, person, genesis, anywhere

        /// True if it may stand on the target of this number: 0 is the person record.
        func holds(number: UInt64) -> Bool {
            switch self {
            case .shape: number > 0
            case .person, .genesis: number == 0
            case .anywhere: true
            }
        }
    }

    /// Whose write counts.
    package enum Law: Sendable {
        /// The write with the greatest stamp stands, and undo can put another in its place.
        case register
        /// A register; but of a stroke the maker's write with the smallest stamp takes effect, and none after it (BD-130).
        case samples
        /// A register that tells of its transaction and means nothing beside another: undo does not put it back.
        case remark
        /// The write of the shape's maker with the smallest stamp takes effect.
        case maker
        /// A deletion.
        case mark
        /// Takes deletions back.
        case retraction
        /// What a person says, and is called.
        case person
        /// A step in the author's history of undo. One transaction has one at most.
        case step
        /// Who may do what: `Rights` decides. The fold does not look at it.
        case rights
        /// Said once, when the board is made.
        case genesis

        /// True where the greatest stamp stands, so that undo can put another write in its place.
        var isRegister: Bool {
            switch self {
            case .register, .samples, .remark: true
            case .maker, .mark, .retraction, .person, .step, .rights, .genesis: false
            }
        }
    }

    /// Which shapes a part of the drawing means something for.
    package enum Kinds: Sendable {
        case all
        /// What fills an extent.
        case boxes
        /// What is drawn through points.
        case paths
        /// What has two ends.
        case lines
        /// What fills an extent, or has two ends.
        case outlined

        package func contains(_ kind: ShapeKind) -> Bool {
            switch self {
            case .all: true
            case .boxes: !kind.isPath && kind != .text
            case .paths: kind.isPath
            case .lines: kind == .line || kind == .arrow
            case .outlined: kind != .text && kind != .freehand
            }
        }
    }

    /// When a shape as JSON has the member.
    package enum Shown: Sendable {
        case always
        /// Where it is not as it would be unwritten.
        case written
        /// It has a place of its own in the contract, or none.
        case never
    }

    /// What belongs to a property only where it is a part of the drawing.
    package struct Drawing: Sendable {
        package let kinds: Kinds
        /// True where a new shape says it even if it is as it would be unwritten.
        package let isAlwaysWritten: Bool
        package let json: Shown
    }

    /// The member of the JSON contract, and the field that a refusal names; of a pair, the first.
    package let key: StaticString
    /// Of a pair, the second.
    package let secondKey: StaticString?
    package let place: Place
    package let law: Law
    /// Range, unwritten value and bytes.
    package let form: PropertyForm
    /// Nil for what is no part of a drawing.
    package let drawing: Drawing?

    /// What this version does not know: kept, forwarded and undone as a register (BD-9).
    static var unknown: PropertyRow { told("extra", .anywhere, .register, .opaque) }

    fileprivate static func drawn(
        _ key: StaticString, and secondKey: StaticString? = nil, _ law: Law, _ form: PropertyForm, of kinds: Kinds, isAlwaysWritten: Bool,
        json: Shown
    ) -> PropertyRow {
        PropertyRow(
            key: key, secondKey: secondKey, place: .shape, law: law, form: form,
            drawing: Drawing(kinds: kinds, isAlwaysWritten: isAlwaysWritten, json: json))
    }

    fileprivate static func told(_ key: StaticString, _ place: Place, _ law: Law, _ form: PropertyForm) -> PropertyRow {
        PropertyRow(key: key, secondKey: nil, place: place, law: law, form: form, drawing: nil)
    }
}
