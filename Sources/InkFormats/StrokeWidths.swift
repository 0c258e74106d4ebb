import InkBoard
import InkPrimitives

/// Widths of lines as other programs say them.
enum StrokeWidths {
    /// In eighths of a px, as far as a board takes them; what is wider is told.
    ///
    /// - Parameter pixels: no less than 0.
    static func units(_ pixels: Double, _ told: inout Drawing) -> UInt16 {
        let units = (pixels * 8).rounded()
        guard units <= Double(Limits.strokeWidth) else {
            told.lose("widths of lines", becoming: "the greatest")
            return Limits.strokeWidth
        }
        return UInt16(units)
    }
}
