import InkBoard
import InkFormats
import InkPrimitives
import InkSession
import InkTerminal
import Testing

/// The board from near and from far.
@Suite struct ZoomTests {
    private let half = Grid(dotUnits: 64)

    private func box(_ left: Int, _ top: Int, _ right: Int, _ bottom: Int, text: String = "") -> ShapeDraft {
        let (from, to) = (middle(left, top), middle(right, bottom))
        return ShapeDraft(kind: .rectangle, position: from, size: Size(width: to.x - from.x, height: to.y - from.y), text: text)
    }

    /// Turns the wheel with Control held: up goes nearer.
    private func turn(_ desk: inout Desk, up: Bool, at column: Int, _ row: Int) { desk.press(column, row, button: up ? 80 : 81) }

    /// The first row of the canvas that shows another than what stands, seen on a grid from a cell on; nil for none.
    private func difference(_ desk: Desk, _ grid: Grid, column: Int, row: Int, columns: Int = 80, rows: Int = 22) -> String? {
        var raster = CellRaster(region: CellRegion(column: column, row: row, columns: columns, rows: rows), grid: grid)
        for shape in desk.standing { raster.draw(shape) }
        let shown = desk.terminal.linesWithoutEdges(rows: rows, columns: columns)
        for line in 0..<rows {
            var text = (0..<columns).map { raster.cell(column: column + $0, row: row + line, style: .unicode) }.filter { $0.columns > 0 }
                .map(\.glyph.text).joined()
            while text.hasSuffix(" ") { text.removeLast() }
            if text != shown[line] { return "\(line): |\(text)| is |\(shown[line])|" }
        }
        return nil
    }

    @Test func `TM-130, TM-368, TM-369: the wheel with Control, and keys, go nearer and farther about what is pointed at`() throws {
        var desk = try Desk()
        desk.elsewhere(.draw(ShapeDraft(kind: .rectangle, position: middle(40, 10))))
        desk.elsewhere(.draw(box(2, 3, 70, 18)))
        desk.move(40, 10)
        func others(_ desk: Desk) -> Int { desk.intents.count { if case .view = $0 { false } else { true } } }
        let asked = others(desk)
        for word in ["67 %", "50 %", "33 %", "25 %", "25 %"] {
            turn(&desk, up: false, at: 40, 10)
            #expect(desk.text.contains(word) && desk.terminal.rowsOfText[10][40] == "□", "\(desk.text)")
        }
        for word in ["33 %", "50 %", "67 %", "plan", "133 %", "200 %", "400 %", "400 %"] {
            turn(&desk, up: true, at: 40, 10)
            #expect(desk.text.contains(word) && desk.terminal.rowsOfText[10][40] == "□", "\(desk.text)")
        }
        desk.type("=")
        #expect(!desk.text.contains("%"))
        desk.type("--")
        #expect(desk.text.contains("50 %"))
        desk.type("+")
        #expect(desk.text.contains("67 %"))
        // Nobody else is told of more than what is seen, and nothing is changed.
        #expect(others(desk) == asked)
    }

    @Test(arguments: Grid.zooms)
    func `FM-12, TM-130, TM-369: at each zoom the picture is what stands, on that grid, as after a full repaint`(grid: Grid) throws {
        var desk = try Desk()
        desk.elsewhere(.draw(box(2, 1, 30, 9, text: "a label of some words")))
        desk.elsewhere(.draw(ShapeDraft(kind: .text, position: middle(40, 3), text: "a title\nand more\n漢字")))
        desk.elsewhere(.draw(ShapeDraft(kind: .note, position: middle(50, 8), text: "a note\nof two rows")))
        desk.elsewhere(.draw(ShapeDraft(kind: .ellipse, position: middle(5, 12), size: Size(width: 1280, height: 1280))))
        desk.elsewhere(
            .draw(ShapeDraft(kind: .arrow, position: middle(33, 5), points: [.zero, Point(x: 1000, y: 1300)], text: "goes there")))
        desk.elsewhere(
            .draw(ShapeDraft(kind: .freehand, position: middle(20, 12), points: (0..<40).map { Point(x: $0 * 60, y: $0 * $0 % 700) })))
        let steps = try #require(Grid.zooms.firstIndex(of: grid)) - 4
        for _ in 0..<abs(steps) { turn(&desk, up: steps > 0, at: 0, 0) }
        let corner = grid.place(of: middle(0, 0))
        desk.wait(.seconds(1))
        #expect(difference(desk, grid, column: corner.column, row: corner.row) == nil)
        desk.bytes([0x0C])
        #expect(difference(desk, grid, column: corner.column, row: corner.row) == nil)
        // Then moved on by the wheel, and changed by another.
        desk.press(10, 10, button: 65)
        desk.press(10, 10, button: 67)
        desk.moveAll(Point(x: 100, y: 70))
        desk.wait(.seconds(1))
        #expect(difference(desk, grid, column: corner.column + 6, row: corner.row + 3) == nil)
    }

    @Test func `TM-131: what is drawn from afar has the size that is seen there`() throws {
        var desk = try Desk()
        desk.elsewhere(.draw(box(0, 0, 4, 2)))
        for _ in 0..<2 { turn(&desk, up: false, at: 0, 0) }
        desk.type("r")
        desk.drag([(10, 5), (15, 7), (20, 8)])
        desk.wait(.seconds(1))
        let origin = half.place(of: middle(0, 0))
        #expect(desk.standing[1].position == half.middle(of: CellPlace(column: origin.column + 10, row: origin.row + 5)))
        #expect(desk.standing[1].size == Size(width: 10 * 128, height: 3 * 256))
        #expect(desk.terminal.rowsOfText[5][10] == "┌" && desk.terminal.rowsOfText[8][20] == "┘")
    }

    @Test func `TM-132: a stroke goes on through a zoom from under the pointer`() throws {
        var desk = try Desk()
        desk.type("p")
        desk.press(10, 5)
        desk.move(20, 5, button: 32)
        for _ in 0..<2 { turn(&desk, up: false, at: 20, 5) }
        #expect(desk.text.contains("50 %") && desk.isGestureLive)
        desk.move(30, 5, button: 32)
        desk.release(30, 5)
        desk.wait(.seconds(1))
        let stroke = desk.standing[0]
        #expect(stroke.position == middle(10, 5) && stroke.points[1] == middle(20, 5) - middle(10, 5))
        let under = half.place(of: middle(20, 5))
        let end = stroke.points.last.map { stroke.position + $0 }
        #expect(end == half.middle(of: CellPlace(column: under.column + 10, row: under.row)))
    }

    @Test(arguments: [true, false])
    func `TM-132: what is dragged through a zoom is where the pointer is, here and on the board`(goesNear: Bool) throws {
        var desk = try Desk()
        desk.elsewhere(.draw(box(10, 5, 30, 9)))
        desk.type("v")
        desk.press(10, 7)
        desk.move(14, 8, button: 32)
        let under = middle(14, 8)
        for _ in 0..<2 { turn(&desk, up: goesNear, at: 14, 8) }
        let grid = Grid(dotUnits: goesNear ? 16 : 64)
        #expect(desk.text.contains("\(grid.percent) %"))
        desk.move(24, 11, button: 32)
        desk.release(24, 11)
        desk.wait(.seconds(1))
        let there = grid.place(of: under)
        let wanted = grid.middle(of: CellPlace(column: there.column + 10, row: there.row + 3)) - middle(10, 7)
        let moved = desk.standing[0].position - middle(10, 5)
        // It begins and ends in whole cells of the grid that is seen.
        #expect(abs(moved.x - wanted.x) <= grid.columnUnits && abs(moved.y - wanted.y) <= grid.rowUnits, "\(moved), not \(wanted)")
        #expect(difference(desk, grid, column: there.column - 14, row: there.row - 8) == nil)
    }

    @Test func `TM-370: a zoom ends a move by keys and keeps it`() throws {
        var desk = try Desk()
        desk.elsewhere(.draw(box(10, 5, 30, 9)))
        desk.type("v]lll-")
        desk.wait(.seconds(1))
        #expect(desk.standing[0].position == middle(13, 5) && desk.text.contains("67 %"))
    }

    @Test func `TM-370: two clicks with a zoom between them are no double click`() throws {
        var desk = try Desk()
        desk.elsewhere(.draw(ShapeDraft(kind: .text, position: .zero, text: "words")))
        desk.type("v")
        desk.click(0, 0)
        turn(&desk, up: true, at: 0, 0)
        desk.click(0, 0)
        #expect(desk.text.contains("MOVE") && !desk.text.contains("TEXT"))
        desk.click(0, 0)
        #expect(desk.text.contains("TEXT"))
    }

    @Test func `TM-81, TM-368: the pointer that keys move stays where it points`() throws {
        var desk = try Desk()
        desk.elsewhere(.draw(ShapeDraft(kind: .rectangle, position: middle(45, 11))))
        desk.type("v")
        desk.bytes(Array("\u{1B}[C\u{1B}[C\u{1B}[C\u{1B}[C\u{1B}[C".utf8))
        let cursor = desk.terminal.cursor
        desk.type("--")
        #expect(desk.terminal.cursor == cursor)
        desk.type("=")
        #expect(abs(desk.terminal.cursor.column - cursor.column) <= 1 && abs(desk.terminal.cursor.row - cursor.row) <= 1)
    }

    @Test func `TM-71, TM-133: f shows all of the drawing from as far as that takes, and no nearer than 100 %`() throws {
        var desk = try Desk()
        desk.elsewhere(.draw(box(5, 3, 25, 7)))
        desk.elsewhere(.draw(box(190, 10, 200, 13)))
        desk.type("f")
        #expect(desk.text.contains("33 %"))
        #expect(desk.text.filter { $0 == "┌" }.count == 2 && desk.text.filter { $0 == "┘" }.count == 2)
        desk.deleteAll()
        desk.elsewhere(.draw(box(500, 3, 525, 7)))
        desk.type("++++++")
        desk.type("f")
        #expect(!desk.text.contains("%") && desk.text.contains("┌") && desk.text.contains("┘"))
    }

    @Test func `FM-237, TM-10: from afar a text is cut to what it covers, but not while it is written`() throws {
        var desk = try Desk()
        desk.type("----t")
        desk.click(20, 6)
        desk.type("authentication")
        #expect(desk.text.contains("authentication") && desk.terminal.cursor == (34, 6))
        desk.escape()
        desk.wait(.seconds(1))
        #expect(desk.text.contains("aut…") && !desk.text.contains("auth"))
        desk.type("f")
        #expect(desk.text.contains("authentication"))
    }

    // MARK: What a window costs that moves

    /// Shapes of all kinds, wide letters and papers among them, so close that they lie on each other.
    private func crowd(_ count: Int, seed: UInt64) -> [ShapeDraft] {
        var random = SplitMix64(seed: seed)
        return (0..<count).map { number in
            let kind = ShapeKind.allCases[random.below(ShapeKind.allCases.count)]
            let (column, row) = (random.below(160) - 40, random.below(60) - 15)
            let size = kind.isPath || kind == .text ? Size.zero : Size(width: Int32(random.below(3000)), height: Int32(random.below(3000)))
            let points = (0..<2 + random.below(30)).map { _ in Point(x: Int32(random.below(3000)), y: Int32(random.below(3000))) }
            return ShapeDraft(
                kind: kind, position: middle(column, row), size: size, points: kind.isPath ? points : [],
                text: kind == .text || random.chance(0.3) ? "漢字 and \(number) words" : "",
                fill: random.chance(0.2) ? Color(rgb: UInt32(number)) : nil)
        }
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func `TM-40, TM-135: a window that moves, zooms and is drawn in shows what a full repaint does`(seed: UInt64) throws {
        var desk = try Desk()
        var random = SplitMix64(seed: seed)
        func cell() -> (Int, Int) { (random.below(80), random.below(22)) }
        func place() -> Point { middle(random.below(120) - 20, random.below(40) - 8) }
        desk.elsewhere(.drawAll(crowd(60, seed: seed)))
        let bob = desk.join("bob")
        // Samples of the stroke that grows on the other side; nil while none does.
        var grown: Int?
        for step in 0..<40 {
            switch random.below(14) {
            case 0: desk.press(random.below(80), random.below(22), button: 80 + random.below(2))
            case 1: desk.elsewhere(.drawAll(crowd(2, seed: seed + UInt64(step))))
            case 2:
                desk.type("p")
                desk.drag([cell(), cell()])
            case 3: desk.moveAll(Point(x: 70, y: -30))
            // A line that is bound where it touches, and a hand that moves or erases and does not let go: the next steps move the window under it.
            case 4, 5:
                desk.type("a")
                desk.drag([cell(), cell()])
            case 6, 7:
                desk.type(random.chance(0.7) ? "v" : "e")
                let (from, to) = (cell(), cell())
                desk.press(from.0, from.1)
                desk.move(to.0, to.1, button: 32)
            case 8:
                let end = cell()
                desk.move(end.0, end.1, button: 32)
                desk.release(end.0, end.1)
            case 9, 10:
                switch grown {
                case nil:
                    desk.act(.begin(.stroke(ShapeDraft(kind: .freehand, position: place(), points: [.zero]))), by: bob)
                    grown = 0
                case let samples? where samples < 30:
                    desk.act(.extend((0..<10).map { _ in place() }), by: bob, then: .milliseconds(random.below(400)))
                    grown = samples + 10
                default:
                    desk.act(.commit, by: bob)
                    grown = nil
                }
            default: desk.press(40, 10, button: 64 + random.below(4))
            }
            if step % 5 == 4 {
                desk.wait(.seconds(3))
                let shown = desk.terminal.lines.prefix(22)
                desk.resize(columns: 80, rows: 25)
                desk.resize(columns: 80, rows: 24)
                desk.wait(.seconds(3))
                #expect(Array(shown) == Array(desk.terminal.lines.prefix(22)), "step \(step)")
            }
        }
    }

    @Test func `TM-70, TM-135: a step of a window costs the strip that is new, of strokes of thousands of samples too`() throws {
        var desk = try Desk(columns: 120, rows: 40)
        for number in 0..<20 {
            let points = (0..<5000).map { Point(x: Int32($0 % 1000 * 30), y: Int32(($0 / 10 + number * 41) % 100 * 200)) }
            desk.elsewhere(.draw(ShapeDraft(kind: .freehand, position: middle(-100, -40), points: points)))
        }
        desk.wait(.seconds(5))
        let before = desk.app.drawingWork
        for _ in 0..<4 { desk.press(40, 10, button: 65) }
        let work = (desk.app.drawingWork - before) / 4
        // Laid anew each step, the samples alone are 200 000.
        #expect(work < 120_000, "\(work)")
    }

    @Test func `TM-134, TM-135: a step of a window does not grow with the shapes of the board that are not near it`() throws {
        func work(shapes: Int) throws -> Int {
            var desk = try Desk(columns: 120, rows: 40)
            desk.elsewhere(
                .drawAll((0..<shapes).map { box($0 % 40 * 30, $0 / 40 * 12, $0 % 40 * 30 + 10, $0 / 40 * 12 + 4, text: "\($0)") }))
            desk.wait(.seconds(1))
            let before = desk.app.drawingWork
            for _ in 0..<4 { desk.press(40, 10, button: 65) }
            return desk.app.drawingWork - before
        }
        let (many, few) = (try work(shapes: 4000), try work(shapes: 200))
        // Each shape, looked at in each of four steps, is 15 200 more.
        #expect(many < few + 4000, "\(many), not \(few)")
    }

    @Test(arguments: [(0, 0), (79, 21)])
    func `TM-81, TM-368: a zoom about another place than the caret leaves it in sight`(place: (column: Int, row: Int)) throws {
        var desk = try Desk()
        desk.type("t")
        desk.click(40, 10)
        desk.type("words")
        for _ in 0..<4 {
            turn(&desk, up: true, at: place.column, place.row)
            #expect(desk.terminal.isCursorShown, "\(desk.text)")
        }
        // By as little as brings it into view.
        #expect(desk.terminal.cursor == (79 - place.column, 21 - place.row))
    }
}
