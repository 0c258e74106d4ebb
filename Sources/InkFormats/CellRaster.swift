import InkBoard

/// Shapes laid into a region of cells, from the bottom of the depth order to its top.
///
/// A cell keeps *edges* and *dots* rather than glyphs, so lines of different shapes join by themselves and part again when one of them is
/// moved away. A value: copy the raster of a standing board and draw the gestures under way into the copy.
public struct CellRaster: Sendable {
    public let region: CellRegion
    public let grid: Grid
    private var inks: [Ink]
    /// Rank of the shape being drawn.
    private var rank: Int32 = 0
    /// Cells of shapes that were laid so far, those of each for itself, and what making their stamps for this alone has cost.
    package private(set) var work = 0

    /// What shapes left in one cell.
    private struct Ink {
        var edges = LineEdges()
        var edgesRank: Int32 = -1
        var edgesColor: Color?
        /// What the one shape with edges here asks for.
        var look = ShapeStamp.EdgeLook()
        /// True if edges of several shapes lie here, however often each comes back.
        var isShared = false
        var dots = CellDots()
        var dotsRank: Int32 = -1
        var dotsColor: Color?
        var symbol: Glyph?
        /// 1 or 2; 0 is the right half of the symbol to the left.
        var symbolColumns: UInt8 = 1
        var symbolRank: Int32 = -1
        var symbolColor: Color?
        var background: Color?

        var isEmpty: Bool { edges.isEmpty && dots.bits == 0 && symbol == nil && background == nil }

        /// A cell shows lines or dots: the later of the two, but few dots never hide a line, and no dots hide a line's end (FM-226).
        var showsDots: Bool {
            dots.bits != 0 && (edges.isEmpty || dotsRank > edgesRank && dots.bits.nonzeroBitCount > 2 && edges.count != 1)
        }

        /// True if the symbol is not under later lines, or more than a few later dots.
        var showsSymbol: Bool {
            let strokeRank = showsDots ? dotsRank : edges.isEmpty ? -1 : edgesRank
            return symbol != nil && (symbolRank >= strokeRank || showsDots && dots.bits.nonzeroBitCount <= 2)
        }
    }

    /// An empty raster of that region. Memory is proportional to its cells.
    public init(region: CellRegion, grid: Grid) {
        (self.region, self.grid) = (region, grid)
        inks = Array(repeating: Ink(), count: region.columns * region.rows)
    }

    /// Lays one shape over those drawn before.
    public mutating func draw(_ shape: ShapeDraft) { lay(ShapeStamp(shape, in: region, on: grid)) }

    /// Lays shapes over those drawn before, the first of them at the bottom.
    package mutating func draw(_ shapes: [ShapeDraft]) {
        var cover = FillCover(cells: region.columns * region.rows)
        let below = Int(rank)
        for (index, shape) in shapes.enumerated().reversed() where !cover.isWhole {
            for run in shape.fillRuns(in: region, on: grid) { cover.cover(run, by: below + index) }
        }
        for (index, shape) in shapes.enumerated() { lay(ShapeStamp(shape, in: region, on: grid), at: below + index, under: cover) }
    }

    /// Lays what a shape leaves over what was drawn before.
    ///
    /// - Parameters:
    ///   - index: how many shapes lie below it, by which the cover knows it; nil for on top of what was laid.
    ///   - cover: what shapes that are laid later hide, and is not laid; nil for nothing.
    package mutating func lay(_ stamp: ShapeStamp, at index: Int? = nil, under cover: FillCover? = nil) {
        precondition(stamp.region == region && stamp.grid == grid, "a stamp made for \(stamp.region) is not laid into \(region)")
        // What is laid in parts has one rank in all of them: a wide letter may lie in two (FM-131).
        if let index { rank = max(rank, Int32(index) + 1) } else { beginShape() }
        let index = index ?? 0
        let (ink, paper) = (stamp.ink, stamp.content.fill)
        func isSeen(_ place: Int) -> Bool { cover?.isSeen(place, of: index) ?? true }
        if cover?.hasFill(of: index) ?? true {
            for run in stamp.fills {
                work += run.count
                for place in run where isSeen(place) { inks[place] = Ink(background: paper) }
            }
        }
        work += stamp.edges.count + stamp.dots.count + stamp.symbols.count
        for cell in stamp.edges where isSeen(Int(cell.place)) { add(cell, color: ink) }
        for cell in stamp.dots where isSeen(Int(cell.place)) { addDots(cell.dots, at: Int(cell.place), color: ink) }
        for cell in stamp.symbols where isSeen(Int(cell.place)) {
            let place = Int(cell.place)
            inks[place].symbol = cell.glyph
            inks[place].symbolColumns = cell.columns
            inks[place].symbolRank = rank
            inks[place].symbolColor = ink
        }
    }

    /// Work that was done for a stamp which nobody keeps.
    package mutating func spend(_ work: Int) { self.work += work }

    /// What is laid from here on lies over all before.
    mutating func beginShape() { rank += 1 }

    /// Makes cells, by their places in the region row by row, what they are in a raster of which this one was copied.
    package mutating func restore(_ places: some Sequence<Int>, from ground: CellRaster) {
        precondition(ground.region == region, "cells of \(ground.region) are none of \(region)")
        for place in places { inks[place] = ground.inks[place] }
        rank = ground.rank
    }

    /// The same cells in another window, as far as they lie in it; the others are empty.
    package func moved(to next: CellRegion) -> CellRaster {
        var moved = CellRaster(region: next, grid: grid)
        moved.copy(self)
        return moved
    }

    /// Takes the cells of a raster for a part of the region as they are.
    package mutating func take(_ part: CellRaster) {
        precondition(part.grid == grid, "cells of another grid are no part of this one")
        copy(part)
        work += part.work
    }

    private mutating func copy(_ other: CellRaster) {
        let common = region.intersection(other.region)
        for row in common.rowRange {
            let (from, to) = (other.index(common.column, row), index(common.column, row))
            inks.replaceSubrange(to..<to + common.columns, with: other.inks[from..<from + common.columns])
        }
        rank = max(rank, other.rank)
    }

    /// True if any shape left something in that cell (a position on the board's grid).
    public func hasInk(column: Int, row: Int) -> Bool {
        guard region.contains(column: column, row: row) else { return false }
        return !inks[index(column, row)].isEmpty
    }

    /// What is to be seen in one cell (a position on the board's grid inside `region`).
    public func cell(column: Int, row: Int, style: GlyphStyle) -> Cell {
        precondition(region.contains(column: column, row: row), "cell \(column),\(row) is outside of \(region)")
        let ink = inks[index(column, row)]
        var cell = Cell(background: ink.background)
        if let symbol = ink.symbol, ink.showsSymbol {
            cell.foreground = ink.symbolColor
            let isWhole = isWholeSymbol(ink, column, row)
            (cell.glyph, cell.columns) = isWhole ? (symbol, ink.symbolColumns) : (.space, 1)
            if style == .ascii, !cell.glyph.isASCII { (cell.glyph, cell.columns) = (style.twin(of: symbol), 1) }
        } else if ink.showsDots {
            cell.glyph = style == .ascii ? ink.dots.asciiGlyph : ink.dots.glyph
            cell.foreground = ink.dotsColor
        } else if !ink.edges.isEmpty {
            cell.glyph =
                switch (style, ink.look) {
                case (.unicode, let look) where look.style != .solid && ink.edges.isStraight,
                    (.console, let look) where look.style != .solid && ink.edges.isStraight:
                    ink.edges.glyph(with: look.style)
                case (.ascii, let look) where look.style != .solid && ink.edges.isStraight:
                    ink.edges.asciiGlyph(with: look.style, column: column, row: row)
                case (.unicode, let look), (.console, let look): look.isRounded ? ink.edges.roundedGlyph : ink.edges.glyph
                case (.ascii, let look): look.isRounded ? ink.edges.roundedASCIIGlyph : ink.edges.asciiGlyph
                }
            cell.foreground = ink.edgesColor
        }
        return cell
    }

    /// What is to be seen in one cell, by its place in the region row by row.
    package func cell(at place: Int, style: GlyphStyle) -> Cell {
        let row = place / region.columns
        return cell(column: region.column + place - row * region.columns, row: region.row + row, style: style)
    }

    /// All cells, row by row.
    public func cells(style: GlyphStyle) -> [Cell] {
        var result: [Cell] = []
        result.reserveCapacity(inks.count)
        for row in region.rowRange {
            for column in region.columnRange { result.append(cell(column: column, row: row, style: style)) }
        }
        return result
    }

    // MARK: Laying ink

    /// Dots of one cell, by the cell's place in the region, row by row.
    mutating func addDots(_ dots: CellDots, at place: Int, color: Color?) {
        inks[place].dots.bits |= dots.bits
        inks[place].dotsRank = rank
        inks[place].dotsColor = color
    }

    // FM-1
    private mutating func add(_ cell: ShapeStamp.EdgeCell, color: Color?) {
        let place = Int(cell.place)
        if !inks[place].edges.isEmpty, inks[place].edgesRank != rank { inks[place].isShared = true }
        inks[place].look = inks[place].isShared ? ShapeStamp.EdgeLook() : cell.look
        inks[place].edges.formUnion(cell.edges)
        inks[place].edgesRank = rank
        inks[place].edgesColor = color
    }

    /// False for half of a wide glyph whose other half is hidden or outside (FM-4).
    private func isWholeSymbol(_ ink: Ink, _ column: Int, _ row: Int) -> Bool {
        let other = ink.symbolColumns == 2 ? column + 1 : ink.symbolColumns == 0 ? column - 1 : column
        guard other != column else { return true }
        guard region.contains(column: other, row: row) else { return false }
        let half = inks[index(other, row)]
        let wanted: UInt8 = ink.symbolColumns == 2 ? 0 : 2
        return half.symbol == ink.symbol && half.symbolRank == ink.symbolRank && half.symbolColumns == wanted && half.showsSymbol
    }

    private func index(_ column: Int, _ row: Int) -> Int { (row - region.row) * region.columns + column - region.column }
}
