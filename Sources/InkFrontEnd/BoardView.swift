import InkBoard
import InkSession

/// The standing shapes as events told them, in depth order.
package struct BoardView: Sendable {
    /// Bottom first.
    package private(set) var shapes: [Shape] = []
    private var byID: [ShapeID: Shape] = [:]
    /// Grows with every change.
    package private(set) var version = 0
    /// The version since which shapes have only been laid on top of all others.
    package private(set) var disturbed = 0

    package init() {}

    package subscript(id: ShapeID) -> Shape? { byID[id] }
    package var isEmpty: Bool { shapes.isEmpty }

    /// Takes the whole board anew, in any order.
    package mutating func replaceAll(_ standing: [Shape]) {
        shapes = standing.sorted { $0.isBelow($1) }
        byID = Dictionary(standing.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        version += 1
        disturbed = version
    }

    package mutating func apply(_ change: ShapeChange) {
        version += 1
        if let old = byID[change.id], let index = index(of: old) {
            shapes.remove(at: index)
            disturbed = version
        }
        guard change.kind != .removed else {
            byID[change.id] = nil
            return
        }
        byID[change.id] = change.shape
        let index = firstIndex { !$0.isBelow(change.shape) }
        if index < shapes.count { disturbed = version }
        shapes.insert(change.shape, at: index)
    }

    /// How many shapes lie below this one; nil for one that does not stand.
    package func index(of id: ShapeID) -> Int? { byID[id].flatMap { index(of: $0) } }

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
