import InkBoard
import InkPrimitives

extension ShapeDraft {
    /// The shape as large as its label needs, and never smaller than it is: as wide as its longest word, then as high as its rows. Its place stays.
    ///
    /// Measured in the cells of 100 %, as others see it. What has no size of its own, a line or a text, stays as it is; and so does what a label needs
    /// more of than is sensible for a box: 60 columns, 200 rows.
    public func grownToLabel() -> ShapeDraft {
        guard !kind.isPath, kind != .text, !isSizedByText, text.utf8.count <= Self.fittedBytesMax, !text.isEmpty else { return self }
        var grown = self
        let inside = cellRegion(on: .standard).inside
        let words = text.split { $0.isWhitespace || $0.isNewline }
        let widest = words.reduce(1) { max($0, min(Self.fittedColumnsMax, CharacterWidth.columns(of: String($1)))) }
        grown.grow(toColumns: widest, rows: 1)
        let columns = max(inside.columns, widest)
        grown.grow(toColumns: columns, rows: min(Self.fittedRowsMax, TextLayout(text, columns: columns).rows.count))
        // What is round leaves less room in its corners.
        for _ in 0..<Self.roundStepsMax where (kind == .ellipse || kind == .diamond) && !grown.holdsLabelWithinOutline {
            let room = grown.cellRegion(on: .standard).inside
            grown.grow(toColumns: room.columns + 2, rows: room.rows + 1)
        }
        return grown
    }

    /// Gives it room for so many cells, if it has less.
    private mutating func grow(toColumns columns: Int, rows: Int) {
        let box = cellRegion(on: .standard)
        func more(_ wanted: Int, _ cells: Int, _ unit: Int, _ extent: Int32) -> Int32 {
            // The border takes a cell on each side.
            Int32(clamping: min(Int(Limits.coordinate), Int(extent) + max(0, wanted + 2 - cells) * unit))
        }
        size.width = more(columns, box.columns, Grid.standard.columnUnits, size.width)
        size.height = more(rows, box.rows, Grid.standard.rowUnits, size.height)
    }

    private static let fittedColumnsMax = 60
    private static let fittedRowsMax = 200
    private static let roundStepsMax = 60
    /// A longer text is no label: it is not laid out at each letter.
    private static let fittedBytesMax = 1024
}
