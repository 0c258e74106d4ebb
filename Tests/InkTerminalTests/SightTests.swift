import InkBoard
import InkFormats
import InkPrimitives
import InkSession
import InkTerminal
import Testing

/// What is seen of what lies beyond the window, and going there.
@Suite struct SightTests {
    private func box(_ left: Int, _ top: Int, _ right: Int, _ bottom: Int) -> ShapeDraft {
        let (from, to) = (middle(left, top), middle(right, bottom))
        return ShapeDraft(kind: .rectangle, position: from, size: Size(width: to.x - from.x, height: to.y - from.y))
    }

    /// Somebody comes whose name is known.
    private func join(_ desk: inout Desk, _ name: String) -> Int {
        let number = desk.join(name)
        desk.act(.rename(name), by: number, then: .seconds(1))
        return number
    }

    /// The sides at which an arrow says that the drawing goes on.
    private func sides(_ desk: Desk) -> String {
        let cells = desk.terminal.rowsOfText
        let styles = desk.terminal.styles
        func has(_ mark: String, _ places: [(column: Int, row: Int)]) -> Bool {
            places.contains { cells[$0.row][$0.column] == mark && styles[$0.row][$0.column] == "2" }
        }
        let (columns, rows) = (80, 22)
        var sides = ""
        if has("◄", (0..<rows).map { (0, $0) }) { sides += "l" }
        if has("►", (0..<rows).map { (columns - 1, $0) }) { sides += "r" }
        if has("▲", (0..<columns).map { ($0, 0) }) { sides += "t" }
        if has("▼", (0..<columns).map { ($0, rows - 1) }) { sides += "b" }
        return sides
    }

    @Test func `TM-136: an arrow stands at each side beyond which the drawing goes on, and covers no ink`() throws {
        var desk = try Desk()
        desk.elsewhere(.draw(box(5, 3, 20, 7)))
        #expect(sides(desk) == "")
        desk.elsewhere(.draw(box(100, 8, 110, 10)))
        #expect(sides(desk) == "r")
        desk.elsewhere(.draw(box(-60, -30, -40, 40)))
        #expect(sides(desk) == "lrtb")
        desk.type("f")
        #expect(sides(desk) == "")
        // A line along the whole side leaves no room for it.
        desk.type("=")
        #expect(sides(desk).contains("r"))
        desk.type("l")
        desk.drag([(79, 0), (79, 21)])
        desk.wait(.seconds(1))
        #expect(desk.terminal.rowsOfText.prefix(22).allSatisfy { "│╷╵┼├┤".contains($0[79]) }, "\(desk.text)")
        #expect(!sides(desk).contains("r") && sides(desk).contains("l"))
    }

    @Test func `TM-137: whoever points beyond the window is shown at its edge, where he is`() throws {
        var desk = try Desk()
        let bob = join(&desk, "bob")
        desk.act(.cursor(middle(200, 10)), by: bob, then: .seconds(1))
        #expect(desk.markerColumn(row: 10) == 79 && desk.terminal.lines[11].hasSuffix(" bob"))
        desk.act(.cursor(middle(-30, -30)), by: bob, then: .seconds(1))
        #expect(desk.markerColumn(row: 0) == 0)
        desk.act(.cursor(middle(20, 10)), by: bob, then: .seconds(1))
        #expect(desk.markerColumn(row: 10) == 20 && desk.markerColumn(row: 0) == nil)
    }

    @Test func `TM-139, TM-372, TM-373: who is followed stays in the middle half of the window, until Escape or an own pan`() throws {
        var desk = try Desk()
        let bob = join(&desk, "bob")
        desk.type("G")
        #expect(desk.text.contains("nobody else points"))
        desk.act(.cursor(middle(200, 60)), by: bob, then: .seconds(1))
        desk.type("G")
        #expect(desk.text.contains("following bob: Esc stops") && desk.markerColumn(row: 11) == 40)
        for step in 1...20 { desk.act(.cursor(middle(200 + step * 10, 60 - step * 3)), by: bob, then: .milliseconds(100)) }
        desk.wait(.seconds(1))
        let rows = (0..<22).filter { desk.markerColumn(row: $0) != nil }
        #expect(rows.count == 1 && (5...16).contains(rows[0]))
        #expect((20...60).contains(desk.markerColumn(row: rows[0]) ?? 0))
        // The view waits while something is in hand.
        desk.type("p")
        desk.press(40, 10)
        desk.act(.cursor(middle(0, 0)), by: bob, then: .seconds(1))
        #expect((0..<22).contains { desk.markerColumn(row: $0) == 0 } && desk.text.contains("following bob"))
        desk.release(40, 10)
        desk.act(.cursor(middle(1, 1)), by: bob, then: .seconds(1))
        #expect((0..<22).contains { (20...60).contains(desk.markerColumn(row: $0) ?? 0) })
        desk.escape()
        #expect(!desk.text.contains("following bob") && desk.text.contains("PEN"))
        desk.type("G")
        #expect(desk.text.contains("following bob"))
        desk.press(40, 10, button: 65)
        #expect(!desk.text.contains("following bob"))
    }

    @Test func `TM-372, TM-373: who follows each other does not run away, and whoever is gone is not followed`() throws {
        var desk = try Desk()
        desk.elsewhere(.draw(box(5, 3, 20, 7)))
        let bob = join(&desk, "bob")
        desk.move(10, 10)
        desk.act(.cursor(middle(100, 10)), by: bob, then: .seconds(1))
        desk.type("G")
        let told = desk.intents.filter { if case .cursor = $0 { true } else { false } }.count
        desk.act(.cursor(middle(300, 40)), by: bob, then: .seconds(1))
        // What he would follow in turn stays where it is.
        #expect(desk.intents.filter { if case .cursor = $0 { true } else { false } }.count == told)
        var status = try #require(desk.heard)
        status.state = .left
        desk.hear(.peer(status))
        desk.wait(.seconds(1))
        #expect(desk.text.contains("bob is not here any more") && !desk.text.contains("following"))
    }

    @Test func `TM-373: a person is gone to, and each time another`() throws {
        var desk = try Desk()
        let (bob, eve) = (join(&desk, "bob"), join(&desk, "eve"))
        desk.act(.cursor(middle(300, 10)), by: bob, then: .zero)
        desk.act(.cursor(middle(-300, 50)), by: eve, then: .seconds(1))
        desk.type("'")
        #expect(desk.markerColumn(row: 11) == 40 && desk.markerColumn(row: 21) == 0)
        desk.type("'")
        #expect(desk.markerColumn(row: 11) == 40 && desk.markerColumn(row: 0) == 79)
    }

    @Test func `TM-139: that cursors are hidden is said, and Escape shows them`() throws {
        var desk = try Desk()
        let bob = join(&desk, "bob")
        desk.act(.cursor(middle(20, 10)), by: bob, then: .seconds(1))
        #expect(desk.markerColumn(row: 10) == 20)
        desk.bytes(Array("\u{1B}c".utf8))
        #expect(desk.markerColumn(row: 10) == nil && desk.text.contains("cursors hidden: Esc shows"))
        desk.escape()
        #expect(desk.markerColumn(row: 10) == 20 && !desk.text.contains("cursors hidden"))
    }

    @Test func `TM-140, TM-374: dots help to align, and a small map shows where the window is`() throws {
        var desk = try Desk()
        desk.elsewhere(.draw(box(5, 3, 20, 7)))
        desk.type("#")
        #expect(
            desk.terminal.rowsOfText[10][10] == "·" && desk.terminal.rowsOfText[15][70] == "·" && desk.terminal.rowsOfText[5][10] == "·")
        #expect(desk.terminal.rowsOfText[3][10] == "─")
        desk.type("#")
        #expect(!desk.text.contains("·"))
        desk.elsewhere(.draw(box(700, 3, 720, 7)))
        desk.type("Z")
        let map = desk.terminal.styles[16...20].map { $0[63..<79].map { $0.contains("7") } }
        // The window is the left ninth of it.
        #expect(map.allSatisfy { $0[0] && $0[1] && !$0[3...].contains(true) })
        desk.type("Z")
        #expect(!desk.terminal.styles[16...20].contains { $0[63..<79].contains { $0.contains("7") } })
    }

    @Test(arguments: Grid.zooms, [(-1, -1), (1, -1), (-1, 1), (1, 1)])
    func `TM-136, TM-354: what lies in a corner of the plane is seen there, at every zoom, and nothing lies beyond`(
        grid: Grid, side: (x: Int32, y: Int32)
    )
        throws
    {
        var desk = try Desk()
        let corner = Point(x: side.x * Limits.coordinate, y: side.y * Limits.coordinate)
        desk.elsewhere(.draw(ShapeDraft(kind: .text, position: corner, text: "x")))
        let screen = (column: side.x < 0 ? 0 : 79, row: side.y < 0 ? 0 : 21)
        desk.type("f")
        desk.wait(.seconds(1))
        #expect(desk.terminal.rowsOfText[screen.row][screen.column] == "x", "\(desk.text)")
        let steps = try #require(Grid.zooms.firstIndex(of: grid)) - 4
        desk.type(String(repeating: steps > 0 ? "+" : "-", count: abs(steps)))
        // As far as the wheel goes.
        for _ in 0..<70 {
            desk.press(40, 10, button: side.x < 0 ? 66 : 67)
            desk.press(40, 10, button: side.y < 0 ? 64 : 65)
        }
        desk.wait(.seconds(1))
        #expect(desk.terminal.rowsOfText[screen.row][screen.column] == "x" && sides(desk) == "", "\(desk.text)")
        // So far go the keys.
        desk.type("v")
        desk.move(screen.column, screen.row)
        for letter in [side.x < 0 ? "D" : "C", side.y < 0 ? "A" : "B"] { desk.bytes(Array("\u{1B}[1;2\(letter)".utf8)) }
        #expect(desk.terminal.cursor == screen)
    }

    @Test(arguments: ["]", "\u{06}far", "Lfar\r", ":find far\r"])
    func `TM-373: what is gone to is not taken away again by who is followed`(keys: String) throws {
        var desk = try Desk()
        desk.elsewhere(.draw(ShapeDraft(kind: .text, position: middle(-300, 70), text: "far away")))
        let bob = join(&desk, "bob")
        desk.act(.cursor(middle(200, 60)), by: bob, then: .seconds(1))
        desk.type("G" + keys)
        #expect(desk.text.contains("far away"), "\(desk.text)")
        desk.act(.cursor(middle(400, 90)), by: bob, then: .seconds(1))
        #expect(desk.text.contains("far away") && !desk.text.contains("following"), "\(desk.text)")
    }

    @Test func `TM-372: where the pointer that keys move takes the window, it goes with nobody any more`() throws {
        var desk = try Desk()
        let bob = join(&desk, "bob")
        desk.act(.cursor(middle(200, 60)), by: bob, then: .seconds(1))
        desk.type("vG")
        desk.move(1, 10)
        desk.bytes(Array("\u{1B}[D".utf8))
        #expect(desk.terminal.cursor == (0, 10) && desk.text.contains("following bob"))
        desk.bytes(Array("\u{1B}[D".utf8))
        desk.act(.cursor(middle(400, 90)), by: bob, then: .seconds(1))
        #expect(desk.terminal.cursor == (0, 10) && !desk.text.contains("following"), "\(desk.text)")
    }

    @Test func `TM-373: the next who is followed comes after the one before, who may point no more, and the last ends it`() throws {
        var desk = try Desk()
        let numbers = Dictionary(uniqueKeysWithValues: ["bob", "eve", "dan"].map { ($0, join(&desk, $0)) })
        // In the order in which the bar has them.
        let bar = desk.terminal.lines[23]
        let names = numbers.keys.sorted { bar.firstRange(of: $0)!.lowerBound < bar.firstRange(of: $1)!.lowerBound }
        let people = names.compactMap { numbers[$0] }
        for (number, person) in people.enumerated() { desk.act(.cursor(middle(200 * number - 200, 60)), by: person, then: .seconds(1)) }
        desk.type("GG")
        #expect(desk.text.contains("following \(names[1])"), "\(desk.text)")
        desk.act(.cursor(nil), by: people[1], then: .seconds(1))
        desk.type("G")
        #expect(desk.text.contains("following \(names[2])"), "\(desk.text)")
        for person in people { desk.act(.cursor(nil), by: person, then: .seconds(1)) }
        #expect(desk.text.contains("following \(names[2])"))
        desk.type("G")
        #expect(!desk.text.contains("following") && !desk.text.contains("no one to follow"), "\(desk.text)")
        desk.type("G")
        #expect(desk.text.contains("no one to follow"))
    }

    @Test func `TM-136, TM-140: no arrow and no dot stands where one writes or points by keys`() throws {
        var desk = try Desk()
        desk.elsewhere(.drawAll([box(-60, 3, -40, 7), box(30, 3, 40, 7)]))
        desk.type("#")
        let arrow = try #require((0..<22).first { desk.terminal.rowsOfText[$0][0] == "◄" })
        #expect(desk.terminal.rowsOfText[10][20] == "·")
        for (column, row) in [(0, arrow), (20, 10)] {
            desk.type("t")
            desk.click(column, row)
            #expect(desk.terminal.cursor == (column, row) && desk.terminal.rowsOfText[row][column] == " ")
            #expect(sides(desk) == "l")
            desk.escape()
            desk.type("v")
            desk.move(column + 1, row)
            desk.bytes(Array("\u{1B}[D".utf8))
            #expect(desk.terminal.cursor == (column, row) && desk.terminal.rowsOfText[row][column] == " ")
            #expect(sides(desk) == "l")
            desk.move(40, 12)
        }
    }

    /// The first column and the rows of the map, by the window in it; nil where it is not shown.
    private func map(_ desk: Desk) -> (columns: ClosedRange<Int>, rows: ClosedRange<Int>)? {
        let cells = (0..<22).flatMap { row in (0..<80).map { (column: $0, row: row) } }.filter {
            desk.terminal.styles[$0.row][$0.column] == "7"
        }
        guard let left = cells.map(\.column).min(), let right = cells.map(\.column).max() else { return nil }
        guard let top = cells.map(\.row).min(), let bottom = cells.map(\.row).max() else { return nil }
        return (left...right, top...bottom)
    }

    @Test func `TM-141: the map makes way for what is written and for the hand, and stands nowhere where it cannot`() throws {
        var desk = try Desk()
        desk.elsewhere(.draw(box(5, 1, 20, 3)))
        desk.type("Z")
        #expect(map(desk).map { $0.columns == 63...78 && $0.rows == 16...20 } == true)
        desk.type("t")
        desk.click(50, 18)
        desk.type("what is")
        #expect(map(desk)?.columns == 63...78)
        desk.type(" written")
        #expect(map(desk)?.columns == 1...16 && desk.text.contains("what is written"))
        desk.escape()
        #expect(map(desk)?.columns == 63...78)
        // A hand that draws through it, by the mouse and by keys.
        desk.type("p")
        desk.press(40, 18)
        desk.move(65, 18, button: 32)
        #expect(map(desk)?.columns == 1...16)
        desk.move(5, 18, button: 32)
        #expect(map(desk)?.columns == 63...78)
        desk.release(5, 18)
        desk.move(62, 12)
        desk.type("r")
        desk.bytes(Array("\u{1B}[1;2B\u{1B}[1;2C".utf8))
        #expect(desk.terminal.cursor.row == 20 && map(desk)?.columns == 1...16)
        desk.escape()
        desk.escape()
        desk.move(40, 5)
        desk.type("t")
        desk.click(10, 17)
        desk.type(String(repeating: "long ", count: 12))
        #expect(map(desk) == nil && desk.text.contains("long long"), "\(desk.text)")
    }

    @Test func `TM-138, TM-375: a press on the map goes there, and draws nothing`() throws {
        var desk = try Desk()
        desk.elsewhere(.draw(box(5, 3, 20, 7)))
        desk.elsewhere(.draw(box(700, 3, 720, 7)))
        let bob = join(&desk, "bob")
        desk.act(.cursor(middle(20, 10)), by: bob, then: .seconds(1))
        desk.type("GZr")
        desk.drag([(78, 18), (70, 16)])
        desk.wait(.seconds(1))
        #expect(desk.standing.count == 2 && !desk.text.contains("following") && desk.text.contains("RECT"), "\(desk.text)")
        #expect(desk.text.contains("┌") && map(desk)?.columns.upperBound == 78, "\(desk.text)")
        // Beside it is drawn as ever.
        desk.drag([(50, 18), (60, 20)])
        desk.wait(.seconds(1))
        #expect(desk.standing.count == 3)
    }
}
