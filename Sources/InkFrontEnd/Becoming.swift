import InkBoard
import InkPrimitives
import InkSession

/// What makes of a board what a file says, in as few writes as that takes (FE-111).
///
/// Items of the file and shapes of the board are the same by their lasting names. What has another kind, or is a stroke of other samples, cannot be
/// changed: it is deleted and drawn anew.
package struct Becoming: Equatable, Sendable {
    /// How many shapes it concerns.
    package struct Counts: Equatable, Sendable {
        package var added = 0
        package var changed = 0
        package var deleted = 0

        package init(added: Int = 0, changed: Int = 0, deleted: Int = 0) {
            (self.added, self.changed, self.deleted) = (added, changed, deleted)
        }

        /// For who asked for the file.
        package func words(of file: String) -> String {
            let parts = [(added, "added"), (changed, "changed"), (deleted, "deleted")].filter { $0.0 > 0 }
            guard let first = parts.first else { return "nothing changed: the board is as \(file) says" }
            let rest = parts.dropFirst().map { ", \($0.0) \($0.1)" }.joined()
            return "\(Sentence.count(first.0, "shape")) \(first.1)\(rest): the board is as \(file) says"
        }
    }

    package private(set) var change = BoardChange()
    package private(set) var counts = Counts()

    private let board: BoardView
    private let drawing: Drawing
    /// Of each item the shape that it is; nil for a new one.
    private var standing: [ShapeID?] = []
    /// Of each item that is new its place among those that are drawn.
    private var places: [Int: Int] = [:]
    /// The items of shapes that stay.
    private var kept: [ShapeID: Int] = [:]

    package init(_ board: BoardView, _ drawing: Drawing) {
        (self.board, self.drawing) = (board, drawing)
        let replaced = match()
        let depths = depths()
        draw(at: depths)
        edit(to: depths)
        change.deleted = board.shapes.map(\.id).filter { kept[$0] == nil }.sorted()
        counts = Counts(
            added: change.drawn.count - replaced, changed: change.edits.count + replaced, deleted: change.deleted.count - replaced)
        stay()
    }

    package static func == (left: Self, right: Self) -> Bool { left.change == right.change && left.counts == right.counts }

    /// Finds what stands; returns how many have to be drawn anew.
    private mutating func match() -> Int {
        let names = LastingNames(board.shapes)
        var replaced = 0
        standing = drawing.items.map { item in names.shape(item.name) }
        var taken = Set(standing.compactMap { $0 })
        for (index, item) in drawing.items.enumerated() {
            if let id = standing[index] {
                guard !canBecome(id, item.content) else { continue }
                replaced += 1
                standing[index] = nil
            } else if let id = names.shapes(onceCalled: item.name).first(where: { !taken.contains($0) && canBecome($0, item.content) }) {
                standing[index] = id
                taken.insert(id)
            }
        }
        for (index, id) in standing.enumerated() { if let id { kept[id] = index } }
        return replaced
    }

    // FE-188
    private func canBecome(_ id: ShapeID, _ content: ShapeDraft) -> Bool {
        guard let old = board.stored(id), old.kind == content.kind else { return false }
        return old.kind != .freehand || old.points == content.points
    }

    // MARK: Depth

    /// Where each item lies; nil where one that stands stays, and a new one is above all (FE-112).
    private func depths() -> [DepthKey?] {
        var depths = drawing.items.map(\.depth)
        var members: [DepthKey: [Int]] = [:]
        for (index, depth) in depths.enumerated() { if let depth { members[depth, default: []].append(index) } }
        let all = members.keys.sorted()
        for (place, depth) in all.enumerated() {
            guard let tied = members[depth], Set(tied.map { drawing.items[$0].rank }).count > 1 else { continue }
            let ranked = tied.sorted { (drawing.items[$0].rank, $0) < (drawing.items[$1].rank, $1) }
            settle(ranked, at: depth, below: place + 1 < all.count ? all[place + 1] : nil, &depths)
        }
        return depths
    }

    /// Gives items of one depth, by their ranks, depths with which they lie so (FE-190).
    private func settle(_ ranked: [Int], at depth: DepthKey, below next: DepthKey?, _ depths: inout [DepthKey?]) {
        let shapes = ranked.compactMap { standing[$0].flatMap { board[$0] } }
        // New ones get ascending ids, which decide between those of one depth.
        guard !shapes.isEmpty else { return }
        if shapes.count == ranked.count {
            // What lies there in that order is left alone, at whatever depths that is (FE-190).
            let isThere = shapes.allSatisfy { shape in shape.depth >= depth && next.map { shape.depth < $0 } ?? true }
            if isThere, lies(shapes, as: ranked, by: { $0.isBelow($1) }) {
                for (index, shape) in zip(ranked, shapes) { depths[index] = shape.depth }
                return
            }
            if lies(shapes, as: ranked, by: { $0.id < $1.id }) { return }
        }
        // Ids lie otherwise, or are not known yet: each gets a depth of its own, below the next.
        var lower: DepthKey?
        for index in ranked {
            let own = lower.map { DepthKey.between($0, next) } ?? depth
            (depths[index], lower) = (own, own)
        }
    }

    /// True if shapes lie as the ranks of their items say; those of one rank may lie as they like.
    private func lies(_ shapes: [Shape], as ranked: [Int], by isBelow: (Shape, Shape) -> Bool) -> Bool {
        let ranks = ranked.map { drawing.items[$0].rank }
        let sorted = zip(ranks, shapes).sorted { $0.0 == $1.0 ? isBelow($0.1, $1.1) : $0.0 < $1.0 }
        return zip(sorted, sorted.dropFirst()).allSatisfy { isBelow($0.1, $1.1) }
    }

    // MARK: What is drawn

    private mutating func draw(at depths: [DepthKey?]) {
        let new = standing.indices.filter { standing[$0] == nil }
        guard !new.isEmpty else { return }
        let placed = new.filter { depths[$0] != nil }.sorted { left, right in
            guard let (lower, upper) = depths[left].flatMap({ lower in depths[right].map { (lower, $0) } }), lower == upper else {
                return (depths[left] ?? .first) < (depths[right] ?? .first)
            }
            return (drawing.items[left].rank, left) < (drawing.items[right].rank, right)
        }
        let loose = new.filter { depths[$0] == nil }
        for (place, index) in (placed + loose).enumerated() { places[index] = place }
        var top = (board.shapes.map(\.depth) + depths.compactMap { $0 }).max()
        for index in placed { add(index, at: depths[index]) }
        for index in loose {
            top = DepthKey.between(top, nil)
            add(index, at: top)
        }
    }

    private mutating func add(_ index: Int, at depth: DepthKey?) {
        var draft = drawing.items[index].content
        draft.label = drawing.items[index].name
        draft.startBinding = named(draft.startBinding)
        draft.endBinding = named(draft.endBinding)
        // A path needs a place at least.
        if draft.kind.isPath, draft.points.isEmpty { draft.points = [.zero] }
        change.drawn.append(draft)
        change.depths.append(depth ?? .first)
    }

    /// A binding to an item, as one to a shape or to a place among what is drawn.
    private func named(_ binding: Binding?) -> Binding? {
        guard var binding, let index = drawing.index(of: binding.shape) else { return nil }
        binding.shape = standing[index] ?? places[index].map { Drawing.reference(to: $0) } ?? binding.shape
        return binding
    }

    // MARK: What is changed

    private mutating func edit(to depths: [DepthKey?]) {
        for (index, id) in standing.enumerated() {
            guard let id, let shape = board[id], let content = board.stored(id) else { continue }
            var changes: [PropertyChange] = []
            for property in KnownProperty.drawn where property.isSettable {
                guard let drawing = property.row.drawing, drawing.kinds.contains(content.kind) else { continue }
                let (old, new): (Value?, Value?)
                switch property {
                case .depth: (old, new) = (.depth(shape.depth), .depth(depths[index] ?? shape.depth))
                case .startBinding: (old, new) = bindings(content.startBinding, self.drawing.items[index].content.startBinding)
                case .endBinding: (old, new) = bindings(content.endBinding, self.drawing.items[index].content.endBinding)
                default: (old, new) = (content.value(of: property), self.drawing.items[index].content.value(of: property))
                }
                if let new, !Self.areSame(old, new) { changes.append(PropertyChange(property, new)) }
            }
            if !changes.isEmpty { change.edits.append(ShapeEdit(id, changes)) }
        }
    }

    /// What an end is bound to and shall be bound to. What counts as bound to nothing is (BD-61), or will be when the shape there is deleted.
    private func bindings(_ old: Binding?, _ new: Binding?) -> (Value, Value) {
        let holds = old.map { old in kept[old.shape].map { drawing.items[$0].content.isBindable } ?? false } ?? false
        return (.binding(holds ? old : nil), .binding(named(new)))
    }

    /// Equal to the last bit: of texts that look alike each is its own.
    private static func areSame(_ left: Value?, _ right: Value) -> Bool {
        if case .text(let left)? = left, case .text(let right) = right { return left.utf8.elementsEqual(right.utf8) }
        return left == right
    }

    /// Lines that were bound to what is deleted would be stored as they are seen (BD-63): the file says where they are (FE-189).
    private mutating func stay() {
        var edits: [ShapeID: Int] = [:]
        for (index, edit) in change.edits.enumerated() { edits[edit.shape] = index }
        let lines = Set(change.deleted.flatMap { board.lines(boundTo: $0) }).sorted()
        for id in lines where kept[id] != nil {
            guard let stored = board.stored(id), board[id]?.content.points != stored.points else { continue }
            if let index = edits[id] {
                guard !change.edits[index].changes.contains(where: { $0.property == .points }) else { continue }
                change.edits[index].changes.append(.points(stored.points))
            } else {
                change.edits.append(ShapeEdit(id, [.points(stored.points)]))
            }
        }
    }
}
