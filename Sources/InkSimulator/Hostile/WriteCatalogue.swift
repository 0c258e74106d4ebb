import InkBoard
import InkCrypto
import InkPrimitives
import InkSession

/// All that somebody can try to write on a board with roles: one value at least of each property that a transaction can hold, at each place where it
/// may stand, and what only several writes together make.
///
/// It is for programs that were changed: nothing here is asked whether it may be written.
package struct WriteCatalogue {
    /// One transaction's worth.
    package struct Entry {
        /// What it is, in words that no other entry has.
        package let what: String
        package let writes: [Write]
        /// The least role that may write it, as BD-94 has it, said once more; nil where nobody may.
        package let least: Role?

        /// True if somebody of that role, or with no right at all, may not write it.
        package func isForbidden(to role: Role?) -> Bool {
            guard let role, let least else { return true }
            return role < least
        }
    }

    /// What of others is on the board, to be aimed at.
    package struct Aims {
        /// Two shapes of others, of which the second is a note.
        package let shape: ShapeID
        package let note: ShapeID
        /// A mark of a deletion, and the last transaction, of one member.
        package let mark: TransactionName
        package let work: TransactionName
        /// The right of that member.
        package let right: TransactionName

        /// - Returns: nil where the victim has not drawn and deleted, or there is no note besides another shape.
        package init?(on board: Board, of victim: AuthorID) {
            let work = board.transactions(of: victim, from: 1)
            let shapes = board.shapes.filter { $0.id.author == victim }
            guard let shape = shapes.first(where: { $0.content.kind != .note }),
                let note = shapes.first(where: { $0.content.kind == .note }),
                let mark = work.last(where: { $0.writes.contains { $0.property == .deletion } }), let last = work.last,
                let right = board.right(of: victim)
            else { return nil }
            (self.shape, self.note, self.mark, self.work, self.right) = (shape.id, note.id, mark.name, last.name, right)
        }
    }

    package private(set) var entries: [Entry] = []

    /// - Parameters:
    ///   - author: who writes.
    ///   - stranger: a key that nobody there has: of whoever is given something, and of an invite that is none.
    package init(of author: AuthorID, on board: Board, at aims: Aims, for stranger: SigningKey) throws(RuleViolation) {
        let (own, person) = (ShapeID(author: author, number: 77), ShapeID(author: author, number: 0))
        try addShapes(of: author, on: board)
        addChanges(on: board, at: aims)
        add("an unknown property", .editor, [Write(aims.shape, Property(rawValue: 999), .bytes([1]))])
        add("a new shape of nothing known", .editor, [Write(own, .kind, .kind(60)), Write(own, .position, .point(.zero))])
        // Each of the two it could not write, or would be let.
        add(
            "a note with another's place", .editor,
            [Write(own, .kind, .kind(ShapeKind.note.rawValue)), Write(aims.shape, .position, .point(.zero))])
        add("a deletion of all", .editor, board.shapes.prefix(Self.shapesMax).map { Write($0.id, .deletion, .mark) })
        add("words", .commenter, [Write(person, .chat, .text("mine"))])
        add("a name", .viewer, [Write(person, .displayName, .text("mine"))])
        for step in [KnownProperty.undo, .redo, .continuation] {
            add("\(step) of another's", .viewer, [Write(person, Property(step), .name(aims.work))])
        }
        try addRights(of: author, on: board, at: aims, for: stranger)
        for property in [KnownProperty.boardName, .nonce, .boardVersion, .admission, .firstSecret] { add(genesisOf: property, to: person) }
    }

    private mutating func add(_ what: String, _ least: Role?, _ writes: [Write]) {
        entries.append(Entry(what: what, writes: writes, least: least))
    }

    private mutating func addShapes(of author: AuthorID, on board: Board) throws(RuleViolation) {
        for kind in [ShapeKind.rectangle, .ellipse, .diamond, .line, .arrow, .text, .note, .freehand] {
            let draft = ShapeDraft(
                kind: kind, position: .zero, size: kind.isPath || kind == .text ? .zero : Size(width: 8, height: 8),
                points: kind.isPath ? [.zero, Point(x: 80, y: 80)] : [], text: "mine")
            add("a new \(kind)", kind == .note ? .commenter : .editor, try board.writes(for: draft, number: 77, by: author))
        }
    }

    private mutating func addChanges(on board: Board, at aims: Aims) {
        let values: [(KnownProperty, Value)] = [
            (.position, .point(Point(x: 5, y: 5))), (.size, .size(Size(width: 80, height: 8))), (.text, .text("mine")),
            (.stroke, .color(nil)), (.fill, .color(nil)), (.strokeWidth, .strokeWidth(16)), (.depth, .depth(board.topDepth)),
            (.label, .text("mine")), (.deletion, .mark), (.retraction, .names([aims.mark])), (.points, .points([.zero])), (.kind, .kind(0)),
        ]
        for (property, value) in values {
            for (target, whose) in [(aims.shape, "another's"), (aims.note, "another's note")] {
                add("\(property) of \(whose)", .editor, [Write(target, Property(property), value)])
            }
        }
        for property in KnownProperty.allCases where property.rawValue >= Property.opaqueMin {
            add("\(property) of another's", .editor, [Write(aims.shape, Property(property), .bytes([1]))])
        }
    }

    private mutating func addRights(of author: AuthorID, on board: Board, at aims: Aims, for stranger: SigningKey) throws(RuleViolation) {
        let person = ShapeID(author: author, number: 0)
        add("a grant", .owner, Board.writes(granting: .owner, to: stranger.author, by: author))
        add("a grant to itself", .owner, Board.writes(granting: .owner, to: author, by: author))
        let invite = RightsInvite(role: .editor, uses: 0, timeToLive: 0, key: stranger.author)
        add("an invite", .owner, try Board.writes(inviting: invite, by: author))
        let device = RightsInvite(role: nil, uses: 0, timeToLive: 0, key: stranger.author)
        add("an invite for a further device", .viewer, try Board.writes(inviting: device, by: author))
        add("a policy", .owner, Board.writes(allowing: RightsPolicy(viewersMayChat: true), by: author))
        let removal = RightsEnd(rights: [aims.right], heads: [])
        add("a removal", .owner, [Write(person, .removal, .right(.removal(removal)))])
        let root = RightsEnd(rights: [board.transactions[0].name], heads: [])
        add("a removal of the first owner", nil, [Write(person, .removal, .right(.removal(root)))])
        add("a new secret", .owner, try board.writes(removing: [], bringing: .zero, by: author))
        // By a key that it has not: of another invite.
        let admission = RightsAdmission(of: author, to: board.id, inviteKey: stranger)
        add("an admission", nil, Board.writes(joining: admission, by: author))
    }

    /// What only genesis may say; it has no encoding anywhere else.
    private mutating func add(genesisOf property: KnownProperty, to person: ShapeID) {
        let value: Value =
            switch property {
            case .boardName: .text("mine")
            case .nonce: .bytes(Array(repeating: 0, count: Limits.boardNonceBytes))
            case .firstSecret: .bytes(Array(repeating: 0, count: EpochCommitment.byteCount))
            default: .number(1)
            }
        add("genesis' \(property)", nil, [Write(person, Property(property), value)])
    }

    /// As many marks as fit a transaction with ease.
    private static let shapesMax = 200
}
