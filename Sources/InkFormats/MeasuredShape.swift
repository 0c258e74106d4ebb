import InkBoard

/// A shape with what is the same of it in every window and on every grid: how far it goes, and the curve of a stroke.
///
/// With it a strip of a stroke of thousands of samples costs the samples near the strip.
package struct MeasuredShape: Sendable {
    package let content: ShapeDraft
    package let extent: ShapeExtent
    /// Of a stroke.
    let curve: StrokeCurve?

    package init(_ content: ShapeDraft) {
        self.content = content
        extent = ShapeExtent(content)
        curve = content.kind == .freehand ? StrokeCurve(points: content.points, origin: content.position).indexed() : nil
    }

    /// Samples that it keeps: its memory is proportional to them.
    package var count: Int { curve?.count ?? 0 }
    /// Samples and letters that were looked at for it.
    package var work: Int { 2 * content.effort }
}
