import InkBoard
import InkFormats
import InkPrimitives
import InkSession
import InkTerminal
import Testing
import terminal_storm

/// What is drawn of a board, and what that costs.
@Suite struct PictureTests {
    /// A stroke that crosses the view with each of its samples.
    private func bomb(_ number: Int, samples: Int = 3000) -> ShapeDraft {
        let points = (0..<samples).map { index in middle(index % 2 == 0 ? -20 : 130, (index * 7 + number) % 50 - 8) }
        return ShapeDraft(kind: .freehand, position: .zero, points: points, strokeWidth: 2047)
    }

    private func box(_ left: Int, _ top: Int, _ right: Int, _ bottom: Int, fill: Color? = nil, text: String = "") -> ShapeDraft {
        let (from, to) = (middle(left, top), middle(right, bottom))
        return ShapeDraft(
            kind: .rectangle, position: from, size: Size(width: to.x - from.x, height: to.y - from.y), text: text, fill: fill)
    }

    /// The first row of the canvas that is another than an export of what stands has; nil for none.
    private func difference(_ desk: Desk, columns: Int, rows: Int) -> String? {
        let region = CellRegion(column: 0, row: 0, columns: columns, rows: rows)
        let export = TextExport.text(of: desk.standing, region: region).split(separator: "\n", omittingEmptySubsequences: false)
        let shown = desk.terminal.linesWithoutEdges(rows: rows, columns: columns)
        let pair = zip(export.prefix(rows), shown).enumerated().first { String($1.0) != $1.1 }
        return pair.map { "\($0.offset): |\($0.element.0)| is |\($0.element.1)|" }
    }

    @Test func `TM-350, TM-351: strokes that are bombs come one by one, and nothing else waits for them`() throws {
        var desk = try Desk(columns: 100, rows: 40)
        for number in 0..<4 { desk.elsewhere(.draw(bomb(number))) }
        desk.elsewhere(.draw(box(20, 10, 40, 16, fill: Color(rgb: 0xFFFFFF), text: "honest")))
        desk.wait(.seconds(1))
        #expect(desk.text.contains("honest"))
        // Each is another window: all must be made anew.
        let costs = (0..<2).map { step -> Int in
            desk.wait(.seconds(1))
            let before = desk.app.drawingWork
            desk.resize(columns: 100, rows: 39 - step)
            #expect(desk.text.contains("honest"))
            return desk.app.drawingWork - before
        }
        let whole = desk.app.drawingWork
        desk.wait(.seconds(1))
        // The first picture after it cost one bomb beyond the budget at most, and the others came later.
        let rest = desk.app.drawingWork - whole
        #expect(costs.allSatisfy { $0 < 3_500_000 } && rest > 800_000, "\(costs), then \(rest)")
        #expect(difference(desk, columns: 100, rows: 36) == nil)
        // At rest nothing is drawn.
        let (frames, work) = (desk.frames.count, desk.app.drawingWork)
        desk.wait(.seconds(2))
        #expect(desk.frames.count == frames && desk.app.drawingWork == work)
    }

    @Test func `TM-70, TM-351: with bombs on the board, a key, a drag and another's change cost the cells of the window`() throws {
        var desk = try Desk(columns: 100, rows: 40)
        desk.elsewhere(.draw(box(5, 5, 15, 9)))
        for number in 0..<4 { desk.elsewhere(.draw(bomb(number))) }
        desk.wait(.seconds(1))
        let cells = 100 * 38
        func cost(_ act: (inout Desk) -> Void) -> Int {
            let before = desk.app.drawingWork
            act(&desk)
            return desk.app.drawingWork - before
        }
        // The shape below all of them is moved, by keys and by another.
        desk.type("v[")
        #expect(cost { $0.type("l") } < 12 * cells)
        #expect(cost { $0.wait(.seconds(1)) } < 40 * cells)
        #expect(cost { $0.write("named", into: 0) } < 12 * cells)
        // Own ink.
        desk.type("p")
        #expect(cost { $0.press(30, 30) } < 30 * cells)
        #expect(cost { $0.move(32, 31, button: 32) } < 4 * cells)
        desk.release(32, 31)
        // A bomb in a hand is a box, but for one.
        desk.wait(.seconds(1))
        desk.bytes([0x01])
        #expect(cost { $0.type("l") } < 4_500_000)
        // The eraser asks what was drawn, not how.
        desk.wait(.seconds(1))
        desk.escape()
        desk.type("0")
        #expect(cost { $0.drag([(0, 0), (99, 36)]) } < 100 * cells)
        #expect(desk.intents.last.map { if case .delete = $0 { true } else { false } } == true)
    }

    @Test func `TM-70: lines of some sixty pieces are no bombs either, however many they are`() throws {
        var desk = try Desk(columns: 100, rows: 40)
        desk.elsewhere(.draw(box(5, 5, 15, 9)))
        desk.elsewhere(
            .drawAll(
                (0..<100).map { number in
                    let points = (0..<60).map { middle($0 % 2 == 0 ? -20 : 130, ($0 * 7 + number) % 40) }
                    return ShapeDraft(kind: .line, position: .zero, points: points, strokeWidth: 255)
                }))
        desk.wait(.seconds(1))
        desk.type("v]")
        let before = desk.app.drawingWork
        desk.type("l")
        // A hundred times the cells of the window at most. Their ways are three times as long.
        #expect(desk.app.drawingWork - before < 500_000, "\(desk.app.drawingWork - before)")
    }

    @Test func `FM-13, TM-70: another's stroke that is a bomb while it grows costs its new samples`() throws {
        var desk = try Desk(columns: 100, rows: 40)
        let bob = desk.join("bob")
        desk.act(.begin(.stroke(ShapeDraft(kind: .freehand, position: .zero, points: [.zero], strokeWidth: 2047))), by: bob)
        var costs: [Int] = []
        for round in 0..<3 {
            let before = desk.app.drawingWork
            desk.act(.extend((0..<400).map { middle($0 % 2 == 0 ? -20 : 130, ($0 * 7 + round) % 40) }), by: bob, then: .milliseconds(400))
            costs.append(desk.app.drawingWork - before)
        }
        // 400 samples of 200 steps and some for what bends, in each of some 25 frames.
        #expect(costs.allSatisfy { $0 < 2_500_000 }, "\(costs)")
    }

    @Test func `FM-230, TM-70: many sheets of paper on each other look as if all had been laid`() throws {
        var desk = try Desk(columns: 100, rows: 40)
        var random = SplitMix64(seed: 8)
        desk.elsewhere(
            .drawAll(
                (0..<300).map { number in
                    let (column, row) = (random.below(90) - 10, random.below(40) - 8)
                    var sheet = box(
                        column, row, column + random.below(60), row + random.below(20), fill: Color(rgb: UInt32(number)), text: "\(number)")
                    sheet.kind = [.rectangle, .note, .ellipse, .diamond][number % 4]
                    return sheet
                }))
        desk.wait(.seconds(1))
        #expect(difference(desk, columns: 100, rows: 38) == nil)
        desk.resize(columns: 100, rows: 39)
        desk.wait(.seconds(1))
        #expect(difference(desk, columns: 100, rows: 37) == nil)
    }

    @Test func `FM-230, TM-70: what moves under many sheets costs what is seen of them`() throws {
        var desk = try Desk(columns: 100, rows: 40)
        desk.elsewhere(.draw(box(-10, 5, 15, 9)))
        desk.elsewhere(.drawAll((0..<150).map { box($0 == 149 ? 5 : -9, -9, 120, 60, fill: Color(rgb: UInt32($0))) }))
        desk.wait(.seconds(1))
        desk.type("v]")
        desk.wait(.seconds(1))
        let before = desk.app.drawingWork
        desk.type("l")
        // The window has 3800 cells; all sheets would be 150 times that.
        #expect(desk.app.drawingWork - before < 40_000)
        desk.wait(.seconds(1))
        #expect(difference(desk, columns: 100, rows: 38) == nil)
    }

    // MARK: The way to the drawing

    @Test func `TM-71, TM-353: f on a drawing wider than the window goes to what is nearest, and a hint is there where no ink is`() throws {
        var desk = try Desk()
        desk.elsewhere(.draw(box(5, 3, 25, 7)))
        desk.elsewhere(.draw(box(390, 10, 400, 13)))
        for _ in 0..<20 { desk.press(40, 10, button: 67) }
        // Between the two, where their common box is.
        #expect(desk.text.contains("the drawing is <- ") && !desk.text.contains("┌"))
        desk.type("f")
        #expect(desk.text.contains("┌") && !desk.text.contains("the drawing is"))
        // From the farthest, where all of it does not fit either.
        #expect(desk.text.contains("25 %"))
        for _ in 0..<8 { desk.press(40, 10, button: 67) }
        #expect(desk.text.contains("the drawing is -> "))
        desk.bytes(Array("\u{1B}[H".utf8))
        #expect(desk.text.contains("┌"))
    }

    @Test(arguments: ShapeKind.allCases)
    func `TM-71: f ends on ink of a shape larger than the window, and opening a board does too`(kind: ShapeKind) throws {
        var desk = try Desk()
        let far = Int32(60_000)
        let points = kind.isPath ? [Point(x: 0, y: 0), Point(x: far, y: far / 3), Point(x: far, y: far)] : []
        var huge = ShapeDraft(kind: kind, position: .zero, size: kind.isPath ? .zero : Size(width: far, height: far), points: points)
        if kind == .text {
            (huge.size, huge.text) = (.zero, String(repeating: " ", count: 300) + "far" + String(repeating: "\n", count: 90))
        }
        desk.elsewhere(.draw(huge))
        let middle = CellPlace(column: 400, row: 200)
        for _ in 0..<middle.row / 3 { desk.press(40, 10, button: 65) }
        for _ in 0..<middle.column / 6 { desk.press(40, 10, button: 67) }
        #expect(desk.text.contains("the drawing is"))
        desk.type("f")
        let canvas = desk.terminal.lines.prefix(22)
        #expect(canvas.contains { $0.contains { !$0.isWhitespace } } && !desk.text.contains("the drawing is"))
        // Who opens that board sees ink at once.
        var app = TerminalApp(
            profile: TerminalProfile(), columns: 80, rows: 24, board: BoardContent(name: "plan", shapes: desk.session?.shapes ?? []))
        var terminal = TinyTerminal(columns: 80, rows: 24)
        terminal.feed(app.frame(now: desk.now))
        #expect(terminal.lines.prefix(22).contains { $0.contains { !$0.isWhitespace } } && !terminal.text.contains("the drawing is"))
    }

    @Test func `TM-353: the hint is there inside a box whose border is out of sight, and goes where ink is`() throws {
        var desk = try Desk()
        desk.elsewhere(.draw(box(-300, -90, 300, 90)))
        #expect(desk.text.contains("the drawing is"))
        // While a text is begun, f is a letter.
        desk.type("t")
        desk.click(40, 10)
        #expect(!desk.text.contains("the drawing is"))
        desk.escape()
        #expect(desk.text.contains("the drawing is"))
        desk.elsewhere(.draw(box(10, 5, 20, 8)))
        #expect(!desk.text.contains("the drawing is") && desk.text.contains("┌"))
    }

    // MARK: Boxes and their words

    @Test(arguments: ["z\u{1B}[C", "drag"])
    func `TM-72: a note that sized itself by its words grows from the size that is seen`(way: String) throws {
        var desk = try Desk()
        desk.elsewhere(.draw(ShapeDraft(kind: .note, position: middle(5, 2), text: "hello there\nworld")))
        #expect(desk.text.contains("hello there"))
        desk.type("v")
        desk.click(5, 3)
        desk.wait(.seconds(1))
        if way == "drag" {
            // From its lower right corner.
            desk.drag([(17, 5), (18, 5)])
        } else {
            desk.bytes(Array(way.utf8))
        }
        desk.wait(.seconds(1))
        #expect(desk.standing[0].size == Size(width: 13 * 64, height: 3 * 128))
        #expect(desk.text.contains("hello there") && desk.text.contains("world"))
    }

    @Test func `FM-232, TM-10: what is typed into a box that cannot hold it stays in sight`() throws {
        var desk = try Desk()
        desk.elsewhere(.draw(box(5, 12, 12, 14)))
        desk.type("v]\r")
        desk.type("authentication")
        #expect(desk.text.contains("│  on  │") && desk.terminal.cursor == (10, 13))
        desk.escape()
        desk.wait(.seconds(1))
        #expect(desk.text.contains("│authe…│"))
    }

    @Test func `FM-22, TM-10: a text with line breaks of another system is edited as it is shown`() throws {
        var desk = try Desk()
        desk.elsewhere(.draw(ShapeDraft(kind: .text, position: .zero, text: "first\r\nsecond")))
        #expect(desk.terminal.lines[0] == "first" && desk.terminal.lines[1] == "second")
        desk.type("v]\r")
        #expect(desk.terminal.cursor == (6, 1))
        desk.bytes(Array("\u{1B}[H".utf8))
        #expect(desk.terminal.cursor == (0, 1))
        desk.bytes(Array("\u{1B}[A".utf8))
        #expect(desk.terminal.cursor == (0, 0))
    }

    @Test func `FM-11: a part of a drawing that is copied says that it is one`() throws {
        var desk = try Desk(columns: 120)
        desk.elsewhere(.draw(box(0, 0, 1200, 2)))
        desk.type("vY")
        #expect(desk.text.contains("only a part is copied: the drawing is 1201 by 3 cells"))
    }
}
