// Lines end where what they are bound to stands.
extension Board {
    /// The shapes on the board as they are drawn, lowest first: lines end where what they are bound to stands.
    public var drawnShapes: [Shape] {
        var outlines = Outlines()
        return drawnShapes(meeting: &outlines)
    }

    func drawnShapes(meeting outlines: inout Outlines) -> [Shape] {
        shapes.map { shape in
            var drawn = shape
            drawn.content = self.drawn(drawn.content, meeting: &outlines)
            return drawn
        }
    }

    /// What a shape is drawn as.
    func drawn(_ content: ShapeDraft, meeting outlines: inout Outlines) -> ShapeDraft {
        content.drawn(meeting: { outlines.outline(of: $0, as: shape($0)?.content) })
    }
}
