import InkBoard
import InkFormats
import InkPrimitives
import InkSession
import InkTerminal
import Testing

/// One thing is done at a time, and what makes way for another is not lost.
@Suite struct ModeTests {
    @Test(arguments: ["?", "i", "P", "c", "w", "B", "/"])
    func `TM-34: a panel that opens ends what is begun as letting go would`(key: String) throws {
        var stroke = try Desk()
        stroke.press(10, 5)
        stroke.move(14, 7, button: 32)
        stroke.type(key)
        #expect(stroke.standing.map(\.points.count) == [2] && !stroke.isGestureLive)
        // The motion that follows belongs to nothing, and no later release draws.
        stroke.move(30, 9, button: 32)
        stroke.release(30, 9)
        #expect(stroke.standing.count == 1)
        // What a hand still pulls springs back, as with another tool.
        var box = try Desk()
        box.type("r")
        box.press(10, 5)
        box.move(20, 9, button: 32)
        box.type(key)
        box.release(20, 9)
        #expect(box.standing.isEmpty && !box.isGestureLive)
        // A move by keys is given.
        var nudged = try Desk()
        nudged.type("r")
        nudged.drag([(10, 5), (20, 9)])
        nudged.type("]j" + key)
        #expect(nudged.standing.map(\.position) == [middle(10, 6)])
    }

    @Test func `TM-34: a press on the bars ends a text before it shows the people`() throws {
        var desk = try Desk()
        desk.type("t")
        desk.click(10, 5)
        desk.type("word")
        desk.click(60, 23)
        #expect(desk.standing.map(\.text) == ["word"] && desk.text.contains("nobody else yet"))
        desk.type("Pr")
        #expect(desk.standing.map(\.text) == ["word"] && desk.text.contains("RECT"))
    }

    @Test func `TM-35: the middle button pulls the view beside whatever is being done`() throws {
        var desk = try Desk()
        desk.type("t")
        desk.click(10, 5)
        desk.type("wor")
        desk.press(40, 10, button: 1)
        desk.move(45, 12, button: 33)
        desk.release(45, 12, button: 1)
        desk.type("d")
        #expect(desk.place(of: "word").map { [$0.column, $0.row] } == [15, 7])
        desk.move(50, 15)
        desk.move(60, 18)
        #expect(desk.place(of: "word").map { [$0.column, $0.row] } == [15, 7])
        // A release that nobody saw ends it.
        desk.press(40, 10, button: 1)
        desk.move(41, 10, button: 33)
        desk.move(60, 18)
        desk.move(50, 15, button: 33)
        #expect(desk.place(of: "word").map { [$0.column, $0.row] } == [16, 7])
        // What a hand holds is not disturbed.
        desk.escape()
        desk.type("p")
        desk.press(10, 15)
        desk.press(20, 15, button: 1)
        desk.move(20, 15, button: 32)
        desk.release(20, 15, button: 1)
        desk.release(20, 15)
        #expect(desk.standing.count == 2 && desk.place(of: "word").map { [$0.column, $0.row] } == [16, 7])
    }

    @Test func `TM-36: a drag that came back changes nothing, here and at the others`() throws {
        var desk = try Desk()
        desk.type("r")
        desk.drag([(10, 5), (20, 9)])
        let box = desk.standing
        for way in [[(15, 5), (18, 7), (15, 5)], [(20, 9), (25, 12), (20, 9)]] {
            desk.drag(way)
            #expect(desk.standing == box && !desk.isGestureLive && desk.intents.last == .cancel, "\(way)")
        }
        // A line of no length is none; a box that came back is one of the usual size, as after a click.
        for (key, count) in [("l", 1), ("a", 1), ("o", 2)] {
            desk.type(key)
            desk.drag([(40, 5), (50, 9), (40, 5)])
            #expect(desk.standing.count == count && !desk.isGestureLive, "\(key)")
        }
    }

    @Test func `TM-8, TM-22: arrows and Enter end what the mouse drags where keys put it`() throws {
        var desk = try Desk()
        desk.type("r")
        desk.press(10, 5)
        desk.move(14, 7, button: 32)
        desk.arrows("C", 2)
        desk.type("\r")
        #expect(desk.standing.map { $0.cellRegion(on: .standard) } == [CellRegion(column: 10, row: 5, columns: 7, rows: 3)])
        desk.move(60, 18, button: 32)
        desk.release(60, 18)
        #expect(desk.standing.count == 1)
    }

    @Test func `TM-37: what moves is told without a reference, so that nothing comes back of it`() throws {
        var desk = try Desk()
        desk.press(10, 10)
        desk.wait(.seconds(2))
        let (before, told) = (desk.unreferenced, desk.events.count)
        for step in 1...20 { desk.move(10 + step, 10, button: 32) }
        #expect(desk.unreferenced - before == 40 && desk.events.count == told)
    }
}
