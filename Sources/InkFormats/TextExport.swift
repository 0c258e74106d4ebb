import InkBoard

/// A board as lines of text.
public struct TextExport: Sendable {
    /// Greatest extent of an export without a region, in cells each way: boards are unbounded, files are not (FM-11).
    public static let extentMax = 1000

    /// Rows without trailing spaces, each ended by a line break; empty for an empty board (FM-11).
    public let text: String
    /// Cells that all content takes.
    private let columns: Int
    private let rows: Int

    /// True if the content is larger than an export may be.
    public var isCut: Bool { columns > Self.extentMax || rows > Self.extentMax }

    /// What was left out, for who reads the text (FM-11).
    public var cutWords: String {
        "the drawing is \(columns) by \(rows) cells, and a text holds \(Self.extentMax) by \(Self.extentMax) around the middle shape"
    }

    /// All shapes, bottom first; of content that is larger than `extentMax` a part around the middle shape.
    ///
    /// - Parameter isColored: with the colours of cells as terminals know them (SGR of ECMA-48, 24 bits), each row by itself.
    public init(of shapes: [ShapeDraft], style: GlyphStyle = .unicode, isColored: Bool = false) {
        let regions = shapes.map { $0.inkRegion(on: .standard) }
        let all = regions.dropFirst().reduce(regions.first) { $0?.union($1) }
        (columns, rows) = (all?.columns ?? 0, all?.rows ?? 0)
        text = all.map { Self.text(of: shapes, style, Self.part(of: $0, regions), isTrimmed: true, isColored: isColored) } ?? ""
    }

    /// All shapes, bottom first, as far as they lie in a region, if one is given.
    public static func text(
        of shapes: [ShapeDraft], style: GlyphStyle = .unicode, region: CellRegion? = nil, isColored: Bool = false
    ) -> String {
        guard let region else { return TextExport(of: shapes, style: style, isColored: isColored).text }
        return text(of: shapes, style, region, isTrimmed: false, isColored: isColored)
    }

    /// A text as a block of code in Markdown (CommonMark 0.31, §4.5), between fences that are longer than any in it (FM-146).
    public static func markdown(_ text: String) -> String {
        let longest = text.split(separator: "\n").reduce(2) { max($0, $1.drop { $0 == " " }.prefix { $0 == "`" }.count) }
        let fence = String(repeating: "`", count: longest + 1)
        return "\(fence)text\n\(text)\(fence)\n"
    }

    /// - Parameter isTrimmed: leaves out the rows and columns before the first that hold something.
    private static func text(
        of shapes: [ShapeDraft], _ style: GlyphStyle, _ drawn: CellRegion, isTrimmed: Bool, isColored: Bool
    ) -> String {
        var raster = CellRaster(region: drawn, grid: .standard)
        raster.draw(shapes)
        let left = isTrimmed ? drawn.columnRange.first { column in drawn.rowRange.contains { raster.isInk(column, $0, style) } } : nil
        var rows: [String] = []
        for row in drawn.rowRange {
            let cells = ((left ?? drawn.column)..<drawn.columnRange.upperBound).map { raster.cell(column: $0, row: row, style: style) }
            rows.append(Self.text(of: cells, isColored: isColored))
        }
        while rows.last == "" { rows.removeLast() }
        if isTrimmed { rows.removeFirst(rows.prefix { $0.isEmpty }.count) }
        return rows.isEmpty ? "" : rows.joined(separator: "\n") + "\n"
    }

    /// One row without what leaves no ink at its end (FM-145).
    private static func text(of cells: [Cell], isColored: Bool) -> String {
        let isInk = { (cell: Cell) in cell.columns > 0 && cell.glyph != .space || isColored && cell.background != nil }
        guard let last = cells.lastIndex(where: isInk) else { return "" }
        var bytes: [UInt8] = []
        var (ink, paper): (Color?, Color?)
        for cell in cells[...last] where cell.columns > 0 {
            // A blank has no ink: the one before it stays, unless all is reset (FM-145).
            let ends = paper != nil && cell.background == nil
            let next = (ink: cell.glyph != .space ? cell.foreground : ends ? nil : ink, paper: cell.background)
            if isColored, next != (ink, paper) {
                var codes: [String] = ink != nil && next.ink == nil || paper != nil && next.paper == nil ? ["0"] : []
                if let color = next.ink { codes.append("38;2;\(color.parts)") }
                if let color = next.paper { codes.append("48;2;\(color.parts)") }
                bytes += Array("\u{1B}[\(codes.joined(separator: ";"))m".utf8)
                (ink, paper) = next
            }
            cell.glyph.append(to: &bytes)
        }
        if ink != nil || paper != nil { bytes += Array("\u{1B}[0m".utf8) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What of all content is shown (FM-11).
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

extension Color {
    /// Red, green and blue, 0 to 255, as SGR takes them.
    fileprivate var parts: String { "\(rgb >> 16);\(rgb >> 8 & 255);\(rgb & 255)" }
}
