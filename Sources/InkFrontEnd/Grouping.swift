import InkBoard
import InkPrimitives
import InkSession

/// Why shapes cannot be grouped, ordered, aligned or copied, fit for a status line.
package enum ArrangementError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Fewer shapes or groups than it takes.
    case tooFew(Arrangement, least: Int)
    /// They are one group, and nothing else is with them.
    case isOneGroup
    case tooDeep
    case noGroup
    /// A copy, or what is added, would lie beyond the edge of the board.
    case beyondEdge

    /// More than is carried from board to board at once.
    case tooMuchToCopy

    package enum Arrangement: String, Hashable, Sendable { case group, align, distribute, order, duplicate, copy, paste }

    package var description: String {
        switch self {
        case .tooFew(let what, 1): "nothing that stands on the board is named: name a shape to \(what.rawValue)"
        case .tooFew(let what, let least):
            "it takes \(least == 2 ? "two" : "three") shapes or groups to \(what.rawValue), and lines that are bound do not count where they follow"
        case .isOneGroup: "they are one group already"
        case .tooDeep: "groups can be nested \(GroupID.depthMax) deep, and one of these is: ungroup something first"
        case .noGroup: "none of these is in a group"
        case .beyondEdge: "what is added would lie beyond the edge of the board: use a smaller step"
        case .tooMuchToCopy:
            "that is too much to copy at once: at most \(ShapeClip.shapesMax) shapes, and \(ShapeClip.bytesMax / 1000) kB of them"
        }
    }
}

/// What is chosen together: a group with all that is in it, or a shape in none.
package struct SelectionUnit: Hashable, Sendable {
    /// Nil for a shape that is in no group.
    package let group: GroupID?
    /// Bottom first.
    package let shapes: [ShapeID]
}

extension BoardView {
    /// What is chosen with a shape: the outermost group that it is in, within those that were entered (FE-83).
    ///
    /// - Parameter entered: the groups that were entered, outermost first. A shape that is not in them is chosen as if none were.
    package func unit(of id: ShapeID, within entered: [GroupID] = []) -> SelectionUnit? {
        guard let shape = self[id] else { return nil }
        let depth = shape.content.groups.starts(with: entered) ? entered.count : 0
        let chain = shape.content.groups.prefix(depth + 1)
        guard chain.count > depth, let group = chain.last else { return SelectionUnit(group: nil, shapes: [id]) }
        // Of two who group at once one wins each shape: what says the same way to the group is in it.
        let all = members(of: group).compactMap { self[$0] }.filter { $0.content.groups.starts(with: chain) }
        return SelectionUnit(group: group, shapes: all.sorted { $0.isBelow($1) }.map(\.id))
    }

    /// What is chosen with several shapes, each unit once, in the order of their lowest shapes.
    package func units(of ids: [ShapeID], within entered: [GroupID] = []) -> [SelectionUnit] {
        var units: [SelectionUnit] = []
        var seen: Set<ShapeID> = []
        for id in inOrder(ids) where !seen.contains(id) {
            guard let unit = unit(of: id, within: entered) else { continue }
            seen.formUnion(unit.shapes)
            units.append(unit)
        }
        return units
    }

    /// All shapes that are chosen with these, bottom first.
    package func members(with ids: [ShapeID], within entered: [GroupID] = []) -> [ShapeID] {
        inOrder(units(of: ids, within: entered).flatMap(\.shapes))
    }

    /// What makes these shapes, and all that are chosen with them, one group (FE-178).
    package func grouping(_ ids: [ShapeID], within entered: [GroupID] = []) throws(ArrangementError) -> Intent {
        let units = units(of: ids, within: entered)
        guard units.count > 1 else { throw units.first?.group == nil ? .tooFew(.group, least: 2) : .isOneGroup }
        let shapes = inOrder(units.flatMap(\.shapes))
        let group = newGroup(of: shapes)
        var edits: [ShapeEdit] = []
        for id in shapes {
            var groups = self[id]?.content.groups ?? []
            groups.insert(group, at: groups.starts(with: entered) ? entered.count : 0)
            guard groups.count <= GroupID.depthMax else { throw .tooDeep }
            edits.append(ShapeEdit(id, [.groups(groups)]))
        }
        return .setEach(edits)
    }

    /// What takes the outermost groups of these shapes apart (FE-178).
    package func ungrouping(_ ids: [ShapeID], within entered: [GroupID] = []) throws(ArrangementError) -> Intent {
        var edits: [ShapeEdit] = []
        for unit in units(of: ids, within: entered) {
            guard let group = unit.group else { continue }
            for id in unit.shapes {
                edits.append(ShapeEdit(id, [.groups((self[id]?.content.groups ?? []).filter { $0 != group })]))
            }
        }
        guard !edits.isEmpty else { throw .noGroup }
        return .setEach(edits)
    }

    /// The same name for two who group the same shapes at once, and another once these are in a group (FE-179).
    private func newGroup(of shapes: [ShapeID]) -> GroupID {
        var writer = ByteWriter()
        for id in shapes.sorted() {
            writer.write(id.author)
            writer.write(id.number)
            for group in self[id]?.content.groups ?? [] { writer.write(group.rawValue) }
        }
        return unused { GroupID(hashing: writer.bytes + [$0]) }
    }

    func newGroup(copying group: GroupID, by author: AuthorID) -> GroupID {
        var writer = ByteWriter()
        writer.write(author)
        writer.write(group.rawValue)
        writer.write(UInt64(version))
        return unused { GroupID(hashing: writer.bytes + [$0]) }
    }

    private func unused(_ name: (UInt8) -> GroupID) -> GroupID {
        for attempt in 0..<UInt8.max {
            let group = name(attempt)
            if members(of: group).isEmpty { return group }
        }
        return name(.max)
    }

    /// Those of these shapes that stand, bottom first, each once.
    func inOrder(_ ids: [ShapeID]) -> [ShapeID] {
        Set(ids).compactMap { self[$0] }.sorted { $0.isBelow($1) }.map(\.id)
    }
}
