import InkBoard
import InkPrimitives
import InkSession

/// Where shapes go in the depth order.
package enum OrderStep: String, CaseIterable, Hashable, Sendable { case front, back, up, down }

/// To which side of all shapes each of them is brought.
package enum Alignment: String, CaseIterable, Hashable, Sendable {
    case left, right, top, bottom
    /// Their middles on one upright line.
    case centre
    /// Their middles on one level line.
    case middle
}

/// Along which axis shapes get equal room between them.
package enum Distribution: String, CaseIterable, Hashable, Sendable { case horizontally, vertically }

/// Operations on shapes that are chosen: each gives the intent that does it in one step of undo, or nil where nothing is to be done.
extension BoardView {
    /// Brings shapes, and all that are chosen with them, to another place in the depth order; among themselves they keep theirs. A step goes past the
    /// next shape that overlaps one of them, or past the next of all where none does (FE-85, FE-182).
    package func ordering(_ ids: [ShapeID], to step: OrderStep, within entered: [GroupID] = []) throws(ArrangementError) -> Intent? {
        let chosen = members(with: ids, within: entered)
        guard let lowest = chosen.first.flatMap({ index(of: $0) }), let highest = chosen.last.flatMap({ index(of: $0) }) else {
            throw .tooFew(.order, least: 1)
        }
        let moved = Set(chosen)
        let boxes = chosen.compactMap { self[$0]?.content.worldBox }
        func overlaps(_ index: Int) -> Bool { boxes.contains { $0.overlaps(shapes[index].content.worldBox) } }
        // Between which others they go: the places of these.
        let (below, above): (Int?, Int?)
        switch step {
        case .front: (below, above) = (shapes.indices.last { !moved.contains(shapes[$0].id) }, nil)
        case .back: (below, above) = (nil, shapes.indices.first { !moved.contains(shapes[$0].id) })
        case .up:
            let others = shapes.indices[(highest + 1)...]
            guard let passed = others.first(where: overlaps) ?? others.first else { return nil }
            // Of two that were drawn at once the names decide: there is no place between them, and what goes past one goes past both (FE-182).
            (below, above) = (passed, others.first { shapes[$0].depth > shapes[passed].depth })
        case .down:
            let others = shapes.indices[..<lowest]
            guard let passed = others.last(where: overlaps) ?? others.last else { return nil }
            (below, above) = (others.last { shapes[$0].depth < shapes[passed].depth }, passed)
        }
        guard below != nil || above != nil else { return nil }
        // They are there already, and nothing is among them.
        if highest - lowest == chosen.count - 1, step == .front && highest == shapes.count - 1 || step == .back && lowest == 0 {
            return nil
        }
        let keys = Self.keys(chosen.count, between: below.map { shapes[$0].depth }, above.map { shapes[$0].depth })
        return .setEach(zip(chosen, keys).map { ShapeEdit($0, [.depth($1)]) })
    }

    /// Brings shapes and groups to one side of the box around all of them. A line that is bound follows its shapes.
    package func aligning(_ ids: [ShapeID], to side: Alignment, within entered: [GroupID] = []) throws(ArrangementError) -> Intent? {
        let units = boxes(of: ids, within: entered)
        guard units.count > 1, let first = units.first?.box else { throw .tooFew(.align, least: 2) }
        let all = units.reduce(first) { $0.union($1.box) }
        return displacing(
            units.map { shapes, box in
                switch side {
                case .left: (shapes, all.left - box.left, 0)
                case .right: (shapes, all.right - box.right, 0)
                case .top: (shapes, 0, all.top - box.top)
                case .bottom: (shapes, 0, all.bottom - box.bottom)
                case .centre: (shapes, (all.left + all.right - box.left - box.right) / 2, 0)
                case .middle: (shapes, 0, (all.top + all.bottom - box.top - box.bottom) / 2)
                }
            })
    }

    /// Makes the room between shapes and groups equal; the first and the last stay. Where they overlap, they do so equally (FE-86).
    package func distributing(_ ids: [ShapeID], _ axis: Distribution, within entered: [GroupID] = []) throws(ArrangementError) -> Intent? {
        let isLevel = axis == .horizontally
        func span(_ box: WorldBox) -> (from: Int, to: Int) { isLevel ? (box.left, box.right) : (box.top, box.bottom) }
        let units = boxes(of: ids, within: entered)
            .sorted { (span($0.box).from, span($0.box).to, $0.shapes[0]) < (span($1.box).from, span($1.box).to, $1.shapes[0]) }
        guard units.count > 2, let first = units.first, let last = units.last else { throw .tooFew(.distribute, least: 3) }
        let taken = units.reduce(0) { $0 + span($1.box).to - span($1.box).from }
        let room = span(last.box).to - span(first.box).from - taken
        var (place, moves): (Int, [(shapes: [ShapeID], x: Int, y: Int)]) = (span(first.box).from, [])
        for (index, unit) in units.enumerated() {
            let by = place + room * index / (units.count - 1) - span(unit.box).from
            if unit.shapes != last.shapes { moves.append((unit.shapes, isLevel ? by : 0, isLevel ? 0 : by)) }
            place += span(unit.box).to - span(unit.box).from
        }
        return displacing(moves)
    }

    // MARK: Parts

    /// The units of which something can be displaced, without the lines that follow what they are bound to (FE-183).
    private func boxes(of ids: [ShapeID], within entered: [GroupID]) -> [(shapes: [ShapeID], box: WorldBox)] {
        units(of: ids, within: entered).compactMap { unit in
            let free = unit.shapes.compactMap { self[$0] }.filter { !$0.content.isBound }
            guard let first = free.first else { return nil }
            return (free.map(\.id), free.reduce(first.content.worldBox) { $0.union($1.content.worldBox) })
        }
    }

    private func displacing(_ moves: [(shapes: [ShapeID], x: Int, y: Int)]) -> Intent? {
        var edits: [ShapeEdit] = []
        for (shapes, x, y) in moves where x != 0 || y != 0 {
            for id in shapes {
                guard let content = self[id]?.content else { continue }
                edits.append(
                    ShapeEdit(
                        id, [.position(Point(clampingX: Int64(content.position.x) + Int64(x), y: Int64(content.position.y) + Int64(y)))]))
            }
        }
        return edits.isEmpty ? nil : .setEach(edits)
    }

    /// So many places between two, ascending. Halved again and again, so that a thousand between neighbours are a few bytes long.
    private static func keys(_ count: Int, between lower: DepthKey?, _ upper: DepthKey?) -> [DepthKey] {
        guard count > 0 else { return [] }
        guard let lower else {
            guard let upper else { return (1..<count).reduce(into: [.first]) { keys, _ in keys.append(.between(keys.last, nil)) } }
            var keys = [DepthKey.between(nil, upper)]
            for _ in 1..<count { keys.append(.between(nil, keys.last)) }
            return keys.reversed()
        }
        guard let upper else {
            var keys = [DepthKey.between(lower, nil)]
            for _ in 1..<count { keys.append(.between(keys.last, nil)) }
            return keys
        }
        let middle = DepthKey.between(lower, upper)
        let half = (count - 1) / 2
        return keys(half, between: lower, middle) + [middle] + keys(count - 1 - half, between: middle, upper)
    }
}
