import InkBoard
import InkPrimitives
import InkSession
import InkTerminal
import Testing

/// What is in a group is changed alone, once the group is entered.
@Suite struct EnteringTests {
    /// Boxes at columns 10, 30 and 50, the first two one group, that and the third another around it.
    private func desk() throws -> Desk {
        var desk = try Desk(columns: 120)
        for column in [10, 30, 50] { desk.box(at: column) }
        desk.click(10, 6)
        desk.press(30, 6, button: 4)
        desk.release(30, 6, button: 4)
        desk.bytes([7])
        desk.press(50, 6, button: 4)
        desk.release(50, 6, button: 4)
        desk.bytes([7])
        try #require(desk.standing.map(\.groups.count) == [2, 2, 1])
        desk.escape()
        desk.wait(.seconds(5))
        return desk
    }

    private func columns(_ desk: Desk) -> [Int] { desk.standing.map { Int($0.position.x) / 64 } }

    private func doubleClick(_ desk: inout Desk, _ column: Int, _ row: Int) {
        desk.wait(.seconds(1))
        desk.click(column, row)
        desk.click(column, row)
    }

    @Test func `TM-194, TM-389, TM-390: a double click goes in, and in again, then writes; Esc comes back step by step`() throws {
        var desk = try desk()
        desk.click(30, 6)
        #expect(desk.text.contains("Enter goes in"))
        doubleClick(&desk, 30, 6)
        #expect(desk.text.contains("in a group: Esc goes back") && desk.text.contains("┊"))
        // The inner group moves as one.
        desk.type("l")
        desk.wait(.seconds(1))
        #expect(columns(desk) == [11, 31, 50])
        doubleClick(&desk, 31, 6)
        desk.type("l")
        desk.wait(.seconds(1))
        #expect(columns(desk) == [11, 32, 50])
        doubleClick(&desk, 32, 6)
        desk.type("db")
        desk.escape()
        #expect(desk.standing.map(\.text) == ["", "db", ""])
        // Back in the inner group, in the outer, out of both.
        desk.escape()
        #expect(desk.text.contains("in a group"))
        desk.type("l")
        desk.wait(.seconds(1))
        #expect(columns(desk) == [12, 33, 50])
        desk.escape()
        #expect(!desk.text.contains("in a group"))
        desk.type("l")
        desk.wait(.seconds(1))
        #expect(columns(desk) == [13, 34, 51])
        desk.escape()
        #expect(!desk.text.contains("MOVE"))
        #expect(desk.standing.map(\.groups.count) == [2, 2, 1])
    }

    @Test func `TM-108, TM-194: by keys alone Enter goes in, Tab goes round, and what is deleted or styled is one of them`() throws {
        var desk = try desk()
        desk.bytes([1])
        desk.type("\r")
        #expect(desk.text.contains("in a group") && desk.text.contains("Enter writes"))
        // The topmost, then what is below it: the inner group.
        desk.type("b4")
        #expect(desk.standing.map(\.lineStyle) == [.solid, .solid, .dashed])
        desk.type("\t")
        desk.type("b3")
        #expect(desk.standing.map(\.lineStyle) == [.double, .double, .dashed])
        desk.type("\r")
        desk.type("\r")
        desk.type("hi")
        desk.escape()
        #expect(desk.standing.map(\.text) == ["", "hi", ""])
        desk.bytes(Array("\u{1B}[Z".utf8))
        desk.type("x")
        #expect(columns(desk) == [30, 50] && !desk.text.contains("in a group"))
    }

    @Test func `FE-83, TM-194, TM-390: what lies elsewhere leaves the group, and what is done within stays in it`() throws {
        var desk = try desk()
        desk.box(at: 80)
        desk.click(10, 6)
        doubleClick(&desk, 50, 6)
        desk.type("D")
        #expect(desk.standing.count == 5 && desk.standing[4].groups == desk.standing[2].groups)
        desk.type("u")
        desk.wait(.seconds(1))
        // Another member is one click away.
        desk.click(30, 6)
        desk.type("J")
        desk.wait(.seconds(1))
        #expect(desk.standing.map(\.position.y) == [13, 13, 5, 5].map { middle(0, $0).y })
        desk.type("y")
        #expect(desk.clip?.shapeCount == 2)
        desk.click(80, 6)
        #expect(!desk.text.contains("in a group") && desk.text.contains("MOVE"))
        desk.click(50, 6)
        desk.type("x")
        #expect(desk.standing.count == 1)
        desk.type("u")
        desk.click(50, 6)
        doubleClick(&desk, 50, 6)
        desk.wait(.seconds(1))
        desk.click(100, 15)
        #expect(!desk.text.contains("in a group") && !desk.text.contains("MOVE"))
    }

    @Test func `TM-194: a frame takes nothing that is not in the group that was entered`() throws {
        var desk = try desk()
        desk.box(at: 80)
        desk.click(50, 6)
        doubleClick(&desk, 50, 6)
        desk.press(5, 3, button: 4)
        desk.move(100, 12, button: 36)
        desk.release(100, 12, button: 4)
        #expect(desk.text.contains("in a group"))
        desk.type("l")
        desk.wait(.seconds(1))
        #expect(columns(desk) == [11, 31, 51, 80])
    }

    @Test func `TM-390: who is in a group that others take apart, or empty, is out of it`() throws {
        var desk = try desk()
        desk.bytes([1])
        desk.type("\r")
        let ids = desk.session?.shapes.map(\.id) ?? []
        desk.elsewhere(.setEach(ids.map { ShapeEdit($0, [.groups([])]) }))
        #expect(!desk.text.contains("in a group") && desk.text.contains("MOVE"))
        desk.type("l")
        desk.wait(.seconds(1))
        #expect(columns(desk) == [10, 30, 51])
        var gone = try self.desk()
        gone.bytes([1])
        gone.type("\r")
        gone.deleteAll()
        #expect(!gone.text.contains("in a group") && gone.standing.isEmpty)
        gone.type("\r")
    }

    @Test(arguments: [(1, 1), (20, 5), (40, 12)])
    func `TM-16, TM-194: a group is entered in any window`(columns: Int, rows: Int) throws {
        var desk = try desk()
        desk.resize(columns: columns, rows: rows)
        desk.bytes([1])
        desk.type("\rl")
        desk.wait(.seconds(1))
        #expect(self.columns(desk) == [10, 30, 51])
    }
}
