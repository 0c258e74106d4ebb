import InkBoard
import InkSession

/// The standing shapes as events told them, in depth order, as they are drawn: a line ends where what it is bound to stands.
package struct BoardView: Sendable {
    /// Bottom first.
    package private(set) var shapes: [Shape] = []
    private var byID: [ShapeID: Shape] = [:]
    /// What the board has of lines that are drawn otherwise than they are stored.
    private var stored: [ShapeID: ShapeDraft] = [:]
    /// Those lines by what they are bound to, whether it stands or not.
    private var followers: [ShapeID: Set<ShapeID>] = [:]
    /// Where those lines end: of each shape that has followers, measured when it changes and not for each line.
    private var outlines = Outlines()
    /// The shapes that say of a group to be in it.
    private var members: [GroupID: Set<ShapeID>] = [:]
    /// The standing shapes that an owner locked.
    package private(set) var locked: Set<ShapeID> = []
    /// Grows with every change.
    package private(set) var version = 0
    /// The version since which shapes have only been laid on top of all others.
    package private(set) var disturbed = 0

    package init() {}

    package subscript(id: ShapeID) -> Shape? { byID[id] }
    package var isEmpty: Bool { shapes.isEmpty }

    /// What the board has of a shape: of a bound line the points that count where it is let go.
    package func stored(_ id: ShapeID) -> ShapeDraft? { stored[id] ?? byID[id]?.content }

    /// Takes the whole board anew, in any order.
    package mutating func replaceAll(_ standing: [Shape]) {
        byID = Dictionary(standing.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        (stored, followers, members, outlines) = ([:], [:], [:], Outlines())
        locked = Set(byID.values.lazy.filter(\.isLocked).map(\.id))
        for shape in byID.values where shape.content.isDerived { follow(shape) }
        for shape in byID.values { for group in shape.content.groups { members[group, default: []].insert(shape.id) } }
        for (id, content) in stored {
            let drawn = drawn(content)
            byID[id]?.content = drawn
        }
        // FE-6
        shapes = byID.values.sorted { $0.isBelow($1) }
        version += 1
        disturbed = version
    }

    /// Takes a change. What it changed of the picture: itself as it is drawn, and the lines that are bound to what it changed (FE-176).
    @discardableResult
    package mutating func apply(_ change: ShapeChange) -> [ShapeChange] {
        version += 1
        let before = byID[change.id]
        let outline = outlines.known(change.id)
        if let before, let index = index(of: before) {
            shapes.remove(at: index)
            disturbed = version
        }
        unfollow(change.id)
        for group in before?.content.groups ?? [] { leave(group, change.id) }
        var told = change
        // What stood under this name before is gone, for the shape itself too.
        byID[change.id] = change.kind == .removed ? nil : change.shape
        measureAgain(change.id)
        if byID[change.id]?.isLocked == true { locked.insert(change.id) } else if !locked.isEmpty { locked.remove(change.id) }
        if change.kind != .removed {
            if change.shape.content.isDerived { follow(change.shape) }
            for group in change.shape.content.groups { members[group, default: []].insert(change.id) }
            told.shape.content = drawn(change.shape.content)
            byID[change.id] = told.shape
            // FE-6
            let index = firstIndex { !$0.isBelow(told.shape) }
            if index < shapes.count { disturbed = version }
            shapes.insert(told.shape, at: index)
        }
        // A colour or a word moves no line (FE-176).
        let moves = outlines.known(change.id) != outline
        return [told] + (moves ? redraw(followersOf: change.id, by: change) : [])
    }

    /// How many shapes lie below this one; nil for one that does not stand.
    package func index(of id: ShapeID) -> Int? { byID[id].flatMap { index(of: $0) } }

    // MARK: Lines that follow

    /// A shape as it is drawn on this board; what is being drawn too, whose bindings name standing shapes (FE-80).
    package func drawn(_ content: ShapeDraft) -> ShapeDraft { content.drawn(meeting: { outline(of: $0) }) }

    /// A line of which only the bindings were given, with the ends that it is drawn with now: its corners, if it has any, follow from them (CL-308).
    package func placed(_ draft: ShapeDraft) -> ShapeDraft {
        var placed = draft
        let drawn = drawn(draft)
        let points = drawn.points.map { drawn.position + $0 }
        placed.position = points.first ?? .zero
        placed.points = [points.first, points.last].compactMap { $0 }.map { $0 - placed.position }
        return placed
    }

    /// The lines that follow where standing shapes are shown with other content, as they are drawn then: what a hand drags takes its lines along
    /// (FE-82).
    ///
    /// - Parameter replaced: what is shown instead. Lines among it are shown as it says.
    package func lines(following replaced: [ShapeID: ShapeDraft]) -> [ShapeID: ShapeDraft] {
        var outlines = Outlines()
        return lines(following: replaced, meeting: &outlines)
    }

    /// - Parameter outlines: of what is shown instead.
    package func lines(following replaced: [ShapeID: ShapeDraft], meeting outlines: inout Outlines) -> [ShapeID: ShapeDraft] {
        var lines: [ShapeID: ShapeDraft] = [:]
        for target in replaced.keys {
            for line in followers[target] ?? [] where replaced[line] == nil && lines[line] == nil {
                lines[line] = stored[line]?.drawn(meeting: { id in
                    replaced[id].map { outlines.outline(of: id, as: $0) } ?? outline(of: id)
                })
            }
        }
        return lines
    }

    /// The lines that are bound to a shape.
    package func lines(boundTo id: ShapeID) -> [ShapeID] { (followers[id] ?? []).sorted() }

    /// How many outlines were measured for lines that follow.
    package var outlinesMeasured: Int { outlines.measured }

    private func outline(of id: ShapeID) -> Outline? { outlines.known(id) ?? byID[id].flatMap { Outline($0.content) } }

    /// Where lines end at a shape that has another content, if any do.
    private mutating func measureAgain(_ id: ShapeID) {
        outlines.forget(id)
        if followers[id] != nil { _ = outlines.outline(of: id, as: byID[id]?.content) }
    }

    // MARK: Groups

    /// The shapes that say of a group to be in it, at whatever depth.
    package func members(of group: GroupID) -> Set<ShapeID> { members[group] ?? [] }

    private mutating func leave(_ group: GroupID, _ id: ShapeID) {
        members[group]?.remove(id)
        if members[group]?.isEmpty == true { members[group] = nil }
    }

    // FE-176
    private mutating func redraw(followersOf target: ShapeID, by cause: ShapeChange) -> [ShapeChange] {
        guard let lines = followers[target] else { return [] }
        var changes: [ShapeChange] = []
        for line in lines.sorted() where line != target {
            guard var shape = byID[line], let index = index(of: shape), let content = stored[line] else { continue }
            let drawn = drawn(content)
            guard drawn != shape.content else { continue }
            shape.content = drawn
            (byID[line], shapes[index]) = (shape, shape)
            disturbed = version
            changes.append(ShapeChange(kind: .changed, id: line, author: cause.author, shape: shape))
        }
        return changes
    }

    private mutating func follow(_ line: Shape) {
        stored[line.id] = line.content
        for binding in [line.content.startBinding, line.content.endBinding] {
            guard let target = binding?.shape else { continue }
            followers[target, default: []].insert(line.id)
            _ = outlines.outline(of: target, as: byID[target]?.content)
        }
    }

    private mutating func unfollow(_ line: ShapeID) {
        guard let content = stored.removeValue(forKey: line) else { return }
        for target in [content.startBinding, content.endBinding].compactMap({ $0?.shape }) {
            followers[target]?.remove(line)
            guard followers[target]?.isEmpty == true else { continue }
            followers[target] = nil
            outlines.forget(target)
        }
    }

    private func index(of shape: Shape) -> Int? {
        let index = firstIndex { !$0.isBelow(shape) }
        return index < shapes.count && shapes[index].id == shape.id ? index : nil
    }

    /// The first place at which a monotonic condition holds.
    private func firstIndex(_ condition: (Shape) -> Bool) -> Int {
        var (low, high) = (0, shapes.count)
        while low < high {
            let middle = (low + high) / 2
            if condition(shapes[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
