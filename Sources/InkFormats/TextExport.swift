import InkBoard

/// A board as lines of text.
public struct TextExport: Sendable {
    /// Greatest extent of an export without a region, in cells each way: boards are unbounded, files are not.
    public static let extentMax = 1000

    /// Rows without trailing spaces, each ended by a line break; empty for an empty board.
    public let text: String
    /// Cells that all content takes.
    private let columns: Int
    private let rows: Int

    /// True if the content is larger than an export may be.
    public var isCut: Bool { columns > Self.extentMax || rows > Self.extentMax }

    /// What was left out, for who reads the text.
    public var cutWords: String {
        "the drawing is \(columns) by \(rows) cells, and a text holds \(Self.extentMax) by \(Self.extentMax) around the middle shape"
    }

    /// All shapes, bottom first; of content that is larger than `extentMax` a part around the middle shape.
    public init(of shapes: [ShapeDraft], style: GlyphStyle = .unicode) {
        let regions = shapes.map { $0.inkRegion(on: .standard) }
        let all = regions.dropFirst().reduce(regions.first) { $0?.union($1) }
        (columns, rows) = (all?.columns ?? 0, all?.rows ?? 0)
        text = all.map { Self.text(of: shapes, style, Self.part(of: $0, regions), isTrimmed: true) } ?? ""
    }

    /// All shapes, bottom first, as far as they lie in a region, if one is given.
    public static func text(of shapes: [ShapeDraft], style: GlyphStyle = .unicode, region: CellRegion? = nil) -> String {
        guard let region else { return TextExport(of: shapes, style: style).text }
        return text(of: shapes, style, region, isTrimmed: false)
    }

    /// - Parameter isTrimmed: leaves out the rows and columns before the first that hold something.
    private static func text(of shapes: [ShapeDraft], _ style: GlyphStyle, _ drawn: CellRegion, isTrimmed: Bool) -> String {
        var raster = CellRaster(region: drawn, grid: .standard)
        raster.draw(shapes)
        let left = isTrimmed ? drawn.columnRange.first { column in drawn.rowRange.contains { raster.isInk(column, $0, style) } } : nil
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
        if isTrimmed { rows.removeFirst(rows.prefix { $0.isEmpty }.count) }
        return rows.isEmpty ? "" : rows.joined(separator: "\n") + "\n"
    }

    /// What of all content is shown.
    private static func part(of content: CellRegion, _ regions: [CellRegion]) -> CellRegion {
        var all = content
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
