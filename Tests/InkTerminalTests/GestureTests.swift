import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession
import InkTerminal
import Testing

/// Drags that do not end as they should, and what keys and the mouse do alone.
@Suite struct GestureTests {
    @Test func `TM-338: a button that was let go where nobody saw it ends its drag where it was seen last`() throws {
        var desk = try Desk()
        desk.press(10, 5)
        desk.move(14, 7, button: 32)
        desk.move(60, 20)
        #expect(desk.standing.map(\.points.count) == [2])
        desk.move(70, 3)
        desk.release(70, 3)
        #expect(desk.standing.count == 1)
        // A box ends the same way.
        desk.type("r")
        desk.press(10, 5)
        desk.move(20, 9, button: 32)
        desk.move(60, 20)
        #expect(desk.standing.last?.cellRegion(on: .standard) == CellRegion(column: 10, row: 5, columns: 11, rows: 5))
    }

    @Test func `TM-22: a press during a stroke keeps the stroke, and another button does not end it`() throws {
        var desk = try Desk()
        desk.press(10, 5)
        desk.move(14, 7, button: 32)
        desk.press(30, 10)
        desk.move(33, 11, button: 32)
        desk.release(33, 11)
        #expect(desk.standing.map(\.points.count) == [2, 2])
        desk.press(10, 15)
        desk.move(12, 15, button: 32)
        desk.press(12, 15, button: 1)
        desk.release(12, 15, button: 1)
        #expect(desk.standing.count == 2)
        desk.move(20, 15, button: 32)
        desk.release(20, 15)
        #expect(desk.standing.last?.points.count == 3)
    }

    @Test func `TM-9: neither a tool's letter nor Ctrl+C takes a stroke back`() throws {
        for key in ["r", "v", " ", "\u{3}"] {
            var desk = try Desk()
            desk.press(10, 5)
            desk.move(14, 7, button: 32)
            desk.type(key)
            #expect(desk.standing.map(\.kind) == [.freehand], "\(key)")
            desk.release(14, 7)
            #expect(desk.standing.count == 1 && desk.effects == [], "\(key)")
        }
    }

    @Test func `TM-8: a bump of the mouse leaves alone what keys drag`() throws {
        var desk = try Desk()
        desk.type("r\r")
        desk.arrows("C", 6)
        desk.move(2, 2)
        desk.release(2, 2)
        desk.arrows("B", 2)
        desk.type("\r")
        #expect(desk.standing.map({ $0.cellRegion(on: .standard) }) == [CellRegion(column: 40, row: 11, columns: 7, rows: 3)])
    }

    @Test func `TM-23: keys resize what the mouse cannot, and only what has a size`() throws {
        var desk = try Desk()
        desk.type("r")
        desk.drag([(10, 5), (11, 6)])
        desk.type("]zll")
        desk.wait(.seconds(1))
        #expect(desk.standing[0].cellRegion(on: .standard).columns == 4)
        desk.type("hhh")
        desk.wait(.seconds(1))
        #expect(desk.standing[0].cellRegion(on: .standard).columns == 1)
        desk.type("lll")
        desk.wait(.seconds(1))
        #expect(desk.standing[0].cellRegion(on: .standard).columns == 4 && desk.text.contains("RESIZE"))
        // Another selection is not resized.
        desk.type("l")
        desk.deleteAll()
        #expect(!desk.text.contains("RESIZE"))
        for tool in ["t"] {
            desk.escape()
            desk.type(tool)
            desk.drag([(30, 5), (40, 5)])
            desk.type("word")
            desk.escape()
            desk.type("]z")
            #expect(!desk.text.contains("RESIZE") && desk.text.contains("only boxes and notes are resized"), "\(tool)")
            desk.type("x")
            desk.wait(.seconds(5))
        }
    }

    @Test func `TM-24: a press that closes a box does nothing else`() throws {
        for key in ["?", "i", "P", "c", "w", "B"] {
            var desk = try Desk()
            desk.type(key)
            desk.drag([(5, 5), (9, 6)])
            #expect(desk.standing.isEmpty && desk.intents.allSatisfy { if case .begin = $0 { false } else { true } }, "\(key)")
            desk.drag([(5, 5), (9, 6)])
            #expect(desk.standing.count == 1, "\(key)")
        }
    }

    @Test func `TM-8: the hand pans by keys`() throws {
        var desk = try Desk()
        desk.type("r")
        desk.drag([(10, 5), (20, 9)])
        desk.escape()
        desk.type("h\r")
        desk.arrows("C", 5)
        desk.arrows("B", 1)
        desk.type("\r")
        #expect(desk.terminal.rowsOfText[6][15] == "┌")
        #expect(desk.standing[0].position == middle(10, 5))
    }

    @Test func `TM-8: keys select, move and edit what the pointer stands on`() throws {
        var desk = try Desk()
        desk.type("r")
        desk.drag([(38, 9), (48, 13)])
        desk.escape()
        desk.move(40, 11)
        desk.type("v\r\r")
        desk.arrows("C", 2)
        desk.wait(.seconds(1))
        #expect(desk.standing[0].position == middle(40, 9))
        desk.type("\rapi")
        desk.escape()
        #expect(desk.standing[0].text == "api")
        // What is no longer selected leaves the arrows to the pointer, where it was.
        desk.escape()
        desk.arrows("C", 1)
        #expect(desk.terminal.cursor == (41, 11) && desk.terminal.isCursorShown)
    }

    @Test func `TM-25: colour, width, undo and delete are there for the mouse alone`() throws {
        for columns in [60, 80, 120, 160] {
            var desk = try Desk(columns: columns)
            try desk.click(on: "c own ink")
            try desk.click(on: "2 ver")
            desk.drag([(5, 5), (15, 5)])
            #expect(desk.standing[0].stroke == PersonColor.all[1].color, "\(columns)")
            try desk.click(on: "u undo")
            #expect(desk.standing.isEmpty, "\(columns)")
            try desk.click(on: "w 1")
            try desk.click(on: "3 broad")
            desk.drag([(5, 5), (15, 5)])
            #expect(desk.standing[0].strokeWidth == 64, "\(columns)")
            desk.type("v")
            desk.click(10, 5)
            try desk.click(on: "x delete")
            #expect(desk.standing.isEmpty, "\(columns)")
            try desk.click(on: "? keys")
            #expect(desk.text.contains("drag draws"), "\(columns)")
            desk.click(5, 5)
            try desk.click(on: "R")
            #expect(desk.text.contains("RECT"), "\(columns)")
        }
    }

    @Test func `TM-5, TM-25: the picker tells every colour in letters, and takes only digits that stand for something`() throws {
        let names = ["blue", "vermilion", "yellow", "sky", "pink", "orange", "green"]
        for (columns, letters) in [(120, 99), (80, 99), (64, 3), (40, 1), (20, 1)] {
            var desk = try Desk(columns: columns, depth: .none)
            desk.type("c")
            for index in names.indices {
                let label = letters == 1 ? "\(index + 1)\(names[index].prefix(1))" : "\(index + 1) \(names[index].prefix(letters))"
                #expect(desk.terminal.lines[23].contains(label), "\(columns): \(desk.terminal.lines[23])")
            }
            desk.type("9")
            #expect(desk.terminal.lines[23].contains("1"), "\(columns)")
            desk.type("3")
            desk.drag([(5, 5), (9, 5)])
            #expect(desk.standing[0].stroke == PersonColor.all[2].color, "\(columns)")
        }
    }

    @Test func `TM-58: a quick click and drag moves; only a second click edits`() throws {
        for way in [[(31, 4), (33, 5), (35, 6)], [(31, 4), (32, 4)]] {
            var desk = try Desk()
            desk.type("r")
            desk.drag([(30, 4), (40, 8)])
            desk.click(31, 4)
            desk.drag(way)
            let end = way[way.count - 1]
            #expect(desk.standing.map(\.position) == [middle(30 + end.0 - 31, 4 + end.1 - 4)] && !desk.text.contains("WRITE"))
            // A drag is no click: what follows it at once is the first of two.
            desk.click(end.0, end.1)
            #expect(!desk.text.contains("WRITE"))
            desk.click(end.0, end.1)
            #expect(desk.text.contains("WRITE"))
        }
        // One that came back changes nothing and edits nothing.
        var desk = try Desk()
        desk.type("r")
        desk.drag([(30, 4), (40, 8)])
        desk.click(31, 4)
        desk.drag([(31, 4), (35, 6), (31, 4)])
        #expect(desk.standing.map(\.position) == [middle(30, 4)] && !desk.text.contains("WRITE"))
        // Nor does one that is taken back, or that begins elsewhere.
        desk.wait(.seconds(1))
        desk.click(31, 4)
        desk.press(31, 4)
        desk.escape()
        desk.release(31, 4)
        desk.wait(.seconds(1))
        desk.click(31, 4)
        desk.click(33, 4)
        #expect(!desk.text.contains("WRITE") && desk.standing.map(\.position) == [middle(30, 4)])
        desk.click(33, 4)
        desk.type("api")
        desk.escape()
        #expect(desk.standing.map(\.text) == ["api"])
    }

    @Test(arguments: ["\u{1A}", "u", "U", "\u{12}"])
    func `TM-59: undo while something is in hand takes that back, and nothing before it`(key: String) throws {
        let isUndo = key == "u" || key == "\u{1A}"
        for tool in ["r", "p", "a", "e", "v", "keys"] {
            var desk = try Desk()
            desk.type("r")
            desk.drag([(5, 3), (15, 8)])
            let first = desk.standing
            if tool == "keys" {
                desk.move(30, 5)
                desk.type("r\r")
                desk.arrows("C", 4)
                desk.arrows("B", 2)
            } else {
                desk.type(tool)
                desk.press(tool == "v" || tool == "e" ? 8 : 30, tool == "v" || tool == "e" ? 3 : 5)
                desk.move(25, 11, button: 32)
            }
            desk.type(key)
            #expect(desk.standing == first, "\(tool)")
            if isUndo { #expect(!desk.isGestureLive, "\(tool)") }
            if tool != "keys" {
                desk.release(25, 11)
            } else if !isUndo {
                desk.type("\r")
                desk.escape()
            }
            if isUndo {
                #expect(desk.standing == first, "\(tool)")
                // What stood before is taken back, and comes again.
                desk.type("u")
                #expect(desk.standing.isEmpty, "\(tool)")
                desk.type("U")
                #expect(desk.standing == first, "\(tool)")
            } else {
                #expect(desk.standing != first && !desk.isGestureLive, "\(tool)")
            }
        }
        // By the mouse, which has its hands free while keys drag.
        if isUndo {
            var desk = try Desk()
            desk.type("r")
            desk.drag([(5, 3), (15, 8)])
            for tool in ["r", "p"] {
                desk.type("\(tool)\r")
                desk.arrows("C", 4)
                try desk.click(on: "Esc cancels")
                #expect(desk.standing.count == 1 && !desk.isGestureLive)
            }
        }
    }

    @Test func `TM-61: the right button only cancels`() throws {
        for tool in ["v", "p", "t", "h"] {
            var desk = try Desk()
            desk.type("r")
            desk.drag([(5, 3), (15, 8)])
            desk.type(tool)
            let words = desk.terminal.lines[23].prefix(8)
            desk.press(40, 10, button: 2)
            desk.release(40, 10, button: 2)
            #expect(desk.terminal.lines[23].prefix(8) == words && desk.standing.count == 1, "\(tool)")
        }
    }

    @Test func `TM-26: once somebody leaves, nothing is begun that would be lost`() throws {
        var desk = try Desk()
        desk.press(10, 5)
        desk.move(14, 7, button: 32)
        desk.leave()
        #expect(desk.standing.count == 1)
        desk.drag([(30, 5), (40, 9)])
        desk.type("t")
        desk.click(20, 10)
        desk.type("late")
        desk.escape()
        desk.bytes(Array("\u{1B}[200~late\u{1B}[201~".utf8))
        #expect(desk.standing.count == 1)
        desk.type("q")
        #expect(desk.effects == [.quit])
        desk.bytes([3])
        #expect(desk.effects == [.quit, .quit])
    }

    @Test func `SE-51: a box that another moves while its corner is pulled keeps that move`() throws {
        for isPressedFirst in [false, true] {
            var desk = try Desk()
            desk.type("r")
            desk.drag([(10, 5), (20, 9)])
            desk.type("v")
            desk.click(15, 5)
            let before = try #require(desk.standing.first)
            desk.press(20, 9)
            if isPressedFirst { desk.moveAll(Point(x: 1920, y: 0)) }
            desk.move(22, 10, button: 32)
            if !isPressedFirst { desk.moveAll(Point(x: 1920, y: 0)) }
            desk.move(24, 11, button: 32)
            desk.release(24, 11)
            let after = try #require(desk.standing.first)
            #expect(after.position == before.position + Point(x: 1920, y: 0), "\(isPressedFirst)")
            #expect(after.size == Size(width: before.size.width + 4 * 64, height: before.size.height + 2 * 128))
        }
    }
}

extension Desk {
    /// Presses an arrow: A up, B down, C right, D left.
    mutating func arrows(_ letter: String, _ count: Int) {
        for _ in 0..<count { bytes(Array("\u{1B}[\(letter)".utf8)) }
    }

    /// Clicks where a text stands in the bars.
    mutating func click(on text: String) throws {
        let bars = [terminal.rows - 2, terminal.rows - 1]
        for row in bars {
            guard let range = terminal.lines[row].range(of: text) else { continue }
            let column = terminal.lines[row][..<range.lowerBound].count
            return click(column, row)
        }
        Issue.record("no “\(text)” in \(bars.map { terminal.lines[$0] })")
    }
}
