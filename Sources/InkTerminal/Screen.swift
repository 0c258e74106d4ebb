import InkBoard
import InkFormats

/// What the terminal shows, and the fewest bytes that make it show something else.
///
/// Compares cells, not commands: whatever was drawn, a frame that looks the same gives no bytes at all. Emission knows where the terminal's
/// cursor and pen are, takes the shortest way to each changed cell, and trusts no glyph whose width terminals disagree about: before one it
/// blanks the cells, which a terminal may not touch that does not know the glyph; after one it moves by absolute address and writes the
/// neighbour again.
package struct Screen: Sendable {
    private(set) var columns: Int
    private(set) var rows: Int
    private let depth: ColorDepth
    /// Whether frames are wrapped in synchronized output (mode 2026); only after a positive answer.
    package var isSynchronized = false
    private var shown: [Cell]
    private var shownCursor: (column: Int, row: Int)?
    private var needsClear = true
    /// Where the next glyph would land; nil when that is not certain (TM-333).
    private var place: (column: Int, row: Int)?
    private var pen = CellStyle()
    private var bytes: [UInt8] = []

    package init(columns: Int, rows: Int, depth: ColorDepth) {
        (self.columns, self.rows, self.depth) = (columns, rows, depth)
        shown = Array(repeating: .blank, count: columns * rows)
    }

    /// Forgets what is shown: the next frame repaints all (TM-16).
    mutating func invalidate(columns: Int, rows: Int) {
        (self.columns, self.rows) = (columns, rows)
        shown = Array(repeating: .blank, count: columns * rows)
        (needsClear, place, shownCursor) = (true, nil, nil)
    }

    /// The bytes that turn what is shown into `next`, which must have the screen's size; none if it looks the same (TM-4).
    package mutating func frame(_ next: CellBuffer) -> [UInt8] {
        precondition(
            next.columns == columns && next.rows == rows, "a \(next.columns)x\(next.rows) picture does not fit a \(columns)x\(rows) screen")
        var next = next
        if depth == .none { next.removeColors() }
        bytes = []
        if needsClear {
            pen = CellStyle()
            bytes.append(contentsOf: "\u{1B}[0m\u{1B}[2J".utf8)
            if shownCursor == nil { bytes.append(contentsOf: "\u{1B}[?25l".utf8) }
            needsClear = false
        }
        for row in 0..<rows { emit(row: row, of: next.cells) }
        shown = next.cells
        let hasDrawn = !bytes.isEmpty
        // The cursor does not dance over what is drawn.
        if shownCursor != nil, hasDrawn || next.cursor == nil { bytes.insert(contentsOf: "\u{1B}[?25l".utf8, at: 0) }
        if let cursor = next.cursor {
            let isElsewhere = shownCursor.map { $0 != cursor } ?? true
            if isElsewhere || hasDrawn {
                move(to: cursor.column, cursor.row)
                if hasDrawn || shownCursor == nil { bytes.append(contentsOf: "\u{1B}[?25h".utf8) }
            }
        }
        shownCursor = next.cursor
        guard isSynchronized, bytes.count > 64 else { return bytes }
        return Array("\u{1B}[?2026h".utf8) + bytes + Array("\u{1B}[?2026l".utf8)
    }

    // MARK: One row

    private mutating func emit(row: Int, of next: [Cell]) {
        let start = row * columns
        // Everything from here on is blank in the new picture.
        var blankFrom = columns
        while blankFrom > 0, next[start + blankFrom - 1] == .blank { blankFrom -= 1 }
        var column = 0
        var mustRewrite = false
        while column < columns {
            let cell = next[start + column]
            let isSame = cell == shown[start + column] && !mustRewrite
            // The right half follows its left half; it is never written alone.
            if isSame || cell.columns == 0 {
                column += 1
                continue
            }
            if column >= blankFrom, columns - column > 3 {
                go(to: column, row, of: next)
                setPen(CellStyle())
                bytes.append(contentsOf: "\u{1B}[K".utf8)
                return
            }
            go(to: column, row, of: next)
            if !cell.glyph.hasCertainWidth { blank(cell, column, row) }
            write(cell, row: row)
            mustRewrite = !cell.glyph.hasCertainWidth
            column += max(1, Int(cell.columns))
        }
    }

    /// Takes away what stands in the cells of a glyph that a terminal may drop, or draw in fewer of them (TM-333).
    private mutating func blank(_ cell: Cell, _ column: Int, _ row: Int) {
        let start = row * columns + column
        let old = shown[start..<start + max(1, Int(cell.columns))]
        guard
            old.contains(where: {
                // Of bold and dim a space shows nothing.
                $0.columns != 1 || $0.glyph != .space || $0.background != cell.background
                    || $0.attributes.symmetricDifference(cell.attributes).intersection([.reverse, .underline]) != []
            })
        else { return }
        for _ in old {
            write(Cell(.space, foreground: cell.foreground, background: cell.background, attributes: cell.attributes), row: row)
        }
        move(to: column, row)
    }

    private mutating func write(_ cell: Cell, row: Int) {
        setPen(CellStyle(foreground: cell.foreground, background: cell.background, attributes: cell.attributes))
        cell.glyph.append(to: &bytes)
        guard let column = place?.column, cell.glyph.hasCertainWidth, column + Int(cell.columns) < columns else {
            // In the last column the cursor stays or hangs over, as the terminal likes.
            place = nil
            return
        }
        place = (column + Int(cell.columns), row)
    }

    // MARK: Moving

    /// Moves to a cell by the shortest way; a few unchanged cells of the pen's style are cheaper to write again than to skip (TM-183).
    private mutating func go(to column: Int, _ row: Int, of next: [Cell]) {
        if let place, place.row == row, place.column < column, column - place.column <= 4 {
            let gap = next[row * columns + place.column..<row * columns + column]
            let isCheap = gap.allSatisfy {
                $0.columns == 1 && $0.glyph.isASCII
                    && CellStyle(foreground: $0.foreground, background: $0.background, attributes: $0.attributes) == pen
            }
            if isCheap {
                for cell in gap { cell.glyph.append(to: &bytes) }
                self.place = (column, row)
                return
            }
        }
        move(to: column, row)
    }

    private mutating func move(to column: Int, _ row: Int) {
        defer { place = (column, row) }
        let absolute = column == 0 ? "\u{1B}[\(row + 1)H" : "\u{1B}[\(row + 1);\(column + 1)H"
        guard let place, let near = Self.way(from: place, to: (column, row)), near.utf8.count < absolute.utf8.count else {
            return bytes.append(contentsOf: absolute.utf8)
        }
        bytes.append(contentsOf: near.utf8)
    }

    /// The way within a row or to the next one, from where the cursor is for certain; nil for what is far.
    ///
    /// A line feed goes straight down: in our modes the terminal puts no return before it.
    private static func way(from place: (column: Int, row: Int), to target: (column: Int, row: Int)) -> String? {
        guard target.row == place.row || target.row == place.row + 1 else { return nil }
        let down = target.row == place.row ? "" : "\n"
        let count = target.column - place.column
        if count == 0 { return down }
        if target.column == 0 { return "\r" + down }
        if count > 0 { return down + (count == 1 ? "\u{1B}[C" : "\u{1B}[\(count)C") }
        return count >= -Self.backMax ? down + String(repeating: "\u{8}", count: -count) : nil
    }

    /// As many steps back are shorter than any address.
    private static let backMax = 5

    // MARK: The pen

    /// Selects a style by the shorter of two ways: only what differs, or all from nothing.
    private mutating func setPen(_ style: CellStyle) {
        guard style != pen else { return }
        if style == CellStyle() {
            bytes.append(contentsOf: "\u{1B}[m".utf8)
        } else {
            let changes = parameters(from: pen, to: style)
            let whole = [";"] + parameters(from: CellStyle(), to: style)
            let (short, long) = (changes.joined(separator: ";"), "0" + whole.joined(separator: ";").dropFirst())
            bytes.append(contentsOf: ("\u{1B}[" + (short.utf8.count <= long.utf8.count ? short : long) + "m").utf8)
        }
        pen = style
    }

    private func parameters(from old: CellStyle, to new: CellStyle) -> [String] {
        var list: [String] = []
        let (gone, come) = (old.attributes.subtracting(new.attributes), new.attributes.subtracting(old.attributes))
        // 22 ends bold and dim alike, so the one that stays is set again.
        let endsWeight = gone.contains(.bold) || gone.contains(.dim)
        if endsWeight { list.append("22") }
        if gone.contains(.underline) { list.append("24") }
        if gone.contains(.reverse) { list.append("27") }
        if come.contains(.bold) || endsWeight && new.attributes.contains(.bold) { list.append("1") }
        if come.contains(.dim) || endsWeight && new.attributes.contains(.dim) { list.append("2") }
        if come.contains(.underline) { list.append("4") }
        if come.contains(.reverse) { list.append("7") }
        if old.foreground != new.foreground { list.append(depth.parameter(new.foreground, isBackground: false)) }
        if old.background != new.background { list.append(depth.parameter(new.background, isBackground: true)) }
        return list.filter { !$0.isEmpty }
    }
}
