import InkBoard

extension CellRegion {
    /// A box without its border, or the box itself where the border leaves nothing.
    var inside: CellRegion {
        var inside = self
        if columns > 2 { (inside.column, inside.columns) = (column + 1, columns - 2) }
        if rows > 2 { (inside.row, inside.rows) = (row + 1, rows - 2) }
        return inside
    }
}

extension ShapeDraft {
    /// The cell after the first `count` characters of the shape's text, where a caret stands while it is edited.
    public func caretCell(after count: Int) -> (column: Int, row: Int) {
        let prefix = String(text.prefix(count))
        let box = cellRegion
        switch kind {
        case .rectangle, .ellipse, .diamond:
            let inside = box.inside
            let (before, whole) = (TextLayout(prefix, columns: inside.columns), TextLayout(text, columns: inside.columns))
            let line = max(0, before.rows.count - 1)
            let shown = min(whole.rows.count, inside.rows)
            let top = inside.row + (inside.rows - shown) / 2
            let width = line < whole.rows.count ? whole.columns(ofRow: line) : 0
            let left = inside.column + max(0, (inside.columns - width) / 2)
            return (left + (before.rows.isEmpty ? 0 : before.columns(ofRow: line)), min(top + line, inside.row + max(0, inside.rows - 1)))
        case .note:
            let inside = box.inside
            let before = TextLayout(prefix, columns: inside.columns)
            let line = max(0, before.rows.count - 1)
            return (
                inside.column + (before.rows.isEmpty ? 0 : before.columns(ofRow: line)),
                min(inside.row + line, inside.row + max(0, inside.rows - 1))
            )
        case .text, .line, .arrow, .freehand:
            let before = TextLayout(prefix)
            let line = max(0, before.rows.count - 1)
            return (box.column + (before.rows.isEmpty ? 0 : before.columns(ofRow: line)), box.row + line)
        }
    }
}
