import InkBoard
import InkFormats
import InkPrimitives
import InkSession
import InkTerminal
import Testing

/// Lines that are attached to shapes while they are drawn or pulled, and stay so.
@Suite struct AttachTests {
    /// Two boxes: 10…20 and 40…50 across, 5…9 down.
    private func deskWithBoxes() throws -> Desk {
        var desk = try Desk(columns: 100)
        for column in [10, 40] {
            desk.type("r")
            desk.drag([(column, 5), (column + 10, 9)])
        }
        return desk
    }

    @Test func `TM-107, TM-363, TM-364: an arrow that is drawn from box to box is attached, is seen to be, and follows`() throws {
        for (from, to) in [((20, 7), (40, 7)), ((22, 7), (38, 7)), ((15, 7), (45, 7)), ((21, 10), (39, 4))] {
            var desk = try deskWithBoxes()
            let plain = desk.terminal.styles
            desk.type("a")
            desk.press(from.0, from.1)
            desk.move(30, 15, button: 32)
            #expect(desk.hints.contains("attached") && !desk.hints.contains("both ends"), "\(from): \(desk.hints)")
            #expect(desk.terminal.styles[5][15].contains("7") && !desk.terminal.styles[5][45].contains("7") && plain[5][15] == "")
            desk.move(to.0, to.1, button: 32)
            #expect(desk.hints.contains("both ends attached") && desk.terminal.styles[5][45].contains("7"), "\(desk.hints)")
            desk.release(to.0, to.1)
            #expect(desk.terminal.styles[5][45] == "")
            let shapes = try #require(desk.session?.shapes)
            let arrow = desk.standing[2]
            #expect(arrow.startBinding?.shape == shapes[0].id && arrow.endBinding?.shape == shapes[1].id, "\(from)")
            // It is one step of undo, and moves with what it is attached to: by mouse, by keys, by somebody else.
            desk.drag([(42, 5), (52, 12)])
            #expect(desk.arrowEnds.1.column == 50 && (12...16).contains(desk.arrowEnds.1.row), "\(desk.arrowEnds)")
            desk.click(12, 5)
            desk.arrows("1;2B", 1)
            // While it moves, too.
            desk.wait(.milliseconds(100))
            let shown = desk.terminal.lines.dropLast(2)
            desk.wait(.seconds(1))
            #expect(desk.terminal.lines.dropLast(2) == shown && desk.arrowEnds.0.column == 20, "\(desk.arrowEnds)")
            #expect((13...17).contains(desk.arrowEnds.0.row))
        }
    }

    @Test func `FE-84, TM-107: copies are attached among themselves, and to nothing that was not copied`() throws {
        var desk = try deskWithBoxes()
        desk.type("a")
        desk.drag([(20, 7), (40, 7)])
        desk.bytes([0x01])
        desk.type("D")
        desk.wait(.seconds(1))
        let shapes = try #require(desk.session?.shapes)
        try #require(shapes.count == 6)
        #expect(shapes[5].content.startBinding?.shape == shapes[3].id && shapes[5].content.endBinding?.shape == shapes[4].id)
        // The arrow alone: its copy lies beside it and not on it.
        desk.escape()
        desk.type("]")
        desk.type("D")
        desk.wait(.seconds(1))
        let copy = try #require(desk.session?.shapes.last)
        #expect(copy.content.kind == .arrow && !copy.content.isBound)
        #expect(copy.content.position != shapes[5].content.position)
    }

    @Test func `TM-107: nothing is attached with Alt, in the open, or within one box`() throws {
        var desk = try deskWithBoxes()
        desk.type("a")
        desk.press(20, 7)
        desk.move(38, 7, button: 32 + 8)
        #expect(!desk.hints.contains("attached"))
        desk.move(40, 7, button: 32 + 8)
        desk.release(40, 7)
        #expect(desk.standing.last?.isBound == false && desk.points(2) == [middle(20, 7), middle(40, 7)])
        for (from, to) in [((25, 15), (60, 18)), ((12, 7), (18, 8))] {
            desk.type("l")
            desk.press(from.0, from.1)
            desk.move(to.0, to.1, button: 32)
            #expect(!desk.hints.contains("attached"))
            desk.release(to.0, to.1)
            #expect(desk.standing.last?.isBound == false, "\(from)")
        }
    }

    @Test func `TM-107: a pulled end is attached and let go the same way`() throws {
        for isByKeys in [true, false] {
            var desk = try deskWithBoxes()
            desk.type("a")
            desk.drag([(20, 7), (35, 7)])
            #expect(desk.standing[2].startBinding != nil && desk.standing[2].endBinding == nil)
            if isByKeys {
                desk.type("z")
                desk.arrows("C", 4)
            } else {
                desk.press(35, 7)
                desk.move(39, 7, button: 32)
            }
            #expect(desk.hints.contains("both ends attached"), "\(isByKeys): \(desk.hints)")
            if isByKeys { desk.wait(.seconds(1)) } else { desk.release(39, 7) }
            let ids = try #require(desk.session?.shapes.map(\.id))
            #expect(desk.standing[2].startBinding?.shape == ids[0] && desk.standing[2].endBinding?.shape == ids[1], "\(isByKeys)")
            if isByKeys { desk.arrows("1;2B", 1) } else { desk.drag([(39, 7), (35, 15)]) }
            desk.wait(.seconds(1))
            #expect(desk.standing[2].startBinding?.shape == ids[0] && desk.standing[2].endBinding == nil, "\(isByKeys)")
            desk.type("u")
            #expect(desk.standing[2].endBinding?.shape == ids[1], "\(isByKeys)")
        }
    }

    @Test func `TM-101, TM-107: two labelled boxes and an arrow, drawn and moved by thirty keys at most`() throws {
        for (columns, rows) in [(120, 40), (80, 24)] {
            var desk = try Desk(columns: columns, rows: rows)
            var keys = 0
            func press(_ desk: inout Desk, _ text: String) {
                desk.type(text)
                keys += 1
            }
            func arrow(_ desk: inout Desk, _ letter: String, _ count: Int) {
                desk.arrows(letter, count)
                keys += count
            }
            func escape(_ desk: inout Desk) {
                desk.escape()
                keys += 1
            }
            for (letter, steps) in [("a", 0), ("b", 3)] {
                press(&desk, "r")
                arrow(&desk, "1;2C", steps)
                for key in ["\r", "\r", letter] { press(&desk, key) }
                escape(&desk)
            }
            press(&desk, "a")
            press(&desk, "\r")
            arrow(&desk, "1;2D", 3)
            press(&desk, "\r")
            escape(&desk)
            let before = desk.standing
            for _ in 0..<2 {
                press(&desk, "\t")
                arrow(&desk, "1;2B", 1)
            }
            desk.wait(.seconds(1))
            let shapes = try #require(desk.session?.shapes)
            #expect(keys <= 30 && desk.standing.map(\.text) == ["a", "b", ""], "\(keys)")
            for index in 0..<2 { #expect(desk.standing[index].position == before[index].position + Point(x: 0, y: 8 * 128)) }
            #expect(desk.standing[2].startBinding?.shape == shapes[1].id && desk.standing[2].endBinding?.shape == shapes[0].id)
            for (end, box) in [(desk.arrowEnds.0, shapes[1]), (desk.arrowEnds.1, shapes[0])] {
                let region = box.content.cellRegion(on: .standard)
                #expect(region.contains(column: end.column, row: end.row), "\(end)")
                #expect(
                    [region.column, region.columnRange.upperBound - 1].contains(end.column)
                        || [region.row, region.rowRange.upperBound - 1].contains(end.row))
            }
        }
    }

    @Test func `TM-107, TM-132: a line that is shown attached is given so after a zoom, by keys and by the wheel`() throws {
        for isByKeys in [true, false] {
            for isNearer in [true, false] {
                var desk = try deskWithBoxes()
                if isByKeys {
                    desk.move(20, 7)
                    desk.type("a\r")
                    desk.arrows("C", 20)
                    desk.type(isNearer ? "+" : "-")
                } else {
                    desk.type("a")
                    desk.press(20, 7)
                    desk.move(40, 7, button: 32)
                    desk.press(40, 7, button: isNearer ? 80 : 81)
                }
                #expect(desk.hints.contains("both ends attached"), "\(isByKeys) \(isNearer): \(desk.hints)")
                if isByKeys { desk.type("\r") } else { desk.release(40, 7) }
                desk.escape()
                let shapes = try #require(desk.session?.shapes)
                try #require(shapes.count == 3)
                let arrow = shapes[2].content
                #expect(
                    arrow.startBinding?.shape == shapes[0].id && arrow.endBinding?.shape == shapes[1].id, "\(isByKeys) \(isNearer)")
            }
        }
    }

    @Test func `TM-134: a motion of a line and a press beside one look at the shapes near them`() throws {
        func looks(far: Int) throws -> (draw: Int, pull: Int, press: Int) {
            var desk = try deskWithBoxes()
            desk.elsewhere(
                .drawAll(
                    (0..<far).map { number in
                        ShapeDraft(
                            kind: number % 2 == 0 ? .rectangle : .line, position: middle(400 + number % 40 * 30, number / 40 * 12),
                            size: number % 2 == 0 ? Size(width: 640, height: 640) : .zero,
                            points: number % 2 == 0 ? [] : [.zero, Point(x: 640, y: 640)])
                    }))
            desk.wait(.seconds(1))
            desk.type("a")
            desk.press(20, 7)
            var before = desk.app.lookedAt
            func count(_ desk: Desk) -> Int {
                defer { before = desk.app.lookedAt }
                return desk.app.lookedAt - before
            }
            for column in 21...35 { desk.move(column, 7, button: 32) }
            desk.release(35, 7)
            let draw = count(desk)
            desk.press(35, 7)
            for column in 36...39 { desk.move(column, 7, button: 32) }
            desk.release(39, 7)
            let pull = count(desk)
            desk.click(70, 18)
            desk.click(30, 12)
            return (draw, pull, count(desk))
        }
        let (few, many) = (try looks(far: 40), try looks(far: 2000))
        #expect(few == many && few.draw > 0 && few.pull > 0 && few.press > 0, "\(few) \(many)")
        // Two ends, for each motion and for its picture, and three shapes at most.
        #expect(few.draw <= 17 * 2 * 2 * 3, "\(few)")
    }

    @Test func `TM-363: who draws a line sees where it would end, whatever is deleted meanwhile`() throws {
        var desk = try deskWithBoxes()
        desk.type("a")
        desk.press(20, 7)
        desk.move(40, 7, button: 32)
        desk.deleteAll()
        #expect(!desk.hints.contains("attached"))
        desk.move(41, 7, button: 32)
        desk.release(41, 7)
        #expect(desk.standing.map(\.kind) == [.arrow] && desk.standing.last?.isBound == false)
    }
}

extension Desk {
    var hints: String { String(terminal.lines[terminal.rows - 2].dropFirst(23)) }

    /// The cells in which the newest line ends, as it is drawn.
    var arrowEnds: (CellPlace, CellPlace) {
        let shapes = session?.shapes ?? []
        guard let line = shapes.last?.content.drawn(among: { id in shapes.first { $0.id == id }?.content }) else {
            return (CellPlace(column: 0, row: 0), CellPlace(column: 0, row: 0))
        }
        let places = line.points.map { Grid.standard.place(of: line.position + $0) }
        return (places[0], places[places.count - 1])
    }
}
