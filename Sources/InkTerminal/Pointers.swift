import InkFormats
import InkFrontEnd

/// How others' pointers look, each with its name while it is fresh (TM-11).
extension BoardScene {
    func drawCursors(on buffer: inout CellBuffer) {
        var taken: [(row: Int, columns: Range<Int>)] = []
        for (person, box) in holders() where !person.status.name.isEmpty {
            let (left, top) = viewport.screen(CellPlace(column: box.column, row: box.row))
            // Above the shape; under one at the upper edge.
            let marker = (left - 1, top > 0 ? top - 2 : top + box.rows - 1)
            drawChip(
                front.people.shownName(person, columnsMax: 16), front.people.color(person), besides: marker, taken: &taken, on: &buffer)
        }
        guard !display.hidesCursors else { return }
        for pointer in shownMotion.pointers {
            guard let person = front.people[pointer.peer] else { continue }
            let (column, row) = shown(pointer.place)
            let color = front.people.color(person)
            // Never over our own pointer.
            if keyPlace != pointer.place {
                let isDim = pointer.age == .dim || person.status.silentSeconds != nil
                let marker = display.style == .ascii ? color.asciiMarker : color.marker
                let ink = color.ink(onDark: display.isDark)
                if isRead(buffer, column, row) {
                    buffer.restyle(column: column, row: row) {
                        ($0.foreground, $0.background, $0.attributes) = (ink, nil, [.reverse, isDim ? .dim : .bold])
                    }
                } else {
                    buffer.put(Cell(Glyph(marker), foreground: ink, attributes: isDim ? .dim : .bold), column: column, row: row)
                }
            }
            let said = person.status.author.flatMap { front.bubbles[$0] }
            guard pointer.age == .fresh || said != nil, !person.status.name.isEmpty else { continue }
            let name = front.people.shownName(person, columnsMax: 16)
            let words = said.map { "\(name): \(safeForTerminal($0, columnsMax: Self.bubbleColumns))" } ?? name
            drawChip(words, color, besides: (column, row), taken: &taken, on: &buffer)
        }
    }

    /// True for a cell with a letter of a text: a mark over it must leave it to be read. Hints make way (TM-66).
    func isRead(_ buffer: CellBuffer, _ column: Int, _ row: Int) -> Bool {
        let cell = buffer[column, row]
        guard cell.columns > 0, !cell.attributes.contains(.dim) else { return cell.columns == 0 }
        switch cell.glyph.base {
        case 0x20: return false
        case 0..<0x80: return display.style != .ascii || !Self.asciiLines.contains(UInt8(cell.glyph.base))
        // Arrows, lines, blocks, and dots.
        case 0x2190..<0x2200, 0x2500..<0x2600, 0x2800..<0x2900: return false
        default: return true
        }
    }

    /// What lines are made of where there is only ASCII.
    private static let asciiLines: [UInt8] = Array("+-|/\\.'`*:_<>^".utf8)

    /// A name right and below; at the edges it flips; where another chip or a text stands it goes above, else it is left out. Only where nobody
    /// types here it covers a text, for a moment. In a crowd it goes from each fourth column to the next, and in every other row: a name is all
    /// letters, and dear to move (TM-66).
    private func drawChip(
        _ name: String, _ color: PersonColor, besides marker: (column: Int, row: Int), taken: inout [(row: Int, columns: Range<Int>)],
        on buffer: inout CellBuffer
    ) {
        let label = " " + name + " "
        let width = CharacterWidth.columns(of: label)
        let (columns, rows) = (layout.canvasColumns, layout.canvasRows)
        let (across, down) = shownMotion.isCrowded ? (Self.crowdColumns, Self.crowdRows) : (1, 1)
        let right = (marker.column + across) / across * across
        let left = right + width <= columns ? right : max(0, (marker.column - width) / across * across)
        let (below, above) = ((marker.row + down) / down * down, (marker.row + down - 1) / down * down - down)
        let candidates = below < rows ? [below, above] : [above, below]
        let free = candidates.filter { candidate in
            (0..<rows).contains(candidate) && !taken.contains { $0.row == candidate && $0.columns.overlaps(left..<left + width) }
        }
        let clear = free.first { row in !(left..<min(columns, left + width)).contains { isRead(buffer, $0, row) } }
        guard let row = clear ?? (mode.edit == nil ? free.first : nil) else { return }
        taken.append((row, left..<left + width))
        buffer.write(label, column: left, row: row, style: display.chip(color))
    }

    // TM-183
    private static let crowdColumns = 4
    // TM-276
    private static let bubbleColumns = 40
    private static let crowdRows = 2
}
