import InkBoard
import InkFrontEnd
import InkPrimitives

/// Which shape a word of a line means.
package enum ShapeRef: Hashable, Sendable {
    case number(Int)
    /// A name that somebody gave it, or what stands in it.
    case name(String)
    /// All that stand; in lists alone.
    case all
}

/// The numbers by which lines call shapes, from 1 in the order in which they were told. A number is told for one shape and never for another (LN-4).
///
/// A name means the shape to which our person gave it, whoever else used it; else the one shape of that name, else the one in which the word stands.
struct ShapeNumbers {
    private var numbers: [ShapeID: Int] = [:]
    private var ids: [ShapeID] = []
    /// Names that our person has used, whatever became of the shapes, and the shapes as far as they are known.
    private var used: Set<String> = []
    private var own: [String: ShapeID] = [:]
    private var me: AuthorID?

    init() {}

    /// - Parameter labels: names that our person has used, standing or not.
    init(_ shapes: [Shape], me: AuthorID, labels: [String]) {
        self.me = me
        used = Set(labels)
        for shape in shapes { note(shape) }
    }

    /// A shape is there, or was.
    mutating func note(_ shape: Shape) {
        _ = number(of: shape.id)
        guard shape.id.author == me, !shape.content.label.isEmpty else { return }
        used.insert(shape.content.label)
        if own[shape.content.label] == nil { own[shape.content.label] = shape.id }
    }

    mutating func number(of id: ShapeID) -> Int {
        if let number = numbers[id] { return number }
        ids.append(id)
        numbers[id] = ids.count
        return ids.count
    }

    /// The number of a shape that was noted; nil for another.
    func known(_ id: ShapeID) -> Int? { numbers[id] }

    /// True for a name that our person has used (LN-13).
    func isUsed(_ name: String) -> Bool { used.contains(name) }

    /// The standing shapes that a word means, in the order of their numbers.
    func shapes(_ ref: ShapeRef, on board: BoardView) throws(LineFault) -> [ShapeID] {
        guard ref != .all else { return board.shapes.map(\.id).sorted { (numbers[$0] ?? 0) < (numbers[$1] ?? 0) } }
        return [try shape(ref, on: board)]
    }

    /// The standing shape that a word means.
    func shape(_ ref: ShapeRef, on board: BoardView) throws(LineFault) -> ShapeID {
        switch ref {
        case .all: throw LineFault("“all” is more than one shape, and this takes one: say its number; `list` tells them")
        case .number(let number):
            guard ids.indices.contains(number - 1) else {
                throw LineFault(
                    "there is no shape \(number): \(ids.isEmpty ? "none was drawn yet" : "the newest is \(ids.count)"); `list` tells them")
            }
            guard board[ids[number - 1]] != nil else {
                throw LineFault("shape \(number) is gone: somebody deleted it; `list` tells those that stand")
            }
            return ids[number - 1]
        case .name(let name): return try named(name, board)
        }
    }

    private func named(_ name: String, _ board: BoardView) throws(LineFault) -> ShapeID {
        if used.contains(name) {
            if let id = own[name], board[id] != nil { return id }
            throw LineFault("“\(name)” is gone: it was your name for a shape that was deleted; `list` tells those that stand")
        }
        let called = board.shapes.filter { $0.content.label == name }
        let found = called.isEmpty ? board.shapes.filter { $0.content.text == name } : called
        guard found.count <= 1 else {
            let told = found.compactMap { numbers[$0.id] }.sorted()
            let shown = told.prefix(Self.toldMax).map { "\($0)" }.joined(separator: ", ")
            let more = told.count > Self.toldMax ? " and \(told.count - Self.toldMax) more" : ""
            throw LineFault("“\(name)” may be \(Sentence.count(told.count, "shape")): \(shown)\(more); say which by its number")
        }
        guard let only = found.first else {
            let names = board.shapes.flatMap { [$0.content.label, $0.content.text] }.filter { !$0.isEmpty && $0.utf8.count <= 64 }
            let meant = NearestWord.nearest(to: name, among: names)
            throw LineFault(
                "no shape is called “\(name)”: \(meant.map { "did you mean “\($0)”?" } ?? "`list` tells all, with their numbers")")
        }
        return only.id
    }

    private static let toldMax = 8
}
