import InkBoard

/// Where an end of a line would be attached: what a hand sees before it lets go.
package struct BindingTarget: Hashable, Sendable {
    /// The shape at which it would end.
    package let shape: ShapeID
    /// What `ShapeDraft.startBinding` or `.endBinding` is set to.
    package let binding: Binding
    /// Where the end would be drawn.
    package let end: Point
}

extension BoardView {
    /// The shape to which an end of a line at `place` is bound, if any is near enough: the nearest; of several the smallest, and of several such the
    /// topmost. The place in it is the one that was pointed at.
    ///
    /// - Parameters:
    ///   - other: the corner or end from which the line comes; the outline is met on the way from there.
    ///   - excluded: shapes to which it is not bound, such as that of its other end.
    ///   - distance: how far from a shape is near, in world units.
    ///   - candidates: the shapes to look at, where it is known which are near; nil for all.
    package func bindingTarget(
        near place: Point, from other: Point, excluding excluded: Set<ShapeID> = [], within distance: Int,
        among candidates: [ShapeID]? = nil
    ) -> BindingTarget? {
        var best: (shape: Shape, distance: Int, area: Int)?
        func look(at shape: Shape) {
            guard !shape.content.kind.isPath, !excluded.contains(shape.id) else { return }
            let box = shape.content.worldBox
            let away = box.distance(to: place)
            guard away <= distance, shape.content.isBindable else { return }
            let area = (box.right - box.left) * (box.bottom - box.top)
            // FE-81
            if let best, (away, area) > (best.distance, best.area) { return }
            if let best, (away, area) == (best.distance, best.area), shape.isBelow(best.shape) { return }
            best = (shape, away, area)
        }
        if let candidates {
            for id in candidates { if let shape = self[id] { look(at: shape) } }
        } else {
            for shape in shapes { look(at: shape) }
        }
        guard let shape = best?.shape, let binding = Binding(shape.id, shape.content, near: place) else { return nil }
        // One end of a line from there shows where it would be (FE-177).
        let line = ShapeDraft(kind: .line, position: other, points: [.zero, place - other], endBinding: binding)
        let drawn = drawn(line)
        return BindingTarget(shape: shape.id, binding: binding, end: drawn.position + (drawn.points.last ?? .zero))
    }
}
