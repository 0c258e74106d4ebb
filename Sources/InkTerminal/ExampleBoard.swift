import InkBoard
import InkFormats
import InkPrimitives

/// A small drawing to try things on: boxes whose arrows follow them, a note, and what to do with them. It fits 80 columns and 22 rows (TM-220).
public enum ExampleBoard {
    /// Bottom first, as `Intent.drawAll` takes them: each is bound to others by their place in the list.
    public static let shapes: [ShapeDraft] = {
        let boxes = [
            box(.rectangle, 4, 3, "web page"), box(.rectangle, 32, 3, "server"), box(.ellipse, 60, 3, "cache"),
            box(.diamond, 32, 12, "found?"),
        ]
        let arrows = [arrow((20, 5), 1, (31, 5), 2), arrow((48, 5), 2, (59, 5), 3), arrow((40, 8), 2, (40, 11), 4)]
        var note = box(.note, 57, 12, "drag a box:\nits arrows follow")
        (note.size.width, note.fill) = (Int32(Grid.standard.columnUnits * 20), Color(rgb: 0xF0E442))
        return boxes + arrows + [note] + words
    }()

    private static let words = [
        (4, 1, "An example to try things on: it goes when you leave, unless you type :keep"), (4, 11, "r  draws a box; type its label"),
        (4, 12, "a  joins two of them"), (4, 13, "p  draws freehand"), (4, 14, "k  shows, and leaves nothing"), (4, 15, "u  takes back"),
        (4, 16, "?  shows all keys"), (4, 17, "q  goes back to the start"),
    ].map { column, row, text in
        ShapeDraft(kind: .text, position: Grid.standard.corner(of: CellPlace(column: column, row: row)), text: text)
    }

    private static func box(_ kind: ShapeKind, _ column: Int, _ row: Int, _ text: String) -> ShapeDraft {
        let grid = Grid.standard
        return ShapeDraft(
            kind: kind, position: grid.middle(of: CellPlace(column: column, row: row)),
            size: Size(width: Int32(grid.columnUnits * 15), height: Int32(grid.rowUnits * 4)), text: text)
    }

    /// An arrow between two cells, bound to the boxes of these numbers, from 1.
    private static func arrow(_ from: (Int, Int), _ first: UInt64, _ to: (Int, Int), _ last: UInt64) -> ShapeDraft {
        let (start, end) = (
            Grid.standard.middle(of: CellPlace(column: from.0, row: from.1)), Grid.standard.middle(of: CellPlace(column: to.0, row: to.1))
        )
        var arrow = ShapeDraft(kind: .arrow, position: start, points: [.zero, end - start])
        arrow.startBinding = Binding(ShapeID(author: .zero, number: first), x: Binding.full / 2 + 1, y: Binding.full / 2 + 1)
        arrow.endBinding = Binding(ShapeID(author: .zero, number: last), x: Binding.full / 2 + 1, y: Binding.full / 2 + 1)
        return arrow
    }
}

extension BoardScene {
    /// Keeps the example that would go (TM-401).
    mutating func keepBoard(now: Instant) {
        guard isExample else { return front.notices.add("this board stays: everything is saved", as: .setting, now: now) }
        isExample = false
        outputs.append(.effect(.keepBoard))
        front.notices.add("kept: this board stays when you leave", as: .setting, now: now)
    }
}
