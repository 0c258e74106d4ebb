import InkBoard

/// A board as lines of text.
public enum TextExport {
    /// Greatest extent of an export without a region, in cells each way: boards are unbounded, files are not.
    public static let extentMax = 1000

    /// The shapes, bottom first, as rows without trailing spaces, each ended by a line break. Empty boards give an empty text.
    ///
    /// - Parameter region: the part to show; nil for all content, of which a part around the middle shape is shown if it is larger than `extentMax`.
    public static func text(of shapes: [ShapeDraft], style: GlyphStyle = .unicode, region: CellRegion? = nil) -> String {
        guard let drawn = region ?? content(of: shapes) else { return "" }
        var raster = CellRaster(region: drawn, grid: .standard)
        for shape in shapes { raster.draw(shape) }
        // All content begins with its first column and row that hold something; a region that was asked for is kept.
        let left = region == nil ? drawn.columnRange.first { column in drawn.rowRange.contains { raster.isInk(column, $0, style) } } : nil
        var rows: [String] = []
        for row in drawn.rowRange {
            var bytes: [UInt8] = []
            for column in (left ?? drawn.column)..<drawn.columnRange.upperBound {
                let cell = raster.cell(column: column, row: row, style: style)
                if cell.columns > 0 { cell.glyph.append(to: &bytes) }
            }
            while bytes.last == 0x20 { bytes.removeLast() }
            rows.append(String(decoding: bytes, as: UTF8.self))
        }
        while rows.last == "" { rows.removeLast() }
        if region == nil { rows.removeFirst(rows.prefix { $0.isEmpty }.count) }
        return rows.isEmpty ? "" : rows.joined(separator: "\n") + "\n"
    }

    /// The cells of all shapes, with their pens, labels and bends; nil for none.
    static func content(of shapes: [ShapeDraft]) -> CellRegion? {
        let regions = shapes.map { $0.inkRegion(on: .standard) }
        guard var all = regions.first else { return nil }
        for region in regions { all = all.union(region) }
        if all.columns > extentMax {
            let middles = regions.map { $0.column + $0.columns / 2 }.sorted()
            (all.column, all.columns) = (middles[middles.count / 2] - extentMax / 2, extentMax)
        }
        if all.rows > extentMax {
            let middles = regions.map { $0.row + $0.rows / 2 }.sorted()
            (all.row, all.rows) = (middles[middles.count / 2] - extentMax / 2, extentMax)
        }
        return all
    }
}

extension CellRaster {
    fileprivate func isInk(_ column: Int, _ row: Int, _ style: GlyphStyle) -> Bool {
        let cell = cell(column: column, row: row, style: style)
        return cell.columns > 0 && cell.glyph != .space
    }
}
