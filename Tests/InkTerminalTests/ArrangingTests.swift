import InkBoard
import InkFrontEnd
import InkPrimitives
import InkSession
import InkTerminal
import Testing

/// Groups, the order of depth, and places beside each other, by a hand at a terminal.
@Suite struct ArrangingTests {
    /// Three boxes at columns 10, 30 and 60, each lower than the one before.
    private func desk() throws -> Desk {
        var desk = try Desk(columns: 120)
        for (number, column) in [10, 30, 60].enumerated() {
            let (from, to) = (middle(column, 3 + number), middle(column + 10, 7 + number))
            desk.elsewhere(
                .draw(ShapeDraft(kind: .rectangle, position: from, size: Size(width: to.x - from.x, height: to.y - from.y))))
        }
        desk.type("v")
        return desk
    }

    private func columns(_ desk: Desk) -> [Int] { desk.standing.map { Int($0.position.x) / 64 } }

    @Test func `TM-175, TM-176: what is grouped is selected by a click on any of it, moved as one, and taken apart`() throws {
        var desk = try desk()
        desk.click(10, 5)
        desk.press(30, 6, button: 4)
        desk.release(30, 6, button: 4)
        desk.bytes([7])
        #expect(Set(desk.standing.map(\.groups)).count == 2 && desk.standing[0].groups == desk.standing[1].groups)
        // Nothing but a click on one of the two.
        desk.escape()
        desk.click(30, 6)
        desk.type("L")
        desk.wait(.seconds(1))
        #expect(columns(desk) == [18, 38, 60])
        desk.type("u")
        #expect(columns(desk) == [10, 30, 60])
        // A double click goes into the group, and another writes in what is pressed.
        for _ in 0..<2 {
            desk.wait(.seconds(1))
            desk.click(30, 6)
            desk.click(30, 6)
        }
        desk.type("hi")
        desk.escape()
        desk.escape()
        #expect(desk.standing.map(\.text) == ["", "hi", ""])
        // A frame around one, and a click with Shift.
        desk.escape()
        desk.drag([(26, 1), (45, 15)])
        desk.type("x")
        #expect(desk.standing.count == 1)
        desk.type("u")
        desk.bytes([1])
        desk.press(10, 5, button: 4)
        desk.release(10, 5, button: 4)
        desk.type("x")
        #expect(columns(desk) == [10, 30])
        desk.type("u")
        desk.click(10, 5)
        desk.run("ungroup")
        #expect(desk.standing.allSatisfy { $0.groups.isEmpty })
        desk.run("ungroup")
        #expect(desk.text.contains("none of these is in a group"))
    }

    @Test func `TM-175: shapes go above and below each other by name`() throws {
        for (command, order) in [("front", [30, 60, 10]), ("forward", [30, 10, 60])] {
            var desk = try desk()
            desk.click(10, 5)
            desk.run(command)
            #expect(columns(desk) == order, "\(command)")
            desk.type("u")
            #expect(columns(desk) == [10, 30, 60], "\(command)")
        }
        for (command, order) in [("back", [60, 10, 30]), ("backward", [10, 60, 30])] {
            var desk = try desk()
            desk.click(60, 7)
            desk.run(command)
            #expect(columns(desk) == order, "\(command)")
        }
        var desk = try desk()
        desk.click(60, 7)
        desk.run("front")
        #expect(desk.text.contains("they are so already"))
    }

    @Test func `TM-175, TM-378: shapes are aligned and spread by name, and a wrong word is told`() throws {
        var desk = try desk()
        desk.bytes([1])
        desk.run("align TOP")
        #expect(Set(desk.standing.map(\.position.y)).count == 1)
        desk.run("distribute horizontally")
        #expect(columns(desk) == [10, 35, 60])
        desk.type("uu")
        #expect(columns(desk) == [10, 30, 60])
        for (line, words) in [
            ("align up", "“up” is none of left, right, top, bottom, centre, middle"), ("align ", "align needs more: align SIDE"),
            ("distribute left", "“left” is none of horizontally, vertically"),
        ] {
            desk.run(line)
            #expect(desk.text.contains(words), "\(line): \(desk.text)")
            desk.escape()
        }
        desk.escape()
        for command in ["group", "ungroup", "front", "align left", "distribute vertically"] {
            desk.run(command)
            #expect(desk.text.contains("nothing is selected"), "\(command): \(desk.text)")
            desk.escape()
        }
        desk.click(10, 5)
        desk.run("align left")
        #expect(desk.text.contains("it takes two shapes or groups to align"))
    }
}
