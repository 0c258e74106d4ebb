import InkBoard
import InkPrimitives

/// The ids by which the lines call shapes.
///
/// A shape with a label is called by it; where two authors used one label, `label@` and 8 digits of the author; a shape without a label,
/// 8 digits of its author, `-`, and its number. An id once told never changes here and never passes to another shape (CL-6).
///
/// What a label means in a command is another matter: somebody else may have used it first, on purpose, so that a script which works alone would
/// change a stranger's shape in company. A label that we gave ourselves means our shape, or nothing once that is gone.
package struct ShapeNames {
    /// Whose labels go before those of others; nil where nobody gives commands.
    private let me: AuthorID?
    private var told: [ShapeID: String] = [:]
    private var meant: [String: ShapeID] = [:]
    /// Every label that an author was seen to use, standing or not.
    private var labels: Set<Use> = []
    /// Our shapes by the labels that we gave them, standing or not.
    private var own: [String: ShapeID] = [:]

    private struct Use: Hashable {
        var label: String
        var author: AuthorID
    }

    /// Names what is on the board when the first line is told: where labels collide, all of them get their author's digits.
    package init(_ shapes: [Shape] = [], me: AuthorID? = nil) {
        self.me = me
        var authors: [String: Set<AuthorID>] = [:]
        for shape in shapes where !shape.content.label.isEmpty { authors[shape.content.label, default: []].insert(shape.id.author) }
        for shape in shapes.sorted(by: { $0.id < $1.id }) {
            let isShared = (authors[shape.content.label]?.count ?? 0) > 1
            _ = tell(shape.id, label: shape.content.label, isShared: isShared)
        }
    }

    /// Notes that an author has used a label on a shape that may be gone.
    package mutating func use(_ label: String, by author: AuthorID) { labels.insert(Use(label: label, author: author)) }

    /// The id of a shape, made when it is told for the first time.
    package mutating func name(_ shape: Shape) -> String { tell(shape.id, label: shape.content.label, isShared: false) }

    /// The id of a shape that may have gone before it was ever told.
    package mutating func name(_ id: ShapeID) -> String { tell(id, label: "", isShared: false) }

    /// The shape that an id means in a command; nil when it was never told, or when it is a label of ours whose shape is not known any more (CL-31).
    package func shape(_ name: String) -> ShapeID? {
        if let me, isUsed(name, by: me) { return own[name] }
        return meant[name]
    }

    /// True if `author` has used this label before.
    package func isUsed(_ label: String, by author: AuthorID) -> Bool { labels.contains(Use(label: label, author: author)) }

    private mutating func tell(_ id: ShapeID, label: String, isShared: Bool) -> String {
        if !label.isEmpty {
            labels.insert(Use(label: label, author: id.author))
            // One that is given again, as a file does, means the first as long as we run (CL-88).
            if id.author == me, own[label] == nil { own[label] = id }
        }
        if let name = told[id] { return name }
        let digits = id.author.hex
        // The label alone is ours where we have used it: told of another's shape it would mean two (CL-6).
        var isShared = isShared || me.map { $0 != id.author && isUsed(label, by: $0) } ?? false
        // Who knows an id of ours from an earlier run could give it to another shape as its label, and be told first in the next.
        if id.author != me, Self.isOfOurForm(label) { isShared = true }
        let plain = "\(digits.prefix(8))-\(id.number)"
        let candidates = label.isEmpty ? [plain] : (isShared ? [] : [label]) + ["\(label)@\(digits.prefix(8))", plain]
        // The last one no label can take: it is longer than a label may be.
        let name = candidates.first { meant[$0] == nil } ?? "\(digits)-\(id.number)"
        told[id] = name
        meant[name] = id
        // Whoever read the full form somewhere else may use it here too.
        for alias in candidates where meant[alias] == nil && alias != label { meant[alias] = id }
        return name
    }

    /// True for a label that reads like an id which we make: `digits-number`, or with `@digits` behind it.
    static func isOfOurForm(_ label: String) -> Bool {
        func areDigits(_ text: Substring) -> Bool { text.utf8.count >= 8 && text.allSatisfy { $0.isASCII && $0.isHexDigit } }
        if let mark = label.lastIndex(of: "@") { return areDigits(label[label.index(after: mark)...]) }
        guard let dash = label.firstIndex(of: "-") else { return false }
        return areDigits(label[..<dash]) && label[label.index(after: dash)...].allSatisfy { $0.isASCII && $0.isNumber }
    }
}
