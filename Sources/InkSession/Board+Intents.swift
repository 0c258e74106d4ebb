import InkBoard
import InkPrimitives

extension Board {
    /// The writes that do what `intent` says; shapes that are gone are left out while any (SE-131) is left.
    ///
    /// - Parameter number: new shapes get the free numbers from here on.
    package func writes(for intent: Intent, by author: AuthorID, from number: UInt64) throws(RuleViolation) -> [Write] {
        switch intent {
        case .draw(let draft):
            guard !draft.kind.isPath || !draft.points.isEmpty else { throw .badValue(field: "points") }
            return try writes(for: draft, number: freeShapeNumber(of: author, from: number), by: author)
        case .drawAll(let drafts): return try writes(drawing: drafts, as: newIDs(drafts.count, of: author, from: number), by: author)
        case .change(let change):
            let ids = newIDs(change.drawn.count, of: author, from: number)
            // What goes is deleted before anything else, so that the lines that were (SE-140) bound to it and stay are written once, by their edits.
            let edited = Set(change.edits.map(\.shape))
            let gone = Set(change.deleted).sorted().filter { shape($0) != nil && !edited.contains($0) }
            _ = try unlocked(gone + edited.sorted(), by: author)
            var writes = try self.writes(deleting: gone)
            for edit in change.edits where shape(edit.shape) != nil {
                let changes = edit.changes.map { $0.renaming { Self.named($0, ids) } }
                let own = try self.writes(for: changes, of: edit.shape)
                let written = Set(own.map(\.property))
                writes.removeAll { $0.target == edit.shape && written.contains($0.property) }
                writes += own
            }
            return try writes.sorted { $0.target < $1.target } + self.writes(drawing: change.drawn, at: change.depths, as: ids, by: author)
        case .set(let id, let changes): return try writes(for: changes, of: unlocked([id], by: author)[0])
        case .setAll(let ids, let changes):
            var writes: [Write] = []
            for id in try unlocked(standing(ids), by: author) { writes += try self.writes(for: changes, of: id) }
            return writes
        case .setEach(let edits):
            var writes: [Write] = []
            let standing = Set(try unlocked(standing(edits.map(\.shape)), by: author))
            for edit in edits where standing.contains(edit.shape) { writes += try self.writes(for: edit.changes, of: edit.shape) }
            return writes
        case .move(let ids, let by): return try writes(moving: unlocked(standing(ids), by: author), by: by)
        case .resize(let id, let by, let growth):
            return try writes(resizing: unlocked([id], by: author)[0], by: by, growing: growth)
        case .delete(let ids): return try writes(deleting: unlocked(standing(ids), by: author))
        default: return []
        }
    }

    /// The names of so many new shapes.
    private func newIDs(_ count: Int, of author: AuthorID, from number: UInt64) -> [ShapeID] {
        var ids: [ShapeID] = []
        for _ in 0..<count {
            ids.append(ShapeID(author: author, number: freeShapeNumber(of: author, from: ids.last.map { $0.number + 1 } ?? number)))
        }
        return ids
    }

    /// The shape that a binding means: one of the new ones by its place among them (SE-130), or itself.
    private static func named(_ id: ShapeID, _ new: [ShapeID]) -> ShapeID {
        id.author == .zero && (1...UInt64(max(1, new.count))).contains(id.number) && !new.isEmpty ? new[Int(id.number) - 1] : id
    }

    /// - Parameter depths: one for each; none for above all others.
    private func writes(
        drawing drafts: [ShapeDraft], at depths: [DepthKey] = [], as ids: [ShapeID], by author: AuthorID
    ) throws(RuleViolation) -> [Write] {
        guard depths.isEmpty || depths.count == drafts.count else { throw .badValue(field: "depth") }
        var (writes, depth): ([Write], DepthKey) = ([], topDepth)
        for (index, (id, draft)) in zip(ids, drafts).enumerated() {
            guard !draft.kind.isPath || !draft.points.isEmpty else { throw .badValue(field: "points") }
            let bound = draft.renaming { Self.named($0, ids) }
            writes += try self.writes(for: bound, number: id.number, by: author, depth: depths.isEmpty ? depth : depths[index])
            depth = DepthKey.between(depth, nil)
        }
        return writes
    }

    /// All of these, where none is locked to this author (SE-380).
    private func unlocked(_ ids: [ShapeID], by author: AuthorID) throws(RuleViolation) -> [ShapeID] {
        if let id = ids.first(where: { isLocked($0, to: author) }) { throw .locked(id) }
        return ids
    }

    private func standing(_ ids: [ShapeID]) throws(RuleViolation) -> [ShapeID] {
        let standing = Set(ids).sorted().filter { shape($0) != nil }
        if standing.isEmpty, let first = ids.first { throw .noSuchShape(first) }
        return standing
    }
}
