import InkPrimitives

/// Outlines of shapes at which lines end, each measured once however many lines end there (BD-67): a text is as long as its maker likes, and so are
/// the lines that a hostile member binds to it.
package struct Outlines: Sendable {
    private var outlines: [ShapeID: Outline?] = [:]
    /// How many shapes were measured: what it has cost.
    package private(set) var measured = 0

    package init() {}

    /// The outline of a shape, measured unless it is known.
    ///
    /// - Parameter content: the shape as it stands; nil for one that does not.
    package mutating func outline(of id: ShapeID, as content: ShapeDraft?) -> Outline? {
        if let known = outlines[id] { return known }
        measured += 1
        let outline = content.flatMap { Outline($0) }
        outlines.updateValue(outline, forKey: id)
        return outline
    }

    /// The outline of a shape that was measured, or that it has none; nil for one that was not measured.
    package func known(_ id: ShapeID) -> Outline?? { outlines[id] }

    /// Forgets a shape that changes.
    package mutating func forget(_ id: ShapeID) { outlines[id] = nil }
}
