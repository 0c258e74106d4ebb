import InkBoard
import InkFormats
import InkFrontEnd

/// A rectangle of cells being composed: what the terminal should show.
package struct CellBuffer: Sendable {
    package let columns: Int
    package let rows: Int
    private(set) var cells: [Cell]
    /// Where the terminal's own cursor is to stand; nil hides it.
    package var cursor: (column: Int, row: Int)?

    /// - Parameter top: whole rows from the first on, as many as there are; none of them ends within a wide glyph. All else is blank.
    /// - Parameter width: of those rows, from the left; nil for as wide as all.
    package init(columns: Int, rows: Int, top: [Cell] = [], width: Int? = nil) {
        (self.columns, self.rows) = (columns, rows)
        if let width, width < columns {
            cells = []
            cells.reserveCapacity(columns * rows)
            for start in stride(from: 0, to: top.count, by: max(1, width)) {
                cells += top[start..<start + width]
                cells.append(contentsOf: repeatElement(.blank, count: columns - width))
            }
            cells.append(contentsOf: repeatElement(.blank, count: columns * rows - cells.count))
            return
        }
        cells = top
        cells.append(contentsOf: repeatElement(.blank, count: columns * rows - top.count))
    }

    /// The cell there; blank outside.
    package subscript(column: Int, row: Int) -> Cell {
        guard (0..<columns).contains(column), (0..<rows).contains(row) else { return .blank }
        return cells[row * columns + column]
    }

    /// Puts one glyph; outside of the buffer nothing happens. Half of a wide glyph never stays: what is cut becomes a space.
    package mutating func put(_ cell: Cell, column: Int, row: Int) {
        guard (0..<rows).contains(row), (0..<columns).contains(column) else { return }
        if cell.columns == 2, column + 1 >= columns {
            put(
                Cell(.space, foreground: cell.foreground, background: cell.background, attributes: cell.attributes), column: column,
                row: row)
            return
        }
        let index = row * columns + column
        mend(index, column)
        if cell.columns == 2 {
            mend(index + 1, column + 1)
            cells[index + 1] = Cell(
                cell.glyph, columns: 0, foreground: cell.foreground, background: cell.background, attributes: cell.attributes)
        }
        cells[index] = cell
    }

    /// Writes text from anywhere on one row and returns the column after it. What does not fit before `limit` is left out (TM-12).
    @discardableResult
    package mutating func write(_ text: String, column: Int, row: Int, style: CellStyle = CellStyle(), limit: Int = .max) -> Int {
        var column = column
        let limit = min(limit, columns)
        for character in text {
            let isSpace = character == "\t" || character.isNewline
            // A cluster is written whole or not at all (TM-221).
            guard column + (isSpace ? 1 : CharacterWidth.columns(of: character)) <= limit else { break }
            if isSpace {
                put(.space, 1, at: &column, row, style)
            } else {
                Glyph.forEachPart(of: character) { put($0, $1, at: &column, row, style) }
            }
        }
        return column
    }

    private mutating func put(_ glyph: Glyph, _ width: Int, at column: inout Int, _ row: Int, _ style: CellStyle) {
        let cell = Cell(
            glyph, columns: UInt8(width), foreground: style.foreground, background: style.background, attributes: style.attributes)
        put(cell, column: column, row: row)
        column += width
    }

    /// Fills part of a row with spaces of a style.
    package mutating func fill(row: Int, from: Int = 0, to: Int = .max, style: CellStyle = CellStyle()) {
        let blank = Cell(.space, foreground: style.foreground, background: style.background, attributes: style.attributes)
        var column = max(0, from)
        while column < min(to, columns) {
            put(blank, column: column, row: row)
            column += 1
        }
    }

    /// Gives cells other attributes and leaves their glyphs.
    mutating func restyle(column: Int, row: Int, _ change: (inout Cell) -> Void) {
        guard (0..<rows).contains(row), (0..<columns).contains(column) else { return }
        let index = row * columns + column
        change(&cells[index])
        // Both halves of a wide glyph look alike.
        if cells[index].columns == 2, column + 1 < columns { change(&cells[index + 1]) }
        if cells[index].columns == 0, column > 0 { change(&cells[index - 1]) }
    }

    /// Takes away every colour.
    mutating func removeColors() {
        for index in cells.indices { (cells[index].foreground, cells[index].background) = (nil, nil) }
    }

    /// Leaves only what a style has, each glyph in its cells: of ASCII all take one, and no other twin takes more or fewer than what it stands for
    /// (TM-13, TM-218).
    mutating func keep(_ style: GlyphStyle) {
        guard style != .unicode else { return }
        for index in cells.indices {
            let twin = style.twin(of: cells[index].glyph)
            guard twin != cells[index].glyph else { continue }
            cells[index].glyph = twin
            if style == .ascii { cells[index].columns = 1 }
        }
    }

    /// Black, white, yellow and cyan alone, none dim: each cell has a contrast of 16 at least (TM-217).
    mutating func raiseContrast(for style: GlyphStyle) {
        for index in cells.indices {
            let (ink, paper) = (cells[index].foreground, cells[index].background)
            if style == .console {
                cells[index].raiseConsoleContrast()
                continue
            }
            // What is filled is dark on light, all else light on dark.
            cells[index].foreground = paper == nil ? ink.map { PersonColor.contrasted($0) } ?? Color(rgb: 0xFFFFFF) : Color(rgb: 0)
            cells[index].background = paper.map { PersonColor.contrasted($0) } ?? Color(rgb: 0)
            cells[index].attributes.remove(.dim)
        }
    }

    /// What is left of a wide glyph when this cell is overwritten becomes a space.
    private mutating func mend(_ index: Int, _ column: Int) {
        if cells[index].columns == 0, column > 0 { (cells[index - 1].glyph, cells[index - 1].columns) = (.space, 1) }
        if cells[index].columns == 2, column + 1 < columns { (cells[index + 1].glyph, cells[index + 1].columns) = (.space, 1) }
    }
}

/// How text looks.
package struct CellStyle: Hashable, Sendable {
    package var foreground: Color?
    package var background: Color?
    package var attributes: Cell.Attributes

    package init(foreground: Color? = nil, background: Color? = nil, attributes: Cell.Attributes = []) {
        (self.foreground, self.background, self.attributes) = (foreground, background, attributes)
    }
}
