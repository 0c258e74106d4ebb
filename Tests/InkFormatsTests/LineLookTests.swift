import InkBoard
import InkFormats
import InkPrimitives
import Testing

@Suite struct LineLookTests {
    private static func styled(_ draft: ShapeDraft, _ style: LineStyle = .solid, _ corners: Corners = .usual) -> ShapeDraft {
        var draft = draft
        (draft.lineStyle, draft.corners) = (style, corners)
        return draft
    }

    private static func shown(_ shapes: [ShapeDraft], _ style: GlyphStyle = .unicode) -> [String] {
        TextExport.text(of: shapes, style: style).split(separator: "\n").map(String.init)
    }

    @Test func `FM-61, FM-235: each style of a border has its glyphs, and ASCII ones`() {
        let frame = box(0, 0, 5, 2)
        for (style, corners, rows, ascii) in [
            (.solid, .usual, ["┌────┐", "│    │", "└────┘"], ["+----+", "|    |", "+----+"]),
            (.dashed, .usual, ["┌╌╌╌╌┐", "╎    ╎", "└╌╌╌╌┘"], ["+ - -+", "", "+ - -+"]),
            (.dotted, .usual, ["┌┈┈┈┈┐", "┊    ┊", "└┈┈┈┈┘"], ["+....+", ":    :", "+....+"]),
            (.double, .usual, ["╔════╗", "║    ║", "╚════╝"], ["#====#", "#    #", "#====#"]),
            (.solid, .round, ["╭────╮", "│    │", "╰────╯"], [".----.", "|    |", "'----'"]),
            (.dashed, .round, ["╭╌╌╌╌╮", "╎    ╎", "╰╌╌╌╌╯"], [". - -.", "", "' - -'"]),
        ] as [(LineStyle, Corners, [String], [String])] {
            #expect(Self.shown([Self.styled(frame, style, corners)]) == rows, "\(style)")
            #expect(Self.shown([Self.styled(frame, style, corners)], .ascii) == ascii.filter { !$0.isEmpty }, "\(style)")
        }
        #expect(Self.shown([Self.styled(box(.note, 0, 0, 5, 2), .solid, .sharp)])[0] == "┌────┐")
    }

    @Test func `FM-1, FM-61: double lines join double, light and heavy ones`() {
        let frame = Self.styled(box(0, 0, 6, 4), .double)
        #expect(Self.shown([frame, path(.line, [(3, 0), (3, 4)])]) == ["╔══╤══╗", "║  │  ║", "║  │  ║", "║  │  ║", "╚══╧══╝"])
        #expect(Self.shown([frame, path(.line, [(0, 2), (6, 2)])])[2] == "╟─────╢")
        #expect(Self.shown([frame, Self.styled(path(.line, [(0, 2), (6, 2)]), .double)])[2] == "╠═════╣")
        #expect(Self.shown([box(0, 0, 6, 4), Self.styled(path(.line, [(0, 2), (6, 2)]), .double)])[2] == "╞═════╡")
        // Of two dashed boxes what both have is a line.
        let pair = [Self.styled(box(0, 0, 4, 2), .dashed), Self.styled(box(4, 0, 8, 2), .dashed)]
        #expect(Self.shown(pair)[1] == "╎   │   ╎")
    }

    @Test(arguments: [LineStyle.dashed, .dotted, .double], [ShapeKind.ellipse, .diamond, .line])
    func `FM-8, FM-234: what is drawn in dots shows its style, the same in every window`(style: LineStyle, kind: ShapeKind) {
        let plain = kind == .line ? path(.line, [(2, 1), (36, 14)]) : box(kind, 2, 1, 36, 14)
        let shape = Self.styled(plain, style)
        let whole = picture([shape], 40, 16)
        #expect(whole != picture([plain], 40, 16))
        let ink = whole.filter { $0 != " " && $0 != "\n" }
        #expect(ink.count > 5)
        for (column, row) in [(3, 2), (7, 5), (-4, 1)] {
            let part = picture([shape], 20, 8, column: column, row: row).split(separator: "\n", omittingEmptySubsequences: false)
            let rows = whole.split(separator: "\n", omittingEmptySubsequences: false).map { Array($0) }
            for (index, line) in part.enumerated() {
                for (offset, glyph) in line.enumerated() where column + offset >= 0 && row + index < rows.count {
                    let there = rows[row + index]
                    #expect(glyph == (column + offset < there.count ? there[column + offset] : " "), "\(column) \(row)")
                }
            }
        }
    }

    @Test(arguments: [LineStyle.dashed, .dotted], [ShapeKind.ellipse, .diamond, .line])
    func `FM-234: what is too short for a gap has none, wherever on the board it lies`(style: LineStyle, kind: ShapeKind) {
        for dots in 2...12 as ClosedRange<Int32> {
            for phase in 0..<8 as Range<Int32> {
                let (from, extent) = (Point(x: phase * 32 + 16, y: phase * 32 + 16), Point(x: (dots - 1) * 32, y: (dots - 1) * 32))
                let shape = ShapeDraft(
                    kind: kind, position: from, size: kind == .line ? .zero : Size(width: extent.x, height: extent.y),
                    points: kind == .line ? [.zero, extent] : [])
                let (plain, shown) = (picture([shape], 20, 8), picture([Self.styled(shape, style)], 20, 8))
                #expect(shown.contains { $0 != " " && $0 != "\n" }, "\(dots) dots, phase \(phase)")
                if dots < 9 { #expect(shown == plain, "\(dots) dots, phase \(phase)") }
            }
        }
    }

    @Test func `FM-61, FM-62, FM-234: where two shapes meet neither has its look, however often the later one goes over the cell`() {
        let bar = path(.line, [(0, 0), (4, 0)])
        // The corner of the box lies where the line begins.
        #expect(Self.shown([bar, Self.styled(box(0, 0, 4, 2), .solid, .round)]) == ["┌───┐", "│   │", "╰───╯"])
        // A line that goes over its own cells again.
        let twice = Self.styled(path(.line, [(0, 0), (4, 0), (0, 0)]), .dashed)
        #expect(Self.shown([bar, twice]) == ["╶───╴"])
    }

    @Test func `FM-63: heads stand at either end, turned as the line goes`() {
        func line(_ start: LineHead, _ end: LineHead, _ cells: [(Int, Int)] = [(0, 0), (5, 0)], _ kind: ShapeKind = .line) -> ShapeDraft {
            var draft = path(kind, cells)
            (draft.startHead, draft.endHead) = (start, end)
            return draft
        }
        for (start, end, level, ascii) in [
            (.usual, .usual, "╶────╴", "------"), (.arrow, .arrow, "◄────►", "<---->"), (.triangle, .triangle, "◁────▷", "{----}"),
            (.dot, .bar, "●────┤", "o----|"), (.bar, .dot, "├────●", "|----o"), (.none, .none, "╶────╴", "------"),
        ] as [(LineHead, LineHead, String, String)] {
            #expect(Self.shown([line(start, end)]) == [level])
            #expect(Self.shown([line(start, end)], .ascii) == [ascii])
        }
        #expect(Self.shown([line(.arrow, .triangle, [(0, 0), (0, 3)])]) == ["▲", "│", "│", "▽"])
        #expect(Self.shown([line(.bar, .bar, [(0, 3), (0, 0)])]) == ["┬", "│", "│", "┴"])
        #expect(
            Self.shown([line(.none, .none, [(0, 0), (5, 0)], .arrow)]) == ["╶────╴"]
                && Self.shown([line(.usual, .usual, [(0, 0), (5, 0)], .arrow)]) == ["╶────►"])
    }

    @Test func `BD-153, FM-62: an elbow goes around its corners, which can be round`() {
        let ids = [1, 2].map { ShapeID(author: .zero, number: $0) }
        let boxes = [ids[0]: box(0, 0, 4, 2), ids[1]: box(11, 4, 15, 6)]
        var arrow = ShapeDraft(
            kind: .arrow, position: .zero, points: [.zero, .zero], startBinding: Binding(ids[0]), endBinding: Binding(ids[1]), route: .elbow
        )
        func shown() -> [String] { Self.shown(boxes.sorted { $0.key < $1.key }.map(\.value) + [arrow.drawn { boxes[$0] }]) }
        #expect(shown() == ["┌───┐", "│   ├───┐", "└───┘   │", "        │", "        │  ┌───┐", "        └─►│   │", "           └───┘"])
        arrow.corners = .round
        #expect(shown()[1] == "│   ├───╮" && shown()[5] == "        ╰─►│   │")
    }
}
